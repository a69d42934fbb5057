package outbox

import (
	"bytes"
	"errors"
	"mime"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/mail"
	"esafetybot/internal/store"
)

func TestPut(t *testing.T) {
	s := open(t)
	o := box(t, s)
	ctx := t.Context()
	put(t, o, s, day1, letter("Ann@school.example", "2026-11-20"))

	try := func(now time.Time, l Letter) error {
		_, err := o.Put(ctx, &store.Batch{}, now, l)
		return err
	}
	if err := try(day1.Add(48*time.Hour), letter("ann@school.example", "2026-11-20")); !errors.Is(err, ErrExists) {
		t.Errorf("the same message again: %v, want ErrExists", err)
	}
	if err := try(day1.Add(12*time.Hour), letter("ann@SCHOOL.example", "2026-11-20b")); !errors.Is(err, ErrToday) {
		t.Errorf("a second ordinary message that day: %v, want ErrToday", err)
	}
	urgent := letter("ann@school.example", "f1")
	urgent.Urgent, urgent.Kind = true, "urgent"
	put(t, o, s, day1.Add(time.Hour), urgent)
	// Midnight is London's: 23:30 UTC in summer is the next day.
	if had, err := o.HadToday(ctx, "ann@school.example", day1.Add(23*time.Hour)); err != nil || had {
		t.Errorf("the next day: had today's message %v, %v", had, err)
	}
	put(t, o, s, day1.Add(24*time.Hour), letter("ann@school.example", "2026-11-21"))

	m, err := o.Mark(ctx, "ANN@school.example", "oversharing")
	if err != nil {
		t.Fatal(err)
	}
	want := Mark{UpTo: day1, Hash: "h-2026-11-21", Key: Key("ann@school.example", "oversharing", "2026-11-21"), At: day1.Add(24 * time.Hour)}
	if d := cmp.Diff(want, m); d != "" {
		t.Errorf("mark (-want +got):\n%s", d)
	}
	if h, err := o.LastHash(ctx, "bob@school.example", "oversharing"); h != "" || err != nil {
		t.Errorf("somebody who was told nothing: %q, %v", h, err)
	}
}

func TestDayIsTheSchools(t *testing.T) {
	s := open(t)
	o := box(t, s)
	lateJune := time.Date(2026, 6, 10, 22, 30, 0, 0, time.UTC) // 23:30 in London
	put(t, o, s, lateJune, letter("ann@school.example", "a"))
	if had, _ := o.HadToday(t.Context(), "ann@school.example", lateJune.Add(40*time.Minute)); had {
		t.Error("00:10 in London counts as the day before")
	}
	if had, _ := o.HadToday(t.Context(), "ann@school.example", lateJune.Add(20*time.Minute)); !had {
		t.Error("23:50 in London is the same day")
	}
}

