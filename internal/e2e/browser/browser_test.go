// Package browser looks at the review site as people do: a simulated school is served, the worker's jobs run against it over HTTP, and headless Chromium signs in at the simulated issuer and
// uses the site.
//
// It holds tests only. What they rely on:
//
//   - Chromium (Debian: chromium) and, for accessibility, axe-core in tools/axe/node_modules. A test whose program is missing says so in one line and is skipped; with
//     ESAFETYBOT_REQUIRE_ALL=1 it fails.
//   - The browser has scripts switched off, since the site has none; the one exception is axe-core, which is itself a script and is run past the site's policy by the browser's debugger.
//   - Each test has a school, a state and a site of its own, and each visitor a browser profile of their own, so that tests run beside each other. One Chromium serves them all and is stopped at the end.
//   - The state after the worker's first look is made once and copied to each stage whose policy is the usual one: see newStage.
package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience is for how long one visitor may take in all: a browser that hangs must not hang the tests.
const patience = 4 * time.Minute

// chromium is the browser of this test binary.
type chromium struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

var shared chromium

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.stop != nil {
		shared.stop()
	}
	os.Exit(code)
}

var errNoBrowser = errors.New("no Chromium. To get it: apt-get install chromium")

func (c *chromium) start() {
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		c.err = errNoBrowser
		return
	}
	profile, err := os.MkdirTemp("", "esafetybot-browser")
	if err != nil {
		c.err = err
		return
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program), chromedp.UserDataDir(profile)}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "no-default-browser-check", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-dev-shm-usage", "hide-scrollbars",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	options = append(options, chromedp.Flag("disable-features", "SpareRendererForSitePerProcess")) // each visitor has one tab: a process in reserve only takes time
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	c.ctx, c.stop = ctx, func() {
		_ = chromedp.Cancel(ctx) // closes it and waits for its end
		stop()
		stopAlloc()
		_ = os.RemoveAll(profile)
	}
	if err := chromedp.Do(ctx); err != nil {
		c.err = fmt.Errorf("chromium does not start: %w", err)
	}
}

// needBrowser skips, or fails where everything is required, when there is no browser.
func needBrowser(t testing.TB) context.Context {
	t.Helper()
	shared.once.Do(shared.start)
	if errors.Is(shared.err, errNoBrowser) && os.Getenv("ESAFETYBOT_REQUIRE_ALL") != "1" {
		t.Skipf("not run: the review site in a browser (%v)", shared.err)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.ctx
}

// visitor is somebody at a browser: a profile of its own with one tab.
type visitor struct {
	t      testing.TB
	s      *stage
	ctx    context.Context
	status int // of the last page
}

// visit opens a browser in which nobody is signed in.
func (s *stage) visit(t testing.TB) *visitor {
	t.Helper()
	tab, closeTab := chromedp.NewContext(needBrowser(t), chromedp.WithNewBrowserContext())
	ctx, cancel := context.WithTimeout(tab, patience)
	t.Cleanup(func() { cancel(); closeTab() })
	v := &visitor{t: t, s: s, ctx: ctx}
	call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}) // else what scrolls is still on its way
	call(v, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return v
}

// call gives the browser a command of its debugger.
func call[P, R any](v *visitor, command cdp.Command[P, R], params P) R {
	v.t.Helper()
	r, err := chromedp.Call(v.ctx, command, params)
	if err != nil {
		v.t.Fatalf("the browser: %v", err)
	}
	return r
}

// get runs an action that yields something.
func get[T any](v *visitor, action chromedp.Action[T]) T {
	v.t.Helper()
	x, err := chromedp.Run(v.ctx, action)
	if err != nil {
		v.t.Fatalf("the browser: %v", err)
	}
	return x
}

// eval is what an expression is on the page.
func eval[T any](v *visitor, expression string, args ...any) T {
	v.t.Helper()
	for i, a := range args {
		if s, ok := a.(string); ok {
			quoted, err := json.Marshal(s)
			if err != nil {
				v.t.Fatal(err)
			}
			args[i] = string(quoted)
		}
	}
	return get(v, chromedp.Evaluate[T](fmt.Sprintf(expression, args...)))
}

// goes does what makes the browser load a page, and waits for that.
func (v *visitor) goes(what string, actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	resp, err := chromedp.RunResponse(v.ctx, actions...)
	if err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
	v.status = int(resp.Status)
}

// open opens a path of the site, or a whole address.
func (v *visitor) open(path string) {
	v.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = v.s.site + path
	}
	v.goes("open "+path, chromedp.Navigate(path))
}

// press presses the button or link that a CSS selector finds first.
func (v *visitor) press(selector string) {
	v.t.Helper()
	if v.count(selector) == 0 {
		v.t.Fatalf("the page %q has nothing to press that is %s:\n%s", v.title(), selector, v.text())
	}
	v.goes("press "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// count is how many elements of the page a CSS selector finds.
func (v *visitor) count(selector string) int {
	v.t.Helper()
	return eval[int](v, "document.querySelectorAll(%s).length", selector)
}

// text is what the page's main part says.
func (v *visitor) text() string {
	v.t.Helper()
	return eval[string](v, "(document.querySelector('main') || document.body).innerText")
}

func (v *visitor) title() string {
	v.t.Helper()
	return eval[string](v, "document.title")
}

// value is an attribute of the first element that a CSS selector finds; "" without it.
func (v *visitor) value(selector, attribute string) string {
	v.t.Helper()
	return eval[string](v, "document.querySelector(%s)?.getAttribute(%s) ?? ''", selector, attribute)
}

// set gives the first element that a CSS selector finds a value, as somebody who changed the page could.
func (v *visitor) set(selector, value string) {
	v.t.Helper()
	if !eval[bool](v, "(e => { if (e) e.value = %s; return !!e })(document.querySelector(%s))", value, selector) {
		v.t.Fatalf("the page %q has no %s", v.title(), selector)
	}
}

// says checks the status of the page and that it says these words.
func (v *visitor) says(what string, status int, words ...string) {
	v.t.Helper()
	text := v.text()
	if v.status != status {
		v.t.Errorf("%s: status %d, want %d; the page says:\n%s", what, v.status, status, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			v.t.Errorf("%s: the page does not say %q but:\n%s", what, w, text)
		}
	}
}

// signIn signs somebody in through the issuer's page, on which they choose their account.
func (v *visitor) signIn(address string) {
	v.t.Helper()
	if u := v.s.user(address); u != nil {
		address = u.PrimaryEmail // roles may be aliases
	}
	v.open("/sign-in?login_hint=" + address)
	if got := v.title(); got != "Choose an account" {
		v.t.Fatalf("signing in leads to %q", got)
	}
	if button := fmt.Sprintf("button[name=account][value=%q]", address); v.count(button) > 0 {
		v.press(button)
		return
	}
	v.set("#other", address)
	v.press("#other ~ button")
}

// signedIn is a browser in which somebody has signed in, and sees their page.
func (s *stage) signedIn(t testing.TB, address string) *visitor {
	t.Helper()
	v := s.visit(t)
	v.signIn(address)
	v.says("signing in as "+address, 200, "My page")
	return v
}

// key presses a key: "\t", "\r".
func (v *visitor) key(key string) {
	v.t.Helper()
	get(v, chromedp.KeyEvent(key))
}

// cookie is the session's; nil without one.
func (v *visitor) cookie() *network.Cookie {
	v.t.Helper()
	for _, c := range call(v, network.GetCookies, network.GetCookiesParams{URLs: []string{v.s.site}}).Cookies {
		if strings.HasSuffix(c.Name, "esafetybot-session") {
			return c
		}
	}
	return nil
}
