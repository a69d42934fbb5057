package generate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// cast is who is who in the tenant.
type cast struct {
	narrowed bool   // both policies narrowed to units: a second school shares the account
	central  bool   // a few accounts of the trust share the account, and the Dojo policy leaves them out
	root     string // what our units begin with: "" or "/Ash"

	head, deputy, senco, bursar, site, it, officer, earlyYears *world.User

	teachers, tas, officeStaff, governors, supply []*world.User
	classes                                       []*class
	pupils                                        []*pupil
	leavers                                       []*world.User // switched off or archived, pupils and staff
	gone                                          []string      // addresses of accounts that were deleted long ago
	joiners                                       []*world.User // new accounts without a file
	oak                                           []*world.User // other schools of the trust, or the trust itself, in the same account
	guest                                         *world.User
	eco, extras                                   []*pupil      // set aside for the demo's story
	pupilRows, staffRows, visitorRows             []*entry      // the rolls
	restStaff                                     []*world.User // switched off but still in the staff unit

	groupOf map[string]*world.Group // by the local part of the address
	driveOf map[string]*world.Drive

	personnel *world.Drive
	classWork []*world.File // a teacher's folder for each class
	marked    []confidential
	listed    []listedBlog
	teams     []*world.Group // of a bench tenant
}

type class struct {
	name     string
	years    []int // 0 = Reception
	teachers []*world.User
	ta       *world.User
	pupils   []*pupil
	group    string // address
	course   *world.Course
}

type pupil struct {
	user      *world.User
	year      int
	class     *class
	admission string
	parent    string // a parent's private address
	row       *entry // of the roll; nil for a pupil whom the roll forgot
	special   bool   // stands for something by now, so that nothing else may happen to this pupil
}

func yearName(y int) string {
	if y == 0 {
		return "R"
	}
	return fmt.Sprint(y)
}

// unit is the path of one of our units.
func (c *cast) unit(name string) string { return c.root + "/" + name }

// customer puts the account in place: domains, units, policies, the trusted domain.
func (b *builder) customer() {
	b.name = pick(b.rng, schoolNames) + " Primary School"
	b.narrowed = (b.opt.Seed%3+3)%3 == 2
	b.central = !b.narrowed && b.opt.Pupils >= 420
	if b.narrowed {
		b.root = "/Ash"
	}
	b.w.AddDomain(&world.Domain{DomainName: Domain, IsPrimary: true, Verified: true,
		DomainAliases: []world.DomainAlias{{DomainAliasName: Alias, ParentDomainName: Domain, Verified: true}}})
	b.addUnit("/")
	if b.root != "" {
		b.addUnit(b.root)
	}
	for _, u := range []string{"Pupils", "Staff", "Governors", "Visitors", "Leavers"} {
		b.addUnit(b.unit(u))
	}
	for y := range 7 {
		name := "Year " + yearName(y)
		if y == 0 {
			name = "Reception"
		}
		b.addUnit(b.unit("Pupils") + "/" + name)
	}
	b.addUnit(b.unit("Staff") + "/Office")
	switch {
	case b.narrowed:
		b.addUnit("/Oak")
		b.addUnit("/Oak/Pupils")
		b.addUnit("/Oak/Staff")
	case b.central:
		b.addUnit("/Trust")
	}
	b.w.AddAllowlistedDomain(&world.AllowlistedDomain{DomainName: Trust})
	b.cloudPolicies()
}

func (b *builder) addUnit(path string) {
	id := fmt.Sprintf("id:03ph8a2z%s", b.w.NewID("", 8))
	o := &world.OrgUnit{OrgUnitID: id, OrgUnitPath: path, Name: path[strings.LastIndexByte(path, '/')+1:]}
	if path == "/" {
		o.Name = Domain
	} else {
		o.ParentOrgUnitPath = path[:strings.LastIndexByte(path, '/')]
		if o.ParentOrgUnitPath == "" {
			o.ParentOrgUnitPath = "/"
		}
		o.ParentOrgUnitID = b.w.UnitOf(o.ParentOrgUnitPath).OrgUnitID
	}
	b.w.AddOrgUnit(o)
}

