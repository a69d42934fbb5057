package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/store"
)

// moreReminders are reminders that the two policies have for a year besides their own, so that there is something of every kind: %[1]s posts, %[2]s and %[3]s agreed that it is posted in their name.
var moreReminders = map[string]string{
	generate.Classroom: `
  - id: Z1
    says: Other reminders.
    deals_with_it: esafety_officer
    met_by:
      - {reminder: monitoring-notice, with: {to: [pupils], through: classroom, as: poster, poster: "%[1]s", when: first Monday of each month, at: "13:05", links: ["https://www.example.org/rules"]}}
      - {reminder: governor-meeting, with: {to: [staff, it_support], when: every 20 days, at: "11:00"}}
      - {reminder: class-dojo-posts, ask: page_host, with: {to: [pupils], through: classroom, as: teacher, agreed: ["%[2]s", "%[3]s"], when: 2 per half term, at: "09:00"}}
`,
	generate.Dojo: `
  - id: Z1
    says: Other reminders.
    deals_with_it: esafety_officer
    met_by:
      - {reminder: agreement, with: {to: [pupils], through: classroom, as: teacher, agreed: ["%[2]s", "%[3]s"], when: 2 per half term, at: "09:00"}}
      - {reminder: parents-event, with: {to: [pupils], through: classroom, as: poster, poster: "%[1]s", when: first Monday of each month, at: "13:05", links: ["https://www.example.org/rules"]}}
      - {reminder: committee, with: {to: [committee, teachers], when: "0 11 1,15 * *", text: "It is about {theme}.", themes: {Autumn 1: games, Spring: passwords}}}
      - {reminder: staff-training, with: {to: [staff], when: every 20 days, at: "14:00"}}
`,
}

// pauses are the times of the day at which the program asks itself whether anything is due, as serve does every few minutes.
var pauses = []string{"07:35", "08:30", "08:45", "09:45", "11:00", "12:05", "13:05", "14:10", "15:45", "16:55"}

// slow are the jobs that a year of reminders runs only once, on its first morning: what they read is not what reminders rest on.
var slow = []string{jobs.AccountsJob, jobs.DevicesJob, jobs.PupilEmailJob, jobs.SettingsJob, jobs.CommentsJob, jobs.SharingJob, jobs.NamesJob, jobs.IncidentsJob, jobs.RetentionJob}

// oneRun is what a run of the program in this process has: once it is taken nothing of it reaches the simulated Google or the store any more, as if the process were dead.
type oneRun struct {
	mu   sync.Mutex
	dead bool
	n    counts
	at   point
	end  func() // ends the run's context
}

var errDead = errors.New("this run was killed")

// begin counts from 1 again, for a run that ends at a point; the zero point is none.
func (l *oneRun) begin(at point, end func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead, l.n, l.at, l.end = false, counts{}, at, end
}

// past ends the life, and tells whether it had ended in that run, and how much of everything there was.
func (l *oneRun) past() (killed bool, n counts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead, l.n
}

// meets counts one more of something. It tells whether that is to be done, and whether anything after it is.
func (l *oneRun) meets(what ...string) (do, goesOn bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return false, false
	}
	for _, of := range what {
		if l.n[of]++; l.at.of == of && l.at.n == l.n[of] {
			l.dead = true
			l.end()
			return l.at.after, false
		}
	}
	return true, true
}

func (l *oneRun) pass(_ int, r *http.Request) {
	what := []string{atRequest}
	if changes(r) {
		what = append(what, atChange)
	}
	if do, _ := l.meets(what...); !do {
		panic(http.ErrAbortHandler)
	}
}

// runStore is a store that takes nothing from the dead.
type runStore struct {
	store.Store
	life *oneRun
}

func (m runStore) Commit(ctx context.Context, b *store.Batch) error {
	do, goesOn := m.life.meets(atBatch)
	if !do {
		return errDead
	}
	err := m.Store.Commit(ctx, b)
	if !goesOn {
		return errDead
	}
	return err
}

// remindedYear is a school through whose year one program of it looks after reminders.
type remindedYear struct {
	*campus
	w       *watch
	school  *generate.School
	player  *generate.Player
	zone    *time.Location
	rng     *rand.Rand
	life    *oneRun
	began   bool // the first morning is over
	faulty  bool // requests go wrong now
	last    counts
	ledger  ledger
	closing string // a day on which the school is closed, as everybody knows some days before

	killed, faults, runs int
}

