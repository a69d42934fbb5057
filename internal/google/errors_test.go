package google

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/googleapi"
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
