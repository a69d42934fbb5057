package policy

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
)

// defaultReminderAt is when a reminder is sent where the policy does not say.
var defaultReminderAt = Clock{8, 30}

// defaultConfirmDue is how long somebody has to confirm a reminder.
var defaultConfirmDue = calendar.Deadline{Count: 10, Unit: calendar.SchoolDays}

// defaultWhen says of reminders whose day does not follow from `every`.
var defaultWhen = map[string]When{
	PolicyReview:        {Kind: WhenReview, Days: []int{90, 30, 7}},
	"agreement":         {Kind: WhenWeek, Month: time.September},
	"photo-permission":  {Kind: WhenWeek, Month: time.September},
	"monitoring-notice": {Kind: WhenWeek, Month: time.September},
	GovernorReport:      {Kind: WhenDay, Last: true, Weekday: time.Monday, Block: BlockTerm},
}

func (b *builder) review(v *value) {
	if v == nil {
		return
	}
	b.p.Review = Review{Last: dateOf(v.get("last")), Every: 1 + max(0, slices.Index(reviewRhythms, v.get("every").str()))}
	if b.p.Review.Last.IsZero() {
		b.p.Review = Review{}
	}
}

// placeholder is what stands for something else in a text.
var placeholder = regexp.MustCompile(`\{[A-Za-z_ ]*\}`)

// reminder reads what a reminder says, to whom, when and how. v is the whole means.
func (b *builder) reminder(v *value, m *Means) {
	w := &ReminderWith{At: defaultReminderAt, Through: ThroughMail}
	m.With = w
	var with *value
	if raw := v.get("with"); raw != nil {
		with = b.fit(raw.node, reminderShape)
	}
	name := v.keyAt(string(Reminder))
	if v.has("due") && !v.has("ask") {
		b.wrong(v.keyAt("due"), `found "due", but nobody is asked`, "it only with ask: how long they have to confirm", "")
	}
	if m.Ask.PerClass() {
		b.wrong(v.get("ask").where(), fmt.Sprintf("found the role %s, which nobody in people has", show(string(m.Ask))), "one of the roles of people", "")
	}
	if t := with.get("through"); t != nil {
		w.Through = t.text
	}
	w.Text, w.Confirm, w.Links, w.Classes = with.get("text").str(), with.get("confirm").str(), with.get("links").texts(), b.distinct(with.get("classes"), strings.TrimSpace)
	b.distinct(with.get("links"), strings.TrimSpace)
	b.reminderTo(v, with, m, w)
	b.reminderWhen(v, with, m, w)
	b.reminderThemes(with, w)
	b.reminderClassroom(with, w)
	if with.has("confirm") && !v.has("ask") {
		b.wrong(with.keyAt("confirm"), `found "confirm", but nobody is asked`, "ask: who confirms", "")
	}
	if w.Posts() && !v.has("ask") {
		b.wrong(with.get("through").where(), fmt.Sprintf("found %s, but nobody who posts it", w.Through), "ask: who posts it and confirms", "")
	}
	if m.Name == GovernorReport && with != nil {
		for _, n := range with.names {
			if n != "when" && n != "at" {
				b.wrong(with.keyAt(n), fmt.Sprintf("found %q, but the program writes the termly report itself", n), `"when" or "at"`, "")
			}
		}
	}
	b.sameReminder(name, m, w)
}

