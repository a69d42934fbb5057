package generate

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// reminderDays is what a day brings to reminders: some are confirmed, and some of the staff say that they have read the policy. It has random numbers of its own: a
// tenant with reminders lives on as it would without.
type reminderDays struct {
	*Player
	rng *rand.Rand
}

func newReminderDays(p *Player, seed int64) *reminderDays {
	return &reminderDays{p, rand.New(rand.NewPCG(uint64(seed), 0x510e527fade682d1))}
}

// actions lists what happens, each with how often it comes up.
func (p *reminderDays) actions() []action {
	return []action{
		{"a reminder is confirmed", 4, func() (bool, error) { return p.confirm(p.leader) }},
		{"somebody else confirms a reminder", 1, func() (bool, error) { return p.confirm(p.anAdult) }},
		{"somebody has read the policy", 4, p.read},
	}
}

// day lists when something happens on a day of so many other changes, in seconds since the morning.
func (p *reminderDays) day(changes int) []int {
	if len(p.Policies) == 0 {
		return nil
	}
	out := make([]int, 1+changes/12)
	for i := range out {
		out[i] = p.rng.IntN(590 * 60)
	}
	slices.Sort(out)
	return out
}

func (p *reminderDays) leader() string {
	if len(p.Leaders) == 0 {
		return ""
	}
	return pick(p.rng, p.Leaders)
}

func (p *reminderDays) anAdult() string { return p.adult(p.rng) }

// asked are the newest periods that are asked for, for somebody who has looked since so many days before the Player began.
func (p *reminderDays) asked(before int) []truth.AskedFor {
	var out []truth.AskedFor
	o := truth.Options{First: p.begun.AddDate(0, 0, -before), Now: p.World.Now()}
	for _, name := range slices.Sorted(maps.Keys(p.Policies)) {
		out = append(out, o.AskedFor(p.Policies[name])...)
	}
	return out
}

// confirm is that somebody says whether something was done; now and then of what nobody asked for, or in a way that does not count.
func (p *reminderDays) confirm(who func() string) (bool, error) {
	list := p.asked(0)
	if len(list) == 0 || oneIn(p.rng, 6) {
		list = p.asked(watchedDays)
	}
	by := ""
	p.World.View(func() { by = who() })
	if by == "" || len(list) == 0 {
		return false, nil
	}
	x := pick(p.rng, list)
	d := world.Decision{By: by, Do: "confirm", Reminder: x.Reminder, Period: x.Period, Answer: pick(p.rng, []string{"done", "done", "not-done"})}
	switch p.rng.IntN(15) {
	case 0:
		d.Answer = "yes"
	case 1:
		d.Note = strings.Repeat("At last. ", 30)
	case 2, 3, 4:
		d.Note = "The papers are in the office."
	}
	return true, p.World.Decide(d)
}

func (p *reminderDays) read() (bool, error) {
	by := ""
	p.World.View(func() { by = p.anAdult() })
	if by == "" {
		return false, nil
	}
	return true, p.World.Decide(world.Decision{By: by, Do: "read-policy"})
}
