package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/census"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// The jobs that look at accounts, devices, pupils' e-mail and settings.
const (
	AccountsJob   = "accounts"
	DevicesJob    = "devices"
	PupilEmailJob = "pupil-email"
	SettingsJob   = "settings"
)

// look is one run of a job that looks at the school through a census.
type look struct {
	Env
	*census.Census
	lease  *Lease
	record *Record
	keeper *findings.Keeper
	kinds  []string // kinds of scopes that the job asked for: what is missing of them is its gap
	more   []seen.Gap
	left   *Look
}

// Looks is the collection of what each looking job left last, one blob a job: a report that is made without it in the same process tells the same.
var Looks = &store.Collection{Name: "looks", Schema: 1}

// Look is what a job leaves for whoever tells of it.
type Look struct {
	Record  *Record   `json:"-"`
	Unknown []Unknown `json:"unknown,omitempty"`
	// Names says what roles, apps, classes, devices and units are called, by subject or fact ("course/5512", "app/…").
	Names map[string]string `json:"names,omitempty"`
	// Links says where something is opened, by subject, where that cannot be told from its id.
	Links map[string]string `json:"links,omitempty"`
	// Said says of a subject what each source said, where they do not agree.
	Said map[string][]string `json:"said,omitempty"`
	// Blogs says how the blogs that the policy lists were read, by Blogger's id.
	Blogs map[string]BlogRead `json:"blogs,omitempty"`
	// Signed is when accounts of the staff signed the policy, by the staff roll.
	Signed map[string]calendar.Date `json:"signed,omitempty"`
}

// save adds what the look left to a batch, if it differs from what the last one did.
func (l *look) save(ctx context.Context, b *store.Batch) error {
	data, err := json.Marshal(l.left)
	if err != nil {
		return err
	}
	old, ref, err := store.GetBlob(ctx, l.Store, Looks, l.record.Job)
	if err != nil && !errors.Is(err, store.ErrNotFound) || bytes.Equal(old, data) {
		return err
	}
	_, err = store.StageBlob(ctx, l.Store, b, Looks, l.record.Job, ref, nil, data)
	return err
}

// loadLook reads what a job left last; nil if it never ran.
func loadLook(ctx context.Context, s store.Store, job string) (*Look, error) {
	data, _, err := store.GetBlob(ctx, s, Looks, job)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	look := &Look{}
	if err == nil {
		err = json.Unmarshal(data, look)
	}
	if err != nil {
		return nil, fmt.Errorf("what the job %s left cannot be read from the state: %w", job, err)
	}
	return look, nil
}

// prune keeps the names of what findings are about.
func (l *Look) prune(observed []findings.Observed) {
	wanted := map[string]bool{}
	for _, o := range observed {
		wanted[o.Subject] = true
		for _, f := range o.Facts {
			word, _, _ := strings.Cut(f, " ")
			wanted[word] = true
		}
	}
	maps.DeleteFunc(l.Links, func(k, _ string) bool { return !wanted[k] })
	maps.DeleteFunc(l.Names, func(k, _ string) bool { return !wanted[k] && !strings.HasPrefix(k, "unit/") })
}

// Unknown is something that a check could not say of some subjects, although what it needs was read.
type Unknown struct {
	Means  string    `json:"means"`
	Clause string    `json:"clause"`
	Rule   string    `json:"rule"`
	What   string    `json:"what"` // in words
	Why    string    `json:"why"`
	Count  int       `json:"count"`
	Since  time.Time `json:"since,omitzero"`
	Whole  bool      `json:"whole,omitempty"` // the clause's rule could not be judged at all
	Deals  string    `json:"deals,omitempty"` // the role that is told; "" is everybody who hears of the job
}

