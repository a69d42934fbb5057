package generate

import (
	"math/rand/v2"
	"slices"
	"time"

	"esafetybot/internal/sim/world"
)

// docDays is what a day brings in documents of classes and, about them, on the review site, with random numbers of its own. What people commented on becomes no
// document of a class later, and comes not back (docs/comment-rules.md, "Documents of classes"): holdsTalk and ofClass keep the other changes from that.
type docDays struct {
	*Player
	rng *rand.Rand
}

func newDocDays(p *Player, seed int64) *docDays {
	return &docDays{p, rand.New(rand.NewPCG(uint64(seed), 0x94d049bb133111eb))}
}

// actions lists what happens, each with how often it comes up.
func (p *docDays) actions() []action {
	return []action{
		{"a pupil comments on a document", 6, func() (bool, error) { return p.remark(p.pupil) }},
		{"a teacher comments on a document", 1, func() (bool, error) { return p.remark(p.teacher) }},
		{"somebody else comments on a document", 2, func() (bool, error) { return p.remark(p.stranger) }},
		{"a teacher replies in a document", 3, func() (bool, error) { return p.reply(p.teacher, "") }},
		{"a pupil replies in a document", 2, func() (bool, error) { return p.reply(p.pupil, "") }},
		{"a teacher settles a comment in a document", 2, func() (bool, error) { return p.reply(p.teacher, world.Resolve) }},
		{"a pupil settles a comment in a document", 1, func() (bool, error) { return p.reply(p.pupil, world.Resolve) }},
		{"a settled comment in a document is opened again", 1, p.reopen},
		{"a comment in a document is changed", 2, p.edit},
		{"a comment in a document is deleted", 2, p.remove},
		{"a teacher has looked at a document", 3, func() (bool, error) { return p.review(p.teacher) }},
		{"a leader has looked at a document", 1, func() (bool, error) { return p.review(p.leader) }},
		{"somebody else has looked at a document", 1, func() (bool, error) { return p.review(p.anAdult) }},
		{"a document with comments is binned", 1, p.bin},
		{"a document with comments leaves its class", 1, p.moveOut},
		{"a document with comments is taken off a post", 1, p.detach},
		{"a class gets a post with a document", 2, p.postWithDocument},
		{"a class gets a document in its folder", 1, p.newInFolder},
	}
}

// day lists when something happens in documents on a day of so many other changes, in seconds since the morning.
func (p *docDays) day(changes int) []int {
	any := false
	p.World.View(func() {
		any = slices.ContainsFunc(p.World.Courses(), func(c *world.Course) bool { return c.TeacherFolder != nil || len(p.attached(c)) > 0 })
	})
	if !any {
		return nil
	}
	out := make([]int, 2+changes/5)
	for i := range out {
		out[i] = p.rng.IntN(590 * 60)
	}
	slices.Sort(out)
	return out
}

// What is below looks at the tenant: call it inside View.

// holdsTalk reports whether people commented on the item, or on something below it.
func (p *Player) holdsTalk(f *world.File) bool {
	return slices.ContainsFunc(p.World.Commented(), func(x *world.File) bool { return x.ID == f.ID || slices.Contains(p.World.Path(x), f.ID) })
}

// ofClass reports whether the folder is that of a class, or lies in one.
func (p *Player) ofClass(f *world.File) bool {
	return slices.ContainsFunc(p.World.Courses(), func(c *world.Course) bool {
		return c.TeacherFolder != nil && (c.TeacherFolder.ID == f.ID || slices.Contains(p.World.Path(f), c.TeacherFolder.ID))
	})
}

// ownsTalk reports whether somebody owns what people commented on, a folder above it or one of a class: it would vanish with the account, and come back with it.
func (p *Player) ownsTalk(u *world.User) bool {
	owned := func(id string) bool {
		f := p.World.File(id)
		return f != nil && f.Owner != nil && p.World.User(f.Owner.EmailAddress) == u
	}
	return slices.ContainsFunc(p.World.Commented(), func(f *world.File) bool { return owned(f.ID) || slices.ContainsFunc(p.World.Path(f), owned) }) ||
		slices.ContainsFunc(p.World.OwnedBy(p.World.PermissionID("user", u.PrimaryEmail)), func(f *world.File) bool { return f.IsFolder() && p.ofClass(f) })
}

