package truth

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// row is one person of a roll. Everything is trimmed; what the policy names no column for is empty.
type row struct {
	key                                                          string
	id, email, name, year, class, agreement, publish, left, ends string
	nameKey                                                      string
}

// leftDay is the date of leaving, if the row gives one.
func (r row) leftDay() (day, bool) { return rollDay(r.left) }

func (r row) isLeaver(today day) bool {
	d, ok := r.leftDay()
	return ok && d <= today
}

// readRoll reads a roll. which goes into the keys: pupils, staff or the name of the entry of others.
func readRoll(data []byte, columns map[string]string, which string) []row {
	lines := parseCSV(decode(data))
	for len(lines) > 0 && isEmpty(lines[0]) {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return nil
	}
	place := map[string]int{}
	for i, heading := range lines[0] {
		for column, wanted := range columns {
			if _, found := place[column]; !found && strings.EqualFold(strings.TrimSpace(wanted), heading) {
				place[column] = i
			}
		}
	}
	var out []row
	seen := map[string]bool{}
	for _, line := range lines[1:] {
		field := func(column string) string {
			if i, ok := place[column]; ok && i < len(line) {
				return line[i]
			}
			return ""
		}
		read := []string{}
		for column := range columns {
			read = append(read, field(column))
		}
		if isEmpty(read) {
			continue
		}
		r := row{
			id: field("id"), email: field("email"), name: field("name"), year: yearOf(field("year")), class: field("class"),
			agreement: field("agreement"), publish: field("publish"), left: field("left"), ends: field("ends"),
		}
		r.nameKey = nameKey(r.name)
		r.key = rowKey(which, r)
		if !seen[r.key] {
			seen[r.key] = true
			out = append(out, r)
		}
	}
	return out
}

func isEmpty(fields []string) bool {
	for _, f := range fields {
		if f != "" {
			return false
		}
	}
	return true
}

func rowKey(which string, r row) string {
	what := strings.ToLower(r.id)
	if what == "" {
		what = strings.ToLower(r.email)
	}
	if what == "" {
		what = r.nameKey + "\n" + strings.ToLower(r.class)
	}
	return hash(strings.ToLower(which) + "\n" + what)
}

// hash is sha256- and sixteen hex digits.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + hex.EncodeToString(sum[:])[:16]
}

// addressHash is the hash of an address.
func addressHash(address string) string { return hash(strings.ToLower(address)) }

// windows1252 is what the bytes 0x80 to 0x9f mean there; 0 where nothing is assigned.
var windows1252 = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

// decode is the text of a file in UTF-8, with or without a byte order mark, or in Windows-1252.
func decode(data []byte) string {
	if utf8.Valid(data) {
		return strings.TrimPrefix(string(data), "\ufeff")
	}
	var b strings.Builder
	for _, c := range data {
		switch {
		case c < 0x80 || c > 0x9f:
			b.WriteRune(rune(c))
		case windows1252[c-0x80] == 0:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(windows1252[c-0x80])
		}
	}
	return b.String()
}

// parseCSV splits a text into lines of trimmed fields. A field that starts with a quotation mark goes on to the closing
// one, over separators and line ends; two of them stand for one.
func parseCSV(text string) [][]string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	sep := separator(text)
	var lines [][]string
	var line []string
	var field strings.Builder
	quoted, wasQuoted := false, false
	endField := func() {
		line = append(line, strings.TrimSpace(field.String()))
		field.Reset()
		wasQuoted = false
	}
	chars := []rune(text)
	for i := 0; i < len(chars); i++ {
		c := chars[i]
		switch {
		case quoted && c == '"' && i+1 < len(chars) && chars[i+1] == '"':
			field.WriteRune('"')
			i++
		case quoted && c == '"':
			quoted = false
		case quoted:
			field.WriteRune(c)
		case c == '"' && !wasQuoted && strings.TrimSpace(field.String()) == "":
			quoted, wasQuoted = true, true
		case c == sep:
			endField()
		case c == '\n':
			endField()
			lines = append(lines, line)
			line = nil
		default:
			field.WriteRune(c)
		}
	}
	endField()
	return append(lines, line)
}

// separator is the one of comma, semicolon and tab that the first line with anything in it has most of.
func separator(text string) rune {
	heading := ""
	for _, l := range strings.Split(text, "\n") {
		if strings.TrimSpace(l) != "" {
			heading = l
			break
		}
	}
	best, most := ',', strings.Count(heading, ",")
	for _, c := range []rune{';', '\t'} {
		if n := strings.Count(heading, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// yearOf is the year that a field of a roll means: R, N, a digit, or "" for none.
func yearOf(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	switch s {
	case "r", "reception", "0", "year r":
		return "R"
	case "n", "nursery":
		return "N"
	}
	for y := '1'; y <= '9'; y++ {
		if d := string(y); s == d || s == "y"+d || s == "year "+d {
			return d
		}
	}
	return ""
}

// yearOfUnit is the year that a unit path means, or "".
func yearOfUnit(path string) string {
	year := ""
	for _, segment := range strings.Split(strings.ToLower(path), "/") {
		if y := yearOfSegment(strings.TrimSpace(segment)); y != "" {
			year = y
		}
	}
	return year
}

func yearOfSegment(s string) string {
	if strings.HasPrefix(s, "reception") {
		return "R"
	}
	if strings.HasPrefix(s, "nursery") {
		return "N"
	}
	for _, prefix := range []string{"year ", "y"} {
		rest, ok := strings.CutPrefix(s, prefix)
		if !ok || rest == "" || rest[0] < '1' || rest[0] > '9' {
			continue
		}
		if len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9' {
			continue
		}
		return rest[:1]
	}
	return ""
}

// nameKey is what two spellings of a name have in common: the words, sorted, without accents and marks.
func nameKey(name string) string {
	var b strings.Builder
	for _, c := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case unicode.Is(unicode.Mn, c):
		case unicode.IsLetter(c), unicode.IsDigit(c):
			b.WriteRune(c)
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(b.String())
	sort.Strings(words)
	return strings.Join(words, " ")
}

// agreement says what is wrong with the agreement of a row, or "" if it is signed.
func (w *world) agreement(r row) string {
	word := strings.ToLower(r.agreement)
	switch word {
	case "yes", "y", "true", "1", "signed":
		return ""
	case "", "no", "n", "false", "0":
		return "unsigned"
	}
	d, ok := rollDay(r.agreement)
	if !ok {
		return "unreadable"
	}
	from := w.p.Calendar.yearStart(w.today)
	if w.p.Calendar.inRollover(w.today) {
		from = w.p.Calendar.yearBefore(from)
	}
	if d <= w.today && d >= from {
		return ""
	}
	return "signed " + d.String()
}
