package policy

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write examples/policy.schema.json and the explained examples anew")

var examples = filepath.Join("..", "..", "examples")

func compiled(t *testing.T) *jsonschema.Schema { return compile(t, Schema()) }

func compile(t *testing.T, schema []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("policy.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("policy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, policy []byte) error {
	t.Helper()
	j, err := yaml.YAMLToJSON(policy)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestSchemaIsFresh(t *testing.T) {
	for name, schema := range map[string][]byte{"policy.schema.json": Schema(), "trust.schema.json": TrustSchema()} {
		path := filepath.Join(examples, name)
		if *update {
			if err := os.WriteFile(path, schema, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(schema), string(have)); d != "" {
			t.Errorf("run go test ./internal/policy -update (-want +have):\n%s", d)
		}
	}
}

func TestSchemaTakesWhatParseTakes(t *testing.T) {
	s := compiled(t)
	if err := valid(t, s, []byte(small)); err != nil {
		t.Errorf("the small policy: %v", err)
	}
	for _, name := range []string{"classroom-school.yaml", "dojo-school.yaml"} {
		data, err := os.ReadFile(filepath.Join(examples, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(t, s, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSchemaRefuses makes mistakes that an editor should underline.
func TestSchemaRefuses(t *testing.T) {
	s := compiled(t)
	for _, c := range []struct{ old, new string }{
		{"trusted_domains:", "trusted_domain:"},
		{"[School.example]", "school.example"},
		{"[trust.example]", "[trust]"},
		{"[tue, thu]", "[tue, thursday]"},
		{"IT@school.example", "it"},
		{"chair_of_governors:", "chair:"},
		{"titles: {esafety_officer", "titles: {officer"},
		{"[/Pupils]", "[]"},
		{"{id: Admission number, class: Reg}", "{class: Reg}"},
		{"org_unit: /Visitors", "org_unit: /Visitors, group: g@school.example"},
		{"2026-10-26, 2026-10-30]", "2026-10-26]"},
		{"deals_with_it: workspace_admin", "deals_with_it: cook"},
		{"check: names", "check: name"},
		{"{record: takedown", "{check: names, severity: low, record: takedown"},
		{"{record: takedown,", "{record: takedown, with: {},"},
		{"{record: takedown,", "{record: takedown, ask: headteacher,"},
		{"trusted-domain]", "trusted_domain]"},
		{"with: {rules: [public, trusted-domain]}, ", ""},
		{"{rules: [full-name],", "{rules: [first-name],"},
		{"{drive: 0AbC", "{folder: x, drive: 0AbC"},
		{"[classes]}, severity: low}", "[classes]}}"},
		{"ask: esafety_officer, ", ""},
		{"due: 1 working day", "due: soon"},
		{"30 days", "forever"},
	} {
		if !strings.Contains(small, c.old) {
			t.Fatalf("the small policy has no %q", c.old)
		}
		bad := []byte(strings.Replace(small, c.old, c.new, 1))
		if valid(t, s, bad) == nil {
			t.Errorf("the schema takes %q", c.new)
		}
		if _, err := Parse("p.yaml", bad); err == nil {
			t.Errorf("Parse takes %q", c.new)
		}
	}
}
