package incidents

import (
	"context"
	"slices"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// Of makes the log of a school from its policy: calendar, who plays which role, deadlines, the school's words and telephone numbers. The function
// id is as in [RosterOf]. Nothing is written until [Log].Commit is set; [Dry] has everything judged and nothing written.
func Of(p *policy.Policy, s store.Store, id func(address string) string, now func() time.Time) *Log {
	return &Log{
		Store: s, Commit: Dry, Now: now, Calendar: p.Calendar, Roster: RosterOf(p.People, id), Dues: Dues(p), Title: p.Title, Takers: takersOf(p), Keep: p.Retention[policy.KeepIncidents],
		Numbers: Numbers{LADO: p.Numbers.LADO, Children: p.Numbers.MASH, Police: p.Numbers.Police, Council: p.Numbers.Council, DPO: p.Numbers.DataProtection},
	}
}

// Dry writes nothing. As [Log].Commit it has everything judged: a page learns whether something would be taken before it sends it to the worker.
func Dry(context.Context, *store.Batch) error { return nil }

// Used tells whether a policy asks for anything that the log serves: without it nobody is offered a form.
func Used(p *policy.Policy) bool {
	return slices.ContainsFunc(p.Clauses, func(c policy.Clause) bool {
		return slices.ContainsFunc(c.MetBy, func(m policy.Means) bool { return m.Kind == policy.Record && Serves(m.Name) })
	})
}

// Serves tells whether entries of some kind are what a record means of the policy asks for.
func Serves(record string) bool {
	return slices.ContainsFunc(kinds, func(i Info) bool { return i.Record == record })
}

// HasOpened tells whether it is recorded that somebody read an entry since it goes to those to whom it goes now.
func (l *Log) HasOpened(reader By, e *Entry) bool {
	return slices.ContainsFunc(e.Opened, func(m Mark) bool { return m.same(reader.who()) })
}

// ConcernsStaff tells whether an entry is about anybody who plays a role at the school. What others are shown of such an entry, if only that there is one, might reach them.
func (l *Log) ConcernsStaff(e *Entry) bool {
	return len(e.Roles) > 0 || slices.ContainsFunc(l.around(e, Who{}).parties, func(p *party) bool { return p.concerned && len(p.Roles) > 0 })
}

// Governs tells whether somebody is among those for whom [Log.Totals] are.
func (l *Log) Governs(by By) bool { return l.governs(by) }
