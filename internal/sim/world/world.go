// Package world is the simulated school in memory: a tenant of resources as Google holds them, and the people who change it.
//
// The contract:
//
//   - [Load] reads the folder of JSON files that docs/simulator.md describes, [World.Save] writes one, [New] starts an empty one.
//     What is loaded is served as it stands; unknown fields of users, groups, members, units, domains, drives, policies,
//     roles, tokens, devices, licences, usage reports, courses, their people, their posts, blogs and decisions survive; rolls (CSV) and the contents of files are kept as they are.
//   - Mutators (Share, MoveFile, SuspendUser, …) change the tenant as a person would and write the audit records that
//     Google would write. They lock. Each takes the actor's address; "" is the system.
//   - Accessors (User, File, Children, …) do not lock: call them inside [World.View], or while nobody else has the World.
//     What they return belongs to the World: read it, and change it only by mutators, or by the Add methods while building.
//   - Add methods (AddUser, AddFile, …) put resources in place without any audit record.
//   - Permissions are kept per item as effective lists; equal lists are stored once. A change to a folder recomputes its
//     tree from the items' own grants, so that at any time an item holds what it grants itself plus what its parent hands down.
//   - The clock is the function given to SetClock; until then it stands at Settings.Now plus what Advance added.
//
// A deleted user's My Drive files stay in the tenant but [World.Hidden] tells that no answer may show them; twenty days later
// the user cannot be restored and Save leaves them out.
package world

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// RootPrefix begins the id of a My Drive's root folder; the owner's Directory id follows. The root is no file of the tenant.
const RootPrefix = "root-"

// UndeleteWithin is how long a deleted user can be brought back.
const UndeleteWithin = 20 * 24 * time.Hour

// Errors that callers tell apart with errors.Is.
var (
	ErrNotFound   = errors.New("not in the tenant")
	ErrExists     = errors.New("already in the tenant")
	ErrInherited  = errors.New("the permission is inherited; change it on the folder that it comes from")
	ErrNotAllowed = errors.New("not allowed")
)

// World is a tenant and its clock. Make one with New or Load.
type World struct {
	Settings Settings

	mu      sync.RWMutex
	clock   func() time.Time
	advance time.Duration
	saved   savedLines

	users    map[string]*User // by Directory id
	deleted  map[string]*User // deleted ones that may come back
	byEmail  map[string]*User // lower case, primary and aliases, not deleted
	userList []*User          // by primary address

	units   []*OrgUnit
	domains []*Domain

	groups       map[string]*Group // by id
	groupByEmail map[string]*Group
	groupList    []*Group
	members      map[string][]*Member // by group id
	settings     map[string]Raw       // by lower-case group address

	drives    map[string]*Drive
	driveList []*Drive

	files    map[string]*File
	fileList []*File            // in the order in which they came, by seq
	children map[string][]*File // by parent id
	byOwner  map[string][]*File // My Drive items by the owner's permission id
	byDrive  map[string][]*File
	sets     map[string]*permSet
	people   map[string]*Person // owners and grantees by permission id
	permID   map[string]string  // permission id by lower-case address
	names    map[string]string  // interned MIME types
	nextSeq  uint64

	policies     []*Policy
	allowlisted  []*AllowlistedDomain
	activities   map[string][]*Activity // by application, oldest first
	mailboxes    map[string][]Mail
	inboxes      map[string][]Mail
	drafts       map[string][]Mail
	account      accountData
	classroom    classroomData
	posts        postData
	rolls        map[string][]byte         // the CSV files beside the tenant, by name
	contents     map[string][]byte         // what is in files, by file id
	fileComments map[string][]*FileComment // by file id
	blogs        []*Blog
	counter      uint64 // of ids made by this World
	listeners    []*func(*Activity)
}

