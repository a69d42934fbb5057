package google_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
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

const tenants = "../sim/testdata/tenants"

// The parts of a tenant's files that the readers must bring home, read without any code of the simulator's.
type (
	rawUser struct {
		ID             string
		PrimaryEmail   string
		OrgUnitPath    string
		Suspended      bool
		Archived       bool
		SuspensionTime time.Time
		IsGuestUser    bool

		LastLoginTime time.Time
	}
	rawUnit   struct{ OrgUnitID, OrgUnitPath string }
	rawGroup  struct{ ID, Email string }
	rawMember struct{ ID, Email, Type string }
	rawDetail struct {
		PermissionType, Role, InheritedFrom string
		Inherited                           bool
	}
	rawPermission struct {
		ID, Type, Role, View, EmailAddress, Domain string
		AllowFileDiscovery, Deleted, PendingOwner  bool
		PermissionDetails                          []rawDetail
	}
	rawDrive struct {
		ID, Name, OrgUnitID string
		Permissions         []rawPermission
	}
	rawFile struct {
		ID, Name, MimeType, DriveID string
		Parents                     []string
		Owners                      []struct{ EmailAddress string }
		Trashed                     bool
		HasAugmentedPermissions     bool
		Permissions                 []rawPermission
	}
)

func load[T any](t *testing.T, tenant, file string) (v T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(tenants, tenant, file))
	if errors.Is(err, fs.ErrNotExist) {
		return v
	}
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func loadFiles(t *testing.T, tenant string) (all []rawFile) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(tenants, tenant, "files.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bytes.NewReader(b)); d.More(); {
		var f rawFile
		if err := d.Decode(&f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// A site is a served tenant with a client of it.
type site struct {
	*google.Client
	world *world.World
	admin string
	log   *bytes.Buffer
}

func serve(t *testing.T, tenant string, opts server.Options, change func(*google.Config), prepare ...func(*world.World)) *site {
	t.Helper()
	w, err := world.Load(filepath.Join(tenants, tenant))
	if err != nil {
		t.Fatal(err)
	}
	for _, do := range prepare {
		do(w)
	}
	s, err := server.New(w, opts)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	key, err := s.Credentials(srv.URL + "/token")
	if err != nil {
		t.Fatal(err)
	}
	admin := ""
	for _, u := range load[[]struct {
		PrimaryEmail string
		IsAdmin      bool
	}](t, tenant, "users.json") {
		if u.IsAdmin {
			admin = u.PrimaryEmail
		}
	}
	log := &bytes.Buffer{}
	cfg := google.Config{Credentials: key, Admin: admin, Endpoint: srv.URL, Quota: google.Unlimited(),
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if change != nil {
		change(&cfg)
	}
	c, err := google.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if strings.Contains(log.String(), "@") {
			t.Errorf("the log holds an address:\n%s", log)
		}
	})
	return &site{c, w, admin, log}
}

func take[T any](t *testing.T, seq iter.Seq2[T, error]) (all []T) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// grants is what the rules say of permissions (docs/rules.md, "Which permissions count"), before anything is left out for time or deletion.
func grants(list []rawPermission, membership bool) []seen.Grant {
	out := []seen.Grant{}
	for _, p := range list {
		g := seen.Grant{ID: p.ID, Type: p.Type, Role: p.Role, View: p.View, Address: strings.ToLower(p.EmailAddress), Domain: strings.ToLower(p.Domain),
			Discoverable: p.AllowFileDiscovery, Deleted: p.Deleted, PendingOwner: p.PendingOwner}
		if membership || len(p.PermissionDetails) == 0 {
			g.Own = p.Role
		} else {
			for _, d := range p.PermissionDetails {
				if d.PermissionType == "member" {
					continue
				}
				if d.Inherited && seen.Rank(d.Role) > seen.Rank(g.Inherited) {
					g.Inherited = d.Role
				}
				if !d.Inherited && seen.Rank(d.Role) > seen.Rank(g.Own) {
					g.Own = d.Role
				}
			}
			if g.Own == "" && g.Inherited == "" {
				continue
			}
		}
		out = append(out, g)
	}
	return out
}

func same(t *testing.T, what string, want, have any) {
	t.Helper()
	opts := gocmp.Options{
		cmpopts.IgnoreFields(seen.Grant{}, "Until", "From"), cmpopts.EquateEmpty(),
		cmpopts.SortSlices(func(a, b seen.Grant) bool { return a.ID+a.View < b.ID+b.View }),
		cmpopts.SortSlices(func(a, b seen.Item) bool { return a.ID < b.ID }),
		cmpopts.SortSlices(func(a, b seen.Account) bool { return a.ID < b.ID }),
		cmpopts.SortSlices(func(a, b seen.Unit) bool { return a.ID < b.ID }),
		cmpopts.SortSlices(func(a, b seen.Group) bool { return a.ID < b.ID }),
		cmpopts.SortSlices(func(a, b seen.Member) bool { return a.ID+a.Address < b.ID+b.Address }),
		cmpopts.SortSlices(func(a, b seen.Drive) bool { return a.ID < b.ID }),
		cmpopts.SortSlices(func(a, b string) bool { return a < b }),
	}
	if d := gocmp.Diff(want, have, opts); d != "" {
		t.Errorf("%s: -want +have:\n%s", what, d)
	}
}

// What the readers say of each hand-made tenant is what is in its files.
func TestSimulatedSchools(t *testing.T) {
	dirs, err := os.ReadDir(tenants)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if d.Name() == "names" {
			continue // its files leave out what the simulated school fills in by itself
		}
		t.Run(d.Name(), func(t *testing.T) {
			s := serve(t, d.Name(), server.Options{Quotas: true}, func(cfg *google.Config) { cfg.Quota = google.Quotas{} })
			checkSchool(t, d.Name(), s)
			if n := s.Stats(); n.Retries != 0 || n.QuotaHits != 0 {
				t.Errorf("%+v: something went wrong on the way", n)
			}
		})
	}
}

