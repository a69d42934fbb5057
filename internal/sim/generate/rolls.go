package generate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// entry is a row of a roll, by the names that policies have for its columns.
type entry struct {
	user *world.User // whom the row is about; nil for nobody with an account

	id, email, name, year, class, agreement, publish, left, ends string
}

// columns lists what policies call the columns of a roll, and their headings.
type columns [][2]string

var (
	pupilColumns = columns{{"id", "Admission number"}, {"email", "Email"}, {"name", "Name"}, {"year", "Year"}, {"class", "Reg"},
		{"agreement", "Agreement signed"}, {"publish", "May publish"}, {"left", "Leaving date"}}
	staffColumns   = columns{{"id", "Staff code"}, {"email", "Email"}, {"name", "Name"}, {"agreement", "Policy read"}, {"left", "Leaving date"}}
	visitorColumns = columns{{"name", "Name"}, {"email", "Email"}, {"agreement", "Signed"}, {"ends", "Ends"}}
)

// yaml writes the columns as a policy names them.
func (c columns) yaml() string {
	var out []string
	for _, x := range c {
		out = append(out, x[0]+": "+x[1])
	}
	return "{" + strings.Join(out, ", ") + "}"
}

// rows writes entries under their headings. Columns of house and telephone, which no policy names, stand between.
func (c columns) rows(list []*entry) [][]string {
	heading := []string{"House"}
	for _, x := range c {
		heading = append(heading, x[1])
	}
	out := [][]string{append(heading, "Telephone")}
	for i, e := range list {
		row := []string{forms[i%4]}
		for _, x := range c {
			row = append(row, e.field(x[0]))
		}
		out = append(out, append(row, fmt.Sprintf("01632 960%03d", i%1000)))
	}
	return out
}

func (e *entry) field(name string) string {
	switch name {
	case "id":
		return e.id
	case "email":
		return e.email
	case "name":
		return e.name
	case "year":
		return e.year
	case "class":
		return e.class
	case "agreement":
		return e.agreement
	case "publish":
		return e.publish
	case "left":
		return e.left
	case "ends":
		return e.ends
	}
	return ""
}

// key is how the rules call the row of a roll.
func (e *entry) key(which string) string {
	id := strings.ToLower(e.id)
	if id == "" {
		id = strings.ToLower(e.email)
	}
	return "roll/" + hash(which+"\n"+id)
}

// on writes a date as the school's information system does.
func (b *builder) on(t time.Time) string {
	return t.Format([]string{time.DateOnly, "02/01/2006", "2 Jan 2006", "2 January 2006"}[b.form%4])
}

// yearText writes a year group as the school's information system does.
func (b *builder) yearText(y int) string {
	if y == 0 {
		return []string{"R", "Reception", "Year R"}[b.form%3]
	}
	return []string{"", "Y", "Year "}[b.form%3] + fmt.Sprint(y)
}

// nameText writes a name as the school's information system does.
func (b *builder) nameText(n world.Name) string {
	if b.form%4 == 1 {
		return n.FamilyName + ", " + n.GivenName
	}
	return n.FullName
}

// midnight is the beginning of the day of t in the school's time zone.
func (b *builder) midnight(t time.Time) time.Time {
	y, m, d := t.In(b.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, b.zone)
}

// today gives the date some days from now.
func (b *builder) today(days int) time.Time { return b.midnight(b.now).AddDate(0, 0, days) }

// agreed is a day early in this school year, not after today: when the agreements came back.
func (b *builder) agreed(i int) time.Time {
	begin := yearBegin(b.today(0))
	d := time.Date(begin.Year(), 9, 2+i%5, 0, 0, 0, 0, b.zone)
	if today := b.today(0); d.After(today) {
		d = today.AddDate(0, 0, -i%5)
	}
	if d.Before(begin) {
		d = begin
	}
	return d
}

