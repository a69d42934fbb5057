package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

var everybody = []string{"officer", "deputy", "head", "lead", "it", "office", "teacher", "chair", "gov", "helpdesk", "pupil"}

// Who may open which page.
func TestPagesForDeciders(t *testing.T) {
	x := newAdminRig(t)
	for path, may := range map[string][]string{
		"/findings": {"officer", "deputy", "head", "lead", "it", "chair"},
		"/changes":  {"officer", "deputy", "head", "lead", "it", "chair"},
		"/overview": {"officer", "deputy", "head"},
		"/closed":   {"officer", "deputy", "head", "office"},
	} {
		for _, who := range everybody {
			want := http.StatusForbidden
			if slices.Contains(may, who) {
				want = http.StatusOK
			}
			if have, text := x.get(who, path); have != want {
				t.Errorf("%s for the %s: %d, want %d\n%s", path, who, have, want, text)
			}
			if _, home := x.get(who, "/"); strings.Contains(home, `href="`+path+`"`) != (want == http.StatusOK) {
				t.Errorf("the menu of the %s says otherwise of %s", who, path)
			}
		}
	}
}

// seeded has: two files of the teacher shared with the same person, one of it's own, one of the head's own, and a weak password.
func seeded(t *testing.T) (x *adminRig, id map[string]string) {
	x = newAdminRig(t)
	with := []views.With{{Fact: "user/p1", Who: "kit@parent.example (can view)", Domain: "parent.example"}}
	id = map[string]string{}
	for name, owner := range map[string]string{"one": "id-teacher", "two": "id-teacher", "mine": "id-it", "chief": "id-head"} {
		id[name] = x.finding("A1", "sharing.outside-person", "file/"+name, "medium", []string{"user/p1 reader"}, views.Finding{
			Title: "Plan <" + name + ">", What: "Shared with a person outside the school.", Why: "Because.", Do: "End it.", Link: "https://drive.google.com/file/d/" + name, With: with, Concerns: []string{owner},
		})
	}
	id["link"] = x.finding("A1", "sharing.public-link", "file/link", "low", []string{"anyone-with-link reader"}, views.Finding{Title: "Map", What: "Anyone with the link can open it.", Concerns: []string{"id-teacher"}})
	id["weak"] = x.finding("A2", "accounts.weak-password", "user/id-teacher", "high", []string{"strength weak"}, views.Finding{Title: "Ann", What: "A weak password.", Concerns: []string{"id-teacher"}})
	return x, id
}

func TestWhoSeesWhichFindings(t *testing.T) {
	x, _ := seeded(t)
	for who, want := range map[string]int{"it": 6, "officer": 6, "deputy": 6, "head": 6, "lead": 6, "chair": 1} {
		_, text := x.get(who, "/findings")
		if have := strings.Count(text, `<li class="finding`); have != want {
			t.Errorf("the %s sees %d findings, want %d", who, have, want)
		}
	}
	_, text := x.get("chair", "/findings")
	if !strings.Contains(text, "Plan <chief>") {
		t.Error("the chair does not see what concerns the headteacher")
	}
	for query, want := range map[string]int{
		"?severity=high": 1, "?clause=A1": 5, "?rule=sharing.public-link": 1, "?with=user/p1": 4, "?with=at/parent.example": 4, "?with=at/": 0, "?with=user/p": 0, "?state=new": 6, "?state=overdue": 0, "?state=agreed": 0,
		"?deals=workspace_admin": 6, "?deals=governor": 0, "?state=nonsense": 6, "?page=99": 6, "?page=-1": 6, "?state=information": 0,
	} {
		if _, text := x.get("it", "/findings"+query); strings.Count(text, `<li class="finding`) != want {
			t.Errorf("%s shows %d, want %d", query, strings.Count(text, `<li class="finding`), want)
		}
	}
}

