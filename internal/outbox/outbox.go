// Package outbox keeps messages that are sent once.
//
// A message's key is recipient + kind + period ("oversharing", "2026-W47"); for an urgent one the period is the finding and
// its opening. A key exists once: asking for the same message again is [ErrExists], whatever the text would be now.
// The message is rendered once and frozen; what is sent after a crash is what would have been sent before it.
//
// [Outbox.Put] adds the message to the caller's batch, together with the recipient's mark for that kind: up to when they
// have been told, and the hash of what they were told ([Outbox.Mark]). Both happen or neither does. The hash only decides
// "nothing changed, no second mail"; it is no identity.
//
// Each person gets at most one ordinary message a day, counted in the school's time zone: a second is [ErrToday]. Urgent ones
// are extra and do not count.
//
// [Outbox.Deliver] hands over what waits, each message in stages:
//
//	queued → staging → staged (the sender's token is stored) → sent
//
// A crash in "staging" is cured by looking for what was staged and adopting it, a crash in "staged" by asking the sender
// whether it still waits (no = it was sent). A message that fails is tried again in a later run, at growing distances, and
// given up after [MaxAttempts]; it never stops the others. What does not go out is counted by [Outbox.Unsent], and what was given up waits for somebody to say
// that it is tried again ([Outbox.Retry]) or not ([Outbox.Drop]). Two deliveries must not run at once: the job's lease sees to that,
// and every write of Deliver carries the lease's requirement (Options.Guard).
//
// # Documents
//
//	letters       (recipient id | kind | period)        state, times, attempts, token, whether it came back; no name, no address
//	letter_parts  (recipient id | kind | period | n)    the frozen message, compressed, in parts; names and addresses are here only
//	marks         (recipient id)                        the day of the last ordinary message; per kind: told up to when, hash, key
//
// What was handed over may come back ([Outbox.MarkBack]): it stays sent, and is marked. Whom nothing has reached since is for [Outbox.Unreached] to say.
//
// A recipient's id is made from the address ([RecipientID]). Forgetting a person deletes their documents ([Outbox.Forget]).
package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/mail"
	"esafetybot/internal/plain"
	"esafetybot/internal/store"
)

// What Put may answer besides trouble with the store.
var (
	ErrExists = errors.New("this message was made before")
	ErrToday  = errors.New("this person has had today's message")
)

// The collections of this package, for whoever declares indexes.
var (
	Letters = &store.Collection{
		Name: "letters", Schema: 1, Indexed: []string{"open", "recipient", "created", "back"},
		Queries: []store.Query{
			{Name: "open", Equal: []string{"open"}, Range: "created"},
			{Name: "recipient", Equal: []string{"recipient"}, Range: "created"},
			{Name: "created", Range: "created"},
			{Name: "back", Equal: []string{"back"}, Range: "created"},
		},
	}
	Parts = &store.Collection{Name: "letter_parts", Schema: 1}
	Marks = &store.Collection{Name: "marks", Schema: 1}
)

// State is how far a message has come.
type State string

// The states, in their order. Given up is an end like sent.
const (
	Queued  State = "queued"
	Staging State = "staging"
	Staged  State = "staged"
	Sent    State = "sent"
	GivenUp State = "given-up"
)

// Options is what an Outbox needs besides a store.
type Options struct {
	// Location is the school's time zone; it decides what "today" is.
	Location *time.Location
	// From is who the messages are from; its domain also ends the Message-IDs.
	From netmail.Address
	// School is the school's short name. It goes into Message-IDs: somebody may get the same kind of message from two schools that send from one mailbox. May be "".
	School string
	// Guard, if set, adds requirements (the job's lease) to each batch that Deliver commits.
	Guard func(*store.Batch)
}

// Outbox is one school's messages. It is safe for concurrent use as far as its store is.
type Outbox struct {
	s   store.Store
	opt Options
}

// New makes an Outbox on a store.
func New(s store.Store, opt Options) (*Outbox, error) {
	if opt.Location == nil {
		return nil, errors.New("outbox: the school's time zone is not given")
	}
	if _, host, ok := strings.Cut(opt.From.Address, "@"); !ok || host == "" {
		return nil, errors.New("outbox: the sender's address is not one; give the mailbox that sends, for example safety@school.example")
	}
	return &Outbox{s: s, opt: opt}, nil
}

