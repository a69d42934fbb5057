package google_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/google"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// A mailbox's mails are read in full, page by page, those that the search asks for; and only with the scope for it.
func TestSimulatedMail(t *testing.T) {
	const many = 501 // more than a page
	var address string
	may := func(scope bool) *site {
		return serve(t, "drives", server.Options{}, func(cfg *google.Config) { address = cfg.Admin }, func(w *world.World) {
			scopes := &w.Settings.Clients[0].Scopes
			*scopes = slices.DeleteFunc(*scopes, func(s string) bool { return s == google.ScopeMail })
			if scope {
				*scopes = append(*scopes, google.ScopeMail)
			}
		})
	}
	s := may(true)
	put := func(from string, n int) {
		raw := fmt.Sprintf("From: <%s>\r\nSubject: %d\r\n\r\nHello\r\n", from, n)
		s.world.ReceiveMail(s.admin, base64.URLEncoding.EncodeToString([]byte(raw)))
	}
	put("somebody@home.example", 0)
	for n := range many {
		put("hello@classdojo.com", n)
	}
	now := s.world.Now()
	count := func(search string) int {
		n := 0
		for raw, err := range s.Mail(t.Context(), s.admin, search) {
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(raw), "From: <") || !strings.Contains(string(raw), "Hello\r\n") {
				t.Fatalf("%q", raw)
			}
			n++
		}
		return n
	}
	if have := count(fmt.Sprintf("from:classdojo.com after:%d", now.Add(-time.Hour).Unix())); have != many {
		t.Errorf("%d mails of ClassDojo's, want %d", have, many)
	}
	if have := count(fmt.Sprintf("from:classdojo.com after:%d", now.Add(time.Hour).Unix())); have != 0 {
		t.Errorf("%d mails of the future", have)
	}
	without := may(false)
	for _, err := range without.Mail(t.Context(), address, "from:classdojo.com") {
		if google.Reason(err) != seen.Refused || strings.Contains(err.Error(), "@") {
			t.Errorf("without the scope: %v", err)
		}
	}
}
