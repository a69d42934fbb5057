package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"esafetybot/internal/checks/comments"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/plain"
	"esafetybot/internal/policy"
	"esafetybot/internal/roster"
)

type classesPage struct {
	Classes      []classLine
	Cover        []classLine // those of them for which somebody can stand in
	Token, Form  string
	Today, Until string
	Adults       []roster.Adult // by name
	Class        string         // id of the one that was chosen; "" if none was
	Proposed     proposal       // for it
	Dojo         string         // why some classes are not among Cover; "" if all are
	Own          []outcome      // what became of what they decided lately on who stands in
}

type classLine struct {
	ID, Name string
	Waits    int
	Oldest   string
	Cover    []coverLine
	Link     string // opens the form with this class chosen; "" where nobody can stand in
}

type coverLine struct{ Class, Who, Name, Until, Form string }

// classes shows what waits in each class, and who stands in.
func (s *Site) classes(w http.ResponseWriter, r *http.Request, p *person) error {
	if !p.mayCover() {
		return notYours("Only the office and those who lead on online safety see all classes.")
	}
	page := classesPage{Token: s.SignIn.Token(r.Context(), coverForm), Form: formID(), Today: s.today().String(), Until: s.today().AddDays(7).String()}
	if chosen := r.URL.Query().Get("class"); p.coverable(chosen) {
		page.Class, page.Proposed, page.Until = chosen, s.proposed(p, chosen), page.Today
	}
	for course, c := range p.classes {
		if c.Name == "" || c.Blog != nil && !c.Blog.Listed {
			continue
		}
		line := classLine{ID: course, Name: plain.Name(c.Name), Link: p.coverLink(course)}
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
	byName(page.Adults)
	slices.SortFunc(page.Classes, func(a, b classLine) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	for _, line := range page.Classes {
		if line.Link != "" {
			page.Cover = append(page.Cover, line)
		} else {
			page.Dojo = noDojoCover
		}
	}
	heard, err := decisions.Recent(r.Context(), s.Decisions, s.Main, s.Clock().Add(-ownFor), decisions.Cover, decisions.EndCover)
	if err != nil {
		return err
	}
	page.Own = s.outcomes(heard, p)
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
