package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// mailed runs the jobs of a morning and an afternoon at a school whose mail goes out through Gmail, and sends what they left.
func (s *campus) mailed(w *watch) {
	s.t.Helper()
	ctx := context.Background()
	client, err := newClient(ctx, w.policy, s.key, s.base, s.retry, s.logs)
	s.do(err)
	env := jobs.Env{Google: client, Clock: s.world.Now, Log: newLog(s.logs), Roll: s.roll, Sender: sender(w.policy)}
	looked := map[string]*jobs.Record{}
	for _, names := range [][]string{{jobs.CommentsJob, jobs.CheckInsJob}, commentJobs} { // reports go in the morning, the teachers' mail in the afternoon
		_, err = runJobs(ctx, w, env, names...)
		s.do(err)
		for job, r := range w.records {
			if looked[job] == nil {
				looked[job] = r
			}
		}
	}
	w.records = looked
	r, err := w.box.Deliver(ctx, mail.NewGmail(drafts{client, sender(w.policy)}), s.world.Now())
	s.do(err)
	s.do(r.Err())
}

// reportOf is the text of the report that somebody who plays a role had last.
func (w *watch) reportOf(t testing.TB, role policy.Role) string {
	t.Helper()
	address, _ := w.policy.Address(role)
	text := ""
	for _, l := range w.letters(t) {
		if l.entry.Recipient == outbox.RecipientID(address) && l.entry.Kind == "oversharing" {
			text = strings.Join(strings.Fields(l.text), " ")
		}
	}
	return text
}

// TestMailsComeBack: Gmail is off for the teachers to whom the daily mail goes. The next day their classes go to the officer, the addresses to the administrator; and a mailbox that cannot be read is a gap.
func TestMailsComeBack(t *testing.T) {
	t.Parallel()
	sc, s := small(t, 1, server.Options{})
	w := s.only(generate.Classroom)
	player := sc.Player()
	officer, _ := w.policy.Address(policy.RoleOfficer)
	unit := &world.OrgUnit{OrgUnitID: "id:nomail", OrgUnitPath: w.policy.Staff.OrgUnits[0] + "/No mail", Name: "No mail", ParentOrgUnitPath: w.policy.Staff.OrgUnits[0]}
	s.world.AddOrgUnit(unit)
	off, err := world.NewPolicy("settings/gmail.service_status", map[string]string{"serviceState": "DISABLED"}, world.PolicyQuery{OrgUnit: "orgUnits/nomail"})
	s.do(err)
	s.do(s.world.SetPolicy(off, ""))
	teachers := []string{}
	s.world.View(func() {
		for _, u := range s.world.Users() {
			if strings.HasPrefix(u.OrgUnitPath, w.policy.Staff.OrgUnits[0]) && u != s.world.User(sender(w.policy)) && u != s.world.User(officer) {
				teachers = append(teachers, u.PrimaryEmail)
			}
		}
	})
	for _, a := range teachers {
		s.do(s.world.MoveUser(a, unit.OrgUnitPath, ""))
	}
	digests := func() (back, all int) {
		for _, l := range w.letters(t) {
			if l.entry.Kind == "digest" && slices.ContainsFunc(teachers, func(a string) bool { return l.entry.Recipient == outbox.RecipientID(a) }) {
				all++
				if !l.entry.Back.IsZero() {
					back++
				}
			}
		}
		return back, all
	}
	for day := 0; ; day++ {
		if day == 12 {
			t.Fatal("nobody's daily mail came back: that proves nothing")
		}
		_, err := player.Play()
		s.do(err)
		s.mailed(w)
		if back, _ := digests(); back > 0 {
			break
		}
		if strings.Contains(w.reportOf(t, policy.RoleAdmin), "Mail that came back") {
			t.Fatal("told before anything came back")
		}
	}
	next := func() {
		s.world.Advance(24 * time.Hour)
		for !w.policy.Calendar.IsSchoolDay(w.policy.Calendar.Date(s.world.Now())) {
			s.world.Advance(24 * time.Hour)
		}
		s.mailed(w)
	}
	for range 5 { // on a day on which they are in, and have not had another mail
		if strings.Contains(w.reportOf(t, policy.RoleOfficer), "Could not be told") && strings.Contains(w.reportOf(t, policy.RoleAdmin), "Mail that came back") {
			break
		}
		next()
	}
	if text := w.reportOf(t, policy.RoleOfficer); !strings.Contains(text, "Could not be told") || !strings.Contains(text, "the last mail to each of them came back") {
		t.Errorf("the officer is not told of a class: %.60s", text)
	}
	text := w.reportOf(t, policy.RoleAdmin)
	if !strings.Contains(text, "Mail that came back") || !slices.ContainsFunc(teachers, func(a string) bool { return strings.Contains(text, a) }) {
		t.Errorf("the administrator is not told whose mail came back: %.60s", text)
	}
	if r := w.records[jobs.ReturnsJob]; r == nil || len(r.Gaps) > 0 || r.Calls["gmail.messages.list"] == 0 {
		t.Errorf("looking for mail that came back: %+v", r)
	}
	if back, all := digests(); back != all {
		next()
		if back, _ = digests(); back != all {
			t.Errorf("%d of %d daily mails came back", back, all)
		}
	}
	// Without the scope that is said, and nothing is taken to have arrived.
	s.without(google.ScopeMail)
	next()
	if gaps := gapsOf(w, jobs.ReturnsJob); len(gaps) != 1 || gaps[0].Reason != seen.Refused {
		t.Errorf("without the scope: %v", gaps)
	}
	for _, l := range w.letters(t) {
		if strings.Contains(l.text, "Delivery Status") || strings.Contains(fmt.Sprint(l.entry), "@googlemail") {
			t.Error("a report's words are kept")
		}
	}
	s.private()
}
