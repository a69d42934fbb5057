package jobs

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"

	"esafetybot/internal/checkins"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/store"
)

// askKind is the outbox's name of the letter to somebody who is asked something and has no report.
const askKind = "questions"

// asksOf lists what somebody is asked and has not answered.
func (t *told) asksOf(ctx context.Context, env Env, who reader) ([]reports.AskedOf, error) {
	if t.records[CheckInsJob] == nil {
		return nil, nil
	}
	first, err := memory.FirstLook(ctx, env.Store)
	if err != nil || first.IsZero() {
		return nil, err
	}
	book, err := checkins.Open(ctx, env.Store)
	if err != nil {
		return nil, err
	}
	in := checkins.Input{Now: t.now, FirstLook: first, Calendar: env.Policy.Calendar, Asks: checkins.Asks(env.Policy), Answers: book.All()}
	var out []reports.AskedOf
	var names []string
	for _, s := range in.States() {
		if !s.Waits() || !slices.Contains(who.roles, policy.Role(s.Role)) || slices.Contains(names, s.Name) {
			continue
		}
		names = append(names, s.Name)
		about := checkins.About(s.Name)
		out = append(out, reports.AskedOf{
			Title: about.Title, Question: about.Question, Due: s.Due, Overdue: s.Overdue(t.now), Link: env.page("/check-ins"),
			Command: "esafetybot checkins answer " + s.Name + " yes --as " + who.Address,
		})
	}
	return out, nil
}

// ask puts a letter into the outbox for each person who is asked something and has no report: when there is something new to say of it, and once a week.
func ask(ctx context.Context, env Env, box *outbox.Outbox, t *told) error {
	var roles []policy.Role
	for _, m := range checkInMeans(env.Policy) {
		if !slices.Contains(roles, m.Ask) {
			roles = append(roles, m.Ask)
		}
	}
	var errs error
	have := readers(env.Policy)
	for _, who := range players(env.Policy, roles) {
		if slices.ContainsFunc(have, func(r reader) bool { return strings.EqualFold(r.Address, who.Address) }) {
			continue // their report asks
		}
		if err := t.askOne(ctx, env, box, who); err != nil {
			errs = errors.Join(errs, fmt.Errorf("the questions for the %s: %w", env.Policy.Title(who.roles[0]), err))
		}
	}
	return errs
}

func (t *told) askOne(ctx context.Context, env Env, box *outbox.Outbox, who reader) error {
	asks, err := t.asksOf(ctx, env, who)
	if err != nil || len(asks) == 0 || !in(env.Policy, who.Person, t.now) {
		return err
	}
	r, err := reports.Questions(reports.QuestionsInput{
		School: env.Policy.School.Name, Titles: reports.Titles{ESafetyOfficer: env.Policy.Title(policy.RoleOfficer)}, Reader: who.Name, Now: t.now, Location: env.Policy.School.Location, Asks: asks,
	})
	if err != nil {
		return err
	}
	mark, err := box.Mark(ctx, who.Address, askKind)
	if err != nil {
		return err
	}
	if mark.Hash == r.Hash && !mark.At.Before(lastWeekly(t.now.In(env.Policy.School.Location), env.Policy.Mail.Weekly)) {
		return nil
	}
	b := &store.Batch{}
	_, err = box.Put(ctx, b, t.now, outbox.Letter{
		To: netmail.Address{Name: who.Name, Address: who.Address}, Kind: askKind, Period: env.Policy.Calendar.Date(t.now).String(), UpTo: t.now, Hash: r.Hash,
		Subject: r.Subject, HTML: r.HTML, Text: r.Text,
	})
	if errors.Is(err, outbox.ErrExists) || errors.Is(err, outbox.ErrToday) {
		return nil // tomorrow
	}
	if err != nil {
		return err
	}
	return t.lease.Commit(ctx, b)
}
