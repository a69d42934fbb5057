package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
)

// SharingJob is the name of the job that looks for what people outside the school can reach.
const SharingJob = "sharing"

// Outcome is what a run of the sharing job leaves for whoever reports it.
type Outcome struct {
	Record *Record
	Keeper *findings.Keeper
	Book   *shares.Book
	People *people.Book
	Who    *school.Directory // nil when the accounts could not be read
	Lease  *Lease
}

// Sharing runs the job: it brings the picture of what is shared up to date, judges it and keeps the findings. tell is called
// with the outcome while the lease is still held, so that reports are made from what was just seen.
func Sharing(ctx context.Context, env Env, tell func(context.Context, *Outcome) error) (*Record, error) {
	if env.Rotation == 0 {
		env.Rotation = DefaultRotation
	}
	counter := store.Counting(env.Store)
	env.Store = counter
	lease, err := Take(ctx, env.Store, SharingJob, env.Holder, env.Exclusive, env.Clock)
	if err != nil {
		return nil, err
	}
	s := &sharingRun{Env: env, lease: lease, now: env.Clock()}
	s.record = &Record{
		ID: store.Key(store.Time(s.now), SharingJob, strconv.FormatInt(lease.version, 10)), Job: SharingJob, Policy: env.Policy.Version, Started: s.now,
	}
	out := &Outcome{Record: s.record, Lease: lease, Keeper: &findings.Keeper{Store: env.Store, Commit: lease.Commit}}
	err = s.run(ctx, out)
	s.record.Gaps = s.gaps.sorted()
	s.record.Calls = env.Google.Calls()
	if ctx.Err() != nil {
		// Interrupted: what was read goes into the state, and the next run goes on from there.
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), interruptedFor)
		defer cancel()
		return s.record, errors.Join(ctx.Err(), s.leave(late))
	}
	if err != nil {
		s.record.Error = err.Error()
	}
	if tell != nil {
		err = errors.Join(err, tell(ctx, out))
	}
	s.record.Ended = env.Clock()
	s.record.Calls = env.Google.Calls()
	b := &store.Batch{}
	if s.record.Error == "" {
		// After an error the log is taken up again from where it was.
		if e := s.saveCoverage(ctx, b); e != nil {
			return s.record, errors.Join(err, e)
		}
	}
	s.record.Writes = int(counter.Writes()) + b.Writes() + 2 // the record itself and the lease
	if e := s.record.add(b); e != nil {
		return s.record, errors.Join(err, e)
	}
	return s.record, errors.Join(err, lease.Release(ctx, b))
}

// interruptedFor is how long a run that is told to stop may take to write down how far it came.
const interruptedFor = 10 * time.Second

// leave writes down how far an interrupted run came, and gives the lease back.
func (s *sharingRun) leave(ctx context.Context) error {
	if s.book == nil || s.reader == nil {
		return s.lease.Release(ctx, &store.Batch{})
	}
	s.unread()
	if err := s.checkpoint(ctx); err != nil {
		return err
	}
	return s.lease.Release(ctx, &store.Batch{})
}

// sharingRun is one run.
type sharingRun struct {
	Env
	lease  *Lease
	now    time.Time
	record *Record
	gaps   gaps

	who     *school.Directory
	domains []string
	units   map[string]string // id → path; nil if unknown
	cov     *coverage
	covRef  store.BlobRef
	covMu   sync.Mutex
	people  *people.Book
	book    *shares.Book
	reader  *shares.Reader

	listed    []seen.Drive // the customer's shared drives, as far as badDrives allowed
	badDrives error
	drives    map[string]seen.Drive
	allDrives map[string]bool         // those of other schools too
	members   map[string][]seen.Grant // of shared drives, as read in this run
	memMu     sync.Mutex
	trees     map[string]bool // marked trees → read in this run

	held      map[string]bool // groups that hold a share
	newcomers bool            // a scope was read for the first time, or again after it could not be
	marked    []policy.Confidential
}

