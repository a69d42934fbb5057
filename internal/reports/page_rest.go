package reports

import (
	"cmp"
	"slices"
	"strings"

	"esafetybot/internal/quantity"
)

// rest fills what comes behind the things to look at: put right, agreed, information, and what was not seen.
func (p *page) rest(v *view, lim limits) {
	p.putRight(v, lim)
	p.agreed(v, lim)
	p.Info = append(v.matters.info(), byRule(v.in1(stateInfo))...)
	for i, g := range v.in.NotSeen {
		if i == max(lim.gaps, 1) {
			p.GapsMore = "and " + quantity.Number(v.counts.Gaps-i) + " more; the record of the run names them all"
			break
		}
		p.Gaps = append(p.Gaps, v.gap(g))
	}
	p.unclear(v, lim)
	never := slices.Clone(NeverSeen)
	for _, n := range v.in.NeverSeen {
		if n = clean(n, 120); n != "" && !slices.Contains(never, n) && len(never) < 20 {
			never = append(never, n)
		}
	}
	p.Never = strings.Join(never, "; ") + "."
	var ids []string
	for i, cl := range v.in.NotLooked {
		id := clean(cl.ID, 20)
		switch {
		case i >= max(lim.clauses, 1):
		case v.in.FirstDay || v.in.Weekly:
			p.NotLooked = append(p.NotLooked, line{Text: id, Note: clean(cl.Says, 120)})
		default: // in between, their ids will do
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		p.NotLooked = []line{{Text: strings.Join(ids, ", ")}}
	}
	if n := len(v.in.NotLooked) - max(lim.clauses, 1); n > 0 {
		p.NotLookedMore = "and " + quantity.Number(n) + " more; “esafetybot policy explain” lists them"
	}
	t := v.in.Totals
	if t != (Totals{}) {
		var looked []string
		for _, x := range []string{
			quantity.Of(t.People, "person's Drive", "people's Drives"), quantity.Of(t.SharedDrives, "shared drive", "shared drives"),
			quantity.Of(t.Groups, "group", "groups"), quantity.Of(t.Files, "file and folder", "files and folders"),
		} {
			if !strings.HasPrefix(x, "0 ") {
				looked = append(looked, x)
			}
		}
		if len(looked) > 0 {
			p.Foot = append(p.Foot, "What we saw: "+strings.Join(looked, ", ")+".")
		}
	}
	if v.in.Policy != "" {
		p.Foot = append(p.Foot, "Looked at with policy version "+clean(v.in.Policy, 40)+".")
	}
	p.Foot = append(p.Foot, changedWords(v.changed(), v.in.MayChange))
	if v.in.Weekly {
		p.Foot = append(p.Foot, "This is the weekly report; it comes whether or not anything has changed.")
	}
}

func (v *view) gap(g Gap) gap {
	holds := func(s string) bool { return !g.Ours && v.in.Mask.Holds(s) }
	what := clean(g.What, 100)
	if holds(what) {
		what = "One place"
	}
	if o := v.in.Mask.Owner(g.Owner); o != "" {
		what = cmp.Or(what, "The Drive") + " of " + strings.TrimPrefix(o, "the shared drive ")
	}
	why := clean(g.Why, 200)
	if holds(why) {
		why = "the reason is in the record of the run"
	}
	do := clean(g.WhatToDo, 300)
	if holds(do) {
		do = ""
	}
	link := safeLink(g.Link)
	if link == "" && g.Owner.Pupil {
		link = safeLink(g.Owner.Link)
	}
	return gap{What: isolate(capital(what)), Why: why, Do: do, Link: link}
}
