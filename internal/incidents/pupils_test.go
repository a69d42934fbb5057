package incidents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
)

// An entry about an adult that links to an account goes past whoever has it; one about nobody does not, since an account may be what was harmed.
func TestLinkedAccount(t *testing.T) {
	b := inMemory(t)
	for _, c := range []struct {
		about About
		item  string
		want  []string
	}{
		{Adult, "user/u-head", []string{"chair_of_governors"}},
		{NotSure, "user/u-head", []string{"chair_of_governors"}},
		{Adult, "user/u-teacher", []string{"headteacher"}},
		{Adult, "file/u-head", []string{"headteacher"}},
		{Nobody, "user/u-head", []string{"esafety_officer", "safeguarding_lead"}},
		{Pupil, "user/u-officer", []string{"esafety_officer", "safeguarding_lead"}},
	} {
		id := b.raise(Form{ID: string(c.about) + c.item, About: c.about, Item: c.item})
		if have := b.readers(id); !slices.Equal(have, c.want) {
			t.Errorf("about %s, %s: %v read it, want %v", c.about, c.item, have, c.want)
		}
	}
	// Corrected upwards it goes past them too.
	id := b.raise(Form{ID: "later", About: Nobody, Item: "user/u-head"})
	b.ok(b.Correct(ctx, lead, id, Correction{About: Adult}))
	if have := b.readers(id); !slices.Equal(have, []string{"chair_of_governors"}) {
		t.Errorf("corrected: %v", have)
	}
}

// Which pupil it is about changes nothing about who reads it, nobody is told anew, and it is said only of an entry about a pupil, by nothing but a hash.
func TestNamePupil(t *testing.T) {
	b := inMemory(t)
	id, other := b.raise(Form{ID: "a", About: Pupil}), b.raise(Form{ID: "b", About: Nobody})
	kit := pseudonym.Of("kit.brown@school.example")
	b.ok(b.Correct(ctx, lead, id, Correction{Pupil: kit}))
	b.ok(b.Correct(ctx, lead, id, Correction{Pupil: kit}))
	e := b.stored(id)
	if !slices.Equal(e.Pupils, []Who{{Hash: kit}}) || len(e.Concerns) != 0 || !e.Routed.Equal(e.Raised) || len(e.Opened) != 1 {
		t.Errorf("%+v", e)
	}
	b.wants(b.Correct(ctx, lead, other, Correction{Pupil: kit}), ErrForm)
	for _, hash := range []string{"kit.brown@school.example", "sha256-1", strings.Repeat("x", 23), pseudonym.Of(head.Address)} {
		b.wants(b.Correct(ctx, lead, id, Correction{Pupil: hash}), ErrForm)
	}
	b.wants(b.Correct(ctx, teacher, id, Correction{Pupil: kit}), ErrNone)
}

func TestCanLink(t *testing.T) {
	for subject, want := range map[string]bool{
		"file/1AbC": true, "user/7": true, "post/1-7": true, "blog-post/1-2": true, "dojo/school": true, "setting//Staff/x/y": false, "entry/x": false, "check-in/filtering": false, "file/": false, "file": false, "": false, "file/a b": false,
	} {
		if CanLink(subject) != want {
			t.Errorf("%q: %v", subject, !want)
		}
	}
}

