package doctor

import (
	"slices"
	"strings"

	"esafetybot/internal/google"
	"esafetybot/internal/policy"
)

// A Need is a scope that a school's policy needs, with the clauses that need it.
type Need struct {
	Scope   string   // as it is pasted into the Admin console
	Plain   string   // what it permits, for the person who grants it
	Without string   // what stays unknown without it; for one that changes things, what has to be done by hand
	Changes bool     // it changes things: asked for only because a clause says propose or fix, a blog may be moderated, or a reminder is posted in Classroom
	Clauses []string // ids, in the order of the policy; empty for what every policy needs, such as sending mail
}

// Short is the scope without what all begin with: "drive.metadata.readonly".
func (n Need) Short() string { return Short(n.Scope) }

// Short is a scope without what all begin with.
func Short(scope string) string { return scope[strings.LastIndex(scope, "/")+1:] }

// The scopes of classes, and of what is posted in them.
var (
	classScopes = []string{google.ScopeCourses, google.ScopeRosters, google.ScopeAudit}
	postScopes  = []string{google.ScopeAnnounced, google.ScopeCourseWork, google.ScopeMaterials}
)

// byCheck says what each check reads whatever its rules are, and byRule what single rules read besides.
var (
	byCheck = map[string][]string{
		"sharing":     {google.ScopeUsers, google.ScopeDomains, google.ScopeMetadata, google.ScopeUnits, google.ScopeGroups, google.ScopeDrives, google.ScopeAudit},
		"accounts":    {google.ScopeUsers, google.ScopeDomains},
		"comments":    append([]string{google.ScopeUsers, google.ScopeDomains}, classScopes...),
		"names":       {google.ScopeUsers, google.ScopeMetadata},
		"devices":     {google.ScopeUsers},
		"pupil-email": {google.ScopeUsers, google.ScopeUnits, google.ScopePolicies, google.ScopeGroups, google.ScopeLicenses, google.ScopeUsage, google.ScopeAudit},
		"settings":    {google.ScopePolicies, google.ScopeUnits, google.ScopeUsers, google.ScopeGroups, google.ScopeLicenses},
	}
	byRule = map[string][]string{
		"sharing.open-group":             {google.ScopeSettings},
		"accounts.admin-role":            {google.ScopeRoles, google.ScopeGroups},
		"accounts.password-age":          {google.ScopeAudit},
		"accounts.weak-password":         {google.ScopeAudit, google.ScopeUsage},
		"accounts.suspicious-login":      {google.ScopeAudit},
		"accounts.outside-forwarding":    {google.ScopeAudit, google.ScopeMailSettings},
		"accounts.risky-app":             {google.ScopeSecurity, google.ScopeUsage, google.ScopeAudit},
		"accounts.class-without-teacher": append([]string{google.ScopeAddresses}, classScopes...),
		"accounts.outsider-in-class":     append([]string{google.ScopeAddresses, google.ScopeGuardians}, classScopes...),
		"accounts.other-school":          append([]string{google.ScopeAddresses}, classScopes...),
		"accounts.old-class":             append([]string{google.ScopeAddresses}, classScopes...),
		"devices.unencrypted":            {google.ScopeMobiles},
		"devices.no-passcode":            {google.ScopeMobiles},
		"devices.update-expired":         {google.ScopeChromebooks},
		"devices.developer-mode":         {google.ScopeChromebooks},
	}
	// byRemedy says what changing what a rule found takes.
	byRemedy = map[string][]string{
		"accounts.leaver-active": {google.ScopeUsersWrite}, "accounts.not-on-roll": {google.ScopeUsersWrite}, "accounts.wrong-unit": {google.ScopeUsersWrite},
		"accounts.outside-recovery": {google.ScopeUsersWrite}, "accounts.risky-app": {google.ScopeSecurity},
		"pupil-email.on": {google.ScopeUsersWrite}, "pupil-email.access-group": {google.ScopeMembersWrite},
	}
	// forAccess is what the access record reads.
	forAccess = append([]string{
		google.ScopeUsers, google.ScopeDomains, google.ScopeGroups, google.ScopeRoles, google.ScopeAddresses, google.ScopePolicies, google.ScopeUnits, google.ScopeLicenses,
	}, classScopes...)
)

// jobsOf lists the jobs whose words say what a scope is for, in the order in which they are asked.
var jobsOf = []string{"accounts", "sharing", "devices", "pupil-email", "settings", "comments", "names", "reminders", "send", "apply"}

// changing are the scopes that change things.
var changing = []string{google.ScopeUsersWrite, google.ScopeMembersWrite, google.ScopeDriveWrite, google.ScopeBlogsWrite, google.ScopeAnnounceWrite}

// Needs lists the scopes that a policy needs, those that only read first. With gmail mail goes out through Gmail, which takes two more.
func Needs(p *policy.Policy, gmail bool) []Need { return gathered(p, gmail).list() }

// gathered is what a policy needs.
func gathered(p *policy.Policy, gmail bool) *needs {
	n := &needs{}
	n.add("", google.ScopeUsers, google.ScopeDomains) // who gets mail, and who may sign in to the site
	if slices.ContainsFunc(p.Others, func(o policy.Other) bool { return o.Group != "" }) {
		n.add("", google.ScopeGroups)
	}
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			n.means(p, c.ID, m)
		}
	}
	if slices.ContainsFunc(p.Blogs, func(b policy.Blog) bool { return b.Moderate }) {
		n.add("", google.ScopeBlogsWrite)
	}
	if p.ClassDojo != nil && p.ClassDojo.Mailbox != "" {
		n.add("", google.ScopeMail)
	}
	if gmail {
		n.add("", google.ScopeCompose)
		if !slices.Contains(p.NotSeen, returnedMail) {
			n.add("", google.ScopeMail)
		}
	}
	return n
}

