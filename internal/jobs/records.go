package jobs

import (
	"context"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/census"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
	"esafetybot/internal/school"
)

// RecordsJob takes up what people entered in the records that are lists, and sees what has run out.
const RecordsJob = "records"

// keptMeans lists the policy's records that are lists on the review site, and those that are kept as sent.
func keptMeans(p *policy.Policy) []clauseMeans {
	return meansWhere(p, func(m policy.Means) bool {
		return m.Kind == policy.Record && (policy.Keepers(m.Name) != nil || policy.SentRecord(m.Name))
	})
}

// keeps tells whether a job keeps a finding of its check: findings on entries of the incident log, of the lists, and on who has not read the policy bear the same rule.
func keeps(job string, f *findings.Finding) bool {
	switch job {
	case IncidentsJob:
		return strings.HasPrefix(f.Subject, "entry/")
	case RecordsJob:
		return !strings.HasPrefix(f.Subject, "entry/") && !isRead(f)
	case RemindersJob:
		return strings.HasPrefix(f.Subject, "reminder/") || isRead(f)
	}
	return true
}

// KeptRecords takes up what people entered, and sees what has run out.
func KeptRecords(ctx context.Context, env Env, c *census.Census) (*Look, error) {
	return looked(ctx, env, c, RecordsJob, func(ctx context.Context, l *look) error {
		mem, err := memory.Open(ctx, l.Store, l.Now, l.lease.Commit)
		if err != nil {
			return err
		}
		if err := mem.Flush(ctx); err != nil { // when the program first looked
			return err
		}
		book, err := l.entered(ctx, mem.First)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		in := records.Input{Now: l.Now, Calendar: env.Policy.Calendar, Asks: records.Asks(env.Policy), Entries: book.All()}
		for _, a := range records.Empty(in) {
			kind, _ := records.KindOf(a.Record)
			l.left.Unknown = append(l.left.Unknown, Unknown{
				Means: records.Means, Clause: a.Clause, Rule: records.Overdue, What: "The record “" + kind.Title + "”", Why: "nobody has entered anything yet", Whole: true, Deals: a.Deals,
			})
		}
		asked := map[string]policy.Means{}
		names := map[string]bool{} // clause and record
		for _, m := range keptMeans(env.Policy) {
			asked[m.ID+" "+recordOverdue] = m.Means
			names[m.ID+" "+m.Name] = true
		}
		late, err := l.unsent(ctx, mem.First)
		if err != nil {
			return err
		}
		sent, err := l.monthlySent(ctx, mem.First)
		if err != nil {
			return err
		}
		return l.sync(ctx, records.Means, slices.Concat(records.Check(in), late, sent), asked, func(f *findings.Finding) findings.How {
			if name, ok := strings.CutPrefix(f.Subject, "record/"); ok && policy.SentRecord(name) && names[f.Clause+" "+name] {
				return findings.Fine
			}
			if name, _, ok := records.ParseSubject(f.Subject); !ok || !names[f.Clause+" "+name] {
				return findings.Withdrawn // the clause asks for another record now
			}
			return findings.Fine
		})
	})
}

// entered takes up what people entered, renewed and ended since the school began (first is the first look), and returns what the lists hold now.
func (l *look) entered(ctx context.Context, first time.Time) (*records.Book, error) {
	for {
		book, err := records.Open(ctx, l.Store)
		if err != nil || l.Site == nil {
			return book, err
		}
		tray, err := decisions.Open(ctx, l.Site, l.Store, decisions.Record, decisions.Renew, decisions.EndRecord)
		if err != nil || len(tray.Waiting) == 0 {
			return book, err
		}
		l.needs("users")
		if !l.Directory(ctx) {
			return book, ctx.Err() // who they are is not known: they wait
		}
		kinds, from := l.Kinds(ctx), start(l.Env.Policy, first)
		for _, d := range tray.Waiting {
			refused := notForm // from before the school began
			if !d.At.Before(from) {
				refused = l.enter(kinds, book, d)
			}
			if err := tray.Judge(d, l.Now, refused); err != nil {
				return nil, err
			}
		}
		batch := tray.Batch()
		if err := book.Stage(batch); err != nil {
			return nil, err
		}
		if err := l.lease.Commit(ctx, batch); err != nil {
			return nil, err
		}
	}
}

// enter takes up one decision on a list, or says why it does not count.
func (l *look) enter(kinds *school.Kinds, book *records.Book, d decisions.Decision) string {
	if d.Check() != nil || d.At.After(l.Now.Add(time.Minute)) {
		return notForm
	}
	by, ok := l.decider(kinds, d.By, d.At)
	if !ok {
		return notKnown
	}
	if !records.Keeps(d.Record, by.roles) {
		return notTheirs
	}
	m := records.Mark{ID: d.ID, At: d.At.UTC(), By: by.id}
	if d.Do != decisions.EndRecord {
		var err error
		if m.Until, err = calendar.ParseDate(d.Until); err != nil || !records.Fits(l.Env.Policy.Calendar.Date(d.At), m.Until) {
			return notForm
		}
	}
	switch d.Do {
	case decisions.Record:
		book.Make(d.Record, d.What, d.Where, m)
	case decisions.Renew:
		ok = book.Renew(d.Record, d.Entry, m)
	case decisions.EndRecord:
		ok = book.End(d.Record, d.Entry, m)
	}
	if !ok {
		return notThere
	}
	return ""
}
