package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/accounts"
	"esafetybot/internal/hooks"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// ChannelBook is the collection of the notification channels that are open at Google: one document, since it is looked at every minute.
var ChannelBook = &store.Collection{Name: "channels", Schema: 1}

// pushChannel is one notification channel. What it carries as proof is not kept: it follows from the rest and the key.
type pushChannel struct {
	ID          string    `json:"id"`
	Resource    string    `json:"resource,omitempty"` // Google's id of what is watched; "" where a run was killed before it was kept, and then it cannot be closed
	Application string    `json:"application"`
	Event       string    `json:"event"`
	Address     string    `json:"address"`
	Key         string    `json:"key"` // mark of the key that signed
	Asked       time.Time `json:"asked"`
	Expires     time.Time `json:"expires"`
	Open        bool      `json:"open,omitempty"` // else it is not known whether Google opened it
}

// lasts is how long such a channel is asked for.
func (c pushChannel) lasts() time.Duration {
	if c.Application == seen.UsersLog {
		return usersWatchLasts
	}
	return logWatchLasts
}

// fresh tells whether a channel has more than a quarter of its life before it.
func (c pushChannel) fresh(now time.Time) bool {
	return c.Expires.Sub(now) > c.Expires.Sub(c.Asked)/4
}

// what a channel tells of.
type watched struct{ application, event string }

func (c pushChannel) what() watched { return watched{c.Application, c.Event} }

// endedChannel is one that is closed, or was let go: what it told before counts.
type endedChannel struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// channelTail is how long after a channel's end what it tells counts: Google may have sent it before, and the clocks of two machines differ.
const channelTail = 10 * time.Minute

// channelBook is what is known of the channels.
type channelBook struct {
	List  []pushChannel  `json:"list"`
	Ended []endedChannel `json:"ended,omitempty"` // within the last day, as long as a hint of one may wait
	Again time.Time      `json:"again,omitzero"`  // not before this is asked for again what Google did not do

	version int64
	stored  []byte
}

func loadChannels(ctx context.Context, s store.Store) (*channelBook, error) {
	b := &channelBook{}
	d, err := s.Get(ctx, ChannelBook, HooksJob)
	if errors.Is(err, store.ErrNotFound) {
		return b, nil
	}
	if err == nil {
		b.version, b.stored = d.Version, d.Body
		err = json.Unmarshal(d.Body, b)
	}
	if err != nil {
		return nil, fmt.Errorf("which channels are open at Google cannot be read from the state: %w", err)
	}
	return b, nil
}

// stage adds the book to a batch, if it differs from what stands in the state.
func (b *channelBook) stage(batch *store.Batch) (changed bool, err error) {
	slices.SortFunc(b.List, byWhat)
	body, err := json.Marshal(b)
	if err != nil || bytes.Equal(body, b.stored) || b.version == 0 && len(b.List) == 0 && b.Again.IsZero() {
		return false, err
	}
	batch.Put(ChannelBook, HooksJob, b.version, nil, body)
	b.stored = body
	return true, nil
}

// put takes the place of what was known of a channel.
func (b *channelBook) put(c pushChannel) {
	b.List = slices.DeleteFunc(b.List, func(x pushChannel) bool { return x.ID == c.ID })
	b.List = append(b.List, c)
}

// forget lets a channel go, which counts no longer from now on, and what ended so long ago that no hint of it can wait.
func (b *channelBook) forget(id string, now time.Time) {
	i := slices.IndexFunc(b.List, func(c pushChannel) bool { return c.ID == id })
	if i < 0 {
		return
	}
	b.List = slices.Delete(b.List, i, i+1)
	b.Ended = slices.DeleteFunc(b.Ended, func(e endedChannel) bool { return now.Sub(e.At) > hooks.Oldest+channelTail })
	b.Ended = append(b.Ended, endedChannel{id, now.UTC()})
}

// told tells whether a hint that Google left counts: its channel was one of ours when it came. A token alone does not say so: it is good until it expires, although the channel was closed or another took its place.
func (b *channelBook) told(h hooks.Hint) bool {
	if slices.ContainsFunc(b.List, func(c pushChannel) bool { return c.ID == h.Channel }) {
		return true
	}
	return slices.ContainsFunc(b.Ended, func(e endedChannel) bool { return e.ID == h.Channel && !h.Received.After(e.At.Add(channelTail)) })
}

// serves tells whether what a channel sends is wanted, reaches the receivers and is believed by them.
func (c pushChannel) serves(wanted []watched, r *Receivers) bool {
	return r != nil && slices.Contains(wanted, c.what()) && c.Address == r.googleAddress() && r.key(c.Key) != ""
}

