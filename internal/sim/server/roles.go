package server

import (
	"encoding/json"

	"esafetybot/internal/sim/world"
)

// directoryPage answers with a page of a Directory list: the things under the name key, each with its kind.
func directoryPage[T any](c *call, kind, itemKind, key string, list []T, standard, most int, id func(T) string) ([]byte, *apiError) {
	var out []json.RawMessage
	next, err := c.slice(len(list), "maxResults", standard, most, func(i int) string { return id(list[i]) }, func(i int) *apiError {
		b, err := withKind(itemKind, list[i])
		out = append(out, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	page := map[string]any{"kind": kind}
	if len(out) > 0 {
		page[key] = out
	}
	if next != "" {
		page["nextPageToken"] = next
	}
	return marshal(page)
}

func rolesList(c *call) ([]byte, *apiError) {
	if !c.ourCustomer(c.path["customer"]) {
		return nil, notFound("Resource Not Found: customer")
	}
	return directoryPage(c, "admin#directory#roles", "admin#directory#role", "items", c.s.world.Roles(), 100, 100, func(r *world.Role) string { return r.RoleID })
}

func roleAssignmentsList(c *call) ([]byte, *apiError) {
	if !c.ourCustomer(c.path["customer"]) {
		return nil, notFound("Resource Not Found: customer")
	}
	holders := map[string]bool{}
	if key := c.query.Get("userKey"); key != "" {
		switch u, g := c.s.world.User(key), c.s.world.Group(key); {
		case u != nil:
			holders[u.ID] = true
			if c.flag("includeIndirectRoleAssignments") {
				for id := range c.s.groupsOf(u) {
					holders[id] = true
				}
			}
		case g != nil:
			holders[g.ID] = true
		default:
			return nil, notFound("Resource Not Found: userKey")
		}
	}
	var kept []*world.RoleAssignment
	for _, a := range c.s.world.RoleAssignments() {
		if (len(holders) == 0 || holders[a.AssignedTo]) && (c.query.Get("roleId") == "" || a.RoleID == c.query.Get("roleId")) {
			kept = append(kept, a)
		}
	}
	return directoryPage(c, "admin#directory#roleAssignments", "admin#directory#roleAssignment", "items", kept, 100, 200,
		func(a *world.RoleAssignment) string { return a.RoleAssignmentID })
}
