package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/store"
)

// onceADay are the jobs that run once a day and at no other time, whatever happens.
var onceADay = []string{jobs.AccountsJob, jobs.DevicesJob, jobs.SettingsJob, jobs.RecordsJob, jobs.SharingJob, jobs.NamesJob, jobs.RetentionJob, jobs.DigestJob, jobs.WeeklyJob, jobs.TermlyJob, jobs.MonthlyJob}

// soakKeep is the shortest retention that counts: what is kept levels off within the year.
const soakKeep = "\nretention: {findings: 92 days, actions: 92 days, messages: 30 days, reports: 92 days, runs: 92 days, decisions: 92 days, check_ins: 92 days, moderation: 92 days, access_record: 92 days, records: 92 days}\n"

// TestCampaignSoak lets both schools live for days on end, a whole year in a campaign, with two processes at once that look at the clock together, are killed, told to stop and started again, while some
// requests to Google fail. A twin of each school, whose one process is left in peace, says what must come of it: each day's jobs ran once, everybody was sent what they are sent there and nothing twice, and what is
// kept levels off.
func TestCampaignSoak(t *testing.T) {
	from, days := time.Date(2026, 10, 23, 4, 30, 0, 0, time.UTC), 3 // the clocks go back on the last of them
	if campaign() {
		from, days = time.Date(2026, 9, 7, 4, 30, 0, 0, time.UTC), 365
	}
	if n, err := strconv.Atoi(os.Getenv("ESAFETYBOT_SOAK_DAYS")); err == nil {
		days = n
	}
	for _, name := range []string{generate.Classroom, generate.Dojo} {
		t.Run(name, func(t *testing.T) {
			if !campaign() && name == generate.Classroom {
				t.Skip("the other school is a sample; both are in a campaign")
			}
			seed := int64(5)
			rng := rand.New(rand.NewPCG(uint64(seed), 11))
			soaked, calm := newSoak(t, name, seed, from, true), newSoak(t, name, seed, from, false)
			for day := range days {
				for _, s := range []*soak{soaked, calm} {
					s.day(day, rng)
				}
				if soaked.compare(calm); t.Failed() {
					t.Fatalf("after day %d", day+1)
				}
				if (day+1)%28 == 0 { // the text of a message is kept for 30 days
					soaked.private()
				}
				if (day+1)%30 == 0 {
					soaked.measure()
					t.Logf("day %d: %d killed, %d stopped, %d ticks (%d idle), %s", day+1, soaked.killed, soaked.stopped, soaked.ticks, soaked.idle, soaked.sizes())
				}
			}
			soaked.levels()
			if days >= 30 {
				calm.ages(days, rng)
			}
			if soaked.killed == 0 || soaked.stopped == 0 || soaked.idle == 0 {
				t.Errorf("the soak proves little: %d killed, %d stopped, %d idle ticks", soaked.killed, soaked.stopped, soaked.idle)
			}
			if n := len(soaked.excused); n > 40 {
				t.Errorf("%d are excused: that is no equal year", n)
			}
			t.Logf("%d killed, %d stopped, %d ticks, of which %d idle; %d messages", soaked.killed, soaked.stopped, soaked.ticks, soaked.idle, len(soaked.sent()))
			soaked.private()
		})
	}
}

// soak is one school and the processes that serve it.
type soak struct {
	*campus
	w        *watch
	sc       *generate.School
	player   *generate.Player
	zone     *time.Location
	rough    bool
	meter    *meter
	procs    []*process
	serial   int
	gate     *gate
	harmed   int // were to be
	killed   int
	stopped  int
	ticks    int
	idle     int
	measured []size
	mu       sync.Mutex

	blind    string          // what the two schools could not see differently, when they were compared last
	wasBlind bool            // likewise, when they were compared before
	owed     map[string]owed // by recipient
	excused  map[string]bool // "DAY RECIPIENT": who was told of that on another day than in peace
	more     int             // messages that the excused were sent more than in peace
}

// size is what is kept at a time.
type size struct {
	day         time.Time
	docs, bytes int
	heap        uint64
	routines    int
}

func newSoak(t *testing.T, name string, seed int64, from time.Time, rough bool) *soak {
	t.Helper()
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: seed, Now: from})
	if err != nil {
		t.Fatal(err)
	}
	s := &soak{sc: sc, player: sc.Year(), rough: rough, gate: &gate{}, excused: map[string]bool{}, owed: map[string]owed{}}
	o := server.Options{OnRequest: s.gate.pass}
	if rough {
		o.Faults = server.Faults{Rate: 0.02, Seed: uint64(seed), Kinds: []string{"429", "503"}}
	}
	s.campus = serve(t, sc.World, map[string]string{name: sc.Policies[name]}, o)
	s.w = s.watches[0]
	s.meter = &meter{Store: s.w.store, docs: map[string]int{}}
	s.w.store = s.meter
	s.player.Changes = 6
	s.player.Noise = -1
	s.player.Until = from.AddDate(2, 0, 0)
	s.policyAt(from)
	s.zone = s.w.policy.School.Location
	return s
}

