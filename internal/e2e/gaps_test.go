package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// without serves the school with a scope missing from what the service account is delegated.
func (s *campus) without(scope string) {
	all := s.world.Settings.Clients
	clients := slices.Clone(all)
	for i := range clients {
		clients[i].Scopes = slices.DeleteFunc(slices.Clone(clients[i].Scopes), func(x string) bool {
			return x == scope || scope == google.ScopeGroups && strings.HasSuffix(x, "group.member.readonly")
		})
	}
	s.world.Settings.Clients = clients
	s.reserve(server.Options{})
	s.world.Settings.Clients = all
}

// has tells how a finding on a subject under any rule of the kind stands; "" if it was never there.
func (w *watch) has(t testing.TB, rule, subject string) findings.Status {
	t.Helper()
	for _, f := range all[findings.Finding](t, w.store, findings.Findings) {
		if f.Rule == "sharing."+rule && f.Subject == subject {
			return f.Status
		}
	}
	return ""
}

func (w *watch) expect(t testing.TB, when, rule, id string, want findings.Status) {
	t.Helper()
	if have := w.has(t, rule, "file/"+id); have != want {
		t.Errorf("%s: %s of file %s is %q, want %q", when, rule, id, have, want)
	}
}

// file makes a file of somebody's that anyone with the link may read.
func (s *campus) file(owner, name, parent, link string) string {
	s.t.Helper()
	mime := "application/vnd.google-apps.document"
	if strings.HasPrefix(name, "Folder") {
		mime = world.MimeFolder
	}
	id, err := s.world.CreateFile(&world.File{Name: name, MimeType: mime, Parent: parent}, owner)
	s.do(err)
	if link != "" {
		s.do(s.world.SetLink(id, link, "", false, owner))
	}
	return id
}

