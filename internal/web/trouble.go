package web

import (
	"context"

	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/runs"
)

// trouble is what of the program does not work.
type trouble struct {
	Silent   string   // since when the worker has not run at all; "" if it runs
	Jobs     []string // in words
	Do       []string
	Unsent   []string // of mail that does not go out, in words; a mail could not tell it
	UnsentDo []string
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
	out, now := &trouble{}, s.Clock()
	unsent, err := outbox.Reader(s.Main).Unsent(ctx, now)
	if err != nil {
		return nil, err
	}
	if unsent.Any() {
		out.Unsent, out.UnsentDo = reports.UnsentMail{
			Waiting: unsent.Waiting, GivenUp: unsent.GivenUp, Refused: unsent.Refused, Since: unsent.Since.In(s.Policy.School.Location), Said: unsent.Said,
		}.Words(), reports.UnsentDo
	}
	silent, err := runs.SilentSince(ctx, s.Main, now)
	if err != nil {
		return nil, err
	}
	if !silent.IsZero() {
		out.Silent, out.Do = s.moment(silent.In(s.Policy.School.Location)), silentDo
		return out, nil
	}
	t, _, err := runs.ReadTroubles(ctx, s.Main)
	if err != nil {
		return nil, err
	}
	var list []reports.TroubleJob
	for _, x := range t.List {
		j := reports.TroubleJob{Job: x.Job, Since: x.Since.In(s.Policy.School.Location), Due: x.Due.In(s.Policy.School.Location), Failed: x.Failed, Stopped: x.Stopped}
		list, out.Jobs = append(list, j), append(out.Jobs, j.Words())
	}
	out.Do = reports.TroubleDoFor(list)
	if len(out.Jobs)+len(out.Unsent) == 0 {
		return nil, nil
	}
	return out, nil
}