// TestCampaignReminderYear: through a school year, on some days of which the program is killed again and again, and on others one request in ten goes wrong, what was posted in Classroom and told by mail is exactly what
// truth expects: each once, on its day, in the right class or to the right person, published or left as a draft.
func TestCampaignReminderYear(t *testing.T) {
	until := "2026-09-15"
	if campaign() {
		until = "2027-09-10"
	}
	if day := os.Getenv("ESAFETYBOT_YEAR_UNTIL"); day != "" {
		until = day
	}
	for _, name := range []string{generate.Classroom, generate.Dojo} {
		for _, size := range []int{30, 420} {
			seeds := smallSeeds(1)
			switch {
			case size > 100 && !campaign():
				continue
			case size > 100:
				seeds = seeds[:1]
			case campaign():
				seeds = seeds[:4]
			}
			for _, seed := range seeds {
				t.Run(fmt.Sprintf("%s-%d-pupils-seed-%d", name, size, seed), func(t *testing.T) {
					t.Parallel()
					remindForAYear(t, name, size, seed, until)
				})
			}
		}
	}
}

func remindForAYear(t *testing.T, name string, size, seed int, until string) {
	sc, err := generate.Generate(generate.Options{Pupils: size, Seed: int64(seed), Now: time.Date(2026, time.September, 1, 5, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	y := &remindedYear{school: sc, life: &oneRun{n: counts{}}, rng: rand.New(rand.NewPCG(uint64(seed), 7)), closing: "2027-01-19", ledger: newLedger()}
	if y.zone, err = time.LoadLocation("Europe/London"); err != nil {
		t.Fatal(err)
	}
	y.more(t, name)
	y.campus = serve(t, sc.World, map[string]string{name: sc.Policies[name]}, server.Options{OnRequest: y.life.pass})
	y.w = y.watches[0]
	y.withFaults(false)
	y.w.store = runStore{y.w.store, y.life}
	y.player = sc.Year()
	y.player.Pauses, y.player.Pause = pauses, y.pause
	end, err := time.ParseInLocation(time.DateOnly, until, y.zone)
	y.do(err)
	y.player.Until = end
	for month := time.Month(0); y.world.Now().Before(end) && !t.Failed(); {
		if now := y.world.Now().In(y.zone); now.Month() != month {
			month = now.Month()
			t.Logf("%s: %d runs, %d announcements, %d mails, logs %d KiB", now.Format("January 2006"), y.runs, len(y.ledger.posts), y.ledger.mails, len(y.logs.String())>>10)
		}
		_, err := y.player.Play()
		y.do(err)
	}
	t.Logf("%d runs, %d killed, %d while requests went wrong; %d announcements, %d mails with %d reminders", y.runs, y.killed, y.faults, len(y.ledger.posts), y.ledger.mails, y.ledger.told)
	if l := y.ledger; y.killed < 5 || y.faults < 5 || len(l.posts) < 4 || l.told < 8 {
		t.Error("that is too little to prove anything")
	}
	y.private()
}

// more gives a policy more reminders, who posts and who agreed to it, and teachers who are in on some days only.
func (y *remindedYear) more(t *testing.T, name string) {
	t.Helper()
	poster, teachers := postsAndAgrees(t, y.school.World)
	text := y.school.Policies[name]
	text = swap("\nclauses:\n", "\nclauses:"+fmt.Sprintf(moreReminders[name], poster, teachers[0], teachers[2]))(text)
	text = swap("\nstaff:\n", fmt.Sprintf("\nstaff:\n  days: {%s: [mon, tue], %s: [wed]}\n", teachers[1], teachers[2]))(text)
	y.school.Policies[name] = text
}

// policyNow is the policy as the school has it now: with this year's calendar, and a day on which it is closed.
func (y *remindedYear) policyNow() {
	y.t.Helper()
	now := y.world.Now()
	texts, err := y.school.PoliciesAt(now)
	y.do(err)
	text := texts[y.w.name]
	if now.In(y.zone).Format(time.DateOnly) >= "2027-01-11" && strings.Contains(text, "first: 2027-01-04") {
		text = swap("closures: []", "closures: ["+y.closing+"]")(text)
	}
	if text == y.policyTexts[y.w.name] && y.began {
		return
	}
	p, err := policy.Parse(y.w.name+".yaml", []byte(text))
	y.do(err)
	y.policyTexts[y.w.name], y.w.policy, y.w.box = text, p, newOutbox(y.t, p, y.w.store)
}

// pause is what the program does at one of its times of the day.
func (y *remindedYear) pause() {
	y.t.Helper()
	if y.t.Failed() {
		return
	}
	now := y.world.Now().In(y.zone)
	clock := now.Format("15:04")
	if clock == pauses[0] {
		y.policyNow()
		y.morning()
	}
	y.noteMoved(y.w)
	y.decide(y.w)
	y.expect()
	y.works(clock)
	if clock == pauses[len(pauses)-1] {
		y.evening()
	}
}

// morning settles what goes wrong on a day: every third has faults, every third kills. Nothing does on the first, which is a clean first look.
func (y *remindedYear) morning() {
	faulty := y.began && y.world.Now().In(y.zone).YearDay()%3 == 0
	if faulty != y.faulty {
		y.withFaults(faulty)
	}
}

// withFaults has requests go wrong from now on, or no longer.
func (y *remindedYear) withFaults(on bool) {
	o := server.Options{OnRequest: y.life.pass}
	y.retry = quick
	y.retry.Each = time.Minute // on a busy machine a request may take long
	if on {
		o.Faults = server.Faults{
			Rate: 0.1, Seed: y.rng.Uint64(), Kinds: []string{"429", "403", "500", "503", "drop", "truncate", "dup-audit"}, // what only takes long is tried elsewhere
		}
		y.retry.Tries = 3
	}
	y.faulty = on
	y.reserve(o)
}

// works runs what is due, and sends what waits. On some days a run is killed somewhere, and the next one begins at once, as a watchdog sees to it.
func (y *remindedYear) works(clock string) {
	y.t.Helper()
	if y.faulty && clock == pauses[len(pauses)-1] { // before a day ends everything is well again
		y.withFaults(false)
	}
	kills := 0
	if y.began && y.world.Now().In(y.zone).YearDay()%3 == 1 {
		kills = 1 + y.rng.IntN(2)
	}
	for {
		at := point{}
		if kills > 0 {
			of := []string{atRequest, atChange, atBatch}[y.rng.IntN(3)]
			at = point{of, 1 + y.rng.IntN(max(4, y.last[of])), y.rng.IntN(2) == 0}
		}
		kills--
		ctx, cancel := context.WithCancel(y.t.Context())
		y.life.begin(at, cancel)
		ran, err := y.once(ctx)
		cancel()
		killed, n := y.life.past()
		y.life.begin(point{}, nil)
		switch {
		case killed:
			y.killed++
			y.reserve(server.Options{OnRequest: y.life.pass}) // waits for what the dead asked for
			y.posted()
			continue
		case ran && y.faulty:
			y.faults++ // what fails is tried again
		case y.faulty: // likewise what waited to be sent
		default:
			y.do(err)
		}
		if ran {
			y.runs++
			y.last = n
			y.began = true
			y.posted()
		}
		return
	}
}

// once runs what is due now, once. It tells whether anything was.
func (y *remindedYear) once(ctx context.Context) (bool, error) {
	client, err := newClient(ctx, y.w.policy, y.key, y.base, y.retry, y.logs)
	if err != nil {
		return false, err
	}
	env := jobs.Env{Google: client, Clock: y.world.Now, Log: newLog(y.logs), Roll: y.roll, Classroom: client, Store: y.w.store, Site: y.w.site, Policy: y.w.policy}
	due, err := jobs.Due(ctx, env)
	if err != nil {
		return false, err
	}
	if y.began {
		if due, err = y.quickOnes(ctx, due); err != nil {
			return false, err
		}
	} else if y.first.IsZero() {
		y.first = y.world.Now()
	}
	if len(due) > 0 {
		_, err = runJobs(ctx, y.w, env, due...)
	}
	return len(due) > 0, errors.Join(err, oneShot{}.send(ctx, y.w.store, y.w.box, y.w.policy, client, y.world.Now))
}

// quickOnes leaves out the slow jobs, and what would only follow them.
func (y *remindedYear) quickOnes(ctx context.Context, due []string) ([]string, error) {
	due = slices.DeleteFunc(due, func(job string) bool { return slices.Contains(slow, job) })
	last, err := jobs.Latest(ctx, y.w.store, jobs.ReportJob)
	if err != nil || last == nil || last.Error != "" || last.Started.In(y.zone).Format(time.DateOnly) != y.world.Now().In(y.zone).Format(time.DateOnly) {
		return due, err
	}
	if !slices.ContainsFunc(due, func(job string) bool { return job != jobs.ApplyJob && job != jobs.ReportJob }) {
		return nil, nil
	}
	return due, nil
}
