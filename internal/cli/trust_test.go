package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/findings"
	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/roster"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
	"esafetybot/internal/store/firestore/emulator"
	"esafetybot/internal/store/stores"
	"esafetybot/internal/trust"
)

// grove is a trust of several schools in one Google account, served by a simulated Google.
type grove struct {
	t     *testing.T
	world *world.World
	base  string
	dir   string // of trust.yaml, the schools' policies and the key
	trust *policy.Trust
	keys  []string
}

const groveClauses = `calendar:
    terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}]
  clauses:
    - id: T1
      required: true
      says: What is shared is looked at.
      deals_with_it: workspace_admin
      met_by:
        - {check: sharing, with: {rules: [public, public-link, outside-person]}, severity: medium}
        - {check: accounts, with: {rules: [never-signed-in, dormant, suspicious-login], quiet_weeks: 6}, severity: medium}
`

const groveSchool = `inherits: trust.yaml
school: {name: The school KEY, id: KEY, domains: [school.example], org_units: ["UNIT"]}
people: {headteacher: p0.KEY@school.example, safeguarding_lead: p0.KEY@school.example, esafety_officer: p0.KEY@school.example, chair_of_governors: chair@home.example}
pupils: {org_units: ["UNIT/Pupils"]}
staff: {org_units: ["UNIT/Staff"]}
not_seen: [drives/nobody]
`

