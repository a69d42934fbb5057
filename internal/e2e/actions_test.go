package e2e

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/actions"
	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/remedies"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// outcome makes the means that name one of the rules end in propose or fix.
func outcome(text, what string, rules ...string) string {
	line := regexp.MustCompile(`(?m)^(\s+- \{check: [a-z-]+, with: \{rules: \[([^\]]*)\].*)\}$`)
	return line.ReplaceAllStringFunc(text, func(l string) string {
		m := line.FindStringSubmatch(l)
		if slices.ContainsFunc(strings.Split(m[2], ", "), func(r string) bool { return slices.Contains(rules, r) }) {
			return m[1] + ", when_not_met: " + what + "}"
		}
		return l
	})
}

// changing is a school of 30 pupils whose Classroom policy calls for changes.
func changing(t testing.TB, what string) (text string, w *world.World) {
	t.Helper()
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	w = sc.World
	var pupils []string
	w.View(func() {
		for _, u := range w.Users() {
			if strings.Contains(u.OrgUnitPath, "/Pupils/Year") && !u.Suspended && !u.Archived && u.RecoveryEmail == "" {
				pupils = append(pupils, u.PrimaryEmail)
			}
		}
	})
	mailOn(t, w, "mail-club@school.example", pupils[0], pupils[1])
	if err := w.SetRecoveryEmail(pupils[2], "parent.of.two@home.example", pupils[2]); err != nil {
		t.Fatal(err)
	}
	text = outcome(sc.Policies[generate.Classroom], what, "leaver-active", "not-on-roll", "risky-app", "outside-recovery", "public", "outside-person")
	if strings.Count(text, "when_not_met: "+what) < 4 {
		t.Fatalf("the policy names %d means to change something:\n%s", strings.Count(text, "when_not_met"), text)
	}
	return strings.ReplaceAll(text, "workspace_admin: {address: it@school.example, name: Idris Fenn, days: [tue, thu]}", "workspace_admin: it@school.example"), w
}