// New returns an empty tenant with these settings.
func New(s Settings) *World {
	return &World{
		Settings: s,
		users:    map[string]*User{}, deleted: map[string]*User{}, byEmail: map[string]*User{},
		groups: map[string]*Group{}, groupByEmail: map[string]*Group{}, members: map[string][]*Member{}, settings: map[string]Raw{},
		drives: map[string]*Drive{}, files: map[string]*File{}, children: map[string][]*File{}, byOwner: map[string][]*File{},
		byDrive: map[string][]*File{}, sets: map[string]*permSet{}, people: map[string]*Person{}, permID: map[string]string{},
		names: map[string]string{}, activities: map[string][]*Activity{}, mailboxes: map[string][]Mail{}, inboxes: map[string][]Mail{}, drafts: map[string][]Mail{},
		account: newAccountData(), classroom: newClassroomData(), posts: newPostData(), rolls: map[string][]byte{}, contents: map[string][]byte{},
		fileComments: map[string][]*FileComment{},
	}
}

// View runs fn while nobody changes the tenant. Do not call mutators inside.
func (w *World) View(fn func()) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	fn()
}

// SetClock lets the tenant's time follow clock. Call it before serving.
func (w *World) SetClock(clock func() time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock, w.advance = clock, 0
}

// Advance moves the tenant's time forward.
func (w *World) Advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance += d
	w.publishDue()
}

// SetNow moves the tenant's time to t, also backwards.
func (w *World) SetNow(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance += t.Sub(w.now())
	w.publishDue()
}

// Now is the tenant's time.
func (w *World) Now() time.Time {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.now()
}

// Time is Now for callers inside View.
func (w *World) Time() time.Time { return w.now() }

func (w *World) now() time.Time {
	t := w.Settings.Now
	if w.clock != nil {
		t = w.clock()
	}
	return t.Add(w.advance).UTC()
}

// NewID makes an id that this tenant has not used: the same again for the same settings and the same order of calls.
// prefix tells the kind, length is that of the whole.
func (w *World) NewID(prefix string, length int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.newID(prefix, length)
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func (w *World) newID(prefix string, length int) string {
	for {
		w.counter++
		b := []byte(prefix)
		for n := 0; len(b) < length; n++ {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%s/%d", w.Settings.Seed, w.counter, prefix, n))
			for _, c := range sum {
				if len(b) < length {
					b = append(b, alphabet[c%64])
				}
			}
		}
		id := string(b)
		if w.files[id] == nil && w.drives[id] == nil && w.groups[id] == nil {
			return id
		}
	}
}

// newNumber makes a Directory user id: 21 digits.
func (w *World) newNumber() string {
	for {
		w.counter++
		id := "1" + digits(fmt.Sprintf("%d/%d/user", w.Settings.Seed, w.counter), 20)
		if w.users[id] == nil && w.deleted[id] == nil {
			return id
		}
	}
}

func digits(of string, n int) string {
	sum := sha256.Sum256([]byte(of))
	s := fmt.Sprintf("%020d%020d", binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:]))
	return s[len(s)-n:]
}

// PermissionID is the id of permissions to the grantee: the one already in use in the tenant, else one made from the address.
func (w *World) PermissionID(typ, address string) string {
	switch typ {
	case "anyone":
		return "anyone"
	case "domain":
		return digits("domain/"+strings.ToLower(address), 20) + "k"
	}
	if u := w.byEmail[strings.ToLower(address)]; u != nil {
		address = u.PrimaryEmail
	} else if g := w.groupByEmail[strings.ToLower(address)]; g != nil {
		address = g.Email
	}
	key := strings.ToLower(address)
	if id, ok := w.permID[key]; ok {
		return id
	}
	return digits("person/"+key, 20)
}

// Users lists the users that exist, by primary address.
func (w *World) Users() []*User { return w.userList }

// User finds a user by Directory id or any address; nil when there is none.
func (w *World) User(key string) *User {
	if u := w.users[key]; u != nil {
		return u
	}
	return w.byEmail[strings.ToLower(key)]
}

// DeletedUser finds a deleted user who can still be brought back, by id or primary address; of several who had the address, the one deleted last.
func (w *World) DeletedUser(key string) *User {
	if u := w.deleted[key]; u != nil {
		return u
	}
	var last *User
	for _, u := range w.deleted {
		if strings.EqualFold(u.PrimaryEmail, key) && (last == nil || u.DeletionTime.After(last.DeletionTime)) {
			last = u
		}
	}
	return last
}

