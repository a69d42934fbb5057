package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
	"esafetybot/internal/runs"
)

// ran counts the runs of jobs that got to their end, by day and job.
func (s *soak) ran() map[string]int {
	s.t.Helper()
	out := map[string]int{}
	for _, r := range all[runs.Record](s.t, s.w.store, runs.Records) {
		if r.Error == "" && slices.Contains(onceADay, r.Job) {
			out[r.Started.In(s.zone).Format(time.DateOnly)+" "+r.Job]++
		}
		if r.Error != "" {
			s.t.Errorf("%s: the job %s failed: %s", r.Started, r.Job, r.Error)
		}
	}
	return out
}

// letters are the messages that were made, by day, kind and reader.
func (s *soak) letters() map[string]int {
	s.t.Helper()
	out := map[string]int{}
	ordinary := map[string]int{}
	for e, err := range outbox.Reader(s.w.store).All(context.Background(), time.Time{}) {
		s.do(err)
		day := e.Created.In(s.zone).Format(time.DateOnly)
		out[fmt.Sprintf("%s %s %s %s", day, e.Kind, e.Recipient, e.State)]++
		if !e.Urgent {
			ordinary[day+" "+e.Recipient]++
		}
	}
	for who, n := range ordinary {
		if n > 1 {
			s.t.Errorf("%s: %d ordinary messages for one person on one day", who, n)
		}
	}
	return out
}

// without are the messages of the last days that the other school did not send, with what their readers had been sent in the days before.
func (s *soak) without(other *soak) string {
	s.t.Helper()
	var b strings.Builder
	there, lately := other.letters(), s.world.Now().AddDate(0, 0, -7)
	line := func(e outbox.Entry) string {
		return fmt.Sprintf("%s %s %s %s", e.Created.In(s.zone).Format(time.DateOnly), e.Kind, e.Recipient, e.State)
	}
	lists := map[string][]letter{}
	alone := map[string]bool{}
	for _, l := range s.w.letters(s.t) {
		if l.entry.Created.After(lately) {
			lists[l.entry.Recipient] = append(lists[l.entry.Recipient], l)
			alone[l.entry.Recipient] = alone[l.entry.Recipient] || there[line(l.entry)] == 0
		}
	}
	for who := range alone {
		if !alone[who] {
			continue
		}
		for _, l := range lists[who] {
			fmt.Fprintf(&b, "== %s at %s: %s\n", line(l.entry), l.entry.Created.In(s.zone).Format("15:04"), l.subject)
			if there[line(l.entry)] == 0 {
				b.WriteString(l.text)
			}
		}
	}
	return b.String()
}

// runsLately are the runs of the last two days.
func (s *soak) runsLately() string {
	s.t.Helper()
	var lines []string
	for _, r := range all[runs.Record](s.t, s.w.store, runs.Records) {
		if r.Started.After(s.world.Now().AddDate(0, 0, -2)) {
			lines = append(lines, fmt.Sprintf("%s to %s %s %s", r.Started.In(s.zone).Format("02 15:04:05"), r.Ended.In(s.zone).Format("15:04:05"), r.Job, r.Error))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// found are the findings, with when they were opened or closed.
func (s *soak) found() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for _, f := range all[findings.Finding](s.t, s.w.store, findings.Findings) {
		day := func(t time.Time) string { return t.In(s.zone).Format(time.DateOnly) }
		out[f.Clause+" "+f.Rule+" "+f.Subject] = fmt.Sprint(f.Status, " ", f.How, " ", day(f.Opened), " ", day(f.Closed), " ", f.Deals, " ", f.Facts)
	}
	return out
}

// sent lists the Message-IDs of what Gmail sent, and fails the test if one was sent twice or a draft lies there.
func (s *soak) sent() []string {
	s.t.Helper()
	k := &killer{campus: s.campus, t: s.t.(*testing.T), gate: s.gate, policy: s.w.name}
	ids := k.sent()
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			s.t.Errorf("message %s was sent twice", id)
		}
		seen[id] = true
	}
	return ids
}

