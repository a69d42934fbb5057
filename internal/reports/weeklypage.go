package reports

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"esafetybot/internal/quantity"
)

// weeklyPage is the weekly e-mail in words, laid out but not yet as HTML or text.
type weeklyPage struct {
	School, Date, Greeting, Headline string
	Lead                             []string
	Note                             string // of a mail computed afterwards
	Stats                            []weeklyStat
	Overview, OverviewText           string // link
	Own                              []weeklyLine
	Groups                           []weeklyGroup // the clauses that are not green
	Changed                          []weeklyRow   // new, put right, overdue
	ChangedSum                       weeklyRow
	ChangedMore, After               string
	Parts                            []weeklyPart
	Gaps                             []gap
	GapsNone, GapsMore               string
	Never                            string
	Picture                          bool
	PictureID, Alt, Key              string
	Weeks                            []weeklyWeek
	WeeksMore, WeeksNote             string
	First, LastWeek                  string // under the ends of the picture
	Green                            []weeklyLine
	GreenMore                        string
	Foot                             []string
	Holiday                          bool
}

type weeklyStat struct {
	N, Label, Colour string
	Low              bool // nothing is of the colour
}

type weeklyGroup struct {
	Title, Colour string
	Clauses       []weeklyItem
	More          string
}

type weeklyItem struct {
	ID, Says, Why, Deals, Agreed, Link, LinkText string
	Unseen                                       []string
	UnseenMore                                   string
}

// weeklyRow is a row of numbers.
type weeklyRow struct{ What, A, B, C string }

type weeklyWeek struct {
	Day     string
	Numbers []string
}

type weeklyLine struct{ Text, Link, LinkText string }

type weeklyPart struct {
	Title string
	Lines []weeklyLine
	More  string
}

func (in WeeklyInput) page(lim weeklyLimits) weeklyPage {
	now := in.local(in.Now)
	p := weeklyPage{
		School: named(in.School, 80), Date: now.Format("Monday 2 January 2006"), Headline: in.headline(), Holiday: in.Holiday,
		Overview: in.link("/overview"), OverviewText: "How we stand, on the review site",
	}
	if name := named(in.Reader, 60); name != "" && !in.Afterwards {
		p.Greeting = "Dear " + name + ","
	}
	if in.Afterwards {
		p.Note = "Computed from what the program remembers, as of " + now.Format("Monday 2 January 2006, 15:04") + ". It is no copy of a mail that was sent."
	}
	for _, c := range weeklyColours {
		n := in.count(c.Name)
		p.Stats = append(p.Stats, weeklyStat{N: quantity.Number(n), Label: c.Words, Colour: c.Name, Low: n == 0})
	}
	p.Foot = []string{
		"Written by esafetybot for " + cmp.Or(named(in.School, 80), "the school") + ", to the " + in.officer() + ", with a copy to the safeguarding lead and their deputies.",
		"It names no pupil, no class and no single teacher, and says nothing of concerns about adults.",
	}
	if in.Holiday {
		p.Lead = []string{"There is no school this week. What is red is overdue or of high severity, and does not wait for the holidays to end.", in.redWords(lim)}
		return p
	}
	p.Lead = in.lead()
	p.Own = in.own()
	in.clauses(&p, lim)
	in.changed(&p, lim)
	for _, part := range []weeklyPart{in.deeds(), in.approvals(), in.ending(), in.comments(), in.questions(), in.other()} {
		if n := len(part.Lines); n > lim.lines {
			part.Lines, part.More = part.Lines[:lim.lines], "and "+quantity.Number(n-lim.lines)+" more"
		}
		p.Parts = append(p.Parts, part)
	}
	in.gaps(&p, lim)
	in.trend(&p, lim)
	return p
}

func (in WeeklyInput) officer() string {
	return cmp.Or(clean(in.Titles.ESafetyOfficer, 60), "e-safety officer")
}

// link is the address of a page of the review site; "" without one.
func (in WeeklyInput) link(path string) string {
	return siteLink(in.Site, path)
}

