package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"esafetybot/internal/access"
	"esafetybot/internal/cli"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/jobs"
	"esafetybot/internal/moderation"
	"esafetybot/internal/outbox"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/privacy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/roster"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
)

// office is a school whose state lies in files, as the command line has them.
type office struct {
	*term
	dir    string
	policy string // its file
}

func (o *office) path(name string) string { return filepath.Join(o.dir, name) }

// open opens the state; it is closed while a command uses it.
func (o *office) open() {
	o.t.Helper()
	school := o.w.policy.School.Domains[0]
	var err error
	o.w.store, err = bolt.Open(o.path("state.db"), school, bolt.Options{})
	o.do(err)
	o.w.site, err = bolt.Open(o.path("state-decisions.db"), school, bolt.Options{})
	o.do(err)
	o.w.box, err = outbox.New(o.w.store, outbox.Options{Location: o.w.policy.School.Location, From: netmail.Address{Address: sender(o.w.policy)}})
	o.do(err)
}

func (o *office) close() {
	o.do(o.w.store.Close())
	o.do(o.w.site.Close())
}

// pass lets a day pass: people do things and decide, and in the evening everything runs and the mails go into their folder.
func (o *office) pass() {
	o.t.Helper()
	now := o.world.Now().In(o.zone)
	if wd := now.Weekday(); wd != time.Saturday && wd != time.Sunday {
		o.write()
		if _, err := o.player.Play(); err != nil {
			o.t.Fatal(err)
		}
	}
	o.world.SetNow(time.Date(now.Year(), now.Month(), now.Day(), 18, 0, 0, 0, o.zone))
	o.evening()
	o.world.SetNow(time.Date(now.Year(), now.Month(), now.Day()+1, 7, 0, 0, 0, o.zone))
}

func (o *office) evening() {
	o.t.Helper()
	o.decide(o.w)
	o.do(o.runNamed(o.w, append(slices.Clone(jobs.Looking), jobs.ApplyJob, jobs.DigestJob, jobs.ReportJob, jobs.RetentionJob)...))
	o.do(oneShot{MailDir: o.path("mail")}.send(context.Background(), o.w.store, o.w.box, o.w.policy, nil, o.world.Now))
}

// command runs the program with a service account, and alone without.
func (o *office) command(args ...string) (status int, out string) {
	o.t.Helper()
	return o.alone(append(args, "--google-credentials", o.path("key.json"), "--google-endpoint", o.base)...)
}

func (o *office) alone(args ...string) (status int, out string) {
	o.t.Helper()
	var stdout, stderr bytes.Buffer
	args = append(args, "--policy", o.policy, "--state", "bolt:"+o.path("state.db"), "--mail", "dir:"+o.path("mail"), "--now", o.world.Now().UTC().Format(time.RFC3339))
	status = cli.Main(context.Background(), args, cli.IO{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Getenv: func(string) string { return "" }})
	if status != 0 {
		return status, stderr.String()
	}
	return status, stdout.String()
}

// leftovers are the places in which any of some words still stands: in the documents of every collection, whoever declared it, packed or not; in the mail folder, and in the logs.
func (o *office) leftovers(words []string) (out []string) {
	o.t.Helper()
	look := func(where string, data []byte) {
		text := strings.ToLower(string(data))
		for _, w := range words {
			if holds(text, strings.ToLower(w)) {
				out = append(out, where+": "+w)
			}
		}
	}
	for _, name := range []string{"state.db", "state-decisions.db"} {
		raw, err := os.ReadFile(o.path(name))
		o.do(err)
		look(name+", as it is on the disk", o.withoutIncidents(name, raw))
		db, err := bbolt.Open(o.path(name), 0o600, &bbolt.Options{ReadOnly: true})
		o.do(err)
		o.do(db.View(func(tx *bbolt.Tx) error {
			return tx.ForEach(func(school []byte, b *bbolt.Bucket) error {
				return b.ForEachBucket(func(collection []byte) error {
					walk(b.Bucket(collection), func(key, value []byte) {
						look(string(collection)+" "+string(key), slices.Concat(key, value, unpacked(value)))
					})
					return nil
				})
			})
		}))
		o.do(db.Close())
	}
	files, err := os.ReadDir(o.path("mail"))
	o.do(err)
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(o.path("mail"), f.Name()))
		o.do(err)
		look("mail "+f.Name(), append(data, privacy.MailText(data)...))
	}
	look("the logs", []byte(o.logs.String()))
	return out
}