// compare sees to it that the same came of both schools.
func (s *soak) compare(calm *soak) {
	s.t.Helper()
	// What is about to be deleted may be gone in one of the two already: they look at different times of a day.
	lately := func(all map[string]int, days int) map[string]int {
		from := s.world.Now().In(s.zone).AddDate(0, 0, -days).Format(time.DateOnly)
		maps.DeleteFunc(all, func(day string, _ int) bool { return day < from })
		return all
	}
	want, have := lately(calm.ran(), 90), lately(s.ran(), 90)
	if diff := cmp.Diff(want, have); diff != "" {
		s.t.Errorf("runs of jobs by day (-in peace +here):\n%s", short(diff))
	}
	for day, n := range have {
		if n != 1 {
			s.t.Errorf("%s ran %d times", day, n)
		}
	}
	wantLetters, haveLetters := lately(calm.letters(), 28), lately(s.letters(), 28)
	s.wasBlind, s.blind = s.blind != "", cmp.Diff(calm.unseen(), s.unseen())
	s.excuse(wantLetters, haveLetters)
	if diff := cmp.Diff(wantLetters, haveLetters); diff != "" {
		s.t.Errorf("messages by day, kind and reader (-in peace +here):\n%s", short(diff))
		s.t.Logf("findings (-in peace +here):\n%s", short(cmp.Diff(calm.found(), s.found())))
		s.t.Logf("runs here:\n%s\nin peace:\n%s", s.runsLately(), calm.runsLately())
		s.t.Logf("not seen (-in peace +here):\n%s", short(cmp.Diff(calm.unseen(), s.unseen())))
		s.t.Logf("in peace alone:\n%s\nhere alone:\n%s", calm.without(s), s.without(calm))
	}
	if a, b := len(calm.sent()), len(s.sent()); a+s.more != b {
		s.t.Errorf("%d messages were sent, %d to the school in peace and %d more to those excused", b, a, s.more)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(tally(calm.gate.made()))), slices.Sorted(maps.Keys(tally(s.gate.made())))); diff != "" {
		s.t.Errorf("changes at Google (-in peace +here):\n%s", short(diff))
	}
}

// unseen is what the newest runs could not see.
func (s *soak) unseen() []string {
	s.t.Helper()
	var out []string
	for _, job := range jobs.Looking {
		r, err := runs.Latest(s.t.Context(), s.w.store, job)
		s.do(err)
		if r == nil {
			continue
		}
		for _, g := range r.Gaps {
			out = append(out, fmt.Sprintf("%s: %s %s", job, g.Scope, g.Reason))
		}
	}
	slices.Sort(out)
	return out
}

// excuse leaves out whom something was told on another day than in peace, by a few days. That is as it must be where a day decides that kills move: every Drive is read again within a rotation of
// some weeks, and after a run that was killed its turn is on another day, so that it shows later, say, that no account is left that sees a shared drive; and what is deleted for its age in the evening
// instead of the morning is asked again a day before. Where the two could see the same, who was told something more, or less, is told less, or more, within
// days: else the test fails.
func (s *soak) excuse(want, have map[string]int) {
	s.t.Helper()
	now := s.world.Now().In(s.zone).AddDate(0, 0, -1) // it is past midnight
	today := now.Format(time.DateOnly)
	told, more := map[string]bool{}, map[string]int{}
	for sign, all := range map[int]map[string]int{-1: want, 1: have} {
		for line, n := range all {
			if f := strings.Fields(line); f[0] == today {
				more[f[2]] += sign * n
				told[f[2]] = told[f[2]] || want[line] != have[line]
			}
		}
	}
	for who, differs := range told {
		if !differs {
			continue
		}
		s.excused[today+" "+who] = true
		s.more += more[who]
		s.t.Logf("%s: %s is told %+d more; not seen (-in peace +here), when compared:\n%s", today, who, more[who], s.blind)
		if s.blind != "" || s.wasBlind { // it may also have gone into a weekly mail
			continue
		}
		o := s.owed[who]
		if o.since.IsZero() {
			o.since = now
		}
		if o.more += more[who]; o.more == 0 {
			delete(s.owed, who)
		} else {
			s.owed[who] = o
		}
	}
	for who, o := range s.owed {
		if o.more != 0 && now.Sub(o.since) > 6*24*time.Hour {
			s.t.Errorf("%s was sent %+d messages more than in peace since %s", who, o.more, o.since.Format(time.DateOnly))
		}
	}
	for _, all := range []map[string]int{want, have} {
		maps.DeleteFunc(all, func(line string, _ int) bool { f := strings.Fields(line); return s.excused[f[0]+" "+f[2]] })
	}
}

// owed is what somebody was sent more than in peace, and since when.
type owed struct {
	since time.Time
	more  int
}

// tally counts changes: "2× DELETE /drive/…".
func tally(list []string) map[string]bool {
	n := map[string]int{}
	for _, x := range list {
		n[x]++
	}
	out := map[string]bool{}
	for x, k := range n {
		out[fmt.Sprintf("%d× %s", k, x)] = true
	}
	return out
}
