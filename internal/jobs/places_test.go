package jobs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// declared lists the collections that the program declares, by reading its source: what is made otherwise than with a name in plain words is a mistake of its own.
func declared(t *testing.T) []string {
	t.Helper()
	var out []string
	name := func(at string, e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok {
			t.Errorf("%s: a collection's name is not written out, so that nothing can see to it that docs/privacy.md names it", at)
			return
		}
		s, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "store" || d.Name() == "sim" || d.Name() == "testdata") {
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.FuncDecl:
				if x.Name.Name == "shelf" && x.Recv == nil && strings.HasSuffix(filepath.Dir(path), "incidents") {
					return false // the name is its argument
				}
			case *ast.CallExpr:
				if id, ok := x.Fun.(*ast.Ident); ok && id.Name == "shelf" && len(x.Args) == 1 && strings.HasSuffix(filepath.Dir(path), "incidents") {
					name(path, x.Args[0])
				}
			case *ast.CompositeLit:
				if sel, ok := x.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Collection" {
					at := fmt.Sprint(files.Position(x.Pos()))
					found := false
					for _, e := range x.Elts {
						if kv, ok := e.(*ast.KeyValueExpr); ok && fmt.Sprint(kv.Key) == "Name" {
							name(at, kv.Value)
							found = true
						}
					}
					if !found {
						t.Errorf("%s: a collection without a name", at)
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// Every collection is known to the export, the erasure and the page that says what is kept; and has a time after which it goes, or a reason why it stays.
func TestEveryCollectionIsKnown(t *testing.T) {
	want := declared(t)
	if len(want) < 35 {
		t.Fatalf("only %d collections were found in the source: %v", len(want), want)
	}
	var have []string
	periods := parsed(t, schoolPolicy).Retention
	for _, p := range Places() {
		have = append(have, p.C.Name)
		_, known := periods[p.Retention]
		if known == (p.While != "") {
			t.Errorf("%s: it must pass by a kind of the policy's retention (%q), or be said how long it is kept (%q)", p.C.Name, p.Retention, p.While)
		}
		if p.What == "" {
			t.Errorf("%s: nobody says what is in it", p.C.Name)
		}
	}
	slices.Sort(have)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("collections that are declared, and those that Places lists (-declared +listed):\n%s", diff)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "privacy.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## Collection by collection")
	table, _, _ = strings.Cut(table, "\n## ")
	var told []string
	for _, line := range strings.Split(table, "\n") {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if strings.HasPrefix(line, "| `") {
			for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(first, -1) {
				told = append(told, m[1])
			}
		}
	}
	slices.Sort(told)
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("collections that are declared, and those that docs/privacy.md lists (-declared +listed):\n%s", diff)
	}
	_, kinds, _ := strings.Cut(string(page), "## How long")
	kinds, _, _ = strings.Cut(kinds, "\n## ")
	said := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|.*\\| ([0-9a-z ]+) \\|$").FindAllStringSubmatch(kinds, -1) {
		said[m[1]] = m[2]
	}
	words := map[string]string{}
	for k, p := range maps.All(periods) {
		words[k] = p.String()
	}
	if diff := cmp.Diff(words, said); diff != "" {
		t.Errorf("how long each kind is kept, by the program and by docs/privacy.md (-program +page):\n%s", diff)
	}
}
