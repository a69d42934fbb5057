package remedies

import (
	"context"
	"encoding/json"

	"esafetybot/internal/actions"
)

// LeaveGroup is to take an account out of a group that it is a direct member of. Somebody who is in it through another
// group must be taken out of that one.
func LeaveGroup(group, member string) actions.Change {
	return actions.Change{
		Kind: KindLeaveGroup, Params: map[string]string{"group": group, "member": member},
		Concerns: []string{member},
	}
}

type leaveGroup struct{ api API }

type wasMember struct {
	Role string `json:"role"`
}

func (leaveGroup) Kind() string { return KindLeaveGroup }

func (r leaveGroup) Look(ctx context.Context, a *actions.Action) (actions.Live, error) {
	role, ok, err := r.api.IsMember(ctx, a.Params["group"], a.Params["member"])
	switch {
	case err != nil && r.api.Gone(err):
		return missing()
	case err != nil:
		return actions.Live{}, err
	case !ok:
		return live(actions.AsWanted, "", nil)
	}
	return live(actions.AsApproved, "", wasMember{role})
}

func (r leaveGroup) Do(ctx context.Context, a *actions.Action) error {
	err := r.api.RemoveMember(ctx, a.Params["group"], a.Params["member"])
	if err != nil && r.api.Gone(err) {
		return nil // Look tells whether it was the membership or the group
	}
	return err
}

func (r leaveGroup) UndoLook(ctx context.Context, a *actions.Action, raw json.RawMessage) (actions.Live, error) {
	var was wasMember
	if err := unpack(raw, &was); err != nil {
		return actions.Live{}, err
	}
	_, ok, err := r.api.IsMember(ctx, a.Params["group"], a.Params["member"])
	switch {
	case err != nil && r.api.Gone(err):
		return missing()
	case err != nil:
		return actions.Live{}, err
	case ok:
		return live(actions.AsWanted, "", nil)
	}
	return live(actions.AsApproved, "", nil)
}

func (r leaveGroup) Undo(ctx context.Context, a *actions.Action, raw json.RawMessage) error {
	var was wasMember
	if err := unpack(raw, &was); err != nil {
		return err
	}
	if _, ok, err := r.api.IsMember(ctx, a.Params["group"], a.Params["member"]); err != nil || ok {
		return err // adding somebody who is a member already is an error to Google
	}
	return r.api.AddMember(ctx, a.Params["group"], a.Params["member"], was.Role)
}
