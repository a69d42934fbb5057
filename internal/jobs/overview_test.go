package jobs

import (
	"context"
	"errors"
	"log/slog"
	netmail "net/mail"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// trustOf is a trust of schools that have no state yet; the last cannot be opened.
func trustOf(t *testing.T) (*policy.Trust, func(context.Context, *policy.Policy) (store.Store, error)) {
	t.Helper()
	tr := &policy.Trust{Name: "Example Trust", SafeguardingLead: policy.Person{Address: "dsl@trust.example", Name: "Tamsin Orme"}}
	for _, name := range []string{"Oak Lane", "Ash Grove"} {
		tr.Schools = append(tr.Schools, parsed(t, schoolPolicy))
		tr.Schools[len(tr.Schools)-1].School.Name = name
	}
	last := tr.Schools[1]
	return tr, func(_ context.Context, p *policy.Policy) (store.Store, error) {
		if p == last {
			return nil, errors.New("the disk is gone")
		}
		return openStore(t), nil
	}
}

// TestOverviewOnce: however many tasks ask at once, the overview of a week is made once and delivered once; what one task left undelivered the next delivers; and old ones go.
func TestOverviewOnce(t *testing.T) {
	tr, open := trustOf(t)
	s := openStore(t)
	var now atomic.Pointer[time.Time]
	at := func(clock string) {
		x := place(t, clock)
		now.Store(&x)
	}
	at("2026-11-17 12:00")
	var sent atomic.Int32
	broken := errors.New("the post is shut")
	fails := atomic.Bool{}
	task := func(n int) (bool, error) {
		env := TrustEnv{Trust: tr, Store: s, School: open, Clock: func() time.Time { return *now.Load() }, Holder: "task " + string(rune('0'+n)), Log: slog.New(slog.DiscardHandler)}
		box, err := outbox.New(s, outbox.Options{Location: time.UTC, From: netmail.Address{Address: "safety@trust.example"}})
		if err != nil {
			return false, err
		}
		return Overview(t.Context(), env, box, func(ctx context.Context, box *outbox.Outbox) error {
			if fails.Load() {
				return broken
			}
			r, err := box.Deliver(ctx, letGo{&sent}, *now.Load())
			return errors.Join(err, r.Err())
		})
	}
	all := func() (made int) {
		t.Helper()
		var wg sync.WaitGroup
		var n atomic.Int32
		for i := range 6 {
			wg.Go(func() {
				did, err := task(i)
				if err != nil && !errors.Is(err, broken) {
					t.Errorf("task %d: %v", i, err)
				}
				if did {
					n.Add(1)
				}
			})
		}
		wg.Wait()
		return int(n.Load())
	}
	step := func(what string, made, delivered int) {
		t.Helper()
		if n := all(); n != made || int(sent.Load()) != delivered {
			t.Errorf("%s: made %d and delivered %d, want %d and %d", what, n, sent.Load(), made, delivered)
		}
	}
	step("the first week", 1, 1)
	step("asked again", 0, 1)
	at("2026-11-20 12:00")
	step("later in the week", 0, 1)
	at("2026-11-24 05:00")
	step("before the hour", 0, 1)
	at("2026-11-24 08:00")
	step("a school has not been run yet", 0, 1)
	at("2026-11-24 12:00")
	fails.Store(true)
	step("the post is shut", 1, 1)
	fails.Store(false)
	at("2026-11-24 16:00")
	step("the post is open again", 0, 2)
	var letters []outbox.Entry
	for e, err := range outbox.Reader(s).All(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		letters = append(letters, e)
	}
	if len(letters) != 2 || letters[0].Period != "2026-11-16" || letters[1].Period != "2026-11-23" {
		t.Fatalf("the letters are %+v", letters)
	}
	r, err := TrustEnv{Trust: tr, School: open, Log: slog.New(slog.DiscardHandler)}.overview(t.Context(), *now.Load(), *now.Load())
	if err != nil {
		t.Fatal(err)
	}
	if _, oak, _ := strings.Cut(r.Text, "Oak Lane: could not check"); !strings.Contains(oak, "Not everything has been looked at yet") || strings.Contains(strings.ToLower(r.Text), ": green") {
		t.Errorf("of a school that nothing looked at is told:\n%s", r.Text)
	}
	if _, ash, _ := strings.Cut(r.Text, "Ash Grove: could not check"); !strings.Contains(strings.Join(strings.Fields(ash), " "), "could not be read, so nothing is known of it") {
		t.Errorf("of a school that cannot be read is told:\n%s", r.Text)
	}
	at("2028-01-11 12:00") // messages are kept for a year
	step("after a year", 1, 3)
	left := 0
	for _, err := range outbox.Reader(s).All(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		left++
	}
	if left != 1 {
		t.Errorf("%d letters are left, want the newest", left)
	}
}

// letGo is a sender that counts what is let go.
type letGo struct{ n *atomic.Int32 }

func (letGo) Stage(context.Context, mail.Parcel, bool) (string, error) { return "token", nil }

func (letGo) Waiting(context.Context, mail.Parcel, string) (bool, error) { return true, nil }

func (c letGo) Release(context.Context, mail.Parcel, string) error {
	c.n.Add(1)
	return nil
}
