package truth

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// kinds says whose accounts a rule looks at where the means does not say. The rules that are missing here look at all
// of them and do not ask the means.
var kinds = map[string][]string{
	"not-on-roll":        {"pupils", "staff"},
	"leaver-active":      {"pupils", "staff"},
	"no-agreement":       {"pupils", "staff", "others"},
	"never-signed-in":    {"pupils", "staff", "others"},
	"dormant":            {"pupils", "staff", "others"},
	"admin-role":         {"pupils", "staff", "others", "unplaced"},
	"password-age":       {"staff", "others", "unplaced"},
	"weak-password":      {"staff", "others", "unplaced"},
	"no-2sv":             {"staff", "others", "unplaced"},
	"outside-recovery":   {"pupils"},
	"risky-app":          {"pupils", "staff", "others", "unplaced"},
	"outside-forwarding": {"pupils", "staff", "others", "unplaced"},
	"suspicious-login":   {"pupils", "staff", "others", "unplaced"},
	"shared-account":     {"pupils", "staff", "others", "unplaced"},
	"year-group":         {"pupils"},
}

var genericWords = strings.Fields(`admin class computing guest ict ipad ipads laptop laptops library office printer pupil
	pupils reception scanner shared student students supply tablet tablets teacher test trolley user visitor`)

var signInScopes = []string{
	"openid", "email", "profile", "https://www.googleapis.com/auth/userinfo.email", "https://www.googleapis.com/auth/userinfo.profile",
}

// judgeAccounts adds what one `check: accounts` finds.
func (w *world) judgeAccounts(m AccountsMeans, found collection) {
	add := func(rule, subject, fact string) {
		if slices.Contains(m.Rules, rule) {
			found.add("accounts", m.Clause, rule, subject, fact)
		}
	}
	for _, a := range w.accounts {
		if w.leftOut(a, m.Except) {
			continue
		}
		// An account's rules add under their names; whose accounts they look at is settled here.
		mine := func(rule, fact string) {
			if who, ok := kinds[rule]; ok && !slices.Contains(m.who(who), a.kind) {
				return
			}
			add(rule, "user/"+a.ID, fact)
		}
		if a.active {
			w.judgeRolls(m, a, mine)
			w.judgeUse(m, a, mine)
			w.judgePasswords(m, a, mine)
			w.judgeApps(m, a, mine)
			w.judgeShared(m, a, mine)
		}
		for _, leak := range w.unanswered(w.logs.leaks, a) {
			// For every kind, unless the means names some.
			if slices.Contains(m.who([]string{"pupils", "staff", "others", "unplaced"}), a.kind) {
				add("weak-password", "user/"+a.ID, "leaked "+w.day(leak.at).String())
			}
		}
		for _, n := range w.unanswered(w.logs.hijacks, a) {
			mine("suspicious-login", n.name+" "+w.day(n.at).String())
		}
	}
	w.judgeMissing(m, add)
	w.judgeCourses(m, add)
}

func (m AccountsMeans) who(standard []string) []string {
	if len(m.Who) > 0 {
		return m.Who
	}
	return standard
}

