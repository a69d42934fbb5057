// Package census reads, for one run, what the checks on accounts, devices, pupils' e-mail and settings look at: who is who, rolls, roles, apps,
// sign-ins, usage, classes, devices, settings.
//
// Each part is read once a run, when somebody first asks for it, however many jobs ask. What could not be read is a gap, kept by scope
// ([Census.Gaps]), and whoever asked is told with it: nothing is concluded from half a list. Nothing is judged here, and nothing is
// stored but through [memory.Book].
package census

import (
	"context"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// Google is what is read here.
type Google interface {
	People(ctx context.Context) iter.Seq2[seen.Person, error]
	Units(ctx context.Context) iter.Seq2[seen.Unit, error]
	Domains(ctx context.Context) ([]string, error)
	Groups(ctx context.Context) iter.Seq2[seen.Group, error]
	Members(ctx context.Context, groupID string) iter.Seq2[seen.Member, error]
	RoleGrants(ctx context.Context) iter.Seq2[seen.RoleGrant, error]
	Roles(ctx context.Context) iter.Seq2[seen.Role, error]
	Apps(ctx context.Context, userID string) ([]seen.App, error)
	AutoForward(ctx context.Context, address string) (seen.Forwarding, error)
	Licenses(ctx context.Context, product string) iter.Seq2[seen.License, error]
	Chromebooks(ctx context.Context) iter.Seq2[seen.Device, error]
	Mobiles(ctx context.Context) iter.Seq2[seen.Device, error]
	Usage(ctx context.Context, date string, parameters []string) iter.Seq2[seen.Usage, error]
	Courses(ctx context.Context, states ...string) iter.Seq2[seen.Course, error]
	ClassMembers(ctx context.Context, courseID string) iter.Seq2[seen.ClassMember, error]
	Titled(ctx context.Context, courseID string) iter.Seq2[seen.Post, error]
	Attached(ctx context.Context, courseID string) iter.Seq2[seen.Post, error]
	Settings(ctx context.Context, types []string) iter.Seq2[seen.Setting, error]
	Events(ctx context.Context, app, name string, from, to time.Time) iter.Seq2[seen.Event, error]
	Blogs(ctx context.Context, as string) ([]seen.Blog, error)
	BlogPosts(ctx context.Context, as, blog string) iter.Seq2[seen.BlogPost, error]
	BlogComments(ctx context.Context, as, blog string, since time.Time) iter.Seq2[seen.BlogComment, error]
	BlogTexts(ctx context.Context, as, blog string) iter.Seq2[seen.BlogPost, error]
	BlogShown(ctx context.Context, as, blog string) iter.Seq2[seen.BlogComment, error]
	NoUsage(err error) bool // the usage report of that day is not there (yet)
	Reason(err error) seen.Reason
	Workers() int
}

// Census is one run's reading. Its methods may be called one after the other, not side by side.
type Census struct {
	Google Google
	Policy *policy.Policy
	Now    time.Time
	Log    *slog.Logger
	// Outside keeps the addresses of members of classes who are outside. Set it before classes are read.
	Outside *people.Book

	mu     sync.Mutex
	gaps   map[seen.Scope]seen.Gap
	recent map[entry]pulled
	whole  sync.Mutex // held while a log is read that is read as a whole

	directory bool // read, well or badly
	known     bool // the accounts are known
	who       *school.Directory
	people    map[string]*seen.Person
	units     []seen.Unit

	listed  bool // the groups are listed
	groups  map[string]seen.Group
	members map[string]bool // groups whose members were asked for
	kinds   *school.Kinds

	grants []seen.RoleGrant
	asked  map[string]bool // single lists that were asked for, by scope
}

// New makes a census of a school at a moment.
func New(g Google, p *policy.Policy, now time.Time, log *slog.Logger) *Census {
	return &Census{Google: g, Policy: p, Now: now, Log: log, gaps: map[seen.Scope]seen.Gap{}, asked: map[string]bool{}, recent: map[entry]pulled{}}
}

// Unread notes that a scope could not be read.
func (c *Census) Unread(scope seen.Scope, err error) {
	c.Unseen(seen.Gap{Scope: scope, Reason: c.Google.Reason(err), Detail: err.Error()})
}

// Unseen notes that something could not be seen; what is noted first of a scope stays.
func (c *Census) Unseen(gap seen.Gap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, have := c.gaps[gap.Scope]; !have {
		c.gaps[gap.Scope] = gap
		c.Log.Info("could not read", "scope", gap.Scope, "reason", gap.Reason)
	}
}

// Blind tells whether something of one of the kinds of scope could not be read.
func (c *Census) Blind(kinds ...string) bool { return len(c.Gaps(kinds...)) > 0 }

// Missed tells whether this very scope could not be read.
func (c *Census) Missed(scope seen.Scope) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.gaps[scope]
	return ok
}

// Gaps lists what could not be read of some kinds of scope ("log/login" is a kind of its own), in order.
func (c *Census) Gaps(kinds ...string) []seen.Gap {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []seen.Gap
	for s, g := range c.gaps {
		if slices.Contains(kinds, s.Kind()) || slices.Contains(kinds, string(s)) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b seen.Gap) int { return strings.Compare(string(a.Scope), string(b.Scope)) })
	return out
}

// Each runs fn over a list with as many workers as requests may be under way. One failing item does not stop the others: fn deals with its own errors. It
// returns only ctx's error.
func Each[T any](ctx context.Context, workers int, list []T, fn func(T)) error {
	ch := make(chan T)
	var wg sync.WaitGroup
	for range max(1, min(workers, len(list))) {
		wg.Go(func() {
			for t := range ch {
				if ctx.Err() == nil {
					fn(t)
				}
			}
		})
	}
	for _, t := range list {
		if ctx.Err() != nil {
			break
		}
		ch <- t
	}
	close(ch)
	wg.Wait()
	return ctx.Err()
}

// eachUntilRefused asks one thing of many accounts. Where it fails for one, that is a gap "KIND/ID"; where the permission was not given it is not asked of the
// others, and KIND is the gap.
func eachUntilRefused[T, V any](ctx context.Context, c *Census, kind string, ask []T, id func(T) string, get func(T) (V, error)) map[string]V {
	out := map[string]V{}
	var mu sync.Mutex
	refused := false
	_ = Each(ctx, c.Google.Workers(), ask, func(t T) {
		mu.Lock()
		stop := refused
		mu.Unlock()
		if stop {
			return
		}
		v, err := get(t)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			out[id(t)] = v
		case c.Google.Reason(err) != seen.Refused:
			c.Unread(seen.Scope(kind+"/"+id(t)), err)
		case !refused:
			refused = true
			c.Unread(seen.Scope(kind), err)
		}
	})
	return out
}

// list reads a stream to its end; at the first error the scope is a gap and nothing is returned.
func list[T any](c *Census, scope seen.Scope, seq iter.Seq2[T, error]) (all []T, ok bool) {
	for v, err := range seq {
		if err != nil {
			c.Unread(scope, err)
			return nil, false
		}
		all = append(all, v)
	}
	return all, true
}
