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
		"classroom-school.yaml": `A1 accounts
A2 accounts comments
A3 accounts
A4 pupil-email
A5 comments
A6 comments
A7 names check_in:social-media-page
A8 check_in:social-media-page
A9 record:takedown
A10 accounts
A11 accounts
A12 settings record:under-age-app
A13 settings
A14 devices check_in:devices
A15 check_in:filtering record:filtering
A16 reminder:policy-review reminder:agreement record:policy-read
A17 reminder:committee reminder:governor-report
A18 reminder:training
A19 record:incidents
A20 reminder:photo-permission check_in:social-media-page names
A21 check_in:observations record:consents
A22 accounts
A23 sharing sharing sharing sharing settings devices
A24 record:audit
A25 record:data-breach
A26 record:approved-services accounts
A27 check_in:shared-devices
A28 accounts devices
`,
		"dojo-school.yaml": `B1 check_in:class-dojo reminder:class-dojo-posts accounts
B2 pupil-email
B3 comments
B4 record:access
B5 record:incidents reminder:governor-report
B6 record:incidents
B7 names check_in:website
B8 sharing
B9 reminder:policy-review record:policy-read
B10 record:audit
B11 accounts settings
B12 record:filtering
B13 accounts record:visitors
B14 settings accounts
B15 sharing
B16 settings check_in:meetings
B17 reminder:monitoring-notice
B18 record:complaints
B19 record:approved-services accounts
B20 check_in:filtering check_in:filtering-leaders record:filtering reminder:governor-report
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
				if w, ok := m.With.(*SharingWith); ok {
					for _, r := range w.Rules {
						used[r] = true
					}
				}
			}
		}
	}
	for _, r := range Rules("sharing") {
		if !used[r] {
			t.Errorf("no example uses sharing.%s", r)
		}
		if RuleWords("sharing", r) == strings.ReplaceAll(r, "-", " ") {
			t.Errorf("sharing.%s has no words of its own", r)
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
	if !Built(Check, "sharing") || Built(CheckIn, "sharing") || Built(Check, "devices") || slices.Contains(Rules("cook"), "") {
		t.Error("only the check sharing is built")
	}
}
