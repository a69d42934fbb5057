package browser

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/decisions"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
)

// plant puts a session cookie into the browser.
func (v *visitor) plant(name, value string) {
	v.t.Helper()
	call(v, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: v.s.site})
}

// changesNothing does something and sees to it that no decision was noted.
func (s *stage) changesNothing(t *testing.T, do func()) {
	t.Helper()
	before := s.noted()
	do()
	if diff := cmp.Diff(before, s.noted()); diff != "" {
		t.Errorf("the decisions changed:\n%s", diff)
	}
}

// Every refusal is a page that says what happened and what to do, and changes nothing.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	_, teacher := s.teacher(2)
	other := s.post(func(c string) bool { return !s.teaches(teacher, c) })
	const notTaken, nothing = "This was not taken", "Nothing has been changed."
	for _, x := range []struct {
		what   string
		do     func(v *visitor)
		status int
		says   []string
	}{
		{"a teacher says that they looked at another class's post", func(v *visitor) {
			v.signIn(teacher)
			v.set(oneButton, other)
			v.press(oneButton)
		}, 403, []string{"This is not yours to decide", "a post of another class", "Nothing was changed."}},
		{"a teacher opens the page of all classes", func(v *visitor) {
			v.signIn(teacher)
			v.open("/classes")
		}, 403, []string{"This is not yours to decide"}},
		{"a teacher looks at no post that is one", func(v *visitor) {
			v.signIn(teacher)
			v.set(oneButton, "post/1-2")
			v.press(oneButton)
		}, 400, []string{"This could not be read", "Nothing was changed."}},
		{"a pupil signs in", func(v *visitor) { v.signIn(s.pupil()) }, 403, []string{"There is nothing here for this account", "Pupils", "What to do:"}},
		{"a pupil sends the teacher's form", func(v *visitor) {
			mine := s.signedIn(t, teacher)
			token, form, one := mine.value(oneForm+" [name=form_token]", "value"), mine.value(oneForm+" [name=form]", "value"), mine.value(oneButton, "value")
			v.signIn(s.pupil())
			v.send(s.site+"/reviewed", map[string]string{"form_token": token, "form": form, "one": one})
		}, 403, []string{"There is nothing here for this account"}},
		{"an account of another domain", func(v *visitor) {
			v.signIn("ann@elsewhere.example")
			if v.cookie() != nil {
				v.t.Error("the stranger has a session")
			}
		}, 403, []string{"You cannot sign in with this account", "ann@elsewhere.example", "Sign in with your school account."}},
		{"a forged cookie", func(v *visitor) {
			v.signIn(teacher)
			c := v.cookie()
			v.plant(c.Name, flip(c.Value))
			v.press(oneButton)
		}, 403, []string{"You are no longer signed in", "was not taken"}},
		{"no token", func(v *visitor) {
			v.signIn(teacher)
			v.set(oneForm+" [name=form_token]", "")
			v.press(oneButton)
		}, 403, []string{notTaken, nothing}},
		{"a token of another session of the same teacher", func(v *visitor) {
			token := s.signedIn(t, teacher).value(oneForm+" [name=form_token]", "value")
			v.signIn(teacher)
			v.set(oneForm+" [name=form_token]", token)
			v.press(oneButton)
		}, 403, []string{notTaken, nothing}},
		{"the token of another form", func(v *visitor) {
			v.signIn(teacher)
			v.set(oneForm+" [name=form_token]", v.value("footer [name=form_token]", "value"))
			v.press(oneButton)
		}, 403, []string{notTaken, nothing}},
		{"a form on a page of another site", func(v *visitor) {
			v.signIn(teacher)
			v.send(strings.Replace(elsewhere(v), "127.0.0.1", "localhost", 1), nil)
		}, 403, nil},
		{"a form on a page of the same host, at another port", func(v *visitor) { // the cookie goes with it: another site of the same domain
			v.signIn(teacher)
			v.send(elsewhere(v), nil)
		}, 403, []string{notTaken, nothing}},
	} {
		t.Run(x.what, func(t *testing.T) {
			v := s.visit(t)
			s.changesNothing(t, func() { x.do(v) })
			v.says(x.what, x.status, x.says...)
			if v.status == 403 && !strings.Contains(v.text(), "Nothing has been changed.") && !strings.Contains(v.text(), "What to do:") {
				t.Errorf("the page does not say what to do:\n%s", v.text())
			}
		})
	}
	v := s.signedIn(t, teacher) // all of it was the form's fault, not the school's
	v.press(oneButton)
	v.says("the form as it is", 200, "It is noted that you looked.")
	if len(s.noted()) != 1 {
		t.Errorf("the form as it is was noted %d times", len(s.noted()))
	}
}

func TestForgedCookieOpensNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	v := s.signedIn(t, s.role(policy.RoleOfficer))
	c := v.cookie()
	for _, value := range []string{flip(c.Value), "", "x", c.Value + "A", strings.Repeat("A", 200)} {
		v.plant(c.Name, value)
		if v.open("/"); v.title() != "Choose an account" {
			t.Errorf("a forged cookie of %d letters leads to %q", len(value), v.title())
		}
	}
	v.plant(c.Name, c.Value)
	v.open("/")
	v.says("the true cookie", 200, "My page")
}

func TestReplayedForm(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	_, teacher := s.teacher(2)
	v := s.signedIn(t, teacher)
	form, one := v.value(oneForm+" [name=form]", "value"), v.value(oneButton, "value")
	v.press(oneButton)
	s.changesNothing(t, func() {
		v.set(oneForm+" [name=form]", form)
		v.set(oneButton, one)
		v.press(oneButton)
	})
	v.says("the form once more", 200, "This was noted before. Nothing was changed.")
	if len(s.noted()) != 1 {
		t.Fatalf("noted were %d decisions, want one", len(s.noted()))
	}
}

