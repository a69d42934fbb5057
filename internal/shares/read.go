package shares

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sort"
	"sync"
	"time"

	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// Drive is what of Google Drive this package reads. Errors tell by Reason and NotFound what they mean.
type Drive interface {
	// OwnedItems streams what an owner owns and is not in the bin, as that owner, folders first.
	OwnedItems(ctx context.Context, owner string) iter.Seq2[seen.Item, error]
	// DriveItems streams what is in a shared drive and not in the bin, as one of its members.
	DriveItems(ctx context.Context, driveID, member string) iter.Seq2[seen.Item, error]
	// Item reads one item as somebody who may see it.
	Item(ctx context.Context, as, id string) (seen.Item, error)
	// ItemGrants lists the grants of one item as somebody who may share it.
	ItemGrants(ctx context.Context, as, id string) ([]seen.Grant, error)
	// DriveMembers lists the members of a shared drive, as an administrator.
	DriveMembers(ctx context.Context, driveID string) ([]seen.Grant, error)
	// Children streams the items directly in some folders, those in the bin too, as somebody who may see them.
	Children(ctx context.Context, as string, folders []string) iter.Seq2[seen.Item, error]
	Reason(err error) seen.Reason
	NotFound(err error) bool
}

// Reader keeps a Book current. Its methods may run side by side for different scopes.
type Reader struct {
	Book  *Book
	Drive Drive
	Who   *school.Directory
	Now   time.Time
	Log   *slog.Logger

	// OurDrive tells whether a shared drive belongs to the school; [NewReader] takes all for it.
	OurDrive func(id string) bool
	// Titles asks for all that the public can open, also what only a folder above opens, for its title.
	Titles bool
	// Named are the subjects that somebody waits to hear of: of what only a folder above opens no other is looked for where it is lost.
	Named map[string]bool
	// LastRead tells when a scope was last read in full before this run; zero if never.
	LastRead func(seen.Scope) time.Time

	walk *walker

	mu     sync.Mutex
	unread map[seen.Scope]error
}

// missed notes a scope of which something could not be read on the way to something else.
func (r *Reader) missed(s seen.Scope, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, have := r.unread[s]; !have {
		r.unread[s] = err
	}
}

// Unread lists scopes of which something could not be read on the way to something else: a folder above an item, items below a
// folder, a share that went elsewhere. What hangs on them stands as it did, or for itself, until they were read in full.
func (r *Reader) Unread() map[seen.Scope]error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.unread)
}

// NewReader makes a reader for one run.
func NewReader(b *Book, d Drive, who *school.Directory, now time.Time, log *slog.Logger) *Reader {
	r := &Reader{Book: b, Drive: d, Who: who, Now: now, Log: log, unread: map[seen.Scope]error{}, OurDrive: func(string) bool { return true }}
	r.walk = &walker{r: r, items: map[string]*seen.Item{}, missed: map[string]bool{}, tops: map[string]seen.Item{}}
	return r
}

// kept filters the grants that the picture keeps: those that reach, or may come to reach, beyond the customer's own accounts.
func (r *Reader) kept(grants []seen.Grant) []seen.Grant {
	return r.only(grants, func(g seen.Grant) bool {
		switch g.Type {
		case "user", "domain":
			return r.near(g) >= school.Trusted
		case "group":
			_, ours := r.Who.Group(g.Address)
			return ours || r.Who.GroupsUnknown || r.Who.ForeignGroup(g.Address) != school.Nobody
		}
		return true
	})
}

// open lists the grants by which the public may open an item and of which a folder above is the cause.
func (r *Reader) open(it seen.Item, own, kept []seen.Grant) (out []seen.Grant) {
	if !r.Titles {
		return nil
	}
	for _, g := range kept {
		if sharing.MayBePublic(it.MimeType, g) && !contains(own, g) {
			out = append(out, g)
		}
	}
	return out
}

// insideOnly filters the grants that a confidential tree keeps: those to people, groups and domains of the customer.
func (r *Reader) insideOnly(grants []seen.Grant) []seen.Grant {
	return r.only(grants, func(g seen.Grant) bool {
		switch g.Type {
		case "user", "domain":
			near := r.near(g)
			return near == school.SameSchool || near == school.SameTrust
		case "group":
			_, ours := r.Who.Group(g.Address)
			return ours
		}
		return false
	})
}

// only copies the grants that count and are wanted. Most items have none: then nothing is copied.
func (r *Reader) only(grants []seen.Grant, want func(seen.Grant) bool) (out []seen.Grant) {
	for _, g := range grants {
		if sharing.Counts(g, r.Now) && want(g) {
			out = append(out, g)
		}
	}
	return out
}

