package jobs

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/checks/accounts"
	"esafetybot/internal/checks/pupilemail"
	"esafetybot/internal/findings"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/store"
)

// urgentKind is the outbox's name of the mail that does not wait.
const urgentKind = "urgent"

// urgentRoles hear at once.
var urgentRoles = []policy.Role{policy.RoleAdmin, policy.RoleOfficer, policy.RoleSafeguarding}

// isUrgent tells whether a finding cannot wait for the report: a pupil can send mail, somebody from outside is in a class, a pupil holds an
// administrator's role. That mail was used is urgent by itself only of those of whom nothing else was told lately: the reports lag.
func isUrgent(p *policy.Policy, who *school.Directory, f *findings.Finding, told map[string]bool) bool {
	switch check, rule := findings.Means(f.Rule), ruleOf(f); {
	case check == pupilemail.Means:
		return rule != pupilemail.Used || !told[f.Subject]
	case check == accounts.Means && rule == accounts.OutsiderInClass:
		return true
	case check == accounts.Means && rule == accounts.AdminRole:
		a, ok := who.AccountByID(idOf(f))
		return ok && inPupils(p, a)
	}
	return false
}

// urgent tells at once what opened since each person was last told so; never the same opening twice.
func urgent(ctx context.Context, env Env, box *outbox.Outbox, t *told) error {
	if t.Who == nil {
		return nil
	}
	lately, err := mailTold(ctx, t)
	if err != nil {
		return err
	}
	var all []*findings.Finding
	for _, check := range []string{pupilemail.Means, accounts.Means} {
		for f, err := range t.Keeper.List(ctx, check, findings.Open) {
			if err != nil {
				return err
			}
			if isUrgent(env.Policy, t.Who, f, lately) {
				all = append(all, f)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b *findings.Finding) int { return strings.Compare(a.ID, b.ID) })
	var errs error
	for _, who := range players(env.Policy, urgentRoles) {
		if err := urgentTo(ctx, env, box, t, who, all); err != nil {
			errs = errors.Join(errs, fmt.Errorf("the urgent message for the %s: %w", env.Policy.Title(who.roles[0]), err))
		}
	}
	return errs
}

// mailTold lists the subjects of findings on what switches a pupil's mail on, open or closed within the time in which usage reports still show it.
func mailTold(ctx context.Context, t *told) (map[string]bool, error) {
	out := map[string]bool{}
	for _, status := range []findings.Status{findings.Open, findings.Accepted, findings.Resolved} {
		for f, err := range t.Keeper.List(ctx, pupilemail.Means, status) {
			if err != nil {
				return nil, err
			}
			if ruleOf(f) != pupilemail.Used && (status != findings.Resolved || f.Closed.After(t.now.Add(-usageLag))) {
				out[f.Subject] = true
			}
		}
	}
	return out, nil
}

// usageLag is how long after mail was switched off a usage report may still speak of it.
const usageLag = 14 * 24 * time.Hour

func urgentTo(ctx context.Context, env Env, box *outbox.Outbox, t *told, who reader, all []*findings.Finding) error {
	mark, err := box.Mark(ctx, who.Address, urgentKind)
	if err != nil {
		return err
	}
	g := t.gatherer(env, &reports.OversharingInput{Now: t.now})
	if err := g.proposed(ctx); err != nil {
		return err
	}
	in := reports.UrgentInput{
		School: env.Policy.School.Name, Titles: reports.Titles{ESafetyOfficer: env.Policy.Title(policy.RoleOfficer)}, Reader: who.Name, Address: who.Address, Site: env.BaseURL, NotTheirs: !env.Policy.Plays(who.Address, policy.Deciders...),
		Now: t.now, Location: env.Policy.School.Location, Mask: mask(env.Policy, t.Who),
	}
	for _, f := range all {
		// A person hears of nobody's account but others': what concerns their own goes to the rest.
		if f.Opened.After(mark.UpTo) && !concerns(t.Who, f, who.Address) {
			in.Matters = append(in.Matters, g.matter(f))
		}
	}
	if len(in.Matters) == 0 {
		return nil
	}
	in.MayChange = MayChange(env.Policy)
	if in.Waiting, err = t.waiting(ctx, env, who.Address); err != nil {
		return err
	}
	r, err := reports.Urgent(in)
	if err != nil {
		return err
	}
	return t.post(ctx, box, outbox.Letter{
		To: netmail.Address{Name: who.Name, Address: who.Address}, Kind: urgentKind, Period: "after-" + store.Time(mark.UpTo), Urgent: true,
		UpTo: t.now, Hash: r.Hash, Subject: r.Subject, HTML: r.HTML, Text: r.Text,
	})
}

// concerns tells whether a finding is about the account that bears an address.
func concerns(who *school.Directory, f *findings.Finding, address string) bool {
	a, ok := who.Account(address)
	return ok && f.Subject == "user/"+a.ID
}
