package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"esafetybot/internal/sim/world"
)

// dojoDays is what a day brings on ClassDojo: what is told of it, what people answer about it and when they look. It has random numbers of its own: a tenant that has ClassDojo
// lives on as it would without.
type dojoDays struct {
	*Player
	rng  *rand.Rand
	keys int // how many events were told
}

func newDojoDays(p *Player, seed int64) *dojoDays {
	return &dojoDays{p, rand.New(rand.NewPCG(uint64(seed), 0x2545f4914f6cdd1d)), 0}
}

// actions lists what happens, each with how often it comes up.
func (p *dojoDays) actions() []action {
	return []action{
		{"the relay tells of ClassDojo", 6, func() (bool, error) { return p.happens("relay") }},
		{"a mail tells of ClassDojo", 2, func() (bool, error) { return p.happens("mailbox") }},
		{"a mail tells of ClassDojo what the relay told", 1, p.again},
		{"a list tells of ClassDojo", 2, p.row},
		{"a teacher answers about ClassDojo", 6, func() (bool, error) { return p.answer(p.teacher) }},
		{"a leader answers about ClassDojo", 2, func() (bool, error) { return p.answer(p.leader) }},
		{"somebody else answers about ClassDojo", 1, func() (bool, error) { return p.answer(p.anAdult) }},
		{"a teacher has looked at ClassDojo", 4, func() (bool, error) { return p.review(p.teacher) }},
		{"a leader has looked at ClassDojo", 1, func() (bool, error) { return p.review(p.leader) }},
		{"somebody else has looked at ClassDojo", 1, func() (bool, error) { return p.review(p.anAdult) }},
		{"a leader looks into a class on ClassDojo", 2, p.spot},
	}
}

// day lists when something happens on a day of so many other changes, in seconds since the morning.
func (p *dojoDays) day(changes int) []int {
	if len(p.Dojo) == 0 {
		return nil
	}
	out := make([]int, 2+changes/4)
	for i := range out {
		out[i] = p.rng.IntN(590 * 60)
	}
	slices.Sort(out)
	return out
}

// class is one of the school's, at times the School Story.
func (p *dojoDays) class() DojoClass {
	if oneIn(p.rng, 8) {
		return DojoClass{ID: storyClass}
	}
	return pick(p.rng, p.Dojo)
}

func (p *dojoDays) tell(from, kind, class string, at time.Time) (bool, error) {
	p.keys++
	return true, p.World.Tell(world.DojoEvent{From: from, Kind: kind, Class: class, At: at.UTC().Truncate(time.Second), Count: 1, Key: fmt.Sprintf("dojo-%d", p.keys)})
}

// happens is something new there, of which a mail tells; now and then in a class that the policy does not list.
func (p *dojoDays) happens(from string) (bool, error) {
	class := p.class().ID
	if oneIn(p.rng, 20) {
		class = dojoID(0xffff)
	}
	kind := pick(p.rng, []string{"story", "story", "portfolio", "pending", "messages"})
	if class == storyClass {
		kind = "story" // it has no pupils, and nobody writes to it
	}
	return p.tell(from, kind, class, p.World.Now())
}

// again is a mail that the relay told of, read in the mailbox too.
func (p *dojoDays) again() (bool, error) {
	var list []world.DojoEvent
	p.World.View(func() {
		for _, e := range p.World.Dojo() {
			if e.From == "relay" {
				list = append(list, e)
			}
		}
	})
	if len(list) == 0 {
		return false, nil
	}
	e := pick(p.rng, list)
	e.From = "mailbox"
	return true, p.World.Tell(e)
}

// row is a row of a list, of up to three days ago.
func (p *dojoDays) row() (bool, error) {
	at := p.World.Now().Add(-time.Duration(p.rng.IntN(3*24)) * time.Hour)
	return p.tell("csv", pick(p.rng, []string{"comment", "comment", "story"}), p.class().ID, at)
}

// The pickers below answer an address, "" where there is nobody. Call them inside View.

func (p *dojoDays) teacher(c DojoClass) string {
	var out []string
	for _, address := range c.Teachers {
		if u := p.World.User(address); u != nil && active(u) {
			out = append(out, u.PrimaryEmail)
		}
	}
	if c.ID == storyClass {
		return p.leader(c)
	}
	if len(out) == 0 {
		return ""
	}
	return pick(p.rng, out)
}

func (p *dojoDays) leader(DojoClass) string {
	if len(p.Leaders) == 0 {
		return ""
	}
	return pick(p.rng, p.Leaders)
}

// anAdult is somebody of the school, whatever they have to do with it.
func (p *dojoDays) anAdult(DojoClass) string { return p.adult(p.rng) }

// answer is what somebody says of a class; now and then it is not what was asked, and does not count.
func (p *dojoDays) answer(who func(DojoClass) string) (bool, error) {
	c := p.class()
	by := ""
	p.World.View(func() { by = who(c) })
	if by == "" {
		return false, nil
	}
	said := map[string]string{"comments": pick(p.rng, []string{"on", "on", "on", "off", "off", "off", "not-sure"})}
	if said["comments"] != "off" || oneIn(p.rng, 3) {
		said["moderator"] = pick(p.rng, []string{"leader", "leader", "teacher", "other", "nobody", "not-sure"})
	}
	if !oneIn(p.rng, 4) {
		said["looked"] = p.World.Now().AddDate(0, 0, -p.rng.IntN(5)).In(p.zone).Format(time.DateOnly)
	}
	if c.ID != storyClass && !oneIn(p.rng, 15) {
		said["channel"] = pick(p.rng, []string{"yes", "yes", "yes", "no", "not-sure"})
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "answer", CheckIn: "class-dojo-" + c.ID, Said: said})
}

// review is that somebody looked at what was told of a class, all of it or what was there before the newest.
func (p *dojoDays) review(who func(DojoClass) string) (bool, error) {
	c := p.class()
	by := ""
	var told []time.Time
	p.World.View(func() {
		by = who(c)
		for _, e := range p.World.Dojo() {
			if e.Class == c.ID && e.Kind != "messages" {
				told = append(told, e.At)
			}
		}
	})
	if by == "" || len(told) == 0 {
		return false, nil
	}
	slices.SortFunc(told, time.Time.Compare)
	saw := told[len(told)-1]
	if oneIn(p.rng, 3) {
		saw = pick(p.rng, told)
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "reviewed", Item: "dojo/" + c.ID, Saw: saw})
}

// spot is a leader's look into a class, whether it was drawn or not.
func (p *dojoDays) spot() (bool, error) {
	by := ""
	p.World.View(func() { by = p.leader(DojoClass{}) })
	if by == "" || len(p.Dojo) == 0 {
		return false, nil
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "answer", CheckIn: "dojo-spot-" + pick(p.rng, p.Dojo).ID, Answer: pick(p.rng, []string{"yes", "yes", "no", "not-sure"})})
}
