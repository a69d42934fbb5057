package server

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// A search is a parsed q parameter of files.list. Owner and Parent are set when every hit must be owned by the caller, or lie in that
// folder: they choose the index to go through.
type search struct {
	match  func(*item) bool
	Mine   bool
	Parent string
	Shared bool // sharedWithMe
}

// item is a file as the caller sees it.
type item struct {
	file *world.File
	by   *viewer
}

// parseSearch reads Drive's query language, as far as it is simulated:
// terms name, mimeType, parents, owners, writers, readers, trashed, starred, sharedWithMe, visibility, modifiedTime, createdTime,
// shortcutDetails.targetId; operators = != < <= > >= contains in; and, or, not, parentheses.
// Source: Drive API guide "Search query terms and operators".
func parseSearch(q string) (*search, error) {
	s := &search{match: func(*item) bool { return true }}
	if strings.TrimSpace(q) == "" {
		return s, nil
	}
	p := &searchParser{rest: q}
	if err := p.next(); err != nil {
		return nil, err
	}
	e, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.kind != end {
		return nil, errQuery
	}
	s.match = e.match
	s.Mine, s.Parent, s.Shared = e.mine, e.parent, e.shared
	return s, nil
}

var errQuery = fmt.Errorf("Invalid Value")

// expr is a part of a query; mine, parent and shared hold when the whole part demands them.
type expr struct {
	match  func(*item) bool
	mine   bool
	parent string
	shared bool
}

type tokenKind int

const (
	end tokenKind = iota
	word
	text
	symbol
)

type searchParser struct {
	rest string
	kind tokenKind
	tok  string
}

func (p *searchParser) next() error {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	if p.rest == "" {
		p.kind, p.tok = end, ""
		return nil
	}
	switch c := p.rest[0]; {
	case c == '\'' || c == '"':
		var b strings.Builder
		for i := 1; i < len(p.rest); i++ {
			switch p.rest[i] {
			case '\\':
				i++
				if i == len(p.rest) || p.rest[i] != '\\' && p.rest[i] != '\'' && p.rest[i] != '"' {
					return errQuery
				}
				b.WriteByte(p.rest[i])
			case c:
				p.kind, p.tok, p.rest = text, b.String(), p.rest[i+1:]
				return nil
			default:
				b.WriteByte(p.rest[i])
			}
		}
		return errQuery
	case c == '(' || c == ')':
		p.kind, p.tok, p.rest = symbol, p.rest[:1], p.rest[1:]
		return nil
	case strings.IndexByte("=!<>", c) >= 0:
		n := 1
		if len(p.rest) > 1 && p.rest[1] == '=' {
			n = 2
		}
		p.kind, p.tok, p.rest = symbol, p.rest[:n], p.rest[n:]
		return nil
	}
	n := strings.IndexFunc(p.rest, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-' && r != ':'
	})
	if n < 0 {
		n = len(p.rest)
	}
	if n == 0 {
		return errQuery
	}
	p.kind, p.tok, p.rest = word, p.rest[:n], p.rest[n:]
	return nil
}

func (p *searchParser) is(w string) bool { return p.kind == word && strings.EqualFold(p.tok, w) }

func (p *searchParser) or(depth int) (*expr, error) {
	left, err := p.and(depth)
	for err == nil && p.is("or") {
		if err = p.next(); err != nil {
			break
		}
		var right *expr
		if right, err = p.and(depth); err != nil {
			break
		}
		l, r := left, right
		left = &expr{match: func(i *item) bool { return l.match(i) || r.match(i) }, mine: l.mine && r.mine, shared: l.shared && r.shared}
		if l.parent == r.parent {
			left.parent = l.parent
		}
	}
	return left, err
}

func (p *searchParser) and(depth int) (*expr, error) {
	left, err := p.not(depth)
	for err == nil && p.is("and") {
		if err = p.next(); err != nil {
			break
		}
		var right *expr
		if right, err = p.not(depth); err != nil {
			break
		}
		l, r := left, right
		left = &expr{match: func(i *item) bool { return l.match(i) && r.match(i) }, mine: l.mine || r.mine, parent: l.parent, shared: l.shared || r.shared}
		if left.parent == "" {
			left.parent = r.parent
		}
	}
	return left, err
}

func (p *searchParser) not(depth int) (*expr, error) {
	if depth > maxDepth {
		return nil, errQuery
	}
	if p.is("not") {
		if err := p.next(); err != nil {
			return nil, err
		}
		e, err := p.not(depth + 1)
		if err != nil {
			return nil, err
		}
		return &expr{match: func(i *item) bool { return !e.match(i) }}, nil
	}
	if p.kind == symbol && p.tok == "(" {
		if err := p.next(); err != nil {
			return nil, err
		}
		e, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if p.kind != symbol || p.tok != ")" {
			return nil, errQuery
		}
		return e, p.next()
	}
	return p.term()
}

