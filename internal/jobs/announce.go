package jobs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/reminders"
	"esafetybot/internal/seen"
)

// announce posts in Classroom what is not posted yet of what may still go out, class by class. What cannot be posted in one class does not keep the others from it.
func (r *remindersRun) announce(ctx context.Context) error {
	for _, about := range r.in.Reminders {
		if about.With.Through != policy.ThroughClassroom {
			continue
		}
		outs := r.book.Outs()[about.Name]
		for _, key := range slices.Sorted(maps.Keys(outs)) {
			out := outs[key]
			if len(out.Posts) == 0 || !r.in.Goes(out) {
				continue
			}
			for _, course := range slices.Sorted(maps.Keys(out.Posts)) {
				if out.Posts[course].Done() {
					continue
				}
				if err := r.post(ctx, about, out.Name, out.Key, course); err != nil {
					return err
				}
			}
			r.told(about, key)
		}
	}
	return nil
}

// post posts one announcement in one class as far as it goes. An error is the state's, or the end of ctx.
func (r *remindersRun) post(ctx context.Context, about reminders.Reminder, name, key, course string) error {
	out, _ := r.book.Out(name, key)
	if _, known := r.classes(ctx, nil); !known {
		return ctx.Err()
	}
	keep := func(ctx context.Context, p reminders.Post) error {
		out, _ := r.book.Out(name, key)
		out.Posts = maps.Clone(out.Posts)
		out.Posts[course] = p
		r.book.Set(out)
		return r.save(ctx)
	}
	p := out.Posts[course]
	if r.Classroom == nil || p.Intended.IsZero() && !r.hours(out) {
		return nil
	}
	who, publish, problem := r.author(about, course, p)
	if problem != "" {
		p.Tried, p.Problem = r.Now.UTC(), problem
		return keep(ctx, p)
	}
	_, text, _ := about.Of(out.Block, out.Term, r.Env.Policy.Title, r.nextReview())
	n := reminders.Notice{Course: course, Text: text, Links: about.With.Links, Teacher: who.ID, As: who.Address, Publish: publish}
	var failed error // of the state: nothing goes on after it
	_, err := reminders.Announce(ctx, r.Classroom, r.Now, n, p, func(ctx context.Context, p reminders.Post) error {
		failed = keep(ctx, p)
		return failed
	})
	if failed != nil {
		return failed
	}
	if err != nil && ctx.Err() == nil {
		r.Env.Log.Warn("an announcement could not be posted", "reminder", name, "course", course, "error", err)
	}
	return ctx.Err()
}

// hours tells whether something new may be posted now: on a school day, from the reminder's hour until five.
func (r *remindersRun) hours(out reminders.Out) bool {
	cal := r.Env.Policy.Calendar
	today := cal.Date(r.Now)
	return cal.IsSchoolDay(today) && r.in.Ripe(out.At) && r.Now.Before(today.At(reminders.EndHour, 0, r.Env.Policy.School.Location))
}

// author is as whom an announcement is posted in a class, and whether it is published; a problem where there is nobody.
func (r *remindersRun) author(about reminders.Reminder, course string, p reminders.Post) (who *seen.Account, publish bool, problem string) {
	teachers := r.teachersOf(course)
	if about.With.As == policy.AsPoster {
		poster, known := r.Who().Account(about.With.Poster)
		if !known || !slices.ContainsFunc(teachers, func(a *seen.Account) bool { return a.ID == poster.ID }) {
			return nil, false, reminders.ProblemNoPoster
		}
		return poster, true, ""
	}
	if len(teachers) == 0 {
		return nil, false, reminders.ProblemNoTeacher
	}
	agreed := func(a *seen.Account) bool {
		return slices.ContainsFunc(about.With.Agreed, func(x string) bool {
			b, known := r.Who().Account(x)
			return known && b.ID == a.ID
		})
	}
	if i := slices.IndexFunc(teachers, func(a *seen.Account) bool { return a.ID == p.By }); i >= 0 && !p.Intended.IsZero() {
		return teachers[i], p.Publish, "" // as it was begun
	}
	if i := slices.IndexFunc(teachers, agreed); about.With.As == policy.AsTeacher && i >= 0 {
		return teachers[i], true, ""
	}
	return teachers[0], false, ""
}

// reminderFact says what a fact of a reminder means.
func (g *gatherer) reminderFact(fact string) string {
	switch fact {
	case "nobody":
		return "it reached nobody"
	case "some":
		return "it did not reach everybody"
	case "not-done":
		return "answered: not done"
	}
	if course, ok := strings.CutPrefix(fact, "class/"); ok {
		return "not posted in " + g.names.Add(g.name("course/"+course, "a class"))
	}
	return "" // the period is in its name
}

// problemWords says why an announcement could not be posted.
var problemWords = map[string]string{
	reminders.ProblemNoTeacher: "the class has no active teacher",
	reminders.ProblemNoPoster:  "the account that posts is no active teacher of the class: add it as a co-teacher",
	reminders.ProblemRefused:   "Google refused it, or did not answer; it is tried again on the next school day",
}

// told says of what was let out in which classes it could not be posted, one line a reason.
func (r *remindersRun) told(about reminders.Reminder, key string) {
	out, _ := r.book.Out(about.Name, key)
	counts := map[string]int{}
	for _, p := range out.Posts {
		if !p.Done() {
			why := problemWords[p.Problem]
			if r.Classroom == nil {
				why = "the program was not given the permission to post in Classroom"
			}
			counts[cmp.Or(why, "it is being posted")]++
		}
	}
	for _, why := range slices.Sorted(maps.Keys(counts)) {
		for _, c := range about.Clauses {
			r.left.Unknown = append(r.left.Unknown, Unknown{
				Means: reminders.Means, Clause: c.ID, Rule: reminders.Missed, Deals: c.Deals, Count: counts[why],
				What: "The reminder “" + r.title(about) + "” in " + quantity.Of(counts[why], "class", "classes"), Why: strings.TrimSpace(why),
			})
		}
	}
}
