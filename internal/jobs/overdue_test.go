package jobs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/runs"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// lives has a worker run from a time on, three times a day: what is due is done, but for what the test leaves out. It returns the jobs that are told not to be done, with the hours from the start after which they first
// were, and the letters that were written.
func (c *clocked) lives(days int, but func(job string) bool) (told map[string]int, letters int) {
	c.t.Helper()
	began := c.now
	c.env.Since = map[string]string{} // the clock calls
	told = map[string]int{}
	for range 3 * days {
		c.done(slices.DeleteFunc(c.due(), func(job string) bool { return job == SendJob || but(job) }), never)
		c.do(tellTrouble(c.t.Context(), c.env, c.box, c.now))
		had, _, err := runs.ReadTroubles(c.t.Context(), c.main)
		c.do(err)
		for _, x := range had.List {
			if _, before := told[x.Job]; !before {
				told[x.Job] = int(c.now.Sub(began).Hours())
			}
		}
		c.now = c.now.Add(8 * time.Hour)
	}
	for e, err := range c.box.All(c.t.Context(), time.Time{}) {
		c.do(err)
		if e.Kind == troubleKind {
			letters++
		}
	}
	return told, letters
}

// TestOverdue: each job that has a time of its own is told if it is not done in it, from a day after on and once a day; one that rests, or that nobody asked for yet, is not.
func TestOverdue(t *testing.T) {
	is := func(names ...string) func(string) bool {
		return func(job string) bool { return slices.Contains(names, job) }
	}
	for name, c := range map[string]struct {
		from    string
		days    int
		but     func(string) bool
		want    map[string]int
		letters int
	}{
		"all is done":                         {"2026-11-16 08:00", 5, never, map[string]int{}, 0},
		"all is done, over Christmas":         {"2026-12-16 08:00", 25, never, map[string]int{}, 0},
		"the weekly e-mail is not, of Monday": {"2026-11-16 08:00", 3, is(WeeklyJob), map[string]int{WeeklyJob: 24}, 3},
		"it is not, of a week of holidays":    {"2026-12-28 08:00", 3, is(WeeklyJob), map[string]int{WeeklyJob: 48}, 2},
		"the digest never":                    {"2026-11-16 08:00", 3, is(DigestJob), map[string]int{DigestJob: 32}, 3},
		"a job that looks never does":         {"2026-11-16 08:00", 3, is(AccountsJob), map[string]int{AccountsJob: 24}, 3},
		"changes are never made":              {"2026-11-16 08:00", 3, is(ApplyJob), map[string]int{ApplyJob: 24}, 3},
		"nobody is told anything, never":      {"2026-11-16 08:00", 3, is(ReportJob), map[string]int{ReportJob: 24}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			x := atTheClock(t, tickPolicy, place(t, c.from), &[]seen.Event{})
			told, letters := x.lives(c.days, c.but)
			if d := cmp.Diff(c.want, told); d != "" || letters != c.letters {
				t.Errorf("%d letters, want %d; told after hours (- want, + have):\n%s", letters, c.letters, d)
			}
		})
	}
}

// TestOverdueAnew: a policy that asks for more, and weeks without the worker, are no job that was left out.
func TestOverdueAnew(t *testing.T) {
	for name, happens := range map[string]func(*clocked){
		"the policy asks for more": func(c *clocked) { c.env.Policy = parsed(c.t, tickPolicy) },
		"nothing ran for weeks":    func(c *clocked) { c.now = c.now.AddDate(0, 0, 20) },
		"in the summer too":        func(c *clocked) { c.now = place(c.t, "2027-09-06 07:00") },
	} {
		t.Run(name, func(t *testing.T) {
			c := settled(t, schoolPolicy)
			if told, _ := c.lives(2, never); len(told) > 0 {
				t.Fatalf("before: %v", told)
			}
			happens(c)
			if told, letters := c.lives(3, never); len(told)+letters > 0 {
				t.Errorf("told: %v, %d letters", told, letters)
			}
		})
	}
}

// TestNamedJobs: who names the jobs that are to run is not told of others, which nobody called.
func TestNamedJobs(t *testing.T) {
	c := atTheClock(t, tickPolicy, place(t, "2026-11-16 08:00"), &[]seen.Event{})
	for range 4 {
		c.done([]string{SharingJob, ReportJob}, never)
		c.do(tellTrouble(t.Context(), c.env, c.box, c.now))
		if had, _, err := runs.ReadTroubles(t.Context(), c.main); err != nil || len(had.List)+len(had.Due) > 0 {
			t.Errorf("%s: %+v, %v", c.now, had, err)
		}
		c.now = c.now.Add(24 * time.Hour)
	}
}