// What is in a title cannot become markup, and a page lists fifty.
func TestManyFindings(t *testing.T) {
	x := newAdminRig(t)
	for i := range 60 {
		x.finding("A1", "sharing.public-link", "file/f"+strings.Repeat("x", i), "low", []string{"anyone-with-link reader"}, views.Finding{Title: "<script>alert(1)</script>", What: "Open."})
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.server.URL+"/findings", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := x.as("it").Do(req)
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 1<<20)
	n, _ := resp.Body.Read(raw)
	resp.Body.Close()
	if strings.Contains(string(raw[:n]), "<script") {
		t.Error("a title is markup")
	}
	_, first := x.get("it", "/findings")
	_, second := x.get("it", "/findings?page=2")
	if a, b := strings.Count(first, `<li class="finding`), strings.Count(second, `<li class="finding`); a != 50 || b != 10 {
		t.Errorf("%d and %d on the pages, want 50 and 10", a, b)
	}
	if !strings.Contains(first, "The next ones") || strings.Contains(second, "The next ones") || !strings.Contains(second, "Those before") {
		t.Error("the pages do not lead to each other")
	}
}

// agreeing is what the page's form sends, with a date and a reason.
func (x *adminRig) agreeing(who, path string) (url.Values, string) {
	x.t.Helper()
	_, text := x.get(who, path)
	form := x.hidden(text, "/findings/agree")
	form.Set("until", "2026-12-18")
	form.Set("why", "A visiting artist works on it.")
	return form, text
}

func tick(form url.Values, id string, facts ...string) {
	form.Add("pick", decisions.Digest(facts)+" "+id)
}

