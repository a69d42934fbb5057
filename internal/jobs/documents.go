package jobs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
)

// What the Drive log tells of comments on files (Reports API, Drive audit activity events), and what each is.
var documentEvents = map[string]string{
	"create_comment": moderation.Comment, "edit_comment": moderation.Comment, "resolve_comment": moderation.Comment, "reopen_comment": moderation.Comment,
	"delete_comment": moderation.Tidied,
}

// The events after which it is looked again what is attached to a post (Reports API, Classroom audit activity events; those of classwork tell of materials too).
var attachEvents = []string{"published_announcement", "published_course_work", "updated_announcement", "updated_course_work"}

const (
	looseKept  = 28 // for how many days it is tried to find out where a file is
	mostAbove  = 50 // folders above one another
	mostAsking = 6  // people as whom a file is read at most
)

// errRefused stands for what is not asked because it was refused before.
var errRefused = errors.New("Google does not permit it")

// documentsRun finds out on which documents of classes people commented. It reads who commented when from the log, and of each file where it is; never what it says.
type documentsRun struct {
	*commentsRun
	folders map[string][]string // a class's folder → classes
	touched map[string]*moderation.Loose

	mu      sync.Mutex
	refused bool
	above   map[string]*seen.Item // folders that were read
}

func newDocuments(r *commentsRun) *documentsRun {
	return &documentsRun{commentsRun: r, folders: map[string][]string{}, touched: map[string]*moderation.Loose{}, above: map[string]*seen.Item{}}
}

func (d *documentsRun) run(ctx context.Context) {
	d.needs("attached", "document", "log/drive")
	for _, c := range d.courses {
		if c.Folder != "" {
			d.folders[c.Folder] = append(d.folders[c.Folder], c.ID)
		}
	}
	d.attachments(ctx)
	drive := &d.book.Drive
	drive.Cursor = d.pull(ctx, "drive", slices.Collect(maps.Keys(documentEvents)), drive.Cursor, d.event)
	d.place(ctx)
	old := drive.Cursor.Add(-census.Overlap)
	maps.DeleteFunc(drive.Passed, func(_ string, at time.Time) bool { return at.Before(old) })
}

// attachments brings up to date what is attached to the posts of each class: read in full when the class is new and once within the rotation, and each post after the log said that it was published or changed.
func (d *documentsRun) attachments(ctx context.Context) {
	var ask []seen.Course
	for _, c := range d.courses {
		if f := d.book.Class(c.ID).Files; f == nil || !d.Now.Before(f.Next) {
			ask = append(ask, c)
		}
	}
	for course, posts := range d.Attached(ctx, ask) {
		c := d.book.Class(course)
		next := d.Now.Add(d.Rotation)
		if c.Files == nil { // so that not all have their next turn on the same day
			next = next.Add(-spread(course, d.Rotation))
		}
		c.Files = &moderation.Files{Read: d.Now, Next: next, Posts: map[string]moderation.Attached{}}
		for _, p := range posts {
			c.Files.Posts[p.ID] = moderation.Attached{Kind: p.Kind, Files: p.Files, Read: d.Now}
		}
	}
	var posts []postOf
	for _, e := range d.posted {
		p := postOf{e.Params["course_id"], e.Params["post_id"], postKind(e)}
		f := d.book.Class(p.course).Files
		if f == nil || !d.inUse(p.course) || !e.Time.After(f.Read) || !e.Time.After(f.Posts[p.id].Read) || slices.Contains(posts, p) {
			continue
		}
		posts = append(posts, p)
	}
	d.readPosts(ctx, posts)
	for _, c := range d.courses {
		if f := d.book.Class(c.ID).Files; f != nil { // a post without files is remembered as long as the log may tell of it again
			maps.DeleteFunc(f.Posts, func(_ string, a moderation.Attached) bool {
				return len(a.Files) == 0 && a.Read.Before(d.Now.Add(-2*census.Overlap))
			})
		}
	}
}

type postOf struct{ course, id, kind string }

