package browser

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/needed"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/views"
)

// seenFinding is an open finding with what the site shows of it.
type seenFinding struct {
	*findings.Finding
	view *views.Finding
}

// askable lists so many open findings about files of people who can be asked about them and play no role.
func (s *stage) askable(n int) []seenFinding {
	s.t.Helper()
	var out []seenFinding
	for f, err := range (&findings.Keeper{Store: s.main}).List(s.t.Context(), sharing.Means, findings.Open) {
		if err != nil {
			s.t.Fatal(err)
		}
		v, err := views.OfFinding(s.t.Context(), s.main, f.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		if v == nil || v.Ask == "" || f.Severity != policy.SeverityMedium || slices.ContainsFunc(s.user(v.Ask).Addresses(), s.named) {
			continue
		}
		out = append(out, seenFinding{f, v})
	}
	if len(out) < n {
		s.t.Fatalf("people can be asked about %d things, want %d", len(out), n)
	}
	slices.SortFunc(out, func(a, b seenFinding) int { return strings.Compare(a.ID, b.ID) })
	return out[:n]
}

// tick ticks findings on their page.
func (v *visitor) tick(list ...seenFinding) {
	v.t.Helper()
	for _, f := range list {
		if !eval[bool](v, "(e => { if (e) e.checked = true; return !!e })(document.querySelector(%s))", fmt.Sprintf("input[name=pick][value$=%q]", " "+f.ID)) {
			v.t.Fatalf("the page has no box for %s:\n%s", f.ID, v.text())
		}
	}
}

// askOwner lets the administrator have whoever shared some things asked about them.
func (s *stage) askOwner(t testing.TB, list ...seenFinding) {
	t.Helper()
	v := s.signedIn(t, s.role(policy.RoleAdmin))
	v.open("/findings?asked=can&severity=medium")
	v.tick(list...)
	v.press("button[formaction='/findings/ask']:not([name])")
	v.says("asking", 200, "Whoever shared it hears with their next daily mail", "Noted: whoever shared it is asked.")
}

// mails lists the plain texts of the mails to somebody of a kind.
func (s *stage) mails(address, kind string) []string {
	s.t.Helper()
	var out []string
	for e, err := range s.box.All(s.t.Context(), time.Time{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		if e.Recipient != outbox.RecipientID(address) || e.Kind != kind {
			continue
		}
		f, err := s.box.Read(s.t.Context(), e)
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, s.plain(f.Raw))
	}
	return out
}

// plain is the plain text of a mail, in one line.
func (s *stage) plain(raw []byte) string {
	s.t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		s.t.Fatal(err)
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextPart() // undoes quoted-printable
		if err != nil {
			s.t.Fatalf("a mail without a plain text: %v", err)
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/plain") {
			text, err := io.ReadAll(p)
			if err != nil {
				s.t.Fatal(err)
			}
			return strings.Join(strings.Fields(string(text)), " ")
		}
	}
}

// days lets days pass until a school day, and the worker look.
func (s *stage) days(n int) {
	s.t.Helper()
	for now := s.world.Now(); n > 0; {
		now = now.AddDate(0, 0, 1)
		if s.policy.Calendar.IsSchoolDay(s.policy.Calendar.Date(now)) {
			n--
		}
		s.world.SetNow(now)
	}
	s.work()
}

