// Package trust gathers what the safeguarding lead of a trust may know of its schools: how each stands, in numbers only. docs/trust.md says what is told, and what never is.
//
// The contract:
//
//   - It reads one school's state at a time and writes nothing. The mail and the page get the same from it.
//   - No name of a person, a class or a thing comes out of it, and no number that package reports would not guard ([reports.TrustNumber]). Of the incident log it takes what governors may read ([incidents.Log.Totals]), as of their
//     newest report: told anew each week while it grows, a difference would be a number below three.
//   - Numbers of things are of a moment that moves once a week ([Cut]), for the same reason. Colours, and whether a school is looked at, are of now.
//   - What could not be read is said to be so ([reports.TrustSchool.Unread]), and is never green.
package trust

import (
	"context"
	"slices"
	"time"

	"esafetybot/internal/audit"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/moderation"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/roster"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
	"esafetybot/internal/termly"
)

// cutDay is the last day of the week, counted from Monday, on which a school's weekly e-mail may go.
func cutDay(schools []*policy.Policy) int {
	last := 0
	for _, p := range schools {
		if !p.Mail.NoWeekly {
			last = max(last, (int(p.Mail.Weekly)+6)%7)
		}
	}
	return last
}

// Cut is the moment of which an overview tells at a time: the end of the newest day by which every school's weekly day of that week has passed, in the time zone of the first. Without schools it is the time itself.
func Cut(schools []*policy.Policy, now time.Time) time.Time {
	if len(schools) == 0 {
		return now
	}
	p := schools[0]
	today := p.Calendar.Date(now)
	since := (int(today.Weekday()) + 6 - cutDay(schools) + 7) % 7 // days since the weekly day
	if since == 0 {
		since = 7 // it has not passed yet
	}
	return today.AddDays(1-since).At(0, 0, p.School.Location)
}

// Due tells whether the overview of the cut before a time is to go: the hour of reports has come at the first school, on a working day on which the reader is in; at the latest on the last day before the next cut.
func Due(schools []*policy.Policy, lead policy.Person, now time.Time) bool {
	if len(schools) == 0 || lead.Address == "" {
		return false
	}
	p := schools[0]
	today := p.Calendar.Date(now)
	if now.Before(today.At(p.Mail.Report.Hour, p.Mail.Report.Minute, p.School.Location)) {
		return false
	}
	isIn := p.Calendar.IsWorkingDay(today) && (len(lead.Days) == 0 || slices.Contains(lead.Days, today.Weekday()))
	return isIn || p.Calendar.Date(Cut(schools, now)).DaysUntil(today) == 6
}

// Period names the overview of a cut: by the day on which the week's numbers end.
func Period(schools []*policy.Policy, cut time.Time) string {
	if len(schools) == 0 {
		return ""
	}
	return schools[0].Calendar.Date(cut).AddDays(-1).String()
}

// Notes are what whoever reads an overview has to know.
func Notes(schools []*policy.Policy, cut time.Time) []string {
	if len(schools) == 0 {
		return nil
	}
	return reports.TrustNotes(cut, schools[0].School.Location)
}

// School gathers how one school stands at a time, for the trust's safeguarding lead. Where it cannot be read the error says why, and what is returned says that nothing is known.
func School(ctx context.Context, s store.Store, p *policy.Policy, lead string, cut, now time.Time) (reports.TrustSchool, error) {
	g := gatherer{store: s, p: p, lead: lead, cut: cut, now: now}
	out, err := g.school(ctx)
	if err != nil {
		return Unread(p), err
	}
	return out, nil
}

// Unread is what is said of a school of which nothing could be read.
func Unread(p *policy.Policy) reports.TrustSchool {
	return reports.TrustSchool{School: p.School.Name, Unread: true, Location: p.School.Location}
}

type gatherer struct {
	store    store.Store
	p        *policy.Policy
	lead     string
	cut, now time.Time
	id       func(address string) string
}

