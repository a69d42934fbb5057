package reports

import (
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/plain"
)

// Columns are the columns of the list, in their order. They only ever grow at the end.
var Columns = []string{
	"status",          // new, still open, agreed, information, put right
	"severity",        // high, medium, low, information
	"what",            // the rule in words
	"rule",            // the rule's name
	"title",           // of the document, folder, Site, group; masked
	"kind",            // document, folder, …
	"owner",           // a member of staff, a shared drive, "a Year 4 pupil"
	"owner unit",      // org unit; empty for pupils
	"owner account",   // active, switched off, gone; empty for a shared drive or a group
	"who has access",  // grantee (role, until), separated by "; "; masked
	"items below",     // how many items it opens underneath
	"shared since",    // day, if known
	"first seen",      // day
	"due",             // day
	"overdue",         // yes or nothing
	"agreed until",    // day
	"remarks",         // back again, not found again, how it was put right
	"what to do",      // in one line
	"policy clause",   // ids, separated by spaces
	"the policy says", // of the first clause
	"link",
	"subject",          // Google's id of the thing
	"finding id",       // separated by spaces
	"proposed or done", // what the program proposes or did, and how to approve or undo it; separated by "; "
}

// WriteCSV writes rows as a list that spreadsheets open and none of them runs: see [plain.CSV].
func WriteCSV(rows [][]string) []byte { return plain.CSV(rows) }

func (v *view) csv() []byte {
	rows := [][]string{Columns}
	for _, th := range v.things {
		rows = append(rows, v.row(th, statusWord[th.state], ""))
	}
	for _, p := range v.putRight {
		rows = append(rows, v.row(p.thing, "put right", p.how))
	}
	return WriteCSV(rows)
}

func (v *view) row(t thing, status, remark string) []string {
	var who, remarks []string
	for _, g := range t.grants {
		s := g.who + " (" + g.role
		if !g.until.IsZero() {
			s += ", until " + v.isoDay(g.until)
		}
		who = append(who, s+")")
	}
	for _, r := range []string{remark, t.remark} {
		if r != "" {
			remarks = append(remarks, r)
		}
	}
	account := "active"
	switch o := t.item.Owner; {
	case o == (Person{}) || o.SharedDrive:
		account = ""
	case o.Gone:
		account = "gone"
	case o.SwitchedOff:
		account = "switched off"
	}
	unit, below, overdue, agreed := t.item.Owner.Unit, "", "", ""
	if t.item.Owner.Pupil {
		unit = ""
	}
	if t.item.Below > 0 {
		below = strconv.Itoa(t.item.Below)
	}
	if t.item.Overdue && status != "put right" {
		overdue = "yes"
	}
	if t.state == stateAgreed {
		agreed = v.isoDay(t.item.AgreedUntil)
	}
	do := t.rule.Do
	if status == "put right" || status == "agreed" {
		do = ""
	}
	return []string{
		status, t.item.Severity, t.rule.Title, t.rule.Name, t.fullTitle, t.kind, t.owner, unit, account, strings.Join(who, "; "), below,
		v.isoDay(t.item.Since), v.isoDay(t.item.FirstSeen), v.isoDay(t.item.Due), overdue, agreed, strings.Join(remarks, "; "), do,
		strings.Join(t.clauses, " "), t.item.Says, t.link, t.item.Subject, strings.Join(t.ids, " "),
		changeCell(t.changes, t.item.Severity == "high", v.matters.decider, v.isoDay),
	}
}

func (v *view) isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(v.loc).Format(time.DateOnly)
}

// MatterColumns are the columns of the list of matters, in their order. They only ever grow at the end.
var MatterColumns = []string{
	"status",           // new, still open, agreed, information, put right
	"severity",         // high, medium, low, information
	"what",             // the rule in words
	"rule",             // the rule's name, with its check
	"who or what",      // a member of staff, "a Year 4 pupil", a class, a device, a setting; masked
	"unit",             // org unit; empty for pupils
	"details",          // separated by "; "; masked
	"first seen",       // day
	"due",              // day
	"overdue",          // yes or nothing
	"agreed until",     // day
	"proposed or done", // what the program proposes or did, and how to approve or undo it; separated by "; "
	"remarks",          // back again, how it was put right
	"what to do",
	"where to click",
	"policy clause",   // ids, separated by spaces
	"the policy says", // of the first clause
	"link",
	"subject",    // Google's id, with its kind
	"finding id", // separated by spaces
}

func (v *matterView) csv(day func(time.Time) string) []byte {
	rows := [][]string{MatterColumns}
	for _, m := range v.list {
		rows = append(rows, m.row(statusWord[m.state], m.remark, v.decider, day))
	}
	for _, r := range v.right {
		rows = append(rows, r.row("put right", r.how, v.decider, day))
	}
	return WriteCSV(rows)
}

func (m matter) row(status, remark string, d decider, day func(time.Time) string) []string {
	overdue, agreed, do, where := "", "", m.rule.Do, m.rule.Where
	if m.where != "" {
		where = m.where
	}
	if m.in.Overdue && status != "put right" {
		overdue = "yes"
	}
	if m.state == stateAgreed {
		agreed = day(m.in.AgreedUntil)
	}
	if status == "put right" || status == "agreed" {
		do, where = "", ""
	}
	return []string{
		status, m.in.Severity, m.rule.say(aboutOf([]matter{m})), m.rule.Name, m.who, m.unit, strings.Join(m.details, "; "), day(m.in.FirstSeen), day(m.in.Due), overdue, agreed,
		changeCell(m.changes, m.in.Severity == "high", d, day), remark, do, where, strings.Join(m.clauses, " "), m.says[m.clauses[0]], m.link, m.in.Subject, strings.Join(m.ids, " "),
	}
}
