package policy

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Inherited is what a school's policy knows of the trust whose file it inherits.
type Inherited struct {
	Name       string   // of the trust
	Path       string   // of its file
	Domains    []string // of the trust's own office, lower case
	Neighbours []Neighbour
}

// Neighbour is another school of the trust.
type Neighbour struct {
	Key      string // as [Policy.Key]
	Name     string
	Path     string   // of its policy file
	Domains  []string // lower case
	OrgUnits []string // default "/"
}

// Origin says where a clause comes from.
type Origin struct {
	File     string   // the trust's
	Line     int      // in it
	Required bool     // the school may not leave it out, or ask for less
	Changed  []string // the fields that the school says itself, in the order of its file
}

// source is one file, read and fitted to its grammar once, however many schools ask for it.
type source struct {
	data   []byte
	err    error
	root   *value // nil if it could not be read as YAML
	errors Errors
	warned []Warning
}

// loader reads the files that policies are made of. It keeps them, so that the schools of a trust are each read once.
type loader struct {
	read func(path string) ([]byte, error)
	kept map[string]*source
}

func newLoader(read func(string) ([]byte, error)) *loader {
	return &loader{read: read, kept: map[string]*source{}}
}

func (l *loader) file(path string, s *shape) *source {
	key := s.what + "\x00" + path
	if l.kept[key] == nil {
		out := &source{}
		if out.data, out.err = l.read(path); out.err == nil {
			c := &complaints{file: path}
			if body := c.readYAML(out.data); body != nil {
				out.root = c.fit(body, s)
			}
			out.errors, out.warned = c.errors, c.warnings
		}
		l.kept[key] = out
	}
	return l.kept[key]
}

// together are the lists of a policy and of its blocks that a school adds to, where all others stand in place of the trust's.
var together = []string{"not_seen", "confidential_owners", "trusted_domains", "extra_bank_holidays"}

// inherit puts what the trust says into a school's policy, and notes the trust. It returns nil, after complaints, where nothing can be said without the trust's file. data is
// the trust's file, which the version covers.
func (b *builder) inherit(own *value, files *loader) (merged *value, data []byte) {
	name := own.get("inherits")
	if name == nil {
		return nil, nil // has been complained about
	}
	if files == nil {
		b.wrong(name.at, "found a trust's file, which can be inherited only where the policy is read from a file", "no inherits", "")
		return nil, nil
	}
	path := beside(b.file, name.text)
	src := files.file(path, trustShape)
	if src.err != nil {
		b.wrong(name.at, fmt.Sprintf("the trust's file %s cannot be read: %v", show(name.text), withoutPath(src.err)), "a path relative to this file", "")
		return nil, nil
	}
	b.errors, b.warnings = append(b.errors, src.errors...), append(b.warnings, src.warned...)
	if src.root == nil {
		return nil, nil
	}
	t := src.root.in(path)
	b.trust = t
	b.p.Trust = &Inherited{Name: t.get("trust").get("name").str(), Path: path}
	for _, d := range t.get("trust").get("domains").texts() {
		b.p.Trust.Domains = append(b.p.Trust.Domains, strings.ToLower(d))
	}
	b.leavesOut(own, t.get("policy").get("clauses"))
	merged = mergeBlocks(own, t.get("policy"), 0)
	b.neighbours(merged, files)
	b.trustsPeople(merged)
	return merged, src.data
}

// beside is a path that stands in a file.
func beside(file, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(file), path)
}

// withoutPath is an error of the file system without the path, which the sentence names already.
func withoutPath(err error) error {
	if p, ok := err.(*os.PathError); ok { //nolint:errorlint // what is wrapped deeper says more than a path
		return p.Err
	}
	return err
}

// in is a value whose places name the file that they are in.
func (v *value) in(file string) *value {
	if v == nil {
		return nil
	}
	out := *v
	out.at.file = file
	if v.keys != nil {
		out.keys, out.fields = make(map[string]position, len(v.keys)), make(map[string]*value, len(v.fields))
		for n, at := range v.keys {
			at.file = file
			out.keys[n] = at
		}
		for n, f := range v.fields {
			out.fields[n] = f.in(file)
		}
	}
	if v.items != nil {
		out.items = make([]*value, len(v.items))
		for i, one := range v.items {
			out.items[i] = one.in(file)
		}
	}
	return &out
}

