package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	netmail "net/mail"
	"os"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/mail"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var day1 = time.Date(2026, 11, 20, 7, 0, 0, 0, time.UTC)

func london(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func box(t *testing.T, s store.Store) *Outbox {
	t.Helper()
	o, err := New(s, Options{Location: london(t), From: netmail.Address{Name: "E-safety", Address: "safety@school.example"}})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func letter(to, period string) Letter {
	return Letter{
		To: netmail.Address{Address: to}, Kind: "oversharing", Period: period, UpTo: day1, Hash: "h-" + period,
		Subject: "Sharing report: 3 new things to look at", HTML: "<p>Hello</p>", Text: "Hello",
		Beside: []mail.Attachment{{Name: "sharing.csv", Type: "text/csv", Data: []byte("a,b\r\n")}},
	}
}

func put(t *testing.T, o *Outbox, s store.Store, now time.Time, letters ...Letter) []Entry {
	t.Helper()
	var b store.Batch
	var out []Entry
	for _, l := range letters {
		e, err := o.Put(t.Context(), &b, now, l)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	if err := s.Commit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return out
}

// cutter ends the process (by panic) at the n-th of the moments that pass through it.
type cutter struct{ n, seen int }

type cut struct{}

func (c *cutter) moment() {
	if c.seen++; c.seen == c.n {
		panic(cut{})
	}
}

// survives runs f and reports whether it came to its end.
func survives(f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(cut); !is {
				panic(r)
			}
		}
	}()
	f()
	return true
}

type cutStore struct {
	store.Store
	c *cutter
}

func (s cutStore) Commit(ctx context.Context, b *store.Batch) error {
	s.c.moment()
	err := s.Store.Commit(ctx, b)
	s.c.moment()
	return err
}

func (s cutStore) Find(ctx context.Context, c *store.Collection, a store.Ask) iter.Seq2[store.Doc, error] {
	return s.Store.Find(ctx, c, a)
}

// draftServer is Gmail as far as drafts go.
type draftServer struct {
	c      *cutter
	next   int
	drafts map[string]string // draft id → Message-ID
	sent   map[string]int    // Message-ID → how often
	fail   func(call string) error
}

func newDraftServer(c *cutter) *draftServer {
	return &draftServer{c: c, drafts: map[string]string{}, sent: map[string]int{}, fail: func(string) error { return nil }}
}

func idOf(raw []byte) string {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		panic(err)
	}
	return strings.Trim(m.Header.Get("Message-Id"), "<>")
}

func (d *draftServer) CreateDraft(_ context.Context, raw []byte) (string, error) {
	d.c.moment()
	defer d.c.moment()
	if err := d.fail("create"); err != nil {
		return "", err
	}
	d.next++
	id := fmt.Sprint("d", d.next)
	d.drafts[id] = idOf(raw)
	return id, nil
}

func (d *draftServer) DraftExists(_ context.Context, id string) (bool, error) {
	d.c.moment()
	defer d.c.moment()
	_, ok := d.drafts[id]
	return ok, d.fail("exists")
}

func (d *draftServer) SendDraft(_ context.Context, id string) error {
	d.c.moment()
	defer d.c.moment()
	if err := d.fail("send"); err != nil {
		return err
	}
	m, ok := d.drafts[id]
	if !ok {
		return errors.New("no such draft")
	}
	delete(d.drafts, id)
	d.sent[m]++
	return d.fail("sent")
}

func (d *draftServer) FindDraft(_ context.Context, messageID string) (string, bool, error) {
	d.c.moment()
	defer d.c.moment()
	for id, m := range d.drafts {
		if m == messageID {
			return id, true, nil
		}
	}
	return "", false, d.fail("find")
}

