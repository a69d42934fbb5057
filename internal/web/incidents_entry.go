package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"esafetybot/internal/calendar"
	"esafetybot/internal/incidents"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/quantity"
	"esafetybot/internal/roster"
	"esafetybot/internal/web/signin"
)

// entryPage is one entry, as whoever may read it sees it.
type entryPage struct {
	ID, Token    string
	Opened       bool // else the page says nothing but that there is one
	Why          string
	Kind, About  string
	Day, Raised  string
	By           string
	Concerns     []string
	Item, Link   string
	ItemIs       string // what it links to, in words
	Typed        string // what stands in the field for the link
	Pupils       string // how many pupils' accounts are named, in words
	AboutPupil   bool
	Lesson       bool // governors read what was learnt from it
	Reference    string
	Note         string
	Due          string
	Late         bool
	Open         bool
	Settled      string
	Answers      []choice
	Closings     []closingLine
	History      []historyLine
	Steps        []incidents.Step
	Kinds        []choice
	Abouts       []choice
	Roles        []choice
	MaxNote      int
	MaxRef       int
	MaxClosing   int
	Form         string // of correcting
	SettleForm   string
	CloseForm    string
	ReopenForm   string
	HeadDecides  bool // the entry cannot be closed before the headteacher has decided
	OnlyTheHead  bool // and this reader is not they
	CanBeLowered bool
	Kept         string // until when it is kept, or what that hangs on
	PupilLeft    bool
	Over         bool // its time is over, and this reader decides
	KeepForm     string
	DeleteForm   string
	Keepings     []keepingLine
}

type keepingLine struct{ When, Who, Until, Why string }

type closingLine struct{ When, Who, Told, Learnt string }

type historyLine struct{ When, Who, What string }

// whats says what happened, in words.
var whats = map[incidents.What]string{
	incidents.WasRaised: "raised it", incidents.WasOpened: "opened it", incidents.WasTold: "told", incidents.WasCorrected: "corrected it",
	incidents.WasSettled: "noted", incidents.WasClosed: "closed it", incidents.WasReopened: "reopened it",
	incidents.WasKept: "kept it", incidents.WasDated: "found out until when it is kept", incidents.WasLeft: "noted that the pupil has left", incidents.WasExported: "downloaded it",
}

// entry shows an entry to whoever may read it, once it is recorded that they do.
func (s *Site) entry(w http.ResponseWriter, r *http.Request, p *person) error {
	log, by := s.incidentsFor(p)
	e, err := log.Get(r.Context(), by, r.PathValue("id"))
	if errors.Is(err, incidents.ErrNone) {
		return noPage()
	}
	if err != nil {
		return err
	}
	page := entryPage{ID: e.ID, Token: s.SignIn.Token(r.Context(), incidentForm)}
	if page.Opened, err = s.opened(r.Context(), p, log, by, e); err != nil {
		return err
	}
	if page.Opened {
		s.fill(&page, p, log, e)
	}
	_, page.Why = log.MayRead(by, e)
	return s.page(w, r, p, "incident", "An entry", page)
}

func (s *Site) fill(page *entryPage, p *person, log *incidents.Log, e *incidents.Entry) {
	top := p.plays(policy.RoleHead, policy.RoleChair)
	page.Kind, page.About, page.Day, page.Raised, page.By = upper(e.Kind.Title()), e.About.Title(), dateWords(e.Date), s.moment(e.Raised), s.whoIs(p, e.By)
	page.ItemIs, page.Typed = incidents.LinkWords(e.Item), cmp.Or(itemURL(e.Item), e.Item)
	page.Pupils, page.AboutPupil = pupilWords(e), e.About == incidents.Pupil
	page.Lesson = e.About == incidents.Pupil || e.About == incidents.Nobody
	page.Item, page.Link, page.Reference, page.Note = e.Item, itemLink(e.Item, p), e.Reference, e.Note
	page.Open, page.Late, page.Steps = e.State == incidents.Open, log.Late(e), log.Steps(e.Kind, e.About)
	page.MaxNote, page.MaxRef, page.MaxClosing = incidents.MaxNote, incidents.MaxReference, incidents.MaxClosing
	page.Form, page.SettleForm, page.CloseForm, page.ReopenForm, page.CanBeLowered = formID(), formID(), formID(), formID(), top
	if at, ok := log.Clock(e); ok {
		page.Due = s.moment(at)
	}
	for _, c := range e.Concerns {
		if c.ID != "" {
			page.Concerns = append(page.Concerns, p.name(c.ID))
		}
	}
	for _, role := range e.Roles {
		page.Concerns = append(page.Concerns, "the "+s.Policy.Title(role))
	}
	if len(page.Concerns) == 0 && len(e.Concerns) > 0 {
		page.Concerns = []string{"somebody with an address outside the school"}
	}
	info, _ := e.Kind.Info()
	for _, a := range info.Answers {
		switch {
		case e.Settled != nil && e.Settled.Answer == a.Name:
			page.Settled = upper(a.Title) + ", on " + s.moment(e.Settled.At)
		case !a.Head || top:
			page.Answers = append(page.Answers, choice{Name: a.Name, Title: upper(a.Title)})
		}
		if a.Head && e.Settled == nil {
			page.HeadDecides, page.OnlyTheHead = true, !top
		}
	}
	for _, k := range incidents.Kinds() {
		page.Kinds = append(page.Kinds, choice{Name: string(k.Kind), Title: k.Title, Chosen: k.Kind == e.Kind})
	}
	for _, a := range incidents.Abouts {
		page.Abouts = append(page.Abouts, choice{Name: string(a), Title: a.Title(), Chosen: a == e.About})
	}
	page.Roles = s.concernRoles(e.Roles)
	for _, c := range e.Closings {
		page.Closings = append(page.Closings, closingLine{s.moment(c.At), s.whoIs(p, c.By), c.WhoTold, c.Learnt})
	}
	s.fillKept(page, p, log, e)
	for _, h := range e.History {
		line := historyLine{When: s.moment(h.At), Who: s.whoIs(p, h.Who), What: whats[h.What]}
		if h.What == incidents.WasTold {
			line.What = "told " + s.whoIs(p, h.Whom)
		}
		if h.Detail != "" {
			line.What += ": " + h.Detail
		}
		page.History = append(page.History, line)
	}
}

