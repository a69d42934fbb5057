package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/checkins"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/policy"
)

// dojoForm is the form about the class on ClassDojo.
var dojoForm = fmt.Sprintf("form:has(input[name=name][value=%q])", classdojo.CheckIn(dojoClass))

// tabTo presses the Tab key until it reaches what a selector finds.
func (v *visitor) tabTo(selector string) {
	v.t.Helper()
	for range 100 {
		v.key("\t")
		if eval[bool](v, "document.activeElement.matches(%s)", selector) {
			return
		}
	}
	v.t.Fatalf("the keyboard does not reach %s on:\n%s", selector, v.text())
}

// choose chooses one of the radio buttons of a question about ClassDojo, by keyboard alone: the Tab key leads to the question, the arrows through its answers.
func (v *visitor) choose(question, answer string) {
	v.t.Helper()
	named := dojoForm + " input[name=said-" + question + "]"
	v.tabTo(named)
	v.key(" ")
	for range 10 {
		if eval[bool](v, "document.activeElement.matches(%s)", named+"[value="+answer+"]:checked") {
			return
		}
		v.key(kb.ArrowDown)
	}
	v.t.Fatalf("the arrows do not lead to %s of %s", answer, question)
}

// The teacher of a class on ClassDojo answers what is asked about it on a narrow phone, with the keyboard alone.
func TestKeyboardAloneAnswersOnClassDojo(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	v := s.signedIn(t, s.dojoTeacher)
	v.size(narrowest, 640)
	v.open("/")
	v.press("p.ask a[href='/check-ins']")
	v.says("the questions", 200, "ClassDojo: 5 Ash", "Can parents and pupils comment on the Class Story?", "Who looks at what is written there?", "When did one of them last look through it?", "only through ClassDojo and school e-mail?")
	if n := v.count(dojoForm + " :checked"); n != 0 {
		t.Errorf("%d answers are there before anybody looked", n)
	}
	for _, link := range []string{classdojo.SettingsLink(dojoClass), classdojo.Target{Kind: classdojo.Story, Class: dojoClass}.Link()} {
		if v.count(fmt.Sprintf("%s a[href=%q][target=_blank]", dojoForm, link)) == 0 {
			t.Errorf("the form has no link to %s", link)
		}
	}
	v.fits(false)
	v.accessible()

	v.size(narrowest, 640)
	looked := s.policy.Calendar.Date(s.world.Now()).AddDays(-1)
	v.choose("comments", classdojo.On)
	v.choose("moderator", classdojo.Teacher)
	v.tabTo(dojoForm + " input[name=said-looked]")
	v.typeDate(looked.String())
	v.choose("channel", classdojo.Unsure)
	v.tabTo(dojoForm + " button")
	v.goes("Enter on “Send my answers”", chromedp.KeyEvent("\r"))
	v.says("the answer", 200, "Thank you. Your answer is noted.", "Noted just now: Yes, comments are on; looked at by: a teacher of the class; last looked through on "+looked.Words()+"; only through ClassDojo and school e-mail: not sure")
	v.fits(false)
	v.accessible()
	want := map[string]string{classdojo.AskComments: classdojo.On, classdojo.AskModerator: classdojo.Teacher, classdojo.AskLooked: looked.String(), classdojo.AskChannel: classdojo.Unsure}
	if d := s.last(); d.Do != decisions.Answer || d.CheckIn != classdojo.CheckIn(dojoClass) || d.By.ID != s.user(s.dojoTeacher).ID || !cmp.Equal(want, d.Said) {
		t.Errorf("noted was %+v", d)
	}

	s.work()
	v.open("/check-ins")
	v.says("after the worker", 200, "Answered: Yes, comments are on")
	book, err := checkins.Open(t.Context(), s.main)
	if err != nil {
		t.Fatal(err)
	}
	got := book.All()[classdojo.CheckIn(dojoClass)]
	if len(got) != 1 || got[0].Dojo == nil || got[0].Dojo.Looked != looked || got[0].Dojo.Channel != classdojo.Unsure {
		t.Errorf("the worker has the answers %+v", got)
	}
	if head := s.signedIn(t, s.role(policy.RoleOfficer)); head.count("nav a[href='/check-ins']") == 0 {
		t.Error("the officer has no page with questions")
	} else if head.open("/check-ins"); !strings.Contains(head.text(), "Answered: Yes, comments are on") {
		t.Errorf("the officer does not see the answer:\n%s", head.text())
	}
}

