package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	netmail "net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"esafetybot/internal/decisions"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// point is a moment at which a run is killed: the n-th, from 1, of what it names. After tells whether it is done all the same, as Google does what it was asked although whoever
// asked is gone.
type point struct {
	of    string // atRequest, atChange or atBatch
	n     int
	after bool
}

const (
	atRequest = "request to Google"
	atChange  = "request to Google that changes something"
	atBatch   = "batch to a store"
)

func (p point) String() string {
	if p.after {
		return fmt.Sprintf("after the %d. %s", p.n, p.of)
	}
	return fmt.Sprintf("before the %d. %s", p.n, p.of)
}

// counts is how many there are of each in a run that is not killed.
type counts map[string]int

// points picks about three of each kind, the last among them; of what changes something each is tried before and after. All of these in a campaign, and one in ten of the other requests: nothing has
// changed since the batch or the change before it.
func (c counts) points() (out []point) {
	reads := c[atRequest] / 10
	if !campaign() {
		reads = 3
	}
	for _, n := range numbers(reads, c[atRequest]) {
		out = append(out, point{atRequest, n, n%2 == 1})
	}
	for _, n := range spread(4, 2*c[atChange]) {
		out = append(out, point{atChange, (n + 1) / 2, n%2 == 0})
	}
	for _, n := range spread(3, 2*c[atBatch]) {
		out = append(out, point{atBatch, (n + 1) / 2, n%2 == 0})
	}
	return out
}

// spread picks about n numbers from 1 to most, the last among them; all in a campaign.
func spread(n, most int) []int {
	if campaign() {
		n = most
	}
	return numbers(n, most)
}

// numbers picks about n numbers from 1 to most, the last among them.
func numbers(n, most int) (out []int) {
	n = min(n, most)
	for i := range n {
		out = append(out, 1+i*(most-1)/max(1, n-1))
	}
	return slices.Compact(out)
}

// gate watches the requests to the simulated Google, and does something at one of them.
type gate struct {
	mu      sync.Mutex
	n       counts
	changes []string // those that were served
	at      point
	then    func()
}

// changes tells whether a request is to change something: neither a question nor a sign-in.
func changes(r *http.Request) bool {
	return r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/token") && !strings.Contains(r.URL.Path, "oauth2")
}

func (g *gate) pass(_ int, r *http.Request) {
	g.mu.Lock()
	hit := g.count(atRequest)
	if changes(r) && g.count(atChange) {
		hit = true
	}
	then := g.then
	g.mu.Unlock()
	if hit && then != nil {
		then()
	}
	if changes(r) {
		g.mu.Lock()
		g.changes = append(g.changes, r.Method+" "+r.URL.Path)
		g.mu.Unlock()
	}
}

// count counts one more, and tells whether it is the one at which something is done.
func (g *gate) count(of string) bool {
	if g.n == nil {
		g.n = counts{}
	}
	g.n[of]++
	return g.at.of == of && g.at.n == g.n[of]
}

// arm counts from 1 again, with something to do at a point; the zero point is never.
func (g *gate) arm(at point, then func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n, g.at, g.then = counts{}, at, then
}

// counted is how many requests there were since it was armed.
func (g *gate) counted() counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return counts{atRequest: g.n[atRequest], atChange: g.n[atChange]}
}

// made lists the changes that were served since it was asked last, without those of the sender's mailbox: what is sent is compared by what it is.
func (g *gate) made() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := slices.DeleteFunc(g.changes, func(c string) bool { return strings.Contains(c, "/gmail/") })
	g.changes = nil
	slices.Sort(out)
	return out
}

// killer is a school in which runs are killed.
type killer struct {
	*campus
	t      *testing.T
	gate   *gate
	policy string
	dir    string
	rolls  string
	serial int
	jobs   []string
	gmail  bool                 // mail goes out through Gmail too
	more   []decisions.Decision // besides what the tenant's people decided
	round  oneShot              // what else every run of a round has
	saved  string               // the folder of the tenant of which every run gets a copy; "": all runs look at one, and change nothing in it
	sites  map[string]string    // what people decided and the forwarder told before the run, by the state that it begins with
	twice  bool                 // a run that is not killed is run again: what the first changed at Google, only the next sees
	ran    counts               // the last run that was not killed
}

