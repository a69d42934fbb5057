package web

import (
	"context"
	"net/http"

	"esafetybot/internal/calendar"
	"esafetybot/internal/closures"
	"esafetybot/internal/decisions"
)

// closedForm is the name of the forms that say that the school is closed, or open after all.
const closedForm = "closed"

type closedPage struct {
	Today, First, Last string
	TodayWords         string
	SchoolDay          bool // today is one, as far as is known
	Days               []closedDay
	Token, Form        string
}

type closedDay struct {
	Date, Words, Form string
	Noted             bool // the worker has not taken it up yet
}

// calendar is the policy's calendar, with the days on which somebody said that the school is closed.
func (s *Site) calendar(ctx context.Context) (*calendar.Calendar, error) {
	p, err := closures.With(ctx, s.Main, s.Policy)
	if err != nil {
		return nil, err
	}
	return p.Calendar, nil
}

// closed shows on which days the school is closed.
func (s *Site) closed(w http.ResponseWriter, r *http.Request, p *person) error {
	if !p.mayCover() {
		return notYours("Only the office and those who lead on online safety say that the school is closed.")
	}
	book, err := closures.Open(r.Context(), s.Main)
	if err != nil {
		return err
	}
	today := s.today()
	page := closedPage{
		Today: today.String(), TodayWords: today.Words(), First: today.AddDays(-7).String(), Last: today.AddDays(31).String(), SchoolDay: book.Calendar(s.Policy.Calendar).IsSchoolDay(today),
		Token: s.SignIn.Token(r.Context(), closedForm), Form: formID(),
	}
	heard, err := decisions.Recent(r.Context(), s.Decisions, s.Main, s.Clock().Add(-pendingFor), decisions.Closed, decisions.NotClosed)
	if err != nil {
		return err
	}
	noted := map[string]bool{} // date → closed
	for i := len(heard) - 1; i >= 0; i-- {
		if heard[i].Judgement == nil {
			noted[heard[i].From] = heard[i].Do == decisions.Closed
		}
	}
	add := func(date string, fresh bool) {
		d, err := calendar.ParseDate(date)
		if err == nil && !d.Before(today.AddDays(-7)) {
			page.Days = append(page.Days, closedDay{Date: date, Words: d.Words(), Form: formID(), Noted: fresh})
			page.SchoolDay = page.SchoolDay && d != today
		}
	}
	for _, d := range book.Days {
		if yes, said := noted[d.Date]; !said || yes {
			add(d.Date, false)
		}
		delete(noted, d.Date)
	}
	for date, yes := range noted {
		if yes {
			add(date, true)
		}
	}
	return s.page(w, r, p, "closed", "School is closed", page)
}

// close notes that the school is closed on a day, or open after all.
func (s *Site) close(do, notice string) func(http.ResponseWriter, *http.Request, *person) error {
	return func(w http.ResponseWriter, r *http.Request, p *person) error {
		form, err := s.form(r, closedForm)
		if err != nil {
			return err
		}
		if !p.mayCover() {
			return notYours("Only the office and those who lead on online safety say that the school is closed.")
		}
		date, err := calendar.ParseDate(r.PostForm.Get("date"))
		if err != nil {
			return badForm()
		}
		if n := s.today().DaysUntil(date); do == decisions.Closed && (n < -7 || n > 31 || !s.Policy.Calendar.IsSchoolDay(date)) {
			return refusal{
				Status: http.StatusBadRequest, Reason: "dates", Title: "This day does not fit", Why: "It is no school day anyway, or it is more than a week ago or a month away. Nothing was changed.",
				Do: "Go back and choose the day again. Longer closures stand in the policy's calendar.",
			}
		}
		return s.decide(w, r, p, form+" "+date.String(), []decisions.Decision{{Do: do, From: date.String()}}, "/closed", notice)
	}
}
