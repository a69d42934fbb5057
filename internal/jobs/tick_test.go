package jobs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/examples"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/runs"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// tickPolicy asks for jobs of every sort but reminders, which make it slow to look ahead: the examples have them.
var tickPolicy = strings.Replace(schoolPolicy, "clauses:\n", `mail:
  digest: "15:45"
clauses:
  - {id: A2, says: Pupils have no e-mail., deals_with_it: workspace_admin, met_by: [{check: pupil-email, with: {mode: off}, severity: high, due: 1 working day}]}
  - {id: A3, says: Nothing is public., deals_with_it: workspace_admin, met_by: [{check: sharing, with: {rules: [public]}, severity: high, due: 1 working day}]}
  - {id: A4, says: Concerns are written down., deals_with_it: esafety_officer, met_by: [{record: takedown, severity: high, due: 1 working day}]}
  - {id: A5, says: Accounts are those of the school., deals_with_it: workspace_admin, met_by: [{check: accounts, with: {rules: [dormant], quiet_weeks: 6}, severity: low, due: 20 school days}]}
`, 1)

// quietGoogle has nothing in its logs but what the test puts there.
type quietGoogle struct {
	Google
	events *[]seen.Event
}

func (g quietGoogle) Events(_ context.Context, app, name string, from, to time.Time) iter.Seq2[seen.Event, error] {
	return func(yield func(seen.Event, error) bool) {
		for _, e := range *g.events {
			if app == "admin" && e.Name == name && e.Time.After(from) && !e.Time.After(to) && !yield(e, nil) {
				return
			}
		}
	}
}

// clocked is a worker at a state, whose jobs leave nothing but their records.
type clocked struct {
	t    testing.TB
	env  Env
	main *store.Counter
	site *store.Counter
	box  *outbox.Outbox
	now  time.Time
	n    int
}

