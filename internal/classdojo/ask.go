package classdojo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
)

// What no source sees a person is asked, per class and for the School Story. These are the questions and what an answer means; who asks, and keeps what was answered, is elsewhere.

// checkIn is the check-in of the policy that is asked per class.
const checkIn = "class-dojo"

// CheckIn is the name of the check-in on one class: "class-dojo-CLASS", "class-dojo-school". It is fit for a key of the store.
func CheckIn(class string) string { return checkIn + "-" + class }

// ParseCheckIn gives the class of such a name.
func ParseCheckIn(name string) (class string, ok bool) {
	class, ok = strings.CutPrefix(name, checkIn+"-")
	return class, ok && validClass(class)
}

// Ids of the questions.
const (
	AskComments  = "comments"
	AskModerator = "moderator"
	AskLooked    = "looked"
	AskChannel   = "channel" // of a class only
)

// What may be answered.
const (
	On     = "on"
	Off    = "off"
	Yes    = "yes"
	No     = "no"
	Unsure = "not-sure"

	Teacher = "teacher" // of the class
	Leader  = "leader"
	Other   = "other" // somebody else of the school's
	Nobody  = "nobody"
)

// Choice is one answer to choose.
type Choice struct{ Value, Words string }

// Question is asked on the review site.
type Question struct {
	ID      string
	Asks    string
	Choices []Choice // nil: a date is asked for
	Link    string   // opens the page of ClassDojo on which to look; "" if there is none
	Help    string   // where to look there, in one line
}

var unsure = Choice{Unsure, "Not sure"}

// Questions are what is asked about a class, or about the School Story.
func Questions(class string) []Question {
	story := Target{Kind: Story, Class: class}.Link()
	if class == School {
		return []Question{
			{AskComments, "Can people comment on the School Story?", []Choice{{On, "Yes, comments are on"}, {Off, "No, comments are off"}, unsure}, SettingsLink(class), "School settings, “Enable comments”"},
			{AskModerator, "Who looks at what is written there?", []Choice{{Leader, "A leader"}, {Other, "Somebody else at the school"}, {Nobody, "Nobody"}, unsure}, "", ""},
			{AskLooked, "When did one of them last look through it? Leave it empty if nobody has.", nil, story, "Scroll to what you know, open the comments of what is new"},
		}
	}
	return []Question{
		{AskComments, "Can parents and pupils comment on the Class Story?", []Choice{{On, "Yes, comments are on"}, {Off, "No, comments are off"}, unsure}, SettingsLink(class), "Class settings; only the owner of the class can change them"},
		{AskModerator, "Who looks at what is written there?", []Choice{{Teacher, "A teacher of the class"}, {Leader, "A leader"}, {Other, "Somebody else at the school"}, {Nobody, "Nobody"}, unsure}, "", ""},
		{AskLooked, "When did one of them last look through it? Leave it empty if nobody has.", nil, story, "Scroll to what you know, open the comments of what is new"},
		{AskChannel, "Does everybody who works with the class write to families only through ClassDojo and school e-mail?", []Choice{{Yes, "Yes"}, {No, "No"}, unsure}, "", ""},
	}
}

// Answer is what somebody said of one class.
type Answer struct {
	At        time.Time     `json:"at"`
	By        string        `json:"by"` // Directory id, or the hash of an address outside
	Class     string        `json:"class"`
	Comments  string        `json:"comments"`            // On, Off or Unsure
	Moderator string        `json:"moderator,omitempty"` // may be left out if comments are off
	Looked    calendar.Date `json:"looked,omitzero"`     // zero: nobody has
	Channel   string        `json:"channel,omitempty"`   // of a class: Yes, No or Unsure
}

// AnswerOf reads what was said about a class, by the questions' ids, as a form or a decision holds it: the answer without when and whose it is. What cannot be an answer is an error in words for the one who
// gave it; what is missing from it [Answer.Check] says.
func AnswerOf(class string, said map[string]string) (Answer, error) {
	a := Answer{Class: class}
	for id, value := range said {
		switch id {
		case AskComments:
			a.Comments = value
		case AskModerator:
			a.Moderator = value
		case AskChannel:
			a.Channel = value
		case AskLooked:
			day, err := calendar.ParseDate(value)
			if err != nil {
				return Answer{}, errors.New("the day on which somebody last looked is no date, such as 2026-10-05")
			}
			a.Looked = day
		default:
			return Answer{}, errors.New("something is answered that was not asked")
		}
	}
	return a, nil
}

