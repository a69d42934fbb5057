package termly

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/audit"
	"esafetybot/internal/checkins"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
)

// evidence is what the school year holds of each means.
type evidence struct {
	*gatherer
	answers map[string][]checkins.Answer
	entries []records.Entry
	days    map[string]looked   // by job
	letters map[string][]string // periods of what was sent, by kind
}

// looked is on how many days a job looked to its end in the school year, and when last.
type looked struct {
	days int
	last time.Time
}

// The kinds of letters of the outbox that are records.
var sentAs = map[string]string{policy.RecordChanges: "monthly", "audit": "weekly"}

func openEvidence(ctx context.Context, g *gatherer) (*evidence, error) {
	e := &evidence{gatherer: g, days: map[string]looked{}, letters: map[string][]string{}}
	var err error
	if e.answers, err = g.answers(ctx); err != nil {
		return nil, err
	}
	book, err := records.Open(ctx, g.Store)
	if err != nil {
		return nil, err
	}
	e.entries = book.All()
	for l, err := range outbox.Reader(g.Store).All(ctx, g.year) {
		if err != nil {
			return nil, err
		}
		if l.State == outbox.Sent && !l.Created.After(g.now) && !slices.Contains(e.letters[l.Kind], l.Period) {
			e.letters[l.Kind] = append(e.letters[l.Kind], l.Period)
		}
	}
	return e, nil
}

// looks tells on how many days a job looked.
func (e *evidence) looks(ctx context.Context, job string) (looked, error) {
	if have, ok := e.days[job]; ok {
		return have, nil
	}
	days, out := map[string]bool{}, looked{}
	ask := store.Ask{Query: "job", Equal: map[string]string{"job": job}, From: store.Time(e.year), To: store.Time(e.now.Add(1))}
	for d, err := range e.Store.Find(ctx, runs.Records, ask) {
		if err != nil {
			return out, err
		}
		var r runs.Record
		if err := json.Unmarshal(d.Body, &r); err != nil {
			return out, fmt.Errorf("run record %s cannot be read from the state: %w", d.Key, err)
		}
		if r.Error != "" || r.Ended.After(e.now) {
			continue
		}
		days[e.cal.Date(r.Started).String()] = true
		out.last = later(out.last, r.Started)
	}
	out.days = len(days)
	e.days[job] = out
	return out, nil
}

func (e *evidence) day(t time.Time) string { return t.In(e.loc).Format("2 January 2006") }

