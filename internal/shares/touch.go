package shares

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	By      string    // Directory id of who gave somebody access, where the log tells

	up map[string]string // the parents of folders of ours that were met on the way to it
}

// Pass is one run's work through touched items: each is read live once.
type Pass struct {
	r       *Reader
	members func(ctx context.Context, driveID string) ([]seen.Grant, error) // of a shared drive

	mu     sync.Mutex
	done   map[string]bool
	Reread map[seen.Scope]bool // scopes that must be read in full to be sure
	again  map[string]bool     // folders below which not everything could be read
}

// NewPass begins. members lists those of a shared drive.
func (r *Reader) NewPass(members func(ctx context.Context, driveID string) ([]seen.Grant, error)) *Pass {
	return &Pass{r: r, members: members, done: map[string]bool{}, Reread: map[seen.Scope]bool{}, again: map[string]bool{}}
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

// Unreads lists the scopes that an error of [Pass.Touch] says could not be read.
func Unreads(err error) []seen.Scope {
	var out []seen.Scope
	var gather func(error)
	gather = func(err error) {
		switch e := err.(type) { //nolint:errorlint // every branch of a joined error is walked here, one by one
		case *ErrUnread:
			out = append(out, e.Scope)
		case interface{ Unwrap() []error }:
			for _, x := range e.Unwrap() {
				gather(x)
			}
		case interface{ Unwrap() error }:
			gather(e.Unwrap())
		}
	}
	gather(err)
	slices.Sort(out)
	return slices.Compact(out)
}

// IncompleteBelow tells whether something below a touched folder could not be read: the folder must be touched again.
func (p *Pass) IncompleteBelow(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.again[id]
}

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
		if err := r.evaluate(ctx, it, t); err != nil {
			return err
		}
		if it.MimeType == seen.MimeFolder && it.Drive == "" && r.Who.Ours(it.Owner) {
			return p.subtree(ctx, it, t.Moved)
		}
		return nil
	case errors.As(err, new(errNobody)) && !t.Deleted:
		return nil // an outsider's, or a deleted account's: its scope says what becomes of it
	case !r.Drive.NotFound(err) && !errors.As(err, new(errNobody)):
		return err
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

// locate reads an item as the first of several people who can see it, and with its grants where it is ours. An error other than
// "not there" is an [ErrUnread] that names whose Drive could not be read.
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
				return r.asOwner(ctx, it)
			}
			if it.Drive == "" {
				return it, nil
			}
			if e = r.driveGrants(ctx, &it, a.Address); e == nil {
				return it, nil
			}
			err = &ErrUnread{Scope: DriveScope(it.Drive), Err: e} // somebody else may see who has access
			continue
		}
		// An error other than "not there" weighs more: then nobody can say that it is not there.
		if errors.As(err, new(errNobody)) || r.Drive.NotFound(err) {
			err = e
			if !r.Drive.NotFound(e) {
				err = &ErrUnread{Scope: OwnerScope(a.ID), Err: e}
			}
		}
	}
	return seen.Item{}, err
}

// asOwner reads an item of ours again as its owner, who sees its grants.
func (r *Reader) asOwner(ctx context.Context, it seen.Item) (seen.Item, error) {
	full, err := r.Drive.Item(ctx, it.Owner, it.ID)
	if a, ok := r.Who.Account(it.Owner); err != nil && ok {
		err = &ErrUnread{Scope: OwnerScope(a.ID), Err: err}
	}
	return full, err
}

// Search looks for a share that is not where it was, as anybody of a list. It reports whether it was found; then the picture is up
// to date. An error means that somebody could not be asked.
func (r *Reader) Search(ctx context.Context, subject string, as []string) (bool, error) {
	it, err := r.locate(ctx, as, strings.TrimPrefix(subject, "file/"))
	switch {
	case err == nil:
		return true, r.evaluate(ctx, it, Touched{})
	case r.Drive.NotFound(err), errors.As(err, new(errNobody)):
		return false, nil
	}
	return false, err
}

