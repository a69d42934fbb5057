package google_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"esafetybot/internal/google"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

func equal(t *testing.T, what string, want, have any, opts ...gocmp.Option) {
	t.Helper()
	if d := gocmp.Diff(want, have, append(opts, cmpopts.EquateEmpty())...); d != "" {
		t.Errorf("%s: -want +have:\n%s", what, d)
	}
}

// trustful delegates every scope that any job uses.
func trustful(w *world.World) {
	w.Settings.Clients[0].Scopes = []string{google.ScopeGuardians}
	for _, job := range []string{"sharing", "accounts", "devices", "pupil-email", "settings", "send", "apply", "reminders"} {
		for _, use := range google.Scopes(job) {
			w.Settings.Clients[0].Scopes = append(w.Settings.Clients[0].Scopes, use.Scope)
		}
	}
}

// What the readers of accounts, devices, classes and settings bring home is what was put into the school.
func TestSimulatedAccounts(t *testing.T) {
	sent, on := int64(0), false
	var ann, bea *world.User
	var today, asked string
	at := time.Date(2026, 4, 1, 8, 30, 0, 0, time.UTC)
	s := serve(t, "trees", server.Options{Quotas: true}, func(cfg *google.Config) { cfg.Quota = google.Quotas{} }, trustful, func(w *world.World) {
		ann, bea = w.Users()[0], w.Users()[1]
		ann.ExternalIDs, ann.LastLoginTime, ann.RecoveryEmail, ann.IsEnrolledIn2Sv = []world.ExternalID{{Value: "P1"}}, at, "Ann@Home.example", true
		w.AddRole(&world.Role{RoleID: "7", RoleName: "Passwords"})
		w.AddRoleAssignment(&world.RoleAssignment{RoleAssignmentID: "31", RoleID: "7", AssignedTo: bea.ID, OrgUnitID: "u1", ScopeType: "ORG_UNIT"})
		w.AddToken(bea.ID, &world.Token{ClientID: "1.apps", DisplayText: "Maths", Scopes: []string{"openid"}})
		w.AddChromeDevice(&world.ChromeDevice{DeviceID: "d1", Model: "C", Status: "ACTIVE", OrgUnitPath: "/Pupils", BootMode: "Dev", LastSync: at, AutoUpdateExpiration: "1775032200000"})
		w.AddMobileDevice(&world.MobileDevice{ResourceID: "r1", Email: []string{bea.PrimaryEmail}, Status: "APPROVED", EncryptionStatus: "Not encrypted", DevicePasswordStatus: "Off"})
		w.AddLicense(&world.LicenseAssignment{UserID: bea.PrimaryEmail, ProductID: "101037", SkuID: "1010370001"})
		asked = w.Time().AddDate(0, 0, -5).Format(time.DateOnly)
		today = w.Time().Format(time.DateOnly)
		w.AddUsage(&world.UsageReport{Date: asked, Entity: world.UsageEntity{UserEmail: bea.PrimaryEmail, ProfileID: bea.ID}, Parameters: []world.UsageParam{
			{Name: "gmail:num_emails_sent", Int: &sent}, {Name: "gmail:is_gmail_enabled", Bool: &on}}})
		w.AddForwarding(bea.PrimaryEmail, world.AutoForwarding{Enabled: true, EmailAddress: "x@out.example", Disposition: "archive"})
		w.AddCourse(&world.Course{ID: "5512", Name: "Maths", OwnerID: ann.ID, CourseState: "ACTIVE", CreationTime: at})
		w.AddCourse(&world.Course{ID: "5513", OwnerID: ann.ID, CourseState: "ARCHIVED", CreationTime: at})
		w.AddTeacher("5512", &world.CourseMember{UserID: ann.ID})
		w.AddStudent("5512", &world.CourseMember{UserID: "99", Profile: world.Profile{EmailAddress: "Out@out.example"}})
		w.AddGuardian(bea.ID, &world.Guardian{StudentID: bea.ID, GuardianID: "g", InvitedEmailAddress: "mum@home.example"})
		w.AddPolicy(&world.Policy{Name: "policies/x", Setting: world.PolicySetting{Type: "settings/gmail.service_status", Value: json.RawMessage(`{"serviceState":"ENABLED"}`)},
			Extra: world.Raw{"policyQuery": json.RawMessage(`{"orgUnit":"orgUnits/u1","sortOrder":3,"query":"entity.org_units.exists(org_unit, org_unit.org_unit_id == orgUnitId('u1')) && entity.licenses.exists(license, license in ['/product/101037/sku/1010370001'])"}`)}})
		w.AddPolicy(&world.Policy{Name: "policies/y", Setting: world.PolicySetting{Type: "settings/gmail.service_status_of_old"}, Extra: world.Raw{"policyQuery": json.RawMessage(`{"orgUnit":"orgUnits/u1"}`)}})
	})
	ctx := t.Context()
	wanted := map[string]seen.Person{}
	for _, u := range load[[]rawUser](t, "trees", "users.json") {
		wanted[u.ID] = seen.Person{Account: seen.Account{ID: u.ID, Address: strings.ToLower(u.PrimaryEmail), Unit: u.OrgUnitPath, SwitchedOff: u.Suspended, Off: u.SuspensionTime, Archived: u.Archived, Guest: u.IsGuestUser}, LastLogin: u.LastLoginTime}
	}
	people := take(t, s.People(ctx))
	if len(people) != len(wanted) {
		t.Errorf("%d people, want %d", len(people), len(wanted))
	}
	for _, have := range people {
		live, err := s.Person(ctx, have.ID)
		if err != nil {
			t.Error(err)
		}
		equal(t, "one of the people, live", have, live)
		want := wanted[have.ID]
		if have.ID == ann.ID {
			want.Numbers, want.LastLogin, want.Recovery, want.SecondStep = []string{"P1"}, at, "ann@home.example", true
		}
		equal(t, "one of the people", want, have, cmpopts.IgnoreFields(seen.Account{}, "Name", "Aliases", "Created"), cmpopts.IgnoreFields(seen.Person{}, "Admin", "Delegated", "Given", "Family"))
	}
	if got := take(t, s.Roles(ctx)); len(got) == 0 || got[len(got)-1] != (seen.Role{ID: "7", Name: "Passwords"}) {
		t.Errorf("roles %+v", got)
	}
	equal(t, "who holds roles", []seen.RoleGrant{{ID: "31", Role: "7", To: bea.ID, Unit: "u1"}}, take(t, s.RoleGrants(ctx)))
	apps, err := s.Apps(ctx, bea.ID)
	equal(t, "apps", []seen.App{{Client: "1.apps", Name: "Maths", Scopes: []string{"openid"}}}, apps)
	none, err2 := s.Apps(ctx, ann.ID)
	if err != nil || err2 != nil || len(none) != 0 {
		t.Errorf("apps: %v %v %v", err, err2, none)
	}
	equal(t, "Chromebooks", []seen.Device{{Kind: "chromebook", ID: "d1", Model: "C", Status: "ACTIVE", Unit: "/Pupils", Boot: "Dev", LastSync: at, Until: at}}, take(t, s.Chromebooks(ctx)))
	equal(t, "mobile devices", []seen.Device{{Kind: "mobile", ID: "r1", Users: []string{strings.ToLower(bea.PrimaryEmail)}, Status: "APPROVED", Encryption: "Not encrypted", Passcode: "Off"}}, take(t, s.Mobiles(ctx)))
	equal(t, "licences", []seen.License{{Address: strings.ToLower(bea.PrimaryEmail), Product: "101037", SKU: "1010370001"}}, take(t, s.Licenses(ctx, "101037")))
	equal(t, "licences of another product", []seen.License{}, take(t, s.Licenses(ctx, "Google-Apps")))

	parameters := []string{"gmail:num_emails_sent", "gmail:is_gmail_enabled"}
	line := seen.Usage{User: bea.ID, Address: strings.ToLower(bea.PrimaryEmail), Date: asked, Values: map[string]string{"gmail:num_emails_sent": "0", "gmail:is_gmail_enabled": "false"}}
	equal(t, "usage", []seen.Usage{line}, take(t, s.Usage(ctx, asked, parameters)))
	for _, day := range []string{today, "2026-01-01"} {
		if err := last(s.Usage(ctx, day, parameters)); !s.NoUsage(err) {
			t.Errorf("usage of %s: %v", day, err)
		}
	}
	for _, u := range take(t, s.Units(ctx)) {
		lines := take(t, s.UsageUnder(ctx, asked, u.ID, parameters))
		if want := u.Path == "/" || bea.OrgUnitPath == u.Path || strings.HasPrefix(bea.OrgUnitPath, u.Path+"/"); want != (len(lines) == 1) {
			t.Errorf("usage under %s: %v", u.Path, lines)
		}
	}
	equal(t, "courses", []seen.Course{{ID: "5512", Name: "Maths", Owner: ann.ID, State: "ACTIVE", Created: at}}, take(t, s.Courses(ctx, "ACTIVE")), cmpopts.IgnoreFields(seen.Course{}, "Link"))
	equal(t, "a class", []seen.ClassMember{{ID: ann.ID, Address: strings.ToLower(ann.PrimaryEmail), Teacher: true}, {ID: "99", Address: "out@out.example"}}, take(t, s.ClassMembers(ctx, "5512")))
	if err := last(s.ClassMembers(ctx, "1")); !s.Gone(err) {
		t.Errorf("a class that is not there: %v", err)
	}
	equal(t, "guardians", []seen.Guardian{{Pupil: bea.ID, Address: "mum@home.example"}}, take(t, s.Guardians(ctx)))
	equal(t, "settings", []seen.Setting{{Name: "policies/x", Type: "gmail.service_status", Unit: "u1", Licenses: []string{"101037/1010370001"}, Order: 3, Values: map[string]any{"serviceState": "ENABLED"}}},
		take(t, s.Settings(ctx, []string{"gmail.service_status"})))
}

