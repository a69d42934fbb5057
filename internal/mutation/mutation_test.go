package mutation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	// What is mutated is imported so that a kept test result goes stale when it, or what it rests on, changes.
	_ "esafetybot/internal/checkins"
	_ "esafetybot/internal/checks/accounts"
	_ "esafetybot/internal/checks/comments"
	_ "esafetybot/internal/checks/devices"
	_ "esafetybot/internal/checks/names"
	_ "esafetybot/internal/checks/pupilemail"
	_ "esafetybot/internal/checks/settings"
	_ "esafetybot/internal/checks/sharing"
	_ "esafetybot/internal/classdojo"
	_ "esafetybot/internal/decisions"
	_ "esafetybot/internal/incidents"
	_ "esafetybot/internal/moderation"
	_ "esafetybot/internal/names"
	_ "esafetybot/internal/records"
)

// packages lists what is mutated: the checks, each with its folder, and what else decides what a school is told.
var packages = []string{
	"internal/checkins",
	"internal/checks/accounts",
	"internal/checks/comments",
	"internal/checks/devices",
	"internal/checks/names",
	"internal/checks/pupilemail",
	"internal/checks/settings",
	"internal/checks/sharing",
	"internal/classdojo",
	"internal/decisions",
	"internal/incidents",
	"internal/moderation",
	"internal/names",
	"internal/records",
}

// behind are tests that are asked about a mutant which the package's own let live, in a campaign: a package and what to run of it. They decide nothing; the
// message says whether they would have noticed.
const (
	behind    = "internal/e2e"
	behindRun = "^TestHandMade$"
)

// equivalent lists mutants that no test can tell from the program, by their key, and why. It must stay tiny: a condition
// that can be left out had better be.
var equivalent = map[string]string{
	"internal/names/find.go: w.exact == none && len(w.edited) == 0: dropped: never": "no letter brings anything any more: only time is spared",
	"internal/names/tree.go: e.letter != r: dropped: always":                        "the exact walk says the same, and what is near gives way to it: only time is spared",
	"internal/names/words.go: r < utf8.RuneSelf: dropped: never":                    "the table holds what is worked out otherwise: only time is spared",
	"internal/names/words.go: utf8.RuneLen(r) == 1: dropped: never":                 "so does the quick way: only time is spared",
}

// sampleSize is how many mutants of each package an ordinary test run tries.
const sampleSize = 8

// leastPatience is how long one run of a package's tests may take at least before the mutant counts as noticed: it hangs.
const leastPatience = 10 * time.Second

func TestMutationSample(t *testing.T) {
	if testing.Short() {
		t.Skip("builds test binaries")
	}
	for _, pkg := range packages {
		t.Run(filepath.Base(pkg), func(t *testing.T) {
			b := build(t, pkg, true)
			b.report(t, b.survivors(t, sample(b.mutants, sampleSize)))
		})
	}
}

// No check is forgotten.
func TestEveryCheckIsMutated(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(root(t), "internal", "checks", "*", "*.go"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no checks found: %v", err)
	}
	for _, d := range dirs {
		if pkg := "internal/checks/" + filepath.Base(filepath.Dir(d)); !slices.Contains(packages, pkg) {
			t.Errorf("%s is not on the list of packages", pkg)
		}
	}
}

