package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/audit"
	"esafetybot/internal/calendar"
	"esafetybot/internal/checkins"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/roster"
	"esafetybot/internal/store"
)

// weeklyAudit is what the weekly e-mail as of a moment is made of.
type weeklyAudit struct {
	store  store.Store
	policy *policy.Policy
	at     time.Time
	after  time.Time // since when is counted what is new and put right
	last   bool      // that is when the last weekly e-mail was made
	audit  *audit.Audit
	now    *audit.Standing
}

// WeeklyAt is what the weekly e-mail as of a moment that has passed says: without what waited for its reader themself.
func WeeklyAt(ctx context.Context, s store.Store, p *policy.Policy, site string, t time.Time) (reports.WeeklyInput, error) {
	a, err := openWeekly(ctx, s, p, t)
	if err != nil {
		return reports.WeeklyInput{}, err
	}
	in, err := a.input(ctx, site)
	in.Afterwards = true
	return in, err
}

// sinceLast is how far back the last weekly e-mail is looked for: longer than any holiday.
const sinceLast = 70 * 24 * time.Hour

func openWeekly(ctx context.Context, s store.Store, p *policy.Policy, t time.Time) (*weeklyAudit, error) {
	a := &weeklyAudit{store: s, policy: p, at: t}
	last, err := lastWeeklyMail(ctx, s, t.Add(-sinceLast), t)
	if err != nil {
		return nil, err
	}
	a.after, a.last = t.AddDate(0, 0, -7), last != nil
	if last != nil {
		a.after = last.Created
	}
	to, cc := weeklyReaders(p)
	adults, err := roster.Read(ctx, s)
	if err != nil {
		return nil, err
	}
	id := roster.IDs(adults)
	var by []string // what a finding says of whom it tells
	for _, who := range append(cc, to) {
		if i := id(who.Address); i != "" {
			by = append(by, "by/"+i)
		}
	}
	// What somebody did themselves they are not told of, nor counted: the headteacher is.
	hide := func(f *findings.Finding) bool {
		return findings.Means(f.Rule) == comments.Means && slices.ContainsFunc(f.Facts, func(x string) bool { return slices.Contains(by, x) })
	}
	from := a.after
	if begin := audit.YearBegin(p.Calendar, t); begin.Before(from) {
		from = begin
	}
	if a.audit, err = audit.Open(ctx, s, p, from, hide); err != nil {
		return nil, err
	}
	a.now, err = a.audit.At(ctx, t)
	return a, err
}

// lastWeeklyMail is the newest weekly e-mail that was made at or after a moment and before another; nil if none was.
func lastWeeklyMail(ctx context.Context, s store.Store, from, before time.Time) (last *outbox.Entry, err error) {
	for d, err := range s.Find(ctx, outbox.Letters, store.Ask{Query: "created", From: store.Time(from), To: store.Time(before)}) {
		if err != nil {
			return nil, err
		}
		var e outbox.Entry
		if err := json.Unmarshal(d.Body, &e); err != nil {
			return nil, fmt.Errorf("message %s cannot be read from the state: %w", d.Key, err)
		}
		if e.Kind == weeklyKind {
			e.Key, e.Version = d.Key, d.Version
			last = &e
		}
	}
	return last, nil
}

// input puts everything into the words and numbers of the mail.
func (a *weeklyAudit) input(ctx context.Context, site string) (reports.WeeklyInput, error) {
	p, s := a.policy, a.now
	in := reports.WeeklyInput{
		School: p.School.Name, Titles: reports.Titles{ESafetyOfficer: p.Title(policy.RoleOfficer)}, Now: a.at, Location: p.School.Location, After: a.after, Last: a.last, Holiday: !schoolWeek(p.Calendar, p.Calendar.Date(a.at)),
		Returned: s.Returned, Policies: s.Policies, Site: site,
	}
	h, err := a.audit.Between(ctx, a.after, a.at)
	if err != nil {
		return in, err
	}
	for _, c := range s.Clauses {
		in.Clauses = append(in.Clauses, reports.WeeklyClause{
			ID: c.ID, Says: c.Says, Colour: string(c.Colour), Why: c.Why, Deals: p.Title(c.DealsWithIt), Unseen: c.Unseen, Open: c.Open, New: h.New[c.ID], PutRight: h.PutRight[c.ID], Overdue: c.Overdue,
			Agreed: c.Agreed, Until: c.Until,
		})
	}
	in.Deeds = a.deeds(h.Deeds)
	in.Approvals = approvals(s.Approvals)
	in.Ending = a.ending()
	k := h.Comments
	in.Comments = reports.WeeklyComments{Asked: Asked(p, CommentsJob), Waited: k.Waited, Looked: k.Looked, InTime: k.InTime, Wait: k.Wait, Late: k.Late, Timed: len(k.Days)}
	if m, ok := k.Median(); ok {
		in.Comments.Median, in.Comments.Longest = m, k.Days[len(k.Days)-1]
	}
	in.Questions = a.questions()
	if in.Incidents, err = a.incidents(ctx); err != nil {
		return in, err
	}
	for _, u := range s.Unseen {
		in.Unseen = append(in.Unseen, reports.WeeklyGap{What: u.What, Why: u.Why, Do: u.Do, Clauses: u.Clauses, Count: u.Count})
	}
	for _, what := range p.NotSeen {
		if !strings.Contains(what, "/") { // else it names a scope, and is told with the gaps
			in.Never = append(in.Never, what)
		}
	}
	in.Never = slices.Concat(in.Never, checkins.DojoNever(p), s.Never)
	points, err := a.audit.Trend(ctx, a.at)
	if err != nil {
		return in, err
	}
	for _, x := range points {
		y := reports.WeeklyPoint{Day: x.At, Counts: map[string]int{}}
		for c, n := range x.Counts {
			y.Counts[string(c)] = n
		}
		in.Trend = append(in.Trend, y)
	}
	if len(points) > 0 && s.Since.After(points[0].At) {
		in.Since = s.Since
	}
	return in, nil
}

