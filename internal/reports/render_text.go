package reports

import "strings"

const textWidth = 76

// renderText is the same report for a reader without HTML.
func renderText(p page) string {
	t := &textPage{}
	t.top(p.School+" · "+p.Kind+" · "+p.Date, p.Greeting, p.Headline)
	if p.Warning != "" {
		t.para("! " + p.Warning)
	}
	if len(p.Lead) > 0 {
		t.para(strings.Join(p.Lead, " "))
	}
	if p.Said != nil {
		t.para(p.Said.Text)
		t.link(p.Said.Link)
	}
	t.para(p.Sum)
	t.findings(p.Findings)

	t.reminded(p.Reminded)
	t.questions(p.Questions)
	t.posts(p.Mine)
	t.back("Could not be told", p.Untold)
	t.back("Mail that came back", p.Returned)
	t.needed(p.Needed)
	t.parts(p.Before)
	t.section(p.New)
	t.rows(p.AllTitle+", by what is the case", p.ByRule)
	t.rows(p.AllTitle+", by who shared them", p.ByOwner)
	t.parts(p.After)
	if len(p.PutRight) > 0 {
		t.head(p.PutRightTitle)
		t.lines(p.PutRight, p.PutRightMore)
	}
	t.section(p.Open)
	t.rows("All that are still open", p.OpenByRule)
	if p.AgreedText != "" {
		t.head("Agreed")
		t.para(p.AgreedText)
		t.lines(p.Agreed, p.AgreedMore)
	}
	if len(p.Info) > 0 {
		t.rows("For information, nothing to do", p.Info)
	}
	if len(p.Gaps)+len(p.Unclear) > 0 {
		t.head("What we could not see this time")
		for _, g := range p.Gaps {
			t.item("* ", g.What)
			t.item("  ", "Why: "+g.Why)
			if g.Do != "" {
				t.item("  ", "What to do: "+g.Do)
			}
			t.link(g.Link)
		}
		t.more(p.GapsMore)
		t.lines(p.Unclear, "")
		if len(p.Unclear) == 0 {
			t.b.WriteString("\n")
		}
	}
	if len(p.HowTo) > 0 {
		t.head(verb(min(len(p.Before)+len(p.After), 1), "How to put right what is shared", "How to put things right"))
		t.para(whoCan)
		for _, r := range p.HowTo {
			t.item("* ", r.Title)
			t.item("  ", r.Why)
			t.item("  ", "Where to click: "+r.Where)
			t.b.WriteString("\n")
		}
	}
	if len(p.Clauses) > 0 {
		t.head("What the policy says")
		t.lines(p.Clauses, "")
	}
	if p.Stay != "" {
		t.para(p.Stay)
	}
	t.head("What we never see")
	t.para(capital(p.Never))
	if len(p.NotLooked) > 0 {
		t.head("Clauses of the policy that are not looked at yet")
		t.lines(p.NotLooked, p.NotLookedMore)
	}
	t.b.WriteString("-- \n")
	for _, f := range append([]string{p.Hidden}, p.Foot...) {
		if f != "" {
			t.b.WriteString(wrap(f, "", "", textWidth) + "\n")
		}
	}
	return t.b.String()
}

type textPage struct{ b strings.Builder }

// top is how every mail begins.
func (t *textPage) top(from, greeting, headline string) {
	t.para(from)
	t.b.WriteString(strings.Repeat("=", 40) + "\n\n")
	if greeting != "" {
		t.para(greeting)
	}
	t.para(strings.ToUpper(headline))
}

func (t *textPage) para(s string)        { t.b.WriteString(wrap(s, "", "", textWidth) + "\n\n") }
func (t *textPage) line(s string)        { t.b.WriteString(wrap(s, "", "", textWidth) + "\n") }
func (t *textPage) item(first, s string) { t.b.WriteString(wrap(s, first, "  ", textWidth) + "\n") }
func (t *textPage) link(s string) {
	if s != "" {
		t.b.WriteString("  " + s + "\n")
	}
}

func (t *textPage) more(s string) {
	if s != "" {
		t.item("  ", "… "+s)
	}
}

func (t *textPage) head(s string) {
	t.b.WriteString(s + "\n" + strings.Repeat("-", min(len([]rune(s)), textWidth)) + "\n\n")
}

// dots puts an ellipsis in front of what goes on from a list.
func dots(s string) string {
	if strings.HasPrefix(s, "and ") {
		return "… " + s
	}
	return s
}

func (t *textPage) rows(title string, rows []row) {
	if len(rows) == 0 {
		return
	}
	t.head(title)
	for _, r := range rows {
		t.b.WriteString(strings.Repeat(" ", max(0, 6-len(r.N))) + r.N + "  " + r.Text + "\n")
	}
	t.b.WriteString("\n")
}

