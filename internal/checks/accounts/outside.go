package accounts

import (
	"strings"

	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// Rules about what leads out of the school: addresses and apps.

// digest writes an address as a fact without naming anybody: a member without an id, as school.MemberKey has it.
func digest(address string) string { return school.MemberKey(seen.Member{Address: address}) }

func (j *judge) outsideRecovery(_ *ask, p *person) []string {
	if p.Recovery == "" || j.Who.Person(p.Recovery) != school.Outside {
		return nil
	}
	return []string{digest(p.Recovery)}
}

func (j *judge) outsideForwarding(_ *ask, p *person) []string {
	f := j.Forwards[p.ID]
	if !f.On || j.Who.Person(f.To) != school.Outside {
		return nil
	}
	return []string{"to " + digest(f.To)}
}

// signInScopes let an app know who somebody is, and nothing else.
var signInScopes = map[string]bool{
	"openid": true, "email": true, "profile": true,
	"https://www.googleapis.com/auth/userinfo.email": true, "https://www.googleapis.com/auth/userinfo.profile": true,
}

func (j *judge) riskyApp(a *ask, p *person) []string {
	var facts []string
	for _, app := range j.Apps[p.ID] {
		if a.approved[strings.ToLower(app.Client)] || a.approved[strings.ToLower(app.Name)] {
			continue
		}
		fact, reads := "app/"+app.Client, false
		for _, s := range app.Scopes {
			reads = reads || !signInScopes[s]
		}
		if reads {
			fact += " reads-data"
		}
		if reads || !a.SignInApps {
			facts = append(facts, fact)
		}
	}
	return facts
}
