package jobs

import (
	"context"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/checkins"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/school"
)

// CheckInsJob takes up what people answered, and sees who has not.
const CheckInsJob = "checkins"

// checkOf is the check whose findings a job keeps.
func checkOf(job string) string {
	switch job {
	case CheckInsJob:
		return checkins.Means
	case IncidentsJob:
		return recordMeans
	}
	return job
}

// Checks lists the checks whose findings are kept, by the jobs' order.
func Checks() []string {
	var out []string
	for _, job := range Looking {
		out = append(out, checkOf(job))
	}
	return out
}

// checkInMeans lists the policy's check-ins that are asked of one person for the whole school.
func checkInMeans(p *policy.Policy) []clauseMeans {
	var out []clauseMeans
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			if m.Kind == policy.CheckIn && m.Built() {
				out = append(out, clauseMeans{c, m})
			}
		}
	}
	return out
}

// CheckIns takes up what people answered, and sees who has not.
func CheckIns(ctx context.Context, env Env, c *census.Census) (*Look, error) {
	return looked(ctx, env, c, CheckInsJob, func(ctx context.Context, l *look) error {
		mem, err := memory.Open(ctx, l.Store, l.Now, l.lease.Commit)
		if err != nil {
			return err
		}
		book, err := checkins.Open(ctx, l.Store)
		if err != nil {
			return err
		}
		if err := l.answers(ctx, book); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		in := checkins.Input{Now: l.Now, FirstLook: mem.First, Calendar: env.Policy.Calendar, Asks: checkins.Asks(env.Policy), Answers: book.All()}
		asked := map[string]policy.Means{}
		for _, m := range checkInMeans(env.Policy) {
			for _, rule := range []string{checkins.Overdue, checkins.AnsweredNo, checkins.NotSure} {
				asked[m.ID+" "+checkins.Means+"."+rule] = m.Means
			}
		}
		if err := l.sync(ctx, checkins.Means, checkins.Check(in), asked, func(*findings.Finding) findings.How { return findings.Fine }); err != nil {
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
	batch, err := tray.Batch()
	if err != nil {
		return err
	}
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
	asked := false
	for _, m := range checkInMeans(l.Env.Policy) {
		if m.Name != d.CheckIn {
			continue
		}
		asked = true
		if by.plays(m.Ask, policy.RoleOfficer, policy.RoleDeputy, policy.RoleHead) {
			book.Add(d.CheckIn, checkins.Answer{ID: d.ID, At: d.At.UTC(), By: by.id, Answer: d.Answer})
			return ""
		}
	}
	if !asked {
		return notThere
	}
	return notTheirs
}