// TestKilledAnywhere ends the process at every moment of making and delivering two messages, then at every moment of the
// run after that, and looks that each message was sent exactly once.
func TestKilledAnywhere(t *testing.T) {
	letters := []Letter{letter("ann@school.example", "2026-11-20"), letter("bob@school.example", "2026-11-20")}
	for first := 1; ; first++ {
		firstCut := false
		for second := 1; ; second++ {
			s, c := open(t), &cutter{n: first}
			server := newDraftServer(c)
			run := func() bool {
				return survives(func() {
					o := box(t, cutStore{s, c})
					var b store.Batch
					for _, l := range letters {
						if _, err := o.Put(t.Context(), &b, day1, l); err != nil && !errors.Is(err, ErrExists) {
							t.Fatal(err)
						}
					}
					if err := (cutStore{s, c}).Commit(t.Context(), &b); err != nil {
						t.Fatal(err)
					}
					r, err := o.Deliver(t.Context(), mail.NewGmail(server), day1)
					if err == nil {
						err = r.Err()
					}
					if err != nil {
						t.Fatal(err)
					}
				})
			}
			firstCut = !run()
			c.n, c.seen = second, 0
			secondCut := !run()
			c.n = 0
			if !run() {
				t.Fatal("a run without a cut did not end")
			}
			if len(server.sent) != len(letters) || len(server.drafts) != 0 {
				t.Fatalf("cut at %d, then at %d: sent %v, drafts left %v", first, second, server.sent, server.drafts)
			}
			for id, n := range server.sent {
				if n != 1 {
					t.Fatalf("cut at %d, then at %d: message %s was sent %d times", first, second, id, n)
				}
			}
			if !firstCut || !secondCut {
				break
			}
		}
		if !firstCut {
			if first < 10 {
				t.Fatalf("only %d moments were tried", first)
			}
			return
		}
	}
}

// TestDirKilled does the same with a folder, where each message must be one file.
func TestDirKilled(t *testing.T) {
	for n := 1; ; n++ {
		s, c, dir := open(t), &cutter{n: n}, t.TempDir()
		run := func() bool {
			return survives(func() {
				o := box(t, cutStore{s, c})
				var b store.Batch
				if _, err := o.Put(t.Context(), &b, day1, letter("ann@school.example", "2026-11-20")); err != nil && !errors.Is(err, ErrExists) {
					t.Fatal(err)
				}
				if err := (cutStore{s, c}).Commit(t.Context(), &b); err != nil {
					t.Fatal(err)
				}
				if r, err := o.Deliver(t.Context(), mail.NewDir(dir), day1); err != nil || r.Err() != nil {
					t.Fatal(err, r.Err())
				}
			})
		}
		ended := run()
		c.n = 0
		run()
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range files {
			names = append(names, f.Name())
		}
		if len(names) != 2 || !strings.HasSuffix(names[0], "-sharing.csv") || !strings.HasSuffix(names[1], ".eml") {
			t.Fatalf("cut at %d: the folder holds %v", n, names)
		}
		if ended {
			return
		}
	}
}

func TestFailuresDoNotStopTheOthers(t *testing.T) {
	s := open(t)
	o := box(t, s)
	put(t, o, s, day1, letter("ann@school.example", "p"), letter("bob@school.example", "p"), letter("cat@school.example", "p"))
	server := newDraftServer(&cutter{})
	calls := 0
	server.fail = func(call string) error {
		if call == "create" {
			if calls++; calls == 2 {
				return errors.New("503 for bob@school.example and CAT@school.example")
			}
		}
		return nil
	}
	r, err := o.Deliver(t.Context(), mail.NewGmail(server), day1)
	if err != nil {
		t.Fatal(err)
	}
	if r.Sent != 2 || len(r.Problems) != 1 || r.Problems[0].GivenUp {
		t.Fatalf("got %+v, want 2 sent and 1 problem", r)
	}
	// Of two letters made in one instant the key decides; whichever failed, its own address must not show.
	var failed Entry
	for e, err := range o.Open(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		failed = e
	}
	f, err := o.Read(t.Context(), failed)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.ToLower(r.Err().Error()+failed.Problem), f.To.Address) {
		t.Errorf("the problem shows the address: %v", r.Err())
	}
	// The next run may come at once, and sends it.
	if r, err = o.Deliver(t.Context(), mail.NewGmail(server), day1); err != nil || r.Sent != 1 || len(server.sent) != 3 {
		t.Fatalf("second run: %+v, %v", r, err)
	}
}

