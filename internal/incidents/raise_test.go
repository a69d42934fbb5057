package incidents

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
)

// Whoever sent something finds it by what they are known by, and nobody by nothing.
func TestReceiptsOfWhom(t *testing.T) {
	b := inMemory(t)
	byID := By{ID: "u-teacher"}
	for i, by := range []By{chair, byID} {
		if _, err := b.Raise(ctx, by, Form{ID: string(rune('a' + i)), Kind: Incident, About: Pupil}); err != nil {
			t.Fatal(err)
		}
		if list, err := b.Receipts(ctx, by); err != nil || len(list) != 1 {
			t.Errorf("%+v: %v, %v", by, list, err)
		}
	}
	if list, err := b.Receipts(ctx, By{Role: "governor"}); err != nil || len(list) != 0 {
		t.Errorf("nobody's: %v, %v", list, err)
	}
	for _, field := range []string{"by_id", "by_hash"} {
		for d, err := range b.Store.Find(ctx, Receipts, store.Ask{Query: field, Equal: map[string]string{field: ""}}) {
			t.Errorf("found by nothing in %s: %v, %v", field, d.Fields, err)
		}
	}
}

// A form that was received with other words says when, by the school's clock; a receipt that cannot be read is no such form.
func TestReceivedBefore(t *testing.T) {
	b := inMemory(t)
	f := Form{ID: "form", Kind: Incident, About: Pupil, Note: "one"}
	b.ok(errOf(b.Raise(ctx, teacher, f)))
	f.Note = "two"
	if _, err := b.Raise(ctx, teacher, f); !errors.Is(err, ErrForm) || !strings.Contains(err.Error(), "10:00 on 14 September") {
		t.Errorf("by the school's clock: %v", err)
	}
	b.Calendar.Location = nil
	if _, err := b.Raise(ctx, teacher, f); !errors.Is(err, ErrForm) || !strings.Contains(err.Error(), "09:00 on 14 September") {
		t.Errorf("where no zone is known: %v", err)
	}
	for d, err := range b.Store.Find(ctx, Receipts, store.Ask{}) {
		b.ok(err)
		batch := &store.Batch{}
		batch.Put(Receipts, d.Key, d.Version, d.Fields, []byte("{"))
		b.ok(b.Store.Commit(ctx, batch))
	}
	if _, err := b.Raise(ctx, teacher, f); err == nil || errors.Is(err, ErrForm) {
		t.Errorf("a receipt that cannot be read: %v", err)
	}
	if _, err := b.Receipts(ctx, teacher); err == nil {
		t.Error("a receipt that cannot be read is none")
	}
}

