package audit_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"esafetybot/internal/actions"
	"esafetybot/internal/audit"
	"esafetybot/internal/audit/audittest"
	"esafetybot/internal/calendar"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/colours"
	"esafetybot/internal/findings"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/views"
)

// A snapshot is a copy of the state that was taken at a moment.
type snapshot struct {
	at    time.Time
	store store.Store
}

// live lets a school live for some days, and takes copies on the way.
func live(t *rapid.T, days int) (*audittest.School, []snapshot) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	x, err := audittest.New(s, audittest.Seeded(rapid.Uint64().Draw(t, "seed")))
	if err != nil {
		t.Fatal(err)
	}
	var out []snapshot
	for i := range days {
		if err := x.Day(context.Background()); err != nil {
			t.Fatal(err)
		}
		if i%4 == 3 || i == days-1 {
			c, err := memory.Copy(s)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, snapshot{x.Now, c})
		}
	}
	return x, out
}

var same = cmp.Options{
	cmpopts.EquateEmpty(), cmpopts.EquateComparable(calendar.Date{}), cmpopts.IgnoreUnexported(findings.Finding{}, findings.Event{}),
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".With" }, cmp.Ignore()),
}

// A later state tells of a moment what a copy of the state tells that was taken then.
func TestThePastIsAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, copies := live(t, 8)
		for i, c := range copies {
			then, err := audit.Open(context.Background(), c.store, x.Policy, audittest.Start, nil)
			if err != nil {
				t.Fatal(err)
			}
			now, err := audit.Open(context.Background(), x.Store, x.Policy, audittest.Start, nil)
			if err != nil {
				t.Fatal(err)
			}
			want, err := audit.At(context.Background(), c.store, x.Policy, c.at) // the short way
			if err != nil {
				t.Fatal(err)
			}
			for name, a := range map[string]*audit.Audit{"copy": then, "later": now} {
				have, err := a.At(context.Background(), c.at)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(want, have, same); d != "" {
					t.Fatalf("copy %d, asked the long way of the %s state (-copy +have):\n%s", i, name, d)
				}
			}
			var before time.Time
			if i > 0 {
				before = copies[i-1].at
			} else {
				before = audittest.Start
			}
			was, err := then.Between(context.Background(), before, c.at)
			if err != nil {
				t.Fatal(err)
			}
			is, err := now.Between(context.Background(), before, c.at)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(was, is, same); d != "" {
				t.Fatalf("what happened before copy %d (-copy +later):\n%s", i, d)
			}
			if i < len(copies)-1 && i != 1 {
				continue
			}
			trendWas, err := then.Trend(context.Background(), c.at)
			if err != nil {
				t.Fatal(err)
			}
			trendIs, err := now.Trend(context.Background(), c.at)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(trendWas, trendIs, same); d != "" {
				t.Fatalf("the trend as of copy %d (-copy +later):\n%s", i, d)
			}
		}
	})
}

// What is told of now is what the documents of now say, reckoned another way: a clause at a time from the findings as they are stored.
func TestTheNumbersAreTheStores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, _ := live(t, 8)
		s, err := audit.At(context.Background(), x.Store, x.Policy, x.Now)
		if err != nil {
			t.Fatal(err)
		}
		stored := map[string][]*findings.Finding{}
		for d, err := range x.Store.Find(context.Background(), findings.Findings, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			f, err := findings.Decode(d)
			if err != nil {
				t.Fatal(err)
			}
			stored[f.Clause] = append(stored[f.Clause], f)
		}
		told, err := views.ToldAt(context.Background(), x.Store, x.Now)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Clauses {
			open, overdue, high, agreed := 0, 0, 0, 0
			for _, f := range stored[c.ID] {
				switch {
				case f.Severity == findings.Information, len(f.Subject) > 6 && f.Subject[:6] == "entry/":
				case f.Status == findings.Accepted:
					agreed++
				case f.Status == findings.Open:
					open++
					if !f.Due.IsZero() && f.Due.Before(x.Now) {
						overdue++
					}
					if f.Severity == "high" {
						high++
					}
				}
			}
			if want := [...]int{open, overdue, high, agreed}; want != [...]int{c.Open, c.Overdue, c.High, c.Agreed} {
				t.Fatalf("clause %s: open, overdue, high, agreed: want %v, have %+v", c.ID, want, c)
			}
			blind := told == nil
			for _, m := range c.MetBy {
				blind = blind || !m.Built()
			}
			if told != nil {
				for _, u := range told.Unseen {
					blind = blind || slices.Contains(u.Clauses, c.ID)
				}
			}
			if c.Colour == colours.Green && (blind || open > 0 || c.Waits > 0) || c.Colour == colours.Red != (high+overdue > 0) || blind && len(c.Unseen) == 0 {
				t.Fatalf("clause %s is %s: blind %v, %+v", c.ID, c.Colour, blind, c)
			}
		}
		waiting := 0
		for d, err := range x.Store.Find(context.Background(), actions.Actions, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			if st := d.Fields["state"]; st == string(actions.Proposed) || st == string(actions.Once) {
				waiting++
			}
		}
		if waiting != len(s.Approvals) {
			t.Fatalf("%d changes wait, not %d", waiting, len(s.Approvals))
		}
	})
}