// near is how far a person or a domain is.
func (r *Reader) near(g seen.Grant) school.Nearness {
	if g.Type == "domain" {
		return r.Who.Domain(g.Domain)
	}
	return r.Who.Person(g.Address)
}

// shareOf makes a share of an item and the grants it is the cause of.
func (r *Reader) shareOf(it seen.Item, grants []seen.Grant) seen.Share {
	s := seen.Share{Kind: "file", ID: it.ID, Mime: it.MimeType, Title: it.Name, Link: it.Link, Drive: it.Drive, Next: it.Parent, Grants: grants}
	if a, ok := r.Who.Account(it.Owner); ok && it.Drive == "" {
		s.Owner = a.ID
	}
	return s
}

// above moves from Next to Above the folders that were met, which up tells with the parent of each.
func above(s *seen.Share, up func(folder string) (parent string, met bool)) {
	for len(s.Above) < seen.MostAbove && s.Next != "" {
		parent, met := up(s.Next)
		if !met || slices.Contains(s.Above, s.Next) {
			return
		}
		s.Above, s.Next = append(s.Above, s.Next), parent
	}
}

// allAbove does so for all shares of a full read.
func (res *result) allAbove(up func(folder string) (parent string, met bool)) {
	for subject, s := range res.shares {
		above(&s, up)
		res.shares[subject] = s
	}
}

// OwnerScope and DriveScope name the scopes of the picture.
func OwnerScope(accountID string) seen.Scope { return seen.Scope("owner/" + accountID) }

// DriveScope is the scope of a shared drive.
func DriveScope(driveID string) seen.Scope { return seen.Scope("drive/" + driveID) }

// folder is what a full read remembers of a folder it came by.
type folder struct {
	parent string
	grants []seen.Grant // kept ones
}

// result is what a full read found.
type result struct {
	shares map[string]seen.Share
	below  map[string]int
	abroad map[string][]string     // items in folders of others that are the cause: who these are
	fate   map[string]findings.How // of known shares that were met and are none any more
}

