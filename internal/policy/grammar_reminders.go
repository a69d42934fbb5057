package policy

import (
	"fmt"
	"slices"
)

// The bounds of what a school writes in a reminder, in characters and items.
const (
	mostReminderText = 2000
	mostQuestion     = 300
	mostTheme        = 100
	mostLinks        = 10
)

var reviewShape = &shape{form: objectForm, later: true, what: "{last, every}", fields: []field{
	{"last", true, "The day on which the policy was last reviewed.", dateShape},
	{"every", true, "How often it is reviewed.", wordsShape(reviewRhythms)},
}}

// reviewRhythms are what review.every says: the index is the number of years less one.
var reviewRhythms = []string{"year", "two years", "three years"}

func shortText(most int) *shape {
	return &shape{form: textForm, what: fmt.Sprintf("some text of at most %d characters", most), test: func(s string) string {
		if len([]rune(s)) > most {
			return "found " + show(s) + ", which is too long"
		}
		return ""
	}}
}

var (
	linkShape = patternShape("link", "a link such as https://www.example.org/lesson", `https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-;=?-~]*)?`, noLonger(2000))

	// toWords is whom a reminder may be for.
	toWords = slices.Concat([]string{ToPupils, ToTeachers, ToStaff, ToParents}, slices.DeleteFunc(roleNames(), func(r string) bool { return Role(r).PerClass() }))

	throughWords = []string{ThroughMail, ThroughClassroom, ThroughClassDojo, ThroughNoticeboard}
	asWords      = []string{AsDraft, AsPoster, AsTeacher}

	dayHourShape = patternShape("", `a time from "07:00" to "16:59"`, `(0[7-9]|1[0-6]):[0-5][0-9]`, nil)
)

var reminderShape = &shape{form: objectForm, name: "reminder", what: "{to, through, when, at, text, themes, links, confirm, as, poster, agreed, classes}", fields: []field{
	{"to", false, "Whom it is for. Default: the role that is asked, else the e-safety officer; in Classroom the pupils.", listOf(&shape{form: textForm, what: oneOf(toWords), words: toWords}, 1)},
	{"through", false, "The way it takes. Pupils and parents are never written to by mail. Default: mail.", wordsShape(throughWords)},
	{"when", false, "On which school days: " + whenForms + ". Default: once in each `every`.", &shape{form: textForm, what: whenForms}},
	{"at", false, "From when on, in school time. Default: 08:30.", dayHourShape},
	{"text", false, "What it says; {theme} is the block's theme. Default: the reminder's own words.", shortText(mostReminderText)},
	{"themes", false, "What each teaching block, or term, is about.", &shape{form: tableForm, what: "a block such as Autumn 1, or a term, and its theme", elem: shortText(mostTheme)}},
	{"links", false, "Pages that it leads to.", func() *shape { s := listOf(linkShape, 1); s.most = mostLinks; return s }()},
	{"confirm", false, "What whoever confirms it is asked. Default: the reminder's own question.", shortText(mostQuestion)},
	{"as", false, "Through Classroom: a draft for the teachers, published by a school account, or in the name of a teacher who agreed. Default: draft.", wordsShape(asWords)},
	{"poster", false, "With as: poster, the school account that is a co-teacher of the classes.", addressShape},
	{"agreed", false, "With as: teacher, the teachers who agreed that it is posted in their name.", listOf(addressShape, 1)},
	{"classes", false, "Through Classroom: ids of the courses. Default: every class of the school.", listOf(courseShape, 1)},
}}
