package mail

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
)

// ErrNotYet is wrapped when a way of sending is known but not built.
var ErrNotYet = errors.New("not built yet")

// Destination says where mail goes, as the flag --mail gives it.
type Destination struct {
	Scheme string // "dir" or "gmail"
	Path   string // dir: the folder
	From   string // gmail: the address of the mailbox that sends
}

// ParseAddressable reads the value of --mail: dir:PATH or gmail:SENDER. Anything else is refused with what would do.
func ParseAddressable(uri string) (Destination, error) {
	const ways = "use gmail:SENDER, the address of the mailbox that sends, or dir:PATH, a folder for .eml files"
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
		return Destination{}, fmt.Errorf("--mail %s: sending by SMTP is %w: %s", scheme, ErrNotYet, ways)
	}
	return Destination{}, fmt.Errorf("--mail %q is not a way to send: %s", scheme, ways)
}

// String gives the destination back as it is written on the command line.
func (d Destination) String() string {
	if d.Scheme == "gmail" {
		return "gmail:" + d.From
	}
	return d.Scheme + ":" + d.Path
}
