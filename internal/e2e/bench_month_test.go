package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"esafetybot/internal/jobs"
	"esafetybot/internal/mail"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/store"
	"esafetybot/internal/store/firestore"
	"esafetybot/internal/store/firestore/emulator"
	"esafetybot/internal/store/memory"
)

// What costs nothing, as Google's price lists said in November 2026: https://cloud.google.com/firestore/pricing, https://cloud.google.com/run/pricing,
// https://cloud.google.com/scheduler/pricing.
const (
	freeReads, freeWrites, freeDeletes = 50_000, 20_000, 20_000 // a day, of one database of a project
	freeStored                         = 1 << 30                // bytes, likewise
	freeCPU, freeMemory                = 240_000, 450_000       // a month, of jobs: vCPU-seconds and GiB-seconds
	freeSchedules                      = 3                      // of a billing account

	billedSeconds = 60  // a task of a job is paid for as a minute at least
	workerMemory  = 0.5 // GiB, as Terraform sets it unless told otherwise
	aCall         = 0.3 // seconds that a request to Google may take, one after another: more than they do
)

// dayKind is what a day of the month is like, as far as it costs.
func dayKind(day, first time.Time) string {
	switch {
	case day.Equal(first):
		return "the first day"
	case !atSchool(day):
		return "a day off"
	case day.Weekday() == time.Friday:
		return "a Friday, with the weekly mail"
	}
	return "another day at school"
}

func atSchool(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

// dayUse is what days used in all, and the most of one of them.
type dayUse struct {
	days, starts, idle, calls, cpu int
	use, most, idleMost            emulator.Use
}

func plus(a, b emulator.Use) emulator.Use {
	return emulator.Use{Reads: a.Reads + b.Reads, Writes: a.Writes + b.Writes, Deletes: a.Deletes + b.Deletes}
}

func most(a, b emulator.Use) emulator.Use {
	return emulator.Use{Reads: max(a.Reads, b.Reads), Writes: max(a.Writes, b.Writes), Deletes: max(a.Deletes, b.Deletes)}
}

// add adds days to others.
func (d *dayUse) add(x dayUse) {
	d.days, d.starts, d.idle, d.calls, d.cpu = d.days+x.days, d.starts+x.starts, d.idle+x.idle, d.calls+x.calls, d.cpu+x.cpu
	d.use, d.most, d.idleMost = plus(d.use, x.use), most(d.most, x.most), most(d.idleMost, x.idleMost)
}

// monthLife is a school of 420 pupils in November.
type monthLife struct {
	*campus
	w      *watch
	player *generate.Player
	from   time.Time
}

func newMonthLife(t *testing.T, st store.Store) *monthLife {
	t.Helper()
	from := time.Date(2026, 11, 2, 4, 30, 0, 0, time.UTC)
	sc, err := generate.Generate(generate.Options{Pupils: 420, Seed: 1, Now: from})
	if err != nil {
		t.Fatal(err)
	}
	m := &monthLife{campus: serve(t, sc.World, sc.Policies, server.Options{}), player: sc.Player(), from: from}
	m.first = from
	m.w = m.only(generate.Classroom)
	m.w.store, m.w.box = st, newOutbox(t, m.w.policy, st)
	m.player.Until = from.AddDate(0, 1, 0)
	return m
}

// day lives one day, with every start of the worker, and tells what it used by a bill. Each start is heard of.
func (m *monthLife) day(day time.Time, take func() emulator.Use, heard func(at time.Time, used emulator.Use)) dayUse {
	m.t.Helper()
	d := dayUse{days: 1}
	for _, at := range benchTicks(day.In(m.w.policy.School.Location), atSchool(day)) {
		if atSchool(day) && at.Hour() == 15 && at.Minute() == 0 {
			if _, err := m.player.Play(); err != nil {
				m.t.Fatal(err)
			}
		}
		if m.world.Now().Before(at) {
			m.world.SetNow(at)
		}
		d.starts++
		n, asked := m.tick(m.w)
		used := take()
		heard(at, used)
		d.use = plus(d.use, used)
		if n == 0 {
			d.idle++
			d.cpu += billedSeconds
			d.idleMost = most(d.idleMost, used)
			continue
		}
		d.calls += asked
		d.cpu += max(billedSeconds, int(float64(asked)*aCall))
	}
	d.most = d.use
	return d
}

// TestBenchMonth measures what a month of a school of 420 pupils uses of what Google gives for nothing: the tables of docs/costs.md. The month is lived on a store in memory that counts as Firestore
// charges (billed), because Google's emulator takes half an hour for it; that it counts right is seen on the first two days, which are lived on the emulator as well: there each start of the worker has to cost what was counted.
func TestBenchMonth(t *testing.T) {
	if os.Getenv("ESAFETYBOT_BENCH") != "1" {
		t.Skip("takes minutes: make bench")
	}
	table := &benchTable{t: t}
	defer func() { fmt.Printf("\n%s\n", table) }()

	bill := emulator.NewBill()
	st, err := firestore.Open(t.Context(), "month", "", "school", firestore.Options{Emulator: emulator.Host(t), Dial: bill.Dial()})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	counted := newBilled(st)
	m := newMonthLife(t, counted)
	compared := emulator.Use{}
	for i := range 2 {
		m.day(m.from.AddDate(0, 0, i), counted.Take, func(at time.Time, have emulator.Use) {
			if want := bill.Take(); have != want {
				t.Errorf("%s: counted %+v, but the emulator was asked for %+v", at.Format("2 January 15:04"), have, want)
			}
			compared = plus(compared, have)
		})
	}

	mem, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	counted = newBilled(mem)
	m = newMonthLife(t, counted)
	kinds, stored := map[string]*dayUse{}, 0
	for i := range 30 {
		day := m.from.AddDate(0, 0, i)
		name := dayKind(day, m.from)
		d := m.day(day, counted.Take, func(time.Time, emulator.Use) {})
		if kinds[name] == nil {
			kinds[name] = &dayUse{}
		}
		kinds[name].add(d)
		t.Logf("%s, %s: %d / %d / %d; %d bytes more", day.Format("2 January"), name, d.use.Reads, d.use.Writes, d.use.Deletes, counted.Stored()-stored)
		stored = counted.Stored()
	}
	m.private()
	table.head("A month (30 days) of a school of 420 pupils on Google Cloud")
	table.plain("compared with the emulator", fmt.Sprintf("%d / %d / %d", compared.Reads, compared.Writes, compared.Deletes))
	benchMonthTable(table, kinds, kinds[dayKind(m.from, m.from)].use, stored)
	table.note("most was read of", counted.Most(8))
}

// benchMonthTable tells what a month used.
func benchMonthTable(table *benchTable, kinds map[string]*dayUse, first emulator.Use, stored int) {
	var month, later dayUse
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		k := kinds[name]
		month.add(*k)
		if k.use != first {
			later.add(*k)
		}
		table.plain(fmt.Sprintf("%s (%d)", name, k.days), fmt.Sprintf("%d / %d / %d", k.use.Reads/k.days, k.use.Writes/k.days, k.use.Deletes/k.days))
		table.note("reads / writes / deletes of one, in the mean; requests to Workspace", fmt.Sprint(k.calls/k.days))
	}
	table.plain("starts of the worker", fmt.Sprintf("%d, %d of them idle", month.starts, month.idle))
	table.plain("requests to Workspace", fmt.Sprintf("%d", month.calls))
	table.plain("Firestore, the month", fmt.Sprintf("%d / %d / %d", month.use.Reads, month.use.Writes, month.use.Deletes))
	share := func(what string, n int, free float64) {
		table.counted(fmt.Sprintf("%s: %d, of %.0f", what, n, free), float64(n)/free, 1)
	}
	share("first day's reads", first.Reads, freeReads)
	share("first day's writes", first.Writes, freeWrites)
	share("busiest later day's reads", later.most.Reads, freeReads)
	share("busiest later day's writes", later.most.Writes, freeWrites)
	share("busiest later day's deletes", later.most.Deletes, freeDeletes)
	share("bytes stored", stored, freeStored)
	share("vCPU-seconds", month.cpu, freeCPU)
	share("GiB-seconds", int(float64(month.cpu)*workerMemory), freeMemory)
	share("schedules", 3, freeSchedules)
	share("an idle tick's reads, in 2", month.idleMost.Reads, 2)
	if month.idleMost.Writes+month.idleMost.Deletes > 0 {
		table.t.Errorf("an idle tick writes: %+v", month.idleMost)
	}
}