// fillKept says until when an entry is kept, and asks whoever decides once that is over.
func (s *Site) fillKept(page *entryPage, p *person, log *incidents.Log, e *incidents.Entry) {
	_, by := s.incidentsFor(p)
	page.Kept = "until the account has ended; then the headteacher is asked"
	if day, ok := log.KeptUntil(e); ok {
		page.Kept = "until " + day.Words() + "; then it is asked whether it stays"
	}
	page.PupilLeft = e.PupilLeft() && e.State == incidents.Open
	page.Over = log.Over(e) && log.Decides(by, e)
	page.KeepForm, page.DeleteForm = formID(), formID()
	for _, k := range e.Keepings {
		until := k.Until
		if day, err := calendar.ParseDate(until); err == nil {
			until = day.Words()
		}
		page.Keepings = append(page.Keepings, keepingLine{s.moment(k.At), s.whoIs(p, k.By), until, k.Why})
	}
}

// whoIs says who did something, to somebody who may read the entry.
func (s *Site) whoIs(p *person, w incidents.Who) string {
	role := ""
	if w.Role != "" && w.Role != incidents.Program {
		role = "the " + s.Policy.Title(policy.Role(w.Role))
	}
	switch {
	case w.Role == incidents.Program:
		return "esafetybot"
	case w.ID != "" && role != "":
		return p.name(w.ID) + ", " + role
	case w.ID != "":
		return p.name(w.ID)
	case role != "":
		return role
	}
	return "somebody with an address outside the school"
}

// pupilWords says what is known of the accounts of the pupils whom an entry is about. Which they are this site does not know.
func pupilWords(e *incidents.Entry) string {
	waits := 0
	for _, w := range e.Pupils {
		if w.ID == "" {
			waits++
		}
	}
	var out []string
	if n := len(e.Pupils) - waits; n > 0 {
		out = append(out, quantity.Of(n, "pupil's account is known to it: when the pupil leaves, it says so here, and how long it is kept goes by their year group.", "pupils' accounts are known to it: when one of them leaves, it says so here, and how long it is kept goes by their year groups."))
	}
	if waits > 0 {
		out = append(out, quantity.Of(waits, "pupil's address was written, and is looked up with the next daily run.", "pupils' addresses were written, and are looked up with the next daily run."))
	}
	return strings.Join(out, " ")
}

// itemURL is the link to a file or an account as somebody would copy it; "" for anything else.
func itemURL(item string) string {
	switch kind, id, _ := strings.Cut(item, "/"); kind {
	case "file":
		return "https://drive.google.com/open?" + url.Values{"id": {id}}.Encode()
	case "web":
		return id
	case "user":
		return "https://admin.google.com/ac/users/" + url.PathEscape(id)
	}
	return ""
}

// itemLink opens what an entry links to, as somebody's account; "" where there is nothing to open.
func itemLink(item string, p *person) string {
	kind, id, _ := strings.Cut(item, "/")
	switch kind {
	case "file":
		return "https://drive.google.com/open?" + url.Values{"id": {id}, "authuser": {p.Address}}.Encode()
	case "web":
		return id
	case "blog":
		return "https://www.blogger.com/blog/comments/" + url.PathEscape(id)
	}
	if course, post, ok := moderation.ParseSubject(item); ok && p.classes[course] != nil && p.classes[course].Posts[post] != nil {
		return p.classes[course].Posts[post].LinkAs(course, p.Address)
	}
	return ""
}

