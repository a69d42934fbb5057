package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/needed"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/views"
)

// TestCampaignNeededKills kills runs that take up whom the administrator wants asked what is still needed, that ask them, and that take up what they answer, at requests to Google and at
// batches to the state, runs again, and compares with runs that were never killed: each is asked once, told once in one mail, and answered once.
func TestCampaignNeededKills(t *testing.T) {
	t.Parallel()
	_, s, g := gated(t, 2)
	k := killing(t, s, g, generate.Classroom, jobs.SharingJob, jobs.ApplyJob, jobs.DigestJob)
	first := k.shot(nil, false)
	k.whole(first)
	list := k.askable(first)
	admin, _ := k.policyOf().Address(policy.RoleAdmin)
	ask := k.decision(admin, decisions.AskOwner)
	for _, f := range list {
		ask.Findings = append(ask.Findings, decisions.Pick{ID: f.ID, Facts: f.Facts})
	}
	s.world.SetNow(s.world.Now().Add(24 * time.Hour)) // so that nobody has had today's mail
	ask.At = s.world.Now().Add(-time.Hour)
	k.more = []decisions.Decision{ask}
	asked := k.rounds("asked", &first)
	if t.Failed() {
		return
	}
	told := k.questions(asked, func(q *needed.Question) bool { return !q.Told.IsZero() })
	if len(told) == 0 || len(k.questions(asked, func(*needed.Question) bool { return true })) != len(list) {
		t.Fatalf("%d were told of %d things: the kills prove nothing", len(told), len(list))
	}
	n := 0
	for _, name := range emls(t, asked.MailDir) {
		data, err := os.ReadFile(asked.MailDir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		n += strings.Count(string(data), "still needed?\r\n")
	}
	if n == 0 {
		t.Error("nobody was written to about it alone")
	}

	s.world.SetNow(s.world.Now().Add(24 * time.Hour))
	for i, q := range told {
		a := k.decision(q.Of, decisions.OwnerAnswer)
		a.Answer = needed.Answers[i%len(needed.Answers)]
		if a.Answer == needed.Keep {
			a.Until, a.Why = k.policyOf().Calendar.Date(s.world.Now()).AddDays(30).String(), "It is used each week."
		}
		a.Findings = []decisions.Pick{{ID: q.Finding, Facts: q.Facts}}
		k.more = append(k.more, a)
	}
	later := k.rounds("answered", &asked)
	if answered := k.questions(later, func(q *needed.Question) bool { return q.Answer != "" }); len(answered) != len(told) {
		t.Errorf("%d answers counted, of %d", len(answered), len(told))
	}
	k.quiet()
}

// policyOf is the policy that is followed.
func (k *killer) policyOf() *policy.Policy {
	k.t.Helper()
	i := slices.IndexFunc(k.watches, func(w *watch) bool { return w.name == k.policy })
	if i < 0 {
		k.t.Fatal("no such policy")
	}
	return k.watches[i].policy
}

// decision is one by somebody, named by address or id, an hour ago.
func (k *killer) decision(who, do string) decisions.Decision {
	k.t.Helper()
	d := decisions.Decision{At: k.world.Now().Add(-time.Hour), Do: do}
	k.world.View(func() {
		if u := k.world.User(who); u != nil {
			d.By = decisions.By{ID: u.ID, Hash: pseudonym.Of(u.PrimaryEmail)}
		}
	})
	return d
}

// askable lists the findings of a run's state about which somebody can be asked, less the administrator's own.
func (k *killer) askable(o oneShot) (out []*findings.Finding) {
	k.t.Helper()
	db := openFile(k.t, o.State)
	defer db.Close()
	self := k.decision(sender(k.policyOf()), "").By.ID
	for d, err := range db.Find(k.t.Context(), findings.Findings, findings.AskFor("sharing", findings.Open)) {
		if err != nil {
			k.t.Fatal(err)
		}
		f, err := findings.Decode(d)
		if err != nil {
			k.t.Fatal(err)
		}
		v, err := views.OfFinding(k.t.Context(), db, f.ID)
		if err != nil {
			k.t.Fatal(err)
		}
		if v != nil && v.Ask != "" && v.Ask != self && !slices.Contains(v.Concerns, self) {
			out = append(out, f)
		}
	}
	if len(out) == 0 || len(out) > decisions.MostPicks {
		k.t.Fatalf("%d things can be asked about", len(out))
	}
	return out
}

// questions lists what was asked, by finding.
func (k *killer) questions(o oneShot, which func(*needed.Question) bool) (out []*needed.Question) {
	k.t.Helper()
	db := openFile(k.t, o.State)
	defer db.Close()
	all, err := needed.All(k.t.Context(), db)
	if err != nil {
		k.t.Fatal(err)
	}
	for _, q := range all {
		if which(q) {
			out = append(out, q)
		}
	}
	slices.SortFunc(out, func(a, b *needed.Question) int { return strings.Compare(a.Finding, b.Finding) })
	return out
}
