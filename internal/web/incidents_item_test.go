package web_test

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/decisions"
	"esafetybot/internal/incidents"
	"esafetybot/internal/moderation"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// On every finding and every post that waits a concern can be raised that links to it; not on what no entry links to, and not where there is no log.
func TestConcernFromWhatIsFound(t *testing.T) {
	const log = "  - {id: A19, says: Incidents are logged., deals_with_it: esafety_officer, met_by: [{record: incidents, due: 2 school days}]}\n"
	for _, used := range []bool{true, false} {
		text := strings.Replace(adminPolicy, "\nclauses:\n", dojoClauses, 1)
		if used {
			text += log
		}
		x := newRigOf(t, text)
		x.finding("A1", "sharing.public-link", "file/1AbC", "medium", []string{"public reader"}, views.Finding{Title: "Trip list"})
		x.finding("B1", "check-in.overdue", "check-in/filtering", "medium", nil, views.Finding{Title: "The filter"})
		class := &moderation.Class{Name: "5 Ash"}
		class.Hear(dojoStory())
		x.put(moderation.Classes, moderation.Dojo(dojoAsh), class)
		x.finding("B3", "comments.unreviewed", "dojo/"+dojoAsh, "medium", []string{"since 2026-11-17T10:00:00Z"}, views.Finding{Title: "5 Ash"})
		for who, want := range map[string][2]string{"it": {"/findings", "file%2F1AbC"}, "teacher": {"/", "dojo%2F" + dojoAsh}} {
			if _, page := x.get(who, want[0]); strings.Contains(page, `href="/concern?item=`+want[1]+`"`) != used {
				t.Errorf("a log: %v, and the page of %s links to a concern: %v", used, who, !used)
			}
		}
		if _, page := x.get("officer", "/findings"); strings.Contains(page, "check-in%2F") {
			t.Error("a concern about a question is offered")
		}
	}
}

// What an entry links to is said in plain words, can be set by a link as people copy it, and be cleared; as long as it stands it is left as it is. Which pupil it is about is kept as a hash until the account is found.
func TestEntryLinks(t *testing.T) {
	c := newCampus(t, sitePolicy)
	if _, text := c.get("teacher", "/concern?item=file%2F1AbC"); !strings.Contains(text, "It will link to a file on Google Drive") {
		t.Error("the form does not say what it links to")
	}
	if status, text := c.raise("teacher", url.Values{"about": {"pupil"}, "kind": {"incident"}, "link": {"http://example.com/x"}, "note": {note}}); status != http.StatusBadRequest || !strings.Contains(text, "The link cannot be read") || !strings.Contains(text, note) {
		t.Errorf("a link that is none: %d", status)
	}
	c.raise("teacher", url.Values{"about": {"pupil"}, "kind": {"incident"}, "link": {" https://docs.google.com/document/u/1/d/1AbC/edit?usp=sharing "}})
	c.work()
	id := c.entries(incidents.Ordinary, "officer")[0]
	page := "/incidents/e/" + id
	c.posts("officer", "/incidents", "/incidents/open/"+id, nil)
	c.work()
	frozen := func(items ...string) {
		t.Helper()
		held, err := (&incidents.Log{Store: c.main}).Holds(t.Context())
		c.must(err)
		if len(held) != len(items) || !held.Frozen(items...) && len(items) > 0 {
			t.Errorf("left as they are: %v, want %v", held, items)
		}
	}
	frozen("file/1AbC")
	if _, text := c.get("officer", page); !strings.Contains(text, "The governors read this sentence in the termly report: name nobody.") {
		t.Error("the form does not say who reads what was learnt")
	}
	same := url.Values{"kind": {"incident"}, "about": {"pupil"}}
	correct := func(more url.Values) (int, string) {
		t.Helper()
		for k, v := range same {
			more[k] = v
		}
		status, text := c.posts("officer", page, "/incidents/correct/"+id, more)
		c.work()
		return status, text
	}
	if _, text := c.get("officer", page); !strings.Contains(text, "a file on Google Drive</a>") || !strings.Contains(text, "nothing about it is changed, ended or deleted") || !strings.Contains(text, `value="https://drive.google.com/open?id=1AbC"`) {
		t.Errorf("what it holds is not said: %s", text)
	}
	correct(url.Values{"item": {"https://drive.google.com/open?id=1AbC"}}) // as it stands in the field
	frozen("file/1AbC")
	correct(url.Values{"item": {"https://drive.google.com/file/d/2Def/view"}})
	frozen("file/2Def")
	if status, _ := correct(url.Values{"item": {"somewhere"}}); status != http.StatusBadRequest {
		t.Errorf("a link that cannot be read: %d", status)
	}
	frozen("file/2Def")
	correct(url.Values{"item": {""}})
	frozen()

	for address, want := range map[string]string{"somebody@home.example": "not one of the school", "teacher@school.example": "address of an adult", "nobody": "not one of the school"} {
		if status, text := correct(url.Values{"pupil": {address}}); status != http.StatusBadRequest || !strings.Contains(text, want) {
			t.Errorf("%s as a pupil's: %d", address, status)
		}
	}
	if status, _ := correct(url.Values{"pupil": {" Kit.Brown@school.example "}}); status != http.StatusOK {
		t.Errorf("a pupil's address: %d", status)
	}
	if _, text := c.get("officer", page); !strings.Contains(text, "1 pupil&#39;s address was written") || strings.Contains(strings.ToLower(text), "kit.brown") {
		t.Errorf("the page: %s", text)
	}
	for _, s := range []store.Store{c.main, c.site} {
		for _, in := range []*store.Collection{incidents.Incidents, decisions.Decisions, decisions.Judgements} {
			for d, err := range s.Find(t.Context(), in, store.Ask{}) {
				c.must(err)
				if body, _ := json.Marshal(d); strings.Contains(strings.ToLower(string(d.Body)+string(body)), "kit.brown") {
					t.Errorf("the address is kept in %s", in.Name)
				}
			}
		}
	}
}

