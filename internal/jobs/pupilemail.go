package jobs

import (
	"context"
	"fmt"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/pupilemail"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/settings"
)

// PupilEmail looks whether pupils can have e-mail who should not.
func PupilEmail(ctx context.Context, env Env, c *census.Census) (*Look, error) {
	return looked(ctx, env, c, PupilEmailJob, func(ctx context.Context, l *look) error {
		l.needs("users", "units")
		if !l.Directory(ctx) {
			return ctx.Err()
		}
		in := pupilemail.Input{Today: env.Policy.Calendar.Date(l.Now), Zone: env.Policy.School.Location, Who: l.Who(), Kinds: l.Kinds(ctx)}
		asked := map[string]policy.Means{}
		var groups []string
		for _, m := range means(env.Policy, PupilEmailJob) {
			w, ok := m.With.(*policy.PupilEmailWith)
			if !ok {
				continue
			}
			in.Asks = append(in.Asks, pupilemail.Ask{
				Clause: m.ID, Severity: m.Severity, Deals: string(m.DealsWithIt), Mode: w.Mode, Except: school.Except(w.Except), Approved: school.Except(w.Approved),
			})
			groups = append(append(groups, w.Except.Groups...), w.Approved.Groups...)
			for _, r := range pupilemail.Rules {
				asked[m.ID+" "+pupilemail.Means+"."+r] = m.Means
			}
		}
		l.GroupsByAddress(ctx, groups)
		in.Policies, in.Licenses = l.effective(ctx, []string{settings.GmailService})
		l.needs("settings", "licenses", "groups", "members", "log/admin", "usage")
		in.Log, in.LogKnown = l.changes(ctx)
		in.Usage = func(line func(string, seen.Usage)) bool {
			return l.Usage(ctx, pupilemail.Parameters, func() bool { return true }, line)
		}
		res := pupilemail.Check(in)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, u := range res.Unknown {
			l.left.Unknown = append(l.left.Unknown, Unknown{
				Means: pupilemail.Means, Clause: u.Clause, Rule: u.Rule, Count: u.Count, Since: u.Since, Why: u.Why,
				What: "Whether " + quantity.Of(u.Count, "pupil", "pupils") + " " + mailWords[u.Rule],
			})
		}
		for _, u := range l.Units(ctx) {
			l.left.Names["unit/"+u.ID] = u.Path
		}
		for subject, said := range res.Said {
			if !said.Agree() {
				l.left.Said[subject] = []string{saidWords(said)}
			}
		}
		return l.sync(ctx, pupilemail.Means, res.Observed, asked, func(f *findings.Finding) findings.How {
			how := l.aboutUser(f, res.Sees(f.Clause, ruleOf(f)))
			if how == findings.Fine && ruleOf(f) == pupilemail.Used && !res.Reported(idOf(f)) {
				return unreported(f, res.Changed(idOf(f)), l.Now)
			}
			return how
		})
	})
}

// unreported is what it means that no report counts of an account of which use was found. After a change the reports lag: what was used before is put right once a later one says so. A report of after
// a change within the last week would count still: so what was opened since then rests on reports of before the change, of which the log told too late.
func unreported(f *findings.Finding, changed, now time.Time) findings.How {
	if changed.After(now.AddDate(0, 0, -census.UsageDays)) && f.Opened.After(changed) {
		return findings.Withdrawn
	}
	return ""
}

// mailWords ends "Whether 3 pupils …".
var mailWords = map[string]string{
	pupilemail.On: "have e-mail by the settings of their unit", pupilemail.AccessGroup: "have e-mail through a group", pupilemail.Used: "use e-mail",
}

// saidWords tells which source says what, where they do not agree.
func saidWords(s pupilemail.Said) string {
	report := "no usage report"
	if s.Report != pupilemail.NotKnown {
		report = "the usage report of " + s.Date + " says " + s.Report.String()
	}
	return fmt.Sprintf("sources differ: the settings say %s, %s; %d sent, %d received", s.Settings, report, s.Sent, s.Received)
}

// aboutUser is the evidence about a finding whose subject is an account: seen tells whether it could be judged.
func (l *look) aboutUser(f *findings.Finding, seen bool) findings.How {
	if _, there := l.People()[idOf(f)]; !there {
		return findings.AccountGone
	}
	if !seen {
		return ""
	}
	return findings.Fine
}

// effective reads the policies of some setting types, and the licences if any depends on them. nil: could not be read.
func (l *look) effective(ctx context.Context, types []string) (policies *settings.Policies, licenses map[string][]string) {
	all, ok := l.Settings(ctx, types)
	if !ok || l.Missed("units") {
		return nil, nil // without the units nobody knows for whom a policy is
	}
	policies = settings.New(all, l.Units(ctx))
	for _, t := range types {
		if policies.NeedsLicenses(t) {
			licenses, _ = l.Licenses(ctx)
			break
		}
	}
	return policies, licenses
}

// changes reads the events of the admin log after which it may be otherwise who has e-mail.
func (l *look) changes(ctx context.Context) (events []seen.Event, known bool) {
	known = true
	for _, name := range pupilemail.LogEvents {
		got, ok := l.Recent(ctx, "admin", name, l.Now.Add(-changesFor))
		events, known = append(events, got...), known && ok
	}
	return events, known
}

// changesFor is how far back a change still decides which usage reports count.
const changesFor = (census.UsageDays + 2) * 24 * time.Hour
