package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/sim/world"
)

func (c *call) groupJSON(g *world.Group) (json.RawMessage, *apiError) {
	v := *g
	v.Extra = world.Raw{}
	for k, x := range g.Extra {
		if k != "kind" {
			v.Extra[k] = x
		}
	}
	v.Extra["directMembersCount"], _ = json.Marshal(fmt.Sprint(len(c.s.members(g))))
	return withKind("admin#directory#group", v)
}

func groupsList(c *call) ([]byte, *apiError) {
	user := c.query.Get("userKey")
	switch {
	case c.query.Get("query") != "":
		return nil, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: "groups.list with query is not simulated."}
	case c.query.Get("customer") == "" && c.query.Get("domain") == "" && user == "":
		return nil, badRequest("badRequest", "", "Bad Request: one of customer, domain and userKey must be given")
	case c.query.Get("customer") != "" && !c.ourCustomer(c.query.Get("customer")):
		return nil, notFound("Resource Not Found: customer")
	}
	var kept []*world.Group
	for _, g := range c.s.world.Groups() {
		if d := c.query.Get("domain"); d != "" && !strings.EqualFold(domainOf(g.Email), d) {
			continue
		}
		if user != "" && !slices.ContainsFunc(c.s.members(g), func(m *world.Member) bool { return m.ID == user || strings.EqualFold(m.Email, user) }) {
			continue
		}
		kept = append(kept, g)
	}
	var out []json.RawMessage
	next, err := c.slice(len(kept), "maxResults", 200, 200, func(i int) string { return kept[i].ID }, func(i int) *apiError {
		b, err := c.groupJSON(kept[i])
		out = append(out, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		Kind   string            `json:"kind"`
		Groups []json.RawMessage `json:"groups,omitempty"`
		Next   string            `json:"nextPageToken,omitempty"`
	}{"admin#directory#groups", out, next})
}

func groupsGet(c *call) ([]byte, *apiError) {
	g := c.s.world.Group(c.path["groupKey"])
	if g == nil {
		return nil, notFound("Resource Not Found: groupKey")
	}
	return c.groupJSON(g)
}

func membersList(c *call) ([]byte, *apiError) {
	g := c.s.world.Group(c.path["groupKey"])
	if g == nil {
		return nil, notFound("Resource Not Found: groupKey")
	}
	if c.flag("includeDerivedMembership") {
		return nil, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: "includeDerivedMembership is not simulated."}
	}
	var kept []*world.Member
	for _, m := range c.s.members(g) {
		if r := c.query.Get("roles"); r == "" || slices.Contains(strings.Split(r, ","), m.Role) {
			kept = append(kept, m)
		}
	}
	var out []json.RawMessage
	next, err := c.slice(len(kept), "maxResults", 200, 200, func(i int) string { return kept[i].ID + lower(kept[i].Email) }, func(i int) *apiError {
		b, err := withKind("admin#directory#member", kept[i])
		out = append(out, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		Kind    string            `json:"kind"`
		Members []json.RawMessage `json:"members,omitempty"`
		Next    string            `json:"nextPageToken,omitempty"`
	}{"admin#directory#members", out, next})
}

// memberOf finds the entry of a list that the key (an id or any address of a user or group) names; nil when there is none.
func (c *call) memberOf(list []*world.Member, key string) *world.Member {
	id := key
	if u := c.s.world.User(key); u != nil {
		id = u.ID
	} else if g := c.s.world.Group(key); g != nil {
		id = g.ID
	}
	for _, m := range list {
		if m.ID == id || m.Email != "" && strings.EqualFold(m.Email, key) {
			return m
		}
	}
	return nil
}

func membersGet(c *call) ([]byte, *apiError) {
	g := c.s.world.Group(c.path["groupKey"])
	if g == nil {
		return nil, notFound("Resource Not Found: groupKey")
	}
	m := c.memberOf(c.s.members(g), c.path["memberKey"])
	if m == nil {
		return nil, notFound("Resource Not Found: memberKey")
	}
	return withKind("admin#directory#member", m)
}

