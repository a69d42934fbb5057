package jobs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/hooks"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// watchedPolicy asks for something of each log.
const watchedPolicy = `
  - id: S
    says: What is shared is known.
    deals_with_it: workspace_admin
    met_by: [{check: sharing, with: {rules: [public-link, open-group]}, severity: high}]
  - id: W
    says: Sign-ins are watched.
    deals_with_it: workspace_admin
    met_by: [{check: accounts, with: {rules: [suspicious-login, outside-forwarding]}, severity: high}]
`

// fewClauses ask for something of the accounts, besides what the tests' own policy asks for: few channels of both APIs.
const fewClauses = `
  - id: R
    says: Administrators are known.
    deals_with_it: workspace_admin
    met_by: [{check: accounts, with: {rules: [admin-role]}, severity: high}]
`

var (
	hookKey  = strings.Repeat("k", hooks.MinKey)
	otherKey = strings.Repeat("o", hooks.MinKey)
)

// A pushing Google keeps channels by Google's rules, and stops the run at one of its requests.
type pushing struct {
	t        *testing.T
	now      func() time.Time
	channels map[string]*pushedTo
	grants   time.Duration    // the longest life of a channel
	refuse   map[string]error // by application
	requests int
	kill     int // at which request; 0 never
	after    bool
}

type pushedTo struct {
	seen.Watch
	expires time.Time
	stopped bool
}

// killed is what a run ends with that is killed.
type killed struct{}

var errTaken, errWrong, errRefusal, errDown = errors.New("that id is taken"), errors.New("no such event"), errors.New("the scope is missing"), errors.New("Google has a fault")

// at counts a request, and kills the run before or after it is done.
func (p *pushing) at(do func()) {
	p.requests++
	if p.requests == p.kill && !p.after {
		panic(killed{})
	}
	do()
	if p.requests == p.kill {
		panic(killed{})
	}
}

func (p *pushing) Watch(_ context.Context, w seen.Watch) (resource string, until time.Time, err error) {
	p.at(func() {
		if err = p.refuse[w.Application]; err != nil {
			return
		}
		if p.channels[w.ID] != nil {
			err = errTaken
			return
		}
		got, e := hooks.Open([]string{hookKey, otherKey}, w.ID, w.Token, p.now())
		if e != nil || got.School != "school.example" || got.Application != w.Application || got.Event != w.Event || got.Expires.Before(p.now().Add(w.Lasts).Add(-time.Second)) {
			p.t.Errorf("the token of %s/%s says %+v (%v)", w.Application, w.Event, got, e)
		}
		until, resource = p.now().Add(min(w.Lasts, p.grants)), "r/"+w.Application+"/"+w.Event
		p.channels[w.ID] = &pushedTo{Watch: w, expires: until}
	})
	return resource, until, err
}

func (p *pushing) StopWatch(_ context.Context, application, id, resource string) error {
	p.at(func() {
		c := p.channels[id]
		if c == nil || resource != "r/"+application+"/"+c.Event || c.Application != application {
			p.t.Errorf("a channel is closed that is not there: %s of %s", id, resource)
			return
		}
		c.stopped = true
	})
	return nil
}

func (p *pushing) AlreadyOpen(err error) bool { return errors.Is(err, errTaken) }
func (p *pushing) Invalid(err error) bool     { return errors.Is(err, errWrong) }
func (p *pushing) Reason(err error) seen.Reason {
	if errors.Is(err, errRefusal) {
		return seen.Refused
	}
	return seen.Failed
}

// open counts the channels that are open now to an address, by what they tell of.
func (p *pushing) open(address string) map[string]int {
	out := map[string]int{}
	for _, c := range p.channels {
		if !c.stopped && c.expires.After(p.now()) && c.Address == address {
			out[c.Application+"/"+c.Event]++
		}
	}
	return out
}

// silentGoogle has nothing to tell.
type silentGoogle struct{ Google }

func (silentGoogle) Calls() map[string]int { return nil }
func (silentGoogle) Events(context.Context, string, string, time.Time, time.Time) iter.Seq2[seen.Event, error] {
	return func(func(seen.Event, error) bool) {}
}

const hookAddress = "https://receiver.school.example/hooks/google"

