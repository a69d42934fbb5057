package e2e

import (
	"fmt"
	"os"
	"runtime/debug"
	"testing"
	"time"

	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// benchPupils is a trust of a dozen large schools in one account.
const benchPupils = 20_000

// TestBenchAccounts measures the job accounts on 20,000 pupils: the first run, and one on an unchanged school.
func TestBenchAccounts(t *testing.T) {
	if os.Getenv("ESAFETYBOT_BENCH") != "1" {
		t.Skip("takes minutes: make bench")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // the simulated school is not what is measured
	binary := benchBinary(t)
	table := &benchTable{t: t}
	defer func() { fmt.Printf("\n%s\n", table) }()
	sc, err := generate.BenchAccounts(benchPupils)
	if err != nil {
		t.Fatal(err)
	}
	delegate(sc.World)
	site, stop := benchServe(t, sc, server.Options{})
	defer stop()
	table.head("Job accounts: %d pupils", benchPupils)
	m := site.runJob(binary, "accounts", benchWorkers)
	table.calls(m, site.leastAccounts(true), "pages of users at 500, of groups, role assignments, logs and usage; one per account with apps; two lists per class")
	table.plain("wall time", seconds(m.wall))
	table.counted("peak of anonymous memory, in 100 MiB", float64(m.anon)/(100<<20), 1)
	if m.record.Error != "" || len(m.record.Gaps) > 0 {
		t.Errorf("the run did not see everything: %s %v", m.record.Error, m.record.Gaps)
	}
	sc.World.Advance(time.Minute)
	m = site.runJob(binary, "accounts", benchWorkers)
	table.plain("a minute later: documents written", fmt.Sprint(m.record.Writes))
	table.calls(m, site.leastAccounts(false), "likewise, without the classes")
	if c := m.record.Changes; c.Opened+c.Reopened+c.Changed+c.Closed > 0 {
		t.Errorf("a second run on an unchanged school changes findings: %+v", c)
	}
	table.counted("documents written, in 6 (lease, record, cursors)", float64(m.record.Writes)/6, 1)
	table.counted("peak of anonymous memory, in 100 MiB", float64(m.anon)/(100<<20), 1)
}

// leastAccounts is how many calls the job accounts needs at least: with the lists of every class on a first run.
func (s *benchSite) leastAccounts(first bool) int {
	least := 0
	s.school.World.View(func() {
		w := s.school.World
		least += pages(len(w.Users()), 500) + pages(len(w.Groups()), 200) + pages(len(w.RoleAssignments()), 100)
		holders := map[string]bool{}
		for _, u := range w.Users() {
			if len(w.Tokens(u.ID)) > 0 && !u.Suspended && !u.Archived {
				holders[u.ID] = true
			}
		}
		least += len(holders)
		active := 0
		for _, c := range w.Courses() {
			if c.CourseState == "ACTIVE" {
				active++
				if first {
					least += max(1, pages(len(w.Teachers(c.ID)), 100)) + max(1, pages(len(w.Students(c.ID)), 100))
				}
			}
		}
		least += max(1, pages(active, 100))
	})
	// Usage lines of the newest day, twice: passwords, apps. Log events by name: what is asked for, a page at least.
	lines := 0
	s.school.World.View(func() { lines = len(s.school.World.Users()) })
	least += 2 * pages(lines, 1000)
	return least + s.logPages(first)
}

// logPages is how many pages the logs have that the job asks for: every event name for itself.
func (s *benchSite) logPages(first bool) int {
	names := map[string][]string{
		"login": {"password_edit", "suspicious_login", "suspicious_login_less_secure_app", "suspicious_programmatic_login",
			"user_signed_out_due_to_suspicious_session_cookie", "account_disabled_hijacked", "account_disabled_password_leak", "email_forwarding_out_of_domain"},
		"admin": {"CHANGE_PASSWORD"},
		"token": {"authorize"},
	}
	if !first {
		names["classroom"] = []string{"user_added_to_course", "user_joined_course", "user_removed_from_course", "transferred_ownership_of_course"}
	}
	n := 0
	s.school.World.View(func() {
		for app, list := range names {
			for _, name := range list {
				records := 0
				for _, a := range s.school.World.Activities(app) {
					if first && hasEvent(a, name) {
						records++
					}
				}
				n += max(1, pages(records, auditPage))
			}
		}
	})
	return n
}

func hasEvent(a *world.Activity, name string) bool {
	for _, e := range a.Events {
		if e.Name == name {
			return true
		}
	}
	return false
}