func checkSchool(t *testing.T, tenant string, s *site) {
	ctx := t.Context()
	users := load[[]rawUser](t, tenant, "users.json")
	var accounts []seen.Account
	for _, u := range users {
		accounts = append(accounts, seen.Account{ID: u.ID, Address: strings.ToLower(u.PrimaryEmail), Unit: u.OrgUnitPath, SwitchedOff: u.Suspended, Off: u.SuspensionTime, Archived: u.Archived, Guest: u.IsGuestUser})
	}
	have := take(t, s.Users(ctx))
	for i := range have {
		have[i].Aliases, have[i].Name, have[i].Created = nil, "", time.Time{}
	}
	same(t, "users", accounts, have)

	var units []seen.Unit
	for _, u := range load[[]rawUnit](t, tenant, "orgunits.json") {
		units = append(units, seen.Unit{ID: strings.TrimPrefix(u.OrgUnitID, "id:"), Path: u.OrgUnitPath})
	}
	same(t, "units", units, take(t, s.Units(ctx)))

	members := load[map[string][]rawMember](t, tenant, "members.json")
	open := load[map[string]struct{ WhoCanJoin string }](t, tenant, "groupsettings.json")
	var groups []seen.Group
	for _, g := range load[[]rawGroup](t, tenant, "groups.json") {
		groups = append(groups, seen.Group{ID: g.ID, Address: strings.ToLower(g.Email)})
		var want []seen.Member
		for _, m := range members[g.ID] {
			want = append(want, seen.Member{ID: m.ID, Address: strings.ToLower(m.Email), Type: m.Type})
		}
		same(t, "members of "+g.ID, want, take(t, s.Members(ctx, g.ID)))
		is, err := s.GroupOpen(ctx, g.Email)
		if err != nil || is != (open[g.Email].WhoCanJoin == "ANYONE_CAN_JOIN") {
			t.Errorf("group %s open: %v %v", g.ID, is, err)
		}
	}
	list := take(t, s.Groups(ctx))
	for i := range list {
		list[i].Aliases, list[i].Name = nil, ""
	}
	same(t, "groups", groups, list)

	var domains []string
	for _, d := range load[[]struct {
		DomainName    string
		DomainAliases []struct{ DomainAliasName string }
	}](t, tenant, "domains.json") {
		domains = append(domains, strings.ToLower(d.DomainName))
		for _, a := range d.DomainAliases {
			domains = append(domains, strings.ToLower(a.DomainAliasName))
		}
	}
	names, err := s.Domains(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "domains", domains, names)

	checkDrive(t, tenant, s, users)
}

