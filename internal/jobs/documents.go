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

// What the Drive log tells of files that are no longer where they were.
var movedEvents = []string{moveEvent, "trash", "delete"}

const moveEvent = "move"

// ownerEvent tells that a file belongs to somebody else now: whoever deletes an account may pass its files on first.
const ownerEvent = "change_owner"

// The events after which it is looked again what is attached to a post (Reports API, Classroom audit activity events; those of classwork tell of materials too).
var attachEvents = []string{"published_announcement", "published_course_work", "updated_announcement", "updated_course_work"}

const (
	looseKept = 28 // for how many days it is tried to find out where a file is
	// attachedAgain is after how many rotations it is read again what is attached to a class's posts: the log tells of all that changes.
	attachedAgain = 4
	mostAbove     = 50 // folders above one another
	allRefused    = 3  // after so many accounts for which Google refuses it, none being shown anything, it is not asked for others
	mostAsking    = 6  // people as whom a file is read at most
)

// errRefused stands for what is not asked because it was refused before.
var errRefused = errors.New("Google does not permit it")

// documentsRun finds out on which documents of classes people commented. It reads who commented when from the log, and of each file where it is; never what it says.
type documentsRun struct {
	*commentsRun
	folders map[string][]string          // a class's folder → classes
	touched map[string]*moderation.Loose // files of which it is to be found out where they are
	owners  map[string]owned             // of files that were passed on lately
	gone    map[string]time.Time         // when files were put into the bin or deleted, of late

	mu       sync.Mutex
	shown    bool              // Google showed somebody something
	refusers []string          // as whom it refused
	refused  bool              // it refuses it for everybody
	refusals map[string]error  // what it refused, by file
	above    map[string]viewed // folders that were read
}

// owned is since when a file is somebody's, by Directory id.
type owned struct {
	by string
	at time.Time
}

