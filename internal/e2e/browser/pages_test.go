package browser

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
)

// A shownPage is a page of the site as some people see it.
type shownPage struct {
	name string // of its pictures
	path string
	who  []string // who sees it: see [stage.people]; "" is nobody, who is not signed in
	do   func(v *visitor)
	// chosen are the pictures that are committed (docs/pictures/site-*.png), as "WHO PHONE" or "WHO DESKTOP".
	chosen []string
	// document is a report, which is no page of the site: it carries its own styles, as mail does.
	document bool
}

// pages are all pages of the site: a new one is a line here, and TestEveryPageIsListed says so.
var pages = []shownPage{
	{name: "home", path: "/", who: []string{"teacher", "administrator", "officer", "headteacher", "governor", "page-host", "blog-host", "dojo-teacher"}, chosen: []string{"teacher phone", "page-host phone"}},
	{name: "home-noted", path: "/?noted=reviewed", who: []string{"teacher"}},
	{name: "home-empty", path: "/", who: []string{"colleague"}},
	{name: "home-moderated", path: "/?noted=moderated", who: []string{"blog-host"}},
	{name: "check-ins", path: "/check-ins", who: []string{"administrator", "officer", "headteacher", "page-host", "dojo-teacher"}},
	{name: "classes", path: "/classes", who: []string{"officer", "headteacher", "page-host"}},
	{name: "cover", path: "/classes", who: []string{"page-host"}, do: func(v *visitor) { v.press("a[href^='/classes?class=']") }},
	{name: "findings", path: "/findings", who: []string{"administrator", "officer", "headteacher"}},
	{name: "findings-in-a-folder", path: "/findings", who: []string{"administrator"}, do: func(v *visitor) { v.open(v.value("a[href^='/findings?folder=']", "href")) }},
	{name: "findings-private", path: "/findings?state=private", who: []string{"officer"}},
	{name: "findings-asked", path: "/findings?asked=waiting", who: []string{"administrator"}},
	{name: "findings-to-ask", path: "/findings?asked=can&severity=medium", who: []string{"administrator"}},
	{name: "reminders", path: "/reminders", who: []string{"officer", "page-host", "colleague"}},
	{name: "shared", path: "/shared", who: []string{"owner", "colleague"}},
	{name: "changes", path: "/changes", who: []string{"administrator", "officer"}},
	{name: "change", path: "/changes", who: []string{"administrator"}, do: func(v *visitor) {
		_, id, _ := strings.Cut(v.value("form[action='/changes/approve'] input[name=change]", "value"), " ")
		v.open("/changes?change=" + id)
	}},
	{name: "overview", path: "/overview", who: []string{"officer", "headteacher"}},
	{name: "closed", path: "/closed", who: []string{"officer"}},
	{name: "records", path: "/records", who: []string{"page-host", "officer", "administrator"}},
	{name: "records-unfolded", path: "/records", who: []string{"page-host"}, do: (*visitor).unfold},
	{name: "reports", path: "/reports", who: []string{"headteacher", "officer", "governor"}},
	{name: "inspection-copy", path: "/reports/inspection", who: []string{"headteacher"}, document: true},
	{name: "report-sent", path: "/reports/termly/2026-autumn", who: []string{"governor"}, document: true},
	{name: "concern", path: "/concern", who: []string{"teacher", "officer"}},
	{name: "concern-form", path: "/concern", who: []string{"teacher"}, do: func(v *visitor) { v.press("button[name=about][value=pupil]") }},
	{name: "concern-form-mistake", path: "/concern", who: []string{"teacher"}, do: (*visitor).forgetTheKind},
	{name: "concern-sent", path: "/concern", who: []string{"teacher"}, do: func(v *visitor) { v.raiseConcern("pupil") }},
	{name: "incidents", path: "/incidents", who: []string{"officer", "headteacher", "chair"}},
	{name: "entry-not-opened", path: "/incidents", who: []string{"officer"}, do: (*visitor).unopenedEntry},
	{name: "entry-about-an-adult", path: "/incidents", who: []string{"headteacher", "chair"}, do: (*visitor).lastEntry},
	{name: "entry", path: "/incidents/e/ID", who: []string{"officer"}, do: (*visitor).openEntry},
	{name: "incident-numbers", path: "/incidents/numbers", who: []string{"governor", "headteacher"}},
	{name: "no-such-page", path: "/nothing-here", who: []string{"teacher"}},
	{name: "not-yours", path: "/classes", who: []string{"teacher"}},
	{name: "pupil", path: "/", who: []string{"pupil"}},
	{name: "stranger", path: "/sign-in/done", who: []string{""}},
	{name: "signed-out", path: "/", who: []string{"governor"}, do: func(v *visitor) { v.press("form[action='/sign-out'] button") }},
}

