package jobs

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/census"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
	"esafetybot/internal/reports"
	"esafetybot/internal/views"
)

// listClauses asks for two lists, one of them twice, and for the incident log by the same rule.
const listClauses = `
  - id: B13
    says: Visitors sign before they get access.
    deals_with_it: esafety_officer
    met_by: [{record: visitors, due: 5 school days}, {record: incidents, severity: high, due: at once}]
  - id: B14
    says: Visitors sign.
    deals_with_it: headteacher
    met_by: [{record: visitors}]
  - id: B22
    says: Consents are kept.
    deals_with_it: page_host
    met_by: [{record: consents, due: 5 school days}]
`

// counted is a Google that counts nothing.
type counted struct{ google }

func (counted) Calls() map[string]int { return map[string]int{} }

// listDesk is a school whose people keep lists.
type listDesk struct {
	*desk
	logs *bytes.Buffer
	made int
}

func newListDesk(t *testing.T) *listDesk {
	t.Helper()
	d := &listDesk{desk: newDesk(t), logs: &bytes.Buffer{}}
	d.env.Policy = parsed(t, strings.Replace(schoolPolicy, "  governor:", "  leaders: kim@school.example\n  governor:", 1)+listClauses)
	d.env.Google, d.env.Exclusive, d.env.Holder, d.env.BaseURL = counted{d.env.Google.(google)}, true, "test", "https://review.school.example"
	d.env.Log = slog.New(slog.NewTextHandler(d.logs, nil))
	mem, err := memory.Open(t.Context(), d.env.Store, d.seen.Census.Now, d.env.Store.Commit) // the first look
	if err == nil {
		err = mem.Flush(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// at sets the time of the next run.
func (d *listDesk) at(clock string) {
	c := census.New(d.env.Google, d.env.Policy, place(d.t, clock), d.env.Log)
	c.Outside = d.seen.Census.Outside
	d.seen.Census = c
	d.env.Clock = func() time.Time { return c.Now }
}

// enters has the site note a decision; it returns its id.
func (d *listDesk) enters(x decisions.Decision) string {
	d.t.Helper()
	d.made++
	made, err := decisions.Make(d.t.Context(), d.site, fmt.Sprint("list ", d.made), x)
	if err != nil {
		d.t.Fatal(err)
	}
	return made.ID
}

func (d *listDesk) run() *Look {
	d.t.Helper()
	look, err := KeptRecords(d.t.Context(), d.env, d.seen.Census)
	if err != nil || look.Record.Error != "" {
		d.t.Fatal(err, look.Record.Error)
	}
	if strings.Contains(d.logs.String(), "boiler") {
		d.t.Errorf("the log quotes an entry: %s", d.logs)
	}
	return look
}

func (d *listDesk) entries() []records.Entry {
	d.t.Helper()
	b, err := records.Open(d.t.Context(), d.env.Store)
	if err != nil {
		d.t.Fatal(err)
	}
	return b.All()
}

// found lists the open findings of the rule.
func (d *listDesk) found() []string {
	d.t.Helper()
	out := []string{}
	for f, err := range (&findings.Keeper{Store: d.env.Store}).List(d.t.Context(), records.Means, findings.Open) {
		if err != nil {
			d.t.Fatal(err)
		}
		out = append(out, f.Clause+" "+f.Rule+" "+f.Subject+" "+strings.Join(f.Facts, ", "))
	}
	slices.Sort(out)
	return out
}

func visitor(t *testing.T, at string, who decisions.By, until string) decisions.Decision {
	return decisions.Decision{At: place(t, at), By: who, Do: decisions.Record, Record: "visitors", What: "Technician of the boiler firm", Where: "Blue folder, office", Until: until}
}

// Who may enter something, and what.
func TestWhoKeepsAList(t *testing.T) {
	for name, c := range map[string]struct {
		by     decisions.By
		change func(*decisions.Decision)
		want   string
	}{
		"the office":                    {ours("office"), nil, ""},
		"a leader":                      {ours("kim"), nil, ""},
		"by another address":            {by("kim", "kite@school.example"), nil, ""},
		"the officer":                   {ours("officer"), nil, ""},
		"the head":                      {by("head", "chief@school.example"), nil, ""},
		"IT support, outside":           {by("", "helpdesk@support.example"), nil, ""},
		"the deputy, of the trust":      {by("", "deputy@trust.example"), nil, ""},
		"the administrator":             {ours("it"), nil, notTheirs},
		"the safeguarding lead":         {ours("lead"), nil, notTheirs},
		"a teacher":                     {ours("lou"), nil, notTheirs},
		"a pupil":                       {ours("pat"), nil, notKnown},
		"another school's":              {ours("elm"), nil, notKnown},
		"somebody switched off":         {ours("old"), nil, notKnown},
		"somebody with another's id":    {by("office", "kim@school.example"), nil, notKnown},
		"nobody":                        {decisions.By{}, nil, notForm},
		"nothing":                       {ours("office"), func(x *decisions.Decision) { x.What = "  " }, notForm},
		"a long story":                  {ours("office"), func(x *decisions.Decision) { x.What = strings.Repeat("x", 121) }, notForm},
		"the incident log":              {ours("officer"), func(x *decisions.Decision) { x.Record = "incidents" }, notForm},
		"a list that no clause asks":    {ours("office"), func(x *decisions.Decision) { x.Record = "approved-blogs" }, ""},
		"until today":                   {ours("office"), func(x *decisions.Decision) { x.Until = "2026-11-18" }, notForm},
		"until tomorrow":                {ours("office"), func(x *decisions.Decision) { x.Until = "2026-11-19" }, ""},
		"for two years":                 {ours("office"), func(x *decisions.Decision) { x.Until = "2028-11-18" }, ""},
		"for longer":                    {ours("office"), func(x *decisions.Decision) { x.Until = "2028-11-19" }, notForm},
		"for ever":                      {ours("office"), func(x *decisions.Decision) { x.Until = "for ever" }, notForm},
		"to come":                       {ours("office"), func(x *decisions.Decision) { x.At = place(t, "2026-11-18 12:02") }, notForm},
		"of an entry that is not there": {ours("office"), func(x *decisions.Decision) { x.Do, x.Entry = decisions.Renew, "0" }, notThere},
	} {
		t.Run(name, func(t *testing.T) {
			d := newListDesk(t)
			x := visitor(t, "2026-11-18 11:00", c.by, "2027-09-01")
			if c.change != nil {
				c.change(&x)
			}
			id := d.enters(x)
			d.run()
			j, err := decisions.Judged(t.Context(), d.env.Store, id)
			if err != nil || j == nil || j.Why != c.want || j.Counts != (c.want == "") {
				t.Fatalf("%+v %v, want %q", j, err, c.want)
			}
			if n := len(d.entries()); (n == 1) != (c.want == "") {
				t.Errorf("%d entries", n)
			}
		})
	}
}

// From its making to its end: the entry has the id of the decision that made it, is found when its time is over, and put right when it is renewed or ended.
func TestLifeOfAnEntry(t *testing.T) {
	d := newListDesk(t)
	look := d.run()
	want := []Unknown{
		{Means: "record", Clause: "B13", Rule: "overdue", What: "The record “Visitors who signed”", Why: "nobody has entered anything yet", Whole: true, Deals: "esafety_officer"},
		{Means: "record", Clause: "B14", Rule: "overdue", What: "The record “Visitors who signed”", Why: "nobody has entered anything yet", Whole: true, Deals: "headteacher"},
		{Means: "record", Clause: "B22", Rule: "overdue", What: "The record “Written consents”", Why: "nobody has entered anything yet", Whole: true, Deals: "page_host"},
	}
	if diff := cmp.Diff(want, look.Unknown); diff != "" || len(d.found()) != 0 {
		t.Errorf("before anything is entered (-want +have):\n%s%v", diff, d.found())
	}
	id := d.enters(visitor(t, "2026-11-18 11:00", ours("office"), "2026-11-24")) // a Tuesday
	if diff := cmp.Diff(want[2:], d.run().Unknown); diff != "" {
		t.Errorf("with one entry (-want +have):\n%s", diff)
	}
	if e := d.entries(); len(e) != 1 || e[0].ID != id || e[0].Dates[0].By != "office" {
		t.Fatalf("%+v, want the id %s", e, id)
	}
	d.at("2026-12-02 17:00") // five days after Wednesday the 25th
	if d.run(); len(d.found()) != 0 {
		t.Error(d.found())
	}
	d.at("2026-12-03 07:00")
	d.run()
	late := []string{"B13 record.overdue record/visitors-" + id + " until 2026-11-24", "B14 record.overdue record/visitors-" + id + " until 2026-11-24"}
	if diff := cmp.Diff(late, d.found()); diff != "" {
		t.Errorf("late (-want +have):\n%s", diff)
	}
	// The job of the incident log, whose findings have the same rule, leaves them.
	if _, err := Incidents(t.Context(), d.env, nil, d.seen.Census); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(late, d.found()); diff != "" {
		t.Errorf("after the incident log's job (-want +have):\n%s", diff)
	}
	// Renewed by somebody else who keeps it, and by one who does not.
	renew := decisions.Decision{At: place(t, "2026-12-03 08:00"), By: ours("it"), Do: decisions.Renew, Record: "visitors", Entry: id, Until: "2027-11-24"}
	d.enters(renew)
	d.at("2026-12-03 09:00")
	if d.run(); len(d.found()) != 2 {
		t.Error("renewed by who does not keep it")
	}
	renew.By = by("", "helpdesk@support.example")
	d.enters(renew)
	if d.run(); len(d.found()) != 0 {
		t.Errorf("renewed: %v", d.found())
	}
	f, err := (&findings.Keeper{Store: d.env.Store}).Get(t.Context(), findings.ID("B13", "record.overdue", "record/visitors-"+id))
	if err != nil || f.How != findings.Fine {
		t.Errorf("%+v %v", f, err)
	}
	d.enters(decisions.Decision{At: place(t, "2026-12-03 08:30"), By: ours("officer"), Do: decisions.EndRecord, Record: "visitors", Entry: id})
	if look = d.run(); len(look.Unknown) != 3 || d.entries()[0].Ended == nil {
		t.Errorf("ended: %v %+v", look.Unknown, d.entries())
	}
	again := d.enters(renew)
	d.run()
	if j, err := decisions.Judged(t.Context(), d.env.Store, again); err != nil || j.Why != notThere {
		t.Errorf("renewed after its end: %+v %v", j, err)
	}
}

// Findings on the incident log's entries are none of this job's; what the policy no longer asks is withdrawn.
func TestListsLeaveTheIncidentLog(t *testing.T) {
	d := newListDesk(t)
	id := d.enters(visitor(t, "2026-11-18 11:00", ours("office"), "2026-11-24"))
	k := &findings.Keeper{Store: d.env.Store, Commit: d.env.Store.Commit}
	if _, err := k.Sync(t.Context(), findings.Input{Run: findings.Run{ID: "r", Now: d.seen.Census.Now}, Means: records.Means, Observed: func(yield func(findings.Observed, error) bool) {
		yield(findings.Observed{Clause: "B13", Rule: recordOverdue, Subject: "entry/e1", Severity: "high", Deals: "esafety_officer"}, nil)
	}}); err != nil {
		t.Fatal(err)
	}
	d.at("2026-12-03 07:00")
	d.run()
	entry := "B13 record.overdue entry/e1 "
	if diff := cmp.Diff([]string{entry, "B13 record.overdue record/visitors-" + id + " until 2026-11-24", "B14 record.overdue record/visitors-" + id + " until 2026-11-24"}, d.found()); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	other := *d.env.Policy
	other.Clauses = slices.Clone(other.Clauses)
	other.Clauses[1].MetBy = []policy.Means{{Kind: policy.Record, Name: "incidents", Severity: "high"}, {Kind: policy.Record, Name: "consents", Severity: "medium"}}
	other.Clauses = slices.Delete(other.Clauses, 2, 3)
	d.env.Policy = &other
	d.run()
	if diff := cmp.Diff([]string{entry}, d.found()); diff != "" {
		t.Errorf("the policy asks for another list (-want +have):\n%s", diff)
	}
	for _, clause := range []string{"B13", "B14"} {
		f, err := k.Get(t.Context(), findings.ID(clause, recordOverdue, "record/visitors-"+id))
		if err != nil || f.How != findings.Withdrawn {
			t.Errorf("%s: %+v %v: nobody put anything right", clause, f, err)
		}
	}
}

// More decisions than one batch holds are all taken up in one run: else an entry that was renewed would be found late.
func TestManyEntries(t *testing.T) {
	d := newListDesk(t)
	for i := range 400 {
		d.enters(visitor(t, "2026-11-18 11:00", ours("office"), date("2026-11-19").AddDays(i).String()))
	}
	if d.run(); len(d.entries()) != 400 {
		t.Errorf("%d entries", len(d.entries()))
	}
}

// What an entry says stands on the site, and in no mail.
func TestEntryInWords(t *testing.T) {
	d := newListDesk(t)
	id := d.enters(visitor(t, "2026-11-18 11:00", ours("office"), "2026-11-24"))
	d.at("2026-12-03 07:00")
	look := d.run()
	s := &Seen{Census: d.seen.Census, Looks: map[string]*Look{RecordsJob: look}}
	d.env.Exclusive = true
	r, err := leased(t.Context(), d.env, ReportJob, s.Census.Now, func(lease *Lease, _ *Record) error {
		told, err := newTold(t.Context(), d.env, s, lease)
		if err != nil {
			return err
		}
		in, err := gather(t.Context(), d.env, told, reader{Person: d.env.Policy.Person(policy.RoleHead)[0], roles: []policy.Role{policy.RoleHead}}, time.Time{})
		if err != nil {
			return err
		}
		mail, err := reports.Oversharing(in)
		if err != nil {
			return err
		}
		for _, want := range []string{"1 visitor's signature has run out, and nobody has renewed it", "Visitors who signed: an entry", "ran out on 24 November 2026", "https://review.school.example/records#e-" + id} {
			if !strings.Contains(mail.Text, want) {
				t.Errorf("the mail lacks %q:\n%s", want, mail.Text)
			}
		}
		if strings.Contains(mail.Text+mail.HTML+string(mail.Matters), "boiler") || strings.Contains(mail.Text+mail.HTML, "Blue folder") {
			t.Errorf("the mail quotes the entry:\n%s", mail.Text)
		}
		return keepViews(t.Context(), d.env, told, s)
	})
	if err != nil || r.Error != "" {
		t.Fatal(err, r)
	}
	v, err := views.OfFinding(t.Context(), d.env.Store, findings.ID("B14", recordOverdue, "record/visitors-"+id))
	if err != nil || v == nil {
		t.Fatal(v, err)
	}
	if v.Title != "Visitors who signed: “Technician of the boiler firm”" || v.Link != "https://review.school.example/records#e-"+id || v.What != "A visitor's signature has run out, and nobody has renewed it." {
		t.Errorf("%+v", v)
	}
	seen, err := views.OfSeen(t.Context(), d.env.Store)
	if err != nil || seen == nil {
		t.Fatal(seen, err)
	}
	if j := seen.Jobs[RecordsJob]; j.At.IsZero() || j.Stopped {
		t.Errorf("%+v", seen.Jobs)
	}
	if !slices.ContainsFunc(seen.Unseen, func(u views.Unseen) bool {
		return slices.Equal(u.Clauses, []string{"B22"}) && u.What == "The record “Written consents”" && u.Why == "nobody has entered anything yet"
	}) {
		t.Errorf("%+v", seen.Unseen)
	}
}
