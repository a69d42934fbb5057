package incidents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/store/storetest"
)

// pool is who there is: six with accounts at the school, and one outside.
var pool = []By{
	{ID: "p0", Address: "p0@school.example"}, {ID: "p1", Address: "p1@school.example"}, {ID: "p2", Address: "p2@school.example"},
	{ID: "p3", Address: "p3@school.example"}, {ID: "p4", Address: "p4@school.example"}, {ID: "p5", Address: "p5@school.example"},
	{Address: "p6@home.example"},
}

var named = []policy.Role{policy.RoleHead, policy.RoleSafeguarding, policy.RoleSafeguardingDeps, policy.RoleOfficer, policy.RoleDeputy, policy.RoleGovernor,
	policy.RoleChair, policy.RoleAdmin}

// shadow is what an entry should be.
type shadow struct {
	about     About
	kind      Kind
	concerned map[int]bool
	roles     []policy.Role // that nobody held
	open      bool
	item      string
	raised    time.Time
	past      []Event
}

type machine struct {
	*bench
	rt     *rapid.T
	ids    []string
	shadow map[string]*shadow
	plays  map[int][]policy.Role
}

func newMachine(t testing.TB, rt *rapid.T, s store.Store) *machine {
	m := &machine{bench: newBench(t, s), rt: rt, shadow: map[string]*shadow{}}
	m.people()
	return m
}

func (m *machine) people() {
	m.plays, m.Roster = map[int][]policy.Role{}, nil
	for _, r := range named {
		who := rapid.SliceOfNDistinct(rapid.IntRange(0, len(pool)-1), 0, 1, rapid.ID[int])
		if r == policy.RoleSafeguardingDeps {
			who = rapid.SliceOfNDistinct(rapid.IntRange(0, len(pool)-1), 0, 3, rapid.ID[int])
		}
		for _, i := range who.Draw(m.rt, string(r)) {
			m.plays[i] = append(m.plays[i], r)
			m.Roster = append(m.Roster, Person{ID: pool[i].ID, Addresses: []string{pool[i].Address}, Roles: []policy.Role{r}})
		}
	}
}

func (m *machine) isAbout(s *shadow, i int) bool {
	return s.concerned[i] || slices.ContainsFunc(s.roles, func(r policy.Role) bool { return slices.Contains(m.plays[i], r) })
}

// name adds people to those whom an entry is about, as a form does.
func (m *machine) name(s *shadow, ids []string, roles []policy.Role) {
	for i, p := range pool {
		if slices.Contains(ids, p.ID) && p.ID != "" {
			s.concerned[i] = true
		}
	}
	for _, r := range roles {
		held := false
		for i := range pool {
			if slices.Contains(m.plays[i], r) {
				s.concerned[i], held = true, true
			}
		}
		if !held {
			s.roles = append(s.roles, r)
		}
	}
}

func (m *machine) drawWhom() (ids []string, roles []policy.Role) {
	for range rapid.IntRange(0, 2).Draw(m.rt, "ids") {
		ids = append(ids, rapid.SampledFrom([]string{"p0", "p1", "p2", "p3", "p4", "p5", "stranger"}).Draw(m.rt, "id"))
	}
	if rapid.IntRange(0, 3).Draw(m.rt, "by role") == 0 {
		roles = append(roles, rapid.SampledFrom(named).Draw(m.rt, "role"))
	}
	return ids, roles
}

var items = []string{"", "file/1", "file/2", "user/3"}

func kindsOf() []Kind {
	var out []Kind
	for _, i := range kinds {
		out = append(out, i.Kind)
	}
	return out
}

func always(k Kind, a About) About {
	if k == LowLevel {
		return Adult
	}
	return a
}

