package google

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/googleapi"

	"esafetybot/internal/seen"
)

// Whatever an error answer holds, it is read without harm and none of it but a single word is shown.
func FuzzProblem(f *testing.F) {
	f.Add(403, problemBody(403, "rateLimitExceeded", "slow down, ann@school.example"))
	f.Add(401, `{"error":"unauthorized_client","error_description":"x"}`)
	f.Add(400, `{"error":{"code":"400","details":[{"reason":7}]}}`)
	f.Add(503, `<html>@</html>`)
	f.Fuzz(func(t *testing.T, code int, body string) {
		id := &identity{scopes: []string{ScopeMetadata}}
		ctx := withCall(context.Background(), &call{m: filesList, id: id})
		code = 400 + (code&0x7fffffff)%200
		rec := httptest.NewRecorder()
		rec.WriteHeader(code)
		io.WriteString(rec, body)
		text := explain(ctx, "file 1", googleapi.CheckResponse(rec.Result())).Error()
		if strings.ContainsAny(text, "@<{\n\"") || len(text) > 600 {
			t.Errorf("have %q", text)
		}
		parseProblem([]byte(body)).quota()
	})
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("20", "")
	f.Add("Tue, 01 Sep 2026 08:00:30 GMT", "Tue, 01 Sep 2026 08:00:00 GMT")
	f.Add("-1", "soon")
	tr := &transport{now: func() time.Time { return time.Unix(0, 0) }}
	f.Fuzz(func(t *testing.T, after, date string) {
		if d := tr.retryAfter(http.Header{"Retry-After": {after}, "Date": {date}}); d < 0 {
			t.Errorf("have %v", d)
		}
	})
}

