// Package actions is the log through which anything is ever changed at Google: propose, approve, do, verify, undo; and the
// brake. It knows no Google: what it does it does through a [Remedy].
//
// Contract:
//
//   - An action is one intended change. Its key ([ID]) is made of the finding, the finding's opening, the kind of remedy and its
//     parameters, so that it exists once; when the finding opens anew the same change is another action.
//
//   - Life:
//
//     proposed → (approved-once →) approved → started → done | failed | unsure,   done → undo-started → undone
//
//     and besides: declined, lapsed, withdrawn. Each transition appends an [Event] in the same batch; nothing is overwritten.
//
//   - An approval is somebody's, for the facts that the action names. A fact that was not there takes it back to proposed. It lapses
//     at the end of the fifth school day after it was given (or after the action's NotBefore, if that is later).
//
//   - Nobody judges themselves: who approves, declines or undoes must not be the subject, nor among those whom the action concerns.
//     What is of high severity takes two different people. The caller sees to it that they hold the role they say they hold.
//
//   - Before anything is done the live object is looked at. If it is already as wanted, that is all; if it is not what was approved,
//     it is left alone. Then "started" is written together with what undoing needs, and only then is the change made. It is done when
//     two readings in a row agree that it is as wanted.
//
//   - A remedy sets a state or deletes by id, so that doing it twice changes nothing. After a crash in "started" the live
//     object is read until it has had time to show the change; only if it still does not is the change made again.
//
//   - The brake ([Limit]) counts the changes of a kind over a rolling 24 hours, whichever run made them. It binds what the policy
//     approved by itself (when_not_met: fix). Beyond it the remainder waits, marked braked, each with one event, and what comes after
//     waits with it until a person has released exactly that list ([Log.ApproveAll]) or declined it. Undoing is not braked.
//
//   - What must be left as it is ([Log].Frozen) is neither approved by the policy, nor made, nor undone, nor is what undoing needs forgotten; the action waits.
//
//   - On input that looks wrong ([Input].Halt) Apply does nothing at all, and says so.
//
// Two Applies must not run at once: the job's lease sees to that, and [Log].Commit carries its requirement.
//
// # Documents
//
//	actions        KIND-HASH            the action: ids only
//	action_events  TIME~ACTION~VERSION  one transition
//	undo           KIND-HASH            what undoing needs, addresses too; removed by [Log.Prune]
package actions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
)

// State is where an action stands in its life.
type State string

// The states.
const (
	Proposed    State = "proposed"      // waits for somebody's approval, or for the policy's within the brake
	Once        State = "approved-once" // of high severity: waits for a second person
	Approved    State = "approved"      // waits for Apply
	Started     State = "started"       // about to be made, or made and not looked at yet
	Unsure      State = "unsure"        // made, as far as we know, and not to be seen yet: looked at again by the next Apply
	Done        State = "done"          // seen to be as wanted
	Failed      State = "failed"        // not made; may be approved again
	Declined    State = "declined"      // a person does not want it
	Lapsed      State = "lapsed"        // approved, and not done in time; proposed again if still called for
	Withdrawn   State = "withdrawn"     // what it was for is gone
	UndoStarted State = "undo-started"
	Undone      State = "undone"
)

// States lists them all.
var States = []State{Proposed, Once, Approved, Started, Unsure, Done, Failed, Declined, Lapsed, Withdrawn, UndoStarted, Undone}

// Waits tells whether a person may still decide on an action in this state.
func (s State) Waits() bool {
	return slices.Contains([]State{Proposed, Once, Approved, Lapsed, Failed}, s)
}

// Asks tells whether an action in this state waits for an approval: one that has it may still be declined.
func (s State) Asks() bool { return s.Waits() && s != Approved }

// High is the severity that takes two people.
const High = "high"

// By is somebody who decides. Address and ID say who it is; only the id and a hash of the address are kept.
type By struct {
	Role    string // "workspace_admin"
	Address string // as signed in
	ID      string // Directory id; "" for somebody without an account at the school
}

// Who is what is kept of By.
type Who struct {
	Role string `json:"role"`
	ID   string `json:"id,omitempty"`
	Hash string `json:"hash,omitempty"` // of the address
}

func (b By) who() Who {
	return Who{Role: b.Role, ID: b.ID, Hash: pseudonym.Of(b.Address)}
}

// same tells whether two decisions are, or may be, one person's.
func (w Who) same(v Who) bool {
	return w.ID != "" && w.ID == v.ID || w.Hash != "" && w.Hash == v.Hash
}

