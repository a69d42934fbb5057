package google

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Quotas are the limits that requests are paced by, in quota units (or queries) a minute. Zero means what Google publishes for a project
// made since May 2026, a negative number means no limit.
//
// We stay below them: nine tenths as a steady rate, a twelfth as a burst, so that no minute, wherever it begins, holds more than the
// limit, with a little room for requests that bunch up on their way. The burst lets a day's pull of the audit log, some twenty requests, go at once.
type Quotas struct {
	Drive           int // units of the project: 1,000,000
	DriveUser       int // units of one subject: 325,000
	DriveQueries    int // queries of the project: no limit; older projects see [OldProject]
	Directory       int // queries: 2,400
	Reports         int // queries: 2,400
	ReportsFiltered int // queries with an event name: 250
	GroupsSettings  int // queries: 1,200 (Google publishes 100,000 a day only, and advises ten threads)
	Gmail           int // units of the project: 1,200,000
	GmailUser       int // units of one subject: 6,000
	Policy          int // queries: 60 (Google publishes none; one a second is known to be tolerated)
	Classroom       int // queries of the project: 3,000
	ClassroomUser   int // queries of one subject: 1,200
	Licensing       int // queries: 60
	Blogger         int // queries: 60 (the console shows 100 in 100 seconds, and 10,000 a day)

	// Tasks is how many processes share the project's quota just now; each takes its part. 0 means 1.
	Tasks int
	// Users is how many of these processes may act as one subject, such as an administrator of several schools; each takes its part of what that subject may. 0 means 1.
	Users int
}

// Unlimited paces nothing: for a simulated Google that has no quotas.
func Unlimited() Quotas {
	return Quotas{Drive: -1, DriveUser: -1, Directory: -1, Reports: -1, ReportsFiltered: -1, GroupsSettings: -1, Gmail: -1, GmailUser: -1, Policy: -1,
		Classroom: -1, ClassroomUser: -1, Licensing: -1, Blogger: -1}
}

// OldProject is the quotas of a Google Cloud project made before May 2026: Drive counts queries there, not units.
func OldProject() Quotas { return Quotas{Drive: -1, DriveUser: -1, DriveQueries: 12_000} }

// perMinute resolves the defaults and the share of one task.
func (q Quotas) perMinute() [buckets]int {
	tasks := max(q.Tasks, 1)
	part := func(n, def, of int) int {
		if n == 0 {
			n = def
		}
		if n < 0 {
			return n
		}
		return max(n/of, 1)
	}
	project := func(n, def int) int { return part(n, def, tasks) }
	user := func(n, def int) int { return part(n, def, max(q.Users, 1)) }
	return [buckets]int{
		driveUser:        user(q.DriveUser, 325_000), // a teacher belongs to one school, a school to one task
		driveProject:     project(q.Drive, 1_000_000),
		driveQueries:     project(q.DriveQueries, -1),
		directoryProject: project(q.Directory, 2_400),
		reportsProject:   project(q.Reports, 2_400),
		reportsFiltered:  project(q.ReportsFiltered, 250),
		settingsProject:  project(q.GroupsSettings, 1_200),
		gmailUser:        user(q.GmailUser, 6_000),
		gmailProject:     project(q.Gmail, 1_200_000),
		policyProject:    project(q.Policy, 60),
		classroomUser:    user(q.ClassroomUser, 1_200),
		classroomProject: project(q.Classroom, 3_000),
		licensingProject: project(q.Licensing, 60),
		bloggerProject:   project(q.Blogger, 60),
	}
}

const (
	steady     = 0.9 // of a limit, as a rate
	burst      = 12  // the limit divided by this may come at once
	userLimits = 512 // limiters of subjects kept before the idle ones are swept out
)

// largest is the dearest call of a quota: a burst must have room for it.
var largest = [buckets]int{driveUser: 100, driveProject: 100, driveQueries: 1, directoryProject: 1, reportsProject: 1, reportsFiltered: 1, settingsProject: 1,
	gmailUser: 100, gmailProject: 100, policyProject: 1, classroomUser: 1, classroomProject: 1, licensingProject: 1, bloggerProject: 1}

// A pacer makes requests wait until their quotas have room.
type pacer struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
	limit [buckets]int

	mu      sync.Mutex
	project [buckets]*rate.Limiter
	user    map[userBucket]*rate.Limiter
}

type userBucket struct {
	b       bucket
	subject string
}

func newPacer(q Quotas, now func() time.Time, sleep func(context.Context, time.Duration) error) *pacer {
	p := &pacer{now: now, sleep: sleep, limit: q.perMinute(), user: map[userBucket]*rate.Limiter{}}
	for b := range buckets {
		if !b.perUser() {
			p.project[b] = p.limiter(b)
		}
	}
	return p
}

func (p *pacer) limiter(b bucket) *rate.Limiter {
	n := p.limit[b]
	if n < 0 {
		return nil
	}
	size := max(n/burst, largest[b])
	if n <= 60 {
		size = 1 // a limit by the second
	}
	return rate.NewLimiter(rate.Limit(float64(n)*steady/60), size)
}

// wait returns when one more call of m as subject fits every quota. The quotas are waited for one after the other, the subject's own first:
// reserving them together would let calls that wait for their subject bunch up against the project's limit.
func (p *pacer) wait(ctx context.Context, m method, subject string) error {
	for _, b := range m.buckets {
		lim := p.of(b, subject)
		if lim == nil {
			continue
		}
		now := p.now()
		r := lim.ReserveN(now, min(m.cost(b), lim.Burst()))
		if d := r.DelayFrom(now); d > 0 {
			if err := p.sleep(ctx, d); err != nil {
				r.CancelAt(p.now())
				return err
			}
		}
	}
	return ctx.Err()
}

func (p *pacer) of(b bucket, subject string) *rate.Limiter {
	if !b.perUser() {
		return p.project[b]
	}
	if p.limit[b] < 0 {
		return nil
	}
	key := userBucket{b, subject}
	p.mu.Lock()
	defer p.mu.Unlock()
	lim := p.user[key]
	if lim == nil {
		if len(p.user) >= userLimits {
			// A limiter that is full again knows nothing that a new one would not know.
			now := p.now()
			for k, l := range p.user {
				if l.TokensAt(now) >= float64(l.Burst()) {
					delete(p.user, k)
				}
			}
		}
		lim = p.limiter(b)
		p.user[key] = lim
	}
	return lim
}
