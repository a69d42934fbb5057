package jobs

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/needed"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/store"
)

func (d *desk) outbox() *outbox.Outbox {
	d.t.Helper()
	box, err := outbox.New(d.env.Store, outbox.Options{Location: d.env.Policy.School.Location, From: netmail.Address{Address: "safety@school.example"}})
	if err != nil {
		d.t.Fatal(err)
	}
	return box
}

// letters lists the mails that were made, by kind and period.
func (d *desk) letters() (days []string) {
	d.t.Helper()
	for e, err := range d.outbox().All(d.t.Context(), time.Time{}) {
		if err != nil {
			d.t.Fatal(err)
		}
		days = append(days, e.Kind+" "+e.Period)
	}
	slices.Sort(days)
	return days
}

// They are told once, on a day on which they are in, and reminded once; when the time is over they hear no more of it, and whoever deals with it does.
func TestNeededMail(t *testing.T) {
	for name, run := range map[string]func(d *desk) error{
		"with the teachers' mail": func(d *desk) error {
			_, err := Digest(d.t.Context(), d.env, d.outbox(), d.seen)
			return err
		},
		"where there is none": func(d *desk) error {
			_, err := Report(d.t.Context(), d.env, d.outbox(), d.seen)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.env.BaseURL = "https://review.school.example"
			if name == "where there is none" {
				d.env.Policy = parsed(t, strings.Replace(schoolPolicy, "      - {check: comments, with: {rules: [unreviewed, no-host, private-by-other-adult]}, severity: medium, due: 2 school days}\n", "", 1))
				d.now("2026-11-18 12:00")
			}
			id := d.shared("file/a", "medium", "lou", "lou") // in on Mondays and Tuesdays
			if j := d.sends(askingFor(t, ours("it"), id)); !j.Counts {
				t.Fatal(j)
			}
			var want []string
			for _, step := range []struct {
				day  string
				mail bool
			}{
				{"2026-11-18", false}, {"2026-11-20", false}, {"2026-11-23", true}, {"2026-11-24", false}, {"2026-11-30", false}, {"2026-12-01", true}, {"2026-12-07", false}, {"2026-12-08", false}, {"2026-12-14", false},
			} {
				if step.mail {
					want = append(want, digestKind+" "+step.day)
				}
				for range 2 { // a second run of a day tells nothing twice
					d.now(step.day + " 15:45")
					if err := run(d); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff(want, d.letters()); diff != "" {
					t.Fatalf("%s (-want +have):\n%s", step.day, diff)
				}
			}
			q := d.question(id)
			if !q.Told.Equal(place(t, "2026-11-23 15:45")) || !q.Reminded.Equal(place(t, "2026-12-01 15:45")) || !q.Late(d.seen.Census.Now) {
				t.Errorf("%+v", q)
			}
			d.saidIs(reports.OwnersSaid{Silent: 1})
			if j := d.sends(saying(t, ours("lou"), id, needed.Stop)); !j.Counts {
				t.Errorf("a late answer: %+v", j)
			}
			d.saidIs(reports.OwnersSaid{Stop: 1})
		})
	}
}

// saidIs is what a report says of the answers to whoever deals with them.
func (d *desk) saidIs(want reports.OwnersSaid) {
	d.t.Helper()
	mine := func(f *findings.Finding) bool { return f.Deals == "workspace_admin" }
	have, err := saidOf(d.t.Context(), d.env, &findings.Keeper{Store: d.env.Store}, d.seen.Census.Now, mine)
	have.Link = ""
	if diff := cmp.Diff(want, have); diff != "" || err != nil {
		d.t.Error(diff, err)
	}
	have, err = saidOf(d.t.Context(), d.env, &findings.Keeper{Store: d.env.Store}, d.seen.Census.Now, func(*findings.Finding) bool { return false })
	if have.Link = ""; have != (reports.OwnersSaid{}) || err != nil {
		d.t.Error("told to somebody who does not deal with it", have, err)
	}
}

// dying is a state that dies at its n-th batch: before it, or right after.
type dying struct {
	store.Store
	n, at int
	after bool
}

var errDied = errors.New("killed")

