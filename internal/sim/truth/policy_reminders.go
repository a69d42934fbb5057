package truth

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Review is the block `review` of a policy.
type Review struct {
	Last day
	// Every is how many years lie between two reviews, 0 where the policy does not say.
	Every int
}

// next is the day of the next review; false where the policy does not say how often there is one.
func (r Review) next() (day, bool) {
	y, m, d := r.Last.utc().Date()
	if next, ok := exactDay(y+r.Every, m, d); ok {
		return next, r.Every > 0
	}
	return date(y+r.Every, m, 28), r.Every > 0 // only 29 February comes here
}

// ReminderMeans is one `reminder` below a clause: an entry of `met_by` by itself, also where another one has its name.
type ReminderMeans struct {
	Clause   string
	Name     string
	Ask      string // "" where nobody is asked
	Every    string
	Severity string
	Due      Due
	When     When
	// Hour and Minute are when it is due on its days; a cron line has a time of its own.
	Hour, Minute int
	// To are pupils, teachers, staff or roles.
	To      []string
	Through string
	// As, Poster, Agreed and Classes are of what goes out through Classroom.
	As      string
	Poster  string
	Agreed  []string
	Classes []string
}

type reviewDoc struct {
	Last  string `yaml:"last"`
	Every string `yaml:"every"`
}

type reminderWith struct {
	To      []string `yaml:"to"`
	Through string   `yaml:"through"`
	When    string   `yaml:"when"`
	At      string   `yaml:"at"`
	As      string   `yaml:"as"`
	Poster  string   `yaml:"poster"`
	Agreed  []string `yaml:"agreed"`
	Classes []any    `yaml:"classes"` // ids may be written as numbers
}

// governorReport is the reminder that is the program's own.
const governorReport = "governor-report"

// usualWhen is when those reminders come that have a time of their own, where the policy says nothing.
var usualWhen = map[string]string{
	"policy-review":     "90, 30 and 7 days before the policy's review date",
	"agreement":         "September, first week",
	"photo-permission":  "September, first week",
	"monitoring-notice": "September, first week",
	governorReport:      "last Monday of each term",
}

// yearsOf is how many years a word for a rhythm means, 0 for none.
var yearsOf = map[string]int{"year": 1, "two years": 2, "three years": 3, "four years": 4, "five years": 5}

// readReview takes in the block `review`; nil where the policy has none.
func (p *Policy) readReview(doc *reviewDoc) error {
	if doc == nil {
		return nil
	}
	last, ok := parseDay(doc.Last)
	if !ok {
		return fmt.Errorf("review: last: %q is not a date", doc.Last)
	}
	if doc.Every != "" && yearsOf[doc.Every] == 0 {
		return fmt.Errorf("review: every: %q is not year, two years, …", doc.Every)
	}
	p.Review = &Review{Last: last, Every: yearsOf[doc.Every]}
	return nil
}

// readReminder takes in one `reminder`.
func (p *Policy) readReminder(clause string, doc meansDoc) error {
	with := reminderWith{}
	if doc.With != nil {
		again, err := yaml.Marshal(doc.With)
		if err != nil {
			return err
		}
		if err := yaml.Unmarshal(again, &with); err != nil {
			return err
		}
	}
	m := ReminderMeans{
		Clause: clause, Name: doc.Reminder, Ask: doc.Ask, Every: doc.Every, Severity: doc.Severity, Due: Due{10, "school days"},
		To: with.To, Through: with.Through, As: with.As, Poster: with.Poster, Agreed: with.Agreed,
	}
	for _, id := range with.Classes {
		m.Classes = append(m.Classes, fmt.Sprint(id))
	}
	if m.Through == "" {
		m.Through = "mail"
	}
	if m.As == "" {
		m.As = "draft"
	}
	if err := m.readTo(); err != nil {
		return err
	}
	if doc.Due != "" {
		var err error
		if m.Due, err = parseDue(doc.Due); err != nil {
			return err
		}
	}
	at := with.At
	if at == "" {
		at = "08:30"
	}
	clock, err := time.Parse("15:04", at)
	if err != nil || clock.Hour() < 7 || clock.Hour() > 16 {
		return fmt.Errorf("at: %q is no time from 07:00 to 16:59", at)
	}
	m.Hour, m.Minute = clock.Hour(), clock.Minute()
	when := with.When
	if when == "" {
		when = usualWhen[m.Name]
	}
	if when == "" {
		when = "1 per " + m.Every
	}
	if m.When, err = parseWhen(when); err != nil {
		return err
	}
	p.Reminders = append(p.Reminders, m)
	return nil
}

// readTo fills in to whom a reminder goes.
func (m *ReminderMeans) readTo() error {
	switch m.Through {
	case "mail":
		if slices.Contains(m.To, "pupils") || slices.Contains(m.To, "parents") {
			return fmt.Errorf("to: pupils and parents are not written to by mail")
		}
		switch {
		case m.Name == governorReport:
			m.To = []string{"headteacher", "governor"}
		case len(m.To) > 0:
		case m.Ask != "":
			m.To = []string{m.Ask}
		default:
			m.To = []string{"esafety_officer"}
		}
	case "classdojo", "noticeboard":
		if m.Ask == "" {
			return fmt.Errorf("through %s: ask is missing", m.Through)
		}
		m.To = []string{m.Ask} // who posts it
	case "classroom":
		if !slices.Equal(m.To, []string{"pupils"}) {
			return fmt.Errorf("through classroom: to is [%s], not [pupils]", strings.Join(m.To, ", "))
		}
	default:
		return fmt.Errorf("through: %q is nothing that a reminder goes through", m.Through)
	}
	return nil
}
