package settings

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"esafetybot/internal/seen"
)

// Policies are the policies of an account, made ready to be asked what holds for whom. They do not change, so that any number of goroutines may ask.
type Policies struct {
	units map[string]string // org unit path, lower case → id
	paths map[string]string // org unit id → path
	types map[string]*policies
}

// policies are those of one setting type.
type policies struct {
	odd      bool // whom one of them is for is not known
	licences bool // one of them depends on licences
	units    map[string][]*seen.Setting
	groups   map[string][]*seen.Setting
}

// New sorts policies by type, unit and group. units are all org units of the Directory, the root among them; a policy for any other unit applies to nobody.
func New(all []seen.Setting, units []seen.Unit) *Policies {
	p := &Policies{units: map[string]string{}, paths: map[string]string{}, types: map[string]*policies{}}
	for _, u := range units {
		p.units[strings.ToLower(u.Path)] = u.ID
		p.paths[u.ID] = u.Path
	}
	for i := range all {
		s := &all[i]
		if _, there := p.paths[s.Unit]; !there && s.Unit != "" {
			continue
		}
		t := p.types[s.Type]
		if t == nil {
			t = &policies{units: map[string][]*seen.Setting{}, groups: map[string][]*seen.Setting{}}
			p.types[s.Type] = t
		}
		t.odd = t.odd || s.Odd
		t.licences = t.licences || len(s.Licenses)+len(s.NotLicenses) > 0
		if s.Group != "" {
			t.groups[s.Group] = append(t.groups[s.Group], s)
		} else {
			t.units[s.Unit] = append(t.units[s.Unit], s)
		}
	}
	for _, t := range p.types {
		for _, index := range []map[string][]*seen.Setting{t.units, t.groups} {
			for _, list := range index {
				slices.SortFunc(list, stronger)
			}
		}
	}
	return p
}

// stronger sorts the policy that decides first. Google numbers policies apart; should two be equal, the name decides, so that the answer does not change from run to run.
func stronger(a, b *seen.Setting) int {
	return cmp.Or(cmp.Compare(b.Order, a.Order), strings.Compare(a.Name, b.Name))
}

// A Holder is somebody for whom a setting has a value.
type Holder struct {
	Unit     string   // org unit path
	Licenses []string // "Google-Apps/1010020027"
	Groups   []string // Directory ids of the groups that the holder is a member of, nested ones included
}

// A Value is what holds for somebody.
type Value struct {
	Text string
	// Known is false where it cannot be told: no default is known, whom a policy is for is not understood, or it is a list or an object.
	Known bool
	// By is the policy that decides; nil where none applies. Its value may still be the default, if it does not have the field.
	By *seen.Setting
}

// Odd tells whether the type has a policy of which we do not know whom it is for: then nothing is known of the type.
func (p *Policies) Odd(typ string) bool { t := p.types[typ]; return t != nil && t.odd }

// NeedsLicenses tells whether a policy of the type depends on licences.
func (p *Policies) NeedsLicenses(typ string) bool { t := p.types[typ]; return t != nil && t.licences }

// Groups lists the ids of the groups that a policy of the type is for, sorted.
func (p *Policies) Groups(typ string) []string {
	t := p.types[typ]
	if t == nil {
		return nil
	}
	out := make([]string, 0, len(t.groups))
	for id := range t.groups {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// UnitID finds an org unit by its path, without regard to case.
func (p *Policies) UnitID(path string) (id string, ok bool) {
	id, ok = p.units[strings.ToLower(path)]
	return id, ok
}

// UnitPath is the path of an org unit.
func (p *Policies) UnitPath(id string) (path string, ok bool) {
	path, ok = p.paths[id]
	return path, ok
}

// ByUnit is the policy that decides among those of the type without a group; nil if none applies.
func (p *Policies) ByUnit(typ string, h Holder) *seen.Setting {
	t := p.types[typ]
	if t == nil {
		return nil
	}
	best := first(t.units[""], h) // for everybody: names no unit
	for path := strings.ToLower(h.Unit); path != ""; path = above(path) {
		id, there := p.units[path]
		if !there {
			continue
		}
		if s := first(t.units[id], h); s != nil && (best == nil || stronger(s, best) < 0) {
			best = s
		}
	}
	return best
}

// ByGroup lists the policies of the type for groups of the holder's that apply, the strongest first. Policies of a group that switch a service off are left out:
// a group can only switch on.
func (p *Policies) ByGroup(typ string, h Holder) []*seen.Setting {
	t := p.types[typ]
	if t == nil {
		return nil
	}
	var out []*seen.Setting
	for _, group := range h.Groups {
		for _, s := range t.groups[group] {
			if !idle(s) && fits(s, h) && p.under(h.Unit, s.Unit) && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, stronger)
	return out
}

// OfGroup lists the policies of the type for a group, the strongest first, without those that switch a service off.
func (p *Policies) OfGroup(typ, group string) []*seen.Setting {
	t := p.types[typ]
	if t == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(t.groups[group]), idle)
}

// Effective is the value of a field for somebody.
func (p *Policies) Effective(typ, field string, h Holder) Value {
	by := p.ByUnit(typ, h)
	if g := p.ByGroup(typ, h); len(g) > 0 && (by == nil || stronger(g[0], by) < 0) {
		by = g[0]
	}
	return p.Value(typ, field, by)
}

// Value is the value of a field if this policy decides; nil is none.
func (p *Policies) Value(typ, field string, by *seen.Setting) Value {
	v := Value{By: by}
	if p.Odd(typ) {
		return v
	}
	if by != nil && by.Values[field] != nil {
		v.Text, v.Known = Text(by.Values[field])
		return v
	}
	v.Text, v.Known = Default(typ, field)
	return v
}

// first is the strongest of a sorted list whose licences fit.
func first(list []*seen.Setting, h Holder) *seen.Setting {
	for _, s := range list {
		if fits(s, h) {
			return s
		}
	}
	return nil
}

// fits tells whether the licences that a policy names fit the holder's.
func fits(s *seen.Setting, h Holder) bool {
	has := func(license string) bool { return slices.Contains(h.Licenses, license) }
	return (len(s.Licenses) == 0 || slices.ContainsFunc(s.Licenses, has)) && !slices.ContainsFunc(s.NotLicenses, has)
}

// idle tells whether a group's policy does nothing: it would switch a service off.
func idle(s *seen.Setting) bool {
	return strings.HasSuffix(s.Type, serviceSuffix) && s.Values[Service] != Enabled
}

// under tells whether a path is a unit, by id, or below it. "" is no unit: everywhere.
func (p *Policies) under(path, unit string) bool {
	if unit == "" {
		return true
	}
	for path = strings.ToLower(path); path != ""; path = above(path) {
		if id, there := p.units[path]; there && id == unit {
			return true
		}
	}
	return false
}

// above is the path of the unit above; "" above the root.
func above(path string) string {
	switch i := strings.LastIndexByte(path, '/'); {
	case path == "/" || i < 0:
		return ""
	case i == 0:
		return "/"
	default:
		return path[:i]
	}
}

// Text writes a value as it is compared: true, false, numbers without trailing zeros, texts as they are. ok is false for lists, objects and null.
func Text(value any) (text string, ok bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return strconv.FormatInt(n, 10), true
		}
		if f, err := v.Float64(); err == nil {
			return strconv.FormatFloat(f, 'f', -1, 64), true
		}
	}
	return "", false
}
