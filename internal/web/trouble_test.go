package web_test

import (
	"strings"
	"testing"
	"time"

	"esafetybot/internal/runs"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// TestTroubleShows: who can do something about it sees that a job does not get done, and that the worker does not run at all; nobody else does.
func TestTroubleShows(t *testing.T) {
	const part, silent = "Part of this program", "the worker of this program does not run"
	for name, c := range map[string]struct {
		leave func(*adminRig)
		want  string
		says  string
	}{
		"all is well": {func(x *adminRig) { x.ran(views.Told{}, "sharing") }, "", ""},
		"a job fails": {func(x *adminRig) {
			x.ran(views.Told{}, "sharing")
			b := &store.Batch{}
			known := runs.Troubles{List: []runs.Trouble{{Job: "sharing", Failed: true, Since: adminNow.Add(-2 * time.Hour)}}}
			if err := known.Put(b, 0); err != nil {
				x.t.Fatal(err)
			}
			if err := x.main.Commit(x.t.Context(), b); err != nil {
				x.t.Fatal(err)
			}
		}, part, "Looking at what is shared has failed since"},
		"no worker": {func(x *adminRig) {
			b := &store.Batch{}
			r := runs.Record{ID: "old", Job: "sharing", Started: adminNow.Add(-50 * time.Hour), Ended: adminNow.Add(-49 * time.Hour)}
			if err := r.Add(b); err != nil {
				x.t.Fatal(err)
			}
			if err := x.main.Commit(x.t.Context(), b); err != nil {
				x.t.Fatal(err)
			}
		}, silent, "esafetybot doctor"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newAdminRig(t)
			c.leave(x)
			for who, sees := range map[string]bool{"officer": true, "head": true, "it": true, "teacher": false, "office": false} {
				code, page := x.get(who, "/")
				if code != 200 {
					t.Fatalf("%s gets %d", who, code)
				}
				has := strings.Contains(page, part) || strings.Contains(page, silent)
				if has != (sees && c.want != "") || sees && (!strings.Contains(page, c.want) || !strings.Contains(page, c.says)) {
					t.Errorf("%s: the page says it: %v", who, has)
				}
			}
		})
	}
}
