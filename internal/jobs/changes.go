package jobs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/remedies"
	"esafetybot/internal/reports"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// changesToldFor is how long the report goes on naming a change that was made.
const changesToldFor = 14 * 24 * time.Hour

// proposed looks up what the action log says of each finding: of each change the newest action that is not over, or was made lately.
func (g *gatherer) proposed(ctx context.Context) error {
	g.changes = map[string][]reports.Change{}
	newest := map[string]*actions.Action{}
	log := Actions(g.env, "", nil)
	for a, err := range log.List(ctx, actions.States...) {
		if err != nil {
			return err
		}
		over := slices.Contains([]actions.State{actions.Done, actions.Undone, actions.Failed, actions.Declined, actions.Withdrawn}, a.State)
		if a.State == actions.Withdrawn || over && a.Changed.Before(g.now.Add(-changesToldFor)) {
			continue
		}
		key := fmt.Sprint(a.Finding, a.Kind, a.Params)
		if have := newest[key]; have == nil || a.Changed.After(have.Changed) || a.Changed.Equal(have.Changed) && a.ID < have.ID {
			newest[key] = a
		}
	}
	for _, a := range newest {
		if a.Params["grant"] != "" && len(g.shares) == 0 {
			pic, err := g.pictured(ctx)
			if err != nil {
				return err
			}
			g.shares, g.trees = pic.shares, pic.trees
		}
		g.names = &reports.Names{}
		said := remedies.Say(a.Kind, g.actionNames(a))
		c := reports.Change{ID: a.ID, Kind: a.Kind, State: string(a.State), Words: said.Will, Why: a.Why, Names: g.names}
		if a.State == actions.Done {
			c.Words, c.Undo = said.Did, said.Undo
		}
		if a.Braked {
			c.Why = "the brake held it: more changes are called for at once than the policy lets through"
		}
		g.changes[a.Finding] = append(g.changes[a.Finding], c)
	}
	for _, list := range g.changes {
		slices.SortFunc(list, func(a, b reports.Change) int { return strings.Compare(a.ID, b.ID) })
	}
	return nil
}

// waiting counts, by kind, the changes that wait for approval and that this person may approve: all at once releases exactly those.
func (t *told) waiting(ctx context.Context, env Env, address string) (map[string]int, error) {
	self := ""
	if t.Who != nil {
		if a, ok := t.Who.Account(address); ok {
			self = a.ID
		}
	}
	out := map[string]int{}
	for a, err := range Actions(env, "", nil).List(ctx, actions.Proposed, actions.Once) {
		if err != nil {
			return nil, err
		}
		if self == "" || a.Subject != "user/"+self && !slices.Contains(a.Concerns, self) {
			out[a.Kind]++
		}
	}
	return out, nil
}

// actionNames looks up what an action is about, as its readers may see it.
func (g *gatherer) actionNames(a *actions.Action) remedies.Names {
	n := remedies.Names{Role: doing[a.Params["role"]]}
	if from, to := a.Params["from"], a.Params["to"]; from != "" && to != "" {
		n.From, n.To = g.names.Add(from), g.names.Add(to)
	}
	account := func(id string) string {
		if g.out.Who == nil || id == "" {
			return ""
		}
		who, ok := g.out.Who.AccountByID(id)
		if !ok {
			return ""
		}
		return g.accountWords(who)
	}
	n.Account = account(a.Params["user"])
	if a.Params["member"] != "" {
		n.Account = account(a.Params["member"])
	}
	if id := a.Params["group"]; id != "" {
		n.Group = "the group " + g.groupName(id) + g.within(id, a.Facts)
	}
	if id := a.Params["grant"]; id != "" {
		if s, ok := g.shares[a.Subject]; ok {
			n.File = "the " + kindWord(s)
			if i := slices.IndexFunc(s.Grants, func(x seen.Grant) bool { return x.ID == id && x.View == a.Params["view"] }); i >= 0 {
				n.With = g.grantee(s.Grants[i])
			}
		}
	}
	if app := a.Params["app"]; app != "" {
		n.App = "the app " + g.names.Add(g.name("app/"+app, app))
	}
	if a.Kind == remedies.KindHandOver {
		n.Owner = account(a.Params["to"])
		n.To, n.From = "", ""
	}
	if a.Kind == remedies.KindComment {
		n.Becomes = becomes[a.Params["to"]]
		if blog, ok := g.env.Policy.Blog(a.Params["blog"]); ok && blog.Name != "" {
			n.Comment = "a comment on the blog " + g.names.Add(blog.Name)
		}
	}
	if t, err := time.Parse(time.RFC3339, a.Params["until"]); err == nil {
		n.Until = t.In(g.env.Policy.School.Location).Format("Mon 2 January 2006")
	}
	return n
}

// grantee says with whom something is shared, without the address of anybody outside.
func (g *gatherer) grantee(x seen.Grant) string {
	switch x.Type {
	case "user", "group":
		if g.out.Who == nil {
			return ""
		}
		if a, ok := g.out.Who.Account(x.Address); ok {
			return g.accountWords(a)
		}
		if grp, ok := g.out.Who.Group(x.Address); ok {
			return "the group " + g.groupName(grp.ID)
		}
		if x.Type == "group" {
			return "a group outside the school"
		}
		return "somebody outside the school"
	case "domain":
		return "everybody at " + g.names.Add(g.grant(x, false).Who)
	}
	if x.Discoverable {
		return "everybody on the internet"
	}
	return "everybody who has the link"
}

// within says in which groups that a finding names another one is, which it does not name: somebody is in them through that one, so the change is made there.
func (g *gatherer) within(group string, facts []string) string {
	if g.out.Who == nil || slices.Contains(facts, "group/"+group) {
		return ""
	}
	var outer []string
	for _, fact := range facts {
		id, ok := strings.CutPrefix(fact, "group/")
		if named, known := g.out.Who.GroupByID(id); ok && known {
			g.out.Who.Nested(named, func(n *school.Group) {
				if n.ID == group {
					outer = append(outer, "the group "+g.groupName(id))
				}
			})
		}
	}
	if len(outer) == 0 {
		return ""
	}
	return ", which is in " + strings.Join(outer, " and ")
}

// becomes says what becomes of a comment on a blog.
var becomes = map[string]string{seen.CommentLive: "shown to readers", seen.CommentSpam: "hidden from readers", seen.CommentEmptied: "emptied: its text is gone for good"}

// accountWords says whose account it is: a member of staff by name, a pupil by year group.
func (g *gatherer) accountWords(a *seen.Account) string {
	switch {
	case inPupils(g.env.Policy, a):
		if y := school.Year(a.Unit); y != "" {
			return "the account of a " + yearWords(y) + " pupil"
		}
		return "the account of a pupil"
	case g.adults[a.ID]:
		return "the account of " + g.names.Add(strings.TrimSpace(a.Name))
	}
	return "an account in " + g.names.Add(a.Unit)
}
