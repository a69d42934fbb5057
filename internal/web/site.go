// Package web is the review site: where a teacher says that they looked, and people answer what only they can know.
//
// The contract:
//
//   - It faces the internet, and can do nothing to the school's domain: it reads the main state and creates decisions, which are claims that the worker judges
//     (internal/decisions). It does not reach Google, not even through other rooms; who is who it learns from what the worker kept (internal/roster, internal/memory).
//   - Everybody is signed in (signin). What somebody may see and do is judged anew with each request ([Site.person]): a teacher sees their classes and no other; pupils nothing.
//   - Each form proves that it came from this site and this session, and carries an id of its own, so that a form sent twice is one decision.
//   - Of the incident log (internal/incidents) nobody sees a sign but those who may read an entry, and nothing of it before it is recorded that they do.
//   - Pages are made on the server, work without JavaScript, on a phone and read aloud. There is no script at all: the content security policy forbids it.
//   - Logs hold reasons, paths and Google's ids; never an address, a title, or what somebody wrote.
package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/limit"
	"esafetybot/internal/moderation"
	"esafetybot/internal/plain"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/web/signin"
)

//go:embed pages
var files embed.FS

// Config is what the site needs.
type Config struct {
	Policy    *policy.Policy
	Main      store.Store // read only
	Decisions store.Store // created in only
	SignIn    *signin.SignIn
	Clock     func() time.Time
	Log       *slog.Logger
	Noted     func() // called after a decision was noted, so that the worker looks soon; may be nil
}

// Site is the review site.
type Site struct {
	Config
	mux  *http.ServeMux
	book book[moderation.Class]
	open map[string]*book[findings.Finding] // those that are open, by check

	forms, exports limit.Limiter // by account
}

// Pages shows what signing in has to say, in the look of the site. It is made first, because signing in needs it.
type Pages struct{ School, Officer string }

var _ signin.Pages = Pages{}

// New makes the site.
func New(c Config) (*Site, error) {
	if c.Policy == nil || c.Main == nil || c.Decisions == nil || c.SignIn == nil {
		return nil, errors.New("the review site: policy, state, decisions and sign-in must be given")
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Noted == nil {
		c.Noted = func() {}
	}
	s := &Site{Config: c, mux: http.NewServeMux(), open: booksOf(c.Policy), forms: limit.Limiter{AtOnce: formsAtOnce, PerSecond: formsPerSecond}, exports: limit.Limiter{AtOnce: exportsAtOnce, PerSecond: exportsPerSecond}}
	inside := http.NewServeMux()
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request, *person) error{
		"GET /{$}":                     s.home,
		"POST /reviewed":               s.reviewed,
		"POST /moderate":               s.moderate,
		"GET /check-ins":               s.checkIns,
		"POST /check-ins":              s.answer,
		"GET /classes":                 s.classes,
		"POST /cover":                  s.cover,
		"POST /cover/ending":           s.endCover,
		"GET /findings":                s.findingsList,
		"POST /findings/agree":         s.agree,
		"POST /findings/end":           s.endAgreement,
		"POST /findings/ask":           s.askOwner,
		"GET /shared":                  s.shared,
		"POST /shared":                 s.answerShared,
		"GET /changes":                 s.changes,
		"POST /changes/approve":        s.decideChange(decisions.Approve, "approved"),
		"POST /changes/decline":        s.decideChange(decisions.Decline, "declined"),
		"POST /changes/undo":           s.decideChange(decisions.Undo, "to-undo"),
		"POST /changes/all":            s.approveAll,
		"GET /overview":                s.overview,
		"GET /records":                 s.records,
		"POST /records/add":            s.changeRecord(decisions.Record, "entered"),
		"POST /records/renew":          s.changeRecord(decisions.Renew, "renewed"),
		"POST /records/end":            s.changeRecord(decisions.EndRecord, "entry-ended"),
		"GET /reminders":               s.reminders,
		"GET /reminders.ics":           s.remindersCalendar,
		"POST /reminders/confirm":      s.confirmReminder,
		"POST /reminders/read":         s.readPolicy,
		"GET /closed":                  s.closed,
		"POST /closed":                 s.close(decisions.Closed, "closed"),
		"POST /closed/after-all":       s.close(decisions.NotClosed, "not-closed"),
		"GET /reports":                 s.reports,
		"GET /reports/inspection":      s.inspection,
		"GET /reports/{kind}/{period}": s.report,
	} {
		inside.HandleFunc(pattern, s.limited(pattern, behind(c.look(), s.Log, s.person, h)))
	}
	for pattern, h := range s.incidentPages() {
		inside.HandleFunc(pattern, s.limited(pattern, behind(c.look(), s.Log, s.person, h)))
	}
	inside.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { c.look().Problem(w, r, signin.Problem(noPage())) })
	c.SignIn.Routes(s.mux)
	s.mux.HandleFunc("GET /style.css", asset("pages/style.css", "text/css; charset=utf-8"))
	s.mux.Handle("/", c.SignIn.Require(inside))
	return s, nil
}

