package incidents

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
	"esafetybot/internal/store/storetest"
)

// said is what the history of an entry says of each correction and of what was settled.
func (b *bench) said(id string) []string {
	b.Helper()
	var out []string
	for _, h := range b.stored(id).History {
		if h.What == WasCorrected || h.What == WasSettled {
			out = append(out, h.Detail)
		}
	}
	return out
}

// A correction says what it changed and nothing else: what is as it was leaves no trace, and takes nobody's reading and no answer away.
func TestCorrectsOnlyWhatIsWrong(t *testing.T) {
	p := func(s string) *string { return &s }
	kit := pseudonym.Of("kit.brown@school.example")
	for _, c := range []struct {
		name   string
		of     Correction
		want   string // what the history says; "" for nothing
		routed bool   // others are to read it now
	}{
		{"nothing", Correction{}, "", false},
		{"the same kind", Correction{Kind: DataBreach}, "", false},
		{"another kind", Correction{Kind: Incident}, "kind: data breach, now online-safety incident", false},
		{"about the same", Correction{About: Pupil}, "", false},
		{"about an adult", Correction{About: Adult}, "about: a pupil, now an adult who works or volunteers here", true},
		{"the same note", Correction{Note: p(" A lost memory stick. ")}, "", false},
		{"no note", Correction{Note: p("")}, "the note", false},
		{"the same reference", Correction{Reference: p("CP-17")}, "", false},
		{"another reference", Correction{Reference: p("CP-18")}, "reference: CP-18", false},
		{"the same item", Correction{Item: p("file/1")}, "", false},
		{"another item", Correction{Item: p("file/2")}, "the item it links to", false},
		{"somebody whom it concerns", Correction{Concerns: []string{"u-teacher"}}, "whom it concerns", true},
		{"somebody again", Correction{Concerns: []string{"u-pupil"}}, "", false},
		{"a role that nobody holds", Correction{ConcernsRoles: []policy.Role{policy.RoleITSupport}}, "whom it concerns", true},
		{"a pupil's account", Correction{Pupil: kit}, "which pupil's account", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := inMemory(t)
			id := b.raise(Form{Kind: DataBreach, About: Pupil, Item: "file/1", Reference: "CP-17", Note: "A lost memory stick.", Concerns: []string{"u-pupil"}})
			for _, by := range []By{officer, head} {
				if e, err := b.Open(ctx, by, id); err != nil || e == nil || e.ID != id {
					t.Fatalf("opened: %+v, %v", e, err)
				}
			}
			b.ok(b.Settle(ctx, head, id, "regulator-told"))
			b.hours(1)
			b.ok(b.Correct(ctx, head, id, c.of))
			want := []string{"the regulator (ICO) was told"}
			if c.want != "" {
				want = append(want, c.want)
			}
			if diff := cmp.Diff(want, b.said(id)); diff != "" {
				t.Errorf("what happened (-want +have):\n%s", diff)
			}
			e := b.stored(id)
			if c.routed != e.Routed.Equal(b.now) || !c.routed && len(e.Opened) != 2 || c.routed && len(e.Opened) != 1 {
				t.Errorf("it goes to its readers since %v, and was opened by %v", e.Routed, e.Opened)
			}
			if settled := e.Settled != nil; settled != (c.of.Kind != Incident) {
				t.Errorf("settled: %v", settled)
			}
			if c.of.Pupil != "" {
				b.ok(b.Correct(ctx, head, id, c.of))
				if have := b.said(id); len(have) != 2 {
					t.Errorf("the same pupil again: %q", have)
				}
			}
		})
	}
	b := inMemory(t)
	id := b.raise(Form{About: Adult})
	b.wants(b.Correct(ctx, head, id, Correction{Item: p("user/a/b")}), ErrForm) // whose account it is cannot be told
	b.ok(b.Close(ctx, head, id, "the council", "to ask first"))
	b.wants(b.Reopen(ctx, head, id, strings.Repeat("é", MaxNote+1)), ErrForm)
}

