package hooks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"esafetybot/internal/store"
)

// Where a hint comes from.
const (
	FromGoogle = "google" // a notification channel
	FromPubSub = "pubsub" // a Pub/Sub push
	FromDojo   = "dojo"   // the relay of ClassDojo's mails
	FromSite   = "site"   // somebody decided something on the review site
)

// What a hint may be about: logs of Google's Reports API, users of its Directory API, and what others tell.
const (
	Drive     = "drive"
	Admin     = "admin"
	Classroom = "classroom"
	Login     = "login"
	Token     = "token"
	Users     = "users"
	Gmail     = "gmail"  // a mailbox that is watched has new mail
	Alerts    = "alerts" // Google's Alert Center
	Dojo      = "dojo"
	Site      = "site"
)

// Decided is the event of the hint that the review site leaves.
const Decided = "decided"

// Hint says that something happened, and where to look. It holds ids and words of Google's only: no address, no name, no text.
type Hint struct {
	School      string    `json:"school"` // its short name
	Source      string    `json:"source"`
	Application string    `json:"application"`
	Event       string    `json:"event,omitempty"`
	Thing       string    `json:"thing,omitempty"`   // the id of what to look at first: of a document, a class, a Directory account
	Channel     string    `json:"channel,omitempty"` // of FromGoogle, the id of the channel
	At          time.Time `json:"at,omitzero"`       // when it happened, as whoever pushed says
	Received    time.Time `json:"received"`
}

// Hints is the collection in which hints wait, in a store of their own. Receivers and the review site may only create in it; the worker reads and
// deletes. It has no index: urgent ones come first by their key ([Hint.key]), and a key is a digest, so that many writers do not meet in one place.
var Hints = &store.Collection{Name: "hints", Schema: 1}

var (
	plainWord  = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,100}$`)
	plainThing = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	plainID    = regexp.MustCompile(`^[A-Za-z0-9_+/=-]{1,64}$`) // Google's form of a channel's id
)

// Check tells what is wrong with a hint that was read back from where somebody else wrote it. The error does not repeat what stands in it.
func (h Hint) Check() error {
	known := h.Source == FromGoogle || h.Source == FromPubSub || h.Source == FromDojo || h.Source == FromSite
	switch {
	case !known:
		return errors.New("its source is none that is known")
	case h.School == "" || len(h.School) > 253 || !plainWord.MatchString(h.Application):
		return errors.New("it does not say what it is about")
	case h.Event != "" && !plainWord.MatchString(h.Event), h.Thing != "" && !plainThing.MatchString(h.Thing), h.Channel != "" && !plainID.MatchString(h.Channel):
		return errors.New("it holds more than words and ids")
	case h.Received.IsZero():
		return errors.New("it does not say when it was received")
	}
	return nil
}

// urgent are the events that are looked at at once: what may be open to everybody from now on, who may do everything from now on, a pupil who may have
// e-mail from now on, and an account that nobody may know.
var urgent = map[string]map[string]bool{
	Drive: {"change_document_visibility": true, "change_document_access_scope": true, "publish_change": true, "shared_drive_settings_change": true},
	Admin: {
		"GRANT_ADMIN_PRIVILEGE": true, "GRANT_DELEGATED_ADMIN_PRIVILEGES": true, "ASSIGN_ROLE": true,
		"TOGGLE_SERVICE_ENABLED": true, "CREATE_USER": true, "UNDELETE_USER": true,
	},
	Users:  {"add": true, "undelete": true, "makeAdmin": true},
	Alerts: {"": true},
}

// Urgent tells whether it is looked at at once, rather than with whatever else happens in the next minutes.
func (h Hint) Urgent() bool { return urgent[h.Application][h.Event] || urgent[h.Application][""] }

// key is the key of a hint: urgent ones come first, and the same push has the same.
func (h Hint) key(push ...string) string {
	sum := sha256.Sum256([]byte(h.Source + "\n" + strings.Join(push, "\n")))
	class := "1-"
	if h.Urgent() {
		class = "0-"
	}
	return class + hex.EncodeToString(sum[:16])
}

// ErrTwice tells that the same push was taken before.
var ErrTwice = errors.New("this push was taken before")

// leave keeps a hint, once: the second time it is ErrTwice. It only ever creates.
func leave(ctx context.Context, s store.Store, key string, h Hint) error {
	b := &store.Batch{}
	if err := h.add(b, key); err != nil {
		return err
	}
	err := s.Commit(ctx, b)
	if errors.Is(err, store.ErrConflict) {
		return ErrTwice
	}
	if err != nil {
		return fmt.Errorf("a hint could not be kept: %w", err)
	}
	return nil
}

func (h Hint) add(b *store.Batch, key string) error {
	h.At, h.Received = h.At.UTC(), h.Received.UTC()
	if err := h.Check(); err != nil {
		return fmt.Errorf("a hint is not kept: %w", err)
	}
	body, err := json.Marshal(h)
	if err != nil {
		return err
	}
	b.Create(Hints, key, nil, body)
	return nil
}

// Decide leaves the hint that somebody decided something. id is any that no other decision has.
func Decide(ctx context.Context, s store.Store, school, id string, now time.Time) error {
	h := Hint{School: school, Source: FromSite, Application: Site, Event: Decided, Received: now}
	return leave(ctx, s, h.key(id), h)
}

// Waiting is a hint that waits.
type Waiting struct {
	Hint
	Broken  bool // it cannot be read, or is not one of ours; nothing in it counts
	key     string
	version int64
}

// Wait lists the hints that wait, urgent ones first, at most most of them. It is for the worker.
func Wait(ctx context.Context, s store.Store, most int) ([]Waiting, error) {
	var out []Waiting
	for d, err := range s.Find(ctx, Hints, store.Ask{Limit: most}) {
		if err != nil {
			return nil, fmt.Errorf("the hints that wait cannot be read: %w", err)
		}
		w := Waiting{key: d.Key, version: d.Version}
		if json.Unmarshal(d.Body, &w.Hint) != nil || w.Check() != nil {
			w.Hint, w.Broken = Hint{}, true
		}
		out = append(out, w)
	}
	return out, nil
}

// Drop deletes hints, each by itself: what somebody else deleted meanwhile is no error. It tells how many it deleted.
func Drop(ctx context.Context, s store.Store, list []Waiting) (int, error) {
	n := 0
	for len(list) > 0 {
		part := list[:min(len(list), store.MaxBatchWrites)]
		list = list[len(part):]
		b := &store.Batch{}
		for _, w := range part {
			b.Delete(Hints, w.key, w.version)
		}
		err := s.Commit(ctx, b)
		if err == nil {
			n += len(part)
			continue
		}
		if !errors.Is(err, store.ErrConflict) {
			return n, fmt.Errorf("hints that were taken cannot be deleted: %w", err)
		}
		for _, w := range part {
			one := &store.Batch{}
			one.Delete(Hints, w.key, w.version)
			if err := s.Commit(ctx, one); err == nil {
				n++
			} else if !errors.Is(err, store.ErrConflict) {
				return n, fmt.Errorf("a hint that was taken cannot be deleted: %w", err)
			}
		}
	}
	return n, nil
}
