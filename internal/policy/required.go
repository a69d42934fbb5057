package policy

import (
	"fmt"
	"reflect"
	"slices"

	"esafetybot/internal/calendar"
)

// required complains where a school asks for less than the trust requires. It is called when the policy is complete.
func (b *builder) required(merged *value) {
	theirs := b.trust.get("policy").get("clauses").list()
	for i := range b.p.Clauses {
		c := &b.p.Clauses[i]
		n := slices.IndexFunc(theirs, func(t *value) bool { return c.ID != "" && t.get("id").str() == c.ID })
		if n < 0 {
			continue
		}
		t, own := theirs[n], merged.get("clauses").list()[i]
		c.Trust = &Origin{File: b.p.Trust.Path, Line: t.at.line, Required: t.get("required").isTrue()}
		for _, name := range own.names {
			if own.keys[name].file == "" && name != "id" {
				c.Trust.Changed = append(c.Trust.Changed, name)
			}
		}
		if c.Trust.Required {
			b.atLeast(*c, own, t)
		}
	}
}

// atLeast complains where a clause asks for less than the trust's, t, does.
func (b *builder) atLeast(c Clause, own, t *value) {
	if slices.Contains(c.Trust.Changed, "met_by") && own.get("met_by").complete() && len(c.MetBy) == len(own.get("met_by").items) {
		used := make([]bool, len(c.MetBy))
		for _, means := range b.meansOfTrust(t) {
			b.oneAtLeast(c, own, means, used)
		}
	}
	if !slices.ContainsFunc(c.MetBy, func(m Means) bool { return m.Kind == Check && m.Name == "sharing" }) {
		return
	}
	for _, d := range b.root.get("school").get("trusted_domains").list() {
		if d.at.file == "" {
			b.wrong(d.at, fmt.Sprintf("found the trusted domain %s, which the trust does not trust: what it sees would be for information only, and the clause %s is required (%s)", show(d.text), c.ID, t.at),
				"domains under policy: school: trusted_domains in "+b.p.Trust.Path, "")
		}
	}
}

// meansOfTrust are the means of a clause as they would be if the school had changed nothing. What is wrong with them is told when they are used.
func (b *builder) meansOfTrust(t *value) []Means {
	scratch := &builder{complaints: complaints{file: b.file}, p: b.p, root: b.root}
	once := map[string]position{}
	var out []Means
	for _, m := range t.get("met_by").list() {
		if means, ok := scratch.means(m, once); ok {
			out = append(out, means)
		}
	}
	return out
}

// oneAtLeast complains unless one of the school's means that is not used yet asks for as much as one of the trust's.
func (b *builder) oneAtLeast(c Clause, own *value, trust Means, used []bool) {
	less, at := "", own.get("met_by").where()
	for i, m := range c.MetBy {
		if used[i] || m.Kind != trust.Kind || m.Name != trust.Name {
			continue
		}
		why := looser(m, trust)
		if why == "" {
			used[i] = true
			return
		}
		if less == "" {
			less, at = why, own.get("met_by").items[i].at
		}
	}
	where := position{line: trust.Line, file: b.p.Trust.Path}
	if less == "" {
		less = "no such means"
	}
	b.wrong(at, fmt.Sprintf("found less than the trust requires for the clause %s by the %s %s (%s): %s", c.ID, trust.Kind, trust.Name, where, less), "as much or more", "")
}

// looser says in what the school's means asks for less than the trust's, or "".
func looser(m, trust Means) string {
	switch {
	case !reflect.DeepEqual(m.With, trust.With):
		return "another with"
	case slices.Index(severities, m.Severity) > slices.Index(severities, trust.Severity):
		return fmt.Sprintf("severity %s in place of %s", m.Severity, trust.Severity)
	case !noLaterThan(m.Due, trust.Due):
		return fmt.Sprintf("due %s in place of %s", words(m.Due), words(trust.Due))
	case slices.Index(outcomes, m.WhenNotMet) < slices.Index(outcomes, trust.WhenNotMet):
		return fmt.Sprintf("when_not_met: %s in place of %s", m.WhenNotMet, trust.WhenNotMet)
	case trust.Every != "" && (m.Every == "" || slices.Index(rhythms, m.Every) > slices.Index(rhythms, trust.Every)):
		return fmt.Sprintf("every %s in place of every %s", m.Every, trust.Every)
	case trust.Ask != "" && m.Ask == "":
		return "nobody is asked"
	}
	return ""
}

func words(d calendar.Deadline) string {
	if d.IsZero() {
		return "at no time"
	}
	return d.String()
}

// noLaterThan tells whether a deadline is never later than another, whatever the calendar: "at once" is the shortest; a working day holds 24 hours at the least; of school days there are no more than of working days.
func noLaterThan(a, b calendar.Deadline) bool {
	switch {
	case b.IsZero():
		return true
	case a.IsZero():
		return false
	case a.Unit == b.Unit:
		return a.Count <= b.Count
	case a.Unit == calendar.AtOnce:
		return true
	case b.Unit == calendar.AtOnce:
		return false
	}
	days := b.Unit == calendar.WorkingDays || b.Unit == calendar.SchoolDays
	switch a.Unit {
	case calendar.Hours:
		// A deadline of one working day ends at 17:00 of the next one, which may be fewer than 24 hours away: only what is shorter by a day is surely shorter.
		return days && a.Count <= 24*(b.Count-1)
	case calendar.WorkingDays:
		return b.Unit == calendar.SchoolDays && a.Count <= b.Count
	}
	return false
}
