package truth

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var now = time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)

var everyFileRule = []string{
	"site", "form-responders", "form-editors", "public", "public-link", "outside-person", "outside-group", "outside-domain",
	"trusted-domain", "shared-drive-outsider", "group-with-outsiders", "open-group", "within-school", "trust-wide",
}

// drawn is a small school: three accounts, one of them in another unit, two groups, one shared
// drive, and a few items in folders of each other.
func drawn(t *rapid.T) (*Tenant, map[string]Policy) {
	tenant := &Tenant{
		Now:      now,
		Users:    []User{{ID: "1", PrimaryEmail: "a@school.example", Aliases: []string{"aa@school.example"}, OrgUnitPath: "/Here"}, {ID: "2", PrimaryEmail: "b@school.example", OrgUnitPath: "/Here/Below"}, {ID: "3", PrimaryEmail: "c@school.example", OrgUnitPath: "/There"}},
		OrgUnits: []OrgUnit{{ID: "id:r", Path: "/"}, {ID: "id:h", Path: "/Here"}, {ID: "id:t", Path: "/There"}},
		Domains:  []string{"school.example"},
		Groups:   []Group{{ID: "g1", Email: "g1@school.example"}, {ID: "g2", Email: "g2@school.example"}},
		Members: map[string][]Member{
			"g1": {{ID: "g2", Email: "g2@school.example", Type: "GROUP"}, {ID: "1", Email: "a@school.example", Type: "USER"}},
			"g2": {{ID: "g1", Email: "g1@school.example", Type: "GROUP"}},
		},
		WhoCanJoin: map[string]string{},
		Drives:     []Drive{{ID: "d", OrgUnitID: rapid.SampledFrom([]string{"", "h", "id:t"}).Draw(t, "unit")}},
	}
	if rapid.Bool().Draw(t, "outsider in the group") {
		tenant.Members["g2"] = append(tenant.Members["g2"], Member{Email: "x@out.example", Type: "USER"})
	}
	if rapid.Bool().Draw(t, "open group") {
		tenant.WhoCanJoin["g2@school.example"] = "ANYONE_CAN_JOIN"
	}
	n := rapid.IntRange(1, 6).Draw(t, "items")
	for i := range n {
		f := File{
			ID:       fmt.Sprintf("f%d", i),
			MimeType: rapid.SampledFrom([]string{"text/plain", siteType, formType, shortcutType, "application/vnd.google-apps.folder"}).Draw(t, "type"),
			Trashed:  rapid.IntRange(0, 5).Draw(t, "bin") == 0,
		}
		owner := rapid.SampledFrom([]string{"a@school.example", "b@school.example", "c@school.example", "gone@school.example", "x@out.example", ""}).Draw(t, "owner")
		if owner == "" {
			f.DriveID = "d"
		} else {
			f.Owners = append(f.Owners, struct {
				EmailAddress string `json:"emailAddress"`
			}{owner})
		}
		if i > 0 {
			f.Parents = []string{fmt.Sprintf("f%d", rapid.IntRange(0, i-1).Draw(t, "parent"))}
		}
		for _, g := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(grantees)-1), 0, 4, rapid.ID).Draw(t, "grantees") {
			f.Permissions = append(f.Permissions, drawnGrant(t, grantees[g]))
		}
		tenant.Files = append(tenant.Files, f)
	}
	p := Policy{TrustedDomains: []string{"trust.example"}, OrgUnits: []string{"/Here"}, Means: []Means{{
		Clause: "A23", Rules: everyFileRule,
		Confidential: []Confidential{{Folder: "f0", Allowed: []string{"b@school.example"}}, {Drive: "d"}},
	}}}
	return tenant, map[string]Policy{"classroom-school": p}
}

var grantees = []Permission{
	{ID: "anyone", Type: "anyone", AllowFileDiscovery: true},
	{ID: "anyoneWithLink", Type: "anyone"},
	{ID: "pa", Type: "user", EmailAddress: "AA@School.example"},
	{ID: "pc", Type: "user", EmailAddress: "c@school.example"},
	{ID: "px", Type: "user", EmailAddress: "x@out.example"},
	{ID: "pt", Type: "user", EmailAddress: "y@trust.example"},
	{ID: "pg", Type: "group", EmailAddress: "g1@school.example"},
	{ID: "po", Type: "group", EmailAddress: "list@out.example"},
	{ID: "pd", Type: "domain", Domain: "school.example"},
	{ID: "pe", Type: "domain", Domain: "out.example"},
}

func drawnGrant(t *rapid.T, p Permission) Permission {
	role := rapid.SampledFrom([]string{"reader", "commenter", "writer"})
	p.Role = role.Draw(t, "role")
	p.View = rapid.SampledFrom([]string{"", "", "published", "metadata"}).Draw(t, "view")
	if rapid.IntRange(0, 3).Draw(t, "ends") == 0 {
		p.ExpirationTime = now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "hours")) * time.Hour)
	}
	for range rapid.IntRange(0, 2).Draw(t, "details") {
		p.Details = append(p.Details, PermissionDetail{
			PermissionType: rapid.SampledFrom([]string{"file", "file", "member"}).Draw(t, "from"),
			Role:           role.Draw(t, "detail role"),
			Inherited:      rapid.Bool().Draw(t, "inherited"),
		})
	}
	return p
}

