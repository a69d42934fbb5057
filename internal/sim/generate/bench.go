package generate

import (
	"fmt"
	"math/rand/v2"
	"time"

	"esafetybot/internal/sim/world"
)

// BenchOptions say how large a tenant for measuring is.
type BenchOptions struct {
	Owners        int       // accounts with files; 200 if zero
	FilesPerOwner int       // folders included; 500 if zero
	Groups        int       // 100 if zero
	Shares        int       // share events in the log of the last day; 0 for none
	NoisePerShare int       // view and edit events for each share event
	Seed          int64     //
	Now           time.Time // DefaultNow if zero
}

// Bench makes a large, dull tenant: every owner has the same files in folders, a folder in the care of a group, one file in two hundred open to somebody
// outside. Its policies are the examples', fitted. Memory: about 400 bytes a file.
func Bench(o BenchOptions) (*School, error) {
	for _, d := range []struct {
		field *int
		value int
	}{{&o.Owners, 200}, {&o.FilesPerOwner, 500}, {&o.Groups, 100}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	b, err := newBuilder(Options{Pupils: o.Owners, Seed: o.Seed, Now: o.Now})
	if err != nil {
		return nil, err
	}
	b.name, b.style, b.form = "Bench Primary School", styles[0], 0
	b.w.AddDomain(&world.Domain{DomainName: Domain, IsPrimary: true, Verified: true,
		DomainAliases: []world.DomainAlias{{DomainAliasName: Alias, ParentDomainName: Domain, Verified: true}}})
	for _, u := range []string{"/", "/Pupils", "/Staff", "/Staff/Office", "/Visitors"} {
		b.addUnit(u)
	}
	b.benchPeople(o)
	b.benchFiles(o)
	b.listPupils()
	b.listStaff()
	b.writeRolls()
	s, err := b.school()
	if err != nil {
		return nil, err
	}
	if o.Shares > 0 {
		b.w.SetNow(b.now.Add(-24 * time.Hour))
		if err := BenchDay(b.w, o.Shares, o.NoisePerShare, o.Seed); err != nil {
			return nil, err
		}
		b.w.SetNow(b.now)
	}
	return s, nil
}

// BenchAccounts makes a school of that many pupils for measuring the checks of accounts: everything that [Generate] makes but Drives, in which there is
// one folder, and usage reports of seven days only.
func BenchAccounts(pupils int) (*School, error) {
	b, err := newBuilder(Options{Pupils: pupils, Seed: 1})
	if err != nil {
		return nil, err
	}
	b.usageDays = 7
	b.customer()
	b.people()
	b.groups()
	b.marked = []confidential{{folder: b.folder(b.bursar, nil, "Office").ID, name: "Office", allowed: []string{b.groupOf["leaders"].Email}}}
	b.accounts()
	b.noteDecisions()
	return b.school()
}

func (b *builder) benchPeople(o BenchOptions) {
	names := []string{"head", "deputyhead", "senco", "bursar", "it", "governor"}
	people := map[string]*world.User{}
	var owners []*world.User
	for i := range o.Owners {
		local := fmt.Sprintf("owner%05d", i)
		unit := "/Pupils"
		var aliases []string
		if i < len(names) {
			local, unit = names[i], "/Staff"
		}
		if i == 0 {
			aliases = []string{"officer@" + Domain, "early.years@" + Domain}
		}
		u := b.adult(local, unit, aliases...)
		people[local] = u
		owners = append(owners, u)
	}
	first := func(local string) *world.User {
		if u := people[local]; u != nil {
			return u
		}
		return owners[0]
	}
	b.head, b.deputy, b.senco, b.bursar, b.it = first("head"), first("deputyhead"), first("senco"), first("bursar"), first("it")
	b.it.IsAdmin = true
	b.governors = []*world.User{first("governor")}
	c := &class{name: "Class 1"}
	b.classes = []*class{c}
	b.teachers = owners
	for i, u := range owners {
		if i < len(names) && i > 0 {
			continue
		}
		b.pupils = append(b.pupils, &pupil{user: u, class: c, admission: fmt.Sprintf("A%05d", i), parent: fmt.Sprintf("parent%d@home.example", i)})
	}
	b.groupOf = map[string]*world.Group{}
	for i := range o.Groups {
		local := fmt.Sprintf("group%03d", i)
		switch i {
		case 0:
			local = "leaders"
		case 1:
			local = "office"
		case 2:
			local = "governors"
		}
		var members []any
		for j := range min(20, len(owners)) {
			members = append(members, owners[(i*7+j)%len(owners)])
		}
		if i%25 == 10 {
			members = append(members, fmt.Sprintf("helper%d@home.example", i))
		}
		b.teams = append(b.teams, b.group(local, "Group "+local, invited, members...))
	}
	for _, need := range []string{"leaders", "office"} {
		if b.groupOf[need] == nil {
			b.group(need, need, invited, b.head)
		}
	}
}

func (b *builder) benchFiles(o BenchOptions) {
	titles := make([]string, 0, 400)
	for i := range cap(titles) {
		titles = append(titles, fmt.Sprintf("%s %d", pick(b.rng, subjects), i))
	}
	n := 0
	for i, u := range b.teachers {
		owner := &world.Person{EmailAddress: u.PrimaryEmail}
		created := b.now.AddDate(0, 0, -30-i%300)
		folder := b.w.RootID(u)
		for j := range o.FilesPerOwner {
			f := &world.File{Name: titles[n%len(titles)], MimeType: world.MimeDocument, Owner: owner, Parent: folder, Created: created, Modified: created}
			var own []world.Grant
			switch {
			case j%50 == 0:
				f.MimeType, f.Parent = world.MimeFolder, b.w.RootID(u)
				if j == 0 && len(b.teams) > 0 {
					own = append(own, toGroup(b.teams[i%len(b.teams)], "reader"))
				}
			case n%400 == 7:
				own = append(own, withLink("reader"))
			case n%400 == 207:
				own = append(own, toAddress(pick(b.rng, outsidePeople), "reader"))
			}
			b.check(b.w.AddFile(f, own...))
			if f.MimeType == world.MimeFolder {
				folder = f.ID
			}
			if n == 0 {
				b.marked = []confidential{{folder: f.ID, name: "Office", allowed: []string{b.groupOf["leaders"].Email}}}
			}
			n++
		}
	}
}

// BenchDay lets a day of a bench tenant pass, from the World's time on: changes of sharing spread over twenty hours, each with noise views and edits around it. It
// leaves the clock twenty-four hours on.
func BenchDay(w *world.World, changes, noise int, seed int64) error {
	rng := rand.New(rand.NewPCG(uint64(seed), uint64(w.Now().Unix())))
	start := w.Now()
	files := w.Files()
	for i := range changes {
		forward(w, start.Add(time.Duration(i)*20*time.Hour/time.Duration(changes)))
		for j := range noise {
			f := pick(rng, files)
			do := w.ViewFile
			if j%3 == 0 {
				do = w.EditFile
			}
			if err := do(f.ID, f.Owner.EmailAddress); err != nil {
				return fmt.Errorf("bench day: %w", err)
			}
		}
		f := pick(rng, files)
		for f.IsFolder() {
			f = pick(rng, files)
		}
		var err error
		switch rng.IntN(4) {
		case 0:
			err = w.SetLink(f.ID, "reader", "", false, f.Owner.EmailAddress)
		case 1:
			err = w.Share(f.ID, toAddress(pick(rng, outsidePeople), "reader"), f.Owner.EmailAddress)
		case 2:
			err = w.Share(f.ID, toAddress(fmt.Sprintf("p%d@home.example", i), "writer"), f.Owner.EmailAddress)
		default:
			if err = w.SetLink(f.ID, "reader", "", false, f.Owner.EmailAddress); err == nil {
				err = w.SetLink(f.ID, "", "", false, f.Owner.EmailAddress)
			}
		}
		if err != nil {
			return fmt.Errorf("bench day: %w", err)
		}
	}
	forward(w, start.Add(24*time.Hour))
	return nil
}

// WriteBench writes a bench tenant as [School.Write] does, but without its truth, which would be worked out in memory several times its size.
func (s *School) WriteBench(dir string) error {
	if err := s.World.Save(dir); err != nil {
		return err
	}
	return writePolicies(dir, s.Policies)
}
