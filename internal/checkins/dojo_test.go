package checkins

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/policy"
)

const ash = "5f1e2d3c4b5a69788796a5b4"

// said is an answer on 5 Ash: comments, moderator, looked and channel.
func said(at, comments, moderator, looked, channel string) Answer {
	a := classdojo.Answer{At: moment(at), By: "kim", Class: ash, Comments: comments, Moderator: moderator, Channel: channel}
	if looked != "" {
		a.Looked = date(looked)
	}
	return Answer{ID: at, At: a.At, By: "kim", Dojo: &a}
}

func dojoWorld(every string, answers ...Answer) Input {
	ask := Ask{
		Clause: "B1", Severity: "medium", Deals: "esafety_officer", Name: classdojo.CheckIn(ash), Role: "class_teacher", Every: every, Due: calendar.Deadline{Count: 5, Unit: calendar.WorkingDays},
		Dojo: ash, Class: "5 Ash", Who: []string{"kim@school.example"}, Within: 10,
	}
	return Input{Now: moment("2026-11-18"), FirstLook: moment("2026-09-03"), Calendar: year(), Asks: []Ask{ask}, Answers: map[string][]Answer{ask.Name: answers}}
}

// What is found on Wednesday 18 November, in the half-term that began on 2 November with a weekend before; the inset day of the 20th is to come.
func TestDojo(t *testing.T) {
	fine := said("2026-11-03", "on", "teacher", "2026-11-03", "yes")
	for _, c := range []struct {
		name string
		in   Input
		want []string
	}{
		{"silence", dojoWorld("half term"), []string{"overdue: asked 2026-11-02, due 2026-11-09"}},
		{"as the policy wants it", dojoWorld("half term", said("2026-11-17", "on", "teacher", "2026-11-16", "yes")), nil},
		{"ten school days ago", dojoWorld("half term", said("2026-11-04", "on", "teacher", "2026-11-04", "yes")), nil},
		{"eleven", dojoWorld("half term", fine), []string{"not-looked: looked 2026-11-03"}},
		{"eleven, and somebody noted since that they looked", func() Input {
			in := dojoWorld("half term", fine)
			in.Looked = map[string]calendar.Date{ash: date("2026-11-04")}
			return in
		}(), nil},
		{"an earlier answer told of a later look", dojoWorld("half term", said("2026-11-10", "on", "teacher", "2026-11-10", "yes"), said("2026-11-11", "on", "teacher", "2026-11-03", "yes")), nil},
		{"nobody ever", dojoWorld("half term", said("2026-11-17", "on", "teacher", "", "yes")), []string{"not-looked: looked never"}},
		{"before the term dates begin", dojoWorld("half term", said("2026-11-17", "on", "teacher", "2025-01-07", "yes")), []string{"not-looked: looked 2025-01-07"}},
		{"off: nobody has to look", dojoWorld("half term", said("2026-11-03", "off", "", "", "yes")), nil},
		{"nobody moderates", dojoWorld("half term", said("2026-11-17", "on", "nobody", "2026-11-17", "yes")), []string{"answered-no: answered 2026-11-17, no-moderator"}},
		{"nobody moderates what is off", dojoWorld("half term", said("2026-11-17", "off", "nobody", "", "yes")), nil},
		{"other channels", dojoWorld("half term", said("2026-11-17", "off", "", "", "no")), []string{"answered-no: answered 2026-11-17, other-channels"}},
		{"all wrong", dojoWorld("half term", said("2026-11-17", "on", "nobody", "", "no")), []string{"answered-no: answered 2026-11-17, no-moderator, other-channels", "not-looked: looked never"}},
		{"not sure of anything", dojoWorld("half term", said("2026-11-17", "not-sure", "not-sure", "", "not-sure")), []string{"not-sure: answered 2026-11-17, channel-not-sure, comments-not-sure"}},
		{"not sure who moderates", dojoWorld("half term", said("2026-11-17", "on", "not-sure", "2026-11-17", "yes")), []string{"not-sure: answered 2026-11-17, moderator-not-sure"}},
		{"a new period asks anew, and what was said stands", dojoWorld("half term", said("2026-10-20", "on", "nobody", "2026-11-17", "yes")),
			[]string{"answered-no: answered 2026-10-20, no-moderator", "overdue: asked 2026-11-02, due 2026-11-09"}},
		{"from before the first look", dojoWorld("half term", said("2026-09-02", "on", "nobody", "", "yes")), []string{"overdue: asked 2026-11-02, due 2026-11-09"}},
		{"from the future", dojoWorld("half term", said("2026-11-19", "on", "nobody", "", "yes")), []string{"overdue: asked 2026-11-02, due 2026-11-09"}},

		{"each month, off was said", dojoWorld("month", said("2026-11-02 09:00", "off", "", "", "yes")), nil},
		{"each week, off was said in this half-term", dojoWorld("week", said("2026-11-03", "off", "", "", "yes")), nil},
		{"and in the last one", dojoWorld("week", said("2026-10-20", "off", "", "", "yes")), []string{"overdue: asked 2026-11-02, due 2026-11-09"}},
		{"each week, on was said last week", func() Input {
			in := dojoWorld("week", said("2026-11-10", "on", "teacher", "2026-11-10", "yes"))
			in.Asks[0].Due = calendar.Deadline{Count: 1, Unit: calendar.WorkingDays}
			return in
		}(), []string{"overdue: asked 2026-11-16, due 2026-11-17"}},
		{"off was said, and somebody told of a comment since", func() Input {
			in := dojoWorld("week", said("2026-11-10", "off", "", "", "yes"))
			in.Asks[0].Due = calendar.Deadline{Count: 1, Unit: calendar.WorkingDays}
			in.Commented = map[string]time.Time{ash: moment("2026-11-12")}
			return in
		}(), []string{"overdue: asked 2026-11-16, due 2026-11-17"}},
	} {
		var have []string
		for _, o := range Check(c.in) {
			if o.Subject != "check-in/class-dojo-"+ash || o.Clause != "B1" || o.Deals != "esafety_officer" || o.Severity != "medium" {
				t.Errorf("%s: %+v", c.name, o)
			}
			have = append(have, strings.TrimPrefix(o.Rule, Means+".")+": "+strings.Join(o.Facts, ", "))
		}
		if diff := cmp.Diff(c.want, have); diff != "" {
			t.Errorf("%s (-want +have):\n%s", c.name, diff)
		}
	}
}

