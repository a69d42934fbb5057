package jobs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/actions"
	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/privacy"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// supervised is a clause that asks for the monthly list, and one on what the list tells of.
const supervised = `
  - id: B21
    says: Those who manage filtering are supervised.
    deals_with_it: headteacher
    met_by: [{record: changes}]
  - id: A23
    says: Nothing leaves the school.
    deals_with_it: workspace_admin
    met_by: [{check: sharing, with: {rules: [outside-person]}, severity: medium}]
`

func newMonthlyDesk(t *testing.T, chair bool) *listDesk {
	t.Helper()
	d := newListDesk(t)
	text := schoolPolicy + supervised
	if chair {
		text = strings.Replace(text, "  governor:", "  chair_of_governors: chair@home.example\n  governor:", 1)
	}
	d.env.Policy = parsed(t, text)
	g := d.env.Google.(counted).google
	g.accounts = slices.Clone(g.accounts)
	for i := range g.accounts {
		if g.accounts[i].ID == "pat" {
			g.accounts[i].Name = "Pat Quillfeather"
		}
	}
	d.env.Google = counted{g}
	return d
}

// letter is the text of the one letter of a kind and period; "" if there is none.
func (d *desk) letter(kind, period string) string {
	d.t.Helper()
	text := ""
	for e, err := range d.outbox().All(d.t.Context(), time.Time{}) {
		if err != nil {
			d.t.Fatal(err)
		}
		if e.Kind != kind || e.Period != period {
			continue
		}
		f, err := d.outbox().Read(d.t.Context(), e)
		if err != nil || text != "" {
			d.t.Fatal("a second letter", err)
		}
		text = f.Subject + "\n" + plainOf(d.t, f.Raw)
	}
	return text
}

func (d *listDesk) monthly(clock string) {
	d.t.Helper()
	d.at(clock)
	if _, err := Monthly(d.t.Context(), d.env, d.outbox(), d.seen); err != nil {
		d.t.Fatal(err)
	}
}

