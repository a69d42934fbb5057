package classdojo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What docs/classdojo.md says of the relay is what the relay does.
func TestDocsSayWhatIsSent(t *testing.T) {
	text, err := os.ReadFile("../../docs/classdojo.md")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		HeaderTimestamp + ": ", HeaderSignature + ": v1=", strconv.Itoa(MaxBody) + " bytes", strconv.Itoa(int(Window.Minutes())) + " minutes", strconv.Itoa(int(oldest.Hours()/24)) + " days ago",
		"| 204 |", "| 400 |", "| 401 |", "| 409 |", "| 413 |", "| 503 |",
	}
	for _, p := range parts {
		want = append(want, "| `"+p+"` |")
	}
	for _, c := range []string{ColClass, ColLink, ColKind, ColWhen, ColCount} {
		want = append(want, "| `"+c+"` |")
	}
	for _, k := range kinds {
		want = append(want, "`"+string(k)+"`")
	}
	for _, q := range Questions(oak) {
		want = append(want, strings.TrimSuffix(q.Asks, " Leave it empty if nobody has."))
	}
	for _, w := range want {
		if !strings.Contains(string(text), w) {
			t.Errorf("docs/classdojo.md does not say %q", w)
		}
	}
	body := string(text)[strings.Index(string(text), `{"kind":`):]
	body, _, _ = strings.Cut(body, "\n")
	if _, ok := readPayload([]byte(body), now); !ok {
		t.Error("the relay would refuse the body that docs/classdojo.md shows")
	}
}

// Nothing here asks ClassDojo, or anybody: of net/http only what a receiver needs is used.
func TestNothingAsksTheNetwork(t *testing.T) {
	receiver := map[string]bool{"Request": true, "ResponseWriter": true, "MaxBytesReader": true, "MaxBytesError": true, "MethodPost": true}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if path := strings.Trim(i.Path.Value, `"`); path == "net" || path == "os/exec" || path == "golang.org/x/net" || i.Name != nil {
				t.Errorf("%s imports %s", name, path)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, is := n.(*ast.SelectorExpr)
			if !is {
				return true
			}
			if x, is := s.X.(*ast.Ident); is && x.Name == "http" {
				used++
				if !receiver[s.Sel.Name] && !strings.HasPrefix(s.Sel.Name, "Status") {
					t.Errorf("%s uses http.%s", name, s.Sel.Name)
				}
			}
			return true
		})
	}
	if used == 0 {
		t.Error("nothing of net/http was found: this test looks in the wrong place")
	}
}
