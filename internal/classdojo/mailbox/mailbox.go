// Package mailbox tells what a notification mail of ClassDojo's is about, without keeping anything of what it says.
//
// Contract:
//
//   - A mail counts only if the server that received it for Google found it to be from classdojo.com (DMARC passed), by the topmost Authentication-Results. ClassDojo publishes p=reject.
//     What stands further down was written by whoever sent the mail.
//
//   - A mail is classified by where its links lead ([classdojo.ParseLink]), never by its wording, which nobody has documented and which changes. What has no such link is counted, not guessed.
//
//   - A mail with a one-time code is dropped. So is everything else of every mail: a [Verdict] holds kind, class, a link written anew, a time and a hash of the Message-ID.
//
// Nothing here reads a mailbox: that is a [Box]. Nothing is logged, and no error repeats anything of a mail.
package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"iter"
	"mime"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-message"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/mail/dmarc"
)

// Outcome is what became of a mail.
type Outcome int

// The outcomes. Of all but Told a Verdict holds nothing more.
const (
	Told         Outcome = iota // it tells of something
	Unclassified                // of ClassDojo's, but none of its links says what it is about
	OneTimeCode                 // of ClassDojo's, with a code in its subject or a link for signing in; dropped
	Unproven                    // says that it is from ClassDojo, and Google did not find that it is
	NotTheirs                   // from somebody else
	Unreadable                  // no mail, or one that is too large or too deep to be sure of
)

// Limits. ClassDojo's mails are far smaller.
const (
	maxMail  = 5 << 20 // bytes, as received
	maxText  = 1 << 20 // bytes of one part, decoded
	maxParts = 50
	maxDepth = 5
	maxLinks = 200
)

// Verdict is what one mail told.
type Verdict struct {
	Outcome Outcome
	Events  []classdojo.Event // each place once; of Told only
}

// Classify tells what a mail is about: an RFC 5322 message as Gmail stores it.
func Classify(raw []byte) Verdict {
	if len(raw) > maxMail {
		return Verdict{Outcome: Unreadable}
	}
	m, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) || m == nil {
		return Verdict{Outcome: Unreadable}
	}
	from, ok := sender(m)
	if !ok {
		return Verdict{Outcome: Unreadable}
	}
	if !theirs(from) {
		return Verdict{Outcome: NotTheirs}
	}
	if !dmarc.Passed(m.Header.Values("Authentication-Results"), from, theirs) {
		return Verdict{Outcome: Unproven}
	}
	found, signIn, ok := links(m)
	switch {
	case !ok:
		return Verdict{Outcome: Unreadable}
	case len(found) == 0 && (signIn || hasCode(m.Header.Get("Subject"))):
		return Verdict{Outcome: OneTimeCode}
	case len(found) == 0:
		return Verdict{Outcome: Unclassified}
	}
	ids := m.Header.Values("Message-Id")
	at := received(m)
	if len(ids) != 1 || strings.TrimSpace(ids[0]) == "" || at.IsZero() {
		return Verdict{Outcome: Unreadable}
	}
	v := Verdict{Outcome: Told}
	for _, t := range found {
		v.Events = append(v.Events, classdojo.Event{
			Kind: t.Kind, Class: t.Class, Link: t.Link(), At: at, Count: 1, Key: classdojo.MessageKey(ids[0], t.Kind, t.Class), From: classdojo.FromMailbox,
		})
	}
	return v
}

// sender is the domain of the one address that the mail says it is from, in lower case. A mail that names several, or none, is not read: whom DMARC judged would not be certain.
func sender(m *message.Entity) (domain string, ok bool) {
	from := m.Header.Values("From")
	if len(from) != 1 {
		return "", false
	}
	list, err := (&mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: anyCharset}}).ParseList(from[0])
	if err != nil || len(list) != 1 {
		return "", false
	}
	at := strings.LastIndexByte(list[0].Address, '@')
	return strings.ToLower(list[0].Address[at+1:]), true
}

// anyCharset is for display names, which are not looked at: whatever they are in is fine.
func anyCharset(_ string, r io.Reader) (io.Reader, error) { return r, nil }

func theirs(domain string) bool {
	return domain == "classdojo.com" || strings.HasSuffix(domain, ".classdojo.com")
}

