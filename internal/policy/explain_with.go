package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"esafetybot/internal/quantity"
	"esafetybot/internal/settings"
)

func (m Means) informationOnly() bool {
	rules := m.Rules()
	return len(rules) > 0 && !slices.ContainsFunc(rules, func(r string) bool { return !InformationOnly(m.Name, r) })
}

// About says in a few words what a means is about: "sharing in Google Drive"; "" for one that no policy can name.
func (m Means) About() string {
	if w, ok := m.With.(*CommentsWith); ok {
		var places []string
		for _, p := range w.Places {
			places = append(places, placeWords[p])
		}
		return "comments: " + strings.Join(places, ", ")
	}
	if k := meansOf(m.Kind, m.Name); k != nil {
		return k.looks
	}
	return ""
}

// placeWords says where people comment.
var placeWords = map[string]string{PlaceClassroom: "posts in Google Classroom", PlaceClassDojo: "ClassDojo", PlaceBlogs: "blogs", PlaceDocuments: "documents of classes"}

// inWords says what a check looks for, with the numbers and lists that the policy gives. blogs is how many blogs it lists.
func (m Means) inWords(blogs int) string {
	switch w := m.With.(type) {
	case *SharingWith:
		s := rulesInWords(m)
		if len(w.Confidential) > 0 {
			var places []string
			for _, c := range w.Confidential {
				places = append(places, c.Name)
			}
			s += " (confidential: " + strings.Join(places, ", ") + ")"
		}
		return s
	case *AccountsWith:
		return rulesInWords(m) + bracketed(w.details())
	case *DevicesWith:
		return rulesInWords(m) + bracketed([]string{"those that were in touch within " + count(w.SyncedWithinDays, "day")})
	case *CommentsWith:
		return rulesInWords(m) + bracketed(w.details())
	case *NamesWith:
		return rulesInWords(m) + bracketed(w.details(blogs))
	case *PupilEmailWith:
		s := "off for every pupil"
		if w.Mode == ModeApprovedOnly {
			s = "on only for those approved: " + w.Approved.inWords()
		}
		return s + bracketed(leftOut(w.Except))
	case *SettingsWith:
		return w.inWords()
	}
	return ""
}

func rulesInWords(m Means) string {
	var words []string
	for _, r := range m.Rules() {
		words = append(words, RuleWords(m.Name, r))
	}
	return strings.Join(words, "; ")
}

func bracketed(details []string) string {
	if len(details) == 0 {
		return ""
	}
	return " (" + strings.Join(details, "; ") + ")"
}

// details says with what numbers and lists the rules that are asked for are looked at.
func (w *AccountsWith) details() []string {
	var out []string
	add := func(rules []string, s string) {
		if slices.ContainsFunc(rules, func(r string) bool { return slices.Contains(w.Rules, r) }) {
			out = append(out, s)
		}
	}
	add([]string{"leaver-active"}, count(w.GraceDays, "day")+" after leaving")
	add([]string{"never-signed-in", "dormant"}, count(w.QuietWeeks, "school week"))
	if d := w.PasswordDays; d.Staff > 0 {
		add([]string{"password-age"}, "staff every "+count(d.Staff, "day"))
	}
	if d := w.PasswordDays; d.Admins > 0 {
		add([]string{"password-age"}, "administrators every "+count(d.Admins, "day"))
	}
	switch {
	case w.Admins == nil:
		add([]string{"admin-role"}, "administrators: looked at among pupils only")
	case len(w.Admins) == 0:
		add([]string{"admin-role"}, "administrators: nobody")
	default:
		add([]string{"admin-role"}, "administrators: "+strings.Join(w.Admins, ", "))
	}
	if w.SecondStep == SecondStepStaff {
		add([]string{"no-2sv"}, "all staff")
	}
	if len(w.ApprovedApps) > 0 {
		add([]string{"risky-app"}, "approved: "+strings.Join(w.ApprovedApps, ", "))
	}
	if w.SignInApps {
		add([]string{"risky-app"}, "apps that only sign people in are fine")
	}
	if len(w.Accepted) > 0 {
		add([]string{"not-on-roll", "shared-account"}, "known to the school: "+strings.Join(w.Accepted, ", "))
	}
	for _, r := range w.YearRules {
		may := "no accounts"
		if r.Accounts == YearNoSignIn {
			may = "no sign-ins"
		}
		add([]string{"year-group"}, "years "+strings.Join(r.Years, ", ")+": "+may)
	}
	if len(w.Who) > 0 {
		out = append(out, "accounts of: "+strings.Join(w.Who, ", "))
	}
	return append(out, leftOut(w.Except)...)
}

