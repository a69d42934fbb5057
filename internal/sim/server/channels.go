package server

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// How long channels live at most, and where nothing is asked for. Of the Directory it stands in its discovery document (params.ttl); of the Reports API six hours are what
// people report.
const (
	logChannelLives       = 6 * time.Hour
	accountChannelLives   = 48 * time.Hour
	accountChannelDefault = 2 * time.Hour
)

// usersApp is the application of channels on the list of accounts.
const usersApp = "users"

// A channel is one notification channel, open or over.
type channel struct {
	id, resource, uri, token, address string
	app, event                        string // event is "" for all
	client, subject                   string // who opened it
	opened, expires                   time.Time
	stopped                           bool
	number                            int64 // of its newest message
	sent, failed                      int   // messages that were taken, and that were given up

	match func(*world.Activity) bool // of logs
	ours  func(address string) bool  // of accounts: in the domain that is watched
}

// live tells whether the channel was open at a moment.
func (c *channel) live(at time.Time) bool {
	return !c.stopped && at.Before(c.expires) && !at.Before(c.opened)
}

// Channel is a notification channel as GET /sim/channels tells it.
type Channel struct {
	ID          string    `json:"id"`
	Application string    `json:"application"`
	Event       string    `json:"event,omitempty"`
	Address     string    `json:"address"`
	Opened      time.Time `json:"opened"`
	Expires     time.Time `json:"expires"`
	Open        bool      `json:"open"`   // now
	Sent        int       `json:"sent"`   // messages that the receiver took
	Failed      int       `json:"failed"` // that were given up
}

// Channels lists all notification channels that were ever opened, in the order of their opening.
func (s *Server) Channels() []Channel {
	now := s.world.Now()
	s.push.mu.Lock()
	defer s.push.mu.Unlock()
	out := []Channel{}
	for _, c := range s.push.channels {
		out = append(out, Channel{c.id, c.app, c.event, c.address, c.opened, c.expires, c.live(now), c.sent, c.failed})
	}
	return out
}

func activitiesWatch(c *call) (b []byte, err *apiError) {
	ch := &channel{app: c.path["applicationName"], event: c.query.Get("eventName")}
	c.s.world.View(func() {
		if !c.admin(false) {
			err = notAuthorized()
			return
		}
		ch.match, err = c.activityFilter()
	})
	if err != nil {
		return nil, err
	}
	return c.open(ch, logChannelLives, logChannelLives)
}

func usersWatch(c *call) (b []byte, err *apiError) {
	ch := &channel{app: usersApp, event: c.query.Get("event")}
	domain := c.query.Get("domain")
	c.s.world.View(func() {
		switch {
		case !c.admin(false):
			err = notAuthorized()
		case c.query.Get("customer") == "" && domain == "":
			err = badRequest("badRequest", "", "Bad Request: one of customer and domain must be given")
		case domain == "" && !c.ourCustomer(c.query.Get("customer")):
			err = notFound("Resource Not Found: customer")
		case c.query.Get("query") != "" || c.query.Get("showDeleted") != "":
			err = &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: "query and showDeleted of users.watch are not simulated."}
		}
	})
	if err != nil {
		return nil, err
	}
	ch.ours = func(address string) bool { return domain == "" || strings.EqualFold(domainOf(address), domain) }
	return c.open(ch, accountChannelDefault, accountChannelLives)
}

// channelID is what ids of channels are made of.
var channelID = regexp.MustCompile(`^[A-Za-z0-9\-_+/=]{1,64}$`)

// A channelBody is a channel as both APIs write it.
type channelBody struct {
	Kind        string            `json:"kind,omitempty"`
	ID          string            `json:"id,omitempty"`
	Type        string            `json:"type,omitempty"`
	Address     string            `json:"address,omitempty"`
	Token       string            `json:"token,omitempty"`
	Expiration  string            `json:"expiration,omitempty"` // milliseconds since 1970
	Params      map[string]string `json:"params,omitempty"`
	ResourceID  string            `json:"resourceId,omitempty"`
	ResourceURI string            `json:"resourceUri,omitempty"`
}

