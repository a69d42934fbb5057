package truth

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// madeAt is when most entries of these cases are made, a Tuesday.
const madeAt = "2026-11-03T09:00:00Z"

func entered(at, by, record, entry, until string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "record", "record": %q, "entry": %q, "what": "Ice rink, 4 Ash", "where": "Office, cabinet 2", "until": %q}`, at, by, record, entry, until)
}

func renewed(at, by, record, entry, until string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "renew", "record": %q, "entry": %q, "until": %q}`, at, by, record, entry, until)
}

func endRecord(at, by, record, entry string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "end-record", "record": %q, "entry": %q}`, at, by, record, entry)
}

// keeping is a means that asks for consents.
func keeping(due string) string { return "{record: consents, due: " + due + "}" }

const atOnce = "{record: consents, due: at once}"

// pastDate is the finding on the entry e1.
func pastDate(until string) []string {
	return []string{"record.overdue record/consents-e1: until " + until}
}

// until is one entry of the head's with that date.
func until(date string) []string {
	return []string{entered(madeAt, "head@school.example", "consents", "e1", date)}
}

func TestWhenEntriesAreOverdue(t *testing.T) {
	early := func(date string) []string {
		return []string{entered("2026-09-03T09:00:00Z", "head@school.example", "consents", "e1", date)}
	}
	const summers = "2026-09-02T05:00:00Z"
	runStream(t, []streamCase{
		{name: "nobody has entered anything", means: atOnce},
		{name: "on its date", means: atOnce, decisions: until("2026-11-16")},
		{name: "the day after", means: atOnce, decisions: until("2026-11-15"), want: pastDate("2026-11-15")},
		{name: "at midnight", means: atOnce, now: "2026-11-16T00:00:00Z", decisions: until("2026-11-15")},
		{name: "a second later", means: atOnce, now: "2026-11-16T00:00:01Z", decisions: until("2026-11-15"), want: pastDate("2026-11-15")},
		{name: "midnight in summer", means: atOnce, first: summers, now: "2026-09-09T23:00:00Z", decisions: early("2026-09-09")},
		{name: "a second later in summer", means: atOnce, first: summers, now: "2026-09-09T23:00:01Z", decisions: early("2026-09-09"), want: pastDate("2026-09-09")},

		{name: "hours, from the end of its date", means: keeping("10 hours"), now: "2026-11-16T10:00:00Z", decisions: until("2026-11-15")},
		{name: "hours, over", means: keeping("10 hours"), now: "2026-11-16T10:00:01Z", decisions: until("2026-11-15"), want: pastDate("2026-11-15")},
		// Of Wednesday the 4th: Thursday is the day that it is counted from, and Friday the first counted.
		{name: "a working day", means: keeping("1 working day"), now: "2026-11-06T17:00:00Z", decisions: until("2026-11-04")},
		{name: "a second later", means: keeping("1 working day"), now: "2026-11-06T17:00:01Z", decisions: until("2026-11-04"), want: pastDate("2026-11-04")},
		{name: "over a weekend", means: keeping("1 working day"), now: "2026-11-09T17:00:00Z", decisions: until("2026-11-05")},
		{name: "five working days by default", means: "{record: consents}", now: "2026-11-12T17:00:00Z", decisions: until("2026-11-04")},
		{name: "and a second", means: "{record: consents}", now: "2026-11-12T17:00:01Z", decisions: until("2026-11-04"), want: pastDate("2026-11-04")},
		{name: "severity says nothing of the default", means: "{record: consents, severity: high}", now: "2026-11-12T17:00:00Z", decisions: until("2026-11-04")},
		{name: "over a bank holiday", means: keeping("1 working day"), now: "2026-12-29T17:00:00Z", decisions: until("2026-12-24")},
		{name: "and then no longer", means: keeping("1 working day"), now: "2026-12-29T17:00:01Z", decisions: until("2026-12-24"), want: pastDate("2026-12-24")},
		{name: "school days over an inset day", means: keeping("1 school day"), now: "2026-11-20T17:00:01Z", decisions: until("2026-11-18")},
		{name: "and then", means: keeping("1 school day"), now: "2026-11-23T17:00:01Z", decisions: until("2026-11-18"), want: pastDate("2026-11-18")},
		{name: "school days of high are working days", means: "{record: consents, due: 1 school day, severity: high}", now: "2026-11-20T17:00:01Z", decisions: until("2026-11-18"), want: pastDate("2026-11-18")},
		{name: "school days that never come", means: keeping("1 school day"), now: "2027-09-30T12:00:00Z", decisions: until("2027-07-20")},
		{name: "working days that do", means: keeping("1 working day"), now: "2027-09-30T12:00:00Z", decisions: until("2027-07-20"), want: pastDate("2027-07-20")},
		{name: "every day counts, whoever is in", means: keeping("1 working day"), days: "{head@school.example: [mon], moe@school.example: [mon]}", now: "2026-11-06T17:00:01Z", decisions: until("2026-11-04"), want: pastDate("2026-11-04")},
	})
}

func TestWhichEntriesCount(t *testing.T) {
	one := func(at, what, until string) []string {
		return []string{fmt.Sprintf(`{"at": %q, "by": "head@school.example", "do": "record", "record": "consents", "entry": "e1", "what": %q, "until": %q}`, at, what, until)}
	}
	runStream(t, []streamCase{
		{name: "where may be missing", means: atOnce, decisions: one(madeAt, "Ice rink", "2026-11-15"), want: pastDate("2026-11-15")},
		{name: "what may not", means: atOnce, decisions: one(madeAt, "", "2026-11-15")},
		{name: "without a date", means: atOnce, decisions: one(madeAt, "Ice rink", "")},
		{name: "no date", means: atOnce, decisions: one(madeAt, "Ice rink", "soon")},
		{name: "a date that there is not", means: atOnce, decisions: one(madeAt, "Ice rink", "2026-11-31")},
		{name: "a date of the same day", means: atOnce, decisions: one(madeAt, "Ice rink", "2026-11-03")},
		{name: "of the day before", means: atOnce, decisions: one(madeAt, "Ice rink", "2026-11-02")},
		{name: "of the next day", means: atOnce, decisions: one(madeAt, "Ice rink", "2026-11-04"), want: pastDate("2026-11-04")},
		{name: "of the same day in summer", means: atOnce, first: summer, decisions: one("2026-09-08T23:30:00Z", "Ice rink", "2026-09-09")},
		{name: "of the next day in summer", means: atOnce, first: summer, decisions: one("2026-09-08T23:30:00Z", "Ice rink", "2026-09-10"), want: pastDate("2026-09-10")},
		{name: "in two years", means: atOnce, now: "2028-11-04T09:00:00Z", decisions: one(madeAt, "Ice rink", "2028-11-03"), want: pastDate("2028-11-03")},
		{name: "a day more", means: atOnce, now: "2028-11-05T09:00:00Z", decisions: one(madeAt, "Ice rink", "2028-11-04")},
		{name: "a day more, but in summer a day later", means: atOnce, first: summer, now: "2028-09-12T09:00:00Z", decisions: one("2026-09-08T23:30:00Z", "Ice rink", "2028-09-09"), want: pastDate("2028-09-09")},
		{name: "without an entry", means: atOnce, decisions: []string{entered(madeAt, "head@school.example", "consents", "", "2026-11-15")}},

		{name: "before the start", means: atOnce, decisions: one("2026-10-25T23:59:59Z", "Ice rink", "2026-11-15")},
		{name: "at the start", means: atOnce, decisions: one("2026-10-26T00:00:00Z", "Ice rink", "2026-11-15"), want: pastDate("2026-11-15")},
		{name: "later than now", means: atOnce, now: "2026-11-03T08:59:59Z", decisions: append(until("2026-11-04"), renewed("2026-11-05T09:00:00Z", "head@school.example", "consents", "e1", "2026-11-20"))},
		{name: "renewed later than now", means: atOnce, decisions: append(until("2026-11-04"), renewed("2026-11-16T09:00:01Z", "head@school.example", "consents", "e1", "2026-11-20")), want: pastDate("2026-11-04")},

		{name: "of another record", means: atOnce, decisions: []string{entered(madeAt, "head@school.example", "visitors", "e1", "2026-11-15")}},
		{name: "two entries", means: atOnce, decisions: append(until("2026-11-15"), entered(madeAt, "moe@school.example", "consents", "4.b", "2026-11-04")),
			want: []string{"record.overdue record/consents-4.b: until 2026-11-04", "record.overdue record/consents-e1: until 2026-11-15"}},
		{name: "of no list", means: "{record: exceptions, due: at once}", decisions: []string{entered(madeAt, "head@school.example", "exceptions", "e1", "2026-11-15")}},
		{name: "each clause by its own means", means: atOnce, again: "{record: consents}", decisions: append(until("2026-11-15"), entered(madeAt, "head@school.example", "consents", "e2", "2026-11-04")),
			want: []string{"record.overdue record/consents-e1: until 2026-11-15", "record.overdue record/consents-e2: until 2026-11-04", "A6 record.overdue record/consents-e2: until 2026-11-04"}},
		{name: "two records", means: atOnce, again: "{record: visitors, due: at once}", decisions: append(until("2026-11-15"), entered(madeAt, "head@school.example", "visitors", "v1", "2026-11-04")),
			want: []string{"record.overdue record/consents-e1: until 2026-11-15", "A6 record.overdue record/visitors-v1: until 2026-11-04"}},
		{name: "beside a check-in", means: atOnce, again: halfTermly, decisions: until("2026-11-15"), want: append(pastDate("2026-11-15"), "A6 "+late)},
		{name: "not asked for", means: halfTermly, decisions: until("2026-11-15"), want: []string{late}},
	})
}

// What an entry says is bounded by the characters of it, not by its bytes; a decision that says more makes no entry.
func TestWhatEntriesSay(t *testing.T) {
	one := func(what, where string) []string {
		return []string{fmt.Sprintf(`{"at": %q, "by": "head@school.example", "do": "record", "record": "consents", "entry": "e1", "what": "%s", "where": "%s", "until": "2026-11-15"}`, madeAt, what, where)}
	}
	made := pastDate("2026-11-15")
	runStream(t, []streamCase{
		{name: "one character", means: atOnce, decisions: one("5", ""), want: made},
		{name: "a blank", means: atOnce, decisions: one(" ", "Office")},
		{name: "blanks of every kind", means: atOnce, decisions: one(` \t\r\n\u00a0\u2003\u3000`, "Office")},
		{name: "blanks around something", means: atOnce, decisions: one(" \u00a0Ice rink ", "Office"), want: made},
		{name: "blanks only for where", means: atOnce, decisions: one("Ice rink", "  "), want: made},

		{name: "as much of what as may be", means: atOnce, decisions: one(strings.Repeat("a", 120), ""), want: made},
		{name: "one more", means: atOnce, decisions: one(strings.Repeat("a", 121), "")},
		{name: "in characters of two bytes", means: atOnce, decisions: one(strings.Repeat("é", 120), ""), want: made},
		{name: "one more of them", means: atOnce, decisions: one(strings.Repeat("é", 121), "")},
		{name: "in characters that take two in UTF-16", means: atOnce, decisions: one(strings.Repeat("🛝", 120), ""), want: made},
		{name: "blanks at the end count", means: atOnce, decisions: one(strings.Repeat("a", 120)+" ", "")},

		{name: "as much of where as may be", means: atOnce, decisions: one("Ice rink", strings.Repeat("a", 200)), want: made},
		{name: "one more of where", means: atOnce, decisions: one("Ice rink", strings.Repeat("a", 201))},
		{name: "where in characters of two bytes", means: atOnce, decisions: one("Ice rink", strings.Repeat("é", 200)), want: made},
		{name: "one more of those", means: atOnce, decisions: one("Ice rink", strings.Repeat("é", 201))},
		{name: "both as much as may be", means: atOnce, decisions: one(strings.Repeat("é", 120), strings.Repeat("é", 200)), want: made},

		{name: "what makes no entry is not renewed", means: atOnce, decisions: append(one(" ", ""), renewed("2026-11-04T09:00:00Z", "head@school.example", "consents", "e1", "2026-11-12"))},
	})
}

func TestRenewedAndEnded(t *testing.T) {
	const wed, thu, head = "2026-11-04T09:00:00Z", "2026-11-05T09:00:00Z", "head@school.example"
	then := func(more ...string) []string { return append(until("2026-11-10"), more...) }
	past := pastDate("2026-11-10")
	runStream(t, []streamCase{
		{name: "neither", means: atOnce, decisions: then(), want: past},
		{name: "renewed", means: atOnce, decisions: then(renewed(wed, head, "consents", "e1", "2026-11-20"))},
		{name: "renewed, and late again", means: atOnce, decisions: then(renewed(wed, head, "consents", "e1", "2026-11-12")), want: pastDate("2026-11-12")},
		{name: "to an earlier date", means: atOnce, decisions: []string{until("2026-11-20")[0], renewed(wed, head, "consents", "e1", "2026-11-12")}, want: pastDate("2026-11-12")},
		{name: "the newest counts, not the latest date", means: atOnce, decisions: then(renewed(wed, head, "consents", "e1", "2026-11-20"), renewed(thu, head, "consents", "e1", "2026-11-11")), want: pastDate("2026-11-11")},
		{name: "both at once: the last", means: atOnce, decisions: then(renewed(wed, head, "consents", "e1", "2026-11-11"), renewed(wed, head, "consents", "e1", "2026-11-20"))},
		{name: "by another who keeps it", means: atOnce, decisions: then(renewed(wed, "office@school.example", "consents", "e1", "2026-11-20"))},
		{name: "after its date", means: atOnce, decisions: then(renewed("2026-11-16T08:00:00Z", head, "consents", "e1", "2026-11-17"))},
		{name: "to the same day", means: atOnce, decisions: then(renewed("2026-11-16T08:00:00Z", head, "consents", "e1", "2026-11-16")), want: past},
		{name: "to more than two years", means: atOnce, decisions: then(renewed(wed, head, "consents", "e1", "2028-11-05")), want: past},
		{name: "to no date", means: atOnce, decisions: then(renewed(wed, head, "consents", "e1", "")), want: past},
		{name: "by a teacher", means: atOnce, decisions: then(renewed(wed, "kim@school.example", "consents", "e1", "2026-11-20")), want: past},
		{name: "another entry", means: atOnce, decisions: then(renewed(wed, head, "consents", "e2", "2026-11-20")), want: past},
		{name: "of another record", means: atOnce, decisions: then(renewed(wed, head, "visitors", "e1", "2026-11-20")), want: past},
		{name: "before it was made", means: atOnce, decisions: []string{renewed(madeAt, head, "consents", "e1", "2026-11-20"), until("2026-11-10")[0]}, want: past},
		{name: "one that was not made", means: atOnce, decisions: []string{renewed(wed, head, "consents", "e1", "2026-11-10")}},
		{name: "one that somebody made who may not", means: atOnce, decisions: []string{entered(madeAt, "kim@school.example", "consents", "e1", "2026-11-10"), renewed(wed, head, "consents", "e1", "2026-11-12")}},

		{name: "ended", means: atOnce, decisions: then(endRecord(wed, "moe@school.example", "consents", "e1"))},
		{name: "ended after its date", means: atOnce, decisions: then(endRecord("2026-11-16T08:00:00Z", head, "consents", "e1"))},
		{name: "ended for good", means: atOnce, decisions: then(endRecord(wed, head, "consents", "e1"), renewed(thu, head, "consents", "e1", "2026-11-12"))},
		{name: "ended by a teacher", means: atOnce, decisions: then(endRecord(wed, "kim@school.example", "consents", "e1")), want: past},
		{name: "another ended", means: atOnce, decisions: then(endRecord(wed, head, "consents", "e2")), want: past},
		{name: "of another record ended", means: atOnce, decisions: then(endRecord(wed, head, "approved-blogs", "e1")), want: past},
		{name: "ended before it was made", means: atOnce, decisions: []string{endRecord(madeAt, head, "consents", "e1"), until("2026-11-10")[0]}, want: past},
		{name: "renewed, then ended", means: atOnce, decisions: then(renewed(wed, head, "consents", "e1", "2026-11-12"), endRecord(thu, head, "consents", "e1"))},
		{name: "one of two ended", means: atOnce, decisions: then(entered(madeAt, head, "consents", "e2", "2026-11-10"), endRecord(wed, head, "consents", "e2")), want: past},
	})
}

func TestWhoKeepsARecord(t *testing.T) {
	by := func(who string) []string {
		return []string{entered(madeAt, who, "visitors", "e1", "2026-11-15")}
	}
	const means = "{record: visitors, due: at once}"
	const after, before = "2026-11-03T09:00:01Z", "2026-11-02T09:00:00Z"
	want := []string{"record.overdue record/visitors-e1: until 2026-11-15"}
	runStream(t, []streamCase{
		{name: "by an alias", means: means, decisions: by("Principal@school.example"), want: want},
		{name: "somebody outside who keeps it", means: means, decisions: by("Desk@support.example"), want: want},
		{name: "another one", means: means, decisions: by("helpers@office.example"), want: want},
		{name: "somebody outside who does not", means: means, decisions: by("governor@home.example")},
		{name: "somebody outside whom nobody named", means: means, decisions: by("stranger@home.example")},
		{name: "one of supply", means: means, decisions: by("sue@school.example"), want: want},
		{name: "a pupil who plays the role", means: means, decisions: by("sue@school.example"), files: without(but(sue, `"orgUnitPath": "/Pupils"`))},
		{name: "a guest who does", means: means, decisions: by("sue@school.example"), files: without(but(sue, `"isGuestUser": true`))},
		{name: "of another school of the trust", means: means, units: "[/Pupils, /Staff]", decisions: by("sue@school.example")},
		{name: "switched off since", means: means, decisions: by("moe@school.example"), files: without(but(moe, `"suspended": true, "suspensionTime": "`+after+`"`)), want: want},
		{name: "switched off before", means: means, decisions: by("moe@school.example"), files: without(but(moe, `"suspended": true, "suspensionTime": "`+before+`"`))},
		{name: "deleted since", means: means, decisions: by("moe@school.example"), files: and(without("t3"), "deletedusers.json", deleted(but(moe, `"deletionTime": "`+after+`"`))), want: want},
		{name: "deleted before", means: means, decisions: by("moe@school.example"), files: and(without("t3"), "deletedusers.json", deleted(but(moe, `"deletionTime": "`+before+`"`)))},
		{name: "an address from before the account", means: means, decisions: by("moe@school.example"), files: without(but(moe, `"creationTime": "`+after+`"`))},
	})
}

// Each record is kept by those of the page's table and by those who lead, and by nobody else.
func TestWhoKeepsWhichRecord(t *testing.T) {
	want := map[string][]string{
		"approved-services": {"deputy", "esafety_officer", "headteacher", "it_support", "leaders", "workspace_admin"},
		"approved-blogs":    {"deputy", "esafety_officer", "headteacher", "leaders", "page_host"},
		"visitors":          {"deputy", "esafety_officer", "headteacher", "it_support", "leaders", "page_host"},
		"consents":          {"deputy", "early_years_lead", "esafety_officer", "headteacher", "leaders", "page_host"},
		"meetings":          {"deputy", "esafety_officer", "governor", "headteacher", "leaders"},
		"takedown":          nil,
	}
	made := time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	for name, keep := range want {
		var got []string
		for _, role := range []string{"committee", "deputy", "early_years_lead", "esafety_officer", "governor", "headteacher", "it_support", "leaders", "page_host", "workspace_admin"} {
			p, err := ParsePolicy([]byte("people: {" + role + ": ann@school.example}\nclauses: [{id: A5, met_by: [{record: " + name + ", due: at once}]}]"))
			if err != nil {
				t.Fatal(err)
			}
			tenant := &Tenant{Now: made.AddDate(0, 0, 2), Users: []User{{ID: "u1", PrimaryEmail: "ann@school.example", OrgUnitPath: "/"}},
				Decisions: []Decision{{At: made, By: "ann@school.example", Do: "record", Record: name, Entry: "1", What: "A meeting app", Until: "2026-11-04"}}}
			if found := ComputeFrom(tenant, map[string]Policy{"one": p}, time.Time{}).Policies["one"]; len(found) > 0 {
				got = append(got, role)
			}
		}
		if diff := cmp.Diff(keep, slices.Clip(got)); diff != "" {
			t.Errorf("%s is kept by (-), and by (+):\n%s", name, diff)
		}
	}
}

// Of the meetings with the governor only the one that was entered last is judged.
func TestMeetings(t *testing.T) {
	const means, governor, head = "{record: meetings, due: at once}", "governor@home.example", "head@school.example"
	const tue, wed, thu = "2026-11-03T09:00:00Z", "2026-11-04T09:00:00Z", "2026-11-05T09:00:00Z"
	met := func(at, by, entry, until string) string { return entered(at, by, "meetings", entry, until) }
	past := func(entry, until string) []string {
		return []string{"record.overdue record/meetings-" + entry + ": until " + until}
	}
	runStream(t, []streamCase{
		{name: "one, by the governor", means: means, decisions: []string{met(tue, governor, "e1", "2026-11-10")}, want: past("e1", "2026-11-10")},
		{name: "a newer one", means: means, decisions: []string{met(tue, governor, "e1", "2026-11-10"), met(wed, head, "e2", "2026-11-20")}},
		{name: "a newer one, late too", means: means, decisions: []string{met(tue, governor, "e1", "2026-11-10"), met(wed, head, "e2", "2026-11-09")}, want: past("e2", "2026-11-09")},
		{name: "a newer one with a smaller name", means: means, decisions: []string{met(tue, governor, "e9", "2026-11-20"), met(wed, head, "e10", "2026-11-09")}, want: past("e10", "2026-11-09")},
		{name: "a newer one that does not count", means: means, decisions: []string{met(tue, governor, "e1", "2026-11-10"), met(wed, "kim@school.example", "e2", "2026-11-20")}, want: past("e1", "2026-11-10")},
		{name: "two at one moment", means: means, decisions: []string{met(tue, governor, "e2", "2026-11-10"), met(tue, head, "e1", "2026-11-20")}, want: past("e2", "2026-11-10")},
		{name: "two at one moment, the other way round", means: means, decisions: []string{met(tue, head, "e1", "2026-11-20"), met(tue, governor, "e2", "2026-11-10")}, want: past("e2", "2026-11-10")},
		{name: "of two at one moment the greater name, not number", means: means, decisions: []string{met(tue, head, "e10", "2026-11-20"), met(tue, governor, "e9", "2026-11-10")}, want: past("e9", "2026-11-10")},
		{name: "the newer one was ended", means: means, decisions: []string{met(tue, governor, "e1", "2026-11-10"), met(wed, head, "e2", "2026-11-20"), endRecord(thu, governor, "meetings", "e2")}, want: past("e1", "2026-11-10")},
		{name: "an older one was renewed since", means: means, decisions: []string{met(tue, governor, "e1", "2026-11-10"), met(wed, head, "e2", "2026-11-20"), renewed(thu, head, "meetings", "e1", "2026-11-09")}},
		{name: "the newer one was renewed", means: means, decisions: []string{met(tue, governor, "e1", "2026-11-20"), met(wed, head, "e2", "2026-11-10"), renewed(thu, governor, "meetings", "e2", "2026-11-20")}},
		{name: "both ended", means: means, decisions: []string{met(tue, governor, "e1", "2026-11-10"), met(wed, head, "e2", "2026-11-10"), endRecord(thu, head, "meetings", "e1"), endRecord(thu, head, "meetings", "e2")}},
		{name: "each clause judges the last by its own means", means: means, again: "{record: meetings, due: 72 hours}", decisions: []string{met(tue, governor, "e1", "2026-11-04"), met(wed, head, "e2", "2026-11-14")}, want: past("e2", "2026-11-14")},
	})
}

func TestWrongRecords(t *testing.T) {
	if _, err := ParsePolicy([]byte("clauses: [{id: A5, met_by: [{record: visitors, due: soon}]}]")); err == nil || !strings.Contains(err.Error(), "clause A5: due: ") {
		t.Errorf("a list that is due soon: %v", err)
	}
	dir := t.TempDir()
	twice := []string{entered(madeAt, "head@school.example", "consents", "e1", "2026-11-15"), entered(madeAt, "head@school.example", "visitors", "e1", "2026-11-15")}
	if err := os.WriteFile(filepath.Join(dir, "decisions.jsonl"), []byte(strings.Join(twice, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Compute(dir, time.Time{}); err == nil || !strings.Contains(err.Error(), `decisions.jsonl: the entry "e1" is made twice`) {
		t.Errorf("an entry that is made twice: %v", err)
	}
}
