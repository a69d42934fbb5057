package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/school"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// stretch is a stretch of the school year through which days pass: there are holidays in it, the clocks change, and deadlines run over both. Days are dates as texts.
type stretch struct {
	name        string
	from, until string // the program first looks on the morning of from
	// sample are the days on which the program looks in an ordinary test run; on those between nothing happens.
	sample  []string
	inset   string // an inset day that the school puts into its calendar
	changes string // the clocks change
	// quiet are days on which nobody does anything, and the program looks a minute before and a minute after the hour at which deadlines end.
	quiet  []string
	leaves string // in the morning a teacher leaves
	entry  string // the date of an entry in a record
	// lacks makes of a policy one without something, by what that is: what must be found is another thing then.
	lacks map[string]func(policy string) string
}

const (
	timezone = "timezone: Europe/London"
	runsOut  = "halfterm" // an entry of a record that nobody renews
)

var stretches = []stretch{
	{
		name: "autumn", from: "2026-10-14", until: "2026-11-12",
		sample: []string{"2026-10-22", "2026-10-23", "2026-10-25", "2026-10-30", "2026-11-03", "2026-11-04"},
		inset:  "2026-11-02", changes: "2026-10-25", quiet: []string{"2026-10-30", "2026-11-04"}, leaves: "2026-10-23", entry: "2026-10-23",
		lacks: map[string]func(string) string{
			"a break inside a deadline": swap("half_term: [2026-10-26, 2026-10-30]", "half_term: [2026-09-21, 2026-09-25]"),
			"the clocks' change":        swap(timezone, "timezone: Etc/GMT-1"),
		},
	},
	{
		name: "spring", from: "2027-03-15", until: "2027-04-20",
		sample: []string{"2027-03-24", "2027-03-25", "2027-03-28", "2027-04-05", "2027-04-13", "2027-04-14"},
		inset:  "2027-04-12", changes: "2027-03-28", quiet: []string{"2027-04-05", "2027-04-14"}, leaves: "2027-03-25", entry: "2027-03-25",
		lacks: map[string]func(string) string{
			"a break inside a deadline":     swap("last: 2027-03-25", "last: 2027-04-09"),
			"the clocks' change":            swap(timezone, "timezone: Etc/UTC"),
			"Easter Monday in working days": swap("bank_holidays: england-and-wales", "bank_holidays: scotland"),
		},
	},
}

// swap replaces a part of a policy, which must be there.
func swap(old, now string) func(string) string {
	return func(text string) string {
		if strings.Count(text, old) != 1 {
			panic("the policies have no " + old)
		}
		return strings.Replace(text, old, now, 1)
	}
}

var allJobs = slices.Concat(accountJobs, driveJobs)

// kinds of what people do that happen in every stretch.
var mustHappen = []string{
	"a teacher has looked", "a leader has looked", "a teacher answers", "a pupil comments", "a post is deleted", "a comment is deleted", "a class is covered", "a cover ends",
	"a pupil comments on a document", "a teacher replies in a document", "a comment in a document is deleted", "a teacher has looked at a document",
	"a reader comments on a blog", "a comment on a blog is answered", "who runs a blog has looked",
	"a teacher answers about ClassDojo", "a teacher has looked at ClassDojo", "call a file after a pupil", "make a file called after a pupil public",
}

// rules that must be broken on some day of every stretch.
var mustBeFound = []string{
	"check-in.answered-no", "check-in.not-sure", "check-in.overdue", "comments.no-host", "comments.private-by-other-adult", "comments.unreviewed", "names.full-name", "names.not-to-publish",
}

// living is a school through which a stretch of the year passes.
type living struct {
	*campus
	stretch
	player  *generate.Player
	zone    *time.Location
	share   string                             // a class that two teachers share by days
	regular string                             // one whose teacher is in every day
	leaver  string                             // one whose only teacher leaves
	gone    string                             // and who that is
	second  string                             // who leaves the first class's list of teachers in the end; "" when they did
	admin   string                             // who switches accounts off
	texts   map[string]int                     // how many posts were written in a class
	did     map[string]bool                    // kinds of what happened
	proved  map[string]bool                    // what made a difference to what must be found
	others  map[string]map[string]truth.Policy // the policies without something, by what and by name
}

