package jobs

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reminders"
	"esafetybot/internal/reports"
	"esafetybot/internal/store"
	"esafetybot/internal/termly"
)

// TermlyJob tells the headteacher and the governor once a term how things stand.
const TermlyJob = "termly"

// termlyKind is the outbox's name of the termly report.
const termlyKind = termly.Kind

// termlyRoles are those who get it.
var termlyRoles = []policy.Role{policy.RoleHead, policy.RoleGovernor}

// termlyDay is the day of a term on which its report goes out: the last Monday that is a school day, else the last school day; zero where the term has none.
func termlyDay(cal *calendar.Calendar, t calendar.Term) calendar.Date {
	var last calendar.Date
	for d := t.Last; !d.Before(t.First); d = d.AddDays(-1) {
		if !cal.IsSchoolDay(d) {
			continue
		}
		if d.Weekday() == time.Monday {
			return d
		}
		if last.IsZero() {
			last = d
		}
	}
	return last
}

// termlyPeriod names a term: the year in which its school year began, and its name, as reminders do: 2026-autumn.
func termlyPeriod(cal *calendar.Calendar, t calendar.Term) string {
	return fmt.Sprintf("%d-%s", cal.YearStart(t.First).Year, strings.ToLower(strings.Join(strings.Fields(t.Name), "-")))
}

// termlyTerm is the term whose report is to go out on a day: its day has come, and the next term has not begun; false where there is none. first is when the program first looked: a report of a term whose day was before that is none.
func termlyTerm(cal *calendar.Calendar, first, today calendar.Date) (calendar.Term, bool) {
	for i := len(cal.Terms) - 1; i >= 0; i-- {
		if t := cal.Terms[i]; !t.First.After(today) {
			day := termlyDay(cal, t)
			return t, !day.IsZero() && !day.After(today) && !day.Before(first)
		}
	}
	return calendar.Term{}, false
}

// Termly puts the termly report into the outbox for the headteacher and the governor, as their one ordinary mail of the day.
func Termly(ctx context.Context, env Env, box *outbox.Outbox, s *Seen) (*Record, error) {
	return leased(ctx, env, TermlyJob, s.Census.Now, func(lease *Lease, r *Record) error {
		now := s.Census.Now
		first, err := memory.FirstLook(ctx, env.Store)
		if err != nil || first.IsZero() {
			return err
		}
		t, ok := termlyTerm(env.Policy.Calendar, env.Policy.Calendar.Date(first), env.Policy.Calendar.Date(now))
		if !ok {
			return nil
		}
		period := termlyPeriod(env.Policy.Calendar, t)
		waits, err := termlyWaits(ctx, env, now, period)
		if err != nil || len(waits) == 0 {
			return err
		}
		if !s.Census.Directory(ctx) {
			r.Gaps = s.Census.Gaps("users")
			return errors.Join(ctx.Err(), errors.New("the list of accounts could not be read, so that pupils' names could not be looked for in what people wrote, and the termly report was not written; it is tried again"))
		}
		env.nameRoll(ctx, s.Census.Who())
		in, err := termly.Source{Store: env.Store, Policy: env.Policy, Reminders: termly.Kept(env.Store, env.Policy)}.Report(ctx, now)
		if err != nil {
			return err
		}
		in.Mask = mask(env.Policy, s.Census.Who())
		var errs error
		for _, who := range waits {
			if err := termlyOne(ctx, box, lease, now, who.Person, period, in); err != nil {
				errs = errors.Join(errs, fmt.Errorf("the termly report for the %s: %w", env.Policy.Title(who.roles[0]), err))
			}
		}
		return errs
	})
}

func termlyOne(ctx context.Context, box *outbox.Outbox, lease *Lease, now time.Time, who policy.Person, period string, in reports.TermlyInput) error {
	in.Reader = who.Name
	r, err := reports.Termly(in)
	if err != nil {
		return err
	}
	b := &store.Batch{}
	_, err = box.Put(ctx, b, now, outbox.Letter{
		To: netmail.Address{Name: who.Name, Address: who.Address}, Kind: termlyKind, Period: period, UpTo: now, Hash: r.Hash, Subject: r.Subject, HTML: r.HTML, Text: r.Text,
	})
	if errors.Is(err, outbox.ErrExists) || errors.Is(err, outbox.ErrToday) {
		return nil // on the next school day
	}
	if err != nil {
		return err
	}
	return lease.Commit(ctx, b)
}

// termlyWaits lists who is in and has not had the report of a term.
func termlyWaits(ctx context.Context, env Env, now time.Time, period string) (waits []reader, err error) {
	for _, who := range players(env.Policy, termlyRoles) {
		_, made, err := outbox.Reader(env.Store).Get(ctx, who.Address, termlyKind, period)
		if err != nil {
			return nil, err
		}
		if !made && schoolIn(env.Policy.Calendar, env.Policy.DaysIn(who.Person), now) {
			waits = append(waits, who)
		}
	}
	return waits, nil
}

// termlyDue tells whether somebody is to have the termly report now.
func termlyDue(ctx context.Context, env Env, now time.Time) (bool, error) {
	cal := env.Policy.Calendar
	last, err := env.last(ctx, TermlyJob)
	if err != nil || !reached(env.Policy, env.Policy.Mail.Report, last, now) {
		return false, err
	}
	first, err := env.firstLook(ctx)
	if err != nil || first.IsZero() {
		return false, err
	}
	t, ok := termlyTerm(cal, cal.Date(first), cal.Date(now))
	if !ok {
		return false, nil
	}
	waits, err := termlyWaits(ctx, env, now, termlyPeriod(cal, t))
	return len(waits) > 0, err
}

// termlySent tells, by term, to whom the report went and to whom it did not, as what becomes of reminders is told.
func (r *remindersRun) termlySent(ctx context.Context) (map[string]reminders.Out, error) {
	out := map[string]reminders.Out{}
	for _, t := range r.Env.Policy.Calendar.Terms {
		if t.First.After(r.Env.Policy.Calendar.Date(r.Now)) {
			break
		}
		period := termlyPeriod(r.Env.Policy.Calendar, t)
		o := reminders.Out{Name: policy.GovernorReport, Key: period, Told: map[string]time.Time{}}
		for _, who := range players(r.Env.Policy, termlyRoles) {
			e, ok, err := outbox.Reader(r.Store).Get(ctx, who.Address, termlyKind, period)
			switch {
			case err != nil:
				return nil, err
			case ok && e.State == outbox.Sent:
				o.Began, o.Told[e.Recipient] = e.Created, e.Ended
			default:
				o.For = append(o.For, outbox.RecipientID(who.Address))
			}
		}
		if len(o.Told) > 0 {
			out[period] = o
		}
	}
	return out, nil
}
