package generate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/policy"
	"esafetybot/internal/sim/world"

	"github.com/google/go-cmp/cmp"
)

// state is what can be told of an item from outside.
type state struct {
	Name, Parent, Owner, Drive string
	Trashed, Limited           bool
	Own                        []world.Permission
	path                       []string
}

func states(w *world.World) map[string]state {
	out := map[string]state{}
	for _, f := range w.Files() {
		s := state{Name: f.Name, Parent: f.Parent, Drive: f.DriveID, Trashed: f.Trashed, Limited: f.InheritedPermissionsDisabled, path: w.Path(f)}
		if f.Owner != nil {
			s.Owner = f.Owner.EmailAddress
		}
		for _, p := range f.Permissions() {
			// A grant that gives no more than what is inherited changes nothing for anybody, and Google logs nothing.
			if p.View != world.ViewMetadata && world.Rank(p.Own()) > world.Rank(p.Inherited()) {
				p.Details = nil
				s.Own = append(s.Own, p)
			}
		}
		// Nor does it matter to anybody in which order grants stand: a link that is set again comes last.
		slices.SortFunc(s.Own, func(a, b world.Permission) int { return strings.Compare(a.ID+" "+a.View, b.ID+" "+b.View) })
		out[f.ID] = s
	}
	return out
}

// TestDays lets ten days pass and looks whether the audit log names every item that changed, or a folder or drive above it.
func TestDays(t *testing.T) {
	happened := map[string]int{}
	for seed := int64(1); seed <= 3; seed++ {
		s := school(t, 30, seed)
		w := s.World
		p := s.Player()
		p.Changes = 56
		var truths []string
		dir := t.TempDir()
		for day := range 10 {
			before, from := states(w), len(w.Activities("drive"))
			start := w.Now()
			what, err := p.Play()
			if err != nil {
				t.Fatalf("seed %d, day %d: %v", seed, day, err)
			}
			for _, x := range what {
				happened[x]++
			}
			local := w.Now().In(p.zone)
			if local.Weekday() == time.Saturday || local.Weekday() == time.Sunday || local.Hour() != 18 || !w.Now().After(start) {
				t.Fatalf("seed %d, day %d ended at %s", seed, day, local)
			}
			named := map[string]bool{}
			for _, a := range w.Activities("drive")[from:] {
				for _, e := range a.Events {
					if e.Name != "view" && e.Name != "edit" {
						named[e.Param("doc_id")] = true
					}
				}
			}
			after := states(w)
			for id, b := range before {
				a, there := after[id]
				if there && cmp.Equal(a, b, cmp.AllowUnexported(state{}), cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "path" }, cmp.Ignore())) {
					continue
				}
				ways := append(append([]string{id, b.Drive, a.Drive}, b.path...), a.path...)
				if !slices.ContainsFunc(ways, func(x string) bool { return named[x] }) {
					t.Errorf("seed %d, day %d: the log names neither %s nor anything above it:\n%s", seed, day, id, cmp.Diff(b.Own, a.Own))
				}
			}
			if seed > 1 {
				continue
			}
			if err := s.Write(dir); err != nil {
				t.Fatal(err)
			}
			truths = append(truths, folder(t, dir)["truth.json"])
		}
		slices.Sort(truths)
		if n := len(slices.Compact(truths)); seed == 1 && n != 10 {
			t.Errorf("seed %d: ten days gave %d truths", seed, n)
		}
	}
	for _, k := range (NewPlayer(world.New(world.Settings{}), 1)).Kinds() {
		if happened[k] == 0 {
			t.Errorf("it never happened: %s", k)
		}
	}
}

func TestSameDays(t *testing.T) {
	var dirs []map[string]string
	for range 2 {
		s := school(t, 30, 3)
		p := s.Player()
		for range 4 {
			if _, err := p.Play(); err != nil {
				t.Fatal(err)
			}
		}
		dir := t.TempDir()
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, folder(t, dir))
	}
	if diff := cmp.Diff(dirs[0], dirs[1]); diff != "" {
		t.Errorf("the same seed gave other days:\n%.2000s", diff)
	}
}

func TestPlayerOnEmptyTenant(t *testing.T) {
	w := world.New(world.Settings{Now: DefaultNow})
	w.AddOrgUnit(&world.OrgUnit{OrgUnitID: "id:1", OrgUnitPath: "/"})
	if _, err := NewPlayer(w, 1).Play(); err != nil {
		t.Error(err)
	}
}

func TestDo(t *testing.T) {
	p := school(t, 30, 1).Player()
	if ok, err := p.Do("switch a link on"); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
	if _, err := p.Do("no such thing"); err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("got %v", err)
	}
}

