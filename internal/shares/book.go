// Package shares keeps a picture of what is shared on Drive: which items and shared drives carry grants that may reach
// beyond the school, so that only what changed need be read again.
//
// Contract:
//
//   - The picture is kept per scope (an owner's My Drive, a shared drive, a confidential tree), one document each, written only when it differs.
//   - A share stands in the picture from when it was seen until there is evidence about it: read live and fine, deleted, in the bin, its account gone,
//     merged into another cause, or not found although every scope was fully read since. Until then a share that is not where
//     it was is kept as lost. Whatever leaves the picture leaves a note of why ([Book.Fate]) for some days.
//   - A scope that could not be read is a [seen.Gap]; nothing inside it changes, and it is read in full when it can be read again.
//   - What is kept are causes (docs/rules.md, "One finding per cause") and grants whose reach depends on somebody else: outsiders,
//     trusted domains, groups. Accounts of the customer and domain-wide grants inside it are kept in confidential trees only.
//   - Where the titles that the public can read are asked for ([Reader.Titles]), what only a folder above makes public stands in the picture too: with Open, and
//     without Grants. It goes as everything else goes, but is lost only if somebody waits for it ([Reader.Named]).
//   - A share says which folders it lies in, as far as a read met them as the school's. Nothing is judged by that, and nothing is asked for it.
//   - Documents hold ids; addresses of grantees are in the collection people.
package shares

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/people"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// Pictures is the collection of the picture, one blob a scope.
var Pictures = &store.Collection{Name: "shares", Schema: 1}

// lost is the scope of shares that are not where they were.
const lost seen.Scope = "lost"

// Book is the picture in the state, with what this run changed. Safe for concurrent use.
type Book struct {
	store  store.Store
	commit func(context.Context, *store.Batch) error
	people *people.Book
	now    time.Time

	mu     sync.Mutex
	refs   map[seen.Scope]store.BlobRef
	open   map[seen.Scope]*page // read or changed in this run
	where  map[string]seen.Scope
	opened map[string]seen.Scope   // see OpenFolders
	under  map[string]bool         // shares that are the cause of nothing: they stand here for their title
	also   map[string][]seen.Scope // further scopes of a share: a run was killed while it moved
	fate   map[string]note
	noted  map[seen.Scope]bool // scopes with notes of what left them
}

// page is one scope of the picture.
type page struct {
	shares map[string]seen.Share // by subject
	below  map[string]int        // items under a cause, by its subject, as last read in this scope
	abroad map[string][]string   // items whose cause is a folder of others: the accounts that own the folders up to it
	gone   map[string]note
	stored []byte // as it is in the state
}

// note is why a share left the picture, and what it was, for reports to tell of it.
type note struct {
	How   findings.How `json:"how"`
	At    time.Time    `json:"at"`
	Share seen.Share   `json:"share"` // without grants
}

// notesFor is how long notes are kept: longer than the time between two reports.
const notesFor = 9 * 24 * time.Hour

type pageJSON struct {
	Shares []seen.Share        `json:"shares"`
	Below  map[string]int      `json:"below,omitempty"`
	Abroad map[string][]string `json:"abroad,omitempty"`
	Gone   map[string]note     `json:"gone,omitempty"`
}

// Open reads the index of the picture: which share is in which scope.
func Open(ctx context.Context, s store.Store, p *people.Book, now time.Time, commit func(context.Context, *store.Batch) error) (*Book, error) {
	b := &Book{
		store: s, commit: commit, people: p, now: now,
		refs: map[seen.Scope]store.BlobRef{}, open: map[seen.Scope]*page{},
		where: map[string]seen.Scope{}, opened: map[string]seen.Scope{}, under: map[string]bool{}, also: map[string][]seen.Scope{}, fate: map[string]note{}, noted: map[seen.Scope]bool{},
	}
	for d, err := range s.Find(ctx, Pictures, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		scope := scopeOf(d.Key)
		pg, ref, err := b.load(ctx, scope)
		if err != nil {
			return nil, err
		}
		b.refs[scope] = ref
		for subject, s := range pg.shares {
			if scope.Kind() == "tree" {
				continue
			}
			b.marks(s)
			if b.isOpenFolder(s) {
				b.opened[s.ID] = scope
			}
			if was, twice := b.where[subject]; twice {
				b.also[subject] = append(b.also[subject], was)
			}
			b.where[subject] = scope
		}
		for subject, n := range pg.gone {
			if b.fate[subject].At.Before(n.At) {
				b.fate[subject] = n
			}
			b.noted[scope] = true
		}
	}
	return b, nil
}

