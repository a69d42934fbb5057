package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/checkins"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/reminders"
	"esafetybot/internal/views"
)

type overviewPage struct {
	Counts         []colourCount
	Clauses        []clauseRow
	PassedOn       []passedOn
	Silent         []silent
	Returned       []views.Returned
	Unseen         []views.Unseen
	Never          []string
	Exceptions     int // what is agreed to for a private reason; 0 for those who must not know
	ExceptionsPath string
	Looked         string // since when everything was looked at again; "" if it never was
}

type colourCount struct {
	Colour colours.Colour
	Words  string
	Count  int
}

type clauseRow struct {
	colours.Clause
	Words   string // of the colour
	Reason  string
	Missing []string
	Path    string // to its findings; "" if there are none
	Deals   string
}

type passedOn struct {
	Class string
	Waits string // what does, in words
}

// silent is a check-in that nobody has answered.
type silent struct {
	Title, Asked, Due string
	Names             []string
	Overdue           bool
}

// overview shows how every clause stands.
func (s *Site) overview(w http.ResponseWriter, r *http.Request, p *person) error {
	if !p.leads() {
		return notYours("Only those who lead on online safety see how every clause stands.")
	}
	page := overviewPage{}
	list, waits, err := s.stand(r.Context(), p, &page)
	if err != nil {
		return err
	}
	for _, c := range list {
		row := clauseRow{Clause: c, Words: c.Colour.Words(), Reason: strings.Join(c.Why, "; "), Deals: s.Policy.Title(c.DealsWithIt)}
		if c.Colour != colours.Green {
			row.Missing = c.Unseen
		}
		if c.Open > 0 {
			row.Path = findingFilter{Clause: c.ID}.path()
		}
		page.Clauses = append(page.Clauses, row)
	}
	for _, colour := range colours.All {
		n := 0
		for _, c := range list {
			n += boolInt(c.Colour == colour)
		}
		page.Counts = append(page.Counts, colourCount{colour, colour.Words(), n})
	}
	page.Silent = s.silent(waits)
	if p.excepts() {
		if page.Exceptions, err = s.exceptions(r.Context(), p); err != nil {
			return err
		}
		page.ExceptionsPath = findingFilter{State: privateState}.path()
	}
	page.Never = slices.Concat(s.Policy.NotSeen, checkins.DojoSights(s.Policy), page.Never)
	return s.page(w, r, p, "overview", "How we stand", page)
}

