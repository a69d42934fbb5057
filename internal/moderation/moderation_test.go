package moderation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/calendar"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var began = time.Date(2026, 11, 17, 10, 0, 0, 0, time.UTC)

func hour(n int) time.Time { return began.Add(time.Duration(n) * time.Hour) }

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func open(t testing.TB) store.Store {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func book(t testing.TB, s store.Store) *Book {
	t.Helper()
	b, err := Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// keys are the documents of the collection with their versions.
func keys(t testing.TB, s store.Store) (out []string) {
	t.Helper()
	for d, err := range s.Find(t.Context(), Classes, store.Ask{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(d.Key, " ", d.Version))
	}
	return out
}

// Whatever was put into a book is there when it is opened again, and what nobody changed is not written.
func TestFlush(t *testing.T) {
	s := open(t)
	var writes []int
	commit := func(ctx context.Context, b *store.Batch) error {
		writes = append(writes, b.Writes())
		return s.Commit(ctx, b)
	}
	flush := func(b *Book) []int {
		t.Helper()
		writes = nil
		if err := b.Flush(t.Context(), commit, nil); err != nil {
			t.Fatal(err)
		}
		return writes
	}
	b := book(t, s)
	if have := flush(b); !slices.Equal(have, []int{1}) {
		t.Errorf("an empty book: batches of %v writes, want the state alone", have)
	}
	if have := flush(b); have != nil {
		t.Errorf("an empty book again: %v", have)
	}
	_ = b.Class("empty") // looking at a class makes no document
	c := b.Class("c1")
	c.Post("p1").Add(Act{At: hour(0), Key: "a", By: "pat", What: Comment})
	c.Post("p1").AddReview(Review{ID: "r", At: hour(2), By: "kim", Saw: hour(0)})
	c.Post("p1").Title = "Our river"
	c.AddCover(Cover{ID: "v", Who: "moe", From: date("2026-11-17"), Until: date("2026-11-18")})
	b.Class("c2").Teach("kim")
	b.Class("c3").AddCover(Cover{ID: "w", Who: "moe", From: date("2026-11-17"), Until: date("2026-11-18")})
	b.Cursor = hour(1)
	if have := flush(b); !slices.Equal(have, []int{4}) {
		t.Errorf("three classes and the state: batches of %v writes", have)
	}
	if have := flush(book(t, s)); have != nil {
		t.Errorf("opened and not changed: %v", have)
	}
	again := book(t, s)
	if diff := cmp.Diff(c, again.Class("c1")); diff != "" {
		t.Errorf("read back (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"c1", "c2", "c3"}, again.Courses()); diff != "" || !again.Cursor.Equal(hour(1)) {
		t.Errorf("read back: %s %v", diff, again.Cursor)
	}
	// What the log tells again changes nothing; what is new writes its class alone.
	again.Class("c1").Post("p1").Add(Act{At: hour(0), Key: "a", By: "pat", What: Comment})
	again.Class("c2").Teach("kim")
	if have := flush(again); have != nil {
		t.Errorf("told again: %v", have)
	}
	again.Class("c2").Post("p2").Add(Act{At: hour(3), Key: "b", By: "pat", What: Comment})
	again.Forget("c3")
	again.Forget("never there")
	if have := flush(again); !slices.Equal(have, []int{2}) {
		t.Errorf("one class changed, one forgotten: %v", have)
	}
	if have := flush(again); have != nil {
		t.Errorf("and again: %v", have)
	}
	if diff := cmp.Diff([]string{"c1 1", "c2 2", "state 2"}, keys(t, s)); diff != "" {
		t.Errorf("documents (-want +have):\n%s", diff)
	}
}

// The cursor is written last, whatever is written at all, and what goes along is in the last batch or in one of its own.
func TestFlushOrder(t *testing.T) {
	for _, classes := range []int{0, 1, 99, 100, 250, 850} {
		for _, extra := range []int{0, 1, 320, store.MaxBatchWrites} {
			t.Run(fmt.Sprintf("%d classes and %d more", classes, extra), func(t *testing.T) {
				s := open(t)
				more := &store.Batch{}
				for i := range extra {
					more.Create(Classes, fmt.Sprintf("x%03d", i), nil, []byte("{}"))
				}
				var order []string
				commit := func(ctx context.Context, b *store.Batch) error {
					for _, o := range b.Ops {
						order = append(order, o.Key)
					}
					return s.Commit(ctx, b)
				}
				b := book(t, s)
				for i := range classes {
					b.Class(fmt.Sprintf("c%03d", i)).Teach("kim")
				}
				b.Cursor = began
				if err := b.Flush(t.Context(), commit, more); err != nil {
					t.Fatal(err)
				}
				if len(order) != classes+1+extra || order[classes] != stateKey || extra > 0 && order[classes+1] != "x000" {
					t.Errorf("%d documents: %v", len(order), order)
				}
				// All of them forgotten at once: no batch is too large.
				b = book(t, s)
				for _, c := range b.Courses() {
					b.Forget(c)
				}
				if err := b.Flush(t.Context(), s.Commit, nil); err != nil {
					t.Fatal(err)
				}
				if have := keys(t, s); len(have) != 1 {
					t.Errorf("after all was forgotten: %v", have)
				}
			})
		}
	}
}

// A batch that fails ends the flush, and the cursor is not written.
func TestFlushFails(t *testing.T) {
	s := open(t)
	b := book(t, s)
	for i := range 250 {
		b.Class(fmt.Sprintf("c%03d", i)).Teach("kim")
	}
	b.Cursor = began
	down, n := errors.New("the state is full"), 0
	err := b.Flush(t.Context(), func(ctx context.Context, batch *store.Batch) error {
		if n++; n == 2 {
			return down
		}
		return s.Commit(ctx, batch)
	}, nil)
	if !errors.Is(err, down) {
		t.Errorf("error %v, want %v", err, down)
	}
	if again := book(t, s); !again.Cursor.IsZero() || len(again.Courses()) != 100 {
		t.Errorf("cursor %v, %d classes", again.Cursor, len(again.Courses()))
	}
}

// A document that cannot be read is named.
func TestOpenBroken(t *testing.T) {
	for _, key := range []string{"c1", stateKey} {
		s := open(t)
		b := &store.Batch{}
		b.Create(Classes, key, nil, []byte("{"))
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), s); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s is broken: %v", key, err)
		}
	}
}

