package jobs

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/checkins"
	"esafetybot/internal/incidents"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reminders"
	"esafetybot/internal/reports"
	"esafetybot/internal/store"
)

// askKind is the outbox's name of the letter to somebody who is asked something and has no report.
const askKind = "questions"

// asksOf lists what somebody is asked and has not answered.
func (t *told) asksOf(ctx context.Context, env Env, who reader) ([]reports.AskedOf, error) {
	out, err := t.checkInsOf(ctx, env, who)
	if err != nil {
		return nil, err
	}
	out = append(out, t.rem.asks(who.Address, personID(t.Who, who.Address), func(r policy.Role) bool { return slices.Contains(who.roles, r) })...)
	entries, err := t.entriesToDecide(ctx, env, who)
	return append(out, entries...), err
}

// checkInsOf lists the check-ins that wait for somebody's answer.
func (t *told) checkInsOf(ctx context.Context, env Env, who reader) ([]reports.AskedOf, error) {
	if t.records[CheckInsJob] == nil {
		return nil, nil
	}
	first, err := memory.FirstLook(ctx, env.Store)
	if err != nil || first.IsZero() {
		return nil, err
	}
	in, _, err := checkins.Read(ctx, env.Store, env.Policy, env.Policy.Calendar, t.now, first)
	if err != nil {
		return nil, err
	}
	return env.asks(in, who.Address, func(r policy.Role) bool { return slices.Contains(who.roles, r) }, func(address string) bool { return t.same(address, who.Address) }), nil
}

// same tells whether two addresses are one person's.
func (t *told) same(a, b string) bool {
	if strings.EqualFold(a, b) || t.Who == nil {
		return strings.EqualFold(a, b)
	}
	x, known := t.Who.Account(a)
	y, too := t.Who.Account(b)
	return known && too && x.ID == y.ID
}

// asks puts into words what somebody is asked and has not answered, each check-in once.
func (env Env) asks(in checkins.Input, address string, plays func(policy.Role) bool, theirs func(string) bool) []reports.AskedOf {
	var out []reports.AskedOf
	var names []string
	for _, s := range in.States() {
		if !s.Waits() || !s.AskedOf(plays, theirs) || slices.Contains(names, s.Name) {
			continue
		}
		names = append(names, s.Name)
		about, said := s.About(), "yes"
		if about.Dojo != nil {
			said = checkins.ExampleSaid(s.Ask)
		}
		out = append(out, reports.AskedOf{
			Title: about.Title, Question: about.Question, Due: s.Due, Overdue: s.Overdue(in.Now), Link: env.page("/check-ins"),
			Command: "esafetybot checkins answer " + s.Name + " " + said + " --as " + address,
		})
	}
	return out
}

// ask puts a letter into the outbox for each person who is asked something and has no report: when there is something new to say of it, and once a week.
func ask(ctx context.Context, env Env, box *outbox.Outbox, t *told) error {
	var errs error
	have := readers(env.Policy)
	for _, who := range players(env.Policy, askedRoles(env.Policy)) {
		if slices.ContainsFunc(have, func(r reader) bool { return strings.EqualFold(r.Address, who.Address) }) {
			continue // their report asks
		}
		if err := t.askOne(ctx, env, box, who); err != nil {
			errs = errors.Join(errs, fmt.Errorf("the questions for the %s: %w", env.Policy.Title(who.roles[0]), err))
		}
	}
	return errs
}

// askedRoles lists the roles that are asked something, or reminded.
func askedRoles(p *policy.Policy) []policy.Role {
	var roles []policy.Role
	add := func(role policy.Role) {
		if role != "" && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	for _, a := range checkins.Asks(p) {
		add(policy.Role(a.Role))
	}
	for _, r := range reminders.Of(p) {
		add(r.Ask)
		for _, to := range r.With.To {
			add(policy.Role(to)) // words such as "teachers" are nobody's role
		}
	}
	if incidents.Used(p) {
		for _, role := range entryDeciders {
			add(role)
		}
	}
	return roles
}

func (t *told) askOne(ctx context.Context, env Env, box *outbox.Outbox, who reader) error {
	asks, err := t.asksOf(ctx, env, who)
	if err != nil || !t.in(env.Policy, who.Person) {
		return err
	}
	return askLetter(ctx, env, box, t.lease, t.now, who.Person, asks, t.rem, personID(t.Who, who.Address))
}

// askLetter puts the letter with questions into the outbox, if there is something new to say of them, a week has passed, or there is something to be reminded of (id is who somebody is to rem, which may be nil).
func askLetter(ctx context.Context, env Env, box *outbox.Outbox, lease *Lease, now time.Time, who policy.Person, asks []reports.AskedOf, rem *reminding, id string) error {
	ripe := rem.ripe(id)
	if len(asks) == 0 && !ripe {
		return nil
	}
	r, err := reports.Questions(reports.QuestionsInput{
		School: env.Policy.School.Name, Titles: reports.Titles{ESafetyOfficer: env.Policy.Title(policy.RoleOfficer)}, Reader: who.Name, Now: now, Location: env.Policy.School.Location, Asks: asks, Reminded: rem.lines(id),
	})
	if err != nil {
		return err
	}
	mark, err := box.Mark(ctx, who.Address, askKind)
	if err != nil {
		return err
	}
	if !ripe && mark.Hash == r.Hash && !mark.At.Before(lastWeekly(now.In(env.Policy.School.Location), env.Policy.Mail.Weekly)) {
		return nil
	}
	b := &store.Batch{}
	_, err = box.Put(ctx, b, now, outbox.Letter{
		To: netmail.Address{Name: who.Name, Address: who.Address}, Kind: askKind, Period: env.Policy.Calendar.Date(now).String(), UpTo: now, Hash: r.Hash,
		Subject: r.Subject, HTML: r.HTML, Text: r.Text,
	})
	if errors.Is(err, outbox.ErrExists) || errors.Is(err, outbox.ErrToday) {
		return nil // tomorrow
	}
	if err == nil {
		err = rem.told(b, id)
	}
	if err != nil {
		return err
	}
	return rem.commit(ctx, lease, b)
}
