package starter

import (
	"regexp"
	"slices"
	"strings"

	"esafetybot/internal/policy"
)

// A clause is one of an example, as its text.
type clause struct {
	id, says string
	text     string // from "  - id:" to its last line
}

var (
	idLine   = regexp.MustCompile(`(?m)^  - id: (\S+)$`)
	saysLine = regexp.MustCompile(`(?m)^    says: (.+)$`)
	roleIn   = regexp.MustCompile(`\b(?:deals_with_it|ask): ([a-z_]+)`)
	toIn     = regexp.MustCompile(`\bto: \[([a-z_, ]+)\]`)
)

// clausesOf cuts an example into its clauses.
func clausesOf(example string) []clause {
	_, text, _ := strings.Cut(example, "\nclauses:\n")
	text, _, _ = strings.Cut(text, "\nnot_seen:")
	var out []clause
	at := idLine.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		c := clause{id: text[m[2]:m[3]], text: strings.TrimRight(text[m[0]:end], "\n") + "\n"}
		if says := saysLine.FindStringSubmatch(c.text); says != nil {
			c.says = says[1]
		}
		out = append(out, c)
	}
	return out
}

// roles are those that a clause names.
func (c clause) roles() []policy.Role {
	var out []policy.Role
	for _, m := range roleIn.FindAllStringSubmatch(c.text, -1) {
		if r := policy.Role(m[1]); !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	for _, m := range toIn.FindAllStringSubmatch(c.text, -1) {
		for to := range strings.SplitSeq(m[1], ",") {
			if r := policy.Role(strings.TrimSpace(to)); slices.Contains(policy.Roles(), r) && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// yearUnits is the means of an example that sends pupils to the units of their years.
var yearUnits = regexp.MustCompile(`(?m)^      - check: accounts\n        with:\n          rules: \[wrong-unit\]\n(?: {8,}.*\n)+`)

// An edit takes something of the invented school out of a clause's text and puts what was answered in.
type edit struct {
	clause, old string
	now         func(Answers) string
}

// edits are made in their order. Every old text stands in the example (a test).
var edits = []edit{
	{"A11", ", accepted: [ipads@school.example, office@school.example]", listed("accepted", keyShared)},
	{"A26", ", approved_apps: [Example Maths, Example Reading]", listed("approved_apps", keyApps)},
	{"B19", ", approved_apps: [Example Maths]", listed("approved_apps", keyApps)},
	{"A28", ", admins: [it@school.example]", listed("admins", keyAdmins)},
	{"B2", "{mode: approved-only, approved: {units: [/Pupils/Year 6], groups: [pupil-mail@school.example]}}", func(a Answers) string {
		if !a.Has(keyMailUnits) && !a.Has(keyMailGroups) {
			return "{mode: off}" // nobody is approved
		}
		return "{mode: approved-only, approved: {units: " + flow(a.Given[keyMailUnits]) + ", groups: " + flow(a.Given[keyMailGroups]) + "}}"
	}},
	{"B3", ", classdojo]", func(a Answers) string {
		if a.Has(keyDojoClasses) {
			return ", classdojo]"
		}
		return "]"
	}},
}

// listed writes a parameter as answered, and leaves it out where nothing was.
func listed(param, key string) func(Answers) string {
	return func(a Answers) string {
		if !a.Has(key) {
			return ""
		}
		return ", " + param + ": " + flow(a.Given[key])
	}
}

// confidential is the list of places that the example's clause on confidential data names.
var confidential = regexp.MustCompile(`(?m)^          confidential:\n(?: {12}.*\n)+`)

// unitIn is a unit of the invented school as a clause names it in a list.
var unitIn = regexp.MustCompile(`units: \[(/(?:Pupils|Staff)(?:, /(?:Pupils|Staff))*)\]`)

// fitted is the clause's text, with nothing of the invented school left in it.
func (c clause) fitted(a Answers) string {
	text := strings.ReplaceAll(c.text, ", when_not_met: propose", "")
	for _, e := range edits {
		if e.clause == c.id {
			text = strings.Replace(text, e.old, e.now(a), 1)
		}
	}
	text = yearUnits.ReplaceAllStringFunc(text, func(string) string { return a.yearUnits() })
	text = confidential.ReplaceAllStringFunc(text, func(string) string { return a.confidential() })
	return unitIn.ReplaceAllStringFunc(text, func(found string) string {
		var units []string
		for _, u := range strings.Split(unitIn.FindStringSubmatch(found)[1], ", ") {
			units = append(units, a.Given[strings.ToLower(u[1:])+"_units"]...)
		}
		return "units: " + flow(units)
	})
}

// yearUnits writes the means about the units of the years; nothing where the school has none.
func (a Answers) yearUnits() string {
	if !a.Has(keyYearUnits) {
		return ""
	}
	var b strings.Builder
	b.WriteString("      - check: accounts\n        with:\n          rules: [wrong-unit]\n          year_units:\n")
	for _, y := range a.Given[keyYearUnits] {
		year, unit, _ := strings.Cut(y, "=")
		b.WriteString("            " + quote(strings.ToUpper(strings.TrimSpace(year))) + ": " + quote(strings.TrimSpace(unit)) + "\n")
	}
	b.WriteString("        severity: low\n        due: 20 school days\n")
	return b.String()
}

// confidential writes the places that only some may open.
func (a Answers) confidential() string {
	var b strings.Builder
	b.WriteString("          confidential:\n")
	for _, p := range a.Given[keyPlaces] {
		part := parts(p)
		kind := "folder"
		if driveID.MatchString(placeID(part[1])) {
			kind = "drive"
		}
		b.WriteString("            - {" + kind + ": " + quote(placeID(part[1])) + ", name: " + quote(part[0]) + ", allowed: " + flow(addressesIn(part[2])) + "}\n")
	}
	return b.String()
}

// driveID is how Google's ids of shared drives look.
var driveID = regexp.MustCompile(`^0A[A-Za-z0-9_-]+PVA$`)
