package jobs

import (
	"context"
	"errors"
	"slices"

	"esafetybot/internal/moderation"
	"esafetybot/internal/seen"
)

// find finds out where a file is: as its owner, or else as whoever commented and as teachers, until somebody sees a class's folder above it.
func (d *documentsRun) find(ctx context.Context, p *placed) {
	of := map[string]bool{}
	id := moderation.DocumentPost(p.file)
	readers := slices.Clone(p.loose.As)
	for _, c := range d.courses {
		class := d.book.Class(c.ID)
		post := class.Posts[id]
		of[c.ID] = len(class.Attached(p.file)) > 0
		if post != nil && post.As != "" {
			readers = slices.Insert(readers, 0, post.As)
		}
		if post != nil || of[c.ID] {
			readers = append(readers, d.teachersOf(c)...)
		}
		if post != nil { // who commented can open it
			for _, a := range post.Acts[max(0, len(post.Acts)-2):] {
				readers = append(readers, a.By)
			}
		}
	}
	if o := d.owners[p.file]; o.by != "" {
		readers = slices.Insert(readers, 0, o.by)
	}
	for _, c := range d.courses { // Google may let nobody in as the owner
		if d.hasMember(c, p.loose.As) {
			readers = append(readers, d.teachersOf(c)...)
		}
	}
	d.look(ctx, p, readers, of)
	if p.item.Trashed || p.item.MimeType == seen.MimeFolder {
		p.unsure = false
		return
	}
	hidden := p.as == "" && !p.unsure // from all whom we may ask
	if hidden {
		attached := slices.ContainsFunc(d.courses, func(c seen.Course) bool { return of[c.ID] })
		if p.loose.Gone || !attached {
			return // it is not there
		}
		p.unsure = true // somebody whom we do not know may have it: it may have been moved into a shared drive
	}
	for _, c := range d.courses {
		switch {
		case of[c.ID] && (p.as != "" || hidden), p.unsure && d.book.Class(c.ID).Posts[id] != nil:
			p.courses = append(p.courses, c.ID)
		case d.Missed("attached"), d.Missed(seen.Scope("attached/" + c.ID)):
			p.unsure = true
		}
	}
}

// look reads a file as one of some people, by Directory id, after the other, until it is clear in which class's folder it lies, if in any. Google shows what an account sees that the school switched off.
func (d *documentsRun) look(ctx context.Context, p *placed, readers []string, of map[string]bool) {
	tried := map[string]bool{}
	for next := slices.Clone(readers); len(next) > 0; {
		id := next[0]
		next = next[1:]
		a, known := d.Who().AccountByID(id)
		if !known || tried[id] || len(tried) >= mostAsking || !d.Who().Ours(a.Address) {
			continue
		}
		tried[id] = true
		it, err := d.item(ctx, a.Address, p.file)
		if err != nil {
			if !d.Env.Google.NotFound(err) && ctx.Err() == nil {
				p.unsure = true
				d.missed(p.file, id, err)
			}
			continue
		}
		if p.as == "" || it.Owner == a.Address {
			p.item, p.as = it, id
		}
		if o, ok := d.Who().Account(it.Owner); ok && !tried[o.ID] { // they see more than whoever it is shared with
			next = slices.Insert(next, 0, o.ID)
		}
		above, found, sure := d.climb(ctx, p.file, it, id)
		if len(above) > len(p.above) {
			p.above = above
		}
		for _, folder := range above {
			for _, course := range d.folders[folder] {
				of[course] = true
			}
		}
		switch {
		case found, it.Drive != "" && it.Parent != "", it.Trashed:
			p.unsure = !sure // which folders are above the class's is asked again
			return
		case it.Drive != "": // a guest on the file sees no folder; a member of the drive does
		case !sure:
			p.unsure = true
		case it.Owner == a.Address:
			p.unsure = false
			return
		}
	}
}

// hasMember tells whether one of some people is in a class.
func (d *documentsRun) hasMember(c seen.Course, ids []string) bool {
	members, _ := d.Members(d.memory, c.ID)
	return slices.ContainsFunc(members, func(m seen.ClassMember) bool { return slices.Contains(ids, m.ID) })
}

// teachersOf lists who can open what is attached to posts of a class.
func (d *documentsRun) teachersOf(c seen.Course) []string {
	out := []string{c.Owner}
	members, _ := d.Members(d.memory, c.ID)
	for _, m := range members {
		if m.Teacher && len(out) < mostAsking {
			out = append(out, m.ID)
		}
	}
	return out
}

// item reads one file or folder; once Google said that this is not permitted it is not asked again.
func (d *documentsRun) item(ctx context.Context, as, id string) (seen.Item, error) {
	d.mu.Lock()
	refused := d.refused
	d.mu.Unlock()
	if refused {
		return seen.Item{}, errRefused
	}
	it, err := d.Env.Google.Item(ctx, as, id)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err == nil:
		d.shown = true
	case d.Env.Google.Reason(err) == seen.Refused:
		if !slices.Contains(d.refusers, as) {
			d.refusers = append(d.refusers, as)
		}
		d.refused = !d.shown && len(d.refusers) >= allRefused
	}
	return it, err
}

