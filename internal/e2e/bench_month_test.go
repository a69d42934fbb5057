package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"esafetybot/internal/jobs"
	"esafetybot/internal/mail"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/store/firestore"
	"esafetybot/internal/store/firestore/emulator"
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

// TestBenchMonth measures what a month of a school of 420 pupils uses of what Google gives for nothing: the table of docs/costs.md.
func TestBenchMonth(t *testing.T) {
	if os.Getenv("ESAFETYBOT_BENCH") != "1" {
		t.Skip("takes minutes: make bench")
	}
	table := &benchTable{t: t}
	defer func() { fmt.Printf("\n%s\n", table) }()
	from := time.Date(2026, 11, 2, 4, 30, 0, 0, time.UTC)
	sc, err := generate.Generate(generate.Options{Pupils: 420, Seed: 1, Now: from})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, sc.World, sc.Policies, server.Options{})
	s.first = from
	w := s.only(generate.Classroom)
	b := emulator.NewBill()
	st, err := firestore.Open(t.Context(), "month", "", "school", firestore.Options{Emulator: emulator.Host(t), Dial: b.Dial()})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w.store, w.box = st, newOutbox(t, w.policy, st)
	player := sc.Player()
	player.Until = from.AddDate(0, 1, 0)

	var first, worst, month, idle emulator.Use
	var ticks, starts, calls, busy int
	zone := w.policy.School.Location
	for day := from; day.Before(from.AddDate(0, 0, 30)); day = day.AddDate(0, 0, 1) {
		school := day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
		played, sum := false, emulator.Use{}
		for _, at := range benchTicks(day.In(zone), school) {
			if school && !played && at.Hour() >= 15 {
				if _, err := player.Play(); err != nil {
					t.Fatal(err)
				}
				played = true
			}
			if s.world.Now().Before(at) {
				s.world.SetNow(at)
			}
			starts++
			n, asked := s.tick(w)
			used := b.Take()
			sum.Reads, sum.Writes, sum.Deletes = sum.Reads+used.Reads, sum.Writes+used.Writes, sum.Deletes+used.Deletes
			if n == 0 {
				ticks++
				idle = emulator.Use{Reads: max(idle.Reads, used.Reads), Writes: max(idle.Writes, used.Writes), Deletes: max(idle.Deletes, used.Deletes)}
				continue
			}
			calls += asked
			busy += max(billedSeconds, int(float64(asked)*aCall))
		}
		month.Reads, month.Writes, month.Deletes = month.Reads+sum.Reads, month.Writes+sum.Writes, month.Deletes+sum.Deletes
		if day.Equal(from) {
			first = sum
			continue
		}
		worst = emulator.Use{Reads: max(worst.Reads, sum.Reads), Writes: max(worst.Writes, sum.Writes), Deletes: max(worst.Deletes, sum.Deletes)}
	}
	s.private()

	cpu := ticks*billedSeconds + busy
	table.head("A month (30 days) of a school of 420 pupils on Google Cloud")
	table.plain("starts of the worker", fmt.Sprintf("%d, %d of them idle", starts, ticks))
	table.plain("requests to Workspace", fmt.Sprintf("%d", calls))
	table.plain("Firestore, the month", fmt.Sprintf("%d / %d / %d", month.Reads, month.Writes, month.Deletes))
	share := func(what string, n int, free float64) {
		table.counted(fmt.Sprintf("%s: %d, of %.0f", what, n, free), float64(n)/free, 1)
	}
	share("first day's reads", first.Reads, freeReads)
	share("first day's writes", first.Writes, freeWrites)
	share("busiest later day's reads", worst.Reads, freeReads)
	share("busiest later day's writes", worst.Writes, freeWrites)
	share("busiest later day's deletes", worst.Deletes, freeDeletes)
	share("bytes stored", b.Stored(), freeStored)
	share("vCPU-seconds", cpu, freeCPU)
	share("GiB-seconds", int(float64(cpu)*workerMemory), freeMemory)
	share("schedules", 3, freeSchedules)
	share("an idle tick's reads, in 2", idle.Reads, 2)
	if idle.Writes+idle.Deletes > 0 {
		t.Errorf("an idle tick writes: %+v", idle)
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
