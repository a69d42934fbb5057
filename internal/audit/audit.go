// Package audit tells how the school stood at a moment: each clause with its colour and the reason, what is open, agreed, unanswered, unseen and waiting, and what happened between two moments.
// The weekly e-mail, the termly report, the monthly list, the review site and the command line all say what it says. docs/audit.md defines every word.
//
// The contract:
//
//   - It reads the state and nothing else: no Google, no mail. It writes nothing.
//   - A later state, asked for T, and a copy of the state that was taken at T while nothing ran, asked for T, give the same. So nothing here is read from a document that only says how things are now, unless
//     nothing has changed since T: findings and changes are told from their events, what was looked at from the run records, what could not be seen from its history (package views), answers by when they were taken up.
//   - A clause one of whose means could not be seen is never green; nor is one of a moment of which nobody knows any more what could be seen.
//   - Nothing of the incident log comes out of it, and no name: ids, roles, counts and the words of what could not be seen.
//   - The clauses are those of the policy given. Where the newest runs of T had another version, [Standing.Policies] says which.
//
// Give it the policy as it was read from the file: days on which the school was closed besides are taken from the state, as they were known at T.
package audit

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/calendar"
	"esafetybot/internal/checkins"
	"esafetybot/internal/closures"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
	"esafetybot/internal/reminders"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// The names under which run records keep the jobs that look at more than one check by name (internal/jobs).
const (
	checkInsJob  = "checkins"
	recordsJob   = "records"
	accountsJob  = "accounts"
	remindersJob = "reminders"
)

// Ending is how long before its end an agreement is told of.
const Ending = 14 * 24 * time.Hour

// Standing is how everything stood at a moment.
type Standing struct {
	At      time.Time
	First   time.Time // when the program first looked; zero: it had not by then, and nothing is known
	Since   time.Time // from when on it is known what could not be seen; zero: not by then
	Clauses []Clause  // in the policy's order
	// Open is every finding that was open, those for information too; Agreed what was agreed until a date. By id.
	Open, Agreed []*findings.Finding
	Waits        []checkins.State // questions that waited for an answer, by clause: one that two clauses ask is there twice
	Approvals    []Waiting        // changes that waited for a person, the oldest first
	Unseen       []views.Unseen   // what could not be seen, without names
	Returned     int              // to how many people the last mail came back
	Never        []string         // what is not known however often is looked
	Looked       time.Time        // since when everything had been looked at again; zero if something never was
	Policies     []string         // versions of the policy of the newest runs, where they are not the one given
}

// Clause is how one clause stood.
type Clause struct {
	colours.Clause
	Agreed int       // findings that were agreed until a date, information apart
	Until  time.Time // when the first of these agreements ends; zero without one
}

// Count is how many clauses are of a colour.
func (s *Standing) Count(c colours.Colour) int {
	n := 0
	for _, x := range s.Clauses {
		if x.Colour == c {
			n++
		}
	}
	return n
}

// EndingSoon lists the agreements that end within [Ending] of the moment, the first to end first.
func (s *Standing) EndingSoon() []*findings.Finding {
	out := slices.DeleteFunc(slices.Clone(s.Agreed), func(f *findings.Finding) bool { return f.Agreed == nil || f.Agreed.Until.After(s.At.Add(Ending)) })
	slices.SortStableFunc(out, func(a, b *findings.Finding) int { return a.Agreed.Until.Compare(b.Agreed.Until) })
	return out
}

// Waiting is a change that waited for a person's approval.
type Waiting struct {
	ID, Kind, Clause, Finding string
	Since                     time.Time
	Second                    bool // somebody approved, and a second person has to
}

// Audit tells how everything stood at any moment from one on.
type Audit struct {
	store   store.Store
	policy  *policy.Policy
	hide    func(*findings.Finding) bool
	first   time.Time
	history *findings.History
	changes *changes
	told    []*views.Told
	since   time.Time   // when what could not be seen was noted first
	seen    *views.Seen // of a state whose runs kept no history yet; else nil
	closed  *closures.Book
}

