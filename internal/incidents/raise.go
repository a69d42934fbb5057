package incidents

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
)

// Form is what somebody sends in.
type Form struct {
	ID    string // made by the page for each empty form; the same id from the same person is the same entry
	Kind  Kind
	About About
	// Concerns lists the Directory ids of those whom it is about, as far as is known; ConcernsRoles the roles, for whom a page offers
	// "the headteacher" and so on: it need not know who that is.
	Concerns      []string
	ConcernsRoles []policy.Role
	Date          calendar.Date // the day it happened; zero is today
	Known         time.Time     // when the school came to know; zero is now
	Item          string        // a subject, kind/id; or ""
	Reference     string        // in the school's own system; or ""
	Note          string
	// Sent is when it was sent, where that is earlier than now; what is not said of Date and Known is so by then. It is no part of what makes two forms the same.
	Sent time.Time `json:"-"`
}

// Receipt is what whoever raised an entry gets, and all they may see of it.
type Receipt struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// Nobody says that there is nobody at the school who can be told: Words say whom to ring. Only Raise fills in these two.
	Nobody bool   `json:"-"`
	Words  string `json:"-"`
}

// kept is a receipt with what tells a repeat from other words in the same form. The digest is made with the form's id, which nobody can guess
// and which is not kept, so that it gives nothing away once the note is cleared. It does not hang on what became of the entry.
type kept struct {
	Receipt
	Form string `json:"form"`
}

func (f Form) digest() string {
	return digest(f.ID, string(f.Kind), string(f.About), strings.Join(f.Concerns, ","), fmt.Sprint(f.ConcernsRoles), f.Date.String(),
		f.Known.UTC().Format(time.RFC3339Nano), f.Item, f.Reference, f.Note)
}

// Raise writes a new entry, or finds the one that the same form made before. The error wraps ErrForm if the form cannot be taken, in words
// for whoever filled it in.
func (l *Log) Raise(ctx context.Context, by By, f Form) (Receipt, error) {
	who := by.who()
	if len(who.keys()) == 0 || f.ID == "" {
		return Receipt{}, fmt.Errorf("%w: it is not known who sends it, or which form it is: sign in and open the form again", ErrForm)
	}
	e, err := l.entry(who, f)
	if err != nil {
		return Receipt{}, err
	}
	key := digest(who.keys()[0], f.ID)
	for try := 1; ; try++ {
		r, err := l.received(ctx, key, e, f)
		if !errors.Is(err, store.ErrNotFound) {
			return r, err
		}
		b := &store.Batch{}
		body, err := json.Marshal(kept{Receipt{ID: e.ID, At: e.Raised}, f.digest()})
		fields := map[string]string{"at": store.Time(e.Raised)}
		if who.ID != "" {
			fields["by_id"] = who.ID
		}
		if who.Hash != "" {
			fields["by_hash"] = who.Hash
		}
		b.Create(Receipts, key, fields, body)
		if err := errors.Join(err, e.put(b)); err != nil {
			return Receipt{}, err
		}
		e.hold(b)
		if err := l.Commit(ctx, b); err == nil {
			return l.receipt(e), nil
		} else if try == tries || !errors.Is(err, store.ErrConflict) { // sent twice at the same moment: the other one is it
			return Receipt{}, fmt.Errorf("it is not certain that this was received; send the same form again: %w", err)
		}
	}
}

// received finds what the same form made before; the error wraps store.ErrNotFound if nothing.
func (l *Log) received(ctx context.Context, key string, again *Entry, f Form) (Receipt, error) {
	d, err := l.Store.Get(ctx, Receipts, key)
	if err != nil {
		return Receipt{}, err
	}
	var r kept
	if err := json.Unmarshal(d.Body, &r); err != nil {
		return Receipt{}, fmt.Errorf("a receipt in the state cannot be read: %w", err)
	}
	if r.Form != f.digest() {
		return Receipt{}, fmt.Errorf("%w: this form was received at %s with other words in it, which stand; for what is new open a new form", ErrForm, r.At.In(l.location()).Format("15:04 on 2 January"))
	}
	// The words are to what was sent, not to what became of it since: that would be more than that it was received.
	again.ID, again.Raised = r.ID, r.At
	return l.receipt(again), nil
}

