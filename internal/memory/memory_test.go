package memory

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	memstore "esafetybot/internal/store/memory"
)

var ctx = context.Background()

func open(t *testing.T, s store.Store, now time.Time) *Book {
	t.Helper()
	b, err := Open(ctx, s, now, s.Commit)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBook(t *testing.T) {
	raw, err := memstore.Open()
	if err != nil {
		t.Fatal(err)
	}
	s := store.Counting(raw)
	first := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	b := open(t, s, first)
	for i := range 500 {
		b.Of(fmt.Sprint(i)).Roll = "sha256-1"
	}
	b.Of("7").Alarms = []Alarm{{"suspicious_login", first}}
	b.SetClass("c1", &Class{Read: first, Members: []seen.ClassMember{{ID: "1", Teacher: true}}})
	b.Cursors["login/password_edit"] = first
	if err := b.Flush(ctx); err != nil {
		t.Fatal(err)
	}

	s.Reset()
	b = open(t, s, first.AddDate(0, 0, 1))
	if b.Peek("nobody").Roll != "" || len(b.past) != 500 {
		t.Fatalf("%d accounts, or one made by looking", len(b.past))
	}
	if err := b.Flush(ctx); err != nil || s.Writes() != 0 {
		t.Fatalf("nothing changed, and %d writes (%v)", s.Writes(), err)
	}
	want := Past{Roll: "sha256-1", Alarms: []Alarm{{"suspicious_login", first}}}
	if diff := cmp.Diff(want, b.Peek("7")); diff != "" {
		t.Error(diff)
	}
	if !b.First.Equal(first) || !b.Cursors["login/password_edit"].Equal(first) || b.Class("c1") == nil {
		t.Errorf("first %v, cursors %v", b.First, b.Cursors)
	}

	b.Of("7").Left = "2026-11-02"
	if err := b.Flush(ctx); err != nil || s.Writes() != 1 {
		t.Fatalf("one account changed, and %d writes (%v)", s.Writes(), err)
	}
	seven := func(id string) bool { return id == "7" }
	b.Forget(seven, calendar.Date{Year: 2026, Month: 11, Day: 3})
	if b.Forget(seven, calendar.Date{Year: 2026, Month: 12, Day: 3}); len(b.past) != 500 {
		t.Errorf("%d accounts, thirty days after the others went", len(b.past))
	}
	b.Forget(func(id string) bool { return id == "7" || id == "8" }, calendar.Date{Year: 2026, Month: 12, Day: 3}) // brought back
	b.Forget(func(id string) bool { return id == "7" || id == "8" }, calendar.Date{Year: 2026, Month: 12, Day: 4})
	if b.Peek("8").Gone != "" {
		t.Error("an account that was brought back is gone")
	}
	b.Forget(seven, calendar.Date{Year: 2026, Month: 12, Day: 5})
	b.Forget(seven, calendar.Date{Year: 2027, Month: 2, Day: 5})
	b.ForgetClasses(func(string) bool { return false })
	if err := b.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	b = open(t, s, first)
	if b.Class("c1") != nil || len(b.past) != 1 || b.Peek("7").Left != "2026-11-02" {
		t.Errorf("after forgetting: %d accounts, class %v", len(b.past), b.Class("c1"))
	}
}
