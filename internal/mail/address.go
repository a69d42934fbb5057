package mail

import (
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strings"
)

// Destination says where mail goes, as the flag --mail gives it.
type Destination struct {
	Scheme string // "dir", "gmail" or "smtp"
	Path   string // dir: the folder
	From   string // gmail: the address of the mailbox that sends
	SMTP   SMTPConfig
}

// ParseAddressable reads the value of --mail: dir:PATH, gmail:SENDER, smtp://USER@HOST or smtps://USER@HOST. Anything else is refused
// with what would do. A password in the address is refused: command lines are seen by everybody on a machine.
func ParseAddressable(uri string) (Destination, error) {
	const ways = "use gmail:SENDER, the address of the mailbox that sends, smtp://USER@HOST, or dir:PATH, a folder for .eml files"
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok {
		return Destination{}, fmt.Errorf("--mail does not say how to send: %s", ways)
	}
	switch strings.ToLower(scheme) {
	case "dir":
		rest = strings.TrimPrefix(rest, "//")
		if rest == "" {
			return Destination{}, errors.New("--mail dir: names no folder: write dir:PATH, for example dir:./mail")
		}
		return Destination{Scheme: "dir", Path: rest}, nil
	case "gmail":
		a, err := netmail.ParseAddress(strings.TrimPrefix(rest, "//"))
		if err != nil || a.Name != "" {
			return Destination{}, errors.New("--mail gmail: names no mailbox: write gmail:SENDER, for example gmail:safety@school.example")
		}
		return Destination{Scheme: "gmail", From: a.Address}, nil
	case "smtp", "smtps":
		return parseSMTP(uri)
	}
	return Destination{}, fmt.Errorf("--mail %q is not a way to send: %s", scheme, ways)
}

func parseSMTP(uri string) (Destination, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return Destination{}, errors.New("--mail smtp names no mail server: write smtp://USER@HOST:587, or smtps://USER@HOST:465 where the server is encrypted from the start")
	}
	d := Destination{Scheme: "smtp", SMTP: SMTPConfig{Host: u.Hostname(), Port: u.Port(), TLS: strings.EqualFold(u.Scheme, "smtps")}}
	if d.SMTP.Port == "" {
		d.SMTP.Port = map[bool]string{false: "587", true: "465"}[d.SMTP.TLS]
	}
	if u.User != nil {
		if _, has := u.User.Password(); has {
			return Destination{}, errors.New("--mail smtp holds a password, which others on this machine could see: put it into the variable ESAFETYBOT_SMTP_PASSWORD")
		}
		d.SMTP.User = u.User.Username()
	}
	return d, nil
}

// String gives the destination back as it is written on the command line.
func (d Destination) String() string {
	switch d.Scheme {
	case "gmail":
		return "gmail:" + d.From
	case "smtp":
		return "smtp://" + net.JoinHostPort(d.SMTP.Host, d.SMTP.Port)
	}
	return d.Scheme + ":" + d.Path
}
