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

// What is forgotten of a post, and of who stood in.
func TestPruneForgets(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, 1+n, 12, 0, 0, 0, time.UTC) }
	before := day(200)
	pupil := func(n int) Act { return Act{At: day(n), Key: fmt.Sprint(n), By: "pat", What: Comment} }
	look := func(n int) []Review { return []Review{{ID: fmt.Sprint(n), At: day(n), By: "kim", Saw: day(n)}} }
	for _, c := range []struct {
		name  string
		post  Post
		gone  bool
		cover int // the day until which somebody stands in that goes last
	}{
		{"only its title is known", Post{Title: "Our river"}, false, 199},
		{"looked at long ago, nothing there", Post{Reviews: look(199)}, true, 199},
		{"looked at lately, nothing there", Post{Reviews: look(200)}, false, 199},
		{"a class on ClassDojo, looked at long ago", Post{Kind: KindDojo, Reviews: look(1)}, false, 199},
		{"and something was new then", Post{Kind: KindDojo, Acts: []Act{pupil(1)}, Reviews: look(2)}, false, 199},
		{"a class on ClassDojo that nobody looked at", Post{Kind: KindDojo, Acts: []Act{{At: day(1), Key: "a", By: "pat", What: Tidied}}}, true, 199},
		{"a comment that was looked at long ago", Post{Acts: []Act{pupil(1)}, Reviews: look(2)}, true, 199},
		{"and again lately", Post{Acts: []Act{pupil(1)}, Reviews: look(220)}, false, 199},
		{"a comment that waits since long ago", Post{Acts: []Act{pupil(1)}}, false, 0},
		{"a comment that waits since that moment", Post{Acts: []Act{pupil(200)}}, false, 199},
		{"a comment of today", Post{Acts: []Act{pupil(230)}}, false, 199},
	} {
		class := &Class{Posts: map[string]*Post{"7": &c.post}}
		for n := 190; n < 210; n++ {
			class.AddCover(Cover{ID: fmt.Sprint(n), Who: "moe", From: calendar.DateOf(day(0)), Until: calendar.DateOf(day(n))})
		}
		class.Prune(before, func(string) []Rules { return []Rules{{Date: calendar.DateOf}} })
		if gone := class.Posts["7"] == nil; gone != c.gone {
			t.Errorf("%s: gone %v, want %v", c.name, gone, c.gone)
		}
		first := calendar.DateOf(day(190))
		if c.cover > 0 {
			first = calendar.DateOf(day(c.cover + 1))
		}
		if have := class.Cover[0].Until; have != first {
			t.Errorf("%s: who stood in until %v is the first who is known, want %v", c.name, have, first)
		}
	}
}
