package mail

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"strings"
	"testing"
	"time"
)

var london = time.FixedZone("GMT", 0)

func sample() Message {
	return Message{
		From: netmail.Address{Name: "Example Primary – e-safety", Address: "safety@school.example"}, To: []netmail.Address{{Name: "Zoë Price", Address: "it@school.example"}},
		Cc: []netmail.Address{{Address: "head@school.example"}}, Subject: "Sharing report: 3 new things to look at – thank you ☺", HTML: "<p>=_esb_ naïve</p>\n" + strings.Repeat("<b>long</b>", 200),
		Text: "Hello\n\nboundary=\"0123456789012345678901234567890123456789\"\n.\nFrom here\n", MessageID: "esafetybot.0123@school.example",
		Date: time.Date(2026, 11, 20, 7, 0, 0, 0, london), Headers: map[string]string{"X-Kind": "oversharing"},
	}
}

// leaves walks a message and returns the content of its parts, by media type and, for attachments, name.
func leaves(t *testing.T, raw []byte) (netmail.Header, map[string]string) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	var walk func(ct, cte, name string, body io.Reader)
	walk = func(ct, cte, name string, body io.Reader) {
		mt, params, err := mime.ParseMediaType(ct)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(mt, "multipart/") {
			out[mt] = params["boundary"]
			for r := multipart.NewReader(body, params["boundary"]); ; {
				p, err := r.NextRawPart()
				if err == io.EOF {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				walk(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.FileName(), p)
			}
		}
		if cte == "quoted-printable" {
			body = quotedprintable.NewReader(body)
		}
		data, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		out[mt+name] = string(data)
	}
	walk(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body)
	return m.Header, out
}

func TestBytes(t *testing.T) {
	m := sample()
	m.Attachments = []Attachment{{Name: "sharing.csv", Type: "text/csv", Data: []byte("a,b\r\n")}}
	raw, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	h, parts := leaves(t, raw)
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || subject != m.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	for k, want := range map[string]string{
		"Message-Id": "<" + m.MessageID + ">", "Auto-Submitted": "auto-generated", HeaderID: m.MessageID, "X-Kind": "oversharing",
		"Date": "Fri, 20 Nov 2026 07:00:00 +0000", "Mime-Version": "1.0", "User-Agent": "", "X-Mailer": "", "Bcc": "",
	} {
		if got := h.Get(k); got != want {
			t.Errorf("header %s = %q, want %q", k, got, want)
		}
	}
	if got := strings.ReplaceAll(parts["text/plain"], "\r\n", "\n"); strings.TrimSpace(got) != strings.TrimSpace(m.Text) {
		t.Errorf("plain text %q", got)
	}
	if !strings.Contains(parts["text/html"], "naïve") || parts["text/csvsharing.csv"] == "" {
		t.Errorf("parts: %v", parts)
	}
	for _, line := range bytes.Split(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d bytes or with a bare line break: %.60q", len(line), line)
		}
	}
}

// A picture lies in a multipart/related with the texts, inside the attachments' multipart/mixed, and the HTML names it.
func TestPicture(t *testing.T) {
	m := sample()
	m.HTML = `<img src="cid:` + ContentID("trend.png") + `" alt="a trend">`
	m.Inline = []Attachment{{Name: "trend.png", Type: "image/png", Data: []byte("picture \xff\x00")}}
	m.Attachments = []Attachment{{Name: "list.csv", Type: "text/csv", Data: []byte("a,b")}}
	raw, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := m.Bytes()
	if err != nil || !bytes.Equal(raw, again) {
		t.Errorf("not the same bytes twice: %v", err)
	}
	_, parts := leaves(t, raw)
	bounds := map[string]bool{}
	for _, kind := range []string{"multipart/mixed", "multipart/related", "multipart/alternative"} {
		if !strings.HasPrefix(parts[kind], "=_esb_") || bounds[parts[kind]] {
			t.Errorf("%s: boundary %q", kind, parts[kind])
		}
		bounds[parts[kind]] = true
	}
	mixed, related, alternative, image, list := bytes.Index(raw, []byte("multipart/mixed")), bytes.Index(raw, []byte("multipart/related")), bytes.Index(raw, []byte("multipart/alternative")), bytes.Index(raw, []byte("image/png")), bytes.Index(raw, []byte("text/csv"))
	if mixed < 0 || related < mixed || alternative < related || image < alternative || list < image {
		t.Errorf("the parts stand in another order: %d %d %d %d %d", mixed, related, alternative, image, list)
	}
	for _, want := range []string{"Content-Id: <trend.png@esafetybot.invalid>", "Content-Disposition: inline"} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("the message lacks %q", want)
		}
	}
	for name, wrong := range map[string]Attachment{
		"not shown": {Name: "other.png", Type: "image/png"}, "no picture": {Name: "trend.png", Type: "text/html"}, "a path": {Name: "a/trend.png", Type: "image/png"},
	} {
		m.Inline = []Attachment{wrong}
		if _, err := m.Bytes(); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestSameBytesAlways(t *testing.T) {
	m := sample()
	m.Attachments = []Attachment{{Name: "a.csv", Type: "text/csv", Data: []byte("1")}}
	m.Headers = map[string]string{"X-A": "1", "X-B": "2", "X-C": "3"}
	first, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := m.Bytes()
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("differs (%v):\n%s\n---\n%s", err, first, again)
		}
	}
	_, parts := leaves(t, first)
	if parts["multipart/mixed"] == parts["multipart/alternative"] || !strings.HasPrefix(parts["multipart/mixed"], "=_esb_") {
		t.Errorf("boundaries %q and %q", parts["multipart/mixed"], parts["multipart/alternative"])
	}
}