// reminderTo reads whom a reminder is for.
func (b *builder) reminderTo(v, with *value, m *Means, w *ReminderWith) {
	for _, t := range with.get("to").list() {
		if slices.Contains(w.To, t.text) {
			b.wrong(t.at, fmt.Sprintf("found %s a second time", show(t.text)), "each once", "")
			continue
		}
		w.To = append(w.To, t.text)
		switch {
		case w.Through == ThroughClassroom && t.text != ToPupils:
			b.wrong(t.at, fmt.Sprintf("found %s, but what is posted in Classroom is for the pupils of the class", show(t.text)), "to: [pupils]", "")
		case t.text == ToPupils || t.text == ToParents:
			if w.Through == ThroughMail {
				b.wrong(t.at, fmt.Sprintf("found %s, who are never written to by mail", show(t.text)), "through: classroom (pupils), classdojo or noticeboard", "")
			}
		case t.text != ToTeachers && t.text != ToStaff:
			b.role(t)
		}
	}
	if w.To != nil || with.has("to") {
		return
	}
	switch {
	case m.Name == GovernorReport:
		w.To = []string{string(RoleHead), string(RoleGovernor)}
	case w.Through == ThroughClassroom:
		w.To = []string{ToPupils}
	case m.Ask != "":
		w.To = []string{string(m.Ask)}
	default:
		w.To = []string{string(RoleOfficer)}
		if people := b.root.get("people"); people != nil && !people.has(string(RoleOfficer)) {
			b.wrong(v.keyAt(string(Reminder)), "found a reminder for nobody: it names neither to nor ask, and nobody in people is esafety_officer", "with: {to: [teachers]}, or ask", "")
		}
	}
}

// reminderWhen reads on which days a reminder is sent.
func (b *builder) reminderWhen(v, with *value, m *Means, w *ReminderWith) {
	name := v.keyAt(string(Reminder))
	usual, special := defaultWhen[m.Name]
	switch when := with.get("when"); {
	case when != nil:
		var bad *badWhen
		if w.When, bad = parseWhen(when.text); bad != nil {
			b.wrong(when.at, bad.found, bad.expected, bad.nearest)
			return
		}
		b.knownTerm(when, w.When.Term)
	case with.has("when"):
		return // has been complained about
	case special:
		w.When = usual
	case m.Every == TwoYears:
		b.wrong(v.get("every").where(), "found two years, which says no day", "with: {when: …} beside it", "")
	case m.Every != "":
		w.When = When{Kind: WhenPer, N: 1, Block: m.Every}
	case !v.has("every"):
		b.wrong(name, fmt.Sprintf("found the reminder %s without a day", m.Name), "every: "+oneOf(rhythms)+`, or with: {when: …}`, "")
	}
	if w.When.Kind == WhenReview && b.p.Review.Last.IsZero() && !b.root.has("review") {
		b.warn(name, "the reminder %s counts from the policy's review date, and the file does not say when the policy was last reviewed: add review: {last, every}", m.Name)
	}
	if at := with.get("at"); at != nil {
		w.At = clockOf(at.text)
		if w.When.Kind == WhenCron {
			b.wrong(with.keyAt("at"), `found "at" beside a cron line, which says the time itself`, "one of them", "")
		}
	}
}

// knownTerm complains about a term that the calendar does not have.
func (b *builder) knownTerm(at *value, term string) {
	if term == "" || len(b.p.Calendar.Terms) == 0 {
		return
	}
	var known []string
	for _, t := range b.p.Calendar.Terms {
		if strings.EqualFold(t.Name, term) {
			return
		}
		if !slices.Contains(known, t.Name) {
			known = append(known, t.Name)
		}
	}
	b.wrong(at.at, fmt.Sprintf("found the term %s, which the calendar does not have", show(term)), oneOf(known), nearest(term, known))
}

// reminderThemes reads what each block is about, and looks at what stands in braces.
func (b *builder) reminderThemes(with *value, w *ReminderWith) {
	for _, found := range placeholder.FindAllString(w.Text, -1) {
		if found != "{theme}" {
			b.wrong(with.get("text").where(), "found "+show(found), "only {theme} in braces", "")
		}
	}
	themed := strings.Contains(w.Text, "{theme}")
	themes := with.get("themes")
	switch {
	case themed && !with.has("themes"):
		b.wrong(with.get("text").where(), "found {theme}, but no themes", "themes: {Autumn 1: …}", "")
	case themes != nil && w.Text != "" && !themed:
		b.wrong(with.keyAt("themes"), "found themes, which the text does not name", "{theme} in the text", "")
	}
	if themes == nil {
		return
	}
	var blocks []string
	for _, x := range b.p.Calendar.HalfTerms() {
		blocks = append(blocks, x.Name)
	}
	known := slices.Clone(blocks)
	for _, t := range b.p.Calendar.Terms {
		known = append(known, t.Name)
	}
	w.Themes = map[string]string{}
	for _, n := range themes.names {
		if len(known) > 0 && !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, n) }) {
			b.warn(themes.keyAt(n), "the calendar has no block or term %s, so that nobody will see its theme", show(n))
		}
		if w.Themes[strings.ToLower(n)] != "" {
			b.wrong(themes.keyAt(n), fmt.Sprintf("found %s a second time", show(n)), "each block once", "")
		}
		w.Themes[strings.ToLower(n)] = themes.get(n).str()
	}
	for _, t := range b.p.Calendar.Terms {
		if !t.HalfTerm.IsZero() {
			for _, half := range []string{" 1", " 2"} {
				b.themed(themes, w, t.Name+half, t.Name)
			}
			continue
		}
		b.themed(themes, w, t.Name, t.Name)
	}
}

