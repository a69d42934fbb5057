package comments

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/moderation"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// moment reads "2026-11-18" (noon in London), "2026-11-18 07:30" or "2026-11-18 07:30:00.5".
func moment(s string) time.Time {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	switch len(s) {
	case len("2006-01-02"):
		s += " 12:00:00"
	case len("2006-01-02 15:04"):
		s += ":00"
	}
	t, err := time.ParseInLocation("2006-01-02 15:04:05.999999999", s, london)
	if err != nil {
		panic(err)
	}
	return t
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func days(first, last string) calendar.Range {
	return calendar.Range{First: date(first), Last: date(last)}
}

// world is a school in a customer's account with another one, /Elm. kim teaches the class c1; today is Wednesday 18 November 2026, noon.
type world struct {
	now  string
	ask  Ask
	in   Input
	who  *school.Directory
	days map[string][]time.Weekday
	list []seen.ClassMember
	id   string // of the class, or the blog
	book *moderation.Class
	n    int
}

// newWorld is a world in which one rule is asked for, with two school days to look.
func newWorld(rule string) *world {
	w := &world{
		now:  "2026-11-18",
		ask:  Ask{Clause: "A1", Severity: "medium", Deals: "safeguarding_lead", PassedTo: "esafety_officer", Rules: []string{rule}, Replies: true, Classes: true, Due: calendar.Deadline{Count: 2, Unit: calendar.SchoolDays}},
		who:  school.New(school.Rules{OrgUnits: []string{"/Oak"}}, []string{"school.example"}),
		days: map[string][]time.Weekday{},
		id:   "c1",
		book: &moderation.Class{},
	}
	w.in.Calendar = &calendar.Calendar{
		Location: moment("2026-01-01").Location(), BankHolidays: "england-and-wales",
		Terms: []calendar.Term{
			{Name: "Autumn", First: date("2026-09-02"), Last: date("2026-12-18"), HalfTerm: days("2026-10-26", "2026-10-30")},
			{Name: "Spring", First: date("2027-01-04"), Last: date("2027-03-31"), HalfTerm: days("2027-02-15", "2027-02-19")},
			{Name: "Summer", First: date("2027-04-19"), Last: date("2027-07-21"), HalfTerm: days("2027-05-31", "2027-06-04")},
		},
		Inset: []calendar.Date{date("2026-11-20")},
	}
	for id, unit := range map[string]string{
		"kim": "/Oak/Staff", "lou": "/Oak/Staff", "moe": "/Oak/Staff", "old": "/Oak/Staff", "gus": "/Oak/Staff", "sue": "/Oak/Supply", "pat": "/Oak/Pupils", "pia": "/Oak/Pupils", "elm": "/Elm/Staff",
	} {
		w.who.AddAccount(seen.Account{ID: id, Address: id + "@school.example", Unit: unit, SwitchedOff: id == "old", Guest: id == "gus", Archived: false})
	}
	w.who.AddAccount(seen.Account{ID: "arc", Address: "arc@school.example", Unit: "/Oak/Staff", Archived: true})
	w.teachers("kim")
	return w
}

// teachers says who is on the class's list of teachers; whoever is no pupil was noted as ever having been one, as the job does.
func (w *world) teachers(ids ...string) {
	w.list = []seen.ClassMember{{ID: "pat"}, {ID: "pia"}}
	for _, id := range ids {
		w.list = append(w.list, seen.ClassMember{ID: id, Teacher: true})
		if !strings.HasPrefix(id, "p") {
			w.book.Teach(id)
		}
	}
}

// act notes that somebody did something to the post p1; "" is nobody who is known, an id beginning with "sha256-" is somebody outside.
func (w *world) act(what, by, at string) { w.actOn("p1", what, by, at) }

func (w *world) actOn(post, what, by, at string) {
	w.n++
	staff := slices.Contains([]string{"kim", "lou", "moe", "old", "arc"}, by)
	w.book.Post(post).Add(moderation.Act{
		At: moment(at), Key: fmt.Sprint(w.n), By: by, What: what, Staff: staff, Adult: by != "" && !strings.HasPrefix(by, "p"),
	})
}

func (w *world) wrote(by, at string)   { w.act(moderation.Comment, by, at) }
func (w *world) posted(by, at string)  { w.act(moderation.Posted, by, at) }
func (w *world) private(by, at string) { w.act(moderation.Private, by, at) }

func (w *world) reviewed(by, at, saw string) {
	w.n++
	w.book.Post("p1").AddReview(moderation.Review{ID: fmt.Sprint(w.n), By: by, At: moment(at), Saw: moment(saw)})
}

func (w *world) cover(who, from, until string) {
	w.n++
	w.book.AddCover(moderation.Cover{ID: fmt.Sprint(w.n), Who: who, From: date(from), Until: date(until)})
}

// daysIn says on which days somebody is in.
func (w *world) daysIn(id string, days ...time.Weekday) { w.days[id] = days }

func (w *world) input() Input {
	in := w.in
	in.Now, in.Who = moment(w.now), w.who
	in.Kinds = school.NewKinds(w.who, school.Populations{Pupils: []string{"/Oak/Pupils"}, Staff: []string{"/Oak/Staff"}, Others: []school.Entry{{Name: "Supply", Unit: "/Oak/Supply"}}})
	in.Days = func(a *seen.Account) []time.Weekday { return w.days[a.ID] }
	if in.Asks == nil {
		in.Asks = []Ask{w.ask}
	}
	in.Classes = append([]Class{{ID: w.id, Members: w.list, Book: w.book}}, in.Classes...)
	return in
}

type scene struct {
	name string
	set  func(*world)
	want []string // "subject: fact, fact"
}

// play runs scenes of one rule.
func play(t *testing.T, rule string, scenes []scene) {
	t.Helper()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			w := newWorld(rule)
			s.set(w)
			var have []string
			for _, o := range Check(w.input()) {
				have = append(have, o.Subject+": "+strings.Join(o.Facts, ", "))
			}
			if diff := gocmp.Diff(s.want, have); diff != "" {
				t.Errorf("findings (-want +have):\n%s", diff)
			}
		})
	}
}

// waits is the finding on p1, since a moment in UTC, due on a date.
func waits(due, since string) []string {
	return []string{"post/c1-p1: due " + due + ", since " + cmp.Or(since, "2026-11-17T10:00:00Z")}
}

// waited is one that waited too long.
func waited(due, since string) []string {
	return []string{"post/c1-p1: due " + due + ", passed-on, since " + cmp.Or(since, "2026-11-17T10:00:00Z")}
}

const (
	ten  = "2026-11-17 10:00" // on Tuesday, the day before today: due on Thursday, for Friday is an inset day
	noon = "2026-11-17 12:00"
)
