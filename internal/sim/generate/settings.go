package generate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/sim/world"
)

// Licences of the school's edition, and of the upgrade that some teachers have.
const (
	eduProduct, eduSKU         = "Google-Apps", "1010070001"
	upgradeProduct, upgradeSKU = "101037", "1010370001"
	upgrade                    = "/product/" + upgradeProduct + "/sku/" + upgradeSKU
)

// policy puts a policy in place that decides over all earlier ones of its kind. place is a unit's path or a group; licence is a condition: "" for none, "!…" for those
// without it.
func (b *builder) policy(place any, setting, value, licence string) *world.Policy {
	b.order++
	return b.policyAt(float64(b.order), place, setting, value, licence)
}

// policyAt puts a policy in place at a point of the order that no other one of its kind has, as with Google.
func (b *builder) policyAt(order float64, place any, setting, value, licence string) *world.Policy {
	q := world.PolicyQuery{SortOrder: order}
	var clauses []string
	switch p := place.(type) {
	case string:
		id := strings.TrimPrefix(p, "id:")
		if o := b.w.UnitOf(p); o != nil {
			id = strings.TrimPrefix(o.OrgUnitID, "id:")
		}
		q.OrgUnit = "orgUnits/" + id
		clauses = append(clauses, fmt.Sprintf("entity.org_units.exists(org_unit, org_unit.org_unit_id == orgUnitId('%s'))", id))
	case *world.Group:
		q.Group = "groups/" + p.ID
		clauses = append(clauses, fmt.Sprintf("entity.groups.exists(group, group.group_id == groupId('%s'))", p.ID))
	}
	if l, not := strings.CutPrefix(licence, "!"); l != "" {
		c := fmt.Sprintf("entity.licenses.exists(license, license in ['%s'])", l)
		if not {
			c = "!" + c
		}
		clauses = append(clauses, c)
	}
	q.Query = strings.Join(clauses, " && ")
	p, err := world.NewPolicy("settings/"+setting, json.RawMessage(value), q)
	b.check(err)
	p.Name = "policies/" + b.w.NewID("ak", 22)
	p.Extra["customer"] = jsonOf("customers/" + b.w.Settings.Customer.ID)
	b.w.AddPolicy(p)
	return p
}

func (b *builder) service(place any, app string, on bool, licence string) *world.Policy {
	state := "DISABLED"
	if on {
		state = "ENABLED"
	}
	return b.policy(place, app+".service_status", fmt.Sprintf(`{"serviceState":%q}`, state), licence)
}

// unitID is a unit's id without its "id:".
func (b *builder) unitID(path string) string {
	return strings.TrimPrefix(b.w.UnitOf(path).OrgUnitID, "id:")
}

func (b *builder) settingSubject(path, setting, field string) string {
	return "setting/" + b.unitID(path) + "/" + setting + "/" + field
}

