package reminders

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/findings"
)

// The facts of a finding.
const (
	factNobody  = "nobody"   // it has not gone out at all
	factSome    = "some"     // by mail it reached some, but not everybody
	factClass   = "class/"   // it was not posted in this class
	factPeriod  = "period "  // that is not confirmed
	factNotDone = "not-done" // that was answered
)

// The answers of whoever confirms.
const (
	Done    = "done"
	NotDone = "not-done"
)

// Confirm is what somebody said of a period.
type Confirm struct {
	ID     string    `json:"id"` // of the decision
	At     time.Time `json:"at"`
	By     string    `json:"by"` // Directory id, or the hash of an address outside
	Period string    `json:"period"`
	Answer string    `json:"answer"`         // Done or NotDone
	Note   string    `json:"note,omitempty"` // in their own words: for the site alone
}

// Subject is the identity of a period or an occurrence in a finding.
func Subject(name, key string) string { return "reminder/" + name + "-" + key }

// State is how the newest period that is asked for stands.
type State struct {
	Reminder
	Period  string
	Last    Occurrence // the last of the period: from its time on it is asked for
	Confirm *Confirm   // the newest answer; nil without one
}

// Waits tells whether somebody is asked and has not answered.
func (s State) Waits() bool { return s.Confirm == nil }

// Deadline is by when a clause wants the period confirmed; zero where the term dates end before.
func (in Input) Deadline(s State, c Clause) time.Time {
	t, _ := in.Calendar.Due(s.Last.At, c.Due, s.Days, c.Severity)
	return t
}

// Due is the first deadline of a period that is not confirmed; zero where none is known.
func (in Input) Due(s State) time.Time {
	var out time.Time
	for _, c := range s.Clauses {
		if t := in.Deadline(s, c); !t.IsZero() && (out.IsZero() || t.Before(out)) {
			out = t
		}
	}
	return out
}

// States tells how the newest period stands of each reminder that somebody confirms and that was asked for.
func (in Input) States() []State {
	var out []State
	for _, r := range in.Reminders {
		if r.Ask == "" {
			continue
		}
		periods := in.periods(r, in.Now)
		if len(periods) == 0 {
			continue
		}
		last := periods[len(periods)-1]
		s := State{Reminder: r, Period: last.Period, Last: last}
		for _, c := range in.Confirms[r.Name] {
			if c.Period == s.Period && !c.At.After(in.Now) && (s.Confirm == nil || !c.At.Before(s.Confirm.At)) {
				s.Confirm = &c
			}
		}
		out = append(out, s)
	}
	return out
}

// periods lists the last occurrence of each period that is asked for at a moment, in the order of their times.
func (in Input) periods(r Reminder, at time.Time) []Occurrence {
	all, err := in.Occurrences(r)
	if err != nil {
		return nil
	}
	last := map[string]Occurrence{}
	for _, o := range all {
		last[o.Period] = o
	}
	var out []Occurrence
	for _, o := range all {
		if last[o.Period] == o && !o.At.After(at) {
			out = append(out, o)
		}
	}
	return out
}

// Asked tells whether a period of a reminder was asked for at a moment; false too for a reminder that nobody confirms.
func (in Input) Asked(name, period string, at time.Time) (Reminder, bool) {
	for _, r := range in.Reminders {
		if r.Name == name && r.Ask != "" && slices.ContainsFunc(in.periods(r, at), func(o Occurrence) bool { return o.Period == period }) {
			return r, true
		}
	}
	return Reminder{}, false
}

// Check judges: findings sorted by clause, rule and subject.
func Check(in Input) []findings.Observed {
	var out []findings.Observed
	for _, s := range in.States() {
		for _, c := range s.Clauses {
			due := in.Deadline(s, c)
			o := findings.Observed{Clause: c.ID, Rule: Means + "." + Unconfirmed, Subject: Subject(s.Name, s.Period), Severity: c.Severity, Deals: c.Deals, Due: due, Facts: []string{factPeriod + s.Period}}
			switch {
			case s.Confirm != nil && s.Confirm.Answer == Done:
				continue
			case s.Confirm != nil:
				o.Facts, o.Since = []string{factNotDone, factPeriod + s.Period}, s.Confirm.At
			case due.IsZero() || !due.Before(in.Now):
				continue
			}
			out = append(out, o)
		}
	}
	for _, r := range in.Reminders {
		o, facts := in.missed(r)
		if len(facts) == 0 {
			continue
		}
		for _, c := range r.Clauses {
			out = append(out, findings.Observed{Clause: c.ID, Rule: Means + "." + Missed, Subject: Subject(r.Name, o.Key), Severity: c.Severity, Deals: c.Deals, Facts: facts, Since: o.At})
		}
	}
	slices.SortFunc(out, func(a, b findings.Observed) int {
		return cmp.Or(cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
	})
	return out
}

// Gone says of the subject of a finding that is no longer seen whether it was put right: the period was confirmed, or what was missed has reached them since. Else it was only overtaken: the next period
// is asked for, or the rule is another.
func (in Input) Gone(rule, subject string) (putRight bool) {
	for _, r := range in.Reminders {
		rest, ok := strings.CutPrefix(subject, Subject(r.Name, ""))
		if !ok {
			continue
		}
		switch rule {
		case Means + "." + Unconfirmed:
			var newest *Confirm
			for _, c := range in.Confirms[r.Name] {
				if c.Period == rest && (newest == nil || !c.At.Before(newest.At)) {
					newest = &c
				}
			}
			if newest != nil && newest.Answer == Done {
				return true
			}
		case Means + "." + Missed:
			_, facts := in.missed(r)
			all, err := in.Occurrences(r)
			if err == nil && len(facts) == 0 && slices.ContainsFunc(all, func(o Occurrence) bool { return o.Key == rest }) {
				return true
			}
		}
	}
	return false
}