// TestCampaignHalfTerm: on every day of a stretch with a break, an inset day and a change of the clocks in it, holidays and week-ends too, with records of the log that are
// late or come twice and people who are in on some days only, all that is found is what truth says.
func TestCampaignHalfTerm(t *testing.T) {
	for _, x := range stretches {
		for _, size := range []int{30, 420, 1500} {
			seeds := smallSeeds(1)
			if size > 100 && !campaign() {
				continue
			}
			for _, seed := range seeds {
				t.Run(fmt.Sprintf("%s-%d-pupils-seed-%d", x.name, size, seed), func(t *testing.T) {
					t.Parallel()
					live(t, x, size, seed)
				})
			}
		}
	}
}

func live(t *testing.T, x stretch, size, seed int) {
	dates := daysFrom(x.sample[0], x.sample[len(x.sample)-1])
	if campaign() {
		dates = daysFrom(x.from, x.until)
	}
	l := &living{stretch: x, texts: map[string]int{}, did: map[string]bool{}, proved: map[string]bool{}, others: map[string]map[string]truth.Policy{}}
	var err error
	if l.zone, err = time.LoadLocation("Europe/London"); err != nil {
		t.Fatal(err)
	}
	sc, err := generate.Generate(generate.Options{Pupils: size, Seed: int64(seed), Now: l.at(dates[0], 5, 30)})
	if err != nil {
		t.Fatal(err)
	}
	l.player = sc.Player()
	l.player.Protect = append(l.player.Protect, runsOut)
	l.player.Until = l.at(dates[len(dates)-1], 24, 0)
	p, err := policy.Parse(generate.Classroom+".yaml", []byte(sc.Policies[generate.Classroom]))
	if err != nil {
		t.Fatal(err)
	}
	partners := l.classes(t, sc.World, p)
	policies := map[string]string{}
	for name, text := range sc.Policies {
		text = swap("\n  inset: [", "\n  inset: ["+x.inset+", ")(text)
		policies[name] = swap("\nstaff:\n", "\nstaff:\n  days: {"+partners[0]+": [mon, tue], "+partners[1]+": [thu, fri]}\n")(text)
	}
	l.campus = serve(t, sc.World, policies, server.Options{Faults: server.Faults{Rate: 0.1, Seed: uint64(seed), Kinds: []string{"late-audit", "dup-audit"}}})
	for i, date := range dates {
		if !campaign() && !slices.Contains(x.sample, date) {
			l.world.SetNow(l.at(date, 6, 30))
			l.do(l.player.Rest())
			continue
		}
		l.day(i, date)
		if t.Failed() {
			return
		}
	}
	l.happened()
	l.private()
}

// daysFrom lists the dates from one to another, both included.
func daysFrom(first, last string) (out []string) {
	for at := first; at <= last; {
		out = append(out, at)
		day, err := time.Parse(time.DateOnly, at)
		if err != nil {
			panic(err)
		}
		at = day.AddDate(0, 0, 1).Format(time.DateOnly)
	}
	return out
}

// at is a time of a day by the clock on the school's wall.
func (l *living) at(date string, hour, minute int) time.Time {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, l.zone)
}

// classes makes three classes of teachers who had none, and gives the addresses of the two who share the first. The player leaves these teachers alone.
func (l *living) classes(t *testing.T, w *world.World, p *policy.Policy) (partners []string) {
	t.Helper()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var teachers, pupils []string
	admin := ""
	w.View(func() {
		busy := map[string]bool{}
		for _, c := range w.Courses() {
			for _, m := range w.Teachers(c.ID) {
				busy[m.UserID] = true
			}
		}
		for _, u := range w.Users() {
			switch {
			case u.Suspended || u.Archived || u.IsGuestUser:
			case u.IsAdmin:
				admin = u.PrimaryEmail
			case under(p, u.OrgUnitPath):
				pupils = append(pupils, u.PrimaryEmail)
			case ofStaff(p, u.OrgUnitPath) && !busy[u.ID] && !slices.Contains(l.player.Protect, u.PrimaryEmail):
				teachers = append(teachers, u.PrimaryEmail)
			}
		}
	})
	if len(teachers) < 4 || len(pupils) < 9 || admin == "" {
		t.Fatalf("%d teachers without a class and %d pupils: too few", len(teachers), len(pupils))
	}
	for i, class := range []*string{&l.share, &l.regular, &l.leaver} {
		c := &world.Course{Name: fmt.Sprintf("Half-term class %d", i+1), CourseState: "ACTIVE", OwnerID: teachers[i]}
		do(w.CreateCourse(c, teachers[i]))
		*class = c.ID
		for _, a := range pupils[3*i : 3*i+3] {
			do(w.AddCourseMember(c.ID, world.CourseStudent, a, teachers[i]))
		}
	}
	do(w.AddCourseMember(l.share, world.CourseTeacher, teachers[3], teachers[0]))
	l.player.Protect, l.gone, l.second, l.admin = append(l.player.Protect, teachers[:4]...), teachers[2], teachers[3], admin
	return []string{teachers[0], teachers[3]}
}

