package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/decisions"
	"esafetybot/internal/incidents"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/roster"
	"esafetybot/internal/store"
)

// incidentForm is the name of the forms of the incident log.
const incidentForm = "incident"

// incidentPages are the pages of the incident log. Whoever may not read an entry finds that there is no such page, whether there is one or not.
func (s *Site) incidentPages() map[string]func(http.ResponseWriter, *http.Request, *person) error {
	return map[string]func(http.ResponseWriter, *http.Request, *person) error{
		"GET /concern":               s.inUse(s.concern),
		"POST /concern/form":         s.inUse(s.concernAbout),
		"POST /concern":              s.inUse(s.sendConcern),
		"GET /incidents":             s.inUse(s.incidentLog),
		"GET /incidents/log.csv":     s.inUse(s.export(incidents.Ordinary, "log.csv")),
		"GET /incidents/adults.csv":  s.inUse(s.export(incidents.Adults, "adults.csv")),
		"GET /incidents/numbers":     s.inUse(s.numbers),
		"GET /incidents/e/{id}":      s.inUse(s.entry),
		"POST /incidents/{act}/{id}": s.inUse(s.actOn),
		"POST /taken-down/{id}":      s.inUse(s.takenDown),
	}
}

// inUse shows a page only where the policy asks for a record that the log keeps.
func (s *Site) inUse(h func(http.ResponseWriter, *http.Request, *person) error) func(http.ResponseWriter, *http.Request, *person) error {
	return func(w http.ResponseWriter, r *http.Request, p *person) error {
		if !incidents.Used(s.Policy) {
			return noPage()
		}
		return h(w, r, p)
	}
}

// incidentsFor is the log as one person asks it. It writes nothing: what it is asked to do it only judges.
func (s *Site) incidentsFor(p *person) (*incidents.Log, incidents.By) {
	return incidents.Of(s.Policy, s.Main, roster.IDs(p.adults), s.Clock), incidents.By{ID: p.ID, Address: p.Address}
}

// mayEver tells whether somebody holds a role to which an entry may go at all: others need not be looked up.
func (p *person) mayEver() bool {
	return p.plays(policy.RoleOfficer, policy.RoleDeputy, policy.RoleSafeguarding, policy.RoleSafeguardingDeps, policy.RoleHead, policy.RoleChair)
}

// incidentMenu is what the menu has of the log: the log itself only for whoever may read an entry now.
func (s *Site) incidentMenu(ctx context.Context, p *person) []menuItem {
	if !incidents.Used(s.Policy) {
		return nil
	}
	out := []menuItem{{Title: "Raise a concern", Path: "/concern"}}
	log, by := s.incidentsFor(p)
	if reads, err := s.readsAny(ctx, p, incidents.Open, incidents.Closed); err != nil {
		s.Log.Error("whether somebody reads the incident log could not be found out", "error", err)
	} else if reads {
		out = append(out, menuItem{Title: "Incident log", Path: "/incidents"})
	}
	if log.Governs(by) {
		out = append(out, menuItem{Title: "Numbers by term", Path: "/incidents/numbers"})
	}
	return out
}

// readsAny tells whether somebody may read any entry in some states.
func (s *Site) readsAny(ctx context.Context, p *person, states ...incidents.State) (bool, error) {
	if !p.mayEver() {
		return false, nil
	}
	log, by := s.incidentsFor(p)
	for _, state := range states {
		for _, shelf := range shelves {
			for _, err := range log.List(ctx, shelf, by, state) {
				return err == nil, err
			}
		}
	}
	return false, nil
}

var shelves = []incidents.Shelf{incidents.Ordinary, incidents.Adults}

// entryWaits tells whether an open entry waits for somebody to open it.
func (s *Site) entryWaits(ctx context.Context, p *person) (bool, error) {
	if !p.mayEver() || !incidents.Used(s.Policy) {
		return false, nil
	}
	log, by := s.incidentsFor(p)
	for _, shelf := range shelves {
		for e, err := range log.List(ctx, shelf, by, incidents.Open) {
			if err != nil {
				return false, err
			}
			if opened, err := s.opened(ctx, p, log, by, e); err != nil || !opened {
				return !opened, err
			}
		}
	}
	return false, nil
}

// openingForm is the id of the form by which somebody opens an entry, the same as long as it goes to the same people.
func openingForm(e *incidents.Entry) string { return "open " + e.ID + " " + store.Time(e.Routed) }

// opened tells whether it is recorded that somebody reads an entry: in the entry, or as a decision that the worker has not taken up yet.
func (s *Site) opened(ctx context.Context, p *person, log *incidents.Log, by incidents.By, e *incidents.Entry) (bool, error) {
	if log.HasOpened(by, e) {
		return true, nil
	}
	return decisions.Noted(ctx, s.Decisions, decisions.ID(decisions.Incident, p.By, openingForm(e)))
}

type logPage struct{ Shelves []logShelf }

type logShelf struct {
	Title, Export string
	Open, Closed  []logLine
}