// gap notes that a scope could not be read.
func (s *sharingRun) gap(scope seen.Scope, err error) {
	why := s.Google.Reason(err)
	if errors.Is(err, shares.ErrNoMember) {
		why = seen.NoMember
	}
	s.gaps.add(scope, why, err.Error())
	s.Log.Info("could not read", "scope", scope, "reason", why)
}

func (s *sharingRun) run(ctx context.Context, out *Outcome) (err error) {
	if s.cov, s.covRef, err = loadCoverage(ctx, s.Store, SharingJob); err != nil {
		return err
	}
	if s.people, err = people.Open(ctx, s.Store, s.lease.Commit); err != nil {
		return err
	}
	if s.book, err = shares.Open(ctx, s.Store, s.people, s.now, s.lease.Commit); err != nil {
		return err
	}
	out.Book, out.People = s.book, s.people
	if !s.directory(ctx) {
		return ctx.Err()
	}
	out.Who = s.who
	if s.cov.Domains != nil && !slices.Equal(s.cov.Domains, s.domains) && !s.gaps.has("domains") {
		clear(s.cov.Read) // other domains are ours now: what was not kept may matter
	}
	s.reader = shares.NewReader(s.book, s.Google, s.who, s.now, s.Log)
	before := maps.Clone(s.cov.Read)
	s.reader.LastRead = func(sc seen.Scope) time.Time { return before[sc] }
	s.reader.OurDrive = func(id string) bool { _, ours := s.drives[id]; return ours || s.gaps.any("drives") }
	s.mark()
	if err := s.look(ctx); err != nil {
		return err
	}
	if !s.gaps.has("domains") {
		s.cov.Domains = s.domains
	}
	if err := s.book.Flush(ctx); err != nil {
		return err
	}
	if err := s.judge(ctx, out.Keeper); err != nil {
		return err
	}
	return s.book.Settle(ctx)
}

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

// asks turns the policy's clauses into what the check is asked.
func (s *sharingRun) asks() []sharing.Ask { return SharingAsks(s.Policy) }

// SharingAsks lists what a policy asks of the check sharing.
func SharingAsks(p *policy.Policy) []sharing.Ask {
	var out []sharing.Ask
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			w, ok := m.With.(*policy.SharingWith)
			if !ok || m.Kind != policy.Check || m.Name != sharing.Means {
				continue
			}
			a := sharing.Ask{Clause: c.ID, Severity: m.Severity, Deals: string(c.DealsWithIt), Rules: w.Rules}
			for _, t := range w.Confidential {
				a.Confidential = append(a.Confidential, sharing.Confidential{Tree: t.Folder + t.Drive, Allowed: t.Allowed})
			}
			out = append(out, a)
		}
	}
	return out
}

// look brings the picture up to date.
func (s *sharingRun) look(ctx context.Context) error {
	s.sharedDrives(ctx)
	var log pulled
	first := s.cov.Cursor.IsZero()
	if first {
		// From here on the log counts, also should this run be interrupted.
		s.cov.Cursor, s.cov.Admin = s.now, s.now
	}
	if !first && s.now.Sub(s.cov.Cursor) > logKept-overlap {
		clear(s.cov.Read) // the log no longer reaches back: everything is read anew
	}
	if !first {
		log = s.pull(ctx)
	}
	log.items = append(log.items, s.again()...)
	scopes := s.scopes()
	s.record.Scopes = len(scopes)
	due := s.cov.slice(scopes, s.now, s.Rotation)
	turn := len(due) > 0 || s.cov.Slice.IsZero()
	for _, sc := range scopes {
		if s.cov.Read[sc].IsZero() {
			due = append(due, sc)
			s.newcomers = !first
		}
	}
	ahead := func() {}
	if first {
		ahead = func() { s.settingsAhead(ctx) }
	}
	if err := s.full(ctx, due, "reading in full", ahead); err != nil {
		return err
	}
	if turn {
		s.cov.Slice = s.now
	}
	again, err := s.touch(ctx, log)
	if err != nil {
		return err
	}
	again = slices.DeleteFunc(again, func(sc seen.Scope) bool {
		return s.gaps.has(sc) || s.cov.Read[sc].Equal(s.now) || !slices.Contains(scopes, sc)
	})
	if err := s.full(ctx, again, "reading again", func() {}); err != nil {
		return err
	}
	if err := s.standing(ctx); err != nil {
		return err
	}
	if err := s.reader.Adopt(ctx); err != nil {
		return err
	}
	s.confidential(ctx)
	s.unread()
	if err := s.forgetGone(ctx, scopes); err != nil {
		return err
	}
	s.unread()
	if err := s.groupSettings(ctx, log.groups); err != nil {
		return err
	}
	if !first {
		s.cov.Cursor, s.cov.Admin, s.cov.Done = log.cursor, log.admin, log.done
	}
	return ctx.Err()
}

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

