package actions

import (
	"context"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/store"
)

func TestProposedOnce(t *testing.T) {
	b := newBench(t, 0)
	ids := b.propose(0, 300, nil)
	b.count.Reset()
	b.now = b.now.AddDate(0, 0, 1)
	if again := b.propose(0, 300, nil); again[0] != ids[0] {
		t.Errorf("proposed again as %s, was %s", again[0], ids[0])
	}
	if n := b.count.Writes(); n != 0 {
		t.Errorf("proposing the same again wrote %d documents", n)
	}
	if n := countIn(b, Proposed); n != 300 {
		t.Errorf("%d proposed, want 300", n)
	}
	// A new opening, other parameters, another kind: another action.
	p := lamp(0)
	seen := map[string]bool{ids[0]: true}
	for _, edit := range []func(){
		func() { p.Opened = monday.Add(1) }, func() { p.Params = map[string]string{"lamp": "l00", "to": "dim"} }, func() { p.Kind = "bulb" }, func() { p.Finding += "x" },
	} {
		edit()
		id := ID(p.Finding, p.Opened, p.Change)
		if seen[id] {
			t.Errorf("%s is another change's id", id)
		}
		seen[id] = true
	}
}

func countIn(b *bench, s ...State) (n int) {
	for _, err := range b.List(ctx, s...) {
		b.must(err)
		n++
	}
	return n
}

func TestNobodyJudgesThemselves(t *testing.T) {
	for name, edit := range map[string]func(*Proposal){
		"own account": func(p *Proposal) { p.Subject = "user/it" },
		"own file":    func(p *Proposal) { p.Concerns = []string{"other", "it"} },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 2)
			id := b.propose(0, 1, edit)[0]
			other := b.propose(1, 2, nil)[0]
			b.wants(b.Approve(ctx, it, Pick{ID: other}, Pick{ID: id}), ErrSelf)
			b.state(Proposed, other) // all or none
			b.wants(b.Decline(ctx, it, "no", Pick{ID: id}), ErrSelf)
			_, err := b.ApproveAll(ctx, it, "lamp", 2)
			b.wants(err, ErrCount)
			if !strings.Contains(err.Error(), "1 of the kind lamp wait, not 2 (and 1 that concern yourself") {
				t.Errorf("the error does not say how many are the person's own: %v", err)
			}
			_, err = b.ApproveAll(ctx, it, "lamp", 1)
			b.must(err)
			b.state(Proposed, id)
			b.approve(head, id)
			b.apply()
			_, err = b.Undo(ctx, it, id, "mine")
			b.wants(err, ErrSelf)
			b.state(Done, id)
		})
	}
}

func TestWhoDecidesMustBeKnown(t *testing.T) {
	b := newBench(t, 1)
	id := b.propose(0, 1, nil)[0]
	for _, by := range []By{{}, {Role: "workspace_admin"}, {Address: "it@school.example"}} {
		b.wants(b.Approve(ctx, by, Pick{ID: id}), ErrState)
	}
	b.wants(b.Approve(ctx, it, Pick{ID: "lamp-none"}), store.ErrNotFound)
	b.wants(b.Approve(ctx, it, Pick{ID: "a/b"}), store.ErrBadKey)
}

func TestHighTakesTwo(t *testing.T) {
	b := newBench(t, 2)
	ids := b.propose(0, 2, high)
	b.approve(it, ids...)
	b.state(Once, ids...)
	b.apply()
	if b.lamps.does != 0 {
		t.Fatal("done after one approval")
	}
	for _, same := range []By{it, {Role: "esafety_officer", Address: "IT@school.example"}, {Role: "esafety_officer", Address: "alias@school.example", ID: "it"}} {
		b.wants(b.Approve(ctx, same, Pick{ID: ids[0]}), ErrSecond)
		_, err := b.ApproveAll(ctx, same, "lamp", 2)
		b.wants(err, ErrCount)
	}
	b.approve(head, ids[0])
	b.state(Approved, ids[0])
	b.told(ids[0], New, First, Agreed)
	b.wants(b.Approve(ctx, head, Pick{ID: ids[0]}), ErrState)
	if res := b.apply(); res.Done != 1 {
		t.Errorf("%+v", res)
	}
	b.state(Once, ids[1])
	if who := b.get(ids[0]).Approvals; len(who) != 2 || who[0].Hash == "" || who[0].Hash == who[1].Hash || strings.Contains(who[0].Hash, "@") {
		t.Errorf("approvals %+v", who)
	}
}

