package doctor

import (
	"testing"

	"esafetybot/internal/policy"
)

// The trust's lead is told once, by the best that any school's Google account shows; what nobody could look up is not said to work.
func TestTrustLead(t *testing.T) {
	const who = "dsl@trust.example"
	at := func(domains []string, accounts map[string]*standing, groups map[string]bool) *examination {
		return &examination{Setup: Setup{Lead: "DSL@trust.example", Policy: &policy.Policy{}}, customer: domains, account: accounts, groups: groups}
	}
	unread := at(nil, nil, nil)
	other := at([]string{"oak.example"}, map[string]*standing{}, nil)
	without := at([]string{"trust.example"}, map[string]*standing{}, nil)
	off := at([]string{"trust.example"}, map[string]*standing{who: {}}, nil)
	there := at([]string{"trust.example"}, map[string]*standing{who: {active: true}}, nil)
	list := at([]string{"trust.example"}, map[string]*standing{}, map[string]bool{who: true})
	for name, c := range map[string]struct {
		of   []*examination
		want Status
	}{
		"no school": {nil, Unknown}, "not read": {[]*examination{unread}, Unknown}, "elsewhere": {[]*examination{other, unread}, Unknown}, "gone": {[]*examination{other, without}, Fails},
		"switched off": {[]*examination{off, other}, Fails}, "there": {[]*examination{other, there, unread}, Works}, "a group": {[]*examination{without, list}, Works},
	} {
		var of []*Report
		for _, x := range c.of {
			of = append(of, &Report{lead: x.lead()})
		}
		if i := TrustLead(who, of); i.Status != c.want || i.Status == Fails && (i.Next == "" || i.Without == "") {
			t.Errorf("%s: %+v", name, i)
		}
	}
}
