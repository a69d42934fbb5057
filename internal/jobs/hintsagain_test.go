package jobs

import (
	"testing"
	"time"

	"esafetybot/internal/hooks"
)

// A run looks again for what is urgent and came while it was at work, once the job has rested; everything else is left to the clock.
func TestAgain(t *testing.T) {
	urgent := func(b *board) { b.lay(hooks.Drive, "change_document_visibility", "f", 20*time.Second) }
	for name, c := range map[string]struct {
		lie  func(*board)
		want time.Duration // from now; negative is never
	}{
		"nothing waits":                      {func(*board) {}, -1},
		"urgent, and the job never ran":      {urgent, 0},
		"urgent, and the job ran long ago":   {func(b *board) { urgent(b); b.ran(SharingJob, time.Hour, "") }, 0},
		"urgent, and the job has just begun": {func(b *board) { urgent(b); b.ran(SharingJob, 40*time.Second, "") }, 20 * time.Second},
		"urgent, and taken up since": {func(b *board) {
			b.lay(hooks.Drive, "change_document_visibility", "f", 5*time.Minute)
			b.ran(SharingJob, time.Minute, "")
		}, -1},
		"urgent, and the job failed lately": {func(b *board) { urgent(b); b.ran(SharingJob, time.Second, "broken") }, -1},
		"urgent, over another's channel":    {func(b *board) { b.over("other", time.Second) }, -1},
		"not urgent":                        {func(b *board) { b.lay(hooks.Drive, "edit", "f", 20*time.Second) }, -1},
		"of people, who have five minutes":  {func(b *board) { b.lay(hooks.Site, "", "", 20*time.Second) }, -1},
		"older than a day":                  {func(b *board) { b.lay(hooks.Drive, "change_document_visibility", "f", 25*time.Hour) }, -1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBoard(t)
			c.lie(b)
			at, err := Again(t.Context(), b.env)
			if err != nil {
				t.Fatal(err)
			}
			if c.want < 0 && !at.IsZero() || c.want >= 0 && !at.Equal(b.now.Add(c.want)) {
				t.Errorf("again at %v, want %v from %v", at, c.want, b.now)
			}
		})
	}
}
