package reports

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Matter is one finding about an account, a class, a device, pupils' e-mail or a setting, as the report shows it. Names are given as
// they are; the report shows a pupil by year group only, and masks the rest.
type Matter struct {
	ID       string // the finding's
	Clause   string // "A4"
	Says     string // what the clause says
	Rule     string // with its check: "pupil-email.access-group"
	Severity string
	Subject  string   // "user/1058…": matters of one rule about one subject are shown once
	Who      Person   // whose account it is; zero if it is about no person
	Name     string   // of the class, the device, the setting and where it is set; "" for a person
	Link     string   // https, to where it can be looked at
	Details  []string // what makes it so, each a few words: "left on 12 Sep", "in the group Eco Club"
	Where    string   // the click path, where it depends on the matter: a setting's, a unit's; "" is the rule's own
	Names    *Names   // what Details and Where name, and Name if it is a setting's
	Private  bool     // Name, Details or Names may name somebody outside: shown masked
	FirstSeen,
	Due time.Time
	Overdue     bool
	New         bool      // since the reader was last told
	Reopened    bool      // was put right or agreed, and is back
	AgreedUntil time.Time // zero: not agreed
	Changes     []Change  // what the program proposes or has done about it
}

// Names are the words from outside that sentences of the program's own speak of: what groups, units, apps are called. Such a sentence has
// "{1}" where the first of them belongs, "{2}" for the second. The names are masked one by one, and a name that may not be shown is all
// that is left out; the words around them are shown as they are. Without Names (nil) a text is of unknown origin: it is looked through
// as a whole, and what holds a pupil's name is left out as a whole.
type Names []string

// Add takes in a name and returns what stands for it in a sentence. Names that are the same are one.
func (n *Names) Add(name string) string {
	i := slices.Index(*n, name)
	if i < 0 {
		i = len(*n)
		*n = append(*n, name)
	}
	return fmt.Sprintf("{%d}", i+1)
}

var nameIn = regexp.MustCompile(`\{[1-9]\d{0,3}\}`)

// fill puts names where they belong, each as f has it. What stands in a name is not looked at again.
func (n *Names) fill(s string, f func(string) string) string {
	if n == nil {
		return s
	}
	return nameIn.ReplaceAllStringFunc(s, func(at string) string {
		if i, err := strconv.Atoi(at[1 : len(at)-1]); err == nil && i <= len(*n) {
			return f((*n)[i-1])
		}
		return at
	})
}

// Change is what the program proposes to do, or did, about a finding.
type Change struct {
	ID    string    // of the action, for `esafetybot approve`
	Kind  string    // of the action, for `esafetybot approve --all`; "" leaves that line out
	State string    // as in the action log: proposed, approved-once, approved, started, unsure, done, failed, declined, lapsed, withdrawn, undo-started, undone
	At    time.Time // since when it is in that state; zero: not said
	Words string    // what it does, in a sentence, with names where the reader may read them: "Take the account out of the group Eco Club."
	Why   string    // why it waits or failed; "" if there is nothing to say
	Undo  string    // how to undo it, or that it cannot be; "" if it was not done
	Final bool      // it cannot be undone
	Names *Names    // what Words, Why and Undo name
}

// MatterRight is a matter that no longer has to be dealt with.
type MatterRight struct {
	Matter
	How  string
	When time.Time
}

// Unclear is something that could not be said of some accounts or devices, although what it needs was read: one line for all of them.
type Unclear struct {
	Rule  string // with its check
	What  string // "When 12 people last changed their password"
	Why   string
	Names *Names    // what What and Why name
	Since time.Time // zero: not known
}

// UrgentInput is all that the message is made of that goes at once: findings that cannot wait for the daily mail.
type UrgentInput struct {
	School  string
	Titles  Titles
	Reader  string // the reader's name; "" leaves the greeting out
	Address string // the reader's, for commands that ask who decides; "" leaves it for them to fill in
	Site    string // https; the review site's address, on which the reader decides; "" without one
	// NotTheirs tells that the reader decides on no change.
	NotTheirs bool
	Now       time.Time
	Location  *time.Location // the school's time zone; nil is UTC
	Matters   []Matter
	Waiting   map[string]int // as in OversharingInput
	// MayChange likewise.
	MayChange bool
	Mask      *Mask
}
