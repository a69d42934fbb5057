package server

import (
	"encoding/json"
	"slices"
	"strings"

	"esafetybot/internal/sim/world"
)

// groupsOf lists the ids of the groups that the user is in, directly or through other groups of the school.
func (s *Server) groupsOf(u *world.User) map[string]bool {
	in := map[string]bool{}
	for grown := true; grown; {
		grown = false
		for _, g := range s.world.Groups() {
			if in[g.ID] {
				continue
			}
			for _, m := range s.world.Members(g.ID) {
				nested := s.world.Group(m.ID)
				if nested == nil {
					nested = s.world.Group(m.Email)
				}
				if m.Type == "CUSTOMER" || m.ID == u.ID || m.Email != "" && s.world.User(m.Email) == u || nested != nil && in[nested.ID] {
					in[g.ID], grown = true, true
					break
				}
			}
		}
	}
	return in
}

// serviceOn works out whether a service ("gmail") is on for a user: of the policies that are for them (their unit or one above, one of
// their groups, their licences) the one with the greatest sortOrder decides. A group can only switch on. Without any that fits it is off; a tenant
// that says nothing of the service at all has it on.
func (s *Server) serviceOn(u *world.User, service string) bool {
	groups := s.groupsOf(u)
	licences := []string{}
	for _, l := range s.world.Licenses() {
		if s.world.User(l.UserID) == u {
			licences = append(licences, "/product/"+l.ProductID+"/sku/"+l.SkuID)
		}
	}
	on, best, some, any := false, 0.0, false, false
	for _, p := range s.world.Policies() {
		if strings.TrimPrefix(p.Setting.Type, "settings/") != service+".service_status" {
			continue
		}
		any = true
		q := p.Query()
		if q.OrgUnit != "" && !s.world.UnitHolds(q.OrgUnit, u.OrgUnitPath) || q.Group != "" && !groups[strings.TrimPrefix(q.Group, "groups/")] {
			continue
		}
		if list, without := q.Licences(); len(list) > 0 && slices.ContainsFunc(list, func(l string) bool { return slices.Contains(licences, l) }) == without {
			continue
		}
		var v struct {
			State string `json:"serviceState"`
		}
		if json.Unmarshal(p.Setting.Value, &v) != nil || q.Group != "" && v.State != "ENABLED" {
			continue
		}
		if !some || q.SortOrder >= best {
			on, best, some = v.State == "ENABLED", q.SortOrder, true
		}
	}
	return on || !any
}
