package policy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Trust is a trust's file with the policies of all its schools, checked and complete.
type Trust struct {
	Path             string
	Name             string
	SafeguardingLead Person    // who gets the overview
	Schools          []*Policy // in the order of the file
	Warnings         []Warning // of all its files
}

// Key is the school's short name, under which its state is kept: school.id, or else the main domain.
func (p *Policy) Key() string { return keyOf(p.School.ID, p.School.Domains) }

func keyOf(id string, domains []string) string {
	if id != "" || len(domains) == 0 {
		return id
	}
	return strings.ToLower(domains[0])
}

// School finds a school of the trust by its short name.
func (t *Trust) School(key string) (*Policy, bool) {
	i := slices.IndexFunc(t.Schools, func(p *Policy) bool { return strings.EqualFold(p.Key(), key) })
	if i < 0 {
		return nil, false
	}
	return t.Schools[i], true
}

// Keys are the short names of the trust's schools, in the order of its file.
func (t *Trust) Keys() []string {
	var out []string
	for _, p := range t.Schools {
		out = append(out, p.Key())
	}
	return out
}

// TrustDomains are the domains that are the trust's and not this school's: of its other schools, and of its office. An address there is of the same trust.
func (p *Policy) TrustDomains() []string {
	if p.Trust == nil {
		return nil
	}
	all := slices.Clone(p.Trust.Domains)
	for _, n := range p.Trust.Neighbours {
		all = append(all, n.Domains...)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(d string) bool { return slices.Contains(p.School.Domains, d) })
}

// LoadTrust reads a trust's file and its schools' policies, as [Load] reads each. The error is [Errors], of all the files together, if one was read but is not right.
func LoadTrust(path string) (*Trust, error) {
	files := newLoader(os.ReadFile)
	src := files.file(path, trustShape)
	if src.err != nil {
		return nil, fmt.Errorf("read the trust's file: %w", src.err)
	}
	c := &complaints{file: path, errors: slices.Clone(src.errors), warnings: slices.Clone(src.warned)}
	t := &Trust{Path: path, Name: src.root.get("trust").get("name").str()}
	if lead := src.root.get("people").get(string(RoleSafeguarding)); lead != nil {
		t.SafeguardingLead = personOf(RoleSafeguarding, lead)
	}
	seen := map[string]bool{}
	for _, entry := range src.root.get("schools").list() {
		file := beside(path, entry.text)
		if seen[file] {
			c.wrong(entry.at, fmt.Sprintf("found the school %s a second time", show(entry.text)), "each once", "")
			continue
		}
		seen[file] = true
		data, err := os.ReadFile(file)
		if err != nil {
			c.wrong(entry.at, fmt.Sprintf("the school's policy %s cannot be read: %v", show(entry.text), withoutPath(err)), "a path relative to this file", "")
			continue
		}
		p, err := parse(file, data, files)
		var wrong Errors
		switch {
		case errors.As(err, &wrong):
			c.errors = append(c.errors, wrong...)
		case err != nil:
			return nil, err
		case p.Trust == nil || !samePath(p.Trust.Path, path):
			c.wrong(entry.at, fmt.Sprintf("found the school %s, whose policy does not inherit this file", show(entry.text)), "inherits in "+file, "")
		default:
			t.Schools = append(t.Schools, p)
			c.warnings = append(c.warnings, p.Warnings...)
		}
	}
	if len(t.Schools) == len(src.root.get("schools").list()) {
		for _, tech := range src.root.get("people").get("technicians").list() {
			for _, s := range tech.get("schools").list() {
				if _, ok := t.School(s.text); !ok {
					c.wrong(s.at, fmt.Sprintf("found the school %s, which the trust does not have", show(s.text)), oneOf(t.Keys()), nearest(s.text, t.Keys()))
				}
			}
		}
	}
	if err := c.result(); err != nil {
		return nil, err
	}
	t.Warnings = slices.Compact(c.warnings)
	return t, nil
}

// samePath tells whether two paths name one file.
func samePath(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

// neighbours notes the other schools of the trust, and complains where this one cannot be told from them. merged is the school's policy with what it inherits.
func (b *builder) neighbours(merged *value, files *loader) {
	school := merged.get("school")
	mine := neighbour(b.file, school)
	b.key = mine.Key
	listed := false
	for _, entry := range b.trust.get("schools").list() {
		path := beside(b.p.Trust.Path, entry.text)
		if samePath(path, b.file) {
			listed = true
			continue
		}
		src := files.file(path, policyShape)
		if src.err != nil {
			b.wrong(entry.at, fmt.Sprintf("the school's policy %s cannot be read: %v", show(entry.text), withoutPath(src.err)), "a path relative to this file", "")
			continue
		}
		n := neighbour(path, src.root.get("school"))
		b.p.Trust.Neighbours = append(b.p.Trust.Neighbours, n)
		if mine.Key != "" && mine.Key == n.Key {
			b.wrong(school.where(), fmt.Sprintf("found the short name %s, which the school in %s has too", show(n.Key), n.Path), "an id of its own: school: {id: …}", "")
		}
		if !slices.ContainsFunc(n.Domains, func(d string) bool { return slices.Contains(mine.Domains, d) }) {
			continue
		}
		for _, u := range mine.OrgUnits {
			for _, other := range n.OrgUnits {
				if unitUnder(u, other) || unitUnder(other, u) {
					at := school.where()
					if units := school.get("org_units"); units != nil {
						at = units.at
					}
					b.wrong(at, fmt.Sprintf("found the org unit %s, which is not apart from %s of the school in %s, with which it shares a domain", show(u), show(other), n.Path), "org units that are this school's alone", "")
				}
			}
		}
	}
	if !listed && b.trust.get("schools").complete() {
		b.wrong(merged.get("inherits").where(), fmt.Sprintf("found the trust's file %s, which does not list this school", show(b.p.Trust.Path)), "this file's path under schools there", "")
	}
}

// neighbour is what a school's block says of who it is.
func neighbour(path string, school *value) Neighbour {
	n := Neighbour{Path: path, Name: school.get("name").str(), OrgUnits: school.get("org_units").texts()}
	for _, d := range school.get("domains").texts() {
		n.Domains = append(n.Domains, strings.ToLower(d))
	}
	if len(n.OrgUnits) == 0 {
		n.OrgUnits = []string{"/"}
	}
	n.Key = keyOf(school.get("id").str(), n.Domains)
	return n
}