// look is how problems look on this school's site.
func (c Config) look() Pages {
	return Pages{School: c.Policy.School.Name, Officer: c.Policy.Title(policy.RoleOfficer)}
}

// PagesOf is how problems look on a school's site, for whoever makes the sign-in.
func PagesOf(p *policy.Policy) Pages { return Config{Policy: p}.look() }

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	s.mux.ServeHTTP(w, r)
}

// secure forbids what no page of the site needs. The policy knows no script, and forms go to this site only (and on to Google for signing in, which browsers count as the form's).
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Strict-Transport-Security", "max-age=31536000")
}

// behind lets only those through whom who knows, and shows what went wrong.
func behind[P any](look Pages, log *slog.Logger, who func(*http.Request) (P, error), h func(http.ResponseWriter, *http.Request, P) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := who(r)
		if err == nil {
			err = h(w, r, p)
		}
		if err != nil {
			look.Problem(w, r, signin.Problem(asRefusal(r, log, err)))
		}
	}
}

// asRefusal is what is said of an error; one that nobody can do anything about is logged.
func asRefusal(r *http.Request, log *slog.Logger, err error) refusal {
	var problem refusal
	if errors.As(err, &problem) {
		return problem
	}
	log.ErrorContext(r.Context(), "a page failed", "path", r.URL.Path, "error", err)
	return refusal{
		Status: http.StatusInternalServerError, Title: "Something went wrong here", Why: "It is not your doing, and nothing was changed.", Do: "Try again in a few minutes. If it stays so, tell whoever looks after esafetybot.",
	}
}

// noPage is what is said of what is not there, and of what somebody may not know of.
func noPage() refusal {
	return refusal{
		Status: http.StatusNotFound, Reason: "no-page", Title: "There is no such page", Why: "The address may have been copied in part, or the page is gone.", Do: "Go to your page and look from there.",
	}
}

// refusal is a problem as an error.
type refusal signin.Problem

func (r refusal) Error() string { return r.Title }

// frame is what every page has.
type frame struct {
	School  string
	Title   string
	Who     string // the signed-in address; "" on pages for nobody
	SignOut string // token of the form
	Menu    []menuItem
	Notice  string
	Trouble *trouble // what of the program does not work; nil for those who can do nothing about it
	Body    any
}

type menuItem struct {
	Title, Path string
	Here        bool
}

var templates = func() map[string]*template.Template {
	out := map[string]*template.Template{}
	for _, name := range []string{"home", "check-ins", "classes", "findings", "changes", "overview", "closed", "records", "reminders", "reports", "shared", "problem", "signed-out", "concern", "concern-form", "concern-sent", "incidents", "incident", "incidents-numbers", "trust-overview", "administrator"} {
		out[name] = harmless(template.Must(template.New("").Funcs(template.FuncMap{"upper": upper, shownFunc: shown}).ParseFS(files, "pages/frame.html.tmpl", "pages/"+name+".html.tmpl")))
	}
	return out
}()

