package audit

import (
	"context"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
)

// Happened is what happened later than After and not later than UpTo.
type Happened struct {
	After, UpTo time.Time
	// New counts by clause the findings that opened, or opened anew, and were still open at the end; PutRight those that were there at the beginning and were put right. What came and went between is in neither, nor is
	// what is for information.
	New, PutRight map[string]int
	Deeds         []Deed // what people and the program did, by time
	Comments      Comments
}

// Comments is how it went with places where people comment, in numbers. A place that several clauses ask about is one.
type Comments struct {
	Waited int   // places where something waited to be looked at, at some time
	Looked int   // that were looked at
	InTime int   // of these, before their deadline had passed when the program looked
	Wait   int   // that waited at the end
	Late   int   // of these, beyond their deadline
	Days   []int // school days from the first comment to the run that saw that somebody had looked, of each that was looked at, ascending; those that the term dates do not cover are left out
}

// Median is how many school days it took in the middle; false where nothing was looked at.
func (c Comments) Median() (int, bool) {
	if len(c.Days) == 0 {
		return 0, false
	}
	return c.Days[(len(c.Days)-1)/2], true
}

// Between tells what happened later than a moment, which must not be before the one that the audit was opened for, and not later than another.
func (a *Audit) Between(_ context.Context, after, upTo time.Time) (*Happened, error) {
	h := &Happened{After: after, UpTo: upTo, New: map[string]int{}, PutRight: map[string]int{}}
	before := map[string]bool{} // that were open or agreed at the beginning
	for _, f := range a.history.At(after) {
		before[f.ID] = f.Status != findings.Resolved
	}
	for _, f := range a.history.At(upTo) {
		switch {
		case a.hidden(f) || f.Severity == findings.Information:
		case f.Status == findings.Open && f.Opened.After(after):
			h.New[f.Clause]++
		case f.Status == findings.Resolved && f.Closed.After(after) && f.How.PutRight() && before[f.ID]:
			h.PutRight[f.Clause]++
		}
	}
	h.Deeds = a.changes.deeds(after, upTo)
	events := a.Events(after, upTo)
	for _, e := range events {
		d := Deed{At: e.At, Clause: e.Finding.Clause, Finding: e.Finding.ID}
		switch {
		case e.How == findings.AgreedTo:
			d.What, d.Roles = Agreed, roles(e.By)
			if g := e.Finding.Agreed; g != nil {
				d.Until, d.Private, d.Why, d.Head = g.Until, g.Private, g.Why, g.Head
				if e.By == "" { // an event of an older version
					d.Roles = roles(g.By)
				}
			}
		case e.How == findings.AgreedEnded && e.By != "":
			d.What, d.Roles = Ended, roles(e.By)
		default:
			continue
		}
		h.Deeds = append(h.Deeds, d)
	}
	slices.SortStableFunc(h.Deeds, func(x, y Deed) int { return x.At.Compare(y.At) })
	h.Comments = a.comments(after, upTo, events)
	return h, nil
}

// Events lists what happened to findings later than a moment and not later than another, with each finding as it stood after it.
func (a *Audit) Events(after, upTo time.Time) []findings.Changed {
	return slices.DeleteFunc(a.history.Events(after, upTo), func(e findings.Changed) bool { return a.hidden(e.Finding) })
}

