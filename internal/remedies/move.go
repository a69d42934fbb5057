package remedies

import (
	"context"
	"encoding/json"
	"strings"

	"esafetybot/internal/actions"
)

// MoveUser is to move an account from one unit to another, both by path.
func MoveUser(user, from, to string) actions.Change {
	return actions.Change{Kind: KindMoveUser, Params: map[string]string{"user": user, "from": from, "to": to}, Concerns: []string{user}}
}

type moveUser struct{ api API }

type wasIn struct {
	Unit string `json:"unit"`
}

func (moveUser) Kind() string { return KindMoveUser }

func (r moveUser) Look(ctx context.Context, a *actions.Action) (actions.Live, error) {
	p, gone, err := person(ctx, r.api, a.Params["user"])
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case strings.EqualFold(p.Unit, a.Params["to"]): // Google compares unit paths without regard to case
		return live(actions.AsWanted, "", nil)
	case strings.EqualFold(p.Unit, a.Params["from"]):
		return live(actions.AsApproved, "", wasIn{p.Unit})
	}
	return live(actions.Different, "the account is in "+p.Unit+" now", nil)
}

func (r moveUser) Do(ctx context.Context, a *actions.Action) error {
	return r.api.MoveUser(ctx, a.Params["user"], a.Params["to"])
}

func (r moveUser) UndoLook(ctx context.Context, a *actions.Action, raw json.RawMessage) (actions.Live, error) {
	var was wasIn
	if err := unpack(raw, &was); err != nil {
		return actions.Live{}, err
	}
	p, gone, err := person(ctx, r.api, a.Params["user"])
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case strings.EqualFold(p.Unit, was.Unit):
		return live(actions.AsWanted, "", nil)
	case strings.EqualFold(p.Unit, a.Params["to"]):
		return live(actions.AsApproved, "", nil)
	}
	return live(actions.Different, "the account is in "+p.Unit+" now", nil)
}

func (r moveUser) Undo(ctx context.Context, a *actions.Action, raw json.RawMessage) error {
	var was wasIn
	if err := unpack(raw, &was); err != nil {
		return err
	}
	return r.api.MoveUser(ctx, a.Params["user"], was.Unit)
}
