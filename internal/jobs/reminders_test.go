package jobs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/reminders"
	"esafetybot/internal/seen"
)

// reminderClauses are due on Wednesday 18 November, an ordinary school day; Friday the 20th is an inset day.
const reminderClauses = `
  - id: A18
    says: Pupils have sessions.
    deals_with_it: headteacher
    met_by:
      - {reminder: training, ask: page_host, every: half term, due: 2 school days, with: {to: [teachers], when: "30 8 18 11 *", text: "Talk about {theme}.", themes: {Autumn 2: passwords}}}
      - {reminder: staff-training, with: {to: [staff], when: "0 9 18 11 *", links: ["https://www.example.org/course"]}}
      - {reminder: monitoring-notice, ask: deputy, with: {to: [pupils, parents], through: noticeboard, when: "0 10 18 11 *"}}
      - {reminder: agreement, with: {through: classroom, as: teacher, agreed: [kite@school.example], when: "0 11 18 11 *", text: Be kind.}}
  - id: A16
    says: The policy is read.
    deals_with_it: headteacher
    met_by: [{record: policy-read, due: 5 school days}]
review: {last: 2026-11-10, every: year}
`

// inClasses is a Google with two classes: kim, lou and somebody switched off teach 1, nobody who works teaches 2.
type inClasses struct {
	google
	posts *[]string
}

func (inClasses) Courses(context.Context, ...string) iter.Seq2[seen.Course, error] {
	return func(yield func(seen.Course, error) bool) {
		_ = yield(seen.Course{ID: "1", Name: "Kestrels", State: "ACTIVE", Owner: "kim"}, nil) && yield(seen.Course{ID: "2", Name: "Owls", State: "ACTIVE", Owner: "old"}, nil)
	}
}

func (inClasses) ClassMembers(_ context.Context, course string) iter.Seq2[seen.ClassMember, error] {
	return func(yield func(seen.ClassMember, error) bool) {
		ids := map[string][]string{"1": {"lou", "kim", "old", "pat"}, "2": {"old"}}[course]
		for _, id := range ids {
			if !yield(seen.ClassMember{ID: id, Teacher: id != "pat"}, nil) {
				return
			}
		}
	}
}

func (inClasses) Workers() int          { return 1 }
func (inClasses) Calls() map[string]int { return map[string]int{} }

func (inClasses) Events(context.Context, string, string, time.Time, time.Time) iter.Seq2[seen.Event, error] {
	return func(func(seen.Event, error) bool) {}
}

func (g inClasses) CreateAnnouncement(_ context.Context, as, course, text string, _ []string) (string, error) {
	*g.posts = append(*g.posts, "draft "+as+" "+course+" "+text)
	return fmt.Sprint("a", len(*g.posts)), nil
}

func (g inClasses) PublishAnnouncement(_ context.Context, as, course, id string) error {
	*g.posts = append(*g.posts, "publish "+as+" "+course+" "+id)
	return nil
}

func (g inClasses) Announcement(context.Context, string, string, string) (seen.Announcement, error) {
	return seen.Announcement{Text: "Be kind.", State: seen.Draft}, nil
}

func (inClasses) Announcements(context.Context, string, string) iter.Seq2[seen.Announcement, error] {
	return func(func(seen.Announcement, error) bool) {}
}
func (inClasses) Unsure(error) bool { return false }
func (inClasses) Gone(error) bool   { return false }

type reminderDesk struct {
	*desk
	posts []string
	made  int
}

