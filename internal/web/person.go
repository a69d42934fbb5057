package web

import (
	"net/http"
	"slices"
	"strings"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/plain"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/roster"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	"esafetybot/internal/web/signin"
)

// person is who asks, as the worker last saw them.
type person struct {
	signin.Identity
	ID      string // Directory id; "" for somebody with an address outside
	By      decisions.By
	roles   []policy.Role
	adults  []roster.Adult
	hashes  []string // of all their addresses
	rosters map[string]*memory.Class
	hosts   []string // ids of the classes that they teach or stand in for, and of blogs that they look after
	answers bool     // something is asked of them as a teacher of a class on ClassDojo
	// classes is what is remembered of all classes, by id; for reading only.
	classes map[string]*moderation.Class
}

func (p *person) plays(roles ...policy.Role) bool {
	return slices.ContainsFunc(p.roles, func(r policy.Role) bool { return slices.Contains(roles, r) })
}

// leads tells whether somebody may look everywhere.
func (p *person) leads() bool {
	return p.plays(policy.RoleOfficer, policy.RoleDeputy, policy.RoleHead)
}

// excepts tells whether they may know, and decide, what is agreed to for a private reason.
func (p *person) excepts() bool { return p.plays(policy.Excepters...) }

// mayCover tells whether somebody may say who stands in for a teacher.
func (p *person) mayCover() bool { return p.leads() || p.plays(policy.RolePageHost) }

// menu lists the pages that are of use to somebody.
func (p *person) menu() []menuItem {
	out := []menuItem{{Title: "My page", Path: "/"}}
	if len(p.roles) > 0 || p.answers {
		out = append(out, menuItem{Title: "Questions for me", Path: "/check-ins"})
	}
	if p.mayCover() {
		out = append(out, menuItem{Title: "Classes and cover", Path: "/classes"})
	}
	return out
}

// person judges who asks, and finds the classes that are theirs. The error is a refusal for whoever has no business here.
func (s *Site) person(r *http.Request) (*person, error) {
	p, err := s.known(r)
	if err != nil {
		return nil, err
	}
	return p, s.taught(r, p)
}

// known is who asks, with their roles and without their classes.
func (s *Site) known(r *http.Request) (*person, error) {
	id, ok := signin.From(r.Context())
	if !ok {
		return nil, refusal{Status: http.StatusForbidden, Title: "You are not signed in", Do: "Sign in first.", Again: "/sign-in"}
	}
	p := &person{Identity: id, By: decisions.By{ID: id.Subject, Hash: pseudonym.Of(id.Address)}}
	var err error
	if p.adults, err = roster.Read(r.Context(), s.Main); err != nil {
		return nil, err
	}
	for i := range p.adults { // they are only looked at
		p.adults[i].Name = plain.Name(p.adults[i].Name)
	}
	i := slices.IndexFunc(p.adults, func(a roster.Adult) bool { return a.ID == id.Subject && slices.Contains(a.Hashes, p.By.Hash) })
	var mine []string
	if i >= 0 {
		p.ID, mine = p.adults[i].ID, p.adults[i].Hashes
		p.hashes = mine
	}
	for role, people := range s.Policy.People {
		for _, who := range people {
			h := pseudonym.Of(who.Address)
			known := slices.ContainsFunc(p.adults, func(a roster.Adult) bool { return slices.Contains(a.Hashes, h) })
			if slices.Contains(mine, h) || i < 0 && !known && h == p.By.Hash && !s.ours(id.Address) {
				p.roles = append(p.roles, role)
			}
		}
	}
	slices.Sort(p.roles)
	if p.ID == "" && len(p.roles) == 0 {
		why := "Pupils, and people who are not in the school's list, have no page here."
		if len(p.adults) == 0 {
			why = nobodyRead
		}
		return nil, refusal{
			Status: http.StatusForbidden, Title: "There is nothing here for this account", Account: id.Address, Why: why,
			Do: "If you work at the school, sign in with your own school account. If you have done so, ask the office whether you are on the list; it is read every day.", Again: "/sign-in?choose=1",
		}
	}
	return p, nil
}

// nobodyRead is why nobody is known at a school at which nothing was looked at.
const nobodyRead = "The list of the school's people has not been read yet."

// ours tells whether an address is on one of the school's own domains.
func (s *Site) ours(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return slices.Contains(s.Policy.School.Domains, strings.ToLower(domain))
}

func (s *Site) today() calendar.Date { return s.Policy.Calendar.Date(s.Clock()) }

// taught finds the classes that somebody teaches or stands in for.
func (s *Site) taught(r *http.Request, p *person) (err error) {
	if p.classes, err = s.book.read(r.Context(), s.Main, moderation.Classes, store.Ask{}, moderation.Decode); err != nil {
		return err
	}
	if p.rosters, err = memory.Rosters(r.Context(), s.Main); err != nil || p.ID == "" {
		return err
	}
	for course, class := range p.rosters {
		if slices.ContainsFunc(class.Members, func(m seen.ClassMember) bool { return m.Teacher && m.ID == p.ID }) {
			p.hosts = append(p.hosts, course)
		}
	}
	s.dojoHosts(p)
	for course, c := range p.classes {
		looksAfter := c.Blog != nil && c.Blog.Listed && slices.Contains(c.Blog.Hosts, p.ID)
		if (looksAfter || c.Covers(p.ID, s.today())) && !slices.Contains(p.hosts, course) {
			p.hosts = append(p.hosts, course)
		}
	}
	slices.Sort(p.hosts)
	return nil
}

// hostsClass tells whether somebody may look at a class.
func (p *person) hostsClass(course string) bool { return p.leads() || slices.Contains(p.hosts, course) }

// name is what an adult of the school is called.
func (p *person) name(id string) string {
	if i := slices.IndexFunc(p.adults, func(a roster.Adult) bool { return a.ID == id }); i >= 0 && p.adults[i].Name != "" {
		return p.adults[i].Name
	}
	return "somebody who is no longer on the list"
}
