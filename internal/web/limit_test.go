package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"esafetybot/internal/decisions"
)

// An account that sends forms like a script is stopped with a page that says what to do; others are not, and looking at pages never counts.
func TestTooManyForms(t *testing.T) {
	x := newAdminRig(t)
	_, page := x.get("office", "/closed")
	form := x.hidden(page, "/closed")
	form.Set("day", "2026-11-19")
	sent, refused := 0, 0
	for range 125 {
		status, page := x.post("office", "/closed", url.Values{})
		switch {
		case status == http.StatusTooManyRequests:
			refused++
			for _, want := range []string{"That was too much at once", "nothing was changed", "Wait a minute, go back, and send it again."} {
				if !strings.Contains(page, want) {
					t.Fatalf("the page lacks %q", want)
				}
			}
		default:
			sent++
		}
	}
	if sent != 120 || refused != 5 {
		t.Errorf("%d were let through, %d refused", sent, refused)
	}
	if status, _ := x.post("office", "/closed", form); status != http.StatusTooManyRequests || len(x.made(decisions.Closed)) != 0 {
		t.Errorf("a good form among too many: %d, %d decisions", status, len(x.made(decisions.Closed)))
	}
	if status, _ := x.get("office", "/closed"); status != http.StatusOK {
		t.Errorf("looking at a page: %d", status)
	}
	_, page = x.get("officer", "/closed")
	form = x.hidden(page, "/closed")
	form.Set("day", "2026-11-19")
	if status, _ := x.post("officer", "/closed", form); status == http.StatusTooManyRequests {
		t.Error("one account's forms stop another's")
	}
}

// So is one that takes out list after list.
func TestTooManyLists(t *testing.T) {
	x := newAdminRig(t)
	sent := 0
	for range 35 {
		status, page := x.get("officer", "/reports/inspection")
		if status != http.StatusTooManyRequests {
			sent++
		} else if !strings.Contains(page, "Wait a few minutes, and ask for it again.") {
			t.Fatal(page)
		}
	}
	if sent != 30 {
		t.Errorf("%d were let through", sent)
	}
	if status, _ := x.get("officer", "/incidents/log.csv"); status != http.StatusTooManyRequests {
		t.Errorf("another list afterwards: %d", status)
	}
	if status, _ := x.get("head", "/reports/inspection"); status != http.StatusOK {
		t.Errorf("somebody else: %d", status)
	}
	if status, _ := x.get("officer", "/reports"); status != http.StatusOK {
		t.Errorf("a page: %d", status)
	}
}
