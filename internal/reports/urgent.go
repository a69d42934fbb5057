package reports

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Urgent writes the message about what cannot wait for the daily mail: a pupil who can send mail, an outsider in a class, an
// administrator's role on a pupil's account. It goes to the workspace administrator, the e-safety officer and the safeguarding lead alike.
// All matters of the input are told, agreed or not; without any it is an error. The subject holds no name, no kind and no class.
func Urgent(in UrgentInput) (Rendered, error) {
	if len(in.Matters) == 0 {
		return Rendered{}, errors.New("the urgent message: there is nothing to tell; do not send it")
	}
	list := slices.Clone(in.Matters)
	for i := range list {
		if list[i].New = true; list[i].Severity == "information" {
			list[i].Severity = "low"
		}
	}
	v := newMatterView(in.Mask, in.Now, false, newDecider(in.Site, in.Address, in.NotTheirs), list, nil)
	if v.waiting = in.Waiting; v.waiting == nil {
		v.waiting = waiting(list, nil)
	}
	loc := in.Location
	if loc == nil {
		loc = time.UTC
	}
	r := Rendered{Hash: sum(sorted(hashLines(in.Matters, in.Now, false)))}
	v.count(&r.Counts)
	n := r.Counts.New
	r.Subject = "Please look now: " + things(n, "") + " that cannot wait"
	for lines := fullLimits.things; ; lines /= 2 {
		p := v.urgentPage(in, n, lines, loc)
		var err error
		if r.HTML, err = renderHTML("urgent", p); err != nil {
			return Rendered{}, fmt.Errorf("the urgent message: %w", err)
		}
		r.Text = urgentText(p)
		if len(r.HTML) < MaxHTML && len(r.Text) < MaxHTML {
			return r, nil
		}
		if lines == 0 {
			return Rendered{}, fmt.Errorf("the urgent message: it has %d bytes even without a list, at most %d fit into a mail", len(r.HTML), MaxHTML)
		}
	}
}

func sorted(lines []string) []string {
	slices.Sort(lines)
	return lines
}

func (v *matterView) urgentPage(in UrgentInput, n, lines int, loc *time.Location) page {
	now := in.Now.In(loc)
	officer := cmp.Or(clean(in.Titles.ESafetyOfficer, 60), "e-safety officer")
	p := page{
		School: named(in.School, 80), Date: now.Format("Monday 2 January 2006, 15:04"),
		Headline: "Please look now: " + things(n, "") + " that cannot wait",
		Lead:     []string{"We send this at once, because pupils may be concerned. The workspace administrator, the " + officer + " and the safeguarding lead all get it, so please tell each other who does it."},
		Stay:     "Ask the " + officer + " to agree it until a date.", Findings: siteLink(in.Site, findingsPage),
		Foot: []string{changedWords(len(v.touched()), in.MayChange), "It stays in the daily report until it is put right; this message does not come again for the same thing."},
	}
	if name := named(in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	var shown []matter
	p.Asks, shown = v.parts(layout{lines: lines, full: "in the daily report", first: true, day: func(t time.Time) string { return dayWords(t, now) }})
	for _, a := range p.Asks {
		for i := range a.Groups {
			g := &a.Groups[i]
			g.High, g.Due, g.Now = false, "", strings.TrimSuffix(g.Now, ".")+"."
			for k := range g.Lines {
				g.Lines[k].Due, g.Lines[k].High = "", false // all of it is for now
			}
		}
	}
	p.Clauses = clausesOf(nil, shown)
	if slices.ContainsFunc(shown, func(m matter) bool { return m.in.Who.Pupil || m.hidden }) {
		p.Hidden = "Pupils are not named in mail. The link leads to the account."
	}
	return p
}

func urgentText(p page) string {
	t := &textPage{}
	t.top(p.School+" · "+p.Date, p.Greeting, p.Headline)
	t.para(strings.Join(p.Lead, " "))
	t.findings(p.Findings)
	for _, a := range p.Asks {
		for _, g := range a.Groups {
			t.groupHead(g)
			t.b.WriteString("\n")
			t.para(g.Why)
			t.para("What to do now: " + g.Now)
			if g.Where != "" {
				t.line("Where to click: " + g.Where)
			}
			t.matters(g)
		}
	}
	if len(p.Clauses) > 0 {
		t.head("What the policy says")
		t.lines(p.Clauses, "")
	}
	t.para("Meant to be like this? " + p.Stay)
	t.b.WriteString("-- \n")
	for _, f := range append([]string{p.Hidden}, p.Foot...) {
		if f != "" {
			t.line(f)
		}
	}
	return t.b.String()
}
