package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/checks/comments"
	"esafetybot/internal/closures"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/roster"
)

// How soon single people look at comments is for themselves and the e-safety officer only: not for the head, the deputy or the governors, and in no mail.

// looksFor is how far back it is told.
const looksFor = 28 * 24 * time.Hour

// looks is how soon somebody looked lately.
type looks struct {
	Name    string // "" of whoever reads it
	Count   int    // posts and documents, each once
	Longest int    // school days that the longest waited
	Known   bool   // the term dates tell how many that is
}

// looksOf counts by person, over some classes, what was looked at lately.
func (s *Site) looksOf(ctx context.Context, p *person, courses []string) (map[string]*looks, error) {
	with, err := closures.With(ctx, s.Main, s.Policy)
	if err != nil {
		return nil, err
	}
	out := map[string]*looks{}
	after := s.Clock().Add(-looksFor)
	for _, course := range courses {
		c := p.classes[course]
		if c == nil {
			continue
		}
		for id, post := range c.Posts {
			counted := map[string]bool{}
			for _, l := range c.Looks(post, s.anyRules(comments.PlaceOf(course, id), p.rosters[course])) {
				if !l.At.After(after) {
					continue
				}
				x := out[l.By]
				if x == nil {
					x = &looks{Known: true}
					out[l.By] = x
				}
				if !counted[l.By] {
					counted[l.By] = true
					x.Count++
				}
				days, err := with.Calendar.SchoolDays(with.Calendar.Date(l.Since), with.Calendar.Date(l.At))
				x.Longest, x.Known = max(x.Longest, days), x.Known && err == nil
			}
		}
	}
	return out, nil
}

// ownLooks is how soon somebody looked in their own classes; nil if they have none, or did not look lately.
func (s *Site) ownLooks(ctx context.Context, p *person) (*looks, error) {
	if p.ID == "" || len(p.hosts) == 0 {
		return nil, nil
	}
	all, err := s.looksOf(ctx, p, p.hosts)
	return all[p.ID], err
}

// allLooks is how soon each looked, for the officer; nothing for everybody else.
func (s *Site) allLooks(ctx context.Context, p *person) ([]looks, error) {
	if !p.plays(policy.RoleOfficer) {
		return nil, nil
	}
	var courses []string
	for course := range p.classes {
		courses = append(courses, course)
	}
	all, err := s.looksOf(ctx, p, courses)
	if err != nil {
		return nil, err
	}
	var out []looks
	for id, x := range all {
		if i := slices.IndexFunc(p.adults, func(a roster.Adult) bool { return a.ID == id }); i >= 0 {
			x.Name = p.adults[i].Name
			out = append(out, *x)
		}
	}
	slices.SortFunc(out, func(a, b looks) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Waited says how long the longest waited; "" where nobody can tell.
func (l looks) Waited() string {
	switch {
	case !l.Known:
		return ""
	case l.Longest == 0:
		return "nothing waited as long as a school day"
	}
	return "the longest waited " + quantity.Of(l.Longest, "school day", "school days")
}

// What says how many they looked at.
func (l looks) What() string { return quantity.Of(l.Count, "post or document", "posts and documents") }
