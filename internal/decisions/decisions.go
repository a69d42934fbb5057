// Package decisions keeps what people decided on the review site, until the worker has judged it.
//
// A decision is a claim. The site, which faces the internet, may create decisions and nothing else; the worker judges each ([Tray.Judge]): whose it was to make, and whether
// what was decided on is still as they saw it. What it found is kept beside the effect, in one batch, so that each decision is taken up once.
//
// What is sent to the incident log may tell of a person: such a decision is deleted as soon as it is judged ([Take]); all others stay.
//
// A decision exists once: its key is made from the form that was sent, so that a form sent twice is one decision. It holds Google's ids and hashes of addresses, never a name.
package decisions

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/store"
)

// What people decide.
const (
	Reviewed = "reviewed"  // they looked at Item, and saw it as it was at Saw
	Cover    = "cover"     // Who stands in for the teachers of Course from From until Until
	EndCover = "end-cover" // Who does so no longer
	Moderate = "moderate"  // the comment Comment on Item is to be shown, hidden or removed, as To says
	Answer   = "answer"    // Answer to the check-in CheckIn
	Incident = "incident"  // what Incident says of the incident log

	Agree       = "agree"         // Findings may stay as they are until the end of the day Until, because of Why
	EndAgree    = "end-agreement" // Findings may do so no longer
	AskOwner    = "ask-owner"     // whoever shared what Findings are about is to be asked whether that is still needed
	OwnerAnswer = "owner-answer"  // Answer to that: "keep" until the end of the day Until because of Why, "stop" or "not-sure"; Findings is one

	Approve    = "approve"     // the changes Changes are to be made
	ApproveAll = "approve-all" // all changes of the kind Kind that wait, Expect of them
	Decline    = "decline"     // the changes Changes are not wanted, because of Why
	Undo       = "undo"        // the changes Changes, one of them, are to be undone, because of Why
	Closed     = "closed"      // the school is closed on the day From
	NotClosed  = "not-closed"  // it is open after all

	Record    = "record"     // What, to be found at Where, is entered in the record Record until the day Until; the entry's id is the decision's
	Renew     = "renew"      // the entry Entry of Record holds until the day Until
	EndRecord = "end-record" // the entry Entry of Record holds no longer, for good

	Confirm    = "confirm"     // Answer ("done" or "not-done") to whether Reminder was seen to in Period, with Note
	ReadPolicy = "read-policy" // they have read the policy

	Exported = "exported" // they took the list Kind out of the program; nothing is judged of it, it is told
)

// The lists that people take out of the program.
const (
	ExportAccess    = "access-record"
	ExportIncidents = "incident-log" // about pupils, services and devices
)

// Kinds lists what people decide.
var Kinds = []string{
	Reviewed, Cover, EndCover, Moderate, Answer, Incident, Agree, EndAgree, AskOwner, OwnerAnswer, Approve, ApproveAll, Decline, Undo, Closed, NotClosed, Record, Renew, EndRecord,
	Confirm, ReadPolicy, Exported,
}

// CursorPrefix is how the keys begin under which the worker notes beside its judgements how far it came.
const CursorPrefix = "cursor|"

// What may become of a comment on a blog.
const (
	Show   = "approve" // readers see it
	Hide   = "spam"    // they do not
	Remove = "remove"  // its text is gone for good
)

// By is who decided, as the site saw them signed in.
type By struct {
	ID   string `json:"id,omitempty"` // the account's id at Google, which is its Directory id
	Hash string `json:"hash"`         // Hash of the address
}