func (l *Log) location() *time.Location {
	if l.Calendar.Location == nil {
		return time.UTC
	}
	return l.Calendar.Location
}

// Receipts lists what somebody sent in, the oldest first: that it was received and when, not what became of it.
func (l *Log) Receipts(ctx context.Context, by By) ([]Receipt, error) {
	var out []Receipt
	err := l.receipts(ctx, by.who(), func(_ store.Doc, r Receipt) {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Receipt) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) })
	return out, nil
}

// receipts reads what somebody sent in, by either thing that they are known by; the same one may come twice. None is kept under nothing.
func (l *Log) receipts(ctx context.Context, of Who, each func(store.Doc, Receipt)) error {
	for query, value := range map[string]string{"by_id": of.ID, "by_hash": of.Hash} {
		for d, err := range l.Store.Find(ctx, Receipts, store.Ask{Query: query, Equal: map[string]string{query: value}}) {
			var r Receipt
			if err == nil {
				err = json.Unmarshal(d.Body, &r)
			}
			if err != nil {
				return fmt.Errorf("reading receipts: %w", err)
			}
			each(d, r)
		}
	}
	return nil
}

// receipt is what is said of an entry as it was raised.
func (l *Log) receipt(e *Entry) Receipt {
	r := Receipt{ID: e.ID, At: e.Raised}
	r.Words, r.Nobody = l.reach(e)
	return r
}

// Reach says, before a form is sent, who will be told of it. True: there is nobody, and the words say whom to ring.
func (l *Log) Reach(by By, f Form) (words string, nobody bool, err error) {
	e, err := l.entry(by.who(), f)
	if err != nil {
		return "", false, err
	}
	words, nobody = l.reach(e)
	return words, nobody, nil
}

func (l *Log) reach(e *Entry) (string, bool) {
	steps := ladder(e, l.around(e, Who{}))
	if len(steps) == 0 {
		return "It is kept, but there is nobody at the school who can be told of it through this page. Ring " + l.Numbers.lado() + " now, and say that you did so to nobody whom it is about.", true
	}
	var titles []string
	for _, p := range steps[0].who {
		for _, r := range steps[0].roles {
			if t := "the " + l.title(r); p.holds(r) && !slices.Contains(titles, t) {
				titles = append(titles, t)
				break
			}
		}
	}
	return "It goes to " + and(titles) + ", and to nobody else at first. Nobody watches this page outside school hours.", false
}