func TestTwoLettersInOneBatch(t *testing.T) {
	s := open(t)
	o := box(t, s)
	urgent := letter("ann@school.example", "f1")
	urgent.Urgent, urgent.Kind = true, "urgent"
	put(t, o, s, day1, urgent, letter("ann@school.example", "p"))
	for _, kind := range []string{"urgent", "oversharing"} {
		if m, err := o.Mark(t.Context(), "ann@school.example", kind); err != nil || m.UpTo.IsZero() {
			t.Errorf("mark %s: %+v, %v", kind, m, err)
		}
	}
	var b store.Batch
	if _, err := o.Put(t.Context(), &b, day1, letter("bob@school.example", "p")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Put(t.Context(), &b, day1, letter("bob@school.example", "p")); !errors.Is(err, ErrExists) {
		t.Errorf("twice in one batch: %v, want ErrExists", err)
	}
	if _, err := o.Put(t.Context(), &b, day1, letter("bob@school.example", "q")); !errors.Is(err, ErrToday) {
		t.Errorf("two ordinary ones in one batch: %v, want ErrToday", err)
	}
}

func TestRaceForTheDay(t *testing.T) {
	s := open(t)
	o := box(t, s)
	var a, b store.Batch
	for period, batch := range map[string]*store.Batch{"p": &a, "q": &b} {
		if _, err := o.Put(t.Context(), batch, day1, letter("ann@school.example", period)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Commit(t.Context(), &a); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), &b); !errors.Is(err, store.ErrConflict) {
		t.Errorf("two ordinary messages at once: %v, want a conflict", err)
	}
}

func TestFrozen(t *testing.T) {
	s := open(t)
	o := box(t, s)
	l := letter("ann@school.example", "p")
	// Data that does not compress, so that the message needs several parts.
	noise := make([]byte, 2<<20)
	x := uint32(1)
	for i := range noise {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	l.Attach = []mail.Attachment{{Name: "list.csv", Type: "text/csv", Data: noise}}
	e := put(t, o, s, day1, l)[0]
	if e.Parts < 3 {
		t.Errorf("%d parts", e.Parts)
	}
	f, err := o.Read(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if f.To.Address != "ann@school.example" || !bytes.Contains(f.Raw, []byte("Message-ID: <"+e.MessageID+">")) {
		t.Errorf("read back: to %s, Message-ID %s missing", f.To.Address, e.MessageID)
	}
	// Rendered again, the bytes are the same: nothing random is in them.
	var again store.Batch
	if _, err := box(t, open(t)).Put(t.Context(), &again, day1, l); err != nil {
		t.Fatal(err)
	}
	for i := range e.Parts {
		d, err := s.Get(t.Context(), Parts, partKey(e, i))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.Body, again.Ops[1+i].Body) {
			t.Errorf("part %d differs when rendered again", i)
		}
	}
}

func TestNoNamesInKeysAndFields(t *testing.T) {
	s := open(t)
	o := box(t, s)
	l := letter("ann.brown@school.example", "p")
	l.To.Name = "Ann Brown"
	put(t, o, s, day1, l)
	if _, err := o.Deliver(t.Context(), mail.NewGmail(newDraftServer(&cutter{})), day1); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*store.Collection{Letters, Marks, Parts} {
		for d, err := range s.Find(t.Context(), c, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			text := d.Key
			for _, v := range d.Fields {
				text += " " + v
			}
			if c != Parts {
				text += string(d.Body)
			}
			if l := strings.ToLower(text); strings.Contains(l, "brown") || strings.Contains(l, "ann.") {
				t.Errorf("%s %s shows who it is: %s", c.Name, d.Key, text)
			}
		}
	}
}

func TestForget(t *testing.T) {
	s := open(t)
	o := box(t, s)
	put(t, o, s, day1, letter("ann@school.example", "p"), letter("bob@school.example", "p"))
	put(t, o, s, day1.Add(24*time.Hour), letter("ann@school.example", "q"))
	if n, err := o.Forget(t.Context(), "Ann@school.example"); n != 2 || err != nil {
		t.Fatalf("forgot %d, %v; want 2", n, err)
	}
	count := 0
	for _, c := range []*store.Collection{Letters, Marks, Parts} {
		for _, err := range s.Find(t.Context(), c, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			count++
		}
	}
	if count != 3 { // Bob's letter, its part, his mark
		t.Errorf("%d documents left, want 3", count)
	}
	if n, err := o.Forget(t.Context(), "nobody@school.example"); n != 0 || err != nil {
		t.Errorf("forgot %d, %v; want nothing", n, err)
	}
}

func TestAll(t *testing.T) {
	s := open(t)
	o := box(t, s)
	put(t, o, s, day1, letter("ann@school.example", "p"))
	put(t, o, s, day1.Add(24*time.Hour), letter("ann@school.example", "q"))
	var got []string
	for e, err := range o.All(t.Context(), day1.Add(time.Second)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Period)
	}
	if d := cmp.Diff([]string{"q"}, got); d != "" {
		t.Errorf("since then (-want +got):\n%s", d)
	}
}

// A name may be anything, as Google tells it, and so may the title in a subject: the message goes out all the same, with one line of each.
func TestNamesInHeaders(t *testing.T) {
	for name, want := range map[string]string{
		"Ann Ash": "Ann Ash", "Ann\r\nBcc: other@school.example": "Ann Bcc: other@school.example", "Ann\x00\u202EAsh\xff": "Ann Ash\ufffd", strings.Repeat("W", 10000): strings.Repeat("W", mostName) + "…", "\n": "", `"Ann" <x@y.example>, Ash`: `"Ann" <x@y.example>, Ash`,
	} {
		s := open(t)
		o := box(t, s)
		l := letter("ann@school.example", "2026-11-20")
		l.To.Name, l.Subject = name, "About "+name
		l.Cc = []netmail.Address{{Name: name, Address: "bob@school.example"}}
		cc := l.Cc[0].Name
		e := put(t, o, s, day1, l)
		f, err := o.Read(t.Context(), e[0])
		if err != nil {
			t.Fatal(err)
		}
		m, err := netmail.ReadMessage(bytes.NewReader(f.Raw))
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		for header, address := range map[string]string{"To": "ann@school.example", "Cc": "bob@school.example"} {
			list, err := m.Header.AddressList(header)
			if err != nil || len(list) != 1 || list[0].Name != want || list[0].Address != address {
				t.Errorf("%q: %s is %+v, %v", name, header, list, err)
			}
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || strings.ContainsAny(subject, "\r\n") || len([]rune(subject)) > mostSubject+1 || !strings.HasPrefix(subject, "About") || m.Header.Get("Bcc") != "" {
			t.Errorf("%q: the subject is %q, %v", name, subject, err)
		}
		if l.Cc[0].Name != cc {
			t.Error("the caller's letter was changed")
		}
	}
}
