package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/accounts"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/rolls"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// Accounts looks at accounts, classes and sign-ins.
func Accounts(ctx context.Context, env Env, c *census.Census) (*Look, error) {
	return looked(ctx, env, c, AccountsJob, func(ctx context.Context, l *look) error {
		a := &accountsRun{look: l, asked: map[string]policy.Means{}}
		for _, m := range means(env.Policy, AccountsJob) {
			a.asks = append(a.asks, accountsAsk(m))
			for _, r := range m.Rules() {
				a.asked[m.ID+" "+accounts.Means+"."+r] = m.Means
			}
		}
		return a.run(ctx)
	})
}

type accountsRun struct {
	*look
	asks  []accounts.Ask
	asked map[string]policy.Means // clause and rule
	book  *memory.Book
	in    accounts.Input
}

// asksFor tells whether any clause names one of the rules.
func (a *accountsRun) asksFor(rules ...string) bool {
	return slices.ContainsFunc(a.asks, func(x accounts.Ask) bool {
		return slices.ContainsFunc(x.Rules, func(r string) bool { return slices.Contains(rules, r) })
	})
}

// accountsAsk turns a means of the policy into what the check is asked.
func accountsAsk(m clauseMeans) accounts.Ask {
	w, ok := m.With.(*policy.AccountsWith)
	if !ok {
		return accounts.Ask{}
	}
	ask := accounts.Ask{
		Clause: m.ID, Severity: m.Severity, Deals: string(m.DealsWithIt), Rules: w.Rules, Except: school.Except(w.Except),
		GraceDays: w.GraceDays, QuietWeeks: w.QuietWeeks, StaffDays: w.PasswordDays.Staff, AdminDays: w.PasswordDays.Admins, Admins: w.Admins,
		Accepted: w.Accepted, GenericWords: w.GenericWords, ApprovedApps: w.ApprovedApps, SignInApps: w.SignInApps,
		StaffSteps: w.SecondStep == policy.SecondStepStaff, YearUnits: w.YearUnits, KeepCourses: w.KeepCourses,
	}
	for _, k := range w.Who {
		ask.Who = append(ask.Who, school.Kind(k))
	}
	for _, y := range w.YearRules {
		ask.YearRules = append(ask.YearRules, accounts.YearRule{Years: y.Years, NoAccounts: y.Accounts == policy.YearNone})
	}
	return ask
}