// A listening school has receivers, and a clock that the test moves.
type listening struct {
	t      *testing.T
	at     time.Time
	google *pushing
	env    Env
}

// listeningSchool has a policy with more clauses than the tests' own.
func listeningSchool(t *testing.T, clauses string) *listening {
	t.Helper()
	l := &listening{t: t, at: place(t, "2026-11-18 12:00")}
	clock := func() time.Time { return l.at }
	l.google = &pushing{t: t, now: clock, channels: map[string]*pushedTo{}, grants: 48 * time.Hour, refuse: map[string]error{}}
	l.env = Env{Store: openStore(t), Policy: parsed(t, schoolPolicy+clauses), Google: silentGoogle{}, Clock: clock, Holder: "test", Exclusive: true, Log: slog.New(slog.DiscardHandler),
		Channels: l.google, Receivers: &Receivers{URL: "https://receiver.school.example/hooks/", Keys: []string{hookKey}}}
	return l
}

func (l *listening) run() *Record {
	l.t.Helper()
	r, err := Hooks(l.t.Context(), l.env, l.at)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

func (l *listening) due() bool {
	l.t.Helper()
	due, err := hooksDue(l.t.Context(), l.env)
	if err != nil {
		l.t.Fatal(err)
	}
	return due
}

// each is one open channel for all that is wanted.
func (l *listening) each() map[string]int {
	out := map[string]int{}
	for _, w := range wantedChannels(l.env) {
		out[w.application+"/"+w.event] = 1
	}
	return out
}

func (l *listening) same(what string, want, have any) {
	l.t.Helper()
	if d := cmp.Diff(want, have); d != "" {
		l.t.Errorf("%s (-want +have):\n%s", what, d)
	}
}

// A channel is wanted for each event name that a job of the policy reads, and for no other.
func TestWantedChannels(t *testing.T) {
	wants := func(clauses string) map[string]int {
		out := map[string]int{}
		for _, w := range wantedChannels(Env{Policy: parsed(t, schoolPolicy[:strings.Index(schoolPolicy, "clauses:")]+"clauses:"+clauses+"\n"), Receivers: &Receivers{}}) {
			out[w.application]++
		}
		return out
	}
	const head = "\n  - id: X\n    says: It is so.\n    deals_with_it: workspace_admin\n    met_by: "
	for _, c := range []struct {
		clause string
		want   map[string]int
	}{
		{"[{check: sharing, with: {rules: [public-link]}, severity: high}]", map[string]int{"drive": 15, "admin": 1}},
		{"[{check: devices, with: {rules: [unencrypted]}, severity: high}]", map[string]int{}},
		{"[{check: accounts, with: {rules: [suspicious-login]}, severity: high}]", map[string]int{"users": 5, "login": 7, "admin": 1}},
		{"[{check: accounts, with: {rules: [admin-role]}, severity: high}]", map[string]int{"users": 5}},
		{"[{check: accounts, with: {rules: [outsider-in-class]}, severity: high}]", map[string]int{"users": 5, "classroom": 4}},
		{"[{check: comments, with: {rules: [unreviewed]}, severity: medium}]", map[string]int{"classroom": 6}},
		{"[{check: comments, with: {rules: [unreviewed], places: [documents]}, severity: medium}]", map[string]int{"classroom": 9, "drive": 9}},
	} {
		if d := cmp.Diff(c.want, wants(head+c.clause)); d != "" {
			t.Errorf("%s (-want +have):\n%s", c.clause, d)
		}
	}
	if have := wantedChannels(Env{Policy: parsed(t, schoolPolicy+watchedPolicy)}); have != nil {
		t.Errorf("without receivers %d channels are wanted", len(have))
	}
}

// Channels are opened once, left alone while they live, replaced before they end, and closed then: at any time somebody listens.
func TestChannelsAreRenewed(t *testing.T) {
	l := listeningSchool(t, watchedPolicy)
	l.same("due at first", true, l.due())
	r := l.run()
	n := len(l.each())
	l.same("channels", l.each(), l.google.open(hookAddress))
	l.same("the record", []int{n, n, 0, n}, []int{r.Channels.Open, r.Channels.Opened, r.Channels.Closed, l.google.requests})
	runs := 0
	for end := l.at.Add(48 * time.Hour); l.at.Before(end); l.at = l.at.Add(5 * time.Minute) {
		before := l.google.requests
		if l.due() {
			l.run()
			runs++
		}
		if before == l.google.requests && l.due() {
			t.Fatalf("at %s something is due, and nothing was asked", l.at)
		}
		l.same("somebody listens at "+l.at.String(), l.each(), l.google.open(hookAddress))
		if t.Failed() {
			return
		}
	}
	// Every four and a half hours those on logs, after a day and a half, at the same time, those on accounts; each opens one and closes one.
	if want := 2 * (10*(n-5) + 5); runs != 10 || l.google.requests-n != want {
		t.Errorf("%d runs with %d requests in two days, want 10 with %d", runs, l.google.requests-n, want)
	}
	if l.run(); l.google.requests-n != 2*(10*(n-5)+5) {
		t.Error("a run that has nothing to do asks Google something")
	}
}

// What Google grants counts.
func TestChannelsThatAreShort(t *testing.T) {
	l := listeningSchool(t, watchedPolicy)
	l.google.grants = 2 * time.Hour
	l.run()
	l.at = l.at.Add(89 * time.Minute)
	l.same("due before the last quarter", false, l.due())
	l.at = l.at.Add(time.Minute)
	l.same("due in it", true, l.due())
	l.at = l.at.Add(31 * time.Minute)
	l.run()
	l.same("after they have ended", l.each(), l.google.open(hookAddress))
}

// Whatever changes, only what is wanted stays open.
func TestChannelsThatAreNotWanted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*listening)
		left   int  // channels to the old address
		stays  bool // none was closed
	}{
		"the policy asks for less": {func(l *listening) { l.env.Policy = parsed(l.t, schoolPolicy) }, 6, false},
		"the receivers moved": {func(l *listening) {
			l.env.Receivers = &Receivers{URL: "https://new.school.example/hooks", Keys: []string{hookKey}}
		}, 0, false},
		"the key is gone": {func(l *listening) { l.env.Receivers = &Receivers{URL: l.env.Receivers.URL, Keys: []string{otherKey}} }, -1, false},
		"another key signs now": {func(l *listening) {
			l.env.Receivers = &Receivers{URL: l.env.Receivers.URL, Keys: []string{otherKey, hookKey}}
		}, -1, true},
		"there are no receivers": {func(l *listening) { l.env.Receivers = nil }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := listeningSchool(t, watchedPolicy)
			l.run()
			if c.left < 0 {
				c.left = len(l.each())
			}
			l.at = l.at.Add(time.Hour)
			c.change(l)
			l.same("due", !c.stays, l.due())
			r := l.run()
			l.same("left", c.left, len(l.google.open(hookAddress)))
			if want := slices.Max(append(slices.Collect(maps.Values(l.google.open(hookAddress))), 1)); want != 1 {
				t.Errorf("%d channels of the same", want)
			}
			if (r.Channels.Closed == 0) != c.stays {
				t.Errorf("%d were closed", r.Channels.Closed)
			}
			if l.env.Receivers != nil {
				l.same("open now", l.each(), l.google.open(l.env.Receivers.googleAddress()))
			}
			l.same("due again", false, l.due())
		})
	}
}

