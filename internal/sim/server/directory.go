package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"esafetybot/internal/sim/world"
)

// marshal renders a value; what cannot be rendered is a mistake of the simulator and shows as Google's 500.
func marshal(v any) ([]byte, *apiError) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, backendError(500)
	}
	return b, nil
}

// withKind puts a kind in front of a resource's JSON.
func withKind(kind string, v any) (json.RawMessage, *apiError) {
	b, err := marshal(v)
	if err != nil || len(b) < 2 {
		return nil, err
	}
	head := `{"kind":"` + kind + `"`
	if len(b) > 2 {
		head += ","
	}
	return append([]byte(head), b[1:]...), nil
}

// onlyAdmin lets administrators through.
func onlyAdmin(fn func(*call) ([]byte, *apiError)) func(*call) ([]byte, *apiError) {
	return func(c *call) ([]byte, *apiError) {
		if !c.admin(false) {
			return nil, notAuthorized()
		}
		return fn(c)
	}
}

// ourCustomer checks a customer parameter.
func (c *call) ourCustomer(id string) bool {
	return id == "my_customer" || id == c.s.world.Settings.Customer.ID
}

// userJSON is a user as the Directory shows it.
func (c *call) userJSON(u *world.User) (json.RawMessage, *apiError) {
	v := *u
	if now := c.s.world.User(u.ID); now != nil { // u may be what reads still show
		v.IsAdmin = u.IsAdmin || c.s.world.IsAdmin(now)
	}
	v.Extra = world.Raw{}
	for k, x := range u.Extra {
		if c.query.Get("projection") != "full" && c.query.Get("projection") != "custom" && k == "customSchemas" || k == "kind" {
			continue
		}
		v.Extra[k] = x
	}
	if _, ok := v.Extra["lastLoginTime"]; !ok && v.LastLoginTime.IsZero() {
		v.Extra["lastLoginTime"] = json.RawMessage(`"1970-01-01T00:00:00.000Z"`) // never signed in
	}
	if _, ok := v.Extra["customerId"]; !ok {
		v.Extra["customerId"], _ = json.Marshal(c.s.world.Settings.Customer.ID)
	}
	if _, ok := v.Extra["emails"]; !ok {
		type email struct {
			Address string `json:"address"`
			Primary bool   `json:"primary,omitempty"`
		}
		var list []email
		for i, a := range u.Addresses() {
			list = append(list, email{a, i == 0})
		}
		v.Extra["emails"], _ = json.Marshal(list)
	}
	return withKind("admin#directory#user", v)
}