func TestAgree(t *testing.T) {
	x, id := seeded(t)
	form, _ := x.agreeing("it", "/findings")
	tick(form, id["one"], "user/p1 reader")
	tick(form, id["two"], "user/p1 reader")
	if status, text := x.post("it", "/findings/agree", form); status != 200 || !strings.Contains(text, "It is noted") {
		t.Fatalf("%d %s", status, text)
	}
	want := []decisions.Decision{{
		At: adminNow, By: decisions.By{ID: "id-it", Hash: pseudonym.Of("it@school.example")}, Do: decisions.Agree, Until: "2026-12-18", Why: "A visiting artist works on it.",
		Findings: []decisions.Pick{{ID: id["one"], Facts: []string{"user/p1 reader"}}, {ID: id["two"], Facts: []string{"user/p1 reader"}}},
	}}
	have := x.made(decisions.Agree)
	for i := range have {
		if have[i].Check() != nil {
			t.Error(have[i].Check())
		}
		have[i].ID = ""
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	if _, text := x.post("it", "/findings/agree", form); !strings.Contains(text, "This was noted before") || len(x.made(decisions.Agree)) != 1 {
		t.Error("a form sent twice is two decisions")
	}
	if _, text := x.get("officer", "/findings"); strings.Count(text, "Noted: agreed until") != 2 {
		t.Error("what was decided is not shown until it is taken up")
	}
	if _, text := x.get("it", "/findings"); !strings.Contains(text, "you agreed to 2 findings") {
		t.Error("they are not told what becomes of it")
	}
	if x.noted != 2 {
		t.Errorf("the worker was told %d times", x.noted)
	}
}

// What is agreed to for a private reason the e-safety officer and the safeguarding lead see; others see until when.
func TestPrivateException(t *testing.T) {
	x, id := seeded(t)
	form, text := x.agreeing("lead", "/findings")
	if !strings.Contains(text, `name="private" value="yes" checked`) {
		t.Error("the safeguarding lead, who may agree for a private reason only, is not helped to")
	}
	tick(form, id["one"], "user/p1 reader")
	if status, text := x.post("lead", "/findings/agree", form); status != 403 || !strings.Contains(text, "for a private reason only") {
		t.Errorf("openly: %d %s", status, text)
	}
	form, _ = x.agreeing("it", "/findings")
	tick(form, id["one"], "user/p1 reader")
	form.Set("private", "yes")
	if status, _ := x.post("it", "/findings/agree", form); status != 403 || len(x.made(decisions.Agree)) != 0 {
		t.Errorf("the administrator made an exception: %d", status)
	}
	form, _ = x.agreeing("lead", "/findings")
	tick(form, id["one"], "user/p1 reader")
	form.Set("private", "yes")
	if status, _ := x.post("lead", "/findings/agree", form); status != 200 {
		t.Fatalf("the safeguarding lead: %d", status)
	}
	if made := x.made(decisions.Agree); len(made) != 1 || !made[0].Private {
		t.Fatalf("%+v", made)
	}
	f, err := (&findings.Keeper{Store: x.main}).Get(t.Context(), id["one"])
	if err != nil {
		t.Fatal(err)
	}
	b := &store.Batch{}
	if err := findings.StageAgree(b, findings.Run{ID: "r", Now: adminNow}, f, findings.Agreement{Until: adminNow.AddDate(0, 1, 0), By: "safeguarding_lead", Why: "Needs of a child.", Facts: f.Facts, Private: true}); err != nil {
		t.Fatal(err)
	}
	if err := x.main.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for who, sees := range map[string]bool{"lead": true, "officer": true, "it": false, "head": false, "deputy": false} {
		_, text := x.get(who, "/findings?state=agreed")
		if !strings.Contains(text, "greed until") || strings.Contains(text, "Needs of a child") != sees || strings.Contains(text, "safeguarding lead:") != sees {
			t.Errorf("the %s sees why: %v, want %v", who, !sees, sees)
		}
		_, text = x.get(who, "/findings?state=private")
		if n := strings.Count(text, `<li class="finding`); (n == 1) != sees || strings.Contains(text, "private exceptions") != sees {
			t.Errorf("the %s is shown %d private exceptions", who, n)
		}
		if who == "lead" || who == "it" {
			continue // who does not lead sees no overview
		}
		if _, text = x.get(who, "/overview"); strings.Contains(text, "One is in force") != sees {
			t.Errorf("the overview of the %s: %s", who, text)
		}
	}
}

func TestAgreeToAllWithSomebody(t *testing.T) {
	x, id := seeded(t)
	_, text := x.get("it", "/findings?with=user/p1")
	if !strings.Contains(text, "Agree to all 3 that are shared with kit@parent.example") {
		t.Fatal(text)
	}
	form, _ := x.agreeing("it", "/findings?with=user/p1")
	all := between(t, text, `name="all" value="`, `"`)
	form.Set("all", all)
	if status, text := x.post("it", "/findings/agree", form); status != 200 {
		t.Fatal(status, text)
	}
	var have []string
	for _, p := range x.made(decisions.Agree)[0].Findings {
		have = append(have, p.ID)
	}
	slices.Sort(have)
	want := []string{id["one"], id["two"], id["chief"]} // not their own
	slices.Sort(want)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	form.Set("form", "another")
	x.finding("A1", "sharing.outside-person", "file/late", "medium", []string{"user/p1 writer"}, views.Finding{Title: "Late", With: []views.With{{Fact: "user/p1", Who: "kit@parent.example (can edit)"}}})
	if status, _ := x.post("it", "/findings/agree", form); status != http.StatusConflict {
		t.Errorf("a list that has grown is agreed to: %d", status)
	}
	form.Set("with", "")
	if status, _ := x.post("it", "/findings/agree", form); status != http.StatusBadRequest {
		t.Errorf("everything at once: %d", status)
	}
}

func between(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, from)
	out, _, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("the page has no %q", from)
	}
	return out
}

