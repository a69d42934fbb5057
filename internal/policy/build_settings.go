package policy

import (
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/settings"
)

// settings reads the parameters of the check settings.
func (b *builder) settings(v *value) *SettingsWith {
	w := &SettingsWith{Units: b.units(v.get("units")), Baseline: v.get("baseline").str(), Except: b.unitsAndGroups(v.get("except"))}
	for _, u := range v.get("units").list() {
		b.insideSchool(u)
	}
	seen := map[string]bool{}
	for _, i := range v.get("want").list() {
		one := Want{Setting: i.get("setting").str(), Field: i.get("field").str()}
		if value := i.get("value"); value != nil {
			one.Values = []string{value.text}
		}
		one.Values = append(one.Values, b.distinct(i.get("values"), strings.TrimSpace)...)
		if least := i.get("at_least"); least != nil {
			one.AtLeast = &least.number
		}
		if key := one.Setting + " " + one.Field; one.Setting != "" && one.Field != "" {
			if seen[key] {
				b.wrong(i.at, fmt.Sprintf("found %s a second time", key), "each setting and field once", "")
			}
			seen[key] = true
			b.known(i, one)
		}
		w.Want = append(w.Want, one)
	}
	return w
}

// typo is the number of letters up to which an unknown name is taken for a slip; in short names a quarter of their letters.
const typo = 2

const unset = "where nobody set it, it could not be checked"

// known compares a wanted setting with those that the program knows. Others may be asked for too, as Google adds settings: so only what looks
// like a slip is a mistake, and the rest a warning.
func (b *builder) known(v *value, want Want) {
	setting, ok := settings.Known(want.Setting)
	service := strings.HasSuffix(want.Setting, ".service_status")
	if !ok {
		so := unset
		if service {
			so = "unless Google calls it so, it always looks switched off"
		}
		b.unknown(v.get("setting"), "setting", settings.Types(), so)
	}
	if !ok && !service {
		return
	}
	var fields []string
	for _, f := range setting.Fields {
		fields = append(fields, f.Name)
	}
	if service {
		fields = []string{settings.Service}
		if want.Field != settings.Service {
			b.wrong(v.get("field").at, "found the field "+show(want.Field), oneOf(fields), settings.Service)
			return
		}
	}
	if !slices.Contains(fields, want.Field) {
		b.unknown(v.get("field"), "field", fields, unset)
		return
	}
	values := []string{settings.Enabled, settings.Disabled}
	if !service {
		field, _ := setting.Field(want.Field)
		values = nil
		for _, one := range field.Values {
			values = append(values, fmt.Sprint(one.Key))
		}
		if len(values) == 0 {
			return
		}
	}
	for _, one := range append(v.get("values").list(), v.get("value")) {
		if one != nil && !slices.Contains(values, one.text) {
			b.unknown(one, "value", values, "no account may ever have it")
		}
	}
}

// unknown complains about a name that is nearly a known one, and warns of others.
func (b *builder) unknown(v *value, what string, known []string, so string) {
	near, most := "", min(typo, len(strings.TrimSuffix(v.text, ".service_status"))/4)
	for _, k := range known {
		if d := distance(flat(v.text), flat(k)); d <= most && (near == "" || d < distance(flat(v.text), flat(near))) {
			near = k
		}
	}
	if near != "" {
		b.wrong(v.at, fmt.Sprintf("found the %s %s, which is not known", what, show(v.text)), "a known "+what, near)
		return
	}
	help := ""
	if n := nearest(v.text, known); n != "" {
		help = fmt.Sprintf("; did you mean %q?", n)
	}
	b.warn(v.at, "the program does not know the %s %s: %s%s", what, show(v.text), so, help)
}
