package reminders

import (
	"cmp"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
)

// The record policy-read: each account of the staff has read the policy since it was last reviewed.

// ReadMeans and ReadRule name its one rule, as of every record.
const (
	ReadMeans = "record"
	ReadRule  = "overdue"
)

const factReview = "review "

// Reader is an account of the staff: active, the school's, of the kind staff.
type Reader struct {
	ID      string
	Created time.Time
	Signed  calendar.Date // as the staff roll says; zero where it says nothing
	Read    time.Time     // when they said that they have read it, the newest; zero if never
}

// ReadInput is everything that is judged by.
type ReadInput struct {
	School
	Now     time.Time
	Clauses []Clause // that ask for it
	Readers []Reader
}

// ReadClauses lists the clauses of a policy that ask for the record.
func ReadClauses(p *policy.Policy) []Clause {
	var out []Clause
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			if m.Kind == policy.Record && m.Name == policy.PolicyRead {
				out = append(out, Clause{ID: c.ID, Severity: m.Severity, Deals: string(c.DealsWithIt), Due: m.Due})
			}
		}
	}
	return out
}

// Has tells whether somebody has read the policy since its last review.
func (in ReadInput) Has(r Reader) bool {
	last := in.Review.Last
	return !r.Signed.IsZero() && !r.Signed.Before(last) || !r.Read.IsZero() && !r.Read.Before(last.At(0, 0, in.location()))
}

// Asked is from when on somebody is asked to read it: 00:00 of the day after the latest of the review, the making of their account and the first look.
func (in ReadInput) Asked(r Reader) time.Time {
	latest := in.Review.Last
	for _, d := range []calendar.Date{in.Calendar.Date(r.Created), in.Calendar.Date(in.FirstLook)} {
		if d.After(latest) {
			latest = d
		}
	}
	return latest.AddDays(1).At(0, 0, in.location())
}

// Due is by when a clause wants it read; zero where the term dates end before. Nobody's time runs before the first term that the calendar knows: the review, and the first look, may lie in the summer before.
func (in ReadInput) Due(r Reader, c Clause) time.Time {
	from := in.Asked(r)
	if first := in.Calendar.Covered().First; !first.IsZero() {
		if eve := first.AddDays(-1).At(0, 0, in.location()); from.Before(eve) {
			from = eve
		}
	}
	t, _ := in.Calendar.Due(from, c.Due, nil, c.Severity)
	return t
}

// The chasing is polite: once when somebody is first asked, once when half the time has passed, and once on the day on which it is due.
const (
	stageAsked = 1 + iota
	stageHalf
	stageDue
)

// Stage is how often somebody should have been asked by now: 0 to 3.
func (in ReadInput) Stage(r Reader) int {
	asked := in.Asked(r)
	if in.Review.Last.IsZero() || in.Has(r) || in.Now.Before(asked) || len(in.Clauses) == 0 {
		return 0
	}
	switch due := in.FirstDue(r); {
	case due.IsZero():
		return stageAsked
	case !in.Now.Before(in.Calendar.Date(due).At(0, 0, in.location())):
		return stageDue
	case !in.Now.Before(asked.Add(due.Sub(asked) / 2)):
		return stageHalf
	}
	return stageAsked
}

// FirstDue is the first deadline; zero where none is known.
func (in ReadInput) FirstDue(r Reader) time.Time {
	var out time.Time
	for _, c := range in.Clauses {
		if t := in.Due(r, c); !t.IsZero() && (out.IsZero() || t.Before(out)) {
			out = t
		}
	}
	return out
}

// CheckRead judges: findings sorted by clause and subject; none without a review.
func CheckRead(in ReadInput) []findings.Observed {
	var out []findings.Observed
	if in.Review.Last.IsZero() {
		return nil
	}
	for _, c := range in.Clauses {
		for _, r := range in.Readers {
			if due := in.Due(r, c); !in.Has(r) && !due.IsZero() && due.Before(in.Now) {
				out = append(out, findings.Observed{
					Clause: c.ID, Rule: ReadMeans + "." + ReadRule, Subject: "user/" + r.ID, Severity: c.Severity, Deals: c.Deals, Facts: []string{factReview + in.Review.Last.String()}, Due: due,
				})
			}
		}
	}
	slices.SortFunc(out, func(a, b findings.Observed) int {
		return cmp.Or(cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Subject, b.Subject))
	})
	return out
}
