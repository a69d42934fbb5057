package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/actions"
	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
)

// Whatever the alerts of a deployment wait for is logged: also that nothing was changed because the input looks wrong, which is no error and holds no change.
func TestAlertLines(t *testing.T) {
	for name, c := range map[string]struct {
		tell func(*workbench)
		want map[string]any
	}{
		"no change":         {func(b *workbench) { b.tellBrake(&jobs.Record{Job: jobs.SharingJob}) }, nil},
		"changes were made": {func(b *workbench) { b.tellBrake(&jobs.Record{Job: jobs.ApplyJob, Actions: &actions.Result{Done: 3}}) }, nil},
		"changes were held": {
			func(b *workbench) { b.tellBrake(&jobs.Record{Job: jobs.ApplyJob, Actions: &actions.Result{Braked: 7}}) },
			map[string]any{"message": logBraked, "severity": "WARNING", "job": jobs.ApplyJob, "held": 7.0},
		},
		"the input is suspicious": {
			func(b *workbench) {
				b.tellBrake(&jobs.Record{Job: jobs.ApplyJob, Actions: &actions.Result{Halted: "there is not one pupil's account in /Pupils"}})
			},
			map[string]any{"message": logBraked, "severity": "WARNING", "job": jobs.ApplyJob, "held": 0.0, "why": "there is not one pupil's account in /Pupils"},
		},
		"mail was sent, or is tried again": {func(b *workbench) { tellGivenUp(b.env.Log, outbox.Result{Sent: 3, Problems: []outbox.Problem{{}}}) }, nil},
		"mail was given up": {
			func(b *workbench) {
				tellGivenUp(b.env.Log, outbox.Result{Problems: []outbox.Problem{{GivenUp: true}, {}, {GivenUp: true}}})
			},
			map[string]any{"message": logGivenUp, "severity": "ERROR", "mails": 2.0},
		},
		"a job failed": {
			func(b *workbench) { b.jobFailed(jobs.SharingJob, errors.New("no answer")) },
			map[string]any{"message": logJobFailed, "severity": "ERROR", "job": jobs.SharingJob, "error": "no answer"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			b := &workbench{o: &options{logFormat: "json"}}
			b.env.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: cloudWords}))
			c.tell(b)
			var have map[string]any
			if out.Len() > 0 {
				if err := json.Unmarshal(out.Bytes(), &have); err != nil {
					t.Fatal(err)
				}
				delete(have, "time")
			}
			if diff := cmp.Diff(c.want, have); diff != "" {
				t.Error(diff)
			}
		})
	}
}
