package remedies

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"esafetybot/internal/actions"
)

type expireGrant struct {
	drive
	clock func() time.Time
}

type wasUntil struct {
	Until time.Time `json:"until,omitzero"` // zero: it did not end
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
	case !r.clock().Before(until):
		// Google refuses an end in the past. What was approved was time until then, not an end today.
		return live(actions.Different, "the day on which it was to end has passed", nil)
	}
	return live(actions.AsApproved, "", wasUntil{g.Until})
}

func (r expireGrant) Do(ctx context.Context, a *actions.Action) error {
	until, err := r.until(a)
	if err != nil {
		return err
	}
	return r.set(ctx, a, until)
}

func (r expireGrant) set(ctx context.Context, a *actions.Action, until time.Time) error {
	as, err := r.as(ctx, a.Params["as"])
	if err != nil {
		return err
	}
	return r.api.SetExpiry(ctx, as, a.Params["file"], a.Params["grant"], until)
}

func (r expireGrant) UndoLook(ctx context.Context, a *actions.Action, raw json.RawMessage) (actions.Live, error) {
	var was wasUntil
	if err := unpack(raw, &was); err != nil {
		return actions.Live{}, err
	}
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
	case g == nil || g.Own == "":
		return live(actions.Different, "it is not shared any more", nil)
	case g.Until.Equal(was.Until):
		return live(actions.AsWanted, "", nil)
	case !g.Until.Truncate(time.Second).Equal(until):
		return live(actions.Different, "it ends on another day now", nil)
	case !was.Until.IsZero() && !r.clock().Before(was.Until):
		return live(actions.Different, "the day on which it ended before has passed", nil)
	}
	return live(actions.AsApproved, "", nil)
}

func (r expireGrant) Undo(ctx context.Context, a *actions.Action, raw json.RawMessage) error {
	var was wasUntil
	if err := unpack(raw, &was); err != nil {
		return err
	}
	return r.set(ctx, a, was.Until)
}