// What was agreed to, approved, declined and taken out stands in the headteacher's list by role; what concerns the headteacher's own account in the chair's, and nowhere else.
func TestMonthly(t *testing.T) {
	d := newMonthlyDesk(t, true)
	d.monthly("2026-11-18 12:00")
	if have := d.letters(); have != nil {
		t.Errorf("told of the month in which the program began: %v", have)
	}
	ids := []string{d.finding("file/a", "medium", "workspace_admin", "kim"), d.finding("file/b", "medium", "workspace_admin", "kim"), d.finding("file/c", "medium", "workspace_admin", "lou")}
	own := d.finding("file/d", "medium", "workspace_admin", "head")
	secret := d.finding("file/e", "medium", "workspace_admin", "kim")
	named := d.finding("file/f", "medium", "workspace_admin", "kim")
	later := d.finding("file/g", "medium", "workspace_admin", "kim")
	agree := func(by decisions.By, why string, change func(*decisions.Decision), ids ...string) {
		t.Helper()
		x := agreement(t, by, ids...)
		if x.Why = why; change != nil {
			change(&x)
		}
		if j := d.sends(x); !j.Counts {
			t.Fatal(j)
		}
	}
	agree(ours("it"), "The choir needs it.", nil, ids[0], ids[1])
	agree(ours("officer"), "It was looked at.", nil, ids[2])
	agree(ours("it"), "The head's own.", nil, own)
	agree(ours("officer"), "A child must not be found.", func(x *decisions.Decision) { x.Private = true }, secret)
	agree(ours("it"), "For Pat Quillfeather.", nil, named)
	mine, heads := d.propose("user/lou", "medium"), d.propose("user/head", "medium")
	for _, a := range []*actions.Action{mine, heads} {
		if j := d.sends(decisions.Decision{At: place(t, "2026-11-18 11:00"), By: ours("officer"), Do: decisions.Decline, Why: "Not now.", Changes: []decisions.Pick{{ID: a.ID, Facts: a.Facts}}}); !j.Counts {
			t.Fatal(j)
		}
	}
	d.enters(decisions.Decision{At: place(t, "2026-11-18 13:00"), By: ours("office"), Do: decisions.Exported, Kind: decisions.ExportAccess})
	d.enters(decisions.Decision{At: place(t, "2026-12-01 07:00"), By: ours("office"), Do: decisions.Exported, Kind: decisions.ExportIncidents}) // the next month's
	it, _ := d.env.Policy.Address(policy.RoleAdmin)
	for _, asked := range []string{privacy.Export, privacy.Erase} {
		if err := privacy.Note(t.Context(), d.env.Store.Commit, place(t, "2026-11-19 09:00"), asked, it, "lou.quillfeather@school.example"); err != nil {
			t.Fatal(err)
		}
	}
	d.at("2026-12-01 07:10")
	agree(ours("it"), "Too late for this list.", func(x *decisions.Decision) { x.At = place(t, "2026-12-01 07:05") }, later)

	d.monthly("2026-11-30 07:30")
	if have := d.letters(); have != nil {
		t.Errorf("before the month was over: %v", have)
	}
	d.monthly("2026-12-01 07:30")
	d.monthly("2026-12-02 07:30")
	if diff := cmp.Diff([]string{"monthly 2026-11", "monthly-chair 2026-11"}, d.letters()); diff != "" {
		t.Fatal(diff)
	}
	head, chairs := d.letter("monthly", "2026-11"), d.letter("monthly-chair", "2026-11")
	for _, want := range []string{
		"what was agreed to and changed in November 2026", "Wed 18 November, Workspace administrator: Shared with a person outside the school (A1), 2 times, until 18 December 2026", "“The choir needs it.”",
		"Wed 18 November, E-safety officer: Shared with a person outside the school (A1), until", "“It was looked at.”", "For a private reason, which only the e-safety officer and the safeguarding lead know.",
		"Wed 18 November: Shared with a person outside the school (A1), until", "The reason may name a pupil", "E-safety officer: No longer sharing a document with somebody", "“Not now.”", "Wed 18 November, Page host: The access record, with names",
		"Thu 19 November, Workspace administrator: What is held of one person, as a draft", "Thu 19 November, Workspace administrator: What was held of one person, for good",
		"What concerns your own account or files is told to the chair of governors.",
	} {
		if !strings.Contains(head, want) {
			t.Errorf("the headteacher's list lacks %q:\n%s", want, head)
		}
	}
	for _, not := range []string{"The head's own", "A child must", "Quillfeather", "Too late", "incident log", "file/", "kim", "lou"} {
		if strings.Contains(head, not) {
			t.Errorf("the headteacher's list has %q:\n%s", not, head)
		}
	}
	if n := strings.Count(head, "“Not now.”"); n != 1 {
		t.Errorf("%d changes that were declined", n)
	}
	for _, want := range []string{"“The head's own.”", "“Not now.”", "which the headteacher is not told here"} {
		if !strings.Contains(chairs, want) {
			t.Errorf("the chair's list lacks %q:\n%s", want, chairs)
		}
	}
	for _, not := range []string{"choir", "private reason", "access record"} {
		if strings.Contains(chairs, not) {
			t.Errorf("the chair's list has %q:\n%s", not, chairs)
		}
	}

	// The next list begins where this one ended, and says what still holds.
	d.monthly("2027-01-04 07:30") // an ordinary first school day
	next := d.letter("monthly", "2026-12")
	for _, want := range []string{"in December 2026", "“Too late for this list.”", "Page host: The incident log"} {
		if !strings.Contains(next, want) {
			t.Errorf("the next list lacks %q:\n%s", want, next)
		}
	}
	if strings.Contains(next, "choir needs it.”\n\nChanges") || d.letter("monthly-chair", "2026-12") != "" {
		t.Errorf("told again:\n%s", next)
	}
}

