package shares

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/seen"
)

// Touched is an item that the log says was changed.
type Touched struct {
	ID      string
	Owners  []string  // who may own it now, by address, the likeliest first
	Drive   string    // the shared drive it is in, if any
	Folder  bool      // it is a folder
	Moved   bool      // its place changed: moved, put in or taken out of the bin, inheritance switched
	Deleted bool      // the last word of the log is that it was deleted for good
	Since   time.Time // when its sharing changed, zero if it did not
}

// Pass is one run's work through touched items: each is read live once.
type Pass struct {
	r       *Reader
	members func(driveID string) []string // usable members of a shared drive, best first

	mu     sync.Mutex
	done   map[string]bool
	Reread map[seen.Scope]bool // scopes that must be read in full to be sure
}

// NewPass begins. members names accounts as which a shared drive can be read.
func (r *Reader) NewPass(members func(driveID string) []string) *Pass {
	return &Pass{r: r, members: members, done: map[string]bool{}, Reread: map[seen.Scope]bool{}}
}

func (p *Pass) first(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.done[id]
	p.done[id] = true
	return !was
}

func (p *Pass) reread(s seen.Scope) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Reread[s] = true
}

// ErrUnread says that a touched item could not be read; the scope named in it must be read in full.
type ErrUnread struct {
	Scope seen.Scope
	Err   error
}

func (e *ErrUnread) Error() string { return fmt.Sprintf("an item of %s: %v", e.Scope, e.Err) }
func (e *ErrUnread) Unwrap() error { return e.Err }

// Touch reads a touched item live and brings the picture up to date.
func (p *Pass) Touch(ctx context.Context, t Touched) error {
	if !p.first(t.ID) {
		return nil
	}
	if t.Drive != "" {
		return p.inDrive(ctx, t)
	}
	r := p.r
	subject := "file/" + t.ID
	scope, known := r.Book.Has(subject)
	owners := t.Owners
	if known && scope.Kind() == "owner" {
		if a, ok := r.Who.AccountByID(scope.ID()); ok {
			owners = append(owners, a.Address)
		}
	}
	it, err := r.locate(ctx, owners, t.ID)
	switch {
	case err == nil:
		if err := r.evaluate(ctx, it, t.Since); err != nil {
			return err
		}
		if it.MimeType == seen.MimeFolder && it.Drive == "" && r.Who.Ours(it.Owner) {
			return p.subtree(ctx, it)
		}
		return nil
	case errors.As(err, new(errNobody)) && !t.Deleted:
		return nil // an outsider's, or a deleted account's: its scope says what becomes of it
	case !r.Drive.NotFound(err) && !errors.As(err, new(errNobody)):
		return p.unread(owners, scope, err)
	case t.Deleted:
		if t.Folder {
			for _, o := range owners {
				if a, ok := r.Who.Account(o); ok {
					p.reread(OwnerScope(a.ID))
				}
			}
		}
		if known {
			return r.Book.Drop(ctx, scope, subject, findings.Deleted)
		}
		r.Book.Note(subject, findings.Deleted)
		return nil
	case known:
		return r.lose(ctx, scope, subject)
	}
	return nil
}

func (p *Pass) unread(owners []string, scope seen.Scope, err error) error {
	if scope == "" || scope == lost {
		for _, o := range owners {
			if a, ok := p.r.Who.Account(o); ok {
				scope = OwnerScope(a.ID)
				break
			}
		}
	}
	return &ErrUnread{Scope: scope, Err: err}
}

// locate reads an item as the first of several people who can see it, and with its grants where it is ours.
func (r *Reader) locate(ctx context.Context, owners []string, id string) (seen.Item, error) {
	err := error(errNobody{})
	var tried []string
	for _, o := range owners {
		a, ok := r.Who.Account(o)
		if !ok || slices.Contains(tried, a.Address) {
			continue
		}
		tried = append(tried, a.Address)
		it, e := r.Drive.Item(ctx, a.Address, id)
		if e == nil {
			if !it.GrantsSeen && it.Drive == "" && it.Owner != a.Address && r.Who.Ours(it.Owner) {
				return r.Drive.Item(ctx, it.Owner, id)
			}
			return it, nil
		}
		// An error other than "not there" weighs more: then nobody can say that it is not there.
		if _, none := err.(errNobody); none || r.Drive.NotFound(err) {
			err = e
		}
	}
	return seen.Item{}, err
}

