package e2e

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/jobs"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// TestHandMadeDojo looks at the hand-made tenant for ClassDojo on the days on which something is said in it, while the accounts are as they were then: one is switched off at the
// end of that time, and one deleted.
func TestHandMadeDojo(t *testing.T) {
	dir := "../sim/testdata/tenants/dojo"
	s := handMade(t, dir)
	s.early = true
	now := s.world.Now()
	const admin, ray, gone = "it@saltmarsh.example", "ray@saltmarsh.example", "gone@saltmarsh.example"
	change := func(day int, hour int, do func() error) {
		s.world.SetNow(time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC))
		s.do(do())
	}
	look := func(at time.Time) {
		s.world.SetNow(at)
		for _, w := range s.watches {
			s.do(s.lookAt(w))
			s.seesAll(w)
		}
	}
	first := time.Date(2026, 9, 7, 5, 0, 0, 0, time.UTC)
	s.world.SetNow(first.Add(-time.Hour))
	s.do(s.world.RestoreUser(ray, admin))
	s.do(s.world.UndeleteUser("u-gone", "/Staff", admin))
	look(first)
	for _, day := range []string{"2026-10-05", "2026-10-20", "2026-11-04", "2026-11-05", "2026-11-06", "2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13"} {
		at, err := time.Parse(time.DateOnly, day)
		s.do(err)
		look(at.Add(20 * time.Hour))
	}
	change(16, 12, func() error { return s.world.SuspendUser(ray, admin) })
	look(s.world.Now())
	change(17, 8, func() error { return s.world.DeleteUser(gone, admin) })
	look(now)
	s.private()
	s.compare("expected-later.json", typed(t, filepath.Join(dir, "expected-later.json")).Policies)
	for _, w := range s.watches {
		s.do(s.lookAt(w))
		for job, r := range w.records {
			if r == nil {
				continue // nothing of the policy asks for it
			}
			if c := r.Changes; c.Opened+c.Reopened+c.Changed+c.Closed != 0 {
				t.Errorf("%s: a second look of %s at the same things changed findings: %+v", w.name, job, c)
			}
		}
	}
}

// TestCampaignDojoDays lets days pass in a school with ClassDojo: each evening the program finds of it what truth says.
func TestCampaignDojoDays(t *testing.T) {
	for _, seed := range smallSeeds(1) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			sc, s := small(t, seed, server.Options{})
			w := s.only(generate.Dojo)
			ofDojo := func(list []truth.Finding) []truth.Finding {
				return slices.DeleteFunc(list, func(f truth.Finding) bool {
					return !strings.Contains(f.Subject, "dojo") || strings.HasPrefix(f.Subject, "reminder/")
				})
			}
			rules := map[string]bool{}
			look := func(when string) {
				t.Helper()
				s.decide(w)
				s.do(s.runNamed(w, jobs.CommentsJob, jobs.CheckInsJob))
				s.seesAll(w)
				want := ofDojo(slices.Clone(s.allTruths()[w.name]))
				if diff := cmp.Diff(want, ofDojo(foundBy(t, w, "comments", "check-in"))); diff != "" {
					t.Fatalf("%s: differs from truth (-want +have):\n%s", when, diff)
				}
				for _, f := range want {
					rules[f.Rule] = true
				}
			}
			look("first run")
			player := sc.Player()
			for day := range 10 {
				_, err := player.Play()
				s.do(err)
				look(fmt.Sprintf("day %d", day))
			}
			for _, rule := range []string{"check-in.not-looked", "check-in.not-sure", "check-in.overdue", "comments.unreviewed", "comments.no-host"} {
				if !rules[rule] {
					t.Errorf("%s was found on no day: nothing was tried", rule)
				}
			}
			s.private()
		})
	}
}

// tell hands what was told of ClassDojo so far to the worker: what the forwarder sent by the store that the site writes, what mails and lists said by the worker's own. What was
// handed before is not kept again.
func (s *campus) tell(w *watch) {
	s.t.Helper()
	if _, err := classdojo.Tell(context.Background(), w.store, w.store.Commit, s.hint(w)); err != nil {
		s.t.Fatal(err)
	}
}

// hint leaves what the forwarder sent so far in the store that the site writes, and returns what else was told.
func (s *campus) hint(w *watch) (told []classdojo.Event) {
	s.t.Helper()
	var list []world.DojoEvent
	s.world.View(func() { list = s.world.Dojo() })
	now := s.world.Now()
	for _, d := range list {
		e := dojoEvent(d)
		if e.At.After(now) {
			continue
		}
		if d.From != classdojo.FromRelay {
			told = append(told, e)
			continue
		}
		if err := e.Check(); err != nil {
			s.t.Fatalf("the event %s: %v", d.Key, err)
		}
		if err := (classdojo.Hints{Store: w.site}).Leave(context.Background(), e, e.At); err != nil && !errors.Is(err, classdojo.ErrTwice) {
			s.t.Fatal(err)
		}
	}
	return told
}

// dojoEvent is what was told as the program keeps it.
func dojoEvent(d world.DojoEvent) classdojo.Event {
	sum := sha256.Sum256([]byte(d.Key))
	link := classdojo.Kind(d.Kind)
	if link == classdojo.Comment {
		link = classdojo.Story
	}
	return classdojo.Event{
		Kind: classdojo.Kind(d.Kind), Class: d.Class, Link: classdojo.Target{Kind: link, Class: d.Class}.Link(), At: d.At.UTC(), Count: d.Count,
		Key: fmt.Sprintf("sha256-%x", sum[:16]), From: d.From,
	}
}
