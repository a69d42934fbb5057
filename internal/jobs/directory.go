package jobs

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// directory reads who is who. known is false when the accounts could not be read to the end: then nothing can be judged.
func (s *sharingRun) directory(ctx context.Context) (known bool) {
	g := s.Google
	var (
		wg                                        sync.WaitGroup
		accounts                                  []seen.Account
		domains                                   []string
		units                                     []seen.Unit
		groups                                    []seen.Group
		badUsers, badDomains, badUnits, badGroups error
	)
	wg.Go(func() { accounts, badUsers = all(g.Users(ctx)) })
	wg.Go(func() { domains, badDomains = g.Domains(ctx) })
	wg.Go(func() { units, badUnits = all(g.Units(ctx)) })
	wg.Go(func() { groups, badGroups = all(g.Groups(ctx)) })
	wg.Go(func() { s.listed, s.badDrives = all(g.Drives(ctx)) })
	wg.Wait()
	if badUsers != nil {
		s.gap("users", badUsers)
		return false
	}
	if badDomains != nil {
		s.gap("domains", badDomains)
		// As it was last; and whatever domain an account has is the customer's, and so are the school's own.
		domains = slices.Concat(s.cov.Domains, s.Policy.School.Domains)
		for _, a := range accounts {
			for _, address := range append([]string{a.Address}, a.Aliases...) {
				if _, d, ok := strings.Cut(address, "@"); ok && !a.Guest {
					domains = append(domains, d)
				}
			}
		}
	}
	slices.Sort(domains)
	s.domains = slices.Compact(domains)
	s.who = school.New(census.Nearness(s.Policy), s.domains)
	for _, a := range accounts {
		s.who.AddAccount(a)
	}
	s.units = map[string]string{}
	for _, u := range units {
		s.units[u.ID] = u.Path
	}
	if badUnits != nil {
		s.gap("units", badUnits)
		s.units = nil
	}
	if badGroups != nil {
		s.gap("groups", badGroups)
		s.who.GroupsUnknown = true
		groups = nil // half a list is worse than none: nested groups would seem to be gone
	}
	var mu sync.Mutex
	_ = census.Each(ctx, g.Workers(), groups, func(grp seen.Group) {
		var members []seen.Member
		known := true
		for m, err := range g.Members(ctx, grp.ID) {
			if err != nil {
				s.gap(seen.Scope("members/"+grp.ID), err)
				known = false
				break
			}
			members = append(members, m)
		}
		mu.Lock()
		defer mu.Unlock()
		s.who.AddGroup(grp, members, known)
	})
	return ctx.Err() == nil
}

// all reads a stream to its end, or to the first error.
func all[T any](seq iter.Seq2[T, error]) (list []T, err error) {
	for v, err := range seq {
		if err != nil {
			return list, err
		}
		list = append(list, v)
	}
	return list, nil
}

// groupSettings finds out, for the groups that hold a share and those nested in them, whether anyone may join. It is asked
// again after a week, or when the admin log says that a setting changed; not at all if no clause wants to know.
func (s *sharingRun) groupSettings(ctx context.Context, changed map[string]bool) error {
	wanted := map[string]*school.Group{}
	s.held = map[string]bool{}
	for share, err := range s.book.All(ctx) {
		if err != nil {
			return err
		}
		for _, g := range share.Grants {
			if g.Type != "group" {
				continue
			}
			if grp, ok := s.who.Group(g.Address); ok && !s.held[grp.ID] {
				s.held[grp.ID] = share.Tree == ""
				s.who.Nested(grp, func(n *school.Group) { wanted[n.ID] = n })
			}
		}
	}
	if !s.asksFor(sharing.OpenGroup) {
		return nil
	}
	var ask []*school.Group
	for id, grp := range wanted {
		have, ok := s.cov.Open[id]
		grp.Open, grp.OpenKnown = have.Open, ok
		if !ok || s.now.Sub(have.At) >= min(settingsFor, s.Rotation) || changed[grp.Address] {
			ask = append(ask, grp)
		}
	}
	for id := range s.cov.Open {
		if wanted[id] == nil && !s.who.GroupsUnknown {
			delete(s.cov.Open, id)
		}
	}
	var mu sync.Mutex
	return census.Each(ctx, s.Google.Workers(), ask, func(grp *school.Group) {
		open, err := s.Google.GroupOpen(ctx, grp.Address)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			s.gap(seen.Scope("groupsettings/"+grp.ID), err)
			grp.OpenKnown = false
			delete(s.cov.Open, grp.ID)
			return
		}
		grp.Open, grp.OpenKnown = open, true
		s.cov.Open[grp.ID] = groupOpen{Open: open, At: s.now}
	})
}
