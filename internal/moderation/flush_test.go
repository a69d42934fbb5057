package moderation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/store"
	"esafetybot/internal/store/storetest"
)

// Whatever alone is known of a class is kept.
func TestFlushKeeps(t *testing.T) {
	s := open(t)
	b := book(t, s)
	b.Class("named").Name = "Ash"
	b.Class("taught").Teach("kim")
	b.Class("posted").Post("7").Title = "Our river"
	b.Class("covered").AddCover(Cover{ID: "v", Who: "moe", From: date("2026-11-17"), Until: date("2026-11-18")})
	b.Class("blogged").Blog = &Blog{Listed: true}
	b.Class("filed").Files = &Files{Read: hour(1)}
	if err := b.Flush(t.Context(), s.Commit, nil); err != nil {
		t.Fatal(err)
	}
	again := book(t, s)
	if diff := cmp.Diff([]string{"blogged", "covered", "filed", "named", "posted", "taught"}, again.Courses()); diff != "" {
		t.Errorf("kept (-want +have):\n%s", diff)
	}
	if !again.Has("named") || again.Has("nobody's") {
		t.Error("it does not know what it has")
	}
}

// A batch is as large as the store takes it, not larger, however much is known of classes; what goes along goes with the last where it fits.
func TestFlushSizes(t *testing.T) {
	// sizes flushes one class whose name is so long, and what goes along, and gives the writes and bytes of each batch.
	sizes := func(name int, extra *store.Batch) (writes, bytes []int) {
		b := book(t, open(t))
		b.Class("c").Name = strings.Repeat("n", name)
		err := b.Flush(t.Context(), func(_ context.Context, batch *store.Batch) error {
			writes, bytes = append(writes, batch.Writes()), append(bytes, batch.Size())
			return nil
		}, extra)
		if err != nil {
			t.Fatal(err)
		}
		return writes, bytes
	}
	along := func(size int) *store.Batch {
		b := &store.Batch{}
		b.Create(Classes, "x", nil, make([]byte, size))
		return b
	}
	// half is the name with which the class and nothing else fill half of a batch.
	_, both := sizes(1, along(0))
	_, apart := sizes(store.MaxBatchBytes, nil)
	_, state := sizes(store.MaxBatchBytes, along(0))
	half := store.MaxBatchBytes - (apart[0] - store.MaxBatchBytes/2)
	for _, c := range []struct {
		name   string
		class  int
		extra  *store.Batch
		writes []int
	}{
		{"nothing along", 1, nil, []int{2}},
		{"something", 1, along(1), []int{3}},
		{"as much as fits", 1, along(store.MaxBatchBytes - both[0]), []int{3}},
		{"a byte more", 1, along(store.MaxBatchBytes - both[0] + 1), []int{2, 1}},
		{"half of a batch", half, nil, []int{2}},
		{"a byte more than half", half + 1, nil, []int{1, 1}},
		{"and something along", half + 1, along(store.MaxBatchBytes - state[1]), []int{1, 2}},
	} {
		writes, bytes := sizes(c.class, c.extra)
		if diff := cmp.Diff(c.writes, writes); diff != "" {
			t.Errorf("%s: %v bytes (-want +have):\n%s", c.name, bytes, diff)
		}
	}
	// By number as by size.
	for extra, want := range map[int]int{store.MaxBatchWrites - 2: 1, store.MaxBatchWrites - 1: 2} {
		many := &store.Batch{}
		for i := range extra {
			many.Create(Classes, fmt.Sprint(i), nil, nil)
		}
		if writes, _ := sizes(1, many); len(writes) != want {
			t.Errorf("%d along: batches of %v, want %d of them", extra, writes, want)
		}
	}
}

