package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	netmail "net/mail"

	"esafetybot/internal/decisions"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/store/bolt"
)

// gate watches the requests to the simulated Google, and does something at one of them.
type gate struct {
	mu   sync.Mutex
	n    int
	at   int
	then func()
}

func (g *gate) pass(int, *http.Request) {
	g.mu.Lock()
	g.n++
	var then func()
	if g.n == g.at {
		then = g.then
	}
	g.mu.Unlock()
	if then != nil {
		then()
	}
}

// arm counts from 1 again, with something to do at request n; 0 is never.
func (g *gate) arm(n int, then func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n, g.at, g.then = 0, n, then
}

func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}

// killer is a school in which runs are killed.
type killer struct {
	*campus
	t      *testing.T
	gate   *gate
	policy string
	dir    string
	serial int
	jobs   []string
	rolls  string
	more   []decisions.Decision // besides what the tenant's people decided
}

// shot is a run on a copy of a state (none for a first run), with a mail folder that is a copy too.
func (k *killer) shot(base *oneShot, gmail bool) oneShot {
	k.t.Helper()
	k.serial++
	o := oneShot{
		Jobs: k.jobs, Rolls: k.rolls, Endpoint: k.base, Credentials: k.key, Policy: k.policyTexts[k.policy], Now: k.world.Now(), Decisions: append(k.decided(), k.more...),
		State: filepath.Join(k.dir, fmt.Sprintf("%d.db", k.serial)), Logs: filepath.Join(k.dir, "logs"),
	}
	if !gmail {
		o.MailDir = filepath.Join(k.dir, fmt.Sprintf("%d.mail", k.serial))
	}
	if base == nil {
		return o
	}
	data, err := os.ReadFile(base.State)
	if err == nil {
		err = os.WriteFile(o.State, data, 0o600)
	}
	if err == nil && o.MailDir != "" && base.MailDir != "" {
		err = os.CopyFS(o.MailDir, os.DirFS(base.MailDir))
	}
	if err != nil {
		k.t.Fatal(err)
	}
	return o
}

// kill runs the shot in a child and kills it at request n. Whether the request itself is served is the question that a killed
// client cannot answer; both happen.
func (k *killer) kill(o oneShot, n int) {
	k.t.Helper()
	file := o.State + ".json"
	data, err := json.Marshal(o)
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+file)
	var said bytes.Buffer
	cmd.Stderr = &said
	dead := make(chan struct{})
	started := make(chan struct{})
	k.gate.arm(n, func() {
		<-started
		_ = cmd.Process.Kill() // an error means that it has ended
		<-dead
		if n%2 == 0 {
			panic(http.ErrAbortHandler)
		}
	})
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	close(started)
	err = cmd.Wait()
	close(dead)
	k.gate.arm(0, nil)
	if err != nil && !strings.Contains(err.Error(), "killed") {
		k.t.Fatalf("the child failed before it was killed: %v: %s", err, said.String())
	}
}

// whole runs a shot to its end in this process.
func (k *killer) whole(o oneShot) {
	k.t.Helper()
	o.KillBefore, o.KillAfter = 0, 0
	if _, err := o.run(context.Background(), k.logs); err != nil {
		k.t.Fatal(err)
	}
}

// check compares a state after a kill and a second run with one that was never killed.
func (k *killer) check(when string, want, have oneShot, sent []string) {
	k.t.Helper()
	a, err := bolt.Open(want.State, "school", bolt.Options{})
	if err != nil {
		k.t.Fatal(err)
	}
	defer a.Close()
	b, err := bolt.Open(have.State, "school", bolt.Options{})
	if err != nil {
		k.t.Fatal(err)
	}
	defer b.Close()
	same(k.t, when, a, b)
	remembered(k.t, when, a, b)
	if have.MailDir != "" {
		if diff := cmp.Diff(emls(k.t, want.MailDir), emls(k.t, have.MailDir)); diff != "" {
			k.t.Errorf("%s: mail differs (-want +have):\n%s", when, diff)
		}
		return
	}
	if len(sent) != 1 {
		k.t.Errorf("%s: %d messages were sent through Gmail, want 1", when, len(sent))
	}
}

func emls(t testing.TB, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list {
		out = append(out, filepath.Base(f))
	}
	return out
}

// sent lists the Message-IDs that were sent through Gmail so far, and fails the test if a draft was left behind.
func (k *killer) sent(p *watch) []string {
	k.t.Helper()
	var out []string
	k.world.View(func() {
		if n := len(k.world.Drafts(sender(p.policy))); n > 0 {
			k.t.Errorf("%d drafts were left behind", n)
		}
		for _, m := range k.world.Mails(sender(p.policy)) {
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
			out = append(out, msg.Header.Get("Message-ID"))
		}
	})
	return out
}