// Without receivers nothing is done, and nothing is said.
func TestNoReceivers(t *testing.T) {
	l := listeningSchool(t, watchedPolicy)
	l.env.Receivers = nil
	if r := l.run(); r != nil || l.due() || l.google.requests > 0 {
		t.Errorf("have %+v, and %d requests", r, l.google.requests)
	}
}

// What Google refuses stands in the record, fails no run, keeps nothing else from being opened, and is asked for again after an hour.
func TestChannelsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		application string
		err         error
		asked, left int // requests in the first run; channels that are not open after it
	}{
		"the scope of the logs":     {"drive", errRefusal, -1, -1},
		"the scope of the accounts": {"users", errRefusal, -1, 5},
		"a fault":                   {"users", errDown, -1, 5},
		"event names":               {"login", errWrong, 0, 8},
	} {
		t.Run(name, func(t *testing.T) {
			l := listeningSchool(t, watchedPolicy)
			l.google.refuse[c.application] = c.err
			n := len(l.each())
			if c.left < 0 { // the logs are asked for in order, and what follows one that is refused is not
				c.left = 0
				for _, w := range wantedChannels(l.env) {
					if w.application != seen.UsersLog && w.application >= c.application {
						c.left++
					}
				}
			}
			r := l.run()
			if !r.OK(nil) || r.Error != "" || len(r.Gaps) > 0 {
				t.Errorf("the run failed: %+v", r)
			}
			if len(r.Channels.Trouble) == 0 || r.Channels.Trouble[0].Reason != l.google.Reason(c.err) || !strings.HasPrefix(string(r.Channels.Trouble[0].Scope), "channel/"+c.application+"/") {
				t.Errorf("have %+v", r.Channels.Trouble)
			}
			l.same("open", n-c.left, len(l.google.open(hookAddress)))
			if c.asked < 0 && l.google.requests != n-c.left+1 {
				t.Errorf("%d requests, with %d channels opened: it is asked once", l.google.requests, n-c.left)
			}
			l.same("due at once", false, l.due())
			l.at = l.at.Add(time.Hour)
			l.same("due in an hour", true, l.due())
			delete(l.google.refuse, c.application)
			l.run()
			l.same("when it is permitted", l.each(), l.google.open(hookAddress))
		})
	}
}

