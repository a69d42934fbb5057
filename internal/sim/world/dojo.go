package world

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"time"
)

// DojoEvent is what one of the ways of hearing of ClassDojo told: see docs/comment-rules.md, "ClassDojo".
type DojoEvent struct {
	From  string    `json:"from"` // relay, mailbox or csv
	Kind  string    `json:"kind"` // story, comment, portfolio, pending or messages
	Class string    `json:"class"`
	At    time.Time `json:"at,omitzero"` // whole seconds
	Count int       `json:"count"`
	Key   string    `json:"key"` // what has the same key is the same
	Extra Raw       `json:"-"`
}

func (e *DojoEvent) UnmarshalJSON(b []byte) error {
	type plain DojoEvent
	return decodeWithExtra(b, (*plain)(e), &e.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (e DojoEvent) MarshalJSON() ([]byte, error) {
	type plain DojoEvent
	return encodeWithExtra(plain(e), e.Extra)
}

// Dojo lists what was told of ClassDojo, in the order in which it was put in place.
func (w *World) Dojo() []DojoEvent { return w.posts.dojo }

// AddDojo puts something that was told of ClassDojo in place, after what is there.
func (w *World) AddDojo(e DojoEvent) error {
	if e.From == "" || e.Kind == "" || e.Class == "" || e.At.IsZero() || e.Key == "" {
		return errors.New("what is told of ClassDojo needs from, kind, class, at and key")
	}
	w.posts.dojo = append(w.posts.dojo, e)
	return nil
}

// Tell notes something that was told of ClassDojo while the tenant lives on.
func (w *World) Tell(e DojoEvent) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.AddDojo(e)
}

const dojoFile = "dojo.jsonl"

func (w *World) loadDojo(dir string) error {
	return readLines(filepath.Join(dir, dojoFile), func(b []byte) error {
		var e DojoEvent
		if err := json.Unmarshal(b, &e); err != nil {
			return err
		}
		return w.AddDojo(e)
	})
}

func (w *World) saveDojo(dir string) error {
	return writeLines(filepath.Join(dir, dojoFile), func(enc *json.Encoder) error {
		for _, e := range w.posts.dojo {
			if err := enc.Encode(e); err != nil {
				return err
			}
		}
		return nil
	})
}
