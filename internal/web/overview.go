package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"esafetybot/internal/audit"
	"esafetybot/internal/checkins"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	"esafetybot/internal/plain"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
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
	Looks          []looks // how soon each looked at comments; for the officer only
	Exceptions     int     // what is agreed to for a private reason; 0 for those who must not know
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
	st, err := s.stand(r.Context(), p, &page)
	if err != nil {
		return err
	}
	for _, c := range st.Clauses {
		row := clauseRow{Clause: c.Clause, Words: c.Colour.Words(), Reason: strings.Join(c.Why, "; "), Deals: s.Policy.Title(c.DealsWithIt)}
		if c.Colour != colours.Green {
			row.Missing = c.Unseen
		}
		if c.Open > 0 {
			row.Path = findingFilter{Clause: c.ID}.path()
		}
		page.Clauses = append(page.Clauses, row)
	}
	for _, colour := range colours.All {
		page.Counts = append(page.Counts, colourCount{colour, colour.Words(), st.Count(colour)})
	}
	page.Silent = s.silent(st.Waits)
	if page.Looks, err = s.allLooks(r.Context(), p); err != nil {
		return err
	}
	if p.excepts() {
		if page.Exceptions, err = s.exceptions(r.Context(), p); err != nil {
			return err
		}
		page.ExceptionsPath = findingFilter{State: privateState}.path()
	}
	page.Never = slices.Concat(s.Policy.NotSeen, checkins.DojoSights(s.Policy), page.Never)
	return s.page(w, r, p, "overview", "How we stand", page)
}

// stand works out how everything stands now, and says what the newest runs could not see in the words of the report, which may name somebody.
func (s *Site) stand(ctx context.Context, p *person, page *overviewPage) (*audit.Standing, error) {
	now := s.Clock()
	a, err := audit.Open(ctx, s.Main, s.Policy, now, p.did)
	if err != nil {
		return nil, err
	}
	st, err := a.At(ctx, now)
	if err != nil {
		return nil, err
	}
	seen, err := views.OfSeen(ctx, s.Main)
	if err != nil {
		return nil, err
	}
	if seen != nil {
		page.Unseen, page.Returned, page.Never = seen.Unseen, seen.Returned, seen.Never
	}
	if !st.Looked.IsZero() {
		page.Looked = s.day(st.Looked)
	}
	page.PassedOn, err = s.passedOn(ctx, st.Open)
	return st, err
}

// exceptions counts what is agreed to for a private reason.
func (s *Site) exceptions(ctx context.Context, p *person) (n int, err error) {
	for _, check := range audit.Checks(s.Policy) {
		for f, err := range (&findings.Keeper{Store: s.Main}).List(ctx, check, findings.Accepted) {
			if err != nil {
				return 0, err
			}
			n += boolInt(f.Agreed != nil && f.Agreed.Private && !p.did(f))
		}
	}
	return n, nil
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
				x.Names = append(x.Names, plain.Name(who.Name))
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
			name = plain.Name(class.Name)
		}
		documents := 0
		for post := range list {
			if _, ok := moderation.DocumentOf(post); ok {
				documents++
			}
		}
		var waits []string
		if n := len(list) - documents; n > 0 {
			waits = append(waits, quantity.Of(n, "post", "posts"))
		}
		if documents > 0 {
			waits = append(waits, quantity.Of(documents, "document", "documents"))
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
	add(p.seesReports(), "Reports", "/reports")
	add(p.mayCover(), "School is closed", "/closed")
	return out
}
