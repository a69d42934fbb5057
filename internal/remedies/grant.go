package remedies

import (
	"context"
	"encoding/json"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/seen"
)

// A File is an item on Drive, or a shared drive itself, by its id.
type File struct {
	ID    string
	As    string // Directory id of who acts on it: its owner, or a manager of the shared drive it is in; "" for a shared drive itself
	Owner string // Directory id of its owner, who may not decide on it; "" in a shared drive
}

// DeleteGrant is to end a permission that the item itself gives.
func DeleteGrant(f File, g seen.Grant) actions.Change { return onGrant(KindDeleteGrant, f, g) }

// NarrowGrant is to leave a permission that the item itself gives, but for reading only.
func NarrowGrant(f File, g seen.Grant) actions.Change { return onGrant(KindNarrowGrant, f, g) }

// ExpireGrant is to have a permission that the item itself gives end at a moment, at most a year away. Google does so by itself for
// people and groups only (Permission.expirationTime); a link or a whole domain is deleted then instead, by an action that waits for it.
// The moment is part of what the change is: count it from the finding's opening, not from now, or each run proposes another change.
func ExpireGrant(f File, g seen.Grant, until time.Time) actions.Change {
	until = until.UTC().Truncate(time.Second)
	if g.Type != "user" && g.Type != "group" {
		c := onGrant(KindDeleteGrant, f, g)
		c.NotBefore = until
		c.Params["until"] = until.Format(time.RFC3339) // another change than deleting it now
		return c
	}
	c := onGrant(KindExpireGrant, f, g)
	c.Params["until"] = until.Format(time.RFC3339)
	return c
}

func onGrant(kind string, f File, g seen.Grant) actions.Change {
	c := actions.Change{Kind: kind, Params: map[string]string{"file": f.ID, "grant": g.ID, "role": g.Own}}
	if f.As != "" {
		c.Params["as"] = f.As
	}
	if g.View != "" {
		c.Params["view"] = g.View
	}
	if f.Owner != "" {
		c.Concerns = []string{f.Owner}
	}
	return c
}

// drive is what the remedies on Drive share.
type drive struct{ api API }

// as is the address of who acts.
func (d drive) as(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	p, err := d.api.Person(ctx, id)
	return p.Address, err
}

// grant reads the permission that an action is about, and who acts; nil if it is not there (any more). Missing means the item or
// whoever acts on it.
func (d drive) grant(ctx context.Context, a *actions.Action) (g *seen.Grant, as string, missing bool, err error) {
	as, err = d.as(ctx, a.Params["as"])
	var all []seen.Grant
	if err == nil {
		all, err = d.api.Grants(ctx, as, a.Params["file"])
	}
	if err != nil {
		if d.api.Gone(err) {
			return nil, as, true, nil
		}
		return nil, as, false, err
	}
	for i := range all {
		if all[i].ID == a.Params["grant"] && all[i].View == a.Params["view"] {
			return &all[i], as, false, nil
		}
	}
	return nil, as, false, nil
}

// Notes on a permission that is not what was approved.
const (
	noteRole      = "its role was changed"
	noteInherited = "what is left comes from a folder above"
	noteOwner     = "they own it"
)

type deleteGrant struct {
	drive
	clock func() time.Time
}

func (deleteGrant) Kind() string { return KindDeleteGrant }

func (r deleteGrant) Look(ctx context.Context, a *actions.Action) (actions.Live, error) {
	g, _, gone, err := r.grant(ctx, a)
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case g == nil:
		return live(actions.AsWanted, "", nil)
	case g.Role == "owner":
		return live(actions.Different, noteOwner, nil)
	case g.Own == "":
		return live(actions.AsWanted, noteInherited, nil)
	case g.Own != a.Params["role"]:
		return live(actions.Different, noteRole, nil)
	}
	return live(actions.AsApproved, "", *g)
}

func (r deleteGrant) Do(ctx context.Context, a *actions.Action) error {
	as, err := r.as(ctx, a.Params["as"])
	if err != nil {
		return err
	}
	err = r.api.DeleteGrant(ctx, as, a.Params["file"], a.Params["grant"])
	if err != nil && r.api.Gone(err) {
		return nil // Look tells whether it was the permission or the file
	}
	return err
}

func (r deleteGrant) UndoLook(ctx context.Context, a *actions.Action, raw json.RawMessage) (actions.Live, error) {
	var was seen.Grant
	if err := unpack(raw, &was); err != nil {
		return actions.Live{}, err
	}
	g, _, gone, err := r.grant(ctx, a)
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case g != nil && g.Own == was.Own:
		return live(actions.AsWanted, "", nil)
	case g != nil && g.Own != "":
		return live(actions.Different, noteRole, nil)
	case !was.Until.IsZero() && !r.clock().Before(was.Until):
		return live(actions.Different, "it would have ended by itself by now", nil)
	}
	return live(actions.AsApproved, "", nil)
}

func (r deleteGrant) Undo(ctx context.Context, a *actions.Action, raw json.RawMessage) error {
	var was seen.Grant
	if err := unpack(raw, &was); err != nil {
		return err
	}
	as, err := r.as(ctx, a.Params["as"])
	if err != nil {
		return err
	}
	was.Role = was.Own
	_, err = r.api.AddGrant(ctx, as, a.Params["file"], was) // giving the same again is giving it once
	return err
}

type narrowGrant struct{ drive }

type wasRole struct {
	Role string `json:"role"`
}

const narrow = "reader"

func (narrowGrant) Kind() string { return KindNarrowGrant }

func (r narrowGrant) Look(ctx context.Context, a *actions.Action) (actions.Live, error) {
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
	case seen.Rank(g.Own) <= seen.Rank(narrow):
		return live(actions.AsWanted, "", nil)
	case g.Own != a.Params["role"]:
		return live(actions.Different, noteRole, nil)
	}
	return live(actions.AsApproved, "", wasRole{g.Own})
}

func (r narrowGrant) Do(ctx context.Context, a *actions.Action) error { return r.set(ctx, a, narrow) }

func (r narrowGrant) set(ctx context.Context, a *actions.Action, role string) error {
	as, err := r.as(ctx, a.Params["as"])
	if err != nil {
		return err
	}
	return r.api.SetRole(ctx, as, a.Params["file"], a.Params["grant"], role)
}

func (r narrowGrant) UndoLook(ctx context.Context, a *actions.Action, raw json.RawMessage) (actions.Live, error) {
	var was wasRole
	if err := unpack(raw, &was); err != nil {
		return actions.Live{}, err
	}
	g, _, gone, err := r.grant(ctx, a)
	switch {
	case err != nil:
		return actions.Live{}, err
	case gone:
		return missing()
	case g != nil && g.Own == was.Role:
		return live(actions.AsWanted, "", nil)
	case g != nil && g.Own == narrow:
		return live(actions.AsApproved, "", nil)
	case g == nil || g.Own == "":
		return live(actions.Different, "it is not shared any more", nil)
	}
	return live(actions.Different, noteRole, nil)
}

func (r narrowGrant) Undo(ctx context.Context, a *actions.Action, raw json.RawMessage) error {
	var was wasRole
	if err := unpack(raw, &was); err != nil {
		return err
	}
	return r.set(ctx, a, was.Role)
}
