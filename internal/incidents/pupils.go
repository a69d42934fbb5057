package incidents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
)

// maxPupils is how many pupils' accounts an entry names at most.
const maxPupils = 20

// links are the kinds of subjects that a page offers to link an entry to, with their words.
var links = map[string]string{
	"file": "a file on Google Drive", "drive": "a shared drive", "user": "an account", "group": "a group", "course": "a class", "post": "a post in a class", "document": "a document of a class",
	"blog": "a blog", "blog-post": "a post on a blog", "dojo": "a class on ClassDojo", "web": "a page on the web",
}

// CanLink tells whether an entry can link to a subject.
func CanLink(subject string) bool {
	kind, _, _ := strings.Cut(subject, "/")
	_, err := item(subject)
	if address, ok := strings.CutPrefix(subject, "web/"); ok && !strings.HasPrefix(address, "https://") {
		return false
	}
	return err == nil && links[kind] != ""
}

// LinkWords says in plain words what an entry links to.
func LinkWords(subject string) string {
	kind, _, _ := strings.Cut(subject, "/")
	if words := links[kind]; words != "" {
		return words
	}
	return subject
}

// linked notes that an entry about an adult that links to an account is about whoever has it, so that it goes past them.
func (l *Log) linked(e *Entry) error {
	if id, ok := strings.CutPrefix(e.Item, "user/"); ok && e.About.shelf() == Adults {
		return l.concern(e, []string{id}, nil)
	}
	return nil
}

// namePupil notes by the hash of an address which pupil an entry is about. It is told to nobody and changes nothing about who reads the entry: it serves to notice that they have left, and for how long it is kept.
func (l *Log) namePupil(e *Entry, hash string) error {
	w := Who{Hash: hash}
	adult := slices.ContainsFunc(l.crowd().parties, func(p *party) bool { return slices.Contains(p.keys, hash) })
	switch {
	case len(hash) != len(pseudonym.Of("x")) || !strings.HasPrefix(hash, "sha256-"):
		return fmt.Errorf("%w: the pupil's address cannot be read: write it as it stands in the school's list", ErrForm)
	case e.About != Pupil:
		return fmt.Errorf("%w: only an entry about a pupil names a pupil's account", ErrForm)
	case adult:
		return fmt.Errorf("%w: this is the address of an adult: if it is about them, say that it is about an adult", ErrForm)
	case slices.ContainsFunc(e.Pupils, w.same):
		return nil
	case len(e.Pupils) >= maxPupils:
		return fmt.Errorf("%w: at most %d pupils can be named", ErrForm, maxPupils)
	}
	e.Pupils = append(e.Pupils, w)
	return nil
}

// Found is what is known of an address, or of who owns an item.
type Found struct {
	ID    string // Directory id; "" if no account was found
	Pupil bool
}

// Identify finds the accounts of the pupils whom entries are about: of those that were named by address, and of a pupil's own file to which an entry links. An address that is nobody's, or no pupil's, is taken off again, and
// the entry says so. owner says whose a file is, as far as that is known.
func (l *Log) Identify(ctx context.Context, byHash func(hash string) Found, owner func(item string) Found) error {
	var list []*Entry
	for e, err := range l.all(ctx, Ordinary, "") {
		if err != nil {
			return err
		}
		list = append(list, e)
	}
	var errs []error
	for _, e := range list {
		if e.About != Pupil {
			continue
		}
		e.identify(l, byHash, owner)
		if len(e.History) == len(e.past) {
			continue
		}
		b := &store.Batch{}
		err := e.put(b)
		if err == nil {
			err = l.Commit(ctx, b)
		}
		if !errors.Is(err, store.ErrConflict) { // somebody is at it: tomorrow
			errs = append(errs, wrap(e.ID, err))
		}
	}
	return errors.Join(errs...)
}

func (e *Entry) identify(l *Log, byHash, owner func(string) Found) {
	now, program := l.now(), Who{Role: Program}
	var kept []Who
	named := func(id string) bool { return slices.ContainsFunc(kept, Who{ID: id}.same) }
	for _, w := range e.Pupils {
		if w.ID != "" {
			kept = append(kept, w)
			continue
		}
		switch f := byHash(w.Hash); {
		case f.ID == "":
			e.happened(now, program, WasCorrected, "no account of the school has the pupil's address that was written: name it again")
		case !f.Pupil:
			e.happened(now, program, WasCorrected, "the address that was written as the pupil's is no pupil's: name it again")
		default:
			if !named(f.ID) {
				kept = append(kept, Who{ID: f.ID})
			}
			e.happened(now, program, WasCorrected, "the pupil's account was found")
		}
	}
	if strings.HasPrefix(e.Item, "file/") {
		if f := owner(e.Item); f.ID != "" && f.Pupil && !named(f.ID) {
			kept = append(kept, Who{ID: f.ID})
			e.happened(now, program, WasCorrected, "the pupil whose file it links to")
		}
	}
	e.Pupils = kept
}
