package jobs

import (
	"context"
	"errors"
	"slices"

	"esafetybot/internal/actions"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/remedies"
	"esafetybot/internal/store"
)

// RoleHost is in what role somebody decides on the comments of a blog that they look after.
const RoleHost = "blog_host"

// wished is what somebody decided about a comment on a blog, and what is to be done for it.
type wished struct {
	act      *moderation.Act
	proposal actions.Proposal
}

// id is the key of the change in the log.
func (w wished) id() string {
	return actions.ID(w.proposal.Finding, w.proposal.Opened, w.proposal.Change)
}

// wishes lists what was decided about comments on blogs and is not seen to be so yet.
func (p *planner) wishes() []wished {
	var out []wished
	for _, key := range p.blogs.Blogs() {
		id, _ := moderation.BlogOf(key)
		c := p.blogs.Class(key)
		as, runs := blogger(p.who, c.Blog)
		if !runs {
			continue // it waits until somebody runs the blog again; the blog is a gap until then
		}
		for post, x := range c.Posts {
			for i := range x.Acts {
				w := x.Acts[i].Wish
				if w == nil {
					continue
				}
				out = append(out, wished{&x.Acts[i], actions.Proposal{
					Finding: "decision-" + w.ID, Opened: w.At, Clause: clauseAt(p.Policy, policy.PlaceBlogs), Rule: commentsModerated, Subject: moderation.Subject(key, post), Severity: policy.SeverityLow,
					Change: remedies.Moderate(as.ID, id, post, x.Acts[i].Key, w.To),
				}})
			}
		}
	}
	slices.SortFunc(out, func(a, b wished) int { return a.act.Wish.At.Compare(b.act.Wish.At) })
	return out
}

// commentsModerated is the rule that an action on a comment names: nothing was found, somebody decided.
const commentsModerated = "comments.moderated"

// moderate puts into the log of changes what people decided about comments on blogs, as approved by them: they looked at the very comment. What could not be made makes the comment wait again.
func (p *planner) moderate(ctx context.Context, log *actions.Log) error {
	if !asksFor(p.Policy, policy.PlaceBlogs) || p.who == nil {
		return nil
	}
	list := p.wishes()
	if len(list) == 0 {
		return nil
	}
	if _, err := log.Propose(ctx, func(yield func(actions.Proposal, error) bool) {
		for _, w := range list {
			if p.held.Frozen(w.proposal.Change.Subjects(w.proposal.Subject)...) {
				continue
			}
			if !yield(w.proposal, nil) {
				return
			}
		}
	}); err != nil {
		return err
	}
	changed := false
	for _, w := range list {
		a, err := log.Get(ctx, w.id())
		switch {
		case errors.Is(err, store.ErrNotFound):
			continue // frozen
		case err != nil:
			return err
		case a.State == actions.Proposed:
			if err := log.Approve(ctx, actions.By{Role: RoleHost, ID: w.act.Wish.By}, actions.Pick{ID: a.ID, Facts: a.Facts}); err != nil {
				return err
			}
		case a.State == actions.Done: // whoever turns it back later decides anew
			w.act.Wish, changed = nil, true
		case slices.Contains([]actions.State{actions.Failed, actions.Declined, actions.Lapsed, actions.Withdrawn, actions.Undone}, a.State):
			w.act.Settled, w.act.Wish, changed = false, nil, true
		}
	}
	if !changed {
		return nil
	}
	return p.blogs.Flush(ctx, log.Commit, nil)
}

// unwished says why a change of a comment is called for no longer; "" if it still is.
func (p *planner) unwished(a *actions.Action) string {
	if p.who == nil || p.blogs != nil && slices.ContainsFunc(p.wishes(), func(w wished) bool { return w.id() == a.ID }) {
		return ""
	}
	return "somebody decided otherwise, or it is so already"
}
