package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

// Returned is a mail that came back: whom nothing has reached since.
type Returned struct {
	Who     string // "the headteacher", or the name of an account's holder
	Address string
	What    string // "The daily mail"
	Sent    time.Time
	Do      string
}

// Untold is a class in which something waits for people to look, none of whom could be told: the last mail to each came back.
type Untold struct {
	Class string // what the class is called, as in [DigestPost]; "" where that would name a pupil
	Key   string // an id, so that two classes of one name are two
	Posts int
	Since time.Time // the oldest
}

// untold says in which classes nobody could be told.
func (v *view) untold() []gap {
	var out []gap
	for _, u := range v.in.Untold {
		class := clean(u.Class, 80)
		if v.in.Mask.Holds(class) {
			class = ""
		}
		out = append(out, gap{
			What: isolate(cmp.Or(class, "A class")) + ": " + quantity.Of(u.Posts, "post waits", "posts wait") + ", the oldest since " + v.day(u.Since),
			Why:  "Nobody of those who look there could be told: the last mail to each of them came back",
			Do:   "Look yourself, or ask somebody to, and let the teachers know some other way. The workspace administrator has been told whose mail came back.",
		})
	}
	return out
}

// returned says whose mail came back.
func (v *view) returned() []gap {
	var out []gap
	for _, r := range v.in.Returned {
		who := clean(r.Who, 100)
		if v.in.Mask.Holds(who) {
			who = "an account"
		}
		out = append(out, gap{What: isolate(capital(who) + " (" + clean(r.Address, 254) + ")"), Why: returnedWhy(r, v.day), Do: clean(r.Do, 300)})
	}
	return out
}

func returnedWhy(r Returned, day func(time.Time) string) string {
	return clean(r.What, 80) + " of " + day(r.Sent) + " came back, and none has arrived since"
}

// cutGaps keeps what fits, and says how many there are besides.
func cutGaps(list []gap, most int) []gap {
	most = max(most, 1)
	if len(list) <= most {
		return list
	}
	return append(slices.Clone(list[:most]), gap{What: "… and " + quantity.Number(len(list)-most) + " more"})
}

// back lists mail that did not arrive.
func (t *textPage) back(title string, list []gap) {
	if len(list) == 0 {
		return
	}
	t.head(title)
	for _, g := range list {
		t.item("* ", g.What)
		if g.Why != "" {
			t.item("  ", g.Why+".")
		}
		if g.Do != "" {
			t.item("  ", "What to do: "+g.Do)
		}
	}
	t.b.WriteString("\n")
}

// backHash is of whom nothing reaches and which classes nobody could be told of.
func (in OversharingInput) backHash() []string {
	var lines []string
	for _, r := range in.Returned {
		lines = append(lines, fmt.Sprintf("returned %q", strings.ToLower(r.Address))) // once it has been told, another mail that came back is no news
	}
	for _, u := range in.Untold {
		lines = append(lines, fmt.Sprintf("untold %q %d %s", u.Key, u.Posts, u.Since.UTC().Format(time.RFC3339)))
	}
	return lines
}

// SiteReturned puts whose mail came back into the words of the report, for the review site.
func SiteReturned(in OversharingInput) []SiteGap {
	in.Now = time.Time{} // days are written with their year, whenever it is read
	v := &view{in: in, loc: in.Location}
	if v.loc == nil {
		v.loc = time.UTC
	}
	var out []SiteGap
	for _, g := range v.returned() {
		out = append(out, SiteGap{What: g.What, Why: g.Why, Do: g.Do})
	}
	return out
}
