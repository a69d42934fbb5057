package settings

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

var tree = []seen.Unit{
	{ID: "root", Path: "/"}, {ID: "pupils", Path: "/Pupils"}, {ID: "y6", Path: "/Pupils/Year 6"}, {ID: "6b", Path: "/Pupils/Year 6/6B"}, {ID: "y60", Path: "/Pupils/Year 60"}, {ID: "staff", Path: "/Staff"},
}

// state is a policy of Gmail's service.
func state(name, unit, group, is string, order float64, licences ...string) seen.Setting {
	s := seen.Setting{Name: name, Type: GmailService, Unit: unit, Group: group, Order: order, Values: map[string]any{Service: is}}
	for _, l := range licences {
		if rest, not := strings.CutPrefix(l, "!"); not {
			s.NotLicenses = append(s.NotLicenses, rest)
		} else {
			s.Licenses = append(s.Licenses, l)
		}
	}
	return s
}

func TestEffective(t *testing.T) {
	const on, off = Enabled, Disabled
	for _, c := range []struct {
		name     string
		policies []seen.Setting
		holder   Holder
		want     string
	}{
		{"nobody set it", nil, Holder{Unit: "/Pupils"}, "DISABLED default"},
		{"no policy at the root", []seen.Setting{state("a", "staff", "", on, 1)}, Holder{Unit: "/Pupils"}, "DISABLED default"},
		{"at the unit", []seen.Setting{state("a", "pupils", "", on, 1)}, Holder{Unit: "/Pupils"}, "ENABLED a"},
		{"above", []seen.Setting{state("a", "root", "", on, 1)}, Holder{Unit: "/Pupils/Year 6/6B"}, "ENABLED a"},
		{"below says nothing", []seen.Setting{state("a", "6b", "", on, 1)}, Holder{Unit: "/Pupils/Year 6"}, "DISABLED default"},
		{"beside says nothing", []seen.Setting{state("a", "y6", "", on, 1)}, Holder{Unit: "/Pupils/Year 60"}, "DISABLED default"},
		{"in another case", []seen.Setting{state("a", "y6", "", on, 1)}, Holder{Unit: "/PUPILS/year 6"}, "ENABLED a"},
		{"for everybody", []seen.Setting{state("a", "", "", on, 1)}, Holder{Unit: "/Staff"}, "ENABLED a"},
		{"for everybody, overridden", []seen.Setting{state("a", "", "", on, 1), state("b", "staff", "", off, 2)}, Holder{Unit: "/Staff"}, "DISABLED b"},
		{"overridden three levels down", []seen.Setting{state("a", "root", "", on, 1), state("b", "pupils", "", off, 2), state("c", "y6", "", on, 3), state("d", "6b", "", off, 4)}, Holder{Unit: "/Pupils/Year 6/6B"}, "DISABLED d"},
		{"the order decides, not the depth", []seen.Setting{state("a", "root", "", on, 9), state("d", "6b", "", off, 4)}, Holder{Unit: "/Pupils/Year 6/6B"}, "ENABLED a"},
		{"two at one unit", []seen.Setting{state("a", "root", "", on, 1), state("b", "root", "", off, 2)}, Holder{Unit: "/Staff"}, "DISABLED b"},
		{"equal order: the name decides", []seen.Setting{state("b", "pupils", "", off, 1), state("a", "root", "", on, 1)}, Holder{Unit: "/Pupils"}, "ENABLED a"},
		{"a deleted unit", []seen.Setting{state("a", "gone", "", on, 9)}, Holder{Unit: "/Pupils"}, "DISABLED default"},
		{"a deleted unit, with a group", []seen.Setting{state("a", "gone", "g", on, 9)}, Holder{Unit: "/Pupils", Groups: []string{"g"}}, "DISABLED default"},
		{"a holder in no known unit", []seen.Setting{state("a", "pupils", "", on, 1)}, Holder{Unit: "/Pupils/New"}, "ENABLED a"},
		{"a group wins", []seen.Setting{state("a", "pupils", "", off, 1), state("g", "root", "g", on, 2)}, Holder{Unit: "/Pupils", Groups: []string{"g"}}, "ENABLED g"},
		{"a group without a unit wins", []seen.Setting{state("a", "pupils", "", off, 1), state("g", "", "g", on, 2)}, Holder{Unit: "/Pupils", Groups: []string{"x", "g"}}, "ENABLED g"},
		{"a group loses", []seen.Setting{state("a", "pupils", "", off, 2), state("g", "root", "g", on, 1)}, Holder{Unit: "/Pupils", Groups: []string{"g"}}, "DISABLED a"},
		{"a group where no unit says anything", []seen.Setting{state("g", "root", "g", on, 1)}, Holder{Unit: "/Pupils", Groups: []string{"g"}}, "ENABLED g"},
		{"another group", []seen.Setting{state("g", "root", "g", on, 2)}, Holder{Unit: "/Pupils", Groups: []string{"h"}}, "DISABLED default"},
		{"a group cannot switch off", []seen.Setting{state("a", "pupils", "", on, 1), state("g", "root", "g", off, 2)}, Holder{Unit: "/Pupils", Groups: []string{"g"}}, "ENABLED a"},
		{"two groups, the stronger off", []seen.Setting{state("g", "root", "g", on, 2), state("h", "root", "h", off, 3)}, Holder{Unit: "/Pupils", Groups: []string{"g", "h"}}, "ENABLED g"},
		{"two groups of different order", []seen.Setting{state("g", "root", "g", on, 2), state("h", "root", "h", on, 3)}, Holder{Unit: "/Pupils", Groups: []string{"g", "h"}}, "ENABLED h"},
		{"a group of a unit, in it", []seen.Setting{state("g", "pupils", "g", on, 2)}, Holder{Unit: "/Pupils/Year 6", Groups: []string{"g"}}, "ENABLED g"},
		{"a group of a unit, outside it", []seen.Setting{state("g", "pupils", "g", on, 2)}, Holder{Unit: "/Staff", Groups: []string{"g"}}, "DISABLED default"},
		{"a licence", []seen.Setting{state("a", "root", "", on, 1, "P/1", "P/2")}, Holder{Unit: "/Pupils", Licenses: []string{"P/2"}}, "ENABLED a"},
		{"no licence", []seen.Setting{state("a", "root", "", on, 1, "P/1")}, Holder{Unit: "/Pupils", Licenses: []string{"P/2"}}, "DISABLED default"},
		{"not with a licence", []seen.Setting{state("a", "root", "", on, 1, "!P/1", "!P/2")}, Holder{Unit: "/Pupils", Licenses: []string{"P/2", "P/3"}}, "DISABLED default"},
		{"without that licence", []seen.Setting{state("a", "root", "", on, 1, "!P/1")}, Holder{Unit: "/Pupils", Licenses: []string{"P/2"}}, "ENABLED a"},
		{"the licence does not fit, the next at the unit does", []seen.Setting{state("a", "root", "", on, 2, "P/1"), state("b", "root", "", off, 1)}, Holder{Unit: "/Pupils"}, "DISABLED b"},
		{"a group's licence does not fit", []seen.Setting{state("g", "root", "g", on, 2, "P/1")}, Holder{Unit: "/Pupils", Groups: []string{"g"}}, "DISABLED default"},
		{"the deciding one lacks the field", []seen.Setting{state("a", "root", "", on, 1), {Name: "b", Type: GmailService, Unit: "root", Order: 2}}, Holder{Unit: "/Pupils"}, "DISABLED b"},
		{"a list", []seen.Setting{{Name: "b", Type: GmailService, Unit: "root", Order: 2, Values: map[string]any{Service: []any{"ENABLED"}}}}, Holder{Unit: "/Pupils"}, "unknown b"},
		{"not understood, for whomever", []seen.Setting{state("a", "pupils", "", on, 1), {Name: "b", Type: GmailService, Unit: "staff", Odd: true}}, Holder{Unit: "/Pupils"}, "unknown a"},
		{"another type", []seen.Setting{{Name: "b", Type: "chat.service_status", Unit: "root", Odd: true, Values: map[string]any{Service: on}}}, Holder{Unit: "/Pupils"}, "DISABLED default"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if have := told(New(c.policies, tree).Effective(GmailService, Service, c.holder)); have != c.want {
				t.Errorf("have %q, want %q", have, c.want)
			}
		})
	}
}

