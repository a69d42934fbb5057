// Package termly gathers from the state what the termly report and the inspection copy tell: how the clauses stood, the incident log in numbers, what was learnt, and for each statutory expectation what the school year holds.
// docs/audit.md defines every word.
//
// The contract:
//
//   - It reads the state and nothing else, and writes nothing. The worker and the review site get the same from it.
//   - It names no person, no class and no file. Of the incident log it takes only what governors may read ([incidents.Log.Totals], [incidents.Log.Lessons]); numbers of findings are told by package reports so that none below three stands there.
//   - What nobody can tell is said to be so: a report is never fuller than what is known.
package termly

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/audit"
	"esafetybot/internal/calendar"
	"esafetybot/internal/checkins"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/roster"
	"esafetybot/internal/store"
)

// Kind is the outbox's name of the termly report.
const Kind = "termly"

// Reminders is what is known of reminders.
type Reminders interface {
	// Confirmed tells, a line each, what was confirmed of a reminder by name from a moment to before another: “3 sessions, on 3, 10 and 17 November”. No line: nothing was.
	Confirmed(ctx context.Context, name string, from, to time.Time) ([]string, error)
	// Review tells when the policy was last reviewed and is next, a line each; no line where the policy file does not say.
	Review(ctx context.Context, now time.Time) ([]string, error)
}

// Source is where the report comes from.
type Source struct {
	Store  store.Store
	Policy *policy.Policy
	// Reminders is nil where no reminder is kept: what they would tell is then not known yet.
	Reminders Reminders
	// Beside is who else sees the report, beside headteacher and governor: of the incident log what concerns them is left out too.
	Beside []incidents.By
}

// Report gathers the report as of a moment. Reader and Mask are left to whoever asks.
func (s Source) Report(ctx context.Context, now time.Time) (reports.TermlyInput, error) {
	g := &gatherer{Source: s, now: now, p: s.Policy, loc: s.Policy.School.Location}
	g.cal = g.p.Calendar
	in := reports.TermlyInput{
		School: g.p.School.Name, Titles: reports.Titles{ESafetyOfficer: g.p.Title(policy.RoleOfficer)}, Now: now, Location: g.loc,
		Note: g.p.Expectations.Note, Own: g.p.Expectations.Own, Rest: g.p.Expectations.Rest(g.p),
	}
	var err error
	if g.first, err = memory.FirstLook(ctx, s.Store); err != nil {
		return in, err
	}
	in.First = g.first
	g.begin, in.Term = TermOf(g.cal, now)
	in.From = g.begin
	g.year = audit.YearBegin(g.cal, now)
	in.Year = yearWords(g.cal, now)
	ago := now.In(g.loc).AddDate(-1, 0, 0)
	from := g.begin
	if !g.first.IsZero() && !g.first.After(ago) && ago.Before(from) {
		from = ago
	}
	if g.audit, err = audit.Open(ctx, s.Store, g.p, from.Add(-time.Nanosecond), nil); err != nil {
		return in, err
	}
	st, err := g.audit.At(ctx, now)
	if err != nil {
		return in, err
	}
	g.standing = st
	in.Policies = len(st.Policies) > 0
	if err := g.columns(ctx, &in, ago); err != nil {
		return in, err
	}
	if err := g.numbers(ctx, &in); err != nil {
		return in, err
	}
	for _, u := range st.Unseen {
		in.NotSeen = append(in.NotSeen, strings.TrimSuffix(u.What+": "+u.Why, "."))
	}
	if err := g.log(ctx, &in, ago); err != nil {
		return in, err
	}
	if g.evidence, err = openEvidence(ctx, g); err != nil {
		return in, err
	}
	in.Filtering = g.evidence.filtering(g.begin)
	if g.Reminders != nil {
		if in.Training, err = g.training(ctx); err != nil {
			return in, err
		}
		if in.Review, err = g.Reminders.Review(ctx, now); err != nil {
			return in, err
		}
	}
	return in, g.clauses(ctx, &in)
}

// trainings are the reminders that are about training, and what each is called here.
var trainings = []struct{ name, words string }{{"training", "Sessions and training"}, {"staff-training", "Staff's training"}, {"parents-event", "The parents' event"}}