func checkDrive(t *testing.T, tenant string, s *site, users []rawUser) {
	ctx := t.Context()
	owned, inDrive := map[string][]seen.Item{}, map[string][]seen.Item{}
	byID := map[string]rawFile{}
	for _, f := range loadFiles(t, tenant) {
		byID[f.ID] = f
		if f.Trashed {
			continue
		}
		it := seen.Item{ID: f.ID, Name: f.Name, MimeType: f.MimeType, Drive: f.DriveID, Augmented: f.HasAugmentedPermissions}
		if len(f.Parents) > 0 {
			it.Parent = f.Parents[0]
		}
		if f.DriveID != "" {
			inDrive[f.DriveID] = append(inDrive[f.DriveID], it)
			continue
		}
		it.Owner = strings.ToLower(f.Owners[0].EmailAddress)
		it.GrantsSeen, it.Grants = true, grants(f.Permissions, false)
		owned[it.Owner] = append(owned[it.Owner], it)
	}
	strip := func(list []seen.Item) []seen.Item {
		for i := range list {
			list[i].Link, list[i].Created = "", time.Time{}
		}
		return list
	}
	for _, u := range users {
		address := strings.ToLower(u.PrimaryEmail)
		list := take(t, s.OwnedItems(ctx, address))
		if !slices.IsSortedFunc(list, func(a, b seen.Item) int {
			return cmp.Compare(b2i(a.MimeType != seen.MimeFolder), b2i(b.MimeType != seen.MimeFolder))
		}) {
			t.Errorf("items of owner %s: folders are not first", u.ID)
		}
		have := map[string]string{}
		for _, it := range list {
			have[it.ID] = it.Parent
		}
		want := owned[address]
		for i, it := range want {
			// Whoever may not read a folder does not learn that their file is in it.
			if have[it.ID] == "" && !slices.ContainsFunc(byID[it.Parent].Permissions, func(p rawPermission) bool { return strings.EqualFold(p.EmailAddress, address) }) {
				want[i].Parent = ""
			}
		}
		same(t, "items of owner "+u.ID, want, strip(slices.Clone(list)))
		for _, it := range list {
			one, err := s.Item(ctx, address, it.ID)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "item "+it.ID, it, one)
			if it.MimeType != seen.MimeFolder {
				continue
			}
			var want []string
			for id, f := range byID {
				if slices.Contains(f.Parents, it.ID) {
					want = append(want, id)
				}
			}
			var have []string
			for _, child := range take(t, s.Children(ctx, address, []string{it.ID})) {
				have = append(have, child.ID)
			}
			same(t, "children of "+it.ID, want, have)
		}
	}
	var drives []seen.Drive
	for _, d := range load[[]rawDrive](t, tenant, "drives.json") {
		drives = append(drives, seen.Drive{ID: d.ID, Name: d.Name, Unit: strings.TrimPrefix(d.OrgUnitID, "id:")})
		have, err := s.DriveMembers(ctx, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "members of drive "+d.ID, grants(d.Permissions, true), have)
		for _, p := range d.Permissions {
			i := slices.IndexFunc(users, func(u rawUser) bool { return strings.EqualFold(u.PrimaryEmail, p.EmailAddress) && !u.Suspended })
			if i < 0 || p.Role != "organizer" || p.Deleted {
				continue
			}
			same(t, "items of drive "+d.ID, inDrive[d.ID], strip(take(t, s.DriveItems(ctx, d.ID, p.EmailAddress))))
			for _, it := range inDrive[d.ID] {
				have, err := s.ItemGrants(ctx, p.EmailAddress, it.ID)
				if err != nil {
					t.Fatal(err)
				}
				same(t, "grants of "+it.ID, grants(byID[it.ID].Permissions, false), have)
			}
			break
		}
	}
	same(t, "drives", drives, take(t, s.Drives(ctx)))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// With a third of all requests going wrong the readers bring home the same.