// attached lists the files that are attached to published posts of a class.
func (p *docDays) attached(c *world.Course) []*world.File {
	var out []*world.File
	for _, kind := range []string{world.Announcement, world.CourseWork, world.Material} {
		for _, x := range p.World.Posts(c.ID, kind) {
			for _, a := range x.Materials {
				if x.State == world.Published && a.DriveFile != nil && p.World.File(a.DriveFile.DriveFile.ID) != nil {
					out = append(out, p.World.File(a.DriveFile.DriveFile.ID))
				}
			}
		}
	}
	return out
}

// documents lists the documents of a class that can be opened.
func (p *docDays) documents(c *world.Course) []*world.File {
	queue := p.attached(c)
	if c.TeacherFolder != nil {
		queue = append(queue, p.World.Children(c.TeacherFolder.ID)...)
	}
	var out []*world.File
	for i := 0; i < len(queue); i++ {
		f := queue[i]
		switch {
		case f.IsFolder():
			queue = append(queue, p.World.Children(f.ID)...)
		case !f.Trashed && f.MimeType != world.MimeShortcut && !p.World.Hidden(f) && !slices.Contains(out, f):
			out = append(out, f)
		}
	}
	return out
}

// find picks a document that fits, of a class in which people work.
func (p *docDays) find(fits func(*world.Course, *world.File) bool) (c world.Course, f *world.File) {
	courses := p.World.Courses()
	if len(courses) == 0 {
		return c, nil
	}
	from := p.rng.IntN(len(courses))
	for i := range courses {
		x := courses[(from+i)%len(courses)]
		if x.CourseState != "ACTIVE" {
			continue
		}
		if list := slices.DeleteFunc(p.documents(x), func(f *world.File) bool { return !fits(x, f) }); len(list) > 0 {
			return *x, pick(p.rng, list)
		}
	}
	return c, nil
}

// open picks a comment that was not deleted and fits; nil where there is none.
func (p *docDays) open(fits func(*world.FileComment) bool) (c world.Course, f *world.File, comment *world.FileComment) {
	ok := func(x *world.FileComment) bool { return !x.Deleted && fits(x) }
	c, f = p.find(func(_ *world.Course, f *world.File) bool { return slices.ContainsFunc(p.World.FileComments(f.ID), ok) })
	if f == nil {
		return c, nil, nil
	}
	var list []*world.FileComment
	for _, x := range p.World.FileComments(f.ID) {
		if ok(x) {
			list = append(list, x)
		}
	}
	return c, f, pick(p.rng, list)
}

func (p *docDays) talkedOf(_ *world.Course, f *world.File) bool {
	return len(p.World.FileComments(f.ID)) > 0
}

func (p *docDays) pupil(c *world.Course) string {
	return p.member(p.rng, p.World.Students(c.ID))
}

func (p *docDays) teacher(c *world.Course) string {
	return p.member(p.rng, p.World.Teachers(c.ID))
}

func (p *docDays) anAdult(*world.Course) string { return p.adult(p.rng) }

// stranger is an adult of the school, or now and then somebody from outside.
func (p *docDays) stranger(*world.Course) string {
	if oneIn(p.rng, 4) {
		return pick(p.rng, outsidePeople)
	}
	return p.adult(p.rng)
}

func (p *docDays) leader(*world.Course) string {
	if len(p.Leaders) == 0 {
		return p.admin()
	}
	return pick(p.rng, p.Leaders)
}

// What is below changes the tenant.

func (p *docDays) remark(who func(*world.Course) string) (bool, error) {
	id, by := "", ""
	p.World.View(func() {
		c, f := p.find(func(c *world.Course, _ *world.File) bool { return len(p.World.Students(c.ID)) > 0 })
		if f != nil {
			id, by = f.ID, who(&c)
		}
	})
	if by == "" {
		return false, nil
	}
	_, err := p.World.CommentOnFile(id, pick(p.rng, asides), nil, by)
	return true, err
}