func (s *campus) do(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// teachers are addresses of active adults of the school who are no administrators.
func (s *campus) teachers(w *watch, n int) []string {
	var out []string
	s.world.View(func() {
		for _, u := range s.world.Users() {
			if len(out) < n && slices.ContainsFunc(w.policy.Staff.OrgUnits, func(unit string) bool { return school.Under(u.OrgUnitPath, unit) }) && !u.Suspended && !u.Archived && !u.IsGuestUser && !s.world.IsAdmin(u) && !s.world.DriveOff(u) &&
				u.PrimaryEmail != sender(w.policy) {
				out = append(out, u.PrimaryEmail)
			}
		}
	})
	if len(out) < n {
		s.t.Fatalf("the school has %d teachers, the test wants %d", len(out), n)
	}
	return out
}

func (s *campus) owner(address string) (sc seen.Scope) {
	s.world.View(func() { sc = shares.OwnerScope(s.world.User(address).ID) })
	return sc
}

func (s *campus) next(w *watch) *jobs.Record {
	s.t.Helper()
	s.quietDay()
	r, err := s.run(w)
	s.do(err)
	s.closedRightly("then", w, r)
	return r
}

// blind fails the test unless the run says that it did not see everything, in its record and in the report.
func (s *campus) blind(w *watch, r *jobs.Record, kind seen.Scope, usual []string) {
	s.t.Helper()
	if r.OK(nil) || r.OK(usual) {
		s.t.Errorf("the run says that it saw everything: %v", r.Gaps)
	}
	if !slices.ContainsFunc(r.Gaps, func(g seen.Gap) bool { return g.Scope == kind || g.Scope.Kind() == string(kind) }) {
		s.t.Errorf("the record names %v, want %s", r.Gaps, kind)
	}
	list := w.letters(s.t)
	if len(list) == 0 {
		s.t.Fatal("nobody was told")
	}
	last := list[len(list)-1]
	if text := last.subject + last.text; !strings.Contains(text, "could not look everywhere") || !strings.Contains(text, "could not see this time") {
		s.t.Errorf("the report does not say that it could not look everywhere: %s", short(text))
	}
	if want := s.world.Now().Format("2006-01-02"); last.entry.Period != want {
		s.t.Errorf("the last report is of %s, want %s", last.entry.Period, want)
	}
	for id, how := range closedBy(s.t, w.store, r.ID) {
		if s.inside(r, id) {
			s.t.Errorf("%s was closed (%s) and lies in what could not be seen: %v", id, how, r.Gaps)
		}
	}
}

// inside tells whether a finding lies in what a run could not see, so that it may not be closed.
func (s *campus) inside(r *jobs.Record, id string) bool {
	one := *r
	return slices.ContainsFunc(r.Gaps, func(g seen.Gap) bool {
		switch g.Scope.Kind() {
		case "log", "calendar", "units": // what was read live counts all the same
			return false
		case "owner", "drive", "file", "drives":
			_, subject, _ := strings.Cut(id[strings.Index(id, "sharing."):], "~")
			kind, sub, _ := strings.Cut(subject, "~")
			if kind == "group" || kind == "file" && (s.world.File(sub) == nil || s.world.Hidden(s.world.File(sub))) || g.Scope.Kind() == "owner" && !s.holds(g.Scope, id) {
				return false
			}
		}
		one.Gaps = []seen.Gap{g}
		return s.inGap(&one, id)
	})
}

// holds tells whether a finding is on a file of an owner.
func (s *campus) holds(sc seen.Scope, id string) bool {
	f := s.world.File(id[strings.LastIndex(id, "~")+1:])
	if f == nil || f.Owner == nil {
		return false
	}
	u := s.world.User(f.Owner.EmailAddress)
	return u != nil && u.ID == sc.ID()
}

// TestUndeclaredScopes leaves out each scope in turn, on a first run and on a later one.
func TestUndeclaredScopes(t *testing.T) {
	kinds := map[string]seen.Scope{
		google.ScopeUsers: "users", google.ScopeDomains: "domains", google.ScopeMetadata: "owner", google.ScopeUnits: "units",
		google.ScopeGroups: "groups", google.ScopeSettings: "groupsettings", google.ScopeDrives: "drives", google.ScopeAudit: "log",
	}
	for i, use := range google.Scopes("sharing") {
		if i%2 == 1 && !campaign() {
			continue
		}
		t.Run(use.Scope[strings.LastIndex(use.Scope, "/")+1:], func(t *testing.T) {
			t.Parallel()
			kind := kinds[use.Scope]
			sc, s := small(t, 2, server.Options{})
			s.t = t
			w := s.only(generate.Classroom)
			who := s.teachers(w, 1)[0]
			file := s.file(who, "Plan of the week", "", "reader")
			usual := known(s.mustLook(w))
			w.expect(t, "at first", "public-link", file, findings.Open)
			if _, err := sc.Player().Play(); err != nil {
				t.Fatal(err)
			}
			s.do(s.world.SetLink(file, "", "", false, who))
			s.world.Advance(time.Hour)
			s.without(use.Scope)
			r, err := s.run(w)
			s.do(err)
			s.closedRightly("with the scope missing", w, r)
			s.blind(w, r, kind, usual)
			want := findings.Resolved
			if slices.Contains([]seen.Scope{"users", "domains", "owner", "log"}, kind) {
				want = findings.Open
			}
			w.expect(t, "with the scope missing", "public-link", file, want)
			s.next(w)
			s.reserve(server.Options{})
			s.next(w)
			s.next(w)
			w.expect(t, "in the end", "public-link", file, findings.Resolved)
			s.agree("in the end")

			// And from the very first run on.
			x := s.twin(t, w)
			s.watches = append(s.watches, x)
			if kind != "log" { // a first run does not need it
				s.without(use.Scope)
				s.quietDay()
				r, err = s.run(x)
				s.do(err)
				s.blind(x, r, kind, usual)
				s.reserve(server.Options{})
			}
			s.next(x)
			s.next(w)
			s.agree("after a first run without the scope")
			s.private()
		})
	}
}

// mustLook is a run that may only miss what nobody can see.
func (s *campus) mustLook(w *watch) *jobs.Record {
	s.t.Helper()
	r, err := s.run(w)
	s.do(err)
	for _, g := range r.Gaps {
		if g.Reason != seen.NoMember && g.Reason != seen.NoManager && g.Scope.Kind() != "tree" {
			s.t.Fatalf("a clean run does not see %s: %s", g.Scope, g.Reason)
		}
	}
	return r
}

// failing serves the school with one account failing.
func (s *campus) failing(address, how string) {
	s.t.Helper()
	s.world.Settings.DriveOff = slices.DeleteFunc(slices.Clone(s.world.Settings.DriveOff), func(a string) bool { return a == address })
	var o server.Options
	switch how {
	case "403":
		o.FailSubject = map[string]int{address: http.StatusForbidden}
	case "500":
		o.FailSubject = map[string]int{address: http.StatusInternalServerError}
	case "off":
		s.world.Settings.DriveOff = append(s.world.Settings.DriveOff, address)
	}
	s.reserve(o)
}

// TestFailingOwner: one owner's Drive cannot be read, from the first run on or from later.
func TestFailingOwner(t *testing.T) {
	hows := []string{"403", "500", "off"}
	if !campaign() {
		hows = hows[:1]
	}
	for _, how := range hows {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			_, s := small(t, 3, server.Options{})
			s.retry.Tries = 3
			s.t = t
			w := s.only(generate.Classroom)
			who := s.teachers(w, 3)
			bad, good, other := who[0], who[1], who[2]
			// A folder of the failing owner, shared by link, with a colleague's file in it.
			folder := s.file(bad, "Folder of clubs", "", "")
			s.do(s.world.Share(folder, world.Grant{Type: "user", EmailAddress: good, Role: "writer"}, bad))
			child := s.file(good, "Times of clubs", folder, "")
			s.do(s.world.ChangeRole(folder, s.world.PermissionID("user", good), "reader", bad)) // so that nobody else sees who has access
			s.do(s.world.SetLink(folder, "reader", "", false, bad))
			// And one of which a colleague sees who has access.
			open := s.file(bad, "Folder of trips", "", "")
			s.do(s.world.Share(open, world.Grant{Type: "user", EmailAddress: good, Role: "writer"}, bad))
			below := s.file(good, "Times of trips", open, "")
			s.do(s.world.SetLink(open, "reader", "", false, bad))
			theirs, mine := s.file(bad, "Plan of the year", "", "reader"), s.file(good, "Plan of the term", "", "reader")
			passed := s.file(good, "Plan to pass on", "", "reader")
			hidden := s.file(other, "Plan to pass on unseen", "", "reader")

			// From the first run on.
			x := s.twin(t, w)
			s.failing(bad, how)
			r, err := s.run(x)
			s.do(err)
			s.blind(x, r, s.owner(bad), nil)
			x.expect(t, "first", "public-link", child, findings.Open) // it stands for itself
			x.expect(t, "first", "public-link", open, findings.Open)
			x.expect(t, "first", "public-link", below, "")
			x.expect(t, "first", "public-link", mine, findings.Open)
			x.expect(t, "first", "public-link", theirs, "")
			r = s.next(x)
			s.blindAgain(x, r, s.owner(bad))
			s.failing(bad, "")
			r = s.next(x)
			x.expect(t, "read again", "public-link", folder, findings.Open)
			x.expect(t, "read again", "public-link", theirs, findings.Open)
			x.expect(t, "read again", "public-link", child, findings.Resolved)
			if how := closedBy(t, x.store, r.ID)[findings.ID("A23", "sharing.public-link", "file/"+child)]; how != findings.Merged {
				t.Errorf("the colleague's file was closed by %q, want %q", how, findings.Merged)
			}
			if l := x.letters(t); strings.Contains(l[len(l)-1].text, "Times of clubs") {
				t.Errorf("the report tells of a file that only merged:\n%s", short(l[len(l)-1].text))
			}
			s.watches = []*watch{x}
			s.agree("read again")

			// From later on. The failing owner shares no more, a colleague does not either, and two files are passed to the failing owner.
			s.watches = []*watch{w}
			s.mustLook(w)
			s.failing(bad, how)
			s.do(s.world.SetLink(theirs, "", "", false, bad))
			s.do(s.world.SetLink(mine, "", "", false, good))
			s.do(s.world.TransferOwner(passed, bad, good))
			s.do(s.world.TransferOwner(hidden, bad, other))
			s.do(s.world.Unshare(hidden, s.world.PermissionID("user", other), bad))
			s.world.Advance(24 * time.Hour)
			r, err = s.run(w)
			s.do(err)
			s.closedRightly("failing later", w, r)
			s.blind(w, r, s.owner(bad), nil)
			for range 3 {
				w.expect(t, "failing later", "public-link", theirs, findings.Open)
				w.expect(t, "failing later", "public-link", folder, findings.Open)
				w.expect(t, "failing later", "public-link", mine, findings.Resolved)
				w.expect(t, "failing later", "public-link", passed, findings.Open)
				w.expect(t, "failing later", "public-link", hidden, findings.Open)
				r = s.next(w)
				s.blindAgain(w, r, s.owner(bad))
			}
			s.do(s.world.SetLink(hidden, "", "", false, bad))
			s.failing(bad, "")
			s.next(w)
			w.expect(t, "in the end", "public-link", theirs, findings.Resolved)
			w.expect(t, "in the end", "public-link", passed, findings.Open)
			w.expect(t, "in the end", "public-link", hidden, findings.Resolved)
			s.agree("in the end")
			s.watches = append(s.watches, x)
			s.private()
		})
	}
}

