package accounts

import (
	"strings"

	"esafetybot/internal/calendar"
	"esafetybot/internal/rolls"
	"esafetybot/internal/school"
)

// Rules that rest on the rolls: who may have an account, and where.

// lists gives the rolls of an account's kind.
func (j *judge) lists(p *person) []*rolls.Matching {
	switch p.kind {
	case school.Pupil:
		return there(j.Pupils)
	case school.Staff:
		return there(j.Staff)
	}
	var out []*rolls.Matching
	for i, e := range j.Others {
		if j.Kinds.Belongs(&p.Account, i) {
			out = append(out, there(e.Roll)...)
		}
	}
	return out
}

// there drops the rolls that the policy does not have.
func there(lists ...*rolls.Matching) []*rolls.Matching {
	var out []*rolls.Matching
	for _, m := range lists {
		if m != nil {
			out = append(out, m)
		}
	}
	return out
}

// row is the account's row: of the roll of pupils, else of staff, else of others; nil if it has none.
func (j *judge) row(p *person) *rolls.Row {
	for _, m := range j.rolls {
		if row, _ := m.Row(p.ID); row != nil {
			return row
		}
	}
	return nil
}

// ambiguous tells whether one of some rolls cannot say which row the account is.
func ambiguous(lists []*rolls.Matching, id string) bool {
	for _, m := range lists {
		if m.Ambiguous(id) {
			return true
		}
	}
	return false
}

// leftOn is the date on which the account fell off the rolls; zero if it did not, or if a row may be its.
func (j *judge) leftOn(p *person) calendar.Date {
	if j.row(p) != nil || ambiguous(j.rolls, p.ID) {
		return calendar.Date{}
	}
	return j.Left[p.ID]
}

func (j *judge) inPeople(p *person) bool { return anyOf(j.named, p.addresses()) }

func anyOf(set map[string]bool, texts []string) bool {
	for _, t := range texts {
		if set[t] {
			return true
		}
	}
	return false
}

func (j *judge) notOnRoll(a *ask, p *person) []string {
	lists := j.lists(p)
	for _, m := range lists {
		if row, _ := m.Row(p.ID); row != nil {
			return nil
		}
	}
	switch {
	case len(lists) == 0, !j.leftOn(p).IsZero(), anyOf(a.accepted, p.addresses()), j.inPeople(p), j.Kinds.InGroupOfOthers(&p.Account):
		return nil
	case ambiguous(lists, p.ID):
		return []string{"ambiguous"}
	}
	return []string{"no-row"}
}

func (j *judge) leaverActive(a *ask, p *person) []string {
	dates := []calendar.Date{j.leftOn(p)}
	for _, m := range j.lists(p) {
		if row, _ := m.Row(p.ID); row != nil {
			dates = append(dates, row.Left)
		}
	}
	var facts []string
	for _, left := range dates {
		grace := a.GraceDays
		if j.AtOnce[p.ID] {
			grace = -1 // from the day on which they leave
		}
		if !left.IsZero() && j.today.After(left.AddDays(grace)) {
			facts = append(facts, "left "+left.String())
		}
	}
	return facts
}

// signed tells whether a row's agreement holds today.
func (j *judge) signed(row *rolls.Row) bool {
	return row.Agreement.Signed(j.year.agreementsFrom(), j.today)
}

func (j *judge) noAgreement(_ *ask, p *person) []string {
	var facts []string
	for _, m := range j.rolls {
		row, _ := m.Row(p.ID)
		if !m.Roll.Has(rolls.Agreement) || row == nil || row.Leaver(j.today) || j.signed(row) {
			continue
		}
		switch row.Agreement.Says {
		case rolls.On:
			facts = append(facts, "signed "+row.Agreement.Date.String())
		case rolls.Unreadable:
			facts = append(facts, "unreadable")
		default:
			facts = append(facts, "unsigned")
		}
	}
	return facts
}

func (j *judge) wrongUnit(a *ask, p *person) []string {
	var facts []string
	pupil := p.kind == school.Pupil
	on := func(m *rolls.Matching) bool {
		if m == nil {
			return false
		}
		row, _ := m.Row(p.ID)
		return row != nil && !row.Leaver(j.today)
	}
	if on(j.Pupils) && !pupil {
		facts = append(facts, "pupils-roll")
	}
	if on(j.Staff) && pupil {
		facts = append(facts, "staff-roll")
	}
	// A year without a unit is fine anywhere: every path is under "".
	if row := j.row(p); pupil && row != nil && !school.Under(p.Unit, a.YearUnits[row.Year]) {
		facts = append(facts, "year "+row.Year)
	}
	if len(facts) > 0 {
		facts = append(facts, "unit "+p.Unit)
	}
	return facts
}

func (j *judge) noEndDate(_ *ask, p *person) []string {
	var facts []string
	for i, e := range j.Others {
		if !e.EndsRequired || !j.Kinds.Belongs(&p.Account, i) {
			continue
		}
		ends := rolls.Answer{}
		if e.Roll != nil {
			if row, _ := e.Roll.Row(p.ID); row != nil {
				ends = row.Ends
			}
		}
		switch {
		case ends.Says == rolls.Nothing:
			facts = append(facts, "none")
		case ends.Says == rolls.Unreadable:
			facts = append(facts, "unreadable")
		case ends.Date.Before(j.today):
			facts = append(facts, "ended "+ends.Date.String())
		}
	}
	return facts
}

// rows judges the rows without an account.
func (j *judge) rows() {
	for _, a := range j.asks {
		if !a.missing {
			continue
		}
		if a.among(school.Pupil, pupilsAndStaff) {
			j.missing(a, j.Pupils)
		}
		if a.among(school.Staff, pupilsAndStaff) {
			j.missing(a, j.Staff)
		}
	}
}

func (j *judge) missing(a *ask, m *rolls.Matching) {
	if m == nil {
		return
	}
	for i := range m.Roll.Rows {
		row := &m.Roll.Rows[i]
		subject := "roll/" + row.Key
		if row.Leaver(j.today) || m.Roll.Has(rolls.Agreement) && !j.signed(row) || j.Blind.Subjects[Missing][subject] {
			continue
		}
		fact := ""
		switch id, _ := m.Account(i); {
		case m.AmbiguousRow(i):
			fact = "ambiguous"
		case id == "":
			fact = "no-account"
		case !j.People[id].Active():
			fact = "switched-off user/" + id
		default:
			continue
		}
		j.found(a, Missing, subject, []string{fact})
	}
}

// numbers finds out who bears the roll numbers.
func (j *judge) numbers() {
	j.bearers = map[string][]string{}
	for _, m := range j.rolls {
		for _, row := range m.Roll.Rows {
			if row.ID != "" {
				j.bearers[strings.ToLower(row.ID)] = nil
			}
		}
	}
	for id, p := range j.People {
		if !p.Active() || !j.Kinds.School(&p.Account) {
			continue
		}
		for _, n := range p.Numbers {
			n = number(n)
			if of, ok := j.bearers[n]; ok {
				j.bearers[n] = append(of, id)
			}
		}
	}
}

// number makes roll numbers comparable.
func number(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