func TestSimulatedFaults(t *testing.T) {
	s := serve(t, "drives", server.Options{Faults: server.Faults{Rate: 0.3, Seed: 7, Hang: 20 * time.Millisecond, Slow: time.Millisecond}}, func(cfg *google.Config) {
		cfg.Sleep = func(context.Context, time.Duration) error { return nil }
		cfg.Retry = google.Retry{Tries: 20, Total: time.Hour, Each: time.Second}
	})
	checkSchool(t, "drives", s)
	if n := s.Stats(); n.Retries < n.Total/10 {
		t.Errorf("%+v: want many retries", n)
	}
}

// What Google refuses is told apart.
func TestSimulatedRefusals(t *testing.T) {
	s := serve(t, "drives", server.Options{}, nil)
	ctx := t.Context()
	if _, err := s.Item(ctx, s.admin, "1nothing"); !google.IsNotFound(err) {
		t.Errorf("have %v, want not found", err)
	}
	for _, err := range s.OwnedItems(ctx, "nobody@"+s.admin[strings.Index(s.admin, "@")+1:]) {
		if google.Reason(err) != seen.Off || strings.Contains(err.Error(), "@") {
			t.Errorf("have %v, want off", err)
		}
	}
	users := take(t, s.Users(ctx))
	i := slices.IndexFunc(users, func(u seen.Account) bool { return u.Address != s.admin && !u.SwitchedOff })
	pupil := serve(t, "drives", server.Options{}, func(cfg *google.Config) { cfg.Admin = users[i].Address })
	for _, err := range pupil.Users(ctx) {
		if google.Reason(err) != seen.Refused || strings.Contains(err.Error(), "@") {
			t.Errorf("have %v, want refused", err)
		}
	}
}