func (p *docDays) reply(who func(*world.Course) string, action string) (bool, error) {
	return p.onComment(who, func(c *world.FileComment) bool { return action == "" || !c.Resolved }, func(file, comment, by string) error {
		text := pick(p.rng, replies)
		if action != "" && oneIn(p.rng, 2) {
			text = ""
		}
		_, err := p.World.ReplyToFileComment(file, comment, text, action, by)
		return err
	})
}

func (p *docDays) reopen() (bool, error) {
	who := p.pupil
	if oneIn(p.rng, 3) {
		who = p.teacher
	}
	return p.onComment(who, func(c *world.FileComment) bool { return c.Resolved }, func(file, comment, by string) error {
		_, err := p.World.ReplyToFileComment(file, comment, "", world.Reopen, by)
		return err
	})
}

// onComment does something about a comment that fits, as somebody does.
func (p *docDays) onComment(who func(*world.Course) string, fits func(*world.FileComment) bool, do func(file, comment, by string) error) (bool, error) {
	file, comment, by := "", "", ""
	p.World.View(func() {
		if c, f, x := p.open(fits); x != nil {
			file, comment, by = f.ID, x.ID, who(&c)
		}
	})
	if by == "" {
		return false, nil
	}
	return true, do(file, comment, by)
}

// canWrite reports whether who wrote a comment can still change it.
func (p *docDays) canWrite(c *world.FileComment) bool {
	u := p.World.User(c.Author.EmailAddress)
	return u != nil && active(u)
}

func (p *docDays) edit() (bool, error) {
	by := ""
	return p.onComment(func(*world.Course) string { return "the author" }, func(c *world.FileComment) bool { return p.canWrite(c) }, func(file, comment, _ string) error {
		p.World.View(func() { by = p.World.FileComment(file, comment).Author.EmailAddress })
		return p.World.EditFileComment(file, comment, "", pick(p.rng, asides), by)
	})
}

// remove deletes a comment, as its author or a teacher does.
func (p *docDays) remove() (bool, error) {
	author := oneIn(p.rng, 2)
	return p.onComment(p.teacher, func(c *world.FileComment) bool { return !author || p.canWrite(c) }, func(file, comment, by string) error {
		if author {
			p.World.View(func() { by = p.World.FileComment(file, comment).Author.EmailAddress })
		}
		return p.World.DeleteFileComment(file, comment, "", by)
	})
}

// review decides that somebody looked at a document, now and then shown what it was before something that is there.
func (p *docDays) review(who func(*world.Course) string) (bool, error) {
	item, by, saw := "", "", time.Time{}
	p.World.View(func() {
		c, f := p.find(p.talkedOf)
		if f == nil {
			return
		}
		item, by = world.DocumentSubject(c.ID, f.ID), who(&c)
		list := p.World.FileComments(f.ID)
		for _, x := range list {
			if x.ModifiedTime.After(saw) {
				saw = x.ModifiedTime
			}
		}
		if len(list) > 1 && oneIn(p.rng, 4) {
			saw = pick(p.rng, list).ModifiedTime
		}
	})
	if by == "" {
		return false, nil
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "reviewed", Item: item, Saw: saw.UTC().Truncate(time.Millisecond)})
}

// onTalk does something with a document on which people commented, as who may change it does.
func (p *docDays) onTalk(fits func(*world.Course, *world.File) bool, do func(c world.Course, f world.File, by string) error) (bool, error) {
	var c world.Course
	var it world.File
	by := ""
	p.World.View(func() {
		x, f := p.find(func(c *world.Course, f *world.File) bool { return p.talkedOf(c, f) && fits(c, f) })
		if f != nil {
			c, it, by = x, *f, p.mayChange(f)
		}
	})
	if by == "" {
		return false, nil
	}
	return true, do(c, it, by)
}

