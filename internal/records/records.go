// Package records is the six records of the policy that are lists which people of the school keep on the review site: approved services, approved blogs, visitors who signed, written consents,
// meetings with the governor, changes of the web filter.
//
// The contract:
//
//   - An entry says what was approved or signed, where the paper is, and until when it holds. It names nobody. Its texts are shown after sign-in, and never logged or mailed.
//   - Who keeps a record may enter, renew and end ([Keeps]); nothing is changed otherwise, and an entry that was ended stays ended.
//   - An entry is overdue when the time that the policy gives after its date has passed ([Check]), unless a newer one has taken its place ([Stands]); a clause whose record has no entry could not be checked ([Empty]). Nothing is ever taken to be fine
//     because nobody entered anything.
//
// docs/comment-rules.md defines every word. Judging is pure; what was entered is kept in a [Book], which only the worker writes.
package records

import (
	"cmp"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
)

// Means is what stands before the dot of the rule.
const Means = "record"

// Overdue is the one rule.
const Overdue = "overdue"

// longest is for how many years an entry may hold before somebody has to look again.
const longest = 2

// Kind is one of the lists, in words for who keeps it.
type Kind struct {
	Name  string // in the policy
	Title string
	Entry string // what an entry is, one sentence
	What  string // what is asked for in an entry
	Where string // likewise
	Until string // likewise
	// Newest: only the entry that was made last can run out. Each new one, such as the next meeting, takes the place of those before it.
	Newest bool
}

// Kinds are the lists, in the order in which they are shown.
var Kinds = []Kind{
	{
		Name: "approved-services", Title: "Approved services", Entry: "An app or service that was risk-assessed and approved.",
		What: "App or service, and what it may be used for", Where: "Where the risk assessment is", Until: "Approved until",
	},
	{
		Name: "approved-blogs", Title: "Approved blogs", Entry: "A staff blog that was approved, and how its readers get in.",
		What: "Blog, and how its readers get in", Where: "Where the approval is", Until: "Approved until",
	},
	{
		Name: "visitors", Title: "Visitors who signed", Entry: "A visitor, technician, governor or parent signed before they got access.",
		What: "Who signed, without a name: “technician of the boiler firm”", Where: "Where the signed form is", Until: "It holds until",
	},
	{
		Name: "consents", Title: "Written consents", Entry: "The written consents of a class or group are complete.",
		What: "Class or group, and how many of how many there are", Where: "Where the consents are kept", Until: "They hold until",
	},
	{
		Name: "meetings", Title: "Meetings with the governor", Entry: "A meeting with the governor was held, and what came of it.",
		What: "When it was, and what came of it, without a name", Where: "Where the minutes are", Until: "The next one is held by", Newest: true,
	},
	{
		Name: "filter-changes", Title: "Changes of the web filter", Entry: "The web filter was changed, and somebody looked at the risk first. The first entry says how it is set today; one that was undone is ended.",
		What: "What was changed on which day, and why", Where: "Who looked at the risk and when (their role, not their name), and where that is written down", Until: "The risk is looked at again by",
	},
}

// KindOf finds a list by its name in the policy.
func KindOf(name string) (Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return Kinds[i], true
}

// Keeps tells whether somebody with these roles keeps a record that is a list.
func Keeps(name string, roles []policy.Role) bool {
	return slices.ContainsFunc(policy.Keepers(name), func(r policy.Role) bool { return slices.Contains(roles, r) })
}

// Latest is the last day until which an entry that is made or renewed on a day may hold.
func Latest(day calendar.Date) calendar.Date {
	return calendar.DateOf(time.Date(day.Year+longest, day.Month, day.Day, 12, 0, 0, 0, time.UTC))
}

// Fits tells whether an entry that is made or renewed on a day may hold until another.
func Fits(day, until calendar.Date) bool { return until.After(day) && !until.After(Latest(day)) }

// Ask is one list that a clause asks for.
type Ask struct {
	Clause   string
	Severity string
	Deals    string // role of who deals with what is overdue
	Record   string
	Due      calendar.Deadline // how long after its date an entry may stay as it is
}

// Asks lists what a policy asks of the lists, in its order.
func Asks(p *policy.Policy) []Ask {
	var out []Ask
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			if m.Kind == policy.Record && policy.Keepers(m.Name) != nil {
				out = append(out, Ask{Clause: c.ID, Severity: m.Severity, Deals: string(c.DealsWithIt), Record: m.Name, Due: m.Due})
			}
		}
	}
	return out
}

// Input is everything a judgement rests on.
type Input struct {
	Now      time.Time
	Calendar *calendar.Calendar
	Asks     []Ask
	Entries  []Entry // of any record, ended ones too
}

// Subject is an entry's identity in a finding.
func Subject(record, id string) string { return "record/" + record + "-" + id }

// ParseSubject takes a subject of [Subject] apart; false if it is none.
func ParseSubject(subject string) (record, id string, ok bool) {
	for _, k := range Kinds {
		if prefix := Subject(k.Name, ""); len(subject) > len(prefix) && subject[:len(prefix)] == prefix {
			return k.Name, subject[len(prefix):], true
		}
	}
	return "", "", false
}

// Stands tells whether an entry still holds, or can run out: it was not ended, and no newer one has taken its place ([Kind].Newest). all are the entries of any record.
func Stands(e Entry, all []Entry) bool {
	if e.Ended != nil {
		return false
	}
	kind, _ := KindOf(e.Record)
	return !kind.Newest || !slices.ContainsFunc(all, func(x Entry) bool {
		return x.Record == e.Record && x.Ended == nil && cmp.Or(x.Made().Compare(e.Made()), cmp.Compare(x.ID, e.ID)) > 0
	})
}

// Deadline is by when an entry has to be renewed or ended; zero where the term dates end before that.
func (in Input) Deadline(a Ask, e Entry) time.Time {
	loc := in.Calendar.Location
	if loc == nil {
		loc = time.UTC
	}
	t, _ := in.Calendar.Due(e.Until().AddDays(1).At(0, 0, loc), a.Due, nil, a.Severity)
	return t
}

// Check judges: findings sorted by clause and subject.
func Check(in Input) []findings.Observed {
	var out []findings.Observed
	for _, a := range in.Asks {
		for _, e := range in.Entries {
			if e.Record != a.Record || !Stands(e, in.Entries) {
				continue
			}
			if due := in.Deadline(a, e); !due.IsZero() && due.Before(in.Now) {
				out = append(out, findings.Observed{
					Clause: a.Clause, Rule: Means + "." + Overdue, Subject: Subject(e.Record, e.ID), Severity: a.Severity, Deals: a.Deals, Facts: []string{"until " + e.Until().String()}, Due: due,
				})
			}
		}
	}
	slices.SortFunc(out, func(a, b findings.Observed) int {
		return cmp.Or(cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Subject, b.Subject))
	})
	return out
}

// Empty lists what is asked of a record without any entry that was not ended.
func Empty(in Input) []Ask {
	return slices.DeleteFunc(slices.Clone(in.Asks), func(a Ask) bool {
		return slices.ContainsFunc(in.Entries, func(e Entry) bool { return e.Record == a.Record && e.Ended == nil })
	})
}
