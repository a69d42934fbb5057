package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"esafetybot/internal/jobs"
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

// bill counts what Firestore would charge for: https://firebase.google.com/docs/firestore/pricing.
type bill struct {
	mu                     sync.Mutex
	reads, writes, deletes int
	stored                 map[string]int // bytes by document, without Firestore's own of some hundred for each
}

func (b *bill) dial() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(b.unary), grpc.WithChainStreamInterceptor(b.stream)}
}

func (b *bill) unary(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, conn, opts...)
	c, ok := req.(*firestorepb.CommitRequest)
	if err != nil || !ok {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range c.GetWrites() {
		if name := w.GetDelete(); name != "" {
			b.deletes++
			delete(b.stored, name)
			continue
		}
		b.writes++
		b.stored[w.GetUpdate().GetName()] = proto.Size(w.GetUpdate())
	}
	return nil
}

func (b *bill) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	s, err := open(ctx, desc, conn, method, opts...)
	if err != nil {
		return nil, err
	}
	return &billed{ClientStream: s, bill: b}, nil
}

// billed is a stream of what is read.
type billed struct {
	grpc.ClientStream
	bill *bill
	n    int
	done bool
}

func (s *billed) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	s.bill.mu.Lock()
	defer s.bill.mu.Unlock()
	if err != nil {
		if errors.Is(err, io.EOF) && s.n == 0 && !s.done {
			s.bill.reads++ // a query that finds nothing
		}
		s.done = true
		return err
	}
	read := false
	switch x := m.(type) {
	case *firestorepb.RunQueryResponse:
		read = x.GetDocument() != nil
	case *firestorepb.BatchGetDocumentsResponse:
		read = x.GetResult() != nil // one that is missing too
	}
	if read {
		s.n++
		s.bill.reads++
	}
	return nil
}

// use is what a while used.
type use struct{ reads, writes, deletes int }

func (b *bill) take() use {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := use{b.reads, b.writes, b.deletes}
	b.reads, b.writes, b.deletes = 0, 0, 0
	return out
}

func (b *bill) size() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, x := range b.stored {
		n += x
	}
	return n
}

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
	b := &bill{stored: map[string]int{}}
	st, err := firestore.Open(t.Context(), "month", "", "school", firestore.Options{Emulator: emulator.Host(t), Dial: b.dial()})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w.store, w.box = st, newOutbox(t, w.policy, st)
	player := sc.Player()
	player.Until = from.AddDate(0, 1, 0)

	var first, worst, month, idle use
	var ticks, starts, calls, busy int
	zone := w.policy.School.Location
	for day := from; day.Before(from.AddDate(0, 0, 30)); day = day.AddDate(0, 0, 1) {
		school := day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
		played, sum := false, use{}
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
			used := b.take()
			sum.reads, sum.writes, sum.deletes = sum.reads+used.reads, sum.writes+used.writes, sum.deletes+used.deletes
			if n == 0 {
				ticks++
				idle = use{max(idle.reads, used.reads), max(idle.writes, used.writes), max(idle.deletes, used.deletes)}
				continue
			}
			calls += asked
			busy += max(billedSeconds, int(float64(asked)*aCall))
		}
		month.reads, month.writes, month.deletes = month.reads+sum.reads, month.writes+sum.writes, month.deletes+sum.deletes
		if day.Equal(from) {
			first = sum
			continue
		}
		worst = use{max(worst.reads, sum.reads), max(worst.writes, sum.writes), max(worst.deletes, sum.deletes)}
	}
	s.private()

	cpu := ticks*billedSeconds + busy
	table.head("A month (30 days) of a school of 420 pupils on Google Cloud")
	table.plain("starts of the worker", fmt.Sprintf("%d, %d of them idle", starts, ticks))
	table.plain("requests to Workspace", fmt.Sprintf("%d", calls))
	table.plain("Firestore, the month", fmt.Sprintf("%d / %d / %d", month.reads, month.writes, month.deletes))
	share := func(what string, n int, free float64) {
		table.counted(fmt.Sprintf("%s: %d, of %.0f", what, n, free), float64(n)/free, 1)
	}
	share("first day's reads", first.reads, freeReads)
	share("first day's writes", first.writes, freeWrites)
	share("busiest later day's reads", worst.reads, freeReads)
	share("busiest later day's writes", worst.writes, freeWrites)
	share("busiest later day's deletes", worst.deletes, freeDeletes)
	share("bytes stored", b.size(), freeStored)
	share("vCPU-seconds", cpu, freeCPU)
	share("GiB-seconds", int(float64(cpu)*workerMemory), freeMemory)
	share("schedules", 3, freeSchedules)
	share("an idle tick's reads, in 2", idle.reads, 2)
	if idle.writes+idle.deletes > 0 {
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
	names, err := jobs.Due(ctx, env)
	s.do(err)
	if len(names) == 0 {
		return 0, 0
	}
	_, err = runJobs(ctx, w, env, names...)
	s.do(err)
	for _, r := range w.records {
		asked += calls(r)
	}
	return len(names), asked
}
