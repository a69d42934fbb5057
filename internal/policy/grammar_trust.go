package policy

import "slices"

// The grammar of a trust's file. What it says under policy is a piece of a policy, so its shapes are those of grammar.go, less what each
// school has to say itself.

// without is a block of a policy in which some fields may not stand.
func without(s *shape, names ...string) *shape {
	t := *s
	t.fields = slices.DeleteFunc(slices.Clone(s.fields), func(f field) bool { return slices.Contains(names, f.name) })
	return &t
}

// trustClauseShape is clauseShape with what only a trust may say of a clause.
var trustClauseShape = func() *shape {
	s := without(clauseShape)
	s.name = "trust_clause"
	s.fields = append(s.fields, field{"required", false, "No school may leave the clause out, or ask for less than it.", flagShape})
	return s
}()

// fragmentShape is what schools inherit. It is never related by itself: whether it is enough shows in each school.
var fragmentShape = func() *shape {
	s := without(policyShape, "inherits", "leaves_out", "school", "clauses")
	s.what, s.onlyBy = "the part of a policy that the schools take over", nil
	s.fields = append(s.fields,
		field{"school", false, "What the schools have in common.", func() *shape {
			one := without(schoolShape, "name", "id", "domains", "org_units")
			one.what = "the schools' time zone and trusted domains"
			return one
		}()},
		field{"clauses", false, "Clauses that each school's policy has.", listOf(trustClauseShape, 1)})
	return s
}()

var technicianShape = &shape{form: objectForm, what: "a technician: {address, name, days, schools}", fields: append(slices.Clone(personShape.either[1].fields),
	field{"schools", false, "The short names of the schools that they serve. Default: all.", listOf(schoolKeyShape, 1)})}

// schoolKeyShape is a school's short name, or the main domain of one that has none.
var schoolKeyShape = patternShape("school_key", "a school's short name, or its main domain", `[A-Za-z0-9][A-Za-z0-9.-]*`, noLonger(253))

var trustShape = &shape{form: objectForm, what: "a trust's file: trust, people, policy, schools", fields: []field{
	{"trust", true, "The trust.", &shape{form: objectForm, what: "the trust's name", fields: []field{
		{"name", true, "The trust's name, as it should read in mail.", anyText},
		{"domains", false, "The domains of the trust's own office.", listOf(domainShape, 1)},
	}}},
	{"people", true, "The trust's people.", &shape{form: objectForm, what: "who plays which role in the trust", fields: []field{
		{string(RoleSafeguarding), true, "The trust's safeguarding lead, who gets the overview: numbers only.", personShape},
		{string(RoleDataProtection), false, "The data protection officer of each school that names none.", personShape},
		{"technicians", false, "The workspace administrators of the schools that they serve and that name none.", listOf(technicianShape, 1)},
	}}},
	{"policy", false, "What the schools' policies take over, where they do not say otherwise.", fragmentShape},
	{"schools", true, "The schools' policy files, relative to this one.", listOf(anyText, 1)},
}}
