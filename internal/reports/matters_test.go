package reports

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryRuleHasWords compares the table with the pages that say what the rules are.
func TestEveryRuleHasWords(t *testing.T) {
	var doc []byte
	for page, before := range map[string]string{"account-rules": "", "comment-rules": "", "name-rules": "## `names`\n", "reminder-rules": ""} { // the page on names is about one check
		text, err := os.ReadFile("../../docs/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		doc = append(append(doc, before...), text...)
	}
	row := regexp.MustCompile("^\\| `([a-z0-9-]+)` \\|")
	whole := regexp.MustCompile("^\\| `([a-z-]+\\.[a-z-]+)` \\|")
	heading := regexp.MustCompile("^##+ `([a-z-]+)`(?:: `([a-z-]+)`)?")
	var rules []string
	check := ""
	lists := false
	for line := range strings.Lines(string(doc)) {
		if strings.HasPrefix(line, "## ") {
			lists = line == "## Records\n" || line == "## Findings\n" // whose tables name their rules whole, and records
		}
		if m := heading.FindStringSubmatch(line); m != nil {
			if check = m[1]; m[2] != "" {
				rules = append(rules, check+"."+m[2])
			}
		}
		if lists {
			if m := whole.FindStringSubmatch(line); m != nil {
				rules = append(rules, m[1])
			}
		} else if m := row.FindStringSubmatch(line); m != nil {
			rules = append(rules, check+"."+m[1])
		}
	}
	var have []string
	for _, r := range MatterRules {
		have = append(have, r.Name)
	}
	for _, r := range slices.Concat(MatterRules, slices.Collect(maps.Values(listRules)), slices.Collect(maps.Values(blogRules)), []MatterRule{entryRule, readRule}) {
		if !slices.Contains(parts, r.Part) || r.Topic == "" || r.Why == "" || r.Do == "" || r.Where == "" {
			t.Errorf("%s lacks something", r.Name)
		}
		if strings.HasSuffix(r.Do, ".") || !strings.HasSuffix(r.Why, ".") || !strings.HasSuffix(r.Where, ".") {
			t.Errorf("%s: full stops: why and where have one, what to do has none", r.Name)
		}
		for _, n := range []int{1, 2} {
			for _, who := range []about{aboutAnybody, aboutPupils, aboutAdults} {
				if s := r.title(n, who); !strings.HasPrefix(s, fmt.Sprint(n, " ")) || strings.ContainsAny(s, "{}") {
					t.Errorf("%s: %q", r.Name, s)
				}
			}
		}
		if !strings.HasPrefix(r.One, "A ") && !strings.HasPrefix(r.One, "An ") {
			t.Errorf("%s: %q begins with neither A nor An", r.Name, r.One)
		}
	}
	slices.Sort(rules)
	rules = slices.Compact(rules) // a rule may stand on the page for several places
	slices.Sort(have)
	if d := cmp.Diff(rules, have); d != "" {
		t.Errorf("rules of the page and rules with words (-page +words):\n%s", d)
	}
}

func TestWordsOfARule(t *testing.T) {
	for name, want := range map[string]string{
		"public-link": "Anyone with the link can open it", "sharing.public-link": "Anyone with the link can open it",
		"accounts.leaver-active": "An account of somebody who has left is still switched on", "settings.differs": "A setting is not as the policy wants it",
		"accounts.unheard-of": "A thing does not match the policy",
	} {
		if got := Words(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// groupsOf lays out matters and returns the titles of all groups, and the groups by title.
func groupsOf(t *testing.T, in OversharingInput) ([]string, map[string]matterGroup) {
	t.Helper()
	p := newView(in).page(fullLimits)
	var titles []string
	by := map[string]matterGroup{}
	for _, part := range append(slices.Clone(p.Before), p.After...) {
		titles = append(titles, "# "+part.Title)
		for _, g := range part.Groups {
			titles = append(titles, g.Title)
			by[g.Title] = g
		}
	}
	return titles, by
}

func only(matters ...Matter) OversharingInput {
	in := sample()
	in.Items, in.PutRight, in.NotSeen, in.Matters = nil, nil, nil, matters
	return in
}

func TestHeadings(t *testing.T) {
	p2, p3, gone := pupil, pupil, Person{Gone: true, Link: "https://admin.google.com/ac/users/9"}
	p2.Link, p3.Link = p2.Link+"2", p3.Link+"3"
	left := func(n int, who Person) Matter {
		return aMatter(n, "A1", "accounts.leaver-active", "medium", fmt.Sprint("user/", n), who)
	}
	for _, c := range []struct {
		in   []Matter
		want []string
	}{
		{[]Matter{left(1, pupil)}, []string{"# Accounts and sign-in", "1 account of a pupil who has left is still switched on"}},
		{[]Matter{left(1, pupil), left(2, p2), left(3, p3)}, []string{"# Accounts and sign-in", "3 accounts of pupils who have left are still switched on"}},
		{[]Matter{left(1, ann), left(2, gov)}, []string{"# Accounts and sign-in", "2 accounts of adults who have left are still switched on"}},
		{[]Matter{left(1, ann), left(2, pupil)}, []string{"# Accounts and sign-in", "2 accounts of people who have left are still switched on"}},
		{[]Matter{left(1, office)}, []string{"# Accounts and sign-in", "1 account of somebody who has left is still switched on"}},
		{[]Matter{left(1, gone)}, []string{"# Accounts and sign-in", "1 account of somebody who has left is still switched on"}},
		// The gravest part comes first, then the fixed order; in a part likewise.
		{
			[]Matter{
				aMatter(1, "A14", "devices.no-passcode", "high", "mobile/1", Person{}), aMatter(2, "A4", "pupil-email.on", "medium", "user/2", pupil),
				left(3, pupil), aMatter(4, "A10", "accounts.no-2sv", "high", "user/4", ann), aMatter(5, "A2", "accounts.old-class", "low", "course/5", Person{}),
			},
			[]string{
				"# Accounts and sign-in", "1 account of an adult signs in without two-step verification", "1 account of a pupil who has left is still switched on",
				"# Devices", "1 phone or tablet with a school account on it has no passcode", "# Pupils' e-mail", "1 pupil can use e-mail: Gmail is switched on for their unit",
				"# Classes", "1 class from an earlier school year is still open",
			},
		},
		{[]Matter{aMatter(1, "A9", "accounts.unheard-of", "low", "user/1", ann)}, []string{"# Accounts and sign-in", "1 thing does not match the policy"}},
	} {
		if got, _ := groupsOf(t, only(c.in...)); !cmp.Equal(c.want, got) {
			t.Errorf("(-want +got):\n%s", cmp.Diff(c.want, got))
		}
	}
}

func TestLimits(t *testing.T) {
	many := func(n int, details func(int) string, fresh int) []Matter {
		var out []Matter
		for i := range n {
			p := pupil
			p.Year = []string{"3", "4", "", "Reception"}[i%4]
			m := aMatter(i, "A1", "accounts.dormant", "low", fmt.Sprint("user/", i), p, details(i))
			m.New = i >= n-fresh
			out = append(out, m)
		}
		return out
	}
	alike := func(int) string { return "last signed in on 2 May 2026" }
	each := func(i int) string { return fmt.Sprintf("last signed in on %d May 2026", i%28+1) }
	for _, c := range []struct {
		name  string
		in    []Matter
		lines int
		more  string
		mark  string
		sum   string
	}{
		{"few", many(3, alike, 3), 3, "", "new", ""},
		{"twelve alike", many(12, alike, 2), 8, "and 4 more in the full list", "2 new", ""},
		{"thirteen alike", many(13, alike, 1), 3, "and 10 more in the full list", "1 new", "The same for all: last signed in on 2 May 2026. 3 in Reception, 4 in Year 3, 3 in Year 4, 3 others. For example:"},
		{"many that differ", many(30, each, 3), 8, "and 22 more in the full list", "3 new", ""},
		{"nothing new", many(30, each, 0), 4, "and 26 more in the full list", "", ""},
		{"1,500", many(1500, alike, 0), 3, "and 1,497 more in the full list", "", "The same for all: last signed in on 2 May 2026. 375 in Reception, 375 in Year 3, 375 in Year 4, 375 others. For example:"},
	} {
		_, by := groupsOf(t, only(c.in...))
		for _, g := range by {
			if len(g.Lines) != c.lines || g.More != c.more || g.Mark != c.mark || g.Sum != c.sum {
				t.Errorf("%s: %d lines, %q, %q, %q", c.name, len(g.Lines), g.More, g.Mark, g.Sum)
			}
			if strings.HasSuffix(c.mark, " new") && g.Lines[0].Mark != "New" || c.mark == "new" && g.Lines[0].Mark != "" {
				t.Errorf("%s: the first line is marked %q", c.name, g.Lines[0].Mark)
			}
		}
	}
	// The first report marks nothing.
	in := only(many(9, each, 9)...)
	in.FirstDay = true
	if _, by := groupsOf(t, in); by["9 accounts of pupils have not signed in for weeks"].Mark != "" {
		t.Error("on the first day things are marked as new")
	}
}

func TestSharingStandsByItsGravity(t *testing.T) {
	in := sample() // something shared is high
	in.Matters = []Matter{aMatter(1, "A2", "accounts.old-class", "low", "course/5", Person{}), aMatter(2, "A4", "pupil-email.on", "high", "user/2", pupil)}
	p := newView(in).page(fullLimits)
	if len(p.Before) != 1 || p.Before[0].Title != PartEmail || len(p.After) != 1 || p.After[0].Title != PartClasses {
		t.Errorf("before %+v, after %+v", p.Before, p.After)
	}
}

func TestRollover(t *testing.T) {
	m := aMatter(1, "A1", "accounts.leaver-active", "medium", "user/1", pupil)
	m.Overdue, m.Due = true, days(-2)
	class := aMatter(2, "A3", "accounts.outsider-in-class", "high", "course/1", Person{})
	class.Overdue, class.Due = true, days(-2)
	in := only(m, class)
	before := render(t, in)
	in.Rollover = true
	r := render(t, in)
	if before.Counts.Overdue != 2 || r.Counts.Overdue != 1 {
		t.Errorf("overdue: %d, in the roll-over %d", before.Counts.Overdue, r.Counts.Overdue)
	}
	if n := strings.Count(r.Text, "was due"); n != 1 {
		t.Errorf("%d deadlines in the roll-over, want that of the class", n)
	}
	for _, want := range []string{"Accounts: one checklist for moving up", "nothing here has a\ndeadline", "[ ] A Year 4 pupil"} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("the roll-over does not say %q:\n%s", want, r.Text)
		}
	}
	if strings.Contains(string(r.Matters), "accounts.leaver-active,A Year 4 pupil,,,"+days(-1).Format("2006-01-02")+",2026") {
		t.Error("the list names a deadline")
	}
}

func TestChangeWords(t *testing.T) {
	c := Change{ID: "switch-off-1", Kind: "switch-off", At: days(-1), Words: "The account will be switched off.", Why: "it waits for the next run"}
	for state, want := range map[string]string{
		"proposed":      "Proposed: The account will be switched off. Why: it waits for the next run. | To approve it: | esafetybot approve switch-off-1 --by it@school.example",
		"approved-once": "Proposed: The account will be switched off. One person has approved it; a second has to. Why: it waits for the next run. | To approve it: | esafetybot approve switch-off-1 --by it@school.example",
		"approved":      "Approved on Thu 19 Nov, and done with the next run: The account will be switched off. Why: it waits for the next run. |  | ",
		"unsure":        "Done on Thu 19 Nov, and not to be seen at Google yet: The account will be switched off. We look again. Why: it waits for the next run. |  | ",
		"done":          "Done on Thu 19 Nov: The account will be switched off. | To undo it: | esafetybot undo switch-off-1 --by it@school.example",
		"failed":        "Not done on Thu 19 Nov: The account will be switched off. Why: it waits for the next run. | To try again: | esafetybot approve switch-off-1 --by it@school.example",
		"declined":      "Not wanted, as somebody decided on Thu 19 Nov: The account will be switched off. Why: it waits for the next run. |  | ",
		"lapsed":        "Approved, but not done in time: The account will be switched off. Why: it waits for the next run. | To approve it again: | esafetybot approve switch-off-1 --by it@school.example",
		"undone":        "Done, and undone again on Thu 19 Nov: The account will be switched off. |  | ",
		"withdrawn":     " |  | ",
	} {
		c.State = state
		if got := strings.Join(third(c.say(newDecider("", "it@school.example", false), false, newView(sample()).day)), " | "); got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
	c.State, c.Final, c.Undo = "done", true, "This cannot be undone."
	if got := strings.Join(third(c.say(newDecider("", "it@school.example", false), false, newView(sample()).day)), " | "); got != "Done on Thu 19 Nov: The account will be switched off. This cannot be undone. |  | " {
		t.Errorf("final: %q", got)
	}
	m := aMatter(1, "A1", "accounts.leaver-active", "low", "user/1", pupil)
	m.Changes = []Change{{ID: "x; rm -rf /", State: "proposed", Words: "A change."}}
	if r := render(t, only(m)); strings.Contains(r.Text+r.HTML, "rm -rf") {
		t.Error("an id that is none became a command")
	}
}

// TestDecide says who may decide, and where: on the review site, with a command where there is none, or not at all.
func TestDecide(t *testing.T) {
	c := Change{ID: "switch-off-1", Kind: "switch-off", State: "proposed", Words: "It is switched off."}
	for want, d := range map[string]decider{
		"To approve it (it takes two people): esafetybot approve switch-off-1 --by it@school.example":                   newDecider("", "it@school.example", false),
		"Approve it on the review site (it takes two people) https://review.school.example/changes?change=switch-off-1": newDecider("https://review.school.example", "it@school.example", false),
		"To approve it (it takes two people): esafetybot approve switch-off-1 --by YOUR-ADDRESS":                        newDecider("http://review.school.example", "", false),
		"": newDecider("https://review.school.example", "it@school.example", true),
	} {
		l := c.say(d, true, newView(sample()).day)
		if l.Text != "Proposed: It is switched off." {
			t.Errorf("%q", l.Text)
		}
		if got := strings.TrimRight(l.Label+" "+l.Link+l.Command, " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	m := aMatter(1, "A4", "pupil-email.on-in-unit", "high", "user/1", pupil)
	m.Changes = []Change{c}
	r, err := Urgent(UrgentInput{School: "A school", Now: now, Matters: []Matter{m}, Site: "https://review.school.example/"})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"https://review.school.example/findings", "https://review.school.example/changes?change=switch-off-1"} {
		if !strings.Contains(r.HTML, part) || !strings.Contains(r.Text, part) || strings.Contains(r.Text+r.HTML, "esafetybot approve") {
			t.Errorf("the urgent message lacks %s, or names a command:\n%s", part, r.Text)
		}
	}
}

// TestBy looks that a command holds the reader's address only if a shell takes it for one word.
func TestBy(t *testing.T) {
	for address, want := range map[string]string{
		"it@school.example": "it@school.example", " I.T+safety@school.example ": "I.T+safety@school.example", "": "YOUR-ADDRESS", "it": "YOUR-ADDRESS",
		"it@school.example; rm -rf /": "YOUR-ADDRESS", "$(x)@school.example": "YOUR-ADDRESS", "-x@school.example": "YOUR-ADDRESS", "o'neil@school.example": "YOUR-ADDRESS",
	} {
		if got := by(address); got != " --by "+want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func TestSeveralChanges(t *testing.T) {
	m := aMatter(1, "A26", "accounts.risky-app", "medium", "user/1", ann, "the app One", "the app Two")
	m.Changes = []Change{proposed("revoke-app-1", "revoke-app", "One goes."), proposed("revoke-app-2", "revoke-app", "Two goes."), proposed("revoke-app-1", "revoke-app", "One goes.")}
	twin := m
	twin.ID, twin.Clause = "m1b", "A1"
	in := only(m, twin)
	r := render(t, in)
	for _, id := range []string{"revoke-app-1", "revoke-app-2"} {
		if n := strings.Count(r.Text, "approve "+id+" --by YOUR-ADDRESS"); n != 1 {
			t.Errorf("%s is proposed %d times:\n%s", id, n, r.Text)
		}
	}
	if !strings.Contains(r.Text, "approve --all revoke-app --expect 2 ") {
		t.Errorf("both cannot be approved at once:\n%s", r.Text)
	}
	if s := string(r.Matters); !strings.Contains(s, "approve revoke-app-1 --by YOUR-ADDRESS; Proposed: Two goes.") {
		t.Errorf("the list does not name both:\n%s", s)
	}
}

func TestChangesToSharing(t *testing.T) {
	change := func(words string) Change { return proposed("delete-grant-1", "delete-grant", words) }
	mine := func(who Person, title string, c Change) Item {
		return Item{ID: "f1", Clause: "A23", Rule: "public-link", Severity: "medium", Subject: file(1), Title: title, Kind: "document", Link: link(1), Owner: who, New: true, Changes: []Change{c}}
	}
	named := change("")
	named.Names = &Names{}
	named.Words = named.Names.Add("Budget 2026") + " will no longer be shared."
	pupils := change("")
	pupils.Names = &Names{}
	pupils.Words = "It will no longer be shared with " + pupils.Names.Add("Amelia's club") + "."
	for _, c := range []struct {
		it   Item
		want string
	}{
		{mine(ann, "Plan", change("Plan will no longer be shared.")), "Proposed: Plan will no longer be shared. To approve it:"},
		{mine(head, "Budget 2026", change("The BUDGET 2026 will no longer be shared.")), "Proposed: a change that is named in the action log. To approve it:"},
		{mine(head, "Budget 2026", named), "Proposed: a change that is named in the action log. To approve it:"},
		{mine(pupil, "My poem", change("My poem will no longer be shared.")), "Proposed: a change that is named in the action log. To approve it:"},
		{mine(pupil, "My poem", change("It will no longer be shared with gran@mail.example.")), "Proposed: It will no longer be shared with a private address. To approve it:"},
		{mine(ann, "Plan", change("Amelia's plan will no longer be shared.")), "Proposed: a change that is named in the action log. To approve it:"},
		{mine(ann, "Plan", pupils), "Proposed: It will no longer be shared with (name not shown). To approve it:"},
	} {
		in := only()
		in.Items, in.Address = []Item{c.it}, "it@school.example"
		r := render(t, in)
		text := strings.Join(strings.Fields(r.Text), " ")
		if want := c.want + " esafetybot approve delete-grant-1 --by it@school.example"; !strings.Contains(text, want) || !strings.Contains(string(r.CSV), want) {
			t.Errorf("the report lacks %q:\n%s\n%s", want, r.Text, r.CSV)
		}
		without := c.it
		without.Changes = nil
		in.Items = []Item{without}
		if render(t, in).Hash == r.Hash {
			t.Error("a change is proposed, and the hash stays")
		}
	}
}

func third(l changeLine) []string { return []string{l.Text, l.Label, l.Command} }

func TestApproveAll(t *testing.T) {
	leaver := func(n int, severity, state string) Matter {
		m := aMatter(n, "A1", "accounts.leaver-active", severity, fmt.Sprint("user/", n), pupil)
		m.Changes = []Change{{ID: fmt.Sprint("switch-off-", n), Kind: "switch-off", State: state, Words: "Switch it off."}}
		return m
	}
	other := aMatter(9, "A1", "accounts.dormant", "low", "user/9", pupil)
	other.Changes = []Change{{ID: "switch-off-9", Kind: "switch-off", State: "proposed", Words: "Switch it off."}}
	for _, c := range []struct {
		in      []Matter
		waiting map[string]int
		want    string
	}{
		{[]Matter{leaver(1, "low", "proposed")}, nil, ""},
		{[]Matter{leaver(1, "low", "proposed"), leaver(2, "low", "done")}, nil, ""},
		{[]Matter{leaver(1, "low", "proposed"), leaver(2, "low", "proposed")}, nil, "To approve all 2 at once: esafetybot approve --all switch-off --expect 2 --by YOUR-ADDRESS"},
		{[]Matter{leaver(1, "high", "proposed"), leaver(2, "low", "approved-once")}, nil, "To approve all 2 at once (it takes two people): esafetybot approve --all switch-off --expect 2 --by YOUR-ADDRESS"},
		{[]Matter{leaver(1, "low", "proposed"), leaver(2, "low", "proposed"), other}, nil, "To approve all 3 changes of this kind at once, the 2 here among them: esafetybot approve --all switch-off --expect 3 --by YOUR-ADDRESS"},
		{[]Matter{leaver(1, "low", "proposed"), leaver(2, "low", "proposed")}, map[string]int{"switch-off": 40}, "To approve all 40 changes of this kind at once, the 2 here among them: esafetybot approve --all switch-off --expect 40 --by YOUR-ADDRESS"},
		{[]Matter{leaver(1, "low", "proposed"), leaver(2, "low", "proposed")}, map[string]int{}, ""},
	} {
		in := only(c.in...)
		in.Waiting = c.waiting
		_, by := groupsOf(t, in)
		got := ""
		for title, g := range by {
			if strings.Contains(title, "left") {
				got = allOf(g)
			}
		}
		if got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// allOf is how to approve all of a group.
func allOf(g matterGroup) string {
	if g.All == nil {
		return ""
	}
	return g.All.Label + " " + g.All.Link + g.All.Command
}

func TestFooter(t *testing.T) {
	in := sample()
	m := aMatter(1, "A1", "accounts.leaver-active", "low", "user/1", pupil)
	for state, changed := range map[string]bool{"proposed": false, "approved": false, "started": true, "unsure": true, "done": true, "failed": false, "undone": false} {
		m.Changes = []Change{{ID: "a", State: state}}
		in.Matters, in.Right = []Matter{m}, nil
		if got := strings.Contains(render(t, in).Text, "changed nothing"); got == changed {
			t.Errorf("%s: says that nothing was changed: %v", state, got)
		}
		in.Matters, in.Right = nil, []MatterRight{{Matter: m}}
		if got := strings.Contains(render(t, in).Text, "changed nothing"); got == changed {
			t.Errorf("put right, %s: says that nothing was changed: %v", state, got)
		}
	}
}

func TestHashOfMatters(t *testing.T) {
	base := render(t, wide()).Hash
	for name, c := range map[string]struct {
		change bool
		f      func(*OversharingInput)
	}{
		"no longer new":         {false, func(in *OversharingInput) { in.Matters[3].New = false }},
		"another order":         {false, func(in *OversharingInput) { slices.Reverse(in.Matters) }},
		"put right is told":     {false, func(in *OversharingInput) { in.Right = nil }},
		"one more unclear":      {false, func(in *OversharingInput) { in.Unclear[0].What = "When 13 people last changed their password" }},
		"other words":           {false, func(in *OversharingInput) { in.Matters[0].Changes[0].Words = "Do it." }},
		"a day later":           {false, func(in *OversharingInput) { in.Now = days(1) }},
		"one less":              {true, func(in *OversharingInput) { in.Matters = in.Matters[1:] }},
		"another detail":        {true, func(in *OversharingInput) { in.Matters[0].Details = append(in.Matters[0].Details, "mail was sent") }},
		"overdue":               {true, func(in *OversharingInput) { in.Matters[7].Overdue = true }},
		"agreed":                {true, func(in *OversharingInput) { in.Matters[7].AgreedUntil = days(9) }},
		"agreement over":        {true, func(in *OversharingInput) { in.Matters[9].AgreedUntil = days(-1) }},
		"a change is proposed":  {true, func(in *OversharingInput) { in.Matters[7].Changes = []Change{proposed("a", "b", "c")} }},
		"a change is done":      {true, func(in *OversharingInput) { in.Matters[1].Changes[0].State = "done" }},
		"another thing unclear": {true, func(in *OversharingInput) { in.Unclear = in.Unclear[1:] }},
	} {
		in := wide()
		c.f(&in)
		if got := render(t, in).Hash != base; got != c.change {
			t.Errorf("%s: the hash changed: %v, want %v", name, got, c.change)
		}
	}
}
