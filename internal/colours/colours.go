// Package colours says how each clause of the policy stands, in one colour and the reason for it.
//
// The contract ([Of]), in this order:
//
//   - Red: an open finding is overdue, or of high severity.
//   - Amber: any other finding is open, or a check-in waits for an answer.
//   - Could not check: something that the clause needs could not be seen; or a means of it, or the clause as a whole, is not looked at yet, or not lately.
//   - Green: none of these.
//
// Red and amber also say what is unseen. What is agreed until a date and what is only for information makes no colour. The package is pure: data in, colours out; names and titles do not come here.
package colours

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
)

// Colour is how a clause stands.
type Colour string

// The colours, the gravest first. People read [Colour.Words].
const (
	Red     Colour = "red"
	Amber   Colour = "amber"
	Unknown Colour = "could-not-check"
	Green   Colour = "green"
)

// All lists the colours, the gravest first.
var All = []Colour{Red, Amber, Unknown, Green}

// Words says the colour in words, since not everybody sees colours.
func (c Colour) Words() string {
	switch c {
	case Red:
		return "Red"
	case Amber:
		return "Amber"
	case Green:
		return "Green"
	}
	return "Could not check"
}

// Stale is after what time without a run a clause counts as not looked at: every job runs once a day.
const Stale = 48 * time.Hour

// Job is the newest run of what looks at a means.
type Job struct {
	At      time.Time // zero: it has never run
	Stopped bool      // it came to no end
}

// Input is everything the colours rest on.
type Input struct {
	Now     time.Time
	Clauses []policy.Clause
	Open    []*findings.Finding // every finding that is open; others are passed over
	// Waits says of each clause how many of its check-ins wait for an answer.
	Waits map[string]int
	// Unseen says of each clause what could not be seen of what it needs, in words.
	Unseen map[string][]string
	// Job is the newest run of what looks at a means; false if there is none.
	Job func(policy.Means) (Job, bool)
}

// Clause is how a clause stands.
type Clause struct {
	policy.Clause
	Colour  Colour
	Why     []string // what makes the colour, in a few words each; of green what was looked at
	Unseen  []string // what could not be seen, whatever the colour
	Open    int      // findings that are open, information apart
	Overdue int      // of these
	High    int      // of these
	Waits   int      // check-ins without an answer
}

// Of says how each clause stands, in the order given.
func Of(in Input) []Clause {
	open := map[string][]*findings.Finding{}
	for _, f := range in.Open {
		if f.Status == findings.Open && f.Severity != findings.Information {
			open[f.Clause] = append(open[f.Clause], f)
		}
	}
	out := make([]Clause, 0, len(in.Clauses))
	for _, c := range in.Clauses {
		out = append(out, in.one(c, open[c.ID]))
	}
	return out
}

func (in Input) one(clause policy.Clause, open []*findings.Finding) Clause {
	c := Clause{Clause: clause, Open: len(open), Waits: in.Waits[clause.ID], Unseen: in.unseen(clause)}
	for _, f := range open {
		if !f.Due.IsZero() && f.Due.Before(in.Now) {
			c.Overdue++
		}
		if f.Severity == policy.SeverityHigh {
			c.High++
		}
	}
	say := func(n int, one, many string) {
		switch {
		case n == 1:
			c.Why = append(c.Why, "one "+one)
		case n > 1:
			c.Why = append(c.Why, fmt.Sprint(n, " ", many))
		}
	}
	say(c.High, "thing of high severity is open", "things of high severity are open")
	say(c.Overdue, "thing is overdue", "things are overdue")
	if c.High+c.Overdue == 0 {
		say(c.Open, "thing is open", "things are open")
	} else if rest := c.Open - max(c.High, c.Overdue); rest > 0 {
		c.Why = append(c.Why, fmt.Sprint(c.Open, " are open in all"))
	}
	say(c.Waits, "question waits for an answer", "questions wait for an answer")
	switch {
	case c.High+c.Overdue > 0:
		c.Colour = Red
	case c.Open+c.Waits > 0:
		c.Colour = Amber
	case len(c.Unseen) > 0:
		c.Colour, c.Why = Unknown, append(c.Why, "not everything that it needs could be seen")
	default:
		c.Colour, c.Why = Green, append(c.Why, "looked at, and nothing found")
	}
	return c
}

// unseen lists what is not known of a clause.
func (in Input) unseen(c policy.Clause) []string {
	var out []string
	add := func(s string) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(c.MetBy) == 0 {
		add("the clause names nothing by which it is met")
	}
	for _, m := range c.MetBy {
		name := cmp.Or(m.About(), kinds[m.Kind]+" “"+m.Name+"”")
		if !m.Built() {
			add(name + " (not looked at yet)")
			continue
		}
		if !Looks(m) {
			add(name + " (kept on the review site, and no colour tells of it)")
			continue
		}
		switch j, ok := in.Job(m); {
		case !ok || j.At.IsZero():
			add(name + " (has not been looked at)")
		case j.Stopped:
			add(name + " (was not looked at to the end)")
		case in.Now.Sub(j.At) > Stale:
			add(name + " (was last looked at more than two days ago)")
		}
	}
	for _, s := range in.Unseen[c.ID] {
		add(s)
	}
	return out
}

// Looks tells whether a job looks at a means, so that a colour can tell of it.
func Looks(m policy.Means) bool {
	return m.Built() && (m.Kind != policy.Record || policy.Keepers(m.Name) != nil || policy.SentRecord(m.Name) || m.Name == policy.RecordAccess)
}

var kinds = map[policy.Kind]string{policy.Check: "the check", policy.CheckIn: "the question", policy.Reminder: "the reminder", policy.Record: "the record"}
