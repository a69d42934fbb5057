package checkins

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

// Answers are forgotten when their time is over, but for the newest to each question: how it stands rests on it.
func TestForget(t *testing.T) {
	for what, c := range map[string]struct {
		answered []string // days
		kept     []string
	}{
		"some are older":              {[]string{"2024-01-10", "2025-03-01", "2025-09-07"}, []string{"2025-03-01", "2025-09-07"}},
		"none is older":               {[]string{"2025-03-01", "2025-03-02"}, []string{"2025-03-01", "2025-03-02"}},
		"all are older":               {[]string{"2024-01-10", "2024-02-10", "2023-02-10"}, []string{"2024-02-10"}},
		"two newest at a moment":      {[]string{"2023-01-10", "2024-02-10", "2024-02-10"}, []string{"2024-02-10", "2024-02-10"}},
		"one, long ago":               {[]string{"2020-01-10"}, []string{"2020-01-10"}},
		"answered out of their order": {[]string{"2025-09-07", "2024-01-10"}, []string{"2025-09-07"}},
	} {
		s, err := memory.Open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		write := func(b *Book) {
			t.Helper()
			batch := &store.Batch{}
			if err := b.Stage(batch); err != nil {
				t.Fatal(err)
			}
			if err := s.Commit(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
		open := func() *Book {
			t.Helper()
			b, err := Open(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		b := open()
		for i, day := range c.answered {
			b.Add("filtering", Answer{ID: string(rune('a' + i)), At: moment(day), Answer: "yes"})
		}
		b.Add("website", Answer{ID: "w", At: moment("2025-04-01"), Answer: "yes"})
		write(b)
		b = open()
		if n := b.Forget(moment("2025-03-01")); n != len(c.answered)-len(c.kept) {
			t.Errorf("%s: %d are forgotten", what, n)
		}
		write(b)
		var kept []string
		for _, a := range open().All()["filtering"] {
			kept = append(kept, date(a.At.Format("2006-01-02")).String())
		}
		if diff := cmp.Diff(c.kept, kept); diff != "" {
			t.Errorf("%s (-want +have):\n%s", what, diff)
		}
		version := func(name string) int64 {
			t.Helper()
			d, err := s.Get(t.Context(), Answers, name)
			if err != nil {
				t.Fatal(err)
			}
			return d.Version
		}
		want := int64(1)
		if len(c.kept) < len(c.answered) {
			want = 2
		}
		if have := []int64{version("filtering"), version("website")}; !cmp.Equal(have, []int64{want, 1}) {
			t.Errorf("%s: written %d times, want %d and once", what, have, want)
		}
	}
}
