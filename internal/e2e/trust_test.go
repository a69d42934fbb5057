package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/audit"
	"esafetybot/internal/colours"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/privacy"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

const trustText = `trust: {name: Example Trust, domains: [trust.example]}
people: {safeguarding_lead: dsl@trust.example, data_protection_officer: dpo@trust.example}
schools: [ash.yaml, oak.yaml]
`

// oakText is the policy of the school that shares the account. It asks for whatever needs no roll.
const oakText = `inherits: trust.yaml
school: {name: Oak Lane, id: oak, timezone: Europe/London, domains: [school.example], org_units: [/Oak]}
people:
  esafety_officer: %[1]s
  headteacher: %[1]s
  safeguarding_lead: %[1]s
  chair_of_governors: chair.oak@home.example
  workspace_admin: it@school.example
pupils: {org_units: [/Oak/Pupils]}
staff: {org_units: [/Oak/Staff]}
calendar:
  terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}]
clauses:
  - id: O1
    says: What is shared is looked at.
    deals_with_it: workspace_admin
    met_by:
      - {check: sharing, with: {rules: [public, public-link, outside-person, outside-group, outside-domain, shared-drive-outsider, group-with-outsiders, open-group]}, severity: high}
      - {check: accounts, with: {rules: [never-signed-in, dormant, class-without-teacher, outsider-in-class, other-school, password-age, weak-password, suspicious-login, outside-forwarding, outside-recovery, risky-app, no-2sv, admin-role],
          password_days: {staff: 90, admins: 30}, quiet_weeks: 6, admins: [it@school.example], sign_in_apps: allowed}, severity: medium}
      - {check: devices, with: {rules: [unencrypted, no-passcode, update-expired]}, severity: medium}
      - {check: pupil-email, with: {mode: off}, severity: high}
      - {check: settings, with: {units: [/Oak/Pupils], baseline: primary-pupils}, severity: high}
      - {check: comments, with: {rules: [unreviewed, no-host], places: [classroom, documents]}, severity: medium}
`

