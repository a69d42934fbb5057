package decisions

import (
	"testing"

	"esafetybot/internal/policy"
)

const (
	adminRole, officerRole, headRole, chairRole = policy.RoleAdmin, policy.RoleOfficer, policy.RoleHead, policy.RoleChair
	leadRole, governorRole                      = policy.RoleSafeguarding, policy.RoleGovernor
)

// Whoever deals with a finding and those who lead agree to it, nobody to what concerns themselves; the chair judges what concerns the headteacher and nothing else.
func TestMayJudge(t *testing.T) {
	heads := []string{"head", "head's other"}
	for _, c := range []struct {
		name     string
		roles    []policy.Role
		id       string
		concerns []string
		want     Right
	}{
		{"who deals with it", []policy.Role{adminRole}, "it", []string{"pat"}, Theirs},
		{"who leads", []policy.Role{officerRole}, "officer", []string{"pat"}, Theirs},
		{"who has no role", nil, "kim", []string{"pat"}, NotTheirs},
		{"who has another", []policy.Role{governorRole}, "governor", []string{"pat"}, NotTheirs},
		{"one of many roles", []policy.Role{governorRole, headRole}, "head", []string{"pat"}, Theirs},
		{"their own", []policy.Role{adminRole}, "it", []string{"pat", "it"}, Self},
		{"the headteacher's own", []policy.Role{headRole}, "head", []string{"head"}, Self},
		{"the headteacher's, who deals with it", []policy.Role{adminRole}, "it", []string{"head"}, Theirs},
		{"the headteacher's, the chair", []policy.Role{chairRole}, "", []string{"head's other"}, Theirs},
		{"the headteacher's, a governor", []policy.Role{governorRole}, "governor", []string{"head"}, NotTheirs},
		{"another's, the chair", []policy.Role{chairRole}, "chair", []string{"pat"}, NotTheirs},
		{"nobody's, the chair", []policy.Role{chairRole}, "chair", nil, NotTheirs},
		{"of nobody who is known, from an address outside", []policy.Role{officerRole}, "", []string{""}, Theirs},
		{"their own and none of theirs to decide", nil, "kim", []string{"kim"}, NotTheirs},
	} {
		if have := MayJudge(c.roles, c.id, string(adminRole), c.concerns, heads); have != c.want {
			t.Errorf("%s: %v, want %v", c.name, have, c.want)
		}
	}
}

// For a reason that others must not know only the officer and the safeguarding lead agree, whoever deals with it.
func TestMayExcept(t *testing.T) {
	for _, c := range []struct {
		name     string
		roles    []policy.Role
		id       string
		concerns []string
		want     Right
	}{
		{"the officer", []policy.Role{officerRole}, "officer", []string{"pat"}, Theirs},
		{"the lead", []policy.Role{governorRole, leadRole}, "lead", []string{"pat"}, Theirs},
		{"the administrator", []policy.Role{adminRole}, "it", []string{"pat"}, NotTheirs},
		{"the headteacher", []policy.Role{headRole}, "head", []string{"pat"}, NotTheirs},
		{"nobody", nil, "kim", nil, NotTheirs},
		{"their own", []policy.Role{officerRole}, "officer", []string{"officer"}, Self},
		{"of nobody who is known, from an address outside", []policy.Role{officerRole}, "", []string{""}, Theirs},
	} {
		if have := MayExcept(c.roles, c.id, c.concerns); have != c.want {
			t.Errorf("%s: %v, want %v", c.name, have, c.want)
		}
	}
}

func TestMayChange(t *testing.T) {
	heads := []string{"head"}
	for _, c := range []struct {
		name     string
		roles    []policy.Role
		concerns []string
		want     policy.Role
	}{
		{"the administrator", []policy.Role{adminRole}, []string{"pat"}, adminRole},
		{"in the first of their roles", []policy.Role{headRole, officerRole}, []string{"pat"}, officerRole},
		{"the chair", []policy.Role{chairRole}, []string{"pat"}, ""},
		{"the chair, of the headteacher", []policy.Role{chairRole}, []string{"pat", "head"}, chairRole},
		{"a chair who leads too", []policy.Role{chairRole, leadRole}, []string{"pat"}, leadRole},
		{"a governor", []policy.Role{governorRole}, []string{"head"}, ""},
		{"nobody", nil, []string{"head"}, ""},
	} {
		have, ok := MayChange(c.roles, c.concerns, heads)
		if have != c.want || ok != (c.want != "") {
			t.Errorf("%s: as %q, %v, want %q", c.name, have, ok, c.want)
		}
	}
}
