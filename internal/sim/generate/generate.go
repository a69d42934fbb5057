// Package generate makes plausible primary schools: a tenant, its rolls and the two example policies fitted to it, and days of
// school life that change it.
//
// The contract:
//
//   - [Generate] makes a school from a size and a seed, [School.Write] writes it as a tenant folder with its truth. The same
//     options give the same bytes.
//   - Every name, address and title is invented; every domain is a .example one.
//   - From 420 pupils on, every rule of docs/rules.md, docs/account-rules.md, docs/name-rules.md and about comments of docs/comment-rules.md has a breach and a near miss in each school, under the policy
//     that asks for the rule. Smaller schools have them as far as they have pupils. [School.NearMisses] names the near misses.
//   - Rolls are in the tenant, in the form that one information system or another has for them; what the examples' clauses name (units, groups, generic
//     accounts, apps) is in the tenant too.
//   - One tenant in three holds a second school of the trust, so that school.org_units is narrowed in both policies. From 420 pupils on the others
//     hold a few accounts of the trust itself: the Classroom policy then covers the whole account and the Dojo policy leaves those out.
//   - There are blogs in it, which both policies list but for a few; what happens on them has random numbers and ids of its own, so that all else is as it would be without.
//   - Posts and comments on them name pupils, or nearly do; that has random numbers of its own too, in the making and in the days that pass.
//   - Classes have folders in Drive and documents on their posts. They come after all else, with random numbers of their own. Nobody outside the school can reach them.
//   - The Dojo policy lists classes on ClassDojo. Nothing is told of them until days pass; then that too has random numbers of its own.
//   - Reminders are confirmed, or not, and of the staff some have read the policy: a breach and a near miss each, for a program that has looked for a while.
//   - [Player] lets days pass through the World's mutators, [School.Year] makes one for whole school years, with holidays, and [School.PoliciesAt] the policies with the
//     calendar of any time of them.
//   - [Bench] and [BenchAccounts] make large tenants for measuring.
package generate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// Domain is the primary domain of every generated tenant, Alias its domain alias, and Trust the trusted domain.
const (
	Domain = "school.example"
	Alias  = "mail.school.example"
	Trust  = "trust.example"
)

// Names of the two policies: the file names without .yaml.
const (
	Classroom = "classroom-school"
	Dojo      = "dojo-school"
)

// Limits of the size.
const (
	MinPupils = 10
	MaxPupils = 3000
)

// DefaultNow is the time of a tenant when the options name none: the first Monday of an autumn term, early in the morning.
var DefaultNow = time.Date(2026, 9, 7, 4, 30, 0, 0, time.UTC)

// Options say what school to make.
type Options struct {
	Pupils int       // on the roll, MinPupils to MaxPupils
	Seed   int64     // schools of other seeds differ in everything
	Now    time.Time // the tenant's time; DefaultNow if zero
}

// School is a generated school.
type School struct {
	Options  Options
	Name     string
	World    *world.World
	Policies map[string]string // the text of each policy, by file name without .yaml
	Roll     [][]string        // the pupils' roll, headings first
	Staff    [][]string        // the staff's roll, headings first

	Visitors [][]string // the list of visitors, headings first

	// NearMisses lists for each policy and each rule ("accounts.missing") subjects that the rule must not take although little is missing.
	NearMisses map[string]map[string][]string

	hits map[string]map[string][]string // likewise what the rule must take, of the rules of docs/account-rules.md

	cast  cast
	usage *reporter
	dojo  []DojoClass
}

// Generate makes a school.
func Generate(o Options) (*School, error) {
	if o.Pupils < MinPupils || o.Pupils > MaxPupils {
		return nil, fmt.Errorf("a school of %d pupils: ask for %d to %d", o.Pupils, MinPupils, MaxPupils)
	}
	b, err := newBuilder(o)
	if err != nil {
		return nil, err
	}
	b.customer()
	b.people()
	b.groups()
	b.drives()
	b.ordinaryFiles()
	b.confidential()
	b.eachRule()
	b.further()
	b.history()
	b.accounts()
	b.nameCases()
	b.documents()
	b.reminders()
	b.noteDecisions()
	return b.school()
}

func newBuilder(o Options) (*builder, error) {
	if o.Now.IsZero() {
		o.Now = DefaultNow
	}
	o.Now = o.Now.UTC()
	b := &builder{
		opt: o, now: o.Now,
		rng:   rand.New(rand.NewPCG(uint64(o.Seed), uint64(o.Pupils))),
		taken: map[string]int{}, topics: map[string]int{}, style: styleOf(o.Seed), form: int((o.Seed%12 + 12) % 12), usageDays: 10,
		hits: map[string]map[string][]string{}, misses: map[string]map[string][]string{},
	}
	var err error
	if b.asked, err = readAsked(); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	b.w = world.New(settings(o.Seed, o.Now))
	if b.zone, err = time.LoadLocation(b.w.Settings.TimeZone); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	return b, nil
}

// accounts adds what docs/account-rules.md is about to a school of people and groups. It has random numbers of its own, so that what was there before stays as
// it is whatever comes here.
func (b *builder) accounts() {
	b.rng = rand.New(rand.NewPCG(uint64(b.opt.Seed), uint64(b.opt.Pupils)+1<<32))
	b.rolls()
	b.settings()
	b.security()
	b.classrooms()
	b.devices()
	b.usage()
	b.writeRolls()
	b.streams()
}

