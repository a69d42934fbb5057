package jobs

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/checks/accounts"
	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
	"esafetybot/internal/remedies"
	"esafetybot/internal/reports"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// changesShownFor is how long the review site goes on naming a change that is over, so that it can be undone.
const changesShownFor = 30 * 24 * time.Hour

// keepViews writes, for the review site, what the findings and changes are about; nothing where there is no site but what could not be seen ([told.keepHistory]). Words are made anew of what was looked at in this run: what things are
// called is not all known otherwise.
func keepViews(ctx context.Context, env Env, t *told, s *Seen) (err error) {
	if err := t.keepHistory(ctx, env); err != nil || env.Site == nil {
		return err
	}
	in := reports.OversharingInput{Titles: reports.Titles{ESafetyOfficer: env.Policy.Title(policy.RoleOfficer)}, Now: t.now, Location: env.Policy.School.Location, Since: t.now}
	if t.Who != nil {
		in.Mask = mask(env.Policy, t.Who)
	}
	g := t.gatherer(env, &in)
	if g.entries, err = records.Open(ctx, env.Store); err != nil {
		return err
	}
	ran := map[string]bool{} // checks
	for _, job := range Looking {
		switch {
		case t.Who == nil: // without the accounts nobody knows whose names must not be shown: what was there stays
		case job == SharingJob:
			ran[job] = s.Sharing != nil && s.Sharing.Record.Error == "" && t.Book != nil
		default:
			ok := s.Looks[job] != nil && s.Looks[job].Record.Error == "" && (job != NamesJob || ran[SharingJob]) // who owns a file is known from there
			ran[checkOf(job)] = ran[checkOf(job)] || ok
		}
	}
	all := func(*findings.Finding) bool { return true }
	for _, check := range Checks() {
		switch {
		case !ran[check]:
		case check == SharingJob:
			err = g.findings(ctx, all, t.now)
		default:
			err = g.mattersOf(ctx, check, all, t.now)
		}
		if err != nil {
			return err
		}
	}
	current, err := t.current(ctx)
	if err != nil {
		return err
	}
	k := &views.Keeper{Store: env.Store, Commit: t.lease.Commit}
	if err := k.KeepFindings(ctx, g.findingViews(in, current), func(id string) bool { return current[id] != nil }); err != nil {
		return err
	}
	if err := g.changeViews(ctx, k, in, ran); err != nil {
		return err
	}
	if err := t.dropFirsts(ctx, env, current); err != nil {
		return err
	}
	return k.KeepSeen(ctx, g.seenView())
}

// current reads the findings of all checks that are not closed.
func (t *told) current(ctx context.Context) (map[string]*findings.Finding, error) {
	out := map[string]*findings.Finding{}
	for _, check := range Checks() {
		list, err := t.Keeper.Current(ctx, check)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, list)
	}
	return out, nil
}

// dropFirsts forgets first agreements on findings that are not open.
func (t *told) dropFirsts(ctx context.Context, env Env, current map[string]*findings.Finding) error {
	b := &store.Batch{}
	for d, err := range env.Store.Find(ctx, findings.Firsts, store.Ask{}) {
		if err != nil {
			return err
		}
		if f := current[d.Key]; (f == nil || f.Status != findings.Open) && b.Writes() < store.MaxBatchWrites/2 {
			b.Delete(findings.Firsts, d.Key, d.Version)
		}
	}
	if b.Writes() == 0 {
		return nil
	}
	return t.lease.Commit(ctx, b)
}

// findingViews puts what was gathered into words.
func (g *gatherer) findingViews(in reports.OversharingInput, current map[string]*findings.Finding) map[string]*views.Finding {
	out := map[string]*views.Finding{}
	for _, s := range reports.SiteItems(in) {
		f := current[s.ID]
		if f == nil {
			continue
		}
		v := &views.Finding{
			ID: s.ID, Title: s.Title, What: s.What, Details: s.Details, Owner: s.Owner, Unit: s.Unit, Remark: s.Remark, Why: s.Why, Do: s.Do, Where: s.Where, Link: s.Link,
			Concerns: g.concerned(f),
		}
		v.Ask, v.NotAsk = g.askable(f)
		v.Above = g.above(f)
		if len(s.Who) == len(f.Facts) { // one grant a fact
			for i, who := range s.Who {
				fact, _, _ := strings.Cut(f.Facts[i], " ")
				v.With = append(v.With, views.With{Fact: fact, Who: who, Domain: s.Domains[i]})
			}
		}
		out[s.ID] = v
	}
	return out
}

