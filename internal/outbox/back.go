package outbox

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"esafetybot/internal/store"
)

// Return is a message that came back, as a report on it says.
type Return struct {
	MessageIDs []string // under which it may be known, without angle brackets
	Addresses  []string // that it did not reach
}

// MarkBack marks the messages made at or after from that came back, and returns how many are newly marked. A return counts only if it names a message that was sent, and the very address that it was sent to:
// anybody can write a mail that looks like a report. One that is marked already stays as it is.
func (o *Outbox) MarkBack(ctx context.Context, from, now time.Time, returns []Return) (int, error) {
	wanted := map[string]map[string]bool{} // Message-ID → recipients
	for _, r := range returns {
		for _, id := range r.MessageIDs {
			if wanted[id] == nil {
				wanted[id] = map[string]bool{}
			}
			for _, a := range r.Addresses {
				wanted[id][RecipientID(a)] = true
			}
		}
	}
	if len(wanted) == 0 {
		return 0, nil
	}
	var found []Entry
	for e, err := range o.All(ctx, from) {
		if err != nil {
			return 0, err
		}
		if e.State == Sent && e.Back.IsZero() && wanted[e.MessageID][e.Recipient] {
			found = append(found, e)
		}
	}
	for n, e := range found {
		e.Back = now.UTC()
		if err := o.save(ctx, &e); err != nil {
			return n, err
		}
	}
	return len(found), nil
}

// SentSince tells whether a message was sent after a time. It looks at messages made at or after from.
func (o *Outbox) SentSince(ctx context.Context, from, since time.Time) (bool, error) {
	for e, err := range o.All(ctx, from) {
		if err != nil {
			return false, err
		}
		if e.State == Sent && e.Ended.After(since) {
			return true, nil
		}
	}
	return false, nil
}

// Unreached lists, of the messages made at or after from, the newest that came back of each recipient whom nothing has reached since, in the order in which they were made. A later message has reached them if it was
// sent before looked, when was last looked for what came back, and did not.
func (o *Outbox) Unreached(ctx context.Context, from, looked time.Time) ([]Entry, error) {
	newest := map[string]Entry{}
	for e, err := range o.find(ctx, store.Ask{Query: "back", Equal: map[string]string{"back": "yes"}, From: store.Time(from)}) {
		if err != nil {
			return nil, err
		}
		newest[e.Recipient] = e // in the order in which they were made
	}
	for id, back := range newest {
		for e, err := range o.find(ctx, store.Ask{Query: "recipient", Equal: map[string]string{"recipient": id}, From: store.Time(back.Created)}) {
			if err != nil {
				return nil, err
			}
			if e.State == Sent && e.Back.IsZero() && e.Created.After(back.Created) && e.Ended.Before(looked) {
				delete(newest, id)
				break
			}
		}
	}
	return slices.SortedFunc(maps.Values(newest), func(a, b Entry) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Key, b.Key))
	}), nil
}
