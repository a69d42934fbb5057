package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/reminders"
)

// remindersPolicy: the last training of Autumn 1 was on 15 October.
const remindersPolicy = adminPolicy + `
  - id: A16
    says: The policy is read.
    deals_with_it: esafety_officer
    met_by: [{record: policy-read}]
  - id: A18
    says: Pupils have sessions.
    deals_with_it: headteacher
    met_by:
      - {reminder: training, ask: page_host, every: half term, with: {to: [teachers], when: 3 per half term}}
      - {reminder: policy-review, every: year}
review: {last: 2026-07-06, every: year}
`

func newReminderRig(t *testing.T, change func(*reminders.Book)) *adminRig {
	t.Helper()
	x := newRigOf(t, remindersPolicy)
	mem, err := memory.Open(t.Context(), x.main, time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC), x.main.Commit)
	if err == nil {
		err = mem.Flush(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := reminders.Open(t.Context(), x.main)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 10, 16, 8, 30, 0, 0, time.UTC)
	b.Set(reminders.Out{Name: "training", Key: "2026-autumn-1-3", At: began, Began: began, Told: map[string]time.Time{"id-teacher": began, "id-head": began}})
	if change != nil {
		change(b)
	}
	batch := newBatch()
	if err := b.Stage(batch); err != nil {
		t.Fatal(err)
	}
	if err := x.main.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	return x
}

