package storetest

import (
	"math/rand/v2"
	"slices"

	"esafetybot/internal/store"
)

// Keys that are awkward somewhere, in the order of their bytes.
var awkward = slices.Sorted(slices.Values([]string{
	"\x00", "\x01", " ", "!", "#", "%2F", "...", "0", "1", "10", "9", "=HYPERLINK(", "A", "\\", "_", "__", "__x", "`", "a", "a b", "a\x00", "a\x00b",
	"a\nb", "a\"b", "a'b", "ab", "a|b", "a~", "e\u0301", "x__", "\u007f", "\u0080", "é", "\u202eabc", "日本", "\uffee", "\ufffd", "😀", "\U0010fffe",
}))

func keys(s *suite) {
	for _, k := range awkward {
		s.must(func(b *store.Batch) { b.Create(things, k, fields("kind", "x"), []byte(k)) })
	}
	for _, k := range awkward {
		same(s.T, "get", string(s.get(things, k).Body), k)
	}
	same(s.T, "all", s.found(things, store.Ask{}), awkward)
	same(s.T, "ties", s.found(things, store.Ask{Query: "kind", Equal: fields("kind", "x")}), awkward)
	for i, k := range awkward {
		same(s.T, "from", s.found(things, store.Ask{From: k}), awkward[i:])
		same(s.T, "to", s.found(things, store.Ask{To: k, Query: "kind", Equal: fields("kind", "x")}), awkward[:i])
	}
	for _, k := range awkward {
		s.must(func(b *store.Batch) { b.Put(things, k, 1, fields("kind", "y", "at", k), nil) })
	}
	want := slices.Sorted(slices.Values(awkward))
	same(s.T, "as values", s.found(things, store.Ask{Query: "at"}), want)
	for i, k := range awkward {
		if i%5 == 0 {
			same(s.T, "values from", s.found(things, store.Ask{Query: "kind-at", Equal: fields("kind", "y"), From: k}), want[i:])
			same(s.T, "values to", s.found(things, store.Ask{Query: "at", To: k, Limit: 100}), want[:i])
		}
	}
	slices.Reverse(want)
	same(s.T, "downwards", s.found(things, store.Ask{Query: "latest"}), want)
	for _, k := range awkward {
		s.must(func(b *store.Batch) { b.Delete(things, k, 2) })
	}
	same(s.T, "left", len(s.found(things, store.Ask{})), 0)
	for _, k := range []string{store.Key("A4", "sharing.public", "file/1AbC"), store.Key("__", "__"), store.Key("."), store.Key("", "")} {
		s.must(func(b *store.Batch) { b.Create(things, k, nil, nil) })
	}
}

func queries(s *suite) {
	// Small ranges of values, so that there are many ties; some fields are missing and some empty.
	rnd := rand.New(rand.NewPCG(1, 2))
	values := []string{"", "a", "aa", "b", "c"}
	var all []store.Doc
	s.must(func(b *store.Batch) {
		for i := range 120 {
			d := store.Doc{Key: number(i), Version: 1, Schema: 3, Fields: map[string]string{}}
			for _, f := range things.Indexed {
				if n := rnd.IntN(6); n < 5 {
					d.Fields[f] = values[n]
				}
			}
			if len(d.Fields) == 0 {
				d.Fields = nil
			}
			all = append(all, d)
			b.Create(things, d.Key, d.Fields, nil)
		}
	})
	for _, q := range append([]store.Query{{}}, things.Queries...) {
		asks := []store.Ask{{}}
		for _, f := range q.Equal {
			var more []store.Ask
			for _, a := range asks {
				for _, v := range []string{"", "a", "c", "none"} {
					eq := fields(f, v)
					for k, v := range a.Equal {
						eq[k] = v
					}
					more = append(more, store.Ask{Equal: eq})
				}
			}
			asks = more
		}
		for i, a := range asks {
			a.Query = q.Name
			bounds := [][2]string{{"", ""}, {"a", "b"}, {"aa", ""}, {"", "aa"}, {"b", "a"}, {"a", "a"}}
			if q.Range == "" {
				bounds = [][2]string{{"", ""}, {number(30), number(60)}, {number(7), ""}, {"", number(70)}, {"2", "1"}}
			}
			if i >= 4 {
				bounds = bounds[:2]
			}
			for _, bound := range bounds {
				a.From, a.To = bound[0], bound[1]
				for _, a.Limit = range []int{0, 1, 7} {
					same(s.T, "find", s.find(things, a), naive(all, q, a))
				}
			}
		}
	}
}