func TestSubject(t *testing.T) {
	for _, c := range []struct {
		s, course, post string
		ok              bool
	}{
		{"post/1-2", "1", "2", true}, {"post/1-2-3", "1", "2-3", true}, {"post/1", "1", "", false}, {"post/-2", "", "2", false},
		{"post/1-", "1", "", false}, {"file/1-2", "file/1", "2", false}, {"1-2", "1", "2", false}, {"", "", "", false},
	} {
		course, post, ok := ParseSubject(c.s)
		if ok != c.ok || ok && (course != c.course || post != c.post) {
			t.Errorf("%q: %q %q %v", c.s, course, post, ok)
		}
		if ok && Subject(course, post) != c.s {
			t.Errorf("%q and back is %q", c.s, Subject(course, post))
		}
	}
}

// FuzzParseSubject: what is taken apart is what is put together; subjects come from a form of the site.
func FuzzParseSubject(f *testing.F) {
	for _, s := range []string{"post/1-2", "post/1-2-3", "post/--", "file/1", "post/", "", "document/1-a-b", "document/1-", "post/1-doc.a", "post/blog.1-2", "document/blog.1-a", "document/dojo.school-a", "blog-post/1-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if course, post, ok := ParseSubject(s); ok && (Subject(course, post) != s || course == "" || post == "") {
			t.Errorf("%q: %q %q", s, course, post)
		}
	})
}

