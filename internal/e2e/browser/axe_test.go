package browser

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// axeSource is axe-core, which looks for barriers on a page.
var axeSource = sync.OnceValues(func() (string, error) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tools", "axe", "node_modules", "axe-core", "axe.min.js"))
	return string(text), err
})

// needAxe skips, or fails where everything is required, when axe-core is missing.
func needAxe(t testing.TB) string {
	t.Helper()
	source, err := axeSource()
	if errors.Is(err, fs.ErrNotExist) {
		const what = "not run: accessibility of the review site (no axe-core). To get it: npm ci in tools/axe"
		if os.Getenv("ESAFETYBOT_REQUIRE_ALL") == "1" {
			t.Fatal(what)
		}
		t.Skip(what)
	}
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// standards are the rules that axe-core applies: WCAG 2.0, 2.1 and 2.2, levels A and AA.
const standards = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]`

// runAxe lists the barriers that axe-core finds on the page, one a line, and how many of its rules it applied and found kept.
func (v *visitor) runAxe(source string) (barriers []string, kept int) {
	v.t.Helper()
	if !eval[bool](v, "typeof axe === 'object'") { // it is large, and stays until the next page
		get(v, chromedp.Evaluate[bool](source+"\n;true"))
	}
	r := get(v, chromedp.Evaluate[struct {
		Broken []string `json:"broken"`
		Kept   int      `json:"kept"`
	}](`axe.run(document, {runOnly: {type: 'tag', values: `+standards+`}, resultTypes: ['violations']}).then(r => ({
		broken: r.violations.flatMap(x => x.nodes.map(n => x.id + ': ' + x.help + ': ' + n.target.join(' ') + ' ' + n.html.slice(0, 160))), kept: r.passes.length,
	}))`, chromedp.EvalAwaitPromise))
	return r.Broken, r.Kept
}

// scripted lets axe-core run, past the site's policy, in this browser, until the function that it returns is called.
func (v *visitor) scripted() (end func()) {
	v.t.Helper()
	call(v, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
	call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
	return func() {
		call(v, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: false})
		call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
}

// accessible sees to it that axe-core finds no barrier, at any width.
func (v *visitor) accessible() {
	source := needAxe(v.t)
	defer v.scripted()()
	for _, w := range widths {
		v.size(w.width, 800)
		barriers, kept := v.runAxe(source)
		if len(barriers) > 0 {
			v.t.Errorf("at %d px there are barriers:\n%s", w.width, strings.Join(barriers, "\n"))
		}
		if kept < 5 {
			v.t.Errorf("at %d px axe-core applied %d rules, which is too few to say anything", w.width, kept)
		}
	}
}

func TestAxeFindsBarriers(t *testing.T) {
	t.Parallel()
	source := needAxe(t)
	v := newStage(t, nil, false).visit(t)
	v.open(`data:text/html,<p style="color:%23ddd;background:%23fff">pale</p><img src="x"><input>`)
	defer v.scripted()()
	barriers, _ := v.runAxe(source)
	for _, want := range []string{"color-contrast", "image-alt", "label", "html-has-lang", "document-title"} {
		if !strings.Contains(strings.Join(barriers, "\n"), want+": ") {
			t.Errorf("a page full of barriers: %s is not found in %q", want, barriers)
		}
	}
}