// scopes lists every owner and shared drive of the school, active, switched off and archived alike.
func (s *sharingRun) scopes() []seen.Scope {
	var out []seen.Scope
	for _, a := range s.who.Accounts() {
		if s.who.Ours(a.Address) {
			out = append(out, shares.OwnerScope(a.ID))
		}
	}
	for id := range s.drives {
		out = append(out, shares.DriveScope(id))
	}
	slices.SortFunc(out, cmpScope)
	return out
}

// sharedDrives lists the shared drives that belong to the school.
func (s *sharingRun) sharedDrives(ctx context.Context) {
	s.drives, s.allDrives, s.members = map[string]seen.Drive{}, map[string]bool{}, map[string][]seen.Grant{}
	for _, d := range s.listed {
		s.allDrives[d.ID] = true
		if s.inSchool(d) {
			s.drives[d.ID] = d
		}
	}
	if s.badDrives != nil {
		s.gap("drives", s.badDrives)
	}
}

// inSchool tells whether a shared drive belongs to the school. Where units are not known the drives stay in it that were, and in a
// school that is only a part of the account others are not taken for its own.
func (s *sharingRun) inSchool(d seen.Drive) bool {
	if d.Unit == "" {
		return true
	}
	if s.units == nil {
		_, was := s.cov.Read[shares.DriveScope(d.ID)]
		return was || s.who.InUnits("/") || slices.Contains(s.book.Scopes(), shares.DriveScope(d.ID))
	}
	if path, ok := s.units[d.Unit]; ok {
		return s.who.InUnits(path)
	}
	// Google's list of units leaves out the root unit.
	return s.who.InUnits("/")
}

// full reads scopes in full, side by side, and checkpoints what is done as it goes. It calls meanwhile when the last of them are under way.
func (s *sharingRun) full(ctx context.Context, scopes []seen.Scope, what string, meanwhile func()) error {
	var done int
	var failed error
	saved := time.Now()
	err := eachAnd(ctx, s.Google.Workers(), scopes, func(sc seen.Scope) {
		err := s.readScope(ctx, sc)
		if ctx.Err() != nil {
			return
		}
		s.covMu.Lock()
		defer s.covMu.Unlock()
		done++
		if err != nil {
			s.gap(sc, err)
			delete(s.cov.Read, sc)
		} else {
			s.cov.Read[sc] = s.now
			s.record.ReadFull++
		}
		if s.Progress != nil {
			s.Progress(what, done, len(scopes))
		}
		// Real time: a checkpoint bounds the work that a crash costs, whatever the clock of the school says.
		if done%checkpointScopes == 0 && time.Since(saved) > checkpointEvery && failed == nil {
			failed = s.checkpoint(ctx)
			saved = time.Now()
		}
	}, meanwhile)
	return errors.Join(err, failed)
}

// A checkpoint is written after so many scopes, but not more often than every so many seconds.
const (
	checkpointScopes = 10
	checkpointEvery  = 3 * time.Second
)

