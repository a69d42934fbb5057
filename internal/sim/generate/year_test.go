package generate

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// yearOfSchool lets school days pass from September until into the next, and looks at each of them. It tells on which day the school moved up.
func yearOfSchool(t *testing.T, pupils int, seed int64) (_ *School, movedOn string) {
	t.Helper()
	s := school(t, pupils, seed)
	w, p := s.World, s.Year()
	records := map[string]int{}
	for _, app := range world.Apps {
		records[app] = len(w.Activities(app))
	}
	begun := len(pupilsOf(w))
	until := time.Date(2027, time.September, 10, 0, 0, 0, 0, p.zone)
	byPupils, term, moved := 0, 0, 0
	for w.Now().Before(until) {
		pupil, others := map[string]bool{}, map[string]bool{} // all day: who is moved may have been no pupil when they did something
		for _, a := range pupilsOf(w) {
			pupil[a] = true
		}
		for _, u := range w.Users() {
			others[u.PrimaryEmail] = !pupil[u.PrimaryEmail]
		}
		what, err := p.Play()
		if err != nil {
			t.Fatalf("%s: %v", w.Now(), err)
		}
		for _, a := range pupilsOf(w) {
			pupil[a] = !others[a]
		}
		day := w.Now().In(p.zone)
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday || day.Hour() != 18 || day.Minute() != 0 {
			t.Fatalf("a day ended at %s", day)
		}
		if slices.Contains(what, "the school moves up") {
			moved++
			movedOn = day.Format(time.DateOnly)
		}
		for _, app := range world.Apps {
			for _, a := range w.Activities(app)[records[app]:] {
				if !pupil[a.ActorEmail] {
					continue
				}
				if byPupils++; !inSchool(day) {
					t.Errorf("%s, a holiday: a pupil did %s", day.Format(time.DateOnly), a.Events[0].Name)
				}
			}
			records[app] = len(w.Activities(app))
		}
		if !inSchool(day) {
			continue
		}
		if term++; len(what) < 20 {
			t.Errorf("%s: only %d changes: %v", day.Format(time.DateOnly), len(what), what)
		}
		if n := len(pupilsOf(w)); n < begun/2 || n > begun*2 {
			t.Fatalf("%s: %d pupils of %d have accounts", day.Format(time.DateOnly), n, begun)
		}
	}
	if n := len(w.UsageDates()); n < 50 || n > 62 {
		t.Errorf("usage reports of %d days", n)
	}
	if term < 185 || term > 200 || byPupils < 5*term || moved != 1 {
		t.Errorf("%d school days, %d acts of pupils, the school moved up %d times", term, byPupils, moved)
	}
	return s, movedOn
}

// pupilsOf lists the addresses of the pupils who can sign in.
func pupilsOf(w *world.World) (out []string) {
	for _, u := range w.Users() {
		if isPupil(u) {
			out = append(out, u.PrimaryEmail)
		}
	}
	return out
}

// TestYear lets a whole year pass in a small school: it goes on to the end, pupils do nothing on any day off, and afterwards everybody is a year further.
func TestYear(t *testing.T) {
	for _, seed := range []int64{1, 2} {
		s, movedOn := yearOfSchool(t, 40, seed)
		left, young, classes := 0, 0, map[string]bool{}
		r := s.Year().roll()
		for _, row := range r.rows[1:] {
			n, ok := yearOf(row[r.year])
			switch {
			case !ok && row[r.class] != "Nursery": // whose children stay
				t.Errorf("seed %d: the year %q", seed, row[r.year])
			case row[r.left] == movedOn:
				left++
				if n != lastYear {
					t.Errorf("seed %d: one who left was in year %d", seed, n)
				}
			case n == 0 && row[r.left] == "":
				young++
			}
			if row[r.left] == "" {
				classes[row[r.class]] = true
			}
		}
		if left < 2 || young < 2 {
			t.Errorf("seed %d: %d left and %d came", seed, left, young)
		}
		made := 0
		for _, c := range s.World.Courses() {
			if classes[c.Name] && c.CourseState == "ACTIVE" && c.CreationTime.After(time.Date(2027, 8, 31, 0, 0, 0, 0, time.UTC)) && len(s.World.Teachers(c.ID)) > 0 && len(s.World.Students(c.ID)) > 0 {
				made++
			}
		}
		if made == 0 {
			t.Errorf("seed %d: no class of the new year", seed)
		}
	}
}

