package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/needed"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/views"
)

var facts = []string{"user/p1 reader"}

// asking has files that are shared with kit: of some somebody can be asked.
func asking(t *testing.T) (x *adminRig, id map[string]string) {
	t.Helper()
	x = newAdminRig(t)
	id = map[string]string{}
	for name, v := range map[string]views.Finding{
		"one":   {Ask: "id-teacher", Concerns: []string{"id-teacher"}},
		"two":   {Ask: "id-teacher", Concerns: []string{"id-teacher"}},
		"three": {Ask: "id-office", Concerns: []string{"id-office"}},
		"pupil": {NotAsk: "It is a pupil's, and pupils are not asked.", Concerns: []string{"id-pupil"}},
		"self":  {Ask: "id-it", Concerns: []string{"id-teacher"}},
		"mine":  {Ask: "id-it", Concerns: []string{"id-it"}},
	} {
		v.Title, v.What, v.Where, v.Link = "Plan <"+name+">", "Shared with a person outside the school.", "Open it → Share.", "https://drive.google.com/file/d/"+name
		v.With = []views.With{{Fact: "user/p1", Who: "kit@parent.example (can view)", Domain: "parent.example"}}
		id[name] = x.finding("A1", "sharing.outside-person", "file/"+name, "medium", facts, v)
	}
	return x, id
}

// asked notes that somebody was asked about a finding, as the worker would.
func (x *adminRig) asked(id, of string, change func(*needed.Question)) {
	x.t.Helper()
	f, err := (&findings.Keeper{Store: x.main}).Get(x.t.Context(), id)
	if err != nil {
		x.t.Fatal(err)
	}
	old, err := needed.Of(x.t.Context(), x.main, id)
	if err != nil {
		x.t.Fatal(err)
	}
	q := needed.Question{Finding: id, Opened: f.Opened, Facts: f.Facts, Of: of, By: "workspace_admin", Asked: adminNow.Add(-time.Hour), Due: adminNow.AddDate(0, 0, 7)}
	if change != nil {
		change(&q)
	}
	b := newBatch()
	if err := q.Again(old).Stage(b); err != nil {
		x.t.Fatal(err)
	}
	if err := x.main.Commit(x.t.Context(), b); err != nil {
		x.t.Fatal(err)
	}
}

func TestAskOwner(t *testing.T) {
	x, id := asking(t)
	_, text := x.get("it", "/findings")
	for _, want := range []string{"You can ask teacher whether it is still needed.", "You can ask office whether it is still needed.", "Nobody can be asked whether it is still needed. It is a pupil's, and pupils are not asked."} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "You can ask it whether") {
		t.Error("they could ask themselves")
	}
	form := x.hidden(text, "/findings/agree")
	tick(form, id["one"], facts...)
	tick(form, id["three"], facts...)
	if status, text := x.post("it", "/findings/ask", form); status != 200 || !strings.Contains(text, "Whoever shared it hears with their next daily mail") {
		t.Fatal(status, text)
	}
	have := x.made(decisions.AskOwner)
	if len(have) != 1 || have[0].Check() != nil || len(have[0].Findings) != 2 || have[0].By.ID != "id-it" {
		t.Fatalf("%+v", have)
	}
	if _, text := x.post("it", "/findings/ask", form); !strings.Contains(text, "This was noted before") || len(x.made(decisions.AskOwner)) != 1 {
		t.Error("a form sent twice asks twice")
	}
	if _, text := x.get("officer", "/findings"); strings.Count(text, "Noted: whoever shared it is asked") != 2 {
		t.Error("what was decided is not shown until it is taken up")
	}
	if _, text := x.get("it", "/findings"); !strings.Contains(text, "you asked whoever shared 2 things") {
		t.Error("they are not told what becomes of it")
	}
}

