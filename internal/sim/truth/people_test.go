package truth

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const heading = "No,Email,Name,Year,Reg,Agreed,Left\n"

func TestRules(t *testing.T) {
	stranger := `{"id": "u9", "primaryEmail": "zoe@school.example", "name": {"fullName": "Zoe Zeal"}, "orgUnitPath": "/Pupils/Year 4", "creationTime": "2026-11-01T08:00:00Z"}`
	visitor := `{"id": "v1", "primaryEmail": "vic@school.example", "orgUnitPath": "/Visitors", "externalIds": [{"value": "V1"}], "creationTime": "2026-11-01T08:00:00Z"}`
	runCases(t, []ruleCase{
		{"everybody is on the roll", nil, "accounts", "{rules: [not-on-roll, missing, leaver-active, wrong-unit, no-agreement, shared-account]}", nil},
		{"a means without with", nil, "accounts", "", nil},

		{"not on the roll", users(ada, ben, tess, will, stranger), "accounts", "{rules: [not-on-roll]}", []string{"not-on-roll user/u9: no-row"}},
		{"switched off", users(ada, ben, tess, will, but(stranger, `"suspended": true`)), "accounts", "{rules: [not-on-roll]}", nil},
		{"left out", users(ada, ben, tess, will, stranger), "accounts", "{rules: [not-on-roll], except: {units: [/pupils/year 4]}}", nil},
		{"accepted", users(ada, ben, tess, will, stranger), "accounts", "{rules: [not-on-roll], accepted: [Zoe@school.example]}", nil},
		{"not asked", users(ada, ben, tess, will, stranger), "accounts", "{rules: [not-on-roll], who: [staff]}", nil},
		{"a guest", users(ada, ben, tess, will, but(stranger, `"isGuestUser": true`)), "accounts", "{rules: [not-on-roll]}", nil},
		{"in people", users(ada, ben, tess, will, but(stranger, `"aliases": ["HEAD@school.example"]`)), "accounts", "{rules: [not-on-roll]}", nil},
		{"a governor", and(users(ada, ben, tess, will, stranger), "members.json", `{"gov": [{"email": "zoe@school.example", "type": "USER"}]}`), "accounts", "{rules: [not-on-roll]}", nil},

		{"two of one name", and(users(ada, tess, will, ben, but(ben, `"id": "u3", "primaryEmail": "ben2@school.example"`)), "members.json", "{}"), "accounts", "{rules: [not-on-roll, missing]}",
			[]string{"missing roll/" + hash("pupils\np2") + ": ambiguous", "not-on-roll user/u2: ambiguous", "not-on-roll user/u3: ambiguous"}},
		{"in another year", users(ada, tess, will, but(ben, `"orgUnitPath": "/Pupils/Year 1"`)), "accounts", "{rules: [not-on-roll, missing]}",
			[]string{"missing roll/" + hash("pupils\np2") + ": no-account", "not-on-roll user/u2: no-row"}},
		{"in the class's unit", users(ada, tess, will, but(ben, `"orgUnitPath": "/Pupils/robins"`)), "accounts", "{rules: [not-on-roll, missing]}", nil},
		{"one number, two accounts", users(ada, ben, tess, will, but(stranger, `"externalIds": [{"value": "P1"}]`)), "accounts", "{rules: [not-on-roll, missing, shared-account]}",
			[]string{"not-on-roll user/u9: no-row", "shared-account user/u1: same-number user/u9", "shared-account user/u9: same-number user/u1"}},
		{"one number, one of two switched off", users(but(ada, `"suspended": true`), ben, tess, will, but(stranger, `"externalIds": [{"value": "P1"}]`)), "accounts", "{rules: [not-on-roll, missing, shared-account]}", nil},

		{"switched off, on the roll", users(but(ada, `"archived": true`), ben, tess, will), "accounts", "{rules: [missing]}",
			[]string{"missing roll/" + hash("pupils\np1") + ": switched-off user/u1"}},
		{"staff without an account", users(ada, ben, tess), "accounts", "{rules: [missing]}", []string{"missing roll/" + hash("staff\ns2") + ": no-account"}},
		{"only pupils asked", users(ada, ben, tess), "accounts", "{rules: [missing], who: [pupils]}", nil},
		{"no account without a signature", and(users(ada, tess, will), "roll.csv", heading+"P2,,Ben Birch,R,Robins,no,\n"), "accounts", "{rules: [missing]}", nil},

		{"left 29 days ago", map[string]string{"roll.csv": heading + "P1,,Ada Ash,4,4A,yes,18/10/2026\nP2,,Ben Birch,R,Robins,yes,19/10/2026\n"}, "accounts", "{rules: [leaver-active, missing, not-on-roll]}",
			[]string{"leaver-active user/u1: left 2026-10-18"}},
		{"leaves tomorrow", map[string]string{"roll.csv": heading + "P1,,Ada Ash,4,4A,no,17-Nov-2026\nP2,,Ben Birch,R,Robins,no,16 November 2026\n"}, "accounts", "{rules: [leaver-active, no-agreement], grace_days: 0}",
			[]string{"no-agreement user/u1: unsigned"}},
		{"went from the roll", map[string]string{"roll.csv": heading + "P2,,Ben Birch,R,Robins,yes,\n", "roll.csv.2026-10-15": plainSchool["roll.csv"]}, "accounts", "{rules: [leaver-active, not-on-roll], grace_days: 31}",
			[]string{"leaver-active user/u1: left 2026-10-15"}},
		{"still in grace", map[string]string{"roll.csv": heading + "P2,,Ben Birch,R,Robins,yes,\n", "roll.csv.2026-10-15": plainSchool["roll.csv"]}, "accounts", "{rules: [leaver-active, not-on-roll], grace_days: 32}", nil},
		{"went before the first look", map[string]string{"roll.csv": heading + "P2,,Ben Birch,R,Robins,yes,\n", "roll.csv.2026-10-14": plainSchool["roll.csv"]}, "accounts", "{rules: [leaver-active, not-on-roll]}",
			[]string{"not-on-roll user/u1: no-row"}},

		{"a pupil among staff", users(but(ada, `"orgUnitPath": "/Staff"`), ben, tess, will), "accounts", "{rules: [wrong-unit]}", []string{"wrong-unit user/u1: pupils-roll, unit /Staff"}},
		{"staff among pupils", users(ada, ben, but(tess, `"orgUnitPath": "/Pupils"`), will), "accounts", "{rules: [wrong-unit]}", []string{"wrong-unit user/t1: staff-roll, unit /Pupils"}},
		{"another year's unit", nil, "accounts", `{rules: [wrong-unit], year_units: {R: /Pupils/Reception, "4": /Pupils/Year 3}}`, []string{"wrong-unit user/u1: unit /Pupils/Year 4, year 4"}},

		{"agreements", map[string]string{
			"roll.csv":  heading + "P1,,,4,,04/09/2025,\nP2,,Ben Birch,R,,maybe,\n",
			"staff.csv": "No,Email,Read\nS1,tess@school.example,2026-07-20\nS2,will@school.example,17/11/2026\n",
		}, "accounts", "{rules: [no-agreement]}", []string{"no-agreement user/t2: signed 2026-11-17", "no-agreement user/u1: signed 2025-09-04", "no-agreement user/u2: unreadable"}},

		{"no end date", users(ada, visitor), "accounts", "{rules: [no-end-date]}", []string{"no-end-date user/v1: none"}},
		{"ended", and(users(ada, visitor), "visitors.csv", "No,Ends\nV1,15/11/2026\n"), "accounts", "{rules: [no-end-date]}", []string{"no-end-date user/v1: ended 2026-11-15"}},
		{"ends today", and(users(ada, visitor), "visitors.csv", "No,Ends\nV1,16/11/2026\n"), "accounts", "{rules: [no-end-date]}", nil},
		{"an unreadable end", and(users(ada, visitor), "visitors.csv", "No,Ends\nV1,Easter\n"), "accounts", "{rules: [no-end-date]}", []string{"no-end-date user/v1: unreadable"}},

		{"years without accounts", nil, "accounts", "{rules: [year-group], year_rules: [{years: [R], accounts: none}, {years: [4], accounts: no-sign-in}]}",
			[]string{"year-group user/u1: year 4 signs-in", "year-group user/u2: year R has-account"}},
		{"a sign-in long ago", users(but(ada, `"lastLoginTime": "2026-10-16T09:00:00Z"`), ben), "accounts", `{rules: [year-group], year_rules: [{years: ["4"], accounts: no-sign-in}]}`, nil},

		{"generic names", users(ada, `{"id": "x1", "primaryEmail": "ipad-12@school.example", "orgUnitPath": "/"}`, `{"id": "x2", "primaryEmail": "ipadmini@school.example", "orgUnitPath": "/"}`), "accounts", "{rules: [shared-account]}",
			[]string{"shared-account user/x1: generic ipad"}},
		{"generic names of our own", users(ada, `{"id": "x1", "primaryEmail": "Van.1@school.example", "orgUnitPath": "/"}`), "accounts", "{rules: [shared-account], generic_words: [van]}", []string{"shared-account user/x1: generic van"}},
		{"accepted generic names", users(ada, `{"id": "x1", "primaryEmail": "ipad-12@school.example", "orgUnitPath": "/"}`), "accounts", "{rules: [shared-account], accepted: [ipad-12@school.example]}", nil},
	})
}

