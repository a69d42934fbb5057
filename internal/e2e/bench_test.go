package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/jobs"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
)

const (
	benchOwners  = 200
	manyOwners   = 2000
	benchFiles   = 500 // of each owner
	benchGroups  = 100
	benchNoise   = 100 // views and edits for each change of sharing
	benchChanges = 300 // of sharing, in a day
	benchLatency = 50 * time.Millisecond
	benchWorkers = 16

	// What a minute holds at Google (Drive, projects since May 2026): of the whole project, of one user; and what files.list takes of it.
	driveUnits     = 1_000_000
	driveUserUnits = 325_000
	listUnits      = 100

	benchNames = 20 // events that a day's pull asks the logs for by name: 19 of Drive, one of the administrators' log
	auditPage  = 1000
	auditSince = 24 * time.Hour // before the last run: what came late
)

// TestBench measures the worker, a process of its own, on large simulated schools: make bench. What is counted must meet its goal; what is
// timed is told beside it, since the machine may have other things to do.
func TestBench(t *testing.T) {
	if os.Getenv("ESAFETYBOT_BENCH") != "1" {
		t.Skip("takes minutes: make bench")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // the simulated school is not what is measured
	binary := benchBinary(t)
	table := &benchTable{t: t}
	defer func() { fmt.Printf("\n%s\n", table) }()
	small := benchLatencyRuns(t, table, binary)
	benchQuotaRuns(t, table, binary, small)
}

// benchLatencyRuns measures 100,000 files at 50 ms per request: the first run, a day of changes, a day without. Then the first run
// again at Google's quotas without added latency; the peak of its memory is returned.
func benchLatencyRuns(t *testing.T, table *benchTable, binary string) int {
	sc, err := generate.Bench(generate.BenchOptions{Owners: benchOwners, FilesPerOwner: benchFiles, Groups: benchGroups, Shares: benchChanges, NoisePerShare: benchNoise, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	site, stop := benchServe(t, sc, server.Options{Latency: benchLatency, Quotas: true})
	table.head("First run: %d owners × %d files, %d groups, %d views or edits per share event, %d ms per request, %d workers",
		benchOwners, benchFiles, benchGroups, benchNoise, benchLatency.Milliseconds(), benchWorkers)
	// A busy machine shows in the time alone, so a second and a third try count too.
	var m *measured
	var tries []string
	for len(tries) == 0 || len(tries) < 3 && m.wall.Seconds() > 1.15*m.ideal().Seconds() {
		site.forget()
		next := site.run(binary, benchWorkers)
		tries = append(tries, seconds(next.wall))
		if m == nil || next.wall < m.wall {
			m = next
		}
	}
	table.first(site, m)
	table.plain("wall time (all tries)", strings.Join(tries, ", "))
	table.plain("calls × latency ÷ workers", seconds(m.ideal()))
	table.timed("wall time against it", m.wall.Seconds()/m.ideal().Seconds(), 1.15)

	table.days(site, binary)
	stop()

	site, stop = benchServe(t, sc, server.Options{Quotas: true})
	defer stop()
	table.head("First run: the same %d files at Google's quotas, no added latency", benchOwners*benchFiles)
	m = site.run(binary, benchWorkers)
	table.first(site, m)
	table.plain("wall time", seconds(m.wall))
	return m.anon
}

// benchQuotaRuns measures a million files at Google's quotas. small is the peak of memory with a tenth of them.
func benchQuotaRuns(t *testing.T, table *benchTable, binary string, small int) {
	sc, err := generate.Bench(generate.BenchOptions{Owners: manyOwners, FilesPerOwner: benchFiles, Groups: benchGroups, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	site, stop := benchServe(t, sc, server.Options{Quotas: true})
	defer stop()
	table.head("First run: %d owners × %d files at Google's quotas, no added latency", manyOwners, benchFiles)
	m := site.run(binary, benchWorkers)
	table.first(site, m)
	table.counted("memory against 100,000 files", float64(m.anon)/float64(small), 1.1)
	units := listUnits * m.stats.Methods["drive.files.list"]
	allowed := max(perMinute(units, driveUnits), perMinute(listUnits*pages(benchFiles, 100), driveUserUnits))
	table.plain("quota units", fmt.Sprint(units))
	table.plain("wall time", seconds(m.wall))
	table.plain("time that the quotas allow", seconds(allowed))
	table.timed("wall time against it", m.wall.Seconds()/allowed.Seconds(), 1.3)
	table.days(site, binary)
}

func perMinute(units, quota int) time.Duration {
	return time.Duration(float64(units) / float64(quota) * float64(time.Minute))
}

// ideal is how long the calls take if as many as allowed are always under way.
func (m *measured) ideal() time.Duration {
	return benchLatency * time.Duration(m.calls()) / benchWorkers
}

// first tells of a first run: everything was read.
func (b *benchTable) first(site *benchSite, m *measured) {
	least := site.leastDirectory()
	for _, u := range site.school.World.Users() {
		least += pages(site.owned(u), 100) + 1
	}
	b.calls(m, least, "pages of users and groups, one per group, pages of files, one token per owner")
	b.worker(m)
}

// days lets two days pass and tells of both: one with changes, one without.
func (b *benchTable) days(site *benchSite, binary string) {
	w := site.school.World
	since := w.Now()
	if err := generate.BenchDay(w, benchChanges, benchNoise, 2); err != nil {
		b.t.Fatal(err)
	}
	b.head("A day later, %d changes", benchChanges)
	m := site.run(binary, benchWorkers)
	least, how := site.leastLater(since)
	b.calls(m, least, how)
	b.worker(m)
	b.plain("wall time", seconds(m.wall))

	if err := generate.BenchDay(w, 0, 0, 3); err != nil {
		b.t.Fatal(err)
	}
	b.head("A further day, nothing changed")
	m = site.run(binary, benchWorkers)
	b.plain("calls", fmt.Sprint(m.calls()))
	b.row("store writes", fmt.Sprint(m.record.Writes), "< 20", m.record.Writes < 20, true)
}

func (b *benchTable) calls(m *measured, least int, how string) {
	b.plain("calls", fmt.Sprint(m.calls()))
	b.plain("least possible", fmt.Sprint(least))
	b.counted("calls against the least", float64(m.calls())/float64(least), 1.1)
	b.note("calls", breakdown(m.record.Calls))
	b.note("least", how)
}

func (b *benchTable) worker(m *measured) {
	b.row("peak anonymous memory", mib(m.anon), "< 64 MiB", m.anon < 64<<20, true)
	b.row("answers over quota", fmt.Sprint(m.limited()), "0", m.limited() == 0, true)
	b.plain("store writes", fmt.Sprint(m.record.Writes))
	b.plain("findings", fmt.Sprintf("%d new, %d as before", m.record.Changes.Opened, m.record.Changes.Kept))
	b.plain("processor time of the worker", seconds(m.cpu))
}

// leastDirectory is the calls without which nobody knows who is who.
func (s *benchSite) leastDirectory() int {
	w := s.school.World
	return pages(len(w.Users()), 500) + pages(len(w.Groups()), 200) + len(w.Groups())
}

func (s *benchSite) owned(u *world.User) int {
	w := s.school.World
	return len(w.OwnedBy(w.PermissionID("user", u.PrimaryEmail)))
}

// leastLater is the calls without which nobody knows what changed since the last run: who is who, the log, the files that it names, each as its
// owner, and the slice of owners that the worker read in full, which its state tells.
func (s *benchSite) leastLater(since time.Time) (least int, how string) {
	w := s.school.World
	files, owners, records := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, a := range w.Activities("drive") {
		if a.Time.Before(since.Add(-auditSince)) {
			continue
		}
		for _, e := range a.Events {
			if e.Name == "view" || e.Name == "edit" {
				continue
			}
			records[e.Name]++
			if f := w.File(e.Param("doc_id")); f != nil && a.Time.After(since) {
				files[f.ID], owners[f.Owner.EmailAddress] = true, true
			}
		}
	}
	logs := benchNames
	for _, n := range records {
		logs += pages(n, auditPage) - 1
	}
	slice := 0
	for _, u := range w.Users() {
		if s.readAt(u, w.Now()) {
			slice += pages(s.owned(u), 100)
			owners[u.PrimaryEmail] = true
		}
	}
	least = s.leastDirectory() + logs + len(files) + slice + len(owners)
	return least, fmt.Sprintf("%d pages of users and groups and one per group, %d pages of the log, %d files touched, %d pages of the slice, %d tokens",
		s.leastDirectory(), logs, len(files), slice, len(owners))
}

// readAt tells from the worker's state whether it read an owner in full at a time.
func (s *benchSite) readAt(u *world.User, at time.Time) bool {
	if s.read == nil || !s.readNow.Equal(at) {
		st, err := bolt.Open(s.path("state.db"), generate.Domain, bolt.Options{})
		if err != nil {
			s.t.Fatal(err)
		}
		defer st.Close()
		data, _, err := store.GetBlob(context.Background(), st, jobs.Coverages, jobs.SharingJob)
		if err != nil {
			s.t.Fatal(err)
		}
		var c struct{ Read map[seen.Scope]time.Time }
		if err := json.Unmarshal(data, &c); err != nil {
			s.t.Fatal(err)
		}
		s.read, s.readNow = c.Read, at
	}
	return s.read[seen.Scope("owner/"+u.ID)].Equal(at)
}

// benchTable gathers what is printed.
type benchTable struct {
	t    *testing.T
	rows [][4]string // a head or a note has one column only
}

// row adds a line. A goal that is counted fails the test when it is missed.
func (b *benchTable) row(what, value, goal string, met, counted bool) {
	verdict := "met"
	if !met {
		verdict = "MISSED"
		if counted {
			b.t.Errorf("%s: %s, want %s", what, value, goal)
		}
	}
	b.rows = append(b.rows, [4]string{what, value, goal, verdict})
}

func (b *benchTable) plain(what, value string) { b.rows = append(b.rows, [4]string{what, value}) }

func (b *benchTable) counted(what string, ratio, goal float64) {
	b.row(what, fmt.Sprintf("%.3f", ratio), fmt.Sprintf("≤ %.2f", goal), ratio <= goal, true)
}

func (b *benchTable) timed(what string, ratio, goal float64) {
	b.row(what, fmt.Sprintf("%.3f", ratio), fmt.Sprintf("≤ %.2f", goal), ratio <= goal, false)
}

func (b *benchTable) note(what, text string) {
	b.rows = append(b.rows, [4]string{"    " + what + ": " + text})
}

func (b *benchTable) head(format string, args ...any) {
	b.rows = append(b.rows, [4]string{}, [4]string{fmt.Sprintf(format, args...)})
}

func (b *benchTable) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-32s %20s   %-10s %s\n", "", "measured", "goal", "")
	for _, r := range b.rows {
		if r[1] == "" {
			fmt.Fprintln(&out, r[0])
			continue
		}
		fmt.Fprintln(&out, strings.TrimRight(fmt.Sprintf("  %-30s %20s   %-10s %s", r[0], r[1], r[2], r[3]), " "))
	}
	return out.String()
}

func mib(n int) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// pages is how many answers a list of n takes.
func pages(n, size int) int { return max(1, (n+size-1)/size) }

func breakdown(calls map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(calls)) {
		out = append(out, fmt.Sprintf("%s %d", k, calls[k]))
	}
	return strings.Join(out, ", ")
}