func dojoPolicy(classes int, leaders ...policy.Person) *policy.Policy {
	d := &policy.ClassDojo{SchoolStory: true, LookWithin: 10}
	for i := range classes {
		d.Classes = append(d.Classes, policy.DojoClass{Name: fmt.Sprint("Class ", i), ID: fmt.Sprintf("%024x", i), Teachers: []string{"kim@school.example", "lou@school.example"}})
	}
	return &policy.Policy{
		School: policy.School{Name: "Oak"}, ClassDojo: d,
		People: policy.People{policy.RoleLeaders: leaders, policy.RoleHead: {{Address: "head@school.example", Days: []time.Weekday{time.Monday}}}},
		Staff:  policy.Population{Days: map[string][]time.Weekday{"kim@school.example": {time.Monday}, "lou@school.example": {time.Friday, time.Monday}}},
		Clauses: []policy.Clause{{ID: "B1", DealsWithIt: policy.RoleOfficer, MetBy: []policy.Means{
			{Kind: policy.CheckIn, Name: policy.CheckInClassDojo, With: d, Ask: policy.RoleClassTeacher, Every: "half term", Severity: "medium"},
		}}},
	}
}

func TestDojoAsks(t *testing.T) {
	var have []string
	for _, a := range Asks(dojoPolicy(1)) {
		q := a.About()
		if q.Title == "" || q.Question[len(q.Question)-1] != '?' || q.Look == "" || (a.Spot == nil) != (len(q.Dojo) > 0) {
			t.Errorf("%+v", q)
		}
		have = append(have, fmt.Sprint(a.Name, " of ", a.Role, " ", a.Who, " ", a.Days, " ", a.Within))
	}
	id := strings.Repeat("0", 24)
	want := []string{
		"class-dojo-" + id + " of class_teacher [kim@school.example lou@school.example] [Monday Friday] 10",
		"class-dojo-school of headteacher [] [Monday] 10",
		"dojo-spot-" + id + " of headteacher [] [Monday] 10",
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("-want +have:\n%s", diff)
	}
	with := Asks(dojoPolicy(1, policy.Person{Address: "dep@school.example"}))
	if with[1].Role != "leaders" || with[1].Days != nil || with[2].Role != "leaders" {
		t.Errorf("%+v", with)
	}
	p := dojoPolicy(1)
	p.ClassDojo.SchoolStory = false
	if got := Asks(p); len(got) != 2 {
		t.Errorf("a School Story that is not there is asked about: %d", len(got))
	}
	plays := func(r policy.Role) bool { return r == policy.RoleHead }
	mine := func(a string) bool { return a == "lou@school.example" }
	nobody := func(string) bool { return false }
	for i, want := range [][2]bool{{true, false}, {true, true}, {true, true}} {
		if with, without := Asks(dojoPolicy(1))[i].AskedOf(plays, mine), Asks(dojoPolicy(1))[i].AskedOf(plays, nobody); with != want[0] || without != want[1] {
			t.Errorf("ask %d: %v for a teacher who is head, %v for the head", i, with, without)
		}
	}
}

