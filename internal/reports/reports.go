// Package reports writes what people receive: plain data in, a message out. It reads nothing, stores nothing, sends nothing
// and knows no Google; the same input gives the same message.
//
// [Oversharing] is the one ordinary mail to the workspace administrator: what people outside the school can reach, and what else does
// not match the policy about accounts, classes, pupils' e-mail, devices and settings ("matters"). [Urgent] is the message about what
// cannot wait for it. [Owner] is the letter to a member of staff whose files the program changes.
//
// Three promises hold for everything that leaves this package, mail, plain text and list alike:
//
//   - No pupil's name and no pupil's address appears: titles, grantees and whatever is said of a matter pass through a [Mask].
//     Links stay, they hold ids. The one exception: an adult reads the titles of their own files in the letter that goes to them alone.
//   - Counts add up ([Counts]), and nothing is called fine where something could not be seen.
//   - It stays small and harmless whatever is in a title: lists are bounded and say how many more there are, titles are
//     cut, freed of control and direction characters and escaped; cells of the list cannot become formulas.
//
// [Index] makes a page over a folder of messages, for the demo and for whoever tries things out.
package reports

import "time"

// Person is who a thing belongs to: a member of staff, a pupil, or a shared drive.
type Person struct {
	Name         string // a member of staff's, or the shared drive's; a pupil's is never shown
	Unit         string // org unit path, shown for staff
	Link         string // to the Admin console, by id
	Year         string // a pupil's: "4", "Reception"; only the year is shown of a pupil
	Pupil        bool
	Unplaced     bool // neither a pupil nor an adult as far as the policy says, such as a leaver: named by unit only
	SharedDrive  bool
	Gone         bool // the account no longer exists
	SwitchedOff  bool
	Confidential bool // in the policy's confidential_owners: titles of their files are never shown
}

// Grant is one way in: who may reach the thing, and what they may do.
type Grant struct {
	Who     string    // an address, a domain, "anyone with the link"; shown masked
	Role    string    // as Google calls it: reader, commenter, writer, fileOrganizer, organizer; or a phrase
	Until   time.Time // zero: no end
	New     bool      // since the reader was last told
	Pupil   bool      // the grantee is a pupil of the school: the address is never shown
	Year    string    // of that pupil
	Private bool      // a private address (a parent's, say)
	Staff   bool      // the grantee is an adult of the school: shown as it is, even if a pupil has the same surname
}

// Item is one finding as the report shows it. Titles and addresses are given as they are; the report masks them.
type Item struct {
	ID       string // the finding's
	Clause   string // "A23"
	Says     string // what the clause says
	Rule     string // one of Rules, without "sharing."
	Severity string // high, medium, low, information
	Subject  string // "file/1AbC": findings of one rule about one subject are shown once
	Title    string
	Kind     string // document, spreadsheet, presentation, form, Site, folder, file, picture, video, shared drive, group
	Link     string // https, to the thing itself or to the Admin console
	Owner    Person // whose it is; zero for a group
	Grants   []Grant
	Below    int       // how many items it opens underneath; no fact, changes with every file
	Since    time.Time // shared since, if known
	FirstSeen,
	Due time.Time
	Overdue     bool
	New         bool      // since the reader was last told
	Reopened    bool      // was put right or agreed, and is back
	Missing     bool      // not found where it was; still open
	AgreedUntil time.Time // zero: not agreed
	Info        bool      // for information, nothing to do
	Changes     []Change  // what the program proposes or has done about it
}

// How a thing was put right.
const (
	HowPutRight    = "put right"
	HowDeleted     = "deleted"
	HowInTheBin    = "in the bin"
	HowAccountGone = "the account is gone"
)

// PutRight is a thing that no longer has to be dealt with. A finding that was merged into another is not one.
type PutRight struct {
	Item
	How  string
	When time.Time
}

// Gap is something that could not be looked at this time.
type Gap struct {
	What     string // "The Drive", "The shared drive", "The sharing log"; shown in front of the owner, if there is one
	Owner    Person // whose; zero if nobody's
	Why      string
	WhatToDo string
	Link     string
	// Ours tells that What, Why and WhatToDo are the program's own words and nobody else's: they are shown as they are, also where a pupil is called like one of them.
	Ours bool
}

