package jobs

import (
	"testing"
	"time"

	"esafetybot/internal/findings"
)

// Use of e-mail that was found by reports of before a change of which the log told late is withdrawn; what was found before the change waits for a later report.
func TestUseWithoutReport(t *testing.T) {
	now := place(t, "2026-11-04 06:30")
	for name, c := range map[string]struct {
		opened, changed string
		want            findings.How
	}{
		"found before the change":          {"2026-11-02 06:30", "2026-11-03 12:10", ""},
		"found before its record came":     {"2026-11-03 18:00", "2026-11-03 12:10", findings.Withdrawn},
		"no change":                        {"2026-11-03 18:00", "", ""},
		"the change is a week ago":         {"2026-10-28 06:00", "2026-10-28 05:00", ""},
		"the change is not yet a week ago": {"2026-10-28 08:00", "2026-10-28 07:00", findings.Withdrawn},
	} {
		t.Run(name, func(t *testing.T) {
			var changed time.Time
			if c.changed != "" {
				changed = place(t, c.changed)
			}
			if have := unreported(&findings.Finding{Opened: place(t, c.opened)}, changed, now); have != c.want {
				t.Errorf("%q, want %q", have, c.want)
			}
		})
	}
}
