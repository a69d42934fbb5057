package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admin "google.golang.org/api/admin/directory/v1"
	reports "google.golang.org/api/admin/reports/v1"

	"esafetybot/internal/sim/discovery"
	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// A receiver keeps what is pushed to it, and answers with the statuses that it is told, then with 204.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []pushed
	answer []int
}

type pushed struct {
	header http.Header
	body   string
}

func receiving(t *testing.T, answer ...int) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, err := io.ReadAll(req.Body)
		if err != nil || req.Method != http.MethodPost || req.URL.Path != "/hooks/google" {
			t.Errorf("%s %s: %v", req.Method, req.URL.Path, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, pushed{req.Header, string(b)})
		code := http.StatusNoContent
		if len(r.answer) > 0 {
			code, r.answer = r.answer[0], r.answer[1:]
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) address() string { return r.URL + "/hooks/google" }

// take gives what came since it was asked last, once everything that is due was sent.
func (r *receiver) take(t *testing.T, e *env) []pushed {
	t.Helper()
	e.s.Deliver(t.Context())
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// states are what messages tell, in their order.
func states(list []pushed) (out []string) {
	for _, p := range list {
		out = append(out, p.header.Get("X-Goog-Channel-Id")+" "+p.header.Get("X-Goog-Resource-State"))
	}
	return out
}

func (e *env) watchLog(r *receiver, id, app, event string) *reports.Channel {
	e.t.Helper()
	c, err := e.reports().Activities.Watch("all", app, &reports.Channel{Id: id, Type: "web_hook", Address: r.address(), Token: "t-" + id, Payload: true}).EventName(event).Do()
	if err != nil {
		e.t.Fatal(err)
	}
	return c
}

func same(t *testing.T, what string, want, have any) {
	t.Helper()
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("%s (-want +have):\n%s", what, d)
	}
}

// What Google does not take.
func TestWatchRefusals(t *testing.T) {
	e, r := serving(t, Options{PlainHooks: true}), receiving(t)
	good := func() *reports.Channel {
		return &reports.Channel{Id: "c-1", Type: "web_hook", Address: r.address()}
	}
	for what, x := range map[string]struct {
		change func(*reports.Channel)
		reason string
	}{
		"no id":               {func(c *reports.Channel) { c.Id = "" }, "required"},
		"an id with a point":  {func(c *reports.Channel) { c.Id = "c.1" }, "invalid"},
		"a long id":           {func(c *reports.Channel) { c.Id = strings.Repeat("c", 65) }, "invalid"},
		"another delivery":    {func(c *reports.Channel) { c.Type = "mail" }, "push.channelTypeNotSupported"},
		"no address":          {func(c *reports.Channel) { c.Address = "" }, "required"},
		"no TLS":              {func(c *reports.Channel) { c.Address = "http://review.school.example/hooks/google" }, "push.webhookUrlNotHttps"},
		"no host":             {func(c *reports.Channel) { c.Address = "https:///hooks" }, "push.webhookUrlNotHttps"},
		"a long token":        {func(c *reports.Channel) { c.Token = strings.Repeat("t", 257) }, "invalid"},
		"no time to live":     {func(c *reports.Channel) { c.Params = map[string]string{"ttl": "0"} }, "invalid"},
		"a time that is over": {func(c *reports.Channel) { c.Expiration = start.UnixMilli() }, "invalid"},
	} {
		c := good()
		x.change(c)
		_, err := e.reports().Activities.Watch("all", "drive", c).Do()
		want(t, what, err, 400, x.reason)
	}
	_, err := e.reports().Activities.Watch("all", "gmail", good()).Do()
	want(t, "no such log", err, 404, "notFound")
	if n := len(e.s.Channels()); n != 0 {
		t.Errorf("%d channels are open", n)
	}
	_, err = e.reports().Activities.Watch("all", "drive", good()).Do()
	want(t, "a good one", err, 0, "")
	_, err = e.admin("ann@school.example").Users.Watch(&admin.Channel{Id: "c-1", Type: "web_hook", Address: r.address()}).Customer("my_customer").Event("add").Do()
	want(t, "an id that is taken", err, 400, "channelIdNotUnique")
	_, err = e.admin("bob@school.example").Users.Watch(&admin.Channel{Id: "c-2", Type: "web_hook", Address: r.address()}).Customer("my_customer").Event("add").Do()
	want(t, "not an administrator", err, 403, "forbidden")
	_, err = e.admin("ann@school.example").Users.Watch(&admin.Channel{Id: "c-2", Type: "web_hook", Address: r.address()}).Event("add").Do()
	want(t, "no customer", err, 400, "badRequest")

	e = serving(t, Options{})
	_, err = e.reports().Activities.Watch("all", "drive", good()).Do()
	want(t, "loopback without leave", err, 400, "push.webhookUrlNotHttps")
}

// The first message says that there will be others; then there is one for each record of that name, when the log shows it, with the headers and the body that Google documents.
func TestPushOfALog(t *testing.T) {
	e, r := serving(t, Options{PlainHooks: true, AuditLag: 4 * time.Minute}), receiving(t)
	c := e.watchLog(r, "c-1", "drive", "change_user_access")
	if c.ResourceId == "" || c.Kind != "api#channel" || c.Token != "t-c-1" || c.Expiration != start.Add(6*time.Hour).UnixMilli() {
		t.Errorf("have %+v", c)
	}
	first := r.take(t, e)
	same(t, "at first", []string{"c-1 sync"}, states(first))
	h := first[0].header
	same(t, "headers", []string{"t-c-1", c.ResourceId, c.ResourceUri, "1", "Mon, 02 Nov 2026 14:00:00 GMT", ""}, []string{h.Get("X-Goog-Channel-Token"), h.Get("X-Goog-Resource-ID"), h.Get("X-Goog-Resource-URI"),
		h.Get("X-Goog-Message-Number"), h.Get("X-Goog-Channel-Expiration"), first[0].body})

	if err := e.w.Share("A", world.Grant{Type: "user", Role: "reader", EmailAddress: "eve@home.example"}, "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	if err := e.w.ViewFile("A", "ann@school.example"); err != nil {
		t.Fatal(err)
	}
	e.w.Advance(time.Minute)
	if got := r.take(t, e); len(got) != 0 {
		t.Errorf("before the log shows it: %v", states(got))
	}
	e.w.Advance(10 * time.Minute)
	got := r.take(t, e)
	same(t, "after that", []string{"c-1 change_user_access"}, states(got))
	if n, err := strconv.Atoi(got[0].header.Get("X-Goog-Message-Number")); err != nil || n < 2 || got[0].header.Get("Content-Type") != "application/json; utf-8" {
		t.Errorf("have %v", got[0].header)
	}
	api, err := discovery.Load()
	if err != nil {
		t.Fatal(err)
	}
	list, _, _, _ := api.Match("GET", "/admin/reports/v1/activity/users/all/applications/drive")
	if err := list.API.Validate("Activity", []byte(got[0].body)); err != nil {
		t.Error(err)
	}
	var told struct{ Events []struct{ Name string } }
	if err := json.Unmarshal([]byte(got[0].body), &told); err != nil || len(told.Events) == 0 || told.Events[0].Name != "change_user_access" {
		t.Errorf("%v: %s", err, got[0].body)
	}
}

// What becomes of accounts is told as it happens, each event through its own channel.
func TestPushOfAccounts(t *testing.T) {
	w := office(t)
	e, r := startWorld(t, w, Options{PlainHooks: true, AuditLag: time.Hour}), receiving(t)
	for _, event := range []string{"add", "delete", "makeAdmin", "undelete", "update"} {
		c, err := e.admin("ann@school.example").Users.Watch(&admin.Channel{Id: "of-" + event, Type: "web_hook", Address: r.address(), Params: map[string]string{"ttl": "999999"}}).Customer("my_customer").Event(event).Do()
		if err != nil || c.Expiration != start.Add(48*time.Hour).UnixMilli() {
			t.Fatalf("%+v: %v", c, err)
		}
	}
	r.take(t, e)
	for _, err := range []error{
		w.CreateUser(&world.User{PrimaryEmail: "new@school.example", Name: world.Name{FullName: "New"}, OrgUnitPath: "/Staff"}, "ann@school.example"),
		w.MoveUser("101", "/Pupils", "ann@school.example"),
		w.SignOut("101", "ann@school.example"), // changes nothing of the account
		w.AddMember("g1", &world.Member{Email: "new@school.example"}, "ann@school.example"),
		w.DeleteUser("101", "ann@school.example"),
		w.UndeleteUser("101", "/Pupils", "ann@school.example"),
		second(w.AssignRole("8", "101", "ann@school.example")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := r.take(t, e)
	same(t, "what is told", []string{"of-add add", "of-update update", "of-delete delete", "of-undelete undelete", "of-makeAdmin makeAdmin"}, states(got))
	var u struct{ Kind, ID, Etag, PrimaryEmail string }
	if err := json.Unmarshal([]byte(got[2].body), &u); err != nil || u.Kind != "admin#directory#user" || u.ID != "101" || u.Etag == "" || u.PrimaryEmail != "bob@school.example" {
		t.Errorf("%v: %s", err, got[2].body)
	}
}

func second[T any](_ T, err error) error { return err }

// A channel tells nothing after its end, whether it was stopped or its time is over.
func TestChannelsEnd(t *testing.T) {
	e, r := serving(t, Options{PlainHooks: true}), receiving(t)
	act := func() {
		t.Helper()
		if err := e.w.ViewFile("A", "ann@school.example"); err != nil {
			t.Fatal(err)
		}
	}
	a, b := e.watchLog(r, "a", "drive", "view"), e.watchLog(r, "b", "drive", "view")
	if a.ResourceId != b.ResourceId {
		t.Errorf("the same resource has two ids: %s and %s", a.ResourceId, b.ResourceId)
	}
	r.take(t, e)
	act()
	same(t, "both", []string{"a view", "b view"}, states(r.take(t, e)))
	want(t, "without the resource", e.reports().Channels.Stop(&reports.Channel{Id: "a"}).Do(), 400, "required")
	want(t, "another resource", e.reports().Channels.Stop(&reports.Channel{Id: "a", ResourceId: "x"}).Do(), 404, "notFound")
	want(t, "the Directory's", e.admin("ann@school.example").Channels.Stop(&admin.Channel{Id: "a", ResourceId: a.ResourceId}).Do(), 404, "notFound")
	want(t, "stopping", e.reports().Channels.Stop(&reports.Channel{Id: "a", ResourceId: a.ResourceId}).Do(), 0, "")
	want(t, "again", e.reports().Channels.Stop(&reports.Channel{Id: "a", ResourceId: a.ResourceId}).Do(), 404, "notFound")
	act()
	same(t, "one", []string{"b view"}, states(r.take(t, e)))
	_, err := e.reports().Activities.Watch("all", "drive", &reports.Channel{Id: "a", Type: "web_hook", Address: r.address()}).Do()
	want(t, "an id used before", err, 400, "channelIdNotUnique")

	e.w.Advance(6*time.Hour - time.Minute)
	act() // a minute before the end, and told although the clock is moved beyond it before anybody looks
	e.w.Advance(time.Minute)
	act()
	same(t, "at the end", []string{"b view"}, states(r.take(t, e)))
	open := slices.ContainsFunc(e.s.Channels(), func(c Channel) bool { return c.Open })
	if open || len(e.s.Channels()) != 2 {
		t.Errorf("have %+v", e.s.Channels())
	}
}

// A receiver that has a fault is asked again, later each time; one that refuses is not.
func TestPushIsTriedAgain(t *testing.T) {
	e, r := serving(t, Options{PlainHooks: true}), receiving(t, 503, 500, 404)
	e.watchLog(r, "c", "drive", "view")
	same(t, "at once", 1, len(r.take(t, e)))
	same(t, "not yet", 0, len(r.take(t, e)))
	e.w.Advance(10 * time.Second)
	same(t, "after ten seconds", []string{"c sync"}, states(r.take(t, e)))
	e.w.Advance(10 * time.Second)
	same(t, "not after twenty", 0, len(r.take(t, e)))
	e.w.Advance(10 * time.Second)
	same(t, "but after thirty", []string{"c sync"}, states(r.take(t, e)))
	e.w.Advance(time.Hour)
	same(t, "never after it was refused", 0, len(r.take(t, e)))
	if c := e.s.Channels()[0]; c.Failed != 1 || c.Sent != 0 {
		t.Errorf("have %+v", c)
	}
	e.watchLog(r, "d", "drive", "view")
	r.Close() // nobody answers
	e.s.Deliver(t.Context())
	e.w.Advance(5 * time.Hour)
	e.s.Deliver(t.Context())
	if c := e.s.Channels()[1]; c.Failed+c.Sent != 1 {
		t.Errorf("have %+v", c)
	}
}

// Messages get lost, come twice and come late, the same ones each time.
func TestPushFaults(t *testing.T) {
	told := func(kind string, wait time.Duration) (n int) {
		e, r := serving(t, Options{PlainHooks: true, Faults: Faults{Rate: 0.2, Seed: 3, Kinds: []string{kind}, Late: time.Hour}}), receiving(t)
		e.watchLog(r, "c", "drive", "view")
		for range 100 {
			if err := e.w.ViewFile("A", "ann@school.example"); err != nil {
				t.Fatal(err)
			}
			e.w.Advance(time.Second)
		}
		e.w.Advance(wait)
		return len(r.take(t, e)) - 1
	}
	lost := told("lost-push", time.Hour)
	same(t, "lost again", lost, told("lost-push", time.Hour))
	twice := told("dup-push", 0)
	soon, all := told("late-push", 0), told("late-push", time.Hour)
	if lost < 65 || lost > 92 || twice < 108 || twice > 135 || soon < 65 || soon > 92 || all != 100 {
		t.Errorf("of 100 records: %d messages with some lost, %d with some doubled, %d on time, %d in all", lost, twice, soon, all)
	}
}