// comments counts the places where something waited.
func (a *Audit) comments(after, upTo time.Time, events []findings.Changed) Comments {
	var c Comments
	unreviewed := func(f *findings.Finding) bool {
		return f.Rule == comments.Means+"."+comments.Unreviewed && !a.hidden(f)
	}
	waited, wait, late := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, f := range a.history.At(after) {
		if unreviewed(f) && f.Status == findings.Open {
			waited[f.Subject] = true
		}
	}
	for _, f := range a.history.At(upTo) {
		if unreviewed(f) && f.Status == findings.Open {
			wait[f.Subject] = true
			if !f.Due.IsZero() && f.Due.Before(upTo) {
				late[f.Subject] = true
			}
		}
	}
	type look struct {
		inTime bool
		days   int
	}
	looked := map[string]look{}
	cal := a.calendar(upTo)
	for _, e := range events {
		f := e.Finding
		if !unreviewed(f) {
			continue
		}
		switch {
		case e.To == findings.Open:
			waited[f.Subject] = true
		case e.To == findings.Resolved && e.How.PutRight():
			waited[f.Subject] = true
			l := look{inTime: !slices.Contains(e.Facts, comments.PassedOn), days: schoolDays(cal, f, e.At)}
			if have, ok := looked[f.Subject]; ok { // of another clause, or looked at twice: the worse counts
				l.inTime, l.days = l.inTime && have.inTime, max(l.days, have.days)
			}
			looked[f.Subject] = l
		}
	}
	c.Waited, c.Looked, c.Wait, c.Late = len(waited), len(looked), len(wait), len(late)
	for _, l := range looked {
		if l.inTime {
			c.InTime++
		}
		if l.days >= 0 {
			c.Days = append(c.Days, l.days)
		}
	}
	slices.Sort(c.Days)
	return c
}

// schoolDays is how many school days something waited; -1 where the term dates do not tell.
func schoolDays(cal *calendar.Calendar, f *findings.Finding, until time.Time) int {
	from := f.Since
	if from.IsZero() || from.After(until) {
		from = f.Opened
	}
	n, err := cal.SchoolDays(cal.Date(from), cal.Date(until))
	if err != nil {
		return -1
	}
	return n
}

// roles takes apart who agreed: of what is of high severity two did.
func roles(by string) []string {
	if by == "" {
		return nil
	}
	return strings.Split(by, " and ")
}

// Point is how many clauses had each colour at the end of a week.
type Point struct {
	Day    calendar.Date // its Friday; the last point's is the day itself
	At     time.Time
	Counts map[colours.Colour]int
}

// Trend tells how the clauses stood at the end of each Friday of a week with a school day since the school year began and the program first looked, and at t itself. The audit must be open for [YearBegin].
func (a *Audit) Trend(ctx context.Context, t time.Time) ([]Point, error) {
	cal := a.calendar(t)
	today := cal.Date(t)
	var out []Point
	point := func(day calendar.Date, at time.Time) error {
		s, err := a.At(ctx, at)
		if err != nil {
			return err
		}
		p := Point{Day: day, At: at, Counts: map[colours.Colour]int{}}
		for _, c := range colours.All {
			p.Counts[c] = s.Count(c)
		}
		out = append(out, p)
		return nil
	}
	friday := cal.YearStart(today)
	for friday.Weekday() != time.Friday {
		friday = friday.AddDays(1)
	}
	for ; friday.Before(today); friday = friday.AddDays(7) {
		end := EndOf(cal, friday)
		if a.first.IsZero() || a.first.After(end) || !schoolWeek(cal, friday) {
			continue
		}
		if err := point(friday, end); err != nil {
			return nil, err
		}
	}
	return out, point(today, t)
}

// schoolWeek tells whether a week, by its Friday, has a school day. Where there are no term dates every week counts.
func schoolWeek(cal *calendar.Calendar, friday calendar.Date) bool {
	for i := range 5 {
		if d := friday.AddDays(-i); cal.IsSchoolDay(d) || cal.Covers(d) != nil && !cal.InRollover(d) {
			return true
		}
	}
	return false
}

// EndOf is the moment for which a date stands: its end, at the school.
func EndOf(cal *calendar.Calendar, d calendar.Date) time.Time {
	loc := cal.Location
	if loc == nil {
		loc = time.UTC
	}
	return d.AddDays(1).At(0, 0, loc).Add(-time.Nanosecond)
}

// YearBegin is when the school year began that a moment is in.
func YearBegin(cal *calendar.Calendar, t time.Time) time.Time {
	return EndOf(cal, cal.YearStart(cal.Date(t)).AddDays(-1)).Add(time.Nanosecond)
}