// Mail goes out in two steps.
func TestSimulatedDrafts(t *testing.T) {
	s := serve(t, "drives", server.Options{}, nil)
	ctx := t.Context()
	id, err := s.CreateDraft(ctx, s.admin, []byte("Message-ID: <1@bot.example>\r\nFrom: bot@bot.example\r\nTo: head@school.example\r\nSubject: x\r\n\r\nHello\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if is, err := s.DraftExists(ctx, s.admin, id); !is || err != nil {
		t.Errorf("exists: %v %v", is, err)
	}
	if have := take(t, s.ListDrafts(ctx, s.admin)); !slices.Equal(have, []string{id}) {
		t.Errorf("drafts %q, want %q", have, id)
	}
	if have, found, err := s.FindDraft(ctx, s.admin, "1@bot.example"); have != id || !found || err != nil {
		t.Errorf("found %q %v %v, want %q", have, found, err, id)
	}
	if err := s.SendDraft(ctx, s.admin, id); err != nil {
		t.Error(err)
	}
	if is, err := s.DraftExists(ctx, s.admin, id); is || err != nil {
		t.Errorf("exists after sending: %v %v", is, err)
	}
	if err := s.SendDraft(ctx, s.admin, id); !google.IsNotFound(err) {
		t.Errorf("sent twice: %v", err)
	}
}

// What people do shows in the log, newest first, by name or all of it.
func TestSimulatedEvents(t *testing.T) {
	s := serve(t, "trees", server.Options{}, nil)
	ctx := t.Context()
	f := loadFiles(t, "trees")[0]
	who := f.Owners[0].EmailAddress
	share := func(to string) {
		s.world.Advance(time.Minute)
		if err := s.world.Share(f.ID, world.Grant{Type: "user", Role: "reader", EmailAddress: to}, who); err != nil {
			t.Fatal(err)
		}
		s.world.Advance(time.Minute)
	}
	share("first@out.example")
	share("second@out.example")
	var targets []string
	for _, e := range take(t, s.Events(ctx, "drive", "change_user_access", time.Time{}, time.Time{})) {
		if e.Name != "change_user_access" || e.Doc != f.ID || e.Owner != strings.ToLower(who) || e.Actor != strings.ToLower(who) || e.Record == "" || e.NewValue == "" || e.Time.IsZero() {
			t.Errorf("have %+v", e)
		}
		targets = append(targets, e.Target)
	}
	if !slices.Equal(targets, []string{"second@out.example", "first@out.example"}) {
		t.Errorf("have %q", targets)
	}
	all := take(t, s.Events(ctx, "drive", "", time.Time{}, time.Time{}))
	if len(all) < 2 || !slices.IsSortedFunc(all, func(a, b seen.Event) int { return b.Time.Compare(a.Time) }) {
		t.Errorf("have %d events, not newest first", len(all))
	}
	if late := take(t, s.Events(ctx, "drive", "change_user_access", all[0].Time, time.Time{})); len(late) != 1 {
		t.Errorf("have %d events since the last, want that one", len(late))
	}
	take(t, s.Events(ctx, "admin", "", time.Time{}, time.Time{}))
}

// One scope that is not delegated blinds its own reader and no other.
func TestSimulatedScopes(t *testing.T) {
	readers := map[string]func(*site, context.Context) error{
		google.ScopeUsers:   func(s *site, ctx context.Context) error { return last(s.Users(ctx)) },
		google.ScopeUnits:   func(s *site, ctx context.Context) error { return last(s.Units(ctx)) },
		google.ScopeGroups:  func(s *site, ctx context.Context) error { return last(s.Groups(ctx)) },
		google.ScopeDomains: func(s *site, ctx context.Context) error { _, err := s.Domains(ctx); return err },
		google.ScopeAudit: func(s *site, ctx context.Context) error {
			return last(s.Events(ctx, "drive", "", time.Time{}, time.Time{}))
		},
		google.ScopeDrives:   func(s *site, ctx context.Context) error { return last(s.Drives(ctx)) },
		google.ScopeMetadata: func(s *site, ctx context.Context) error { return last(s.OwnedItems(ctx, s.admin)) },
		google.ScopeCompose:  func(s *site, ctx context.Context) error { return last(s.ListDrafts(ctx, s.admin)) },
		google.ScopePolicies: func(s *site, ctx context.Context) error { return last(s.Settings(ctx, nil)) },
	}
	for missing := range readers {
		s := serve(t, "link-shares", server.Options{}, nil, func(w *world.World) {
			scopes := &w.Settings.Clients[0].Scopes
			*scopes = slices.DeleteFunc(*scopes, func(scope string) bool { return scope == missing })
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
	}
}

// An owner whose Drive is off, or whose every call fails, is one scope that could not be seen.
func TestSimulatedFailingOwners(t *testing.T) {
	const tenant = "link-shares"
	owners := load[[]rawUser](t, tenant, "users.json")
	off, bad := owners[1].PrimaryEmail, owners[2].PrimaryEmail
	s := serve(t, tenant, server.Options{FailSubject: map[string]int{bad: 500}}, func(cfg *google.Config) {
		cfg.Sleep = func(context.Context, time.Duration) error { return nil }
	}, func(w *world.World) { w.Settings.DriveOff = []string{off} })
	for address, want := range map[string]seen.Reason{off: seen.Off, bad: seen.Failed} {
		err := last(s.OwnedItems(t.Context(), address))
		if google.Reason(err) != want || strings.Contains(err.Error(), "@") {
			t.Errorf("have %v, want %q", err, want)
		}
	}
	if n := s.Calls()["drive.files.list"]; n > 1+8 {
		t.Errorf("%d calls, want one for the owner whose Drive is off and eight for the failing one", n)
	}
}

// last is the error that a stream ended with.
func last[T any](seq iter.Seq2[T, error]) (err error) {
	for _, err = range seq {
	}
	return err
}
