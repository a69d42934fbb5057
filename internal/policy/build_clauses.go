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
			m.Due = defaultDue[m.Severity]
		}
	}
	b.with(v, &m, once)
	return m, true
}

// with reads the parameters of a check, if the program can look at it yet.
func (b *builder) with(v *value, m *Means, once map[string]position) {
	if !Built(m.Kind, m.Name) {
		if m.Kind == Check && v.has("with") {
			b.wrong(v.keyAt("with"), fmt.Sprintf("found %q, but the check %s is not looked at yet", "with", m.Name),
				"the check named without it, until a later version can", "")
		}
		b.once(v.get(string(m.Kind)), once, fmt.Sprintf("the %s %s", m.Kind, m.Name))
		return
	}
	if m.WhenNotMet == Propose || m.WhenNotMet == Fix {
		b.wrong(v.get("when_not_met").where(), fmt.Sprintf("found %q, but %s can only be reported yet", m.WhenNotMet, m.Name), `"report"`, "")
	}
	if !v.has("with") {
		b.wrong(v.keyAt(string(m.Kind)), fmt.Sprintf("found the check %s without %q", m.Name, "with"), "with: "+meansOf(m.Kind, m.Name).shape.what, "")
		return
	}
	raw := v.get("with")
	if raw == nil {
		return
	}
	with := b.fit(raw.node, meansOf(m.Kind, m.Name).shape)
	if with == nil {
		return
	}
	m.With = b.sharing(with, once)
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

func (b *builder) sharing(v *value, once map[string]position) *SharingWith {
	w := &SharingWith{}
	inside := false
	for _, r := range v.get("rules").list() {
		b.once(r, once, "the rule sharing."+r.text)
		w.Rules = append(w.Rules, r.text)
		inside = inside || r.text == "within-school" || r.text == "trust-wide"
	}
	switch {
	case inside && !v.has("confidential"):
		b.wrong(v.get("rules").where(), `found within-school or trust-wide without "confidential"`, "the folders and drives that they are about", "")
	case !inside && v.has("confidential") && len(w.Rules) > 0:
		b.wrong(v.keyAt("confidential"), `found "confidential", which none of these rules reads`, "it only with within-school or trust-wide", "")
	}
	seen := map[string]bool{}
	for _, i := range v.get("confidential").list() {
		c := Confidential{Folder: i.get("folder").str(), Drive: i.get("drive").str(), Name: i.get("name").str()}
		if id := c.Folder + c.Drive; id != "" {
			if seen[id] {
				b.wrong(i.at, fmt.Sprintf("found %s a second time", show(id)), "each place once", "")
			}
			seen[id] = true
		}
		for _, a := range i.get("allowed").list() {
			c.Allowed = append(c.Allowed, b.ourAddress(a))
		}
		w.Confidential = append(w.Confidential, c)
	}
	return w
}
