package reports

import (
	"cmp"
	"fmt"
)

// EntryInput is all that the letter is made of that tells somebody of the incident log. It has no room for what the entry is about.
type EntryInput struct {
	School string
	Home   string // the reader's own page, which leads on; "" without a site
	Bare   bool   // about an adult, or not sure: the letter does not even say that there is an entry
}

type entryPage struct{ School, Headline, Lead, Link, Foot string }

// Entry writes the letter to somebody who is to open an entry of the incident log. It may be read on a locked telephone by whoever stands beside it: it names no person, no kind, no class, no
// number, and the same words come whatever happened.
func Entry(in EntryInput) (Rendered, error) {
	p := entryPage{
		School: clean(in.School, 80), Headline: "There is an entry for you to open", Link: safeLink(in.Home),
		Lead: "There is an entry for you to open on the school's online-safety page. Please do it now; what it is about is said there and not in mail.",
	}
	if in.Bare {
		p.Headline = "Please open your page"
		p.Lead = "Please open your page on the school's online-safety site."
	}
	p.Foot = "Written by esafetybot for " + cmp.Or(p.School, "the school") + ". If a child may be in danger now, ring 999."
	r := Rendered{Subject: p.Headline, Hash: sum([]string{p.Headline})}
	var err error
	if r.HTML, err = renderHTML("entry", p); err != nil {
		return Rendered{}, fmt.Errorf("the letter on an entry: %w", err)
	}
	t := &textPage{}
	t.para(p.School)
	t.para(p.Lead)
	t.link(p.Link)
	t.b.WriteString("\n-- \n")
	t.line(p.Foot)
	r.Text = t.b.String()
	return r, nil
}
