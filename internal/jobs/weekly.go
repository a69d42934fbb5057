package jobs

import (
	"context"
	"errors"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/store"
)

// WeeklyJob is the job that tells the e-safety officer once a week how every clause stands. It comes before the others that tell people, so that its mail is their one ordinary mail of the day.
const WeeklyJob = "weekly"

// weeklyKind is the outbox's name of the weekly e-mail.
const weeklyKind = "weekly"

// Weekly puts the weekly e-mail into the outbox, if its day has come and it was not made in this week; nil where it is not due. docs/audit.md defines what it says and when it goes.
func Weekly(ctx context.Context, env Env, box *outbox.Outbox, s *Seen) (*Record, error) {
	due, err := weeklyDay(ctx, env, s.Census.Now)
	if err != nil || !due {
		return nil, err
	}
	return leased(ctx, env, WeeklyJob, s.Census.Now, func(lease *Lease, r *Record) error {
		t, err := newTold(ctx, env, s, lease)
		if err != nil {
			return err
		}
		if len(t.records) == 0 {
			return nil // nothing was ever looked at
		}
		env.nameRoll(ctx, t.Who)
		if t.Who == nil {
			r.Gaps = s.Census.Gaps("users")
		}
		if t.back, err = openUnreached(ctx, env, box, t.now); err != nil {
			return err
		}
		if err := t.keepHistory(ctx, env); err != nil { // what this very run could not see is told
			return err
		}
		return t.weekly(ctx, env, box)
	})
}

// weekly makes the mail.
func (t *told) weekly(ctx context.Context, env Env, box *outbox.Outbox) error {
	to, cc := weeklyReaders(env.Policy)
	a, err := openWeekly(ctx, env.Store, env.Policy, t.now)
	if err != nil {
		return err
	}
	in, err := a.input(ctx, env.BaseURL)
	if err != nil {
		return err
	}
	if in.Holiday && !slices.ContainsFunc(in.Clauses, func(c reports.WeeklyClause) bool { return c.Colour == reports.Red }) {
		return nil
	}
	in.Reader = to.Name
	if in.Own, err = t.own(ctx, env, a, to); err != nil {
		return err
	}
	w, err := reports.WeeklyMail(in)
	if err != nil {
		return err
	}
	letter := outbox.Letter{
		To: netmail.Address{Name: to.Name, Address: to.Address}, Kind: weeklyKind, Period: weekOf(env.Policy.Calendar.Date(t.now)), UpTo: t.now, Subject: w.Subject, HTML: w.HTML, Text: w.Text,
	}
	for _, p := range cc {
		if !t.same(p.Address, to.Address) {
			letter.Cc = append(letter.Cc, netmail.Address{Name: p.Name, Address: p.Address})
		}
	}
	if w.Picture != nil {
		letter.Inline = []mail.Attachment{{Name: reports.PictureName, Type: "image/png", Data: w.Picture}}
	}
	b := &store.Batch{}
	_, err = box.Put(ctx, b, t.now, letter)
	if errors.Is(err, outbox.ErrExists) || errors.Is(err, outbox.ErrToday) {
		return nil // they have had today's mail: tomorrow, if the week has a day left
	}
	if err != nil {
		return err
	}
	return t.lease.Commit(ctx, b)
}

// weeklyReaders is who gets the weekly e-mail: the first e-safety officer, where the policy names none the deputy, else the headteacher; and those who get a copy, each address once. The zero Person where nobody is named.
func weeklyReaders(p *policy.Policy) (to policy.Person, cc []policy.Person) {
	var all []policy.Person
	for _, role := range policy.Leads {
		if all = p.Person(role); len(all) > 0 {
			break
		}
	}
	if len(all) == 0 {
		return to, nil
	}
	to = all[0]
	for _, who := range slices.Concat(all[1:], p.Person(policy.RoleSafeguarding), p.Person(policy.RoleSafeguardingDeps)) {
		if !strings.EqualFold(who.Address, to.Address) && !slices.ContainsFunc(cc, func(have policy.Person) bool { return strings.EqualFold(have.Address, who.Address) }) {
			cc = append(cc, who)
		}
	}
	return to, cc
}

