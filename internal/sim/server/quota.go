package server

import (
	"net/url"
	"strings"
	"sync"
	"time"
)

// quotas counts what each project and each user has used in the running minute of real time.
type quotas struct {
	mu     sync.Mutex
	now    func() time.Time
	minute int64
	used   map[string]int
	model  string // tenant.json project.quota
}

// A charge is what a call costs of one quota.
type charge struct {
	key    string
	units  int
	limit  int
	reason string
	code   int
}

// Quotas. Drive: projects since May 2026 count units (list 100, get 5, write 50), older ones queries. Gmail counts units per user. Sources: the
// usage limits pages of the APIs; policies.list is what callers report to be tolerated.
func (q *quotas) charges(method, project, subject string, query url.Values, path map[string]string) []charge {
	api, verb, _ := strings.Cut(method, ".")
	verb = verb[strings.LastIndexByte(verb, '.')+1:]
	user := project + "/" + subject
	switch api {
	case "drive":
		if q.model == "queries" {
			return []charge{{"drive/" + user, 1, 12_000, "userRateLimitExceeded", 403}, {"drive/" + project, 1, 12_000, "rateLimitExceeded", 403}}
		}
		units := map[string]int{"list": 100, "get": 5}[verb]
		if units == 0 {
			units = 50
		}
		return []charge{{"drive/" + user, units, 325_000, "userRateLimitExceeded", 403}, {"drive/" + project, units, 1_000_000, "rateLimitExceeded", 403}}
	case "directory":
		return []charge{{"directory/" + user, 1, 2_400, "quotaExceeded", 429}}
	case "reports":
		out := []charge{{"reports/" + project, 1, 2_400, "rateLimitExceeded", 429}}
		if path["userKey"] != "all" || query.Get("eventName") != "" || query.Get("filters") != "" || query.Get("orgUnitID") != "" {
			out = append(out, charge{"reports-filtered/" + project, 1, 250, "rateLimitExceeded", 503})
		}
		return out
	case "gmail":
		units := map[string]int{"send": 100, "create": 10, "delete": 10, "get": 5, "list": 5}[verb]
		if units == 0 {
			units = 1
		}
		return []charge{{"gmail/" + user, units, 6_000, "userRateLimitExceeded", 429}, {"gmail/" + project, units, 1_200_000, "rateLimitExceeded", 429}}
	case "classroom":
		return []charge{{"classroom/" + user, 1, 1_200, "rateLimitExceeded", 429}, {"classroom/" + project, 1, 3_000, "rateLimitExceeded", 429}}
	case "blogger": // Google publishes none; what new projects report
		return []charge{{"blogger/" + user, 1, 100, "userRateLimitExceeded", 403}, {"blogger/" + project, 1, 300, "rateLimitExceeded", 403}}
	case "cloudidentity":
		return []charge{{"cloudidentity/" + project, 1, 60, "rateLimitExceeded", 429}}
	}
	return nil
}

// spend takes the charges off their quotas, or refuses all of them.
func (q *quotas) spend(charges []charge) *apiError {
	q.mu.Lock()
	defer q.mu.Unlock()
	if m := q.now().Unix() / 60; m != q.minute {
		q.minute, q.used = m, map[string]int{}
	}
	for _, c := range charges {
		if q.used[c.key]+c.units > c.limit {
			if c.code == 503 {
				return backendError(503)
			}
			return rateLimit(c.code, c.reason)
		}
	}
	for _, c := range charges {
		q.used[c.key] += c.units
	}
	return nil
}