func (p *docDays) bin() (bool, error) {
	return p.onTalk(func(*world.Course, *world.File) bool { return true }, func(_ world.Course, f world.File, by string) error {
		return p.World.Trash(f.ID, by)
	})
}

// moveOut moves a document out of the folder of its class, to the top of its owner's Drive.
func (p *docDays) moveOut() (bool, error) {
	inFolder := func(c *world.Course, f *world.File) bool {
		return f.Owner != nil && p.World.User(f.Owner.EmailAddress) != nil && c.TeacherFolder != nil && slices.Contains(p.World.Path(f), c.TeacherFolder.ID)
	}
	return p.onTalk(inFolder, func(_ world.Course, f world.File, by string) error {
		root := ""
		p.World.View(func() { root = p.World.RootID(p.World.User(f.Owner.EmailAddress)) })
		return p.World.MoveFile(f.ID, root, by)
	})
}

// detach takes a document off a post.
func (p *docDays) detach() (bool, error) {
	onPost := func(c *world.Course, f *world.File) bool {
		return slices.Contains(p.attached(c), f) && p.teacher(c) != ""
	}
	return p.onTalk(onPost, func(c world.Course, f world.File, by string) error {
		post, left := "", []world.Attachment{}
		p.World.View(func() {
			by = p.teacher(&c)
			for _, kind := range []string{world.Announcement, world.CourseWork, world.Material} {
				for _, x := range p.World.Posts(c.ID, kind) {
					if post == "" && x.State == world.Published && x.Has(f.ID) {
						post, left = x.ID, slices.DeleteFunc(slices.Clone(x.Materials), func(a world.Attachment) bool {
							return a.DriveFile != nil && a.DriveFile.DriveFile.ID == f.ID
						})
					}
				}
			}
		})
		return p.World.UpdatePost(c.ID, post, &world.Post{Materials: left}, by)
	})
}

// class picks a class in which people work and that fits, with a teacher of it who can sign in.
func (p *docDays) class(fits func(*world.Course) bool) (c world.Course, by string) {
	p.World.View(func() {
		courses := p.World.Courses()
		if len(courses) == 0 {
			return
		}
		from := p.rng.IntN(len(courses))
		for i := range courses {
			x := courses[(from+i)%len(courses)]
			if x.CourseState != "ACTIVE" || len(p.World.Students(x.ID)) == 0 || !fits(x) {
				continue
			}
			if by = p.teacher(x); by != "" {
				c = *x
				return
			}
		}
	})
	return c, by
}

// newDocument is a name for one.
func (p *docDays) newDocument() string {
	return pick(p.rng, subjects) + " " + pick(p.rng, []string{"word bank", "story map", "fact file", "comic strip"})
}

func (p *docDays) postWithDocument() (bool, error) {
	c, by := p.class(func(*world.Course) bool { return true })
	if by == "" {
		return false, nil
	}
	f := &world.File{Name: p.newDocument(), MimeType: world.MimeDocument}
	if _, err := p.World.CreateFile(f, by); err != nil {
		return false, err
	}
	var a world.Attachment
	p.World.View(func() { a = world.Attach(p.World.File(f.ID), "") })
	kind := pick(p.rng, []string{world.Announcement, world.CourseWork, world.Material})
	x := &world.Post{Title: f.Name, Materials: []world.Attachment{a}}
	if kind == world.Announcement {
		x.Title, x.Text = "", pick(p.rng, notices)
	}
	return true, p.World.CreatePost(c.ID, kind, x, by)
}

func (p *docDays) newInFolder() (bool, error) {
	c, by := p.class(func(c *world.Course) bool {
		if c.TeacherFolder == nil {
			return false
		}
		f := p.World.File(c.TeacherFolder.ID)
		return f != nil && !f.Trashed && !p.World.Hidden(f)
	})
	if by == "" {
		return false, nil
	}
	_, err := p.World.CreateFile(&world.File{Name: p.newDocument(), MimeType: world.MimeDocument, Parent: c.TeacherFolder.ID}, by)
	return true, err
}
