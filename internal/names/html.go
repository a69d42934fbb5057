package names

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// hidden are the elements whose text nobody reads, or that bring something of their own.
var hidden = setOf(atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Iframe, atom.Object, atom.Svg, atom.Math)

// breaks are the elements that begin and end a line.
var breaks = setOf(
	atom.Br, atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Caption, atom.Dd, atom.Details, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form,
	atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Header, atom.Hr, atom.Legend, atom.Li, atom.Main, atom.Nav, atom.Ol, atom.Option, atom.P, atom.Pre, atom.Section, atom.Select, atom.Summary,
	atom.Table, atom.Td, atom.Th, atom.Tr, atom.Ul,
)

func setOf(list ...atom.Atom) map[atom.Atom]bool {
	out := make(map[atom.Atom]bool, len(list))
	for _, a := range list {
		out[a] = true
	}
	return out
}

// FromHTML takes a fragment of HTML apart into the texts that [Matcher.Find] is to look at one by one: first what stands in it, then what each alt and title of its elements says, as
// docs/name-rules.md has it ("From HTML"). Any bytes are a fragment.
func FromHTML(fragment string) []string {
	p := markup{texts: []string{""}}
	if !strings.ContainsAny(fragment, "<&\x00") { // plain text: most comments
		p.text(fragment)
		return p.end()
	}
	nodes, err := html.ParseFragment(strings.NewReader(fragment), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil { // so deep that the parser refuses it: nobody nests so by chance, and it must not hide what is in it
		p.tags(fragment)
		return p.end()
	}
	for _, n := range nodes {
		p.node(n)
	}
	return p.end()
}

// A markup is what was read of a fragment so far.
type markup struct {
	b      strings.Builder
	texts  []string
	hidden int // how many elements are open whose text nobody reads
	kept   int // how many are open in which a line break is one
}

func (p *markup) end() []string {
	p.texts[0] = p.b.String()
	return p.texts
}

func (p *markup) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		p.text(n.Data)
	case html.ElementNode:
		p.open(n.DataAtom, n.Attr)
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			p.node(c)
		}
		p.close(n.DataAtom)
	}
}

// spaces are the line breaks of the source, which a browser shows as spaces.
var spaces = strings.NewReplacer("\n", " ", "\r", " ")

func (p *markup) text(s string) {
	switch {
	case p.hidden > 0:
	case p.kept > 0:
		p.b.WriteString(s)
	default:
		_, _ = spaces.WriteString(&p.b, s) // a Builder never fails
	}
}

func (p *markup) open(a atom.Atom, attr []html.Attribute) {
	for _, x := range attr {
		if x.Namespace == "" && (x.Key == "alt" || x.Key == "title") && x.Val != "" {
			p.texts = append(p.texts, x.Val)
		}
	}
	p.edge(a, 1)
}

func (p *markup) close(a atom.Atom) { p.edge(a, -1) }

func (p *markup) edge(a atom.Atom, step int) {
	switch {
	case hidden[a]:
		p.hidden = max(0, p.hidden+step)
	case a == atom.Pre || a == atom.Textarea:
		p.kept = max(0, p.kept+step)
	}
	if breaks[a] && p.hidden == 0 {
		p.b.WriteByte('\n')
	}
}

// tags reads a fragment tag by tag, without asking which element is in which.
func (p *markup) tags(fragment string) {
	for z := html.NewTokenizer(strings.NewReader(fragment)); ; {
		kind := z.Next()
		switch t := z.Token(); kind {
		case html.ErrorToken: // the end
			return
		case html.TextToken:
			p.text(t.Data)
		case html.StartTagToken:
			p.open(t.DataAtom, t.Attr)
		case html.SelfClosingTagToken:
			p.open(t.DataAtom, t.Attr)
			p.close(t.DataAtom)
		case html.EndTagToken:
			p.close(t.DataAtom)
		}
	}
}