// headline is the whole story in one sentence.
func (in WeeklyInput) headline() string {
	all, need, blind := len(in.Clauses), in.count(Red, Amber), in.count(Unknown)
	when := map[bool]string{true: "", false: " this week"}[in.Holiday || in.Afterwards]
	of := fmt.Sprintf("%s of %s", quantity.Number(need), quantity.Of(all, "clause", "clauses"))
	tail := ""
	switch {
	case blind == 1:
		tail = "; 1 could not be checked"
	case blind > 1:
		tail = "; " + quantity.Number(blind) + " could not be checked"
	}
	switch {
	case all == 0:
		return "The policy has no clauses, so nothing is looked at."
	case need > 0:
		return of + " " + verb(need, "needs", "need") + " somebody" + when + tail + "."
	case blind > 0:
		return "Of " + quantity.Of(all, "clause", "clauses") + " none needs somebody" + when + ", as far as we could see; " + quantity.Number(blind) + " could not be checked."
	}
	return "All " + quantity.Of(all, "clause is", "clauses are") + " green" + when + "."
}

// lead says what is worst, and what has changed.
func (in WeeklyInput) lead() []string {
	fresh, right, late, agreed := 0, 0, 0, 0
	for _, c := range in.Clauses {
		fresh, right, late, agreed = fresh+c.New, right+c.PutRight, late+c.Overdue, agreed+c.Agreed
	}
	out := []string{fmt.Sprintf("Since %s: %s new, %s put right. %s overdue now.", in.after(), quantity.Number(fresh), quantity.Number(right), capital(quantity.Number(late)+verb(late, " thing is", " things are")))}
	if who := in.needed(); who != "" {
		out = append(out, "Needed: "+who+".")
	}
	if agreed > 0 {
		out = append(out, capital(quantity.Of(agreed, "thing is", "things are"))+" agreed until a date; what is agreed makes no colour.")
	}
	return out
}

// mostNamed is how many clauses are named for one of those who are needed.
const mostNamed = 6

// needed says who is needed, and for which clauses: who is needed for most comes first.
func (in WeeklyInput) needed() string {
	by := map[string][]string{}
	var who []string
	for _, c := range in.Clauses {
		if c.Deals == "" || c.Colour != Red && c.Colour != Amber {
			continue
		}
		if by[c.Deals] == nil {
			who = append(who, c.Deals)
		}
		by[c.Deals] = append(by[c.Deals], clean(c.ID, 20))
	}
	slices.SortStableFunc(who, func(a, b string) int { return len(by[b]) - len(by[a]) })
	var out []string
	for _, w := range who {
		ids := by[w]
		if n := len(ids) - mostNamed; n > 0 {
			ids = append(slices.Clone(ids[:mostNamed]), quantity.Number(n)+" more")
		}
		out = append(out, clean(w, 80)+" for "+and(ids))
	}
	return strings.Join(out, "; ")
}

// after is since when it is counted.
func (in WeeklyInput) after() string {
	if in.Last {
		return "the last weekly e-mail (" + in.day(in.After) + ")"
	}
	return in.day(in.After)
}

// redWords names the clauses that are red, for the short mail of the holidays.
func (in WeeklyInput) redWords(lim weeklyLimits) string {
	var red []string
	for _, c := range in.Clauses {
		if c.Colour == Red {
			red = append(red, clean(c.ID, 20)+" ("+strings.Join(c.Why, "; ")+")")
		}
	}
	more := ""
	if n := len(red); n > lim.lines {
		red, more = red[:lim.lines], ", and "+quantity.Number(n-lim.lines)+" more"
	}
	return "Red: " + strings.Join(red, ", ") + more + "."
}

func (in WeeklyInput) own() []weeklyLine {
	if in.Own == nil {
		return nil
	}
	var out []weeklyLine
	add := func(n int, one, many, path, text string) {
		if n > 0 {
			out = append(out, weeklyLine{Text: quantity.Of(n, one, many), Link: in.link(path), LinkText: text})
		}
	}
	o := in.Own
	add(o.Deals, "thing that you deal with is open", "things that you deal with are open", "/findings", "Findings, on the review site")
	if o.Deals > 0 && o.DealsNew > 0 {
		out[0].Text += ", " + quantity.Number(o.DealsNew) + " of them new"
	}
	add(o.Questions, "question waits for your answer", "questions wait for your answer", "/check-ins", "Questions for me, on the review site")
	add(o.Shared, "thing that you shared: is it still needed?", "things that you shared: are they still needed?", "/shared", "What I shared, on the review site")
	add(o.Posts, "post or document in a class of yours has something new", "posts or documents in classes of yours have something new", "/", "My page, on the review site")
	return out
}

