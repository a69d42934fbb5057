package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each example says of each of its clauses what it serves, and expects the same as the program's own list.
func TestExampleExpectations(t *testing.T) {
	for _, name := range []string{"classroom-school.yaml", "dojo-school.yaml"} {
		p := example(t, name)
		path := filepath.Join(examples, "expectations", name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		have, err := ParseExpectations(path, data, p)
		if err != nil {
			t.Fatal(err)
		}
		own := OwnExpectations(p)
		if rest := have.Rest(p); len(rest) > 0 {
			t.Errorf("%s: clauses that serve nothing: %v", name, rest)
		}
		if have.Own || !own.Own || have.Note != own.Note || len(have.List) != len(own.List) {
			t.Errorf("%s is another list than the program's own", name)
		}
		for i, e := range have.List {
			o := own.List[i]
			if len(e.Clauses) == 0 {
				t.Errorf("%s: nothing serves %s", name, e.ID)
			}
			e.Clauses, o.Clauses = nil, nil
			if diff := cmp.Diff(o, e); diff != "" {
				t.Errorf("%s (-own +example):\n%s", name, diff)
			}
		}
	}
}

// No paragraph is named anywhere: they are numbered anew with each edition.
func TestNoParagraphIsNamed(t *testing.T) {
	if s := strings.ToLower(string(ownExpectations)); strings.Contains(s, "paragraph 1") || strings.Contains(s, "para ") || !strings.Contains(s, "look up the current editions") {
		t.Error("the program's own list names a paragraph, or does not say that they are to be looked up")
	}
}

func TestExpectationsByMeans(t *testing.T) {
	p := example(t, "dojo-school.yaml")
	have, err := ParseExpectations("expectations.yaml", []byte("note: n\nexpectations:\n  - {id: a, says: s, source: x, means: [record filtering, check_in meetings], clauses: [B26, B12], every: year}\n  - {id: b, says: s, source: x, named: [governor]}\n"), p)
	if err != nil {
		t.Fatal(err)
	}
	want := &Expectations{Note: "n", List: []Expectation{
		{ID: "a", Says: "s", Source: "x", Clauses: []string{"B12", "B16", "B20", "B26"}, Yearly: true}, {ID: "b", Says: "s", Source: "x", Named: []Role{RoleGovernor}},
	}}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if rest := have.Rest(p); len(rest) != len(p.Clauses)-4 || rest[0] != "B1" {
		t.Errorf("the rest: %v", rest)
	}
}

func TestWrongExpectations(t *testing.T) {
	p := example(t, "dojo-school.yaml")
	for text, want := range map[string]string{
		"":                 "e.yaml:1:1: found an empty file; expected a policy as in examples/",
		"expectations: []": "e.yaml:1:15: found a list of 0; expected a list of items, each an expectation: {id, says, source, clauses, means, named, every}, at least one",
		"expectations:\n- {id: a, says: s, source: x}":                                                                      "e.yaml:2:3: found none of clauses, means, named; expected at least one of clauses, means, named",
		"expectations:\n- {id: a, says: s, source: x, clauses: [B27]}":                                                      `e.yaml:2:41: found the clause "B27", which the policy does not have; expected the id of a clause; did you mean "B2"?`,
		"expectations:\n- {id: a, says: s, source: x, clauses: [B2, B2]}":                                                   `e.yaml:2:45: found the clause "B2" a second time; expected each once`,
		"expectations:\n- {id: a, says: s, source: x, means: [record incident]}":                                            `e.yaml:2:39: found "record incident", a means that is not known; expected a means such as "record incidents" or "check_in filtering"`,
		"expectations:\n- {id: a, says: s, source: x, named: [govenor]}":                                                    `did you mean "governor"?`,
		"expectations:\n- {id: a, says: s, source: x, named: [governor], every: term}":                                      `e.yaml:2:57: found "term"; expected "year"`,
		"expectations:\n- {id: a, says: s, source: x, named: [governor]}\n- {id: a, says: s, source: x, named: [governor]}": `e.yaml:3:8: found "a" a second time (the first is on line 2); expected each id once`,
		"note: n\nexpectation:\n- {id: a, says: s, source: x, named: [governor]}":                                           `e.yaml:2:1: found "expectation", which is not known here; expected "note" or "expectations"; did you mean "expectations"?`,
	} {
		_, err := ParseExpectations("e.yaml", []byte(text), p)
		var wrong Errors
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: have %v\nwant %s", text, err, want)
		}
	}
}

func TestLoadExpectations(t *testing.T) {
	dir := t.TempDir()
	p := *example(t, "dojo-school.yaml")
	p.Path = filepath.Join(dir, "policy.yaml")
	have, err := LoadExpectations(&p)
	if err != nil || !have.Own || len(have.List) < 10 {
		t.Errorf("without a file: %v %v", have, err)
	}
	file := filepath.Join(dir, ExpectationsFile)
	if err := os.WriteFile(file, []byte("expectations: [{id: a, says: s, source: x, clauses: [B1]}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if have, err = LoadExpectations(&p); err != nil || have.Own || len(have.List) != 1 {
		t.Errorf("with one: %v %v", have, err)
	}
	if err := os.WriteFile(file, []byte("expectations: [{id: a, says: s, source: x, clauses: [C1]}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = LoadExpectations(&p); err == nil || !strings.HasPrefix(err.Error(), file+":1:54: ") {
		t.Errorf("with a wrong one: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err = LoadExpectations(&p); err == nil {
		t.Error("what cannot be read is not what is not there")
	}
}

// FuzzExpectations: whatever the file holds, it is read or refused with a place.
func FuzzExpectations(f *testing.F) {
	p, err := Load(filepath.Join(examples, "dojo-school.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ownExpectations)
	f.Add([]byte("expectations: [{id: a, says: s, source: x, clauses: [B1], named: [governor], every: year}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		have, err := ParseExpectations("e.yaml", data, p)
		var wrong Errors
		switch {
		case err != nil && (!errors.As(err, &wrong) || len(wrong) == 0 || wrong[0].Line < 1 || wrong[0].Column < 1):
			t.Fatalf("%v", err)
		case err == nil && len(have.List) == 0:
			t.Fatal("nothing is expected, and nothing is wrong")
		}
	})
}
