package reports

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

// changeLine is what a message says of one change, and how its reader decides on it: on the review site's page, or where there is none with a command.
type changeLine struct{ Text, Label, Link, Command string }

// decider is how a message's reader decides on changes.
type decider struct {
	site string // of the review site; "" without one
	by   string // who decides, in commands
	none bool   // they decide on no change
}

// newDecider takes the review site's address, "" without one, and the reader's own.
func newDecider(site, address string, none bool) decider {
	return decider{site: site, by: by(address), none: none}
}

// onSite is what a link to the review site says of what is decided there.
const onSite = " on the review site"

const (
	twoPeople   = " (it takes two people)" // what the action log asks for where the severity is high
	yourAddress = "YOUR-ADDRESS"           // stands in a command where the reader's address is not known
)

var (
	actionID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$`)
	actionKind = regexp.MustCompile(`^[a-z][a-z-]{0,39}$`)
	// shellAddress is an address that a shell takes for one word.
	shellAddress = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,99}$`)
)

// by is how a reader says in a command who decides.
func by(address string) string {
	if address = strings.TrimSpace(address); shellAddress.MatchString(address) {
		return " --by " + address
	}
	return " --by " + yourAddress
}

// masked is a change as it may be shown; whole is whether nothing of it is left out.
func (m matterMask) change(c Change, outside bool) (shown Change, whole bool) {
	whole = true
	for s, limit := range map[*string]int{&c.Words: 300, &c.Why: 300, &c.Undo: 200} {
		text, ok := m.say(*s, c.Names, outside, limit)
		*s, whole = text, whole && ok
	}
	if !actionID.MatchString(c.ID) {
		c.ID = ""
	}
	if !actionKind.MatchString(c.Kind) {
		c.Kind = ""
	}
	c.State = clean(c.State, 20)
	return c, whole
}

// addChanges adds those that are not among the first yet: findings that are shown as one may call for the same change.
func addChanges(to, more []Change) []Change {
	for _, c := range more {
		if !slices.ContainsFunc(to, func(have Change) bool { return have.ID == c.ID && c.ID != "" }) {
			to = append(to, c)
		}
	}
	return to
}

// distinct drops changes that are in a list before. What has no id is counted by itself.
func distinct(list []Change) []Change {
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(c Change) bool {
		again := c.ID != "" && seen[c.ID]
		seen[c.ID] = true
		return again
	})
}

// hashChanges is what the hash of a report takes in of changes.
func hashChanges(list []Change) string {
	var out []string
	for _, c := range list {
		out = append(out, fmt.Sprintf(" %q %s", c.ID, c.State))
	}
	slices.Sort(out)
	return strings.Join(out, "")
}

// waits tells whether somebody has yet to approve a change in this state; the list that is released at once holds these.
func waits(state string) bool { return state == "proposed" || state == "approved-once" }

// touches tells whether a change in this state was made, or is being made, and is not undone.
func touches(state string) bool {
	return slices.Contains([]string{"started", "unsure", "done", "undo-started"}, state)
}

// touched are those that touch, each once.
func touched(list []Change) []Change {
	return distinct(slices.DeleteFunc(list, func(c Change) bool { return !touches(c.State) }))
}

// changeLines says of each change what is proposed or was done, and what one can do about it.
func changeLines(list []Change, high bool, d decider, day func(time.Time) string) []changeLine {
	var out []changeLine
	for _, c := range list {
		l := c.say(d, high && c.State == "proposed", day)
		if l.Text != "" {
			out = append(out, l)
		}
	}
	return out
}

// changeCell is the same in one cell of a list.
func changeCell(list []Change, high bool, d decider, day func(time.Time) string) string {
	var out []string
	for _, l := range changeLines(list, high, d, day) {
		out = append(out, strings.TrimSpace(l.Text+" "+l.Label+" "+l.Link+l.Command))
	}
	return strings.Join(out, "; ")
}

// say is the change in words; two is whether two people have to approve it.
func (c Change) say(d decider, two bool, day func(time.Time) string) changeLine {
	on := ""
	if !c.At.IsZero() {
		on = " on " + day(c.At)
	}
	words := cmp.Or(c.Words, "a change that is named in the action log.")
	why := ""
	if c.Why != "" {
		why = " Why: " + strings.TrimSuffix(c.Why, ".") + "."
	}
	var l changeLine
	do, command := "", ""
	switch c.State {
	case "proposed":
		l.Text, do, command = "Proposed: "+words+why, "approve it", "approve"
	case "approved-once":
		l.Text, do, command = "Proposed: "+words+" One person has approved it; a second has to."+why, "approve it", "approve"
	case "approved":
		l.Text = "Approved" + on + ", and done with the next run: " + words + why
	case "started", "unsure":
		l.Text = "Done" + on + ", and not to be seen at Google yet: " + words + " We look again." + why
	case "done":
		l.Text = strings.TrimSpace("Done" + on + ": " + words + " " + c.Undo)
		if !c.Final {
			do, command = "undo it", "undo"
		}
	case "failed":
		l.Text, do, command = "Not done"+on+": "+words+why, "try again", "approve"
	case "declined":
		l.Text = "Not wanted, as somebody decided" + on + ": " + words + why
	case "lapsed":
		l.Text, do, command = "Approved, but not done in time: "+words+why, "approve it again", "approve"
	case "undo-started":
		l.Text = "Being undone" + on + ": " + words
	case "undone":
		l.Text = "Done, and undone again" + on + ": " + words
	case "withdrawn":
	default:
		l.Text = words + why
	}
	if command == "" || c.ID == "" || d.none {
		return l
	}
	l.Label, l.Link, l.Command = d.offer(do, two, "/changes?change="+c.ID, command+" "+c.ID)
	return l
}

// offer is how to do something on a page of the review site, or with a command where there is none.
func (d decider) offer(do string, two bool, page, command string) (label, link, cmd string) {
	suffix := ""
	if two {
		suffix = twoPeople
	}
	if link = siteLink(d.site, page); link != "" {
		return capital(do) + onSite + suffix, link, ""
	}
	return "To " + do + suffix + ":", "", "esafetybot " + command + d.by
}

// approveAll is how to approve all of one kind, if several of a list wait for it; nil if they do not. Of says what is to change about one of the list, and
// whether it is of high severity.
func approveAll[T any](waiting map[string]int, d decider, list []T, of func(T) (changes []Change, high bool)) *changeLine {
	n := map[string]int{}
	two := map[string]bool{}
	for _, x := range list {
		changes, high := of(x)
		for _, c := range changes {
			if waits(c.State) && c.Kind != "" && c.ID != "" {
				n[c.Kind]++
				two[c.Kind] = two[c.Kind] || high
			}
		}
	}
	kind := ""
	for k := range n {
		if kind == "" || n[k] > n[kind] || n[k] == n[kind] && k < kind {
			kind = k
		}
	}
	all := waiting[kind]
	if n[kind] < 2 || all < n[kind] || d.none {
		return nil
	}
	do := "approve all " + quantity.Number(n[kind]) + " at once"
	if all > n[kind] {
		do = fmt.Sprintf("approve all %s changes of this kind at once, the %s here among them", quantity.Number(all), quantity.Number(n[kind]))
	}
	l := &changeLine{}
	l.Label, l.Link, l.Command = d.offer(do, two[kind], "/changes#"+kind, fmt.Sprintf("approve --all %s --expect %d", kind, all))
	return l
}