func (b *builder) themed(themes *value, w *ReminderWith, block, term string) {
	if w.Theme(block, term) == "" {
		b.warn(themes.at, "%s has no theme: it is then “online safety”", show(block))
	}
}

// reminderClassroom reads how a reminder is posted in Classroom.
func (b *builder) reminderClassroom(with *value, w *ReminderWith) {
	w.As = with.get("as").str()
	if w.Through != ThroughClassroom {
		for _, n := range []string{"as", "poster", "agreed", "classes"} {
			if with.has(n) {
				b.wrong(with.keyAt(n), fmt.Sprintf("found %q, which only a post in Classroom has", n), "it only with through: classroom", "")
			}
		}
		return
	}
	if w.As == "" {
		w.As = AsDraft
	}
	for n, as := range map[string]string{"poster": AsPoster, "agreed": AsTeacher} {
		if with.has(n) && w.As != as {
			b.wrong(with.keyAt(n), fmt.Sprintf("found %q", n), "it only with as: "+as, "")
		}
	}
	if p := with.get("poster"); p != nil {
		w.Poster = strings.ToLower(p.text)
		if _, domain, _ := strings.Cut(w.Poster, "@"); !slices.Contains(b.p.School.Domains, domain) {
			b.wrong(p.at, fmt.Sprintf("found %s, which is no account of the school", show(p.text)), "an address on "+strings.Join(b.p.School.Domains, " or "), "")
		}
	}
	if w.As == AsPoster && !with.has("poster") {
		b.wrong(with.keyAt("as"), "found as: poster without the account", "poster: the school account that is a co-teacher of the classes", "")
	}
	w.Agreed = b.addresses(with.get("agreed"))
	if w.As == AsTeacher && !with.has("agreed") {
		b.wrong(with.keyAt("as"), "found as: teacher, but nobody who agreed", "agreed: the teachers who agreed that it is posted in their name", "")
	}
}

// sameReminder complains where a reminder of another clause has the same name and is another: what goes out is known by the name.
func (b *builder) sameReminder(at position, m *Means, w *ReminderWith) {
	for _, c := range b.p.Clauses {
		for _, other := range c.MetBy {
			if other.Kind == Reminder && other.Name == m.Name && (other.Ask != m.Ask || other.Every != m.Every || !reflect.DeepEqual(other.With, m.With)) {
				b.wrong(at, fmt.Sprintf("found the reminder %s, which is another in clause %s", m.Name, c.ID), "the same ask, every and with in both: it is sent once for all clauses that name it", "")
				return
			}
		}
	}
}

// ownNames complains about blocks of one school year that share a name, since what was sent is known by it.
func (b *builder) ownNames(at position, c *calendar.Calendar) {
	seen := map[string]bool{}
	for _, t := range c.Terms {
		blocks := []string{t.Name}
		if !t.HalfTerm.IsZero() {
			blocks = append(blocks, t.Name+" 1", t.Name+" 2")
		}
		for _, name := range blocks {
			key := fmt.Sprint(c.YearStart(t.First).Year, " ", strings.ToLower(strings.Join(strings.Fields(name), " ")))
			if seen[key] {
				b.wrong(at, fmt.Sprintf("found the name %s twice in one school year", show(name)), "a name of its own for each term", "")
				return
			}
			seen[key] = true
		}
	}
}
