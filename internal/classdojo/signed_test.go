package classdojo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hmacOf is HMAC-SHA256 as RFC 2104 writes it, so that the relay is not judged by its own code.
func hmacOf(key string, text []byte) []byte {
	const block = 64
	k := []byte(key)
	if len(k) > block {
		sum := sha256.Sum256(k)
		k = sum[:]
	}
	inner, outer := bytes.Repeat([]byte{0x36}, block), bytes.Repeat([]byte{0x5c}, block)
	for i, b := range k {
		inner[i] ^= b
		outer[i] ^= b
	}
	sum := sha256.Sum256(append(inner, text...))
	sum = sha256.Sum256(append(outer, sum[:]...))
	return sum[:]
}

// What a fuzzed request has that a signed one has not.
const (
	byNobody  = 1 << iota // the signature is the fuzzer's text
	byOldKey              // signed with the other key of ours
	byStrange             // signed with a key that is not ours
	rawStamp              // the timestamp is the fuzzer's text, signed as it is
	flipped               // a bit of the body is turned round after it was signed
	later                 // the timestamp is another than the one that was signed
	twice                 // one of the headers stands twice
	otherwise             // no POST, or upper-case digits
)

// FuzzSigned: a request is taken, or looked into, exactly if a key of ours signed its body and its timestamp, which is of now; whatever else comes is refused without a word, and nothing is left of it.
func FuzzSigned(f *testing.F) {
	const strange = "0123456789abcdef0123456789abcdeF!"
	good := []byte(body(nil))
	for how := range 256 {
		f.Add(good, "1", "v1=00", uint8(how), int16(how))
	}
	f.Add(good, strconv.FormatInt(now.Unix(), 10), "v1="+strings.Repeat("0", 64), uint8(byNobody|rawStamp), int16(0))
	f.Add(bytes.Repeat([]byte("x"), MaxBody+1), "", "", uint8(0), int16(0))
	for _, stamp := range []string{"", "+1", "01", " 1", "1e9", "-1", "1.0", "18446744073709551615", "1\n", "１"} {
		f.Add(good, stamp, "", uint8(rawStamp), int16(0))
	}
	f.Add([]byte("{}"), "", "v1=", uint8(0), int16(301))
	f.Add([]byte(nil), "", "", uint8(0), int16(-300))
	f.Fuzz(func(t *testing.T, text []byte, stamp, signature string, how uint8, off int16) {
		is := func(what uint8) bool { return how&what != 0 }
		if !is(rawStamp) {
			stamp = strconv.FormatInt(now.Unix()+int64(off), 10)
		}
		with := key
		switch {
		case is(byStrange):
			with = strange
		case is(byOldKey):
			with = oldKey
		}
		if !is(byNobody) {
			signature = "v1=" + hex.EncodeToString(hmacOf(with, append([]byte("v1:"+stamp+"."), text...)))
		}
		if is(flipped) && len(text) > 0 {
			text = bytes.Clone(text)
			text[int(uint16(off))%len(text)] ^= 1 << (uint16(off) % 8)
		}
		if is(later) {
			stamp = strconv.FormatInt(now.Unix()+int64(off)+1, 10)
		}
		method := http.MethodPost
		if is(otherwise) {
			if off%2 == 0 {
				method = http.MethodPut
			} else {
				signature = strings.ToUpper(signature)
			}
		}
		req := httptest.NewRequest(method, "/hooks/classdojo", bytes.NewReader(text))
		req.Header.Set("Content-Type", "application/json")
		req.Header[HeaderTimestamp], req.Header[HeaderSignature] = []string{stamp}, []string{signature}
		if is(twice) {
			name := []string{HeaderTimestamp, HeaderSignature}[uint16(off)%2]
			req.Header[name] = append(req.Header[name], req.Header[name][0])
		}

		// What docs/classdojo.md asks for, said anew.
		seconds, err := strconv.ParseInt(stamp, 10, 64)
		age := now.Sub(time.Unix(seconds, 0))
		timely := err == nil && seconds >= 0 && stamp == strconv.FormatInt(seconds, 10) && age <= 5*time.Minute && age >= -5*time.Minute
		ours := false
		for _, k := range []string{key, oldKey} {
			ours = ours || signature == "v1="+hex.EncodeToString(hmacOf(k, append([]byte("v1:"+stamp+"."), text...)))
		}
		genuine := timely && ours && !is(twice) && method == http.MethodPost

		to := &kept{}
		w := httptest.NewRecorder()
		newRelay(t, to).ServeHTTP(w, req)
		_, understood := readPayload(text, now)
		want := []int{http.StatusUnauthorized}
		switch {
		case len(text) > MaxBody && genuine:
			want = []int{http.StatusRequestEntityTooLarge}
		case len(text) > MaxBody: // too much is not read, so that nobody can tell who signed it
			want = []int{http.StatusRequestEntityTooLarge, http.StatusUnauthorized}
		case genuine && understood:
			want = []int{http.StatusNoContent}
		case genuine:
			want = []int{http.StatusBadRequest}
		}
		ok := false
		for _, s := range want {
			ok = ok || w.Code == s
		}
		if !ok || w.Body.Len() > 0 || (len(to.events) == 1) != (w.Code == http.StatusNoContent) || len(to.events) > 1 {
			t.Fatalf("status %d, want %v; %q; %d events left; stamp %q, signature %q, body %q, how %08b, off %d", w.Code, want, w.Body, len(to.events), stamp, signature, text, how, off)
		}
	})
}
