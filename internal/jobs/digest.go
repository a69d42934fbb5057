package jobs

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"esafetybot/internal/calendar"
	"esafetybot/internal/census"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/outbox"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// DigestJob tells teachers what waits in their classes.
const DigestJob = "digest"

// digestKind is the outbox's name of the teachers' daily mail.
const digestKind = "digest"

// Digest puts the daily mail to each class teacher for whom something waits, and who is in today, into the outbox. It reads what the job comments found last.
func Digest(ctx context.Context, env Env, box *outbox.Outbox, s *Seen) (*Record, error) {
	c := s.Census
	return leased(ctx, env, DigestJob, c.Now, func(lease *Lease, r *Record) error {
		if !c.Directory(ctx) {
			r.Gaps = c.Gaps("users")
			return errors.Join(ctx.Err(), errors.New("the list of accounts could not be read, so nobody was written to; it is tried again"))
		}
		return digests(ctx, env, box, c, lease)
	})
}

func digests(ctx context.Context, env Env, box *outbox.Outbox, c *census.Census, lease *Lease) error {
	w, err := newWaiting(ctx, env, c, lease.Commit)
	if err != nil {
		return err
	}
	shared, err := openAsking(ctx, env, c.Now)
	if err != nil {
		return err
	}
	asked, err := newAskedTeachers(ctx, env, c)
	if err != nil {
		return err
	}
	back, err := openUnreached(ctx, env, box, c.Now)
	if err != nil {
		return err
	}
	rem, err := openReminding(ctx, env, c.Now, c.Who(), kindsOf(ctx, c))
	if err != nil {
		return err
	}
	asked.rem = rem
	var errs error
	for _, a := range rem.with(asked.with(shared.with(w.hosts(), c.Who()))) {
		posts := w.posts(a)
		if !schoolIn(env.Policy.Calendar, daysOf(env.Policy, a), c.Now) {
			continue
		}
		if len(posts) == 0 {
			if err := shared.mail(ctx, box, lease, c.Who(), a); err != nil {
				errs = errors.Join(errs, err)
			} else if err := asked.letter(ctx, box, lease, a); err != nil {
				errs = errors.Join(errs, fmt.Errorf("the questions for account %s: %w", a.ID, err))
			}
			continue
		}
		r, err := reports.Digest(reports.DigestInput{
			School: env.Policy.School.Name, Titles: reports.Titles{ESafetyOfficer: env.Policy.Title(policy.RoleOfficer)}, Reader: a.Name,
			Now: c.Now, Location: env.Policy.School.Location, Posts: posts, Site: env.page("/"), Replies: w.ask.Replies, Mask: w.mask,
			Needed: shared.files(a.ID), Answers: env.page(sharedPage), Asks: asked.of(a), Reminded: rem.lines(a.ID),
		})
		address := mailAddress(env.Policy, c.Who(), a)
		if err == nil && back.has(address) {
			// The last mail came back. What it told is told otherwise (findUntold); something new is tried again, for a mailbox may be mended.
			var had string
			if had, err = box.LastHash(ctx, address, digestKind); err == nil && had == r.Hash {
				continue
			}
		}
		if err == nil {
			b := &store.Batch{}
			_, err = box.Put(ctx, b, c.Now, outbox.Letter{
				To: netmail.Address{Name: a.Name, Address: address}, Kind: digestKind, Period: env.Policy.Calendar.Date(c.Now).String(),
				UpTo: c.Now, Hash: r.Hash, Subject: r.Subject, HTML: r.HTML, Text: r.Text,
			})
			if errors.Is(err, outbox.ErrExists) || errors.Is(err, outbox.ErrToday) {
				continue // they have had today's mail, which told what waited then
			}
			if err == nil {
				err = shared.told(b, a.ID)
			}
			if err == nil {
				err = rem.told(b, a.ID)
			}
			if err == nil {
				err = rem.commit(ctx, lease, b)
			}
		}
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("the daily mail for account %s: %w", a.ID, err))
		}
	}
	return errs
}

// mailAddress is the address at which somebody has their reports, else their own: a person with two addresses has one mail a day as well.
func mailAddress(p *policy.Policy, who *school.Directory, a *seen.Account) string {
	for _, r := range readers(p) {
		if b, known := who.Account(r.Address); known && b.ID == a.ID {
			return r.Address
		}
	}
	return a.Address
}

// schoolIn tells whether somebody who is in on some days (none: every day) is at school: on a school day or an inset day, or, where there are no term dates, on a working day.
func schoolIn(cal *calendar.Calendar, days []time.Weekday, now time.Time) bool {
	day := cal.Date(now)
	if len(days) > 0 && !slices.Contains(days, day.Weekday()) {
		return false
	}
	if cal.Covers(day) != nil { // it is better to write in a holiday than to be silent through an autumn whose dates nobody entered
		return cal.IsWorkingDay(day)
	}
	return cal.IsSchoolDay(day) || slices.Contains(cal.Inset, day)
}

// page is a page of the review site; "" without one.
func (env Env) page(path string) string {
	if env.BaseURL == "" {
		return ""
	}
	return strings.TrimSuffix(env.BaseURL, "/") + path
}

// waiting is what waits in classes, and for whom.
type waiting struct {
	env    Env
	in     comments.Input
	ask    comments.Ask
	items  []waitingPost
	mask   *reports.Mask
	names  map[string]string
	pupils [][]string // the words of pupils' names, once asked for
}