// Decision is what is stored.
type Decision struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	By      By        `json:"by"`
	Do      string    `json:"do"`
	Item    string    `json:"item,omitempty"`    // subject
	Saw     time.Time `json:"saw,omitzero"`      // the newest thing that they were shown
	Comment string    `json:"comment,omitempty"` // Blogger's id
	To      string    `json:"to,omitempty"`      // Show, Hide or Remove
	Course  string    `json:"course,omitempty"`  // Google's id; of a blog its moderation.BlogKey
	Who     string    `json:"who,omitempty"`     // Directory id
	From    string    `json:"from,omitempty"`    // dates, 2026-10-05
	Until   string    `json:"until,omitempty"`
	CheckIn string    `json:"check_in,omitempty"`
	Answer  string    `json:"answer,omitempty"` // yes, no or not-sure; keep, stop or not-sure
	// Said is what was answered about a class on ClassDojo, in the place of Answer: words of package classdojo, by the question's id.
	Said map[string]string `json:"said,omitempty"`
	// Incident is a form of the incident log. It may tell of a person, and so the decision is deleted as soon as it is judged ([Take]).
	Incident json.RawMessage `json:"incident,omitempty"`

	Findings []Pick `json:"findings,omitempty"`
	Changes  []Pick `json:"changes,omitempty"`
	Kind     string `json:"kind,omitempty"` // of a change, or of a list
	Expect   int    `json:"expect,omitempty"`
	// Private says of Agree that only [policy.Excepters] may know who agreed, and why.
	Private bool   `json:"private,omitempty"`
	Why     string `json:"why,omitempty"` // in their own words, at most MostWhy characters; shown to whoever sees what it is about, never logged

	Record string `json:"record,omitempty"` // name of a record that is a list
	Entry  string `json:"entry,omitempty"`  // id of the decision that made the entry
	What   string `json:"what,omitempty"`   // in their own words, at most MostWhat characters; never logged or mailed
	Where  string `json:"where,omitempty"`  // likewise, at most MostWhere

	Reminder string `json:"reminder,omitempty"` // name of a reminder of the policy
	Period   string `json:"period,omitempty"`   // key of what is confirmed
	Note     string `json:"note,omitempty"`     // in their own words, at most MostNote characters; never logged or mailed
}

// Decisions is the collection that the site writes, in a store of its own where that is possible.
var Decisions = &store.Collection{
	Name: "decisions", Schema: 1, Indexed: []string{"do", "at"},
	Queries: []store.Query{{Name: "do", Equal: []string{"do"}, Range: "at"}},
}

// Judgements is the collection in which the worker notes what it made of each decision.
var Judgements = &store.Collection{Name: "judgements", Schema: 1}

// ErrTwice tells that the form was sent before.
var ErrTwice = errors.New("this was noted before")

// Make notes a decision. form is the id of the form that was sent: the same form is one decision, and the second time it is ErrTwice.
func Make(ctx context.Context, s store.Store, form string, d Decision) (Decision, error) {
	d.ID = ID(d.Do, d.By, form)
	d.At = d.At.UTC()
	body, err := json.Marshal(d)
	if err != nil {
		return d, err
	}
	b := &store.Batch{}
	b.Create(Decisions, d.ID, map[string]string{"do": d.Do, "at": store.Time(d.At)}, body)
	err = s.Commit(ctx, b)
	if errors.Is(err, store.ErrConflict) {
		return d, ErrTwice
	}
	return d, err
}

// ID is the id that a decision has, by the form that was sent.
func ID(do string, by By, form string) string {
	sum := sha256.Sum256([]byte(do + "\n" + by.Hash + "\n" + form))
	return hex.EncodeToString(sum[:idBytes])
}

// idBytes is how long the id of a decision is.
const idBytes = 16

// Since lists the decisions of a kind that were made at or after a moment, by time.
func Since(ctx context.Context, site store.Store, do string, from time.Time) iter.Seq2[Decision, error] {
	return func(yield func(Decision, error) bool) {
		for d, err := range site.Find(ctx, Decisions, store.Ask{Query: "do", Equal: map[string]string{"do": do}, From: store.Time(from)}) {
			if err != nil {
				yield(Decision{}, err)
				return
			}
			var one Decision
			if json.Unmarshal(d.Body, &one) != nil || one.ID != d.Key {
				continue // not written by the site
			}
			if !yield(one, nil) {
				return
			}
		}
	}
}

// made tells whether a key is one that Make gives.
func made(key string) bool {
	sum, err := hex.DecodeString(key)
	return err == nil && len(sum) == idBytes
}

// Judgement is what the worker made of a decision.
type Judgement struct {
	At     time.Time `json:"at"`
	Counts bool      `json:"counts"`
	Why    string    `json:"why,omitempty"` // why it does not count, in words without names
	// Items says the same of single findings or changes, by id, of a decision that counts for others.
	Items map[string]string `json:"items,omitempty"`
}

