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

// NeededFile is something that the reader shared and is asked about: is it still needed? Its words are those of the review site, masked like them.
type NeededFile struct {
	Title string    // of the thing
	With  []string  // who has access, and how
	What  string    // is the case, where With is empty
	Since time.Time // shared since; zero if that is not known
	Due   time.Time // by when the reader is asked to answer
	Link  string    // https, to the thing itself
}

// OwnersSaid counts what those who were asked about things that they shared said, of what the reader deals with.
type OwnersSaid struct {
	Keep, Stop, Unsure int
	Silent             int    // did not answer in time
	Link               string // https, to the page that lists them
}

// line says it in a line; nil if nobody said anything.
func (o OwnersSaid) line() *line {
	s := o.sentence()
	if s == "" {
		return nil
	}
	return &line{Text: s, Link: safeLink(o.Link)}
}

// sentence says it in words; "" if nobody said anything.
func (o OwnersSaid) sentence() string {
	var said []string
	for _, x := range []struct {
		n    int
		what string
	}{{o.Stop, "can stop"}, {o.Keep, "is still needed"}, {o.Unsure, "nobody is sure of"}, {o.Silent, "had no answer in time"}} {
		if x.n > 0 {
			said = append(said, fmt.Sprintf("%s: %s", x.what, quantity.Number(x.n)))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "Back from people who were asked whether it is still needed – " + strings.Join(said, "; ") + "."
}

// hash is what of it makes a report worth sending again.
func (o OwnersSaid) hash() []string {
	if o.sentence() == "" {
		return nil
	}
	return []string{fmt.Sprintf("owners %d %d %d %d", o.Keep, o.Stop, o.Unsure, o.Silent)}
}

// neededPart is the list in words.
type neededPart struct {
	Head, Do, Site, More string
	Files                []neededLine
}

type neededLine struct{ Title, Link, With, Due string }

// neededWith is how many people are named of one thing.
const neededWith = 3

func needed(list []NeededFile, most int, site string, now time.Time) *neededPart {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b NeededFile) int {
		return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.Title, b.Title), strings.Compare(a.Link, b.Link))
	})
	p := &neededPart{
		Head: "Still needed?", Site: safeLink(site),
		Do: map[bool]string{true: "This is yours, or you shared it.", false: "These are yours, or you shared them."}[len(list) == 1] +
			" Please say on your page whether the sharing is still needed: keep it until a day, stop it, or not sure. All three are good answers, and it takes a minute.",
	}
	for _, f := range list[:min(most, len(list))] {
		l := neededLine{Title: isolate(cmp.Or(clean(f.Title, maxTitle), "Something of yours")), Link: safeLink(f.Link), With: clean(f.What, 200)}
		if len(f.With) > 0 {
			var who []string
			for _, w := range f.With[:min(neededWith, len(f.With))] {
				who = append(who, clean(w, 200))
			}
			if n := len(f.With) - len(who); n > 0 {
				who = append(who, quantity.Of(n, "other", "others"))
			}
			l.With = "Shared with " + joined(who)
			if !f.Since.IsZero() {
				l.With += " since " + dayWords(f.Since, now)
			}
			l.With += "."
		}
		if !f.Due.IsZero() && !f.Due.Before(now) {
			l.Due = "Please answer by " + dayWords(f.Due, now) + "."
		}
		p.Files = append(p.Files, l)
	}
	if n := len(list) - len(p.Files); n > 0 {
		p.More = "and " + quantity.Of(n, "more thing", "more things") + " on your page"
	}
	return p
}

// joined is "a", "a and b", "a, b and c".
func joined(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// NeededInput is all that the mail is made of to somebody who is asked about what they shared, on a day on which nothing else waits for them.
type NeededInput struct {
	School   string
	Titles   Titles
	Reader   string
	Now      time.Time
	Location *time.Location // the school's time zone; nil is UTC
	Files    []NeededFile
	Site     string // https; the page on which the reader answers
}

type neededPage struct {
	School, Date, Greeting, Headline string
	Needed                           *neededPart
	Foot                             []string
}

// Needed writes the mail to somebody who is asked about what they shared, and has no other mail that day. Its subject says how many, nothing else. Without a file it is an error.
func Needed(in NeededInput) (Rendered, error) {
	if len(in.Files) == 0 {
		return Rendered{}, errors.New("the mail about what is still needed: nothing is asked; do not send it")
	}
	now := in.Now.UTC()
	if in.Location != nil {
		now = in.Now.In(in.Location)
	}
	school := named(in.School, 80)
	officer := cmp.Or(clean(in.Titles.ESafetyOfficer, 60), "e-safety officer")
	var lines []string
	for _, f := range in.Files {
		lines = append(lines, fmt.Sprintf("needed %q %q", f.Link, f.Title))
	}
	p := neededPage{
		School: school, Date: now.Format("Monday 2 January 2006"), Headline: neededSubject(len(in.Files)),
		Foot: []string{
			"Written by esafetybot for " + cmp.Or(school, "the school") + ". What is in your files was not read, and nothing is changed by this mail.",
			"If you wonder why you are asked, ask the " + officer + ". Nobody thinks that you did anything wrong: sharing is quickly done and easily forgotten.",
		},
	}
	if name := named(in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	r := Rendered{Subject: p.Headline, Hash: sum(sorted(lines))}
	for most := 40; ; most /= 2 {
		p.Needed = needed(in.Files, most, in.Site, now)
		p.Needed.Head = "" // the mail's own says it
		var err error
		if r.HTML, err = renderHTML("needed", p); err != nil {
			return Rendered{}, fmt.Errorf("the mail about what is still needed: %w", err)
		}
		t := &textPage{}
		t.top(p.School+" · "+p.Date, p.Greeting, p.Headline)
		t.needed(p.Needed)
		t.b.WriteString("-- \n")
		for _, f := range p.Foot {
			t.line(f)
		}
		if r.Text = t.b.String(); len(r.HTML) < MaxHTML && len(r.Text) < MaxHTML || most == 0 {
			return r, nil
		}
	}
}

// neededSubject holds no title and no name.
func neededSubject(n int) string {
	return quantity.Of(n, "shared file: is it", "shared files: are they") + " still needed?"
}

// needed lists what the reader shared and is asked about.
func (t *textPage) needed(p *neededPart) {
	if p == nil {
		return
	}
	if p.Head != "" {
		t.head(p.Head)
	}
	t.para(p.Do)
	if p.Site != "" {
		t.line("Your page:")
		t.link(p.Site)
		t.b.WriteString("\n")
	}
	for _, l := range p.Files {
		t.item("* ", l.Title)
		for _, s := range []string{l.With, l.Due} {
			if s != "" {
				t.item("  ", s)
			}
		}
		t.link(l.Link)
		t.b.WriteString("\n")
	}
	t.more(p.More)
}