type waitingPost struct {
	comments.Item
	post *moderation.Post
}

// newWaiting gathers the posts of open findings: what somebody agreed to is not told.
func newWaiting(ctx context.Context, env Env, c *census.Census, commit func(context.Context, *store.Batch) error) (*waiting, error) {
	env.nameRoll(ctx, c.Who())
	w := &waiting{env: env, in: commentsInput(env.Policy, c, c.Kinds(ctx)), mask: mask(env.Policy, c.Who()), names: map[string]string{}}
	asks := commentsAsks(env.Policy, map[string]policy.Means{})
	keeper := &findings.Keeper{Store: env.Store, Commit: commit}
	subjects := map[string]string{} // subject → clause, the first that asks
	for f, err := range keeper.List(ctx, comments.Means, findings.Open) {
		if err != nil {
			return nil, err
		}
		if ruleOf(f) == comments.Unreviewed && (subjects[f.Subject] == "" || f.Clause < subjects[f.Subject]) {
			subjects[f.Subject] = f.Clause
		}
	}
	if len(subjects) == 0 {
		return w, nil
	}
	mem, err := memory.Open(ctx, env.Store, c.Now, commit)
	if err != nil {
		return nil, err
	}
	if c.Outside == nil {
		if c.Outside, err = people.Open(ctx, env.Store, commit); err != nil {
			return nil, err
		}
	}
	book, err := moderation.Open(ctx, env.Store)
	if err != nil {
		return nil, err
	}
	classes := slices.Concat(blogsOf(env.Policy, c, book), dojoBook(env.Policy, c, book))
	for _, course := range book.Courses() {
		if members, known := c.Members(mem, course); known && comments.PlaceOf(course, "") == policy.PlaceClassroom {
			classes = append(classes, withDocuments(env.Policy, []comments.Class{{ID: course, Place: policy.PlaceClassroom, Members: members, Book: book.Class(course)}})...)
		}
	}
	for _, class := range classes {
		course := class.ID
		w.names[course] = class.Book.Name
		for _, ask := range asks {
			for _, item := range w.in.Waiting(ask, class) {
				if subjects[moderation.Subject(course, item.Post)] == ask.Clause && slices.Contains(ask.Rules, comments.Unreviewed) {
					w.items = append(w.items, waitingPost{item, class.Book.Posts[item.Post]})
					w.ask = ask
				}
			}
		}
	}
	return w, nil
}

// hosts lists everybody for whom something waits, by id.
func (w *waiting) hosts() []*seen.Account {
	var out []*seen.Account
	for _, i := range w.items {
		for _, h := range i.Hosts {
			if !slices.ContainsFunc(out, func(have *seen.Account) bool { return have.ID == h.ID }) {
				out = append(out, h)
			}
		}
	}
	slices.SortFunc(out, func(a, b *seen.Account) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// posts is what waits for one host, in words.
func (w *waiting) posts(a *seen.Account) []reports.DigestPost {
	var out []reports.DigestPost
	for _, i := range w.items {
		if !slices.ContainsFunc(i.Hosts, func(h *seen.Account) bool { return h.ID == a.ID }) {
			continue
		}
		names := &reports.Names{}
		out = append(out, reports.DigestPost{
			Class: w.className(i.Course), Words: i.post.Words(names.Add), Names: names, New: i.New, Since: i.Since, Due: i.Due, PassedOn: i.PassedOn,
			Link: i.post.LinkAs(i.Course, a.Address), Told: i.post.Kind == moderation.KindDojo, Document: i.post.Kind == seen.PostDocument,
		})
	}
	return out
}

// postsFor is what waits for somebody who has a report of another kind today: one person gets one mail.
func (t *told) postsFor(ctx context.Context, env Env, address string) ([]reports.DigestPost, error) {
	if t.Who == nil {
		return nil, nil
	}
	a, ok := t.Who.Account(address)
	if !ok {
		return nil, nil
	}
	w, err := t.waits(ctx, env)
	if err != nil || w == nil {
		return nil, err
	}
	return w.posts(a), nil
}

// waits is what waits in classes; nil where nobody asks about comments, or the list of accounts could not be read.
func (t *told) waits(ctx context.Context, env Env) (w *waiting, err error) {
	if t.Who == nil || !Asked(env.Policy, CommentsJob) || !t.census.Directory(ctx) {
		return nil, nil
	}
	if t.classes == nil {
		t.classes, err = newWaiting(ctx, env, t.census, t.lease.Commit)
	}
	return t.classes, err
}

// className is what a class is called; "" where that is a pupil's whole name, as in a class for one. A first name alone ("5 Ash") is a class's name like any other.
func (w *waiting) className(course string) string {
	name := w.names[course]
	if w.pupils == nil {
		w.pupils = [][]string{}
		for _, a := range w.in.Who.Accounts() {
			if words := nameWords(a.Name); w.in.Kinds.School(a) && w.in.Kinds.Kind(a) == school.Pupil && len(words) > 1 {
				w.pupils = append(w.pupils, words)
			}
		}
	}
	in := nameWords(name)
	if slices.ContainsFunc(w.pupils, func(pupil []string) bool {
		return slices.Contains(in, pupil[0]) && slices.Contains(in, pupil[len(pupil)-1])
	}) {
		return ""
	}
	return name
}

// nameWords are the words of a name, to be compared.
func nameWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
}
