package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/stores"
	"esafetybot/internal/telemetry"
)

// Which of how many tasks of a Cloud Run job this process is (https://cloud.google.com/run/docs/container-contract#jobs-env-vars).
const (
	taskIndexVar = "CLOUD_RUN_TASK_INDEX"
	taskCountVar = "CLOUD_RUN_TASK_COUNT"
)

// schoolMark stands in --base-url of a trust for a school's short name: each school's review site has a host of its own.
const schoolMark = "{school}"

// task is what the schools that one process looks after have in common.
type task struct {
	index, count int
	places       map[string]*stores.Set // by URI, each opened once
	last         time.Time              // see lastRun
	client       *google.Client         // of the school before: what is used of the project's quota goes on from it
}

// taskOf reads which task this process is; the only one where nothing says so.
func taskOf(getenv func(string) string) (*task, error) {
	t := &task{count: 1, places: map[string]*stores.Set{}}
	for name, into := range map[string]*int{taskIndexVar: &t.index, taskCountVar: &t.count} {
		if v := getenv(name); v != "" {
			n, err := strconv.Atoi(v)
			if err != nil {
				return nil, usageError{fmt.Errorf("%s=%q is no number: Cloud Run sets it; elsewhere leave it unset", name, v)}
			}
			*into = n
		}
	}
	if t.count < 1 || t.index < 0 || t.index >= t.count {
		return nil, usageError{fmt.Errorf("%s=%d of %s=%d: a task is one of 0 to its count less one", taskIndexVar, t.index, taskCountVar, t.count)}
	}
	return t, nil
}

// newTask is the only task of a process that serves, whatever it runs in.
func newTask() (*task, error) { return taskOf(func(string) string { return "" }) }

func (t *task) close() {
	for _, set := range t.places {
		_ = set.Close()
	}
}

// dealt are the schools of one of some tasks, by their short names: whole schools, none more than one above another task's, and the same as long as the trust has the same schools. The
// order is that of a digest, so that schools that were named one after the other, as large ones may be, are spread.
func dealt(keys []string, index, count int) []string {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b string) int {
		x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
		return bytes.Compare(x[:], y[:])
	})
	var out []string
	for i := index; i < len(keys); i += count {
		out = append(out, keys[i])
	}
	return out
}

// loadTrust reads the trust's file and its schools' policies.
func (o *options) loadTrust() (*policy.Trust, error) {
	t, err := policy.LoadTrust(o.trust)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usageError{fmt.Errorf("there is no trust's file %s: name one with --trust, or a school's policy with --policy", o.trust)}
	}
	return t, err
}

// apart says what is wrong with the flags where schools could not be told apart.
func (o *options) apart(t *policy.Trust) error {
	if _, taken := t.School(trustHost); taken && o.baseURL != "" {
		return usageError{fmt.Errorf("a school has the short name %q, under which the trust's own pages are: give it another (school: {id: …})", trustHost)}
	}
	if o.baseURL != "" && len(t.Schools) > 1 && !strings.Contains(o.baseURL, schoolMark) {
		return usageError{fmt.Errorf("--base-url %q: each school of a trust has a review site with a host of its own; write %s where its short name goes, as in https://%[2]s.review.trust.example", o.baseURL, schoolMark)}
	}
	return nil
}

// ofTrust is the policy of the one school that a command is about.
func (o *options) ofTrust() (*policy.Policy, error) {
	t, err := o.loadTrust()
	if err != nil {
		return nil, err
	}
	if o.school == "" && len(t.Schools) == 1 {
		return t.Schools[0], nil
	}
	p, ok := t.School(o.school)
	if !ok {
		found := fmt.Sprintf("--school %q is none of the trust's", o.school)
		if o.school == "" {
			found = "the trust has several schools, and this command is about one"
		}
		return nil, usageError{fmt.Errorf("%s: give --school with one of %s", found, strings.Join(t.Keys(), ", "))}
	}
	return p, nil
}