// plant makes a trust of so many schools.
func plant(t *testing.T, schools int) *grove {
	t.Helper()
	sc, err := generate.Generate(generate.Options{Pupils: 10, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	g := &grove{t: t, world: sc.World, dir: t.TempDir()}
	const admin = "it@school.example"
	trust := "trust: {name: Example Trust}\npeople:\n  safeguarding_lead: dsl@trust.example\n  technicians: [{address: it@school.example, name: Ruth}]\npolicy:\n  school: {timezone: Europe/London}\n  " + groveClauses + "schools: ["
	for n := range schools {
		key, unit := fmt.Sprintf("school%d", n), fmt.Sprintf("/School %d", n)
		g.keys = append(g.keys, key)
		for _, path := range []string{unit, unit + "/Pupils", unit + "/Staff"} {
			parent := path[:strings.LastIndexByte(path, '/')]
			if parent == "" {
				parent = "/"
			}
			g.world.AddOrgUnit(&world.OrgUnit{OrgUnitID: "id:" + key + fmt.Sprint(len(path)), OrgUnitPath: path, Name: path, ParentOrgUnitPath: parent, ParentOrgUnitID: g.world.UnitOf(parent).OrgUnitID})
		}
		for i := range 3 + n%3 {
			of := "/Pupils"
			if i == 0 {
				of = "/Staff"
			}
			u := &world.User{PrimaryEmail: fmt.Sprintf("p%d.%s@school.example", i, key), Name: world.Name{GivenName: "P", FamilyName: key, FullName: fmt.Sprintf("P%d %s", i, key)}, OrgUnitPath: unit + of}
			g.do(g.world.CreateUser(u, admin))
			g.share(u.PrimaryEmail, fmt.Sprintf("Paper %d of %s", i, key))
			if i == 1 {
				g.world.LoginEvent("suspicious_login", u.PrimaryEmail)
			}
		}
		trust += key + ".yaml, "
		g.write(key+".yaml", strings.NewReplacer("KEY", key, "UNIT", unit).Replace(groveSchool))
	}
	g.write("trust.yaml", strings.TrimSuffix(trust, ", ")+"]\n")
	g.trust, err = policy.LoadTrust(filepath.Join(g.dir, "trust.yaml"))
	g.do(err)
	base, stop, err := serveDemo(sc, filepath.Join(g.dir, "key.json"))
	g.do(err)
	t.Cleanup(stop)
	g.base = base
	return g
}

func (g *grove) do(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

func (g *grove) write(name, text string) {
	g.do(os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0o600))
}

// share makes a file and opens it to everybody.
func (g *grove) share(owner, name string) {
	id, err := g.world.CreateFile(&world.File{Name: name, MimeType: world.MimeDocument}, owner)
	g.do(err)
	g.do(g.world.Share(id, world.Grant{Type: "anyone", Role: "reader"}, owner))
}

// options are those of a process at the time of the simulated school, which knows no quotas.
func (g *grove) options(state, mails string, env map[string]string) (*options, *bytes.Buffer) {
	var said bytes.Buffer
	std := quiet(env)
	std.Out, std.Err = &said, &said
	return &options{
		std: std, trust: filepath.Join(g.dir, "trust.yaml"), state: state, credentials: filepath.Join(g.dir, "key.json"), endpoint: g.base, mail: "dir:" + mails,
		workers: 4, logFormat: "text", quota: google.Unlimited(), now: g.world.Now().Format(time.RFC3339),
	}, &said
}

// task runs one of some tasks.
func (g *grove) task(state, mails string, index, count int) (said string, err error) {
	o, out := g.options(state, mails, map[string]string{taskIndexVar: fmt.Sprint(index), taskCountVar: fmt.Sprint(count)})
	err = o.runTrust(g.t.Context(), nil, false)
	return out.String(), err
}

// all runs all tasks at once, but for those that are killed.
func (g *grove) all(state, mails string, count int, killed ...int) {
	g.t.Helper()
	var wg sync.WaitGroup
	for i := range count {
		if !slices.Contains(killed, i) {
			wg.Go(func() {
				if said, err := g.task(state, mails, i, count); err != nil {
					g.t.Errorf("task %d of %d: %v\n%s", i, count, err, said)
				}
			})
		}
	}
	wg.Wait()
}

// single runs each school by itself, as if there were no trust to run.
func (g *grove) single(state, mails string) {
	g.t.Helper()
	for _, key := range g.keys {
		o, said := g.options(state, mails+"/"+key, nil)
		o.policy, o.trust = filepath.Join(g.dir, key+".yaml"), ""
		b, err := o.workbench(g.t.Context())
		g.do(err)
		if of, err := b.runDue(g.t.Context(), false); of.failed || err != nil {
			g.t.Errorf("%s alone: %v\n%s", key, err, said)
		}
		b.close()
	}
}

// open opens a school's state.
func (g *grove) open(state, key string) store.Store {
	g.t.Helper()
	s, err := stores.Open(g.t.Context(), state, key, nil)
	g.do(err)
	return s
}

// left is what a school's state tells: its findings, the jobs that ran, and what was sent to whom.
func (g *grove) left(state, key string) (out []string) {
	g.t.Helper()
	s := g.open(state, key)
	defer func() { _ = s.Close() }()
	for d, err := range s.Find(g.t.Context(), findings.Findings, store.Ask{}) {
		g.do(err)
		out = append(out, fmt.Sprint("finding ", d.Key, d.Fields))
	}
	for d, err := range s.Find(g.t.Context(), outbox.Letters, store.Ask{}) {
		g.do(err)
		out = append(out, fmt.Sprint("letter ", d.Key, d.Fields["open"]))
	}
	for d, err := range s.Find(g.t.Context(), jobs.Records, store.Ask{}) {
		g.do(err)
		out = append(out, fmt.Sprint("run ", d.Fields["job"]))
	}
	slices.Sort(out)
	return out
}

// equal compares every school's state with what a run by itself left.
func (g *grove) equal(when, state, alone string) {
	g.t.Helper()
	for _, key := range g.keys {
		want, have := g.left(alone, key), g.left(state, key)
		if len(want) < 8 {
			g.t.Fatalf("%s: a run of %s by itself leaves only %q", when, key, want)
		}
		if d := cmp.Diff(want, have); d != "" {
			g.t.Errorf("%s: %s differs from a run by itself (-want +have):\n%s", when, key, d)
		}
	}
}

// notRun counts the letters that say that a school was not run.
func (g *grove) notRun(state, key string) (n int) {
	for _, l := range g.left(state, key) {
		if strings.Contains(l, "not-run") {
			n++
		}
	}
	return n
}

// TestCampaignTrust: the schools of a trust that several tasks look after at once, on one Firestore, are looked after as each would be by itself; of a task that is killed the schools are told as not run, once, and
// completed at the next tick. The campaign has eight schools and four tasks.
func TestCampaignTrust(t *testing.T) {
	schools, tasks := 2, 2
	if os.Getenv("ESAFETYBOT_CAMPAIGN") == "1" {
		schools, tasks = 8, 4
	}
	t.Setenv("FIRESTORE_EMULATOR_HOST", emulator.Host(t))
	g := plant(t, schools)
	state, mails := "firestore:demo-esafetybot/trust", filepath.Join(t.TempDir(), "mails")
	alone, aloneMails := "bolt:"+filepath.Join(t.TempDir(), "alone.db"), filepath.Join(t.TempDir(), "alone")
	g.all(state, mails, tasks)
	g.single(alone, aloneMails)
	g.equal("the first day", state, alone)

	// The next morning the first task is killed in the middle of its first school, and holds a lease on it.
	g.world.Advance(26 * time.Hour)
	for i, key := range g.keys {
		g.share("p1."+key+"@school.example", fmt.Sprintf("News %d", i))
	}
	g.world.Advance(45 * time.Minute)
	killed := dealt(g.trust.Keys(), 0, tasks)
	s := g.open(state, killed[0])
	_, err := jobs.Take(t.Context(), s, jobs.SharingJob, "killed", false, g.world.Now)
	g.do(errors.Join(err, s.Close()))
	g.all(state, mails, tasks, 0)
	for _, key := range killed {
		if n := g.notRun(state, key); n != 0 {
			t.Errorf("%s was told as not run while its lease held", key)
		}
	}
	// Whoever does the killed task's schools after is another tick's task of the same number; until then the last task tells of them.
	g.world.Advance(3 * time.Hour)
	said, err := g.task(state, mails, tasks-1, tasks)
	if !errors.Is(err, errStatus(exitFailed)) || !strings.Contains(said, killed[0]+": The day's run has been due since") {
		t.Errorf("the task beside says %q and ends with %v, want that %s was not run", said, err, killed[0])
	}
	said, err = g.task(state, mails, tasks-1, tasks)
	if err != nil || strings.Contains(said, "did not come to its end") {
		t.Errorf("asked again it says %q and ends with %v, want nothing more", said, err)
	}
	for _, key := range g.keys {
		want := 0
		if slices.Contains(killed, key) {
			want = 1
		}
		if n := g.notRun(state, key); n != want {
			t.Errorf("%s: %d letters say that it was not run, want %d", key, n, want)
		}
		if found, _ := filepath.Glob(filepath.Join(mails, key, "*.eml")); len(found) == 0 {
			t.Errorf("%s: no mail was sent", key)
		}
	}
	g.all(state, mails, tasks)
	g.single(alone, aloneMails)
	for _, key := range killed { // the letter is the one difference
		if n := g.notRun(state, key); n != 1 {
			t.Errorf("%s: %d letters say that it was not run, after it was, want 1", key, n)
		}
		s := g.open(state, key)
		if since, err := jobs.Late(t.Context(), s, must(g.trust.School(key)), g.world.Now(), g.world.Now()); err != nil || !since.IsZero() {
			t.Errorf("%s waits since %v for its run (%v), after it was", key, since, err)
		}
		g.do(s.Close())
	}
	for _, key := range g.keys {
		have := slices.DeleteFunc(g.left(state, key), func(l string) bool { return strings.Contains(l, "not-run") })
		if d := cmp.Diff(findingsOnly(g.left(alone, key)), findingsOnly(have)); d != "" {
			t.Errorf("the second day: %s differs from a run by itself (-want +have):\n%s", key, d)
		}
	}

	// The trust's own mail goes once, whichever task is the last to run a school; two that end at once leave it to the next tick.
	overviews := func() int {
		found, err := filepath.Glob(filepath.Join(mails, "trust", "*.eml"))
		g.do(err)
		return len(found)
	}
	g.world.Advance(7 * 24 * time.Hour)
	g.toDue()
	g.share("p1."+g.keys[0]+"@school.example", "News") // a log that is silent for a week is told as such
	g.world.Advance(30 * time.Minute)
	before := overviews()
	for range 3 {
		g.all(state, mails, tasks)
	}
	if n := overviews() - before; n != 1 {
		t.Errorf("%d overviews of one week were sent, want 1", n)
	}
}

// toDue lets time pass until the overview of the trust, if it was not sent in that week, has just become due.
func (g *grove) toDue() {
	for _, due := range []bool{false, true} {
		for trust.Due(g.trust.Schools, g.trust.SafeguardingLead, g.world.Now()) != due {
			g.world.Advance(30 * time.Minute)
		}
	}
}

func findingsOnly(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(l string) bool { return !strings.HasPrefix(l, "finding ") })
}

func must[T any](v T, ok bool) T {
	if !ok {
		panic("not there")
	}
	return v
}

// TestDealt: each school belongs to one task, tasks are balanced, and a school's task does not depend on the order in which schools are listed.
func TestDealt(t *testing.T) {
	for n := range 20 {
		var keys []string
		for i := range n {
			keys = append(keys, fmt.Sprintf("school-%d", i))
		}
		turned := slices.Clone(keys)
		slices.Reverse(turned)
		for count := 1; count <= 8; count++ {
			seen := map[string]int{}
			for i := range count {
				mine := dealt(keys, i, count)
				if len(mine) < n/count || len(mine) > (n+count-1)/count {
					t.Errorf("%d schools over %d tasks: task %d has %d", n, count, i, len(mine))
				}
				if d := cmp.Diff(mine, dealt(turned, i, count)); d != "" {
					t.Errorf("the order matters: %s", d)
				}
				for _, k := range mine {
					seen[k]++
				}
			}
			if len(seen) != n {
				t.Errorf("%d schools over %d tasks: %d are done", n, count, len(seen))
			}
		}
	}
}

// TestOneFailingSchool: a school whose state cannot be opened, or that is refused by Google, keeps no other from running, and the exit status says so.
func TestOneFailingSchool(t *testing.T) {
	g := plant(t, 3)
	broken := dealt(g.trust.Keys(), 0, 1)[0]
	text, err := os.ReadFile(filepath.Join(g.dir, broken+".yaml"))
	g.do(err)
	g.write(broken+".yaml", strings.Replace(string(text), "people: {", "people: {workspace_admin: nobody@school.example, ", 1))
	state := "bolt:" + filepath.Join(t.TempDir(), "state.db")
	o, said := g.options(state, filepath.Join(t.TempDir(), "mails"), nil)
	if err := o.runTrust(context.Background(), nil, false); !errors.Is(err, errStatus(exitFailed)) {
		t.Errorf("the run ends with %v", err)
	}
	for line := range strings.Lines(said.String()) {
		if !strings.HasPrefix(line, "school") && !strings.HasPrefix(line, "esafetybot: school ") && !strings.HasPrefix(line, "time=") {
			t.Errorf("a line names no school: %q", line)
		}
	}
	for _, key := range g.keys {
		if found := findingsOnly(g.left(state, key)); (len(found) == 0) != (key == broken) {
			t.Errorf("%s has %d findings; broken is %s", key, len(found), broken)
		}
	}
}

func TestTaskOf(t *testing.T) {
	for _, c := range []struct{ index, count, want string }{{"", "", ""}, {"0", "1", ""}, {"3", "4", ""}, {"4", "4", "a task is one of"}, {"-1", "4", "a task is one of"}, {"x", "4", "is no number"}, {"0", "0", "a task is one of"}} {
		_, err := taskOf(func(name string) string { return map[string]string{taskIndexVar: c.index, taskCountVar: c.count}[name] })
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s: %v", c.index, c.count, err)
		}
	}
}