// pupilEntry is the row of a pupil as it should be.
func (b *builder) pupilEntry(i int, u *world.User, id string, year int, c *class) *entry {
	e := &entry{user: u, id: id, email: u.PrimaryEmail, name: b.nameText(u.Name), year: b.yearText(year), class: c.name,
		agreement: b.on(b.agreed(i)), publish: "yes"}
	if i%9 == 4 {
		e.publish = "no"
	}
	if i%10 == 3 {
		e.agreement = "Yes"
	}
	return e
}

// listPupils puts every pupil on the roll, and gives most of them the roll number that the row has.
func (b *builder) listPupils() {
	names := map[string]int{}
	for _, u := range b.w.Users() {
		names[u.Name.FullName]++
	}
	for i, p := range b.pupils {
		p.row = b.pupilEntry(i, p.user, p.admission, p.year, p.class)
		b.pupilRows = append(b.pupilRows, p.row)
		switch {
		case i%41 == 9 && names[p.user.Name.FullName] == 1: // only name and class tell who this is
			p.row.email = ""
			p.special = true
			b.miss("accounts.not-on-roll", userSubject(p.user))
			b.miss("accounts.missing", p.row.key("pupils"))
		case i%13 == 4: // only the address does
		default:
			b.number(p.user, p.admission, i)
		}
	}
}

// numberType is how Google calls the field that the Admin console shows as employee ID.
const numberType = "organization" //nolint:misspell // Google's spelling

// number writes a roll number or a staff code into an account.
func (b *builder) number(u *world.User, id string, i int) {
	x := world.ExternalID{Type: numberType, Value: id}
	switch {
	case i%17 == 3:
		x = world.ExternalID{Type: "custom", CustomType: "UPN", Value: id}
	case i%29 == 8:
		x.Value = strings.ToLower(id) + " "
	}
	u.ExternalIDs = []world.ExternalID{x}
	if i%7 == 5 {
		u.ExternalIDs = append([]world.ExternalID{{Type: "network", Value: fmt.Sprintf("n%d", i)}}, x)
	}
}

// listStaff puts every account of the staff on the staff roll.
func (b *builder) listStaff() {
	n := 0
	for _, u := range b.w.Users() {
		if !strings.HasPrefix(u.OrgUnitPath, b.unit("Staff")) {
			continue
		}
		n++
		b.staffEntry(n, u)
	}
}

// staffEntry is the row of an adult as it should be; it is put on the staff roll.
func (b *builder) staffEntry(n int, u *world.User) *entry {
	e := &entry{user: u, id: fmt.Sprintf("S%03d", n), email: u.PrimaryEmail, name: b.nameText(u.Name), agreement: b.on(b.agreed(n))}
	if n%6 != 2 {
		b.number(u, e.id, n)
	}
	b.staffRows = append(b.staffRows, e)
	return e
}

// listVisitors puts the supply teachers on the visitors' list.
func (b *builder) listVisitors() {
	for i, u := range b.supply {
		b.visitorEntry(u, b.on(b.today(60+i)))
		b.miss("accounts.shared-account", userSubject(u)) // "supply1" is a generic word, but we know who it is
	}
}

func (b *builder) visitorEntry(u *world.User, ends string) *entry {
	n := len(b.visitorRows) + 1
	e := &entry{user: u, email: u.PrimaryEmail, name: b.nameText(u.Name), agreement: b.on(b.agreed(n)), ends: ends}
	b.visitorRows = append(b.visitorRows, e)
	return e
}

// writeRolls puts the rolls into the tenant.
func (b *builder) writeRolls() {
	for name, rows := range map[string][][]string{"roll.csv": b.roll(), "staff.csv": b.staffRoll(), "visitors.csv": b.visitorRoll()} {
		text, err := b.style.encode(rows)
		b.check(err)
		b.check(b.w.AddRoll(name, text))
	}
}

func (b *builder) roll() [][]string {
	list := slices.Clone(b.pupilRows)
	slices.SortStableFunc(list, func(x, y *entry) int { return cmp.Compare(x.class, y.class) })
	return pupilColumns.rows(list)
}

func (b *builder) staffRoll() [][]string   { return staffColumns.rows(b.staffRows) }
func (b *builder) visitorRoll() [][]string { return visitorColumns.rows(b.visitorRows) }
