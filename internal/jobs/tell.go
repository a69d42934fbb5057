package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/checkins"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/settings"
	"esafetybot/internal/store"
)

// reportKind is the outbox's name of the over-sharing report.
const reportKind = "oversharing"

// tell puts the report into the outbox for each person who deals with what the jobs look at, if there is anything to tell: something new, put right or
// unseen since they were last told, or the day of the weekly report.
func tell(ctx context.Context, env Env, box *outbox.Outbox, t *told) error {
	passed, err := t.passedTo(ctx)
	if err != nil {
		return err
	}
	passed = append(passed, slices.Sorted(maps.Keys(t.untold))...)
	var errs error
	for _, who := range readers(env.Policy, passed...) {
		if err := tellOne(ctx, env, box, t, who); err != nil {
			errs = errors.Join(errs, fmt.Errorf("the report for the %s: %w", env.Policy.Title(who.roles[0]), err))
		}
	}
	return errs
}

// reader is a person with all their roles: one mail, whatever they are.
type reader struct {
	policy.Person
	roles  []policy.Role
	passed bool // findings about comments were passed to them, or what the mail that came back should have told
}

// jobs are the looking jobs whose clauses the person deals with; the workspace administrator, who can put right what could not be read, hears of all.
func (r reader) jobs(p *policy.Policy) []string {
	if slices.Contains(r.roles, policy.RoleAdmin) {
		return Looking
	}
	return slices.DeleteFunc(slices.Clone(Looking), func(job string) bool {
		return !(r.passed && job == CommentsJob) && !slices.ContainsFunc(meansOfJob(p, job), func(m clauseMeans) bool {
			return slices.ContainsFunc(p.Dealers(m.Clause, m.Means), func(role policy.Role) bool { return slices.Contains(r.roles, role) })
		})
	})
}

