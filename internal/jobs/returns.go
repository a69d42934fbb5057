package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/mail/bounce"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

// ReturnsJob looks for mails that came back. It is no job that anybody names: it goes before whoever tells.
const ReturnsJob = "returns"

// Returns is the collection of when was last looked for mails that came back: one document.
var Returns = &store.Collection{Name: "returns", Schema: 1}

const (
	// returnsScope is the gap of the mailbox into which mails come back.
	returnsScope = seen.Scope("returned-mail")
	// returnsFor is how long after it was sent a mail may come back: Gmail goes on trying for about three days.
	returnsFor = 5 * 24 * time.Hour
	// returnsBack is how far back is looked after a time in which nobody could.
	returnsBack = 30 * 24 * time.Hour
	// returnsOverlap is looked at twice, since a mail may show in a search a little after it arrived.
	returnsOverlap = time.Hour
	// toldFor is how long a mail that came back is told, unless one reaches its reader.
	toldFor = 60 * 24 * time.Hour
	// mostReports is how many reports are read at a time: nobody who fills the mailbox holds up the day's mail.
	mostReports = 1000
)

// neverReturned is told where mail does not go out through Gmail.
const neverReturned = "whether a mail of this program came back: that is known only where it goes out through Gmail"

type returnsState struct {
	Looked time.Time `json:"looked"` // when the mailbox was last read to its end
}

func loadReturns(ctx context.Context, s store.Store) (r returnsState, version int64, err error) {
	d, err := s.Get(ctx, Returns, ReturnsJob)
	if errors.Is(err, store.ErrNotFound) {
		return r, 0, nil
	}
	if err == nil {
		err = json.Unmarshal(d.Body, &r)
	}
	if err != nil {
		return r, 0, fmt.Errorf("when was last looked for mails that came back cannot be read from the state: %w", err)
	}
	return r, d.Version, nil
}

// lookForReturns looks into the sender's mailbox for mails that came back. It asks Google nothing, and leaves no record, where mail does not go out through Gmail or where nothing
// was sent that could still come back.
func lookForReturns(ctx context.Context, env Env, box *outbox.Outbox, now time.Time) (*Record, error) {
	if env.Sender == "" {
		return nil, nil
	}
	last, version, err := loadReturns(ctx, env.Store)
	if err != nil {
		return nil, err
	}
	since := now.Add(-returnsBack)
	if last.Looked.After(since) {
		since = last.Looked
	}
	// A message may have waited in the outbox for some days before it went.
	if sent, err := box.SentSince(ctx, since.Add(-2*returnsFor), since.Add(-returnsFor)); err != nil || !sent {
		return nil, err
	}
	return leased(ctx, env, ReturnsJob, now, func(lease *Lease, r *Record) error {
		var list []outbox.Return
		read := 0
		for raw, err := range env.Google.Mail(ctx, env.Sender, fmt.Sprintf("from:mailer-daemon after:%d", since.Add(-returnsOverlap).Unix())) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				r.Gaps = []seen.Gap{{Scope: returnsScope, Reason: env.Google.Reason(err), Detail: err.Error()}}
				continue
			}
			if read++; read > mostReports {
				r.Gaps = []seen.Gap{{Scope: returnsScope, Reason: seen.Partial, Detail: fmt.Sprintf("more than %d mails say that they are such reports", mostReports)}}
				break
			}
			if b, ok := bounce.Parse(raw); ok {
				list = append(list, outbox.Return{MessageIDs: b.MessageIDs, Addresses: b.Failed})
			}
		}
		guarded, err := box.With(lease.Guard)
		if err != nil {
			return err
		}
		if _, err := guarded.MarkBack(ctx, since.Add(-2*returnsFor), now, list); err != nil || len(r.Gaps) > 0 {
			return err
		}
		body, err := json.Marshal(returnsState{Looked: now.UTC()})
		if err != nil {
			return err
		}
		b := &store.Batch{}
		b.Put(Returns, ReturnsJob, version, nil, body)
		return lease.Commit(ctx, b)
	})
}

// unreached are the newest messages that came back, by the id of whom nothing has reached since.
type unreached map[string]outbox.Entry

func openUnreached(ctx context.Context, env Env, box *outbox.Outbox, now time.Time) (unreached, error) {
	if env.Sender == "" {
		return nil, nil
	}
	last, _, err := loadReturns(ctx, env.Store)
	if err != nil {
		return nil, err
	}
	list, err := box.Unreached(ctx, now.Add(-toldFor), last.Looked)
	if err != nil {
		return nil, err
	}
	out := unreached{}
	for _, e := range list {
		out[e.Recipient] = e
	}
	return out, nil
}

