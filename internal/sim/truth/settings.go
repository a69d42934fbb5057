package truth

import (
	"slices"
	"strconv"
	"strings"
)

// wanted are the settings that a means asks for, those of its baseline first.
func (m SettingsMeans) wanted() []Want {
	return append(slices.Clone(baselines[m.Baseline]), m.Want...)
}

// fits reports whether a value is as wanted.
func (want Want) fits(value string) bool {
	if want.AtLeast != nil {
		n, err := strconv.ParseFloat(value, 64)
		return err == nil && n >= *want.AtLeast
	}
	values := want.Values
	if want.Value != nil {
		values = append(slices.Clone(values), want.Value)
	}
	return slices.ContainsFunc(values, func(v any) bool {
		text, ok := textOf(v)
		return ok && text == value
	})
}

// judgeSettings adds what one `check: settings` finds.
func (w *world) judgeSettings(m SettingsMeans, found collection) {
	for _, want := range m.wanted() {
		want.Setting = strings.TrimPrefix(want.Setting, "settings/")
		add := func(where, fact string) {
			found.add("settings", m.Clause, "differs", "setting/"+where+"/"+want.Setting+"/"+want.Field, fact)
		}
		for _, path := range m.Units {
			for _, unit := range w.t.OrgUnits {
				if strings.EqualFold(unit.Path, path) {
					w.judgeUnit(m, want, unit, add)
				}
			}
		}
	}
}

// judgeUnit looks at a setting in a unit and all that is below it.
func (w *world) judgeUnit(m SettingsMeans, want Want, top OrgUnit, add func(where, fact string)) {
	byLicense := w.licensesMatter(want.Setting)
	for _, x := range w.t.OrgUnits {
		if !under(x.Path, top.Path) || underAny(x.Path, m.Except.Units) {
			continue
		}
		holders, seen := []holder{{path: x.Path}}, map[string]bool{"": true}
		for _, a := range w.accounts {
			set := strings.Join(a.licenses, "+")
			if byLicense && a.active && !seen[set] && strings.EqualFold(a.OrgUnitPath, x.Path) {
				seen[set] = true
				holders = append(holders, holder{path: x.Path, licenses: a.licenses})
			}
		}
		for _, h := range holders {
			w.judgeHolder(want, top, h, add)
		}
	}
	for _, a := range w.accounts {
		if !a.active || !under(a.OrgUnitPath, top.Path) || w.leftOut(a, m.Except) {
			continue
		}
		for _, p := range w.groupPolicies(want.Setting, a.holder()) {
			if v, _, ok := value(want.Setting, want.Field, &p); ok && !want.fits(v) {
				add("group:"+p.groupID(), v+" set-in group/"+p.groupID())
			}
		}
	}
}

func (w *world) judgeHolder(want Want, top OrgUnit, h holder, add func(where, fact string)) {
	p := w.deciding(want.Setting, h)
	v, isDefault, ok := value(want.Setting, want.Field, p)
	if !ok || want.fits(v) {
		return
	}
	place := bare(top.ID)
	if p != nil {
		if unit, found := w.unitByID(w.unitOf(*p)); found && under(unit.Path, top.Path) {
			place = bare(unit.ID)
		}
	}
	fact := v + " default"
	if !isDefault {
		fact = v + " set-in unit/" + w.unitOf(*p)
	}
	if len(h.licenses) > 0 {
		fact += " licence " + strings.Join(h.licenses, "+")
	}
	add(place, fact)
}
