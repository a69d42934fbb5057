package hooks

import (
	"errors"
	"fmt"
	"strings"
)

// The environment variables of the receivers, the same wherever they run.
const (
	KeysVar     = "ESAFETYBOT_HOOKS_KEYS"      // keys that sign the tokens of Google's channels, with commas between them
	DojoKeysVar = "ESAFETYBOT_DOJO_RELAY_KEYS" // keys of ClassDojo's forwarder
	AudienceVar = "ESAFETYBOT_PUBSUB_AUDIENCE" // what the tokens of Pub/Sub pushes must be made for
	AccountVar  = "ESAFETYBOT_PUBSUB_ACCOUNT"  // and the service account that they must be made by
)

// Settings is what the environment says of the receivers.
type Settings struct {
	Keys, Dojo        []string
	Audience, Account string // of Pub/Sub; both or none
}

// KeyError tells which key cannot be used, by its place.
type KeyError struct{ Place int }

// Error implements error.
func (e *KeyError) Error() string {
	return fmt.Sprintf("key %d of the receivers (%s) cannot be used: a key is at least %d letters, digits and signs, without spaces; make one with `openssl rand -hex 32`", e.Place, KeysVar, MinKey)
}

// Read reads the settings, and refuses what could not work.
func Read(getenv func(string) string) (Settings, error) {
	s := Settings{Keys: Keys(getenv(KeysVar)), Dojo: Keys(getenv(DojoKeysVar)), Audience: getenv(AudienceVar), Account: getenv(AccountVar)}
	if err := checkKeys(s.Keys); err != nil {
		return Settings{}, err
	}
	if (s.Audience == "") != (s.Account == "") {
		return Settings{}, errors.New("a push of Pub/Sub is believed by two things, and one is missing: set both " + AudienceVar + " and " + AccountVar)
	}
	return s, nil
}

// Any tells whether anything is to be received at all.
func (s Settings) Any() bool { return len(s.Keys) > 0 || len(s.Dojo) > 0 || s.Audience != "" }

// Keys takes a list of keys apart: commas, blanks and ends of lines stand between them.
func Keys(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' })
}
