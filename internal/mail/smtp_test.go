package mail

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// postbox is a mail server for tests.
type postbox struct {
	mu       sync.Mutex
	sessions int
	users    []string
	got      []string // "from > to, to" of each message taken
	raw      [][]byte
	refuse   int // answer recipients with this code
	loseEnd  int // break off so many times after a message was taken
}

func (p *postbox) NewSession(*smtp.Conn) (smtp.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions++
	return &delivery{box: p}, nil
}

type delivery struct {
	box  *postbox
	from string
	to   []string
}

func (d *delivery) AuthMechanisms() []string { return []string{sasl.Plain} }

func (d *delivery) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "open sesame" {
			return errors.New("no")
		}
		d.box.mu.Lock()
		defer d.box.mu.Unlock()
		d.box.users = append(d.box.users, user)
		return nil
	}), nil
}

func (d *delivery) Mail(from string, _ *smtp.MailOptions) error { d.from = from; return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	if d.box.refuse != 0 {
		return &smtp.SMTPError{Code: d.box.refuse, Message: "not " + to}
	}
	d.to = append(d.to, to)
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	d.box.got = append(d.box.got, d.from+" > "+strings.Join(d.to, ", "))
	d.box.raw = append(d.box.raw, b)
	if d.box.loseEnd > 0 {
		d.box.loseEnd--
		return &smtp.SMTPError{Code: 451, Message: "who knows"}
	}
	return nil
}

func (d *delivery) Reset()        {}
func (d *delivery) Logout() error { return nil }

func serveSMTP(t *testing.T, p *postbox) SMTPConfig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(p)
	s.AllowInsecureAuth = true
	s.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	host, port, _ := net.SplitHostPort(l.Addr().String())
	return SMTPConfig{Host: host, Port: port, Timeout: 10 * time.Second}
}

func parcel(t *testing.T) Parcel {
	t.Helper()
	m := Message{
		From: netmail.Address{Address: "safety@school.example"}, To: []netmail.Address{{Name: "Farhan Jellicot", Address: "it@school.example"}},
		Cc: []netmail.Address{{Address: "head@school.example"}}, Subject: "Sharing report", Text: ".a line that begins with a dot\r\n", MessageID: "m1@school.example",
		Date: time.Date(2026, 9, 7, 6, 0, 0, 0, time.UTC),
	}
	raw, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return Parcel{ID: m.MessageID, Raw: raw}
}

func TestSMTP(t *testing.T) {
	box := &postbox{}
	c := serveSMTP(t, box)
	c.User, c.Password = "it", "open sesame"
	s, p, ctx := NewSMTP(c), parcel(t), context.Background()
	token, err := s.Stage(ctx, p, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Release(ctx, p, token); err != nil {
		t.Fatal(err)
	}
	if want := "safety@school.example > it@school.example, head@school.example"; len(box.got) != 1 || box.got[0] != want {
		t.Errorf("the server took %q, want %q once", box.got, want)
	}
	if !bytes.Equal(bytes.TrimRight(box.raw[0], "\r\n"), bytes.TrimRight(p.Raw, "\r\n")) {
		t.Errorf("the message came changed:\n%s", box.raw[0])
	}
	if len(box.users) != 1 || box.users[0] != "it" {
		t.Errorf("signed in as %q, want it", box.users)
	}
	c.Password = "wrong"
	if err := NewSMTP(c).Release(ctx, p, token); err == nil || len(box.got) != 1 {
		t.Errorf("with a wrong password: error %v, %d messages", err, len(box.got))
	}
}

// TestSMTPRefusals: what is refused for good is not tried again, what is refused for now is; neither error names anybody.
func TestSMTPRefusals(t *testing.T) {
	for code, forGood := range map[int]bool{550: true, 451: false} {
		box := &postbox{refuse: code}
		err := NewSMTP(serveSMTP(t, box)).Release(context.Background(), parcel(t), "")
		if err == nil || errors.Is(err, ErrRefused) != forGood || strings.Contains(err.Error(), "it@school") {
			t.Errorf("%d: %v; refused for good: want %v", code, err, forGood)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	if err := NewSMTP(SMTPConfig{Host: host, Port: port}).Release(context.Background(), parcel(t), ""); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("nobody listens: %v, want an error that a later try may cure", err)
	}
	if err := NewSMTP(SMTPConfig{}).Release(context.Background(), Parcel{ID: "x", Raw: []byte("Subject: x\r\n\r\n")}, ""); !errors.Is(err, ErrRefused) {
		t.Errorf("a message without people: %v, want it refused for good", err)
	}
}

// TestSMTPAtLeastOnce: where the last answer is lost the message waits still, and goes again with the same Message-ID.
func TestSMTPAtLeastOnce(t *testing.T) {
	box := &postbox{loseEnd: 1}
	s, p, ctx := NewSMTP(serveSMTP(t, box)), parcel(t), context.Background()
	if err := s.Release(ctx, p, ""); err == nil {
		t.Fatal("the answer was lost, but there is no error")
	}
	if waits, err := s.Waiting(ctx, p, ""); err != nil || !waits {
		t.Fatalf("waiting: %v, %v", waits, err)
	}
	if err := s.Release(ctx, p, ""); err != nil {
		t.Fatal(err)
	}
	if len(box.raw) != 2 || !bytes.Contains(box.raw[0], []byte("m1@school.example")) || !bytes.Equal(box.raw[0], box.raw[1]) {
		t.Errorf("%d messages arrived, want the same one twice", len(box.raw))
	}
}
