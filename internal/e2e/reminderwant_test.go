package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"

	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reminders"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// waitingFor is what somebody is still to be told by mail.
type waitingFor struct {
	posting truth.Posting
	text    string // of which it is known in a mail
	who     string // account or address
	from    string // the first day on which it can be, as a date
	active  bool   // whoever it is was there in the morning
	maybe   bool   // they were away for some hours of a day, in which the program may have dropped them
}

// waitingClass is a class in which nobody could post something yet, or in which the first try may have failed.
type waitingClass struct {
	posting        truth.Posting
	text, course   string
	teachers       string // the class, and who teaches it, when truth was last asked for
	as             string // in whose name it would be posted, by that
	morning, night string // likewise this morning and on the last evening
}

// ledger is what must go out, by truth, and what did, as far as the day has come.
type ledger struct {
	gone  map[string]bool // postings whose turn has come, by name and key
	open  []*waitingFor
	late  []*waitingClass
	posts map[string]string // announcements that the program made: "COURSE ID" → "draft" or "published"
	want  []string          // today's lines of what must have gone out, and of what did
	have  []string
	seen  int // how many of the sent mails were looked at
	mails int // that told of a reminder
	told  int
	when  []truth.Posting // when something goes out, by the policy below, whoever it is for
	by    string
}

func newLedger() ledger {
	return ledger{gone: map[string]bool{}, posts: map[string]string{}}
}

// when lists when truth expects reminders to go out, whoever they are for: that follows from the policy alone.
func (y *remindedYear) when() []truth.Posting {
	y.t.Helper()
	if text := y.policyTexts[y.w.name]; y.ledger.by != text {
		p, err := truth.ParsePolicy([]byte(text))
		y.do(err)
		y.ledger.when, y.ledger.by = y.ofTruth(&truth.Tenant{}, p), text
	}
	return y.ledger.when
}

// ofTruth lists what truth expects of reminders, with whom they are for in a tenant.
func (y *remindedYear) ofTruth(tenant *truth.Tenant, p truth.Policy) []truth.Posting {
	o := truth.Options{Now: y.world.Now(), First: y.first}
	if o.First.IsZero() {
		o.First = o.Now
	}
	return o.Reminders(tenant, p, time.Time{}, time.Time{})
}

// today lists the postings whose turn it is now: of each reminder the oldest that may go out and has not. What is told by mail has the whole day, what is posted begins at its time.
func (y *remindedYear) today(list []truth.Posting) (out []truth.Posting) {
	now := y.world.Now().In(y.zone)
	date, clock := now.Format(time.DateOnly), now.Format("15:04")
	cal := y.w.policy.Calendar
	if !cal.IsSchoolDay(cal.Date(now)) {
		return nil
	}
	has := map[string]bool{} // names that have had their turn today
	for key := range y.ledger.gone {
		if name, ok := strings.CutSuffix(key, " on "+date); ok {
			has[name] = true
		}
	}
	for _, x := range list {
		key := x.Reminder + " " + x.Key
		if x.Out == "" || x.Out > date || y.ledger.gone[key] || has[x.Reminder] || y.tooLate(x.Day) || x.Through == policy.ThroughClassroom && clock < x.At {
			continue
		}
		has[x.Reminder] = true
		out = append(out, x)
	}
	return out
}

// tooLate tells whether the tenth school day after a day is over.
func (y *remindedYear) tooLate(day string) bool {
	cal := y.w.policy.Calendar
	d, err := time.Parse(time.DateOnly, day)
	y.do(err)
	n, err := cal.SchoolDays(cal.Date(time.Date(d.Year(), d.Month(), d.Day(), 12, 0, 0, 0, y.zone)), cal.Date(y.world.Now()))
	return err != nil || n > reminders.LastDay
}