func TestErrors(t *testing.T) {
	api := func(code int, reason, message string) *fake {
		return script(step{code: code, body: problemBody(code, reason, message)})
	}
	tok := func(code int, body string) *fake {
		f := script(fine)
		f.token = func(string, string) (int, string) { return code, body }
		return f
	}
	files := func(c *Client, t *testing.T) error {
		_, err := collect(c.OwnedItems(t.Context(), owner))
		return err
	}
	users := func(c *Client, t *testing.T) error { _, err := collect(c.Users(t.Context())); return err }
	open := func(c *Client, t *testing.T) error {
		_, err := c.GroupOpen(t.Context(), "ann.club@school.example")
		return err
	}
	send := func(c *Client, t *testing.T) error { return c.SendDraft(t.Context(), owner, "d1") }
	get := func(c *Client, t *testing.T) error { _, err := c.Item(t.Context(), owner, "1AbC"); return err }
	tests := []struct {
		name string
		f    *fake
		do   func(*Client, *testing.T) error
		why  seen.Reason
		want string // in the text
	}{
		{"scope not delegated", tok(401, `{"error":"unauthorized_client","error_description":"Client is unauthorized"}`), users, seen.Refused,
			"directory.users.list as the administrator: Google refused the scope " + ScopeUsers + " for the service account (HTTP 401, unauthorized_client): add it under Admin console"},
		{"no such owner", tok(400, `{"error":"invalid_grant","error_description":"Invalid email or User ID"}`), files, seen.Off, "drive.files.list as an owner: Google knows no such account"},
		{"no such administrator", tok(400, `{"error":"invalid_grant","error_description":"Invalid email or User ID"}`), users, seen.Refused, "give the address of an active administrator"},
		{"old key", tok(400, `{"error":"invalid_grant","error_description":"Invalid JWT Signature."}`), files, seen.Refused, "make a new key"},
		{"wrong clock", tok(400, `{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token. Check your iat and exp values"}`), files, seen.Failed, "clock"},
		{"scope insufficient", api(403, "insufficientPermissions", "Request had insufficient authentication scopes."), files, seen.Refused, "Google wants another scope than " + ScopeMetadata},
		{"not an administrator", api(403, "forbidden", "Not Authorized to access this resource/api"), users, seen.Refused, "administrator role"},
		{"file not shareable", api(403, "insufficientFilePermissions", "The user does not have sufficient permissions for file 1AbC."), get, seen.Refused, "drive.files.get of file 1AbC as an owner: this account may not do this"},
		{"API off in the project", api(403, "accessNotConfigured", "Drive API has not been used in project 1 before or it is disabled."), files, seen.Refused, "enable it in the Google Cloud console"},
		{"Drive off by policy", api(403, "domainPolicy", "The domain administrators have disabled Drive apps."), files, seen.Off, "switched off"},
		{"Drive off", api(403, "forbidden", "Drive is disabled for ann@school.example"), files, seen.Off, "switched off"},
		{"account disabled", api(401, "authError", "Invalid Credentials"), files, seen.Off, "disabled"},
		{"administrator disabled", api(401, "authError", "Invalid Credentials"), users, seen.Refused, "active"},
		{"no mailbox", api(400, "failedPrecondition", "Mail service not enabled"), send, seen.Off, "gmail.drafts.send of draft d1 as an owner: the service is switched off for this account"},
		{"another precondition", api(400, "failedPrecondition", "Precondition check failed."), send, seen.Failed, "does not take the request"},
		{"bad request", api(400, "invalid", "Invalid Input: ann@school.example"), users, seen.Failed, "HTTP 400, invalid"},
		{"group not found", api(404, "notFound", "Resource Not Found: ann.club@school.example"), open, seen.Failed, "groupssettings.groups.get of a group as the administrator: not found"},
		{"odd reason", api(400, "ann@school.example", "x"), users, seen.Failed, "(HTTP 400)"},
		{"new form", script(step{code: 403, body: `{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED","details":[{"reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}`}), users, seen.Refused, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"},
		{"no body", script(step{code: 403}), files, seen.Refused, "HTTP 403"},
		{"HTML", script(step{code: 404, body: "<html>ann@school.example</html>", header: map[string]string{"Content-Type": "text/html"}}), files, seen.Failed, "not found (HTTP 404)"},
		{"not what was asked for", script(step{code: 200, body: `{"files":"none"}`}), files, seen.Failed, "makes no sense"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do(tt.f.client(t, nil), t)
			if err == nil {
				t.Fatal("no error")
			}
			silent(t, err)
			if have := Reason(err); have != tt.why {
				t.Errorf("reason %q, want %q: %v", have, tt.why, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("have %q\nwant %q in it", err, tt.want)
			}
			if errors.Unwrap(err) != nil {
				t.Errorf("Google's own error %v is inside", errors.Unwrap(err))
			}
		})
	}
	if Reason(nil) != "" || Reason(io.EOF) != seen.Failed || IsNotFound(nil) || IsGone(io.EOF) {
		t.Error("errors that are not Google's")
	}
	if err := send(api(400, "invalidArgument", "Recipient address required").client(t, nil), t); !IsInvalid(err) {
		t.Errorf("have %v, want invalid", err)
	}
	if err := send(api(400, "failedPrecondition", "Mail service not enabled").client(t, nil), t); IsInvalid(err) {
		t.Errorf("have %v, want not invalid", err)
	}
	if err := get(api(410, "gone", "x").client(t, nil), t); !IsGone(err) {
		t.Errorf("have %v, want gone", err)
	}
}

func TestScopes(t *testing.T) {
	for _, job := range []string{"sharing", "accounts", "devices", "pupil-email", "settings", "send", "apply", "reminders"} {
		had := map[string]bool{}
		for _, s := range Scopes(job) {
			if !strings.HasPrefix(s.Scope, "https://www.googleapis.com/auth/") || s.Plain == "" || s.Unseen == "" || had[s.Scope] {
				t.Errorf("%s: %+v", job, s)
			}
			had[s.Scope] = true
		}
		if len(had) == 0 {
			t.Errorf("%s uses no scope", job)
		}
	}
	if Scopes("sharing") == nil || Scopes("nothing") != nil {
		t.Error("scopes of an unknown job")
	}
}
