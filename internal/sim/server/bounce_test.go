package server_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	gmail "google.golang.org/api/gmail/v1"
	"google.golang.org/api/option"

	. "esafetybot/internal/sim/server"
)

// A mail to somebody of the school whom none reaches comes back to its sender, one report for each; other mail does not.
func TestMailComesBack(t *testing.T) {
	for _, tt := range []struct{ name, to, want string }{
		{"a colleague", "ann@school.example", ""},
		{"a group", "team@school.example", ""},
		{"outside", "nobody@home.example", ""},
		{"by an alias domain", "ann@alias.example", ""},
		{"nobody", "Nobody@school.example", "5.1.1 nobody@school.example"},
		{"switched off", "cat@school.example", "5.2.1 cat@school.example"},
		{"no Gmail", "bob@school.example", "5.2.1 bob@school.example"},
		{"several", "ann@school.example, Cat <cat@school.example>, nobody@school.example", "5.2.1 cat@school.example, 5.1.1 nobody@school.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := serving(t, Options{})
			g, err := gmail.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client("ann@school.example", gmail.GmailComposeScope)))
			if err != nil {
				t.Fatal(err)
			}
			raw := base64.URLEncoding.EncodeToString([]byte("To: " + tt.to + "\r\nMessage-ID: <1@school.example>\r\nSubject: Zyx\r\n\r\nWvu"))
			d, err := g.Users.Drafts.Create("me", &gmail.Draft{Message: &gmail.Message{Raw: raw}}).Do()
			if err == nil {
				_, err = g.Users.Drafts.Send("me", &gmail.Draft{Id: d.Id}).Do()
			}
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for _, m := range e.w.Received("ann@school.example") {
				data, err := base64.URLEncoding.DecodeString(m.Raw)
				if err != nil {
					t.Fatal(err)
				}
				text := string(data)
				if !strings.Contains(text, "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\r\n") || !strings.Contains(text, "Message-ID: <1@school.example>\r\n") || strings.Contains(text, "Wvu") {
					t.Errorf("a report:\n%s", text)
				}
				_, address, _ := strings.Cut(text, "Final-Recipient: rfc822; ")
				address, _, _ = strings.Cut(address, "\r\n")
				_, status, _ := strings.Cut(text, "\r\nStatus: ")
				status, _, _ = strings.Cut(status, "\r\n")
				have = append(have, status+" "+address)
			}
			if strings.Join(have, ", ") != tt.want {
				t.Errorf("came back: %q, want %q", have, tt.want)
			}
		})
	}
}
