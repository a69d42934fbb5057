package web

import (
	"net/http"
	"strings"

	"esafetybot/internal/limit"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/web/signin"
)

// What one account may send and take out. Somebody who presses one button after the other for two minutes on end does not come near it; a script does.
const (
	formsAtOnce      = 120
	formsPerSecond   = 1
	exportsAtOnce    = 30 // lists as files, and inspection copies
	exportsPerSecond = 1.0 / 20
)

// limited counts the forms that an account sends, and the lists that it takes out, before anything is read for them. Looking at pages is not counted.
func (s *Site) limited(pattern string, h http.HandlerFunc) http.HandlerFunc {
	method, path, _ := strings.Cut(pattern, " ")
	var l *limit.Limiter
	what := refusal{Status: http.StatusTooManyRequests, Reason: "too-many-forms", Title: "That was too much at once", Why: "Your account sent very many forms in a short time. The last one was not taken, and nothing was changed by it.", Do: "Wait a minute, go back, and send it again. If you did not send them yourself, sign out and tell the administrator."}
	switch {
	case method == http.MethodPost:
		l = &s.forms
	case strings.HasSuffix(path, ".csv") || path == inspectionPath:
		l = &s.exports
		what.Reason, what.Why, what.Do = "too-many-lists", "Your account took out very many lists in a short time. The last one was not made.", "Wait a few minutes, and ask for it again. If you did not ask for them yourself, sign out and tell the administrator."
	default:
		return h
	}
	return func(w http.ResponseWriter, r *http.Request) {
		id, _ := signin.From(r.Context())
		if !l.Allow(pseudonym.Of(id.Address), s.Clock()) {
			w.Header().Set("Retry-After", "60")
			s.look().Problem(w, r, signin.Problem(what))
			return
		}
		h(w, r)
	}
}