// holds tells whether a word stands in a text; an address does not stand in a longer one that ends like it.
func holds(text, word string) bool {
	for {
		i := strings.Index(text, word)
		if i < 0 {
			return false
		}
		if !strings.Contains(word, "@") || i == 0 || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.+-_", rune(text[i-1])) {
			return true
		}
		text = text[i+1:]
	}
}

// withoutIncidents is a file as it is on the disk; nothing where the incident log, which stays, is in it as well.
func (o *office) withoutIncidents(name string, raw []byte) []byte {
	if name == "state.db" {
		return nil
	}
	return raw
}

func walk(b *bbolt.Bucket, look func(key, value []byte)) {
	_ = b.ForEach(func(k, v []byte) error {
		if v == nil {
			walk(b.Bucket(k), look)
		} else {
			look(k, v)
		}
		return nil
	})
}

// unpacked is what is packed within a value, and what the mail in it says.
func unpacked(value []byte) []byte {
	at := bytes.Index(value, []byte{0x1f, 0x8b, 0x08})
	if at < 0 {
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(value[at:]))
	if err != nil {
		return nil
	}
	data, _ := io.ReadAll(z)
	var f outbox.Frozen
	if json.Unmarshal(data, &f) == nil && len(f.Raw) > 0 {
		data = append(data, privacy.MailText(f.Raw)...)
		for _, a := range f.Beside {
			data = append(data, a.Data...)
		}
	}
	return data
}

// somebody is a person by all that they are known by.
type somebody struct {
	who, address, name string
	words              []string
}

func (o *office) account(who, id string) somebody {
	var s somebody
	o.world.View(func() {
		u := o.world.User(id)
		s = somebody{who: who, address: u.PrimaryEmail, name: u.Name.FullName, words: append(u.Addresses(), u.ID, u.Name.FullName)}
	})
	for _, a := range slices.Clone(s.words) {
		if strings.Contains(a, "@") {
			s.words = append(s.words, pseudonym.Of(a), outbox.RecipientID(a))
		}
	}
	return s
}

// subjects picks of each sort whoever is mentioned most: a pupil who wrote, a teacher who decided, and a person outside who may open something.
func (o *office) subjects() []somebody {
	o.t.Helper()
	ctx := context.Background()
	acts, looked := map[string]int{}, map[string]int{}
	book, err := moderation.Open(ctx, o.w.store)
	o.do(err)
	for _, course := range book.Courses() {
		for _, p := range book.Class(course).Posts {
			for _, a := range p.Acts {
				acts[a.By]++
			}
			for _, v := range p.Reviews {
				looked[v.By]++
			}
		}
	}
	best := func(count map[string]int, pupil bool) (out string) {
		delete(count, "") // what has no author, such as what was told of ClassDojo
		o.world.View(func() {
			for _, u := range o.world.Users() {
				if slices.ContainsFunc(u.Addresses(), func(a string) bool { return strings.Contains(o.policyTexts[o.w.name], a) }) {
					continue // whom the policy names gets mails as long as it does
				}
				if under(o.w.policy, u.OrgUnitPath) == pupil && count[u.ID] > count[out] {
					out = u.ID
				}
			}
		})
		if out == "" {
			o.t.Fatalf("nobody to be erased (pupil: %v)", pupil)
		}
		return out
	}
	outside := map[string]int{}
	var text strings.Builder
	for f, err := range (&findings.Keeper{Store: o.w.store}).List(ctx, "sharing", findings.Open) {
		o.do(err)
		text.WriteString(strings.Join(f.Facts, " ") + " ")
	}
	address := map[string]string{}
	from, to := store.Prefix("grantee")
	for d, err := range o.w.store.Find(ctx, people.People, store.Ask{From: from, To: to}) {
		o.do(err)
		var p people.Person
		o.do(json.Unmarshal(d.Body, &p))
		id := store.KeyParts(d.Key)[1]
		address[id] = p.Address
		if !strings.HasSuffix(p.Address, "@"+o.w.policy.School.Domains[0]) {
			outside[id] = strings.Count(text.String(), "user/"+id+" ")
		}
	}
	far := ""
	for id, n := range outside {
		if n > 0 && (far == "" || n > outside[far] || n == outside[far] && id < far) {
			far = id
		}
	}
	if far == "" {
		o.t.Fatal("nobody outside may open anything")
	}
	stranger := somebody{who: "outside", address: address[far], words: []string{address[far], pseudonym.Of(address[far])}}
	for id, a := range address { // Drive and Classroom may know them by a number each
		if a == address[far] {
			stranger.words = append(stranger.words, id)
		}
	}
	return []somebody{
		o.account("pupil", best(acts, true)), o.account("teacher", best(looked, false)),
		stranger,
	}
}

