package bounce

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// gmails is a report as Gmail writes it: the words for people in several forms, then what is meant for machines, then the mail.
const gmails = `Delivered-To: safety@school.example
Return-Path: <>
Authentication-Results: mx.google.com; dkim=pass header.i=@googlemail.com header.s=20230601;
       dmarc=pass (p=QUARANTINE sp=QUARANTINE dis=NONE) header.from=googlemail.com
MIME-Version: 1.0
Content-Type: multipart/report; boundary="b1"; report-type=delivery-status
To: safety@school.example
Auto-Submitted: auto-replied
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
Subject: Delivery Status Notification (Failure)
In-Reply-To: <esafetybot.1@school.example>
X-Failed-Recipients: Ann@school.example
Message-ID: <2.mr@mx.google.com>
Date: Fri, 20 Nov 2026 07:31:00 -0800 (PST)

--b1
Content-Type: multipart/related; boundary="b2"

--b2
Content-Type: text/plain; charset="UTF-8"

** Address not found **
Final-Recipient: rfc822; words@school.example
Action: failed

--b2--
--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Fri, 20 Nov 2026 07:30:59 -0800 (PST)
X-Original-Message-ID: <esafetybot.1@school.example>

Final-Recipient: rfc822; ann@school.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does
 not exist.
Last-Attempt-Date: Fri, 20 Nov 2026 07:31:00 -0800 (PST)

--b1
Content-Type: message/rfc822

From: School <safety@school.example>
To: ann@school.example
Message-ID: <CAB1@mail.gmail.com>
X-Esafetybot-Message-Id: esafetybot.1@school.example
Subject: 3 posts to look at

Message-ID: <body@school.example>
--b1--
`

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

func TestParse(t *testing.T) {
	ids := []string{"esafetybot.1@school.example", "CAB1@mail.gmail.com"}
	ann := Report{MessageIDs: ids, Failed: []string{"ann@school.example"}}
	second := "\nFinal-Recipient: rfc822; bob@school.example\nAction: delayed\nStatus: 4.2.2\n\n--b1\nContent-Type: message/rfc822"
	machine := gmails[strings.Index(gmails, "--b1\nContent-Type: message/delivery-status"):strings.Index(gmails, "--b1\nContent-Type: message/rfc822")]
	original := gmails[strings.Index(gmails, "--b1\nContent-Type: message/rfc822"):strings.Index(gmails, "--b1--")]
	for _, tt := range []struct {
		name string
		old  string
		new  string
		want Report
	}{
		{"as Gmail writes it", "", "", ann},
		{"headers of the mail only", "Content-Type: message/rfc822", "Content-Type: text/rfc822-headers", ann},
		{"without the mail", original, "", Report{MessageIDs: ids[:1], Failed: ann.Failed}},
		{"without what is for machines", machine, "", Report{}},
		{"delayed", "Action: failed\nStatus", "Action: delayed\nStatus", Report{}},
		{"failed, with a comment", "Action: failed\nStatus", "Action: FAILED (bad address)\nStatus", ann},
		{"no action", "Action: failed\nStatus", "Status", Report{}},
		{"one failed, one is tried again", "\n--b1\nContent-Type: message/rfc822", second, ann},
		{"one of two is tried again, and both stand on top", "Recipients: Ann@school.example", "Recipients: Ann@school.example, bob@school.example", Report{MessageIDs: ids, Failed: []string{"ann@school.example", "bob@school.example"}}},
		{"passed on to another address", "rfc822; ann@school.example", "RFC822;<Elsewhere@trust.example>", Report{MessageIDs: ids, Failed: []string{"elsewhere@trust.example", "ann@school.example"}}},
		{"no address", "Final-Recipient: rfc822; ann@school.example", "Final-Recipient: rfc822; nobody", Report{}},
		{"not a report", "multipart/report", "multipart/mixed", Report{}},
		{"a report of another kind", "report-type=delivery-status", "report-type=disposition-notification", Report{}},
		{"from a person", "mailer-daemon@googlemail.com", "ann@googlemail.com", Report{}},
		{"from another's mailer-daemon", "mailer-daemon@googlemail.com", "mailer-daemon@evil.example", Report{}},
		{"from a name that looks like it", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "\"mailer-daemon@googlemail.com\" <x@evil.example>", Report{}},
		{"from two", "From: Mail Delivery", "From: x@evil.example\nFrom: Mail Delivery", Report{}},
		{"forged", "dmarc=pass", "dmarc=fail", Report{}},
		{"proven for another domain", "header.from=googlemail.com", "header.from=evil.example", Report{}},
		{"put there by Google itself", gmails[strings.Index(gmails, "Authentication-Results"):strings.Index(gmails, "MIME-Version")], "", ann},
		{"cut off", "--b1\nContent-Type: message/delivery-status", "--b1\nContent-Type: message", Report{}},
	} {
		if tt.old != "" && !strings.Contains(gmails, tt.old) {
			t.Fatalf("%s: the sample has no %q", tt.name, tt.old)
		}
		text := gmails
		if tt.old != "" {
			text = strings.Replace(gmails, tt.old, tt.new, 1)
		}
		for _, raw := range [][]byte{crlf(text), []byte(text)} {
			have, ok := Parse(raw)
			if d := cmp.Diff(tt.want, have); d != "" || ok != (tt.want.Failed != nil) {
				t.Errorf("%s: %v (-want +have):\n%s", tt.name, ok, d)
			}
		}
	}
	if _, ok := Parse(nil); ok {
		t.Error("nothing is a report")
	}
}

