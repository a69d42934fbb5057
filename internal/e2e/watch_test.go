package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

// newOutbox is a policy's outbox on a store.
func newOutbox(t testing.TB, p *policy.Policy, s store.Store) *outbox.Outbox {
	t.Helper()
	box, err := outbox.New(s, outbox.Options{Location: p.School.Location, From: netmail.Address{Address: sender(p)}})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// sender is the mailbox that sends: the officer's, so that it exists in every generated school.
func sender(p *policy.Policy) string {
	a, _ := p.Address(policy.RoleAdmin)
	return a
}

// all reads a whole collection.
func all[T any](t testing.TB, s store.Store, c *store.Collection) []T {
	t.Helper()
	var out []T
	for d, err := range s.Find(context.Background(), c, store.Ask{}) {
		if err != nil {
			t.Fatal(err)
		}
		var v T
		if err := json.Unmarshal(d.Body, &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// standing is how every finding of a store stands, resolved ones too: by id, without times.
func standing(t testing.TB, s store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, f := range all[findings.Finding](t, s, findings.Findings) {
		out[f.ID] = fmt.Sprintf("%s %s missing=%v severity=%s deals=%s %v", f.Status, f.How, f.Missing, f.Severity, f.Deals, f.Facts)
	}
	return out
}

// events lists every event of a store, without times, runs and policy versions.
func events(t testing.TB, s store.Store) []string {
	t.Helper()
	var out []string
	for _, e := range all[findings.Event](t, s, findings.Events) {
		out = append(out, fmt.Sprintf("%s: %s → %s %s %v +%v", e.Finding, e.From, e.To, e.How, e.Facts, e.Added))
	}
	slices.Sort(out)
	return out
}

// same compares two states: findings, and events.
func same(t testing.TB, when string, want, have store.Store) {
	t.Helper()
	if diff := cmp.Diff(standing(t, want), standing(t, have)); diff != "" {
		t.Errorf("%s: findings differ (-want +have):\n%s", when, short(diff))
	}
	if diff := cmp.Diff(events(t, want), events(t, have)); diff != "" {
		t.Errorf("%s: events differ (-want +have):\n%s", when, short(diff))
	}
}

// closedBy lists the findings that a run closed, with why.
func closedBy(t testing.TB, s store.Store, run string) map[string]findings.How {
	t.Helper()
	out := map[string]findings.How{}
	for _, e := range all[findings.Event](t, s, findings.Events) {
		if e.Run == run && e.To == findings.Resolved {
			out[e.Finding] = e.How
		}
	}
	return out
}

func idOf(f truth.Finding) string { return findings.ID(f.Clause, f.Rule, f.Subject) }

// byID lists truth's findings by their id.
func byID(list []truth.Finding) map[string]truth.Finding {
	out := map[string]truth.Finding{}
	for _, f := range list {
		out[idOf(f)] = f
	}
	return out
}

// closedRightly fails the test if the run put something right that truth has.
func (s *campus) closedRightly(when string, w *watch, r *jobs.Record) {
	s.t.Helper()
	there := byID(s.truths()[w.name])
	for id, how := range closedBy(s.t, w.store, r.ID) {
		if f, ok := there[id]; ok {
			s.t.Errorf("%s: %s: %s was closed (%s) and is there: %v\n%s", when, w.name, id, how, f.Facts, s.explain([]truth.Finding{f}, nil))
		}
	}
}

// letters reads the messages of a watch as text, oldest first, without those whose text is kept no longer.
func (w *watch) letters(t testing.TB) []letter {
	t.Helper()
	var out []letter
	for e, err := range w.box.All(context.Background(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Parts == 0 {
			continue
		}
		f, err := w.box.Read(context.Background(), e)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, letter{subject: f.Subject, text: plain(t, f.Raw), entry: e})
	}
	return out
}

type letter struct {
	subject, text string
	entry         outbox.Entry
}

// plain is everything that can be read in a message, attachments included.
func plain(t testing.TB, raw []byte) string {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&b, p.Body); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n")
	}
}

// private fails the test if anything was logged that names somebody or something, or if a mail names a pupil.
func (s *campus) private() {
	s.t.Helper()
	logs := s.logs.String()
	if i := strings.Index(logs, "@"); i >= 0 {
		s.t.Errorf("an address in the logs: …%s…", logs[max(0, i-80):min(len(logs), i+80)])
	}
	inLogs := map[string]string{}
	pupils := map[*watch]map[string]bool{}
	s.world.View(func() {
		for _, u := range slices.Concat(s.world.Users(), s.world.DeletedUsers()) {
			for _, a := range u.Addresses() {
				inLogs[a] = "an address"
			}
			inLogs[u.Name.FullName] = "a name"
			for _, w := range s.watches {
				if pupils[w] == nil {
					pupils[w] = map[string]bool{}
				}
				// Somebody whose account was moved is not a pupil in every mail, and some people share a name, also with somebody who is no longer there.
				is := (under(w.policy, u.OrgUnitPath) || school.Under(u.OrgUnitPath, "/Leavers")) && !s.moved[w.name+u.ID] && !s.grown[w.name+u.Name.FullName] && u.DeletionTime.IsZero()
				for _, name := range []string{u.Name.FullName, u.PrimaryEmail} {
					was, ok := pupils[w][name]
					pupils[w][name] = is && (was || !ok)
				}
			}
		}
		for _, f := range s.world.Files() {
			if len(f.Name) > 4 {
				inLogs[f.Name] = "a title"
			}
		}
		for _, d := range s.world.Drives() {
			inLogs[d.Name] = "a shared drive's name"
		}
	})
	// Words of the program itself that a file may be called by.
	own := []string{"Drive", "drive", "files", "sharing"}
	for text, what := range inLogs {
		if text != "" && !slices.Contains(own, text) && strings.Contains(logs, text) {
			i := strings.Index(logs, text)
			s.t.Errorf("%s in the logs: …%s…", what, logs[max(0, i-80):min(len(logs), i+80)])
		}
	}
	for _, w := range s.watches {
		for _, l := range w.letters(s.t) {
			for name, is := range pupils[w] {
				if is && name != "" && (strings.Contains(l.text, name) || strings.Contains(l.subject, name)) {
					i := strings.Index(l.text, name)
					s.t.Errorf("%s: a pupil's name in a mail: …%s…", w.name, l.text[max(0, i-80):max(0, min(len(l.text), i+80))])
				}
			}
		}
	}
}

func under(p *policy.Policy, unit string) bool {
	return slices.ContainsFunc(p.Pupils.OrgUnits, func(u string) bool { return school.Under(unit, u) })
}

// known is what the school declares that it cannot see: the gaps of a clean run, such as a drive without members.
func known(r *jobs.Record) []string {
	var out []string
	for _, g := range r.Gaps {
		out = append(out, string(g.Scope))
	}
	return out
}

func gapKinds(r *jobs.Record, but []string) []string {
	kinds := map[string]bool{}
	for _, g := range r.Gaps {
		if !slices.Contains(but, string(g.Scope)) {
			kinds[g.Scope.Kind()] = true
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}

func hasGap(r *jobs.Record, sc seen.Scope) bool {
	return slices.ContainsFunc(r.Gaps, func(g seen.Gap) bool { return g.Scope == sc })
}

func openMemory(t testing.TB) store.Store {
	t.Helper()
	st, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return st
}
