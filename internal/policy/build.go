package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones exist whatever machine the program runs on

	"esafetybot/internal/calendar"
)

// Load reads the policy file at path, looks at the headings of the rolls that it names, and reads the trust's file that it inherits and [ExpectationsFile] beside it. The error is
// [Errors] if the file, or the one beside it, was read but is not right.
func Load(path string) (*Policy, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	return parse(path, data, newLoader(os.ReadFile))
}

// Parse reads a policy from data, which inherits nothing; name is what messages call the file. The error is [Errors].
func Parse(name string, data []byte) (*Policy, error) { return parse(name, data, nil) }

// parse reads a policy. Without files nothing is looked at beside it.
func parse(name string, data []byte, files *loader) (*Policy, error) {
	sum := sha256.New()
	sum.Write(data)
	b := &builder{complaints: complaints{file: name}}
	if body := b.readYAML(data); body != nil {
		v := b.fit(body, policyShape)
		if v.has("inherits") {
			var theirs []byte
			v, theirs = b.inherit(v, files)
			sum.Write([]byte{0}) // no policy has this byte
			sum.Write(theirs)
		}
		b.relate(v, policyShape)
		b.policy(v)
		if v != nil && b.trust != nil {
			b.required(v)
		}
		if files != nil {
			b.rolls()
		}
	}
	if err := b.result(); err != nil {
		return nil, err
	}
	b.p.Version = hex.EncodeToString(sum.Sum(nil))[:12]
	b.p.Path = name
	b.p.Warnings = b.warnings
	b.p.Expectations = OwnExpectations(&b.p)
	if files != nil {
		var err error
		if b.p.Expectations, err = LoadExpectations(&b.p); err != nil {
			return nil, err
		}
	}
	return &b.p, nil
}

// builder turns a value that fits the grammar into a Policy, and complains about what only shows when several
// places are seen together.
type builder struct {
	complaints
	p     Policy
	root  *value
	trust *value // the trust's file that is inherited, or nil
	key   string // the school's short name, where something is inherited
}

func (b *builder) policy(v *value) {
	if v == nil {
		return
	}
	b.root = v
	b.school(v.get("school"))
	b.people(v.get("people"))
	b.titles(v.get("titles"))
	b.p.Pupils = b.population(v.get("pupils"))
	b.p.Staff = b.population(v.get("staff"))
	b.others(v.get("others"))
	b.calendar(v)
	b.review(v.get("review"))
	b.mail(v.get("mail"))
	n := v.get("numbers")
	b.p.Numbers = Numbers{
		LADO: n.get("lado").str(), MASH: n.get("mash").str(), Police: n.get("police_non_emergency").str(), Council: n.get("council").str(), DataProtection: n.get("data_protection").str(),
	}
	b.p.ClassDojo = b.classDojo(v.get("classdojo"))
	for _, a := range v.get("confidential_owners").list() {
		b.p.ConfidentialOwners = append(b.p.ConfidentialOwners, b.ourAddress(a))
	}
	b.blogs(v.get("blogs"))
	b.clauses(v.get("clauses"))
	b.p.NotSeen = v.get("not_seen").texts()
	b.p.Retention = maps.Clone(defaultRetention)
	if r := v.get("retention"); r != nil {
		for _, kind := range r.names {
			if t := r.get(kind); t != nil {
				b.p.Retention[kind] = periodOf(t.text)
			}
		}
	}
}

func (b *builder) school(v *value) {
	s := School{Name: v.get("name").str(), ID: v.get("id").str(), Timezone: v.get("timezone").str(), Location: time.UTC}
	if loc, err := time.LoadLocation(s.Timezone); err == nil {
		s.Location = loc
	}
	s.Domains = b.distinct(v.get("domains"), strings.ToLower)
	for _, d := range v.get("trusted_domains").list() {
		if slices.Contains(s.Domains, strings.ToLower(d.text)) {
			b.wrong(d.at, fmt.Sprintf("found the school's own domain %s among the trusted ones", show(d.text)), "domains of others", "")
		}
	}
	s.TrustedDomains = b.distinct(v.get("trusted_domains"), strings.ToLower)
	s.OrgUnits = b.units(v.get("org_units"))
	if len(s.OrgUnits) == 0 {
		s.OrgUnits = []string{"/"}
	}
	b.p.School = s
}

