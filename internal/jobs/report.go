package jobs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	"esafetybot/internal/outbox"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
)

// ReportJob is the job that tells people what the looking jobs found. It is a job of its own because one person gets one ordinary mail a
// day, whatever was looked at.
const ReportJob = "report"

// told is all that reports are made of: what the jobs of this run left, and for those that did not run now what they left in the state.
type told struct {
	*Outcome
	now     time.Time
	lease   *Lease
	records map[string]*Record // the newest of each looking job
	looks   map[string]*Look
	posts   *moderation.Book
	census  *census.Census // read in this run; its directory may not be
	classes *waiting       // what waits in classes, once somebody asked
	asking  *asking        // what people are asked about what they shared
	rem     *reminding     // what they are reminded of; nil without
	back    unreached      // whose mail came back
	untold  map[policy.Role][]reports.Untold
	found   map[string]map[string]*findings.Finding // what is not closed, by check, once somebody is told of it
	picture *picture                                // of what is told, once somebody is told of it
}

// Report tells people: the urgent things at once, the rest in the one report a day.
func Report(ctx context.Context, env Env, box *outbox.Outbox, s *Seen) (*Record, error) {
	return leased(ctx, env, ReportJob, s.Census.Now, func(lease *Lease, _ *Record) error {
		t, err := newTold(ctx, env, s, lease)
		if err != nil {
			return err
		}
		env.nameRoll(ctx, t.Who)
		if t.back, err = openUnreached(ctx, env, box, t.now); err != nil {
			return err
		}
		if err := t.findUntold(ctx, env); err != nil {
			return err
		}
		if t.rem, err = openReminding(ctx, env, t.now, t.Who, kindsOf(ctx, s.Census)); err != nil {
			return err
		}
		if s.Early {
			return errors.Join(urgent(ctx, env, box, t), keepViews(ctx, env, t, s))
		}
		return errors.Join(urgent(ctx, env, box, t), tellOwners(ctx, env, box, t), tell(ctx, env, box, t), ask(ctx, env, box, t), tellReminded(ctx, env, box, t), keepViews(ctx, env, t, s), tellNeeded(ctx, env, box, t))
	})
}

func newTold(ctx context.Context, env Env, s *Seen, lease *Lease) (*told, error) {
	t := &told{census: s.Census, Outcome: s.Sharing, now: s.Census.Now, lease: lease, records: map[string]*Record{}, looks: map[string]*Look{}}
	var err error
	if t.asking, err = openAsking(ctx, env, t.now); err != nil {
		return nil, err
	}
	if t.posts, err = moderation.Open(ctx, env.Store); err != nil {
		return nil, err
	}
	for _, job := range Looking {
		if !Asked(env.Policy, job) {
			continue
		}
		if look := s.Looks[job]; look != nil {
			t.looks[job], t.records[job] = look, look.Record
			continue
		}
		r, err := Latest(ctx, env.Store, job)
		if err != nil {
			return nil, err
		}
		look, err := loadLook(ctx, env.Store, job)
		if err != nil {
			return nil, err
		}
		if r != nil {
			t.records[job] = r
		}
		if look != nil {
			t.looks[job] = look
		}
	}
	if env.Sender != "" {
		r, err := Latest(ctx, env.Store, ReturnsJob)
		if err != nil {
			return nil, err
		}
		if r != nil {
			t.records[ReturnsJob] = r
		}
	}
	if t.Outcome != nil {
		t.records[SharingJob] = t.Record
		if t.Who == nil && s.Census.Directory(ctx) {
			t.Who = s.Census.Who()
		}
		return t, nil
	}
	// The sharing job did not run now: what is told of sharing is what the state says.
	t.Outcome = &Outcome{Keeper: &findings.Keeper{Store: env.Store, Commit: lease.Commit}}
	if s.Census.Directory(ctx) {
		t.Who = s.Census.Who()
		s.Census.Kinds(ctx)
	}
	if t.records[SharingJob] == nil {
		return t, nil
	}
	if t.People, err = people.Open(ctx, env.Store, lease.Commit); err != nil {
		return nil, err
	}
	t.Book, err = shares.Open(ctx, env.Store, t.People, t.now, lease.Commit)
	return t, err
}

// post puts a letter that does not wait for the ordinary mail into the outbox; one that was made before is left alone.
func (t *told) post(ctx context.Context, box *outbox.Outbox, l outbox.Letter) error {
	b := &store.Batch{}
	_, err := box.Put(ctx, b, t.now, l)
	if errors.Is(err, outbox.ErrExists) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.lease.Commit(ctx, b)
}

// gaps lists what the newest runs of some jobs could not see, each scope once.
func (t *told) gaps(jobs []string) []seen.Gap {
	var out []seen.Gap
	for _, job := range jobs {
		r := t.records[job]
		if r == nil {
			continue
		}
		for _, g := range r.Gaps {
			if !slices.ContainsFunc(out, func(have seen.Gap) bool { return have.Scope == g.Scope }) {
				out = append(out, g)
			}
		}
		if r.Error != "" {
			out = append(out, seen.Gap{Scope: seen.Scope("job/" + job), Reason: seen.Failed, Detail: r.Error})
		}
	}
	slices.SortStableFunc(out, func(a, b seen.Gap) int { return strings.Compare(string(a.Scope), string(b.Scope)) })
	return out
}