// Reader is an Outbox for looking at what there is. Nothing can be put into it: it has no sender.
func Reader(s store.Store) *Outbox { return &Outbox{s: s, opt: Options{Location: time.UTC}} }

// Letter is a message to be put into the outbox.
type Letter struct {
	To      netmail.Address
	Cc      []netmail.Address // gets the same message; does not count as one of theirs
	Kind    string            // "oversharing"
	Period  string            // what it is about: "2026-11-21", "2026-W47", a finding and its opening. An id, no name
	Urgent  bool              // extra to the one ordinary message a day
	UpTo    time.Time         // what has happened up to then is told by this message; zero moves no mark
	Hash    string            // of what is told; zero leaves the old one
	Subject string
	HTML    string
	Text    string
	Attach  []mail.Attachment // sent along
	Inline  []mail.Attachment // pictures that the HTML shows
	Beside  []mail.Attachment // kept beside the message where it goes into a folder; never sent
	Headers map[string]string
}

// Mark is what a recipient has been told of one kind.
type Mark struct {
	UpTo time.Time `json:"up_to"` // told up to then; zero if never
	Hash string    `json:"hash"`  // of what was told last
	Key  string    `json:"key"`   // of the last message
	At   time.Time `json:"at"`    // when that was made
}

type marks struct {
	Day   string          `json:"day,omitempty"` // of the last ordinary message, in the school's time zone
	Kinds map[string]Mark `json:"kinds"`
}

// Entry is what is known of one message without opening it.
type Entry struct {
	Key       string    `json:"-"`
	Version   int64     `json:"-"`
	Recipient string    `json:"recipient"` // RecipientID
	Kind      string    `json:"kind"`
	Period    string    `json:"period"`
	Urgent    bool      `json:"urgent,omitempty"`
	MessageID string    `json:"message_id"`
	Parts     int       `json:"parts"`
	State     State     `json:"state"`
	Created   time.Time `json:"created"`
	Token     string    `json:"token,omitempty"`    // the sender's, once staged
	Attempts  int       `json:"attempts,omitempty"` // begun so far
	NextTry   time.Time `json:"next_try,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`    // when it was sent or given up
	Problem   string    `json:"problem,omitempty"` // the last one, without addresses
	Back      time.Time `json:"back,omitzero"`     // when it was found to have come back
	Dropped   bool      `json:"dropped,omitempty"` // it was given up, and nobody wants it sent any more
}

// RecipientID is the id of the person behind an address: it can be compared, and does not show the address.
func RecipientID(address string) string {
	sum := sha256.Sum256([]byte("recipient:" + strings.ToLower(strings.TrimSpace(address))))
	return hex.EncodeToString(sum[:10])
}

// Key is the key of a message.
func Key(address, kind, period string) string { return store.Key(RecipientID(address), kind, period) }

// Mark tells what the recipient has been told of a kind; the zero Mark if nothing.
func (o *Outbox) Mark(ctx context.Context, address, kind string) (Mark, error) {
	m, _, err := o.marks(ctx, RecipientID(address))
	return m.Kinds[kind], err
}

// LastHash is the hash of what the recipient was told last of a kind; "" if nothing.
func (o *Outbox) LastHash(ctx context.Context, address, kind string) (string, error) {
	m, err := o.Mark(ctx, address, kind)
	return m.Hash, err
}

// HadToday reports whether the person has had the one ordinary message of the day that now is.
func (o *Outbox) HadToday(ctx context.Context, address string, now time.Time) (bool, error) {
	m, _, err := o.marks(ctx, RecipientID(address))
	return m.Day == o.day(now), err
}

// What headers of a message show of a name and a subject, in characters.
const (
	mostName    = 80
	mostSubject = 150
)

func (o *Outbox) day(t time.Time) string { return t.In(o.opt.Location).Format(time.DateOnly) }

func (o *Outbox) marks(ctx context.Context, id string) (marks, int64, error) {
	m := marks{Kinds: map[string]Mark{}}
	doc, err := o.s.Get(ctx, Marks, store.Key(id))
	if errors.Is(err, store.ErrNotFound) {
		return m, 0, nil
	}
	if err != nil {
		return m, 0, fmt.Errorf("outbox: mark of recipient %s: %w", id, err)
	}
	return m, doc.Version, decodeMarks(id, doc.Body, &m)
}