// A clause of which anything could not be seen is not green, whatever else is fine.
func TestWhatWasNotSeenIsNotGreen(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	x, err := audittest.New(s, func(n int) int { return n - 1 }) // every job runs, nothing fails
	if err != nil {
		t.Fatal(err)
	}
	ask := func(when time.Time, id string) audit.Clause {
		t.Helper()
		st, err := audit.At(t.Context(), s, x.Policy, when)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(st.Clauses, func(c audit.Clause) bool { return c.ID == id })
		return st.Clauses[i]
	}
	if c := ask(x.Now, "A5"); c.Colour != colours.Unknown {
		t.Errorf("before anything ran: %s", c.Colour)
	}
	x.Now = x.Now.Add(time.Hour)
	for _, job := range []string{"sharing", "accounts", "comments", "names", "records", "checkins"} {
		if err := x.Ran(t.Context(), job, ""); err != nil {
			t.Fatal(err)
		}
	}
	if c := ask(x.Now, "A5"); c.Colour != colours.Unknown || !slices.Contains(c.Unseen, "what could be seen on that day was not kept") {
		t.Errorf("before anything was noted: %s %v", c.Colour, c.Unseen)
	}
	keep := func(u ...views.Unseen) {
		t.Helper()
		if err := (&views.Keeper{Store: s, Commit: s.Commit}).KeepHistory(t.Context(), &views.Told{At: x.Now, Unseen: u}); err != nil {
			t.Fatal(err)
		}
	}
	keep()
	seen := x.Now
	for _, id := range []string{"A1", "A2", "A4", "A5", "A6"} {
		if c := ask(x.Now, id); c.Colour != colours.Green || len(c.Unseen) > 0 {
			t.Errorf("all was seen: %s is %s, %v", id, c.Colour, c.Unseen)
		}
	}
	if c := ask(x.Now, "A7"); c.Colour != colours.Unknown {
		t.Errorf("nothing looks at A7, and it is %s", c.Colour)
	}
	x.Now = x.Now.Add(time.Hour)
	keep(views.Unseen{Clauses: []string{"A1"}, What: "One Drive", Why: "Google refused it"})
	if c := ask(x.Now, "A1"); c.Colour != colours.Unknown || !cmp.Equal(c.Unseen, []string{"One Drive: Google refused it"}) {
		t.Errorf("a Drive was not seen: %s %v", c.Colour, c.Unseen)
	}
	if c := ask(seen, "A1"); c.Colour != colours.Green {
		t.Errorf("before that it was green, not %s", c.Colour)
	}
	if err := x.Ran(t.Context(), "accounts", "it stopped"); err != nil {
		t.Fatal(err)
	}
	if c := ask(x.Now, "A2"); c.Colour != colours.Unknown {
		t.Errorf("the job stopped, and A2 is %s", c.Colour)
	}
	if c := ask(x.Now.Add(colours.Stale+time.Second), "A5"); c.Colour != colours.Unknown {
		t.Errorf("nothing ran for two days, and A5 is %s", c.Colour)
	}
}

// What somebody must not see is in no number.
func TestHide(t *testing.T) {
	x, copies := school(t, 20, 7)
	last := copies[len(copies)-1]
	all, err := audit.At(t.Context(), last.store, x.Policy, last.at)
	if err != nil {
		t.Fatal(err)
	}
	a, err := audit.Open(t.Context(), last.store, x.Policy, audittest.Start, func(f *findings.Finding) bool { return f.Clause == "A1" || f.Clause == "A4" })
	if err != nil {
		t.Fatal(err)
	}
	some, err := a.At(t.Context(), last.at)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range some.Clauses {
		if hidden := c.ID == "A1" || c.ID == "A4"; hidden && c.Open+c.Agreed > 0 || !hidden && !cmp.Equal(c, all.Clauses[i], same) {
			t.Errorf("%s: %+v, all: %+v", c.ID, c, all.Clauses[i])
		}
	}
	if len(some.Open) >= len(all.Open) {
		t.Error("nothing was hidden")
	}
	h, err := a.Between(t.Context(), audittest.Start, last.at)
	if err != nil {
		t.Fatal(err)
	}
	if h.Comments.Waited != 0 || h.New["A1"] != 0 {
		t.Errorf("what is hidden happened: %+v", h)
	}
}

