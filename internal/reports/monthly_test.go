package reports

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var london = func() *time.Location {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return loc
}()

func monthlySample() MonthlyInput {
	at := func(day int) time.Time { return time.Date(2026, 10, day, 9, 0, 0, 0, london) }
	until := time.Date(2026, 12, 18, 17, 0, 0, 0, london)
	admin, officer := []string{"workspace administrator"}, []string{"Online Safety Co-ordinator"}
	return MonthlyInput{
		School: "Example Primary", Titles: Titles{ESafetyOfficer: "Online Safety Co-ordinator"}, Reader: "Maren Okell", Now: time.Date(2026, 11, 2, 7, 30, 0, 0, london), Location: london,
		From: time.Date(2026, 10, 1, 0, 0, 0, 0, london), To: time.Date(2026, 11, 1, 0, 0, 0, 0, london), Site: "https://review.school.example/changes",
		Mask: NewMask([]PupilName{{Full: "Pat Quillfeather"}}),
		Deeds: []MonthlyDeed{
			{Did: DidExport, At: at(20), Who: []string{"headteacher"}, What: "The access record, with names"},
			{Did: DidAgree, At: at(6), Who: admin, Clause: "A23", What: "Shared with a person outside the school", Until: until, Why: "The choir needs it until Christmas."},
			{Did: DidAgree, At: at(6), Who: admin, Clause: "A23", What: "Shared with a person outside the school", Until: until, Why: "The choir needs it until Christmas."},
			{Did: DidAgree, At: at(7), Who: []string{"workspace administrator", "Online Safety Co-ordinator"}, Clause: "A4", What: "A pupil who can use e-mail", Until: until, Why: "For Pat Quillfeather."},
			{Did: DidAgree, At: at(8), Who: officer, Clause: "A23", What: "Anyone with the link can open it", Until: until, Private: true, Why: "secret"},
			{Did: DidApprove, At: at(9), Who: admin, Clause: "A4", What: "Moving an account to another unit"},
			{Did: DidChange, At: at(9), Who: []string{"the policy itself"}, Clause: "A4", What: "Moving an account to another unit"},
			{Did: DidDecline, At: at(12), Who: officer, Clause: "A28", What: "Switching off an account", Why: "Still needed."},
			{Did: DidUndo, At: at(13), Who: officer, Clause: "A4", What: "Moving an account to another unit"},
		},
		Holds: []MonthlyDeed{{Did: DidAgree, At: time.Date(2025, 12, 6, 9, 0, 0, 0, london), Who: officer, Clause: "A11", What: "An account that several people use", Until: until, Why: "The iPads."}},
	}
}

func monthly(t *testing.T, in MonthlyInput) Rendered {
	t.Helper()
	r, err := Monthly(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMonthlyGolden(t *testing.T) {
	r := monthly(t, monthlySample())
	golden(t, "monthly.html", r.HTML)
	golden(t, "monthly.txt", "Subject: "+r.Subject+"\n\n"+r.Text)
	nothing := monthlySample()
	nothing.Deeds, nothing.Holds, nothing.NoChair, nothing.From = nil, nil, true, time.Date(2026, 7, 1, 0, 0, 0, 0, london)
	golden(t, "monthly-nothing.txt", "Subject: "+monthly(t, nothing).Subject+"\n\n"+monthly(t, nothing).Text)
}

func TestMonthly(t *testing.T) {
	r := monthly(t, monthlySample())
	for _, body := range []string{r.HTML, r.Text, r.Subject} {
		for _, not := range []string{"Quillfeather", "secret", "Co-ordinator: Anyone"} {
			if strings.Contains(body, not) {
				t.Errorf("it has %q:\n%s", not, body)
			}
		}
	}
	chair := monthlySample()
	chair.Chair = true
	if r := monthly(t, chair); !strings.Contains(r.Text, "which the headteacher is not told") || strings.Contains(r.Text, "your own account") {
		t.Error(r.Text)
	}
	for _, c := range []struct{ from, to, want string }{
		{"2026-10-05", "2026-11-01", "October 2026"}, {"2026-07-01", "2026-09-01", "July to August 2026"}, {"2026-12-01", "2027-02-01", "December 2026 to January 2027"},
	} {
		from, _ := time.Parse(time.DateOnly, c.from)
		to, _ := time.Parse(time.DateOnly, c.to)
		if have := monthsWords(from, to); have != c.want {
			t.Errorf("%s to %s: %s", c.from, c.to, have)
		}
	}
}

// Whatever people write as their reason does no harm, and the list is never too big for a mail.
func TestMonthlyHostile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := monthlySample()
		text := rapid.SampledFrom([]string{"<script>alert(1)</script>", "\u202eevil", strings.Repeat("long ", 4000), "", "<img src=x onerror=alert(1)>", "& é \x00"})
		for range rapid.IntRange(0, 400).Draw(t, "deeds") {
			in.Deeds = append(in.Deeds, MonthlyDeed{Did: rapid.SampledFrom(monthlyTitles).Draw(t, "did").did, At: in.From.Add(time.Duration(rapid.IntRange(0, 700).Draw(t, "h")) * time.Hour), Who: []string{text.Draw(t, "who")}, Clause: text.Draw(t, "clause"), What: text.Draw(t, "what"), Why: text.Draw(t, "why")})
		}
		in.School, in.Site = text.Draw(t, "school"), "javascript:alert(1)"
		r, err := Monthly(in)
		if err != nil || len(r.HTML) >= MaxHTML || len(r.Text) >= MaxHTML {
			t.Fatalf("%v, %d bytes", err, len(r.HTML))
		}
		for _, not := range []string{"<script", "<img", "\u202e", "javascript:", "\x00"} {
			if strings.Contains(r.HTML, not) || not != "<script" && not != "<img" && strings.Contains(r.Text, not) {
				t.Fatalf("it has %q", not)
			}
		}
	})
}
