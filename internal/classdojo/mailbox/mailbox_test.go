package mailbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/mail/dmarc"
)

const (
	oak   = "5f1e2d3c4b5a69788796a5b4"
	elm   = "5f1e2d3c4b5a69788796a5b5"
	trace = "Delivered-To: dojo@school.example\r\nReceived: by 2002:a05:6000:1 with SMTP id x1;\r\n        Mon, 5 Oct 2026 01:00:00 -0700 (PDT)\r\n" +
		"ARC-Authentication-Results: i=1; mx.google.com; dmarc=fail header.from=classdojo.com\r\nReturn-Path: <bounce@mail.classdojo.com>\r\n" +
		"Received: from mail.classdojo.com (mail.classdojo.com. [192.0.2.1]) by mx.google.com with ESMTPS id y1 for <dojo@school.example>; Mon, 5 Oct 2026 00:59:00 -0700 (PDT)\r\n"
	proof = "Authentication-Results: mx.google.com;\r\n       dkim=pass header.i=@classdojo.com header.s=s1 header.b=Ab/c+d=;\r\n" +
		"       spf=pass (google.com: domain of bounce@mail.classdojo.com designates 192.0.2.1 as permitted sender) smtp.mailfrom=bounce@mail.classdojo.com;\r\n" +
		"       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=classdojo.com\r\n"
	from = "From: \"Zyx Wvu (via ClassDojo)\" <hello@classdojo.com>\r\n"
	rest = "To: dojo@school.example\r\nSubject: Zyx Wvu wrote something\r\nMessage-ID: <m1@classdojo.com>\r\nDate: Mon, 5 Oct 2026 07:58:00 +0000\r\nMIME-Version: 1.0\r\n"
)

func deep(class, target string) string {
	return "https://www.classdojo.com/ul/t/class?classID=" + class + "&target=" + target
}

func htmlMail(body string) string {
	return trace + proof + from + rest + "Content-Type: text/html; charset=utf-8\r\n\r\n" + body
}

func href(link string) string {
	return `<a href="` + strings.ReplaceAll(link, "&", "&amp;") + `">Zyx Wvu: Well done!</a>`
}

func event(kind classdojo.Kind, class string) classdojo.Event {
	return classdojo.Event{
		Kind: kind, Class: class, Link: classdojo.Target{Kind: kind, Class: class}.Link(), At: time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC), Count: 1,
		Key: classdojo.MessageKey("<m1@classdojo.com>", kind, class), From: classdojo.FromMailbox,
	}
}

func told(events ...classdojo.Event) Verdict { return Verdict{Told, events} }

