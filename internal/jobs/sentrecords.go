package jobs

import (
	"context"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
	"esafetybot/internal/store"
)

// sentNames says what each record of this sort consists of.
var sentNames = map[string]string{policy.RecordAudit: "The weekly e-mail", policy.RecordChanges: "The monthly list to the headteacher"}

// auditWithin is within how many school days a weekly e-mail is sent, or the record is overdue.
const auditWithin = 10

// unsent judges the records that consist of what the program sends: what is overdue, and, as unknown, what was not to be sent yet.
func (l *look) unsent(ctx context.Context, first time.Time) ([]findings.Observed, error) {
	var out []findings.Observed
	for _, m := range keptMeans(l.Env.Policy) {
		if m.Name != policy.RecordAudit {
			continue
		}
		sent, err := lastSent(ctx, l.Store, weeklyKind, l.Now)
		if err != nil {
			return nil, err
		}
		since, never := sent, sent.IsZero()
		if never {
			since = first
		}
		cal := l.Env.Policy.Calendar
		n, err := cal.SchoolDays(cal.Date(since), cal.Date(l.Now))
		switch {
		case err == nil && n >= auditWithin:
			out = append(out, findings.Observed{
				Clause: m.ID, Rule: recordOverdue, Subject: "record/" + policy.RecordAudit, Severity: m.Severity, Deals: string(m.DealsWithIt), Facts: []string{"since " + cal.Date(since).String()},
			})
		case never:
			l.left.Unknown = append(l.left.Unknown, Unknown{
				Means: records.Means, Clause: m.ID, Rule: records.Overdue, What: "The weekly e-mail on how every clause stands", Why: "none has been sent yet", Whole: true, Deals: string(m.DealsWithIt),
			})
		case err != nil:
			l.left.Unknown = append(l.left.Unknown, Unknown{
				Means: records.Means, Clause: m.ID, Rule: records.Overdue, What: "Whether the weekly e-mail is sent in time", Why: "the policy file has no term dates for these days", Whole: true, Deals: string(m.DealsWithIt),
			})
		}
	}
	return out, nil
}

// lastSent is when a message of a kind was sent last; zero if none was within the longest holiday and ten school weeks.
func lastSent(ctx context.Context, s store.Store, kind string, now time.Time) (sent time.Time, err error) {
	for e, err := range outbox.Reader(s).All(ctx, now.AddDate(0, 0, -140)) {
		if err != nil {
			return sent, err
		}
		if e.Kind == kind && e.State == outbox.Sent && e.Ended.After(sent) {
			sent = e.Ended
		}
	}
	return sent, nil
}