// What is refused changes nothing.
func TestAgreeRefusals(t *testing.T) {
	x, id := seeded(t)
	for name, c := range map[string]struct {
		who    string
		change func(url.Values)
		want   int
	}{
		"without a token": {"it", func(f url.Values) { f.Del("form_token"); tick(f, id["one"], "user/p1 reader") }, 403},
		"without an id":   {"it", func(f url.Values) { f.Del("form"); tick(f, id["one"], "user/p1 reader") }, 400},
		"nothing":         {"it", func(url.Values) {}, 400},
		"their own":       {"it", func(f url.Values) { tick(f, id["mine"], "user/p1 reader") }, 403},
		"the head's own":  {"head", func(f url.Values) { tick(f, id["chief"], "user/p1 reader") }, 403},
		"somebody else's": {"lead", func(f url.Values) { tick(f, id["one"], "user/p1 reader") }, 403},
		"the chair's not": {"chair", func(f url.Values) { tick(f, id["one"], "user/p1 reader") }, 403},
		"other facts":     {"it", func(f url.Values) { tick(f, id["one"], "user/p1 writer") }, 409},
		"not there":       {"it", func(f url.Values) { tick(f, "A1~sharing.public-link~file~none") }, 403},
		"no reason":       {"it", func(f url.Values) { tick(f, id["one"], "user/p1 reader"); f.Set("why", " ") }, 400},
		"a long reason":   {"it", func(f url.Values) { tick(f, id["one"], "user/p1 reader"); f.Set("why", strings.Repeat("a", 301)) }, 400},
		"today":           {"it", func(f url.Values) { tick(f, id["one"], "user/p1 reader"); f.Set("until", "2026-11-18") }, 400},
		"in two years":    {"it", func(f url.Values) { tick(f, id["one"], "user/p1 reader"); f.Set("until", "2028-11-18") }, 400},
		"no date":         {"it", func(f url.Values) { tick(f, id["one"], "user/p1 reader"); f.Set("until", "soon") }, 400},
		"nobody was first": {"it", func(f url.Values) {
			f.Set("confirm", decisions.Digest([]string{"strength weak"})+" "+id["weak"]+" 2026-12-18")
		}, 409},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{}
			_, text := x.get(c.who, "/findings")
			if strings.Contains(text, `action="/findings/agree"`) {
				form = x.hidden(text, "/findings/agree")
			} else { // they have nothing to tick: a token of another of their forms will not do, so none is at hand
				form.Set("form", "f")
			}
			form.Set("until", "2026-12-18")
			form.Set("why", "It may.")
			c.change(form)
			if have, text := x.post(c.who, "/findings/agree", form); have != c.want {
				t.Errorf("%d, want %d: %s", have, c.want, text)
			}
			if n := len(x.made(decisions.Agree)); n != 0 {
				t.Errorf("%d decisions were made", n)
			}
		})
	}
}

