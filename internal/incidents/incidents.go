// Package incidents is the online-safety incident log: what happened, who was told when, what was learnt. It is no child-protection
// file: the school's own system is, and an entry carries only its reference there.
//
// Contract:
//
//   - An [Entry] holds ids and hashes of addresses, never a name; a note of at most [MaxNote] characters, cleared on closing; no
//     attachment and no picture, ever. Its id cannot be guessed, and is no permission: [Log.MayRead] is asked every time.
//
//   - About a pupil, or about nobody (a service, a device, a filter): the e-safety officer and the safeguarding lead are told, and may
//     read. If nobody has opened it in time ([Info].Open, working hours) their deputies are, and after as long again the headteacher. Some kinds
//     tell the headteacher from the start ([Info].Head).
//
//   - About an adult who works or volunteers here, or not sure: the headteacher only. About the headteacher, whatever else it is about: the chair
//     of governors only. Where a trust has no chair for the school, its named contact holds that role.
//
//   - Nobody whom an entry concerns is told of it, sees it, counts it or stands in, whatever roles they hold. It never goes sideways to
//     somebody who reports to them: the deputy e-safety officer reports to the officer, deputy safeguarding leads to the lead, everybody at the
//     school to the headteacher. It goes to the others of the list, else up. Where nobody is left it is kept, unread, and whoever
//     raised it is told plainly whom to ring ([Receipt]). Whom an entry concerns can be added to, never taken from.
//
//   - Whoever raised it may see that it was received, not more. To others an entry that they may not read is one that is not there ([ErrNone]).
//
//   - Entries about adults (and not sure) lie in a collection of their own ([Adults]); no query touches both. Correcting pupil to adult moves
//     all there is in one batch; back only the headteacher or the chair can.
//
//   - Every transition, and each person's first reading, appends an [Event]; the one place that writes an entry refuses one whose past
//     was changed.
//
//   - Nothing is deleted by a clock. When the time of a closed entry is over ([Log.KeptUntil]) the safeguarding lead is asked, of one about an adult whoever may read it ([Log.Decides]): it
//     stays until a day, for a reason ([Log.StayUntil]), or goes ([Log.Delete]). A pupil's year group is noted while it is known ([Log.Heed]), since nobody knows a date of birth here. What is left of an entry that
//     was deleted is when, and by whom ([Ends]).
//
//   - An open entry freezes its item ([Log.Holds]) for actions, expiry and erasure, which have to ask. What people are shown of that is [FrozenWords], alike for
//     everybody: that an incident is the reason would tell whom it concerns.
//
//   - Raising is idempotent: the same form id from the same person is the same entry. After [store.ErrUnknown] raise it again with the same form id.
//
// Reading needs no judgement of a page: it gives who is signed in, and shows what it gets. Roles are looked up in [Log].Roster, never believed.
//
// # Documents
//
//	incidents          ID            an entry about a pupil or nobody, with its history
//	adult_concerns     ID            an entry about an adult, or not sure
//	incident_receipts  HASH          form and person, to the entry's id: what was received from whom
//	incident_holds     SUBJECT|ID    an open entry freezes this item
//	incident_ends      RANDOM        an entry was deleted: when, by whom
package incidents

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
)

// Limits, in characters.
const (
	MaxNote      = 500
	MaxClosing   = 1000 // of each of the two answers on closing
	MaxReference = 60
	maxItem      = 300 // bytes
	maxConcerns  = 20
)

// About is whom or what an entry is about.
type About string

// The answers that a form offers.
const (
	Pupil   About = "pupil"
	Adult   About = "adult" // who works or volunteers here
	NotSure About = "not-sure"
	Nobody  About = "nobody" // a service, a device, a filter
)

// Abouts lists them in the order of a form.
var Abouts = []About{Pupil, Adult, NotSure, Nobody}

// Title is the answer in words.
func (a About) Title() string {
	switch a {
	case Pupil:
		return "a pupil"
	case Adult:
		return "an adult who works or volunteers here"
	case NotSure:
		return "not sure"
	case Nobody:
		return "nobody: a service, a device or the web filter"
	}
	return string(a)
}

