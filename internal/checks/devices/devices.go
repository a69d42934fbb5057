// Package devices judges the phones, tablets and Chromebooks that Google manages for the school.
//
// It is pure: from devices that were seen, the directory, the policy's clauses and the time it yields findings, reads nothing and keeps
// nothing. The meaning of each rule is docs/account-rules.md. What a device does not say is no finding but is counted in [Result.Unknown].
package devices

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/findings"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// Means is the check's name before the dot of a rule.
const Means = "devices"

// The rules, by their name in a policy file.
const (
	Unencrypted   = "unencrypted"
	NoPasscode    = "no-passcode"
	UpdateExpired = "update-expired"
	DeveloperMode = "developer-mode"
)

// The kinds of device, as [seen.Device] has them.
const (
	Mobile     = "mobile"
	Chromebook = "chromebook"
)

// An Ask is one entry of a clause's met_by that names this check, defaults filled in.
type Ask struct {
	Clause           string
	Severity         string
	Deals            string
	Rules            []string
	SyncedWithinDays int // devices that were silent for longer are not looked at
}

// Input is everything a judgement rests on.
type Input struct {
	Now      time.Time
	Calendar *calendar.Calendar
	Who      *school.Directory
	Asks     []Ask
	Devices  iter.Seq[seen.Device]
	// Blind rules yield nothing: the list that they need was not read.
	Blind map[string]bool
}

// Result is what a check found.
type Result struct {
	Observed []findings.Observed // sorted by clause, rule and subject, each once
	Unknown  []Unknown           // sorted likewise
}

// Unknown is how many devices do not say what a rule asks.
type Unknown struct {
	Clause string
	Rule   string // without "devices."
	Count  int
}

// answer is what a device says to a rule.
type answer struct {
	fact  string // what does not match; "" if nothing
	known bool   // it says something that we understand
}

// A rule is about one kind of device.
type rule struct {
	kind string
	look func(d seen.Device, now time.Time) answer
}

var rules = map[string]rule{
	Unencrypted:   {Mobile, unencrypted},
	NoPasscode:    {Mobile, noPasscode},
	UpdateExpired: {Chromebook, updateExpired},
	DeveloperMode: {Chromebook, developerMode},
}

// Check judges.
func Check(in Input) Result {
	var r Result
	unknown := map[Unknown]map[string]struct{}{} // by all but Count: the devices, each once, as two means of a clause may overlap
	for d := range in.Devices {
		for _, a := range in.Asks {
			if !in.looked(d, a) {
				continue
			}
			for _, name := range a.Rules {
				rule := rules[name]
				if rule.kind != d.Kind || in.Blind[name] {
					continue
				}
				switch said := rule.look(d, in.Now); {
				case !said.known:
					u := Unknown{Clause: a.Clause, Rule: name}
					if unknown[u] == nil {
						unknown[u] = map[string]struct{}{}
					}
					unknown[u][d.ID] = struct{}{}
				case said.fact != "":
					r.Observed = append(r.Observed, findings.Observed{
						Clause: a.Clause, Rule: Means + "." + name, Subject: d.Kind + "/" + d.ID, Facts: []string{said.fact}, Severity: a.Severity, Deals: a.Deals,
					})
				}
			}
		}
	}
	order := func(a, b findings.Observed) int {
		return cmp.Or(cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
	}
	slices.SortStableFunc(r.Observed, order)
	// A clause may name a rule in two of its means: what both find is one finding.
	r.Observed = slices.CompactFunc(r.Observed, func(a, b findings.Observed) bool { return order(a, b) == 0 })
	for u, silent := range unknown {
		u.Count = len(silent)
		r.Unknown = append(r.Unknown, u)
	}
	slices.SortFunc(r.Unknown, func(a, b Unknown) int { return cmp.Or(cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Rule, b.Rule)) })
	return r
}

// looked tells whether a device is one of the school's, in use, and was heard of lately enough.
func (in Input) looked(d seen.Device, a Ask) bool {
	if !in.heard(d, a) {
		return false
	}
	if d.Kind == Mobile {
		return strings.EqualFold(d.Status, "APPROVED") && slices.ContainsFunc(d.Users, in.school)
	}
	return d.Status == "ACTIVE" && in.Who.Place(d.Unit)
}

// Shared tells whether a device is judged for no school of the trust, although a clause would have it looked at: it is in a unit that several schools share, and has no domain that would tell whose it is.
func (in Input) Shared(d seen.Device) bool {
	return d.Kind == Chromebook && d.Status == "ACTIVE" && in.Who.Shared(d.Unit) && slices.ContainsFunc(in.Asks, func(a Ask) bool {
		return in.heard(d, a) && slices.ContainsFunc(a.Rules, func(r string) bool { return rules[r].kind == d.Kind })
	})
}

// heard tells whether a device was heard of lately enough. One that was never heard of was so in the year 1.
func (in Input) heard(d seen.Device, a Ask) bool {
	return in.Calendar.Date(d.LastSync).DaysUntil(in.Calendar.Date(in.Now)) <= a.SyncedWithinDays
}

// school tells whether an address is a school account's.
func (in Input) school(address string) bool {
	a, ok := in.Who.Account(address)
	return ok && in.Who.Has(a)
}

func unencrypted(d seen.Device, _ time.Time) answer {
	return says(d.Encryption, "encrypted", "notencrypted", "not-encrypted")
}

func noPasscode(d seen.Device, _ time.Time) answer {
	return says(d.Passcode, "on", "off", "passcode-off")
}

// says compares what a device says, in whatever spelling, with what is good and what is bad.
func says(what, good, bad, fact string) answer {
	switch strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(what)) {
	case good:
		return answer{known: true}
	case bad:
		return answer{fact, true}
	}
	return answer{} // "", "N/A", or a word of Google's that is not documented
}

func updateExpired(d seen.Device, now time.Time) answer {
	switch {
	case d.Until.IsZero():
		return answer{}
	case d.Until.Before(now):
		return answer{"until " + calendar.DateOf(d.Until.UTC()).String(), true}
	}
	return answer{known: true}
}

func developerMode(d seen.Device, _ time.Time) answer {
	switch strings.ToLower(d.Boot) {
	case "":
		return answer{}
	case "dev":
		return answer{"developer-mode", true}
	}
	return answer{known: true}
}
