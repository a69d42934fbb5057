package truth

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const tenants = "../testdata/tenants"

// TestHandMade compares what is computed with what was typed by hand from docs/rules.md.
func TestHandMade(t *testing.T) {
	dirs, err := os.ReadDir(tenants)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		t.Run(d.Name(), func(t *testing.T) {
			dir := filepath.Join(tenants, d.Name())
			data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
			if err != nil {
				t.Fatal(err)
			}
			var want Truth
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			got, err := Compute(dir, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("expected.json (-) and truth (+) differ:\n%s", diff)
			}
		})
	}
}

func TestMissingFolder(t *testing.T) {
	if _, err := Compute(filepath.Join(t.TempDir(), "no-such"), time.Time{}); err == nil {
		t.Error("no error for a folder that does not exist")
	}
}

func TestEmptyFolder(t *testing.T) {
	now := time.Date(2026, 5, 4, 7, 0, 0, 0, time.UTC)
	got, err := Compute(t.TempDir(), now)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Truth{Now: now, Policies: map[string][]Finding{}}, got); diff != "" {
		t.Error(diff)
	}
}
