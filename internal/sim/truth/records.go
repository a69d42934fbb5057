package truth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// How long what an entry says may be, in characters (code points), blanks at its ends included.
const (
	longestWhat  = 120
	longestWhere = 200
)

// keepers are who keeps each record that is a list, beside those who lead. Other records are not judged.
var keepers = map[string][]string{
	"approved-services": {"workspace_admin", "it_support", "leaders"},
	"approved-blogs":    {"page_host", "leaders"},
	"visitors":          {"page_host", "it_support", "leaders"},
	"consents":          {"early_years_lead", "page_host", "leaders"},
	meetings:            {"governor", "leaders"},
	"filter-changes":    {"it_support", "workspace_admin", "leaders"},
}

// meetings is the record of which one entry takes the place of those before it.
const meetings = "meetings"

// RecordMeans is one `record` below a clause, of those that are lists.
type RecordMeans struct {
	Clause   string
	Name     string
	Severity string
	Due      Due
}

// policyRead is the record of who has read the policy, which nobody keeps.
const policyRead = "policy-read"

// readRecord takes in one `record`.
func (p *Policy) readRecord(clause string, m meansDoc) error {
	if keepers[m.Record] == nil && m.Record != policyRead {
		return nil
	}
	out := RecordMeans{Clause: clause, Name: m.Record, Severity: m.Severity, Due: Due{5, "working days"}}
	if m.Due != "" {
		var err error
		if out.Due, err = parseDue(m.Due); err != nil {
			return err
		}
	}
	if m.Record == policyRead {
		p.PolicyRead = append(p.PolicyRead, PolicyReadMeans{clause, out.Severity, out.Due})
		return nil
	}
	p.Records = append(p.Records, out)
	return nil
}

// recordEntry is an entry of a record that somebody made who may.
type recordEntry struct {
	id    string
	made  time.Time
	until day
	ended bool
}

// recordEntries are the entries of a record, ended or not, as the decisions on it left them.
func (w *world) recordEntries(name string) []recordEntry {
	var out []recordEntry
	for _, d := range w.decisions {
		if d.Record != name || d.Entry == "" || !w.keeps(name, d) {
			continue
		}
		until, dated := w.readUntil(d)
		i := slices.IndexFunc(out, func(e recordEntry) bool { return e.id == d.Entry && !e.ended })
		switch {
		case d.Do == "record" && dated && saysEnough(d):
			out = append(out, recordEntry{id: d.Entry, made: d.At, until: until})
		case d.Do == "renew" && dated && i >= 0:
			out[i].until = until
		case d.Do == "end-record" && i >= 0:
			out[i].ended = true
		}
	}
	return out
}

// keeps reports whether a decision on a record was made by somebody who may keep it.
func (w *world) keeps(name string, d Decision) bool {
	by, ok := w.whoDecided(d)
	return ok && (w.leads(by) || w.plays(by, keepers[name]...))
}

// saysEnough reports whether a decision says what its entry is about, and neither that nor where its papers are at too great length.
func saysEnough(d Decision) bool {
	return strings.TrimSpace(d.What) != "" && utf8.RuneCountInString(d.What) <= longestWhat && utf8.RuneCountInString(d.Where) <= longestWhere
}

// readUntil is the date that a decision gives an entry; false if it is none, not after the day of the decision, or more than two years
// after it.
func (w *world) readUntil(d Decision) (day, bool) {
	until, ok := parseDay(d.Until)
	made := w.day(d.At)
	y, m, dd := made.utc().Date()
	return until, ok && until > made && until <= date(y+2, m, dd)
}

// judgeRecord adds what one `record` finds.
func (w *world) judgeRecord(m RecordMeans, found collection) {
	entries := slices.DeleteFunc(w.recordEntries(m.Name), func(e recordEntry) bool { return e.ended })
	if m.Name == meetings && len(entries) > 0 {
		entries = []recordEntry{slices.MaxFunc(entries, func(a, b recordEntry) int { return cmp.Or(a.made.Compare(b.made), strings.Compare(a.id, b.id)) })}
	}
	for _, e := range entries {
		due, ok := w.deadline(m.Due, m.Severity, w.clock(e.until+1, 0), func(day) bool { return true })
		if ok && due.Before(w.now) {
			found.add("record", m.Clause, "overdue", "record/"+m.Name+"-"+e.id, "until "+e.until.String())
		}
	}
}

// madeTwice names an entry that decisions make a second time, which no tenant has; "" where there is none.
func madeTwice(decisions []Decision) string {
	made := map[string]bool{}
	for _, d := range decisions {
		if d.Do != "record" {
			continue
		}
		if made[d.Entry] {
			return fmt.Sprintf("the entry %q is made twice", d.Entry)
		}
		made[d.Entry] = true
	}
	return ""
}
