package generate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// pacific is where Google's days of usage begin and end; it knows no summer time.
var pacific = time.FixedZone("UTC-8", -8*60*60)

// newestUsage is the date of the newest usage report that Google has ready at t: two or three days back.
func newestUsage(t time.Time, seed int64) time.Time {
	y, m, d := t.In(pacific).Date()
	return date(y, m, d-2-int((seed%2+2)%2))
}

// mailPolicy is a policy that says whether Gmail is on.
type mailPolicy struct {
	world.PolicyQuery
	group    string
	licences []string
	without  bool // for those who have none of the licences
	on       bool
}

func mailPolicies(w *world.World) []mailPolicy {
	var out []mailPolicy
	for _, p := range w.Policies() {
		if strings.HasSuffix(p.Setting.Type, "gmail.service_status") {
			m := mailPolicy{PolicyQuery: p.Query(), on: strings.Contains(string(p.Setting.Value), `"ENABLED"`)}
			m.group = strings.TrimPrefix(m.Group, "groups/")
			m.licences, m.without = m.Licences()
			out = append(out, m)
		}
	}
	return out
}

// mailIsOn tells whether the policies give the user Gmail: the last one in the order decides, and a group can only switch it on.
func mailIsOn(w *world.World, policies []mailPolicy, groups, licences map[string]bool, u *world.User) bool {
	top, on := -1.0, false
	for _, p := range policies {
		switch {
		case p.SortOrder <= top, p.OrgUnit != "" && !w.UnitHolds(p.OrgUnit, u.OrgUnitPath):
		case p.group != "" && (!p.on || !groups[p.group]):
		case p.licences != nil && slices.ContainsFunc(p.licences, func(l string) bool { return licences[l] }) == p.without:
		default:
			top, on = p.SortOrder, p.on
		}
	}
	return on
}

// mailUsers lists the ids of the users who have Gmail. Call it inside View.
func mailUsers(w *world.World) map[string]bool {
	policies := mailPolicies(w)
	within := map[string][]string{} // a user's or group's id: the groups that it is a member of
	for _, g := range w.Groups() {
		for _, m := range w.Members(g.ID) {
			within[m.ID] = append(within[m.ID], g.ID)
		}
	}
	licences := map[string]map[string]bool{}
	for _, l := range w.Licenses() {
		key := strings.ToLower(l.UserID)
		if licences[key] == nil {
			licences[key] = map[string]bool{}
		}
		licences[key]["/product/"+l.ProductID+"/sku/"+l.SkuID] = true
	}
	out := map[string]bool{}
	for _, u := range w.Users() {
		groups := map[string]bool{}
		queue := slices.Concat(within[u.ID], within[w.Settings.Customer.ID])
		for len(queue) > 0 {
			g := queue[0]
			queue = queue[1:]
			if !groups[g] {
				groups[g] = true
				queue = append(queue, within[g]...)
			}
		}
		if !u.IsGuestUser && mailIsOn(w, policies, groups, licences[strings.ToLower(u.PrimaryEmail)], u) {
			out[u.ID] = true
		}
	}
	return out
}

// day is what one user did on one day, for a usage report.
type day struct {
	mail           bool
	sent, received int64
	weak, short    bool
}

// report writes a usage report. Adults with mail send some on weekdays, pupils with mail now and then.
func report(w *world.World, rng *rand.Rand, on time.Time, u *world.User, d day) *world.UsageReport {
	num := func(name string, n int64) world.UsageParam { return world.UsageParam{Name: name, Int: &n} }
	flag := func(name string, v bool) world.UsageParam { return world.UsageParam{Name: name, Bool: &v} }
	strength, compliance := "strong", "compliant"
	if d.weak {
		strength = "weak"
	}
	if d.short {
		compliance = "non-compliant"
	}
	login := u.LastLoginTime
	if login.IsZero() {
		login = never
	}
	return &world.UsageReport{Date: on.Format(time.DateOnly),
		Entity: world.UsageEntity{CustomerID: w.Settings.Customer.ID, Type: "USER", UserEmail: u.PrimaryEmail, ProfileID: u.ID},
		Parameters: []world.UsageParam{
			flag("accounts:is_2sv_enrolled", u.IsEnrolledIn2Sv), {Name: "accounts:password_strength", String: strength},
			{Name: "accounts:password_length_compliance", String: compliance}, num("accounts:num_authorized_apps", int64(len(w.Tokens(u.ID)))),
			{Name: "accounts:timestamp_last_login", Datetime: login.UTC().Format("2006-01-02T15:04:05.000Z")},
			flag("gmail:is_gmail_enabled", d.mail), num("gmail:num_emails_sent", d.sent), num("gmail:num_emails_received", d.received),
			num("classroom:num_posts_created", int64(rng.IntN(3)*rng.IntN(2))),
		}}
}