// Each change shows when one looks, can be made twice, and can be taken back.
func TestSimulatedChanges(t *testing.T) {
	s := serve(t, "trees", server.Options{}, nil, trustful, func(w *world.World) {
		if err := w.AddGroup(&world.Group{ID: "g1", Email: "club@larkhill.example"}, nil, nil); err != nil {
			t.Fatal(err)
		}
		for _, u := range w.Users() {
			w.AddToken(u.ID, &world.Token{ClientID: "1.apps", DisplayText: "Maths", Scopes: []string{"openid"}})
		}
	})
	ctx := t.Context()
	twice := func(what string, do func() error) {
		t.Helper()
		for range 2 {
			if err := do(); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	var who seen.Person
	for _, p := range take(t, s.People(ctx)) {
		if p.Active() && !p.Admin && !p.Guest {
			who = p
		}
	}
	units := take(t, s.Units(ctx))
	elsewhere := units[0].Path
	if elsewhere == who.Unit {
		elsewhere = units[1].Path
	}
	twice("move", func() error { return s.MoveUser(ctx, who.ID, elsewhere) })
	twice("switch off", func() error { return s.SwitchOff(ctx, who.ID, true) })
	twice("recovery", func() error { return s.SetRecovery(ctx, who.ID, "x@home.example") })
	twice("sign out", func() error { return s.SignOut(ctx, who.ID) })
	twice("revoke", func() error { return s.RevokeApp(ctx, who.ID, "1.apps") })
	want := who
	want.Unit, want.SwitchedOff, want.Recovery = elsewhere, true, "x@home.example"
	have, err := s.Person(ctx, who.ID)
	if want.Off = have.Off; want.Off.IsZero() {
		t.Error("it is not told since when the account is switched off")
	}
	equal(t, "changed", want, have)
	apps, err2 := s.Apps(ctx, who.ID)
	if err != nil || err2 != nil || len(apps) != 0 {
		t.Errorf("apps %v %v %v", apps, err, err2)
	}
	twice("move back", func() error { return s.MoveUser(ctx, who.ID, who.Unit) })
	twice("switch on", func() error { return s.SwitchOff(ctx, who.ID, false) })
	twice("no recovery", func() error { return s.SetRecovery(ctx, who.ID, "") })
	if have, err := s.Person(ctx, who.ID); err != nil {
		t.Error(err)
	} else {
		equal(t, "changed back", who, have)
	}
	if _, err := s.Person(ctx, "99"); !s.Gone(err) {
		t.Errorf("somebody who is not there: %v", err)
	}
	if err := s.MoveUser(ctx, who.ID, "/Nowhere"); err == nil {
		t.Error("moved to a unit that is not there")
	}

	const group = "g1"
	twice("leave", func() error { return s.RemoveMember(ctx, group, who.ID) })
	if _, is, err := s.IsMember(ctx, group, who.ID); is || err != nil {
		t.Errorf("left: %v %v", is, err)
	}
	twice("join", func() error { return s.AddMember(ctx, group, who.ID, "MANAGER") })
	if role, is, err := s.IsMember(ctx, group, who.ID); role != "MANAGER" || !is || err != nil {
		t.Errorf("joined: %q %v %v", role, is, err)
	}
	twice("leave again", func() error { return s.RemoveMember(ctx, group, who.ID) })
}

// The same for what is shared.
func TestSimulatedGrantChanges(t *testing.T) {
	s := serve(t, "trees", server.Options{}, nil, trustful)
	ctx := t.Context()
	var f rawFile
	for _, x := range loadFiles(t, "trees") {
		if f.ID == "" && x.DriveID == "" && !x.Trashed && x.MimeType != seen.MimeFolder {
			f = x
		}
	}
	who := f.Owners[0].EmailAddress
	find := func(id string) (g seen.Grant, found bool) {
		t.Helper()
		all, err := s.Grants(ctx, who, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range all {
			if g.ID == id {
				return g, true
			}
		}
		return g, false
	}
	id, err := s.AddGrant(ctx, who, f.ID, seen.Grant{Type: "user", Role: "writer", Address: "somebody@out.example"})
	if err != nil {
		t.Fatal(err)
	}
	if g, _ := find(id); g.Own != "writer" || g.Address != "somebody@out.example" {
		t.Errorf("given %+v", g)
	}
	until := s.world.Time().AddDate(0, 1, 0).UTC().Truncate(time.Second)
	for range 2 {
		if err := s.SetRole(ctx, who, f.ID, id, "reader"); err != nil {
			t.Error(err)
		}
		if err := s.SetExpiry(ctx, who, f.ID, id, until); err != nil {
			t.Error(err)
		}
	}
	if g, _ := find(id); g.Own != "reader" || !g.Until.Equal(until) {
		t.Errorf("narrowed %+v", g)
	}
	if err := s.SetExpiry(ctx, who, f.ID, id, time.Time{}); err != nil {
		t.Error(err)
	}
	if g, _ := find(id); g.Own != "reader" || !g.Until.IsZero() {
		t.Errorf("for ever %+v", g)
	}
	for range 2 {
		if err := s.DeleteGrant(ctx, who, f.ID, id); err != nil {
			t.Error(err)
		}
	}
	if g, found := find(id); found {
		t.Errorf("still there: %+v", g)
	}
	if err := s.DeleteGrant(ctx, who, "nothing", id); !s.Gone(err) {
		t.Errorf("a file that is not there: %v", err)
	}

	var heir seen.Person
	for _, p := range take(t, s.People(ctx)) {
		if p.Active() && !p.Guest && p.Address != strings.ToLower(who) {
			heir = p
		}
	}
	if err := s.HandOver(ctx, who, f.ID, heir.Address); err != nil {
		t.Fatal(err)
	}
	if it, err := s.Item(ctx, heir.Address, f.ID); err != nil || it.Owner != heir.Address {
		t.Errorf("owner %q, %v", it.Owner, err)
	}
}

// One scope that is not delegated blinds its own reader and no other; without the scope for addresses only those are missing.
func TestSimulatedAccountScopes(t *testing.T) {
	readers := map[string]func(*site, context.Context) error{
		google.ScopeRoles:       func(s *site, ctx context.Context) error { return last(s.RoleGrants(ctx)) },
		google.ScopeSecurity:    func(s *site, ctx context.Context) error { _, err := s.Apps(ctx, s.world.Users()[0].ID); return err },
		google.ScopeChromebooks: func(s *site, ctx context.Context) error { return last(s.Chromebooks(ctx)) },
		google.ScopeMobiles:     func(s *site, ctx context.Context) error { return last(s.Mobiles(ctx)) },
		google.ScopeLicenses:    func(s *site, ctx context.Context) error { return last(s.Licenses(ctx, "Google-Apps")) },
		google.ScopeCourses:     func(s *site, ctx context.Context) error { return last(s.Courses(ctx)) },
		google.ScopeRosters:     func(s *site, ctx context.Context) error { return last(s.ClassMembers(ctx, "5512")) },
		google.ScopeGuardians:   func(s *site, ctx context.Context) error { return last(s.Guardians(ctx)) },
		google.ScopeMailSettings: func(s *site, ctx context.Context) error {
			if _, err := s.AutoForward(ctx, s.admin); google.Reason(err) != seen.Off {
				return err
			}
			return nil
		},
		google.ScopeUsage: func(s *site, ctx context.Context) error {
			if err := last(s.Usage(ctx, "2026-01-01", []string{"gmail:num_emails_sent"})); !s.NoUsage(err) {
				return err
			}
			return nil
		},
	}
	for _, missing := range []string{google.ScopeRoles, google.ScopeSecurity, google.ScopeChromebooks, google.ScopeMobiles, google.ScopeLicenses, google.ScopeCourses, google.ScopeRosters,
		google.ScopeGuardians, google.ScopeMailSettings, google.ScopeUsage, google.ScopeAddresses} {
		s := serve(t, "link-shares", server.Options{}, nil, trustful, func(w *world.World) {
			w.AddCourse(&world.Course{ID: "5512", OwnerID: w.Users()[0].ID, CourseState: "ACTIVE"})
			w.AddStudent("5512", &world.CourseMember{UserID: w.Users()[0].ID})
			var kept []string
			for _, scope := range w.Settings.Clients[0].Scopes {
				if scope != missing {
					kept = append(kept, scope)
				}
			}
			w.Settings.Clients[0].Scopes = kept
		})
		for scope, read := range readers {
			err := read(s, t.Context())
			switch {
			case scope != missing && err != nil:
				t.Errorf("without %s: %v", missing, err)
			case scope == missing && (google.Reason(err) != seen.Refused || !strings.Contains(err.Error(), missing)):
				t.Errorf("without %s: have %v, want a refusal that names it", missing, err)
			}
		}
		if missing != google.ScopeRosters {
			if m := take(t, s.ClassMembers(t.Context(), "5512"))[0]; (m.Address == "") != (missing == google.ScopeAddresses) {
				t.Errorf("without %s: an address is there: %v", missing, m.Address != "")
			}
		}
	}
}