// killing is a killer of runs of jobs at a school, by one of its policies.
func killing(t *testing.T, s *campus, g *gate, policy string, jobs ...string) *killer {
	t.Helper()
	return &killer{campus: s, t: t, gate: g, policy: policy, dir: t.TempDir(), rolls: t.TempDir(), jobs: jobs, sites: map[string]string{}}
}

// save keeps the tenant: every run from now on is one on a copy of it.
func (k *killer) save() {
	k.t.Helper()
	k.saved = k.t.TempDir()
	k.do(k.world.Save(k.saved))
}

// reload serves the tenant as it was saved.
func (k *killer) reload() {
	k.t.Helper()
	w, err := world.Load(k.saved)
	k.do(err)
	w.SetNow(k.world.Now())
	old := k.campus
	old.hs.Close()
	k.campus = serve(k.t, w, old.policyTexts, server.Options{OnRequest: k.gate.pass})
	k.logs = old.logs
}

// shot is a run on a copy of a state (none for a first run), with a mail folder that is a copy too.
func (k *killer) shot(base *oneShot, gmail bool) oneShot {
	k.t.Helper()
	if k.saved != "" {
		k.reload()
	}
	k.serial++
	o := k.round
	o.Jobs, o.Rolls, o.Endpoint, o.Credentials, o.Policy, o.Now, o.Decisions = k.jobs, k.rolls, k.base, k.key, k.policyTexts[k.policy], k.world.Now(), k.more
	o.State, o.Site, o.Logs = filepath.Join(k.dir, fmt.Sprintf("%d.db", k.serial)), filepath.Join(k.dir, fmt.Sprintf("%d-site.db", k.serial)), filepath.Join(k.dir, "logs")
	if !gmail {
		o.MailDir = filepath.Join(k.dir, fmt.Sprintf("%d.mail", k.serial))
	}
	copyFile(k.t, k.site(base), o.Site)
	if base == nil {
		return o
	}
	copyFile(k.t, base.State, o.State)
	if o.MailDir != "" && base.MailDir != "" {
		k.do(os.CopyFS(o.MailDir, os.DirFS(base.MailDir)))
	}
	return o
}

// site is the file with what people decided, and the forwarder told, before a run.
func (k *killer) site(base *oneShot) string {
	k.t.Helper()
	key := k.world.Now().String()
	if base != nil {
		key += base.State
	}
	if path := k.sites[key]; path != "" {
		return path
	}
	path := filepath.Join(k.dir, fmt.Sprintf("before-%d.db", k.serial))
	if base != nil {
		copyFile(k.t, base.Site, path)
	}
	db := openFile(k.t, path)
	w := &watch{name: k.policy, policy: k.policyOf(), site: db}
	k.do(w.hand(k.t.Context(), k.decided()))
	k.hint(w)
	k.do(db.Close())
	k.sites[key] = path
	return path
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// kill runs the shot in a child and kills it at a point.
func (k *killer) kill(o oneShot, at point) {
	k.t.Helper()
	if at.of == atBatch {
		o.KillBefore = at.n
		if at.after {
			o.KillBefore, o.KillAfter = 0, at.n
		}
	}
	file := o.State + ".json"
	data, err := json.Marshal(o)
	k.do(err)
	k.do(os.WriteFile(file, data, 0o600))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+file)
	var said bytes.Buffer
	cmd.Stderr = &said
	dead := make(chan struct{})
	started := make(chan struct{})
	k.gate.arm(at, func() {
		<-started
		_ = cmd.Process.Kill() // an error means that it has ended
		<-dead
		if !at.after {
			panic(http.ErrAbortHandler)
		}
	})
	k.do(cmd.Start())
	close(started)
	err = cmd.Wait()
	close(dead)
	k.gate.arm(point{}, nil)
	if err != nil && !strings.Contains(err.Error(), "killed") {
		k.t.Fatalf("the child failed before it was killed: %v: %s", err, said.String())
	}
}

