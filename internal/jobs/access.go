package jobs

import (
	"context"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/access"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/settings"
)

// accessMeans lists the policy's means that ask for the access record.
func accessMeans(p *policy.Policy) []clauseMeans {
	return meansWhere(p, func(m policy.Means) bool { return m.Kind == policy.Record && m.Name == policy.RecordAccess })
}

// recordsAccess tells whether a clause asks for the access record.
func (a *accountsRun) recordsAccess() bool { return len(accessMeans(a.Env.Policy)) > 0 }

// services are those by which people reach each other, with what the record calls them.
var services = map[string]string{"gmail.service_status": "service/gmail", "chat.service_status": "service/chat", "meet.service_status": "service/meet"}

// grantEvents are the records of the admin log that say when an account was made, switched off and on again, and roles were given and taken.
var grantEvents = []string{"CREATE_USER", "SUSPEND_USER", "UNSUSPEND_USER", "DELETE_USER", "ASSIGN_ROLE", "UNASSIGN_ROLE"}

// accessRecord brings the access record up to date, if a clause asks for it.
func (a *accountsRun) accessRecord(ctx context.Context) error {
	if !a.recordsAccess() {
		return nil
	}
	book, err := access.Open(ctx, a.Store, a.lease.Commit)
	if err != nil {
		return err
	}
	read := []string{"account"}
	what := map[string][]string{} // account → what it has
	a.needs("roles", "settings")
	grants, ok := a.RoleGrants(ctx)
	if ok && !a.Blind("groups", "members") {
		read = append(read, "role")
		for _, g := range grants {
			for _, id := range a.holders(g.To) {
				what[id] = append(what[id], "role/"+g.Role)
			}
		}
	}
	if a.in.Classes != nil && !a.Blind("class") {
		read = append(read, "class")
		for c := range a.in.Classes {
			for _, m := range c.Members {
				what[m.ID] = append(what[m.ID], "class/"+c.ID)
			}
		}
	}
	if a.services(ctx, what) {
		read = append(read, "service")
	}
	var present []access.Present
	for _, p := range a.People() {
		if !a.in.Kinds.School(&p.Account) {
			continue
		}
		x := access.Present{Account: p.ID, Since: p.Created, Holder: access.Holder{Name: p.Name, Address: p.Address, Kind: string(a.in.Kinds.Kind(&p.Account))}}
		if p.Active() {
			x.What = append([]string{"account"}, what[p.ID]...)
			slices.Sort(x.What)
			x.What = slices.Compact(x.What)
		}
		present = append(present, x)
	}
	slices.SortFunc(present, func(x, y access.Present) int { return strings.Compare(x.Account, y.Account) })
	book.Update(a.Now, present, read, a.acts(ctx))
	return book.Flush(ctx)
}

// holders lists the accounts that an assignment of a role reaches: an account, or the members of a group.
func (a *accountsRun) holders(id string) []string {
	if _, ok := a.People()[id]; ok {
		return []string{id}
	}
	g, ok := a.Who().GroupByID(id)
	if !ok {
		return nil
	}
	var out []string
	in, _ := a.Who().In([]string{g.Address})
	for member := range in {
		out = append(out, member)
	}
	return out
}

// services adds the services that are on for each account; ok is false where the settings could not be read.
func (a *accountsRun) services(ctx context.Context, what map[string][]string) (ok bool) {
	types := make([]string, 0, len(services))
	for t := range services {
		types = append(types, t)
	}
	slices.Sort(types)
	policies, licenses := a.effective(ctx, types)
	if policies == nil {
		return false
	}
	var groups []string
	for _, t := range types {
		if policies.Odd(t) || policies.NeedsLicenses(t) && licenses == nil {
			return false
		}
		groups = append(groups, policies.Groups(t)...)
	}
	members := settings.MembersOf(a.Who(), groups)
	if len(members.Unknown) > 0 {
		return false
	}
	for _, p := range a.People() {
		h := settings.Holder{Unit: p.Unit, Licenses: licenses[p.ID], Groups: members.ByUser[p.ID]}
		for _, t := range types {
			if v := policies.Effective(t, settings.Service, h); v.Text == settings.Enabled {
				what[p.ID] = append(what[p.ID], services[t])
			}
		}
	}
	return true
}

// acts reads from the log when, and by whom, access was granted and withdrawn.
func (a *accountsRun) acts(ctx context.Context) []access.Act {
	var out []access.Act
	for _, name := range grantEvents {
		key := "access/" + name
		since := a.book.Cursors[key]
		if since.IsZero() {
			since = a.Now // what was before the first look is told by the accounts themselves
		}
		events, ok := a.Recent(ctx, "admin", name, since.Add(-24*time.Hour))
		if !ok {
			continue
		}
		newest := since
		for _, e := range events {
			if e.Time.After(newest) {
				newest = e.Time
			}
			if act, ok := a.act(e); ok {
				out = append(out, act)
			}
		}
		a.book.Cursors[key] = newest
	}
	return out
}

func (a *accountsRun) act(e seen.Event) (access.Act, bool) {
	id, ok := a.Of(e.Target, e.Time.Add(time.Minute)) // an account is made a moment before the log says so
	if !ok {
		return access.Act{}, false
	}
	act := access.Act{Account: id, What: "account", At: e.Time, Granted: e.Name == "CREATE_USER" || e.Name == "UNSUSPEND_USER" || e.Name == "ASSIGN_ROLE"}
	if strings.HasSuffix(e.Name, "ASSIGN_ROLE") {
		act.What = "role/" + e.Params["ROLE_ID"]
	}
	if who, ok := a.Who().Account(e.Actor); ok {
		act.By = who.ID
	}
	return act, true
}

func ruleOf(f *findings.Finding) string { _, rule, _ := strings.Cut(f.Rule, "."); return rule }

func idOf(f *findings.Finding) string { _, id, _ := strings.Cut(f.Subject, "/"); return id }
