package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/seen"
	"esafetybot/internal/views"
)

// covering is the site of a school with one class that waits, a teacher on it, and somebody who leads Year 4.
func covering(t *testing.T, class *moderation.Class, staff string) *adminRig {
	t.Helper()
	text := strings.Replace(adminPolicy, "staff: {org_units: [/Staff]}", "staff: "+staff, 1)
	x := newRigOf(t, strings.Replace(text, "\nclauses:\n", dojoClauses, 1))
	book, err := memory.Open(t.Context(), x.main, adminNow.AddDate(0, -2, 0), x.main.Commit)
	if err != nil {
		t.Fatal(err)
	}
	book.SetClass("77", &memory.Class{Read: adminNow, Members: []seen.ClassMember{{ID: "id-teacher", Teacher: true}, {ID: "id-pupil"}}})
	if err := book.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	class.Posts = map[string]*moderation.Post{"5": {Kind: "announcement", Title: "Trip", Acts: []moderation.Act{{At: adminNow.AddDate(0, 0, -9), Key: "k", By: "id-pupil", What: moderation.Comment}}}}
	x.put(moderation.Classes, "77", class)
	dojo := &moderation.Class{Name: "5 Ash on ClassDojo"}
	dojo.Hear(classdojo.Event{Kind: classdojo.Story, Class: dojoAsh, At: adminNow.AddDate(0, 0, -9), Count: 1, Key: classdojo.MessageKey("m", classdojo.Story, dojoAsh)})
	x.put(moderation.Classes, moderation.Dojo(dojoAsh), dojo)
	x.put(moderation.Classes, moderation.Dojo(classdojo.School), &moderation.Class{Name: "School Story"})
	return x
}

// chosen is what a page's list has chosen.
func chosen(page, list string) string {
	_, rest, _ := strings.Cut(page, `name="`+list+`"`)
	rest, _, _ = strings.Cut(rest, "</select>")
	m := regexp.MustCompile(`<option value="([^"]*)" selected>`).FindAllStringSubmatch(rest, -1)
	if len(m) != 1 {
		return ""
	}
	return m[0][1]
}

