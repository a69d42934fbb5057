package generate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// Day is one school day of the demo's story.
type Day struct {
	Date   time.Time // its midnight, in the school's time zone
	Events []Event   // in the order of time; most days have none
	school *School
}

// Event is something that people do.
type Event struct {
	At   time.Duration // since midnight
	What string        // for those who watch the demo; names nobody
	do   func() error
}

// HalfTerm tells thirty school days, Mondays to Fridays from the tenant's next one on: a gentle story in which most days bring nothing for sharing, some
// things are put right by themselves, and a few new ones come. Play the days in their order.
func (s *School) HalfTerm() []Day {
	zone := time.UTC
	if z, err := time.LoadLocation(s.World.Settings.TimeZone); err == nil {
		zone = z
	}
	var days []Day
	for from := s.World.Now(); len(days) < 30; {
		m := nextMorning(from, zone)
		days = append(days, Day{Date: time.Date(m.Year(), m.Month(), m.Day(), 0, 0, 0, 0, zone), school: s})
		from = m.Add(time.Hour)
	}
	at := func(day, hour, minute int, what string, do func() error) {
		d := &days[day-1]
		d.Events = append(d.Events, Event{time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute, what, do})
	}
	s.story(at)
	s.accountStory(at)
	s.commentStory(at)
	s.blogStory(at)
	s.recordStory(at)
	for i := range days {
		slices.SortStableFunc(days[i].Events, func(x, y Event) int { return cmp.Compare(x.At, y.At) })
	}
	return days
}

// story is what happens on which day of the half-term. It knows the items of the generated school by their names.
func (s *School) story(at func(day, hour, minute int, what string, do func() error)) {
	w, c := s.World, &s.cast
	first, last := c.teachers[0], c.teachers[len(c.teachers)-1]
	admin := c.it.PrimaryEmail
	on := func(owner *world.User, name string, do func(id, actor string) error) func() error {
		return func() error {
			id := s.find(owner, name)
			if id == "" {
				return nil // put right meanwhile
			}
			return do(id, owner.PrimaryEmail)
		}
	}
	stop := func(address string) func(id, actor string) error {
		return func(id, actor string) error {
			pid := ""
			w.View(func() { pid = w.PermissionID("user", address) })
			return w.Unshare(id, pid, actor)
		}
	}
	linkOff := func(id, actor string) error { return w.SetLink(id, "", "", false, actor) }
	create := func(owner *world.User, name, mime string) func() error {
		return func() error {
			_, err := w.CreateFile(&world.File{Name: name, MimeType: mime}, owner.PrimaryEmail)
			return err
		}
	}
	var photos string

	at(2, 15, 40, "a teacher takes the link off the folder of the residential trip", on(first, "Residential trip", linkOff))
	at(3, 16, 20, "a teacher shares a class list with a private address", func() error {
		id, err := w.CreateFile(&world.File{Name: "Class list with contacts", MimeType: world.MimeSheet}, last.PrimaryEmail)
		if err != nil {
			return err
		}
		return w.Share(id, toAddress(c.pupils[len(c.pupils)-1].parent, "writer"), last.PrimaryEmail)
	})
	at(5, 9, 10, "the office takes the link off a letter", on(c.bursar, "Reception places letter", linkOff))
	at(8, 10, 5, "the deputy head takes somebody from outside out of the curriculum group", func() error {
		return w.RemoveMember("curriculum@"+Domain, "s.consult@learning-advice.example", admin)
	})
	at(9, 13, 30, "a teacher makes a form that a coach may edit", func() error {
		id, err := w.CreateFile(&world.File{Name: "Tournament sign-up", MimeType: world.MimeForm}, last.PrimaryEmail)
		if err != nil {
			return err
		}
		return w.Share(id, toAddress("coach@sports-coaching.example", "writer"), last.PrimaryEmail)
	})
	at(9, 14, 0, "and lets parents answer it", on(last, "Tournament sign-up", func(id, actor string) error {
		return w.Publish(id, withLink("reader"), actor)
	}))
	at(11, 8, 50, "the SENCo lets the psychologist's access end", on(c.senco, "EHCP paperwork", func(id, actor string) error {
		pid := ""
		w.View(func() { pid = w.PermissionID("user", "ep@psychology-service.example") })
		return w.SetExpiry(id, pid, w.Now().AddDate(0, 0, 10).Truncate(time.Hour), actor)
	}))
	at(12, 11, 0, "a leaver's account is deleted, the files passed to a teacher", func() error {
		leaver := c.leavers[len(c.leavers)-1]
		var ids []string
		w.View(func() {
			for _, f := range w.OwnedBy(w.PermissionID("user", leaver.PrimaryEmail)) {
				ids = append(ids, f.ID)
			}
		})
		for _, id := range ids {
			if err := w.TransferOwner(id, last.PrimaryEmail, admin); err != nil {
				return err
			}
		}
		return w.DeleteUser(leaver.PrimaryEmail, admin)
	})
	at(15, 17, 15, "a folder of photographs gets a link", func() error {
		var err error
		if photos, err = w.CreateFile(&world.File{Name: "Harvest photographs", MimeType: world.MimeFolder}, first.PrimaryEmail); err != nil {
			return err
		}
		for i := range 24 {
			if _, err := w.UploadFile(&world.File{Name: fmt.Sprintf("IMG_%04d.jpg", 4100+i), MimeType: "image/jpeg", Parent: photos}, first.PrimaryEmail); err != nil {
				return err
			}
		}
		return w.SetLink(photos, "reader", "", false, first.PrimaryEmail)
	})
	at(16, 15, 45, "the link is taken off again", func() error { return linkOff(photos, first.PrimaryEmail) })
	at(18, 9, 30, "the clubs group takes members by invitation only", func() error {
		return w.SetGroupSetting("clubs@"+Domain, "whoCanJoin", invited, admin)
	})
	at(20, 12, 40, "the folder moves into the staff's shared drive", func() error { return w.MoveFile(photos, c.driveOf["staff"].ID, first.PrimaryEmail) })
	at(22, 16, 0, "an assistant leaves: the account is switched off", func() error { return w.SuspendUser(c.tas[len(c.tas)-1].PrimaryEmail, admin) })
	at(24, 10, 20, "the governors have another clerk", func() error {
		d := c.driveOf["governors"].ID
		pid := ""
		w.View(func() { pid = w.PermissionID("user", "clerk@governance-clerks.example") })
		if err := w.RemoveDriveMember(d, pid, c.head.PrimaryEmail); err != nil {
			return err
		}
		return w.AddDriveMember(d, toAddress("new.clerk@governance-clerks.example", "writer"), c.head.PrimaryEmail)
	})
	at(26, 15, 10, "the programme of the open evening goes into the bin", on(c.deputy, "Open evening programme", w.Trash))
	at(28, 16, 30, "a reading record gets a second parent", on(first, "Reading record", func(id, actor string) error {
		return w.Share(id, toAddress("second.parent@family-mail.example", "reader"), actor)
	}))
	at(29, 8, 40, "a teacher stops sharing the stalls of the fair", on(last, "Fair stalls", stop("chair@pta."+Domain)))
	at(29, 11, 30, "and writes a plan that nobody else sees", create(last, "Plan of next half-term", world.MimeDocument))
}

