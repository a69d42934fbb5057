package reports

import (
	"time"

	"esafetybot/internal/quantity"
)

// UnsentMail tells of mail that does not go out. It is for the review site above all: where no mail goes, no mail can say so.
type UnsentMail struct {
	Waiting int       // did not go for some time, and are tried again
	GivenUp int       // are not tried again by themselves
	Refused int       // of these, refused at once
	Since   time.Time // when the oldest of them was written, in the school's time
	Said    string    // what the program said of one of them; it names nobody
}

// UnsentDo is what to do about it.
var UnsentDo = []string{
	"Run “esafetybot doctor” where the program runs: it tries whether mail can be handed over, and says what to do. Where a mail was refused, the address that the policy or the school's Directory has is wrong, as a rule.",
	"When the cause is removed, “esafetybot mail retry --all” there sends what was given up. “esafetybot mail” lists it, and “esafetybot mail drop” takes from the list what nobody needs any more.",
}

// Words say it in sentences; none if all mail goes.
func (m UnsentMail) Words() []string {
	if m.Waiting+m.GivenUp == 0 {
		return nil
	}
	out := []string{quantity.Of(m.Waiting+m.GivenUp, "mail", "mails") + " could not be sent; the oldest is of " + m.Since.Format("Monday 2 January, 15:04") + "."}
	if m.Waiting > 0 {
		out = append(out, quantity.Of(m.Waiting, "of them is", "of them are")+" tried again at intervals that grow to some hours.")
	}
	if tired := m.GivenUp - m.Refused; tired > 0 {
		out = append(out, quantity.Of(tired, "was", "were")+" given up after ten tries, because nothing took the mail.")
	}
	if m.Refused > 0 {
		out = append(out, quantity.Of(m.Refused, "was", "were")+" refused at once, and given up.")
	}
	if m.Said != "" {
		out = append(out, "What was said: “"+clean(m.Said, 300)+"”")
	}
	return out
}
