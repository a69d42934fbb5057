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

	"esafetybot/internal/actions"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/remedies"
	"esafetybot/internal/reports"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// ownerKind is the outbox's name of the letter to the owner of files whose sharing is changed.
const ownerKind = "owner"

// tellOwners tells adults before and after the sharing of their files is changed: what was approved and waits out its notice, and what was done, since they
// were last told. It is extra to the one ordinary mail a day, since the change does not wait for that.
func tellOwners(ctx context.Context, env Env, box *outbox.Outbox, t *told) error {
	if t.Who == nil {
		return nil
	}
	by := map[string][]*actions.Action{} // account id of the owner
	for a, err := range Actions(env, "", nil).List(ctx, actions.Approved, actions.Done) {
		if err != nil {
			return err
		}
		if a.Params["file"] == "" {
			continue
		}
		for _, id := range a.Concerns {
			by[id] = append(by[id], a)
		}
	}
	files, err := t.files(ctx, by)
	if err != nil {
		return err
	}
	grown := adults(env.Policy, t.Who)
	var errs error
	for _, id := range slices.Sorted(maps.Keys(by)) {
		if a, ok := t.Who.AccountByID(id); ok && grown[id] && a.Active() {
			if err := t.tellOwner(ctx, env, box, reader{Person: policy.Person{Address: a.Address, Name: a.Name}}, by[id], files); err != nil {
				errs = errors.Join(errs, fmt.Errorf("the letter to the owner of files, user/%s: %w", id, err))
			}
		}
	}
	return errs
}

func (t *told) tellOwner(ctx context.Context, env Env, box *outbox.Outbox, who reader, list []*actions.Action, files map[string]seen.Share) error {
	mark, err := box.Mark(ctx, who.Address, ownerKind)
	if err != nil {
		return err
	}
	p := env.Policy
	officer := p.Title(policy.RoleOfficer)
	if a, _ := p.Address(policy.RoleOfficer); a == who.Address {
		officer = p.Title(policy.RoleHead)
	}
	hide := mask(p, t.Who)
	in := reports.OwnerInput{School: p.School.Name, Titles: reports.Titles{ESafetyOfficer: officer}, Reader: who.Name, Now: t.now, Location: p.School.Location}
	for _, a := range list {
		if !a.Changed.After(mark.UpTo) {
			continue
		}
		c := ownerChange(env, a, files[a.Subject])
		if hide.Hides(c.Title, reports.Person{}) {
			c.Title = "a file of yours, with a name in its title that is not shown in mail"
		}
		if a.State == actions.Done {
			in.Made = append(in.Made, c)
		} else {
			in.Coming = append(in.Coming, c)
		}
	}
	if len(in.Made)+len(in.Coming) == 0 {
		return nil
	}
	r, err := reports.Owner(in)
	if err != nil {
		return err
	}
	return t.post(ctx, box, outbox.Letter{
		To: netmail.Address{Name: who.Name, Address: who.Address}, Kind: ownerKind, Period: "after-" + store.Time(mark.UpTo), Urgent: true,
		UpTo: t.now, Hash: r.Hash, Subject: r.Subject, HTML: r.HTML, Text: r.Text,
	})
}

// files looks up what the files are called that actions are about.
func (t *told) files(ctx context.Context, by map[string][]*actions.Action) (map[string]seen.Share, error) {
	out := map[string]seen.Share{}
	if t.Book == nil || len(by) == 0 {
		return out, nil
	}
	for _, list := range by {
		for _, a := range list {
			out[a.Subject], _ = t.Book.Left(a.Subject)
		}
	}
	for s, err := range t.Book.All(ctx) {
		if err != nil {
			return nil, err
		}
		if _, wanted := out[s.Subject()]; wanted && s.Tree == "" {
			out[s.Subject()] = s
		}
	}
	return out, nil
}

// ownerChange says what is done to a file, to its owner.
func ownerChange(env Env, a *actions.Action, file seen.Share) reports.OwnerChange {
	c := reports.OwnerChange{Title: file.Title, Link: file.Link, When: a.Changed}
	names := remedies.Names{File: "It", With: "those outside it was shared with", Role: doing[a.Params["role"]]}
	if until, err := time.Parse(time.RFC3339, a.Params["until"]); err == nil {
		names.Until = until.In(env.Policy.School.Location).Format("Mon 2 January 2006")
	}
	said := remedies.Say(a.Kind, names)
	c.Words, c.Undo = said.Did, said.Undo
	if a.State != actions.Done {
		c.Words, c.Undo = said.Will, ""
		c.When = laterOf(a.Changed.Add(a.Notice), a.NotBefore)
	}
	if cl, ok := env.Policy.Clause(a.Clause); ok {
		c.Says = cl.Says
	}
	var by []string
	for _, approval := range a.Approvals {
		if approval.Role != actions.PolicyRole {
			by = append(by, env.Policy.Title(policy.Role(approval.Role)))
		}
	}
	c.By = strings.Join(by, " and the ")
	return c
}

// doing says what a role on Drive lets somebody do.
var doing = map[string]string{"commenter": "comment on", "writer": "change", "fileOrganizer": "change", "organizer": "change"}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
