package stores_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"esafetybot/internal/store"
	"esafetybot/internal/store/firestore/emulator"
	"esafetybot/internal/store/stores"
)

func TestMain(m *testing.M) { os.Exit(emulator.Run(m)) }

var things = &store.Collection{Name: "things"}

func TestWrong(t *testing.T) {
	for uri, want := range map[string]string{
		"":                             "empty",
		"memory":                       "colon",
		"memory:x":                     "nothing follows",
		"state.db":                     "bolt:state.db",
		"bolt:":                        "path is missing",
		"bolt://state.db":              "no //",
		"postgres:x":                   `no kind "postgres"`,
		"firestore:":                   "no project id",
		"firestore:Has Blank":          "no project id",
		"firestore:school-project/":    "no database id",
		"firestore:school-project/A":   "no database id",
		"firestore:school-project/a/b": "no database id",
	} {
		_, err := stores.Open(t.Context(), uri, "school", nil)
		if err == nil || !errors.Is(err, stores.ErrURI) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "bolt:PATH") {
			t.Errorf("%q: have %v, want something about %q", uri, err, want)
		}
	}
	for _, uri := range []string{"memory:", "bolt:a:b.db", "firestore:school-project", "firestore:school.example:project-1/(default)", "firestore:school-project/hints"} {
		if err := stores.Check(uri); err != nil {
			t.Errorf("%q: %v", uri, err)
		}
	}
	if _, err := stores.Open(t.Context(), "memory:", "a/b", nil); !errors.Is(err, store.ErrBadKey) {
		t.Errorf("bad school: %v", err)
	}
	if _, err := stores.Open(t.Context(), "bolt:"+filepath.Join(t.TempDir(), "none", "x.db"), "school", nil); err == nil || !strings.Contains(err.Error(), "create it") {
		t.Errorf("no folder: %v", err)
	}
}

func TestMemory(t *testing.T) { schools(t, "memory:") }

func TestBolt(t *testing.T) { schools(t, "bolt:"+filepath.Join(t.TempDir(), "state.db")) }

func TestFirestore(t *testing.T) {
	t.Setenv("FIRESTORE_EMULATOR_HOST", emulator.Host(t))
	schools(t, "firestore:demo-esafetybot/hints")
}

// schools opens two schools in one place, which see nothing of each other.
func schools(t *testing.T, uri string) {
	set, err := stores.OpenSet(t.Context(), uri, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := set.School("school-a")
	b, errB := set.School("school-b")
	again, errC := set.School("school-a")
	if err := errors.Join(errA, errB, errC); err != nil {
		t.Fatal(err)
	}
	var batch store.Batch
	batch.Create(things, "k", nil, []byte("a"))
	if err := a.Commit(t.Context(), &batch); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if _, err := a.Get(t.Context(), things, "k"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if d, err := again.Get(t.Context(), things, "k"); err != nil || string(d.Body) != "a" {
		t.Errorf("the same school: %v, %v", d, err)
	}
	if _, err := b.Get(t.Context(), things, "k"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the other school: %v", err)
	}
	if err := errors.Join(set.Close(), set.Close()); err != nil {
		t.Error(err)
	}
	if uri == "memory:" {
		return
	}
	s, err := stores.Open(t.Context(), uri, "school-a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := s.Get(t.Context(), things, "k"); err != nil || string(d.Body) != "a" {
		t.Errorf("reopened: %v, %v", d, err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
}
