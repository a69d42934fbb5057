package e2e

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
)

const (
	benchOwners  = 200
	benchFiles   = 500 // of each owner
	benchGroups  = 100
	benchNoise   = 100 // views and edits for each change of sharing
	benchLatency = 50 * time.Millisecond
	benchWorkers = 16
	benchChanges = 300
	manyOwners   = 2000

	driveUnits    = 1_000_000 // a minute, of a project (see the simulator's quotas)
	driveUnitsOne = 325_000   // a minute, of one user
	listUnits     = 100
)

// benchTable gathers what is printed.
type benchTable struct {
	t    *testing.T
	rows [][4]string
}

// line adds a row. A goal that is counted fails the test when it is missed; one that is timed is only told, since the machine may be busy.
func (b *benchTable) line(what, value, goal string, met, counted bool) {
	mark := ""
	if goal != "" {
		mark = "met"
		if !met {
			mark = "MISSED"
			if counted {
				b.t.Errorf("%s: %s, want %s", what, value, goal)
			}
		}
	}
	b.rows = append(b.rows, [4]string{what, value, goal, mark})
}

func (b *benchTable) head(what string) {
	b.rows = append(b.rows, [4]string{"", "", "", ""}, [4]string{what, "", "", ""})
}

func (b *benchTable) String() string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "what\tmeasured\tgoal\t")
	for _, r := range b.rows {
		fmt.Fprintln(w, strings.Join(r[:], "\t"))
	}
	w.Flush()
	return out.String()
}

func (b *benchTable) ratio(what string, have, of float64, goal float64, counted bool) {
	r := have / of
	b.line(what, fmt.Sprintf("%.2f", r), fmt.Sprintf("≤ %.2f", goal), r <= goal, counted)
}

func mib(n int) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func pages(n, size int) int { return max(1, (n+size-1)/size) }

// leastFirst is the calls without which nothing can be known: the pages of users and groups, one per group, the pages of files, a token per owner.
func (s *benchSite) leastFirst() int {
	n := s.leastDirectory()
	for _, u := range s.school.World.Users() {
		n += pages(s.owned(u.PrimaryEmail), 100) + 1
	}
	return n
}

func (s *benchSite) leastDirectory() int {
	w := s.school.World
	return pages(len(w.Users()), 500) + pages(len(w.Groups()), 200) + len(w.Groups())
}

func (s *benchSite) owned(address string) int {
	return len(s.school.World.OwnedBy(s.school.World.PermissionID("user", address)))
}

// leastLater is the same for a later day, when only what the log names and the slice are read.
func (s *benchSite) leastLater(m *measured, since time.Time) (least, owners, files, logs, slice int) {
	touched, owned := map[string]bool{}, map[string]bool{}
	names := map[string]int{}
	w := s.school.World
	for _, a := range w.Activities("drive") {
		for _, e := range a.Events {
			if e.Name == "view" || e.Name == "edit" {
				continue
			}
			names[e.Name]++
			if f := w.File(e.Param("doc_id")); f != nil && a.Time.After(since) {
				touched[f.ID] = true
				owned[f.Owner.EmailAddress] = true
			}
		}
	}
	logs = m.record.Calls["reports.activities.list"]
	perOwner := pages(benchFiles, 100)
	slice = m.record.ReadFull * (perOwner + 1)
	files, owners = len(touched), len(owned)
	return s.leastDirectory() + logs + owners + files + slice, owners, files, logs, slice
}

func breakdown(calls map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(calls)) {
		out = append(out, fmt.Sprintf("%s %d", k, calls[k]))
	}
	return strings.Join(out, ", ")
}

// TestBench measures the worker, as a process of its own, on large simulated schools: make bench.
func TestBench(t *testing.T) {
	if os.Getenv("ESAFETYBOT_BENCH") != "1" {
		t.Skip("takes minutes: make bench")
	}
	binary := benchBinary(t)
	table := &benchTable{t: t}
	defer func() { fmt.Printf("\n%s\n", table) }()

	small := benchFirstAndLater(t, table, binary)
	if os.Getenv("ESAFETYBOT_BENCH_SMALL") != "1" {
		benchMany(t, table, binary, small)
	}
}

