package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"esafetybot/internal/outbox"
	"esafetybot/internal/store"
)

// Input is what an export or an erasure is about.
type Input struct {
	Main, Site store.Store // Site is where the review site notes what people decide; nil without one
	Places     []Place     // all collections, in the order in which they are dealt with: what tells who somebody is comes last
	Subject    *Subject
	// Collect says what besides the person goes with them, in the order in which that is found out: files of theirs, then findings on these, then changes.
	Collect []Collector
	// Frozen tells of subjects (kind/id) whether an open entry of the incident log keeps them as they are.
	Frozen func(subjects ...string) bool
	Folder string // of the mails, where mail goes into a folder; "" where it does not
}

// Collector reads a collection for what goes with a person.
type Collector struct {
	C    *store.Collection
	Form Form
	Look func(w *Work, d store.Doc, body any) error
}

// Work is what is to be done, before it is.
type Work struct {
	in   Input
	n    needles
	dead map[string]map[string]struct{} // kind → what goes: "subject", "finding", "action", "scope"

	ops    []op
	Places []Done // in the order of the places
	Files  []string
	Drafts int // messages of theirs that wait as drafts at Google
}

// Done is what becomes of one collection.
type Done struct {
	Place   *Place
	Deleted int // documents
	Changed int // documents from which the person is taken out
	Found   []Found
}

// Found is one document that mentions the person, for the export.
type Found struct {
	Key  string `json:"key"`
	Data any    `json:"data"`
}

type op struct {
	place   *Place
	site    bool
	doc     store.Doc
	body    []byte // nil: it goes
	fields  map[string]string
	letter  *outbox.Entry
	theirs  bool // of a letter: it went to the person
	comment string
}

// About tells whether a string mentions the person.
func (w *Work) About(s string) bool { return w.n.in(s) }

// Mentions tells whether anything in a body mentions the person.
func (w *Work) Mentions(body any) bool { return w.n.mentions(body) }

// Let notes that something of a kind goes with the person: its id is theirs.
func (w *Work) Let(kind, id string) {
	if w.dead[kind] == nil {
		w.dead[kind] = map[string]struct{}{}
	}
	w.dead[kind][id] = struct{}{}
}

// Goes tells whether something of a kind goes.
func (w *Work) Goes(kind, id string) bool {
	_, ok := w.dead[kind][id]
	return ok
}

// Whole has a string that is this and nothing else count as a mention of the person.
func (w *Work) Whole(s string) { w.n.addWhole(s) }

// Subjects are the kinds and ids of what goes, "user/…" and "file/…".
const (
	Subjects = "subject"
	Findings = "finding"
	Actions  = "action"
	Scopes   = "scope" // parts of Google's data that have to be read in full again
)

// Plan reads everything and writes nothing. The error wraps ErrFrozen or ErrUnderWay where nothing may be erased now; for an export that does not matter.
func Plan(ctx context.Context, in Input) (*Work, error) {
	w := &Work{in: in, dead: map[string]map[string]struct{}{}}
	w.n = needles{words: slices.Clone(in.Subject.needles.words)}
	for _, id := range in.Subject.IDs {
		w.Let(Subjects, "user/"+id)
	}
	for _, row := range in.Subject.Rows {
		w.Let(Subjects, "roll/"+row)
	}
	var stop error
	for _, c := range in.Collect {
		for d, err := range in.Main.Find(ctx, c.C, store.Ask{}) {
			var body any
			if err == nil {
				body, _, err = w.read(ctx, in.Main, c.C, c.Form, d)
			}
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", c.C.Name, err)
			}
			if err := c.Look(w, d, body); errors.Is(err, ErrUnderWay) {
				stop = err
			} else if err != nil {
				return nil, err
			}
		}
	}
	if in.Frozen != nil && in.Frozen(slices.Sorted(maps.Keys(w.dead[Subjects]))...) {
		stop = ErrFrozen
	}
	for i := range in.Places {
		p := &in.Places[i]
		done := Done{Place: p}
		for _, s := range w.stores(p) {
			if err := w.place(ctx, s, &done); err != nil {
				return nil, fmt.Errorf("reading %s: %w", p.C.Name, err)
			}
		}
		w.Places = append(w.Places, done)
	}
	if in.Folder != "" {
		var err error
		if w.Files, err = inFolder(in.Folder, &w.n); err != nil {
			return nil, err
		}
	}
	return w, stop
}

// stores are those in which a place may have documents.
func (w *Work) stores(p *Place) []store.Store {
	switch {
	case p.Keep != "" || p.Form == Within:
		return nil
	case p.Site && w.in.Site != nil:
		return []store.Store{w.in.Site}
	}
	return []store.Store{w.in.Main}
}

// read gives the body of a document as JSON, with what is needed to replace a blob.
func (w *Work) read(ctx context.Context, s store.Store, c *store.Collection, form Form, d store.Doc) (any, store.BlobRef, error) {
	data, ref := d.Body, store.BlobRef{}
	switch form {
	case Blob:
		var err error
		if data, ref, err = store.GetBlob(ctx, s, c, d.Key); err != nil {
			return nil, ref, err
		}
	case Letters, Within, Empty:
		return nil, ref, nil
	}
	body, err := decode(data)
	if err != nil {
		return nil, ref, fmt.Errorf("document %s is not to be understood: %w", d.Key, err)
	}
	return body, ref, nil
}