// PolicyRole is the role of an approval that no person gave: the policy says fix.
const PolicyRole = "policy"

// Approval is one approval, for the facts that the action names.
type Approval struct {
	Who
	At   time.Time `json:"at"`
	List bool      `json:"list,omitempty"` // released with a whole list, not looked at one by one
}

// Proposal is a change that is called for.
type Proposal struct {
	Finding  string    // id of the finding
	Opened   time.Time // its present opening
	Clause   string
	Rule     string
	Subject  string   // kind/id, as the finding's
	Facts    []string // the finding's, sorted
	Severity string
	Change
	Auto   bool          // when_not_met: fix
	Notice time.Duration // how long after its approval it may be made at the earliest, so that whom it concerns hears first
}

// Change is what is to be done: a remedy's kind and parameters.
type Change struct {
	Kind   string            `json:"kind"`
	Params map[string]string `json:"params"` // ids, paths, roles, hashes; never a name or an address
	// Concerns lists the Directory ids of those whom it concerns besides the subject, such as a file's owner. They may not decide on it.
	Concerns  []string  `json:"concerns,omitempty"`
	NotBefore time.Time `json:"not_before,omitzero"` // must not be made earlier
}

// Action is what is stored.
type Action struct {
	ID       string    `json:"id"`
	Finding  string    `json:"finding"`
	Opened   time.Time `json:"opened"`
	Clause   string    `json:"clause"`
	Rule     string    `json:"rule"`
	Subject  string    `json:"subject"`
	Facts    []string  `json:"facts"`
	Severity string    `json:"severity"`
	Change
	Auto      bool          `json:"auto,omitempty"`
	Notice    time.Duration `json:"notice,omitempty"`
	State     State         `json:"state"`
	Proposed  time.Time     `json:"proposed"`
	Changed   time.Time     `json:"changed"` // the last transition
	Approvals []Approval    `json:"approvals,omitempty"`
	Braked    bool          `json:"braked,omitempty"`
	Made      time.Time     `json:"made,omitzero"`   // when it was first begun
	Begun     int           `json:"begun,omitempty"` // how often the change, or its undoing, was begun since it was approved
	Tries     int           `json:"tries,omitempty"` // how often of these its run lived to look what became of it
	Why       string        `json:"why,omitempty"`   // words to the present state; no names

	version int64
}

// automatic tells whether no person approved it.
func (a *Action) automatic() bool { return len(a.Approvals) == 1 && a.Approvals[0].Role == PolicyRole }

// counted tells whether it counts for the brake: no person approved it one by one.
func (a *Action) counted() bool {
	return slices.ContainsFunc(a.Approvals, func(p Approval) bool { return p.List || p.Role == PolicyRole })
}

// concerns tells whether somebody would judge themselves.
func (a *Action) concerns(w Who) bool {
	return w.ID != "" && (a.Subject == "user/"+w.ID || slices.Contains(a.Concerns, w.ID))
}

// How says why an action changed.
type How string

// The reasons.
const (
	New        How = "new"          // proposed for the first time
	Again      How = "again"        // called for again after it lapsed or was withdrawn, or after somebody turned it back
	NewFacts   How = "new-facts"    // the facts are not those that it was approved or declined for
	First      How = "first"        // the first of two people approved
	Agreed     How = "agreed"       // a person approved it
	Released   How = "released"     // a person released a whole list
	ByPolicy   How = "by-policy"    // the policy approved it (fix)
	Brake      How = "brake"        // the brake held it
	Begun      How = "begun"        // about to be made
	Retried    How = "retried"      // made again
	Verified   How = "verified"     // seen to be as wanted
	AlreadySo  How = "already-so"   // was as wanted before we did anything
	LeftAlone  How = "left-alone"   // it was changed by somebody else since
	Gone       How = "gone"         // what it is about is not there any more
	NotYet     How = "not-yet"      // not to be seen yet
	Refused    How = "not-possible" // could not be made
	Rejected   How = "declined"     // a person declined it
	TooLate    How = "lapsed"       // approved, not done within five school days
	Uncalled   How = "withdrawn"    // what it was for is gone
	UndoAsked  How = "undo-asked"   // a person wants it undone
	UndoLeft   How = "undo-left"    // not undone: it was changed by somebody else since
	UndoFailed How = "undo-failed"  // could not be undone
	Halted     How = "halted"       // Apply did nothing at all
	TakenBack  How = "taken-back"   // approved by the policy, which no longer says so, or whose brake holds it now
)