// school is what the builder has built.
func (b *builder) school() (*School, error) {
	if err := errors.Join(b.errs...); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	s := &School{Options: b.opt, Name: b.name, World: b.w, Roll: b.roll(), Staff: b.staffRoll(), Visitors: b.visitorRoll(),
		NearMisses: b.misses, hits: b.hits, cast: b.cast, usage: newReporter(b.opt.Seed), dojo: b.dojoClasses()}
	var err error
	if s.Policies, err = b.policies(); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	return s, nil
}

func settings(seed int64, now time.Time) world.Settings {
	scope := func(names ...string) (out []string) {
		for _, n := range names {
			out = append(out, "https://www.googleapis.com/auth/"+n)
		}
		return out
	}
	return world.Settings{
		Now: now, TimeZone: "Europe/London", Seed: seed,
		Customer: world.Customer{ID: fmt.Sprintf("C0%07d", seed%1e7), CustomerDomain: Domain},
		Project:  world.Project{Quota: "2026-05"},
		Clients: []world.Client{{ClientID: "100100200300400500600", Email: "esafetybot@project.example", Scopes: scope(
			"admin.directory.user.readonly", "admin.directory.orgunit.readonly", "admin.directory.group.readonly", "admin.directory.group.member.readonly",
			"admin.directory.domain.readonly", "admin.directory.rolemanagement.readonly", "admin.directory.user.security",
			"admin.directory.device.chromeos.readonly", "admin.directory.device.mobile.readonly", "admin.reports.audit.readonly", "admin.reports.usage.readonly",
			"apps.licensing", "apps.groups.settings", "classroom.courses.readonly", "classroom.rosters.readonly", "classroom.profile.emails",
			"classroom.guardianlinks.students.readonly", "classroom.announcements.readonly", "classroom.coursework.students.readonly",
			"classroom.courseworkmaterials.readonly", "drive.metadata.readonly", "drive.readonly", "gmail.compose", "gmail.readonly", "gmail.settings.basic",
			"cloud-identity.policies.readonly",
			"blogger.readonly",
			"admin.directory.user", "admin.directory.group.member", "drive", "blogger", "classroom.announcements")}}, // to change what was approved, and to post reminders
	}
}

// builder is a school in the making. Errors are gathered, so that the making reads as a list of what there is.
type builder struct {
	opt   Options
	now   time.Time
	rng   *rand.Rand
	w     *world.World
	name  string
	taken map[string]int // how often the local part of an address has been asked for
	errs  []error

	style rollStyle      // of the rolls
	form  int            // how the rolls write dates, years and names
	zone  *time.Location // the school's
	free  []*pupil       // who may still become something special, in the order in which they do
	used  int            // how many did
	asked asked

	order    int         // of the last policy
	upgraded *pupil      // who has a teacher's licence
	author   *world.User // a pupil whose name no other has
	helper   *world.User // who has a role at the help desk

	decisions []world.Decision // of people on the review site, in any order until noteDecisions puts them into the tenant

	usageDays int // for which there are usage reports

	topics map[string]int // how many colleagues have been used for a topic

	hits, misses map[string]map[string][]string
	cast
}

// check keeps an error if there is one.
func (b *builder) check(err error) {
	if err != nil {
		b.errs = append(b.errs, err)
	}
}

// Write writes the tenant as it stands now, its rolls, the policies and what must be found (truth.json) into the folder.
func (s *School) Write(dir string) error {
	if err := s.World.Save(dir); err != nil {
		return err
	}
	if err := writePolicies(dir, s.Policies); err != nil {
		return err
	}
	return WriteTruth(dir)
}

// WriteRolls writes the rolls as they stand now into the folder, which must exist, under the names by which the policies know them; not the earlier ones. That
// is what a school has beside its policy file.
func (s *School) WriteRolls(dir string) error {
	rolls := map[string][]byte{}
	s.World.View(func() {
		for _, name := range s.World.Rolls() {
			if strings.HasSuffix(name, ".csv") {
				rolls[name] = s.World.Roll(name)
			}
		}
	})
	for name, text := range rolls {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return fmt.Errorf("write a roll: %w", err)
		}
	}
	return nil
}

// writePolicies writes what stands beside the tenant.
func writePolicies(dir string, policies map[string]string) error {
	for name, text := range policies {
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write the policy %s: %w", name, err)
		}
	}
	return nil
}

// WriteTruth works out what must be found in the tenant folder and writes it to truth.json there.
func WriteTruth(dir string) error {
	t, err := truth.Compute(dir, time.Time{})
	if err != nil {
		return fmt.Errorf("work out the truth: %w", err)
	}
	data, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return fmt.Errorf("work out the truth: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "truth.json"), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	return nil
}

// pickAt gives the i-th of the list, which begins anew at its end.
func pickAt[T any](list []T, i int) T { return list[i%len(list)] }

// pick chooses one of the list.
func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// between gives a number from low to high, both included.
func between(r *rand.Rand, low, high int) int { return low + r.IntN(high-low+1) }

// oneIn says yes once in n times.
func oneIn(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }
