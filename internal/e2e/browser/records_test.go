package browser

import (
	"slices"
	"strings"
	"testing"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
)

// inDays is a date so many days after today, as a form sends it.
func (s *stage) inDays(n int) string {
	return s.policy.Calendar.Date(s.world.Now()).AddDays(n).String()
}

// enter enters that a visitor signed.
func (v *visitor) enter(what, where, until string) {
	v.t.Helper()
	v.open("/records")
	v.set("#what-visitors", what)
	v.set("#where-visitors", where)
	v.set("#until-visitors", until)
	v.press("form[action='/records/add']:has(#what-visitors) button")
	v.says("entering", 200, "It is noted", what, "Entered just now")
}

// unfold shows what is behind "Renew or end" of the first entry.
func (v *visitor) unfold() {
	v.t.Helper()
	if !eval[bool](v, "(d => { if (d) d.open = true; return !!d })(document.querySelector('main li details'))") {
		v.t.Fatalf("no entry can be renewed or ended:\n%s", v.text())
	}
}

// renew gives the first entry a new date.
func (v *visitor) renew(until string) {
	v.t.Helper()
	v.unfold()
	v.set("form[action='/records/renew'] input[name=until]", until)
	v.press("form[action='/records/renew'] button")
	v.says("renewing", 200, "The new date is noted", "Renewed just now")
}

// Somebody keeps a record from an entry's making to its end; in between it runs out, and who deals with the clause hears of it by mail, without what the entry says.
func TestKeepARecord(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	v := s.signedIn(t, s.role(policy.RolePageHost))
	v.press("a[href='/records']")
	v.says("the records", 200, "Visitors who signed", "Nobody has entered anything yet.")
	if v.count("#approved-services") != 0 {
		t.Error("the page host does not keep the approved services")
	}
	v.enter("Technician of the boiler firm", "Blue folder, office", s.inDays(1))
	made := s.last()
	if made.Do != decisions.Record || made.Record != "visitors" || made.What != "Technician of the boiler firm" || made.Where != "Blue folder, office" || made.Until != s.inDays(1) {
		t.Fatalf("noted was %+v", made)
	}
	s.work()
	v.open("/records")
	v.says("taken up", 200, "Technician of the boiler firm", "Blue folder, office", "Until ")
	if strings.Contains(v.text(), "just now") {
		t.Errorf("it is taken up, and still noted just now:\n%s", v.text())
	}

	found := func() bool {
		current, err := (&findings.Keeper{Store: s.main}).Current(t.Context(), records.Means)
		if err != nil {
			t.Fatal(err)
		}
		return current[findings.ID("D2", "record.overdue", records.Subject("visitors", made.ID))] != nil
	}
	for range 30 { // over holidays, if need be
		if found() {
			break
		}
		s.days(1)
	}
	if !found() {
		t.Fatal("it ran out, and nobody found it")
	}
	officer := s.signedIn(t, s.role(policy.RoleOfficer))
	officer.says("my page", 200, "One entry of a record has run out")
	officer.open("/findings?clause=D2")
	officer.says("the findings", 200, "Visitors who signed: “Technician of the boiler firm”")
	mails := s.mails(s.role(policy.RoleOfficer), "oversharing")
	if !slices.ContainsFunc(mails, func(m string) bool { return strings.Contains(m, "Visitors who signed: an entry") }) || slices.ContainsFunc(mails, func(m string) bool { return strings.Contains(m, "boiler") }) {
		t.Errorf("the officer's mails do not tell of it, or say what the entry says:\n%s", strings.Join(mails, "\n----\n"))
	}

	v = s.signedIn(t, s.role(policy.RolePageHost))
	v.press("a[href='/records']")
	v.says("run out", 200, "Ran out on ")
	v.renew(s.inDays(365))
	if d := s.last(); d.Do != decisions.Renew || d.Entry != made.ID || d.Until != s.inDays(365) {
		t.Fatalf("noted was %+v", d)
	}
	s.work()
	if found() {
		t.Error("it was renewed, and the finding stands")
	}
	v.open("/records")
	v.unfold()
	v.press("form[action='/records/end'] button")
	v.says("ending", 200, "It is noted that the entry has ended.", "Ended just now")
	if d := s.last(); d.Do != decisions.EndRecord || d.Entry != made.ID {
		t.Fatalf("noted was %+v", d)
	}
	s.work()
	v.open("/records")
	if v.says("ended", 200, "Nobody has entered anything yet."); strings.Contains(v.text(), "Technician of") {
		t.Errorf("it was ended, and is still there:\n%s", v.text())
	}
}
