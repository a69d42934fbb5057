// Package truth says which findings a simulated tenant must give.
//
// It is the second opinion on the checks: written from docs/rules.md, docs/account-rules.md,
// docs/comment-rules.md, docs/name-rules.md, docs/reminder-rules.md and docs/settings.md alone, it shares no code and no types with them, and it is naive on purpose.
// The whole tenant is held in memory, there is no paging, no cursor and no memory of an earlier
// run, and every rule is a plain loop. Speed comes second to being easy to compare with the pages
// it is written from.
//
// [Compute] reads a tenant folder (docs/simulator.md) and every *-school.yaml policy in it;
// [ComputeFrom] does the same for a tenant that is in memory already. [Options] has both with the
// time of the first look. None keeps or changes anything, and none looks at the clock of the machine.
package truth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"time"
)

// Truth is what the checks have to find at one moment, for each policy of a tenant.
//
// As JSON it is one object: "now" first, then for each policy, named like its file without
// .yaml, an array of findings; last, where there are any, "reminders": for each policy an array of what goes out.
type Truth struct {
	// Now is the moment the findings are true for, in UTC.
	Now time.Time
	// Policies holds the findings of each policy, sorted by clause, rule and subject.
	Policies map[string][]Finding
	// Reminders holds what goes out of each policy's reminders from the first look on to the end of its calendar, by the policies that have any
	// (see [Options.Reminders]); nil if none has.
	Reminders map[string][]Posting
}

// Finding is one thing that does not match a clause. It names nobody: subjects and facts are
// made of Google's ids.
type Finding struct {
	// Clause is the id of the clause in the policy, such as "A23".
	Clause string `json:"clause"`
	// Rule is the rule of docs/rules.md, docs/account-rules.md, docs/comment-rules.md or docs/name-rules.md with its check in
	// front, such as "sharing.public-link".
	Rule string `json:"rule"`
	// Subject is a kind and an id of Google's, such as "file/ID" or "user/ID"; of a roll's row it
	// is "roll/KEY", of a setting "setting/UNIT/TYPE/FIELD", of a post "post/COURSE-POST", of a document of a class "document/COURSE-FILE", of a blog's "blog-post/BLOG-POST", of a check-in "check-in/NAME", of a class on ClassDojo "dojo/ID", of an entry of a record "record/NAME-ENTRY", of a reminder "reminder/NAME-KEY".
	Subject string `json:"subject"`
	// Facts is sorted and holds nothing twice.
	Facts []string `json:"facts"`
}

// remindersKey is where a truth tells of reminders; no policy is called so.
const remindersKey = "reminders"

