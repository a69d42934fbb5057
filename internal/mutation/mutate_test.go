package mutation

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"sort"
	"strings"
)

// envMutant names the mutant that is alive in a run of a mutated test binary; without it none is.
const envMutant = "ESAFETYBOT_MUTANT"

// A mutant is one change of one place.
type mutant struct {
	id   int // from 1, in the order of the file
	file string
	line int
	code string // the place as it is written
	what string // what is done to it
}

func (m mutant) String() string { return fmt.Sprintf("%s:%d: %s: %s", m.file, m.line, m.code, m.what) }

// key names a mutant without its line, which any edit above moves.
func (m mutant) key() string { return m.file + ": " + m.code + ": " + m.what }

// support is the file that is added to a mutated package. The names are long so that they meet nobody's.
const support = `package %s

import (
	mutantcmp "cmp"
	mutantos "os"
	mutantconv "strconv"
)

var mutantAlive = func() int { n, _ := mutantconv.Atoi(mutantos.Getenv(%q)); return n }()

func mutantCompare[T mutantcmp.Ordered](id int, op string, x, y T) bool {
	if orEqual := len(op) == 2; mutantAlive == id == orEqual {
		return op[0] == '<' && x < y || op[0] == '>' && x > y
	}
	return op[0] == '<' && x <= y || op[0] == '>' && x >= y
}

func mutantTime[T interface { After(T) bool; Before(T) bool }](id int, after bool, x, y T) bool {
	switch {
	case mutantAlive == id && after:
		return !x.Before(y)
	case mutantAlive == id:
		return !x.After(y)
	case after:
		return x.After(y)
	}
	return x.Before(y)
}
`

// insert is text to be put into a source, before what stands at an offset. Of two at the same offset, the one that closes comes first, then the
// one of the larger place.
type insert struct {
	at    int
	text  string
	drop  int // bytes of the source that it replaces
	close bool
	size  int
}

// mutator gathers the mutants of one file.
type mutator struct {
	name    string
	source  []byte
	fset    *token.FileSet
	next    *int
	mutants []mutant
	inserts []insert
}

// mutate finds every place of a file and gives the source with all of its mutants built in, none alive. next counts over files.
func mutate(name string, source []byte, next *int) (out []byte, mutants []mutant, pkg string, err error) {
	m := &mutator{name: name, source: source, fset: token.NewFileSet(), next: next}
	f, err := parser.ParseFile(m.fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, "", err
	}
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
			continue
		}
		m.walk(d)
	}
	return m.apply(), m.mutants, f.Name.Name, nil
}

func (m *mutator) off(p token.Pos) int { return m.fset.Position(p).Offset }

func (m *mutator) text(n ast.Node) string {
	return strings.Join(strings.Fields(string(m.source[m.off(n.Pos()):m.off(n.End())])), " ")
}

func (m *mutator) add(n ast.Node, what string) int { return m.addText(n, m.text(n), what) }

func (m *mutator) addText(n ast.Node, code, what string) int {
	*m.next++
	m.mutants = append(m.mutants, mutant{*m.next, m.name, m.fset.Position(n.Pos()).Line, code, what})
	return *m.next
}

// wrap puts text before and after a place.
func (m *mutator) wrap(n ast.Node, before, after string) {
	from, to := m.off(n.Pos()), m.off(n.End())
	m.inserts = append(m.inserts, insert{at: from, text: before, size: to - from}, insert{at: to, text: after, close: true, size: to - from})
}

func (m *mutator) replace(at token.Pos, length int, text string) {
	m.inserts = append(m.inserts, insert{at: m.off(at), text: text, drop: length})
}

func (m *mutator) apply() []byte {
	sort.SliceStable(m.inserts, func(i, j int) bool {
		a, b := m.inserts[i], m.inserts[j]
		switch {
		case a.at != b.at:
			return a.at < b.at
		case a.close != b.close:
			return a.close
		case a.drop != b.drop:
			return a.drop < b.drop // what is put before something comes before what replaces it
		case a.close:
			return a.size < b.size
		}
		return a.size > b.size
	})
	var out []byte
	at := 0
	for _, i := range m.inserts {
		out = append(out, m.source[at:i.at]...)
		out = append(out, i.text...)
		at = i.at + i.drop
	}
	return append(out, m.source[at:]...)
}

