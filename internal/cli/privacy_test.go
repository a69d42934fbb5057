package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/access"
	"esafetybot/internal/actions"
	"esafetybot/internal/incidents"
	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
	"esafetybot/internal/privacy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
)

const privacyPolicy = `school: {name: Example Primary, timezone: Europe/London, domains: [school.example]}
people: {esafety_officer: officer@school.example, workspace_admin: it@school.example, data_protection_officer: dpo@trust.example}
calendar: {terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18}]}
clauses: [{id: A1, says: Nothing is public., deals_with_it: workspace_admin, met_by: [{check: sharing, with: {rules: [public]}, severity: high}]}]
`

// cabinet is a state on a file, and the command line beside it.
type cabinet struct {
	*testing.T
	dir string
}

func newCabinet(t *testing.T) *cabinet {
	c := &cabinet{t, t.TempDir()}
	c.must(os.WriteFile(c.path("policy.yaml"), []byte(privacyPolicy), 0o600))
	return c
}

func (c *cabinet) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c *cabinet) path(name string) string { return filepath.Join(c.dir, name) }

// state changes what is kept.
func (c *cabinet) state(do func(store.Store)) {
	c.Helper()
	s, err := bolt.Open(c.path("state.db"), "school.example", bolt.Options{})
	c.must(err)
	do(s)
	c.must(s.Close())
}

func (c *cabinet) put(col *store.Collection, key string, fields map[string]string, v any) {
	c.Helper()
	body, err := json.Marshal(v)
	c.must(err)
	c.state(func(s store.Store) {
		b := &store.Batch{}
		b.Create(col, key, fields, body)
		c.must(s.Commit(c.Context(), b))
	})
}

func (c *cabinet) run(args ...string) (int, string) {
	var out bytes.Buffer
	args = append(args, "--policy", c.path("policy.yaml"), "--state", "bolt:"+c.path("state.db"), "--mail", "dir:"+c.path("mail"), "--now", "2026-11-22T12:00:00Z")
	return Main(c.Context(), args, IO{In: strings.NewReader(""), Out: &out, Err: &out, Getenv: func(string) string { return "" }}), out.String()
}

func (c *cabinet) ann() {
	c.put(access.Holders, "1058000", nil, access.Holder{Name: "Ann Fenn", Address: "ann@school.example", Kind: "pupils"})
}

func TestPrivacyRefuses(t *testing.T) {
	erase := func(who string, more ...string) []string {
		return append([]string{"privacy", "erase", who, "--as", "dpo@trust.example"}, more...)
	}
	for _, x := range []struct {
		name   string
		before func(*cabinet)
		args   []string
		status int
		says   string
	}{
		{"nobody says who does it", nil, []string{"privacy", "erase", "ann@school.example"}, 2, "as"},
		{"who does it plays no role", nil, []string{"privacy", "erase", "ann@school.example", "--as", "teacher@school.example"}, 2, "names nobody with this address"},
		{"no number is known", nil, erase("ann@school.example"), 2, "--also"},
		{"an export without a folder", nil, []string{"privacy", "export", "ann@school.example", "--as", "dpo@trust.example"}, 2, "out"},
		{"neither address nor number", nil, erase("ann"), 2, "neither an address"},
		{"their account is left as it is", func(c *cabinet) { c.ann(); c.put(incidents.Holds, store.Key("user/1058000", "E"), nil, nil) }, erase("ann@school.example"), 1, incidents.FrozenWords},
		{"a change is under way", func(c *cabinet) {
			c.ann()
			c.put(actions.Actions, "a", map[string]string{"state": "started", "kind": "k", "finding": "f", "change": "c"}, actions.Action{ID: "a", Subject: "user/1058000", State: actions.Started})
		}, erase("ann@school.example"), 1, "run apply"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := newCabinet(t)
			if x.before != nil {
				x.before(c)
			}
			status, out := c.run(x.args...)
			if status != x.status || !strings.Contains(out, x.says) {
				t.Errorf("status %d: %s", status, out)
			}
			if x.before != nil {
				c.state(func(s store.Store) {
					if _, err := s.Get(t.Context(), access.Holders, "1058000"); err != nil {
						t.Errorf("refused, and yet something was erased: %v", err)
					}
				})
			}
		})
	}
}

