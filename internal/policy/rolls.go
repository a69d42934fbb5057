package policy

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// rolls looks whether the columns that the policy names are in the files. A file that is not there is a warning only: the
// policy may be read where the roll is not kept. What is in Drive is not looked at here.
func (b *builder) rolls() {
	rolls := []*value{b.root.get("pupils").get("roll"), b.root.get("staff").get("roll")}
	for _, o := range b.root.get("others").list() {
		rolls = append(rolls, o.get("roll"))
	}
	for _, roll := range rolls {
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
			b.warn(file.at, "the roll %s is not there: put it into the folder of the policy file, under this name, or keep it on Drive and write {drive: ID} (on Google Cloud it has to be there)", show(file.text))
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
		for _, name := range columns.names {
			c := columns.get(name)
			if c == nil || slices.ContainsFunc(headings, func(h string) bool { return strings.EqualFold(h, c.text) }) {
				continue
			}
			b.wrong(c.at, fmt.Sprintf("found the column %s, which the roll %s does not have", show(c.text), show(file.text)),
				oneOf(headings), nearest(c.text, headings))
		}
	}
}

// readHeadings gives the headings of a roll: the first row that is not empty.
func readHeadings(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	// A first line longer than this is no list of headings.
	data, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return nil, err
	}
	return headingsOf(data)
}

// headingsOf reads headings as docs/account-rules.md, "Rolls", says.
func headingsOf(data []byte) ([]string, error) {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), "\r\n")
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = separator(data), -1, true
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it is empty")
		}
		if err != nil {
			return nil, err
		}
		for i, h := range row {
			row[i] = strings.TrimSpace(text(h))
		}
		if slices.ContainsFunc(row, func(h string) bool { return h != "" }) {
			return row, nil
		}
	}
}

// separator is the one of comma, semicolon and tab that the first line has most of.
func separator(data []byte) rune {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	best := ','
	for _, s := range ";\t" {
		if bytes.Count(line, []byte(string(s))) > bytes.Count(line, []byte(string(best))) {
			best = s
		}
	}
	return best
}

// windows1252 holds what the bytes 0x80 to 0x9f mean in Windows-1252; the other bytes mean the characters of the same number.
// https://encoding.spec.whatwg.org/index-windows-1252.txt
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// text turns bytes that are no UTF-8 into text: they are Windows-1252.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 0x80 && c <= 0x9f {
			b.WriteRune(windows1252[c-0x80])
		} else {
			b.WriteRune(rune(c))
		}
	}
	return b.String()
}