// concern raises a concern about somebody, and closes one of before.
func (o *office) concern(about incidents.About, kind incidents.Kind, by, of somebody) {
	o.t.Helper()
	adults, err := roster.Read(context.Background(), o.w.store)
	o.do(err)
	log := incidents.Of(o.w.policy, o.w.store, roster.IDs(adults), o.world.Now)
	log.Commit = o.w.store.Commit
	_, err = log.Raise(context.Background(), incidents.By{ID: by.id(), Address: by.address}, incidents.Form{ID: "form-" + of.who, Kind: kind, About: about, Concerns: []string{of.id()}, Note: "about " + of.name})
	o.do(err)
}

func (s somebody) id() string {
	for _, w := range s.words {
		if len(w) > 0 && strings.Trim(w, "0123456789") == "" {
			return w
		}
	}
	return ""
}

// TestErase: after half a term of runs, mails, decisions, changes, comments and incidents a pupil, a teacher and a person outside are erased, and nothing is left of them but what the command
// listed as kept.
func TestErase(t *testing.T) {
	t.Parallel()
	for _, seed := range smallSeeds(1) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			days := 6
			if campaign() && seed <= 5 {
				days = 49
			}
			o := halfATerm(t, seed, days)
			list := o.subjects()
			pupil, teacher := list[0], list[1]
			o.concern(incidents.Pupil, incidents.Incident, teacher, pupil)
			o.concern(incidents.Adult, incidents.LowLevel, pupil, teacher)
			o.close()
			met := map[string]bool{}
			for _, s := range list {
				before := o.leftovers(s.words)
				maps.Copy(met, collections(before))
				if len(before) < 5 {
					t.Fatalf("%s: hardly anything is known of them: %v", s.who, before)
				}
				o.exports(s)
				if status, out := o.command("privacy", "erase", s.address, "--as", "dpo@"+generate.Trust, "--dry-run"); status != 0 || len(o.leftovers(s.words)) != len(before) {
					t.Fatalf("%s: looking only, status %d: %s", s.who, status, out)
				}
				o.readAgain(s, collections(before))
				status, out := o.command("privacy", "erase", s.address, "--as", "dpo@"+generate.Trust)
				if status != 0 || !strings.Contains(out, "incident log") || !strings.Contains(out, "mails that were delivered") {
					t.Fatalf("%s: status %d: %s", s.who, status, out)
				}
				if strings.Contains(strings.ToLower(out), strings.ToLower(s.address)) || s.name != "" && strings.Contains(out, s.name) {
					t.Errorf("%s: what the command says names them: %s", s.who, out)
				}
				incident := 0
				for _, at := range o.leftovers(s.words) {
					if strings.HasPrefix(at, "incident") || strings.HasPrefix(at, "adult_concerns") {
						incident++
						continue
					}
					t.Errorf("%s is left in %s", s.who, at)
				}
				if (incident > 0) != (s.name != "") {
					t.Errorf("%s: %d traces in the incident log, which nobody erases from here", s.who, incident)
				}
				if status, again := o.command("privacy", "erase", s.address, "--as", "dpo@"+generate.Trust); status != 0 || !strings.Contains(again, "Nothing is held of them") {
					t.Errorf("%s: erased again, status %d: %s", s.who, status, again)
				}
			}
			for _, c := range []string{"actions", "action_events", "classes", "coverage", "decisions", "events", "findings", "letters", "letter_parts", "mail", "marks", "memory", "moderation", "people", "roster", "shares", "views"} {
				if seed == 1 && days == 6 && !met[c] {
					t.Errorf("nobody of those who were erased was in %s before: the test does not show that they are taken out of it", c)
				}
			}
			if t.Failed() {
				return
			}
			o.goesOn(pupil, teacher)
		})
	}
}

