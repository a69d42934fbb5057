package names

import "slices"

// A tree holds spellings letter by letter. It is walked along a text with all its spellings at once, exact ones and those at one edit.
type tree struct{ nodes []node }

type node struct {
	edges []edge
	form  int32 // the spelling that ends here; none if there is none
}

// none stands for a node, or a form, that is not there.
const none = -1

type edge struct {
	letter rune
	to     int32
}

func newTree() tree { return tree{nodes: []node{{form: none}}} }

// add puts a spelling in and returns the node where it ends.
func (t *tree) add(spelling []rune) int32 {
	at := int32(0)
	for _, r := range spelling {
		to := t.child(at, r)
		if to == none {
			to = int32(len(t.nodes))
			t.nodes = append(t.nodes, node{form: none})
			t.nodes[at].edges = append(t.nodes[at].edges, edge{r, to})
		}
		at = to
	}
	return at
}

func (t *tree) child(at int32, r rune) int32 {
	for _, e := range t.nodes[at].edges {
		if e.letter == r {
			return e.to
		}
	}
	return none
}

// A walk is where in the tree somebody is who reads letters: at one node without an edit, and at those that one edit leads to. The first letter
// is never edited.
type walk struct {
	t     *tree
	exact int32 // none: no spelling begins with what was read
	begun bool
	// edited are the nodes behind one edit. Where two neighbours are exchanged the node is reached once the awaited letter comes.
	edited, spare []edited
}

type edited struct {
	at    int32
	await rune // 0: none
}

func (w *walk) start(t *tree) {
	w.t, w.exact, w.begun, w.edited = t, 0, false, w.edited[:0]
}

// read takes the next letter.
func (w *walk) read(r rune) {
	next := w.spare[:0]
	for _, s := range w.edited {
		if s.await != 0 {
			if s.await == r {
				next = append(next, edited{at: s.at})
			}
		} else if to := w.t.child(s.at, r); to != none {
			next = append(next, edited{at: to})
		}
	}
	if w.exact != none && w.begun {
		next = append(next, edited{at: w.exact}) // a letter too many
		for _, e := range w.t.nodes[w.exact].edges {
			if e.letter != r {
				next = append(next, edited{at: e.to}) // another letter
			}
			if to := w.t.child(e.to, r); to != none {
				next = append(next, edited{at: to}) // a letter left out
				if e.letter != r {
					next = append(next, edited{at: to, await: e.letter}) // two letters exchanged
				}
			}
		}
	}
	if w.exact != none {
		w.exact, w.begun = w.t.child(w.exact, r), true
	}
	w.edited, w.spare = next, w.edited
}

// here yields the spellings that what was read is, or nearly is; some more than once.
func (w *walk) here(yield func(form int32, near bool)) {
	if w.exact != none {
		if f := w.t.nodes[w.exact].form; f != none {
			yield(f, false)
		}
		for _, e := range w.t.nodes[w.exact].edges { // the last letter left out
			if f := w.t.nodes[e.to].form; f != none {
				yield(f, true)
			}
		}
	}
	for _, s := range w.edited { // where two letters are exchanged and the second is yet to come, the first was left out so far
		if f := w.t.nodes[s.at].form; f != none {
			yield(f, true)
		}
	}
}

// freeze sorts what is walked often. It is for the sake of speed and of answers that do not depend on the order in which names came.
func (t *tree) freeze() {
	for i := range t.nodes {
		slices.SortFunc(t.nodes[i].edges, func(a, b edge) int { return int(a.letter - b.letter) })
		t.nodes[i].edges = slices.Clip(t.nodes[i].edges)
	}
}