func TestClassify(t *testing.T) {
	story := href(deep(oak, "story"))
	good := htmlMail(story)
	var qp bytes.Buffer
	w := quotedprintable.NewWriter(&qp)
	_, _ = w.Write([]byte(strings.Repeat("é ", 40) + story))
	_ = w.Close()
	multi := func(parts ...string) string {
		return trace + proof + from + rest + "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n" + strings.Join(parts, "\r\n--b\r\n") + "\r\n--b--\r\n"
	}
	deepest := "Content-Type: text/plain\r\n\r\n" + deep(oak, "story")
	for i := range maxDepth + 1 {
		deepest = fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%s\r\n--b%d--\r\n", i, i, deepest, i)
	}
	replace := func(old, with string) string {
		out := strings.Replace(good, old, with, 1)
		if out == good {
			t.Fatalf("%q does not stand in the mail", old)
		}
		return out
	}
	for _, c := range []struct {
		name, raw string
		want      Verdict
	}{
		{"a Story", good, told(event(classdojo.Story, oak))},
		{"with plain line ends", strings.ReplaceAll(good, "\r\n", "\n"), told(event(classdojo.Story, oak))},
		{"a pupil's post", htmlMail(href(deep(oak, "pendingStory"))), told(event(classdojo.Pending, oak))},
		{"a portfolio", htmlMail(href(deep(oak, "portfolio") + "&portfolioID=" + elm)), told(event(classdojo.Portfolio, oak))},
		{"a message", htmlMail(href(deep(oak, "messages") + "&conversationID=" + elm)), told(event(classdojo.Messages, oak))},
		{"the School Story", htmlMail(href("https://www.classdojo.com/ul/t/school?target=story")), told(event(classdojo.Story, classdojo.School))},
		{"a web page", htmlMail(href("https://teach.classdojo.com/#/classes/" + oak + "/story")), told(event(classdojo.Story, oak))},
		{"several places, each once", htmlMail(story + story + href(deep(elm, "story")) + href(deep(oak, "messages"))),
			told(event(classdojo.Story, oak), event(classdojo.Story, elm), event(classdojo.Messages, oak))},
		{"quoted-printable", trace + proof + from + rest + "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + qp.String(), told(event(classdojo.Story, oak))},
		{"base64", trace + proof + from + rest + "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(story)), told(event(classdojo.Story, oak))},
		{"without a type", trace + proof + from + rest + "\r\nLook: " + deep(oak, "story") + ".\r\n", told(event(classdojo.Story, oak))},
		{"a charset nobody knows", trace + proof + from + rest + "Content-Type: text/html; charset=x-zyx\r\n\r\n" + story, told(event(classdojo.Story, oak))},
		{"two parts", multi("Content-Type: text/plain\r\n\r\nLook: <"+deep(oak, "story")+">", "Content-Type: text/html; charset=x-zyx\r\n\r\n"+story), told(event(classdojo.Story, oak))},
		{"the link in the second part", multi("Content-Type: text/plain\r\n\r\nLook!", "Content-Type: text/html\r\n\r\n"+story), told(event(classdojo.Story, oak))},
		{"a link in an attachment", multi("Content-Type: text/plain\r\n\r\nLook!", "Content-Type: text/calendar\r\n\r\n"+story), Verdict{Outcome: Unclassified}},
		{"a mail within the mail", multi("Content-Type: message/rfc822\r\n\r\n" + good), Verdict{Outcome: Unclassified}},
		{"wording does not matter", htmlMail("There is a new comment on your Class Story!"), Verdict{Outcome: Unclassified}},
		{"a link that does not say which class", htmlMail(href("https://www.classdojo.com/ul/t/class?target=story")), Verdict{Outcome: Unclassified}},
		{"a link that counts clicks", htmlMail(href("https://clicks.classdojo.com/f/a/Zyx~~/story")), Verdict{Outcome: Unclassified}},
		{"a link to somebody else", htmlMail(href("https://evil.example/?u=" + deep("x", "story"))), Verdict{Outcome: Unclassified}},
		{"nothing in it", trace + proof + from + rest + "\r\n", Verdict{Outcome: Unclassified}},

		{"a code", strings.Replace(htmlMail("Zyx"), "Zyx Wvu wrote something", "123456 is your code", 1), Verdict{Outcome: OneTimeCode}},
		{"a code in two groups", strings.Replace(htmlMail("Zyx"), "Zyx Wvu wrote something", "Your code: 123-456", 1), Verdict{Outcome: OneTimeCode}},
		{"a code, encoded", strings.Replace(htmlMail("Zyx"), "Zyx Wvu wrote something", "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte("Código: 4821"))+"?=", 1), Verdict{Outcome: OneTimeCode}},
		{"a link that proves an address", htmlMail(href("https://www.classdojo.com/ul/t/home?target=verifyEmail&userID=" + oak + "&hash=0")), Verdict{Outcome: OneTimeCode}},
		{"a link for signing in", htmlMail(href("https://teach.classdojo.com/#/login?token=0")), Verdict{Outcome: OneTimeCode}},
		{"an invitation", htmlMail(href("https://www.classdojo.com/ul/p/addKid?target=code&code=PABC")), Verdict{Outcome: OneTimeCode}},
		{"digits in the subject of a mail on a Story", replace("wrote something", "wrote: 2026 was 12345 good"), told(event(classdojo.Story, oak))},
		{"a number that is no code", strings.Replace(htmlMail("Zyx"), "wrote something", "gave 3 points to 123456789 and 4B123456", 1), Verdict{Outcome: Unclassified}},

		{"DMARC failed", replace("dmarc=pass", "dmarc=fail"), Verdict{Outcome: Unproven}},
		{"no DMARC", replace("dmarc=pass", "dkim=pass"), Verdict{Outcome: Unproven}},
		{"nothing said", replace(proof, ""), Verdict{Outcome: Unproven}},
		{"another server said so", replace("Results: mx.google.com", "Results: mx.evil.example"), Verdict{Outcome: Unproven}},
		{"forged below Google's", replace(proof, strings.Replace(proof, "dmarc=pass", "dmarc=fail", 1)+proof), Verdict{Outcome: Unproven}},
		{"forged below another's", replace(proof, "Authentication-Results: mx.evil.example; dmarc=fail\r\n"+proof), Verdict{Outcome: Unproven}},
		{"failed below Google's pass", replace(proof, proof+"Authentication-Results: mx.google.com; dmarc=fail header.from=classdojo.com\r\n"), told(event(classdojo.Story, oak))},
		{"said by ARC only", replace("Authentication-Results: mx", "ARC-Authentication-Results: i=2; mx"), Verdict{Outcome: Unproven}},
		{"said before it was passed on only", replace("Authentication-Results: mx", "X-Original-Authentication-Results: mx"), Verdict{Outcome: Unproven}},
		{"for another domain", replace("NONE) header.from=classdojo.com", "NONE) header.from=evil.example"), Verdict{Outcome: Unproven}},
		{"for a domain below", replace("NONE) header.from=classdojo.com", "NONE) header.from=x.classdojo.com"), Verdict{Outcome: Unproven}},
		{"a subdomain, under its domain's policy", replace("<hello@classdojo.com>", "<hello@mail.classdojo.com>"), told(event(classdojo.Story, oak))},
		{"a subdomain", strings.Replace(replace("<hello@classdojo.com>", "<hello@mail.classdojo.com>"), "NONE) header.from=classdojo.com", "NONE) header.from=Mail.ClassDojo.com", 1), told(event(classdojo.Story, oak))},
		{"another domain", replace("<hello@classdojo.com>", "<hello@evil.example>"), Verdict{Outcome: NotTheirs}},
		{"a domain like it", replace("<hello@classdojo.com>", "<hello@not"+"classdojo.com>"), Verdict{Outcome: NotTheirs}},
		{"a name like the address", replace(from, "From: \"hello@classdojo.com\" <a@evil.example>\r\n"), Verdict{Outcome: NotTheirs}},
		{"two senders", replace(from, from+"From: a@evil.example\r\n"), Verdict{Outcome: Unreadable}},
		{"two addresses", replace(from, "From: hello@classdojo.com, a@evil.example\r\n"), Verdict{Outcome: Unreadable}},
		{"no sender", replace(from, ""), Verdict{Outcome: Unreadable}},
		{"no Message-ID", replace("Message-ID: <m1@classdojo.com>\r\n", ""), Verdict{Outcome: Unreadable}},
		{"two Message-IDs", replace("Message-ID:", "Message-ID: <m2@classdojo.com>\r\nMessage-ID:"), Verdict{Outcome: Unreadable}},
		{"no time", strings.NewReplacer("Mon, 5 Oct 2026", "some day").Replace(good), Verdict{Outcome: Unreadable}},
		{"too many parts", multi(strings.Split(strings.Repeat("Content-Type: text/plain\r\n\r\nx|", maxParts)+"x", "|")...), Verdict{Outcome: Unreadable}},
		{"too deep", trace + proof + from + rest + deepest, Verdict{Outcome: Unreadable}},
		{"too many links", htmlMail(strings.Repeat(story, maxLinks+1)), Verdict{Outcome: Unreadable}},
		{"too long a text", htmlMail(strings.Repeat("a", maxText+1)), Verdict{Outcome: Unreadable}},
		{"too large", htmlMail(strings.Repeat("a", maxMail)), Verdict{Outcome: Unreadable}},
		{"no mail", "\x00\x01", Verdict{Outcome: Unreadable}},
		{"empty", "", Verdict{Outcome: Unreadable}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Classify([]byte(c.raw))
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			for _, e := range got.Events {
				if err := e.Check(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestReceived(t *testing.T) {
	good := htmlMail(href(deep(oak, "story")))
	for name, c := range map[string]struct {
		raw  string
		want string
	}{
		"by Google":               {good, "2026-10-05T08:00:00Z"},
		"no Received":             {strings.Replace(good, trace, "", 1), "2026-10-05T07:58:00Z"},
		"a Received without time": {strings.Replace(good, trace, "Received: by x\r\n", 1), "2026-10-05T07:58:00Z"},
	} {
		v := Classify([]byte(c.raw))
		if len(v.Events) != 1 || v.Events[0].At.Format(time.RFC3339) != c.want {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestProven(t *testing.T) {
	const pass = "dmarc=pass header.from=classdojo.com"
	for value, want := range map[string]bool{
		"mx.google.com; " + pass:                                                          true,
		"MX.Google.com 1; DMARC = Pass header.from = ClassDojo.com":                       true,
		"mx.google.com; dmarc/1=pass (a (nested) \\) one) header.from=\"classdojo.com\";": true,
		"mx.google.com; none":                                                             false,
		"mx.google.com":                                                                   false,
		"":                                                                                false,
		"mx.google.com.evil.example; " + pass:                                             false,
		"\"mx.google.com\"; " + pass:                                                      false,
		"evil.example (mx.google.com); " + pass:                                           false,
		"mx.google.com; spf=fail (x; " + pass + ")":                                       false,
		"mx.google.com; spf=fail smtp.mailfrom=\"x; " + pass + "\"":                       false,
		"mx.google.com; spf=fail smtp.mailfrom=\"x\\\"; " + pass + "\"":                   false,
		"mx.google.com; spf=fail (x) ; " + pass + " (y); dmarc=fail header.from=classdojo.com":          false,
		"mx.google.com; dmarc=fail header.from=classdojo.com; " + pass:                                  false,
		"mx.google.com; " + pass + " header.from=classdojo.com":                                         false,
		"mx.google.com; dmarc=pass":                                                                     false,
		"mx.google.com; dmarc=pass policy.from=classdojo.com":                                           false,
		"mx.google.com; dmarc=passed header.from=classdojo.com":                                         false,
		"mx.google.com; dmarc=bestguesspass header.from=classdojo.com":                                  false,
		"mx.google.com; dmarc=pass header.from=com":                                                     false,
		"mx.google.com; dmarc=pass header.from=dojo" + ".com":                                           false,
		"mx.google.com; " + pass + " (":                                                                 false,
		"mx.google.com; " + pass + " )":                                                                 false,
		"mx.google.com; " + pass + " \"":                                                                false,
		"mx.google.com; " + pass + " header.x":                                                          false,
		"mx.google.com; dkim=pass header.b=a=b=; " + pass:                                               true,
		"mx.google.com; spf=pass (google.com: domain of a=b@x designates) smtp.mailfrom=a=b@x; " + pass: true,
	} {
		if got := dmarc.Passed([]string{value, "mx.google.com; " + pass}, "classdojo.com", theirs); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
	if dmarc.Passed(nil, "classdojo.com", theirs) {
		t.Error("proven by nothing")
	}
}

type box []any // []byte or error

func (b box) Messages(context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, x := range b {
			if err, is := x.(error); is {
				if !yield(nil, err) {
					return
				}
			} else if !yield([]byte(x.(string)), nil) {
				return
			}
		}
	}
}

func TestSource(t *testing.T) {
	broken := errors.New("the line broke")
	good := htmlMail(href(deep(oak, "story")))
	s := &Source{Box: box{
		good, broken, htmlMail("nothing"), strings.Replace(good, "dmarc=pass", "dmarc=fail", 1), strings.Replace(good, "hello@classdojo.com", "a@evil.example", 1), "",
		htmlMail(href("https://teach.classdojo.com/#/login")), htmlMail(href(deep(elm, "messages")) + href(deep(elm, "story"))),
	}}
	var src classdojo.Source = s
	var got []classdojo.Event
	failed := 0
	for e, err := range src.Events(context.Background()) {
		if err != nil {
			failed++
			if !errors.Is(err, broken) {
				t.Error(err)
			}
			continue
		}
		got = append(got, e)
	}
	want := []classdojo.Event{event(classdojo.Story, oak), event(classdojo.Messages, elm), event(classdojo.Story, elm)}
	if diff := cmp.Diff(want, got); diff != "" || failed != 1 {
		t.Error(failed, diff)
	}
	tally := Tally{Told: 2, Unclassified: 1, OneTimeCodes: 1, Unproven: 1, NotTheirs: 1, Unreadable: 1}
	if s.Tally() != tally {
		t.Errorf("%+v", s.Tally())
	}
	words := "Mails to the ClassDojo mailbox that told us nothing: 1 of ClassDojo's do not say by their links what they are about; 1 held a code or a link for signing in and were dropped; " +
		"1 say that they are from ClassDojo, and Google did not find that they are; 1 are from somebody else; 1 could not be read."
	if got := tally.Doubtful(); got != (Tally{Unclassified: 1, Unproven: 1, Unreadable: 1}) {
		t.Errorf("in doubt are %+v", got)
	}
	if got := s.Tally().Words(); got != words || (Tally{Told: 3}).Words() != "" {
		t.Error(got)
	}
	for _, err := range src.Events(context.Background()) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if s.Tally() != (Tally{Told: 1}) {
		t.Errorf("read again and stopped: %+v", s.Tally())
	}
	if sight := src.Sight(); src.Name() != "mailbox" || !strings.Contains(strings.Join(sight.Unseen, "; "), "what a post, comment or message says") {
		t.Error(sight)
	}
}

// Whatever a mail says, nothing of it comes out: of two mails that differ only in words, names and tracking, the verdicts are the same.
func TestNothingOfTheTextComesOut(t *testing.T) {
	words := rapid.StringMatching(`[A-Za-z ,.!?'-]{0,60}`)
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom([]string{"story", "portfolio", "messages", "pendingStory", "points"}).Draw(t, "target")
		one := func() string {
			s := htmlMail("<p>" + words.Draw(t, "before") + "</p>" + href(deep(oak, target)+"&utm_x="+rapid.StringMatching(`[a-z0-9]{0,9}`).Draw(t, "tracking")) + words.Draw(t, "after"))
			return strings.NewReplacer("Zyx Wvu wrote something", words.Draw(t, "subject"), "Zyx Wvu (via", strings.ReplaceAll(words.Draw(t, "name"), "\\", "")+" (via").Replace(s)
		}
		if diff := cmp.Diff(Classify([]byte(one())), Classify([]byte(one()))); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzClassify: whatever comes, there is a verdict; one that tells something holds valid events and was proven.
func FuzzClassify(f *testing.F) {
	f.Add([]byte(htmlMail(href(deep(oak, "story")))))
	f.Add([]byte(htmlMail(href("https://teach.classdojo.com/#/login"))))
	f.Add([]byte(trace + proof + from + rest + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n" + deep(elm, "messages") + "\r\n--b--\r\n"))
	f.Add([]byte(from + "\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v := Classify(raw)
		if (v.Outcome == Told) != (len(v.Events) > 0) {
			t.Fatalf("%+v", v)
		}
		for _, e := range v.Events {
			if err := e.Check(); err != nil {
				t.Fatalf("%+v: %v", e, err)
			}
			if !bytes.Contains(bytes.ToLower(raw), []byte("mx.google.com")) {
				t.Fatal("told without proof")
			}
		}
	})
}

// FuzzProven: what the sender can bring into a comment or a quoted string never turns a failure into a pass.
func FuzzProven(f *testing.F) {
	f.Add(") ; dmarc=pass header.from=classdojo.com (")
	f.Add("\"; dmarc=pass header.from=classdojo.com; x=\"")
	f.Add("\\")
	f.Add(");dmarc=pass header.from=classdojo.com;dmarc=none(")
	f.Fuzz(func(t *testing.T, s string) {
		value := "mx.google.com; spf=fail (google.com: domain of " + s + " does not designate) smtp.mailfrom=" + s + "; dmarc=fail (p=REJECT) header.from=classdojo.com"
		if dmarc.Passed([]string{value}, "classdojo.com", theirs) {
			t.Fatal(value)
		}
	})
}