func TestGivenUpAndTriedAgain(t *testing.T) {
	s := open(t)
	o := box(t, s)
	e := put(t, o, s, day1, letter("ann@school.example", "p"))[0]
	server := newDraftServer(&cutter{})
	broken := errors.New("500")
	server.fail = func(call string) error {
		if call == "send" {
			return broken
		}
		return nil
	}
	now, tries, resting := day1, 0, 0
	for range 200 {
		r, err := o.Deliver(t.Context(), mail.NewGmail(server), now)
		if err != nil {
			t.Fatal(err)
		}
		tries += len(r.Problems)
		resting += r.Resting
		if len(r.Problems) == 1 && r.Problems[0].GivenUp {
			break
		}
		now = now.Add(30 * time.Minute)
	}
	if tries != MaxAttempts || resting == 0 {
		t.Fatalf("%d tries and %d rests, want %d tries", tries, resting, MaxAttempts)
	}
	if len(server.drafts) != 1 {
		t.Fatalf("%d drafts, want the one", len(server.drafts))
	}
	broken = nil
	if r, err := o.Deliver(t.Context(), mail.NewGmail(server), now.Add(48*time.Hour)); err != nil || r.Sent != 0 {
		t.Fatalf("a message that was given up went out by itself: %+v, %v", r, err)
	}
	if err := o.Retry(t.Context(), e.Key); err != nil {
		t.Fatal(err)
	}
	if r, err := o.Deliver(t.Context(), mail.NewGmail(server), now.Add(48*time.Hour)); err != nil || r.Sent != 1 || len(server.drafts) != 0 {
		t.Fatalf("after Retry: %+v, %v", r, err)
	}
	if err := o.Retry(t.Context(), e.Key); err == nil {
		t.Error("a message that was sent could be put in line again")
	}
}

func TestRefusedIsGivenUpAtOnce(t *testing.T) {
	s := open(t)
	o := box(t, s)
	put(t, o, s, day1, letter("ann@school.example", "p"))
	server := newDraftServer(&cutter{})
	server.fail = func(call string) error {
		if call == "create" {
			return fmt.Errorf("400 invalid To header: %w", mail.ErrRefused)
		}
		return nil
	}
	r, err := o.Deliver(t.Context(), mail.NewGmail(server), day1)
	if err != nil || len(r.Problems) != 1 || !r.Problems[0].GivenUp || !errors.Is(r.Err(), mail.ErrRefused) {
		t.Fatalf("got %+v, %v", r, err)
	}
}

// TestLostAnswer: the draft was sent, but the answer did not come back.
func TestLostAnswer(t *testing.T) {
	s := open(t)
	o := box(t, s)
	put(t, o, s, day1, letter("ann@school.example", "p"))
	server := newDraftServer(&cutter{})
	server.fail = func(call string) error {
		if call == "sent" {
			return errors.New("connection lost")
		}
		return nil
	}
	r, err := o.Deliver(t.Context(), mail.NewGmail(server), day1)
	if err != nil || r.Sent != 1 || r.Err() != nil {
		t.Fatalf("got %+v, %v", r, err)
	}
}

func TestGuardStopsDelivery(t *testing.T) {
	s := open(t)
	put(t, box(t, s), s, day1, letter("ann@school.example", "p"))
	lease := &store.Collection{Name: "leases"}
	o, err := New(s, Options{Location: london(t), From: netmail.Address{Address: "safety@school.example"}, Guard: func(b *store.Batch) { b.Require(lease, "send", 7) }})
	if err != nil {
		t.Fatal(err)
	}
	server := newDraftServer(&cutter{})
	_, err = o.Deliver(t.Context(), mail.NewGmail(server), day1)
	if !errors.Is(err, store.ErrConflict) || len(server.drafts)+len(server.sent) != 0 {
		t.Fatalf("without the lease: %v, %d drafts, %d sent", err, len(server.drafts), len(server.sent))
	}
}
