package remedies

import (
	"context"
	"encoding/json"
	"fmt"

	"esafetybot/internal/actions"
	"esafetybot/internal/pseudonym"
)

// SwitchOff is to switch an account off. Nobody can sign in with it; nothing is deleted.
func SwitchOff(user string) actions.Change {
	return actions.Change{Kind: KindSwitchOff, Params: map[string]string{"user": user}, Concerns: []string{user}}
}

// SignOut is to sign an account out everywhere.
func SignOut(user string) actions.Change {
	return actions.Change{Kind: KindSignOut, Params: map[string]string{"user": user}, Concerns: []string{user}}
}

// RevokeApp is to end what an account let an app do.
func RevokeApp(user, client string) actions.Change {
	return actions.Change{Kind: KindRevokeApp, Params: map[string]string{"user": user, "app": client}, Concerns: []string{user}}
}

// RemoveRecovery is to remove an account's recovery address, as long as it is the one given. Only its hash is kept until it is removed.
func RemoveRecovery(user, address string) actions.Change {
	return actions.Change{Kind: KindRemoveRecovery, Params: map[string]string{"user": user, "recovery": pseudonym.Of(address)}, Concerns: []string{user}}
}

type switchOff struct{ api API }

func (switchOff) Kind() string { return KindSwitchOff }

func (r switchOff) Look(ctx context.Context, a *actions.Action) (actions.Live, error) {
	p, gone, err := person(ctx, r.api, a.Params["user"])
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case !p.Active():
		return live(actions.AsWanted, "", nil)
	}
	return live(actions.AsApproved, "", struct{}{})
}

func (r switchOff) Do(ctx context.Context, a *actions.Action) error {
	return r.api.SwitchOff(ctx, a.Params["user"], true)
}

func (r switchOff) UndoLook(ctx context.Context, a *actions.Action, raw json.RawMessage) (actions.Live, error) {
	if err := unpack(raw, &struct{}{}); err != nil {
		return actions.Live{}, err
	}
	p, gone, err := person(ctx, r.api, a.Params["user"])
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case !p.SwitchedOff:
		return live(actions.AsWanted, "", nil)
	}
	return live(actions.AsApproved, "", nil)
}

func (r switchOff) Undo(ctx context.Context, a *actions.Action, _ json.RawMessage) error {
	return r.api.SwitchOff(ctx, a.Params["user"], false)
}

type signOut struct{ api API }

func (signOut) Kind() string { return KindSignOut }

// Look cannot tell whether somebody was signed out. Where nobody can sign in at all Google has ended every session.
func (r signOut) Look(ctx context.Context, a *actions.Action) (actions.Live, error) {
	p, gone, err := person(ctx, r.api, a.Params["user"])
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case !p.Active():
		return live(actions.AsWanted, "the account is switched off", nil)
	}
	return live(actions.Unreadable, "", nil)
}

func (r signOut) Do(ctx context.Context, a *actions.Action) error {
	return r.api.SignOut(ctx, a.Params["user"])
}

func (signOut) UndoLook(context.Context, *actions.Action, json.RawMessage) (actions.Live, error) {
	return actions.Live{}, errNoSignIn
}

func (signOut) Undo(context.Context, *actions.Action, json.RawMessage) error { return errNoSignIn }

var (
	errNoSignIn = fmt.Errorf("%w, and need not be: whoever was signed out signs in again with their password", actions.ErrNoUndo)
	errNoAllow  = fmt.Errorf("%w from here: whoever uses the app has to allow it again when it next asks", actions.ErrNoUndo)
)

type revokeApp struct{ api API }

func (revokeApp) Kind() string { return KindRevokeApp }

func (r revokeApp) Look(ctx context.Context, a *actions.Action) (actions.Live, error) {
	apps, err := r.api.Apps(ctx, a.Params["user"])
	if err != nil && r.api.Gone(err) {
		return missing()
	}
	if err != nil {
		return actions.Live{}, err
	}
	for _, app := range apps {
		if app.Client == a.Params["app"] {
			return live(actions.AsApproved, "", nil)
		}
	}
	return live(actions.AsWanted, "", nil)
}

func (r revokeApp) Do(ctx context.Context, a *actions.Action) error {
	err := r.api.RevokeApp(ctx, a.Params["user"], a.Params["app"])
	if err != nil && r.api.Gone(err) {
		return nil
	}
	return err
}

func (revokeApp) UndoLook(context.Context, *actions.Action, json.RawMessage) (actions.Live, error) {
	return actions.Live{}, errNoAllow
}

func (revokeApp) Undo(context.Context, *actions.Action, json.RawMessage) error { return errNoAllow }

type removeRecovery struct{ api API }

type wasRecovery struct {
	Address string `json:"address"`
}

func (removeRecovery) Kind() string { return KindRemoveRecovery }

func (r removeRecovery) Look(ctx context.Context, a *actions.Action) (actions.Live, error) {
	p, gone, err := person(ctx, r.api, a.Params["user"])
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case p.Recovery == "":
		return live(actions.AsWanted, "", nil)
	case pseudonym.Of(p.Recovery) == a.Params["recovery"]:
		return live(actions.AsApproved, "", wasRecovery{p.Recovery})
	}
	return live(actions.Different, "there is another recovery address now", nil)
}

func (r removeRecovery) Do(ctx context.Context, a *actions.Action) error {
	return r.api.SetRecovery(ctx, a.Params["user"], "")
}

func (r removeRecovery) UndoLook(ctx context.Context, a *actions.Action, raw json.RawMessage) (actions.Live, error) {
	var was wasRecovery
	if err := unpack(raw, &was); err != nil {
		return actions.Live{}, err
	}
	p, gone, err := person(ctx, r.api, a.Params["user"])
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case p.Recovery == was.Address:
		return live(actions.AsWanted, "", nil)
	case p.Recovery == "":
		return live(actions.AsApproved, "", nil)
	}
	return live(actions.Different, "there is another recovery address now", nil)
}

func (r removeRecovery) Undo(ctx context.Context, a *actions.Action, raw json.RawMessage) error {
	var was wasRecovery
	if err := unpack(raw, &was); err != nil {
		return err
	}
	return r.api.SetRecovery(ctx, a.Params["user"], was.Address)
}
