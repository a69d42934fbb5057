package jobs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/checkins"
	"esafetybot/internal/checks/names"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
	"esafetybot/internal/reminders"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/settings"
)

// matters looks up, for one reader who deals with what some jobs look at, what the report shows of accounts, devices, pupils' e-mail and settings.
func (g *gatherer) matters(ctx context.Context, jobs []string, mine func(*findings.Finding) bool, since time.Time) error {
	g.in.Rollover = g.env.Policy.Calendar.InRollover(g.env.Policy.Calendar.Date(g.now))
	for _, check := range Checks() {
		if check == SharingJob {
			continue
		}
		if err := g.mattersOf(ctx, check, mine, since); err != nil {
			return err
		}
	}
	for _, job := range Looking {
		if look := g.looks[job]; look != nil && slices.Contains(jobs, job) {
			for _, u := range look.Unknown {
				if u.Deals != "" && !mine(&findings.Finding{Deals: u.Deals}) {
					continue
				}
				if x := unclear(u); !slices.Contains(g.in.Unclear, x) { // of two clauses
					g.in.Unclear = append(g.in.Unclear, x)
				}
			}
		}
	}
	return nil
}

func (g *gatherer) mattersOf(ctx context.Context, check string, mine func(*findings.Finding) bool, since time.Time) error {
	k := g.out.Keeper
	current, err := g.currentOf(ctx, check)
	if err != nil {
		return err
	}
	closed := map[string]findings.Event{}
	again := map[string]bool{}
	for e, err := range k.EventsSince(ctx, check, since) {
		if err != nil {
			return err
		}
		switch {
		case e.To == findings.Resolved:
			closed[e.Finding] = e
		case e.How == findings.Again || e.How == findings.NewFact || e.How == findings.AgreedEnded:
			again[e.Finding] = true
		}
	}
	for _, f := range current {
		if !mine(f) {
			continue
		}
		m := g.matter(f)
		m.New = f.Opened.After(since) && !again[f.ID]
		m.Reopened = f.Opened.After(since) && again[f.ID]
		g.in.Matters = append(g.in.Matters, m)
	}
	for id, e := range closed {
		if current[id] != nil || !e.How.PutRight() {
			continue
		}
		f, err := k.Get(ctx, id)
		if err != nil {
			return err
		}
		if mine(f) && !f.FirstSeen.After(since) {
			g.in.Right = append(g.in.Right, reports.MatterRight{Matter: g.matter(f), How: how(e.How), When: e.At})
		}
	}
	slices.SortFunc(g.in.Matters, func(a, b reports.Matter) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(g.in.Right, func(a, b reports.MatterRight) int { return strings.Compare(a.ID, b.ID) })
	return nil
}

// matter looks up what a finding is about.
func (g *gatherer) matter(f *findings.Finding) reports.Matter {
	m := reports.Matter{
		ID: f.ID, Clause: f.Clause, Rule: f.Rule, Severity: f.Severity, Subject: f.Subject, FirstSeen: f.FirstSeen, Due: f.Due,
		Overdue: f.Status == findings.Open && !f.Due.IsZero() && f.Due.Before(g.now), Changes: g.changes[f.ID], Names: &reports.Names{},
	}
	g.names = m.Names
	if c, ok := g.env.Policy.Clause(f.Clause); ok {
		m.Says = c.Says
	}
	if f.Agreed != nil {
		m.AgreedUntil = f.Agreed.Until
	}
	kind, id, _ := strings.Cut(f.Subject, "/")
	switch kind {
	case "user":
		m.Link = "https://admin.google.com/ac/users/" + id
		m.Who = reports.Person{Gone: true, Link: m.Link}
		if g.out.Who != nil {
			if a, ok := g.out.Who.AccountByID(id); ok {
				m.Who = g.person(a)
			}
		}
	case "setting":
		g.setting(&m, id)
	case "file":
		m.Link, m.Name, m.Private = "https://drive.google.com/open?id="+id, "a file", true
	case "course":
		m.Link = "https://classroom.google.com/c/" + id
		m.Name = g.name(f.Subject, "a class")
		m.Private = true // a class may be called after its teacher, or a pupil
	case "post", "blog-post", "document", "dojo":
		g.post(&m, f.Subject)
	case "blog":
		m.Link, m.Name, m.Private = "https://www.blogger.com/blog/comments/"+id, g.name(f.Subject, "a blog"), true
	case "check-in":
		m.Link, m.Name = g.env.page("/check-ins"), g.name(f.Subject, "a question")
		m.Private = strings.Contains(id, "dojo") // a class may be called after its teacher, or a pupil
	case "reminder":
		m.Link, m.Name = g.env.page(remindersPage), g.name(f.Subject, "a reminder")
	case "entry":
		m.Link, m.Name = g.env.page("/incidents"), "an entry"
	case "record":
		g.entry(&m, f.Subject)
	case "chromebook":
		m.Link, m.Name = "https://admin.google.com/ac/chrome/devices/"+id, g.name(f.Subject, "a Chromebook")
	case "mobile":
		m.Link, m.Name = "https://admin.google.com/ac/devices/list?default=true", g.name(f.Subject, "a phone or tablet")
	default:
		m.Name = g.name(f.Subject, "somebody on the roll")
	}
	if findings.Means(f.Rule) == names.Means {
		g.title(&m, f)
	}
	for _, fact := range f.Facts {
		if d := g.detail(f, fact); d != "" && !slices.Contains(m.Details, d) {
			m.Details = append(m.Details, d)
		}
	}
	for _, job := range slices.Sorted(maps.Keys(g.looks)) {
		m.Details = append(m.Details, g.looks[job].Said[f.Subject]...)
	}
	return m
}

// entry names an entry of a list, and links to it. What people wrote into it goes into no mail: it is named by its list, and on the site only by what it says.
func (g *gatherer) entry(m *reports.Matter, subject string) {
	if name, ok := strings.CutPrefix(subject, "record/"); ok && policy.SentRecord(name) {
		m.Name = sentNames[name]
		return
	}
	record, id, _ := records.ParseSubject(subject)
	kind, _ := records.KindOf(record)
	m.Link, m.Name = g.env.page("/records#e-"+id), kind.Title+": an entry"
	if e, ok := g.entries.Get(record, id); ok {
		m.Name, m.Private = kind.Title+": “"+e.What+"”", true // it may name somebody all the same
	}
}

// post names a post of a class and links to it.
func (g *gatherer) post(m *reports.Matter, subject string) {
	course, id, _ := moderation.ParseSubject(subject)
	m.Name = g.name(subject, "a post")
	m.Private = true // the class may be called after its teacher, the title after a pupil
	m.Link = g.posts.Class(course).Post(id).LinkAs(course, g.in.Address)
}

// title says what sort of thing has a pupil's name in its title, or on it, in whose hands it is, and where it is opened. The title itself is shown to nobody: it holds the name.
func (g *gatherer) title(m *reports.Matter, f *findings.Finding) {
	subject := f.Subject
	kind, _, _ := strings.Cut(subject, "/")
	m.Name = map[string]string{"course": "a class", "post": "a post in a class", seen.PostBlog: aBlogPost}[kind]
	if look := g.looks[NamesJob]; look != nil {
		m.Name = cmp.Or(look.Names[subject], m.Name)
		m.Link = cmp.Or(look.Links[subject], m.Link)
	}
	if blog, _, ok := blogPostOf(subject); ok {
		m.Link = blogPostLink(subject, f.Facts)
		on := "on one of the blogs that the policy lists"
		if b, _ := g.env.Policy.Blog(blog); b.Name != "" {
			on = "on the blog " + g.names.Add(b.Name)
		}
		m.Details = append(m.Details, on)
	}
	if s, ok := g.shares[subject]; ok {
		m.Details = append(m.Details, g.inHands(s))
	}
	m.Name = cmp.Or(m.Name, "a file")
}

// inHands says whose Drive something is in, without naming a pupil.
func (g *gatherer) inHands(s seen.Share) string {
	switch p := g.owner(s); {
	case p.SharedDrive && p.Name != "":
		return "in the shared drive " + g.names.Add(p.Name)
	case p.SharedDrive:
		return "in a shared drive"
	case p.Gone:
		return "in the Drive of an account that is gone"
	case p.Pupil && p.Year != "":
		return "in the Drive of a pupil, " + yearWords(school.Year(p.Unit))
	case p.Pupil:
		return "in the Drive of a pupil"
	case p.Name == "" || p.Unplaced || p.Confidential:
		return "in somebody's Drive"
	default:
		return "in the Drive of " + g.names.Add(p.Name)
	}
}

// name is what something is called, as the job that looked at it learnt.
func (g *gatherer) name(subject, otherwise string) string {
	for _, job := range slices.Sorted(maps.Keys(g.looks)) {
		if n := g.looks[job].Names[subject]; n != "" {
			return n
		}
	}
	return otherwise
}

// setting names a setting and where it is set. The rest of the subject is PLACE/TYPE/FIELD.
func (g *gatherer) setting(m *reports.Matter, rest string) {
	place, rest, _ := strings.Cut(rest, "/")
	typ, field, _ := strings.Cut(rest, "/")
	where := g.place(place)
	m.Name = settings.Words(typ, field) + ", " + where
	m.Where = strings.ReplaceAll(settings.ClickPath(typ), "UNIT", strings.TrimPrefix(where, "in "))
}

// place is where a setting is set, in words: a unit's path or a group's name.
func (g *gatherer) place(id string) string {
	if group, ok := strings.CutPrefix(id, "group:"); ok {
		return "for the group " + g.groupName(group)
	}
	if path := g.name("unit/"+id, ""); path != "" {
		return "in " + g.names.Add(path)
	}
	return "in one of the units"
}

func (g *gatherer) groupName(id string) string {
	if g.out.Who != nil {
		if grp, ok := g.out.Who.GroupByID(id); ok && grp.Name != "" {
			return g.names.Add(grp.Name)
		}
	}
	return "with the id " + id
}

// detail says in a few words what a fact means.
func (g *gatherer) detail(f *findings.Finding, fact string) string {
	if w, ok := facts[fact]; ok {
		return w
	}
	if findings.Means(f.Rule) == checkins.Means {
		return g.answerFact(fact)
	}
	if findings.Means(f.Rule) == reminders.Means {
		return g.reminderFact(fact)
	}
	if day, ok := strings.CutPrefix(fact, "review "); ok && isRead(f) {
		return "the policy was reviewed on " + g.date(day)
	}
	if day, ok := strings.CutPrefix(fact, "until "); ok && findings.Means(f.Rule) == records.Means {
		return "ran out on " + g.date(day)
	}
	if month, ok := strings.CutPrefix(fact, "month "); ok && findings.Means(f.Rule) == records.Means {
		return "the list of " + monthWords(month)
	}
	if strings.HasPrefix(fact, "switched-off ") {
		return "the account is switched off"
	}
	word, rest, _ := strings.Cut(fact, " ")
	kind, id, slash := strings.Cut(word, "/")
	if slash {
		return g.thing(f, kind, id, rest)
	}
	if f.Rule == "settings.differs" {
		return g.value(f.Subject, word, rest)
	}
	switch word {
	case "since":
		if t, err := time.Parse(time.RFC3339, rest); err == nil {
			return "waits since " + t.In(g.env.Policy.School.Location).Format("Monday 2 January, 15:04")
		}
	case "left":
		return "left on " + g.date(rest)
	case "signed":
		return "the agreement is of " + g.date(rest)
	case "created":
		return "made on " + g.date(rest)
	case "last":
		return "last signed in on " + g.date(rest)
	case "changed":
		return "the password was last changed on " + g.date(rest)
	case "limit":
		return "the policy says every " + rest + " days"
	case "leaked":
		return "Google found the password leaked on " + g.date(rest)
	case "ended":
		return "was to end on " + g.date(rest)
	case "until":
		return "updates ended on " + g.date(rest)
	case "unit":
		return "the account is in " + g.names.Add(rest)
	case "year":
		return g.yearFact(rest)
	case "generic":
		return "the address has the word “" + rest + "” in it"
	case "to":
		return "to an address outside"
	}
	if w, ok := signIns[word]; ok {
		return w + " on " + g.date(rest)
	}
	if strings.HasPrefix(word, "sha256-") {
		return "an address outside the school"
	}
	return ""
}

// thing says what a fact of the form kind/id means.
func (g *gatherer) thing(f *findings.Finding, kind, id, rest string) string {
	switch kind {
	case "role":
		return g.names.Add(g.name("role/"+id, "a role with the id "+id))
	case "app":
		w := "the app " + g.names.Add(g.name("app/"+id, id))
		if rest == "reads-data" {
			w += ", which reads data"
		}
		return w
	case "group":
		return "switched on by the group " + g.groupName(id)
	case "unit":
		return "switched on " + g.place(id)
	case "teacher":
		return "as a teacher: " + g.member(id)
	case "student":
		return "as a pupil: " + g.member(id)
	case "by":
		if strings.HasPrefix(f.Subject, "blog/") {
			return "run by " + g.member(id)
		}
		return "written by " + g.member(id)
	case "user":
		return "another account, id " + id
	}
	return ""
}

// member says who somebody in a class is without naming them.
func (g *gatherer) member(id string) string {
	for _, role := range []string{"student/", "teacher/"} {
		if who := g.name(role+id, ""); who != "" {
			return who
		}
	}
	if g.out.Who != nil {
		if a, ok := g.out.Who.AccountByID(id); ok && !a.Guest {
			return "an account in " + g.names.Add(a.Unit)
		}
	}
	return "somebody outside"
}

// value says what a setting holds: "VALUE default", "VALUE set-in unit/ID".
func (g *gatherer) value(subject, value, rest string) string {
	parts := strings.Split(subject, "/") // setting/PLACE/TYPE/FIELD
	words := g.names.Add(value)
	if len(parts) == 4 {
		if known := settings.ValueWords(parts[2], parts[3], value); known != value {
			words = known
		}
	}
	w := "it is " + words
	switch from, where, _ := strings.Cut(rest, " "); from {
	case "default":
		return w + ", Google's default"
	case "set-in":
		where, licence, _ := strings.Cut(where, " ")
		kind, id, _ := strings.Cut(where, "/")
		if kind == "group" {
			id = "group:" + id
		}
		w += ", set " + g.place(id)
		if licence != "" {
			w += ", for some licences"
		}
	}
	return w
}

func (g *gatherer) yearFact(rest string) string {
	y, what, _ := strings.Cut(rest, " ")
	name := yearWords(y)
	switch what {
	case "has-account":
		return name + " has no accounts of its own"
	case "signs-in":
		return name + " does not sign in by itself, and this account did"
	}
	return "the roll says " + name
}

func (g *gatherer) date(s string) string {
	t, err := time.ParseInLocation(time.DateOnly, s, g.env.Policy.School.Location)
	if err != nil {
		return s
	}
	return t.Format("2 January 2006")
}

// facts says what facts mean that are always the same.
var facts = map[string]string{
	"no-row":               "on no line of the roll",
	"ambiguous":            "more than one line of the roll, or more than one account, could be meant",
	"no-account":           "has no account",
	"pupils-roll":          "stands on the pupils' roll",
	"staff-roll":           "stands on the staff roll",
	"unsigned":             "no signed agreement",
	"unreadable":           "what the list says of it cannot be read",
	"super-admin":          "super administrator",
	"listed":               "the policy lists it",
	"not-listed":           "the policy does not list it",
	"strength weak":        "Google calls the password weak",
	"length non-compliant": "the password is too short",
	"not-enrolled":         "two-step verification is not switched on",
	"none":                 "no end date",
	"no-teacher":           "no teacher with a working account",
	"owner-gone":           "the owner's account is gone or switched off",
	"not-encrypted":        "not encrypted",
	"passcode-off":         "no passcode",
	"developer-mode":       "in developer mode",
	"usage-says-on":        "Google's usage report says that e-mail is on",
	"sent":                 "mail was sent",
	"received":             "mail was received",
	names.InPost:           "in the post itself",
	names.InComments:       "in a comment on it",
}

// signIns says what the events of the sign-in log mean.
var signIns = map[string]string{
	"suspicious_login":                                 "Google blocked a suspicious sign-in",
	"suspicious_login_less_secure_app":                 "Google blocked a suspicious sign-in by an app",
	"suspicious_programmatic_login":                    "Google blocked a suspicious sign-in by a program",
	"user_signed_out_due_to_suspicious_session_cookie": "Google signed the account out because of a suspicious session",
	"account_disabled_hijacked":                        "Google switched the account off because somebody else seemed to use it",
}

// unclear says what could not be said of some subjects.
func unclear(u Unknown) reports.Unclear {
	return reports.Unclear{Rule: u.Means + "." + u.Rule, What: u.What, Why: u.Why, Since: u.Since}
}
