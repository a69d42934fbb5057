package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	netmail "net/mail"
	"slices"

	"esafetybot/internal/incidents"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/reports"
	"esafetybot/internal/roster"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
)

// heed notes in the entries what is remembered of those whom they are about, and tells whoever decides about an open one that the pupil has left.
func (r *incidentsRun) heed(ctx context.Context) error {
	book, err := memory.Open(ctx, r.Store, r.Now, nil) // read only
	if err != nil {
		return err
	}
	if len(r.adults) == 0 || book.First.Equal(r.Now) {
		return nil // the accounts were not looked at yet: nobody has left because nothing is known of them
	}
	if err := r.identify(ctx); err != nil {
		return err
	}
	pupil := func(id string) incidents.Known {
		p := book.Peek(id)
		return incidents.Known{Year: p.Year, Left: p.Left != "" || p.Gone != ""}
	}
	adult := func(id string) incidents.Known {
		return incidents.Known{Left: !slices.ContainsFunc(r.adults, func(a roster.Adult) bool { return a.ID == id })}
	}
	return errors.Join(r.log.Heed(ctx, incidents.Ordinary, pupil, func(b *store.Batch, entry string, to []incidents.Told) error { return r.tellLeft(ctx, b, entry, to) }),
		r.log.Heed(ctx, incidents.Adults, adult, nil))
}

// identify finds the accounts of pupils that entries are about. It needs the Directory, so it waits for a run that has read it.
func (r *incidentsRun) identify(ctx context.Context) error {
	if r.Who() == nil {
		return nil
	}
	kinds := r.Kinds(ctx)
	found := func(a *seen.Account) incidents.Found {
		return incidents.Found{ID: a.ID, Pupil: kinds.School(a) && kinds.Kind(a) == school.Pupil}
	}
	var byHash map[string]incidents.Found
	address := func(hash string) incidents.Found {
		if byHash == nil {
			byHash = map[string]incidents.Found{}
			for _, a := range r.Who().Accounts() {
				for _, address := range append([]string{a.Address}, a.Aliases...) {
					byHash[pseudonym.Of(address)] = found(a)
				}
			}
		}
		return byHash[hash]
	}
	var owners map[string]string // of what is shared: the rest nobody has read
	var wrong error
	owner := func(item string) incidents.Found {
		if owners == nil {
			owners = map[string]string{}
			wrong = r.owners(ctx, owners)
		}
		if a, ok := r.Who().AccountByID(owners[item]); ok {
			return found(a)
		}
		return incidents.Found{}
	}
	err := r.log.Identify(ctx, address, owner)
	return errors.Join(err, wrong)
}

// owners reads whose the files are that are shared.
func (r *incidentsRun) owners(ctx context.Context, out map[string]string) error {
	outside, err := people.Open(ctx, r.Store, nil) // read only
	if err != nil {
		return err
	}
	book, err := shares.Open(ctx, r.Store, outside, r.Now, nil)
	if err != nil {
		return err
	}
	for s, err := range book.All(ctx) {
		if err != nil {
			return err
		}
		out[s.Subject()] = s.Owner
	}
	return nil
}

// tellLeft adds to a batch the letters that there is something to open; what it is the entry says.
func (r *incidentsRun) tellLeft(ctx context.Context, b *store.Batch, entry string, to []incidents.Told) error {
	letter, err := reports.Entry(reports.EntryInput{School: r.Env.Policy.School.Name, Home: r.page("/")})
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte("left " + entry))
	for _, t := range to {
		_, err := r.box.Put(ctx, b, r.Clock(), outbox.Letter{
			To: netmail.Address{Name: r.nameOf(t), Address: t.Address}, Kind: entryKind, Period: hex.EncodeToString(sum[:10]), Urgent: true,
			Subject: letter.Subject, HTML: letter.HTML, Text: letter.Text,
		})
		if err != nil && !errors.Is(err, outbox.ErrExists) {
			return err
		}
	}
	return nil
}

// entryDeciders are the roles that may be asked whether an entry of the incident log stays.
var entryDeciders = []policy.Role{policy.RoleSafeguarding, policy.RoleOfficer, policy.RoleDeputy, policy.RoleSafeguardingDeps, policy.RoleHead, policy.RoleChair}

// entriesToDecide asks somebody about entries of the incident log whose time is over. The words are the same whatever they are about, and do not say what it is: a mail is read over shoulders.
func (t *told) entriesToDecide(ctx context.Context, env Env, who reader) ([]reports.AskedOf, error) {
	if !incidents.Used(env.Policy) {
		return nil, nil
	}
	adults, err := roster.Read(ctx, env.Store)
	if err != nil {
		return nil, err
	}
	id := roster.IDs(adults)
	log, by := incidents.Of(env.Policy, env.Store, id, env.Clock), incidents.By{Address: who.Address, ID: id(who.Address)}
	for _, s := range []incidents.Shelf{incidents.Ordinary, incidents.Adults} {
		if n, err := log.Undecided(ctx, s, by); err != nil {
			return nil, err
		} else if n > 0 {
			return []reports.AskedOf{{
				Title: "Something to decide", Question: "On the review site the time is over for which something is kept that only you and few others can read. Does it stay, or does it go?", Link: env.page("/"),
				Command: "Open the review site.",
			}}, nil
		}
	}
	return nil, nil
}