// cloudPolicies sets a few things as schools do: pupils have no e-mail, and may share with nobody outside.
func (b *builder) cloudPolicies() {
	n := 0
	add := func(unit, setting, value string) {
		n++
		o := b.w.UnitOf(unit)
		id := strings.TrimPrefix(o.OrgUnitID, "id:")
		b.w.AddPolicy(&world.Policy{Name: "policies/" + b.w.NewID("ak", 22), Type: "ADMIN",
			Setting: world.PolicySetting{Type: "settings/" + setting, Value: json.RawMessage(value)},
			Extra: world.Raw{"customer": jsonOf("customers/" + b.w.Settings.Customer.ID), "policyQuery": jsonOf(map[string]any{
				"orgUnit": "orgUnits/" + id, "sortOrder": n, "query": fmt.Sprintf("entity.org_units.exists(org_unit, org_unit.org_unit_id == orgUnitId('%s'))", id)})}})
	}
	add("/", "gmail.service_status", `{"serviceState":"ENABLED"}`)
	add(b.unit("Pupils"), "gmail.service_status", `{"serviceState":"DISABLED"}`)
	add("/", "drive_and_docs.external_sharing", `{"externalSharingMode":"ALLOWED","allowReceivingExternalFiles":true,"allowPublishingFiles":true}`)
	add("/", "drive_and_docs.general_access_default", `{"defaultFileAccess":"PRIVATE_TO_OWNER"}`)
	add(b.unit("Pupils"), "chat.service_status", `{"serviceState":"DISABLED"}`)
	add(b.unit("Pupils"), "meet.service_status", `{"serviceState":"DISABLED"}`)
}

func jsonOf(v any) json.RawMessage {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // only ever called with texts, numbers and lists of them
	}
	return out
}

// account puts an account in place. local "" makes one from the name.
func (b *builder) account(local, given, family, unit string, age time.Duration, aliases ...string) *world.User {
	if local == "" {
		local = b.local(given, family)
	}
	u := &world.User{PrimaryEmail: local + "@" + Domain, OrgUnitPath: unit, Aliases: aliases, NonEditableAliases: []string{local + "@" + Alias},
		Name:         world.Name{GivenName: given, FamilyName: family, FullName: given + " " + family},
		CreationTime: b.now.Add(-age).Truncate(time.Second), LastLoginTime: b.now.Add(-time.Duration(between(b.rng, 1, 60*24*14)) * time.Minute).Truncate(time.Second)}
	b.check(b.w.AddUser(u))
	return u
}

func (b *builder) adult(local, unit string, aliases ...string) *world.User {
	return b.account(local, pick(b.rng, adultNames), pick(b.rng, familyNames), unit, time.Duration(between(b.rng, 60, 3000))*24*time.Hour, aliases...)
}

func (b *builder) people() {
	staff := b.unit("Staff")
	b.head = b.adult("head", staff)
	b.deputy = b.adult("deputyhead", staff)
	b.senco = b.adult("senco", staff)
	b.bursar = b.adult("bursar", staff+"/Office")
	b.site = b.adult("", staff)
	b.it = b.adult("it", staff)
	b.it.IsAdmin = true
	b.officeStaff = []*world.User{b.bursar}
	for range 1 + b.opt.Pupils/300 {
		b.officeStaff = append(b.officeStaff, b.adult("", staff+"/Office"))
	}
	b.makeClasses()
	b.officer = b.teachers[len(b.teachers)-1]
	b.earlyYears = b.teachers[0]
	for i := range between(b.rng, 1, 3) {
		b.supply = append(b.supply, b.adult(fmt.Sprintf("supply%d", i+1), b.unit("Visitors")))
	}
	for i := range between(b.rng, 3, 6) {
		local := ""
		if i == 0 {
			local = "governor"
		}
		b.governors = append(b.governors, b.adult(local, b.unit("Governors")))
	}
	b.makeLeavers()
	for range between(b.rng, 2, 4) {
		y := between(b.rng, 0, 6)
		b.joiners = append(b.joiners, b.account("", pick(b.rng, givenNames), pick(b.rng, familyNames), b.yearUnit(y), 3*24*time.Hour))
	}
	b.joiners[0].LastLoginTime = time.Unix(0, 0).UTC() // never signed in
	b.guest = &world.User{PrimaryEmail: "harp.tutor@music-tuition.example", OrgUnitPath: "/", IsGuestUser: true,
		Name: world.Name{GivenName: "Rosalind", FamilyName: "Harpwell", FullName: "Rosalind Harpwell"}, CreationTime: b.now.AddDate(0, -5, 0)}
	b.check(b.w.AddUser(b.guest))
	b.neighbours()
	// A member of staff on long leave: switched off, still in the staff unit.
	u := b.adult("", staff)
	u.Suspended, u.SuspensionReason = true, "ADMIN"
	b.restStaff = append(b.restStaff, u)
	b.gone = []string{"former.clerk@" + Domain, "p.oldfield@" + Domain, "student.teacher@" + Alias}
	for _, u := range b.w.Users() {
		if u.IsGuestUser {
			continue
		}
		u.Extra = world.Raw{"isMailboxSetup": jsonOf(!strings.Contains(u.OrgUnitPath, "/Pupils"))}
	}
}

func (b *builder) yearUnit(y int) string {
	if y == 0 {
		return b.unit("Pupils") + "/Reception"
	}
	return b.unit("Pupils") + "/Year " + yearName(y)
}