// received is when the mail arrived: by the topmost Received, which Google wrote, else by Date. UTC, whole seconds.
func received(m *message.Entity) time.Time {
	if list := m.Header.Values("Received"); len(list) > 0 {
		if i := strings.LastIndexByte(list[0], ';'); i >= 0 {
			if t, err := mail.ParseDate(strings.TrimSpace(list[0][i+1:])); err == nil {
				return t.UTC().Truncate(time.Second)
			}
		}
	}
	t, err := mail.ParseDate(m.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

var (
	inText = regexp.MustCompile(`(?i)https?://(?:[a-z0-9-]+\.)*classdojo\.com/[^\s"'<>\x00-\x20]*`)
	// A one-time code: four to eight digits on their own, or two groups of three.
	code = regexp.MustCompile(`(?:^|[^0-9A-Za-z])(?:[0-9]{4,8}|[0-9]{3}[ -][0-9]{3})(?:$|[^0-9A-Za-z])`)
	// Where links for signing in, proving an address and invitations lead (facts: the targets of ClassDojo's deep links), and words of such pages.
	forSignIn = regexp.MustCompile(`(?i)[?&](?:target=(?:verifyEmail|redeem|invite|join|code)|otp|code)\b|/(?:verify|verification|emailVerification|reset|password|resetPassword|magic|otp|login|signin|sign-in)\b`)
)

// hasCode tells whether a subject carries a one-time code. A subject that cannot be decoded is looked at as it is.
func hasCode(subject string) bool {
	if decoded, err := new(mime.WordDecoder).DecodeHeader(subject); err == nil {
		subject = decoded
	}
	return code.MatchString(subject)
}

// errEnough ends the reading of a mail that is too large or too deep.
var errEnough = errors.New("too much")

// links lists where the links of all texts of a mail lead, each place once with the first link to it, and tells whether there is one for signing in. ok is false if the mail could not be
// read to its end: what it is about is then not certain.
func links(m *message.Entity) (found []classdojo.Target, signIn, ok bool) {
	type place struct {
		kind  classdojo.Kind
		class string
	}
	have := map[place]bool{}
	parts, seen := 0, 0
	err := m.Walk(func(path []int, part *message.Entity, err error) error {
		if err != nil && !message.IsUnknownCharset(err) { // a charset that is not known does not hide a link, which is plain ASCII in nearly all of them
			return err
		}
		if parts++; parts > maxParts || len(path) > maxDepth {
			return errEnough
		}
		kind, _, err := part.Header.ContentType()
		if err != nil && part.Header.Has("Content-Type") || kind != "text/plain" && kind != "text/html" && part.Header.Has("Content-Type") {
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(part.Body, maxText+1))
		if err != nil || len(text) > maxText {
			return errEnough
		}
		for _, link := range inText.FindAllString(string(text), -1) {
			if seen++; seen > maxLinks {
				return errEnough
			}
			link = plainLink(link)
			t, leads := classdojo.ParseLink(link)
			if !leads {
				signIn = signIn || forSignIn.MatchString(link)
				continue
			}
			if at := (place{t.Kind, t.Class}); !have[at] {
				have[at] = true
				found = append(found, t)
			}
		}
		return nil
	})
	return found, signIn, err == nil
}

// plainLink takes a link out of the text around it: HTML's entities, and what ends a sentence.
func plainLink(link string) string {
	link = html.UnescapeString(link)
	if i := strings.IndexAny(link, "\"'<> \t\r\n"); i >= 0 {
		link = link[:i]
	}
	return strings.TrimRight(link, ".,;:!?)]}*_")
}

// Box is a school mailbox that gets ClassDojo's notification mails. Messages yields each as raw RFC 5322 bytes, which may be used until the next one; an error is about one mail or about the box.
type Box interface {
	Messages(ctx context.Context) iter.Seq2[[]byte, error]
}

// Tally counts what became of the mails.
type Tally struct {
	Told, Unclassified, OneTimeCodes, Unproven, NotTheirs, Unreadable int
}

// Source is the mailbox as one of the sources on ClassDojo. It is not safe for concurrent use.
type Source struct {
	Box   Box
	tally Tally
}

// Name is "mailbox".
func (*Source) Name() string { return classdojo.FromMailbox }

// Sight is what notification mail can tell.
func (*Source) Sight() classdojo.Sight {
	return classdojo.MailboxSight()
}

// Events yields what the mails tell of. Tally then says what became of them all.
func (s *Source) Events(ctx context.Context) iter.Seq2[classdojo.Event, error] {
	return func(yield func(classdojo.Event, error) bool) {
		s.tally = Tally{}
		for raw, err := range s.Box.Messages(ctx) {
			if err != nil {
				if !yield(classdojo.Event{}, fmt.Errorf("the mailbox for ClassDojo's mails could not be read: %w", err)) {
					return
				}
				continue
			}
			v := Classify(raw)
			s.tally.add(v.Outcome)
			for _, e := range v.Events {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// Tally is what became of the mails of the last reading of Events.
func (s *Source) Tally() Tally { return s.tally }

// Doubtful is what may have told of something new and could not be understood or proven. A code is known for what it is, and so is what somebody else sent.
func (t Tally) Doubtful() Tally {
	t.Told, t.OneTimeCodes, t.NotTheirs = 0, 0, 0
	return t
}

func (t *Tally) add(o Outcome) {
	switch o {
	case Told:
		t.Told++
	case Unclassified:
		t.Unclassified++
	case OneTimeCode:
		t.OneTimeCodes++
	case Unproven:
		t.Unproven++
	case NotTheirs:
		t.NotTheirs++
	case Unreadable:
		t.Unreadable++
	}
}

// Words says for the report what became of the mails that told nothing; "" if there were none.
func (t Tally) Words() string {
	var out []string
	for _, x := range []struct {
		n    int
		what string
	}{
		{t.Unclassified, "of ClassDojo's do not say by their links what they are about"},
		{t.OneTimeCodes, "held a code or a link for signing in and were dropped"},
		{t.Unproven, "say that they are from ClassDojo, and Google did not find that they are"},
		{t.NotTheirs, "are from somebody else"},
		{t.Unreadable, "could not be read"},
	} {
		if x.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "Mails to the ClassDojo mailbox that told us nothing: " + strings.Join(out, "; ") + "."
}