// constants that a condition may be put in place of.
const (
	never  = "dropped: never"
	always = "dropped: always"
)

// condition mutates a boolean expression: negated, and put out of effect in the ways given.
func (m *mutator) condition(e ast.Expr, ways ...string) {
	if id, ok := e.(*ast.Ident); ok && (id.Name == "true" || id.Name == "false") {
		return // see walk
	}
	not, yes, no := m.add(e, "negated"), 0, 0
	if slices.Contains(ways, always) {
		yes = m.add(e, always)
	}
	if slices.Contains(ways, never) {
		no = m.add(e, never)
	}
	// Ids begin at 1, so that no mutant is number 0 or -1. The place is not evaluated where it is dropped.
	m.wrap(e, fmt.Sprintf("(mutantAlive == %d || mutantAlive != %d && (", orNone(yes), orNone(no)), fmt.Sprintf(") != (mutantAlive == %d))", not))
}

func orNone(id int) int {
	if id == 0 {
		return -1
	}
	return id
}

// walk goes through a part of the file. Every boolean place is met once, at the construct that decides how it can be dropped.
func (m *mutator) walk(n ast.Node) {
	done := map[ast.Expr]bool{}
	site := func(e ast.Expr, ways ...string) {
		for {
			p, ok := e.(*ast.ParenExpr)
			if !ok {
				break
			}
			e = p.X
		}
		if !done[e] {
			done[e] = true
			m.condition(e, ways...)
		}
	}
	var results []bool // of the functions around: it gives just one bool
	ast.PreorderStack(n, nil, func(n ast.Node, stack []ast.Node) bool {
		results = results[:0]
		for _, s := range stack {
			switch s := s.(type) {
			case *ast.FuncDecl:
				results = append(results, oneBool(s.Type))
			case *ast.FuncLit:
				results = append(results, oneBool(s.Type))
			}
		}
		switch n := n.(type) {
		case *ast.IfStmt:
			site(n.Cond, always, never)
		case *ast.ForStmt:
			if n.Cond != nil {
				site(n.Cond, never)
			}
		case *ast.SwitchStmt:
			m.cases(n, func(e ast.Expr) { site(e, always, never) })
		case *ast.ReturnStmt:
			if len(results) > 0 && results[len(results)-1] && len(n.Results) == 1 {
				site(n.Results[0], always, never)
			}
		case *ast.BinaryExpr:
			m.binary(n, site)
		case *ast.CallExpr:
			if !argument(n, stack) { // a period's After gives a moment, no answer
				m.instant(n)
			}
		case *ast.Ident:
			if selector(n, stack) {
				break
			}
			switch n.Name {
			case "true":
				m.replace(n.Pos(), len("true"), fmt.Sprintf("(mutantAlive != %d)", m.add(n, "made false")))
			case "false":
				m.replace(n.Pos(), len("false"), fmt.Sprintf("(mutantAlive == %d)", m.add(n, "made true")))
			}
		case *ast.BranchStmt:
			if n.Tok == token.CONTINUE && !alone(n, stack) {
				m.wrap(n, fmt.Sprintf("if mutantAlive != %d { ", m.add(n, "left out")), " }")
			}
		}
		return true
	})
}

func oneBool(t *ast.FuncType) bool {
	if t.Results == nil || t.Results.NumFields() != 1 {
		return false
	}
	id, ok := t.Results.List[0].Type.(*ast.Ident)
	return ok && id.Name == "bool"
}

// selector tells whether an identifier is the name in x.name, not a value of its own.
func selector(n *ast.Ident, stack []ast.Node) bool {
	s, ok := stack[len(stack)-1].(*ast.SelectorExpr)
	return ok && s.Sel == n
}

