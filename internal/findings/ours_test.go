package findings

import (
	"context"
	"strings"
	"testing"
)

// Two who keep findings of one check leave one another's alone.
func TestOurs(t *testing.T) {
	k := keeper(t)
	sync(t, k, 0, Fine, obs("file/1"), obs("folder/1"))
	c, err := k.Sync(context.Background(), Input{
		Run: Run{ID: "run1", Policy: "p1", Now: start.AddDate(0, 0, 1)}, Means: "sharing", Observed: seq(nil),
		Ours:     func(f *Finding) bool { return strings.HasPrefix(f.Subject, "file/") },
		Evidence: func(context.Context, *Finding) (Evidence, error) { return Evidence{How: Fine}, nil },
	})
	if err != nil || c != (Change{Closed: 1}) {
		t.Errorf("%+v %v", c, err)
	}
	if get(t, k, "file/1").Status != Resolved || get(t, k, "folder/1").Status != Open {
		t.Error("what is somebody else's was closed, or what is ours was not")
	}
}
