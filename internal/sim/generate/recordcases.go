package generate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// recordOverdue is the rule of docs/comment-rules.md, "Records".
const recordOverdue = "record.overdue"

// The records that are lists.
const (
	services      = "approved-services"
	staffBlogs    = "approved-blogs"
	visitors      = "visitors"
	consents      = "consents"
	filterChanges = "filter-changes"
	meetings      = "meetings"
)

var (
	listedRecords = []string{services, staffBlogs, visitors, consents, filterChanges} // of which each entry stands for itself
	keptRecords   = append(slices.Clone(listedRecords), meetings)
)

// What entries are about, and where their papers are. They name nobody.
var (
	recordWhats = map[string][]string{
		services:      {"Times tables app", "Story sequencing website", "Reading quizzes", "Seating planner"},
		staffBlogs:    {"Forest school blog: readers get in by a password", "Choir blog: readers get in by invitation"},
		visitors:      {"Technician of the boiler firm", "Piano tuner", "Parent helper, swimming", "Governor, book look"},
		consents:      {"Consents of Year 1: 27 of 27", "Consents of the choir: 19 of 19", "Consents of Reception: 30 of 30"},
		filterChanges: {"As it is set since September", "A website for maps was opened, for Geography", "Video search was closed for Years 1 and 2", "Translations were opened, for new arrivals"},
		meetings:      {"Meeting with the governor: what the filter blocks", "Meeting with the governor: the incidents of the term"},
	}
	recordWheres = []string{"Office, cabinet 2", "Signing-in book, page 12", "Shared drive, Risk assessments", ""}
)

const supportDesk = "helpdesk@support.example" // it_support of the policies

// keepers are the addresses of those who keep each record, by the policies; not of the leads, who keep all.
func (c *cast) keepers() map[string][]string {
	addresses := func(outside []string, list ...*world.User) []string {
		for _, u := range list {
			if u != nil {
				outside = append(outside, u.PrimaryEmail)
			}
		}
		return outside
	}
	return map[string][]string{
		services:      addresses([]string{supportDesk}, c.it, c.deputy),
		staffBlogs:    addresses(nil, c.bursar, c.deputy),
		visitors:      addresses([]string{supportDesk}, c.bursar, c.deputy),
		consents:      addresses(nil, c.bursar, c.earlyYears, c.deputy),
		filterChanges: addresses([]string{supportDesk}, c.it, c.deputy),
		meetings:      addresses(nil, c.governors[0], c.deputy),
	}
}

// recordKeeping is the making of entries.
type recordKeeping struct {
	*builder
	n int
}

// entry makes an entry of then with a date so many days from today, and gives its name.
func (s *recordKeeping) entry(record string, at time.Time, by string, until int) string {
	d := s.fresh(record, by)
	d.Until = s.date(until)
	s.decide(at, d)
	return d.Entry
}

// fresh is an entry without a date.
func (s *recordKeeping) fresh(record, by string) world.Decision {
	s.n++
	return world.Decision{By: by, Do: "record", Record: record, Entry: recordEntryID(s.n), What: pickAt(recordWhats[record], s.n), Where: pickAt(recordWheres, s.n)}
}

// recordEntryID names the n-th entry of a tenant.
func recordEntryID(n int) string { return fmt.Sprintf("e%04d", n) }

func (s *recordKeeping) date(days int) string { return s.today(days).Format(time.DateOnly) }

func (s *recordKeeping) renew(record, entry string, at time.Time, by string, until int) {
	s.decide(at, world.Decision{By: by, Do: "renew", Record: record, Entry: entry, Until: s.date(until)})
}

func (s *recordKeeping) end(record, entry string, at time.Time, by string) {
	s.decide(at, world.Decision{By: by, Do: "end-record", Record: record, Entry: entry})
}

func recordSubject(record, entry string) string { return "record/" + record + "-" + entry }

// take notes an entry whose date has passed two days ago at the latest, so that it is overdue wherever it is due within a day; leave one that never is.
func (s *recordKeeping) take(record, entry string) {
	s.hit(recordOverdue, recordSubject(record, entry))
}
func (s *recordKeeping) leave(record, entry string) {
	s.miss(recordOverdue, recordSubject(record, entry))
}