// find gives the id of the owner's first item with the name that is not in the bin; "" when there is none.
func (s *School) find(owner *world.User, name string) (id string) {
	w := s.World
	w.View(func() {
		for _, f := range w.OwnedBy(w.PermissionID("user", owner.PrimaryEmail)) {
			if f.Name == name && !f.Trashed && !w.Hidden(f) {
				id = f.ID
				return
			}
		}
	})
	return id
}

// Play lets the day pass: the tenant's clock goes on hour by hour to six in the evening, people look at and edit files, and the day's events happen.
// An event that no longer makes sense, because somebody was quicker, is skipped. It tells what happened.
func (d Day) Play() ([]string, error) {
	w := d.school.World
	p := NewPlayer(w, d.school.Options.Seed+d.Date.Unix())
	p.usage = d.school.usage
	morning := d.Date.Add(8 * time.Hour)
	var told []string
	next := 0
	p.until(morning)
	if err := p.signIns(); err != nil {
		return nil, err
	}
	for hour := range 10 {
		end := morning.Add(time.Duration(hour+1) * time.Hour)
		for next < len(d.Events) && !d.Date.Add(d.Events[next].At).After(end) {
			e := d.Events[next]
			next++
			p.until(d.Date.Add(e.At))
			err := e.do()
			if err != nil && !tolerable(err) {
				return told, fmt.Errorf("%s: %s: %w", d.Date.Format(time.DateOnly), e.What, err)
			}
			if err == nil {
				told = append(told, e.What)
			}
		}
		p.until(end)
		if hour == 2 {
			if err := p.housekeeping(); err != nil {
				return told, err
			}
		}
		for range between(p.rng, 1, 5) {
			if err := p.look(); err != nil {
				return told, err
			}
		}
	}
	return told, p.usage.evening(w, p.rng)
}

// String names the day and what is to happen.
func (d Day) String() string {
	var what []string
	for _, e := range d.Events {
		what = append(what, e.What)
	}
	return d.Date.Format("Monday 2 January") + ": " + strings.Join(what, "; ")
}