// halfATerm is a school in which some days have passed.
func halfATerm(t *testing.T, seed, days int) *office {
	t.Helper()
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: int64(seed), Now: time.Date(2026, 9, 7, 6, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	text := outcome(sc.Policies[generate.Classroom], policy.Propose, "leaver-active", "not-on-roll", "risky-app", "outside-recovery", "public", "outside-person")
	if seed%2 == 1 { // with an access record the state itself knows who everybody is, without one Google is asked
		text = strings.Replace(text, "{record: audit}", "{record: audit}\n      - {record: access, due: 5 school days}", 1)
		if !strings.Contains(text, "{record: access") {
			t.Fatal("the policy asks for no access record")
		}
	}
	s := serve(t, sc.World, map[string]string{generate.Classroom: text}, server.Options{})
	o := &office{term: &term{campus: s, w: s.watches[0], player: sc.Player(), waits: map[string]map[string]bool{}, late: map[string]map[string]bool{}}, dir: t.TempDir()}
	o.zone = o.w.policy.School.Location
	o.policy = o.path("school.yaml")
	o.do(os.WriteFile(o.policy, []byte(text), 0o600))
	o.do(os.WriteFile(o.path("key.json"), o.key, 0o600))
	o.open()
	for day := range days {
		o.pass()
		if day == days/2 {
			o.approveAll(o.w)
			o.agreeTo()
		}
	}
	return o
}

// agreeTo has the officer agree to some findings on the review site.
func (o *office) agreeTo() {
	o.t.Helper()
	by := o.by(o.w, policy.RoleOfficer)
	n := 0
	for f, err := range (&findings.Keeper{Store: o.w.store}).List(context.Background(), "sharing", findings.Open) {
		o.do(err)
		if n++; n > 4 {
			return
		}
		_, err := decisions.Make(context.Background(), o.w.site, f.ID, decisions.Decision{
			At: o.world.Now(), By: decisions.By{ID: by.ID, Hash: pseudonym.Of(by.Address)}, Do: decisions.Agree, Until: "2026-12-18", Why: "for the trip",
			Findings: []decisions.Pick{{ID: f.ID, Facts: f.Facts}},
		})
		o.do(err)
	}
}

// exports sees that an export holds what it must, names nobody's incidents, and is not written over another.
func (o *office) exports(s somebody) {
	o.t.Helper()
	dir := o.path("export-" + s.who)
	args := []string{"privacy", "export", s.address, "--as", "dpo@" + generate.Trust, "--out", dir}
	if status, out := o.command(args...); status != 0 {
		o.t.Fatalf("%s: export, status %d: %s", s.who, status, out)
	}
	for _, name := range []string{privacy.ExportJSON, privacy.ExportHTML} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		o.do(err)
		info, err := os.Stat(filepath.Join(dir, name))
		o.do(err)
		if !strings.Contains(string(data), privacy.Draft) || !strings.Contains(strings.ToLower(string(data)), s.address) || info.Mode().Perm() != 0o600 {
			o.t.Errorf("%s: %s is no draft of theirs, or others may open it (%v)", s.who, name, info.Mode())
		}
		for _, secret := range []string{"about " + s.name, `"adult_concerns"`, `"incidents"`} {
			if s.name != "" && strings.Contains(string(data), secret) {
				o.t.Errorf("%s: %s tells of the incident log: %s", s.who, name, secret)
			}
		}
	}
	if status, _ := o.command(args...); status == 0 {
		o.t.Errorf("%s: an export was written over another", s.who)
	}
}

