// Package comments judges whether somebody has looked where people comment.
//
// It is pure: from what is remembered of posts ([moderation.Class]), the classes' members, the directory, the policy's clauses and the time it yields findings,
// reads nothing and keeps nothing. The meaning of each rule and word is docs/comment-rules.md.
package comments

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// Means is the check's name before the dot of a rule.
const Means = "comments"

// The rules, by their name in a policy file.
const (
	Unreviewed          = "unreviewed"
	NoHost              = "no-host"
	PrivateByOtherAdult = "private-by-other-adult"
)

// PassedOn is the fact of what waited beyond its deadline.
const PassedOn = "passed-on"

// kept is for how long a private comment is looked at: 180 days, as long as Google keeps the log.
const kept = 180 * 24 * time.Hour

// An Ask is one entry of a clause's met_by that names this check, defaults filled in.
type Ask struct {
	Clause   string
	Severity string
	Deals    string
	PassedTo string // role that deals with what waited too long
	Rules    []string
	Replies  bool
	Staff    bool
	Due      calendar.Deadline
	Place    string // where it looks, as [Class] has it
}

// PlaceOf says where something in a class or blog is, in the policy's words.
func PlaceOf(course, post string) string {
	if _, ok := moderation.DocumentOf(post); ok {
		return policy.PlaceDocuments
	}
	if _, ok := moderation.BlogOf(course); ok {
		return policy.PlaceBlogs
	}
	if _, ok := moderation.ParseDojo(course); ok {
		return policy.PlaceClassDojo
	}
	return policy.PlaceClassroom
}

// rules is what the ask says of what needs looking at in a class.
func (in Input) rules(a Ask, c Class) moderation.Rules {
	return moderation.Rules{Replies: a.Replies, Staff: a.Staff, Date: in.Calendar.Date, Teaches: func(id string) bool {
		return slices.ContainsFunc(c.Members, func(m seen.ClassMember) bool { return m.ID == id && in.teaches(m) })
	}}
}

// teaches tells whether a member of a class is a teacher of it: pupils on the list of teachers are none.
func (in Input) teaches(m seen.ClassMember) bool {
	a, ours := in.Who.AccountByID(m.ID)
	return m.Teacher && ours && in.Kinds.Kind(a) != school.Pupil
}

// Class is one class in use, or a blog.
type Class struct {
	ID    string // as [moderation.Book] has it
	Place string // where it is, in the policy's words
	// Documents: it stands for the class's documents, not for its posts, which are another Class.
	Documents bool
	Members   []seen.ClassMember // none of a blog
	Book      *moderation.Class
}

// Input is everything a judgement rests on.
type Input struct {
	Now      time.Time
	Calendar *calendar.Calendar
	Who      *school.Directory
	Kinds    *school.Kinds
	Asks     []Ask
	Classes  []Class // those whose members were read
	// Days is on which days somebody is in; nil is every day.
	Days func(*seen.Account) []time.Weekday
}

// Item is a post that waits.
type Item struct {
	Course, Post string
	Since        time.Time // the first act that nobody has looked at
	Newest       time.Time // the newest one
	New          int       // how many
	Due          time.Time // zero: no deadline is known
	PassedOn     bool
	Hosts        []*seen.Account // by id; nobody is there to look if it is empty
}

