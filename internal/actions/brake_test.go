package actions

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAllows(t *testing.T) {
	for _, c := range []struct {
		limit Limit
		want  int
	}{
		{Limit{}, 3},
		{Limit{Changes: 1}, 1},
		{Limit{Changes: 10}, 3},
		{Limit{Changes: 10, Share: 5, Population: 400}, 10},
		{Limit{Changes: 30, Share: 5, Population: 400}, 20},
		{Limit{Share: 5, Population: 400}, 20},
		{Limit{Changes: 30, Share: 5, Population: 30}, 3},
	} {
		if have := c.limit.Allows(); have != c.want {
			t.Errorf("%+v allows %d, want %d", c.limit, have, c.want)
		}
	}
}

// TestBrakeAcrossRuns: what is beyond the limit waits, is told of once, and nothing follows it until a person has released exactly that list.
func TestBrakeAcrossRuns(t *testing.T) {
	b := newBench(t, 30)
	b.limit = Limit{Changes: 5, Share: 50, Population: 30}
	ids := b.propose(0, 3, auto)
	if res := b.apply(); res.Done != 3 || res.Braked != 0 {
		t.Fatalf("%+v", res)
	}
	b.now = b.now.Add(10 * time.Hour)
	ids = append(ids, b.propose(3, 12, auto)...)
	if res := b.apply(); res.Done != 2 || res.Braked != 7 || b.lamps.does != 5 {
		t.Fatalf("%+v", res)
	}
	b.told(ids[0], New, ByPolicy, Begun, Verified)
	braked := 0
	for _, id := range ids[3:] {
		if b.get(id).Braked {
			braked++
			b.told(id, New, Brake)
		}
	}
	if braked != 7 {
		t.Fatalf("%d are marked as braked", braked)
	}
	// Days later the list waits still, without another word, and what is new joins it.
	b.now = b.now.Add(48 * time.Hour)
	b.propose(0, 13, auto)
	if res := b.apply(); res.Done != 0 || res.Braked != 1 {
		t.Fatalf("%+v", res)
	}
	if res := b.apply(); res.Done+res.Braked != 0 {
		t.Fatalf("%+v", res)
	}
	for _, n := range []int{0, 7, 9} {
		_, err := b.ApproveAll(ctx, it, "lamp", n)
		b.wants(err, ErrCount)
	}
	released, err := b.ApproveAll(ctx, it, "lamp", 8)
	if b.must(err); len(released) != 8 {
		t.Fatal(released)
	}
	if res := b.apply(); res.Done != 8 || b.lamps.does != 13 {
		t.Fatalf("%+v", res)
	}
	b.told(released[0], New, Brake, Released, Begun, Verified)
	// The list counts: nobody looked at those one by one. A day later there is room again.
	b.propose(13, 14, auto)
	if res := b.apply(); res.Done != 0 || res.Braked != 1 {
		t.Fatalf("%+v", res)
	}
	_, err = b.ApproveAll(ctx, it, "lamp", 1)
	b.must(err)
	b.apply()
	b.now = b.now.Add(Window + time.Minute)
	b.propose(14, 15, auto)
	if res := b.apply(); res.Done != 1 || res.Braked != 0 {
		t.Fatalf("%+v", res)
	}
}

func TestBrakeLeavesPeopleAlone(t *testing.T) {
	b := newBench(t, 20)
	b.limit = Limit{Changes: 2}
	ids := b.propose(0, 10, nil)
	b.approve(it, ids...)
	if res := b.apply(); res.Done != 10 || res.Braked != 0 {
		t.Fatalf("%+v", res)
	}
	// What a person approved one by one does not use up the brake, and is not held by it.
	more := b.propose(10, 14, auto)
	if res := b.apply(); res.Done != 2 || res.Braked != 2 {
		t.Fatalf("%+v", res)
	}
	for _, id := range more {
		if b.get(id).Braked {
			b.approve(it, id)
		}
	}
	if res := b.apply(); res.Done != 2 || res.Braked != 0 {
		t.Fatalf("%+v", res)
	}
	for _, id := range ids {
		_, err := b.Undo(ctx, it, id, "all of them")
		b.must(err)
	}
}

