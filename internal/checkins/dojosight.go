package checkins

import (
	"slices"
	"strings"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/policy"
)

// dojoWays lists the ways by which a policy hears of ClassDojo; none where no clause asks about it.
func dojoWays(p *policy.Policy) []dojoWay {
	asks := slices.ContainsFunc(Asks(p), func(a Ask) bool { return a.Dojo != "" })
	listens := false
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			w, ok := m.With.(*policy.CommentsWith)
			listens = listens || ok && w.At(policy.PlaceClassDojo)
		}
	}
	var out []dojoWay
	if asks {
		out = append(out, dojoWay{"by what people answer", "whether what people answer about ClassDojo is so, and what happened there since", classdojo.Answered{}.Sight()})
	}
	const mails = "what is written on ClassDojo and by whom, and anything of a class of which no mail comes"
	if listens && p.ClassDojo.Relay {
		out = append(out, dojoWay{"by the forwarder", mails, classdojo.Relayed{}.Sight()})
	}
	if listens && p.ClassDojo.Mailbox != "" {
		out = append(out, dojoWay{"by the mailbox", mails, classdojo.MailboxSight()})
	}
	if listens {
		out = append(out, dojoWay{"by lists", "what nobody wrote into a list about ClassDojo", classdojo.File{}.Sight()})
	}
	return out
}

// dojoWay is one way of hearing of ClassDojo.
type dojoWay struct {
	by    string
	never string // what it never sees, in a few words
	sight classdojo.Sight
}

// DojoSights says in full what each way by which a policy hears of ClassDojo sees and does not see; nothing where no clause asks about ClassDojo.
func DojoSights(p *policy.Policy) []string {
	var out []string
	for _, w := range dojoWays(p) {
		out = append(out, "ClassDojo, "+w.by+": "+strings.ToLower(w.sight.Sees[:1])+strings.TrimSuffix(w.sight.Sees[1:], ".")+". We do not see "+strings.Join(w.sight.Unseen, "; "))
	}
	return out
}

// DojoNever says the same in as few words as a mail has room for: what is never seen.
func DojoNever(p *policy.Policy) []string {
	var out []string
	for _, w := range dojoWays(p) {
		if !slices.Contains(out, w.never) {
			out = append(out, w.never)
		}
	}
	return out
}
