package truth_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
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

// TestHandMadeAccounts compares the tenants made for accounts, classes, devices, e-mail, settings, comments, check-ins, records, reminders and names with what was typed by hand from
// docs/account-rules.md, docs/comment-rules.md, docs/reminder-rules.md and docs/name-rules.md: expected.json is what a first look finds, expected-later.json what is found where the first look was at the time in first.txt.
func TestHandMadeAccounts(t *testing.T) {
	for _, name := range []string{"mail", "mail-none", "settings", "rolls", "people", "classes", "rollover", "comments", "check-ins", "records", "reminders", "names", "blogs", "dojo", "documents"} {
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

// A step of a series: at that time people do these things, as POST /sim/do takes them, and then that is what is found.
type step struct {
	At       time.Time                  `json:"at"`
	Do       []json.RawMessage          `json:"do"`
	Expected map[string][]truth.Finding `json:"expected"`
}

// TestHandMadeRollOver plays a roll-over from July to October on the simulated school, whose first look is in early July, and compares what is found after each step.
func TestHandMadeRollOver(t *testing.T) {
	dir := filepath.Join(tenants, "rollover")
	data, err := os.ReadFile(filepath.Join(dir, "steps.json"))
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	if err := json.Unmarshal(data, &steps); err != nil {
		t.Fatal(err)
	}
	w, err := world.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := truth.Options{First: w.Now()}
	s, err := server.New(w, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	defer srv.Close()
	policy, err := os.ReadFile(filepath.Join(dir, "classroom-school.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		post(t, srv.URL+"/sim/clock", []byte(`{"now": "`+step.At.Format(time.RFC3339)+`"}`))
		for _, act := range step.Do {
			post(t, srv.URL+"/sim/do", act)
		}
		out := t.TempDir()
		if err := w.Save(out); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, "classroom-school.yaml"), policy, 0o600); err != nil {
			t.Fatal(err)
		}
		o.Now = step.At
		got, err := o.Compute(out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.Expected, got.Policies, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: expected (-) and truth (+) differ:\n%s", step.At.Format(time.RFC3339), diff)
		}
	}
}

func post(t *testing.T, url string, body []byte) {
	t.Helper()
	r, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if answer, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s", body, r.Status, answer)
	}
}