func (w *CommentsWith) details() []string {
	var out []string
	for _, p := range w.Places {
		out = append(out, placeWords[p])
	}
	if !w.Replies {
		out = append(out, "a teacher's reply is not enough")
	}
	if w.Staff {
		out = append(out, "comments of staff too")
	}
	return out
}

func (w *NamesWith) details(blogs int) []string {
	out := []string{"titles of files, folders and Sites that the public can open"}
	if blogs > 0 {
		out = append(out, "posts on the "+count(blogs, "blog")+" that the policy lists, and comments on them")
	}
	if slices.Contains(w.Rules, FullName) {
		for _, t := range w.Titles {
			out = append(out, titlesWords[t])
		}
	}
	out = append(out, "pupils who have left: for "+count(w.LeaverDays, "day"))
	if slices.Contains(w.Rules, NotToPublish) {
		out = append(out, "who may be published: as the roll says")
	}
	return out
}

var titlesWords = map[string]string{TitlesClasses: "names of classes", TitlesPosts: "titles of classwork and materials"}

func leftOut(w UnitsAndGroups) []string {
	if s := w.inWords(); s != "" {
		return []string{"left out: " + s}
	}
	return nil
}

func (w UnitsAndGroups) inWords() string {
	return strings.Join(slices.Concat(w.Units, w.Groups), ", ")
}

func count(n int, what string) string {
	return quantity.Of(n, what, what+"s")
}

func (w *SettingsWith) inWords() string {
	var want []string
	if w.Baseline != "" {
		want = append(want, "as the list "+w.Baseline+" wants them")
	}
	for _, one := range w.Want {
		words := settings.Words(one.Setting, one.Field)
		if one.AtLeast != nil {
			want = append(want, fmt.Sprintf("%s: at least %s", words, strconv.FormatFloat(*one.AtLeast, 'f', -1, 64)))
			continue
		}
		var values []string
		for _, v := range one.Values {
			values = append(values, settings.ValueWords(one.Setting, one.Field, v))
		}
		want = append(want, words+": "+strings.Join(values, " or "))
	}
	return strings.Join(want, "; ") + bracketed(append([]string{"for " + strings.Join(w.Units, ", ")}, leftOut(w.Except)...))
}

// changesInWords says what the program does about what it finds, besides telling somebody.
func (m Means) changesInWords() string {
	if m.WhenNotMet != Propose && m.WhenNotMet != Fix {
		return ""
	}
	rules := m.Rules()
	with := slices.DeleteFunc(slices.Clone(rules), func(r string) bool { return m.remedy(r) == "" })
	var what []string
	for _, r := range with {
		if words := m.remedy(r); !slices.Contains(what, words) {
			what = append(what, words)
		}
	}
	s := "; "
	if m.WhenNotMet == Propose {
		s += "proposed"
	} else {
		s += fmt.Sprintf("put right by the program, at most %s or %d %% in 24 hours", count(m.Brake.MaxChanges, "change"), m.Brake.MaxShare)
	}
	if len(what) > 0 {
		s += ": " + strings.Join(what, ", ")
	}
	return s
}

// note is what the school should know when it decides on such a clause.
func (m Means) note() string {
	if w, ok := m.With.(*AccountsWith); ok && slices.Contains(w.Rules, "password-age") {
		return "National advice (NCSC, DfE) is now against making people change passwords regularly"
	}
	return ""
}

// ruleUnseen says what rules cannot see beyond their check.
var ruleUnseen = map[string]map[string]string{
	"accounts": {
		"password-age":          "passwords last changed more than 180 days before the program first ran",
		"shared-account":        "passwords that people tell each other",
		"weak-password":         "passwords of accounts that Google tells nothing about",
		"outside-forwarding":    "mail passed on by hand, by a filter or by another program",
		"risky-app":             "apps and websites used without the school's account",
		"suspicious-login":      "sign-ins that Google finds nothing odd about",
		"missing":               "people who are on no roll",
		"not-on-roll":           "mistakes in the roll",
		"outsider-in-class":     "somebody at home who uses the pupil's own sign-in",
		"class-without-teacher": "whether the teacher looks at the class",
		"year-group":            "who sits beside a pupil who signs in",
		"no-2sv":                "what the second step is",
	},
}

// unseen lists what a means cannot see.
func (m Means) unseen() []string {
	out := slices.Clone(meansOf(m.Kind, m.Name).unseen)
	for _, r := range m.Rules() {
		if gap := ruleUnseen[m.Name][r]; gap != "" {
			out = append(out, gap)
		}
	}
	if w, ok := m.With.(*SettingsWith); ok && w.Baseline != "" {
		if _, ask, ok := settings.Baseline(w.Baseline); ok && len(ask) > 0 {
			out = append(out, count(len(ask), "thing")+" that only a person can look up (docs/settings.md)")
		}
	}
	return out
}