// settings sets what schools set, and of the baseline a few things wrongly.
func (b *builder) settings() {
	b.order = 1000 // Google's own come first
	pupils, top := b.unit("Pupils"), "/"
	b.licences()
	for _, app := range []string{"youtube", "blogger", "groups_for_business", "takeout", "calendar", "classroom", "drive_and_docs", "meet", "chat", "sites", "keep"} {
		b.service(top, app, true, "")
	}
	for _, app := range []string{"youtube", "blogger", "groups_for_business", "meet", "chat", "keep"} {
		b.service(pupils, app, false, "")
	}
	for _, s := range [][2]string{
		{"meet.video_recording", `{"enableRecording":false}`},
		{"drive_and_docs.external_sharing", `{"externalSharingMode":"DISALLOWED","allowReceivingExternalFiles":false,"allowPublishingFiles":false,"warnForExternalSharing":true}`},
		{"classroom.student_unenrollment", `{"whoCanUnenrollStudents":"TEACHERS_ONLY"}`},
		{"api_controls.unconfigured_third_party_apps", `{"accessLevel":"BLOCK_ALL_SCOPES"}`},
		{"security.user_account_recovery", `{"enableAccountRecovery":false}`},
		{"calendar.primary_calendar_max_allowed_external_sharing", `{"maxAllowedExternalSharing":"EXTERNAL_FREE_BUSY_ONLY"}`},
		{"drive_and_docs.general_access_default", `{"defaultFileAccess":"PRIVATE_TO_OWNER"}`},
	} {
		b.policy(pupils, s[0], s[1], "")
	}
	for _, s := range [][2]string{
		{"classroom.class_membership", `{"whoCanJoinClasses":"ANYONE_IN_DOMAIN","whichClassesCanUsersJoin":"CLASSES_IN_DOMAIN"}`},
		{"classroom.teacher_permissions", `{"whoCanCreateClasses":"VERIFIED_TEACHERS_ONLY"}`},
		{"security.password", `{"minimumLength":10,"allowedStrength":"STRONG","expirationDuration":"0s"}`},
		{"meet.safety_domain", `{"usersAllowedToJoin":"LOGGED_IN"}`},
		{"gmail.auto_forwarding", `{"enableAutoForwarding":true}`},
	} {
		b.policy(top, s[0], s[1], "")
	}
	if b.opt.Seed%5 != 4 { // else unset, and then nobody knows what holds
		b.policy(top, "workspace_marketplace.apps_access_options", `{"accessLevel":"ALLOW_LISTED_APPS"}`, "")
	}
	b.settingCases()
	b.mailCases()
	b.record("admin", b.daysAgo(120), b.it.PrimaryEmail, "ORG_SETTINGS", "TOGGLE_SERVICE_ENABLED", world.Param{Name: "SERVICE_NAME", Value: "Gmail"},
		world.Param{Name: "NEW_VALUE", Value: "false"}, world.Param{Name: "ORG_UNIT_NAME", Value: pupils})
}

// licences gives everybody of the school the edition's licence, but for Reception, and a few teachers the upgrade.
func (b *builder) licences() {
	give := func(u *world.User, product, sku string) {
		b.w.AddLicense(&world.LicenseAssignment{UserID: u.PrimaryEmail, ProductID: product, SkuID: sku})
	}
	for _, u := range b.w.Users() {
		if u.IsGuestUser || u.Suspended || strings.HasSuffix(u.OrgUnitPath, "/Reception") {
			continue
		}
		give(u, eduProduct, eduSKU)
	}
	for i, u := range b.teachers {
		if i%4 == 0 {
			give(u, upgradeProduct, upgradeSKU)
		}
	}
	b.with(func(p *pupil) { // got a teacher's licence by mistake
		give(p.user, upgradeProduct, upgradeSKU)
		b.upgraded = p
	}, func(p *pupil) bool { return p.year > 0 && p.year < 6 })
}