func TestRollReading(t *testing.T) {
	columns := map[string]string{"id": "Admission number", "name": "Name", "year": "Year", "class": "Reg"}
	for _, c := range []struct {
		name, data string
		want       []row
	}{
		{"bom, quotes and a blank end", "\ufeffADMISSION NUMBER , name,Year,Reg,Note\r\n P1 ,\"Ash, \"\"A\"\"da\",Year R,R,x\r\nP1,Again,1,1,\r\n,,,,total 1\r\n\r\n", []row{{id: "P1", name: `Ash, "A"da`, year: "R", class: "R", nameKey: "a ash da"}}},
		{"windows-1252 and semicolons", "Name;Year;Reg\nZo\xeb O\x92Dell;10;\n", []row{{name: "Zoë O’Dell", nameKey: "dell o zoe"}}},
		{"tabs, a field over two lines", "Name\tYear\n\"Ada\nAsh\"\tY4\n", []row{{name: "Ada\nAsh", year: "4", nameKey: "ada ash"}}},
		{"nothing", "\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := readRoll([]byte(c.data), columns, "pupils")
			for i := range got {
				got[i].key = ""
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(row{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestYears(t *testing.T) {
	for path, want := range map[string]string{
		"/Pupils/Year 4": "4", "/Pupils/Y6 Leavers": "6", "/Pupils/Year 12": "", "/Pupils/reception B": "R", "/Year 1/Nursery am": "N", "/Year 2/Owls": "2", "/Yew": "", "/Pupils/Year 0": "",
	} {
		if got := yearOfUnit(path); got != want {
			t.Errorf("%s: %q, not %q", path, got, want)
		}
	}
	for field, want := range map[string]string{"Reception": "R", "0": "R", "year r": "R", "nursery": "N", "Y4": "4", "Year 4": "4", "4A": "", "": "", "year y4": "", "11": ""} {
		if got := yearOf(field); got != want {
			t.Errorf("%q: %q, not %q", field, got, want)
		}
	}
}

func TestDates(t *testing.T) {
	for field, want := range map[string]string{
		"2026-09-04": "2026-09-04", "4/9/2026": "2026-09-04", "4 Sep 2026": "2026-09-04", "04-sep-2026": "2026-09-04", "4 September 2026": "2026-09-04",
		"31/02/2026": "", "09/13/2026": "", "4-September-2026": "", "2026-9-4": "", "soon": "",
	} {
		got := ""
		if d, ok := rollDay(field); ok {
			got = d.String()
		}
		if got != want {
			t.Errorf("%q: %q, not %q", field, got, want)
		}
	}
}

func TestSchoolYear(t *testing.T) {
	rollover := Calendar{Rollover: &span{date(2026, 7, 20), date(2026, 9, 25)}}
	for _, c := range []struct {
		c     Calendar
		today day
		start string
		in    bool
	}{
		{rollover, date(2026, 7, 19), "2025-07-20", false},
		{rollover, date(2027, 7, 20), "2027-07-20", true},
		{rollover, date(2026, 9, 25), "2026-07-20", true},
		{rollover, date(2026, 9, 26), "2026-07-20", false},
		{Calendar{}, date(2026, 7, 31), "2025-08-01", false},
		{Calendar{}, date(2026, 9, 30), "2026-08-01", true},
	} {
		if got := c.c.yearStart(c.today).String(); got != c.start || c.c.inRollover(c.today) != c.in {
			t.Errorf("%s: starts %s, in the roll-over %v", c.today, got, c.c.inRollover(c.today))
		}
	}
}

func TestSchoolWeeks(t *testing.T) {
	c := Calendar{
		Terms: []span{{date(2026, 9, 2), date(2026, 12, 18)}, {date(2027, 4, 12), date(2027, 7, 21)}},
		Off:   []span{{date(2026, 10, 26), date(2026, 10, 30)}, {date(2026, 9, 2), date(2026, 9, 2)}},
	}
	for _, x := range []struct {
		since, today day
		want         int
	}{
		{date(2026, 9, 1), date(2026, 9, 9), 1}, // Thursday to Wednesday: the inset day does not count
		{date(2026, 9, 1), date(2026, 9, 8), 0},
		{date(2026, 10, 23), date(2026, 11, 6), 1},
		{date(2026, 10, 23), date(2026, 11, 5), 0},
		{date(2027, 4, 30), date(2027, 5, 7), 0}, // Monday 3 May is a bank holiday
		{date(2027, 4, 30), date(2027, 5, 10), 1},
		{date(2026, 12, 18), date(2027, 4, 11), 0},
	} {
		if got := c.schoolWeeks(x.since, x.today); got != x.want {
			t.Errorf("%s to %s: %d weeks, not %d", x.since, x.today, got, x.want)
		}
	}
}

// In the roll-over the agreement of last year still holds.
func TestAgreementInTheRollover(t *testing.T) {
	files := map[string]string{"roll.csv": heading + "P1,,,4,,2025-07-20,\nP2,,Ben Birch,R,,2025-07-19,\n"}
	o := Options{Now: time.Date(2026, 9, 25, 12, 0, 0, 0, time.UTC)}
	want := []string{"no-agreement user/u2: signed 2025-07-19"}
	if diff := cmp.Diff(want, found(t, files, "accounts", "{rules: [no-agreement]}", o)); diff != "" {
		t.Error(diff)
	}
}

// Somebody who had left does not leave again when their row is dropped: the date in the row counts if it had come by then, in the newest version that had the row.
func TestDroppedLeavers(t *testing.T) {
	const ben = "P2,,Ben Birch,R,Robins,yes,\n"
	roll := func(left string) string { return heading + "P1,,Ada Ash,4,4A,yes," + left + "\n" + ben }
	for _, c := range []struct {
		name  string
		rolls map[string]string
		want  string
	}{
		{"no date of leaving", map[string]string{"roll.csv.2026-10-20": roll("")}, "left 2026-10-20"},
		{"an unreadable date", map[string]string{"roll.csv.2026-10-20": roll("Easter")}, "left 2026-10-20"},
		{"left days before", map[string]string{"roll.csv.2026-10-20": roll("16/10/2026")}, "left 2026-10-16"},
		{"left before the first look", map[string]string{"roll.csv.2026-10-20": roll("2026-07-21")}, "left 2026-07-21"},
		{"left the day before", map[string]string{"roll.csv.2026-10-20": roll("19/10/2026")}, "left 2026-10-19"},
		{"left that day", map[string]string{"roll.csv.2026-10-20": roll("20/10/2026")}, "left 2026-10-20"},
		{"was to leave the day after", map[string]string{"roll.csv.2026-10-20": roll("21/10/2026")}, "left 2026-10-20"},
		{"a leaver in the newer version", map[string]string{"roll.csv.2026-10-18": roll(""), "roll.csv.2026-10-20": roll("16/10/2026")}, "left 2026-10-16"},
		{"a leaver only in the older version", map[string]string{"roll.csv.2026-10-18": roll("16/10/2026"), "roll.csv.2026-10-20": roll("")}, "left 2026-10-20"},
		{"the newest version no longer had the row", map[string]string{"roll.csv.2026-10-18": roll("16/10/2026"), "roll.csv.2026-10-20": heading + ben}, "left 2026-10-16"},
		{"a version replaced before the first look", map[string]string{"roll.csv.2026-10-14": roll("")}, ""},
		{"a leaver in a version replaced before the first look", map[string]string{"roll.csv.2026-10-14": roll("12/10/2026"), "roll.csv.2026-10-20": roll("")}, "left 2026-10-20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := []string{"not-on-roll user/u1: no-row"}
			if c.want != "" {
				want = []string{"leaver-active user/u1: " + c.want}
			}
			got := found(t, and(c.rolls, "roll.csv", heading+ben), "accounts", "{rules: [leaver-active, not-on-roll], grace_days: 0}", Options{})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The days of grace run from the date of leaving in the dropped row.
func TestGraceOfDroppedLeavers(t *testing.T) {
	files := map[string]string{
		"roll.csv":            heading + "P2,,Ben Birch,R,Robins,yes,\n",
		"roll.csv.2026-10-20": heading + "P1,,Ada Ash,4,4A,yes,2026-10-16\nP2,,Ben Birch,R,Robins,yes,\n",
	}
	if got := found(t, files, "accounts", "{rules: [leaver-active, not-on-roll], grace_days: 31}", Options{}); got != nil {
		t.Errorf("on the last day of grace: %v", got)
	}
	want := []string{"leaver-active user/u1: left 2026-10-16"}
	if diff := cmp.Diff(want, found(t, files, "accounts", "{rules: [leaver-active, not-on-roll], grace_days: 30}", Options{})); diff != "" {
		t.Error(diff)
	}
}
