// Package hooks is what a push from outside may do: leave a hint that something happened, so that the next run looks there first.
//
// A hint is never believed. It says which log to read again, perhaps what to read first, and nothing that a run could act on: whoever
// forges one makes the worker read what it would have read anyway. What a push carries beyond that (names, addresses, texts) is not
// kept. A push that is lost costs minutes, because polling goes on.
//
// The package does not reach Google, the remedies or a mailbox, not even through others (a test on the import graph).
package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Channel is one of Google's notification channels: what it tells of, for which school, and until when.
type Channel struct {
	ID          string    // given by us when it is opened; at most 64 characters of [A-Za-z0-9\-_+/=]
	School      string    // the school's short name, under which its state is kept: school.id, or the first domain
	Application string    // "drive", "admin", "classroom" or "login" of the Reports API, or "users" of the Directory API
	Event       string    // the event name it was opened for; of users: add, delete, makeAdmin, undelete or update
	Expires     time.Time // when Google closes it; to the second
}

// MinKey is how many characters a key that signs tokens must have at least.
const MinKey = 32

// ErrToken tells that a token was not made by us for that channel, or that its time is over.
var ErrToken = errors.New("the channel's token is not one of ours")

// maxToken is how long a token may be by Google's documentation of push notifications (characters).
const maxToken = 256

// Token is what Google sends back with each push of a channel, which is the only proof that it comes from there. It says what the channel
// is for, so that the receiver needs to read nothing, and is signed with a key that receiver and worker know; it holds nothing secret.
func (c Channel) Token(key string) (string, error) {
	if len(key) < MinKey {
		return "", fmt.Errorf("a key of the receivers needs at least %d characters", MinKey)
	}
	for _, s := range []string{c.ID, c.School, c.Application, c.Event} {
		if s == "" || strings.ContainsAny(s, " |\n") {
			return "", fmt.Errorf("channel %q: what it is for is not complete, or has characters that a token cannot hold", c.ID)
		}
	}
	text := strings.Join([]string{c.School, c.Application, c.Event, strconv.FormatInt(c.Expires.Unix(), 10)}, "|")
	token := text + "|" + sign(key, c.ID, text)
	if len(token) > maxToken {
		return "", fmt.Errorf("channel %q: its token would have %d characters, and Google allows %d", c.ID, len(token), maxToken)
	}
	return token, nil
}

// Open is the channel that a token was made for. Any of the keys may have signed it; the error wraps [ErrToken].
func Open(keys []string, id, token string, now time.Time) (Channel, error) {
	parts := strings.Split(token, "|")
	if len(token) > maxToken || len(parts) != 5 {
		return Channel{}, ErrToken
	}
	text, given := strings.Join(parts[:4], "|"), []byte(parts[4])
	if !slices.ContainsFunc(keys, func(k string) bool { return len(k) >= MinKey && hmac.Equal(given, []byte(sign(k, id, text))) }) {
		return Channel{}, ErrToken
	}
	at, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return Channel{}, ErrToken
	}
	c := Channel{ID: id, School: parts[0], Application: parts[1], Event: parts[2], Expires: time.Unix(at, 0).UTC()}
	if now.After(c.Expires.Add(grace)) {
		return Channel{}, fmt.Errorf("%w: its time is over", ErrToken)
	}
	return c, nil
}

// grace is how long after its end a channel's last pushes, and a clock that is wrong, are still believed.
const grace = time.Hour

// sign binds what a token says to the channel it was given to.
func sign(key, id, text string) string {
	m := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(m, "channel|v1|%s|%s", id, text)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
