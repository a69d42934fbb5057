package server_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	blogger "google.golang.org/api/blogger/v3"

	"esafetybot/internal/sim/generate"
	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// TestGeneratedBlogs reads the blogs of a whole generated school through the API, as everybody who has a list of blogs: each answer fits Google's schema (the
// server of the tests checks that), and together they are the tenant, every post and comment of every status with what it says.
func TestGeneratedBlogs(t *testing.T) {
	g, err := generate.Generate(generate.Options{Pupils: 30, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	w := g.World
	e := startWorld(t, w, Options{})
	have := map[string]bool{}
	seen := map[string]bool{}
	for _, u := range w.Users() {
		b := e.blogger(u.PrimaryEmail)
		l, err := b.Blogs.ListByUser("self").Status("LIVE", "DELETED").FetchUserInfo(true).Do()
		if strings.Contains(u.OrgUnitPath, "/Pupils") {
			want(t, "user "+u.ID, err, 403, "forbidden")
			continue
		}
		if err != nil {
			t.Fatalf("user %s: %v", u.ID, err)
		}
		for i, x := range l.Items {
			role := l.BlogUserInfos[i].BlogUserInfo
			have[fmt.Sprintf("%s %s: %s %s", x.Id, x.Status, role.UserId, role.Role)] = true
			if role.Role != "ADMIN" || seen[x.Id] {
				continue
			}
			seen[x.Id] = true
			err := b.Posts.List(x.Id).Status("LIVE", "DRAFT").MaxResults(3).Pages(context.Background(), func(l *blogger.PostList) error {
				for _, p := range l.Items {
					have[fmt.Sprintf("%s/%s %s %s %s: %s", x.Id, p.Id, p.Status, p.ReaderComments, p.Title, p.Content)] = true
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			err = b.Comments.ListByBlog(x.Id).Status("LIVE", "PENDING", "SPAM", "EMPTIED").FetchBodies(true).MaxResults(7).Pages(context.Background(), func(l *blogger.CommentList) error {
				for _, c := range l.Items {
					have[fmt.Sprintf("%s/%s/%s %s %s: %s", x.Id, c.Post.Id, c.Id, c.Status, c.Author.Id, c.Content)] = true
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	all := map[string]bool{}
	for _, b := range w.Blogs() {
		for _, m := range b.Members {
			all[fmt.Sprintf("%s %s: %s %s", b.Blog.ID, b.Blog.Status, m.UserID, m.Role)] = true
		}
		for _, p := range b.Posts {
			all[fmt.Sprintf("%s/%s %s %s %s: %s", b.Blog.ID, p.ID, p.Status, p.ReaderComments, p.Title, p.Content)] = true
			for _, c := range b.Comments[p.ID] {
				all[fmt.Sprintf("%s/%s/%s %s %s: %s", b.Blog.ID, p.ID, c.ID, c.Status, c.Author.ID, c.Content)] = true
			}
		}
	}
	if d := cmp.Diff(all, have); d != "" {
		t.Errorf("the API against the tenant (-tenant +API): %s", d)
	}
	if len(all) < 60 || !slices.ContainsFunc(w.Blogs(), func(b *world.Blog) bool { return b.Blog.Status == world.BlogDeleted }) {
		t.Errorf("only %d things on blogs", len(all))
	}
}
