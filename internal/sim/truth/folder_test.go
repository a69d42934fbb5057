package truth

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFolder reads a folder again and again while it changes: what is read is what somebody reads who never read it before.
func TestFolder(t *testing.T) {
	folder, last := &Folder{}, &Tenant{}
	for _, name := range []string{"documents", "comments", "comments", "people", "mail", "mail-none", "blogs", "dojo", "rolls", "documents", "documents"} {
		folder.Dir = filepath.Join(tenants, name)
		want, err := LoadTenant(folder.Dir)
		if err != nil {
			t.Fatal(err)
		}
		have, err := folder.Tenant()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s after others (-anew +again):\n%s", name, diff)
		}
		last = have
	}
	if len(last.Activities["drive"]) == 0 || len(folder.lines["activities-drive.jsonl"]) == 0 {
		t.Error("nothing was remembered")
	}
}

// TestFolderGoneWrong: a line that cannot be read is an error as it is for a first reading, and values over several lines are read.
func TestFolderGoneWrong(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "files.jsonl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder := &Folder{Dir: dir}
	for _, x := range []struct {
		text  string
		files int
	}{
		{"{\"id\": \"a\"}\n{\"id\": \"b\"}\n", 2},
		{"{\"id\": \"a\"}\n{\"id\": 5}\n", -1},
		{"{\"id\": \"a\"}\n{\"id\":\n\"b\"}\n\n{\"id\": \"c\"} {\"id\": \"d\"}\n", 4},
		{"{\"id\": \"a\"}\n{\"id\": \"e\"}", 2},
		{"", 0},
	} {
		write(x.text)
		want, wrong := LoadTenant(dir)
		have, err := folder.Tenant()
		if (wrong == nil) != (x.files >= 0) || (err == nil) != (wrong == nil) || err != nil && err.Error() != wrong.Error() {
			t.Errorf("%q: %v, want %v", x.text, err, wrong)
			continue
		}
		if err == nil && (len(have.Files) != x.files || !cmp.Equal(want, have)) {
			t.Errorf("%q: %d files, want %d", x.text, len(have.Files), x.files)
		}
	}
}