// Who is to take something down has the link on their page and says there that it is done; they find no entry, and nobody else finds the link.
func TestTakenDown(t *testing.T) {
	text := strings.Replace(sitePolicy, "  workspace_admin: it@school.example\n", "  page_host: it@school.example\n", 1)
	text += "  - {id: A9, says: It is taken down., deals_with_it: page_host, met_by: [{record: takedown, severity: high, due: 1 working day}]}\n"
	c := newCampus(t, text)
	c.raise("teacher", url.Values{"about": {"pupil"}, "kind": {"takedown"}, "link": {"https://school.example/news/7"}, "note": {note}})
	c.work()
	id := c.entries(incidents.Ordinary, "officer")[0]
	for _, name := range incidentPeople {
		_, text := c.get(name, "/")
		if strings.Contains(text, `href="https://school.example/news/7"`) != (name == "it") || strings.Contains(text, note) {
			t.Errorf("the page of %s: %s", name, text)
		}
	}
	for _, page := range []string{"/incidents", "/incidents/e/" + id} {
		if status, _ := c.get("it", page); status != http.StatusNotFound {
			t.Errorf("the page host gets %d at %s", status, page)
		}
	}
	_, mine := c.get("it", "/")
	form := hidden(mine, "/taken-down/"+id)
	for _, name := range []string{"teacher", "officer"} {
		_, text := c.posts(name, "/concern", "/concern/form", url.Values{"about": {"pupil"}})
		if status, _ := c.do(name, "POST", "/taken-down/"+id, hidden(text, "/concern")); status != http.StatusNotFound {
			t.Errorf("%s says that it is down: %d", name, status)
		}
	}
	if status, _ := c.do("it", "POST", "/taken-down/"+id, url.Values{}); status != http.StatusForbidden {
		t.Errorf("without a token: %d", status)
	}
	if status, _ := c.do("it", "POST", "/taken-down/"+id, form); status != http.StatusOK {
		t.Errorf("it is down: %d", status)
	}
	for range 2 { // before and after the worker has taken it up
		if _, text := c.get("it", "/"); strings.Contains(text, "news/7") {
			t.Error("still asked")
		}
		c.work()
	}
	c.posts("officer", "/incidents", "/incidents/open/"+id, nil)
	c.work()
	if _, text := c.get("officer", "/incidents/e/"+id); !strings.Contains(text, "It was taken down, on") || !strings.Contains(text, "The it, the page host noted: it was taken down") || !strings.Contains(text, "told The it, the page host") {
		t.Errorf("the officer's page: %s", text)
	}
}

// No cell of the incident log's lists can run: whatever people write into a note or a reference, however they hide what it begins with, it is the same text with an apostrophe in front.
func TestIncidentListsHoldNoFormula(t *testing.T) {
	formulas := map[string]string{ // as it is written, and as the list has it
		`=HYPERLINK("https://owned.example","open")`: `'=HYPERLINK("https://owned.example","open")`, "+1+cmd|' /C calc'!A0": "'+1+cmd|' /C calc'!A0", "-2+3": "'-2+3", "SUM(1)": "SUM(1)", "\u200b=1+1": "'=1+1", "\u202e=1+1": "'=1+1",
		"＝1+1": "'＝1+1", "|calc": "'|calc", "%0A=1": "'%0A=1", "a\",=1+1\r\n=1+1,\"": `a",=1+1 =1+1,"`, "@SUM(1+1)": "'@SUM(1+1)",
	}
	c := newCampus(t, sitePolicy)
	want := map[string]map[string]bool{"pupil": {}, "adult": {}}
	for about := range want {
		for text, cell := range formulas {
			fill := url.Values{"about": {about}, "kind": {"incident"}, "note": {text}}
			if !strings.ContainsAny(text, "@\r\n") { // a reference is one line without addresses
				fill.Set("reference", text)
			}
			if status, page := c.raise("teacher", fill); status != http.StatusOK {
				t.Fatalf("%q: %d %s", text, status, page)
			}
			want[about][cell] = true
			c.now = c.now.Add(time.Minute)
		}
	}
	c.work()
	for about, of := range map[string]struct {
		shelf     incidents.Shelf
		who, list string
	}{"pupil": {incidents.Ordinary, "officer", "/incidents/log.csv"}, "adult": {incidents.Adults, "head", "/incidents/adults.csv"}} {
		for _, id := range c.entries(of.shelf, of.who) {
			c.posts(of.who, "/incidents", "/incidents/open/"+id, nil)
		}
		c.work()
		_, text := c.get(of.who, of.list)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 1+len(formulas) {
			t.Fatalf("%s: %d rows, %v", of.list, len(rows), err)
		}
		have := map[string]bool{}
		for _, row := range rows[1:] {
			reference, note := row[6], row[7]
			have[note] = true
			if reference != "" && reference != note {
				t.Errorf("%s: the reference is %q, the note %q", of.list, reference, note)
			}
		}
		if !maps.Equal(have, want[about]) {
			t.Errorf("%s: %q, want %q", of.list, slices.Sorted(maps.Keys(have)), slices.Sorted(maps.Keys(want[about])))
		}
	}
}
