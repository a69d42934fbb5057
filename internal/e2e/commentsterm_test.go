package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/jobs"
	"esafetybot/internal/moderation"
	"esafetybot/internal/outbox"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// term lets days pass in a school: the jobs run in the morning and in the evening of every day, weekends and holidays too.
type term struct {
	*campus
	w       *watch
	player  *generate.Player
	zone    *time.Location
	part    []string // a teacher's addresses who is in on Mondays and Tuesdays only
	secrets []string // what pupils wrote
	waits   map[string]map[string]bool
	late    map[string]map[string]bool // likewise, and they cover the class
	person  map[string]string          // recipient → account, of everybody who ever had one: who was deleted is forgotten after a while
	all     map[string][]string        // an account's addresses
	called  map[string]bool            // full names: whether only pupils have them
}

// TestCampaignTermOfMails: in a term nobody gets two ordinary mails a day, a teacher for whom nothing waits gets none and one for whom something does gets it on the days
// on which they are in, and no mail holds a pupil's name or what a comment says.
func TestCampaignTermOfMails(t *testing.T) {
	from, days := time.Date(2026, 10, 20, 4, 30, 0, 0, time.UTC), 15 // over the half-term, and the clocks go back in it
	if campaign() {
		from, days = time.Date(2026, 9, 7, 4, 30, 0, 0, time.UTC), 103
	}
	for _, name := range []string{generate.Classroom, generate.Dojo} {
		for _, seed := range smallSeeds(1) {
			t.Run(fmt.Sprintf("%s-seed-%d", name, seed), func(t *testing.T) {
				t.Parallel()
				termOfMails(t, name, seed, from, days)
			})
		}
	}
}

func termOfMails(t *testing.T, name string, seed int, from time.Time, days int) {
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: int64(seed), Now: from})
	if err != nil {
		t.Fatal(err)
	}
	part := partTimer(t, sc.World)
	text := strings.Replace(sc.Policies[name], "\nstaff:\n", "\nstaff:\n  days: {"+part[len(part)-1]+": [mon, tue]}\n", 1)
	s := serve(t, sc.World, map[string]string{name: text}, server.Options{})
	c := &term{campus: s, w: s.watches[0], player: sc.Player(), part: part, waits: map[string]map[string]bool{}, late: map[string]map[string]bool{},
		person: map[string]string{}, all: map[string][]string{}, called: map[string]bool{}}
	c.zone = c.w.policy.School.Location
	c.player.Until = from.AddDate(0, 0, days)
	c.first = sc.World.Now()
	for range days {
		c.day()
		if t.Failed() {
			return
		}
	}
	c.mails()
	c.private()
}

// partTimer gives a teacher of a class in use by their addresses.
func partTimer(t testing.TB, w *world.World) (out []string) {
	t.Helper()
	w.View(func() {
		for _, c := range w.Courses() {
			for _, m := range w.Teachers(c.ID) {
				if u := w.User(m.UserID); c.CourseState == "ACTIVE" && u != nil && !u.Suspended && len(out) == 0 {
					out = u.Addresses()
				}
			}
		}
	})
	if len(out) == 0 {
		t.Fatal("no class has a teacher")
	}
	return out
}

// day lets one day pass.
func (c *term) day() {
	c.t.Helper()
	today := c.world.Now().In(c.zone)
	c.world.SetNow(time.Date(today.Year(), today.Month(), today.Day(), 7, 35, 0, 0, c.zone))
	c.run()
	if wd := today.Weekday(); wd != time.Saturday && wd != time.Sunday {
		c.write()
		if _, err := c.player.Play(); err != nil {
			c.t.Fatal(err)
		}
	} else {
		c.world.SetNow(time.Date(today.Year(), today.Month(), today.Day(), 18, 0, 0, 0, c.zone))
	}
	if now := c.world.Now().In(c.zone); now.YearDay() != today.YearDay() {
		c.t.Fatalf("the day %s ended at %s", today.Format(time.DateOnly), now)
	}
	c.run()
	c.note()
	if day := calendar.DateOf(today); c.w.policy.Calendar.IsSchoolDay(day) || slices.Contains(c.w.policy.Calendar.Inset, day) { // on others no teacher is in
		c.hosts()
	}
	c.world.SetNow(time.Date(today.Year(), today.Month(), today.Day()+1, 5, 0, 0, 0, c.zone))
}