// returnedMail is what a school says under not_seen that does without reading what came back.
const returnedMail = "returned-mail"

// needs gathers scopes with the clauses that need them.
type needs struct {
	clauses map[string][]string
	checks  map[string][]string // scope → checks that need it, for the words
}

func (n *needs) add(clause string, scopes ...string) {
	if n.clauses == nil {
		n.clauses, n.checks = map[string][]string{}, map[string][]string{}
	}
	for _, s := range scopes {
		list := n.clauses[s]
		if clause != "" && !slices.Contains(list, clause) {
			list = append(list, clause)
		}
		n.clauses[s] = list
	}
}

// means adds what one means of a clause reads and changes.
func (n *needs) means(p *policy.Policy, clause string, m policy.Means) {
	if !m.Built() {
		return
	}
	if m.Kind == policy.Record && m.Name == policy.RecordAccess {
		n.add(clause, forAccess...)
		return
	}
	if w, ok := m.With.(*policy.ReminderWith); ok {
		n.add(clause, google.ScopeUsers, google.ScopeCourses, google.ScopeRosters)
		if w.Through == policy.ThroughClassroom {
			n.add(clause, google.ScopeAnnounceWrite)
		}
		return
	}
	if m.Kind != policy.Check {
		return
	}
	var scopes []string
	scopes = append(scopes, byCheck[m.Name]...)
	for _, rule := range m.Rules() {
		scopes = append(scopes, byRule[m.Name+"."+rule]...)
		if m.OutcomeOf(rule) != policy.Report {
			if m.Name == "sharing" {
				scopes = append(scopes, google.ScopeDriveWrite)
			}
			scopes = append(scopes, byRemedy[m.Name+"."+rule]...)
		}
	}
	switch w := m.With.(type) {
	case *policy.AccountsWith:
		if len(w.Except.Groups) > 0 {
			scopes = append(scopes, google.ScopeGroups)
		}
	case *policy.CommentsWith:
		if w.At(policy.PlaceClassroom) || w.At(policy.PlaceDocuments) {
			scopes = append(scopes, postScopes...)
		}
		if w.At(policy.PlaceDocuments) {
			scopes = append(scopes, google.ScopeMetadata)
		}
		if w.At(policy.PlaceBlogs) {
			scopes = append(scopes, google.ScopeBlogs)
		}
	case *policy.NamesWith:
		scopes = append(scopes, byCheck["sharing"]...) // it looks at the picture that sharing makes
		if len(p.Blogs) > 0 {
			scopes = append(scopes, google.ScopeBlogs)
		}
		if len(w.Titles) > 0 {
			scopes = append(scopes, classScopes...)
		}
		if slices.Contains(w.Titles, policy.TitlesPosts) {
			scopes = append(scopes, google.ScopeCourseWork, google.ScopeMaterials)
		}
	}
	if (m.Name == "accounts" || m.Name == "names") && rollOnDrive(p) {
		scopes = append(scopes, google.ScopeDrives)
	}
	n.add(clause, scopes...)
	for _, s := range scopes {
		if !slices.Contains(n.checks[s], m.Name) {
			n.checks[s] = append(n.checks[s], m.Name)
		}
	}
}

// rollOnDrive tells whether a roll of the policy is kept on Drive.
func rollOnDrive(p *policy.Policy) bool {
	for _, r := range namedRolls(p) {
		if r.roll.Drive != "" {
			return true
		}
	}
	return false
}

// list puts what was gathered into order and words.
func (n *needs) list() []Need {
	var out []Need
	for _, job := range jobsOf {
		for _, use := range google.Scopes(job) {
			clauses, needed := n.clauses[use.Scope]
			if !needed || slices.ContainsFunc(out, func(x Need) bool { return x.Scope == use.Scope }) {
				continue
			}
			out = append(out, Need{
				Scope: use.Scope, Plain: use.Plain, Without: n.without(use.Scope), Changes: slices.Contains(changing, use.Scope), Clauses: clauses,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b Need) int {
		switch {
		case a.Changes == b.Changes:
			return 0
		case b.Changes:
			return -1
		}
		return 1
	})
	return out
}

// without says what stays unknown without a scope, as the jobs that need it say.
func (n *needs) without(scope string) string {
	var out []string
	for _, job := range jobsOf {
		for _, use := range google.Scopes(job) {
			asked := slices.Contains(n.checks[scope], job) || len(n.checks[scope]) == 0
			if use.Scope == scope && asked && !slices.Contains(out, use.Unseen) {
				out = append(out, use.Unseen)
			}
		}
	}
	return strings.Join(out, "; ")
}

// A namedRoll is a roll with what it is called.
type namedRoll struct {
	which string
	roll  *policy.Roll
}

// namedRolls lists the rolls of a policy.
func namedRolls(p *policy.Policy) []namedRoll {
	var out []namedRoll
	add := func(which string, r *policy.Roll) {
		if r != nil {
			out = append(out, namedRoll{which, r})
		}
	}
	add("pupils", p.Pupils.Roll)
	add("staff", p.Staff.Roll)
	for _, o := range p.Others {
		add(strings.ToLower(o.Name), o.Roll)
	}
	return out
}
