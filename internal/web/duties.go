package web

import (
	"context"
	"slices"
	"strings"

	"esafetybot/internal/audit"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
)

// openFindings are those that are open, by check and id; for reading only.
type openFindings map[string]map[string]*findings.Finding

// openFindings reads, once for all of a page, those on comments, and of the other checks where somebody may deal with any.
func (s *Site) openFindings(ctx context.Context, p *person) (openFindings, error) {
	out := openFindings{}
	for check, b := range s.open {
		if check != comments.Means && !s.seesFindings(p) {
			continue
		}
		var err error
		if out[check], err = b.read(ctx, s.Main, findings.Findings, findings.AskFor(check, findings.Open), findings.Decode); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// booksOf makes a book for the open findings of each check of a policy.
func booksOf(p *policy.Policy) map[string]*book[findings.Finding] {
	out := map[string]*book[findings.Finding]{comments.Means: {}}
	for _, check := range audit.Checks(p) {
		out[check] = &book[findings.Finding]{}
	}
	return out
}

// homeDuty is what is open of all that somebody deals with in a role.
type homeDuty struct {
	Role, Path          string
	Open, High, Overdue int
}

// onPage are the rules whose findings stand on the page by themselves.
var onPage = []string{comments.Means + "." + comments.Unreviewed, comments.Means + "." + comments.NoHost, comments.Means + "." + comments.PrivateByOtherAdult}

// duties counts the open findings that somebody deals with, by the role in which they do, where more are among them than stand on the page anyway. They are those of the page of findings.
func (s *Site) duties(p *person, open openFindings) (out []homeDuty) {
	now := s.Clock()
	for _, role := range slices.Compact(slices.Sorted(slices.Values(p.roles))) {
		filter := findingFilter{State: findingStates[0].Value, Deals: string(role)}
		d, more := homeDuty{Role: s.Policy.Title(role), Path: filter.path()}, false
		for _, list := range open {
			for _, f := range list {
				if p.did(f) || hushed(f) || !filter.matches(f, nil, now) {
					continue
				}
				more = more || !slices.Contains(onPage, f.Rule)
				d.Open++
				d.High += boolInt(f.Severity == policy.SeverityHigh)
				d.Overdue += boolInt(overdue(f, now))
			}
		}
		if more {
			out = append(out, d)
		}
	}
	return out
}

// commentFindings counts what somebody deals with that is about no post that waits: private comments by adults who do not teach the class, and blogs that nobody looks after.
func commentFindings(p *person, open openFindings) (adults, blogs int) {
	for _, f := range open[comments.Means] {
		switch {
		case !p.plays(policy.Role(f.Deals)) || p.did(f):
		case f.Rule == comments.Means+"."+comments.PrivateByOtherAdult:
			adults++
		case f.Rule == comments.Means+"."+comments.NoHost && strings.HasPrefix(f.Subject, "blog/"):
			blogs++
		}
	}
	return adults, blogs
}