// blindAgain: on later days the record says so, whether there is a mail or not.
func (s *campus) blindAgain(w *watch, r *jobs.Record, sc seen.Scope) {
	s.t.Helper()
	if r.OK(nil) || !hasGap(r, sc) {
		s.t.Errorf("the record names %v, want %s", r.Gaps, sc)
	}
	for id, how := range closedBy(s.t, w.store, r.ID) {
		if s.inside(r, id) {
			s.t.Errorf("%s was closed (%s) and lies in what could not be seen: %v", id, how, r.Gaps)
		}
	}
}

// TestDriveWithoutMembers: the last usable member of a shared drive goes.
func TestDriveWithoutMembers(t *testing.T) {
	t.Parallel()
	_, s := small(t, 4, server.Options{})
	w := s.only(generate.Classroom)
	who := s.teachers(w, 2)
	d := &world.Drive{Name: "Choir and orchestra"}
	id, err := s.world.CreateDrive(d, who[0])
	s.do(err)
	file := s.file(who[0], "Songs of the choir", id, "reader")
	gone := s.file(who[0], "Songs of the orchestra", id, "reader")
	mine := s.file(who[1], "Plan of the term", "", "reader")
	usual := known(s.mustLook(w))
	w.expect(t, "at first", "public-link", file, findings.Open)
	s.do(s.world.SetLink(gone, "", "", false, who[0]))
	s.do(s.world.SetLink(mine, "", "", false, who[1]))
	for _, m := range slices.Clone(s.world.Drive(id).Permissions) {
		s.do(s.world.RemoveDriveMember(id, m.ID, who[0]))
	}
	s.world.Advance(24 * time.Hour)
	r, err := s.run(w)
	s.do(err)
	s.unseen("without members", w, r, shares.DriveScope(id), usual, map[string]findings.Status{file: findings.Open, gone: findings.Open, mine: findings.Resolved})
	s.do(s.world.AddDriveMember(id, world.Grant{Type: "user", EmailAddress: who[1], Role: "organizer"}, who[1]))
	s.next(w)
	w.expect(t, "with a member again", "public-link", file, findings.Open)
	w.expect(t, "with a member again", "public-link", gone, findings.Resolved)
	s.agree("with a member again")
	s.private()
}

