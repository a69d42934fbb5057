package web_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/records"
	"esafetybot/internal/views"
)

const listsPolicy = adminPolicy + `
  - id: A26
    says: New services are approved.
    deals_with_it: it_support
    met_by: [{record: approved-services}]
  - id: B13
    says: Visitors sign.
    deals_with_it: safeguarding_lead
    met_by: [{record: visitors, due: 5 school days}, {record: incidents}]
`

// keptAlready puts entries into the state, as the worker does.
func keptAlready(x *adminRig, list ...records.Entry) {
	x.t.Helper()
	b, err := records.Open(x.t.Context(), x.main)
	if err != nil {
		x.t.Fatal(err)
	}
	for _, e := range list {
		b.Make(e.Record, e.What, e.Where, e.Dates[0])
		if e.Ended != nil {
			b.End(e.Record, e.Dates[0].ID, *e.Ended)
		}
	}
	batch := newBatch()
	if err := b.Stage(batch); err != nil {
		x.t.Fatal(err)
	}
	if err := x.main.Commit(x.t.Context(), batch); err != nil {
		x.t.Fatal(err)
	}
}

func kept(record, id, what, until string) records.Entry {
	day, err := calendar.ParseDate(until)
	if err != nil {
		panic(err)
	}
	return records.Entry{Record: record, What: what, Where: "Blue folder, office", Dates: []records.Mark{{ID: id, At: adminNow.Add(-24 * time.Hour), By: "id-office", Until: day}}}
}

func newListRig(t *testing.T) *adminRig {
	t.Helper()
	x := newRigOf(t, listsPolicy)
	gone := kept("visitors", "e3", "Parent helper of last year", "2026-12-01")
	gone.Ended = &records.Mark{ID: "m", At: adminNow.Add(-time.Hour)}
	keptAlready(x, kept("visitors", "e1", "Technician <b>of the boiler firm", "2027-07-21"), kept("visitors", "e2", "Swimming coach", "2026-11-17"), gone, kept("approved-services", "e4", "Example Maths", "2026-11-18"))
	return x
}