// distinct gives the texts of a list, and complains about those that stand there twice.
func (b *builder) distinct(v *value, norm func(string) string) []string {
	var out []string
	for _, i := range v.list() {
		t := norm(i.text)
		if slices.Contains(out, t) {
			b.wrong(i.at, fmt.Sprintf("found %s a second time", show(i.text)), "each once", "")
			continue
		}
		out = append(out, t)
	}
	return out
}

// units gives the org units of a list. One below another of the same list is a slip: it changes nothing.
func (b *builder) units(v *value) []string {
	out := b.distinct(v, strings.TrimSpace)
	for _, i := range v.list() {
		for _, other := range out {
			if other != i.text && unitUnder(i.text, other) {
				b.warn(i.at, "%s is inside %s, which is listed too", i.text, other)
			}
		}
	}
	return out
}

// unitUnder tells whether unit is root or below it. Org unit paths do not tell upper from lower case.
func unitUnder(unit, root string) bool {
	unit, root = strings.ToLower(unit), strings.ToLower(root)
	return root == "/" || unit == root || strings.HasPrefix(unit, root+"/")
}

func (b *builder) insideSchool(v *value) {
	for _, u := range b.p.School.OrgUnits {
		if v == nil || unitUnder(v.text, u) {
			return
		}
	}
	b.wrong(v.at, fmt.Sprintf("found the org unit %s, which is not part of the school, so that it matches nothing", show(v.text)),
		"a unit under "+strings.Join(b.p.School.OrgUnits, " or "), "")
}

func (b *builder) people(v *value) {
	b.p.People = People{}
	if v == nil {
		return
	}
	for _, i := range roles {
		pv := v.get(string(i.role))
		if pv == nil {
			continue
		}
		list := []*value{pv}
		if pv.shape.form == listForm {
			list = pv.items
		}
		seen := map[string]bool{}
		for _, one := range list {
			p := personOf(i.role, one)
			where := one
			if one.shape.form == objectForm {
				where = one.get("address")
				b.distinct(one.get("days"), strings.ToLower)
			}
			if p.Address == "" {
				continue
			}
			if seen[p.Address] {
				b.wrong(where.at, fmt.Sprintf("found %s a second time as %s", p.Address, i.title), "each person once", "")
				continue
			}
			seen[p.Address] = true
			if !i.outside && !b.ours(p.Address) {
				b.warn(where.at, "%s (%s) is neither on the school's domains nor on a trusted one", p.Address, i.title)
			}
			b.p.People[i.role] = append(b.p.People[i.role], p)
		}
	}
	for _, r := range []Role{RoleHead, RoleChair, RoleSafeguarding, RoleOfficer} {
		if !v.has(string(r)) {
			b.warn(v.at, "nobody is named as %s (%s)", r, r.Title())
		}
	}
}

// personOf reads somebody who is named; the address is "" where it is wrong.
func personOf(r Role, v *value) Person {
	p := Person{Role: r, Address: strings.ToLower(v.str())}
	if v.shape.form == objectForm {
		p.Address, p.Name = strings.ToLower(v.get("address").str()), v.get("name").str()
		for _, d := range v.get("days").texts() {
			if day := weekdayOf(strings.ToLower(d)); !slices.Contains(p.Days, day) {
				p.Days = append(p.Days, day)
			}
		}
	}
	return p
}

// ours tells whether an address is on one of the school's domains, its trust's or a trusted one.
func (b *builder) ours(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	if b.p.Trust != nil && slices.Contains(b.p.Trust.Domains, domain) {
		return true
	}
	return slices.Contains(b.p.School.Domains, domain) || slices.Contains(b.p.School.TrustedDomains, domain)
}

func (b *builder) ourAddress(v *value) string {
	a := strings.ToLower(v.text)
	if !b.ours(a) {
		b.warn(v.at, "%s is neither on the school's domains nor on a trusted one: it may match nothing", a)
	}
	return a
}

func (b *builder) titles(v *value) {
	b.p.Titles = map[Role]string{}
	for _, i := range roles {
		b.p.Titles[i.role] = cmp.Or(v.get(string(i.role)).str(), i.title)
	}
}

func (b *builder) population(v *value) Population {
	p := Population{OrgUnits: b.units(v.get("org_units"))}
	for _, u := range v.get("org_units").list() {
		b.insideSchool(u)
	}
	p.Roll = rollOf(v.get("roll"))
	p.YearLeaders = b.yearLeaders(v.get("year_leaders"))
	if days := v.get("days"); days != nil {
		p.Days = map[string][]time.Weekday{}
		for _, address := range days.names {
			for _, d := range days.get(address).texts() {
				p.Days[strings.ToLower(address)] = append(p.Days[strings.ToLower(address)], weekdayOf(d))
			}
			b.ourAddress(&value{at: days.keyAt(address), text: address})
		}
	}
	return p
}