// Who stands in on which days.
func TestCover(t *testing.T) {
	type step = func(*Class)
	add := func(id, who, from, until string) step {
		return func(c *Class) { c.AddCover(Cover{ID: id, Who: who, From: date(from), Until: date(until)}) }
	}
	end := func(who, day string) step { return func(c *Class) { c.EndCover(who, date(day)) } }
	for _, c := range []struct {
		name  string
		steps []step
		want  string // the days of November from the 1st to the 9th on which moe stands in
	}{
		{"nobody", nil, ""},
		{"both days included", []step{add("a", "moe", "2026-11-03", "2026-11-05")}, "345"},
		{"one day", []step{add("a", "moe", "2026-11-03", "2026-11-03")}, "3"},
		{"somebody else", []step{add("a", "lou", "2026-11-03", "2026-11-05")}, ""},
		{"twice", []step{add("a", "moe", "2026-11-02", "2026-11-04"), add("b", "moe", "2026-11-04", "2026-11-06")}, "23456"},
		{"a decision is taken up once", []step{add("a", "moe", "2026-11-02", "2026-11-03"), add("a", "moe", "2026-11-05", "2026-11-06")}, "23"},
		{"ended in between", []step{add("a", "moe", "2026-11-02", "2026-11-06"), end("moe", "2026-11-04")}, "23"},
		{"ended on its last day", []step{add("a", "moe", "2026-11-02", "2026-11-06"), end("moe", "2026-11-06")}, "2345"},
		{"ended after it", []step{add("a", "moe", "2026-11-02", "2026-11-06"), end("moe", "2026-11-07")}, "23456"},
		{"ended on its first day", []step{add("a", "moe", "2026-11-02", "2026-11-06"), end("moe", "2026-11-02")}, ""},
		{"ended before it began", []step{add("a", "moe", "2026-11-04", "2026-11-06"), end("moe", "2026-11-02")}, ""},
		{"ended on its second day", []step{add("a", "moe", "2026-11-02", "2026-11-06"), end("moe", "2026-11-03")}, "2"},
		{"ended, somebody else", []step{add("a", "moe", "2026-11-02", "2026-11-06"), end("lou", "2026-11-03")}, "23456"},
		{"ended, all of theirs", []step{add("a", "moe", "2026-11-01", "2026-11-04"), add("b", "moe", "2026-11-03", "2026-11-09"), end("moe", "2026-11-04")}, "123"},
		{"ended before, then again", []step{add("a", "moe", "2026-11-02", "2026-11-06"), end("moe", "2026-11-04"), add("b", "moe", "2026-11-08", "2026-11-08")}, "238"},
		{"ended twice", []step{add("a", "moe", "2026-11-02", "2026-11-06"), end("moe", "2026-11-04"), end("moe", "2026-11-05")}, "23"},
	} {
		class := &Class{}
		for _, s := range c.steps {
			s(class)
		}
		have := ""
		for day := range 9 {
			if class.Covers("moe", date(fmt.Sprintf("2026-11-%02d", day+1))) {
				have += fmt.Sprint(day + 1)
			}
		}
		if have != c.want {
			t.Errorf("%s: %q, want %q", c.name, have, c.want)
		}
	}
	if (&Class{Cover: []Cover{{Who: "", From: date("2026-11-01"), Until: date("2026-11-09")}}}).Covers("", date("2026-11-02")) {
		t.Error("nobody who is known stands in")
	}
}

func TestNewest(t *testing.T) {
	p := &Post{}
	if !p.Newest().IsZero() {
		t.Error("nothing happened, and something is newest")
	}
	p.Add(Act{At: hour(2), Key: "b", What: Comment})
	p.Add(Act{At: hour(1), Key: "a", What: Posted})
	p.Add(Act{At: hour(3), Key: "c", What: Private})
	if !p.Newest().Equal(hour(2)) {
		t.Errorf("newest %v: a private comment is not shown to hosts", p.Newest())
	}
}

// Late and repeated records, in any order, are the same acts by time; teachers are a sorted set.
func TestAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var acts []Act
		for i := range rapid.IntRange(1, 12).Draw(t, "acts") {
			acts = append(acts, Act{At: hour(rapid.IntRange(0, 4).Draw(t, "hour")), Key: fmt.Sprint(i), By: "pat", What: Comment})
		}
		taught := rapid.SliceOf(rapid.SampledFrom([]string{"kim", "lou", "moe"})).Draw(t, "taught")
		take := func(acts []Act, taught []string) *Class {
			c := &Class{}
			for _, a := range acts {
				c.Post("p").Add(a)
			}
			for _, id := range taught {
				c.Teach(id)
			}
			return c
		}
		want := take(acts, taught)
		more := rapid.Permutation(append(slices.Clone(acts), acts...)).Draw(t, "again")
		other := rapid.Permutation(append(slices.Clone(taught), taught...)).Draw(t, "taught again")
		have := take(more, other)
		if diff := cmp.Diff(want, have); diff != "" {
			t.Fatalf("the order matters (-want +have):\n%s", diff)
		}
		if len(have.Posts["p"].Acts) != len(acts) || !slices.IsSorted(have.Taught) || len(slices.Compact(slices.Clone(have.Taught))) != len(have.Taught) {
			t.Fatalf("%d acts of %d, teachers %v", len(have.Posts["p"].Acts), len(acts), have.Taught)
		}
		if !slices.IsSortedFunc(have.Posts["p"].Acts, func(a, b Act) int { return a.At.Compare(b.At) }) {
			t.Fatal("acts are not by time")
		}
	})
}