// widths are those at which pages are looked at.
var widths = []struct {
	name  string
	width int64
}{{"phone", 360}, {"desktop", 1280}}

// narrowest is the width at which nothing may scroll sideways (WCAG 2.2, 1.4.10: 400 per cent of 1280).
const narrowest = 320

// people are who looks at pages, by what the table calls them.
func (s *stage) people() map[string]string {
	course, teacher := s.teacher(2)
	return map[string]string{
		"teacher": teacher, "administrator": s.role(policy.RoleAdmin), "officer": s.role(policy.RoleOfficer), "headteacher": s.role(policy.RoleHead), "governor": s.role(policy.RoleGovernor),
		"page-host": s.role(policy.RolePageHost), "colleague": s.colleague(course), "chair": s.role(policy.RoleChair), "pupil": s.pupil(), "blog-host": s.blogHost(), "dojo-teacher": s.dojoTeacher, "owner": s.user(s.askable(1)[0].view.Ask).PrimaryEmail,
	}
}

// eachPage shows every page to everybody who sees it, in a browser that setup has prepared. A page for which do ends the session is shown once.
func eachPage(t *testing.T, s *stage, setup func(v *visitor), look func(t *testing.T, v *visitor, p shownPage, who string)) {
	people := s.people()
	raise := s.visit(t)
	raise.signIn(people["teacher"])
	raise.raiseConcern("pupil")
	raise.raiseConcern("adult")
	raise.raiseConcern("adult", string(policy.RoleHead))
	keeper := s.visit(t)
	keeper.signIn(people["page-host"])
	keeper.enter("Technician of the boiler firm", "Blue folder, office", s.inDays(90))
	s.work()
	keeper.open("/records")
	keeper.renew(s.inDays(120))
	keeper.enter("Swimming coach", "", s.inDays(60))
	s.askOwner(t, s.askable(1)...)
	except := s.visit(t)
	except.signIn(people["officer"])
	except.exceptPrivately()
	approve := s.visit(t)
	approve.signIn(people["administrator"])
	approve.open("/changes")
	approve.press("form[action='/changes/approve'] button")
	s.work()
	for _, who := range []string{"headteacher", "chair"} { // what they open here is not opened while the worker is at work for another
		reader := s.visit(t)
		reader.signIn(people[who])
		for reader.open("/incidents"); reader.count(unopened) > 0; reader.open("/incidents") {
			reader.press(unopened)
			s.work()
		}
	}
	s.sendReport(people["governor"])
	people[""] = ""
	for _, who := range slices.Sorted(maps.Keys(people)) {
		t.Run(cmp.Or(who, "nobody"), func(t *testing.T) {
			t.Parallel()
			showTo(t, s, who, people[who], setup, look)
		})
	}
}

// unopened opens an entry of the incident log, on the list of them.
const unopened = "form[action^='/incidents/open/'] button"

// raiseConcern sends a concern about somebody, who may play these roles.
func (v *visitor) raiseConcern(about string, roles ...string) {
	v.t.Helper()
	v.open("/concern")
	v.press("button[name=about][value=" + about + "]")
	eval[bool](v, "(document.querySelector('input[name=kind]').checked = true)")
	for _, role := range roles {
		eval[bool](v, "(document.querySelector(%s).checked = true)", "input[name=concerns][value="+role+"]")
	}
	v.press("form[action='/concern'] button")
	v.says("a concern", 200, "Thank you.")
}

// forgetTheKind sends a concern without saying what sort of thing it is, past the browser, which would not.
func (v *visitor) forgetTheKind() {
	v.t.Helper()
	v.press("button[name=about][value=adult]")
	eval[int](v, "[...document.querySelectorAll('[required]')].map(e => e.required = false).length")
	v.press("form[action='/concern'] button")
	v.says("a concern without its kind", 400, "It was not sent.")
}

// exceptPrivately agrees to the first finding that can be ticked, for a reason that others must not know.
func (v *visitor) exceptPrivately() {
	v.t.Helper()
	v.open("/findings?severity=medium")
	eval[bool](v, "(document.querySelector('input[name=pick]').checked = true)")
	eval[bool](v, "(document.querySelector('input[name=private]').checked = true)")
	v.set("#until", v.s.inDays(20))
	v.set("#why", "A special need.")
	v.press("form[action='/findings/agree'] button:not([formaction]):not([name])")
	v.says("a private exception", 200, "It is noted, and taken up within minutes")
}