func keyOf(s seen.Scope) string     { return store.Key(strings.Split(string(s), "/")...) }
func scopeOf(key string) seen.Scope { return seen.Scope(strings.Join(store.KeyParts(key), "/")) }

func newPage() *page {
	return &page{shares: map[string]seen.Share{}, below: map[string]int{}, abroad: map[string][]string{}, gone: map[string]note{}}
}

func (b *Book) load(ctx context.Context, scope seen.Scope) (*page, store.BlobRef, error) {
	pg := newPage()
	data, ref, err := store.GetBlob(ctx, b.store, Pictures, keyOf(scope))
	if errors.Is(err, store.ErrNotFound) {
		return pg, ref, nil
	}
	if err != nil {
		return nil, ref, err
	}
	var j pageJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, ref, fmt.Errorf("what was seen of %s cannot be read from the state: %w", scope, err)
	}
	for _, s := range j.Shares {
		b.people.Fill(s.Grants)
		b.people.Fill(s.Open)
		pg.shares[s.Subject()] = s
	}
	for k, v := range j.Below {
		pg.below[k] = v
	}
	for k, v := range j.Abroad {
		pg.abroad[k] = v
	}
	for k, v := range j.Gone {
		pg.gone[k] = v
	}
	pg.stored = data
	return pg, ref, nil
}

// page gives a scope for reading or change; the caller holds the lock.
func (b *Book) page(ctx context.Context, scope seen.Scope) (*page, error) {
	if pg := b.open[scope]; pg != nil {
		return pg, nil
	}
	if _, ok := b.refs[scope]; !ok {
		b.open[scope] = newPage()
		return b.open[scope], nil
	}
	pg, ref, err := b.load(ctx, scope)
	if err != nil {
		return nil, err
	}
	b.refs[scope], b.open[scope] = ref, pg
	return pg, nil
}

func (p *page) encode() ([]byte, error) {
	if len(p.shares) == 0 && len(p.below) == 0 && len(p.abroad) == 0 && len(p.gone) == 0 {
		return nil, nil
	}
	j := pageJSON{Below: p.below, Abroad: p.abroad, Gone: p.gone}
	for _, s := range p.shares {
		s.Grants, s.Open = people.Strip(s.Grants), people.Strip(s.Open)
		j.Shares = append(j.Shares, s)
	}
	sort.Slice(j.Shares, func(x, y int) bool { return j.Shares[x].Subject() < j.Shares[y].Subject() })
	return json.Marshal(j)
}

// put enters or replaces a share in a scope, taking it out of any other. The caller holds the lock.
func (b *Book) put(ctx context.Context, scope seen.Scope, s seen.Share) error {
	subject := s.Subject()
	if was, ok := b.where[subject]; ok && was != scope && scope.Kind() != "tree" {
		old, err := b.page(ctx, was)
		if err != nil {
			return err
		}
		remember(&s, old.shares[subject])
		delete(old.shares, subject)
	}
	if scope.Kind() != "tree" {
		if err := b.single(ctx, scope, subject); err != nil {
			return err
		}
	}
	pg, err := b.page(ctx, scope)
	if err != nil {
		return err
	}
	if have, ok := pg.shares[subject]; ok {
		remember(&s, have)
	}
	s.Next = ""
	delete(pg.gone, subject)
	if scope.Kind() != "tree" {
		delete(b.fate, subject)
		b.where[subject] = scope
		b.marks(s)
	}
	pg.shares[subject] = s
	b.people.Learn(s.Grants)
	b.people.Learn(s.Open)
	return nil
}

// marks notes whether a share is the cause of anything.
func (b *Book) marks(s seen.Share) {
	if len(s.Grants) == 0 {
		b.under[s.Subject()] = true
	} else {
		delete(b.under, s.Subject())
	}
}

// Under tells whether a share stands in the picture only because a folder above it makes it public.
func (b *Book) Under(subject string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.under[subject]
}

// join goes on with folders that were met before, where the next one is among them: whose they are was seen then.
func join(s *seen.Share, known []string) {
	if i := slices.Index(known, s.Next); i >= 0 && s.Next != "" {
		s.Above, s.Next = slices.Concat(s.Above, known[i:]), ""
		s.Above = s.Above[:min(len(s.Above), seen.MostAbove)]
	}
}

// placed says of a share that was looked at by itself which folders it lies in, as far as others of its scope tell.
func (b *Book) placed(ctx context.Context, scope seen.Scope, s *seen.Share) error {
	all, err := b.Subjects(ctx, scope)
	if have, ok := all[s.Subject()]; ok {
		join(s, have.Above)
	}
	var best []string
	for _, other := range all {
		if i := slices.Index(other.Above, s.Next); i >= 0 && s.Next != "" {
			if known := other.Above[i:]; cmp.Or(len(known)-len(best), slices.Compare(known, best)) > 0 {
				best = known
			}
		}
	}
	join(s, best)
	return err
}

