package rolls

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// mostMistakes is how many mistakes of one file are told: who has more of them has another file than they think.
const mostMistakes = 10

// Parse reads a roll. which says whose it is (Pupils, Staff or the name of an entry of others); columns are the headings by what they hold
// ("id" → "Admission number"), as the policy names them. The error lists every mistake that can be told at once, one a line.
func Parse(which string, data []byte, columns map[string]string) (*Roll, error) {
	which = strings.ToLower(which)
	text, err := Text(data)
	if err != nil {
		return nil, fmt.Errorf("the roll of %s cannot be used: %w", which, err)
	}
	p := parser{roll: &Roll{Which: which, has: map[string]bool{}}, at: map[string]int{}, seen: map[string]bool{}, words: map[string]string{}}
	p.read(text, columns)
	if len(p.mistakes) > 0 {
		return nil, fmt.Errorf("the roll of %s cannot be used: %w", which, errors.Join(p.mistakes...))
	}
	return p.roll, nil
}

// Text makes UTF-8 of a CSV file, without its byte-order mark. What is not UTF-8 is taken for Windows-1252, in which Excel writes CSV files in Britain. An error says what to do
// with a file that is empty, a workbook, or no text.
func Text(data []byte) (string, error) {
	switch {
	case len(bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))) == 0:
		return "", errors.New("the file is empty")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return "", errors.New("the file is a workbook, not CSV: save it as “CSV UTF-8”")
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}), bytes.IndexByte(data, 0) >= 0:
		return "", errors.New("the file is not plain text: save it as “CSV UTF-8”")
	case utf8.Valid(data):
		return strings.TrimPrefix(string(data), "\ufeff"), nil
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", fmt.Errorf("the file is neither UTF-8 nor Windows-1252: %w", err)
	}
	return string(text), nil
}

type parser struct {
	roll     *Roll
	at       map[string]int    // column → its place in a line
	seen     map[string]bool   // keys
	words    map[string]string // values that many rows share, so that each is kept once
	mistakes []error
}

func (p *parser) wrong(line int, format string, args ...any) {
	p.mistakes = append(p.mistakes, fmt.Errorf("line %d"+format, append([]any{line}, args...)...))
}

func (p *parser) read(text string, columns map[string]string) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = Separator(text)
	r.FieldsPerRecord = -1 // trailing empty fields are often left out
	r.ReuseRecord = true
	r.TrimLeadingSpace = r.Comma != '\t' // it would take empty fields between tabs for one space
	headings, err := r.Read()
	if err != nil {
		p.csv(err)
		return
	}
	p.headings(headings, columns)
	if len(p.mistakes) > 0 {
		return
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if p.csv(err) {
				continue
			}
			return
		}
		line, _ := r.FieldPos(0)
		p.row(line, fields)
	}
	if len(p.mistakes) == 0 && len(p.roll.Rows) == 0 {
		p.wrong(1, ": there are no rows under the headings")
	}
}

// Separator is the one of comma, semicolon and tab that the heading line has most of.
func Separator(text string) rune {
	line, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	best := ','
	for _, c := range ";\t" {
		if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
			best = c
		}
	}
	return best
}

// headings finds the columns that the policy names.
func (p *parser) headings(have []string, columns map[string]string) {
	place := map[string]int{}
	twice := map[string]bool{}
	var known []string
	for i, h := range have {
		known = append(known, strings.TrimSpace(h))
		h = fold(h)
		if _, ok := place[h]; ok {
			twice[h] = true
			continue
		}
		place[h] = i
	}
	for _, column := range Columns() {
		heading, asked := columns[column]
		if !asked {
			continue
		}
		at, ok := place[fold(heading)]
		switch {
		case !ok:
			hint := ""
			if n := nearest(heading, known); n != "" {
				hint = fmt.Sprintf("; did you mean %q?", n)
			}
			p.wrong(1, ": there is no heading %q, which the policy names for %s%s", heading, column, hint)
		case twice[fold(heading)]:
			p.wrong(1, ": the heading %q stands there twice, and the policy names it for %s: rename one of them", heading, column)
		}
		p.at[column], p.roll.has[column] = at, true
	}
}

// csv notes a mistake in the quoting and tells whether the lines after it can still be trusted.
func (p *parser) csv(err error) bool {
	var e *csv.ParseError
	if !errors.As(err, &e) {
		p.mistakes = append(p.mistakes, err)
		return false
	}
	if errors.Is(e.Err, csv.ErrBareQuote) {
		p.wrong(e.Line, ", column %d: there is a quotation mark inside a field that does not begin with one: write it twice and put the whole field in quotation marks", e.Column)
		return len(p.mistakes) < mostMistakes
	}
	p.wrong(e.StartLine, ": a field that begins with a quotation mark does not end with one (line %d, column %d)", e.Line, e.Column)
	return false
}

func (p *parser) row(line int, fields []string) {
	empty := true
	cell := func(column string) string {
		at, ok := p.at[column]
		if !ok || at >= len(fields) {
			return ""
		}
		s := strings.TrimSpace(fields[at])
		empty = empty && s == ""
		return s
	}
	odd := func(column string, is bool) {
		if is {
			p.roll.Odd = append(p.roll.Odd, Odd{line, column})
		}
	}
	r := Row{Line: line, ID: strings.Clone(cell(ID)), Email: strings.Clone(strings.ToLower(cell(Email))), Name: strings.Clone(cell(Name))}
	year, left := cell(YearGroup), cell(Left)
	r.Year, r.Class = p.shared(Year(year)), p.shared(cell(Class))
	r.Agreement, r.Publish, r.Ends = answer(cell(Agreement)), answer(cell(Publish)), ends(cell(Ends))
	var date bool
	r.Left, date = Date(left)
	if empty {
		return
	}
	r.Key = r.key(p.roll.Which)
	if p.seen[r.Key] {
		return
	}
	p.seen[r.Key] = true
	odd(YearGroup, year != "" && r.Year == "")
	odd(Agreement, r.Agreement.Says == Unreadable)
	odd(Publish, r.Publish.Says == Unreadable)
	odd(Left, left != "" && !date)
	odd(Ends, r.Ends.Says == Unreadable)
	p.roll.Rows = append(p.roll.Rows, r)
}

func (p *parser) shared(s string) string {
	if have, ok := p.words[s]; ok {
		return have
	}
	s = strings.Clone(s)
	p.words[s] = s
	return s
}

// fold makes texts comparable that people write with spaces around them and in any case.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// nearest is the heading that was most likely meant, or "". It must be near: a file without headings begins with somebody's name.
func nearest(what string, known []string) string {
	best, least := "", max(1, len(what)/3)+1
	for _, k := range known {
		if d := distance([]rune(fold(what)), []rune(fold(k))); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to add, drop or change.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			change := diagonal
			if x != y {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