// TestYearCampaign does the same at the size of an ordinary school, and works out what must be found at its end: it says how long that takes.
func TestYearCampaign(t *testing.T) {
	if os.Getenv("ESAFETYBOT_CAMPAIGN") == "" {
		t.Skip("a year of 420 pupils takes a minute: set ESAFETYBOT_CAMPAIGN")
	}
	begun := time.Now()
	s, _ := yearOfSchool(t, 420, 3)
	t.Logf("a year of 420 pupils: %s", time.Since(begun).Round(time.Second))
	dir := t.TempDir()
	begun = time.Now()
	var err error
	if s.Policies, err = s.PoliciesAt(s.World.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.World.Save(dir); err != nil {
		t.Fatal(err)
	}
	if err := writePolicies(dir, s.Policies); err != nil {
		t.Fatal(err)
	}
	t.Logf("saved in %s", time.Since(begun).Round(time.Millisecond))
	begun = time.Now()
	if _, err := truth.Compute(dir, time.Time{}); err != nil {
		t.Fatal(err)
	}
	t.Logf("its truth in %s", time.Since(begun).Round(time.Millisecond))
}

// TestPoliciesAt: whenever in the year the policies are written they can be read, and their calendar says of each day what the Player goes by.
func TestPoliciesAt(t *testing.T) {
	s := school(t, 30, 1)
	for _, month := range []time.Month{time.September, time.October, time.January, time.May, time.June, time.August} {
		year := 2026
		if month < time.September {
			year++
		}
		now := date(year, month, 15)
		policies, err := s.PoliciesAt(now)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range policies {
			p, err := policy.Parse(name+".yaml", []byte(text))
			if err != nil {
				t.Fatalf("%s of %s: %v", name, now.Format(time.DateOnly), err)
			}
			if a, b := strings.Count(text, "\n"), strings.Count(s.Policies[name], "\n"); a < b || a > b+3 {
				t.Errorf("%s of %s has %d lines, before %d", name, now.Format(time.DateOnly), a, b)
			}
			known := p.Calendar.Covered()
			if want := month == time.June || month == time.August; (known.Last.Year == 2028) != want {
				t.Errorf("%s of %s: terms are known until %s", name, now.Format(time.DateOnly), known.Last)
			}
			days := 0
			for d := known.First; !d.After(known.Last); d = d.AddDays(1) {
				if want := inSchool(date(d.Year, d.Month, d.Day)); p.Calendar.IsSchoolDay(d) != want {
					t.Errorf("%s of %s: %s is a school day: %v", name, now.Format(time.DateOnly), d, !want)
				} else if want {
					days++
				}
			}
			if days < 240 {
				t.Errorf("%s of %s: %d school days", name, now.Format(time.DateOnly), days)
			}
		}
	}
	// In no year do terms and holidays fall so that it is much longer or shorter than a school year.
	for y := 2024; y < 2044; y++ {
		n := 0
		for d := date(y, time.August, 1); d.Before(date(y+1, time.August, 1)); d = d.AddDate(0, 0, 1) {
			if inSchool(d) {
				n++
			}
		}
		if n < 175 || n > 195 {
			t.Errorf("the year from %d has %d school days", y, n)
		}
	}
}

func TestEaster(t *testing.T) {
	for _, want := range []string{"2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2038-04-25", "2008-03-23"} {
		d, err := time.Parse(time.DateOnly, want)
		if err != nil {
			t.Fatal(err)
		}
		if have := easter(d.Year()); !have.Equal(d) {
			t.Errorf("%s, want %s", have.Format(time.DateOnly), want)
		}
	}
	cal := calendar.Calendar{BankHolidays: "england-and-wales"}
	for d := (calendar.Date{Year: 2025, Month: 1, Day: 1}); d.Year < 2030; d = d.AddDays(1) {
		day := date(d.Year, d.Month, d.Day)
		if isTermDay(terms(day), day) && (cal.BankHoliday(d) != "") != bankHoliday(day) {
			t.Errorf("%s: a bank holiday: %v", d, !bankHoliday(day))
		}
	}
}

func TestYearUp(t *testing.T) {
	rows := [][]string{{"Y3"}, {"R"}}
	for _, tt := range []struct{ text, want string }{{"Y3", "Y4"}, {"R", "Y1"}, {"Year 5", "Year 6"}, {"2", "3"}, {"Reception", "Y1"}, {"Nursery", "Nursery"}, {"", ""}} {
		if have := yearUp(tt.text, rows, 0); have != tt.want {
			t.Errorf("%q became %q, want %q", tt.text, have, tt.want)
		}
	}
	for _, tt := range []struct{ name, want string }{{"Reception Ash", "1 Ash"}, {"3 Beech", "4 Beech"}, {"6 Ash", "6 Ash"}, {"Class 2", "Class 2"}, {"", ""}} {
		if have := classUp(tt.name); have != tt.want {
			t.Errorf("%q became %q, want %q", tt.name, have, tt.want)
		}
	}
	for _, tt := range []struct{ path, want string }{{"/Pupils/Reception", "/Pupils/Year 1"}, {"/Ash/Pupils/Year 5", "/Ash/Pupils/Year 6"}, {"/Pupils/Year 6", ""}, {"/Staff", ""}, {"", ""}} {
		if have := unitUp(tt.path); have != tt.want {
			t.Errorf("%q became %q, want %q", tt.path, have, tt.want)
		}
	}
}
