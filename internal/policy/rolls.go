package policy

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// rolls looks whether the columns that the policy names are in the files. A file that is not there is a warning only: the
// policy may be read where the roll is not kept.
func (b *builder) rolls() {
	for _, population := range []string{"pupils", "staff"} {
		roll := b.root.get(population).get("roll")
		file := roll.get("csv")
		if file == nil {
			continue
		}
		path := file.text
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(b.file), path)
		}
		headings, err := readHeadings(path)
		if errors.Is(err, fs.ErrNotExist) {
			b.warn(file.at, "the roll %s is not there", show(file.text))
			continue
		}
		if err != nil {
			b.wrong(file.at, fmt.Sprintf("the roll %s cannot be read: %v", show(file.text), err), "a CSV file with headings", "")
			continue
		}
		columns := roll.get("columns")
		if columns == nil {
			continue
		}
		known := map[string]bool{}
		for _, h := range headings {
			known[h] = true
		}
		for _, name := range columns.names {
			if c := columns.get(name); c != nil && !known[c.text] {
				b.wrong(c.at, fmt.Sprintf("found the column %s, which the roll %s does not have", show(c.text), show(file.text)),
					oneOf(headings), nearest(c.text, headings))
			}
		}
	}
}

func readHeadings(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	// A first line longer than this is no list of headings.
	row, err := csv.NewReader(io.LimitReader(f, 64<<10)).Read()
	if err != nil {
		return nil, err
	}
	for i, h := range row {
		row[i] = strings.TrimSpace(strings.TrimPrefix(h, "\ufeff"))
	}
	return row, nil
}
