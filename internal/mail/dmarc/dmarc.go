// Package dmarc tells whether Google, when it received a mail, found that it is from the domain that it says.
//
// Contract: only what the receiving server wrote counts, that is the topmost Authentication-Results (RFC 8601), and of that only DMARC's result. What stands further down was written by
// whoever sent the mail. Nothing of a mail is logged or kept.
package dmarc

import "strings"

// Passed tells whether DMARC passed for the domain of From. results are the mail's Authentication-Results, topmost first; theirs tells of a domain, in lower case, whether it is one of those
// whose mail is expected.
func Passed(results []string, from string, theirs func(domain string) bool) bool {
	if len(results) == 0 {
		return false
	}
	server, list, ok := authResults(results[0])
	if !ok || server != "mx.google.com" {
		return false
	}
	found, passed := 0, false
	for _, r := range list {
		if r.method != "dmarc" {
			continue
		}
		found++
		domain := r.properties["header.from"]
		// Google names the domain of From, or the one whose policy it applied.
		passed = r.says == "pass" && theirs(domain) && (domain == from || strings.HasSuffix(from, "."+domain))
	}
	return found == 1 && passed // a second one could only come from what the sender wrote
}

// authResult is one result of an Authentication-Results, in lower case.
type authResult struct {
	method, says string
	properties   map[string]string // "header.from" → "classdojo.com"; one that stands there twice is ""
}

// authResults reads the value of an Authentication-Results (RFC 8601, section 2.2). Comments and quoted strings may hold what the sender wrote, so they are taken apart before
// anything else; what does not follow the rules is not read at all.
func authResults(value string) (server string, list []authResult, ok bool) {
	groups, ok := tokens(value)
	if !ok || len(groups) == 0 || len(groups[0]) == 0 || len(groups[0]) > 2 { // the server, and perhaps a version
		return "", nil, false
	}
	if first := groups[0][0]; first.quoted {
		return "", nil, false
	}
	server = strings.ToLower(groups[0][0].text)
	for _, g := range groups[1:] {
		if len(g) == 0 || len(g) == 1 && g[0].text == "none" { // after the last semicolon, and "no result"
			continue
		}
		r := authResult{properties: map[string]string{}}
		for i, j := 0, 0; i < len(g); i, j = i+3, j+1 {
			if i+2 >= len(g) || g[i].quoted || g[i+1].quoted || g[i+1].text != "=" {
				return "", nil, false
			}
			name, says := strings.ToLower(g[i].text), strings.ToLower(g[i+2].text)
			if j == 0 {
				r.method, _, _ = strings.Cut(name, "/") // dmarc/1
				r.says = says
				continue
			}
			if _, twice := r.properties[name]; twice {
				says = ""
			}
			r.properties[name] = says
		}
		list = append(list, r)
	}
	return server, list, true
}

type token struct {
	text   string
	quoted bool
}

// tokens takes a value apart into groups between semicolons, of words, quoted strings and "=". Comments, which may be nested, stand for a space. It is false where one is not closed.
func tokens(value string) (groups [][]token, ok bool) {
	var group []token
	for i := 0; i < len(value); {
		switch c := value[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
		case '(':
			depth := 0
			for ; i < len(value); i++ {
				if value[i] == '\\' {
					i++
				} else if value[i] == '(' {
					depth++
				} else if value[i] == ')' {
					if depth--; depth == 0 {
						break
					}
				}
			}
			if i >= len(value) {
				return nil, false
			}
			i++
		case ')':
			return nil, false
		case ';':
			groups, group = append(groups, group), nil
			i++
		case '=':
			group = append(group, token{text: "="})
			i++
		case '"':
			text, end, closed := quoted(value, i+1)
			if !closed {
				return nil, false
			}
			group = append(group, token{text, true})
			i = end
		default:
			end := i
			for end < len(value) && !strings.ContainsRune(" \t\r\n();\"", rune(value[end])) && (value[end] != '=' || !expectsEquals(group)) {
				end++
			}
			group = append(group, token{text: value[i:end]})
			i = end
		}
	}
	return append(groups, group), true
}

// expectsEquals tells whether "=" ends a word: it does in a name, and is part of a value, as in smtp.mailfrom=bounce+x=y@mail.example.
func expectsEquals(group []token) bool {
	return len(group) == 0 || group[len(group)-1].quoted || group[len(group)-1].text != "="
}

func quoted(value string, i int) (text string, end int, closed bool) {
	var b strings.Builder
	for ; i < len(value); i++ {
		switch {
		case value[i] == '"':
			return b.String(), i + 1, true
		case value[i] == '\\' && i+1 < len(value):
			i++
		}
		b.WriteByte(value[i])
	}
	return "", i, false
}