func told(v Value) string {
	text, by := v.Text, "default"
	if !v.Known {
		text = "unknown"
	}
	if v.By != nil {
		by = v.By.Name
	}
	return text + " " + by
}

// Other settings than services: a group may set what it likes.
func TestGroupSetsOther(t *testing.T) {
	const typ = "drive_and_docs.external_sharing"
	p := New([]seen.Setting{
		{Name: "u", Type: typ, Unit: "root", Order: 1, Values: map[string]any{"externalSharingMode": "ALLOWED"}},
		{Name: "g", Type: typ, Unit: "root", Group: "g", Order: 2, Values: map[string]any{"externalSharingMode": "DISALLOWED"}},
	}, tree)
	h := Holder{Unit: "/Pupils", Groups: []string{"g"}}
	if have := told(p.Effective(typ, "externalSharingMode", h)); have != "DISALLOWED g" {
		t.Errorf("have %s", have)
	}
	if have := told(p.Effective(typ, "allowPublishingFiles", h)); have != "true g" {
		t.Errorf("a field that the deciding policy does not have: %s", have)
	}
	if have := told(p.Effective(typ, "newField", h)); have != "unknown g" {
		t.Errorf("a field that nobody knows: %s", have)
	}
	if have := p.Groups(typ); !slices.Equal(have, []string{"g"}) {
		t.Errorf("groups %v", have)
	}
	if p.Groups("x") != nil || p.OfGroup("x", "g") != nil || p.ByGroup("x", h) != nil || p.NeedsLicenses(typ) || len(p.OfGroup(typ, "g")) != 1 {
		t.Error("what no policy is for")
	}
	if !New([]seen.Setting{{Type: typ, Unit: "root", NotLicenses: []string{"P/1"}}}, tree).NeedsLicenses(typ) {
		t.Error("does not see that licences are asked for")
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
		ok    bool
	}{
		{"A b", "A b", true}, {true, "true", true}, {false, "false", true}, {8.0, "8", true}, {0.50, "0.5", true}, {1e6, "1000000", true}, {8, "8", true}, {int64(1) << 60, "1152921504606846976", true},
		{json.Number("8"), "8", true}, {json.Number("8.0"), "8", true}, {json.Number("x"), "", false}, {nil, "", false}, {[]any{}, "", false}, {map[string]any{}, "", false},
	} {
		if have, ok := Text(c.value); have != c.want || ok != c.ok {
			t.Errorf("%v: have %q %v", c.value, have, ok)
		}
	}
}

