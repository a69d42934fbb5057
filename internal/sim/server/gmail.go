package server

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/mail"
	"strconv"
	"strings"

	"esafetybot/internal/sim/world"
)

// withMail lets users with a mailbox at their own userId through.
func withMail(fn func(*call, string) ([]byte, *apiError)) func(*call) ([]byte, *apiError) {
	return func(c *call) (b []byte, err *apiError) {
		var address string
		check := func() {
			id := c.path["userId"]
			switch {
			case c.user == nil:
				err = &apiError{code: 400, status: "FAILED_PRECONDITION", reason: "failedPrecondition", message: "Precondition check failed."}
			case id != "me" && c.s.world.User(id) != c.user:
				err = forbidden("forbidden", "Delegation denied for "+c.user.PrimaryEmail)
			case !c.s.serviceOn(c.user, "gmail"):
				err = &apiError{code: 400, status: "FAILED_PRECONDITION", reason: "failedPrecondition", message: "Mail service not enabled"}
			default:
				address = c.user.PrimaryEmail
			}
		}
		c.s.world.View(check)
		if err != nil {
			return nil, err
		}
		return fn(c, address)
	}
}

type messageBody struct {
	ID      string `json:"id"`
	Raw     string `json:"raw"`
	Message struct {
		Raw string `json:"raw"`
	} `json:"message"`
}

// mailBody reads the body and checks that the raw message can be decoded.
func (c *call) mailBody(need bool) (messageBody, *apiError) {
	var in messageBody
	if err := json.Unmarshal(c.body, &in); err != nil {
		return in, badRequest("badRequest", "", err.Error())
	}
	raw := in.Raw + in.Message.Raw
	in.Raw = raw
	if raw == "" {
		if need {
			return in, badRequest("invalidArgument", "", "'raw' RFC822 payload message string or uploading message via /upload/* URL required")
		}
		return in, nil
	}
	if _, err := decodeRaw(raw); err != nil {
		return in, badRequest("invalidArgument", "", "Invalid value for ByteString: "+raw[:min(len(raw), 16)])
	}
	return in, nil
}

func decodeRaw(raw string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(raw), "="))
}

type messageJSON struct {
	ID       string   `json:"id"`
	ThreadID string   `json:"threadId"`
	Labels   []string `json:"labelIds,omitempty"`
	Raw      string   `json:"raw,omitempty"`
}

type draftJSON struct {
	ID      string      `json:"id"`
	Message messageJSON `json:"message"`
}

func draftOf(m world.Mail) draftJSON {
	return draftJSON{m.ID, messageJSON{ID: m.ThreadID, ThreadID: m.ThreadID, Labels: []string{"DRAFT"}}}
}

func draftsCreate(c *call, address string) ([]byte, *apiError) {
	in, err := c.mailBody(true)
	if err != nil {
		return nil, err
	}
	return marshal(draftOf(c.s.world.CreateDraft(address, in.Raw)))
}

func noMail() *apiError { return notFound("Requested entity was not found.") }

func draftsGet(c *call, address string) (b []byte, err *apiError) {
	var m world.Mail
	var ok bool
	c.s.world.View(func() { m, ok = c.s.world.Draft(address, c.path["id"]) })
	if !ok {
		return nil, noMail()
	}
	d := draftOf(m)
	if c.query.Get("format") == "raw" {
		d.Message.Raw = m.Raw
	}
	return marshal(d)
}