// readPosts reads again what is attached to some posts.
func (d *documentsRun) readPosts(ctx context.Context, posts []postOf) {
	_ = census.Each(ctx, d.Env.Google.Workers(), posts, func(p postOf) {
		got, err := d.Env.Google.Post(ctx, p.course, p.kind, p.id)
		d.mu.Lock()
		defer d.mu.Unlock()
		f := d.book.Class(p.course).Files
		switch {
		case err == nil || d.Env.Google.Gone(err):
			if f.Posts == nil {
				f.Posts = map[string]moderation.Attached{}
			}
			f.Posts[p.id] = moderation.Attached{Kind: p.kind, Files: got.Files, Read: d.Now}
		case ctx.Err() == nil:
			f.Next = d.Now // the log will not tell of it again
			d.Unread(seen.Scope("attached/"+p.course), err)
		}
	})
}

func (d *documentsRun) inUse(course string) bool {
	return slices.ContainsFunc(d.courses, func(c seen.Course) bool { return c.ID == course })
}

// event takes up one event of the Drive log.
func (d *documentsRun) event(e seen.Event) {
	if e.Doc == "" {
		return
	}
	act := d.act(e, documentEvents[e.Name])
	if _, passed := d.book.Drive.Passed[act.Key]; passed {
		return
	}
	known, fresh := false, false
	for _, course := range d.book.Courses() {
		if p := d.book.Class(course).Posts[moderation.DocumentPost(e.Doc)]; p != nil {
			known = true
			fresh = p.Add(act) || fresh
		}
	}
	if known && !fresh {
		return
	}
	t := d.touched[e.Doc]
	if t == nil {
		t = &moderation.Loose{}
		d.touched[e.Doc] = t
	}
	t.Add(act)
	for _, address := range []string{e.Owner, e.Actor} {
		if a, ok := d.Who().Account(address); ok && !slices.Contains(t.As, a.ID) {
			t.As = append(t.As, a.ID)
		}
	}
}

// placed is where a file is.
type placed struct {
	file    string
	loose   *moderation.Loose
	item    seen.Item
	as      string   // Directory id
	courses []string // of which it is a document
	unsure  bool     // it may be one of others
}

// place finds out of which classes the files are that were commented on, and whether those that wait still are.
func (d *documentsRun) place(ctx context.Context) {
	for file, l := range d.book.Drive.Loose {
		if t := d.touched[file]; t != nil {
			for _, a := range t.Acts {
				l.Add(a)
			}
			l.As = append(t.As, l.As...)
		}
		d.touched[file] = l
	}
	var files []*placed
	for file, l := range d.touched {
		files = append(files, &placed{file: file, loose: l})
	}
	var posts []postOf
	rules := d.rules(policy.PlaceDocuments)
	for _, c := range d.courses {
		class := d.book.Class(c.ID)
		for _, id := range class.Documents() {
			file, _ := moderation.DocumentOf(id)
			p := class.Posts[id]
			waits := slices.ContainsFunc(rules, func(r moderation.Rules) bool { return len(class.Waiting(p, r)) > 0 })
			if !waits {
				continue
			}
			for _, post := range class.Attached(file) { // Google's log does not tell that a post was deleted
				if a := class.Files.Posts[post]; a.Read.Before(d.Now) && !slices.Contains(posts, postOf{c.ID, post, a.Kind}) {
					posts = append(posts, postOf{c.ID, post, a.Kind})
				}
			}
			if d.touched[file] == nil {
				d.touched[file] = &moderation.Loose{}
				files = append(files, &placed{file: file, loose: d.touched[file]})
			}
		}
	}
	d.readPosts(ctx, posts)
	slices.SortFunc(files, func(a, b *placed) int { return strings.Compare(a.file, b.file) })
	defer d.holdReaders(files)()
	_ = census.Each(ctx, d.Env.Google.Workers(), files, func(p *placed) { d.find(ctx, p) })
	if ctx.Err() != nil {
		return
	}
	for _, p := range files {
		d.apply(p)
	}
}

