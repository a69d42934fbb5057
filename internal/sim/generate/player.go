package generate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the school's time zone exists whatever machine this runs on

	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// Player lets school days pass in a tenant: on each, people share, move, delete, come and go through the World's mutators, at plausible times
// of the day. The same tenant and seed give the same days. It works on any tenant, generated, loaded or made by hand.
type Player struct {
	World   *world.World
	Changes int         // that each day brings at least; the zero value means 24
	Noise   int         // views and edits for each change; the zero value means 2, a negative one none
	Protect []string    // addresses of accounts and groups that are neither switched off nor deleted; the accounts keep their mail; and ids of entries of records, which are neither renewed nor ended
	Leaders []string    // addresses of those whose decisions on the review site count for every class
	Dojo    []DojoClass // the classes on ClassDojo; none means that nothing is told of it
	// Keepers are the addresses of those who keep each record that is a list, beside the Leaders; none means that no such record is kept.
	Keepers map[string][]string
	// Policies are those whose reminders are confirmed, by name; none means that nobody confirms anything.
	Policies map[string]truth.Policy
	// InSchool tells whether pupils are in on a day, in the tenant's time zone; nil means on every weekday. On other days no pupil does anything.
	InSchool func(day time.Time) bool
	// Until is when the days end that are judged by truth; the zero value sets no end. Nobody who did something that counts is deleted so long before that Google has forgotten
	// them by then: truth judges by the accounts of its day (docs/comment-rules.md), and the program remembers.
	Until time.Time
	// Pauses are times of the day in the tenant's time zone, in order, as "08:30". On its way the clock stops at each of them, on every day, and Pause is called; nobody does anything meanwhile.
	Pauses []string
	Pause  func()

	rng    *rand.Rand
	usage  *reporter
	zone   *time.Location
	n      int      // of names made up
	called []string // ids of files that it called after pupils
	first  string   // the date on which it began
	begun  time.Time
	blogs  *blogDays
	named  *blogNameDays
	dojo   *dojoDays
	docs   *docDays
	lists  *recordDays
	asks   *reminderDays
	menu   []action

	room    int         // for how many pupils the school has places; 0: without end
	away    bool        // today no pupil does anything
	movedUp int         // the year in which the school moved up last
	toMake  []nextClass // classes in Classroom that September brings
}

// NewPlayer makes a Player for a tenant.
func NewPlayer(w *world.World, seed int64) *Player {
	p := &Player{World: w, rng: rand.New(rand.NewPCG(uint64(seed), 0x9e3779b97f4a7c15)), zone: time.UTC, usage: newReporter(seed)}
	if z, err := time.LoadLocation(w.Settings.TimeZone); err == nil {
		p.zone = z
	}
	p.begun, p.blogs, p.named, p.dojo, p.docs, p.lists = w.Now(), newBlogDays(p, seed), newBlogNameDays(p, seed), newDojoDays(p, seed), newDocDays(p, seed), newRecordDays(p, seed)
	p.asks = newReminderDays(p, seed)
	p.first = p.begun.In(p.zone).Format(time.DateOnly)
	p.menu = slices.Concat(p.actions(), p.accountActions(), p.postActions(), p.nameActions())
	return p
}

// Player makes a Player for the school, with its seed. Those whom the policies name stay.
func (s *School) Player() *Player {
	p := NewPlayer(s.World, s.Options.Seed)
	p.Dojo, p.Keepers = s.dojo, s.cast.keepers()
	p.Policies = map[string]truth.Policy{}
	for name, text := range s.Policies {
		policy, err := truth.ParsePolicy([]byte(text))
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err)) // Generate has read it
		}
		p.Policies[name] = policy
	}
	for _, u := range []*world.User{s.cast.head, s.cast.deputy, s.cast.senco, s.cast.bursar, s.cast.it, s.cast.officer, s.cast.earlyYears} {
		if u != nil {
			p.Protect = append(p.Protect, u.PrimaryEmail)
		}
	}
	for _, u := range []*world.User{s.cast.head, s.cast.senco, s.cast.officer} {
		if u != nil {
			p.Leaders = append(p.Leaders, u.PrimaryEmail)
		}
	}
	for _, g := range []string{"leaders", "office", "governors"} {
		p.Protect = append(p.Protect, g+"@"+Domain)
	}
	for _, g := range s.cast.governors {
		p.Protect = append(p.Protect, g.PrimaryEmail)
	}
	return p
}