// best are the channels that serve and are fresh, by what they tell of: the one that ends last.
func (b *channelBook) best(wanted []watched, r *Receivers, now time.Time) map[watched]pushChannel {
	out := map[watched]pushChannel{}
	for _, c := range slices.SortedFunc(slices.Values(b.List), byWhat) {
		if _, have := out[c.what()]; !have && c.Open && c.serves(wanted, r) && c.fresh(now) {
			out[c.what()] = c
		}
	}
	return out
}

// missing lists what has to be asked for: with an id what a run was killed over, so that Google says whether it was opened; without one what is new.
func (b *channelBook) missing(wanted []watched, r *Receivers, now time.Time) []pushChannel {
	if r == nil {
		return nil
	}
	have := b.best(wanted, r, now)
	var out []pushChannel
	for _, w := range wanted {
		if _, ok := have[w]; ok {
			continue
		}
		c := pushChannel{Application: w.application, Event: w.event}
		if i := slices.IndexFunc(b.List, func(x pushChannel) bool { return x.what() == w && !x.Open && x.serves(wanted, r) && x.fresh(now) }); i >= 0 {
			c = b.List[i]
		}
		out = append(out, c)
	}
	return out
}

// surplus lists the open channels to be closed: those that do not serve, and those instead of which there is another one.
func (b *channelBook) surplus(wanted []watched, r *Receivers, now time.Time) []pushChannel {
	best := b.best(wanted, r, now)
	var out []pushChannel
	for _, c := range b.List {
		other, replaced := best[c.what()]
		if c.Open && c.Expires.After(now) && (!c.serves(wanted, r) || replaced && other.ID != c.ID) {
			out = append(out, c)
		}
	}
	return out
}

// over lists the ids of channels that have ended, and of those of which it is not known whether they are open and which are not asked for any more.
func (b *channelBook) over(wanted []watched, r *Receivers, now time.Time) []string {
	best := b.best(wanted, r, now)
	var out []string
	for _, c := range b.List {
		_, have := best[c.what()]
		if !c.Expires.After(now) || !c.Open && (have || !c.fresh(now) || !c.serves(wanted, r)) {
			out = append(out, c.ID)
		}
	}
	return out
}

// usersEvents are all that the Directory tells of accounts.
var usersEvents = []string{"add", "delete", "makeAdmin", "undelete", "update"}

// wantedChannels lists what the policy's jobs read of the logs by name, in order; nothing without receivers. Events that only follow a folder's are left out: the folder's own comes with them.
func wantedChannels(env Env) []watched {
	if env.Receivers == nil {
		return nil
	}
	p, all := env.Policy, map[watched]bool{}
	add := func(application string, events ...string) {
		for _, e := range events {
			all[watched{application, e}] = true
		}
	}
	if Asked(p, SharingJob) {
		add("drive", sharingEvents...)
		add("drive", placeEvents...)
		add("admin", adminEvents...)
	}
	if Asked(p, NamesJob) {
		add("drive", titleEvents...)
	}
	if documents := asksFor(p, policy.PlaceDocuments); documents || asksFor(p, policy.PlaceClassroom) {
		add("classroom", append(slices.Collect(maps.Keys(commentEvents)), removedEvent)...)
		if documents {
			add("classroom", attachEvents...)
			add("drive", slices.Concat(slices.Collect(maps.Keys(documentEvents)), movedEvents, []string{ownerEvent})...)
		}
	}
	if Asked(p, PupilEmailJob) {
		add("admin", tripwires...)
	}
	if Asked(p, AccountsJob) {
		add(seen.UsersLog, usersEvents...)
	}
	rules := map[string]bool{}
	for _, m := range means(p, AccountsJob) {
		for _, rule := range m.Rules() {
			rules[rule] = true
		}
	}
	login, admin := census.LoginEvents(rules[accounts.PasswordAge], rules[accounts.WeakPassword] || rules[accounts.SuspiciousLogin], rules[accounts.OutsideForwarding])
	add("login", login...)
	add("admin", admin...)
	record := len(accessMeans(p)) > 0
	if record {
		add("admin", grantEvents...)
	}
	if record || rules[accounts.ClassWithoutTeacher] || rules[accounts.OutsiderInClass] || rules[accounts.OtherSchool] || rules[accounts.OldClass] {
		add("classroom", census.ClassEvents...)
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b watched) int {
		return strings.Compare(a.application+" "+a.event, b.application+" "+b.event)
	})
}