// readers lists who deals with any clause that the jobs look at, the workspace administrator first, and to whom something was passed.
func readers(p *policy.Policy, passed ...policy.Role) []reader {
	roles := []policy.Role{policy.RoleAdmin}
	for _, role := range passed {
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	for _, job := range Looking {
		for _, m := range meansOfJob(p, job) {
			for _, role := range p.Dealers(m.Clause, m.Means) {
				if !slices.Contains(roles, role) {
					roles = append(roles, role)
				}
			}
		}
	}
	out := players(p, roles)
	for i := range out {
		out[i].passed = slices.ContainsFunc(out[i].roles, func(r policy.Role) bool { return slices.Contains(passed, r) })
	}
	return out
}

// passedTo lists the roles to which findings about comments went that their clause gives to somebody else: what waited too long, and what whoever deals with it did themselves.
func (t *told) passedTo(ctx context.Context) ([]policy.Role, error) {
	var out []policy.Role
	for f, err := range t.Keeper.List(ctx, comments.Means, findings.Open) {
		if err != nil {
			return nil, err
		}
		if role := policy.Role(f.Deals); !slices.Contains(out, role) && !role.PerClass() {
			out = append(out, role)
		}
	}
	return out, nil
}

// players lists who plays any of some roles, each person once with all of them.
func players(p *policy.Policy, roles []policy.Role) []reader {
	var out []reader
	for _, r := range roles {
		for _, person := range p.Person(r) {
			i := slices.IndexFunc(out, func(x reader) bool { return x.Address == person.Address })
			if i < 0 {
				out = append(out, reader{Person: person})
				i = len(out) - 1
			}
			out[i].roles = append(out[i].roles, r)
		}
	}
	return out
}

func tellOne(ctx context.Context, env Env, box *outbox.Outbox, t *told, who reader) error {
	now := t.now
	if !slices.ContainsFunc(who.jobs(env.Policy), func(job string) bool { return t.records[job] != nil }) {
		return nil // nothing that they deal with was looked at yet
	}
	if !t.in(env.Policy, who.Person) {
		return nil // nobody's ordinary mail goes on a day they are not in: the rest then
	}
	if had, err := box.HadToday(ctx, who.Address, now); err != nil || had {
		return err // told today: the rest tomorrow, and to gather it takes long
	}
	mark, err := box.Mark(ctx, who.Address, reportKind)
	if err != nil {
		return err
	}
	data, err := gather(ctx, env, t, who, mark.UpTo)
	if err != nil {
		return err
	}
	loc := env.Policy.School.Location
	local := now.In(loc)
	data.Weekly = !env.Policy.Mail.NoWeekly && mark.At.Before(lastWeekly(local, env.Policy.Mail.Weekly))
	day := local.Format(time.DateOnly)
	name := "sharing-" + day + ".csv"
	if env.Policy.Mail.AttachCSV || env.Beside {
		data.List = reports.List{Name: name, Attached: env.Policy.Mail.AttachCSV}
	}
	wide := "accounts-" + day + ".csv"
	data.Wider = slices.ContainsFunc(Looking, func(job string) bool { return job != SharingJob && t.records[job] != nil })
	if data.List.Name != "" && data.Wider {
		data.Accounts = reports.List{Name: wide, Attached: env.Policy.Mail.AttachCSV}
	}
	data.MayChange = MayChange(env.Policy)
	if data.Waiting, err = t.waiting(ctx, env, who.Address); err != nil {
		return err
	}
	if data.Posts, err = t.postsFor(ctx, env, who.Address); err != nil {
		return err
	}
	for _, role := range who.roles {
		data.Untold = append(data.Untold, t.untold[role]...)
	}
	if t.hearsOfReturned(env.Policy, who) {
		data.Returned = t.returned(env)
	}
	if data.Asks, err = t.asksOf(ctx, env, who); err != nil {
		return err
	}
	id := personID(t.Who, who.Address)
	data.Reminded = t.rem.lines(id)
	self, err := t.neededFor(ctx, env, who, &data)
	if err != nil {
		return err
	}
	r, err := reports.Oversharing(data)
	if err != nil {
		return err
	}
	if c := r.Counts; c.New+c.StillOpen+c.PutRight+c.Gaps+c.Unclear+len(data.Untold)+len(data.Returned) == 0 && len(data.Asks)+len(data.Reminded) > 0 && !slices.Contains(who.roles, policy.RoleAdmin) {
		return t.askOne(ctx, env, box, who) // a question or a reminder, and nothing to report
	}
	told := !mark.UpTo.IsZero()
	if r.Empty && !slices.Contains(who.roles, policy.RoleAdmin) {
		return nil // who deals with little hears only when there is something
	}
	if told && !data.Weekly && r.Hash == mark.Hash && r.Counts.New == 0 && r.Counts.PutRight == 0 {
		if t.rem.ripe(id) {
			return t.askOne(ctx, env, box, who)
		}
		return nil
	}
	letter := outbox.Letter{
		To: netmail.Address{Name: who.Name, Address: who.Address}, Kind: reportKind, Period: day,
		UpTo: now, Hash: r.Hash, Subject: r.Subject, HTML: r.HTML, Text: r.Text,
	}
	list := []mail.Attachment{{Name: name, Type: "text/csv; charset=utf-8", Data: r.CSV}}
	if r.Matters != nil {
		list = append(list, mail.Attachment{Name: wide, Type: "text/csv; charset=utf-8", Data: r.Matters})
	}
	if env.Policy.Mail.AttachCSV {
		letter.Attach = list
	} else {
		letter.Beside = list
	}
	b := &store.Batch{}
	_, err = box.Put(ctx, b, now, letter)
	if errors.Is(err, outbox.ErrExists) || errors.Is(err, outbox.ErrToday) {
		return nil // told today: the rest tomorrow
	}
	if err == nil && self != "" {
		err = t.asking.told(b, self)
	}
	if err == nil {
		err = t.rem.told(b, id)
	}
	if err != nil {
		return err
	}
	return t.rem.commit(ctx, t.lease, b)
}

// in tells whether a person is in on the day: on one of their days, by whichever address of theirs the policy names them, or on any working day if it names none.
func (t *told) in(p *policy.Policy, who policy.Person) bool {
	days := p.DaysIn(who)
	if t.Who != nil {
		if a, known := t.Who.Account(strings.ToLower(who.Address)); known {
			days = daysOf(p, a)
		}
	}
	day := p.Calendar.Date(t.now)
	return (len(days) == 0 || slices.Contains(days, day.Weekday())) && p.Calendar.IsWorkingDay(day)
}

// lastWeekly is the beginning of the last day on which the weekly report was due; today counts.
func lastWeekly(local time.Time, day time.Weekday) time.Time {
	back := (int(local.Weekday()) - int(day) + 7) % 7
	return time.Date(local.Year(), local.Month(), local.Day()-back, 0, 0, 0, 0, local.Location())
}

// gather looks up, for one reader, all that the report shows.
func gather(ctx context.Context, env Env, t *told, who reader, since time.Time) (reports.OversharingInput, error) {
	p, out := env.Policy, t.Outcome
	in := reports.OversharingInput{
		School: p.School.Name, Titles: reports.Titles{ESafetyOfficer: p.Title(policy.RoleOfficer)}, Reader: who.Name, Address: who.Address, Site: env.BaseURL, NotTheirs: !p.Plays(who.Address, policy.Deciders...),
		Now: t.now, Location: p.School.Location, Since: since, FirstDay: since.IsZero(), Policy: p.Version,
	}
	g := t.gatherer(env, &in)
	if err := g.proposed(ctx); err != nil {
		return in, err
	}
	if out.Who != nil {
		in.Mask = mask(p, out.Who)
		in.Totals = reports.Totals{Groups: len(out.Who.Groups()), Files: 0}
		for _, a := range out.Who.Accounts() {
			if out.Who.Ours(a.Address) {
				in.Totals.People++
			}
		}
	}
	for _, c := range p.Clauses {
		if !slices.ContainsFunc(c.MetBy, policy.Means.Built) {
			in.NotLooked = append(in.NotLooked, reports.Clause{ID: c.ID, Says: c.Says})
		}
	}
	looked := who.jobs(p)
	if slices.Contains(who.roles, policy.RoleAdmin) {
		looked = append(slices.Clone(looked), ReturnsJob)
	}
	for _, gap := range t.gaps(looked) {
		in.NotSeen = append(in.NotSeen, g.gap(gap))
	}
	for _, what := range p.NotSeen {
		// What names a scope ("drive/0A…") says that a gap is expected; it is told with the gaps.
		if !strings.Contains(what, "/") {
			in.NeverSeen = append(in.NeverSeen, what)
		}
	}
	in.NeverSeen = append(in.NeverSeen, checkins.DojoNever(p)...)
	if env.Sender == "" {
		in.NeverSeen = append(in.NeverSeen, neverReturned)
	}
	for _, m := range means(p, SettingsJob) {
		if w, ok := m.With.(*policy.SettingsWith); ok {
			if _, ask, _ := settings.Baseline(w.Baseline); len(ask) > 0 {
				in.NeverSeen = append(in.NeverSeen, fmt.Sprintf("%d settings of clause %s that Google does not show (“esafetybot policy explain” asks about each)", len(ask), m.ID))
			}
		}
	}
	mine := func(f *findings.Finding) bool { return slices.Contains(who.roles, policy.Role(f.Deals)) }
	if err := g.findings(ctx, mine, since); err != nil {
		return in, err
	}
	return in, g.matters(ctx, who.jobs(p), mine, since)
}

// gatherer looks up, for one message, what findings are about.
func (t *told) gatherer(env Env, in *reports.OversharingInput) gatherer {
	g := gatherer{env: env, told: t, out: t.Outcome, in: in, shares: map[string]seen.Share{}, added: map[string]map[string]bool{}}
	if t.Who != nil {
		g.adults = adults(env.Policy, t.Who)
	}
	return g
}

type gatherer struct {
	*told
	env    Env
	out    *Outcome
	in     *reports.OversharingInput
	shares map[string]seen.Share      // by subject, of what is open
	trees  map[string][]seen.Share    // by subject, of confidential trees
	added  map[string]map[string]bool // finding → facts added since
	adults map[string]bool            // account ids

	changes map[string][]reports.Change // by finding: what the action log says
	names   *reports.Names              // of what is being put into words
	entries *records.Book               // of the lists, for the site alone; nil in mails
}

// currentOf reads the findings of a check that are not closed, once for all who are told of them. Nobody may change them.
func (t *told) currentOf(ctx context.Context, check string) (map[string]*findings.Finding, error) {
	if have := t.found[check]; have != nil {
		return have, nil
	}
	list, err := t.Keeper.Current(ctx, check)
	if err != nil {
		return nil, err
	}
	if t.found == nil {
		t.found = map[string]map[string]*findings.Finding{}
	}
	t.found[check] = list
	return list, nil
}

// picture is what is known of the subjects of findings.
type picture struct {
	shares map[string]seen.Share   // by subject, of what is open
	trees  map[string][]seen.Share // by subject, of confidential trees
	below  map[string]int          // by subject: how many items are below
}

// pictured reads it, once for all who are told of it. Nobody may change it.
func (t *told) pictured(ctx context.Context) (*picture, error) {
	if t.picture != nil {
		return t.picture, nil
	}
	subjects, err := namedSubjects(ctx, t.Keeper)
	if err != nil {
		return nil, err
	}
	current, err := t.currentOf(ctx, sharing.Means)
	if err != nil {
		return nil, err
	}
	for _, f := range current {
		subjects[f.Subject] = true
	}
	pic := &picture{shares: map[string]seen.Share{}, trees: map[string][]seen.Share{}}
	if t.Book != nil {
		for s, err := range t.Book.All(ctx) {
			switch {
			case err != nil:
				return nil, err
			case !subjects[s.Subject()]:
			case s.Tree != "":
				pic.trees[s.Subject()] = append(pic.trees[s.Subject()], s)
			default:
				pic.shares[s.Subject()] = s
			}
		}
		if pic.below, err = t.Book.Below(ctx); err != nil {
			return nil, err
		}
	}
	t.picture = pic
	return pic, nil
}

func (g *gatherer) findings(ctx context.Context, mine func(*findings.Finding) bool, since time.Time) error {
	k := g.out.Keeper
	current, err := g.currentOf(ctx, sharing.Means)
	if err != nil {
		return err
	}
	closed := map[string]findings.Event{}
	again := map[string]bool{}
	for e, err := range k.EventsSince(ctx, sharing.Means, since) {
		if err != nil {
			return err
		}
		if e.To == findings.Resolved {
			closed[e.Finding] = e
		}
		if len(e.Added) > 0 {
			if g.added[e.Finding] == nil {
				g.added[e.Finding] = map[string]bool{}
			}
			for _, a := range e.Added {
				g.added[e.Finding][a] = true
			}
		}
		switch e.How {
		case findings.Again, findings.NewFact, findings.AgreedEnded:
			again[e.Finding] = true
		}
	}
	pic, err := g.pictured(ctx)
	if err != nil {
		return err
	}
	g.shares, g.trees = pic.shares, pic.trees
	ids := make([]string, 0, len(current))
	for id := range current {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		f := current[id]
		if !mine(f) {
			continue
		}
		it := g.item(f)
		it.New = f.Opened.After(since) && !again[f.ID]
		it.Reopened = f.Opened.After(since) && again[f.ID]
		it.Below = pic.below[f.Subject]
		g.in.Items = append(g.in.Items, it)
	}
	for id, e := range closed {
		if current[id] != nil || !e.How.PutRight() {
			continue
		}
		f, err := k.Get(ctx, id)
		if err != nil {
			return err
		}
		if mine(f) && !f.FirstSeen.After(since) { // what came and went between two reports is no news
			g.in.PutRight = append(g.in.PutRight, reports.PutRight{Item: g.item(f), How: how(e.How), When: e.At})
		}
	}
	slices.SortFunc(g.in.PutRight, func(a, b reports.PutRight) int { return strings.Compare(a.ID, b.ID) })
	return nil
}

func how(h findings.How) string {
	switch h {
	case findings.Deleted:
		return reports.HowDeleted
	case findings.InBin:
		return reports.HowInTheBin
	case findings.AccountGone:
		return reports.HowAccountGone
	case findings.Expired:
		return "ended by itself"
	case findings.NotFound:
		return "no longer found anywhere"
	}
	return reports.HowPutRight
}

// mask hides the names of pupils: of everybody who is not known to be an adult, since a leaver's unit does not say what they were.
func mask(p *policy.Policy, who *school.Directory) *reports.Mask {
	grown := adults(p, who)
	var names []reports.PupilName
	for _, a := range who.Accounts() {
		if !grown[a.ID] {
			names = append(names, reports.PupilName{Full: a.Name, Addresses: append([]string{a.Address}, a.Aliases...)})
		}
	}
	for _, name := range who.RollNames {
		names = append(names, reports.PupilName{Full: name})
	}
	return reports.NewMask(names)
}

// adults are the accounts that the policy says are adults': in a unit of staff or others, in a group of others, or named in it.
func adults(p *policy.Policy, who *school.Directory) map[string]bool {
	out := map[string]bool{}
	units := slices.Clone(p.Staff.OrgUnits)
	for _, o := range p.Others {
		if o.OrgUnit != "" {
			units = append(units, o.OrgUnit)
		}
		if g, ok := who.Group(o.Group); ok && o.Group != "" {
			who.Nested(g, func(n *school.Group) {
				for _, m := range n.Members {
					if a, ok := who.Account(m.Address); ok && m.Type != "GROUP" && !inPupils(p, a) {
						out[a.ID] = true
					}
				}
			})
		}
	}
	for _, a := range who.Accounts() {
		if slices.ContainsFunc(units, func(u string) bool { return school.Under(a.Unit, u) }) && !inPupils(p, a) {
			out[a.ID] = true
		}
	}
	for _, people := range p.People {
		for _, person := range people {
			if a, ok := who.Account(person.Address); ok {
				out[a.ID] = true
			}
		}
	}
	return out
}
