package browser

import (
	"bytes"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"

	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/store"
	"esafetybot/internal/termly"
)

// sendReport puts the termly report of the autumn term into the outbox.
func (s *stage) sendReport(address string) {
	s.t.Helper()
	in, err := termly.Source{Store: s.main, Policy: s.policy, Reminders: termly.Kept(s.main, s.policy)}.Report(s.t.Context(), s.world.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := reports.Termly(in)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &store.Batch{}
	if _, err := s.box.Put(s.t.Context(), b, s.world.Now(), outbox.Letter{To: netmail.Address{Address: address}, Kind: "termly", Period: "2026-autumn", Urgent: true, Subject: r.Subject, HTML: r.HTML, Text: r.Text}); err != nil {
		s.t.Fatal(err)
	}
	if err := s.main.Commit(s.t.Context(), b); err != nil {
		s.t.Fatal(err)
	}
}

// An A4 page in CSS pixels, within the margins of the report (14 and 16 mm).
const (
	paperWidth  = (210 - 2*16) * 96 / 25.4
	paperHeight = (297 - 2*14) * 96 / 25.4
)

// Printed, the inspection copy is two pages and the annex, which begins on a page of its own; nothing stands out at the side.
func TestInspectionCopyPrinted(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, false)
	v := s.signedIn(t, s.role(policy.RoleHead))
	v.open("/reports")
	v.press("a[href='/reports/inspection']")
	v.says("the inspection copy", 200, "This copy was made on", "Annex")
	defer v.scripted()()
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	v.size(672, 1016)
	if over := v.over(); over != "" {
		t.Errorf("the paper is too narrow: %s", over)
	}
	tops := eval[[]float64](v, `[...document.querySelectorAll('.new')].map(e => e.getBoundingClientRect().top + scrollY)`)
	if len(tops) != 2 {
		t.Fatalf("%d pages are begun", len(tops)+1)
	}
	for i, height := range []float64{tops[0], tops[1] - tops[0]} {
		if height > paperHeight {
			t.Errorf("page %d is %.0f px high, and the paper has %.0f", i+1, height, paperHeight)
		}
	}
	yes := true
	pdf := call(v, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &yes, PrintBackground: &yes}).Data
	n := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1))
	annex := eval[float64](v, "document.documentElement.scrollHeight") - tops[1]
	if least, most := 3, 2+int(annex/paperHeight*1.3)+1; n < least || n > most || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Errorf("printed it has %d pages, not %d to %d", n, least, most)
	}
	t.Logf("%d pages; the first two are %.0f and %.0f px of %.0f", n, tops[0], tops[1]-tops[0], paperHeight)
	if dir := os.Getenv(picturesEnv); dir != "" {
		for name, data := range map[string][]byte{"inspection-copy.pdf": pdf, "inspection-copy-print.png": get(v, picture(paperWidth, min(eval[float64](v, "document.documentElement.scrollHeight"), 4000)))} {
			if err := os.MkdirAll(filepath.Join(dir, "all"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "all", name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
