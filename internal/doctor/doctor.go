// Package doctor tries everything that a school's policy needs before the first run, and says in plain words what works, what does not, what stays
// unknown without it, and what to do next.
//
// Contract:
//
//   - It reads only. Of a scope that changes things it asks for a token and throws it away. The one thing that it ever sends is the test mail, to the
//     address that somebody asked for, and a folder for mail is tried with a file that is removed again.
//   - Of a place of state one document is read. Nothing is made in it, and no place that is not there yet.
//   - Everything is tried, whatever fails before; but where one cause spoils all of Google (a wrong key, a wrong administrator, no network) it is told once.
//   - What a line says holds addresses only from the policy and the command line: never what was read, so a pupil's name cannot be in it. Those of [Probe]
//     hold numbers and Google's own words alone.
//   - Nothing that was not tried is said to work.
//
// Only scopes that the policy's own clauses need are tried ([Needs]).
package doctor

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"esafetybot/internal/google"
	"esafetybot/internal/mail"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// A Status is how something stands.
type Status string

// The three.
const (
	Works   Status = "works"
	Fails   Status = "fails"
	Unknown Status = "unknown" // not tried, cannot be tried by a program, or for a person to look at
)

// An Item is one thing that was tried.
type Item struct {
	Key     string   `json:"key"` // stable: "scope/drive.metadata.readonly", "person/governor"
	Status  Status   `json:"status"`
	What    string   `json:"what"`              // what was tried and what came of it, a sentence without its full stop
	Without string   `json:"without,omitempty"` // what stays unknown, or undone
	Next    string   `json:"next,omitempty"`    // what to do
	Clauses []string `json:"clauses,omitempty"`
}

// Report is what came of everything.
type Report struct {
	OK    bool   `json:"ok"` // nothing fails
	Items []Item `json:"items"`
	Next  string `json:"next"` // the one thing to do now

	lead sight // of Setup.Lead
}

// Of lists the items of a status.
func (r *Report) Of(s Status) []Item {
	return slices.DeleteFunc(slices.Clone(r.Items), func(i Item) bool { return i.Status != s })
}

// A Place is somewhere where the program keeps something.
type Place struct {
	Key     string // of its item: "state"
	What    string // what it is, to begin a sentence with: "The state"
	URI     string // where it lives, as the flag says; "" if none is given and none is there
	Flag    string // which says it: "--state"
	Without string // what nobody does or knows if it cannot be opened
	// Open opens it, to be closed again. What is read is one document of Holds, of which it need not have any.
	Open  func(context.Context) (store.Store, error)
	Holds *store.Collection
	// Later is what is said of one of which there is none yet, and what to do; "" where nothing has to be said.
	Later, Next string
	// Rights is what a run may do there. Doctor only reads.
	Rights store.Rights
}

// Setup is a school as it is about to be run.
type Setup struct {
	Policy   *policy.Policy
	Client   *google.Client // nil where there are no credentials, or none that can be read; Trouble then says why
	Trouble  error
	Keyless  bool   // it signs without a key
	ClientID string // the service account's number; "" where it is not known
	Admin    string // who is acted as
	Now      time.Time
	Lead     string // the trust's safeguarding lead, who is nobody in the school: only [TrustLead] tells of them; "" where there is none

	// State is where the state lives, Stores are the other places that a run opens.
	State  Place
	Stores []Place
	// Mail is how mail goes out, Sender hands it over, From is whom it is from. A test mail goes to TestMail; without an address none is sent.
	Mail     mail.Destination
	Sender   mail.Sender
	From     string
	TestMail string
	// BaseURL is the review site's; HTTP asks it.
	BaseURL string
	HTTP    *http.Client
	// HooksURL is where Google may send to, "" for nowhere; HooksTrouble is why it may not.
	HooksURL     string
	HooksTrouble error
	// Progress, if set, hears what is being tried.
	Progress func(what string, done, of int)
}

// Examine tries everything. The error is that of a context that ended.
func Examine(ctx context.Context, s Setup) (*Report, error) {
	x := &examination{Setup: s}
	steps := []func(context.Context){x.policyFile, x.google, x.directory, x.settings, x.rolls, x.calendar, x.stores, x.mail, x.site, x.hooks}
	for i, step := range steps {
		if s.Progress != nil {
			s.Progress("trying", i, len(steps))
		}
		step(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	r := NewReport(x.items)
	r.lead = x.lead()
	if r.Next == "" {
		r.Next = x.then()
	}
	return r, nil
}

// NewReport is the report of some items. Its Next is what the first failure says that says something, or "".
func NewReport(items []Item) *Report {
	r := &Report{OK: true, Items: items}
	for _, i := range items {
		r.OK = r.OK && i.Status != Fails
	}
	for _, i := range r.Of(Fails) {
		if i.Next != "" {
			r.Next = i.Next + ", then run doctor again"
			break
		}
	}
	return r
}

// An examination gathers items.
type examination struct {
	Setup
	items []Item

	spoilt   bool                 // one cause spoils all of Google
	refused  map[string]bool      // scopes without which we are
	customer []string             // the domains of the Google account, as far as they could be read
	account  map[string]*standing // by address and alias
	groups   map[string]bool      // by address and alias; nil where they could not be read
	units    map[string]bool      // by path; nil likewise
}

// has tells whether a scope gives a token.
func (x *examination) has(scope string) bool {
	refused, tried := x.refused[scope]
	return tried && !refused && !x.spoilt
}

func (x *examination) add(i Item) { x.items = append(x.items, i) }

func (x *examination) works(key, what string) { x.add(Item{Key: key, Status: Works, What: what}) }

func (x *examination) fails(key, what, without, next string, clauses ...string) {
	x.add(Item{Key: key, Status: Fails, What: what, Without: without, Next: next, Clauses: clauses})
}

func (x *examination) unknown(key, what, next string) {
	x.add(Item{Key: key, Status: Unknown, What: what, Next: next})
}

// then is what comes after a doctor who found nothing.
func (x *examination) then() string {
	if x.Mail.Scheme == "dir" {
		return "run “esafetybot run” and read the mails in the folder " + x.Mail.Path + "; nobody gets one as long as they go there"
	}
	return "run “esafetybot run”"
}

// said is an error of Google's as an item says it: what happened, and what to do about it.
func said(err error) (what, next string) {
	var e *google.Error
	if errors.As(err, &e) {
		return e.What, e.Next
	}
	return err.Error(), ""
}
