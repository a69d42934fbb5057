package generate

import (
	"fmt"
	"time"

	"esafetybot/internal/sim/world"
)

// shared puts an item in place and grants it: half of the time long ago, so that no log tells, else within the time that Google keeps the audit log.
func (b *builder) shared(owner *world.User, parent any, name, mime string, own ...world.Grant) *world.File {
	if oneIn(b.rng, 2) {
		return b.put(owner, parent, name, mime, own...)
	}
	f := b.put(owner, parent, name, mime)
	for _, g := range own {
		b.later(f, owner, g)
	}
	return f
}

// later grants access after the item was made, within the last 170 days, with the record that Google would have written.
func (b *builder) later(f *world.File, actor *world.User, g world.Grant) {
	from := b.now.AddDate(0, 0, -170)
	if f.Created.After(from) {
		from = f.Created
	}
	b.w.SetNow(from.Add(time.Duration(b.rng.Int64N(int64(b.now.Sub(from))))).Truncate(time.Second))
	if g.View == world.ViewPublished {
		b.check(b.w.Publish(f.ID, g, actor.PrimaryEmail))
	} else {
		b.check(b.w.Share(f.ID, g, actor.PrimaryEmail))
	}
	b.w.SetNow(b.now)
}

// history fills the audit log of the last fortnight with an ordinary school's days, so that the log is not silent.
func (b *builder) history() {
	zone, err := time.LoadLocation(b.w.Settings.TimeZone)
	b.check(err)
	if err != nil {
		return
	}
	files := b.w.Files()
	for back := 14; back > 0; back-- {
		t := b.now.AddDate(0, 0, -back).In(zone)
		if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
			continue
		}
		morning := time.Date(t.Year(), t.Month(), t.Day(), 8, 0, 0, 0, zone)
		n := 6 + b.opt.Pupils/20
		for i := range n {
			f := pick(b.rng, files)
			if f.Owner == nil || f.Created.After(morning) || f.Trashed || b.w.Hidden(f) {
				continue
			}
			b.w.SetNow(morning.Add(time.Duration(i) * 10 * time.Hour / time.Duration(n)))
			do := b.w.ViewFile
			if oneIn(b.rng, 3) && !f.IsFolder() {
				do = b.w.EditFile
			}
			b.check(do(f.ID, f.Owner.EmailAddress))
		}
		b.w.SetNow(morning.Add(90 * time.Minute))
		b.check(b.w.SetGroupSetting("staff@"+Domain, "description", fmt.Sprintf("All staff. Looked through on %s.", morning.Format("2 January")), b.it.PrimaryEmail))
	}
	b.w.SetNow(b.now)
}