// A crashing store kills the run before or after one of its batches.
type crashing struct {
	store.Store
	n, kill int
	after   bool
}

func (c *crashing) Commit(ctx context.Context, b *store.Batch) error {
	c.n++
	if c.n == c.kill && !c.after {
		panic(killed{})
	}
	err := c.Store.Commit(ctx, b)
	if c.n == c.kill {
		panic(killed{})
	}
	return err
}

// A run that is killed at any request, or at any batch, leaves at most channels that end by themselves, and the next run brings everything in order.
func TestHooksKilled(t *testing.T) {
	renewal := 5 * time.Hour // those on logs are then to be replaced
	points := func() (requests, batches int) {
		l := listeningSchool(t, fewClauses)
		c := &crashing{Store: l.env.Store}
		l.env.Store = c
		l.run()
		l.at = l.at.Add(renewal)
		l.run()
		return l.google.requests, c.n
	}
	requests, batches := points()
	try := func(name string, arm func(*listening, *crashing)) {
		l := listeningSchool(t, fewClauses)
		s := &crashing{Store: l.env.Store}
		l.env.Store = s
		arm(l, s)
		dead := false
		step := func() {
			defer func() {
				if r := recover(); r != nil {
					if _, ok := r.(killed); !ok {
						panic(r)
					}
					dead = true
				}
			}()
			l.run()
		}
		for range 2 {
			step()
			if dead { // at once again, as whatever runs it does
				dead = false
				if step(); dead {
					t.Fatalf("%s: killed twice", name)
				}
			}
			open := l.google.open(hookAddress)
			for w := range l.each() {
				// One that was opened for nobody, or whose closing nobody could ask for, ends by itself.
				if open[w] < 1 || open[w] > 2 {
					t.Errorf("%s: %d channels of %s", name, open[w], w)
				}
			}
			l.at = l.at.Add(renewal)
		}
		l.at = l.at.Add(2*time.Hour - renewal) // what was left over has ended
		for w, n := range l.google.open(hookAddress) {
			if n != 1 {
				t.Errorf("%s: later there are still %d channels of %s", name, n, w)
			}
		}
		book, err := loadChannels(t.Context(), l.env.Store)
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		for _, c := range book.List {
			if c.Open && c.Expires.After(l.at) {
				known++
			}
		}
		if known != len(l.each()) || l.due() {
			t.Errorf("%s: %d channels are known, and something is due: %v", name, known, l.due())
		}
	}
	for _, after := range []bool{false, true} {
		for n := 1; n <= requests; n++ {
			try(fmt.Sprintf("request %d, done %v", n, after), func(l *listening, _ *crashing) { l.google.kill, l.google.after = n, after })
		}
		for n := 1; n <= batches; n++ {
			try(fmt.Sprintf("batch %d, done %v", n, after), func(_ *listening, s *crashing) { s.kill, s.after = n, after })
		}
	}
}