// effective is the section "The effective value of a setting" of docs/account-rules.md, read naively.
func effective(all []seen.Setting, units []seen.Unit, typ, field string, h Holder) string {
	within := func(unit string) bool {
		for _, u := range units {
			if u.ID == unit {
				return u.Path == "/" || strings.EqualFold(h.Unit, u.Path) || strings.HasPrefix(strings.ToLower(h.Unit), strings.ToLower(u.Path)+"/")
			}
		}
		return false
	}
	var best *seen.Setting
	for i, s := range all {
		if s.Type != typ {
			continue
		}
		known := s.Unit == ""
		for _, u := range units {
			known = known || u.ID == s.Unit
		}
		if s.Odd && known {
			return "unknown"
		}
		applies := (s.Unit == "" || within(s.Unit)) && (s.Group == "" || slices.Contains(h.Groups, s.Group))
		if len(s.Licenses) > 0 {
			some := false
			for _, l := range h.Licenses {
				some = some || slices.Contains(s.Licenses, l)
			}
			applies = applies && some
		}
		for _, l := range h.Licenses {
			applies = applies && !slices.Contains(s.NotLicenses, l)
		}
		if strings.HasSuffix(typ, ".service_status") && s.Group != "" && s.Values["serviceState"] != "ENABLED" {
			applies = false
		}
		if applies && (best == nil || s.Order > best.Order) {
			best = &all[i]
		}
	}
	if best != nil {
		if v, ok := best.Values[field]; ok {
			return fmt.Sprint(v)
		}
	}
	if strings.HasSuffix(typ, ".service_status") && field == "serviceState" {
		return "DISABLED"
	}
	if typ == "drive_and_docs.external_sharing" && field == "externalSharingMode" {
		return "ALLOWED"
	}
	return "unknown"
}