// weekOf names the week that a day is in, Monday to Sunday: "2026-W47".
func weekOf(d calendar.Date) string {
	year, week := d.At(12, 0, time.UTC).ISOWeek()
	return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + "-W" + string(rune('0'+week/10)) + string(rune('0'+week%10))
}

// weeklyDue tells whether the weekly e-mail is to be made now: its hour has come, and the job has not run to its end today.
func weeklyDue(ctx context.Context, env Env) (bool, error) {
	now := env.Clock()
	last, err := env.last(ctx, WeeklyJob)
	if err != nil || !reached(env.Policy, env.Policy.Mail.Report, last, now) {
		return false, err
	}
	return weeklyDay(ctx, env, now)
}

// weeklyDay tells whether the weekly e-mail may be made on a day, and was not made in its week.
func weeklyDay(ctx context.Context, env Env, now time.Time) (bool, error) {
	p := env.Policy
	to, _ := weeklyReaders(p)
	today := p.Calendar.Date(now)
	if to.Address == "" || !weeklyOn(p, to, today) {
		return false, nil
	}
	_, made, err := outbox.Reader(env.Store).Get(ctx, to.Address, weeklyKind, weekOf(today))
	return err == nil && !made, err
}

// weeklyOn tells whether the weekly e-mail may go on a day: from the policy's day of the week on, when who gets it is in, and at the latest from the week's last school day on. In a week without a school day its
// working days count; in one whose school days are all before the policy's day there is none, nor where the policy wants none.
func weeklyOn(p *policy.Policy, to policy.Person, today calendar.Date) bool {
	if p.Mail.NoWeekly {
		return false
	}
	monday := today.AddDays(-(int(today.Weekday()) + 6) % 7)
	first := monday.AddDays((int(p.Mail.Weekly) + 6) % 7)
	counts := func(d calendar.Date) bool { return taught(p.Calendar, d) }
	if !schoolWeek(p.Calendar, today) {
		counts = p.Calendar.IsWorkingDay
	}
	var last calendar.Date
	for d := first; d.DaysUntil(monday.AddDays(6)) >= 0; d = d.AddDays(1) {
		if counts(d) {
			last = d
		}
	}
	if last.IsZero() || today.Before(first) {
		return false
	}
	days := p.DaysIn(to)
	isIn := p.Calendar.IsWorkingDay(today) && (len(days) == 0 || slices.Contains(days, today.Weekday()))
	return isIn || !today.Before(last)
}

// taught tells whether a day is a school day; where there are no term dates, a working day.
func taught(cal *calendar.Calendar, d calendar.Date) bool {
	return cal.IsSchoolDay(d) || cal.Covers(d) != nil && cal.IsWorkingDay(d)
}

// schoolWeek tells whether the week that a day is in has a school day.
func schoolWeek(cal *calendar.Calendar, d calendar.Date) bool {
	monday := d.AddDays(-(int(d.Weekday()) + 6) % 7)
	for i := range 7 {
		if taught(cal, monday.AddDays(i)) {
			return true
		}
	}
	return false
}

// own counts what waits for the reader themself, whose other mail of the day the weekly one stands for.
func (t *told) own(ctx context.Context, env Env, a *weeklyAudit, to policy.Person) (*reports.WeeklyOwn, error) {
	var roles []policy.Role
	for role, people := range env.Policy.People {
		if slices.ContainsFunc(people, func(p policy.Person) bool { return t.same(p.Address, to.Address) }) {
			roles = append(roles, role)
		}
	}
	out := &reports.WeeklyOwn{}
	for _, f := range a.now.Open {
		if f.Severity != policy.SeverityInformation && slices.Contains(roles, policy.Role(f.Deals)) {
			out.Deals++
			if f.Opened.After(a.after) {
				out.DealsNew++
			}
		}
	}
	who := reader{Person: to, roles: roles}
	asks, err := t.asksOf(ctx, env, who)
	if err != nil {
		return nil, err
	}
	posts, err := t.postsFor(ctx, env, to.Address)
	if err != nil {
		return nil, err
	}
	out.Questions, out.Posts = len(asks), len(posts)
	if t.Who != nil {
		if acc, ok := t.Who.Account(to.Address); ok {
			out.Shared = len(t.asking.files(acc.ID))
		}
	}
	return out, nil
}
