package doctor

import (
	"maps"
	"slices"
	"strings"

	"esafetybot/internal/policy"
)

// What something that a policy names has to be at Google.
type kind int

const (
	mailable kind = iota // an account or a group: mail to it arrives
	account              // an account that somebody signs in to, or the program reads
	group
	unit
)

// A spot is a place in the policy's grammar at which something at Google is named. All of them stand in spots, and nowhere else: a test compares them with
// the schema, so that none that the grammar gets later can be forgotten here.
type spot struct {
	path    string // in the schema, or several: a list leaves no trace in it, "*" is what stands under the names of a table, "{}" is the names
	kind    kind
	off     bool   // an account that is switched off may stand here
	without string // what suffers if it is not there
	list    func(p *policy.Policy, say func(what string, names ...string))
}

// noMail is what suffers where somebody is to be written to.
const noMail = "mail to them reaches nobody"

// spots are all the places, in the order in which what they name is told.
var spots = []spot{
	{"people", mailable, false, noMail, func(p *policy.Policy, say func(string, ...string)) {
		for _, role := range slices.Sorted(maps.Keys(p.People)) {
			for _, who := range p.People[role] {
				say(p.Title(role), who.Address)
			}
		}
	}},
	{"confidential_owners", account, true, "their files would be named in mail", func(p *policy.Policy, say func(string, ...string)) {
		say("somebody whose files are never named in mail", p.ConfidentialOwners...)
	}},
	{"staff.days.{}", account, false, "their deadlines count every working day", func(p *policy.Policy, say func(string, ...string)) {
		say("somebody who is not in every day (staff: days)", slices.Sorted(maps.Keys(p.Staff.Days))...)
	}},
	{"staff.year_leaders.*", mailable, false, "they are not offered to stand in for a teacher", func(p *policy.Policy, say func(string, ...string)) {
		for _, year := range slices.Sorted(maps.Keys(p.Staff.YearLeaders)) {
			say("who leads a year (staff: year_leaders)", p.Staff.YearLeaders[year])
		}
	}},
	{"blogs.hosts", account, false, noMail, func(p *policy.Policy, say func(string, ...string)) {
		for _, b := range p.Blogs {
			say("somebody who looks after a blog", b.Hosts...)
		}
	}},
	{"classdojo.mailbox", account, false, "what ClassDojo writes is not read", func(p *policy.Policy, say func(string, ...string)) {
		if p.ClassDojo != nil {
			say("the mailbox for ClassDojo", p.ClassDojo.Mailbox)
		}
	}},
	{"classdojo.classes.teachers", mailable, false, noMail, func(p *policy.Policy, say func(string, ...string)) {
		if p.ClassDojo != nil {
			for _, c := range p.ClassDojo.Classes {
				say("a teacher on ClassDojo", c.Teachers...)
			}
		}
	}},
	{"clauses.met_by.sharing.confidential.allowed", mailable, true, "nobody can tell whom the confidential folder is meant for", with(func(clause string, w *policy.SharingWith, say func(string, ...string)) {
		for _, c := range w.Confidential {
			say("somebody who may open what clause "+clause+" calls confidential", c.Allowed...)
		}
	})},
	{"clauses.met_by.accounts.admins", account, false, "whoever is meant would be reported as an administrator that nobody knows of", with(func(clause string, w *policy.AccountsWith, say func(string, ...string)) {
		say("an administrator by clause "+clause, w.Admins...)
	})},
	{"clauses.met_by.accounts.accepted", mailable, true, "the account that is meant would be reported", with(func(clause string, w *policy.AccountsWith, say func(string, ...string)) {
		say("an account that clause "+clause+" accepts", w.Accepted...)
	})},
	{"clauses.met_by.reminder.poster", account, false, "the reminder is not posted", with(func(clause string, w *policy.ReminderWith, say func(string, ...string)) {
		say("the account that posts the reminder of clause "+clause, w.Poster)
	})},
	{"clauses.met_by.reminder.agreed", account, false, "the reminder is not posted in their name", with(func(clause string, w *policy.ReminderWith, say func(string, ...string)) {
		say("a teacher who agreed to the reminder of clause "+clause, w.Agreed...)
	})},

	{"others.group", group, false, inIt, func(p *policy.Policy, say func(string, ...string)) {
		for _, o := range p.Others {
			say("others: "+o.Name, o.Group)
		}
	}},
	{"clauses.met_by.accounts.except.groups", group, false, inIt, with(func(clause string, w *policy.AccountsWith, say func(string, ...string)) {
		say("clause "+clause, w.Except.Groups...)
	})},
	{"clauses.met_by.pupil-email.except.groups", group, false, inIt, with(func(clause string, w *policy.PupilEmailWith, say func(string, ...string)) {
		say("clause "+clause, w.Except.Groups...)
	})},
	{"clauses.met_by.pupil-email.approved.groups", group, false, inIt, with(func(clause string, w *policy.PupilEmailWith, say func(string, ...string)) {
		say("clause "+clause, w.Approved.Groups...)
	})},
	{"clauses.met_by.settings.except.groups", group, false, inIt, with(func(clause string, w *policy.SettingsWith, say func(string, ...string)) {
		say("clause "+clause, w.Except.Groups...)
	})},

	{"school.org_units", unit, false, inIt, func(p *policy.Policy, say func(string, ...string)) {
		say("school: org_units", p.School.OrgUnits...)
	}},
	{"pupils.org_units", unit, false, inIt, func(p *policy.Policy, say func(string, ...string)) {
		say("pupils: org_units", p.Pupils.OrgUnits...)
	}},
	{"staff.org_units", unit, false, inIt, func(p *policy.Policy, say func(string, ...string)) {
		say("staff: org_units", p.Staff.OrgUnits...)
	}},
	{"others.org_unit", unit, false, inIt, func(p *policy.Policy, say func(string, ...string)) {
		for _, o := range p.Others {
			say("others: "+o.Name, o.OrgUnit)
		}
	}},
	{"clauses.met_by.accounts.except.units", unit, false, inIt, with(func(clause string, w *policy.AccountsWith, say func(string, ...string)) {
		say("clause "+clause, w.Except.Units...)
	})},
	{"clauses.met_by.accounts.year_units.*", unit, false, inIt, with(func(clause string, w *policy.AccountsWith, say func(string, ...string)) {
		say("clause "+clause, slices.Collect(maps.Values(w.YearUnits))...)
	})},
	{"clauses.met_by.pupil-email.except.units", unit, false, inIt, with(func(clause string, w *policy.PupilEmailWith, say func(string, ...string)) {
		say("clause "+clause, w.Except.Units...)
	})},
	{"clauses.met_by.pupil-email.approved.units", unit, false, inIt, with(func(clause string, w *policy.PupilEmailWith, say func(string, ...string)) {
		say("clause "+clause, w.Approved.Units...)
	})},
	{"clauses.met_by.pupil-email.move_to clauses.met_by.pupil-email.move_to.* clauses.met_by.pupil-email.move_to.{}", unit, false, inIt, with(func(clause string, w *policy.PupilEmailWith, say func(string, ...string)) {
		say("clause "+clause, slices.Concat(slices.Collect(maps.Keys(w.MoveTo)), slices.Collect(maps.Values(w.MoveTo)))...)
	})},
	{"clauses.met_by.settings.units", unit, false, inIt, with(func(clause string, w *policy.SettingsWith, say func(string, ...string)) {
		say("clause "+clause, w.Units...)
	})},
	{"clauses.met_by.settings.except.units", unit, false, inIt, with(func(clause string, w *policy.SettingsWith, say func(string, ...string)) {
		say("clause "+clause, w.Except.Units...)
	})},
}

