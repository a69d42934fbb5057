package signin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"
)

// cookieName is a cookie's name. With the prefix __Host- a browser takes it from this very host over https only, so that no other site
// of the school's domain can plant one.
func (s *SignIn) cookieName(what string) string {
	if s.secure {
		return "__Host-esafetybot-" + what
	}
	return "esafetybot-" + what
}

// remember sets a cookie. Lax, as people arrive from mails and come back from Google.
func (s *SignIn) remember(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()), Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (s *SignIn) forget(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// derive makes the keys of one purpose for this site from Key and PreviousKey, in this order: what is sealed for one purpose, or one
// site, opens for no other.
func derive(c Config, purpose string) ([][]byte, error) {
	var out [][]byte
	for _, key := range [][]byte{c.Key, c.PreviousKey} {
		if len(key) == 0 {
			continue
		}
		k, err := hkdf.Key(sha256.New, key, nil, "esafetybot review site/1/"+purpose+"/"+c.BaseURL, 32)
		if err != nil {
			return nil, fmt.Errorf("sign-in: keys: %w", err)
		}
		out = append(out, k)
	}
	return out, nil
}

// box seals what a cookie holds, so that a browser can neither read nor change it.
type box struct{ keys []cipher.AEAD } // the present one first

func newBox(c Config, purpose string) (box, error) {
	keys, err := derive(c, purpose)
	if err != nil {
		return box{}, err
	}
	var b box
	for _, k := range keys {
		block, err := aes.NewCipher(k)
		if err != nil {
			return box{}, fmt.Errorf("sign-in: keys: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return box{}, fmt.Errorf("sign-in: keys: %w", err)
		}
		b.keys = append(b.keys, aead)
	}
	return b, nil
}

// encoding takes each value in one spelling only.
var encoding = base64.RawURLEncoding.Strict()

// maxCookie is longer than any cookie of ours, and as long as browsers keep one.
const maxCookie = 4096

func (b box) seal(plain []byte) string {
	return encoding.EncodeToString(b.keys[0].Seal(nil, nil, plain, nil))
}

func (b box) open(value string) ([]byte, bool) {
	if len(value) > maxCookie {
		return nil, false
	}
	sealed, err := encoding.DecodeString(value)
	if err != nil || encoding.EncodeToString(sealed) != value { // the decoder skips line breaks
		return nil, false
	}
	for _, k := range b.keys {
		if plain, err := k.Open(nil, nil, sealed, nil); err == nil {
			return plain, true
		}
	}
	return nil, false
}