// argument tells whether an expression is handed to a function.
func argument(n ast.Expr, stack []ast.Node) bool {
	c, ok := stack[len(stack)-1].(*ast.CallExpr)
	return ok && slices.Contains(c.Args, n)
}

// alone tells whether a statement is all that an if without else does: to leave it out is to drop the condition.
func alone(n ast.Stmt, stack []ast.Node) bool {
	if len(stack) < 2 {
		return false
	}
	b, ok := stack[len(stack)-1].(*ast.BlockStmt)
	if !ok || len(b.List) != 1 {
		return false
	}
	i, ok := stack[len(stack)-2].(*ast.IfStmt)
	return ok && i.Else == nil
}

// cases mutates the case clauses of a switch. One with a tag is rewritten so that each case is a comparison.
func (m *mutator) cases(n *ast.SwitchStmt, site func(ast.Expr)) {
	if n.Tag == nil {
		for _, c := range n.Body.List {
			for _, e := range c.(*ast.CaseClause).List {
				site(e)
			}
		}
		return
	}
	first := 0 // the tag is kept under a name of its own
	for _, c := range n.Body.List {
		for _, e := range c.(*ast.CaseClause).List {
			not, no := m.addText(e, "case "+m.text(e), "negated"), m.addText(e, "case "+m.text(e), never)
			if first == 0 {
				first = not
			}
			m.wrap(e, fmt.Sprintf("mutantAlive != %d && (mutantTag%d == ", no, first), fmt.Sprintf(") != (mutantAlive == %d)", not))
		}
	}
	if first == 0 {
		return
	}
	if n.Init != nil {
		m.replace(n.Switch, len("switch"), "{")
		m.wrap(n.Tag, fmt.Sprintf("switch mutantTag%d := ", first), "; ")
		m.inserts = append(m.inserts, insert{at: m.off(n.End()), text: "}", close: true, size: m.off(n.End()) - m.off(n.Pos())})
		return
	}
	m.wrap(n.Tag, fmt.Sprintf("mutantTag%d := ", first), "; ")
}

// binary mutates operands of && and ||, and comparisons.
func (m *mutator) binary(n *ast.BinaryExpr, site func(ast.Expr, ...string)) {
	switch n.Op {
	case token.LAND:
		site(n.X, always)
		site(n.Y, always)
	case token.LOR:
		site(n.X, never)
		site(n.Y, never)
	case token.EQL, token.NEQ:
		site(n, always, never)
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		site(n, always, never)
		other := map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}[n.Op]
		id := m.add(n, n.Op.String()+" made "+other)
		m.inner(n, fmt.Sprintf("mutantCompare(%d, %q, ", id, n.Op.String()), ")")
		m.replace(n.OpPos, len(n.Op.String()), ",")
	}
}

// instant mutates x.After(y) and x.Before(y): at the very moment the answer turns.
func (m *mutator) instant(n *ast.CallExpr) {
	sel, ok := n.Fun.(*ast.SelectorExpr)
	if !ok || len(n.Args) != 1 || sel.Sel.Name != "After" && sel.Sel.Name != "Before" {
		return
	}
	if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
		return // time.After
	}
	id := m.add(n, sel.Sel.Name+" made to hold at the same moment too")
	m.inner(n, fmt.Sprintf("mutantTime(%d, %v, ", id, sel.Sel.Name == "After"), "")
	// x.After(y) becomes mutantTime(…, x, y)
	dot := m.off(sel.X.End())
	m.inserts = append(m.inserts, insert{at: dot, text: ", ", drop: m.off(n.Lparen) + 1 - dot})
}

// inner wraps a place inside of what other wraps put around the same place.
func (m *mutator) inner(n ast.Node, before, after string) {
	from, to := m.off(n.Pos()), m.off(n.End())
	// Texts at one offset nest by size. A byte less puts this inside; operands are smaller by two at least.
	m.inserts = append(m.inserts, insert{at: from, text: before, size: to - from - 1}, insert{at: to, text: after, close: true, size: to - from - 1})
}
