package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/actions"
	"esafetybot/internal/decisions"
	"esafetybot/internal/views"
)

// proposed has the action log hold changes; it returns their ids by what they are about.
func (x *adminRig) proposed(list ...actions.Proposal) map[string]*actions.Action {
	x.t.Helper()
	log := &actions.Log{Store: x.main, Commit: x.main.Commit, Clock: func() time.Time { return adminNow }, Calendar: x.policy.Calendar, Run: "r"}
	_, err := log.Propose(x.t.Context(), func(yield func(actions.Proposal, error) bool) {
		for _, p := range list {
			if !yield(p, nil) {
				return
			}
		}
	})
	if err != nil {
		x.t.Fatal(err)
	}
	out := map[string]*actions.Action{}
	for a, err := range log.List(x.t.Context(), actions.States...) {
		if err != nil {
			x.t.Fatal(err)
		}
		out[a.Subject] = a
	}
	return out
}

func proposal(subject, severity string, concerns ...string) actions.Proposal {
	return actions.Proposal{
		Finding: "A1~sharing.outside-person~" + strings.ReplaceAll(subject, "/", "~"), Opened: adminNow, Clause: "A1", Rule: "sharing.outside-person", Subject: subject, Facts: []string{"user/p1 reader"}, Severity: severity,
		Change: actions.Change{Kind: "delete-grant", Params: map[string]string{"file": subject}, Concerns: concerns},
	}
}

func TestChanges(t *testing.T) {
	x := newAdminRig(t)
	list := x.proposed(proposal("file/a", "medium", "id-teacher"), proposal("file/b", "high", "id-teacher"), proposal("file/own", "medium", "id-it"), proposal("file/chief", "medium", "id-head"))
	x.put(views.Changes, list["file/a"].ID, views.Change{ID: list["file/a"].ID, Title: "The plan", Will: "The document will no longer be shared."})
	_, text := x.get("it", "/changes")
	if !strings.Contains(text, "The plan") || strings.Count(text, `action="/changes/approve"`) != 3 || !strings.Contains(text, "Approve all 3") {
		t.Error(text)
	}
	if _, one := x.get("it", "/changes?change="+list["file/a"].ID); strings.Count(one, `<li class="finding`) != 1 || !strings.Contains(one, "The plan") || strings.Contains(one, "Approve all") || !strings.Contains(one, `href="/changes">All changes`) {
		t.Error("a link to one change leads to", one)
	}
	for _, id := range []string{list["file/a"].ID, "delete-grant-none"} {
		if _, none := x.get("chair", "/changes?change="+id); !strings.Contains(none, "is not there any more, or somebody else decides on it") || strings.Contains(none, "The plan") || strings.Count(none, `<li class="finding`) != 1 {
			t.Error("of what is not theirs the chair sees", none)
		}
	}
	_, chairs := x.get("chair", "/changes")
	if strings.Count(chairs, `<li class="finding`) != 1 || strings.Contains(chairs, "/changes/all") {
		t.Error("the chair decides on what concerns the headteacher, one by one")
	}
	send := func(who, path, subject string, more ...string) (int, string) {
		_, text := x.get(who, "/changes")
		action := "/changes/approve"
		if !strings.Contains(text, action) {
			action = "/changes/all"
		}
		form := x.hidden(text, action)
		form.Set("form", decisions.Digest(append([]string{who, path, subject}, more...)))
		form.Set("change", decisions.Digest(list[subject].Facts)+" "+list[subject].ID)
		form.Set("why", "Because.")
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return x.post(who, path, form)
	}
	for _, c := range []struct {
		who, path, subject string
		more               []string
		want               int
	}{
		{"it", "/changes/approve", "file/own", nil, 403},
		{"head", "/changes/approve", "file/chief", nil, 403},
		{"chair", "/changes/approve", "file/a", nil, 403},
		{"it", "/changes/approve", "file/a", []string{"change", "0000 " + list["file/a"].ID}, 409},
		{"it", "/changes/approve", "file/a", []string{"form_token", "x"}, 403},
		{"it", "/changes/decline", "file/a", []string{"why", ""}, 400},
		{"it", "/changes/undo", "file/a", nil, 409},
		{"it", "/changes/all", "file/a", []string{"kind", "delete-grant", "expect", "4"}, 409},
		{"it", "/changes/all", "file/a", []string{"kind", "delete-grant", "expect", "many"}, 400},
		{"chair", "/changes/all", "file/chief", []string{"kind", "delete-grant", "expect", "1"}, 403},
	} {
		if have, text := send(c.who, c.path, c.subject, c.more...); have != c.want {
			t.Errorf("%s %s %s %v: %d, want %d: %s", c.who, c.path, c.subject, c.more, have, c.want, text)
		}
	}
	for _, do := range []string{decisions.Approve, decisions.ApproveAll, decisions.Decline, decisions.Undo} {
		if n := len(x.made(do)); n != 0 {
			t.Fatalf("%d decisions to %s after refusals", n, do)
		}
	}
	for _, c := range [][]string{{"it", "/changes/approve", "file/a"}, {"officer", "/changes/decline", "file/b"}, {"chair", "/changes/approve", "file/chief"}, {"it", "/changes/all", "file/a", "kind", "delete-grant", "expect", "3"}} {
		if have, text := send(c[0], c[1], c[2], c[3:]...); have != 200 || !strings.Contains(text, "It is noted") {
			t.Errorf("%v: %d %s", c, have, text)
		}
	}
	if have := []int{len(x.made(decisions.Approve)), len(x.made(decisions.Decline)), len(x.made(decisions.ApproveAll))}; !cmp.Equal(have, []int{2, 1, 1}) {
		t.Errorf("decisions: %v", have)
	}
	for _, d := range slices.Concat(x.made(decisions.Approve), x.made(decisions.Decline), x.made(decisions.ApproveAll)) {
		if err := d.Check(); err != nil {
			t.Error(err)
		}
	}
}

