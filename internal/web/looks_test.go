package web_test

import (
	"strings"
	"testing"
	"time"

	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/seen"
)

// How soon a single teacher looked is for that teacher and the e-safety officer only, on whatever page.
func TestWhoSeesHowSoonSomebodyLooked(t *testing.T) {
	x := newRigOf(t, strings.Replace(adminPolicy, "\nclauses:\n", dojoClauses, 1))
	book, err := memory.Open(t.Context(), x.main, adminNow.AddDate(0, -2, 0), x.main.Commit)
	if err != nil {
		t.Fatal(err)
	}
	// The deputy teaches the class too, and has looked once.
	book.SetClass("77", &memory.Class{Read: adminNow, Members: []seen.ClassMember{{ID: "id-teacher", Teacher: true}, {ID: "id-deputy", Teacher: true}, {ID: "id-pupil"}}})
	book.SetClass("78", &memory.Class{Read: adminNow, Members: []seen.ClassMember{{ID: "id-it", Teacher: true}}})
	if err := book.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	day := func(d int) time.Time { return time.Date(2026, 11, d, 10, 0, 0, 0, time.UTC) }
	post := func(by string, came, looked time.Time) *moderation.Post {
		return &moderation.Post{
			Kind: "announcement", Title: "Trip", Acts: []moderation.Act{{At: came, Key: "k", By: "id-pupil", What: moderation.Comment}},
			Reviews: []moderation.Review{{ID: "r", At: looked, By: by, Saw: came}},
		}
	}
	x.put(moderation.Classes, "77", &moderation.Class{Name: "Year 4", Taught: []string{"id-deputy", "id-teacher"}, Posts: map[string]*moderation.Post{
		"1": post("id-teacher", day(12), day(17)), // Thursday to Tuesday
		"2": post("id-teacher", day(17), day(17)),
		"3": post("id-teacher", day(1).AddDate(0, -1, 0), day(2).AddDate(0, -1, 0)), // too long ago
		"4": post("id-deputy", day(16), day(18)),
		"5": post("id-gone", day(16), day(18)), // no longer on the list
	}})
	x.put(moderation.Classes, "78", &moderation.Class{Name: "Year 5", Posts: map[string]*moderation.Post{"1": post("id-teacher", day(2), day(13))}}) // stood in there

	const teachers, deputys = "2 posts and documents; the longest waited 3 school days", "1 post or document; the longest waited 2 school days"
	const everywhere = "3 posts and documents; the longest waited 9 school days"
	for who, sees := range map[string][]string{
		"teacher": {"you looked at " + teachers}, "deputy": {"you looked at " + deputys}, "officer": {"teacher: " + everywhere, "deputy: " + deputys},
		"head": nil, "lead": nil, "it": nil, "office": nil, "chair": nil, "gov": nil, "helpdesk": nil, "pupil": nil,
	} {
		var all string
		for _, path := range []string{"/", "/overview", "/classes", "/check-ins", "/findings", "/changes", "/reports", "/reports/inspection", "/records", "/reminders", "/closed", "/shared", "/incidents"} {
			_, page := x.get(who, path)
			all += page
		}
		for _, want := range sees {
			if !strings.Contains(all, want) {
				t.Errorf("the %s does not see %q", who, want)
			}
		}
		if n := strings.Count(all, "posts and documents;") + strings.Count(all, "post or document;"); n != len(sees) {
			t.Errorf("the %s sees %d of these times, want %d", who, n, len(sees))
		}
	}
}
