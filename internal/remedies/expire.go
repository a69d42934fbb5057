package remedies

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/seen"
)

// expireGrant has Google end a grant at a moment. Where that moment passed before anybody came to it, the grant is deleted: what
// was approved is that it is not shared any more after it.
type expireGrant struct {
	drive
	clock func() time.Time
}

func (expireGrant) Kind() string { return KindExpireGrant }

func (expireGrant) until(a *actions.Action) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, a.Params["until"])
	if err != nil {
		return t, fmt.Errorf("the day on which it is to end cannot be read: %w", err)
	}
	return t, nil
}

func (r expireGrant) Look(ctx context.Context, a *actions.Action) (actions.Live, error) {
	until, err := r.until(a)
	if err != nil {
		return actions.Live{}, err
	}
	g, _, gone, err := r.grant(ctx, a)
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case g == nil:
		return live(actions.AsWanted, "it is not shared any more", nil)
	case g.Role == "owner":
		return live(actions.Different, noteOwner, nil)
	case g.Own == "":
		return live(actions.AsWanted, noteInherited, nil)
	case g.Own != a.Params["role"]:
		return live(actions.Different, noteRole, nil)
	case !g.Until.IsZero() && !g.Until.Truncate(time.Second).After(until):
		return live(actions.AsWanted, "", nil)
	}
	return live(actions.AsApproved, "", *g)
}

func (r expireGrant) Do(ctx context.Context, a *actions.Action) error {
	until, err := r.until(a)
	if err != nil {
		return err
	}
	as, err := r.as(ctx, a.Params["as"])
	if err != nil {
		return err
	}
	if r.clock().Before(until) {
		return r.api.SetExpiry(ctx, as, a.Params["file"], a.Params["grant"], until)
	}
	err = r.api.DeleteGrant(ctx, as, a.Params["file"], a.Params["grant"]) // Google refuses an end in the past
	if err != nil && r.api.Gone(err) {
		return nil
	}
	return err
}

func (r expireGrant) UndoLook(ctx context.Context, a *actions.Action, raw json.RawMessage) (actions.Live, error) {
	var was seen.Grant
	if err := unpack(raw, &was); err != nil {
		return actions.Live{}, err
	}
	until, err := r.until(a)
	if err != nil {
		return actions.Live{}, err
	}
	g, _, gone, err := r.grant(ctx, a)
	there := g != nil && g.Own != ""
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case there && g.Own != was.Own:
		return live(actions.Different, noteRole, nil)
	case there && g.Until.Equal(was.Until):
		return live(actions.AsWanted, "", nil)
	case there && !g.Until.Truncate(time.Second).Equal(until):
		return live(actions.Different, "it ends on another day now", nil)
	case !there && r.clock().Before(until):
		return live(actions.Different, "it is not shared any more, and its day has not come", nil)
	case !was.Until.IsZero() && !r.clock().Before(was.Until):
		return live(actions.Different, "the day on which it ended before has passed", nil)
	}
	return live(actions.AsApproved, "", nil)
}

// Undo puts back the end there was before, or, where the grant has ended meanwhile, the grant.
func (r expireGrant) Undo(ctx context.Context, a *actions.Action, raw json.RawMessage) error {
	var was seen.Grant
	if err := unpack(raw, &was); err != nil {
		return err
	}
	g, as, _, err := r.grant(ctx, a)
	if err != nil {
		return err
	}
	if g != nil && g.Own != "" {
		return r.api.SetExpiry(ctx, as, a.Params["file"], a.Params["grant"], was.Until)
	}
	was.Role = was.Own
	_, err = r.api.AddGrant(ctx, as, a.Params["file"], was)
	return err
}
