package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"esafetybot/internal/decisions"
)

// What every form of the site that decides something has in common: it is checked, noted once, and told as noted until the worker has judged it.

// form checks that a form is ours and was sent by whoever is signed in; it returns the form's id.
func (s *Site) form(r *http.Request, name string) (string, error) {
	if problem := s.SignIn.Check(r, name); problem != nil {
		return "", refusal(*problem)
	}
	id := r.PostForm.Get("form")
	if id == "" || len(id) > 64 {
		return "", badForm()
	}
	return id, nil
}

// decide notes decisions of one form, each once, and goes back to a page.
func (s *Site) decide(w http.ResponseWriter, r *http.Request, p *person, form string, list []decisions.Decision, to, notice string) error {
	did := "before"
	for i, d := range list {
		d.At, d.By = s.Clock(), p.By
		id := form
		for _, about := range []string{d.Item, d.Comment} { // one form of a page may be sent for each thing on it
			if about != "" {
				id += " " + about
			}
		}
		if i > 0 && len(d.Findings) > 0 { // the parts of one list
			id += " " + d.Findings[0].ID
		}
		_, err := decisions.Make(r.Context(), s.Decisions, id, d)
		if err != nil && !errors.Is(err, decisions.ErrTwice) {
			return err
		}
		if err == nil {
			did = notice
		}
	}
	s.Noted()
	sep := "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	http.Redirect(w, r, to+sep+"noted="+did, http.StatusSeeOther)
	return nil
}

// exported notes that somebody takes a list out of the program. Where that cannot be noted nothing is given out.
func (s *Site) exported(r *http.Request, p *person, list string) error {
	_, err := decisions.Make(r.Context(), s.Decisions, formID(), decisions.Decision{Do: decisions.Exported, At: s.Clock(), By: p.By, Kind: list})
	return err
}

// unjudged lists the decisions of a kind that the worker has not judged yet, by when they were made.
func (s *Site) unjudged(ctx context.Context, kind string) ([]decisions.Decision, error) {
	heard, err := decisions.Recent(ctx, s.Decisions, s.Main, s.Clock().Add(-pendingFor), kind)
	if err != nil {
		return nil, err
	}
	var out []decisions.Decision
	for _, d := range slices.Backward(heard) {
		if d.Judgement == nil {
			out = append(out, d.Decision)
		}
	}
	return out, nil
}