// clauses lists those that are not green, the gravest first, and the green ones in a line each.
func (in WeeklyInput) clauses(p *weeklyPage, lim weeklyLimits) {
	room := lim.clauses
	for _, c := range weeklyColours {
		g := weeklyGroup{Title: map[string]string{Red: "Red: overdue, or of high severity", Amber: "Amber: something is open, or a question waits", Unknown: "Could not check"}[c.Name], Colour: c.Name}
		left := 0
		for _, x := range in.Clauses {
			switch {
			case x.Colour != c.Name:
			case c.Name == Green && len(p.Green) < lim.green:
				p.Green = append(p.Green, weeklyLine{Text: clean(x.ID, 20) + " " + clean(x.Says, 160) + agreedNote(in.agreed(x))})
			case c.Name != Green && room > 0:
				room--
				g.Clauses = append(g.Clauses, in.item(x, lim))
			default:
				left++
			}
		}
		switch {
		case c.Name == Green && left > 0:
			p.GreenMore = "and " + quantity.Number(left) + " more, all green"
		case c.Name != Green && left > 0:
			g.More = "and " + quantity.Number(left) + " more of this colour, on the review site"
		}
		if len(g.Clauses) > 0 || g.More != "" {
			p.Groups = append(p.Groups, g)
		}
	}
}

