package browser

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/sim/world"
)

// A pupil's comment on a document of the class waits on the teacher's page, with the document's title and a link, until the teacher has looked; the teacher of another class can say nothing of it.
func TestTeacherReviewsDocument(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	course, teacher := s.teacher(1)
	stranger := s.teacherElsewhere(course)
	const title = "How bridges stand"
	file, err := s.world.CreateFile(&world.File{Name: title, MimeType: world.MimeDocument}, teacher)
	if err != nil {
		t.Fatal(err)
	}
	pupil := s.pupil()
	notice := &world.Post{Text: "Please have a look at this."}
	s.world.View(func() { notice.Materials = []world.Attachment{world.Attach(s.world.File(file), "")} })
	s.world.SetNow(s.world.Now().Add(time.Minute))
	for _, do := range []func() error{
		func() error {
			return s.world.Share(file, world.Grant{Type: "user", Role: "commenter", EmailAddress: pupil}, teacher)
		},
		func() error { return s.world.CreatePost(course, world.Announcement, notice, teacher) },
		func() error { _, err := s.world.CommentOnFile(file, "Zyx wvu.", nil, pupil); return err },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	s.work()
	item := moderation.Subject(course, moderation.DocumentPost(file))
	if !slices.Contains(s.waiting()[course], item) {
		t.Fatalf("the document does not wait: %v", s.waiting()[course])
	}

	v := s.signedIn(t, teacher)
	button := fmt.Sprintf("button[name=one][value^=%q]", item+" ")
	v.says("the teacher's page", 200, "The document “"+title+"”", "1 new comment")
	if strings.Contains(v.text(), "Zyx") {
		t.Error("the page shows what the comment says, which the program never reads")
	}
	link := v.value("a[href*="+fmt.Sprintf("%q", file)+"]", "href")
	if !strings.HasPrefix(link, "https://docs.google.com/document/d/"+file) || !strings.Contains(link, "authuser="+strings.ReplaceAll(teacher, "@", "%40")) {
		t.Errorf("the document's link is %q: it should open it as the right account", link)
	}
	value := v.value(button, "value")

	other := s.signedIn(t, stranger)
	if strings.Contains(other.text(), title) || other.count(button) != 0 {
		t.Errorf("the teacher of another class sees it:\n%s", other.text())
	}
	s.changesNothing(t, func() {
		other.set(oneButton, value)
		other.press(oneButton)
	})
	other.says("the teacher of another class", 403, "This is not yours to decide")

	v.press(button)
	v.says("reviewed", 200, "It is noted that you looked.")
	if v.count(button) != 0 {
		t.Error("it still waits on the page")
	}
	if d := s.last(); d.Do != decisions.Reviewed || d.Item != item || d.By.ID != s.user(teacher).ID {
		t.Errorf("noted was %+v", d)
	}
	s.work()
	if slices.Contains(s.waiting()[course], item) {
		t.Error("after the worker it still waits")
	}
	if v.open("/"); strings.Contains(v.text(), title) {
		t.Errorf("after the worker it is still on the page:\n%s", v.text())
	}
}

// teacherElsewhere is the address of a teacher of another class in which something waits.
func (s *stage) teacherElsewhere(course string) string {
	s.t.Helper()
	book, err := memory.Rosters(s.t.Context(), s.main)
	if err != nil {
		s.t.Fatal(err)
	}
	here := map[string]bool{}
	for _, m := range book[course].Members {
		here[m.ID] = true
	}
	for _, c := range slices.Sorted(maps.Keys(s.waiting())) {
		if c == course || book[c] == nil {
			continue
		}
		for _, m := range book[c].Members {
			if u := s.user(m.ID); m.Teacher && u != nil && !u.Suspended && !u.Archived && !here[m.ID] && !s.named(u.PrimaryEmail) {
				return u.PrimaryEmail
			}
		}
	}
	s.t.Fatalf("nobody teaches another class than %s in which something waits", course)
	return ""
}