func (w *Work) place(ctx context.Context, s store.Store, done *Done) error {
	for d, err := range s.Find(ctx, done.Place.C, store.Ask{}) {
		if err != nil {
			return err
		}
		switch {
		case done.Place.Skip != nil && done.Place.Skip(d):
		case done.Place.Form == Letters:
			err = w.letter(ctx, s, done, d)
		default:
			err = w.document(ctx, s, done, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keyed tells whether a key or a field mentions the person. Keys join ids by signs that stand in no id.
func (w *Work) keyed(d store.Doc) bool {
	if w.n.in(d.Key) || slices.ContainsFunc(store.KeyParts(d.Key), w.n.in) {
		return true
	}
	for _, v := range d.Fields {
		if w.n.in(v) {
			return true
		}
	}
	return false
}

func (w *Work) document(ctx context.Context, s store.Store, done *Done, d store.Doc) error {
	p := done.Place
	body, _, err := w.read(ctx, s, p.C, p.Form, d)
	if err != nil {
		return err
	}
	dead := p.Dead != nil && p.Dead(w, d, body)
	inKey := w.n.in(d.Key) || slices.ContainsFunc(store.KeyParts(d.Key), w.n.in)
	edited := p.Edit != nil && p.Edit(w, body)
	if !dead && !edited && !w.n.mentions(body) && !w.keyed(d) {
		return nil
	}
	found := Found{Key: d.Key, Data: body}
	if !dead && !inKey {
		found.Data = p.excerpt(&w.n, body)
	}
	done.Found = append(done.Found, found)
	o := op{place: p, site: p.Site && w.in.Site != nil, doc: d}
	if dead || inKey || p.Gone {
		done.Deleted++
		w.ops = append(w.ops, o)
		return nil
	}
	if o.body, err = json.Marshal(p.scrub(&w.n, "", body)); err != nil {
		return err
	}
	o.fields = maps.Clone(d.Fields)
	for k, v := range o.fields {
		o.fields[k] = w.n.without(v)
	}
	done.Changed++
	w.ops = append(w.ops, o)
	return nil
}

// Do does what was planned. commit writes a batch to the main store, with whatever that takes; what is in the site's store is written there.
func (w *Work) Do(ctx context.Context, commit func(context.Context, *store.Batch) error) error {
	sides := map[bool]*side{false: {s: w.in.Main, commit: commit}}
	if w.in.Site != nil {
		sides[true] = &side{s: w.in.Site, commit: w.in.Site.Commit}
	}
	if err := removeFiles(w.in.Folder, w.Files); err != nil {
		return err
	}
	was := (*Place)(nil)
	for _, o := range w.ops {
		if was != nil && was != o.place { // the order of the places is the order in which they go
			for _, x := range sides {
				if err := x.flush(ctx); err != nil {
					return err
				}
			}
		}
		was = o.place
		if err := sides[o.site].do(ctx, o); err != nil {
			return fmt.Errorf("erasing from %s: %w", o.place.C.Name, err)
		}
	}
	for _, x := range sides {
		if err := x.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// side is one store that is written.
type side struct {
	s      store.Store
	commit func(context.Context, *store.Batch) error
	b      store.Batch
}

const opsInBatch = 200 // and a message has up to eight parts

func (x *side) do(ctx context.Context, o op) error {
	switch {
	case o.letter != nil && o.theirs:
		outbox.StageDelete(&x.b, *o.letter)
	case o.letter != nil:
		if err := outbox.StageBlank(&x.b, *o.letter); err != nil {
			return err
		}
	case o.place.Form == Blob:
		if err := x.flush(ctx); err != nil {
			return err
		}
		if err := x.blob(ctx, o); err != nil {
			return err
		}
	case o.body == nil:
		x.b.Delete(o.place.C, o.doc.Key, o.doc.Version)
	default:
		x.b.Put(o.place.C, o.doc.Key, o.doc.Version, o.fields, o.body)
	}
	if x.b.Writes() > opsInBatch || x.b.Size() > store.MaxBatchBytes/3 {
		return x.flush(ctx)
	}
	return nil
}

func (x *side) blob(ctx context.Context, o op) error {
	_, ref, err := store.GetBlob(ctx, x.s, o.place.C, o.doc.Key)
	if err != nil {
		return err
	}
	if ref.Version != o.doc.Version {
		return store.ErrConflict
	}
	if o.body == nil {
		store.DeleteBlob(&x.b, o.place.C, o.doc.Key, ref)
		return nil
	}
	_, err = store.StageBlob(ctx, x.s, &x.b, o.place.C, o.doc.Key, ref, o.fields, o.body)
	return err
}

func (x *side) flush(ctx context.Context) error {
	if x.b.Writes() == 0 {
		return nil
	}
	b := x.b
	x.b = store.Batch{}
	return x.commit(ctx, &b)
}
