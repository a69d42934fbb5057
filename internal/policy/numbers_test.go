package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		text string
		want Numbers
		ok   bool
	}{
		{"", Numbers{}, true},
		{"numbers: {lado: 020 7946 0101, mash: \"0121 496 0102\", council: (0121) 496 0100 ext 4}", Numbers{LADO: "020 7946 0101", MASH: "0121 496 0102", Council: "(0121) 496 0100 ext 4"}, false},
		{"numbers: {lado: 020 7946 0101, mash: \"0121 496 0102\", council: 0121 496 0100 ext 4}", Numbers{LADO: "020 7946 0101", MASH: "0121 496 0102", Council: "0121 496 0100 ext 4"}, true},
		{"numbers: {police_non_emergency: \"101\", data_protection: +44 20 7946 0103}", Numbers{Police: "101", DataProtection: "+44 20 7946 0103"}, true},
		{"numbers: {police_non_emergency: 101}", Numbers{}, false}, // without quotes it is a number, and may lose its first nought
		{"numbers: {lado: ask the office}", Numbers{}, false},
		{"numbers: {ladoo: 020 7946 0101}", Numbers{}, false},
	} {
		p, err := Parse("policy.yaml", []byte(small+c.text+"\n"))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if err != nil {
			if !strings.Contains(err.Error(), "lado") && !strings.Contains(err.Error(), "telephone") {
				t.Errorf("%s: %v", c.text, err)
			}
			continue
		}
		if d := cmp.Diff(c.want, p.Numbers); d != "" {
			t.Errorf("%s: %s", c.text, d)
		}
	}
}

// What the incident log serves and what is a list on the review site is looked at; records that nothing keeps are not.
func TestRecordsBuilt(t *testing.T) {
	for name, want := range map[string]bool{"incidents": true, "complaints": true, "data-breach": true, "filtering": true, "under-age-app": true, "takedown": true, "meetings": true, "access": true, "policy-read": true,
		"approved-services": true, "approved-blogs": true, "visitors": true, "consents": true} {
		if Built(Record, name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

// An entry of a list has a deadline, whether the policy names one or not; of other records only what the policy says.
func TestRecordDue(t *testing.T) {
	text := strings.Replace(small, "{record: takedown", "{record: visitors}\n      - {record: consents, due: 5 school days}\n      - {record: meetings}\n      - {record: takedown", 1)
	p, err := Parse("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			if m.Kind == Record && m.Name != "takedown" {
				have[m.Name] = m.Due.String()
			}
		}
	}
	if d := cmp.Diff(map[string]string{"visitors": "5 working days", "consents": "5 school days", "meetings": "5 working days"}, have); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
}

func TestKeepers(t *testing.T) {
	if have := Keepers("visitors"); !slices.Equal(have, []Role{RolePageHost, RoleITSupport, RoleLeaders, RoleOfficer, RoleDeputy, RoleHead}) {
		t.Errorf("visitors: %v", have)
	}
	if have := Keepers("incidents"); have != nil {
		t.Errorf("the incident log is no list: %v", have)
	}
	for name := range keepers {
		if meansOf(Record, name) == nil {
			t.Errorf("no means is called %s", name)
		}
	}
	text := strings.Replace(small, "{record: takedown", "{record: visitors}\n      - {record: takedown", 1)
	p, err := Parse("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"those who lead on online safety", "visitors whom nobody entered"} {
		if have := strings.Join(strings.Fields(explained(t, p, ExplainOptions{Width: 60})), " "); !strings.Contains(have, want) {
			t.Errorf("explain lacks %q:\n%s", want, have)
		}
	}
}

// Without the weekly e-mail nothing keeps the record audit, and the explained policy says that there is none.
func TestNoWeekly(t *testing.T) {
	for weekly, want := range map[string]bool{"mon": false, "none": true} {
		text := strings.Replace(small, "weekly: none", "weekly: "+weekly, 1)
		p, err := Parse("policy.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Contains(strings.Join(strings.Fields(explained(t, p, ExplainOptions{Width: 60})), " "), "The school wants no weekly e-mail (mail: weekly: none)")
		_, err = Parse("policy.yaml", []byte(strings.Replace(text, "{record: takedown", "{record: audit}\n      - {record: takedown", 1)))
		if (err != nil) != want || said != want {
			t.Errorf("%s: said %v, with the record audit: %v", weekly, said, err)
		}
		if err != nil && !strings.Contains(err.Error(), "found the record audit, which the weekly e-mail keeps") {
			t.Error(err)
		}
	}
}
