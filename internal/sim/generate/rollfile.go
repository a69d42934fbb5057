package generate

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// rollStyle is how a school's information system writes its lists.
type rollStyle struct {
	comma rune // comma, semicolon or tab
	bom   bool // UTF-8 with a byte order mark
	ansi  bool // Windows-1252
	blank int  // lines at the end whose fields are all empty
}

var bom = []byte("\uFEFF")

// styles are what schools are seen to export.
var styles = []rollStyle{
	{comma: ','},
	{comma: ';', ansi: true, blank: 2},
	{comma: ',', bom: true, blank: 1},
	{comma: '\t', bom: true},
	{comma: ',', ansi: true},
}

// styleOf picks the style of a school's lists: the plain one half of the time.
func styleOf(seed int64) rollStyle {
	n := int((seed%10 + 10) % 10)
	if n%2 == 1 {
		return styles[0]
	}
	return styles[n/2]
}

// encode writes the rows as a CSV file.
func (s rollStyle) encode(rows [][]string) ([]byte, error) {
	var out bytes.Buffer
	c := csv.NewWriter(&out)
	c.Comma = s.comma
	c.UseCRLF = s.ansi
	if err := c.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write a roll: %w", err)
	}
	end := "\n"
	if s.ansi {
		end = "\r\n"
	}
	for range s.blank {
		out.WriteString(strings.Repeat(string(s.comma), max(0, len(rows[0])-1)) + end)
	}
	switch {
	case s.ansi:
		text, err := charmap.Windows1252.NewEncoder().Bytes(out.Bytes())
		if err != nil {
			return nil, fmt.Errorf("write a roll as Windows-1252: %w", err)
		}
		return text, nil
	case s.bom:
		return append(bytes.Clone(bom), out.Bytes()...), nil
	}
	return out.Bytes(), nil
}

// decodeRoll reads a CSV file and tells its style. Rows whose fields are all empty are left out; a file that is none gives no rows.
func decodeRoll(data []byte) (rows [][]string, s rollStyle) {
	s.comma = ','
	if rest, ok := bytes.CutPrefix(data, bom); ok {
		data, s.bom = rest, true
	} else if !utf8.Valid(data) {
		if text, err := charmap.Windows1252.NewDecoder().Bytes(data); err == nil {
			data, s.ansi = text, true
		}
	}
	heading, _, _ := strings.Cut(string(data), "\n")
	for _, c := range []rune{';', '\t'} {
		if strings.Count(heading, string(c)) > strings.Count(heading, string(s.comma)) {
			s.comma = c
		}
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = s.comma, true, -1
	all, err := r.ReadAll()
	if err != nil {
		return nil, s
	}
	for _, row := range all {
		if strings.TrimSpace(strings.Join(row, "")) == "" {
			s.blank++
			continue
		}
		rows = append(rows, row)
	}
	return rows, s
}

// column finds a heading; -1 when there is none.
func column(rows [][]string, heading string) int {
	if len(rows) == 0 {
		return -1
	}
	for i, h := range rows[0] {
		if strings.EqualFold(strings.TrimSpace(h), heading) {
			return i
		}
	}
	return -1
}
