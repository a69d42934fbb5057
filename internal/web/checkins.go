package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"esafetybot/internal/checkins"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
)

// answerForm is the name of the form that answers a question.
const answerForm = "answer"

// questionList is what is asked of somebody.
type questionList []question

type question struct {
	Name, Title, Text, Look string
	Links                   []checkins.Link
	Period, Due             string
	Asked                   string // of whom, where it is somebody else
	Overdue                 bool
	Answer, Answered        string // "" if there is none
	Noted                   bool   // the answer was given just now
	Token, Form             string
}

// Open counts what they are asked themselves and have not answered.
func (l questionList) Open() int {
	n := 0
	for _, q := range l {
		if q.Answer == "" && q.Asked == "" {
			n++
		}
	}
	return n
}

// questions lists what is asked of somebody now; who leads sees all questions.
func (s *Site) questions(ctx context.Context, p *person) (questionList, error) {
	first, err := memory.FirstLook(ctx, s.Main)
	if err != nil || first.IsZero() {
		return nil, err
	}
	book, err := checkins.Open(ctx, s.Main)
	if err != nil {
		return nil, err
	}
	answers := book.All()
	noted := map[string]string{}
	for d, err := range decisions.Since(ctx, s.Decisions, decisions.Answer, s.Clock().Add(-48*time.Hour)) {
		if err != nil {
			return nil, err
		}
		j, err := decisions.Judged(ctx, s.Main, d.ID)
		if err != nil {
			return nil, err
		}
		if j == nil {
			answers[d.CheckIn] = append(answers[d.CheckIn], checkins.Answer{ID: d.ID, At: d.At, Answer: d.Answer})
			noted[d.CheckIn] = d.Answer
		}
	}
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	in := checkins.Input{Now: s.Clock(), FirstLook: first, Calendar: cal, Asks: checkins.Asks(s.Policy), Answers: answers}
	loc := s.Policy.School.Location
	var out questionList
	for _, st := range in.States() {
		if st.Asked.IsZero() || !p.leads() && !p.plays(policy.Role(st.Role)) || slices.ContainsFunc(out, func(q question) bool { return q.Name == st.Name }) {
			continue
		}
		about := checkins.About(st.Name)
		q := question{
			Name: st.Name, Title: about.Title, Text: about.Question, Look: about.Look, Links: about.Links, Period: "every " + st.Every, Overdue: st.Overdue(s.Clock()), Form: formID(),
			Token: s.SignIn.Token(ctx, answerForm),
		}
		if !p.plays(policy.Role(st.Role)) {
			q.Asked = s.Policy.Title(policy.Role(st.Role))
		}
		if !st.Due.IsZero() {
			q.Due = st.Due.In(loc).Format("Monday 2 January")
		}
		if st.Answer != nil {
			q.Answer, q.Answered, q.Noted = answerWords[st.Answer.Answer], st.Answer.At.In(loc).Format("Monday 2 January"), noted[st.Name] != ""
		}
		out = append(out, q)
	}
	slices.SortStableFunc(out, func(a, b question) int { // what waits comes first
		return boolInt(a.Answer != "") - boolInt(b.Answer != "")
	})
	return out, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

var answerWords = map[string]string{checkins.Yes: "yes", checkins.No: "no", checkins.Unsure: "not sure"}

func (s *Site) checkIns(w http.ResponseWriter, r *http.Request, p *person) error {
	list, err := s.questions(r.Context(), p)
	if err != nil {
		return err
	}
	return s.page(w, r, p, "check-ins", "Questions for me", list)
}

func (s *Site) answer(w http.ResponseWriter, r *http.Request, p *person) error {
	if problem := s.SignIn.Check(r, answerForm); problem != nil {
		return refusal(*problem)
	}
	form, name, said := r.PostForm.Get("form"), r.PostForm.Get("name"), r.PostForm.Get("answer")
	if form == "" || len(form) > 64 || answerWords[said] == "" {
		return badForm()
	}
	asks := checkins.Asks(s.Policy)
	if !slices.ContainsFunc(asks, func(a checkins.Ask) bool { return a.Name == name }) {
		return badForm()
	}
	if !p.leads() && !slices.ContainsFunc(asks, func(a checkins.Ask) bool { return a.Name == name && p.plays(policy.Role(a.Role)) }) {
		return notYours("This question is asked of somebody else.")
	}
	notice := "answered"
	_, err := decisions.Make(r.Context(), s.Decisions, form, decisions.Decision{At: s.Clock(), By: p.By, Do: decisions.Answer, CheckIn: name, Answer: said})
	if errors.Is(err, decisions.ErrTwice) {
		notice, err = "before", nil
	}
	if err != nil {
		return err
	}
	s.Noted()
	http.Redirect(w, r, "/check-ins?noted="+notice, http.StatusSeeOther)
	return nil
}
