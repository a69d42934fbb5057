// Package remedies makes the changes that the action log may make at Google, one file a kind.
//
// Contract:
//
//   - Each remedy sets a state or deletes by id. Making a change twice changes nothing.
//   - Look tells what the live object is now: as approved (the change can be made), as wanted (nothing to do), different (somebody
//     else changed it), missing, or unreadable. "As approved" means the very state that the parameters name, not just "not as wanted".
//   - What undoing needs is read from the live object by Look. It may hold addresses; the log keeps it apart ([actions.Undos]).
//   - Parameters hold ids, unit paths, roles and hashes only. The functions named after what they do ([MoveUser], [DeleteGrant] …) make them.
//   - Some changes cannot be undone: signing out, and revoking an app. Their UndoLook and Undo return [actions.ErrNoUndo], with what to do instead.
//   - Nothing says whether somebody was signed out: Google has no state to read. After a crash the log makes it again, which costs
//     one more sign-in at most; once Google has taken the request it counts as done.
//
// The package knows Google through [API] only, so that what it does can be tested without Google.
package remedies

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/seen"
)

// API is what remedies ask of Google. Accounts are named by Directory id, but "as" and "newOwner" are addresses; as "" is
// the administrator, which works on a shared drive itself (as fileID), not on what is in it.
type API interface {
	Person(ctx context.Context, id string) (seen.Person, error)
	MoveUser(ctx context.Context, id, unitPath string) error
	SwitchOff(ctx context.Context, id string, off bool) error
	SignOut(ctx context.Context, id string) error
	SetRecovery(ctx context.Context, id, address string) error // "" removes it
	// IsMember tells about direct members only, with their role (MEMBER, MANAGER, OWNER).
	IsMember(ctx context.Context, groupID, memberID string) (role string, ok bool, err error)
	RemoveMember(ctx context.Context, groupID, memberID string) error
	AddMember(ctx context.Context, groupID, memberID, role string) error
	Apps(ctx context.Context, userID string) ([]seen.App, error)
	RevokeApp(ctx context.Context, userID, clientID string) error
	Grants(ctx context.Context, as, fileID string) ([]seen.Grant, error)
	DeleteGrant(ctx context.Context, as, fileID, grantID string) error
	SetRole(ctx context.Context, as, fileID, grantID, role string) error
	SetExpiry(ctx context.Context, as, fileID, grantID string, until time.Time) error // the zero time: never
	AddGrant(ctx context.Context, as, fileID string, g seen.Grant) (id string, err error)
	HandOver(ctx context.Context, as, fileID, newOwner string) error
	BlogComment(ctx context.Context, as, blog, post, comment string) (seen.BlogComment, error)
	SetBlogComment(ctx context.Context, as, blog, post, comment, status string) error
	// Gone tells whether an error says that the object is not there.
	Gone(err error) bool
}

// The kinds of remedies.
const (
	KindMoveUser       = "move-user"         // to another unit
	KindLeaveGroup     = "remove-from-group" // an account, from a group it is a direct member of
	KindSwitchOff      = "switch-off"        // an account
	KindSignOut        = "sign-out"          // an account, everywhere
	KindRevokeApp      = "revoke-app"        // what an account let an app do
	KindRemoveRecovery = "remove-recovery"   // an account's recovery address
	KindDeleteGrant    = "delete-grant"      // a permission on Drive
	KindNarrowGrant    = "narrow-grant"      // a permission on Drive, to reading
	KindExpireGrant    = "expire-grant"      // a permission on Drive, at a date
	KindHandOver       = "hand-over"         // a file, to a new owner
	KindComment        = "blog-comment"      // a comment on a blog, shown, hidden or emptied
)

// Kinds lists every kind, in the order of [All].
func Kinds() []string {
	return []string{
		KindMoveUser, KindLeaveGroup, KindSwitchOff, KindSignOut, KindRevokeApp, KindRemoveRecovery,
		KindDeleteGrant, KindNarrowGrant, KindExpireGrant, KindHandOver, KindComment,
	}
}

// All makes every remedy.
func All(api API, clock func() time.Time) []actions.Remedy {
	return []actions.Remedy{
		moveUser{api}, leaveGroup{api}, switchOff{api}, signOut{api}, revokeApp{api}, removeRecovery{api},
		deleteGrant{drive{api}, clock}, narrowGrant{drive{api}}, expireGrant{drive{api}, clock}, handOver{drive{api}}, moderate{api},
	}
}

// person reads an account; missing is true, without an error, if it was deleted.
func person(ctx context.Context, api API, id string) (p seen.Person, missing bool, err error) {
	p, err = api.Person(ctx, id)
	if err != nil && api.Gone(err) {
		return p, true, nil
	}
	return p, false, err
}

// live makes a Live; undo is what undoing needs, nil if there is nothing to undo.
func live(s actions.Sight, note string, undo any) (actions.Live, error) {
	l := actions.Live{Sight: s, Note: note}
	if undo == nil {
		return l, nil
	}
	raw, err := json.Marshal(undo)
	l.Undo = raw
	return l, err
}

func missing() (actions.Live, error) { return actions.Live{Sight: actions.Missing}, nil }

// unpack reads what undoing needs.
func unpack(raw json.RawMessage, into any) error {
	if raw == nil {
		return fmt.Errorf("%w: what that takes is no longer kept", actions.ErrNoUndo)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("what undoing needs cannot be read: %w", err)
	}
	return nil
}
