// Package access keeps the access record: who was granted which access to electronic communications, from when to when, and by whom.
//
// A record is kept for each account, by Google's id. Each [Grant] has a beginning and, once it was withdrawn, an end; nothing is ever
// rewritten but an open end. What is granted is told by [Book.Update] from what was read live; when and by whom comes from the
// audit log where it says so, and is "first seen" otherwise. What could not be read in a run is left as it was: nothing is
// withdrawn because it was not seen.
//
// Names and addresses are kept apart ([Holders]), one document a person, so that a person can be erased while the record of the
// account remains as a number. [Export] writes the record as CSV as it was on any date.
package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/store"
)

// The collections.
var (
	Records = &store.Collection{Name: "access", Schema: 1}
	Holders = &store.Collection{Name: "access_holders", Schema: 1}
)

// shards is into how many blobs the accounts are spread; a day's changes then cost a few writes.
const shards = 32

// Grant is one access of one account.
type Grant struct {
	What  string    `json:"what"`            // "account", "service/gmail", "role/ID", "class/ID"
	From  time.Time `json:"from"`            // when it was granted, or first seen
	Seen  bool      `json:"seen,omitempty"`  // From is when it was first seen; it may be older
	By    string    `json:"by,omitempty"`    // account id of who granted it, where the log tells
	Until time.Time `json:"until,omitzero"`  // when it was withdrawn, or first not seen any more
	EndBy string    `json:"ended,omitempty"` // account id of who withdrew it, where the log tells
}

// Kind is what comes before the slash of What.
func (g Grant) Kind() string { k, _, _ := strings.Cut(g.What, "/"); return k }

// On tells whether the access was there at a moment.
func (g Grant) On(at time.Time) bool {
	return !g.From.After(at) && (g.Until.IsZero() || g.Until.After(at))
}

// Holder is who an account was: for the export. Erasing it leaves the account's number.
type Holder struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Kind    string `json:"kind"` // pupils, staff, others, unplaced
}

// Present is what one account has now.
type Present struct {
	Account string // Directory id
	Holder  Holder
	Since   time.Time // when the account was made
	What    []string
}

// Act is a record of the audit log that says when, and by whom, something was granted or withdrawn.
type Act struct {
	Account, What, By string
	Granted           bool
	At                time.Time
}

// Book is the record in memory. It is not safe for concurrent use.
type Book struct {
	store   store.Store
	commit  func(context.Context, *store.Batch) error
	grants  map[string][]Grant
	holders map[string]Holder
	shards  map[string]shard
	docs    map[string]store.Doc // of holders
}

type shard struct {
	ref  store.BlobRef
	data []byte
}

// Open reads the record.
func Open(ctx context.Context, s store.Store, commit func(context.Context, *store.Batch) error) (*Book, error) {
	b := &Book{store: s, commit: commit, grants: map[string][]Grant{}, holders: map[string]Holder{}, shards: map[string]shard{}, docs: map[string]store.Doc{}}
	for i := range shards {
		key := shardKey(i)
		data, ref, err := store.GetBlob(ctx, s, Records, key)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(data, &b.grants) // adds to what is there
		}
		if err != nil {
			return nil, fmt.Errorf("the access record (%s) cannot be read from the state: %w", key, err)
		}
		b.shards[key] = shard{ref, data}
	}
	for d, err := range s.Find(ctx, Holders, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		var h Holder
		if err := json.Unmarshal(d.Body, &h); err != nil {
			return nil, fmt.Errorf("who an account is in the access record cannot be read from the state: %w", err)
		}
		b.holders[d.Key], b.docs[d.Key] = h, d
	}
	return b, nil
}

func shardKey(i int) string { return fmt.Sprintf("accounts-%02d", i) }

func shardOf(account string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(account))
	return shardKey(int(h.Sum32() % shards))
}

// Empty tells whether nothing was ever recorded.
func (b *Book) Empty() bool { return len(b.grants) == 0 }

// Of lists the grants of an account, the oldest first.
func (b *Book) Of(account string) []Grant { return b.grants[account] }

// Update brings the record up to what is there now. present lists every account that exists; read names the kinds of access that were read in full
// in this run; acts says when and by whom things happened since the last one. Only what was read can be withdrawn.
func (b *Book) Update(now time.Time, present []Present, read []string, acts []Act) {
	told := map[string]Act{}
	for _, a := range acts {
		key := a.Account + "\n" + a.What
		if a.Granted {
			key += "\n+"
		}
		if have, ok := told[key]; !ok || a.At.After(have.At) {
			told[key] = a
		}
	}
	here := map[string]bool{}
	for _, p := range present {
		here[p.Account] = true
		b.holders[p.Account] = p.Holder
		b.account(now, p, read, told)
	}
	for account, grants := range b.grants {
		if !here[account] {
			b.end(now, account, grants, nil, nil, told) // the account is gone, and all it had with it
		}
	}
	for account := range b.holders {
		if !here[account] && len(b.grants[account]) == 0 {
			delete(b.holders, account) // nothing is recorded of it any more
		}
	}
}

