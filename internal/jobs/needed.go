package jobs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/needed"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// Why a question about what is shared, or an answer to one, does not count.
const (
	notAskable = "nobody can be asked about it"
	notAgain   = "it was asked before, and waits for an answer"
	notToThem  = "it was not asked of you, or it is not asked any more"
)

// mayAsk tells whether an account is somebody who can be asked: an adult of the school whose account works. Pupils are not asked, nor is anybody outside.
func mayAsk(p *policy.Policy, who *school.Directory, grown map[string]bool, a *seen.Account) bool {
	return a.Active() && grown[a.ID] && who.Has(a) && !inPupils(p, a)
}

// askable says who can be asked whether what a finding is about is still needed, or why nobody can; neither, where it asks nothing of anybody.
func (g *gatherer) askable(f *findings.Finding) (id, why string) {
	if findings.Means(f.Rule) != sharing.Means || f.Severity == findings.Information || g.out.Who == nil {
		return "", ""
	}
	s, known := g.shares[f.Subject]
	tree := g.trees[f.Subject]
	if !known && len(tree) > 0 {
		s = tree[0]
	}
	// What is confidential is asked of nobody but its owner: whoever shared it may not be one of those who may see it.
	if a, ok := g.out.Who.AccountByID(s.By); ok && len(tree) == 0 && !g.owner(s).Confidential && mayAsk(g.env.Policy, g.out.Who, g.adults, a) {
		return a.ID, ""
	}
	kind, _, _ := strings.Cut(f.Subject, "/")
	a, ok := g.out.Who.AccountByID(s.Owner)
	switch {
	case kind == "group":
		return "", "It is a group, which belongs to nobody alone."
	case s.Lost || f.Missing:
		return "", "It is not where it was, so we do not know whose it is."
	case s.Drive != "" || kind == "drive":
		return "", "It is in a shared drive, and the log does not say who shared it."
	case !ok:
		return "", "The account that it belonged to is gone."
	case inPupils(g.env.Policy, a):
		return "", "It is a pupil's, and pupils are not asked."
	case !a.Active():
		return "", "The account that it belongs to is switched off."
	case !mayAsk(g.env.Policy, g.out.Who, g.adults, a):
		return "", "It does not belong to one of the school's staff."
	}
	return a.ID, ""
}

// ask adds to a batch that whoever shared something is asked about it, or says why that is not done. Whether it was theirs to ask is judged before.
func (j *judge) ask(ctx context.Context, b *store.Batch, by decider, f *findings.Finding, v *views.Finding, pick decisions.Pick) (string, error) {
	old, err := needed.Of(ctx, j.Store, f.ID)
	if err != nil {
		return "", err
	}
	who := j.Who()
	a, ok := who.AccountByID(v.Ask)
	switch {
	case f.Status != findings.Open:
		return notOpen, nil
	case !slices.Equal(pick.Facts, f.Facts):
		return notSame, nil
	case old != nil && old.Waits() && old.About(f) && !old.Late(j.Now):
		return notAgain, nil
	case v.Ask == "" || !ok || !mayAsk(j.Env.Policy, who, adults(j.Env.Policy, who), a):
		return notAskable, nil
	case a.ID == by.accountID():
		return notSelf, nil
	}
	remind, due := answerBy(j.Env.Policy, daysOf(j.Env.Policy, a), j.Now)
	q := needed.Question{Finding: f.ID, Opened: f.Opened, Facts: f.Facts, Of: a.ID, By: j.role(by, f), Asked: j.Now.UTC(), Remind: remind.UTC(), Due: due.UTC()}
	return "", q.Again(old).Stage(b)
}

// horizon is after how many days of a calendar without a day at school a deadline is counted in working days after all.
const horizon = 400

// answerBy is when somebody who is asked now is reminded, and by when they are to answer: the days count on which they are at school, as only then they have their mail.
func answerBy(p *policy.Policy, days []time.Weekday, now time.Time) (remind, due time.Time) {
	start := p.Calendar.Date(now)
	day := start
	for n := 0; n < needed.Days; {
		day = day.AddDays(1)
		if start.DaysUntil(day) > horizon {
			due, _ = p.Calendar.Due(now, calendar.Deadline{Count: needed.Days, Unit: calendar.WorkingDays}, nil, "")
			return due, due
		}
		if !schoolIn(p.Calendar, days, day.At(12, 0, p.School.Location)) {
			continue
		}
		if n++; n == needed.Days-1 {
			remind = day.At(0, 0, p.School.Location)
		}
	}
	return remind, day.At(calendar.EndOfDay, 0, p.School.Location)
}

