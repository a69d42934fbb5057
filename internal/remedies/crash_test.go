package remedies

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/actions"
	"esafetybot/internal/calendar"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
	"esafetybot/internal/store/memory"
)

var (
	start = time.Date(2026, 9, 14, 6, 0, 0, 0, time.UTC) // a Monday
	ctx   = context.Background()
	it    = actions.By{Role: "workspace_admin", Address: "it@school.example", ID: "it"}
)

// killed is what a test stops a run with, as a power cut would.
type killed struct{}

// hooked is a store that runs a hook before and after each commit.
type hooked struct {
	store.Store
	hook func(string)
}

func (h *hooked) Commit(ctx context.Context, b *store.Batch) error {
	h.hook("before commit")
	err := h.Store.Commit(ctx, b)
	h.hook("after commit")
	return err
}

// bench is a school, its log, and a clock that moves when somebody waits.
type bench struct {
	w     *world
	s     *hooked
	now   time.Time
	n     int // hooks passed
	kill  int // the hook to die at; 0 is none
	limit actions.Limit
}

func newBench(s store.Store) *bench {
	b := &bench{w: newWorld(), now: start}
	b.s = &hooked{s, b.hook}
	b.w.hook = b.hook
	return b
}

func (b *bench) hook(string) {
	if b.n++; b.n == b.kill {
		panic(killed{})
	}
}

func (b *bench) log() *actions.Log {
	return &actions.Log{
		Store: b.s, Commit: b.s.Commit, Clock: func() time.Time { return b.now }, Run: "run",
		Calendar: &calendar.Calendar{Terms: []calendar.Term{{Name: "Autumn", First: calendar.Date{Year: 2026, Month: 9, Day: 2}, Last: calendar.Date{Year: 2026, Month: 12, Day: 18}}}},
		Remedies: All(b.w, func() time.Time { return b.now }),
		Limit:    func(string) actions.Limit { return b.limit },
		Wait:     func(_ context.Context, d time.Duration) error { b.now = b.now.Add(d); return nil },
	}
}

// survives runs something that may be killed, and tells whether it was.
func survives(f func() error) (dead bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(killed); !ok {
				panic(p)
			}
			dead = true
		}
	}()
	return false, f()
}

func changes(w *world) []actions.Change {
	f1 := File{ID: "f1", As: "u1", Owner: "u1"}
	return []actions.Change{
		MoveUser("u1", "/Pupils/Year 4", "/Pupils/No mail"), LeaveGroup("g1", "u2"), SwitchOff("u2"), SignOut("u1"), RevokeApp("u1", "app1"),
		RemoveRecovery("u3", "parent@home.example"),
		DeleteGrant(f1, w.grant("f1", "anyone")), DeleteGrant(f1, w.grant("f1", "both")),
		NarrowGrant(f1, w.grant("f1", "p-sam@outside.example")), ExpireGrant(f1, w.grant("f1", "p-kim@outside.example"), start.AddDate(0, 1, 0)),
		HandOver("f2", "u2", "head"), HandOver("f3", "u2", "u3"),
		Moderate("u3", "b1", "p1", "live", seen.CommentSpam), Moderate("u3", "b1", "p1", "spam", seen.CommentLive),
	}
}

func proposal(i int, c actions.Change) actions.Proposal {
	return actions.Proposal{
		Finding: fmt.Sprint("finding", i), Opened: start, Clause: "A4", Rule: "pupil-email.on", Subject: "user/u9", Facts: []string{"fact"}, Severity: "medium", Change: c,
	}
}

