package e2e

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
)

// childEnv names the file with the oneShot that a child process is to run.
const childEnv = "ESAFETYBOT_E2E_CHILD"

// oneShot is one run of jobs (sharing, if none is named) and of send on a state file, in this process or in one that is going to be killed.
type oneShot struct {
	Jobs        []string
	Rolls       string // the folder with the rolls
	Endpoint    string
	Credentials []byte
	Policy      string // its text
	State       string // path of the bolt file
	Site        string // likewise, of what the review site notes
	MailDir     string // where mail goes; "" means Gmail
	Now         time.Time
	Logs        string               // file that is appended to
	KillBefore  int                  // kill this process before its n-th batch, to whichever store
	KillAfter   int                  // or after it
	Decisions   []decisions.Decision // what people send on the review site before the jobs run, each by the same form in every run
	Relay       [][]byte             // what the forwarder sends of ClassDojo, likewise
	List        []byte               // what somebody wrote of it into a list (CSV), likewise
	Change      bool                 // the jobs may change things at Google
	Post        bool                 // they may post in Classroom

	counted *int // if set, the number of batches
}

// run runs the two jobs as the command does.
func (o oneShot) run(ctx context.Context, logs io.Writer) (r *jobs.Record, err error) {
	p, err := policy.Parse("school.yaml", []byte(o.Policy))
	if err != nil {
		return nil, err
	}
	db, err := bolt.Open(o.State, "school", bolt.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	notes, err := bolt.Open(o.Site, "school", bolt.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, notes.Close()) }()
	n := o.counted
	if n == nil {
		n = new(int)
	}
	s, site := deadly{db, o.KillBefore, o.KillAfter, n}, deadly{notes, o.KillBefore, o.KillAfter, n}
	box, err := outbox.New(s, outbox.Options{Location: p.School.Location, From: netmail.Address{Address: sender(p)}})
	if err != nil {
		return nil, err
	}
	client, err := newClient(ctx, p, o.Credentials, o.Endpoint, quick, logs)
	if err != nil {
		return nil, err
	}
	clock := func() time.Time { return o.Now }
	names := o.Jobs
	if len(names) == 0 {
		names = []string{jobs.SharingJob}
	}
	env := jobs.Env{Google: client, Clock: clock, Log: newLog(logs), Roll: func(r *policy.Roll) ([]byte, error) {
		return os.ReadFile(filepath.Join(o.Rolls, filepath.Base(r.CSV)))
	}}
	if o.Change {
		env.Change = client
	}
	if o.Post {
		env.Classroom = client
	}
	w := &watch{policy: p, store: s, box: box, site: site}
	if err := o.told(ctx, p, s, site, clock); err != nil {
		return nil, err
	}
	r, err = runJobs(ctx, w, env, names...)
	if ctx.Err() != nil {
		return r, err
	}
	return r, errors.Join(err, o.send(ctx, s, box, p, client, clock))
}

// send is the job that hands mail over.
func (o oneShot) send(ctx context.Context, s store.Store, box *outbox.Outbox, p *policy.Policy, client *google.Client, clock func() time.Time) error {
	lease, err := jobs.Take(ctx, s, "send", "test", true, clock)
	if err != nil {
		return err
	}
	guarded, err := box.With(lease.Guard)
	if err != nil {
		return err
	}
	to := mail.Sender(mail.NewDir(o.MailDir))
	if o.MailDir == "" {
		to = mail.NewGmail(drafts{client, sender(p)})
	}
	res, err := guarded.Deliver(ctx, to, clock())
	return errors.Join(err, res.Err(), lease.Release(ctx, &store.Batch{}))
}

// child runs a oneShot that is kept in a file.
func child(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var o oneShot
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	logs, err := os.OpenFile(o.Logs, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = o.run(context.Background(), logs)
	return err
}

// relayKey signs what the forwarder sends.
var relayKey = strings.Repeat("k", classdojo.MinKey)

// told is what comes in from outside before the jobs run: what people send on the site, and what is told of ClassDojo. All of it may have come in before.
func (o oneShot) told(ctx context.Context, p *policy.Policy, s, site store.Store, clock func() time.Time) error {
	for i, d := range o.Decisions {
		if _, err := decisions.Make(ctx, site, fmt.Sprint("form ", i), d); err != nil && !errors.Is(err, decisions.ErrTwice) {
			return err
		}
	}
	relay, err := classdojo.NewRelay(classdojo.RelayConfig{Keys: []string{relayKey}, Hints: classdojo.Hints{Store: site}, Now: clock})
	if err != nil {
		return err
	}
	for _, body := range o.Relay {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(body))
		stamp := strconv.FormatInt(clock().Unix(), 10)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(classdojo.HeaderTimestamp, stamp)
		r.Header.Set(classdojo.HeaderSignature, "v1="+hex.EncodeToString(classdojo.Sign(relayKey, stamp, body)))
		w := httptest.NewRecorder()
		if relay.ServeHTTP(w, r); w.Code != http.StatusNoContent && w.Code != http.StatusConflict {
			return fmt.Errorf("the relay answered %d", w.Code)
		}
	}
	if o.List == nil {
		return nil
	}
	events, err := classdojo.ParseCSV(o.List, p.School.Location, clock())
	if err == nil {
		_, err = classdojo.Tell(ctx, s, s.Commit, events)
	}
	return err
}

// deadly is a store that kills its own process at a batch. n counts those of all stores of the process.
type deadly struct {
	store.Store
	before, after int
	n             *int
}

func (m deadly) Commit(ctx context.Context, b *store.Batch) error {
	*m.n++
	n := *m.n
	if n == m.before {
		die()
	}
	err := m.Store.Commit(ctx, b)
	if n == m.after {
		die()
	}
	return err
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // what is left to do about an error?
	select {}
}

// drafts is the Gmail of one mailbox.
type drafts struct {
	c  *google.Client
	as string
}

func (d drafts) CreateDraft(ctx context.Context, raw []byte) (string, error) {
	return d.c.CreateDraft(ctx, d.as, raw)
}

func (d drafts) DraftExists(ctx context.Context, id string) (bool, error) {
	return d.c.DraftExists(ctx, d.as, id)
}

func (d drafts) SendDraft(ctx context.Context, id string) error { return d.c.SendDraft(ctx, d.as, id) }

func (d drafts) FindDraft(ctx context.Context, messageID string) (string, bool, error) {
	return d.c.FindDraft(ctx, d.as, messageID, mail.HeaderID)
}
