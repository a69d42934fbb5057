package browser

import (
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/sim/generate"
)

// The first look leaves a school as it was, so that every stage can begin after it with a school that nobody has looked at yet.
func TestFirstLookChangesNothing(t *testing.T) {
	t.Parallel()
	saved := func(s *generate.School) map[string]string {
		dir, out := t.TempDir(), map[string]string{}
		if err := s.World.Save(dir); err != nil {
			t.Fatal(err)
		}
		err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(os.DirFS(dir), path)
			out[path] = string(text)
			return err
		})
		if err != nil || len(out) == 0 {
			t.Fatalf("the saved school has %d files, %v", len(out), err)
		}
		return out
	}
	looked := newStage(t, openMemory(t), false) // with a state of its own it looks
	fresh, err := generate.Generate(generate.Options{Pupils: 60, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	fresh.World.Settings.Clients = looked.world.Settings.Clients // what stage.serve delegates
	fresh.World.SetNow(looked.world.Now())
	before, after := saved(fresh), saved(looked.school)
	for path := range after {
		if before[path] != after[path] {
			t.Errorf("%s is another after the look:\n%.2000s", path, cmp.Diff(before[path], after[path]))
		}
	}
	if len(before) != len(after) {
		t.Errorf("%d files became %d", len(before), len(after))
	}
}
