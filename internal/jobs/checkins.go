package jobs

import (
	"context"
	"slices"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/checkins"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
	"esafetybot/internal/reminders"
	"esafetybot/internal/school"
)

// CheckInsJob takes up what people answered, and sees who has not.
const CheckInsJob = "checkins"

// checkOf is the check whose findings a job keeps.
func checkOf(job string) string {
	switch job {
	case CheckInsJob:
		return checkins.Means
	case IncidentsJob, RecordsJob:
		return records.Means
	case RemindersJob:
		return reminders.Means
	}
	return job
}

// Checks lists the checks whose findings are kept, each once, by the jobs' order.
func Checks() []string {
	var out []string
	for _, job := range Looking {
		if check := checkOf(job); !slices.Contains(out, check) {
			out = append(out, check)
		}
	}
	return out
}

// checkInMeans lists the policy's check-ins that are asked.
func checkInMeans(p *policy.Policy) []clauseMeans {
	return meansWhere(p, func(m policy.Means) bool { return m.Kind == policy.CheckIn && m.Built() })
}

// CheckIns takes up what people answered, and sees who has not.
func CheckIns(ctx context.Context, env Env, c *census.Census) (*Look, error) {
	return looked(ctx, env, c, CheckInsJob, func(ctx context.Context, l *look) error {
		mem, err := memory.Open(ctx, l.Store, l.Now, l.lease.Commit)
		if err != nil {
			return err
		}
		in, book, err := checkins.Read(ctx, l.Store, env.Policy, env.Policy.Calendar, l.Now, mem.First)
		if err != nil {
			return err
		}
		if err := l.answers(ctx, book); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		here := map[string]bool{}
		for _, s := range in.States() {
			here[checkins.Subject(s.Name)] = s.Spot == nil || !s.Asked.IsZero()
			l.left.Names[checkins.Subject(s.Name)] = s.About().Title
		}
		asked := map[string]policy.Means{}
		for _, m := range checkInMeans(env.Policy) {
			for _, rule := range checkins.Rules {
				asked[m.ID+" "+checkins.Means+"."+rule] = m.Means
			}
		}
		if err := l.sync(ctx, checkins.Means, checkins.Check(in), asked, func(f *findings.Finding) findings.How {
			if !here[f.Subject] {
				return findings.Withdrawn // a class that is no longer in the policy, or not drawn any more
			}
			return findings.Fine
		}); err != nil {
			return err
		}
		return mem.Flush(ctx)
	})
}

// answers takes up what people answered.
func (l *look) answers(ctx context.Context, book *checkins.Book) error {
	if l.Site == nil {
		return nil
	}
	tray, err := decisions.Open(ctx, l.Site, l.Store, decisions.Answer)
	if err != nil || len(tray.Waiting) == 0 {
		return err
	}
	l.needs("users")
	if !l.Directory(ctx) {
		return ctx.Err() // who they are is not known: they wait
	}
	kinds := l.Kinds(ctx)
	for _, d := range tray.Waiting {
		if err := tray.Judge(d, l.Now, l.answer(kinds, book, d)); err != nil {
			return err
		}
	}
	batch := tray.Batch()
	if err := book.Stage(batch); err != nil {
		return err
	}
	return l.lease.Commit(ctx, batch)
}

// answer takes up one answer, or says why it does not count.
func (l *look) answer(kinds *school.Kinds, book *checkins.Book, d decisions.Decision) string {
	if d.Check() != nil || d.At.After(l.Now.Add(time.Minute)) {
		return notForm
	}
	by, ok := l.decider(kinds, d.By, d.At)
	if !ok {
		return notKnown
	}
	refused := notThere
	for _, a := range checkins.Asks(l.Env.Policy) {
		if a.Name != d.CheckIn {
			continue
		}
		theirs := func(address string) bool {
			who, known := l.Who().Account(address)
			return known && by.acc != nil && who.ID == by.id
		}
		if !a.AskedOf(func(r policy.Role) bool { return by.plays(r) }, theirs) && !by.plays(policy.RoleOfficer, policy.RoleDeputy, policy.RoleHead) {
			refused = notTheirs
			continue
		}
		given, why := l.given(a, by, d)
		if why != "" {
			refused = why // unless it is asked by another clause too, whose period has other classes drawn
			continue
		}
		book.Add(d.CheckIn, given)
		return ""
	}
	return refused
}

// given is the answer that a decision holds, or why it is none.
func (l *look) given(a checkins.Ask, by decider, d decisions.Decision) (given checkins.Answer, refused string) {
	given = checkins.Answer{ID: d.ID, At: d.At.UTC(), By: by.id, Answer: d.Answer, Taken: l.Now.UTC()}
	cal := l.Env.Policy.Calendar
	day := cal.Date(d.At)
	switch {
	case a.Spot != nil:
		if period, ok := checkins.Period(cal, a.Every, day); !ok || !a.Spot.Holds(period, a.Dojo) {
			return given, notThere
		}
	case a.Dojo != "":
		said, err := classdojo.AnswerOf(a.Dojo, d.Said)
		said.At, said.By = given.At, given.By
		if err != nil || d.Answer != "" || said.Check(day) != nil {
			return given, notForm
		}
		given.Dojo = &said
		return given, ""
	}
	if d.Answer == "" {
		return given, notForm
	}
	return given, ""
}
