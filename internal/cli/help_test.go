package cli

import (
	"bytes"
	"os/exec"
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

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var out bytes.Buffer
		if code := Main(t.Context(), []string{"completion", shell}, IO{Out: &out, Err: &out, Getenv: func(string) string { return "" }}); code != exitFine || !strings.Contains(out.String(), "esafetybot") {
			t.Errorf("%s: %d", shell, code)
		}
	}
}
