package truth

import (
	"fmt"
	"strings"
	"testing"
)

// What somebody wrote on blog 41 on Wednesday 11 November and nobody looked at, since ten and since noon.
const (
	readers     = "comments.unreviewed blog-post/41-1: due 2026-11-13, passed-on, since 2026-11-11T10:00:00Z"
	readersNoon = "comments.unreviewed blog-post/41-1: due 2026-11-13, passed-on, since 2026-11-11T12:00:00Z"
	onBlogs     = "{check: comments, with: {places: [blogs]}, severity: medium, due: 2 school days}"
	open        = `"readerComments": "ALLOW"`
)

// blogComment is a comment with a number on the post 1 of a blog; more is what else it has.
func blogComment(n int, status, at, author string, more ...string) string {
	return fmt.Sprintf(`{"id": "%d", "status": %q, "published": %q, "author": {"id": %q}%s}`, n, status, at, author, strings.Join(append([]string{""}, more...), ", "))
}

// blog is a blog with the post 1 and comments on it. Kim, whom the policy names as the host of 41, and Moe run it, Lou writes in it.
func blog(id, post string, comments ...string) string {
	return aBlog(id, `{"email": "kim@school.example", "userId": "b1", "role": "ADMIN"}, {"email": "moe@school.example", "userId": "b3", "role": "ADMIN"}, {"email": "lou@school.example", "userId": "b2", "role": "AUTHOR"}`, post, comments...)
}

func aBlog(id, members, post string, comments ...string) string {
	return fmt.Sprintf(`{"blog": {"id": %q}, "members": [%s], "posts": [{"id": "1", %s}], "comments": {"1": [%s]}}`, id, members, post, strings.Join(comments, ","))
}

func blogsAre(list ...string) map[string]string {
	return map[string]string{"blogs.json": "[" + strings.Join(list, ",") + "]"}
}

// on41 is blog 41 with comments.
func on41(comments ...string) map[string]string { return blogsAre(blog("41", open, comments...)) }

func onBlog(at, by, do, comment string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": %q, "comment": %q}`, at, by, do, comment)
}

func reviewedBlog(at, by, saw string) string {
	return fmt.Sprintf(`{"at": %q, "by": %q, "do": "reviewed", "item": "blog-post/41-1", "saw": %q}`, at, by, saw)
}

// runBlogs runs cases whose means looks at blogs unless they say otherwise.
func runBlogs(t *testing.T, cases []streamCase) {
	t.Helper()
	for i := range cases {
		cases[i].means = or(cases[i].means, onBlogs)
	}
	runStream(t, cases)
}

