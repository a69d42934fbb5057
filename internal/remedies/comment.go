package remedies

import (
	"context"
	"encoding/json"
	"fmt"

	"esafetybot/internal/actions"
	"esafetybot/internal/seen"
)

// Moderate is to give a comment on a blog a state (seen.CommentLive, CommentSpam or CommentEmptied), as an account that runs the blog, by its id.
func Moderate(as, blog, post, comment, to string) actions.Change {
	return actions.Change{Kind: KindComment, Params: map[string]string{"as": as, "blog": blog, "post": post, "comment": comment, "to": to}}
}

type moderate struct{ api API }

func (moderate) Kind() string { return KindComment }

// before is what undoing needs.
type before struct {
	Status string `json:"status"`
}

// see reads the comment as it is now.
func (r moderate) see(ctx context.Context, a *actions.Action) (k seen.BlogComment, as string, gone bool, err error) {
	p, gone, err := person(ctx, r.api, a.Params["as"])
	if err != nil || gone {
		return k, "", gone, err
	}
	k, err = r.api.BlogComment(ctx, p.Address, a.Params["blog"], a.Params["post"], a.Params["comment"])
	if err != nil && r.api.Gone(err) {
		return k, "", true, nil
	}
	return k, p.Address, false, err
}

func (r moderate) Look(ctx context.Context, a *actions.Action) (actions.Live, error) {
	k, _, gone, err := r.see(ctx, a)
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case k.Status == a.Params["to"]:
		return live(actions.AsWanted, "", nil)
	case k.Status == "":
		return live(actions.Unreadable, "", nil)
	case k.Status == seen.CommentEmptied:
		return live(actions.Different, "its text was removed", nil)
	}
	return live(actions.AsApproved, "", before{k.Status})
}

func (r moderate) Do(ctx context.Context, a *actions.Action) error {
	p, err := r.api.Person(ctx, a.Params["as"])
	if err != nil {
		return err
	}
	return r.api.SetBlogComment(ctx, p.Address, a.Params["blog"], a.Params["post"], a.Params["comment"], a.Params["to"])
}

var errEmptied = fmt.Errorf("%w: the text of a comment that was removed is gone", actions.ErrNoUndo)

// back is the state to which undoing brings a comment: Blogger has no way to make one wait again, so that one that waited is hidden.
func back(a *actions.Action, raw json.RawMessage) (string, error) {
	var was before
	if a.Params["to"] == seen.CommentEmptied {
		return "", errEmptied
	}
	if err := unpack(raw, &was); err != nil {
		return "", err
	}
	if was.Status == seen.CommentPending {
		return seen.CommentSpam, nil
	}
	return was.Status, nil
}

func (r moderate) UndoLook(ctx context.Context, a *actions.Action, raw json.RawMessage) (actions.Live, error) {
	to, err := back(a, raw)
	if err != nil {
		return actions.Live{}, err
	}
	k, _, gone, err := r.see(ctx, a)
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case k.Status == to:
		return live(actions.AsWanted, "", nil)
	case k.Status != a.Params["to"]:
		return live(actions.Different, "", nil)
	}
	return live(actions.AsApproved, "", nil)
}

func (r moderate) Undo(ctx context.Context, a *actions.Action, raw json.RawMessage) error {
	to, err := back(a, raw)
	if err != nil {
		return err
	}
	p, err := r.api.Person(ctx, a.Params["as"])
	if err != nil {
		return err
	}
	return r.api.SetBlogComment(ctx, p.Address, a.Params["blog"], a.Params["post"], a.Params["comment"], to)
}
