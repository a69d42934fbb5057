// Package moderation keeps where people comment, what happened there, and who looked at it when.
//
// An item is a place where people comment: a post of a class in Google Classroom ("post/COURSE-POST") or of a blog ("blog-post/BLOG-POST"), a document of a class ("document/COURSE-FILE", see documents.go), or all that is new in a class on ClassDojo ("dojo/CLASS", see dojo.go). It has acts (who did what when; the text
// only where the service gives it, and only until somebody has looked) and reviews (who looked, and up to what). docs/comment-rules.md defines every word: what needs looking at, who hosts a post,
// until when it was looked at. A blog is kept as a class is, under the key that [BlogKey] makes.
//
// Everything is by Google's ids. A [Book] is read whole at the beginning of a run, changed in memory and written at its end: a class in which nothing happened costs no
// write. What was decided on the review site is taken up here only after whoever judges it (internal/jobs) said that it counts.
package moderation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/store"
)

// Classes is the collection: a document a class, and one for the state of the reading.
var Classes = &store.Collection{Name: "moderation", Schema: 1}

// What happened.
const (
	Comment = "comment" // a comment on a post, or on a piece of work where the class can read it
	Posted  = "posted"  // the post itself
	Private = "private" // a private comment on a pupil's work
	Tidied  = "tidied"  // a comment on a document was deleted: it shows that whoever did it looked
	Told    = "told"    // something new, of which a source only told that it is there; what, and whose, nobody knows
)

// Act is one thing that somebody did.
type Act struct {
	At    time.Time `json:"at"`
	Key   string    `json:"key"`             // the log's record, shortened: the same record is taken up once
	By    string    `json:"by,omitempty"`    // Directory id, "sha256-…" of an address outside, or "" of somebody of whom nothing is known
	What  string    `json:"what"`            // Comment, Posted, Private, Tidied or Told
	Staff bool      `json:"staff,omitempty"` // of somebody whose account was staff's when this was read
	Adult bool      `json:"adult,omitempty"` // of somebody who is known to be no pupil

	// Of a comment on a blog, whose Key is Blogger's id:
	Pending bool   `json:"pending,omitempty"` // readers do not see it until somebody lets it through
	Gone    string `json:"gone,omitempty"`    // Deleted, or the state in which nobody sees it: it stays in the record
	Settled bool   `json:"settled,omitempty"` // somebody whose business it is decided on it
	Wish    *Wish  `json:"wish,omitempty"`    // what they decided on the review site
	Text    string `json:"text,omitempty"`    // as plain text, while it waits
}

// Review is somebody's word that they looked.
type Review struct {
	ID  string    `json:"id"` // of the decision: it is taken up once
	At  time.Time `json:"at"`
	By  string    `json:"by"`           // Directory id, or the hash of an address outside
	Saw time.Time `json:"saw"`          // the newest act that they were shown
	Of  string    `json:"of,omitempty"` // ReviewAnswer if it is what an answer to a check-in says
}

// ReviewAnswer stands in a review that an answer about a class on ClassDojo came to.
const ReviewAnswer = "answer"

// Post is one place where people comment.
type Post struct {
	Kind    string    `json:"kind,omitempty"` // as seen has it: announcement, coursework, material
	Title   string    `json:"title,omitempty"`
	Link    string    `json:"link,omitempty"` // opens it; "" if Google did not tell
	Made    time.Time `json:"made,omitzero"`  // when it was published, where Google told
	Told    bool      `json:"told,omitempty"` // Google was asked what it is
	Acts    []Act     `json:"acts,omitempty"` // by time
	Reviews []Review  `json:"reviews,omitempty"`
	Hidden  bool      `json:"hidden,omitempty"` // of a blog: readers cannot see the post
	As      string    `json:"as,omitempty"`     // of a document: Directory id of whoever it was read as
	Above   []string  `json:"above,omitempty"`  // of a document: ids of the folders above it, the nearest first, as far as they could be seen; or of the shared drive in which it is
}

// Cover is somebody who stands in for the teachers of a class.
type Cover struct {
	ID    string        `json:"id"`  // of the decision
	Who   string        `json:"who"` // Directory id
	From  calendar.Date `json:"from"`
	Until calendar.Date `json:"until"`
}

