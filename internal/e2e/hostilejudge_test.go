package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// What the program shows of anything that others wrote, in characters: a comment in full, a name or title.
const (
	longestText = 2100
	longestName = 300
	longestLine = 998 // of a mail, in bytes (RFC 5322, 2.1.1)
	longestCell = 8001
)

// markup is what templates may hold: their elements, and their attributes.
type markup struct{ elements, attributes map[string]bool }

// markupOf reads templates for the elements and attributes that stand in them: whatever else a page has came out of a text.
func markupOf(t testing.TB, patterns ...string) markup {
	t.Helper()
	m := markup{map[string]bool{"html": true, "head": true, "body": true, "tbody": true}, map[string]bool{}}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no templates %s: %v", pattern, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, tag := range regexp.MustCompile(`<([a-z][a-z0-9]*)([^<]*)`).FindAllStringSubmatch(string(text), -1) {
				m.elements[tag[1]] = true
				for _, a := range regexp.MustCompile(`[a-z][a-z-]+`).FindAllString(tag[2], -1) {
					m.attributes[a] = true
				}
			}
		}
	}
	for a := range m.attributes {
		if strings.HasPrefix(a, "on") {
			delete(m.attributes, a)
		}
	}
	for _, e := range []string{"script", "iframe", "object", "embed", "base"} {
		delete(m.elements, e)
	}
	return m
}

// verdicts gathers what is wrong, each fault with the first few places.
type verdicts struct {
	faults map[string][]string
	shown  map[string]bool // of hostileTexts, whose trace was seen
	lists  map[string]int  // cells of each list
}

func (v *verdicts) say(where, format string, args ...any) {
	fault := fmt.Sprintf(format, args...)
	if len(fault) > 300 {
		fault = fault[:300] + "…"
	}
	v.faults[fault] = append(v.faults[fault], where)
}

var addressed = map[string]bool{"href": true, "src": true, "action": true, "formaction": true, "background": true, "cite": true, "data": true, "poster": true, "ping": true, "srcset": true}

// html judges a page, or the part of a mail that is one.
func (v *verdicts) html(where, text string, m markup) {
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		v.say(where, "it cannot be parsed: %v", err)
		return
	}
	if strings.Contains(text, "ZgotmplZ") {
		v.say(where, "a template threw an address away")
	}
	for n := range doc.Descendants() {
		switch n.Type {
		case html.CommentNode:
			v.say(where, "a comment: %.60q", n.Data)
		case html.TextNode:
			if n.Parent.Data == "style" || n.Parent.Data == "textarea" { // what somebody wrote themselves comes back to them as they wrote it
				continue
			}
			text := strings.NewReplacer("\n", " ", "\t", " ").Replace(n.Data)
			v.words(where+" <"+n.Parent.Data+">", text, isolated(n))
			if class := attribute(n.Parent, "class"); class != "note" && class != "said" { // what somebody wrote is shown in full
				v.name(where+" <"+n.Parent.Data+">", text)
			}
		case html.ElementNode:
			if !m.elements[n.Data] {
				v.say(where, "an element that no template has: <%s>", n.Data)
			}
			for _, a := range n.Attr {
				if !m.attributes[a.Key] || strings.Contains(a.Key, "owned") {
					v.say(where, "an attribute that no template has: <%s %s=%.60q>", n.Data, a.Key, a.Val)
				}
				if addressed[a.Key] {
					v.address(where, n.Data+" "+a.Key, a.Val)
				} else if a.Key != "style" && a.Key != "content" && a.Key != "value" {
					v.words(where+" <"+n.Data+" "+a.Key+">", a.Val, false)
					v.name(where+" <"+n.Data+" "+a.Key+">", a.Val)
				}
			}
		}
	}
}

// isolated tells whether what stands in an element cannot turn round what stands around it.
func isolated(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "bdi" || p.Type == html.ElementNode && slices.ContainsFunc(p.Attr, func(a html.Attribute) bool { return a.Key == "dir" && a.Val == "auto" }) {
			return true
		}
	}
	return false
}