func atTheClock(t testing.TB, text string, now time.Time, events *[]seen.Event) *clocked {
	t.Helper()
	c := &clocked{t: t, main: store.Counting(openStore(t)), site: store.Counting(openStore(t)), now: now}
	c.env = Env{
		Store: c.main, Site: c.site, Exclusive: true, Policy: parsed(t, text), Google: quietGoogle{events: events}, Clock: func() time.Time { return c.now }, Log: slog.New(slog.DiscardHandler), Holder: "here", Program: "this",
	}
	var err error
	if c.box, err = outbox.New(c.main, outbox.Options{Location: c.env.Policy.School.Location, From: mail.Address{Address: "it@school.example"}}); err != nil {
		t.Fatal(err)
	}
	m, err := memory.Open(t.Context(), c.main, now, c.main.Commit) // the program has looked once
	if err == nil {
		err = m.Flush(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// done leaves what a run of jobs leaves: each under its lease.
func (c *clocked) done(names []string, failed func(job string) bool) {
	c.t.Helper()
	for _, job := range names {
		switch job {
		case SendJob:
			for e, err := range c.box.Open(c.t.Context()) {
				if err != nil {
					c.t.Fatal(err)
				}
				if !e.NextTry.After(c.now) {
					b := &store.Batch{}
					if err := outbox.StageBlank(b, e); err != nil {
						c.t.Fatal(err)
					}
					c.do(c.main.Commit(c.t.Context(), b))
				}
			}
			continue
		case IncidentsJob:
			_, err := decisions.Take(c.t.Context(), c.site, c.main, c.main.Commit, decisions.Incident, c.env.Clock, func(decisions.Decision, func(*store.Batch) error) (string, error) { return "no", nil })
			c.do(err)
		}
		lease, err := Take(c.t.Context(), c.main, job, c.env.Holder, true, c.env.Clock)
		c.do(err)
		c.n++
		r := newRecord(c.env, job, c.now, lease)
		r.Ended = c.now
		if failed(job) {
			r.Error = "Google did not answer"
		}
		b := &store.Batch{}
		c.do(r.Add(b))
		c.do(lease.Release(c.t.Context(), b))
	}
}

func (c *clocked) do(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// due is what a tick finds without anything written down.
func (c *clocked) due() []string {
	c.t.Helper()
	names, err := Due(c.t.Context(), c.env)
	c.do(err)
	send, err := sendWaits(c.t.Context(), c.env, c.now)
	c.do(err)
	if len(names) > 0 || send {
		names = append(names, SendJob)
	}
	return names
}

func (c *clocked) tick() []string {
	c.t.Helper()
	f, err := Tick(c.t.Context(), c.env)
	c.do(err)
	return f.Names
}

func never(string) bool { return false }

// settled is a worker right after its morning's run.
func settled(t testing.TB, text string) *clocked {
	t.Helper()
	return settledAt(t, text, place(t, "2026-11-18 09:00"))
}

func settledAt(t testing.TB, text string, at time.Time) *clocked {
	t.Helper()
	c := atTheClock(t, text, at, &[]seen.Event{})
	for range 3 {
		c.done(c.tick(), never)
	}
	if left := c.tick(); len(left) > 0 {
		t.Fatalf("after a run is due: %v", left)
	}
	return c
}

// TestIdleTick: a tick at which nothing is due reads two documents at most and writes none, until the hour of the next job.
func TestIdleTick(t *testing.T) {
	for name, text := range map[string]string{"classroom": examples.Classroom, "dojo": examples.Dojo, "other": tickPolicy, "small": schoolPolicy} {
		t.Run(name, func(t *testing.T) {
			c := settled(t, text)
			ticks := 0
			for ; ; c.now = c.now.Add(7 * time.Minute) {
				due := c.due()
				c.main.Reset()
				c.site.Reset()
				if have := c.tick(); !cmp.Equal(due, have) {
					t.Fatalf("%s: %v, want %v", c.now, have, due)
				}
				if len(due) > 0 {
					break
				}
				ticks++
				if r, w := c.main.Reads()+c.site.Reads(), c.main.Writes()+c.site.Writes(); r > 2 || w > 0 {
					t.Errorf("%s: an idle tick reads %d documents and writes %d", c.now, r, w)
				}
			}
			if ticks < 30 {
				t.Errorf("only %d ticks were idle", ticks)
			}
		})
	}
}

// TestNothingIsHidden: whatever changes, what is due is found, although it was written down that nothing is.
func TestNothingIsHidden(t *testing.T) {
	form := func(c *clocked, do string, at time.Time) {
		c.n++
		d := decisions.Decision{At: at, By: decisions.By{ID: "kim", Hash: "h"}, Do: do, Incident: []byte(`{"act":"raise"}`)}
		_, err := decisions.Make(c.t.Context(), c.site, fmt.Sprint("form ", c.n), d)
		c.do(err)
	}
	for name, change := range map[string]func(*clocked){
		"another policy asks for more": func(c *clocked) {
			c.env.Policy = parsed(t, strings.Replace(tickPolicy, "digest: \"15:45\"", "digest: \"09:00\"", 1))
			c.now = c.now.Add(2 * time.Minute)
		},
		"another program": func(c *clocked) { c.env.Program = "that"; c.spoil() },
		"receivers were set up": func(c *clocked) {
			c.env.Channels, c.env.Receivers = struct{ Channels }{}, &Receivers{URL: "https://receiver.school.example/hooks", Keys: []string{hookKey}}
		},
		"the clock is set back":    func(c *clocked) { c.now = c.now.Add(-48 * time.Hour); c.spoil() },
		"the clock is set forward": func(c *clocked) { c.now = c.now.Add(24 * time.Hour) },
		"a form of the incident log": func(c *clocked) {
			form(c, decisions.Incident, c.now)
		},
		"a form whose clock was wrong": func(c *clocked) { form(c, decisions.Incident, c.now.AddDate(-1, 0, 0)) },
		"a run of an older program, which knows of nothing written down, failed": func(c *clocked) {
			c.now = c.now.Add(time.Minute)
			r := &Record{ID: "old", Job: SharingJob, Started: c.now, Ended: c.now, Error: "the state was full"}
			b := &store.Batch{}
			c.do(r.Add(b))
			c.do(c.main.Commit(c.t.Context(), b))
			c.now = c.now.Add(retryAfter)
		},
		"somebody who held a lease was killed, and a letter waits": func(c *clocked) {
			_, err := Take(c.t.Context(), c.main, ReportJob, "there", true, c.env.Clock)
			c.do(err)
			b := &store.Batch{}
			_, err = c.box.Put(c.t.Context(), b, c.now, outbox.Letter{To: mail.Address{Address: "kim@school.example"}, Kind: "entry", Period: "1", Urgent: true, Subject: "x", Text: "x", HTML: "x"})
			c.do(err)
			c.do(c.main.Commit(c.t.Context(), b))
		},
		"the admin log": func(c *clocked) {
			at := c.now.Add(time.Minute)
			c.now = c.now.Add(2 * time.Minute)
			g := c.env.Google.(quietGoogle)
			*g.events = append(*g.events, seen.Event{Name: "ADD_GROUP_MEMBER", Time: at})
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := settled(t, tickPolicy)
			c.t = t
			change(c)
			want := c.due()
			if len(want) == 0 {
				t.Fatal("nothing is due, so that nothing can be hidden")
			}
			if have := c.tick(); !cmp.Equal(want, have) {
				t.Errorf("found %v, want %v", have, want)
			}
		})
	}
}

// spoil takes out the newest run of a job behind everybody's back, so that it is due, and what is written down would hide it.
func (c *clocked) spoil() {
	c.t.Helper()
	for d, err := range c.main.Find(c.t.Context(), Records, store.Ask{Query: "job", Equal: map[string]string{"job": SharingJob}}) {
		c.do(err)
		b := &store.Batch{}
		b.Delete(Records, d.Key, d.Version)
		c.do(c.main.Commit(c.t.Context(), b))
	}
}

// TestWorkOutWaits: nothing is written down while anybody is at work, nor when somebody began meanwhile.
func TestWorkOutWaits(t *testing.T) {
	c := settled(t, tickPolicy)
	c.env.Exclusive = false
	lease, err := Take(t.Context(), c.main, SharingJob, "there", false, c.env.Clock)
	c.do(err)
	up := func() bool {
		next, err := runs.NewestNext(t.Context(), c.main)
		c.do(err)
		return next != nil
	}
	c.tick()
	if up() {
		t.Error("it is written down that nothing is due, while a job runs")
	}
	c.do(lease.Release(t.Context(), &store.Batch{}))
	if c.tick(); !up() {
		t.Error("nothing is written down after the job")
	}
	standing, err := runs.ReadNext(t.Context(), c.main)
	c.do(err)
	if _, err = Take(t.Context(), c.main, SharingJob, "there", false, c.env.Clock); err != nil || up() {
		t.Error("a lease was taken, and what was written down stands", err)
	}
	b := &store.Batch{}
	c.do(standing.Up(b, runs.Next{}))
	if err := c.main.Commit(t.Context(), b); !errors.Is(err, store.ErrConflict) {
		t.Errorf("what was worked out before the lease was taken is written down: %v", err)
	}
}

// TestTickIsDue: over random days, with what is written down and without, the same jobs are due at the same ticks.
func TestTickIsDue(t *testing.T) {
	london := parsed(t, schoolPolicy).School.Location
	starts := []time.Time{
		time.Date(2026, 10, 23, 6, 0, 0, 0, london), time.Date(2027, 3, 26, 6, 0, 0, 0, london), time.Date(2026, 12, 16, 6, 0, 0, 0, london), time.Date(2026, 10, 30, 23, 0, 0, 0, london),
	}
	texts := []string{tickPolicy}
	if os.Getenv("ESAFETYBOT_CAMPAIGN") == "1" {
		texts = append(texts, examples.Classroom, examples.Dojo)
	}
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SampledFrom(texts).Draw(rt, "policy")
		report := rapid.SampledFrom([]string{"01:30", "07:30", "00:00", "23:59"}).Draw(rt, "report")
		text = strings.Replace(text, "mail:\n", "mail:\n  report: \""+report+"\"\n", 1)
		events := &[]seen.Event{}
		c := atTheClock(t, text, rapid.SampledFrom(starts).Draw(rt, "start"), events)
		other := c.env.Policy
		end := c.now.AddDate(0, 0, rapid.IntRange(1, 3).Draw(rt, "days"))
		for c.now.Before(end) {
			want := c.due()
			have := c.tick()
			if !cmp.Equal(want, have) {
				rt.Fatalf("%s: with what was written down %v, without %v", c.now, have, want)
			}
			if len(have) > 0 && rapid.IntRange(0, 4).Draw(rt, "killed") > 0 {
				bad := rapid.SampledFrom([]string{"", "", "", SharingJob, ReportJob, RetentionJob, IncidentsJob}).Draw(rt, "fails")
				c.done(have, func(job string) bool { return job == bad })
			}
			c.now = c.now.Add(time.Duration(rapid.SampledFrom([]int{1, 59, 60, 61, 15 * 60, 3600, 5 * 3600, 11 * 3600}).Draw(rt, "step")) * time.Second)
			switch rapid.IntRange(0, 30).Draw(rt, "what happens") {
			case 0:
				_, err := decisions.Make(t.Context(), c.site, fmt.Sprint(c.now), decisions.Decision{At: c.now, By: decisions.By{ID: "kim", Hash: "h"}, Do: decisions.Incident, Incident: []byte(`{}`)})
				c.do(err)
			case 1:
				*events = append(*events, seen.Event{Name: "ADD_GROUP_MEMBER", Time: c.now.Add(-time.Second)})
			case 2:
				changed := *other
				changed.Version, changed.Mail.Report = fmt.Sprint(c.now.Unix()), policy.Clock{Hour: rapid.IntRange(0, 23).Draw(rt, "hour")}
				c.env.Policy = &changed
			case 3:
				c.now = c.now.Add(-time.Duration(rapid.IntRange(1, 30).Draw(rt, "back")) * time.Hour)
			case 4:
				c.env.Program += "'"
			case 5:
				lease, err := Take(t.Context(), c.main, ReportJob, c.env.Holder, true, c.env.Clock)
				c.do(err)
				b := &store.Batch{}
				_, err = c.box.Put(t.Context(), b, c.now, outbox.Letter{To: mail.Address{Address: "kim@school.example"}, Kind: "entry", Period: fmt.Sprint(c.now.UnixNano()), Urgent: true, Subject: "x", Text: "x", HTML: "x"})
				if err == nil {
					c.do(c.main.Commit(t.Context(), b))
				}
				c.do(lease.Release(t.Context(), &store.Batch{}))
			}
		}
	})
}

// TestClockChange: a job of 01:30 runs once on the days on which the clocks change, whoever looks at the clock and how often.
func TestClockChange(t *testing.T) {
	for _, day := range []string{"2026-10-25", "2027-03-28"} {
		c := settledAt(t, strings.Replace(tickPolicy, "mail:\n", "mail:\n  report: \"01:30\"\n", 1), place(t, day+" 00:00").Add(-12*time.Hour))
		ran := map[string]int{}
		for end := place(t, day+" 00:00").Add(26 * time.Hour); c.now.Before(end); c.now = c.now.Add(10 * time.Minute) {
			for _, worker := range []string{"one", "two"} {
				c.env.Holder = worker
				names := c.tick()
				for _, job := range names {
					if c.now.In(c.env.Policy.School.Location).Format(time.DateOnly) == day {
						ran[job]++
					}
				}
				c.done(names, never)
			}
		}
		for _, job := range []string{SharingJob, AccountsJob, RetentionJob} {
			if ran[job] != 1 {
				t.Errorf("%s: %s ran %d times", day, job, ran[job])
			}
		}
	}
}

// TestCatchUp: after two weeks in which nothing ran each job runs once.
func TestCatchUp(t *testing.T) {
	c := settled(t, tickPolicy)
	c.now = c.now.AddDate(0, 0, 14)
	ran := map[string]int{}
	for range 20 {
		names := c.tick()
		for _, job := range names {
			ran[job]++
		}
		c.done(names, never)
		c.now = c.now.Add(time.Minute)
	}
	for job, n := range ran {
		if n != 1 && job != SendJob {
			t.Errorf("%s ran %d times", job, n)
		}
	}
	if ran[SharingJob] == 0 {
		t.Error("nothing ran")
	}
}

// TestFailedRests: a job that failed is tried again after a while, not at every tick.
func TestFailedRests(t *testing.T) {
	c := atTheClock(t, tickPolicy, place(t, "2026-11-18 09:00"), &[]seen.Event{})
	tries := 0
	for end := c.now.Add(2 * time.Hour); c.now.Before(end); c.now = c.now.Add(time.Minute) {
		names := c.tick()
		if slices.Contains(names, SharingJob) {
			tries++
		}
		c.done(names, func(job string) bool { return job == SharingJob })
	}
	if tries < 7 || tries > 9 {
		t.Errorf("a job that fails was tried %d times in two hours", tries)
	}
}

// TestLeftToOthers: a job that somebody else did since it was found to be due is not done again, and the rest is theirs too.
func TestLeftToOthers(t *testing.T) {
	c := atTheClock(t, tickPolicy, place(t, "2026-11-18 09:00"), &[]seen.Event{})
	c.env.Exclusive = false
	f, err := Tick(t.Context(), c.env)
	c.do(err)
	env := c.env
	env.Since = f.Since
	c.done([]string{AccountsJob}, never) // the other one was quicker
	for _, x := range []struct {
		holder string
		want   error
	}{{"here", ErrDone}, {"there", ErrDone}} {
		env.Holder = x.holder
		if _, err := begin(t.Context(), env, AccountsJob); !errors.Is(err, x.want) {
			t.Errorf("%s begins with %v, want %v", x.holder, err, x.want)
		}
	}
	held, err := Take(t.Context(), c.main, DevicesJob, "there", false, c.env.Clock)
	c.do(err)
	env.Holder = "here"
	if _, err := begin(t.Context(), env, DevicesJob); !errors.Is(err, ErrBusy) || !elsewhere(env, err) {
		t.Errorf("a job that is held begins with %v", err)
	}
	c.do(held.Release(t.Context(), &store.Batch{}))
	if l, err := begin(t.Context(), env, DevicesJob); err != nil {
		t.Errorf("a job that was held and not done cannot begin: %v", err)
	} else {
		c.do(l.Release(t.Context(), &store.Batch{}))
	}
	env.Since = nil // somebody asks for it by name
	if _, err := begin(t.Context(), env, AccountsJob); err != nil {
		t.Errorf("a job that is asked for by name cannot begin: %v", err)
	}
}
