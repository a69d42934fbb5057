package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// apiError is an answer that Google would give instead of a result.
type apiError struct {
	code     int
	status   string // canonical name, as in google.rpc.Code
	reason   string
	domain   string // global or usageLimits
	message  string
	location string // what is wrong, with its type
	locType  string
	details  []any
	header   http.Header
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.code, e.reason, e.message) }

// body is Google's error body: both the older errors list and the newer status.
func (e *apiError) body() []byte {
	type inner struct {
		Message      string `json:"message"`
		Domain       string `json:"domain"`
		Reason       string `json:"reason"`
		Location     string `json:"location,omitempty"`
		LocationType string `json:"locationType,omitempty"`
	}
	domain := e.domain
	if domain == "" {
		domain = "global"
	}
	b, err := json.MarshalIndent(map[string]any{"error": struct {
		Code    int     `json:"code"`
		Message string  `json:"message"`
		Errors  []inner `json:"errors"`
		Status  string  `json:"status,omitempty"`
		Details []any   `json:"details,omitempty"`
	}{e.code, e.message, []inner{{e.message, domain, e.reason, e.location, e.locType}}, e.status, e.details}}, "", " ")
	if err != nil {
		return []byte(`{"error":{"code":500,"message":"Internal error"}}`)
	}
	return b
}

func badRequest(reason, location, message string) *apiError {
	e := &apiError{code: 400, status: "INVALID_ARGUMENT", reason: reason, message: message, location: location}
	if location != "" {
		e.locType = "parameter"
	}
	return e
}

func invalidParameter(location, value string) *apiError {
	return badRequest("invalid", location, "Invalid Value")
}

func forbidden(reason, message string) *apiError {
	return &apiError{code: 403, status: "PERMISSION_DENIED", reason: reason, message: message}
}

func notFound(message string) *apiError {
	return &apiError{code: 404, status: "NOT_FOUND", reason: "notFound", message: message}
}

func fileNotFound(id string) *apiError {
	e := notFound("File not found: " + id + ".")
	e.location, e.locType = "fileId", "parameter"
	return e
}

func unauthenticated() *apiError {
	return &apiError{code: 401, status: "UNAUTHENTICATED", reason: "authError", location: "Authorization", locType: "header",
		message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. " +
			"See https://developers.google.com/identity/sign-in/web/devconsole-project.",
		header: http.Header{"Www-Authenticate": {`Bearer realm="https://accounts.google.com/", error="invalid_token"`}}}
}

func missingScope(method string) *apiError {
	e := forbidden("insufficientPermissions", "Request had insufficient authentication scopes.")
	e.details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
		"domain": "googleapis.com", "metadata": map[string]string{"method": method}}}
	return e
}

func notAuthorized() *apiError {
	return forbidden("forbidden", "Not Authorized to access this resource/api")
}

func rateLimit(code int, reason string) *apiError {
	e := &apiError{code: code, status: "RESOURCE_EXHAUSTED", reason: reason, domain: "usageLimits", message: "Rate Limit Exceeded"}
	switch {
	case reason == "userRateLimitExceeded":
		e.message = "User Rate Limit Exceeded"
	case code == http.StatusTooManyRequests:
		e.message = "Too many requests. Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'."
	}
	if code == 403 {
		e.status = "PERMISSION_DENIED"
	}
	return e
}

func backendError(code int) *apiError {
	e := &apiError{code: code, status: "INTERNAL", reason: "backendError", message: "Internal error encountered."}
	if code == 503 {
		e.status, e.message = "UNAVAILABLE", "The service is currently unavailable."
	}
	return e
}

// writeError answers with the error.
func writeError(w http.ResponseWriter, e *apiError) {
	for k, v := range e.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(e.code)
	w.Write(append(e.body(), '\n'))
}

// tokenError is the error body of the token endpoint (RFC 6749, section 5.2).
func tokenError(w http.ResponseWriter, code int, name, description string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	b, _ := json.Marshal(map[string]string{"error": name, "error_description": description})
	w.Write(b)
}

func lower(s string) string { return strings.ToLower(s) }
