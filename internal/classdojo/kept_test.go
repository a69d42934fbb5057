package classdojo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

func opened(t *testing.T) store.Store {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t *testing.T) store.Store {
	t.Helper()
	s := opened(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

var errFull = errors.New("full")

func hint(n int) Event {
	return Event{Kind: Story, Class: oak, Link: storyOf(oak), At: now, Count: 1, Key: hash("hint", fmt.Sprint(n)), From: FromRelay}
}

// unwritable is an event whose time JSON has no form for.
func unwritable(e Event) Event {
	e.At = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	return e
}

// A hint is left whole, once, together with what is to be left beside it, or not at all; the error of one that was there already is told from any other.
func TestLeave(t *testing.T) {
	beside := func(b *store.Batch) error {
		b.Create(Told, "beside", map[string]string{"kind": "story", "at": store.Time(now)}, []byte("{}"))
		return nil
	}
	for name, c := range map[string]struct {
		to     store.Store
		beside func(*store.Batch) error
		first  Event // left before, unless it has no key
		e      Event
		want   error // nil: it is left
		twice  bool
	}{
		"alone":                              {opened(t), nil, Event{}, hint(1), nil, false},
		"with something beside it":           {opened(t), beside, Event{}, hint(1), nil, false},
		"after another":                      {opened(t), nil, hint(2), hint(1), nil, false},
		"after itself":                       {opened(t), nil, hint(1), hint(1), ErrTwice, true},
		"what goes beside it cannot be made": {opened(t), func(*store.Batch) error { return errFull }, Event{}, hint(1), errFull, false},
		"the store is closed":                {closed(t), nil, Event{}, hint(1), store.ErrClosed, false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.first.Key != "" {
				if err := (Hints{Store: c.to}).Leave(ctx, c.first, now); err != nil {
					t.Fatal(err)
				}
			}
			err := Hints{Store: c.to, Beside: c.beside}.Leave(ctx, c.e, now)
			if !errors.Is(err, c.want) || errors.Is(err, ErrTwice) != c.twice {
				t.Errorf("%v, want %v", err, c.want)
			}
			_, there := c.to.Get(ctx, Left, c.e.Key)
			if left := there == nil; left != (err == nil || c.twice) {
				t.Errorf("left: %v", left)
			}
			if _, err := c.to.Get(ctx, Told, "beside"); (err == nil) != (name == "with something beside it") {
				t.Errorf("beside it: %v", err)
			}
		})
	}
	s := opened(t)
	if err := (Hints{Store: s}).Leave(ctx, unwritable(hint(1)), now); err == nil {
		t.Error("what cannot be written down is left")
	}
	if _, err := s.Get(ctx, Left, hint(1).Key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("something is left of what cannot be written down: %v", err)
	}
}

// What somebody who faces the internet wrote is taken for a hint only if the relay could have written it. Each is refused for its own reason, by its key, and the next ones follow.
func TestHintsThatTheRelayDidNotWrite(t *testing.T) {
	const (
		unread = "it cannot be read"
		other  = "it was not written by the relay"
	)
	for name, c := range map[string]struct {
		change func(*Event)
		want   string
	}{
		"a Story":                 {func(*Event) {}, ""},
		"messages":                {func(e *Event) { e.Kind, e.Link = Messages, Target{Kind: Messages, Class: oak}.Link() }, ""},
		"under another key":       {func(e *Event) { e.Key = hash("other") }, other},
		"by another source":       {func(e *Event) { e.From = FromMailbox }, other},
		"somebody looked":         {func(e *Event) { e.Kind, e.By = Looked, "1058" }, other},
		"what only a person sees": {func(e *Event) { e.Kind = Comment }, other},
		"a class's name":          {func(e *Event) { e.Class = "Zyx" }, "its class is no id of ClassDojo's"},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t)
			e := hint(1)
			c.change(&e)
			leaveAt(t, s, hint(1).Key, e)
			for e, err := range (Relayed{Store: s}).Events(ctx) {
				switch {
				case c.want == "" && (err != nil || e.Key != hint(1).Key):
					t.Error(e, err)
				case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), hint(1).Key) || strings.Contains(err.Error(), "Zyx")):
					t.Errorf("%v, want %s", err, c.want)
				case c.want != "" && e != Event{}:
					t.Errorf("refused, but told: %+v", e)
				}
			}
		})
	}
	s := opened(t)
	b := &store.Batch{}
	b.Create(Left, hint(1).Key, map[string]string{"received": store.Time(now)}, []byte("Zyx"))
	if err := s.Commit(ctx, b); err != nil {
		t.Fatal(err)
	}
	for _, err := range (Relayed{Store: s}).Events(ctx) {
		if err == nil || !strings.Contains(err.Error(), unread) || strings.Contains(err.Error(), "Zyx") {
			t.Error(err)
		}
	}
}