// typeDate types a day, such as 2026-09-04, into the field that the keyboard is at, in whatever order the browser asks for its parts.
func (v *visitor) typeDate(day string) {
	v.t.Helper()
	year, month, date := day[:4], day[5:7], day[8:]
	var made string
	for _, keys := range []string{date + month + year, month + date + year} {
		for _, k := range keys {
			v.key(string(k))
		}
		if made = eval[string](v, "document.activeElement.value"); made == day {
			return
		}
		v.key(kb.ArrowLeft) // from the year back to the first part
		v.key(kb.ArrowLeft)
	}
	v.t.Fatalf("typing %s makes it %q", day, made)
}

// What is no answer is refused with words that say what is missing, and who is not asked answers nothing.
func TestClassDojoRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	_, teacher := s.teacher(2)
	v := s.signedIn(t, s.dojoTeacher)
	check := func(v *visitor, question, answer string) {
		v.t.Helper()
		eval[bool](v, "(document.querySelector(%s).checked = true)", fmt.Sprintf("%s input[name=said-%s][value=%s]", dojoForm, question, answer))
	}
	whole := func(v *visitor) {
		check(v, "comments", classdojo.On)
		check(v, "moderator", classdojo.Teacher)
		check(v, "channel", classdojo.Yes)
	}
	const missing = "Something is missing from your answer"
	unlisted := classdojo.CheckIn(strings.Repeat("a", 24))
	for _, x := range []struct {
		what   string
		fill   func(v *visitor)
		status int
		says   []string
	}{
		{"nothing", func(*visitor) {}, 400, []string{missing, "“Can parents and pupils comment on the Class Story?” is not answered", "Nothing was noted.", "Go back, answer every question", "“Not sure” is a good answer."}},
		{"a part", func(v *visitor) { check(v, "comments", classdojo.On) }, 400, []string{missing, "“Who looks at what is written there?” is not answered"}},
		{"a day to come", func(v *visitor) { // the page does not take one; somebody who changed it could
			whole(v)
			eval[bool](v, "(document.querySelector(%s).removeAttribute('max'), true)", dojoForm+" input[type=date]")
			v.set(dojoForm+" input[type=date]", s.policy.Calendar.Date(s.world.Now()).AddDays(1).String())
		}, 400, []string{missing, "in the future"}},
		{"no day", func(v *visitor) {
			whole(v)
			eval[bool](v, "(document.querySelector(%s).type = 'text', true)", dojoForm+" input[type=date]")
			v.set(dojoForm+" input[name=said-looked]", "soon")
		}, 400, []string{missing, "no date"}},
		{"an answer that is none", func(v *visitor) {
			whole(v)
			v.set(dojoForm+" input[name=said-comments]", "perhaps") // the first, which is chosen
		}, 400, []string{missing}},
		{"about a class that is not listed", func(v *visitor) {
			whole(v)
			v.set(dojoForm+" input[name=name]", unlisted)
		}, 400, []string{"This could not be read"}},
		{"the token of another form", func(v *visitor) {
			whole(v)
			v.set(dojoForm+" [name=form_token]", v.value("footer [name=form_token]", "value"))
		}, 403, []string{"This was not taken", "Nothing has been changed."}},
	} {
		t.Run(x.what, func(t *testing.T) {
			v.t = t
			s.changesNothing(t, func() {
				v.open("/check-ins")
				x.fill(v)
				v.press(dojoForm + " button, form:has(input[name=name][value=" + unlisted + "]) button")
			})
			v.says(x.what, x.status, x.says...)
		})
	}
	v.t = t
	t.Run("by the teacher of another class", func(t *testing.T) {
		other := s.signedIn(t, teacher)
		other.open("/check-ins")
		if other.count(dojoForm) > 0 {
			t.Errorf("they are asked:\n%s", other.text())
		}
		host := s.signedIn(t, s.role(policy.RolePageHost)) // who is asked something else, with a form of their own
		host.open("/check-ins")
		fields := map[string]string{"name": classdojo.CheckIn(dojoClass), "said-comments": classdojo.Off, "said-channel": classdojo.Yes}
		for _, name := range []string{"form_token", "form"} {
			fields[name] = host.value("form[action='/check-ins'] [name="+name+"]", "value")
		}
		s.changesNothing(t, func() { host.send(s.site+"/check-ins", fields) })
		host.says("somebody else's question", 403, "This is not yours to decide", "asked of somebody else", "Nothing was changed.")
	})
	v.open("/check-ins") // and a whole one is taken, once
	whole(v)
	form := v.value(dojoForm+" [name=form]", "value")
	v.press(dojoForm + " button")
	v.says("a whole answer", 200, "Your answer is noted.", "not looked through yet")
	s.changesNothing(t, func() {
		v.set(dojoForm+" [name=form]", form)
		whole(v)
		v.press(dojoForm + " button")
	})
	v.says("the form once more", 200, "This was noted before.")
}