// spread picks about n numbers from 1 to max, the last few among them; all in a campaign.
func spread(n, most int) []int {
	var out []int
	if campaign() {
		n = most
	}
	for i := range n {
		out = append(out, 1+i*(most-1)/max(1, n-1))
	}
	return slices.Compact(out)
}

// TestCampaignKills kills runs at requests to Google and at batches to the state, runs again, and compares with runs that were never killed.
func TestCampaignKills(t *testing.T) {
	t.Parallel()
	g := &gate{}
	sc, s := small(t, 2, server.Options{OnRequest: g.pass})
	w := s.only(generate.Classroom)
	k := &killer{campus: s, t: t, gate: g, policy: generate.Classroom, dir: t.TempDir()}

	round := func(name string, base *oneShot) (clean oneShot) {
		g.arm(0, nil)
		before := len(k.sent(w))
		mailed := k.shot(base, true)
		k.whole(mailed)
		requests := g.count()
		if n := len(k.sent(w)) - before; n != 1 {
			t.Fatalf("%s: a run that is not killed sends %d messages, want 1", name, n)
		}
		clean = k.shot(base, false)
		k.whole(clean)
		k.check(name+", through Gmail", clean, mailed, []string{""})
		points := spread(3, requests)
		for i := range 4 { // delivery through Gmail
			points = append(points, requests-i)
		}
		slices.Sort(points)
		for _, n := range slices.Compact(points) {
			gmail := n >= requests-5 || campaign() && n%2 == 1
			when := fmt.Sprintf("%s, killed at request %d of %d", name, n, requests)
			before := k.sent(w)
			o := k.shot(base, gmail)
			k.kill(o, n)
			k.whole(o)
			k.check(when, clean, o, k.sent(w)[len(before):])
			if t.Failed() {
				return clean
			}
		}
		counting := k.shot(base, false)
		counting.counted = new(int)
		k.whole(counting)
		counter := *counting.counted
		for _, n := range spread(3, counter) {
			for _, after := range []bool{false, true} {
				if !campaign() && after != (n%2 == 0) {
					continue
				}
				o := k.shot(base, false)
				if o.KillBefore = n; after {
					o.KillBefore, o.KillAfter = 0, n
				}
				k.kill(o, 0)
				k.whole(o)
				k.check(fmt.Sprintf("%s, killed at batch %d of %d (after it: %v)", name, n, counter, after), clean, o, nil)
				if t.Failed() {
					return clean
				}
			}
		}
		return clean
	}
	first := round("first run", nil)
	if t.Failed() {
		return
	}
	if _, err := sc.Player().Play(); err != nil {
		t.Fatal(err)
	}
	s.world.Advance(12 * time.Hour)
	round("later run", &first)
	logs, err := os.ReadFile(filepath.Join(k.dir, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.logs.Write(logs); err != nil {
		t.Fatal(err)
	}
	s.watches = nil
	s.private()
}

// TestCampaignInterrupts stops runs in good order, as on SIGTERM: they end soon, and the next run goes on to the same end.
func TestCampaignInterrupts(t *testing.T) {
	t.Parallel()
	g := &gate{}
	sc, s := small(t, 3, server.Options{OnRequest: g.pass})
	s.only(generate.Classroom)
	k := &killer{campus: s, t: t, gate: g, policy: generate.Classroom, dir: t.TempDir()}
	round := func(name string, base *oneShot) oneShot {
		g.arm(0, nil)
		clean := k.shot(base, false)
		k.whole(clean)
		requests := g.count()
		for _, n := range spread(3, requests) {
			ctx, cancel := context.WithCancel(context.Background())
			o := k.shot(base, false)
			g.arm(n, cancel)
			_, err := o.run(ctx, k.logs)
			cancel()
			if err == nil && n < requests-10 {
				t.Errorf("%s: a run that was interrupted at request %d of %d says nothing", name, n, requests)
			}
			g.arm(0, nil)
			k.whole(o)
			k.check(fmt.Sprintf("%s, interrupted at request %d of %d", name, n, requests), clean, o, nil)
		}
		return clean
	}
	first := round("first run", nil)
	if _, err := sc.Player().Play(); err != nil {
		t.Fatal(err)
	}
	s.world.Advance(12 * time.Hour)
	round("later run", &first)
	s.watches = nil
	s.private()
}