// TestTrustOverview: the trust's safeguarding lead gets one mail a week, with each school's numbers and nobody's name, whichever task is first; it stands in no school's state. A school that cannot be read is told as such.
func TestTrustOverview(t *testing.T) {
	g := plant(t, 3)
	dir := t.TempDir()
	state, mails := "bolt:"+filepath.Join(dir, "state.db"), filepath.Join(dir, "mails")
	sent := func() []string {
		found, err := filepath.Glob(filepath.Join(mails, "trust", "*.eml"))
		g.do(err)
		return found
	}
	g.toDue()
	for range 2 {
		for i := range 2 {
			if said, err := g.task(state, mails, i, 2); err != nil {
				t.Fatalf("task %d: %v\n%s", i, err, said)
			}
		}
	}
	if n := len(sent()); n != 1 {
		t.Fatalf("%d overviews were sent in a week, want 1", n)
	}
	for _, key := range g.keys {
		for _, l := range g.left(state, key) {
			if strings.Contains(l, jobs.OverviewKind) {
				t.Errorf("%s keeps the overview of the trust: %s", key, l)
			}
		}
	}
	unreadable := g.keys[1]
	s := g.open(state, unreadable)
	b := &store.Batch{}
	for d, err := range s.Find(t.Context(), roster.Roster, store.Ask{}) {
		g.do(err)
		b.Put(roster.Roster, d.Key, d.Version, d.Fields, []byte("{"))
	}
	g.do(errors.Join(s.Commit(t.Context(), b), s.Close()))
	g.world.Advance(7 * 24 * time.Hour)
	o, said := g.options(state, mails, nil)
	o.baseURL = "https://{school}.review.trust.example"
	o.now = g.world.Now().Format(time.RFC3339)
	if err := o.overview(t.Context(), g.trust, g.world.Now, false); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	list := sent()
	if len(list) != 2 {
		t.Fatalf("%d overviews were sent in two weeks, want 2", len(list))
	}
	texts := map[bool]string{}
	for _, path := range list {
		m := readMail(t, path)
		texts[strings.Contains(m, "could not be read, so nothing is known of it")] = m
		for _, p := range g.trust.Schools {
			if !strings.Contains(m, p.School.Name) {
				t.Errorf("the overview does not name %s:\n%s", p.School.Name, m)
			}
		}
		g.world.View(func() {
			for _, u := range g.world.Users() {
				for _, word := range []string{u.PrimaryEmail, u.Name.FullName, u.ID} {
					if strings.Contains(m, word) {
						t.Errorf("the overview holds %q", word)
					}
				}
			}
			for _, f := range g.world.Files() {
				if len(f.Name) > 8 && strings.Contains(m, f.Name) {
					t.Errorf("the overview holds the title %q", f.Name)
				}
			}
		})
	}
	if len(texts) != 2 || !strings.Contains(texts[true], "https://trust.review.trust.example/") || strings.Contains(texts[false], "https://") {
		t.Errorf("the overviews are\n%s\nand\n%s", texts[false], texts[true])
	}
	if first := texts[false]; strings.Count(first, ": amber") != 3 || !strings.Contains(first, "Of 1 clause: 1 amber.") {
		t.Errorf("the first overview says\n%s", first)
	}
	if again := g.left(state, g.keys[0]); len(again) < 8 {
		t.Error("a school's state is gone")
	}
}

// readMail is the plain text of a mail in a folder.
func readMail(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := netmail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := multipart.NewReader(m.Body, params["boundary"]).NextPart()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(p)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}
