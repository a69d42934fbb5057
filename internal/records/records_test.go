package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/calendar"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var london = func() *time.Location {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return loc
}()

// moment reads "2026-11-18 07:30" in London.
func moment(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, london)
	if err != nil {
		panic(err)
	}
	return t
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// autumn has one term, with a half-term holiday and an inset day.
func autumn() *calendar.Calendar {
	return &calendar.Calendar{
		Location: london, BankHolidays: "england-and-wales", Inset: []calendar.Date{date("2026-11-20")},
		Terms: []calendar.Term{{Name: "Autumn", First: date("2026-09-02"), Last: date("2026-12-18"), HalfTerm: calendar.Range{First: date("2026-10-26"), Last: date("2026-10-30")}}},
	}
}

// The policy knows the same lists.
func TestKindsAreThePolicys(t *testing.T) {
	for _, k := range Kinds {
		if policy.Keepers(k.Name) == nil || !policy.Built(policy.Record, k.Name) {
			t.Errorf("nobody keeps %s", k.Name)
		}
		if have, ok := KindOf(k.Name); !ok || have != k {
			t.Errorf("%s: %+v %v", k.Name, have, ok)
		}
		for _, words := range []string{k.Title, k.Entry, k.What, k.Where, k.Until} {
			if words == "" {
				t.Errorf("%s lacks words", k.Name)
			}
		}
		if name, id, ok := ParseSubject(Subject(k.Name, "0a-1")); name != k.Name || id != "0a-1" || !ok {
			t.Errorf("%s: %q %q %v", k.Name, name, id, ok)
		}
	}
	for _, s := range []string{"entry/1", "record/", "record/visitors-", "record/changes-1", "check-in/visitors-1"} {
		if _, _, ok := ParseSubject(s); ok {
			t.Errorf("%s is no entry of a list", s)
		}
	}
	if _, ok := KindOf("incidents"); ok {
		t.Error("the incident log is no list")
	}
}

func TestKeeps(t *testing.T) {
	for role, want := range map[policy.Role]string{
		policy.RoleAdmin: "approved-services filter-changes", policy.RoleITSupport: "approved-services visitors filter-changes", policy.RoleLeaders: "approved-services approved-blogs visitors consents meetings filter-changes",
		policy.RolePageHost: "approved-blogs visitors consents", policy.RoleEarlyYears: "consents", policy.RoleOfficer: "approved-services approved-blogs visitors consents meetings filter-changes",
		policy.RoleDeputy: "approved-services approved-blogs visitors consents meetings filter-changes", policy.RoleHead: "approved-services approved-blogs visitors consents meetings filter-changes", policy.RoleGovernor: "meetings", policy.RoleSafeguarding: "",
	} {
		var have []string
		for _, k := range Kinds {
			if Keeps(k.Name, []policy.Role{policy.RoleCommittee, role}) {
				have = append(have, k.Name)
			}
		}
		if strings.Join(have, " ") != want {
			t.Errorf("%s keeps %v, want %s", role, have, want)
		}
	}
	if Keeps("incidents", []policy.Role{policy.RoleHead}) {
		t.Error("the incident log is kept elsewhere")
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		day, until string
		want       bool
	}{
		{"2026-11-18", "2026-11-17", false}, {"2026-11-18", "2026-11-18", false}, {"2026-11-18", "2026-11-19", true}, {"2026-11-18", "2028-11-18", true}, {"2026-11-18", "2028-11-19", false},
		{"2028-02-29", "2030-02-28", true}, {"2028-02-29", "2030-03-01", true}, {"2028-02-29", "2030-03-02", false}, {"2026-02-28", "2028-02-28", true}, {"2026-02-28", "2028-02-29", false},
	} {
		if have := Fits(date(c.day), date(c.until)); have != c.want {
			t.Errorf("%s until %s: %v", c.day, c.until, have)
		}
	}
}

func entry(record, id, until string) Entry {
	return Entry{ID: id, Record: record, What: "w", Dates: []Mark{{ID: id, At: moment("2026-09-03 09:00"), Until: date(until)}}}
}

func ask(due string) Ask {
	d, err := calendar.ParseDeadline(due)
	if err != nil {
		panic(err)
	}
	return Ask{Clause: "A26", Severity: "medium", Deals: "esafety_officer", Record: "visitors", Due: d}
}