// action is one kind of change. It reports whether it found something to change.
type action struct {
	name   string
	weight int
	do     func() (bool, error)
}

// Play lets one weekday pass: the next whose morning (8 o'clock) has not gone by. It ends at six in the evening of that day, and tells
// what happened, in the order of time: the name of each kind of change.
func (p *Player) Play() ([]string, error) {
	morning := nextMorning(p.World.Now(), p.zone)
	changes, noise := p.Changes, p.Noise
	if changes <= 0 {
		changes = 24
	}
	if noise == 0 {
		noise = 2
	}
	if p.off(morning.In(p.zone)) {
		return p.holiday(morning, changes)
	}
	changes += p.rng.IntN(changes/3 + 1)
	minutes := make([]int, changes)
	for i := range minutes {
		minutes[i] = p.rng.IntN(590 * 60)
	}
	slices.Sort(minutes)
	beside := []*beside{{p.blogs.rng, p.blogs.actions(), p.blogs.day(changes)}, {p.dojo.rng, p.dojo.actions(), p.dojo.day(changes)},
		{p.docs.rng, p.docs.actions(), p.docs.day(changes)},
		{p.named.rng, p.named.actions(), p.named.day(changes)},
		{p.lists.rng, p.lists.actions(), p.lists.day(changes)}, {p.asks.rng, p.asks.actions(), p.asks.day(changes)}}
	var done []string
	if err := p.housekeeping(); err != nil {
		return nil, err
	}
	p.until(morning)
	if err := p.signIns(); err != nil {
		return nil, err
	}
	// besideUntil lets happen what happens beside everything else up to a second of the day.
	besideUntil := func(s int) error {
		for b := next(beside, s); b != nil; b = next(beside, s) {
			p.until(morning.Add(time.Duration(b.at[0]) * time.Second))
			b.at = b.at[1:]
			name, err := oneOf(b.rng, b.menu)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if name != "" {
				done = append(done, name)
			}
		}
		return nil
	}
	for _, s := range minutes {
		if err := besideUntil(s); err != nil {
			return done, err
		}
		p.until(morning.Add(time.Duration(s) * time.Second))
		for range noise {
			if err := p.look(); err != nil {
				return done, err
			}
		}
		name, err := oneOf(p.rng, p.menu)
		if err != nil {
			return done, fmt.Errorf("%s: %w", name, err)
		}
		if name != "" {
			done = append(done, name)
		}
	}
	if err := besideUntil(10 * 60 * 60); err != nil {
		return done, err
	}
	p.until(morning.Add(10 * time.Hour))
	return done, p.usage.evening(p.World, p.rng)
}

// Rest lets the day that it is pass until six in the evening, and nobody does anything: a Sunday, or a day of the holidays. Google writes its usage reports all the same.
func (p *Player) Rest() error {
	t := p.World.Now().In(p.zone)
	p.until(time.Date(t.Year(), t.Month(), t.Day(), 18, 0, 0, 0, p.zone))
	return p.usage.evening(p.World, p.rng)
}

// beside is what happens on a day beside everything else, with random numbers of its own, and when: seconds since the morning, in order.
type beside struct {
	rng  *rand.Rand
	menu []action
	at   []int
}

// next is that of which something happens first, up to a second of the day; nil if there is none.
func next(list []*beside, until int) (first *beside) {
	for _, b := range list {
		if len(b.at) > 0 && b.at[0] <= until && (first == nil || b.at[0] < first.at[0]) {
			first = b
		}
	}
	return first
}

// Do makes one change of the named kind now, for tests that want just that. It reports false where the tenant has nothing to change so.
func (p *Player) Do(kind string) (bool, error) {
	for _, a := range p.all() {
		if a.name == kind {
			return a.do()
		}
	}
	return false, fmt.Errorf("no change is called %q; there are %s", kind, strings.Join(p.Kinds(), ", "))
}

func (p *Player) all() []action {
	return slices.Concat(p.menu, p.blogs.actions(), p.named.actions(), p.dojo.actions(), p.docs.actions(), p.lists.actions(), p.asks.actions())
}

