package jobs

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	client "esafetybot/internal/google"
	"esafetybot/internal/hooks"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// The whole way: the job opens channels at the simulated school, what happens there is pushed with a token that the receiver believes, channels are replaced for two days, and closed when the policy asks for
// less. Without the scope of the logs the accounts are listened to all the same.
func TestHooksAtTheSimulatedSchool(t *testing.T) {
	for _, refused := range []string{"", client.ScopeAudit} {
		t.Run("without "+refused, func(t *testing.T) {
			l := listeningSchool(t, fewClauses)
			w := world.New(world.Settings{Now: l.at.UTC(), TimeZone: "Europe/London", Customer: world.Customer{ID: "C0oak", CustomerDomain: "school.example"}, Seed: 1,
				Clients: []world.Client{{ClientID: "1001", Email: "bot@project.example", Scopes: slices.DeleteFunc([]string{client.ScopeUsers, client.ScopeAudit}, func(s string) bool { return s == refused })}}})
			w.AddDomain(&world.Domain{DomainName: "school.example", IsPrimary: true, Verified: true})
			for _, id := range []string{"it", "kim"} {
				if err := w.AddUser(&world.User{ID: id, PrimaryEmail: id + "@school.example", OrgUnitPath: "/", IsAdmin: id == "it"}); err != nil {
					t.Fatal(err)
				}
			}
			w.AddCourse(&world.Course{ID: "1", Name: "Year 4", OwnerID: "kim", CourseState: "ACTIVE"})
			w.AddTeacher("1", &world.CourseMember{UserID: "kim"})
			sim, err := server.New(w, server.Options{PlainHooks: true, Key: testKey()})
			if err != nil {
				t.Fatal(err)
			}
			hs := httptest.NewServer(sim)
			defer hs.Close()
			var mu sync.Mutex
			told := map[string]int{} // by log, event and state
			receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				c, err := hooks.Open([]string{hookKey}, r.Header.Get("X-Goog-Channel-ID"), r.Header.Get("X-Goog-Channel-Token"), w.Now())
				if err != nil || c.School != "school.example" || r.URL.Path != "/hooks/google" {
					t.Errorf("%s: %+v, %v", r.URL.Path, c, err)
				}
				mu.Lock()
				defer mu.Unlock()
				told[c.Application+"/"+c.Event+" "+r.Header.Get("X-Goog-Resource-State")]++
			}))
			defer receiver.Close()
			key, err := sim.Credentials(hs.URL + "/token")
			if err != nil {
				t.Fatal(err)
			}
			g, err := client.New(t.Context(), client.Config{Credentials: key, Admin: "it@school.example", Endpoint: hs.URL, Quota: client.Unlimited()})
			if err != nil {
				t.Fatal(err)
			}
			l.env.Google, l.env.Channels, l.env.Clock = g, g, w.Now
			l.env.Receivers = &Receivers{URL: receiver.URL + "/hooks", Keys: []string{hookKey}}
			run := func() *Record {
				t.Helper()
				l.at = w.Now()
				return l.run()
			}
			open := func() int {
				n := 0
				for _, c := range sim.Channels() {
					if c.Open {
						n++
					}
				}
				return n
			}
			have := func(what string) int {
				sim.Deliver(t.Context())
				mu.Lock()
				defer mu.Unlock()
				return told[what]
			}

			want := len(l.each())
			r := run()
			if refused != "" {
				if want = len(usersEvents); len(r.Channels.Trouble) != 1 || r.Channels.Trouble[0].Reason != seen.Refused || !strings.Contains(r.Channels.Trouble[0].Detail, refused) || strings.Contains(r.Channels.Trouble[0].Detail, "@") {
					t.Errorf("have %+v", r.Channels.Trouble)
				}
			}
			if open() != want || r.Channels.Open != want || !r.OK(nil) {
				t.Fatalf("%d channels are open, want %d: %+v", open(), want, r.Channels)
			}
			if err := w.CreateUser(&world.User{PrimaryEmail: "new@school.example", OrgUnitPath: "/"}, "it@school.example"); err != nil {
				t.Fatal(err)
			}
			if n := have("users/add add"); n != 1 {
				t.Errorf("an account was told %d times", n)
			}
			if n := have("users/add sync"); n != 1 {
				t.Errorf("the channel on accounts has begun %d times", n)
			}
			if refused != "" {
				return
			}
			if err := w.CreatePost("1", world.Announcement, &world.Post{Text: "Hello"}, "kim@school.example"); err != nil {
				t.Fatal(err)
			}
			if n := have("classroom/published_announcement published_announcement"); n != 1 {
				t.Errorf("a post was told %d times", n)
			}
			for range 48 * 4 {
				sim.Deliver(t.Context()) // else the clock runs on while what was pushed is still under way, and a token is over when it comes
				w.Advance(15 * time.Minute)
				if l.due() {
					run()
				}
				if n := open(); n != want {
					t.Fatalf("at %s %d channels are open, want %d", w.Now(), n, want)
				}
			}
			if n := len(sim.Channels()); n != 11*(want-5)+2*5 {
				t.Errorf("%d channels were opened in two days", n)
			}
			l.env.Policy = parsed(t, schoolPolicy)
			if !l.due() {
				t.Error("the policy asks for less, and nothing is due")
			}
			if run(); open() != want-5 || l.due() {
				t.Errorf("%d channels are open, want %d", open(), want-5)
			}
		})
	}
}
