package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"esafetybot/internal/sim/world"
)

// How a message is tried again that the receiver answered with a fault of its own, or did not answer: 10, 20, 40 seconds later and so on, in the tenant's time.
const (
	firstRetry = 10 * time.Second
	mostTries  = 8
	answerIn   = 10 * time.Second // real time
)

// pushes are the channels of a server with what waits to be sent through them. They live as long as the server: a tenant does not hold them.
//
// Records are heard while the tenant is locked, so nothing here locks the tenant while mu is held.
type pushes struct {
	mu       sync.Mutex
	channels []*channel
	records  []pending
	messages []*message
	running  bool // a goroutine delivers

	sending sync.Mutex // held while messages go out, so that Deliver knows when they are gone
}

// pending is an audit record, or what became of an account, that is not told yet.
type pending struct {
	due      time.Time
	activity *world.Activity
	user     *userNews // instead of the record itself, for channels on accounts
}

// userNews is what became of an account.
type userNews struct{ event, id, address string }

// A message is on its way to a receiver.
type message struct {
	to     *channel
	state  string // "sync" or the event
	body   []byte
	number int64
	due    time.Time
	tries  int
}

// add opens a channel and sends the message that says so; false where there is, or was, one of that id.
func (p *pushes) add(c *channel) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.ContainsFunc(p.channels, func(o *channel) bool { return o.id == c.id }) {
		return false
	}
	p.channels = append(p.channels, c)
	c.number = 1
	p.messages = append(p.messages, &message{to: c, state: "sync", number: 1, due: c.opened})
	return true
}

// stop stops a channel that is open.
func (p *pushes) stop(id, resource string, accounts bool, by session, now time.Time) (found, allowed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.channels, func(c *channel) bool {
		return c.id == id && c.resource == resource && (c.app == usersApp) == accounts && c.live(now)
	})
	if i < 0 || p.channels[i].client != by.client {
		return false, false
	}
	if p.channels[i].subject != by.subject {
		return true, false
	}
	p.channels[i].stopped = true
	return true, true
}

// hear takes up a record that the tenant writes, if anybody listens.
func (s *Server) hear(a *world.Activity) {
	s.push.mu.Lock()
	defer s.push.mu.Unlock()
	if len(s.push.channels) == 0 {
		return
	}
	lost, late, twice := s.faults.pushed(a)
	if lost {
		return
	}
	again, wait := 1, time.Duration(0)
	if twice {
		again = 2
	}
	if late {
		wait = s.faults.Late
	}
	news := s.userNews(a)
	for range again {
		s.push.records = append(s.push.records, pending{due: a.Time.Add(s.lag(a, false) + wait), activity: a})
		if news != nil {
			s.push.records = append(s.push.records, pending{due: a.Time.Add(wait), activity: a, user: news})
		}
	}
}

// userNews is what a record of the admin log says that became of an account; nil if nothing did.
func (s *Server) userNews(a *world.Activity) *userNews {
	if a.App != "admin" {
		return nil
	}
	for i := range a.Events {
		e := &a.Events[i]
		n := &userNews{event: "update", address: e.Param("USER_EMAIL")}
		switch {
		case e.Type == "DELEGATED_ADMIN_SETTINGS":
			n.event = "makeAdmin"
		case e.Type != "USER_SETTINGS" || e.Name == "RESET_SIGNIN_COOKIES":
			continue
		case e.Name == "CREATE_USER":
			n.event = "add"
		case e.Name == "DELETE_USER":
			n.event = "delete"
		case e.Name == "UNDELETE_USER":
			n.event = "undelete"
		}
		u := s.world.User(n.address)
		if u == nil {
			u = s.world.DeletedUser(n.address)
		}
		if u == nil {
			continue // a group has the role
		}
		n.id, n.address = u.ID, u.PrimaryEmail
		return n
	}
	return nil
}

// kick has what is due sent by a goroutine, if anything is.
func (s *Server) kick() {
	p := &s.push
	p.mu.Lock()
	idle := p.running || len(p.records)+len(p.messages) == 0
	p.mu.Unlock()
	if idle || !s.due(true) {
		return
	}
	go func() {
		for s.due(false) {
			s.Deliver(context.Background())
		}
	}()
}

// due tells whether anything is, and notes that somebody sends it, or that nobody does any more. Who wants to begin gets false while another one sends.
func (s *Server) due(begin bool) bool {
	now := s.world.Now()
	p := &s.push
	p.mu.Lock()
	defer p.mu.Unlock()
	if begin && p.running {
		return false
	}
	p.running = slices.ContainsFunc(p.records, func(r pending) bool { return !r.due.After(now) }) || slices.ContainsFunc(p.messages, func(m *message) bool { return !m.due.After(now) })
	return p.running
}