// ordinary is what a user with or without mail does on an ordinary day.
func ordinary(rng *rand.Rand, on time.Time, u *world.User, mail bool) day {
	d := day{mail: mail}
	if !mail || u.Suspended || u.Archived || on.Weekday() == time.Saturday || on.Weekday() == time.Sunday {
		return d
	}
	if strings.Contains(u.OrgUnitPath, "/Pupils") {
		d.sent, d.received = int64(rng.IntN(3)), int64(rng.IntN(4))
	} else {
		d.sent, d.received = int64(rng.IntN(12)), int64(rng.IntN(30))
	}
	return d
}

// usage writes the usage reports of ten days. Some accounts have weak passwords; some pupils have had mail, or have it although no policy says so.
func (b *builder) usage() {
	newest := newestUsage(b.now, b.opt.Seed)
	mail := mailUsers(b.w)
	special := map[*world.User]func(back int, d *day){}
	both := func(rule string, found bool, do func(back int, d *day)) {
		b.with(func(p *pupil) {
			special[p.user] = do
			if found {
				b.hit(rule, userSubject(p.user))
			} else {
				b.miss(rule, userSubject(p.user))
			}
		}, numbered, func(p *pupil) bool { return !mail[p.user.ID] && p.year > 0 && p.year < 6 })
	}
	// Mail: although it is off; some days ago, when it was still on; received only; long ago.
	both("pupil-email.used", true, func(back int, d *day) { d.mail, d.sent = true, int64(back%3) })
	both("pupil-email.used", true, func(back int, d *day) {
		if back == 1 {
			d.received = 2
		}
	})
	both("pupil-email.used", true, func(back int, d *day) { d.mail = back == 0 })
	both("pupil-email.used", false, func(back int, d *day) { d.mail = back > 0 })
	both("pupil-email.used", false, func(back int, d *day) {
		if back > 6 {
			d.mail, d.sent, d.received = true, 3, 5
		}
	})
	b.with(func(p *pupil) { // was moved out of a unit with mail yesterday
		special[p.user] = func(_ int, d *day) { d.mail, d.sent = true, 1 }
		b.record("admin", b.daysAgo(1), b.it.PrimaryEmail, "USER_SETTINGS", "MOVE_USER_TO_ORG_UNIT", world.Param{Name: "USER_EMAIL", Value: p.user.PrimaryEmail},
			world.Param{Name: "ORG_UNIT_NAME", Value: b.yearUnit(5) + "/Radio"}, world.Param{Name: "NEW_VALUE", Value: p.user.OrgUnitPath})
		b.miss("pupil-email.used", userSubject(p.user))
	}, numbered, func(p *pupil) bool { return !mail[p.user.ID] && p.user.CreationTime.Before(b.daysAgo(60)) })

	// Passwords: weak, short; weak a week ago; a pupil's.
	weak := func(found bool, do func(back int, d *day)) {
		b.withColleague("usage", func(u *world.User) {
			special[u] = do
			if found {
				b.hit("accounts.weak-password", userSubject(u))
			} else {
				b.miss("accounts.weak-password", userSubject(u))
			}
		})
	}
	weak(true, func(_ int, d *day) { d.weak = true })
	weak(true, func(_ int, d *day) { d.short = true })
	weak(false, func(back int, d *day) { d.weak, d.short = back > 0, back > 0 })
	b.with(func(p *pupil) {
		special[p.user] = func(_ int, d *day) { d.weak, d.short = true, true }
		b.miss("accounts.weak-password", userSubject(p.user))
	}, func(p *pupil) bool { return !mail[p.user.ID] })

	for back := b.usageDays - 1; back >= 0; back-- {
		on := newest.AddDate(0, 0, -back)
		for _, u := range b.w.Users() {
			if u.IsGuestUser || u.CreationTime.After(on.AddDate(0, 0, 1)) {
				continue
			}
			d := ordinary(b.rng, on, u, mail[u.ID])
			if do := special[u]; do != nil {
				do(back, &d)
			}
			b.w.AddUsage(report(b.w, b.rng, on, u, d))
		}
	}
}