// show writes a page. It is made whole before anything is sent.
func show(w http.ResponseWriter, status int, name string, f frame) error {
	var b bytes.Buffer
	f.School = plain.Name(f.School)
	if err := templates[name].ExecuteTemplate(&b, "frame", f); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
	return nil
}

// page shows a page to somebody.
func (s *Site) page(w http.ResponseWriter, r *http.Request, p *person, name, title string, body any) error {
	return s.pageAs(w, r, p, http.StatusOK, name, title, body)
}

func (s *Site) pageAs(w http.ResponseWriter, r *http.Request, p *person, status int, name, title string, body any) error {
	f := frame{School: s.Policy.School.Name, Title: title, Who: p.Address, SignOut: s.SignIn.Token(r.Context(), signin.SignOutForm), Body: body, Notice: notices[r.URL.Query().Get("noted")]}
	for _, m := range slices.Concat(p.menu(), s.sharedMenu(r.Context(), p), s.more(p), s.incidentMenu(r.Context(), p)) {
		m.Here = m.Path == r.URL.Path
		f.Menu = append(f.Menu, m)
	}
	if name == "home" || name == "overview" {
		var err error
		if f.Trouble, err = s.trouble(r.Context(), p); err != nil {
			return err
		}
	}
	return show(w, status, name, f)
}

// notices is what a page says after a form was taken.
var notices = map[string]string{
	"moderated":       "Thank you. It is noted, and done within the hour.",
	"reviewed":        "Thank you. It is noted that you looked.",
	"answered":        "Thank you. Your answer is noted.",
	"cover":           "It is noted who stands in. They hear of what waits from the next mail on.",
	"ended":           "It is noted that they no longer stand in.",
	"agreed":          "It is noted, and taken up within minutes. What is of high severity waits for a second person.",
	"agreement-ended": "It is noted that the agreement ends. It is taken up within minutes.",
	"asked":           "It is noted, and taken up within minutes. Whoever shared it hears with their next daily mail, and has five days at school to answer.",
	"shared-keep":     "Thank you. It is noted that you still need it.",
	"shared-stop":     "Thank you. It is noted that it can stop.",
	"shared-not-sure": "Thank you. It is noted that you are not sure; somebody looks at it with you.",
	"approved":        "It is noted that you approve. It is taken up within minutes; what is of high severity waits for a second person.",
	"declined":        "It is noted that this is not wanted. It is taken up within minutes.",
	"to-undo":         "It is noted that this is to be undone. It is taken up within minutes.",
	"closed":          "It is noted that the school is closed. Deadlines in school days move, and nobody is reminded on that day.",
	"not-closed":      "It is noted that the school is open after all.",
	"entered":         "Thank you. It is noted, and taken up within minutes.",
	"renewed":         "Thank you. The new date is noted, and taken up within minutes.",
	"entry-ended":     "It is noted that the entry has ended. It is taken up within minutes.",
	"confirmed":       "Thank you. Your answer is noted, and taken up within minutes.",
	"has-read":        "Thank you. It is noted that you have read the policy.",
	"before":          "This was noted before. Nothing was changed.",
	"entry":           "It is noted, and shows within a minute: load the page again.",
}

// Problem implements signin.Pages.
func (p Pages) Problem(w http.ResponseWriter, _ *http.Request, problem signin.Problem) {
	_ = show(w, problem.Status, "problem", frame{School: p.School, Title: problem.Title, Body: problem})
}

// SignedOut implements signin.Pages.
func (p Pages) SignedOut(w http.ResponseWriter, _ *http.Request) {
	_ = show(w, http.StatusOK, "signed-out", frame{School: p.School, Title: "You are signed out"})
}

func asset(name, kind string) http.HandlerFunc {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(data)
	}
}

// formID is the id of an empty form: what is sent with it is one decision, however often it is sent.
func formID() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}
