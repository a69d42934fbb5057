// Package privacy answers a person who asks what the program holds of them, and erases it: docs/privacy.md says in a school's words what this package does.
//
// The contract:
//
//   - A [Place] is one collection, with what it holds, how long, and what erasing does there. Whoever calls this package gives all of them; a test sees to it that no
//     collection is declared that is not among them.
//   - A [Subject] is one person by all that the state knows them by: addresses, hashes of these, ids, the name of their account ([Resolve]). A document mentions them if any of
//     these stands in it, as a word of its own, whatever is around it.
//   - [Plan] reads everything and writes nothing: it says what would go, what is changed, what stays and why. [Work.Do] does it, in batches, each document at the version that was
//     read. What tells who the person is goes last, so that an erasure that was interrupted is finished by asking again.
//   - Where the record is somebody else's (an agreement that a teacher gave, an act in a class), the person is replaced by [Mark], which is the same for everybody and tells nothing.
//   - Entries of the incident log are neither given out nor erased here, nor is it said whether there are any. What an open entry freezes is left: [ErrFrozen], before anything is written.
//
// The package knows nothing of Google, and nothing there is changed.
package privacy

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
)

// Mark stands where somebody was who is erased.
const Mark = "erased"

// Errors that callers tell apart.
var (
	// ErrFrozen means that something of theirs must be left as it is for now; the words are the same whoever reads them, and say no more.
	ErrFrozen = errors.New("left as it is for now; nothing was erased: ask again later")
	// ErrUnderWay means that a change at Google was begun and nobody looked yet what became of it.
	ErrUnderWay = errors.New("a change at Google about them was begun, and what became of it is not known yet: let “esafetybot run apply” finish it, and ask again")
)

// Form is how documents of a collection are written.
type Form int

// The forms.
const (
	JSON    Form = iota // the body is JSON
	Blob                // the body is a blob of JSON (store.GetBlob)
	Letters             // heads of messages; their text lies in the collection of parts and goes with them
	Within              // belongs to documents of another collection, and is read with them
	Empty               // no body, or none that holds anything of a person
)

// Place is one collection.
type Place struct {
	C    *store.Collection
	Site bool   // lies in the store that the review site writes
	What string // it holds, in words
	Form Form

	// Retention is the kind of the policy's retention by which its documents pass; "" where While says until when they are kept.
	Retention string
	While     string

	// Again says how what Google holds of a person, and this was read from, is ended there: until then the next run reads it again. "" where nothing is read again.
	Again string
	// Keep says why nothing here is given out or erased; "" where it is.
	Keep string
	// Gone tells that a document that mentions the person goes whole.
	Gone bool
	// Drop names the lists and tables from which whatever is about the person is taken out; the value is the field of an element that must mention them, "" any. The name "" is the body itself.
	Drop map[string]string
	// Rename has a table of the body whose key is the person's id keep its content under a key that tells nothing.
	Rename bool
	// OwnWords are fields that go where the field "by" beside them is the person: what they wrote.
	OwnWords []string
	// Dead tells of a document whether it goes because of what it is about; nil tells nothing. body is the JSON that it holds.
	Dead func(w *Work, d store.Doc, body any) bool
	// Skip tells of documents that belong to what is kept apart; nil is none.
	Skip func(d store.Doc) bool
	// Edit takes out of a body, in place, what is no mention of the person and goes with them all the same, and tells whether there was any; nil is nothing.
	Edit func(w *Work, body any) bool
}

// Log is the collection of who asked for an export or an erasure, and when. Of whom is kept as a digest with a salt of its own, against which only somebody who knows the address can hold it.
var Log = &store.Collection{Name: "privacy_log", Schema: 1, Indexed: []string{"at"}, Queries: []store.Query{{Name: "at", Range: "at"}}}

// What may be asked for.
const (
	Export = "export" // what is held of one person is given out
	Erase  = "erase"  // and taken out
)

// Asked is one document of [Log].
type Asked struct {
	At   time.Time `json:"at"`
	Do   string    `json:"do"` // Export or Erase
	By   string    `json:"by"` // hash of the address of whoever says that they did it
	Salt string    `json:"salt"`
	Of   string    `json:"of"` // digest of salt and subject
}

// Note records who asked for what.
func Note(ctx context.Context, commit func(context.Context, *store.Batch) error, now time.Time, do, by, subject string) error {
	a := Asked{At: now.UTC(), Do: do, By: pseudonym.Of(by), Salt: rand.Text()}
	a.Of = a.digest(subject)
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	b := &store.Batch{}
	b.Create(Log, store.Key(store.Time(now), a.Salt), map[string]string{"at": store.Time(now)}, body)
	return commit(ctx, b)
}

// Since lists what was asked for from a moment on, the oldest first.
func Since(ctx context.Context, s store.Store, from time.Time) iter.Seq2[Asked, error] {
	return func(yield func(Asked, error) bool) {
		for d, err := range s.Find(ctx, Log, store.Ask{Query: "at", From: store.Time(from)}) {
			var a Asked
			if err == nil {
				err = json.Unmarshal(d.Body, &a)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

func (a Asked) digest(subject string) string {
	sum := sha256.Sum256([]byte(a.Salt + "\n" + plain(subject)))
	return hex.EncodeToString(sum[:16])
}

// About tells whether a record is about a subject, by the address or id that was asked for.
func (a Asked) About(subject string) bool { return a.Of == a.digest(subject) }