// sample picks n mutants or a few more: one of each kind, the rest evenly.
func sample(all []mutant, n int) []mutant {
	kinds := map[string][]mutant{}
	var order []string
	for _, m := range all {
		if kinds[m.what] == nil {
			order = append(order, m.what)
		}
		kinds[m.what] = append(kinds[m.what], m)
	}
	var out []mutant
	for _, k := range order {
		out = append(out, kinds[k][len(kinds[k])/2])
	}
	for i, rest := 0, n-len(out); i < rest; i++ {
		if m := all[(2*i+1)*len(all)/(2*rest)]; !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

func TestCampaignMutation(t *testing.T) {
	if os.Getenv("ESAFETYBOT_CAMPAIGN") != "1" {
		t.Skip("set ESAFETYBOT_CAMPAIGN=1 to try every mutant")
	}
	used, tried := map[string]bool{}, map[string]bool{}
	for _, pkg := range packages {
		t.Run(filepath.Base(pkg), func(t *testing.T) {
			b := build(t, pkg, false)
			for _, m := range b.mutants {
				used[m.key()], tried[m.file] = true, true
			}
			b.behind = true
			b.report(t, b.survivors(t, b.mutants))
			t.Logf("%s: %d mutants", pkg, len(b.mutants))
		})
	}
	for k := range equivalent {
		if file, _, _ := strings.Cut(k, ":"); tried[file] && !used[k] { // not where only some packages were asked for
			t.Errorf("the list of equivalent mutants names %q, which is none", k)
		}
	}
}

// binary is a package's tests with its mutants built in.
type binary struct {
	root    string // of the module
	dir     string // of the package
	overlay string // file for -overlay
	path    string
	scratch string // where the tests put their files; "" leaves it to them
	args    []string
	mutants []mutant
	behind  bool
	// patience is for a run of these tests, by what they take without a mutant.
	patience time.Duration
}

// root is the module's folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("there is no go.mod above")
		}
		dir = up
	}
}

// short is how tests run that need not try everything: it is enough for most mutants, and where it is not, they run again whole.
const short = "-test.short"

// build compiles a package's tests with all of its mutants, and makes sure that they pass while none is alive; the short ones only, where the whole ones are run elsewhere.
func build(t *testing.T, pkg string, shortOnly bool) *binary {
	t.Helper()
	b := &binary{root: root(t)}
	b.dir = filepath.Join(b.root, filepath.FromSlash(pkg))
	tmp := t.TempDir()
	files, err := filepath.Glob(filepath.Join(b.dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	replaced := map[string]string{}
	n, name := 0, ""
	put := func(path, base string, source []byte) {
		out := filepath.Join(tmp, base)
		if err := os.WriteFile(out, source, 0o600); err != nil {
			t.Fatal(err)
		}
		replaced[path] = out
	}
	for _, path := range files {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") {
			b.args = append(b.args, rapidArgs(t, path, source)...)
			continue
		}
		changed, mutants, pkgName, err := mutate(pkg+"/"+filepath.Base(path), source, &n)
		if err != nil {
			t.Fatal(err)
		}
		name = pkgName
		b.mutants = append(b.mutants, mutants...)
		put(path, filepath.Base(path), changed)
	}
	if len(b.mutants) == 0 {
		t.Fatalf("%s has no conditions: it is in the wrong list", pkg)
	}
	put(filepath.Join(b.dir, "mutant_support.go"), "mutant_support.go", fmt.Appendf(nil, support, name, envMutant))
	list, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	b.overlay, b.path = filepath.Join(tmp, "overlay.json"), filepath.Join(tmp, "mutants.test")
	if err := os.WriteFile(b.overlay, list, 0o600); err != nil {
		t.Fatal(err)
	}
	b.compile(t, b.path, b.dir)
	if _, err := os.Stat(b.path); err != nil {
		t.Fatalf("%s has no tests", pkg)
	}
	// The same files are written hundreds of times: where there is a place in memory, no disk is waited for.
	if dir, err := os.MkdirTemp("/dev/shm", "mutants"); err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		b.scratch = dir
	}
	began := time.Now()
	b.patience = 10 * time.Minute
	args := slices.Clone(b.args)
	if shortOnly {
		args = append(args, short)
	}
	if err := b.run(0, b.path, b.dir, args...); err != nil {
		t.Fatalf("the tests of %s fail without a mutant: %v", pkg, err)
	}
	b.patience = leastPatience + 20*time.Since(began)
	return b
}

func (b *binary) compile(t *testing.T, out, dir string) {
	t.Helper()
	c := exec.Command("go", "test", "-c", "-overlay", b.overlay, "-vet=off", "-o", out, ".")
	c.Dir = dir
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s with its mutants does not compile: %v\n%s", dir, err, text)
	}
}