// rank orders the answers by how few may read; an answer may be corrected upwards by whoever reads it.
func (a About) rank() int { return slices.Index([]About{Nobody, Pupil, NotSure, Adult}, a) }

// Shelf is one of the two places where entries lie. Whatever asks for several entries asks one shelf.
type Shelf int

// The shelves.
const (
	Ordinary Shelf = iota // about a pupil or nobody
	Adults                // about an adult, or not sure
)

func (a About) shelf() Shelf {
	if a == Pupil || a == Nobody {
		return Ordinary
	}
	return Adults // what is not known is read by few
}

func (s Shelf) collection() *store.Collection {
	if s == Ordinary {
		return Incidents
	}
	return AdultConcerns
}

// State is where an entry stands.
type State string

// The states.
const (
	Open   State = "open"
	Closed State = "closed"
)

// By is somebody who is signed in. Only the id and a hash of the address are kept.
type By struct {
	Role    string // as signed in, for whoever raises; what somebody may read never rests on it
	Address string
	ID      string // Directory id; "" for somebody without an account at the school
	Hash    string // of the address, as pseudonym.Of makes it, where the address itself is not known
}

// Who is what is kept of By.
type Who struct {
	Role string `json:"role,omitempty"`
	ID   string `json:"id,omitempty"`
	Hash string `json:"hash,omitempty"` // of the address
}

// Program is the role of what the program did by itself.
const Program = "program"

func (b By) who() Who {
	return Who{Role: b.Role, ID: b.ID, Hash: cmp.Or(pseudonym.Of(b.Address), b.Hash)}
}

// same tells whether two are, or may be, one person.
func (w Who) same(v Who) bool {
	return w.ID != "" && w.ID == v.ID || w.Hash != "" && w.Hash == v.Hash
}

// Mark says that somebody opened an entry, or was told of it.
type Mark struct {
	Who
	At time.Time `json:"at"`
}

// Closing is one answer to the two questions without which nothing closes.
type Closing struct {
	At      time.Time `json:"at"`
	By      Who       `json:"by"`
	WhoTold string    `json:"who_was_told"`
	Learnt  string    `json:"what_we_learnt"`
}

// Settled says how what the clock asked for was done.
type Settled struct {
	Answer string    `json:"answer"` // one of [Info].Answers
	At     time.Time `json:"at"`
}

// Entry is what is stored.
type Entry struct {
	ID       string        `json:"id"`
	Kind     Kind          `json:"kind"`
	About    About         `json:"about"`
	Concerns []Who         `json:"concerns,omitempty"` // those whom it is about, as far as was said, each by id or by hash
	Roles    []policy.Role `json:"roles,omitempty"`    // that it is about, and that nobody held when that was said: whoever comes to hold one counts as concerned
	// Pupils are the accounts of pupils whom it is about, as far as somebody named them or a file that it links to tells; by hash until the account was found. They tell nothing about who may read.
	Pupils    []Who  `json:"pupils,omitempty"`
	Date      string `json:"date"`           // the day it happened, 2026-09-14
	Item      string `json:"item,omitempty"` // a subject, kind/id, as findings have; what it links to and freezes
	Reference string `json:"reference,omitempty"`
	Note      string `json:"note,omitempty"` // "" once closed

	By     Who       `json:"by"`
	Raised time.Time `json:"raised"`
	Known  time.Time `json:"known"`  // when the school came to know: where the 72 hours of a data breach begin
	Since  time.Time `json:"since"`  // the present opening; later than Raised once it was reopened
	Routed time.Time `json:"routed"` // since when it goes to those to whom it goes now

	State    State     `json:"state"`
	Opened   []Mark    `json:"opened,omitempty"` // since Routed, each person once
	Told     []Mark    `json:"told,omitempty"`
	Settled  *Settled  `json:"settled,omitempty"`
	Closings []Closing `json:"closings,omitempty"`
	// Period is the last day of its time, where that was found out: by the pupil's year group, or because the account ended.
	Period   string    `json:"period,omitempty"`
	Keepings []Keeping `json:"keepings,omitempty"` // decisions that it stays longer
	History  []Event   `json:"history"`

	version int64
	lies    Shelf
	past    []Event // the history as read, which must stay
	shut    []Closing
	stays   []Keeping
}

