package reports

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

// DigestWords end the subject of every daily mail about comments.
const DigestWords = " to look at"

// DigestPost is a post that waits for somebody to look.
type DigestPost struct {
	Class    string // what the class is called, as its teacher may read it in mail; "" where that would name a pupil
	Words    string // which post: "the announcement of 14 September", with {1} for what Names names
	Names    *Names // a title, masked
	New      int    // comments that nobody has looked at
	Since    time.Time
	Due      time.Time // zero: no deadline is known
	PassedOn bool      // waited too long: the e-safety officer has been told
	Link     string    // https; opens the post as the reader's account
	Document bool      // a document of the class, not a post
	Told     bool      // somebody told that there is something new; whether it is a comment nobody knows
}

// DigestInput is all that a teacher's daily mail is made of.
type DigestInput struct {
	School   string
	Titles   Titles
	Reader   string
	Now      time.Time
	Location *time.Location // the school's time zone; nil is UTC
	Posts    []DigestPost
	Site     string       // https; the page on which the reader says that they looked; "" without a review site
	Replies  bool         // a reply shows that they looked
	Needed   []NeededFile // what the reader shared and is asked about; it alone makes no digest ([Needed])
	Answers  string       // https; the page on which the reader answers that
	Mask     *Mask
	Asks     []AskedOf // what the reader is asked besides
	Reminded []Reminded
}

type digestPage struct {
	School, Date, Greeting, Headline, Lead, Do string
	Site                                       string
	Posts                                      digestPosts
	Needed                                     *neededPart
	Questions                                  []questionLine
	Reminded                                   []Reminded
	Foot                                       []string
}

// digestPosts is what waits in classes, by class.
type digestPosts struct {
	Classes []digestClass
	More    string
}

type digestClass struct {
	Name  string
	Posts []digestLine
}

type digestLine struct {
	Title, Link, New, Since, Due string
	Over                         bool
}

// Digest writes the mail to a class teacher about what waits in their classes. It holds no pupil's name and no text of a comment; a post whose title holds a name is
// told by its kind. The subject says how many, nothing else. Without a post it is an error.
func Digest(in DigestInput) (Rendered, error) {
	if len(in.Posts) == 0 {
		return Rendered{}, errors.New("the daily mail: nothing waits; do not send it")
	}
	var lines []string
	for _, p := range in.Posts {
		lines = append(lines, fmt.Sprintf("%s %s %d", p.Link, p.Since.UTC().Format(time.RFC3339), p.New))
	}
	r := Rendered{Subject: in.count() + DigestWords, Hash: sum(sorted(append(lines, askedHash(in.Asks)...)))}
	for most := 40; ; most /= 2 {
		p := in.page(most)
		var err error
		if r.HTML, err = renderHTML("digest", p); err != nil {
			return Rendered{}, fmt.Errorf("the daily mail: %w", err)
		}
		r.Text = digestText(p)
		if len(r.HTML) < MaxHTML && len(r.Text) < MaxHTML || most == 0 {
			return r, nil
		}
	}
}

// count says how many things wait.
func (in DigestInput) count() string {
	documents := 0
	for _, p := range in.Posts {
		if p.Document {
			documents++
		}
	}
	switch documents {
	case 0:
		return quantity.Of(len(in.Posts), "post", "posts")
	case len(in.Posts):
		return quantity.Of(documents, "document", "documents")
	}
	return quantity.Of(len(in.Posts), "post or document", "posts and documents")
}

