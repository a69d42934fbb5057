package incidents

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTotalsWords(t *testing.T) {
	for _, c := range []struct {
		n    map[Kind]int
		want string
	}{
		{nil, "fewer than three of any kind"},
		{map[Kind]int{Incident: 2}, "fewer than three of any kind"},
		{map[Kind]int{Incident: 2, Complaint: 1}, "all kinds: 3 together, fewer than three of each / all together: 3"},
		{map[Kind]int{Incident: 2, Complaint: 2, DataBreach: 2, Filtering: 2, UnderAge: 2, Takedown: 2}, "fewer than three of any kind"},
		{map[Kind]int{Incident: 5}, "online-safety incident: 5 / other kinds: fewer than three of each"},
		{map[Kind]int{Incident: 5, Filtering: 2, Takedown: 1}, "online-safety incident: 5 / other kinds: 3 together, fewer than three of each / all together: 8"},
		{map[Kind]int{Incident: 5, Filtering: 2}, "online-safety incident: 5 / other kinds: fewer than three of each"},
		{map[Kind]int{Incident: 3, Complaint: 3, DataBreach: 3, Filtering: 3, UnderAge: 2, Takedown: 2}, "online-safety incident: 3 / complaint: 3 / data breach: 3 / web filter problem: 3 / other kinds: fewer than three of each"},
		{map[Kind]int{Incident: 3, Complaint: 3, DataBreach: 3, Filtering: 3, UnderAge: 2, Takedown: 1},
			"online-safety incident: 3 / complaint: 3 / data breach: 3 / web filter problem: 3 / other kinds: 3 together, fewer than three of each / all together: 15"},
		{map[Kind]int{Incident: 3, Complaint: 4, DataBreach: 5, Filtering: 6, UnderAge: 7, Takedown: 8},
			"online-safety incident: 3 / complaint: 4 / data breach: 5 / web filter problem: 6 / pupil under an app's age: 7 / material to be taken down: 8 / all together: 33"},
		{map[Kind]int{Incident: 3, LowLevel: 9}, "online-safety incident: 3 / other kinds: fewer than three of each"},
	} {
		if have := strings.Join(totalsOf(c.n).Words(), " / "); have != c.want {
			t.Errorf("%v:\nhave %s\nwant %s", c.n, have, c.want)
		}
	}
}

// Nobody can reckon a number below three: all that there may have been is laid beside what is printed of it. Whoever knows the rule knows no more than that it was one of those of which the same is printed; so no kind, and no
// kinds together, may be the same number below three in all of them. That numbers end at four here only makes it harder.
func TestNobodyReckonsAFewness(t *testing.T) {
	var counted []Kind
	for _, i := range kinds {
		if i.Always != Adult {
			counted = append(counted, i.Kind)
		}
	}
	const most = 4
	sums := func(n []int) []int { // of every set of kinds
		out := make([]int, 1<<len(n))
		for set := range out {
			for i := range n {
				if set>>i&1 == 1 {
					out[set] += n[i]
				}
			}
		}
		return out
	}
	type knowledge struct {
		sum  []int
		same []bool // of each set: it is the same in all
		seen int
	}
	printed := map[string]*knowledge{}
	n := make([]int, len(counted))
	for {
		by := map[Kind]int{LowLevel: 7}
		for i, k := range counted {
			by[k] = n[i]
		}
		totals := totalsOf(by)
		page := strings.Join(totals.Words(), "\n") + fmt.Sprint(totals)
		have := sums(n)
		k := printed[page]
		if k == nil {
			k = &knowledge{sum: have, same: make([]bool, len(have))}
			for set := range k.same {
				k.same[set] = true
			}
			printed[page] = k
		}
		k.seen++
		for set := range have {
			k.same[set] = k.same[set] && k.sum[set] == have[set]
		}
		i := 0
		for ; i < len(n); i++ {
			if n[i]++; n[i] <= most {
				break
			}
			n[i] = 0
		}
		if i == len(n) {
			break
		}
	}
	if len(printed) < 100 {
		t.Fatalf("only %d pages: they tell nothing", len(printed))
	}
	for page, k := range printed {
		for set, same := range k.same {
			if set != 0 && same && k.sum[set] < Few {
				t.Errorf("from this page it can be reckoned that kinds %b were %d:\n%s", set, k.sum[set], page)
			}
		}
	}
}

