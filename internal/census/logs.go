package census

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/memory"
	"esafetybot/internal/seen"
)

// Overlap is how far before the newest record the next pull begins, for records that arrive late.
const Overlap = 24 * time.Hour

// LogKept is how long Google keeps audit records.
const LogKept = 180 * 24 * time.Hour

// The events that say something of passwords and sign-ins. Names are Google's (Reports API, login audit activity events).
var (
	PasswordEvents = []string{"password_edit"}
	AlarmEvents    = []string{
		"suspicious_login", "suspicious_login_less_secure_app", "suspicious_programmatic_login", "user_signed_out_due_to_suspicious_session_cookie",
		"account_disabled_hijacked", "account_disabled_password_leak",
	}
	ForwardEvents = []string{"email_forwarding_out_of_domain"}
)

// LoginEvents lists what [Census.Logins] reads of the logs login and admin.
func LoginEvents(passwords, alarms, forwards bool) (login, admin []string) {
	if passwords || alarms {
		login, admin = append(login, PasswordEvents...), []string{"CHANGE_PASSWORD"}
	}
	if alarms {
		login = append(login, AlarmEvents...)
	}
	if forwards {
		login = append(login, ForwardEvents...)
	}
	return login, admin
}

// An entry is one event name of one log.
type entry struct{ app, name string }