// While another process has the state nothing is done.
func TestPrivacyWhileARunIsUnderWay(t *testing.T) {
	c := newCabinet(t)
	c.ann()
	c.state(func(store.Store) {
		if status, out := c.run("privacy", "erase", "ann@school.example", "--as", "dpo@trust.example"); status != 1 || !strings.Contains(out, "in use") {
			t.Errorf("status %d: %s", status, out)
		}
	})
	// On a state that several processes share the leases say so.
	c.state(func(s store.Store) {
		now := func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
		lease, err := jobs.Take(t.Context(), s, sendJob, "another", false, now)
		c.must(err)
		if _, err := jobs.TakeQuiet(t.Context(), s, "us", false, now, sendJob); err == nil || !strings.Contains(err.Error(), "already running") {
			t.Errorf("while mail is sent: %v", err)
		}
		c.must(lease.Release(t.Context(), &store.Batch{}))
		q, err := jobs.TakeQuiet(t.Context(), s, "us", false, now, sendJob)
		c.must(err)
		for _, job := range []string{sendJob, jobs.SharingJob, jobs.RetentionJob} {
			if _, err := jobs.Take(t.Context(), s, job, "another", false, now); err == nil {
				t.Errorf("the job %s runs while somebody is erased", job)
			}
		}
		c.must(q.Commit(t.Context(), &store.Batch{}))
		c.must(q.Release(t.Context()))
		if _, err := jobs.Take(t.Context(), s, sendJob, "another", false, now); err != nil {
			t.Error(err)
		}
	})
}

// Afterwards nothing of them is on the disk, in the free room of the state file either; their mails and what lay beside these are gone from the folder, and others are not.
func TestEraseLeavesNothingOnDisk(t *testing.T) {
	c := newCabinet(t)
	c.ann()
	big := map[string]string{}
	for i := range 400 {
		big[strings.Repeat("x", 20)+string(rune('a'+i%26))+strings.Repeat("y", i)] = "ann@school.example 1058000 Ann Fenn"
	}
	c.put(outbox.Marks, outbox.RecipientID("ann@school.example"), nil, big)
	c.must(os.Mkdir(c.path("mail"), 0o700))
	for name, text := range map[string]string{
		"20260901T080000Z-aaaa.eml": "To: ann@school.example\r\n\r\nhello", "20260901T080000Z-aaaa-list.csv": "a,b", "20260902T080000Z-bbbb.eml": "To: it@school.example\r\n\r\nhello",
		"20260902T080000Z-bbbb-list.csv": "Ann Fenn", "20260903T080000Z-cccc.eml": "To: it@school.example\r\n\r\njoann@school.example",
	} {
		c.must(os.WriteFile(c.path("mail/"+name), []byte(text), 0o600))
	}
	status, out := c.run("privacy", "erase", "1058000", "--as", "dpo@trust.example", "--json")
	var s privacy.Summary
	if err := json.Unmarshal([]byte(out), &s); status != 0 || err != nil || len(s.Deleted) < 3 || len(s.Kept) < 2 || len(s.Beyond) < 4 {
		t.Fatalf("status %d: %s", status, out)
	}
	raw, err := os.ReadFile(c.path("state.db"))
	c.must(err)
	for _, w := range []string{"ann@school.example", "1058000", "Ann Fenn", outbox.RecipientID("ann@school.example")} {
		if bytes.Contains(raw, []byte(w)) {
			t.Errorf("%s is still in the state file", w)
		}
	}
	left, err := os.ReadDir(c.path("mail"))
	c.must(err)
	if len(left) != 1 || left[0].Name() != "20260903T080000Z-cccc.eml" {
		t.Errorf("the mail folder: %v", left)
	}
	c.state(func(s store.Store) {
		n := 0
		for d, err := range s.Find(t.Context(), privacy.Log, store.Ask{}) {
			c.must(err)
			n++
			var a privacy.Asked
			c.must(json.Unmarshal(d.Body, &a))
			if !a.About("1058000") || a.Do != "erase" {
				t.Errorf("noted: %s", d.Body)
			}
		}
		if n != 1 {
			t.Errorf("it was noted %d times", n)
		}
	})
}

// Whom the policy names is known again after the next run, and the command says so, without their address.
func TestErasedAndStillInThePolicy(t *testing.T) {
	c := newCabinet(t)
	c.ann()
	const says = "The policy names this person"
	if status, out := c.run("privacy", "erase", "ann@school.example", "--as", "dpo@trust.example"); status != 0 || strings.Contains(out, says) {
		t.Errorf("somebody whom it does not name, status %d: %s", status, out)
	}
	c.put(access.Holders, "1058001", nil, access.Holder{Name: "Ivo Tell", Address: "it@school.example", Kind: "staff"})
	if status, out := c.run("privacy", "erase", "it@school.example", "--as", "dpo@trust.example"); status != 0 || !strings.Contains(out, says) || strings.Contains(out, "it@school.example") {
		t.Errorf("somebody whom it names, status %d: %s", status, out)
	}
}
