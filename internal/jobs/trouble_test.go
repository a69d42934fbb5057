package jobs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/outbox"
	"esafetybot/internal/reports"
	"esafetybot/internal/runs"
	"esafetybot/internal/seen"
)

// TestTrouble: the administrator hears of a job that fails once it has failed for an hour, at most once a day, and no more when it works again.
func TestTrouble(t *testing.T) {
	c := atTheClock(t, tickPolicy, place(t, "2026-11-18 07:30"), &[]seen.Event{})
	fails := func(job string) bool { return job == SharingJob }
	tell := func() (runs.Troubles, []outbox.Frozen) {
		t.Helper()
		c.do(tellTrouble(t.Context(), c.env, c.box, c.now))
		had, _, err := runs.ReadTroubles(t.Context(), c.main)
		c.do(err)
		var mails []outbox.Frozen
		for e, err := range c.box.All(t.Context(), time.Time{}) {
			c.do(err)
			f, err := c.box.Read(t.Context(), e)
			c.do(err)
			mails = append(mails, f)
		}
		return had, mails
	}
	// rest does what else is due. What is written is not sent: the test reads it.
	rest := func(but ...string) {
		c.done(slices.DeleteFunc(c.due(), func(job string) bool { return job == SendJob || slices.Contains(but, job) }), never)
	}
	c.done([]string{AccountsJob, SharingJob}, fails)
	rest(SharingJob)
	if had, mails := tell(); len(had.List)+len(mails) > 0 {
		t.Errorf("told of a job that failed once: %v, %d mails", had, len(mails))
	}
	for range 30 { // from quarter to quarter of an hour
		c.now = c.now.Add(20 * time.Minute)
		c.done([]string{SharingJob}, fails)
		tell()
	}
	had, mails := tell()
	if len(had.List) != 1 || had.List[0].Job != SharingJob || !had.List[0].Failed || !had.List[0].Since.Equal(place(t, "2026-11-18 07:30")) {
		t.Errorf("what the site shows: %+v", had)
	}
	if len(mails) != 1 {
		t.Fatalf("%d mails on one day, want 1", len(mails))
	}
	if text := string(mails[0].Raw); mails[0].To.Address != "it@school.example" || !strings.Contains(text, "doctor") || !strings.Contains(text, "Wednesday 18 November") {
		t.Errorf("the mail to %s: %s", mails[0].To.Address, text)
	}
	c.now = c.now.Add(24 * time.Hour) // and the next day, on which nobody looked at the accounts either
	c.done([]string{SharingJob}, fails)
	rest(AccountsJob, SharingJob)
	had, mails = tell()
	var late []string
	for _, x := range had.List {
		late = append(late, x.Job)
	}
	slices.Sort(late)
	if len(mails) != 2 || !slices.Equal(late, []string{AccountsJob, SharingJob}) {
		t.Errorf("the next day: %d mails, %v", len(mails), late)
	}
	c.now = c.now.Add(time.Hour)
	c.done([]string{AccountsJob, SharingJob}, never)
	if had, mails = tell(); len(had.List) != 0 || len(mails) != 2 {
		t.Errorf("when it works again: %v, %d mails", had, len(mails))
	}
	if since, err := runs.SilentSince(t.Context(), c.main, c.now.Add(time.Hour)); err != nil || !since.IsZero() {
		t.Errorf("the worker is taken to stand still since %s: %v", since, err)
	}
	if since, err := runs.SilentSince(t.Context(), c.main, c.now.Add(runs.Silent)); err != nil || !since.Equal(c.now) {
		t.Errorf("a worker that stands still since %s does so since %s: %v", c.now, since, err)
	}
}

// Of every job that can fail people are told in words.
func TestTroubleWords(t *testing.T) {
	for _, job := range recorded() {
		if w := (reports.TroubleJob{Job: job}).Words(); strings.Contains(w, "job "+job) {
			t.Errorf("%s: %q", job, w)
		}
	}
}