// forSchool are the options with which a school of a trust is looked after: its mails in a folder of their own, its part of the review site, its name before each line and in each log line.
func (o *options) forSchool(p *policy.Policy) *options {
	s := *o
	s.key = p.Key()
	s.baseURL = strings.ReplaceAll(o.baseURL, schoolMark, s.key)
	if strings.HasPrefix(o.mail, "dir:") {
		s.mail = strings.TrimSuffix(o.mail, "/") + "/" + s.key
	}
	s.logTo = o.std.Err
	s.std.Out, s.std.Err = &prefixed{to: o.std.Out, name: s.key + ": "}, &prefixed{to: o.std.Err, name: s.key + ": "}
	return &s
}

// prefixed writes a school's name before each line.
type prefixed struct {
	mu   sync.Mutex
	to   io.Writer
	name string
	in   bool // in the middle of a line
}

// Write implements io.Writer.
func (n *prefixed) Write(data []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out bytes.Buffer
	for line := range bytes.Lines(data) {
		if !n.in {
			out.WriteString(n.name)
		}
		out.Write(line)
		n.in = !bytes.HasSuffix(line, []byte("\n"))
	}
	if _, err := n.to.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(data), nil
}

// openAt opens a school's part of a place of state.
func (o *options) openAt(ctx context.Context, uri string, p *policy.Policy) (store.Store, error) {
	return o.openKey(ctx, uri, p.Key())
}

// before is the client of the school before, in this process; nil if there is none.
func (o *options) before() *google.Client {
	if o.task == nil {
		return nil
	}
	return o.task.client
}

// ofSchool is what --json prints of a school of a trust.
type ofSchool struct {
	School  string         `json:"school"`
	Records []*jobs.Record `json:"records"`
	Error   string         `json:"error,omitempty"`
}

