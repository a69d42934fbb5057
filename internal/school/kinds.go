package school

import (
	"strings"

	"esafetybot/internal/seen"
)

// Kind says what an account of the school is for (docs/account-rules.md, Words).
type Kind string

// The kinds. Unplaced is an account of the school in none of the places that the policy names.
const (
	Pupil    Kind = "pupils"
	Staff    Kind = "staff"
	Other    Kind = "others"
	Unplaced Kind = "unplaced"
)

// Populations is where the policy says that people's accounts are.
type Populations struct {
	Pupils, Staff []string // org units
	Others        []Entry
}

// Entry is one further group of people: those in a unit, or in a group.
type Entry struct {
	Name  string
	Group string // address, or ""
	Unit  string // path, or ""
}

// Kinds answers what kind each account is. Make it once the directory is filled.
type Kinds struct {
	d       *Directory
	p       Populations
	entries []map[string]bool // for each entry of others: the account ids in its group
	// Unknown names the groups (addresses) whose members could not all be read: then who is in them is not known.
	Unknown []string
}

// NewKinds looks up who is in the groups of others.
func NewKinds(d *Directory, p Populations) *Kinds {
	k := &Kinds{d: d, p: p, entries: make([]map[string]bool, len(p.Others))}
	for i, e := range p.Others {
		if e.Group == "" {
			continue
		}
		in, known := d.In([]string{e.Group})
		k.entries[i] = in
		if !known {
			k.Unknown = append(k.Unknown, e.Group)
		}
	}
	return k
}

// School tells whether it is a school account: no guest, and in one of the school's units.
func (k *Kinds) School(a *seen.Account) bool { return k.d.Has(a) }

// Kind is what a school account is for.
func (k *Kinds) Kind(a *seen.Account) Kind {
	switch {
	case underAny(a.Unit, k.p.Pupils):
		return Pupil
	case underAny(a.Unit, k.p.Staff):
		return Staff
	}
	for i := range k.p.Others {
		if k.Belongs(a, i) {
			return Other
		}
	}
	return Unplaced
}

// Belongs tells whether an account is in the i-th entry of others, whatever its kind is.
func (k *Kinds) Belongs(a *seen.Account, i int) bool {
	e := k.p.Others[i]
	return e.Unit != "" && Under(a.Unit, e.Unit) || k.entries[i][a.ID]
}

// InGroupOfOthers tells whether an account is a member of the group of any entry of others.
func (k *Kinds) InGroupOfOthers(a *seen.Account) bool {
	for _, in := range k.entries {
		if in[a.ID] {
			return true
		}
	}
	return false
}

func underAny(path string, units []string) bool {
	for _, u := range units {
		if Under(path, u) {
			return true
		}
	}
	return false
}

// In lists the ids of the accounts that are in groups of ours, nested groups included; a member of type CUSTOMER is everybody but guests. known is false when one of the groups is
// not there although the groups could not be read, or when the members of one could not.
func (d *Directory) In(groups []string) (ids map[string]bool, known bool) {
	ids, known = map[string]bool{}, true
	for _, address := range groups {
		g, ok := d.Group(address)
		if !ok {
			known = known && !d.GroupsUnknown
			continue
		}
		d.Nested(g, func(n *Group) {
			known = known && n.Known
			for _, m := range n.Members {
				if m.Type == "CUSTOMER" {
					d.everybody(ids)
				} else if a, ok := d.Account(m.Address); ok && m.Type != "GROUP" {
					ids[a.ID] = true
				}
			}
		})
	}
	return ids, known
}

func (d *Directory) everybody(ids map[string]bool) {
	for id, a := range d.byID {
		if !a.Guest {
			ids[id] = true
		}
	}
}

// Except is whom a means of the policy leaves out.
type Except struct{ Units, Groups []string }

// Excepted makes the test of whether an account is left out; known is false when who is in its groups is not.
func (d *Directory) Excepted(e Except) (left func(*seen.Account) bool, known bool) {
	in, known := d.In(e.Groups)
	return func(a *seen.Account) bool { return in[a.ID] || underAny(a.Unit, e.Units) }, known
}

// Year is the year group that an org unit path names: "R" for /Pupils/Reception, "N" for a nursery, "4" for /Pupils/Year 4 or
// /Pupils/Y4; "" if it names none. The last segment that names one counts.
func Year(path string) string {
	year := ""
	for _, segment := range strings.Split(strings.ToLower(path), "/") {
		switch {
		case strings.HasPrefix(segment, "reception"):
			year = "R"
		case strings.HasPrefix(segment, "nursery"):
			year = "N"
		default:
			rest, ok := strings.CutPrefix(segment, "year")
			if !ok {
				rest, ok = strings.CutPrefix(segment, "y")
			}
			rest = strings.TrimSpace(rest)
			if ok && rest != "" && rest[0] >= '1' && rest[0] <= '9' && (len(rest) == 1 || rest[1] < '0' || rest[1] > '9') {
				year = rest[:1]
			}
		}
	}
	return year
}
