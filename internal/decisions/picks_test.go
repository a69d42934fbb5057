package decisions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/store"
	"esafetybot/internal/store/storetest"
)

func picks(n int) []Pick {
	out := []Pick{}
	for i := range n {
		out = append(out, Pick{ID: fmt.Sprint(i)})
	}
	return out
}

// A decision without what it is about counts for nothing, whoever made it: the site would not have sent it.
func TestCheckPicks(t *testing.T) {
	long := strings.Repeat("é", MostWhy)
	full := Decision{
		ID: "1", At: noon, By: By{ID: "kim", Hash: "h"}, Item: "blog-post/1-2", Comment: "3", To: Show, Until: "2026-12-01", Answer: "keep", Why: "the trip is over in May", Kind: "unshare", Expect: 1,
		From: "2026-11-18", Reminder: "policy", Period: "2026-11", Incident: json.RawMessage(`{}`), Findings: picks(1), Changes: picks(1),
	}
	with := func(change func(*Decision)) Decision { d := full; change(&d); return d }
	for _, c := range []struct {
		name string
		dos  string
		d    Decision
		ok   bool
	}{
		{"whole", "agree end-agreement ask-owner owner-answer approve approve-all decline undo closed not-closed moderate incident read-policy", full, true},
		{"the most that it may be about", "agree end-agreement ask-owner approve decline", with(func(d *Decision) { d.Findings, d.Changes = picks(MostPicks), picks(MostPicks) }), true},
		{"more", "agree end-agreement ask-owner approve decline", with(func(d *Decision) { d.Findings, d.Changes = picks(MostPicks+1), picks(MostPicks+1) }), false},
		{"nothing", "agree end-agreement ask-owner owner-answer approve decline undo", with(func(d *Decision) { d.Findings, d.Changes = nil, nil }), false},
		{"two", "agree end-agreement ask-owner approve decline", with(func(d *Decision) { d.Findings, d.Changes = picks(2), picks(2) }), true},
		{"two, of which one is asked", "owner-answer undo", with(func(d *Decision) { d.Findings, d.Changes = picks(2), picks(2) }), false},
		{"one twice", "agree end-agreement ask-owner approve decline", with(func(d *Decision) { d.Findings = []Pick{{ID: "a"}, {ID: "b"}, {ID: "a"}}; d.Changes = d.Findings }), false},
		{"one without an id", "agree end-agreement ask-owner owner-answer approve decline undo", with(func(d *Decision) { d.Findings = []Pick{{Facts: []string{"x"}}}; d.Changes = d.Findings }), false},
		{"no reason", "agree owner-answer decline undo", with(func(d *Decision) { d.Why = "" }), false},
		{"a reason of spaces", "agree owner-answer decline undo", with(func(d *Decision) { d.Why = " \u00a0\n" }), false},
		{"no reason where none is asked", "end-agreement ask-owner approve approve-all", with(func(d *Decision) { d.Why = "" }), true},
		{"as long as a reason may be", "agree owner-answer decline undo", with(func(d *Decision) { d.Why = long }), true},
		{"a reason that is too long", "agree owner-answer decline undo", with(func(d *Decision) { d.Why = long + "é" }), false},
		{"no end", "agree owner-answer", with(func(d *Decision) { d.Until = "" }), false},
		{"it is needed no longer", "owner-answer", with(func(d *Decision) { d.Answer, d.Until, d.Why = "stop", "", "" }), true},
		{"they do not know", "owner-answer", with(func(d *Decision) { d.Answer, d.Until, d.Why = "not-sure", "", "" }), true},
		{"not needed, as long as a reason may be", "owner-answer", with(func(d *Decision) { d.Answer, d.Why = "stop", long }), true},
		{"not needed, for too long a reason", "owner-answer", with(func(d *Decision) { d.Answer, d.Why = "stop", long+"é" }), false},
		{"another answer", "owner-answer", with(func(d *Decision) { d.Answer = "yes" }), false},
		{"no answer", "owner-answer", with(func(d *Decision) { d.Answer = "" }), false},
		{"all of no kind", "approve-all", with(func(d *Decision) { d.Kind = "" }), false},
		{"all of none", "approve-all", with(func(d *Decision) { d.Expect = 0 }), false},
		{"no day", "closed not-closed", with(func(d *Decision) { d.From = "" }), false},
		{"a list", "exported", with(func(d *Decision) { d.Kind = ExportAccess }), true},
		{"another", "exported", with(func(d *Decision) { d.Kind = ExportIncidents }), true},
		{"no list", "exported", full, false},
		{"done", "confirm", with(func(d *Decision) { d.Answer = "done" }), true},
		{"not done, with a note", "confirm", with(func(d *Decision) { d.Answer, d.Note = "not-done", strings.Repeat("é", MostNote) }), true},
		{"neither", "confirm", full, false},
		{"too long a note", "confirm", with(func(d *Decision) { d.Answer, d.Note = "done", strings.Repeat("é", MostNote+1) }), false},
		{"no reminder", "confirm", with(func(d *Decision) { d.Answer, d.Reminder = "done", "" }), false},
		{"no period", "confirm", with(func(d *Decision) { d.Answer, d.Period = "done", "" }), false},
		{"a reminder of two lines", "confirm", with(func(d *Decision) { d.Answer, d.Reminder = "done", "one\ntwo" }), false},
		{"a period that is too long", "confirm", with(func(d *Decision) { d.Answer, d.Period = "done", strings.Repeat("1", mostKey+1) }), false},
		{"hidden", "moderate", with(func(d *Decision) { d.To = Hide }), true},
		{"removed", "moderate", with(func(d *Decision) { d.To = Remove }), true},
		{"made something else", "moderate", with(func(d *Decision) { d.To = "pinned" }), false},
		{"on no post", "moderate", with(func(d *Decision) { d.Item = "" }), false},
		{"no comment", "moderate", with(func(d *Decision) { d.Comment = "" }), false},
		{"an empty form", "incident", with(func(d *Decision) { d.Incident = nil }), false},
		{"in private", "agree", with(func(d *Decision) { d.Private = true }), true},
		{"what nobody agrees to, in private", "end-agreement approve incident", with(func(d *Decision) { d.Private = true }), false},
	} {
		for do := range strings.FieldsSeq(c.dos) {
			c.d.Do = do
			if err := c.d.Check(); (err == nil) != c.ok {
				t.Errorf("%s: %s: %v", do, c.name, err)
			}
		}
	}
	// What is answered about a class on ClassDojo stands in the place of an answer.
	said := func(n int) map[string]string {
		out := map[string]string{}
		for i := range n {
			out[fmt.Sprint(i)] = "off"
		}
		return out
	}
	for _, c := range []struct {
		said   int
		answer string
		ok     bool
	}{{1, "", true}, {mostSaid, "", true}, {mostSaid + 1, "", false}, {1, "yes", false}, {0, "yes", true}, {0, "", false}} {
		d := Decision{ID: "1", At: noon, By: By{ID: "kim"}, Do: Answer, CheckIn: "classdojo", Answer: c.answer, Said: said(c.said)}
		if err := d.Check(); (err == nil) != c.ok {
			t.Errorf("%d said and the answer %q: %v", c.said, c.answer, err)
		}
	}
}