// twoSchools serves a generated school that shares its account with another, Oak Lane, which gets as much as makes a school; the two policies inherit one trust's file.
func twoSchools(t testing.TB, pupils int) (*campus, *policy.Trust) {
	t.Helper()
	sc, err := generate.Generate(generate.Options{Pupils: pupils, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	head := furnish(t, sc.World)
	for name, text := range map[string]string{
		"trust.yaml": trustText, "oak.yaml": fmt.Sprintf(oakText, head),
		"ash.yaml": "inherits: trust.yaml\n" + strings.Replace(sc.Policies[generate.Classroom], "school:\n", "school:\n  id: ash\n", 1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust, err := policy.LoadTrust(filepath.Join(dir, "trust.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, sc.World, nil, server.Options{AutoLogin: true, OIDCClients: []world.OIDCClient{{ClientID: "review", ClientSecret: "secret"}}})
	for _, p := range trust.Schools {
		st, err := memory.Open()
		if err != nil {
			t.Fatal(err)
		}
		site, err := memory.Open()
		if err != nil {
			t.Fatal(err)
		}
		s.watches = append(s.watches, &watch{name: p.Key(), policy: p, store: st, box: newOutbox(t, p, st), site: site})
	}
	return s, trust
}

// furnish gives the neighbouring school in a world what a school has, and tells the address of its head.
func furnish(t testing.TB, w *world.World) (head string) {
	t.Helper()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const admin = "it@school.example"
	add := func(n int, given, unit string) *world.User {
		u := &world.User{PrimaryEmail: fmt.Sprintf("oak.%s%d@school.example", strings.ToLower(given), n), Name: world.Name{GivenName: given, FamilyName: "Quillfeather", FullName: fmt.Sprintf("%s Quillfeather %d", given, n)}, OrgUnitPath: unit,
			CreationTime: w.Now().AddDate(-1, 0, 0), LastLoginTime: w.Now().AddDate(0, -5, 0), RecoveryEmail: "private@inbox.example"}
		do(w.CreateUser(u, admin))
		return u
	}
	teacher, second := add(1, "Isolde", "/Oak/Staff"), add(2, "Peregrine", "/Oak/Staff")
	course := &world.Course{ID: "770077007700", Name: "Squirrels of Oak", OwnerID: teacher.ID, CourseState: "ACTIVE", CreationTime: w.Now().AddDate(0, 0, -4)}
	do(w.CreateCourse(course, teacher.PrimaryEmail))
	do(w.CreateGroup(&world.Group{Email: "oak.families@school.example", Name: "Parents of Oak"}, nil, admin))
	do(w.AddMember("oak.families@school.example", &world.Member{Email: "parent.oak@inbox.example", Role: "MEMBER"}, admin))
	for n := range 8 {
		p := add(n, "Florian", "/Oak/Pupils")
		do(w.AddCourseMember(course.ID, world.CourseStudent, p.ID, teacher.PrimaryEmail))
		do(w.ChangePassword(p.PrimaryEmail))
		w.LoginEvent("suspicious_login", p.PrimaryEmail)
		id, err := w.CreateFile(&world.File{Name: fmt.Sprintf("Acorns of Florian %d", n), MimeType: world.MimeDocument}, p.PrimaryEmail)
		do(err)
		do(w.Share(id, world.Grant{Type: "anyone", Role: "reader"}, p.PrimaryEmail))
	}
	do(w.AddCourseMember(course.ID, world.CourseStudent, "grown.oak@inbox.example", teacher.PrimaryEmail))
	post := &world.Post{Text: "What did you find under the oak?"}
	do(w.CreatePost(course.ID, world.Announcement, post, teacher.PrimaryEmail))
	for _, u := range []*world.User{teacher, second} {
		id, err := w.CreateFile(&world.File{Name: "Seating plan of the Squirrels", MimeType: world.MimeDocument}, u.PrimaryEmail)
		do(err)
		do(w.Share(id, world.Grant{Type: "group", Role: "writer", EmailAddress: "oak.families@school.example"}, u.PrimaryEmail))
		do(w.Share(id, world.Grant{Type: "user", Role: "writer", EmailAddress: "tutor.oak@inbox.example"}, u.PrimaryEmail))
		_, err = w.CommentOnFile(id, "A word on the seats", nil, u.PrimaryEmail)
		do(err)
	}
	w.AddChromeDevice(&world.ChromeDevice{DeviceID: "oak-chromebook-1", SerialNumber: "OAKSN1", Status: "ACTIVE", OrgUnitPath: "/Oak/Pupils", LastSync: w.Now(), BootMode: "Dev", AutoUpdateThrough: "2020-01-01"})
	return teacher.PrimaryEmail
}

// belongings are the words by which what is one school's alone is known, by what it is: of accounts under a unit, their files, groups, classes and devices, less whatever has anything
// to do with anybody else.
func belongings(w *world.World, mine func(unit string) bool, admin string) map[string]string {
	out := map[string]string{}
	w.View(func() {
		is, ours := map[string]bool{}, map[string]*world.User{}
		for _, u := range w.Users() {
			for _, a := range u.Addresses() {
				is[a] = mine(u.OrgUnitPath)
			}
			is[u.ID] = mine(u.OrgUnitPath)
			if mine(u.OrgUnitPath) && u.PrimaryEmail != admin {
				ours[u.ID] = u
			}
		}
		shared := map[string]bool{} // users who have to do with others
		know := func(keys []string) {
			both, theirs := false, false
			for _, k := range keys {
				both, theirs = both || is[k], theirs || !is[k] && w.User(k) != nil
			}
			if both && theirs {
				for _, k := range keys {
					if u := w.User(k); u != nil {
						shared[u.ID] = true
					}
				}
			}
		}
		for _, f := range w.Files() {
			var keys []string
			if f.Owner != nil {
				keys = append(keys, f.Owner.EmailAddress)
			}
			for _, p := range f.Permissions() {
				keys = append(keys, p.EmailAddress)
			}
			know(keys)
			if f.Owner != nil && is[f.Owner.EmailAddress] {
				out[f.ID], out[f.Name] = "file", "title of "+f.ID
			}
		}
		for _, d := range w.Drives() {
			var keys []string
			for _, p := range d.Permissions {
				keys = append(keys, p.EmailAddress)
			}
			know(keys)
		}
		for _, g := range w.Groups() {
			var keys []string
			for _, m := range w.Members(g.ID) {
				keys = append(keys, m.ID, m.Email)
			}
			know(keys)
			if !slices.ContainsFunc(w.Members(g.ID), func(m *world.Member) bool { return !is[m.ID] && w.User(m.ID) != nil }) && slices.ContainsFunc(w.Members(g.ID), func(m *world.Member) bool { return is[m.ID] }) {
				out[g.ID], out[g.Email] = "group", "group"
			}
		}
		for _, c := range w.Courses() {
			keys := []string{c.OwnerID}
			for _, m := range slices.Concat(w.Teachers(c.ID), w.Students(c.ID)) {
				keys = append(keys, m.UserID)
			}
			know(keys)
			if slices.ContainsFunc(keys, func(k string) bool { return is[k] }) && !slices.ContainsFunc(keys, func(k string) bool { return !is[k] && w.User(k) != nil }) {
				out[c.ID], out[c.Name] = "class", "name of class "+c.ID
			}
		}
		for _, d := range w.ChromeDevices() {
			if mine(d.OrgUnitPath) {
				out[d.DeviceID], out[d.SerialNumber] = "chromebook", "chromebook"
			}
		}
		for id, u := range ours {
			if !shared[id] {
				out[id], out[u.PrimaryEmail], out[u.Name.FullName] = "account "+u.PrimaryEmail, "address", "name"
			}
		}
		// What others' things are called as well tells nothing.
		for _, u := range w.Users() {
			if !mine(u.OrgUnitPath) {
				delete(out, u.Name.FullName)
			}
		}
		for _, f := range w.Files() {
			if f.Owner == nil || !is[f.Owner.EmailAddress] {
				delete(out, f.Name)
			}
		}
	})
	delete(out, "Classroom") // a folder's title, and what Google calls its product
	maps.DeleteFunc(out, func(text, _ string) bool { return len(text) < 9 })
	return out
}

// kept is everything in a school's state, by where it stands.
func kept(t testing.TB, s store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, p := range jobs.Places() {
		for d, err := range s.Find(context.Background(), p.C, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			body := d.Body
			if p.Form == privacy.Blob {
				if body, _, err = store.GetBlob(context.Background(), s, p.C, d.Key); err != nil {
					t.Fatal(err)
				}
			}
			out[p.C.Name+"/"+d.Key] = fmt.Sprint(d.Key, d.Fields, string(body))
		}
	}
	return out
}

// noneOf fails the test where a state holds one of these words.
func noneOf(t testing.TB, school string, state, words map[string]string) {
	t.Helper()
	told := map[string]int{}
	for _, where := range slices.Sorted(maps.Keys(state)) {
		for word, what := range words {
			if i := strings.Index(state[where], word); i >= 0 {
				kind, _, _ := strings.Cut(where, "/")
				if told[kind]++; told[kind] < 4 {
					t.Errorf("%s keeps %q (%s) of its neighbour's in %s: …%s…", school, word, what, where, state[where][max(0, i-100):min(len(state[where]), i+100)])
				}
			}
		}
	}
}

// TestTwoSchoolsInOneDomain: two schools of a trust in one Google account see each other as the same trust, and neither keeps or tells anything that is the other's alone.
func TestTwoSchoolsInOneDomain(t *testing.T) {
	t.Parallel()
	s, _ := twoSchools(t, 60)
	ash := func(unit string) bool { return strings.HasPrefix(unit, "/Ash") }
	oak := func(unit string) bool { return strings.HasPrefix(unit, "/Oak") }
	look := func() {
		for _, w := range s.watches {
			s.do(s.runNamed(w, slices.Concat(jobs.Looking, jobs.Following)...))
			for job, r := range w.records {
				if r.Error != "" {
					t.Errorf("%s: the job %s failed: %s", w.name, job, r.Error)
				}
			}
		}
	}
	compare := func() {
		t.Helper()
		ofAsh, ofOak := belongings(s.world, ash, "it@school.example"), belongings(s.world, oak, "")
		if len(ofAsh) < 150 || len(ofOak) < 30 {
			t.Fatalf("only %d and %d things are the schools' own", len(ofAsh), len(ofOak))
		}
		inAsh, inOak := kept(t, s.watches[0].store), kept(t, s.watches[1].store)
		if len(inAsh) < 50 || len(inOak) < 30 {
			t.Fatalf("only %d and %d documents are in the states", len(inAsh), len(inOak))
		}
		noneOf(t, "Ash", inAsh, ofOak)
		noneOf(t, "Oak", inOak, ofAsh)
	}
	look()
	compare()
	nobodys := func(many string) {
		t.Helper()
		for _, w := range s.watches {
			if !slices.ContainsFunc(w.records[jobs.SharingJob].Gaps, func(g seen.Gap) bool { return g.Reason == seen.Shared && g.Detail == many }) {
				t.Errorf("%s does not say of how many shared drives nobody can tell whose they are: %v", w.name, w.records[jobs.SharingJob].Gaps)
			}
		}
	}
	nobodys("2 of them")
	if got := foundBy(t, s.watches[1], "sharing"); len(got) < 8 {
		t.Errorf("Oak finds %d things shared, want its pupils' files", len(got))
	}
	// A day on which both logs tell something of both, and a shared drive is made of which nothing tells whose it is.
	s.world.Advance(24 * time.Hour)
	top := ""
	s.world.View(func() {
		if o := s.world.UnitOf("/"); o != nil {
			top = o.OrgUnitID
		}
	})
	_, err := s.world.CreateDrive(&world.Drive{Name: "Everybody's", OrgUnitID: top}, "it@school.example")
	s.do(err)
	s.world.View(func() {})
	for _, u := range []string{"oak.florian1@school.example", "head@school.example"} {
		id, err := s.world.CreateFile(&world.File{Name: "Written today by " + u, MimeType: world.MimeDocument}, u)
		s.do(err)
		s.do(s.world.Share(id, world.Grant{Type: "anyone", Role: "reader"}, u))
		s.do(s.world.ChangePassword(u))
		s.world.LoginEvent("suspicious_login", u)
	}
	s.world.Advance(6 * time.Hour)
	look()
	compare()
	nobodys("3 of them")
	ofAsh, ofOak := belongings(s.world, ash, "it@school.example"), belongings(s.world, oak, "")
	s.told(s.watches[0], ash, ofAsh, ofOak, 25)
	s.told(s.watches[1], oak, ofOak, ofAsh, 5)
}

// TestSharedUnits: two schools that differ only in domain cannot know whose a Chromebook is. No run looks at one, and each says so, unless its policy knows of it.
func TestSharedUnits(t *testing.T) {
	t.Parallel()
	sc, err := generate.Generate(generate.Options{Pupils: 20, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	sc.World.AddDomain(&world.Domain{DomainName: "second.example", Verified: true})
	dir := t.TempDir()
	for name, text := range map[string]string{
		"trust.yaml": "trust: {name: Example Trust}\npeople: {safeguarding_lead: dsl@trust.example}\npolicy:\n  school: {timezone: Europe/London}\n  calendar: {terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18}]}\n" +
			"  clauses: [{id: T1, says: Chromebooks are up to date., deals_with_it: workspace_admin, met_by: [{check: devices, with: {rules: [update-expired]}, severity: medium}]}]\nschools: [first.yaml, second.yaml]\n",
		"first.yaml":  "inherits: trust.yaml\nschool: {name: First, id: first, domains: [school.example]}\npeople: {workspace_admin: it@school.example, headteacher: head@school.example, safeguarding_lead: head@school.example, esafety_officer: head@school.example, chair_of_governors: chair@home.example}\n",
		"second.yaml": "inherits: trust.yaml\nschool: {name: Second, id: second, domains: [second.example]}\nnot_seen: [chromebooks]\npeople: {workspace_admin: it@school.example, headteacher: head@second.example, safeguarding_lead: head@second.example, esafety_officer: head@second.example, chair_of_governors: chair@home.example}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust, err := policy.LoadTrust(filepath.Join(dir, "trust.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, sc.World, nil, server.Options{})
	for _, p := range trust.Schools {
		st, err := memory.Open()
		if err != nil {
			t.Fatal(err)
		}
		w := &watch{name: p.Key(), policy: p, store: st, box: newOutbox(t, p, st)}
		s.do(s.runNamed(w, jobs.DevicesJob, jobs.ReportJob))
		r := w.records[jobs.DevicesJob]
		if len(r.Gaps) != 1 || r.Gaps[0].Scope != "chromebooks" || r.Gaps[0].Reason != seen.Shared {
			t.Errorf("%s: the gaps are %v, want the Chromebooks", w.name, r.Gaps)
		}
		if ok := r.OK(p.NotSeen); ok != (w.name == "second") {
			t.Errorf("%s: as its policy expects: %t", w.name, ok)
		}
		if n := len(foundBy(t, w, "devices")); n != 0 {
			t.Errorf("%s finds %d Chromebooks", w.name, n)
		}
		standing, err := audit.At(t.Context(), st, p, s.world.Now())
		s.do(err)
		if c := standing.Clauses[0]; c.Colour != colours.Unknown || !strings.Contains(strings.Join(c.Unseen, "; "), "Chromebooks in org units that several schools of the trust share: a Chromebook has no domain") {
			t.Errorf("%s: the clause is %s, and unseen is %q", w.name, c.Colour, c.Unseen)
		}
	}
}