// address judges where something leads.
func (v *verdicts) address(where, what, to string) {
	u, err := url.Parse(to)
	switch {
	case err != nil:
		v.say(where, "%s is no address: %.60q", what, to)
	case u.Scheme == "" && (u.Host != "" || !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "#")):
		v.say(where, "%s leads to %.60q", what, to)
	case u.Scheme != "" && !slices.Contains([]string{"https", "http", "tel", "mailto", "cid"}, u.Scheme):
		v.say(where, "%s has the scheme %s", what, u.Scheme)
	case strings.Contains(u.Host, "owned"):
		v.say(where, "%s leads to %s", what, u.Host)
	}
}

// words judges a text as somebody reads it. Isolated is what cannot turn round what stands around it, though it may run from right to left.
func (v *verdicts) words(where, text string, isolated bool) {
	if !utf8.ValidString(text) {
		v.say(where, "broken characters")
	}
	depth, marks := 0, 0
	for _, r := range text {
		if marks++; !unicode.In(r, unicode.M) {
			marks = 0
		}
		switch {
		case r == '\u2068':
			depth++
		case r == '\u2069':
			if depth--; depth < 0 {
				v.say(where, "an isolate ends that never began")
			}
		case r != '\u200D' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.In(r, unicode.Zl, unicode.Zp)):
			v.say(where, "the character %U", r)
		case unicode.In(r, unicode.Hebrew, unicode.Arabic) && depth == 0 && !isolated:
			v.say(where, "letters from right to left that are not isolated")
		case marks > 12:
			v.say(where, "a tower of marks")
		}
	}
	if depth != 0 {
		v.say(where, "an isolate that never ends")
	}
	if n := utf8.RuneCountInString(text); n > longestText {
		v.say(where, "%d characters", n)
	}
	for name, trace := range tracesOf {
		if strings.Contains(text, trace) {
			v.shown[name] = true
		}
	}
}

// name judges how long a name or title is shown.
func (v *verdicts) name(where, text string) {
	if strings.Count(text, "WWWW") > longestName/4 || strings.Count(text, "long long ") > longestName/10 {
		v.say(where, "a long name is not shortened")
	}
}

// tracesOf are by what a hostile text is known where it is shown harmlessly.
var tracesOf = map[string]string{
	"a script": "<script>document", "out of an attribute": `"><img`, "out of single quotes": "' onmouse", "a javascript: link": "javascript:alert(1)//", "a form and a style": "<form action", "an override": "gnp.exe",
	"from right to left": "שלום", "a header": "Bcc: owned", "long": "WWWWWWWW", "=": "=HYPERLINK", "+": "+1+cmd", "-": "-2+3", "@": "@SUM", "a template": "{{.Token}}", "lines": "three", "zero width": "zero",
}

// csv judges a list.
func (v *verdicts) csv(where string, data []byte) (cells int) {
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
	if err != nil {
		v.say(where, "it cannot be read: %v", err)
	}
	for _, row := range rows {
		for i, c := range row {
			cells++
			place := fmt.Sprint(where, " column ", rows[0][i])
			first := strings.TrimLeftFunc(c, func(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.M) })
			if first != "" && strings.ContainsAny(first[:1], "=+-@|%") || strings.ContainsAny(c[:min(len(c), 1)], "\t\r\n") || strings.HasPrefix(first, "＝") {
				v.say(place, "a formula: %.40q", c)
			}
			if utf8.RuneCountInString(c) > longestCell {
				v.say(place, "a cell of %d characters", utf8.RuneCountInString(c))
			}
			for _, r := range c {
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !strings.ContainsRune("\u200D\u2068\u2069", r) || unicode.In(r, unicode.Zl, unicode.Zp) {
					v.say(place, "the character %U", r)
				}
			}
		}
	}
	return cells
}

// properties are those that the program writes into an iCalendar file.
var properties = regexp.MustCompile(`^(BEGIN|END|VERSION|PRODID|CALSCALE|METHOD|UID|DTSTAMP|DTSTART|DTEND|DURATION|SUMMARY|DESCRIPTION|URL|TRANSP|X-WR-CALNAME|X-WR-TIMEZONE|STATUS)[:;]`)

// calendar judges an iCalendar file: each line is a property that the program writes.
func (v *verdicts) calendar(where, text string) {
	for line := range strings.SplitSeq(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n ", ""), "\r\n"), "\r\n") {
		if !properties.MatchString(line) {
			v.say(where, "the line %.60q", line)
		}
		v.words(where, line, true)
	}
}