// Check tells what is missing from an answer, or cannot be. today is the date at the school when it was given.
func (a Answer) Check(today calendar.Date) error {
	switch {
	case !validClass(a.Class):
		return errors.New("the answer does not say about which class it is")
	case a.At.IsZero() || a.By == "":
		return errors.New("the answer does not say whose it is")
	case a.Looked.After(today):
		return errors.New("the day on which somebody last looked is in the future")
	}
	said := map[string]string{AskComments: a.Comments, AskModerator: a.Moderator, AskChannel: a.Channel}
	asked := Questions(a.Class)
	for _, q := range asked {
		if q.ID == AskLooked || q.ID == AskModerator && a.Comments == Off && a.Moderator == "" {
			continue
		}
		if !slices.ContainsFunc(q.Choices, func(c Choice) bool { return c.Value == said[q.ID] }) {
			return fmt.Errorf("“%s” is not answered", q.Asks)
		}
	}
	if a.Channel != "" && !slices.ContainsFunc(asked, func(q Question) bool { return q.ID == AskChannel }) {
		return errors.New("something is answered that was not asked")
	}
	return nil
}

// rhythms are the rhythms of a policy that come round more often than each half-term.
var rhythms = []string{"week", "month"}

// HalfTerm is the rhythm of what was confirmed to be off.
const HalfTerm = "half term"

// Rhythm is how often to ask about a class: as the policy says (every), but only each half-term while the newest answer says that comments are off. A comment that some source told of since, at
// commented, shows that they are not: then it is asked as the policy says. The zero Answer is none; a zero commented is no comment.
func Rhythm(every string, newest Answer, commented time.Time) string {
	if newest.Comments == Off && slices.Contains(rhythms, every) && !commented.After(newest.At) {
		return HalfTerm
	}
	return every
}

// SpotCheck chooses n of the classes for a leader to look into in a period. The same school, period and classes give the same choice, in whatever order the classes stand, so that it can be worked out again
// later; a class that is added or goes changes at most one place of it. school may be any text that stays the same; whoever knows it and this program can work the choice out beforehand, so if nobody is to
// know it then add something secret. The choice is in the order of the draw.
func SpotCheck(school string, period calendar.Range, classes []string, n int) []string {
	all := slices.Clone(classes)
	slices.Sort(all)
	all = slices.Compact(all)
	lot := make(map[string]string, len(all))
	for _, c := range all {
		// JSON keeps the parts apart, whatever they hold, and strings always marshal.
		text, _ := json.Marshal([]string{school, period.First.String(), c})
		sum := sha256.Sum256(text)
		lot[c] = hex.EncodeToString(sum[:])
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(lot[a], lot[b]) })
	return all[:min(max(n, 0), len(all))]
}

// SpotCount is how many classes a leader looks into in a period: one in ten, at least one, at most three.
func SpotCount(classes int) int { return min(3, (classes+9)/10) }

// Answered is the source of what people answered. Its events say that somebody looked.
type Answered struct {
	Calendar *calendar.Calendar
	Answers  []Answer
}

// Name is "check-ins".
func (Answered) Name() string { return FromCheckIns }

// Sight is what people can tell.
func (Answered) Sight() Sight {
	return Sight{
		Sees:   "We see what a teacher or leader answered: whether comments are on, who looks at them, and when somebody last did.",
		Unseen: []string{"whether it is so: ClassDojo shows its settings to no program", "what happened since", "anything of a class about which nobody has answered"},
	}
}

// Events yields each answer that says when somebody looked, as Looked: everything up to At was looked at. Somebody who says "today" looked just now; who names an earlier day looked at some time of
// it, and what happened on that day may have come after, so it counts from the day's beginning.
func (s Answered) Events(context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for _, a := range s.Answers {
			if a.Looked.IsZero() {
				continue
			}
			today := s.Calendar.Date(a.At)
			if err := a.Check(today); err != nil {
				if !yield(Event{}, fmt.Errorf("an answer about ClassDojo (%s) is not used: %w", Item(shownClass(a.Class)), err)) {
					return
				}
				continue
			}
			at := a.At
			if a.Looked != today {
				at = a.Looked.At(0, 0, location(s.Calendar))
			}
			at = at.UTC().Truncate(time.Second)
			e := Event{
				Kind: Looked, Class: a.Class, Link: Target{Kind: Story, Class: a.Class}.Link(), At: at, Count: 1,
				Key: hash("answer", a.By, a.Class, a.At.UTC().Format(time.RFC3339Nano)), From: FromCheckIns, By: a.By,
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// shownClass is what an error may say of a class.
func shownClass(class string) string {
	if validClass(class) {
		return class
	}
	return "unknown"
}

func location(c *calendar.Calendar) *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}