// membersHasMember looks through nested groups, too.
func membersHasMember(c *call) ([]byte, *apiError) {
	g, u := c.s.world.Group(c.path["groupKey"]), c.s.world.User(c.path["memberKey"])
	switch {
	case g == nil:
		return nil, notFound("Resource Not Found: groupKey")
	case u == nil:
		return nil, badRequest("invalid", "memberKey", "Invalid Input: memberKey")
	}
	seen := map[string]bool{}
	var has func(g *world.Group) bool
	has = func(g *world.Group) bool {
		if g == nil || seen[g.ID] {
			return false
		}
		seen[g.ID] = true
		list := c.s.members(g)
		return c.memberOf(list, u.ID) != nil || slices.ContainsFunc(list, func(m *world.Member) bool {
			return m.Type == "CUSTOMER" || m.Type == "GROUP" && (has(c.s.world.Group(m.ID)) || has(c.s.world.Group(m.Email)))
		})
	}
	return marshal(map[string]bool{"isMember": has(g)})
}

// groupToChange finds the group of a change, which only a super administrator may make, and remembers its members.
func (c *call) groupToChange() (g *world.Group, err *apiError) {
	c.s.world.View(func() {
		switch g = c.s.world.Group(c.path["groupKey"]); {
		case !c.admin(true):
			err = notAuthorized()
		case g == nil:
			err = notFound("Resource Not Found: groupKey")
		default:
			c.s.remember("group/"+g.ID, slices.Clone(c.s.world.Members(g.ID)))
		}
	})
	return g, err
}

func membersInsert(c *call) (b []byte, err *apiError) {
	var m world.Member
	if e := json.Unmarshal(c.body, &m); e != nil {
		return nil, badRequest("badRequest", "", e.Error())
	}
	if m.Email == "" && m.ID == "" {
		return nil, badRequest("required", "memberKey", "Missing required field: memberKey")
	}
	g, err := c.groupToChange()
	if err != nil {
		return nil, err
	}
	m.Status = "ACTIVE"
	c.s.world.View(func() {
		key := m.Email
		if key == "" {
			key = m.ID
		}
		m.ID, m.Type = "", "" // filled from the address
		if u := c.s.world.User(key); u != nil {
			m.Email = u.PrimaryEmail
			return
		}
		if n := c.s.world.Group(key); n != nil {
			m.Email = n.Email
			return
		}
		var outsiders string
		_ = json.Unmarshal(c.s.world.GroupSettings(g.Email)["allowExternalMembers"], &outsiders) // what is no text is no yes
		switch {
		case m.Email == "" || c.s.world.Ours(domainOf(m.Email)):
			err = notFound("Resource Not Found: memberKey")
		case outsiders != "true":
			err = &apiError{code: 412, status: "FAILED_PRECONDITION", reason: "conditionNotMet", message: "Condition not met: the group takes no members from outside."}
		}
	})
	if err == nil {
		switch e := c.s.world.AddMember(g.ID, &m, c.user.PrimaryEmail); {
		case errors.Is(e, world.ErrExists):
			err = &apiError{code: 409, status: "ALREADY_EXISTS", reason: "duplicate", message: "Member already exists."}
		case e != nil:
			err = notFound("Resource Not Found: groupKey")
		}
	}
	if err != nil {
		c.s.forget("group/" + g.ID)
		return nil, err
	}
	return withKind("admin#directory#member", &m)
}

func membersDelete(c *call) ([]byte, *apiError) {
	g, err := c.groupToChange()
	if err != nil {
		return nil, err
	}
	var m *world.Member
	var key string
	c.s.world.View(func() {
		if m = c.memberOf(c.s.world.Members(g.ID), c.path["memberKey"]); m != nil {
			if key = m.ID; key == "" {
				key = m.Email
			}
		}
	})
	if m == nil || c.s.world.RemoveMember(g.ID, key, c.user.PrimaryEmail) != nil {
		c.s.forget("group/" + g.ID)
		return nil, notFound("Resource Not Found: memberKey")
	}
	return nil, nil
}
