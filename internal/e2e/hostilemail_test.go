package e2e

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"slices"
	"strings"
	"unicode/utf8"
)

// headers are those that a mail of the program may have.
var headers = []string{"From", "To", "Cc", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted", "X-Auto-Response-Suppress", "X-Esafetybot-Message-Id"}

// mail judges a mail as it goes out.
func (v *verdicts) mail(where string, raw []byte, m markup) {
	for line := range bytes.Lines(raw) {
		if len(line) > longestLine+2 {
			v.say(where, "a line of %d bytes", len(line))
		}
		if !bytes.HasSuffix(line, []byte("\r\n")) || bytes.ContainsAny(bytes.TrimSuffix(line, []byte("\r\n")), "\r\n\x00") {
			v.say(where, "a line that does not end as lines of mail do")
		}
	}
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		v.say(where, "it cannot be read: %v", err)
		return
	}
	for name, values := range msg.Header {
		if !slices.Contains(headers, name) || len(values) != 1 {
			v.say(where, "the header %s: %.80q", name, values)
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if n := utf8.RuneCountInString(subject); err != nil || n == 0 || n > 200 || strings.ContainsAny(subject, "\r\n") {
		v.say(where, "the subject: %.80q %v", subject, err)
	}
	v.words(where+" Subject", subject, false)
	v.name(where+" Subject", subject)
	for _, name := range []string{"From", "To", "Cc"} {
		if msg.Header.Get(name) == "" {
			continue
		}
		list, err := msg.Header.AddressList(name)
		if err != nil || name != "Cc" && len(list) != 1 {
			v.say(where, "%s: %.100q %v", name, msg.Header.Get(name), err)
		}
		for _, a := range list {
			v.words(where+" "+name, a.Name, true)
			if utf8.RuneCountInString(a.Name) > longestName {
				v.say(where, "%s has a name of %d characters", name, utf8.RuneCountInString(a.Name))
			}
			if strings.Contains(a.Address, "owned") {
				v.say(where, "%s goes to %s", name, a.Address)
			}
		}
	}
	v.part(where, msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), "", msg.Body, m)
}

// part judges a part of a mail. A list that is attached is counted by its name.
func (v *verdicts) part(where, kind, encoding, name string, body io.Reader, m markup) {
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		v.say(where, "a part of the type %.60q: %v", kind, err)
		return
	}
	if strings.HasPrefix(media, "multipart/") {
		for r := multipart.NewReader(body, params["boundary"]); ; {
			p, err := r.NextRawPart()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				v.say(where, "its parts: %v", err)
				return
			}
			v.part(where, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.FileName(), p, m)
		}
	}
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		v.say(where, "a part: %v", err)
	}
	switch {
	case media == "text/html":
		v.html(where+" HTML", string(data), m)
	case media == "text/csv":
		v.lists[listName(name)] += v.csv(where+" "+name, data)
	case media == "text/plain":
		for line := range strings.Lines(string(data)) {
			v.words(where+" text", strings.TrimRight(line, "\r\n"), false)
			v.name(where+" text", line)
		}
	case !strings.HasPrefix(media, "image/"):
		v.say(where, "a part of the type %s", media)
	}
}
