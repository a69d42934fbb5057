package jobs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// longestAgreement is for how many days something may be agreed at a time.
const longestAgreement = 366

// Why a decision on findings and changes does not count, in words for the one who made it. They name nobody.
const (
	notSelf     = "it concerns your own account, files or doing: it goes to the headteacher, and the headteacher's own to the chair of governors"
	notSame     = "it has changed since it was looked at"
	notOpen     = "it is not open any more"
	notAgreed   = "no agreement on it is in force"
	notShown    = "it was not on the site yet"
	notAsked    = "it asks nothing of anybody, so there is nothing to agree to"
	notThatLong = "the date was over, or more than a year away"
	noneOfThem  = "none of it could be taken up"
)

// judge judges what people decided about findings and changes.
type judge struct {
	*look
	kinds  *school.Kinds
	keep   *findings.Keeper
	heads  []string // Directory ids of the headteacher's accounts
	run    findings.Run
	commit func(context.Context, *store.Batch) error // with the lease
}

// newJudge knows who is who now; nil if the Directory cannot be read: then what was decided waits.
func newJudge(ctx context.Context, env Env, s *Seen, run string, commit func(context.Context, *store.Batch) error) *judge {
	if !s.Census.Directory(ctx) {
		return nil
	}
	j := &judge{
		look: &look{Env: env, Census: s.Census}, kinds: s.Census.Kinds(ctx), keep: &findings.Keeper{Store: env.Store, Commit: commit},
		run: findings.Run{ID: run, Policy: env.Policy.Version, Now: s.Census.Now}, commit: commit,
	}
	for _, p := range env.Policy.Person(policy.RoleHead) {
		if a, ok := s.Census.Who().Account(strings.ToLower(p.Address)); ok {
			j.heads = append(j.heads, a.ID)
		}
	}
	return j
}

// opened lists what waits to be judged, and the judge; a nil judge has nothing to do.
func opened(ctx context.Context, env Env, s *Seen, run string, commit func(context.Context, *store.Batch) error, kinds ...string) (*judge, *decisions.Tray, error) {
	if env.Site == nil {
		return nil, nil, nil
	}
	tray, err := decisions.Open(ctx, env.Site, env.Store, kinds...)
	if err != nil || len(tray.Waiting) == 0 {
		return nil, nil, err
	}
	j := newJudge(ctx, env, s, run, commit)
	return j, tray, ctx.Err()
}

// takeUpAgreements takes up what people agreed to, whom they want asked whether something is still needed, and what those answered.
func takeUpAgreements(ctx context.Context, env Env, s *Seen, run string, commit func(context.Context, *store.Batch) error) error {
	j, tray, err := opened(ctx, env, s, run, commit, decisions.Agree, decisions.EndAgree, decisions.AskOwner, decisions.OwnerAnswer)
	if j == nil || err != nil {
		return err
	}
	for _, d := range tray.Waiting {
		b := &store.Batch{}
		said, err := j.findings(ctx, b, d)
		if err != nil {
			return err
		}
		if err := tray.Settle(ctx, d, said, b, commit); err != nil {
			return err
		}
	}
	return nil
}

// findings adds to a batch what a decision changes, and says what counts of it.
func (j *judge) findings(ctx context.Context, b *store.Batch, d decisions.Decision) (decisions.Judgement, error) {
	out := decisions.Judgement{At: j.Now}
	if !j.wellMade(d) {
		out.Why = notForm
		return out, nil
	}
	by, ok := j.decider(j.kinds, d.By, d.At)
	if !ok {
		out.Why = notKnown
		return out, nil
	}
	refused := map[string]string{}
	for _, pick := range d.Findings {
		one := j.one
		if d.Do == decisions.OwnerAnswer {
			one = j.answered
		}
		why, err := one(ctx, b, by, d, pick)
		if err != nil {
			return out, err
		}
		if why != "" {
			refused[pick.ID] = why
		}
	}
	if out.Counts = len(refused) < len(d.Findings); out.Counts {
		if len(refused) > 0 {
			out.Items = refused
		}
		return out, nil
	}
	out.Why = refused[d.Findings[0].ID]
	for _, why := range refused {
		if why != out.Why {
			out.Why, out.Items = noneOfThem, refused
			break
		}
	}
	return out, nil
}

// finding reads what a decision is about; nil if there is no such finding.
func (j *judge) finding(ctx context.Context, id string) (*findings.Finding, error) {
	if !isKey(id) {
		return nil, nil
	}
	f, err := j.keep.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return f, err
}