func TestAskAllWithSomebody(t *testing.T) {
	x, _ := asking(t)
	_, text := x.get("it", "/findings?with=at/parent.example")
	if !strings.Contains(text, "Ask about all 3 that are shared with anybody at parent.example") {
		t.Fatal(text)
	}
	form := x.hidden(text, "/findings/agree")
	form.Set("all", between(t, text, `formaction="/findings/ask" formnovalidate name="all" value="`, `"`))
	if status, text := x.post("it", "/findings/ask", form); status != 200 {
		t.Fatal(status, text)
	}
	if have := x.made(decisions.AskOwner); len(have) != 1 || len(have[0].Findings) != 3 {
		t.Errorf("%+v", have)
	}
	form.Set("form", "another")
	x.finding("A1", "sharing.outside-person", "file/late", "medium", facts, views.Finding{Title: "Late", Ask: "id-office", With: []views.With{{Fact: "user/p1", Who: "kit@parent.example (can view)", Domain: "parent.example"}}})
	if status, _ := x.post("it", "/findings/ask", form); status != http.StatusConflict {
		t.Errorf("a list that has grown is asked about: %d", status)
	}
}

func TestAskRefusals(t *testing.T) {
	x, id := asking(t)
	x.asked(id["two"], "id-teacher", nil)
	for name, c := range map[string]struct {
		who    string
		change func(url.Values)
		want   int
	}{
		"without a token":    {"it", func(f url.Values) { f.Del("form_token"); tick(f, id["one"], facts...) }, 403},
		"nothing":            {"it", func(url.Values) {}, 400},
		"a pupil's":          {"it", func(f url.Values) { tick(f, id["pupil"], facts...) }, 409},
		"themselves":         {"it", func(f url.Values) { tick(f, id["self"], facts...) }, 409},
		"about their own":    {"it", func(f url.Values) { tick(f, id["mine"], facts...) }, 403},
		"asked already":      {"it", func(f url.Values) { tick(f, id["two"], facts...) }, 409},
		"one of several":     {"it", func(f url.Values) { tick(f, id["one"], facts...); tick(f, id["two"], facts...) }, 409},
		"other facts":        {"it", func(f url.Values) { tick(f, id["one"], "user/p1 writer") }, 409},
		"everything at once": {"it", func(f url.Values) { f.Set("all", "x") }, 400},
		"a teacher":          {"teacher", func(f url.Values) { tick(f, id["three"], facts...) }, 403},
		"the chair":          {"chair", func(f url.Values) { tick(f, id["one"], facts...) }, 403},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{"form": {"f"}}
			if _, text := x.get(c.who, "/findings"); strings.Contains(text, `action="/findings/agree"`) {
				form = x.hidden(text, "/findings/agree")
			}
			c.change(form)
			if have, text := x.post(c.who, "/findings/ask", form); have != c.want {
				t.Errorf("%d, want %d: %s", have, c.want, text)
			}
			if n := len(x.made(decisions.AskOwner)); n != 0 {
				t.Errorf("%d decisions were made", n)
			}
		})
	}
}

