package truth

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The elements of docs/name-rules.md, "From HTML": those whose text nobody reads, and those of which the start and the end stand for a line break.
var (
	unreadElements = strings.Fields("script style template noscript iframe object svg math")
	brokenElements = strings.Fields(`address article aside blockquote caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr legend li main
		nav ol option p pre section select summary table td th tr ul`)
	verbatimElements = []string{"pre", "textarea"}
)

// textsOf are the texts of a fragment of HTML: what it says, then what stands in the attributes alt and title of its elements. What nests deeper than the parser goes
// (512 elements) has none: nobody can tell what it says.
func textsOf(content string) []string {
	nodes, err := html.ParseFragment(strings.NewReader(content), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return nil
	}
	f := &fragment{}
	for _, n := range nodes {
		f.walk(n, nil)
	}
	return append([]string{f.said.String()}, f.attributes...)
}

// fragment is a fragment of HTML as it is read.
type fragment struct {
	said       strings.Builder
	attributes []string
}

// walk reads a node and all below it; above are the names of the elements in which it stands.
func (f *fragment) walk(n *html.Node, above []string) {
	within := func(elements []string) bool {
		return slices.ContainsFunc(above, func(name string) bool { return slices.Contains(elements, name) })
	}
	if n.Type == html.TextNode && !within(unreadElements) {
		text := n.Data
		if !within(verbatimElements) {
			text = strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
		}
		f.said.WriteString(text)
	}
	if n.Type != html.ElementNode {
		return
	}
	for _, a := range n.Attr {
		if a.Namespace == "" && (a.Key == "alt" || a.Key == "title") && a.Val != "" {
			f.attributes = append(f.attributes, a.Val)
		}
	}
	isBroken := slices.Contains(brokenElements, n.Data)
	if isBroken || n.Data == "br" {
		f.said.WriteString("\n")
	}
	inside := append(slices.Clone(above), n.Data)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		f.walk(c, inside)
	}
	if isBroken {
		f.said.WriteString("\n")
	}
}