// one adds to a batch what a decision changes about one finding, or says why it does not count.
func (j *judge) one(ctx context.Context, b *store.Batch, by decider, d decisions.Decision, pick decisions.Pick) (string, error) {
	f, err := j.finding(ctx, pick.ID)
	if f == nil {
		return notThere, err
	}
	v, err := views.OfFinding(ctx, j.Store, f.ID)
	switch {
	case err != nil:
		return "", err
	case v == nil && f.Status == findings.Resolved:
		return notOpen, nil
	case v == nil:
		return notShown, nil // whom it concerns is not known
	}
	right := decisions.MayJudge(by.roles, by.accountID(), f.Deals, v.Concerns, j.heads)
	if d.Private || d.Do == decisions.EndAgree && f.Agreed != nil && f.Agreed.Private {
		right = decisions.MayExcept(by.roles, by.accountID(), v.Concerns)
	}
	switch right {
	case decisions.NotTheirs:
		return notTheirs, nil
	case decisions.Self:
		return notSelf, nil
	}
	if d.Do == decisions.AskOwner {
		return j.ask(ctx, b, by, f, v, pick)
	}
	if d.Do == decisions.EndAgree {
		if f.Status != findings.Accepted {
			return notAgreed, nil
		}
		return "", findings.StageEnd(b, j.run, f, j.role(by, f), j.dueOf(f))
	}
	until, why := j.until(d)
	switch {
	case f.Status != findings.Open:
		return notOpen, nil
	case f.Severity == findings.Information:
		return notAsked, nil
	case !slices.Equal(pick.Facts, f.Facts):
		return notSame, nil
	case why != "":
		return why, nil
	}
	a := findings.Agreement{Until: until, By: j.role(by, f), Why: strings.TrimSpace(d.Why), Facts: f.Facts, Private: d.Private,
		Head: slices.ContainsFunc(j.heads, func(h string) bool { return slices.Contains(v.Concerns, h) })}
	if f.Severity != policy.SeverityHigh {
		return "", findings.StageAgree(b, j.run, f, a)
	}
	first, err := j.keep.FirstOf(ctx, f, j.Now)
	if err != nil {
		return "", err
	}
	if first == nil || samePerson(first, d.By) || !first.Until.Equal(a.Until) || first.Private != a.Private { // another date is another proposal, which waits for a second person anew
		return "", j.keep.StageFirst(ctx, b, findings.First{Finding: f.ID, At: d.At.UTC(), ID: d.By.ID, Hash: d.By.Hash, Agreement: a})
	}
	both := first.Agreement
	if both.By += " and " + a.By; both.Why != a.Why {
		both.Why += " / " + a.Why
	}
	if err := findings.StageAgree(b, j.run, f, both); err != nil {
		return "", err
	}
	return "", j.keep.StageNoFirst(ctx, b, f.ID)
}

// samePerson tells whether the first agreement is, or may be, by who confirms.
func samePerson(first *findings.First, by decisions.By) bool {
	return first.ID != "" && first.ID == by.ID || first.Hash == by.Hash
}

// until is when an agreement ends, or why that cannot be.
func (j *judge) until(d decisions.Decision) (time.Time, string) {
	day, err := calendar.ParseDate(d.Until)
	if err != nil {
		return time.Time{}, notForm
	}
	end := day.At(calendar.EndOfDay, 0, j.Env.Policy.School.Location)
	if !end.After(j.Now) || j.Env.Policy.Calendar.Date(d.At).DaysUntil(day) > longestAgreement {
		return end, notThatLong
	}
	return end, ""
}

// wellMade tells whether a decision was made on the site, and not in the future.
func (j *judge) wellMade(d decisions.Decision) bool {
	return d.Check() == nil && !d.At.After(j.Now.Add(time.Minute))
}

// isKey tells whether there can be a document with this id.
func isKey(id string) bool { return store.CheckKey(id) == nil }

// accountID is the decider's Directory id; "" for somebody with an address outside.
func (d decider) accountID() string {
	if d.acc == nil {
		return ""
	}
	return d.acc.ID
}

// role is the role in which somebody agrees: the one who deals with it, or the first of those who lead.
func (j *judge) role(by decider, f *findings.Finding) string {
	if by.plays(policy.Role(f.Deals)) {
		return f.Deals
	}
	for _, r := range append(slices.Clone(policy.Leads), policy.RoleSafeguarding, policy.RoleChair) {
		if by.plays(r) {
			return string(r)
		}
	}
	return ""
}

// dueOf is when a finding that opens again has to be put right; zero where that is not known.
func (j *judge) dueOf(f *findings.Finding) time.Time {
	c, _ := j.Env.Policy.Clause(f.Clause)
	for _, m := range c.MetBy {
		if m.With != nil && m.Name == findings.Means(f.Rule) && slices.Contains(m.Rules(), ruleOf(f)) {
			at, _ := due(j.Env.Policy, j.Now, m, f.Deals) // without term dates there is no deadline, and the run says so
			return at
		}
	}
	return time.Time{}
}