func TestLessons(t *testing.T) {
	onBoth(t, func(b *bench) {
		n := 0
		raise := func(f Form) string {
			n++
			f.ID = string(rune('A' + n))
			return b.raise(f)
		}
		from := monday
		first, twice, reopened, still := raise(Form{Kind: Incident, About: Pupil}), raise(Form{Kind: Takedown, About: Nobody}), raise(Form{Kind: Incident, About: Pupil}), raise(Form{Kind: Incident, About: Pupil})
		governors := raise(Form{Kind: Incident, About: Pupil, Concerns: []string{governor.ID}})
		adults := raise(Form{Kind: Incident, About: Adult})
		b.now = b.now.Add(time.Minute)
		b.ok(b.Settle(ctx, officer, twice, "taken-down"))
		b.ok(b.Close(ctx, officer, first, "parents", "We look  at\nnew apps first."))
		b.ok(b.Close(ctx, officer, twice, "parents", "We look at new apps first."))
		b.ok(b.Close(ctx, officer, reopened, "parents", "A hasty lesson."))
		b.ok(b.Close(ctx, officer, governors, "parents", "About the governor."))
		b.ok(b.Close(ctx, head, adults, "nobody", "About an adult."))
		_ = still
		b.now = b.now.Add(time.Hour)
		middle := b.now
		b.ok(b.Reopen(ctx, officer, reopened, "again"))
		b.now = b.now.Add(time.Hour)
		later := b.now
		b.ok(b.Close(ctx, officer, reopened, "parents", "A better lesson."))
		to := b.now.Add(time.Hour)
		for _, c := range []struct {
			name     string
			from, to time.Time
			readers  []By
			want     []string
		}{
			{"all", from, to, []By{governor}, []string{"A better lesson.", "We look at new apps first."}},
			{"the chair", from, to, []By{chair}, []string{"A better lesson.", "About the governor.", "We look at new apps first."}},
			{"both", from, to, []By{chair, governor}, []string{"A better lesson.", "We look at new apps first."}},
			{"before it was reopened", from, middle, []By{governor}, []string{"A hasty lesson.", "We look at new apps first."}},
			{"while it was open", from, later, []By{governor}, []string{"We look at new apps first."}},
			{"the last hours", later, to, []By{governor}, []string{"A better lesson."}},
			{"nothing yet", from, from, []By{governor}, nil},
		} {
			have, err := b.Lessons(ctx, c.from, c.to, c.readers...)
			b.ok(err)
			if diff := cmp.Diff(c.want, have); diff != "" {
				b.Errorf("%s: %s", c.name, diff)
			}
		}
		b.Beside = []By{governor}
		have, err := b.Lessons(ctx, from, to, chair)
		b.ok(err)
		if diff := cmp.Diff([]string{"A better lesson.", "We look at new apps first."}, have); diff != "" {
			b.Errorf("beside the governor: %s", diff)
		}
		b.Beside = nil
		for _, by := range [][]By{nil, {officer}, {governor, admin}} {
			_, err := b.Lessons(ctx, from, to, by...)
			b.wants(err, ErrMay)
		}
		if have, err := b.Totals(ctx, from, to, chair); err != nil || slices.ContainsFunc(have.Kinds, func(c Count) bool { return c.Kind == LowLevel }) {
			b.Error(have, err)
		}
	})
}

// An entry that somebody else wrote, and that says less than happened, tells no lesson and stops no report.
func TestNothingWasLearnt(t *testing.T) {
	e := &Entry{History: []Event{{At: monday, What: WasRaised}, {At: monday, What: WasClosed}}}
	if text, ok := e.learnt(monday, monday.Add(1)); ok || text != "" {
		t.Errorf("learnt was %q", text)
	}
}

// Somebody beside of whom nothing is known is concerned by nothing, and what concerns somebody beside is left out for all.
func TestBeside(t *testing.T) {
	b := inMemory(t)
	for i, f := range []Form{{Concerns: []string{admin.ID}}, {}, {}, {}} {
		f.ID, f.About = string(rune('a'+i)), Pupil
		b.raise(f)
	}
	for beside, want := range map[By]int{{}: 4, admin: 3, governor: 4} {
		b.Beside = []By{beside}
		if have, err := b.Totals(ctx, monday, monday.Add(time.Hour), chair); err != nil || len(have.Kinds) != 1 || have.Kinds[0].N != want {
			t.Errorf("beside %q: %+v, %v, want %d", beside.Role, have, err, want)
		}
	}
}
