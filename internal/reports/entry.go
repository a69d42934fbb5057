package reports

import (
	"cmp"
	"fmt"
	"time"
)

// EntryInput is all that the letter is made of that tells somebody of the incident log. It has no room for what the entry is about.
type EntryInput struct {
	School string
	Home   string // the reader's own page, which leads on; "" without a site
	Bare   bool   // about an adult, or not sure: the letter does not even say that there is an entry
}

type entryPage struct{ School, Headline, Lead, More, Item, Link, Foot string }

// Entry writes the letter to somebody who is to open an entry of the incident log. It may be read on a locked telephone by whoever stands beside it: it names no person, no kind, no class, no
// number, and the same words come whatever happened.
func Entry(in EntryInput) (Rendered, error) {
	p := entryPage{
		School: named(in.School, 80), Headline: "There is an entry for you to open", Link: safeLink(in.Home),
		Lead: "There is an entry for you to open on the school's online-safety page. Please do it now; what it is about is said there and not in mail.",
	}
	if in.Bare {
		p.Headline = "Please open your page"
		p.Lead = "Please open your page on the school's online-safety site."
	}
	return p.render()
}

// RemovalInput is all that the letter is made of that asks somebody to take something down of which they may not read why.
type RemovalInput struct {
	School  string
	Home    string    // the reader's own page, where the link is and where they say that it is done
	What    string    // "a file on Google Drive"
	Link    string    // https; "" where it may name somebody: it stands on the page then
	Officer string    // what the school calls the safeguarding lead
	Due     time.Time // zero: no deadline is known; in the school's time zone
}

// Removal writes that letter. It says neither what is wrong with the thing nor who said so.
func Removal(in RemovalInput) (Rendered, error) {
	p := entryPage{School: named(in.School, 80), Headline: "Please take something down", Link: safeLink(in.Home), Item: safeLink(in.Link)}
	p.Lead = "Please take down " + cmp.Or(clean(in.What, 60), "something") + " that the school may not show"
	if !in.Due.IsZero() {
		p.Lead += ", by " + in.Due.Format("15:04 on Monday 2 January")
	}
	p.Lead += "."
	if p.Item == "" {
		p.Lead += " The link to it stands on your page."
	}
	p.More = "When it is down, press “It is taken down” on your page. Do not copy, save or forward it. If it may show a child undressed, do not open it: tell the " + cmp.Or(clean(in.Officer, 60), "safeguarding lead") + " at once."
	return p.render()
}

func (p entryPage) render() (Rendered, error) {
	p.Foot = "Written by esafetybot for " + cmp.Or(p.School, "the school") + ". If a child may be in danger now, ring 999."
	r := Rendered{Subject: p.Headline, Hash: sum([]string{p.Headline, p.Lead})}
	var err error
	if r.HTML, err = renderHTML("entry", p); err != nil {
		return Rendered{}, fmt.Errorf("the letter on an entry: %w", err)
	}
	t := &textPage{}
	t.para(p.School)
	t.para(p.Lead)
	if p.Item != "" {
		t.link(p.Item)
	}
	if p.More != "" {
		t.para(p.More)
	}
	t.link(p.Link)
	t.b.WriteString("\n-- \n")
	t.line(p.Foot)
	r.Text = t.b.String()
	return r, nil
}
