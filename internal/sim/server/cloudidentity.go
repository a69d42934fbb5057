package server

import (
	"encoding/json"
	"regexp"
	"strings"

	"esafetybot/internal/sim/world"
)

func policiesList(c *call) ([]byte, *apiError) {
	if !c.admin(true) { // only super administrators
		return nil, forbidden("forbidden", "The caller does not have permission")
	}
	match, err := c.policyFilter(c.query.Get("filter"))
	if err != nil {
		return nil, err
	}
	var kept []*world.Policy
	for _, p := range c.s.world.Policies() {
		if match(p) {
			kept = append(kept, p)
		}
	}
	out := []*world.Policy{}
	next, err := c.slice(len(kept), "pageSize", 50, 100, func(i int) string { return kept[i].Name }, func(i int) *apiError {
		p := *kept[i]
		if _, ok := p.Extra["customer"]; !ok {
			extra := world.Raw{}
			for k, v := range p.Extra {
				extra[k] = v
			}
			extra["customer"], _ = json.Marshal("customers/" + c.s.world.Settings.Customer.ID)
			p.Extra = extra
		}
		out = append(out, &p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		Policies []*world.Policy `json:"policies,omitempty"`
		Next     string          `json:"nextPageToken,omitempty"`
	}{out, next})
}

func allowlistedDomainsList(c *call) ([]byte, *apiError) {
	if !c.admin(true) {
		return nil, forbidden("forbidden", "The caller does not have permission")
	}
	if _, err := c.policyFilter(c.query.Get("filter")); err != nil {
		return nil, err
	}
	list := c.s.world.AllowlistedDomains()
	out := []*world.AllowlistedDomain{}
	next, err := c.slice(len(list), "pageSize", 50, 100, func(i int) string { return list[i].DomainName }, func(i int) *apiError {
		out = append(out, list[i])
		return nil
	})
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		Domains []*world.AllowlistedDomain `json:"allowlistedDomains,omitempty"`
		Next    string                     `json:"nextPageToken,omitempty"`
	}{out, next})
}

type policyMatch func(*world.Policy) bool

// policyFilter reads the part of CEL that the Policy API documents: setting.type.matches('RE'), setting.type == "T",
// customer == "customers/ID", && and ||, parentheses.
func (c *call) policyFilter(s string) (policyMatch, *apiError) {
	if strings.TrimSpace(s) == "" {
		return func(*world.Policy) bool { return true }, nil
	}
	p := &celParser{rest: s, customer: c.ourCustomer}
	m := p.or(0)
	if p.skip(); p.bad || p.rest != "" {
		return nil, badRequest("badRequest", "filter", "Invalid filter expression.")
	}
	return m, nil
}

type celParser struct {
	rest     string
	bad      bool
	customer func(string) bool
}

func (p *celParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *celParser) take(s string) bool {
	p.skip()
	rest, ok := strings.CutPrefix(p.rest, s)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *celParser) or(depth int) policyMatch {
	l := p.and(depth)
	for !p.bad && p.take("||") {
		a, b := l, p.and(depth)
		l = func(x *world.Policy) bool { return a(x) || b(x) }
	}
	return l
}

func (p *celParser) and(depth int) policyMatch {
	l := p.term(depth)
	for !p.bad && p.take("&&") {
		a, b := l, p.term(depth)
		l = func(x *world.Policy) bool { return a(x) && b(x) }
	}
	return l
}

func (p *celParser) term(depth int) policyMatch {
	fail := func() policyMatch {
		p.bad = true
		return func(*world.Policy) bool { return false }
	}
	switch {
	case depth > maxDepth:
		return fail()
	case p.take("("):
		m := p.or(depth + 1)
		if !p.take(")") {
			return fail()
		}
		return m
	case p.take("setting.type.matches("):
		text, ok := p.text()
		re, err := regexp.Compile(text)
		if !ok || err != nil || !p.take(")") {
			return fail()
		}
		return func(x *world.Policy) bool { return re.MatchString(x.Setting.Type) }
	case p.take("setting.type"):
		text, ok := "", p.take("==")
		if ok {
			text, ok = p.text()
		}
		if !ok {
			return fail()
		}
		return func(x *world.Policy) bool { return x.Setting.Type == text }
	case p.take("customer"):
		text, ok := "", p.take("==")
		if ok {
			text, ok = p.text()
		}
		if !ok {
			return fail()
		}
		ours := p.customer(strings.TrimPrefix(text, "customers/"))
		return func(*world.Policy) bool { return ours }
	}
	return fail()
}

// text reads a quoted string; \\ stands for a backslash.
func (p *celParser) text() (string, bool) {
	p.skip()
	if p.rest == "" || p.rest[0] != '\'' && p.rest[0] != '"' {
		return "", false
	}
	quote := p.rest[0]
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		case c == quote:
			p.rest = p.rest[i+1:]
			return b.String(), true
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}