// errNobody means that there is no account left as which to look.
type errNobody struct{}

func (errNobody) Error() string { return "nobody is left as whom it could be looked up" }

// evaluate brings the picture up to date with one item of My Drive or a shared drive, as it was read live.
func (r *Reader) evaluate(ctx context.Context, it seen.Item, t Touched) error {
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
	case it.Drive != "" && !r.OurDrive(it.Drive):
		return leave(findings.Withdrawn)
	case it.Drive == "" && !account:
		return leave(findings.AccountGone)
	case it.Drive == "" && !r.Who.Ours(it.Owner):
		return leave(findings.Withdrawn)
	}
	var own []seen.Grant
	var abroad []string
	covered := false
	kept := r.kept(it.Grants)
	for _, g := range kept {
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
	open := r.open(it, own, kept)
	switch {
	case len(own)+len(open) > 0:
	case covered:
		return leave(findings.Merged)
	default:
		return leave(findings.Fine)
	}
	s := r.shareOf(it, own)
	s.Open, s.Since, s.By = open, t.Since, t.By
	above(&s, func(id string) (string, bool) { parent, met := t.up[id]; return parent, met })
	scope := DriveScope(it.Drive)
	if it.Drive == "" {
		scope = OwnerScope(a.ID)
	}
	if err := r.Book.placed(ctx, scope, &s); err != nil {
		return err
	}
	return r.Book.Put(ctx, scope, s)
}

// lookUp follows a share that a full read of its scope did not find.
func (r *Reader) lookUp(ctx context.Context, scope seen.Scope, s seen.Share, as []string) error {
	it, err := r.locate(ctx, as, s.ID)
	switch {
	case err == nil:
		return r.evaluate(ctx, it, Touched{})
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
	if r.Book.under[subject] && !r.Named[subject] {
		return r.Book.drop(ctx, scope, subject, findings.NotFound)
	}
	s.Lost = true
	s.Seen = r.LastRead(scope)
	return r.Book.put(ctx, lost, s)
}

// Lose marks every file of a scope as lost.
func (r *Reader) Lose(ctx context.Context, scope seen.Scope) error {
	all, err := r.Book.Subjects(ctx, scope)
	if err != nil {
		return err
	}
	for subject := range all {
		if err := r.lose(ctx, scope, subject); err != nil {
			return err
		}
	}
	return r.Book.forget(ctx, scope)
}

// Leave looks up each share of an account that has left the school: what it still owns is withdrawn, what it passed on goes where that is.
func (r *Reader) Leave(ctx context.Context, scope seen.Scope, address string) error {
	all, err := r.Book.Subjects(ctx, scope)
	if err != nil {
		return err
	}
	for _, s := range all {
		err := r.lookUp(ctx, scope, s, []string{address})
		var unread *ErrUnread
		switch {
		case errors.As(err, &unread):
			r.missed(unread.Scope, err)
		case err != nil:
			return err
		}
	}
	return r.Book.forget(ctx, scope)
}

// forget drops what a scope knows besides shares: counts, and whose folders are above its items.
func (b *Book) forget(ctx context.Context, scope seen.Scope) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	pg, err := b.page(ctx, scope)
	if err != nil {
		return err
	}
	clear(pg.below)
	clear(pg.abroad)
	return nil
}

// Lost lists the shares that are not where they were.
func (b *Book) Lost(ctx context.Context) (map[string]seen.Share, error) { return b.Subjects(ctx, lost) }

// LetGo takes a lost share out of the picture.
func (b *Book) LetGo(ctx context.Context, subject string, how findings.How) error {
	return b.Drop(ctx, lost, subject, how)
}