// TestDriveWithoutManager: only a manager sees into a folder with limited access, and the last usable one goes. What is in it is neither put right nor fine; the rest of the drive is seen.
func TestDriveWithoutManager(t *testing.T) {
	t.Parallel()
	_, s := small(t, 4, server.Options{})
	w := s.only(generate.Classroom)
	who := s.teachers(w, 2)
	id, err := s.world.CreateDrive(&world.Drive{Name: "Choir and orchestra"}, who[0])
	s.do(err)
	s.do(s.world.AddDriveMember(id, world.Grant{Type: "user", EmailAddress: who[1], Role: "writer"}, who[0]))
	folder := s.file(who[0], "Folder of the soloists", id, "")
	inside := s.file(who[0], "Songs of the soloists", folder, "reader")
	put := s.file(who[0], "Songs of the orchestra", id, "reader")
	usual := known(s.mustLook(w))
	s.do(s.world.DisableInheritance(folder, who[0]))
	s.next(w)
	w.expect(t, "with a manager", "public-link", inside, findings.Open)
	later := s.file(who[0], "Songs of the quartet", folder, "reader")
	for _, m := range slices.Clone(s.world.Drive(id).Permissions) {
		if m.EmailAddress == who[0] {
			s.do(s.world.RemoveDriveMember(id, m.ID, who[0]))
		}
	}
	s.do(s.world.SetLink(put, "", "", false, who[1]))
	r := s.next(w)
	s.unseen("without a manager", w, r, shares.DriveScope(id), usual, map[string]findings.Status{inside: findings.Open, put: findings.Resolved})
	s.do(s.world.AddDriveMember(id, world.Grant{Type: "user", EmailAddress: who[1], Role: "organizer"}, who[1]))
	s.next(w)
	w.expect(t, "with a manager again", "public-link", later, findings.Open)
	s.agree("with a manager again")
	s.private()
}