// mailOn makes a group that switches e-mail on for its members.
func mailOn(t testing.TB, w *world.World, group string, members ...string) {
	t.Helper()
	g := &world.Group{ID: "066mailclub", Email: group, Name: "Mail Club"}
	if err := w.CreateGroup(g, nil, ""); err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if err := w.AddMember(group, &world.Member{Email: m}, ""); err != nil {
			t.Fatal(err)
		}
	}
	p, err := world.NewPolicy("settings/gmail.service_status", map[string]string{"serviceState": "ENABLED"}, world.PolicyQuery{Group: "groups/" + w.Group(group).ID})
	if err == nil {
		err = w.SetPolicy(p, "")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// log is a watch's action log, for somebody at the command line.
func (s *campus) log(w *watch, change remedies.API) *actions.Log {
	env := jobs.Env{Store: w.store, Policy: w.policy, Clock: s.world.Now, Change: change, Patience: []time.Duration{0, 0}, Wait: func(context.Context, time.Duration) error { return nil }}
	return jobs.Actions(env, "test", w.store.Commit)
}

// by is somebody named in the policy, with their account.
func (s *campus) by(w *watch, role policy.Role) actions.By {
	address, _ := w.policy.Address(role)
	by := actions.By{Role: string(role), Address: address}
	s.world.View(func() {
		if u := s.world.User(address); u != nil {
			by.ID = u.ID
		}
	})
	return by
}

func list(t testing.TB, l *actions.Log, states ...actions.State) []*actions.Action {
	t.Helper()
	var out []*actions.Action
	for a, err := range l.List(context.Background(), states...) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

// approveAll approves whatever waits, by two people.
func (s *campus) approveAll(w *watch) (n int) {
	s.t.Helper()
	l := s.log(w, nil)
	for _, role := range []policy.Role{policy.RoleAdmin, policy.RoleOfficer} {
		for _, a := range list(s.t, l, actions.Proposed, actions.Once) {
			err := l.Approve(context.Background(), s.by(w, role), actions.Pick{ID: a.ID, Facts: a.Facts})
			if err != nil && !errors.Is(err, actions.ErrSelf) {
				s.t.Fatal(err)
			}
		}
	}
	return len(list(s.t, l, actions.Approved))
}

// TestPropose: what the policy calls for is proposed, approved by people, made, verified, and undone if asked; the tenant ends as it should.
func TestPropose(t *testing.T) {
	t.Parallel()
	text, w := changing(t, policy.Propose)
	s := serve(t, w, map[string]string{generate.Classroom: text}, server.Options{})
	watch := s.watches[0]
	ctx := context.Background()
	s.do(s.lookAt(watch, jobs.SharingJob, jobs.ApplyJob))
	proposed := list(t, s.log(watch, nil), actions.Proposed)
	kinds := map[string]int{}
	for _, a := range proposed {
		kinds[a.Kind]++
	}
	t.Logf("proposed: %v", kinds)
	for _, k := range []string{remedies.KindSwitchOff, remedies.KindRevokeApp, remedies.KindRemoveRecovery, remedies.KindDeleteGrant, remedies.KindLeaveGroup} {
		if kinds[k] == 0 {
			t.Errorf("no change of the kind %s is proposed", k)
		}
	}
	before := s.dump()
	s.do(s.lookAt(watch, jobs.SharingJob, jobs.ApplyJob))
	if diff := cmp.Diff(before, s.dump()); diff != "" {
		t.Errorf("what is only proposed was done:\n%s", short(diff))
	}
	if n := len(list(t, s.log(watch, nil), actions.Proposed)); n != len(proposed) {
		t.Errorf("the next run proposes %d changes, the first did %d", n, len(proposed))
	}
	n := s.approveAll(watch)
	// What is about somebody's file waits until they have heard of it; the rest is done at once.
	s.world.Advance(time.Hour)
	s.do(s.lookAt(watch, jobs.SharingJob, jobs.ApplyJob))
	for _, a := range list(t, s.log(watch, nil), actions.Done) {
		if a.Kind == remedies.KindDeleteGrant && a.Notice > 0 {
			t.Errorf("%s was done before its owner heard of it", a.ID)
		}
	}
	owners := func() (n int) {
		for _, l := range watch.letters(t) {
			if l.entry.Kind == "owner" {
				n++
			}
		}
		return n
	}
	if owners() == 0 {
		t.Error("no owner was told before their file's sharing is changed")
	}
	before1 := owners()
	s.world.Advance(25 * time.Hour)
	s.do(s.lookAt(watch, jobs.SharingJob, jobs.ApplyJob))
	if owners() == before1 {
		t.Error("no owner was told after their file's sharing was changed")
	}
	done := slices.DeleteFunc(list(t, s.log(watch, nil), actions.Done), func(a *actions.Action) bool {
		return a.Kind == remedies.KindComment // what hosts of blogs decided, which nobody approves besides
	})
	if len(done) != n {
		t.Errorf("%d changes are done, %d were approved: %+v", len(done), n, watch.records[jobs.ApplyJob].Actions)
	}
	for _, a := range list(t, s.log(watch, nil), actions.Failed, actions.Unsure, actions.Started) {
		t.Errorf("%s is %s: %s", a.ID, a.State, a.Why)
	}
	// The next look finds that it was put right.
	s.world.Advance(time.Hour)
	s.do(s.lookAt(watch, jobs.SharingJob))
	k := &findings.Keeper{Store: watch.store}
	for _, a := range done {
		f, err := k.Get(ctx, a.Finding)
		s.do(err)
		if f.Status != findings.Resolved && !strings.HasPrefix(f.Rule, "pupil-email.used") && a.Kind != remedies.KindRevokeApp {
			t.Errorf("%s is done, and %s is %s %v", a.ID, f.ID, f.Status, f.Facts)
		}
	}
	// Undone, each is as it was before.
	client, err := newClient(ctx, watch.policy, s.key, s.base, s.retry, s.logs)
	s.do(err)
	l := s.log(watch, client)
	for _, a := range done {
		_, err := l.Undo(ctx, s.by(watch, policy.RoleHead), a.ID, "a test")
		switch {
		case errors.Is(err, actions.ErrNoUndo) && (a.Kind == remedies.KindRevokeApp || a.Kind == remedies.KindSignOut):
		case err != nil:
			t.Errorf("undoing %s: %v", a.ID, err)
		}
	}
	after := s.dump()
	for what := range before {
		if !strings.HasPrefix(what, "token ") && before[what] != after[what] {
			t.Errorf("undone, %s is %q; it was %q", what, after[what], before[what])
		}
	}
	s.private()
}

// dump is what actions may change in the tenant, by what it is.
func (s *campus) dump() map[string]string {
	out := map[string]string{}
	s.world.View(func() {
		for _, u := range s.world.Users() {
			out["user "+u.ID] = fmt.Sprint(u.OrgUnitPath, u.Suspended, u.RecoveryEmail)
			for _, tok := range s.world.Tokens(u.ID) {
				out["token "+u.ID+" "+tok.ClientID] = "allowed"
			}
		}
		for _, g := range s.world.Groups() {
			for _, m := range s.world.Members(g.ID) {
				out["member "+g.ID+" "+m.Email] = m.Role
			}
		}
		for _, f := range s.world.Files() {
			for _, p := range f.Permissions() {
				out["grant "+f.ID+" "+p.ID+" "+p.View] = fmt.Sprint(p.Role, p.ExpirationTime)
			}
		}
	})
	return out
}

// TestBrake: what the policy fixes by itself stops at the brake, across runs, and on input that looks wrong nothing is done at all.
func TestBrake(t *testing.T) {
	t.Parallel()
	text, w := changing(t, policy.Fix)
	s := serve(t, w, map[string]string{generate.Classroom: text}, server.Options{})
	watch := s.watches[0]
	s.do(s.lookAt(watch, jobs.ApplyJob))
	made := map[string]int{}
	for _, a := range list(t, s.log(watch, nil), actions.Done) {
		made[a.Kind]++
	}
	braked := 0
	for _, a := range list(t, s.log(watch, nil), actions.Proposed) {
		if a.Braked {
			braked++
		}
	}
	t.Logf("made %v, braked %d", made, braked)
	for kind, n := range made {
		if n > 3 {
			t.Errorf("%d changes of the kind %s were made; 2 %% of so few accounts is 3", n, kind)
		}
	}
	if len(made) == 0 || braked == 0 {
		t.Fatal("nothing was made, or nothing was held: the test shows nothing")
	}
	s.world.Advance(time.Hour)
	s.do(s.lookAt(watch, jobs.ApplyJob))
	for kind, n := range made {
		again := 0
		for _, a := range list(t, s.log(watch, nil), actions.Done) {
			if a.Kind == kind {
				again++
			}
		}
		if again > max(n, 3) {
			t.Errorf("an hour later %d changes of the kind %s are made, %d before: the brake counts over 24 hours", again, kind, n)
		}
	}
}

// TestHalt: on a roll of half its size nothing is looked at and nothing is done.
func TestHalt(t *testing.T) {
	t.Parallel()
	text, w := changing(t, policy.Fix)
	s := serve(t, w, map[string]string{generate.Classroom: text}, server.Options{})
	watch := s.watches[0]
	s.do(s.lookAt(watch))
	open := foundBy(t, watch, jobs.AccountsJob)
	var roll []byte
	s.world.View(func() { roll = s.world.Roll("roll.csv") })
	lines := strings.SplitAfter(string(roll), "\n")
	s.do(s.world.SetRoll("roll.csv", []byte(strings.Join(lines[:len(lines)/3], ""))))
	s.world.Advance(time.Hour)
	before := s.dump()
	if err := s.lookAt(watch, jobs.ApplyJob); err == nil {
		t.Error("half a roll is no error")
	}
	if r := watch.records[jobs.AccountsJob]; r.Error == "" || !strings.Contains(r.Error, "roll") {
		t.Errorf("the record says %q", r.Error)
	}
	if diff := cmp.Diff(open, foundBy(t, watch, jobs.AccountsJob)); diff != "" {
		t.Errorf("findings changed:\n%s", short(diff))
	}
	if r := watch.records[jobs.ApplyJob].Actions; r == nil || r.Halted == "" {
		t.Errorf("nothing is said of why nothing was done: %+v", r)
	}
	if diff := cmp.Diff(before, s.dump()); diff != "" {
		t.Errorf("something was done:\n%s", short(diff))
	}
}

// TestNobodyJudgesThemselves: an administrator cannot approve what concerns their own account.
func TestNobodyJudgesThemselves(t *testing.T) {
	t.Parallel()
	text, w := changing(t, policy.Propose)
	s := serve(t, w, map[string]string{generate.Classroom: text}, server.Options{})
	watch := s.watches[0]
	admin := s.by(watch, policy.RoleAdmin)
	s.do(s.world.AuthorizeApp(admin.Address, &world.Token{ClientID: "9999.apps.googleusercontent.com", DisplayText: "Sketch Pals", Scopes: []string{"https://www.googleapis.com/auth/drive"}}))
	s.do(s.lookAt(watch, jobs.ApplyJob))
	l := s.log(watch, nil)
	for _, a := range list(t, l, actions.Proposed) {
		if a.Subject != "user/"+admin.ID {
			continue
		}
		if err := l.Approve(context.Background(), admin, actions.Pick{ID: a.ID}); !errors.Is(err, actions.ErrSelf) {
			t.Errorf("approving what concerns themselves: %v", err)
		}
		s.do(l.Approve(context.Background(), s.by(watch, policy.RoleHead), actions.Pick{ID: a.ID}))
		return
	}
	t.Error("nothing is proposed about the administrator's own account")
}
