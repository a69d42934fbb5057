package outbox

import (
	"context"
	"time"

	"esafetybot/internal/store"
)

// blanked is the problem of a message whose text was erased.
const blanked = "its text was erased"

// Decode reads a document of [Letters].
func Decode(d store.Doc) (Entry, error) { return entry(d) }

// ReadFrom opens a frozen message of a store, for whoever needs nothing else of an outbox.
func ReadFrom(ctx context.Context, s store.Store, e Entry) (Frozen, error) {
	return (&Outbox{s: s}).Read(ctx, e)
}

// StageDelete adds to a batch that a message goes, with its text and the knowledge that there was one.
func StageDelete(b *store.Batch, e Entry) {
	b.Delete(Letters, e.Key, e.Version)
	dropParts(b, e)
}

// StageBlank adds to a batch that the text of a message goes, and with it all names and addresses. That there was one stays known, so that it is not made again; one that was not sent yet never
// is.
func StageBlank(b *store.Batch, e Entry) error {
	dropParts(b, e)
	e.Parts, e.Problem = 0, blanked
	if e.State != Sent && e.State != GivenUp {
		e.State, e.Ended = GivenUp, e.Created
	}
	fields, body, err := e.doc()
	if err != nil {
		return err
	}
	b.Put(Letters, e.Key, e.Version, fields, body)
	return nil
}

func dropParts(b *store.Batch, e Entry) {
	for i := range e.Parts {
		b.Delete(Parts, partKey(e, i), 1)
	}
}

// LastMark is when the newest message to somebody was made, by a document of [Marks].
func LastMark(d store.Doc) (time.Time, error) {
	var m marks
	var out time.Time
	if err := decodeMarks(d.Key, d.Body, &m); err != nil {
		return out, err
	}
	for _, k := range m.Kinds {
		if k.At.After(out) {
			out = k.At
		}
	}
	return out, nil
}
