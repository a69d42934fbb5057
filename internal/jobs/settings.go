package jobs

import (
	"context"
	"strings"

	"esafetybot/internal/census"
	settingscheck "esafetybot/internal/checks/settings"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/settings"
)

// Settings looks whether settings of the Google account are as the policy wants them.
func Settings(ctx context.Context, env Env, c *census.Census) (*Look, error) {
	return looked(ctx, env, c, SettingsJob, func(ctx context.Context, l *look) error {
		l.needs("users", "units")
		if !l.Directory(ctx) {
			return ctx.Err()
		}
		in := settingscheck.Input{Who: l.Who(), Kinds: l.Kinds(ctx), Units: l.Units(ctx)}
		asked := map[string]policy.Means{}
		var groups []string
		for _, m := range means(env.Policy, SettingsJob) {
			w, ok := m.With.(*policy.SettingsWith)
			if !ok {
				continue
			}
			ask := settingscheck.Ask{
				Clause: m.ID, Severity: m.Severity, Deals: string(m.DealsWithIt), Units: w.Units, Baseline: w.Baseline, Except: school.Except(w.Except),
			}
			for _, want := range w.Want {
				ask.Want = append(ask.Want, settings.Want{Setting: want.Setting, Field: want.Field, Values: want.Values, AtLeast: want.AtLeast})
			}
			in.Asks = append(in.Asks, ask)
			groups = append(groups, w.Except.Groups...)
			asked[m.ID+" "+settingscheck.Means+"."+settingscheck.Differs] = m.Means
		}
		l.GroupsByAddress(ctx, groups)
		l.needs("settings", "licenses", "groups", "members")
		in.Policies, in.Licenses = l.effective(ctx, settingscheck.Types(in.Asks))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, u := range l.Units(ctx) {
			l.left.Names["unit/"+u.ID] = u.Path
		}
		res := settingscheck.Check(in)
		for _, u := range res.Unknown {
			what := "Settings of the Google account"
			if u.Setting != "" {
				what = settings.Words(u.Setting, u.Field)
			}
			l.left.Unknown = append(l.left.Unknown, Unknown{
				Means: settingscheck.Means, Clause: u.Clause, Rule: u.Rule, Count: u.Count, Since: u.Since, Why: u.Why, What: strings.ToUpper(what[:1]) + what[1:],
			})
		}
		for subject, about := range res.About {
			l.left.Said[subject] = []string{"the policy asks for " + strings.Join(about.Want, " and ")}
		}
		return l.sync(ctx, settingscheck.Means, res.Observed, asked, func(f *findings.Finding) findings.How {
			if !res.Sees(f.Clause, f.Subject) {
				return ""
			}
			return findings.Fine
		})
	})
}
