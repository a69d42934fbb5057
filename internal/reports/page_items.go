package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"esafetybot/internal/quantity"
)

// groups lists at most most things by who shared them, at most each of one person; people in the order of their worst.
func (v *view) groups(list []thing, most, each int, full string) ([]group, string, []thing) {
	type bunch struct {
		group
		first  Person
		people map[string]bool
		left   int
		rules  map[string]bool
	}
	var order []string
	by := map[string]*bunch{}
	var shown []thing
	for _, t := range list {
		o := t.item.Owner
		key := fmt.Sprintf("%s|%t", t.owner, o.SharedDrive)
		if !o.Pupil && !o.SharedDrive {
			key += "|" + o.Link + "|" + o.Unit
		}
		b := by[key]
		if b == nil {
			if len(shown) >= most {
				continue
			}
			b = &bunch{first: o, people: map[string]bool{}, rules: map[string]bool{}}
			by[key] = b
			order = append(order, key)
		}
		b.people[o.Link] = true
		if len(shown) >= most || len(b.Items) >= each {
			b.left++
			continue
		}
		b.rules[t.rule.Name] = true
		b.Items = append(b.Items, v.item(t))
		shown = append(shown, t)
	}
	var out []group
	told := 0
	for _, k := range order {
		b := by[k]
		b.Who, b.Note = v.heading(b.first, len(b.people), b.rules)
		if !b.first.Pupil && !b.first.SharedDrive {
			b.Unit = clean(b.first.Unit, 60)
		}
		if b.left > 0 {
			b.More = "and " + quantity.Number(b.left) + " more of theirs"
			told += b.left
		}
		out = append(out, b.group)
	}
	more := ""
	n := len(list) - len(shown) - told
	switch {
	case n > 0 && told > 0:
		more = "and " + quantity.Number(n) + " more of other people. All are " + full
	case n > 0:
		more = "and " + quantity.Number(n) + " more, all of them " + full
	case told > 0:
		more = "All are " + full
	}
	return out, more, shown
}

// heading names who shared a bunch of things, and says who can put them right.
func (v *view) heading(o Person, people int, rules map[string]bool) (who, note string) {
	who = capital(v.in.Mask.Owner(o))
	switch {
	case o == (Person{}):
		return "Groups", "You can do this yourself in the Admin console."
	case o.SharedDrive:
		if len(rules) == 1 && rules["shared-drive-outsider"] {
			return who, "You can do this yourself in the Admin console."
		}
		return who, "A manager of the shared drive can do this. If it has none, make yourself one for a moment: " + strings.TrimSuffix(manageDrives, " → ") + "."
	case o.Pupil:
		if people > 1 {
			who = strings.TrimPrefix(strings.TrimPrefix(who, "A "), "a ") + "s"
			return capital(who), "Please ask the class teacher to do this with the pupils."
		}
		return who, "Please ask the class teacher to do this with the pupil."
	case o.Gone:
		return who, "The account is gone. If the files are still there, pass them to a colleague: " + TransferPath + "."
	case o.SwitchedOff:
		return who, "The account is switched off, but what it shared stays open. Pass its files to a colleague, who can then make the change: " + TransferPath + "."
	}
	return who, "Please ask them to make the change; it takes a minute."
}

func (v *view) item(t thing) itemView {
	i := itemView{
		Title: isolate(capital(t.title)), Link: t.link, What: t.rule.Title, Do: t.rule.Do, Overdue: t.item.Overdue, High: t.item.Severity == "high",
		Remark: t.remark, Clause: strings.Join(t.clauses, ", "),
	}
	if !t.hidden {
		i.Title = isolate(t.title)
	}
	i.Changes = changeLines(t.changes, i.High, v.matters.decider, v.day)
	if t.item.Below > 0 {
		i.Inside = "opens " + quantity.Of(t.item.Below, "item", "items") + " inside it"
	}
	anyone := len(t.grants) > 0 && (t.rule.Name == "public" || t.rule.Name == "public-link" || t.rule.Name == "site")
	for _, g := range t.grants {
		anyone = anyone && strings.HasPrefix(g.who, "anyone") && !g.isNew && g.until.IsZero()
	}
	if anyone {
		most := ""
		for _, g := range t.grants {
			switch {
			case t.rule.Name == "site": // whoever visits it only reads
			case g.role == "can edit":
				most = ", and change it"
			case g.role == "can comment" && most == "":
				most = ", and comment on it"
			}
		}
		i.What = t.rule.Title + most + "."
	} else {
		i.What = t.rule.Title + v.who(t.grants)
	}
	switch {
	case t.item.Due.IsZero():
	case t.item.Overdue:
		i.Due = "was due " + v.day(t.item.Due)
	default:
		i.Due = "by " + v.day(t.item.Due)
	}
	if t.item.Owner.Pupil {
		i.Account = safeLink(t.item.Owner.Link)
	}
	if !t.item.Since.IsZero() && i.Remark == "" {
		i.Remark = "Shared since " + v.day(t.item.Since) + "."
	}
	return i
}

func (v *view) approveAll(list []thing) *changeLine {
	return approveAll(v.matters.waiting, v.matters.decider, list, func(t thing) ([]Change, bool) { return t.changes, t.item.Severity == "high" })
}

// maxWho is how many grantees a line names.
const maxWho = 4

// who ends the sentence that says what is the case by naming who has access, the new ones first.
func (v *view) who(grants []grant) string {
	if len(grants) == 0 {
		return "."
	}
	var fresh, old []string
	for n, g := range grants {
		if n == maxWho && len(grants) > maxWho+1 {
			old = append(old, "and "+quantity.Number(len(grants)-maxWho)+" more")
			break
		}
		s := isolate(g.who) + " (" + g.role
		if !g.until.IsZero() {
			s += ", until " + v.day(g.until)
		}
		s += ")"
		if g.isNew {
			fresh = append(fresh, s)
		} else {
			old = append(old, s)
		}
	}
	switch {
	case len(fresh) == 0:
		return ": " + strings.Join(old, ", ") + "."
	case len(old) == 0:
		return ": now " + strings.Join(fresh, ", ") + "."
	}
	return ": now also " + strings.Join(fresh, ", ") + "; already " + strings.Join(old, ", ") + "."
}

func byRule(list []thing) []row {
	n := map[string]int{}
	for _, t := range list {
		n[t.rule.Name]++
	}
	var out []row
	for _, r := range Rules {
		if n[r.Name] > 0 {
			out = append(out, row{quantity.Number(n[r.Name]), r.Title})
			delete(n, r.Name)
		}
	}
	rest := 0
	for _, k := range n {
		rest += k
	}
	if rest > 0 {
		out = append(out, row{quantity.Number(rest), "Shared in another way that does not match the policy"})
	}
	return out
}

// byOwner is how much each of the people with the most to do has, and the rest in one line.
func (v *view) byOwner(list []thing, most int) []row {
	n := map[string]int{}
	for _, t := range list {
		o := t.item.Owner
		name := v.in.Mask.Owner(o)
		switch {
		case o.Pupil:
			name = "pupils"
		case name == "":
			name = "groups"
		}
		n[name]++
	}
	names := make([]string, 0, len(n))
	for k := range n {
		names = append(names, k)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b)) })
	var out []row
	rest := 0
	for i, k := range names {
		if i < most {
			out = append(out, row{quantity.Number(n[k]), capital(k)})
		} else {
			rest += n[k]
		}
	}
	if rest > 0 {
		out = append(out, row{quantity.Number(rest), quantity.Of(len(names)-most, "other", "others")})
	}
	return out
}

// capital writes the first letter large.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
