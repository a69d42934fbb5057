package jobs

import (
	"context"
	"errors"
	"log/slog"
	netmail "net/mail"
	"slices"
	"time"

	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/store"
	"esafetybot/internal/trust"
)

// overviewJob is the lease under which the overview of a trust is made and sent, in the trust's own part of the state.
const overviewJob = "overview"

// OverviewKind is the outbox's name of the overview for the safeguarding lead of a trust.
const OverviewKind = "trust-overview"

// TrustEnv is what the overview of a trust needs.
type TrustEnv struct {
	Trust     *policy.Trust
	Store     store.Store // the trust's own part of the state, which no school has
	School    func(context.Context, *policy.Policy) (store.Store, error)
	Site      string // the address of the trust's pages; "" without them
	Clock     func() time.Time
	Holder    string // of leases
	Exclusive bool   // the state belongs to this process alone
	Log       *slog.Logger
}

// Overview makes the overview for the trust's safeguarding lead when it is due, and has it delivered: once a week, however many tasks ask at once. What one of them left undelivered the next delivers. made tells whether this
// call made it. A school that cannot be read is told as such, and logged.
func Overview(ctx context.Context, env TrustEnv, box *outbox.Outbox, deliver func(context.Context, *outbox.Outbox) error) (made bool, err error) {
	lead, schools, now := env.Trust.SafeguardingLead, env.Trust.Schools, env.Clock()
	if lead.Address == "" || len(schools) == 0 {
		return false, nil
	}
	cut := trust.Cut(schools, now)
	period := trust.Period(schools, cut)
	e, have, err := outbox.Reader(env.Store).Get(ctx, lead.Address, OverviewKind, period)
	switch {
	case err != nil:
		return false, err
	case have && (e.State == outbox.Sent || e.State == outbox.GivenUp):
		return false, nil
	case !have && !trust.Due(schools, lead, now):
		return false, nil
	}
	if !have && env.waits(ctx, now) {
		return false, nil // whoever runs the last school sends it
	}
	lease, err := Take(ctx, env.Store, overviewJob, env.Holder, env.Exclusive, env.Clock)
	if errors.Is(err, ErrBusy) {
		return false, nil // another task is at it
	}
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, lease.Release(context.WithoutCancel(ctx), &store.Batch{})) }()
	if box, err = box.With(lease.Guard); err != nil {
		return false, err
	}
	b := &store.Batch{}
	if err := env.forget(ctx, b, now); err != nil {
		return false, err
	}
	if !have {
		r, err := env.overview(ctx, cut, now)
		if err != nil {
			return false, err
		}
		_, err = box.Put(ctx, b, now, outbox.Letter{
			To: netmail.Address{Name: lead.Name, Address: lead.Address}, Kind: OverviewKind, Period: period, UpTo: now, Subject: r.Subject, HTML: r.HTML, Text: r.Text,
		})
		if made = err == nil; err != nil && !errors.Is(err, outbox.ErrExists) && !errors.Is(err, outbox.ErrToday) {
			return false, err
		}
	}
	if b.Writes() > 0 {
		if err := lease.Commit(ctx, b); err != nil {
			return false, err
		}
	}
	return made, deliver(ctx, box)
}

// waits tells whether a school has not had its day's run yet, and is not late: colours are of now, and shall be of today. A school that cannot be read is not waited for.
func (env TrustEnv) waits(ctx context.Context, now time.Time) bool {
	for _, p := range env.Trust.Schools {
		today := p.Calendar.Date(now)
		if !now.Before(today.At(p.Mail.Report.Hour, p.Mail.Report.Minute, p.School.Location).Add(LateAfter)) {
			continue
		}
		s, err := env.School(ctx, p)
		if err != nil {
			continue
		}
		at, err := Done(ctx, s)
		if err = errors.Join(err, s.Close()); err == nil && p.Calendar.Date(at) != today {
			return true
		}
	}
	return false
}

// overview writes it.
func (env TrustEnv) overview(ctx context.Context, cut, now time.Time) (reports.Rendered, error) {
	t := env.Trust
	in := reports.TrustInput{Trust: t.Name, Reader: t.SafeguardingLead.Name, Now: now, Cut: cut, Location: t.Schools[0].School.Location, Site: env.Site}
	for _, p := range t.Schools {
		one := trust.Unread(p)
		s, err := env.School(ctx, p)
		if err == nil {
			one, err = trust.School(ctx, s, p, t.SafeguardingLead.Address, cut, now)
			err = errors.Join(err, s.Close())
		}
		if ctx.Err() != nil {
			return reports.Rendered{}, ctx.Err()
		}
		if err != nil {
			env.Log.ErrorContext(ctx, "a school could not be read for the trust's overview, which says so", "school", p.Key(), "error", err.Error())
		}
		in.Schools = append(in.Schools, one)
	}
	return reports.Trust(in)
}

// mostForgotten is how many old overviews go in one batch; the others go with the next.
const mostForgotten = 100

// forget adds to a batch that overviews go which are older than the strictest of the schools keeps messages, and up to when somebody was told whom nothing was written to for as long.
func (env TrustEnv) forget(ctx context.Context, b *store.Batch, now time.Time) error {
	before := env.Trust.Schools[0].Retention[policy.KeepMessages].Before(now)
	for _, p := range env.Trust.Schools {
		if t := p.Retention[policy.KeepMessages].Before(now); t.After(before) {
			before = t
		}
	}
	for e, err := range outbox.Reader(env.Store).All(ctx, time.Time{}) {
		if err != nil {
			return err
		}
		if !e.Created.Before(before) || b.Writes() > mostForgotten {
			break
		}
		if slices.Contains([]outbox.State{outbox.Sent, outbox.GivenUp}, e.State) {
			outbox.StageDelete(b, e)
		}
	}
	for d, err := range env.Store.Find(ctx, outbox.Marks, store.Ask{}) {
		if err != nil {
			return err
		}
		if newest, err := outbox.LastMark(d); err == nil && newest.Before(before) && d.Key != store.Key(outbox.RecipientID(env.Trust.SafeguardingLead.Address)) {
			b.Delete(outbox.Marks, d.Key, d.Version)
		}
	}
	return nil
}
