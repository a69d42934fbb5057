package classdojo

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

func day(month, d int) calendar.Date {
	return calendar.Date{Year: 2026, Month: time.Month(month), Day: d}
}

var school = &calendar.Calendar{
	Location: london,
	Terms:    []calendar.Term{{Name: "Autumn", First: day(9, 2), Last: day(12, 18), HalfTerm: calendar.Range{First: day(10, 26), Last: day(10, 30)}}},
}

func fine() Answer {
	return Answer{At: now, By: "1058", Class: oak, Comments: On, Moderator: Teacher, Looked: day(10, 2), Channel: Yes}
}

func with(f func(*Answer)) Answer {
	a := fine()
	f(&a)
	return a
}

func TestAnswerCheck(t *testing.T) {
	today := day(10, 5)
	for name, c := range map[string]struct {
		a    Answer
		want string
	}{
		"whole":                 {fine(), ""},
		"off, nobody named":     {with(func(a *Answer) { a.Comments, a.Moderator, a.Looked = Off, "", calendar.Date{} }), ""},
		"looked today":          {with(func(a *Answer) { a.Looked = today }), ""},
		"never looked":          {with(func(a *Answer) { a.Looked = calendar.Date{} }), ""},
		"the School Story":      {with(func(a *Answer) { a.Class, a.Moderator, a.Channel = School, Leader, "" }), ""},
		"no class":              {with(func(a *Answer) { a.Class = "Zyx" }), "the answer does not say about which class it is"},
		"nobody's":              {with(func(a *Answer) { a.By = "" }), "the answer does not say whose it is"},
		"looked tomorrow":       {with(func(a *Answer) { a.Looked = day(10, 6) }), "the day on which somebody last looked is in the future"},
		"comments not answered": {with(func(a *Answer) { a.Comments = "" }), "“Can parents and pupils comment on the Class Story?” is not answered"},
		"another word":          {with(func(a *Answer) { a.Comments = "Zyx" }), "“Can parents and pupils comment on the Class Story?” is not answered"},
		"on, nobody named":      {with(func(a *Answer) { a.Moderator = "" }), "“Who looks at what is written there?” is not answered"},
		"channel not answered":  {with(func(a *Answer) { a.Channel = "" }), "“Does everybody who works with the class write to families only through ClassDojo and school e-mail?” is not answered"},
		"what was not asked":    {with(func(a *Answer) { a.Class, a.Moderator = School, Leader }), "something is answered that was not asked"},
		"a choice of another":   {with(func(a *Answer) { a.Class, a.Channel = School, "" }), "“Who looks at what is written there?” is not answered"},
	} {
		got := ""
		if err := c.a.Check(today); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Confirmed off is asked again only each half-term, unless somebody told of a comment since (what period that is, and who is asked in it, is tested in checkins).
func TestRhythm(t *testing.T) {
	off := with(func(a *Answer) { a.Comments = Off }) // on Monday 5 October
	for _, c := range []struct {
		name, every, want string
		newest            Answer
		commented         time.Time
	}{
		{"on", "week", "week", fine(), time.Time{}},
		{"not sure", "week", "week", with(func(a *Answer) { a.Comments = Unsure }), time.Time{}},
		{"off", "week", HalfTerm, off, time.Time{}},
		{"off, each month", "month", HalfTerm, off, time.Time{}},
		{"off, each half-term", HalfTerm, HalfTerm, off, time.Time{}},
		{"off, each term", "term", "term", off, time.Time{}},
		{"off, and a comment since", "week", "week", off, now.Add(time.Hour)},
		{"off, and a comment before", "week", HalfTerm, off, now.Add(-time.Hour)},
		{"nobody has answered", "week", "week", Answer{}, time.Time{}},
	} {
		if got := Rhythm(c.every, c.newest, c.commented); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// What is said twice, here and in the rooms that will use it, is the same.
func TestWordsOfTheOtherRooms(t *testing.T) {
	for _, r := range append(slices.Clone(rhythms), HalfTerm) {
		if !slices.Contains(policy.Rhythms(), r) {
			t.Errorf("%q is no rhythm of the policy's", r)
		}
	}
	for _, class := range []string{oak, School} {
		name := CheckIn(class)
		if err := store.CheckKey(name); err != nil {
			t.Error(err)
		}
		if got, ok := ParseCheckIn(name); got != class || !ok {
			t.Errorf("%s: %s", name, got)
		}
		if got, ok := ParseItem(Item(class)); got != class || !ok {
			t.Errorf("%s: %s", Item(class), got)
		}
	}
	for _, s := range []string{"class-dojo", "class-dojo-posts", "class-dojo-", "filtering"} {
		if _, ok := ParseCheckIn(s); ok {
			t.Errorf("%s is taken for a class", s)
		}
	}
	if _, ok := ParseItem("post/1-2"); ok {
		t.Error("a post of Classroom is taken for a class of ClassDojo")
	}
}

func TestQuestions(t *testing.T) {
	for class, want := range map[string][]string{
		oak:    {AskComments, AskModerator, AskLooked, AskChannel},
		School: {AskComments, AskModerator, AskLooked},
	} {
		var got []string
		for _, q := range Questions(class) {
			got = append(got, q.ID)
			if q.ID == AskLooked {
				if to, ok := ParseLink(q.Link); !ok || to.Class != class || to.Kind != Story {
					t.Errorf("%s leads to %s", q.ID, q.Link)
				}
			} else if !slices.ContainsFunc(q.Choices, func(c Choice) bool { return c.Value == Unsure }) {
				t.Errorf("%s leaves no room for doubt", q.ID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if Questions(class)[0].Link != SettingsLink(class) {
			t.Error("the settings are elsewhere")
		}
	}
}

func TestSpotCheck(t *testing.T) {
	period := calendar.Range{First: day(9, 2), Last: day(10, 25)}
	classes := rapid.SliceOfNDistinct(rapid.StringMatching("[0-9a-f]{24}"), 0, 40, rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		all, n := classes.Draw(t, "classes"), rapid.IntRange(-1, 45).Draw(t, "n")
		got := SpotCheck("school.example", period, all, n)
		if len(got) != min(max(n, 0), len(all)) || len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
			t.Fatalf("%d of %d asked for %d", len(got), len(all), n)
		}
		for _, c := range got {
			if !slices.Contains(all, c) {
				t.Fatal("a class that is not there")
			}
		}
		mixed := rapid.Permutation(all).Draw(t, "mixed")
		if again := SpotCheck("school.example", period, append(mixed, mixed...), n); !slices.Equal(got, again) {
			t.Fatalf("%v, in another order %v", got, again)
		}
		if len(all) > 0 { // one class goes: the others stay chosen
			gone := all[len(all)-1]
			left := SpotCheck("school.example", period, all[:len(all)-1], n)
			for _, c := range got {
				if c != gone && !slices.Contains(left, c) {
					t.Fatal("another class is no longer chosen")
				}
			}
		}
	})
}

// Over the periods each class has its turn, about as often as the others, and two schools do not choose alike.
func TestSpotCheckIsFair(t *testing.T) {
	var classes []string
	for i := range 12 {
		classes = append(classes, fmt.Sprintf("%024x", i))
	}
	times, same := map[string]int{}, 0
	for i := range 600 {
		p := calendar.Range{First: day(1, 1).AddDays(7 * i)}
		one := SpotCheck("one.example", p, classes, 2)
		if slices.Equal(one, SpotCheck("two.example", p, classes, 2)) {
			same++
		}
		for _, c := range one {
			times[c]++
		}
	}
	for _, c := range classes { // 100 are expected, with a deviation of 9
		if times[c] < 60 || times[c] > 140 {
			t.Errorf("%s was chosen %d times", c, times[c])
		}
	}
	if same > 30 { // 600/132 are expected
		t.Errorf("two schools chose alike %d times", same)
	}
	for classes, want := range map[int]int{0: 0, 1: 1, 10: 1, 11: 2, 21: 3, 90: 3} {
		if got := SpotCount(classes); got != want {
			t.Errorf("%d of %d classes", got, classes)
		}
	}
}

func TestAnsweredTellsWhoLooked(t *testing.T) {
	var src Source = Answered{Calendar: school, Answers: []Answer{
		fine(),
		with(func(a *Answer) { a.Looked = day(10, 5) }),
		with(func(a *Answer) { a.Looked = calendar.Date{} }),
		with(func(a *Answer) { a.Class, a.Moderator, a.Channel, a.By = School, Leader, "", "1059" }),
		with(func(a *Answer) { a.Looked = day(10, 6) }),
		with(func(a *Answer) { a.Class = "Zyx" }),
	}}
	var got []Event
	var failed []string
	for e, err := range src.Events(ctx) {
		if err != nil {
			failed = append(failed, err.Error())
			continue
		}
		if err := e.Check(); err != nil {
			t.Error(err)
		}
		e.Key = ""
		got = append(got, e)
	}
	start := time.Date(2026, 10, 1, 23, 0, 0, 0, time.UTC) // 2 October begins in London
	want := []Event{
		{Kind: Looked, Class: oak, Link: Target{Kind: Story, Class: oak}.Link(), At: start, Count: 1, From: FromCheckIns, By: "1058"},
		{Kind: Looked, Class: oak, Link: Target{Kind: Story, Class: oak}.Link(), At: now, Count: 1, From: FromCheckIns, By: "1058"},
		{Kind: Looked, Class: School, Link: Target{Kind: Story, Class: School}.Link(), At: start, Count: 1, From: FromCheckIns, By: "1059"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if all := strings.Join(failed, "\n"); len(failed) != 2 || strings.Contains(all, "Zyx") || !strings.Contains(all, "dojo/"+oak) {
		t.Errorf("%q", failed)
	}
}

// Every source says what it sees and what it does not, in whole words.
func TestSourcesDeclareWhatTheySee(t *testing.T) {
	names := map[string]bool{}
	for _, s := range []Source{Relayed{}, File{}, Answered{}} {
		sight := s.Sight()
		if !strings.HasPrefix(sight.Sees, "We see ") || !strings.HasSuffix(sight.Sees, ".") || len(sight.Unseen) == 0 || names[s.Name()] {
			t.Errorf("%s: %+v", s.Name(), sight)
		}
		names[s.Name()] = true
	}
	for k, want := range map[Kind]bool{Story: true, Comment: true, Portfolio: true, Pending: true, Messages: false, Looked: false} {
		if k.Public() != want {
			t.Error(k)
		}
	}
}