func TestApprovalBindsToFacts(t *testing.T) {
	b := newBench(t, 3)
	ids := b.propose(0, 3, nil)
	b.wants(b.Approve(ctx, it, Pick{ID: ids[0], Facts: []string{"a", "b"}}), ErrChanged)
	b.must(b.Approve(ctx, it, Pick{ID: ids[0], Facts: []string{"b"}}, Pick{ID: ids[1]}))
	b.must(b.Decline(ctx, it, "a spare lamp", Pick{ID: ids[2]}))
	b.propose(0, 3, nil)
	b.state(Approved, ids[:2]...)
	b.state(Declined, ids[2])
	b.propose(0, 3, func(p *Proposal) { p.Facts = nil }) // fewer facts
	b.state(Approved, ids[:2]...)
	b.propose(1, 3, func(p *Proposal) { p.Facts = []string{"a", "b"} })
	b.state(Approved, ids[0])
	b.state(Proposed, ids[1:]...)
	b.told(ids[1], New, Agreed, NewFacts)
	b.told(ids[2], New, Rejected, NewFacts)
	if a := b.get(ids[1]); len(a.Approvals) != 0 || len(a.Facts) != 2 {
		t.Errorf("%+v", a)
	}
	// What becomes of high severity needs a second person after all.
	b.propose(0, 1, high)
	b.state(Proposed, ids[0])
	b.approve(it, ids[0])
	b.state(Once, ids[0])
}

func TestLapses(t *testing.T) {
	b := newBench(t, 2)
	friday := time.Date(2026, 10, 16, 11, 0, 0, 0, time.UTC) // half-term is 26 to 30 October
	b.now = friday
	ids := b.propose(0, 2, nil)
	b.approve(it, ids[0])
	b.propose(1, 2, high)
	b.approve(it, ids[1])
	last := time.Date(2026, 10, 23, 17, 0, 0, 0, time.UTC) // the fifth school day
	if at := b.LapsesAt(b.get(ids[0])); !at.Equal(last) {
		t.Fatalf("lapses at %s, want %s", at, last)
	}
	b.now = last.Add(-time.Second)
	if n, err := b.Lapse(ctx); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	b.now = last
	if res := b.apply(); res.Lapsed != 2 || res.Done != 0 || b.lamps.does != 0 {
		t.Fatalf("%+v", res)
	}
	b.state(Lapsed, ids...)
	// Still called for: proposed again. Or approved again at once.
	b.propose(1, 2, high)
	b.state(Proposed, ids[1])
	b.approve(it, ids[0])
	if res := b.apply(); res.Done != 1 {
		t.Fatalf("%+v", res)
	}
	b.told(ids[0], New, Agreed, TooLate, Agreed, Begun, Verified)
	// Approved on a Monday before a holiday: it outlasts half-term. Beyond the term dates working days count.
	b.now = time.Date(2026, 12, 16, 9, 0, 0, 0, time.UTC)
	b.approve(it, ids[1])
	if at := b.LapsesAt(b.get(ids[1])); !at.Equal(time.Date(2026, 12, 23, 17, 0, 0, 0, time.UTC)) {
		t.Errorf("lapses at %s", at)
	}
}

func TestNotBefore(t *testing.T) {
	b := newBench(t, 2)
	later := b.now.AddDate(0, 1, 0)
	ids := b.propose(0, 2, func(p *Proposal) {
		if p.Subject == "lamp/l00" {
			p.NotBefore = later
		} else {
			p.Notice = 20 * time.Hour
		}
	})
	b.approve(it, ids...)
	if res := b.apply(); res.Waiting != 2 || b.lamps.does != 0 {
		t.Fatalf("%+v", res)
	}
	b.now = b.now.Add(21 * time.Hour)
	if res := b.apply(); res.Waiting != 1 || res.Done != 1 {
		t.Fatalf("%+v", res)
	}
	b.now = later.Add(-time.Minute)
	b.apply()
	b.state(Approved, ids[0]) // did not lapse while it had to wait
	b.now = later
	b.apply()
	b.state(Done, ids...)
}

func TestWithdraw(t *testing.T) {
	b := newBench(t, 5)
	ids := b.propose(0, 5, nil)
	b.approve(it, ids[1], ids[2])
	b.must(b.Decline(ctx, it, "", Pick{ID: ids[3]}))
	b.lamps.is["l02"] = "off"
	n, err := b.Withdraw(ctx, func(_ context.Context, a *Action) (string, error) {
		if a.ID == ids[4] {
			return "", nil
		}
		return "put right", nil
	})
	if b.must(err); n != 3 {
		t.Errorf("%d withdrawn", n)
	}
	b.state(Withdrawn, ids[:3]...)
	b.state(Declined, ids[3])
	b.state(Proposed, ids[4])
	b.wants(b.Approve(ctx, it, Pick{ID: ids[0]}), ErrState)
	if b.apply(); b.lamps.does != 0 {
		t.Error("done although withdrawn")
	}
	b.propose(0, 1, nil)
	b.state(Proposed, ids[0])
	if n := countOf(b, lamp(0).Finding); n != 1 {
		t.Errorf("%d actions for the finding", n)
	}
}

func countOf(b *bench, finding string) (n int) {
	for _, err := range b.Of(ctx, finding) {
		b.must(err)
		n++
	}
	return n
}