// settingCases: what differs from the baseline, and what only seems to.
func (b *builder) settingCases() {
	pupils := b.unit("Pupils")
	differs := func(subject string) { b.hit("settings.differs", subject) }
	near := func(subject string) { b.miss("settings.differs", subject) }

	// Set below the pupils' unit; set above it and never looked at; never set at all.
	b.service(b.yearUnit(6), "youtube", true, "")
	differs(b.settingSubject(b.yearUnit(6), "youtube.service_status", "serviceState"))
	differs(b.settingSubject(pupils, "takeout.service_status", "serviceState"))
	if b.opt.Seed%2 == 0 {
		b.policy(pupils, "calendar.secondary_calendar_max_allowed_external_sharing", `{"maxAllowedExternalSharing":"EXTERNAL_FREE_BUSY_ONLY"}`, "")
		near(b.settingSubject(pupils, "calendar.secondary_calendar_max_allowed_external_sharing", "maxAllowedExternalSharing"))
	} else {
		differs(b.settingSubject(pupils, "calendar.secondary_calendar_max_allowed_external_sharing", "maxAllowedExternalSharing"))
	}
	// Corrected one unit further down; on a unit that was deleted; before what decides; exactly what is wanted, in the other word for it.
	b.service(b.yearUnit(5), "blogger", true, "")
	b.service(b.yearUnit(5), "blogger", false, "")
	b.service("03ph8a2zdeleted0", "chat", true, "")
	b.policyAt(2, b.yearUnit(4), "chat.service_status", `{"serviceState":"ENABLED"}`, "")
	b.policy(b.yearUnit(4), "drive_and_docs.general_access_default", `{"defaultFileAccess":"LINK_SHARING_PRIVATE"}`, "")
	for _, path := range []string{pupils, b.yearUnit(4)} {
		near(b.settingSubject(path, "chat.service_status", "serviceState"))
	}
	near(b.settingSubject(b.yearUnit(5), "blogger.service_status", "serviceState"))
	near(b.settingSubject(b.yearUnit(4), "drive_and_docs.general_access_default", "defaultFileAccess"))

	// For those with a licence only: a teacher's, which one pupil has.
	b.policy("/", "meet.safety_host_management", `{"enableHostManagement":true}`, "")
	if b.opt.Seed%3 != 0 {
		b.policy(b.unit("Staff")+"/Office", "meet.safety_host_management", `{"enableHostManagement":false}`, "")
	}
	b.policy(b.unit("Staff")+"/Office", "security.password", `{"minimumLength":6}`, "")
	near(b.settingSubject(pupils, "security.password", "minimumLength"))
	b.policy("/", "meet.video_recording", `{"enableRecording":true}`, upgrade)
	if b.upgraded != nil {
		differs(b.settingSubject(pupils, "meet.video_recording", "enableRecording"))
	}

	// Access groups: with pupils; with staff; switching off, which groups cannot.
	leaders := b.club("digital-leaders", "Digital leaders", 3)
	b.service(leaders, "meet", true, "")
	if len(b.w.Members(leaders.ID)) > 1 {
		differs("setting/group:" + leaders.ID + "/meet.service_status/serviceState")
	}
	hosts := b.group("meet-hosts", "May hold meetings", invited, b.groupOf["staff"])
	b.service(hosts, "meet", true, "")
	near("setting/group:" + hosts.ID + "/meet.service_status/serviceState")
	b.service(b.club("no-drive", "Without Drive", 2), "chat", false, "")
}

// club makes a group of an adult and some pupils; fewer where the school is small.
func (b *builder) club(local, name string, pupils int) *world.Group {
	members := []any{b.deputy}
	for range pupils {
		b.with(func(p *pupil) { members = append(members, p.user) }, junior, numbered)
	}
	return b.group(local, name, invited, members...)
}

