package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// with reads the parameters of a check, and what it does about what it finds; or what a reminder says.
func (b *builder) with(v *value, m *Means, once map[string]position) {
	defer func(was string) { b.part = was }(b.part)
	b.part = v.at.file // what stands in it is fitted only now
	k := meansOf(m.Kind, m.Name)
	if m.Kind == Reminder {
		b.once(v.get(string(m.Kind)), once, fmt.Sprintf("the %s %s", m.Kind, m.Name))
		b.reminder(v, m)
		return
	}
	if k == nil || k.shape == nil {
		b.once(v.get(string(m.Kind)), once, fmt.Sprintf("the %s %s", m.Kind, m.Name))
		if m.Kind == CheckIn && m.Name == CheckInClassDojo && b.p.ClassDojo != nil {
			m.With = b.p.ClassDojo
		}
		return
	}
	if !v.has("with") {
		b.wrong(v.keyAt(string(m.Kind)), fmt.Sprintf("found the check %s without %q", m.Name, "with"), "with: "+k.shape.what, "")
		return
	}
	raw := v.get("with")
	if raw == nil {
		return
	}
	with := b.fit(raw.node, k.shape)
	if with == nil {
		return
	}
	for _, r := range with.get("rules").list() {
		b.once(r, once, "the rule "+m.Name+"."+r.text)
	}
	switch m.Name {
	case "sharing":
		m.With = b.sharing(with, m.WhenNotMet)
	case "accounts":
		m.With = b.accounts(with)
	case "devices":
		m.With = &DevicesWith{Rules: with.get("rules").texts(), SyncedWithinDays: with.get("synced_within_days").whole(defaultSyncedWithinDays)}
	case "comments":
		m.With = b.comments(with)
	case "names":
		m.With = b.names(with, v)
	case "pupil-email":
		b.once(v.get(string(Check)), once, "the check pupil-email")
		m.With = b.pupilEmail(with, v, m.WhenNotMet)
	case "settings":
		b.once(v.get(string(Check)), once, "the check settings")
		m.With = b.settings(with)
	}
	if !with.has("rules") || with.get("rules").complete() { // rules that are wrong have been complained about
		b.outcome(v, m)
	}
}

// outcome complains where a clause wants more than a report of what the program can only report, and reads the brake.
func (b *builder) outcome(v *value, m *Means) {
	if v.has("brake") && m.WhenNotMet != Fix {
		b.warn(v.keyAt("brake"), "the brake is read only with when_not_met: fix")
	}
	if m.WhenNotMet == Report {
		return
	}
	if m.WhenNotMet == Fix {
		brake := v.get("brake")
		m.Brake = Brake{brake.get("max_changes").whole(defaultMaxChanges), brake.get("max_share").whole(defaultMaxShare)}
	}
	where := v.get("when_not_met").where()
	var without []string
	possible := slices.ContainsFunc(m.Rules(), func(r string) bool { return m.remedy(r) != "" })
	for _, r := range m.Rules() {
		if m.remedy(r) == "" && !InformationOnly(m.Name, r) {
			without = append(without, r)
		}
	}
	switch {
	case len(remedyWords[m.Name]) == 0:
		b.wrong(where, fmt.Sprintf("found %q, but what %s finds is only reported: no API can change it; the finding says where to click", m.WhenNotMet, m.Name),
			`"report"`, "")
	case !possible:
		b.wrong(where, fmt.Sprintf("found %q, but what these rules find is only reported: the finding says where to click", m.WhenNotMet),
			`"report", or one of the rules that can be put right: `+strings.Join(slices.Sorted(maps.Keys(remedyWords[m.Name])), ", "), "")
	case len(without) > 0 && m.namesRules():
		hint := ""
		if slices.Contains(without, "wrong-unit") {
			hint = " (wrong-unit can be, with year_units)"
		}
		b.warn(where, "%s: only reported, as the program cannot put it right%s", strings.Join(without, ", "), hint)
	}
}

func (b *builder) sharing(v *value, whenNotMet string) *SharingWith {
	w := &SharingWith{Rules: v.get("rules").texts(), Remedy: v.get("remedy").str()}
	inside := slices.Contains(w.Rules, "within-school") || slices.Contains(w.Rules, "trust-wide")
	switch {
	case inside && !v.has("confidential"):
		b.wrong(v.get("rules").where(), `found within-school or trust-wide without "confidential"`, "the folders and drives that they are about", "")
	case !inside && v.has("confidential") && v.get("rules").complete():
		b.wrong(v.keyAt("confidential"), `found "confidential", which none of these rules reads`, "it only with within-school or trust-wide", "")
	}
	seen := map[string]bool{}
	for _, i := range v.get("confidential").list() {
		c := Confidential{Folder: i.get("folder").str(), Drive: i.get("drive").str(), Name: i.get("name").str()}
		if id := c.Folder + c.Drive; id != "" {
			if seen[id] {
				b.wrong(i.at, fmt.Sprintf("found %s a second time", show(id)), "each place once", "")
			}
			seen[id] = true
		}
		for _, a := range i.get("allowed").list() {
			c.Allowed = append(c.Allowed, b.ourAddress(a))
		}
		w.Confidential = append(w.Confidential, c)
	}
	switch {
	case v.has("remedy") && whenNotMet == Report:
		b.warn(v.keyAt("remedy"), "the remedy is read only with when_not_met: propose or fix")
	case w.Remedy == "" && whenNotMet != Report:
		w.Remedy = RemedyRemove
	}
	if w.Remedy == RemedyExpire {
		w.ExpireDays = v.get("expire_days").whole(defaultExpireDays)
	} else if v.has("expire_days") {
		b.wrong(v.keyAt("expire_days"), `found "expire_days" without the remedy expire`, "remedy: expire", "")
	}
	return w
}

