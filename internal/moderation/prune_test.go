package moderation

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/calendar"
)

// What is forgotten changes nothing of what waits, by any rule, now or after more has happened; and what was looked at long ago goes.
func TestPrune(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, 1+n, 12, 0, 0, 0, time.UTC) }
	var all []Rules
	for _, replies := range []bool{false, true} {
		for _, staff := range []bool{false, true} {
			all = append(all, Rules{Replies: replies, Staff: staff, Date: calendar.DateOf, Teaches: func(string) bool { return false }})
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		make := func() *Class {
			return &Class{Taught: []string{"kim"}, Cover: []Cover{{ID: "c", Who: "moe", From: calendar.DateOf(day(100)), Until: calendar.DateOf(day(300))}}, Posts: map[string]*Post{"p": {}}}
		}
		whole, pruned := make(), make()
		act := rapid.Custom(func(t *rapid.T) Act {
			a := Act{
				At: day(rapid.IntRange(0, 400).Draw(t, "day")), By: rapid.SampledFrom([]string{"pat", "kim", "moe", "sam"}).Draw(t, "by"),
				What: rapid.SampledFrom([]string{Comment, Posted, Private}).Draw(t, "what"),
			}
			a.Staff = a.By != "pat"
			return a
		})
		before := day(rapid.IntRange(150, 300).Draw(t, "before"))
		n := 0
		add := func(a Act, to ...*Class) {
			a.Key = fmt.Sprint(n)
			n++
			for _, c := range to {
				c.Post("p").Add(a)
			}
		}
		var late []Act
		for _, a := range rapid.SliceOfN(act, 0, 12).Draw(t, "acts") {
			if a.At.After(before.AddDate(0, 0, 30)) {
				late = append(late, a)
			} else {
				add(a, whole, pruned)
			}
		}
		for i, d := range rapid.SliceOfN(rapid.IntRange(0, 400), 0, 3).Draw(t, "reviews") {
			v := Review{ID: fmt.Sprint(i), At: day(d), By: "kim", Saw: day(d - rapid.IntRange(0, 5).Draw(t, "shown"))}
			whole.Post("p").AddReview(v)
			pruned.Post("p").AddReview(v)
		}
		pruned.Prune(before, func(string) []Rules { return all })
		for _, a := range late {
			add(a, whole, pruned)
		}
		for _, r := range all {
			if diff := cmp.Diff(whole.Waiting(whole.Post("p"), r), pruned.Waiting(pruned.Post("p"), r)); diff != "" {
				t.Fatalf("replies %v, staff %v (-whole +pruned):\n%s", r.Replies, r.Staff, diff)
			}
		}
	})
	c := &Class{Taught: []string{"kim"}}
	c.Post("p").Add(Act{At: day(0), Key: "a", By: "pat", What: Comment})
	c.Post("p").Add(Act{At: day(1), Key: "b", By: "kim", What: Comment, Staff: true})
	c.Post("q").Add(Act{At: day(0), Key: "a", By: "pat", What: Comment})
	c.Prune(day(200), func(string) []Rules { return all[2:] }) // where replies count
	if c.Posts["p"] != nil || c.Posts["q"] == nil {
		t.Errorf("kept %v", c.Posts)
	}
}
