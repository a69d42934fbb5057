package checkins

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

// What was looked at and told of ClassDojo is read with the answers; what people answered about looking is theirs already.
func TestRead(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ctx := t.Context()
	p := dojoPolicy(3)
	id, other, third := fmt.Sprintf("%024x", 0), fmt.Sprintf("%024x", 1), fmt.Sprintf("%024x", 2)
	now, first := moment("2026-11-18"), moment("2026-09-03")
	read := func() Input {
		t.Helper()
		in, _, err := Read(ctx, s, p, year(), now, first)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	if in := read(); len(in.Looked) != 0 || len(in.Commented) != 0 {
		t.Errorf("%v %v", in.Looked, in.Commented)
	}
	book, err := moderation.Open(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	for class, list := range map[string][]moderation.Review{
		id: {
			{Saw: moment("2026-11-05"), At: moment("2026-11-06")},
			{Saw: moment("2026-11-12"), At: moment("2026-11-10")}, // what they saw is not later than when they said so
			{Saw: moment("2026-11-03"), At: moment("2026-11-03")},
			{Saw: moment("2026-11-16"), At: moment("2026-11-16"), Of: moderation.ReviewAnswer},
		},
		other:            {{Saw: moment("2026-11-05"), At: moment("2026-11-09")}}, // nor is it when they said so
		classdojo.School: {{Saw: moment("2026-11-06"), At: moment("2026-11-06")}},
	} {
		post := book.Class(moderation.Dojo(class)).Post(moderation.DojoPost)
		for i, v := range list {
			v.ID = fmt.Sprint(i)
			post.AddReview(v)
		}
	}
	if err := book.Flush(ctx, s.Commit, nil); err != nil {
		t.Fatal(err)
	}
	var told []classdojo.Event
	for i, e := range []classdojo.Event{
		{Class: id, At: moment("2026-11-09")}, {Class: id, At: moment("2026-11-04")}, {Class: other, At: now}, {Class: other, At: now.Add(time.Second)},
	} {
		e.Link, e.Count = classdojo.Target{Kind: classdojo.Story, Class: e.Class}.Link(), 1
		e.Kind, e.Key, e.From = classdojo.Comment, classdojo.MessageKey(fmt.Sprint(i), classdojo.Comment, e.Class), classdojo.FromCSV
		told = append(told, e)
	}
	if _, err := classdojo.Tell(ctx, s, s.Commit, told); err != nil {
		t.Fatal(err)
	}
	in := read()
	if diff := cmp.Diff(map[string]calendar.Date{id: date("2026-11-10"), other: date("2026-11-05"), classdojo.School: date("2026-11-06")}, in.Looked); diff != "" {
		t.Errorf("looked (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]time.Time{id: moment("2026-11-09").UTC(), other: now.UTC()}, in.Commented); diff != "" {
		t.Errorf("told (-want +have):\n%s", diff)
	}
	plain := dojoPolicy(1)
	plain.Clauses[0].MetBy = []policy.Means{{Kind: policy.CheckIn, Name: "filtering", Ask: policy.RoleHead, Every: "term"}}
	if in, _, err := Read(ctx, s, plain, year(), now, first); err != nil || in.Looked != nil || in.Commented != nil {
		t.Errorf("ClassDojo is read where nobody asks: %v %v", in, err)
	}
	// What cannot be read is an error.
	for c, index := range map[*store.Collection]map[string]string{
		moderation.Classes: nil, Answers: nil, classdojo.Told: {"kind": string(classdojo.Comment), "at": store.Time(now)},
	} {
		b := &store.Batch{}
		key := moderation.Dojo(third)
		b.Create(c, key, index, []byte("no JSON"))
		if err := s.Commit(ctx, b); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Read(ctx, s, p, year(), now, first); err == nil {
			t.Errorf("%s: no error", c.Name)
		}
		b = &store.Batch{}
		b.Delete(c, key, 1)
		if err := s.Commit(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
}

// The answer that stands is the newest since the first look, of two at the same time the later one.
func TestStanding(t *testing.T) {
	in := dojoWorld("half term")
	ask := in.Asks[0]
	of := func(id string, at time.Time) Answer {
		return Answer{ID: id, At: at, Dojo: &classdojo.Answer{At: at, Class: ash, Comments: classdojo.On, Looked: date("2026-11-02")}}
	}
	first := in.Calendar.Date(in.FirstLook)
	midnight := first.At(0, 0, in.location())
	for name, c := range map[string]struct {
		list []Answer
		want string
	}{
		"nothing":          {nil, ""},
		"before the first": {[]Answer{of("a", midnight.Add(-time.Second))}, ""},
		"on the first":     {[]Answer{of("a", midnight)}, "a"},
		"now":              {[]Answer{of("a", midnight), of("b", in.Now)}, "b"},
		"to come":          {[]Answer{of("a", midnight), of("b", in.Now.Add(time.Second))}, "a"},
		"the newest":       {[]Answer{of("b", in.Now), of("a", midnight)}, "b"},
		"at one time":      {[]Answer{of("a", in.Now), of("b", in.Now)}, "b"},
		"of another kind":  {[]Answer{of("a", midnight), {ID: "b", At: in.Now, Answer: "yes"}}, "a"},
	} {
		in.Answers = map[string][]Answer{ask.Name: c.list}
		have := ""
		if s := in.standing(ask, first); s != nil {
			have = s.ID
		}
		if have != c.want {
			t.Errorf("%s: %q, want %q", name, have, c.want)
		}
	}
	late := of("c", in.Now.Add(time.Second))
	late.Dojo.Looked = date("2026-11-17")
	now := of("d", in.Now)
	now.Dojo.Looked = date("2026-11-09")
	in.Answers = map[string][]Answer{ask.Name: {of("a", midnight), {ID: "b", At: in.Now, Answer: "yes"}, late, now, of("e", in.Now)}}
	if have := in.LastLook(ask); have != date("2026-11-09") {
		t.Error(have)
	}
}

// A spot check is asked in the policy's own rhythm, whatever was answered about the class.
func TestSpotHasNoStandingAnswer(t *testing.T) {
	in := dojoWorld("week", said("2026-11-10", classdojo.Off, "", "", classdojo.Yes))
	if s := in.state(in.Asks[0]); s.Standing == nil || s.Every != "half term" {
		t.Errorf("%+v", s)
	}
	spot := in.Asks[0]
	spot.Spot = &Draw{}
	if s := in.state(spot); s.Standing != nil || s.Every != "week" {
		t.Errorf("%+v", s)
	}
	plain := in.Asks[0]
	plain.Dojo = ""
	if s := in.state(plain); s.Standing != nil || s.Every != "week" {
		t.Errorf("%+v", s)
	}
}

func TestDojoWords(t *testing.T) {
	p := dojoPolicy(1)
	p.People = nil
	asks := Asks(p)
	if i := slices.IndexFunc(asks, func(a Ask) bool { return a.Spot != nil }); i < 0 || asks[i].Days != nil {
		t.Errorf("%+v", asks)
	}
	nobody := func(policy.Role) bool { return false }
	if asks[1].AskedOf(nobody, func(string) bool { return true }) {
		t.Error("asked of who plays no role")
	}
	day := func(d calendar.Date) string { return d.String() }
	if w := FactWords("2026-10-05", day); w != "" {
		t.Error(w)
	}
	class, school := ExampleSaid(Ask{Dojo: ash}), ExampleSaid(Ask{Dojo: classdojo.School})
	if class != school+" "+classdojo.AskChannel+"="+classdojo.Yes {
		t.Errorf("%q %q", class, school)
	}
	p = dojoPolicy(1)
	p.Clauses[0].MetBy = nil
	if ways := dojoWays(p); len(ways) != 0 {
		t.Errorf("%v", ways)
	}
	p.Clauses[0].MetBy = []policy.Means{{Kind: policy.CheckIn, Name: "filtering", Ask: policy.RoleHead, Every: "term"}}
	if ways := dojoWays(p); len(ways) != 0 {
		t.Errorf("a check-in of something else: %v", ways)
	}
	elsewhere := policy.Means{Kind: policy.Check, Name: "comments", With: &policy.CommentsWith{Places: []string{policy.PlaceClassroom}}}
	p.Clauses[0].MetBy = []policy.Means{elsewhere}
	if ways := dojoWays(p); len(ways) != 0 {
		t.Errorf("%v", ways)
	}
	dojo := policy.Means{Kind: policy.Check, Name: "comments", With: &policy.CommentsWith{Places: []string{policy.PlaceClassDojo}}}
	p.Clauses[0].MetBy = []policy.Means{dojo, elsewhere}
	if ways := dojoWays(p); len(ways) != 1 || ways[0].by != "by lists" {
		t.Errorf("%v", ways)
	}
	p.ClassDojo.Relay, p.ClassDojo.Mailbox = true, "dojo@school.example"
	if ways := dojoWays(p); len(ways) != 3 {
		t.Errorf("%v", ways)
	}
}
