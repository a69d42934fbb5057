package e2e

import (
	"slices"
	"strings"
	"testing"
)

// TestVerdicts: what judges the hostile school notices each fault that it is there for, and finds none where there is none.
func TestVerdicts(t *testing.T) {
	m := markupOf(t, "../web/pages/*.tmpl")
	judged := func(judge func(v *verdicts)) string {
		v := &verdicts{faults: map[string][]string{}, shown: map[string]bool{}, lists: map[string]int{}}
		judge(v)
		var out []string
		for f := range v.faults {
			out = append(out, f)
		}
		slices.Sort(out)
		return strings.Join(out, "; ")
	}
	for text, want := range map[string]string{
		`<p class="x" aria-label="a">Class 4, by ` + "\u2068שלום\u2069" + `</p><p dir="auto">שלום</p><a href="/x">x</a><a href="https://drive.google.com/x">y</a>`: "",
		"<x-owned>": "an element", "<script>x</script>": "an element", "<b onclick=x>": "an attribute", "<p x-owned=1>": "an attribute", "<a href='javascript:x'>": "has the scheme", "<a href='//elsewhere.example'>": "leads to", "<a href='https://owned.example/'>": "leads to",
		"<!-- x -->": "a comment", "\u202Ex": "U+202E", "a\u200Bb": "U+200B", "a\x07": "U+0007", "שלום": "not isolated", "<p aria-label='שלום'>": "not isolated", "\u2068x": "never ends", "x\u2069": "never began", strings.Repeat("x", 3000): "3000 characters",
		strings.Repeat("W", 500): "not shortened", "<p aria-label='" + strings.Repeat("W", 500) + "'>": "not shortened", "Z" + strings.Repeat("\u0301", 20): "a tower", "#ZgotmplZ": "threw an address away",
	} {
		if got := judged(func(v *verdicts) { v.html("here", text, m) }); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%.60q: %q, want %q", text, got, want)
		}
	}
	for cells, want := range map[string]string{"a,b\r\n'=1,x\r\n": "", "a\r\n=1\r\n": "a formula", "a\r\n\" +1\"\r\n": "a formula", "a\r\n\"\u200b@x\"\r\n": "a formula", "a\r\n\"x\ny\"\r\n": "U+000A", "a\r\nx\u202Ey\r\n": "U+202E"} {
		if got := judged(func(v *verdicts) { v.csv("here", []byte(cells)) }); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", cells, got, want)
		}
	}
	mail := func(more, subject string) []byte {
		return []byte(strings.ReplaceAll("From: a@school.example\nTo: b@school.example\nSubject: "+subject+"\n"+more+"Mime-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n\nHello.\n", "\n", "\r\n"))
	}
	for _, x := range []struct{ more, subject, want string }{
		{"", "Hello", ""}, {"Bcc: owned@owned.example\n", "Hello", "the header Bcc"}, {"To: c@school.example\n", "Hello", "the header To"}, {"", strings.Repeat("x", 300), "the subject"}, {"", "=?utf-8?q?=E2=80=AEx?=", "U+202E"}, {"", "=?utf-8?q?x=0D=0Ay?=", "the subject"},
		{"Cc: =?utf-8?q?" + strings.Repeat("W", 400) + "?= <c@school.example>\n", "Hello", "a name of"}, {"Date: " + strings.Repeat("x", 1100) + "\n", "Hello", "a line of"},
	} {
		if got := judged(func(v *verdicts) { v.mail("here", mail(x.more, x.subject), m) }); (x.want == "") != (got == "") || !strings.Contains(got, x.want) {
			t.Errorf("%.60q %.60q: %q, want %q", x.more, x.subject, got, x.want)
		}
	}
	for text, want := range map[string]string{"BEGIN:VCALENDAR\r\nSUMMARY:x\r\n y\r\n": "", "SUMMARY:x\r\nX-OWNED:1\r\n": "the line", "SUMMARY:x\u202Ey\r\n": "U+202E"} {
		if got := judged(func(v *verdicts) { v.calendar("here", text) }); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
