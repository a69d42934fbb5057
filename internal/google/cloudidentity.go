package google

import (
	"context"
	"encoding/json"
	"iter"
	"strings"

	"google.golang.org/api/cloudidentity/v1"
)

// A Policy is one setting that was set explicitly for a unit or a group. Which one holds for an account is for the reader's reader to say:
// among those whose unit is above the account, or whose group it is in, the greatest Order wins.
type Policy struct {
	Name  string          // Google's id of it, "policies/…"
	Type  string          // of setting, "gmail.service_status"
	Unit  string          // id of the org unit it is set on, without "id:"
	Group string          // Directory id of the group it is set on; "" for the whole unit
	Query string          // Google's own condition, which may also name a licence
	Order float64         // sortOrder
	Admin bool            // set by an administrator; otherwise Google's default
	Value json.RawMessage // the setting's fields
}

// Policies streams the explicitly set policies whose type of setting matches a regular expression (RE2, as in `gmail\.service_status$`; "" is all),
// as the administrator, who must be a super administrator, with [ScopePolicies].
func (c *Client) Policies(ctx context.Context, settings string) iter.Seq2[Policy, error] {
	open := func() *Handle { return c.asAdmin(ScopePolicies) }
	return paged(ctx, open, policiesList, "", func(ctx context.Context, token string) ([]Policy, string, error) {
		list := c.identity.Policies.List().PageSize(100)
		if settings != "" {
			list = list.Filter("setting.type.matches('" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(settings) + "')")
		}
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Policies, policy), page.NextPageToken, nil
	})
}

func policy(p *cloudidentity.Policy) (Policy, bool) {
	out := Policy{Name: p.Name, Admin: p.Type == "ADMIN"}
	if q := p.PolicyQuery; q != nil {
		out.Unit, out.Group = strings.TrimPrefix(q.OrgUnit, "orgUnits/"), strings.TrimPrefix(q.Group, "groups/")
		out.Query, out.Order = q.Query, q.SortOrder
	}
	if s := p.Setting; s != nil {
		out.Type, out.Value = strings.TrimPrefix(s.Type, "settings/"), json.RawMessage(s.Value)
	}
	return out, true
}
