package jobs

import (
	"context"
	"slices"

	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
)

// mark gathers the confidential trees of all clauses.
func (s *sharingRun) mark() {
	s.trees = map[string]bool{}
	for _, a := range s.asks() {
		for _, c := range a.Confidential {
			s.trees[c.Tree] = false
		}
	}
	for _, c := range s.Policy.Clauses {
		for _, m := range c.MetBy {
			if w, ok := m.With.(*policy.SharingWith); ok {
				s.marked = append(s.marked, w.Confidential...)
			}
		}
	}
}

// confidential reads the marked trees in full, each run: they are small, and who may open what in them also
// depends on who is in which group.
func (s *sharingRun) confidential(ctx context.Context) {
	for _, c := range s.marked {
		if ctx.Err() != nil {
			return
		}
		if c.Drive != "" {
			s.confidentialDrive(ctx, c.Drive)
			continue
		}
		if s.trees[c.Folder] {
			continue
		}
		var as []string
		if id := s.cov.Trees[c.Folder]; id != "" {
			if a, ok := s.who.AccountByID(id); ok {
				as = append(as, a.Address)
			}
		}
		as = append(as, s.likelyOwners(c)...)
		owner, err := s.reader.Folder(ctx, c.Folder, as)
		if owner != "" {
			s.cov.Trees[c.Folder] = owner
		}
		if err != nil {
			s.gap(shares.TreeScope(c.Folder), err)
			continue
		}
		s.trees[c.Folder] = true
	}
}

func (s *sharingRun) confidentialDrive(ctx context.Context, id string) {
	sc := shares.TreeScope(id)
	d, ok := s.drives[id]
	switch {
	case s.trees[id]:
	case s.gaps.has(shares.DriveScope(id)):
		s.gaps.add(sc, seen.Failed, "the shared drive could not be read")
	case !ok && !s.gaps.any("drives", "units"):
		// It was deleted, given to another school, or never was: the school is told each time, and what was found in it is no longer its own.
		s.gaps.add(sc, seen.Failed, "no such shared drive: look at the id in the policy file")
		if err := s.book.Tree(ctx, id, nil); err != nil {
			s.gap(sc, err)
			return
		}
		s.trees[id], s.disowned = true, true
	case !ok:
		s.gaps.add(sc, seen.Failed, "the list of shared drives could not be read")
	default:
		if err := s.readScope(ctx, shares.DriveScope(d.ID)); err != nil {
			s.gap(sc, err)
		}
	}
}

// likelyOwners are accounts that may own a marked folder whose owner is not known yet: everybody on its list of allowed
// people first, then all other active adults and pupils. The search ends at the first who can see it, and is remembered.
func (s *sharingRun) likelyOwners(c policy.Confidential) []string {
	if s.cov.Trees[c.Folder] != "" {
		return nil
	}
	var out []string
	for _, address := range c.Allowed {
		if a, ok := s.who.Account(address); ok {
			out = append(out, a.Address)
		} else if g, ok := s.who.Group(address); ok {
			s.who.Nested(g, func(n *school.Group) {
				for _, m := range n.Members {
					if a, ok := s.who.Account(m.Address); ok {
						out = append(out, a.Address)
					}
				}
			})
		}
	}
	for _, a := range s.who.Accounts() {
		if s.who.Ours(a.Address) && !inPupils(s.Policy, a) {
			out = append(out, a.Address)
		}
	}
	return out
}

func inPupils(p *policy.Policy, a *seen.Account) bool {
	return slices.ContainsFunc(p.Pupils.OrgUnits, func(u string) bool { return school.Under(a.Unit, u) })
}