// Kinds lists the kinds of changes.
func (p *Player) Kinds() []string {
	var out []string
	for _, a := range p.all() {
		out = append(out, a.name)
	}
	return out
}

func nextMorning(now time.Time, zone *time.Location) time.Time {
	t := now.In(zone)
	m := time.Date(t.Year(), t.Month(), t.Day(), 8, 0, 0, 0, zone)
	for m.Before(t) || m.Weekday() == time.Saturday || m.Weekday() == time.Sunday {
		m = time.Date(m.Year(), m.Month(), m.Day()+1, 8, 0, 0, 0, zone)
	}
	return m
}

// until moves the tenant's clock on to t, hour by hour, never back, and pauses where it is to.
func (p *Player) until(t time.Time) {
	for at, ok := p.pause(); ok && !at.After(t); at, ok = p.pause() {
		forward(p.World, at)
		p.Pause()
	}
	forward(p.World, t)
}

// pause is the next time at which the clock stops; false if there is none.
func (p *Player) pause() (time.Time, bool) {
	if p.Pause == nil || len(p.Pauses) == 0 {
		return time.Time{}, false
	}
	now := p.World.Now().In(p.zone)
	for day := 0; ; day++ {
		for _, clock := range p.Pauses {
			c, err := time.Parse("15:04", clock)
			if err != nil {
				panic("a Player's pause is no time of the day: " + clock)
			}
			if at := time.Date(now.Year(), now.Month(), now.Day()+day, c.Hour(), c.Minute(), 0, 0, p.zone); at.After(now) {
				return at, true
			}
		}
	}
}

func forward(w *world.World, t time.Time) {
	for {
		d := t.Sub(w.Now())
		if d <= 0 {
			return
		}
		w.Advance(min(d, time.Hour))
	}
}

// oneOf makes one change of the menu; some tenants have nothing for some kinds.
func oneOf(rng *rand.Rand, menu []action) (string, error) {
	total := 0
	for _, a := range menu {
		total += a.weight
	}
	for range 20 {
		n := rng.IntN(total)
		i := 0
		for ; n >= menu[i].weight; i++ {
			n -= menu[i].weight
		}
		ok, err := menu[i].do()
		if err != nil && !tolerable(err) {
			return menu[i].name, err
		}
		if ok && err == nil {
			return menu[i].name, nil
		}
	}
	return "", nil
}

// tolerable reports whether an error says only that a change made no sense here: somebody else was quicker, or Google refuses it.
func tolerable(err error) bool {
	return errors.Is(err, world.ErrNotFound) || errors.Is(err, world.ErrInherited) || errors.Is(err, world.ErrNotAllowed) || errors.Is(err, world.ErrExists)
}

// The pickers below look at the tenant inside View and return what never changes: ids, addresses.

// users picks an account that fits; nil when none does.
func (p *Player) user(fits func(*world.User) bool) (u world.User, ok bool) {
	p.World.View(func() {
		list := p.World.Users()
		if len(list) == 0 {
			return
		}
		from := p.rng.IntN(len(list))
		for i := range list {
			if x := list[(from+i)%len(list)]; fits(x) {
				u, ok = *x, true
				return
			}
		}
	})
	return u, ok
}

// adult is the address of somebody of the school who can sign in and is no pupil, "" where there is nobody. Call it inside View.
func (p *Player) adult(rng *rand.Rand) string {
	list := p.World.Users()
	if len(list) == 0 {
		return ""
	}
	from := rng.IntN(len(list))
	for i := range list {
		if u := list[(from+i)%len(list)]; active(u) && !isPupil(u) {
			return u.PrimaryEmail
		}
	}
	return ""
}

func active(u *world.User) bool { return !u.Suspended && !u.Archived && !u.IsGuestUser }

func (p *Player) protected(address string) bool {
	return slices.ContainsFunc(p.Protect, func(a string) bool { return strings.EqualFold(a, address) })
}

// item is what the Player knows of a file that it picked.
type item struct {
	world.File
	actor string // somebody who may change it
}

// file picks an item that can be changed, that is not in the bin unless asked for, and fits; it starts somewhere and takes the first that
// does, so that picking is quick in large tenants.
func (p *Player) file(fits func(*world.File) bool) (it item, ok bool) { return p.fileIn(false, fits) }