func (p *searchParser) term() (*expr, error) {
	if p.kind == text { // 'value' in collection
		value := p.tok
		if err := p.next(); err != nil {
			return nil, err
		}
		if !p.is("in") {
			return nil, errQuery
		}
		if err := p.next(); err != nil {
			return nil, err
		}
		e, err := collection(value, p.tok)
		if err != nil {
			return nil, err
		}
		return e, p.next()
	}
	if p.kind != word {
		return nil, errQuery
	}
	name := p.tok
	if err := p.next(); err != nil {
		return nil, err
	}
	op := strings.ToLower(p.tok)
	if p.kind != symbol && op != "contains" {
		return nil, errQuery
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	value, kind := p.tok, p.kind
	e, err := comparison(name, op, value, kind)
	if err != nil {
		return nil, err
	}
	return e, p.next()
}

func collection(value, name string) (*expr, error) {
	switch name {
	case "parents":
		return &expr{parent: value, match: func(i *item) bool { return i.file.Parent == i.by.folder(value) }}, nil
	case "owners":
		return &expr{mine: value == "me", match: func(i *item) bool {
			return i.file.Owner != nil && (value == "me" && i.by.owns(i.file) || strings.EqualFold(i.file.Owner.EmailAddress, value))
		}}, nil
	case "writers", "readers":
		least := world.Rank("reader")
		if name == "writers" {
			least = world.Rank("writer")
		}
		return &expr{match: func(i *item) bool {
			who := value
			if who == "me" {
				who = i.by.user.PrimaryEmail
			}
			return slices.ContainsFunc(i.file.Permissions(), func(p world.Permission) bool {
				return p.View == "" && world.Rank(p.Role) >= least && strings.EqualFold(p.EmailAddress, who)
			})
		}}, nil
	}
	return nil, errQuery
}

func comparison(name, op, value string, kind tokenKind) (*expr, error) {
	equal := func(get func(*item) string) (*expr, error) {
		switch {
		case kind != text:
			return nil, errQuery
		case op == "=":
			return &expr{match: func(i *item) bool { return get(i) == value }}, nil
		case op == "!=":
			return &expr{match: func(i *item) bool { return get(i) != value }}, nil
		case op == "contains" && (name == "name" || name == "mimeType"):
			low := strings.ToLower(value)
			return &expr{match: func(i *item) bool { // prefix of a word, as Drive does it for names
				v := strings.ToLower(get(i))
				return strings.HasPrefix(v, low) || name == "mimeType" && strings.Contains(v, low) || strings.Contains(v, " "+low)
			}}, nil
		}
		return nil, errQuery
	}
	truth := func(get func(*item) bool) (*expr, error) {
		want := value == "true"
		if kind != word || value != "true" && value != "false" || op != "=" && op != "!=" {
			return nil, errQuery
		}
		if op == "!=" {
			want = !want
		}
		return &expr{shared: name == "sharedWithMe" && want, match: func(i *item) bool { return get(i) == want }}, nil
	}
	when := func(get func(*item) time.Time) (*expr, error) {
		t, err := time.Parse(time.RFC3339, value)
		if err != nil {
			t, err = time.Parse("2006-01-02T15:04:05", value)
		}
		if err != nil || kind != text {
			return nil, errQuery
		}
		ok, known := map[string]func(int) bool{
			"=": func(c int) bool { return c == 0 }, "!=": func(c int) bool { return c != 0 }, "<": func(c int) bool { return c < 0 },
			"<=": func(c int) bool { return c <= 0 }, ">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 }}[op]
		if !known {
			return nil, errQuery
		}
		return &expr{match: func(i *item) bool { return ok(get(i).Compare(t)) }}, nil
	}
	switch name {
	case "name":
		return equal(func(i *item) string { return i.file.Name })
	case "mimeType":
		return equal(func(i *item) string { return i.file.MimeType })
	case "visibility":
		if !slices.Contains([]string{"anyoneCanFind", "anyoneWithLink", "domainCanFind", "domainWithLink", "limited"}, value) || op == "contains" {
			return nil, errQuery
		}
		return equal(func(i *item) string { return visibility(i.file) })
	case "shortcutDetails.targetId":
		return equal(func(i *item) string { return shortcutTarget(i.file) })
	case "trashed":
		return truth(func(i *item) bool { return i.file.Trashed })
	case "starred":
		return truth(func(i *item) bool { return false })
	case "sharedWithMe":
		return truth(func(i *item) bool { return i.file.Owner != nil && !i.by.owns(i.file) && i.by.named(i.file) })
	case "modifiedTime":
		return when(func(i *item) time.Time { return i.file.Modified })
	case "createdTime":
		return when(func(i *item) time.Time { return i.file.Created })
	}
	return nil, errQuery
}

// visibility is the word that the query language has for a file's general access.
func visibility(f *world.File) string {
	word, rank := "limited", 0
	for _, p := range f.Permissions() {
		if p.View != "" {
			continue
		}
		v, r := "", 0
		switch {
		case p.Type == "anyone" && p.AllowFileDiscovery:
			v, r = "anyoneCanFind", 4
		case p.Type == "anyone":
			v, r = "anyoneWithLink", 3
		case p.Type == "domain" && p.AllowFileDiscovery:
			v, r = "domainCanFind", 2
		case p.Type == "domain":
			v, r = "domainWithLink", 1
		}
		if r > rank {
			word, rank = v, r
		}
	}
	return word
}