// What waits in a post, act by act; internal/checks/comments tries the same through the check.
func TestWaiting(t *testing.T) {
	type how struct {
		name    string
		acts    []Act
		reviews []Review
		rules   Rules
		want    string // keys
	}
	act := func(key, by, what string, at int) Act {
		return Act{Key: key, By: by, What: what, At: hour(at), Staff: by == "kim" || by == "moe" || by == "lou"}
	}
	pat, kim := act("p", "pat", Comment, 1), act("k", "kim", Comment, 2)
	replies := Rules{Replies: true}
	for _, c := range []how{
		{"nothing", nil, nil, Rules{}, ""},
		{"a pupil's, and the teacher's is none", []Act{pat, kim}, nil, Rules{}, "p"},
		{"the teacher replied", []Act{pat, kim}, nil, replies, ""},
		{"the pupil again", []Act{pat, kim, act("q", "pat", Comment, 3)}, nil, replies, "q"},
		{"at the same moment", []Act{act("p", "pat", Comment, 2), kim}, nil, replies, ""},
		{"the teacher's post is no reply", []Act{pat, act("k", "kim", Posted, 2)}, nil, replies, "p"},
		{"nor what nobody can read", []Act{pat, act("k", "kim", Private, 2)}, nil, replies, "p"},
		{"nor another's comment", []Act{pat, act("m", "moe", Comment, 2)}, nil, replies, "p"},
		{"nor that of somebody of whom nothing is known", []Act{pat, act("m", "", Comment, 2)}, nil, replies, "pm"},
		{"cover's on its day", []Act{pat, act("l", "lou", Comment, 2)}, nil, replies, ""},
		{"cover's on another day", []Act{pat, act("l", "lou", Comment, 26)}, nil, replies, "p"},
		{"an earlier reply after a later one", []Act{act("k", "kim", Comment, 0), pat}, []Review{{Saw: hour(1), At: hour(2)}}, replies, ""},
		{"reviewed", []Act{pat}, []Review{{Saw: hour(1), At: hour(2)}}, Rules{}, ""},
		{"reviewed what was before", []Act{pat}, []Review{{Saw: hour(0), At: hour(2)}}, Rules{}, "p"},
		{"reviewed before", []Act{pat}, []Review{{Saw: hour(1), At: hour(0)}}, Rules{}, "p"},
		{"the latest review", []Act{pat}, []Review{{Saw: hour(1), At: hour(2)}, {Saw: hour(0), At: hour(3)}}, Rules{}, ""},
		{"a pupil's post", []Act{act("p", "pat", Posted, 1)}, nil, Rules{}, "p"},
		{"a post of staff", []Act{act("m", "moe", Posted, 1)}, nil, Rules{Staff: true}, ""},
		{"in private", []Act{act("p", "pat", Private, 1)}, nil, Rules{Staff: true}, ""},
		{"staff", []Act{act("m", "moe", Comment, 1)}, nil, Rules{}, ""},
		{"staff too", []Act{act("m", "moe", Comment, 1), act("k", "kim", Comment, 2), act("l", "lou", Comment, 3), act("n", "lou", Comment, 26), pat}, nil, Rules{Staff: true}, "mpn"},
	} {
		class := &Class{}
		class.Teach("kim")
		class.AddCover(Cover{ID: "c", Who: "lou", From: date("2026-11-17"), Until: date("2026-11-17")})
		p := class.Post("1")
		for _, a := range c.acts {
			p.Add(a)
		}
		for i, v := range c.reviews {
			v.ID = fmt.Sprint(i)
			p.AddReview(v)
		}
		c.rules.Date, c.rules.Teaches = calendar.DateOf, func(id string) bool { return id == "kim" }
		have := ""
		for _, a := range class.Waiting(p, c.rules) {
			have += a.Key
		}
		if have != c.want {
			t.Errorf("%s: %q waits, want %q", c.name, have, c.want)
		}
	}
}