// Event is one transition in the life of an action, or ("" as Action) a run that did nothing on purpose.
type Event struct {
	Action  string    `json:"action,omitempty"`
	Kind    string    `json:"kind,omitempty"`
	Finding string    `json:"finding,omitempty"`
	Subject string    `json:"subject,omitempty"`
	At      time.Time `json:"at"`
	From    State     `json:"from,omitempty"`
	To      State     `json:"to,omitempty"`
	How     How       `json:"how"`
	By      *Who      `json:"by,omitempty"` // nil: the program itself
	Facts   []string  `json:"facts,omitempty"`
	Why     string    `json:"why,omitempty"`
	Run     string    `json:"run"`

	number int // the version of its action
}

// ID is the key of an action: KIND-HASH.
func ID(finding string, opened time.Time, c Change) string {
	return c.Kind + "-" + digest(finding, opened.UTC().Format(time.RFC3339Nano), c.digest())
}

func (c Change) digest() string {
	params, err := json.Marshal(c.Params) // sorted by key
	if err != nil {
		params = nil // a map of strings always can be
	}
	return digest(c.Kind, string(params))
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:8])
}

// The collections of this package, for whoever declares indexes.
var (
	Actions = &store.Collection{
		Name: "actions", Schema: 1, Indexed: []string{"state", "kind", "finding", "change", "made"},
		Queries: []store.Query{
			{Name: "state", Equal: []string{"state"}},
			{Name: "finding", Equal: []string{"finding"}},
			{Name: "change", Equal: []string{"change"}},
			{Name: "made", Equal: []string{"kind"}, Range: "made"},
		},
	}
	Events = &store.Collection{
		Name: "action_events", Schema: 1, Indexed: []string{"action", "at"},
		Queries: []store.Query{
			{Name: "since", Range: "at"},
			{Name: "action", Equal: []string{"action"}, Range: "at"},
		},
	}
	Undos = &store.Collection{
		Name: "undo", Schema: 1, Indexed: []string{"at"},
		Queries: []store.Query{{Name: "at", Range: "at"}},
	}
)

func (a *Action) fields() map[string]string {
	m := map[string]string{
		"state": string(a.State), "kind": a.Kind, "finding": a.Finding,
		"change": digest(a.Finding, a.Change.digest()), // the same change, whatever the opening
	}
	if !a.Made.IsZero() && a.counted() {
		m["made"] = store.Time(a.Made)
	}
	return m
}

func decode(d store.Doc) (*Action, error) {
	a := new(Action)
	if err := json.Unmarshal(d.Body, a); err != nil {
		return nil, fmt.Errorf("action %s in the state cannot be read: %w", d.Key, err)
	}
	a.version = d.Version
	return a, nil
}

// Sight is what a look at the live object says of a change.
type Sight int

// What can be seen.
const (
	AsApproved Sight = iota // as it was when the change was approved: it can be made
	AsWanted                // as the change would leave it
	Different               // neither: somebody else changed it
	Missing                 // not there any more
	Unreadable              // nothing tells whether the change was made; making it again does no harm
)

// Live is the live object as a remedy sees it.
type Live struct {
	Sight Sight
	Undo  json.RawMessage // with AsApproved: what undoing needs; nil if nothing
	Note  string          // plain words to the sight, no names: "it is in /Leavers now"
}

// Remedy makes one kind of change. Its changes set a state or delete by id: making one twice changes nothing. Errors name ids only.
type Remedy interface {
	Kind() string
	// Look reads the live object.
	Look(context.Context, *Action) (Live, error)
	Do(context.Context, *Action) error
	// UndoLook is Look for undoing: AsApproved means as the change left it, AsWanted as it was before. ErrNoUndo if no undoing is possible.
	UndoLook(context.Context, *Action, json.RawMessage) (Live, error)
	Undo(context.Context, *Action, json.RawMessage) error
}

// Errors that callers tell apart.
var (
	ErrNoUndo  = errors.New("cannot be undone")
	ErrSelf    = errors.New("nobody decides on what concerns their own account or files: it goes to the headteacher, and the head's own to the chair of governors")
	ErrSecond  = errors.New("this is of high severity: a second person must approve it")
	ErrChanged = errors.New("it has changed since it was looked at: look again before deciding")
	ErrCount   = errors.New("not the list that was expected")
	ErrState   = errors.New("not possible in its present state")
	ErrFrozen  = errors.New("left as it is for now")
)