// write lets pupils write what must never be in a mail, under a piece of work that is called by a pupil's name.
func (c *term) write() {
	c.t.Helper()
	type place struct{ course, teacher, pupil, name string }
	var places []place
	c.world.View(func() {
		for _, k := range c.world.Courses() {
			p := place{course: k.ID}
			for _, m := range c.world.Teachers(k.ID) {
				if u := c.world.User(m.UserID); u != nil && !u.Suspended && !u.Archived && !under(c.w.policy, u.OrgUnitPath) {
					p.teacher = u.PrimaryEmail
				}
			}
			for _, m := range c.world.Students(k.ID) {
				if u := c.world.User(m.UserID); u != nil && !u.Suspended && !u.Archived && under(c.w.policy, u.OrgUnitPath) {
					p.pupil, p.name = u.PrimaryEmail, u.Name.FullName
				}
			}
			if k.CourseState == "ACTIVE" && p.teacher != "" && p.pupil != "" {
				places = append(places, p)
			}
		}
	})
	if len(places) == 0 {
		return // on some days of a small school no class has both a teacher and a pupil; [term.mails] looks that there was enough
	}
	p := places[len(c.secrets)%len(places)]
	secret := fmt.Sprintf("zebra-%d", len(c.secrets))
	c.secrets = append(c.secrets, secret)
	post := &world.Post{Title: p.name + "'s poster"}
	c.do(c.world.CreatePost(p.course, world.CourseWork, post, p.teacher))
	_, err := c.world.Comment(p.course, post.ID, world.Comment{Text: secret + " says " + p.name}, p.pupil)
	c.do(err)
}

// run runs what is due.
func (c *term) run() {
	c.t.Helper()
	ctx := context.Background()
	c.noteMoved(c.w)
	c.decide(c.w)
	client, err := newClient(ctx, c.w.policy, c.key, c.base, c.retry, c.logs)
	c.do(err)
	env := jobs.Env{Google: client, Clock: c.world.Now, Log: newLog(c.logs), Roll: c.roll, Store: c.w.store, Policy: c.w.policy, BaseURL: "https://review.school.example"}
	names, err := jobs.Due(ctx, env)
	c.do(err)
	if !campaign() { // what else is told of is told in the same mails
		names = slices.DeleteFunc(names, func(job string) bool {
			return slices.Contains([]string{jobs.DevicesJob, jobs.PupilEmailJob, jobs.SettingsJob, jobs.SharingJob}, job)
		})
	}
	if len(names) > 0 {
		_, err = runJobs(ctx, c.w, env, names...)
		c.do(err)
	}
}

// note notes whose addresses are whose, and what pupils are called.
func (c *term) note() {
	c.world.View(func() {
		for _, u := range slices.Concat(c.world.Users(), c.world.DeletedUsers()) {
			for _, a := range u.Addresses() {
				c.person[outbox.RecipientID(a)] = u.ID
			}
			c.all[u.ID] = u.Addresses()
			only, known := c.called[u.Name.FullName]
			c.called[u.Name.FullName] = (only || !known) && under(c.w.policy, u.OrgUnitPath) && !c.moved[c.w.name+u.ID] // a grown-up may be called like a pupil
		}
	})
}

// hosts notes for whom something waits this evening, by what truth says.
func (c *term) hosts() {
	c.t.Helper()
	day := c.world.Now().In(c.zone).Format(time.DateOnly)
	c.waits[day], c.late[day] = map[string]bool{}, map[string]bool{}
	places := map[string]bool{}
	waiting := c.truthsOf(comments.Means, func(p truth.Policy) truth.Policy {
		p.Means, p.Names, p.Accounts, p.Devices, p.PupilEmail, p.Settings, p.CheckIns, p.DojoCheckIns, p.Records = nil, nil, nil, nil, nil, nil, nil, nil, nil
		return p
	})
	for _, f := range waiting[c.w.name] {
		if place, _, ok := moderation.ParseSubject(f.Subject); ok && f.Rule == "comments.unreviewed" {
			places[place] = true
		}
	}
	c.world.View(func() {
		looks := func(u *world.User) {
			if u != nil && !u.Suspended && !u.Archived && !u.IsGuestUser && !under(c.w.policy, u.OrgUnitPath) {
				c.waits[day][u.ID] = true
			}
		}
		for place := range places {
			for _, m := range c.world.Teachers(place) {
				looks(c.world.User(m.UserID))
			}
		}
		for _, b := range c.w.policy.Blogs {
			for _, host := range b.Hosts {
				if places[moderation.BlogKey(b.ID)] {
					looks(c.world.User(host))
				}
			}
		}
		if d := c.w.policy.ClassDojo; d != nil {
			for _, class := range d.Classes {
				for _, teacher := range class.Teachers {
					if places[moderation.Dojo(class.ID)] {
						looks(c.world.User(teacher))
					}
				}
			}
			for _, leader := range c.w.policy.Person(c.w.policy.DojoRole()) {
				if places[moderation.Dojo(classdojo.School)] {
					looks(c.world.User(leader.Address))
				}
			}
		}
		for _, d := range c.world.Decisions() {
			for _, u := range c.world.Users() {
				if d.Do == "cover" && places[d.Course] && slices.Contains(u.Addresses(), d.Who) {
					c.late[day][u.ID] = true
				}
			}
		}
	})
}