// Who decides whether the regulator is told may change their mind, and the entry says both.
func TestSettledAnew(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{Kind: DataBreach, About: Pupil})
	for _, answer := range []string{"regulator-not-told", "regulator-not-told", "regulator-told"} {
		b.ok(b.Settle(ctx, head, id, answer))
	}
	if diff := cmp.Diff([]string{"decided that the regulator need not be told", "the regulator (ICO) was told"}, b.said(id)); diff != "" || b.stored(id).Settled.Answer != "regulator-told" {
		t.Errorf("what was decided (-want +have):\n%s", diff)
	}
}

// Nobody is taken for somebody else because nothing is known of either.
func TestKnownByIDAlone(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{About: Pupil})
	_, err := b.Open(ctx, By{ID: officer.ID}, id)
	b.ok(err)
	if e := b.stored(id); !b.HasOpened(officer, e) || b.HasOpened(By{ID: lead.ID}, e) || b.HasOpened(By{}, e) {
		t.Error("the officer has, and nobody else")
	}
}

// What happened, what was learnt and what was decided cannot be taken out of an entry, by whatever code.
func TestNothingIsTakenOut(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{About: Pupil})
	b.shut(lead, id)
	b.years(26, 0)
	b.ok(b.StayUntil(ctx, lead, id, "2060-01-01", "a claim is under way"))
	for name, spoil := range map[string]func(*Entry){
		"no closing":              func(e *Entry) { e.Closings = nil },
		"another closing":         func(e *Entry) { e.Closings[0].Learnt = "nothing" },
		"no decision":             func(e *Entry) { e.Keepings = nil },
		"another decision":        func(e *Entry) { e.Keepings[0].Until = "2061-01-01" },
		"a shorter history":       func(e *Entry) { e.History = e.History[:2] },
		"another history":         func(e *Entry) { e.History[0].Who.ID = "u-pupil" },
		"a history that stays so": func(e *Entry) { e.History = e.History[:len(e.past)] },
	} {
		e := b.stored(id)
		e.happened(b.now, lead.who(), WasExported, "")
		spoil(e)
		if err := e.put(&store.Batch{}); !errors.Is(err, ErrPast) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := b.stored(id)
	e.happened(b.now, lead.who(), WasExported, "")
	e.Closings, e.Keepings = append(e.Closings, Closing{}), append(e.Keepings, Keeping{})
	b.ok(e.put(&store.Batch{}))
}