// naive answers a query the slow way.
func naive(all []store.Doc, q store.Query, a store.Ask) []store.Doc {
	var out []store.Doc
	for _, d := range all {
		ok := true
		for f, v := range a.Equal {
			have, has := d.Fields[f]
			ok = ok && has && have == v
		}
		at, has := d.Key, true
		if q.Range != "" {
			at, has = d.Fields[q.Range]
		}
		if ok && has && at >= a.From && (a.To == "" || at < a.To) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(x, y store.Doc) int {
		if q.Desc {
			x, y = y, x
		}
		if xa, ya := x.Fields[q.Range], y.Fields[q.Range]; q.Range != "" && xa != ya {
			if xa < ya {
				return -1
			}
			return 1
		}
		if x.Key < y.Key {
			return -1
		}
		return 1
	})
	if a.Limit > 0 && len(out) > a.Limit {
		out = out[:a.Limit]
	}
	return out
}

// pages asks for more than any implementation reads at once.
func pages(s *suite) {
	const n = 3 * store.MaxBatchWrites / 2
	var want []string
	for half := range 2 {
		s.must(func(b *store.Batch) {
			for i := range n / 2 {
				k := number(half*n/2 + i)
				want = append(want, k)
				b.Create(things, k, fields("kind", "x", "at", number(i/100)), make([]byte, 1000))
			}
		})
	}
	same(s.T, "all", s.found(things, store.Ask{}), want)
	same(s.T, "all but some", s.found(things, store.Ask{From: want[1], To: want[n-1]}), want[1:n-1])
	same(s.T, "some", s.found(things, store.Ask{Limit: 300}), want[:300])
	same(s.T, "by equality", s.found(things, store.Ask{Query: "kind", Equal: fields("kind", "x"), Limit: n - 1}), want[:n-1])
	up := s.found(things, store.Ask{Query: "at"})
	down := s.found(things, store.Ask{Query: "latest"})
	slices.Reverse(down)
	same(s.T, "up and down", up, down)
	same(s.T, "length", len(up), n)
	down = s.found(things, store.Ask{Query: "kind-latest", Equal: fields("kind", "x"), From: number(1)})
	same(s.T, "down, bounded", len(down), n-200)
	for _, err := range s.s.Find(s.ctx, things, store.Ask{}) {
		if err != nil {
			s.T.Error(err)
		}
		break // and nothing is left open
	}
}

// findWhileWriting changes what is being read: every document once and none twice, and no write waits for the find.
func findWhileWriting(s *suite) {
	const n = store.MaxBatchWrites
	for _, q := range []string{"", "at", "latest"} {
		c := *things
		c.Name = "writing" + q
		s.must(func(b *store.Batch) {
			for i := range n {
				b.Create(&c, number(i), fields("at", number(i)), nil)
			}
		})
		// Each one read is moved to both ends in turn, so half of them come where the find has not been yet.
		seen, i := map[string]int{}, 0
		var b store.Batch
		for d, err := range s.s.Find(s.ctx, &c, store.Ask{Query: q}) {
			if err != nil {
				s.Fatal(err)
			}
			seen[d.Key]++
			to := "00000-"
			if i++; i%2 == 0 {
				to = "99999-"
			}
			b.Put(&c, d.Key, d.Version, fields("at", to+d.Key), nil)
			if len(b.Ops) == n/8 {
				if err := s.s.Commit(s.ctx, &b); err != nil {
					s.Fatal(err)
				}
				b = store.Batch{}
			}
		}
		for k, times := range seen {
			if times > 1 {
				s.Errorf("query %q: %s was found %d times", q, k, times)
			}
		}
		same(s.T, "found "+q, len(seen), n)
	}
}