// Class is what is remembered of one class.
type Class struct {
	Name   string           `json:"name,omitempty"`   // what it is called; for people of the school only
	Posts  map[string]*Post `json:"posts,omitempty"`  // by Google's id of the post
	Taught []string         `json:"taught,omitempty"` // Directory ids of whoever was a teacher since the program first looked, sorted
	Cover  []Cover          `json:"cover,omitempty"`
	Behind bool             `json:"behind,omitempty"` // it was another school's: what the log said of it before is still to be taken up
	Blog   *Blog            `json:"blog,omitempty"`   // of a blog; nil of a class
	Files  *Files           `json:"files,omitempty"`  // what is attached to its posts; nil where nobody asks for documents
}

// State is how far the log was taken up.
type State struct {
	Cursor time.Time `json:"cursor,omitzero"`
	// Lists says when each account's list of blogs was read, by Directory id.
	Lists map[string]time.Time `json:"lists,omitempty"`
	// Drive is how far the Drive log was taken up.
	Drive Drive `json:"drive,omitzero"`
}

const stateKey = "state"

// Subject is an item's identity in a finding and in a decision.
func Subject(course, post string) string {
	if blog, ok := BlogOf(course); ok {
		return "blog-post/" + blog + "-" + post
	}
	if item, ok := dojoItem(course); ok {
		return item
	}
	if file, ok := DocumentOf(post); ok {
		return "document/" + course + "-" + file
	}
	return "post/" + course + "-" + post
}

// ParseSubject takes a subject apart. Of a post of a blog the first part is its [BlogKey], of a document the second its [DocumentPost].
func ParseSubject(s string) (course, post string, ok bool) {
	if class, ok := classdojo.ParseItem(s); ok {
		return Dojo(class), DojoPost, true
	}
	kind, rest, _ := strings.Cut(s, "/")
	course, post, _ = strings.Cut(rest, "-")
	if course == "" || post == "" {
		return "", "", false
	}
	switch kind {
	case "blog-post":
		course = BlogKey(course)
	case "document":
		post = DocumentPost(post)
	}
	if Subject(course, post) != s { // no other kind, and no item under the name of another one
		return "", "", false
	}
	return course, post, true
}

// Book is all that is remembered. It is not safe for concurrent use.
type Book struct {
	State
	classes map[string]*Class
	docs    map[string]store.Doc
}

// Open reads everything.
func Open(ctx context.Context, s store.Store) (*Book, error) {
	b := &Book{classes: map[string]*Class{}, docs: map[string]store.Doc{}}
	for d, err := range s.Find(ctx, Classes, store.Ask{}) {
		if err != nil {
			return nil, err
		}
		b.docs[d.Key] = d
		if d.Key == stateKey {
			err = json.Unmarshal(d.Body, &b.State)
		} else {
			c := new(Class)
			err = json.Unmarshal(d.Body, c)
			b.classes[d.Key] = c
		}
		if err != nil {
			return nil, fmt.Errorf("what is remembered of comments (%s) cannot be read from the state: %w", d.Key, err)
		}
	}
	return b, nil
}

// Load reads one class; the error wraps store.ErrNotFound if nothing is remembered of it.
func Load(ctx context.Context, s store.Store, course string) (*Class, error) {
	d, err := s.Get(ctx, Classes, course)
	if err != nil {
		return nil, err
	}
	return Decode(d)
}

// Decode reads a document of [Classes]; nil for the one that is no class.
func Decode(d store.Doc) (*Class, error) {
	if d.Key == stateKey {
		return nil, nil
	}
	c := new(Class)
	if err := json.Unmarshal(d.Body, c); err != nil {
		return nil, fmt.Errorf("what is remembered of comments in class %s cannot be read from the state: %w", d.Key, err)
	}
	return c, nil
}

// Class is what is remembered of a class; changing it changes the book.
func (b *Book) Class(course string) *Class {
	if b.classes[course] == nil {
		b.classes[course] = &Class{}
	}
	return b.classes[course]
}

// Has tells whether anything is known of a course.
func (b *Book) Has(course string) bool { _, ok := b.classes[course]; return ok }

// Courses lists the classes of which something is remembered.
func (b *Book) Courses() []string { return slices.Sorted(maps.Keys(b.classes)) }

// Forget drops a class.
func (b *Book) Forget(course string) { delete(b.classes, course) }

