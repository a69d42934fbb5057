package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"time"
)

// pageLife is how long a page token is good for, in the tenant's time. Source: Directory API, users.list.
const pageLife = 3 * 24 * time.Hour

// pager makes and reads page tokens: opaque, bound to method, subject and query, not to be forged.
type pager struct{ key []byte }

type pageToken struct {
	Query   []byte `json:"q"` // hash of what it belongs to
	After   string `json:"a"` // where the next page begins, in the method's own terms
	Expires int64  `json:"e"`
}

// unbound are the parameters that may change from page to page.
var unbound = []string{"pageToken", "pageSize", "maxResults", "fields", "alt", "prettyPrint", "key", "quotaUser", "access_token"}

func (p *pager) binding(method, subject string, path map[string]string, query url.Values) []byte {
	q := url.Values{}
	for k, v := range query {
		if !slices.Contains(unbound, k) {
			q[k] = v
		}
	}
	for k, v := range path {
		q.Set("path "+k, v)
	}
	q.Set("method of call", method)
	q.Set("subject of call", subject)
	sum := sha256.Sum256([]byte(q.Encode()))
	return sum[:12]
}

func (p *pager) make(binding []byte, after string, now time.Time) string {
	b, err := json.Marshal(pageToken{binding, after, now.Add(pageLife).Unix()})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(p.sum(b), b...))
}

func (p *pager) sum(b []byte) []byte {
	h := hmac.New(sha256.New, p.key)
	h.Write(b)
	return h.Sum(nil)[:16]
}

// read gives the position, or ok false when the token is not one of ours, belongs to another query, or is too old.
func (p *pager) read(token string, binding []byte, now time.Time) (after string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 16 || !hmac.Equal(b[:16], p.sum(b[16:])) {
		return "", false
	}
	var t pageToken
	if json.Unmarshal(b[16:], &t) != nil || !hmac.Equal(t.Query, binding) || now.Unix() > t.Expires {
		return "", false
	}
	return t.After, true
}