// In each half-term some classes are drawn, the same whenever it is asked; the others are not asked about.
func TestSpotChecks(t *testing.T) {
	p := dojoPolicy(11)
	drawn := func(now string, answers map[string][]Answer) (out []string) {
		in := Input{Now: moment(now), FirstLook: moment("2026-09-03"), Calendar: year(), Asks: Asks(p), Answers: answers}
		for _, s := range in.States() {
			if s.Spot != nil && s.Waits() {
				out = append(out, s.Name)
			}
		}
		return out
	}
	first := drawn("2026-11-04", nil)
	if len(first) != 2 || !slices.Equal(first, drawn("2026-12-18", nil)) {
		t.Fatalf("drawn on 4 November: %v, on 18 December: %v", first, drawn("2026-12-18", nil))
	}
	differs := false
	for _, now := range []string{"2026-09-10", "2027-01-08", "2027-02-26", "2027-04-16", "2027-06-11"} {
		differs = differs || !slices.Equal(first, drawn(now, nil))
	}
	if !differs {
		t.Error("each half-term draws the same")
	}
	answers := map[string][]Answer{first[0]: {{ID: "a", At: moment("2026-11-05"), Answer: Yes}}, first[1]: {{ID: "b", At: moment("2026-11-05"), Answer: No}}}
	if left := drawn("2026-11-06", answers); len(left) != 0 {
		t.Errorf("still asked: %v", left)
	}
	in := Input{Now: moment("2026-11-06"), FirstLook: moment("2026-09-03"), Calendar: year(), Asks: Asks(p), Answers: answers}
	var have []string
	for _, o := range Check(in) {
		if strings.HasPrefix(o.Subject, "check-in/"+spot) {
			have = append(have, o.Rule+" "+o.Subject)
		}
	}
	if diff := cmp.Diff([]string{"check-in.answered-no check-in/" + first[1]}, have); diff != "" {
		t.Errorf("-want +have:\n%s", diff)
	}
}

func TestFactWords(t *testing.T) {
	words := func(d calendar.Date) string { return "the " + d.String() }
	for _, fact := range []string{NoModerator, OtherChannels, CommentsUnsure, ModeratorUnsure, ChannelUnsure, "looked never"} {
		if FactWords(fact, words) == "" {
			t.Errorf("%s has no words", fact)
		}
	}
	if have := FactWords("looked 2026-11-03", words); have != "comments are on, and nobody has looked since the 2026-11-03" {
		t.Error(have)
	}
	for _, fact := range []string{"answered 2026-11-03", "looked", "looked soon"} {
		if FactWords(fact, words) != "" {
			t.Errorf("%s has words", fact)
		}
	}
}

// Each way of hearing says what it does not see; the ways that a policy does not have say nothing.
func TestDojoSights(t *testing.T) {
	p := dojoPolicy(1)
	begins := func() (out []string) {
		for _, s := range DojoSights(p) {
			way, rest, _ := strings.Cut(s, ": we see ")
			if !strings.Contains(rest, ". We do not see ") || strings.HasSuffix(s, ".") {
				t.Errorf("%q", s)
			}
			out = append(out, way)
		}
		return out
	}
	if diff := cmp.Diff([]string{"ClassDojo, by what people answer"}, begins()); diff != "" {
		t.Errorf("-want +have:\n%s", diff)
	}
	p.Clauses[0].MetBy = append(p.Clauses[0].MetBy, policy.Means{Kind: policy.Check, Name: "comments", With: &policy.CommentsWith{Places: []string{policy.PlaceClassDojo}}})
	p.ClassDojo.Relay, p.ClassDojo.Mailbox = true, "dojo@school.example"
	if diff := cmp.Diff([]string{"ClassDojo, by what people answer", "ClassDojo, by the forwarder", "ClassDojo, by the mailbox", "ClassDojo, by lists"}, begins()); diff != "" {
		t.Errorf("-want +have:\n%s", diff)
	}
	if never := DojoNever(p); len(never) != 3 || slices.ContainsFunc(never, func(s string) bool { return len(s) > 120 }) {
		t.Errorf("what is never seen, for a mail: %q", never)
	}
	p.Clauses = nil
	if have := append(DojoSights(p), DojoNever(p)...); len(have) != 0 {
		t.Errorf("%v", have)
	}
}

// Whoever is in on every day makes a class answerable on every day.
func TestAnyDay(t *testing.T) {
	p := dojoPolicy(1)
	for _, c := range []struct {
		who  []string
		want []time.Weekday
	}{
		{nil, nil},
		{[]string{"kim@school.example"}, []time.Weekday{time.Monday}},
		{[]string{"kim@school.example", "lou@school.example"}, []time.Weekday{time.Monday, time.Friday}},
		{[]string{"kim@school.example", "moe@school.example", "lou@school.example"}, nil},
	} {
		if diff := cmp.Diff(c.want, anyDay(p, c.who)); diff != "" {
			t.Errorf("%v (-want +have):\n%s", c.who, diff)
		}
	}
}

// The School Story is asked about as what it is.
func TestDojoQuestion(t *testing.T) {
	for dojo, want := range map[string]string{ash: "Class Story of 5 Ash", classdojo.School: "School Story"} {
		if q := dojoQuestion(Ask{Dojo: dojo, Class: "5 Ash"}).Question; !strings.Contains(q, want) || strings.Contains(q, "Class Story") != (dojo == ash) {
			t.Errorf("%s: %q", dojo, q)
		}
	}
}
