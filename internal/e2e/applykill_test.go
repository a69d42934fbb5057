package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/decisions"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/remedies"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// TestCampaignApplyKills kills runs that take up what people approved on the review site and make it, first what can be made at once, later what waits until whom it concerns has heard: before and after
// each change at Google, at other requests and at batches. After another run tenant and log are as after a run that was not killed, and Google made each change once.
func TestCampaignApplyKills(t *testing.T) {
	t.Parallel()
	text, w := changing(t, policy.Propose)
	g := &gate{}
	s := serve(t, w, map[string]string{generate.Classroom: text}, server.Options{OnRequest: g.pass})
	looking := append(slices.Clone(accountJobs), jobs.SharingJob)
	k := killing(t, s, g, generate.Classroom, append(looking, jobs.ApplyJob)...)
	k.round.Change = true
	k.writeRolls()
	first := k.shot(nil, false)
	k.whole(first)

	k.world.Advance(time.Hour)
	k.more = k.approvals(first)
	k.jobs = []string{jobs.ApplyJob}
	k.save()
	approved := k.rounds("approved", &first)
	if t.Failed() {
		return
	}
	k.counted(approved, len(k.more))

	k.jobs = looking
	told := k.shot(&approved, false)
	k.whole(told) // which tells the owners of files
	k.world.Advance(26 * time.Hour)
	k.jobs = []string{jobs.ApplyJob}
	later := k.rounds("whom it concerns has heard", &told)
	for _, o := range []oneShot{approved, later} {
		if n := k.made(o); len(n) < 2 {
			t.Errorf("too little was made to be worth killing: %v", n)
		}
	}
	db := openFile(t, later.State)
	defer db.Close()
	for _, a := range all[actions.Action](t, db, actions.Actions) {
		if a.State == actions.Approved || a.State == actions.Started {
			t.Errorf("left: %s is %s", a.ID, a.State)
		}
	}
	k.quiet()
}

// ofEach is how many changes of a kind are approved: more of them would be made in the same way.
const ofEach = 5

// approvals are those of what is proposed, some of each kind: one decision of the administrator's a kind, and the officer's of what takes two.
func (k *killer) approvals(o oneShot) (out []decisions.Decision) {
	k.t.Helper()
	db := openFile(k.t, o.State)
	defer db.Close()
	officer, _ := k.policyOf().Address(policy.RoleOfficer)
	self := k.decision(officer, "").By.ID
	list := slices.DeleteFunc(all[actions.Action](k.t, db, actions.Actions), func(a actions.Action) bool { return slices.Contains(a.About(), self) }) // both see the same
	for _, role := range []policy.Role{policy.RoleAdmin, policy.RoleOfficer} {
		address, _ := k.policyOf().Address(role)
		picks := map[string][]decisions.Pick{}
		by := k.decision(address, decisions.Approve)
		for _, a := range list {
			if a.State == actions.Proposed && !slices.Contains(a.About(), by.By.ID) && (role == policy.RoleAdmin || a.Severity == actions.High) {
				picks[a.Kind] = append(picks[a.Kind], decisions.Pick{ID: a.ID, Facts: a.Facts})
			}
		}
		for _, kind := range []string{remedies.KindSwitchOff, remedies.KindRevokeApp, remedies.KindRemoveRecovery, remedies.KindDeleteGrant, remedies.KindLeaveGroup} {
			d := by
			if d.Changes = picks[kind][:min(ofEach, len(picks[kind]))]; len(d.Changes) > 0 {
				out = append(out, d)
			}
		}
	}
	return out
}

// made counts what is done, by kind.
func (k *killer) made(o oneShot) map[string]int {
	k.t.Helper()
	db := openFile(k.t, o.State)
	defer db.Close()
	out := map[string]int{}
	for _, a := range all[actions.Action](k.t, db, actions.Actions) {
		if a.State == actions.Done {
			out[a.Kind]++
		}
	}
	return out
}

// tenant is what changes of the log may have changed in the tenant, comments on blogs too.
func (k *killer) tenant() map[string]string {
	out := k.dump()
	k.world.View(func() {
		for _, c := range k.world.Courses() {
			for _, p := range k.world.Posts(c.ID, world.Announcement) {
				if p.Project != "" { // made by a program
					out[fmt.Sprint("announcement ", c.ID, " ", p.ID)] = p.State + " of " + p.CreatorUserID + ": " + p.Text
				}
			}
		}
		for _, b := range k.world.Blogs() {
			for post, list := range b.Comments {
				for _, c := range list {
					out[fmt.Sprint("comment ", b.Blog.ID, " ", post, " ", c.ID)] = c.Status
				}
			}
		}
	})
	return out
}