// of is what the year holds of a clause: a sentence each.
func (e *evidence) of(ctx context.Context, c audit.Clause, right int) ([]string, error) {
	var out []string
	add := func(s string) {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	checks := false
	for _, m := range c.MetBy {
		s, err := e.means(ctx, m)
		if err != nil {
			return nil, err
		}
		add(s)
		checks = checks || m.Kind == policy.Check && m.Built()
	}
	if checks {
		add("Put right this year: " + few(right) + "; open now: " + few(c.Open) + ".")
	}
	if len(c.Unseen) > 0 {
		add("Not everything could be seen.")
	}
	return out, nil
}

// few tells a number so that it points at nobody.
func few(n int) string {
	if n < 3 {
		return "fewer than three"
	}
	return fmt.Sprint(n)
}

func (e *evidence) means(ctx context.Context, m policy.Means) (string, error) {
	about := cmp.Or(m.About(), m.Name)
	switch {
	case m.Kind == policy.Reminder:
		return e.reminder(ctx, m)
	case !m.Built() && sentAs[m.Name] == "":
		return upper(about) + ": not known yet.", nil
	case m.Kind == policy.Check || m.Kind == policy.Record && m.Name == policy.RecordAccess:
		job := m.Name
		if m.Kind == policy.Record {
			job = "accounts"
		}
		l, err := e.looks(ctx, job)
		if err != nil || l.days == 0 {
			return upper(about) + ": not looked at this year.", err
		}
		return fmt.Sprintf("%s: looked at on %s, last on %s.", upper(about), count(l.days, "day"), e.day(l.last)), nil
	case m.Kind == policy.CheckIn:
		return e.checkIn(m, about), nil
	case policy.Keepers(m.Name) != nil:
		return e.list(m, about), nil
	case sentAs[m.Name] != "":
		n := len(e.letters[sentAs[m.Name]])
		if n == 0 {
			return upper(about) + ": none was sent this year.", nil
		}
		return fmt.Sprintf("%s: sent %s this year.", upper(about), times(n)), nil
	case m.Name == "exceptions":
		return "Private exceptions are kept on the review site, for the few who may know of them.", nil
	}
	return upper(about) + ": kept in the incident log; the numbers of the term are in the report.", nil
}

// reminder is what is known of one: that it went out is no proof that it was done.
func (e *evidence) reminder(ctx context.Context, m policy.Means) (string, error) {
	about := upper(cmp.Or(m.About(), m.Name))
	if e.Reminders == nil {
		return about + ": not known yet.", nil
	}
	lines, err := e.Reminders.Confirmed(ctx, m.Name, e.year, e.now.Add(time.Nanosecond))
	if err != nil || len(lines) == 0 {
		return about + ": nothing was confirmed this year.", err
	}
	return about + ": " + strings.Join(lines, "; ") + ".", nil
}

// checkIn is how often a question was answered this year, and how last.
func (e *evidence) checkIn(m policy.Means, about string) string {
	n, last := 0, checkins.Answer{}
	for _, a := range e.answers[m.Name] {
		if a.At.Before(e.year) || a.At.After(e.now) {
			continue
		}
		if n++; a.At.After(last.At) {
			last = a
		}
	}
	if n == 0 {
		return upper(about) + ": not answered this year."
	}
	return fmt.Sprintf("%s: answered %s this year, last on %s%s.", upper(about), times(n), e.day(last.At), answered(last))
}

// answered is an answer in words, where it is one word.
func answered(a checkins.Answer) string {
	switch a.Answer {
	case checkins.Yes:
		return " (yes)"
	case checkins.No:
		return " (no)"
	case checkins.Unsure:
		return " (not sure)"
	}
	return ""
}

// list is what a list holds.
func (e *evidence) list(m policy.Means, about string) string {
	holds, over := 0, 0
	for _, x := range e.entries {
		if x.Record != m.Name || x.Made().After(e.now) || !records.Stands(x, e.entries) {
			continue
		}
		if holds++; x.Until().Before(e.cal.Date(e.now)) {
			over++
		}
	}
	kind, _ := records.KindOf(m.Name)
	switch {
	case holds == 0:
		return kind.Title + ": nobody has entered anything."
	case over > 0:
		return fmt.Sprintf("%s: %s, %d of them beyond their date.", kind.Title, count(holds, "entry"), over)
	}
	return fmt.Sprintf("%s: %s, all within their date.", kind.Title, count(holds, "entry"))
}

// filtering is what was answered on the web filter since a moment, and where else it stands.
func (e *evidence) filtering(from time.Time) []string {
	var out []string
	asked := map[string]bool{}
	logged := false
	for _, c := range e.p.Clauses {
		for _, m := range c.MetBy {
			logged = logged || m.Kind == policy.Record && m.Name == "filtering"
			if m.Kind != policy.CheckIn || !slices.Contains(filteringQuestions, m.Name) || asked[m.Name] {
				continue
			}
			asked[m.Name] = true
			about := upper(cmp.Or(m.About(), m.Name)) + ", answered by the " + e.p.Title(m.Ask) + ": "
			var said []string
			for _, a := range e.answers[m.Name] {
				if !a.At.Before(from) && !a.At.After(e.now) {
					said = append(said, map[string]string{checkins.Yes: "yes", checkins.No: "no", checkins.Unsure: "not sure"}[a.Answer]+" on "+e.day(a.At))
				}
			}
			if len(said) == 0 {
				said = []string{"no answer in this term"}
			}
			out = append(out, about+strings.Join(said, ", ")+".")
		}
	}
	if logged {
		out = append(out, "Problems with the filter are entries of the incident log, and in its numbers.")
	}
	if len(out) == 0 {
		out = []string{"The policy asks nothing about the filter."}
	}
	return out
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "y") && what != "day":
		return fmt.Sprint(n, " ", strings.TrimSuffix(what, "y"), "ies")
	}
	return fmt.Sprint(n, " ", what, "s")
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprint(n, " times")
}