// Forget takes out what ended before a moment, and who accounts were of which nothing is recorded then. It returns how many grants went.
func (b *Book) Forget(before time.Time) int {
	n := 0
	for account, grants := range b.grants {
		kept := slices.DeleteFunc(slices.Clone(grants), func(g Grant) bool { return !g.Until.IsZero() && g.Until.Before(before) })
		n += len(grants) - len(kept)
		b.grants[account] = kept
		if len(kept) == 0 {
			delete(b.grants, account)
			delete(b.holders, account)
		}
	}
	return n
}

func (b *Book) account(now time.Time, p Present, read []string, told map[string]Act) {
	fresh := len(b.grants[p.Account]) == 0
	b.end(now, p.Account, b.grants[p.Account], p.What, read, told)
	for _, what := range p.What {
		if slices.ContainsFunc(b.grants[p.Account], func(g Grant) bool { return g.What == what && g.Until.IsZero() }) {
			continue
		}
		g := Grant{What: what, From: now, Seen: true}
		if a, ok := told[p.Account+"\n"+what+"\n+"]; ok {
			g.From, g.By, g.Seen = a.At, a.By, false
		} else if what == "account" && fresh && !p.Since.IsZero() {
			g.From, g.Seen = p.Since, false
		}
		b.grants[p.Account] = append(b.grants[p.Account], g)
	}
	slices.SortStableFunc(b.grants[p.Account], func(x, y Grant) int {
		if d := x.From.Compare(y.From); d != 0 {
			return d
		}
		return strings.Compare(x.What, y.What)
	})
}

// end closes the open grants that are not among what is there; those of kinds that were not read stay open, unless the account is gone (read is nil).
func (b *Book) end(now time.Time, account string, grants []Grant, there, read []string, told map[string]Act) {
	for i := range grants {
		g := &grants[i]
		if !g.Until.IsZero() || slices.Contains(there, g.What) || read != nil && !slices.Contains(read, g.Kind()) {
			continue
		}
		g.Until = now
		if a, ok := told[account+"\n"+g.What]; ok && a.At.After(g.From) {
			g.Until, g.EndBy = a.At, a.By
		}
	}
}

// Flush writes what differs from the store.
func (b *Book) Flush(ctx context.Context) error {
	// First: if it ends here, what is recorded of them still says next time that they are to go.
	for id := range b.docs {
		if _, kept := b.holders[id]; !kept {
			if err := b.dropHolder(ctx, id); err != nil {
				return fmt.Errorf("writing the access record: %w", err)
			}
		}
	}
	parts := map[string]map[string][]Grant{}
	for account, grants := range b.grants {
		key := shardOf(account)
		if parts[key] == nil {
			parts[key] = map[string][]Grant{}
		}
		parts[key][account] = grants
	}
	for key := range b.shards {
		if parts[key] == nil {
			parts[key] = map[string][]Grant{} // all that lay there is gone, or lies elsewhere
		}
	}
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		data, err := json.Marshal(parts[key])
		if err != nil {
			return err
		}
		have := b.shards[key]
		if bytes.Equal(data, have.data) {
			continue
		}
		batch := &store.Batch{}
		ref, err := store.StageBlob(ctx, b.store, batch, Records, key, have.ref, nil, data)
		if err == nil {
			err = b.commit(ctx, batch)
		}
		if err != nil {
			return fmt.Errorf("writing the access record: %w", err)
		}
		b.shards[key] = shard{ref, data}
	}
	return b.flushHolders(ctx)
}

func (b *Book) flushHolders(ctx context.Context) error {
	var changed []string
	bodies := map[string][]byte{}
	for id, h := range b.holders {
		body, err := json.Marshal(h)
		if err != nil {
			return err
		}
		if !bytes.Equal(body, b.docs[id].Body) {
			bodies[id] = body
			changed = append(changed, id)
		}
	}
	slices.Sort(changed)
	for part := range slices.Chunk(changed, store.MaxBatchWrites-10) {
		batch := &store.Batch{}
		for _, id := range part {
			batch.Put(Holders, id, b.docs[id].Version, nil, bodies[id])
		}
		if err := b.commit(ctx, batch); err != nil {
			return fmt.Errorf("writing the access record: %w", err)
		}
		for _, id := range part {
			b.docs[id] = store.Doc{Key: id, Version: b.docs[id].Version + 1, Body: bodies[id]}
		}
	}
	return nil
}

// dropHolder forgets who an account was.
func (b *Book) dropHolder(ctx context.Context, id string) error {
	batch := &store.Batch{}
	batch.Delete(Holders, id, b.docs[id].Version)
	if err := b.commit(ctx, batch); err != nil {
		return err
	}
	delete(b.docs, id)
	return nil
}