// whole runs a shot to its end in this process.
func (k *killer) whole(o oneShot) {
	k.t.Helper()
	o.KillBefore, o.KillAfter, o.counted = 0, 0, new(int)
	k.gate.arm(point{}, nil)
	if _, err := o.run(k.t.Context(), k.logs); err != nil {
		k.t.Fatal(err)
	}
	k.ran = k.gate.counted()
	k.ran[atBatch] = *o.counted
	if k.twice {
		if _, err := o.run(k.t.Context(), k.logs); err != nil {
			k.t.Fatal(err)
		}
	}
}

// rounds kills one run in many places, runs it again, and compares what is there then with what a run leaves that was never killed, which it returns.
func (k *killer) rounds(name string, base *oneShot) (clean oneShot) {
	k.t.Helper()
	k.writeRolls()
	k.gate.made()
	clean = k.shot(base, false)
	k.whole(clean)
	made, tenant := k.gate.made(), k.tenant()
	all := k.ran
	if k.saved != "" { // the school goes on as this run left it
		next := k.t.TempDir()
		k.do(k.world.Save(next))
		defer func() {
			k.saved = next
			k.reload()
		}()
	}
	if k.gmail {
		mailed := k.shot(base, true)
		before := k.sent()
		k.whole(mailed)
		all[atRequest], all[atChange] = k.ran[atRequest], k.ran[atChange]
		k.check(name+", through Gmail", base, clean, mailed, k.sent()[len(before):])
		k.sameChanges(name+", through Gmail", made, tenant)
	}
	points := all.points()
	for _, at := range points {
		o := k.shot(base, k.gmail && at.of != atBatch && (at.of == atChange || at.n%2 == 1))
		before := k.sent()
		k.kill(o, at)
		k.whole(o)
		when := fmt.Sprintf("%s, killed %s (of %d)", name, at, all[at.of])
		k.check(when, base, clean, o, k.sent()[len(before):])
		k.sameChanges(when, made, tenant)
		if k.t.Failed() {
			return clean
		}
	}
	k.t.Logf("%s: killed at %d points; a run has %v", name, len(points), all)
	return clean
}

// writeRolls puts the tenant's rolls where runs look for them.
func (k *killer) writeRolls() {
	k.t.Helper()
	for _, roll := range k.world.Rolls() {
		k.do(os.WriteFile(filepath.Join(k.rolls, roll), k.world.Roll(roll), 0o600))
	}
}

// sameChanges compares what was changed at Google with what a run changes that is not killed: each once.
func (k *killer) sameChanges(when string, want []string, tenant map[string]string) {
	k.t.Helper()
	if diff := cmp.Diff(tenant, k.tenant()); diff != "" {
		k.t.Errorf("%s: the tenant differs (-want +have):\n%s", when, short(diff))
	}
	if diff := cmp.Diff(want, k.gate.made(), cmpopts.EquateEmpty()); diff != "" {
		k.t.Errorf("%s: changes that Google made differ (-want +have):\n%s", when, diff)
	}
}

// sent lists the Message-IDs that were sent through Gmail so far, and fails the test if a draft was left behind.
func (k *killer) sent() []string {
	k.t.Helper()
	var out []string
	k.world.View(func() {
		from := sender(k.policyOf())
		if n := len(k.world.Drafts(from)); n > 0 {
			k.t.Errorf("%d drafts were left behind", n)
		}
		for _, m := range k.world.Mails(from) {
			raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(m.Raw, "="))
			if err != nil {
				k.t.Error(err)
				continue
			}
			msg, err := netmail.ReadMessage(bytes.NewReader(raw))
			if err != nil {
				k.t.Error(err)
				continue
			}
			out = append(out, strings.Trim(msg.Header.Get("Message-ID"), "<>"))
		}
	})
	return out
}

// quiet sees to it that no log holds what it must not, those of the killed processes among them. It comes last.
func (k *killer) quiet() {
	k.t.Helper()
	logs, err := os.ReadFile(filepath.Join(k.dir, "logs"))
	if !errors.Is(err, fs.ErrNotExist) { // nothing was killed
		k.do(err)
	}
	_, err = k.logs.Write(logs)
	k.do(err)
	k.watches = nil
	k.private()
}

// gated is a generated school of 30 pupils with a gate before it.
func gated(t *testing.T, seed int) (*generate.School, *campus, *gate) {
	t.Helper()
	g := &gate{}
	sc, s := small(t, seed, server.Options{OnRequest: g.pass})
	return sc, s, g
}
