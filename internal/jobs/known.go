package jobs

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"esafetybot/internal/closures"
	"esafetybot/internal/memory"
	"esafetybot/internal/reminders"
	"esafetybot/internal/roster"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
)

// known is what was read of the state to find out what is due: each thing once, at whatever times to come it is asked of.
type known struct {
	runs   map[string]*Record
	first  *time.Time
	book   *reminders.Book
	school *reminders.School // with its school days worked out
	adults []roster.Adult
	read   bool // the adults
}

// knowing is the environment with a state that is read once, and with the days that were said to be closed.
func (env Env) knowing(ctx context.Context) (Env, error) {
	env.known = &known{runs: map[string]*Record{}}
	env.Store = remembering(env.Store)
	if env.Site != nil {
		env.Site = remembering(env.Site)
	}
	if env.Hints != nil {
		env.Hints = remembering(env.Hints)
	}
	p, err := closures.With(ctx, env.Store, env.Policy)
	if err == nil {
		env.Policy = p
	}
	return env, err
}

// ahead is how far another machine's clock may be ahead of this one.
const ahead = 10 * time.Minute

// last is the newest run of a job; nil if there is none. A run in the time to come was made on a clock that was wrong: it does not keep the job from running.
func (env Env) last(ctx context.Context, job string) (*Record, error) {
	k := env.remembered()
	if r, ok := k.runs[job]; ok {
		return r, nil
	}
	r, err := runs.LatestBefore(ctx, env.Store, job, env.Clock().Add(ahead))
	if err == nil {
		k.runs[job] = r
	}
	return r, err
}

// remembered is where what is read is remembered: for this one question, where nobody asks more.
func (env Env) remembered() *known {
	if env.known == nil {
		return &known{runs: map[string]*Record{}}
	}
	return env.known
}

func (env Env) firstLook(ctx context.Context) (time.Time, error) {
	k := env.remembered()
	if k.first != nil {
		return *k.first, nil
	}
	first, err := memory.FirstLook(ctx, env.Store)
	if err == nil {
		k.first = &first
	}
	return first, err
}

func (env Env) reminded(ctx context.Context) (*reminders.Book, error) {
	k := env.remembered()
	if k.book != nil {
		return k.book, nil
	}
	book, err := reminders.Open(ctx, env.Store)
	if err == nil {
		k.book = book
	}
	return book, err
}

// reminderInput is what reminders are judged by at a time.
func (env Env) reminderInput(book *reminders.Book, now, first time.Time) reminders.Input {
	k := env.remembered()
	if k.school == nil {
		in := reminderInput(env.Policy, book, now, first)
		k.school = &in.School
		return in
	}
	return reminders.Input{School: *k.school, Now: now, Reminders: reminders.Of(env.Policy), Outs: book.Outs(), Confirms: book.Confirms()}
}

// roster is the adults of the school.
func (env Env) roster(ctx context.Context) ([]roster.Adult, error) {
	k := env.remembered()
	if k.read {
		return k.adults, nil
	}
	adults, err := roster.Read(ctx, env.Store)
	if err == nil {
		k.adults, k.read = adults, true
	}
	return adults, err
}

// remembering is a store that answers the same question once, for reading only.
func remembering(s store.Store) store.Store {
	return &remembers{Store: s, docs: map[string]answer{}, lists: map[string][]store.Doc{}}
}

type remembers struct {
	store.Store
	docs  map[string]answer
	lists map[string][]store.Doc
}

type answer struct {
	doc store.Doc
	err error
}

// Get implements store.Store.
func (r *remembers) Get(ctx context.Context, c *store.Collection, key string) (store.Doc, error) {
	id := c.Name + "/" + key
	if a, ok := r.docs[id]; ok {
		return a.doc, a.err
	}
	d, err := r.Store.Get(ctx, c, key)
	if ctx.Err() == nil {
		r.docs[id] = answer{d, err}
	}
	return d, err
}

// Find implements store.Store.
func (r *remembers) Find(ctx context.Context, c *store.Collection, a store.Ask) iter.Seq2[store.Doc, error] {
	return func(yield func(store.Doc, error) bool) {
		id := fmt.Sprint(c.Name, "/", a.Query, a.From, "/", a.To, "/", a.Limit)
		for _, k := range slices.Sorted(maps.Keys(a.Equal)) {
			id += "/" + k + "=" + a.Equal[k]
		}
		list, ok := r.lists[id]
		if !ok {
			for d, err := range r.Store.Find(ctx, c, a) {
				if err != nil {
					yield(d, err)
					return
				}
				list = append(list, d)
			}
			r.lists[id] = list
		}
		for _, d := range list {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// Commit implements store.Store: who asks what is due writes nothing.
func (r *remembers) Commit(context.Context, *store.Batch) error {
	return fmt.Errorf("writing while asking what is due: %w", store.ErrNotAllowed)
}
