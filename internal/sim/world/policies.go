package world

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// PolicyQuery says whom a policy is for. OrgUnit is "orgUnits/ID", Group "groups/ID", Query may name licences.
type PolicyQuery struct {
	OrgUnit   string  `json:"orgUnit,omitempty"`
	Group     string  `json:"group,omitempty"`
	Query     string  `json:"query,omitempty"`
	SortOrder float64 `json:"sortOrder,omitempty"`
}

// Query reads whom the policy is for.
func (p *Policy) Query() PolicyQuery {
	var q PolicyQuery
	_ = json.Unmarshal(p.Extra["policyQuery"], &q) // without one it is for nobody
	return q
}

var (
	licenceClause = regexp.MustCompile(`(!?)\s*\(?\s*entity\.licenses\.exists\(\s*\w+\s*,\s*\w+\s+in\s+\[([^\]]*)\]`)
	quoted        = regexp.MustCompile(`'([^']*)'|"([^"]*)"`)
)

// Licences lists the licences ("/product/P/sku/S") that the query names; without says that the policy is for those who have
// none of them.
func (q PolicyQuery) Licences() (list []string, without bool) {
	m := licenceClause.FindStringSubmatch(q.Query)
	if m == nil {
		return nil, false
	}
	for _, t := range quoted.FindAllStringSubmatch(m[2], -1) {
		list = append(list, t[1]+t[2])
	}
	return list, m[1] == "!"
}

// same reports whether both are for the same unit, group and licences.
func (q PolicyQuery) same(o PolicyQuery) bool {
	a, withoutA := q.Licences()
	b, withoutB := o.Licences()
	return q.OrgUnit == o.OrgUnit && q.Group == o.Group && withoutA == withoutB && slices.Equal(a, b)
}

// NewPolicy makes a policy of a setting type ("settings/gmail.service_status") with a value that can be written as JSON.
func NewPolicy(setting string, value any, q PolicyQuery) (*Policy, error) {
	v, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", setting, err)
	}
	b, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", setting, err)
	}
	return &Policy{Type: "ADMIN", Setting: PolicySetting{Type: setting, Value: v}, Extra: Raw{"policyQuery": b}}, nil
}

// services are the names that the Admin console and its audit log have for what a service_status policy switches.
var services = map[string]string{
	"blogger": "Blogger", "calendar": "Calendar", "chat": "Google Chat", "classroom": "Classroom", "drive_and_docs": "Drive and Docs", "gmail": "Gmail",
	"groups_for_business": "Groups for Business", "keep": "Keep", "meet": "Google Meet", "photos": "Google Photos", "sites": "Sites",
	"takeout": "Google Takeout", "youtube": "YouTube",
}

// policyEvent writes the record of a policy that came, changed (value says to what) or went (value is nil). What comes from the unit above
// again is written as INHERIT_FROM_PARENT.
func (w *World) policyEvent(actor string, p *Policy, value json.RawMessage) {
	app, field, _ := strings.Cut(strings.TrimPrefix(p.Setting.Type, "settings/"), ".")
	q := p.Query()
	var where []Param
	for _, o := range w.units {
		if id := strings.TrimPrefix(q.OrgUnit, "orgUnits/"); id != "" && strings.TrimPrefix(o.OrgUnitID, "id:") == id {
			where = append(where, text("ORG_UNIT_NAME", o.OrgUnitPath))
		}
	}
	if g := w.groups[strings.TrimPrefix(q.Group, "groups/")]; g != nil {
		where = append(where, text("GROUP_EMAIL", g.Email))
	}
	name := services[app]
	if name == "" {
		name = app
	}
	if field != "service_status" {
		next := "INHERIT_FROM_PARENT"
		if value != nil {
			next = string(value)
		}
		w.record("admin", actor, Event{Type: "APPLICATION_SETTINGS", Name: "CHANGE_APPLICATION_SETTING",
			Params: append([]Param{text("APPLICATION_NAME", name), text("SETTING_NAME", field), text("NEW_VALUE", next)}, where...)})
		return
	}
	next := "INHERIT_FROM_PARENT"
	if value != nil {
		var v struct {
			State string `json:"serviceState"`
		}
		_ = json.Unmarshal(value, &v) // what is no state is not enabled
		next = strconv.FormatBool(v.State == "ENABLED")
	}
	w.record("admin", actor, Event{Type: "ORG_SETTINGS", Name: "TOGGLE_SERVICE_ENABLED",
		Params: append([]Param{text("SERVICE_NAME", name), text("NEW_VALUE", next)}, where...)})
}

// SetPolicy sets a value: of the policy with p's name, else of the one with the same setting and the same unit, group and
// licences, else as a new policy, whose name is then filled. A sortOrder of zero keeps the old one, or is one above all others of the setting.
func (w *World) SetPolicy(p *Policy, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.Setting.Type == "" || len(p.Setting.Value) == 0 {
		return fmt.Errorf("policy %s: a policy needs setting.type and setting.value", p.Name)
	}
	q, top := p.Query(), 0.0
	i := slices.IndexFunc(w.policies, func(o *Policy) bool { return p.Name != "" && o.Name == p.Name })
	for j, o := range w.policies {
		if o.Setting.Type != p.Setting.Type {
			continue
		}
		oq := o.Query()
		top = max(top, oq.SortOrder)
		if i < 0 && p.Name == "" && oq.same(q) {
			i = j
		}
	}
	if q.SortOrder == 0 {
		q.SortOrder = top + 1
		if i >= 0 {
			q.SortOrder = w.policies[i].Query().SortOrder
		}
		b, err := json.Marshal(q)
		if err != nil {
			return fmt.Errorf("policy %s: %w", p.Name, err)
		}
		extra := Raw{}
		for k, v := range p.Extra {
			extra[k] = v
		}
		extra["policyQuery"] = b
		p.Extra = extra
	}
	if p.Type == "" {
		p.Type = "ADMIN"
	}
	if i >= 0 {
		p.Name = w.policies[i].Name
		w.policies[i] = p
	} else {
		if p.Name == "" {
			p.Name = "policies/" + w.newID("ak", 20)
		}
		w.AddPolicy(p)
	}
	w.policyEvent(actor, p, p.Setting.Value)
	return nil
}

// RemovePolicy takes a policy away by its name ("policies/…").
func (w *World) RemovePolicy(name, actor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.policies, func(p *Policy) bool { return p.Name == name })
	if i < 0 {
		return fmt.Errorf("policy %s: %w", name, ErrNotFound)
	}
	p := w.policies[i]
	w.policies = slices.Delete(w.policies, i, i+1)
	w.policyEvent(actor, p, nil)
	return nil
}
