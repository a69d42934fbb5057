package browser

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"esafetybot/internal/checkins"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/roster"
)

// oneButton and allButton say on the home page that somebody looked at one post, or at all of a class.
const (
	oneButton = "button[name=one]"
	oneForm   = "form:has(button[name=one])" // the page may have others
	allButton = "button.all"
)

func TestSignInAs(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	_, teacher := s.teacher(1)
	for _, x := range []struct {
		who, address string
		menu         []string
	}{
		{"teacher", teacher, []string{"My page"}},
		{"administrator", s.role(policy.RoleAdmin), []string{"My page", "Questions for me"}},
		{"officer", s.role(policy.RoleOfficer), []string{"My page", "Questions for me", "Classes and cover"}},
		{"headteacher", s.role(policy.RoleHead), []string{"My page", "Questions for me", "Classes and cover"}},
		{"governor", s.role(policy.RoleGovernor), []string{"My page", "Questions for me"}},
		{"chair of governors, whose address is outside", s.role(policy.RoleChair), []string{"My page", "Questions for me"}},
	} {
		t.Run(x.who, func(t *testing.T) {
			v := s.signedIn(t, x.address)
			menu := eval[string](v, "[...document.querySelectorAll('nav a')].map(a => a.innerText).join('|')")
			for _, item := range x.menu { // later versions have more
				if !slices.Contains(strings.Split(menu, "|"), item) {
					t.Errorf("the menu is %q, without %q", menu, item)
				}
			}
			if footer := eval[string](v, "document.querySelector('footer').innerText"); !strings.Contains(footer, "Signed in as ") {
				t.Errorf("the page does not say who is signed in: %q", footer)
			}
			v.press("form[action='/sign-out'] button")
			v.says("signing out", 200, "You are signed out")
			if v.cookie() != nil {
				t.Error("the cookie stayed")
			}
			if v.open("/"); v.title() != "Choose an account" {
				t.Errorf("after signing out the page is still there: %q", v.title())
			}
		})
	}
}

func TestSignOutEndsTheSession(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	v := s.signedIn(t, s.role(policy.RoleOfficer))
	kept := v.cookie()
	v.press("form[action='/sign-out'] button")
	v.plant(kept.Name, kept.Value)
	if v.open("/"); v.title() != "Choose an account" {
		t.Errorf("a cookie that was kept opens the site after signing out: %q", v.title())
	}
}

func TestTeacherReviews(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	course, address := s.teacher(3)
	posts := len(s.waiting()[course])
	v := s.signedIn(t, address)
	if got := v.count(oneButton); got != posts {
		t.Fatalf("the page shows %d posts, %d wait", got, posts)
	}
	link := v.value(".what a", "href")
	if !strings.HasPrefix(link, "https://classroom.google.com/") || !strings.Contains(link, "authuser="+strings.ReplaceAll(address, "@", "%40")) {
		t.Errorf("the post's link is %q: it should open it as the right account", link)
	}

	one, _, _ := strings.Cut(v.value(oneButton, "value"), " ")
	v.press(oneButton)
	v.says("one post", 200, "It is noted that you looked.")
	if got := v.count(oneButton); got != posts-1 {
		t.Errorf("%d posts are left after one of %d", got, posts)
	}
	if d := s.last(); d.Do != decisions.Reviewed || d.Item != one || d.By.ID != s.user(address).ID {
		t.Errorf("noted was %+v, want %s by %s", d, one, s.user(address).ID)
	}
	s.work()
	if left := s.waiting()[course]; slices.Contains(left, one) || len(left) != posts-1 {
		t.Errorf("after the worker %d posts wait, want %d without %s", len(left), posts-1, one)
	}

	v.open("/")
	v.press(allButton)
	v.says("all posts", 200, "It is noted that you looked.", "Nothing waits in your classes.")
	if got := v.count(oneButton); got != 0 {
		t.Errorf("%d posts are left", got)
	}
	s.work()
	if left := s.waiting()[course]; len(left) != 0 {
		t.Errorf("after the worker still wait %v", left)
	}
	if len(s.waiting()) == 0 {
		t.Error("nothing waits anywhere: the finding's closing proves nothing")
	}
	for key := range s.noted() {
		if j, err := decisions.Judged(t.Context(), s.main, key); err != nil || j == nil || !j.Counts {
			t.Errorf("decision %s was judged %+v, %v", key, j, err)
		}
	}
}