// checkpoint writes the picture first and then how far the reading is, so that nothing counts as read that is not in the picture.
func (s *sharingRun) checkpoint(ctx context.Context) error {
	if err := s.book.Flush(ctx); err != nil {
		return err
	}
	b := &store.Batch{}
	if err := s.saveCoverage(ctx, b); err != nil {
		return err
	}
	return s.lease.Commit(ctx, b)
}

func (s *sharingRun) saveCoverage(ctx context.Context, b *store.Batch) (err error) {
	if s.cov == nil {
		return nil
	}
	s.covRef, err = s.cov.save(ctx, s.Store, b, SharingJob, s.covRef)
	return err
}

// readScope reads one owner or shared drive in full.
func (s *sharingRun) readScope(ctx context.Context, sc seen.Scope) error {
	if sc.Kind() == "owner" {
		a, ok := s.who.AccountByID(sc.ID())
		if !ok {
			return nil
		}
		defer s.Google.Hold(a.Address)()
		return s.reader.Owner(ctx, a)
	}
	d, ok := s.drives[sc.ID()]
	if !ok {
		return nil
	}
	members, err := s.driveMembers(ctx, d)
	if err != nil {
		return err
	}
	if as := s.reader.Readers(members); len(as) > 0 {
		defer s.Google.Hold(as[0])()
	}
	_, marked := s.trees[d.ID]
	if err := s.reader.SharedDrive(ctx, d, members, marked); err != nil {
		return err
	}
	if marked {
		s.memMu.Lock()
		s.trees[d.ID] = true
		s.memMu.Unlock()
	}
	return nil
}

