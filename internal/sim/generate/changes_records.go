package generate

import (
	"math/rand/v2"
	"slices"
	"time"

	"esafetybot/internal/sim/world"
)

// recordDays is what a day brings to the records that are lists: entries are made, renewed and ended. It has random numbers of its own: a tenant that keeps
// records lives on as it would without.
type recordDays struct {
	*Player
	rng *rand.Rand
}

func newRecordDays(p *Player, seed int64) *recordDays {
	return &recordDays{p, rand.New(rand.NewPCG(uint64(seed), 0x6a09e667f3bcc909))}
}

// actions lists what happens, each with how often it comes up.
func (p *recordDays) actions() []action {
	return []action{
		{"an entry is made in a record", 5, func() (bool, error) { return p.enter(p.keeper) }},
		{"somebody else makes an entry in a record", 1, func() (bool, error) { return p.enter(p.adult) }},
		{"an entry of a record is renewed", 3, func() (bool, error) { return p.renew(p.keeper) }},
		{"somebody else renews an entry of a record", 1, func() (bool, error) { return p.renew(p.adult) }},
		{"an entry of a record is ended", 2, func() (bool, error) { return p.end(p.keeper) }},
		{"somebody else ends an entry of a record", 1, func() (bool, error) { return p.end(p.adult) }},
	}
}

// day lists when something happens on a day of so many other changes, in seconds since the morning.
func (p *recordDays) day(changes int) []int {
	if len(p.Keepers) == 0 {
		return nil
	}
	out := make([]int, 2+changes/12)
	for i := range out {
		out[i] = p.rng.IntN(590 * 60)
	}
	slices.Sort(out)
	return out
}

// The pickers of people below answer an address of somebody for a record, "" where there is nobody. Call them inside View.

// keeper is somebody who keeps the record.
func (p *recordDays) keeper(record string) string {
	list := slices.Concat(p.Keepers[record], p.Leaders)
	if len(list) == 0 {
		return ""
	}
	return pick(p.rng, list)
}

// adult is somebody of the school who can sign in and is no pupil, whether they keep the record or not.
func (p *recordDays) adult(string) string {
	list := p.World.Users()
	if len(list) == 0 {
		return ""
	}
	from := p.rng.IntN(len(list))
	for i := range list {
		if u := list[(from+i)%len(list)]; active(u) && !isPupil(u) {
			return u.PrimaryEmail
		}
	}
	return ""
}

// until is a date: mostly one of the next days, now and then one that an entry cannot have.
func (p *recordDays) until() string {
	today := p.World.Now().In(p.zone)
	switch p.rng.IntN(12) {
	case 0:
		return today.Format(time.DateOnly)
	case 1:
		return today.AddDate(2, 0, 1).Format(time.DateOnly)
	case 2:
		return today.AddDate(2, 0, -2).Format(time.DateOnly)
	}
	return today.AddDate(0, 0, between(p.rng, 1, 6)).Format(time.DateOnly)
}

func (p *recordDays) enter(who func(record string) string) (bool, error) {
	record := pick(p.rng, keptRecords)
	by, n := "", 0
	p.World.View(func() { by, n = who(record), len(p.made()) })
	if by == "" {
		return false, nil
	}
	d := world.Decision{By: by, Do: "record", Record: record, Entry: recordEntryID(n + 1), What: pick(p.rng, recordWhats[record]), Where: pick(p.rng, recordWheres), Until: p.until()}
	if oneIn(p.rng, 15) {
		d.What = ""
	}
	return true, p.World.Decide(d)
}

// made are the decisions that made entries, whether they count or not. Call it inside View.
func (p *recordDays) made() []world.Decision {
	return slices.DeleteFunc(slices.Clone(p.World.Decisions()), func(d world.Decision) bool { return d.Do != "record" })
}

// entry picks one of those made, mostly one whose date has passed or one of the last, and somebody for it.
func (p *recordDays) entry(who func(record string) string) (record, entry, by string) {
	p.World.View(func() {
		list := p.made()
		if len(list) == 0 {
			return
		}
		switch p.rng.IntN(6) {
		case 0, 1, 2:
			if passed := p.passed(); len(passed) > 0 {
				list = passed
			}
		case 3, 4:
			list = list[max(0, len(list)-12):]
		}
		d := pick(p.rng, list)
		record, entry, by = d.Record, d.Entry, who(d.Record)
		if slices.Contains(p.Protect, entry) {
			by = ""
		}
	})
	return record, entry, by
}

// passed are those made for which nobody said a date after yesterday, or that they are ended, whether that counts or not. Call it inside View.
func (p *recordDays) passed() []world.Decision {
	today := p.World.Now().In(p.zone).Format(time.DateOnly)
	settled := map[string]bool{}
	for _, d := range p.World.Decisions() {
		if d.Do == "end-record" || d.Entry != "" && d.Until >= today {
			settled[d.Entry] = true
		}
	}
	return slices.DeleteFunc(p.made(), func(d world.Decision) bool { return settled[d.Entry] })
}

func (p *recordDays) renew(who func(record string) string) (bool, error) {
	record, entry, by := p.entry(who)
	if by == "" {
		return false, nil
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "renew", Record: record, Entry: entry, Until: p.until()})
}

func (p *recordDays) end(who func(record string) string) (bool, error) {
	record, entry, by := p.entry(who)
	if by == "" {
		return false, nil
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "end-record", Record: record, Entry: entry})
}
