package shares

import (
	"context"
	"errors"
	"slices"
	"sort"

	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/seen"
)

// Readers names accounts as which a shared drive can be read, given its members: managers first, people before members of groups, at most three.
// Somebody switched off is no use: to them Google shows shared drives as empty.
func (r *Reader) Readers(members []seen.Grant) []string {
	type candidate struct {
		address string
		rank    int
	}
	var all []candidate
	add := func(address string, rank int) {
		if a, ok := r.Who.Account(address); ok && !a.SwitchedOff && !a.Archived && !a.Guest {
			all = append(all, candidate{a.Address, rank})
		}
	}
	for _, g := range members {
		switch g.Type {
		case "user":
			add(g.Address, 2*seen.Rank(g.Role)+1)
		case "group":
			if grp, ok := r.Who.Group(g.Address); ok {
				for _, m := range grp.Members {
					if m.Type == "USER" {
						add(m.Address, 2*seen.Rank(g.Role))
					}
				}
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		if all[i].rank != all[j].rank {
			return all[i].rank > all[j].rank
		}
		return all[i].address < all[j].address
	})
	var out []string
	for _, c := range all {
		if len(out) < 3 && (len(out) == 0 || out[len(out)-1] != c.address) {
			out = append(out, c.address)
		}
	}
	return out
}

// Managed tells whether a shared drive can be read as one of its managers, given its members: nobody else sees into folders with limited access.
func (r *Reader) Managed(members []seen.Grant) bool {
	return len(r.Readers(slices.DeleteFunc(slices.Clone(members), func(g seen.Grant) bool { return g.Role != "organizer" }))) > 0
}

// Membership enters a shared drive's own share, from its members, under its scope.
func (r *Reader) Membership(ctx context.Context, d seen.Drive, members []seen.Grant) error {
	scope, subject := DriveScope(d.ID), "drive/"+d.ID
	kept := r.kept(members)
	if len(kept) == 0 {
		if _, in := r.Book.Has(subject); in {
			return r.Book.Drop(ctx, scope, subject, findings.Fine)
		}
		r.Book.Note(subject, findings.Fine)
		return nil
	}
	return r.Book.Put(ctx, scope, driveShare(d, kept))
}

func driveShare(d seen.Drive, grants []seen.Grant) seen.Share {
	return seen.Share{
		Kind: "drive", ID: d.ID, Title: d.Name, Drive: d.ID, Grants: grants,
		Link: "https://drive.google.com/drive/folders/" + d.ID,
	}
}

// SharedDrive reads everything in a shared drive as one of its readers and brings its scope up to date, and that of the
// confidential tree if it is marked as one. Its membership must have been entered before.
func (r *Reader) SharedDrive(ctx context.Context, d seen.Drive, members []seen.Grant, marked bool) error {
	scope := DriveScope(d.ID)
	as := r.Readers(members)
	if len(as) == 0 {
		return ErrNoMember
	}
	known, err := r.Book.Subjects(ctx, scope)
	if err != nil {
		return err
	}
	res := newResult()
	if s, ok := known["drive/"+d.ID]; ok {
		res.shares["drive/"+d.ID] = s
	}
	tree := map[string]seen.Share{}
	if inside := r.insideOnly(members); marked && len(inside) > 0 {
		s := driveShare(d, inside)
		s.Tree = d.ID
		tree[s.Subject()] = s
	}
	var failed error
	take := func(it seen.Item) (own []seen.Grant) {
		subject := "file/" + it.ID
		if err := r.driveGrants(ctx, &it, as[0]); err != nil {
			failed = errors.Join(failed, err)
			if s, was := known[subject]; was {
				res.shares[subject] = s
			}
			return nil
		}
		kept := r.kept(it.Grants)
		own = ownOf(kept)
		s := r.shareOf(it, own)
		if s.Open = r.open(it, own, kept); len(s.Grants)+len(s.Open) > 0 {
			res.shares[subject] = s
		} else if _, was := known[subject]; was {
			res.fate[subject] = findings.Fine
		}
		if inside := r.insideOnly(ownOf(it.Grants)); marked && len(inside) > 0 {
			s := r.shareOf(it, inside)
			s.Tree = d.ID
			tree[subject] = s
		}
		return own
	}
	passing := func(it seen.Item) {
		if _, was := known["file/"+it.ID]; was {
			res.fate["file/"+it.ID] = findings.Fine
		}
	}
	o := openings{drive: d.ID, parents: map[string]string{}, open: map[string]bool{}}
	up := func(id string) (string, bool) { parent, met := o.parents[id]; return parent, met || id == d.ID }
	var waiting []seen.Item
	shut := false
	for it, err := range r.Drive.DriveItems(ctx, d.ID, as[0]) {
		if err != nil {
			res.allAbove(up)
			return errors.Join(err, r.Book.Enter(ctx, scope, res.shares))
		}
		folder := it.MimeType == seen.MimeFolder
		shut = shut || it.Shut
		if folder {
			o.parents[it.ID] = it.Parent
		}
		if it.Augmented || !r.Titles {
			if own := take(it); folder && slices.ContainsFunc(own, func(g seen.Grant) bool { return sharing.MayBePublic(it.MimeType, g) }) {
				o.open[it.ID] = true
			}
			continue
		}
		switch under, known := o.under(it.Parent); {
		case folder || !known:
			waiting = append(waiting, it) // until all folders are met
		case under:
			take(it)
		default:
			passing(it)
		}
	}
	for _, it := range waiting {
		if under, _ := o.under(it.Parent); under {
			take(it)
		} else {
			passing(it)
		}
	}
	res.allAbove(up)
	if shut {
		for subject, s := range known { // it may be in such a folder
			_, still := res.shares[subject]
			if _, met := res.fate[subject]; !still && !met {
				res.shares[subject] = s
			}
		}
		failed = errors.Join(failed, ErrNoManager)
	}
	failed = errors.Join(failed, r.replace(ctx, scope, known, res, as[0]))
	if marked && failed == nil {
		for subject, s := range tree {
			above(&s, up)
			tree[subject] = s
		}
		failed = r.Book.Tree(ctx, d.ID, tree)
	}
	return failed
}

// openings are the folders of a shared drive that the public can open. Google does not tell of an item in a shared drive what it inherits unless it is asked for that
// one item, so only those below such a folder are asked for.
type openings struct {
	drive   string
	parents map[string]string // of folders
	open    map[string]bool
}

// under tells whether a folder, or one above it, is open; known is false while a folder on the way up was not met.
func (o *openings) under(folder string) (under, known bool) {
	for range maxDepth {
		if o.open[folder] {
			return true, true
		}
		if folder == o.drive {
			return false, true
		}
		parent, met := o.parents[folder]
		if !met {
			return false, false
		}
		folder = parent
	}
	return false, true
}

func ownOf(grants []seen.Grant) []seen.Grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g seen.Grant) bool { return !g.IsOwn() })
}

