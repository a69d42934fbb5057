package jobs

import (
	"context"
	"slices"
	"strings"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/names"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/rolls"
	"esafetybot/internal/seen"
)

// NamesJob looks for pupils' names in titles and on listed blogs. It rests on the picture of Drive that the job sharing keeps, and runs right after it.
const NamesJob = "names"

// Names looks for pupils' names in titles that the public can read and on the blogs that the policy lists, and in the titles of classes and posts where the policy asks for these. drive is what the job
// sharing left in this run; nil if it did not come so far.
func Names(ctx context.Context, env Env, c *census.Census, drive *Outcome) (*Look, error) {
	return looked(ctx, env, c, NamesJob, func(ctx context.Context, l *look) error {
		n := &namesRun{look: l, drive: drive, asked: map[string]policy.Means{}, classes: map[string]seen.Course{}}
		for _, m := range means(env.Policy, NamesJob) {
			n.asks = append(n.asks, namesAsk(env.Policy, m))
			for _, r := range m.Rules() {
				n.asked[m.ID+" "+names.Means+"."+r] = m.Means
			}
		}
		return n.run(ctx)
	})
}

type namesRun struct {
	*look
	asks    []names.Ask
	asked   map[string]policy.Means // clause and rule
	drive   *Outcome
	memory  *memory.Book
	classes map[string]seen.Course // the school's that are in use, by id
	listed  bool                   // all of them are
	blogs   map[string]*blogSight  // that the policy lists, by Blogger's id
	res     names.Result
}

func namesAsk(p *policy.Policy, m clauseMeans) names.Ask {
	w, ok := m.With.(*policy.NamesWith)
	if !ok {
		return names.Ask{}
	}
	ask := names.Ask{
		Clause: m.ID, Severity: m.Severity, Rules: w.Rules, Deals: map[string]string{}, LeaverDays: w.LeaverDays,
		Classes: slices.Contains(w.Titles, policy.TitlesClasses), Posts: slices.Contains(w.Titles, policy.TitlesPosts),
	}
	for _, r := range w.Rules {
		ask.Deals[r] = string(p.Dealer(m.Clause, m.Means, r))
	}
	return ask
}

func (n *namesRun) run(ctx context.Context) (err error) {
	n.needs("users")
	if !n.Directory(ctx) {
		return ctx.Err()
	}
	if n.memory, err = memory.Open(ctx, n.Store, n.Now, n.lease.Commit); err != nil {
		return err
	}
	if n.Outside, err = people.Open(ctx, n.Store, n.lease.Commit); err != nil {
		return err
	}
	kinds := n.Kinds(ctx)
	read, err := n.readRolls(ctx, kinds, n.memory)
	if err != nil {
		return err
	}
	in := names.Input{Now: n.Now, Today: n.Env.Policy.Calendar.Date(n.Now), Asks: n.asks, Kinds: kinds, Pupils: read.pupils, Left: read.left, Who: n.Who()}
	for _, p := range n.People() {
		in.Accounts = append(in.Accounts, p)
	}
	slices.SortFunc(in.Accounts, func(a, b *seen.Person) int { return strings.Compare(a.ID, b.ID) })
	for _, m := range append([]*rolls.Matching{read.staff}, read.others...) {
		if m != nil {
			in.Others = append(in.Others, m)
		}
	}
	if n.sawDrive() {
		in.Who, in.Shares = n.drive.Who, n.drive.Book.All(ctx)
	}
	n.readClasses(ctx, &in)
	if err := n.readBlogs(ctx, &in); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if n.res, err = names.Check(in); err != nil {
		return err
	}
	if ctx.Err() != nil { // blogs are read while they are judged
		return ctx.Err()
	}
	n.brokenBlogs()
	n.describeBlogs(n.res.Observed)
	for subject, s := range n.res.Shares { // what it is and where it is opened; never what it is called
		n.left.Names[subject], n.left.Links[subject] = "a "+kindWord(s), s.Link
	}
	for _, u := range n.res.Unknown {
		n.left.Unknown = append(n.left.Unknown, namesUnknown(u, n.ask(u.Clause, u.Rule).Deals[u.Rule], len(n.Env.Policy.Blogs) > 0))
	}
	if err := n.sync(ctx, names.Means, n.res.Observed, n.asked, n.evidence); err != nil {
		return err
	}
	if err := n.Outside.Flush(ctx); err != nil {
		return err
	}
	return n.memory.Flush(ctx)
}

// sawDrive tells whether the picture of Drive is of this run, and takes over as gaps what of it could not be seen.
func (n *namesRun) sawDrive() bool {
	if n.drive == nil {
		n.more = append(n.more, seen.Gap{Scope: "job/" + SharingJob, Reason: seen.Failed, Detail: "it did not begin"})
		return false
	}
	for _, g := range n.drive.Record.Gaps {
		if slices.Contains([]string{"users", "domains", "units", "drives", "owner", "drive", "file"}, g.Scope.Kind()) || g.Scope == "log/drive" {
			n.more = append(n.more, g)
		}
	}
	if n.drive.Record.Error != "" {
		n.more = append(n.more, seen.Gap{Scope: "job/" + SharingJob, Reason: seen.Failed, Detail: n.drive.Record.Error})
		return false
	}
	return n.drive.Who != nil && n.drive.Book != nil
}

