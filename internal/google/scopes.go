package google

// Scopes, as an administrator lists them for the service account (https://developers.google.com/identity/protocols/oauth2/scopes).
const (
	ScopeUsers    = "https://www.googleapis.com/auth/admin.directory.user.readonly"
	ScopeUnits    = "https://www.googleapis.com/auth/admin.directory.orgunit.readonly"
	ScopeGroups   = "https://www.googleapis.com/auth/admin.directory.group.readonly"
	ScopeDomains  = "https://www.googleapis.com/auth/admin.directory.domain.readonly"
	ScopeAudit    = "https://www.googleapis.com/auth/admin.reports.audit.readonly"
	ScopeSettings = "https://www.googleapis.com/auth/apps.groups.settings"
	ScopeMetadata = "https://www.googleapis.com/auth/drive.metadata.readonly"
	ScopeDrives   = "https://www.googleapis.com/auth/drive.readonly"
	ScopeCompose  = "https://www.googleapis.com/auth/gmail.compose"
	ScopePolicies = "https://www.googleapis.com/auth/cloud-identity.policies.readonly"
)

// A ScopeUse says what a job uses a scope for.
type ScopeUse struct {
	Scope  string
	Plain  string // what the scope permits, for the person who grants it
	Needed bool   // without it the job says little or nothing; otherwise one part stays unseen
	Unseen string // what stays unknown without it
}

// Scopes lists the scopes that a job uses, in the order in which they are tried; nil for a job that uses none.
func Scopes(job string) []ScopeUse {
	switch job {
	case "sharing":
		return []ScopeUse{
			{ScopeUsers, "read the list of accounts: names, addresses and org units", true, "whose files there are, and who belongs to the school"},
			{ScopeDomains, "read the list of the school's domains", true, "which addresses are the school's own"},
			{ScopeMetadata, "read titles, folders and sharing of everybody's files on Drive, not what is in them", true, "everything on Drive"},
			{ScopeUnits, "read the tree of org units", false, "to which school of a trust a shared drive belongs"},
			{ScopeGroups, "read groups and their members", false, "who is reached through a group"},
			{ScopeSettings, "read the settings of groups; Google offers it only together with changing them, which is never done", false, "groups that anyone may join"},
			{ScopeDrives, "list shared drives; Google offers it only together with reading the content of files, which is never done", false, "shared drives"},
			{ScopeAudit, "read the audit log", false, "what changed since yesterday; every change then waits for the next full look"},
		}
	case "send":
		return []ScopeUse{
			{ScopeCompose, "write drafts and send them from the sender's mailbox; it cannot read mail", true, "nothing, but no mail is sent through Gmail"},
		}
	}
	return nil
}
