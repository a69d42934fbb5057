package generate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"esafetybot/examples"
)

// policies fits the two example policies to the tenant.
func (b *builder) policies() (map[string]string, error) {
	ours := []string{"/"}
	if b.narrowed {
		ours = []string{b.root}
	}
	classroom, err := fit(examples.Classroom, b.fitted(ours, classroomDone), b.marked, b.root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Classroom, err)
	}
	if b.central {
		ours = []string{"/Devices", "/Governors", "/Leavers", "/Pupils", "/Staff", "/Visitors"}
	}
	sections := b.fitted(ours, dojoDone)
	sections["classdojo"] = b.dojoYAML()
	// A week has an end while a tenant lives on for some days, a half term hardly ever.
	const halfTermly, weekly = "{check_in: class-dojo, ask: class_teacher, every: half term}", "{check_in: class-dojo, ask: class_teacher, every: week, due: 2 working days}"
	if !strings.Contains(examples.Dojo, halfTermly) {
		return nil, fmt.Errorf("%s: the example does not ask about ClassDojo each half term", Dojo)
	}
	dojo, err := fit(strings.Replace(examples.Dojo, halfTermly, weekly, 1), sections, b.marked, b.root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Dojo, err)
	}
	if dojo, err = hurryRecords(dojo); err != nil {
		return nil, fmt.Errorf("%s: %w", Dojo, err)
	}
	if dojo, err = hurryReminders(dojo); err != nil {
		return nil, fmt.Errorf("%s: %w", Dojo, err)
	}
	for _, p := range []*string{&classroom, &dojo} {
		*p = reviewLast.ReplaceAllString(*p, "${1}"+b.reviewedOn())
	}
	return map[string]string{Classroom: classroom, Dojo: dojo}, nil
}

// fitted gives the sections of a policy that differ from school to school.
func (b *builder) fitted(units []string, rollover int) map[string]string {
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
		"pupils": "pupils:\n  org_units: [" + b.unit("Pupils") + "]\n  roll:\n    csv: roll.csv\n    columns: " + pupilColumns.yaml() + "\n",
		"staff":  "staff:\n  org_units: [" + b.unit("Staff") + "]\n  roll:\n    csv: staff.csv\n    columns: " + staffColumns.yaml() + "\n",
		"others": "others:\n  - {name: Governors, group: governors@" + Domain + "}\n" +
			"  - name: Supply and trainees\n    org_unit: " + b.unit("Visitors") + "\n    ends_required: true\n" +
			"    roll:\n      csv: visitors.csv\n      columns: " + visitorColumns.yaml() + "\n",
		"blogs":               b.blogsYAML(),
		"calendar":            calendarOf(b.now, rollover),
		"confidential_owners": "confidential_owners: " + addresses(b.head.PrimaryEmail, b.senco.PrimaryEmail) + "\n",
	}
}

// unitInClause is a unit as a clause names it, with what stands before it.
var unitInClause = regexp.MustCompile(`([\s\[{,"'])(/(?:Pupils|Staff|Governors|Visitors|Leavers)\b)`)

// fit replaces sections of an example policy, the confidential places that its clauses name, and what their units begin with. Everything else
// stays as the example has it. The blogs come before the clauses where the example has none.
func fit(example string, sections map[string]string, marked []confidential, root string) (string, error) {
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
			if key == "clauses" { // an example need not list blogs
				out.WriteString(left["blogs"])
				delete(left, "blogs")
			}
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
		out.WriteString(unitInClause.ReplaceAllString(line, "${1}"+root+"${2}"))
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
