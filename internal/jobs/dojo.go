package jobs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/checkins"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// dojoTeachers lists the accounts of who looks at a class on ClassDojo, as members of a class; false where the policy has no such class.
func dojoTeachers(p *policy.Policy, c *census.Census, class string) (members []seen.ClassMember, ok bool) {
	var addresses []string
	if dojo, listed := p.ClassDojo.Class(class); listed {
		addresses = dojo.Teachers
	} else if p.ClassDojo != nil && class == classdojo.School && p.ClassDojo.SchoolStory {
		for _, who := range p.Person(p.DojoRole()) {
			addresses = append(addresses, who.Address)
		}
	} else {
		return nil, false
	}
	for _, address := range addresses {
		a, known := c.Who().Account(address)
		if known && !slices.ContainsFunc(members, func(m seen.ClassMember) bool { return m.ID == a.ID }) {
			members = append(members, seen.ClassMember{ID: a.ID, Teacher: true})
		}
	}
	return members, true
}

// dojoName is what a class on ClassDojo is called.
func dojoName(p *policy.Policy, class string) string {
	if c, ok := p.ClassDojo.Class(class); ok {
		return c.Name
	}
	return checkins.SchoolStory
}

// dojoClasses lists the ids of the classes on ClassDojo, the School Story included.
func dojoClasses(p *policy.Policy) []string {
	if p.ClassDojo == nil {
		return nil
	}
	var out []string
	for _, c := range p.ClassDojo.Classes {
		out = append(out, c.ID)
	}
	if p.ClassDojo.SchoolStory {
		out = append(out, classdojo.School)
	}
	return out
}

// dojoBook joins what is known of each class on ClassDojo.
func dojoBook(p *policy.Policy, c *census.Census, b *moderation.Book) []comments.Class {
	var out []comments.Class
	for _, class := range dojoClasses(p) {
		members, _ := dojoTeachers(p, c, class)
		out = append(out, comments.Class{ID: moderation.Dojo(class), Place: policy.PlaceClassDojo, Members: members, Book: b.Class(moderation.Dojo(class))})
	}
	return out
}

// dojoAsks lists what is asked about ClassDojo.
func (r *commentsRun) dojoAsks() []comments.Ask {
	return asksAt(r.Env.Policy, policy.PlaceClassDojo, map[string]policy.Means{})
}

// hear takes up what was told of ClassDojo, and what people said of when they looked there; nothing where no clause asks.
func (r *commentsRun) hear(ctx context.Context) error {
	asks := r.dojoAsks()
	for _, course := range r.book.Courses() {
		if class, ok := moderation.ParseDojo(course); ok && (len(asks) == 0 || !slices.Contains(dojoClasses(r.Env.Policy), class)) {
			r.book.Forget(course)
		}
	}
	if len(asks) == 0 {
		return nil
	}
	for _, class := range dojoClasses(r.Env.Policy) {
		r.book.Class(moderation.Dojo(class)).Name = dojoName(r.Env.Policy, class)
	}
	if err := r.hearDojo(ctx, asks); err != nil {
		return err
	}
	return r.dojoAnswers(ctx)
}

// hearDojo takes up what the relay, the mailbox and lists told, and says of what nothing was heard.
func (r *commentsRun) hearDojo(ctx context.Context, asks []comments.Ask) error {
	start := r.start()
	if oldest := r.Now.AddDate(0, 0, -remembered); oldest.After(start) {
		start = oldest // what was looked at is forgotten by then, and would come back
	}
	unlisted := 0
	var newest time.Time // that the relay took
	hear := func(e classdojo.Event) {
		if e.At.Before(start) || e.At.After(r.Now) || !e.Kind.Public() {
			return
		}
		if !slices.Contains(dojoClasses(r.Env.Policy), e.Class) {
			unlisted++
			return
		}
		r.book.Class(moderation.Dojo(e.Class)).Hear(e)
	}
	for _, left := range []store.Store{r.Site, r.Hints} { // the site's own relay leaves it with what people decided
		if left == nil {
			continue
		}
		for e, err := range (classdojo.Relayed{Store: left}).Events(ctx) {
			if err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				r.Env.Log.Warn("what the ClassDojo relay left was not used", "error", err)
				continue
			}
			if e.At.After(newest) && !e.At.After(r.Now) {
				newest = e.At
			}
			hear(e)
		}
		if _, err := classdojo.Clear(ctx, left, r.Now); err != nil {
			return err
		}
	}
	tally, err := r.readDojoMail(ctx)
	if err != nil {
		return err
	}
	for e, err := range classdojo.WasTold(ctx, r.Store, "", start) {
		if err != nil {
			return err
		}
		hear(e)
	}
	if _, err := classdojo.Forget(ctx, r.Store, r.lease.Commit, r.Now); err != nil {
		return err
	}
	for _, u := range r.dojoUnheard(newest, unlisted, tally) {
		for _, a := range asks {
			if slices.Contains(a.Rules, comments.Unreviewed) {
				u.Means, u.Clause, u.Rule = comments.Means, a.Clause, comments.Unreviewed
				r.left.Unknown = append(r.left.Unknown, u)
			}
		}
	}
	return nil
}

// silentFor is after how many school days without a word of the relay it is said that it may have stopped.
const silentFor = 10