func TestHeavyOnesFirst(t *testing.T) {
	b := newBench(t, 6)
	ids := b.propose(0, 6, func(p *Proposal) {
		p.Auto = true
		if p.Subject == "lamp/l04" {
			p.Severity = High
		}
	})
	b.limit = Limit{Changes: 1}
	b.apply()
	b.state(Done, ids[4])
}

// A brake that got tighter between approval and change holds what the policy approved before.
func TestBrakeTightens(t *testing.T) {
	b := newBench(t, 4)
	b.limit = Limit{Changes: 3}
	ids := b.propose(0, 3, func(p *Proposal) { p.Auto, p.Notice = true, time.Hour })
	b.apply()
	b.state(Approved, ids...)
	b.limit = Limit{Changes: 1}
	b.now = b.now.Add(2 * time.Hour)
	if res := b.apply(); res.Done != 1 || res.Braked != 2 {
		t.Fatalf("%+v", res)
	}
	// And a policy that no longer says fix takes its approval back.
	b = newBench(t, 1)
	id := b.propose(0, 1, func(p *Proposal) { p.Auto, p.Notice = true, time.Hour })[0]
	b.apply()
	b.propose(0, 1, nil)
	b.state(Proposed, id)
	b.now = b.now.Add(2 * time.Hour)
	b.apply()
	b.told(id, New, ByPolicy, TakenBack)
}

func TestHalt(t *testing.T) {
	b := newBench(t, 3)
	b.propose(0, 2, auto)
	b.approve(it, b.propose(2, 3, nil)...)
	for range 2 {
		res, err := b.Apply(ctx, Input{Halt: "no pupils were found"})
		if b.must(err); res != (Result{Halted: "no pupils were found"}) {
			t.Errorf("%+v", res)
		}
	}
	if b.lamps.looks+b.lamps.does != 0 {
		t.Error("something was done")
	}
	said := 0
	for e, err := range b.EventsSince(ctx, time.Time{}) {
		if b.must(err); e.How == Halted && e.Why == "no pupils were found" {
			said++
		}
	}
	if said != 1 {
		t.Errorf("said %d times", said)
	}
	if res := b.apply(); res.Done != 3 {
		t.Errorf("%+v", res)
	}
}

// A person who undid or declined a change is not overruled by the policy when the finding opens anew.
func TestPolicyDoesNotOverrule(t *testing.T) {
	b := newBench(t, 3)
	ids := b.propose(0, 3, auto)
	b.must(b.Decline(ctx, it, "a spare", Pick{ID: ids[1]}))
	b.apply()
	_, err := b.Undo(ctx, it, ids[0], "needed")
	b.must(err)
	b.state(Done, ids[2])
	b.lamps.is["l02"] = "on"
	b.now = b.now.AddDate(0, 0, 2)
	again := b.propose(0, 3, func(p *Proposal) { p.Auto, p.Opened = true, monday.AddDate(0, 0, 1) })
	b.apply()
	b.state(Proposed, again[:2]...)
	b.state(Done, again[2])
}

// TestBrakeNeverBroken: whatever comes in whichever runs, no 24 hours see more changes by the policy alone than allowed.
func TestBrakeNeverBroken(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t, 40)
		b.limit = Limit{Changes: rapid.IntRange(1, 6).Draw(rt, "changes"), Share: 10, Population: 40}
		var made []time.Time
		next := 0
		for range rapid.IntRange(1, 8).Draw(rt, "runs") {
			b.now = b.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "hours")) * time.Hour)
			n := min(next+rapid.IntRange(0, 6).Draw(rt, "new"), 40)
			b.propose(next, n, auto)
			next = n
			if rapid.Bool().Draw(rt, "declined") { // the list is dealt with, and the brake is off again
				for a, err := range b.List(ctx, Proposed) {
					b.must(err)
					b.must(b.Decline(ctx, it, "", Pick{ID: a.ID}))
				}
			}
			before := b.lamps.does
			b.apply()
			for range b.lamps.does - before {
				made = append(made, b.now)
			}
		}
		for i := range made {
			n := 0
			for _, at := range made[i:] {
				if at.Sub(made[i]) < Window-time.Minute { // the clock moves while changes are waited for
					n++
				}
			}
			if n > b.limit.Allows() {
				rt.Fatalf("%d changes in 24 hours, %d are allowed: %s", n, b.limit.Allows(), fmt.Sprint(made))
			}
		}
	})
}
