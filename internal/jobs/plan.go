package jobs

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/checks/accounts"
	"esafetybot/internal/checks/pupilemail"
	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/remedies"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// planner turns open findings into the changes that the policy calls for.
type planner struct {
	Env
	*Seen
	who     *school.Directory
	shares  map[string]seen.Share // by subject, of what may be changed
	drivers map[string]string     // shared drive → account id of a manager
	held    incidents.Frozen      // what must be left as it is
	blogs   *moderation.Book      // nil where the policy asks for no blogs
	stops   map[string]bool       // findings of which whoever shared it says that it may stop
}

// proposals yields every change that is called for now.
func (p *planner) proposals(ctx context.Context) iter.Seq2[actions.Proposal, error] {
	return func(yield func(actions.Proposal, error) bool) {
		for _, check := range Looking {
			if !p.ran(check) {
				continue // what is open is not known to be as it was
			}
			k := &findings.Keeper{Store: p.Store}
			called := p.called(check)
			for f, err := range k.List(ctx, check, findings.Open) {
				if err != nil {
					yield(actions.Proposal{}, err)
					return
				}
				m, ok := called[f.Clause+" "+f.Rule]
				if !ok || f.Missing {
					continue
				}
				for _, c := range p.changes(ctx, f, m) {
					if p.held.Frozen(c.Subjects(f.Subject)...) {
						continue // proposed once it no longer has to stay as it is
					}
					if !yield(actions.Proposal{
						Finding: f.ID, Opened: f.Opened, Clause: f.Clause, Rule: f.Rule, Subject: f.Subject, Facts: f.Facts, Severity: f.Severity,
						Change: c, Auto: m.OutcomeOf(ruleOf(f)) == policy.Fix && !p.goesFurther(f, m), Notice: p.notice(c),
					}, nil) {
						return
					}
				}
			}
		}
	}
}

// ran tells whether a looking job ran in this process and came to its end.
func (p *planner) ran(check string) bool {
	if check == SharingJob {
		return p.Sharing != nil && p.Sharing.Record.Error == "" && p.Sharing.Who != nil && p.Sharing.Book != nil
	}
	return p.Looks[check] != nil && p.Looks[check].Record.Error == "" && p.Census.Who() != nil
}

// called lists the clauses and rules of a check that call for a change.
func (p *planner) called(check string) map[string]policy.Means {
	out := map[string]policy.Means{}
	for _, m := range means(p.Policy, check) {
		for _, r := range m.Rules() {
			if m.OutcomeOf(r) != policy.Report {
				out[m.ID+" "+check+"."+r] = m.Means
			}
		}
	}
	return out
}

// changes are what is to be done about a finding; nothing where no API can.
func (p *planner) changes(ctx context.Context, f *findings.Finding, m policy.Means) []actions.Change {
	if w, ok := m.With.(*policy.SharingWith); ok {
		return p.sharingChanges(ctx, f, w)
	}
	id := idOf(f)
	person, ok := p.Census.People()[id]
	if !ok {
		return nil
	}
	var out []actions.Change
	switch f.Rule {
	case accounts.Means + "." + accounts.LeaverActive, accounts.Means + "." + accounts.NotOnRoll:
		out = append(out, remedies.SwitchOff(id))
	case accounts.Means + "." + accounts.OutsideRecovery:
		out = append(out, remedies.RemoveRecovery(id, person.Recovery))
	case accounts.Means + "." + accounts.RiskyApp:
		for _, fact := range f.Facts {
			app, _, _ := strings.Cut(strings.TrimPrefix(fact, "app/"), " ")
			out = append(out, remedies.RevokeApp(id, app))
		}
	case accounts.Means + "." + accounts.WrongUnit:
		w, _ := m.With.(*policy.AccountsWith)
		for _, fact := range f.Facts {
			if year, ok := strings.CutPrefix(fact, "year "); ok && w != nil && w.YearUnits[year] != "" {
				out = append(out, remedies.MoveUser(id, person.Unit, w.YearUnits[year]))
			}
		}
	case pupilemail.Means + "." + pupilemail.On:
		if w, ok := m.With.(*policy.PupilEmailWith); ok {
			if to, ok := w.MoveFrom(person.Unit); ok && !strings.EqualFold(to, person.Unit) {
				out = append(out, remedies.MoveUser(id, person.Unit, to))
			}
		}
	case pupilemail.Means + "." + pupilemail.AccessGroup:
		for _, fact := range f.Facts {
			for _, group := range p.through(strings.TrimPrefix(fact, "group/"), person.Address) {
				out = append(out, remedies.LeaveGroup(group, id))
			}
		}
	}
	return out
}

