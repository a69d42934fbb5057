package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/moderation"
	"esafetybot/internal/plain"
	"esafetybot/internal/policy"
	"esafetybot/internal/roster"
	"esafetybot/internal/seen"
)

// coverForm is the name of the forms that say who stands in.
const coverForm = "cover"

// longest is for how many days somebody may stand in at a time.
const longest = 366

// noDojoCover is why nobody stands in for a class on ClassDojo.
const noDojoCover = "Nobody stands in on ClassDojo, because only who is on a class's list of teachers there can see what is written: add a co-teacher to the class on ClassDojo itself."

// coverable tells whether somebody can be named who stands in for the teachers of a class: one that has a name and is Google's, or a blog that the policy lists. The worker looks again.
func (p *person) coverable(course string) bool {
	c := p.classes[course]
	_, dojo := moderation.ParseDojo(course)
	return c != nil && c.Name != "" && !dojo && (c.Blog == nil || c.Blog.Listed)
}

// coverLink opens the form with the class chosen; "" for who may not name anybody, and where nobody can stand in.
func (p *person) coverLink(course string) string {
	if !p.mayCover() || !p.coverable(course) {
		return ""
	}
	return "/classes?" + url.Values{"class": {course}}.Encode()
}

// proposal is who most likely stands in for the teachers of a class.
type proposal struct {
	Class    string // the name; "" where no class is chosen
	ID, Name string // Directory id; "" where nobody can be proposed
	Why      string
	Teach    string // who teaches it today, in words; "" if nobody whom the roster has
	Many     bool   // they are several
}

// proposed is who most likely stands in for a class: somebody who taught it before, else the leader of its year, else the officer. Who teaches it now is not among them: they get its mail
// already, so that naming them would change nothing.
func (s *Site) proposed(p *person, course string) (out proposal) {
	c := p.classes[course]
	out.Class = plain.Name(c.Name)
	teaches := func(id string) bool {
		r := p.rosters[course]
		return r != nil && slices.ContainsFunc(r.Members, func(m seen.ClassMember) bool { return m.Teacher && m.ID == id }) || c.Blog != nil && slices.Contains(c.Blog.Hosts, id)
	}
	var now, before []roster.Adult
	for _, a := range p.adults {
		switch {
		case teaches(a.ID):
			now = append(now, a)
		case c.Teaches(a.ID) && !c.Covers(a.ID, s.today()):
			before = append(before, a)
		}
	}
	byName(now)
	byName(before)
	var names []string
	for _, a := range now {
		names = append(names, a.Name)
	}
	out.Teach, out.Many = strings.Join(names, " and "), len(names) > 1
	if len(before) > 0 {
		out.ID, out.Name, out.Why = before[0].ID, before[0].Name, "who taught this class before"
		return out
	}
	find := roster.IDs(p.adults)
	try := func(address, why string) {
		if id := find(address); out.ID == "" && id != "" && !teaches(id) && !c.Covers(id, s.today()) {
			out.ID, out.Name, out.Why = id, p.name(id), why
		}
	}
	if leader := s.Policy.YearLeader(c.Name); leader != "" {
		try(leader, "who leads this year")
	}
	for _, who := range s.Policy.Person(policy.RoleOfficer) {
		try(who.Address, "the "+s.Policy.Title(policy.RoleOfficer))
	}
	return out
}

func byName(list []roster.Adult) {
	slices.SortStableFunc(list, func(a, b roster.Adult) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
}

// cover notes who stands in for the teachers of a class.
func (s *Site) cover(w http.ResponseWriter, r *http.Request, p *person) error {
	form, err := s.coverForm(r, p)
	if err != nil {
		return err
	}
	course := r.PostForm.Get("class")
	if _, dojo := moderation.ParseDojo(course); dojo {
		return refusal{Status: http.StatusBadRequest, Reason: "class-dojo", Title: "Nobody can stand in here", Why: noDojoCover + " Nothing was changed.", Do: "Ask one of the class's teachers to add a co-teacher on ClassDojo, or somebody who leads the school there."}
	}
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
