package incidents

import (
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

// Kind is the sort of thing that happened.
type Kind string

// The kinds.
const (
	Incident   Kind = "incident"
	Complaint  Kind = "complaint"
	DataBreach Kind = "data-breach"
	Filtering  Kind = "filtering"
	UnderAge   Kind = "under-age-app"
	Takedown   Kind = "takedown"
	LowLevel   Kind = "low-level-concern"
)

// Info is what holds for a kind.
type Info struct {
	Kind  Kind
	Title string // "online-safety incident"
	For   string // what the form says it is for
	// Always, if not "", is what entries of this kind are about, whatever the form says.
	Always About
	// Head tells the headteacher from the start, beside the e-safety officer and the safeguarding lead.
	Head bool
	// Open is the working time in which somebody who was told must have opened an entry on the signed-in site; after it the deputies
	// are told, and after as long again the headteacher. OpenWhy is the reason.
	Open    time.Duration
	OpenWhy string
	// Clock is the deadline that the kind has by itself, from when the school knew (hours) or from its opening (days); zero leaves it to the policy.
	Clock     calendar.Deadline
	ClockSays string
	// Record is the name of the policy's record means, whose `due:` holds where Clock is zero.
	Record  string
	Answers []Answer // what stops the clock before the entry is closed
}

// Answer is one way in which what the clock asks for is done.
type Answer struct {
	Name  string
	Title string
	Head  bool // only the headteacher, or the chair where it went to the chair, decides so; and it must be decided before the entry closes
}

const day = (calendar.EndOfDay - Opens) * time.Hour // of work

// kinds is the one table. The letters are the clauses of the two schools' policies that a row comes from.
var kinds = []Info{
	{Kind: Incident, Title: "online-safety incident", Record: "incidents",
		For:  "Something online that upset, harmed or endangered somebody, or might have (A19, B5).",
		Open: time.Hour, OpenWhy: "it may be a child-protection matter, which the policy passes on without delay; a lesson is an hour, so that somebody who teaches can look once"},
	{Kind: Complaint, Title: "complaint", Record: "complaints",
		For:  "Somebody complains about how the internet, a device or a post was used. A complaint about staff is about an adult (B18).",
		Open: day, OpenWhy: "a complaint is answered with care, not in an hour; one that cannot wait is an incident"},
	{Kind: DataBreach, Title: "data breach", Record: "data-breach", Head: true,
		For:  "Personal data was lost, stolen, sent to the wrong person or could be read by people who should not; a lost device too (A25).",
		Open: time.Hour, OpenWhy: "72 hours run from when the school knew, through nights and holidays",
		Clock: calendar.Deadline{Count: 72, Unit: calendar.Hours}, ClockSays: "UK GDPR, article 33: the regulator is told within 72 hours of when the school knew, unless a risk to people is unlikely",
		Answers: []Answer{{"regulator-told", "the regulator (ICO) was told", true}, {"regulator-not-told", "decided that the regulator need not be told", true}}},
	{Kind: Filtering, Title: "web filter problem", Record: "filtering", Head: true,
		For:  "Something got through the web filter that should not, or it blocks what lessons need (A15, B12). That it was changed is entered under Records, not here.",
		Open: 4 * time.Hour, OpenWhy: "half a day: pupils are online in most lessons; what a child saw and was upset by is an incident"},
	{Kind: UnderAge, Title: "pupil under an app's age", Record: "under-age-app",
		For:  "A pupil uses an app or service below its age limit; the safeguarding lead tells the parents (A12).",
		Open: day, OpenWhy: "parents are told with care; contact with somebody unknown is an incident"},
	{Kind: Takedown, Title: "material to be taken down", Record: "takedown",
		For:  "Material that the school may not use, or that shows somebody it should not (A9).",
		Open: 2 * time.Hour, OpenWhy: "one working day is all there is to take it down",
		Clock: calendar.Deadline{Count: 1, Unit: calendar.WorkingDays}, ClockSays: "taken down within one working day",
		Answers: []Answer{{takenDown, "it was taken down", false}}},
	{Kind: LowLevel, Title: "low-level concern about an adult", Record: "incidents", Always: Adult,
		For:  "Something an adult here did that sits badly with the staff code of conduct, however small: a doubt is enough (Keeping children safe in education, part four).",
		Open: day, OpenWhy: "it is for the headteacher alone, so nobody stands in"},
}

// Kinds lists them in the order of a form.
func Kinds() []Info { return slices.Clone(kinds) }

// Info is what holds for the kind; false if there is no such kind.
func (k Kind) Info() (Info, bool) {
	i := slices.IndexFunc(kinds, func(i Info) bool { return i.Kind == k })
	if i < 0 {
		return Info{}, false
	}
	return kinds[i], true
}

// answer is one of the answers that stop the clock of the kind; false if it has none of that name.
func (k Kind) answer(name string) (Answer, bool) {
	info, _ := k.Info()
	for _, a := range info.Answers {
		if a.Name == name {
			return a, true
		}
	}
	return Answer{}, false
}

// Title is the kind in words.
func (k Kind) Title() string {
	if i, ok := k.Info(); ok {
		return i.Title
	}
	return string(k)
}

// Due is how long a policy gives for entries of a kind, and how heavy its means is.
type Due struct {
	calendar.Deadline
	Severity string
}

// Dues reads from a policy how long entries of each kind have until they are closed: the longest `due:` of the record means of that name. "At once"
// is met by telling people at once, and is no deadline for closing.
func Dues(p *policy.Policy) map[Kind]Due {
	out := map[Kind]Due{}
	for _, i := range kinds {
		for _, c := range p.Clauses {
			for _, m := range c.MetBy {
				if m.Kind == policy.Record && m.Name == i.Record && length(out[i.Kind].Deadline) < length(m.Due) {
					out[i.Kind] = Due{m.Due, m.Severity}
				}
			}
		}
	}
	return out
}

// length compares deadlines roughly, in hours; none, and at once, are no time at all.
func length(d calendar.Deadline) int {
	if d.Unit == calendar.Hours {
		return d.Count
	}
	return 24 * d.Count
}