type logLine struct {
	ID, Title, When, Due string
	Token                string
	Opened, Late, Passed bool
}

// incidentLog lists what somebody may read. Of what they have not opened yet it says only since when it waits.
func (s *Site) incidentLog(w http.ResponseWriter, r *http.Request, p *person) error {
	log, by := s.incidentsFor(p)
	page, token := logPage{}, s.SignIn.Token(r.Context(), incidentForm)
	for _, shelf := range shelves {
		part := logShelf{Title: "About pupils, services and devices", Export: "/incidents/log.csv"}
		if shelf == incidents.Adults {
			part = logShelf{Title: "About adults, or not sure", Export: "/incidents/adults.csv"}
		}
		for e, err := range log.List(r.Context(), shelf, by, "") {
			if err != nil {
				return err
			}
			opened, err := s.opened(r.Context(), p, log, by, e)
			if err != nil {
				return err
			}
			line := logLine{ID: e.ID, Token: token, Opened: opened, When: s.moment(e.Raised)}
			if opened {
				line.Title = e.Kind.Title()
				line.Late = log.Late(e)
				if at, ok := log.Clock(e); ok {
					line.Due = s.moment(at)
				}
			}
			list := &part.Open
			if e.State == incidents.Closed {
				list = &part.Closed
			}
			*list = append(*list, line)
		}
		if len(part.Open)+len(part.Closed) > 0 {
			slices.Reverse(part.Closed) // the newest first
			page.Shelves = append(page.Shelves, part)
		}
	}
	if len(page.Shelves) == 0 {
		return noPage()
	}
	return s.page(w, r, p, "incidents", "Incident log", page)
}

func (s *Site) moment(t time.Time) string {
	return t.In(s.Policy.School.Location).Format("Monday 2 January 2006, 15:04")
}

// export gives as a list what somebody may read of a shelf and has opened: a list is reading, and reading is recorded first. That it was downloaded is noted in each entry.
func (s *Site) export(shelf incidents.Shelf, name string) func(http.ResponseWriter, *http.Request, *person) error {
	return func(w http.ResponseWriter, r *http.Request, p *person) error {
		log, by := s.incidentsFor(p)
		rows := [][]string{{"entry", "kind", "about", "day", "raised", "state", "reference", "note", "closed", "who was told", "what we learnt"}}
		any := false
		var read []string
		for e, err := range log.List(r.Context(), shelf, by, "") {
			if err != nil {
				return err
			}
			any = true
			opened, err := s.opened(r.Context(), p, log, by, e)
			if err != nil {
				return err
			}
			if !opened {
				continue
			}
			read = append(read, e.ID)
			row := []string{e.ID, e.Kind.Title(), e.About.Title(), e.Date, s.moment(e.Raised), string(e.State), e.Reference, e.Note, "", "", ""}
			if n := len(e.Closings); n > 0 && e.State == incidents.Closed {
				c := e.Closings[n-1]
				row[8], row[9], row[10] = s.moment(c.At), c.WhoTold, c.Learnt
			}
			rows = append(rows, row)
		}
		if !any {
			return noPage()
		}
		for _, id := range read { // once a day in each entry
			form := "export " + id + " " + s.Policy.Calendar.Date(s.Clock()).String()
			if _, _, err := s.send(r, p, form, incidents.Sent{Act: incidents.ActExport, Entry: id}); err != nil {
				return err
			}
		}
		if shelf == incidents.Ordinary { // who opened which entry about an adult stands in the entry, and in no list that others read
			if err := s.exported(r, p, decisions.ExportIncidents); err != nil {
				return err
			}
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		_, _ = w.Write(reports.WriteCSV(rows))
		return nil
	}
}

type numbersPage struct{ Terms []termNumbers }

type termNumbers struct {
	Name   string
	Totals incidents.Totals
}

// mostTerms is how many terms the numbers are shown for.
const mostTerms = 6

// numbers shows what was raised in each term, for those who govern.
func (s *Site) numbers(w http.ResponseWriter, r *http.Request, p *person) error {
	log, by := s.incidentsFor(p)
	if !log.Governs(by) {
		return noPage()
	}
	loc := s.Policy.School.Location
	terms := slices.Clone(s.Policy.Calendar.Terms)
	var page numbersPage
	for i := len(terms) - 1; i >= 0 && len(page.Terms) < mostTerms; i-- {
		from, to := terms[i].First.At(0, 0, loc), s.Clock().Add(time.Second)
		if from.After(to) {
			continue
		}
		if i+1 < len(terms) && terms[i+1].First.At(0, 0, loc).Before(to) {
			to = terms[i+1].First.At(0, 0, loc) // a holiday belongs to the term before it
		}
		totals, err := log.Totals(r.Context(), from, to, by)
		if err != nil {
			return err
		}
		page.Terms = append(page.Terms, termNumbers{Name: strings.TrimSpace(terms[i].Name) + " term, from " + terms[i].First.Words(), Totals: totals})
	}
	return s.page(w, r, p, "incidents-numbers", "Numbers by term", page)
}
