package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/census"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reminders"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// What was let out rides in the one ordinary mail of each person, like what they are asked: in a report, in a teacher's daily mail, else in a letter of its own. That they were told is in the batch of the mail.

// remindersPage is the page of the review site on which reminders are confirmed.
const remindersPage = "/reminders"

// reminding is what people are still to be told, and asked to confirm.
type reminding struct {
	env   Env
	now   time.Time
	book  *reminders.Book
	in    reminders.Input
	read  reminders.ReadInput
	by    map[string]reminders.Reader // Directory id → somebody who has not read the policy
	who   *school.Directory
	class map[string]bool // Directory ids of those who teach a class
}

// openReminding gathers what is still to be told; nil where the policy has no reminders, or nothing was looked at yet. kinds is nil where nobody knows who is of the staff.
func openReminding(ctx context.Context, env Env, now time.Time, who *school.Directory, kinds *school.Kinds) (*reminding, error) {
	if !Asked(env.Policy, RemindersJob) {
		return nil, nil
	}
	first, err := memory.FirstLook(ctx, env.Store)
	if err != nil || first.IsZero() {
		return nil, err
	}
	r := &reminding{env: env, now: now, who: who, by: map[string]reminders.Reader{}, class: map[string]bool{}}
	if r.book, err = reminders.Open(ctx, env.Store); err != nil {
		return nil, err
	}
	r.in = reminderInput(env.Policy, r.book, now, first)
	rosters, err := memory.Rosters(ctx, env.Store)
	if err != nil {
		return nil, err
	}
	for _, class := range rosters {
		for _, m := range class.Members {
			if m.Teacher {
				r.class[m.ID] = true
			}
		}
	}
	r.read = reminders.ReadInput{School: r.in.School, Now: now, Clauses: reminders.ReadClauses(env.Policy)}
	if who == nil || kinds == nil || len(r.read.Clauses) == 0 || env.Policy.Review.Last.IsZero() {
		return r, nil
	}
	look, err := loadLook(ctx, env.Store, RemindersJob)
	if err != nil || look == nil {
		return r, err
	}
	for _, x := range readersOf(who, kinds, r.book, look.Signed) {
		r.by[x.ID] = x
	}
	return r, nil
}

// reopen reads the state anew, after a batch that failed.
func (r *reminding) reopen(ctx context.Context) (err error) {
	if r.book, err = reminders.Open(ctx, r.env.Store); err == nil {
		r.in.Outs, r.in.Confirms = r.book.Outs(), r.book.Confirms()
	}
	return err
}