var drawTree = rapid.Custom(func(t *rapid.T) []seen.Unit {
	units := []seen.Unit{{ID: "u0", Path: "/"}}
	for i := 1; i <= rapid.IntRange(0, 9).Draw(t, "units"); i++ {
		parent := rapid.SampledFrom(units).Draw(t, "parent").Path
		name := rapid.SampledFrom([]string{"A", "b", "Ab", "Year 1", "Year 10"}).Draw(t, "name")
		path := strings.TrimSuffix(parent, "/") + "/" + name
		if !slices.ContainsFunc(units, func(u seen.Unit) bool { return strings.EqualFold(u.Path, path) }) {
			units = append(units, seen.Unit{ID: fmt.Sprint("u", i), Path: path})
		}
	}
	return units
})

var someLicences = []string{"P/1", "P/2", "P/3"}

func TestPropertyEffective(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		units := drawTree.Draw(t, "tree")
		ids := []string{"", "deleted"}
		for _, u := range units {
			ids = append(ids, u.ID, u.ID)
		}
		types := []string{GmailService, "drive_and_docs.external_sharing", "mystery.setting"}
		fields := map[string]string{GmailService: Service, types[1]: "externalSharingMode", types[2]: "f"}
		sets := rapid.SliceOfNDistinct(rapid.SampledFrom(someLicences), 0, 2, rapid.ID)
		groups := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"g1", "g2", "g3"}), 0, 3, rapid.ID)
		var all []seen.Setting
		n := rapid.IntRange(0, 14).Draw(t, "policies")
		orders := rapid.Permutation(seq(n)).Draw(t, "orders")
		for i := range n {
			typ := rapid.SampledFrom(types).Draw(t, "type")
			s := seen.Setting{Name: fmt.Sprint("p", i), Type: typ, Unit: rapid.SampledFrom(ids).Draw(t, "unit"), Order: float64(orders[i]) / 2, Odd: rapid.IntRange(0, 30).Draw(t, "odd") == 30}
			s.Group = rapid.SampledFrom([]string{"", "", "g1", "g2", "g3"}).Draw(t, "group")
			if rapid.IntRange(0, 3).Draw(t, "licensed") == 0 {
				s.Licenses = sets.Draw(t, "licences")
			}
			if rapid.IntRange(0, 3).Draw(t, "not licensed") == 0 {
				s.NotLicenses = sets.Draw(t, "licences not")
			}
			if rapid.IntRange(0, 5).Draw(t, "empty") > 0 {
				s.Values = map[string]any{fields[typ]: rapid.SampledFrom([]string{Enabled, Disabled}).Draw(t, "value")}
			}
			all = append(all, s)
		}
		p := New(all, units)
		for range 8 {
			h := Holder{Unit: rapid.SampledFrom(units).Draw(t, "of").Path, Licenses: sets.Draw(t, "has"), Groups: groups.Draw(t, "in")}
			if rapid.Bool().Draw(t, "shouting") {
				h.Unit = strings.ToUpper(h.Unit)
			}
			for _, typ := range types {
				have := p.Effective(typ, fields[typ], h)
				text := have.Text
				if !have.Known {
					text = "unknown"
				}
				if want := effective(all, units, typ, fields[typ], h); text != want {
					t.Fatalf("%s for %+v: have %s, want %s", typ, h, text, want)
				}
			}
		}
	})
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// The order of the policies in Google's answer, and that of groups and licences, says nothing.
func TestPropertyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []seen.Setting
		for i := range rapid.IntRange(0, 8).Draw(t, "policies") {
			all = append(all, state(fmt.Sprint("p", i), rapid.SampledFrom([]string{"root", "pupils", "6b"}).Draw(t, "unit"), rapid.SampledFrom([]string{"", "g", "h"}).Draw(t, "group"),
				rapid.SampledFrom([]string{Enabled, Disabled}).Draw(t, "is"), float64(rapid.IntRange(0, 3).Draw(t, "order"))))
		}
		h := Holder{Unit: "/Pupils/Year 6/6B", Groups: []string{"g", "h"}}
		other := rapid.Permutation(all).Draw(t, "otherwise")
		have := New(other, tree).Effective(GmailService, Service, Holder{Unit: h.Unit, Groups: []string{"h", "g", "g"}})
		if want := New(all, tree).Effective(GmailService, Service, h); told(have) != told(want) {
			t.Fatalf("have %s, want %s", told(have), told(want))
		}
	})
}

