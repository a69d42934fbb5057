package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/calendar"
)

// longGap is the number of days without a term after which it is more likely that a term was forgotten than that the
// holidays are so long.
const longGap = 60

// placed is something of the calendar and where the file says it.
type placed[T any] struct {
	it T
	at position
}

func (b *builder) calendar(root *value) {
	v := root.get("calendar")
	c := &calendar.Calendar{Location: b.p.School.Location, BankHolidays: cmp.Or(v.get("bank_holidays").str(), calendar.Regions()[0])}
	b.p.Calendar = c
	if !v.has("terms") {
		b.warn(v.where(), "there are no term dates: what is due in school days could not be checked")
	}
	b.terms(c, v.get("terms"))
	for _, i := range v.get("inset").list() {
		d := dateOf(i)
		switch {
		case slices.Contains(c.Inset, d):
			b.wrong(i.at, fmt.Sprintf("found %s a second time", d), "each day once", "")
			continue
		case d.Weekday() == 0 || d.Weekday() == 6:
			b.wrong(i.at, fmt.Sprintf("found %s, a weekend, so that it matches nothing", d.Words()), "Monday to Friday", "")
			continue
		}
		if _, ok := c.Term(d); !ok && len(c.Terms) > 0 {
			b.warn(i.at, "the inset day %s is in no term", d.Words())
		}
		c.Inset = append(c.Inset, d)
	}
	for _, i := range v.get("closures").list() {
		r := calendar.Range{First: dateOf(i), Last: dateOf(i)}
		if i.shape.form == listForm {
			r = b.dates(i)
		}
		if r.IsZero() {
			continue
		}
		if len(c.Terms) > 0 && !slices.ContainsFunc(c.Terms, func(t calendar.Term) bool { return t.Range().Overlaps(r) }) {
			b.warn(i.at, "the closure %s is in no term", r.First.Words())
		}
		c.Closures = append(c.Closures, r)
	}
	for _, i := range v.get("extra_bank_holidays").list() {
		c.ExtraHolidays = append(c.ExtraHolidays, dateOf(i))
	}
	if r := v.get("rollover"); r != nil {
		c.Rollover = b.span(r.get("from"), r.get("until"))
	}
	b.ownNames(v.keyAt("terms"), c)
}

func (b *builder) terms(c *calendar.Calendar, v *value) {
	var terms []placed[calendar.Term]
	for _, i := range v.list() {
		r := b.span(i.get("first"), i.get("last"))
		if r.IsZero() {
			continue
		}
		t := calendar.Term{Name: i.get("name").str(), First: r.First, Last: r.Last}
		if t.First.DaysUntil(t.Last) > 200 {
			b.warn(i.at, "%s lasts from %s: is the year right?", show(t.Name), r)
		}
		if h := i.get("half_term"); h != nil {
			t.HalfTerm = b.dates(h)
			if half := t.HalfTerm; !half.IsZero() && (!half.First.After(t.First) || !half.Last.Before(t.Last)) {
				b.wrong(h.at, fmt.Sprintf("found the half term %s outside its term", half), fmt.Sprintf("days inside %s", r), "")
				t.HalfTerm = calendar.Range{}
			}
		}
		terms = append(terms, placed[calendar.Term]{t, i.at})
	}
	slices.SortStableFunc(terms, func(x, y placed[calendar.Term]) int {
		return strings.Compare(x.it.First.String(), y.it.First.String())
	})
	for n, t := range terms {
		for _, before := range terms[:n] {
			if before.it.Range().Overlaps(t.it.Range()) {
				b.wrong(t.at, fmt.Sprintf("found the term %s (%s), which overlaps %s (%s)",
					show(t.it.Name), t.it.Range(), show(before.it.Name), before.it.Range()), "terms one after the other", "")
			}
		}
		if n > 0 && terms[n-1].it.Last.DaysUntil(t.it.First) > longGap {
			b.warn(t.at, "there are %d days without term dates before %s: is a term missing?",
				terms[n-1].it.Last.DaysUntil(t.it.First), t.it.First.Words())
		}
		c.Terms = append(c.Terms, t.it)
	}
}
