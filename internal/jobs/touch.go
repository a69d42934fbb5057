package jobs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"esafetybot/internal/census"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
)

// unread turns what could not be read on the way to something else into gaps; it is read in full when it can be.
func (s *sharingRun) unread() {
	for sc, err := range s.reader.Unread() {
		s.gap(sc, err)
		delete(s.cov.Read, sc)
	}
}

// again lists the folders below which not everything could be read last time.
func (s *sharingRun) again() []shares.Touched {
	var out []shares.Touched
	for _, id := range slices.Sorted(maps.Keys(s.cov.Again)) {
		t := shares.Touched{ID: id, Folder: true}
		if a, ok := s.who.AccountByID(s.cov.Again[id]); ok {
			t.Owners = []string{a.Address}
		}
		out = append(out, t)
	}
	return out
}

// opened lists the folders that the public can open: where titles are asked for, what is in them is looked at each day.
func (s *sharingRun) opened() (out []shares.Touched) {
	if !s.reader.Titles {
		return nil
	}
	folders := s.book.OpenFolders()
	for _, id := range slices.Sorted(maps.Keys(folders)) {
		if a, ok := s.who.AccountByID(folders[id].ID()); ok {
			out = append(out, shares.Touched{ID: id, Folder: true, Owners: []string{a.Address}})
		}
	}
	return out
}

// touch reads again what the log named. It returns the scopes that must be read in full to be sure.
func (s *sharingRun) touch(ctx context.Context, log pulled) ([]seen.Scope, error) {
	var again []seen.Scope
	for id := range log.drives {
		s.notListed(id)
		if d, ok := s.drives[id]; ok {
			switch members, err := s.driveMembers(ctx, d); {
			case err != nil:
				s.gap(shares.DriveScope(id), err)
				delete(s.cov.Read, shares.DriveScope(id))
			case !s.reader.Managed(members):
				again = append(again, shares.DriveScope(id)) // is there anything that only a manager sees?
			}
		}
	}
	release := s.holdAll(log.items)
	defer release()
	pass := s.reader.NewPass(func(ctx context.Context, driveID string) ([]seen.Grant, error) {
		return s.driveMembers(ctx, s.drives[driveID]) // those of other schools were left out
	})
	s.record.Touched += len(log.items)
	one := func(t shares.Touched) {
		if _, ours := s.drives[t.Drive]; t.Drive != "" && !ours {
			s.notListed(t.Drive)
			return // another school's shared drive
		}
		err := pass.Touch(ctx, t)
		if ctx.Err() != nil {
			return
		}
		s.covMu.Lock()
		defer s.covMu.Unlock()
		delete(s.cov.Again, t.ID)
		if err == nil {
			return
		}
		unread := shares.Unreads(err)
		for _, sc := range unread {
			delete(s.cov.Read, sc) // read in full when it can be read again
			s.gap(sc, err)
		}
		if len(unread) == 0 || pass.IncompleteBelow(t.ID) {
			s.cov.Again[t.ID] = ""
			if len(t.Owners) > 0 {
				if a, ok := s.who.Account(t.Owners[0]); ok {
					s.cov.Again[t.ID] = a.ID
				}
			}
		}
		if len(unread) == 0 {
			s.gap(seen.Scope("file/"+t.ID), err)
		}
	}
	// What only followed a folder comes after the folders: by then it was mostly read with them.
	cut := slices.IndexFunc(log.items, func(t shares.Touched) bool { return t.Since.IsZero() && !t.Moved })
	if cut < 0 {
		cut = len(log.items)
	}
	for _, part := range [][]shares.Touched{log.items[:cut], log.items[cut:]} {
		if err := census.Each(ctx, s.Google.Workers(), part, one); err != nil {
			return nil, err
		}
	}
	for sc := range pass.Reread {
		again = append(again, sc)
	}
	slices.SortFunc(again, cmpScope)
	return slices.Compact(again), nil
}

// notListed sees to it that a shared drive which the log names is read in full once it is known whether it is the school's: the list of drives, or of
// units, could not be read, and the log will not name it again.
func (s *sharingRun) notListed(drive string) {
	if _, ours := s.drives[drive]; ours || !s.gaps.any("drives", "units") {
		return
	}
	s.covMu.Lock()
	defer s.covMu.Unlock()
	delete(s.cov.Read, shares.DriveScope(drive))
}

// standing reads items again whose place in the tree may have changed because accounts came or went.
func (s *sharingRun) standing(ctx context.Context) error {
	gone := func(id string) bool {
		a, ok := s.who.AccountByID(id)
		return !ok || !s.who.Ours(a.Address)
	}
	again, err := s.book.Standing(ctx, gone, s.newcomers)
	if err != nil || len(again) == 0 {
		return err
	}
	log := pulled{drives: map[string]bool{}}
	for subject, sc := range again {
		t := shares.Touched{ID: strings.TrimPrefix(subject, "file/")}
		switch a, ok := s.who.AccountByID(sc.ID()); {
		case strings.HasPrefix(subject, "drive/"):
			log.drives[sc.ID()] = true
			continue
		case sc.Kind() == "drive":
			t.Drive = sc.ID()
		case ok:
			t.Owners = []string{a.Address}
		default:
			continue
		}
		log.items = append(log.items, t)
	}
	slices.SortFunc(log.items, func(a, b shares.Touched) int { return strings.Compare(a.ID, b.ID) })
	_, err = s.touch(ctx, log)
	return err
}

// holdAll keeps the sign-ins of the owners of touched items while these are read, so that each costs one token.
func (s *sharingRun) holdAll(items []shares.Touched) (release func()) {
	const most = 2000 // bounds the memory that tokens take
	var all []func()
	held := map[string]bool{}
	for _, t := range items {
		for _, o := range t.Owners {
			if t.Drive == "" && !held[o] && len(held) < most {
				held[o] = true
				all = append(all, s.Google.Hold(o))
			}
		}
	}
	return func() {
		for _, r := range all {
			r()
		}
	}
}
