package policy

import (
	"fmt"

	"esafetybot/internal/calendar"
)

func (b *builder) clauses(v *value) {
	ids := map[string]position{}
	for _, i := range v.list() {
		c := Clause{ID: i.get("id").str(), Says: i.get("says").str(), Source: i.get("source").str(), Line: i.at.line}
		if id := i.get("id"); id != nil {
			if first, twice := ids[c.ID]; twice {
				b.wrong(id.at, fmt.Sprintf("found the clause %s a second time (the first is on %s)", show(c.ID), first), "each id once", "")
			} else {
				ids[c.ID] = id.at
			}
		}
		c.DealsWithIt = b.role(i.get("deals_with_it"))
		once := map[string]position{}
		for _, m := range i.get("met_by").list() {
			if means, ok := b.means(m, once); ok {
				c.MetBy = append(c.MetBy, means)
			}
		}
		b.p.Clauses = append(b.p.Clauses, c)
	}
}

// role reads a role that somebody has to have.
func (b *builder) role(v *value) Role {
	if v == nil {
		return ""
	}
	r := Role(v.text)
	// A person who is named, but wrongly, has been complained about.
	if people := b.root.get("people"); !r.PerClass() && people != nil && !people.has(v.text) {
		b.wrong(v.at, fmt.Sprintf("found the role %s, which nobody in people has", show(v.text)), "a role that somebody has", "")
	}
	return r
}

// means reads one means. What a clause may name only once is kept in once.
func (b *builder) means(v *value, once map[string]position) (Means, bool) {
	m := Means{Line: v.at.line}
	there := v.among(kinds)
	if len(there) != 1 || v.get(there[0]) == nil {
		return m, false // has been complained about
	}
	m.Kind, m.Name = Kind(there[0]), v.get(there[0]).str()
	m.Severity = v.get("severity").str()
	m.WhenNotMet = v.get("when_not_met").str()
	m.Every = v.get("every").str()
	if v.has("ask") {
		m.Ask = b.role(v.get("ask"))
	}
	if d := v.get("due"); d != nil {
		m.Due, _ = calendar.ParseDeadline(d.text)
	}
	if m.Severity == "" {
		m.Severity = defaultOtherSeverity
	}
	switch m.Kind {
	case Check:
		if m.WhenNotMet == "" {
			m.WhenNotMet = defaultWhenNotMet
		}
		if m.Due.IsZero() {
			m.Due = defaultDue[m.Severity]
		}
	case CheckIn:
		if m.Due.IsZero() {
			m.Due = defaultCheckInDue
		}
	case Reminder:
		if m.Due.IsZero() && m.Ask != "" {
			m.Due = defaultConfirmDue
		}
	case Record:
		switch {
		case !m.Due.IsZero():
		case Keepers(m.Name) != nil, m.Name == PolicyRead:
			m.Due = defaultKeptDue
		}
		if m.Name == RecordAudit && b.p.Mail.NoWeekly {
			b.wrong(v.at, "found the record audit, which the weekly e-mail keeps, and the school wants none (mail: weekly: none)", "mail: weekly: the day on which it goes, or a clause without the record audit", "")
		}
		if m.Name == PolicyRead && !b.root.has("review") {
			b.warn(v.at, "the record policy-read counts from the policy's last review, and the file does not say when that was: add review: {last, every}")
		}
	}
	b.with(v, &m, once)
	return m, true
}

// once complains if a clause names the same thing twice.
func (b *builder) once(v *value, once map[string]position, what string) {
	if v == nil {
		return
	}
	if first, twice := once[what]; twice {
		b.wrong(v.at, fmt.Sprintf("found %s a second time in this clause (the first is on %s)", what, first), "each once", "")
		return
	}
	once[what] = v.at
}