func agreedNote(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func (in WeeklyInput) agreed(c WeeklyClause) string {
	if c.Agreed == 0 {
		return ""
	}
	s := quantity.Of(c.Agreed, "thing", "things") + " agreed until a date"
	if !c.Until.IsZero() {
		s += map[bool]string{true: ", ", false: ", the first "}[c.Agreed == 1] + in.day(c.Until)
	}
	return s
}

func (in WeeklyInput) item(c WeeklyClause, lim weeklyLimits) weeklyItem {
	id := clean(c.ID, 20)
	why := strings.Join(c.Why, "; ")
	if c.New > 0 {
		why += "; " + quantity.Number(c.New) + " new"
	}
	x := weeklyItem{ID: id, Says: clean(c.Says, 240), Why: capital(clean(why, 300)) + ".", Deals: clean(c.Deals, 80), Agreed: in.agreed(c)}
	if c.Open > 0 {
		x.Link, x.LinkText = in.link("/findings?clause="+url.QueryEscape(c.ID)), "Findings of "+id
	}
	for i, u := range c.Unseen {
		if i == lim.unseen {
			x.UnseenMore = "and " + quantity.Number(len(c.Unseen)-i) + " more, see below"
			break
		}
		x.Unseen = append(x.Unseen, isolate(clean(u, 200)))
	}
	return x
}

// changed is what is new, put right and overdue, by clause.
func (in WeeklyInput) changed(p *weeklyPage, lim weeklyLimits) {
	p.After = capital(in.after())
	fresh, right, late, left := 0, 0, 0, 0
	for _, c := range in.Clauses {
		if c.New+c.PutRight+c.Overdue == 0 {
			continue
		}
		fresh, right, late = fresh+c.New, right+c.PutRight, late+c.Overdue
		if len(p.Changed) == lim.clauses {
			left++
			continue
		}
		p.Changed = append(p.Changed, weeklyRow{clean(c.ID, 20), quantity.Number(c.New), quantity.Number(c.PutRight), quantity.Number(c.Overdue)})
	}
	p.ChangedSum = weeklyRow{"All clauses", quantity.Number(fresh), quantity.Number(right), quantity.Number(late)}
	if left > 0 {
		p.ChangedMore = "and " + quantity.Of(left, "clause", "clauses") + " more, counted in the last row"
	}
}

// kindWords says what changes of each kind did, and what those do that wait (internal/remedies; a test compares the kinds).
var kindWords = map[string]struct{ did, will string }{
	"move-user": {"Accounts moved to another unit", "accounts to move to another unit"}, "remove-from-group": {"Accounts taken out of a group", "accounts to take out of a group"},
	"switch-off": {"Accounts switched off", "accounts to switch off"}, "sign-out": {"Accounts signed out everywhere", "accounts to sign out everywhere"},
	"revoke-app": {"Apps shut out", "apps to shut out"}, "remove-recovery": {"Recovery addresses removed", "recovery addresses to remove"},
	"delete-grant": {"Sharing ended", "sharing to end"}, "narrow-grant": {"Sharing narrowed to reading", "sharing to narrow to reading"}, "expire-grant": {"Sharing given an end", "sharing to give an end"},
	"hand-over": {"Files handed to a new owner", "files to hand to a new owner"}, "blog-comment": {"Comments on blogs shown or hidden", "comments on blogs to show or hide"},
}

// KindWords says what changes of a kind did, and what those do that wait, in a few words.
func KindWords(kind string) (did, will string) {
	if w, ok := kindWords[kind]; ok {
		return w.did, w.will
	}
	return "Other changes", "other changes"
}

var deedWords = map[string]struct{ done, by string }{
	"made": {"made", "approved by"}, "not-made": {"could not be made", "approved by"}, "undone": {"undone again", "asked for by"}, "declined": {"declined", "by"},
}

func (in WeeklyInput) deeds() weeklyPart {
	p := weeklyPart{Title: "What was done, and by whom"}
	for _, d := range in.Deeds {
		var who []string
		for _, r := range d.Roles {
			who = append(who, clean(r, 80))
		}
		by := and(who)
		switch w := deedWords[d.What]; {
		case d.What == "agreed":
			p.Lines = append(p.Lines, weeklyLine{Text: "Agreed that something may stay until a date: " + quantity.Number(d.Count) + prefixed(" – by ", by)})
		case d.What == "ended":
			p.Lines = append(p.Lines, weeklyLine{Text: "Agreements ended before their date: " + quantity.Number(d.Count) + prefixed(" – by ", by)})
		case w.done != "":
			did, _ := KindWords(d.Kind)
			p.Lines = append(p.Lines, weeklyLine{Text: did + ": " + quantity.Number(d.Count) + " " + w.done + prefixed(" – "+w.by+" ", by)})
		}
	}
	if len(p.Lines) == 0 {
		p.Lines = []weeklyLine{{Text: "Nothing was changed, and nothing agreed to."}}
	}
	return p
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// and joins a few words.
func and(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

func (in WeeklyInput) approvals() weeklyPart {
	p := weeklyPart{Title: "What waits for an approval"}
	for _, a := range in.Approvals {
		_, will := KindWords(a.Kind)
		s := clean(a.Clause, 20) + ": " + will + ": " + quantity.Number(a.Count) + map[bool]string{true: ", since ", false: ", the oldest since "}[a.Count == 1] + in.day(a.Since)
		if a.Second > 0 {
			s += "; " + quantity.Number(a.Second) + " of them for a second person"
		}
		p.Lines = append(p.Lines, weeklyLine{Text: s})
	}
	if len(p.Lines) == 0 {
		p.Lines = []weeklyLine{{Text: "Nothing waits."}}
	} else if l := in.link("/changes"); l != "" {
		last := &p.Lines[len(p.Lines)-1]
		last.Link, last.LinkText = l, "Changes, on the review site"
	}
	return p
}

func (in WeeklyInput) ending() weeklyPart {
	p := weeklyPart{Title: "Agreements that end within 14 days"}
	for _, e := range in.Ending {
		p.Lines = append(p.Lines, weeklyLine{Text: in.day(e.Until) + ": " + quantity.Of(e.Count, "agreement", "agreements") + " under " + clean(e.Clause, 20)})
	}
	if len(p.Lines) == 0 {
		p.Lines = []weeklyLine{{Text: "None."}}
	} else if l := in.link("/findings?state=agreed"); l != "" {
		last := &p.Lines[len(p.Lines)-1]
		last.Link, last.LinkText = l, "What is agreed, on the review site"
	}
	return p
}

func (in WeeklyInput) comments() weeklyPart {
	p := weeklyPart{Title: "Comments"}
	c := in.Comments
	add := func(s string) { p.Lines = append(p.Lines, weeklyLine{Text: s}) }
	switch {
	case !c.Asked:
		add("No clause of the policy asks about comments.")
		return p
	case c.Waited == 0:
		add("Nothing waited to be looked at since " + in.day(in.After) + ".")
		return p
	}
	add(fmt.Sprintf("In %s something waited to be looked at. %s looked at, %s of them in time.", quantity.Of(c.Waited, "place", "places"), capital(quantity.Number(c.Looked)+verb(c.Looked, " was", " were")), quantity.Number(c.InTime)))
	if c.Timed > 0 {
		add(fmt.Sprintf("That took %s in the middle, and %s at the longest.", quantity.Of(c.Median, "school day", "school days"), quantity.Of(c.Longest, "school day", "school days")))
	}
	if c.Wait > 0 {
		add(fmt.Sprintf("%s still, %s of them beyond the deadline.", quantity.Of(c.Wait, "place waits", "places wait"), quantity.Number(c.Late)))
		last := &p.Lines[len(p.Lines)-1]
		last.Link, last.LinkText = in.link("/overview"), "Which they are, on the review site"
	}
	return p
}

func (in WeeklyInput) questions() weeklyPart {
	p := weeklyPart{Title: "Questions without an answer"}
	for _, q := range in.Questions {
		s := capital(clean(q.Role, 80)) + ": " + quantity.Of(q.Count, "question waits", "questions wait")
		if q.Overdue > 0 {
			s += ", " + quantity.Number(q.Overdue) + " overdue"
		}
		p.Lines = append(p.Lines, weeklyLine{Text: s})
	}
	if len(p.Lines) == 0 {
		p.Lines = []weeklyLine{{Text: "Every question has an answer."}}
	}
	return p
}

func (in WeeklyInput) other() weeklyPart {
	p := weeklyPart{Title: "Mail and incident log"}
	if in.Returned > 0 {
		p.Lines = append(p.Lines, weeklyLine{
			Text: "The last mail to " + quantity.Of(in.Returned, "person", "people") + " came back.", Link: in.link("/overview"), LinkText: "Whose, and what to do, on the review site",
		})
	} else {
		p.Lines = append(p.Lines, weeklyLine{Text: "No mail is known to have come back."})
	}
	if in.Incidents >= 0 {
		p.Lines = append(p.Lines, weeklyLine{Text: "Incident log: " + quantity.Number(in.Incidents) + verb(in.Incidents, " entry is", " entries are") + " open. What they are about stands in the log only."})
	}
	return p
}

func (in WeeklyInput) gaps(p *weeklyPage, lim weeklyLimits) {
	for i, g := range in.Unseen {
		if i == lim.gaps {
			p.GapsMore = "and " + quantity.Number(len(in.Unseen)-i) + " more, on the review site"
			break
		}
		what := clean(g.What, 160)
		if g.Count > 1 {
			what += " (" + quantity.Number(g.Count) + " of them)"
		}
		why := clean(g.Why, 240)
		if len(g.Clauses) > 0 {
			var ids []string
			for _, c := range g.Clauses {
				ids = append(ids, clean(c, 20))
			}
			why += ". " + verb(len(ids), "Clause ", "Clauses ") + strings.Join(ids, ", ")
		}
		p.Gaps = append(p.Gaps, gap{What: isolate(what), Why: capital(why), Do: clean(g.Do, 400)})
	}
	if len(p.Gaps) == 0 {
		p.GapsNone = "The newest runs saw all that the policy asks for."
	}
	never := slices.Clone(in.Never)
	for i := range never {
		never[i] = clean(never[i], 200)
	}
	for _, x := range NeverSeen {
		if !slices.Contains(never, x) {
			never = append(never, x)
		}
	}
	p.Never = strings.Join(never, "; ")
	if len(in.Policies) > 0 {
		p.Lead = append(p.Lead, "The newest runs still had another version of the policy file; the clauses are those of the file now.")
	}
}

func (in WeeklyInput) trend(p *weeklyPage, lim weeklyLimits) {
	if len(in.Trend) < 2 {
		return
	}
	first, last := in.Trend[0], in.Trend[len(in.Trend)-1]
	words := func(x WeeklyPoint) string {
		return fmt.Sprintf("%d red, %d amber, %d could not be checked, %d green", x.Counts[Red], x.Counts[Amber], x.Counts[Unknown], x.Counts[Green])
	}
	p.PictureID, p.First, p.LastWeek = pictureID, in.day(first.Day), in.day(last.Day)
	p.Alt = "The clauses by colour, week by week. " + p.First + ": " + words(first) + ". " + p.LastWeek + ": " + words(last) + ". The table below has every week."
	p.Key = "Each bar is a week, as of its Friday; the last is as of this e-mail. From the bottom: red, amber (striped), could not check (dotted), green."
	list := in.Trend
	if len(list) > lim.weeks {
		p.WeeksMore = "The table leaves out " + quantity.Of(len(list)-lim.weeks, "earlier week", "earlier weeks")
		list = list[len(list)-lim.weeks:]
	}
	for _, x := range slices.Backward(list) {
		w := weeklyWeek{Day: in.day(x.Day)}
		for _, c := range weeklyColours {
			w.Numbers = append(w.Numbers, quantity.Number(x.Counts[c.Name]))
		}
		p.Weeks = append(p.Weeks, w)
	}
	if !in.Since.IsZero() {
		p.WeeksNote = "What could not be seen is known from " + in.day(in.Since) + " on only; before that nothing counts as green."
	}
}