// subtree reads everything below a folder, since what it passes on may have changed.
// Where the folder has moved, so has what is said of where each is.
func (p *Pass) subtree(ctx context.Context, root seen.Item, moved bool) error {
	r := p.r
	r.walk.remember(root)
	up := map[string]string{}
	if moved {
		up[root.ID] = root.Parent
	}
	err := r.descend(ctx, root, func(it seen.Item) (bool, error) {
		p.first(it.ID)
		if it.MimeType == seen.MimeFolder && moved && r.Who.Ours(it.Owner) {
			up[it.ID] = it.Parent
		}
		if err := r.evaluate(ctx, it, Touched{up: up}); err != nil {
			return false, err
		}
		return true, nil
	})
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.again[root.ID] = true
	}
	return err
}

// descend visits all items below a folder, parents first, each folder listed as its owner. visit says whether to go into a folder.
// What cannot be read is passed over, and told in the error at the end.
func (r *Reader) descend(ctx context.Context, root seen.Item, visit func(seen.Item) (bool, error)) error {
	var failed error
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
			if ctx.Err() != nil {
				return ctx.Err()
			}
			for part := range slices.Chunk(byOwner[owner], 40) {
				for it, err := range r.Drive.Children(ctx, owner, part) {
					if err != nil {
						failed = errors.Join(failed, r.unreadBy(owner, err))
						break
					}
					if visited[it.ID] {
						continue
					}
					visited[it.ID] = true
					if !it.GrantsSeen && it.Drive == "" && r.Who.Ours(it.Owner) {
						full, err := r.asOwner(ctx, it)
						if err != nil {
							failed = errors.Join(failed, err)
							continue
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
	return failed
}

// unreadBy says that something could not be read as an account.
func (r *Reader) unreadBy(address string, err error) error {
	if a, ok := r.Who.Account(address); ok {
		return &ErrUnread{Scope: OwnerScope(a.ID), Err: err}
	}
	return err
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
	if t.Folder && !t.Since.IsZero() {
		// An item below that has a grant to the same person may now have it from the folder, or no longer, and the log is silent about it.
		p.reread(scope)
	}
	members, err := p.members(ctx, t.Drive)
	if err != nil {
		return &ErrUnread{Scope: scope, Err: err}
	}
	as := r.Readers(members)
	if len(as) == 0 {
		return &ErrUnread{Scope: scope, Err: ErrNoMember}
	}
	subject := "file/" + t.ID
	it, err := r.locate(ctx, as, t.ID)
	was, known := r.Book.Has(subject)
	switch {
	case err == nil:
		return r.evaluate(ctx, it, t)
	case !r.Drive.NotFound(err):
		return &ErrUnread{Scope: scope, Err: err}
	case t.Deleted && known:
		return r.Book.Drop(ctx, was, subject, findings.Deleted)
	case !t.Deleted && !r.Managed(members):
		p.reread(scope) // it may be in a folder that only a manager sees into
	case known:
		return r.lose(ctx, was, subject)
	}
	return nil
}

// driveGrants fills in the grants of an item of a shared drive: its own and, where titles are asked for, those that it inherits from a folder.
func (r *Reader) driveGrants(ctx context.Context, it *seen.Item, as string) error {
	it.Grants = nil
	if it.Trashed || !it.Augmented && !r.Titles {
		return nil
	}
	grants, err := r.Drive.ItemGrants(ctx, as, it.ID)
	if err != nil {
		return err
	}
	it.Grants, it.GrantsSeen = slices.DeleteFunc(grants, func(g seen.Grant) bool { return !g.IsOwn() && !r.Titles }), true
	return nil
}

// ErrNoManager means that a shared drive has folders that only its managers see into, and could be read as none of them.
var ErrNoManager = errors.New("some of its folders have limited access, and nobody with a working account manages it: make somebody a manager in the Admin console under Apps › Google Workspace › Drive and Docs › Manage shared drives")

// ErrNoMember means that a shared drive has no member as whom it could be read.
var ErrNoMember = errors.New("nobody with a working account is a member of it: add one in the Admin console under Apps › Google Workspace › Drive and Docs › Manage shared drives")