// settle settles a decision, and gives how many documents were written.
func (d *desk) settle(tray *Tray, dec Decision, commit func(context.Context, *store.Batch) error) (int, error) {
	d.t.Helper()
	writes := 0
	err := tray.Settle(d.t.Context(), dec, Judgement{At: d.now, Counts: true}, &store.Batch{}, func(ctx context.Context, b *store.Batch) error {
		writes = b.Writes()
		return commit(ctx, b)
	})
	return writes, err
}

// Each decision is settled with its effect, once, and how far the worker came is noted only where it came further.
func TestSettle(t *testing.T) {
	d := newDesk(t)
	older, newer := d.make("a", review("1", minutes(1))), d.make("b", review("2", minutes(2)))
	future, now := d.make("c", review("3", d.now.Add(time.Hour))), d.make("d", review("4", d.now))
	tray := d.waiting(Reviewed)
	for _, c := range []struct {
		name   string
		d      Decision
		writes int
	}{
		{"the first", newer, 2}, {"an older one", older, 1}, {"one from the future", future, 1}, {"one of this moment", now, 2},
	} {
		if n, err := d.settle(tray, c.d, d.main.Commit); err != nil || n != c.writes {
			t.Errorf("%s: %d documents, want %d (%v)", c.name, n, c.writes, err)
		}
	}
	if have := d.waiting(Reviewed).Waiting; len(have) != 0 {
		t.Errorf("settled, and they wait: %v", have)
	}
	// It came as far as now: one made more than an hour earlier shows too late, one within the hour does not.
	d.make("too late", review("5", d.now.Add(-61*time.Minute)))
	late := d.make("late", review("6", d.now.Add(-59*time.Minute)))
	if have := d.take(Reviewed); !cmp.Equal(have, []string{late.ID}) {
		t.Errorf("taken up were %v, want %v", have, late.ID)
	}
}