// unseen looks on this and two more days at a scope that cannot be seen whole: the record and the report say so every time, nothing is closed wrongly, and the public links of some files stand as they should.
func (s *campus) unseen(when string, w *watch, r *jobs.Record, sc seen.Scope, usual []string, want map[string]findings.Status) {
	s.t.Helper()
	for range 3 {
		s.closedRightly(when, w, r)
		if r.OK(usual) || !hasGap(r, sc) {
			s.t.Errorf("the record names %v, want %s", r.Gaps, sc)
		}
		list := w.letters(s.t)
		if !strings.Contains(list[len(list)-1].text, "could not look everywhere") {
			s.t.Error("the report does not say that it could not look everywhere")
		}
		for file, status := range want {
			w.expect(s.t, when, "public-link", file, status)
		}
		r = s.next(w)
	}
}

// TestAgreed: what was agreed for two outsiders stays agreed when one of them goes, and opens again when another comes.
func TestAgreed(t *testing.T) {
	t.Parallel()
	_, s := small(t, 5, server.Options{})
	w := s.only(generate.Classroom)
	who := s.teachers(w, 1)[0]
	file := s.file(who, "Minutes of the friends", "", "")
	outsider := func(n int) world.Grant {
		return world.Grant{Type: "user", EmailAddress: fmt.Sprintf("friend%d@home.example", n), Role: "reader"}
	}
	s.do(s.world.Share(file, outsider(1), who))
	s.do(s.world.Share(file, outsider(2), who))
	s.mustLook(w)
	w.expect(t, "at first", "outside-person", file, findings.Open)
	k := &findings.Keeper{Store: w.store, Commit: w.store.Commit}
	current, err := k.Current(context.Background(), "sharing")
	s.do(err)
	for id, f := range current {
		if f.Subject == "file/"+file {
			s.do(k.Agree(context.Background(), findings.Run{ID: "person", Policy: w.policy.Version, Now: s.world.Now()}, id,
				findings.Agreement{Until: s.world.Now().AddDate(0, 3, 0), By: "esafety_officer", Why: "they write the minutes", Facts: f.Facts}))
		}
	}
	s.next(w)
	w.expect(t, "agreed", "outside-person", file, findings.Accepted)
	s.do(s.world.Unshare(file, s.world.PermissionID("user", "friend1@home.example"), who))
	s.next(w)
	w.expect(t, "one is gone", "outside-person", file, findings.Accepted)
	s.do(s.world.Share(file, outsider(1), who))
	s.next(w)
	w.expect(t, "the same is back", "outside-person", file, findings.Accepted)
	s.do(s.world.Share(file, outsider(3), who))
	s.next(w)
	w.expect(t, "a third has come", "outside-person", file, findings.Open)
	last := w.letters(t)
	if !strings.Contains(last[len(last)-1].text, "agreed") {
		t.Errorf("the report does not say that somebody was added since it was agreed:\n%s", short(last[len(last)-1].text))
	}
	s.agree("in the end")
	s.private()
}

// TestGoesOn: a first scan that is interrupted goes on where it stopped.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	var lists, stopAt atomic.Int64
	var cancel atomic.Pointer[context.CancelFunc]
	_, s := small(t, 6, server.Options{OnRequest: func(_ int, r *http.Request) {
		q := r.URL.Query()
		if strings.HasPrefix(q.Get("q"), "'me' in owners") && q.Get("pageToken") == "" {
			if lists.Add(1) == stopAt.Load() {
				(*cancel.Load())()
			}
		}
	}})
	w := s.only(generate.Classroom)
	whole := s.twin(t, w)
	if _, err := s.run(whole); err != nil {
		t.Fatal(err)
	}
	owners := lists.Swap(0)
	for i := range 3 { // interrupted three times, then it ends
		ctx, stop := context.WithCancel(context.Background())
		cancel.Store(&stop)
		stopAt.Store(lists.Load() + owners/4)
		if _, err := s.runAs(ctx, w); err == nil {
			t.Fatalf("interruption %d: the run says nothing", i)
		}
		stop()
	}
	stopAt.Store(0)
	r := s.mustLook(w)
	if int64(r.ReadFull) >= owners {
		t.Errorf("the last run read %d scopes in full of %d: nothing was left of what was read before", r.ReadFull, owners)
	}
	if n, most := lists.Load(), owners+3*8; n > most {
		t.Errorf("%d Drives were listed in all, want at most %d (%d owners and those under way at three interruptions)", n, most, owners)
	}
	same(t, "after three interruptions", whole.store, w.store)
}