// rapidArgs keeps property tests to one seed, writes no files into the checkout and does not search for the smallest example.
func rapidArgs(t *testing.T, path string, source []byte) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range f.Imports {
		if i.Path.Value == `"pgregory.net/rapid"` {
			return []string{"-rapid.nofailfile", "-rapid.shrinktime=0s", "-rapid.seed=1"}
		}
	}
	return nil
}

// run runs a test binary with one mutant alive; 0 is none. It gives an error if a test fails.
func (b *binary) run(id int, path, dir string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), b.patience)
	defer cancel()
	c := exec.CommandContext(ctx, path, append([]string{"-test.failfast"}, args...)...)
	c.Dir = dir
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", envMutant, id), "ESAFETYBOT_CAMPAIGN=")
	if b.scratch != "" {
		c.Env = append(c.Env, "TMPDIR="+b.scratch)
	}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		var exit *exec.ExitError
		if ctx.Err() == nil && !errors.As(err, &exit) {
			return fmt.Errorf("%w: %w", errNotRun, err)
		}
		return fmt.Errorf("%w\n%s", err, out.String())
	}
	return nil
}

// errNotRun means that the tests did not fail but could not be run.
var errNotRun = errors.New("the tests could not be run")

// survivors runs the tests with each mutant alive, two at a time, and lists those that no test notices, but for equivalent ones.
func (b *binary) survivors(t *testing.T, mutants []mutant) []mutant {
	t.Helper()
	var mu sync.Mutex
	var alive []mutant
	var wg sync.WaitGroup
	work := make(chan mutant)
	for range 2 {
		wg.Go(func() {
			for m := range work {
				err := b.run(m.id, b.path, b.dir, append(slices.Clone(b.args), short)...)
				if err == nil {
					err = b.run(m.id, b.path, b.dir, b.args...)
				}
				same := equivalent[m.key()] != ""
				switch {
				case errors.Is(err, errNotRun):
					t.Error(err)
				case err == nil && !same:
					mu.Lock()
					alive = append(alive, m)
					mu.Unlock()
				case err != nil && same:
					t.Errorf("%s: is on the list of equivalent mutants, but a test notices it", m)
				}
			}
		})
	}
	for _, m := range mutants {
		work <- m
	}
	close(work)
	wg.Wait()
	slices.SortFunc(alive, func(a, b mutant) int { return a.id - b.id })
	return alive
}

// report fails for every survivor.
func (b *binary) report(t *testing.T, alive []mutant) {
	t.Helper()
	far := ""
	if b.behind && len(alive) > 0 {
		far, b.patience = filepath.Join(filepath.Dir(b.path), "behind.test"), 2*time.Minute
		b.compile(t, far, filepath.Join(b.root, filepath.FromSlash(behind)))
	}
	for _, m := range alive {
		more := ""
		if far != "" {
			more = "; nor does " + behind
			if b.run(m.id, far, filepath.Join(b.root, filepath.FromSlash(behind)), "-test.run="+behindRun) != nil {
				more = "; " + behind + " does, but the package's own tests should"
			}
		}
		t.Errorf("%s: no test notices%s", m, more)
	}
}

// TestNotices makes sure that this test would notice: it tries a small package of every construct, whose tests let two mutants live on
// purpose, one that changes nothing and one at a boundary.
func TestNotices(t *testing.T) {
	if testing.Short() {
		t.Skip("builds test binaries")
	}
	b := build(t, "internal/mutation/testdata/toy", true)
	count := map[string]int{}
	for _, m := range b.mutants {
		count[m.what]++
	}
	want := map[string]int{
		"negated": 20, always: 13, never: 16, "made false": 2, "made true": 1, "left out": 1, "< made <=": 1, "<= made <": 1, "> made >=": 2, ">= made >": 1,
		"After made to hold at the same moment too": 1, "Before made to hold at the same moment too": 1,
	}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("mutants of each kind (-want +have):\n%s", diff)
	}
	have := []string{}
	for _, m := range b.survivors(t, b.mutants) {
		have = append(have, m.code+": "+m.what)
	}
	if diff := cmp.Diff([]string{"on: dropped: always", "n > 100: > made >="}, have); diff != "" {
		t.Errorf("survivors (-want +have):\n%s", diff)
	}
}
