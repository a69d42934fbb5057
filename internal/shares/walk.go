package shares

import (
	"context"
	"slices"
	"sync"

	"esafetybot/internal/seen"
)

// walker follows inherited grants up folders, across owners, by live reads. What it read it remembers for the run.
type walker struct {
	r      *Reader
	mu     sync.Mutex
	items  map[string]*seen.Item // folders of ours that were read, with all their grants
	missed map[string]bool       // id + "|" + who could not read it
	tops   map[string]seen.Item  // folders that were found to be a cause from below
}

// cacheSize bounds what the walker remembers; past it, it starts anew.
const cacheSize = 20000

// cause finds the topmost item that holds the grant which item from inherits, and the accounts that own the folders on the
// way there. as is somebody who sees from.
func (w *walker) cause(ctx context.Context, from seen.Item, g seen.Grant, as string) (top string, owners []string, err error) {
	cur := from
	for range maxDepth {
		parent, err := w.above(ctx, cur, as)
		if err != nil {
			return "", nil, err
		}
		if parent == nil {
			break
		}
		kept := w.r.kept(parent.Grants)
		i := slices.IndexFunc(kept, g.Same)
		if i < 0 {
			break
		}
		if a, ok := w.r.Who.Account(parent.Owner); ok && !slices.Contains(owners, a.ID) {
			owners = append(owners, a.ID)
		}
		cur, as = *parent, parent.Owner
		if kept[i].IsOwn() {
			break
		}
	}
	if cur.ID != from.ID {
		w.mu.Lock()
		w.tops[cur.ID] = cur
		w.mu.Unlock()
	}
	return cur.ID, owners, nil
}

// above reads the folder that an item lies in; nil if it is not the school's, in the bin, or cannot be read. Google hides a folder
// from an owner who may not see it; whoever inherits a role from that folder may.
func (w *walker) above(ctx context.Context, it seen.Item, as string) (*seen.Item, error) {
	for i, who := range append([]string{as}, w.insiders(it)...) {
		parent := it.Parent
		if i > 0 && parent == "" {
			theirs, err := w.r.Drive.Item(ctx, who, it.ID)
			if ctx.Err() != nil {
				return nil, err
			}
			if err != nil {
				w.miss(who, err)
				continue
			}
			parent = theirs.Parent
		}
		if parent == "" {
			continue
		}
		f, err := w.folder(ctx, parent, who)
		if err != nil {
			return nil, err
		}
		if f == nil {
			continue
		}
		if f.Trashed || f.Drive != "" || !w.r.Who.Ours(f.Owner) {
			return nil, nil
		}
		return f, nil
	}
	return nil, nil
}

// miss notes whose Drive could not be read on the way up.
func (w *walker) miss(address string, err error) {
	if a, ok := w.r.Who.Account(address); ok && !w.r.Drive.NotFound(err) {
		w.r.missed(OwnerScope(a.ID), err)
	}
}

// insiders are accounts of ours who inherit a role on the item: the owners of folders above it, and people these are shared with. Three are enough.
func (w *walker) insiders(it seen.Item) []string {
	var out []string
	for _, g := range it.Grants {
		if g.Type == "user" && g.Inherited != "" && g.Address != it.Owner && w.r.Who.Ours(g.Address) && len(out) < 3 {
			out = append(out, g.Address)
		}
	}
	return out
}

// folder reads a folder with its grants, as somebody who sees the item in it, and else as its owner.
func (w *walker) folder(ctx context.Context, id, as string) (*seen.Item, error) {
	w.mu.Lock()
	if len(w.items)+len(w.missed) > cacheSize {
		clear(w.items)
		clear(w.missed)
	}
	f, ok := w.items[id]
	missed := w.missed[id+"|"+as]
	w.mu.Unlock()
	if ok || missed {
		return f, nil
	}
	it, err := w.r.Drive.Item(ctx, as, id)
	by := as
	if err == nil && !it.GrantsSeen && it.Owner != "" && it.Owner != as && w.r.Who.Ours(it.Owner) {
		by = it.Owner
		it, err = w.r.Drive.Item(ctx, it.Owner, id)
	}
	if err != nil && ctx.Err() == nil {
		w.miss(by, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil && (it.GrantsSeen || it.Drive != "" || !w.r.Who.Ours(it.Owner)):
		w.items[id] = &it
		return &it, nil
	case err == nil || w.r.Drive.NotFound(err):
		w.missed[id+"|"+as] = true
		return nil, nil
	case ctx.Err() != nil:
		return nil, err
	}
	// A folder that cannot be read is like one that cannot be seen: the item stands for itself until it can.
	w.missed[id+"|"+as] = true
	return nil, nil
}

// Adopt enters folders that were found to be a cause from below and are not in the picture, because their owner's Drive could not be read.
func (r *Reader) Adopt(ctx context.Context) error {
	for _, it := range r.walk.tops {
		if _, in := r.Book.Has("file/" + it.ID); in {
			continue
		}
		if err := r.evaluate(ctx, it, Touched{}); err != nil {
			return err
		}
	}
	return nil
}
