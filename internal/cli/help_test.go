package cli

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command that people use has an example, and each example is of that command, with options that it has.
func TestEveryCommandHasAnExample(t *testing.T) {
	root := newRoot(IO{Getenv: func(string) string { return "" }})
	root.InitDefaultCompletionCmd()
	n := 0
	each(root, func(c *cobra.Command) {
		if c.Parent() != nil && c.Parent().Name() == "completion" {
			return // cobra's own, whose help says how it is used
		}
		n++
		if c.Short == "" || !strings.Contains(c.Example, c.CommandPath()) {
			t.Errorf("%s has no example of itself", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			_, line, _ = strings.Cut(line, "esafetybot ") // what stands before are variables
			if line == "" {
				continue
			}
			of, _, err := root.Find(strings.Fields(line))
			if err != nil {
				t.Errorf("%s: an example of no command: %s", c.CommandPath(), line)
				continue
			}
			for _, w := range strings.Fields(line) {
				name, isFlag := strings.CutPrefix(w, "--")
				name, _, _ = strings.Cut(name, "=")
				if isFlag && of.Flag(name) == nil && root.PersistentFlags().Lookup(name) == nil {
					t.Errorf("%s: the example has --%s, which the command has not", c.CommandPath(), name)
				}
			}
		}
	})
	if n < 25 {
		t.Errorf("%d commands were looked at", n)
	}
}

// The manual page names every command and option, and man finds nothing wrong with it.
func TestManual(t *testing.T) {
	root := newRoot(IO{Getenv: func(string) string { return "" }})
	page := manual(root)
	each(root, func(c *cobra.Command) {
		if !strings.Contains(page, ".SS "+roff(usage(c))) {
			t.Errorf("%s is not in it", c.CommandPath())
		}
	})
	for _, want := range []string{".TH ESAFETYBOT 1\n", `\-\-google\-credentials`, ".SH EXIT STATUS", `\-\-fix\-list`} {
		if !strings.Contains(page, want) {
			t.Errorf("it lacks %q", want)
		}
	}
	man, err := exec.LookPath("mandoc")
	if err != nil {
		return // other systems' man pages are looked at there
	}
	cmd := exec.Command(man, "-T", "lint", "-W", "error")
	cmd.Stdin = strings.NewReader(page)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("mandoc: %s", out)
	}
}

// The manual page names each environment variable that the code reads and that no option stands for, and no other.
func TestManualNamesTheVariables(t *testing.T) {
	elsewhere := []string{"ESAFETYBOT_", "ESAFETYBOT_REQUIRE_ALL"} // the beginning of an option's; what only tests read
	read := map[string]string{}
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == "testdata":
			return filepath.SkipDir
		case e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "man.go":
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				name := strings.Trim(lit.Value, "`\"")
				if regexp.MustCompile(`^(ESAFETYBOT_[A-Z_]*|CLOUD_RUN_[A-Z_]+|GOOGLE_[A-Z_]+|GOGC|GOMEMLIMIT)$`).MatchString(name) && !slices.Contains(elsewhere, name) {
					read[name] = path
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(read) < 8 {
		t.Fatalf("only %v were found: has their form changed?", read)
	}
	_, page, _ := strings.Cut(manual(newRoot(quiet(nil))), ".SH ENVIRONMENT")
	page, _, _ = strings.Cut(page, ".SH EXIT")
	for name, path := range read {
		if !strings.Contains(page, roff(name)) {
			t.Errorf("%s, which %s reads, is not in the manual page: add it to variables", name, path)
		}
	}
	for _, v := range variables {
		for _, name := range strings.Split(v.name, ", ") {
			if read[name] == "" {
				t.Errorf("the manual page has %s, which nothing reads", name)
			}
		}
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var out bytes.Buffer
		if code := Main(t.Context(), []string{"completion", shell}, IO{Out: &out, Err: &out, Getenv: func(string) string { return "" }}); code != exitFine || !strings.Contains(out.String(), "esafetybot") {
			t.Errorf("%s: %d", shell, code)
		}
	}
}
