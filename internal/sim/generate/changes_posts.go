package generate

import (
	"math/rand/v2"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// postActions lists what a day may bring in the streams of classes and on the review site, each with how often it comes up.
func (p *Player) postActions() []action {
	return []action{
		{"a teacher posts in a class", 2, func() (bool, error) { return p.publishPost(true) }},
		{"a pupil posts in a class", 1, func() (bool, error) { return p.publishPost(false) }},
		{"a post is changed", 1, p.changePost},
		{"a post is deleted", 1, p.deletePost},
		{"a pupil comments", 4, func() (bool, error) { return p.comment(world.CommentClass, p.aPupil) }},
		{"a teacher answers", 3, func() (bool, error) { return p.comment(world.CommentClass, p.aTeacher) }},
		{"somebody else comments", 1, func() (bool, error) { return p.comment(world.CommentClass, p.anybody) }},
		{"a teacher comments on a submission", 1, func() (bool, error) { return p.comment(p.aside(), p.aTeacher) }},
		{"another adult comments on a submission", 1, func() (bool, error) { return p.comment(p.aside(), p.anybody) }},
		{"a pupil comments on a submission", 1, func() (bool, error) { return p.comment(p.aside(), p.aPupil) }},
		{"a comment is deleted", 1, p.deleteComment},
		{"a teacher has looked", 3, func() (bool, error) { return p.review(p.aTeacher) }},
		{"somebody else has looked", 1, func() (bool, error) { return p.review(p.anybody) }},
		{"a leader has looked", 1, func() (bool, error) { return p.review(p.aLeader) }},
		{"a class is covered", 2, p.cover},
		{"a cover ends", 1, p.endCover},
		{"a teacher leaves a class", 1, p.teacherLeaves},
	}
}

// aside is a kind of comment on a submission.
func (p *Player) aside() string {
	return pick(p.rng, []string{world.CommentPrivate, world.CommentPublic})
}

// The pickers of people below answer an address of somebody for a class, "" where there is nobody. Call them inside View.

func (p *Player) aPupil(c *world.Course) string { return p.member(p.rng, p.World.Students(c.ID)) }

func (p *Player) aTeacher(c *world.Course) string { return p.member(p.rng, p.World.Teachers(c.ID)) }

// member picks somebody of the list who can sign in.
func (p *Player) member(rng *rand.Rand, list []*world.CourseMember) string {
	var out []string
	for _, m := range list {
		if u := p.World.User(m.UserID); u != nil && active(u) {
			out = append(out, u.PrimaryEmail)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return pick(rng, out)
}

// anybody is an adult of the school, or now and then somebody from outside.
func (p *Player) anybody(*world.Course) string {
	if oneIn(p.rng, 6) {
		return pick(p.rng, outsidePeople)
	}
	return p.adult(p.rng)
}

// aLeader is one of those whom the policy lets look at everything; an administrator, whom it does not, where nobody is known.
func (p *Player) aLeader(*world.Course) string {
	if len(p.Leaders) == 0 {
		return p.admin()
	}
	return pick(p.rng, p.Leaders)
}

// openPost picks a published post of a class; one about which people talk already half of the time, if there is any.
func (p *Player) openPost(fits func(*world.Post) bool) (c world.Course, out world.Post, ok bool) {
	first := oneIn(p.rng, 2)
	for _, talk := range []bool{first, !first} {
		c, ok = p.course(func(c *world.Course) bool {
			var list []*world.Post
			for _, kind := range []string{world.Announcement, world.CourseWork, world.Material} {
				for _, x := range p.World.Posts(c.ID, kind) {
					if x.State == world.Published && fits(x) && (len(p.World.Comments(c.ID, x.ID)) > 0) == talk {
						list = append(list, x)
					}
				}
			}
			if len(list) > 0 {
				out = *pick(p.rng, list)
			}
			return len(list) > 0
		})
		if ok {
			return c, out, true
		}
	}
	return c, out, false
}

func (p *Player) publishPost(teacher bool) (bool, error) {
	by, kind := "", world.Announcement
	who := p.aPupil
	if teacher {
		who, kind = p.aTeacher, pick(p.rng, []string{world.Announcement, world.CourseWork, world.Material})
	}
	c, ok := p.course(func(c *world.Course) bool { by = who(c); return by != "" })
	if !ok {
		return false, nil
	}
	x := &world.Post{Text: pick(p.rng, notices)}
	if kind != world.Announcement {
		x = &world.Post{Title: p.title()}
	}
	return true, p.World.CreatePost(c.ID, kind, x, by)
}

func (p *Player) changePost() (bool, error) {
	c, x, ok := p.openPost(func(*world.Post) bool { return true })
	if !ok {
		return false, nil
	}
	change, by := world.Post{Text: pick(p.rng, notices)}, ""
	if x.Kind != world.Announcement {
		change = world.Post{Description: pick(p.rng, notices)}
	}
	p.World.View(func() { by = p.aTeacher(&c) })
	if by == "" {
		return false, nil
	}
	return true, p.World.UpdatePost(c.ID, x.ID, &change, by)
}

func (p *Player) deletePost() (bool, error) {
	c, x, ok := p.openPost(func(*world.Post) bool { return true })
	if !ok {
		return false, nil
	}
	return true, p.World.DeletePost(c.ID, x.ID)
}

// comment lets somebody comment on a post, or on the submission of one of its pupils.
func (p *Player) comment(kind string, who func(*world.Course) string) (bool, error) {
	c, x, ok := p.openPost(func(x *world.Post) bool { return kind == world.CommentClass || x.Kind == world.CourseWork })
	if !ok {
		return false, nil
	}
	by, of := "", ""
	p.World.View(func() { by, of = who(&c), p.aPupil(&c) })
	if by == "" || of == "" && kind != world.CommentClass {
		return false, nil
	}
	_, err := p.World.Comment(c.ID, x.ID, world.Comment{Kind: kind, Of: of, Text: pick(p.rng, asides)}, by)
	return true, err
}

func (p *Player) deleteComment() (bool, error) {
	c, x, ok := p.openPost(p.talkedAbout)
	if !ok {
		return false, nil
	}
	id := ""
	p.World.View(func() {
		if list := p.World.Comments(c.ID, x.ID); len(list) > 0 {
			id = pick(p.rng, list).ID
		}
	})
	return true, p.World.DeleteComment(c.ID, x.ID, id)
}

func (p *Player) talkedAbout(x *world.Post) bool { return len(p.World.Comments(x.CourseID, x.ID)) > 0 }

// review decides that somebody looked at a post, now and then shown what it was before the newest comment.
func (p *Player) review(who func(*world.Course) string) (bool, error) {
	c, x, ok := p.openPost(p.talkedAbout)
	if !ok {
		return false, nil
	}
	by, saw := "", time.Time{}
	p.World.View(func() {
		list := p.World.Comments(c.ID, x.ID)
		if len(list) == 0 {
			return
		}
		by = who(&c)
		saw = list[len(list)-1].Time
		if len(list) > 1 && oneIn(p.rng, 5) {
			saw = list[len(list)-2].Time
		}
	})
	if by == "" {
		return false, nil
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "reviewed", Item: world.PostSubject(&x), Saw: saw.Truncate(time.Millisecond)})
}

// cover lets somebody stand in for the teachers of a class, from today or soon, for a few days; mostly somebody decides it who may.
func (p *Player) cover() (bool, error) {
	c, ok := p.course(anyCourse)
	if !ok {
		return false, nil
	}
	by, who := "", ""
	p.World.View(func() {
		who = p.anybody(&c)
		if by = p.aLeader(&c); oneIn(p.rng, 5) {
			by = p.anybody(&c)
		}
	})
	if by == "" || who == "" {
		return false, nil
	}
	from := p.World.Now().In(p.zone).AddDate(0, 0, p.rng.IntN(2))
	return true, p.World.Decide(world.Decision{By: by, Do: "cover", Course: c.ID, Who: who, From: from.Format(time.DateOnly), Until: from.AddDate(0, 0, p.rng.IntN(8)).Format(time.DateOnly)})
}

// endCover ends a cover that has not run out.
func (p *Player) endCover() (bool, error) {
	today := p.World.Now().In(p.zone).Format(time.DateOnly)
	var d world.Decision
	by := ""
	p.World.View(func() {
		var list []world.Decision
		for _, x := range p.World.Decisions() {
			if x.Do == "cover" && x.Until >= today && !strings.HasPrefix(x.Course, coverOf) {
				list = append(list, x)
			}
		}
		if len(list) > 0 {
			d, by = pick(p.rng, list), p.aLeader(nil)
		}
	})
	if by == "" {
		return false, nil
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "end-cover", Course: d.Course, Who: d.Who})
}

// teacherLeaves takes a teacher off the list of a class: its owner stays.
func (p *Player) teacherLeaves() (bool, error) {
	id := ""
	c, ok := p.course(func(c *world.Course) bool {
		for _, m := range p.World.Teachers(c.ID) {
			if m.UserID != c.OwnerID {
				id = m.UserID
				return true
			}
		}
		return false
	})
	if !ok {
		return false, nil
	}
	return true, p.World.RemoveCourseMember(c.ID, id, p.adminAddress())
}