// DeletedUsers lists the deleted users who can still be brought back, by address.
func (w *World) DeletedUsers() []*User {
	var out []*User
	for _, u := range w.deleted {
		if w.now().Sub(u.DeletionTime) <= UndeleteWithin {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b *User) int { return strings.Compare(a.PrimaryEmail, b.PrimaryEmail) })
	return out
}

// IsAdmin reports whether the user is a super administrator.
func (w *World) IsAdmin(u *User) bool {
	return u.IsAdmin || slices.ContainsFunc(w.Settings.Admins, func(a string) bool { return w.User(a) == u })
}

// DriveOff reports whether the user's Drive is switched off.
func (w *World) DriveOff(u *User) bool {
	return slices.ContainsFunc(w.Settings.DriveOff, func(a string) bool { return w.User(a) == u })
}

// OrgUnits lists the units, the root included, in the order of the tenant.
func (w *World) OrgUnits() []*OrgUnit { return w.units }

// Domains lists the customer's domains.
func (w *World) Domains() []*Domain { return w.domains }

// Ours reports whether the domain is one of the customer's or an alias of one.
func (w *World) Ours(domain string) bool {
	for _, d := range w.domains {
		if strings.EqualFold(d.DomainName, domain) {
			return true
		}
		for _, a := range d.DomainAliases {
			if strings.EqualFold(a.DomainAliasName, domain) {
				return true
			}
		}
	}
	return false
}

// Groups lists the groups by address.
func (w *World) Groups() []*Group { return w.groupList }

// Group finds a group by id or any address; nil when there is none.
func (w *World) Group(key string) *Group {
	if g := w.groups[key]; g != nil {
		return g
	}
	return w.groupByEmail[strings.ToLower(key)]
}

// Members lists the direct members of the group with this id.
func (w *World) Members(groupID string) []*Member { return w.members[groupID] }

// GroupSettings are the Groups Settings of the group with this address; nil when the tenant holds none.
func (w *World) GroupSettings(address string) Raw { return w.settings[strings.ToLower(address)] }

// Drives lists the shared drives by creation.
func (w *World) Drives() []*Drive { return w.driveList }

// Drive finds a shared drive; nil when there is none.
func (w *World) Drive(id string) *Drive { return w.drives[id] }

// Policies lists the Cloud Identity policies in the order of the tenant.
func (w *World) Policies() []*Policy { return w.policies }

// AllowlistedDomains lists the domains outside that are trusted for sharing.
func (w *World) AllowlistedDomains() []*AllowlistedDomain { return w.allowlisted }

// Activities lists the audit records of an application, oldest first.
func (w *World) Activities(app string) []*Activity { return w.activities[app] }

// Mails lists what the address has sent, oldest first.
func (w *World) Mails(address string) []Mail { return w.mailboxes[strings.ToLower(address)] }

