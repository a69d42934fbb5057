package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/records"
	"esafetybot/internal/reports"
	"esafetybot/internal/roster"
	"esafetybot/internal/store"
)

// IncidentsJob takes up what people sent to the incident log, tells whom it is to be told, and sees what is late. It needs nothing of Google: a concern must not wait until
// Google answers, so people are known from the roster that the state has.
const IncidentsJob = "incidents"

// recordOverdue is the rule of what is past its time, of the incident log and of the lists (RecordsJob) alike.
const recordOverdue = records.Means + "." + records.Overdue

// entryKind is the outbox's name of the letter that there is an entry to open. It is the same whatever the entry is about.
const entryKind = "entry"

// recordsOf lists the policy's record means that the incident log serves.
func recordsOf(p *policy.Policy) []clauseMeans {
	return meansWhere(p, func(m policy.Means) bool { return m.Kind == policy.Record && m.Built() && incidents.Serves(m.Name) })
}

// IncidentsWait tells whether the incident log has something to do that does not wait for the daily run: a form that was sent, or somebody to be told.
func IncidentsWait(ctx context.Context, env Env) (bool, error) {
	if !Asked(env.Policy, IncidentsJob) {
		return false, nil
	}
	if env.Site != nil {
		if waits, err := decisions.Waits(ctx, env.Site, decisions.Incident); waits || err != nil {
			return waits, err
		}
	}
	log, _, err := incidentLog(ctx, env)
	if err != nil {
		return false, err
	}
	for _, s := range []incidents.Shelf{incidents.Ordinary, incidents.Adults} {
		if list, err := log.Notices(ctx, s); len(list) > 0 || err != nil {
			return len(list) > 0, err
		}
	}
	list, _, err := log.AskedNotices(ctx)
	return len(list) > 0, err
}

// incidentLog is the log of the school, with who is who from the roster.
func incidentLog(ctx context.Context, env Env) (*incidents.Log, []roster.Adult, error) {
	adults, err := env.roster(ctx)
	if err != nil {
		return nil, nil, err
	}
	return incidents.Of(env.Policy, env.Store, roster.IDs(adults), env.Clock), adults, nil
}

// turn keeps two runs in one process apart: the daily one, and one because somebody sent a form.
var turn sync.Mutex

// incidentsRun is one run of the job.
type incidentsRun struct {
	*look
	log    *incidents.Log
	adults []roster.Adult
	box    *outbox.Outbox
	note   func(*store.Batch) error // the judgement of what is being taken up
}

// Incidents runs the job.
func Incidents(ctx context.Context, env Env, box *outbox.Outbox, c *census.Census) (*Look, error) {
	turn.Lock()
	defer turn.Unlock()
	return looked(ctx, env, c, IncidentsJob, func(ctx context.Context, l *look) error {
		people, err := roster.Read(ctx, l.Store)
		if err != nil {
			return err
		}
		if l.Who() != nil || len(people) == 0 && l.Directory(ctx) { // read in this run, or never yet
			if err := roster.Keep(ctx, l.Store, l.lease.Commit, adultsOf(l.Env.Policy, l.Who(), l.Kinds(ctx))); err != nil {
				return err
			}
		}
		r := &incidentsRun{look: l, box: box}
		if r.log, r.adults, err = incidentLog(ctx, l.Env); err != nil {
			return err
		}
		r.log.Commit = r.commit
		// What was sent comes first, and what goes wrong with one form or letter keeps nobody else from being told.
		return errors.Join(r.takeUp(ctx), r.tell(ctx), r.tellTakers(ctx), r.heed(ctx), r.overdue(ctx))
	})
}

// commit writes an entry with the judgement of the form that changes it.
func (r *incidentsRun) commit(ctx context.Context, b *store.Batch) error {
	if r.note != nil {
		if err := r.note(b); err != nil {
			return err
		}
	}
	return r.lease.Commit(ctx, b)
}

// takeUp takes up what people sent.
func (r *incidentsRun) takeUp(ctx context.Context) error {
	if r.Site == nil {
		return nil
	}
	_, err := decisions.Take(ctx, r.Site, r.Store, r.lease.Commit, decisions.Incident, r.Clock, func(d decisions.Decision, note func(*store.Batch) error) (string, error) {
		r.note = note
		defer func() { r.note = nil }()
		return r.take(ctx, d)
	})
	return err
}

// take takes up one form, or says why it does not count.
func (r *incidentsRun) take(ctx context.Context, d decisions.Decision) (string, error) {
	by, known := r.by(d.By)
	whole := d.Check() == nil && !d.At.After(r.Clock().Add(time.Minute))
	switch {
	case !whole:
		return notForm, nil
	case !known:
		return notKnown, nil
	}
	s, err := incidents.ParseSent(d.Incident)
	if err == nil {
		_, err = r.log.Take(ctx, by, d.ID, d.At, s)
	}
	switch {
	case errors.Is(err, incidents.ErrNone):
		return notThere, nil
	case errors.Is(err, incidents.ErrMay):
		return notTheirs, nil
	case errors.Is(err, incidents.ErrForm):
		return notTaken, nil // the log's own words may quote the form
	case errors.Is(err, incidents.ErrState):
		return notAnyMore, nil
	}
	return "", err
}

// by is who sent a form, as the roster and the policy know them now. An account's id and the hash of its address must belong together; somebody from outside must be named in the policy.
func (r *incidentsRun) by(b decisions.By) (incidents.By, bool) {
	for _, a := range r.adults {
		if a.ID == b.ID {
			return incidents.By{ID: a.ID, Hash: b.Hash}, slices.Contains(a.Hashes, b.Hash)
		}
	}
	if slices.ContainsFunc(r.adults, func(a roster.Adult) bool { return slices.Contains(a.Hashes, b.Hash) }) {
		return incidents.By{}, false // the account behind the address is another one
	}
	for _, list := range r.Env.Policy.People {
		for _, p := range list {
			_, domain, _ := strings.Cut(p.Address, "@")
			if pseudonym.Of(p.Address) == b.Hash && !slices.Contains(r.Env.Policy.School.Domains, domain) {
				return incidents.By{Hash: b.Hash}, true
			}
		}
	}
	return incidents.By{}, false
}

// tell puts a letter into the outbox for everybody who is to be told of an entry, in one batch with the mark that they were.
func (r *incidentsRun) tell(ctx context.Context) error {
	var wrong []error
	for _, s := range []incidents.Shelf{incidents.Ordinary, incidents.Adults} {
		list, err := r.log.Notices(ctx, s)
		if err != nil {
			return err
		}
		for _, n := range list {
			if err := r.tellOf(ctx, s, n); err != nil {
				wrong = append(wrong, fmt.Errorf("telling of an entry: %w", err))
			}
		}
	}
	return errors.Join(wrong...)
}

func (r *incidentsRun) tellOf(ctx context.Context, s incidents.Shelf, n incidents.Notice) error {
	n.To = slices.DeleteFunc(n.To, func(t incidents.Told) bool { return t.Address == "" })
	if len(n.To) == 0 {
		return nil
	}
	letter, err := reports.Entry(reports.EntryInput{School: r.Env.Policy.School.Name, Home: r.page("/"), Bare: s == incidents.Adults})
	if err != nil {
		return err
	}
	return r.write(ctx, n, entryKind, letter, func(t incidents.Told) time.Time { return t.At })
}

// write puts an urgent letter into the outbox for everybody who is to be told, and notes that they were. One of a kind goes to somebody once about an entry and a moment.
func (r *incidentsRun) write(ctx context.Context, n incidents.Notice, kind string, letter reports.Rendered, of func(incidents.Told) time.Time) error {
	b := &store.Batch{}
	for _, t := range n.To {
		sum := sha256.Sum256([]byte(n.Entry + " " + store.Time(of(t))))
		_, err := r.box.Put(ctx, b, r.Clock(), outbox.Letter{
			To: netmail.Address{Name: r.nameOf(t), Address: t.Address}, Kind: kind, Period: hex.EncodeToString(sum[:10]), Urgent: true,
			Subject: letter.Subject, HTML: letter.HTML, Text: letter.Text,
		})
		if err != nil && !errors.Is(err, outbox.ErrExists) {
			return err
		}
	}
	if err := r.log.MarkTold(b, n); err != nil {
		return err
	}
	return r.lease.Commit(ctx, b)
}

// nameOf is what the policy calls somebody who is told.
func (r *incidentsRun) nameOf(t incidents.Told) string {
	for _, p := range r.Env.Policy.Person(t.Role) {
		if strings.EqualFold(p.Address, t.Address) {
			return p.Name
		}
	}
	return ""
}

// takersKind is the outbox's name of the letter to somebody who is to take something down.
const takersKind = "take-down"

// tellTakers puts a letter into the outbox for everybody who is to take something down and may not read the entry about it.
func (r *incidentsRun) tellTakers(ctx context.Context) error {
	list, what, err := r.log.AskedNotices(ctx)
	if err != nil {
		return err
	}
	var wrong []error
	for i, n := range list {
		if err := r.tellTaker(ctx, n, what[i]); err != nil {
			wrong = append(wrong, fmt.Errorf("telling of what is to be taken down: %w", err))
		}
	}
	return errors.Join(wrong...)
}

func (r *incidentsRun) tellTaker(ctx context.Context, n incidents.Notice, what incidents.Removal) error {
	in := reports.RemovalInput{School: r.Env.Policy.School.Name, Home: r.page("/"), What: incidents.LinkWords(what.Item), Officer: r.Env.Policy.Title(policy.RoleSafeguarding), Due: what.Due.In(r.Env.Policy.School.Location)}
	if id, ok := strings.CutPrefix(what.Item, "file/"); ok { // the address of a page on the web may hold a name
		in.Link = "https://drive.google.com/open?id=" + id
	}
	letter, err := reports.Removal(in)
	if err != nil {
		return err
	}
	return r.write(ctx, n, takersKind, letter, func(incidents.Told) time.Time { return what.Since })
}

// overdue keeps the findings on entries whose time is over. Only those are told of it who may read the entry anyway: whoever deals with the clause, else the e-safety officer, the safeguarding lead or the headteacher. Entries about adults, and
// those that concern somebody with a role, are never findings, because others than their readers may see one.
func (r *incidentsRun) overdue(ctx context.Context) error {
	asked := map[string]policy.Means{}
	var observed []findings.Observed
	for _, m := range recordsOf(r.Env.Policy) {
		asked[m.ID+" "+recordOverdue] = m.Means
		dealt := map[string]bool{}
		for _, role := range []policy.Role{m.DealsWithIt, policy.RoleOfficer, policy.RoleSafeguarding, policy.RoleHead} {
			late, err := r.late(ctx, m, role)
			if err != nil {
				return err
			}
			for _, e := range late {
				if dealt[e.ID] {
					continue
				}
				dealt[e.ID] = true
				at, _ := r.log.Clock(e)
				observed = append(observed, findings.Observed{Clause: m.ID, Rule: recordOverdue, Subject: "entry/" + e.ID, Severity: m.Severity, Deals: string(role), Since: at, Due: at})
			}
		}
	}
	// How it ended is not said: it may have been closed, or moved to where it must not be heard of.
	return r.sync(ctx, records.Means, observed, asked, func(*findings.Finding) findings.How { return findings.Withdrawn })
}

// late lists the entries whose time is over that a means asks for, and that all who play a role may read.
func (r *incidentsRun) late(ctx context.Context, m clauseMeans, role policy.Role) ([]*incidents.Entry, error) {
	people := r.Env.Policy.Person(role)
	if len(people) == 0 {
		return nil, nil
	}
	late, err := r.log.Overdue(ctx, incidents.Ordinary, incidents.By{Address: people[0].Address})
	return slices.DeleteFunc(late, func(e *incidents.Entry) bool {
		info, _ := e.Kind.Info()
		hidden := slices.ContainsFunc(people, func(p policy.Person) bool {
			ok, _ := r.log.MayRead(incidents.By{Address: p.Address}, e)
			return !ok
		})
		return info.Record != m.Name || hidden || r.log.ConcernsStaff(e)
	}), err
}
