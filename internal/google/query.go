package google

import (
	"regexp"
	"slices"
)

// An audience is whom a policy is for, as its query says: whoever meets all of it.
type audience struct {
	unit, group           string
	licenses, notLicenses []string // one of; none of. Sorted
}

// A queryParser reads the part of CEL that Google documents for PolicyQuery.query, as far as an audience can say it:
//
//	query  = [all]
//	all    = one {"&&" one}
//	one    = ["!"] (clause | "(" all ")")
//	clause = entity.org_units.exists(V, V.org_unit_id == orgUnitId('…'))
//	       | entity.groups.exists(V, V.group_id == groupId('…'))
//	       | entity.licenses.exists(V, V in ['/product/…/sku/…', …])
//
// Only a clause of licences may be negated. V is any name; quotes are single or double and hold no escapes.
type queryParser struct {
	tokens []string // a string has its opening quote before it
	bad    bool
	depth  int
	who    audience
	some   bool // a clause of licences that one must have was read
}

const maxQueryDepth = 16

var (
	queryToken   = regexp.MustCompile(`^(?:[ \t\r\n]+|[A-Za-z_][A-Za-z0-9_]*|'[^'"\\]*'|"[^'"\\]*"|&&|==|[!().,\[\]])`)
	idToken      = regexp.MustCompile(`^['"](?:id:)?[A-Za-z0-9_-]+$`)
	licenceToken = regexp.MustCompile(`^['"]/product/([^/\s]+)/sku/([^/\s]+)$`)
)

// parseQuery reads a query; ok is false where it says anything that an audience cannot. An empty query says nothing.
func parseQuery(query string) (who audience, ok bool) {
	p := &queryParser{}
	for query != "" {
		t := queryToken.FindString(query)
		if t == "" {
			return audience{}, false
		}
		query = query[len(t):]
		switch t[0] {
		case ' ', '\t', '\r', '\n':
		case '\'', '"':
			p.tokens = append(p.tokens, t[:len(t)-1])
		default:
			p.tokens = append(p.tokens, t)
		}
	}
	if len(p.tokens) == 0 {
		return audience{}, true
	}
	p.all(false)
	if p.bad || len(p.tokens) > 0 {
		return audience{}, false
	}
	slices.Sort(p.who.notLicenses)
	p.who.notLicenses = slices.Compact(p.who.notLicenses)
	return p.who, true
}

func (p *queryParser) next() string {
	if len(p.tokens) == 0 {
		p.bad = true
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *queryParser) take(t string) bool {
	if p.bad || len(p.tokens) == 0 || p.tokens[0] != t {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

// expect reads these tokens.
func (p *queryParser) expect(tokens ...string) {
	for _, t := range tokens {
		p.bad = p.next() != t || p.bad
	}
}

// id reads the id of a unit or a group, in quotes.
func (p *queryParser) id() string {
	t := p.next()
	if !idToken.MatchString(t) {
		p.bad = true
		return ""
	}
	return unitID(t[1:])
}

func (p *queryParser) all(not bool) {
	if p.depth++; p.depth > maxQueryDepth {
		p.bad = true
		return
	}
	p.one(not)
	for p.take("&&") {
		p.bad = p.bad || not // not both is no list of conditions
		p.one(not)
	}
	p.depth--
}

func (p *queryParser) one(not bool) {
	if p.take("!") {
		p.bad = p.bad || not
		not = true
	}
	if p.take("(") {
		p.all(not)
		p.expect(")")
		return
	}
	p.clause(not)
}

func (p *queryParser) clause(not bool) {
	p.expect("entity", ".")
	list := p.next()
	p.expect(".", "exists", "(")
	v := p.next()
	p.bad = p.bad || v == "" || !(v[0] == '_' || v[0] >= 'A' && v[0] <= 'Z' || v[0] >= 'a' && v[0] <= 'z')
	p.expect(",", v)
	switch list {
	case "org_units":
		p.expect(".", "org_unit_id", "==", "orgUnitId", "(")
		p.bad = !agree(&p.who.unit, p.id()) || p.bad || not
		p.expect(")")
	case "groups":
		p.expect(".", "group_id", "==", "groupId", "(")
		p.bad = !agree(&p.who.group, p.id()) || p.bad || not
		p.expect(")")
	case "licenses":
		p.licenses(not)
	default:
		p.bad = true
	}
	p.expect(")")
}

func (p *queryParser) licenses(not bool) {
	p.expect("in", "[")
	var list []string
	for {
		m := licenceToken.FindStringSubmatch(p.next())
		if m == nil {
			p.bad = true
			return
		}
		list = append(list, m[1]+"/"+m[2])
		if !p.take(",") {
			break
		}
	}
	p.expect("]")
	if not {
		p.who.notLicenses = append(p.who.notLicenses, list...)
		return
	}
	slices.Sort(list)
	list = slices.Compact(list)
	// One of these and one of those is more than an audience can say.
	p.bad = p.bad || p.some && !slices.Equal(list, p.who.licenses)
	p.who.licenses, p.some = list, true
}