// training tells what was confirmed this term of the training that the policy asks for.
func (g *gatherer) training(ctx context.Context) ([]string, error) {
	var out []string
	for _, t := range trainings {
		if !slices.ContainsFunc(g.p.Clauses, func(c policy.Clause) bool {
			return slices.ContainsFunc(c.MetBy, func(m policy.Means) bool { return m.Kind == policy.Reminder && m.Name == t.name })
		}) {
			continue
		}
		lines, err := g.Reminders.Confirmed(ctx, t.name, g.begin, g.now.Add(time.Nanosecond))
		if err != nil {
			return nil, err
		}
		if len(lines) == 0 {
			lines = []string{"nothing was confirmed this term"}
		}
		for _, line := range lines {
			out = append(out, t.words+": "+line+".")
		}
	}
	return out, nil
}

type gatherer struct {
	Source
	now      time.Time
	p        *policy.Policy
	cal      *calendar.Calendar
	loc      *time.Location
	first    time.Time // the first look; zero if there was none
	begin    time.Time // of the term
	year     time.Time // when the school year began
	audit    *audit.Audit
	standing *audit.Standing
	evidence *evidence
}

// TermOf is when the term began that a moment is in, a holiday being of the term before it, and what it is called; without term dates it is the school year.
func TermOf(cal *calendar.Calendar, now time.Time) (time.Time, string) {
	loc := cmp.Or(cal.Location, time.UTC)
	today := cal.Date(now)
	for i := len(cal.Terms) - 1; i >= 0; i-- {
		if t := cal.Terms[i]; !t.First.After(today) && cal.YearStart(t.First) == cal.YearStart(today) {
			return t.First.At(0, 0, loc), fmt.Sprintf("%s term %d", strings.TrimSpace(t.Name), t.First.Year)
		}
	}
	return audit.YearBegin(cal, now), "School year " + yearWords(cal, now)
}

func yearWords(cal *calendar.Calendar, now time.Time) string {
	y := cal.YearStart(cal.Date(now)).Year
	return fmt.Sprintf("%d/%02d", y, (y+1)%100)
}

// columns tells how many clauses had each colour now, when the term began, and a year ago.
func (g *gatherer) columns(ctx context.Context, in *reports.TermlyInput, ago time.Time) error {
	day := func(t time.Time) string { return t.In(g.loc).Format("2 January 2006") }
	for _, c := range []struct {
		title string
		at    time.Time
	}{{"Now", g.now}, {"Start of term, " + day(g.begin), g.begin}, {"A year ago, " + day(ago), ago}} {
		col := reports.TermlyColumn{Title: c.title, Counts: map[string]int{}}
		switch {
		case g.first.IsZero():
			col.Unknown = "not known, since the program has not looked yet"
		case g.first.After(c.at):
			col.Unknown = "not known, since the program first looked on " + day(g.first)
		default:
			st, err := g.audit.At(ctx, c.at)
			if err != nil {
				return err
			}
			if st.Since.IsZero() {
				col.Unknown = "not known any more: what could be seen on that day was not kept"
			}
			for _, colour := range colours.All {
				col.Counts[string(colour)] = st.Count(colour)
			}
		}
		in.Columns = append(in.Columns, col)
	}
	return nil
}

// numbers tells what was found and put right in the term, and how it went with comments.
func (g *gatherer) numbers(ctx context.Context, in *reports.TermlyInput) error {
	h, err := g.audit.Between(ctx, g.begin.Add(-time.Nanosecond), g.now)
	if err != nil {
		return err
	}
	for _, n := range h.New {
		in.Opened += n
	}
	right, err := g.putRight(ctx, g.begin)
	if err != nil {
		return err
	}
	for _, n := range right {
		in.PutRight += n
	}
	for _, c := range g.standing.Clauses {
		in.Agreed += c.Agreed
	}
	asks := slices.ContainsFunc(g.p.Clauses, func(c policy.Clause) bool {
		return slices.ContainsFunc(c.MetBy, func(m policy.Means) bool {
			w, ok := m.With.(*policy.CommentsWith)
			return ok && slices.Contains(w.Rules, "unreviewed")
		})
	})
	if asks {
		c := h.Comments
		in.Comments = &reports.TermlyComments{Waited: c.Waited, Looked: c.Looked, InTime: c.InTime, Wait: c.Wait, Late: c.Late, Median: -1}
		if n, ok := c.Median(); ok {
			in.Comments.Median = n
		}
	}
	return nil
}