// driveMembers reads the members of a shared drive, once a run, and judges them as its own share.
func (s *sharingRun) driveMembers(ctx context.Context, d seen.Drive) ([]seen.Grant, error) {
	s.memMu.Lock()
	have, ok := s.members[d.ID]
	s.memMu.Unlock()
	if ok {
		return have, nil
	}
	members, err := s.Google.DriveMembers(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	if err := s.reader.Membership(ctx, d, members); err != nil {
		return nil, err
	}
	s.memMu.Lock()
	s.members[d.ID] = members
	s.memMu.Unlock()
	return members, nil
}

// touch reads again what the log named. It returns the scopes that must be read in full to be sure.
func (s *sharingRun) touch(ctx context.Context, log pulled) ([]seen.Scope, error) {
	for id := range log.drives {
		if d, ok := s.drives[id]; ok {
			if _, err := s.driveMembers(ctx, d); err != nil {
				s.gap(shares.DriveScope(id), err)
				delete(s.cov.Read, shares.DriveScope(id))
			}
		}
	}
	release := s.holdAll(log.items)
	defer release()
	pass := s.reader.NewPass(func(ctx context.Context, driveID string) ([]string, error) {
		members, err := s.driveMembers(ctx, s.drives[driveID]) // those of other schools were left out
		return s.reader.Readers(members), err
	})
	s.record.Touched += len(log.items)
	one := func(t shares.Touched) {
		if _, ours := s.drives[t.Drive]; t.Drive != "" && !ours {
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
		if err := each(ctx, s.Google.Workers(), part, one); err != nil {
			return nil, err
		}
	}
	var again []seen.Scope
	for sc := range pass.Reread {
		again = append(again, sc)
	}
	slices.SortFunc(again, cmpScope)
	return again, nil
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
	case !ok && !s.gaps.has("drives"):
		s.gaps.add(sc, seen.Failed, "no such shared drive: look at the id in the policy file")
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

// judge compares what the check sees with the findings that are stored.
func (s *sharingRun) judge(ctx context.Context, k *findings.Keeper) (err error) {
	asks := s.asks()
	asked := map[string]bool{}
	for _, a := range asks {
		for _, r := range a.Rules {
			asked[a.Clause+" "+sharing.Means+"."+r] = true
		}
	}
	due := map[string]policy.Means{}
	for _, c := range s.Policy.Clauses {
		for _, m := range c.MetBy {
			if w, ok := m.With.(*policy.SharingWith); ok {
				for _, r := range w.Rules {
					due[c.ID+" "+sharing.Means+"."+r] = m
				}
			}
		}
	}
	judged := asks
	if s.gaps.any("groups", "members") {
		judged = withoutInside(asks) // who is allowed hangs on groups
	}
	s.record.Changes, err = k.Sync(ctx, findings.Input{
		Run:      findings.Run{ID: s.record.ID, Policy: s.Policy.Version, Now: s.now},
		Means:    sharing.Means,
		Observed: sharing.Check(sharing.Input{Now: s.now, Who: s.who, Asks: judged, Shares: s.book.All(ctx)}),
		Evidence: func(ctx context.Context, f *findings.Finding) (findings.Evidence, error) {
			if !asked[f.Clause+" "+f.Rule] {
				return findings.Evidence{How: findings.Withdrawn}, nil
			}
			return findings.Evidence{How: s.evidence(f)}, nil
		},
		Due: func(o findings.Observed) time.Time {
			m := due[o.Clause+" "+o.Rule]
			if o.Severity == findings.Information {
				return time.Time{}
			}
			var days []time.Weekday
			if who := s.Policy.Person(policy.Role(o.Deals)); len(who) > 0 {
				days = who[0].Days
			}
			t, err := s.Policy.Calendar.Due(s.now, m.Due, days, m.Severity)
			if err != nil {
				s.gaps.add("calendar", seen.Failed, err.Error())
			}
			return t
		},
	})
	if err != nil {
		return fmt.Errorf("keeping the findings: %w", err)
	}
	return nil
}

// withoutInside leaves out the rules that need to know who is in which group.
func withoutInside(asks []sharing.Ask) []sharing.Ask {
	out := slices.Clone(asks)
	for i := range out {
		out[i].Rules = slices.DeleteFunc(slices.Clone(out[i].Rules), func(r string) bool {
			return r == sharing.WithinSchool || r == sharing.TrustWide
		})
	}
	return out
}

// evidence says what is known about the subject of a finding that the check no longer yields; "" is nothing.
func (s *sharingRun) evidence(f *findings.Finding) findings.How {
	kind, id, _ := strings.Cut(f.Subject, "/")
	if s.gaps.has("domains") {
		return "" // who is how near was guessed
	}
	if kind == "group" {
		return s.groupEvidence(f, id)
	}
	switch strings.TrimPrefix(f.Rule, sharing.Means+".") {
	case sharing.WithinSchool, sharing.TrustWide:
		if s.gaps.any("groups", "members") {
			return ""
		}
		for _, read := range s.trees {
			if !read {
				return ""
			}
		}
		if how, ok := s.book.Fate(f.Subject); ok && how != findings.Merged {
			return how
		}
		return findings.Fine
	}
	how, left := s.book.Fate(f.Subject)
	if left && how != findings.Fine {
		return how
	}
	if _, in := s.book.Has(f.Subject); !in && !left {
		return ""
	}
	if s.ended(f.Facts) {
		return findings.Expired
	}
	return findings.Fine
}

// ended tells whether a fact has ended by its date.
func (s *sharingRun) ended(facts []string) bool {
	return slices.ContainsFunc(facts, func(fact string) bool {
		_, until, ok := strings.Cut(fact, " until ")
		until, _, _ = strings.Cut(until, " ")
		t, err := time.Parse(time.RFC3339, until)
		return ok && err == nil && !t.After(s.now)
	})
}

func (s *sharingRun) groupEvidence(f *findings.Finding, id string) findings.How {
	if s.who.GroupsUnknown {
		return ""
	}
	g, ok := s.who.GroupByID(id)
	if !ok {
		return findings.Deleted
	}
	if !s.held[id] {
		return findings.Fine // nothing is shared with it any more
	}
	r := s.who.Reach(g)
	if !r.Known || f.Rule == sharing.Means+"."+sharing.OpenGroup && !r.OpenKnown {
		return ""
	}
	return findings.Fine
}
