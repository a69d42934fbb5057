package names

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html/atom"
)

func TestFromHTML(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                      {""},
		"Ada Larkham":                           {"Ada Larkham"},
		"Ada\r\nLarkham":                        {"Ada  Larkham"},
		"<b>Ada</b> Larkham":                    {"Ada Larkham"},
		"Ada&nbsp;Lark<i>ham</i>":               {"Ada\u00a0Larkham"},
		"Ada<br>Larkham":                        {"Ada\n\nLarkham"},
		"Ada</br>Larkham":                       {"Ada\n\nLarkham"},
		"<p>Ada<p>Larkham":                      {"\nAda\n\nLarkham\n"},
		"<ul><li>Ada<li>Larkham</ul>":           {"\n\nAda\n\nLarkham\n\n"},
		"<table><tr><td>Ada<td>Larkham</table>": {"\n\n\nAda\n\nLarkham\n\n\n"},
		"Ada<script>x</script> Larkham<style>y</style><template>z</template><noscript>w</noscript><iframe>v</iframe><object>u</object>": {"Ada Larkham"},
		"Ada<svg><title>x</title><text>y</text></svg> <math><mi>x</mi></math>Larkham":                                                   {"Ada Larkham"},
		"Ada<object><p>x</p></object> Larkham":                               {"Ada Larkham"},
		"<b>Ada\nLarkham</b>":                                                {"Ada Larkham"},
		`Ada<svg><a xlink:title="x"></a></svg> Larkham`:                      {"Ada Larkham"},
		strings.Repeat("<b>", 600) + `Ada<br/>Larkham<img title="Bo"/>`:      {"Ada\n\nLarkham", "Bo"},
		"Ada<!-- x --> Larkham":                                              {"Ada Larkham"},
		"Ada\nLarkham<pre>Ada\nLarkham</pre>Ada\nLarkham":                    {"Ada Larkham\nAda\nLarkham\nAda Larkham"},
		"<textarea>Ada\nLarkham</textarea>":                                  {"Ada\nLarkham"},
		"<pre><div>Ada\nLarkham</div></pre>":                                 {"\n\nAda\nLarkham\n\n"},
		"<select><option>Ada<option>Larkham</select>":                        {"\n\nAda\n\nLarkham\n\n"},
		`Ada<img alt="Bo Li" title="Bo"> Larkham`:                            {"Ada Larkham", "Bo Li", "Bo"},
		`<a title="Ada Larkham" href="https://x.example/Bo">here</a>`:        {"here", "Ada Larkham"},
		`<iframe title="Ada Larkham"></iframe><img alt=""><img alt=x>`:       {"", "Ada Larkham", "x"},
		`<p title="Ada&#10;Larkham">`:                                        {"\n\n", "Ada\nLarkham"},
		"Tom &amp; Ada &lt;3":                                                {"Tom & Ada <3"},
		"3 < 5":                                                              {"3 < 5"},
		"<custom-thing>Ada</custom-thing> Larkham":                           {"Ada Larkham"},
		"</div>Ada</p>Larkham":                                               {"Ada\n\nLarkham"},
		strings.Repeat("<b>", 600) + "Ada" + "</b> <br>Larkham<i title=Bo>":  {"Ada \nLarkham", "Bo"},
		strings.Repeat("<div>", 600) + "<script>x</script>Ada<svg/> Larkham": {strings.Repeat("\n", 600) + "Ada Larkham"},
	} {
		if d := cmp.Diff(want, FromHTML(in)); d != "" {
			t.Errorf("%.80q (-want +have):\n%s", in, d)
		}
	}
}

// The elements that begin and end a line, and those whose text nobody reads, are those of the page.
func TestElementsOfThePage(t *testing.T) {
	data, err := os.ReadFile("../../docs/name-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(data), "**From HTML.**")
	part, _, _ = strings.Cut(part, "\n## ")
	part = strings.ReplaceAll(strings.ReplaceAll(part, "\n", " "), "`h1` to `h6`", "`h1`, `h2`, `h3`, `h4`, `h5`, `h6`")
	for name, c := range map[string]struct {
		after, before string
		more          []string // named elsewhere
		have          map[atom.Atom]bool
	}{
		"breaks": {"so does each `br`:", ". All other elements", []string{"br"}, breaks},
		"hidden": {"without those inside", ". The start and the end", nil, hidden},
	} {
		_, list, _ := strings.Cut(part, c.after)
		list, _, found := strings.Cut(list, c.before)
		if !found {
			t.Fatalf("%s: the page is written differently", name)
		}
		want := c.more
		for i, s := range strings.Split(list, "`") {
			if i%2 == 1 {
				want = append(want, s)
			}
		}
		var have []string
		for a := range c.have {
			have = append(have, a.String())
		}
		slices.Sort(want)
		slices.Sort(have)
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("%s (-page +code):\n%s", name, d)
		}
	}
}

// Whatever is in a fragment, it is taken apart; what has no markup in it comes out as it went in, and no text comes out longer than it went in but by its breaks.
func FuzzFromHTML(f *testing.F) {
	for _, s := range []string{"", "<p>Ada<br>Larkham</p>", "<svg><foreignObject><p>x", "<table><b>x<tr>y", "&#x202e;x", "<b", "&", "\xff", "<a><table><a>", "<select><svg><pre>\n", `<img alt="x`, strings.Repeat("<i>", 520) + "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := FromHTML(s)
		if len(out) == 0 || slices.Contains(out[1:], "") {
			t.Fatalf("%q", out)
		}
		if !strings.ContainsAny(s, "<&\r\n\x00") && out[0] != s && utf8.ValidString(s) {
			t.Errorf("plain text came out as %q", out[0])
		}
		var p markup // the way of what is too deep
		p.texts = []string{""}
		p.tags(s)
		if len(p.end()) == 0 {
			t.Error("nothing")
		}
	})
}
