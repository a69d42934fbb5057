package reports

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Whose mail came back and which classes could not be told stand in the mail, in both forms; they make a report, and another one only when they change.
func TestReturnedInReport(t *testing.T) {
	now := time.Date(2026, 11, 19, 8, 0, 0, 0, time.UTC)
	in := OversharingInput{School: "Oak Primary", Now: now, Since: now.Add(-24 * time.Hour), Mask: NewMask([]PupilName{{Full: "Pip Larkham", Addresses: []string{"pip@school.example"}}})}
	write := func(in OversharingInput) Rendered {
		t.Helper()
		r, err := Oversharing(in)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	none := write(in)
	if !none.Empty {
		t.Fatal("there is something to tell without anything")
	}
	ann := Returned{Who: "the headteacher", Address: "head@school.example", What: "The daily mail", Sent: now.Add(-24 * time.Hour), Do: "Put the address right."}
	back, untold := in, in
	back.Returned = []Returned{ann}
	untold.Untold = []Untold{{Class: "5 Ash", Key: "1", Posts: 2, Since: now.Add(-48 * time.Hour)}, {Class: "Pip Larkham", Key: "2", Posts: 1, Since: now}}
	for _, tt := range []struct {
		in    OversharingInput
		wants []string
	}{
		{back, []string{"Mail that came back", "The headteacher (head@school.example)", "The daily mail of Wed 18 Nov came back, and none has arrived since.", "Put the address right."}},
		{untold, []string{"Could not be told", "5 Ash: 2 posts wait, the oldest since Tue 17 Nov", "A class: 1 post waits"}},
	} {
		r := write(tt.in)
		if r.Empty || r.Hash == none.Hash || strings.Contains(r.Subject, "nothing") || strings.Contains(r.Subject, "@") {
			t.Errorf("empty %v, subject %q", r.Empty, r.Subject)
		}
		for name, text := range map[string]string{"HTML": r.HTML, "text": strings.Join(strings.Fields(r.Text), " ")} {
			for _, want := range tt.wants {
				if !strings.Contains(text, want) {
					t.Errorf("the %s lacks %q", name, want)
				}
			}
			if strings.Contains(text, "Larkham") {
				t.Errorf("the %s holds a pupil's name", name)
			}
		}
	}
	// That yet another mail came back is no news; that another post waits is.
	again := back
	again.Returned = []Returned{{Who: ann.Who, Address: "HEAD@school.example", What: "The report", Sent: now, Do: ann.Do}}
	if write(again).Hash != write(back).Hash {
		t.Error("another mail to the same address makes another report")
	}
	more := untold
	more.Untold = []Untold{untold.Untold[0]}
	if write(more).Hash == write(untold).Hash {
		t.Error("another class makes no other report")
	}
	// However many there are, the mail has room.
	for n := range 400 {
		back.Returned = append(back.Returned, Returned{Who: fmt.Sprint("teacher ", n), Address: fmt.Sprintf("t%d@school.example", n), What: "The daily mail", Sent: now, Do: strings.Repeat("x", 200)})
	}
	if r := write(back); len(r.HTML) >= MaxHTML || !strings.Contains(r.HTML, " more</b>") {
		t.Errorf("%d bytes", len(r.HTML))
	}
	site := SiteReturned(again)
	if len(site) != 1 || site[0].Why != "The report of Thu 19 Nov 2026 came back, and none has arrived since" || site[0].Do != ann.Do {
		t.Errorf("on the site: %+v", site)
	}
}
