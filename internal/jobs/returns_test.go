package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/census"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/findings"
	sending "esafetybot/internal/mail"
	"esafetybot/internal/moderation"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/seen"
)

// gmailBox is a Google at which nothing is asked but who there is, and the mails of a mailbox.
type gmailBox struct{ post }

func (gmailBox) Calls() map[string]int { return nil }
func (gmailBox) Workers() int          { return 1 }

// backFrom is a report that a message did not reach an address.
func backFrom(id, address, action string) string {
	return "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\r\nSubject: Zyx\r\nContent-Type: multipart/report; boundary=b; report-type=delivery-status\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nZyx Wvu\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; googlemail.com\r\n\r\nFinal-Recipient: rfc822; " + address + "\r\nAction: " + action + "\r\n\r\n" +
		"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <" + id + ">\r\nSubject: Zyx\r\n\r\n--b--\r\n"
}

// mailing is a school at which something waits in kim's class on ClassDojo from Tuesday 17 November 2026 on, whose mail goes out from bot@school.example.
type mailing struct {
	t     *testing.T
	r     *commentsRun
	box   *outbox.Outbox
	dir   string
	asked []string
	mails []string
	fails error
	now   time.Time
}

func newMailing(t *testing.T) *mailing {
	t.Helper()
	m := &mailing{t: t, r: onDojo(t), dir: t.TempDir()}
	m.r.Env.Policy.Staff.Days = nil
	m.r.Env.Store, m.r.Env.Site, m.r.Env.Sender, m.r.Env.Exclusive = m.r.Store, m.r.Site, "bot@school.example", true
	if err := m.r.memory.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var err error
	if m.box, err = outbox.New(m.r.Store, outbox.Options{Location: m.r.Env.Policy.School.Location, From: mail.Address{Address: "bot@school.example"}}); err != nil {
		t.Fatal(err)
	}
	m.r.book.Class(moderation.Dojo(ash)).Name = "ClassDojo: 5 Ash"
	m.hear("2026-11-17 10:00")
	k := &findings.Keeper{Store: m.r.Store, Commit: m.r.lease.Commit}
	if _, err := k.Sync(t.Context(), findings.Input{
		Run: findings.Run{ID: "r", Now: m.r.Now}, Means: comments.Means,
		Observed: func(yield func(findings.Observed, error) bool) {
			yield(findings.Observed{Clause: "B1", Rule: "comments.unreviewed", Subject: classdojo.Item(ash), Severity: "medium", Deals: "class_teacher"}, nil)
		},
		Evidence: func(context.Context, *findings.Finding) (findings.Evidence, error) { return findings.Evidence{}, nil },
	}); err != nil {
		t.Fatal(err)
	}
	return m
}

// hear tells of something new in the class.
func (m *mailing) hear(at string) {
	m.t.Helper()
	m.r.book.Class(moderation.Dojo(ash)).Hear(dojoEvent(classdojo.Story, ash, classdojo.FromCSV, place(m.t, at)))
	if err := m.r.book.Flush(m.t.Context(), m.r.lease.Commit, nil); err != nil {
		m.t.Fatal(err)
	}
}

// on runs the jobs of an afternoon, and sends what they left.
func (m *mailing) on(day string) {
	m.t.Helper()
	m.now = place(m.t, day+" 15:45")
	env := m.r.Env
	env.Clock = func() time.Time { return m.now }
	env.Google = gmailBox{post{google: m.r.Env.Google.(google), mails: m.mails, fails: m.fails, asked: &m.asked, reason: seen.Refused}}
	s := &Seen{Census: census.New(env.Google, env.Policy, m.now, env.Log)}
	if _, err := lookForReturns(m.t.Context(), env, m.box, m.now); err != nil {
		m.t.Fatal(err)
	}
	if _, err := Digest(m.t.Context(), env, m.box, s); err != nil {
		m.t.Fatal(err)
	}
	if _, err := Report(m.t.Context(), env, m.box, s); err != nil {
		m.t.Fatal(err)
	}
	if r, err := m.box.Deliver(m.t.Context(), sending.NewDir(m.dir), m.now.Add(time.Minute)); err != nil || r.Err() != nil {
		m.t.Fatal(err, r.Err())
	}
}