func TestOverdue(t *testing.T) {
	high := ask("1 school day")
	high.Severity = "high"
	for _, c := range []struct {
		name  string
		ask   Ask
		until string
		last  string // the last minute at which nothing is found; "" where nothing ever is
	}{
		{"working days from a Sunday", ask("5 working days"), "2026-11-15", "2026-11-23 17:00"}, // counted from Monday the 16th
		{"working days over a weekend", ask("1 working day"), "2026-11-12", "2026-11-16 17:00"}, // from Friday the 13th
		{"school days over half-term", ask("1 school day"), "2026-10-22", "2026-11-02 17:00"},
		{"of high severity the holiday counts", high, "2026-10-22", "2026-10-26 17:00"},
		{"school days over an inset day", ask("2 school days"), "2026-11-17", "2026-11-23 17:00"},
		{"the clocks go back in the night after", ask("24 hours"), "2026-10-24", "2026-10-25 23:00"},
		{"at once", ask("at once"), "2026-11-17", "2026-11-18 00:00"},
		{"the term dates end", ask("5 school days"), "2026-12-15", ""},
	} {
		in := Input{Calendar: autumn(), Asks: []Ask{c.ask}, Entries: []Entry{entry("visitors", "1", c.until)}}
		if c.last == "" {
			if in.Now = moment("2030-01-01 00:00"); len(Check(in)) != 0 {
				t.Errorf("%s: %v", c.name, Check(in))
			}
			continue
		}
		in.Now = moment(c.last)
		if have := Check(in); len(have) != 0 {
			t.Errorf("%s: found at its deadline: %+v", c.name, have)
		}
		in.Now = in.Now.Add(time.Second)
		want := []findings.Observed{{
			Clause: "A26", Rule: "record.overdue", Subject: "record/visitors-1", Severity: c.ask.Severity, Deals: "esafety_officer", Facts: []string{"until " + c.until}, Due: moment(c.last),
		}}
		if diff := cmp.Diff(want, Check(in)); diff != "" {
			t.Errorf("%s (-want +have):\n%s", c.name, diff)
		}
	}
}

// A calendar that says nothing of where the school is goes by UTC.
func TestWithoutPlace(t *testing.T) {
	cal := autumn()
	cal.Location = nil
	in := Input{Now: time.Date(2026, 9, 11, 16, 59, 0, 0, time.UTC), Calendar: cal, Asks: []Ask{ask("1 working day")}, Entries: []Entry{entry("visitors", "1", "2026-09-09")}}
	if have := Check(in); len(have) != 0 {
		t.Errorf("%+v", have)
	}
	in.Now = in.Now.Add(2 * time.Minute)
	if have := Check(in); len(have) != 1 {
		t.Errorf("%+v", have)
	}
}

