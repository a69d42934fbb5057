package jobs

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/hooks"
	"esafetybot/internal/runs"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// HooksJob keeps Google's notification channels open, so that what happens is known within minutes. Nothing rests on them: what no message tells is found when the jobs look.
const HooksJob = "hooks"

const (
	// logWatchLasts and usersWatchLasts are asked for. A channel on a log lives about six hours, and one on accounts two days at most (Directory API, params.ttl).
	logWatchLasts   = 6 * time.Hour
	usersWatchLasts = 48 * time.Hour
	// channelsAgain is after how long something that Google did not do is asked for again.
	channelsAgain = time.Hour
)

// Receivers says where the deployment takes messages from outside.
type Receivers struct {
	URL  string   // as Google sees it, up to and including /hooks
	Keys []string // sign what channels carry: the first signs, all are believed
}

// googleAddress is where Google sends to.
func (r *Receivers) googleAddress() string { return strings.TrimRight(r.URL, "/") + "/google" }

// key is the key with a mark; "" if the receivers do not know it any more.
func (r *Receivers) key(mark string) string {
	for _, k := range r.Keys {
		if keyMark(k) == mark {
			return k
		}
	}
	return ""
}

// keyMark tells keys apart, and says nothing of them.
func keyMark(key string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte("which key signed a channel"))
	return hex.EncodeToString(m.Sum(nil)[:6])
}

// Channels opens and closes notification channels at Google.
type Channels interface {
	Watch(ctx context.Context, w seen.Watch) (resource string, until time.Time, err error)
	StopWatch(ctx context.Context, application, id, resource string) error
	AlreadyOpen(err error) bool // there is a channel of that id
	Invalid(err error) bool     // Google does not take the request, whoever asks
	Reason(err error) seen.Reason
}

// hooksRun is one run of the job.
type hooksRun struct {
	Env
	lease  *Lease
	now    time.Time
	book   *channelBook
	record *runs.Channels
	refuse map[bool]bool // by whether it is about accounts: Google does nothing more in this run
}

// Hooks runs the job: it opens what is missing, opens another channel before one ends, and closes what nobody wants any more. It leaves no record where there are no receivers, and never were.
func Hooks(ctx context.Context, env Env, now time.Time) (*Record, error) {
	if env.Channels == nil {
		return nil, nil
	}
	if book, err := loadChannels(ctx, env.Store); err != nil || env.Receivers == nil && len(book.List) == 0 {
		return nil, err
	}
	return leased(ctx, env, HooksJob, now, func(lease *Lease, r *Record) error {
		h := &hooksRun{Env: env, lease: lease, now: now, record: &runs.Channels{}, refuse: map[bool]bool{}}
		r.Channels = h.record
		var err error
		if h.book, err = loadChannels(ctx, env.Store); err != nil {
			return err
		}
		return h.run(ctx)
	})
}

// hooksDue tells whether the job has something to do, by what stands in the state: it asks Google nothing.
func hooksDue(ctx context.Context, env Env) (bool, error) {
	if env.Channels == nil {
		return false, nil
	}
	book, err := loadChannels(ctx, env.Store)
	if err != nil {
		return false, err
	}
	now, wanted := env.Clock(), wantedChannels(env)
	if len(book.over(wanted, env.Receivers, now))+len(book.surplus(wanted, env.Receivers, now)) > 0 {
		return true, nil
	}
	return len(book.missing(wanted, env.Receivers, now)) > 0 && !now.Before(book.Again), nil
}