// unopenedEntry is an entry's page before it is opened.
func (v *visitor) unopenedEntry() {
	v.t.Helper()
	v.open("/incidents/e/" + strings.TrimPrefix(v.value("form[action^='/incidents/open/']", "action"), "/incidents/open/"))
	v.says("an entry that is not opened", 200, "You can read this entry")
}

// lastEntry is the page of the last entry on the list, which was opened before.
func (v *visitor) lastEntry() {
	v.t.Helper()
	v.open(eval[string](v, "[...document.querySelectorAll('a[href^=\"/incidents/e/\"]')].at(-1).getAttribute('href')"))
	v.says("an entry about an adult", 200, "You can read it", "About an adult")
}

// openEntry opens the newest entry of the incident log.
func (v *visitor) openEntry() {
	v.t.Helper()
	v.open("/incidents")
	if v.count("form[action^='/incidents/open/'] button") > 0 {
		v.press("form[action^='/incidents/open/'] button")
		v.s.work()
		v.open("/incidents")
	}
	v.press("a[href^='/incidents/e/']")
	v.says("an entry", 200)
}

func showTo(t *testing.T, s *stage, who, address string, setup func(v *visitor), look func(t *testing.T, v *visitor, p shownPage, who string)) {
	v := s.visit(t)
	if setup != nil {
		setup(v)
	}
	if address != "" {
		v.signIn(address)
	}
	for _, p := range pages {
		if !slices.Contains(p.who, who) {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			v.t = t
			v.open(p.path)
			if p.do != nil {
				p.do(v)
			}
			look(t, v, p, who)
		})
		v.t = t
	}
}

// size sets the width and height of the page.
func (v *visitor) size(width, height int64) {
	v.t.Helper()
	call(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
}

func TestEveryPageIsListed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "web", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the site's files: %v, %v", files, err)
	}
	routes := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"GET (/[^"]*)"`).FindAllStringSubmatch(string(text), -1) {
			route := strings.TrimSuffix(m[1], "{$}")
			if strings.HasSuffix(route, ".css") || strings.HasSuffix(route, ".ics") || strings.HasSuffix(route, ".csv") {
				continue
			}
			routes++
			fits := regexp.MustCompile("^" + regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(route, "[^/?]+") + `($|\?)`)
			if !slices.ContainsFunc(slices.Concat(pages, trustPages), func(p shownPage) bool { return fits.MatchString(p.path) }) {
				t.Errorf("%s serves %s, which is not in the table of pages: add a line for it", filepath.Base(f), route)
			}
		}
	}
	if routes < 3 {
		t.Errorf("found %d pages in the site's files: have the routes another form?", routes)
	}
}

// longNames gives a class and its posts names that nobody can break: pages must stand them.
func (s *stage) longNames() {
	s.t.Helper()
	course, _ := s.teacher(2)
	book, err := moderation.Open(s.t.Context(), s.main)
	if err != nil {
		s.t.Fatal(err)
	}
	c := book.Class(course)
	c.Name = strings.Repeat("Llanfairpwllgwyngyll", 6)
	for _, p := range c.Posts {
		p.Title = strings.Repeat("Donaudampfschifffahrt", 8)
	}
	if err := book.Flush(s.t.Context(), s.main.Commit, nil); err != nil {
		s.t.Fatal(err)
	}
}

// TestPages looks at every page as everybody sees it: what stands out, what the keyboard reaches, and what keeps people out.
func TestPages(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	s.longNames()
	v := s.visit(t)
	v.size(narrowest, 640)
	v.open("data:text/html,<div style='width:500px'>wide")
	if v.over() == "" {
		t.Fatal("a page that is too wide is not noticed")
	}
	eachPage(t, s, nil, func(t *testing.T, v *visitor, p shownPage, who string) {
		for _, look := range []struct {
			what string
			at   func(v *visitor)
		}{{"narrow", func(v *visitor) { v.fits(p.document) }}, {"keyboard", (*visitor).keyboard}, {"accessible", (*visitor).accessible}} {
			// The keyboard goes through a page once, and through what only some people's have: it is what takes the time.
			if look.what == "keyboard" && p.document {
				continue // there is at most a link back, which looks as browsers show one
			}
			if look.what == "keyboard" && len(p.who) > 0 && who != p.who[0] && who != "blog-host" && who != "dojo-teacher" {
				continue
			}
			t.Run(look.what, func(t *testing.T) {
				v.t = t
				look.at(v)
			})
		}
		v.t = t
	})
}