func TestRefused(t *testing.T) {
	for name, change := range map[string]func(*Message){
		"no recipient":    func(m *Message) { m.To = nil },
		"line in subject": func(m *Message) { m.Subject = "a\r\nBcc: x@outside.example" },
		"line in name":    func(m *Message) { m.To[0].Name = "a\nb" },
		"no address":      func(m *Message) { m.To[0].Address = "ann" },
		"two addresses":   func(m *Message) { m.To[0].Address = "a@x.example, b@x.example" },
		"own header":      func(m *Message) { m.Headers = map[string]string{"bcc": "x@outside.example"} },
		"header line":     func(m *Message) { m.Headers = map[string]string{"X-A": "b\r\nBcc: x"} },
		"no id":           func(m *Message) { m.MessageID = "" },
		"bracketed id":    func(m *Message) { m.MessageID = "<a@b>" },
		"no date":         func(m *Message) { m.Date = time.Time{} },
		"no text":         func(m *Message) { m.Text = "" },
		"path":            func(m *Message) { m.Attachments = []Attachment{{Name: "../x"}} },
	} {
		m := sample()
		change(&m)
		if _, err := m.Bytes(); err == nil {
			t.Errorf("%s: was rendered", name)
		} else if strings.Contains(err.Error(), "it@school.example") {
			t.Errorf("%s: the error shows an address: %v", name, err)
		}
	}
}

func TestParseAddressable(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"dir:./mail", "dir:./mail"}, {"dir:/var/mail out", "dir:/var/mail out"}, {"DIR:x", "dir:x"}, {"gmail:safety@school.example", "gmail:safety@school.example"},
	} {
		d, err := ParseAddressable(c.in)
		if err != nil || d.String() != c.out {
			t.Errorf("%q: %v, %v; want %s", c.in, d, err, c.out)
		}
	}
	for _, bad := range []string{"", "mail", "dir:", "gmail:", "gmail:nobody", "gmail:A B <a@b.example>", "sendmail:x", "smtp:", "smtp://", "smtp://it:secret@mail.school.example", "smtp://mail.school.example/x"} {
		_, err := ParseAddressable(bad)
		if err == nil || !strings.Contains(err.Error(), "write ") && !strings.Contains(err.Error(), "use gmail:") && !strings.Contains(err.Error(), "SMTP_PASSWORD") {
			t.Errorf("%q: %v; want an error that says what to write", bad, err)
		}
	}
	d, err := ParseAddressable("smtps://it@mail.school.example")
	if err != nil || d.SMTP != (SMTPConfig{Host: "mail.school.example", Port: "465", TLS: true, User: "it"}) || d.String() != "smtp://mail.school.example:465" {
		t.Errorf("smtps: %+v, %v", d, err)
	}
}

func TestDir(t *testing.T) {
	dir := t.TempDir() + "/mail"
	raw, err := sample().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	p := Parcel{ID: sample().MessageID, Created: sample().Date, Raw: raw, Beside: []Attachment{{Name: "../../sharing.csv", Data: []byte("x")}}}
	s := NewDir(dir)
	for range 2 {
		token, err := s.Stage(t.Context(), p, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Release(t.Context(), p, token); err != nil {
			t.Fatal(err)
		}
		if waiting, err := s.Waiting(t.Context(), p, token); waiting || err != nil {
			t.Errorf("still waits: %v, %v", waiting, err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 || files[1].Name() != FileName(p) || !strings.HasPrefix(FileName(p), "20261120T070000Z-") || files[0].Name() != BesideName(FileName(p), "sharing.csv") {
		t.Errorf("files %v", files)
	}
	if strings.Contains(FileName(p), "it@") {
		t.Error("the name shows who it is for")
	}
	other := p
	other.ID = "esafetybot.9999@school.example"
	if FileName(other) == FileName(p) {
		t.Error("two messages of one second share a file")
	}
}
