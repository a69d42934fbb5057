package jobs

import (
	"fmt"
	"log/slog"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/audit/audittest"
	"esafetybot/internal/census"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/roster"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// On which days the weekly e-mail may go: of 2026's autumn, with a half-term holiday from 26 to 30 October.
func TestWeeklyOn(t *testing.T) {
	p := parsed(t, schoolPolicy)
	officer := func(days ...time.Weekday) policy.Person {
		return policy.Person{Address: "officer@school.example", Days: days}
	}
	for _, c := range []struct {
		name   string
		weekly time.Weekday
		who    policy.Person
		want   string // the days of a week on which it may go
		week   string // its Monday
	}{
		{"an ordinary week, from Monday", time.Monday, officer(), "Mon Tue Wed Thu Fri Sat Sun", "2026-11-09"},
		{"from Wednesday", time.Wednesday, officer(), "Wed Thu Fri Sat Sun", "2026-11-09"},
		{"the officer is in on Thursdays", time.Monday, officer(time.Thursday), "Thu Fri Sat Sun", "2026-11-09"},
		{"the officer is not in from Wednesday on: the last school day at the latest", time.Wednesday, officer(time.Monday), "Fri Sat Sun", "2026-11-09"},
		{"the last school day is a Thursday", time.Monday, officer(time.Friday), "Thu Fri Sat Sun", "2026-11-16"}, // the Friday is an inset day
		{"a week without school: the working days", time.Monday, officer(), "Mon Tue Wed Thu Fri Sat Sun", "2026-10-26"},
		{"a week without school, and the officer is not in", time.Tuesday, officer(time.Monday), "Fri Sat Sun", "2026-10-26"},
		{"the last day of term is a Friday", time.Friday, officer(), "Fri Sat Sun", "2026-12-14"},
		{"school only before the policy's day", time.Friday, officer(), "", "2026-11-16"},
		{"Christmas", time.Monday, officer(), "Mon Tue Wed Thu Sat Sun", "2026-12-21"}, // the Friday is a bank holiday; whoever was down makes it up
	} {
		p.Mail.Weekly = c.weekly
		var have []string
		for i := range 7 {
			if day := date(c.week).AddDays(i); weeklyOn(p, c.who, day) {
				have = append(have, day.Weekday().String()[:3])
			}
		}
		want := strings.Fields(c.want)
		if c.name == "Christmas" { // from its last working day, the Thursday, on
			want = strings.Fields("Mon Tue Wed Thu Fri Sat Sun")
		}
		if !slices.Equal(have, want) {
			t.Errorf("%s: %v, want %v", c.name, have, want)
		}
	}
	p.Mail.NoWeekly = true
	for i := range 7 {
		if weeklyOn(p, officer(), date("2026-11-09").AddDays(i)) {
			t.Error("a weekly e-mail although the policy wants none")
		}
	}
	if weekOf(date("2027-01-03")) != "2026-W53" || weekOf(date("2027-01-04")) != "2027-W01" {
		t.Errorf("weeks are named %s, %s", weekOf(date("2027-01-03")), weekOf(date("2027-01-04")))
	}
}

func TestWeeklyReaders(t *testing.T) {
	p := parsed(t, audittest.Policy)
	to, cc := weeklyReaders(p)
	var copies []string
	for _, c := range cc {
		copies = append(copies, c.Address)
	}
	if want := []string{"lead@school.example", "deputy@school.example", "second@school.example"}; to.Address != "officer@school.example" || !slices.Equal(copies, want) {
		t.Errorf("to %s, copies to %v", to.Address, copies)
	}
	p = parsed(t, strings.Replace(audittest.Policy, "safeguarding_lead: lead@", "safeguarding_lead: Officer@", 1))
	if _, cc = weeklyReaders(p); len(cc) != 2 {
		t.Errorf("the officer gets a copy of their own mail: %v", cc)
	}
	delete(p.People, policy.RoleOfficer)
	if to, _ = weeklyReaders(p); to.Address != "deputy@school.example" {
		t.Errorf("without an officer it goes to %s", to.Address)
	}
	p.People = policy.People{}
	if to, cc = weeklyReaders(p); to.Address != "" || cc != nil {
		t.Errorf("nobody is named, and it goes to %v %v", to, cc)
	}
}

// week is a school whose weekly e-mails are made.
type week struct {
	t   *testing.T
	x   *audittest.School
	env Env
	box *outbox.Outbox
	dir string
}

func newWeek(t *testing.T) *week {
	t.Helper()
	w := &week{t: t, dir: t.TempDir()}
	s := openStore(t)
	x, err := audittest.New(s, audittest.Seeded(7))
	if err != nil {
		t.Fatal(err)
	}
	w.x = x
	var list []roster.Adult
	g := google{}
	for _, id := range []string{"officer", "head", "lead", "it", "second"} {
		g.accounts = append(g.accounts, account(t, id, "/Staff"))
		list = append(list, roster.Adult{ID: id, Name: id, Hashes: []string{pseudonym.Of(id + "@school.example")}})
	}
	if err := roster.Keep(t.Context(), s, s.Commit, list); err != nil {
		t.Fatal(err)
	}
	w.env = Env{Store: s, Policy: x.Policy, Google: counted{g}, Log: slog.New(slog.DiscardHandler), Clock: func() time.Time { return x.Now }, Exclusive: true, Holder: "test", BaseURL: "https://review.school.example"}
	w.box, err = outbox.New(s, outbox.Options{Location: x.Policy.School.Location, From: netmail.Address{Address: "bot@school.example"}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// at runs jobs at a time, after every job has looked and found nothing.
func (w *week) at(clock string, jobs ...string) {
	w.t.Helper()
	w.x.Now = place(w.t, clock)
	for _, job := range []string{"sharing", "accounts", "comments", "names", "records", "checkins"} {
		if err := w.x.Ran(w.t.Context(), job, ""); err != nil {
			w.t.Fatal(err)
		}
	}
	s := &Seen{Census: census.New(w.env.Google, w.env.Policy, w.x.Now, w.env.Log)}
	for _, job := range jobs {
		var err error
		switch job {
		case WeeklyJob:
			_, err = Weekly(w.t.Context(), w.env, w.box, s)
		case ReportJob:
			_, err = Report(w.t.Context(), w.env, w.box, s)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	if r, err := w.box.Deliver(w.t.Context(), mail.NewDir(w.dir), w.x.Now.Add(time.Second)); err != nil || r.Err() != nil {
		w.t.Fatal(err, r.Err())
	}
}

// mails lists the mails to somebody, by kind and day.
func (w *week) mails(address string) []string {
	w.t.Helper()
	var out []string
	for e, err := range w.box.All(w.t.Context(), time.Time{}) {
		if err != nil {
			w.t.Fatal(err)
		}
		if e.Recipient == outbox.RecipientID(address) {
			out = append(out, e.Kind+" "+e.Created.Format("Mon 2 Jan"))
		}
	}
	return out
}

// finds has a check find something, whatever it found before.
func (w *week) finds(o ...findings.Observed) {
	w.t.Helper()
	k := &findings.Keeper{Store: w.env.Store, Commit: w.env.Store.Commit}
	for _, x := range o {
		_, err := k.Sync(w.t.Context(), findings.Input{
			Run: findings.Run{ID: fmt.Sprint(w.x.Now.Unix()), Policy: w.x.Policy.Version, Now: w.x.Now}, Means: findings.Means(x.Rule), Ours: func(*findings.Finding) bool { return false },
			Observed: func(yield func(findings.Observed, error) bool) { yield(x, nil) },
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// Once a week, as the officer's one ordinary mail of the day; the report waits for the next day.
func TestWeeklyIsTheOneMailOfTheDay(t *testing.T) {
	w := newWeek(t)
	w.x.Now = place(t, "2026-11-06 12:00")
	w.finds(findings.Observed{Clause: "A6", Rule: "sharing.open-group", Subject: "group/g1", Severity: "low", Deals: "esafety_officer", Facts: []string{"open"}})
	w.at("2026-11-09 07:30", WeeklyJob, ReportJob)
	w.at("2026-11-09 09:00", WeeklyJob, ReportJob)
	w.at("2026-11-10 07:30", WeeklyJob, ReportJob)
	w.at("2026-11-16 07:30", WeeklyJob, ReportJob)
	if have := w.mails("officer@school.example"); !slices.Equal(have, []string{"weekly Mon 9 Nov", "oversharing Tue 10 Nov", "weekly Mon 16 Nov"}) {
		t.Errorf("the officer had %v", have)
	}
	for _, address := range []string{"lead@school.example", "second@school.example"} {
		if have := w.mails(address); slices.ContainsFunc(have, func(s string) bool { return strings.HasPrefix(s, "weekly") }) {
			t.Errorf("a copy counts as an ordinary mail of %s", address)
		}
	}
	f, err := WeeklySent(t.Context(), w.env.Store, w.env.Policy, date("2026-11-16"))
	if err != nil || f == nil {
		t.Fatal(f, err)
	}
	if f.Subject != "Online safety this week: 3 clauses need somebody" && !strings.HasPrefix(f.Subject, "Online safety this week: ") || len(f.Cc) != 3 {
		t.Errorf("%q, copies to %v", f.Subject, f.Cc)
	}
	for _, want := range []string{"multipart/related", "Content-Id: <trend.png@esafetybot.invalid>", "image/png"} {
		if !strings.Contains(string(f.Raw), want) {
			t.Errorf("the mail lacks %s", want)
		}
	}
	if none, err := WeeklySent(t.Context(), w.env.Store, w.env.Policy, date("2026-11-10")); none != nil || err != nil {
		t.Errorf("on Tuesday was sent %v %v", none, err)
	}
	in, err := WeeklyAt(t.Context(), w.env.Store, w.env.Policy, "", w.x.Now)
	if err != nil || !in.Last || in.After != place(t, "2026-11-09 07:30").UTC() || in.Holiday {
		t.Errorf("counted since %s (%v), %v", in.After, in.Last, err)
	}
	// What could not be seen of this very run is told: the note is made before the mail.
	told, err := views.ToldAt(t.Context(), w.env.Store, place(t, "2026-11-09 07:30"))
	if err != nil || told == nil || !told.At.Equal(place(t, "2026-11-09 07:30")) {
		t.Errorf("what could not be seen was noted at %+v %v", told, err)
	}
}

// In a week without school it is sent only where a clause is red, and is short.
func TestWeeklyInTheHolidays(t *testing.T) {
	w := newWeek(t)
	w.at("2026-10-26 07:30", WeeklyJob)
	if have := w.mails("officer@school.example"); have != nil {
		t.Errorf("nothing is red, and the officer had %v", have)
	}
	w.finds(findings.Observed{Clause: "A1", Rule: "sharing.public-link", Subject: "file/f1", Severity: "high", Deals: "workspace_admin", Facts: []string{"anyone"}})
	w.at("2026-10-27 07:30", WeeklyJob)
	w.at("2026-10-28 07:30", WeeklyJob)
	if have := w.mails("officer@school.example"); !slices.Equal(have, []string{"weekly Tue 27 Oct"}) {
		t.Errorf("the officer had %v", have)
	}
	f, err := WeeklySent(t.Context(), w.env.Store, w.env.Policy, date("2026-10-27"))
	if err != nil || !strings.HasPrefix(f.Subject, "Online safety in the holidays: ") || strings.Contains(string(f.Raw), "What was done") {
		t.Errorf("%v %v", f, err)
	}
}

// What a reader did themselves is neither told nor counted, and no entry that concerns one.
func TestWeeklyHidesFromItsReaders(t *testing.T) {
	w := newWeek(t)
	w.x.Now = place(t, "2026-11-06 12:00")
	w.finds(
		findings.Observed{Clause: "A4", Rule: "comments.private-by-other-adult", Subject: "post/c-1", Severity: "high", Deals: "headteacher", Facts: []string{"by/lead"}},
		findings.Observed{Clause: "A4", Rule: "comments.private-by-other-adult", Subject: "post/c-2", Severity: "high", Deals: "headteacher", Facts: []string{"by/it"}},
		findings.Observed{Clause: "A5", Rule: "record.overdue", Subject: "entry/1", Severity: "high", Deals: "safeguarding_lead"},
	)
	in, err := WeeklyAt(t.Context(), w.env.Store, w.env.Policy, "", w.x.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range in.Clauses {
		if want := map[string]int{"A4": 1}[c.ID]; c.Open != want {
			t.Errorf("%s: %d open", c.ID, c.Open)
		}
	}
	if in.Incidents != 0 {
		t.Errorf("%d entries", in.Incidents)
	}
	n := 0
	log := &incidents.Log{Store: w.env.Store, Commit: w.env.Store.Commit, Now: func() time.Time { return w.x.Now }, Calendar: w.env.Policy.Calendar, Roster: incidents.RosterOf(w.env.Policy.People, func(string) string { return "" })}
	raise := func(about incidents.About, concerns ...string) {
		t.Helper()
		n++
		if _, err := log.Raise(t.Context(), incidents.By{Role: "class_teacher", Address: "kim@school.example", ID: "kim"}, incidents.Form{
			ID: fmt.Sprint("form-", n), Kind: incidents.Kinds()[0].Kind, About: about, Date: date("2026-11-05"), Note: "Something happened.", Concerns: concerns,
		}); err != nil {
			t.Fatal(err)
		}
	}
	raise(incidents.Pupil)
	raise(incidents.Nobody)
	raise(incidents.Adult, "it")
	if in, err = WeeklyAt(t.Context(), w.env.Store, w.env.Policy, "", w.x.Now.Add(time.Minute)); err != nil || in.Incidents != 2 {
		t.Errorf("%d entries, %v", in.Incidents, err)
	}
	if before, err := WeeklyAt(t.Context(), w.env.Store, w.env.Policy, "", w.x.Now.Add(-time.Minute)); err != nil || before.Incidents != 0 {
		t.Errorf("before that: %d entries, %v", before.Incidents, err)
	}
}

// The record audit: could not be checked at first, overdue after ten school days without a weekly e-mail, put right by one.
func TestAuditRecord(t *testing.T) {
	d := newListDesk(t)
	d.env.Policy = parsed(t, schoolPolicy+"\n  - {id: B30, says: The audit is e-mailed every week., deals_with_it: headteacher, met_by: [{record: audit, severity: medium, due: 5 school days}]}\n")
	box, err := outbox.New(d.env.Store, outbox.Options{Location: d.env.Policy.School.Location, From: netmail.Address{Address: "bot@school.example"}})
	if err != nil {
		t.Fatal(err)
	}
	look := func(clock string, wantUnknown bool, want ...string) {
		t.Helper()
		d.at(clock)
		l := d.run()
		if have := d.found(); !slices.Equal(have, want) {
			t.Errorf("%s: found %v, want %v", clock, have, want)
		}
		if unknown := len(l.Unknown) > 0; unknown != wantUnknown {
			t.Errorf("%s: unknown %v", clock, l.Unknown)
		}
	}
	first := d.seen.Census.Now // Wednesday 18 November; the 20th is an inset day
	look("2026-11-18 12:00", true)
	look("2026-12-02 12:00", true)
	look("2026-12-03 12:00", false, "B30 record.overdue record/audit since "+d.env.Policy.Calendar.Date(first).String())
	b := &store.Batch{}
	now := place(t, "2026-12-04 07:30")
	if _, err := box.Put(t.Context(), b, now, outbox.Letter{To: netmail.Address{Address: "officer@school.example"}, Kind: weeklyKind, Period: "2026-W49", Subject: "s", Text: "t"}); err != nil {
		t.Fatal(err)
	}
	if err := d.env.Store.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	look("2026-12-04 12:00", false, "B30 record.overdue record/audit since 2026-11-18") // it was made, not sent
	if _, err := box.Deliver(t.Context(), mail.NewDir(t.TempDir()), now); err != nil {
		t.Fatal(err)
	}
	look("2026-12-05 12:00", false)
	look("2026-12-17 12:00", false)
	look("2026-12-18 12:00", false, "B30 record.overdue record/audit since 2026-12-04")
}