// The administrator asks whoever shared something; they hear in their one mail of the day, and answer; the administrator sees it and agrees with a tap, or lets it go back.
func TestAskTheOwner(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	list := s.askable(2)
	keep, stop := list[0], list[1]
	s.askOwner(t, list...)
	if d := s.last(); d.Do != decisions.AskOwner || len(d.Findings) != 2 {
		t.Fatalf("noted was %+v", d)
	}
	s.work()
	s.days(1)
	form := func(f seenFinding) string {
		return fmt.Sprintf("form[action='/shared']:has(input[name=finding][value$=%q])", " "+f.ID)
	}
	at := func(f seenFinding) *visitor {
		t.Helper()
		owner := s.user(f.view.Ask)
		asks := func(mail string) bool {
			return strings.Contains(mail, "still needed") && strings.Contains(mail, f.view.Link) && strings.Contains(mail, f.view.With[0].Who)
		}
		if mails := s.mails(owner.PrimaryEmail, "digest"); !slices.ContainsFunc(mails, asks) { // the link to the site is not https here, so it is left out
			t.Fatalf("no mail asks: %v", mails)
		}
		v := s.signedIn(t, owner.PrimaryEmail)
		v.press("p.ask a[href='/shared']")
		v.says("what they are asked", 200, f.view.Title)
		return v
	}
	until := s.policy.Calendar.Date(s.world.Now()).AddDays(30)
	v := at(keep)
	eval[bool](v, "(document.querySelector(%s).open = true)", form(keep)+" details")
	v.set(form(keep)+" input[name=until]", until.String())
	v.set(form(keep)+" input[name=why]", "The choir sings with them.")
	v.press(form(keep) + " button[value=keep]")
	v.says("keeping", 200, "It is noted that you still need it", "The choir sings with them.")
	v = at(stop)
	v.press(form(stop) + " button[value=stop]")
	v.says("stopping", 200, "It is noted that it can stop", "How to stop it yourself")
	if n := v.count(form(stop)); n != 0 {
		t.Error("it waits still")
	}
	s.work()
	for f, want := range map[string]string{keep.ID: needed.Keep, stop.ID: needed.Stop} {
		if q, err := needed.Of(t.Context(), s.main, f); err != nil || q == nil || q.Answer != want {
			t.Fatalf("the worker has %+v, %v; want %s", q, err, want)
		}
	}

	v = s.signedIn(t, s.role(policy.RoleAdmin))
	v.open("/findings?asked=stop")
	v.says("what can stop", 200, "“It can stop.”", stop.view.Title)
	v.open("/findings?asked=keep")
	v.says("what is still needed", 200, "The choir sings with them.", keep.view.Title)
	v.press("button[name=keep]")
	v.says("agreeing", 200, "It is noted")
	s.work()
	f, err := (&findings.Keeper{Store: s.main}).Get(t.Context(), keep.ID)
	if err != nil || f.Status != findings.Accepted || s.policy.Calendar.Date(f.Agreed.Until) != until || !strings.Contains(f.Agreed.Why, "The choir") {
		t.Errorf("%+v, %v", f, err)
	}
	if q, err := needed.Of(t.Context(), s.main, keep.ID); q != nil || err != nil {
		t.Errorf("what was agreed to is asked still: %+v %v", q, err)
	}
}

// What nobody answers goes back after five days at school.
func TestOwnerDoesNotAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	list := s.askable(1)
	s.askOwner(t, list...)
	s.work()
	v := s.signedIn(t, s.role(policy.RoleAdmin))
	v.open("/findings?asked=silent")
	v.says("at first", 200, "Nothing of this kind was found in what could be looked at.")
	s.days(6)
	v.open("/findings?asked=silent")
	v.says("after the time for it", 200, list[0].view.Title, "no answer by")
	s.days(5) // they are in on some days only
	if !slices.ContainsFunc(s.mails(s.role(policy.RoleAdmin), "oversharing"), func(mail string) bool { return strings.Contains(mail, "had no answer in time: 1.") }) {
		t.Error("the administrator's mail does not say that it went back")
	}
}

// The administrator agrees that something may stay, and takes it back.
func TestAgreeUntil(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	one := s.askable(1)[0]
	v := s.signedIn(t, s.role(policy.RoleAdmin))
	v.open("/findings?severity=medium")
	v.tick(one)
	until := s.policy.Calendar.Date(s.world.Now()).AddDays(20)
	v.set("#until", until.String())
	v.set("#why", "A visiting artist works on it.")
	v.press("form[action='/findings/agree'] button:not([formaction]):not([name])")
	v.says("agreeing", 200, "It is noted, and taken up within minutes", "Noted: agreed until")
	s.work()
	v.open("/findings?state=agreed")
	v.says("agreed", 200, one.view.Title, "A visiting artist works on it.")
	v.press("button[name=end]")
	v.says("ending it", 200, "It is noted that the agreement ends")
	s.work()
	if f, err := (&findings.Keeper{Store: s.main}).Get(t.Context(), one.ID); err != nil || f.Status != findings.Open || f.Agreed != nil {
		t.Errorf("%+v, %v", f, err)
	}
}

