// Package findings keeps what does not match the policy: a finding, its facts, its life and its events.
//
// Contract:
//
//   - A finding is clause + rule + subject; [ID] makes its key. A subject is a kind and Google's immutable id, never an address.
//   - It carries facts: the sorted list of what makes it so. Agreement binds to the facts it was given for: a new
//     fact reopens the finding, a vanished one does not.
//   - Life: open → (accepted until a date) → resolved → reopened. Every transition, and every change of facts, appends
//     an [Event] in the same batch, so that any past day can be told. An unchanged finding costs no write.
//   - It is resolved only on [Evidence] about its own subject; without evidence it stays as it is.
//
// Documents hold ids only. Names, addresses and titles are looked up by whoever shows a finding to a person.
package findings

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/store"
)

// Status is where a finding stands in its life.
type Status string

// The statuses. People read "open", "agreed until", "put right".
const (
	Open     Status = "open"
	Accepted Status = "accepted"
	Resolved Status = "resolved"
)

// Information is the severity of what is worth knowing but asks nothing of anybody.
const Information = "information"

// Observed is one finding as a check sees it now.
type Observed struct {
	Clause   string
	Rule     string // means.rule, such as sharing.public-link
	Subject  string // kind/id
	Facts    []string
	Severity string // high, medium, low or information
	Deals    string // role of who deals with it
	Missing  bool   // its subject is not where it was, and not found elsewhere yet
	// Since is when it became so, where Google tells; zero is unknown.
	Since time.Time
	// Due is when it has to be dealt with, where the check itself knows; zero leaves it to [Input.Due].
	Due time.Time
}

// Finding is what is stored.
type Finding struct {
	ID        string     `json:"id"`
	Clause    string     `json:"clause"`
	Rule      string     `json:"rule"`
	Subject   string     `json:"subject"`
	Facts     []string   `json:"facts"`
	Severity  string     `json:"severity"`
	Deals     string     `json:"deals_with_it"`
	Status    Status     `json:"status"`
	FirstSeen time.Time  `json:"first_seen"`
	Opened    time.Time  `json:"opened"` // the present opening; later than FirstSeen once it was reopened
	Since     time.Time  `json:"since,omitzero"`
	Due       time.Time  `json:"due,omitzero"`
	Missing   bool       `json:"missing,omitempty"`
	Agreed    *Agreement `json:"agreed,omitempty"`
	Closed    time.Time  `json:"closed,omitzero"`
	How       How        `json:"how,omitempty"` // why it was closed

	version int64
}

// Agreement is somebody's decision that a finding may stay as it is.
type Agreement struct {
	Until time.Time `json:"until"`
	By    string    `json:"by"` // role, not a name
	Why   string    `json:"why"`
	Facts []string  `json:"facts"` // what was agreed to
	// Private: only the e-safety officer and the safeguarding lead may know who agreed, and why.
	Private bool `json:"private,omitempty"`
	// Head: it concerned the account or the files of the headteacher when it was agreed to, so that lists to the headteacher leave it to the chair of governors.
	Head bool `json:"head,omitempty"`
}

// How says why a finding changed.
type How string

// The reasons. Merged, Withdrawn are no success of anybody: reports do not list them as put right.
const (
	Seen        How = "seen"         // found for the first time
	Again       How = "again"        // it was resolved, and is there again
	FactsDiffer How = "facts"        // the facts changed
	NewFact     How = "new-fact"     // a fact that the agreement did not cover
	AgreedTo    How = "agreed"       // somebody agreed that it may stay
	AgreedEnded How = "agreed-ended" // the agreement ran out
	DueNow      How = "due"          // the time in which it has to be dealt with has begun
	Lost        How = "missing"      // its subject is not where it was
	Found       How = "found"        // its subject turned up again
	Fine        How = "fine"         // read live, and fine
	Deleted     How = "deleted"      // its subject was deleted
	InBin       How = "bin"          // its subject is in the bin
	AccountGone How = "account-gone" // the account that owned it was deleted
	NotFound    How = "not-found"    // not found although all that could hold it was fully read since
	Expired     How = "expired"      // ended by itself at its date
	Merged      How = "merged"       // the same cause is told by another finding
	Withdrawn   How = "withdrawn"    // the policy no longer asks for it
	unknownHow  How = ""
)

// PutRight tells whether a closing means that something was put right.
func (h How) PutRight() bool {
	switch h {
	case Fine, Deleted, InBin, AccountGone, NotFound, Expired:
		return true
	}
	return false
}

// Event is one transition in the life of a finding.
type Event struct {
	Finding string    `json:"finding"`
	At      time.Time `json:"at"`
	From    Status    `json:"from,omitempty"`
	To      Status    `json:"to"`
	How     How       `json:"how"`
	Facts   []string  `json:"facts"`
	Added   []string  `json:"added,omitempty"` // facts that were not there before
	Run     string    `json:"run"`
	Policy  string    `json:"policy"` // version of the policy

	// How the finding stood after it, besides To and Facts, so that a day that has passed can be told ([History]). Events of older versions have no Severity, and none of these.
	Severity string    `json:"severity,omitempty"`
	Deals    string    `json:"deals_with_it,omitempty"`
	Opened   time.Time `json:"opened,omitzero"`
	Since    time.Time `json:"since,omitzero"`
	Due      time.Time `json:"due,omitzero"`
	Missing  bool      `json:"missing,omitempty"`
	// Agreed is what was agreed to, without its facts; the reason of a private agreement is not kept here.
	Agreed *Agreement `json:"agreed,omitempty"`
	// By is the role of who agreed, or ended an agreement; "" where the program itself did it.
	By string `json:"by,omitempty"`

	number int // the version of its finding: in what order the events of one were written
}

// ID is the key of a finding.
func ID(clause, rule, subject string) string {
	return clause + "~" + rule + "~" + strings.ReplaceAll(subject, "/", "~")
}

// Means is the part of a rule before its dot.
func Means(rule string) string { m, _, _ := strings.Cut(rule, "."); return m }

// Findings and Events are the collections of this package.
var (
	Findings = &store.Collection{
		Name: "findings", Schema: 1, Indexed: []string{"means", "status", "closed"},
		Queries: []store.Query{
			{Name: "status", Equal: []string{"means", "status"}},
			{Name: "closed", Equal: []string{"means", "status"}, Range: "closed"},
		},
	}
	Events = &store.Collection{
		Name: "events", Schema: 1, Indexed: []string{"means", "at", "finding"},
		Queries: []store.Query{
			{Name: "since", Equal: []string{"means"}, Range: "at"},
			{Name: "finding", Equal: []string{"finding"}, Range: "at"},
		},
	}
)

func (f *Finding) fields() map[string]string {
	m := map[string]string{"means": Means(f.Rule), "status": string(f.Status)}
	if !f.Closed.IsZero() {
		m["closed"] = store.Time(f.Closed)
	}
	return m
}

// Decode reads a document of [Findings].
func Decode(d store.Doc) (*Finding, error) {
	f := new(Finding)
	if err := json.Unmarshal(d.Body, f); err != nil {
		return nil, fmt.Errorf("finding %s in the state cannot be read: %w", d.Key, err)
	}
	f.version = d.Version
	return f, nil
}

// added lists the facts of now that are not in before; both are sorted.
func added(before, now []string) []string {
	var out []string
	for _, f := range now {
		if _, ok := slices.BinarySearch(before, f); !ok {
			out = append(out, f)
		}
	}
	return out
}

// Normalise sorts facts and drops doubles, in place.
func Normalise(facts []string) []string {
	slices.Sort(facts)
	return slices.Compact(facts)
}