// Logins takes up what the sign-in and admin logs say of passwords, alarms and forwarding into the book: since the newest record that was taken up, or as far
// back as Google keeps them. Each event name is asked for by itself, since sign-ins are a hundred times as many. It tells which
// logs could not be read ("log/login", "log/admin" are then gaps); what they say is taken up again next time.
func (c *Census) Logins(ctx context.Context, b *memory.Book, passwords, alarms, forwards bool) {
	var asks []entry
	login, admin := LoginEvents(passwords, alarms, forwards)
	for _, n := range login {
		asks = append(asks, entry{"login", n})
	}
	for _, n := range admin {
		asks = append(asks, entry{"admin", n})
	}
	if len(asks) == 0 {
		return
	}
	again := c.broughtBack(ctx, b)
	var mu sync.Mutex
	_ = Each(ctx, c.Google.Workers(), asks, func(e entry) {
		key := e.app + "/" + e.name
		mu.Lock()
		cursor := b.Cursors[key]
		mu.Unlock()
		from := cursor.Add(-Overlap)
		if cursor.IsZero() || again {
			from = c.Now.Add(-LogKept)
		}
		events, ok := list(c, seen.Scope("log/"+e.app), c.Google.Events(ctx, e.app, e.name, from, c.Now))
		if !ok {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if cursor.IsZero() {
			b.Cursors[key] = c.Now
		}
		for _, ev := range events {
			if ev.Time.After(cursor) {
				cursor = ev.Time
				b.Cursors[key] = cursor
			}
			c.take(b, ev)
		}
	})
	c.settle(b)
}

// broughtBack tells whether an account that had been deleted was brought back since the last run: what the logs said of it while it was not there
// was about nobody, so they are read from their beginning.
func (c *Census) broughtBack(ctx context.Context, b *memory.Book) bool {
	const key = "admin/UNDELETE_USER"
	cursor := b.Cursors[key]
	if cursor.IsZero() {
		b.Cursors[key] = c.Now
		return false
	}
	events, ok := c.Recent(ctx, "admin", "UNDELETE_USER", cursor.Add(-Overlap))
	newest := cursor
	for _, e := range events {
		if e.Time.After(newest) {
			newest = e.Time
		}
	}
	if ok {
		b.Cursors[key] = newest
	}
	return newest.After(cursor)
}

// take notes one event with the account it is about.
func (c *Census) take(b *memory.Book, ev seen.Event) {
	address := strings.ToLower(ev.Params["affected_email_address"])
	if address == "" {
		address = ev.Actor
	}
	if ev.Name == "CHANGE_PASSWORD" {
		address = ev.Target
	}
	id, ok := c.Of(address, ev.Time)
	if a, there := c.who.AccountByID(id); !ok || there && !c.who.Has(a) {
		return // nothing is remembered of a neighbour's account
	}
	switch past := b.Of(id); {
	case ev.Name == "CHANGE_PASSWORD" || slices.Contains(PasswordEvents, ev.Name):
		if ev.Time.After(past.Password) {
			past.Password = ev.Time
		}
	case slices.Contains(ForwardEvents, ev.Name):
		past.Forwards = true
	default:
		alarm := memory.Alarm{Event: ev.Name, At: ev.Time}
		if !slices.Contains(past.Alarms, alarm) {
			past.Alarms = append(past.Alarms, alarm)
		}
	}
}

// Of finds the account that an address in a record of a log was: not one that is younger than the record.
func (c *Census) Of(address string, at time.Time) (id string, ok bool) {
	a, ok := c.who.Account(address)
	if !ok || address == "" || a.Created.After(at) {
		return "", false
	}
	return a.ID, true
}

// settle drops alarms that a later change of the password has answered, and orders the others.
func (c *Census) settle(b *memory.Book) {
	for id := range c.people {
		past := b.Peek(id)
		if len(past.Alarms) == 0 {
			continue
		}
		left := slices.DeleteFunc(slices.Clone(past.Alarms), func(a memory.Alarm) bool { return past.Password.After(a.At) })
		slices.SortFunc(left, func(x, y memory.Alarm) int {
			if d := x.At.Compare(y.At); d != 0 {
				return d
			}
			return strings.Compare(x.Event, y.Event)
		})
		b.Of(id).Alarms = left
	}
}

// readWhole are the logs of which the jobs ask for most of what they hold: they are read once, whatever is in them, instead of once for each event name.
// What else the Classroom log holds is what pupils hand in; that is a few pages at a large school, and a read without a name counts against a larger quota.
var readWhole = []string{"classroom"}

// Recent reads the events of one name since a moment or somewhat earlier, without a cursor; ok is false when the log could not be read. What was read in this run is not read again.
func (c *Census) Recent(ctx context.Context, app, name string, since time.Time) (events []seen.Event, ok bool) {
	since = since.Truncate(24 * time.Hour) // so that several who ask ask for the same
	if !slices.Contains(readWhole, app) {
		return c.pull(ctx, entry{app, name}, since)
	}
	c.whole.Lock() // whoever asks next finds what was read
	all, ok := c.pull(ctx, entry{app: app}, since)
	c.whole.Unlock()
	for _, e := range all {
		if e.Name == name {
			events = append(events, e)
		}
	}
	return events, ok
}

// pull reads the events of an entry of a log, or all of them where it has no name, unless they were read already or could not be.
func (c *Census) pull(ctx context.Context, key entry, since time.Time) ([]seen.Event, bool) {
	c.mu.Lock()
	have, known := c.recent[key]
	c.mu.Unlock()
	if known && !have.since.After(since) {
		return have.events, have.ok
	}
	have.since = since
	have.events, have.ok = list(c, seen.Scope("log/"+key.app), c.Google.Events(ctx, key.app, key.name, since, c.Now))
	c.mu.Lock()
	c.recent[key] = have
	c.mu.Unlock()
	return have.events, have.ok
}

// pulled is what a log said since a moment; not ok where it could not be read.
type pulled struct {
	since  time.Time
	events []seen.Event
	ok     bool
}

// Forwarding asks where the mail of the accounts goes that the log once named; an account that could not be asked is a gap "forwarding/ID", and where
// it is not permitted at all "forwarding" is one. Accounts for which nothing is told are not in the answer.
func (c *Census) Forwarding(ctx context.Context, b *memory.Book) map[string]seen.Forwarding {
	var ask []*seen.Person
	for id, p := range c.people {
		if b.Peek(id).Forwards && p.Active() && c.who.Ours(p.Address) {
			ask = append(ask, p)
		}
	}
	return eachUntilRefused(ctx, c, "forwarding", ask, func(p *seen.Person) string { return p.ID }, func(p *seen.Person) (seen.Forwarding, error) {
		f, err := c.Google.AutoForward(ctx, p.Address)
		if err != nil && c.Google.Reason(err) == seen.Off {
			f, err = seen.Forwarding{}, nil // without e-mail nothing is passed on
		}
		return f, err
	})
}