// remember keeps what the log said of a share earlier, where it says nothing new, and which folders are above those that were met now.
func remember(s *seen.Share, before seen.Share) {
	join(s, before.Above)
	if s.Since.IsZero() {
		s.Since = before.Since
	}
	if s.By == "" {
		s.By = before.By
	}
}

// single takes a share out of every scope but one. The caller holds the lock.
func (b *Book) single(ctx context.Context, scope seen.Scope, subject string) error {
	for _, other := range b.also[subject] {
		pg, err := b.page(ctx, other)
		if err != nil {
			return err
		}
		if other != scope {
			delete(pg.shares, subject)
		}
	}
	delete(b.also, subject)
	return nil
}

// drop takes a share out of a scope and notes why. The caller holds the lock.
func (b *Book) drop(ctx context.Context, scope seen.Scope, subject string, how findings.How) error {
	pg, err := b.page(ctx, scope)
	if err != nil {
		return err
	}
	s, ok := pg.shares[subject]
	if !ok {
		return nil
	}
	delete(pg.shares, subject)
	delete(pg.below, subject)
	if scope.Kind() != "tree" {
		if err := b.single(ctx, scope, subject); err != nil {
			return err
		}
		s.Grants, s.Open = nil, nil
		n := note{How: how, At: b.now, Share: s}
		delete(b.where, subject)
		delete(b.under, subject)
		b.fate[subject], b.noted[scope] = n, true
		pg.gone[subject] = n
	}
	return nil
}

// Note records what was learnt of an item that is in no scope of the picture.
func (b *Book) Note(subject string, how findings.How) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, in := b.where[subject]; !in {
		b.fate[subject] = note{How: how, At: b.now}
	}
}

// Has tells whether a share is in the picture, and in which scope.
func (b *Book) Has(subject string) (seen.Scope, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.where[subject]
	return s, ok
}

// Fate tells why a share is no longer in the picture; false when nothing is known.
func (b *Book) Fate(subject string) (findings.How, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, in := b.where[subject]; in {
		return "", false
	}
	n, ok := b.fate[subject]
	return n.How, ok
}

// Left is what a share was that left the picture lately.
func (b *Book) Left(subject string) (seen.Share, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, ok := b.fate[subject]
	return n.Share, ok && n.Share.ID != ""
}

// Subjects lists what a scope holds.
func (b *Book) Subjects(ctx context.Context, scope seen.Scope) (map[string]seen.Share, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	pg, err := b.page(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := make(map[string]seen.Share, len(pg.shares))
	for k, v := range pg.shares {
		out[k] = v
	}
	return out, nil
}

// Scopes lists the scopes that hold anything.
func (b *Book) Scopes() []seen.Scope {
	b.mu.Lock()
	defer b.mu.Unlock()
	set := map[seen.Scope]bool{}
	for s := range b.refs {
		set[s] = true
	}
	for s := range b.open {
		set[s] = true
	}
	out := make([]seen.Scope, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// All streams the whole picture, scope by scope.
func (b *Book) All(ctx context.Context) iter.Seq2[seen.Share, error] {
	return func(yield func(seen.Share, error) bool) {
		for _, scope := range b.Scopes() {
			b.mu.Lock()
			pg := b.open[scope]
			var err error
			if pg == nil {
				pg, _, err = b.load(ctx, scope)
			}
			var list []seen.Share
			if err == nil {
				for subject, s := range pg.shares {
					if scope.Kind() == "tree" || b.where[subject] == scope {
						list = append(list, s)
					}
				}
			}
			b.mu.Unlock()
			if err != nil {
				yield(seen.Share{}, err)
				return
			}
			sort.Slice(list, func(i, j int) bool { return list[i].Subject() < list[j].Subject() })
			for _, s := range list {
				if !yield(s, nil) {
					return
				}
			}
		}
	}
}

// pages calls fn for every scope of the picture.
func (b *Book) pages(ctx context.Context, fn func(seen.Scope, *page)) error {
	for _, scope := range b.Scopes() {
		b.mu.Lock()
		pg := b.open[scope]
		var err error
		if pg == nil {
			pg, _, err = b.load(ctx, scope)
		}
		if err == nil {
			fn(scope, pg)
		}
		b.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// Below counts the items under each cause, over all scopes.
func (b *Book) Below(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	err := b.pages(ctx, func(_ seen.Scope, pg *page) {
		for k, n := range pg.below {
			out[k] += n
		}
	})
	return out, err
}