// Whichever batch fails, the flush tells: nobody takes for written what is not.
func TestFlushFailsAnywhere(t *testing.T) {
	down := errors.New("the state is full")
	for classes, batches := range map[int]int{98: 2, 99: 2, 100: 3, 101: 3} { // with the cursor, and with what goes along, which needs a batch of its own
		for fails := range batches {
			b := book(t, open(t))
			for i := range classes {
				b.Class(fmt.Sprintf("c%03d", i)).Teach("kim")
			}
			extra := &store.Batch{}
			for i := range store.MaxBatchWrites {
				extra.Create(Classes, fmt.Sprintf("x%03d", i), nil, []byte("{}"))
			}
			n := -1
			err := b.Flush(t.Context(), func(context.Context, *store.Batch) error {
				if n++; n >= fails {
					return down
				}
				return nil
			}, extra)
			if !errors.Is(err, down) || n != fails {
				t.Errorf("%d classes, batch %d fails: %v after %d", classes, fails, err, n)
			}
		}
	}
	// So is what cannot be written at all.
	b := book(t, open(t))
	b.Class("c").Post("7").Made = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := b.Flush(t.Context(), func(context.Context, *store.Batch) error { return nil }, nil); err == nil {
		t.Error("a class that cannot be written is taken for written")
	}
}

// One class is read alone; of none nothing is made up.
func TestLoad(t *testing.T) {
	s := open(t)
	b := book(t, s)
	b.Class("51").Teach("kim")
	b.Cursor = hour(1)
	if err := b.Flush(t.Context(), s.Commit, nil); err != nil {
		t.Fatal(err)
	}
	broken := &store.Batch{}
	broken.Create(Classes, "52", nil, []byte("{"))
	if err := s.Commit(t.Context(), broken); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(t.Context(), s, "51"); err != nil || !c.Teaches("kim") {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := Load(t.Context(), s, "7"); !errors.Is(err, store.ErrNotFound) || c != nil {
		t.Errorf("of a class of which nothing is known: %+v, %v", c, err)
	}
	if c, err := Load(t.Context(), s, "52"); err == nil || !strings.Contains(err.Error(), "52") || c != nil {
		t.Errorf("what cannot be read: %+v, %v", c, err)
	}
	if c, err := Load(t.Context(), s, stateKey); err != nil || c != nil {
		t.Errorf("what is no class: %+v, %v", c, err)
	}
	if _, err := Open(t.Context(), storetest.Flaky(s, 1, storetest.Faults{Reads: 1})); !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("what could not be read: %v", err)
	}
}

// The same act, look or cover is taken up once, and the first of it stays.
func TestOnce(t *testing.T) {
	p := &Post{}
	if !p.Add(Act{At: hour(1), Key: "a"}) || p.Add(Act{At: hour(1), Key: "a"}) || !p.Add(Act{At: hour(0), Key: "b"}) {
		t.Error("it does not know what is new")
	}
	for _, v := range []Review{{ID: "1", At: hour(1), By: "kim"}, {ID: "2", At: hour(2)}, {ID: "1", At: hour(3), By: "moe"}} {
		p.AddReview(v)
	}
	if diff := cmp.Diff([]Review{{ID: "1", At: hour(1), By: "kim"}, {ID: "2", At: hour(2)}}, p.Reviews); diff != "" {
		t.Errorf("looks (-want +have):\n%s", diff)
	}
}

// Who stands in is ended for one person, and what was not begun is gone, not turned round.
func TestEndCover(t *testing.T) {
	one := func(id, who, from, until string) Cover {
		return Cover{ID: id, Who: who, From: date(from), Until: date(until)}
	}
	c := &Class{Cover: []Cover{
		one("a", "moe", "2026-11-02", "2026-11-06"), one("b", "moe", "2026-11-04", "2026-11-09"), one("c", "moe", "2026-11-05", "2026-11-09"), one("d", "lou", "2026-11-05", "2026-11-09"),
	}}
	c.EndCover("moe", date("2026-11-04"))
	if diff := cmp.Diff([]Cover{one("a", "moe", "2026-11-02", "2026-11-03"), one("d", "lou", "2026-11-05", "2026-11-09")}, c.Cover); diff != "" {
		t.Errorf("who stands in (-want +have):\n%s", diff)
	}
}

// Somebody of whom nothing is known never counts as somebody whose business it is.
func TestNobodyHosts(t *testing.T) {
	c := &Class{Taught: []string{"", "kim"}}
	day := calendar.DateOf(hour(0))
	if c.Hosted("", day) || !c.Hosted("kim", day) || c.Hosted("moe", day) {
		t.Error("it is not the teacher who looks after the class")
	}
}