// of is the text of the mail of a kind that somebody had on a day; "" if none.
func (m *mailing) of(kind, name, day string) string {
	return letters(m.t, m.box, name)[kind+" "+name+" "+day]
}

// id is the Message-ID of a mail.
func (m *mailing) id(kind, name, day string) string {
	m.t.Helper()
	for e, err := range m.box.All(m.t.Context(), time.Time{}) {
		if err == nil && e.Key == outbox.Key(name+"@school.example", kind, day) {
			return e.MessageID
		}
	}
	m.t.Fatalf("no %s of %s for %s", kind, day, name)
	return ""
}

// untoldNow asks what the report of the day says of classes and addresses, and to whom.
func (m *mailing) untoldNow() (untold map[policy.Role][]reports.Untold, returned []string) {
	m.t.Helper()
	env := m.r.Env
	env.Google = gmailBox{post{google: m.r.Env.Google.(google), asked: &m.asked}}
	lease, err := Take(m.t.Context(), m.r.Store, ReportJob, "test", true, func() time.Time { return m.now })
	if err != nil {
		m.t.Fatal(err)
	}
	c := census.New(env.Google, env.Policy, m.now, env.Log)
	told, err := newTold(m.t.Context(), env, &Seen{Census: c}, lease)
	if err == nil {
		told.back, err = openUnreached(m.t.Context(), env, m.box, m.now)
	}
	if err == nil {
		err = told.findUntold(m.t.Context(), env)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	for _, r := range told.returned(env) {
		returned = append(returned, r.Address)
	}
	return told.untold, returned
}

// A teacher whose daily mail came back is not counted as told: the officer hears of the class that day, the administrator of the address; and the teacher is written to again when something new waits.
func TestReturned(t *testing.T) {
	m := newMailing(t)
	m.on("2026-11-17")
	if m.of(digestKind, "kim", "2026-11-17") == "" {
		t.Fatal("kim had no mail")
	}
	if len(m.asked) != 0 {
		t.Errorf("asked before anything was sent: %q", m.asked)
	}
	first := m.id(digestKind, "kim", "2026-11-17")
	// What only looks like a report of it.
	m.mails = []string{backFrom(first, "lou@school.example", "failed"), backFrom("made-up@school.example", "kim@school.example", "failed"), backFrom(first, "kim@school.example", "delayed"), "no mail"}
	m.on("2026-11-18")
	if m.of(digestKind, "kim", "2026-11-18") == "" {
		t.Error("kim had no mail, though none came back")
	}
	if want := fmt.Sprintf("bot@school.example from:mailer-daemon after:%d", place(t, "2026-10-19 15:45").Unix()); len(m.asked) != 1 || m.asked[0] != want {
		t.Errorf("asked %q, want %q", m.asked, want)
	}
	if untold, returned := m.untoldNow(); len(untold) != 0 || len(returned) != 0 {
		t.Errorf("nothing came back: %v %v", untold, returned)
	}

	m.mails = []string{backFrom(m.id(digestKind, "kim", "2026-11-18"), "Kim@School.example", "failed")}
	m.on("2026-11-19")
	if text := m.of(digestKind, "kim", "2026-11-19"); text != "" {
		t.Errorf("written to again about the same: %s", text)
	}
	untold, returned := m.untoldNow()
	if len(untold[policy.RoleOfficer]) != 1 || untold[policy.RoleOfficer][0].Posts != 1 || untold[policy.RoleOfficer][0].Class == "" {
		t.Errorf("could not be told: %+v", untold)
	}
	if d := cmp.Diff([]string{"kim@school.example"}, returned); d != "" {
		t.Errorf("came back (-want +have):\n%s", d)
	}

	// Something new is tried again; until it is known that it arrived the class counts as not told.
	m.hear("2026-11-19 18:00")
	m.mails = nil
	m.on("2026-11-20")
	if m.of(digestKind, "kim", "2026-11-20") == "" {
		t.Error("kim had no mail about what is new")
	}
	if untold, _ := m.untoldNow(); len(untold) == 0 {
		t.Error("told before anybody knows whether it arrived")
	}
	m.on("2026-11-23")
	if untold, returned := m.untoldNow(); len(untold) != 0 || len(returned) != 0 {
		t.Errorf("it arrived: %v %v", untold, returned)
	}
	if asked := len(m.asked); asked != 4 {
		t.Errorf("the mailbox was read %d times, want 4", asked)
	}
}

// With another host who could be told nobody else hears of a class; and who looks after the class themselves does not hear of it instead.
func TestUntoldInstead(t *testing.T) {
	m := newMailing(t)
	m.on("2026-11-17")
	m.mails = []string{backFrom(m.id(digestKind, "kim", "2026-11-17"), "kim@school.example", "failed")}
	class := &m.r.Env.Policy.ClassDojo.Classes[0]
	class.Teachers = append(class.Teachers, "lou@school.example")
	m.on("2026-11-18")
	if untold, returned := m.untoldNow(); len(untold) != 0 || len(returned) != 1 {
		t.Errorf("lou was told: %v %v", untold, returned)
	}
	class.Teachers = class.Teachers[:2]
	m.r.Env.Policy.People[policy.RoleOfficer][0].Address = "kim@school.example"
	if untold, _ := m.untoldNow(); len(untold[policy.RoleHead]) != 1 || len(untold) != 1 {
		t.Errorf("the officer is the one who could not be told: %+v", untold)
	}
}

// A mailbox that cannot be read is a gap, and what was sent since is not taken to have arrived.
func TestReturnsNotRead(t *testing.T) {
	m := newMailing(t)
	m.on("2026-11-17")
	m.mails = []string{backFrom(m.id(digestKind, "kim", "2026-11-17"), "kim@school.example", "failed")}
	m.on("2026-11-18")
	m.mails, m.fails = nil, errors.New("the scope is missing")
	m.hear("2026-11-18 18:00")
	m.on("2026-11-19")
	m.on("2026-11-20")
	if untold, _ := m.untoldNow(); len(untold) == 0 {
		t.Error("what was sent while nobody could look counts as arrived")
	}
	r, err := Latest(t.Context(), m.r.Store, ReturnsJob)
	if err != nil || len(r.Gaps) != 1 || r.Gaps[0].Scope != returnsScope || r.Gaps[0].Reason != seen.Refused {
		t.Fatalf("%+v %v", r, err)
	}
	if words := (&gatherer{env: m.r.Env}).gap(r.Gaps[0]); !strings.Contains(words.What, "came back") || !strings.Contains(words.WhatToDo, "gmail.readonly") || words.Why == "" {
		t.Errorf("%+v", words)
	}
	m.fails = nil
	m.on("2026-11-23")
	if last := m.asked[len(m.asked)-1]; last != fmt.Sprintf("bot@school.example from:mailer-daemon after:%d", place(t, "2026-11-18 14:45").Unix()) {
		t.Errorf("after that it asked %q, not from the last time on that it could look", last)
	}
	if untold, _ := m.untoldNow(); len(untold) != 0 {
		t.Errorf("it arrived: %v", untold)
	}
}

// Nothing is asked of Google where nothing was sent that could come back, or where mail does not go out through Gmail.
func TestReturnsAskNothing(t *testing.T) {
	m := newMailing(t)
	m.on("2026-11-17")
	m.on("2026-11-18")
	asked := len(m.asked)
	late := m.now.Add(8 * 24 * time.Hour)
	env := m.r.Env
	env.Clock = func() time.Time { return late }
	env.Google = gmailBox{post{google: m.r.Env.Google.(google), asked: &m.asked}}
	for range 2 {
		if _, err := lookForReturns(t.Context(), env, m.box, late); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.asked) != asked+1 {
		t.Errorf("asked %d times more, want once", len(m.asked)-asked)
	}
	env.Sender = ""
	if r, err := lookForReturns(t.Context(), env, m.box, m.now); r != nil || err != nil || len(m.asked) != asked+1 {
		t.Errorf("without Gmail: %v %v", r, err)
	}
}
