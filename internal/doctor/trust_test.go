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

// A summary says that all is well only where something was seen to be.
func TestSummary(t *testing.T) {
	good, bad, open := Item{Status: Works, What: "a"}, Item{Status: Fails, What: "b", Next: "mend it"}, Item{Status: Unknown, What: "c"}
	for want, items := range map[string][]Item{
		"everything that can be tried works":                                                      {good},
		"everything that can be tried works, 2 things nobody can tell yet":                        {good, open, open},
		"nothing could be tried, 1 thing nobody can tell yet":                                     {open},
		"1 thing does not work; next: mend it, then run doctor again":                             {good, bad},
		"2 things do not work, 1 thing nobody can tell yet; next: mend it, then run doctor again": {bad, bad, open},
	} {
		if have := NewReport(items).Summary(); have != want {
			t.Errorf("%q, want %q", have, want)
		}
	}
}
