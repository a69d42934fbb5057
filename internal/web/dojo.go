package web

import (
	"net/http"
	"slices"
	"strings"

	"esafetybot/internal/checkins"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/quantity"
)

// asked tells whether a check-in is asked of somebody.
func (p *person) asked(a checkins.Ask) bool {
	return a.AskedOf(func(r policy.Role) bool { return p.plays(r) }, p.has)
}

// has tells whether an address is one of theirs.
func (p *person) has(address string) bool { return slices.Contains(p.hashes, pseudonym.Of(address)) }

// askedOf says of whom a check-in is asked.
func (s *Site) askedOf(a checkins.Ask) string {
	if a.Who != nil {
		return "the teachers of " + a.Class
	}
	return "the " + s.Policy.Title(policy.Role(a.Role))
}

// dojoHosts finds the classes on ClassDojo for which somebody looks.
func (s *Site) dojoHosts(p *person) {
	d := s.Policy.ClassDojo
	if d == nil {
		return
	}
	for _, c := range d.Classes {
		if slices.ContainsFunc(c.Teachers, p.has) {
			p.hosts, p.answers = append(p.hosts, moderation.Dojo(c.ID)), true
		}
	}
	if d.SchoolStory && p.plays(s.Policy.DojoRole()) {
		p.hosts = append(p.hosts, moderation.Dojo(classdojo.School))
	}
}

// dojoField is one question about a class on ClassDojo, as a form asks it. What was said before is not filled in: it is asked so that somebody looks anew.
type dojoField struct {
	Name, Asks, Help, Link string
	Choices                []classdojo.Choice // none: a date is asked for
	Latest                 string             // the latest day that can be said
}

// saidField begins the names of the form's fields.
const saidField = "said-"

// dojoQuestion fills in what is asked of a class on ClassDojo, with what was said last.
func (s *Site) dojoQuestion(q *question, st checkins.State, about checkins.Question) {
	if about.Dojo == nil {
		return
	}
	for _, ask := range about.Dojo {
		q.Dojo = append(q.Dojo, dojoField{Name: saidField + ask.ID, Asks: ask.Asks, Help: ask.Help, Link: ask.Link, Choices: ask.Choices, Latest: s.today().String()})
	}
	if st.Answer != nil && st.Answer.Dojo != nil {
		q.Answer = dojoWords(about.Dojo, *st.Answer.Dojo)
	} else if st.Standing != nil {
		q.Standing, q.Stood = dojoWords(about.Dojo, *st.Standing.Dojo), s.day(st.Standing.At)
	}
}

// dojoValue is what an answer says to a question; "" if it says nothing.
func dojoValue(a classdojo.Answer, id string) string {
	switch id {
	case classdojo.AskComments:
		return a.Comments
	case classdojo.AskModerator:
		return a.Moderator
	case classdojo.AskChannel:
		return a.Channel
	}
	if a.Looked.IsZero() {
		return ""
	}
	return a.Looked.String()
}

// dojoWords says in words what was answered.
func dojoWords(asks []classdojo.Question, a classdojo.Answer) string {
	var out []string
	for _, q := range asks {
		value := dojoValue(a, q.ID)
		words := ""
		for _, c := range q.Choices {
			if c.Value == value {
				words = c.Words
			}
		}
		switch {
		case q.ID == classdojo.AskLooked && value != "":
			out = append(out, "last looked through on "+a.Looked.Words())
		case q.ID == classdojo.AskLooked && a.Comments != classdojo.Off:
			out = append(out, "not looked through yet")
		case q.ID == classdojo.AskModerator && words != "":
			out = append(out, "looked at by: "+strings.ToLower(words[:1])+words[1:])
		case q.ID == classdojo.AskChannel && words != "":
			out = append(out, "only through ClassDojo and school e-mail: "+strings.ToLower(words))
		case words != "":
			out = append(out, words)
		}
	}
	return strings.Join(out, "; ")
}

// dojoSaid reads the form about a class on ClassDojo. What is missing from it is a problem that says so.
func (s *Site) dojoSaid(r *http.Request, a checkins.Ask) (map[string]string, error) {
	said := map[string]string{}
	for _, q := range classdojo.Questions(a.Dojo) {
		if v := strings.TrimSpace(r.PostForm.Get(saidField + q.ID)); v != "" {
			said[q.ID] = v
		}
	}
	answer, err := classdojo.AnswerOf(a.Dojo, said)
	if err == nil {
		answer.At, answer.By = s.Clock(), "somebody"
		err = answer.Check(s.today())
	}
	if err != nil {
		return nil, refusal{
			Status: http.StatusBadRequest, Reason: "not-whole", Title: "Something is missing from your answer", Why: "What is wrong: " + err.Error() + ". Nothing was noted.", Do: "Go back, answer every question about the class, and send it again. “Not sure” is a good answer.",
		}
	}
	return said, nil
}

// newWords says how much is new at a post.
func newWords(x waitingPost) string {
	if x.post.Kind == moderation.KindDojo {
		return quantity.Of(len(x.acts), "new thing that we were told of", "new things that we were told of")
	}
	return quantity.Of(len(x.acts), "new comment", "new comments")
}
