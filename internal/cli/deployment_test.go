package cli

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What Terraform reads is what the program says: indexes, roles, scopes and the log lines of alerts.
func TestTerraformReadsWhatTheProgramSays(t *testing.T) {
	var want bytes.Buffer
	std := quiet(nil)
	std.Out = &want
	if code := Main(t.Context(), []string{"deployment"}, std); code != exitFine {
		t.Fatal("exit", code)
	}
	have, err := os.ReadFile("../../terraform/program.json")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.String(), string(have)); d != "" {
		t.Errorf("terraform/program.json is stale, run make generate (- program, + file):\n%s", d)
	}
}

// Each collection that the code declares stands in a database, and in none twice.
func TestEveryCollectionHasADatabase(t *testing.T) {
	declared := map[string]string{"incidents": "shelf", "adult_concerns": "shelf"} // made by a function
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == "testdata" || path == filepath.Join("..", "store")):
			return filepath.SkipDir
		case e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if sel, ok := lit.Type.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Collection" {
				return true
			}
			for _, el := range lit.Elts {
				kv, ok := el.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Name" {
					if v, ok := kv.Value.(*ast.BasicLit); ok {
						declared[strings.Trim(v.Value, `"`)] = path
					} else if filepath.Base(path) != "incidents.go" {
						t.Errorf("%s declares a collection whose name this test cannot read", path)
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
	if len(declared) < 30 {
		t.Fatalf("only %d declarations were found: has their form changed?", len(declared))
	}
	placed := map[string][]string{}
	for database, list := range collections() {
		for _, c := range list {
			if slices.Contains(placed[c.Name], database) {
				t.Errorf("%s stands in %s twice", c.Name, database)
			}
			placed[c.Name] = append(placed[c.Name], database)
		}
	}
	for name, where := range declared {
		if placed[name] == nil {
			t.Errorf("%s (%s) stands in no database: add it to collections, and run make generate", name, where)
		}
	}
	for name := range placed {
		if declared[strings.TrimSuffix(name, "-chunks")] == "" {
			t.Errorf("%s stands in a database, and nothing declares it", name)
		}
	}
}

// What faces the internet holds no right that the house's rules do not give it.
func TestIdentitiesHaveNoMoreThanTheyNeed(t *testing.T) {
	d, err := describe()
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{siteIdentity, receiverIdentity} {
		for database, list := range d.Roles[who] {
			for _, p := range list {
				if strings.HasSuffix(p, ".update") || strings.HasSuffix(p, ".delete") || database == mainDatabase && strings.HasSuffix(p, ".create") {
					t.Errorf("%s holds %s on %s", who, p, database)
				}
			}
		}
	}
	if d := cmp.Diff(map[string][]string{hintsDatabase: {"datastore.entities.create"}}, d.Roles[receiverIdentity]); d != "" {
		t.Errorf("the receiver may create hints and nothing else: %s", d)
	}
	if _, err := json.Marshal(d); err != nil {
		t.Error(err)
	}
}