// What says what happened.
type What string

// What happens to an entry.
const (
	WasRaised    What = "raised"
	WasOpened    What = "opened" // read by somebody for the first time since it goes to them
	WasTold      What = "told"
	WasCorrected What = "corrected"
	WasSettled   What = "settled" // what the clock asks for was done
	WasClosed    What = "closed"
	WasReopened  What = "reopened"
	WasKept      What = "kept"     // its time was over, and somebody decided that it stays
	WasDated     What = "dated"    // it was found out until when it is kept
	WasLeft      What = "left"     // the pupil has left while it is open
	WasExported  What = "exported" // somebody downloaded it
)

// Event is one thing that happened to an entry. It is never changed; what was wrong is corrected by another.
type Event struct {
	At   time.Time `json:"at"`
	Who  Who       `json:"who"`
	What What      `json:"what"`
	// Detail is made of our own words and the school's reference only: "about: pupil, now adult". No note, no name.
	Detail string `json:"detail,omitempty"`
	Whom   Who    `json:"whom,omitzero"` // who was told
}

// The collections of this package, for whoever declares indexes.
var (
	Incidents     = shelf("incidents")
	AdultConcerns = shelf("adult_concerns")
	Receipts      = &store.Collection{
		Name: "incident_receipts", Schema: 1, Indexed: []string{"by_id", "by_hash", "at"},
		Queries: []store.Query{
			{Name: "by_id", Equal: []string{"by_id"}, Range: "at"},
			{Name: "by_hash", Equal: []string{"by_hash"}, Range: "at"},
		},
	}
	Holds = &store.Collection{Name: "incident_holds", Schema: 1}
)

func shelf(name string) *store.Collection {
	return &store.Collection{
		Name: name, Schema: 1, Indexed: []string{"state", "raised"},
		Queries: []store.Query{
			{Name: "state", Equal: []string{"state"}, Range: "raised"},
			{Name: "raised", Range: "raised"},
		},
	}
}

// Errors that callers tell apart.
var (
	ErrNone  = errors.New("there is no entry here that you may read")
	ErrForm  = errors.New("the form cannot be taken as it is")
	ErrState = errors.New("not possible in its present state")
	ErrMay   = errors.New("not yours to do")
	ErrPast  = errors.New("what happened to an entry cannot be changed") // a mistake in the calling code
)

func (e *Entry) fields() map[string]string {
	return map[string]string{"state": string(e.State), "raised": store.Time(e.Raised)}
}

func (e *Entry) happened(at time.Time, who Who, what What, detail string) {
	e.History = append(e.History, Event{At: at, Who: who, What: what, Detail: detail})
}

func decode(s Shelf, d store.Doc) (*Entry, error) {
	e := new(Entry)
	if err := json.Unmarshal(d.Body, e); err != nil {
		return nil, fmt.Errorf("entry %s in the state cannot be read: %w", d.Key, err)
	}
	e.version, e.lies = d.Version, s
	e.past, e.shut, e.stays = slices.Clone(e.History), slices.Clone(e.Closings), slices.Clone(e.Keepings)
	return e, nil
}

// put adds an entry to a batch, on the shelf where it belongs. It is the only place that writes one.
func (e *Entry) put(b *store.Batch) error {
	kept := len(e.History) > len(e.past) && slices.Equal(e.History[:len(e.past)], e.past) &&
		len(e.Closings) >= len(e.shut) && slices.Equal(e.Closings[:len(e.shut)], e.shut) &&
		len(e.Keepings) >= len(e.stays) && slices.Equal(e.Keepings[:len(e.stays)], e.stays)
	if !kept {
		return fmt.Errorf("entry %s: %w: append an event", e.ID, ErrPast)
	}
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	to := e.About.shelf()
	if e.version > 0 && e.lies != to {
		b.Delete(e.lies.collection(), e.ID, e.version)
		e.version = 0
	}
	b.Put(to.collection(), e.ID, e.version, e.fields(), body)
	return nil
}
