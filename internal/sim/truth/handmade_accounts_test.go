package truth_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/sim/truth"
)

const tenants = "../testdata/tenants"

// readTruth reads findings that were typed by hand.
func readTruth(t *testing.T, path string) truth.Truth {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want truth.Truth
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return want
}

// TestHandMadeAccounts compares the tenants made for accounts, classes, devices, e-mail and settings with what was typed by hand from
// docs/account-rules.md: expected.json is what a first look finds, expected-later.json what is found where the first look was at the time in first.txt.
func TestHandMadeAccounts(t *testing.T) {
	for _, name := range []string{"mail", "mail-none", "settings", "rolls", "people", "classes"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(tenants, name)
			got, err := truth.Options{}.Compute(dir)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(readTruth(t, filepath.Join(dir, "expected.json")), got); diff != "" {
				t.Errorf("expected.json (-) and truth (+) differ:\n%s", diff)
			}
			first, err := os.ReadFile(filepath.Join(dir, "first.txt"))
			if os.IsNotExist(err) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			o := truth.Options{}
			if o.First, err = time.Parse(time.RFC3339, strings.TrimSpace(string(first))); err != nil {
				t.Fatal(err)
			}
			if got, err = o.Compute(dir); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(readTruth(t, filepath.Join(dir, "expected-later.json")), got); diff != "" {
				t.Errorf("expected-later.json (-) and truth (+) differ:\n%s", diff)
			}
		})
	}
}
