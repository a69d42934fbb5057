package reminders

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

func titles(r policy.Role) string {
	if r == policy.RoleOfficer {
		return "Online Safety Co-ordinator"
	}
	return r.Title()
}

// Every reminder that a policy may name has words of its own, in whole sentences, and nothing in braces is left.
func TestWords(t *testing.T) {
	names := policy.ReminderNames()
	for _, name := range names {
		w, ok := words[name]
		if !ok || w.Title == "" || !strings.HasSuffix(w.Task, ".") || !strings.HasSuffix(w.Notice, ".") || !strings.Contains(w.Question, "?") {
			t.Errorf("%s: %+v", name, w)
		}
		for _, to := range []string{policy.ToPupils, string(policy.RoleOfficer)} {
			r := Reminder{Name: name, With: &policy.ReminderWith{To: []string{to}, Themes: map[string]string{"autumn 1": "passwords"}}}
			title, text, question := r.Of("Autumn 1", "Autumn", titles, date("2027-07-06"))
			if all := title + text + question; strings.ContainsAny(all, "{}") || !strings.HasSuffix(text, "This time it is about passwords.") || strings.Contains(all, "e-safety officer") {
				t.Errorf("%s: %s | %s | %s", name, title, text, question)
			}
			if (text != strings.NewReplacer("{officer}", titles(policy.RoleOfficer), "{governor}", titles(policy.RoleGovernor)).Replace(w.Notice)+" This time it is about passwords.") == (to == policy.ToPupils) && w.Task != w.Notice {
				t.Errorf("%s to %s: %s", name, to, text)
			}
		}
	}
	for name := range words {
		if !slices.Contains(names, name) {
			t.Errorf("%s: words for a reminder that no policy can name", name)
		}
	}
	own := Reminder{Name: "training", With: &policy.ReminderWith{To: []string{"teachers", "staff", "parents", "governor"}, Through: policy.ThroughNoticeboard, Text: "About {theme}.", Confirm: "When?", Themes: map[string]string{"spring": "kindness"}}}
	_, text, question := own.Of("Spring 2", "Spring", titles, calendar.Date{})
	if text != "About kindness." || question != "When?" || own.Audience(titles) != "teachers, staff, parents and carers and safeguarding governor" || own.Place() != "on the noticeboard" {
		t.Errorf("%q %q %q %q", text, question, own.Audience(titles), own.Place())
	}
	if _, text, _ = own.Of("Autumn 1", "Autumn", titles, calendar.Date{}); text != "About online safety." {
		t.Error(text)
	}
}

func TestICalendar(t *testing.T) {
	have := string(ICalendar("Reminders, Example Primary", at("2026-11-18 09:00"), []Event{
		{UID: EventUID("school.example", "training", "2026-autumn-1-1"), At: at("2026-09-14 08:30"), Title: "Talking; about", Text: "One\nand \\ two\u202e", Link: "https://review.school.example/reminders"},
		{UID: "x@school.example", At: at("2026-11-09 08:30"), Title: strings.Repeat("ü", 60)},
	}))
	for _, want := range []string{
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:", "\r\nDTSTAMP:20261118T090000Z\r\nDTSTART:20260914T073000Z\r\nDURATION:PT15M\r\n", "\r\nDTSTART:20261109T083000Z\r\n", `SUMMARY:Talking\; about` + "\r\n",
		`DESCRIPTION:One\nand \\ two` + "\r\n", "URL:https://review.school.example/reminders\r\n", `X-WR-CALNAME:Reminders\, Example Primary`, "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
	} {
		if !strings.Contains(have, want) {
			t.Errorf("lacks %q:\n%s", want, have)
		}
	}
	if EventUID("school.example", "training", "1") == EventUID("school.example", "training", "2") || EventUID("a.example", "training", "1") == EventUID("b.example", "training", "1") {
		t.Error("ids")
	}
}

var contentLine = regexp.MustCompile(`^[A-Z-]+:`)

// Whatever is in a text, lines are no longer than 75 octets, end with CR LF, never break a character, and read back.
func TestICalendarLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.String().Draw(t, "title")
		data := ICalendar("x", time.Unix(0, 0), []Event{{UID: "1", Title: title, Text: rapid.String().Draw(t, "text")}})
		if !bytes.HasSuffix(data, []byte("\r\n")) || bytes.Contains(bytes.ReplaceAll(data, []byte("\r\n"), nil), []byte("\n")) {
			t.Fatalf("%q", data)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\r\n"), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) || line == "" || line[0] != ' ' && !contentLine.MatchString(line) {
				t.Fatalf("%q", line)
			}
		}
		unfolded := strings.ReplaceAll(string(data), "\r\n ", "")
		if !strings.Contains(unfolded, "\r\nSUMMARY:"+escaped(title)+"\r\n") {
			t.Fatalf("%q is not in %q", escaped(title), unfolded)
		}
	})
}

func TestBook(t *testing.T) {
	s := newStore(t)
	open := func() *Book {
		t.Helper()
		b, err := Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	commit := func(b *Book) {
		t.Helper()
		batch := &store.Batch{}
		if err := b.Stage(batch); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		b.Staged()
	}
	b := open()
	b.Set(Out{Name: "training", Key: "2026-autumn-1-1", Day: date("2026-09-14"), Began: at("2026-09-14 08:30"), For: []string{"kim", "lou"}})
	b.Confirm("training", Confirm{ID: "1", Period: "2026-autumn-1", Answer: Done})
	b.Confirm("training", Confirm{ID: "1", Period: "2026-autumn-1", Answer: Done})
	b.HasRead("kim", at("2026-09-14 10:00"))
	b.HasRead("kim", at("2026-09-13 10:00"))
	commit(b)
	b.Told("training", "2026-autumn-1-1", "kim", at("2026-09-14 15:45"))
	b.Told("training", "2026-autumn-1-1", "moe", at("2026-09-14 15:45"))
	commit(b)
	commit(b) // nothing
	b = open()
	o, ok := b.Out("training", "2026-autumn-1-1")
	if !ok || !slices.Equal(o.For, []string{"lou"}) || len(o.Told) != 1 || !o.Told["kim"].Equal(at("2026-09-14 15:45")) || !o.Went() {
		t.Errorf("%+v", o)
	}
	if len(b.Confirms()["training"]) != 1 || !b.Read("kim").At.Equal(at("2026-09-14 10:00")) || !b.Read("lou").At.IsZero() {
		t.Errorf("%v %v", b.Confirms(), b.Read("kim"))
	}
	// A batch that does not know of it is refused.
	old := open()
	b.HasRead("lou", at("2026-09-15 10:00"))
	commit(b)
	old.HasRead("lou", at("2026-09-16 10:00"))
	batch := &store.Batch{}
	if err := old.Stage(batch); err != nil || s.Commit(t.Context(), batch) == nil {
		t.Error("what was written meanwhile is lost")
	}
	if o.lacks() == nil || (Out{}).lacks()[0] != factNobody {
		t.Error("lacks")
	}
}

func newStore(t *testing.T) store.Store {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
