package truth

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const gmailStatus = "gmail.service_status"

// holder is what policies apply to: a unit, licences and groups.
type holder struct {
	path     string
	licenses []string
	groups   map[string]bool // Directory ids
}

func (a *account) holder() holder {
	h := holder{path: a.OrgUnitPath, licenses: a.licenses, groups: map[string]bool{}}
	for g := range a.groups {
		h.groups[g.ID] = true
	}
	return h
}

func (p CloudPolicy) settingType() string { return strings.TrimPrefix(p.Setting.Type, "settings/") }

func (p CloudPolicy) unitID() string {
	return bare(strings.TrimPrefix(p.PolicyQuery.OrgUnit, "orgUnits/"))
}

func (p CloudPolicy) groupID() string { return strings.TrimPrefix(p.PolicyQuery.Group, "groups/") }

var (
	licenseClause = regexp.MustCompile(`(!?)\s*\(?\s*entity\.licenses\.exists\(\s*\w+\s*,\s*\w+\s+in\s+\[([^\]]*)\]`)
	licenseName   = regexp.MustCompile(`/product/([^/'"]+)/sku/([^/'"]+)`)
)

// applies reports whether each part that a policy names fits a holder.
func (w *world) applies(p CloudPolicy, h holder) bool {
	if p.unitID() != "" {
		unit, ok := w.unitByID(p.unitID())
		if !ok || !under(h.path, unit.Path) {
			return false
		}
	}
	if p.groupID() != "" && !h.groups[p.groupID()] {
		return false
	}
	for _, clause := range w.licenseClauses(p.PolicyQuery.Query) {
		has := slices.ContainsFunc(clause.names, func(name string) bool { return slices.Contains(h.licenses, name) })
		if has == clause.without {
			return false
		}
	}
	return true
}

// licencePart is a part of a query that names licences, "product/sku".
type licencePart struct {
	names   []string
	without bool // the holder must have none of them
}

// licenseClauses are a query's; each query is read once, however many holders there are.
func (w *world) licenseClauses(query string) []licencePart {
	out, known := w.queries[query]
	if known {
		return out
	}
	for _, clause := range licenseClause.FindAllStringSubmatch(query, -1) {
		l := licencePart{without: clause[1] == "!"}
		for _, name := range licenseName.FindAllStringSubmatch(clause[2], -1) {
			l.names = append(l.names, name[1]+"/"+name[2])
		}
		out = append(out, l)
	}
	w.queries[query] = out
	return out
}

// licensesMatter reports whether licences tell holders of a setting apart: a policy of it names some, and its unit is in the
// Directory, or it names none (docs/account-rules.md, `settings`: `differs`, Holders).
func (w *world) licensesMatter(settingType string) bool {
	return slices.ContainsFunc(w.t.CloudPolicies, func(p CloudPolicy) bool {
		if p.settingType() != settingType || !p.namesLicenses() {
			return false
		}
		_, found := w.unitByID(p.unitID())
		return found || p.unitID() == ""
	})
}

func (p CloudPolicy) namesLicenses() bool {
	return slices.ContainsFunc(licenseClause.FindAllStringSubmatch(p.PolicyQuery.Query, -1), func(clause []string) bool {
		return licenseName.MatchString(clause[2])
	})
}

func (w *world) unitByID(id string) (OrgUnit, bool) {
	for _, u := range w.t.OrgUnits {
		if bare(u.ID) == bare(id) {
			return u, true
		}
	}
	return OrgUnit{}, false
}

// unitOf is the id of the unit that a policy is set in; one that names none is as if set at the top.
func (w *world) unitOf(p CloudPolicy) string {
	id := p.unitID()
	for _, u := range w.t.OrgUnits {
		if id == "" && u.Path == "/" {
			return bare(u.ID)
		}
	}
	return id
}

// isPassedOver reports whether a policy of a group would switch a service off, which a group cannot.
func (p CloudPolicy) isPassedOver() bool {
	if p.groupID() == "" {
		return false
	}
	state, has := p.Setting.Value["serviceState"]
	return (has || strings.HasSuffix(p.settingType(), ".service_status")) && state != "ENABLED"
}

