package reports

import (
	"strings"
	"testing"
	"time"
)

const keepIn = "No personal data leaves the school through sharing."

func ownerSample() OwnerInput {
	undo := "Undoing shares it with them again, in the same way."
	return OwnerInput{
		School: "Example Primary", Titles: Titles{ESafetyOfficer: "Online Safety Co-ordinator"}, Reader: "Ann Brown", Now: now,
		Coming: []OwnerChange{
			{Title: "Amelia's reading journal", Link: link(2), Words: "It will no longer be shared with gran@mail.example; nobody is sent a notice by Google.", When: days(5), Says: keepIn, Undo: undo},
			{Title: "Trip consent forms", Link: link(1), Words: "It will no longer be shared with everybody who has the link; nobody is sent a notice by Google.", When: days(3), By: "headteacher", Says: keepIn, Undo: undo},
			{Title: "Trip consent forms", Link: link(1), Words: "It will no longer be shared with jo.green@mail.example; nobody is sent a notice by Google.", When: days(3), By: "headteacher", Says: keepIn, Undo: undo},
		},
		Made: []OwnerChange{
			{Title: "Bake sale", Link: link(10), Words: "Anybody can still read it, but no longer change it.", When: days(-1), By: "Online Safety Co-ordinator", Says: keepIn, Undo: "Undoing lets them change it again."},
		},
	}
}

func owner(t *testing.T, in OwnerInput) Rendered {
	t.Helper()
	r, err := Owner(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOwnerGolden(t *testing.T) {
	before, after := ownerSample(), ownerSample()
	before.Made, after.Coming = nil, nil
	for name, in := range map[string]OwnerInput{"owner": ownerSample(), "owner-before": before, "owner-after": after} {
		r := owner(t, in)
		golden(t, name+".html", r.HTML)
		golden(t, name+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
	}
}

func TestOwner(t *testing.T) {
	if _, err := Owner(OwnerInput{}); err == nil {
		t.Error("a letter about nothing")
	}
	before, after, both := ownerSample(), ownerSample(), ownerSample()
	before.Made, after.Coming = nil, nil
	both.Made[0].Link = both.Coming[0].Link // the same file, before and after
	for _, c := range []struct {
		in          OwnerInput
		subject     string
		has, hasNot string
	}{
		{before, "2 files of yours: sharing will be changed", "before Mon 23 Nov", "What was changed"},
		{after, "1 file of yours: sharing was changed", "Done on Thu 19 Nov.", "What will be changed"},
		{ownerSample(), "3 files of yours: sharing will be changed, or was", "Not before Wed 25 Nov.", "approve"},
		{both, "2 files of yours: sharing will be changed, or was", "Online Safety Co-ordinator", "you failed"},
	} {
		r := owner(t, c.in)
		text := strings.Join(strings.Fields(r.Text), " ")
		if r.Subject != c.subject {
			t.Errorf("subject %q, want %q", r.Subject, c.subject)
		}
		for _, out := range []string{text, r.HTML} {
			if !strings.Contains(out, c.has) || strings.Contains(out, c.hasNot) {
				t.Errorf("%s: has %q: %v; has %q: %v", c.subject, c.has, strings.Contains(out, c.has), c.hasNot, strings.Contains(out, c.hasNot))
			}
		}
		if r.Hash == "" || r.CSV != nil || r.Empty || r.Counts != (Counts{}) {
			t.Errorf("%s: %+v", c.subject, r.Counts)
		}
	}
	// Who decided, and why, is said once of what has it in common.
	if n := strings.Count(owner(t, before).Text, "The school's headteacher decided this"); n != 1 {
		t.Errorf("it says %d times who decided", n)
	}
	for c, want := range map[OwnerChange]string{
		{}:                                      "The school decided this in its policy.",
		{By: "headteacher"}:                     "The school's headteacher decided this.",
		{Says: "Keep it in."}:                   "The school decided this in its policy, which says: “Keep it in.”",
		{By: "headteacher", Says: "Keep it in"}: "The school's headteacher decided this, because the policy says: “Keep it in.”",
	} {
		if got := why(c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	a, later := owner(t, ownerSample()), ownerSample()
	later.Now = days(1)
	if owner(t, later).Hash != a.Hash {
		t.Error("the hash changed with the day")
	}
	later.Coming[0].When = days(9)
	if owner(t, later).Hash == a.Hash {
		t.Error("another day of a change is the same letter")
	}
}

// TestOwnerHostile gives every field something nasty, and too much of it.
func TestOwnerHostile(t *testing.T) {
	nasty := []string{"<script>alert(1)</script>", "\u202egnp.exe", strings.Repeat("A", 9000), strings.Repeat("a b ", 3000), "line\r\nX: y", "\x00\x1b[31mred", "שלום עולם", "{{.}}", "§p§", ""}
	in := OwnerInput{School: nasty[0], Titles: Titles{ESafetyOfficer: nasty[3]}, Reader: nasty[2], Now: now}
	for i := range 4000 {
		s := func(k int) string { return nasty[(i+k)%len(nasty)] }
		c := OwnerChange{Title: s(0), Link: []string{"javascript:alert(1)", link(i)}[i%2], Words: s(1), When: []time.Time{{}, days(i % 9)}[i%3%2], By: s(2), Says: s(3), Undo: s(4)}
		in.Coming, in.Made = append(in.Coming, c), append(in.Made, c)
	}
	r := owner(t, in)
	if len(r.HTML) >= MaxHTML || len(r.Text) >= MaxHTML {
		t.Errorf("%d bytes of HTML, %d of text", len(r.HTML), len(r.Text))
	}
	for _, bad := range []string{"<script", "javascript:", "\u202e", "\x1b", "\x00", "§h1§", "<style", "ZgotmplZ", "\r"} {
		if strings.Contains(r.HTML, bad) || bad[0] != '<' && bad != "§h1§" && strings.Contains(r.Text, bad) && bad != "javascript:" {
			t.Errorf("it holds %q", bad)
		}
	}
	if !strings.Contains(r.Text, "more files of yours") {
		t.Error("it does not say how many more there are")
	}
	if strings.ContainsAny(r.Subject, "<\r\n") {
		t.Errorf("subject %q", r.Subject)
	}
}
