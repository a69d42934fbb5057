package policy

import (
	"strings"
	"time"

	"esafetybot/internal/calendar"
)

// Review says when the policy itself was last reviewed, and how often it is.
type Review struct {
	Last  calendar.Date // zero where the file does not say
	Every int           // years
}

// Next is the date on which the policy is to be reviewed next; false where nobody wrote when it last was. 29 February becomes the 28th.
func (r Review) Next() (calendar.Date, bool) {
	if r.Last.IsZero() || r.Every < 1 {
		return calendar.Date{}, false
	}
	next := r.Last
	next.Year += r.Every
	if at := calendar.DateOf(time.Date(next.Year, next.Month, next.Day, 12, 0, 0, 0, time.UTC)); at != next {
		next.Day = 28
	}
	return next, true
}

// Whom a reminder is for, besides roles.
const (
	ToPupils   = "pupils"
	ToTeachers = "teachers" // the active teachers of the school's classes
	ToStaff    = "staff"    // the active accounts of the kind staff
	ToParents  = "parents"
)

// The ways that a reminder takes.
const (
	ThroughMail        = "mail"
	ThroughClassroom   = "classroom"
	ThroughClassDojo   = "classdojo"   // a person posts it
	ThroughNoticeboard = "noticeboard" // likewise
)

// How an announcement in Classroom comes to be.
const (
	AsDraft   = "draft"   // a draft that the class's teachers publish
	AsPoster  = "poster"  // published by an account that is a co-teacher of the classes
	AsTeacher = "teacher" // published in the name of a teacher who agreed to that
)

// GovernorReport is the reminder that the program writes itself: the termly report.
const GovernorReport = "governor-report"

// PolicyReview and PolicyRead are the reminder and the record that rest on when the policy was last reviewed.
const (
	PolicyReview = "policy-review"
	PolicyRead   = "policy-read"
)

// The blocks that `when` and `every` count by.
const (
	BlockWeek     = "week"
	BlockMonth    = "month"
	BlockHalfTerm = "half term"
	BlockTerm     = "term"
	BlockYear     = "year"
)

// TwoYears is the one rhythm that is no block.
const TwoYears = "two years"

// ReminderWith is what a reminder says, to whom, when and how. docs/reminder-rules.md defines every word. It is complete: what the file leaves out is filled in.
type ReminderWith struct {
	To      []string // ToPupils and so on, or roles; in the order of the file
	Through string
	When    When
	At      Clock             // school time; not used where When is a cron line
	Text    string            // "" is the reminder's own
	Themes  map[string]string // of a teaching block or a term, its name in lower case; nil without
	Links   []string          // https
	Confirm string            // "" is the reminder's own
	As      string            // AsDraft and so on; "" but through Classroom
	Poster  string            // address; "" but as AsPoster
	Agreed  []string          // addresses
	Classes []string          // ids of courses; empty is every class
}

// Theme is what a teaching block or, where that has none, its term is about; "" if the policy does not say.
func (w *ReminderWith) Theme(block, term string) string {
	for _, name := range []string{block, term} {
		if t := w.Themes[strings.ToLower(name)]; t != "" {
			return t
		}
	}
	return ""
}

// Posts tells whether a person posts the reminder and says so.
func (w *ReminderWith) Posts() bool {
	return w.Through == ThroughClassDojo || w.Through == ThroughNoticeboard
}

// WhenKind is the form of a When.
type WhenKind string

// The forms.
const (
	WhenPer    WhenKind = "per"    // N per Block; where Term is set of the terms of that name only
	WhenDay    WhenKind = "day"    // the first or last Weekday of each Block
	WhenYearly WhenKind = "yearly" // in the middle of Month
	WhenWeek   WhenKind = "week"   // in the first or last week of Month
	WhenReview WhenKind = "review" // Days before the next review of the policy
	WhenEvery  WhenKind = "every"  // every N days
	WhenCron   WhenKind = "cron"   // as Cron says
)

// When says on which days a reminder is sent. Which fields count depends on Kind.
type When struct {
	Kind    WhenKind
	N       int
	Block   string
	Term    string // as the file writes it
	Last    bool   // the last weekday or week, not the first
	Weekday time.Weekday
	Month   time.Month
	Days    []int
	Cron    string // five fields
}

// PostsInClassroom tells whether any reminder of the policy is posted in Google Classroom, so that the program has to be allowed to.
func (p *Policy) PostsInClassroom() bool {
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			if w, ok := m.With.(*ReminderWith); ok && w.Through == ThroughClassroom {
				return true
			}
		}
	}
	return false
}

// ReminderNames lists the reminders that a policy may name.
func ReminderNames() []string { return meansNames(Reminder) }
