package reminders

import (
	"fmt"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

// Words is what a reminder says where the school has written nothing of its own.
type Words struct {
	Title    string // a few words
	Task     string // to whoever sees to it
	Notice   string // to everybody else: pupils, parents and carers, teachers, staff
	Question string // to whoever confirms it
}

// words by the reminder's name in a policy file. {officer} and {governor} are the school's titles, {review} is the date of the next review.
var words = map[string]Words{
	"agreement": {
		Title:    "Acceptable-use agreements",
		Task:     "This year's acceptable-use agreements go home now. Please hand them out, and see that they come back signed.",
		Notice:   "This year's online-safety agreement is on its way home. Please read it together at home, sign it and bring it back.",
		Question: "Have this year's acceptable-use agreements gone home?",
	},
	"class-dojo-posts": {
		Title:    "A post on ClassDojo about online safety",
		Task:     "It is time for a post on ClassDojo about online safety.",
		Notice:   "Do you know which apps your child uses, and whom they meet there? Ask them to show you their favourite one, and let them explain it. If anything worries you, the class teacher is glad to help.",
		Question: "Has the post gone out on ClassDojo?",
	},
	"committee": {
		Title:    "The online-safety committee",
		Task:     "The online-safety committee meets each term. It is time for this term's meeting.",
		Notice:   "The online-safety committee meets each term. If there is something that it should talk about, please tell the {officer}.",
		Question: "Has the online-safety committee met this term?",
	},
	"governor-meeting": {
		Title:    "The meeting with the governor",
		Task:     "The {officer} and the {governor} meet each term. It is time for this term's meeting.",
		Notice:   "The {officer} and the {governor} meet this term. If there is something that they should talk about, please tell the {officer}.",
		Question: "Have the {officer} and the {governor} met this term?",
	},
	"governor-report": {
		Title:    "The termly report to the governor",
		Task:     "The termly report goes to the headteacher and the {governor}.",
		Notice:   "The termly report goes to the headteacher and the {governor}.",
		Question: "Has the {governor} had this term's report?",
	},
	"monitoring-notice": {
		Title:    "Use of computers and the internet is monitored",
		Task:     "Please see to it that everyone is told again that use of the school's computers and accounts is monitored, and that the rules are on show.",
		Notice:   "To keep everyone safe, the school keeps watch over how its computers, accounts and internet connection are used. What you do with them can be seen. The rules are on show in each classroom.",
		Question: "Has everyone been told that use is monitored, and are the rules on show?",
	},
	"parents-event": {
		Title:    "The online-safety event for parents and carers",
		Task:     "This year's online-safety event for parents and carers is due. Please settle a day and invite them.",
		Notice:   "Once a year the school invites parents and carers to an evening on online safety. The invitation with the day follows.",
		Question: "Has this year's online-safety event for parents and carers taken place?",
	},
	"photo-permission": {
		Title:    "Permission for photographs",
		Task:     "Permission for photographs is asked anew each year. Please send the forms home, and bring the list up to date.",
		Notice:   "Each year the school asks whether photographs may be taken and shown. Please look out for the form, fill it in and return it.",
		Question: "Has permission for photographs been asked for this year, and is the list up to date?",
	},
	"policy-review": {
		Title:    "Review of the online-safety policy",
		Task:     "The online-safety policy is to be reviewed by {review}. When it is done, the new date goes into the policy file, under “review”.",
		Notice:   "The online-safety policy is being reviewed. If you would change something, please tell the {officer}.",
		Question: "Is the review of the online-safety policy done, or in good hands?",
	},
	"staff-training": {
		Title:    "Staff training",
		Task:     "This year's child-protection, PREVENT and online-safety training for staff is due. Please settle the days.",
		Notice:   "This year's child-protection, PREVENT and online-safety training is due. Please take part, and tell the {officer} when you have.",
		Question: "Have all staff had this year's training?",
	},
	"training": {
		Title:    "Talking about online safety",
		Task:     "It is time for a session on online safety.",
		Notice:   "Please find ten minutes in the coming days to talk about online safety with your classes, and note the date.",
		Question: "Have the sessions on online safety taken place? Please note the dates.",
	},
}

// otherTheme stands for the theme of a block that has none.
const otherTheme = "online safety"

// Titles says what the school calls roles.
type Titles func(policy.Role) string

// Of is what an occurrence of a reminder says, in the school's own words where it has any.
func (r Reminder) Of(block, term string, titles Titles, next calendar.Date) (title, text, question string) {
	w := words[r.Name]
	title, text, question = w.Title, r.With.Text, r.With.Confirm
	theme := r.With.Theme(block, term)
	if text == "" {
		if text = w.Task; r.forMany() {
			text = w.Notice
		}
		if theme != "" {
			text += " This time it is about " + strings.TrimRight(theme, ".") + "."
		}
	}
	if theme == "" {
		theme = otherTheme
	}
	if question == "" {
		question = w.Question
	}
	review := "the date in the policy file"
	if !next.IsZero() {
		review = next.Words()
	}
	fill := strings.NewReplacer("{theme}", theme, "{officer}", titles(policy.RoleOfficer), "{governor}", titles(policy.RoleGovernor), "{review}", review)
	return fill.Replace(title), fill.Replace(text), fill.Replace(question)
}

// forMany tells whether it speaks to people who are not there to see to it.
func (r Reminder) forMany() bool {
	for _, to := range r.With.To {
		switch to {
		case policy.ToPupils, policy.ToParents, policy.ToTeachers, policy.ToStaff:
			return true
		}
	}
	return false
}

// Audience says in words whom a reminder is for: "teachers and staff".
func (r Reminder) Audience(titles Titles) string {
	var out []string
	for _, to := range r.With.To {
		switch to {
		case policy.ToPupils, policy.ToTeachers, policy.ToStaff:
			out = append(out, to)
		case policy.ToParents:
			out = append(out, "parents and carers")
		default:
			out = append(out, titles(policy.Role(to)))
		}
	}
	if n := len(out); n > 1 {
		return strings.Join(out[:n-1], ", ") + " and " + out[n-1]
	}
	return strings.Join(out, "")
}

// Place says where a reminder appears: "in Google Classroom".
func (r Reminder) Place() string {
	return map[string]string{
		policy.ThroughMail: "by mail", policy.ThroughClassroom: "in Google Classroom", policy.ThroughClassDojo: "on ClassDojo", policy.ThroughNoticeboard: "on the noticeboard",
	}[r.With.Through]
}

// PeriodWords says in words which period or day a key is: "2026-autumn-1" is "autumn 1 of 2026/27".
func PeriodWords(key string) string {
	if day, err := time.Parse(time.DateOnly, key); err == nil {
		return day.Format("2 January 2006")
	}
	if month, err := time.Parse("2006-01", key); err == nil {
		return month.Format("January 2006")
	}
	year, rest, _ := strings.Cut(key, "-")
	if n, err := time.Parse("2006", year); err == nil {
		of := fmt.Sprintf("%d/%02d", n.Year(), (n.Year()+1)%100)
		if rest == "" {
			return of
		}
		return strings.ReplaceAll(rest, "-", " ") + " of " + of
	}
	return strings.ReplaceAll(key, "-", " ")
}