// mergeBlocks puts a block of the trust's under one of the school's: docs/trust.md, "What a school's policy takes over". depth is 0 for the whole policy, 1 for what stands in it.
func mergeBlocks(own, trust *value, depth int) *value {
	if trust == nil || own == nil {
		return own
	}
	out := *own
	out.fields, out.keys, out.names = maps.Clone(own.fields), maps.Clone(own.keys), slices.Clone(own.names)
	for _, n := range trust.names {
		mine, theirs := own.get(n), trust.get(n)
		switch {
		case !own.has(n):
			out.put(n, trust.keys[n], theirs)
		case mine == nil || theirs == nil: // has been complained about
		case n == "clauses" && depth == 0:
			out.fields[n] = mergeClauses(mine, theirs)
		case slices.Contains(together, n):
			out.fields[n] = joined(mine, theirs)
		case depth == 0 && mine.keys != nil && theirs.keys != nil:
			out.fields[n] = mergeBlocks(mine, theirs, depth+1)
		}
	}
	return &out
}

// put adds a field.
func (v *value) put(name string, at position, f *value) {
	v.keys[name] = at
	v.names = append(v.names, name)
	v.number++
	if f != nil {
		v.fields[name] = f
	}
}

// joined is a list of the trust with what the school adds.
func joined(own, trust *value) *value {
	out := *own
	out.items = slices.Clone(trust.items)
	have := trust.texts()
	out.number = trust.number
	for _, i := range own.items {
		out.number++
		if !slices.ContainsFunc(have, func(t string) bool { return strings.EqualFold(t, i.text) }) {
			out.items = append(out.items, i)
		}
	}
	return &out
}

// mergeClauses is the trust's clauses, as the school changes them, and the school's own behind them.
func mergeClauses(own, trust *value) *value {
	out := *own
	out.items, out.number = nil, own.number+trust.number
	byID := map[string]*value{}
	for _, i := range own.items {
		if id := i.get("id").str(); id != "" && byID[id] == nil {
			byID[id] = i
		}
	}
	used := map[*value]bool{}
	for _, t := range trust.items {
		mine := byID[t.get("id").str()]
		if mine == nil || used[mine] {
			out.items = append(out.items, t)
			continue
		}
		used[mine] = true
		out.items = append(out.items, mergeBlocks(mine, t, 1))
	}
	for _, i := range own.items {
		if !used[i] {
			out.items = append(out.items, i)
		}
	}
	return &out
}

// leavesOut takes clauses out of what is inherited, in place: t is this school's copy.
func (b *builder) leavesOut(own, t *value) {
	var known []string
	for _, i := range t.list() {
		known = append(known, i.get("id").str())
	}
	said := map[string]position{}
	for _, i := range own.get("clauses").list() {
		said[i.get("id").str()] = i.get("id").where()
	}
	for _, out := range own.get("leaves_out").list() {
		n := slices.Index(known, out.text)
		if n < 0 {
			b.wrong(out.at, fmt.Sprintf("found the clause %s, which the trust does not have", show(out.text)), "the id of a clause of "+b.p.Trust.Path, nearest(out.text, known))
			continue
		}
		if c := t.items[n]; c.get("required").isTrue() {
			b.wrong(out.at, fmt.Sprintf("found the clause %s, which the trust requires (%s)", show(out.text), c.at), "clauses that the trust does not require", "")
			continue
		}
		if at, twice := said[out.text]; twice {
			b.wrong(at, fmt.Sprintf("found the clause %s, which is also left out (%s)", show(out.text), out.at), "the one or the other", "")
		}
		t.items, known = slices.Delete(t.items, n, n+1), slices.Delete(known, n, n+1)
	}
}

// trustsPeople names the trust's people where the school names nobody.
func (b *builder) trustsPeople(v *value) {
	people, theirs := v.get("people"), b.trust.get("people")
	if people == nil && v.has("people") {
		return // has been complained about
	}
	fill := func(r Role, one *value) {
		if people == nil {
			people = &value{at: v.at, shape: policyShape.field("people"), fields: map[string]*value{}, keys: map[string]position{}}
			v.put("people", v.at, people)
		}
		people.put(string(r), one.at, one)
	}
	if dpo := theirs.get(string(RoleDataProtection)); dpo != nil && !people.has(string(RoleDataProtection)) {
		fill(RoleDataProtection, dpo)
	}
	if people.has(string(RoleAdmin)) {
		return
	}
	var first *value
	for _, one := range theirs.get("technicians").list() {
		if one.has("schools") && !slices.ContainsFunc(one.get("schools").texts(), func(s string) bool { return strings.EqualFold(s, b.key) }) {
			continue
		}
		if first != nil {
			b.wrong(one.at, fmt.Sprintf("found a second technician of the school %s, which names no workspace administrator itself (the first is on %s)", b.key, first.at), "one, or a workspace_admin in the school's policy", "")
			continue
		}
		first = one
		fill(RoleAdmin, one)
	}
}