// withoutInside drops the findings of the rules for confidential folders.
func withoutInside(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool {
		return f.Rule == "sharing.within-school" || f.Rule == "sharing.trust-wide"
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant, policies := drawn(t)
		want := ComputeFrom(tenant, policies, now)
		other := *tenant
		other.Files = rapid.Permutation(tenant.Files).Draw(t, "files")
		other.Users = rapid.Permutation(tenant.Users).Draw(t, "users")
		other.Groups = rapid.Permutation(tenant.Groups).Draw(t, "groups")
		for i := range other.Files {
			other.Files[i].Permissions = slices.Clone(other.Files[i].Permissions)
			slices.Reverse(other.Files[i].Permissions)
		}
		if diff := cmp.Diff(want, ComputeFrom(&other, policies, now)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A share with somebody of the school reaches nobody outside.
func TestInSchoolShareChangesNothingOutside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant, policies := drawn(t)
		want := withoutInside(ComputeFrom(tenant, policies, now).Policies["classroom-school"])
		f := &tenant.Files[rapid.IntRange(0, len(tenant.Files)-1).Draw(t, "shared item")]
		f.Permissions = append(slices.Clone(f.Permissions), drawnGrant(t, Permission{ID: "pb", Type: "user", EmailAddress: "B@school.example"}))
		got := withoutInside(ComputeFrom(tenant, policies, now).Policies["classroom-school"])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What does not count may as well not be there.
func TestDeletedGrantsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant, policies := drawn(t)
		want := ComputeFrom(tenant, policies, now)
		for i := range tenant.Files {
			p := drawnGrant(t, Permission{ID: "pz", Type: "user", EmailAddress: "z@out.example"})
			p.Deleted = true
			tenant.Files[i].Permissions = append(slices.Clone(tenant.Files[i].Permissions), p)
		}
		if diff := cmp.Diff(want, ComputeFrom(tenant, policies, now)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A file rule takes a grant once, and every subject is one that is looked at.
func TestEachGrantOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant, policies := drawn(t)
		w := newWorld(tenant, policies["classroom-school"], now)
		for _, f := range ComputeFrom(tenant, policies, now).Policies["classroom-school"] {
			if !slices.IsSorted(f.Facts) || len(slices.Compact(slices.Clone(f.Facts))) != len(f.Facts) || len(f.Facts) == 0 {
				t.Fatalf("%s %s: facts %q", f.Rule, f.Subject, f.Facts)
			}
			if id, ok := cutSubject(f.Subject); ok && !w.looked(w.files[id]) {
				t.Fatalf("%s %s is not looked at", f.Rule, f.Subject)
			}
		}
	})
}

func cutSubject(subject string) (string, bool) {
	const file = "file/"
	if len(subject) > len(file) && subject[:len(file)] == file {
		return subject[len(file):], true
	}
	return "", false
}

// A clause that names one rule finds what that rule finds where all are named.
func TestRulesDoNotDependOnEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant, policies := drawn(t)
		rule := rapid.SampledFrom(everyFileRule).Draw(t, "rule")
		want := []Finding{}
		for _, f := range ComputeFrom(tenant, policies, now).Policies["classroom-school"] {
			if f.Rule == "sharing."+rule {
				want = append(want, f)
			}
		}
		p := policies["classroom-school"]
		p.Means = slices.Clone(p.Means)
		p.Means[0].Rules = []string{rule}
		got := ComputeFrom(tenant, map[string]Policy{"classroom-school": p}, now).Policies["classroom-school"]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A big school is done in seconds.
func BenchmarkBigSchool(b *testing.B) {
	tenant := &Tenant{Now: now, Domains: []string{"school.example"}, Members: map[string][]Member{}, WhoCanJoin: map[string]string{}}
	for i := range 1700 {
		tenant.Users = append(tenant.Users, User{ID: fmt.Sprint(i), PrimaryEmail: fmt.Sprintf("u%d@school.example", i), OrgUnitPath: "/"})
	}
	for i := range 100 {
		tenant.Groups = append(tenant.Groups, Group{ID: fmt.Sprint("g", i), Email: fmt.Sprintf("g%d@school.example", i)})
	}
	for i := range 60000 {
		f := File{ID: fmt.Sprint("f", i), MimeType: "text/plain", Parents: []string{fmt.Sprint("f", i/8)}}
		f.Owners = append(f.Owners, struct {
			EmailAddress string `json:"emailAddress"`
		}{fmt.Sprintf("u%d@school.example", i%1700)})
		for _, g := range grantees {
			g.Role, g.Details = "reader", []PermissionDetail{{PermissionType: "file", Role: "reader", Inherited: i > 0}}
			f.Permissions = append(f.Permissions, g)
		}
		tenant.Files = append(tenant.Files, f)
	}
	p := Policy{OrgUnits: []string{"/"}, Means: []Means{{Clause: "A23", Rules: everyFileRule, Confidential: []Confidential{{Folder: "f1"}}}}}
	for b.Loop() {
		ComputeFrom(tenant, map[string]Policy{"classroom-school": p}, now)
	}
}
