package reports

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Entries of the incident log and of each list are told apart, although one rule finds them all; and the list says which rule it was.
func TestRecordsHaveTheirOwnWords(t *testing.T) {
	entry := func(n int, subject, name string) Matter {
		m := aMatter(n, "A26", recordRule, "medium", subject, Person{})
		m.Name, m.Details = name, []string{"ran out on 5 October 2026"}
		return m
	}
	in := only(
		entry(1, "record/approved-services-0a", "Approved services: an entry"), entry(2, "record/approved-services-0b", "Approved services: an entry"),
		entry(3, "record/consents-0c", "Written consents: an entry"), entry(4, "entry/1", "an entry"), entry(5, "record/visitors-0d", "Visitors who signed: an entry"),
		entry(6, "record/approved-blogs-0e", "Approved blogs: an entry"), entry(7, "record/audit", "The weekly e-mail"),
	)
	titles, _ := groupsOf(t, in)
	if diff := cmp.Diff([]string{
		"# Records", "1 weekly e-mail is missing: none was sent for ten school days", "1 approval of a staff blog has run out, and nobody has renewed it", "1 visitor's signature has run out, and nobody has renewed it",
		"1 set of written consents has run out, and nobody has renewed it", "2 approvals of apps or services have run out, and nobody has renewed them",
		"# The incident log", "1 entry of the incident log is past its time",
	}, titles); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	r := render(t, in)
	for _, want := range []string{"Approved services: an entry", "ran out on 5 October 2026", "renew the approval"} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("the mail lacks %q:\n%s", want, r.Text)
		}
	}
	if n := strings.Count(string(r.Matters), recordRule); n != 7 {
		t.Errorf("the list names the rule %d times:\n%s", n, r.Matters)
	}
	if have := Words(recordRule); strings.Contains(have, "incident") {
		t.Errorf("of a record that is not known: %q", have)
	}
}
