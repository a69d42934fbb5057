package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// TroubleInput is what the letter to the administrator is made of when jobs of the program do not get done.
type TroubleInput struct {
	School  string
	Officer string // the school's title of the e-safety officer
	Jobs    []TroubleJob
	Unsent  UnsentMail // mail that could not be sent before; the zero value if all went
}

// TroubleJob is a job that does not get done.
type TroubleJob struct {
	Job     string
	Since   time.Time // in the school's time
	Due     time.Time // since when it is due, if that is known
	Failed  bool      // else it did not run in its time
	Stopped bool      // runs were begun again and again since Since, and something ended each in this job
	Error   string    // what the program said; it names no pupil
}

type troublePage struct {
	School, Headline, Lead, Foot string
	Lines                        []troubleLine
	Do                           []string
	Unsent, UnsentDo             []string
}

type troubleLine struct{ What, Said string }

// jobWords say what a job does, for people: "looking at the accounts".
var jobWords = map[string]string{
	"accounts": "looking at the accounts", "devices": "looking at the devices", "pupil-email": "looking whether pupils have e-mail", "settings": "looking at Google's settings",
	"comments": "looking at comments", "checkins": "asking people", "records": "looking at the school's lists", "reminders": "sending reminders", "incidents": "serving the incident log",
	"sharing": "looking at what is shared", "names": "looking for names in what is public", "apply": "making changes that were approved", "weekly": "writing the weekly e-mail", "termly": "writing the termly report",
	"monthly": "writing the monthly list", "digest": "writing the teachers' daily mail", "report": "telling people what was found", "retention": "deleting what is kept no longer", "returns": "looking for mail that came back",
	"hooks": "keeping open the channels through which Google tells of changes",
}

// Words says of a job that it does not get done.
func (j TroubleJob) Words() string {
	const when = "Monday 2 January, 15:04"
	what, since := upper(cmp.Or(jobWords[j.Job], "the job "+j.Job)), "before it ever got to its end"
	if !j.Since.IsZero() {
		since = j.Since.Format(when)
	}
	switch {
	case j.Stopped:
		return what + " was begun again and again since " + since + ", and something ended the program each time"
	case j.Failed:
		return what + " has failed since " + since
	case j.Due.IsZero():
		return what + " was last done on " + since
	case j.Since.IsZero():
		return what + " has been due since " + j.Due.Format(when) + ", and was never done"
	}
	return what + " has been due since " + j.Due.Format(when) + ", and was last done on " + since
}

// TroubleDoFor is what to do about some jobs that do not get done.
func TroubleDoFor(list []TroubleJob) []string {
	switch {
	case len(list) == 0:
		return nil
	case slices.ContainsFunc(list, func(j TroubleJob) bool { return j.Stopped }):
		return slices.Concat([]string{StoppedDo}, TroubleDo)
	}
	return TroubleDo
}

// StoppedDo is what to do about a program that something ends.
const StoppedDo = "The program did not stop by itself. Mostly the machine has too little memory for it, or a limit of time is too short: on Google Cloud give the job esafetybot-worker more (memory and longest_run in Terraform), elsewhere look at what the machine says of it."

// TroubleDo is what to do about it.
var TroubleDo = []string{
	"Run “esafetybot doctor” where the program runs: it tries everything that a run needs, and says what to do about what does not work.",
	"It is tried again every quarter of an hour. When it works again nothing is lost: what was missed is caught up in one run.",
}

// Trouble writes the letter.
func Trouble(in TroubleInput) (Rendered, error) {
	p := troublePage{
		School: named(in.School, 80), Headline: "esafetybot could not do its work", Do: TroubleDoFor(in.Jobs), Unsent: in.Unsent.Words(),
		Lead: "Part of what the online-safety policy asks this program to do does not get done. Until it does, what it would have found is not seen by anybody.",
		Foot: "Written by esafetybot for the workspace administrator of " + cmp.Or(named(in.School, 80), "the school") + ", at most once a day. The review site shows the same to them and to the " + cmp.Or(clean(in.Officer, 80), "e-safety officer") + ".",
	}
	if len(in.Jobs) == 0 {
		p.Headline = "esafetybot could not send some of its mail"
		p.Lead = "Mail works again, or else this would not have come. Some of what was written before did not go out, and whoever it was for may not know of it."
	}
	if len(p.Unsent) > 0 {
		p.UnsentDo = UnsentDo
	}
	var hashed []string
	for _, j := range in.Jobs {
		l := troubleLine{What: j.Words() + "."}
		if j.Error != "" {
			l.Said = clean(j.Error, 300)
		}
		p.Lines, hashed = append(p.Lines, l), append(hashed, j.Job)
	}
	r := Rendered{Subject: p.Headline, Hash: sum(hashed)}
	var err error
	if r.HTML, err = renderHTML("trouble", p); err != nil {
		return Rendered{}, fmt.Errorf("the letter about jobs that do not get done: %w", err)
	}
	t := &textPage{}
	t.para(p.School)
	t.para(p.Lead)
	for _, l := range p.Lines {
		t.line("- " + l.What)
		if l.Said != "" {
			t.line("  What it said: " + l.Said)
		}
	}
	t.b.WriteString("\n")
	for _, d := range p.Do {
		t.para(d)
	}
	for _, u := range p.Unsent {
		t.line(u)
	}
	if len(p.Unsent) > 0 {
		t.b.WriteString("\n")
	}
	for _, d := range p.UnsentDo {
		t.para(d)
	}
	t.b.WriteString("\n-- \n")
	t.line(p.Foot)
	r.Text = t.b.String()
	return r, nil
}
