package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/store"
)

// commentJobs are those behind the teachers' daily mail, as they run in the afternoon.
var commentJobs = []string{jobs.CommentsJob, jobs.CheckInsJob, jobs.RecordsJob, jobs.DigestJob}

// TestCampaignCommentKills kills runs of the jobs on comments, check-ins and the teachers' mail at requests to Google and at batches to the state, runs again, and compares
// with runs that were never killed: every decision is taken up once, every mail goes once, what waited too long is passed on once.
func TestCampaignCommentKills(t *testing.T) {
	t.Parallel()
	sc, s, g := gated(t, 2)
	k := killing(t, s, g, generate.Classroom, commentJobs...)
	s.world.SetNow(s.world.Now().Add(10 * time.Hour)) // in the afternoon
	first := k.rounds("first run", nil)
	if t.Failed() {
		return
	}
	player := sc.Player()
	for range 3 {
		if _, err := player.Play(); err != nil {
			t.Fatal(err)
		}
	}
	later := k.rounds("later run", &first)
	if t.Failed() {
		return
	}
	k.told(first, later)
	k.quiet()
}

// told sees to it that the runs which were never killed had something of everything to do: else the kills prove nothing.
func (k *killer) told(first, later oneShot) {
	k.t.Helper()
	for name, o := range map[string]oneShot{"first": first, "later": later} {
		if k.letters(o)["digest"] == 0 {
			k.t.Errorf("the %s run mailed no teacher", name)
		}
	}
	db := openFile(k.t, later.State)
	defer db.Close()
	passed := 0
	for _, e := range all[findings.Event](k.t, db, findings.Events) {
		if slices.Contains(e.Facts, "passed-on") {
			passed++
		}
	}
	counts := map[bool]int{}
	for d, err := range db.Find(k.t.Context(), decisions.Judgements, store.Ask{}) {
		if err != nil {
			k.t.Fatal(err)
		}
		var j decisions.Judgement
		if err := json.Unmarshal(d.Body, &j); err != nil {
			k.t.Fatal(err)
		}
		if !strings.Contains(d.Key, "cursor") {
			counts[j.Counts]++
		}
	}
	if passed == 0 || counts[true] == 0 || counts[false] == 0 {
		k.t.Errorf("%d findings were passed on, %d decisions counted and %d did not: some of each is needed", passed, counts[true], counts[false])
	}
}