// The accounts behind the addresses that people wrote, and behind a pupil's own file, are found once a day; what is nobody's, or no pupil's, is taken off and said.
func TestIdentify(t *testing.T) {
	kit, kits, moe := pseudonym.Of("kit@school.example"), pseudonym.Of("kit.brown@school.example"), pseudonym.Of("moe@school.example")
	byHash := func(hash string) Found {
		return map[string]Found{kit: {ID: "kit", Pupil: true}, kits: {ID: "kit", Pupil: true}, moe: {ID: "moe"}}[hash]
	}
	owner := func(item string) Found {
		return map[string]Found{"file/kit's": {ID: "kit", Pupil: true}, "file/moe's": {ID: "moe"}, "user/kit": {ID: "kit", Pupil: true}, "file/left": {Pupil: true}}[item]
	}
	const found, of = "the pupil's account was found", "the pupil whose file it links to"
	const nobodys, noPupils = "no account of the school has the pupil's address that was written: name it again", "the address that was written as the pupil's is no pupil's: name it again"
	for name, c := range map[string]struct {
		about  About
		item   string
		hashes []string
		want   []Who
		said   []string // beside that they were named
	}{
		"nobody was named":          {Pupil, "", nil, nil, nil},
		"a pupil":                   {Pupil, "", []string{kit}, []Who{{ID: "kit"}}, []string{found}},
		"by both of their names":    {Pupil, "", []string{kit, kits}, []Who{{ID: "kit"}}, []string{found, found}},
		"somebody who is no pupil":  {Pupil, "", []string{moe}, nil, []string{noPupils}},
		"nobody's address":          {Pupil, "", []string{pseudonym.Of("nobody@school.example")}, nil, []string{nobodys}},
		"one right, one wrong":      {Pupil, "", []string{kit, moe}, []Who{{ID: "kit"}}, []string{found, noPupils}},
		"their own file":            {Pupil, "file/kit's", nil, []Who{{ID: "kit"}}, []string{of}},
		"their own file, and named": {Pupil, "file/kit's", []string{kit}, []Who{{ID: "kit"}}, []string{found}},
		"a teacher's file":          {Pupil, "file/moe's", nil, nil, nil},
		"nobody's file":             {Pupil, "file/left", nil, nil, nil},
		"an account is no file":     {Pupil, "user/kit", nil, nil, nil},
		"about nobody":              {Nobody, "file/kit's", nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := inMemory(t)
			id := b.raise(Form{About: c.about, Item: c.item})
			for _, hash := range c.hashes {
				b.ok(b.Correct(ctx, lead, id, Correction{Pupil: hash}))
			}
			named := len(b.said(id))
			for range 2 { // the second time there is nothing to be found
				b.ok(b.Identify(ctx, byHash, owner))
			}
			e := b.stored(id)
			if diff := cmp.Diff(c.want, e.Pupils); diff != "" {
				t.Errorf("pupils (-want +have):\n%s", diff)
			}
			if have := b.said(id)[named:]; !slices.Equal(have, c.said) {
				t.Errorf("it says %q, want %q", have, c.said)
			}
			if e.version != int64(1+len(c.hashes)+min(1, len(c.said))) {
				t.Errorf("it was written %d times", e.version)
			}
			if len(c.want) > 0 { // and it is noticed when they leave
				told := 0
				b.ok(b.Heed(ctx, Ordinary, func(id string) Known { return Known{Left: id == "kit"} }, func(*store.Batch, string, []Told) error { told++; return nil }))
				if told != 1 {
					t.Errorf("told %d times that they left", told)
				}
			}
		})
	}
	b := inMemory(t)
	for _, id := range []string{"1", "2"} {
		b.ok(b.Correct(ctx, lead, b.raise(Form{ID: id, About: Pupil}), Correction{Pupil: kit}))
	}
	commit, n := b.Commit, 0
	for failure, want := range map[error]error{store.ErrConflict: nil, store.ErrUnknown: store.ErrUnknown} { // somebody is at it: tomorrow
		b.Commit = func(context.Context, *store.Batch) error { n++; return failure }
		if err := b.Identify(ctx, byHash, owner); !errors.Is(err, want) {
			t.Errorf("%v: %v", failure, err)
		}
	}
	b.Commit = commit
	if n != 4 {
		t.Errorf("%d of 4 were tried: one stands in the way of another", n)
	}
}

// How many pupils an entry names at most, and that one who is known already is not one more.
func TestManyPupils(t *testing.T) {
	b := inMemory(t)
	id := b.raise(Form{About: Pupil})
	hash := func(n int) string { return pseudonym.Of(fmt.Sprintf("pupil%d@school.example", n)) }
	for n := range maxPupils {
		b.ok(b.Correct(ctx, lead, id, Correction{Pupil: hash(n)}))
	}
	b.ok(b.Correct(ctx, lead, id, Correction{Pupil: hash(0)}))
	b.wants(b.Correct(ctx, lead, id, Correction{Pupil: hash(maxPupils)}), ErrForm)
	if have := len(b.stored(id).Pupils); have != maxPupils {
		t.Errorf("%d pupils", have)
	}
}

func TestLinkWords(t *testing.T) {
	for subject, want := range map[string]string{"file/1AbC": "a file on Google Drive", "dojo/school": "a class on ClassDojo", "setting/x": "setting/x", "": ""} {
		if have := LinkWords(subject); have != want {
			t.Errorf("%q is %q, want %q", subject, have, want)
		}
	}
	for subject, want := range map[string]bool{"web/https://school.example/": true, "web/http://school.example/": false, "web/javascript:alert(1)": false} {
		if CanLink(subject) != want {
			t.Errorf("%q: %v", subject, !want)
		}
	}
}
