package census

import (
	"context"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/seen"
)

// UsageDays is how far back a usage report still says something.
const UsageDays = 7

// usageDates lists the dates of which a report may be there, the newest first.
func (c *Census) usageDates() []string {
	today := c.Policy.Calendar.Date(c.Now)
	var out []string
	for d := range UsageDays + 1 {
		out = append(out, today.AddDays(-d).String())
	}
	return out
}

// Usage reads the usage reports of the last seven days, the newest first, and hands over each line with the account it is about. more is asked
// before each further day. ok is false where the reports could not be read, or none is there ("usage" is then a gap).
func (c *Census) Usage(ctx context.Context, parameters []string, more func() bool, line func(id string, u seen.Usage)) (ok bool) {
	days := 0
	for _, date := range c.usageDates() {
		if days > 0 && !more() {
			break
		}
		lines := 0
		for u, err := range c.Google.Usage(ctx, date, parameters) {
			if err != nil && c.Google.NoUsage(err) {
				break
			}
			if err != nil {
				c.Unread("usage", err)
				return false
			}
			lines++
			id := u.User
			if _, known := c.people[id]; !known {
				a, found := c.who.Account(u.Address)
				if !found {
					continue
				}
				id = a.ID
			}
			line(id, u)
		}
		if lines > 0 {
			days++
		}
	}
	if days == 0 {
		c.Unseen(seen.Gap{Scope: "usage", Reason: seen.Silent, Detail: "no usage report of the last seven days is there"})
		return false
	}
	return true
}

// Newest reads, for the accounts in question, the newest line of the usage reports, and keeps those of them that keep wants; told says of whom there was
// one. Older reports are read
// only while an account that already existed on the day of the report has no line yet.
func (c *Census) Newest(ctx context.Context, parameters []string, question func(*seen.Person) bool, keep func(seen.Usage) bool) (lines map[string]seen.Usage, told map[string]bool, ok bool) {
	lines = map[string]seen.Usage{}
	told = map[string]bool{}
	newest := ""
	ok = c.Usage(ctx, parameters, func() bool {
		day, err := calendar.ParseDate(newest)
		for id, p := range c.people {
			if !told[id] && question(p) && (err != nil || calendar.DateOf(p.Created.UTC()).Before(day)) {
				return true
			}
		}
		return false
	}, func(id string, u seen.Usage) {
		newest = max(newest, u.Date)
		if told[id] || !question(c.people[id]) {
			return
		}
		told[id] = true
		if keep(u) {
			lines[id] = u
		}
	})
	return lines, told, ok
}

// Apps asks for the third-party apps of the accounts in question. Only those are asked that may have some: the usage report counts any, an app was
// let in within the time that the report lags, or nothing is known. One that could not be asked is a gap "apps/ID".
func (c *Census) Apps(ctx context.Context, question func(*seen.Person) bool) map[string][]seen.App {
	const count = "accounts:num_authorized_apps"
	some, told, known := c.Newest(ctx, []string{count}, question, func(u seen.Usage) bool { return u.Values[count] != "0" })
	fresh := map[string]bool{}
	events, logged := c.Recent(ctx, "token", "authorize", c.Now.Add(-(UsageDays+1)*24*time.Hour))
	for _, e := range events {
		if id, ok := c.Of(e.Actor, e.Time); ok {
			fresh[id] = true
		}
	}
	var ask []string
	for id, p := range c.people {
		if _, any := some[id]; question(p) && (!known || !logged || !told[id] || any || fresh[id]) {
			ask = append(ask, id)
		}
	}
	slices.Sort(ask)
	return eachUntilRefused(ctx, c, "apps", ask, func(id string) string { return id }, func(id string) ([]seen.App, error) { return c.Google.Apps(ctx, id) })
}
