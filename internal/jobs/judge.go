package jobs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
)

// asks turns the policy's clauses into what the check is asked.
func (s *sharingRun) asks() []sharing.Ask { return SharingAsks(s.Policy) }

// asksFor tells whether a clause names the rule.
func (s *sharingRun) asksFor(rule string) bool {
	return slices.ContainsFunc(s.asks(), func(a sharing.Ask) bool { return slices.Contains(a.Rules, rule) })
}

// SharingAsks lists what a policy asks of the check sharing.
func SharingAsks(p *policy.Policy) []sharing.Ask {
	var out []sharing.Ask
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			w, ok := m.With.(*policy.SharingWith)
			if !ok || m.Kind != policy.Check || m.Name != sharing.Means {
				continue
			}
			a := sharing.Ask{Clause: c.ID, Severity: m.Severity, Deals: string(c.DealsWithIt), Rules: w.Rules}
			for _, t := range w.Confidential {
				a.Confidential = append(a.Confidential, sharing.Confidential{Tree: t.Folder + t.Drive, Allowed: t.Allowed})
			}
			out = append(out, a)
		}
	}
	return out
}

// judge compares what the check sees with the findings that are stored.
func (s *sharingRun) judge(ctx context.Context, k *findings.Keeper) (err error) {
	asks := s.asks()
	asked := map[string]bool{}
	for _, a := range asks {
		for _, r := range a.Rules {
			asked[a.Clause+" "+sharing.Means+"."+r] = true
		}
	}
	due := map[string]policy.Means{}
	for _, c := range s.Policy.Clauses {
		for _, m := range c.MetBy {
			if w, ok := m.With.(*policy.SharingWith); ok {
				for _, r := range w.Rules {
					due[c.ID+" "+sharing.Means+"."+r] = m
				}
			}
		}
	}
	judged := asks
	if s.gaps.any("groups", "members") {
		judged = withoutInside(asks) // who is allowed hangs on groups
	}
	s.record.Changes, err = k.Sync(ctx, findings.Input{
		Run:      findings.Run{ID: s.record.ID, Policy: s.Policy.Version, Now: s.now},
		Means:    sharing.Means,
		Observed: sharing.Check(sharing.Input{Now: s.now, Who: s.who, Asks: judged, Shares: s.book.All(ctx)}),
		Evidence: func(ctx context.Context, f *findings.Finding) (findings.Evidence, error) {
			if !asked[f.Clause+" "+f.Rule] {
				return findings.Evidence{How: findings.Withdrawn}, nil
			}
			return findings.Evidence{How: s.evidence(f)}, nil
		},
		Due: func(o findings.Observed) time.Time {
			m := due[o.Clause+" "+o.Rule]
			if o.Severity == findings.Information {
				return time.Time{}
			}
			var days []time.Weekday
			if who := s.Policy.Person(policy.Role(o.Deals)); len(who) > 0 {
				days = s.Policy.DaysIn(who[0])
			}
			t, err := s.Policy.Calendar.Due(s.now, m.Due, days, m.Severity)
			if err != nil {
				s.gaps.add("calendar", seen.Failed, err.Error())
			}
			return t
		},
	})
	if err != nil {
		return fmt.Errorf("keeping the findings: %w", err)
	}
	return nil
}

// withoutInside leaves out the rules that need to know who is in which group.
func withoutInside(asks []sharing.Ask) []sharing.Ask {
	out := slices.Clone(asks)
	for i := range out {
		out[i].Rules = slices.DeleteFunc(slices.Clone(out[i].Rules), func(r string) bool {
			return r == sharing.WithinSchool || r == sharing.TrustWide
		})
	}
	return out
}

// evidence says what is known about the subject of a finding that the check no longer yields; "" is nothing.
func (s *sharingRun) evidence(f *findings.Finding) findings.How {
	kind, id, _ := strings.Cut(f.Subject, "/")
	if s.gaps.has("domains") {
		return "" // who is how near was guessed
	}
	if kind == "group" {
		return s.groupEvidence(f, id)
	}
	switch strings.TrimPrefix(f.Rule, sharing.Means+".") {
	case sharing.WithinSchool, sharing.TrustWide:
		if s.gaps.any("groups", "members") {
			return ""
		}
		for _, read := range s.trees {
			if !read {
				return ""
			}
		}
		if how, ok := s.book.Fate(f.Subject); ok && how != findings.Merged {
			return how
		}
		if s.disowned {
			return findings.Withdrawn // nobody put anything right
		}
		return findings.Fine
	}
	how, left := s.book.Fate(f.Subject)
	if left && how != findings.Fine {
		return how
	}
	in, there := s.book.Has(f.Subject)
	switch {
	case !there && !left:
		return ""
	case there && in.Kind() != "drive" && s.book.Under(f.Subject):
		return findings.Merged
	}
	if s.ended(f.Facts) {
		return findings.Expired
	}
	return findings.Fine
}

// ended tells whether a fact has ended by its date.
func (s *sharingRun) ended(facts []string) bool {
	return slices.ContainsFunc(facts, func(fact string) bool {
		_, until, ok := strings.Cut(fact, " until ")
		until, _, _ = strings.Cut(until, " ")
		t, err := time.Parse(time.RFC3339, until)
		return ok && err == nil && !t.After(s.now)
	})
}

func (s *sharingRun) groupEvidence(f *findings.Finding, id string) findings.How {
	if s.who.GroupsUnknown {
		return ""
	}
	g, ok := s.who.GroupByID(id)
	if !ok {
		return findings.Deleted
	}
	if !s.held[id] {
		return findings.Fine // nothing is shared with it any more
	}
	r := s.who.Reach(g)
	if !r.Known || f.Rule == sharing.Means+"."+sharing.OpenGroup && !r.OpenKnown {
		return ""
	}
	return findings.Fine
}