// fits sees to it that nothing of the page stands out where the screen is narrow, and that all it is made of is the site's.
func (v *visitor) fits(document bool) {
	v.size(narrowest, 640)
	if over := v.over(); over != "" {
		v.t.Errorf("at %d px the page is too wide: %s", narrowest, over)
	}
	if v.count("script, [onclick], [onload]") > 0 || !document && v.count("[style]") > 0 {
		v.t.Error("the page has a script, or a style of its own")
	}
}

// over says what stands out of the page on the right; "" if nothing does.
func (v *visitor) over() string {
	v.t.Helper()
	return eval[string](v, `(() => {
		const most = innerWidth
		if (document.scrollingElement.scrollWidth <= most) return ''
		const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > most + 0.5).map(e => e.tagName + '.' + e.className + ' ' + e.getBoundingClientRect().right)
		return document.scrollingElement.scrollWidth + ' px: ' + out.slice(0, 5).join(', ')
	})()`)
}

// controls are what the keyboard must reach: of radio buttons that belong together one, the arrows choose among them.
const controls = `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(e => e.checkVisibility() && !e.disabled &&
	(e.type !== 'radio' || e === ([...document.getElementsByName(e.name)].find(r => r.checked) ?? document.getElementsByName(e.name)[0])))`

// mostControls is how many controls of a page the keyboard goes through: a list of hundreds goes on as it began.
const mostControls = 100

// keyboard sees to it that every control is reached with the Tab key, in the order of the page, and shows that it is.
func (v *visitor) keyboard() {
	v.size(360, 700)
	n := min(eval[int](v, controls+".length"), mostControls)
	if n == 0 {
		v.t.Fatal("the page has nothing to press at all")
	}
	reached, last := map[int]bool{}, -1
	for presses := 0; len(reached) < n && presses < 4*n+10; presses++ { // a date is three fields and a button
		v.key("\t")
		at := eval[string](v, `(() => {
			const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect()
			const i = (window.controlsOfPage ??= `+controls+`).indexOf(e)
			const seen = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 && r.width > 0 && r.left >= 0 && r.right <= innerWidth &&
				Math.min(r.bottom, innerHeight) - Math.max(r.top, 0) >= Math.min(r.height, 24) - 1 // enough of it, at least
			return i + ' ' + (seen ? 'seen' : 'unseen') + ' ' + e.outerHTML.slice(0, 120)
		})()`)
		var i int
		var how string
		if _, err := fmt.Sscan(at, &i, &how); err != nil {
			v.t.Fatal(at, err)
		}
		if i < 0 { // the end of the page, and once more from its beginning
			if last = -1; presses > n {
				break
			}
			continue
		}
		if i < last {
			v.t.Errorf("the order is not the page's: %s comes after control %d", at, last)
		}
		if how != "seen" {
			v.t.Errorf("one cannot see that the keyboard is at %s", at)
		}
		reached[i], last = true, i
	}
	if len(reached) != n {
		v.t.Errorf("the keyboard reaches %d of %d controls", len(reached), n)
	}
}

// picturesEnv names the folder into which TestPictures writes; make screenshots sets it.
const picturesEnv = "ESAFETYBOT_PICTURES"

// mostPicture is the largest a committed picture may be, in bytes.
const mostPicture = 200 << 10

// TestPictures takes a picture of every page, as everybody sees it, at both widths.
func TestPictures(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(picturesEnv)
	if dir == "" {
		t.Skip("writes pictures: make screenshots")
	}
	if err := os.MkdirAll(filepath.Join(dir, "all"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, nil, false)
	eachPage(t, s, nil, func(t *testing.T, v *visitor, p shownPage, who string) {
		for _, w := range widths {
			v.size(w.width, 800)
			height := min(max(eval[float64](v, "document.documentElement.scrollHeight"), 500), 1600)
			picture := get(v, picture(float64(w.width), height))
			name := strings.ReplaceAll(strings.Join([]string{p.name, who, w.name}, "-"), "--", "-") + ".png"
			if err := os.WriteFile(filepath.Join(dir, "all", name), picture, 0o644); err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(p.chosen, who+" "+w.name) {
				continue
			}
			if len(picture) > mostPicture {
				t.Errorf("%s has %d bytes, more than %d: not for the repository", name, len(picture), mostPicture)
			}
			if err := os.WriteFile(filepath.Join(dir, "site-"+name), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func picture(width, height float64) chromedp.Action[[]byte] {
	return func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		beyond := true
		r, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{
			Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: &beyond, Clip: &page.Viewport{Width: width, Height: height, Scale: 1},
		})
		return r.Data, err
	}
}