// actOn notes what somebody does about an entry.
func (s *Site) actOn(w http.ResponseWriter, r *http.Request, p *person) error {
	if problem := s.SignIn.Check(r, incidentForm); problem != nil {
		return refusal(*problem)
	}
	log, by := s.incidentsFor(p)
	e, err := log.Get(r.Context(), by, r.PathValue("id"))
	if errors.Is(err, incidents.ErrNone) {
		return noPage()
	}
	if err != nil {
		return err
	}
	sent := incidents.Sent{Act: incidents.Act(r.PathValue("act")), Entry: e.ID}
	form, back := r.PostForm.Get("form"), "/incidents/e/"+e.ID
	if sent.Act == incidents.ActOpen {
		form = openingForm(e)
	} else if opened, err := s.opened(r.Context(), p, log, by, e); err != nil {
		return err
	} else if !opened {
		return noPage() // nobody acts on what they have not read
	}
	switch sent.Act {
	case incidents.ActOpen:
	case incidents.ActCorrect:
		c, ok := correction(r, e)
		if !ok {
			return badForm()
		}
		if c.Item != nil && *c.Item != "" && !incidents.CanLink(*c.Item) {
			return notTaken(badLink)
		}
		if address := strings.ToLower(strings.TrimSpace(typed(r, "pupil"))); address != "" {
			if c.Pupil, err = s.pupil(p, address); err != nil {
				return err
			}
		}
		sent.Correction = c
		back = "/" // it may not be theirs to read any more
	case incidents.ActSettle:
		sent.Answer = r.PostForm.Get("answer")
	case incidents.ActClose:
		sent.WhoTold, sent.Learnt = typed(r, "who_told"), typed(r, "learnt")
	case incidents.ActReopen:
		sent.Note = typed(r, "note")
	case incidents.ActKeep:
		sent.Until, sent.Why = strings.TrimSpace(typed(r, "until")), typed(r, "why")
	case incidents.ActDelete:
		if r.PostForm.Get("sure") != "yes" {
			return badForm()
		}
		back = "/" // there is none any more
	default:
		return noPage()
	}
	if form == "" || len(form) > 300 {
		return badForm()
	}
	_, again, err := s.send(r, p, form, sent)
	switch {
	case errors.Is(err, incidents.ErrNone):
		return noPage()
	case errors.Is(err, incidents.ErrForm), errors.Is(err, incidents.ErrState), errors.Is(err, incidents.ErrMay):
		return notTaken(formWords(err))
	case err != nil:
		return err
	}
	switch {
	case sent.Act == incidents.ActOpen:
	case again:
		back += "?noted=before"
	default:
		back += "?noted=entry"
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

func notTaken(why string) refusal {
	return refusal(signin.Problem{Status: http.StatusBadRequest, Reason: "entry", Title: "This could not be taken", Why: why + " Nothing was changed.", Do: "Go back, put it right and send it again."})
}

// pupil is what is kept of the address of a pupil that somebody typed: its hash, until the worker finds the account.
func (s *Site) pupil(p *person, address string) (string, error) {
	hash := pseudonym.Of(address)
	switch {
	case !strings.Contains(address, "@") || !s.ours(address):
		return "", notTaken("The pupil's address is not one of the school's: write it as it stands in the school's list of accounts.")
	case slices.ContainsFunc(p.adults, func(a roster.Adult) bool { return slices.Contains(a.Hashes, hash) }):
		return "", notTaken("This is the address of an adult: if it is about them, say that it is about an adult.")
	}
	return hash, nil
}

// correction is what a form changes of an entry.
func correction(r *http.Request, e *incidents.Entry) (*incidents.Correction, bool) {
	c := &incidents.Correction{}
	roles, ok := rolesOf(r)
	if !ok {
		return nil, false
	}
	for _, role := range roles {
		if !slices.Contains(e.Roles, role) {
			c.ConcernsRoles = append(c.ConcernsRoles, role)
		}
	}
	if k := incidents.Kind(r.PostForm.Get("kind")); k != e.Kind {
		c.Kind = k
	}
	if a := incidents.About(r.PostForm.Get("about")); a != e.About {
		c.About = a
	}
	if now := linkedItem(typed(r, "item")); r.PostForm.Has("item") && now != e.Item {
		c.Item = &now
	}
	for _, f := range []struct {
		field, was string
		to         **string
	}{{"reference", e.Reference, &c.Reference}, {"note", e.Note, &c.Note}} {
		if now := strings.TrimSpace(typed(r, f.field)); r.PostForm.Has(f.field) && now != f.was {
			*f.to = &now
		}
	}
	return c, true
}
