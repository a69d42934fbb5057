package jobs

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/findings"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
)

// forgetGone deals with what is no longer where it was: the scopes of accounts and drives that no longer exist, and lost shares.
// That an account or a drive is gone says nothing about each of its files: they may have been passed on before, with the record
// of it late or lost. They count as lost, and are looked for.
func (s *sharingRun) forgetGone(ctx context.Context, scopes []seen.Scope) error {
	for _, sc := range s.book.Scopes() {
		var err error
		switch sc.Kind() {
		case "owner":
			a, ok := s.who.AccountByID(sc.ID())
			switch {
			case !ok:
				err = s.reader.Lose(ctx, sc)
			case !s.who.Ours(a.Address):
				err = s.reader.Leave(ctx, sc, a.Address) // moved out of the school, the account is still there
			default:
				continue
			}
		case "drive":
			if _, ours := s.drives[sc.ID()]; ours || s.gaps.any("drives", "units") {
				continue
			}
			if s.allDrives[sc.ID()] {
				err = s.dropAll(ctx, sc, findings.Withdrawn) // another school's now
			} else if err = s.book.Drop(ctx, sc, "drive/"+sc.ID(), findings.Deleted); err == nil {
				err = s.reader.Lose(ctx, sc)
			}
		case "tree":
			if _, ok := s.trees[sc.ID()]; !ok {
				err = s.book.Tree(ctx, sc.ID(), nil)
			}
			if err != nil {
				return err
			}
			continue
		default:
			continue
		}
		if err != nil {
			return err
		}
		delete(s.cov.Read, sc)
	}
	for sc := range s.cov.Read {
		if k := sc.Kind(); k == "owner" || k == "drive" && !s.gaps.any("drives", "units") {
			if _, ok := slices.BinarySearchFunc(scopes, sc, cmpScope); !ok {
				delete(s.cov.Read, sc)
			}
		}
	}
	return s.letGo(ctx, scopes)
}

func (s *sharingRun) dropAll(ctx context.Context, sc seen.Scope, how findings.How) error {
	all, err := s.book.Subjects(ctx, sc)
	if err != nil {
		return err
	}
	for subject := range all {
		if err := s.book.Drop(ctx, sc, subject, how); err != nil {
			return err
		}
	}
	return nil
}

const (
	// mostSearched is how many lost shares are looked for in one run; each costs a request per account. The others wait.
	mostSearched = 100
	// samples is how many shares of an account that is gone are looked for everywhere. Google passes on the files of an account
	// together: where one went the others are looked for too, and if none of these went anywhere, none did.
	samples = 6
	// rotationSlack lets a day of no run pass before a scope counts as unseen.
	rotationSlack = 3 * 24 * time.Hour
)

