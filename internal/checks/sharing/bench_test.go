package sharing

import (
	"fmt"
	"iter"
	"testing"

	"esafetybot/internal/seen"
)

// BenchmarkCheck judges 10,000 shares, about what two million files hold. It should take memory for what it yields only.
func BenchmarkCheck(b *testing.B) {
	who := directory()
	link := seen.Grant{ID: "anyoneWithLink", Type: "anyone", Role: "reader", Own: "reader"}
	person := seen.Grant{ID: "1", Type: "user", Role: "writer", Own: "writer", Address: "x@mail.example"}
	group := seen.Grant{ID: "2", Type: "group", Role: "reader", Own: "reader", Address: "parents@school.example"}
	shares := make([]seen.Share, 10_000)
	for i := range shares {
		shares[i] = seen.Share{Kind: "file", ID: fmt.Sprint(i), Owner: "u-ann", Grants: [][]seen.Grant{{link}, {person}, {group}, {link, person, group}}[i%4]}
	}
	stream := iter.Seq2[seen.Share, error](func(yield func(seen.Share, error) bool) {
		for _, s := range shares {
			if !yield(s, nil) {
				return
			}
		}
	})
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range Check(Input{Now: now, Who: who, Asks: []Ask{{Clause: "A1", Severity: "high", Rules: everyRule}}, Shares: stream}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 10_001 { // 2,500 of the four kinds make 0 to 2 each; the group once
			b.Fatalf("%d findings", n)
		}
	}
}