func draftsList(c *call, address string) (b []byte, err *apiError) {
	out := []draftJSON{}
	var next string
	var total int
	c.s.world.View(func() {
		list := c.s.world.Drafts(address)
		total = len(list)
		next, err = c.slice(total, "maxResults", 100, 500, func(i int) string { return list[total-1-i].ID }, func(i int) *apiError {
			d := draftOf(list[total-1-i])
			d.Message.Labels = nil
			out = append(out, d)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		Drafts []draftJSON `json:"drafts,omitempty"`
		Next   string      `json:"nextPageToken,omitempty"`
		Total  int         `json:"resultSizeEstimate"`
	}{out, next, total})
}

func draftsDelete(c *call, address string) ([]byte, *apiError) {
	if c.s.world.DeleteDraft(address, c.path["id"]) != nil {
		return nil, noMail()
	}
	return nil, nil
}

func draftsSend(c *call, address string) ([]byte, *apiError) {
	in, err := c.mailBody(false)
	if err != nil {
		return nil, err
	}
	m, serr := c.s.world.SendDraft(address, in.ID, in.Raw)
	if serr != nil {
		return nil, noMail()
	}
	c.comesBack(address, m.Raw)
	return marshal(messageJSON{ID: m.ID, ThreadID: m.ThreadID, Labels: []string{"SENT"}})
}

func messagesSend(c *call, address string) ([]byte, *apiError) {
	in, err := c.mailBody(true)
	if err != nil {
		return nil, err
	}
	m := c.s.world.SendMail(address, in.Raw)
	c.comesBack(address, m.Raw)
	return marshal(messageJSON{ID: m.ID, ThreadID: m.ThreadID, Labels: []string{"SENT"}})
}

func getProfile(c *call, address string) (b []byte, err *apiError) {
	var n int
	c.s.world.View(func() { n = len(c.s.world.Mails(address)) })
	return marshal(map[string]any{"emailAddress": address, "messagesTotal": n, "threadsTotal": n, "historyId": "1"})
}

func autoForwardingGet(c *call, address string) (b []byte, err *apiError) {
	var f world.AutoForwarding
	c.s.world.View(func() { f = c.s.world.Forwarding(address) })
	return marshal(f)
}

// messagesGet gives a received message with format=raw, and of any other format only its ids.
func messagesGet(c *call, address string) (b []byte, err *apiError) {
	c.s.world.View(func() {
		for _, m := range c.s.world.Received(address) {
			if m.ID == c.path["id"] {
				out := messageJSON{ID: m.ID, ThreadID: m.ThreadID, Labels: []string{"INBOX"}}
				if c.query.Get("format") == "raw" {
					out.Raw = m.Raw
				}
				b, err = marshal(out)
				return
			}
		}
		err = noMail()
	})
	return b, err
}

// messagesList lists received messages, the newest first. Of Gmail's search it knows from:DOMAIN and after:SECONDS; whatever else stands in q is refused, so that nobody relies on it here.
func messagesList(c *call, address string) (b []byte, err *apiError) {
	var from string
	var after int64
	for _, word := range strings.Fields(c.query.Get("q")) {
		name, value, _ := strings.Cut(word, ":")
		switch n, bad := strconv.ParseInt(value, 10, 64); {
		case name == "from" && value != "":
			from = strings.ToLower(value)
		case name == "after" && bad == nil:
			after = n
		default:
			return nil, badRequest("invalidArgument", "", "the simulated Gmail does not know the search "+word)
		}
	}
	out := []messageJSON{}
	var next string
	var total int
	c.s.world.View(func() {
		var list []world.Mail
		for _, m := range c.s.world.Received(address) {
			if m.Time.Unix() >= after && strings.Contains(sender(m.Raw), from) {
				list = append(list, m)
			}
		}
		total = len(list)
		next, err = c.slice(total, "maxResults", 100, 500, func(i int) string { return list[total-1-i].ID }, func(i int) *apiError {
			m := list[total-1-i]
			out = append(out, messageJSON{ID: m.ID, ThreadID: m.ThreadID})
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		Messages []messageJSON `json:"messages,omitempty"`
		Next     string        `json:"nextPageToken,omitempty"`
		Total    int           `json:"resultSizeEstimate"`
	}{out, next, total})
}

// sender is the From of a message, in lower case; "" if it has none that can be read.
func sender(raw string) string {
	data, err := decodeRaw(raw)
	if err != nil {
		return ""
	}
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	return strings.ToLower(m.Header.Get("From"))
}