func (b *builder) comments(v *value) *CommentsWith {
	w := &CommentsWith{Rules: v.get("rules").texts(), Places: v.get("places").texts(), Replies: v.get("replies").str() != "do-not-count", Staff: v.get("staff").str() == "yes"}
	if !v.has("rules") {
		w.Rules = slices.Clone(commentsRules)
	}
	for _, place := range v.get("places").list() {
		if place.text == PlaceClassDojo && b.p.ClassDojo == nil && !b.root.has("classdojo") {
			b.wrong(place.at, "found the place classdojo, but no classes of it", "a block classdojo that lists the classes", "")
		}
	}
	if !v.has("places") {
		w.Places = []string{PlaceClassroom}
	}
	return w
}

// names reads the parameters of the check names. Who is not to be published only the roll can say: without its column nothing would ever be found.
func (b *builder) names(v, means *value) *NamesWith {
	w := &NamesWith{Rules: v.get("rules").texts(), Titles: v.get("titles").texts(), LeaverDays: v.get("leaver_days").whole(defaultLeaverDays)}
	b.needPupils(means.keyAt(string(Check)), "names")
	if len(w.Titles) > 0 && !slices.Contains(w.Rules, FullName) && v.get("rules").complete() {
		b.wrong(v.keyAt("titles"), `found "titles", which none of these rules reads`, "it only with full-name", "")
	}
	for _, r := range v.get("rules").list() {
		if r.text == NotToPublish && !b.root.get("pupils").get("roll").get("columns").has("publish") {
			b.wrong(r.at, fmt.Sprintf("found the rule %s, but the policy does not say which column of the pupils' roll tells who may be published", NotToPublish),
				"pupils.roll.columns.publish: the heading of that column", "")
		}
	}
	return w
}

// unitsAndGroups reads {units, groups}.
func (b *builder) unitsAndGroups(v *value) UnitsAndGroups {
	w := UnitsAndGroups{Units: b.units(v.get("units"))}
	for _, u := range v.get("units").list() {
		b.insideSchool(u)
	}
	w.Groups = b.addresses(v.get("groups"))
	return w
}

// addresses reads addresses that should be ours, each once and in lower case.
func (b *builder) addresses(v *value) []string {
	out := b.distinct(v, strings.ToLower)
	for _, i := range v.list() {
		b.ourAddress(i)
	}
	return out
}

func (b *builder) pupilEmail(v, means *value, whenNotMet string) *PupilEmailWith {
	w := &PupilEmailWith{Mode: v.get("mode").str(), Except: b.unitsAndGroups(v.get("except")), Approved: b.unitsAndGroups(v.get("approved"))}
	b.needPupils(means.keyAt(string(Check)), "pupil-email")
	switch {
	case w.Mode == ModeOff && v.has("approved"):
		b.wrong(v.keyAt("approved"), `found "approved", which the mode off does not read`, "mode: approved-only", "")
	case w.Mode == ModeApprovedOnly && !v.has("approved"):
		b.wrong(v.get("mode").where(), `found the mode approved-only without "approved"`, "approved: {units, groups}", "")
	}
	to := v.get("move_to")
	if to == nil {
		return w
	}
	if whenNotMet == Report {
		b.warn(v.keyAt("move_to"), "move_to is read only with when_not_met: propose or fix")
	}
	w.MoveTo = map[string]string{}
	if to.shape.form == textForm {
		w.MoveTo["/"] = to.text
		b.pupilsUnit(to)
		return w
	}
	for _, from := range to.names {
		t := to.get(from)
		if t == nil {
			continue
		}
		w.MoveTo[from] = t.text
		b.pupilsUnit(t)
		b.insideSchool(&value{at: to.keyAt(from), text: from})
	}
	if to.number == 0 {
		b.wrong(to.at, "found no unit", to.shape.what, "")
	}
	return w
}

// needPupils complains where a check of pupils' accounts would look at nobody.
func (b *builder) needPupils(at position, what string) {
	if !b.root.has("pupils") {
		b.wrong(at, fmt.Sprintf("found %s, but the policy has no %q, so that it would look at nobody", what, "pupils"), "pupils: {org_units}", "")
	}
}

// pupilsUnit complains about a unit whose accounts would not be pupils' any more.
func (b *builder) pupilsUnit(v *value) {
	if v == nil || !b.root.has("pupils") {
		return
	}
	for _, u := range b.root.get("pupils").get("org_units").list() {
		if unitUnder(v.text, u.text) {
			return
		}
	}
	if b.root.get("pupils").get("org_units") == nil {
		return // has been complained about
	}
	b.wrong(v.at, fmt.Sprintf("found the org unit %s, whose accounts are not pupils'", show(v.text)),
		"a unit under "+strings.Join(b.p.Pupils.OrgUnits, " or "), "")
}