// deciding is the unit policy that decides a setting for a holder, or nil.
func (w *world) deciding(settingType string, h holder) *CloudPolicy {
	var best *CloudPolicy
	for i := range w.t.CloudPolicies {
		p := &w.t.CloudPolicies[i]
		if p.settingType() != settingType || p.groupID() != "" || !w.applies(*p, h) {
			continue
		}
		if best == nil || p.PolicyQuery.SortOrder > best.PolicyQuery.SortOrder {
			best = p
		}
	}
	return best
}

// groupPolicies are the policies of groups that apply to a holder and beat what decides without them, greatest sort
// order first.
func (w *world) groupPolicies(settingType string, h holder) []CloudPolicy {
	var out []CloudPolicy
	for _, p := range w.t.CloudPolicies {
		if p.settingType() == settingType && p.groupID() != "" && !p.isPassedOver() && w.applies(p, h) {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil
	}
	if unit := w.deciding(settingType, h); unit != nil {
		out = slices.DeleteFunc(out, func(p CloudPolicy) bool { return p.PolicyQuery.SortOrder <= unit.PolicyQuery.SortOrder })
	}
	slices.SortStableFunc(out, func(a, b CloudPolicy) int { return cmp.Compare(b.PolicyQuery.SortOrder, a.PolicyQuery.SortOrder) })
	return out
}

// withoutEmail reports whether Gmail is off for a holder by a policy. Where none decides, it is not known to be off
// (docs/account-rules.md, `outside-forwarding`).
func (w *world) withoutEmail(h holder) bool {
	if len(w.groupPolicies(gmailStatus, h)) > 0 {
		return false // a group only switches on
	}
	unit := w.deciding(gmailStatus, h)
	state, _, _ := value(gmailStatus, "serviceState", unit)
	return unit != nil && state != "ENABLED"
}

// value is a field of a setting under a policy (nil: none applies) as text. It is the default where the policy does not
// have the field; isDefault says so. It is not ok if nobody knows, or if the value is a list or an object.
func value(settingType, field string, p *CloudPolicy) (text string, isDefault, ok bool) {
	if p != nil {
		if v, has := p.Setting.Value[field]; has && v != nil {
			text, ok = textOf(v)
			return text, false, ok
		}
	}
	if field == "serviceState" && strings.HasSuffix(settingType, ".service_status") {
		return "DISABLED", true, true
	}
	text, ok = defaults[settingType+"/"+field]
	return text, true, ok
}

// textOf writes a value as text; lists and objects have none.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
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
	case uint64:
		return strconv.FormatUint(v, 10), true
	}
	return "", false
}

// judgePupilEmail adds what one `check: pupil-email` finds.
func (w *world) judgePupilEmail(m EmailMeans, found collection) {
	for _, a := range w.accounts {
		if a.kind != "pupils" || !a.active || w.leftOut(a, m.Except) || m.Mode == "approved-only" && w.leftOut(a, m.Approved) {
			continue
		}
		add := func(rule, fact string) { found.add("pupil-email", m.Clause, rule, "user/"+a.ID, fact) }
		h := a.holder()
		unit := w.deciding(gmailStatus, h)
		if state, _, _ := value(gmailStatus, "serviceState", unit); state == "ENABLED" {
			add("on", "unit/"+w.unitOf(*unit))
		} else {
			for _, p := range w.groupPolicies(gmailStatus, h) {
				add("access-group", "group/"+p.groupID())
			}
		}
		w.judgeUsed(a, add)
	}
}

// judgeUsed tries the rule on mail that was sent or received.
func (w *world) judgeUsed(a *account, add func(rule, fact string)) {
	from := w.today - 7
	changes := w.logs.gmail
	for _, n := range records(w.logs.moves, a) {
		changes = append(slices.Clip(changes), n.at)
	}
	for _, t := range changes {
		from = max(from, w.day(t)+1)
	}
	if r, ok := w.newestReport(a, from); ok && r.gmailOn {
		add("used", "usage-says-on")
	}
	var sent, received int64
	for d, r := range w.usage[a.User] {
		if d >= from {
			sent += r.sent
			received += r.received
		}
	}
	if sent > 0 {
		add("used", "sent")
	}
	if received > 0 {
		add("used", "received")
	}
}