// putRight counts by clause what was put right since a moment and still is, what came and went in between too; information apart.
func (g *gatherer) putRight(ctx context.Context, from time.Time) (map[string]int, error) {
	h, err := (&findings.Keeper{Store: g.Store}).Since(ctx, from.Add(-time.Nanosecond), audit.Checks(g.p)...)
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, f := range h.At(g.now) {
		if f.Status == findings.Resolved && f.How.PutRight() && !f.Closed.Before(from) && f.Severity != findings.Information && !strings.HasPrefix(f.Subject, "entry/") { // of the incident log nothing shows here
			out[f.Clause]++
		}
	}
	return out, nil
}

// log tells of the incident log what governors may read. Who reads the report are the headteacher and the governor: what concerns any of them is left out.
func (g *gatherer) log(ctx context.Context, in *reports.TermlyInput, ago time.Time) error {
	if !incidents.Used(g.p) {
		in.Incidents.Unknown = "The policy asks for no incident log."
		return nil
	}
	adults, err := roster.Read(ctx, g.Store)
	if err != nil {
		return err
	}
	id := roster.IDs(adults)
	var readers []incidents.By
	for _, role := range []policy.Role{policy.RoleGovernor, policy.RoleHead} {
		for _, x := range g.p.Person(role) {
			readers = append(readers, incidents.By{Address: x.Address, ID: id(x.Address)})
		}
	}
	if len(readers) == 0 {
		in.Incidents.Unknown = "The policy names neither a governor nor a headteacher, for whom the numbers are."
		return nil
	}
	log := incidents.Of(g.p, g.Store, id, func() time.Time { return g.now })
	log.Beside = g.Beside
	after := g.now.Add(time.Nanosecond)
	totals, err := log.Totals(ctx, g.begin, after, readers...)
	if err != nil {
		return err
	}
	in.Incidents.Now = totals.Words()
	if in.Lessons, err = log.Lessons(ctx, g.begin, after, readers...); err != nil {
		return err
	}
	begin := g.begin.In(g.loc).AddDate(-1, 0, 0)
	if g.first.IsZero() || g.first.After(begin) {
		in.Incidents.NoYear = "Not known: the program was not in use then."
		return nil
	}
	before, err := log.Totals(ctx, begin, ago, readers...)
	in.Incidents.Before = before.Words()
	return err
}

// clauses tells how each clause stands, and holds the year against what is expected.
func (g *gatherer) clauses(ctx context.Context, in *reports.TermlyInput) error {
	right, err := g.putRight(ctx, g.year)
	if err != nil {
		return err
	}
	by := map[string]reports.TermlyClause{}
	for _, c := range g.standing.Clauses {
		t := reports.TermlyClause{ID: c.ID, Says: c.Says, Colour: string(c.Colour), Deals: g.p.Title(c.DealsWithIt)}
		if t.Evidence, err = g.evidence.of(ctx, c, right[c.ID]); err != nil {
			return err
		}
		in.Clauses = append(in.Clauses, t)
		by[c.ID] = t
	}
	for _, e := range g.p.Expectations.List {
		x := reports.TermlyExpected{Says: e.Says, Source: e.Source, Yearly: e.Yearly}
		for _, role := range e.Named {
			if len(g.p.Person(role)) > 0 {
				x.Named = append(x.Named, g.p.Title(role))
			} else {
				x.Missing = append(x.Missing, g.p.Title(role))
			}
		}
		for _, id := range e.Clauses {
			x.Clauses = append(x.Clauses, by[id])
		}
		in.Expected = append(in.Expected, x)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// filteringQuestions are the check-ins on the web filter.
var filteringQuestions = []string{"filtering", "filtering-leaders"}

// answers are what was answered to the check-ins, by name.
func (g *gatherer) answers(ctx context.Context) (map[string][]checkins.Answer, error) {
	if g.first.IsZero() {
		return nil, nil
	}
	in, _, err := checkins.Read(ctx, g.Store, g.p, g.cal, g.now, g.first)
	if err != nil {
		return nil, err
	}
	return in.Answers, nil
}