func (b *bench) propose(t tb, auto bool, list ...actions.Change) (ids []string) {
	t.Helper()
	_, err := b.log().Propose(ctx, func(yield func(actions.Proposal, error) bool) {
		for i, c := range list {
			p := proposal(i, c)
			p.Auto = auto
			ids = append(ids, actions.ID(p.Finding, p.Opened, c))
			if !yield(p, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func (b *bench) approve(t tb, by actions.By, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := b.log().Approve(ctx, by, actions.Pick{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
}

// story is the whole log, without times.
func (b *bench) story(t tb, ids []string) (out []string) {
	t.Helper()
	for _, id := range ids {
		line := id + ":"
		for e, err := range b.log().History(ctx, id) {
			if err != nil {
				t.Fatal(err)
			}
			line += fmt.Sprintf(" %s (%s)", e.To, e.How)
		}
		a, err := b.log().Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, line+" = "+string(a.State))
	}
	return out
}

// outsider may decide on everything in these tests.
var outsider = actions.By{Role: "chair_of_governors", Address: "chair@home.example"}

// whole makes every change, and undoes what can be undone, from whatever point an earlier attempt left.
func (b *bench) whole(ids []string, undo bool) error {
	l := b.log()
	if _, err := l.Apply(ctx, actions.Input{}); err != nil || !undo {
		return err
	}
	for _, id := range ids {
		_, err := l.Undo(ctx, outsider, id, "asked for")
		if err != nil && !errors.Is(err, actions.ErrNoUndo) && !errors.Is(err, actions.ErrState) {
			return err
		}
	}
	_, err := l.Apply(ctx, actions.Input{})
	return err
}

type outcome struct {
	World   string
	Story   []string
	Changes map[string]int
}

// play plays everything with a kill at hook number kill (0: none), restarts until it is through, and tells how it ended.
func play(t tb, s store.Store, kill, stale int) (outcome, int) {
	t.Helper()
	b := newBench(s)
	ids := b.propose(t, false, changes(b.w)...)
	b.approve(t, outsider, ids...)
	b.w.stale = stale
	b.n, b.kill = 0, kill
	for {
		dead, err := survives(func() error { return b.whole(ids, true) })
		if err != nil {
			t.Fatalf("killed at %d: %v", kill, err)
		}
		if !dead {
			break
		}
	}
	b.w.stale, b.w.before = 0, nil
	n := b.n
	return outcome{b.w.text(), b.story(t, ids), b.w.changes}, n
}

func memoryStore(t tb) store.Store {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestKilledAnywhere kills the run at every request and every commit, and runs it again: the world and the log end the
// same, and each change was made once (signing out, which cannot be looked at, up to twice).
func TestKilledAnywhere(t *testing.T) {
	for _, stale := range []int{0, 3} {
		want, n := play(t, memoryStore(t), 0, stale)
		if n < 100 {
			t.Fatalf("only %d points to be killed at: %v", n, want.Story)
		}
		for kill := 1; kill <= n; kill++ {
			have, _ := play(t, memoryStore(t), kill, stale)
			compare(t, fmt.Sprintf("stale %d, killed at %d", stale, kill), want, have)
		}
	}
}

func compare(t tb, when string, want, have outcome) {
	t.Helper()
	for _, o := range []outcome{want, have} {
		for what, n := range o.Changes {
			if n != 1 && what != "sign out u1" {
				t.Errorf("%s: %s was changed %d times", when, what, n)
			}
		}
		o.Changes["sign out u1"] = 1
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Fatalf("%s: want -, have +\n%s", when, diff)
	}
}

func TestKilledOnBolt(t *testing.T) {
	open := func() store.Store {
		s, err := bolt.Open(filepath.Join(t.TempDir(), "state.db"), "school", bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	want, n := play(t, open(), 0, 0)
	for kill := 3; kill <= n; kill += n / 6 {
		have, _ := play(t, open(), kill, 0)
		compare(t, fmt.Sprint("killed at ", kill), want, have)
	}
}

// TestKilledUnderTheBrake kills everywhere a run of what the policy approves by itself: the brake counts what was begun before.
func TestKilledUnderTheBrake(t *testing.T) {
	play := func(kill int) (outcome, int) {
		b := newBench(memoryStore(t))
		b.limit = actions.Limit{Changes: 2}
		ids := b.propose(t, true, SwitchOff("u1"), SwitchOff("u2"), SwitchOff("u3"), SwitchOff("it"), LeaveGroup("g1", "u2"), LeaveGroup("g2", "u1"))
		b.n, b.kill = 0, kill
		for {
			dead, err := survives(func() error { return b.whole(nil, false) })
			if err != nil {
				t.Fatal(err)
			}
			if !dead {
				return outcome{b.w.text(), b.story(t, ids), b.w.changes}, b.n
			}
		}
	}
	want, n := play(0)
	if len(want.Changes) != 4 {
		t.Fatalf("changed %v", want.Changes)
	}
	for kill := 1; kill <= n; kill++ {
		have, _ := play(kill)
		compare(t, fmt.Sprint("killed at ", kill), want, have)
	}
}

// TestKilledOften kills again and again, at points drawn at random.
func TestKilledOften(t *testing.T) {
	want, n := play(t, memoryStore(t), 0, 0)
	rapid.Check(t, func(t *rapid.T) {
		b := newBench(memoryStore(t))
		ids := b.propose(t, false, changes(b.w)...)
		b.approve(t, outsider, ids...)
		for range rapid.IntRange(1, 6).Draw(t, "kills") {
			b.n, b.kill = 0, rapid.IntRange(1, n).Draw(t, "at")
			if _, err := survives(func() error { return b.whole(ids, true) }); err != nil {
				t.Fatal(err)
			}
		}
		b.kill = 0
		if err := b.whole(ids, true); err != nil {
			t.Fatal(err)
		}
		compare(t, "killed often", want, outcome{b.w.text(), b.story(t, ids), b.w.changes})
	})
}

// TestKilledOverOneChange kills each run just before the same request. That it was not let to try is no failure, until it
// has had actions.MaxBegun goes: then it fails, with everything as it was, and the others are made.
func TestKilledOverOneChange(t *testing.T) {
	play := func(kills int) (outcome, string) {
		b := newBench(memoryStore(t))
		ids := b.propose(t, false, changes(b.w)...)
		b.approve(t, outsider, ids...)
		b.w.hook = func(where string) {
			if where == "before delete f1anyone" && kills > 0 {
				kills--
				panic(killed{})
			}
		}
		for range kills {
			if dead, err := survives(func() error { return b.whole(ids, true) }); !dead || err != nil {
				t.Fatal(dead, err)
			}
		}
		if err := b.whole(ids, true); err != nil {
			t.Fatal(err)
		}
		a, err := b.log().Get(ctx, ids[6])
		if err != nil {
			t.Fatal(err)
		}
		return outcome{b.w.text(), b.story(t, ids), b.w.changes}, fmt.Sprint(a.State, ": ", a.Why)
	}
	want, _ := play(0)
	have, _ := play(actions.MaxBegun - 1)
	compare(t, "one go less than it has", want, have)
	have, state := play(actions.MaxBegun)
	if state != "failed: begun 12 times, and never to be seen" || have.Changes["delete f1anyone"] != 0 || len(have.Changes) != len(want.Changes)-2 {
		t.Errorf("%s; %v", state, have.Changes)
	}
}

// What the whole does, seen once with one's own eyes.
func TestWholeStory(t *testing.T) {
	after := newBench(memoryStore(t))
	ids := after.propose(t, false, changes(after.w)...)
	after.approve(t, outsider, ids...)
	if err := after.whole(ids, false); err != nil {
		t.Fatal(err)
	}
	w := after.w
	checks := map[string]bool{
		"moved":      w.People["u1"].Unit == "/Pupils/No mail",
		"left":       w.Members["g1/u2"] == "",
		"off":        w.People["u2"].SwitchedOff,
		"signed out": w.Ended["u1"] == 1,
		"revoked":    len(w.Tokens["u1"]) == 1,
		"recovery":   w.People["u3"].Recovery == "",
		"link":       len(w.Files["f1"]) == 4,
		"inherited":  w.grant("f1", "both").Role == "reader",
		"narrowed":   w.grant("f1", "p-sam@outside.example").Role == "reader",
		"expires":    w.grant("f1", "p-kim@outside.example").Until.Equal(start.AddDate(0, 1, 0)),
		"handed":     w.grant("f2", "p-head@school.example").Role == "owner",
		"former":     w.grant("f2", "p-u2@school.example").Role == "writer",
		"handed too": w.grant("f3", "p-u3@school.example").Role == "owner",
	}
	for what, ok := range checks {
		if !ok {
			t.Errorf("not %s", what)
		}
	}
	// Undone, all is as it was, but for what cannot be undone.
	if err := after.whole(ids, true); err != nil {
		t.Fatal(err)
	}
	want := newWorld()
	want.Ended["u1"] = 1
	want.Tokens["u1"] = want.Tokens["u1"][1:]
	for _, w := range []*world{w, want} {
		for _, list := range w.Files {
			slices.SortFunc(list, func(a, b seen.Grant) int { return strings.Compare(a.ID, b.ID) })
		}
	}
	if diff := cmp.Diff(want.text(), w.text()); diff != "" {
		t.Errorf("after undoing all: want -, have +\n%s", diff)
	}
	for _, line := range after.story(t, ids) {
		if end := "undone (verified) = undone"; !strings.HasSuffix(line, end) && !strings.HasPrefix(line, KindSignOut) && !strings.HasPrefix(line, KindRevokeApp) {
			t.Errorf("%s, does not end in %q", line, end)
		}
	}
}

// tb is what rapid's tests and ordinary ones have in common.
type tb interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}