// Check judges: findings sorted by clause, rule and subject.
func Check(in Input) []findings.Observed {
	var out []findings.Observed
	for _, ask := range in.Asks {
		for _, c := range in.Classes {
			out = append(out, in.class(ask, c)...)
		}
	}
	slices.SortFunc(out, func(a, b findings.Observed) int {
		return cmp.Or(cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
	})
	return out
}

func (in Input) class(ask Ask, c Class) []findings.Observed {
	if ask.Place != c.Place {
		return nil
	}
	var out []findings.Observed
	see := func(rule, subject string, o findings.Observed) {
		if !slices.Contains(ask.Rules, rule) {
			return
		}
		o.Clause, o.Rule, o.Subject, o.Severity = ask.Clause, Means+"."+rule, subject, ask.Severity
		if o.Deals == "" {
			o.Deals = ask.Deals
		}
		o.Facts = findings.Normalise(o.Facts)
		out = append(out, o)
	}
	waiting := in.Waiting(ask, c)
	if c.Book.Blog != nil && len(in.Hosts(c)) == 0 {
		if facts, ok := in.hostless(c, len(waiting) > 0); ok {
			blog, _ := moderation.BlogOf(c.ID)
			see(NoHost, "blog/"+blog, findings.Observed{Facts: facts})
		}
		return out
	}
	for _, i := range waiting {
		since := "since " + i.Since.UTC().Truncate(time.Second).Format(time.RFC3339)
		if len(i.Hosts) == 0 {
			see(NoHost, moderation.Subject(c.ID, i.Post), findings.Observed{Since: i.Since, Facts: []string{"course/" + c.ID, since}})
			continue
		}
		o := findings.Observed{Since: i.Since, Due: i.Due, Facts: []string{since, "due unknown"}}
		if !i.Due.IsZero() {
			o.Facts[1] = "due " + in.Calendar.Date(i.Due).String()
		}
		if i.PassedOn {
			o.Facts = append(o.Facts, PassedOn)
			o.Deals = ask.PassedTo
		}
		see(Unreviewed, moderation.Subject(c.ID, i.Post), o)
	}
	for id, p := range c.Book.Posts {
		if facts := in.private(c, p); len(facts) > 0 && !c.Documents {
			see(PrivateByOtherAdult, moderation.Subject(c.ID, id), findings.Observed{Facts: facts})
		}
	}
	return out
}

// Waiting lists the posts of a class that wait, by since.
func (in Input) Waiting(ask Ask, c Class) []Item {
	var out []Item
	if ask.Place != c.Place {
		return nil
	}
	hosts := sync.OnceValue(func() []*seen.Account { return in.Hosts(c) })
	for _, id := range slices.Sorted(maps.Keys(c.Book.Posts)) {
		if _, document := moderation.DocumentOf(id); document != c.Documents {
			continue
		}
		acts := c.Book.Waiting(c.Book.Posts[id], in.rules(ask, c))
		if len(acts) == 0 {
			continue
		}
		i := Item{Course: c.ID, Post: id, Since: acts[0].At, Newest: acts[len(acts)-1].At, New: len(acts), Hosts: hosts()}
		// Where the term dates end first there is no deadline, and the finding says so.
		i.Due, _ = in.Calendar.Due(i.Since, ask.Due, in.daysIn(i.Hosts), ask.Severity)
		i.PassedOn = !i.Due.IsZero() && i.Due.Before(in.Now)
		out = append(out, i)
	}
	slices.SortStableFunc(out, func(a, b Item) int { return a.Since.Compare(b.Since) })
	return out
}

// hostless says of a blog that nobody looks after whether that matters, and what makes it so.
func (in Input) hostless(c Class, waits bool) (facts []string, matters bool) {
	blog := c.Book.Blog
	facts = []string{"not-listed"}
	if blog.Listed {
		facts[0] = "listed"
	}
	for _, id := range blog.Runners() {
		if a, ok := in.Who.AccountByID(id); ok && a.Active() && in.Kinds.School(a) && in.Kinds.Kind(a) != school.Pupil {
			facts = append(facts, "by/"+id)
		}
	}
	return facts, blog.Open || blog.Listed && waits
}

// Hosts lists who is there to look today: the class's teachers, or those whom the policy names for the blog, with a working account who are no pupils, and its cover.
func (in Input) Hosts(c Class) []*seen.Account {
	var ids []string
	for _, m := range c.Members {
		if m.Teacher {
			ids = append(ids, m.ID)
		}
	}
	today := in.Calendar.Date(in.Now)
	if c.Book.Blog != nil {
		ids = slices.Clone(c.Book.Blog.Hosts)
	}
	for _, v := range c.Book.Cover {
		if c.Book.Covers(v.Who, today) {
			ids = append(ids, v.Who)
		}
	}
	var out []*seen.Account
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if a, ok := in.Who.AccountByID(id); ok && a.Active() && !a.Guest && in.Kinds.Kind(a) != school.Pupil {
			out = append(out, a)
		}
	}
	return out
}

// daysIn is on which days any of some people is in; nil is every day.
func (in Input) daysIn(hosts []*seen.Account) []time.Weekday {
	var out []time.Weekday
	for _, a := range hosts {
		days := in.Days(a)
		if len(days) == 0 {
			return nil
		}
		out = append(out, days...)
	}
	return out
}

// private says which adults who do not teach the class wrote private comments on a piece of work.
func (in Input) private(c Class, p *moderation.Post) []string {
	var facts []string
	oldest := in.Now.Add(-kept)
	for _, a := range p.Acts {
		if a.What == moderation.Private && a.Adult && !a.At.Before(oldest) && !c.Book.Hosted(a.By, in.Calendar.Date(a.At)) {
			facts = append(facts, "by/"+a.By)
		}
	}
	return facts
}