func decodeMarks(id string, body []byte, m *marks) error {
	if err := json.Unmarshal(body, m); err != nil {
		return fmt.Errorf("outbox: mark of recipient %s: %w", id, err)
	}
	if m.Kinds == nil {
		m.Kinds = map[string]Mark{}
	}
	return nil
}

// Put renders the letter, freezes it and adds it to b together with the recipient's mark. Nothing is written before the caller
// commits b; a batch that fails with a conflict means that somebody else was first. Several letters may go into one batch.
// ErrExists and ErrToday leave b as it was.
func (o *Outbox) Put(ctx context.Context, b *store.Batch, now time.Time, l Letter) (Entry, error) {
	id := RecipientID(l.To.Address)
	key := Key(l.To.Address, l.Kind, l.Period)
	if l.Kind == "" || l.Period == "" || strings.Contains(l.Period, "@") {
		return Entry{}, fmt.Errorf("outbox: message %s: kind and period must be given, and the period must be an id", key)
	}
	if _, err := o.s.Get(ctx, Letters, key); err == nil || inBatch(b, Letters, key) >= 0 {
		return Entry{}, fmt.Errorf("outbox: message %s: %w", key, ErrExists)
	} else if !errors.Is(err, store.ErrNotFound) {
		return Entry{}, fmt.Errorf("outbox: message %s: %w", key, err)
	}
	m, version, err := o.marks(ctx, id)
	at := inBatch(b, Marks, store.Key(id))
	if err == nil && at >= 0 { // an earlier letter of this batch: its mark is the one that counts
		m = marks{}
		err = decodeMarks(id, b.Ops[at].Body, &m)
	}
	if err != nil {
		return Entry{}, err
	}
	if !l.Urgent && m.Day == o.day(now) {
		return Entry{}, fmt.Errorf("outbox: message %s: %w", key, ErrToday)
	}

	e := Entry{Key: key, Version: 1, Recipient: id, Kind: l.Kind, Period: l.Period, Urgent: l.Urgent, MessageID: o.messageID(key), State: Queued, Created: now.UTC()}
	// A name that Google tells may hold anything, a line break too, of which no header can be made: somebody would get no mail at all.
	l.To.Name, l.Subject, l.Cc = plain.Text(l.To.Name, mostName), plain.Text(l.Subject, mostSubject), slices.Clone(l.Cc)
	for i := range l.Cc {
		l.Cc[i].Name = plain.Text(l.Cc[i].Name, mostName)
	}
	from := o.opt.From
	from.Name = plain.Text(from.Name, mostName)
	raw, err := mail.Message{
		From: from, To: []netmail.Address{l.To}, Cc: l.Cc, Subject: l.Subject, HTML: l.HTML, Text: l.Text,
		Attachments: l.Attach, Inline: l.Inline, MessageID: e.MessageID, Date: now.In(o.opt.Location).Truncate(time.Second), Headers: l.Headers,
	}.Bytes()
	if err != nil {
		return Entry{}, fmt.Errorf("outbox: message %s: %w", key, err)
	}
	frozen := Frozen{To: l.To, Cc: l.Cc, Subject: l.Subject, Raw: raw, Beside: l.Beside}
	parts, err := frozen.pack()
	if err != nil {
		return Entry{}, fmt.Errorf("outbox: message %s: %w", key, err)
	}
	e.Parts = len(parts)
	if !l.Urgent {
		m.Day = o.day(now)
	}
	mark := m.Kinds[l.Kind]
	mark.Key, mark.At = key, now.UTC()
	if !l.UpTo.IsZero() {
		mark.UpTo = l.UpTo.UTC()
	}
	if l.Hash != "" {
		mark.Hash = l.Hash
	}
	m.Kinds[l.Kind] = mark
	body, err := json.Marshal(m)
	if err != nil {
		return Entry{}, err
	}

	fields, doc, err := e.doc()
	if err != nil {
		return Entry{}, err
	}
	b.Create(Letters, key, fields, doc)
	for i, p := range parts {
		b.Create(Parts, partKey(e, i), nil, p)
	}
	if at >= 0 {
		b.Ops[at].Body = body
	} else {
		b.Put(Marks, store.Key(id), version, nil, body)
	}
	return e, nil
}

