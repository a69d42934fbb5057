package web

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"esafetybot/internal/decisions"
	"esafetybot/internal/incidents"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// homeDown is something that somebody is asked to take down, of which they read nothing else.
type homeDown struct {
	ID, What, Link, Due string
	Late                bool
}

// downForm is the id of the form by which somebody says that something is taken down, the same as long as they are asked.
func downForm(r incidents.Removal) string { return "down " + r.Entry + " " + store.Time(r.Since) }

// removals lists what somebody is asked to take down.
func (s *Site) removals(ctx context.Context, p *person) ([]homeDown, error) {
	if !incidents.Used(s.Policy) {
		return nil, nil
	}
	log, by := s.incidentsFor(p)
	if !slices.ContainsFunc(log.Takers, func(r policy.Role) bool { return p.plays(r) }) {
		return nil, nil
	}
	list, err := log.Removals(ctx, by)
	var out []homeDown
	for _, r := range list {
		done, err := decisions.Noted(ctx, s.Decisions, decisions.ID(decisions.Incident, p.By, downForm(r)))
		if err != nil {
			return nil, err
		}
		if done {
			continue // the worker has not taken it up yet
		}
		line := homeDown{ID: r.Entry, What: incidents.LinkWords(r.Item), Link: itemLink(r.Item, p), Late: r.Late}
		if !r.Due.IsZero() {
			line.Due = s.moment(r.Due)
		}
		out = append(out, line)
	}
	return out, err
}

// takenDown notes that somebody who was asked has taken something down.
func (s *Site) takenDown(w http.ResponseWriter, r *http.Request, p *person) error {
	if problem := s.SignIn.Check(r, incidentForm); problem != nil {
		return refusal(*problem)
	}
	log, by := s.incidentsFor(p)
	list, err := log.Removals(r.Context(), by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(x incidents.Removal) bool { return x.Entry == r.PathValue("id") })
	if i < 0 {
		return noPage()
	}
	_, again, err := s.send(r, p, downForm(list[i]), incidents.Sent{Act: incidents.ActDown, Entry: list[i].Entry})
	switch {
	case errors.Is(err, incidents.ErrNone):
		return noPage()
	case err != nil:
		return err
	}
	noted := "/?noted=entry"
	if again {
		noted = "/?noted=before"
	}
	http.Redirect(w, r, noted, http.StatusSeeOther)
	return nil
}
