package jobs

import (
	"context"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// refusing takes mail unless it is told not to.
type refusing struct{ err error }

func (r *refusing) Stage(context.Context, mail.Parcel, bool) (string, error) { return "t", r.err }

func (r *refusing) Waiting(context.Context, mail.Parcel, string) (bool, error) { return true, nil }

func (r *refusing) Release(context.Context, mail.Parcel, string) error { return r.err }

// TestUnsentIsTold: that mail was given up is told in one letter, once mail works again: before, it could only add to what does not go.
func TestUnsentIsTold(t *testing.T) {
	c := atTheClock(t, tickPolicy, place(t, "2026-11-18 07:30"), &[]seen.Event{})
	server := &refusing{err: mail.ErrRefused}
	n := 0
	write := func() {
		t.Helper()
		n++
		b := &store.Batch{}
		_, err := c.box.Put(t.Context(), b, c.now, outbox.Letter{To: netmail.Address{Address: "kim@school.example"}, Kind: "entry", Period: fmt.Sprint(n), Urgent: true, Subject: "x", Text: "x", HTML: "x"})
		c.do(err)
		c.do(c.main.Commit(t.Context(), b))
		_, err = c.box.Deliver(t.Context(), server, c.now)
		c.do(err)
	}
	told := func() (texts []string) {
		t.Helper()
		c.done(slices.DeleteFunc(c.due(), func(job string) bool { return job == SendJob }), never)
		c.do(tellTrouble(t.Context(), c.env, c.box, c.now))
		for e, err := range c.box.All(t.Context(), time.Time{}) {
			c.do(err)
			if e.Kind == troubleKind {
				f, err := c.box.Read(t.Context(), e)
				c.do(err)
				texts = append(texts, string(f.Raw))
			}
		}
		return texts
	}
	write()
	if have := told(); len(have) > 0 {
		t.Fatal("a letter was written although no letter goes")
	}
	server.err = nil
	c.now = c.now.Add(30 * time.Minute)
	write()
	have := told()
	if len(have) != 1 || !strings.Contains(have[0], "could not send some of its mail") || !strings.Contains(have[0], "esafetybot mail retry") || strings.Contains(have[0], "does not get done") {
		t.Fatalf("after mail works again: %q", have)
	}
	for range 3 { // once, although nobody dealt with it
		c.now = c.now.Add(24 * time.Hour)
		write()
		if have = told(); len(have) != 1 {
			t.Fatalf("told %d times", len(have))
		}
	}
}
