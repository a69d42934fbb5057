package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/trust"
	"esafetybot/internal/views"
	"esafetybot/internal/web/signin"
)

// TrustConfig is what the pages of a trust need.
type TrustConfig struct {
	Name    string
	Lead    policy.Person // the trust's safeguarding lead, who sees the overview; the zero Person where there is none
	Schools []TrustSchool // in the order of the trust's file
	SignIn  *signin.SignIn
	Clock   func() time.Time
	Log     *slog.Logger
}

// TrustSchool is one school, by its own site.
type TrustSchool struct {
	Site    *Site
	Address string // of the site: https://oak.review.trust.example
}

// Trust is the pages over several schools, at an address and with sessions of their own:
//
//   - the overview, for the trust's safeguarding lead alone: numbers only ([trust.School]);
//   - what waits for an administrator, school by school, for whoever is workspace administrator of some: of each only if that school's own site would say so of who asks ([Site.known]).
//
// Nothing is decided here, and nothing of a school is shown but numbers: whatever else somebody may see is on the school's own site, where they sign in.
type Trust struct {
	TrustConfig
	mux *http.ServeMux
}

// NewTrust makes the pages.
func NewTrust(c TrustConfig) (*Trust, error) {
	if c.SignIn == nil || c.Clock == nil || c.Log == nil || len(c.Schools) == 0 {
		return nil, errors.New("the trust's pages: schools, sign-in, clock and log must be given")
	}
	t := &Trust{TrustConfig: c, mux: http.NewServeMux()}
	inside := http.NewServeMux()
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request, *trustPerson) error{
		"GET /{$}":           t.home,
		"GET /overview":      t.overview,
		"GET /administrator": t.administrator,
	} {
		inside.HandleFunc(pattern, behind(t.look(), t.Log, t.person, h))
	}
	inside.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { t.look().Problem(w, r, signin.Problem(noPage())) })
	c.SignIn.Routes(t.mux)
	t.mux.HandleFunc("GET /style.css", asset("pages/style.css", "text/css; charset=utf-8"))
	t.mux.Handle("/", c.SignIn.Require(inside))
	return t, nil
}

// TrustPagesOf is how problems look on the pages of a trust, for whoever makes the sign-in.
func TrustPagesOf(name string) Pages { return Pages{School: name} }

func (t *Trust) look() Pages { return TrustPagesOf(t.Name) }

// ServeHTTP implements http.Handler.
func (t *Trust) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	t.mux.ServeHTTP(w, r)
}

// trustPerson is who asks.
type trustPerson struct {
	signin.Identity
	lead    bool
	serves  []served // schools of which they are administrator
	unknown []string // schools of which could not be found out whether they are
	never   []string // schools whose policy names them, and whose list of people was never read
}

type served struct {
	TrustSchool
	as *person
}

// person judges who asks: at each school by that school's own rule.
func (t *Trust) person(r *http.Request) (*trustPerson, error) {
	id, ok := signin.From(r.Context())
	if !ok {
		return nil, refusal{Status: http.StatusForbidden, Title: "You are not signed in", Do: "Sign in first.", Again: "/sign-in"}
	}
	p := &trustPerson{Identity: id, lead: t.Lead.Address != "" && strings.EqualFold(t.Lead.Address, id.Address)}
	for _, s := range t.Schools {
		as, err := s.Site.known(r)
		var no refusal
		switch {
		case errors.As(err, &no): // nobody at this school, as far as it knows
			if no.Why == nobodyRead && namedAdmin(s.Site.Policy, id.Address) {
				p.never = append(p.never, s.Site.Policy.School.Name)
			}
		case err != nil:
			t.Log.ErrorContext(r.Context(), "a school could not be read for the trust's pages", "school", s.Site.Policy.Key(), "error", err)
			// Whom the policy names may know that their school cannot be read.
			if namedAdmin(s.Site.Policy, id.Address) {
				p.unknown = append(p.unknown, s.Site.Policy.School.Name)
			}
		case as.plays(policy.RoleAdmin):
			p.serves = append(p.serves, served{s, as})
		}
	}
	if !p.lead && !p.administers() {
		return nil, refusal{
			Status: http.StatusForbidden, Title: "There is nothing here for this account", Account: id.Address, Why: "These pages are for whoever leads on safeguarding in the trust, and for the workspace administrators of its schools.",
			Do: "Your own page is on your school's site: follow the link in a mail from there.", Again: "/sign-in?choose=1",
		}
	}
	return p, nil
}

// administers tells whether they are workspace administrator of a school, as far as is known.
func (p *trustPerson) administers() bool { return len(p.serves)+len(p.unknown)+len(p.never) > 0 }

// namedAdmin tells whether a policy names an address as a workspace administrator's.
func namedAdmin(p *policy.Policy, address string) bool {
	return slices.ContainsFunc(p.Person(policy.RoleAdmin), func(x policy.Person) bool { return strings.EqualFold(x.Address, address) })
}