// errNobody means that there is no account left as which to look.
type errNobody struct{}

func (errNobody) Error() string { return "nobody is left as whom it could be looked up" }

// evaluate brings the picture up to date with one item of My Drive or a shared drive, as it was read live.
func (r *Reader) evaluate(ctx context.Context, it seen.Item, since time.Time) error {
	subject := "file/" + it.ID
	leave := func(how findings.How) error {
		if scope, in := r.Book.Has(subject); in {
			return r.Book.Drop(ctx, scope, subject, how)
		}
		r.Book.Note(subject, how)
		return nil
	}
	a, account := r.Who.Account(it.Owner)
	switch {
	case it.Trashed:
		return leave(findings.InBin)
	case it.Drive == "" && !account:
		return leave(findings.AccountGone)
	case it.Drive == "" && !r.Who.Ours(it.Owner):
		return leave(findings.Withdrawn)
	}
	var own []seen.Grant
	var abroad []string
	covered := false
	for _, g := range r.kept(it.Grants) {
		if g.IsOwn() {
			own = append(own, g)
			continue
		}
		if it.Drive != "" {
			continue // the folder that passes it on has it as its own
		}
		top, owners, err := r.walk.cause(ctx, it, g, it.Owner)
		if err != nil {
			return err
		}
		if top == it.ID {
			own = append(own, g)
		} else {
			covered, abroad = true, union(abroad, owners)
		}
	}
	if account && it.Drive == "" {
		if err := r.Book.setAbroad(ctx, OwnerScope(a.ID), subject, slices.DeleteFunc(abroad, func(id string) bool { return id == a.ID })); err != nil {
			return err
		}
	}
	if len(own) == 0 {
		if covered {
			return leave(findings.Merged)
		}
		return leave(findings.Fine)
	}
	s := r.shareOf(it, own)
	s.Since = since
	scope := DriveScope(it.Drive)
	if it.Drive == "" {
		scope = OwnerScope(a.ID)
	}
	return r.Book.Put(ctx, scope, s)
}

// lookUp follows a share that a full read of its scope did not find.
func (r *Reader) lookUp(ctx context.Context, scope seen.Scope, s seen.Share, as []string) error {
	it, err := r.locate(ctx, as, s.ID)
	switch {
	case err == nil && it.Drive != "":
		return r.lose(ctx, scope, s.Subject()) // the shared drive's own read finds it there
	case err == nil:
		return r.evaluate(ctx, it, time.Time{})
	case r.Drive.NotFound(err):
		return r.lose(ctx, scope, s.Subject())
	}
	return err
}

// lose marks a share as lost: still open, until it is found or everything was read without finding it.
func (r *Reader) lose(ctx context.Context, scope seen.Scope, subject string) error {
	r.Book.mu.Lock()
	defer r.Book.mu.Unlock()
	pg, err := r.Book.page(ctx, scope)
	if err != nil {
		return err
	}
	s, ok := pg.shares[subject]
	if !ok || s.Lost {
		return nil
	}
	s.Lost = true
	s.Seen = r.LastRead(scope)
	return r.Book.put(ctx, lost, s)
}

// Lost lists the shares that are not where they were.
func (b *Book) Lost(ctx context.Context) (map[string]seen.Share, error) { return b.Subjects(ctx, lost) }

// LetGo takes a lost share out of the picture.
func (b *Book) LetGo(ctx context.Context, subject string, how findings.How) error {
	return b.Drop(ctx, lost, subject, how)
}

