package colours

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
)

var now = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

func finding(severity string, due time.Duration, status findings.Status) *findings.Finding {
	f := &findings.Finding{Clause: "A1", Severity: severity, Status: status}
	if due != 0 {
		f.Due = now.Add(due)
	}
	return f
}

func looked(ago time.Duration, stopped bool) func(policy.Means) (Job, bool) {
	return func(policy.Means) (Job, bool) { return Job{At: now.Add(-ago), Stopped: stopped}, true }
}

var (
	built    = policy.Means{Kind: policy.Check, Name: "sharing", With: &policy.SharingWith{}}
	checkIn  = policy.Means{Kind: policy.CheckIn, Name: "filtering", Ask: policy.RoleITSupport}
	reminder = policy.Means{Kind: policy.Reminder, Name: "safer-internet-day"}
)

func TestColours(t *testing.T) {
	if reminder.Built() || !built.Built() || !checkIn.Built() {
		t.Fatal("the means of this test are not what they seem")
	}
	means := []policy.Means{built}
	for _, c := range []struct {
		name   string
		means  []policy.Means
		open   []*findings.Finding
		waits  int
		unseen []string
		job    func(policy.Means) (Job, bool)
		want   Colour
		says   []string
		not    []string // unseen
	}{
		{name: "nothing", means: means, want: Green, says: []string{"looked at, and nothing found"}},
		{name: "open", means: means, open: []*findings.Finding{finding("medium", time.Hour, findings.Open)}, want: Amber, says: []string{"one thing is open"}},
		{name: "open without a deadline", means: means, open: []*findings.Finding{finding("low", 0, findings.Open)}, want: Amber, says: []string{"one thing is open"}},
		{name: "overdue", means: means, open: []*findings.Finding{finding("low", -time.Second, findings.Open)}, want: Red, says: []string{"one thing is overdue"}},
		{name: "due this moment", means: means, open: []*findings.Finding{finding("low", 0, findings.Open), finding("low", 1, findings.Open)}, want: Amber, says: []string{"2 things are open"}},
		{name: "high", means: means, open: []*findings.Finding{finding("high", time.Hour, findings.Open)}, want: Red, says: []string{"one thing of high severity is open"}},
		{name: "high, overdue and others", means: means, open: []*findings.Finding{
			finding("high", -1, findings.Open), finding("low", time.Hour, findings.Open), finding("medium", -1, findings.Open), finding("low", time.Hour, findings.Open),
		}, want: Red, says: []string{"one thing of high severity is open", "2 things are overdue", "4 are open in all"}},
		{name: "agreed", means: means, open: []*findings.Finding{finding("high", -1, findings.Accepted)}, want: Green, says: []string{"looked at, and nothing found"}},
		{name: "put right", means: means, open: []*findings.Finding{finding("high", -1, findings.Resolved)}, want: Green, says: []string{"looked at, and nothing found"}},
		{name: "for information", means: means, open: []*findings.Finding{finding("information", -1, findings.Open)}, want: Green, says: []string{"looked at, and nothing found"}},
		{name: "a question", means: []policy.Means{built, checkIn}, waits: 1, want: Amber, says: []string{"one question waits for an answer"}},
		{name: "a gap", means: means, unseen: []string{"The Drive of Ann"}, want: Unknown, says: []string{"not everything that it needs could be seen"}, not: []string{"The Drive of Ann"}},
		{name: "a gap, and something open", means: means, open: []*findings.Finding{finding("low", time.Hour, findings.Open)}, unseen: []string{"The Drive of Ann"}, want: Amber, says: []string{"one thing is open"}, not: []string{"The Drive of Ann"}},
		{name: "a gap, and something overdue", means: means, open: []*findings.Finding{finding("low", -1, findings.Open)}, unseen: []string{"The Drive of Ann"}, want: Red, says: []string{"one thing is overdue"}, not: []string{"The Drive of Ann"}},
		{name: "not built", means: []policy.Means{reminder}, want: Unknown, says: []string{"not everything that it needs could be seen"}, not: []string{"the reminder “safer-internet-day” (not looked at yet)"}},
		{name: "half built", means: []policy.Means{built, reminder}, want: Unknown, says: []string{"not everything that it needs could be seen"}, not: []string{"the reminder “safer-internet-day” (not looked at yet)"}},
		{name: "met by nothing", want: Unknown, says: []string{"not everything that it needs could be seen"}, not: []string{"the clause names nothing by which it is met"}},
		{name: "never run", means: means, job: func(policy.Means) (Job, bool) { return Job{}, false }, want: Unknown, says: []string{"not everything that it needs could be seen"}, not: []string{"sharing in Google Drive (has not been looked at)"}},
		{name: "in the incident log", means: []policy.Means{{Kind: policy.Record, Name: "incidents"}}, want: Unknown, says: []string{"not everything that it needs could be seen"},
			not: []string{"online-safety incidents and what was done (it is in the incident log, of which no colour tells)"}},
		{name: "stopped", means: means, job: looked(time.Hour, true), want: Unknown, says: []string{"not everything that it needs could be seen"}, not: []string{"sharing in Google Drive (was not looked at to the end)"}},
		{name: "two days ago", means: means, job: looked(Stale, false), want: Green, says: []string{"looked at, and nothing found"}},
		{name: "longer ago", means: means, job: looked(Stale+1, false), want: Unknown, says: []string{"not everything that it needs could be seen"}, not: []string{"sharing in Google Drive (was last looked at more than two days ago)"}},
		{name: "of another clause", means: means, open: []*findings.Finding{{Clause: "A2", Severity: "high", Status: findings.Open}}, want: Green, says: []string{"looked at, and nothing found"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			job := c.job
			if job == nil {
				job = looked(time.Hour, false)
			}
			have := Of(Input{Now: now, Clauses: []policy.Clause{{ID: "A1", MetBy: c.means}}, Open: c.open, Waits: map[string]int{"A1": c.waits}, Unseen: map[string][]string{"A1": c.unseen}, Job: job})
			if len(have) != 1 {
				t.Fatalf("%d clauses", len(have))
			}
			if diff := cmp.Diff([]any{c.want, c.says, c.not}, []any{have[0].Colour, have[0].Why, have[0].Unseen}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A clause never gets better by something more being open, unanswered or unseen.
func TestPropertyNothingMakesItBetter(t *testing.T) {
	rank := map[Colour]int{Red: 0, Amber: 1, Unknown: 2, Green: 3}
	rapid.Check(t, func(t *rapid.T) {
		in := Input{Now: now, Clauses: []policy.Clause{{ID: "A1", MetBy: []policy.Means{built}}}, Waits: map[string]int{}, Unseen: map[string][]string{}, Job: looked(time.Hour, false)}
		last := Of(in)[0].Colour
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				f := finding(rapid.SampledFrom([]string{"high", "medium", "low", "information"}).Draw(t, "severity"), time.Duration(rapid.IntRange(-2, 2).Draw(t, "due")), findings.Open)
				in.Open = append(in.Open, f)
			case 1:
				in.Waits["A1"]++
			case 2:
				in.Unseen["A1"] = append(in.Unseen["A1"], "something")
			}
			next := Of(in)[0].Colour
			if rank[next] > rank[last] {
				t.Fatalf("from %s to %s by more", last, next)
			}
			last = next
		}
	})
}