// TestKilledEachTime: a worker that is killed in its first job each time is told from a day after its first try on, by the site and by a letter; what follows from it is not told besides.
func TestKilledEachTime(t *testing.T) {
	for name, ran := range map[string]bool{"it never came to an end": false, "it did before": true} {
		t.Run(name, func(t *testing.T) {
			c := atTheClock(t, tickPolicy, place(t, "2026-11-16 08:00"), &[]seen.Event{})
			if ran {
				c.done(c.due(), never)
				c.now = c.now.AddDate(0, 0, 1)
			}
			began, day := c.now, []string{AccountsJob, SharingJob, ReportJob, RetentionJob}
			state := func() (runs.Troubles, int) {
				t.Helper()
				had, _, err := runs.ReadTroubles(t.Context(), c.main)
				c.do(err)
				letters := 0
				for e, err := range c.box.All(t.Context(), time.Time{}) {
					c.do(err)
					f, err := c.box.Read(t.Context(), e)
					c.do(err)
					if letters++; !strings.Contains(string(f.Raw), "Looking at the accounts was begun again and again") {
						t.Errorf("it does not say so: %s", f.Raw)
					}
				}
				return had, letters
			}
			first := time.Duration(0)
			for range 6 * 50 { // every ten minutes, for two days and some hours
				c.do(begins(t.Context(), c.env, c.box, day))
				if had, _ := state(); len(had.List) > 0 && first == 0 {
					first = c.now.Sub(began)
				}
				c.now = c.now.Add(10 * time.Minute)
			}
			had, letters := state()
			if want := []runs.Trouble{{Job: AccountsJob, Since: began.UTC(), Stopped: true}}; !cmp.Equal(want, had.List) || letters != 2 || first < runs.Overdue || first > 24*time.Hour {
				t.Errorf("%d letters, first after %s: %+v", letters, first, had.List)
			}
			if since, err := runs.SilentSince(t.Context(), c.main, c.now); err != nil || !since.IsZero() {
				t.Errorf("a worker that begins is silent since %s: %v", since, err)
			}
			if since, err := runs.SilentSince(t.Context(), c.main, c.now.Add(runs.Silent)); err != nil || since.IsZero() {
				t.Errorf("a worker that stopped beginning is not silent: %v", err)
			}
			c.done(slices.DeleteFunc(c.due(), func(job string) bool { return job == SendJob }), never)
			c.do(ends(t.Context(), c.env, day))
			c.do(tellTrouble(t.Context(), c.env, c.box, c.now))
			if had, _ := state(); len(had.List) > 0 {
				t.Errorf("after a run came to its end: %+v", had.List)
			}
			if _, err := c.main.Get(t.Context(), Records, "begun"); err == nil {
				t.Error("it stands that a run has begun")
			}
		})
	}
}

// TestBegunIsNotKilled: a run that takes long, while others look at the clock, is not one that was killed; nor is one that ended and was followed by another.
func TestBegunIsNotKilled(t *testing.T) {
	c := atTheClock(t, tickPolicy, place(t, "2026-11-16 08:00"), &[]seen.Event{})
	c.env.Exclusive = false
	day := []string{RetentionJob}
	c.do(begins(t.Context(), c.env, c.box, day))
	long, err := Take(t.Context(), c.main, SharingJob, c.env.Holder, false, c.env.Clock)
	c.do(err)
	other := c.env
	other.Holder = "there"
	for range 6 * 30 {
		c.now = c.now.Add(10 * time.Minute)
		c.do(long.Commit(t.Context(), &store.Batch{}))
		c.do(begins(t.Context(), other, c.box, day))
	}
	if b, _, err := runs.ReadBegun(t.Context(), c.main); err != nil || b.Tries != 1 {
		t.Errorf("%+v, %v", b, err)
	}
	c.do(long.Release(t.Context(), &store.Batch{}))
	c.do(ends(t.Context(), c.env, day))
	for range 5 {
		c.now = c.now.Add(24 * time.Hour)
		c.do(begins(t.Context(), c.env, c.box, day))
		c.do(ends(t.Context(), c.env, day))
	}
	c.do(begins(t.Context(), c.env, c.box, []string{SettingsJob, ReportJob})) // not a day's run
	if _, version, err := runs.ReadBegun(t.Context(), c.main); err != nil || version != 0 {
		t.Errorf("it stands that a run has begun: %v", err)
	}
	for e, err := range c.box.All(t.Context(), time.Time{}) {
		c.do(err)
		t.Errorf("a letter was written: %s", e.Key)
	}
}
