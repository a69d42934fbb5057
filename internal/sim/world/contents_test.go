package world_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "esafetybot/internal/sim/world"
)

func TestContents(t *testing.T) {
	w := school(t)
	ann := &Person{EmailAddress: "ann@school.example"}
	for _, f := range []*File{{ID: "roll", Name: "Roll", MimeType: MimeSheet, Owner: ann}, {ID: "csv", Name: "a.csv", MimeType: "text/csv", Owner: &Person{EmailAddress: "bob@school.example"}},
		{ID: "dir", Name: "Dir", MimeType: MimeFolder, Owner: ann}} {
		if err := w.AddFile(f); err != nil {
			t.Fatal(err)
		}
	}
	odd := []byte("a\r\n\x00\xff")
	w.Advance(time.Hour)
	for id, b := range map[string][]byte{"roll": []byte("Number\n1\n"), "csv": odd} {
		if err := w.SetContent(id, b, "ann@school.example"); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]string{"edit", "edit"}, names(w.Activities("drive"))); d != "" {
		t.Errorf("records: %s", d)
	}
	if m := w.File("csv").Modified; !m.Equal(start.Add(time.Hour)) {
		t.Errorf("modified %s", m)
	}
	if err := w.SetContent("dir", odd, ""); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a folder: %v", err)
	}
	if err := w.SetContent("nothing", odd, ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("no such file: %v", err)
	}
	if err := w.DeleteUser("bob@school.example", "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	if err := w.SetContent("csv", nil, ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("a file of somebody deleted: %v", err)
	}
	dir := t.TempDir()
	if err := w.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := again.Content("csv"); !ok || string(b) != string(odd) {
		t.Errorf("after saving: %q %v", b, ok)
	}
	if _, ok := again.Content("dir"); ok {
		t.Error("the folder has contents")
	}
	if err := w.Delete("roll", "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.Content("roll"); ok {
		t.Error("a deleted file has contents")
	}
	w.Advance(UndeleteWithin + time.Hour)
	if err := w.Save(filepath.Join(dir, "later")); err != nil {
		t.Fatal(err)
	}
	if l, err := filepath.Glob(filepath.Join(dir, "later", "contents", "*")); err != nil || len(l) > 0 {
		t.Errorf("of somebody gone for good: %q %v", l, err)
	}
	if _, err := Load(dir); err != nil {
		t.Error(err)
	}
	if err := w.Save(dir); err != nil { // over the older one, whose contents stay behind
		t.Fatal(err)
	}
	if again, err = Load(dir); err != nil {
		t.Fatal(err)
	}
	if _, ok := again.Content("csv"); ok {
		t.Error("what stayed behind belongs to a file")
	}
}