// apply takes up what was said on a file whose place was asked for.
func (d *documentsRun) apply(p *placed) {
	id := moderation.DocumentPost(p.file)
	for _, course := range p.courses {
		post := d.book.Class(course).Post(id)
		for _, a := range p.loose.Acts {
			post.Add(a)
		}
		post.Kind, post.Told = seen.PostDocument, true
		if p.as != "" {
			post.Title, post.Link, post.Made, post.As = p.item.Name, p.item.Link, p.item.Created, p.as
		}
	}
	drive := &d.book.Drive
	delete(drive.Loose, p.file)
	if p.unsure {
		p.loose.Acts = slices.DeleteFunc(p.loose.Acts, func(a moderation.Act) bool { return a.At.Before(d.Now.AddDate(0, 0, -looseKept)) })
		if len(p.loose.Acts) > 0 {
			if drive.Loose == nil {
				drive.Loose = map[string]*moderation.Loose{}
			}
			drive.Loose[p.file] = p.loose
		}
		return
	}
	if drive.Passed == nil {
		drive.Passed = map[string]time.Time{}
	}
	acts := slices.Clone(p.loose.Acts)
	for _, c := range d.courses {
		class := d.book.Class(c.ID)
		if post := class.Posts[id]; post != nil && !slices.Contains(p.courses, c.ID) { // it was one, and is no longer
			acts = append(acts, post.Acts...)
			delete(class.Posts, id)
		}
	}
	if len(p.courses) == 0 {
		for _, a := range acts {
			drive.Passed[a.Key] = a.At
		}
	}
}

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
	}
	for _, c := range d.courses { // the owner's account may be switched off
		if d.hasMember(c, p.loose.As) {
			readers = append(readers, d.teachersOf(c)...)
		}
	}
	found := d.look(ctx, p, readers, of)
	if p.item.Trashed || p.item.MimeType == seen.MimeFolder {
		p.unsure = false
		return
	}
	if !found && !p.unsure && d.ownerless(readers, p.item.Owner) {
		p.unsure = true
		d.Unseen(seen.Scope("document/"+p.file), seen.NoMember)
	}
	if p.as == "" && !p.unsure {
		return // it is not there
	}
	for _, c := range d.courses {
		switch {
		case of[c.ID], p.unsure && d.book.Class(c.ID).Posts[id] != nil:
			p.courses = append(p.courses, c.ID)
		case d.Missed("attached"), d.Missed(seen.Scope("attached/" + c.ID)):
			p.unsure = true
		}
	}
}

// ownerless tells whether nobody sees where a file lies because whoever owns it, somebody of a class, has an account that is switched off. readers begins with the likely owners.
func (d *documentsRun) ownerless(readers []string, owner string) bool {
	if a, ok := d.Who().Account(owner); ok {
		readers = []string{a.ID}
	}
	for _, id := range readers {
		if a, ok := d.Who().AccountByID(id); ok {
			return !a.Active() && slices.ContainsFunc(d.courses, func(c seen.Course) bool { return c.Owner == id || d.hasMember(c, []string{id}) || d.book.Class(c.ID).Teaches(id) })
		}
	}
	return false
}

// look reads a file as one of some people, by Directory id, after the other, until it is clear in which class's folder it lies, if in any. It tells whether it became clear.
func (d *documentsRun) look(ctx context.Context, p *placed, readers []string, of map[string]bool) (clear bool) {
	tried := map[string]bool{}
	for _, id := range readers {
		if p.item.Trashed {
			return true
		}
		a, known := d.Who().AccountByID(id)
		if !known || tried[id] || len(tried) >= mostAsking || !a.Active() || !d.Who().Ours(a.Address) {
			continue
		}
		tried[id] = true
		it, err := d.item(ctx, a.Address, p.file)
		if err != nil {
			if !d.Env.Google.NotFound(err) && ctx.Err() == nil {
				p.unsure = true
				d.missed(p.file, err)
			}
			continue
		}
		if p.as == "" {
			p.item, p.as = it, id
		}
		courses, sure := d.climb(ctx, it, id)
		for _, course := range courses {
			of[course] = true
		}
		switch {
		case len(courses) > 0, it.Drive != "":
			p.unsure = false
			return true
		case !sure:
			p.unsure = true
		case it.Owner == a.Address:
			p.unsure = false
			return true
		}
	}
	return false
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
	return d.Env.Google.Item(ctx, as, id)
}