// Whom an entry is about is kept by what they are known by, and by nothing else; how many is limited.
func TestWhomItConcerns(t *testing.T) {
	b := inMemory(t)
	e := b.stored(b.raise(Form{ID: "1", About: Adult, ConcernsRoles: []policy.Role{policy.RoleChair, policy.RoleHead}}))
	want := []Who{{Hash: pseudonym.Of(chair.Address)}, {ID: head.ID}, {Hash: pseudonym.Of(head.Address)}}
	if diff := cmp.Diff(want, e.Concerns); diff != "" {
		t.Errorf("concerns (-want +have):\n%s", diff)
	}
	caretaker := policy.RoleITSupport // nobody holds it
	id := b.raise(Form{ID: "2", About: Pupil, ConcernsRoles: []policy.Role{caretaker, caretaker}})
	b.ok(b.Correct(ctx, lead, id, Correction{ConcernsRoles: []policy.Role{caretaker}}))
	if have := b.stored(id); len(have.Roles) != 1 || len(b.said(id)) != 0 {
		t.Errorf("a role that was named again: %v, %q", have.Roles, b.said(id))
	}
	ids := func(n int) []string {
		out := []string{}
		for i := range n {
			out = append(out, fmt.Sprintf("account%d", i))
		}
		return out
	}
	one := []policy.Role{policy.RoleGovernor}
	for name, c := range map[string]struct {
		ids   []string
		roles []policy.Role
		ok    bool
	}{
		"as many as may be":    {ids(maxConcerns), nil, true},
		"and a role":           {ids(maxConcerns - 1), one, true},
		"one more":             {ids(maxConcerns + 1), nil, false},
		"a role more":          {ids(maxConcerns), one, false},
		"a long id":            {[]string{strings.Repeat("1", 100)}, nil, true},
		"too long for an id":   {[]string{strings.Repeat("1", 101)}, nil, false},
		"no id":                {[]string{""}, nil, false},
		"a sign that is none":  {[]string{"1\x002"}, nil, false},
		"two ids in one field": {[]string{"1 2"}, nil, false},
	} {
		if _, err := b.Raise(ctx, teacher, Form{ID: name, Kind: Incident, About: Pupil, Concerns: c.ids, ConcernsRoles: c.roles}); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A form says beforehand who is told of it, each role once and as the one that somebody plays.
func TestReach(t *testing.T) {
	other := Person{ID: "other", Addresses: []string{"other@school.example"}, Roles: []policy.Role{policy.RoleSafeguarding}}
	for name, c := range map[string]struct {
		roster []Person
		want   string
	}{
		"both":                 {[]Person{row(officer), row(lead)}, "It goes to the e-safety officer and the safeguarding lead, "},
		"the lead alone":       {[]Person{row(lead), row(head)}, "It goes to the safeguarding lead, "},
		"two leads":            {[]Person{row(lead), other}, "It goes to the safeguarding lead, "},
		"one with both roles":  {[]Person{row(lead, policy.RoleOfficer, policy.RoleSafeguarding), row(head)}, "It goes to the e-safety officer, "},
		"the headteacher only": {[]Person{row(head)}, "It goes to the headteacher, "},
	} {
		b := inMemory(t)
		b.Roster = c.roster
		words, nobody, err := b.Reach(teacher, Form{Kind: Incident, About: Pupil})
		if err != nil || nobody || !strings.HasPrefix(words, c.want) {
			t.Errorf("%s: %q, %v, %v", name, words, nobody, err)
		}
	}
	if words, nobody, err := inMemory(t).Reach(teacher, Form{Kind: "gossip", About: Pupil}); words != "" || nobody || !errors.Is(err, ErrForm) {
		t.Errorf("a form that cannot be taken: %q, %v, %v", words, nobody, err)
	}
}

// What an entry links to is one subject by its id, and what it says is words.
func TestItemsAndWords(t *testing.T) {
	for subject, want := range map[string]bool{
		"file/1AbC": true, "file/" + strings.Repeat("x", maxItem-5): true, "file/" + strings.Repeat("x", maxItem-4): false,
		"file": false, "file/": false, "/1AbC": false, "file/a@school.example": false, "file/a\x00b": false, "file/a\nb": false, "file/\xff": false, "file/a b": false,
	} {
		b := inMemory(t)
		_, err := b.Raise(ctx, teacher, Form{ID: "f", Kind: Incident, About: Pupil, Item: subject})
		if (err == nil) != want || err != nil && !errors.Is(err, ErrForm) {
			t.Errorf("%.30q: %v", subject, err)
		}
	}
	for note, want := range map[string]bool{"data:": true, "base64": true, "see Data:Image/png,x": false, "text/plain;BASE64,aGVsbG8=": false} {
		b := inMemory(t)
		_, err := b.Raise(ctx, teacher, Form{ID: "f", Kind: Incident, About: Pupil, Note: note})
		if (err == nil) != want || err != nil && !errors.Is(err, ErrForm) {
			t.Errorf("%q: %v", note, err)
		}
	}
}

func TestAboutInWords(t *testing.T) {
	want := map[About]string{Pupil: "a pupil", Adult: "an adult who works or volunteers here", NotSure: "not sure", Nobody: "nobody: a service, a device or the web filter", "x": "x"}
	for about, words := range want {
		if have := about.Title(); have != words {
			t.Errorf("%s is %q, want %q", about, have, words)
		}
	}
}
