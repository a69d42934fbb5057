package decisions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var noon = time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)

func minutes(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// desk is the two stores: the one the site writes, and the worker's.
type desk struct {
	t          testing.TB
	site, main store.Store
	now        time.Time
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{t: t, now: minutes(10_000)}
	for _, s := range []*store.Store{&d.site, &d.main} {
		var err error
		if *s, err = memory.Open(); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func review(post string, at time.Time) Decision {
	return Decision{At: at, By: By{ID: "kim", Hash: pseudonym.Of("kim@school.example")}, Do: Reviewed, Item: "post/1-" + post, Saw: at}
}

func (d *desk) make(form string, dec Decision) Decision {
	d.t.Helper()
	dec, err := Make(d.t.Context(), d.site, form, dec)
	if err != nil {
		d.t.Fatal(err)
	}
	return dec
}

// forge writes a document that the site would not.
func (d *desk) forge(key, do string, at time.Time, body string) {
	d.t.Helper()
	b := &store.Batch{}
	b.Create(Decisions, key, map[string]string{"do": do, "at": store.Time(at)}, []byte(body))
	if err := d.site.Commit(d.t.Context(), b); err != nil {
		d.t.Fatal(err)
	}
}

// waiting opens the tray.
func (d *desk) waiting(kinds ...string) *Tray {
	d.t.Helper()
	t, err := Open(d.t.Context(), d.site, d.main, kinds...)
	if err != nil {
		d.t.Fatal(err)
	}
	return t
}

// take judges what is in the tray, all of it fine, and says what it was.
func (d *desk) take(kinds ...string) (ids []string) {
	d.t.Helper()
	t := d.waiting(kinds...)
	for _, one := range t.Waiting {
		ids = append(ids, one.ID)
		if err := t.Judge(one, d.now, ""); err != nil {
			d.t.Fatal(err)
		}
	}
	b := t.Batch()
	if b.Writes() > 0 {
		if err := d.main.Commit(d.t.Context(), b); err != nil {
			d.t.Fatal(err)
		}
	}
	return ids
}

// A form that is sent twice is one decision, whatever it says the second time; what another person sends, or what decides something else, is another.
func TestMakeOnce(t *testing.T) {
	d := newDesk(t)
	first := d.make("form 1", review("1", noon))
	again, err := Make(t.Context(), d.site, "form 1", review("2", minutes(5)))
	if !errors.Is(err, ErrTwice) || again.ID != first.ID {
		t.Errorf("sent twice: %v, %q and %q", err, first.ID, again.ID)
	}
	d.make("form 2", review("1", noon))
	other := review("1", noon)
	other.By.Hash = pseudonym.Of("lou@school.example")
	d.make("form 1", other)
	cover := review("1", noon)
	cover.Do = Cover
	d.make("form 1", cover)
	if n := len(d.take(Reviewed, Cover)); n != 4 {
		t.Errorf("%d decisions, want 4", n)
	}
}

// Everything that was decided comes out as it went in, with its moment in UTC.
func TestMakeKeeps(t *testing.T) {
	d := newDesk(t)
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	in := Decision{
		At: time.Date(2026, 7, 1, 1, 0, 0, 0, london), By: By{ID: "kim", Hash: pseudonym.Of(" Kim@School.example ")}, Do: Cover, Item: "i", Saw: noon, Course: "5512", Who: "moe",
		From: "2026-07-01", Until: "2026-07-02", CheckIn: "filtering", Answer: "yes",
	}
	want := d.make("form", in)
	if want.At.Location() != time.UTC || !want.At.Equal(in.At) || want.By.Hash != pseudonym.Of("kim@school.example") {
		t.Errorf("made %+v", want)
	}
	if diff := cmp.Diff([]Decision{want}, d.waiting(Cover).Waiting); diff != "" {
		t.Errorf("read back (-want +have):\n%s", diff)
	}
}

// Each decision is judged once, oldest first, kinds that were not asked for are left, and what was made of each is kept.
func TestJudge(t *testing.T) {
	d := newDesk(t)
	late := d.make("a", review("1", minutes(2)))
	early := d.make("b", review("1", noon))
	answer := d.make("c", Decision{At: minutes(1), By: By{Hash: "x"}, Do: Answer, CheckIn: "filtering", Answer: "yes"})

	tray := d.waiting(Reviewed, Cover)
	if len(tray.Waiting) != 2 || tray.Waiting[0].ID != early.ID || tray.Waiting[1].ID != late.ID {
		t.Fatalf("waiting: %+v", tray.Waiting)
	}
	for i, why := range []string{"", "it was not theirs to decide"} {
		if err := tray.Judge(tray.Waiting[i], d.now, why); err != nil {
			t.Fatal(err)
		}
	}
	b := tray.Batch()
	if j, err := Judged(t.Context(), d.main, early.ID); j != nil || err != nil {
		t.Errorf("judged before it was committed: %v %v", j, err)
	}
	if err := d.main.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]*Judgement{
		early.ID: {At: d.now, Counts: true}, late.ID: {At: d.now, Why: "it was not theirs to decide"}, answer.ID: nil,
	} {
		have, err := Judged(t.Context(), d.main, id)
		if diff := cmp.Diff(want, have); diff != "" || err != nil {
			t.Errorf("judgement (-want +have): %v\n%s", err, diff)
		}
	}
	if have := d.take(Reviewed, Cover); have != nil {
		t.Errorf("judged again: %v", have)
	}
	if have := d.take(Answer); !slices.Equal(have, []string{answer.ID}) {
		t.Errorf("the other kind: %v", have)
	}
	if n := d.waiting(Reviewed).Batch().Writes(); n != 0 {
		t.Errorf("nothing waits, and %d writes", n)
	}
}

// Two workers cannot both take up a decision: the second batch is refused as a whole.
func TestJudgedTwice(t *testing.T) {
	d := newDesk(t)
	d.make("a", review("1", noon))
	one, two := d.waiting(Reviewed), d.waiting(Reviewed)
	for i, tray := range []*Tray{one, two} {
		if err := tray.Judge(tray.Waiting[0], d.now, ""); err != nil {
			t.Fatal(err)
		}
		if err := d.main.Commit(t.Context(), tray.Batch()); errors.Is(err, store.ErrConflict) != (i == 1) {
			t.Errorf("worker %d: %v", i+1, err)
		}
	}
}

// What shows late is taken up if it was made within the hour before the newest that was taken up.
func TestLate(t *testing.T) {
	d := newDesk(t)
	d.make("newest", review("1", minutes(100)))
	if n := len(d.take(Reviewed)); n != 1 {
		t.Fatalf("%d decisions", n)
	}
	in := d.make("an hour before", review("2", minutes(40)))
	d.make("earlier", review("3", minutes(40).Add(-time.Second)))
	if have := d.take(Reviewed); !slices.Equal(have, []string{in.ID}) {
		t.Errorf("late ones: %v, want %v", have, in.ID)
	}
	// The late one did not turn the clock back: with it, one made two hours before the newest would be seen.
	d.make("two hours before", review("4", minutes(-15)))
	if have := d.take(Reviewed); have != nil {
		t.Errorf("the cursor went back: %v", have)
	}
}

// One that says it was made in the future is judged once, and hides nothing that is made after it.
func TestFromTheFuture(t *testing.T) {
	d := newDesk(t)
	future := d.make("future", review("1", d.now.Add(365*24*time.Hour)))
	soon := d.make("soon", review("2", d.now.Add(time.Second)))
	if have := d.take(Reviewed); !slices.Equal(have, []string{soon.ID, future.ID}) {
		t.Fatalf("first: %v", have)
	}
	now := d.make("now", review("3", d.now))
	if have := d.take(Reviewed); !slices.Equal(have, []string{now.ID}) {
		t.Errorf("then: %v, want %v", have, now.ID)
	}
}

// What does not fit into one run is taken up in the next ones, the oldest first, each once.
func TestManyAtOnce(t *testing.T) {
	d := newDesk(t)
	var want []string
	for i := range 2*atOnce + 7 {
		dec := review(fmt.Sprint(i), minutes(i/100)) // many at the same moment
		if i%3 == 0 {
			dec.Do = EndCover
		}
		want = append(want, d.make(fmt.Sprint(i), dec).ID)
	}
	slices.Sort(want)
	var have []string
	for _, n := range []int{atOnce, atOnce, 7, 0} {
		ids := d.take(Reviewed, EndCover)
		if len(ids) != n {
			t.Errorf("a run took up %d, want %d", len(ids), n)
		}
		have = append(have, ids...)
	}
	slices.Sort(have)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("each once (-want +have):\n%s", diff)
	}
}

// Whoever broke into the site can write what they like into its store: whatever it is, it is nobody's decision, and it stops no other.
func TestForged(t *testing.T) {
	ours := strings.Repeat("ab", 16)
	body := func(change func(*Decision)) string {
		dec := review("1", noon)
		dec.ID = ours
		change(&dec)
		data, err := json.Marshal(dec)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	nobodys := func(d *Decision) bool { return d.By == (By{}) && d.Check() != nil }
	for _, c := range []struct {
		name, key, do, body string
		waits               bool
		is                  func(*Decision) bool
	}{
		{"no JSON", ours, Reviewed, "{", true, nobodys},
		{"something else", ours, Reviewed, `["kim"]`, true, nobodys},
		{"nothing", ours, Reviewed, "null", true, nobodys},
		{"another one's id", ours, Reviewed, body(func(d *Decision) { d.ID = strings.Repeat("cd", 16) }), true, nobodys},
		{"another kind", ours, Cover, body(func(*Decision) {}), true, nobodys},
		{"as the site writes them", ours, Reviewed, body(func(*Decision) {}), true, func(d *Decision) bool { return d.By.ID == "kim" && d.Check() == nil }},
		{"the key of what the worker notes for itself", store.Key("cursor", Reviewed), Reviewed, body(func(d *Decision) { d.ID = store.Key("cursor", Reviewed) }), false, nil},
		{"and of another kind", store.Key("cursor", Cover), Reviewed, body(func(d *Decision) { d.ID = store.Key("cursor", Cover) }), false, nil},
		{"the beginning of a key", ours[:30], Reviewed, body(func(d *Decision) { d.ID = ours[:30] }), false, nil},
		{"a key and more", ours + "x", Reviewed, body(func(d *Decision) { d.ID = ours + "x" }), false, nil},
		{"a number that is none", ours, Reviewed, `{"id":"` + ours + `","do":"reviewed","by":{"id":"kim","hash":"h"},"item":"post/1-2","expect":"one"}`, true, nobodys},
		{"a key like none", "x", Reviewed, body(func(d *Decision) { d.ID = "x" }), false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.forge(c.key, c.do, noon, c.body)
			tray := d.waiting(Reviewed, Cover)
			if (len(tray.Waiting) == 1) != c.waits || c.waits && (!c.is(&tray.Waiting[0]) || tray.Waiting[0].ID != c.key || tray.Waiting[0].Do != c.do) {
				t.Errorf("waiting: %+v", tray.Waiting)
			}
			good := d.make("good", review("2", minutes(1)))
			if have := d.take(Reviewed, Cover); !slices.Contains(have, good.ID) {
				t.Errorf("it stops another: %v", have)
			}
			if have := d.take(Reviewed, Cover); have != nil {
				t.Errorf("again: %v", have)
			}
		})
	}
}

// A worker's note that cannot be read is an error, not a new beginning.
func TestBroken(t *testing.T) {
	d := newDesk(t)
	dec := d.make("a", review("1", noon))
	for _, key := range []string{store.Key("cursor", Reviewed), dec.ID} {
		main, err := memory.Open()
		if err != nil {
			t.Fatal(err)
		}
		b := &store.Batch{}
		b.Create(Judgements, key, nil, []byte("{"))
		if err := main.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), d.site, main, Reviewed); err == nil {
			t.Errorf("%s is broken, and nothing is said", key)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, d.site, d.main, Reviewed); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestCheck(t *testing.T) {
	full := Decision{
		ID: "1", At: noon, By: By{ID: "kim", Hash: "h"}, Item: "post/1-2", Saw: noon, Course: "1", Who: "moe", From: "2026-11-01", Until: "2026-11-02", CheckIn: "filtering", Answer: "yes",
	}
	for _, c := range []struct {
		name   string
		do     string
		change func(*Decision)
		ok     bool
	}{
		{"reviewed", Reviewed, func(*Decision) {}, true}, {"no item", Reviewed, func(d *Decision) { d.Item = "" }, false}, {"saw nothing", Reviewed, func(d *Decision) { d.Saw = time.Time{} }, false},
		{"no course is needed", Reviewed, func(d *Decision) { d.Course, d.Who, d.From, d.Until, d.CheckIn, d.Answer = "", "", "", "", "", "" }, true},
		{"never", Reviewed, func(d *Decision) { d.At = time.Time{} }, false}, {"nobody", Reviewed, func(d *Decision) { d.By = By{} }, false},
		{"an id alone", Reviewed, func(d *Decision) { d.By.Hash = "" }, true}, {"a hash alone", Reviewed, func(d *Decision) { d.By.ID = "" }, true},
		{"cover", Cover, func(d *Decision) { d.Item, d.Saw = "", time.Time{} }, true}, {"no course", Cover, func(d *Decision) { d.Course = "" }, false}, {"no one", Cover, func(d *Decision) { d.Who = "" }, false},
		{"no beginning", Cover, func(d *Decision) { d.From = "" }, false}, {"no end", Cover, func(d *Decision) { d.Until = "" }, false},
		{"end cover", EndCover, func(d *Decision) { d.From, d.Until = "", "" }, true}, {"of no course", EndCover, func(d *Decision) { d.Course = "" }, false}, {"of no one", EndCover, func(d *Decision) { d.Who = "" }, false},
		{"yes", Answer, func(d *Decision) { d.Course = "" }, true}, {"no", Answer, func(d *Decision) { d.Answer = "no" }, true}, {"not sure", Answer, func(d *Decision) { d.Answer = "not-sure" }, true},
		{"no answer", Answer, func(d *Decision) { d.Answer = "" }, false}, {"another", Answer, func(d *Decision) { d.Answer = "perhaps" }, false}, {"to nothing", Answer, func(d *Decision) { d.CheckIn = "" }, false},
	} {
		d := full
		d.Do = c.do
		c.change(&d)
		if err := d.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %s: %v", c.do, c.name, err)
		}
	}
}

// However decisions arrive and however often the worker looks, each is taken up once as long as none is more than an hour late.
func TestEachOnce(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := newDesk(t)
		taken := map[string]int{}
		made, clock := 0, 0
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			if rapid.Bool().Draw(r, "look") {
				for _, id := range d.take(Reviewed, EndCover) {
					taken[id]++
				}
				continue
			}
			clock += rapid.IntRange(0, 90).Draw(r, "minutes")
			dec := review("1", minutes(clock-rapid.IntRange(0, 60).Draw(r, "late")))
			dec.Do = rapid.SampledFrom([]string{Reviewed, EndCover}).Draw(r, "do")
			d.make(fmt.Sprint(made), dec)
			made++
		}
		for _, id := range d.take(Reviewed, EndCover) {
			taken[id]++
		}
		for id, n := range taken {
			if n != 1 {
				r.Errorf("decision %s was taken up %d times", id, n)
			}
		}
		if len(taken) != made {
			r.Errorf("%d of %d were taken up", len(taken), made)
		}
	})
}