// What is approved waits for nobody: it is on its way, and may still be declined.
func TestApprovedChange(t *testing.T) {
	x := newAdminRig(t)
	x.ran(views.Told{}, "sharing")
	plan := proposal("file/a", "medium")
	plan.Notice = 24 * time.Hour
	list := x.proposed(plan, proposal("file/b", "medium"), proposal("file/c", "high"), proposal("file/own", "medium", "id-it"))
	log := &actions.Log{Store: x.main, Commit: x.main.Commit, Clock: func() time.Time { return adminNow }, Calendar: x.policy.Calendar, Run: "r"}
	officer := actions.By{Role: "site", Address: "officer@school.example", ID: "id-officer"}
	for _, subject := range []string{"file/a", "file/c"} { // the second takes another person
		if err := log.Approve(t.Context(), officer, actions.Pick{ID: list[subject].ID}); err != nil {
			t.Fatal(err)
		}
	}
	_, text := x.get("it", "/changes")
	waits, way, ok := strings.Cut(text, "<h2>On the way</h2>")
	if !ok || !strings.Contains(waits, "1 to 3 of 3") || strings.Contains(waits, list["file/a"].ID) || strings.Contains(way, "/changes/approve") ||
		!strings.Contains(way, list["file/a"].ID) || !strings.Contains(way, "/changes/decline") || !strings.Contains(way, "made from Thursday 19 November 2026, 12:00 on") {
		t.Error(text)
	}
	// A colleague of whoever deals with it hears of what those cannot approve alone: the second half of one of high severity, and what is about themselves.
	for who, want := range map[string]string{"it": "2 changes wait for your approval", "head": "2 changes wait for your approval", "officer": "One change waits for your approval"} {
		if _, text = x.get(who, "/"); !strings.Contains(text, want) || strings.Contains(text, "Nothing waits for you") {
			t.Errorf("the %s: %s", who, text)
		}
	}
	_, text = x.get("it", "/changes")
	form := x.hidden(text, "/changes/approve")
	form.Set("change", decisions.Digest(list["file/a"].Facts)+" "+list["file/a"].ID)
	if status, text := x.post("it", "/changes/approve", form); status != http.StatusConflict || len(x.made(decisions.Approve)) != 0 {
		t.Errorf("what is approved is approved again: %d %s", status, text)
	}
}

// Whoever deals with something hears of it on their own page, by the role in which they do.
func TestDuties(t *testing.T) {
	x, _ := seeded(t)
	// A colleague of whoever deals with it hears of what those cannot approve alone: the second half of one of high severity, and what is about themselves.
	for who, want := range map[string]string{"it": `<a href="/findings?deals=workspace_admin">6 open findings that you deal with as workspace administrator</a>, 1 of high severity`, "officer": "", "teacher": ""} {
		_, text := x.get(who, "/")
		if want == "" && (!strings.Contains(text, "Nothing waits for you") || strings.Contains(text, "that you deal")) || !strings.Contains(text, want) {
			t.Errorf("the %s: %s", who, text)
		}
	}
}
