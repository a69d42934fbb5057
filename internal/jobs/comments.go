package jobs

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/roster"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// CommentsJob looks where people comment.
const CommentsJob = "comments"

// backlog is for how many days before the first look comments are looked at: a school that begins is not flooded.
const backlog = 7

// Comments looks whether somebody has looked where people comment.
func Comments(ctx context.Context, env Env, c *census.Census) (*Look, error) {
	return looked(ctx, env, c, CommentsJob, func(ctx context.Context, l *look) error {
		r := &commentsRun{look: l, asked: map[string]policy.Means{}}
		return r.run(ctx)
	})
}

type commentsRun struct {
	*look
	asked   map[string]policy.Means // clause and rule
	book    *moderation.Book
	memory  *memory.Book
	courses []seen.Course
	in      comments.Input
	posted  []seen.Event // what the log says of posts that were published or changed
}

// commentsAsks turns the means of the policy into what the check is asked, and notes them by clause and rule.
func commentsAsks(p *policy.Policy, asked map[string]policy.Means) []comments.Ask {
	var out []comments.Ask
	for _, place := range policy.Places {
		out = append(out, asksAt(p, place, asked)...)
	}
	return out
}

func (r *commentsRun) run(ctx context.Context) (err error) {
	r.needs("users")
	asks := commentsAsks(r.Env.Policy, r.asked)
	if !r.Directory(ctx) {
		return ctx.Err()
	}
	if r.memory, err = memory.Open(ctx, r.Store, r.Now, r.lease.Commit); err != nil {
		return err
	}
	if r.Outside, err = people.Open(ctx, r.Store, r.lease.Commit); err != nil {
		return err
	}
	if r.book, err = moderation.Open(ctx, r.Store); err != nil {
		return err
	}
	if err = roster.Keep(ctx, r.Store, r.lease.Commit, adultsOf(r.Env.Policy, r.Who(), r.Kinds(ctx))); err != nil {
		return err
	}
	r.in = commentsInput(r.Env.Policy, r.Census, r.Kinds(ctx))
	r.in.Asks = asks
	r.needs("groups", "members", "classes", "class", "log/classroom", "domains")
	var ok bool
	if r.courses, ok = r.Courses(ctx, r.memory, r.Rotation); !ok {
		return ctx.Err()
	}
	for _, course := range r.courses {
		r.left.Names["course/"+course.ID] = course.Name
		joins := r.joins(course)
		class := r.book.Class(course.ID)
		class.Name, class.Behind = course.Name, class.Behind || joins
	}
	r.teachers()
	r.takeUp(ctx)
	if asksFor(r.Env.Policy, policy.PlaceDocuments) {
		newDocuments(r).run(ctx)
	}
	if err := r.hear(ctx); err != nil {
		return err
	}
	if asksFor(r.Env.Policy, policy.PlaceBlogs) {
		defer r.blogs(ctx)()
	}
	r.prune()
	if err := r.book.Flush(ctx, r.lease.Commit, nil); err != nil {
		return err
	}
	if err := r.decisions(ctx); err != nil {
		return err
	}
	if asksFor(r.Env.Policy, policy.PlaceBlogs) {
		r.blogPosts(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.in.Classes = slices.Concat(withDocuments(r.Env.Policy, classesOf(r.Census, r.in.Kinds, r.memory, r.book, r.courses)), blogsOf(r.Env.Policy, r.Census, r.book), dojoBook(r.Env.Policy, r.Census, r.book))
	for _, key := range r.book.Blogs() {
		r.book.Class(key).ForgetTexts(r.rules(policy.PlaceBlogs))
	}
	observed := comments.Check(r.in)
	for i, o := range observed {
		observed[i].Deals = r.dealer(o)
	}
	r.describe(ctx, observed)
	if err := r.sync(ctx, comments.Means, observed, r.asked, r.evidence); err != nil {
		return err
	}
	if err := r.book.Flush(ctx, r.lease.Commit, nil); err != nil {
		return err
	}
	if err := r.Outside.Flush(ctx); err != nil {
		return err
	}
	return r.memory.Flush(ctx)
}

// adultsOf lists the accounts with which somebody may work on the review site: those of the school that work and are no pupils', and those that the policy names though they are the trust's, such as that of a technician of several schools.
func adultsOf(p *policy.Policy, who *school.Directory, kinds *school.Kinds) []roster.Adult {
	named := map[string]bool{}
	for _, list := range p.People {
		for _, person := range list {
			if a, ok := who.Account(person.Address); ok && !a.Guest {
				named[a.ID] = true
			}
		}
	}
	var out []roster.Adult
	for _, a := range who.Accounts() {
		if ours := kinds.School(a); !a.Active() || ours && kinds.Kind(a) == school.Pupil || !ours && !named[a.ID] {
			continue
		}
		adult := roster.Adult{ID: a.ID, Name: a.Name}
		for _, address := range append([]string{a.Address}, a.Aliases...) {
			adult.Hashes = append(adult.Hashes, pseudonym.Of(address))
		}
		out = append(out, adult)
	}
	return out
}

// commentsInput is what the check rests on, but for the classes.
func commentsInput(p *policy.Policy, c *census.Census, kinds *school.Kinds) comments.Input {
	return comments.Input{Now: c.Now, Calendar: p.Calendar, Who: c.Who(), Kinds: kinds, Days: func(a *seen.Account) []time.Weekday { return daysOf(p, a) }}
}

// daysOf is on which days somebody is in; nil is every day.
func daysOf(p *policy.Policy, a *seen.Account) []time.Weekday {
	all := append([]string{a.Address}, a.Aliases...)
	for _, address := range all {
		if days := p.Staff.Days[address]; len(days) > 0 {
			return days
		}
	}
	var days []time.Weekday
	for _, list := range p.People {
		for _, who := range list {
			if slices.Contains(all, strings.ToLower(who.Address)) {
				days = append(days, who.Days...)
			}
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// classesOf joins what is known of each class; one whose members are not known is left out.
func classesOf(c *census.Census, kinds *school.Kinds, m *memory.Book, b *moderation.Book, courses []seen.Course) []comments.Class {
	var out []comments.Class
	for _, course := range courses {
		if members, known := c.Members(m, course.ID); known && schoolClass(c, kinds, course, members) {
			out = append(out, comments.Class{ID: course.ID, Place: policy.PlaceClassroom, Members: members, Book: b.Class(course.ID)})
		}
	}
	return out
}

// schoolClass tells whether a class is the school's, not another's of the trust: its owner or somebody in it has an account of the school.
func schoolClass(c *census.Census, kinds *school.Kinds, course seen.Course, members []seen.ClassMember) bool {
	ours := func(id string) bool {
		a, ok := c.Who().AccountByID(id)
		return ok && kinds.School(a)
	}
	return c.Who().Whole() || ours(course.Owner) || slices.ContainsFunc(members, func(m seen.ClassMember) bool { return ours(m.ID) })
}

// teachers notes who teaches each class.
func (r *commentsRun) teachers() {
	for _, course := range r.courses {
		members, known := r.Members(r.memory, course.ID)
		if !known {
			continue
		}
		for _, m := range members {
			a, ours := r.Who().AccountByID(m.ID)
			if m.Teacher && ours && !a.Guest && r.in.Kinds.Kind(a) != school.Pupil {
				r.book.Class(course.ID).Teach(m.ID)
			}
		}
	}
}

// start is the moment from which on comments are looked at.
func (r *commentsRun) start() time.Time {
	return start(r.Env.Policy, r.memory.First)
}

// start is the moment from which on what people did counts, by the first look.
func start(p *policy.Policy, first time.Time) time.Time {
	return p.Calendar.Date(first).AddDays(-backlog).At(0, 0, p.School.Location)
}

// remembered is for how many days acts are remembered at least that somebody has looked at, whatever the policy says; it is longer than any rule asks of them.
const remembered = 190

// prune forgets what was looked at long ago.
func (r *commentsRun) prune() {
	before := r.Now.AddDate(0, 0, -remembered)
	if by := r.Env.Policy.Retention[policy.KeepModerated].Before(r.Now); by.Before(before) {
		before = by
	}
	for _, course := range r.book.Courses() {
		r.book.Class(course).Prune(before, func(post string) []moderation.Rules { return r.rules(comments.PlaceOf(course, post)) })
	}
}

// rules is what all asks for a place say of what needs looking at.
func (r *commentsRun) rules(place string) []moderation.Rules {
	var out []moderation.Rules
	for _, a := range r.in.Asks {
		if a.Place == place {
			out = append(out, moderation.Rules{Replies: a.Replies, Staff: a.Staff, Date: r.in.Calendar.Date, Teaches: func(string) bool { return false }})
		}
	}
	return out
}

// dealer is who deals with what was found: as long as there is time, those who look after the post; and nobody deals with what they did themselves. It goes to the headteacher then, and the headteacher's own to the chair of governors.
// A clause that gives it to the teachers of the class names nobody for what they cannot see to: that there are none, and what an adult did who is none of them. The e-safety officer has it then.
func (r *commentsRun) dealer(o findings.Observed) string {
	if o.Rule == comments.Means+"."+comments.Unreviewed && !slices.Contains(o.Facts, comments.PassedOn) {
		return string(policy.RoleClassTeacher) // who is told each day
	}
	ladder := []policy.Role{policy.Role(o.Deals), policy.RoleHead, policy.RoleChair}
	if ladder[0].PerClass() {
		ladder = []policy.Role{policy.RoleOfficer, policy.RoleDeputy, policy.RoleHead, policy.RoleChair}
	}
	for _, role := range ladder {
		people := r.Env.Policy.Person(role)
		did := slices.ContainsFunc(people, func(p policy.Person) bool {
			a, ok := r.Who().Account(strings.ToLower(p.Address))
			return ok && slices.Contains(o.Facts, "by/"+a.ID) || slices.Contains(o.Facts, "by/"+pseudonym.Of(p.Address))
		})
		if !did && (len(people) > 0 || string(role) == o.Deals) {
			return string(role)
		}
	}
	return o.Deals
}

// describe asks Google what the posts are that findings are about, each once.
func (r *commentsRun) describe(ctx context.Context, observed []findings.Observed) {
	type place struct {
		course string
		id     string
		post   *moderation.Post
	}
	var ask []place
	for _, o := range observed {
		course, id, ok := moderation.ParseSubject(o.Subject)
		if blog, _ := strings.CutPrefix(o.Subject, "blog/"); blog != o.Subject || r.book.Class(course).Blog != nil {
			continue // blogs are asked when they are read
		}
		if p := r.book.Class(course).Post(id); ok && !p.Told && !slices.ContainsFunc(ask, func(q place) bool { return q.post == p }) {
			ask = append(ask, place{course, id, p})
		}
	}
	var mu sync.Mutex
	var refused *seen.Gap
	_ = census.Each(ctx, r.Env.Google.Workers(), ask, func(p place) {
		got, err := r.Env.Google.Post(ctx, p.course, p.post.Kind, p.id)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			p.post.Title, p.post.Link, p.post.Made, p.post.Told = got.Title, got.Link, got.Made, true
		case r.Env.Google.Gone(err):
			p.post.Told = true
		case ctx.Err() == nil:
			refused = &seen.Gap{Scope: "posts", Reason: r.Env.Google.Reason(err), Detail: err.Error()}
		}
	})
	if refused != nil {
		r.more = append(r.more, *refused)
	}
	for _, o := range observed {
		if blog, ok := strings.CutPrefix(o.Subject, "blog/"); ok {
			r.left.Names[o.Subject] = r.book.Class(moderation.BlogKey(blog)).Name
			continue
		}
		course, id, _ := moderation.ParseSubject(o.Subject)
		r.left.Names[o.Subject] = postName(r.book.Class(course).Name, r.book.Class(course).Post(id))
	}
}

// postName is what a post is called where its class is not told beside it.
func postName(class string, p *moderation.Post) string {
	if class == "" {
		class = "a class"
	}
	return class + ": " + p.Words(func(title string) string { return title })
}

// evidence says what is known about the subject of a finding that the check no longer yields; "" is nothing.
func (r *commentsRun) evidence(f *findings.Finding) findings.How {
	course, post, _ := moderation.ParseSubject(f.Subject)
	blog, hostless := strings.CutPrefix(f.Subject, "blog/")
	if hostless {
		course = moderation.BlogKey(blog)
	}
	if id, ok := moderation.BlogOf(course); ok {
		return r.blogEvidence(id, hostless)
	}
	if class, ok := moderation.ParseDojo(course); ok {
		return r.dojoEvidence(f, class)
	}
	i := slices.IndexFunc(r.courses, func(c seen.Course) bool { return c.ID == course })
	if i < 0 {
		return findings.Withdrawn // archived or deleted: nobody asks
	}
	if members, known := r.Members(r.memory, course); known && !schoolClass(r.Census, r.in.Kinds, r.courses[i], members) {
		return findings.Withdrawn
	}
	if _, document := moderation.DocumentOf(post); document {
		return r.documentEvidence(f, course, post)
	}
	if r.Missed("log/classroom") || r.Missed(seen.Scope("class/"+course)) || ruleOf(f) == comments.NoHost && len(r.in.Kinds.Unknown) > 0 {
		return ""
	}
	return findings.Fine
}