// Open reads what [Audit] needs from a moment on; the nearer it is, the less it reads. hide tells which findings are left out, because of who reads: nil hides none. (The incident log's are left out always.)
func Open(ctx context.Context, s store.Store, p *policy.Policy, from time.Time, hide func(*findings.Finding) bool) (*Audit, error) {
	a := &Audit{store: s, policy: p, hide: hide}
	var err error
	if a.first, err = memory.FirstLook(ctx, s); err != nil {
		return nil, err
	}
	if a.history, err = (&findings.Keeper{Store: s}).Since(ctx, from, Checks(p)...); err != nil {
		return nil, err
	}
	if a.changes, err = openChanges(ctx, s, from); err != nil {
		return nil, err
	}
	if a.told, err = views.ToldSince(ctx, s, from); err != nil {
		return nil, err
	}
	if a.since, err = views.ToldFrom(ctx, s); err != nil {
		return nil, err
	}
	if len(a.told) == 0 {
		if a.seen, err = views.OfSeen(ctx, s); err != nil {
			return nil, err
		}
	}
	a.closed, err = closures.Open(ctx, s)
	return a, err
}

// At tells how everything stood at a moment. What was agreed to for a private reason is in it like any other agreement, without the reason.
func At(ctx context.Context, s store.Store, p *policy.Policy, t time.Time) (*Standing, error) {
	a, err := Open(ctx, s, p, t, nil)
	if err != nil {
		return nil, err
	}
	return a.At(ctx, t)
}