// What became of asking stands with each finding, and can be filtered by.
func TestAnswersOnFindings(t *testing.T) {
	x, id := asking(t)
	for name, change := range map[string]func(*needed.Question){
		"one":   func(q *needed.Question) { q.Answer, q.Until, q.Why = needed.Keep, "2026-12-11", "The choir sings." },
		"two":   func(q *needed.Question) { q.Answer = needed.Stop },
		"three": func(q *needed.Question) { q.Due = adminNow.Add(-time.Minute) },
		"pupil": func(q *needed.Question) { q.Ended = needed.Changed },
		"self":  func(q *needed.Question) { q.Of, q.Answer, q.Why = "id-it", needed.Unsure, "Ask Kit." },
		"mine":  nil,
	} {
		x.asked(id[name], "id-teacher", change)
	}
	_, text := x.get("officer", "/findings")
	for _, want := range []string{
		"Asked teacher on Wednesday 18 November 2026: “I still need it until Fri 11 December 2026: The choir sings.”", "“It can stop.”", "no answer by Wednesday 18 November 2026.", "this ended, as other people have access by now.",
		"“I am not sure.” They add: “Ask Kit.”", "waits for an answer until Wednesday 25 November 2026.", "Agree until Fri 11 December 2026", "decide on it under <a href=\"/changes\">Changes</a>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for asked, want := range map[string]int{"": 6, "back": 4, "keep": 1, "stop": 1, "not-sure": 1, "silent": 1, "waiting": 1, "can": 0, "nonsense": 6} {
		if _, text := x.get("officer", "/findings?asked="+asked); strings.Count(text, `<li class="finding`) != want {
			t.Errorf("%s shows %d, want %d", asked, strings.Count(text, `<li class="finding`), want)
		}
	}

	// Agreeing to what they said is one tap, and an agreement like any other.
	form := x.hidden(text, "/findings/agree")
	keep := between(t, text, `name="keep" value="`, `"`)
	for name, wrong := range map[string]string{"another date": strings.Replace(keep, "2026-12-11", "2027-12-11", 1), "what nobody wants kept": decisions.Digest(facts) + " " + id["two"] + " 2026-12-11", "nothing": "x"} {
		form.Set("keep", wrong)
		if status, _ := x.post("officer", "/findings/agree", form); status < 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	form.Set("keep", keep)
	if status, text := x.post("officer", "/findings/agree", form); status != 200 {
		t.Fatal(status, text)
	}
	have := x.made(decisions.Agree)
	if len(have) != 1 || have[0].Check() != nil || have[0].Until != "2026-12-11" || have[0].Why != "Whoever shared it says: The choir sings." || have[0].Findings[0].ID != id["one"] {
		t.Errorf("%+v", have)
	}
	form.Set("form", "another")
	if status, _ := x.post("teacher", "/findings/agree", form); status != http.StatusForbidden {
		t.Errorf("they agree to their own wish: %d", status)
	}
}

func TestStillNeeded(t *testing.T) {
	x, id := asking(t)
	if _, text := x.get("teacher", "/shared"); !strings.Contains(text, "You are asked about nothing now.") {
		t.Error(text)
	}
	if _, text := x.get("teacher", "/"); strings.Contains(text, `href="/shared"`) {
		t.Error("a page for nothing is in the menu")
	}
	x.asked(id["one"], "id-teacher", nil)
	x.asked(id["two"], "id-teacher", nil)
	x.asked(id["three"], "id-office", nil)
	if _, text := x.get("teacher", "/"); !strings.Contains(text, "2 shared files: are they still needed?") {
		t.Error(text)
	}
	_, text := x.get("teacher", "/shared")
	for want, n := range map[string]int{`action="/shared"`: 2, "Plan <one>": 1, "Shared with kit@parent.example (can view).": 2, "Please answer by Wednesday 25 November 2026.": 2, "Plan <three>": 0} {
		if have := strings.Count(text, want); n == 0 && have > 0 || have < n {
			t.Errorf("%q stands there %d times, want %d", want, have, n)
		}
	}
	form := x.hidden(text, "/shared")
	form.Set("finding", decisions.Digest(facts)+" "+id["one"])
	form.Set("answer", "keep")
	form.Set("until", "2026-12-11")
	form.Set("why", "The choir sings.")
	if status, text := x.post("teacher", "/shared", form); status != 200 || !strings.Contains(text, "It is noted that you still need it") || !strings.Contains(text, "Noted just now") {
		t.Fatal(status, text)
	}
	want := []decisions.Decision{{
		At: adminNow, By: decisions.By{ID: "id-teacher", Hash: pseudonym.Of("teacher@school.example")}, Do: decisions.OwnerAnswer, Answer: "keep", Until: "2026-12-11", Why: "The choir sings.",
		Findings: []decisions.Pick{{ID: id["one"], Facts: facts}},
	}}
	have := x.made(decisions.OwnerAnswer)
	for i := range have {
		if err := have[i].Check(); err != nil {
			t.Error(err)
		}
		have[i].ID = ""
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	if _, text := x.post("teacher", "/shared", form); !strings.Contains(text, "This was noted before") || len(x.made(decisions.OwnerAnswer)) != 1 {
		t.Error("a form sent twice is two answers")
	}
	form.Set("form", "another")
	form.Set("finding", decisions.Digest(facts)+" "+id["two"])
	form.Set("answer", "stop")
	if status, text := x.post("teacher", "/shared", form); status != 200 || !strings.Contains(text, "How to stop it yourself") || !strings.Contains(text, "It will be stopped once somebody has looked at it.") {
		t.Error(status, text)
	}
	if _, text := x.get("teacher", "/"); strings.Contains(text, "still needed?</a></p>") {
		t.Error("what was answered waits still")
	}
}

func TestStillNeededRefusals(t *testing.T) {
	x, id := asking(t)
	x.asked(id["one"], "id-teacher", nil)
	x.asked(id["three"], "id-office", nil)
	x.asked(id["two"], "id-teacher", func(q *needed.Question) { q.Ended = needed.Passed })
	x.asked(id["pupil"], "id-teacher", func(q *needed.Question) { q.Facts = []string{"user/p0 reader"} }) // has changed since
	_, text := x.get("teacher", "/shared")
	if n := strings.Count(text, `action="/shared"`); n != 1 {
		t.Errorf("%d things are asked about, want 1", n)
	}
	for name, c := range map[string]struct {
		change func(url.Values)
		want   int
	}{
		"without a token":       {func(f url.Values) { f.Del("form_token") }, 403},
		"without an id":         {func(f url.Values) { f.Del("form") }, 400},
		"another word":          {func(f url.Values) { f.Set("answer", "yes") }, 400},
		"somebody else's":       {func(f url.Values) { f.Set("finding", decisions.Digest(facts)+" "+id["three"]) }, 403},
		"not asked":             {func(f url.Values) { f.Set("finding", decisions.Digest(facts)+" "+id["self"]) }, 403},
		"not asked any more":    {func(f url.Values) { f.Set("finding", decisions.Digest(facts)+" "+id["two"]) }, 403},
		"other facts":           {func(f url.Values) { f.Set("finding", decisions.Digest(nil)+" "+id["one"]) }, 409},
		"keep without a date":   {func(f url.Values) { f.Set("until", "") }, 400},
		"keep until today":      {func(f url.Values) { f.Set("until", "2026-11-18") }, 400},
		"keep for two years":    {func(f url.Values) { f.Set("until", "2028-11-18") }, 400},
		"keep without a word":   {func(f url.Values) { f.Set("why", " ") }, 400},
		"an essay":              {func(f url.Values) { f.Set("why", strings.Repeat("a", 301)) }, 400},
		"an essay, and stop":    {func(f url.Values) { f.Set("answer", "stop"); f.Set("why", strings.Repeat("a", 301)) }, 400},
		"nothing at all":        {func(f url.Values) { f.Del("finding") }, 403},
		"a finding's name only": {func(f url.Values) { f.Set("finding", id["one"]) }, 403},
	} {
		t.Run(name, func(t *testing.T) {
			form := x.hidden(text, "/shared")
			form.Set("answer", "keep")
			form.Set("until", "2026-12-11")
			form.Set("why", "The choir sings.")
			c.change(form)
			if have, text := x.post("teacher", "/shared", form); have != c.want {
				t.Errorf("%d, want %d: %s", have, c.want, text)
			}
			if n := len(x.made(decisions.OwnerAnswer)); n != 0 {
				t.Errorf("%d decisions were made", n)
			}
		})
	}
	if status, _ := x.get("pupil", "/shared"); status != http.StatusForbidden {
		t.Errorf("a pupil: %d", status)
	}
	if _, text := x.get("chair", "/shared"); !strings.Contains(text, "You are asked about nothing now.") {
		t.Error("somebody outside is asked")
	}
}