// judgeRolls tries the rules that compare an account with the rolls.
func (w *world) judgeRolls(m AccountsMeans, a *account, add func(rule, fact string)) {
	rolls := w.rollsOfKind(a)
	on, ambiguous := false, false
	var went []day
	for _, roll := range rolls {
		if r := roll.row(a); r != nil {
			on = true
			if r.isLeaver(w.today) {
				d, _ := r.leftDay()
				went = append(went, d)
			}
		}
		if d, ok := roll.left[a]; ok {
			went = append(went, d)
			on = true
		}
		ambiguous = ambiguous || roll.isAmbiguous(a)
	}
	if len(rolls) > 0 && !on && !a.bearsAny(m.Accepted) && !a.bearsAny(w.p.People) && !a.inGroup {
		if ambiguous {
			add("not-on-roll", "ambiguous")
		} else {
			add("not-on-roll", "no-row")
		}
	}
	for _, d := range went {
		if w.today > d+day(number0(m.GraceDays, 28)) {
			add("leaver-active", "left "+d.String())
		}
	}

	unit := "unit " + a.OrgUnitPath
	if r := w.pupils.row(a); r != nil && !r.isLeaver(w.today) && a.kind != "pupils" {
		add("wrong-unit", unit)
		add("wrong-unit", "pupils-roll")
	}
	if r := w.staff.row(a); r != nil && !r.isLeaver(w.today) && a.kind == "pupils" {
		add("wrong-unit", unit)
		add("wrong-unit", "staff-roll")
	}
	its := w.itsRow(a)
	if its != nil && its.year != "" && a.kind == "pupils" {
		for year, wanted := range m.YearUnits {
			if yearOf(year) == its.year && !under(a.OrgUnitPath, wanted) {
				add("wrong-unit", unit)
				add("wrong-unit", "year "+its.year)
			}
		}
	}

	for _, roll := range w.allRolls() {
		r := roll.row(a)
		if _, has := roll.columns["agreement"]; !has || r == nil || r.isLeaver(w.today) {
			continue
		}
		if wrong := w.agreement(*r); wrong != "" {
			add("no-agreement", wrong)
		}
	}

	for _, i := range a.entries {
		if w.p.Others[i].EndsRequired {
			if wrong := w.endDate(w.others[i].row(a)); wrong != "" {
				add("no-end-date", wrong)
			}
		}
	}

	year := yearOfUnit(a.OrgUnitPath)
	if its != nil && its.year != "" {
		year = its.year
	}
	for _, rule := range m.YearRules {
		for _, y := range rule.Years {
			if year == "" || yearOf(fmt.Sprint(y)) != year {
				continue
			}
			if rule.Accounts == "none" {
				add("year-group", "year "+year+" has-account")
			}
			if rule.Accounts == "no-sign-in" && a.hasSignedIn() && w.today-w.day(a.LastLoginTime) <= 30 {
				add("year-group", "year "+year+" signs-in")
			}
		}
	}
}