func TestWhichEntries(t *testing.T) {
	ended := entry("visitors", "3", "2026-09-30")
	ended.Ended = &Mark{ID: "x", At: moment("2026-10-01 09:00")}
	renewed := entry("visitors", "4", "2026-09-30")
	renewed.Dates = append(renewed.Dates, Mark{ID: "y", At: moment("2026-10-02 09:00"), Until: date("2027-09-30")})
	b := ask("5 working days")
	b.Clause = "B13"
	other := b
	other.Record = "consents"
	in := Input{
		Now: moment("2026-11-18 12:00"), Calendar: autumn(), Asks: []Ask{b, ask("5 working days"), other},
		Entries: []Entry{entry("visitors", "2", "2026-10-01"), entry("visitors", "1", "2026-09-30"), ended, renewed, entry("approved-blogs", "5", "2026-09-30"), entry("visitors", "6", "2026-11-17")},
	}
	var have []string
	for _, o := range Check(in) {
		have = append(have, o.Clause+" "+o.Subject+" "+strings.Join(o.Facts, ", "))
	}
	if diff := cmp.Diff([]string{
		"A26 record/visitors-1 until 2026-09-30", "A26 record/visitors-2 until 2026-10-01", "B13 record/visitors-1 until 2026-09-30", "B13 record/visitors-2 until 2026-10-01",
	}, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if diff := cmp.Diff([]Ask{other}, Empty(in)); diff != "" {
		t.Errorf("without an entry (-want +have):\n%s", diff)
	}
	in.Entries = []Entry{ended}
	if have := Empty(in); len(have) != 3 {
		t.Errorf("one that was ended is none: %v", have)
	}
}

// Of meetings only the newest entry can run out: each takes the place of those before it.
func TestNewest(t *testing.T) {
	a := ask("5 working days")
	a.Record = "meetings"
	at := func(id, made, until string) Entry {
		return Entry{ID: id, Record: "meetings", What: "w", Dates: []Mark{{ID: id, At: moment(made), Until: date(until)}}}
	}
	ended := at("4", "2026-10-20 09:00", "2026-10-21")
	ended.Ended = &Mark{ID: "x", At: moment("2026-10-21 09:00")}
	first, second, other := at("1", "2026-09-03 09:00", "2026-09-30"), at("2", "2026-10-03 09:00", "2026-10-30"), entry("visitors", "3", "2027-09-30")
	other.Dates[0].At = moment("2026-11-01 09:00")
	for _, c := range []struct {
		name    string
		entries []Entry
		want    []string
	}{
		{"one", []Entry{first}, []string{"record/meetings-1"}},
		{"the newest has run out", []Entry{second, first, other}, []string{"record/meetings-2"}},
		{"the newest holds", []Entry{at("5", "2026-11-02 09:00", "2027-02-01"), second, first}, nil},
		{"what was ended takes nothing's place", []Entry{ended, first}, []string{"record/meetings-1"}},
		{"at the same moment", []Entry{at("1", "2026-09-03 09:00", "2026-09-30"), at("2", "2026-09-03 09:00", "2026-09-30")}, []string{"record/meetings-2"}},
	} {
		var have []string
		for _, o := range Check(Input{Now: moment("2026-11-18 12:00"), Calendar: autumn(), Asks: []Ask{a}, Entries: c.entries}) {
			have = append(have, o.Subject)
		}
		if diff := cmp.Diff(c.want, have); diff != "" {
			t.Errorf("%s (-want +have):\n%s", c.name, diff)
		}
	}
}

func TestAsks(t *testing.T) {
	five := calendar.Deadline{Count: 5, Unit: calendar.WorkingDays}
	p := &policy.Policy{Clauses: []policy.Clause{
		{ID: "A26", DealsWithIt: policy.RoleOfficer, MetBy: []policy.Means{
			{Kind: policy.Record, Name: "approved-services", Severity: "low", Due: five}, {Kind: policy.Record, Name: "incidents"}, {Kind: policy.CheckIn, Name: "consents"},
		}},
		{ID: "B22", DealsWithIt: policy.RolePageHost, MetBy: []policy.Means{{Kind: policy.Record, Name: "consents", Severity: "medium"}}},
	}}
	want := []Ask{
		{Clause: "A26", Severity: "low", Deals: "esafety_officer", Record: "approved-services", Due: five},
		{Clause: "B22", Severity: "medium", Deals: "page_host", Record: "consents"},
	}
	if diff := cmp.Diff(want, Asks(p)); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

func openStore(t testing.TB) store.Store {
	t.Helper()
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openBook(t testing.TB, s store.Store) *Book {
	t.Helper()
	b, err := Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func save(t testing.TB, s store.Store, b *Book) {
	t.Helper()
	batch := &store.Batch{}
	if err := b.Stage(batch); err != nil {
		t.Fatal(err)
	}
	if batch.Writes() == 0 {
		return
	}
	if err := s.Commit(context.Background(), batch); err != nil {
		t.Fatal(err)
	}
}

func mark(id, at, until string) Mark {
	m := Mark{ID: id, At: moment(at).UTC(), By: "kim"}
	if until != "" {
		m.Until = date(until)
	}
	return m
}

func TestBook(t *testing.T) {
	s := openStore(t)
	b := openBook(t, s)
	b.Make("visitors", "A technician", "Blue folder", mark("1", "2026-09-03 09:00", "2027-09-03"))
	b.Make("visitors", "Another", "", mark("1", "2026-09-04 09:00", "2028-09-03")) // the same decision again
	b.Make("consents", "Reception: 28 of 28", "", mark("2", "2026-09-03 10:00", "2027-07-21"))
	for _, c := range []struct {
		name string
		have bool
		want bool
	}{
		{"another record's", b.Renew("consents", "1", mark("3", "2026-10-01 09:00", "2028-01-01")), false},
		{"nobody's", b.Renew("visitors", "9", mark("3", "2026-10-01 09:00", "2028-01-01")), false},
		{"before it was made", b.Renew("visitors", "1", mark("3", "2026-09-03 08:59", "2028-01-01")), false},
		{"renewed", b.Renew("visitors", "1", mark("4", "2026-10-02 09:00", "2028-01-02")), true},
		{"earlier, and shown later", b.Renew("visitors", "1", mark("5", "2026-10-01 09:00", "2028-08-01")), true},
		{"renewed again by the same", b.Renew("visitors", "1", mark("4", "2026-10-03 09:00", "2028-09-01")), true},
		{"another record's end", b.End("visitors", "2", mark("6", "2026-10-01 09:00", "")), false},
		{"ended before it was made", b.End("consents", "2", mark("6", "2026-09-03 09:00", "")), false},
		{"ended", b.End("consents", "2", mark("6", "2026-10-01 09:00", "")), true},
		{"ended twice", b.End("consents", "2", mark("7", "2026-10-02 09:00", "")), false},
		{"renewed after its end", b.Renew("consents", "2", mark("8", "2026-10-02 09:00", "2027-09-01")), false},
	} {
		if c.have != c.want {
			t.Errorf("%s: %v", c.name, c.have)
		}
	}
	end := mark("6", "2026-10-01 09:00", "")
	want := []Entry{
		{ID: "2", Record: "consents", What: "Reception: 28 of 28", Dates: []Mark{mark("2", "2026-09-03 10:00", "2027-07-21")}, Ended: &end},
		{ID: "1", Record: "visitors", What: "A technician", Where: "Blue folder", Dates: []Mark{
			mark("1", "2026-09-03 09:00", "2027-09-03"), mark("5", "2026-10-01 09:00", "2028-08-01"), mark("4", "2026-10-02 09:00", "2028-01-02"),
		}},
	}
	if diff := cmp.Diff(want, b.All()); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	save(t, s, b)
	if diff := cmp.Diff(want, openBook(t, s).All()); diff != "" {
		t.Errorf("read again (-want +have):\n%s", diff)
	}
	if e, ok := b.Get("visitors", "1"); !ok || e.Until() != date("2028-01-02") {
		t.Errorf("%+v %v", e, ok)
	}
	if _, ok := b.Get("", "9"); ok {
		t.Error("found without a record")
	}
	if _, ok := (*Book)(nil).Get("visitors", "1"); ok {
		t.Error("found in no book")
	}
}

// What cannot be read is not passed over, and the error does not quote it.
func TestUnreadable(t *testing.T) {
	for _, body := range []string{`{"what": "Secret`, `{"id": "1", "record": "visitors", "what": "Secret"}`, `{"id": "2", "what": "Secret", "dates": [{"id": "2"}]}`, `{"id": "1", "record": 7, "what": "Secret", "dates": [{"id": "1"}]}`} {
		s := openStore(t)
		batch := &store.Batch{}
		batch.Create(Entries, "1", nil, []byte(body))
		if err := s.Commit(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), s); err == nil || strings.Contains(err.Error(), "Secret") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// What the state cannot give or take is said.
func TestStateFails(t *testing.T) {
	s := openStore(t)
	b := openBook(t, s)
	b.Make("visitors", "w", "", Mark{ID: "1", At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}) // a time that JSON has no words for
	if err := b.Stage(&store.Batch{}); err == nil {
		t.Error("an entry that cannot be written is passed over")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), s); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a closed state: %v", err)
	}
}

// However decisions come, an entry holds what the newest of those that were made on it says, and what was ended stays so, in the store too.
func TestNewestHolds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := openStore(t)
		b := openBook(t, s)
		begin := moment("2026-09-03 09:00")
		made := Mark{ID: "0", At: begin, Until: date("2027-01-01")}
		b.Make("visitors", "w", "", made)
		counted := []Mark{made}
		ended := false
		for i := range rapid.IntRange(0, 8).Draw(r, "steps") {
			m := Mark{ID: fmt.Sprint(i + 1), At: begin.Add(time.Duration(rapid.IntRange(-2, 10).Draw(r, "hours")) * time.Hour), Until: date("2027-01-01").AddDays(rapid.IntRange(0, 300).Draw(r, "days"))}
			may := !ended && !m.At.Before(begin)
			switch rapid.SampledFrom([]string{"renew", "renew", "renew", "end", "save"}).Draw(r, "do") {
			case "renew":
				if b.Renew("visitors", "0", m) != may {
					t.Fatalf("renewed: %v, may %v", !may, may)
				}
				if may {
					counted = append(counted, m)
				}
			case "end":
				if b.End("visitors", "0", m) != may {
					t.Fatalf("ended: %v, may %v", !may, may)
				}
				ended = ended || may
			case "save":
				save(t, s, b)
				b = openBook(t, s)
			}
		}
		newest := counted[0]
		for _, m := range counted[1:] {
			if !m.At.Before(newest.At) {
				newest = m
			}
		}
		e := b.All()[0]
		if e.Until() != newest.Until || (e.Ended != nil) != ended || !slices.ContainsFunc(e.Dates, func(m Mark) bool { return m.ID == "0" }) {
			t.Fatalf("%+v, want until %s, ended %v", e, newest.Until, ended)
		}
	})
}