// letGo looks for lost shares as everybody, and gives up those that nobody has, once every scope that could hold them is seen: read in full
// within the rotation, with the log unbroken since then. A shared drive without members could not have been given anything that the log does not tell.
// Where the owner's account is gone it is enough that everybody could be asked now.
func (s *sharingRun) letGo(ctx context.Context, scopes []seen.Scope) error {
	lost, err := s.book.Lost(ctx)
	if err != nil || len(lost) == 0 || !s.couldAskAll() {
		return err
	}
	saw := s.sawAll(scopes)
	var everybody []string
	for _, a := range s.who.Accounts() {
		if s.who.Ours(a.Address) {
			everybody = append(everybody, a.Address)
		}
	}
	from := map[string][]string{} // where they were → subjects
	for subject, share := range lost {
		from[share.Owner+"/"+share.Drive] = append(from[share.Owner+"/"+share.Drive], subject)
	}
	var ask []string // to be looked for everywhere
	gone := map[string]findings.How{}
	rest := map[string][]string{} // a sample → those that go where it went
	for place, subjects := range from {
		slices.Sort(subjects)
		owner, drive, _ := strings.Cut(place, "/")
		_, there := s.who.AccountByID(owner)
		if owner == "" {
			there = drive == "" || s.allDrives[drive]
		}
		accountGone := !there && owner != ""
		if !saw && !accountGone {
			continue
		}
		if n := samples; accountGone && len(subjects) > n {
			rest[subjects[0]] = subjects[n:]
			subjects = subjects[:n]
		}
		for _, subject := range subjects {
			if len(ask) == mostSearched {
				delete(rest, subject)
				break
			}
			gone[subject] = findings.NotFound
			if accountGone {
				gone[subject] = findings.AccountGone
			}
			ask = append(ask, subject)
		}
	}
	found, failed := s.search(ctx, ask, everybody)
	for sample, subjects := range rest {
		went := slices.DeleteFunc(slices.Clone(ask), func(x string) bool { return !found[x] || !sameplace(lost[x], lost[sample]) })
		if slices.ContainsFunc(ask, func(x string) bool { return failed[x] && sameplace(lost[x], lost[sample]) }) {
			continue
		}
		if len(went) > 0 {
			also, alsoFailed := s.search(ctx, subjects, s.ownersNow(went))
			for _, x := range subjects {
				found[x], failed[x] = also[x], alsoFailed[x]
			}
		}
		for _, x := range subjects {
			gone[x] = gone[sample]
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for subject, how := range gone {
		if found[subject] || failed[subject] {
			continue
		}
		if err := s.book.LetGo(ctx, subject, how); err != nil {
			return err
		}
	}
	return nil
}

func sameplace(a, b seen.Share) bool { return a.Owner == b.Owner && a.Drive == b.Drive }

// couldAskAll tells whether everybody whose Drive works can be asked for a file. What the school knows that it does not see does not count.
func (s *sharingRun) couldAskAll() bool {
	return !s.gaps.any("drives") && !slices.ContainsFunc(s.gaps.sorted(), func(g seen.Gap) bool {
		return g.Scope.Kind() == "owner" && g.Reason != seen.Off && !s.declared(g)
	})
}

func (s *sharingRun) declared(g seen.Gap) bool {
	return slices.Contains(s.Policy.NotSeen, string(g.Scope)) || slices.Contains(s.Policy.NotSeen, g.Scope.Kind())
}

// sawAll tells whether every scope is seen.
func (s *sharingRun) sawAll(scopes []seen.Scope) bool {
	if s.gaps.any("drives", "log", "file") {
		return false
	}
	for _, g := range s.gaps.sorted() {
		if k := g.Scope.Kind(); !s.declared(g) && (k == "owner" || k == "drive" && g.Reason != seen.NoMember && g.Reason != seen.NoManager) {
			return false
		}
	}
	for _, sc := range scopes {
		if !s.gaps.has(sc) && s.now.Sub(s.cov.Read[sc]) > s.Rotation+rotationSlack {
			return false
		}
	}
	return true
}

// ownersNow lists the addresses of those who own shares now.
func (s *sharingRun) ownersNow(subjects []string) []string {
	var out []string
	for _, x := range subjects {
		if sc, ok := s.book.Has(x); ok {
			if a, ok := s.who.AccountByID(sc.ID()); ok && !slices.Contains(out, a.Address) {
				out = append(out, a.Address)
			}
		}
	}
	return out
}

// search looks for shares as each of some accounts, until each was found.
func (s *sharingRun) search(ctx context.Context, subjects, as []string) (found, failed map[string]bool) {
	found, failed = map[string]bool{}, map[string]bool{}
	blind := map[string]bool{} // whose Drive is known not to work was reckoned with
	for _, address := range as {
		if a, ok := s.who.Account(address); ok && s.gaps.has(shares.OwnerScope(a.ID)) {
			blind[address] = true
		}
	}
	var mu sync.Mutex
	_ = census.Each(ctx, s.Google.Workers(), as, func(address string) {
		defer s.Google.Hold(address)()
		for _, subject := range subjects {
			mu.Lock()
			skip := found[subject]
			mu.Unlock()
			if skip {
				continue
			}
			ok, err := s.reader.Search(ctx, subject, []string{address})
			mu.Lock()
			if err != nil && ctx.Err() == nil && !blind[address] {
				failed[subject] = true
				for _, sc := range shares.Unreads(err) {
					s.gap(sc, err)
				}
			}
			found[subject] = found[subject] || ok
			mu.Unlock()
		}
	})
	return found, failed
}