// A month in which nothing was done is told as well; one without a school day is told with the next.
func TestMonthlyOfNothing(t *testing.T) {
	d := newMonthlyDesk(t, false)
	d.env.Policy = parsed(t, strings.Replace(schoolPolicy+supervised, "  inset:", "    - {name: Autumn, first: 2027-09-02, last: 2027-12-17}\n  inset:", 1))
	d.monthly("2026-12-01 07:30")
	text := d.letter("monthly", "2026-11")
	for _, want := range []string{"Nothing was agreed to or changed in November 2026.", "whom the policy does not name yet"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	for _, clock := range []string{"2027-07-01 07:30", "2027-08-02 07:30", "2027-08-31 07:30", "2027-09-01 07:30", "2027-09-02 07:30"} {
		d.monthly(clock)
	}
	if diff := cmp.Diff([]string{"monthly 2026-11", "monthly 2027-06", "monthly 2027-08"}, d.letters()); diff != "" {
		t.Error(diff)
	}
	if text := d.letter("monthly", "2027-08"); !strings.Contains(text, "in July to August 2027.") {
		t.Errorf("of July and August:\n%s", text)
	}
	if text := d.letter("monthly", "2027-06"); !strings.Contains(text, "in December 2026 to June 2027.") {
		t.Errorf("what the lists that were missed would have told:\n%s", text)
	}
}

// It is the headteacher's one mail of the day: where they have had it, the list comes on the next school day. Without the accounts nobody knows whom a line concerns.
func TestMonthlyWaits(t *testing.T) {
	d := newMonthlyDesk(t, true)
	d.at("2026-12-01 07:30")
	d.fills("Chief@school.example")
	d.monthly("2026-12-01 07:31")
	if have := d.letter("monthly", "2026-11"); have != "" {
		t.Error("a second mail")
	}
	due, err := monthlyDue(t.Context(), d.env, place(t, "2026-12-02 07:29"))
	if err != nil || due {
		t.Error("before the hour of the reports", err)
	}
	if due, err = monthlyDue(t.Context(), d.env, place(t, "2026-12-02 07:30")); err != nil || !due {
		t.Error("not due the next day", err)
	}
	d.monthly("2026-12-02 07:30")
	if have := d.letter("monthly", "2026-11"); have == "" {
		t.Error("no list")
	}
	if due, err = monthlyDue(t.Context(), d.env, place(t, "2026-12-03 07:30")); err != nil || due {
		t.Error("due again", err)
	}

	d = newMonthlyDesk(t, false)
	g := d.env.Google.(counted).google
	d.env.Google = blindGoogle{counted{g}}
	d.at("2026-12-01 07:30")
	r, err := Monthly(t.Context(), d.env, d.outbox(), d.seen)
	if err == nil || r == nil || r.Error == "" || d.letters() != nil {
		t.Error("a list although nobody knows whose accounts these are", r, err)
	}
}

// plainOf is the plain text of a mail.
func plainOf(t *testing.T, raw []byte) string {
	t.Helper()
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for {
		part, err := r.NextPart()
		if err != nil {
			t.Fatal("no plain text", err)
		}
		if h, ok := part.Header.(*gomail.InlineHeader); ok {
			if kind, _, _ := h.ContentType(); kind == "text/plain" {
				text, err := io.ReadAll(part.Body)
				if err != nil {
					t.Fatal(err)
				}
				return strings.Join(strings.Fields(string(text)), " ")
			}
		}
	}
}

// blindGoogle does not tell who there is.
type blindGoogle struct{ counted }

func (blindGoogle) People(context.Context) iter.Seq2[seen.Person, error] {
	return func(yield func(seen.Person, error) bool) { yield(seen.Person{}, errors.New("not today")) }
}

func (blindGoogle) Reason(error) seen.Reason { return seen.Refused }

// delivers hands over what waits.
func (d *listDesk) delivers() {
	d.t.Helper()
	if r, err := d.outbox().Deliver(d.t.Context(), mail.NewDir(d.t.TempDir()), d.seen.Census.Now); err != nil || r.Err() != nil {
		d.t.Fatal(err, r.Err())
	}
}

// fills gives somebody their one mail of the day.
func (d *listDesk) fills(address string) {
	d.t.Helper()
	b := &store.Batch{}
	_, err := d.outbox().Put(d.t.Context(), b, d.seen.Census.Now, outbox.Letter{To: netmail.Address{Address: address}, Kind: "other", Period: "x", Subject: "s", Text: "t"})
	if err == nil {
		err = d.env.Store.Commit(d.t.Context(), b)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// The record says when a list was not sent in time, and is fine again when a later one was.
func TestChangesRecord(t *testing.T) {
	d := newMonthlyDesk(t, false)
	k := &findings.Keeper{Store: d.env.Store}
	status := func() findings.Status {
		f, err := k.Get(t.Context(), findings.ID("B21", recordOverdue, "record/changes"))
		if err != nil {
			return ""
		}
		return f.Status
	}
	d.at("2026-11-19 08:00")
	look := d.run()
	if !slices.ContainsFunc(look.Unknown, func(u Unknown) bool { return u.Clause == "B21" && u.Why == "no monthly list has been sent yet" }) || status() != "" {
		t.Errorf("before the first one: %+v %s", look.Unknown, status())
	}
	d.at("2026-12-14 17:00") // the tenth school day
	if d.run(); status() != "" {
		t.Error("before its time")
	}
	d.at("2026-12-14 17:01")
	if d.run(); status() != findings.Open {
		t.Errorf("after its time: %q", status())
	}
	f, err := k.Get(t.Context(), findings.ID("B21", recordOverdue, "record/changes"))
	if err != nil || !slices.Equal(f.Facts, []string{"month 2026-11"}) || !f.Due.Equal(place(t, "2026-12-14 17:00")) {
		t.Errorf("%+v %v", f, err)
	}
	d.monthly("2026-12-15 07:30")
	d.at("2026-12-15 08:00")
	if d.run(); status() != findings.Open {
		t.Error("put right by a list that was not sent yet")
	}
	d.delivers()
	look = d.run()
	if status() != findings.Resolved || len(look.Unknown) != 0 {
		t.Errorf("%q %+v", status(), look.Unknown)
	}
	d.at("2027-02-25 08:00") // January's list was due on 12 February
	if d.run(); status() != findings.Open {
		t.Errorf("the next one that was missed: %q", status())
	}
	d.env.Policy = parsed(t, strings.Replace(schoolPolicy+supervised, "record: changes", "record: visitors", 1))
	d.at("2027-02-25 08:00")
	if d.run(); status() != findings.Resolved {
		t.Errorf("asked for no longer: %q", status())
	}
}

func TestMissedList(t *testing.T) {
	p := parsed(t, schoolPolicy)
	first := place(t, "2026-09-10 08:00")
	for _, c := range []struct {
		now, sent, want string
	}{
		{"2026-09-30 12:00", "", ""}, // the first month is told in October
		{"2026-10-14 17:00", "", ""},
		{"2026-10-14 17:01", "", "2026-09"},
		{"2026-10-14 17:01", "2026-08", "2026-09"},
		{"2026-10-14 17:01", "2026-09", ""},
		{"2026-11-02 08:00", "", "2026-09"}, // until November's tenth school day
		{"2026-11-13 17:01", "2026-09", "2026-10"},
		{"2026-11-13 17:01", "2026-10", ""},
		{"2027-08-20 08:00", "2027-05", "2027-06"}, // August has none
		{"2027-08-20 08:00", "2027-06", ""},
	} {
		var sent []string
		if c.sent != "" {
			sent = []string{c.sent}
		}
		if have, due := missedList(p.Calendar, p.School.Location, first, place(t, c.now), sent); have != c.want || due.IsZero() != (have == "") {
			t.Errorf("%s, sent %s: %q %v, want %q", c.now, c.sent, have, due, c.want)
		}
	}
	if have, _ := missedList(&calendar.Calendar{}, time.UTC, first, place(t, "2027-08-20 08:00"), nil); have != "" {
		t.Errorf("without term dates: %q", have)
	}
}
