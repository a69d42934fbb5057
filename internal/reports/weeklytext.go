package reports

import (
	"fmt"
	"strings"
)

// weeklyText is the same mail for a reader without HTML.
func weeklyText(p weeklyPage) string {
	t := &textPage{}
	t.top(p.School+" · Online safety, week by week · "+p.Date, p.Greeting, p.Headline)
	if p.Note != "" {
		t.para("! " + p.Note)
	}
	for _, s := range p.Stats {
		t.b.WriteString(fmt.Sprintf("%6s  %s\n", s.N, s.Label))
	}
	t.b.WriteString("\n")
	for _, s := range p.Lead {
		t.para(s)
	}
	t.to(p.Overview, p.OverviewText)
	if p.Holiday {
		t.foot(p.Foot)
		return t.b.String()
	}
	if len(p.Own) > 0 {
		t.head("What waits for you")
		t.weekly(p.Own, "")
	}
	for _, g := range p.Groups {
		t.head(g.Title)
		for _, c := range g.Clauses {
			t.item("* ", c.ID+" "+c.Says)
			t.item("  ", c.Why)
			if c.Deals != "" {
				t.item("  ", "Dealt with by: "+c.Deals)
			}
			if c.Agreed != "" {
				t.item("  ", c.Agreed)
			}
			for _, u := range c.Unseen {
				t.item("  ", "Could not be seen: "+u)
			}
			if c.UnseenMore != "" {
				t.item("  ", "… "+c.UnseenMore)
			}
			t.link(c.Link)
			t.b.WriteString("\n")
		}
		if g.More != "" {
			t.para(dots(g.More) + ".")
		}
	}
	t.head("New, put right, overdue")
	t.para("New and put right are counted since " + lower(p.After) + ".")
	t.b.WriteString(fmt.Sprintf("%-20s %8s %10s %8s\n", "Clause", "new", "put right", "overdue"))
	for _, r := range append(p.Changed, p.ChangedSum) {
		t.b.WriteString(fmt.Sprintf("%-20s %8s %10s %8s\n", r.What, r.A, r.B, r.C))
	}
	t.more(p.ChangedMore)
	t.b.WriteString("\n")
	for _, part := range p.Parts {
		t.head(part.Title)
		t.weekly(part.Lines, part.More)
	}
	t.head("What could not be seen")
	if p.GapsNone != "" {
		t.para(p.GapsNone)
	}
	for _, g := range p.Gaps {
		t.item("* ", g.What)
		t.item("  ", "Why: "+g.Why+".")
		if g.Do != "" {
			t.item("  ", "What to do: "+g.Do)
		}
	}
	t.more(p.GapsMore)
	if len(p.Gaps) > 0 {
		t.b.WriteString("\n")
	}
	t.para("Never seen, however often we look: " + p.Never + ".")
	if len(p.Weeks) > 0 {
		t.head("The school year so far")
		t.b.WriteString(fmt.Sprintf("%-18s %5s %6s %10s %6s\n", "As of", "red", "amber", "not seen", "green"))
		for _, w := range p.Weeks {
			t.b.WriteString(fmt.Sprintf("%-18s %5s %6s %10s %6s\n", w.Day, w.Numbers[0], w.Numbers[1], w.Numbers[2], w.Numbers[3]))
		}
		t.more(p.WeeksMore)
		t.b.WriteString("\n")
		if p.WeeksNote != "" {
			t.para(p.WeeksNote)
		}
	}
	t.head("Green")
	if len(p.Green) == 0 {
		t.para("No clause is green.")
	} else {
		t.weekly(p.Green, p.GreenMore)
	}
	t.foot(p.Foot)
	return t.b.String()
}

func lower(s string) string {
	if rest, ok := strings.CutPrefix(s, "The last"); ok {
		return "the last" + rest
	}
	return s
}

func (t *textPage) weekly(lines []weeklyLine, more string) {
	for _, l := range lines {
		t.item("* ", l.Text)
		t.link(l.Link)
	}
	t.more(more)
	t.b.WriteString("\n")
}

// to writes where a link leads, and the link.
func (t *textPage) to(link, text string) {
	if link != "" {
		t.b.WriteString(text + ":\n")
		t.link(link)
		t.b.WriteString("\n")
	}
}

func (t *textPage) foot(lines []string) {
	t.b.WriteString("-- \n")
	for _, f := range lines {
		t.b.WriteString(wrap(f, "", "", textWidth) + "\n")
	}
}