// Deliver sends the messages of all channels that are due by the tenant's clock, one after the other, and returns when they were sent, or the context has ended. A server also sends them by itself after each
// request; who moves a World's clock by hand calls it.
func (s *Server) Deliver(ctx context.Context) {
	s.push.sending.Lock()
	defer s.push.sending.Unlock()
	for ctx.Err() == nil {
		list := s.dueMessages()
		if len(list) == 0 {
			return
		}
		for _, m := range list {
			s.send(ctx, m)
		}
	}
}

// dueMessages takes out what is to be sent now, in the order of its time.
func (s *Server) dueMessages() (out []*message) {
	s.world.PublishDue()
	now := s.world.Now()
	p := &s.push
	p.mu.Lock()
	var records []pending
	p.records = slices.DeleteFunc(p.records, func(r pending) bool {
		if !r.due.After(now) {
			records = append(records, r)
		}
		return !r.due.After(now)
	})
	channels := slices.Clone(p.channels)
	p.mu.Unlock()
	var made []*message
	s.world.View(func() {
		for _, r := range records {
			for _, c := range channels {
				if state, body, ok := s.says(c, r); ok {
					made = append(made, &message{to: c, state: state, body: body, due: r.due})
				}
			}
		}
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.SortStableFunc(made, func(a, b *message) int { return a.due.Compare(b.due) })
	for _, m := range made {
		m.to.number += 1 + int64(len(m.body)%7) // they grow, but not by one
		m.number = m.to.number
	}
	p.messages = append(p.messages, made...)
	p.messages = slices.DeleteFunc(p.messages, func(m *message) bool {
		if m.due.After(now) {
			return false
		}
		if m.to.live(m.due) {
			out = append(out, m)
		}
		return true
	})
	slices.SortStableFunc(out, func(a, b *message) int { return a.due.Compare(b.due) })
	return out
}

// says is what a channel tells of a record, if it watches that. Call it inside View.
func (s *Server) says(c *channel, r pending) (state string, body []byte, ok bool) {
	if (c.app == usersApp) != (r.user != nil) {
		return "", nil, false
	}
	if n := r.user; n != nil {
		if c.event != "" && c.event != n.event || !c.ours(n.address) {
			return "", nil, false
		}
		sum := sha256.Sum256([]byte(n.event + n.id + r.due.String()))
		body, err := json.Marshal(map[string]string{"kind": "admin#directory#user", "id": n.id, "etag": `"` + base64.RawURLEncoding.EncodeToString(sum[:20]) + `"`, "primaryEmail": n.address})
		return n.event, body, err == nil
	}
	if c.app != r.activity.App || !c.match(r.activity) {
		return "", nil, false
	}
	state = c.event
	if state == "" {
		state = r.activity.Events[0].Name
	}
	body, err := r.activity.JSON(s.world.Settings.Customer.ID)
	return state, body, err == nil
}

// send sends a message once, and puts it back where it is to be tried again.
func (s *Server) send(ctx context.Context, m *message) {
	code := s.post(ctx, m)
	p := &s.push
	p.mu.Lock()
	defer p.mu.Unlock()
	switch code {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent, http.StatusProcessing:
		m.to.sent++
		return
	case 0, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if m.tries++; m.tries < mostTries {
			m.due = m.due.Add(firstRetry << (m.tries - 1))
			p.messages = append(p.messages, m)
			return
		}
	}
	m.to.failed++
}

// post is the request to the receiver; 0 if it did not answer. Source of the headers: the guides "Push notifications" of both APIs.
func (s *Server) post(ctx context.Context, m *message) int {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.to.address, bytes.NewReader(m.body))
	if err != nil {
		return 0
	}
	h := map[string]string{
		"X-Goog-Channel-ID": m.to.id, "X-Goog-Channel-Expiration": m.to.expires.UTC().Format(http.TimeFormat), "X-Goog-Resource-ID": m.to.resource, "X-Goog-Resource-URI": m.to.uri,
		"X-Goog-Resource-State": m.state, "X-Goog-Message-Number": strconv.FormatInt(m.number, 10), "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
	}
	if m.to.token != "" {
		h["X-Goog-Channel-Token"] = m.to.token
	}
	if len(m.body) > 0 {
		h["Content-Type"] = "application/json; utf-8"
	}
	for k, v := range h {
		req.Header.Set(k, v)
	}
	resp, err := s.opts.Hooks.RoundTrip(req) // which follows no redirects
	if err != nil {
		return 0
	}
	_ = resp.Body.Close() // what a receiver says beyond the status is nothing to Google
	return resp.StatusCode
}