func newDocuments(r *commentsRun) *documentsRun {
	return &documentsRun{commentsRun: r, folders: map[string][]string{}, touched: map[string]*moderation.Loose{}, owners: map[string]owned{}, gone: map[string]time.Time{}, above: map[string]viewed{}, refusals: map[string]error{}}
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
	drive.Cursor, _ = d.pull(ctx, "drive", slices.Concat(slices.Collect(maps.Keys(documentEvents)), movedEvents, []string{ownerEvent}), drive.Cursor, d.event)
	d.passedOn()
	d.place(ctx)
	old := drive.Cursor.Add(-2 * census.Overlap)
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
		next := d.Now.Add(attachedAgain * d.Rotation)
		if c.Files == nil { // so that not all have their next turn on the same day
			next = next.Add(-spread(course, attachedAgain*d.Rotation))
		}
		var had map[string]moderation.Attached
		if c.Files != nil {
			had = c.Files.Posts
		}
		c.Files = &moderation.Files{Read: d.Now, Next: next, Posts: map[string]moderation.Attached{}}
		for _, p := range posts {
			c.Files.Posts[p.ID] = moderation.Attached{Kind: p.Kind, Files: p.Files, Read: d.Now}
		}
		for id, a := range had {
			d.detached(c, a.Files, c.Files.Posts[id].Files)
		}
		for id, a := range c.Files.Posts {
			d.attached(had[id].Files, a.Files)
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
	told := d.book.Cursor.Add(-2 * census.Overlap)
	for _, c := range d.courses {
		if f := d.book.Class(c.ID).Files; f != nil { // a post without files is remembered as long as the log tells of it again: through holidays too, when it has nothing newer
			maps.DeleteFunc(f.Posts, func(_ string, a moderation.Attached) bool {
				return len(a.Files) == 0 && a.Read.Before(told)
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
		c := d.book.Class(p.course)
		f := c.Files
		if f.Posts == nil {
			f.Posts = map[string]moderation.Attached{}
		}
		switch have := f.Posts[p.id]; {
		case err == nil:
			d.detached(c, have.Files, got.Files)
			d.attached(have.Files, got.Files)
			f.Posts[p.id] = moderation.Attached{Kind: p.kind, Files: got.Files, Read: d.Now}
			if post := c.Posts[p.id]; post != nil { // it need not be asked again what it is
				post.Kind, post.Title, post.Link, post.Made, post.Told = p.kind, got.Title, got.Link, got.Made, true
			}
		case d.Env.Google.Gone(err): // what was deleted counts as it was
			f.Posts[p.id] = moderation.Attached{Kind: p.kind, Files: have.Files, Read: d.Now}
		case ctx.Err() == nil:
			f.Next = d.Now // the log will not tell of it again
			d.Unread(seen.Scope("attached/"+p.course), err)
		}
	})
}

// detached sees to it that documents of a class are looked for again that are attached to a post no longer.
func (d *documentsRun) detached(c *moderation.Class, had, has []string) {
	for _, file := range had {
		if !slices.Contains(has, file) && c.Posts[moderation.DocumentPost(file)] != nil {
			d.touch(file)
		}
	}
}

// touch sees to it that it is found out where a file is.
func (d *documentsRun) touch(file string) *moderation.Loose {
	t := d.touched[file]
	if t == nil {
		t = &moderation.Loose{From: d.Now}
		d.touched[file] = t
	}
	return t
}

func (d *documentsRun) inUse(course string) bool {
	return slices.ContainsFunc(d.courses, func(c seen.Course) bool { return c.ID == course })
}

// event takes up one event of the Drive log.
func (d *documentsRun) event(e seen.Event) {
	if e.Doc == "" {
		return
	}
	if e.Name == ownerEvent {
		a, ok := d.Who().Account(strings.ToLower(e.Params["new_owner"]))
		if ok && !e.Time.Before(d.owners[e.Doc].at) {
			d.owners[e.Doc] = owned{a.ID, e.Time}
		}
		return
	}
	if slices.Contains(movedEvents, e.Name) && e.Name != moveEvent && e.Time.After(d.gone[e.Doc]) {
		d.gone[e.Doc] = e.Time
	}
	act := d.act(e, documentEvents[e.Name])
	if _, passed := d.book.Drive.Passed[moderation.PassedKey(e.Doc, act)]; passed {
		return
	}
	if slices.Contains(movedEvents, e.Name) {
		d.moved(e)
		d.pass(e.Doc, act)
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
	t := d.touch(e.Doc)
	t.Add(act)
	for _, address := range []string{e.Owner, e.Actor} {
		if a, ok := d.Who().Account(address); ok && !slices.Contains(t.As, a.ID) {
			t.As = append(t.As, a.ID)
		}
	}
	if len(t.As) == 0 && e.Drive != "" { // a shared drive has no owner, and Google does not say who it was
		t.As = d.inDrive(e.Drive)
	}
}

// inDrive lists who could open documents of classes in a shared drive, by Directory id.
func (d *documentsRun) inDrive(drive string) (out []string) {
	for _, c := range d.courses {
		for _, post := range d.book.Class(c.ID).Posts {
			if post.As != "" && slices.Contains(post.Above, drive) && !slices.Contains(out, post.As) {
				out = append(out, post.As)
			}
		}
	}
	slices.Sort(out) // the same in every run
	return out[:min(len(out), mostAsking)]
}

// moved sees to it that documents are looked for again that may no longer be where they were: the file itself, what lies below a folder, and, since somebody may not have seen all folders above a
// file, what waits in the Drive of whoever had the folder.
func (d *documentsRun) moved(e seen.Event) {
	var owner string
	if a, ok := d.Who().Account(e.Owner); ok && e.DocType == "folder" {
		owner = a.ID
	}
	rules := d.rules(policy.PlaceDocuments)
	for _, c := range d.courses {
		class := d.book.Class(c.ID)
		for _, id := range class.Documents() {
			file, _ := moderation.DocumentOf(id)
			post := class.Posts[id]
			itself := file == e.Doc || slices.Contains(post.Above, e.Doc)
			near := e.Drive != "" && slices.Contains(post.Above, e.Drive) && e.DocType == "folder"
			theirs := owner != "" && (post.As == owner || c.Owner == owner || class.Teaches(owner))
			if !itself && !near && !(theirs && slices.ContainsFunc(rules, func(r moderation.Rules) bool { return len(class.Waiting(post, r)) > 0 })) {
				continue
			}
			t := d.touch(file)
			t.Gone = t.Gone || e.Name != moveEvent && (itself || theirs && len(post.Above) == 0)
			if a, ok := d.Who().Account(e.Actor); ok && itself && !slices.Contains(t.As, a.ID) {
				t.As = append(t.As, a.ID) // they can open it where it is now
			}
		}
	}
}

// passedOn notes whose the documents are that were passed on: as whom they were read before may see them no longer.
func (d *documentsRun) passedOn() {
	for file, o := range d.owners {
		for _, c := range d.courses {
			if post := d.book.Class(c.ID).Posts[moderation.DocumentPost(file)]; post != nil {
				post.As = o.by
			}
		}
	}
}

// pass notes that a record about a file need not be taken up again when the log delivers it again.
func (d *documentsRun) pass(file string, a moderation.Act) {
	if d.book.Drive.Passed == nil {
		d.book.Drive.Passed = map[string]time.Time{}
	}
	d.book.Drive.Passed[moderation.PassedKey(file, a)] = a.At
}

// attached takes up again what was said on files of no class that turn out to be on a post: the Classroom log may tell of the post later than the Drive log of the comment.
func (d *documentsRun) attached(had, has []string) {
	for _, file := range has {
		if slices.Contains(had, file) {
			continue
		}
		key := moderation.PassedKey(file, moderation.Act{})
		maps.DeleteFunc(d.book.Drive.Passed, func(k string, _ time.Time) bool { return strings.HasPrefix(k, key) })
	}
}

// placed is where a file is.
type placed struct {
	file    string
	loose   *moderation.Loose
	item    seen.Item
	as      string   // Directory id
	above   []string // as [moderation.Post] has it
	courses []string // of which it is a document
	unsure  bool     // it may be one of others
}

// place finds out of which classes the files are that were commented on or moved.
func (d *documentsRun) place(ctx context.Context) {
	for file, l := range d.book.Drive.Loose {
		if t := d.touched[file]; t != nil {
			for _, a := range t.Acts {
				l.Add(a)
			}
			l.As = append(t.As, l.As...)
			l.Gone = l.Gone || t.Gone
		}
		d.touched[file] = l
	}
	for file, l := range d.touched {
		at, away := d.gone[file]
		l.Gone = l.Gone || away && !slices.ContainsFunc(l.Acts, func(a moderation.Act) bool { return a.At.After(at) })
	}
	var files []*placed
	for _, file := range slices.Sorted(maps.Keys(d.touched)) {
		files = append(files, &placed{file: file, loose: d.touched[file]})
	}
	defer d.holdReaders(files)()
	_ = census.Each(ctx, d.Env.Google.Workers(), files, func(p *placed) { d.find(ctx, p) })
	d.tellRefused()
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
	acts := slices.Clone(p.loose.Acts)
	for _, c := range d.courses { // it may have been another class's until now
		if post := d.book.Class(c.ID).Posts[id]; post != nil {
			acts = append(acts, post.Acts...)
		}
	}
	for _, course := range p.courses {
		post := d.book.Class(course).Post(id)
		for _, a := range acts {
			post.Add(a)
		}
		post.Kind, post.Told = seen.PostDocument, true
		if p.as != "" {
			post.Title, post.Link, post.Made, post.As, post.Above = p.item.Name, p.item.Link, p.item.Created, p.as, p.above
		}
	}
	drive := &d.book.Drive
	delete(drive.Loose, p.file)
	if p.unsure {
		if p.loose.From.After(d.Now.AddDate(0, 0, -looseKept)) {
			if drive.Loose == nil {
				drive.Loose = map[string]*moderation.Loose{}
			}
			drive.Loose[p.file] = p.loose
		}
		return
	}
	for _, c := range d.courses {
		if !slices.Contains(p.courses, c.ID) { // it was one, and is no longer
			delete(d.book.Class(c.ID).Posts, id)
		}
	}
	if len(p.courses) == 0 {
		for _, a := range acts {
			d.pass(p.file, a)
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