func newResult() result {
	return result{shares: map[string]seen.Share{}, below: map[string]int{}, abroad: map[string][]string{}, fate: map[string]findings.How{}}
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// Owner reads everything that an account owns and brings its scope up to date. An error leaves the scope as it was.
func (r *Reader) Owner(ctx context.Context, a *seen.Account) error {
	scope := OwnerScope(a.ID)
	known, err := r.Book.Subjects(ctx, scope)
	if err != nil {
		return err
	}
	res := newResult()
	folders := map[string]folder{}
	up := func(id string) (string, bool) { f, met := folders[id]; return f.parent, met }
	var waiting []pending
	for it, err := range r.Drive.OwnedItems(ctx, a.Address) {
		if err != nil {
			// What was read is true all the same; what was not read stays as it is.
			res.allAbove(up)
			return errors.Join(err, r.Book.Enter(ctx, scope, res.shares))
		}
		kept := r.kept(it.Grants)
		if it.MimeType == seen.MimeFolder {
			f := folder{parent: it.Parent}
			if len(kept) > 0 {
				f.grants = kept
			}
			folders[it.ID] = f
		}
		if len(kept) == 0 {
			if _, was := known["file/"+it.ID]; was {
				res.fate["file/"+it.ID] = findings.Fine
			}
			continue
		}
		if !r.settle(&res, it, kept, folders) {
			waiting = append(waiting, pending{it, kept})
		}
	}
	for _, p := range waiting {
		if r.settle(&res, p.item, p.kept, folders) {
			continue
		}
		if err := r.settleAbroad(ctx, &res, p.item, p.kept, folders, a.Address); err != nil {
			return err
		}
	}
	res.allAbove(up)
	return r.replace(ctx, scope, known, res, a.Address)
}

// pending is an item with grants from a folder that was not met yet.
type pending struct {
	item seen.Item
	kept []seen.Grant
}

// settle decides, from the folders of the same owner, which of an item's grants it is the cause of.
// It returns false when that takes a folder that was not met.
func (r *Reader) settle(res *result, it seen.Item, kept []seen.Grant, folders map[string]folder) bool {
	var own []seen.Grant
	under := ""
	for _, g := range kept {
		if g.IsOwn() {
			own = append(own, g)
			continue
		}
		top, _, ok := climb(it.ID, it.Parent, g, folders)
		if !ok {
			return false
		}
		if top == it.ID {
			own = append(own, g)
		} else if under == "" {
			under = top
		}
	}
	if under != "" {
		res.below["file/"+under]++
	}
	r.enter(res, it, own, kept)
	return true
}

// enter takes up an item with those of its kept grants that it is the cause of.
func (r *Reader) enter(res *result, it seen.Item, own, kept []seen.Grant) {
	s := r.shareOf(it, own)
	s.Open = r.open(it, own, kept)
	if len(own) == 0 && len(s.Open) == 0 {
		res.fate[s.Subject()] = findings.Merged
		return
	}
	res.shares[s.Subject()] = s
}

// climb follows an inherited grant up the folders of one owner to the item that is its cause. ok is false when it leads to a
// folder that was not met; then top is the last item before it and parent that folder.
func climb(id, parent string, g seen.Grant, folders map[string]folder) (top, unmet string, ok bool) {
	top = id
	for range maxDepth {
		f, met := folders[parent]
		if !met {
			return top, parent, false
		}
		i := slices.IndexFunc(f.grants, g.Same)
		if i < 0 {
			return top, "", true
		}
		top = parent
		if f.grants[i].IsOwn() {
			return top, "", true
		}
		parent = f.parent
	}
	return top, "", true
}

// maxDepth bounds walks up a folder tree; Drive's own limit is 100 levels.
const maxDepth = 120

// settleAbroad does the same where folders of other owners are above the item.
func (r *Reader) settleAbroad(ctx context.Context, res *result, it seen.Item, kept []seen.Grant, folders map[string]folder, as string) error {
	var own []seen.Grant
	under := ""
	for _, g := range kept {
		if g.IsOwn() {
			own = append(own, g)
			continue
		}
		top, unmet, ok := climb(it.ID, it.Parent, g, folders)
		if !ok {
			from := it
			from.ID, from.Parent = top, unmet
			last := top
			var owners []string
			var err error
			if top, owners, err = r.walk.cause(ctx, from, g, as); err != nil {
				return err
			}
			if last == it.ID && top != it.ID {
				res.abroad["file/"+it.ID] = union(res.abroad["file/"+it.ID], owners)
			}
		}
		if top == it.ID {
			own = append(own, g)
		} else if under == "" {
			under = top
		}
	}
	if under != "" {
		res.below["file/"+under]++
	}
	r.enter(res, it, own, kept)
	return nil
}

// replace puts a full read in the place of what was known of a scope. What is no longer there is looked up by itself.
func (r *Reader) replace(ctx context.Context, scope seen.Scope, known map[string]seen.Share, res result, as string) error {
	gone := make([]string, 0)
	for subject := range known {
		if _, still := res.shares[subject]; !still {
			gone = append(gone, subject)
		}
	}
	sort.Strings(gone)
	b := r.Book
	var failed error
	for _, subject := range gone {
		if how, met := res.fate[subject]; met {
			if err := b.Drop(ctx, scope, subject, how); err != nil {
				return err
			}
			continue
		}
		err := r.lookUp(ctx, scope, known[subject], []string{as})
		var elsewhere *ErrUnread
		a, _ := r.Who.Account(as)
		if errors.As(err, &elsewhere) && elsewhere.Scope != scope && (a == nil || elsewhere.Scope != OwnerScope(a.ID)) {
			r.missed(elsewhere.Scope, err) // it went to somebody whose Drive cannot be read: it stays until that can
			continue
		}
		failed = errors.Join(failed, err)
	}
	return errors.Join(failed, b.Replace(ctx, scope, res))
}

// Drop takes a share out of the picture and notes why.
func (b *Book) Drop(ctx context.Context, scope seen.Scope, subject string, how findings.How) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.drop(ctx, scope, subject, how)
}

// Put enters or replaces one share.
func (b *Book) Put(ctx context.Context, scope seen.Scope, s seen.Share) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.put(ctx, scope, s)
}

// Enter puts several shares in a scope.
func (b *Book) Enter(ctx context.Context, scope seen.Scope, shares map[string]seen.Share) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.enter(ctx, scope, shares)
}

// Replace enters all shares of a scope that was fully read, with new counts of the items underneath. Shares that the scope had
// and that are not among them must have been dropped or moved before, or stay.
func (b *Book) Replace(ctx context.Context, scope seen.Scope, res result) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.enter(ctx, scope, res.shares); err != nil {
		return err
	}
	pg, err := b.page(ctx, scope)
	if err != nil {
		return err
	}
	pg.below, pg.abroad = res.below, res.abroad
	return nil
}

func (b *Book) enter(ctx context.Context, scope seen.Scope, shares map[string]seen.Share) error {
	subjects := make([]string, 0, len(shares))
	for s := range shares {
		subjects = append(subjects, s)
	}
	sort.Strings(subjects)
	for _, s := range subjects {
		if err := b.put(ctx, scope, shares[s]); err != nil {
			return err
		}
	}
	return nil
}
