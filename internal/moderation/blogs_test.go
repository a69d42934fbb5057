package moderation

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
)

func TestBlogSubjects(t *testing.T) {
	key := BlogKey("44")
	if have := Subject(key, "7"); have != "blog-post/44-7" {
		t.Errorf("the subject is %s", have)
	}
	if course, post, ok := ParseSubject("blog-post/44-7"); course != key || post != "7" || !ok {
		t.Errorf("it is %q %q %v", course, post, ok)
	}
	if id, ok := BlogOf(key); id != "44" || !ok {
		t.Errorf("%s is the blog %q %v", key, id, ok)
	}
	if _, ok := BlogOf("44"); ok {
		t.Error("a class is taken for a blog")
	}
}

func TestBlogs(t *testing.T) {
	b := book(t, open(t))
	b.Class("1").Teach("kim")
	b.Class(BlogKey("9")).Blog = &Blog{Listed: true}
	b.Class(BlogKey("44")).Blog = &Blog{}
	if diff := cmp.Diff([]string{BlogKey("44"), BlogKey("9")}, b.Blogs()); diff != "" {
		t.Errorf("blogs (-want +have):\n%s", diff)
	}
}

// Only who runs a blog may show and hide comments there.
func TestRunners(t *testing.T) {
	b := &Blog{People: map[string]Blogger{"moe": {Role: Runs}, "lou": {Role: "AUTHOR"}, "kim": {Role: Runs}}}
	if diff := cmp.Diff([]string{"kim", "moe"}, b.Runners()); diff != "" {
		t.Errorf("runners (-want +have):\n%s", diff)
	}
}

func TestAct(t *testing.T) {
	p := &Post{Acts: []Act{{Key: "a"}, {Key: "b"}}}
	for _, key := range []string{"a", "b"} {
		if a := p.Act(key); a == nil || a.Key != key {
			t.Errorf("%s is %v", key, a)
		}
	}
	if a := p.Act("c"); a != nil {
		t.Errorf("what is not there is %v", a)
	}
	p.Act("b").Gone = Deleted
	if p.Acts[1].Gone != Deleted {
		t.Error("what is changed in an act is not changed in the post")
	}
}

// What waits at a blog: of everybody but its hosts, until somebody looked or decided; an answer below it shows nothing of what readers do not see.
func TestBlogWaits(t *testing.T) {
	comment := func(key, by string, at int) Act { return Act{At: hour(at), Key: key, By: by, What: Comment} }
	with := func(a Act, change func(*Act)) Act { change(&a); return a }
	guest, host, colleague := comment("g", "", 1), with(comment("h", "kim", 2), func(a *Act) { a.Adult = true }), with(comment("m", "moe", 2), func(a *Act) { a.Adult, a.Staff = true, true })
	pending := with(guest, func(a *Act) { a.Pending = true })
	replies := Rules{Replies: true, Date: calendar.DateOf}
	for _, c := range []struct {
		name   string
		acts   []Act
		hidden bool
		rules  Rules
		want   string
	}{
		{"a guest's", []Act{guest}, false, Rules{}, "g"},
		{"of a post that readers cannot see", []Act{guest}, true, Rules{}, ""},
		{"a host's own", []Act{host}, false, Rules{}, ""},
		{"a colleague's who does not look after it", []Act{colleague}, false, Rules{}, "m"},
		{"decided on", []Act{with(guest, func(a *Act) { a.Settled = true })}, false, Rules{}, ""},
		{"taken away", []Act{with(guest, func(a *Act) { a.Gone = Deleted })}, false, Rules{}, ""},
		{"answered", []Act{guest, host}, false, replies, ""},
		{"answered while it waits for approval", []Act{pending, host}, false, replies, "g"},
		{"an answer that readers do not see", []Act{guest, with(host, func(a *Act) { a.Pending = true })}, false, replies, "g"},
		{"an answer that was taken away", []Act{guest, with(host, func(a *Act) { a.Gone = Deleted })}, false, replies, "g"},
		{"an answer of somebody who was a pupil then", []Act{guest, comment("h", "kim", 2)}, false, replies, "g"},
		{"an answer of somebody who was staff then", []Act{guest, with(comment("h", "kim", 2), func(a *Act) { a.Staff = true })}, false, replies, ""},
	} {
		class := &Class{Blog: &Blog{Hosts: []string{"kim"}}, Taught: []string{"kim"}}
		p := class.Post("7")
		p.Hidden = c.hidden
		for _, a := range c.acts {
			p.Add(a)
		}
		have := ""
		for _, a := range class.Waiting(p, c.rules) {
			have += a.Key
		}
		if have != c.want {
			t.Errorf("%s: %q waits, want %q", c.name, have, c.want)
		}
	}
	p := &Post{Acts: []Act{guest, with(comment("z", "", 3), func(a *Act) { a.Gone = Deleted })}}
	if !p.Newest().Equal(hour(1)) {
		t.Errorf("the newest is of %v, which nobody can look at any more", p.Newest())
	}
}

