package comments

import (
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"esafetybot/internal/moderation"
)

// blog makes the world's class a blog with the id 7, which the policy lists, and which kim runs and looks after.
func (w *world) blog(hosts ...string) {
	w.ask.Place, w.place = "blogs", "blogs"
	w.list = nil
	w.book = &moderation.Class{Taught: hosts, Blog: &moderation.Blog{Listed: true, Hosts: hosts, People: map[string]moderation.Blogger{"kim": {Role: moderation.Runs}}}}
	w.id = moderation.BlogKey("7")
}

// said notes a comment; by is "" for all but a host.
func (w *world) said(by, at string, more func(*moderation.Act)) {
	w.n++
	a := moderation.Act{At: moment(at), Key: fmt.Sprint(w.n), What: moderation.Comment, By: by, Adult: by != ""}
	if more != nil {
		more(&a)
	}
	w.book.Post("p1").Add(a)
}

func pending(a *moderation.Act) { a.Pending = true }
func settled(a *moderation.Act) { a.Settled = true }
func gone(a *moderation.Act)    { a.Gone = moderation.Deleted }

func TestBlogs(t *testing.T) {
	thursday := []string{"blog-post/7-p1: due 2026-11-19, since 2026-11-17T10:00:00Z"}
	afterNoon := []string{"blog-post/7-p1: due 2026-11-19, since 2026-11-17T12:00:00Z"}
	on := func(set func(*world)) func(*world) { return func(w *world) { w.blog("kim"); set(w) } }
	play(t, Unreviewed, []scene{
		{"nothing", on(func(*world) {}), nil},
		{"a comment", on(func(w *world) { w.said("", ten, nil) }), thursday},
		{"not where blogs are not asked for", on(func(w *world) { w.said("", ten, nil); w.ask.Place = "classroom" }), nil},
		{"that waits to be let through", on(func(w *world) { w.said("", ten, pending) }), thursday},
		{"a host's own", on(func(w *world) { w.said("kim", ten, nil) }), nil},
		{"a host's own, with staff too", on(func(w *world) { w.said("kim", ten, nil); w.ask.Staff = true }), nil},
		{"somebody decided on it", on(func(w *world) { w.said("", ten, settled) }), nil},
		{"it is gone", on(func(w *world) { w.said("", ten, gone) }), nil},
		{"readers cannot see the post", on(func(w *world) { w.said("", ten, nil); w.book.Post("p1").Hidden = true }), nil},
		{"a host answered", on(func(w *world) { w.said("", ten, nil); w.said("kim", noon, nil) }), nil},
		{"before it was said", on(func(w *world) { w.said("", noon, nil); w.said("kim", ten, nil) }), afterNoon},
		{"an answer that waits itself", on(func(w *world) { w.said("", ten, nil); w.said("kim", noon, pending) }), thursday},
		{"an answer that is gone", on(func(w *world) { w.said("", ten, nil); w.said("kim", noon, gone) }), thursday},
		{"answers do not count", on(func(w *world) { w.said("", ten, nil); w.said("kim", noon, nil); w.ask.Replies = false }), thursday},
		{"an answer shows nothing about what is hidden", on(func(w *world) { w.said("", ten, pending); w.said("kim", noon, nil) }), thursday},
		{"a host looked", on(func(w *world) { w.said("", ten, nil); w.said("", ten, pending); w.reviewed("kim", noon, noon) }), nil},
		{"a host saw the first only", on(func(w *world) { w.said("", ten, nil); w.said("", noon, nil); w.reviewed("kim", noon, ten) }), afterNoon},
	})
	play(t, NoHost, []scene{
		{"somebody looks after it", on(func(w *world) { w.said("", ten, nil); w.book.Blog.Open = true }), nil},
		{"nobody, and it takes comments", func(w *world) { w.blog("old"); w.book.Blog.Open = true }, []string{"blog/7: by/kim, listed"}},
		{"nobody, and a comment waits", func(w *world) { w.blog(); w.said("", ten, nil) }, []string{"blog/7: by/kim, listed"}},
		{"nobody, and nothing is open", func(w *world) { w.blog(); w.said("", ten, settled) }, nil},
		{"somebody stands in", func(w *world) { w.blog(); w.book.Blog.Open = true; w.cover("lou", "2026-11-18", "2026-11-18") }, nil},
		{"nobody listed it", func(w *world) {
			w.blog()
			w.book.Blog.Listed, w.book.Blog.Open = false, true
			w.book.Blog.People = map[string]moderation.Blogger{"kim": {Role: "AUTHOR"}, "moe": {Role: moderation.Runs}, "old": {Role: moderation.Runs}, "elm": {Role: moderation.Runs}, "pat": {Role: moderation.Runs}, "gus": {Role: moderation.Runs}, "gone": {Role: moderation.Runs}}
		}, []string{"blog/7: by/moe, not-listed"}},
		{"nobody listed it, and it takes no comments", func(w *world) { w.blog(); w.book.Blog.Listed = false; w.said("", ten, nil) }, nil},
	})
}

// What is asked of one place says nothing of another.
func TestOtherPlaces(t *testing.T) {
	play(t, PrivateByOtherAdult, []scene{
		{"of a blog, about a class", func(w *world) { w.private("moe", ten); w.ask.Place = "blogs" }, nil},
	})
	w := newWorld(Unreviewed)
	w.wrote("pat", ten)
	in := w.input()
	other := w.ask
	other.Place = "blogs"
	if have := in.Waiting(other, in.Classes[0]); have != nil {
		t.Errorf("%+v", have)
	}
}

// A class's documents are judged apart from its posts: neither is told twice, nor as the other.
func TestDocumentsApart(t *testing.T) {
	w := newWorld(Unreviewed)
	w.ask.Rules = []string{Unreviewed, PrivateByOtherAdult}
	w.wrote("pat", ten)
	w.private("moe", ten)
	w.book.Post(moderation.DocumentPost("1-a")).Add(moderation.Act{At: moment(noon), Key: "d", By: "pat", What: moderation.Comment})
	in := w.input()
	documents := in.Classes[0]
	documents.Place, documents.Documents = "documents", true
	ask := in.Asks[0]
	ask.Clause, ask.Place = "A6", "documents"
	in.Classes, in.Asks = append(in.Classes, documents), append(in.Asks, ask)
	var have []string
	for _, o := range Check(in) {
		have = append(have, o.Clause+" "+o.Rule+" "+o.Subject)
	}
	want := []string{"A1 comments.private-by-other-adult post/c1-p1", "A1 comments.unreviewed post/c1-p1", "A6 comments.unreviewed document/c1-1-a"}
	if diff := gocmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

func TestPlaceOf(t *testing.T) {
	for _, c := range []struct{ course, post, want string }{
		{"512", "601", "classroom"}, {"512", moderation.DocumentPost("1a"), "documents"}, {moderation.BlogKey("7"), "8", "blogs"},
		{moderation.Dojo("5f1e2d3c4b5a69788796a5b4"), moderation.DojoPost, "classdojo"},
	} {
		if have := PlaceOf(c.course, c.post); have != c.want {
			t.Errorf("%s of %s is in %s, want %s", c.post, c.course, have, c.want)
		}
	}
}