// readClasses reads the classes in use, and the titles of their posts, if a clause asks for them.
func (n *namesRun) readClasses(ctx context.Context, in *names.Input) {
	classes := slices.ContainsFunc(n.asks, func(a names.Ask) bool { return a.Classes })
	posts := slices.ContainsFunc(n.asks, func(a names.Ask) bool { return a.Posts })
	if !classes && !posts {
		return
	}
	n.needs("classes", "titles")
	courses, ok := n.Courses(ctx, n.memory, n.Rotation)
	if !ok {
		return
	}
	n.listed = true
	var ours []seen.Course
	for _, c := range courses {
		members, known := n.Members(n.memory, c.ID)
		switch {
		case schoolClass(n.Census, in.Kinds, c, members):
			n.classes[c.ID], ours = c, append(ours, c)
		case !known:
			n.listed = false // it may be the school's
			n.needs("class")
		}
	}
	var titles map[string][]seen.Post
	if posts {
		titles = n.Titled(ctx, ours)
	}
	for _, c := range ours {
		in.Classes = append(in.Classes, names.Class{ID: c.ID, Name: c.Name, Posts: titles[c.ID]})
		n.left.Names["course/"+c.ID], n.left.Links["course/"+c.ID] = "a class", c.Link
		for _, p := range titles[c.ID] {
			subject := moderation.Subject(c.ID, p.ID)
			n.left.Names[subject], n.left.Links[subject] = "a post in a class", p.Link
		}
	}
}

// evidence says what is known about the subject of a finding that the check no longer yields; "" is nothing.
func (n *namesRun) evidence(f *findings.Finding) findings.How {
	if n.res.Doubtful[f.ID] {
		return ""
	}
	kind, course, _ := strings.Cut(f.Subject, "/")
	ask := n.ask(f.Clause, ruleOf(f))
	switch kind {
	case seen.PostBlog:
		return n.blogEvidence(f)
	case "post":
		course, _, _ = moderation.ParseSubject(f.Subject)
		if !ask.Posts {
			return findings.Withdrawn
		}
	case "course":
		if !ask.Classes {
			return findings.Withdrawn
		}
	default:
		return n.fileEvidence(f)
	}
	_, inUse := n.classes[course]
	switch {
	case !inUse && !n.listed:
		return ""
	case !inUse:
		return findings.Withdrawn // archived, deleted or another school's: nobody asks
	case kind == "post" && (n.Missed("titles") || n.Missed(seen.Scope("titles/"+course))):
		return ""
	}
	return findings.Fine
}

// ask is what a clause asks of a rule; it does ask.
func (n *namesRun) ask(clause, rule string) names.Ask {
	return n.asks[slices.IndexFunc(n.asks, func(a names.Ask) bool { return a.Clause == clause && slices.Contains(a.Rules, rule) })]
}

// fileEvidence is the same for what is on Drive.
func (n *namesRun) fileEvidence(f *findings.Finding) findings.How {
	if n.drive == nil || n.drive.Record.Error != "" || n.drive.Who == nil || n.drive.Book == nil ||
		slices.ContainsFunc(n.drive.Record.Gaps, func(g seen.Gap) bool { return g.Scope == "domains" }) { // who is how near was guessed
		return ""
	}
	how, left := n.drive.Book.Fate(f.Subject)
	_, in := n.drive.Book.Has(f.Subject)
	switch {
	case !left && !in:
		return ""
	case left && how != findings.Merged:
		return how
	}
	return findings.Fine
}

// namedSubjects are what findings on names are about that are not closed.
func namedSubjects(ctx context.Context, k *findings.Keeper) (map[string]bool, error) {
	current, err := k.Current(ctx, names.Means)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, f := range current {
		out[f.Subject] = true
	}
	return out, nil
}

// namesUnknown says in words what the check could not tell, of titles and, where there are any, of posts on blogs.
func namesUnknown(u names.Unknown, deals string, blogs bool) Unknown {
	where := "Titles"
	if blogs {
		where = "Titles and blogs"
	}
	out := Unknown{Means: names.Means, Clause: u.Clause, Rule: u.Rule, Count: u.Count, Deals: deals}
	switch u.Why {
	case names.SameAsAdult:
		out.What = "Whether " + quantity.Of(u.Count, "title names", "titles name") + " a pupil"
		if blogs {
			out.What = "Whether " + quantity.Of(u.Count, "title or post on a blog names", "titles or posts on blogs name") + " a pupil"
		}
		out.Why = "an adult at school has the same name"
	case names.NoFullName:
		out.What = where + " with the name of " + quantity.Of(u.Count, "pupil", "pupils")
		out.Why = "neither the account nor the roll has both a first and a last name that can be looked for"
	case names.OnlyFull:
		out.What = where + " with the first name alone of " + quantity.Of(u.Count, "pupil", "pupils")
		out.Why = "a first name that is very short, or a word as well, is looked for together with the last name only"
	}
	return out
}
