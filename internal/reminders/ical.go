package reminders

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Event is one entry of a calendar file.
type Event struct {
	UID   string // the same for the same occurrence, whenever the file is made
	At    time.Time
	Title string
	Text  string
	Link  string // or ""
}

// EventUID is the id of an occurrence in calendar files of a school, by its main domain.
func EventUID(domain, name, key string) string {
	sum := sha256.Sum256([]byte(name + "\n" + key))
	return "reminder-" + hex.EncodeToString(sum[:12]) + "@" + domain
}

// eventMinutes is how long an entry is: long enough to be seen in a calendar.
const eventMinutes = 15

// ICalendar writes events as a calendar file (RFC 5545). Times are in UTC, so that no time zone has to be described.
func ICalendar(name string, now time.Time, events []Event) []byte {
	var b strings.Builder
	line := func(name, value string) { fold(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//esafetybot//reminders//EN")
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	line("X-WR-CALNAME", escaped(name))
	for _, e := range events {
		line("BEGIN", "VEVENT")
		line("UID", e.UID)
		line("DTSTAMP", stamp(now))
		line("DTSTART", stamp(e.At))
		line("DURATION", fmt.Sprintf("PT%dM", eventMinutes))
		line("SUMMARY", escaped(e.Title))
		if e.Text != "" {
			line("DESCRIPTION", escaped(e.Text))
		}
		if e.Link != "" {
			line("URL", e.Link)
		}
		line("TRANSP", "TRANSPARENT")
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return []byte(b.String())
}

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// escaped is a text as RFC 5545 (3.3.11) has it. What moves cursors or is no text is left out.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n") {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// lineOctets is how long a line may be, without its end (RFC 5545, 3.1).
const lineOctets = 75

// fold writes one content line, going on in lines that begin with a space, and never inside a character.
func fold(b *strings.Builder, s string) {
	room := lineOctets
	for len(s) > room {
		n := room
		for !utf8.RuneStart(s[n]) {
			n--
		}
		b.WriteString(s[:n] + "\r\n ")
		s, room = s[n:], lineOctets-1
	}
	b.WriteString(s + "\r\n")
}
