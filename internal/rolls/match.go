package rolls

import (
	"slices"
	"strings"

	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// By says how sure a match is, surest first.
type By uint8

// The ways in which a row and an account are matched.
const (
	Unmatched By = iota
	ByNumber
	ByEmail
	ByName // and, for pupils, by class or year
)

func (b By) String() string { return [...]string{"not matched", "roll number", "e-mail", "name"}[b] }

// A Matching says which account is whose in one roll.
type Matching struct {
	Roll *Roll

	rows      []matched
	byAccount map[string]int  // Directory id → index of its row
	ambiguous map[string]bool // Directory ids
}

type matched struct {
	account   string // Directory id
	by        By
	ambiguous bool
}

// Row is the row of an account; nil if it has none.
func (m *Matching) Row(account string) (*Row, By) {
	i, ok := m.byAccount[account]
	if !ok {
		return nil, Unmatched
	}
	return &m.Roll.Rows[i], m.rows[i].by
}

// Ambiguous tells whether an account without a row might be one of several rows, or one row several accounts, this among them.
func (m *Matching) Ambiguous(account string) bool {
	_, ok := m.byAccount[account]
	return !ok && m.ambiguous[account]
}

// Account is the Directory id of the account that the i-th row of the roll is; "" if none.
func (m *Matching) Account(i int) (id string, by By) { return m.rows[i].account, m.rows[i].by }

// AmbiguousRow tells whether the i-th row might be several accounts, or its accounts other rows.
func (m *Matching) AmbiguousRow(i int) bool { return m.rows[i].ambiguous }

// Match finds out which of the school's accounts each row of a roll is. about says of an account whether it is of the kind the roll is about
// (for the roll of an entry of others: belongs to that entry); names are compared with those only.
func Match(r *Roll, accounts []*seen.Person, about func(*seen.Person) bool) *Matching {
	m := &Matching{Roll: r, rows: make([]matched, len(r.Rows)), byAccount: map[string]int{}, ambiguous: map[string]bool{}}
	m.numbers(accounts)
	m.addresses(accounts)
	m.names(accounts, about)
	return m
}

func (m *Matching) match(i int, account string, by By) {
	m.rows[i] = matched{account: account, by: by}
	m.byAccount[account] = i
}

// open tells whether nothing is known of a row yet.
func (m *Matching) open(i int) bool { return m.rows[i].by == Unmatched && !m.rows[i].ambiguous }

func (m *Matching) taken(account string) bool { _, ok := m.byAccount[account]; return ok }

// numbers matches by roll number.
func (m *Matching) numbers(accounts []*seen.Person) {
	bearers := map[string][]*seen.Person{}
	for _, p := range accounts {
		own := map[string]bool{}
		for _, n := range p.Numbers {
			if n = fold(n); n != "" && !own[n] { // the same number may stand there twice, as two types
				own[n] = true
				bearers[n] = append(bearers[n], p)
			}
		}
	}
	for i, row := range m.Roll.Rows {
		of := bearers[strings.ToLower(row.ID)]
		if len(of) > 1 {
			of = only(of, func(p *seen.Person) bool { return p.Active() })
		}
		several := of
		if len(of) > 1 {
			of = only(of, func(p *seen.Person) bool { return row.Email != "" && bears(p, row.Email) })
		}
		switch {
		case len(of) == 1 && !m.taken(of[0].ID):
			m.match(i, of[0].ID, ByNumber)
		case len(of) != 1 && len(several) > 1:
			m.rows[i].ambiguous = true
			for _, p := range several {
				m.ambiguous[p.ID] = true
			}
		}
	}
}

func only(of []*seen.Person, keep func(*seen.Person) bool) []*seen.Person {
	var out []*seen.Person
	for _, p := range of {
		if keep(p) {
			out = append(out, p)
		}
	}
	return out
}

func bears(p *seen.Person, address string) bool {
	return p.Address == address || slices.Contains(p.Aliases, address)
}

// addresses matches by e-mail. A row that shares its e-mail with any other row, matched or not, is left alone: one of the two is wrong.
func (m *Matching) addresses(accounts []*seen.Person) {
	rows := map[string][]int{}
	for i, row := range m.Roll.Rows {
		if row.Email != "" {
			rows[row.Email] = append(rows[row.Email], i)
		}
	}
	bearers := map[string][]string{}
	for _, p := range accounts {
		if m.taken(p.ID) {
			continue
		}
		for _, a := range append([]string{p.Address}, p.Aliases...) {
			if of := bearers[a]; len(rows[a]) == 1 && !slices.Contains(of, p.ID) {
				bearers[a] = append(of, p.ID)
			}
		}
	}
	for i, row := range m.Roll.Rows {
		// The account may have been taken by now, for a row above with another of its addresses.
		if of := bearers[row.Email]; m.open(i) && len(of) == 1 && !m.taken(of[0]) {
			m.match(i, of[0], ByEmail)
		}
	}
}

// names matches by name and place: rows and accounts that might be each other and nobody else.
func (m *Matching) names(accounts []*seen.Person, about func(*seen.Person) bool) {
	byName := map[string][]int{}
	for i, row := range m.Roll.Rows {
		if key := NameKey(row.Name); m.open(i) && key != "" {
			byName[key] = append(byName[key], i)
		}
	}
	mights := map[int][]string{} // row → accounts
	rows := map[string]int{}     // account → how many rows it might be
	for _, p := range accounts {
		if m.taken(p.ID) || m.ambiguous[p.ID] || !about(p) {
			continue
		}
		for _, i := range byName[NameKey(p.Name)] {
			if m.Roll.Which != Pupils || placed(&m.Roll.Rows[i], p.Unit) {
				mights[i] = append(mights[i], p.ID)
				rows[p.ID]++
			}
		}
	}
	for i, of := range mights {
		if len(of) == 1 && rows[of[0]] == 1 {
			m.match(i, of[0], ByName)
			continue
		}
		m.rows[i].ambiguous = true
		for _, id := range of {
			m.ambiguous[id] = true
		}
	}
}

// placed tells whether an account in a unit may be the pupil of a row.
func placed(r *Row, unit string) bool {
	return r.Year != "" && r.Year == school.Year(unit) ||
		r.Class != "" && slices.ContainsFunc(strings.Split(unit, "/"), func(s string) bool { return fold(s) == fold(r.Class) })
}