// One tap opens the form with the class, today and the most likely person; the second names them.
func TestCoverInTwoTaps(t *testing.T) {
	const leaders = "{org_units: [/Staff], year_leaders: {Year 4: lead@school.example}}"
	for name, c := range map[string]struct {
		class moderation.Class
		staff string
		who   string
		why   string
	}{
		"taught it before":            {moderation.Class{Name: "Year 4 Oak", Taught: []string{"id-deputy", "id-teacher"}}, leaders, "id-deputy", "who taught this class before"},
		"who taught it has left":      {moderation.Class{Name: "Year 4 Oak", Taught: []string{"id-gone", "id-teacher"}}, leaders, "id-lead", "who leads this year"},
		"leads the year":              {moderation.Class{Name: "Year 4 Oak"}, leaders, "id-lead", "who leads this year"},
		"another year":                {moderation.Class{Name: "Year 5 Oak"}, leaders, "id-officer", "the e-safety officer"},
		"nobody leads a year":         {moderation.Class{Name: "Year 4 Oak"}, "{org_units: [/Staff]}", "id-officer", "the e-safety officer"},
		"the leader teaches it":       {moderation.Class{Name: "Year 4 Oak"}, "{org_units: [/Staff], year_leaders: {Year 4: teacher@school.example}}", "id-officer", "the e-safety officer"},
		"the leader is on no list":    {moderation.Class{Name: "Year 4 Oak"}, "{org_units: [/Staff], year_leaders: {Year 4: left@school.example}}", "id-officer", "the e-safety officer"},
		"a pupil is listed as leader": {moderation.Class{Name: "Year 4 Oak"}, "{org_units: [/Staff], year_leaders: {Year 4: pupil@school.example}}", "id-officer", "the e-safety officer"},
	} {
		t.Run(name, func(t *testing.T) {
			x := covering(t, &c.class, c.staff)
			x.finding("B3", "comments.unreviewed", "post/77-5", "medium", []string{"passed-on", "since 2026-11-09T12:00:00Z"}, views.Finding{Title: "Trip"})
			const link = "/classes?class=77"
			for who, path := range map[string]string{"head": "/", "officer": "/", "office": "/classes"} {
				if _, page := x.get(who, path); !strings.Contains(page, `<a href="`+link+`"`) {
					t.Errorf("the page %s of the %s has no link to the form", path, who)
				}
			}
			_, page := x.get("office", link)
			got := []string{chosen(page, "class"), chosen(page, "who")}
			if diff := cmp.Diff([]string{"77", c.who}, got); diff != "" || strings.Count(page, `value="2026-11-18" required`) != 2 {
				t.Errorf("what is chosen: %s, today is there %d times", diff, strings.Count(page, `value="2026-11-18" required`))
			}
			for _, want := range []string{"Name who stands in for " + c.class.Name, c.why, "teacher teaches it and gets its mail already."} {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			form := x.hidden(page, "/cover")
			for k, v := range map[string]string{"class": got[0], "who": got[1], "from": "2026-11-18", "until": "2026-11-18"} {
				form.Set(k, v)
			}
			status, page := x.post("office", "/cover", form)
			made := x.made(decisions.Cover)
			if status != http.StatusOK || len(made) != 1 || made[0].Who != c.who || made[0].Course != "77" || made[0].Until != "2026-11-18" {
				t.Fatalf("%d, %+v", status, made)
			}
			if !strings.Contains(page, "you named who stands in until Wed 18 November 2026; is taken up within minutes") {
				t.Error("the page does not say what became of it")
			}
		})
	}
}

// Who may not name anybody is offered nothing, and an unknown class chooses nothing.
func TestCoverIsNotForAll(t *testing.T) {
	x := covering(t, &moderation.Class{Name: "Year 4 Oak"}, "{org_units: [/Staff]}")
	x.finding("B3", "comments.unreviewed", "post/77-5", "medium", []string{"since 2026-11-17T12:00:00Z"}, views.Finding{Title: "Trip"})
	if _, page := x.get("teacher", "/"); strings.Contains(page, "stands in") {
		t.Error("a teacher is offered to name who stands in")
	}
	if status, _ := x.get("teacher", "/classes?class=77"); status != http.StatusForbidden {
		t.Errorf("a teacher sees the form: %d", status)
	}
	for _, class := range []string{"", "78", "dojo.school", "<b>"} {
		if status, page := x.get("office", "/classes?"+url.Values{"class": {class}}.Encode()); status != http.StatusOK || chosen(page, "class") != "" || strings.Contains(page, "Chosen for you") {
			t.Errorf("%q: %d, chosen %q", class, status, chosen(page, "class"))
		}
	}
}

// Nobody stands in on ClassDojo: it is not offered, the page says why, and a form that asks for it is refused.
func TestNoCoverOnClassDojo(t *testing.T) {
	x := covering(t, &moderation.Class{Name: "Year 4 Oak"}, "{org_units: [/Staff]}")
	x.finding("B3", "comments.unreviewed", classdojo.Item(dojoAsh), "medium", []string{"passed-on", "since 2026-11-09T12:00:00Z"}, views.Finding{Title: "5 Ash"})
	_, page := x.get("office", "/classes")
	for _, want := range []string{"5 Ash on ClassDojo", "School Story", "Nobody stands in on ClassDojo", "add a co-teacher", `<option value="77">`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, `<option value="dojo.`) || strings.Contains(page, "class=dojo.") {
		t.Error("somebody is offered to stand in on ClassDojo")
	}
	if _, page := x.get("officer", "/"); !strings.Contains(page, "5 Ash on ClassDojo") || strings.Contains(page, "class=dojo.") {
		t.Error("what was passed on does not show, or offers that somebody stands in")
	}
	form := x.hidden(page, "/cover")
	for k, v := range map[string]string{"class": moderation.Dojo(dojoAsh), "who": "id-deputy", "from": "2026-11-18", "until": "2026-11-18"} {
		form.Set(k, v)
	}
	if status, page := x.post("office", "/cover", form); status != http.StatusBadRequest || !strings.Contains(page, "only who is on a class's list of teachers there") || len(x.made(decisions.Cover)) != 0 {
		t.Errorf("the form: %d", status)
	}
}
