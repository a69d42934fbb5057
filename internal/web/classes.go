package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"esafetybot/internal/calendar"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/roster"
)

// coverForm is the name of the forms that say who stands in.
const coverForm = "cover"

// longest is for how many days somebody may stand in at a time.
const longest = 366

type classesPage struct {
	Classes      []classLine
	Token, Form  string
	Today, Until string
	Adults       []roster.Adult // by name
}

type classLine struct {
	ID, Name string
	Waits    int
	Oldest   string
	Cover    []coverLine
}

type coverLine struct{ Class, Who, Name, Until, Form string }

// classes shows what waits in each class, and who stands in.
func (s *Site) classes(w http.ResponseWriter, r *http.Request, p *person) error {
	if !p.mayCover() {
		return notYours("Only the office and those who lead on online safety see all classes.")
	}
	page := classesPage{Token: s.SignIn.Token(r.Context(), coverForm), Form: formID(), Today: s.today().String(), Until: s.today().AddDays(7).String()}
	for course, c := range p.classes {
		if c.Name == "" || c.Blog != nil && !c.Blog.Listed {
			continue
		}
		line := classLine{ID: course, Name: c.Name}
		var oldest moderation.Act
		for id, post := range c.Posts {
			if acts := c.Waiting(post, s.anyRules(comments.PlaceOf(course, id), p.rosters[course])); len(acts) > 0 {
				line.Waits++
				if oldest.At.IsZero() || acts[0].At.Before(oldest.At) {
					oldest = acts[0]
				}
			}
		}
		if line.Waits > 0 {
			line.Oldest = oldest.At.In(s.Policy.School.Location).Format("Monday 2 January")
		}
		for _, v := range c.Cover {
			if !v.Until.Before(s.today()) {
				line.Cover = append(line.Cover, coverLine{Class: course, Who: v.Who, Name: p.name(v.Who), Until: v.Until.Words(), Form: formID()})
			}
		}
		page.Classes = append(page.Classes, line)
	}
	page.Adults = slices.Clone(p.adults)
	slices.SortStableFunc(page.Adults, func(a, b roster.Adult) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(page.Classes, func(a, b classLine) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	return s.page(w, r, p, "classes", "Classes and cover", page)
}

// anyRules is what the first clause that asks says of what needs looking at at a place.
func (s *Site) anyRules(place string, class *memory.Class) moderation.Rules {
	for _, c := range s.Policy.Clauses {
		for _, m := range c.MetBy {
			if w, ok := m.With.(*policy.CommentsWith); ok && w.At(place) && slices.Contains(w.Rules, comments.Unreviewed) {
				return s.rules(c.ID, comments.Unreviewed, place, class)
			}
		}
	}
	return s.rules("", comments.Unreviewed, place, class)
}

// cover notes who stands in for the teachers of a class.
func (s *Site) cover(w http.ResponseWriter, r *http.Request, p *person) error {
	form, err := s.coverForm(r, p)
	if err != nil {
		return err
	}
	course := r.PostForm.Get("class")
	from, badFrom := calendar.ParseDate(r.PostForm.Get("from"))
	until, badUntil := calendar.ParseDate(r.PostForm.Get("until"))
	if badFrom != nil || badUntil != nil {
		return badForm()
	}
	if until.Before(from) || until.Before(s.today()) || from.DaysUntil(until) > longest {
		return refusal{Status: http.StatusBadRequest, Reason: "dates", Title: "These dates do not fit", Why: "The last day must not lie before the first, nor in the past, and a year is the longest. Nothing was changed.", Do: "Go back and choose the days again."}
	}
	if p.classes[course] == nil {
		return badForm()
	}
	who := r.PostForm.Get("who")
	if !slices.ContainsFunc(p.adults, func(a roster.Adult) bool { return a.ID == who }) {
		return refusal{
			Status: http.StatusBadRequest, Reason: "nobody", Title: "Nobody was chosen", Why: "Whoever stands in needs a school account that works, and must not be a pupil. Nothing was changed.", Do: "Go back and choose a colleague.",
		}
	}
	return s.decide(w, r, p, form, []decisions.Decision{{Do: decisions.Cover, Course: course, Who: who, From: from.String(), Until: until.String()}}, "/classes", "cover")
}

// endCover notes that somebody no longer stands in.
func (s *Site) endCover(w http.ResponseWriter, r *http.Request, p *person) error {
	form, err := s.coverForm(r, p)
	if err != nil {
		return err
	}
	course, who := r.PostForm.Get("class"), r.PostForm.Get("who")
	if course == "" || who == "" {
		return badForm()
	}
	return s.decide(w, r, p, form, []decisions.Decision{{Do: decisions.EndCover, Course: course, Who: who}}, "/classes", "ended")
}

// coverForm checks a form on who stands in; it returns the form's id.
func (s *Site) coverForm(r *http.Request, p *person) (string, error) {
	form, err := s.form(r, coverForm)
	if err == nil && !p.mayCover() {
		err = notYours("Only the office and those who lead on online safety name who stands in.")
	}
	return form, err
}
