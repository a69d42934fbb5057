package server

import (
	"encoding/json"
	"errors"
	"slices"

	"esafetybot/internal/sim/world"
)

// readOnly are the fields of a user that Google ignores in a change; credentials go into no answer.
var readOnly = []string{"id", "kind", "etag", "creationTime", "lastLoginTime", "deletionTime", "isAdmin", "isDelegatedAdmin", "isEnrolledIn2Sv", "isEnforcedIn2Sv",
	"isGuestUser", "isMailboxSetup", "agreedToTerms", "aliases", "nonEditableAliases", "customerId", "emails", "guestAccountInfo", "suspensionReason", "suspensionTime",
	"thumbnailPhotoEtag", "thumbnailPhotoUrl", "hashFunction"}

// userChange reads the body of a change: what is missing stays, null clears.
func (c *call) userChange() (world.UserChange, *apiError) {
	var ch world.UserChange
	fields := world.Raw{}
	if err := json.Unmarshal(c.body, &fields); err != nil {
		return ch, badRequest("badRequest", "", err.Error())
	}
	into := map[string]any{"orgUnitPath": &ch.OrgUnitPath, "recoveryEmail": &ch.RecoveryEmail, "recoveryPhone": &ch.RecoveryPhone, "suspended": &ch.Suspended,
		"archived": &ch.Archived, "changePasswordAtNextLogin": &ch.ChangePasswordAtNextLogin, "externalIds": &ch.ExternalIDs}
	for k, v := range fields {
		target, known := into[k]
		switch {
		case known && string(v) == "null":
			none, no, nobody := "", false, []world.ExternalID(nil)
			switch p := target.(type) {
			case **string:
				*p = &none
			case **bool:
				*p = &no
			case **[]world.ExternalID:
				*p = &nobody
			}
		case known:
			if json.Unmarshal(v, target) != nil {
				return ch, badRequest("invalid", k, "Invalid Input: "+k)
			}
		case k == "name":
			var n struct{ GivenName, FamilyName *string }
			if json.Unmarshal(v, &n) != nil {
				return ch, badRequest("invalid", k, "Invalid Input: "+k)
			}
			ch.GivenName, ch.FamilyName = n.GivenName, n.FamilyName
		case k == "password":
			ch.Password = true
		case k == "primaryEmail":
			var address string
			if json.Unmarshal(v, &address) != nil || lower(address) != lower(c.path["userKey"]) && c.userKeyAddress() != lower(address) {
				return ch, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: "Changing primaryEmail is not simulated."}
			}
		case !slices.Contains(readOnly, k):
			if ch.Extra == nil {
				ch.Extra = world.Raw{}
			}
			ch.Extra[k] = v
		}
	}
	return ch, nil
}

func (c *call) userKeyAddress() (address string) {
	c.s.world.View(func() {
		if u := c.s.world.User(c.path["userKey"]); u != nil {
			address = lower(u.PrimaryEmail)
		}
	})
	return address
}

// userToChange finds the user of a change, which only a super administrator may make.
func (c *call) userToChange() (u *world.User, err *apiError) {
	c.s.world.View(func() {
		switch u = c.s.world.User(c.path["userKey"]); {
		case !c.admin(true):
			err = notAuthorized()
		case u == nil:
			err = notFound("Resource Not Found: userKey")
		}
	})
	return u, err
}

// usersPatch is users.patch and users.update, which Google lets keep what is not named, too. Source: Directory API, users.update.
func usersPatch(c *call) (b []byte, err *apiError) {
	u, err := c.userToChange()
	if err != nil {
		return nil, err
	}
	ch, err := c.userChange()
	if err != nil {
		return nil, err
	}
	key := "user/" + u.ID
	c.s.world.View(func() {
		old := *u
		c.s.remember(key, &old)
	})
	if e := c.s.world.UpdateUser(u.ID, ch, c.user.PrimaryEmail); e != nil {
		c.s.forget(key)
		if errors.Is(e, world.ErrNotFound) {
			return nil, badRequest("invalid", "", "Invalid Input: INVALID_OU_ID")
		}
		return nil, backendError(500)
	}
	c.s.world.View(func() { b, err = c.userJSON(u) })
	return b, err
}

func usersSignOut(c *call) ([]byte, *apiError) {
	u, err := c.userToChange()
	if err != nil {
		return nil, err
	}
	if c.s.world.SignOut(u.ID, c.user.PrimaryEmail) != nil {
		return nil, notFound("Resource Not Found: userKey")
	}
	return nil, nil
}