// TreeScope is the scope of a confidential folder or drive.
func TreeScope(id string) seen.Scope { return seen.Scope("tree/" + id) }

// Tree replaces what is known of a confidential tree.
func (b *Book) Tree(ctx context.Context, id string, shares map[string]seen.Share) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	pg, err := b.page(ctx, TreeScope(id))
	if err != nil {
		return err
	}
	clear(pg.shares)
	for k, s := range shares {
		pg.shares[k] = s
		b.people.Learn(s.Grants)
	}
	return nil
}

// Folder reads a confidential folder with everything below it. as are addresses of who may own it. It returns the owner's account id.
func (r *Reader) Folder(ctx context.Context, id string, as []string) (string, error) {
	root, err := r.locate(ctx, as, id)
	if err != nil {
		return "", err
	}
	a, ok := r.Who.Account(root.Owner)
	if !ok || !r.Who.Ours(root.Owner) || root.Trashed {
		return "", errNobody{}
	}
	tree := map[string]seen.Share{}
	held := map[string][]seen.Grant{}
	parents := map[string]string{root.ID: root.Parent}
	enter := func(it seen.Item, own []seen.Grant) {
		if len(own) > 0 {
			s := r.shareOf(it, own)
			s.Tree = id
			above(&s, func(id string) (string, bool) { parent, met := parents[id]; return parent, met })
			tree[s.Subject()] = s
		}
	}
	held[root.ID] = r.insideOnly(root.Grants)
	enter(root, held[root.ID])
	err = r.descend(ctx, root, func(it seen.Item) (bool, error) {
		if it.Trashed || !r.Who.Ours(it.Owner) {
			return false, nil
		}
		grants := r.insideOnly(it.Grants)
		if it.MimeType == seen.MimeFolder {
			held[it.ID] = grants
			parents[it.ID] = it.Parent
		}
		var own []seen.Grant
		for _, g := range grants {
			if g.IsOwn() || !contains(held[it.Parent], g) {
				own = append(own, g)
			}
		}
		enter(it, own)
		return true, nil
	})
	if err != nil {
		return a.ID, err
	}
	return a.ID, r.Book.Tree(ctx, id, tree)
}

func contains(list []seen.Grant, g seen.Grant) bool {
	for _, h := range list {
		if h.Same(g) {
			return true
		}
	}
	return false
}