// One that could not be written is settled the next time, as if nothing had been.
func TestSettleFails(t *testing.T) {
	d := newDesk(t)
	first, second := d.make("a", review("1", minutes(1))), d.make("b", review("2", minutes(2)))
	tray, down := d.waiting(Reviewed), errors.New("the state is full")
	if _, err := d.settle(tray, first, func(context.Context, *store.Batch) error { return down }); !errors.Is(err, down) {
		t.Errorf("it could not be written: %v", err)
	}
	for _, one := range []Decision{first, second} {
		if n, err := d.settle(tray, one, d.main.Commit); err != nil || n != 2 {
			t.Errorf("the next time: %d documents, %v", n, err)
		}
	}
	mad := Judgement{At: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)} // no clock says so
	if err := tray.Settle(t.Context(), first, mad, &store.Batch{}, func(context.Context, *store.Batch) error { return nil }); err == nil {
		t.Error("what cannot be written is taken for settled")
	}
	if err := tray.Judge(first, mad.At, ""); err == nil {
		t.Error("what cannot be written is taken for judged")
	}
}

// What people decided lately is shown to them newest first, with what became of it; what somebody else wrote into the site's store is not shown.
func TestRecent(t *testing.T) {
	d := newDesk(t)
	judged, waits := d.make("a", review("1", minutes(1))), d.make("b", review("2", minutes(2)))
	d.make("before", review("3", minutes(-1)))
	ended := review("4", minutes(3))
	ended.Do = EndCover
	ended = d.make("c", ended)
	other := review("5", minutes(4))
	other.Do = Cover
	d.make("d", other)
	d.forge(strings.Repeat("ab", 16), Reviewed, minutes(5), "{")
	d.forge(strings.Repeat("cd", 16), Reviewed, minutes(5), `{"id":"`+judged.ID+`"}`)
	d.forge(strings.Repeat("ef", 16), Reviewed, minutes(5), `{"id":"`+strings.Repeat("ef", 16)+`","at":5}`)
	tray := d.waiting(Reviewed)
	if _, err := d.settle(tray, judged, d.main.Commit); err != nil {
		t.Fatal(err)
	}
	have, err := Recent(t.Context(), d.site, d.main, noon, Reviewed, EndCover)
	want := []Heard{{ended, nil}, {waits, nil}, {judged, &Judgement{At: d.now, Counts: true}}}
	if diff := cmp.Diff(want, have); diff != "" || err != nil {
		t.Errorf("%v (-want +have):\n%s", err, diff)
	}
	for first, err := range Since(t.Context(), d.site, Reviewed, noon) {
		if first.ID != judged.ID || err != nil {
			t.Errorf("the first is %v, %v", first, err)
		}
		break
	}
	broken := storetest.Faults{Reads: 1}
	for name, s := range map[string][2]store.Store{"the site's": {storetest.Flaky(d.site, 1, broken), d.main}, "the worker's": {d.site, storetest.Flaky(d.main, 1, broken)}} {
		if have, err := Recent(t.Context(), s[0], s[1], noon, Reviewed); !errors.Is(err, storetest.ErrInjected) || have != nil {
			t.Errorf("%s store cannot be read: %v, %v", name, have, err)
		}
		if tray, err := Open(t.Context(), s[0], s[1], Reviewed); !errors.Is(err, storetest.ErrInjected) || tray != nil {
			t.Errorf("%s store cannot be read: %v, %v", name, tray, err)
		}
	}
	if j, err := Judged(t.Context(), storetest.Flaky(d.main, 1, broken), judged.ID); !errors.Is(err, storetest.ErrInjected) || j != nil {
		t.Errorf("the worker's store cannot be read: %v, %v", j, err)
	}
}

// What cannot be written is not taken for noted.
func TestMakeUnwritable(t *testing.T) {
	d := newDesk(t)
	if _, err := Make(t.Context(), d.site, "c", Decision{At: noon, Do: Incident, Incident: json.RawMessage("{")}); err == nil || left(t, d.site, Decisions) != 0 {
		t.Errorf("what cannot be written is taken for noted: %v", err)
	}
}