func (p *Player) fileIn(bin bool, fits func(*world.File) bool) (it item, ok bool) {
	p.World.View(func() {
		list := p.candidates()
		if len(list) == 0 {
			return
		}
		from := p.rng.IntN(len(list))
		for i := range list {
			f := list[(from+i)%len(list)]
			if f.Trashed != bin || f.MimeType == world.MimeShortcut || p.World.Hidden(f) || !fits(f) {
				continue
			}
			if actor := p.mayChange(f); actor != "" && p.mayAct(actor) {
				it, ok = item{*f, actor}, true
				return
			}
		}
	})
	return it, ok
}

// mayAct tells whether somebody may do something today. Call it inside View.
func (p *Player) mayAct(address string) bool {
	if !p.away {
		return true
	}
	u := p.World.User(address)
	return u != nil && p.present(u)
}

// candidates lists the items of one owner or drive in four cases of five, so that small Drives get their share of life, else all.
func (p *Player) candidates() []*world.File {
	w := p.World
	users, drives := w.Users(), w.Drives()
	switch n := p.rng.IntN(10); {
	case n < 6 && len(users) > 0:
		from := p.rng.IntN(len(users))
		for i := range users {
			u := users[(from+i)%len(users)]
			if list := w.OwnedBy(w.PermissionID("user", u.PrimaryEmail)); len(list) > 0 {
				return list
			}
		}
	case n < 7 && len(drives) > 0:
		if list := w.InDrive(pick(p.rng, drives).ID); len(list) > 0 {
			return list
		}
	}
	return w.Files()
}

// mayChange names somebody who may share the item: its owner, an organizer of its drive, or an administrator for them.
func (p *Player) mayChange(f *world.File) string {
	w := p.World
	if f.Owner != nil {
		u := w.User(f.Owner.EmailAddress)
		switch {
		case u == nil:
			return "" // an outsider's
		case active(u):
			return u.PrimaryEmail
		}
		return p.admin()
	}
	if d := w.Drive(f.DriveID); d != nil {
		for _, m := range d.Permissions {
			if m.Role == "organizer" && m.Type == "user" {
				if u := w.User(m.EmailAddress); u != nil && active(u) {
					return u.PrimaryEmail
				}
			}
		}
	}
	return p.admin()
}

// admin is an administrator of the tenant; the first active user where there is none.
func (p *Player) admin() string {
	first := ""
	for _, u := range p.World.Users() {
		if !active(u) {
			continue
		}
		if u.IsAdmin {
			return u.PrimaryEmail
		}
		if first == "" {
			first = u.PrimaryEmail
		}
	}
	return first
}

func (p *Player) adminAddress() (a string) {
	p.World.View(func() { a = p.admin() })
	return a
}

// look writes one view or edit.
func (p *Player) look() error {
	it, ok := p.file(func(f *world.File) bool { return !f.IsFolder() })
	if !ok {
		return nil
	}
	do := p.World.ViewFile
	if oneIn(p.rng, 3) {
		do = p.World.EditFile
	}
	if err := do(it.ID, it.actor); err != nil && !tolerable(err) {
		return fmt.Errorf("look at a file: %w", err)
	}
	return nil
}

// housekeeping is what the administrator does on any day, so that the admin log is never silent: a word in the description of a group.
func (p *Player) housekeeping() error {
	g, ok := p.group(nil)
	if !ok {
		return nil
	}
	return p.World.SetGroupSetting(g.ID, "description", p.title(), p.adminAddress())
}

func (p *Player) outsider() string {
	p.n++
	if oneIn(p.rng, 2) {
		return pick(p.rng, outsidePeople)
	}
	return fmt.Sprintf("%s%d@home.example", strings.ToLower(pick(p.rng, givenNames)), p.n)
}

func (p *Player) title() string {
	p.n++
	return fmt.Sprintf("%s %s %d", pick(p.rng, subjects), pick(p.rng, []string{"notes", "slides", "plan", "photos", "list"}), p.n)
}

func (p *Player) role() string {
	return pick(p.rng, []string{"reader", "reader", "commenter", "writer"})
}

func (p *Player) domain() string { return p.World.Settings.Customer.CustomerDomain }
