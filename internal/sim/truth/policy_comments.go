package truth

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Person is somebody of `people`: an address and the weekdays on which they are in (mon, tue, …), none said meaning every day.
type Person struct {
	Address string
	Days    []string
}

// CommentsMeans is one `check: comments` with a `with` below a clause.
type CommentsMeans struct {
	Clause string
	// Rules are those asked for; all where the means names none.
	Rules []string
	// Classroom, Documents, Blogs and Dojo say where the means looks: at comments in classes, in documents of classes, on blogs, on ClassDojo, or at several of them.
	Classroom, Documents, Blogs, Dojo bool
	// CommentCounts says that a comment of a teacher shows that they looked.
	CommentCounts bool
	// StaffToo says that comments of staff need looking at as well.
	StaffToo bool
	Severity string
	Due      Due
}

// CheckInMeans is one `check_in` below a clause.
type CheckInMeans struct {
	Clause   string
	Name     string
	Ask      string
	Every    string
	Severity string
	Due      Due
}

// Due is how long somebody has. The zero value is no deadline at all.
type Due struct {
	N int
	// Unit is "hours", "working days", "school days" or "at once", for which N is nothing.
	Unit string
}

// meansDoc is an entry of `met_by`, as far as any check needs it.
type meansDoc struct {
	Check   string `yaml:"check"`
	CheckIn string `yaml:"check_in"`
	Record  string `yaml:"record"`
	// Reminder is its name.
	Reminder string `yaml:"reminder"`
	Ask      string `yaml:"ask"`
	Every    string `yaml:"every"`
	// Severity and Due are read for comments, check-ins, reminders and records only: the other rules do not ask when something is due.
	Severity string `yaml:"severity"`
	Due      string `yaml:"due"`
	// With means something else for each check, so it is decoded only for ours.
	With any `yaml:"with"`
}

var dueForm = regexp.MustCompile(`^(\d{1,4}) (hour|working day|school day)s?$`)

func parseDue(s string) (Due, error) {
	if s == "at once" {
		return Due{Unit: s}, nil
	}
	m := dueForm.FindStringSubmatch(s)
	if m == nil {
		return Due{}, fmt.Errorf("due: %q is no deadline such as 2 school days", s)
	}
	return Due{N: number(m[1]), Unit: m[2] + "s"}, nil
}

// usualDue is what a check has where its means does not say (the policy's schema says so under `due`).
var usualDue = map[string]string{"high": "1 working day", "medium": "5 school days", "low": "20 school days"}

var everyCommentRule = []string{"unreviewed", "no-host", "private-by-other-adult"}

// readComments takes in one `check: comments`; with is what stands in its `with`.
func (p *Policy) readComments(clause string, m meansDoc, with commentsWith) error {
	out := CommentsMeans{
		Clause: clause, Rules: with.Rules, Severity: m.Severity,
		Classroom: with.Places == nil || slices.Contains(with.Places, "classroom"), Blogs: slices.Contains(with.Places, "blogs"),
		Documents: slices.Contains(with.Places, "documents"), Dojo: slices.Contains(with.Places, "classdojo"),
		CommentCounts: with.Replies != "do-not-count",
		StaffToo:      with.Staff == "yes" || with.Staff == true,
	}
	if len(out.Rules) == 0 {
		out.Rules = everyCommentRule
	}
	due := m.Due
	if due == "" {
		due = usualDue[m.Severity]
	}
	if due != "" {
		var err error
		if out.Due, err = parseDue(due); err != nil {
			return err
		}
	}
	p.Comments = append(p.Comments, out)
	return nil
}

type commentsWith struct {
	Rules   []string `yaml:"rules"`
	Places  []string `yaml:"places"`
	Replies string   `yaml:"replies"`
	Staff   any      `yaml:"staff"` // yes and no are texts or not, as the reader of YAML likes
}

// readCheckIn takes in one `check_in`. Of what is asked for each class only ClassDojo is told of.
func (p *Policy) readCheckIn(clause string, m meansDoc) error {
	dojo := m.CheckIn == "class-dojo"
	if m.Ask == "class_teacher" && !dojo {
		return nil
	}
	out := CheckInMeans{Clause: clause, Name: m.CheckIn, Ask: m.Ask, Every: m.Every, Severity: m.Severity, Due: Due{5, "working days"}}
	if m.Due != "" {
		var err error
		if out.Due, err = parseDue(m.Due); err != nil {
			return err
		}
	}
	if dojo {
		p.DojoCheckIns = append(p.DojoCheckIns, out)
		return nil
	}
	p.CheckIns = append(p.CheckIns, out)
	return nil
}

// rolesIn is who plays each role of `people`, in the order of the file.
func rolesIn(node any) map[string][]Person {
	out := map[string][]Person{}
	roles, _ := node.(map[string]any)
	for role, who := range roles {
		list, ok := who.([]any)
		if !ok {
			list = []any{who}
		}
		for _, one := range list {
			switch one := one.(type) {
			case string:
				out[role] = append(out[role], Person{Address: one})
			case map[string]any:
				p := Person{}
				p.Address, _ = one["address"].(string)
				days, _ := one["days"].([]any)
				for _, d := range days {
					p.Days = append(p.Days, fmt.Sprint(d))
				}
				if p.Address != "" {
					out[role] = append(out[role], p)
				}
			}
		}
	}
	return out
}

// daysOf are the weekdays on which the one with these addresses is in; nil is every day. Where somebody plays several roles all
// the days count that stand with any of them.
func (p Policy) daysOf(addresses []string) []string {
	theirs := func(address string) bool {
		return slices.ContainsFunc(addresses, func(a string) bool { return strings.EqualFold(a, address) })
	}
	var days []string
	for address, list := range p.StaffDays {
		if theirs(address) {
			days = append(days, list...)
		}
	}
	if len(days) > 0 {
		return days
	}
	for _, role := range slices.Sorted(maps.Keys(p.Roles)) {
		for _, person := range p.Roles[role] {
			if theirs(person.Address) {
				days = append(days, person.Days...)
			}
		}
	}
	return days
}