// noticeFor is how long before a change of their file's sharing its owner hears of it.
const noticeFor = 24 * time.Hour

// notice is how long a change that is approved has to wait, so that the owner of a file hears of it first. Pupils are not written to.
func (p *planner) notice(c actions.Change) time.Duration {
	if c.Params["file"] == "" || p.who == nil {
		return 0
	}
	for _, id := range c.Concerns {
		if a, ok := p.who.AccountByID(id); ok && a.Active() && adults(p.Policy, p.who)[a.ID] {
			return noticeFor
		}
	}
	return 0
}

// through lists the groups by which somebody is in a group: itself, and those nested in it of which they are a direct member.
func (p *planner) through(group, address string) []string {
	g, ok := p.who.GroupByID(group)
	if !ok {
		return nil
	}
	var out []string
	p.who.Nested(g, func(n *school.Group) {
		for _, m := range n.Members {
			if a, ok := p.who.Account(m.Address); ok && m.Type != "GROUP" && a.Address == address {
				out = append(out, n.ID)
				return
			}
		}
	})
	slices.Sort(out)
	return out
}

// goesFurther tells whether more is called for than the policy says, since whoever shared it wants it stopped: that takes a person's approval.
func (p *planner) goesFurther(f *findings.Finding, m policy.Means) bool {
	w, ok := m.With.(*policy.SharingWith)
	return ok && p.stops[f.ID] && w.Remedy != policy.RemedyRemove
}

// sharingChanges takes away, narrows or ends what a finding on sharing is about; it takes away what whoever shared it says is not needed.
func (p *planner) sharingChanges(ctx context.Context, f *findings.Finding, w *policy.SharingWith) []actions.Change {
	s, ok := p.shares[f.Subject]
	if !ok {
		return nil
	}
	file := remedies.File{ID: s.ID, As: s.Owner, Owner: s.Owner}
	if s.Kind == "file" && s.Drive != "" {
		file = remedies.File{ID: s.ID, As: p.manager(ctx, s.Drive)}
		if file.As == "" {
			return nil // nobody can change it from here; the finding says who can
		}
	}
	remedy := w.Remedy
	if p.stops[f.ID] {
		remedy = policy.RemedyRemove
	}
	var out []actions.Change
	for _, g := range s.Grants {
		if !g.IsOwn() || !slices.Contains(f.Facts, sharing.Fact(g)) {
			continue
		}
		switch remedy {
		case policy.RemedyNarrow:
			if seen.Rank(g.Own) > seen.Rank("reader") {
				out = append(out, remedies.NarrowGrant(file, g))
			}
		case policy.RemedyExpire:
			// Counted from when it was found, so that the same change is called for every day.
			out = append(out, remedies.ExpireGrant(file, g, f.Opened.AddDate(0, 0, w.ExpireDays)))
		default:
			out = append(out, remedies.DeleteGrant(file, g))
		}
	}
	return out
}

// manager finds an account that manages a shared drive; "" if there is none.
func (p *planner) manager(ctx context.Context, drive string) string {
	if id, ok := p.drivers[drive]; ok {
		return id
	}
	p.drivers[drive] = ""
	members, err := p.Google.DriveMembers(ctx, drive)
	if err != nil {
		return ""
	}
	for _, g := range members {
		if a, ok := p.who.Account(g.Address); ok && g.Type == "user" && g.Role == "organizer" && a.Active() {
			p.drivers[drive] = a.ID
			break
		}
	}
	return p.drivers[drive]
}

// load keeps the shares that findings which call for a change are about.
func (p *planner) load(ctx context.Context) error {
	p.shares, p.drivers = map[string]seen.Share{}, map[string]string{}
	var err error
	if p.held, err = (&incidents.Log{Store: p.Store}).Holds(ctx); err != nil {
		return err
	}
	p.who = p.Census.Who()
	if asksFor(p.Policy, policy.PlaceBlogs) {
		if p.blogs, err = moderation.Open(ctx, p.Store); err != nil {
			return err
		}
	}
	if !p.ran(SharingJob) {
		return nil
	}
	if p.who == nil {
		p.who = p.Sharing.Who
	}
	called := p.called(SharingJob)
	if len(called) == 0 {
		return nil
	}
	if p.stops, err = stops(ctx, p.Store, p.Sharing.Keeper); err != nil {
		return err
	}
	wanted := map[string]bool{}
	for f, err := range p.Sharing.Keeper.List(ctx, sharing.Means, findings.Open) {
		if err != nil {
			return err
		}
		if _, ok := called[f.Clause+" "+f.Rule]; ok {
			wanted[f.Subject] = true
		}
	}
	for s, err := range p.Sharing.Book.All(ctx) {
		if err != nil {
			return err
		}
		if wanted[s.Subject()] && s.Tree == "" {
			p.shares[s.Subject()] = s
		}
	}
	return nil
}

