// Package repo holds the tests that are about the repository as a whole: who imports whom, how long a file may get, which
// names and paths may be committed, and that the documents say what the code does.
package repo

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	module   = "esafetybot"
	mostRows = 600 // lines of a file: what outgrows that is split by meaning
)

// outgrown files wait to be split, each with its limit until then; there should be none.
var outgrown = map[string]int{}

// root is the repository's folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("the module's folder is not where this test expects it: %v", err)
	}
	return dir
}

// committed lists the files that git knows, by path from the root.
func committed(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		if os.Getenv("ESAFETYBOT_REQUIRE_ALL") == "1" {
			t.Fatalf("git ls-files: %v", err)
		}
		t.Skipf("not run: what is committed (no git, or no git checkout: %v)", err)
	}
	var files []string
	for _, name := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if _, err := os.Stat(filepath.Join(root(t), name)); err == nil { // it may have been removed and that not be committed yet
			files = append(files, name)
		}
	}
	return files
}

// texts yields the committed text files with what is in them, less those that a tool wrote or somebody else did.
func texts(t *testing.T, visit func(name string, text []byte)) {
	t.Helper()
	for _, name := range committed(t) {
		switch {
		case path.Base(name) == "go.sum", path.Base(name) == "LICENSE", path.Dir(name) == "internal/sim/discovery/apis":
			continue
		}
		text, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(text, 0) < 0 && utf8.Valid(text) {
			visit(name, text)
		}
	}
}

// line is the number of the line that an offset is in.
func line(text []byte, offset int) int { return 1 + bytes.Count(text[:offset], []byte("\n")) }

func TestNoFileTooLong(t *testing.T) {
	texts(t, func(name string, text []byte) {
		if n, most := bytes.Count(text, []byte("\n")), max(mostRows, outgrown[name]); path.Ext(name) == ".go" && n > most {
			t.Errorf("%s has %d lines, more than %d: split it by meaning", name, n, most)
		} else if outgrown[name] > 0 && n <= mostRows {
			t.Errorf("%s is short again: take it off the list of outgrown files", name)
		}
	})
}

func TestNothingLeftUndone(t *testing.T) {
	marks := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	texts(t, func(name string, text []byte) {
		for _, at := range marks.FindAllIndex(text, -1) {
			t.Errorf("%s:%d: %s", name, line(text, at[0]), text[at[0]:at[1]])
		}
	})
}

func TestNoPathOfAMachine(t *testing.T) {
	paths := regexp.MustCompile(`(^|[\s"'` + "`" + `=(:])/(work|root|Users|home/[a-z]+)/[A-Za-z.]`)
	texts(t, func(name string, text []byte) {
		for _, at := range paths.FindAllIndex(text, -1) {
			t.Errorf("%s:%d: a path of somebody's machine: %q", name, line(text, at[0]), text[at[0]:at[1]])
		}
	})
}

// hosts that may be named although they are real: those the program talks to or links to, sources of facts, and modules. All
// invented names end in .example, .test or .invalid (RFC 2606).
var (
	realHosts = []string{
		"github.com", "gov.uk", "classdojo.com", "apache.org", "json-schema.org", "semver.org", "oauth.net", "debian.org", "rclone.org", "ietf.org", "rfc-editor.org", "w3.org",
		"golang.org", "go.dev", "go.etcd.io", "pgregory.net", "charm.land", "uber.org", "opentelemetry.io",
		"google.com", "googleapis.com", "googledomains.com", "googleusercontent.com", "youtube.com", "youtu.be", "whatwg.org", "blogspot.com", "blogger.com", "golangci-lint.run", "keepachangelog.com",
		"testfiltering.com", "hashicorp.com", "ko.build", "run.app", "pkg.dev", "gcr.io", "gserviceaccount.com", "google.internal", "gmail.com", "googlemail.com", "com.google.cloud", "example.com", "example.net", "example.org",
	}
	inURL  = regexp.MustCompile(`(?i)\b(?:https?|wss?)://([a-z0-9-]+(?:\.[a-z0-9-]+)+)`)
	inMail = regexp.MustCompile(`(?i)[a-z0-9._%+-]@([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})\b`)
	bare   = regexp.MustCompile(`\b((?:[a-z0-9-]{2,}\.)+(?:com|org|net|edu|eu|uk|io|cloud))\b`)
	number = regexp.MustCompile(`^[0-9.]+$`)
)