// mailCases: pupils who can use mail, and some who nearly can.
func (b *builder) mailCases() {
	pupils := b.unit("Pupils")
	on := func(local string) string { // a unit below Year 5 with mail
		path := b.yearUnit(5) + "/" + local
		b.addUnit(path)
		b.service(path, "gmail", true, "")
		return path
	}
	// A unit far down; switched off again below; somebody in it whose account is off.
	radio := on("Radio")
	b.addUnit(radio + "/Quiet")
	b.service(radio+"/Quiet", "gmail", false, "")
	place := func(unit string, then func(*pupil)) {
		b.with(func(p *pupil) {
			p.user.OrgUnitPath = unit
			if then != nil {
				then(p)
			}
		}, numbered, func(p *pupil) bool { return p.year == 5 })
	}
	taken := func(rule string) func(*pupil) {
		return func(p *pupil) { b.hit("pupil-email."+rule, userSubject(p.user)) }
	}
	spared := func(rule string, policies ...string) func(*pupil) {
		return func(p *pupil) { b.miss("pupil-email."+rule, userSubject(p.user), policies...) }
	}
	place(radio, taken("on"))
	place(radio, taken("on"))
	place(radio+"/Quiet", spared("on"))
	place(radio, func(p *pupil) {
		p.user.Suspended = true
		b.miss("pupil-email.on", userSubject(p.user))
	})
	// With a licence; the pupil who should not have it.
	b.service(pupils, "gmail", true, upgrade)
	if b.upgraded != nil {
		b.hit("pupil-email.on", userSubject(b.upgraded.user))
	}
	// On a unit that is gone, and earlier in the order than what decides.
	b.service("03ph8a2zdeleted1", "gmail", true, "")
	b.policyAt(1.25, b.yearUnit(3), "gmail.service_status", `{"serviceState":"ENABLED"}`, "")

	// Access groups: the council, with a group in it; one before what decides; one that would switch off; one of staff only.
	reps := b.club("council-reps", "Class representatives", 2)
	council := b.group("school-council", "School council", invited, b.deputy, reps)
	b.service(council, "gmail", true, "")
	b.eachPupil(reps, taken("access-group"))
	early := b.club("library-helpers", "Library helpers", 2)
	b.policyAt(1.5, early, "gmail.service_status", `{"serviceState":"ENABLED"}`, "")
	b.eachPupil(early, spared("access-group"))
	off := b.club("chess", "Chess club", 2)
	b.service(off, "gmail", false, "")
	b.eachPupil(off, spared("access-group"))
	b.service(b.group("staff-mail", "Staff with mail", invited, b.groupOf["staff"]), "gmail", true, "")
	members := []any{b.deputy}
	for _, p := range b.eco {
		members = append(members, p.user)
	}
	b.group(ecoClub, "Eco club", invited, members...)

	for _, name := range []string{Classroom, Dojo} {
		b.allowedMail(name)
	}
}

// eachPupil does something with each pupil who is a direct member.
func (b *builder) eachPupil(g *world.Group, do func(*pupil)) {
	for _, m := range b.w.Members(g.ID) {
		for _, p := range b.pupils {
			if p.user.ID == m.ID {
				do(p)
			}
		}
	}
}

// allowedMail fills the units and groups that a policy approves for mail or leaves out: what they hold is a near miss under this policy, and a breach
// under the other one where that does not name them.
func (b *builder) allowedMail(name string) {
	other := Dojo
	if name == Dojo {
		other = Classroom
	}
	a := &b.asked
	judge := func(rule string, subject string, excused bool) {
		b.miss("pupil-email."+rule, subject, name)
		if !excused {
			b.hit("pupil-email."+rule, subject, other)
		}
	}
	for _, unit := range slices.Concat(a.approvedUnits[name], a.exceptUnits[name]) {
		path := b.ours(unit)
		excused := slices.Contains(slices.Concat(a.approvedUnits[other], a.exceptUnits[other]), unit)
		if excused && name == Dojo {
			continue // done for the Classroom school
		}
		b.makeUnit(path)
		mailUnit := path + "/Pen friends"
		b.makeUnit(mailUnit)
		b.service(mailUnit, "gmail", true, "")
		for range 2 {
			b.with(func(p *pupil) {
				p.user.OrgUnitPath = mailUnit
				judge("on", userSubject(p.user), excused)
			}, numbered, func(p *pupil) bool { return p.year == 6 })
		}
	}
	for _, address := range slices.Concat(a.approvedGroups[name], a.exceptGroups[name]) {
		excused := slices.Contains(slices.Concat(a.approvedGroups[other], a.exceptGroups[other]), address)
		if b.w.Group(address) != nil || domainOf(address) != Domain {
			continue
		}
		local := address[:strings.IndexByte(address, '@')]
		inner := b.club(local+"-y6", "Pupils with mail, Year 6", 2)
		g := b.group(local, "Pupils with mail", invited, b.deputy, inner)
		b.service(g, "gmail", true, "")
		b.eachPupil(inner, func(p *pupil) { judge("access-group", userSubject(p.user), excused) })
	}
}

// makeUnit puts a unit in place with all above it, where there is none yet.
func (b *builder) makeUnit(path string) {
	if b.w.UnitOf(path) != nil || path == "" || path == "/" {
		return
	}
	b.makeUnit(path[:strings.LastIndexByte(path, '/')])
	b.addUnit(path)
}
