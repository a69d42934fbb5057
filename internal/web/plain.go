package web

import (
	"html/template"
	"regexp"
	"text/template/parse"

	"esafetybot/internal/plain"
)

// mostShown is how long any text of a page may be: a comment on a blog is the longest, and has 2,001 characters at most. Names and titles are far shorter, see [plain.Name].
const mostShown = 2500

// machine is what stands in front of a value that the program reads back, or that leads somewhere: it is not for people to look at, and must stay as it is.
var machine = regexp.MustCompile(`(?i)((href|action|formaction|src|value|name|id|for|min|max|form|maxlength)="[^"]*|<textarea[^>]*>)$`)

// harmless lets every text that templates put into a page go through [plain.Shown], so that no page can be forgotten: it appends that to what each {{…}} says. Escaping comes after it, and is html/template's.
func harmless(t *template.Template) *template.Template {
	for _, one := range t.Templates() {
		if one.Tree != nil {
			calm(one.Tree.Root, "")
		}
	}
	return t
}

// calm goes through a list of nodes, with what stands in front of it.
func calm(list *parse.ListNode, before string) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			before += string(n.Text)
		case *parse.ActionNode:
			if len(n.Pipe.Decl) == 0 && !machine.MatchString(before) {
				n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{parse.NewIdentifier(shownFunc).SetPos(n.Pos)}})
			}
		case *parse.IfNode:
			calm(n.List, before)
			calm(n.ElseList, before)
		case *parse.RangeNode:
			calm(n.List, before)
			calm(n.ElseList, before)
		case *parse.WithNode:
			calm(n.List, before)
			calm(n.ElseList, before)
		}
	}
}

// shownFunc is the name by which templates know [shown].
const shownFunc = "shown"

// shown is a value as people may look at it: numbers and the like as they are.
func shown(v any) any {
	if s, ok := v.(string); ok {
		return plain.Shown(s, mostShown)
	}
	return v
}
