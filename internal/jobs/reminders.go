package jobs

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/reminders"
	"esafetybot/internal/roster"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// RemindersJob lets out what is due on the calendar, takes up what people confirmed, and sees what nobody did.
const RemindersJob = "reminders"

// reminderMeans lists the policy's reminders that the program sends, and what it asks about who has read the policy.
func reminderMeans(p *policy.Policy) []clauseMeans {
	return meansWhere(p, func(m policy.Means) bool {
		return m.Built() && (m.Kind == policy.Reminder || m.Kind == policy.Record && m.Name == policy.PolicyRead)
	})
}

// remindersRun is one run of the job.
type remindersRun struct {
	*look
	mem     *memory.Book
	book    *reminders.Book
	in      reminders.Input
	read    reminders.ReadInput
	kinds   *school.Kinds
	courses []seen.Course // the school's classes, once asked for
	listed  bool          // they were asked for
	known   bool          // and could be read
}

// Reminders lets out what is due on the calendar, takes up what people confirmed, and sees what nobody did.
func Reminders(ctx context.Context, env Env, c *census.Census) (*Look, error) {
	return looked(ctx, env, c, RemindersJob, func(ctx context.Context, l *look) error {
		r := &remindersRun{look: l}
		return r.run(ctx)
	})
}

func (r *remindersRun) run(ctx context.Context) (err error) {
	r.needs("users")
	if !r.Directory(ctx) {
		return ctx.Err()
	}
	if r.mem, err = memory.Open(ctx, r.Store, r.Now, r.lease.Commit); err != nil {
		return err
	}
	if r.Outside, err = people.Open(ctx, r.Store, r.lease.Commit); err != nil {
		return err
	}
	if r.book, err = reminders.Open(ctx, r.Store); err != nil {
		return err
	}
	r.kinds = r.Kinds(ctx)
	r.needs("groups", "members")
	if err := roster.Keep(ctx, r.Store, r.lease.Commit, adultsOf(r.Env.Policy, r.Who(), r.kinds)); err != nil {
		return err
	}
	r.in = reminderInput(r.Env.Policy, r.book, r.Now, r.mem.First)
	if err := r.said(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{r.begin, r.stillThere, r.announce} {
		if err := step(ctx); err != nil || ctx.Err() != nil {
			return err
		}
	}
	if err := r.judge(ctx); err != nil {
		return err
	}
	if err := r.judgeRead(ctx); err != nil {
		return err
	}
	if err := r.Outside.Flush(ctx); err != nil {
		return err
	}
	return r.mem.Flush(ctx)
}

// reminderInput is what reminders are judged by.
func reminderInput(p *policy.Policy, book *reminders.Book, now, first time.Time) reminders.Input {
	return reminders.Input{
		School: reminders.School{Calendar: p.Calendar, Review: p.Review, FirstLook: first}.Known(), Now: now, Reminders: reminders.Of(p), Outs: book.Outs(), Confirms: book.Confirms(),
	}
}

// save commits what the book holds anew.
func (r *remindersRun) save(ctx context.Context) error {
	b := &store.Batch{}
	if err := r.book.Stage(b); err != nil || b.Writes() == 0 {
		return err
	}
	if err := r.lease.Commit(ctx, b); err != nil {
		return err
	}
	r.book.Staged()
	return nil
}

// said takes up what people confirmed, and who said that they have read the policy.
func (r *remindersRun) said(ctx context.Context) error {
	if r.Site == nil {
		return nil
	}
	for {
		tray, err := decisions.Open(ctx, r.Site, r.Store, decisions.Confirm, decisions.ReadPolicy)
		if err != nil || len(tray.Waiting) == 0 {
			return err
		}
		for _, d := range tray.Waiting {
			if err := tray.Judge(d, r.Now, r.take(d)); err != nil {
				return err
			}
		}
		batch := tray.Batch()
		if err := r.book.Stage(batch); err != nil {
			return err
		}
		if err := r.lease.Commit(ctx, batch); err != nil {
			return err
		}
		r.book.Staged()
	}
}

// take takes up one decision, or says why it does not count.
func (r *remindersRun) take(d decisions.Decision) string {
	if d.Check() != nil || d.At.After(r.Now.Add(time.Minute)) || d.At.Before(start(r.Env.Policy, r.mem.First)) {
		return notForm // from before the school began
	}
	by, ok := r.decider(r.kinds, d.By, d.At)
	if !ok {
		return notKnown
	}
	if d.Do == decisions.ReadPolicy {
		if by.acc == nil || len(reminders.ReadClauses(r.Env.Policy)) == 0 {
			return notTheirs // who has no account of the school is not asked
		}
		r.book.HasRead(by.id, d.At)
		return ""
	}
	about, asked := r.in.Asked(d.Reminder, d.Period, d.At)
	switch {
	case !asked:
		return notThere
	case !by.plays(about.Ask) && !by.plays(policy.Leads...):
		return notTheirs
	}
	r.book.Confirm(d.Reminder, reminders.Confirm{ID: d.ID, At: d.At.UTC(), By: by.id, Period: d.Period, Answer: d.Answer, Note: d.Note})
	return ""
}

// begin lets out what is due now. It is written down before anybody hears of it.
func (r *remindersRun) begin(ctx context.Context) error {
	for _, b := range r.in.Begin() {
		out := reminders.Out{Name: b.Reminder.Name, Key: b.Key, Day: b.Day, At: b.At, Began: r.Now.UTC(), Block: b.Block, Term: b.Term}
		if b.With.Through == policy.ThroughClassroom {
			classes, ok := r.classes(ctx, b.With.Classes)
			if !ok || len(classes) == 0 {
				continue
			}
			out.Posts = map[string]reminders.Post{}
			for _, id := range classes {
				out.Posts[id] = reminders.Post{}
			}
		} else {
			var ok bool
			if out.For, ok = r.recipients(ctx, b.Reminder); !ok || len(out.For) == 0 {
				continue // tried again; what reaches nobody is missed
			}
		}
		r.book.Set(out)
	}
	return r.save(ctx)
}

// recipients lists whom a reminder is told by mail, by Directory id or the hash of an address outside; false where it cannot be known now.
func (r *remindersRun) recipients(ctx context.Context, about reminders.Reminder) (out []string, ok bool) {
	add := func(id string) {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	to := about.With.To
	if about.With.Posts() {
		to = []string{string(about.Ask)} // who posts it
	}
	for _, whom := range to {
		switch whom {
		case policy.ToTeachers:
			courses, known := r.classes(ctx, nil)
			if !known {
				return nil, false
			}
			for _, course := range courses {
				for _, a := range r.teachersOf(course) {
					add(a.ID)
				}
			}
		case policy.ToStaff:
			for _, a := range r.Who().Accounts() {
				if a.Active() && r.kinds.School(a) && r.kinds.Kind(a) == school.Staff {
					add(a.ID)
				}
			}
		default:
			for _, p := range r.Env.Policy.Person(policy.Role(whom)) {
				add(personID(r.Who(), p.Address))
			}
		}
	}
	slices.Sort(out)
	return out, true
}

// personID is who somebody is: their Directory id, or the hash of an address outside.
func personID(who *school.Directory, address string) string {
	if who != nil {
		if a, known := who.Account(strings.ToLower(address)); known {
			return a.ID
		}
	}
	return pseudonym.Of(address)
}

// classes lists the ids of the school's classes that are in use, of those named if any are; false where they could not be read.
func (r *remindersRun) classes(ctx context.Context, only []string) ([]string, bool) {
	if !r.listed {
		r.listed = true
		r.needs("classes", "class", "domains")
		all, ok := r.Courses(ctx, r.mem, r.Rotation)
		if ok {
			r.known = true
			for _, course := range all {
				if members, known := r.Members(r.mem, course.ID); known && schoolClass(r.Census, r.kinds, course, members) {
					r.courses = append(r.courses, course)
					r.left.Names["course/"+course.ID] = course.Name
				}
			}
		}
	}
	var out []string
	for _, course := range r.courses {
		if len(only) == 0 || slices.Contains(only, course.ID) {
			out = append(out, course.ID)
		}
	}
	slices.Sort(out)
	return out, r.known
}

// teachersOf lists the active teachers of a class, by id.
func (r *remindersRun) teachersOf(course string) []*seen.Account {
	members, _ := r.Members(r.mem, course)
	var out []*seen.Account
	for _, m := range members {
		if a, ours := r.Who().AccountByID(m.ID); ours && m.Teacher && a.Active() && r.kinds.School(a) && r.kinds.Kind(a) != school.Pupil {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *seen.Account) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// stillThere drops from what is still to be told those who have left since it was let out.
func (r *remindersRun) stillThere(ctx context.Context) error {
	for _, byKey := range r.book.Outs() {
		for _, out := range byKey {
			if len(out.For) == 0 || !r.in.Goes(out) {
				continue
			}
			left := slices.DeleteFunc(slices.Clone(out.For), func(id string) bool {
				if a, ours := r.Who().AccountByID(id); ours {
					return !a.Active() || a.Guest
				}
				return !slices.ContainsFunc(r.everybody(), func(p policy.Person) bool { return pseudonym.Of(p.Address) == id })
			})
			if len(left) < len(out.For) {
				out.For = left
				r.book.Set(out)
			}
		}
	}
	return r.save(ctx)
}

// everybody lists the persons whom the policy names.
func (r *remindersRun) everybody() []policy.Person {
	var out []policy.Person
	for _, list := range r.Env.Policy.People {
		out = append(out, list...)
	}
	return out
}

// withTermly is what the reminders are judged by, the termly report among them: it went out where its job sent it.
func (r *remindersRun) withTermly(ctx context.Context) (reminders.Input, error) {
	in := r.in
	in.Outs = maps.Clone(r.book.Outs())
	all := reminders.Planned(r.Env.Policy)
	i := slices.IndexFunc(all, func(x reminders.Reminder) bool { return x.Name == policy.GovernorReport })
	if i < 0 {
		return in, nil
	}
	in.Reminders = all
	sent, err := r.termlySent(ctx)
	in.Outs[policy.GovernorReport] = sent
	return in, err
}

// judge sees what was not confirmed or went out to nobody, and says what could not be checked.
func (r *remindersRun) judge(ctx context.Context) error {
	p := r.Env.Policy
	asked := map[string]policy.Means{}
	for _, m := range reminderMeans(p) {
		if m.Kind != policy.Reminder {
			continue
		}
		for _, rule := range reminders.Rules {
			asked[m.ID+" "+reminders.Means+"."+rule] = m.Means
		}
	}
	all, err := r.withTermly(ctx)
	if err != nil {
		return err
	}
	for _, about := range all.Reminders {
		_, err := all.Occurrences(about)
		title := r.title(about)
		for _, c := range about.Clauses {
			if err != nil {
				r.unclear(c, reminders.Unconfirmed, "The reminder “"+title+"”", err.Error(), true)
			}
			if last, ends := r.in.Ends(r.Now); ends {
				why := "the policy file has no term dates (calendar: terms)"
				if !last.IsZero() {
					why = "the term dates in the policy file end on " + last.Words() + ": please add the next ones"
				}
				r.unclear(c, reminders.Missed, "The reminder “"+title+"” from then on", why, last.IsZero() || last.Before(p.Calendar.Date(r.Now)))
			}
		}
	}
	observed := reminders.Check(all)
	for _, o := range observed {
		r.nameSubject(o.Subject)
	}
	return r.sync(ctx, reminders.Means, observed, asked, func(f *findings.Finding) findings.How {
		r.nameSubject(f.Subject)
		if all.Gone(f.Rule, f.Subject) {
			return findings.Fine
		}
		return findings.Withdrawn // overtaken by the next, or asked for no longer
	})
}

func (r *remindersRun) unclear(c reminders.Clause, rule, what, why string, whole bool) {
	r.left.Unknown = append(r.left.Unknown, Unknown{Means: reminders.Means, Clause: c.ID, Rule: rule, What: what, Why: why, Whole: whole, Deals: c.Deals})
}

// title is what a reminder is called.
func (r *remindersRun) title(about reminders.Reminder) string {
	title, _, _ := about.Of("", "", r.Env.Policy.Title, r.nextReview())
	return title
}

// nameSubject notes what the reminder of a finding is called.
func (r *remindersRun) nameSubject(subject string) {
	for _, about := range r.in.Reminders {
		if key, ok := strings.CutPrefix(subject, reminders.Subject(about.Name, "")); ok {
			r.left.Names[subject] = r.title(about) + " (" + reminders.PeriodWords(key) + ")"
		}
	}
}