// open opens a channel as the request's body asks. Source: the guides "Push notifications" of both APIs.
func (c *call) open(ch *channel, standard, most time.Duration) ([]byte, *apiError) {
	var in channelBody
	if json.Unmarshal(c.body, &in) != nil {
		return nil, badRequest("badRequest", "", "The channel cannot be read.")
	}
	now := c.s.world.Now()
	lives, err := in.lives(now, standard, most)
	if err == nil {
		err = c.s.checkChannel(in)
	}
	if err != nil {
		return nil, err
	}
	uri := url.URL{Scheme: "https", Host: "admin.googleapis.com", Path: strings.TrimSuffix(c.r.URL.Path, "/watch"), RawQuery: c.query.Encode()}
	sum := sha256.Sum256([]byte(c.s.world.Settings.Customer.ID + " " + uri.String()))
	ch.id, ch.token, ch.address, ch.uri, ch.resource = in.ID, in.Token, in.Address, uri.String(), base64.RawURLEncoding.EncodeToString(sum[:20])
	ch.client, ch.subject, ch.opened, ch.expires = c.session.client, c.session.subject, now, now.Add(lives).Truncate(time.Millisecond)
	if !c.s.push.add(ch) {
		return nil, badRequest("channelIdNotUnique", "", "Channel id not unique")
	}
	return marshal(channelBody{Kind: "api#channel", ID: ch.id, Token: ch.token, ResourceID: ch.resource, ResourceURI: ch.uri, Expiration: strconv.FormatInt(ch.expires.UnixMilli(), 10)})
}

// lives is how long a channel is to live: the least of what is asked for in either way, and of the most.
func (in channelBody) lives(now time.Time, standard, most time.Duration) (time.Duration, *apiError) {
	asked := []time.Duration{}
	if ttl := in.Params["ttl"]; ttl != "" {
		n, err := strconv.ParseInt(ttl, 10, 32)
		if err != nil || n <= 0 {
			return 0, badRequest("invalid", "params.ttl", "Invalid Value")
		}
		asked = append(asked, time.Duration(n)*time.Second)
	}
	if in.Expiration != "" {
		ms, err := strconv.ParseInt(in.Expiration, 10, 64)
		if err != nil || !time.UnixMilli(ms).After(now) {
			return 0, badRequest("invalid", "expiration", "Invalid Value")
		}
		asked = append(asked, time.UnixMilli(ms).Sub(now))
	}
	if len(asked) == 0 {
		return standard, nil
	}
	return min(slices.Min(asked), most), nil
}

// checkChannel says what of a channel Google does not take.
func (s *Server) checkChannel(in channelBody) *apiError {
	u, err := url.Parse(in.Address)
	switch {
	case in.ID == "" || in.Type == "" || in.Address == "":
		return badRequest("required", "", "Required: id, type and address of the channel")
	case !channelID.MatchString(in.ID):
		return badRequest("invalid", "id", "Invalid Value: the channel's id")
	case in.Type != "web_hook":
		return badRequest("push.channelTypeNotSupported", "type", "Channel type not supported: "+in.Type)
	case len(in.Token) > 256:
		return badRequest("invalid", "token", "Invalid Value: the channel's token is longer than 256 characters")
	case err != nil || u.Host == "":
		return badRequest("push.webhookUrlNotHttps", "address", "WebHook callback must be HTTPS")
	case u.Scheme == "http" && s.opts.PlainHooks && loopback(u.Hostname()):
	case u.Scheme != "https":
		return badRequest("push.webhookUrlNotHttps", "address", "WebHook callback must be HTTPS")
	}
	return nil
}

// loopback tells whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// channelsStop stops a channel: that of the Reports API those on logs, that of the Directory those on accounts. Only who opened it may.
func channelsStop(c *call) ([]byte, *apiError) {
	var in channelBody
	if json.Unmarshal(c.body, &in) != nil || in.ID == "" || in.ResourceID == "" {
		return nil, badRequest("required", "", "Required: id and resourceId of the channel")
	}
	accounts := strings.HasPrefix(c.m.API.Version, "directory")
	switch found, allowed := c.s.push.stop(in.ID, in.ResourceID, accounts, c.session, c.s.world.Now()); {
	case !found:
		return nil, notFound("Channel '" + in.ID + "' not found for project")
	case !allowed:
		return nil, forbidden("forbidden", "The channel was opened by somebody else.")
	}
	return nil, nil
}
