package doctor

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
)

// A sight is what one school's Google account shows of somebody.
type sight int

const (
	blind   sight = iota // the accounts could not be read, or nobody was asked for
	absent               // their domain is another account's
	missing              // their domain is this account's, and they are not in it
	off                  // their account is switched off
	present
)

// lead looks for the trust's safeguarding lead in the school's Google account.
func (x *examination) lead() sight {
	a := strings.ToLower(x.Lead)
	s := x.account[a]
	switch {
	case a == "" || x.account == nil:
		return blind
	case s != nil && !s.active:
		return off
	case s != nil || x.groups[a]:
		return present
	case x.ours(a):
		return missing
	}
	return absent
}

// TrustLead says whether the trust's safeguarding lead can be found, from what was seen in the Google accounts of its schools, which may be several.
func TrustLead(address string, of []*Report) Item {
	best := blind
	for _, r := range of {
		best = max(best, r.lead)
	}
	const key, without = "person/trust-lead", "nobody gets the trust's overview"
	who := "The trust's safeguarding lead is named as " + address
	switch best {
	case present:
		return Item{Key: key, Status: Works, What: who + ", who can be found at Google"}
	case off:
		return Item{Key: key, Status: Fails, What: who + ", whose account is switched off", Without: without, Next: "name somebody else in the trust's file, or switch the account on"}
	case missing:
		return Item{Key: key, Status: Fails, What: who + ", which is neither an account nor a group", Without: without, Next: "correct the address in the trust's file"}
	case absent:
		return Item{Key: key, Status: Unknown, What: who + ", which is in no school's Google account and cannot be looked up", Next: "look at the spelling"}
	}
	return Item{Key: key, Status: Unknown, What: who + ", and was not looked up, because no school's accounts could be read", Next: "put right what is said of the schools above, then run doctor again"}
}

// Summary tells in one line how a school stands.
func (r *Report) Summary() string {
	fails := len(r.Of(Fails))
	out := "everything that can be tried works"
	switch {
	case fails == 0 && len(r.Of(Works)) == 0:
		out = "nothing could be tried"
	case fails > 0:
		out = quantity.Of(fails, "thing does not work", "things do not work")
	}
	if n := len(r.Of(Unknown)); n > 0 {
		out += ", " + quantity.Of(n, "thing nobody can tell yet", "things nobody can tell yet")
	}
	if fails > 0 {
		out += "; next: " + r.Next
	}
	return out
}

// A Workspace is the Google account of some schools of a trust, with the scopes that they need together: they are delegated once for all of it.
type Workspace struct {
	Domains []string // of its schools, and of whom the program acts as
	Schools []string // short names, in the trust's order
	Needs   []SharedNeed
}

// A SharedNeed is a scope that some schools of one Workspace need.
type SharedNeed struct {
	Need
	Of []SchoolNeed // the schools that need it, in the trust's order
}

// A SchoolNeed is which clauses of one school need a scope.
type SchoolNeed struct {
	School  string   `json:"school"`
	Clauses []string `json:"clauses"`
}

// Workspaces gathers the scopes that the schools of a trust need. Schools that share a domain, or are acted for by administrators of one domain, share a Workspace; admin says who
// acts for a school. Two that share one in no way that the policies show stand apart, and their scopes are then to be pasted together.
func Workspaces(schools []*policy.Policy, admin func(*policy.Policy) string, gmail bool) []Workspace {
	var out []Workspace
	for _, p := range schools {
		mine := Workspace{Domains: slices.Clone(p.School.Domains), Schools: []string{p.Key()}}
		if _, domain, ok := strings.Cut(strings.ToLower(admin(p)), "@"); ok && !slices.Contains(mine.Domains, domain) {
			mine.Domains = append(mine.Domains, domain)
		}
		var apart []Workspace
		for _, w := range out {
			if !slices.ContainsFunc(w.Domains, func(d string) bool { return slices.Contains(mine.Domains, d) }) {
				apart = append(apart, w)
				continue
			}
			for _, d := range mine.Domains {
				if !slices.Contains(w.Domains, d) {
					w.Domains = append(w.Domains, d)
				}
			}
			w.Schools = append(w.Schools, mine.Schools...)
			mine = w
		}
		out = append(apart, mine)
	}
	at := func(key string) int {
		return slices.IndexFunc(schools, func(p *policy.Policy) bool { return p.Key() == key })
	}
	for i := range out {
		slices.SortFunc(out[i].Schools, func(a, b string) int { return cmp.Compare(at(a), at(b)) })
		var of []*policy.Policy
		for _, key := range out[i].Schools {
			of = append(of, schools[at(key)])
		}
		out[i].Needs = together(of, gmail)
	}
	slices.SortFunc(out, func(a, b Workspace) int { return cmp.Compare(at(a.Schools[0]), at(b.Schools[0])) })
	return out
}

// together are the scopes that several schools need, each once, in the order of [Needs].
func together(schools []*policy.Policy, gmail bool) []SharedNeed {
	all, of := needs{}, map[string][]SchoolNeed{}
	for _, p := range schools {
		one := gathered(p, gmail)
		for _, n := range one.list() {
			of[n.Scope] = append(of[n.Scope], SchoolNeed{School: p.Key(), Clauses: append([]string{}, n.Clauses...)})
			all.add("", n.Scope)
			for _, check := range one.checks[n.Scope] {
				if !slices.Contains(all.checks[n.Scope], check) {
					all.checks[n.Scope] = append(all.checks[n.Scope], check)
				}
			}
		}
	}
	var out []SharedNeed
	for _, n := range all.list() {
		out = append(out, SharedNeed{n, of[n.Scope]})
	}
	return out
}

// WriteTrustFixList tells what is to be pasted into the Admin console of each Workspace, and which schools need each scope. The error is w's.
func WriteTrustFixList(w io.Writer, list []Workspace, clientID string, width int) error {
	var b strings.Builder
	for i, one := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		Heading(&b, "Google Workspace of "+strings.Join(one.Domains, ", ")+" (schools: "+strings.Join(one.Schools, ", ")+")")
		var plain []Need
		by := map[string]string{}
		for _, n := range one.Needs {
			plain = append(plain, n.Need)
			by[n.Scope] = needers(n.Of, len(one.Schools))
		}
		fixList(&b, plain, clientID, width, func(n Need) string { return by[n.Scope] })
	}
	if len(list) > 1 {
		b.WriteByte('\n')
		wrap(&b, "", "", "Where two of these domains belong to one Google Workspace, paste the scopes of both lists together, as one entry.", width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// needers says which schools need a scope, with their clauses.
func needers(of []SchoolNeed, all int) string {
	var out []string
	for _, s := range of {
		out = append(out, s.School+clauses(s.Clauses))
	}
	if len(of) == all && all > 1 {
		return "All schools: " + strings.Join(out, ", ")
	}
	return "Schools: " + strings.Join(out, ", ")
}

// Heading writes a title with a line under it.
func Heading(w io.Writer, title string) {
	fmt.Fprintf(w, "%s\n%s\n\n", title, strings.Repeat("=", len([]rune(title))))
}