// readAgain sees that an erasure says of what was read from Google that it will be read again, and of nothing else.
func (o *office) readAgain(s somebody, held map[string]bool) {
	o.t.Helper()
	status, out := o.command("privacy", "erase", s.address, "--as", "dpo@"+generate.Trust, "--dry-run", "--json")
	var said privacy.Summary
	if status != 0 || json.Unmarshal([]byte(out), &said) != nil {
		o.t.Fatalf("%s: looking only, status %d: %s", s.who, status, out)
	}
	told, taken := map[string]string{}, map[string]bool{}
	for _, l := range said.Again {
		told[l.What] = l.Why
	}
	for _, l := range slices.Concat(said.Deleted, said.Changed) {
		taken[l.What] = true // also what has no word of theirs and goes with what has, such as the finding that a change was for
	}
	for _, p := range jobs.Places() {
		if want := p.Again != "" && (held[p.C.Name] || taken[p.What]); (told[p.What] != "") != want {
			o.t.Errorf("%s: %q in %s, told that Google has it: %q", s.who, p.What, slices.Sorted(maps.Keys(held)), told[p.What])
		}
	}
}

// goesOn sees that everything runs as before once those who were erased are gone from Google too, and that nothing of them comes back.
func (o *office) goesOn(gone ...somebody) {
	o.t.Helper()
	for _, s := range gone {
		o.do(o.world.DeleteUser(s.address, "it@"+o.w.policy.School.Domains[0]))
	}
	o.world.SetNow(o.world.Now().AddDate(0, 0, 3))
	o.open()
	defer func() { o.close() }()
	o.evening()
	for _, r := range o.w.records {
		if r.Error != "" {
			o.t.Errorf("the job %s after the erasure: %s", r.Job, r.Error)
		}
	}
	o.close()
	others := map[string]bool{} // what somebody else is called
	var titles strings.Builder  // which Google still shows: the command says that they are read again
	o.world.View(func() {
		for _, u := range o.world.Users() {
			others[u.Name.FullName] = true
		}
		for _, f := range o.world.Files() {
			titles.WriteString(f.Name + "\n")
		}
		for _, c := range o.world.Courses() {
			titles.WriteString(c.Name + "\n")
			for _, kind := range []string{world.CourseWork, world.Material} {
				for _, p := range o.world.Posts(c.ID, kind) {
					titles.WriteString(p.Title + "\n")
				}
			}
		}
	})
	for _, s := range gone {
		s.words = slices.DeleteFunc(s.words, func(w string) bool { return others[w] || w == s.name && strings.Contains(titles.String(), w) })
		for _, at := range o.leftovers(s.words) {
			name, _, _ := strings.Cut(at, " ")
			if !strings.HasPrefix(name, "incident") && name != "adult_concerns" {
				o.t.Errorf("%s is back in %s", s.who, at)
			}
		}
	}
	o.open()
	book, err := access.Open(context.Background(), o.w.store, o.w.store.Commit)
	o.do(err)
	for _, s := range gone {
		if len(book.Of(s.id())) > 0 {
			o.t.Errorf("%s: the access record knows them again", s.who)
		}
	}
}

// collections are those in which leftovers were found.
func collections(leftovers []string) map[string]bool {
	out := map[string]bool{}
	for _, l := range leftovers {
		name, _, _ := strings.Cut(l, " ")
		out[name] = true
	}
	return out
}
