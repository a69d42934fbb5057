package cli

import (
	"bytes"
	"context"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"esafetybot/internal/sim/generate"
)

// TestDemo runs the demo on a small school and looks at everything it leaves: mails for the administrator, a page over them, and not one pupil's
// name or address in any of them, nor anybody's in what it logs.
func TestDemo(t *testing.T) {
	out := filepath.Join(t.TempDir(), "demo")
	var stdout, stderr strings.Builder
	std := IO{Out: &stdout, Err: &stderr, Getenv: func(string) string { return "" }}
	if code := Main(context.Background(), []string{"demo", "--pupils", "30", "--seed", "3", "--out", out, "--verbose"}, std); code != 0 {
		t.Fatalf("exit status %d\n%s%s", code, stdout.String(), stderr.String())
	}
	for _, want := range []string{"workspace administrator", "index.html", "findings are open", "The termly report as of the last day: " + filepath.Join(out, "inspection-copy.html")} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the demo does not say %q:\n%s", want, stdout.String())
		}
	}
	school, err := generate.Generate(generate.Options{Pupils: 30, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, row := range school.Roll[1:] {
		for i, cell := range row {
			h := strings.ToLower(school.Roll[0][i])
			if (strings.Contains(h, "name") || strings.Contains(h, "email")) && len(cell) > 3 {
				names[strings.ToLower(cell)] = true
			}
		}
	}
	school.World.View(func() {
		for _, u := range school.World.Users() {
			if strings.HasPrefix(u.OrgUnitPath, "/Pupils") || strings.Contains(u.OrgUnitPath, "/Pupils/") {
				names[strings.ToLower(u.Name.FullName)] = true
				names[strings.ToLower(u.PrimaryEmail)] = true
			}
		}
	})
	if len(names) < 50 {
		t.Fatalf("only %d names and addresses of pupils to look for", len(names))
	}
	mails := 0 // to the administrator
	days := map[string]int{}
	err = filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".db") || strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".eml") {
			m, err := mail.ReadMessage(bytes.NewReader(data))
			if err != nil {
				return err
			}
			at, err := m.Header.Date()
			if err != nil {
				return err
			}
			if strings.Contains(m.Header.Get("To"), "it@") {
				mails++
			}
			if !strings.HasPrefix(m.Header.Get("Subject"), "Please look now") && !strings.Contains(m.Header.Get("Subject"), "of yours") {
				if day := m.Header.Get("To") + at.Format(" 2 Jan"); days[day] > 0 {
					t.Errorf("two ordinary mails in a day: %s", path)
				} else {
					days[day]++
				}
			}
		}
		text := strings.ToLower(string(data))
		for name := range names {
			if strings.Contains(text, name) {
				t.Errorf("%s holds a pupil's name or address", filepath.Base(path))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if mails < 5 || mails > 40 {
		t.Errorf("%d mails to the administrator in half a term; want a handful: one a week, one when something changes, and what cannot wait", mails)
	}
	log := strings.ToLower(stderr.String())
	if strings.Contains(log, "@") {
		t.Error("the log holds an address")
	}
	for name := range names {
		if strings.Contains(log, name) {
			t.Error("the log holds a pupil's name")
		}
	}
	if copied, err := os.ReadFile(filepath.Join(out, "inspection-copy.html")); err != nil || !strings.Contains(string(copied), "Inspection copy") || !strings.Contains(string(copied), `href="index.html"`) {
		t.Errorf("the inspection copy: %d bytes, %v", len(copied), err)
	}
	index, err := os.ReadFile(filepath.Join(out, "index.html"))
	if err != nil {
		t.Error(err)
	}
	for _, first := range []string{"a class teacher gets: ", "the workspace administrator gets: ", "the e-safety officer gets every week: ", "the governors get: ", "The school&#39;s policy"} {
		if !strings.Contains(string(index), first) {
			t.Errorf("index.html does not begin with what to open first: no %q", first)
		}
	}
	// A second demo replaces the first; a folder of somebody else's is left alone: testdata/script/usage.txtar.
}
