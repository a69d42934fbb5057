package people

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/store/storetest"
)

var ctx = context.Background()

// state is a store that counts what is written to it, and can be told to refuse.
type state struct {
	store.Store
	writes []int // of each batch
	refuse int   // the batch, from 1, that is refused; 0 is none
}

var errRefused = errors.New("refused")

func (s *state) commit(ctx context.Context, b *store.Batch) error {
	if s.refuse == len(s.writes)+1 {
		s.refuse = 0
		return errRefused
	}
	if err := s.Commit(ctx, b); err != nil {
		return err
	}
	s.writes = append(s.writes, b.Writes())
	return nil
}

func empty(t *testing.T) *state {
	t.Helper()
	m, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return &state{Store: m}
}

func (s *state) open(t *testing.T) *Book {
	t.Helper()
	b, err := Open(ctx, s, s.commit)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func flush(t *testing.T, b *Book) {
	t.Helper()
	if err := b.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

func user(id, address string) seen.Grant {
	return seen.Grant{ID: id, Type: "user", Role: "reader", Address: address}
}

func TestLearnAndKeep(t *testing.T) {
	s := empty(t)
	b := s.open(t)
	b.Learn([]seen.Grant{user("1", "x@mail.example"), {ID: "2", Type: "group", Address: "g@mail.example"}, {ID: "anyoneWithLink", Type: "anyone"}, {ID: "d", Type: "domain", Domain: "mail.example"}})
	if have := b.Address("1"); have != "x@mail.example" {
		t.Errorf("before it is written: %q", have)
	}
	flush(t, b)
	flush(t, b)
	if diff := cmp.Diff([]int{2}, s.writes); diff != "" {
		t.Errorf("writes (-want +have):\n%s", diff)
	}
	b = s.open(t)
	for id, want := range map[string]string{"1": "x@mail.example", "2": "g@mail.example", "d": "", "anyoneWithLink": "", "3": "", "": ""} {
		if have := b.Address(id); have != want {
			t.Errorf("Address(%q) = %q, want %q", id, have, want)
		}
	}
	b.Learn([]seen.Grant{user("1", "x@mail.example")})
	flush(t, b)
	if len(s.writes) != 1 {
		t.Errorf("an address that was known is written again: %v", s.writes)
	}
}

func TestAddressChanges(t *testing.T) {
	s := empty(t)
	b := s.open(t)
	b.Learn([]seen.Grant{user("1", "old@mail.example")})
	flush(t, b)
	for _, address := range []string{"new@mail.example", "newer@mail.example"} {
		b.Learn([]seen.Grant{user("1", address)})
		flush(t, b)
		if have := s.open(t).Address("1"); have != address {
			t.Errorf("%q, want %q", have, address)
		}
	}
	b = s.open(t)
	b.Learn([]seen.Grant{user("1", "newest@mail.example")})
	flush(t, b)
	b.Learn([]seen.Grant{user("1", "")})
	flush(t, b)
	if have := s.open(t).Address("1"); have != "newest@mail.example" {
		t.Errorf("a grant without an address made it %q", have)
	}
	if diff := cmp.Diff([]int{1, 1, 1, 1}, s.writes); diff != "" {
		t.Errorf("writes (-want +have):\n%s", diff)
	}
}

// Erasing somebody is deleting one document.
func TestErase(t *testing.T) {
	s := empty(t)
	b := s.open(t)
	b.Learn([]seen.Grant{user("1", "x@mail.example"), user("2", "y@mail.example")})
	flush(t, b)
	erase := &store.Batch{}
	erase.Delete(People, store.Key("grantee", "1"), 1)
	if err := s.Commit(ctx, erase); err != nil {
		t.Fatal(err)
	}
	b = s.open(t)
	if b.Address("1") != "" || b.Address("2") != "y@mail.example" {
		t.Errorf("%q and %q are known", b.Address("1"), b.Address("2"))
	}
	b.Learn([]seen.Grant{user("1", "x@mail.example")})
	flush(t, b)
	if have := s.open(t).Address("1"); have != "x@mail.example" {
		t.Errorf("learnt again: %q", have)
	}
}

// Other things may live in the collection under other keys.
func TestOpenReadsGranteesOnly(t *testing.T) {
	s := empty(t)
	other := &store.Batch{}
	for _, key := range []string{"grantee", "granted|1", "grantees|1", "zebra|1"} {
		other.Create(People, key, nil, []byte(`not even JSON`))
	}
	other.Create(People, store.Key("grantee", "a/b|c"), nil, []byte(`{"address":"x@mail.example"}`))
	if err := s.Commit(ctx, other); err != nil {
		t.Fatal(err)
	}
	b := s.open(t)
	if have := b.Address("a/b|c"); have != "x@mail.example" {
		t.Errorf("an id with awkward characters: %q", have)
	}
	if len(b.known) != 1 {
		t.Errorf("knows %d, want 1", len(b.known))
	}
}

func TestFillAndStrip(t *testing.T) {
	b := empty(t).open(t)
	b.Learn([]seen.Grant{user("1", "x@mail.example"), {ID: "2", Type: "group", Address: "g@mail.example"}, user("anyoneWithLink", "odd@mail.example")})
	full := []seen.Grant{
		user("1", "x@mail.example"), {ID: "2", Type: "group", Role: "writer", Address: "g@mail.example", PendingOwner: true},
		{ID: "anyoneWithLink", Type: "anyone", Role: "reader"}, {ID: "d", Type: "domain", Domain: "mail.example"},
	}
	before := fmt.Sprint(full)
	bare := Strip(full)
	if fmt.Sprint(full) != before {
		t.Error("Strip changed what it was given")
	}
	for i, g := range bare {
		want := full[i]
		want.Address = ""
		if diff := cmp.Diff(want, g); diff != "" {
			t.Errorf("Strip (-want +have):\n%s", diff)
		}
	}
	b.Fill(bare)
	if diff := cmp.Diff(full, bare); diff != "" {
		t.Errorf("Fill (-want +have):\n%s", diff)
	}
	unknown := []seen.Grant{user("3", "somebody@mail.example")}
	b.Fill(unknown)
	if unknown[0].Address != "" {
		t.Errorf("somebody who is not known any more has address %q", unknown[0].Address)
	}
	if have := Strip(nil); len(have) != 0 {
		t.Errorf("Strip(nil) = %v", have)
	}
}

// many learns so many that they do not fit one batch.
func many(b *Book) int {
	const n = store.MaxBatchWrites + 50
	for i := range n {
		b.Learn([]seen.Grant{user(fmt.Sprintf("%04d", i), fmt.Sprintf("x%d@mail.example", i))})
	}
	return n
}

func TestManyBatches(t *testing.T) {
	s := empty(t)
	b := s.open(t)
	n := many(b)
	flush(t, b)
	sum := 0
	for _, w := range s.writes {
		// A job adds the requirement of its lease, and may add writes of its own.
		if w >= store.MaxBatchWrites {
			t.Errorf("a batch of %d writes leaves no room", w)
		}
		sum += w
	}
	if sum != n || len(s.writes) != 2 {
		t.Errorf("batches of %v, want two, %d writes together", s.writes, n)
	}
	if b = s.open(t); len(b.known) != n || b.Address("0449") != "x449@mail.example" {
		t.Errorf("%d are known, want %d", len(b.known), n)
	}
}

// What was refused is written the next time; what was written before it is not written again.
func TestRefusedIsKept(t *testing.T) {
	for _, refuse := range []int{1, 2} {
		s := empty(t)
		b := s.open(t)
		n := many(b)
		s.refuse = refuse
		if err := b.Flush(ctx); !errors.Is(err, errRefused) {
			t.Fatalf("Flush: %v, want %v", err, errRefused)
		}
		if len(s.writes) != refuse-1 {
			t.Errorf("went on after batch %d was refused: %v", refuse, s.writes)
		}
		flush(t, b)
		sum := 0
		for _, w := range s.writes {
			sum += w
		}
		if sum != n {
			t.Errorf("%d writes, want %d", sum, n)
		}
		if have := len(s.open(t).known); have != n {
			t.Errorf("%d are known, want %d", have, n)
		}
	}
}

func TestErrors(t *testing.T) {
	s := empty(t)
	bad := &store.Batch{}
	bad.Create(People, store.Key("grantee", "1"), nil, []byte(`{"address":"x@mail.example"`))
	if err := s.Commit(ctx, bad); err != nil {
		t.Fatal(err)
	}
	_, err := Open(ctx, s, s.commit)
	if err == nil || !strings.Contains(err.Error(), "a person in the state cannot be read") {
		t.Errorf("a broken document: %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "mail.example") {
		t.Errorf("the error names somebody: %v", err)
	}
	if _, err := Open(ctx, storetest.Flaky(s, 1, storetest.Faults{Reads: 1}), s.commit); !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("a store that cannot be read: %v", err)
	}
	// Somebody else wrote the same person meanwhile: nothing is overwritten.
	s = empty(t)
	one, two := s.open(t), s.open(t)
	one.Learn([]seen.Grant{user("1", "x@mail.example")})
	two.Learn([]seen.Grant{user("1", "y@mail.example")})
	flush(t, one)
	if err := two.Flush(ctx); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a second writer: %v, want %v", err, store.ErrConflict)
	}
	if have := s.open(t).Address("1"); have != "x@mail.example" {
		t.Errorf("%q, want what was there first", have)
	}
}

// Whatever is learnt, flushed and reopened in whatever order: the last address learnt and flushed is the one that is known.
func TestPropertyLastAddress(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := empty(t)
		b := s.open(t)
		known, kept := map[string]string{}, map[string]string{}
		ids := rapid.SampledFrom([]string{"1", "2", "3"})
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"learn", "learn", "flush", "reopen"}).Draw(rt, "step") {
			case "learn":
				id, address := ids.Draw(rt, "id"), rapid.SampledFrom([]string{"", "x@mail.example", "y@mail.example"}).Draw(rt, "address")
				b.Learn([]seen.Grant{user(id, address)})
				if address != "" {
					known[id] = address
				}
			case "flush":
				flush(t, b)
				for id, a := range known {
					kept[id] = a
				}
			case "reopen":
				b = s.open(t)
				known = map[string]string{}
				for id, a := range kept {
					known[id] = a
				}
			}
			for _, id := range []string{"1", "2", "3"} {
				if b.Address(id) != known[id] {
					rt.Fatalf("%s has %q, want %q", id, b.Address(id), known[id])
				}
			}
		}
	})
}