// Who keeps which record sees it, and no other; nobody is led to a page that is not theirs.
func TestWhoSeesWhichRecords(t *testing.T) {
	x := newListRig(t)
	for who, want := range map[string]string{
		"officer": "Approved services, Visitors who signed", "deputy": "Approved services, Visitors who signed", "head": "Approved services, Visitors who signed", "helpdesk": "Approved services, Visitors who signed",
		"it": "Approved services", "office": "Visitors who signed", "lead": "", "teacher": "", "chair": "", "gov": "", "pupil": "",
	} {
		status, text := x.get(who, "/records")
		var have []string
		for _, k := range records.Kinds {
			if strings.Contains(text, `<h2 id="`+k.Name+`">`+k.Title) {
				have = append(have, k.Title)
			}
		}
		if strings.Join(have, ", ") != want || (status == http.StatusOK) != (want != "") {
			t.Errorf("%s: %d %v, want %s", who, status, have, want)
		}
		if _, text = x.get(who, "/"); strings.Contains(text, `href="/records">Records`) != (want != "") {
			t.Errorf("%s: the menu is wrong", who)
		}
		if over := strings.Contains(text, "One entry of a record has run out"); over != strings.Contains(want, "Visitors") {
			t.Errorf("%s: told of what ran out: %v", who, over)
		}
	}
	_, text := x.get("office", "/records")
	for _, want := range []string{"Technician <b>of the boiler firm", "Blue folder, office", "Until Wed 21 July 2027.", "Ran out on Tue 17 November 2026.", `min="2026-11-19" max="2028-11-18"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "Parent helper") || strings.Contains(text, "Example Maths") || strings.Index(text, "Swimming coach") > strings.Index(text, "Technician") {
		t.Errorf("what ended or is somebody else's is shown, or what runs out first is not the first:\n%s", text)
	}
	_, text = x.get("it", "/records")
	if !strings.Contains(text, "Until Wed 18 November 2026.") {
		t.Errorf("an entry holds on its last day:\n%s", text)
	}
	raw, err := x.as("office").Get(x.server.URL + "/records")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Body.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, raw.Body); err != nil || !strings.Contains(b.String(), "Technician &lt;b&gt;of") {
		t.Errorf("what people wrote is not made harmless: %v", err)
	}
}

func TestNoRecords(t *testing.T) {
	x := newAdminRig(t)
	for _, who := range []string{"officer", "office", "teacher"} {
		if status, text := x.get(who, "/records"); status != http.StatusNotFound || strings.Contains(text, "Records") {
			t.Errorf("%s: %d", who, status)
		}
	}
}

// Entering, renewing and ending: each is one decision, shown as noted until the worker has taken it up.
func TestKeepARecord(t *testing.T) {
	x := newListRig(t)
	_, text := x.get("office", "/records")
	form := x.hidden(text, "/records/add")
	form.Set("what", "  Governor \r\n of St Example ")
	form.Set("where", "Blue folder")
	form.Set("until", "2027-09-01")
	status, text := x.post("office", "/records/add", form)
	if status != http.StatusOK || !strings.Contains(text, "Governor of St Example") || !strings.Contains(text, "Entered just now") || !strings.Contains(text, "Until Wed 1 September 2027.") || !strings.Contains(text, "Thank you. It is noted") {
		t.Fatalf("%d %s", status, text)
	}
	made := x.made(decisions.Record)
	if len(made) != 1 || made[0].Check() != nil || made[0].Record != "visitors" || made[0].What != "Governor of St Example" || made[0].Where != "Blue folder" || made[0].Until != "2027-09-01" || made[0].By.ID != "id-office" {
		t.Fatalf("%+v", made)
	}
	if _, text := x.post("office", "/records/add", form); !strings.Contains(text, "noted before") || len(x.made(decisions.Record)) != 1 {
		t.Error("sent twice it is two")
	}
	if x.noted != 2 {
		t.Errorf("the worker heard %d times", x.noted)
	}

	_, rest, _ := strings.Cut(text, `id="e-e2"`)
	form = x.hidden(rest, "/records/renew")
	form.Set("until", "2027-11-17")
	status, text = x.post("office", "/records/renew", form)
	if status != http.StatusOK || !strings.Contains(text, "Until Wed 17 November 2027. <strong class=\"plain\">Renewed just now") || strings.Contains(text, "Ran out on") {
		t.Errorf("%d %s", status, text)
	}
	if d := x.made(decisions.Renew); len(d) != 1 || d[0].Check() != nil || d[0].Entry != "e2" || d[0].Record != "visitors" || d[0].Until != "2027-11-17" || d[0].What != "" {
		t.Errorf("%+v", d)
	}

	_, rest, _ = strings.Cut(text, `id="e-e1"`)
	form = x.hidden(rest, "/records/end")
	status, text = x.post("helpdesk", "/records/end", x.with(form, "helpdesk"))
	if status != http.StatusOK || !strings.Contains(text, "Ended just now") || strings.Contains(text, `value="e1"`) {
		t.Errorf("%d %s", status, text)
	}
	if d := x.made(decisions.EndRecord); len(d) != 1 || d[0].Check() != nil || d[0].Entry != "e1" || d[0].Until != "" || d[0].By.ID == "id-office" {
		t.Errorf("%+v", d)
	}
}

// with is a form as another person's page sends it.
func (x *adminRig) with(form url.Values, who string) url.Values {
	x.t.Helper()
	_, text := x.get(who, "/records")
	out := url.Values{}
	for k, v := range form {
		out[k] = v
	}
	own := x.hidden(text, "/records/add")
	out.Set("form_token", own.Get("form_token"))
	return out
}

// Nothing that is refused is noted, and no refusal says what was written.
func TestRecordRefusals(t *testing.T) {
	x := newListRig(t)
	for _, c := range []struct {
		name, who, path string
		change          map[string]string
		want            int
	}{
		{"no token", "office", "/records/add", map[string]string{"form_token": "x"}, 403},
		{"no form", "office", "/records/add", map[string]string{"form": ""}, 400},
		{"nothing", "office", "/records/add", map[string]string{"what": " \n "}, 400},
		{"a story", "office", "/records/add", map[string]string{"what": strings.Repeat("é", 121)}, 400},
		{"a long way", "office", "/records/add", map[string]string{"where": strings.Repeat("é", 201)}, 400},
		{"what nobody can read", "office", "/records/add", map[string]string{"what": "a\x00b"}, 400},
		{"no date", "office", "/records/add", map[string]string{"until": ""}, 400},
		{"today", "office", "/records/add", map[string]string{"until": "2026-11-18"}, 400},
		{"too far off", "office", "/records/add", map[string]string{"until": "2028-11-19"}, 400},
		{"no record", "office", "/records/add", map[string]string{"record": ""}, 403},
		{"somebody else's record", "office", "/records/add", map[string]string{"record": "approved-services"}, 403},
		{"the incident log", "officer", "/records/add", map[string]string{"record": "incidents"}, 403},
		{"a record that no clause asks for", "officer", "/records/add", map[string]string{"record": "consents"}, 403},
		{"no entry", "office", "/records/renew", map[string]string{"entry": ""}, 400},
		{"an entry that is not there", "office", "/records/renew", map[string]string{"entry": "e9"}, 409},
		{"an entry that was ended", "office", "/records/renew", map[string]string{"entry": "e3"}, 409},
		{"an entry of another record", "officer", "/records/renew", map[string]string{"record": "approved-services"}, 409},
		{"renewed until yesterday", "office", "/records/renew", map[string]string{"until": "2026-11-17"}, 400},
		{"ended before", "office", "/records/end", map[string]string{"entry": "e3"}, 409},
		{"ended by who keeps another", "it", "/records/end", map[string]string{"record": "visitors"}, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := x.with(url.Values{"form": {"f"}, "record": {"visitors"}, "entry": {"e1"}, "what": {"Boiler technician"}, "where": {"Blue folder"}, "until": {"2027-09-01"}}, c.who)
			for k, v := range c.change {
				form.Set(k, v)
			}
			status, text := x.post(c.who, c.path, form)
			if status != c.want {
				t.Errorf("%d, want %d: %s", status, c.want, text)
			}
			if strings.Contains(text, "Boiler") {
				t.Error("the refusal quotes what was written")
			}
		})
	}
	for _, do := range []string{decisions.Record, decisions.Renew, decisions.EndRecord} {
		if d := x.made(do); len(d) != 0 {
			t.Errorf("refused, and noted: %+v", d)
		}
	}
}

// What ran out stands among the findings, with what the entry says; what the incident log found does not.
func TestRecordsAmongFindings(t *testing.T) {
	x := newListRig(t)
	x.finding("B13", "record.overdue", "record/visitors-e2", "medium", []string{"until 2026-11-17"}, views.Finding{Title: "Visitors who signed: “Swimming coach”", What: "A visitor's signature has run out, and nobody has renewed it."})
	x.finding("B13", "record.overdue", "entry/i1", "medium", nil, views.Finding{Title: "an entry"})
	_, text := x.get("lead", "/findings")
	if !strings.Contains(text, "Swimming coach") || strings.Contains(text, "an entry<") || strings.Contains(text, "2 findings") {
		t.Errorf("%s", text)
	}
	empty := []views.Unseen{{Clauses: []string{"A1"}, What: "The record “Written consents”", Why: "nobody has entered anything yet"}}
	x.ran(views.Told{Unseen: empty}, "records")
	x.put(views.Overview, "seen", views.Seen{Unseen: empty})
	_, text = x.get("head", "/overview")
	for _, want := range []string{`<span class="colour">Green</span> A26`, "One thing is open", "nobody has entered anything yet"} {
		if !strings.Contains(text, want) {
			t.Errorf("the overview lacks %q:\n%s", want, text)
		}
	}
	x = newListRig(t)
	x.ran(views.Told{}, "incidents")
	if _, text = x.get("head", "/overview"); strings.Contains(text, `<span class="colour">Green</span> A26`) {
		t.Error("the incident log's run is taken for one that looks at the lists")
	}
}