// mails looks through every mail of the term.
func (c *term) mails() {
	c.t.Helper()
	var names []string
	for name, pupil := range c.called {
		if given, family, ok := strings.Cut(name, " "); ok && pupil {
			names = append(names, name, family+", "+given)
		}
	}
	mailed := map[string]string{} // person and day → kind
	digests, hidden, dojo := 0, 0, 0
	for _, l := range c.w.letters(c.t) {
		at := l.entry.Created.In(c.zone)
		day := at.Format(time.DateOnly)
		who := c.person[l.entry.Recipient]
		if who == "" {
			who = l.entry.Recipient // somebody outside whom the policy names
		}
		if !l.entry.Urgent {
			if kind := mailed[who+" "+day]; kind != "" {
				c.t.Errorf("%s on %s: a second ordinary mail, a %s after a %s", who, day, l.entry.Kind, kind)
			}
			mailed[who+" "+day] = l.entry.Kind
		}
		for _, secret := range c.secrets {
			if strings.Contains(l.text+l.subject, secret) {
				c.t.Errorf("a mail of %s (%s) holds what a comment says", day, l.entry.Kind)
			}
		}
		for _, name := range names {
			if name != "" && strings.Contains(l.text+l.subject, name) {
				c.t.Errorf("a mail of %s (%s) holds a pupil's name", day, l.entry.Kind)
			}
		}
		if l.entry.Kind != "digest" {
			continue
		}
		digests++
		if strings.Contains(l.text, "classwork") {
			hidden++
		}
		if strings.Contains(l.text, "ClassDojo") {
			dojo++
		}
		if !c.waits[day][who] && !c.late[day][who] {
			c.t.Errorf("%s: teacher %s got a mail, and nothing waits for them", day, who)
		}
		if !c.isIn(c.all[who], at) {
			c.t.Errorf("%s: teacher %s got a mail on a day on which they are not in", day, who)
		}
		if at.Hour() < 15 {
			c.t.Errorf("%s: a teacher's mail at %s", day, at)
		}
	}
	for day, list := range c.waits {
		at, err := time.ParseInLocation(time.DateOnly, day, c.zone)
		c.do(err)
		for who := range list {
			if c.isIn(c.all[who], at) && mailed[who+" "+day] == "" {
				c.t.Errorf("%s: something waits for teacher %s, and no mail said so", day, who)
			}
		}
	}
	if digests < 5 || hidden == 0 {
		c.t.Errorf("%d teachers' mails, %d of them on classwork: that proves little", digests, hidden)
	}
	if (dojo > 0) != (c.w.name == generate.Dojo) {
		c.t.Errorf("%d teachers' mails are on ClassDojo", dojo)
	}
}

// isIn tells whether somebody is at school on a day: one of theirs, on which the school is open for them.
func (c *term) isIn(addresses []string, at time.Time) bool {
	p := c.w.policy
	day := calendar.DateOf(at.In(c.zone))
	if !p.Calendar.IsSchoolDay(day) && !slices.Contains(p.Calendar.Inset, day) {
		return false
	}
	if slices.ContainsFunc(addresses, func(a string) bool { return slices.Contains(c.part, a) }) {
		return day.Weekday() == time.Monday || day.Weekday() == time.Tuesday
	}
	for _, list := range p.People {
		for _, who := range list {
			if len(who.Days) > 0 && slices.Contains(addresses, who.Address) {
				return slices.Contains(who.Days, day.Weekday())
			}
		}
	}
	return true
}