// expect notes what must go out now, by truth.
func (y *remindedYear) expect() {
	y.t.Helper()
	l, date := &y.ledger, y.world.Now().In(y.zone).Format(time.DateOnly)
	if len(y.today(y.when())) > 0 {
		tenant, policies := y.forTruth(y.policyTexts)
		for _, x := range y.today(y.ofTruth(tenant, policies[y.w.name])) {
			l.gone[x.Reminder+" "+x.Key], l.gone[x.Reminder+" on "+date] = true, true
			if x.Through == policy.ThroughClassroom {
				y.expectPosts(x)
				continue
			}
			for _, who := range x.To {
				from := x.Out
				if later, is := x.Later[who]; is {
					from = later
				}
				if from != "" {
					l.open = append(l.open, &waitingFor{posting: x, text: y.textOf(x), who: who, from: max(from, date)})
				}
			}
		}
	}
	if y.world.Now().In(y.zone).Format("15:04") == pauses[0] {
		for _, x := range l.open {
			x.active = y.there(x.who)
		}
		y.postable()
		for _, x := range l.late {
			x.morning = x.as
		}
	}
	for _, x := range l.open {
		x.maybe = x.maybe || x.active && !y.there(x.who)
	}
}

// postable works out in whose name what waits in classes would be posted there now. Truth is asked again only when something about a class or those who teach it is different.
func (y *remindedYear) postable() {
	y.t.Helper()
	var list []truth.Posting
	for _, late := range y.ledger.late {
		teachers := y.policyTexts[y.w.name]
		y.world.View(func() {
			if c := y.world.Course(late.course); c != nil {
				teachers += c.CourseState
			}
			for _, m := range y.world.Teachers(late.course) {
				if u := y.world.User(m.UserID); u != nil {
					teachers += fmt.Sprint(u.ID, u.Suspended, u.Archived, u.OrgUnitPath, u.Addresses())
				}
			}
		})
		if teachers == late.teachers {
			continue
		}
		if list == nil {
			tenant, policies := y.forTruth(y.policyTexts)
			list = y.ofTruth(tenant, policies[y.w.name])
		}
		late.teachers, late.as = teachers, ""
		for _, x := range list {
			if x.Reminder == late.posting.Reminder && x.Key == late.posting.Key {
				late.as = x.As[late.course]
			}
		}
	}
}

// expectLate notes what had to be posted on a day in classes in which nobody could at first. Where who can post changed since the last evening it may be posted today, or another time.
func (y *remindedYear) expectLate() {
	y.t.Helper()
	l, now := &y.ledger, y.world.Now().In(y.zone)
	date, cal := now.Format(time.DateOnly), y.w.policy.Calendar
	var still []*waitingClass
	y.postable()
	for _, x := range l.late {
		line := func(as string) string { return fmt.Sprintf("%s %q in class %s, %s", date, x.text, x.course, as) }
		must := x.as != "" && x.as == x.morning && x.as == x.night && cal.IsSchoolDay(cal.Date(now))
		switch i := slices.IndexFunc([]string{x.as, x.morning, x.night}, func(as string) bool { return as != "" && slices.Contains(l.have, line(as)) }); {
		case y.tooLate(x.posting.Day):
		case i >= 0:
			l.want = append(l.want, line([]string{x.as, x.morning, x.night}[i]))
		case must:
			l.want = append(l.want, line(x.as))
		default:
			x.night = x.as
			still = append(still, x)
		}
	}
	l.late = still
}

func (y *remindedYear) expectPosts(x truth.Posting) {
	y.t.Helper()
	date, text := y.world.Now().In(y.zone).Format(time.DateOnly), y.textOf(x)
	for course, as := range x.As {
		if y.faulty { // whoever posts there may have left before it succeeds
			y.ledger.late = append(y.ledger.late, &waitingClass{posting: x, text: text, course: course, morning: as, night: as})
			continue
		}
		y.ledger.want = append(y.ledger.want, fmt.Sprintf("%s %q in class %s, %s", date, text, course, as))
	}
	for _, course := range x.Nobody {
		y.ledger.late = append(y.ledger.late, &waitingClass{posting: x, text: text, course: course})
	}
}

// textOf is what an occurrence says.
func (y *remindedYear) textOf(x truth.Posting) string {
	y.t.Helper()
	if x.Reminder == policy.GovernorReport {
		return policy.GovernorReport
	}
	for _, r := range reminders.Of(y.w.policy) {
		if r.Name != x.Reminder {
			continue
		}
		all, err := reminders.School{Calendar: y.w.policy.Calendar, Review: y.w.policy.Review, FirstLook: y.first}.Occurrences(r)
		y.do(err)
		next, _ := y.w.policy.Review.Next()
		for _, o := range all {
			if o.Key == x.Key {
				_, text, _ := r.Of(o.Block, o.Term, y.w.policy.Title, next)
				return strings.Join(strings.Fields(text), " ")
			}
		}
	}
	y.t.Fatalf("the program has no %s %s", x.Reminder, x.Key)
	return ""
}