func ofStaff(p *policy.Policy, unit string) bool {
	return slices.ContainsFunc(p.Staff.OrgUnits, func(u string) bool { return school.Under(unit, u) })
}

// day lets a day pass.
func (l *living) day(i int, date string) {
	l.t.Helper()
	l.world.SetNow(l.at(date, 6, 30))
	if i == 0 {
		for _, w := range l.watches {
			l.decide(w) // what was decided before is judged while things are as they were
		}
	}
	l.look(date+" in the morning", allJobs)
	weekday := l.world.Now().In(l.zone).Weekday()
	switch {
	case slices.Contains(l.quiet, date):
		for _, minute := range []int{-1, 1} {
			l.world.SetNow(l.at(date, 17, minute))
			l.look(fmt.Sprintf("%s at 17:00 %+d minute", date, minute), accountJobs)
		}
		l.do(l.player.Rest())
	case weekday != time.Saturday && weekday != time.Sunday:
		l.world.SetNow(l.at(date, 7, 0))
		l.school(i, date)
		did, err := l.player.Play()
		l.do(err)
		for _, kind := range did {
			l.did[kind] = true
		}
		if campaign() || i == 0 { // some records of today have not shown yet: what is found now need not be right, and must be tomorrow
			l.run(func(w *watch) error { return l.runNamed(w, allJobs...) }) // and people are told
			l.tooEarly()
		}
	default:
		l.do(l.player.Rest())
	}
	if date == l.changes { // the day is an hour longer, or shorter: it ends all the same
		l.world.SetNow(l.at(date, 23, 30))
		l.look(date+" late in the evening", accountJobs)
		l.world.SetNow(l.at(date, 24, 30))
		l.look("the night after "+date, accountJobs)
	}
}

// school is what happens in the morning of a school day whatever the player lets happen.
func (l *living) school(i int, date string) {
	l.t.Helper()
	switch {
	case date == l.leaves:
		l.leaver = l.alone(l.leaver, l.gone)
		l.write(l.leaver)
		l.do(l.world.SuspendUser(l.gone, l.admin))
	case date > l.leaves && !l.proved["a teacher who leaves"] && l.inUse(l.leaver): // the player gave the class another teacher on the same day
		l.leaver = l.alone(l.leaver, l.gone)
	}
	if l.world.Now().After(l.at(l.leaves, 24, 0)) { // it is enough that there is talk before
		l.write(l.regular)
		if date > l.quiet[len(l.quiet)-1] && l.second != "" && l.inUse(l.share) {
			if err := l.world.RemoveCourseMember(l.share, l.second, l.admin); !errors.Is(err, world.ErrNotFound) { // the player may have done it
				l.do(err)
			}
			l.second = ""
		}
		return
	}
	for range 3 {
		l.write(l.share)
		l.write(l.regular)
	}
	if i == 0 {
		l.decideNow(world.Decision{Do: "record", Record: "approved-services", Entry: runsOut, What: "A reading app", Until: l.entry})
	}
	answers := map[int]string{0: "no", 1: "yes"}
	if a := answers[i]; a != "" {
		l.decideNow(world.Decision{Do: "answer", CheckIn: "social-media-page", Answer: a})
		l.decideNow(world.Decision{Do: "answer", CheckIn: "meetings", Answer: "not-sure"})
	}
	for _, kind := range mustHappen {
		for try := 0; !l.did[kind] && i > 0 && try < 20; try++ {
			ok, err := l.player.Do(kind)
			if err != nil && !errors.Is(err, world.ErrNotAllowed) && !errors.Is(err, world.ErrNotFound) && !errors.Is(err, world.ErrExists) && !errors.Is(err, world.ErrInherited) {
				l.t.Fatalf("%s: %v", kind, err)
			}
			l.did[kind] = ok && err == nil
		}
	}
}

