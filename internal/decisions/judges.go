package decisions

import (
	"slices"

	"esafetybot/internal/policy"
)

// Right is whether somebody may decide on something.
type Right int

// The rights.
const (
	NotTheirs Right = iota // it is somebody else's
	Self                   // it is about their own account, files or doing
	Theirs
)

// MayJudge tells whether somebody may decide that a finding stays as it is: whoever deals with it and those who lead, but nobody what concerns themselves. That goes to the headteacher;
// what concerns the headteacher may also be judged by the chair of governors, who judges nothing else. id is the person's Directory id, "" for an address outside; deals the role of who deals with
// it, concerns the ids of those whom it concerns, heads those of the headteacher's accounts.
func MayJudge(roles []policy.Role, id, deals string, concerns, heads []string) Right {
	plays := func(any ...policy.Role) bool {
		return slices.ContainsFunc(any, func(r policy.Role) bool { return slices.Contains(roles, r) })
	}
	aboutHead := slices.ContainsFunc(heads, func(h string) bool { return slices.Contains(concerns, h) })
	switch {
	case !plays(policy.Role(deals)) && !plays(policy.Leads...) && !(plays(policy.RoleChair) && aboutHead):
		return NotTheirs
	case id != "" && slices.Contains(concerns, id):
		return Self
	}
	return Theirs
}

// MayExcept tells whether somebody may decide that a finding stays as it is for a reason that others must not know, confirm that, or end it: one of [policy.Excepters], whoever deals with it, but nobody what concerns themselves.
func MayExcept(roles []policy.Role, id string, concerns []string) Right {
	switch {
	case !slices.ContainsFunc(policy.Excepters, func(r policy.Role) bool { return slices.Contains(roles, r) }):
		return NotTheirs
	case id != "" && slices.Contains(concerns, id):
		return Self
	}
	return Theirs
}

// MayChange tells whether somebody may decide on a change at all: one of [policy.Deciders], the chair of governors alone only on what concerns the headteacher. Whether it concerns themselves, and
// whether it takes a second person, the log of changes says. It returns the role in which they decide.
func MayChange(roles []policy.Role, concerns, heads []string) (policy.Role, bool) {
	for _, r := range policy.Deciders {
		if !slices.Contains(roles, r) {
			continue
		}
		if r != policy.RoleChair || slices.ContainsFunc(heads, func(h string) bool { return slices.Contains(concerns, h) }) {
			return r, true
		}
	}
	return "", false
}