// benchFirstAndLater measures 100,000 files at 50 ms per request: the first run, a day of changes, an unchanged day. Then, at Google's
// quotas and without added latency, the first run again: its peak of memory is returned.
func benchFirstAndLater(t *testing.T, table *benchTable, binary string) int {
	sc, err := generate.Bench(generate.BenchOptions{Owners: benchOwners, FilesPerOwner: benchFiles, Groups: benchGroups, Shares: benchChanges, NoisePerShare: benchNoise, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	site, stop := benchServe(t, sc, server.Options{Latency: benchLatency, Quotas: true})
	first := site.run(binary, benchWorkers)
	table.head(fmt.Sprintf("First run: %d owners × %d files, %d groups, %d ms per request, %d workers", benchOwners, benchFiles, benchGroups, benchLatency.Milliseconds(), benchWorkers))
	tableFirst(table, site, first)
	ideal := benchLatency * time.Duration(first.calls()) / benchWorkers
	table.line("wall time", seconds(first.wall), "", true, false)
	table.line("calls × latency ÷ workers", seconds(ideal), "", true, false)
	table.ratio("wall time against it", first.wall.Seconds(), ideal.Seconds(), 1.15, false)

	since := sc.World.Now()
	if err := generate.BenchDay(sc.World, benchChanges, benchNoise, 2); err != nil {
		t.Fatal(err)
	}
	later := site.run(binary, benchWorkers)
	tableLater(table, site, later, since, fmt.Sprintf("A day later: %d changes, %d views and edits for each", benchChanges, benchNoise))

	if err := generate.BenchDay(sc.World, 0, 0, 3); err != nil {
		t.Fatal(err)
	}
	still := site.run(binary, benchWorkers)
	table.head("A further day, nothing changed")
	table.line("calls", fmt.Sprint(still.calls()), "", true, false)
	table.line("store writes", fmt.Sprint(still.record.Writes), "< 20", still.record.Writes < 20, true)
	stop()

	site, stop = benchServe(t, sc, server.Options{Quotas: true})
	defer stop()
	quick := site.run(binary, benchWorkers)
	table.head(fmt.Sprintf("First run of the same %d files at Google's quotas, no added latency", benchOwners*benchFiles))
	tableFirst(table, site, quick)
	table.line("wall time", seconds(quick.wall), "", true, false)
	return quick.anon
}

// benchMany measures a million files at Google's quotas.
func benchMany(t *testing.T, table *benchTable, binary string, small int) {
	sc, err := generate.Bench(generate.BenchOptions{Owners: manyOwners, FilesPerOwner: benchFiles, Groups: benchGroups, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	site, stop := benchServe(t, sc, server.Options{Quotas: true})
	defer stop()
	m := site.run(binary, benchWorkers)
	table.head(fmt.Sprintf("First run: %d owners × %d files at Google's quotas, no added latency", manyOwners, benchFiles))
	tableFirst(table, site, m)
	table.line("memory against 100,000 files", fmt.Sprintf("%+.0f %%", 100*(float64(m.anon)/float64(small)-1)), "≤ +10 %", float64(m.anon) <= 1.1*float64(small), true)
	units := listUnits * m.stats.Methods["drive.files.list"]
	project := time.Duration(float64(units) / driveUnits * float64(time.Minute))
	user := time.Duration(float64(listUnits*pages(benchFiles, 100)) / driveUnitsOne * float64(time.Minute))
	table.line("quota units, and the time they allow", fmt.Sprintf("%d, %s", units, seconds(max(project, user))), "", true, false)
	table.line("wall time", seconds(m.wall), "", true, false)
	table.ratio("wall time against it", m.wall.Seconds(), max(project, user).Seconds(), 1.3, false)

	since := sc.World.Now()
	if err := generate.BenchDay(sc.World, benchChanges, benchNoise, 2); err != nil {
		t.Fatal(err)
	}
	later := site.run(binary, benchWorkers)
	tableLater(table, site, later, since, fmt.Sprintf("A day later: %d changes, %d views and edits for each", benchChanges, benchNoise))
	if err := generate.BenchDay(sc.World, 0, 0, 3); err != nil {
		t.Fatal(err)
	}
	still := site.run(binary, benchWorkers)
	table.head("A further day, nothing changed")
	table.line("store writes", fmt.Sprint(still.record.Writes), "< 20", still.record.Writes < 20, true)
}

func tableFirst(table *benchTable, site *benchSite, m *measured) {
	least := site.leastFirst()
	table.line("calls", fmt.Sprint(m.calls()), "", true, false)
	table.line("  of these", breakdown(m.record.Calls), "", true, false)
	table.line("least possible", fmt.Sprint(least), "", true, false)
	table.ratio("calls against the least", float64(m.calls()), float64(least), 1.1, true)
	table.line("findings", fmt.Sprint(m.record.Changes.Opened), "", true, false)
	table.line("peak anonymous memory", mib(m.anon), "< 64 MiB", m.anon < 64<<20, true)
	table.line("store writes", fmt.Sprint(m.record.Writes), "", true, false)
	table.line("answers over quota", fmt.Sprint(m.limited()), "0", m.limited() == 0, true)
	table.line("processor time of the worker", seconds(m.cpu), "", true, false)
}

func tableLater(table *benchTable, site *benchSite, m *measured, since time.Time, what string) {
	table.head(what)
	least, owners, files, logs, slice := site.leastLater(m, since)
	table.line("calls", fmt.Sprint(m.calls()), "", true, false)
	table.line("  of these", breakdown(m.record.Calls), "", true, false)
	table.line("least possible", fmt.Sprintf("%d = %d directory + %d log + %d owners + %d files + %d slice", least, site.leastDirectory(), logs, owners, files, slice), "", true, false)
	table.ratio("calls against the least", float64(m.calls()), float64(least), 1.1, true)
	table.line("peak anonymous memory", mib(m.anon), "< 64 MiB", m.anon < 64<<20, true)
	table.line("store writes", fmt.Sprint(m.record.Writes), "", true, false)
	table.line("answers over quota", fmt.Sprint(m.limited()), "0", m.limited() == 0, true)
	table.line("wall time", seconds(m.wall), "", true, false)
}
