package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/decisions"
	"esafetybot/internal/views"
)

// Everything below one folder can be agreed to at once: chosen from a finding, with the number shown before, and without what is somebody's own.
func TestAgreeToAllInAFolder(t *testing.T) {
	x := newAdminRig(t)
	id := map[string]string{}
	for name, v := range map[string]views.Finding{
		"trips":   {Title: "Trips", Link: "https://drive.google.com/drive/folders/trips", Above: []string{"year4", "top"}, Concerns: []string{"id-teacher"}},
		"letter":  {Title: "Letter", Above: []string{"trips", "year4", "top"}, Concerns: []string{"id-teacher"}},
		"deep":    {Title: "Deep", Above: []string{"museum", "trips", "year4", "top"}, Concerns: []string{"id-teacher"}},
		"mine":    {Title: "Mine", Above: []string{"trips"}, Concerns: []string{"id-it"}},
		"other":   {Title: "Other", Above: []string{"year4", "top"}, Concerns: []string{"id-teacher"}},
		"unknown": {Title: "Unknown", Concerns: []string{"id-teacher"}},
	} {
		id[name] = x.finding("A1", "sharing.outside-person", "file/"+name, "medium", []string{"user/p-" + name + " reader"}, v)
	}
	_, text := x.get("it", "/findings")
	for _, want := range []string{`<a href="/findings?folder=museum">All in the folder that it lies in</a>`, `<a href="/findings?folder=trips">All in the folder above that</a>`, `<a href="/findings?folder=year4">All in the folder 2 levels above that</a>`, `<a href="/findings?folder=trips">All in it</a>`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for folder, want := range map[string]int{"museum": 1, "trips": 4, "year4": 4, "top": 4, "trip": 0, "file/trips": 0} {
		if _, text := x.get("it", "/findings?folder="+folder); strings.Count(text, `<li class="finding`) != want {
			t.Errorf("%s: %d findings, want %d", folder, strings.Count(text, `<li class="finding`), want)
		}
	}
	form, text := x.agreeing("it", "/findings?folder=trips")
	if !strings.Contains(text, "1 to 4 of 4, in Trips.") || !strings.Contains(text, "Agree to all 3 that lie in Trips") || !strings.Contains(text, `<a href="https://drive.google.com/drive/folders/trips"`) {
		t.Fatal(text)
	}
	form.Set("all", between(t, text, `name="all" value="`, `"`))
	if status, _ := x.post("it", "/findings/agree", form); status != http.StatusOK {
		t.Fatal(status)
	}
	var have []string
	for _, p := range x.made(decisions.Agree)[0].Findings {
		have = append(have, p.ID)
	}
	slices.Sort(have)
	want := []string{id["trips"], id["letter"], id["deep"]} // not their own
	slices.Sort(want)
	if diff := cmp.Diff(want, have); diff != "" || x.made(decisions.Agree)[0].Why == "" || x.made(decisions.Agree)[0].Until == "" {
		t.Error(diff)
	}
	form.Set("form", "another")
	x.finding("A1", "sharing.outside-person", "file/late", "medium", []string{"user/p1 writer"}, views.Finding{Title: "Late", Above: []string{"trips"}})
	if status, _ := x.post("it", "/findings/agree", form); status != http.StatusConflict {
		t.Errorf("a folder that holds more is agreed to: %d", status)
	}
	form.Set("folder", "")
	if status, _ := x.post("it", "/findings/agree", form); status != http.StatusBadRequest {
		t.Errorf("everything at once: %d", status)
	}
}
