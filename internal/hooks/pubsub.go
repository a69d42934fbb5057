package hooks

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// message is a push of Pub/Sub (https://cloud.google.com/pubsub/docs/push, “wrapped”). What it carries beyond the attributes, its data, is not even decoded:
// Gmail's holds an address, an alert's names.
type message struct {
	Message struct {
		Attributes map[string]string `json:"attributes"`
		ID         string            `json:"messageId"`
		Published  string            `json:"publishTime"`
	} `json:"message"`
}

// pubSub takes a push of Pub/Sub. What it is about, in this order:
//
//   - its attributes application, event and thing, of a publisher of ours;
//   - ce-type and ce-subject, of Google's Workspace Events: google.workspace.drive.file.v3.… about //drive.googleapis.com/files/ID;
//   - the parameter application of the address that the subscription pushes to, for publishers that set no attributes: Gmail (gmail) and the Alert Center (alerts).
//
// A genuine message that says nothing that we know is answered as taken: it would only come again.
func (r *Receiver) pubSub(w http.ResponseWriter, req *http.Request) int {
	now := r.c.Now()
	school := req.PathValue("school")
	if school == "" {
		school, _ = r.only()
	}
	token, ok := strings.CutPrefix(one(req.Header, "Authorization"), "Bearer ")
	if !ok || len(token) > maxBearer || r.c.Stores[school] == nil {
		return r.refuse()
	}
	if err := r.c.PubSub.Verify(req.Context(), token); err != nil {
		return r.refuse()
	}
	text, ok := body(w, req)
	var m message
	if !ok || json.Unmarshal(text, &m) != nil || m.Message.ID == "" || len(m.Message.ID) > 200 {
		r.ignored.Add(1)
		return http.StatusOK
	}
	h := about(m.Message.Attributes, req.URL.Query().Get("application"))
	h.School, h.Source, h.Received = school, FromPubSub, now
	if at, err := time.Parse(time.RFC3339Nano, m.Message.Published); err == nil {
		h.At = plausible(at, now)
	}
	if !listed[h.Application] || h.Check() != nil {
		r.ignored.Add(1)
		return http.StatusOK
	}
	return r.keep(req.Context(), h, m.Message.ID)
}

// maxBearer is how long a bearer token may be, in bytes: Google's are about a thousand.
const maxBearer = 8 << 10

// listed are the applications that a push of Pub/Sub may be about.
var listed = map[string]bool{Drive: true, Admin: true, Classroom: true, Login: true, Token: true, Users: true, Gmail: true, Alerts: true}

// ceType is the type of an event of Google's Workspace Events: google.workspace.APPLICATION.….
var ceType = regexp.MustCompile(`^google\.workspace\.([a-z]+)\.([A-Za-z0-9_.]{1,90})$`)

// about is what a message's attributes say. A thing that has not the form of an id of its application is left out.
func about(attributes map[string]string, asked string) Hint {
	var h Hint
	thing := ""
	if app := attributes["application"]; app != "" {
		h.Application, h.Event, thing = app, attributes["event"], attributes["thing"]
	} else if m := ceType.FindStringSubmatch(attributes["ce-type"]); m != nil {
		h.Application, h.Event = m[1], m[2]
		thing = attributes["ce-subject"][strings.LastIndex(attributes["ce-subject"], "/")+1:]
	} else {
		h.Application = asked
	}
	form := directoryID
	if known, ok := things[h.Application]; ok {
		form = known.form
	} else if h.Application != Users {
		return h
	}
	if form.MatchString(thing) {
		h.Thing = thing
	}
	return h
}
