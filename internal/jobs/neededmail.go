package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/needed"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// sharedPage is the page of the review site on which people answer what they are asked about what they shared.
const sharedPage = "/shared"

// mostTold is how many things one mail tells for the first time, as all of them are noted in its batch; the rest follow the next day.
const mostTold = 200

// asking is what people are asked about what they shared, and may answer in time.
type asking struct {
	env Env
	now time.Time
	by  map[string][]asked // Directory id → what they are asked
}

type asked struct {
	q    *needed.Question
	file reports.NeededFile
}

// openAsking gathers what is asked and not answered, of findings that are as they were. What things are called is what the review site shows.
func openAsking(ctx context.Context, env Env, now time.Time) (*asking, error) {
	out := &asking{env: env, now: now, by: map[string][]asked{}}
	all, err := needed.All(ctx, env.Store)
	if err != nil {
		return nil, err
	}
	k := &findings.Keeper{Store: env.Store}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		q := all[id]
		if !q.Waits() || q.Late(now) {
			continue
		}
		f, err := k.Get(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		v, err := views.OfFinding(ctx, env.Store, id)
		if err != nil {
			return nil, err
		}
		if v == nil || !q.About(f) || v.Ask != q.Of {
			continue
		}
		file := reports.NeededFile{Title: v.Title, What: v.What, Since: f.Since, Due: q.Due, Link: v.Link}
		for _, w := range v.With {
			file.With = append(file.With, w.Who)
		}
		out.by[q.Of] = append(out.by[q.Of], asked{q, file})
	}
	return out, nil
}

// with adds to a list of accounts those who are to be told today that they are asked something, by id.
func (a *asking) with(list []*seen.Account, who *school.Directory) []*seen.Account {
	list = slices.Clone(list)
	for id := range a.by {
		acc, ok := who.AccountByID(id)
		if ok && a.news(id) && !slices.ContainsFunc(list, func(have *seen.Account) bool { return have.ID == id }) {
			list = append(list, acc)
		}
	}
	slices.SortFunc(list, func(x, y *seen.Account) int { return strings.Compare(x.ID, y.ID) })
	return list
}

// files is what somebody is asked about.
func (a *asking) files(id string) []reports.NeededFile {
	var out []reports.NeededFile
	for _, x := range a.by[id] {
		out = append(out, x.file)
	}
	return out
}

// remind tells whether somebody who was told is to hear once more.
func (a *asking) remind(q *needed.Question) bool {
	return !q.Told.IsZero() && q.Reminded.IsZero() && !a.now.Before(q.Remind)
}

// news tells whether somebody is to hear today of something that they are asked.
func (a *asking) news(id string) bool {
	return slices.ContainsFunc(a.by[id], func(x asked) bool { return x.q.Told.IsZero() || a.remind(x.q) })
}

// told adds to the batch of a mail that it told somebody what they are asked.
func (a *asking) told(b *store.Batch, id string) error {
	n := 0
	for _, x := range a.by[id] {
		q := *x.q
		switch {
		case n == mostTold:
			return nil
		case q.Told.IsZero():
			q.Told = a.now.UTC()
			if !a.now.Before(q.Remind) {
				q.Reminded = q.Told // they are told late: once is enough
			}
		case a.remind(&q):
			q.Reminded = a.now.UTC()
		default:
			continue
		}
		n++
		if err := q.Stage(b); err != nil {
			return err
		}
	}
	return nil
}

// mail puts the mail of somebody for whom nothing else waits into the outbox: once when they are asked, and once more before the time is over. It is their one ordinary mail of the day.
func (a *asking) mail(ctx context.Context, box *outbox.Outbox, lease *Lease, who *school.Directory, acc *seen.Account) error {
	p := a.env.Policy
	if !a.news(acc.ID) || !mayAsk(p, who, adults(p, who), acc) || !schoolIn(p.Calendar, daysOf(p, acc), a.now) {
		return nil
	}
	r, err := reports.Needed(reports.NeededInput{
		School: p.School.Name, Titles: reports.Titles{ESafetyOfficer: p.Title(policy.RoleOfficer)}, Reader: acc.Name, Now: a.now, Location: p.School.Location, Files: a.files(acc.ID), Site: a.env.page(sharedPage),
	})
	b := &store.Batch{}
	if err == nil {
		_, err = box.Put(ctx, b, a.now, outbox.Letter{
			To: netmail.Address{Name: acc.Name, Address: mailAddress(p, who, acc)}, Kind: digestKind, Period: p.Calendar.Date(a.now).String(), UpTo: a.now, Hash: r.Hash, Subject: r.Subject, HTML: r.HTML, Text: r.Text,
		})
	}
	if errors.Is(err, outbox.ErrExists) || errors.Is(err, outbox.ErrToday) {
		return nil // tomorrow
	}
	if err == nil {
		err = a.told(b, acc.ID)
	}
	if err == nil {
		err = lease.Commit(ctx, b)
	}
	if err != nil {
		return fmt.Errorf("the question what is still needed, for account %s: %w", acc.ID, err)
	}
	return nil
}

// tellNeeded writes to those who are asked something where no daily mail to teachers could tell them.
func tellNeeded(ctx context.Context, env Env, box *outbox.Outbox, t *told) error {
	if Asked(env.Policy, CommentsJob) || t.Who == nil || len(t.asking.by) == 0 {
		return nil
	}
	var err error
	if t.asking, err = openAsking(ctx, env, t.now); err != nil { // the reports of this run have told some
		return err
	}
	var errs error
	for _, a := range t.asking.with(nil, t.Who) {
		errs = errors.Join(errs, t.asking.mail(ctx, box, t.lease, t.Who, a))
	}
	return errs
}

// neededFor adds to a report what its reader is asked themselves, and what others answered of what the reader deals with. It returns the reader's Directory id, "" where they are asked nothing.
func (t *told) neededFor(ctx context.Context, env Env, who reader, data *reports.OversharingInput) (self string, err error) {
	if t.Who != nil {
		if a, ok := t.Who.Account(who.Address); ok && mayAsk(env.Policy, t.Who, adults(env.Policy, t.Who), a) {
			self = a.ID
		}
	}
	data.Needed, data.Answers = t.asking.files(self), env.page(sharedPage)
	data.Said, err = saidOf(ctx, env, t.Keeper, t.now, func(f *findings.Finding) bool { return slices.Contains(who.roles, policy.Role(f.Deals)) })
	return self, err
}
