package policy

// Leads are the roles that may look at everything the program keeps watch over.
var Leads = []Role{RoleOfficer, RoleDeputy, RoleHead}

// Deciders are the roles that decide on changes, the first that somebody plays being the one they decide in.
var Deciders = []Role{RoleAdmin, RoleOfficer, RoleDeputy, RoleHead, RoleSafeguarding, RoleChair}
