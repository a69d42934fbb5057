package reports

import (
	"cmp"
	"fmt"
	"time"
)

// NotRunInput is all that the letter to whoever looks after the program is made of, where a school was not looked at in its time.
type NotRunInput struct {
	School   string
	Reader   string // "" leaves the greeting out
	Now      time.Time
	Since    time.Time      // when the run was due
	Location *time.Location // the school's time zone; nil is UTC
}

type notRunPage struct {
	School, Date, Greeting, Headline string
	Says                             []string
	Foot                             []string
}

// NotRun renders the letter. It names nothing but the school.
func NotRun(in NotRunInput) (Rendered, error) {
	loc := cmp.Or(in.Location, time.UTC)
	now, school := in.Now.In(loc), cmp.Or(named(in.School, 80), "the school")
	p := notRunPage{
		School: school, Date: now.Format("Monday 2 January 2006"), Headline: "The day's run is missing",
		Says: []string{
			"Since " + in.Since.In(loc).Format("15:04 on Monday 2 January") + " a run has been due that did not come to its end. Until it does, nothing new is found at this school and nobody is told.",
			"The next run takes it up where it stopped; nothing has to be put right in the program's records. If you get this letter again tomorrow, look at what the job's log says on the machine or in the Google Cloud project it runs in: " +
				"it may have been stopped for want of memory or time, or the service account may have lost its permissions (esafetybot doctor says which).",
		},
		Foot: []string{"Written by esafetybot for " + school + ", to you as whoever looks after its Google Workspace. At most once a day."},
	}
	if name := named(in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	r := Rendered{Subject: school + ": the day's run is missing"}
	var err error
	if r.HTML, err = renderHTML("notrun", p); err != nil {
		return Rendered{}, fmt.Errorf("the letter about a missing run: %w", err)
	}
	var t textPage
	t.top(p.School+" · "+p.Date, p.Greeting, p.Headline)
	for _, s := range p.Says {
		t.para(s)
	}
	for _, s := range p.Foot {
		t.line(s)
	}
	r.Text = t.b.String()
	return r, nil
}
