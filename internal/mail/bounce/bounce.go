// Package bounce reads the mails that tell that a mail could not be delivered (delivery status notifications, RFC 3464), as Gmail puts them into the sender's mailbox.
//
// Contract:
//
//   - Only a report of Google's is read: From is mailer-daemon at a domain of Google's, and what the receiving server found of it (DMARC) does not speak against that. A mail without any
//     such result was put there by Google itself.
//
//   - A report says whom a mail did not reach and which mail that was, by Message-ID. Whether the sender ever sent that mail to that address is for the caller to say: a report alone proves nothing.
//
//   - "delayed" is no failure: Gmail goes on trying. What the report says in words is not looked at, and nothing of it is kept.
package bounce

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"github.com/emersion/go-message"

	ours "esafetybot/internal/mail"
	"esafetybot/internal/mail/dmarc"
)

// Limits. Reports are small but for the mail that came back, of which only the beginning is read.
const (
	maxMail   = 40 << 20 // bytes, as received: the largest mail that Gmail takes, and room around it
	maxStatus = 64 << 10 // bytes of the part that is meant for machines
	maxHead   = 64 << 10 // bytes of the mail that came back: its headers
	maxParts  = 50
	maxDepth  = 5
	maxNamed  = 100 // addresses and Message-IDs
)

// Report is what one notification says.
type Report struct {
	// MessageIDs are those under which the mail that came back may be known, without angle brackets.
	MessageIDs []string
	// Failed are the addresses that it did not reach, in lower case.
	Failed []string
}

// errEnough ends the reading of a mail that is too large or too deep.
var errEnough = errors.New("too much")

// Parse reads a mail as Gmail stores it (RFC 5322). ok is false unless it is a report of a failure, with an address and a Message-ID.
func Parse(raw []byte) (r Report, ok bool) {
	if len(raw) > maxMail {
		return Report{}, false
	}
	m, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) || m == nil {
		return Report{}, false
	}
	kind, params, err := m.Header.ContentType()
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") || !googles(m) {
		return Report{}, false
	}
	parts, only := 0, true // only: no recipient is told of but those that failed
	err = m.Walk(func(path []int, part *message.Entity, err error) error {
		if err != nil && !message.IsUnknownCharset(err) {
			return err
		}
		if parts++; parts > maxParts || len(path) > maxDepth {
			return errEnough
		}
		switch kind, _, _ := part.Header.ContentType(); kind { // a part whose kind cannot be read is none of those that count
		case "message/delivery-status", "message/global-delivery-status":
			text, err := io.ReadAll(io.LimitReader(part.Body, maxStatus+1))
			if err != nil || len(text) > maxStatus {
				return errEnough
			}
			only = r.status(string(text)) && only
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
			text, err := io.ReadAll(io.LimitReader(part.Body, maxHead))
			if err != nil {
				return errEnough
			}
			head, _, _ := strings.Cut(plainLines(string(text)), "\n\n")
			f := fields(head)
			r.message(f["message-id"])
			r.message(f[strings.ToLower(ours.HeaderID)]) // Gmail may have given the mail a Message-ID of its own
		}
		return nil
	})
	if err != nil || len(r.Failed) == 0 || len(r.MessageIDs) == 0 {
		return Report{}, false
	}
	if only { // the address as it was written, where the mail was passed on to another; a report on several mixes them
		for _, list := range m.Header.Values("X-Failed-Recipients") {
			for address := range strings.SplitSeq(list, ",") {
				r.failed(address)
			}
		}
	}
	return r, true
}

// googles tells whether the report is Google's.
func googles(m *message.Entity) bool {
	from := m.Header.Values("From")
	if len(from) != 1 {
		return false
	}
	list, err := mail.ParseAddressList(from[0])
	if err != nil || len(list) != 1 {
		return false
	}
	local, domain, _ := strings.Cut(strings.ToLower(list[0].Address), "@")
	if local != "mailer-daemon" || !google(domain) {
		return false
	}
	results := m.Header.Values("Authentication-Results")
	return len(results) == 0 || dmarc.Passed(results, domain, google)
}

func google(domain string) bool { return domain == "googlemail.com" || domain == "google.com" }

// status reads the part for machines: a group of fields about the mail, then one for each recipient. It tells whether every recipient failed.
func (r *Report) status(text string) bool {
	only := true
	for group := range strings.SplitSeq(plainLines(text), "\n\n") {
		f := fields(group)
		r.message(f["x-original-message-id"])
		if f["final-recipient"] == "" && f["original-recipient"] == "" {
			continue
		}
		if action, _, _ := strings.Cut(f["action"], " "); !strings.EqualFold(action, "failed") { // a comment may follow
			only = false
			continue
		}
		for _, name := range []string{"final-recipient", "original-recipient"} {
			if _, address, typed := strings.Cut(f[name], ";"); typed {
				r.failed(address)
			}
		}
	}
	return only
}

func (r *Report) failed(address string) {
	address = strings.ToLower(strings.Trim(strings.TrimSpace(address), "<>"))
	if strings.Contains(address, "@") && len(address) <= 254 && !strings.ContainsFunc(address, unicode.IsControl) && // a lone CR ends no header, and is in no address
		!slices.Contains(r.Failed, address) && len(r.Failed) < maxNamed {
		r.Failed = append(r.Failed, address)
	}
}

func (r *Report) message(id string) {
	id = strings.Trim(strings.TrimSpace(id), "<>")
	if id != "" && len(id) <= 998 && !strings.ContainsFunc(id, unicode.IsControl) && !slices.Contains(r.MessageIDs, id) && len(r.MessageIDs) < maxNamed {
		r.MessageIDs = append(r.MessageIDs, id)
	}
}

// plainLines makes lines end with "\n" alone, and lines of nothing but white space empty.
func plainLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, l := range lines {
		if strings.TrimSpace(l) == "" {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// fields reads "Name: value" lines, of which one may go on in the next, by name in lower case. Of two of one name the first counts.
func fields(text string) map[string]string {
	out, last, skip := map[string]string{}, "", false
	for l := range strings.SplitSeq(text, "\n") {
		if l != "" && (l[0] == ' ' || l[0] == '\t') {
			if last != "" && !skip {
				out[last] = strings.TrimSpace(out[last] + " " + strings.TrimSpace(l))
			}
			continue
		}
		name, value, ok := strings.Cut(l, ":")
		if name = strings.ToLower(strings.TrimSpace(name)); !ok || name == "" {
			last = ""
			continue
		}
		_, skip = out[name]
		if last = name; !skip {
			out[name] = strings.TrimSpace(value)
		}
	}
	return out
}
