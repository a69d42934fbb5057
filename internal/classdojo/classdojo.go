// Package classdojo holds the honest ways of hearing what happens on ClassDojo. ClassDojo has no public API, and its terms forbid automated access without permission and the
// sharing of logins (https://www.classdojo.com/terms/): nothing here asks ClassDojo anything, keeps a password of it or opens a page of it. docs/classdojo.md says it in plain words.
//
// Contract:
//
//   - A [Source] yields [Event]s, and declares in words for the report what it sees and what it does not ([Sight]). There are four: what a forwarder inside the school's own
//     Workspace sends ([Relay] takes it, [Relayed] reads it back), notification mail (package mailbox), a CSV file ([File]) and what people answered ([Answered]).
//
//   - An event says where something happened, of which kind, when, and how often: ids only. It never holds what was written, a name, an address or a link as it was received: links
//     are taken apart and written anew ([ParseLink], [Target.Link]), so that no token in one is kept.
//
//   - The same mail told twice, by whichever source, has the same Key, and is one event.
//
//   - Nothing seen is not all well. No source sees everything; what none sees is asked of a person ([Questions]), and nobody's silence counts as an answer.
package classdojo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Kind is what happened, as far as a source can tell.
type Kind string

// The kinds.
const (
	Story     Kind = "story"     // something new on a Story: a post or a comment, the link does not say which
	Comment   Kind = "comment"   // a comment on a Story; only a person who looked can tell (CSV)
	Portfolio Kind = "portfolio" // something new in a pupil's portfolio
	Pending   Kind = "pending"   // pupils' posts wait for a teacher's approval
	Messages  Kind = "messages"  // a message between a family and the school
	Looked    Kind = "looked"    // somebody says that they looked through the Story; it clears what came before, and is nothing to look at itself
)

// kinds are those that a source may tell of from outside; Looked comes from signed-in answers alone.
var kinds = []Kind{Story, Comment, Portfolio, Pending, Messages}

// Public tells whether what happened is for others to read, so that the school's policy wants somebody to look at it. Messages are between a family and the school.
func (k Kind) Public() bool { return k == Story || k == Comment || k == Portfolio || k == Pending }

// School stands for the School Story where the id of a class would stand.
const School = "school"

// Event is something that happened on ClassDojo.
type Event struct {
	Kind  Kind      `json:"kind"`
	Class string    `json:"class"`        // ClassDojo's id of the class, or School
	Link  string    `json:"link"`         // opens it for who is signed in to ClassDojo; written by us
	At    time.Time `json:"at"`           // UTC, whole seconds: of the mail, or as a person said
	Count int       `json:"count"`        // how many of them, at least 1
	Key   string    `json:"key"`          // "sha256-…": what has the same key is the same event
	From  string    `json:"from"`         // the source's name
	By    string    `json:"by,omitempty"` // of Looked only: Directory id, or the hash of an address outside
}

// Item is the event's place as an item to be looked at: "dojo/CLASS", "dojo/school".
func (e Event) Item() string { return Item(e.Class) }

// Item is the id of a class's ClassDojo as an item to be looked at.
func Item(class string) string { return "dojo/" + class }

// ParseItem gives the class of an item's id; false if it is not one of ClassDojo.
func ParseItem(item string) (class string, ok bool) {
	class, ok = strings.CutPrefix(item, "dojo/")
	return class, ok && validClass(class)
}

// mostCount is how many one event may stand for. More is a typing mistake.
const mostCount = 10_000

// Check tells what is wrong with an event that was read back from where somebody else wrote it. The error does not repeat what stands in it.
func (e Event) Check() error {
	known := e.Kind == Looked && e.By != ""
	for _, k := range kinds {
		known = known || e.Kind == k && e.By == ""
	}
	t, _ := ParseLink(e.Link) // what is no link leads to no class
	switch {
	case !known:
		return errors.New("its kind is none that is known")
	case !validClass(e.Class):
		return errors.New("its class is no id of ClassDojo's")
	case t.Class != e.Class || t.Link() != e.Link || !agree(e.Kind, t.Kind):
		return errors.New("its link does not lead to where it says that it happened")
	case e.At.IsZero():
		return errors.New("it has no time")
	case e.Count < 1 || e.Count > mostCount:
		return fmt.Errorf("its count is not between 1 and %d", mostCount)
	case !validKey(e.Key):
		return errors.New("its key is not one of ours")
	}
	return nil
}

// agree tells whether a link of one kind may stand in an event of another: comments and looks are about a Story.
func agree(event, link Kind) bool {
	return event == link || link == Story && (event == Comment || event == Looked)
}

// Sight is what a source can see, in words for the report.
type Sight struct {
	Sees   string   // one sentence
	Unseen []string // what it cannot see; each goes after "We do not see "
}

// Source is one way of hearing what happens on ClassDojo.
type Source interface {
	// Name is "relay", "mailbox", "csv" or "check-ins".
	Name() string
	// Sight is what it can see. It does not depend on what was seen.
	Sight() Sight
	// Events yields what it was told. An error is about one event or about the source; whoever ranges goes on or stops. What could not be read is never
	// left out without an error or a count.
	Events(ctx context.Context) iter.Seq2[Event, error]
}

// The sources' names.
const (
	FromRelay    = "relay"
	FromMailbox  = "mailbox"
	FromCSV      = "csv"
	FromCheckIns = "check-ins"
)

// MailSight is what a notification mail can tell, read by whoever.
func MailSight() Sight {
	return Sight{
		Sees: "We see that ClassDojo wrote that there is something new: in which class, when, and whether it is a Story, a portfolio, a pupil's post that waits for approval, or a message.",
		Unseen: []string{
			"what a post, comment or message says, or who wrote it",
			"whether something new on a Story is a post or a comment",
			"whether comments are switched on",
			"what was changed or deleted",
			"anything of a class of which ClassDojo sends this mailbox no mail",
		},
	}
}

// MailboxSight is what the mailbox can tell that the program reads itself, here for whoever may not know how it is read.
func MailboxSight() Sight {
	s := MailSight()
	s.Unseen = append(s.Unseen, "what a mail was about whose links do not say it: such mails are counted")
	return s
}

// MessageKey is the key of what one mail told about one place. It is the same whoever read the mail, and does not give the mail's Message-ID away.
func MessageKey(messageID string, kind Kind, class string) string {
	return hash("mail", bareID(messageID), string(kind), class)
}

// bareID is a Message-ID without what stands around it.
func bareID(messageID string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(messageID), "<"), ">")
}

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return "sha256-" + hex.EncodeToString(sum[:16])
}

func validKey(s string) bool {
	digits, ok := strings.CutPrefix(s, "sha256-")
	return ok && len(digits) == 32 && isHex(digits)
}

func validClass(s string) bool { return s == School || validID(s) }

// validID tells whether it is an id as ClassDojo's links carry them: 24 hexadecimal digits (a MongoDB ObjectId). Being strict keeps names of classes and of people from being taken for one.
func validID(s string) bool { return len(s) == 24 && isHex(s) }

// isHex tells whether there is nothing but lower-case hexadecimal digits.
func isHex(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