func (t *textPage) lines(list []line, more string) {
	for _, l := range list {
		s := l.Text
		if l.Note != "" {
			s += " – " + l.Note
		}
		t.item("* ", s)
		t.link(l.Link)
		t.changes(l.Changes)
	}
	t.more(more)
	if len(list) > 0 || more != "" {
		t.b.WriteString("\n")
	}
}

func (t *textPage) section(s section) {
	if len(s.Groups) == 0 {
		return
	}
	t.head(s.Title)
	if s.Intro != "" {
		t.para(s.Intro)
	}
	for _, g := range s.Groups {
		who := g.Who
		if g.Unit != "" {
			who += " (" + g.Unit + ")"
		}
		t.b.WriteString(wrap(who, "", "", textWidth) + "\n" + wrap(g.Note, "", "", textWidth) + "\n\n")
		for _, i := range g.Items {
			head := i.Title
			if i.Inside != "" {
				head += " – " + i.Inside
			}
			t.item("* ", head)
			what := i.What
			if i.High {
				what = "High: " + what
			}
			if i.Clause != "" {
				what += " (" + i.Clause + ")"
			}
			t.item("  ", what)
			do := "To do: " + i.Do
			if i.Due != "" {
				do += " – " + i.Due
			}
			t.item("  ", do)
			if i.Remark != "" {
				t.item("  ", i.Remark)
			}
			t.changes(i.Changes)
			t.link(i.Link)
			if i.Account != "" {
				t.b.WriteString("  Whose it is: " + i.Account + "\n")
			}
			t.b.WriteString("\n")
		}
		if g.More != "" {
			t.item("  ", "… "+g.More)
			t.b.WriteString("\n")
		}
	}
	if s.More != "" {
		t.para(dots(s.More) + ".")
	}
	t.all(s.All)
}

func (t *textPage) parts(list []part) {
	for _, p := range list {
		t.head(p.Title)
		if p.Intro != "" {
			t.para(p.Intro)
		}
		for _, g := range p.Groups {
			t.groupHead(g)
			t.line(g.Why)
			t.line("To do: " + g.Do + ".")
			if g.Where != "" {
				t.line("Where to click: " + g.Where)
			}
			t.matters(g)
		}
	}
}

func (t *textPage) groupHead(g matterGroup) {
	s := g.Title
	if g.High {
		s = "High: " + s
	}
	for _, x := range []string{g.Mark, g.Due} {
		if x != "" {
			s += " – " + x
		}
	}
	if g.Clause != "" {
		s += " (" + g.Clause + ")"
	}
	t.line(s)
}

// matters writes the lines of a group.
func (t *textPage) matters(g matterGroup) {
	if g.Sum != "" {
		t.line(g.Sum)
	}
	t.b.WriteString("\n")
	for _, l := range g.Lines {
		s := l.Text
		if l.Unit != "" {
			s += " (" + l.Unit + ")"
		}
		if l.Mark != "" {
			s = l.Mark + ": " + s
		}
		for _, x := range []string{l.Detail, l.Due} {
			if x != "" {
				s += " – " + x
			}
		}
		if l.Clause != "" {
			s += " (" + l.Clause + ")"
		}
		bullet := "* "
		if l.Box {
			bullet = "[ ] "
		}
		t.item(bullet, s)
		if l.Remark != "" {
			t.item("  ", l.Remark)
		}
		if l.Where != "" {
			t.item("  ", "Where to click: "+l.Where)
		}
		t.changes(l.Changes)
		t.link(l.Link)
	}
	t.more(g.More)
	if len(g.Lines) > 0 || g.More != "" {
		t.b.WriteString("\n")
	}
	t.all(g.All)
}

// changes writes what is proposed or done; a command stands on a line of its own, so that it can be copied.
func (t *textPage) changes(list []changeLine) {
	for _, l := range list {
		label := l.Label
		if l.Link != "" {
			label += ":"
		}
		t.item("  ", strings.TrimSpace(l.Text+" "+label))
		if to := l.Link + l.Command; to != "" {
			t.b.WriteString("    " + to + "\n")
		}
	}
}

// all writes how to approve all that is proposed.
func (t *textPage) all(l *changeLine) {
	switch {
	case l == nil:
	case l.Link != "":
		t.line(l.Label + ":")
		t.b.WriteString("  " + l.Link + "\n\n")
	default:
		t.line(l.Label)
		t.b.WriteString("  " + l.Command + "\n\n")
	}
}

// findings writes where the review site lists them; nothing without one.
func (t *textPage) findings(link string) {
	if link != "" {
		t.line("Findings, on the review site:")
		t.link(link)
		t.b.WriteString("\n")
	}
}