// Of a report on several only those count that failed, and what stands on top of all is not mixed in.
func TestSeveral(t *testing.T) {
	text := strings.Replace(gmails, "Recipients: Ann@school.example", "Recipients: ann@school.example, bob@school.example", 1)
	text = strings.Replace(text, "\n--b1\nContent-Type: message/rfc822", "\nFinal-Recipient: rfc822; bob@school.example\nAction: delayed\n\n--b1\nContent-Type: message/rfc822", 1)
	have, ok := Parse(crlf(text))
	if d := cmp.Diff([]string{"ann@school.example"}, have.Failed); d != "" || !ok {
		t.Errorf("%v (-want +have):\n%s", ok, d)
	}
}

// FuzzParse: whatever comes, a report names an address and a Message-ID, each once and in bounds.
func FuzzParse(f *testing.F) {
	f.Add(crlf(gmails))
	f.Add([]byte(strings.Replace(string(crlf(gmails)), "Recipients: Ann@school.example\r\n", "Recipients: Ann@school.example\remail: <2.mr@mx.google.com>\r\n", 1))) // found by fuzzing
	f.Add([]byte(strings.Replace(gmails, "Action: failed\nStatus", "Action: delayed\nStatus", 1)))
	f.Add([]byte("From: mailer-daemon@google.com\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b\nAction: failed\nX-Original-Message-ID: x\n--b--\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, ok := Parse(raw)
		if !ok && (r.Failed != nil || r.MessageIDs != nil) {
			t.Error("no report, and yet it says something")
		}
		if ok && (len(r.Failed) == 0 || len(r.MessageIDs) == 0 || len(r.Failed) > maxNamed || len(r.MessageIDs) > maxNamed) {
			t.Errorf("%d addresses, %d Message-IDs", len(r.Failed), len(r.MessageIDs))
		}
		for _, a := range r.Failed {
			if !strings.Contains(a, "@") || strings.ContainsAny(a, "\r\n\x00") {
				t.Errorf("no address: %q", a)
			}
		}
		for _, id := range r.MessageIDs {
			if strings.ContainsAny(id, "\r\n\x00") {
				t.Errorf("no Message-ID: %q", id)
			}
		}
	})
}
