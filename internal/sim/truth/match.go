package truth

import (
	"maps"
	"slices"
	"strings"
)

// matched says which account is which row of one roll.
type matched struct {
	rows []row
	// accountOf and rowOf are the two sides of each match; rows go by their place in rows.
	accountOf map[int]*account
	rowOf     map[*account]int
	// Rows and accounts that might be each other, among others.
	ambiguousRow     map[int]bool
	ambiguousAccount map[*account]bool
	// left is when an account that is on the roll no more went from it: when its last row was dropped, or the date of leaving that row already gave.
	left map[*account]day
	// columns are those that the policy names.
	columns map[string]string
}

// row is the row that an account is, or nil.
func (m *matched) row(a *account) *row {
	if m == nil {
		return nil
	}
	if i, ok := m.rowOf[a]; ok {
		return &m.rows[i]
	}
	return nil
}

func (m *matched) isAmbiguous(a *account) bool {
	return m != nil && m.row(a) == nil && m.ambiguousAccount[a]
}

// matchRoll matches a roll, and its earlier versions, with the accounts of now. It is nil without a roll.
func (w *world) matchRoll(who Population, isKind func(*account) bool, hasClasses bool) *matched {
	data, ok := w.t.Rolls[who.Roll]
	if who.Roll == "" || !ok {
		return nil
	}
	m := w.match(readRoll(data, who.Columns, who.Name), isKind, hasClasses)
	m.columns = who.Columns
	m.left = map[*account]day{}
	// In the order of their dates: the newest version that had the account counts.
	for _, name := range slices.Sorted(maps.Keys(w.t.Rolls)) {
		version, isVersion := strings.CutPrefix(name, who.Roll+".")
		replaced, isDate := parseDay(version)
		if !isVersion || !isDate || replaced > w.today || replaced <= w.day(w.first) {
			continue
		}
		was := w.match(readRoll(w.t.Rolls[name], who.Columns, who.Name), isKind, hasClasses)
		for a, i := range was.rowOf {
			if m.row(a) != nil || m.isAmbiguous(a) {
				continue
			}
			m.left[a] = replaced
			// Who had left by then does not leave again when the row is dropped.
			if r := was.rows[i]; r.isLeaver(replaced) {
				m.left[a], _ = r.leftDay()
			}
		}
	}
	return m
}

func (w *world) match(rows []row, isKind func(*account) bool, hasClasses bool) *matched {
	m := &matched{
		rows: rows, accountOf: map[int]*account{}, rowOf: map[*account]int{},
		ambiguousRow: map[int]bool{}, ambiguousAccount: map[*account]bool{},
	}
	w.matchByID(m)
	w.matchByEmail(m)
	w.matchByName(m, isKind, hasClasses)
	return m
}

func (m *matched) set(i int, a *account) { m.accountOf[i], m.rowOf[a] = a, i }

func (w *world) matchByID(m *matched) {
	for i, r := range m.rows {
		if r.id == "" {
			continue
		}
		var fit []*account
		for _, a := range w.bearers[strings.ToLower(r.id)] {
			if m.row(a) == nil {
				fit = append(fit, a)
			}
		}
		if len(fit) > 1 {
			fit = only(fit, func(a *account) bool { return a.active })
		}
		if len(fit) > 1 {
			if byEmail := only(fit, func(a *account) bool { return a.bears(r.email) }); len(byEmail) == 1 {
				fit = byEmail
			}
		}
		switch {
		case len(fit) == 1:
			m.set(i, fit[0])
		case len(fit) > 1:
			m.ambiguousRow[i] = true
			for _, a := range fit {
				m.ambiguousAccount[a] = true
			}
		}
	}
}

func only(list []*account, keep func(*account) bool) []*account {
	var out []*account
	for _, a := range list {
		if keep(a) {
			out = append(out, a)
		}
	}
	return out
}

func (w *world) matchByEmail(m *matched) {
	rowsWith := map[string]int{}
	for _, r := range m.rows {
		rowsWith[strings.ToLower(r.email)]++
	}
	for i, r := range m.rows {
		if r.email == "" || m.accountOf[i] != nil || m.ambiguousRow[i] || rowsWith[strings.ToLower(r.email)] > 1 {
			continue
		}
		a := w.byUser[w.users[strings.ToLower(r.email)]]
		if a != nil && m.row(a) == nil {
			m.set(i, a)
		}
	}
}

func (w *world) matchByName(m *matched, isKind func(*account) bool, hasClasses bool) {
	named := map[string][]*account{}
	for _, a := range w.accounts {
		if m.row(a) == nil && !m.ambiguousAccount[a] && a.nameKey != "" && isKind(a) {
			named[a.nameKey] = append(named[a.nameKey], a)
		}
	}
	might := map[int][]*account{}
	mightBe := map[*account][]int{}
	for i, r := range m.rows {
		if m.accountOf[i] != nil || m.ambiguousRow[i] {
			continue
		}
		for _, a := range named[r.nameKey] {
			if !hasClasses || placeFits(r, a) {
				might[i] = append(might[i], a)
				mightBe[a] = append(mightBe[a], i)
			}
		}
	}
	for i, list := range might {
		if len(list) == 1 && len(mightBe[list[0]]) == 1 {
			m.set(i, list[0])
			continue
		}
		m.ambiguousRow[i] = true
		for _, a := range list {
			m.ambiguousAccount[a] = true
		}
	}
}

func placeFits(r row, a *account) bool {
	if r.year != "" && r.year == yearOfUnit(a.OrgUnitPath) {
		return true
	}
	return r.class != "" && slices.ContainsFunc(strings.Split(a.OrgUnitPath, "/"), func(segment string) bool {
		return strings.EqualFold(strings.TrimSpace(segment), r.class)
	})
}

// itsRow is the row of an account, on the roll of pupils first, then of staff, then of an entry of others, or nil.
func (w *world) itsRow(a *account) *row {
	for _, m := range w.allRolls() {
		if r := m.row(a); r != nil {
			return r
		}
	}
	return nil
}

// allRolls lists the rolls there are, in the order in which they count.
func (w *world) allRolls() []*matched {
	var out []*matched
	for _, m := range append([]*matched{w.pupils, w.staff}, w.others...) {
		if m != nil {
			out = append(out, m)
		}
	}
	return out
}

// rollsOfKind are the rolls that an account should be on.
func (w *world) rollsOfKind(a *account) []*matched {
	var out []*matched
	switch a.kind {
	case "pupils":
		out = append(out, w.pupils)
	case "staff":
		out = append(out, w.staff)
	case "others":
		for _, i := range a.entries {
			out = append(out, w.others[i])
		}
	}
	return slices.DeleteFunc(out, func(m *matched) bool { return m == nil })
}