// missed notes that a file could not be read as somebody, by Directory id.
func (d *documentsRun) missed(file, as string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case errors.Is(err, errRefused):
	case d.Env.Google.Reason(err) == seen.Refused:
		d.refusals[file] = err // whether it is so of one account or of all is known at the end
	case d.Env.Google.Reason(err) == seen.Off:
		d.Unseen(seen.Gap{Scope: seen.Scope("document/" + file), Reason: seen.Off, Detail: err.Error(), Account: as})
	default:
		d.Unread(seen.Scope("document/"+file), err)
	}
}

// tellRefused notes what Google refused: everything, or some files.
func (d *documentsRun) tellRefused() {
	for file, err := range d.refusals {
		if d.refused {
			d.Unread("document", err)
			return
		}
		d.Unread(seen.Scope("document/"+file), err)
	}
}

// climb follows the folders above a file up to the top, the nearest first; of a file in a shared drive it goes only as far as the class's folder, which may have been moved
// there, and then gives the drive, since the log tells of each folder in which drive it is. found says that one of
// them is a class's. sure is false if one could not be read; that is told only where it leaves open whose the file is.
func (d *documentsRun) climb(ctx context.Context, file string, it seen.Item, as string) (above []string, found, sure bool) {
	sure = true
	var others []string // who is asked first what is above
	fail := func(as string, err error) {
		if d.Env.Google.NotFound(err) || found && d.Env.Google.Reason(err) != seen.Failed { // above the class's folder what nobody may see stays unseen
			return
		}
		sure = false
		if !found {
			d.missed(file, as, err)
		}
	}
	for len(above) < mostAbove {
		if it.Drive != "" && (found || it.Parent == "" || it.Parent == it.Drive) {
			return append(above, it.Drive), found, sure
		}
		parent, who := it.Parent, as
		for _, id := range append(others, d.insiders(it, as)...) {
			if parent != "" {
				break
			}
			// Google hides a folder from an owner who may not see it; whoever has access through it sees it.
			if a, known := d.Who().AccountByID(id); known {
				theirs, err := d.item(ctx, a.Address, it.ID)
				if err != nil {
					fail(id, err)
				} else if it.ID != file {
					d.keep(theirs, id)
				}
				parent, who = theirs.Parent, id
			}
		}
		if parent == "" {
			break
		}
		above = append(above, parent)
		found = found || len(d.folders[parent]) > 0
		f, err := d.folder(ctx, parent, who)
		if err != nil {
			fail(who, err)
			break
		}
		it, as, others = f, who, nil
		if a, ours := d.Who().Account(f.Owner); ours && d.Who().Ours(a.Address) {
			as = a.ID
			if f.Parent == "" && a.ID != who { // it was read as somebody from whom Google may hide what is above; its owner sees it
				others = []string{a.ID}
			}
		}
	}
	return above, found, sure
}

// viewed is a folder as somebody sees it, by Directory id.
type viewed struct {
	seen.Item
	by string
}

// owns tells whether it is the owner's view: whoever sees more than others.
func (d *documentsRun) owns(v viewed) bool {
	a, ours := d.Who().Account(v.Owner)
	return ours && a.ID == v.by
}

// keep notes a folder as somebody sees it, unless it is known as its owner sees it.
func (d *documentsRun) keep(folder seen.Item, by string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if have, ok := d.above[folder.ID]; !ok || !d.owns(have) {
		d.above[folder.ID] = viewed{folder, by}
	}
}

// folder reads a folder above a file, once in a run as its owner, and otherwise again as somebody else: what somebody sees above a file must not hang on who was asked before.
func (d *documentsRun) folder(ctx context.Context, id, as string) (seen.Item, error) {
	d.mu.Lock()
	have, ok := d.above[id]
	d.mu.Unlock()
	if ok && (have.by == as || d.owns(have)) {
		return have.Item, nil
	}
	a, _ := d.Who().AccountByID(as)
	it, err := d.item(ctx, a.Address, id)
	if err == nil {
		d.keep(it, as)
	}
	return it, err
}

// insiders lists accounts that have access to an item through a folder above it, by Directory id.
func (d *documentsRun) insiders(it seen.Item, but string) []string {
	var out []string
	for _, g := range it.Grants {
		if a, ok := d.Who().Account(g.Address); ok && g.Type == "user" && g.Inherited != "" && a.ID != but && d.Who().Ours(a.Address) && len(out) < mostAsking {
			out = append(out, a.ID)
		}
	}
	return out
}

// holdReaders keeps the sign-ins of those as whom files are read, so that each costs one.
func (d *documentsRun) holdReaders(files []*placed) (release func()) {
	const most = 500 // bounds the memory that tokens take
	held := map[string]func(){}
	for _, p := range files {
		for _, id := range p.loose.As {
			if a, ok := d.Who().AccountByID(id); ok && held[id] == nil && len(held) < most {
				held[id] = d.Env.Google.Hold(a.Address)
			}
		}
	}
	return func() {
		for _, r := range held {
			r()
		}
	}
}
