package incidents

import (
	"slices"
	"testing"
	"time"
)

// How many entries were open at a moment is told to several readers alike: none that concerns one of them, none about an adult, and as it was then.
func TestOpenAt(t *testing.T) {
	b := inMemory(t)
	when := func(hours int) time.Time { return monday.Add(time.Duration(hours) * time.Hour) }
	at := func(hours int, do func()) { b.now = when(hours); do() }
	var first string
	at(1, func() { first = b.raise(Form{ID: "1", About: Pupil}) })
	at(1, func() { b.ok(errOf(b.Open(ctx, officer, first))) })
	at(2, func() { b.raise(Form{ID: "2", About: Nobody, Concerns: []string{governor.ID}}) })
	at(3, func() { b.raise(Form{ID: "3", About: Adult}) })
	at(4, func() { b.shut(lead, first) })
	at(6, func() { b.ok(b.Reopen(ctx, lead, first, "")) })
	for _, c := range []struct {
		hour    int
		readers []By
		want    int
	}{
		{0, nil, 0}, {1, nil, 1}, {2, nil, 2}, {3, nil, 2}, {4, nil, 1}, {5, nil, 1}, {6, nil, 2}, {9, nil, 2},
		{9, []By{head}, 2}, {9, []By{governor}, 1}, {9, []By{head, governor}, 1}, {5, []By{governor}, 0},
	} {
		if have, err := OpenAt(ctx, b.Store, when(c.hour), c.readers...); err != nil || have != c.want {
			t.Errorf("hour %d, readers %v: %d (%v), want %d", c.hour, c.readers, have, err, c.want)
		}
	}
}

// A list is of one state or of all, in the order in which entries were raised, and ends when whoever reads it has enough.
func TestList(t *testing.T) {
	b := inMemory(t)
	one, two, three := b.raise(Form{ID: "1", About: Pupil}), b.raise(Form{ID: "2", About: Pupil}), b.raise(Form{ID: "3", About: Pupil, Concerns: []string{lead.ID}})
	b.shut(lead, two)
	for _, c := range []struct {
		by    By
		state State
		most  int
		want  []string
	}{
		{lead, "", 9, []string{one, two}}, {lead, Open, 9, []string{one}}, {lead, Closed, 9, []string{two}}, {lead, "", 1, []string{one}}, {officer, Open, 9, []string{one, three}}, {teacher, "", 9, nil},
	} {
		var have []string
		for e, err := range b.List(ctx, Ordinary, c.by, c.state) {
			b.ok(err)
			if have = append(have, e.ID); len(have) == c.most {
				break
			}
		}
		if !slices.Equal(have, c.want) {
			t.Errorf("%s, %q: %v, want %v", c.by.Role, c.state, have, c.want)
		}
	}
}
