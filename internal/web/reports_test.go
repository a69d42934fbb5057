package web_test

import (
	"net/http"
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/mail"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/store"
)

// sends puts a report into the outbox.
func (c *campus) sends(name, kind, period, html string, pictures ...mail.Attachment) {
	c.Helper()
	b := &store.Batch{}
	_, err := c.box.Put(c.Context(), b, c.now, outbox.Letter{
		To: netmail.Address{Address: addressOf(name)}, Kind: kind, Period: period, Urgent: true, Subject: "s", HTML: html, Text: "t", Inline: pictures,
	})
	c.must(err)
	c.must(c.main.Commit(c.Context(), b))
}

// Each reads what was sent to them, or to whom they get a copy of, and nothing else; what concerns the headteacher is the chair's alone.
func TestReports(t *testing.T) {
	c := newCampus(t, sitePolicy)
	picture := mail.Attachment{Name: "trend.png", Type: "image/png", Data: []byte("\x89PNG")}
	c.sends("officer", "weekly", "2026-W37", `<!DOCTYPE html><p>The week.</p><img src="cid:`+mail.ContentID("trend.png")+`" alt="x">`, picture)
	c.sends("head", "termly", "2026-autumn", "<!DOCTYPE html><p>The head's term.</p>")
	c.sends("governor", "termly", "2026-autumn", "<!DOCTYPE html><p>The governor's term.</p>")
	c.sends("head", "monthly", "2026-08", "<!DOCTYPE html><p>The month.</p>")
	c.sends("chair", "monthly-chair", "2026-08", "<!DOCTYPE html><p>About the head.</p>")
	c.sends("it", "oversharing", "2026-09-14", "<!DOCTYPE html><p>All that is shared.</p>")
	c.sends("head", "questions", "2026-09-14", "<!DOCTYPE html><p>A question.</p>")
	paths := []string{"/reports/weekly/2026-W37", "/reports/termly/2026-autumn", "/reports/monthly/2026-08", "/reports/monthly-chair/2026-08", "/reports/oversharing/2026-09-14", "/reports/questions/2026-09-14", "/reports/weekly/2026-W38", "/reports/inspection"}
	for name, want := range map[string][]string{
		"officer": {"The week.", "", "", "", "", "", "", "Inspection copy"}, "lead": {"The week."}, "deputy": {"", "", "", "", "", "", "", "Inspection copy"},
		"head": {"", "The head's term.", "The month.", "", "", "", "", "Inspection copy"}, "governor": {"", "The governor's term."}, "chair": {"", "", "", "About the head."}, "it": {}, "teacher": {},
	} {
		status, list := c.get(name, "/reports")
		sees := len(want) > 0
		if (status == http.StatusOK) != sees || !sees && status != http.StatusNotFound {
			t.Errorf("%s: %d at the list", name, status)
		}
		if _, home := c.get(name, "/"); strings.Contains(home, `href="/reports"`) != sees {
			t.Errorf("%s: the menu leads there: %v", name, !sees)
		}
		for i, path := range paths {
			text := ""
			if i < len(want) {
				text = want[i]
			}
			status, body := c.get(name, path)
			refused := http.StatusNotFound
			if path == "/reports/inspection" {
				refused = http.StatusForbidden
			}
			if text == "" && status != refused || text != "" && (status != http.StatusOK || !strings.Contains(body, text)) {
				t.Errorf("%s at %s: %d, want %q in %.200s", name, path, status, text, body)
			}
			if path != "/reports/inspection" && strings.Contains(list, `"`+path+`"`) != (text != "") {
				t.Errorf("%s: the list has %s: %v", name, path, text == "")
			}
		}
	}
	if _, body := c.get("officer", paths[0]); !strings.Contains(body, `src="data:image/png;base64,iVBORw=="`) || strings.Contains(body, "cid:") {
		t.Errorf("the picture is not there: %s", body)
	}
	resp, err := c.as("officer").Get(c.http.URL + paths[0])
	c.must(err)
	defer resp.Body.Close()
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script") || !strings.Contains(csp, "form-action 'none'") {
		t.Errorf("a report may do too much: %s", csp)
	}
}

// The inspection copy tells how it stands now; of the incident log what concerns whoever makes it is left out.
func TestInspectionCopy(t *testing.T) {
	c := newCampus(t, sitePolicy)
	_, early := c.get("officer", "/reports/inspection")
	if !strings.Contains(early, "has not looked at anything yet") {
		t.Errorf("before the first look: %s", early)
	}
	mem, err := memory.Open(t.Context(), c.main, c.now.Add(-time.Hour), c.main.Commit)
	c.must(err)
	c.must(mem.Flush(t.Context()))
	for range 3 {
		c.raise("teacher", url.Values{"about": {"pupil"}, "kind": {"incident"}})
	}
	c.work()
	_, copied := c.get("officer", "/reports/inspection")
	for _, want := range []string{"This copy was made on Monday 14 September 2026 at 10:00", "Online-safety incident: 3", "Autumn term 2026", "Annex: what is expected", "Not known yet.", "nobody as", "No clause of the policy serves this."} {
		want = strings.Replace(want, "Autumn term", "autumn term", 1)
		if !strings.Contains(copied, want) {
			t.Errorf("it lacks %q:\n%s", want, copied)
		}
	}
	var letters []string
	for e, err := range c.box.All(t.Context(), time.Time{}) {
		c.must(err)
		letters = append(letters, e.Kind)
	}
	if slices.Contains(letters, "termly") {
		t.Error("a copy was sent or kept")
	}
}