// policyAt is the policy as the school has it at a time: it is written anew when the calendar goes on.
func (s *soak) policyAt(now time.Time) {
	s.t.Helper()
	texts, err := s.sc.PoliciesAt(now)
	s.do(err)
	var kept []string
	drop := false
	for line := range strings.Lines(texts[s.w.name]) {
		if line[0] >= 'a' && line[0] <= 'z' {
			drop = strings.HasPrefix(line, "retention:")
		}
		if !drop {
			kept = append(kept, line)
		}
	}
	p, err := policy.Parse(s.w.name+".yaml", []byte(strings.Join(kept, "")+soakKeep))
	s.do(err)
	s.w.policy = p
	for _, proc := range s.procs {
		proc.env.Policy = p
	}
}

// day lets a day pass: the jobs of the morning, what people do, the jobs of the afternoon, and the hours in which the clocks change.
func (s *soak) day(n int, rng *rand.Rand) {
	s.t.Helper()
	today := s.world.Now().In(s.zone)
	at := func(hour, minute int) time.Time {
		return time.Date(today.Year(), today.Month(), today.Day(), hour, minute, 0, 0, s.zone)
	}
	s.policyAt(s.world.Now())
	ends := func(t time.Time) time.Duration { _, off := t.Zone(); return time.Duration(off) * time.Second }
	if ends(at(0, 0)) != ends(at(12, 0)) {
		for t := at(0, 30); t.Before(at(4, 0)); t = t.Add(30 * time.Minute) {
			s.tick(t, nil)
		}
	}
	// On some days a process dies in the morning, or is told to stop; a quarter of an hour later its lease is over.
	for i, clock := range []time.Time{at(7, 31), at(7, 47), at(7, 58)} {
		var fate *rand.Rand
		if i == 0 && (!campaign() || n%7 < 5) {
			fate = rng
		}
		s.tick(clock, fate)
	}
	if d := today.Weekday(); d != time.Saturday && d != time.Sunday {
		_, err := s.player.Play()
		s.do(err)
	}
	s.w.site = nonNil(s.w.site, s.t)
	for i, clock := range []time.Time{at(18, 1), at(18, 17), at(18, 33)} {
		var fate *rand.Rand
		if i == 0 && n%4 == 1 {
			fate = rng
		}
		if s.world.Now().Before(clock) || i > 0 {
			s.tick(clock, fate)
		}
	}
	for hour := 19; hour < 24 && s.rests(); hour++ { // Google did not take a message, which is tried again after a pause
		s.tick(at(hour, 31), nil)
	}
	s.world.SetNow(time.Date(today.Year(), today.Month(), today.Day()+1, 0, 5, 0, 0, s.zone))
}

// rests tells whether a message waits to be sent.
func (s *soak) rests() bool {
	for _, err := range outbox.Reader(s.w.store).Open(s.t.Context()) {
		s.do(err)
		return true
	}
	return false
}

func nonNil(s store.Store, t testing.TB) store.Store {
	if s == nil {
		return openMemory(t)
	}
	return s
}

// tick lets the processes look at the clock; with a fate one of them comes to harm.
func (s *soak) tick(now time.Time, fate *rand.Rand) {
	s.t.Helper()
	s.noteMoved(s.w)
	if now.After(s.world.Now()) {
		s.world.SetNow(now)
	}
	s.w.site = nonNil(s.w.site, s.t)
	n := 1
	if s.rough {
		n = 2
	}
	for len(s.procs) < n {
		s.procs = append(s.procs, s.start())
	}
	f := &ill{}
	if s.rough && fate != nil {
		f.left, f.stops = 1+fate.IntN(120), s.harmed%3 == 1
		s.harmed++
	}
	for _, p := range s.procs[:n] {
		p.life.face(f)
	}
	var wg sync.WaitGroup
	for _, p := range s.procs[:n] {
		wg.Go(func() {
			if err := p.tick(s); err != nil && !p.life.ended() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.t.Errorf("%s, %s: %v", s.w.name, s.world.Now(), err)
			}
		})
	}
	wg.Wait()
	for i, p := range s.procs {
		if p.life.ended() {
			if p.life.stops {
				s.stopped++
			} else {
				s.killed++
			}
			s.procs[i] = s.start()
		}
	}
}

// process is a process of the worker.
type process struct {
	env  jobs.Env
	box  *outbox.Outbox
	life *life
	to   mail.Sender
}