// MarshalJSON writes "now", then the policies in the order of their names, then the reminders.
func (t Truth) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"now":%q`, t.Now.UTC().Format(time.RFC3339))
	for _, name := range sortedKeys(t.Policies) {
		findings := t.Policies[name]
		if findings == nil {
			findings = []Finding{}
		}
		k, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		v, err := json.Marshal(findings)
		if err != nil {
			return nil, err
		}
		b.WriteByte(',')
		b.Write(k)
		b.WriteByte(':')
		b.Write(v)
	}
	if len(t.Reminders) > 0 {
		v, err := json.Marshal(t.Reminders)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, `,%q:`, remindersKey)
		b.Write(v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes, so a truth.json or an expected.json.
func (t *Truth) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*t = Truth{Policies: map[string][]Finding{}}
	for name, v := range raw {
		if name == "now" {
			if err := json.Unmarshal(v, &t.Now); err != nil {
				return fmt.Errorf("now: %w", err)
			}
			t.Now = t.Now.UTC()
			continue
		}
		if name == remindersKey {
			if err := json.Unmarshal(v, &t.Reminders); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			continue
		}
		var findings []Finding
		if err := json.Unmarshal(v, &findings); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		t.Policies[name] = findings
	}
	return nil
}

// Options says at what time the truth is told.
type Options struct {
	// Now is the moment the findings are true for; zero is the tenant's own time.
	Now time.Time
	// First is when the program first looked; zero is Now. What happened to a roll before is not known, of the logs
	// only what was 180 days old then, and of comments and decisions only what was made in the week before.
	First time.Time
}

// Compute reads the tenant folder dir and says what must be found in it at now, or at the
// tenant's own time if now is zero, by somebody who looks for the first time. A file of the folder that is missing counts
// as empty, a roll that is missing as one that the policy does not name; a file that cannot be decoded is an error that
// names it.
func Compute(dir string, now time.Time) (Truth, error) {
	return Options{Now: now}.Compute(dir)
}

// Compute is like the function of that name.
func (o Options) Compute(dir string) (Truth, error) {
	t, err := LoadTenant(dir)
	if err != nil {
		return Truth{}, err
	}
	policies, err := LoadPolicies(dir)
	if err != nil {
		return Truth{}, err
	}
	if err := t.LoadRolls(dir, policies); err != nil {
		return Truth{}, err
	}
	return o.ComputeFrom(t, policies), nil
}

// ComputeFrom says what must be found in t at now under each of the policies, or at the tenant's
// own time if now is zero. It reads t only.
func ComputeFrom(t *Tenant, policies map[string]Policy, now time.Time) Truth {
	return Options{Now: now}.ComputeFrom(t, policies)
}

// ComputeFrom is like the function of that name.
func (o Options) ComputeFrom(t *Tenant, policies map[string]Policy) Truth {
	if o.Now.IsZero() {
		o.Now = t.Now
	}
	if o.First.IsZero() {
		o.First = o.Now
	}
	out := Truth{Now: o.Now.UTC(), Policies: map[string][]Finding{}}
	for name, p := range policies {
		w := newWorld(t, p, o.Now)
		found := collection{}
		if len(p.Means) > 0 {
			everywhere := w.everywhere()
			for _, m := range p.Means {
				w.judge(m, everywhere, found)
			}
		}
		if len(p.Accounts)+len(p.Devices)+len(p.PupilEmail)+len(p.Settings)+len(p.Comments)+len(p.CheckIns)+len(p.DojoCheckIns)+len(p.Records)+len(p.Reminders)+len(p.PolicyRead)+len(p.Names) > 0 {
			w.lookAtPeople(o.First)
		}
		if len(p.Comments)+len(p.CheckIns)+len(p.DojoCheckIns)+len(p.Records)+len(p.Reminders)+len(p.PolicyRead) > 0 {
			w.lookAtDecisions()
		}
		for _, m := range p.Accounts {
			w.judgeAccounts(m, found)
		}
		for _, m := range p.Devices {
			w.judgeDevices(m, found)
		}
		for _, m := range p.PupilEmail {
			w.judgePupilEmail(m, found)
		}
		for _, m := range p.Settings {
			w.judgeSettings(m, found)
		}
		for _, m := range p.Comments {
			if m.Classroom {
				w.judgeComments(m, found)
			}
			if m.Documents {
				w.judgeDocuments(m, found)
			}
			if m.Blogs {
				w.judgeBlogs(m, found)
			}
			if m.Dojo {
				w.judgeDojoComments(m, found)
			}
		}
		for _, m := range p.CheckIns {
			w.judgeCheckIn(m, found)
		}
		for _, m := range p.DojoCheckIns {
			w.judgeDojo(m, found)
		}
		for _, m := range p.Records {
			w.judgeRecord(m, found)
		}
		for _, m := range p.PolicyRead {
			w.judgePolicyRead(m, found)
		}
		for _, m := range p.Reminders {
			w.judgeReminder(m, found)
		}
		if going := w.postings(); len(going) > 0 {
			if out.Reminders == nil {
				out.Reminders = map[string][]Posting{}
			}
			out.Reminders[name] = going
		}
		for _, m := range p.Names {
			w.judgeNames(m, found)
		}
		out.Policies[name] = found.sorted()
	}
	return out
}

// identity is what makes two grants belong to one finding.
type identity struct{ clause, rule, subject string }

// collection gathers the facts of each finding.
type collection map[identity]map[string]bool

func (c collection) add(check, clause, rule, subject, fact string) {
	id := identity{clause, check + "." + rule, subject}
	if c[id] == nil {
		c[id] = map[string]bool{}
	}
	c[id][fact] = true
}

func (c collection) sorted() []Finding {
	out := []Finding{}
	for id, facts := range c {
		out = append(out, Finding{id.clause, id.rule, id.subject, sortedKeys(facts)})
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.Clause != b.Clause {
			return a.Clause < b.Clause
		}
		if a.Rule != b.Rule {
			return a.Rule < b.Rule
		}
		return a.Subject < b.Subject
	})
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