// What is written straight into the store, past the site, is judged by the worker all the same.
func TestForgedDecisions(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	course, teacher := s.teacher(2)
	mine, other := s.post(func(c string) bool { return c == course }), s.post(func(c string) bool { return !s.teaches(teacher, c) })
	by := func(address string) decisions.By {
		return decisions.By{ID: s.user(address).ID, Hash: pseudonym.Of(address)}
	}
	review := func(by decisions.By, item string) decisions.Decision {
		subject, _, _ := strings.Cut(item, " ")
		return decisions.Decision{At: s.world.Now(), By: by, Do: decisions.Reviewed, Item: subject, Saw: s.world.Now()}
	}
	forged := map[string]decisions.Decision{
		"by a pupil":                              review(by(s.pupil()), mine),
		"by the teacher of another class":         review(by(teacher), other),
		"with the officer's id, a pupil's hash":   review(decisions.By{ID: by(s.role(policy.RoleOfficer)).ID, Hash: by(s.pupil()).Hash}, mine),
		"with the officer's hash, a pupil's id":   review(decisions.By{ID: by(s.pupil()).ID, Hash: by(s.role(policy.RoleOfficer)).Hash}, mine),
		"by nobody":                               review(decisions.By{}, mine),
		"by a stranger":                           review(decisions.By{Hash: pseudonym.Of("ann@elsewhere.example")}, mine),
		"a pupil who would stand in":              {At: s.world.Now(), By: by(s.role(policy.RoleOfficer)), Do: decisions.Cover, Course: course, Who: by(s.pupil()).ID, From: "2026-09-07", Until: "2026-09-11"},
		"a teacher who names themselves as cover": {At: s.world.Now(), By: by(teacher), Do: decisions.Cover, Course: course, Who: by(teacher).ID, From: "2026-09-07", Until: "2026-09-11"},
	}
	ids := map[string]string{}
	for what, d := range forged {
		made, err := decisions.Make(t.Context(), s.decisions, what, d)
		if err != nil {
			t.Fatal(err)
		}
		ids[what] = made.ID
	}
	raw := &store.Batch{} // whose key the site would never give
	raw.Create(decisions.Decisions, "mine", map[string]string{"do": decisions.Reviewed, "at": store.Time(s.world.Now())}, []byte(`{"id":"mine","do":"reviewed"}`))
	if err := s.decisions.Commit(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	before := s.waiting()
	s.work()
	if diff := cmp.Diff(before, s.waiting()); diff != "" {
		t.Errorf("what waits changed:\n%s", diff)
	}
	for what, id := range ids {
		if j, err := decisions.Judged(t.Context(), s.main, id); err != nil || j == nil || j.Counts || j.Why == "" {
			t.Errorf("%s: judged %+v, %v; want a refusal with its reason", what, j, err)
		}
	}
	if j, err := decisions.Judged(t.Context(), s.main, "mine"); err != nil || j != nil {
		t.Errorf("a document with a key of its own was judged: %+v, %v", j, err)
	}
	if _, err := decisions.Make(t.Context(), s.decisions, "true", review(by(teacher), mine)); err != nil { // and a true one counts
		t.Fatal(err)
	}
	s.work()
	if subject, _, _ := strings.Cut(mine, " "); slices.Contains(s.waiting()[course], subject) {
		t.Error("a decision that was the teacher's to make does not count")
	}
}

// post is what a form would send for a post that waits in a class that fits: its subject and what was seen.
func (s *stage) post(fits func(course string) bool) string {
	s.t.Helper()
	waiting := s.waiting()
	for _, course := range slices.Sorted(maps.Keys(waiting)) {
		if fits(course) {
			return waiting[course][0] + " 2026-09-06T12:00:00Z"
		}
	}
	s.t.Fatal("no post waits in a class that fits")
	return ""
}

// flip changes one letter in the middle.
func flip(s string) string {
	b := []byte(s)
	if b[len(b)/2]++; b[len(b)/2] > 'y' || b[len(b)/2] < 'a' {
		b[len(b)/2] = 'a'
	}
	if string(b) == s {
		b[len(b)/2] = 'b'
	}
	return string(b)
}

// send sends a form from where the browser is. Without fields address is a page of somebody else's, whose form is sent.
func (v *visitor) send(address string, fields map[string]string) {
	v.t.Helper()
	if fields == nil {
		v.open(address)
		v.press("button")
		return
	}
	var b strings.Builder
	for name, value := range fields {
		fmt.Fprintf(&b, `<input type="hidden" name="%s" value="%s">`, name, html.EscapeString(value))
	}
	v.open("/")
	eval[bool](v, "(document.querySelector('main').innerHTML = %s, true)", `<form id="sent" method="post" action="`+address+`">`+b.String()+`<button>Send</button></form>`)
	v.press("#sent button")
}

// elsewhere serves a page with the form that the browser now shows, true token and all, and is its address.
func elsewhere(v *visitor) string {
	v.t.Helper()
	fields := ""
	for _, name := range []string{"form_token", "form"} {
		fields += fmt.Sprintf(`<input type="hidden" name="%s" value="%s">`, name, html.EscapeString(v.value(oneForm+" [name="+name+"]", "value")))
	}
	page := fmt.Sprintf(`<!DOCTYPE html><title>Win a tablet</title><form method="post" action="%s/reviewed">%s<button name="one" value="%s">Click here</button></form>`,
		v.s.site, fields, html.EscapeString(v.value(oneButton, "value")))
	hs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	}))
	v.t.Cleanup(hs.Close)
	return hs.URL
}
