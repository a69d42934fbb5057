package browser

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/checks/comments"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/store/bolt"
)

// waitingPosts is how many posts wait for the teacher of BenchmarkReviewPage; the goal is a median of 50 ms.
const waitingPosts = 2000

// BenchmarkReviewPage measures how long a teacher waits for their page when 2,000 posts of theirs wait, and the e-safety officer then for theirs, with the state in a file: the median of all requests, the browser's part left out.
func BenchmarkReviewPage(b *testing.B) {
	db, err := bolt.Open(filepath.Join(b.TempDir(), "state.db"), "school", bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	s := newStage(b, db, true)
	_, address := s.teacher(2)
	s.pile(address, waitingPosts)

	for _, who := range []struct{ role, address, shows string }{
		{"teacher", address, fmt.Sprintf("… and %d more", waitingPosts-200)},
		{"officer", s.role(policy.RoleOfficer), "open findings that you deal with"},
	} {
		b.Run(who.role, func(b *testing.B) {
			jar, err := cookiejar.New(nil)
			if err != nil {
				b.Fatal(err)
			}
			client := &http.Client{Jar: jar}
			get := func(path string) string {
				resp, err := client.Get(s.site + path)
				if err != nil {
					b.Fatal(err)
				}
				defer resp.Body.Close()
				text, err := io.ReadAll(resp.Body)
				if err != nil || resp.StatusCode != http.StatusOK {
					b.Fatalf("%s: status %d, %v", path, resp.StatusCode, err)
				}
				return string(text)
			}
			if page := get("/sign-in?login_hint=" + who.address); !strings.Contains(page, who.shows) {
				b.Fatalf("the page does not show %q", who.shows)
			}
			var took []time.Duration
			for b.Loop() {
				from := time.Now()
				get("/")
				took = append(took, time.Since(from))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/median")
			b.ReportMetric(float64(took[len(took)*9/10].Microseconds())/1000, "ms/p90")
		})
	}
}

// pile lets posts wait in the classes of a teacher until there are so many, with three comments each.
func (s *stage) pile(address string, posts int) {
	s.t.Helper()
	ctx, now := s.t.Context(), s.world.Now()
	teacher := s.user(address).ID
	book, err := moderation.Open(ctx, s.main)
	if err != nil {
		s.t.Fatal(err)
	}
	waiting, clause := s.waiting(), s.clause()
	var list []findings.Observed
	var mine []string
	for _, course := range book.Courses() {
		if slices.Contains(book.Class(course).Taught, teacher) {
			mine = append(mine, course)
			posts -= len(waiting[course])
		}
	}
	for i := range posts {
		course := mine[i%len(mine)]
		id := fmt.Sprintf("9%011d", i)
		p := book.Class(course).Post(id)
		p.Kind, p.Title, p.Told, p.Made = "coursework", fmt.Sprint("Piece of work ", i), true, now.Add(-72*time.Hour)
		for n := range 3 {
			p.Add(moderation.Act{At: now.Add(-time.Duration(60+n) * time.Hour), Key: fmt.Sprint("bench", n), By: "1", What: moderation.Comment})
		}
		list = append(list, findings.Observed{Clause: clause, Rule: comments.Means + "." + comments.Unreviewed, Subject: moderation.Subject(course, id), Severity: "medium", Deals: "class_teacher", Due: now.Add(24 * time.Hour)})
	}
	if err := book.Flush(ctx, s.main.Commit, nil); err != nil {
		s.t.Fatal(err)
	}
	keeper := &findings.Keeper{Store: s.main, Commit: s.main.Commit}
	var observed iter.Seq2[findings.Observed, error] = func(yield func(findings.Observed, error) bool) {
		for _, o := range list {
			if !yield(o, nil) {
				return
			}
		}
	}
	_, err = keeper.Sync(ctx, findings.Input{
		Run: findings.Run{ID: "bench", Now: now}, Means: comments.Means, Observed: observed,
		Evidence: func(context.Context, *findings.Finding) (findings.Evidence, error) { return findings.Evidence{}, nil },
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// clause is the one under which posts wait.
func (s *stage) clause() string {
	s.t.Helper()
	keeper := &findings.Keeper{Store: s.main, Commit: s.main.Commit}
	for f, err := range keeper.List(s.t.Context(), comments.Means, findings.Open) {
		if err != nil {
			s.t.Fatal(err)
		}
		if f.Rule == comments.Means+"."+comments.Unreviewed {
			return f.Clause
		}
	}
	s.t.Fatal("no post waits")
	return ""
}