func TestMembersOf(t *testing.T) {
	d := school.New(school.Rules{}, []string{"school.example"})
	for _, a := range []string{"ann", "ben", "cat"} {
		d.AddAccount(seen.Account{ID: a, Address: a + "@school.example", Unit: "/Pupils"})
	}
	user := func(a string) seen.Member { return seen.Member{Address: a + "@school.example", Type: "USER"} }
	group := func(a string) seen.Member { return seen.Member{Address: a + "@school.example", Type: "GROUP"} }
	add := func(id string, known bool, m ...seen.Member) {
		d.AddGroup(seen.Group{ID: id, Address: id + "@school.example"}, m, known)
	}
	add("g", true, user("ann"), group("h"))
	add("h", true, user("ben"), user("ann"), group("g"), user("nobody"))
	add("k", true, group("l"))
	add("l", false, user("cat"))
	m := MembersOf(d, []string{"g", "h", "k", "gone"})
	for _, list := range m.ByGroup {
		slices.Sort(list)
	}
	want := Members{
		ByGroup: map[string][]string{"g": {"ann", "ben"}, "h": {"ann", "ben"}, "k": {"cat"}},
		ByUser:  map[string][]string{"ann": {"g", "h"}, "ben": {"g", "h"}, "cat": {"k"}},
		Unknown: map[string]bool{"k": true},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	d.GroupsUnknown = true
	if m := MembersOf(d, []string{"gone"}); !m.Unknown["gone"] {
		t.Error("a group that is not listed, although the list could not be read, has nobody")
	}
}

func TestCatalogue(t *testing.T) {
	for _, typ := range Types() {
		s, ok := Known(typ)
		if !ok || s.Path == "" || len(s.Fields) == 0 || ClickPath(typ) != s.Path {
			t.Errorf("%s is not complete", typ)
		}
		for _, f := range s.Fields {
			if f.Name == "" || f.Says == "" || Words(typ, f.Name) != f.Says {
				t.Errorf("%s: field %+v is not complete", typ, f)
			}
			if f.Default != nil && len(f.Values) > 0 && ValueWords(typ, f.Name, *f.Default) == *f.Default {
				t.Errorf("%s, %s: the default %q is none of the values", typ, f.Name, *f.Default)
			}
		}
	}
	for _, name := range Baselines() {
		want, ask, ok := Baseline(name)
		if !ok || len(want) == 0 || len(ask) == 0 {
			t.Errorf("baseline %s is not complete", name)
		}
		seenBefore := map[string]bool{}
		for _, w := range want {
			s, _ := Known(w.Setting)
			f, ok := s.Field(w.Field)
			if !ok || f.Unsure || seenBefore[w.Setting+w.Field] || w.Because == "" || w.Guidance == "" || w.AtLeast != nil == (len(w.Values) > 0) || w.String() == "" {
				t.Errorf("baseline %s wants %+v", name, w)
			}
			seenBefore[w.Setting+w.Field] = true
			for _, v := range w.Values {
				if ValueWords(w.Setting, w.Field, v) == v {
					t.Errorf("baseline %s wants %s of %s, which is none of its values", name, v, w.Setting)
				}
			}
		}
		for _, q := range ask {
			if q.ID == "" || q.Question == "" || q.Who == "" || seenBefore[q.ID] {
				t.Errorf("baseline %s asks %+v", name, q)
			}
			seenBefore[q.ID] = true
		}
	}
	if _, _, ok := Baseline("x"); ok {
		t.Error("a baseline of no name")
	}
	if v, known := Default("brand_new.service_status", Service); v != Disabled || !known {
		t.Error("a service that nobody knows is not off")
	}
	if _, known := Default("brand_new.service_status", "x"); known {
		t.Error("a field that nobody knows has a default")
	}
	if v, known := Default("security.password", "minimumLength"); v != "8" || !known {
		t.Error("default of the shortest password")
	}
	if Words("a.b", "c") != "a.b, c" || ValueWords("a.b", "c", "d") != "d" || ClickPath("a.b") != "" {
		t.Error("words for what nobody knows")
	}
	if ValueWords("chat.service_status", Service, Disabled) != "off" {
		t.Error("words for a service that is off")
	}
}

func TestMet(t *testing.T) {
	eight := 8.0
	for _, c := range []struct {
		want  Want
		value string
		met   bool
		words string
	}{
		{Want{Values: []string{"A"}}, "A", true, "A"}, {Want{Values: []string{"A"}}, "a", false, "A"}, {Want{Values: []string{"A", "B"}}, "B", true, "A or B"},
		{Want{AtLeast: &eight}, "8", true, "at least 8"}, {Want{AtLeast: &eight}, "7.9", false, "at least 8"}, {Want{AtLeast: &eight}, "12", true, "at least 8"}, {Want{AtLeast: &eight}, "0s", false, "at least 8"},
		{Want{}, "", false, ""},
	} {
		if have := c.want.Met(c.value); have != c.met || c.want.String() != c.words {
			t.Errorf("%s and %q: %v", c.want, c.value, have)
		}
	}
}

// BenchmarkEffective asks for 20,000 pupils, four levels down, among 300 policies.
func BenchmarkEffective(b *testing.B) {
	var all []seen.Setting
	units := []seen.Unit{{ID: "root", Path: "/"}, {ID: "pupils", Path: "/Pupils"}}
	for i := range 200 {
		units = append(units, seen.Unit{ID: fmt.Sprint("u", i), Path: fmt.Sprintf("/Pupils/School %d", i)}, seen.Unit{ID: fmt.Sprint("c", i), Path: fmt.Sprintf("/Pupils/School %d/Class", i)})
		all = append(all, state(fmt.Sprint("p", i), fmt.Sprint("u", i), "", Disabled, float64(i)))
	}
	for i := range 100 {
		all = append(all, state(fmt.Sprint("g", i), "root", fmt.Sprint("g", i), Enabled, float64(1000+i)))
	}
	p := New(all, units)
	b.ReportAllocs()
	for b.Loop() {
		for i := range 20_000 {
			p.Effective(GmailService, Service, Holder{Unit: units[2+i%400].Path, Groups: []string{fmt.Sprint("g", i%1000)}})
		}
	}
}