// Flush writes what differs from the store, a batch at a time. extra, if not nil, goes with the last batch: what says that all this was taken up.
func (b *Book) Flush(ctx context.Context, commit func(context.Context, *store.Batch) error, extra *store.Batch) error {
	batch := &store.Batch{}
	flush := func() error {
		if batch.Writes() == 0 {
			return nil
		}
		err := commit(ctx, batch)
		batch = &store.Batch{}
		return err
	}
	put := func(key string, v any, keep bool) error {
		old, have := b.docs[key]
		body, err := json.Marshal(v)
		switch {
		case err != nil:
			return err
		case !keep && !have || bytes.Equal(body, old.Body):
			return nil
		case keep:
			batch.Put(Classes, key, old.Version, nil, body)
			b.docs[key] = store.Doc{Key: key, Version: old.Version + 1, Body: body}
		default:
			batch.Delete(Classes, key, old.Version)
			delete(b.docs, key)
		}
		if batch.Writes() >= 100 || batch.Size() > store.MaxBatchBytes/2 {
			return flush()
		}
		return nil
	}
	keys := b.Courses()
	for key := range b.docs { // those that were forgotten too
		if key != stateKey {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		c := b.classes[key]
		if err := put(key, c, c != nil && !c.empty()); err != nil {
			return err
		}
	}
	// The cursor goes last: a run that is killed before takes up again what it did not write.
	if err := put(stateKey, b.State, true); err != nil {
		return err
	}
	if extra != nil {
		if batch.Writes()+extra.Writes() > store.MaxBatchWrites || batch.Size()+extra.Size() > store.MaxBatchBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		batch.Ops = append(batch.Ops, extra.Ops...)
	}
	return flush()
}

func (c *Class) empty() bool {
	return len(c.Posts) == 0 && len(c.Taught) == 0 && len(c.Cover) == 0 && c.Name == "" && c.Blog == nil && c.Files == nil
}

// Post is a post of the class; changing it changes the book.
func (c *Class) Post(id string) *Post {
	if c.Posts == nil {
		c.Posts = map[string]*Post{}
	}
	if c.Posts[id] == nil {
		c.Posts[id] = &Post{}
	}
	return c.Posts[id]
}

// Add takes up an act, once. It tells whether it was new.
func (p *Post) Add(a Act) bool {
	if slices.ContainsFunc(p.Acts, func(b Act) bool { return b.Key == a.Key }) {
		return false
	}
	i, _ := slices.BinarySearchFunc(p.Acts, a, func(x, y Act) int {
		if c := x.At.Compare(y.At); c != 0 {
			return c
		}
		return strings.Compare(x.Key, y.Key)
	})
	p.Acts = slices.Insert(p.Acts, i, a)
	return true
}

// Prune forgets acts from before a moment, unless they or earlier ones of the post still wait by any of its rules; posts of which nothing is left; and cover that has ended. What waits stays, however old, and
// so does what was answered to it.
func (c *Class) Prune(before time.Time, rules func(post string) []Rules) {
	old := false // acts from before stay
	for id, p := range c.Posts {
		// When ClassDojo was last looked at is asked for longer.
		looked := slices.ContainsFunc(p.Reviews, func(v Review) bool { return p.Kind == KindDojo || !v.At.Before(before) })
		happened, keep := len(p.Acts)+len(p.Reviews) > 0, before // where nothing did, its title is known at least
		for _, r := range rules(id) {
			if w := c.Waiting(p, r); len(w) > 0 && w[0].At.Before(keep) {
				keep, old = w[0].At, true
			}
		}
		p.Acts = slices.DeleteFunc(p.Acts, func(a Act) bool { return a.At.Before(keep) })
		if happened && len(p.Acts) == 0 && !looked {
			delete(c.Posts, id)
		}
	}
	if !old {
		c.Cover = slices.DeleteFunc(c.Cover, func(v Cover) bool { return v.Until.Before(calendar.DateOf(before)) })
	}
}

// Teach notes that somebody is, or was, a teacher of the class.
func (c *Class) Teach(id string) {
	if i, have := slices.BinarySearch(c.Taught, id); !have {
		c.Taught = slices.Insert(c.Taught, i, id)
	}
}

// Teaches tells whether somebody is, or was, a teacher of the class.
func (c *Class) Teaches(id string) bool {
	_, taught := slices.BinarySearch(c.Taught, id)
	return taught
}

// Covers tells whether somebody stood in for the teachers on a day.
func (c *Class) Covers(id string, day calendar.Date) bool {
	return id != "" && slices.ContainsFunc(c.Cover, func(v Cover) bool { return v.Who == id && !day.Before(v.From) && !day.After(v.Until) })
}

// AddCover notes that somebody stands in, once.
func (c *Class) AddCover(v Cover) {
	if !slices.ContainsFunc(c.Cover, func(w Cover) bool { return w.ID == v.ID }) {
		c.Cover = append(c.Cover, v)
	}
}

// AddReview notes that somebody looked, once.
func (p *Post) AddReview(v Review) {
	if !slices.ContainsFunc(p.Reviews, func(w Review) bool { return w.ID == v.ID }) {
		p.Reviews = append(p.Reviews, v)
	}
}

// EndCover ends somebody's standing in: from a day on they do not.
func (c *Class) EndCover(who string, day calendar.Date) {
	c.Cover = slices.DeleteFunc(c.Cover, func(v Cover) bool { return v.Who == who && !v.From.Before(day) })
	for i, v := range c.Cover {
		if v.Who == who && !v.Until.Before(day) {
			c.Cover[i].Until = day.AddDays(-1)
		}
	}
}

// Hosted tells whether somebody may say, on a day, that they looked: who was a teacher at any time, or is cover on that day.
func (c *Class) Hosted(id string, day calendar.Date) bool {
	if id == "" {
		return false
	}
	return c.Teaches(id) || c.Covers(id, day)
}

// Rules is what a clause says of what needs looking at.
type Rules struct {
	Replies bool // a host's comment shows that they looked
	Staff   bool // comments of staff need looking at too
	Date    func(time.Time) calendar.Date
	Teaches func(id string) bool // somebody is a teacher of the class today; asked only with Staff
}

// looked is the moment up to which a post was looked at, by what people say and by what they do; zero if never.
func (c *Class) looked(p *Post, r Rules) (said, did time.Time) {
	for _, v := range p.Reviews {
		said = later(said, v.upTo())
	}
	if r.Replies {
		for _, a := range p.Acts { // by time
			if c.answers(a, r) {
				did = a.At
			}
		}
	}
	return said, did
}

// answers tells whether an act shows that somebody whose business it is looked.
func (c *Class) answers(a Act, r Rules) bool {
	return (a.What == Comment || a.What == Tidied) && (a.Adult || a.Staff) && !a.Pending && a.Gone == "" && c.Hosted(a.By, r.Date(a.At))
}

// Looked is the moment up to which what readers of a post see was looked at; zero if never.
func (c *Class) Looked(p *Post, r Rules) time.Time {
	return later(c.looked(p, r))
}

// upTo is the moment up to which whoever gave their word had looked: nobody sees what is yet to come.
func (v Review) upTo() time.Time { return slices.MinFunc([]time.Time{v.Saw, v.At}, time.Time.Compare) }

func later(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }

// Waiting lists the acts that need looking at and that nobody has looked at, by time.
func (c *Class) Waiting(p *Post, r Rules) []Act {
	if p.Hidden {
		return nil
	}
	said, did := c.looked(p, r)
	var out []Act
	for _, a := range p.Acts {
		// An answer shows nothing about what is hidden from readers.
		if a.At.After(said) && (a.Pending || a.At.After(did)) && c.needs(a, r) {
			out = append(out, a)
		}
	}
	return out
}

func (c *Class) needs(a Act, r Rules) bool {
	switch {
	case a.What == Private, a.What == Tidied, a.What == Posted && a.Staff, a.Settled, a.Gone != "":
		return false
	case c.Blog != nil: // who wrote it is known of the blog's hosts only
		return !slices.Contains(c.Blog.Hosts, a.By)
	case r.Staff:
		return !r.Teaches(a.By) && !c.Covers(a.By, r.Date(a.At))
	}
	return !a.Staff
}

// Newest is the time of the newest act that hosts look at; zero without one. It is what a page shows as seen.
func (p *Post) Newest() time.Time {
	for _, a := range slices.Backward(p.Acts) {
		if a.What != Private && a.What != Tidied && a.Gone == "" {
			return a.At
		}
	}
	return time.Time{}
}
