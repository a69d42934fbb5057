package reports

import (
	"strings"
	"testing"
)

func remindedSample() QuestionsInput {
	return QuestionsInput{
		School: "Example Primary", Titles: Titles{ESafetyOfficer: "Online Safety Co-ordinator"}, Reader: "Ann Brown", Now: now,
		Reminded: []Reminded{
			{Title: "Talking about online safety", Text: "This half-term we talk with our classes about passwords.", Links: []string{"https://www.example.org/lesson", "javascript:alert(1)"}},
			{Title: "Use of computers and the internet is monitored", Lead: "Please post this on the noticeboard for pupils and parents and carers:", Text: "What you do with them can be seen."},
		},
		Asks: []AskedOf{{Title: "The online-safety policy", Question: "Please read it, and say that you have.", Due: days(3), Link: "https://review.school.example/reminders", Plain: true}},
	}
}

func TestRemindedGolden(t *testing.T) {
	r, err := Questions(remindedSample())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "reminded.html", r.HTML)
	golden(t, "reminded.txt", "Subject: "+r.Subject+"\n\n"+r.Text)
	if strings.Contains(r.HTML+r.Text, "javascript:") {
		t.Error("a link that is none")
	}
}

// A reminder rides in a teacher's daily mail and in a report, and alone makes a letter of its own.
func TestReminded(t *testing.T) {
	in := digestSample()
	in.Reminded = remindedSample().Reminded
	if r := digest(t, in); !strings.Contains(r.Text, "Talking about online safety") || !strings.Contains(r.HTML, "https://www.example.org/lesson") || r.Subject != "3 posts to look at" || r.Hash != digest(t, digestSample()).Hash {
		t.Errorf("%s\n%s", r.Subject, r.Text)
	}
	one := remindedSample()
	one.Asks = nil
	if r, err := Questions(one); err != nil || r.Subject != "2 reminders" || !strings.Contains(r.Text, "has this on its calendar") {
		t.Errorf("%v %s %s", err, r.Subject, r.Text)
	}
	if _, err := Questions(QuestionsInput{}); err == nil {
		t.Error("a letter about nothing")
	}
}
