package reports

import (
	"strings"
	"testing"
	"time"
)

func neededSample() NeededInput {
	return NeededInput{
		School: "Example Primary", Titles: Titles{ESafetyOfficer: "Online Safety Co-ordinator"}, Reader: "Ann Brown", Now: now, Site: "https://review.school.example/shared",
		Files: []NeededFile{
			{Title: "Choir list", With: []string{"kit@mail.example (can edit)"}, Since: days(-40), Due: days(5), Link: link(1)},
			{Title: "A document of Ann Brown", With: []string{"a@mail.example (can view)", "b@mail.example (can view)", "c@mail.example (can view)", "d@mail.example (can view)", "e@mail.example (can view)"}, Due: days(3), Link: link(2)},
			{Title: "Map", What: "Anyone with the link can open it.", Due: days(5), Link: link(3)},
		},
	}
}

func TestNeededGolden(t *testing.T) {
	r, err := Needed(neededSample())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "needed.html", r.HTML)
	golden(t, "needed.txt", "Subject: "+r.Subject+"\n\n"+r.Text)
}

func TestNeeded(t *testing.T) {
	if _, err := Needed(NeededInput{}); err == nil {
		t.Error("a mail about nothing")
	}
	late := neededSample()
	late.Files = late.Files[:1]
	late.Files[0].Due = days(-1)
	for _, c := range []struct {
		in          NeededInput
		subject     string
		has, hasNot string
	}{
		{neededSample(), "3 shared files: are they still needed?", "and 2 others.", "d@mail.example"},
		{neededSample(), "3 shared files: are they still needed?", "Shared with kit@mail.example (can edit) since Sun 11 Oct.", "evil"},
		{neededSample(), "3 shared files: are they still needed?", "Anyone with the link can open it.", "Shared with Anyone"},
		{late, "1 shared file: is it still needed?", "This is yours, or you shared it.", "Please answer by"},
	} {
		r, err := Needed(c.in)
		if err != nil || r.Subject != c.subject {
			t.Errorf("subject %q, want %q (%v)", r.Subject, c.subject, err)
		}
		for what, body := range map[string]string{"html": r.HTML, "text": r.Text} {
			body = strings.Join(strings.Fields(body), " ")
			if !strings.Contains(body, c.has) || strings.Contains(body, c.hasNot) {
				t.Errorf("%s: wants %q, and not %q, in:\n%s", what, c.has, c.hasNot, body)
			}
		}
	}
}

// Whatever stands in a title does no harm, and the mail is never too big.
func TestNeededHostile(t *testing.T) {
	in := neededSample()
	for _, text := range []string{"<script>alert(1)</script>", "\u202eevil", strings.Repeat("long ", 4000), ""} {
		for range 100 {
			in.Files = append(in.Files, NeededFile{Title: text, With: []string{text, text, text, text}, Since: now, Due: time.Time{}, Link: "javascript:alert(1)"})
		}
	}
	r, err := Needed(in)
	if err != nil || len(r.HTML) > MaxHTML || len(r.Text) > MaxHTML || strings.Contains(r.HTML, "<script") || strings.Contains(r.HTML+r.Text, "javascript:") || strings.Contains(r.HTML+r.Text, "\u202e") {
		t.Errorf("%v, %d bytes: %.2000s", err, len(r.HTML), r.HTML)
	}
	if !strings.Contains(r.Text, "more things on your page") {
		t.Error("it does not say that there are more")
	}
}

// What is asked stands in the mail that somebody has anyway, and makes none by itself there.
func TestNeededInOtherMails(t *testing.T) {
	d := digestSample()
	before := digest(t, d)
	d.Needed, d.Answers = neededSample().Files, neededSample().Site
	after := digest(t, d)
	for _, body := range []string{after.HTML, after.Text} {
		if !strings.Contains(body, "Choir list") || !strings.Contains(body, "https://review.school.example/shared") {
			t.Errorf("the daily mail does not ask:\n%s", body)
		}
	}
	if strings.Contains(before.HTML, "Still needed?") || after.Subject != before.Subject {
		t.Error("the daily mail is another")
	}
	in := sample()
	plain, err := Oversharing(in)
	if err != nil {
		t.Fatal(err)
	}
	in.Needed, in.Answers = neededSample().Files, neededSample().Site
	asked, err := Oversharing(in)
	if err != nil || asked.Hash != plain.Hash || !strings.Contains(asked.HTML, "Choir list") || !strings.Contains(asked.Text, "Choir list") {
		t.Errorf("the report does not ask, or calls that news: %v", err)
	}
	in.Said = OwnersSaid{Keep: 1, Stop: 2, Silent: 3, Link: "https://review.school.example/findings?asked=back"}
	said, err := Oversharing(in)
	const want = "Back from people who were asked whether it is still needed – can stop: 2; is still needed: 1; had no answer in time: 3."
	if err != nil || said.Hash == plain.Hash || !strings.Contains(said.HTML, want) || !strings.Contains(strings.Join(strings.Fields(said.Text), " "), want) || !strings.Contains(said.Text, in.Said.Link) {
		t.Errorf("the report does not say what came back: %v\n%s", err, said.Text)
	}
}