// Senders lists the addresses that have sent something.
func (w *World) Senders() []string {
	var out []string
	for a := range w.mailboxes {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}

// AddUser puts a user in place; an empty ID is filled.
func (w *World) AddUser(u *User) error {
	if u.PrimaryEmail == "" {
		return errors.New("a user needs a primaryEmail")
	}
	if u.ID == "" {
		u.ID = w.newNumber()
	}
	if w.users[u.ID] != nil || w.deleted[u.ID] != nil {
		return fmt.Errorf("user %s: %w", u.ID, ErrExists)
	}
	for _, a := range u.Addresses() {
		if w.byEmail[strings.ToLower(a)] != nil {
			return fmt.Errorf("user %s: one of the addresses is %w", u.ID, ErrExists)
		}
	}
	if u.OrgUnitPath == "" {
		u.OrgUnitPath = "/"
	}
	w.users[u.ID] = u
	for _, a := range u.Addresses() {
		w.byEmail[strings.ToLower(a)] = u
	}
	i, _ := slices.BinarySearchFunc(w.userList, u, byPrimary)
	w.userList = slices.Insert(w.userList, i, u)
	return nil
}

func byPrimary(a, b *User) int {
	return strings.Compare(strings.ToLower(a.PrimaryEmail), strings.ToLower(b.PrimaryEmail))
}

func (w *World) dropUser(u *User) {
	delete(w.users, u.ID)
	for _, a := range u.Addresses() {
		delete(w.byEmail, strings.ToLower(a))
	}
	w.userList = slices.DeleteFunc(w.userList, func(x *User) bool { return x == u })
}

// AddOrgUnit puts a unit in place.
func (w *World) AddOrgUnit(o *OrgUnit) { w.units = append(w.units, o) }

// AddDomain puts a domain in place.
func (w *World) AddDomain(d *Domain) { w.domains = append(w.domains, d) }

// AddGroup puts a group in place with its direct members and its settings (may be nil); an empty ID is filled.
func (w *World) AddGroup(g *Group, members []*Member, settings Raw) error {
	if g.Email == "" {
		return errors.New("a group needs an email")
	}
	if g.ID == "" {
		g.ID = w.newID("0", 15)
	}
	if w.groups[g.ID] != nil || w.groupByEmail[strings.ToLower(g.Email)] != nil {
		return fmt.Errorf("group %s: %w", g.ID, ErrExists)
	}
	w.groups[g.ID] = g
	for _, a := range g.Addresses() {
		w.groupByEmail[strings.ToLower(a)] = g
	}
	i, _ := slices.BinarySearchFunc(w.groupList, g, func(a, b *Group) int { return strings.Compare(a.Email, b.Email) })
	w.groupList = slices.Insert(w.groupList, i, g)
	if len(members) > 0 {
		w.members[g.ID] = members
	}
	if settings != nil {
		w.settings[strings.ToLower(g.Email)] = settings
	}
	return nil
}

// AddDrive puts a shared drive in place; permissions without an id get one.
func (w *World) AddDrive(d *Drive) error {
	if d.ID == "" {
		d.ID = w.newID("0A", 19)
	}
	if w.drives[d.ID] != nil {
		return fmt.Errorf("shared drive %s: %w", d.ID, ErrExists)
	}
	for i := range d.Permissions {
		w.completePermission(&d.Permissions[i])
		if p := &d.Permissions[i]; len(p.Details) == 0 {
			p.Details = []Detail{{PermissionType: "member", Role: p.Role}}
		}
	}
	w.drives[d.ID] = d
	w.driveList = append(w.driveList, d)
	return nil
}

// AddPolicy puts a policy in place.
func (w *World) AddPolicy(p *Policy) { w.policies = append(w.policies, p) }

// AddAllowlistedDomain puts a trusted domain in place.
func (w *World) AddAllowlistedDomain(d *AllowlistedDomain) { w.allowlisted = append(w.allowlisted, d) }

// AddActivity puts an audit record in place, in the order of time.
func (w *World) AddActivity(a *Activity) {
	list := w.activities[a.App]
	i := len(list)
	for i > 0 && before(a, list[i-1]) {
		i--
	}
	w.activities[a.App] = slices.Insert(list, i, a)
}

// OnRecord has fn called with each audit record that the World writes from now on, in order and while the tenant is locked: fn may use accessors, and must neither change the tenant nor keep the record to change it. It is called no more after stop.
func (w *World) OnRecord(fn func(*Activity)) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	own := &fn
	w.listeners = append(w.listeners, own)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.listeners = slices.DeleteFunc(w.listeners, func(x *func(*Activity)) bool { return x == own })
	}
}

// before orders records by time; those of the same time stay as they came.
func before(a, b *Activity) bool { return a.Time.Before(b.Time) }

// UnitOf finds the unit with the path; nil when there is none.
func (w *World) UnitOf(path string) *OrgUnit {
	for _, o := range w.units {
		if o.OrgUnitPath == path {
			return o
		}
	}
	return nil
}

// UnitHolds reports whether the unit named like policies name it ("orgUnits/ID") is the one with the path or above it.
func (w *World) UnitHolds(unit, path string) bool {
	id := strings.TrimPrefix(strings.TrimPrefix(unit, "orgUnits/"), "id:")
	for _, o := range w.units {
		if strings.TrimPrefix(o.OrgUnitID, "id:") == id {
			return o.OrgUnitPath == "/" || o.OrgUnitPath == path || strings.HasPrefix(path, o.OrgUnitPath+"/")
		}
	}
	return false
}