// toldDeeds are the deeds of which the mail tells, in its order.
var toldDeeds = []string{audit.Made, audit.Undone, audit.NotMade, audit.Declined, audit.Agreed, audit.Ended}

// deeds counts what was done, by kind and by who did it.
func (a *weeklyAudit) deeds(list []audit.Deed) []reports.WeeklyDeed {
	var out []reports.WeeklyDeed
	for _, d := range list {
		if !slices.Contains(toldDeeds, d.What) {
			continue
		}
		var who []string
		for _, r := range d.Roles {
			if r == actions.PolicyRole {
				who = append(who, "the policy itself")
			} else {
				who = append(who, a.policy.Title(policy.Role(r)))
			}
		}
		i := slices.IndexFunc(out, func(x reports.WeeklyDeed) bool {
			return x.What == d.What && x.Kind == d.Kind && slices.Equal(x.Roles, who)
		})
		if i < 0 {
			out = append(out, reports.WeeklyDeed{What: d.What, Kind: d.Kind, Roles: who})
			i = len(out) - 1
		}
		out[i].Count++
	}
	slices.SortFunc(out, func(x, y reports.WeeklyDeed) int {
		return cmp.Or(cmp.Compare(slices.Index(toldDeeds, x.What), slices.Index(toldDeeds, y.What)), cmp.Compare(y.Count, x.Count), cmp.Compare(x.Kind, y.Kind), slices.Compare(x.Roles, y.Roles))
	})
	return out
}

// approvals counts the changes that wait, by clause and kind, those that have waited longest first.
func approvals(list []audit.Waiting) []reports.WeeklyApproval {
	var out []reports.WeeklyApproval
	for _, w := range list {
		i := slices.IndexFunc(out, func(x reports.WeeklyApproval) bool { return x.Clause == w.Clause && x.Kind == w.Kind })
		if i < 0 {
			out = append(out, reports.WeeklyApproval{Clause: w.Clause, Kind: w.Kind, Since: w.Since})
			i = len(out) - 1
		}
		out[i].Count++
		if w.Second {
			out[i].Second++
		}
	}
	return out
}

// ending counts the agreements that end soon, by day and clause.
func (a *weeklyAudit) ending() []reports.WeeklyEnding {
	var out []reports.WeeklyEnding
	cal := a.policy.Calendar
	for _, f := range a.now.EndingSoon() {
		if f.Severity == findings.Information {
			continue
		}
		i := slices.IndexFunc(out, func(x reports.WeeklyEnding) bool {
			return x.Clause == f.Clause && cal.Date(x.Until) == cal.Date(f.Agreed.Until)
		})
		if i < 0 {
			out = append(out, reports.WeeklyEnding{Clause: f.Clause, Until: f.Agreed.Until})
			i = len(out) - 1
		}
		out[i].Count++
	}
	return out
}

// questions counts those that wait, by who is asked, each once.
func (a *weeklyAudit) questions() []reports.WeeklyQuestions {
	var out []reports.WeeklyQuestions
	names := map[string]bool{}
	for _, w := range a.now.Waits {
		if names[w.Name] {
			continue
		}
		names[w.Name] = true
		role := a.policy.Title(policy.Role(w.Role))
		i := slices.IndexFunc(out, func(x reports.WeeklyQuestions) bool { return x.Role == role })
		if i < 0 {
			out = append(out, reports.WeeklyQuestions{Role: role})
			i = len(out) - 1
		}
		out[i].Count++
		if w.Overdue(a.at) {
			out[i].Overdue++
		}
	}
	slices.SortStableFunc(out, func(x, y reports.WeeklyQuestions) int {
		return cmp.Or(cmp.Compare(y.Overdue, x.Overdue), cmp.Compare(y.Count, x.Count))
	})
	return out
}

// incidents counts the open entries of the incident log that concern none of the readers; -1 where no clause asks for the log.
func (a *weeklyAudit) incidents(ctx context.Context) (int, error) {
	if len(recordsOf(a.policy)) == 0 {
		return -1, nil
	}
	adults, err := roster.Read(ctx, a.store)
	if err != nil {
		return 0, err
	}
	id := roster.IDs(adults)
	to, cc := weeklyReaders(a.policy)
	var by []incidents.By
	for _, who := range append(cc, to) {
		by = append(by, incidents.By{Address: who.Address, ID: id(who.Address)})
	}
	return incidents.OpenAt(ctx, a.store, a.at, by...)
}

// WeeklySent is the weekly e-mail that was made on a day at the school, as it was sent; nil if none was, or if it was forgotten with its reader.
func WeeklySent(ctx context.Context, s store.Store, p *policy.Policy, day calendar.Date) (*outbox.Frozen, error) {
	end := audit.EndOf(p.Calendar, day)
	e, err := lastWeeklyMail(ctx, s, day.At(0, 0, p.School.Location), end.Add(1))
	if e == nil || err != nil {
		return nil, err
	}
	f, err := outbox.Open(ctx, s, *e)
	return &f, err
}
