package policy

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ExpectationsFile is the name of the file beside a policy that says which clause serves which statutory expectation.
const ExpectationsFile = "expectations.yaml"

// ownExpectations is what holds where a school has no such file. It names means, not clauses, so that it fits any policy.
//
//go:embed expectations.yaml
var ownExpectations []byte

// Expectations is what a school's yearly review of online safety is held against.
type Expectations struct {
	Note string // what is said above them: that paragraphs are to be looked up in the current edition
	List []Expectation
	Own  bool // the program's own list, since the school has none
}

// Expectation is one thing that the law or its guidance expects of a school, in our own short words.
type Expectation struct {
	ID      string
	Says    string
	Source  string   // where it stands: a document and its section
	Clauses []string // ids of the clauses that serve it, in the order of the policy
	Named   []Role   // roles that somebody has to hold
	Yearly  bool     // it is looked at once a year at least
}

var meansNameShape = patternShape("means_name", `a means such as "record incidents" or "check_in filtering"`, `(check|check_in|reminder|record) [a-z-]+`, func(s string) string {
	kind, name, _ := strings.Cut(s, " ")
	if meansOf(Kind(kind), name) == nil {
		return "found " + show(s) + ", a means that is not known"
	}
	return ""
})

var expectationsShape = &shape{form: objectForm, what: "expectations: note and expectations", fields: []field{
	{"note", false, "What is said above the list.", anyText},
	{"expectations", true, "What the law and its guidance expect.", listOf(&shape{
		form: objectForm, what: "an expectation: {id, says, source, clauses, means, named, every}", some: []string{"clauses", "means", "named"},
		fields: []field{
			{"id", true, "A short name.", patternShape("expectation_id", "a short name such as filtering-review", `[a-z0-9][a-z0-9-]{0,39}`, nil)},
			{"says", true, "What is expected, in a sentence.", anyText},
			{"source", true, "Where it stands: document and section.", anyText},
			{"clauses", false, "The ids of the clauses that serve it.", listOf(clauseIDShape, 1)},
			{"means", false, "Means: each clause that is met by one of them serves it.", listOf(meansNameShape, 1)},
			{"named", false, "Roles that somebody has to hold.", listOf(roleShape, 1)},
			{"every", false, "How often it is looked at.", wordsShape([]string{"year"})},
		},
	}, 1)},
}}

// ParseExpectations reads which clause of a policy serves which expectation; name is what messages call the file. The error is [Errors]: a clause that the policy does not have is a mistake.
func ParseExpectations(name string, data []byte, p *Policy) (*Expectations, error) {
	c := &complaints{file: name}
	var v *value
	if body := c.readYAML(data); body != nil {
		v = c.fit(body, expectationsShape)
	}
	out := &Expectations{Note: v.get("note").str()}
	ids := map[string]position{}
	known := make([]string, len(p.Clauses))
	for i, clause := range p.Clauses {
		known[i] = clause.ID
	}
	for _, i := range v.get("expectations").list() {
		e := Expectation{ID: i.get("id").str(), Says: i.get("says").str(), Source: i.get("source").str(), Yearly: i.has("every")}
		if id := i.get("id"); id != nil {
			if first, twice := ids[e.ID]; twice {
				c.wrong(id.at, fmt.Sprintf("found %s a second time (the first is on %s)", show(e.ID), first), "each id once", "")
			}
			ids[e.ID] = id.at
		}
		asked := map[string]bool{}
		for _, clause := range i.get("clauses").list() {
			switch {
			case !slices.Contains(known, clause.text):
				c.wrong(clause.at, fmt.Sprintf("found the clause %s, which the policy does not have", show(clause.text)), "the id of a clause", nearest(clause.text, known))
			case asked[clause.text]:
				c.wrong(clause.at, fmt.Sprintf("found the clause %s a second time", show(clause.text)), "each once", "")
			}
			asked[clause.text] = true
		}
		means := i.get("means").texts()
		for _, clause := range p.Clauses {
			if asked[clause.ID] || slices.ContainsFunc(clause.MetBy, func(m Means) bool { return slices.Contains(means, string(m.Kind)+" "+m.Name) }) {
				e.Clauses = append(e.Clauses, clause.ID)
			}
		}
		for _, r := range i.get("named").list() {
			e.Named = append(e.Named, Role(r.text))
		}
		out.List = append(out.List, e)
	}
	if err := c.result(); err != nil {
		return nil, err
	}
	return out, nil
}

// LoadExpectations reads the file beside a policy, or without one the program's own list. The error is [Errors] where the file is wrong.
func LoadExpectations(p *Policy) (*Expectations, error) {
	path := filepath.Join(filepath.Dir(p.Path), ExpectationsFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return OwnExpectations(p), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is expected of the school: %w", err)
	}
	return ParseExpectations(path, data, p)
}

// OwnExpectations is the program's own list, for a policy.
func OwnExpectations(p *Policy) *Expectations {
	out, err := ParseExpectations("the program's own "+ExpectationsFile, ownExpectations, p)
	if err != nil {
		panic(err) // it is built in, and names no clause
	}
	out.Own = true
	return out
}

// Rest lists the ids of the clauses of a policy that serve none of the expectations: they are the school's own.
func (e *Expectations) Rest(p *Policy) []string {
	var out []string
	for _, c := range p.Clauses {
		if !slices.ContainsFunc(e.List, func(x Expectation) bool { return slices.Contains(x.Clauses, c.ID) }) {
			out = append(out, c.ID)
		}
	}
	return out
}
