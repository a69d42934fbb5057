package reports

import (
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/mail"
)

func deliver(t *testing.T, dir, id string, at time.Time, to netmail.Address, r Rendered) {
	t.Helper()
	m := mail.Message{From: netmail.Address{Address: "safety@school.example"}, To: []netmail.Address{to}, Subject: r.Subject, HTML: r.HTML, Text: r.Text, MessageID: id, Date: at}
	raw, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	p := mail.Parcel{ID: id, Created: at, Raw: raw, Beside: []mail.Attachment{{Name: "sharing.csv", Data: r.CSV}}}
	d := mail.NewDir(dir)
	if _, err := d.Stage(t.Context(), p, false); err != nil {
		t.Fatal(err)
	}
	if err := d.Release(t.Context(), p, ""); err != nil {
		t.Fatal(err)
	}
}

func TestIndex(t *testing.T) {
	dir := t.TempDir()
	if *update {
		dir = filepath.Join(os.TempDir(), "reports-index")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r := render(t, sample())
	pat, officer := netmail.Address{Name: "Pat Quill", Address: "it@school.example"}, netmail.Address{Address: "officer@school.example"}
	deliver(t, dir, "a@school.example", days(0), pat, r)
	deliver(t, dir, "b@school.example", days(1), pat, r)
	deliver(t, dir, "c@school.example", days(1), officer, r)
	if err := os.WriteFile(filepath.Join(dir, "other.eml"), []byte("From: a@b.example\r\nSubject: not ours\r\n\r\nhello"), 0o600); err != nil {
		t.Fatal(err)
	}
	opt := IndexOptions{Title: "Example Primary, <half> a term", Intro: "Everything below was written by the program.", Who: map[string]string{"it@school.example": "workspace administrator"}}
	var first string
	for range 2 {
		list, err := Index(dir, opt)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 2 || len(list[0].Mails) != 2 || list[0].Who != "workspace administrator" || list[0].Mails[0].At.After(list[0].Mails[1].At) {
			t.Fatalf("received %+v", list)
		}
		page, err := os.ReadFile(filepath.Join(dir, "index.html"))
		if err != nil {
			t.Fatal(err)
		}
		if first != "" && first != string(page) {
			t.Error("the second page differs from the first")
		}
		first = string(page)
		m := list[0].Mails[0]
		for _, name := range append([]string{m.HTML, m.Text, m.EML}, m.Files...) {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
			if !strings.Contains(first, name) {
				t.Errorf("the page does not link to %s", name)
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, m.HTML))
		if err != nil || string(text) != r.HTML && strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")) != strings.TrimSpace(r.HTML) {
			t.Errorf("the copy of the HTML differs (%v)", err)
		}
	}
	if strings.Contains(first, "<half>") || strings.Contains(first, "<script") || strings.Contains(first, "not ours") {
		t.Error("the page holds what it must not")
	}
}