func (a *accountsRun) run(ctx context.Context) (err error) {
	a.needs("users")
	if !a.Directory(ctx) {
		return ctx.Err()
	}
	if a.book, err = memory.Open(ctx, a.Store, a.Now, a.lease.Commit); err != nil {
		return err
	}
	if a.Outside, err = people.Open(ctx, a.Store, a.lease.Commit); err != nil {
		return err
	}
	a.in = accounts.Input{
		Now: a.Now, FirstLook: a.book.First, Calendar: a.Env.Policy.Calendar, Who: a.Who(), Kinds: a.Kinds(ctx), Asks: a.asks, People: a.People(),
		Blind: accounts.Blind{Rules: map[string]bool{}, Subjects: map[string]map[string]bool{}},
	}
	for _, persons := range a.Env.Policy.People {
		for _, p := range persons {
			a.in.Named = append(a.in.Named, p.Address)
		}
	}
	if err := a.rolls(ctx); err != nil {
		return err
	}
	a.gather(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	res := accounts.Check(a.in)
	for _, u := range res.Unknown {
		a.left.Unknown = append(a.left.Unknown, accountsUnknown(u))
	}
	a.parents(ctx, res.Observed)
	if err := a.sync(ctx, accounts.Means, res.Observed, a.asked, a.evidence); err != nil {
		return err
	}
	a.book.Forget(func(id string) bool { p, ok := a.People()[id]; return ok && a.Who().Has(&p.Account) }, a.Env.Policy.Calendar.Date(a.Now))
	if err := a.Outside.Flush(ctx); err != nil {
		return err
	}
	if err := a.accessRecord(ctx); err != nil {
		return err
	}
	return a.book.Flush(ctx)
}

// blind notes that rules cannot be judged when something of the kinds of scope could not be read.
func (a *accountsRun) blind(kinds []string, rules ...string) {
	if !a.asksFor(rules...) {
		return
	}
	a.needs(kinds...)
	if a.Blind(kinds...) {
		for _, r := range rules {
			a.in.Blind.Rules[r] = true
		}
	}
}

// gather reads what the rules need, each source only if a clause asks for a rule that rests on it.
func (a *accountsRun) gather(ctx context.Context) {
	var groups []string
	for _, x := range a.asks {
		groups = append(groups, x.Except.Groups...)
	}
	a.GroupsByAddress(ctx, groups)
	if a.asksFor(accounts.AdminRole) {
		a.in.Grants, _ = a.RoleGrants(ctx)
		a.left.roleNames(ctx, a.Census)
		a.blind([]string{"roles"}, accounts.AdminRole)
	}
	a.logins(ctx)
	if a.asksFor(accounts.WeakPassword) {
		a.in.Usage, _, _ = a.Newest(ctx, []string{"accounts:password_strength", "accounts:password_length_compliance"}, func(p *seen.Person) bool {
			return p.Active() && a.in.Kinds.School(&p.Account)
		}, accounts.Weak)
		a.needs("usage") // a leak is told by the log: it is judged without the reports, and nothing is then put right
	}
	if a.asksFor(accounts.RiskyApp) {
		a.in.Apps = a.Apps(ctx, func(p *seen.Person) bool { return p.Active() && a.in.Kinds.School(&p.Account) })
		for _, apps := range a.in.Apps {
			for _, app := range apps {
				a.left.Names["app/"+app.Client] = app.Name
			}
		}
		a.needs("apps")
		a.in.Blind.Rules[accounts.RiskyApp] = a.Missed("apps")
		a.unread("apps", "user", accounts.RiskyApp)
	}
	a.classes(ctx)
	// Who is outside is guessed without the domains; who is what kind without the groups of others.
	a.blind([]string{"domains"}, accounts.OutsideRecovery, accounts.OutsideForwarding, accounts.OutsiderInClass, accounts.OtherSchool)
	if len(a.in.Kinds.Unknown) > 0 {
		a.blind([]string{"groups", "members"}, accounts.NotOnRoll, accounts.AdminRole, accounts.NoEndDate, accounts.NeverSignedIn, accounts.Dormant, accounts.NoAgreement)
	}
	a.needs("groups", "members")
}

// unread makes the subjects of failed scopes of a kind ("apps/ID") blind to a rule.
func (a *accountsRun) unread(kind, subject, rule string) {
	for _, g := range a.Gaps(kind) {
		if id := g.Scope.ID(); id != "" {
			if a.in.Blind.Subjects[rule] == nil {
				a.in.Blind.Subjects[rule] = map[string]bool{}
			}
			a.in.Blind.Subjects[rule][subject+"/"+id] = true
		}
	}
}

// logins takes up what the logs say of passwords and sign-ins, and asks where mail goes that was once passed on.
func (a *accountsRun) logins(ctx context.Context) {
	passwords := a.asksFor(accounts.PasswordAge)
	alarms := a.asksFor(accounts.WeakPassword, accounts.SuspiciousLogin)
	forwards := a.asksFor(accounts.OutsideForwarding)
	if !passwords && !alarms && !forwards {
		return
	}
	a.Logins(ctx, a.book, passwords, alarms, forwards)
	a.blind([]string{"log/login", "log/admin"}, accounts.PasswordAge, accounts.WeakPassword, accounts.SuspiciousLogin)
	a.blind([]string{"log/login"}, accounts.OutsideForwarding)
	a.in.Password, a.in.Alarms = map[string]time.Time{}, map[string][]accounts.Alarm{}
	for id := range a.People() {
		past := a.book.Peek(id)
		if !past.Password.IsZero() {
			a.in.Password[id] = past.Password
		}
		for _, alarm := range past.Alarms {
			a.in.Alarms[id] = append(a.in.Alarms[id], accounts.Alarm(alarm))
		}
	}
	if forwards && !a.Missed("log/login") {
		a.in.Forwards = a.Forwarding(ctx, a.book)
		a.needs("forwarding")
		a.in.Blind.Rules[accounts.OutsideForwarding] = a.Missed("forwarding")
		a.unread("forwarding", "user", accounts.OutsideForwarding)
	}
}

// classes reads the classes, if a rule asks about them.
func (a *accountsRun) classes(ctx context.Context) {
	members := []string{accounts.ClassWithoutTeacher, accounts.OutsiderInClass, accounts.OtherSchool}
	all := append([]string{accounts.OldClass}, members...)
	if !a.asksFor(all...) && !a.recordsAccess() {
		return
	}
	courses, ok := a.Courses(ctx, a.book, a.Rotation)
	a.blind([]string{"classes"}, all...)
	if !ok {
		return
	}
	a.needs("class")
	for _, r := range members {
		a.unread("class", "course", r)
	}
	for _, c := range courses {
		a.left.Names["course/"+c.ID] = c.Name
	}
	a.in.Classes = func(yield func(accounts.Class) bool) {
		for _, c := range courses {
			m, known := a.Members(a.book, c.ID)
			if !yield(accounts.Class{Course: c, Members: m, Unread: !known}) {
				return
			}
		}
	}
}

// parents finds out which outsiders in classes are parents or carers, for the words of the report. No rule needs it: where it may not be read the report
// says "somebody outside".
func (a *accountsRun) parents(ctx context.Context, observed []findings.Observed) {
	outsiders := map[string]string{} // address → fact
	for _, o := range observed {
		if o.Rule != accounts.Means+"."+accounts.OutsiderInClass {
			continue
		}
		for _, f := range o.Facts {
			if _, id, ok := strings.Cut(f, "/"); ok && a.Address(id) != "" {
				outsiders[a.Address(id)] = f
			}
		}
	}
	if len(outsiders) == 0 {
		return
	}
	for g, err := range a.Env.Google.Guardians(ctx) {
		if err != nil {
			return
		}
		if fact := outsiders[g.Address]; fact != "" {
			a.left.Names[fact] = "a parent or carer"
		}
	}
}

// AtOnce notes the safeguarding lead's word that the account of somebody who leaves goes without the days of grace.
func AtOnce(ctx context.Context, env Env, account string) error {
	lease, err := Take(ctx, env.Store, AccountsJob, env.Holder, env.Exclusive, env.Clock)
	if err != nil {
		return err
	}
	book, err := memory.Open(ctx, env.Store, env.Clock(), lease.Commit)
	if err == nil {
		book.Of(account).AtOnce = true
		err = book.Flush(ctx)
	}
	return errors.Join(err, lease.Release(ctx, &store.Batch{}))
}

// rolls reads the rolls and takes up who is on them.
func (a *accountsRun) rolls(ctx context.Context) error {
	read, err := a.readRolls(ctx, a.in.Kinds, a.book)
	if err != nil {
		return err
	}
	a.in.Pupils, a.in.Staff, a.in.Left, a.in.AtOnce = read.pupils, read.staff, read.left, read.atOnce
	for i, o := range a.Env.Policy.Others {
		a.in.Others = append(a.in.Others, accounts.Entry{Roll: read.others[i], EndsRequired: o.EndsRequired})
	}
	for _, m := range append([]*rolls.Matching{read.pupils, read.staff}, read.others...) {
		if m == nil {
			continue
		}
		for _, row := range m.Roll.Rows {
			a.left.Names["roll/"+row.Key] = rowName(m.Roll.Which, row)
		}
	}
	return nil
}

// rowName says of a row who it is without naming them.
func rowName(which string, row rolls.Row) string {
	name := "Somebody on line " + fmt.Sprint(row.Line)
	switch {
	case which == rolls.Pupils && row.Year != "":
		name = "A " + yearWords(row.Year) + " pupil on line " + fmt.Sprint(row.Line)
	case which == rolls.Pupils:
		name = "A pupil on line " + fmt.Sprint(row.Line)
	case which == rolls.Staff:
		name = "A member of staff on line " + fmt.Sprint(row.Line)
	}
	return name + " of the roll"
}

// evidence says what is known about the subject of a finding that the check no longer yields; "" is nothing.
func (a *accountsRun) evidence(f *findings.Finding) findings.How {
	rule := strings.TrimPrefix(f.Rule, accounts.Means+".")
	kind, id, _ := strings.Cut(f.Subject, "/")
	if kind == "user" {
		if _, there := a.People()[id]; !there {
			return findings.AccountGone
		}
	}
	if a.in.Blind.Rules[rule] || a.in.Blind.Subjects[rule][f.Subject] || rule == accounts.WeakPassword && a.Missed("usage") {
		return ""
	}
	for _, u := range a.left.Unknown {
		if u.Clause == f.Clause && u.Rule == rule && u.Whole {
			return ""
		}
	}
	return findings.Fine
}

// accountsUnknown says in words what the check could not judge.
func accountsUnknown(u accounts.Unknown) Unknown {
	out := Unknown{Means: accounts.Means, Clause: u.Clause, Rule: u.Rule, Count: u.Count}
	switch u.Why {
	case accounts.OlderThanLog:
		out.Since = u.Since.At(0, 0, time.UTC)
		out.What = fmt.Sprintf("When %s last changed their password", quantity.Of(u.Count, "adult", "adults"))
		out.Why = "Google's record goes back to " + u.Since.Words() + " and knows of no change since; from the next change on we remember it"
	case accounts.GroupsUnread:
		out.What, out.Why, out.Whole = "Whom the clause leaves out", "it could not be read who is in a group that it names", true
	case accounts.MembersUnread:
		out.What, out.Why = fmt.Sprintf("Who is in %s", quantity.Of(u.Count, "class", "classes")), "Google did not tell its members"
	case accounts.NoAddress:
		out.What, out.Why = fmt.Sprintf("Whether %s of classes are from outside", quantity.Of(u.Count, "member", "members")), "Google did not tell their addresses: the scope classroom.profile.emails is missing"
	case accounts.NoTerms:
		out.What, out.Why = "How many school weeks an account was not used", "the policy has no term dates for now"
	}
	return out
}

// roleNames learns what administrators' roles are called; without the names the ids are shown.
func (l *Look) roleNames(ctx context.Context, c *census.Census) {
	for r, err := range c.Google.Roles(ctx) {
		if err != nil {
			return
		}
		l.Names["role/"+r.ID] = roleName(r.Name)
	}
}

// roleName makes words of the names of Google's own roles: "_HELP_DESK_ADMIN_ROLE" is "Help desk admin".
func roleName(name string) string {
	own, ok := strings.CutSuffix(strings.TrimPrefix(name, "_"), "_ROLE")
	if !ok || own == "" {
		return name
	}
	if own == "SEED_ADMIN" {
		return "Super admin"
	}
	return own[:1] + strings.ToLower(strings.ReplaceAll(own[1:], "_", " "))
}