func (in DigestInput) page(most int) digestPage {
	now := in.Now.UTC()
	if in.Location != nil {
		now = in.Now.In(in.Location)
	}
	list := slices.Clone(in.Posts)
	slices.SortStableFunc(list, func(a, b DigestPost) int { return a.Since.Compare(b.Since) })
	officer := cmp.Or(clean(in.Titles.ESafetyOfficer, 60), "e-safety officer")
	oldest := list[0].Since.In(now.Location())
	p := digestPage{
		School: named(in.School, 80), Date: now.Format("Monday 2 January 2006"), Site: safeLink(in.Site),
		Headline: in.count() + " to look at",
		Foot: []string{
			"Written by esafetybot for " + cmp.Or(named(in.School, 80), "the school") + ". It comes once a day at most, and only when something waits.",
			"What a comment says is not in this mail, and nobody but the people of the school can open the links. If a comment worries you, tell the " + officer + " as you always would.",
		},
	}
	p.Lead = "In your classes " + in.count() + map[bool]string{true: " has", false: " have"}[len(list) == 1] + " new comments"
	if slices.ContainsFunc(list, func(d DigestPost) bool { return d.Told }) {
		p.Lead = "In your classes there is something new in " + quantity.Of(len(list), "place", "places")
	}
	switch {
	case sameDay(oldest, now):
		p.Lead += " since today."
	case len(list) == 1:
		p.Lead += "; it has waited since " + waitedSince(oldest, now) + "."
	default:
		p.Lead += "; the oldest has waited since " + waitedSince(oldest, now) + "."
	}
	replies := in.Replies && slices.ContainsFunc(list, func(d DigestPost) bool { return !d.Told }) // nobody sees a reply on ClassDojo
	switch {
	case p.Site != "" && replies:
		p.Do = "Open each one and read them, then tap “Reviewed” on your page. A reply of yours counts as well."
	case p.Site != "":
		p.Do = "Open each one and read them, then tap “Reviewed” on your page."
	case replies:
		p.Do = "Open each one and read them. A reply of yours shows that you have looked; it can be short."
	default:
		p.Do = "Open each one and read them."
	}
	if name := named(in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	p.Posts = digestList(list, most, in.Mask, now, officer)
	p.Needed = needed(in.Needed, most, in.Answers, now)
	p.Questions, p.Reminded = questionLines(in.Asks, now), remindedLines(in.Reminded)
	return p
}

// digestList lists posts by class, at most so many, and says how many more there are.
func digestList(list []DigestPost, most int, m *Mask, now time.Time, officer string) (out digestPosts) {
	shown := list[:min(most, len(list))]
	for _, d := range shown {
		name := cmp.Or(isolate(clean(d.Class, maxTitle)), "A class of yours")
		i := slices.IndexFunc(out.Classes, func(c digestClass) bool { return c.Name == name })
		if i < 0 {
			out.Classes = append(out.Classes, digestClass{Name: name})
			i = len(out.Classes) - 1
		}
		l := digestLine{Link: safeLink(d.Link), New: newWords(d), Since: dayWords(d.Since, now), Over: d.PassedOn}
		l.Title = upper(clean(d.Names.fill(d.Words, func(s string) string { return masked(m, s, "…") }), maxTitle))
		switch {
		case d.PassedOn:
			l.Due = "The " + officer + " has been told that it waits."
		case !d.Due.IsZero():
			l.Due = "Please look by " + dayWords(d.Due, now) + "."
		}
		out.Classes[i].Posts = append(out.Classes[i].Posts, l)
	}
	if n := len(list) - len(shown); n > 0 {
		out.More = "and " + fmt.Sprint(n) + " more"
	}
	return out
}

// newWords says how much is new.
func newWords(d DigestPost) string {
	if d.Told {
		return quantity.Of(d.New, "new thing that we were told of", "new things that we were told of")
	}
	return quantity.Of(d.New, "new comment", "new comments")
}

// masked shows a name from outside, unless it holds a pupil's.
func masked(m *Mask, s, otherwise string) string {
	s = clean(s, maxTitle)
	if s == "" || m.Holds(s) {
		return otherwise
	}
	return isolate(s)
}

func upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// waitedSince is a day of this week by its name.
func waitedSince(t, now time.Time) string {
	if now.Sub(t) < 6*24*time.Hour {
		return t.Format("Monday")
	}
	return dayWords(t, now)
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }

func digestText(p digestPage) string {
	t := &textPage{}
	t.top(p.School+" · "+p.Date, p.Greeting, p.Headline)
	t.para(p.Lead)
	t.para(p.Do)
	if p.Site != "" {
		t.line("Your page:")
		t.link(p.Site)
		t.b.WriteString("\n")
	}
	t.posts(p.Posts)
	t.needed(p.Needed)
	t.reminded(p.Reminded)
	t.questions(p.Questions)
	t.b.WriteString("-- \n")
	for _, f := range p.Foot {
		t.line(f)
	}
	return t.b.String()
}

// posts lists what waits in classes.
func (t *textPage) posts(p digestPosts) {
	for _, c := range p.Classes {
		t.head(c.Name)
		for _, l := range c.Posts {
			t.item("* ", l.Title+": "+l.New+" since "+l.Since+".")
			if l.Due != "" {
				t.item("  ", l.Due)
			}
			t.link(l.Link)
			t.b.WriteString("\n")
		}
	}
	if p.More != "" {
		t.para("… " + p.More + ".")
	}
}
