package census

import (
	"context"
	"maps"
	"slices"
	"sync"

	"esafetybot/internal/seen"
)

// products are those whose licences decide about Google Workspace's services (Enterprise License Manager API, products and SKUs).
var products = []string{"Google-Apps", "101031", "101037"} // Workspace, Education Standard and Plus, Education Fundamentals

// Settings reads the policies of some setting types, the licences of every account if one of the policies asks for some, and the members of the groups that
// they are for. ok is false where the policies could not be read ("settings" is then a gap).
func (c *Census) Settings(ctx context.Context, types []string) (policies []seen.Setting, ok bool) {
	if policies, ok = list(c, "settings", c.Google.Settings(ctx, types)); !ok {
		return nil, false
	}
	var groups []string
	for _, p := range policies {
		if p.Group != "" && !slices.Contains(groups, p.Group) {
			groups = append(groups, p.Group)
		}
	}
	c.GroupsByID(ctx, groups)
	return policies, true
}

// Licenses reads which licences each account has, by account id, sorted. ok is false where one of the products could not be read ("licenses" is
// then a gap). It is asked only where a policy depends on licences.
func (c *Census) Licenses(ctx context.Context) (byAccount map[string][]string, ok bool) {
	sets := map[string]map[string]bool{}
	var mu sync.Mutex
	ok = true
	_ = Each(ctx, c.Google.Workers(), products, func(product string) {
		all, read := list(c, "licenses", c.Google.Licenses(ctx, product))
		mu.Lock()
		defer mu.Unlock()
		ok = ok && read
		for _, l := range all {
			if a, found := c.who.Account(l.Address); found {
				if sets[a.ID] == nil {
					sets[a.ID] = map[string]bool{}
				}
				sets[a.ID][l.String()] = true
			}
		}
	})
	if !ok {
		return nil, false
	}
	byAccount = map[string][]string{}
	for id, set := range sets {
		byAccount[id] = slices.Sorted(maps.Keys(set))
	}
	return byAccount, true
}
