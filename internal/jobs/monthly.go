package jobs

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/audit"
	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/privacy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/remedies"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// MonthlyJob tells the headteacher what was agreed to, changed and taken out of the program in the months before.
const MonthlyJob = "monthly"

// The outbox's names of the monthly list: the headteacher's, and the chair of governors' of what concerns the headteacher.
const (
	monthlyKind      = "monthly"
	monthlyChairKind = "monthly-chair"
)

// monthlyLists are who gets which list. The chair's comes first: on a day on which the chair has had a mail both wait, since whether a list is due is told by the headteacher's.
var monthlyLists = []struct {
	role policy.Role
	kind string
}{{policy.RoleChair, monthlyChairKind}, {policy.RoleHead, monthlyKind}}

// Monthly puts the monthly list into the outbox for the headteacher, as their one ordinary mail of the day, and for the chair of governors where something concerned the headteacher's own account. A list goes out on the
// first school day of a month on which its reader is in, or as soon after as it can, and tells what was done since the list before it: a month without a school day has no list of its own.
func Monthly(ctx context.Context, env Env, box *outbox.Outbox, s *Seen) (*Record, error) {
	return leased(ctx, env, MonthlyJob, s.Census.Now, func(lease *Lease, r *Record) error {
		first, err := memory.FirstLook(ctx, env.Store)
		if err != nil || first.IsZero() {
			return err
		}
		var errs error
		waits := false
		for _, l := range monthlyLists {
			for _, who := range env.Policy.Person(l.role) {
				if waits {
					return errs
				}
				from, to, ok, err := monthlySpan(ctx, env, box, l.kind, who, first, s.Census.Now)
				if err == nil && ok {
					if !s.Census.Directory(ctx) {
						r.Gaps = s.Census.Gaps("users")
						return errors.Join(ctx.Err(), errors.New("the list of accounts could not be read, so that it is not known whom a line concerns, and the monthly list was not written; it is tried again"))
					}
					env.nameRoll(ctx, s.Census.Who())
					m := &monthly{Env: env, Seen: s, lease: lease, from: from, to: to}
					var today bool
					today, err = m.tell(ctx, box, l.kind, who)
					waits = l.kind == monthlyChairKind && today
				}
				if err != nil {
					errs = errors.Join(errs, fmt.Errorf("the monthly list for the %s: %w", env.Policy.Title(l.role), err))
				}
			}
		}
		return errs
	})
}

// monthlySpan is what a person's list tells of today; false where there is none to send. It begins where their last list ended: without one with the month before, or with the first look.
func monthlySpan(ctx context.Context, env Env, box *outbox.Outbox, kind string, who policy.Person, first, now time.Time) (from, to time.Time, ok bool, err error) {
	cal, loc := env.Policy.Calendar, env.Policy.School.Location
	local := now.In(loc)
	to = time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, loc)
	mark, err := box.Mark(ctx, who.Address, kind)
	if err != nil {
		return from, to, false, err
	}
	if from = mark.UpTo; from.IsZero() {
		if from = to.AddDate(0, -1, 0); first.After(from) {
			from = first
		}
	}
	days := env.Policy.DaysIn(who)
	if kind == monthlyChairKind {
		days = nil // it goes with the headteacher's
	}
	return from, to, from.Before(to) && schoolIn(cal, days, now), nil
}