// Checks lists the checks under which the findings of a policy's clauses are kept.
func Checks(p *policy.Policy) []string {
	var out []string
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			if name := checkOf(m); m.Built() && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func checkOf(m policy.Means) string {
	switch m.Kind {
	case policy.CheckIn:
		return checkins.Means
	case policy.Record:
		return records.Means
	case policy.Reminder:
		return reminders.Means
	}
	return m.Name
}

// jobOf is the job that looks at a means.
func jobOf(m policy.Means) string {
	switch m.Kind {
	case policy.CheckIn:
		return checkInsJob
	case policy.Record:
		if m.Name == policy.RecordAccess {
			return accountsJob // which keeps it
		}
		if m.Name == policy.PolicyRead {
			return remindersJob // which asks for it
		}
		return recordsJob
	case policy.Reminder:
		return remindersJob
	}
	return m.Name
}

// hidden tells whether a finding is left out: those of the incident log, of which nothing here shows a sign, and what the reader must not see.
func (a *Audit) hidden(f *findings.Finding) bool {
	return strings.HasPrefix(f.Subject, "entry/") || a.hide != nil && a.hide(f)
}

// At tells how everything stood at a moment, which must not be before the one that the audit was opened for.
func (a *Audit) At(ctx context.Context, t time.Time) (*Standing, error) {
	s := &Standing{At: t}
	if !a.first.After(t) {
		s.First = a.first
	}
	for _, f := range a.history.At(t) {
		switch {
		case a.hidden(f):
		case f.Status == findings.Open:
			s.Open = append(s.Open, f)
		case f.Status == findings.Accepted:
			s.Agreed = append(s.Agreed, f)
		}
	}
	var err error
	if s.Waits, err = a.waits(ctx, t); err != nil {
		return nil, err
	}
	s.Approvals = a.changes.at(t)
	jobs, err := a.jobs(ctx, s)
	if err != nil {
		return nil, err
	}
	in := colours.Input{Now: t, Clauses: a.policy.Clauses, Open: s.Open, Waits: map[string]int{}, Unseen: a.unseen(s)}
	in.Job = func(m policy.Means) (colours.Job, bool) {
		j, ok := jobs[jobOf(m)]
		return j, ok
	}
	for _, w := range s.Waits {
		in.Waits[w.Clause]++
	}
	for _, c := range colours.Of(in) {
		x := Clause{Clause: c}
		for _, f := range s.Agreed {
			if f.Clause != c.ID || f.Severity == findings.Information {
				continue
			}
			if x.Agreed++; f.Agreed != nil && (x.Until.IsZero() || f.Agreed.Until.Before(x.Until)) {
				x.Until = f.Agreed.Until
			}
		}
		s.Clauses = append(s.Clauses, x)
	}
	return s, nil
}

// waits lists the questions that waited for an answer.
func (a *Audit) waits(ctx context.Context, t time.Time) ([]checkins.State, error) {
	if a.first.IsZero() || a.first.After(t) {
		return nil, nil
	}
	in, _, err := checkins.Read(ctx, a.store, a.policy, a.calendar(t), t, a.first)
	if err != nil {
		return nil, err
	}
	answers := map[string][]checkins.Answer{}
	for name, list := range in.Answers {
		answers[name] = slices.DeleteFunc(slices.Clone(list), func(x checkins.Answer) bool { return x.Taken.After(t) })
	}
	in.Answers = answers
	return slices.DeleteFunc(in.States(), func(s checkins.State) bool { return !s.Waits() }), nil
}

// calendar is the school's as it was known at a moment.
func (a *Audit) calendar(t time.Time) *calendar.Calendar {
	return a.closed.At(t).Calendar(a.policy.Calendar)
}

// jobs tells when each job that looks at a means of the policy ran last.
func (a *Audit) jobs(ctx context.Context, s *Standing) (map[string]colours.Job, error) {
	out := map[string]colours.Job{}
	never := false
	for _, c := range a.policy.Clauses {
		for _, m := range c.MetBy {
			job := jobOf(m)
			if _, have := out[job]; have || !m.Built() {
				continue
			}
			r, err := runs.LatestAt(ctx, a.store, job, s.At)
			if err != nil {
				return nil, err
			}
			if r == nil {
				out[job] = colours.Job{} // it has never run
				never = never || colours.Looks(m)
				continue
			}
			out[job] = colours.Job{At: r.Started, Stopped: r.Error != ""}
			if s.Looked.IsZero() || r.Started.Before(s.Looked) {
				s.Looked = r.Started
			}
			if r.Policy != a.policy.Version && !slices.Contains(s.Policies, r.Policy) {
				s.Policies = append(s.Policies, r.Policy)
			}
		}
	}
	if never {
		s.Looked = time.Time{}
	}
	slices.Sort(s.Policies)
	return out, nil
}

// forgotten is said of every clause at a moment of which nobody knows any more what could be seen.
const forgotten = "what could be seen on that day was not kept"

// unseen notes what could not be seen, and returns it by clause.
func (a *Audit) unseen(s *Standing) map[string][]string {
	out := map[string][]string{}
	var told *views.Told
	for _, t := range a.told {
		if !t.At.After(s.At) {
			told = t
		}
	}
	switch {
	case told != nil:
		s.Since, s.Unseen, s.Returned, s.Never = a.since, told.Unseen, told.Returned, told.Never
	case a.seen != nil && !newest(a.seen).After(s.At):
		s.Since, s.Returned, s.Never = newest(a.seen), len(a.seen.Returned), a.seen.Never
		for _, u := range a.seen.Unseen { // its words may name somebody
			s.Unseen = append(s.Unseen, views.Unseen{Clauses: u.Clauses, What: "Something that these clauses need", Why: cmp.Or(u.Why, "it could not be read")})
		}
	default:
		for _, c := range a.policy.Clauses {
			out[c.ID] = []string{forgotten}
		}
		return out
	}
	for _, u := range s.Unseen {
		for _, c := range u.Clauses {
			if words := u.What + ": " + u.Why; !slices.Contains(out[c], words) {
				out[c] = append(out[c], words)
			}
		}
	}
	return out
}

func newest(s *views.Seen) time.Time {
	var t time.Time
	for _, j := range s.Jobs {
		if j.At.After(t) {
			t = j.At
		}
	}
	return t
}

// waitsFor tells whether a change in a state waits for a person's approval.
func waitsFor(s actions.State) bool { return s == actions.Proposed || s == actions.Once }
