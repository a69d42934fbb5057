package policy

import (
	"fmt"
	"slices"
	"strings"
)

// accounts reads the parameters of the check accounts, and complains about rules that lack what they need and about parameters
// that no rule reads.
func (b *builder) accounts(v *value) *AccountsWith {
	w := &AccountsWith{
		Rules: v.get("rules").texts(), Who: b.distinct(v.get("who"), strings.TrimSpace), Except: b.unitsAndGroups(v.get("except")),
		GraceDays: v.get("grace_days").whole(defaultGraceDays), QuietWeeks: v.get("quiet_weeks").whole(defaultQuietWeeks),
		PasswordDays: PasswordDays{Staff: v.get("password_days").get("staff").whole(0), Admins: v.get("password_days").get("admins").whole(0)},
		Accepted:     b.addresses(v.get("accepted")), GenericWords: b.distinct(v.get("generic_words"), strings.ToLower),
		ApprovedApps: b.distinct(v.get("approved_apps"), strings.TrimSpace), SignInApps: v.get("sign_in_apps").str() == "allowed",
		SecondStep: SecondStepAdmins, YearUnits: b.yearUnits(v.get("year_units")), YearRules: b.yearRules(v.get("year_rules")),
		KeepCourses: b.distinct(v.get("keep_courses"), strings.TrimSpace),
	}
	if v.has("admins") {
		w.Admins = append([]string{}, b.addresses(v.get("admins"))...)
	}
	if !v.has("generic_words") {
		w.GenericWords = slices.Clone(defaultGenericWords)
	}
	if s := v.get("second_step"); s != nil {
		w.SecondStep = s.text
	}
	for _, p := range accountsParameters {
		if v.get("rules").complete() && v.has(p.name) && !slices.ContainsFunc(w.Rules, func(r string) bool { return slices.Contains(p.rules, r) }) {
			b.wrong(v.keyAt(p.name), fmt.Sprintf("found %q, which none of these rules reads", p.name), "it only with "+strings.Join(p.rules, ", "), "")
		}
	}
	for _, k := range v.get("who").list() {
		b.kindKnown(k)
	}
	for _, r := range v.get("rules").list() {
		b.needs(r, v, w)
	}
	return w
}

// kindKnown complains about kinds that no account can be of.
func (b *builder) kindKnown(v *value) {
	if v.text != KindUnplaced && !b.root.has(v.text) {
		b.wrong(v.at, fmt.Sprintf("found %q, but the policy does not say whose accounts these are", v.text), v.text+" in the policy", "")
	}
}

// needs complains about a rule that could find nothing, because the policy does not say what it asks for.
func (b *builder) needs(r, v *value, w *AccountsWith) {
	lacks := func(what, expected string) {
		b.wrong(r.at, fmt.Sprintf("found the rule %s without %s", r.text, what), expected, "")
	}
	switch r.text {
	case "not-on-roll", "leaver-active":
		b.needsRoll(r, w.WhoOf(r.text))
	case "missing":
		kinds := slices.DeleteFunc(w.WhoOf(r.text), func(k string) bool { return k != KindPupils && k != KindStaff })
		if len(kinds) == 0 {
			b.wrong(r.at, "found the rule missing for accounts that it does not look at", "pupils or staff in who", "")
			return
		}
		b.needsRoll(r, kinds)
	case "no-agreement":
		if !slices.ContainsFunc(b.allRolls(), func(roll *Roll) bool { return roll.Has("agreement") }) {
			lacks("a roll that says who signed", "agreement among the columns of a roll")
		}
	case "wrong-unit":
		switch {
		case b.p.Pupils.Roll == nil && b.p.Staff.Roll == nil:
			lacks("a roll", "pupils: {roll: {csv, columns}}")
		case v.has("year_units") && !b.p.Pupils.Roll.Has("year"):
			b.wrong(v.keyAt("year_units"), `found "year_units" without a roll that says the pupils' years`, "year among the columns of the pupils' roll", "")
		}
	case "no-end-date":
		b.needsEnds(r)
	case "outside-recovery":
		b.needPupils(r.at, "the rule outside-recovery")
	case "password-age":
		if !v.has("password_days") {
			lacks("password_days", "password_days: {staff, admins}, in days")
		}
	case "year-group":
		if !v.has("year_rules") {
			lacks("year_rules", "year_rules: [{years, accounts}]")
		}
	}
}

func (b *builder) allRolls() []*Roll {
	rolls := []*Roll{b.p.Pupils.Roll, b.p.Staff.Roll}
	for _, o := range b.p.Others {
		rolls = append(rolls, o.Roll)
	}
	return rolls
}

// needsRoll complains about a rule that compares with rolls where there is none, and warns of the kinds of account that it passes over.
func (b *builder) needsRoll(r *value, kinds []string) {
	var with, without []string
	for _, k := range kinds {
		switch k {
		case KindPupils, KindStaff:
			population := b.root.get(k)
			if population.has("roll") {
				with = append(with, k)
			} else if b.root.has(k) {
				without = append(without, k)
			}
		case KindOthers:
			if slices.ContainsFunc(b.p.Others, func(o Other) bool { return o.Roll != nil }) {
				with = append(with, k)
			}
		}
	}
	if len(with) == 0 {
		b.wrong(r.at, fmt.Sprintf("found the rule %s without a roll of %s", r.text, strings.Join(kinds, " or ")), "roll: {csv, columns} there", "")
		return
	}
	if len(without) > 0 {
		b.warn(r.at, "the rule %s looks at no account of %s: there is no roll of them", r.text, strings.Join(without, " and "))
	}
}

// needsEnds looks whether accounts with an end are listed anywhere.
func (b *builder) needsEnds(r *value) {
	found := false
	for _, i := range b.root.get("others").list() {
		if !i.get("ends_required").isTrue() {
			continue
		}
		found = true
		if columns := i.get("roll").get("columns"); columns == nil || !columns.has("ends") {
			b.warn(i.keyAt("ends_required"), "%s has no roll with a column ends: the rule no-end-date will report every account there", show(i.get("name").str()))
		}
	}
	if !found {
		b.wrong(r.at, "found the rule no-end-date, but no group of people needs an end", "ends_required: true in an entry of others", "")
	}
}

func (b *builder) yearUnits(v *value) map[string]string {
	if v == nil {
		return nil
	}
	out := map[string]string{}
	for _, name := range v.names {
		year := yearOf(name)
		if _, twice := out[year]; twice {
			b.wrong(v.keyAt(name), fmt.Sprintf("found year %s a second time", year), "each year once", "")
			continue
		}
		out[year] = ""
		if u := v.get(name); u != nil {
			out[year] = u.text
			b.pupilsUnit(u)
		}
	}
	if v.number == 0 {
		b.wrong(v.at, "found no year", v.shape.what, "")
	}
	return out
}

func (b *builder) yearRules(v *value) []YearRule {
	var out []YearRule
	seen := map[string]bool{}
	for _, i := range v.list() {
		rule := YearRule{Accounts: i.get("accounts").str()}
		for _, y := range i.get("years").list() {
			year := yearOf(y.text)
			if seen[year] {
				b.wrong(y.at, fmt.Sprintf("found year %s a second time", year), "each year once", "")
				continue
			}
			seen[year] = true
			rule.Years = append(rule.Years, year)
		}
		out = append(out, rule)
	}
	return out
}