// Judged reads what the worker made of a decision; nil if it has not looked yet.
func Judged(ctx context.Context, main store.Store, id string) (*Judgement, error) {
	d, err := main.Get(ctx, Judgements, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	j := new(Judgement)
	return j, json.Unmarshal(d.Body, j)
}

// Tray is the decisions of some kinds that the worker has not judged yet.
type Tray struct {
	Waiting []Decision // by when they were made
	batch   *store.Batch
	cursors map[string]cursor
}

type cursor struct {
	At      time.Time `json:"at"`
	version int64
}

// atOnce is how many decisions are judged in one run: as many as go into one batch together with what they change.
const atOnce = 150

// mostSaid is more than there are questions about a class on ClassDojo.
const mostSaid = 10

// late is for how long a decision may show later than others that were made after it.
const late = time.Hour

// Open lists what is not judged yet. site is the store that the site writes, main the worker's.
func Open(ctx context.Context, site, main store.Store, kinds ...string) (*Tray, error) {
	t := &Tray{batch: &store.Batch{}, cursors: map[string]cursor{}}
	for _, kind := range kinds {
		var c cursor
		d, err := main.Get(ctx, Judgements, store.Key("cursor", kind))
		if err == nil {
			c.version = d.Version
			err = json.Unmarshal(d.Body, &c)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		ask := store.Ask{Query: "do", Equal: map[string]string{"do": kind}, From: store.Time(c.At.Add(-late))} // before any moment, the first time
		for d, err := range site.Find(ctx, Decisions, ask) {
			if err != nil {
				return nil, err
			}
			if !made(d.Key) {
				continue // not written by the site; its judgement could take the place of a cursor
			}
			var one Decision
			if err := json.Unmarshal(d.Body, &one); err != nil || one.ID != d.Key || one.Do != kind {
				one = Decision{ID: d.Key, Do: kind} // not written by the site: whoever judges it finds nobody who made it
			}
			if j, err := Judged(ctx, main, d.Key); err != nil {
				return nil, err
			} else if j == nil {
				t.Waiting = append(t.Waiting, one)
			}
		}
		t.cursors[kind] = c
	}
	slices.SortStableFunc(t.Waiting, func(a, b Decision) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) })
	t.Waiting = t.Waiting[:min(len(t.Waiting), atOnce)] // the rest in the next run
	return t, nil
}

// Judge notes what was made of a decision, in the batch that [Tray.Batch] gives.
func (t *Tray) Judge(d Decision, now time.Time, refused string) error {
	body, err := json.Marshal(Judgement{At: now.UTC(), Counts: refused == "", Why: refused})
	if err != nil {
		return err
	}
	t.batch.Create(Judgements, d.ID, nil, body)
	t.cursors[d.Do] = t.cursors[d.Do].past(d, now)
	return nil
}

// past is the cursor once a decision was judged; one that says it was made in the future moves nothing, or it would hide what is made until then.
func (c cursor) past(d Decision, now time.Time) cursor {
	if !d.At.After(now) {
		c.At = slices.MaxFunc([]time.Time{c.At, d.At}, time.Time.Compare)
	}
	return c
}

// Batch is what has to be committed together with the effects of the decisions.
func (t *Tray) Batch() *store.Batch {
	if len(t.Waiting) > 0 {
		for kind, c := range t.cursors {
			c.put(t.batch, kind)
		}
	}
	return t.batch
}

// put adds the cursor to a batch. No moment in it is later than that of a judgement that was written, so that it can be.
func (c cursor) put(b *store.Batch, kind string) {
	body, _ := json.Marshal(c)
	b.Put(Judgements, store.Key("cursor", kind), c.version, nil, body)
}

// Check tells what is wrong with a decision as it was written, whoever made it; "" is nothing.
func (d Decision) Check() error {
	switch {
	case d.At.IsZero() || d.By.Hash == "" && d.By.ID == "":
		return fmt.Errorf("decision %s: nobody made it", d.ID)
	case d.Do == Reviewed && (d.Item == "" || d.Saw.IsZero()),
		d.Do == Moderate && (d.Item == "" || d.Comment == "" || d.To != Show && d.To != Hide && d.To != Remove),
		d.Do == Cover && (d.Course == "" || d.Who == "" || d.From == "" || d.Until == ""),
		d.Do == EndCover && (d.Course == "" || d.Who == ""),
		d.Do == Incident && len(d.Incident) == 0, d.Private && d.Do != Agree,
		d.Do == Answer && (d.CheckIn == "" || len(d.Said) > mostSaid || (d.Answer == "") == (len(d.Said) == 0) || d.Answer != "" && d.Answer != "yes" && d.Answer != "no" && d.Answer != "not-sure"),
		d.lacks():
		return fmt.Errorf("decision %s: %s without what it is about", d.ID, d.Do)
	}
	return nil
}
