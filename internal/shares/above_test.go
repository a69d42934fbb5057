package shares

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/people"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/store/memory"
)

// folders is a Drive of one owner, each item with its parent; what begins with "f" is shared with somebody outside, all else is a folder.
type folders struct {
	Drive
	parent map[string]string
}

func (d folders) item(id string) seen.Item {
	it := seen.Item{ID: id, Parent: d.parent[id], Owner: "kim@school.example", MimeType: seen.MimeFolder, GrantsSeen: true}
	if id[0] == 'f' {
		it.MimeType = "text/plain"
		it.Grants = []seen.Grant{{ID: "p", Type: "user", Role: "reader", Address: "pat@home.example"}}
	}
	return it
}

func (d folders) OwnedItems(context.Context, string) iter.Seq2[seen.Item, error] {
	return func(yield func(seen.Item, error) bool) {
		for _, id := range slices.Sorted(func(yield func(string) bool) {
			for id := range d.parent {
				if !yield(id) {
					return
				}
			}
		}) {
			if !yield(d.item(id), nil) {
				return
			}
		}
	}
}

func (d folders) Item(_ context.Context, _, id string) (seen.Item, error) { return d.item(id), nil }

func (d folders) Children(_ context.Context, _ string, in []string) iter.Seq2[seen.Item, error] {
	return func(yield func(seen.Item, error) bool) {
		for id, parent := range d.parent {
			if slices.Contains(in, parent) && !yield(d.item(id), nil) {
				return
			}
		}
	}
}

func (folders) NotFound(error) bool { return false }

// What is shared knows the folders above it that were seen to be the school's, the nearest first and no more than some: from a full read all, from a single look what is known of that folder, and never where it was before it
// moved. The top of a Drive, and a folder of others, are not among them.
func TestAbove(t *testing.T) {
	ctx, now := t.Context(), time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	known, err := people.Open(ctx, s, s.Commit)
	if err != nil {
		t.Fatal(err)
	}
	book, err := Open(ctx, s, known, now, s.Commit)
	if err != nil {
		t.Fatal(err)
	}
	who := school.New(school.Rules{}, []string{"school.example"})
	kim := seen.Account{ID: "kim", Address: "kim@school.example"}
	who.AddAccount(kim)
	d := folders{parent: map[string]string{"a": "top", "b": "a", "c": "b", "x": "top", "file": "c", "flat": "top", "fdeep": "h7", "fhidden": ""}}
	for i, up := 1, "top"; i <= 7; i++ {
		id := "h" + string(rune('0'+i))
		d.parent[id], up = up, id
	}
	r := NewReader(book, d, who, now, nil)
	r.LastRead = func(seen.Scope) time.Time { return now }
	want := func(when string, all map[string][]string) {
		t.Helper()
		have, err := book.Subjects(ctx, OwnerScope("kim"))
		if err != nil {
			t.Fatal(err)
		}
		for id, above := range all {
			if diff := cmp.Diff(above, have["file/"+id].Above); diff != "" {
				t.Errorf("%s: %s (-want +have)\n%s", when, id, diff)
			}
		}
	}
	touch := func(id string, moved bool) {
		t.Helper()
		if err := r.NewPass(nil).Touch(ctx, Touched{ID: id, Owners: []string{kim.Address}, Moved: moved}); err != nil {
			t.Fatal(err)
		}
	}

	touch("file", false)
	want("seen for the first time", map[string][]string{"file": nil})
	if err := r.Owner(ctx, &kim); err != nil {
		t.Fatal(err)
	}
	want("a full read", map[string][]string{"file": {"c", "b", "a"}, "flat": nil, "fdeep": {"h7", "h6", "h5", "h4", "h3", "h2"}, "fhidden": nil})
	touch("file", false)
	want("a single look", map[string][]string{"file": {"c", "b", "a"}})
	d.parent["fnew"], d.parent["fother"] = "b", "foreign"
	touch("fnew", false)
	touch("fother", false)
	want("new beside others", map[string][]string{"fnew": {"b", "a"}, "fother": nil})
	touch("b", false)
	want("a folder above it was shared", map[string][]string{"file": {"c", "b", "a"}})
	d.parent["b"] = "x"
	touch("b", true)
	want("a folder above it moved", map[string][]string{"file": {"c", "b"}})
	d.parent["file"] = "a"
	touch("file", true)
	want("it moved itself, to where nobody looked yet", map[string][]string{"file": nil})
	if err := r.Owner(ctx, &kim); err != nil {
		t.Fatal(err)
	}
	want("a full read afterwards", map[string][]string{"file": {"a"}})
}