// The second of two people confirms what the first said, and nobody confirms their own.
func TestConfirm(t *testing.T) {
	x, id := seeded(t)
	k := &findings.Keeper{Store: x.main, Commit: x.main.Commit}
	b := newBatch()
	err := k.StageFirst(t.Context(), b, findings.First{
		Finding: id["weak"], At: adminNow.Add(-time.Hour), ID: "id-it", Hash: pseudonym.Of("it@school.example"),
		Agreement: findings.Agreement{Until: time.Date(2026, 12, 4, 17, 0, 0, 0, time.UTC), By: "workspace_admin", Why: "Away until then.", Facts: []string{"strength weak"}},
	})
	if err == nil {
		err = x.main.Commit(t.Context(), b)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, own := x.get("it", "/findings")
	if !strings.Contains(own, "A second person has to confirm it") || strings.Contains(own, `name="confirm"`) {
		t.Error("the first does not see that a second is waited for, or may be the second")
	}
	_, text := x.get("officer", "/findings")
	form := x.hidden(text, "/findings/agree")
	form.Set("confirm", between(t, text, `name="confirm" value="`, `"`))
	if status, text := x.post("officer", "/findings/agree", form); status != 200 {
		t.Fatal(status, text)
	}
	d := x.made(decisions.Agree)
	if len(d) != 1 || d[0].Until != "2026-12-04" || d[0].Why != "Away until then." || d[0].By.ID != "id-officer" {
		t.Errorf("%+v", d)
	}
}

func TestEndAgreement(t *testing.T) {
	x, id := seeded(t)
	k := &findings.Keeper{Store: x.main, Commit: x.main.Commit}
	if err := k.Agree(t.Context(), findings.Run{ID: "r", Now: adminNow}, id["one"], findings.Agreement{Until: adminNow.AddDate(0, 1, 0), By: "workspace_admin", Why: "It may.", Facts: []string{"user/p1 reader"}}); err != nil {
		t.Fatal(err)
	}
	_, text := x.get("it", "/findings?state=agreed")
	if !strings.Contains(text, "Agreed until Friday 18 December 2026 by the workspace administrator: It may.") {
		t.Error(text)
	}
	form := x.hidden(text, "/findings/agree")
	form.Set("end", between(t, text, `name="end" value="`, `"`))
	if status, text := x.post("it", "/findings/end", form); status != 200 || len(x.made(decisions.EndAgree)) != 1 {
		t.Error(status, text)
	}
	form.Set("end", decisions.Digest([]string{"user/p1 reader"})+" "+id["two"])
	form.Set("form", "next")
	if status, _ := x.post("it", "/findings/end", form); status != http.StatusConflict {
		t.Errorf("what nobody agreed to is ended: %d", status)
	}
}

func TestOverview(t *testing.T) {
	x, _ := seeded(t)
	_, text := x.get("officer", "/overview")
	if !strings.Contains(text, "Not everything has been looked at yet") || !strings.Contains(text, "has not been looked at)") {
		t.Error("nothing was looked at, and nobody says so")
	}
	x.ran(views.Told{Unseen: []views.Unseen{{Clauses: []string{"A1"}, What: "The Drive of an account", Why: "Google refused it"}}}, "sharing", "accounts", "checkins")
	x.put(views.Overview, "seen", views.Seen{
		Unseen:   []views.Unseen{{Clauses: []string{"A1"}, What: "The Drive of Ann", Why: "Google refused it"}, {What: "Whether mails came back", Why: "Google refused that too"}},
		Returned: []views.Returned{{Who: "The headteacher (head@school.example)", Why: "The report came back", Do: "Put the address right."}},
		Never:    []string{"whether a letter arrived"},
	})
	_, text = x.get("head", "/overview")
	for _, want := range []string{
		`<span class="colour">Amber</span> A1`, `<span class="colour">Red</span> A2`, `<span class="colour">Green</span> A3`, "Could not be seen: The Drive of an account: Google refused it.", "The Drive of Ann: Google refused it.", "5 things are open", "One thing of high severity is open",
		`href="/findings?clause=A1"`, "The headteacher (head@school.example): The report came back. Put the address right.", "Google refused that too.</li>", "whether a letter arrived",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
}

// That nothing was found is said together with what could not be looked at, in full to who leads or looks after the Workspace.
func TestFindingsSayWhatWasNotSeen(t *testing.T) {
	x := newAdminRig(t)
	deals := func(who, path string, wants ...string) {
		t.Helper()
		status, text := x.get(who, path)
		if status != 200 {
			t.Fatalf("%s: %d", who, status)
		}
		for _, want := range wants {
			if not, is := strings.CutPrefix(want, "not "); is == strings.Contains(text, not) {
				t.Errorf("%s on %s: %q", who, path, want)
			}
		}
	}
	deals("it", "/findings", "There is nothing of this kind.", "not could not be looked at")
	x.put(views.Overview, "seen", views.Seen{Unseen: []views.Unseen{
		{Clauses: []string{"A1"}, What: "The Drive of Ann", Why: "Google refused it"}, {Clauses: []string{"A3"}, What: "Devices", Why: "Google refused them", Count: 4}, {What: "Whether mails came back", Why: "Google refused that too"},
	}})
	for _, who := range []string{"it", "officer"} {
		deals(who, "/findings", "5 things could not be looked at", "The Drive of Ann", "Nothing of this kind was found in what could be looked at.", "not came back")
		deals(who, "/findings?clause=A1", "One thing could not be looked at", "The Drive of Ann", "not Devices")
		deals(who, "/findings?clause=A2", "There is nothing of this kind.", "not could not be looked at")
	}
	deals("lead", "/findings", "4 things could not be looked at; the administrator knows.", "not Ann", "not Devices")
}

func TestClosed(t *testing.T) {
	x := newAdminRig(t)
	_, text := x.get("office", "/closed")
	form := x.hidden(text, "/closed")
	if status, text := x.post("office", "/closed", form); status != 200 || !strings.Contains(text, "noted just now") {
		t.Error(status, text)
	}
	if d := x.made(decisions.Closed); len(d) != 1 || d[0].From != "2026-11-18" || d[0].Check() != nil {
		t.Errorf("%+v", d)
	}
	for date, want := range map[string]int{"2026-11-21": 400, "2026-10-27": 400, "2027-11-18": 400, "soon": 400, "2026-11-19": 200} {
		form.Set("date", date)
		if have, _ := x.post("office", "/closed", form); have != want {
			t.Errorf("%s: %d, want %d", date, have, want)
		}
	}
	form.Set("form_token", "x")
	if have, _ := x.post("office", "/closed", form); have != 403 {
		t.Errorf("without a token: %d", have)
	}
}