// step is one thing that somebody does; it answers what it did to the entry's shadow, to be applied if it succeeded.
func (m *machine) step() {
	who := rapid.IntRange(0, len(pool)-1).Draw(m.rt, "who")
	by := pool[who]
	by.Role = string(rapid.SampledFrom(named).Draw(m.rt, "says they are"))
	what := rapid.SampledFrom([]string{"raise", "raise", "open", "correct", "correct", "settle", "close", "close", "reopen", "reopen", "tell", "wait", "people", "people"}).Draw(m.rt, "what")
	switch what {
	case "wait":
		m.hours(rapid.Float64Range(0.1, 30).Draw(m.rt, "hours"))
		return
	case "people":
		m.people()
		return
	case "tell":
		for _, s := range []Shelf{Ordinary, Adults} {
			list, err := m.Notices(ctx, s)
			m.ok(err)
			for _, n := range list {
				b := &store.Batch{}
				m.ok(m.MarkTold(b, n))
				m.ok(m.Commit(ctx, b))
			}
		}
		return
	case "raise":
		f := Form{ID: fmt.Sprint(len(m.ids)), Kind: rapid.SampledFrom(kindsOf()).Draw(m.rt, "kind"), About: rapid.SampledFrom(Abouts).Draw(m.rt, "about"),
			Item: rapid.SampledFrom(items).Draw(m.rt, "item"), Note: "words"}
		f.Concerns, f.ConcernsRoles = m.drawWhom()
		r, err := m.Raise(ctx, by, f)
		m.ok(err)
		s := &shadow{kind: f.Kind, about: always(f.Kind, f.About), concerned: map[int]bool{}, open: true, item: f.Item, raised: m.now}
		m.name(s, f.Concerns, f.ConcernsRoles)
		m.ids, m.shadow[r.ID] = append(m.ids, r.ID), s
		return
	}
	if len(m.ids) == 0 {
		return
	}
	id := rapid.SampledFrom(m.ids).Draw(m.rt, "entry")
	s := m.shadow[id]
	if able := m.able(id); len(able) > 0 && rapid.IntRange(0, 3).Draw(m.rt, "somebody who may") > 0 { // or most steps would be refused
		who = rapid.SampledFrom(able).Draw(m.rt, "who may")
		by.ID, by.Address = pool[who].ID, pool[who].Address
	}
	before := dump(m.TB, m.Store)
	var err error
	apply := func() {}
	switch what {
	case "open":
		_, err = m.Open(ctx, by, id)
	case "settle":
		err = m.Settle(ctx, by, id, rapid.SampledFrom([]string{"regulator-told", "regulator-not-told", "taken-down"}).Draw(m.rt, "answer"))
	case "close":
		err = m.Close(ctx, by, id, "the parents", "to look sooner")
		apply = func() { s.open = false }
	case "reopen":
		err = m.Reopen(ctx, by, id, "")
		apply = func() { s.open = true }
	case "correct":
		c := Correction{Kind: rapid.SampledFrom(append(kindsOf(), "", "", "")).Draw(m.rt, "kind"), About: rapid.SampledFrom(append(slices.Clone(Abouts), "", "")).Draw(m.rt, "about")}
		c.Concerns, c.ConcernsRoles = m.drawWhom()
		if rapid.Bool().Draw(m.rt, "and the item") {
			it := rapid.SampledFrom(items).Draw(m.rt, "item")
			c.Item = &it
		}
		err = m.Correct(ctx, by, id, c)
		apply = func() {
			if c.Kind != "" {
				s.kind = c.Kind
			}
			if c.About != "" {
				s.about = c.About
			}
			s.about = always(s.kind, s.about)
			if c.Item != nil {
				s.item = *c.Item
			}
			m.name(s, c.Concerns, c.ConcernsRoles)
		}
	}
	switch {
	case m.isAbout(s, who) && !errors.Is(err, ErrNone):
		m.rt.Fatalf("%d, whom %s is about, did %s: %v", who, id, what, err)
	case err == nil:
		apply()
	case !errors.Is(err, ErrNone) && !errors.Is(err, ErrState) && !errors.Is(err, ErrMay) && !errors.Is(err, ErrForm):
		m.rt.Fatal(err)
	case dump(m.TB, m.Store) != before:
		m.rt.Fatalf("%s failed (%v) and changed something", what, err)
	}
}

// able lists who may read an entry.
func (m *machine) able(id string) []int {
	var out []int
	e := m.stored(id)
	for i, p := range pool {
		if ok, _ := m.MayRead(p, e); ok {
			out = append(out, i)
		}
	}
	return out
}

// check looks at everything from everybody's place.
func (m *machine) check() {
	frozen, err := m.Holds(ctx)
	m.ok(err)
	held := map[string]bool{}
	for id, s := range m.shadow {
		e := m.stored(id)
		if e.About != s.about || e.lies != s.about.shelf() || (e.State == Open) != s.open || e.Kind != s.kind || e.Item != s.item || !s.open && e.Note != "" {
			m.rt.Fatalf("%s is %+v, want %+v", id, e, s)
		}
		if len(e.History) < len(s.past) || !slices.Equal(s.past, e.History[:len(s.past)]) {
			m.rt.Fatalf("the history of %s was %v and is %v", id, s.past, e.History)
		}
		s.past = slices.Clone(e.History)
		held[s.item] = held[s.item] || s.open
	}
	for _, it := range items[1:] {
		if frozen.Frozen(it) != held[it] {
			m.rt.Fatalf("%s frozen: %v, want %v", it, frozen.Frozen(it), held[it])
		}
	}
	told := map[string][]Told{}
	for _, shelf := range []Shelf{Ordinary, Adults} {
		list, err := m.Notices(ctx, shelf)
		m.ok(err)
		for _, n := range list {
			told[n.Entry] = append(told[n.Entry], n.To...)
		}
	}
	for i, p := range pool {
		mine := map[string]bool{}
		for id, s := range m.shadow {
			e := m.stored(id)
			mine[id] = m.isAbout(s, i)
			if !mine[id] {
				continue
			}
			if _, err := m.Get(ctx, p, id); !errors.Is(err, ErrNone) {
				m.rt.Fatalf("%d reads %s, which is about them", i, id)
			}
			for _, t := range append(m.Told(e), told[id]...) {
				if t.who().same(p.who()) {
					m.rt.Fatalf("%d is told of %s, which is about them", i, id)
				}
			}
		}
		for _, shelf := range []Shelf{Ordinary, Adults} {
			for e, err := range m.List(ctx, shelf, p, "") {
				if m.ok(err); mine[e.ID] {
					m.rt.Fatalf("%d finds %s, which is about them", i, e.ID)
				}
			}
		}
		want := 0
		for id, s := range m.shadow {
			if !mine[id] && s.about.shelf() == Ordinary {
				want++
			}
		}
		counts, err := m.Totals(ctx, monday, m.now.Add(1), p)
		if may := slices.ContainsFunc(m.plays[i], func(r policy.Role) bool {
			return r == policy.RoleGovernor || r == policy.RoleChair || r == policy.RoleHead
		}); may != (err == nil) || err != nil && !errors.Is(err, ErrMay) {
			m.rt.Fatal(may, err)
		}
		have := 0
		for _, c := range counts.Kinds {
			if have += c.N; c.N < Few {
				m.rt.Fatalf("%+v", counts)
			}
		}
		if err == nil && counts.Total != NotTold && (counts.Total != want || have > want) {
			m.rt.Fatalf("%d counts %+v, want %d", i, counts, want)
		}
	}
}

