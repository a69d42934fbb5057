package outbox

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/mail"
	"esafetybot/internal/store"
)

// TestUnsent: what does not go out is counted once it should have gone, until it goes or somebody says that nobody wants it.
func TestUnsent(t *testing.T) {
	broken := errors.New("550 mailbox ann@school.example is full")
	for name, c := range map[string]struct {
		do   func(*testing.T, *Outbox, store.Store, *draftServer, []Entry)
		at   time.Duration // after it was made
		want Unsent
	}{
		"just made":             {func(*testing.T, *Outbox, store.Store, *draftServer, []Entry) {}, 5 * time.Hour, Unsent{}},
		"nobody tries":          {func(*testing.T, *Outbox, store.Store, *draftServer, []Entry) {}, 6 * time.Hour, Unsent{Waiting: 1, Since: day1}},
		"failed once":           {fails(broken, 1), 30 * time.Minute, Unsent{}},
		"fails since":           {fails(broken, 1), time.Hour, Unsent{Waiting: 1, Since: day1, Said: "550 mailbox (address) is full"}},
		"given up":              {fails(broken, MaxAttempts), 0, Unsent{GivenUp: 1, Since: day1, Said: "550 mailbox (address) is full"}},
		"refused":               {fails(mail.ErrRefused, 1), 0, Unsent{GivenUp: 1, Refused: 1, Since: day1, Said: mail.ErrRefused.Error()}},
		"sent":                  {fails(nil, 1), 48 * time.Hour, Unsent{}},
		"given up, and retried": {after(fails(mail.ErrRefused, 1), (*Outbox).Retry), 0, Unsent{}},
		"given up, and dropped": {after(fails(mail.ErrRefused, 1), (*Outbox).Drop), 0, Unsent{}},
		"dropped, and retried":  {after(after(fails(mail.ErrRefused, 1), (*Outbox).Drop), (*Outbox).Retry), 6 * time.Hour, Unsent{Waiting: 1, Since: day1, Said: mail.ErrRefused.Error()}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			o := box(t, s)
			made := put(t, o, s, day1, letter("ann@school.example", "p"))
			c.do(t, o, s, newDraftServer(&cutter{}), made)
			have, err := o.Unsent(t.Context(), day1.Add(c.at))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, have); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// fails has Google answer an error to so many tries.
func fails(err error, tries int) func(*testing.T, *Outbox, store.Store, *draftServer, []Entry) {
	return func(t *testing.T, o *Outbox, _ store.Store, server *draftServer, _ []Entry) {
		server.fail = func(call string) error {
			if call == "create" {
				return err
			}
			return nil
		}
		for n := range tries {
			if _, err := o.Deliver(t.Context(), mail.NewGmail(server), day1.Add(time.Duration(n)*7*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func after(first func(*testing.T, *Outbox, store.Store, *draftServer, []Entry), then func(*Outbox, context.Context, string) error) func(*testing.T, *Outbox, store.Store, *draftServer, []Entry) {
	return func(t *testing.T, o *Outbox, s store.Store, server *draftServer, made []Entry) {
		first(t, o, s, server, made)
		if err := then(o, t.Context(), made[0].Key); err != nil {
			t.Fatal(err)
		}
	}
}

// TestErasedIsNotTriedAgain: a message whose text was erased is counted by nobody, and cannot be put in line.
func TestErasedIsNotTriedAgain(t *testing.T) {
	s := open(t)
	o := box(t, s)
	e := put(t, o, s, day1, letter("ann@school.example", "p"))[0]
	b := &store.Batch{}
	if err := StageBlank(b, e); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if u, err := o.Unsent(t.Context(), day1.Add(48*time.Hour)); err != nil || u.Any() {
		t.Errorf("counted: %+v, %v", u, err)
	}
	if err := o.Retry(t.Context(), e.Key); err == nil || !strings.Contains(err.Error(), "erased") {
		t.Errorf("put in line: %v", err)
	}
}