func inBatch(b *store.Batch, c *store.Collection, key string) int {
	return slices.IndexFunc(b.Ops, func(op store.Op) bool { return op.C == c && op.Key == key && op.Kind != store.OpRequire })
}

func (o *Outbox) messageID(key string) string {
	if o.opt.School != "" {
		key = o.opt.School + "\x00" + key
	}
	sum := sha256.Sum256([]byte("message:" + key))
	_, host, _ := strings.Cut(o.opt.From.Address, "@")
	return "esafetybot." + hex.EncodeToString(sum[:12]) + "@" + host
}

func partKey(e Entry, n int) string {
	return store.Key(e.Recipient, e.Kind, e.Period, strconv.Itoa(n))
}

func (e Entry) doc() (map[string]string, []byte, error) {
	open := "yes"
	switch {
	case e.State == GivenUp && !e.Dropped && e.Parts > 0:
		open = "given-up" // somebody has to say what becomes of it
	case e.State == Sent || e.State == GivenUp:
		open = "no"
	}
	fields := map[string]string{"open": open, "recipient": e.Recipient, "created": store.Time(e.Created)}
	if !e.Back.IsZero() {
		fields["back"] = "yes"
	}
	body, err := json.Marshal(e)
	return fields, body, err
}

func entry(d store.Doc) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(d.Body, &e); err != nil {
		return e, fmt.Errorf("outbox: message %s: %w", d.Key, err)
	}
	e.Key, e.Version = d.Key, d.Version
	return e, nil
}

// All lists the messages made at or after from, oldest first.
func (o *Outbox) All(ctx context.Context, from time.Time) iter.Seq2[Entry, error] {
	a := store.Ask{Query: "created"}
	if !from.IsZero() {
		a.From = store.Time(from)
	}
	return o.find(ctx, a)
}

// To lists the messages to a person, oldest first. What went to others with a copy to them is not among them.
func (o *Outbox) To(ctx context.Context, address string) iter.Seq2[Entry, error] {
	return o.find(ctx, store.Ask{Query: "recipient", Equal: map[string]string{"recipient": RecipientID(address)}})
}

// Open lists the messages that are neither sent nor given up, oldest first.
func (o *Outbox) Open(ctx context.Context) iter.Seq2[Entry, error] {
	return o.find(ctx, store.Ask{Query: "open", Equal: map[string]string{"open": "yes"}})
}

func (o *Outbox) find(ctx context.Context, a store.Ask) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for d, err := range o.s.Find(ctx, Letters, a) {
			if err != nil {
				yield(Entry{}, fmt.Errorf("outbox: list messages: %w", err))
				return
			}
			if e, err := entry(d); !yield(e, err) {
				return
			}
		}
	}
}

// Get finds a message by what makes it one; false if it was never made.
func (o *Outbox) Get(ctx context.Context, address, kind, period string) (Entry, bool, error) {
	d, err := o.s.Get(ctx, Letters, Key(address, kind, period))
	if errors.Is(err, store.ErrNotFound) {
		return Entry{}, false, nil
	}
	if err != nil {
		return Entry{}, false, fmt.Errorf("outbox: find a message: %w", err)
	}
	e, err := entry(d)
	return e, err == nil, err
}

// Forget deletes every message to a person, sent or not, and what is known about what they were told. It returns how many
// messages went.
func (o *Outbox) Forget(ctx context.Context, address string) (int, error) {
	id := RecipientID(address)
	var list []Entry
	for e, err := range o.find(ctx, store.Ask{Query: "recipient", Equal: map[string]string{"recipient": id}}) {
		if err != nil {
			return 0, err
		}
		list = append(list, e)
	}
	for n, e := range list {
		var b store.Batch
		b.Delete(Letters, e.Key, e.Version)
		for i := range e.Parts {
			b.Delete(Parts, partKey(e, i), 1)
		}
		if err := o.s.Commit(ctx, &b); err != nil {
			return n, fmt.Errorf("outbox: forget message %s: %w", e.Key, err)
		}
	}
	_, version, err := o.marks(ctx, id)
	if err != nil || version == 0 {
		return len(list), err
	}
	var b store.Batch
	b.Delete(Marks, store.Key(id), version)
	return len(list), o.s.Commit(ctx, &b)
}
