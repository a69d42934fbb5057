package incidents

import (
	"slices"
	"strings"
	"testing"

	"esafetybot/internal/pseudonym"
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
