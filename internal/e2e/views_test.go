package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/views"
)

// TestViews: the review site has words for every finding and change, none of them a pupil's name; what people decide on it is carried out; an unchanged school costs no writes of views.
func TestViews(t *testing.T) {
	t.Parallel()
	text, w := changing(t, policy.Propose)
	s := serve(t, w, map[string]string{generate.Classroom: text}, server.Options{})
	watch := s.watches[0]
	site, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	watch.site = site
	ctx := context.Background()
	everything := append(slices.Clone(jobs.Looking), jobs.ApplyJob, jobs.ReportJob)
	s.do(s.lookAt(watch, everything...))

	current := func() map[string]*findings.Finding {
		out := map[string]*findings.Finding{}
		k := &findings.Keeper{Store: watch.store}
		for _, check := range jobs.Checks() {
			list, err := k.Current(ctx, check)
			if err != nil {
				t.Fatal(err)
			}
			for id, f := range list {
				out[id] = f
			}
		}
		return out
	}
	docs := func(c *store.Collection) map[string]store.Doc {
		out := map[string]store.Doc{}
		for d, err := range watch.store.Find(ctx, c, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			out[d.Key] = d
		}
		return out
	}
	open, seen := current(), docs(views.Findings)
	if len(open) < 20 || len(seen) != len(open) {
		t.Fatalf("%d findings, %d views", len(open), len(seen))
	}
	for id, f := range open {
		v, err := views.OfFinding(ctx, watch.store, id)
		if err != nil || v == nil || v.Title == "" || v.What == "" || v.Why == "" || v.Do == "" {
			t.Errorf("%s: %+v %v", id, v, err)
			continue
		}
		if user, ok := strings.CutPrefix(f.Subject, "user/"); ok && !slices.Contains(v.Concerns, user) {
			t.Errorf("%s concerns nobody", id)
		}
	}
	changes := list(t, s.log(watch, nil), actions.Proposed)
	for _, a := range changes {
		if v, err := views.OfChange(ctx, watch.store, a.ID); err != nil || v == nil || v.Will == "" || v.Did == "" {
			t.Errorf("%s: %+v %v", a.ID, v, err)
		}
	}
	s.noPupils(docs(views.Findings), docs(views.Changes), docs(views.Overview))
	if v, err := views.OfSeen(ctx, watch.store); err != nil || v == nil || v.Jobs[jobs.SharingJob].At.IsZero() || v.Jobs["accounts"].Stopped {
		t.Errorf("%+v %v", v, err)
	}

	// The administrator agrees to one thing and approves another, which the next run takes up.
	it := s.by(watch, policy.RoleAdmin)
	by := decisions.By{ID: it.ID, Hash: pseudonym.Of(it.Address)}
	var agreed *findings.Finding
	for _, f := range open {
		v, _ := views.OfFinding(ctx, watch.store, f.ID)
		if f.Severity != "high" && f.Severity != findings.Information && f.Deals == string(policy.RoleAdmin) && !slices.Contains(v.Concerns, it.ID) && (agreed == nil || f.ID < agreed.ID) {
			agreed = f
		}
	}
	i := slices.IndexFunc(changes, func(a *actions.Action) bool {
		return a.Severity != actions.High && !slices.Contains(a.About(), it.ID) && a.Finding != agreed.ID
	})
	if i < 0 {
		t.Fatal("no change can be approved by one person")
	}
	now := s.world.Now()
	for n, d := range []decisions.Decision{
		{Do: decisions.Agree, Until: now.AddDate(0, 1, 0).Format(time.DateOnly), Why: "It is needed until then.", Findings: []decisions.Pick{{ID: agreed.ID, Facts: agreed.Facts}}},
		{Do: decisions.Approve, Changes: []decisions.Pick{{ID: changes[i].ID, Facts: changes[i].Facts}}},
	} {
		d.At, d.By = now, by
		if _, err := decisions.Make(ctx, site, fmt.Sprint(n), d); err != nil {
			t.Fatal(err)
		}
	}
	s.do(s.runNamed(watch, jobs.ApplyJob, jobs.ReportJob))
	if f := current()[agreed.ID]; f == nil || f.Status != findings.Accepted {
		t.Errorf("not agreed: %+v", f)
	}
	if a, err := s.log(watch, nil).Get(ctx, changes[i].ID); err != nil || a.State == actions.Proposed || len(a.Approvals) != 1 || a.Approvals[0].ID != it.ID {
		t.Errorf("not approved: %+v %v", a, err)
	}

	// Nothing new: nothing is written. Then something is put right, and its words go.
	before := docs(views.Findings)
	s.do(s.lookAt(watch, everything...))
	same := docs(views.Findings)
	for id, d := range same {
		if was, ok := before[id]; ok && was.Version != d.Version {
			t.Errorf("%s was written again: %s, before %s", id, d.Body, was.Body)
		}
	}
	open = current()
	k := &findings.Keeper{Store: watch.store, Commit: watch.store.Commit}
	gone := 0
	for _, check := range jobs.Checks() {
		_, err := k.Sync(ctx, findings.Input{
			Run: findings.Run{ID: "test", Now: s.world.Now()}, Means: check, Observed: func(func(findings.Observed, error) bool) {},
			Evidence: func(context.Context, *findings.Finding) (findings.Evidence, error) {
				gone++
				return findings.Evidence{How: findings.Fine}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.do(s.runNamed(watch, jobs.ReportJob))
	if n := len(docs(views.Findings)); n != 0 || gone != len(open) {
		t.Errorf("%d views are left of %d findings that were put right", n, gone)
	}
}

// noPupils looks for the full names and the addresses of pupils.
func (s *campus) noPupils(all ...map[string]store.Doc) {
	s.t.Helper()
	var names []string
	s.world.View(func() {
		for _, u := range s.world.Users() {
			if strings.HasPrefix(u.OrgUnitPath, "/Pupils") {
				full, _ := json.Marshal(u.Name.FullName)
				names = append(names, strings.Trim(string(full), `"`), u.PrimaryEmail)
			}
		}
	})
	if len(names) < 40 {
		s.t.Fatalf("only %d names of pupils", len(names))
	}
	for _, docs := range all {
		for id, d := range docs {
			for _, n := range names {
				if n != "" && strings.Contains(string(d.Body), n) {
					s.t.Errorf("the view of %s holds a pupil's name or address", id)
				}
			}
		}
	}
}