func and(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// entry is what a form says, checked.
func (l *Log) entry(who Who, f Form) (*Entry, error) {
	now := l.now()
	info, known := f.Kind.Info()
	if !known {
		return nil, fmt.Errorf("%w: choose what sort of thing it is", ErrForm)
	}
	if !slices.Contains(Abouts, f.About) {
		return nil, fmt.Errorf("%w: choose whom it is about; “not sure” is an answer", ErrForm)
	}
	if info.Always != "" {
		f.About = info.Always
	}
	sent := now
	if !f.Sent.IsZero() {
		sent = slices.MinFunc([]time.Time{now, f.Sent.UTC()}, time.Time.Compare)
	}
	if f.Date.IsZero() {
		f.Date = l.Calendar.Date(sent)
	}
	if f.Known.IsZero() {
		f.Known = sent
	}
	if f.Date.After(l.Calendar.Date(now)) || f.Known.After(now) {
		return nil, fmt.Errorf("%w: the day it happened, and when the school came to know, cannot lie ahead", ErrForm)
	}
	e := &Entry{
		ID: l.newID(), Kind: f.Kind, About: f.About, Date: f.Date.String(), By: who,
		Raised: now, Known: f.Known.UTC(), Since: now, Routed: now, State: Open,
	}
	var err error
	if e.Note, err = text("the note", f.Note, MaxNote, false); err != nil {
		return nil, err
	}
	if e.Reference, err = reference(f.Reference); err != nil {
		return nil, err
	}
	if e.Item, err = item(f.Item); err != nil {
		return nil, err
	}
	if err := errors.Join(l.concern(e, f.Concerns, f.ConcernsRoles), l.linked(e)); err != nil {
		return nil, err
	}
	e.happened(now, who, WasRaised, e.Kind.Title()+", about: "+e.About.Title())
	return e, nil
}

// concern adds those whom an entry is about. Nobody is ever taken off.
func (l *Log) concern(e *Entry, ids []string, roles []policy.Role) error {
	add := func(p Person) {
		for _, w := range append([]Who{{ID: p.ID}}, hashes(p.Addresses)...) {
			if len(w.keys()) > 0 && !slices.ContainsFunc(e.Concerns, w.same) {
				e.Concerns = append(e.Concerns, w)
			}
		}
	}
	c := l.crowd()
	if len(ids)+len(roles) > maxConcerns {
		return fmt.Errorf("%w: at most %d people can be named", ErrForm, maxConcerns)
	}
	for _, id := range ids {
		if id == "" || len(id) > 100 || strings.ContainsAny(id, "@ /") || strings.ContainsFunc(id, unicode.IsControl) {
			return fmt.Errorf("%w: those whom it is about are named by the ids of their accounts, not by name or address", ErrForm)
		}
		add(Person{ID: id})
		for _, p := range c.parties {
			if slices.Contains(p.keys, "id:"+id) {
				add(p.Person)
			}
		}
	}
	for _, role := range roles {
		if role.PerClass() || !slices.Contains(policy.Roles(), role) {
			return fmt.Errorf("%w: %q is not a role that the policy names one person for", ErrForm, role)
		}
		held := false
		for _, p := range c.parties {
			if p.holds(role) {
				held = true
				add(p.Person)
			}
		}
		if !held && !slices.Contains(e.Roles, role) {
			e.Roles = append(e.Roles, role)
		}
	}
	return nil
}

func hashes(addresses []string) []Who {
	var out []Who
	for _, a := range addresses {
		out = append(out, Who{Hash: pseudonym.Of(a)})
	}
	return out
}

// text makes words fit to be kept. Pictures are refused in the one way in which they fit into words.
func text(what, s string, most int, must bool) (string, error) {
	s = strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD"))
	n := utf8.RuneCountInString(s)
	switch {
	case must && n == 0:
		return "", fmt.Errorf("%w: %s is empty; write a sentence", ErrForm, what)
	case n > most:
		return "", fmt.Errorf("%w: %s has %d characters, at most %d are allowed; the rest belongs in the school's own system", ErrForm, what, n, most)
	case strings.Contains(strings.ToLower(s), "data:image/"), strings.Contains(strings.ToLower(s), ";base64,"):
		return "", fmt.Errorf("%w: %s holds a picture or a file, which are never kept here: do not copy it", ErrForm, what)
	}
	return s, nil
}

func reference(s string) (string, error) {
	s, err := text("the reference", s, MaxReference, false)
	if strings.ContainsFunc(s, func(r rune) bool { return r == '@' || unicode.IsControl(r) }) {
		err = fmt.Errorf("%w: the reference is the number or code in the school's own system, on one line", ErrForm)
	}
	return s, err
}

func item(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	kind, id, _ := strings.Cut(s, "/")
	bad := func(r rune) bool { return r == '@' || unicode.IsSpace(r) || unicode.IsControl(r) }
	if kind == "" || id == "" || len(s) > maxItem || store.CheckKey(store.Key(s, strings.Repeat("x", 64))) != nil || strings.ContainsFunc(s, bad) {
		return "", fmt.Errorf("%w: the item is a kind and Google's id, such as file/1AbC; where something else is, say in the note", ErrForm)
	}
	return s, nil
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:])
}