func (t *Trust) home(w http.ResponseWriter, r *http.Request, p *trustPerson) error {
	to := "/administrator"
	if p.lead {
		to = "/overview"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (t *Trust) page(w http.ResponseWriter, r *http.Request, p *trustPerson, name, title string, body any) error {
	f := frame{School: t.Name, Title: title, Who: p.Address, SignOut: t.SignIn.Token(r.Context(), signin.SignOutForm), Body: body}
	if p.lead {
		f.Menu = append(f.Menu, menuItem{Title: "How the schools stand", Path: "/overview"})
	}
	if p.administers() {
		f.Menu = append(f.Menu, menuItem{Title: "What waits for the administrator", Path: "/administrator"})
	}
	for i := range f.Menu {
		f.Menu[i].Here = f.Menu[i].Path == r.URL.Path
	}
	return show(w, http.StatusOK, name, f)
}

type trustOverviewPage struct {
	Headline string
	Schools  []reports.TrustSchool
	Notes    []string
}

// atOnce is how many schools are read side by side for one page.
const atOnce = 4

// overview shows how the schools stand, in numbers.
func (t *Trust) overview(w http.ResponseWriter, r *http.Request, p *trustPerson) error {
	if !p.lead {
		return notYours("Only whoever leads on safeguarding in the trust sees how its schools stand.")
	}
	now := t.Clock()
	var policies []*policy.Policy
	for _, s := range t.Schools {
		policies = append(policies, s.Site.Policy)
	}
	cut := trust.Cut(policies, now)
	page := trustOverviewPage{Schools: make([]reports.TrustSchool, len(t.Schools)), Notes: trust.Notes(policies, cut)}
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, s := range t.Schools {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			var err error
			if page.Schools[i], err = trust.School(r.Context(), s.Site.Main, s.Site.Policy, t.Lead.Address, cut, now); err != nil {
				t.Log.ErrorContext(r.Context(), "a school could not be read for the trust's overview, which says so", "school", s.Site.Policy.Key(), "error", err)
			}
		})
	}
	wg.Wait()
	page.Headline = reports.TrustHeadline(page.Schools)
	return t.page(w, r, p, "trust-overview", "How the schools stand", page)
}

type administratorPage struct {
	Schools []administratorSchool
	Unread  []string // schools that could not be read
	Never   []string // schools whose people were never read, and so nothing else
}

// administratorSchool is what waits for the administrator at one school.
type administratorSchool struct {
	School, Address       string
	Unread                bool
	Begun                 bool   // something was looked at
	Unseen                int    // things that the newest runs could not see
	NotRun                string // since when no day's run came to its end
	Trouble               *trouble
	Open, Overdue, High   int
	Changes               int // that wait for their approval
	Findings, ChangesPath string
}

// administrator shows what waits for who asks at each school whose administrator they are.
func (t *Trust) administrator(w http.ResponseWriter, r *http.Request, p *trustPerson) error {
	if !p.administers() {
		return notYours("Only workspace administrators of the trust's schools see what waits for them.")
	}
	page := administratorPage{Unread: p.unknown, Never: p.never}
	for _, s := range p.serves {
		one, err := s.Site.waitsForAdmin(r.Context(), s.as)
		if err != nil {
			t.Log.ErrorContext(r.Context(), "a school could not be read for the administrator's page, which says so", "school", s.Site.Policy.Key(), "error", err)
			one = administratorSchool{Unread: true, Findings: "/findings"}
		}
		one.School, one.Address = s.Site.Policy.School.Name, s.Address
		page.Schools = append(page.Schools, one)
	}
	return t.page(w, r, p, "administrator", "What waits for the administrator", page)
}

// waitsForAdmin counts what an administrator acts on, and says what of the program does not work. They see no more here than on the school's own pages.
func (s *Site) waitsForAdmin(ctx context.Context, p *person) (out administratorSchool, err error) {
	mine := findingFilter{State: findingStates[0].Value, Deals: string(policy.RoleAdmin), Page: 1}
	list, err := s.findingsOf(ctx, p, mine)
	if err != nil {
		return out, err
	}
	now := s.Clock()
	out.Open, out.Findings = len(list.shown), mine.path()
	for _, f := range list.shown {
		out.Overdue += boolInt(overdue(f, now))
		out.High += boolInt(f.Severity == policy.SeverityHigh && f.Status == findings.Open)
	}
	if out.Changes, err = s.changesAsk(ctx, p); err != nil {
		return out, err
	}
	out.ChangesPath = "/changes"
	first, err := memory.FirstLook(ctx, s.Main)
	if err != nil {
		return out, err
	}
	out.Begun = !first.IsZero()
	seen, err := views.OfSeen(ctx, s.Main)
	if err != nil {
		return out, err
	}
	if seen != nil {
		out.Unseen = len(seen.Unseen)
	}
	if out.Trouble, err = s.trouble(ctx, p); err != nil {
		return out, err
	}
	since, err := trust.NotRun(ctx, s.Main, now)
	if !since.IsZero() {
		out.NotRun = s.moment(since.In(s.Policy.School.Location))
	}
	return out, err
}
