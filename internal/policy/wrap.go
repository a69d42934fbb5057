package policy

import (
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

func textWidth(s string) int { return runewidth.StringWidth(s) }

// wrap breaks a text into lines of at most width cells, at spaces where it can. Characters that would move the cursor of a
// terminal become spaces.
func wrap(s string, width int) []string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		for textWidth(word) > width { // longer than a line: broken where it must be
			head := runewidth.Truncate(word, max(1, width), "")
			if head == "" { // not even one wide character fits
				head = string([]rune(word)[:1])
			}
			if line != "" {
				lines = append(lines, line)
				line = ""
			}
			if head == word {
				break
			}
			lines = append(lines, head)
			word = word[len(head):]
		}
		switch {
		case line == "":
			line = word
		case textWidth(line)+1+textWidth(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