// dojoUnheard says of what nothing is heard, and why. That nothing was heard is never all well.
func (r *commentsRun) dojoUnheard(newest time.Time, unlisted int, tally string) []Unknown {
	d := r.Env.Policy.ClassDojo
	var out []Unknown
	say := func(count int, what, why string) {
		out = append(out, Unknown{What: what, Why: why, Count: count, Whole: count == 0})
	}
	if !d.Relay && d.Mailbox == "" {
		say(0, "what is new on ClassDojo", "neither a forwarder nor a mailbox tells of it, so only what somebody writes into a list is heard")
	}
	if d.Relay {
		since := newest
		if since.IsZero() {
			since = r.memory.First
		}
		quiet := 0
		today := r.in.Calendar.Date(r.Now)
		for day := r.in.Calendar.Date(since).AddDays(1); !day.After(today) && quiet <= silentFor; day = day.AddDays(1) {
			if r.in.Calendar.IsSchoolDay(day) {
				quiet++
			}
		}
		switch {
		case r.Site == nil && r.Hints == nil:
			say(0, "what is new on ClassDojo", "the forwarder's mails are taken by the review site or the receivers, and there are none")
		case quiet > silentFor:
			say(0, "what is new on ClassDojo", fmt.Sprintf("the forwarder has told nothing for more than %d school days: it may have stopped", silentFor))
		}
	}
	if tally != "" {
		say(1, "what some of ClassDojo's mails are about", tally)
	}
	if unlisted > 0 {
		say(unlisted, "classes on ClassDojo that the policy does not list", fmt.Sprintf("%d things were told of classes that are not under “classdojo” in the policy", unlisted))
	}
	return out
}

// dojoAnswers takes what people said of when they looked as a look, also what the job that keeps answers has not taken up yet: it comes after this one.
func (r *commentsRun) dojoAnswers(ctx context.Context) error {
	book, err := checkins.Open(ctx, r.Store)
	if err != nil {
		return err
	}
	if r.Site != nil {
		tray, err := decisions.Open(ctx, r.Site, r.Store, decisions.Answer)
		if err != nil {
			return err
		}
		for _, d := range tray.Waiting {
			_ = r.answer(r.in.Kinds, book, d) // judged again, and noted, by the job of the check-ins
		}
	}
	for name, answers := range book.All() {
		class, ok := classdojo.ParseCheckIn(name)
		if !ok || !slices.Contains(dojoClasses(r.Env.Policy), class) {
			continue
		}
		for _, a := range answers {
			if a.Dojo == nil {
				continue
			}
			said := *a.Dojo
			said.At, said.By = a.At, a.By
			for e, err := range (classdojo.Answered{Calendar: r.Env.Policy.Calendar, Answers: []classdojo.Answer{said}}).Events(ctx) {
				if err != nil {
					continue // it was checked when it was taken up
				}
				p := r.book.Class(moderation.Dojo(class)).Post(moderation.DojoPost)
				p.AddReview(moderation.Review{ID: a.ID, At: a.At, By: a.By, Saw: e.At, Of: moderation.ReviewAnswer})
			}
		}
	}
	return nil
}

// judgeDojo takes up that somebody looked through a class on ClassDojo, or says why it does not count.
func (r *commentsRun) judgeDojo(d decisions.Decision, by decider, class string) string {
	if !slices.Contains(dojoClasses(r.Env.Policy), class) {
		return notThere
	}
	b := r.book.Class(moderation.Dojo(class))
	if d.Do != decisions.Reviewed || b.Posts[moderation.DojoPost] == nil {
		return notThere
	}
	members, _ := dojoTeachers(r.Env.Policy, r.Census, class)
	teaches := slices.ContainsFunc(members, func(m seen.ClassMember) bool { return m.ID == by.id })
	leads := by.plays(policy.RoleOfficer, policy.RoleDeputy, policy.RoleHead)
	if class == classdojo.School {
		leads = leads || by.plays(r.Env.Policy.DojoRole()) // with an address outside too
	}
	if !teaches && !leads {
		return notTheirs
	}
	b.Post(moderation.DojoPost).AddReview(moderation.Review{ID: d.ID, At: d.At.UTC(), By: by.id, Saw: d.Saw.UTC()})
	return ""
}

// dojoEvidence says what is known about the subject of a finding on ClassDojo that the check no longer yields.
func (r *commentsRun) dojoEvidence(f *findings.Finding, class string) findings.How {
	if !slices.Contains(dojoClasses(r.Env.Policy), class) || !slices.ContainsFunc(r.dojoAsks(), func(a comments.Ask) bool { return a.Clause == f.Clause && slices.Contains(a.Rules, ruleOf(f)) }) {
		return findings.Withdrawn
	}
	return findings.Fine
}

// asksAt turns the means of the policy that look at a place into what the check is asked, and notes them by clause and rule.
func asksAt(p *policy.Policy, place string, asked map[string]policy.Means) []comments.Ask {
	var out []comments.Ask
	to := string(policy.RoleOfficer)
	if len(p.Person(policy.RoleOfficer)) == 0 {
		to = string(policy.RoleHead)
	}
	for _, m := range means(p, CommentsJob) {
		w, ok := m.With.(*policy.CommentsWith)
		if !ok || !w.At(place) {
			continue
		}
		out = append(out, comments.Ask{
			Clause: m.ID, Severity: m.Severity, Deals: string(m.DealsWithIt), PassedTo: to, Rules: w.Rules, Replies: w.Replies, Staff: w.Staff, Due: m.Due, Place: place,
		})
		for _, rule := range w.Rules {
			asked[m.ID+" "+comments.Means+"."+rule] = m.Means
		}
	}
	return out
}
