package browser

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// mailFaults lists what is wrong with how a mail looks: words that lie on each other, are cut off or stand out, words that are too pale (WCAG 2.2, contrast (minimum): 4.5 to 1, for large words too), and pictures whose
// words have no room.
const mailFaults = `(() => {
	const out = [], say = s => { if (out.length < 8) out.push(s) }
	const rgba = s => { const n = s.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n }
	const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1)
	const ground = e => e ? (c => c[3] === 1 ? c : over(c, ground(e.parentElement)))(rgba(getComputedStyle(e).backgroundColor)) : [255, 255, 255, 1]
	const light = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
	const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05) }
	const words = (n) => n.textContent.trim().slice(0, 40)
	const boxes = []
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	for (let n; n = walk.nextNode();) {
		const e = n.parentElement
		if (!n.textContent.trim() || !e.checkVisibility() || e.closest('style, script')) continue
		const range = document.createRange()
		range.selectNodeContents(n)
		const ratio = contrast(over(rgba(getComputedStyle(e).color), ground(e)), ground(e))
		if (ratio < 4.5) say(ratio.toFixed(2) + ' to 1: ' + words(n))
		for (const r of range.getClientRects()) {
			if (r.width < 1) continue
			boxes.push({n, l: r.left, r: r.right, t: r.top, b: r.bottom})
			if (r.left < -0.5 || r.right > innerWidth + 0.5) say('stands out, from ' + r.left + ' to ' + r.right + ': ' + words(n))
			for (let p = e; p; p = p.parentElement) {
				const s = getComputedStyle(p), q = p.getBoundingClientRect()
				if (s.overflow !== 'visible' && p !== document.body && (r.right > q.right + 1 || r.bottom > q.bottom + 1)) { say('cut off: ' + words(n)); break }
			}
		}
	}
	for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1))
		if (a.n !== b.n && Math.min(a.r, b.r) - Math.max(a.l, b.l) > 2 && Math.min(a.b, b.b) - Math.max(a.t, b.t) > 4) say('on each other: ' + words(a.n) + ' | ' + words(b.n))
	for (const i of document.images) {
		const q = i.getBoundingClientRect()
		if (i.naturalWidth) say('a picture is shown')
		if (!i.alt.trim()) say('a picture without words')
		if (q.right > innerWidth + 0.5 || q.width * q.height < 50 * i.alt.length) say('no room for the words of a picture: ' + q.width + ' by ' + q.height + ' for ' + i.alt.length + ' characters')
		const ratio = contrast(over(rgba(getComputedStyle(i).color), ground(i)), ground(i))
		if (ratio < 4.5) say(ratio.toFixed(2) + ' to 1: the words of a picture')
	}
	return JSON.stringify({out, texts: boxes.length, pictures: document.images.length})
})()`

// shownMail is what mailFaults says.
type shownMail struct {
	Out             []string
	Texts, Pictures int
}

// mail shows a mail in the browser, and says what is wrong with it. Pictures in a mail itself (cid:) are never shown there: no mail program gives them to the browser.
func (v *visitor) mail(html string, width int64) (m shownMail) {
	v.t.Helper()
	v.size(width, 800)
	v.open("data:text/html;base64," + base64.StdEncoding.EncodeToString([]byte(html)))
	if err := json.Unmarshal([]byte(get(v, chromedp.Evaluate[string](mailFaults))), &m); err != nil {
		v.t.Fatal(err)
	}
	return m
}

var styleElement = regexp.MustCompile(`(?s)<style\b.*?</style>`)

// The weekly e-mail, as it is in the golden files, where a mail program throws away every <style> element and shows no picture: on a narrow screen and a wide one nothing overlaps or is cut off, everything can be read, and
// the colours are there as words, in the plain text too.
func TestWeeklyMailWithoutStyle(t *testing.T) {
	t.Parallel()
	v := (&stage{t: t}).visit(t)
	for html, want := range map[string]string{
		"<p style='color:#888'>pale</p>": "to 1: pale", "<div style='width:500px'>" + strings.Repeat("wide ", 60) + "</div>": "stands out", "<p style='margin-bottom:-15px'>one</p><p style='margin:0'>two</p>": "on each other",
		"<div style='width:60px;overflow:hidden;white-space:nowrap'>this is too long</div>": "cut off", "<img src='cid:x' width='20' height='20' alt='three words more'>": "no room",
	} {
		if m := v.mail(html, 320); !strings.Contains(strings.Join(m.Out, "\n"), want) {
			t.Fatalf("it is not noticed that %s: %v", want, m.Out)
		}
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "reports", "testdata", "weekly*.html.golden"))
	if err != nil || len(files) < 3 {
		t.Fatalf("the golden files of the weekly e-mail: %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		html := styleElement.ReplaceAllString(string(data), "")
		if html == string(data) {
			t.Errorf("%s has no style to be thrown away", filepath.Base(file))
		}
		plain, err := os.ReadFile(strings.Replace(file, ".html.", ".txt.", 1))
		if err != nil {
			t.Fatal(err)
		}
		for _, width := range []int64{320, 800} {
			m := v.mail(html, width)
			for _, fault := range m.Out {
				t.Errorf("%s at %d px: %s", filepath.Base(file), width, fault)
			}
			if m.Texts < 5 || m.Pictures == 0 && filepath.Base(file) == "weekly.html.golden" {
				t.Errorf("%s at %d px: %d texts and %d pictures were looked at", filepath.Base(file), width, m.Texts, m.Pictures)
			}
			if over := v.over(); over != "" {
				t.Errorf("%s at %d px is too wide: %s", filepath.Base(file), width, over)
			}
		}
		if filepath.Base(file) == "weekly-holiday.html.golden" {
			continue // three lines about what is red
		}
		for _, colour := range []string{"Red", "Amber", "Could not check", "Green"} {
			if !strings.Contains(v.text(), colour) || !strings.Contains(strings.ToLower(string(plain)), strings.ToLower(colour)) {
				t.Errorf("%s: the word %q is missing, in the mail or its plain text", filepath.Base(file), colour)
			}
		}
	}
}