// subtree reads everything below a folder, since what it passes on may have changed.
func (p *Pass) subtree(ctx context.Context, root seen.Item) error {
	r := p.r
	r.walk.remember(root)
	return r.descend(ctx, root, func(it seen.Item) (bool, error) {
		p.first(it.ID)
		if err := r.evaluate(ctx, it, time.Time{}); err != nil {
			return false, err
		}
		return true, nil
	})
}

// descend visits all items below a folder, parents first, each folder listed as its owner. visit says whether to go into a folder.
func (r *Reader) descend(ctx context.Context, root seen.Item, visit func(seen.Item) (bool, error)) error {
	level := []seen.Item{root}
	visited := map[string]bool{root.ID: true}
	for depth := 0; len(level) > 0 && depth < maxDepth; depth++ {
		byOwner := map[string][]string{}
		var owners []string
		for _, f := range level {
			if byOwner[f.Owner] == nil {
				owners = append(owners, f.Owner)
			}
			byOwner[f.Owner] = append(byOwner[f.Owner], f.ID)
		}
		level = nil
		for _, owner := range owners {
			for part := range slices.Chunk(byOwner[owner], 40) {
				for it, err := range r.Drive.Children(ctx, owner, part) {
					if err != nil {
						return err
					}
					if visited[it.ID] {
						continue
					}
					visited[it.ID] = true
					if !it.GrantsSeen && it.Drive == "" && r.Who.Ours(it.Owner) {
						full, err := r.Drive.Item(ctx, it.Owner, it.ID)
						if err != nil {
							return err
						}
						full.Parent = it.Parent
						it = full
					}
					if it.MimeType == seen.MimeFolder {
						r.walk.remember(it)
					}
					into, err := visit(it)
					if err != nil {
						return err
					}
					if into && it.MimeType == seen.MimeFolder && r.Who.Ours(it.Owner) {
						level = append(level, it)
					}
				}
			}
		}
	}
	return nil
}

func (w *walker) remember(it seen.Item) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if it.GrantsSeen {
		w.items[it.ID] = &it
	}
}

// inDrive reads a touched item of a shared drive.
func (p *Pass) inDrive(ctx context.Context, t Touched) error {
	r := p.r
	scope := DriveScope(t.Drive)
	if t.Folder && (t.Moved || t.Deleted) {
		p.reread(scope) // everything below it came or went with it
		return nil
	}
	as := p.members(t.Drive)
	if len(as) == 0 {
		return &ErrUnread{Scope: scope, Err: ErrNoMember}
	}
	subject := "file/" + t.ID
	it, err := r.locate(ctx, as, t.ID)
	was, known := r.Book.Has(subject)
	switch {
	case err == nil && it.Drive != "":
		if err := r.driveGrants(ctx, &it, as[0]); err != nil {
			return &ErrUnread{Scope: scope, Err: err}
		}
		return r.evaluate(ctx, it, t.Since)
	case err == nil:
		return r.evaluate(ctx, it, t.Since)
	case !r.Drive.NotFound(err):
		return &ErrUnread{Scope: scope, Err: err}
	case t.Deleted && known:
		return r.Book.Drop(ctx, was, subject, findings.Deleted)
	case known:
		return r.lose(ctx, was, subject)
	}
	return nil
}

// driveGrants fills in the grants of an item of a shared drive that has any of its own.
func (r *Reader) driveGrants(ctx context.Context, it *seen.Item, as string) error {
	if !it.Augmented || it.Trashed {
		it.Grants = nil
		return nil
	}
	grants, err := r.Drive.ItemGrants(ctx, as, it.ID)
	if err != nil {
		return err
	}
	it.Grants, it.GrantsSeen = slices.DeleteFunc(grants, func(g seen.Grant) bool { return !g.IsOwn() }), true
	return nil
}

// ErrNoMember means that a shared drive has no member as whom it could be read.
var ErrNoMember = errors.New("nobody with a working account is a member of it: add one in the Admin console under Apps › Google Workspace › Drive and Docs › Manage shared drives")
