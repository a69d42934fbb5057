package reports

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func urgentInput(matters ...Matter) UrgentInput {
	return UrgentInput{School: "Example Primary", Titles: Titles{ESafetyOfficer: "Online Safety Co-ordinator"}, Reader: "Pat", Now: now, Matters: matters, Mask: NewMask(pupils)}
}

func urgentSample() UrgentInput {
	m := someMatters()
	return urgentInput(m[0], m[1], m[3], m[10])
}

func TestUrgentGolden(t *testing.T) {
	r, err := Urgent(urgentSample())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "urgent.html", r.HTML)
	golden(t, "urgent.txt", "Subject: "+r.Subject+"\n\n"+r.Text)
}

func TestUrgent(t *testing.T) {
	if _, err := Urgent(urgentInput()); err == nil {
		t.Error("a message about nothing")
	}
	one := someMatters()[0]
	agreed := one
	agreed.AgreedUntil, agreed.New = days(9), false
	for _, c := range []struct {
		in   []Matter
		want string
	}{
		{[]Matter{one}, "Please look now: 1 thing that cannot wait"},
		{[]Matter{agreed}, "Please look now: 1 thing that cannot wait"},
		{urgentSample().Matters, "Please look now: 4 things that cannot wait"},
	} {
		r, err := Urgent(urgentInput(c.in...))
		if err != nil {
			t.Fatal(err)
		}
		if r.Subject != c.want || r.Counts.New != len(c.in) || r.Counts.Total != len(c.in) || r.Hash == "" || r.Empty || r.CSV != nil || r.Matters != nil {
			t.Errorf("%q %+v", r.Subject, r.Counts)
		}
		for _, want := range []string{"What to do now: Take every pupil out of the group now", "Where to click: Admin console", "https://admin.google.com/ac/users/2001", "(A4)", "A4 – Pupils have no e-mail", "esafetybot approve remove-from-group-1a"} {
			if !strings.Contains(strings.Join(strings.Fields(r.Text), " "), want) {
				t.Errorf("the text lacks %q:\n%s", want, r.Text)
			}
			if want = strings.TrimPrefix(strings.TrimPrefix(want, "What to do now: "), "Where to click: "); !strings.Contains(r.HTML+withoutTags(r.HTML), want) {
				t.Errorf("the HTML lacks %q", want)
			}
		}
		if strings.Contains(r.Text, "by Mon") {
			t.Error("what cannot wait has a deadline")
		}
		for _, bad := range []string{"<style", "<svg", "<img", "class=", "<script", "ZgotmplZ"} {
			if strings.Contains(r.HTML, bad) {
				t.Errorf("the HTML holds %s", bad)
			}
		}
	}
	// The same things are the same message, whatever the hour.
	a, _ := Urgent(urgentSample())
	later := urgentSample()
	later.Now = days(1)
	if b, _ := Urgent(later); a.Hash != b.Hash {
		t.Error("the hash changed with the day")
	}
	// However many there are, it fits.
	var many []Matter
	for i := range 3000 {
		m := one
		m.ID, m.Subject, m.Details = fmt.Sprint("u", i), fmt.Sprint("user/", i), []string{fmt.Sprint("switched on by the group Club ", i)}
		many = append(many, m)
	}
	r, err := Urgent(urgentInput(many...))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.HTML) >= MaxHTML || !strings.Contains(r.Text, "and 2,970 more in the daily report") {
		t.Errorf("%d bytes:\n%s", len(r.HTML), r.Text)
	}
}

var tag = regexp.MustCompile(`<[^>]*>`)

func withoutTags(s string) string { return tag.ReplaceAllString(s, "") }
