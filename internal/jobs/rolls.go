package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"esafetybot/internal/calendar"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/rolls"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// matchedRolls is which account is whose, in each roll of the policy; nil where it has none.
type matchedRolls struct {
	pupils, staff *rolls.Matching
	others        []*rolls.Matching        // by the policy's entries
	left          map[string]calendar.Date // accounts whose row is gone → since when
	atOnce        map[string]bool          // accounts that the safeguarding lead said go at once
}

// readRolls reads the rolls, matches them with the accounts and remembers who is on them. A roll that cannot be read, or is half its last size or less,
// stops the job: everything else would follow from a mistake.
func (l *look) readRolls(ctx context.Context, kinds *school.Kinds, book *memory.Book) (*matchedRolls, error) {
	var all []*seen.Person
	for _, p := range l.People() {
		if kinds.School(&p.Account) {
			all = append(all, p)
		}
	}
	p := l.Env.Policy
	match := func(r *policy.Roll, which string, about func(*seen.Person) bool) (*rolls.Matching, error) {
		if r == nil {
			return nil, nil
		}
		roll, err := l.readRoll(ctx, r, which, book)
		if err != nil {
			return nil, err
		}
		return rolls.Match(roll, all, about), nil
	}
	kind := func(k school.Kind) func(*seen.Person) bool {
		return func(x *seen.Person) bool { return kinds.Kind(&x.Account) == k }
	}
	m := &matchedRolls{}
	var err error
	if m.pupils, err = match(p.Pupils.Roll, rolls.Pupils, kind(school.Pupil)); err != nil {
		return nil, err
	}
	if m.staff, err = match(p.Staff.Roll, rolls.Staff, kind(school.Staff)); err != nil {
		return nil, err
	}
	for i, o := range p.Others {
		other, err := match(o.Roll, strings.ToLower(o.Name), func(x *seen.Person) bool { return kinds.Belongs(&x.Account, i) })
		if err != nil {
			return nil, err
		}
		m.others = append(m.others, other)
	}
	m.remember(all, kinds, book, p.Calendar.Date(l.Now))
	return m, nil
}

// unlooked says, of the jobs that read rolls, what does not happen without one.
var unlooked = map[string]string{AccountsJob: "accounts were not looked at", NamesJob: "pupils' names were not looked for", RemindersJob: "who has read the policy was not looked at"}

// readRoll reads one roll of the policy.
func (l *look) readRoll(ctx context.Context, r *policy.Roll, which string, book *memory.Book) (*rolls.Roll, error) {
	without := unlooked[l.record.Job]
	data, err := l.Env.rollBytes(ctx, r)
	if r.Drive == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: the roll of %s is not there: %s has to lie in the folder of the policy file, under this name; on Google Cloud no file lies there: keep the roll on Drive, and write roll: {drive: ID} into the policy", without, which, r.CSV)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the roll of %s cannot be read: %w", without, which, err)
	}
	roll, err := rolls.Parse(which, data, r.Columns)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", without, err)
	}
	if before := book.Sizes[which]; rolls.Shrunk(before, len(roll.Rows)) && !l.AcceptRolls {
		return nil, fmt.Errorf("%s: the roll of %s has %d people where it had %d, which is more likely half a file than half a school; "+
			"export it again, or run once with --accept-rolls if it is right", without, which, len(roll.Rows), before)
	}
	book.Sizes[which] = len(roll.Rows)
	return roll, nil
}

// maxRoll is more than any roll has, in bytes.
const maxRoll = 16 << 20

// rollBytes reads the file of a roll.
func (env Env) rollBytes(ctx context.Context, r *policy.Roll) ([]byte, error) {
	if r.Drive != "" {
		return env.Google.Download(ctx, r.Drive, maxRoll)
	}
	if env.Roll != nil {
		return env.Roll(r)
	}
	return os.ReadFile(filepath.Join(filepath.Dir(env.Policy.Path), filepath.FromSlash(r.CSV)))
}

// nameRoll tells a directory the names on the pupils' roll, so that mails hide them. A roll that cannot be read hides nobody: the job accounts says so.
func (env Env) nameRoll(ctx context.Context, who *school.Directory) {
	if who == nil || who.RollNames != nil || env.Policy.Pupils.Roll == nil {
		return
	}
	who.RollNames = []string{}
	data, err := env.rollBytes(ctx, env.Policy.Pupils.Roll)
	if err != nil {
		return
	}
	roll, err := rolls.Parse(rolls.Pupils, data, env.Policy.Pupils.Roll.Columns)
	if err != nil {
		return
	}
	for _, row := range roll.Rows {
		who.RollNames = append(who.RollNames, row.Name)
	}
}

// before is the row that an account was before the one of a key, if it is gone.
func before(past memory.Past, key string, there map[string]bool, today calendar.Date) *memory.Row {
	switch was := past.Before; {
	case past.Roll == key:
		return was
	case past.Left != "":
		return &memory.Row{Roll: past.Roll, Left: past.Left}
	case past.Roll != "" && !there[past.Roll]:
		return &memory.Row{Roll: past.Roll, Left: today.String()}
	case was != nil && was.Roll != key:
		return was
	}
	return nil // there was none, or they are back on it
}

// remember notes who is on the roll of their kind, and since when those are not any more who were. Doing it twice on a day changes nothing.
func (r *matchedRolls) remember(all []*seen.Person, kinds *school.Kinds, book *memory.Book, today calendar.Date) {
	r.left, r.atOnce = map[string]calendar.Date{}, map[string]bool{}
	for _, p := range all {
		if book.Peek(p.ID).AtOnce {
			r.atOnce[p.ID] = true
		}
	}
	keys := map[*rolls.Matching]map[string]bool{r.pupils: {}, r.staff: {}}
	for m, there := range keys {
		if m == nil {
			continue
		}
		for _, row := range m.Roll.Rows {
			there[row.Key] = true
		}
	}
	for _, p := range all {
		m := r.pupils
		switch kinds.Kind(&p.Account) {
		case school.Pupil:
		case school.Staff:
			m = r.staff
		default:
			m = nil
		}
		if m == nil {
			continue
		}
		past := book.Peek(p.ID)
		row, _ := m.Row(p.ID)
		left := ""
		if row != nil && row.Leaver(today) {
			left = row.Left.String() // who has left does not leave again when the row is dropped
		}
		if row != nil && m == r.pupils && row.Year != past.Year {
			book.Of(p.ID).Year = row.Year
		}
		switch {
		case row != nil && (past.Roll != row.Key || past.Left != left):
			book.Of(p.ID).Before = before(past, row.Key, keys[m], today)
			book.Of(p.ID).Roll, book.Of(p.ID).Left = row.Key, left
		case row == nil && past.Roll != "" && past.Left == "" && !m.Ambiguous(p.ID) && !keys[m][past.Roll]:
			// The row itself is gone. One that is still there, but no longer seems to be this account's, is another matter.
			book.Of(p.ID).Left = today.String()
			past.Left = today.String()
		case row == nil && past.Left == "" && past.Before != nil && !m.Ambiguous(p.ID) && !keys[m][past.Before.Roll]:
			// It was somebody else's of the same name, and looked like theirs while that account was not there, or had no number.
			past.Left = past.Before.Left
			book.Of(p.ID).Roll, book.Of(p.ID).Left, book.Of(p.ID).Before = past.Before.Roll, past.Left, nil
		}
		if d, err := calendar.ParseDate(past.Left); err == nil && row == nil {
			r.left[p.ID] = d
		}
	}
}
