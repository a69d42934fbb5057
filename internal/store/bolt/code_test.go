package bolt

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/store"
)

var coded = &store.Collection{Name: "things", Indexed: []string{"a", "b"}, Queries: []store.Query{{Name: "q", Equal: []string{"a"}, Range: "b"}}}

// TestEntryOrder: the order of index entries is that of the values and then the key, zero bytes or not.
func TestEntryOrder(t *testing.T) {
	x, _ := indexOf(coded.Queries[0])
	value := rapid.StringMatching("[\x00\x01aÿ]{0,4}")
	rapid.Check(t, func(t *rapid.T) {
		var d [2]store.Doc
		for i := range d {
			d[i] = store.Doc{Key: value.Draw(t, "key"), Fields: map[string]string{"a": value.Draw(t, "a"), "b": value.Draw(t, "b")}}
		}
		want := strings.Compare(d[0].Fields["a"], d[1].Fields["a"])
		if want == 0 {
			want = strings.Compare(d[0].Fields["b"], d[1].Fields["b"])
		}
		if want == 0 {
			want = strings.Compare(d[0].Key, d[1].Key)
		}
		if have := bytes.Compare(x.entry(&d[0]), x.entry(&d[1])); have != want {
			t.Fatalf("%+v, %+v: have %d want %d", d[0], d[1], have, want)
		}
		ask := store.Ask{Equal: map[string]string{"a": d[1].Fields["a"]}, From: d[1].Fields["b"], To: value.Draw(t, "to")}
		from, to := bounds(coded.Queries[0], ask)
		e := x.entry(&d[0])
		have := bytes.Compare(e, from) >= 0 && bytes.Compare(e, to) < 0
		if want := coded.Queries[0].Matches(ask, d[0].Key, d[0].Fields); have != want {
			t.Fatalf("%+v within %+v: have %v want %v", d[0], ask, have, want)
		}
	})
}

// FuzzDecode: damaged bytes give an error or a document, never a panic, and what is decoded is encoded alike again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(encode(store.Doc{Key: "k", Version: 1, Schema: 2, Fields: map[string]string{"a": "x", "b": ""}, Body: []byte("body")}))
	f.Add([]byte{1, 1, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := decode(coded, "k", raw)
		if err != nil {
			return
		}
		again, err := decode(coded, "k", encode(d))
		if diff := cmp.Diff(d, again); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}