func usersList(c *call) ([]byte, *apiError) {
	domain := c.query.Get("domain")
	switch {
	case c.query.Get("customer") == "" && domain == "":
		return nil, badRequest("badRequest", "", "Bad Request: one of customer and domain must be given")
	case domain == "" && !c.ourCustomer(c.query.Get("customer")):
		return nil, notFound("Resource Not Found: customer")
	}
	match, err := userQuery(c.query.Get("query"))
	if err != nil {
		return nil, err
	}
	list := c.s.world.Users()
	if c.flag("showDeleted") {
		list = c.s.world.DeletedUsers()
	}
	less := map[string]func(a, b *world.User) int{
		"familyName": func(a, b *world.User) int { return strings.Compare(lower(a.Name.FamilyName), lower(b.Name.FamilyName)) },
		"givenName":  func(a, b *world.User) int { return strings.Compare(lower(a.Name.GivenName), lower(b.Name.GivenName)) },
		"email":      nil,
	}[c.query.Get("orderBy")]
	if less != nil || c.query.Get("sortOrder") == "DESCENDING" {
		list = slices.Clone(list)
		if less != nil {
			slices.SortStableFunc(list, less)
		}
		if c.query.Get("sortOrder") == "DESCENDING" {
			slices.Reverse(list)
		}
	}
	var kept []*world.User
	for _, u := range list {
		u = c.s.seen(u)
		if match(u) && (domain == "" || strings.EqualFold(domainOf(u.PrimaryEmail), domain)) {
			kept = append(kept, u)
		}
	}
	var out []json.RawMessage
	next, err := c.slice(len(kept), "maxResults", 100, 500, func(i int) string { return lower(kept[i].PrimaryEmail) }, func(i int) *apiError {
		b, err := c.userJSON(kept[i])
		out = append(out, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		Kind  string            `json:"kind"`
		Users []json.RawMessage `json:"users,omitempty"`
		Next  string            `json:"nextPageToken,omitempty"`
	}{"admin#directory#users", out, next})
}

// slice calls show for each thing of the page that is asked for and gives the token of the next one. key names a thing: the next page begins
// after the last one shown, or, should it be gone, where it stood.
func (c *call) slice(n int, sizeName string, standard, most int, key func(int) string, show func(int) *apiError) (next string, err *apiError) {
	after, err := c.page()
	if err != nil {
		return "", err
	}
	from := 0
	if after != "" {
		pos, last, _ := strings.Cut(after, " ")
		from, _ = strconv.Atoi(pos)
		from = min(from, n)
		for i := range n {
			if key(i) == last {
				from = i + 1
				break
			}
		}
	}
	to := min(n, from+c.size(sizeName, standard, most))
	for i := from; i < to; i++ {
		if err := show(i); err != nil {
			return "", err
		}
	}
	if to < n {
		next = c.nextPage(fmt.Sprintf("%d %s", to, key(to-1)))
	}
	return next, nil
}

// userQuery reads the Directory's query language, as far as it is simulated: terms with = (and : for email) joined by blanks.
// Source: Directory API guide "Search for users".
func userQuery(q string) (func(*world.User) bool, *apiError) {
	var terms []func(*world.User) bool
	for q = strings.TrimSpace(q); q != ""; q = strings.TrimSpace(q) {
		i := strings.IndexAny(q, "=:")
		if i < 0 {
			return nil, badRequest("invalid", "query", "Invalid Input: query")
		}
		name, op := q[:i], q[i]
		q = q[i+1:]
		var value string
		if strings.HasPrefix(q, "'") {
			end := strings.IndexByte(q[1:], '\'')
			if end < 0 {
				return nil, badRequest("invalid", "query", "Invalid Input: query")
			}
			value, q = q[1:end+1], q[end+2:]
		} else {
			value, q, _ = strings.Cut(q, " ")
		}
		truth := func(get func(*world.User) bool) {
			terms = append(terms, func(u *world.User) bool { return get(u) == (value == "true") })
		}
		switch {
		case name == "orgUnitPath" && op == '=':
			terms = append(terms, func(u *world.User) bool {
				return value == "/" || strings.EqualFold(u.OrgUnitPath, value) || strings.HasPrefix(lower(u.OrgUnitPath), lower(value)+"/")
			})
		case name == "isSuspended" && op == '=':
			truth(func(u *world.User) bool { return u.Suspended })
		case name == "isArchived" && op == '=':
			truth(func(u *world.User) bool { return u.Archived })
		case name == "isAdmin" && op == '=':
			truth(func(u *world.User) bool { return u.IsAdmin })
		case name == "email":
			prefix, isPrefix := strings.CutSuffix(lower(value), "*")
			terms = append(terms, func(u *world.User) bool {
				return slices.ContainsFunc(u.Addresses(), func(a string) bool {
					return isPrefix && strings.HasPrefix(lower(a), prefix) || strings.EqualFold(a, value)
				})
			})
		default:
			return nil, badRequest("invalid", "query", "Invalid Input: query")
		}
	}
	return func(u *world.User) bool {
		return !slices.ContainsFunc(terms, func(t func(*world.User) bool) bool { return !t(u) })
	}, nil
}

func usersGet(c *call) ([]byte, *apiError) {
	u := c.s.world.User(c.path["userKey"])
	if u == nil {
		return nil, notFound("Resource Not Found: userKey")
	}
	if !c.admin(false) && (u != c.user || c.query.Get("viewType") != "domain_public") {
		return nil, notAuthorized()
	}
	return c.userJSON(c.s.seen(u))
}

func orgunitsList(c *call) ([]byte, *apiError) {
	if !c.ourCustomer(c.path["customerId"]) {
		return nil, badRequest("invalid", "customerId", "Invalid Input: customerId")
	}
	base := c.query.Get("orgUnitPath")
	if id, ok := strings.CutPrefix(base, "id:"); ok {
		base = ""
		for _, o := range c.s.world.OrgUnits() {
			if strings.TrimPrefix(o.OrgUnitID, "id:") == id {
				base = o.OrgUnitPath
			}
		}
		if base == "" {
			return nil, notFound("Org unit not found")
		}
	}
	base = "/" + strings.Trim(base, "/")
	if base != "/" && c.s.world.UnitOf(base) == nil {
		return nil, notFound("Org unit not found")
	}
	prefix := strings.TrimSuffix(base, "/") + "/"
	out := []json.RawMessage{}
	for _, o := range c.s.world.OrgUnits() {
		below := o.OrgUnitPath != "/" && strings.HasPrefix(o.OrgUnitPath, prefix)
		switch c.query.Get("type") {
		case "all":
		case "allIncludingParent":
			below = below || o.OrgUnitPath == base
		default:
			below = below && !strings.Contains(o.OrgUnitPath[len(prefix):], "/")
		}
		if !below {
			continue
		}
		b, err := withKind("admin#directory#orgUnit", o)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return marshal(struct {
		Kind  string            `json:"kind"`
		Units []json.RawMessage `json:"organizationUnits,omitempty"`
	}{"admin#directory#orgUnits", out})
}

func domainsList(c *call) ([]byte, *apiError) {
	if !c.ourCustomer(c.path["customer"]) {
		return nil, notFound("Resource Not Found: customer")
	}
	var out []json.RawMessage
	for _, d := range c.s.world.Domains() {
		b, err := withKind("admin#directory#domain", d)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return marshal(struct {
		Kind    string            `json:"kind"`
		Domains []json.RawMessage `json:"domains,omitempty"`
	}{"admin#directory#domains", out})
}

func domainAliasesList(c *call) ([]byte, *apiError) {
	if !c.ourCustomer(c.path["customer"]) {
		return nil, notFound("Resource Not Found: customer")
	}
	var out []json.RawMessage
	for _, d := range c.s.world.Domains() {
		if p := c.query.Get("parentDomainName"); p != "" && !strings.EqualFold(p, d.DomainName) {
			continue
		}
		for _, a := range d.DomainAliases {
			if a.ParentDomainName == "" {
				a.ParentDomainName = d.DomainName
			}
			b, err := withKind("admin#directory#domainAlias", a)
			if err != nil {
				return nil, err
			}
			out = append(out, b)
		}
	}
	return marshal(struct {
		Kind    string            `json:"kind"`
		Aliases []json.RawMessage `json:"domainAliases,omitempty"`
	}{"admin#directory#domainAliases", out})
}

func customersGet(c *call) ([]byte, *apiError) {
	if !c.ourCustomer(c.path["customerKey"]) {
		return nil, notFound("Resource Not Found: customerKey")
	}
	return withKind("admin#directory#customer", c.s.world.Settings.Customer)
}

// groupDefaults are the Groups Settings of a group that the tenant says nothing of: a team.
var groupDefaults = map[string]string{
	"whoCanJoin": "CAN_REQUEST_TO_JOIN", "whoCanViewMembership": "ALL_IN_DOMAIN_CAN_VIEW", "whoCanViewGroup": "ALL_MEMBERS_CAN_VIEW",
	"allowExternalMembers": "false", "whoCanPostMessage": "ALL_IN_DOMAIN_CAN_POST", "allowWebPosting": "true", "isArchived": "false", "whoCanLeaveGroup": "ALL_MEMBERS_CAN_LEAVE",
}

func groupSettingsGet(c *call) ([]byte, *apiError) {
	g := c.s.world.Group(c.path["groupUniqueId"])
	if g == nil {
		return nil, notFound("Group not found: " + c.path["groupUniqueId"])
	}
	out := world.Raw{}
	for k, v := range groupDefaults {
		out[k], _ = json.Marshal(v)
	}
	out["kind"] = json.RawMessage(`"groupsSettings#groups"`)
	out["email"], _ = json.Marshal(g.Email)
	out["name"], _ = json.Marshal(g.Name)
	out["description"], _ = json.Marshal(g.Description)
	for k, v := range c.s.world.GroupSettings(g.Email) {
		out[k] = v
	}
	return marshal(out)
}
