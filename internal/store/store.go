// Package store keeps the program's state: collections of JSON documents, one set of them per school.
//
// The contract, which memory, bolt and Firestore all pass (package storetest):
//
//   - A [Collection] is declared once, in code, with its indexed fields and its named queries. A query that is not
//     declared is refused with [ErrUndeclared], so that whatever runs on bolt runs on Firestore too.
//   - A document is a key, its indexed fields (strings) and a body: one unindexed blob of at most [MaxBody] bytes.
//     A body or a map of fields without content is read back as nil. Larger things are chunked (see Blobs below).
//   - A document has a version: 1 when created, one more with each change. Every write names the version it expects.
//   - A [Batch] is atomic across collections, holds at most [MaxBatchWrites] writes and [MaxBatchBytes] bytes, and may
//     require versions of documents that it does not write. If any expectation fails nothing is written and the error
//     wraps [ErrConflict].
//   - Queries yield documents in the order of the range field (if any), ties and all others by key. Strings are
//     ordered by their bytes. A document without the range field, or without a field asked for, is not found;
//     a field that holds "" is not the same as no field.
//   - What is refused is refused alike by all: [CheckBatch], [CheckAsk] and [CheckKey] say what and why.
//   - After Close everything answers [ErrClosed].
//
// # Keys
//
// A key is 1 to [MaxKey] bytes of UTF-8, without "/", not ".", not "..", and not of the form __…__ (Firestore's rules,
// https://firebase.google.com/docs/firestore/quotas). [Key] makes one of parts that may hold anything, [Prefix] the
// bounds of all keys that begin with the given parts.
//
// # Blobs
//
// A blob is one thing of up to [MaxBlob] bytes under one key. Its head is a document of the collection; what does not fit
// into it lies in chunks in a second collection ([Chunks]), which listings of the first never show. The head names the
// chunks' generation, so a reader sees the old blob or the new one, never a mixture.
//
//	data, ref, err := store.GetBlob(ctx, s, c, key)              // ref is zero, err ErrNotFound, when there is none
//	ref, err = store.PutBlob(b, c, key, ref, fields, data)       // everything in one batch; ErrTooLarge if b gets too full
//	ref, err = store.StageBlob(ctx, s, b, c, key, ref, fields, data) // any size: chunks now, the head and the old chunks' end with b
//	store.DeleteBlob(b, c, key, ref)
//
// Staged chunks whose batch was never committed are orphans, which nobody sees and the next StageBlob of that key removes.
//
// Keys and fields never hold a name or an address of a person: ids only. Names live in the collection people.
package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Limits that every implementation enforces. They are Firestore's, with room to spare.
const (
	MaxBody        = 900 << 10 // bytes of one document's body
	MaxBatchWrites = 400       // writes in one batch; as many requirements besides
	MaxBatchBytes  = 8 << 20   // bytes of all bodies, keys and fields in one batch
	MaxKey         = 500       // bytes of a key
	MaxField       = 1000      // bytes of an indexed field
	MaxBlob        = 128 << 20 // bytes of a blob, before it is compressed
	MaxIndexed     = 30        // indexed fields of a collection
	MaxEqual       = 8         // equalities of a query
)

// Errors that callers tell apart with errors.Is.
var (
	ErrNotFound   = errors.New("no such document")
	ErrConflict   = errors.New("the document was changed by somebody else")
	ErrUnknown    = errors.New("the answer was lost, it may or may not have been written: read again before going on")
	ErrUndeclared = errors.New("not declared by its collection")
	ErrTooLarge   = errors.New("too large")
	ErrInUse      = errors.New("the state is in use by another process")
	ErrBadKey     = errors.New("not a usable key")
	ErrInvalid    = errors.New("not a valid request") // a mistake in the calling code
	ErrClosed     = errors.New("the store is closed")
)

// A Query names one way in which a collection may be asked: equality on some fields, then at most one
// range or order field. The empty query lists the whole collection by key.
type Query struct {
	Name  string
	Equal []string // fields that the caller must give a value for
	Range string   // a field to order by, optionally bounded; "" orders by key
	Desc  bool     // order by Range, then key, downwards; needs Range (Firestore has no index of keys downwards)
}

// A Collection is the declaration of one kind of document. Declare it once as a package variable.
type Collection struct {
	Name    string
	Schema  int      // version of the body's schema; documents of older versions still load
	Indexed []string // fields that queries may use
	Queries []Query
}

