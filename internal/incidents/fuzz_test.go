package incidents

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzForm: whatever is typed into a form, it is taken within the limits, or refused in words that do not repeat it; and what was taken is read back.
func FuzzForm(f *testing.F) {
	f.Add("form", "words", "CP-17", "file/1AbC", "1058")
	f.Add("form", strings.Repeat("é", MaxNote), "\n", "a/../b", "__x__")
	f.Add("\x00|/", "data:image/png;base64,", "a@b", "__/__", "")
	f.Add("x", "\xff", "\u2028", "file/%7C|", "..")
	f.Add("x", "Zyx Wvu"+strings.Repeat("!", MaxNote), "", "", "1")
	f.Add("x", "", "Zyx Wvu\n", "", "1")
	f.Add("x", "", "", "Zyx Wvu", "1")
	f.Add("x", "", "", "", "Zyx Wvu")
	f.Fuzz(func(t *testing.T, form, note, ref, it, id string) {
		b := inMemory(t)
		r, err := b.Raise(ctx, teacher, Form{ID: form, Kind: Incident, About: Pupil, Note: note, Reference: ref, Item: it, Concerns: []string{id}})
		if err != nil {
			if !errors.Is(err, ErrForm) {
				t.Fatal(err)
			}
			if secret := "Zyx Wvu"; strings.Contains(note+ref+it+id, secret) && strings.Contains(err.Error(), secret) {
				t.Fatalf("the error repeats what was typed: %v", err)
			}
			return
		}
		e := b.stored(r.ID)
		if utf8.RuneCountInString(e.Note) > MaxNote || utf8.RuneCountInString(e.Reference) > MaxReference || !utf8.ValidString(e.Note) || e.Item != it {
			t.Fatalf("%+v", e)
		}
		if it != "" {
			b.frozen(it, true)
		}
		b.ok(b.Close(ctx, officer, r.ID, "the parents", "to look sooner"))
		if it != "" {
			b.frozen(it, false)
		}
	})
}