// missed notes that a file could not be read.
func (d *documentsRun) missed(file string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.refused:
	case d.Env.Google.Reason(err) == seen.Refused:
		d.refused = true
		d.Unread("document", err)
	default:
		d.Unread(seen.Scope("document/"+file), err)
	}
}

// climb follows the folders above a file up to a class's. sure is false if one could not be read.
func (d *documentsRun) climb(ctx context.Context, it seen.Item, as string) (courses []string, sure bool) {
	sure = true
	for range mostAbove {
		parent, who := it.Parent, as
		for _, id := range d.insiders(it, as) {
			if parent != "" {
				break
			}
			// Google hides a folder from an owner who may not see it; whoever has access through it sees it.
			if a, known := d.Who().AccountByID(id); known {
				theirs, err := d.item(ctx, a.Address, it.ID)
				if err != nil && !d.Env.Google.NotFound(err) {
					sure = false
				}
				parent, who = theirs.Parent, id
			}
		}
		if parent == "" || it.Drive != "" {
			return nil, sure
		}
		if found := d.folders[parent]; len(found) > 0 {
			return found, true
		}
		f, err := d.folder(ctx, parent, who)
		if err != nil {
			return nil, sure && d.Env.Google.NotFound(err)
		}
		it, as = f, who
		if a, ours := d.Who().Account(f.Owner); ours && a.Active() && d.Who().Ours(a.Address) {
			as = a.ID
		}
	}
	return nil, sure
}

// folder reads a folder, once in a run.
func (d *documentsRun) folder(ctx context.Context, id, as string) (seen.Item, error) {
	d.mu.Lock()
	have := d.above[id]
	d.mu.Unlock()
	if have != nil {
		return *have, nil
	}
	a, _ := d.Who().AccountByID(as)
	it, err := d.item(ctx, a.Address, id)
	if err == nil {
		d.mu.Lock()
		d.above[id] = &it
		d.mu.Unlock()
	} else if !d.Env.Google.NotFound(err) {
		d.missed(id, err)
	}
	return it, err
}

// insiders lists accounts that have access to an item through a folder above it, by Directory id.
func (d *documentsRun) insiders(it seen.Item, but string) []string {
	var out []string
	for _, g := range it.Grants {
		if a, ok := d.Who().Account(g.Address); ok && g.Type == "user" && g.Inherited != "" && a.ID != but && a.Active() && d.Who().Ours(a.Address) && len(out) < mostAsking {
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

// withDocuments adds to classes their documents, where the policy asks for these.
func withDocuments(p *policy.Policy, classes []comments.Class) []comments.Class {
	if !asksFor(p, policy.PlaceDocuments) {
		return classes
	}
	for _, c := range slices.Clone(classes) {
		if len(c.Book.Documents()) > 0 {
			c.Place, c.Documents = policy.PlaceDocuments, true
			classes = append(classes, c)
		}
	}
	return classes
}

// documentEvidence says what is known of a document of a class in use of which the check yields a finding no longer; "" is nothing.
func (r *commentsRun) documentEvidence(f *findings.Finding, course, post string) findings.How {
	file, _ := moderation.DocumentOf(post)
	switch {
	case r.Missed("log/drive"), r.Missed("document"), r.Missed(seen.Scope("document/" + file)), r.Missed(seen.Scope("class/" + course)), ruleOf(f) == comments.NoHost && len(r.in.Kinds.Unknown) > 0:
		return ""
	case r.book.Class(course).Posts[post] == nil:
		return findings.Withdrawn // it is not the class's any more
	}
	return findings.Fine
}
