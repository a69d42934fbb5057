package moderation

import (
	"testing"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/classdojo"
)

const ash = "5f1e2d3c4b5a69788796a5b4"

func TestDojoSubjects(t *testing.T) {
	for _, class := range []string{ash, classdojo.School} {
		subject := Subject(Dojo(class), DojoPost)
		if subject != "dojo/"+class {
			t.Errorf("the subject of %s is %s", class, subject)
		}
		course, post, ok := ParseSubject(subject)
		if course != Dojo(class) || post != DojoPost || !ok {
			t.Errorf("%s is %s %s %v", subject, course, post, ok)
		}
		if have, ok := ParseDojo(course); have != class || !ok {
			t.Errorf("%s is the class %s %v", course, have, ok)
		}
	}
	for _, course := range []string{"51", "dojo.", "dojo.51", "dojo.school.", ash} {
		if _, ok := ParseDojo(course); ok {
			t.Errorf("%s is taken for a class on ClassDojo", course)
		}
		if have := Subject(course, "7"); have != "post/"+course+"-7" {
			t.Errorf("the subject of a post of %s is %s", course, have)
		}
	}
	if _, _, ok := ParseSubject("dojo/51"); ok {
		t.Error("something else is taken for an item of ClassDojo")
	}
}

func TestHear(t *testing.T) {
	at := time.Date(2026, 11, 17, 10, 0, 0, 0, time.UTC)
	c := &Class{}
	e := classdojo.Event{Kind: classdojo.Pending, Class: ash, At: at, Count: 3, Key: classdojo.MessageKey("a", classdojo.Pending, ash)}
	c.Hear(e)
	c.Hear(e)
	later := e
	later.Kind, later.At, later.Key = classdojo.Story, at.Add(time.Hour), classdojo.MessageKey("b", classdojo.Story, ash)
	c.Hear(later)
	p := c.Posts[DojoPost]
	if !p.Told {
		t.Error("Google is asked what it is")
	}
	rules := Rules{Replies: true, Date: func(t time.Time) calendar.Date { return calendar.DateOf(t) }}
	if got := c.Waiting(p, rules); len(got) != 2 || !got[0].At.Equal(at) {
		t.Errorf("%+v", got)
	}
	p.AddReview(Review{ID: "r", At: at.Add(30 * time.Minute), By: "kim", Saw: at})
	if got := c.Waiting(p, rules); len(got) != 1 || !got[0].At.Equal(later.At) {
		t.Errorf("after a look: %+v", got)
	}
	want := "https://teach.classdojo.com/#/classes/" + ash + "/story"
	if have := p.LinkAs(Dojo(ash), "kim@school.example"); have != want {
		t.Errorf("it is opened by %s", have)
	}
	if have := p.Words(func(string) string { return "" }); have != "what is new on ClassDojo" {
		t.Error(have)
	}
}
