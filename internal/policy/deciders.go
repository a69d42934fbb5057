package policy

import "slices"

// Leads are the roles that may look at everything the program keeps watch over.
var Leads = []Role{RoleOfficer, RoleDeputy, RoleHead}

// Excepters are the roles that may agree to something for a reason that only they may know: the needs of one child, or a whereabouts that is protected.
var Excepters = []Role{RoleOfficer, RoleSafeguarding}

// Deciders are the roles that decide on changes, the first that somebody plays being the one they decide in.
var Deciders = []Role{RoleAdmin, RoleOfficer, RoleDeputy, RoleHead, RoleSafeguarding, RoleChair}

// keepers are the roles that keep each record that is a list on the review site, beside [Leads].
var keepers = map[string][]Role{
	"approved-services": {RoleAdmin, RoleITSupport, RoleLeaders},
	"approved-blogs":    {RolePageHost, RoleLeaders},
	"visitors":          {RolePageHost, RoleITSupport, RoleLeaders},
	"filter-changes":    {RoleITSupport, RoleAdmin, RoleLeaders},
	"consents":          {RoleEarlyYears, RolePageHost, RoleLeaders},
	"meetings":          {RoleGovernor, RoleLeaders},
}

// Keepers lists the roles that keep a record that is a list on the review site, those of [Leads] last; nil for any other record.
func Keepers(record string) []Role {
	own := keepers[record]
	if own == nil {
		return nil
	}
	return slices.Concat(own, Leads)
}

// sentRecords are the records that consist of what the program sends, kept as sent: the job that looks at the lists looks at them too, and says when one was not sent.
var sentRecords = []string{RecordAudit, RecordChanges}

// SentRecord tells whether a record consists of what the program sends, kept as sent.
func SentRecord(record string) bool { return slices.Contains(sentRecords, record) }