// number0 is a number of the policy, or what holds without it.
func number0(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

// endDate says what is wrong with the date on which access ends, or "".
func (w *world) endDate(r *row) string {
	if r == nil || r.ends == "" {
		return "none"
	}
	d, ok := rollDay(r.ends)
	switch {
	case !ok:
		return "unreadable"
	case d < w.today:
		return "ended " + d.String()
	}
	return ""
}

func (a *account) hasSignedIn() bool {
	return !a.LastLoginTime.IsZero() && a.LastLoginTime.UTC().Year() != 1970
}

// judgeUse tries the rules on who signs in and who may administer.
func (w *world) judgeUse(m AccountsMeans, a *account, add func(rule, fact string)) {
	quiet := number0(m.QuietWeeks, 6)
	if a.hasSignedIn() {
		last := w.day(a.LastLoginTime)
		if w.p.Calendar.schoolWeeks(last, w.today) >= quiet {
			add("dormant", "last "+last.String())
		}
	} else if !a.CreationTime.IsZero() {
		created := w.day(a.CreationTime)
		if w.p.Calendar.schoolWeeks(created, w.today) >= quiet {
			add("never-signed-in", "created "+created.String())
		}
	}

	child := a.kind == "pupils" || a.kind == "unplaced"
	if child || m.Admins != nil && !a.bearsAny(*m.Admins) {
		if a.IsAdmin {
			add("admin-role", "super-admin")
		}
		for _, r := range w.t.RoleAssignments {
			if r.AssignedTo == a.ID || a.inGroupWithID(r.AssignedTo) {
				add("admin-role", "role/"+r.RoleID)
			}
		}
	}

	administers := a.IsAdmin || a.IsDelegatedAdmin
	if (administers || m.SecondStep == "staff" && a.kind == "staff") && !a.IsEnrolledIn2Sv {
		add("no-2sv", "not-enrolled")
	}

	if a.RecoveryEmail != "" && w.person(a.RecoveryEmail) == outside {
		add("outside-recovery", addressHash(a.RecoveryEmail))
	}
}

func (a *account) inGroupWithID(id string) bool {
	for g := range a.groups {
		if g.ID == id {
			return true
		}
	}
	return false
}

// judgePasswords tries the rules on passwords and break-ins that are asked of active accounts only.
func (w *world) judgePasswords(m AccountsMeans, a *account, add func(rule, fact string)) {
	limit, limited := m.PasswordDays["staff"]
	if a.IsAdmin || a.IsDelegatedAdmin {
		limit, limited = m.PasswordDays["admins"]
	}
	if change, known := w.lastChange(a); known && limited && w.today-w.day(change) > day(limit) {
		add("password-age", "changed "+w.day(change).String())
		add("password-age", fmt.Sprint("limit ", limit))
	}
	if r, ok := w.newestReport(a, w.today-7); ok {
		if r.strength == "weak" {
			add("weak-password", "strength weak")
		}
		if r.length == "noncompliant" {
			add("weak-password", "length non-compliant")
		}
	}
	for _, n := range w.unanswered(w.logs.suspicious, a) {
		add("suspicious-login", n.name+" "+w.day(n.at).String())
	}
}

// judgeApps tries the rules on what has access to an account from outside.
func (w *world) judgeApps(m AccountsMeans, a *account, add func(rule, fact string)) {
	for _, token := range w.t.Tokens[a.ID] {
		approved := slices.ContainsFunc(m.ApprovedApps, func(app string) bool {
			return strings.EqualFold(app, token.ClientID) || strings.EqualFold(app, token.DisplayText)
		})
		reads := slices.ContainsFunc(token.Scopes, func(s string) bool { return !slices.Contains(signInScopes, s) })
		switch {
		case approved || m.SignInApps == "allowed" && !reads:
		case reads:
			add("risky-app", "app/"+token.ClientID+" reads-data")
		default:
			add("risky-app", "app/"+token.ClientID)
		}
	}
	if len(records(w.logs.forwarding, a)) == 0 || w.withoutEmail(a.holder()) {
		return
	}
	for address, f := range w.t.Forwarding {
		if a.bears(address) && f.Enabled && w.person(f.EmailAddress) == outside {
			add("outside-forwarding", "to "+addressHash(f.EmailAddress))
		}
	}
}

// judgeShared tries the rule on accounts of several people.
func (w *world) judgeShared(m AccountsMeans, a *account, add func(rule, fact string)) {
	words := genericWords
	if m.GenericWords != nil {
		words = *m.GenericWords
	}
	if w.itsRow(a) == nil && !a.bearsAny(m.Accepted) && !a.bearsAny(w.p.People) {
		local, _, _ := strings.Cut(strings.ToLower(a.PrimaryEmail), "@")
		for _, piece := range strings.FieldsFunc(local, func(c rune) bool { return !unicode.IsLetter(c) }) {
			if slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, piece) }) {
				add("shared-account", "generic "+piece)
			}
		}
	}
	for _, e := range a.ExternalIDs {
		for _, other := range w.sameNumber(e.Value) {
			if other != a && other.active {
				add("shared-account", "same-number user/"+other.ID)
			}
		}
	}
}

// judgeMissing tries the rule on rows without an account.
func (w *world) judgeMissing(m AccountsMeans, add adder) {
	for _, who := range m.who([]string{"pupils", "staff"}) {
		roll := map[string]*matched{"pupils": w.pupils, "staff": w.staff}[who]
		if roll == nil {
			continue
		}
		_, asksAgreement := roll.columns["agreement"]
		for i, r := range roll.rows {
			if r.isLeaver(w.today) || asksAgreement && w.agreement(r) != "" {
				continue
			}
			a := roll.accountOf[i]
			switch {
			case a == nil && roll.ambiguousRow[i]:
				add("missing", "roll/"+r.key, "ambiguous")
			case a == nil:
				add("missing", "roll/"+r.key, "no-account")
			case !a.active:
				add("missing", "roll/"+r.key, "switched-off user/"+a.ID)
			}
		}
	}
}
