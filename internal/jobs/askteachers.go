package jobs

import (
	"context"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/census"
	"esafetybot/internal/checkins"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// What class teachers are asked goes with their daily mail; who has another mail of the day (a report, the leaders' questions) is asked there.

// asksTeachers tells whether a policy asks people whom it names by a class.
func asksTeachers(p *policy.Policy) bool {
	return slices.ContainsFunc(checkins.Asks(p), func(a checkins.Ask) bool { return a.Who != nil })
}

// askedTeachers is what teachers are asked about their classes.
type askedTeachers struct {
	env  Env
	c    *census.Census
	list []*seen.Account              // who is asked
	asks map[string][]reports.AskedOf // by account
	rem  *reminding                   // what they are reminded of; nil without
}

func newAskedTeachers(ctx context.Context, env Env, c *census.Census) (*askedTeachers, error) {
	t := &askedTeachers{env: env, c: c, asks: map[string][]reports.AskedOf{}}
	if !asksTeachers(env.Policy) {
		return t, nil
	}
	first, err := memory.FirstLook(ctx, env.Store)
	if err != nil || first.IsZero() {
		return t, err
	}
	in, _, err := checkins.Read(ctx, env.Store, env.Policy, env.Policy.Calendar, c.Now, first)
	if err != nil {
		return nil, err
	}
	kinds := c.Kinds(ctx)
	for _, ask := range in.Asks {
		for _, address := range ask.Who {
			a, known := c.Who().Account(address)
			if !known || !a.Active() || a.Guest || !kinds.School(a) || kinds.Kind(a) == school.Pupil || slices.Contains(t.list, a) {
				continue
			}
			theirs := func(address string) bool {
				b, known := c.Who().Account(address)
				return known && a.ID == b.ID
			}
			if asks := env.asks(in, a.Address, func(policy.Role) bool { return false }, theirs); len(asks) > 0 {
				t.list, t.asks[a.ID] = append(t.list, a), asks
			}
		}
	}
	return t, nil
}

// with adds to some people those who are asked, by id.
func (t *askedTeachers) with(hosts []*seen.Account) []*seen.Account {
	out := slices.Clone(hosts)
	for _, a := range t.list {
		if !slices.ContainsFunc(out, func(h *seen.Account) bool { return h.ID == a.ID }) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *seen.Account) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// of is what one of them is asked.
func (t *askedTeachers) of(a *seen.Account) []reports.AskedOf {
	return append(slices.Clone(t.asks[a.ID]), t.rem.asks(a.Address, a.ID, func(policy.Role) bool { return false })...)
}

// letter puts the letter with the questions into the outbox for a teacher for whom nothing else waits and who has no other mail that asks.
func (t *askedTeachers) letter(ctx context.Context, box *outbox.Outbox, lease *Lease, a *seen.Account) error {
	asks := t.of(a)
	if len(asks) == 0 && !t.rem.ripe(a.ID) || !schoolIn(t.env.Policy.Calendar, daysOf(t.env.Policy, a), t.c.Now) {
		return nil
	}
	for _, r := range slices.Concat(readers(t.env.Policy), players(t.env.Policy, askedRoles(t.env.Policy))) {
		if b, known := t.c.Who().Account(r.Address); known && b.ID == a.ID {
			return nil
		}
	}
	return askLetter(ctx, t.env, box, lease, t.c.Now, policy.Person{Address: a.Address, Name: a.Name}, asks, t.rem, a.ID)
}

// answerFact says what a fact of a check-in means.
func (g *gatherer) answerFact(fact string) string {
	day := func(d calendar.Date) string { return d.At(12, 0, time.UTC).Format("2 January 2006") }
	if w := checkins.FactWords(fact, day); w != "" {
		return w
	}
	word, rest, _ := strings.Cut(fact, " ")
	switch word {
	case "asked":
		return "asked on " + g.date(rest)
	case "due":
		return "was due on " + g.date(rest)
	case "answered":
		return "answered on " + g.date(rest)
	}
	return ""
}
