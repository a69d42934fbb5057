package outbox

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/mail"
)

// A message is marked as come back only by its Message-ID and the address that it was sent to.
func TestMarkBack(t *testing.T) {
	const ann, bob = "Ann@school.example", "bob@school.example"
	s := open(t)
	o := box(t, s)
	sent := put(t, o, s, day1, letter(ann, "p"), letter(bob, "p"))
	if r, err := o.Deliver(t.Context(), mail.NewGmail(newDraftServer(&cutter{})), day1.Add(time.Minute)); err != nil || r.Sent != 2 {
		t.Fatal(r, err)
	}
	waiting := put(t, o, s, day1.Add(24*time.Hour), letter(ann, "q"))[0]
	id := sent[0].MessageID
	now := day1.Add(25 * time.Hour)
	for _, tt := range []struct {
		name   string
		from   time.Time
		back   Return
		marked int
	}{
		{"nothing", day1, Return{}, 0},
		{"another address", day1, Return{[]string{id}, []string{bob, "eve@out.example"}}, 0},
		{"another message", day1, Return{[]string{"made-up@school.example"}, []string{ann}}, 0},
		{"not sent yet", day1, Return{[]string{waiting.MessageID}, []string{ann}}, 0},
		{"made before", day1.Add(time.Second), Return{[]string{id}, []string{ann}}, 0},
		{"theirs", day1, Return{[]string{"CAB1@mail.gmail.com", id}, []string{"elsewhere@out.example", "ann@SCHOOL.example"}}, 1},
		{"again", day1, Return{[]string{id}, []string{ann}}, 0},
	} {
		n, err := o.MarkBack(t.Context(), tt.from, now, []Return{tt.back})
		if err != nil || n != tt.marked {
			t.Errorf("%s: %d marked, %v; want %d", tt.name, n, err, tt.marked)
		}
	}
	for e, err := range o.All(t.Context(), day1) {
		if want := e.Key == sent[0].Key; err != nil || (e.Back.Equal(now) != want) || (!e.Back.IsZero() != want) {
			t.Errorf("message %s: back %v, %v", e.Key, e.Back, err)
		}
	}
	if any, err := o.SentSince(t.Context(), day1, day1); !any || err != nil {
		t.Errorf("sent since then: %v, %v", any, err)
	}
	if any, err := o.SentSince(t.Context(), day1, day1.Add(time.Minute)); any || err != nil {
		t.Errorf("sent after the last one: %v, %v", any, err)
	}
}

// Somebody is unreached from the message that came back on, until one was sent of which it is known that it did not.
func TestUnreached(t *testing.T) {
	const ann = "ann@school.example"
	s := open(t)
	o := box(t, s)
	server := newDraftServer(&cutter{})
	day := func(n int) time.Time { return day1.Add(time.Duration(n) * 24 * time.Hour) }
	send := func(n int, to string) string {
		t.Helper()
		e := put(t, o, s, day(n), letter(to, day(n).Format(time.DateOnly)))[0]
		if r, err := o.Deliver(t.Context(), mail.NewGmail(server), day(n).Add(time.Minute)); err != nil || r.Err() != nil {
			t.Fatal(err, r.Err())
		}
		return e.MessageID
	}
	comesBack := func(id string, n int) {
		t.Helper()
		if marked, err := o.MarkBack(t.Context(), day1, day(n), []Return{{[]string{id}, []string{ann}}}); marked != 1 || err != nil {
			t.Fatal(marked, err)
		}
	}
	check := func(name string, looked time.Time, want ...string) {
		t.Helper()
		list, err := o.Unreached(t.Context(), day1, looked)
		var have []string
		for _, e := range list {
			have = append(have, e.MessageID)
		}
		if d := cmp.Diff(want, have); d != "" || err != nil {
			t.Errorf("%s: %v (-want +have):\n%s", name, err, d)
		}
	}
	first := send(0, ann)
	send(0, "bob@school.example")
	check("sent", day(1))
	comesBack(first, 1)
	check("came back", day(1), first)
	second := send(1, ann)
	check("sent again, and nobody has looked since", day(1), first)
	comesBack(second, 2)
	check("came back again", day(2), second)
	send(2, ann)
	check("sent again", day(2), second)
	check("and it did not come back", day(3))
}
