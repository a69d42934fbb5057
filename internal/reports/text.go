package reports

import (
	"strings"
	"unicode/utf8"

	"esafetybot/internal/plain"
)

// What is shown of a title, in characters as a reader counts them.
const maxTitle = plain.MostName

// clean and isolate are what every text of unknown origin goes through before it stands in a message.
func clean(s string, limit int) string { return plain.Text(s, limit) }

// named is a name that stands in a sentence.
func named(s string, limit int) string { return isolate(clean(s, limit)) }

func isolate(s string) string { return plain.Isolate(s) }

// wrap breaks text into lines of about width characters, each begun by indent; the first by first.
func wrap(s, first, indent string, width int) string {
	var b strings.Builder
	line := first
	n, empty := utf8.RuneCountInString(first), true
	for _, w := range strings.Fields(s) {
		l := utf8.RuneCountInString(w)
		if !empty && n+1+l > width {
			b.WriteString(line + "\n")
			line, n, empty = indent, utf8.RuneCountInString(indent), true
		}
		if !empty {
			line += " "
			n++
		}
		line += w
		n += l
		empty = false
	}
	b.WriteString(line)
	return b.String()
}