// Lookup finds a declared query by name; the name "" is always declared and lists all by key.
func (c *Collection) Lookup(name string) (Query, error) {
	if name == "" {
		return Query{}, nil
	}
	for _, q := range c.Queries {
		if q.Name == name {
			return q, nil
		}
	}
	return Query{}, fmt.Errorf("query %q of collection %q: %w", name, c.Name, ErrUndeclared)
}

// Doc is one stored document.
type Doc struct {
	Key     string
	Version int64             // 1 when created, one more with each change
	Schema  int               // the collection's schema version when it was written
	Fields  map[string]string // indexed fields
	Body    []byte            // JSON, or anything
}

// Ask is one use of a declared query.
type Ask struct {
	Query string            // its name; "" lists all
	Equal map[string]string // a value for each of the query's Equal fields
	From  string            // lower bound of the range field (or the key), inclusive; "" is none
	To    string            // upper bound, exclusive; "" is none. Also of a query downwards. Bounds of keys must be keys.
	Limit int               // 0 is no limit
}

// Store is one school's state. Implementations are safe for concurrent use.
type Store interface {
	// Get reads one document; the error wraps ErrNotFound when there is none.
	Get(ctx context.Context, c *Collection, key string) (Doc, error)
	// Find streams the documents that a declared query yields. It holds no lock while the caller works:
	// documents changed meanwhile may show either way, each at most once.
	Find(ctx context.Context, c *Collection, a Ask) iter.Seq2[Doc, error]
	// Commit writes a batch, all or nothing. The error wraps ErrConflict if an expectation failed, and then nothing was
	// written; ErrUnknown if the answer was lost (a crash, a timeout), and then it may or may not have happened.
	// A batch without entries succeeds. The batch may be used again afterwards; the store keeps none of its memory.
	Commit(ctx context.Context, b *Batch) error
	// Close releases it. Only the first call does anything.
	Close() error
}

// OpKind is what one entry of a batch does.
type OpKind int

// The kinds of entries.
const (
	OpCreate  OpKind = iota // fails if the document exists
	OpPut                   // replaces a document whose version is Version
	OpDelete                // deletes a document whose version is Version
	OpRequire               // writes nothing; requires Version (0: that it does not exist)
)

// Op is one entry of a batch.
type Op struct {
	Kind    OpKind
	C       *Collection
	Key     string
	Version int64 // the version expected now (OpPut, OpDelete, OpRequire)
	Fields  map[string]string
	Body    []byte
}

// Batch gathers writes that happen together. A document may stand in it once only.
type Batch struct{ Ops []Op }

// Create adds a document that must not exist yet. Its version will be 1.
func (b *Batch) Create(c *Collection, key string, fields map[string]string, body []byte) {
	b.Ops = append(b.Ops, Op{Kind: OpCreate, C: c, Key: key, Fields: fields, Body: body})
}

// Put replaces a document that is still at version; its version will be one more.
// Version 0 means that it must not exist, like Create.
func (b *Batch) Put(c *Collection, key string, version int64, fields map[string]string, body []byte) {
	if version == 0 {
		b.Create(c, key, fields, body)
		return
	}
	b.Ops = append(b.Ops, Op{Kind: OpPut, C: c, Key: key, Version: version, Fields: fields, Body: body})
}

// Delete removes a document that is still at version.
func (b *Batch) Delete(c *Collection, key string, version int64) {
	b.Ops = append(b.Ops, Op{Kind: OpDelete, C: c, Key: key, Version: version})
}

// Require makes the batch fail unless the document is at version (0: does not exist).
func (b *Batch) Require(c *Collection, key string, version int64) {
	b.Ops = append(b.Ops, Op{Kind: OpRequire, C: c, Key: key, Version: version})
}

// Writes counts the entries that write.
func (b *Batch) Writes() int {
	n := 0
	for _, o := range b.Ops {
		if o.Kind != OpRequire {
			n++
		}
	}
	return n
}

// Size is the bytes that count against MaxBatchBytes.
func (b *Batch) Size() int {
	n := 0
	for _, o := range b.Ops {
		n += len(o.Key) + len(o.Body)
		for k, v := range o.Fields {
			n += len(k) + len(v)
		}
	}
	return n
}

// Time formats an instant for an indexed field so that the order of strings is the order of time.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }
