package checkins

import (
	"slices"
	"strings"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/policy"
)

// DojoSights says, for a report, what each way by which a policy hears of ClassDojo sees and does not see; nothing where no clause asks about ClassDojo.
func DojoSights(p *policy.Policy) []string {
	asks := slices.ContainsFunc(Asks(p), func(a Ask) bool { return a.Dojo != "" })
	listens := false
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			w, ok := m.With.(*policy.CommentsWith)
			listens = listens || ok && w.At(policy.PlaceClassDojo)
		}
	}
	var out []string
	say := func(way string, s classdojo.Sight) {
		out = append(out, "ClassDojo, "+way+": "+strings.ToLower(s.Sees[:1])+strings.TrimSuffix(s.Sees[1:], ".")+". We do not see "+strings.Join(s.Unseen, "; "))
	}
	if asks {
		say("by what people answer", classdojo.Answered{}.Sight())
	}
	if listens && p.ClassDojo.Relay {
		say("by the forwarder", classdojo.Relayed{}.Sight())
	}
	if listens && p.ClassDojo.Mailbox != "" {
		say("by the mailbox", classdojo.MailboxSight())
	}
	if listens {
		say("by lists", classdojo.File{}.Sight())
	}
	return out
}