func (s *dying) Commit(ctx context.Context, b *store.Batch) error {
	if s.n++; s.n != s.at {
		return s.Store.Commit(ctx, b)
	}
	if s.after {
		if err := s.Store.Commit(ctx, b); err != nil {
			return err
		}
	}
	return errDied
}

// Killed at any batch and run again, it ends as if it had not been: asked once, told once, answered once.
func TestNeededKilled(t *testing.T) {
	type end struct {
		Question needed.Question
		Letters  []string
		Answered decisions.Judgement
	}
	flow := func(t *testing.T, at int, after bool) (end, int) {
		d := newDesk(t)
		d.env.BaseURL, d.env.Exclusive = "https://review.school.example", true
		id := d.shared("file/a", "medium", "moe", "moe")
		real := d.env.Store
		mortal := &dying{Store: real, at: at, after: after}
		var answer decisions.Decision
		for i, step := range []struct {
			clock string
			x     decisions.Decision
		}{{"2026-11-18 12:00", askingFor(t, ours("it"), id)}, {"2026-11-19 15:45", decisions.Decision{}}, {"2026-11-23 12:00", saying(t, ours("moe"), id, needed.Keep)}} {
			d.now(step.clock)
			if step.x.Do != "" {
				var err error
				if answer, err = decisions.Make(t.Context(), d.site, fmt.Sprint("form", i), step.x); err != nil {
					t.Fatal(err)
				}
			}
			for try := 0; ; try++ {
				d.env.Store = mortal
				err := errors.Join(takeUpAgreements(t.Context(), d.env, d.seen, "run", mortal.Commit), settleNeeded(t.Context(), d.env, d.seen, mortal.Commit))
				if err == nil {
					_, err = Digest(t.Context(), d.env, d.outbox(), d.seen)
				}
				d.env.Store = real
				if err == nil {
					break
				}
				if !errors.Is(err, errDied) || try > 0 {
					t.Fatal(err)
				}
				d.now(step.clock)
			}
		}
		j, err := decisions.Judged(t.Context(), real, answer.ID)
		if err != nil || j == nil {
			t.Fatal(j, err)
		}
		return end{*d.question(id), d.letters(), *j}, mortal.n
	}
	want, batches := flow(t, 0, false)
	if batches < 6 || want.Question.Answer != needed.Keep || len(want.Letters) != 1 || !want.Answered.Counts {
		t.Fatalf("%d batches, %+v", batches, want)
	}
	for at := 1; at <= batches; at++ {
		for _, after := range []bool{false, true} {
			have, _ := flow(t, at, after)
			if diff := cmp.Diff(want, have, cmpopts.IgnoreUnexported(needed.Question{})); diff != "" {
				t.Errorf("killed at batch %d, after it: %v (-want +have):\n%s", at, after, diff)
			}
		}
	}
}

// Whoever has a report is asked in it, by whichever of their addresses it goes to; and nobody is asked in another's.
func TestAskedInTheReport(t *testing.T) {
	d := newDesk(t)
	id := d.shared("file/a", "medium", "kim", "kim")
	if j := d.sends(askingFor(t, ours("it"), id)); !j.Counts {
		t.Fatal(j)
	}
	lease, err := Take(t.Context(), d.env.Store, ReportJob, "test", true, d.env.Clock)
	if err != nil {
		t.Fatal(err)
	}
	told, err := newTold(t.Context(), d.env, d.seen, lease)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{"kim@school.example": 1, "kite@school.example": 1, "lou@school.example": 0, "pat@school.example": 0, chair: 0} {
		var data reports.OversharingInput
		self, err := told.neededFor(t.Context(), d.env, reader{Person: policy.Person{Address: address}, roles: []policy.Role{policy.RoleAdmin}}, &data)
		if err != nil || len(data.Needed) != want || want > 0 && (self != "kim" || data.Needed[0].Title != "Trip <list>" || data.Needed[0].Due.IsZero()) {
			t.Errorf("%s: %q, %+v, %v", address, self, data.Needed, err)
		}
	}
	b := &store.Batch{}
	if err := told.asking.told(b, "kim"); err != nil {
		t.Fatal(err)
	}
	if err := lease.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if q := d.question(id); !q.Told.Equal(d.seen.Census.Now) || !q.Reminded.IsZero() {
		t.Errorf("%+v", q)
	}
}
