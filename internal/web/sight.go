package web

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/audit"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/moderation"
	"esafetybot/internal/plain"
	"esafetybot/internal/policy"
	"esafetybot/internal/runs"
	"esafetybot/internal/views"
)

// sight is how much of what somebody has to look at was seen: that nothing waits says something only where the worker could look.
type sight struct {
	Asked  bool     // the policy has comments looked at
	Looked string   // when that was last done; "" if it never was, or too long ago to count
	Blind  []string // what could not be seen, and what to do about it, in sentences
}

// sight tells it for the classes and blogs of somebody, for all of them where they look everywhere.
func (s *Site) sight(ctx context.Context, p *person) (out sight, err error) {
	if out.Asked = slices.Contains(audit.Checks(s.Policy), comments.Means); !out.Asked {
		return out, nil
	}
	const look = "Please look for new comments yourself."
	r, err := runs.LatestSound(ctx, s.Main, comments.Means)
	switch {
	case err != nil:
		return out, err
	case r == nil:
		out.Blind = append(out.Blind, "Nothing has been looked at yet. "+look)
		return out, nil
	case !s.Clock().Before(r.Ended.Add(runs.Late)):
		out.Blind = append(out.Blind, "Nothing has been looked at since "+s.moment(r.Started)+": what is new since then does not stand here. "+look)
		return out, nil
	}
	out.Looked = s.moment(r.Started)
	var unseen []string
	for _, g := range r.Gaps {
		if w := s.unseen(p, g.Scope.Kind(), g.Scope.ID()); w != "" && !slices.Contains(unseen, w) {
			unseen = append(unseen, w)
		}
	}
	if len(unseen) > 0 {
		slices.Sort(unseen)
		out.Blind = append(out.Blind, fmt.Sprintf("The last time we could not see %s. Please look there yourself.", strings.Join(unseen, "; ")))
	}
	return out, nil
}

// unseen says in words what a gap hides from somebody; "" where it is nothing of theirs. A single document of which nobody knows to which class it belongs is the administrator's.
func (s *Site) unseen(p *person, kind, id string) string {
	class := func(key string) bool {
		_, blog := moderation.BlogOf(key)
		_, dojo := moderation.ParseDojo(key)
		return !blog && !dojo
	}
	switch kind + "/" + id {
	case "log/classroom":
		if p.leads() || slices.ContainsFunc(p.hosts, class) {
			return "new comments in Classroom"
		}
		return ""
	case "log/drive", "document/", "attached/":
		if s.documents() && (p.leads() || slices.ContainsFunc(p.hosts, class)) {
			return "new comments on documents of classes"
		}
		return ""
	}
	key, what := id, "new comments in "
	switch kind {
	case "class":
	case "attached":
		what = "documents attached to posts in "
	case "blog":
		key, what = moderation.BlogKey(id), "new comments on "
	default:
		return ""
	}
	if !p.hostsClass(key) {
		return ""
	}
	if c := p.classes[key]; c != nil && c.Name != "" {
		return what + plain.Name(c.Name)
	}
	return what + "one of your " + map[bool]string{true: "blogs", false: "classes"}[kind == "blog"]
}

// hidden is what could not be seen of that from which findings come: where nothing is found, it says that this is not all.
type hidden struct {
	Count int
	List  []views.Unseen // what that is; it may name somebody, so only for who leads or looks after the Workspace
}

// hidden tells what could not be seen of what rests on a clause ("" is any) that concerns somebody.
func (s *Site) hidden(ctx context.Context, p *person, clause string) (out hidden, err error) {
	seen, err := views.OfSeen(ctx, s.Main)
	if err != nil || seen == nil {
		return out, err
	}
	everything := p.leads() || p.plays(policy.RoleAdmin)
	for _, u := range seen.Unseen {
		if !slices.ContainsFunc(u.Clauses, func(id string) bool {
			c, ok := s.Policy.Clause(id)
			return (clause == "" || id == clause) && (everything || ok && p.plays(c.DealsWithIt))
		}) {
			continue
		}
		out.Count += max(1, u.Count)
		if everything {
			out.List = append(out.List, u)
		}
	}
	return out, nil
}

// documents tells whether the policy has comments on documents looked at.
func (s *Site) documents() bool {
	for _, c := range s.Policy.Clauses {
		for _, m := range c.MetBy {
			if w, ok := m.With.(*policy.CommentsWith); ok && w.At(policy.PlaceDocuments) {
				return true
			}
		}
	}
	return false
}