func rollOf(v *value) *Roll {
	if v == nil {
		return nil
	}
	r := &Roll{CSV: v.get("csv").str(), Drive: v.get("drive").str(), Columns: map[string]string{}}
	if columns := v.get("columns"); columns != nil {
		for _, n := range columns.names {
			r.Columns[n] = columns.get(n).str()
		}
	}
	return r
}

func (b *builder) others(v *value) {
	seen := map[string]bool{}
	for _, i := range v.list() {
		o := Other{Name: i.get("name").str(), Group: strings.ToLower(i.get("group").str()), OrgUnit: i.get("org_unit").str(),
			EndsRequired: i.get("ends_required").isTrue(), Roll: rollOf(i.get("roll"))}
		if seen[o.Name] && o.Name != "" {
			b.wrong(i.get("name").where(), fmt.Sprintf("found %s a second time", show(o.Name)), "each name once", "")
		}
		seen[o.Name] = true
		if g := i.get("group"); g != nil {
			b.ourAddress(g)
		}
		b.insideSchool(i.get("org_unit"))
		b.p.Others = append(b.p.Others, o)
	}
}

func (b *builder) mail(v *value) {
	m := Mail{AttachCSV: v.get("attach_csv").isTrue(), Digest: Clock{15, 45}, Report: Clock{7, 30}, Weekly: time.Monday}
	for _, r := range v.get("names_for").list() {
		role := Role(r.text)
		m.NamesFor = append(m.NamesFor, role)
		if !role.PerClass() && len(b.p.People[role]) == 0 && !b.root.get("people").has(r.text) {
			b.wrong(r.at, fmt.Sprintf("found the role %s, which nobody in people has", show(r.text)), "a role that somebody has", "")
		}
	}
	if d := v.get("digest"); d != nil {
		m.Digest = clockOf(d.text)
	}
	if d := v.get("report"); d != nil {
		m.Report = clockOf(d.text)
	}
	switch w := v.get("weekly").str(); w {
	case "":
	case "none":
		m.NoWeekly = true
	default:
		m.Weekly = weekdayOf(w)
	}
	b.p.Mail = m
}

// clockOf reads a time that fits clockShape.
func clockOf(s string) Clock {
	h, m, _ := strings.Cut(s, ":")
	hour, _ := strconv.Atoi(h)
	minute, _ := strconv.Atoi(m)
	return Clock{hour, minute}
}

// String writes the time as 15:45.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

// periodOf reads a time that fits periodShape.
func periodOf(s string) Period {
	n, unit, _ := strings.Cut(s, " ")
	count, _ := strconv.Atoi(n)
	return Period{count, strings.TrimSuffix(unit, "s")}
}

// String writes the period as the policy does: "2 years".
func (p Period) String() string {
	if p.Count == 1 {
		return "1 " + p.Unit
	}
	return strconv.Itoa(p.Count) + " " + p.Unit + "s"
}

// Before is the moment one period before t: what is older than that is no longer kept.
func (p Period) Before(t time.Time) time.Time {
	switch p.Unit {
	case "year":
		return t.AddDate(-p.Count, 0, 0)
	case "month":
		return t.AddDate(0, -p.Count, 0)
	}
	return t.AddDate(0, 0, -p.Count)
}

// After is the moment one period after t.
func (p Period) After(t time.Time) time.Time { return Period{Count: -p.Count, Unit: p.Unit}.Before(t) }

// dates gives the two dates of a range that is right, and complains if it is the wrong way round.
func (b *builder) dates(v *value) calendar.Range {
	i := v.list()
	if len(i) != 2 {
		return calendar.Range{}
	}
	return b.span(i[0], i[1])
}

func (b *builder) span(first, last *value) calendar.Range {
	f, l := dateOf(first), dateOf(last)
	if f.IsZero() || l.IsZero() {
		return calendar.Range{}
	}
	if l.Before(f) {
		b.wrong(last.at, fmt.Sprintf("found the end %s before the beginning %s", l, f), "the same day or a later one", "")
		return calendar.Range{}
	}
	return calendar.Range{First: f, Last: l}
}

func dateOf(v *value) calendar.Date {
	d, _ := calendar.ParseDate(v.str())
	return d
}
