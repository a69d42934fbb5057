package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/incidents"
	"esafetybot/internal/policy"
)

// concernPage is the form by which anybody at the school raises a concern: first whom it is about, then the rest.
type concernPage struct {
	Abouts   []choice
	About    choice
	Common   []incidents.Step // whatever kind is chosen
	Kinds    []concernKind
	Roles    []choice
	Date     string
	Today    string
	Known    string
	Item     string // a subject, from where they came
	ItemIs   string // what it is, in words
	Link     string // typed instead
	Ref      string
	Note     string
	MaxNote  int
	MaxRef   int
	Problem  string
	Token    string
	Form     string
	Received []string // what this person sent in, and when it was received: nothing more
}

type choice struct {
	Name, Title string
	Chosen      bool
}

type concernKind struct {
	choice
	For, Goes string
	More      []incidents.Step // what is to be done besides, for this kind
	Clock     bool             // the hours of its deadline run from when the school knew
}

func (s *Site) concern(w http.ResponseWriter, r *http.Request, p *person) error {
	page := concernPage{Token: s.SignIn.Token(r.Context(), incidentForm)}
	page.setItem(r.URL.Query().Get("item"))
	for _, a := range incidents.Abouts {
		page.Abouts = append(page.Abouts, choice{Name: string(a), Title: upper(a.Title())})
	}
	log, by := s.incidentsFor(p)
	list, err := log.Receipts(r.Context(), by)
	if err != nil {
		return err
	}
	for _, x := range list {
		page.Received = append(page.Received, s.moment(x.At))
	}
	slices.Reverse(page.Received)
	return s.page(w, r, p, "concern", "Raise a concern", page)
}

// setItem notes what the form is to link to; what no entry can link to is left out.
func (c *concernPage) setItem(item string) {
	if incidents.CanLink(item) {
		c.Item, c.ItemIs = item, incidents.LinkWords(item)
	}
}

// concernPath is where somebody raises a concern about a thing; "" where there is no log, or it cannot be linked to.
func (s *Site) concernPath(subject string) string {
	if !incidents.Used(s.Policy) || !incidents.CanLink(subject) {
		return ""
	}
	return "/concern?" + url.Values{"item": {subject}}.Encode()
}

// linkParts are the ways in which Google writes the id of a file or an account into the links that people copy.
var linkParts = []struct{ host, before, kind string }{
	{"drive.google.com", "/file/d/", "file"}, {"drive.google.com", "/drive/folders/", "file"}, {"docs.google.com", "/document/d/", "file"}, {"docs.google.com", "/spreadsheets/d/", "file"},
	{"docs.google.com", "/presentation/d/", "file"}, {"docs.google.com", "/forms/d/", "file"}, {"docs.google.com", "/drawings/d/", "file"}, {"sites.google.com", "/d/", "file"}, {"admin.google.com", "/ac/users/", "user"},
}

// asAccount is what Google puts into a link for somebody who is signed in to several accounts.
var asAccount = regexp.MustCompile(`/u/[0-9]+/`)

