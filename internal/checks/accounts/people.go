package accounts

import (
	"slices"
	"strings"
	"unicode"

	"esafetybot/internal/school"
)

// Rules about how accounts are used and by whom.

func (j *judge) neverSignedIn(a *ask, p *person) []string {
	if !p.LastLogin.IsZero() || j.schoolWeeks(p.Created) < a.QuietWeeks {
		return nil
	}
	return []string{"created " + j.on(p.Created)}
}

func (j *judge) dormant(a *ask, p *person) []string {
	if p.LastLogin.IsZero() || j.schoolWeeks(p.LastLogin) < a.QuietWeeks {
		return nil
	}
	return []string{"last " + j.on(p.LastLogin)}
}

// signInDays is how long ago a sign-in may be to count as using the account, in days.
const signInDays = 30

func (j *judge) yearGroup(a *ask, p *person) []string {
	year := ""
	if row := j.row(p); row != nil {
		year = row.Year
	}
	if year == "" {
		year = school.Year(p.Unit)
	}
	var facts []string
	for _, r := range a.YearRules {
		if !slices.Contains(r.Years, year) {
			continue
		}
		if r.NoAccounts {
			facts = append(facts, "year "+year+" has-account")
		} else if j.daysSince(p.LastLogin) <= signInDays { // who never signed in did so in the year 1
			facts = append(facts, "year "+year+" signs-in")
		}
	}
	return facts
}

func (j *judge) sharedAccount(a *ask, p *person) []string {
	var facts []string
	if j.row(p) == nil && !anyOf(a.accepted, p.addresses()) && !j.inPeople(p) {
		local, _, _ := strings.Cut(p.Address, "@")
		for _, word := range strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) }) {
			if a.generic[word] {
				facts = append(facts, "generic "+word)
			}
		}
	}
	for _, n := range p.Numbers {
		for _, id := range j.bearers[number(n)] {
			if id != p.ID {
				facts = append(facts, "same-number user/"+id)
			}
		}
	}
	return facts
}

// holders finds out who holds which role. known is false when who is in a group that holds one is not.
func (j *judge) holders() (known bool) {
	j.roles, known = map[string][]string{}, true
	for _, g := range j.Grants {
		group, ok := j.Who.GroupByID(g.To)
		if !ok {
			j.roles[g.To] = append(j.roles[g.To], g.Role)
			if _, account := j.Who.AccountByID(g.To); !account && j.Who.GroupsUnknown {
				known = false
			}
			continue
		}
		in, all := j.Who.In([]string{group.Address})
		known = known && all
		for id := range in {
			j.roles[id] = append(j.roles[id], g.Role)
		}
	}
	return known
}

func (j *judge) adminRole(a *ask, p *person) []string {
	if p.kind != school.Pupil && p.kind != school.Unplaced && (a.Admins == nil || anyOf(a.admins, p.addresses())) {
		return nil
	}
	var facts []string
	if p.Admin {
		facts = append(facts, "super-admin")
	}
	for _, role := range j.roles[p.ID] {
		facts = append(facts, "role/"+role)
	}
	return facts
}

func (p *person) administers() bool { return p.Admin || p.Delegated }

func (j *judge) noSecondStep(a *ask, p *person) []string {
	if p.SecondStep || !p.administers() && !(a.StaffSteps && p.kind == school.Staff) {
		return nil
	}
	return []string{"not-enrolled"}
}
