package reports

import (
	"cmp"
	"strings"
	"time"
)

// SiteItem is one finding as the review site shows it: in the words of the report, and masked like it. It says nothing that changes by itself, such as whether it is overdue.
type SiteItem struct {
	ID      string
	Title   string // of what it is about
	What    string // is the case
	Details []string
	Owner   string // of a thing
	Unit    string
	Remark  string
	Why     string
	Do      string
	Where   string // to click
	Link    string
	Who     []string // as many as the item has grants, in their order: who has access, and how
	Domains []string // likewise: where the address is, if it is shown
}

// SiteItems puts the items and matters of a report into words for the review site, each for itself.
func SiteItems(in OversharingInput) []SiteItem {
	items, matters := in.Items, in.Matters
	in.Items = nil
	in.Now = time.Time{} // days are written with their year, whenever it is read
	v := newView(in)
	out := make([]SiteItem, 0, len(items)+len(matters))
	for _, it := range items {
		out = append(out, v.siteItem(it))
	}
	for _, m := range matters {
		out = append(out, v.matters.siteItem(m))
	}
	return out
}

func (v *view) siteItem(it Item) SiteItem {
	it.AgreedUntil, it.Overdue, it.New, it.Reopened, it.Below = time.Time{}, false, false, false, 0
	t := v.thing(it)
	i := v.item(t)
	s := SiteItem{
		ID: it.ID, Title: i.Title, What: i.What, Remark: i.Remark, Owner: capital(t.owner), Why: t.rule.Why, Do: t.rule.Do, Where: t.rule.Where, Link: cmp.Or(i.Account, i.Link),
	}
	if !it.Owner.Pupil && !it.Owner.SharedDrive {
		s.Unit = clean(it.Owner.Unit, 60)
	}
	if _, note := v.heading(it.Owner, 1, map[string]bool{t.rule.Name: true}); !t.rule.Info {
		s.Do += ". " + note
	}
	for _, g := range it.Grants { // in their own order, as t.grants may not be
		who := v.in.Mask.Grantee(Grant{Who: clean(g.Who, 254), Pupil: g.Pupil, Year: g.Year, Private: g.Private, Staff: g.Staff})
		_, domain, shown := strings.Cut(who, "@")
		if !shown || strings.ContainsAny(domain, " /") {
			domain = ""
		}
		said := isolate(who) + " (" + roleWords(g.Role)
		if !g.Until.IsZero() {
			said += ", until " + v.day(g.Until)
		}
		s.Who, s.Domains = append(s.Who, said+")"), append(s.Domains, strings.ToLower(domain))
	}
	return s
}

func (v *matterView) siteItem(in Matter) SiteItem {
	in.AgreedUntil, in.Overdue, in.New, in.Reopened, in.Changes = time.Time{}, false, false, false, nil
	m := v.matter(in)
	l := v.line(m, layout{day: func(t time.Time) string { return dayWords(t, v.now) }})
	return SiteItem{
		ID: in.ID, Title: l.Text, What: m.rule.say(aboutOf([]matter{m})) + ".", Details: m.details, Unit: l.Unit, Remark: l.Remark, Why: m.rule.Why, Do: m.rule.Do, Where: l.Where, Link: l.Link,
	}
}

// ChangeWords says of one change what will be done, what was done, and how it is undone.
type ChangeWords struct {
	ID, Will, Did, Undo string
	Names               *Names // what they name
}

// SiteChanges masks what is said of changes, as the report does.
func SiteChanges(in OversharingInput, list []ChangeWords) []ChangeWords {
	mask := newMatterMask(in.Mask, in.Matters, nil)
	out := make([]ChangeWords, 0, len(list))
	for _, c := range list {
		for s, limit := range map[*string]int{&c.Will: 300, &c.Did: 300, &c.Undo: 200} {
			*s, _ = mask.say(*s, c.Names, true, limit)
		}
		c.Names = nil
		out = append(out, c)
	}
	return out
}

// SiteGap is something that could not be looked at, as the review site shows it.
type SiteGap struct{ What, Why, Do, Link string }

// SiteGaps puts what could not be looked at into the words of the report, masked like it, in their order.
func SiteGaps(in OversharingInput) []SiteGap {
	v := &view{in: in, loc: time.UTC}
	var out []SiteGap
	for _, g := range in.NotSeen {
		x := v.gap(g)
		out = append(out, SiteGap{x.What, x.Why, x.Do, x.Link})
	}
	return out
}
