package server

import (
	"encoding/json"
	"slices"

	"esafetybot/internal/sim/world"
)

func (c *call) tokenJSON(u *world.User, t *world.Token) (json.RawMessage, *apiError) {
	v := *t
	v.Extra = world.Raw{}
	for k, x := range t.Extra {
		v.Extra[k] = x
	}
	v.Extra["userKey"], _ = json.Marshal(u.ID)
	if v.Scopes == nil {
		v.Scopes = []string{}
	}
	return withKind("admin#directory#token", v)
}

func tokensList(c *call) ([]byte, *apiError) {
	u := c.s.world.User(c.path["userKey"])
	if u == nil {
		return nil, notFound("Resource Not Found: userKey")
	}
	var out []json.RawMessage
	for _, t := range c.s.tokensOf(u) {
		b, err := c.tokenJSON(u, t)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return marshal(struct {
		Kind  string            `json:"kind"`
		Items []json.RawMessage `json:"items,omitempty"`
	}{"admin#directory#tokenList", out})
}

func tokensGet(c *call) ([]byte, *apiError) {
	u := c.s.world.User(c.path["userKey"])
	if u == nil {
		return nil, notFound("Resource Not Found: userKey")
	}
	for _, t := range c.s.tokensOf(u) {
		if t.ClientID == c.path["clientId"] {
			return c.tokenJSON(u, t)
		}
	}
	return nil, notFound("Resource Not Found: clientId")
}

func tokensDelete(c *call) ([]byte, *apiError) {
	u, err := c.userToChange()
	if err != nil {
		return nil, err
	}
	key := "tokens/" + u.ID
	c.s.world.View(func() { c.s.remember(key, slices.Clone(c.s.world.Tokens(u.ID))) })
	if c.s.world.RevokeApp(u.ID, c.path["clientId"], c.user.PrimaryEmail) != nil {
		c.s.forget(key)
		return nil, notFound("Resource Not Found: clientId")
	}
	return nil, nil
}