func (g gatherer) school(ctx context.Context) (reports.TrustSchool, error) {
	out := reports.TrustSchool{School: g.p.School.Name, Location: g.p.School.Location, Counts: map[string]int{}}
	adults, err := roster.Read(ctx, g.store)
	if err != nil {
		return out, err
	}
	g.id = roster.IDs(adults)
	a, err := audit.Open(ctx, g.store, g.p, g.cut, g.hide())
	if err != nil {
		return out, err
	}
	st, err := a.At(ctx, g.now)
	if err != nil {
		return out, err
	}
	out.Looked = st.Looked
	for _, c := range colours.All {
		out.Counts[string(c)] = st.Count(c)
	}
	then, err := a.At(ctx, g.cut)
	if err != nil {
		return out, err
	}
	out.Comments = asksForComments(g.p)
	if !then.First.IsZero() {
		out.Places, out.Findings = numbers(then.Open, g.cut)
	}
	if out.NotRun, err = NotRun(ctx, g.store, g.now); err != nil {
		return out, err
	}
	troubles, _, err := runs.ReadTroubles(ctx, g.store)
	if err != nil {
		return out, err
	}
	out.Held = len(troubles.List) > 0
	out.Term, out.Incidents, err = g.incidents(ctx)
	return out, err
}

// hide leaves out what the reader did themself, as every report does.
func (g gatherer) hide() func(*findings.Finding) bool {
	id := g.id(g.lead)
	return func(f *findings.Finding) bool {
		return id != "" && findings.Means(f.Rule) == comments.Means && slices.Contains(f.Facts, "by/"+id)
	}
}

func asksForComments(p *policy.Policy) bool {
	return slices.ContainsFunc(p.Clauses, func(c policy.Clause) bool {
		return slices.ContainsFunc(c.MetBy, func(m policy.Means) bool {
			w, ok := m.With.(*policy.CommentsWith)
			return ok && slices.ContainsFunc(w.Rules, waitsForLook)
		})
	})
}

// waitsForLook tells of a rule on comments whether somebody has to look at a place under it.
func waitsForLook(rule string) bool {
	return rule != comments.NoHost && rule != comments.PrivateByOtherAdult
}

// numbers parts what is open in two that share nothing: places at which somebody has to look, each once however many clauses ask, and everything else.
func numbers(open []*findings.Finding, at time.Time) (places, rest *reports.TrustNumber) {
	rest = &reports.TrustNumber{}
	waits := map[string]bool{} // place → passed on
	for _, f := range open {
		_, _, post := moderation.ParseSubject(f.Subject)
		switch {
		case f.Severity == findings.Information:
		case post && findings.Means(f.Rule) == comments.Means && waitsForLook(f.Rule[len(comments.Means)+1:]):
			waits[f.Subject] = waits[f.Subject] || slices.Contains(f.Facts, comments.PassedOn)
		default:
			rest.All++
			if !f.Due.IsZero() && f.Due.Before(at) {
				rest.Late++
			}
		}
	}
	places = &reports.TrustNumber{All: len(waits)}
	for _, late := range waits {
		if late {
			places.Late++
		}
	}
	return places, rest
}

// NotRun tells when the last day's run that came to its end ended, if that is longer ago than a day's run may take; zero if it is not, or if there was none.
func NotRun(ctx context.Context, s store.Store, now time.Time) (time.Time, error) {
	last, err := runs.Latest(ctx, s, runs.LastJob)
	if err != nil || last == nil || now.Before(last.Ended.Add(runs.Late)) {
		return time.Time{}, err
	}
	return last.Ended, nil
}

// incidents tells of the incident log what the newest termly report told governors: by the same rule, of the same time. Told of another, or without what concerns one more reader, the difference to what stands in their minutes would be
// a number below three.
func (g gatherer) incidents(ctx context.Context) (term string, words []string, err error) {
	if !incidents.Used(g.p) {
		return "", []string{"the policy asks for no incident log"}, nil
	}
	var readers []incidents.By
	var told time.Time
	for _, role := range []policy.Role{policy.RoleGovernor, policy.RoleHead} {
		for _, x := range g.p.Person(role) {
			readers = append(readers, incidents.By{Address: x.Address, ID: g.id(x.Address)})
			mark, err := outbox.Reader(g.store).Mark(ctx, x.Address, termly.Kind)
			if err != nil {
				return "", nil, err
			}
			if told.IsZero() {
				told = mark.UpTo
			}
		}
	}
	if told.IsZero() {
		return "", []string{"not told before the first termly report was made for the governors"}, nil
	}
	begin, term := termly.TermOf(g.p.Calendar, told)
	totals, err := incidents.Of(g.p, g.store, g.id, func() time.Time { return g.now }).Totals(ctx, begin, told.Add(time.Nanosecond), readers...)
	return term, totals.Words(), err
}