// waits lists what was let out and not told to somebody yet; nothing on a day without school, on which a mail that goes anyway takes no reminder along.
func (r *reminding) waits(id string) []reminders.Out {
	if r == nil || id == "" || !r.in.Calendar.IsSchoolDay(r.in.Calendar.Date(r.now)) {
		return nil
	}
	var out []reminders.Out
	for _, name := range slices.Sorted(maps.Keys(r.book.Outs())) {
		byKey := r.book.Outs()[name]
		for _, key := range slices.Sorted(maps.Keys(byKey)) {
			if o := byKey[key]; slices.Contains(o.For, id) && r.in.Goes(o) && r.about(name) != nil {
				out = append(out, o)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b reminders.Out) int { return a.At.Compare(b.At) })
	return out
}

// about is a reminder of the policy; nil if it names none so any more.
func (r *reminding) about(name string) *reminders.Reminder {
	i := slices.IndexFunc(r.in.Reminders, func(x reminders.Reminder) bool { return x.Name == name })
	if i < 0 {
		return nil
	}
	return &r.in.Reminders[i]
}

// lines puts into words what somebody is to be told.
func (r *reminding) lines(id string) []reports.Reminded {
	var out []reports.Reminded
	for _, o := range r.waits(id) {
		about := r.about(o.Name)
		title, text, _ := about.Of(o.Block, o.Term, r.env.Policy.Title, nextReviewOf(r.env.Policy))
		l := reports.Reminded{Title: title, Text: text, Links: about.With.Links}
		if about.With.Posts() {
			l.Lead = "Please post this " + about.Place() + " for " + about.Audience(r.env.Policy.Title) + ":"
		}
		out = append(out, l)
	}
	return out
}

func nextReviewOf(p *policy.Policy) calendar.Date {
	next, _ := p.Review.Next()
	return next
}

// stage is how often somebody should have been asked by now to read the policy, where they were not yet; 0 else. Nobody is asked twice a day.
func (r *reminding) stage(id string) int {
	if r == nil {
		return 0
	}
	x, ok := r.by[id]
	if !ok {
		return 0
	}
	stage, had := r.read.Stage(x), r.book.Read(id)
	if had.For == r.env.Policy.Review.Last.String() && had.Stage >= stage || !had.Last.IsZero() && r.in.Calendar.Date(had.Last) == r.in.Calendar.Date(r.now) {
		return 0
	}
	return stage
}

// asks lists what somebody is asked to confirm, and to read.
func (r *reminding) asks(address, id string, plays func(policy.Role) bool) []reports.AskedOf {
	if r == nil {
		return nil
	}
	var out []reports.AskedOf
	for _, s := range r.in.States() {
		if !s.Waits() || !plays(s.Ask) {
			continue
		}
		title, _, question := s.Of(s.Last.Block, s.Last.Term, r.env.Policy.Title, nextReviewOf(r.env.Policy))
		due := r.in.Due(s)
		out = append(out, reports.AskedOf{
			Title: title, Question: question, Due: due, Overdue: !due.IsZero() && due.Before(r.now), Link: r.env.page(remindersPage), Plain: true,
			Command: fmt.Sprintf("esafetybot reminders confirm %s %s done --as %s", s.Name, s.Period, address),
		})
	}
	if r.stage(id) > 0 {
		due := r.read.FirstDue(r.by[id])
		out = append(out, reports.AskedOf{
			Title: "The online-safety policy", Question: "Please read the school's online-safety policy as it is since its last review, and say that you have.", Due: due, Overdue: !due.IsZero() && due.Before(r.now),
			Link: r.env.page(remindersPage), Plain: true, Command: "esafetybot reminders read-policy --as " + address,
		})
	}
	return out
}

// ripe tells whether there is something that makes a letter of its own today.
func (r *reminding) ripe(id string) bool {
	return r != nil && (r.stage(id) > 0 || slices.ContainsFunc(r.waits(id), func(o reminders.Out) bool { return r.in.Ripe(o.At) }))
}

// told adds to the batch of a mail that it told somebody. The batch is committed by [reminding.commit].
func (r *reminding) told(b *store.Batch, id string) error {
	if r == nil {
		return nil
	}
	for _, o := range r.waits(id) {
		r.book.Told(o.Name, o.Key, id, r.now)
	}
	if stage := r.stage(id); stage > 0 {
		had := r.book.Read(id)
		had.For, had.Stage, had.Last = r.env.Policy.Review.Last.String(), stage, r.now.UTC()
		r.book.SetRead(id, had)
	}
	return r.book.Stage(b)
}

// commit commits the batch of a mail.
func (r *reminding) commit(ctx context.Context, lease *Lease, b *store.Batch) error {
	err := lease.Commit(ctx, b)
	switch {
	case r == nil:
	case err == nil:
		r.book.Staged()
	default:
		err = errors.Join(err, r.reopen(context.WithoutCancel(ctx)))
	}
	return err
}

// open lists everybody whom something still waits for, by id.
func (r *reminding) open() []string {
	if r == nil {
		return nil
	}
	ids := map[string]bool{}
	for _, byKey := range r.book.Outs() {
		for _, o := range byKey {
			if r.in.Goes(o) {
				for _, id := range o.For {
					ids[id] = true
				}
			}
		}
	}
	for id := range r.by {
		if r.stage(id) > 0 {
			ids[id] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// with adds to some people the teachers to whom something is to be told, by id: their mail is the one of the day.
func (r *reminding) with(list []*seen.Account) []*seen.Account {
	out := slices.Clone(list)
	for _, id := range r.open() {
		a, ours := r.who.AccountByID(id)
		if ours && r.class[id] && r.ripe(id) && !slices.ContainsFunc(out, func(h *seen.Account) bool { return h.ID == id }) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *seen.Account) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// hasDigest tells whether teachers have a daily mail of their own.
func hasDigest(p *policy.Policy) bool { return Asked(p, CommentsJob) || asksTeachers(p) }

// tellReminded writes to those who are to be told something and have neither a report, nor questions for a role, nor a teacher's daily mail.
func tellReminded(ctx context.Context, env Env, box *outbox.Outbox, t *told) error {
	if t.rem == nil || t.Who == nil {
		return nil
	}
	var errs error
	served := t.served(env.Policy)
	for _, id := range t.rem.open() {
		a, ours := t.Who.AccountByID(id)
		if !ours || served[id] || !t.rem.ripe(id) || t.rem.class[id] && hasDigest(env.Policy) || !schoolIn(env.Policy.Calendar, daysOf(env.Policy, a), t.now) {
			continue
		}
		asks := t.rem.asks(a.Address, id, func(policy.Role) bool { return false })
		if err := askLetter(ctx, env, box, t.lease, t.now, policy.Person{Address: a.Address, Name: a.Name}, asks, t.rem, id); err != nil {
			errs = errors.Join(errs, fmt.Errorf("the reminder for account %s: %w", id, err))
		}
	}
	return errs
}

// served are those who have a mail for a role of theirs: a report, or questions.
func (t *told) served(p *policy.Policy) map[string]bool {
	out := map[string]bool{}
	for _, r := range slices.Concat(readers(p), players(p, askedRoles(p))) {
		out[personID(t.Who, r.Address)] = true
	}
	return out
}

// kindsOf are the kinds of accounts, where the directory is known.
func kindsOf(ctx context.Context, c *census.Census) *school.Kinds {
	if c.Who() == nil || !c.Directory(ctx) {
		return nil
	}
	return c.Kinds(ctx)
}
