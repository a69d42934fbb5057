package jobs

import (
	"path/filepath"
	"strings"
	"testing"

	"esafetybot/internal/policy"
	"esafetybot/internal/rolls"
)

// A roll that does not lie beside the policy is told as that, with what to do, also where no file can ever lie there.
func TestRollThatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := &look{Env: Env{Policy: &policy.Policy{Path: filepath.Join(dir, "policy.yaml")}}, record: &Record{Job: AccountsJob}}
	_, err := l.readRoll(t.Context(), &policy.Roll{CSV: "roll.csv"}, rolls.Pupils, nil)
	if err == nil {
		t.Fatal("a file that is not there was read")
	}
	for _, want := range []string{"accounts were not looked at", "roll.csv has to lie in the folder of the policy file", "on Google Cloud no file lies there", "roll: {drive: ID}"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), dir) {
		t.Errorf("it names a path of the machine: %v", err)
	}
}