// there tells whether somebody has an account in use, or is somebody outside whom the policy names.
func (y *remindedYear) there(who string) (is bool) {
	if strings.Contains(who, "@") {
		return true
	}
	y.world.View(func() {
		for _, u := range y.world.Users() {
			is = is || u.ID == who && !u.Suspended && !u.Archived
		}
	})
	return is
}

// posted notes what the program has posted since it was called last.
func (y *remindedYear) posted() {
	y.t.Helper()
	date := y.world.Now().In(y.zone).Format(time.DateOnly)
	y.world.View(func() {
		for _, c := range y.world.Courses() {
			for _, p := range y.world.Posts(c.ID, world.Announcement) {
				if p.Project == "" {
					continue
				}
				key := c.ID + " " + p.ID
				if y.ledger.posts[key] == "" {
					y.ledger.posts[key] = date
				}
				text := strings.Join(strings.Fields(p.Text), " ")
				line := func(state string) string {
					return fmt.Sprintf("%s %q in class %s, %s %s", y.ledger.posts[key], text, c.ID, state, p.CreatorUserID)
				}
				switch i := slices.Index(y.ledger.have, line("draft")); {
				case y.ledger.posts[key] != date: // of another day
				case i >= 0 && p.State == world.Published:
					y.ledger.have[i] = line("published")
				case i < 0 && !slices.Contains(y.ledger.have, line("published")):
					y.ledger.have = append(y.ledger.have, line(strings.ToLower(p.State)))
				}
			}
		}
	})
}

// received notes the mails that were sent today with a reminder in them, and tells who had which kind of mail today.
func (y *remindedYear) received() map[string][]string {
	y.t.Helper()
	date := y.world.Now().In(y.zone).Format(time.DateOnly)
	ids, kinds := map[string]string{}, map[string][]string{}
	var sent []world.Mail
	y.world.View(func() {
		for _, u := range append(slices.Clone(y.world.DeletedUsers()), y.world.Users()...) { // who was deleted since they were written to, too
			for _, a := range u.Addresses() {
				ids[strings.ToLower(a)] = u.ID
			}
		}
		from := sender(y.w.policy)
		if n := len(y.world.Drafts(from)); n > 0 {
			y.t.Errorf("%s: %d drafts of mails were left behind", date, n)
		}
		sent = y.world.Mails(from)
	})
	hashes := map[string]string{}
	for _, m := range sent[y.ledger.seen:] {
		if day := m.Time.In(y.zone).Format(time.DateOnly); day != date {
			y.t.Errorf("a mail of %s is looked at on %s", day, date)
		}
		to, cc, subject, text := y.letter(m)
		any := false
		for i, address := range append(to, cc...) {
			who := ids[address]
			if who == "" {
				who = address
			}
			hashes[outbox.RecipientID(address)] = who
			if i >= len(to) {
				continue // a copy is not their mail
			}
			for name, n := range y.tells(subject, text) {
				for range n {
					y.ledger.have = append(y.ledger.have, fmt.Sprintf("%s %q to %s", date, name, who))
					any = true
					y.ledger.told++
				}
			}
		}
		if any {
			y.ledger.mails++
		}
	}
	y.ledger.seen = len(sent)
	for e, err := range y.w.box.All(context.Background(), y.world.Now().Add(-24*time.Hour)) {
		y.do(err)
		if who := hashes[e.Recipient]; who != "" && !e.Urgent && e.Created.In(y.zone).Format(time.DateOnly) == date {
			kinds[who] = append(kinds[who], e.Kind)
		}
	}
	return kinds
}

// tells counts the reminders of which a mail tells, by their text.
func (y *remindedYear) tells(subject, text string) map[string]int {
	out := map[string]int{}
	texts := map[string]bool{}
	for _, r := range reminders.Of(y.w.policy) {
		next, _ := y.w.policy.Review.Next()
		for _, t := range y.w.policy.Calendar.Terms {
			for _, half := range []string{"", " 1", " 2"} {
				_, said, _ := r.Of(t.Name+half, t.Name, y.w.policy.Title, next)
				texts[strings.Join(strings.Fields(said), " ")] = true
			}
		}
	}
	for t := range texts {
		if n := strings.Count(text, t); n > 0 {
			out[t] = n
		}
	}
	if strings.HasPrefix(subject, "Online safety: the report for the ") { // of the term
		out[policy.GovernorReport] = 1
	}
	return out
}