// TestPauses: the clock stops at each pause of every day, a Sunday on which the clocks go back too, and nothing happens otherwise than without them.
func TestPauses(t *testing.T) {
	now := time.Date(2026, time.October, 22, 4, 0, 0, 0, time.UTC)
	play := func(pauses []string) (at []string, records int) {
		s, err := Generate(Options{Pupils: 30, Seed: 3, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		p := s.Player()
		p.Pauses, p.Pause = pauses, func() { at = append(at, s.World.Now().In(p.zone).Format("Mon 15:04:05")) }
		for range 3 {
			if _, err := p.Play(); err != nil {
				t.Fatal(err)
			}
		}
		return at, len(s.World.Activities("drive"))
	}
	var want []string
	for _, day := range []string{"Thu", "Fri", "Sat", "Sun", "Mon"} {
		want = append(want, day+" 07:35:00", day+" 16:55:00")
	}
	at, records := play([]string{"07:35", "16:55"})
	if diff := cmp.Diff(want, at); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if _, without := play(nil); records != without || records == 0 {
		t.Errorf("%d records on Drive, without pauses %d", records, without)
	}
}

func TestHalfTerm(t *testing.T) {
	for _, pupils := range []int{MinPupils, 60} {
		s := school(t, pupils, 1)
		days := s.HalfTerm()
		if len(days) != 30 {
			t.Fatalf("%d days", len(days))
		}
		quiet := 0
		for _, d := range days {
			told, err := d.Play()
			if err != nil {
				t.Fatal(err)
			}
			if len(told) != len(d.Events) {
				t.Errorf("%v: only happened: %v", d, told)
			}
			if len(told) == 0 {
				quiet++
			}
			if y, m, day := s.World.Now().Date(); y != d.Date.Year() || m != d.Date.Month() || day != d.Date.Day() {
				t.Errorf("%v ended on %v", d, s.World.Now())
			}
		}
		if quiet < 12 {
			t.Errorf("only %d quiet days", quiet)
		}
	}
}

func TestBenchAccounts(t *testing.T) {
	s, err := BenchAccounts(4000)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.World.Users()); n < 4200 || n > 4800 {
		t.Errorf("%d accounts", n)
	}
	if n := s.World.FileCount(); n != 1 {
		t.Errorf("%d files", n)
	}
	if n := len(s.World.UsageDates()); n != 7 {
		t.Errorf("usage reports of %d days", n)
	}
	if _, err := policy.Parse("dojo-school.yaml", []byte(s.Policies[Dojo])); err != nil {
		t.Error(err)
	}
}

func TestBench(t *testing.T) {
	s, err := Bench(BenchOptions{Owners: 20, FilesPerOwner: 60, Groups: 5, Shares: 10, NoisePerShare: 10, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.World.FileCount(); n != 1200 {
		t.Errorf("%d files", n)
	}
	if n := len(s.World.Activities("drive")); n < 110 {
		t.Errorf("%d records", n)
	}
	if got := s.World.Now(); !got.Equal(DefaultNow) {
		t.Errorf("the clock stands at %v", got)
	}
	for name, text := range s.Policies {
		if _, err := policy.Parse(name, []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := BenchDay(s.World, 5, 4, 1); err != nil {
		t.Fatal(err)
	}
	if got := s.World.Now(); !got.Equal(DefaultNow.Add(24 * time.Hour)) {
		t.Errorf("the clock stands at %v", got)
	}
	if err := s.WriteBench(t.TempDir()); err != nil {
		t.Fatal(err)
	}
}

// TestEcoClub: a group switches mail on for a few pupils in the second week; the reports of usage say so two or three days later, and not before.
func TestEcoClub(t *testing.T) {
	s := school(t, 60, 2)
	w := s.World
	if len(s.cast.eco) == 0 {
		t.Fatal("nobody is in the eco club")
	}
	member := s.cast.eco[0].user
	hasMail := func(date string) bool {
		for _, u := range w.Usage(date) {
			if u.Entity.ProfileID != member.ID {
				continue
			}
			for _, p := range u.Parameters {
				if p.Name == "gmail:is_gmail_enabled" {
					return *p.Bool
				}
			}
		}
		t.Fatalf("no report of %s", date)
		return false
	}
	first := len(w.UsageDates())
	for n, d := range s.HalfTerm()[:21] {
		told, err := d.Play()
		if err != nil {
			t.Fatal(err)
		}
		if on := mailUsers(w)[member.ID]; on != (n >= 7 && n < 17) {
			t.Errorf("day %d: mail is on: %v", n+1, on)
		}
		if n == 7 && len(told) == 0 {
			t.Error("nothing was told of it")
		}
	}
	dates := w.UsageDates()
	if len(dates) < first+20 {
		t.Errorf("%d days of usage became %d", first, len(dates))
	}
	for date, want := range map[string]bool{"2026-09-15": false, "2026-09-16": true, "2026-09-29": true, "2026-09-30": false} {
		if got := hasMail(date); got != want {
			t.Errorf("%s: mail %v, want %v", date, got, want)
		}
	}
}

// TestRollsChange: earlier exports of the roll stay, in the same form as the present one, and the school's files hold them.
func TestRollsChange(t *testing.T) {
	for _, seed := range []int64{2, 4, 6} {
		s := school(t, 30, seed)
		p := s.Player()
		before := len(s.World.Rolls())
		for _, kind := range []string{"a pupil joins", "a pupil leaves", "an agreement comes in", "a pupil moves class"} {
			p.until(p.World.Now().Add(24 * time.Hour))
			if ok, err := p.Do(kind); !ok || err != nil {
				t.Errorf("seed %d: %s: %v, %v", seed, kind, ok, err)
			}
		}
		names := s.World.Rolls()
		if len(names) < before+3 {
			t.Errorf("seed %d: the rolls are %v", seed, names)
		}
		for _, name := range names {
			if rows, style := decodeRoll(s.World.Roll(name)); len(rows) < 5 || style.comma != styleOf(seed).comma || column(rows, "Name") < 0 {
				t.Errorf("seed %d: %s has %d rows, separated by %q", seed, name, len(rows), style.comma)
			}
		}
		dir := t.TempDir()
		if err := s.WriteRolls(dir); err != nil {
			t.Fatal(err)
		}
		if got := folder(t, dir); len(got) != 3 || got["roll.csv"] != string(s.World.Roll("roll.csv")) {
			t.Errorf("seed %d: %d rolls were written", seed, len(got))
		}
	}
}
