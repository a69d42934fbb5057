package hooks

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// Google's headers of a push (https://developers.google.com/workspace/admin/reports/v1/guides/push, “Headers”).
const (
	headerChannel = "X-Goog-Channel-Id"
	headerToken   = "X-Goog-Channel-Token"
	headerState   = "X-Goog-Resource-State" // "sync" or the name of the event
	headerNumber  = "X-Goog-Message-Number" // grows with each push of a channel, not by one
)

// google takes a push of one of Google's notification channels. What it is about stands in the channel's token, which is signed; of the body, which is not,
// at most an id and a time are kept.
func (r *Receiver) google(w http.ResponseWriter, req *http.Request) int {
	now := r.c.Now()
	id, token, number := one(req.Header, headerChannel), one(req.Header, headerToken), one(req.Header, headerNumber)
	c, err := Open(r.c.Keys, id, token, now)
	if err != nil || !plainID.MatchString(id) || r.c.Stores[c.School] == nil {
		return r.refuse()
	}
	if one(req.Header, headerState) == "sync" {
		r.sync.Add(1)
		return http.StatusOK
	}
	if _, err := strconv.ParseUint(number, 10, 64); err != nil {
		return r.refuse() // Google always sends one, and without it a repeat could not be told
	}
	h := Hint{School: c.School, Source: FromGoogle, Application: c.Application, Event: c.Event, Channel: id, Received: now}
	if h.Check() != nil {
		r.ignored.Add(1)
		return http.StatusOK // it was opened for something that no hint can say
	}
	text, ok := body(w, req)
	if ok {
		h.Thing, h.At, ok = read(c, text, now)
	}
	if !ok {
		r.unread.Add(1)
	}
	return r.keep(req.Context(), h, id, number)
}

// one is the value of a header that stands there once; "" otherwise.
func one(h http.Header, name string) string {
	if v := h.Values(name); len(v) == 1 {
		return v[0]
	}
	return ""
}

// pushed is what is read of a body: a record of a log, or a user. Nothing else of it is even decoded.
type pushed struct {
	Kind string          `json:"kind"`
	ID   json.RawMessage `json:"id"` // of a record an object, of a user a string
	// Events are those of a record.
	Events []struct {
		Name       string `json:"name"`
		Parameters []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"parameters"`
	} `json:"events"`
}

// things are the parameters that hold the id of what to look at first, by log, with the form that it must have so that nothing else passes for one.
var things = map[string]struct {
	parameter string
	form      *regexp.Regexp
}{
	Drive:     {"doc_id", regexp.MustCompile(`^[A-Za-z0-9_-]{15,128}$`)},
	Classroom: {"course_id", regexp.MustCompile(`^[0-9]{1,25}$`)},
}

// directoryID is the form of an account's id.
var directoryID = regexp.MustCompile(`^[0-9]{10,25}$`)

// read takes out of a body the id of what to look at first, and when it happened; each may be missing. False if it is not such a body. An empty one is none of
// Google's mistakes: some pushes have none.
func read(c Channel, text []byte, now time.Time) (thing string, at time.Time, ok bool) {
	if len(text) == 0 {
		return "", time.Time{}, true
	}
	var p pushed
	if json.Unmarshal(text, &p) != nil {
		return "", time.Time{}, false
	}
	if c.Application == Users {
		var id string
		if json.Unmarshal(p.ID, &id) != nil || !directoryID.MatchString(id) {
			return "", time.Time{}, false
		}
		return id, time.Time{}, true
	}
	var id struct {
		Time time.Time `json:"time"`
	}
	if json.Unmarshal(p.ID, &id) != nil {
		return "", time.Time{}, false
	}
	at = plausible(id.Time, now)
	known, named := things[c.Application]
	if !named {
		return "", at, true
	}
	for _, e := range p.Events {
		if e.Name != c.Event {
			continue // a record may hold several
		}
		for _, x := range e.Parameters {
			if x.Name == known.parameter && known.form.MatchString(x.Value) {
				return x.Value, at, true
			}
		}
	}
	return "", at, true
}
