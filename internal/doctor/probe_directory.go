package doctor

import (
	"context"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"esafetybot/internal/google"
	"esafetybot/internal/seen"
)

func (p *prober) signIn(ctx context.Context) {
	var yes, no []string
	for _, n := range Needs(p.Policy, p.Mail.Scheme == "gmail") {
		x := examination{Setup: p.Setup}
		if p.Client.Granted(ctx, x.subject(n.Scope), n.Scope) == nil {
			yes = append(yes, n.Short())
		} else {
			no = append(no, n.Short())
		}
	}
	p.say("1", "a token for each scope by itself", "%d given, %d refused%s", len(yes), len(no), list(": ", no))
	switch {
	case !p.Keyless:
		p.say("117", "signing without a key", "not tried: a key is used")
	case len(yes) == 0:
		p.say("117", "signing without a key", "no scope gave a token")
	default:
		p.say("117", "signing without a key", "%d scopes gave a token by it", len(yes))
	}
}

func (p *prober) domains(ctx context.Context) {
	domains, err := p.Client.Domains(ctx)
	if !p.could(err, "37", "domains") {
		return
	}
	p.customer = domains
	missing := 0
	for _, d := range p.Policy.School.Domains {
		if !slices.Contains(domains, d) {
			missing++
		}
	}
	p.say("37", "domains", "Google names %d; of the %d in the policy %d are not among them", len(domains), len(p.Policy.School.Domains), missing)
}

func (p *prober) accounts(ctx context.Context) {
	var all, off, guests, never, numbered, super, delegated int
	people := map[string]bool{}
	for a, err := range p.Client.People(ctx) {
		if !p.could(err, "36, 53, 56, 57", "the list of accounts") {
			return
		}
		all++
		people[a.ID] = true
		switch {
		case a.Guest:
			guests++
		case !a.Active():
			if off++; len(p.off) < probeOff {
				p.off = append(p.off, a)
			}
		case len(p.owners) < probeOwners:
			p.owners = append(p.owners, a)
		}
		if a.LastLogin.IsZero() {
			never++
		}
		if len(a.Numbers) > 0 {
			numbered++
		}
		if a.Admin {
			super++
		} else if a.Delegated {
			delegated++
		}
	}
	p.say("36", "guests of the domain", "%d of %d accounts are marked as guests; %d are switched off; %d are super administrators", guests, all, off, super)
	p.say("53", "accounts that never signed in", "%d of %d have no last sign-in", never, all)
	p.say("57", "numbers of people", "%d of %d accounts have one in externalIds", numbered, all)
	roles, others := 0, 0
	for g, err := range p.Client.RoleGrants(ctx) {
		if !p.could(err, "56", "roles of administrators") {
			return
		}
		if roles++; !people[g.To] {
			others++
		}
	}
	p.say("56", "roles of administrators", "%d are given, %d of them to something that is no account; %d accounts are marked as administrators without being super administrators", roles, others, delegated)
}

func (p *prober) groups(ctx context.Context) {
	types, failed, n, open := tally{}, tally{}, 0, 0
	for g, err := range p.Client.Groups(ctx) {
		if !p.could(err, "32, 34, 35", "groups") {
			return
		}
		if n++; n > probeGroups {
			continue
		}
		for m, err := range p.Client.Members(ctx, g.ID) {
			if err != nil {
				break
			}
			types.add(m.Type)
			if m.ID == "" {
				types.add("without an id")
			}
		}
		anyone, err := p.Client.GroupOpen(ctx, g.Address)
		if err != nil {
			failed.add(string(google.Reason(err)))
		} else if anyone {
			open++
		}
	}
	p.say("34, 35", "members of groups", "%d groups; types of the members of the first %d: %s", n, min(n, probeGroups), types)
	p.say("32", "settings of groups", "of the first %d groups could not be read: %s; anyone may join %d", min(n, probeGroups), failed, open)
}

// forwards asks some accounts for their forwarding, as those accounts: what an account without Gmail answers.
func (p *prober) forwards(ctx context.Context) {
	asked, on, failed := 0, 0, tally{}
	for _, o := range p.owners[:min(len(p.owners), probeForwards)] {
		asked++
		f, err := p.Client.AutoForward(ctx, o.Address)
		if err != nil {
			failed.add(string(google.Reason(err)))
		} else if f.On {
			on++
		}
	}
	p.say("55", "automatic forwarding, read as the account itself", "of %d accounts %d pass mail on; not read, by why (%s is an account without Gmail): %s", asked, on, seen.Off, failed)
}

// returned looks at the mails that came back to the sender: how they are made, not what is in them.
func (p *prober) returned(ctx context.Context) {
	const question, about = "97, 98", "mails that came back"
	if p.Mail.Scheme != "gmail" {
		p.say(question, about, "not tried: mails do not go out through Gmail (--mail gmail:SENDER)")
		return
	}
	n, how := 0, tally{}
	for raw, err := range p.Client.Mail(ctx, p.Mail.From, "from:mailer-daemon after:"+strconv.FormatInt(p.Now.AddDate(0, 0, -28).Unix(), 10)) {
		if !p.could(err, question, about) {
			return
		}
		n++
		m, err := mail.ReadMessage(strings.NewReader(string(raw)))
		if err != nil {
			how.add("unreadable")
			continue
		}
		proven := m.Header.Get("Authentication-Results") // the topmost
		for _, one := range []struct {
			is   bool
			what string
		}{
			{strings.Contains(m.Header.Get("Content-Type"), "delivery-status"), "delivery-status"},
			{strings.Contains(proven, "dmarc=pass"), "dmarc pass"}, {proven == "", "no Authentication-Results"},
			{strings.Contains(string(raw), "Final-Recipient:"), "Final-Recipient"},
			{strings.Contains(string(raw), "Action: failed"), "Action failed"}, {strings.Contains(string(raw), "Action: delayed"), "Action delayed"},
			{m.Header.Get("X-Original-Message-ID") != "", "X-Original-Message-ID"},
		} {
			if one.is {
				how.add(one.what)
			}
		}
		if n == probeMails {
			break
		}
	}
	p.say(question, about, "%d in four weeks, of which: %s", n, how)
}
