package reports

import (
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/quantity"
)

// The colours of a clause, as internal/colours has them, the gravest first.
const (
	Red     = "red"
	Amber   = "amber"
	Unknown = "could-not-check"
	Green   = "green"
)

// weeklyColours are the colours in their order, and what they are called.
var weeklyColours = []struct{ Name, Words string }{{Red, "Red"}, {Amber, "Amber"}, {Unknown, "Could not check"}, {Green, "Green"}}

// WeeklyClause is how a clause stands.
type WeeklyClause struct {
	ID, Says string
	Colour   string
	Why      []string // what makes the colour
	Deals    string   // title of who deals with it
	Unseen   []string // what could not be seen of what it needs
	Open     int      // findings
	New      int      // since the last weekly e-mail, and still open
	PutRight int      // since then
	Overdue  int      // of Open
	Agreed   int      // findings agreed until a date
	Until    time.Time
}

// WeeklyDeed is what was done with changes of a kind, or agreed.
type WeeklyDeed struct {
	What  string   // one of internal/audit's words: made, undone …
	Kind  string   // of a change; "" of an agreement
	Roles []string // titles; nil: not known
	Count int
}

// WeeklyApproval is changes of a kind under a clause that wait for a person.
type WeeklyApproval struct {
	Clause, Kind string
	Count        int
	Second       int // of these, that a second person has to approve
	Since        time.Time
}

// WeeklyEnding is agreements under a clause that end on a day.
type WeeklyEnding struct {
	Clause string
	Until  time.Time
	Count  int
}

// WeeklyComments is how it went with comments.
type WeeklyComments struct {
	Asked                              bool // a clause asks about comments
	Waited, Looked, InTime, Wait, Late int
	Timed                              int // of those looked at, of how many it is known how many school days it took
	Median, Longest                    int // school days
}

// WeeklyQuestions is questions to a role without an answer.
type WeeklyQuestions struct {
	Role           string // title
	Count, Overdue int
}

// WeeklyGap is something that could not be seen.
type WeeklyGap struct {
	What, Why, Do string
	Clauses       []string
	Count         int // of several told in the same words; 0 is one
}

// WeeklyPoint is how many clauses had each colour at the end of a week.
type WeeklyPoint struct {
	Day    time.Time
	Counts map[string]int
}

// WeeklyOwn is what waits for the reader themself, in numbers: what their other mail of the day would have told.
type WeeklyOwn struct{ Deals, DealsNew, Questions, Shared, Posts int }

// WeeklyInput is all that the weekly e-mail is made of. It names nobody but its reader.
type WeeklyInput struct {
	School     string
	Titles     Titles
	Reader     string
	Now        time.Time // as of when
	Location   *time.Location
	After      time.Time // since when "new" and "put right" are counted
	Last       bool      // After is when the last weekly e-mail was made, and not just a week before
	Afterwards bool      // computed for a day that has passed: it is no copy of a mail
	Holiday    bool      // a week without a school day: the short one
	Clauses    []WeeklyClause
	Own        *WeeklyOwn // nil: nothing is said of it
	Deeds      []WeeklyDeed
	Approvals  []WeeklyApproval
	Ending     []WeeklyEnding
	Comments   WeeklyComments
	Questions  []WeeklyQuestions
	Returned   int // to how many people the last mail came back
	Incidents  int // entries of the incident log that are open; -1: there is no log
	Unseen     []WeeklyGap
	Never      []string
	Trend      []WeeklyPoint
	Since      time.Time // from when on it is known what could not be seen, if that is later than the beginning of the trend; else zero
	Policies   []string  // other versions of the policy that the newest runs had
	Site       string    // https; of the review site; "" without one
}

// Weekly is the weekly e-mail, ready for the outbox.
type Weekly struct {
	Rendered
	Picture []byte // PNG; the HTML shows it as PictureID; nil without a trend
}

// PictureName is the name of the trend's picture in the mail.
const PictureName = "trend.png"

// pictureID is what the HTML calls it (mail.ContentID of [PictureName]; a test compares them).
const pictureID = "trend.png@esafetybot.invalid"

// count is how many clauses are of some colours.
func (in WeeklyInput) count(colours ...string) int {
	n := 0
	for _, c := range in.Clauses {
		if slices.Contains(colours, c.Colour) {
			n++
		}
	}
	return n
}

// WeeklyMail writes the weekly e-mail on how every clause of the policy stands. Its numbers are those given; what it leaves out because the mail would get too large it counts.
func WeeklyMail(in WeeklyInput) (Weekly, error) {
	var w Weekly
	w.Subject = in.subject()
	w.Counts.Total = len(in.Clauses)
	if len(in.Trend) > 1 && !in.Holiday {
		picture, err := trendPicture(in.Trend)
		if err != nil {
			return w, fmt.Errorf("the weekly e-mail: the picture of the trend: %w", err)
		}
		w.Picture = picture
	}
	for lim := fullWeekly; ; lim = lim.half() {
		p := in.page(lim)
		p.Picture = w.Picture != nil
		var err error
		if w.HTML, err = renderHTML("weekly", p); err != nil {
			return w, fmt.Errorf("the weekly e-mail: %w", err)
		}
		w.Text = weeklyText(p)
		if len(w.HTML) < MaxHTML && len(w.Text) < MaxHTML || lim == lim.half() {
			return w, nil
		}
	}
}

// weeklyLimits is how much a weekly e-mail may hold before it says "and N more".
type weeklyLimits struct{ clauses, green, unseen, gaps, lines, weeks int }

var fullWeekly = weeklyLimits{clauses: 80, green: 150, unseen: 4, gaps: 60, lines: 40, weeks: 60}

func (l weeklyLimits) half() weeklyLimits {
	return weeklyLimits{max(1, l.clauses/2), max(1, l.green/2), max(1, l.unseen/2), max(1, l.gaps/2), max(1, l.lines/2), max(1, l.weeks/2)}
}

// WeeklyWords begin the subject of every weekly e-mail.
const WeeklyWords = "Online safety "

// subject says how much, never what.
func (in WeeklyInput) subject() string {
	need, blind := in.count(Red, Amber), in.count(Unknown)
	when := "this week"
	if in.Holiday {
		when = "in the holidays"
	}
	switch {
	case in.Afterwards:
		return WeeklyWords + "as of " + in.day(in.Now)
	case need > 0:
		return fmt.Sprintf(WeeklyWords+"%s: %s", when, quantity.Of(need, "clause needs somebody", "clauses need somebody"))
	case blind > 0:
		return fmt.Sprintf(WeeklyWords+"%s: %s", when, quantity.Of(blind, "clause could not be checked", "clauses could not be checked"))
	case len(in.Clauses) == 0:
		return WeeklyWords + when + ": the policy has no clauses"
	}
	return WeeklyWords + when + ": every clause is green"
}

func (in WeeklyInput) local(t time.Time) time.Time {
	if in.Location == nil {
		return t.UTC()
	}
	return t.In(in.Location)
}

func (in WeeklyInput) day(t time.Time) string { return dayWords(t, in.local(in.Now)) }
