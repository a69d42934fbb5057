package web

import (
	"context"

	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/runs"
)

// trouble is what of the program does not work.
type trouble struct {
	Silent string   // since when the worker has not run at all; "" if it runs
	Jobs   []string // in words
	Do     []string
}

// silentDo is what to do about a worker that does not run.
var silentDo = []string{
	"See where the program runs whether it is switched on and what it said last: the service or the timer on the school's machine, or the scheduled job in the Google Cloud console.",
	"Run “esafetybot doctor” there: it says what does not work and what to do. When the worker runs again, what was missed is caught up in one run.",
}

// trouble says to those who look after the Workspace, and to those who lead, what does not get done. A worker that does not run cannot say so itself.
func (s *Site) trouble(ctx context.Context, p *person) (*trouble, error) {
	if !p.leads() && !p.plays(policy.RoleAdmin) {
		return nil, nil
	}
	now := s.Clock()
	silent, err := runs.SilentSince(ctx, s.Main, now)
	if err != nil {
		return nil, err
	}
	if !silent.IsZero() {
		return &trouble{Silent: s.moment(silent.In(s.Policy.School.Location)), Do: silentDo}, nil
	}
	t, _, err := runs.ReadTroubles(ctx, s.Main)
	if err != nil || len(t.List) == 0 {
		return nil, err
	}
	out := &trouble{Do: reports.TroubleDo}
	for _, x := range t.List {
		since := x.Since
		if !since.IsZero() {
			since = since.In(s.Policy.School.Location)
		}
		out.Jobs = append(out.Jobs, reports.TroubleJob{Job: x.Job, Since: since, Failed: x.Failed}.Words())
	}
	return out, nil
}
