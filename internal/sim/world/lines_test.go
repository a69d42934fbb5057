package world_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "esafetybot/internal/sim/world"
)

// TestSavedAgain saves a tenant again and again while it lives: what is written is what a world writes that never wrote before.
func TestSavedAgain(t *testing.T) {
	w, err := Load("../testdata/tenants/mail")
	if err != nil {
		t.Fatal(err)
	}
	report := func(date, user string, sent int64) *UsageReport {
		return &UsageReport{Date: date, Entity: UsageEntity{Type: "USER", UserEmail: user, ProfileID: user}, Parameters: []UsageParam{{Name: "gmail:num_emails_sent", Int: &sent}}}
	}
	save := func() map[string]string {
		t.Helper()
		again, once := t.TempDir(), t.TempDir()
		if err := w.Save(again); err != nil {
			t.Fatal(err)
		}
		anew, err := Load(again)
		if err == nil {
			err = anew.Save(once)
		}
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, name := range []string{"usage.jsonl", "activities-admin.jsonl", "activities-drive.jsonl"} {
			texts := [2]string{}
			for i, dir := range []string{again, once} {
				data, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				texts[i] = string(data)
			}
			if diff := cmp.Diff(texts[1], texts[0]); diff != "" {
				t.Errorf("%s (-anew +again):\n%s", name, diff)
			}
			out[name] = texts[0]
		}
		return out
	}
	user := w.Users()[0]
	first := save()
	w.AddUsage(report("2026-11-02", user.ID, 1))
	w.AddActivity(&Activity{Time: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), Unique: 77, App: "admin", ActorEmail: user.PrimaryEmail, Events: []Event{{Name: "A_<&>"}}})
	second := save()
	if second["usage.jsonl"] == first["usage.jsonl"] || second["activities-admin.jsonl"] == first["activities-admin.jsonl"] {
		t.Error("what was added is not saved")
	}
	if third := save(); !cmp.Equal(second, third) {
		t.Error("saved again without a change it is another tenant")
	}
	w.AddUsage(report("2026-11-02", user.ID, 2)) // in the place of the other
	if last := save(); last["usage.jsonl"] == second["usage.jsonl"] {
		t.Error("what replaced something is not saved")
	}
}
