package policy

import (
	"fmt"
	"strings"
)

// throughInWords says what way a reminder takes.
var throughInWords = map[string]string{ThroughMail: "told in their daily mail", ThroughClassroom: "posted in Google Classroom", ThroughClassDojo: "on ClassDojo", ThroughNoticeboard: "on a noticeboard"}

// asInWords says how an announcement in Classroom comes to be.
var asInWords = map[string]string{
	AsDraft: "as drafts that the teachers publish", AsPoster: "by the school's account", AsTeacher: "in the name of the teachers who agreed, else as drafts",
}

// reminderRow explains a reminder: when, to whom, through what, and who confirms.
func (p *Policy) reminderRow(c Clause, m Means, r *RowMeans) {
	w, ok := m.With.(*ReminderWith)
	r.Often, r.Told = "when it is due", p.Title(c.DealsWithIt)
	if !ok {
		return
	}
	if m.Name == GovernorReport {
		r.LookedAt += "; the program writes it"
		r.Told = p.Title(RoleHead) + " and " + p.Title(RoleGovernor)
	} else {
		r.LookedAt += "; " + p.howSent(m, w)
		r.Told = strings.Join(p.recipients(w), " and ")
	}
	r.Often = w.When.Words()
	if w.When.Kind != WhenCron && w.At != defaultReminderAt {
		r.Often += ", at " + w.At.String()
	}
	r.Note = p.confirmNote(c, m, w)
	if w.Through == ThroughClassroom {
		if r.Note != "" {
			r.Note += ". "
		}
		r.Note += "The program has to be allowed to write announcements in Classroom (classroom.announcements)"
	}
}

// howSent says what way a reminder takes, and what comes with it.
func (p *Policy) howSent(m Means, w *ReminderWith) string {
	s := throughInWords[w.Through]
	if w.Posts() {
		s = "posted " + s + " by the " + p.Title(m.Ask)
	}
	if w.As != "" {
		s += " " + asInWords[w.As]
		switch n := len(w.Classes); n {
		case 0:
		case 1:
			s += ", in 1 class"
		default:
			s += fmt.Sprintf(", in %d classes", n)
		}
	}
	if w.Themes != nil {
		s += ", with a theme for each block"
	}
	return s
}

// recipients lists in words whom a reminder is for.
func (p *Policy) recipients(w *ReminderWith) []string {
	var out []string
	for _, to := range w.To {
		switch to {
		case ToPupils, ToTeachers, ToStaff:
			out = append(out, to)
		case ToParents:
			out = append(out, "parents and carers")
		default:
			out = append(out, p.Title(Role(to)))
		}
	}
	return out
}

// confirmNote says who confirms a reminder, how often and by when.
func (p *Policy) confirmNote(c Clause, m Means, w *ReminderWith) string {
	if m.Ask == "" {
		return ""
	}
	each := "each " + m.Every
	if m.Every == "" || m.Every == TwoYears {
		each = "each time"
	}
	note := fmt.Sprintf("The %s confirms it %s, within %s", p.Title(m.Ask), each, m.Due)
	if c.DealsWithIt != m.Ask {
		note += "; otherwise the " + p.Title(c.DealsWithIt) + " hears of it"
	}
	return note
}

// Words says the rule as people do: "3 times each half term".
func (w When) Words() string {
	switch w.Kind {
	case WhenPer:
		switch {
		case w.Term != "":
			return "once each " + w.Term + " term"
		case w.N == 1:
			return "once each " + w.Block
		case w.N == 2:
			return "twice each " + w.Block
		}
		return fmt.Sprintf("%d times each %s", w.N, w.Block)
	case WhenYearly:
		return "each " + w.Month.String()
	case WhenWeek:
		return w.ordinal() + " week of " + w.Month.String()
	case WhenCron:
		return "as the cron line " + w.Cron + " says"
	case WhenDay, WhenReview, WhenEvery:
	}
	return w.String()
}