// records makes entries of each record: overdue ones and near misses. It takes no random number.
func (b *builder) records() {
	s := &recordKeeping{builder: b}
	head, early := b.head.PrimaryEmail, "early.years@"+Domain
	for i, record := range listedRecords {
		lead := pickAt([]string{"officer@" + Domain, b.senco.PrimaryEmail, head}, i)
		for j, by := range append([]string{lead}, b.keepers()[record]...) {
			s.take(record, s.entry(record, b.back(6, 9, 10*i+j), by, -3-j%2))
		}
		s.take(record, s.entry(record, b.back(7, 0, 0), head, -4)) // at the very start
		s.leave(record, s.entry(record, b.today(-7).Add(-time.Second), head, -4))
		s.leave(record, s.entry(record, b.back(6, 10, i), head, 0)) // it may stay to the end of today
		s.leave(record, s.entry(record, b.back(6, 11, i), head, 180))
		s.renewals(record, i)
		s.amiss(record, i)
	}
	for i, x := range []struct{ record, by string }{{services, b.bursar.PrimaryEmail}, {services, early}, {staffBlogs, b.it.PrimaryEmail}, {staffBlogs, supportDesk},
		{visitors, b.it.PrimaryEmail}, {visitors, early}, {consents, b.it.PrimaryEmail}, {consents, supportDesk},
		{filterChanges, b.bursar.PrimaryEmail}, {filterChanges, early},
		{visitors, b.governors[0].PrimaryEmail}, {consents, "chair@home.example"}, {services, "nobody@" + Domain}, {staffBlogs, "sales@builders.example"}} { // none of them may
		if !strings.EqualFold(x.by, b.officer.PrimaryEmail) && (x.by != early || b.earlyYears != b.officer) {
			s.leave(x.record, s.entry(x.record, b.back(5, 13, i), x.by, -3))
		}
	}
	s.meetings()
}

// meetings: of those with the governor only the one that was entered last, and not ended, can be overdue.
func (s *recordKeeping) meetings() {
	governor, head := s.governors[0].PrimaryEmail, s.head.PrimaryEmail
	first := s.entry(meetings, s.back(6, 9, 40), governor, -5)
	s.leave(meetings, first)
	s.leave(meetings, s.entry(meetings, s.back(6, 10, 40), head, 60))
	s.leave(meetings, s.entry(meetings, s.back(6, 11, 40), head, -4))
	s.take(meetings, s.entry(meetings, s.back(6, 12, 40), governor, -3))
	s.leave(meetings, s.entry(meetings, s.back(5, 12, 40), s.bursar.PrimaryEmail, 60)) // who may not
	s.leave(meetings, s.entry(meetings, s.back(5, 13, 40), head, -6))                  // to a date that is none
	ended := s.entry(meetings, s.back(5, 14, 40), head, 60)
	s.end(meetings, ended, s.back(3, 14, 40), governor)
	s.leave(meetings, ended)
	s.renew(meetings, first, s.back(3, 15, 40), head, 30) // a new date makes it no newer
}

// renewals: entries that got another date, or were ended.
func (s *recordKeeping) renewals(record string, i int) {
	head, keeper := s.head.PrimaryEmail, s.keepers()[record][0]
	other := s.it.PrimaryEmail // who keeps approved-services and filter-changes, and nothing else
	if record == services || record == filterChanges {
		other = s.bursar.PrimaryEmail
	}
	made := func(until int) string { return s.entry(record, s.back(6, 14, i), head, until) }

	again := made(-4)
	s.renew(record, again, s.back(3, 9, i), keeper, 30)
	s.leave(record, again)
	nearer := made(60) // the newest date counts, not the latest
	s.renew(record, nearer, s.back(5, 9, i), keeper, -2)
	s.take(record, nearer)
	byOther := made(-4)
	s.renew(record, byOther, s.back(3, 9, 10+i), other, 30)
	s.take(record, byOther)
	late := made(-4) // to a date that is none then
	s.renew(record, late, s.back(3, 9, 20+i), head, -3)
	s.take(record, late)

	ended := made(-4)
	s.end(record, ended, s.back(3, 10, i), keeper)
	s.renew(record, ended, s.back(3, 10, 10+i), head, -2) // it is ended for good
	s.leave(record, ended)
	notEnded := made(-4)
	s.end(record, notEnded, s.back(3, 10, 20+i), other)
	s.take(record, notEnded)
}

// amiss: decisions that are not what was asked for.
func (s *recordKeeping) amiss(record string, i int) {
	d := s.fresh(record, s.head.PrimaryEmail)
	d.What, d.Until = "", s.date(-3)
	s.decide(s.back(6, 15, i), d)
	s.leave(record, d.Entry)
	s.renew(record, d.Entry, s.back(5, 15, i), s.head.PrimaryEmail, -2)

	s.leave(record, s.entry(record, s.back(6, 15, 10+i), s.head.PrimaryEmail, -6)) // on its own day
	far := s.fresh(record, s.head.PrimaryEmail)
	far.Until = s.today(-6).AddDate(2, 0, 1).Format(time.DateOnly)
	s.decide(s.back(6, 15, 20+i), far)
	s.renew(record, far.Entry, s.back(5, 15, 20+i), s.head.PrimaryEmail, -2)
	s.leave(record, far.Entry)
}

// hurryRecords gives three records of the Dojo policy so little time that some entries are overdue from the start, and others while a tenant lives on for a few days.
func hurryRecords(policy string) (string, error) {
	for _, x := range []struct{ asked, hurried string }{
		{"{record: visitors, due: 5 school days}", "{record: visitors, due: 12 hours}"},
		{"{record: approved-blogs}", "{record: approved-blogs, due: 2 working days}"},
		{"{record: meetings}", "{record: meetings, due: 1 working day}"},
	} {
		if !strings.Contains(policy, x.asked) {
			return "", fmt.Errorf("the example does not ask for %s", x.asked)
		}
		policy = strings.Replace(policy, x.asked, x.hurried, 1)
	}
	return policy, nil
}