// Up to when a post was looked at is what a page shows: by word or by answer, whichever is later, and never what was yet to come.
func TestLooked(t *testing.T) {
	answer := Act{At: hour(3), Key: "k", By: "kim", What: Comment, Staff: true}
	for name, c := range map[string]struct {
		acts    []Act
		reviews []Review
		want    time.Time
	}{
		"never":                    {nil, nil, time.Time{}},
		"said":                     {nil, []Review{{ID: "1", At: hour(2), Saw: hour(1)}}, hour(1)},
		"said of what is to come":  {nil, []Review{{ID: "1", At: hour(2), Saw: hour(9)}}, hour(2)},
		"said twice":               {nil, []Review{{ID: "1", At: hour(4), Saw: hour(3)}, {ID: "2", At: hour(5), Saw: hour(1)}}, hour(3)},
		"answered":                 {[]Act{answer}, nil, hour(3)},
		"answered after they said": {[]Act{answer}, []Review{{ID: "1", At: hour(2), Saw: hour(1)}}, hour(3)},
		"said after they answered": {[]Act{answer}, []Review{{ID: "1", At: hour(5), Saw: hour(4)}}, hour(4)},
	} {
		class := &Class{Taught: []string{"kim"}}
		if have := class.Looked(&Post{Acts: c.acts, Reviews: c.reviews}, Rules{Replies: true, Date: calendar.DateOf}); !have.Equal(c.want) {
			t.Errorf("%s: looked at up to %v, want %v", name, have, c.want)
		}
	}
}

// What a comment says is kept only while somebody is to look at it, by any rule.
func TestForgetTexts(t *testing.T) {
	class := &Class{Blog: &Blog{Hosts: []string{"kim"}}, Taught: []string{"kim"}}
	p := class.Post("7")
	p.Add(Act{At: hour(1), Key: "answered", What: Comment, Text: "So nice"})
	p.Add(Act{At: hour(2), Key: "k", By: "kim", What: Comment, Staff: true, Text: "Thank you"})
	p.Add(Act{At: hour(3), Key: "new", What: Comment, Text: "Which river?"})
	texts := func(rules ...Rules) []string {
		class.ForgetTexts(rules)
		var out []string
		for _, a := range p.Acts {
			out = append(out, a.Text)
		}
		return out
	}
	words, replies := Rules{Date: calendar.DateOf}, Rules{Replies: true, Date: calendar.DateOf}
	for _, c := range []struct {
		rules []Rules
		want  []string
	}{
		{[]Rules{replies, words}, []string{"So nice", "", "Which river?"}},
		{[]Rules{replies}, []string{"", "", "Which river?"}},
		{nil, []string{"", "", ""}},
	} {
		if diff := cmp.Diff(c.want, texts(c.rules...)); diff != "" {
			t.Errorf("texts (-want +have):\n%s", diff)
		}
	}
}