// Clause is a clause of the policy that this program does not look at yet.
type Clause struct{ ID, Says string }

// Totals is how much was looked at.
type Totals struct{ People, SharedDrives, Groups, Files int }

// Titles are the school's own words for the people the report speaks of. Empty ones get a plain word.
type Titles struct{ ESafetyOfficer string }

// List tells the reader where the full list is.
type List struct {
	Name     string // of the file, "sharing-2026-11-21.csv"; "" if there is none
	Attached bool
}

// OversharingInput is all that the report is made of.
type OversharingInput struct {
	School    string
	Titles    Titles
	Reader    string // the reader's name; "" leaves the greeting out
	Address   string // the reader's, for commands that ask who decides; "" leaves it for them to fill in
	Site      string // https; the review site's address, on which the reader decides; "" without one
	NotTheirs bool   // the reader decides on no change
	Now       time.Time
	Location  *time.Location // the school's time zone; nil is UTC
	Since     time.Time      // the last report; zero if there was none
	FirstDay  bool           // nothing was reported before: the worst ones and totals instead of a list
	Weekly    bool           // sent because of the weekly rhythm, whether or not anything changed
	Policy    string         // version of the policy that was looked at
	Items     []Item         // everything that is open, agreed or for information
	PutRight  []PutRight     // since the last report
	Matters   []Matter       // likewise, about accounts, classes, devices, e-mail and settings
	Right     []MatterRight  // of these, put right since the last report
	Unclear   []Unclear      // of these, what could not be said
	Asks      []AskedOf      // what the reader is asked and has not answered
	Reminded  []Reminded     // what the reader is told from the calendar; it alone makes no report
	Posts     []DigestPost   // what waits in the reader's own classes; it alone makes no report
	Untold    []Untold       // classes in which something waits, and nobody of them could be told
	Returned  []Returned     // mail that came back
	Needed    []NeededFile   // what the reader shared, and is asked about; it alone makes no report
	Answers   string         // https; the page on which the reader answers that
	Said      OwnersSaid     // what others said who were asked so
	Wider     bool           // clauses about more than sharing are looked at, whether or not there are Matters
	MayChange bool           // the policy lets the program change things
	Waiting   map[string]int // how many changes of each kind wait for approval, for `approve --all`; nil: those of Matters and Items are counted
	Rollover  bool           // the weeks in which accounts move up: matters about accounts are one checklist without deadlines
	NotSeen   []Gap          // this time
	NeverSeen []string       // besides what this program can never see (NeverSeen)
	NotLooked []Clause       // clauses that are not looked at yet
	Totals    Totals
	List      List  // of the Items
	Accounts  List  // of the Matters
	Mask      *Mask // nil masks nothing but what pupils own
}

// AskedOf is a check-in that waits for the reader's answer.
type AskedOf struct {
	Title, Question string
	Due             time.Time // zero: no deadline is known
	Overdue         bool
	Link            string // https, to the page on which it is answered; "" without a review site
	Command         string // answers it from the command line, where there is no site
	Plain           bool   // it is not answered with yes, no or not sure
}

// Counts is the report in numbers. New + StillOpen + Agreed + Information = Total.
type Counts struct {
	New, StillOpen, Agreed, Information, Total int
	Overdue                                    int // of New and StillOpen
	Missing                                    int // of New and StillOpen
	PutRight                                   int
	Gaps                                       int
	Unclear                                    int // lines about what could not be said
}

// Rendered is a message ready for the outbox.
type Rendered struct {
	Subject string // holds no name, no class, no kind
	HTML    string // under MaxHTML bytes
	Text    string
	CSV     []byte // every item, masked; see WriteCSV
	Matters []byte // every matter, likewise; nil if there are none
	Hash    string // of what matters: what is open, to whom, what is agreed, overdue, or could not be seen
	Empty   bool   // nothing to tell: nothing to look at, nothing put right, everything seen
	Counts  Counts
}

// NeverSeen is what no run can look at, so that every report names it.
var NeverSeen = []string{
	"shared calendars",
	"photo albums",
	"what is inside a Site (a published Site itself is seen)",
	"documents published with File → Share → Publish to web",
	"files that belong to people outside and are shared with us: they are not ours to put right",
}