// TestNobodyReadsOfThemselves: whatever is done in whatever order, by whomever, while roles change hands: nobody whom an entry is about reads,
// counts or is told of it; the history only grows; an item is frozen exactly while an entry that links to it is open.
func TestNobodyReadsOfThemselves(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(t, rt, must(memory.Open()))
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			m.step()
			m.check()
		}
	})
}

// TestCutShort: a commit that fails leaves everything as before or as after, and doing it again ends where it would have.
func TestCutShort(t *testing.T) {
	p := func(s string) *string { return &s }
	form := Form{ID: "new", Kind: Incident, About: Pupil, Item: "file/9", Note: "words"}
	raised := func(b *bench) (pupil, adult, closed string) {
		pupil, adult = b.raise(Form{ID: "1", About: Pupil, Item: "file/1"}), b.raise(Form{ID: "2", About: Adult, Item: "file/1"})
		closed = b.raise(Form{ID: "3", About: Pupil, Item: "file/3"})
		b.ok(b.Close(ctx, officer, closed, "x", "y"))
		return
	}
	for name, do := range map[string]func(b *bench, pupil, adult, closed string) error{
		"raise": func(b *bench, _, _, _ string) error { return errOf(b.Raise(ctx, teacher, form)) },
		"open":  func(b *bench, id, _, _ string) error { return errOf(b.Open(ctx, officer, id)) },
		"up":    func(b *bench, id, _, _ string) error { return b.Correct(ctx, officer, id, Correction{About: Adult}) },
		"down":  func(b *bench, _, id, _ string) error { return b.Correct(ctx, head, id, Correction{About: Pupil}) },
		"item": func(b *bench, id, _, _ string) error {
			return b.Correct(ctx, officer, id, Correction{Item: p("file/2")})
		},
		"concern": func(b *bench, id, _, _ string) error {
			return b.Correct(ctx, lead, id, Correction{Concerns: []string{officer.ID}})
		},
		"close":  func(b *bench, id, _, _ string) error { return b.Close(ctx, lead, id, "x", "y") },
		"reopen": func(b *bench, _, _, id string) error { return b.Reopen(ctx, lead, id, "again") },
	} {
		t.Run(name, func(t *testing.T) {
			whole := inMemory(t)
			x, y, z := raised(whole)
			before := dump(t, whole.Store)
			whole.ok(do(whole, x, y, z))
			after := dump(t, whole.Store)
			for _, f := range []storetest.Faults{{Before: 1}, {After: 1}} {
				b := inMemory(t)
				x, y, z := raised(b)
				b.n = whole.n - 1
				if name != "raise" {
					b.n = whole.n
				}
				b.Commit = storetest.Flaky(b.Store, 1, f).Commit
				b.wants(do(b, x, y, z), store.ErrUnknown)
				have, want := dump(t, b.Store), before
				if f.After > 0 {
					want = after
				}
				if have != want {
					t.Errorf("%+v: %s\nwant\n%s", f, have, want)
				}
				b.Commit, b.n = b.Store.Commit, whole.n-1
				if err := do(b, x, y, z); err != nil && (f.After == 0 || !errors.Is(err, ErrState) && !errors.Is(err, ErrNone)) {
					t.Errorf("%+v, again: %v", f, err)
				}
				if have := dump(t, b.Store); have != after {
					t.Errorf("%+v, again: %s\nwant\n%s", f, have, after)
				}
			}
		})
	}
}

// Two people who send or change at the same moment: one of them is first, nothing is lost.
func TestSentTwiceAtOnce(t *testing.T) {
	onBoth(t, func(b *bench) {
		f := Form{ID: "form", Kind: Incident, About: Pupil, Item: "file/1"}
		commit := b.Commit
		var inner Receipt
		b.Commit = func(c context.Context, batch *store.Batch) error {
			b.Commit = commit
			var err error
			inner, err = b.Raise(c, teacher, f)
			b.ok(err)
			return commit(c, batch)
		}
		outer, err := b.Raise(ctx, teacher, f)
		if b.ok(err); outer != inner {
			b.Errorf("%+v, %+v", outer, inner)
		}
	})
}
