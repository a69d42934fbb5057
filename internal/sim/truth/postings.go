package truth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// lastTry is how many school days after its day an occurrence goes out at the latest.
const lastTry = 10

// Posting is an occurrence of a reminder as it goes out if the program runs on every day and nothing fails. It names nobody but outside
// addresses that stand in `people`.
type Posting struct {
	Clause   string `json:"clause"`
	Reminder string `json:"reminder"`
	Key      string `json:"key"`
	// Day is the day of the occurrence, such as "2026-11-02", and At its time at the school, such as "08:30".
	Day string `json:"day"`
	At  string `json:"at"`
	// Out is the day on which it goes out, later than Day where another one of the reminder was first; "" if it never does, as far as the
	// calendar reaches.
	Out     string `json:"out,omitempty"`
	Through string `json:"through"`
	// To is to whom it goes, sorted: ids of accounts, of those without one addresses in lower case; through Classroom ids of classes.
	To []string `json:"to"`
	// Later is who of these is told on a later day, because they are not in before: that day. "" is none that the calendar reaches.
	Later map[string]string `json:"later,omitempty"`
	// As is of each class what is posted there and in whose name: "draft ID" or "published ID", the id being that of an account.
	As map[string]string `json:"as,omitempty"`
	// Nobody lists the classes in which nobody can post it now. On each school day up to the tenth it is tried there again.
	Nobody []string `json:"nobody,omitempty"`
}

// Reminders lists every occurrence of the policy's reminders whose day is from the date of one time to that of another at the school, by the
// days, clauses and names. A zero from is the first look, a zero until the end of the calendar. Who plays roles and teaches is taken as it
// is at Now.
func (o Options) Reminders(t *Tenant, p Policy, from, until time.Time) []Posting {
	if o.Now.IsZero() {
		o.Now = t.Now
	}
	if o.First.IsZero() {
		o.First = o.Now
	}
	w := newWorld(t, p, o.Now)
	w.lookAtPeople(o.First)
	w.lookAtDecisions()
	return slices.DeleteFunc(w.postings(), func(x Posting) bool {
		d, _ := parseDay(x.Day)
		return !from.IsZero() && d < w.day(from) || !until.IsZero() && d > w.day(until)
	})
}

// postings are all postings since the program began.
func (w *world) postings() []Posting {
	var out []Posting
	for _, m := range w.p.Reminders {
		list := w.started(m)
		gone := w.goingOut(list)
		for i, o := range list {
			x := Posting{Clause: m.Clause, Reminder: m.Name, Key: o.key, Day: o.day.String(), At: fmt.Sprintf("%02d:%02d", o.hour, o.minute), Through: m.Through, To: []string{}}
			if gone[i] != 0 {
				x.Out = gone[i].String()
			}
			if m.Through == "classroom" {
				x.As, x.Nobody = w.inClasses(m)
				x.To = sortedKeys(x.As)
			} else {
				w.toPeople(m, o, gone[i], &x)
			}
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b Posting) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.Clause, b.Clause), strings.Compare(a.Reminder, b.Reminder))
	})
	return out
}

// goingOut is the day on which each of a reminder's occurrences goes out, 0 for those that never do: one a day, the oldest first.
func (w *world) goingOut(list []occurrence) []day {
	out := make([]day, len(list))
	for _, d := range w.p.Calendar.schoolDays() {
		// No run is before five in the afternoon where the first look is later.
		if d < w.day(w.first) || d == w.day(w.first) && !w.first.Before(w.clock(d, 17)) {
			continue
		}
		for i, o := range list {
			if out[i] == 0 && o.day <= d && w.schoolDaysAfter(o.day, d) <= lastTry {
				out[i] = d
				break
			}
		}
	}
	return out
}

// schoolDaysAfter counts the school days after one day up to another.
func (w *world) schoolDaysAfter(from, to day) int {
	n := 0
	for d := from + 1; d <= to; d++ {
		if w.p.Calendar.schoolDay(d) {
			n++
		}
	}
	return n
}

// toPeople fills in whom a reminder is told by mail, and who of them later than on the day on which it goes out.
func (w *world) toPeople(m ReminderMeans, o occurrence, goes day, x *Posting) {
	days := map[string][]string{} // the addresses of each, by whose days they are in
	for _, to := range m.To {
		for who, addresses := range w.recipients(to) {
			days[who] = addresses
		}
	}
	x.To = append(x.To, sortedKeys(days)...)
	if goes == 0 {
		return
	}
	var tries []day
	for d := goes; d <= goes+100 && w.schoolDaysAfter(o.day, d) <= lastTry; d++ {
		if w.p.Calendar.schoolDay(d) {
			tries = append(tries, d)
		}
	}
	for _, who := range x.To {
		in := day(0)
		for _, d := range tries {
			if w.isIn(days[who], d) {
				in = d
				break
			}
		}
		if in == goes {
			continue
		}
		if x.Later == nil {
			x.Later = map[string]string{}
		}
		x.Later[who] = ""
		if in != 0 {
			x.Later[who] = in.String()
		}
	}
}

// recipients are those whom an entry of `to` means, with their addresses.
func (w *world) recipients(to string) map[string][]string {
	out := map[string][]string{}
	switch to {
	case "staff":
		for _, a := range w.accounts {
			if a.active && a.kind == "staff" {
				out[a.ID] = a.addresses()
			}
		}
	case "teachers":
		for _, c := range w.t.Courses {
			if _, ok := w.class(c.ID); ok {
				for _, u := range w.activeTeachers(c.ID) {
					out[u.ID] = u.addresses()
				}
			}
		}
	default:
		for _, person := range w.p.Roles[to] {
			if u := w.users[strings.ToLower(person.Address)]; u != nil {
				out[u.ID] = u.addresses()
			} else {
				out[strings.ToLower(person.Address)] = []string{person.Address}
			}
		}
	}
	return out
}

// activeTeachers are the active teachers of a class (docs/reminder-rules.md), by their ids. Who is of another school of the trust may be a
// teacher and look at what waits there, but is none of these: the school neither writes to them nor posts in their name.
func (w *world) activeTeachers(class string) []*User {
	out := slices.DeleteFunc(w.teachers(class), func(u *User) bool {
		a := w.byUser[u] // nil too for who was deleted
		return a == nil || !a.active
	})
	slices.SortFunc(out, func(a, b *User) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// inClasses is what is posted in each class, and in whose name: "draft ID" or "published ID"; and the classes in which nobody can post.
func (w *world) inClasses(m ReminderMeans) (as map[string]string, nobody []string) {
	as = map[string]string{}
	for _, c := range w.t.Courses {
		if _, ok := w.class(c.ID); !ok || len(m.Classes) > 0 && !slices.Contains(m.Classes, c.ID) {
			continue
		}
		if who := w.poster(m, w.activeTeachers(c.ID)); who != "" {
			as[c.ID] = who
		} else {
			nobody = append(nobody, c.ID)
		}
	}
	slices.Sort(nobody)
	return as, nobody
}

// poster is as whom a reminder is posted in a class with these active teachers; "" where there is nobody.
func (w *world) poster(m ReminderMeans, teachers []*User) string {
	if m.As == "poster" {
		for _, u := range teachers {
			if u.bears(m.Poster) {
				return "published " + u.ID
			}
		}
		return ""
	}
	for _, u := range teachers {
		if m.As == "teacher" && u.bearsAny(m.Agreed) {
			return "published " + u.ID
		}
	}
	if len(teachers) == 0 {
		return ""
	}
	return "draft " + teachers[0].ID
}