// benchTicks are the times at which Terraform's schedules start the worker on a day.
func benchTicks(day time.Time, school bool) (out []time.Time) {
	for h := range 24 {
		minutes := []int{5}
		if school && h >= 7 && h <= 17 {
			minutes = []int{0, 15, 30, 45}
		}
		for _, m := range minutes {
			out = append(out, time.Date(day.Year(), day.Month(), day.Day(), h, m, 0, 0, day.Location()))
		}
	}
	return out
}

// tick is one start of the worker: how many jobs ran, and how many requests they made.
func (s *campus) tick(w *watch) (ran, asked int) {
	s.t.Helper()
	ctx := context.Background()
	client, err := newClient(ctx, w.policy, s.key, s.base, s.retry, s.logs)
	s.do(err)
	env := jobs.Env{Google: client, Clock: s.world.Now, Log: newLog(s.logs), Roll: s.roll, Store: w.store, Policy: w.policy, BaseURL: "https://review.school.example"}
	found, err := jobs.Tick(ctx, env)
	s.do(err)
	if len(found.Names) == 0 {
		return 0, 0
	}
	own := env
	own.Since = found.Since
	_, err = runJobs(ctx, w, own, found.Names...)
	s.do(err)
	for _, r := range w.records {
		asked += calls(r)
	}
	_, err = w.box.Deliver(ctx, mail.NewDir(s.t.TempDir()), s.world.Now())
	s.do(err)
	s.do(jobs.WorkOut(ctx, env))
	return len(found.Names), asked
}