// answered adds to a batch what somebody answered who was asked about a finding, or says why that does not count. It is a wish: nothing is agreed to by it.
func (j *judge) answered(ctx context.Context, b *store.Batch, by decider, d decisions.Decision, pick decisions.Pick) (string, error) {
	f, err := j.finding(ctx, pick.ID)
	if f == nil {
		return notThere, err
	}
	q, err := needed.Of(ctx, j.Store, f.ID)
	switch {
	case err != nil:
		return "", err
	case q == nil || by.acc == nil || q.Of != by.acc.ID:
		return notToThem, nil
	case f.Status != findings.Open:
		return notOpen, nil
	case !q.About(f) || !slices.Equal(pick.Facts, f.Facts):
		return notSame, nil
	}
	q.Answer, q.Answered, q.Until, q.Why = d.Answer, d.At.UTC(), "", strings.TrimSpace(d.Why)
	if d.Answer == needed.Keep {
		if _, why := j.until(d); why != "" {
			return why, nil
		}
		q.Until = d.Until
	}
	return "", q.Stage(b)
}

// settleNeeded ends what is asked about something that is no longer so, and what is asked of somebody who cannot answer any more.
func settleNeeded(ctx context.Context, env Env, s *Seen, commit func(context.Context, *store.Batch) error) error {
	all, err := needed.All(ctx, env.Store)
	if err != nil || len(all) == 0 {
		return err
	}
	var grown map[string]bool
	if s.Census.Directory(ctx) {
		grown = adults(env.Policy, s.Census.Who())
	}
	k := &findings.Keeper{Store: env.Store}
	b := &store.Batch{}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		q := all[id]
		f, err := k.Get(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || f.Status != findings.Open || !f.Opened.Equal(q.Opened) {
			q.StageDrop(b)
		} else if err := endNeeded(ctx, env, s, b, grown, q, f); err != nil {
			return err
		}
		if b.Writes() >= store.MaxBatchWrites/2 {
			if err := commit(ctx, b); err != nil {
				return err
			}
			b = &store.Batch{}
		}
	}
	if b.Writes() == 0 {
		return ctx.Err()
	}
	return commit(ctx, b)
}

// endNeeded adds to a batch that a question ends while its finding stays open, if it does. grown is nil where the accounts are not known: then nobody is taken to have left.
func endNeeded(ctx context.Context, env Env, s *Seen, b *store.Batch, grown map[string]bool, q *needed.Question, f *findings.Finding) error {
	if q.Ended != "" {
		return nil
	}
	if !q.About(f) {
		q.Ended = needed.Changed
		return q.Stage(b)
	}
	if !q.Waits() || grown == nil {
		return nil
	}
	v, err := views.OfFinding(ctx, env.Store, f.ID)
	if err != nil {
		return err
	}
	a, ok := s.Census.Who().AccountByID(q.Of)
	if ok && mayAsk(env.Policy, s.Census.Who(), grown, a) && (v == nil || v.Ask == q.Of) {
		return nil
	}
	q.Ended = needed.Passed
	return q.Stage(b)
}

// stops lists the findings of which whoever shared it says that it is not needed any more.
func stops(ctx context.Context, s store.Store, k *findings.Keeper) (map[string]bool, error) {
	all, err := needed.All(ctx, s)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for id, q := range all {
		if q.Answer != needed.Stop {
			continue
		}
		f, err := k.Get(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		out[id] = err == nil && q.About(f)
	}
	return out, nil
}

// saidOf counts, for a report, what those who were asked said of findings that its reader deals with.
func saidOf(ctx context.Context, env Env, k *findings.Keeper, now time.Time, mine func(*findings.Finding) bool) (reports.OwnersSaid, error) {
	said := reports.OwnersSaid{Link: env.page("/findings?asked=back")}
	all, err := needed.All(ctx, env.Store)
	if err != nil {
		return said, err
	}
	for id, q := range all {
		f, err := k.Get(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return said, err
		}
		if !q.About(f) || !mine(f) {
			continue
		}
		switch {
		case q.Answer == needed.Keep:
			said.Keep++
		case q.Answer == needed.Stop:
			said.Stop++
		case q.Answer == needed.Unsure:
			said.Unsure++
		case q.Late(now):
			said.Silent++
		}
	}
	return said, nil
}