// start starts a process.
func (s *soak) start() *process {
	s.t.Helper()
	s.serial++
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	p := &process{life: &life{ctx: ctx, cancel: cancel}}
	admin, _ := s.w.policy.Address(policy.RoleAdmin)
	client, err := google.New(ctx, google.Config{
		Credentials: s.key, Admin: admin, Endpoint: s.base, Workers: 4, Quota: google.Unlimited(), Retry: s.retry, Log: newLog(s.logs), HTTP: mortalHTTP{p.life},
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	s.do(err)
	st := mortal{s.meter, p.life}
	s.w.site = nonNil(s.w.site, s.t)
	p.env = jobs.Env{
		Store: st, Site: mortal{s.w.site, p.life}, Policy: s.w.policy, Google: client, Clock: s.world.Now, Log: newLog(s.logs), Holder: fmt.Sprint("process ", s.serial), Roll: s.roll,
		Patience: []time.Duration{0, 0}, Wait: func(context.Context, time.Duration) error { return nil }, BaseURL: "https://review.school.example", Change: client,
	}
	if s.w.policy.PostsInClassroom() {
		p.env.Classroom = client
	}
	p.box = newOutbox(s.t, s.w.policy, st)
	p.to = mail.NewGmail(drafts{client, sender(s.w.policy)})
	return p
}

// tick looks at the clock once, as serve and run do.
func (p *process) tick(s *soak) error {
	ctx := p.life.ctx
	found, err := jobs.Tick(ctx, p.env)
	s.mu.Lock()
	s.ticks++
	if len(found.Names) == 0 {
		s.idle++
	}
	s.mu.Unlock()
	if err != nil || len(found.Names) == 0 {
		return err
	}
	env := p.env
	env.Since = found.Since
	if err := jobs.Run(ctx, env, p.box, found.Names, nil); err != nil {
		return err
	}
	if err := p.send(ctx); err != nil && !errors.Is(err, jobs.ErrBusy) {
		return err
	}
	return jobs.WorkOut(ctx, p.env)
}

func (p *process) send(ctx context.Context) error {
	lease, err := jobs.Take(ctx, p.env.Store, jobs.SendJob, p.env.Holder, false, p.env.Clock)
	if err != nil {
		return err
	}
	box, err := p.box.With(lease.Guard)
	if err != nil {
		return err
	}
	_, err = box.Deliver(ctx, p.to, p.env.Clock()) // a message that Google did not take goes at one of the next ticks
	return errors.Join(err, lease.Release(context.WithoutCancel(ctx), &store.Batch{}))
}

// measure notes how much is kept, and how much memory is held.
func (s *soak) measure() {
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	s.meter.mu.Lock()
	defer s.meter.mu.Unlock()
	s.measured = append(s.measured, size{s.world.Now(), len(s.meter.docs), s.meter.bytes, mem.HeapAlloc, runtime.NumGoroutine()})
}

func (s *soak) sizes() string {
	x := s.measured[len(s.measured)-1]
	return fmt.Sprintf("%d documents, %d KiB; heap %d MiB (simulator included), %d goroutines", x.docs, x.bytes>>10, x.heap>>20, x.routines)
}

// levels fails the test if what is kept in the second half of a year is much more than in the first, in the course of which retention begins.
func (s *soak) levels() {
	s.t.Helper()
	if len(s.measured) < 12 {
		return
	}
	most := func(list []size) (docs, bytes, routines int) {
		for _, x := range list {
			docs, bytes, routines = max(docs, x.docs), max(bytes, x.bytes), max(routines, x.routines)
		}
		return docs, bytes, routines
	}
	docs1, bytes1, routines1 := most(s.measured[:6])
	docs2, bytes2, routines2 := most(s.measured[6:])
	if docs2*10 > docs1*13 || bytes2*10 > bytes1*13 || routines2 > routines1+50 {
		by := map[string]int{}
		for id, n := range s.meter.docs {
			name, _, _ := strings.Cut(id, "/")
			by[name] += n
		}
		s.t.Errorf("what is kept grows: at most %d documents and %d bytes in the first half, %d and %d in the second; goroutines %d, %d: %v", docs1, bytes1, docs2, bytes2, routines1, routines2, by)
	}
}

// noise is how much the heap may differ for reasons that are not ours.
const noise = 8 << 20

// ages fails the test if a process that was left in peace all along holds much more memory than one that has lived for a day.
func (s *soak) ages(day int, rng *rand.Rand) {
	s.t.Helper()
	old := s.holds()
	s.day(day, rng)
	if young := s.holds(); old > 2*young+noise {
		s.t.Errorf("a process that has lived for %d days holds %d KiB, one of a day %d KiB", day, old>>10, young>>10)
	} else {
		s.t.Logf("a process that has lived for %d days holds %d KiB, one of a day %d KiB", day, old>>10, young>>10)
	}
}

// holds is how much memory the processes hold, in bytes; they are gone afterwards.
func (s *soak) holds() int64 {
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // what waited for a finalizer, too
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		return int64(mem.HeapAlloc)
	}
	with := heap()
	for _, p := range s.procs {
		p.life.cancel()
	}
	s.procs = nil
	return with - heap()
}
