package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"esafetybot/internal/sim/world"
)

// documents gives classes their folders in Drive and attaches files to their posts, lets people comment on them, and makes breaches and near misses of what
// docs/comment-rules.md, "Documents of classes", says. It comes last and has random numbers of its own, so that what was there before stays as it is. None of the files is
// shared with anybody outside the school.
func (b *builder) documents() {
	b.rng = rand.New(rand.NewPCG(uint64(b.opt.Seed), uint64(b.opt.Pupils)+6<<32))
	tops := map[*world.User]*world.File{}
	for i, c := range b.classes {
		b.classDocuments(i, c, tops)
	}
	if s, ok := b.scene(); ok {
		d := &documenting{s, tops}
		d.inFolder()
		d.attached()
		d.answers()
		d.decided()
		d.twoClasses()
		d.none()
		d.withoutTeacher()
		d.left()
	}
}

// classDocuments is what most classes have: a folder, pupils' copies of a task in it, and a file on a post. What pupils write on them is answered.
func (b *builder) classDocuments(i int, c *class, tops map[*world.User]*world.File) {
	teachers, pupils := b.teachersOf(c), b.writersOf(c)
	if len(teachers) == 0 || c.course == nil {
		return
	}
	owner := b.w.User(c.course.OwnerID)
	if i%4 != 3 && slices.Contains(teachers, owner) {
		folder := b.classFolder(c.course, owner, tops)
		b.paper(owner, folder, "How we work together", pupils)
		if i%2 == 0 {
			b.copies(c.course, owner, b.folder(owner, folder, pick(b.rng, subjects)+" poster"), pupils)
		}
	}
	mat := b.paper(teachers[0], nil, pick(b.rng, subjects)+" vocabulary mat", pupils)
	b.post(c.course, world.Material, b.back(9, 16, 10), teachers[0], &world.Post{Title: pick(b.rng, subjects) + " words", Materials: []world.Attachment{world.Attach(mat, "")}})
	if len(pupils) > 0 {
		id := b.remark(mat, b.back(5, 17, 10), pick(b.rng, pupils).PrimaryEmail)
		b.respond(mat, id, b.back(4, 8, 20), world.Resolve, teachers[0].PrimaryEmail)
		b.miss(unreviewed, world.DocumentSubject(c.course.ID, mat.ID))
	}
	if i%3 == 1 {
		plan := b.paper(teachers[0], nil, pick(b.rng, subjects)+" quiz of next week", nil)
		b.post(c.course, world.CourseWork, b.back(3, 16, 30), teachers[0], &world.Post{Title: pick(b.rng, subjects) + " quiz", State: world.Draft, Materials: []world.Attachment{world.Attach(plan, "STUDENT_COPY")}})
		b.remark(plan, b.back(2, 12, 15), c.ta.PrimaryEmail)
	}
}

// copies are pupils' copies of a task: most have been handed in and are their teacher's until they are given back, some are the pupils' own.
func (b *builder) copies(c *world.Course, owner *world.User, folder *world.File, pupils []*world.User) {
	for j, p := range pupils[:min(len(pupils), 6)] {
		holder, other := owner, p
		if j%3 == 0 {
			holder, other = p, owner
		}
		f := b.paper(holder, folder, fmt.Sprintf("%s %d", folder.Name, j+1), []*world.User{other})
		if j < 2 {
			b.respond(f, b.remark(f, b.back(5, 15, 10+j), p.PrimaryEmail), b.back(4, 16, 50+j), "", owner.PrimaryEmail)
			b.miss(unreviewed, world.DocumentSubject(c.ID, f.ID))
		}
	}
}

// classFolder is the folder that Classroom makes for a class in its owner's Drive, below one for all their classes.
func (b *builder) classFolder(c *world.Course, owner *world.User, tops map[*world.User]*world.File) *world.File {
	if c.TeacherFolder != nil {
		return b.w.File(c.TeacherFolder.ID)
	}
	if tops[owner] == nil {
		tops[owner] = b.folder(owner, nil, "Classroom")
	}
	f := b.folder(owner, tops[owner], c.Name)
	item := world.DriveItemOf(f)
	c.TeacherFolder = &item
	return f
}

// paper is a document of twelve days ago on which some people may comment.
func (b *builder) paper(owner *world.User, parent any, name string, who []*world.User) *world.File {
	var own []world.Grant
	for _, u := range who {
		if u != owner && len(own) < 4 {
			own = append(own, to(u, "commenter"))
		}
	}
	f := b.doc(owner, parent, name, own...)
	f.Created = b.back(12, 9, 0).UTC()
	f.Modified = f.Created
	return f
}

// remark comments on a file as the address did then, and answers the comment's id.
func (b *builder) remark(f *world.File, t time.Time, by string) (id string) {
	b.at(t, func() (err error) { id, err = b.w.CommentOnFile(f.ID, pick(b.rng, asides), nil, by); return err })
	return id
}

// respond replies to a comment; action is Resolve, Reopen or none.
func (b *builder) respond(f *world.File, comment string, t time.Time, action, by string) {
	text := pick(b.rng, replies)
	if action == world.Resolve {
		text = ""
	}
	b.at(t, func() error { _, err := b.w.ReplyToFileComment(f.ID, comment, text, action, by); return err })
}
