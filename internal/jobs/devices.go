package jobs

import (
	"context"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/devices"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/seen"
)

// Devices looks at phones, tablets and Chromebooks.
func Devices(ctx context.Context, env Env, c *census.Census) (*Look, error) {
	return looked(ctx, env, c, DevicesJob, func(ctx context.Context, l *look) error {
		l.needs("users")
		if !l.Directory(ctx) {
			return ctx.Err()
		}
		in := devices.Input{Now: l.Now, Calendar: env.Policy.Calendar, Who: l.Who(), Blind: map[string]bool{}}
		asked := map[string]policy.Means{}
		var rules []string
		for _, m := range means(env.Policy, DevicesJob) {
			w, ok := m.With.(*policy.DevicesWith)
			if !ok {
				continue
			}
			in.Asks = append(in.Asks, devices.Ask{Clause: m.ID, Severity: m.Severity, Deals: string(m.DealsWithIt), Rules: w.Rules, SyncedWithinDays: w.SyncedWithinDays})
			rules = append(rules, w.Rules...)
			for _, r := range w.Rules {
				asked[m.ID+" "+devices.Means+"."+r] = m.Means
			}
		}
		chrome := slices.Contains(rules, devices.UpdateExpired) || slices.Contains(rules, devices.DeveloperMode)
		mobile := slices.Contains(rules, devices.Unencrypted) || slices.Contains(rules, devices.NoPasscode)
		l.needs("chromebooks", "mobiles")
		list := l.Devices(ctx, chrome, mobile)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		in.Blind[devices.UpdateExpired], in.Blind[devices.DeveloperMode] = l.Missed("chromebooks"), l.Missed("chromebooks")
		in.Blind[devices.Unencrypted], in.Blind[devices.NoPasscode] = l.Missed("mobiles"), l.Missed("mobiles")
		here := map[string]seen.Device{}
		for _, d := range list {
			here[d.Kind+"/"+d.ID] = d
			l.left.Names[d.Kind+"/"+d.ID] = deviceName(d)
		}
		if slices.ContainsFunc(list, in.Shared) {
			l.more = append(l.more, seen.Gap{Scope: "chromebooks", Reason: seen.Shared})
		}
		in.Devices = slices.Values(list)
		res := devices.Check(in)
		for _, u := range res.Unknown {
			l.left.Unknown = append(l.left.Unknown, Unknown{
				Means: devices.Means, Clause: u.Clause, Rule: u.Rule, Count: u.Count, What: "Whether " + quantity.Of(u.Count, "device is", "devices are") + " " + deviceWords[u.Rule],
				Why: "they do not say; a phone tells it only where it is managed",
			})
		}
		return l.sync(ctx, devices.Means, res.Observed, asked, func(f *findings.Finding) findings.How {
			d, there := here[f.Subject]
			switch {
			case in.Blind[ruleOf(f)]:
				return ""
			case !there:
				return findings.Deleted
			case in.Shared(d):
				return "" // whose it is nobody can tell any more
			}
			w, _ := asked[f.Clause+" "+f.Rule].With.(*policy.DevicesWith)
			if w != nil && d.LastSync.Before(l.Now.AddDate(0, 0, -w.SyncedWithinDays)) {
				return findings.Withdrawn // silent for so long that the policy does not ask any more
			}
			again := in
			again.Devices = slices.Values([]seen.Device{d})
			if slices.ContainsFunc(devices.Check(again).Unknown, func(u devices.Unknown) bool { return u.Clause == f.Clause && u.Rule == ruleOf(f) }) {
				return "" // it does not say any more
			}
			return findings.Fine
		})
	})
}

// deviceWords ends "Whether 3 devices are …".
var deviceWords = map[string]string{
	devices.Unencrypted: "encrypted", devices.NoPasscode: "locked with a passcode", devices.UpdateExpired: "still updated", devices.DeveloperMode: "in developer mode",
}

// deviceName is what stands on a device, so that somebody can find it.
func deviceName(d seen.Device) string {
	name := d.Model
	if name == "" {
		name = map[string]string{devices.Chromebook: "Chromebook", devices.Mobile: "Phone or tablet"}[d.Kind]
	}
	if d.Serial != "" {
		name += ", serial number " + d.Serial
	}
	if !d.LastSync.IsZero() {
		name += ", last seen " + d.LastSync.Format(time.DateOnly)
	}
	return strings.TrimSpace(name)
}