// stand works out the colours from what is open now and what the newest runs saw.
func (s *Site) stand(ctx context.Context, p *person, page *overviewPage) ([]colours.Clause, []checkins.State, error) {
	in := colours.Input{Now: s.Clock(), Clauses: s.Policy.Clauses, Waits: map[string]int{}, Unseen: map[string][]string{}}
	keeper := &findings.Keeper{Store: s.Main}
	for _, check := range checks(s.Policy) {
		for f, err := range keeper.List(ctx, check, findings.Open) {
			if err != nil {
				return nil, nil, err
			}
			if !p.did(f) && !hushed(f) {
				in.Open = append(in.Open, f)
			}
		}
	}
	seen, err := views.OfSeen(ctx, s.Main)
	if err != nil {
		return nil, nil, err
	}
	if seen == nil {
		seen = &views.Seen{}
	}
	in.Job = func(m policy.Means) (colours.Job, bool) {
		name := m.Name
		switch {
		case m.Kind == policy.CheckIn:
			name = checkins.Means
		case m.Kind == policy.Reminder, m.Kind == policy.Record && m.Name == policy.PolicyRead:
			name = reminders.Means
		case m.Kind == policy.Record && policy.Keepers(m.Name) != nil:
			name = recordsJob
		}
		j, ok := seen.Jobs[name]
		return colours.Job{At: j.At, Stopped: j.Stopped}, ok
	}
	page.Unseen, page.Returned, page.Never = seen.Unseen, seen.Returned, seen.Never
	for _, u := range seen.Unseen {
		for _, c := range u.Clauses {
			in.Unseen[c] = append(in.Unseen[c], u.What+": "+u.Why)
		}
	}
	var looked time.Time
	for _, j := range seen.Jobs {
		if looked.IsZero() || j.At.Before(looked) {
			looked = j.At
		}
	}
	if !looked.IsZero() {
		page.Looked = s.day(looked)
	}
	waits, err := s.unanswered(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, st := range waits {
		in.Waits[st.Clause]++
	}
	if page.PassedOn, err = s.passedOn(ctx, in.Open); err != nil {
		return nil, nil, err
	}
	return colours.Of(in), waits, nil
}

// exceptions counts what is agreed to for a private reason.
func (s *Site) exceptions(ctx context.Context, p *person) (n int, err error) {
	for _, check := range checks(s.Policy) {
		for f, err := range (&findings.Keeper{Store: s.Main}).List(ctx, check, findings.Accepted) {
			if err != nil {
				return 0, err
			}
			n += boolInt(f.Agreed != nil && f.Agreed.Private && !p.did(f))
		}
	}
	return n, nil
}

// unanswered lists the check-ins that wait for an answer.
func (s *Site) unanswered(ctx context.Context) ([]checkins.State, error) {
	in, err := s.asked(ctx)
	if err != nil || in == nil {
		return nil, err
	}
	return slices.DeleteFunc(in.States(), func(st checkins.State) bool { return !st.Waits() }), nil
}

// silent says of each question that waits who is asked, once each.
func (s *Site) silent(waits []checkins.State) []silent {
	var out []silent
	for _, st := range waits {
		about := st.About()
		x := silent{Title: about.Title, Asked: s.askedOf(st.Ask), Overdue: st.Overdue(s.Clock())}
		if slices.ContainsFunc(out, func(o silent) bool { return o.Title == x.Title && o.Asked == x.Asked }) {
			continue
		}
		for _, who := range s.Policy.Person(policy.Role(st.Role)) {
			if who.Name != "" {
				x.Names = append(x.Names, who.Name)
			}
		}
		if !st.Due.IsZero() {
			x.Due = s.day(st.Due)
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b silent) int { return boolInt(!a.Overdue) - boolInt(!b.Overdue) })
	return out
}

// passedOn counts by class the posts at whose comments nobody looked in time.
func (s *Site) passedOn(ctx context.Context, open []*findings.Finding) ([]passedOn, error) {
	posts := map[string]map[string]bool{} // a post may be passed on under several clauses
	for _, f := range open {
		course, post, ok := moderation.ParseSubject(f.Subject)
		if ok && findings.Means(f.Rule) == comments.Means && slices.Contains(f.Facts, comments.PassedOn) {
			if posts[course] == nil {
				posts[course] = map[string]bool{}
			}
			posts[course][post] = true
		}
	}
	var out []passedOn
	for course, list := range posts {
		name := "A class"
		if class, err := moderation.Load(ctx, s.Main, course); err == nil && class.Name != "" {
			name = class.Name
		}
		documents := 0
		for post := range list {
			if _, ok := moderation.DocumentOf(post); ok {
				documents++
			}
		}
		var waits []string
		if n := len(list) - documents; n > 0 {
			waits = append(waits, count(n, "post", "posts"))
		}
		if documents > 0 {
			waits = append(waits, count(documents, "document", "documents"))
		}
		out = append(out, passedOn{Class: name, Waits: strings.Join(waits, ", ")})
	}
	slices.SortFunc(out, func(a, b passedOn) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out, nil
}

// more lists the pages for those who decide, of use to somebody.
func (s *Site) more(p *person) []menuItem {
	var out []menuItem
	add := func(may bool, title, path string) {
		if may {
			out = append(out, menuItem{Title: title, Path: path})
		}
	}
	add(p.leads(), "How we stand", "/overview")
	add(s.seesFindings(p), "Findings", "/findings")
	add(seesChanges(p), "Changes", "/changes")
	add(len(s.lists(p)) > 0, "Records", "/records")
	add(s.seesReminders(p), "Reminders", "/reminders")
	add(p.mayCover(), "School is closed", "/closed")
	return out
}
