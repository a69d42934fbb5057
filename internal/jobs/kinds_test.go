package jobs

import (
	"testing"

	"esafetybot/internal/remedies"
	"esafetybot/internal/reports"
)

// The weekly e-mail has words for every kind of change.
func TestWeeklyKnowsEveryKind(t *testing.T) {
	none, _ := reports.KindWords("")
	for _, kind := range remedies.Kinds() {
		if did, will := reports.KindWords(kind); did == none || will == "" {
			t.Errorf("%s has no words", kind)
		}
	}
}