// above lists the folders in which lies what a finding is about.
func (g *gatherer) above(f *findings.Finding) []string {
	if s := g.shares[f.Subject]; len(s.Above) > 0 {
		return s.Above
	}
	for _, s := range g.trees[f.Subject] {
		if len(s.Above) > 0 {
			return s.Above
		}
	}
	return nil
}

// concerned lists whose account a finding is about, who owns what it is about, and who did what it tells of. They do not judge it.
func (g *gatherer) concerned(f *findings.Finding) []string {
	var out []string
	if id, ok := strings.CutPrefix(f.Subject, "user/"); ok {
		out = append(out, id)
	}
	if s, ok := g.shares[f.Subject]; ok && s.Owner != "" {
		out = append(out, s.Owner)
	}
	for _, s := range g.trees[f.Subject] {
		if s.Owner != "" {
			out = append(out, s.Owner)
		}
	}
	if findings.Means(f.Rule) != sharing.Means { // there user/… is whom it is shared with
		for _, fact := range f.Facts {
			word, _, _ := strings.Cut(fact, " ")
			if kind, id, ok := strings.Cut(word, "/"); ok && slices.Contains([]string{"user", "by", "teacher"}, kind) {
				out = append(out, id)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// changeViews puts every change that is not long over into words, anew where its check ran.
func (g *gatherer) changeViews(ctx context.Context, k *views.Keeper, in reports.OversharingInput, ran map[string]bool) error {
	if g.out.Who == nil {
		return nil
	}
	had, err := views.AllChanges(ctx, k.Store)
	if err != nil {
		return err
	}
	found, err := views.AllFindings(ctx, k.Store)
	if err != nil {
		return err
	}
	var list []reports.ChangeWords
	of := map[string]string{} // change → finding
	now := map[string]*views.Change{}
	for a, err := range Actions(g.env, "", nil).List(ctx, actions.States...) {
		if err != nil {
			return err
		}
		over := slices.Contains([]actions.State{actions.Done, actions.Undone, actions.Declined, actions.Withdrawn}, a.State)
		switch was := had[a.ID]; {
		case over && a.Changed.Before(g.now.Add(-changesShownFor)):
		case was != nil && (over || !ran[findings.Means(a.Rule)]):
			now[a.ID] = was // what is over is called what it was called then
		default:
			g.names = &reports.Names{}
			said := remedies.Say(a.Kind, g.actionNames(a))
			list, of[a.ID] = append(list, reports.ChangeWords{ID: a.ID, Will: said.Will, Did: said.Did, Undo: said.Undo, Names: g.names}), a.Finding
		}
	}
	for _, c := range reports.SiteChanges(in, list) {
		v := &views.Change{ID: c.ID, Will: c.Will, Did: c.Did, Undo: c.Undo}
		if f := found[of[c.ID]]; f != nil {
			v.Title, v.Link = f.Title, f.Link
		} else if was := had[c.ID]; was != nil { // its finding is closed by now
			v.Title, v.Link = was.Title, was.Link
		}
		now[c.ID] = v
	}
	return k.KeepChanges(ctx, now, nil)
}

// seenView says of each job when it ran, and what could not be seen, with the clauses that rest on it.
func (g *gatherer) seenView() *views.Seen {
	out := &views.Seen{Jobs: map[string]views.Job{}}
	for _, job := range Looking {
		r := g.records[job]
		if r == nil {
			continue
		}
		name := checkOf(job)
		if job == RecordsJob {
			name = job // the incident log's job keeps findings of the same check
		}
		out.Jobs[name] = views.Job{At: r.Started, Stopped: r.Error != ""}
	}
	list := g.unseen()
	in := *g.in
	in.Returned = g.returned(g.env)
	for _, r := range reports.SiteReturned(in) {
		out.Returned = append(out.Returned, views.Returned{Who: r.What, Why: r.Why, Do: r.Do})
	}
	if g.env.Sender == "" {
		out.Never = []string{neverReturned}
	}
	out.Unseen = g.unseenWords(in, list)
	return out
}

// unseen is something that the newest runs could not see, with the clauses that rest on it.
type unseen struct {
	gap     reports.Gap
	clauses []string
}

// unseen lists what the newest runs could not see.
func (g *gatherer) unseen() []*unseen {
	p := g.env.Policy
	var list []*unseen
	by := map[string]*unseen{}
	add := func(key string, gap func() reports.Gap, clauses ...string) {
		u := by[key]
		if u == nil {
			u = &unseen{gap: gap()}
			by[key], list = u, append(list, u)
		}
		for _, c := range clauses {
			if !slices.Contains(u.clauses, c) {
				u.clauses = append(u.clauses, c)
			}
		}
	}
	for _, job := range Looking {
		if g.records[job] == nil {
			continue
		}
		for _, gap := range g.gaps([]string{job}) {
			asked := meansOfJob(p, job)
			if job == AccountsJob {
				asked = slices.Concat(asked, accessMeans(p))
			}
			for _, m := range asked {
				if rests(job, m.Means, gap.Scope) {
					add(string(gap.Scope), func() reports.Gap { return g.gap(gap) }, m.ID)
				}
			}
		}
		if look := g.looks[job]; look != nil {
			for _, u := range look.Unknown {
				x := unclear(u)
				add("unclear "+u.Rule+" "+u.What, func() reports.Gap { return reports.Gap{What: x.What, Why: x.Why} }, u.Clause)
			}
		}
	}
	for _, gap := range g.gaps([]string{ReturnsJob}) {
		add(string(gap.Scope), func() reports.Gap { return g.gap(gap) })
	}
	return list
}

// unseenWords puts what could not be seen into the words of the report, masked.
func (g *gatherer) unseenWords(in reports.OversharingInput, list []*unseen) []views.Unseen {
	var out []views.Unseen
	for _, u := range list {
		in.NotSeen = append(in.NotSeen, u.gap)
	}
	for i, x := range reports.SiteGaps(in) {
		out = append(out, views.Unseen{Clauses: list[i].clauses, What: x.What, Why: x.Why, Do: x.Do, Link: x.Link})
	}
	return out
}

// keepHistory notes what could not be seen, if that has changed since it was noted last, and anything was looked at at all. What is somebody's is told without their name: this is kept for long.
func (t *told) keepHistory(ctx context.Context, env Env) error {
	if len(t.records) == 0 {
		return nil
	}
	in := reports.OversharingInput{Now: t.now, Location: env.Policy.School.Location}
	if t.Who != nil {
		in.Mask = mask(env.Policy, t.Who)
	}
	g := t.gatherer(env, &in)
	list := g.unseen()
	for _, u := range list {
		if u.gap.What == driveOf {
			u.gap.What, u.gap.Owner = "The Drive of an account", reports.Person{}
		}
	}
	out := &views.Told{At: t.now, Returned: len(t.returned(env))}
	for _, u := range g.unseenWords(in, list) {
		out.Add(u)
	}
	if env.Sender == "" {
		out.Never = []string{neverReturned}
	}
	return (&views.Keeper{Store: env.Store, Commit: t.lease.Commit}).KeepHistory(ctx, out)
}

// restsOn says which rules on accounts rest on a kind of scope; on what is not named rest all.
var restsOn = map[string][]string{
	"roles":         {accounts.AdminRole},
	"usage":         {accounts.WeakPassword},
	"apps":          {accounts.RiskyApp},
	"log/token":     {accounts.RiskyApp},
	"log/login":     {accounts.PasswordAge, accounts.WeakPassword, accounts.SuspiciousLogin, accounts.OutsideForwarding},
	"log/admin":     {accounts.PasswordAge, accounts.WeakPassword, accounts.SuspiciousLogin},
	"forwarding":    {accounts.OutsideForwarding},
	"classes":       classRules,
	"class":         classRules,
	"log/classroom": classRules,
	"domains":       {accounts.OutsideRecovery, accounts.OutsideForwarding, accounts.OutsiderInClass, accounts.OtherSchool},
}

var classRules = []string{accounts.OldClass, accounts.ClassWithoutTeacher, accounts.OutsiderInClass, accounts.OtherSchool}

// rests tells whether what a means finds rests on a scope that its job could not see.
func rests(job string, m policy.Means, s seen.Scope) bool {
	if s == dojoMailScope {
		return restsOnDojo(m)
	}
	if job != AccountsJob {
		return true
	}
	if m.Kind == policy.Record { // the access record: who has what is read live, and the log only tells when it was granted, and by whom
		return s.Kind() != "log" && !slices.Contains([]string{"usage", "apps", "forwarding"}, s.Kind())
	}
	rules, known := restsOn[string(s)]
	if !known {
		rules, known = restsOn[s.Kind()]
	}
	return !known || slices.ContainsFunc(m.Rules(), func(r string) bool { return slices.Contains(rules, r) })
}