var forms = []string{"Ash", "Beech", "Cedar", "Damson", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper", "Kauri", "Larch", "Maple", "Nettle", "Olive", "Poplar"}

// makeClasses makes pupils, classes and who teaches them: mixed-age classes where a year group would not fill one.
func (b *builder) makeClasses() {
	n := b.opt.Pupils
	years := make([]int, n)
	for i := range years {
		years[i] = i * 7 / n
	}
	add := func(name string, from, until int) {
		c := &class{name: name, group: fmt.Sprintf("class%d@%s", len(b.classes)+1, Domain)}
		for i := from; i < until; i++ {
			if !slices.Contains(c.years, years[i]) {
				c.years = append(c.years, years[i])
			}
			c.pupils = append(c.pupils, b.makePupil(i, years[i], c))
		}
		b.classes = append(b.classes, c)
	}
	if n < 7*16 {
		k := max(2, (n+24)/25)
		for i := range k {
			add(fmt.Sprintf("Class %d", i+1), i*n/k, (i+1)*n/k)
		}
	} else {
		for y := range 7 {
			first, _ := slices.BinarySearch(years, y)
			last, _ := slices.BinarySearch(years, y+1)
			k := (last - first + 29) / 30
			for f := range k {
				name := pickAt(forms, f)
				if f >= len(forms) {
					name += fmt.Sprint(" ", f/len(forms)+1)
				}
				if y > 0 {
					name = yearName(y) + " " + name
				} else {
					name = "Reception " + name
				}
				add(name, first+f*(last-first)/k, first+(f+1)*(last-first)/k)
			}
		}
	}
	for i, c := range b.classes {
		var aliases []string
		if i == 0 {
			aliases = append(aliases, "early.years@"+Domain)
		}
		if i == len(b.classes)-1 {
			aliases = append(aliases, "officer@"+Domain)
		}
		c.teachers = append(c.teachers, b.adult("", b.unit("Staff"), aliases...))
		if i%5 == 1 { // a job share
			c.teachers = append([]*world.User{b.adult("", b.unit("Staff"))}, c.teachers...)
		}
		b.teachers = append(b.teachers, c.teachers...)
		c.ta = b.adult("", b.unit("Staff"))
		b.tas = append(b.tas, c.ta)
	}
}

func (b *builder) makePupil(i, year int, c *class) *pupil {
	given, family := pick(b.rng, givenNames), pick(b.rng, familyNames)
	switch {
	case i > 0 && i%23 == 0: // a homonym
		before := b.pupils[between(b.rng, 0, len(b.pupils)-1)].user.Name
		given, family = before.GivenName, before.FamilyName
	case i > 0 && i%11 == 0: // a brother or sister
		family = b.pupils[between(b.rng, 0, len(b.pupils)-1)].user.Name.FamilyName
	}
	p := &pupil{year: year, class: c, admission: fmt.Sprintf("A%05d", 10000+i*7)}
	local := b.local(given, family)
	if i%17 == 6 { // a name that not every encoding has
		given = pickAt(accentedNames, i/17)
	}
	p.user = b.account(local, given, family, b.yearUnit(year), time.Duration(year*365+between(b.rng, 3, 300))*24*time.Hour)
	initial := strings.ToLower(pick(b.rng, adultNames)[:1])
	surname := strings.Split(p.user.PrimaryEmail, "@")[0]
	surname = surname[strings.IndexByte(surname, '.')+1:]
	p.parent = fmt.Sprintf("%s.%s@%s", initial, surname, pick(b.rng, []string{"home.example", "family-mail.example", "inbox.example"}))
	b.pupils = append(b.pupils, p)
	return p
}

// makeLeavers makes those who left: switched off, archived, some forgotten in the unit of the active.
func (b *builder) makeLeavers() {
	for i := range 3 + b.opt.Pupils/60 {
		u := b.account("", pick(b.rng, givenNames), pick(b.rng, familyNames), b.unit("Leavers"), 2500*24*time.Hour)
		u.Suspended, u.SuspensionReason = i%3 != 1, "ADMIN"
		u.Archived = i%3 == 1
		if !u.Suspended {
			u.SuspensionReason = ""
		}
		u.LastLoginTime = b.now.AddDate(0, -2, -i)
		b.leavers = append(b.leavers, u)
	}
	for i := range 2 + b.opt.Pupils/300 {
		u := b.adult("", b.unit("Leavers"))
		u.Suspended, u.Archived = i%2 == 0, i%2 == 1
		if u.Suspended {
			u.SuspensionReason = "ADMIN"
		}
		b.leavers = append(b.leavers, u)
	}
}

// neighbours makes the accounts in the same Google account that are not this school's.
func (b *builder) neighbours() {
	switch {
	case b.narrowed:
		for range 5 + b.opt.Pupils/60 {
			b.oak = append(b.oak, b.adult("", "/Oak/Staff"))
		}
		for range 4 + b.opt.Pupils/20 {
			b.oak = append(b.oak, b.account("", pick(b.rng, givenNames), pick(b.rng, familyNames), "/Oak/Pupils", 500*24*time.Hour))
		}
	case b.central:
		for range 5 {
			b.oak = append(b.oak, b.adult("", "/Trust"))
		}
	}
}
