package web

import (
	"html/template"
	"strings"
	"testing"
)

// Whatever a template says to people is made harmless, wherever in it that stands; what is read back, or leads somewhere, stays as it is.
func TestHarmless(t *testing.T) {
	const text = `{{define "x"}}<b title="{{.A}} x">{{.A}}</b>{{end}}{{$a := .A}}<p>{{with .A}}{{.}}{{end}}{{range .List}}{{.}}{{else}}none{{end}}{{if .A}}{{$a}}{{else}}{{.A}}{{end}}{{template "x" .}}{{.N}}</p>` +
		`<a href="/x?a={{.Link}}" aria-label="Open {{.A}}"><input value="{{if .A}}{{.A}}{{end}} {{.A}}"><textarea name="t">{{.A}}</textarea><button name="b" value="{{.A}}">{{.A}}</button>`
	page := harmless(template.Must(template.New("").Funcs(template.FuncMap{shownFunc: shown}).Parse(text)))
	var b strings.Builder
	if err := page.Execute(&b, map[string]any{"A": "\u202E<i>", "List": []string{"\u202E"}, "Link": "\u202E", "N": 3}); err != nil {
		t.Fatal(err)
	}
	const shown, raw = "&lt;i&gt;", "\u202E&lt;i&gt;"
	want := `<p>` + shown + shown + `<b title="` + shown + ` x">` + shown + `</b>3</p><a href="/x?a=%e2%80%ae" aria-label="Open ` + shown + `"><input value="` + raw + ` ` + raw + `"><textarea name="t">` + raw + `</textarea><button name="b" value="` + raw + `">` + shown + `</button>`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for name, one := range templates {
		if one.Lookup("frame") == nil || !strings.Contains(one.Lookup("frame").Tree.Root.String(), "{{.Title | "+shownFunc) {
			t.Errorf("the page %s does not go through it: %s", name, one.Lookup("frame").Tree.Root.String()[:300])
		}
	}
}
