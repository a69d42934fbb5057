package reports

import (
	"strings"
	"testing"
)

func digestSample() DigestInput {
	title := &Names{}
	named := &Names{}
	return DigestInput{
		School: "Example Primary", Titles: Titles{ESafetyOfficer: "Online Safety Co-ordinator"}, Reader: "Ann Brown", Now: now, Replies: true,
		Site: "https://review.school.example/", Mask: NewMask([]PupilName{{Full: "Amelia Rowbotham"}}),
		Posts: []DigestPost{
			{Class: "Kestrels", Words: "the announcement of 14 September", New: 2, Since: days(-3), Due: days(-1), PassedOn: true, Link: "https://classroom.google.com/c/NTUx/p/Nzg5?authuser=ann%40school.example"},
			{Class: "Kestrels", Words: "the classwork “" + title.Add("Our river") + "”", Names: title, New: 1, Since: days(-1), Due: days(1), Link: "https://classroom.google.com/c/NTUx/a/Nzkw"},
			{Class: "Choir", Words: "the classwork “" + named.Add("Amelia Rowbotham's solo") + "”", Names: named, New: 12, Since: now},
		},
	}
}

func digest(t *testing.T, in DigestInput) Rendered {
	t.Helper()
	r, err := Digest(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDigestGolden(t *testing.T) {
	r := digest(t, digestSample())
	golden(t, "digest.html", r.HTML)
	golden(t, "digest.txt", "Subject: "+r.Subject+"\n\n"+r.Text)
}

func TestDigest(t *testing.T) {
	if _, err := Digest(DigestInput{}); err == nil {
		t.Error("a mail about nothing")
	}
	one := digestSample()
	one.Posts, one.Site = one.Posts[1:2], ""
	told := one
	told.Posts = []DigestPost{{Class: "5 Ash", Words: "what is new on ClassDojo", New: 2, Since: days(-1), Told: true, Link: "https://teach.classdojo.com/#/classes/5f1e2d3c4b5a69788796a5b4/story"}}
	told.Asks = []AskedOf{{Title: "ClassDojo: 5 Ash", Question: "How is it set?", Due: days(1), Link: "https://review.school.example/check-ins"}}
	documents, both := one, digestSample()
	documents.Posts = []DigestPost{{Class: "5 Ash", Words: "the document “Volcanoes”", New: 1, Since: days(-1), Document: true}}
	both.Posts[0].Document = true
	silent := one
	silent.Replies = false
	for _, c := range []struct {
		in          DigestInput
		subject     string
		has, hasNot string
	}{
		{digestSample(), "3 posts to look at", "The Online Safety Co-ordinator has been told that it waits.", "Rowbotham"},
		{documents, "1 document to look at", "In your classes 1 document has new comments", "post"},
		{both, "3 posts and documents to look at", "In your classes 3 posts and documents have new comments", "solo"},
		{digestSample(), "3 posts to look at", "12 new comments", "solo"},
		{digestSample(), "3 posts to look at", "tap “Reviewed”", "it can be short"},
		{one, "1 post to look at", "Please look by", "Open my page"},
		{one, "1 post to look at", "A reply of yours shows that you have looked", "Reviewed"},
		{told, "1 post to look at", "there is something new in 1 place", "new comments"},
		{told, "1 post to look at", "2 new things that we were told of", "reply"},
		{told, "1 post to look at", "How is it set?", "esafetybot checkins"},
		{silent, "1 post to look at", "Open each one and read them.", "reply"},
	} {
		r := digest(t, c.in)
		if r.Subject != c.subject {
			t.Errorf("subject %q, want %q", r.Subject, c.subject)
		}
		for what, body := range map[string]string{"html": r.HTML, "text": strings.Join(strings.Fields(r.Text), " ")} {
			if what == "html" {
				body = strings.Join(strings.Fields(body), " ")
			}
			if !strings.Contains(body, c.has) || strings.Contains(body, c.hasNot) {
				t.Errorf("%s: wants %q, and not %q, in:\n%s", what, c.has, c.hasNot, body)
			}
		}
	}
}

// Whatever stands in a title or a class's name does no harm, and the mail is never too big.
func TestDigestHostile(t *testing.T) {
	in := digestSample()
	for _, text := range []string{"<script>alert(1)</script>", "\u202eevil", strings.Repeat("long ", 4000), "=1+1", "{1}"} {
		names := &Names{}
		for range 40 {
			in.Posts = append(in.Posts, DigestPost{Class: text, Words: "the classwork “" + names.Add(text) + "”", Names: names, New: 1, Since: now, Link: "javascript:alert(1)"})
		}
	}
	r := digest(t, in)
	if len(r.HTML) > MaxHTML || strings.Contains(r.HTML, "<script") || strings.Contains(r.HTML, "javascript:") || strings.Contains(r.HTML, "\u202e") {
		t.Errorf("%d bytes: %.2000s", len(r.HTML), r.HTML)
	}
}