func TestOnlyInventedDomains(t *testing.T) {
	texts(t, func(name string, text []byte) {
		if path.Base(name) == "go.mod" {
			return
		}
		for _, re := range []*regexp.Regexp{inURL, inMail, bare} {
			for _, at := range re.FindAllSubmatchIndex(text, -1) {
				if host := string(text[at[2]:at[3]]); !mayName(host) {
					t.Errorf("%s:%d: %s: invented names end in .example; what is real must be on the list in this test", name, line(text, at[2]), host)
				}
			}
		}
	})
}

func mayName(host string) bool {
	host = strings.ToLower(host)
	switch host[strings.LastIndex(host, ".")+1:] {
	case "example", "test", "invalid", "localhost":
		return true
	}
	return number.MatchString(host) || slices.ContainsFunc(realHosts, func(h string) bool { return host == h || strings.HasSuffix(host, "."+h) })
}

// A pkg is a folder with Go files.
type pkg struct {
	path    string // from the module's root, "internal/google"
	files   []file
	comment bool
}

type file struct {
	name    string
	test    bool
	imports []string // less the module's prefix for our own
}

// packages parses every Go file's imports and package comment.
func packages(t *testing.T) map[string]*pkg {
	t.Helper()
	out := map[string]*pkg{}
	dir := root(t)
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if base := d.Name(); rel != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "bin" || rel == "tools") {
				return filepath.SkipDir
			}
			return nil
		}
		if path.Ext(rel) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		at := out[path.Dir(rel)]
		if at == nil {
			at = &pkg{path: path.Dir(rel)}
			out[at.path] = at
		}
		at.comment = at.comment || documents(parsed)
		f := file{name: rel, test: strings.HasSuffix(rel, "_test.go")}
		for _, i := range parsed.Imports {
			f.imports = append(f.imports, strings.TrimPrefix(strings.Trim(i.Path.Value, `"`), module+"/"))
		}
		at.files = append(at.files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// documents says whether a file carries its package's comment.
func documents(f *ast.File) bool {
	text := f.Doc.Text()
	return strings.HasPrefix(text, "Package "+f.Name.Name+" ") || f.Name.Name == "main" && strings.HasPrefix(text, "Command ")
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for name, p := range packages(t) {
		if !p.comment {
			t.Errorf("%s has no package comment (Package … or Command …): say there what others may rely on", name)
		}
	}
}

// Imports follow the arrows of docs/architecture.md. A rule names rooms by pattern: "google" is internal/google and "sim/…" is
// internal/sim and everything below it; a path with a dot in its first part is somebody else's module.
var rules = []struct {
	why   string
	of    []string // these imports
	only  []string // may stand in these rooms only, or
	not   []string // must not stand in these
	deep  bool     // nor come in through other rooms of ours
	tests bool     // tests are bound too
}{
	{why: "the commands are the only place that knows every room", of: []string{"jobs", "web"}, only: []string{"cli", "jobs", "e2e"}},
	{why: "the commands are the top of the house", of: []string{"cli"}, only: []string{"cmd/…"}},
	{why: "the simulated school shares nothing with what it tests, so that one mistake cannot hide in both",
		of:  []string{"google/…", "checks/…", "school", "shares", "findings", "people", "jobs", "reports", "outbox", "seen", "census", "memory", "rolls", "settings", "access", "actions", "remedies", "names"},
		not: []string{"sim/…"}, deep: true},
	{why: "the simulated school is for trying out, not for the program", of: []string{"sim/…"}, only: []string{"cli", "sim/…"}},
	{why: "a check is a pure function", of: []string{"store/…", "google/…", "outbox", "mail", "people", "shares", "net/http", "os"}, not: []string{"checks/…"}},
	{why: "a check is a pure function, also of what it uses", of: []string{"google/…", "sim/…", "mail"}, not: []string{"checks/…"}, deep: true},
	{why: "who is who and what was seen know no API and no store", of: []string{"google/…", "store/…", "net/http", "os"}, not: []string{"school", "seen"}, deep: true},
	{why: "who is named in a text is asked of the text alone", of: []string{"google/…", "store/…", "checks/…", "policy/…", "rolls", "school", "seen", "people", "jobs", "reports", "net/http", "os"}, not: []string{"names"}},
	{why: "what faces the internet can do nothing to the domain", of: []string{"google/…", "remedies", "classdojo/mailbox"}, not: []string{"web/…", "hooks/…", "functions/…"}, deep: true},
	{why: "what receives pushes knows nothing of what they are about", of: []string{"policy/…", "web/…", "census", "findings", "jobs", "outbox"}, not: []string{"hooks/…", "functions/…"}, deep: true},
	{why: "ClassDojo is heard of, never asked, and hearing of it needs no Google", of: []string{"google/…", "remedies", "census", "jobs", "moderation", "mail", "outbox"}, not: []string{"classdojo/…"}, deep: true},
	{why: "mail is judged without any network", of: []string{"net/http", "net", "os"}, not: []string{"classdojo/mailbox"}},
	{why: "the log of changes knows no Google", of: []string{"google/…", "remedies", "census", "shares", "seen"}, not: []string{"actions"}, deep: true},
	{why: "remedies know Google through their own interface", of: []string{"google/…", "store/…", "census", "jobs"}, not: []string{"remedies"}},
	{why: "cloud SDKs stay where they are wrapped",
		of:   []string{"google.golang.org/api/…", "cloud.google.com/go/…"},
		only: []string{"google", "remedies", "store/firestore/…", "hooks/oidc"}},
	{why: "cloud SDKs stay where they are wrapped, in tests too; those of the simulated school use Google's own clients against it",
		of:   []string{"google.golang.org/api/…", "cloud.google.com/go/…"},
		only: []string{"google", "remedies", "store/firestore/…", "hooks/oidc", "sim/…"}, tests: true},
	{why: "what is told of the program's own work goes through words and numbers of ours", of: []string{"go.opentelemetry.io/otel/…"}, only: []string{"telemetry/…", "cli"}},
	{why: "who tells a collector is decided where a process begins", of: []string{"telemetry/otlp"}, only: []string{"cli", "functions"}},
	{why: "a message is data in, message out", of: []string{"store/…", "google/…", "jobs"}, not: []string{"reports"}, deep: true},
	{why: "the store knows nothing of what it keeps", of: []string{"google/…", "findings", "shares", "policy", "school", "seen", "people"}, not: []string{"store/…"}, deep: true},
}

func TestImportsFollowTheArrows(t *testing.T) {
	all := packages(t)
	for _, r := range rules {
		for _, p := range all {
			if (r.only != nil && matches(r.only, p.path)) || (r.not != nil && !matches(r.not, p.path)) {
				continue
			}
			for _, f := range p.files {
				if f.test && !r.tests {
					continue
				}
				for _, i := range f.imports {
					if way := reach(all, i, r.of, r.deep, map[string]bool{}); way != nil {
						t.Errorf("%s imports %s: %s", f.name, strings.Join(way, ", which imports "), r.why)
					}
				}
			}
		}
	}
}

// reach is the way from an import to one that a rule is about, through rooms of ours if deep; nil if there is none.
func reach(all map[string]*pkg, from string, of []string, deep bool, been map[string]bool) []string {
	if matches(of, from) {
		return []string{from}
	}
	p := all[from]
	if !deep || p == nil || been[from] {
		return nil
	}
	been[from] = true
	for _, f := range p.files {
		if f.test {
			continue
		}
		for _, i := range f.imports {
			if way := reach(all, i, of, deep, been); way != nil {
				return append([]string{from}, way...)
			}
		}
	}
	return nil
}

func matches(patterns []string, name string) bool {
	name = strings.TrimPrefix(name, "internal/")
	return slices.ContainsFunc(patterns, func(p string) bool {
		folder, below := strings.CutSuffix(p, "/…")
		return name == folder || below && strings.HasPrefix(name, folder+"/")
	})
}

func TestRulesAreAboutRooms(t *testing.T) {
	// A rule about a room that was renamed would never fail again.
	all := packages(t)
	planned := []string{"remedies", "classdojo/mailbox"}
	for _, r := range rules {
		for _, p := range slices.Concat(r.of, r.only, r.not) {
			if strings.Contains(strings.SplitN(p, "/", 2)[0], ".") || slices.Contains(planned, p) || p == "os" || p == "net/http" || p == "net" {
				continue
			}
			found := false
			for name := range all {
				found = found || matches([]string{p}, name)
			}
			if !found {
				t.Errorf("the rule %q is about %s, which does not exist", r.why, p)
			}
		}
	}
}