func newReminderDesk(t *testing.T, digest bool) *reminderDesk {
	t.Helper()
	d := &reminderDesk{desk: newDesk(t)}
	text := strings.Replace(schoolPolicy, "  governor:", "  chair_of_governors: chair@home.example\n  governor:", 1) + reminderClauses
	if !digest {
		text = strings.Replace(text, "      - {check: comments, with: {rules: [unreviewed, no-host, private-by-other-adult]}, severity: medium, due: 2 school days}\n", "", 1)
	}
	d.env.Policy = parsed(t, text)
	g := inClasses{google: d.env.Google.(google), posts: &d.posts}
	d.env.Google, d.env.Classroom, d.env.Exclusive, d.env.Holder, d.env.BaseURL = g, g, true, "test", "https://review.school.example"
	mem, err := memory.Open(t.Context(), d.env.Store, place(t, "2026-11-12 12:00"), d.env.Store.Commit) // the first look
	if err == nil {
		err = mem.Flush(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// run is one run of everything that is due, at a time of the day.
func (d *reminderDesk) run(clock string, digest bool) *Look {
	d.t.Helper()
	d.now(clock)
	look, err := Reminders(d.t.Context(), d.env, d.seen.Census)
	if err != nil || look.Record.Error != "" {
		d.t.Fatal(clock, err, look.Record.Error)
	}
	d.seen.Looks = map[string]*Look{RemindersJob: look}
	if digest {
		if _, err := Digest(d.t.Context(), d.env, d.outbox(), d.seen); err != nil {
			d.t.Fatal(clock, err)
		}
	}
	if _, err := Report(d.t.Context(), d.env, d.outbox(), d.seen); err != nil {
		d.t.Fatal(clock, err)
	}
	return look
}

// mails are the letters so far, by recipient: what each is called, and its text.
func (d *reminderDesk) mails() (subjects []string, texts map[string]string) {
	d.t.Helper()
	box, texts := d.outbox(), map[string]string{}
	for e, err := range box.All(d.t.Context(), time.Time{}) {
		var f outbox.Frozen
		if err == nil {
			f, err = box.Read(d.t.Context(), e)
		}
		if err != nil {
			d.t.Fatal(err)
		}
		who, _, _ := strings.Cut(f.To.Address, "@")
		subjects = append(subjects, who+" "+e.Period+": "+f.Subject)
		texts[who+" "+e.Period] += letterText(d.t, f.Raw)
	}
	slices.Sort(subjects)
	return subjects, texts
}

// letterText is the text part of a mail, as one line.
func letterText(t *testing.T, raw []byte) string {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	part, err := multipart.NewReader(m.Body, params["boundary"]).NextPart()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(part)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// TestReminderMails: each is told once, in the one mail of a day on which they are in; teachers with their daily mail, everybody else when its hour has come.
func TestReminderMails(t *testing.T) {
	d := newReminderDesk(t, true)
	d.run("2026-11-17 15:45", true)
	subjects, texts := d.mails()
	for _, s := range subjects { // on the day before only the policy is to be read
		if !strings.Contains(s, "question") && !strings.HasPrefix(s, "it ") && !strings.Contains(s, "helpdesk") {
			t.Errorf("%s", s)
		}
	}
	if !strings.Contains(texts["lou 2026-11-17"], "Please read the school's online-safety policy") || !strings.Contains(texts["lou 2026-11-17"], "https://review.school.example/reminders") {
		t.Errorf("lou was not asked to read the policy: %s", texts["lou 2026-11-17"])
	}
	d.run("2026-11-18 07:30", false)
	_, texts = d.mails()
	if strings.Contains(fmt.Sprint(texts), "Talk about passwords.") {
		t.Error("a mail of its own before the hour")
	}
	for _, clock := range []string{"2026-11-18 08:30", "2026-11-18 09:00", "2026-11-18 10:00"} {
		d.run(clock, false)
	}
	_, texts = d.mails()
	// Who teaches, like kim and lou, has a daily mail.
	if !strings.Contains(texts["moe 2026-11-18"], "This year's child-protection, PREVENT and online-safety training is due.") || !strings.Contains(texts["moe 2026-11-18"], "https://www.example.org/course") {
		t.Errorf("moe: %s", texts["moe 2026-11-18"])
	}
	if !strings.Contains(texts["deputy 2026-11-18"], "Please post this on the noticeboard for pupils and parents and carers: To keep everyone safe") {
		t.Errorf("who posts it: %q", texts["deputy 2026-11-18"])
	}
	if texts["kim 2026-11-18"] != "" {
		t.Errorf("kim's mail is the daily one: %s", texts["kim 2026-11-18"])
	}
	d.run("2026-11-18 15:45", true)
	_, texts = d.mails()
	if !strings.Contains(texts["kim 2026-11-18"], "Talk about passwords.") || !strings.Contains(texts["kim 2026-11-18"], "training is due") || texts["lou 2026-11-18"] != "" {
		t.Errorf("kim: %s, lou: %s", texts["kim 2026-11-18"], texts["lou 2026-11-18"])
	}
	d.run("2026-11-23 07:30", false) // Monday: the page host and lou are in
	d.run("2026-11-23 15:45", true)
	_, texts = d.mails()
	if !strings.Contains(texts["lou 2026-11-23"], "Talk about passwords.") || !strings.Contains(texts["office 2026-11-23"], "Have the sessions on online safety taken place?") {
		t.Errorf("lou: %s, office: %s", texts["lou 2026-11-23"], texts["office 2026-11-23"])
	}
	for day := date("2026-11-24"); day.Before(date("2026-12-08")); day = day.AddDays(1) {
		d.run(day.String()+" 07:30", false)
		d.run(day.String()+" 15:45", true)
	}
	_, texts = d.mails()
	told := map[string]int{}
	for key, text := range texts {
		who, _, _ := strings.Cut(key, " ")
		told[who+" sessions"] += strings.Count(text, "Talk about passwords.")
		told[who+" training"] += strings.Count(text, "training is due")
	}
	for key, n := range told {
		who, what, _ := strings.Cut(key, " ")
		want := 0
		if what == "training" && slices.Contains([]string{"officer", "chief", "office", "lead", "it", "kim", "lou", "moe"}, who) || what == "sessions" && (who == "kim" || who == "lou") {
			want = 1
		}
		if n != want {
			t.Errorf("%s: %d times, want %d", key, n, want)
		}
	}
	if len(told) < 16 {
		t.Errorf("%v", told)
	}
}

// What waits for somebody rides in no mail that goes on a day without school: they hear on the next school day they are in.
func TestReminderMailsInHolidays(t *testing.T) {
	d := newReminderDesk(t, false)
	d.run("2026-11-18 08:30", false) // a Wednesday; lou is in on Mondays and Tuesdays
	for clock, want := range map[string]bool{"2026-11-19 08:30": true, "2026-11-20 08:30": false, "2026-11-21 08:30": false, "2026-11-23 08:30": true} {
		rem, err := openReminding(t.Context(), d.env, place(t, clock), d.seen.Census.Who(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if have := len(rem.lines("lou")) > 0; have != want || rem.ripe("lou") != want {
			t.Errorf("%s: takes it along: %v, a letter of its own: %v", clock, have, rem.ripe("lou"))
		}
	}
}

// Without a daily mail to teachers they have a letter of their own when the hour has come.
func TestReminderMailsWithoutDigest(t *testing.T) {
	d := newReminderDesk(t, false)
	d.run("2026-11-18 07:30", false)
	_, texts := d.mails()
	had := texts["kim 2026-11-18"] // asked to read the policy, and told along with it
	if !strings.Contains(had, "Talk about passwords.") || !strings.Contains(had, "Please read the school's online-safety policy") {
		t.Errorf("kim: %s", had)
	}
	d.run("2026-11-18 08:30", false)
	d.run("2026-11-19 07:30", false)
	if _, texts = d.mails(); texts["kim 2026-11-18"] != had || strings.Contains(texts["kim 2026-11-19"], "Talk about") {
		t.Errorf("told twice: %v", texts)
	}
}

// What goes to Classroom: a class whose first teacher who agreed publishes it; one without a teacher is told of, tried again, and missed in the end.
func TestReminderPosts(t *testing.T) {
	d := newReminderDesk(t, false)
	if d.run("2026-11-18 10:59", false); len(d.posts) > 0 {
		t.Errorf("before its hour: %v", d.posts)
	}
	look := d.run("2026-11-18 11:00", false)
	want := []string{"draft kim@school.example 1 Be kind.", "publish kim@school.example 1 a1"}
	if diff := cmp.Diff(want, d.posts); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if !slices.ContainsFunc(look.Unknown, func(u Unknown) bool {
		return u.Clause == "A18" && u.What == "The reminder “Acceptable-use agreements” in 1 class" && u.Why == "the class has no active teacher"
	}) {
		t.Errorf("%+v", look.Unknown)
	}
	for _, clock := range []string{"2026-11-19 11:00", "2026-12-03 11:00"} {
		if d.run(clock, false); len(d.posts) != 2 || slices.ContainsFunc(d.found(), func(s string) bool { return strings.Contains(s, "missed reminder/agreement") }) {
			t.Errorf("%s: %v %v", clock, d.posts, d.found())
		}
	}
	d.run("2026-12-04 07:00", false)
	if list := d.found(); !slices.Contains(list, "A18 reminder.missed reminder/agreement-2026-11-18 class/2") {
		t.Errorf("%v", list)
	}
}

// found lists the open findings of the job.
func (d *reminderDesk) found() []string {
	d.t.Helper()
	out := []string{}
	for _, means := range []string{reminders.Means, reminders.ReadMeans} {
		for f, err := range (&findings.Keeper{Store: d.env.Store}).List(d.t.Context(), means, findings.Open) {
			if err != nil {
				d.t.Fatal(err)
			}
			out = append(out, f.Clause+" "+f.Rule+" "+f.Subject+" "+strings.Join(f.Facts, ", "))
		}
	}
	slices.Sort(out)
	return out
}

func (d *reminderDesk) says(x decisions.Decision) string {
	d.t.Helper()
	d.made++
	made, err := decisions.Make(d.t.Context(), d.site, fmt.Sprint("reminder ", d.made), x)
	if err != nil {
		d.t.Fatal(err)
	}
	return made.ID
}

// Who may confirm what, and when.
func TestWhoConfirms(t *testing.T) {
	said := func(who decisions.By, change func(*decisions.Decision)) decisions.Decision {
		x := decisions.Decision{At: place(t, "2026-11-18 12:00"), By: who, Do: decisions.Confirm, Reminder: "training", Period: "2026-autumn-2", Answer: "done", Note: "18 November"}
		if change != nil {
			change(&x)
		}
		return x
	}
	for name, c := range map[string]struct {
		x    decisions.Decision
		want string
	}{
		"who is asked":            {said(ours("office"), nil), ""},
		"the officer":             {said(ours("officer"), nil), ""},
		"the deputy, outside":     {said(by("", "deputy@trust.example"), nil), ""},
		"a teacher":               {said(ours("kim"), nil), notTheirs},
		"a pupil":                 {said(ours("pat"), nil), notKnown},
		"somebody switched off":   {said(ours("old"), nil), notKnown},
		"not done":                {said(ours("office"), func(x *decisions.Decision) { x.Answer = "not-done" }), ""},
		"perhaps":                 {said(ours("office"), func(x *decisions.Decision) { x.Answer = "perhaps" }), notForm},
		"before it was asked":     {said(ours("office"), func(x *decisions.Decision) { x.At = place(t, "2026-11-18 08:29") }), notThere},
		"when it was asked":       {said(ours("office"), func(x *decisions.Decision) { x.At = place(t, "2026-11-18 08:30") }), ""},
		"to come":                 {said(ours("office"), func(x *decisions.Decision) { x.At = place(t, "2026-11-18 13:00") }), notForm},
		"another period":          {said(ours("office"), func(x *decisions.Decision) { x.Period = "2026-spring-1" }), notThere},
		"what nobody is asked of": {said(ours("officer"), func(x *decisions.Decision) { x.Reminder, x.Period = "staff-training", "2026-11-18" }), notThere},
		"a long note":             {said(ours("office"), func(x *decisions.Decision) { x.Note = strings.Repeat("x", 201) }), notForm},
		"read, by a teacher":      {decisions.Decision{At: place(t, "2026-11-18 12:00"), By: ours("kim"), Do: decisions.ReadPolicy}, ""},
		"read, from outside":      {decisions.Decision{At: place(t, "2026-11-18 12:00"), By: by("", "helpdesk@support.example"), Do: decisions.ReadPolicy}, notTheirs},
		"read, by a pupil":        {decisions.Decision{At: place(t, "2026-11-18 12:00"), By: ours("pat"), Do: decisions.ReadPolicy}, notKnown},
	} {
		t.Run(name, func(t *testing.T) {
			d := newReminderDesk(t, false)
			id := d.says(c.x)
			d.now("2026-11-18 12:00")
			if _, err := Reminders(t.Context(), d.env, d.seen.Census); err != nil {
				t.Fatal(err)
			}
			j, err := decisions.Judged(t.Context(), d.env.Store, id)
			if err != nil || j == nil || j.Why != c.want || j.Counts != (c.want == "") {
				t.Fatalf("%+v %v, want %q", j, err, c.want)
			}
			book, err := reminders.Open(t.Context(), d.env.Store)
			if err != nil {
				t.Fatal(err)
			}
			if kept := len(book.Confirms()["training"]) == 1 || !book.Read("kim").At.IsZero(); kept != (c.want == "") {
				t.Errorf("kept: %v", kept)
			}
		})
	}
}

// From asked to confirmed: found when the deadline has passed, put right by the answer. And who has not read the policy.
func TestUnconfirmedAndUnread(t *testing.T) {
	d := newReminderDesk(t, false)
	d.run("2026-11-18 12:00", false)
	d.says(decisions.Decision{At: place(t, "2026-11-18 11:00"), By: ours("kim"), Do: decisions.ReadPolicy})
	unread := func(who ...string) (out []string) {
		for _, id := range who {
			out = append(out, "A16 record.overdue user/"+id+" review 2026-11-10")
		}
		return out
	}
	// Asked of the page host on Wednesday, who is in on Mondays: two of these. The policy: five school days after the 13th, the 20th being an inset day.
	d.run("2026-11-23 16:00", false)
	if list := d.found(); len(list) != 0 {
		t.Errorf("%v", list)
	}
	d.run("2026-11-23 17:01", false)
	if diff := cmp.Diff(unread("head", "it", "lead", "lou", "moe", "office", "officer"), d.found()); diff != "" {
		t.Errorf("unread (-want +have):\n%s", diff)
	}
	d.run("2026-12-01 07:30", false)
	late := "A18 reminder.unconfirmed reminder/training-2026-autumn-2 period 2026-autumn-2"
	if list := d.found(); !slices.Contains(list, late) {
		t.Errorf("%v", list)
	}
	d.says(decisions.Decision{At: place(t, "2026-12-01 08:00"), By: ours("office"), Do: decisions.Confirm, Reminder: "training", Period: "2026-autumn-2", Answer: "done"})
	for _, who := range []string{"head", "it", "lead", "lou", "moe", "office", "officer"} {
		x := decisions.Decision{At: place(t, "2026-12-01 08:00"), By: ours(who), Do: decisions.ReadPolicy}
		if who == "head" {
			x.By = by("head", "chief@school.example")
		}
		d.says(x)
	}
	d.run("2026-12-01 09:00", false)
	if list := d.found(); slices.Contains(list, late) || slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, "A16") }) {
		t.Errorf("%v", list)
	}
	k := &findings.Keeper{Store: d.env.Store}
	for _, id := range []string{findings.ID("A18", "reminder.unconfirmed", "reminder/training-2026-autumn-2"), findings.ID("A16", "record.overdue", "user/lou")} {
		if f, err := k.Get(t.Context(), id); err != nil || f.How != findings.Fine {
			t.Errorf("%+v %v", f, err)
		}
	}
}

// TestRemindersDue: besides each day's run, at the hour of each, and no more often.
func TestRemindersDue(t *testing.T) {
	d := newReminderDesk(t, false)
	for _, c := range []struct {
		clock string
		want  bool
	}{
		{"2026-11-18 07:30", true}, {"2026-11-18 07:31", false}, {"2026-11-18 08:29", false}, {"2026-11-18 08:30", true}, {"2026-11-18 08:31", false}, {"2026-11-18 09:00", true}, {"2026-11-18 10:00", true},
		{"2026-11-18 11:00", true}, {"2026-11-18 11:30", false}, {"2026-11-18 12:00", true}, // one class has no teacher
		{"2026-11-18 17:00", false},
	} {
		d.now(c.clock)
		names, err := Due(t.Context(), d.env)
		if err != nil {
			t.Fatal(err)
		}
		if have := slices.Contains(names, RemindersJob); have != c.want {
			t.Errorf("%s: %v, want %v", c.clock, names, c.want)
		}
		if c.want {
			d.run(c.clock, false)
		}
	}
}