// monthlyDue tells whether a monthly list is to be sent now.
func monthlyDue(ctx context.Context, env Env, now time.Time) (bool, error) {
	last, err := env.last(ctx, MonthlyJob)
	if err != nil || !reached(env.Policy, env.Policy.Mail.Report, last, now) {
		return false, err
	}
	first, err := env.firstLook(ctx)
	if err != nil || first.IsZero() {
		return false, err
	}
	box := outbox.Reader(env.Store)
	for _, who := range env.Policy.Person(policy.RoleHead) { // the chair's is made in the same runs
		if _, _, ok, err := monthlySpan(ctx, env, box, monthlyKind, who, first, now); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

// monthly gathers one list.
type monthly struct {
	Env
	*Seen
	lease    *Lease
	from, to time.Time
	heads    []string // Directory ids of the headteacher's accounts
}

// tell puts a list into the outbox. today: its reader has had today's mail, so that it waits for the next school day.
func (m *monthly) tell(ctx context.Context, box *outbox.Outbox, kind string, who policy.Person) (today bool, err error) {
	p := m.Policy
	for _, h := range p.Person(policy.RoleHead) {
		if a, ok := m.Census.Who().Account(strings.ToLower(h.Address)); ok {
			m.heads = append(m.heads, a.ID)
		}
	}
	in := reports.MonthlyInput{
		School: p.School.Name, Titles: reports.Titles{ESafetyOfficer: p.Title(policy.RoleOfficer)}, Reader: who.Name, Chair: kind == monthlyChairKind, NoChair: len(p.Person(policy.RoleChair)) == 0,
		Now: m.Census.Now, Location: p.School.Location, From: m.from, To: m.to, Mask: mask(p, m.Census.Who()),
	}
	if kind == monthlyKind {
		in.Site = m.page("/changes")
	}
	if err := m.gather(ctx, &in); err != nil {
		return false, err
	}
	if in.Chair && len(in.Deeds) == 0 {
		return false, nil // nothing concerned the headteacher; what still holds was told when it was agreed to
	}
	r, err := reports.Monthly(in)
	if err != nil {
		return false, err
	}
	b := &store.Batch{}
	_, err = box.Put(ctx, b, m.Census.Now, outbox.Letter{
		To: netmail.Address{Name: who.Name, Address: who.Address}, Kind: kind, Period: monthOf(m.to, p.School.Location), UpTo: m.to, Hash: r.Hash, Subject: r.Subject, HTML: r.HTML, Text: r.Text,
	})
	if errors.Is(err, outbox.ErrExists) || errors.Is(err, outbox.ErrToday) {
		return errors.Is(err, outbox.ErrToday), nil
	}
	if err != nil {
		return false, err
	}
	return false, m.lease.Commit(ctx, b)
}

// monthOf names the last month that a list tells of: 2026-10.
func monthOf(to time.Time, loc *time.Location) string {
	return to.In(loc).AddDate(0, 0, -1).Format("2006-01")
}

// monthWords puts what [monthOf] gives into words.
func monthWords(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return t.Format("January 2006")
}

// gather looks up what a list tells.
func (m *monthly) gather(ctx context.Context, in *reports.MonthlyInput) error {
	a, err := audit.Open(ctx, m.Store, m.Policy, m.from.Add(-time.Nanosecond), nil)
	if err != nil {
		return err
	}
	h, err := a.Between(ctx, m.from.Add(-time.Nanosecond), m.to.Add(-time.Nanosecond))
	if err != nil {
		return err
	}
	log := Actions(m.Env, "", nil)
	for _, d := range h.Deeds {
		head, err := m.deedOfHead(ctx, log, d)
		if err != nil {
			return err
		}
		if head == in.Chair {
			in.Deeds = append(in.Deeds, m.deed(d))
		}
	}
	if !in.Chair {
		if err := m.exports(ctx, in); err != nil {
			return err
		}
	}
	st, err := a.At(ctx, m.to.Add(-time.Nanosecond))
	if err != nil {
		return err
	}
	for _, f := range st.Agreed {
		head, err := m.findingOfHead(ctx, f)
		if err != nil {
			return err
		}
		if f.Agreed == nil || head != in.Chair {
			continue
		}
		when := m.agreedAt(ctx, f)
		if when.Before(m.from) {
			in.Holds = append(in.Holds, reports.MonthlyDeed{
				At: when, Who: m.titles(strings.Split(f.Agreed.By, " and ")), Clause: f.Clause, What: reports.WordsOf(f.Rule, f.Subject), Until: f.Agreed.Until, Private: f.Agreed.Private, Why: f.Agreed.Why,
			})
		}
	}
	return nil
}

// deed is what was done, in words.
func (m *monthly) deed(d audit.Deed) reports.MonthlyDeed {
	out := reports.MonthlyDeed{Did: didWords[d.What], At: d.At, Who: m.titles(d.Roles), Clause: d.Clause, Until: d.Until, Private: d.Private, Why: d.Why}
	if out.What = remedies.Title(d.Kind); d.Kind == "" {
		if parts := strings.SplitN(d.Finding, "~", 3); len(parts) == 3 { // clause, rule and subject
			out.What = reports.WordsOf(parts[1], strings.Replace(parts[2], "~", "/", 1))
		}
	}
	return out
}

var didWords = map[string]string{
	audit.Agreed: reports.DidAgree, audit.Ended: reports.DidEnd, audit.Approved: reports.DidApprove, audit.Declined: reports.DidDecline, audit.Made: reports.DidChange,
	audit.UndoAsked: reports.DidAskUndo, audit.Undone: reports.DidUndo, audit.NotMade: reports.DidNotMake,
}

// titles are roles in the school's words.
func (m *monthly) titles(roles []string) []string {
	var out []string
	for _, r := range roles {
		switch r {
		case "":
		case actions.PolicyRole:
			out = append(out, "the policy itself")
		default:
			out = append(out, m.Policy.Title(policy.Role(r)))
		}
	}
	return out
}

// agreedAt is when a finding was agreed to; the zero time where its events are gone: long ago.
func (m *monthly) agreedAt(ctx context.Context, f *findings.Finding) (at time.Time) {
	for d, err := range m.Store.Find(ctx, findings.Events, store.Ask{Query: "finding", Equal: map[string]string{"finding": f.ID}}) {
		if err != nil {
			return at
		}
		if e, err := findings.DecodeEvent(d); err == nil && e.How == findings.AgreedTo && e.At.Before(m.to) {
			at = e.At
		}
	}
	return at
}

func (m *monthly) isHead(id string) bool { return id != "" && slices.Contains(m.heads, id) }

// deedOfHead tells whether what was done concerns the headteacher's own account or files.
func (m *monthly) deedOfHead(ctx context.Context, log *actions.Log, d audit.Deed) (bool, error) {
	if d.Action != "" {
		a, err := log.Get(ctx, d.Action)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		return err == nil && slices.ContainsFunc(a.About(), m.isHead), err
	}
	f, err := (&findings.Keeper{Store: m.Store}).Get(ctx, d.Finding)
	if errors.Is(err, store.ErrNotFound) {
		return d.Head, nil
	}
	if err != nil || d.Head {
		return d.Head, err
	}
	return m.findingOfHead(ctx, f)
}

// findingOfHead tells the same of something found: as it was noted when it was agreed to, as the review site has it, or by its subject.
func (m *monthly) findingOfHead(ctx context.Context, f *findings.Finding) (bool, error) {
	if id, ok := strings.CutPrefix(f.Subject, "user/"); f.Agreed != nil && f.Agreed.Head || ok && m.isHead(id) {
		return true, nil
	}
	v, err := views.OfFinding(ctx, m.Store, f.ID)
	return err == nil && slices.ContainsFunc(v.About(), m.isHead), err
}

// exports adds the lists that were taken out of the program.
func (m *monthly) exports(ctx context.Context, in *reports.MonthlyInput) error {
	if err := m.given(ctx, in); err != nil {
		return err
	}
	if m.Site == nil {
		return nil // nowhere to note one: the command line makes the place when it takes one out
	}
	l := &look{Env: m.Env, Census: m.Census}
	kinds := m.Census.Kinds(ctx)
	for d, err := range decisions.Since(ctx, m.Site, decisions.Exported, m.from) {
		if err != nil {
			return err
		}
		if d.Check() != nil || !d.At.Before(m.to) {
			continue
		}
		in.Deeds = append(in.Deeds, reports.MonthlyDeed{Did: reports.DidExport, At: d.At, Who: l.exporter(kinds, d), What: exportWords[d.Kind]})
	}
	return nil
}

// given adds what is held of one person and was given out, or taken out for good. Of whom it was nobody can tell.
func (m *monthly) given(ctx context.Context, in *reports.MonthlyInput) error {
	for a, err := range privacy.Since(ctx, m.Store, m.from) {
		if err != nil {
			return err
		}
		if !a.At.Before(m.to) {
			continue
		}
		d := reports.MonthlyDeed{Did: reports.DidExport, At: a.At, Who: []string{"somebody whom the policy no longer names"}, What: "What is held of one person, as a draft"}
		if a.Do == privacy.Erase {
			d.What = "What was held of one person, for good"
		}
		for _, r := range policy.Roles() {
			if slices.ContainsFunc(m.Policy.Person(r), func(who policy.Person) bool { return pseudonym.Of(who.Address) == a.By }) {
				d.Who = []string{m.Policy.Title(r)}
				break
			}
		}
		in.Deeds = append(in.Deeds, d)
	}
	return nil
}

var exportWords = map[string]string{
	decisions.ExportAccess:    "The access record, with names",
	decisions.ExportIncidents: "The incident log about pupils, services and devices, as far as whoever took it out had opened its entries",
}

// exporter is the role of who took a list out of the program.
func (l *look) exporter(kinds *school.Kinds, d decisions.Decision) []string {
	by, ok := l.decider(kinds, d.By, d.At)
	if !ok {
		return []string{"somebody whose account is not known any more"}
	}
	for _, r := range policy.Roles() {
		if by.plays(r) {
			return []string{l.Env.Policy.Title(r)}
		}
	}
	return []string{"a member of staff"}
}

// tenth is the number of school days in a month after which its list is missed.
const tenth = 10

// missedList is the month of which no list was sent in time, and since when that is overdue; "" where none is. sent are the months of the lists that were sent. A list tells of all months since the one before it.
func missedList(cal *calendar.Calendar, loc *time.Location, first, now time.Time, sent []string) (month string, due time.Time) {
	local := now.In(loc)
	for begin := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, loc); begin.After(first); begin = begin.AddDate(0, -1, 0) {
		days := 0
		for d := calendar.DateOf(begin); d.Month == begin.Month(); d = d.AddDays(1) {
			if !cal.IsSchoolDay(d) {
				continue
			}
			if days++; days < tenth {
				continue
			}
			due = d.At(calendar.EndOfDay, 0, loc)
			break
		}
		if days < tenth || !due.Before(now) {
			continue // a month with fewer is judged with the one that follows it
		}
		month = monthOf(begin, loc)
		if slices.ContainsFunc(sent, func(s string) bool { return s >= month }) {
			return "", time.Time{}
		}
		return month, due
	}
	return "", time.Time{}
}

// changesMeans lists the policy's means that ask for the monthly list.
func changesMeans(p *policy.Policy) []clauseMeans {
	return meansWhere(p, func(m policy.Means) bool { return m.Kind == policy.Record && m.Name == policy.RecordChanges })
}

// changesSubject is what a finding on the monthly list is about.
const changesSubject = "record/" + policy.RecordChanges

// monthlySent says whether the monthly lists went out as the clauses ask that ask for them.
func (l *look) monthlySent(ctx context.Context, first time.Time) ([]findings.Observed, error) {
	asked := changesMeans(l.Env.Policy)
	if len(asked) == 0 {
		return nil, nil
	}
	var sent []string
	for e, err := range outbox.Reader(l.Store).All(ctx, l.Now.AddDate(0, 0, -200)) {
		if err != nil {
			return nil, err
		}
		if e.Kind == monthlyKind && e.State == outbox.Sent {
			sent = append(sent, e.Period)
		}
	}
	why := "no monthly list has been sent yet"
	if len(l.Env.Policy.Person(policy.RoleHead)) == 0 {
		why = "the policy names no headteacher to whom the monthly list would go"
	}
	month, due := missedList(l.Env.Policy.Calendar, l.Env.Policy.School.Location, first, l.Now, sent)
	var out []findings.Observed
	for _, m := range asked {
		if len(sent) == 0 {
			l.left.Unknown = append(l.left.Unknown, Unknown{
				Means: findings.Means(recordOverdue), Clause: m.ID, Rule: "overdue", What: "The monthly list to the headteacher", Why: why, Whole: true, Deals: string(m.DealsWithIt),
			})
		}
		if month != "" {
			out = append(out, findings.Observed{
				Clause: m.ID, Rule: recordOverdue, Subject: changesSubject, Severity: m.Severity, Deals: string(m.DealsWithIt), Facts: []string{"month " + month}, Due: due,
			})
		}
	}
	return out, nil
}