// runTrust runs the jobs of the schools that are this task's: the named ones, or those that are due. A school that fails keeps no other from running.
func (o *options) runTrust(ctx context.Context, names []string, asJSON bool) error {
	t, err := o.loadTrust()
	if err != nil {
		return err
	}
	clock, err := o.clock()
	if err != nil {
		return err
	}
	if err := o.apart(t); err != nil {
		return err
	}
	if o.task, err = taskOf(o.std.Getenv); err != nil {
		return err
	}
	defer o.task.close()
	o.quota.Tasks = o.task.count
	if sharedAdmin(o, t) {
		o.quota.Users = o.task.count
	}
	mine, theirs := dealt(t.Keys(), o.task.index, o.task.count), []string{}
	if len(names) == 0 {
		if o.task.count > 1 {
			theirs = dealt(t.Keys(), (o.task.index+1)%o.task.count, o.task.count)
		}
		o.lastRun(ctx, t, slices.Concat(mine, theirs), clock())
	}
	failed, all := false, []ofSchool{}
	schools := map[string]ran{}
	round := func() (did bool) {
		for _, key := range mine {
			p, _ := t.School(key)
			of, err := o.forSchool(p).runSchool(telemetry.Apart(ctx), p, clock, names, asJSON)
			one := ofSchool{School: key, Records: of.records}
			if err != nil {
				failed = true
				if !errors.Is(err, errStatus(exitFailed)) { // else it was told
					one.Error = err.Error()
					o.schoolFailed(key, err)
				}
			}
			schools[key], did = of, did || of.did
			all = append(all, one)
			if ctx.Err() != nil {
				break
			}
		}
		return did
	}
	if len(names) > 0 {
		round()
	} else {
		o.rounds().run(ctx, round, func() (soonest time.Time) {
			for _, key := range mine {
				p, _ := t.School(key)
				if at := o.forSchool(p).soonestOf(ctx, clock, p, schools[key]); !at.IsZero() && (soonest.IsZero() || at.Before(soonest)) {
					soonest = at
				}
			}
			return soonest
		})
	}
	for _, key := range theirs {
		if ctx.Err() != nil {
			break
		}
		p, _ := t.School(key)
		late, err := o.forSchool(p).lookAfter(ctx, p, clock)
		failed = failed || late || err != nil
		if err != nil {
			o.schoolFailed(key, err)
		}
	}
	if len(names) == 0 && ctx.Err() == nil {
		if err := o.overview(ctx, t, clock, asJSON); err != nil && ctx.Err() == nil {
			failed = true
			o.schoolFailed(trustKey, err)
		}
	}
	if asJSON {
		enc := json.NewEncoder(o.std.Out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(all); err != nil {
			return err
		}
	}
	if failed || ctx.Err() != nil {
		return errStatus(exitFailed)
	}
	return nil
}

// lastRun notes when the newest day's run of some schools began that is long enough ago for the others to have had theirs. It reads one document of each;
// what is wrong with a school's state is told when it is run.
func (o *options) lastRun(ctx context.Context, t *policy.Trust, keys []string, now time.Time) {
	for _, key := range keys {
		p, _ := t.School(key)
		s, err := o.openAt(ctx, o.state, p)
		if err != nil {
			continue
		}
		at, err := jobs.Done(ctx, s)
		_ = s.Close()
		if err == nil && at.After(o.task.last) && !now.Before(at.Add(jobs.LateAfter)) {
			o.task.last = at
		}
	}
}

// sharedAdmin tells whether two schools are read as the same administrator, who then may be asked by several tasks at once.
func sharedAdmin(o *options, t *policy.Trust) bool {
	seen := map[string]bool{}
	for _, p := range t.Schools {
		admin := o.admin
		if admin == "" {
			admin, _ = p.Address(policy.RoleAdmin)
		}
		if seen[admin] {
			return true
		}
		seen[admin] = true
	}
	return false
}

// schoolFailed tells that a school could not be run at all.
func (o *options) schoolFailed(key string, err error) {
	var usage usageError
	if errors.As(err, &usage) {
		err = usage.error
	}
	if o.logFormat == "json" {
		o.logger().Error(logJobFailed, "school", key, "job", "all", "error", err.Error())
		return
	}
	of := "school " + key
	if key == trustKey {
		of = "the trust"
	}
	fmt.Fprintf(o.std.Err, "esafetybot: %s: %v\n", of, err)
}

// runSchool runs one school of a trust.
func (o *options) runSchool(ctx context.Context, p *policy.Policy, clock func() time.Time, names []string, quiet bool) (of ran, err error) {
	b, err := o.bench(ctx, p, clock)
	if err != nil {
		return of, err
	}
	defer b.close()
	if len(names) > 0 {
		of.records, of.failed = b.runAll(ctx, b.env, names, quiet)
	} else {
		if _, err := b.late(ctx); err != nil {
			return of, err
		}
		if of, err = b.runDue(ctx, quiet); err != nil {
			return of, err
		}
	}
	if of.failed || ctx.Err() != nil {
		return of, errStatus(exitFailed)
	}
	return of, nil
}

// lookAfter looks whether a school of another task was run in its time, and sends its letter if it was not. It reads one document of a school where all is well.
func (o *options) lookAfter(ctx context.Context, p *policy.Policy, clock func() time.Time) (late bool, err error) {
	s, err := o.openAt(ctx, o.state, p)
	if err != nil {
		return false, err
	}
	since, err := jobs.Late(ctx, s, p, o.task.last, clock())
	if err = errors.Join(err, s.Close()); err != nil || since.IsZero() {
		return false, err
	}
	b, err := o.bench(ctx, p, clock)
	if err != nil {
		return true, err
	}
	defer b.close()
	fresh, err := b.late(ctx)
	if fresh && err == nil {
		err = b.send(ctx, true)
	}
	return fresh, err
}

// late tells whoever looks after a school that it was not run in its time, once a day.
func (b *workbench) late(ctx context.Context) (fresh bool, err error) {
	now := b.env.Clock()
	since, err := jobs.Late(ctx, b.env.Store, b.env.Policy, b.o.task.last, now)
	if err != nil || since.IsZero() {
		return false, err
	}
	if fresh, err = jobs.TellLate(ctx, b.env.Store, b.outbox, b.env.Policy, since, now); fresh {
		b.env.Log.Error(logNotRun, "since", since.Format(time.RFC3339))
		if b.o.logFormat != "json" {
			fmt.Fprintf(b.o.std.Err, "The day's run has been due since %s and did not come to its end. Whoever looks after the school is told.\n", since.In(b.env.Policy.School.Location).Format("Mon 2 Jan 15:04"))
		}
	}
	return fresh, err
}
