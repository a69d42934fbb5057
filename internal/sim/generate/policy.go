package generate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/examples"
)

// schoolYear is the year in which the school year of t began; it begins in August.
func schoolYear(t time.Time) int {
	if t.Month() >= time.August {
		return t.Year()
	}
	return t.Year() - 1
}

// policies fits the two example policies to the tenant.
func (b *builder) policies() (map[string]string, error) {
	ours := []string{"/"}
	if b.narrowed {
		ours = []string{b.root}
	}
	classroom, err := fit(examples.Classroom, b.fitted(ours), b.marked)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Classroom, err)
	}
	if b.central {
		ours = []string{"/Governors", "/Leavers", "/Pupils", "/Staff", "/Visitors"}
	}
	dojo, err := fit(examples.Dojo, b.fitted(ours), b.marked)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Dojo, err)
	}
	return map[string]string{Classroom: classroom, Dojo: dojo}, nil
}

// fitted gives the sections of a policy that differ from school to school.
func (b *builder) fitted(units []string) map[string]string {
	addresses := func(list ...string) string { return "[" + strings.Join(list, ", ") + "]" }
	return map[string]string{
		"school": fmt.Sprintf("school:\n  name: %q\n  timezone: Europe/London\n  domains: [%s, %s]\n  trusted_domains: [%s]\n  org_units: %s\n",
			b.name, Domain, Alias, Trust, addresses(units...)),
		"people": "people:\n" +
			"  esafety_officer: officer@" + Domain + "\n" +
			"  deputy: " + b.senco.PrimaryEmail + "\n" +
			"  headteacher: {address: " + b.head.PrimaryEmail + fmt.Sprintf(", name: %q}\n", b.head.Name.FullName) +
			"  safeguarding_lead: " + b.head.PrimaryEmail + "\n" +
			"  deputy_safeguarding_leads: " + addresses(b.senco.PrimaryEmail, b.deputy.PrimaryEmail) + "\n" +
			"  governor: " + b.governors[0].PrimaryEmail + "\n" +
			"  chair_of_governors: chair@home.example\n" +
			"  workspace_admin: {address: " + b.it.PrimaryEmail + fmt.Sprintf(", name: %q", b.it.Name.FullName) + ", days: [tue, thu]}\n" +
			"  data_protection_officer: dpo@" + Trust + "\n" +
			"  it_support: helpdesk@support.example\n" +
			"  early_years_lead: early.years@" + Domain + "\n" +
			"  page_host: " + b.bursar.PrimaryEmail + "\n" +
			"  leaders: " + addresses(b.head.PrimaryEmail, b.deputy.PrimaryEmail) + "\n" +
			"  committee: " + addresses("officer@"+Domain, b.governors[0].PrimaryEmail, b.pupils[0].parent) + "\n",
		"pupils": "pupils:\n  org_units: [" + b.unit("Pupils") + "]\n  roll:\n    csv: roll.csv\n" +
			"    columns: {id: Admission number, email: Email, name: Name, year: Year, class: Reg, agreement: Agreement signed, publish: May publish}\n",
		"staff": "staff:\n  org_units: [" + b.unit("Staff") + "]\n  roll:\n    csv: staff.csv\n" +
			"    columns: {id: Staff code, email: Email, name: Name, agreement: Policy read}\n",
		"others": "others:\n  - {name: Governors, group: governors@" + Domain + "}\n" +
			"  - {name: Supply and trainees, org_unit: " + b.unit("Visitors") + ", ends_required: true}\n",
		"calendar":            calendarOf(b.now),
		"confidential_owners": "confidential_owners: " + addresses(b.head.PrimaryEmail, b.senco.PrimaryEmail) + "\n",
	}
}

// calendarOf writes the terms of the school year that t is in.
func calendarOf(t time.Time) string {
	y := schoolYear(t)
	day := func(year int, m time.Month, d int) time.Time { return time.Date(year, m, d, 0, 0, 0, 0, time.UTC) }
	weekday := func(t time.Time, want time.Weekday, step int) time.Time {
		for t.Weekday() != want {
			t = t.AddDate(0, 0, step)
		}
		return t
	}
	iso := func(t time.Time) string { return t.Format(time.DateOnly) }
	first := day(y, time.September, 2)
	for first.Weekday() == time.Saturday || first.Weekday() == time.Sunday {
		first = first.AddDate(0, 0, 1)
	}
	term := func(name string, first, last, half time.Time) string {
		half = weekday(half, time.Monday, -1)
		return fmt.Sprintf("    - {name: %s, first: %s, last: %s, half_term: [%s, %s]}\n", name, iso(first), iso(last), iso(half), iso(half.AddDate(0, 0, 4)))
	}
	spring := weekday(day(y+1, time.January, 4), time.Monday, 1)
	summer := weekday(day(y+1, time.April, 12), time.Monday, 1)
	whit := weekday(day(y+1, time.May, 31), time.Monday, -1)
	out := "calendar:\n  terms:\n" +
		term("Autumn", first, weekday(day(y, time.December, 19), time.Friday, -1), day(y, time.October, 28)) +
		term("Spring", spring, weekday(day(y+1, time.March, 26), time.Thursday, -1), day(y+1, time.February, 17)) +
		term("Summer", summer, weekday(day(y+1, time.July, 22), time.Wednesday, -1), whit)
	moves := y + 1 // accounts move up in the summer that is near
	if t.Year() == y && t.Month() < time.October {
		moves = y
	}
	return out + fmt.Sprintf("  inset: [%s, %s]\n  closures: []\n  bank_holidays: england-and-wales\n  rollover: {from: %s, until: %s}\n",
		iso(first), iso(spring), iso(day(moves, time.July, 20)), iso(day(moves, time.September, 25)))
}

// fit replaces sections of an example policy, and the confidential places that its clauses name. Everything else, the clauses above all,
// stays as the example has it.
func fit(example string, sections map[string]string, marked []confidential) (string, error) {
	var out strings.Builder
	left := maps.Clone(sections)
	skip := ""    // the section being replaced
	indent := -1  // of the list of confidential places being replaced
	replaced := 0 // lists of confidential places
	for line := range strings.Lines(example) {
		key, _, isKey := strings.Cut(line, ":")
		topLevel := isKey && line[0] >= 'a' && line[0] <= 'z'
		blank := strings.TrimSpace(line) == ""
		if topLevel {
			skip = ""
			if text, ok := left[key]; ok {
				out.WriteString(text)
				delete(left, key)
				skip = key
			}
		}
		if skip != "" {
			if blank {
				out.WriteString(line)
			}
			continue
		}
		depth := len(line) - len(strings.TrimLeft(line, " "))
		if indent >= 0 && (blank || depth > indent) {
			continue
		}
		indent = -1
		out.WriteString(line)
		if strings.TrimSpace(line) == "confidential:" {
			indent = depth
			replaced++
			for _, c := range marked {
				place := "folder: " + c.folder
				if c.drive != "" {
					place = "drive: " + c.drive
				}
				fmt.Fprintf(&out, "%s  - {%s, name: %s, allowed: [%s]}\n", strings.Repeat(" ", depth), place, c.name, strings.Join(c.allowed, ", "))
			}
		}
	}
	if len(left) > 0 {
		return "", fmt.Errorf("the example has no section %s", strings.Join(slices.Sorted(maps.Keys(left)), ", "))
	}
	if strings.Contains(example, "confidential:") && replaced == 0 {
		return "", fmt.Errorf("the example's confidential places stand in a form that cannot be replaced: put them below a line \"confidential:\"")
	}
	return out.String(), nil
}