// Whatever cannot be read or written is told, and nothing is done by halves.
func TestStateFails(t *testing.T) {
	b := inMemory(t)
	id, adult := b.raise(Form{ID: "1", Kind: Takedown, About: Pupil, Item: "file/1", Concerns: []string{"pupil"}}), b.raise(Form{ID: "2", About: Adult})
	closed := b.raise(Form{ID: "3", About: Pupil})
	b.shut(lead, closed)
	b.Takers = []policy.Role{policy.RoleAdmin}
	b.years(26, 0)
	whole := b.Store
	known := func(string) Known { return Known{} }
	found := func(string) Found { return Found{} }
	before := dump(t, whole)
	b.Store = storetest.Flaky(whole, 1, storetest.Faults{Reads: 1})
	for name, do := range map[string]func() error{
		"open":     func() error { return errOf(b.Open(ctx, lead, id)) },
		"get":      func() error { return errOf(b.Get(ctx, head, adult)) },
		"raise":    func() error { return errOf(b.Raise(ctx, teacher, Form{ID: "4", Kind: Incident, About: Pupil})) },
		"receipts": func() error { return errOf(b.Receipts(ctx, teacher)) },
		"holds":    func() error { return errOf(b.Holds(ctx)) },
		"notices":  func() error { return errOf(b.Notices(ctx, Ordinary)) },
		"asked":    func() error { _, _, err := b.AskedNotices(ctx); return err },
		"removals": func() error { return errOf(b.Removals(ctx, admin)) },
		"down":     func() error { return b.TakenDown(ctx, admin, id) },
		"overdue":  func() error { return errOf(b.Overdue(ctx, Ordinary, lead)) },
		"waiting":  func() error { return errOf(b.Undecided(ctx, Ordinary, lead)) },
		"delete":   func() error { return b.Delete(ctx, lead, closed) },
		"heed":     func() error { return b.Heed(ctx, Ordinary, known, b.nobody) },
		"identify": func() error { return b.Identify(ctx, found, found) },
		"totals":   func() error { return errOf(b.Totals(ctx, monday, b.now, chair)) },
		"lessons":  func() error { return errOf(b.Lessons(ctx, monday, b.now, chair)) },
		"open at":  func() error { return errOf(OpenAt(ctx, b.Store, b.now)) },
	} {
		if err := do(); !errors.Is(err, storetest.ErrInjected) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for e, err := range b.List(ctx, Ordinary, lead, "") {
		if e != nil || !errors.Is(err, storetest.ErrInjected) {
			t.Errorf("listed: %+v, %v", e, err)
		}
	}
	b.Store = whole
	// What is deleted but for its receipt could be seen still: where that cannot be found, nothing goes.
	b.Store = storetest.Flaky(whole, 1, storetest.Faults{Reads: 1, From: 1})
	if err := b.Delete(ctx, lead, closed); !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("its receipt cannot be read: %v", err)
	}
	b.Store = whole
	if diff := cmp.Diff(before, dump(t, whole)); diff != "" {
		t.Errorf("something was written: %s", diff)
	}
	// No clock says so, and yet nothing is written that could not be read back.
	b.now = time.Date(10_000, 1, 2, 0, 0, 0, 0, time.UTC)
	for name, do := range map[string]func() error{
		"open":   func() error { return errOf(b.Open(ctx, lead, id)) },
		"down":   func() error { return b.TakenDown(ctx, admin, id) },
		"delete": func() error { return b.Delete(ctx, lead, closed) },
		"raise":  func() error { return errOf(b.Raise(ctx, teacher, Form{ID: "4", Kind: Incident, About: Pupil})) },
		"heed": func() error {
			return b.Heed(ctx, Ordinary, func(string) Known { return Known{Year: "1"} }, b.nobody)
		},
		"identify": func() error {
			return b.Identify(ctx, found, func(string) Found { return Found{ID: "pupil", Pupil: true} })
		},
	} {
		if err := do(); err == nil {
			t.Errorf("%s: nothing is said", name)
		}
	}
	if diff := cmp.Diff(before, dump(t, whole)); diff != "" {
		t.Errorf("something was written: %s", diff)
	}
}

// Somebody else is always first: a change is given up after some tries, and one that fails for another reason at once.
func TestGivenUp(t *testing.T) {
	b := inMemory(t)
	b.Takers = []policy.Role{policy.RoleAdmin}
	id, closed := b.raise(Form{ID: "1", Kind: Takedown, About: Pupil, Item: "file/1"}), b.raise(Form{ID: "2", About: Pupil})
	b.shut(lead, closed)
	b.years(26, 0)
	n := 0
	for failure, want := range map[error]int{store.ErrConflict: tries, store.ErrUnknown: 1} {
		b.Commit = func(context.Context, *store.Batch) error { n++; return failure }
		for name, do := range map[string]func() error{
			"open":   func() error { return errOf(b.Open(ctx, lead, id)) },
			"down":   func() error { return b.TakenDown(ctx, admin, id) },
			"delete": func() error { return b.Delete(ctx, lead, closed) },
			"raise":  func() error { return errOf(b.Raise(ctx, teacher, Form{ID: "4", Kind: Incident, About: Pupil})) },
		} {
			n = 0
			if err := do(); !errors.Is(err, failure) || n != want {
				t.Errorf("%s: %v after %d tries, want %d", name, err, n, want)
			}
		}
	}
}
