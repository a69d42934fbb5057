package policy

import (
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

// What the incident log serves is looked at; records that nothing keeps are not.
func TestRecordsBuilt(t *testing.T) {
	for name, want := range map[string]bool{"incidents": true, "complaints": true, "data-breach": true, "filtering": true, "under-age-app": true, "takedown": true, "meetings": false, "consents": false} {
		if Built(Record, name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
