package server

import (
	"testing"
	"time"

	"esafetybot/internal/sim/world"
)

func TestPostOrder(t *testing.T) {
	for _, tt := range []struct {
		text, kind string
		ok         bool
	}{
		{"", world.Announcement, true}, {"updateTime", world.Material, true}, {"updateTime  desc", world.Announcement, true}, {"dueDate asc,updateTime desc", world.CourseWork, true},
		{" dueDate , updateTime ", world.CourseWork, true}, {"dueDate", world.Material, false}, {"updateTime up", world.Announcement, false}, {",", world.CourseWork, false},
		{"updateTime,", world.CourseWork, false}, {"title", world.CourseWork, false},
	} {
		if _, err := postOrder(tt.text, tt.kind); (err == nil) != tt.ok {
			t.Errorf("%q of %s: %v", tt.text, tt.kind, err)
		}
	}
}

// FuzzPostOrder: whatever is asked for is refused, or puts posts into an order that is the same seen from either side.
func FuzzPostOrder(f *testing.F) {
	for _, s := range []string{"", "updateTime desc", "dueDate asc,updateTime", "dueDate desc", ",", "updateTime desc desc"} {
		f.Add(s)
	}
	day := func(d int) *world.Date { return &world.Date{Year: 2026, Month: 11, Day: d} }
	at := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	posts := []*world.Post{{ID: "1", UpdateTime: at}, {ID: "2", UpdateTime: at, DueDate: day(3)}, {ID: "3", UpdateTime: at.Add(time.Hour), DueDate: day(3)}, {ID: "4", UpdateTime: at.Add(time.Hour), DueDate: day(4)}}
	f.Fuzz(func(t *testing.T, s string) {
		order, err := postOrder(s, world.CourseWork)
		if err != nil {
			if err.code != 400 {
				t.Errorf("%q: %d", s, err.code)
			}
			return
		}
		for _, a := range posts {
			for _, b := range posts {
				if x, y := order(a, b), order(b, a); x != -y || (x == 0) != (a == b) {
					t.Errorf("%q: %s and %s: %d and %d", s, a.ID, b.ID, x, y)
				}
			}
		}
	})
}