func both(a, b map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range []map[string]string{a, b} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func TestWhatWaitsOnBlogs(t *testing.T) {
	reader := blogComment(1, "LIVE", ten, "b9")
	runBlogs(t, []streamCase{
		{name: "no blog"},
		{name: "nobody commented", files: on41()},
		{name: "a reader's comment", files: on41(reader), want: []string{readers}},
		{name: "one that waits for approval", files: on41(blogComment(1, "PENDING", ten, "")), want: []string{readers}},
		{name: "spam, and an emptied one", files: on41(blogComment(1, "SPAM", ten, "b9"), blogComment(2, "EMPTIED", ten, "b9"))},
		{name: "of nobody that is known", files: on41(blogComment(1, "LIVE", ten, "")), want: []string{readers}},
		{name: "since the first of several", files: on41(blogComment(1, "PENDING", noon, "b9"), reader), want: []string{readers}},
		{name: "of the host", files: on41(blogComment(1, "LIVE", ten, "b1"))},
		{name: "of the host, waiting for approval", files: on41(blogComment(1, "PENDING", ten, "b1"))},
		{name: "of another administrator", files: on41(blogComment(1, "LIVE", ten, "b3")), want: []string{readers}},
		{name: "of an author", files: on41(blogComment(1, "LIVE", ten, "b2")), want: []string{readers}},
		{name: "of the host who is switched off", files: both(on41(blogComment(1, "LIVE", ten, "b1")), without(but(kim, `"suspended": true`))), want: []string{"comments.no-host blog/41: by/t3, listed"}},
		{name: "of the host who has no part in the blog", files: blogsAre(aBlog("41", `{"email": "moe@school.example", "userId": "b3", "role": "ADMIN"}`, open, blogComment(1, "LIVE", ten, "b1"))), want: []string{readers}},
		{name: "of a pupil who is named as a host", files: blogsAre(aBlog("41", `{"email": "pat@school.example", "userId": "b5", "role": "ADMIN"}`, open, blogComment(1, "LIVE", ten, "b5"))), want: []string{readers}},
		{name: "at the start", files: on41(blogComment(1, "LIVE", "2026-10-26T00:00:00Z", "b9")), want: []string{"comments.unreviewed blog-post/41-1: due 2026-11-03, passed-on, since 2026-10-26T00:00:00Z"}},
		{name: "before the start", files: on41(blogComment(1, "LIVE", "2026-10-25T23:59:59Z", "b9"))},
		{name: "not yet", files: on41(blogComment(1, "LIVE", "2026-11-16T09:00:01Z", "b9"))},
		{name: "on a draft", files: blogsAre(blog("41", `"status": "DRAFT"`, reader))},
		{name: "where comments are closed now", files: blogsAre(blog("41", `"readerComments": "DONT_ALLOW_HIDE_EXISTING"`, reader)), want: []string{readers}},
		{name: "on a blog that was deleted", files: map[string]string{"blogs.json": strings.Replace(on41(reader)["blogs.json"], `{"id": "41"}`, `{"id": "41", "status": "DELETED"}`, 1)}},
		{name: "days of the host", days: "{kite@school.example: [mon]}", files: on41(reader), want: []string{"comments.unreviewed blog-post/41-1: due 2026-11-23, since 2026-11-11T10:00:00Z"}},

		{name: "another place", means: "{check: comments, with: {}, severity: medium}", files: on41(reader)},
		{name: "both places", means: "{check: comments, with: {places: [classroom, blogs]}, severity: medium, due: 2 school days}", files: on41(reader), log: patWrote, want: []string{readers, pats}},
		{name: "another rule", means: "{check: comments, with: {rules: [no-host, private-by-other-adult], places: [blogs]}, severity: medium}", files: on41(reader)},
		{name: "staff says nothing here", means: "{check: comments, with: {staff: yes, places: [blogs]}, severity: medium, due: 2 school days}", files: on41(reader, blogComment(2, "LIVE", noon, "b1"))},
	})
}

func TestBlogsLookedAt(t *testing.T) {
	reader, hidden := blogComment(1, "LIVE", ten, "b9"), blogComment(1, "PENDING", ten, "b9")
	by := func(who string) []string { return []string{reviewedBlog(later, who, noon)} }
	noReplies := "{check: comments, with: {places: [blogs], replies: do-not-count}, severity: medium, due: 2 school days}"
	cover := stoodIn("2026-11-10T09:00:00Z", "office@school.example", "blog-41", "sue@school.example", "2026-11-13", "2026-11-13")
	runBlogs(t, []streamCase{
		{name: "the host answered", files: on41(reader, blogComment(2, "LIVE", noon, "b1"))},
		{name: "the host answered before", files: on41(reader, blogComment(2, "LIVE", "2026-11-11T09:59:59Z", "b1")), want: []string{readers}},
		{name: "the answer waits for approval itself", files: on41(reader, blogComment(2, "PENDING", noon, "b1")), want: []string{readers}},
		{name: "answers do not count", means: noReplies, files: on41(reader, blogComment(2, "LIVE", noon, "b1")), want: []string{readers}},
		{name: "an answer says nothing of what is hidden", files: on41(hidden, blogComment(2, "LIVE", noon, "b1")), want: []string{readers}},
		{name: "somebody else answered", files: on41(reader, blogComment(2, "LIVE", noon, "b3")), want: []string{readers}},
		{name: "the host answered another post", files: blogsAre(strings.NewReplacer(`"posts": [`, `"posts": [{"id": "2"}, `, `"comments": {`, `"comments": {"2": [`+blogComment(2, "LIVE", noon, "b1")+`], `).Replace(blog("41", open, reader))), want: []string{readers}},
		{name: "the host who is switched off answered", files: both(on41(reader, blogComment(2, "LIVE", noon, "b1")), without(but(kim, `"suspended": true`))),
			decisions: []string{stoodIn(later, "head@school.example", "blog-41", "sue@school.example", "2026-11-13", "2026-11-20")}},

		{name: "the host looked", files: on41(reader), decisions: by("kim@school.example")},
		{name: "at what is hidden too", files: on41(hidden), decisions: by("kite@school.example")},
		{name: "just that", files: on41(reader), decisions: []string{reviewedBlog(later, "kim@school.example", ten)}},
		{name: "was shown what was before", files: on41(reader), decisions: []string{reviewedBlog(later, "kim@school.example", "2026-11-11T09:59:59Z")}, want: []string{readers}},
		{name: "shown later than it was", files: on41(blogComment(1, "LIVE", noon, "b9")), decisions: []string{reviewedBlog(eleven, "kim@school.example", later)}, want: []string{readersNoon}},
		{name: "another administrator looked", files: on41(reader), decisions: by("moe@school.example"), want: []string{readers}},
		{name: "the page host looked", files: on41(reader), decisions: by("office@school.example"), want: []string{readers}},
		{name: "the head looked", files: on41(reader), decisions: by("principal@school.example")},
		{name: "a pupil who is named looked", files: on41(reader), decisions: by("pat@school.example"), want: []string{readers}},
		{name: "the host, switched off since", files: both(on41(reader), without(but(kim, `"suspended": true, "suspensionTime": "`+fridayAt+`"`))), decisions: append(by("kim@school.example"), stoodIn(thursdayAt, "head@school.example", "blog-41", "moe@school.example", "2026-11-12", "2026-11-30"))},
		{name: "the host, switched off before", files: both(on41(reader), without(but(kim, `"suspended": true, "suspensionTime": "`+thursdayAt+`"`))), decisions: append(by("kim@school.example"), stoodIn(thursdayAt, "head@school.example", "blog-41", "moe@school.example", "2026-11-14", "2026-11-30")), want: []string{readers}},
		{name: "cover looked", files: on41(reader), decisions: []string{cover, reviewedBlog(later, "sue@school.example", noon)}},
		{name: "cover looked the day before", files: on41(reader), decisions: []string{cover, reviewedBlog(thursdayAt, "sue@school.example", noon)}, want: []string{readers}},
		{name: "cover of a class", files: on41(reader), decisions: []string{strings.Replace(cover, "blog-41", "41", 1), reviewedBlog(later, "sue@school.example", noon)}, want: []string{readers}},
		{name: "a post in a class", files: on41(reader), decisions: []string{strings.Replace(by("kim@school.example")[0], "blog-post/", "post/", 1)}, want: []string{readers}},
	})
}

func TestBlogCommentsSettled(t *testing.T) {
	reader, hidden := blogComment(1, "LIVE", ten, "b9"), blogComment(1, "PENDING", ten, "b9")
	approvedAt := func(at string) map[string]string {
		return on41(blogComment(1, "LIVE", ten, "b9", `"approved": "`+at+`"`))
	}
	const first = "2026-11-12T05:00:00Z"
	runBlogs(t, []streamCase{
		{name: "approved", files: on41(reader), decisions: []string{onBlog(later, "kim@school.example", "approve", "41-1-1")}},
		{name: "taken for spam, and not yet so in Blogger", files: on41(reader), decisions: []string{onBlog(later, "officer@school.example", "spam", "41-1-1")}},
		{name: "removed, and not yet so in Blogger", files: on41(hidden), decisions: []string{onBlog(later, "kim@school.example", "remove", "41-1-1")}},
		{name: "another comment was", files: on41(reader, blogComment(2, "LIVE", noon, "b9")), decisions: []string{onBlog(later, "kim@school.example", "approve", "41-1-1")}, want: []string{readersNoon}},
		{name: "that of another blog was", files: on41(reader), decisions: []string{onBlog(later, "kim@school.example", "approve", "42-1-1")}, want: []string{readers}},
		{name: "by who may not", files: on41(reader), decisions: []string{onBlog(later, "moe@school.example", "approve", "41-1-1"), onBlog(later, "office@school.example", "spam", "41-1-1"), onBlog(later, "gone@school.example", "remove", "41-1-1")}, want: []string{readers}},
		{name: "not yet", files: on41(reader), decisions: []string{onBlog("2026-11-16T09:00:01Z", "kim@school.example", "approve", "41-1-1")}, want: []string{readers}},
		{name: "before the start", files: on41(reader), decisions: []string{onBlog("2026-10-25T09:00:00Z", "kim@school.example", "approve", "41-1-1")}, want: []string{readers}},

		{name: "approved in Blogger a day later", files: approvedAt("2026-11-12T10:00:00Z")},
		{name: "approved in Blogger sooner", files: approvedAt("2026-11-12T09:59:59Z"), want: []string{readers}},
		{name: "approved in Blogger a day after the first look", first: first, files: approvedAt("2026-11-13T05:00:00Z")},
		{name: "approved in Blogger before that", first: first, files: approvedAt("2026-11-13T04:59:59Z"), want: []string{readers}},
		{name: "approved and taken for spam since", files: on41(blogComment(1, "SPAM", ten, "b9", `"approved": "2026-11-13T10:00:00Z"`))},
	})
}

func TestBlogsWithoutHost(t *testing.T) {
	reader := blogComment(1, "LIVE", ten, "b9")
	not := func(id, more string) []string { return []string{"comments.no-host blog/" + id + ": " + more} }
	kimOff := without(but(kim, `"suspended": true`))
	covers := stoodIn(thursdayAt, "office@school.example", "blog-43", "moe@school.example", "2026-11-12", "2026-11-30")
	of := func(role, address string) string {
		return fmt.Sprintf(`{"email": %q, "userId": "b7", "role": %q}`, address, role)
	}
	runBlogs(t, []streamCase{
		{name: "listed, with a host", files: on41()},
		{name: "listed, its host switched off", files: both(on41(), kimOff), want: not("41", "by/t3, listed")},
		{name: "that waits too", files: both(on41(reader), kimOff), want: not("41", "by/t3, listed")},
		{name: "listed, its host archived", files: both(on41(), without(but(kim, `"archived": true`))), want: not("41", "by/t3, listed")},
		{name: "listed, its host deleted", files: both(on41(), and(without("t1"), "deletedusers.json", deleted(but(kim, `"deletionTime": "2026-11-12T09:00:00Z"`)))), want: not("41", "by/t3, listed")},
		{name: "listed, its host a pupil now", files: both(on41(), without(strings.Replace(kim, "/Staff", "/Pupils", 1))), want: not("41", "by/t3, listed")},
		{name: "listed, of hosts who are none", files: blogsAre(blog("42", open)), want: not("42", "by/t1, by/t3, listed")},
		{name: "covered", files: both(on41(reader), kimOff), decisions: []string{strings.Replace(covers, "43", "41", 1)}, want: []string{readers}},
		{name: "closed to comments", files: blogsAre(blog("42", `"readerComments": "DONT_ALLOW_SHOW_EXISTING"`))},
		{name: "closed, and one waits", files: blogsAre(blog("42", `"readerComments": "DONT_ALLOW_SHOW_EXISTING"`, reader)), want: not("42", "by/t1, by/t3, listed")},
		{name: "nothing is said of comments", files: blogsAre(blog("42", `"title": "x"`)), want: not("42", "by/t1, by/t3, listed")},
		{name: "only drafts", files: blogsAre(blog("42", open+`, "status": "DRAFT"`))},
		{name: "run by nobody of ours", files: blogsAre(aBlog("42", of("ADMIN", "friend@home.example"), open)), want: not("42", "listed")},
		{name: "not listed", files: blogsAre(blog("43", open)), want: not("43", "by/t1, by/t3, not-listed")},
		{name: "not listed, and closed to comments although one waits", files: blogsAre(blog("43", `"readerComments": "DONT_ALLOW_SHOW_EXISTING"`, reader))},
		{name: "not listed, and covered", files: blogsAre(blog("43", open)), decisions: []string{covers}, want: not("43", "by/t1, by/t3, not-listed")},
		{name: "of an author only", files: blogsAre(aBlog("43", of("AUTHOR", "moe@school.example"), open)), want: not("43", "not-listed")},
		{name: "of a reader only", files: blogsAre(aBlog("43", of("READER", "moe@school.example"), open))},
		{name: "of a pupil only", files: blogsAre(aBlog("43", of("ADMIN", "pat@school.example"), open))},
		{name: "of a guest only", files: blogsAre(aBlog("43", of("ADMIN", "guest@home.example"), open))},
		{name: "of supply", files: blogsAre(aBlog("43", of("ADMIN", "sue@school.example"), open)), want: not("43", "by/s1, not-listed")},
		{name: "of somebody who is switched off", files: both(blogsAre(aBlog("43", of("ADMIN", "kim@school.example"), open)), kimOff)},
		{name: "of another school of the trust", units: "[/Pupils, /Staff/Year 4]", files: blogsAre(aBlog("43", of("ADMIN", "lou@school.example"), open))},
		{name: "not asked", means: "{check: comments, with: {rules: [unreviewed], places: [blogs]}, severity: medium}", files: blogsAre(blog("43", open))},
	})
}