// inIt is what suffers where a group or a unit is not there.
const inIt = "who and what is in it"

// trustSpots are the places at which a trust's own file names somebody, with where that is tried. Whatever it says under policy stands in each school's policy too.
var trustSpots = map[string]string{
	"people.safeguarding_lead":       "Setup.Lead",
	"people.data_protection_officer": "people of each school that names none",
	"people.technicians":             "people of each school that they serve and that names no workspace administrator",
}

// with is what a means says of each clause that has one with such parameters.
func with[W any](list func(clause string, w W, say func(what string, names ...string))) func(*policy.Policy, func(string, ...string)) {
	return func(p *policy.Policy, say func(string, ...string)) {
		for _, c := range p.Clauses {
			for _, m := range c.MetBy {
				if w, ok := m.With.(W); ok {
					list(c.ID, w, say)
				}
			}
		}
	}
}

// A named thing is one address or unit, with every place that names it.
type named struct {
	what    []string // what for
	without []string // what suffers if it is not there
	account bool     // it has to be an account
	off     bool     // it may be switched off
}

// namedAs gathers what the policy names, addresses in lower case, at the spots of some kinds.
func namedAs(p *policy.Policy, kinds ...kind) map[string]*named {
	out := map[string]*named{}
	for _, s := range spots {
		if !slices.Contains(kinds, s.kind) {
			continue
		}
		s.list(p, func(what string, names ...string) {
			for _, n := range names {
				if n == "" {
					continue
				}
				if s.kind != unit {
					n = strings.ToLower(n)
				}
				if out[n] == nil {
					out[n] = &named{off: true}
				}
				one := out[n]
				one.account = one.account || s.kind == account
				one.off = one.off && s.off
				if !slices.Contains(one.what, what) {
					one.what = append(one.what, what)
				}
				if !slices.Contains(one.without, s.without) {
					one.without = append(one.without, s.without)
				}
			}
		})
	}
	return out
}
