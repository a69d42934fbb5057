// Package sharing judges what people outside the school can reach on Drive.
//
// It is pure: from shares that were seen, the directory, the policy's clauses and the time it yields findings, reads
// nothing and keeps nothing. The meaning of each rule is docs/rules.md. Shares come as a stream and only the
// groups that hold a share are kept in memory.
package sharing

import (
	"iter"
	"strings"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// The rules, by their name in a policy file.
const (
	Public       = "public"
	PublicLink   = "public-link"
	Person       = "outside-person"
	Group        = "outside-group"
	Domain       = "outside-domain"
	Outsiders    = "group-with-outsiders"
	OpenGroup    = "open-group"
	DriveMember  = "shared-drive-outsider"
	Site         = "site"
	FormEditors  = "form-editors"
	TrustWide    = "trust-wide"
	WithinSchool = "within-school"
	TrustedDom   = "trusted-domain"
	Responders   = "form-responders"
)

// Means is the check's name before the dot of a rule.
const Means = "sharing"

// A Confidential tree is a folder or shared drive open to some people only.
type Confidential struct {
	Tree    string   // id of the folder or the shared drive
	Allowed []string // addresses of people and groups
}

// An Ask is one entry of a clause's met_by that names this check.
type Ask struct {
	Clause       string
	Severity     string
	Deals        string
	Rules        []string
	Confidential []Confidential
}

// Input is everything a judgement rests on.
type Input struct {
	Now    time.Time
	Who    *school.Directory
	Asks   []Ask
	Shares iter.Seq2[seen.Share, error]
}

// Check yields the findings, each once. Shares of the same item that came from different trees must follow each other
// or at least carry the same Tree; findings of an item in several trees are joined.
func Check(in Input) iter.Seq2[findings.Observed, error] {
	return func(yield func(findings.Observed, error) bool) {
		j := judge{Input: in, groups: map[string]bool{}, inside: map[string]*findings.Observed{}}
		for _, a := range in.Asks {
			j.asks = append(j.asks, j.prepare(a))
		}
		for s, err := range in.Shares {
			if err != nil {
				yield(findings.Observed{}, err)
				return
			}
			for _, o := range j.share(s) {
				if !yield(o, nil) {
					return
				}
			}
		}
		for _, o := range j.inside {
			o.Facts = findings.Normalise(o.Facts)
			if !yield(*o, nil) {
				return
			}
		}
		for _, o := range j.held() {
			if !yield(o, nil) {
				return
			}
		}
	}
}

type judge struct {
	Input
	asks   []ask
	groups map[string]bool               // Directory ids of groups that hold a share
	inside map[string]*findings.Observed // confidential findings by id; few
}

// ask is an Ask made ready for quick answers.
type ask struct {
	Ask
	rules map[string]bool
	allow map[string]school.AllowList // by tree
}

func (j *judge) prepare(a Ask) ask {
	p := ask{Ask: a, rules: map[string]bool{}, allow: map[string]school.AllowList{}}
	for _, r := range a.Rules {
		p.rules[r] = true
	}
	for _, c := range a.Confidential {
		p.allow[c.Tree] = j.Who.Allow(c.Allowed)
	}
	return p
}

// share judges one share.
func (j *judge) share(s seen.Share) []findings.Observed {
	if s.Mime == seen.MimeShortcut {
		return nil
	}
	if s.Tree != "" {
		j.confidential(s)
		return nil
	}
	taken := map[string][]string{} // rule → facts
	for _, g := range s.Grants {
		if !Counts(g, j.Now) {
			continue
		}
		if g.Type == "group" {
			if ours, ok := j.Who.Group(g.Address); ok {
				j.groups[ours.ID] = true
				continue
			}
		}
		if rule := rule(j.Who, s, g); rule != "" {
			taken[rule] = append(taken[rule], Fact(g))
		}
	}
	var out []findings.Observed
	for _, a := range j.asks {
		for rule, facts := range taken {
			if a.rules[rule] {
				out = append(out, j.observed(a, rule, s, facts))
			}
		}
	}
	return out
}

func (j *judge) observed(a ask, rule string, s seen.Share, facts []string) findings.Observed {
	return findings.Observed{
		Clause: a.Clause, Rule: Means + "." + rule, Subject: s.Subject(), Facts: findings.Normalise(append([]string(nil), facts...)),
		Severity: severity(rule, a.Severity), Deals: a.Deals, Missing: s.Lost, Since: s.Since,
	}
}

// severity is the clause's, but what is only worth knowing asks nothing of anybody.
func severity(rule, clause string) string {
	if rule == TrustedDom || rule == Responders {
		return findings.Information
	}
	return clause
}

// Counts tells whether a grant gives anybody anything now. The owner's own is no share.
func Counts(g seen.Grant, now time.Time) bool {
	return !g.Deleted && g.View != "metadata" && g.Role != "owner" && (g.Until.IsZero() || g.Until.After(now))
}

// near is how far a grantee is that is not a group of ours; anyone at all is outside.
func near(who *school.Directory, g seen.Grant) school.Nearness {
	switch g.Type {
	case "user":
		return who.Person(g.Address)
	case "group":
		return who.ForeignGroup(g.Address)
	case "domain":
		return who.Domain(g.Domain)
	}
	return school.Outside
}

// MayBePublic tells whether a grant on an item of a mime type may be one by which the public can open it, whoever is near: see [IsPublic].
func MayBePublic(mime string, g seen.Grant) bool {
	return mime != seen.MimeShortcut && (g.Type == "anyone" || g.View == "published" && mime == seen.MimeSite)
}

// IsPublic tells whether the public can open a share: whether one of the rules public, public-link and site takes a grant of its own, or one that it
// inherits (Open).
func IsPublic(who *school.Directory, now time.Time, s seen.Share) bool {
	for _, list := range [][]seen.Grant{s.Grants, s.Open} {
		for _, g := range list {
			if !MayBePublic(s.Mime, g) || !Counts(g, now) {
				continue
			}
			if _, ours := who.Group(g.Address); ours {
				continue
			}
			switch rule(who, s, g) {
			case Public, PublicLink, Site:
				return true
			}
		}
	}
	return false
}

// rule names the rule that takes a grant, or "".
func rule(who *school.Directory, s seen.Share, g seen.Grant) string {
	near := near(who, g)
	if near == school.Trusted {
		return TrustedDom
	}
	if near != school.Outside {
		return ""
	}
	published := g.View == "published"
	switch {
	case s.Kind == "drive":
		return DriveMember
	case published && s.Mime == seen.MimeSite:
		return Site
	case published && s.Mime == seen.MimeForm:
		return Responders
	case s.Mime == seen.MimeForm && seen.Rank(role(g)) >= seen.Rank("writer"):
		return FormEditors
	}
	switch g.Type {
	case "user":
		return Person
	case "group":
		return Group
	case "domain":
		return Domain
	}
	if g.Discoverable {
		return Public
	}
	return PublicLink
}

// role is what the item itself gives, or where it stands for a folder that cannot be seen, what it passes on.
func role(g seen.Grant) string {
	if g.IsOwn() {
		return g.Own
	}
	return g.Role
}

// Fact writes a grant as a fact: grantee and role, until when, without naming anybody.
func Fact(g seen.Grant) string {
	var b strings.Builder
	switch g.Type {
	case "domain":
		b.WriteString("domain/" + strings.ToLower(g.Domain))
	case "user", "group":
		b.WriteString(g.Type + "/" + g.ID)
	default:
		b.WriteString("anyone")
		if !g.Discoverable {
			b.WriteString("-with-link")
		}
	}
	b.WriteString(" " + role(g))
	if !g.Until.IsZero() {
		b.WriteString(" until " + g.Until.UTC().Truncate(time.Second).Format(time.RFC3339))
	}
	if g.PendingOwner {
		b.WriteString(" pending-owner")
	}
	return b.String()
}

// confidential judges an item of a confidential tree: who inside the customer may open it that is not on the list.
func (j *judge) confidential(s seen.Share) {
	for _, a := range j.asks {
		allow, ok := a.allow[s.Tree]
		if !ok {
			continue
		}
		for _, g := range s.Grants {
			rule := j.insideRule(g, allow)
			if rule == "" || !a.rules[rule] || !Counts(g, j.Now) {
				continue
			}
			o := j.observed(a, rule, s, []string{Fact(g)})
			id := findings.ID(o.Clause, o.Rule, o.Subject)
			if have := j.inside[id]; have != nil {
				have.Facts = append(have.Facts, o.Facts...)
			} else {
				j.inside[id] = &o
			}
		}
	}
}

func (j *judge) insideRule(g seen.Grant, allow school.AllowList) string {
	var near school.Nearness
	switch g.Type {
	case "user":
		if allow.Person(j.Who, g.Address) {
			return ""
		}
		near = j.Who.Person(g.Address)
	case "domain":
		near = j.Who.Domain(g.Domain)
	case "group":
		ours, ok := j.Who.Group(g.Address)
		if !ok || allow.Group(ours) {
			return ""
		}
		near = school.SameSchool
		if j.Who.Reach(ours).SameTrust {
			near = school.SameTrust
		}
	}
	switch near {
	case school.SameSchool:
		return WithinSchool
	case school.SameTrust:
		return TrustWide
	}
	return ""
}

// held judges the groups that hold a share.
func (j *judge) held() []findings.Observed {
	var out []findings.Observed
	for _, g := range j.Who.Groups() {
		if !j.groups[g.ID] {
			continue
		}
		r := j.Who.Reach(g)
		facts := map[string][]string{}
		if r.Known {
			for _, m := range r.Outsiders {
				facts[Outsiders] = append(facts[Outsiders], "member/"+school.MemberKey(m))
			}
			for _, m := range r.Trusted {
				facts[TrustedDom] = append(facts[TrustedDom], "member/"+school.MemberKey(m))
			}
		}
		if r.Known && r.OpenKnown {
			for _, id := range r.Open {
				facts[OpenGroup] = append(facts[OpenGroup], "group/"+id+" anyone-can-join")
			}
		}
		for _, a := range j.asks {
			for _, rule := range []string{Outsiders, TrustedDom, OpenGroup} {
				if a.rules[rule] && len(facts[rule]) > 0 {
					out = append(out, findings.Observed{
						Clause: a.Clause, Rule: Means + "." + rule, Subject: "group/" + g.ID,
						Facts:    findings.Normalise(append([]string(nil), facts[rule]...)),
						Severity: severity(rule, a.Severity), Deals: a.Deals,
					})
				}
			}
		}
	}
	return out
}