// linkedItem is what a link that somebody typed leads to, as a subject; any other is a page on the web, and what is no link stays as it was typed.
func linkedItem(typed string) string {
	typed = strings.TrimSpace(typed)
	u, err := url.Parse(typed)
	if err != nil || u.Scheme != "https" {
		return typed
	}
	if id := u.Query().Get("id"); u.Host == "drive.google.com" && id != "" {
		return "file/" + id
	}
	for _, p := range linkParts {
		if rest, ok := strings.CutPrefix(asAccount.ReplaceAllString(u.Path, "/"), p.before); ok && u.Host == p.host {
			if id, _, _ := strings.Cut(rest, "/"); id != "" {
				return p.kind + "/" + id
			}
		}
	}
	if u.Host != "" {
		return "web/" + typed
	}
	return typed
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// concernAbout shows what is to be done, and the rest of the form, once it is said whom it is about.
func (s *Site) concernAbout(w http.ResponseWriter, r *http.Request, p *person) error {
	if problem := s.SignIn.Check(r, incidentForm); problem != nil {
		return refusal(*problem)
	}
	about := incidents.About(r.PostForm.Get("about"))
	if !slices.Contains(incidents.Abouts, about) {
		return badForm()
	}
	page := concernPage{Form: formID(), Date: s.today().String()}
	page.setItem(r.PostForm.Get("item"))
	return s.concernForm(w, r, p, page, about, "", nil)
}

// concernForm shows the second page of the form, with what was filled in.
func (s *Site) concernForm(w http.ResponseWriter, r *http.Request, p *person, page concernPage, about incidents.About, kind incidents.Kind, roles []policy.Role) error {
	log, by := s.incidentsFor(p)
	page.About = choice{Name: string(about), Title: about.Title()}
	page.Token, page.Today = s.SignIn.Token(r.Context(), incidentForm), s.today().String()
	page.MaxNote, page.MaxRef = incidents.MaxNote, incidents.MaxReference
	steps := map[incidents.Kind][]incidents.Step{}
	for _, k := range incidents.Kinds() {
		if k.Always != "" && k.Always != about && !(about == incidents.NotSure && k.Always == incidents.Adult) {
			continue
		}
		one := concernKind{choice: choice{Name: string(k.Kind), Title: k.Title, Chosen: k.Kind == kind}, For: k.For, Clock: k.Clock.Unit == calendar.Hours}
		words, _, err := log.Reach(by, incidents.Form{Kind: k.Kind, About: about, ConcernsRoles: roles, Item: page.Item})
		if err != nil {
			return err
		}
		one.Goes, steps[k.Kind] = words, log.Steps(k.Kind, about)
		page.Kinds = append(page.Kinds, one)
	}
	for i, k := range page.Kinds {
		for _, step := range steps[incidents.Kind(k.Name)] {
			everywhere := true
			for _, other := range steps {
				everywhere = everywhere && slices.Contains(other, step)
			}
			switch {
			case !everywhere:
				page.Kinds[i].More = append(page.Kinds[i].More, step)
			case i == 0:
				page.Common = append(page.Common, step)
			}
		}
	}
	page.Roles = s.concernRoles(roles)
	status := http.StatusOK
	if page.Problem != "" {
		status = http.StatusBadRequest
	}
	return s.pageAs(w, r, p, status, "concern-form", "Raise a concern", page)
}

// aboutRoles are those whom a form offers to say that it may be about, so that it goes past them.
var aboutRoles = []policy.Role{policy.RoleHead, policy.RoleOfficer, policy.RoleSafeguarding, policy.RoleDeputy, policy.RoleSafeguardingDeps, policy.RoleChair}

func (s *Site) concernRoles(chosen []policy.Role) []choice {
	var out []choice
	for _, role := range aboutRoles {
		if role == policy.RoleHead || len(s.Policy.Person(role)) > 0 {
			out = append(out, choice{Name: string(role), Title: s.Policy.Title(role), Chosen: slices.Contains(chosen, role)})
		}
	}
	return out
}

// rolesOf reads the ticks of a form.
func rolesOf(r *http.Request) ([]policy.Role, bool) {
	var out []policy.Role
	for _, v := range r.PostForm["concerns"] {
		if !slices.Contains(aboutRoles, policy.Role(v)) {
			return nil, false
		}
		out = append(out, policy.Role(v))
	}
	return out, len(out) <= len(aboutRoles)
}

// typed is what somebody wrote into a field, with line ends as everywhere else.
func typed(r *http.Request, field string) string {
	return strings.ReplaceAll(r.PostForm.Get(field), "\r\n", "\n")
}

type sentPage struct {
	Words  string
	Nobody bool
	Again  bool // the form was sent before
	Steps  []incidents.Step
}

// sendConcern takes the form. What it says is judged as the worker will judge it, so that whoever fills it in hears at once what is wrong.
func (s *Site) sendConcern(w http.ResponseWriter, r *http.Request, p *person) error {
	if problem := s.SignIn.Check(r, incidentForm); problem != nil {
		return refusal(*problem)
	}
	about, kind := incidents.About(r.PostForm.Get("about")), incidents.Kind(r.PostForm.Get("kind"))
	form := r.PostForm.Get("form")
	roles, ok := rolesOf(r)
	if !ok || form == "" || len(form) > 64 || !slices.Contains(incidents.Abouts, about) {
		return badForm()
	}
	page := concernPage{Form: form, Date: r.PostForm.Get("date"), Known: r.PostForm.Get("known"), Link: strings.TrimSpace(r.PostForm.Get("link")), Ref: typed(r, "reference"), Note: typed(r, "note")}
	page.setItem(r.PostForm.Get("item"))
	f := incidents.Form{Kind: kind, About: about, ConcernsRoles: roles, Item: cmp.Or(page.Item, linkedItem(page.Link)), Reference: page.Ref, Note: page.Note}
	if f.Item != "" && !incidents.CanLink(f.Item) {
		page.Problem = badLink
		return s.concernForm(w, r, p, page, about, kind, roles)
	}
	var err error
	if page.Date != "" {
		if f.Date, err = calendar.ParseDate(page.Date); err != nil {
			page.Problem = "The day cannot be read: choose it again."
			return s.concernForm(w, r, p, page, about, kind, roles)
		}
	}
	if page.Known != "" {
		if f.Known, err = time.ParseInLocation("2006-01-02T15:04", page.Known, s.Policy.School.Location); err != nil {
			page.Problem = "The time at which the school came to know cannot be read: choose it again, or leave it empty."
			return s.concernForm(w, r, p, page, about, kind, roles)
		}
	}
	receipt, again, err := s.send(r, p, form, incidents.Sent{Act: incidents.ActRaise, Form: &f})
	if errors.Is(err, incidents.ErrForm) {
		page.Problem = formWords(err)
		return s.concernForm(w, r, p, page, about, kind, roles)
	}
	if err != nil {
		return err
	}
	log, _ := s.incidentsFor(p)
	return s.page(w, r, p, "concern-sent", "Your concern was sent", sentPage{Words: receipt.Words, Nobody: receipt.Nobody, Again: again, Steps: log.Steps(kind, about)})
}

// badLink is what is said of a link that leads to nothing that the program knows.
const badLink = "The link cannot be read. Open the file, copy the link from the top of the window, and put it in; or leave the field empty, and say in the note where it is."

// formWords is what the log says of a form that cannot be taken, as a sentence.
func formWords(err error) string {
	for _, e := range []error{incidents.ErrForm, incidents.ErrState, incidents.ErrMay} {
		if _, words, ok := strings.Cut(err.Error(), e.Error()+": "); ok {
			return upper(words) + "."
		}
	}
	return upper(err.Error()) + "."
}

// send judges what somebody sent, and notes it for the worker. again tells that the same form lies there already: what it said then stands.
func (s *Site) send(r *http.Request, p *person, form string, sent incidents.Sent) (receipt incidents.Receipt, again bool, err error) {
	log, by := s.incidentsFor(p)
	now := s.Clock()
	if receipt, err = log.Take(r.Context(), by, decisions.ID(decisions.Incident, p.By, form), now, sent); err != nil {
		return receipt, false, err
	}
	data, err := json.Marshal(sent)
	if err != nil {
		return receipt, false, err
	}
	if _, err := incidents.ParseSent(data); err != nil {
		return receipt, false, err
	}
	_, err = decisions.Make(r.Context(), s.Decisions, form, decisions.Decision{At: now, By: p.By, Do: decisions.Incident, Incident: data})
	if errors.Is(err, decisions.ErrTwice) {
		again, err = true, nil
	}
	if err == nil {
		s.Noted()
	}
	return receipt, again, err
}