// looked runs a job: lease, reading and judging (do), record.
func looked(ctx context.Context, env Env, c *census.Census, job string, do func(context.Context, *look) error) (*Look, error) {
	counter := store.Counting(env.Store)
	env.Store = counter
	if env.Rotation == 0 {
		env.Rotation = DefaultRotation
	}
	before := maps.Clone(env.Google.Calls())
	lease, err := begin(ctx, env, job)
	if err != nil {
		return nil, err
	}
	l := &look{Env: env, Census: c, lease: lease, keeper: &findings.Keeper{Store: env.Store, Commit: lease.Commit}}
	l.record = newRecord(env, job, c.Now, lease)
	l.left = &Look{Record: l.record, Names: map[string]string{}, Links: map[string]string{}, Said: map[string][]string{}}
	err = do(ctx, l)
	l.record.Gaps = append(c.Gaps(l.kinds...), l.more...)
	l.record.Calls = less(env.Google.Calls(), before)
	if ctx.Err() != nil {
		// Interrupted: nothing half read was judged, and the next run begins anew.
		return l.left, errors.Join(ctx.Err(), lease.giveBack(ctx))
	}
	if err != nil {
		l.record.Error = err.Error()
	}
	l.record.Ended = env.Clock()
	b := &store.Batch{}
	if l.record.Error == "" {
		if e := l.save(ctx, b); e != nil {
			return l.left, errors.Join(err, e)
		}
	}
	l.record.Writes = int(counter.Writes()) + b.Writes() + 2 // the record itself and the lease
	if e := l.record.Add(b); e != nil {
		return l.left, errors.Join(err, e)
	}
	return l.left, errors.Join(err, lease.Release(ctx, b))
}

// less is what was called since before.
func less(calls, before map[string]int) map[string]int {
	out := map[string]int{}
	for k, n := range calls {
		if n > before[k] {
			out[k] = n - before[k]
		}
	}
	return out
}

// needs notes which kinds of scopes the job's rules rest on.
func (l *look) needs(kinds ...string) { l.kinds = append(l.kinds, kinds...) }

// means lists the policy's means that name a check, with their clauses.
func means(p *policy.Policy, check string) []clauseMeans {
	return meansWhere(p, func(m policy.Means) bool { return m.Kind == policy.Check && m.Name == check && m.With != nil })
}

// meansWhere lists the policy's means of some sort, with their clauses.
func meansWhere(p *policy.Policy, is func(policy.Means) bool) []clauseMeans {
	var out []clauseMeans
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			if is(m) {
				out = append(out, clauseMeans{c, m})
			}
		}
	}
	return out
}

// meansOfJob lists the policy's means that a job looks at.
func meansOfJob(p *policy.Policy, job string) []clauseMeans {
	switch job {
	case CheckInsJob:
		return checkInMeans(p)
	case IncidentsJob:
		return recordsOf(p)
	case RecordsJob:
		return keptMeans(p)
	case RemindersJob:
		return reminderMeans(p)
	}
	return means(p, job)
}

type clauseMeans struct {
	policy.Clause
	policy.Means
}

// sync compares what a check sees with the findings that are stored. evidence says what is known of the subject of a finding that it no longer sees.
func (l *look) sync(ctx context.Context, check string, observed []findings.Observed, asked map[string]policy.Means, evidence func(*findings.Finding) findings.How) error {
	changes, err := l.keeper.Sync(ctx, findings.Input{
		Run:   findings.Run{ID: l.record.ID, Policy: l.Env.Policy.Version, Now: l.Now},
		Means: check,
		Ours:  func(f *findings.Finding) bool { return keeps(l.record.Job, f) },
		Observed: func(yield func(findings.Observed, error) bool) {
			for _, o := range observed {
				if !yield(o, nil) {
					return
				}
			}
		},
		Evidence: func(_ context.Context, f *findings.Finding) (findings.Evidence, error) {
			if _, ok := asked[f.Clause+" "+f.Rule]; !ok {
				return findings.Evidence{How: findings.Withdrawn}, nil
			}
			return findings.Evidence{How: evidence(f)}, nil
		},
		Due: func(o findings.Observed) time.Time {
			m, ok := asked[o.Clause+" "+o.Rule]
			if !ok || check == AccountsJob && l.inRollover() {
				return time.Time{} // in the roll-over findings on accounts are one list without deadlines
			}
			t, err := due(l.Env.Policy, l.Now, m, o.Deals)
			if err != nil {
				l.more = append(l.more, seen.Gap{Scope: "calendar", Reason: seen.Failed, Detail: err.Error()})
			}
			return t
		},
	})
	l.record.Changes = changes
	l.left.prune(observed)
	if err != nil {
		return fmt.Errorf("keeping the findings: %w", err)
	}
	return nil
}

func (l *look) inRollover() bool {
	return l.Env.Policy.Calendar.InRollover(l.Env.Policy.Calendar.Date(l.Now))
}

// due is when something that is found now has to be put right by whoever deals with it.
func due(p *policy.Policy, now time.Time, m policy.Means, deals string) (time.Time, error) {
	var days []time.Weekday
	if who := p.Person(policy.Role(deals)); len(who) > 0 {
		days = p.DaysIn(who[0])
	}
	return p.Calendar.Due(now, m.Due, days, m.Severity)
}