// leaveAt puts an event under a key, as whoever can write to the store could.
func leaveAt(t *testing.T, s store.Store, key string, e Event) {
	t.Helper()
	as := e
	as.Key = key
	if err := (Hints{Store: s}).Leave(ctx, as, now); err != nil {
		t.Fatal(err)
	}
	if e.Key == key {
		return
	}
	d, err := s.Get(ctx, Left, key)
	if err != nil {
		t.Fatal(err)
	}
	b := &store.Batch{}
	b.Put(Left, key, d.Version, d.Fields, []byte(strings.Replace(string(d.Body), key, e.Key, 1)))
	if err := s.Commit(ctx, b); err != nil {
		t.Fatal(err)
	}
}

// Since is the first moment of which hints are wanted, and hints go KeepHints after they came, not before.
func TestHintsByWhenTheyCame(t *testing.T) {
	s := opened(t)
	for i := range 3 {
		if err := (Hints{Store: s}).Leave(ctx, hint(i), now.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	count := func(since time.Time) int { return len(eventsOf(t, Relayed{Store: s, Since: since})) }
	for since, want := range map[time.Time]int{{}: 3, now: 3, now.Add(time.Second): 2, now.Add(2 * time.Second): 1, now.Add(3 * time.Second): 0} {
		if got := count(since); got != want {
			t.Errorf("since %v: %d", since, got)
		}
	}
	for i, want := range []int{3, 2, 1} {
		if _, err := Clear(ctx, s, now.Add(KeepHints+time.Duration(i)*time.Second)); err != nil || count(time.Time{}) != want {
			t.Errorf("%d s after the first may go: %d are left, %v", i, count(time.Time{}), err)
		}
	}
}

// Whoever has heard enough may stop listening, at an event and at an error.
func TestWhoStopsListening(t *testing.T) {
	s := opened(t)
	for i := range 2 {
		if err := (Hints{Store: s}).Leave(ctx, hint(i), now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Tell(ctx, s, s.Commit, []Event{told(1, Story, now), told(2, Story, now)}); err != nil {
		t.Fatal(err)
	}
	bad := with(func(a *Answer) { a.By = "" })
	for name, events := range map[string]iter.Seq2[Event, error]{
		"hints":               Relayed{Store: s}.Events(ctx),
		"what was told":       WasTold(ctx, s, "", time.Time{}),
		"answers":             Answered{Calendar: school, Answers: []Answer{fine(), with(func(a *Answer) { a.Class = elm })}}.Events(ctx),
		"answers, not usable": Answered{Calendar: school, Answers: []Answer{bad, fine()}}.Events(ctx),
	} {
		heard := 0
		for _, err := range events {
			heard++
			if (err != nil) != (name == "answers, not usable") {
				t.Errorf("%s: %v", name, err)
			}
			break
		}
		if heard != 1 {
			t.Errorf("%s: %d heard", name, heard)
		}
	}
	// Who goes on after an answer that is of no use hears the next.
	var heard []bool
	for _, err := range (Answered{Calendar: &calendar.Calendar{}, Answers: []Answer{bad, fine()}}).Events(ctx) {
		heard = append(heard, err == nil)
	}
	if diff := cmp.Diff([]bool{false, true}, heard); diff != "" {
		t.Error(diff)
	}
}

// Events are written a hundred at a time; what was written before an error stays, counts, and is no news when all is told again.
func TestTellInBatches(t *testing.T) {
	many := func(n int) (list []Event) {
		for i := range n {
			list = append(list, told(i, Story, now))
		}
		return list
	}
	for name, c := range map[string]struct {
		events []Event
		fails  int // the commit that fails, from 1; 0 is none
		want   []int
		added  int
	}{
		"nothing":                      {nil, 0, nil, 0},
		"one":                          {many(1), 0, []int{1}, 1},
		"one twice":                    {append(many(1), many(1)...), 0, []int{1}, 1},
		"all but one of a batch":       {many(99), 0, []int{99}, 99},
		"a batch":                      {many(100), 0, []int{100}, 100},
		"a batch and one":              {many(101), 0, []int{100, 1}, 101},
		"two batches":                  {many(200), 0, []int{100, 100}, 200},
		"the second batch fails":       {many(250), 2, []int{100, 100}, 100},
		"the last batch fails":         {many(150), 2, []int{100, 50}, 100},
		"one that cannot be written":   {append(many(3), unwritable(told(4, Story, now))), 0, nil, 0},
		"one that is none, afterwards": {append(many(101), Event{}), 0, []int{100}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t)
			var sizes []int
			commit := func(ctx context.Context, b *store.Batch) error {
				sizes = append(sizes, len(b.Ops))
				if len(sizes) == c.fails {
					return errFull
				}
				return s.Commit(ctx, b)
			}
			added, err := Tell(ctx, s, commit, c.events)
			if diff := cmp.Diff(c.want, sizes); diff != "" || added != c.added {
				t.Errorf("%d added, in %v: %s", added, sizes, diff)
			}
			valid := slices.DeleteFunc(slices.Clone(c.events), func(e Event) bool { return e.Check() != nil || e.At.Year() > 9999 })
			if (err == nil) != (c.fails == 0 && len(valid) == len(c.events)) || c.fails > 0 && !errors.Is(err, errFull) {
				t.Error(err)
			}
			seen := map[string]bool{}
			for _, e := range valid {
				seen[e.Key] = true
			}
			if again, err := Tell(ctx, s, s.Commit, valid); again != len(seen)-added || err != nil {
				t.Errorf("told again: %d new, %v", again, err)
			}
		})
	}
}

// Where the state cannot be read nothing is taken to be new, told or forgotten.
func TestTellWithoutAState(t *testing.T) {
	s := closed(t)
	if n, err := Tell(ctx, s, func(context.Context, *store.Batch) error { return nil }, []Event{told(1, Story, now)}); n != 0 || !errors.Is(err, store.ErrClosed) {
		t.Errorf("Tell: %d, %v", n, err)
	}
	heard := 0
	for e, err := range WasTold(ctx, s, "", time.Time{}) {
		if heard++; e != (Event{}) || !errors.Is(err, store.ErrClosed) {
			t.Errorf("WasTold: %+v, %v", e, err)
		}
	}
	if heard != 1 {
		t.Errorf("WasTold: %d errors", heard)
	}
	if n, err := Forget(ctx, s, s.Commit, now); n != 0 || !errors.Is(err, store.ErrClosed) {
		t.Errorf("Forget: %d, %v", n, err)
	}
}

// What was told is read back from a moment on, whole; what cannot be read, or is no event, ends it.
func TestWasTold(t *testing.T) {
	s := opened(t)
	list := []Event{told(1, Story, now.Add(-2*time.Hour)), told(2, Comment, now.Add(-time.Hour)), told(3, Story, now)}
	if _, err := Tell(ctx, s, s.Commit, list); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		kind  Kind
		since time.Time
		want  []Event
	}{
		"all":                        {"", time.Time{}, list},
		"from the first on":          {"", list[0].At, list},
		"after the first":            {"", list[0].At.Add(1), list[1:]},
		"of one kind":                {Story, time.Time{}, []Event{list[0], list[2]}},
		"of one kind, from then on":  {Story, list[1].At, list[2:]},
		"of a kind nobody told of":   {Pending, time.Time{}, nil},
		"later than all of what was": {"", now.Add(time.Second), nil},
	} {
		var got []Event
		for e, err := range WasTold(ctx, s, c.kind, c.since) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, text := range map[string]string{"no JSON": "Zyx", "no event": `{"kind":"Zyx"}`} {
		s := opened(t)
		b := &store.Batch{}
		b.Create(Told, "a", map[string]string{"kind": "story", "at": store.Time(now)}, []byte(text))
		b.Create(Told, "b", map[string]string{"kind": "story", "at": store.Time(now)}, []byte(text))
		if err := s.Commit(ctx, b); err != nil {
			t.Fatal(err)
		}
		errs := 0
		for e, err := range WasTold(ctx, s, "", time.Time{}) {
			if errs++; e != (Event{}) || err == nil {
				t.Errorf("%s: %+v, %v", name, e, err)
			}
		}
		if errs != 1 {
			t.Errorf("%s: %d errors", name, errs)
		}
	}
}

// What is old goes a hundred at a time, no sooner than it must, and what went before an error is counted.
func TestForgetInBatches(t *testing.T) {
	for name, c := range map[string]struct {
		old, young int
		fails      int
		want       []int
		gone       int
	}{
		"nothing":              {0, 0, 0, nil, 0},
		"nothing old":          {0, 3, 0, nil, 0},
		"one":                  {1, 1, 0, []int{1}, 1},
		"a batch":              {100, 0, 0, []int{100}, 100},
		"a batch and one":      {101, 2, 0, []int{100, 1}, 101},
		"the first fails":      {101, 0, 1, []int{100}, 0},
		"the last batch fails": {101, 0, 2, []int{100, 1}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t)
			var list []Event
			for i := range c.old + c.young {
				at := now
				if i < c.old {
					at = now.Add(-time.Second)
				}
				list = append(list, told(i, Story, at))
			}
			if _, err := Tell(ctx, s, s.Commit, list); err != nil {
				t.Fatal(err)
			}
			var sizes []int
			n, err := Forget(ctx, s, func(ctx context.Context, b *store.Batch) error {
				sizes = append(sizes, len(b.Ops))
				if len(sizes) == c.fails {
					return errFull
				}
				return s.Commit(ctx, b)
			}, now.Add(KeepTold))
			if diff := cmp.Diff(c.want, sizes); diff != "" || n != c.gone || errors.Is(err, errFull) != (c.fails > 0) || c.fails == 0 && err != nil {
				t.Errorf("%d gone, in %v, %v: %s", n, sizes, err, diff)
			}
			left := 0
			for _, err := range WasTold(ctx, s, "", time.Time{}) {
				if err != nil {
					t.Fatal(err)
				}
				left++
			}
			if left != len(list)-c.gone {
				t.Errorf("%d are left", left)
			}
		})
	}
}