// has tells whether the last mail to an address came back.
func (u unreached) has(address string) bool {
	_, ok := u[outbox.RecipientID(address)]
	return ok
}

// sentWords says what kind of mail came back.
var sentWords = map[string]string{digestKind: "The daily mail", reportKind: "The report", urgentKind: "An urgent mail", ownerKind: "A mail about files that they own", askKind: "A question", weeklyKind: "The weekly e-mail"}

// returned lists the addresses of the policy and of the list of accounts that the last mail did not reach, in words. An address that is in neither any more gets no mail, so that nothing is to be done about it.
func (t *told) returned(env Env) []reports.Returned {
	var out []reports.Returned
	have := map[string]bool{}
	add := func(address, who, do string) {
		id := outbox.RecipientID(address)
		e, ok := t.back[id]
		if !ok || have[id] {
			return
		}
		have[id] = true
		out = append(out, reports.Returned{Who: who, Address: address, What: cmp.Or(sentWords[e.Kind], "A mail"), Sent: e.Ended, Do: do})
	}
	if len(t.back) == 0 {
		return nil
	}
	for _, role := range slices.Sorted(maps.Keys(env.Policy.People)) {
		for _, person := range env.Policy.Person(role) {
			add(person.Address, "the "+env.Policy.Title(role), "If the address is wrong, put it right in the policy file; if it is right, see in the Admin console that the account works and has Gmail.")
		}
	}
	if t.Who != nil {
		for _, a := range t.Who.Accounts() {
			for _, address := range append([]string{a.Address}, a.Aliases...) {
				add(address, a.Name, "Open the account in the Admin console: is it switched on, and does it have Gmail?")
			}
		}
	}
	slices.SortStableFunc(out, func(a, b reports.Returned) int { return strings.Compare(a.Address, b.Address) })
	return out
}

// untold finds the classes in which something waits and none of those who would look could be told, for whom it goes to instead: the officer, unless they are one of those, or nothing reaches them either; then the head, then the
// chair of governors.
func (t *told) findUntold(ctx context.Context, env Env) error {
	t.untold = map[policy.Role][]reports.Untold{}
	if len(t.back) == 0 {
		return nil
	}
	w, err := t.waits(ctx, env)
	if err != nil || w == nil {
		return err
	}
	at := map[string]int{}
	for _, i := range w.items {
		var addresses []string
		for _, h := range i.Hosts {
			addresses = append(addresses, mailAddress(env.Policy, t.Who, h))
		}
		if len(addresses) == 0 || !slices.ContainsFunc(addresses, t.back.has) || slices.ContainsFunc(addresses, func(a string) bool { return !t.back.has(a) }) {
			continue // without anybody there is a finding; and one who could be told is enough
		}
		role := t.insteadOf(env.Policy, addresses)
		n, known := at[i.Course]
		if !known {
			n = len(t.untold[role])
			at[i.Course] = n
			t.untold[role] = append(t.untold[role], reports.Untold{Class: w.className(i.Course), Key: i.Course, Since: i.Since})
		}
		u := &t.untold[role][n]
		u.Posts++
		if i.Since.Before(u.Since) {
			u.Since = i.Since
		}
	}
	return nil
}

// insteadOf is who hears of what could not be told at some addresses.
func (t *told) insteadOf(p *policy.Policy, addresses []string) policy.Role {
	for _, role := range []policy.Role{policy.RoleOfficer, policy.RoleHead, policy.RoleChair} {
		people := p.Person(role)
		if len(people) > 0 && !slices.ContainsFunc(people, func(who policy.Person) bool {
			return t.back.has(who.Address) || slices.ContainsFunc(addresses, func(a string) bool { return strings.EqualFold(a, who.Address) })
		}) {
			return role
		}
	}
	return policy.RoleOfficer
}

// hearsOfReturned tells whether a reader hears of mails that came back: the workspace administrator; and the officer, where one to an administrator did.
func (t *told) hearsOfReturned(p *policy.Policy, who reader) bool {
	return slices.Contains(who.roles, policy.RoleAdmin) ||
		slices.Contains(who.roles, policy.RoleOfficer) && slices.ContainsFunc(p.Person(policy.RoleAdmin), func(a policy.Person) bool { return t.back.has(a.Address) })
}
