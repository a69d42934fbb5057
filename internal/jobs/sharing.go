package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"esafetybot/internal/census"
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
	lease, err := begin(ctx, env, SharingJob)
	if err != nil {
		return nil, err
	}
	s := &sharingRun{Env: env, lease: lease, now: env.Clock()}
	s.record = newRecord(env, SharingJob, s.now, lease)
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
	if e := s.record.Add(b); e != nil {
		return s.record, errors.Join(err, e)
	}
	return s.record, errors.Join(err, lease.Release(ctx, b))
}

// interruptedFor is how long a run that is told to stop may take to write down how far it came: Cloud Run waits ten seconds before it kills.
const interruptedFor = 8 * time.Second

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
	disowned  bool            // a marked drive is not the school's any more
	newcomers bool            // a scope was read for the first time, or again after it could not be
	marked    []policy.Confidential
}

// gap notes that a scope could not be read.
func (s *sharingRun) gap(scope seen.Scope, err error) {
	why := s.Google.Reason(err)
	if errors.Is(err, shares.ErrNoMember) {
		why = seen.NoMember
	} else if errors.Is(err, shares.ErrNoManager) {
		why = seen.NoManager
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
	s.reader.Titles = Asked(s.Policy, NamesJob)
	if s.reader.Titles && !s.cov.Titles {
		clear(s.cov.Read)
	}
	s.cov.Titles = s.reader.Titles
	if s.reader.Named, err = namedSubjects(ctx, out.Keeper); err != nil {
		return err
	}
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
	log.items = append(log.items, s.opened()...)
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
	if err := s.full(ctx, due, "reading in full"); err != nil {
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
	if err := s.full(ctx, again, "reading again"); err != nil {
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
	nobodys := 0
	for _, d := range s.listed {
		s.allDrives[d.ID] = true
		if s.inSchool(d) {
			s.drives[d.ID] = d
		} else if s.nobodys(d) {
			nobodys++
		}
	}
	if nobodys > 0 {
		s.gaps.add(nobodysDrives, seen.Shared, fmt.Sprintf("%d of them", nobodys))
	}
	if s.badDrives != nil {
		s.gap("drives", s.badDrives)
	}
}

// nobodysDrives are the shared drives of a trust of which nothing tells whose they are, so that no school's run looks at them.
const nobodysDrives = seen.Scope("drives/nobody")

// nobodys tells whether a shared drive is in the top org unit, or in none, of a Google account that the school has in common with others of its trust. What is in a unit of none of the schools is the trust's own.
func (s *sharingRun) nobodys(d seen.Drive) bool {
	if s.who.Whole() || s.Policy.Trust == nil {
		return false
	}
	path, listed := s.units[d.Unit] // Google's list of units may leave out the top one
	return d.Unit == "" || s.units != nil && (!listed || path == "/")
}

// inSchool tells whether a shared drive belongs to the school. Where units are not known the drives stay in it that were, and in a
// school that is only a part of the account others are not taken for its own.
func (s *sharingRun) inSchool(d seen.Drive) bool {
	if d.Unit == "" {
		return s.who.Whole() || s.Policy.Trust == nil // where there are neighbours nobody can tell
	}
	if s.units == nil {
		_, was := s.cov.Read[shares.DriveScope(d.ID)]
		return was || s.who.Whole() || slices.Contains(s.book.Scopes(), shares.DriveScope(d.ID))
	}
	if path, ok := s.units[d.Unit]; ok {
		return s.who.Place(path)
	}
	// Google's list of units leaves out the root unit.
	return s.who.Whole()
}

// full reads scopes in full, side by side, and checkpoints what is done as it goes.
func (s *sharingRun) full(ctx context.Context, scopes []seen.Scope, what string) error {
	var done int
	var failed error
	saved := time.Now()
	err := census.Each(ctx, s.Google.Workers(), scopes, func(sc seen.Scope) {
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
	})
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
