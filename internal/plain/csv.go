package plain

import (
	"bytes"
	"encoding/csv"
	"strings"
	"unicode"
)

const bom = "\ufeff"

// CSV writes rows as RFC 4180 says, in UTF-8 with the mark by which Excel knows it, lines ended by CR LF. No cell can
// become a formula: one that begins like one, also behind spaces, gets an apostrophe in front. Line breaks, tabs and control
// characters in a cell become spaces; invisible and direction characters are dropped.
func CSV(rows [][]string) []byte {
	var buf bytes.Buffer
	buf.WriteString(bom)
	w := csv.NewWriter(&buf)
	w.UseCRLF = true
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = Cell(c)
		}
		_ = w.Write(cells) // into memory, with a comma: cannot fail
	}
	w.Flush()
	return buf.Bytes()
}

// maxCell is below what Excel (32,767) and Sheets (50,000) hold.
const maxCell = 8000

// Cell is a text as a cell of a list.
func Cell(s string) string {
	s = Text(s, maxCell)
	if dangerous(s) {
		return "'" + s
	}
	return s
}

// dangerous reports whether a spreadsheet might take the cell for a formula. OWASP's list (CSV injection) with the
// full-width forms that some programs fold, and whatever does not show in front of them.
func dangerous(s string) bool {
	s = strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) && r != '\t' && r != '\r' || unicode.In(r, unicode.Cf, unicode.M, unicode.Zs)
	})
	for _, r := range s {
		return strings.ContainsRune("=+-@\t\r\n\u2212\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b|%", r)
	}
	return false
}
