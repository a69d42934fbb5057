package web

import (
	"context"
	"net/http"
	"slices"

	"esafetybot/internal/checkins"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
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
	Answer, Answered        string      // "" if there is none
	Dojo                    []dojoField // what is asked of a class on ClassDojo, in the place of yes, no and not sure
	Standing, Stood         string      // what was said of it before this period, and when; "" if nothing was
	Noted                   bool        // the answer was given just now
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

// asked reads what is asked and was answered; nil before the first look.
func (s *Site) asked(ctx context.Context) (*checkins.Input, error) {
	first, err := memory.FirstLook(ctx, s.Main)
	if err != nil || first.IsZero() {
		return nil, err
	}
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	in, _, err := checkins.Read(ctx, s.Main, s.Policy, cal, s.Clock(), first)
	return &in, err
}

// questions lists what is asked of somebody now; who leads sees all questions.
func (s *Site) questions(ctx context.Context, p *person) (questionList, error) {
	in, err := s.asked(ctx)
	if err != nil || in == nil {
		return nil, err
	}
	noted := map[string]bool{}
	waits, err := s.unjudged(ctx, decisions.Answer)
	if err != nil {
		return nil, err
	}
	for _, d := range waits {
		a := checkins.Answer{ID: d.ID, At: d.At, Answer: d.Answer}
		if class, ok := classdojo.ParseCheckIn(d.CheckIn); ok {
			said, err := classdojo.AnswerOf(class, d.Said)
			if err != nil {
				continue // the worker will say so
			}
			a.Dojo = &said
		}
		in.Answers[d.CheckIn] = append(in.Answers[d.CheckIn], a)
		noted[d.CheckIn] = true
	}
	loc := s.Policy.School.Location
	var out questionList
	for _, st := range in.States() {
		if st.Asked.IsZero() || !p.leads() && !p.asked(st.Ask) || slices.ContainsFunc(out, func(q question) bool { return q.Name == st.Name }) {
			continue
		}
		about := st.About()
		q := question{
			Name: st.Name, Title: about.Title, Text: about.Question, Look: about.Look, Links: about.Links, Period: "every " + st.Every, Overdue: st.Overdue(s.Clock()), Form: formID(),
			Token: s.SignIn.Token(ctx, answerForm),
		}
		if !p.asked(st.Ask) {
			q.Asked = s.askedOf(st.Ask)
		}
		if !st.Due.IsZero() {
			q.Due = st.Due.In(loc).Format("Monday 2 January")
		}
		if st.Answer != nil {
			q.Answer, q.Answered, q.Noted = answerWords[st.Answer.Answer], st.Answer.At.In(loc).Format("Monday 2 January"), noted[st.Name]
		}
		s.dojoQuestion(&q, st, about)
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
	form, err := s.form(r, answerForm)
	if err != nil {
		return err
	}
	name := r.PostForm.Get("name")
	asks := slices.DeleteFunc(checkins.Asks(s.Policy), func(a checkins.Ask) bool { return a.Name != name })
	if len(asks) == 0 {
		return badForm()
	}
	if !p.leads() && !slices.ContainsFunc(asks, p.asked) {
		return notYours("This question is asked of somebody else.")
	}
	d := decisions.Decision{Do: decisions.Answer, CheckIn: name, Answer: r.PostForm.Get("answer")}
	if asks[0].Dojo != "" && asks[0].Spot == nil {
		if d.Said, err = s.dojoSaid(r, asks[0]); err != nil {
			return err
		}
		d.Answer = ""
	} else if answerWords[d.Answer] == "" {
		return badForm()
	}
	return s.decide(w, r, p, form, []decisions.Decision{d}, "/check-ins", "answered")
}