// A change is proposed, approved on the site, made at Google after its owner's notice, and undone.
func TestApproveAChange(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	one := s.askable(1)[0]
	v := s.signedIn(t, s.role(policy.RoleAdmin))
	v.open("/changes")
	change := s.action(one.ID)
	if change.State != actions.Proposed {
		t.Fatalf("the change is %s", change.State)
	}
	form := fmt.Sprintf("form[action='/changes/approve']:has(input[name=change][value$=%q])", " "+change.ID)
	v.press(form + " button")
	v.says("approving", 200, "It is noted that you approve")
	s.work()
	if got := s.action(one.ID).State; got != actions.Approved {
		t.Errorf("after the worker it is %s: its owner has a day's notice", got)
	}
	s.days(2)
	if got := s.action(one.ID).State; got != actions.Done {
		t.Fatalf("after the notice it is %s", got)
	}
	v.open("/changes")
	v.says("made", 200, one.view.Title)

	// The next look finds nothing any more; then it is undone, and found again.
	s.days(1)
	v.open("/changes")
	if f, err := (&findings.Keeper{Store: s.main}).Get(t.Context(), one.ID); err != nil || f.Status == findings.Open {
		t.Errorf("after the change its finding is %+v, %v", f, err)
	}
	undo := fmt.Sprintf("form[action='/changes/undo']:has(input[name=change][value$=%q])", " "+change.ID)
	if !eval[bool](v, "(d => { if (d) d.open = true; return !!d })(document.querySelector(%s)?.closest('details'))", undo) {
		t.Fatalf("the page does not offer to undo it:\n%s", v.text())
	}
	v.set(undo+" input[name=why]", "The club needs it until the summer.")
	v.press(undo + " button")
	v.says("undoing", 200, "It is noted that this is to be undone")
	if got := s.action(one.ID).State; got != actions.Done {
		t.Errorf("before the worker it is %s", got)
	}
	s.work()
	if got := s.action(one.ID).State; got != actions.Undone {
		t.Fatalf("after undoing it is %s", got)
	}
	v.open("/changes")
	v.says("undone", 200, one.view.Title, "Done, and undone again", "you asked to undo a change; taken up")
	s.days(1)
	if f, err := (&findings.Keeper{Store: s.main}).Get(t.Context(), one.ID); err != nil || f.Status != findings.Open {
		t.Errorf("after undoing its finding is %+v, %v", f, err)
	}
}

// action is the change that a finding calls for.
func (s *stage) action(finding string) *actions.Action {
	s.t.Helper()
	for a, err := range (&actions.Log{Store: s.main, Clock: s.world.Now}).List(s.t.Context(), actions.States...) {
		if err != nil {
			s.t.Fatal(err)
		}
		if a.Finding == finding {
			return a
		}
	}
	s.t.Fatalf("nothing is proposed about %s", finding)
	return nil
}

// A teacher raises a concern; the officer opens, settles and closes it.
func TestRaiseAndCloseAnIncident(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	_, teacher := s.teacher(1)
	raise := s.signedIn(t, teacher)
	raise.open("/concern")
	raise.press("button[name=about][value=pupil]")
	eval[bool](raise, "(document.querySelector(%s).checked = true)", "input[name=kind][value="+string(incidents.Incident)+"]")
	raise.set("#note", "Something unkind was written.")
	raise.press("form[action='/concern'] button")
	raise.says("raising", 200)
	s.work()

	v := s.signedIn(t, s.role(policy.RoleOfficer))
	v.openEntry()
	v.says("the entry", 200, "Something unkind was written.")
	for v.count("form[action^='/incidents/settle/'] button") > 0 {
		v.press("form[action^='/incidents/settle/'] button")
		s.work()
		v.openEntry()
	}
	v.set("#who_told", "The family of both.")
	v.set("#learnt", "We speak of it in class.")
	v.press("form[action^='/incidents/close/'] button")
	v.says("closing", 200)
	s.work()
	v.open("/incidents")
	v.says("the log", 200, "Nothing is open.")
	v.open(v.value("a[href^='/incidents/e/']", "href"))
	v.says("closed", 200, "The family of both.", "We speak of it in class.", "Open it again")
	if strings.Contains(v.text(), "Something unkind") {
		t.Error("the note is still there")
	}
}
