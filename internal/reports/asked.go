package reports

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/quantity"
)

// questionLine is a check-in in words.
type questionLine struct {
	Title, Question, Due, Link, Command string
	Overdue                             bool
}

func questionLines(list []AskedOf, now time.Time) []questionLine {
	var out []questionLine
	for _, a := range list {
		l := questionLine{Title: clean(a.Title, maxTitle), Question: clean(a.Question, 400), Link: safeLink(a.Link), Overdue: a.Overdue}
		if l.Link == "" {
			l.Command = a.Command
		}
		switch {
		case a.Overdue:
			l.Due = "It was due on " + dayWords(a.Due, now) + "."
		case !a.Due.IsZero():
			l.Due = "Please answer by " + dayWords(a.Due, now) + "."
		}
		out = append(out, l)
	}
	return out
}

// questions lists what the reader is asked.
func (t *textPage) questions(list []questionLine) {
	if len(list) == 0 {
		return
	}
	t.head(map[bool]string{true: "A question for you", false: "Questions for you"}[len(list) == 1])
	for _, q := range list {
		t.item("* ", q.Title+": "+q.Question)
		if q.Due != "" {
			t.item("  ", q.Due)
		}
		t.link(q.Link)
		if q.Command != "" {
			t.b.WriteString("  " + q.Command + "\n")
		}
		t.b.WriteString("\n")
	}
}

func askedHash(list []AskedOf) []string {
	var out []string
	for _, a := range list {
		out = append(out, fmt.Sprintf("asked %q %v %s", a.Title, a.Overdue, a.Due.UTC().Format(time.DateOnly)))
	}
	return out
}

// QuestionsInput is all that the letter is made of to somebody who is asked or reminded of something, and has no report.
type QuestionsInput struct {
	School   string
	Titles   Titles
	Reader   string
	Now      time.Time
	Location *time.Location // the school's time zone; nil is UTC
	Asks     []AskedOf
	Reminded []Reminded
}

type questionsPage struct {
	School, Date, Greeting, Headline, Lead string
	Questions                              []questionLine
	Reminded                               []Reminded
	Foot                                   []string
}

// headline says how many things there are.
func (in QuestionsInput) headline() string {
	asks, tells := quantity.Of(len(in.Asks), "question", "questions")+" for you", quantity.Of(len(in.Reminded), "reminder", "reminders")
	switch {
	case len(in.Reminded) == 0:
		return asks
	case len(in.Asks) == 0:
		return tells
	}
	return tells + " and " + asks
}

func (in QuestionsInput) lead() string {
	if len(in.Asks) == 0 {
		return "The school's online-safety policy has this on its calendar."
	}
	questions := "These are things that no program can see, so the school's online-safety policy asks you. Yes, no and not sure are all good answers; it takes a few minutes."
	if slices.ContainsFunc(in.Asks, func(a AskedOf) bool { return a.Plain }) {
		questions = "The school's online-safety policy asks you about what no program can see. Whatever you answer helps; it takes a few minutes."
	}
	return questions
}

// Questions writes the letter to somebody who is asked or reminded of something, and has no report. Without either it is an error.
func Questions(in QuestionsInput) (Rendered, error) {
	if len(in.Asks)+len(in.Reminded) == 0 {
		return Rendered{}, errors.New("the letter with questions: nothing is asked; do not send it")
	}
	now := in.Now.UTC()
	if in.Location != nil {
		now = in.Now.In(in.Location)
	}
	school := named(in.School, 80)
	officer := cmp.Or(clean(in.Titles.ESafetyOfficer, 60), "e-safety officer")
	p := questionsPage{
		School: school, Date: now.Format("Monday 2 January 2006"), Headline: in.headline(), Questions: questionLines(in.Asks, now), Reminded: remindedLines(in.Reminded), Lead: in.lead(),
		Foot: []string{"Written by esafetybot for " + cmp.Or(school, "the school") + ". If it is not for you, tell the " + officer + "."},
	}
	if name := named(in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	r := Rendered{Subject: p.Headline, Hash: sum(sorted(askedHash(in.Asks)))}
	var err error
	if r.HTML, err = renderHTML("asked", p); err != nil {
		return Rendered{}, fmt.Errorf("the letter with questions: %w", err)
	}
	t := &textPage{}
	t.top(p.School+" · "+p.Date, p.Greeting, p.Headline)
	t.para(p.Lead)
	t.reminded(p.Reminded)
	t.questions(p.Questions)
	t.b.WriteString("-- \n")
	for _, f := range p.Foot {
		t.line(f)
	}
	r.Text = t.b.String()
	return r, nil
}
