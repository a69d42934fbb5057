package google

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	inUnit  = "entity.org_units.exists(org_unit, org_unit.org_unit_id == orgUnitId('u1'))"
	inGroup = "entity.groups.exists(group, group.group_id == groupId('g1'))"
	withP1  = "entity.licenses.exists(license, license in ['/product/P/sku/1'])"
	withP23 = "entity.licenses.exists(license, license in ['/product/P/sku/3', '/product/Q/sku/2'])"
)

func TestParseQuery(t *testing.T) {
	tests := []struct {
		query string
		want  audience
	}{
		{"", audience{}},
		{" \n", audience{}},
		{inUnit, audience{unit: "u1"}},
		{`entity.org_units.exists( orgUnit , orgUnit.org_unit_id==orgUnitId( "id:u1" ))`, audience{unit: "u1"}},
		{inUnit + " && " + inUnit, audience{unit: "u1"}},
		{inUnit + "&&" + inGroup, audience{unit: "u1", group: "g1"}},
		{inGroup + " && " + withP1, audience{group: "g1", licenses: []string{"P/1"}}},
		{withP23 + " && " + inUnit, audience{unit: "u1", licenses: []string{"P/3", "Q/2"}}},
		{withP1 + " && " + withP1, audience{licenses: []string{"P/1"}}},
		{inUnit + " && !" + withP23, audience{unit: "u1", notLicenses: []string{"P/3", "Q/2"}}},
		{"! " + withP23 + " && !" + withP1 + " && " + withP1, audience{licenses: []string{"P/1"}, notLicenses: []string{"P/1", "P/3", "Q/2"}}},
		{"(" + inUnit + " && (" + inGroup + ")) && !((" + withP1 + "))", audience{unit: "u1", group: "g1", notLicenses: []string{"P/1"}}},
	}
	for _, tt := range tests {
		have, ok := parseQuery(tt.query)
		if d := cmp.Diff(tt.want, have, cmp.AllowUnexported(audience{})); !ok || d != "" {
			t.Errorf("%s: understood: %v, -want +have:\n%s", tt.query, ok, d)
		}
	}
	for _, query := range []string{
		"true", "entity", inUnit + " || " + inGroup, "!" + inUnit, "!" + inGroup, "!(" + inUnit + ")", "!!" + withP1, "!(!" + withP1 + ")",
		"!(" + withP1 + " && " + withP23 + ")", withP1 + " && " + withP23, inUnit + " && ", "&& " + inUnit, inUnit + inGroup, "(" + inUnit, inUnit + ")", "()",
		strings.ReplaceAll(inUnit, "u1", "u2") + " && " + inUnit, strings.ReplaceAll(inUnit, "u1", ""), strings.ReplaceAll(inUnit, "u1", `u\'1`),
		strings.ReplaceAll(inUnit, "==", "!="), strings.ReplaceAll(inUnit, ".org_unit_id", ".parent"), strings.Replace(inUnit, "org_unit,", "other,", 1),
		strings.ReplaceAll(withP1, "/product/", ""), strings.ReplaceAll(withP1, "'/product/P/sku/1'", ""), strings.ReplaceAll(withP1, "'/product/P/sku/1'", "'/product/P/sku/1',"),
		strings.ReplaceAll(inUnit, "exists", "all"), strings.ReplaceAll(inUnit, "entity", "device"), "entity.org_units.exists('u', 'u'.org_unit_id == orgUnitId('u1'))",
		strings.Repeat("(", 40) + inUnit + strings.Repeat(")", 40), inUnit + " && entity.licenses.exists(", "'", "entity.org_units.exists(",
	} {
		if who, ok := parseQuery(query); ok {
			t.Errorf("%s: understood as %+v", query, who)
		}
	}
}

// Whatever is understood can be written again, and means the same then.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"", inUnit, inUnit + " && !" + withP23, "(" + inGroup + " && " + withP1 + ")", inUnit + " || " + inGroup, "!(" + withP1 + ")", "((", "entity.licenses.exists(l, l in ['"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		who, ok := parseQuery(query)
		if !ok {
			return
		}
		var parts []string
		if who.unit != "" {
			parts = append(parts, strings.ReplaceAll(inUnit, "u1", who.unit))
		}
		if who.group != "" {
			parts = append(parts, strings.ReplaceAll(inGroup, "g1", who.group))
		}
		list := func(licences []string) string {
			var quoted []string
			for _, l := range licences {
				product, sku, _ := strings.Cut(l, "/")
				quoted = append(quoted, "'/product/"+product+"/sku/"+sku+"'")
			}
			return "entity.licenses.exists(license, license in [" + strings.Join(quoted, ", ") + "])"
		}
		if who.licenses != nil {
			parts = append(parts, list(who.licenses))
		}
		if who.notLicenses != nil {
			parts = append(parts, "!"+list(who.notLicenses))
		}
		again, ok := parseQuery(strings.Join(parts, " && "))
		if d := cmp.Diff(who, again, cmp.AllowUnexported(audience{})); !ok || d != "" {
			t.Errorf("%q: understood again: %v, %s", query, ok, d)
		}
		if !slices.IsSorted(who.licenses) || !slices.IsSorted(who.notLicenses) {
			t.Errorf("%q: licences are not sorted", query)
		}
	})
}