// uncalled says why an action that waits is called for no longer; "" if it still is.
func (p *planner) uncalled(ctx context.Context, a *actions.Action) (string, error) {
	if a.Kind == remedies.KindComment {
		return p.unwished(a), nil
	}
	check := findings.Means(a.Rule)
	k := &findings.Keeper{Store: p.Store}
	f, err := k.Get(ctx, a.Finding)
	switch {
	case err != nil:
		return "", err
	case f.Status == findings.Resolved:
		return "it was put right", nil
	case f.Status == findings.Accepted:
		return "it was agreed until " + f.Agreed.Until.In(p.Policy.School.Location).Format("2 January 2006"), nil
	}
	m, ok := p.called(check)[a.Clause+" "+a.Rule]
	if !ok {
		return "the policy no longer asks for it", nil
	}
	if !p.ran(check) {
		return "", nil
	}
	for _, c := range p.changes(ctx, f, m) {
		if actions.ID(f.ID, f.Opened, c) == a.ID {
			return "", nil
		}
	}
	return "another change is called for now", nil
}

// limit is the brake of a kind of change: the tightest of those that the policy names.
func (p *planner) limit(kind string) actions.Limit {
	l := actions.Limit{Population: p.population()}
	for _, check := range Looking {
		for _, m := range means(p.Policy, check) {
			if m.WhenNotMet != policy.Fix {
				continue
			}
			if l.Changes == 0 || m.Brake.MaxChanges < l.Changes {
				l.Changes = m.Brake.MaxChanges
			}
			if l.Share == 0 || m.Brake.MaxShare < l.Share {
				l.Share = m.Brake.MaxShare
			}
		}
	}
	return l
}

// population is how many accounts the school has: every kind of change is about somebody's account or files.
func (p *planner) population() int {
	if p.who == nil {
		return 0
	}
	n := 0
	for _, a := range p.who.Accounts() {
		if p.who.Ours(a.Address) {
			n++
		}
	}
	return n
}

// halt says why nothing at all is to be changed now; "" if all is well. What was read looks suspicious: a job stopped, there are no pupils, or a unit that the
// policy names is gone.
func (p *planner) halt(ctx context.Context) (string, error) {
	for _, job := range Looking {
		if !Asked(p.Policy, job) {
			continue
		}
		r, err := Latest(ctx, p.Store, job)
		if err != nil {
			return "", err
		}
		if look := p.Looks[job]; look != nil {
			r = look.Record
		}
		if r != nil && r.Error != "" {
			return "the job " + job + " stopped: " + r.Error, nil
		}
	}
	if !p.Census.Directory(ctx) {
		return "the list of accounts could not be read", nil
	}
	pupils := 0
	for _, a := range p.Census.Who().Accounts() {
		if inPupils(p.Policy, a) {
			pupils++
		}
	}
	if pupils == 0 && len(p.Policy.Pupils.OrgUnits) > 0 {
		return "there is not one pupil's account in " + strings.Join(p.Policy.Pupils.OrgUnits, " or "), nil
	}
	if units := p.Census.Units(ctx); len(units) > 0 {
		for _, want := range slices.Concat(p.Policy.Pupils.OrgUnits, p.Policy.Staff.OrgUnits) {
			if !slices.ContainsFunc(units, func(u seen.Unit) bool { return strings.EqualFold(u.Path, want) }) {
				return fmt.Sprintf("the unit %s, which the policy names, is not there any more", want), nil
			}
		}
	}
	return "", nil
}

// patience is how long a run waits for a change to show before it leaves that to the next run.
func patience(env Env) []time.Duration {
	if env.Patience != nil {
		return env.Patience
	}
	return actions.Patience
}

// MayChange tells whether a policy calls for any change, or lets people make some: without either the program asks for no right to make any.
func MayChange(p *policy.Policy) bool {
	for _, check := range Looking {
		for _, m := range means(p, check) {
			if m.WhenNotMet != policy.Report {
				return true
			}
		}
	}
	return slices.ContainsFunc(p.Blogs, func(b policy.Blog) bool { return b.Moderate })
}
