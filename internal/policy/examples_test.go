package policy

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func example(t *testing.T, name string) *Policy {
	t.Helper()
	p, err := Load(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Warnings) > 0 {
		t.Errorf("%s: %v", name, p.Warnings)
	}
	return p
}

// TestExamplesHoldEveryRow compares how each clause is met with the rows of the two policies that the project is built from.
func TestExamplesHoldEveryRow(t *testing.T) {
	for name, want := range map[string]string{
		"classroom-school.yaml": `A1 accounts accounts accounts accounts
A2 accounts accounts comments
A3 accounts accounts
A4 pupil-email
A5 comments
A6 comments
A7 names check_in:social-media-page
A8 check_in:social-media-page
A9 record:takedown
A10 accounts accounts
A11 accounts
A12 settings record:under-age-app
A13 settings
A14 devices check_in:devices
A15 check_in:filtering record:filtering
A16 reminder:policy-review reminder:agreement record:policy-read
A17 reminder:committee reminder:governor-report
A18 reminder:training reminder:parents-event reminder:staff-training
A19 record:incidents comments
A20 reminder:photo-permission check_in:social-media-page names
A21 check_in:observations record:consents
A22 accounts
A23 sharing sharing sharing sharing settings devices
A24 record:audit
A25 record:data-breach
A26 record:approved-services accounts
A27 check_in:shared-devices
A28 accounts accounts devices
`,
		"dojo-school.yaml": `B1 check_in:class-dojo reminder:class-dojo-posts accounts
B2 pupil-email
B3 comments
B4 record:access
B5 record:incidents comments reminder:governor-report
B6 record:incidents
B7 names check_in:website
B8 sharing
B9 reminder:policy-review record:policy-read
B10 record:audit
B11 accounts settings
B12 record:filtering
B13 accounts accounts record:visitors
B14 settings accounts
B15 sharing
B16 settings check_in:meetings
B17 reminder:monitoring-notice
B18 record:complaints
B19 record:approved-services accounts
B20 check_in:filtering check_in:filtering-leaders record:filtering record:filter-changes reminder:governor-report
B21 record:changes
B22 reminder:photo-permission record:consents
B23 record:exceptions
B24 reminder:governor-meeting reminder:training record:meetings
B25 sharing sharing sharing devices check_in:off-site-data
B26 record:approved-blogs check_in:staff-blogs comments
`} {
		var have strings.Builder
		for _, c := range example(t, name).Clauses {
			have.WriteString(c.ID)
			for _, m := range c.MetBy {
				if m.Kind == Check {
					fmt.Fprintf(&have, " %s", m.Name)
				} else {
					fmt.Fprintf(&have, " %s:%s", m.Kind, m.Name)
				}
			}
			have.WriteByte('\n')
		}
		if d := cmp.Diff(want, have.String()); d != "" {
			t.Errorf("%s (-want +have):\n%s", name, d)
		}
	}
}

// TestExamplesUseEveryRule: between them the two schools ask for every rule of what is built.
func TestExamplesUseEveryRule(t *testing.T) {
	used := map[string]bool{}
	for _, name := range []string{"classroom-school.yaml", "dojo-school.yaml"} {
		for _, c := range example(t, name).Clauses {
			for _, m := range c.MetBy {
				for _, r := range m.Rules() {
					used[m.Name+"."+r] = true
				}
			}
		}
	}
	for _, check := range meansNames(Check) {
		if !Built(Check, check) {
			continue
		}
		for _, r := range Rules(check) {
			if !used[check+"."+r] {
				t.Errorf("no example uses %s.%s", check, r)
			}
			if RuleWords(check, r) == strings.ReplaceAll(r, "-", " ") {
				t.Errorf("%s.%s has no words of its own", check, r)
			}
		}
		if len(ruleWords[check]) != len(Rules(check)) {
			t.Errorf("%s: words for %d rules of %d", check, len(ruleWords[check]), len(Rules(check)))
		}
	}
}

func TestCatalogueIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, name := range []string{"classroom-school.yaml", "dojo-school.yaml"} {
		for _, c := range example(t, name).Clauses {
			for _, m := range c.MetBy {
				used[string(m.Kind)+":"+m.Name] = true
			}
		}
	}
	for _, k := range catalogue {
		if !used[string(k.kind)+":"+k.name] {
			t.Errorf("no example uses %s: %s", k.kind, k.name)
		}
	}
	built := slices.DeleteFunc(meansNames(Check), func(name string) bool { return !Built(Check, name) })
	if d := cmp.Diff([]string{"accounts", "devices", "pupil-email", "settings", "sharing", "names", "comments"}, built); d != "" {
		t.Errorf("built (-want +have):\n%s", d)
	}
	if !Built(CheckIn, "devices") || !Built(CheckIn, "class-dojo") || Built(Check, "cook") || Rules("cook") != nil {
		t.Error("a check-in or an unknown check is built")
	}
}