// letter reads a mail that was sent: to whom, and the text as one line.
func (y *remindedYear) letter(m world.Mail) (to, cc []string, subject, text string) {
	y.t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(m.Raw, "="))
	y.do(err)
	r, err := mail.CreateReader(bytes.NewReader(raw))
	y.do(err)
	for name, into := range map[string]*[]string{"To": &to, "Cc": &cc} {
		list, err := r.Header.AddressList(name)
		y.do(err)
		for _, a := range list {
			*into = append(*into, strings.ToLower(a.Address))
		}
	}
	subject, err = r.Header.Subject()
	y.do(err)
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return to, cc, subject, text
		}
		y.do(err)
		if h, ok := p.Header.(*mail.InlineHeader); ok {
			if kind, _, _ := h.ContentType(); kind == "text/plain" {
				b, err := io.ReadAll(p.Body)
				y.do(err)
				text += strings.Join(strings.Fields(string(b)), " ")
			}
		}
	}
}

// withoutReminders are the kinds of ordinary mails that tell of no reminder: who has had one of them hears on the next day.
var withoutReminders = []string{"weekly", "termly", "monthly"}

// evening compares what went out on a day with what must have.
func (y *remindedYear) evening() {
	y.t.Helper()
	l := &y.ledger
	now := y.world.Now().In(y.zone)
	date := now.Format(time.DateOnly)
	kinds := y.received()
	cal := y.w.policy.Calendar
	var still []*waitingFor
	for _, x := range l.open {
		line := fmt.Sprintf("%s %q to %s", date, x.text, x.who)
		there := y.there(x.who)
		report := x.posting.Reminder == policy.GovernorReport
		had := slices.ContainsFunc(kinds[x.who], func(kind string) bool {
			return slices.Contains(withoutReminders, kind) && !(report && kind == "termly")
		})
		switch {
		case !x.active && !there, y.tooLate(x.posting.Day) && !report:
		case (x.active != there || x.maybe) && slices.Contains(l.have, line): // they went, or came back, in the course of the day
			l.want = append(l.want, line)
		case x.active != there && !there:
		case x.maybe, x.from > date, !cal.IsSchoolDay(cal.Date(now)), !y.in(x.who), had:
			still = append(still, x)
		default:
			l.want = append(l.want, line)
		}
	}
	l.open = still
	y.expectLate()
	slices.Sort(l.want)
	slices.Sort(l.have)
	if missing, more := without(l.want, l.have), without(l.have, l.want); len(missing)+len(more) > 0 {
		y.t.Errorf("%s (%d killed so far): what went out differs from what must have\nmissing:\n%s\ntoo much:\n%s\nmails today: %v", now.Format("Monday 2006-01-02"), y.killed, strings.Join(missing, "\n"), strings.Join(more, "\n"), kinds)
	}
	l.want, l.have = nil, nil
}

// without lists what is in a list and not in another, of equal ones as many as it has more.
func without(list, other []string) []string {
	out := []string{}
	other = slices.Clone(other)
	for _, line := range list {
		if i := slices.Index(other, line); i >= 0 {
			other = slices.Delete(other, i, i+1)
			continue
		}
		out = append(out, line)
	}
	return out
}

// in tells whether somebody is in on this day of the week.
func (y *remindedYear) in(who string) bool {
	addresses := []string{who}
	y.world.View(func() {
		for _, u := range y.world.Users() {
			if u.ID == who {
				addresses = u.Addresses()
			}
		}
	})
	var days []time.Weekday
	for _, a := range addresses {
		days = append(days, y.w.policy.DaysIn(policy.Person{Address: a})...)
	}
	for _, list := range y.w.policy.People {
		for _, p := range list {
			if len(days) == 0 && slices.Contains(addresses, strings.ToLower(p.Address)) {
				days = p.Days
			}
		}
	}
	return len(days) == 0 || slices.Contains(days, y.world.Now().In(y.zone).Weekday())
}