// Who leads sees all; who is asked what they confirm; everybody who works at the school says that they have read the policy; nobody else is led there.
func TestWhoSeesReminders(t *testing.T) {
	x := newReminderRig(t, nil)
	for who, want := range map[string]struct{ page, plan, confirm, read bool }{
		"officer": {true, true, true, true}, "deputy": {true, true, true, true}, "head": {true, true, true, true}, "office": {true, true, true, true},
		"teacher": {true, false, false, true}, "it": {true, false, false, true}, "helpdesk": {}, "gov": {}, "chair": {}, "pupil": {},
	} {
		status, text := x.get(who, "/reminders")
		if (status == http.StatusOK) != want.page || strings.Contains(text, "Coming this school year") != want.plan || strings.Contains(text, `action="/reminders/confirm"`) != want.confirm || strings.Contains(text, `action="/reminders/read"`) != want.read {
			t.Errorf("%s: %d\n%s", who, status, text)
		}
		if strings.Contains(text, "Review of the online-safety policy") != (want.page && who != "office" && want.plan) {
			t.Errorf("%s: what is not theirs to see, or too little:\n%s", who, text)
		}
		status, file := x.get(who, "/reminders.ics")
		if (status == http.StatusOK) != want.plan || strings.Contains(file, "BEGIN:VCALENDAR\r\n") != want.plan || strings.Contains(file, "SUMMARY:Review of") != (want.plan && who != "office") {
			t.Errorf("%s: the calendar file: %d\n%s", who, status, file)
		}
		if _, home := x.get(who, "/"); strings.Contains(home, `href="/reminders"`) != want.page || strings.Contains(home, "One thing to confirm") != (who == "office") {
			t.Errorf("%s: the page of their own is wrong:\n%s", who, home)
		}
	}
	_, text := x.get("officer", "/reminders")
	for _, want := range []string{"Asked of the page host", "Thursday 15 October 2026, 08:30, for teachers, by mail: <strong class=\"plain\">went out</strong> (2 people told).", "Wednesday 25 November 2026, 08:30", "Please answer by Thursday 5 November", "This is overdue", "missed"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	// Nobody who is not signed in sees the calendar file.
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(x.server.URL + "/reminders.ics")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusOK || strings.HasPrefix(resp.Header.Get("Content-Type"), "text/calendar") {
		t.Errorf("without signing in: %d", resp.StatusCode)
	}
}

// Confirming is one decision, shown as noted until the worker has taken it up.
func TestConfirmReminder(t *testing.T) {
	x := newReminderRig(t, nil)
	_, text := x.get("office", "/reminders")
	form := x.hidden(text, "/reminders/confirm")
	form.Set("answer", "done")
	form.Set("note", " 14, 22\r\n and 30 <b>September ")
	status, text := x.post("office", "/reminders/confirm", form)
	if status != http.StatusOK || !strings.Contains(text, "Noted just now: <strong>done</strong>") || !strings.Contains(text, "14, 22 and 30 <b>September") || !strings.Contains(text, "Thank you. Your answer is noted") {
		t.Fatalf("%d %s", status, text)
	}
	made := x.made(decisions.Confirm)
	if len(made) != 1 || made[0].Check() != nil || made[0].Reminder != "training" || made[0].Period != "2026-autumn-1" || made[0].Answer != "done" || made[0].Note != "14, 22 and 30 <b>September" || made[0].By.ID != "id-office" {
		t.Fatalf("%+v", made)
	}
	if _, text := x.post("office", "/reminders/confirm", form); !strings.Contains(text, "noted before") || len(x.made(decisions.Confirm)) != 1 {
		t.Error("sent twice it is two")
	}
	if _, home := x.get("office", "/"); strings.Contains(home, "thing to confirm") {
		t.Error("it still waits")
	}
	for name, c := range map[string]struct {
		who, field, value string
		status            int
	}{
		"somebody else":     {"teacher", "answer", "done", http.StatusForbidden},
		"no token":          {"office", "form_token", "", http.StatusForbidden},
		"another's token":   {"officer", "form_token", form.Get("form_token"), http.StatusForbidden},
		"another answer":    {"office", "answer", "perhaps", http.StatusBadRequest},
		"a long note":       {"office", "note", strings.Repeat("x", 201), http.StatusBadRequest},
		"another reminder":  {"office", "reminder", "committee", http.StatusConflict},
		"a period to come":  {"office", "period", "2026-autumn-2", http.StatusConflict},
		"no period at all":  {"office", "period", "", http.StatusBadRequest},
		"nobody's reminder": {"officer", "reminder", "policy-review", http.StatusConflict},
	} {
		_, text := x.get(c.who, "/reminders")
		fresh := form
		if c.who != "teacher" {
			fresh = x.hidden(text, "/reminders/confirm")
			fresh.Set("answer", "not-done")
		} else { // the token of a form that they have
			fresh = x.hidden(text, "/reminders/read")
			fresh.Set("reminder", "training")
			fresh.Set("period", "2026-autumn-1")
		}
		fresh.Set(c.field, c.value)
		if status, text := x.post(c.who, "/reminders/confirm", fresh); status != c.status || len(x.made(decisions.Confirm)) != 1 {
			t.Errorf("%s: %d, want %d, %d decisions:\n%s", name, status, c.status, len(x.made(decisions.Confirm)), text)
		}
	}
}

func TestReadPolicy(t *testing.T) {
	x := newReminderRig(t, func(b *reminders.Book) {
		b.SetRead("id-teacher", reminders.Read{For: "2026-07-06", Stage: 1, Last: adminNow})
		b.HasRead("id-it", adminNow.AddDate(0, 0, -3))
	})
	if _, home := x.get("teacher", "/"); !strings.Contains(home, "Please read the online-safety policy") {
		t.Errorf("they are asked:\n%s", home)
	}
	if _, home := x.get("office", "/"); strings.Contains(home, "Please read the online-safety policy") {
		t.Error("nobody has asked them")
	}
	if _, text := x.get("it", "/reminders"); !strings.Contains(text, "You said that you have read it, on Sunday 15 November 2026") || strings.Contains(text, "/reminders/read") {
		t.Errorf("they have said so:\n%s", text)
	}
	_, text := x.get("teacher", "/reminders")
	form := x.hidden(text, "/reminders/read")
	status, text := x.post("teacher", "/reminders/read", form)
	if status != http.StatusOK || !strings.Contains(text, "Noted just now that you have read it") {
		t.Errorf("%d %s", status, text)
	}
	if made := x.made(decisions.ReadPolicy); len(made) != 1 || made[0].Check() != nil || made[0].By.ID != "id-teacher" {
		t.Errorf("%+v", made)
	}
	form.Set("form_token", "x")
	if status, _ := x.post("teacher", "/reminders/read", form); status != http.StatusForbidden || len(x.made(decisions.ReadPolicy)) != 1 {
		t.Errorf("without a token: %d", status)
	}
	if _, home := x.get("teacher", "/"); strings.Contains(home, "Please read the online-safety policy") {
		t.Error("they are still asked")
	}
}

func TestNoReminders(t *testing.T) {
	x := newAdminRig(t)
	for _, who := range []string{"officer", "teacher"} {
		for _, page := range []string{"/reminders", "/reminders.ics"} {
			if status, _ := x.get(who, page); status != http.StatusNotFound {
				t.Errorf("%s %s: %d", who, page, status)
			}
		}
	}
}
