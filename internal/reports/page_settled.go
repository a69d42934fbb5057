package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

// soon is how long before its end an agreement is named.
const soon = 30 * 24 * time.Hour

// putRight lists what was put right: what the reader is told of first, then what was shared.
func (p *page) putRight(v *view, lim limits) {
	c := v.counts
	if c.PutRight == 0 {
		return
	}
	p.PutRightTitle = "Put right" + v.since()
	room := lim.putRight
	for i, r := range v.matters.right {
		if i >= lim.putRight/2 && i >= lim.putRight-len(v.putRight) {
			break
		}
		room--
		l := line{Text: isolate(r.who), Note: r.rule.Topic + ": " + r.how}
		if r.how != HowDeleted && r.how != HowAccountGone {
			l.Link = r.link
		}
		l.Changes = changeLines(r.changes, r.in.Severity == "high", v.matters.decider, v.day)
		p.PutRight = append(p.PutRight, l)
	}
	for i, r := range v.putRight {
		if i == room {
			break
		}
		l := line{Text: isolate(capital(r.title)), Note: r.how}
		if r.how != HowDeleted && r.how != HowAccountGone {
			l.Link = r.link
		}
		l.Changes = changeLines(r.changes, r.item.Severity == "high", v.matters.decider, v.day)
		if !r.hidden {
			l.Text = isolate(r.title)
			if r.owner != "" {
				l.Note += " · " + r.owner
			}
		}
		p.PutRight = append(p.PutRight, l)
	}
	if n := c.PutRight - len(p.PutRight); n > 0 {
		full := p.Full
		if v.wide && v.in.List.Name != "" {
			full = "in the full lists"
		}
		p.PutRightMore = "and " + quantity.Number(n) + " more " + full
	}
}

// agreed counts what is agreed, and names what ends soon.
func (p *page) agreed(v *view, lim limits) {
	if v.counts.Agreed == 0 {
		return
	}
	p.AgreedText = quantity.Of(v.counts.Agreed, "thing was", "things were") + " looked at and agreed until a date. Nothing to do."
	type until struct {
		line
		at time.Time
	}
	var list []until
	for _, m := range v.matters.in1(stateAgreed) {
		list = append(list, until{line{Text: isolate(m.who), Link: m.link, Note: m.rule.Topic + ", agreed until " + v.day(m.in.AgreedUntil)}, m.in.AgreedUntil})
	}
	for _, t := range v.in1(stateAgreed) {
		list = append(list, until{line{Text: isolate(capital(t.title)), Link: t.link, Note: "agreed until " + v.day(t.item.AgreedUntil)}, t.item.AgreedUntil})
	}
	slices.SortStableFunc(list, func(a, b until) int { return a.at.Compare(b.at) })
	ending := 0
	for _, t := range list {
		if t.at.Sub(v.in.Now) > soon {
			break
		}
		if ending++; len(p.Agreed) < lim.agreed {
			p.Agreed = append(p.Agreed, t.line)
		}
	}
	if ending > 0 {
		p.AgreedText += fmt.Sprintf(" %s in the next 30 days:", quantity.Of(ending, "ends", "end"))
		if n := ending - len(p.Agreed); n > 0 {
			p.AgreedMore = "and " + quantity.Number(n) + " more " + p.Full
		}
	}
}

// unclear lists what could not be said although it was looked at, one line each.
func (p *page) unclear(v *view, lim limits) {
	most := max(2*lim.gaps, 2)
	for i, u := range v.in.Unclear {
		if i == most {
			p.Unclear = append(p.Unclear, line{Text: "And " + quantity.Number(len(v.in.Unclear)-i) + " more", Note: "the record of the run names them all"})
			return
		}
		what, _ := v.matters.mask.say(u.What, u.Names, true, 120)
		if what == "" {
			r, _ := matterRule(u.Rule)
			what = "Something about: " + r.Topic
		}
		l := line{Text: isolate(capital(what)), Note: "could not check"}
		if !u.Since.IsZero() {
			l.Note += " since " + v.day(u.Since)
		}
		if why, _ := v.matters.mask.say(u.Why, u.Names, true, 240); why != "" {
			l.Note += ": " + strings.TrimSuffix(why, ".")
		}
		l.Note += "."
		p.Unclear = append(p.Unclear, l)
	}
}

// info counts the matters that are for information only.
func (v *matterView) info() []row {
	n := map[string]int{}
	by := map[string][]matter{}
	for _, m := range v.in1(stateInfo) {
		n[m.in.Rule]++
		by[m.in.Rule] = append(by[m.in.Rule], m)
	}
	var rules []string
	for r := range n {
		rules = append(rules, r)
	}
	slices.SortFunc(rules, func(a, b string) int {
		return cmp.Or(cmp.Compare(by[a][0].rank, by[b][0].rank), cmp.Compare(a, b))
	})
	var out []row
	for _, r := range rules {
		out = append(out, row{quantity.Number(n[r]), by[r][0].rule.say(aboutOf(by[r]))})
	}
	return out
}

// changedWords says who wrote it and how many things it changed; may tells that the policy lets it change anything.
func changedWords(n int, may bool) string {
	switch {
	case n == 0 && may:
		return "Written by esafetybot. It reads, and changes only what is approved: none of the things in this report so far."
	case n == 0:
		return "Written by esafetybot. It only reads; it has changed nothing."
	case n == 1:
		return "Written by esafetybot. It reads, and changes only what is approved: so far one of the things in this report."
	default:
		return "Written by esafetybot. It reads, and changes only what is approved: so far " + quantity.Number(n) + " of the things in this report."
	}
}