func TestKeyboardAloneReviews(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	_, address := s.teacher(2)
	v := s.signedIn(t, address)
	v.key("\t")
	if got := eval[string](v, "document.activeElement.innerText"); got != "Skip to the page" {
		t.Errorf("the first thing that the keyboard reaches is %q", got)
	}
	for range 200 {
		if eval[string](v, "document.activeElement.name ?? ''") == "one" {
			break
		}
		v.key("\t")
	}
	v.goes("Enter on “Reviewed”", chromedp.KeyEvent("\r"))
	v.says("by keyboard", 200, "It is noted that you looked.")
	if len(s.noted()) != 1 {
		t.Errorf("noted were %d decisions, want one", len(s.noted()))
	}
}

func TestAnswerCheckIn(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	v := s.signedIn(t, s.role(policy.RolePageHost))
	v.press("a[href='/check-ins']")
	v.says("the questions", 200, "social-media page")
	v.press("button[name=answer][value=yes]")
	v.says("an answer", 200, "Thank you. Your answer is noted.", "Noted just now: yes")
	if d := s.last(); d.Do != decisions.Answer || d.CheckIn != "social-media-page" || d.Answer != checkins.Yes {
		t.Errorf("noted was %+v", d)
	}
	s.work()
	v.open("/check-ins")
	v.says("after the worker", 200, "Answered: yes")
	book, err := checkins.Open(t.Context(), s.main)
	if err != nil {
		t.Fatal(err)
	}
	if got := book.All()["social-media-page"]; len(got) != 1 || got[0].Answer != checkins.Yes {
		t.Errorf("the worker has the answers %+v", got)
	}
}

func TestCover(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	course, _ := s.teacher(1)
	class, err := moderation.Load(t.Context(), s.main, course)
	if err != nil {
		t.Fatal(err)
	}
	standIn := s.colleague(course)
	sees := func(when string, want bool) {
		t.Helper()
		v := s.signedIn(t, standIn)
		if got := slices.Contains(strings.Split(eval[string](v, "[...document.querySelectorAll('h2')].map(h => h.innerText).join('|')"), "|"), class.Name); got != want {
			t.Errorf("%s: the colleague sees %s: %v, want %v\n%s", when, class.Name, got, want, v.text())
		}
	}
	sees("before", false)

	v := s.signedIn(t, s.role(policy.RoleOfficer))
	v.press("a[href='/classes']")
	v.set("#class", course)
	v.set("#who", s.user(standIn).ID)
	v.press("form[action='/cover'] button")
	v.says("naming cover", 200, "It is noted who stands in.")
	s.work()
	sees("named", true)

	v.open("/classes")
	v.says("the class's line", 200, "stands in until")
	v.press("form[action='/cover/ending'] button")
	v.says("ending cover", 200, "they no longer stand in")
	s.work()
	sees("ended", false)

	// In two taps: the class, and the button.
	v.open("/classes")
	v.press("a[href='/classes?class=" + course + "']")
	v.press("form[action='/cover'] button")
	v.says("naming cover in two taps", 200, "It is noted who stands in.")
	s.work()
	d := s.last()
	if d.Do != decisions.Cover || d.Course != course || d.From != s.inDays(0) || d.Until != s.inDays(0) || d.Who == "" || s.teaches(s.user(d.Who).PrimaryEmail, course) {
		t.Errorf("noted was %+v", d)
	}
	v.open("/classes")
	v.says("what became of it", 200, "you named who stands in until", "taken up")
}

// colleague is the address of an adult who plays no role and teaches no class.
func (s *stage) colleague(course string) string {
	s.t.Helper()
	book, err := memory.Rosters(s.t.Context(), s.main)
	if err != nil {
		s.t.Fatal(err)
	}
	teaches := map[string]bool{}
	for _, c := range book {
		for _, m := range c.Members {
			teaches[m.ID] = true
		}
	}
	adults, err := roster.Read(s.t.Context(), s.main)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, a := range adults {
		if u := s.user(a.ID); !teaches[a.ID] && u != nil && !s.named(u.PrimaryEmail) {
			return u.PrimaryEmail
		}
	}
	s.t.Fatalf("nobody could stand in for %s", course)
	return ""
}