// school lives for some days, by a seed.
func school(t *testing.T, days int, seed uint64) (*audittest.School, []snapshot) {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	x, err := audittest.New(s, audittest.Seeded(seed))
	if err != nil {
		t.Fatal(err)
	}
	var out []snapshot
	for range days {
		if err := x.Day(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c, err := memory.Copy(s)
	if err != nil {
		t.Fatal(err)
	}
	return x, append(out, snapshot{x.Now, c})
}

// Between them the random schools know everything that can happen, so that the tests above are about it.
func TestRandomSchoolsKnowEverything(t *testing.T) {
	deeds, hows, cols := map[string]bool{}, map[findings.How]bool{}, map[colours.Colour]bool{}
	waits, approvals, late := 0, 0, 0
	for seed := range uint64(6) {
		x, _ := school(t, 40, seed)
		a, err := audit.Open(t.Context(), x.Store, x.Policy, audittest.Start, nil)
		if err != nil {
			t.Fatal(err)
		}
		h, err := a.Between(t.Context(), audittest.Start, x.Now)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range h.Deeds {
			deeds[d.What] = true
			if len(d.Roles) == 0 {
				t.Errorf("nobody did %+v", d)
			}
		}
		if h.Comments.Looked > h.Comments.Waited || h.Comments.InTime > h.Comments.Looked || h.Comments.Late > h.Comments.Wait || h.Comments.Wait > h.Comments.Waited {
			t.Errorf("%+v", h.Comments)
		}
		late += h.Comments.Looked - h.Comments.InTime
		points, err := a.Trend(t.Context(), x.Now)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			n := 0
			for c, k := range p.Counts {
				cols[c] = cols[c] || k > 0
				n += k
			}
			if n != len(x.Policy.Clauses) {
				t.Errorf("%s: %d clauses in all", p.Day, n)
			}
		}
		for _, e := range a.Events(audittest.Start, x.Now) {
			hows[e.How] = true
		}
		st, err := a.At(t.Context(), x.Now)
		if err != nil {
			t.Fatal(err)
		}
		waits += len(st.Waits)
		approvals += len(st.Approvals)
	}
	for _, d := range []string{audit.Made, audit.NotMade, audit.Undone, audit.Approved, audit.Declined, audit.UndoAsked, audit.Agreed, audit.Ended} {
		if !deeds[d] {
			t.Errorf("nothing was %s", d)
		}
	}
	for _, h := range []findings.How{findings.Seen, findings.Again, findings.FactsDiffer, findings.NewFact, findings.AgreedTo, findings.AgreedEnded, findings.Lost, findings.Found, findings.Fine, findings.Withdrawn} {
		if !hows[h] {
			t.Errorf("nothing changed because of %q", h)
		}
	}
	for _, c := range colours.All {
		if !cols[c] {
			t.Errorf("nothing was ever %s", c)
		}
	}
	if waits == 0 || approvals == 0 || late == 0 {
		t.Errorf("%d waits, %d approvals, %d late", waits, approvals, late)
	}
}

// How comments are counted, by hand.
func TestComments(t *testing.T) {
	x, _ := school(t, 0, 1)
	keep := &findings.Keeper{Store: x.Store, Commit: x.Store.Commit}
	sync := func(at string, posts map[string]string) { // post → "since due"; what is not named was looked at
		t.Helper()
		x.Now = moment(at)
		_, err := keep.Sync(t.Context(), findings.Input{
			Run: findings.Run{ID: at, Now: x.Now}, Means: comments.Means,
			Observed: func(yield func(findings.Observed, error) bool) {
				for _, post := range slices.Sorted(func(y func(string) bool) {
					for p := range posts {
						if !y(p) {
							return
						}
					}
				}) {
					var since, due string
					if _, err := fmt.Sscan(posts[post], &since, &due); err != nil {
						t.Fatal(err)
					}
					o := findings.Observed{Clause: "A4", Rule: "comments.unreviewed", Subject: "post/c-" + post, Severity: "medium", Deals: "class_teacher", Since: moment(since + " 12:00"), Due: moment(due + " 15:30")}
					if o.Due.Before(x.Now) {
						o.Facts = []string{comments.PassedOn}
					}
					if !yield(o, nil) {
						return
					}
				}
			},
			Evidence: func(context.Context, *findings.Finding) (findings.Evidence, error) {
				return findings.Evidence{How: findings.Fine}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sync("2026-11-06 07:30", map[string]string{"old": "2026-11-05 2026-11-09"})
	sync("2026-11-10 07:30", map[string]string{"old": "2026-11-05 2026-11-09", "a": "2026-11-09 2026-11-11", "b": "2026-11-09 2026-11-11"})
	sync("2026-11-11 07:30", map[string]string{"b": "2026-11-09 2026-11-11"})
	sync("2026-11-13 07:30", map[string]string{"b": "2026-11-09 2026-11-11", "c": "2026-11-12 2026-11-16"})
	a, err := audit.Open(t.Context(), x.Store, x.Policy, audittest.Start, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := a.Between(t.Context(), moment("2026-11-09 07:30"), moment("2026-11-13 08:00"))
	if err != nil {
		t.Fatal(err)
	}
	want := audit.Comments{Waited: 4, Looked: 2, InTime: 1, Wait: 2, Late: 1, Days: []int{2, 4}}
	if d := cmp.Diff(want, h.Comments); d != "" {
		t.Errorf("-want +have:\n%s", d)
	}
	if h.New["A4"] != 2 || h.PutRight["A4"] != 1 { // of those put right one had come and gone between
		t.Errorf("new %v, put right %v", h.New, h.PutRight)
	}
}

func moment(s string) time.Time {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	if err != nil {
		panic(err)
	}
	return t
}
