package classdojo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

func told(n int, kind Kind, at time.Time) Event {
	e := Event{Kind: kind, Class: oak, At: at.UTC().Truncate(time.Second), Count: 1, Key: hash("told", string(kind), strings.Repeat("x", n)), From: FromCSV}
	e.Link = Target{Kind: Story, Class: oak}.Link()
	if kind != Comment {
		e.Link = Target{Kind: kind, Class: oak}.Link()
	}
	return e
}

// What is told again is no news, also within one list and however much it is.
func TestTellOnce(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	var list []Event
	for n := range batchOf + 20 {
		list = append(list, told(n, []Kind{Story, Comment}[n%2], now.Add(-time.Duration(n)*time.Hour)))
	}
	if n, err := Tell(t.Context(), s, s.Commit, append(slices.Clone(list), list[3])); n != len(list) || err != nil {
		t.Fatalf("%d were new, %v", n, err)
	}
	if n, err := Tell(t.Context(), s, s.Commit, append(slices.Clone(list), told(1000, Story, now))); n != 1 || err != nil {
		t.Fatalf("%d were new the second time, %v", n, err)
	}
	count := func(kind Kind, since time.Time) int {
		n := 0
		for e, err := range WasTold(t.Context(), s, kind, since) {
			if err != nil || kind != "" && e.Kind != kind || e.At.Before(since) {
				t.Fatalf("%+v, %v", e, err)
			}
			n++
		}
		return n
	}
	if all, comments, late := count("", time.Time{}), count(Comment, time.Time{}), count("", now.Add(-2*time.Hour)); all != batchOf+21 || comments != (batchOf+20)/2 || late != 4 {
		t.Errorf("%d in all, %d comments, %d of late", all, comments, late)
	}
	if n, err := Forget(t.Context(), s, s.Commit, now.Add(KeepTold+time.Second)); n != batchOf+21 || err != nil {
		t.Errorf("%d were forgotten, %v", n, err)
	}
	if all := count("", time.Time{}); all != 0 {
		t.Errorf("%d are left", all)
	}
}

func TestTellRefuses(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	bad := told(1, Story, now)
	bad.Class = "Zyx"
	if n, err := Tell(t.Context(), s, s.Commit, []Event{bad}); n != 0 || err == nil || strings.Contains(err.Error(), "Zyx") {
		t.Errorf("%d, %v", n, err)
	}
	full := errors.New("full")
	commit := func(context.Context, *store.Batch) error { return full }
	if n, err := Tell(t.Context(), s, commit, []Event{told(1, Story, now)}); n != 0 || !errors.Is(err, full) {
		t.Errorf("%d, %v", n, err)
	}
	b := &store.Batch{}
	b.Create(Told, "odd", map[string]string{"kind": "story", "at": store.Time(now)}, []byte(`{"kind":"story"}`))
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for _, err := range WasTold(t.Context(), s, "", time.Time{}) {
		if err == nil {
			t.Error("what is no event is told")
		}
	}
}
