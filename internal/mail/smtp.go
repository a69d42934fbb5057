package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// SMTPConfig says how to reach a mail server. It asks for encryption unless the server is this machine.
type SMTPConfig struct {
	Host     string
	Port     string // "587" where the connection becomes encrypted (STARTTLS), "465" where it is from the start
	TLS      bool   // encrypted from the start
	User     string // "" does not sign in
	Password string
	Roots    *x509.CertPool // nil is the system's
	Timeout  time.Duration  // of one message; 0 is a minute
}

// SMTP sends through a mail server. SMTP has no drafts, and a server that has taken a message cannot be asked whether it has: after
// a crash, or where the last answer is lost, a message may go out again, with the same Message-ID, so that mail programs
// can show it once. At least once is all that SMTP can promise.
type SMTP struct{ c SMTPConfig }

// NewSMTP makes a sender for one mail server.
func NewSMTP(c SMTPConfig) *SMTP {
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	return &SMTP{c: c}
}

// Stage implements [Sender]: there is nothing to prepare.
func (*SMTP) Stage(context.Context, Parcel, bool) (string, error) { return "smtp", nil }

// Waiting implements [Sender]: nobody can tell, so it waits.
func (*SMTP) Waiting(context.Context, Parcel, string) (bool, error) { return true, nil }

// Release implements [Sender].
func (s *SMTP) Release(ctx context.Context, p Parcel, _ string) error {
	from, to, err := envelope(p.Raw)
	if err != nil {
		return fmt.Errorf("message %s: %w: %w", p.ID, ErrRefused, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.Timeout)
	defer cancel()
	if err := s.send(ctx, from, to, p.Raw); err != nil {
		return fmt.Errorf("send message %s through %s: %w", p.ID, s.c.Host, refused(err))
	}
	return nil
}

func (s *SMTP) send(ctx context.Context, from string, to []string, raw []byte) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(s.c.Host, s.c.Port))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil {
			return err
		}
	}
	config := &tls.Config{ServerName: s.c.Host, RootCAs: s.c.Roots, MinVersion: tls.VersionTLS12}
	if s.c.TLS {
		conn = tls.Client(conn, config)
	}
	c, err := smtp.NewClient(conn, s.c.Host)
	if err != nil {
		return err
	}
	if !s.c.TLS {
		if can, _ := c.Extension("STARTTLS"); can {
			if err := c.StartTLS(config); err != nil {
				return err
			}
		} else if !loopback(s.c.Host) {
			return errors.New("the mail server offers no encryption (STARTTLS): use smtps://, or another server")
		}
	}
	if s.c.User != "" {
		if err := c.Auth(smtp.PlainAuth("", s.c.User, s.c.Password, s.c.Host, loopback(s.c.Host))); err != nil {
			return err
		}
	}
	if err := c.Mail(from); err != nil {
		return err
	}
	for _, a := range to {
		if err := c.Rcpt(a); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // the message was taken; how we part does not matter
	return nil
}

// envelope reads from the message who it is from and to.
func envelope(raw []byte) (from string, to []string, err error) {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", nil, errors.New("the message cannot be read")
	}
	sender, err := m.Header.AddressList("From")
	if err != nil || len(sender) != 1 {
		return "", nil, errors.New("the message has no sender")
	}
	for _, h := range []string{"To", "Cc"} {
		list, err := m.Header.AddressList(h)
		if err != nil && !errors.Is(err, netmail.ErrHeaderNotPresent) {
			return "", nil, errors.New("the message has a recipient that is no address")
		}
		for _, a := range list {
			to = append(to, a.Address)
		}
	}
	if len(to) == 0 {
		return "", nil, errors.New("the message has no recipient")
	}
	return sender[0].Address, to, nil
}

// refused marks what the server refuses for good (5xx), and keeps its words, which may hold the address, out of the error.
func refused(err error) error {
	var t *textproto.Error
	if !errors.As(err, &t) {
		return err
	}
	if t.Code >= 500 {
		return fmt.Errorf("%w: the mail server answered %d", ErrRefused, t.Code)
	}
	return fmt.Errorf("the mail server answered %d, for now", t.Code)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
