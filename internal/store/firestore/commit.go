package firestore

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"esafetybot/internal/store"
)

// A commit is one batch on its way.
type commit struct {
	*db
	b        *store.Batch
	mark     []byte // of this batch alone
	requires bool
	again    bool   // an attempt was made, so look at the created documents too
	lost     bool   // an attempt may have been written without our hearing of it
	aborted  []byte // the transaction of the last attempt, for Firestore to know that it waits longest
}

// Commit implements store.Store.
func (d *db) Commit(ctx context.Context, b *store.Batch) error {
	if err := store.CheckBatch(b); err != nil {
		return err
	}
	if err := d.ready(ctx); err != nil || len(b.Ops) == 0 {
		return err
	}
	c := &commit{db: d, b: b, mark: make([]byte, 12)}
	if _, err := rand.Read(c.mark); err != nil {
		return err
	}
	for _, o := range b.Ops {
		c.requires = c.requires || o.Kind == store.OpRequire
	}
	for n := 0; ; n++ {
		final, err := c.attempt(ctx)
		if final {
			return err
		}
		if ctx.Err() != nil || n+1 >= d.o.Attempts {
			if cause := ctx.Err(); cause != nil {
				err = cause
			}
			if c.lost {
				return fmt.Errorf("commit of %d writes: %w (%w)", b.Writes(), store.ErrUnknown, err)
			}
			if status.Code(err) == codes.Aborted {
				return fmt.Errorf("commit of %d writes: %w: others hold the documents all the time: %w", b.Writes(), store.ErrConflict, err)
			}
			return err
		}
		d.o.Logger.Info("Firestore: trying again", "what", "commit", "attempt", n+1, "code", status.Code(err).String())
		if pause(ctx, n) != nil {
			if c.lost {
				return fmt.Errorf("commit of %d writes: %w (%w)", b.Writes(), store.ErrUnknown, ctx.Err())
			}
			return ctx.Err()
		}
	}
}

// attempt tries once. Unless final, it may be tried again.
func (c *commit) attempt(ctx context.Context) (final bool, err error) {
	var paths []string
	for _, o := range c.b.Ops {
		if o.Kind != store.OpCreate || c.again {
			paths = append(paths, c.path(o.C, o.Key))
		}
	}
	writes := c.b.Writes() > 0
	var found map[string]*firestorepb.Document
	var tx []byte
	if len(paths) > 0 {
		if found, tx, err = c.read(ctx, paths, []string{"v", "t"}, c.requires && writes, c.aborted); err != nil {
			if c.lost {
				err = fmt.Errorf("commit of %d writes: %w (%w)", c.b.Writes(), store.ErrUnknown, err)
			}
			return true, err
		}
		if final, err := c.judge(found); final {
			c.rollback(ctx, tx)
			return true, err
		}
	}
	if !writes {
		return true, nil
	}
	req := &firestorepb.CommitRequest{Database: c.root, Transaction: tx}
	for _, o := range c.b.Ops {
		if w := c.write(o, found); w != nil {
			req.Writes = append(req.Writes, w)
		}
	}
	call, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err = c.api.Commit(call, req)
	if err == nil {
		return true, nil
	}
	c.again, c.aborted = true, nil
	if status.Code(err) != codes.Aborted {
		c.rollback(ctx, tx) // or its locks would stand in the way of the next attempt for up to a minute
	}
	switch status.Code(err) {
	case codes.Aborted:
		c.aborted = tx
	case codes.AlreadyExists:
		if len(paths) == 0 && !c.lost {
			// It creates only, and no earlier attempt can have been written: known without a look, which a receiver may not take.
			return true, fmt.Errorf("commit of %d writes: %w", c.b.Writes(), store.ErrConflict)
		}
	case codes.FailedPrecondition, codes.NotFound:
		// Somebody was quicker, which the next look at the documents shows.
	case codes.ResourceExhausted:
		// Refused for a quota, before anything was done; or for its size, by the emulator, which takes half of what Firestore does.
		if strings.Contains(status.Convert(err).Message(), "maximum size") {
			return true, fmt.Errorf("commit of %d bytes: %w: %w", c.b.Size(), store.ErrTooLarge, err)
		}
	case codes.Unavailable, codes.DeadlineExceeded, codes.Internal, codes.Unknown, codes.Canceled:
		c.lost = true
	default:
		if c.lost {
			return true, fmt.Errorf("commit of %d writes: %w (%w)", c.b.Writes(), store.ErrUnknown, err)
		}
		return true, fmt.Errorf("commit of %d writes: %w", c.b.Writes(), c.explain(err))
	}
	return false, err
}

// judge compares what stands with what the batch expects. It is final if the batch was written by an earlier attempt, or
// cannot be.
func (c *commit) judge(found map[string]*firestorepb.Document) (final bool, err error) {
	var conflict error
	untouched := false // something stands that would not if an earlier attempt had been written
	marked := false    // the batch leaves its mark somewhere
	gone := true       // all that it deletes is gone
	for _, o := range c.b.Ops {
		if o.Kind == store.OpCreate && !c.again {
			marked = true
			continue
		}
		doc := found[c.path(o.C, o.Key)]
		stands := doc.GetFields()["v"].GetIntegerValue()
		if doc != nil && stands < 1 {
			return true, fmt.Errorf("collection %q, key %q: not a document of this program: it has no version", o.C.Name, o.Key)
		}
		conflict = errors.Join(conflict, o.Expect(stands))
		switch o.Kind {
		case store.OpCreate, store.OpPut:
			marked = true
			if c.again && bytes.Equal(doc.GetFields()["t"].GetBytesValue(), c.mark) {
				return true, nil
			}
			untouched = untouched || stands == o.Version || stands == o.Version+1
		case store.OpDelete:
			gone = gone && doc == nil
			untouched = untouched || stands == o.Version
		}
	}
	switch {
	case conflict == nil:
		return false, nil
	case !c.lost || untouched:
		return true, conflict
	case !marked && gone:
		return true, nil
	}
	// Changed since, by us first or by others alone: nobody can tell.
	return true, fmt.Errorf("commit of %d writes: %w", c.b.Writes(), store.ErrUnknown)
}

// write is what an entry asks of Firestore; nil for a requirement.
func (c *commit) write(o store.Op, found map[string]*firestorepb.Document) *firestorepb.Write {
	path := c.path(o.C, o.Key)
	w := &firestorepb.Write{CurrentDocument: &firestorepb.Precondition{}}
	if o.Kind == store.OpCreate {
		w.CurrentDocument.ConditionType = &firestorepb.Precondition_Exists{Exists: false}
	} else {
		w.CurrentDocument.ConditionType = &firestorepb.Precondition_UpdateTime{UpdateTime: found[path].GetUpdateTime()}
	}
	switch o.Kind {
	case store.OpCreate, store.OpPut:
		w.Operation = &firestorepb.Write_Update{Update: &firestorepb.Document{Name: path, Fields: encode(o.Leaves(), c.mark)}}
	case store.OpDelete:
		w.Operation = &firestorepb.Write_Delete{Delete: path}
	default:
		return nil
	}
	return w
}