// run brings the channels to what is wanted. What is to be opened is written down first, under its id: Google takes no id twice, so that a run after one that was killed learns from Google whether
// it was opened. What it does not learn is what [Channels.StopWatch] needs, and such a channel ends by itself.
func (h *hooksRun) run(ctx context.Context) error {
	wanted := wantedChannels(h.Env)
	for _, id := range h.book.over(wanted, h.Receivers, h.now) {
		h.book.forget(id, h.now)
	}
	ask := h.book.missing(wanted, h.Receivers, h.now)
	for i, c := range ask {
		if c.ID != "" {
			continue
		}
		c.ID, c.Address, c.Key, c.Asked = newChannelID(), h.Receivers.googleAddress(), keyMark(h.Receivers.Keys[0]), h.now.UTC()
		c.Expires = c.Asked.Add(c.lasts()).Truncate(time.Second)
		ask[i] = c
		h.book.List = append(h.book.List, c)
	}
	if err := h.save(ctx); err != nil {
		return err
	}
	for _, c := range ask {
		if err := h.open(ctx, c); err != nil {
			return err
		}
	}
	for _, c := range h.book.surplus(wanted, h.Receivers, h.now) {
		if err := h.stop(ctx, c); err != nil {
			return err
		}
	}
	h.book.Again = time.Time{}
	if len(h.book.missing(wanted, h.Receivers, h.now)) > 0 {
		h.book.Again = h.now.Add(channelsAgain).UTC()
	}
	for _, c := range h.book.List {
		if c.Open {
			h.record.Open++
		}
	}
	return h.save(ctx)
}

// open asks for one channel. The error is one of the state, or of the context; what Google says stands in the record.
func (h *hooksRun) open(ctx context.Context, c pushChannel) error {
	accounts := c.Application == seen.UsersLog
	if h.refuse[accounts] {
		return nil
	}
	token, err := hooks.Channel{ID: c.ID, School: h.Policy.Key(), Application: c.Application, Event: c.Event, Expires: c.Expires}.Token(h.Receivers.key(c.Key))
	if err != nil {
		h.book.forget(c.ID, h.now)
		h.trouble(c, seen.Failed, err)
		return nil
	}
	resource, until, err := h.Channels.Watch(ctx, seen.Watch{ID: c.ID, Application: c.Application, Event: c.Event, Address: c.Address, Token: token, Lasts: c.Expires.Sub(h.now)})
	switch {
	case err == nil:
		c.Open, c.Resource = true, resource
		if until.After(h.now) && until.Before(c.Expires) { // else what its token says holds
			c.Expires = until.UTC()
		}
		h.book.put(c)
		h.record.Opened++
	case ctx.Err() != nil:
		return ctx.Err()
	case h.Channels.AlreadyOpen(err):
		c.Open = true
		h.book.put(c)
		h.record.Opened++
	case h.Channels.Invalid(err):
		h.book.forget(c.ID, h.now)
		h.trouble(c, h.Channels.Reason(err), err)
	default:
		h.refuse[accounts] = true // it would be the same with the others
		h.trouble(c, h.Channels.Reason(err), err)
		if h.Channels.Reason(err) != seen.Refused {
			return nil // whether it was opened is not known: the next run asks under the same id
		}
		h.book.List = slices.DeleteFunc(h.book.List, func(x pushChannel) bool { return !x.Open && (x.Application == seen.UsersLog) == accounts })
	}
	return h.save(ctx)
}

// stop closes a channel. One that Google does not close ends by itself.
func (h *hooksRun) stop(ctx context.Context, c pushChannel) error {
	if c.Resource != "" {
		switch err := h.Channels.StopWatch(ctx, c.Application, c.ID, c.Resource); {
		case err == nil:
			h.record.Closed++
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			h.trouble(c, h.Channels.Reason(err), err)
		}
	}
	h.book.forget(c.ID, h.now)
	return h.save(ctx)
}

func (h *hooksRun) trouble(c pushChannel, why seen.Reason, err error) {
	h.record.Trouble = append(h.record.Trouble, seen.Gap{Scope: seen.Scope("channel/" + c.Application + "/" + c.Event), Reason: why, Detail: err.Error()})
}

// save writes the book down, if it differs from what stands in the state.
func (h *hooksRun) save(ctx context.Context) error {
	b := &store.Batch{}
	if changed, err := h.book.stage(b); err != nil || !changed {
		return err
	}
	if err := h.lease.Commit(ctx, b); err != nil {
		return errors.Join(fmt.Errorf("keeping which channels are open: %w", err), ctx.Err())
	}
	h.book.version++
	return nil
}

// newChannelID makes an id that was never used before.
func newChannelID() string { return "esafetybot-" + strings.ToLower(rand.Text()) }

// byWhat orders channels by what they tell of, the one that ends last first.
func byWhat(a, b pushChannel) int {
	return cmp.Or(strings.Compare(a.Application, b.Application), strings.Compare(a.Event, b.Event), b.Expires.Compare(a.Expires), strings.Compare(a.ID, b.ID))
}
