package policy

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxFile is the size in bytes above which a policy file is refused: ten times the examples. The time that the YAML parser
// takes grows with the square of some files.
const MaxFile = 128 << 10

// maxDepth bounds how deep lists and fields stand in each other. A policy needs six; the parser calls itself for each.
const maxDepth = 40

// readYAML turns a file into its one document, or complains. What it returns has no anchors, aliases, tags or merges.
func (c *complaints) readYAML(data []byte) (body ast.Node) {
	start := position{line: 1, column: 1}
	switch data = bytes.TrimPrefix(data, []byte("\ufeff")); {
	case len(data) > MaxFile:
		c.wrong(start, fmt.Sprintf("found a file of %d bytes", len(data)), fmt.Sprintf("at most %d", MaxFile), "")
		return nil
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		c.wrong(start, "found bytes that are no text", "a text file in UTF-8", "")
		return nil
	}
	// The parser belongs to somebody else and is known to trip over odd input: a file that makes it panic is a wrong file.
	defer func() {
		if p := recover(); p != nil {
			c.wrong(start, "the file cannot be read as YAML", "a policy as in examples/", "")
			body = nil
		}
	}()
	tokens := lexer.Tokenize(trimLines(string(data)))
	if !c.plain(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		c.syntax(err)
		return nil
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			c.wrong(at(doc.Body), "found a second document", "one policy in one file", "")
			return nil
		}
		body = doc.Body
	}
	if body == nil {
		c.wrong(start, "found an empty file", "a policy as in examples/", "")
	}
	return body
}

// trimLines drops white space at the ends of lines, which means nothing in a policy, but makes the lexer miscount the columns of the
// lines that follow.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\r")
	}
	return strings.Join(lines, "\n")
}

// plain refuses what a policy does not need and a parser can choke on, before it is parsed.
func (c *complaints) plain(tokens token.Tokens) bool {
	depth, dashes, line, ok := 0, 0, 0, true
	for _, t := range tokens {
		what := ""
		switch t.Type {
		case token.AnchorType, token.AliasType:
			what = "an anchor or alias"
		case token.TagType:
			what = "a tag"
		case token.MergeKeyType:
			what = "a merge"
		case token.DirectiveType:
			what = "a directive"
		case token.MappingKeyType:
			what = "a key with a question mark"
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth = max(0, depth-1)
		case token.SequenceEntryType:
			if t.Position.Line != line {
				line, dashes = t.Position.Line, 0
			}
			dashes++
		}
		if what != "" {
			c.wrong(tokenAt(t), fmt.Sprintf("found %s (%s)", what, show(t.Value)), "plain text, lists and fields", "")
			ok = false
		}
		if depth+dashes > maxDepth || t.Position.IndentNum > 4*maxDepth {
			c.wrong(tokenAt(t), "found lists or fields too deep in each other", fmt.Sprintf("at most %d levels", maxDepth), "")
			return false
		}
	}
	return ok
}

func (c *complaints) syntax(err error) {
	where, message := position{line: 1, column: 1}, err.Error()
	var e yaml.Error
	if errors.As(err, &e) {
		message = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			where = tokenAt(t)
		}
	}
	message, _, _ = strings.Cut(message, "\n")
	c.wrong(where, "the file cannot be read as YAML: "+message, "", "")
}

func tokenAt(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{line: 1, column: 1}
	}
	return position{line: max(1, t.Position.Line), column: max(1, t.Position.Column)}
}

// at is where a node starts.
func at(n ast.Node) position {
	switch n := n.(type) {
	case nil:
		return position{line: 1, column: 1}
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return at(n.Values[0].Key)
		}
		return tokenAt(n.Start)
	case *ast.MappingValueNode:
		return at(n.Key)
	}
	return tokenAt(n.GetToken())
}

// suits tells whether a node has the form.
func suits(n ast.Node, f form) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return f == textForm || f == scalarForm
	case *ast.BoolNode:
		return f == flagForm || f == scalarForm
	case *ast.IntegerNode, *ast.FloatNode:
		return f == numberForm || f == scalarForm
	case *ast.SequenceNode:
		return f == listForm
	case *ast.MappingNode, *ast.MappingValueNode:
		return f == objectForm || f == tableForm
	}
	return false
}

// found says in words what a node is.
func found(n ast.Node) string {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return "found nothing"
	case *ast.StringNode, *ast.LiteralNode:
		return "found the text " + show(scalarText(n))
	case *ast.BoolNode:
		return "found " + scalarText(n)
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "found the number " + scalarText(n)
	case *ast.SequenceNode:
		return fmt.Sprintf("found a list of %d", len(n.Values))
	case *ast.MappingNode, *ast.MappingValueNode:
		return "found named fields"
	}
	return "found something else"
}

func isScalar(n ast.Node) bool {
	switch n.(type) {
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return true
	}
	return false
}

// scalarText is the text of a node as it was written, quotes and folding undone.
func scalarText(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		if n.Value != nil {
			return n.Value.Value
		}
		return ""
	}
	if t := n.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

func keyText(n ast.MapKeyNode) string {
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value
	}
	if t := n.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

// pairs lists the fields of an object; a single field is a node of its own kind in block style.
func pairs(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}
