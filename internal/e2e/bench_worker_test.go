package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/jobs"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
)

// benchSite is a large school being served, and the state of the worker that looks at it.
type benchSite struct {
	t      testing.TB
	school *generate.School
	server *server.Server
	dir    string // policy, key, state and mails
	base   string

	read    map[seen.Scope]time.Time // see readAt
	readNow time.Time
}

// benchServe serves a school until the test ends or stop is called.
func benchServe(t testing.TB, sc *generate.School, o server.Options) (site *benchSite, stop func()) {
	t.Helper()
	o.Key = testKey()
	srv, err := server.New(sc.World, o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hs := &http.Server{Handler: srv, ReadHeaderTimeout: time.Minute}
	go func() { _ = hs.Serve(l) }() // ends with Close
	site = &benchSite{t: t, school: sc, server: srv, dir: t.TempDir(), base: "http://" + l.Addr().String()}
	key, err := srv.Credentials(site.base + "/token")
	if err != nil {
		t.Fatal(err)
	}
	site.write("key.json", key)
	site.write("policy.yaml", []byte(sc.Policies["classroom-school"]))
	if err := sc.WriteRolls(site.dir); err != nil {
		t.Fatal(err)
	}
	return site, func() { _ = hs.Close() }
}

func (s *benchSite) path(name string) string { return filepath.Join(s.dir, name) }

func (s *benchSite) write(name string, data []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), data, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// forget empties the worker's state, as before the first run.
func (s *benchSite) forget() {
	for _, name := range []string{"state.db", "state.db.lock", "mail"} {
		if err := os.RemoveAll(s.path(name)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// measured is what one run of the worker took.
type measured struct {
	record *jobs.Record
	stats  server.Stats
	wall   time.Duration // from the start of the process to its end
	anon   int           // peak of the process's anonymous memory, bytes
	cpu    time.Duration // of the worker, user and system
}

func (m *measured) calls() int {
	n := 0
	for _, c := range m.record.Calls {
		n += c
	}
	return n
}

// limited counts the answers that said that a quota is used up.
func (m *measured) limited() int {
	return m.stats.Status["429"] + m.stats.Status["403"] + m.stats.Status["503"]
}

// run runs the sharing job.
func (s *benchSite) run(binary string, workers int, env ...string) *measured {
	s.t.Helper()
	return s.runJob(binary, jobs.SharingJob, workers, env...)
}

// runJob runs a job in a process of its own, as an administrator's timer would.
func (s *benchSite) runJob(binary, job string, workers int, env ...string) *measured {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, s.base+"/sim/requests", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	now := s.school.World.Now()
	cmd := exec.CommandContext(ctx, binary, "run", job, "--json",
		"--policy", s.path("policy.yaml"), "--state", "bolt:"+s.path("state.db"), "--google-credentials", s.path("key.json"),
		"--google-endpoint", s.base, "--mail", "dir:"+s.path("mail"), "--workers", strconv.Itoa(workers), "--now", now.Format(time.RFC3339Nano))
	cmd.Env = append(append(os.Environ(), "GODEBUG=rsa1024min=0"), env...) // the key is that of tests, see testKey
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	peak := make(chan int)
	done := make(chan struct{})
	go func() { peak <- watchAnon(cmd.Process.Pid, done) }()
	err = cmd.Wait()
	m := &measured{wall: time.Since(start), stats: s.server.Requests()}
	close(done)
	m.anon = <-peak
	if cmd.ProcessState != nil {
		m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	var records []*jobs.Record
	if e := json.Unmarshal(out.Bytes(), &records); err != nil || e != nil || len(records) == 0 {
		s.t.Fatalf("the worker: %v %v\n%s\n%s", err, e, short(out.String()), short(errs.String()))
	}
	if errs.Len() > 0 && os.Getenv("ESAFETYBOT_BENCH_STDERR") != "" {
		s.t.Log(errs.String())
	}
	m.record = records[0]
	return m
}

// watchAnon follows a process's anonymous memory (proc_pid_status(5), RssAnon) until done, and gives its peak in bytes.
func watchAnon(pid int, done <-chan struct{}) int {
	peak := 0
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err == nil {
			if _, rest, ok := strings.Cut(string(text), "RssAnon:"); ok {
				if f := strings.Fields(rest); len(f) > 0 {
					kb, _ := strconv.Atoi(f[0])
					peak = max(peak, kb<<10)
				}
			}
		}
		select {
		case <-done:
			return peak
		case <-tick.C:
		}
	}
}

// benchBinary builds the program as it is shipped.
func benchBinary(t testing.TB) string {
	t.Helper()
	if b := os.Getenv("ESAFETYBOT_BENCH_BINARY"); b != "" {
		return b
	}
	path := filepath.Join(t.TempDir(), "esafetybot")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/esafetybot").CombinedOutput(); err != nil {
		t.Fatalf("building the worker: %v\n%s", err, out)
	}
	return path
}
