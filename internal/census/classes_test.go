package census

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"esafetybot/internal/memory"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	storemem "esafetybot/internal/store/memory"
)

// roster is a Google with one class and a log.
type roster struct {
	Google
	members []seen.ClassMember
	refused error
	events  []seen.Event
	mu      sync.Mutex
	read    int      // how often the members were asked for
	of      []string // and of which classes
	classes int      // how many there are beside the first
}

func (*roster) Workers() int             { return 2 }
func (*roster) Reason(error) seen.Reason { return seen.Failed }
func (r *roster) Courses(context.Context, ...string) iter.Seq2[seen.Course, error] {
	list := []seen.Course{{ID: "c1"}}
	for i := range r.classes {
		list = append(list, seen.Course{ID: fmt.Sprintf("c%d", i+2)})
	}
	return each(list, nil)
}

func (r *roster) ClassMembers(_ context.Context, class string) iter.Seq2[seen.ClassMember, error] {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read++
	r.of = append(r.of, class)
	return each(r.members, r.refused)
}

func (r *roster) Events(_ context.Context, _, name string, from, to time.Time) iter.Seq2[seen.Event, error] {
	var list []seen.Event
	for _, e := range r.events {
		if (name == "" || e.Name == name) && !e.Time.Before(from) && !e.Time.After(to) {
			list = append(list, e)
		}
	}
	return each(list, nil)
}

func each[T any](list []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// A class whose members cannot be read on the day that the log says they changed is read again until it is, however far the
// log has gone on by then.
func TestChangedClassUnread(t *testing.T) {
	ctx := context.Background()
	s, err := storemem.Open()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 14, 6, 0, 0, 0, time.UTC)
	b, err := memory.Open(ctx, s, now, s.Commit)
	if err != nil {
		t.Fatal(err)
	}
	g := &roster{members: []seen.ClassMember{{ID: "t1", Teacher: true}}}
	day := func() (members []seen.ClassMember, known bool) {
		outside, err := people.Open(ctx, s, s.Commit)
		if err != nil {
			t.Fatal(err)
		}
		c := New(g, &policy.Policy{}, now, slog.New(slog.DiscardHandler))
		c.Outside = outside
		c.people = map[string]*seen.Person{}
		for _, id := range []string{"t1", "p1"} {
			c.people[id] = &seen.Person{Account: seen.Account{ID: id, Address: id + "@school.example"}}
		}
		if _, ok := c.Courses(ctx, b, 90*24*time.Hour); !ok {
			t.Fatal("the classes could not be listed")
		}
		now = now.Add(time.Hour)
		return c.Members(b, "c1")
	}
	day()
	day()
	if g.read != 1 {
		t.Fatalf("read %d times", g.read)
	}
	g.members = append(g.members, seen.ClassMember{ID: "p1"})
	g.events = append(g.events, seen.Event{Time: now.Add(-time.Hour), Name: "user_added_to_course", Params: map[string]string{"course_id": "c1"}})
	g.refused = errors.New("503")
	if m, known := day(); known {
		t.Fatalf("known although it could not be read: %v", m)
	}
	g.refused = nil
	g.events = []seen.Event{{Time: now.Add(71 * time.Hour), Name: "user_added_to_course", Params: map[string]string{"course_id": "c2"}}}
	now = now.AddDate(0, 0, 3)
	if m, known := day(); !known || !slices.ContainsFunc(m, func(m seen.ClassMember) bool { return m.ID == "p1" }) {
		t.Errorf("the change was lost: %v", m)
	}
}

// Of somebody whose account is deleted nothing is kept, although Google goes on listing them in their class; and they are in it again when the account is brought back.
func TestDeletedMember(t *testing.T) {
	ctx := context.Background()
	s, err := storemem.Open()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 14, 6, 0, 0, 0, time.UTC)
	b, err := memory.Open(ctx, s, now, s.Commit)
	if err != nil {
		t.Fatal(err)
	}
	g := &roster{}
	day := func(there ...string) (ids, addresses []string) {
		t.Helper()
		g.members = []seen.ClassMember{{ID: "t1", Address: "t1@school.example", Teacher: true}, {ID: "p1", Address: "p1@school.example"}, {ID: "o1", Address: "o1@home.example"}}
		outside, err := people.Open(ctx, s, s.Commit)
		if err != nil {
			t.Fatal(err)
		}
		c := New(g, &policy.Policy{}, now, slog.New(slog.DiscardHandler))
		c.Outside, c.people, c.who = outside, map[string]*seen.Person{}, school.New(school.Rules{}, []string{"school.example"})
		for _, id := range there {
			c.people[id] = &seen.Person{Account: seen.Account{ID: id, Address: id + "@school.example"}}
			c.who.Share(&c.people[id].Account)
		}
		if _, ok := c.Courses(ctx, b, 90*24*time.Hour); !ok {
			t.Fatal("the classes could not be listed")
		}
		if err := outside.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		now = now.AddDate(0, 0, 1)
		for _, m := range b.Class("c1").Members {
			ids, addresses = append(ids, m.ID), append(addresses, outside.Address(m.ID))
		}
		return ids, addresses
	}
	for _, step := range []struct {
		name  string
		there []string
		want  []string
	}{
		{"both there", []string{"t1", "p1"}, []string{"t1", "o1", "p1"}},
		{"the pupil deleted", []string{"t1"}, []string{"t1", "o1"}},
		{"and still", []string{"t1"}, []string{"t1", "o1"}},
		{"brought back", []string{"t1", "p1"}, []string{"t1", "o1", "p1"}},
		{"both deleted", nil, []string{"o1"}},
	} {
		ids, addresses := day(step.there...)
		if !slices.Equal(ids, step.want) {
			t.Errorf("%s: the class has %v, want %v", step.name, ids, step.want)
		}
		for i, address := range addresses {
			if (address != "") != (ids[i] == "o1") {
				t.Errorf("%s: of %s the address %q is kept", step.name, ids[i], address)
			}
		}
	}
}

// Though the log says nothing, the members of each class are read again once in a week; never all on one day, although all were read on the first.
func TestClassesInTurn(t *testing.T) {
	ctx := context.Background()
	s, err := storemem.Open()
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2026, 9, 14, 6, 0, 0, 0, time.UTC)
	b, err := memory.Open(ctx, s, first, s.Commit)
	if err != nil {
		t.Fatal(err)
	}
	g := &roster{members: []seen.ClassMember{{ID: "t1", Teacher: true}}, classes: 59}
	read := map[string]int{} // class → day on which it was read last
	for day := range 29 {
		outside, err := people.Open(ctx, s, s.Commit)
		if err != nil {
			t.Fatal(err)
		}
		c := New(g, &policy.Policy{}, first.AddDate(0, 0, day), slog.New(slog.DiscardHandler))
		c.Outside = outside
		c.people = map[string]*seen.Person{"t1": {Account: seen.Account{ID: "t1", Address: "t1@school.example"}}}
		g.of = nil
		if _, ok := c.Courses(ctx, b, 28*24*time.Hour); !ok {
			t.Fatal("the classes could not be listed")
		}
		if n := len(g.of); day == 0 && n != 60 || day > 0 && (n == 0 || n > 20) {
			t.Errorf("on day %d the members of %d classes are read", day, n)
		}
		for _, class := range g.of {
			if since := day - read[class]; day > 7 && since != 7 || since > 7 {
				t.Errorf("on day %d class %s is read, %d days after the last time", day, class, since)
			}
			read[class] = day
		}
	}
	for class, day := range read {
		if day < 22 {
			t.Errorf("class %s was last read on day %d", class, day)
		}
	}
}
