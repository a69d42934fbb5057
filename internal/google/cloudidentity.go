package google

import (
	"context"
	"encoding/json"
	"iter"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/api/cloudidentity/v1"

	"esafetybot/internal/seen"
)

// typesPerQuery is how many types of setting one filter names, so that it stays well below what a URL may hold.
const typesPerQuery = 50

// Settings streams the policies that set these types of setting ("gmail.service_status"; none is all), as the administrator, who must be a super
// administrator, with [ScopePolicies]. Google tells only what somebody set: a setting that nobody touched is absent.
func (c *Client) Settings(ctx context.Context, types []string) iter.Seq2[seen.Setting, error] {
	open := func() *Handle { return c.asAdmin(ScopePolicies) }
	return func(yield func(seen.Setting, error) bool) {
		for _, filter := range typeFilters(types) {
			for s, err := range paged(ctx, open, policiesList, "", func(ctx context.Context, token string) ([]seen.Setting, string, error) {
				list := c.identity.Policies.List().PageSize(100)
				if filter != "" {
					list = list.Filter(filter)
				}
				if token != "" {
					list = list.PageToken(token)
				}
				page, err := list.Context(ctx).Do()
				if err != nil {
					return nil, "", err
				}
				return convert(page.Policies, setting), page.NextPageToken, nil
			}) {
				if !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}

// typeFilters writes Google's filters (CEL with a regular expression) for types of setting.
func typeFilters(types []string) []string {
	if len(types) == 0 {
		return []string{""}
	}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = regexp.QuoteMeta(strings.TrimPrefix(t, "settings/"))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var out []string
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for some := range slices.Chunk(names, typesPerQuery) {
		out = append(out, "setting.type.matches('"+quote.Replace("^settings/("+strings.Join(some, "|")+")$")+"')")
	}
	return out
}

func setting(p *cloudidentity.Policy) (seen.Setting, bool) {
	out := seen.Setting{Name: p.Name}
	if s := p.Setting; s != nil {
		out.Type = strings.TrimPrefix(s.Type, "settings/")
		if len(s.Value) > 0 && json.Unmarshal(s.Value, &out.Values) != nil {
			out.Values = nil // no object: then it has no field that anybody could ask for
		}
	}
	q := p.PolicyQuery
	if q == nil {
		out.Odd = true
		return out, true
	}
	out.Order = q.SortOrder
	// Google fills orgUnit and group where the query names exactly one; what only the query says is read from there.
	out.Unit, out.Group = unitID(strings.TrimPrefix(q.OrgUnit, "orgUnits/")), strings.TrimPrefix(q.Group, "groups/")
	who, ok := parseQuery(q.Query)
	if !ok || !agree(&out.Unit, who.unit) || !agree(&out.Group, who.group) {
		out.Odd = true
		return out, true
	}
	out.Licenses, out.NotLicenses = who.licenses, who.notLicenses
	return out, true
}

// agree joins two ways of saying the same thing; either may be silent.
func agree(have *string, also string) bool {
	if *have == "" {
		*have = also
	}
	return also == "" || *have == also
}
