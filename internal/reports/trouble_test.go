package reports

import (
	"strings"
	"testing"
	"time"
)

// What does not get done is told in words: since when, and what is known of why.
func TestTroubleJobWords(t *testing.T) {
	monday, tuesday := time.Date(2026, 11, 16, 7, 40, 0, 0, time.UTC), time.Date(2026, 11, 17, 7, 40, 0, 0, time.UTC)
	for want, j := range map[string]TroubleJob{
		"Writing the weekly e-mail has failed since Monday 16 November, 07:40":                                                         {Job: "weekly", Since: monday, Failed: true},
		"Looking at the accounts was last done on Monday 16 November, 07:40":                                                           {Job: "accounts", Since: monday},
		"Writing the weekly e-mail has been due since Tuesday 17 November, 07:40, and was last done on Monday 16 November, 07:40":      {Job: "weekly", Since: monday, Due: tuesday},
		"Writing the weekly e-mail has been due since Tuesday 17 November, 07:40, and was never done":                                  {Job: "weekly", Due: tuesday},
		"Looking at the accounts was begun again and again since Monday 16 November, 07:40, and something ended the program each time": {Job: "accounts", Since: monday, Stopped: true},
	} {
		if have := j.Words(); have != want {
			t.Errorf("%+v: %s", j, have)
		}
	}
}

// The letter says what to do about each thing that it tells, and about nothing else.
func TestTroubleLetter(t *testing.T) {
	fails, stops := TroubleJob{Job: "accounts", Failed: true, Error: "no answer"}, TroubleJob{Job: "accounts", Stopped: true}
	unsent := UnsentMail{GivenUp: 3, Refused: 1, Waiting: 2, Since: time.Date(2026, 11, 16, 7, 40, 0, 0, time.UTC), Said: "the mail server answered 550"}
	again, memory, mail := TroubleDo[1], "too little memory", "mail retry --all"
	for name, c := range map[string]struct {
		in         TroubleInput
		has, hasNo []string
	}{
		"a job fails": {TroubleInput{Jobs: []TroubleJob{fails}}, []string{"no answer", again}, []string{memory, mail}},
		"it is ended": {TroubleInput{Jobs: []TroubleJob{stops}}, []string{memory, again}, []string{mail}},
		"mail lies":   {TroubleInput{Unsent: unsent}, []string{"5 mails could not be sent; the oldest is of Monday 16 November, 07:40.", "2 of them are tried again", "2 were given up after ten tries", "1 was refused at once", "answered 550", mail}, []string{again, memory}},
		"both":        {TroubleInput{Jobs: []TroubleJob{fails}, Unsent: unsent}, []string{again, mail}, []string{memory}},
	} {
		r, err := Trouble(c.in)
		if err != nil {
			t.Fatal(err)
		}
		html := strings.NewReplacer("&#39;", "'", "&ldquo;", "“").Replace(r.HTML)
		for _, text := range []string{r.Text, html} {
			text = strings.Join(strings.Fields(text), " ")
			for _, x := range c.has {
				if !strings.Contains(text, x) {
					t.Errorf("%s: it does not say %q: %s", name, x, text)
				}
			}
			for _, x := range c.hasNo {
				if strings.Contains(text, x) {
					t.Errorf("%s: it says %q", name, x)
				}
			}
		}
	}
}