// alone makes the owner of a class its only teacher, whatever the player did to it: in a new class with the same pupils, if it was archived.
func (l *living) alone(course, owner string) string {
	l.t.Helper()
	now := &world.Course{ID: course}
	if !l.inUse(course) {
		now = &world.Course{Name: "Another half-term class", CourseState: "ACTIVE", OwnerID: owner}
		l.do(l.world.CreateCourse(now, owner))
	}
	var pupils, others []string
	l.world.View(func() {
		for _, m := range l.world.Students(course) {
			pupils = append(pupils, m.UserID)
		}
		for _, m := range l.world.Teachers(now.ID) {
			if m.UserID != l.world.Course(now.ID).OwnerID {
				others = append(others, m.UserID)
			}
		}
	})
	for _, id := range others {
		l.do(l.world.RemoveCourseMember(now.ID, id, l.admin))
	}
	for _, id := range pupils {
		if now.ID != course {
			l.do(l.world.AddCourseMember(now.ID, world.CourseStudent, id, l.admin))
		}
	}
	return now.ID
}

// decideNow lets the officer decide, whose every such decision counts.
func (l *living) decideNow(d world.Decision) {
	l.t.Helper()
	d.By = l.player.Leaders[len(l.player.Leaders)-1]
	l.do(l.world.Decide(d))
}

// write lets a pupil write under a new post of a class.
func (l *living) write(course string) {
	l.t.Helper()
	teacher, pupil := "", ""
	l.world.View(func() {
		for _, m := range l.world.Teachers(course) {
			if u := l.world.User(m.UserID); u != nil && !u.Suspended && !u.Archived {
				teacher = u.PrimaryEmail
			}
		}
		for _, m := range l.world.Students(course) {
			if u := l.world.User(m.UserID); u != nil && !u.Suspended && !u.Archived && under(l.watches[0].policy, u.OrgUnitPath) {
				pupil = u.PrimaryEmail
			}
		}
	})
	if !l.inUse(course) || teacher == "" || pupil == "" {
		return
	}
	l.texts[course]++
	post := &world.Post{Title: fmt.Sprintf("Task %d", l.texts[course])}
	l.do(l.world.CreatePost(course, world.CourseWork, post, teacher))
	_, err := l.world.Comment(course, post.ID, world.Comment{Text: "Done."}, pupil)
	l.do(err)
}

// inUse tells whether a class was not archived: the player may do that.
func (l *living) inUse(course string) (is bool) {
	l.world.View(func() {
		c := l.world.Course(course)
		is = c != nil && c.CourseState == "ACTIVE"
	})
	return is
}

// happened sees to it that nothing of all this was passed by luck.
func (l *living) happened() {
	l.t.Helper()
	for _, kind := range mustHappen {
		if !l.did[kind] {
			l.t.Errorf("it never happened that %s", kind)
		}
	}
	if campaign() && l.second != "" && l.inUse(l.share) {
		l.t.Error("nobody was taken off a class's list of teachers")
	}
	must := slices.Concat(slices.Collect(maps.Keys(l.lacks)), []string{"an inset day", "somebody's days", "a late record", "a teacher who leaves"}, mustBeFound)
	for _, what := range must {
		if !l.proved[what] {
			l.t.Errorf("nothing that was found rested on this: %s", what)
		}
	}
	if n := l.doubles(); n == 0 {
		l.t.Error("no record of the log came twice")
	}
}

// doubles counts the records of the log of Classroom that are told twice.
func (l *living) doubles() (n int) {
	l.t.Helper()
	ctx := context.Background()
	client, err := newClient(ctx, l.watches[0].policy, l.key, l.base, l.retry, l.logs)
	l.do(err)
	told := map[string]bool{}
	for e, err := range client.Events(ctx, "classroom", "commented_course_work", l.first, l.world.Now()) {
		l.do(err)
		if told[e.Record] {
			n++
		}
		told[e.Record] = true
	}
	return n
}
