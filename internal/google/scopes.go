package google

// Scopes, as an administrator lists them for the service account (https://developers.google.com/identity/protocols/oauth2/scopes).
const (
	ScopeUsers        = "https://www.googleapis.com/auth/admin.directory.user.readonly"
	ScopeUnits        = "https://www.googleapis.com/auth/admin.directory.orgunit.readonly"
	ScopeGroups       = "https://www.googleapis.com/auth/admin.directory.group.readonly"
	ScopeDomains      = "https://www.googleapis.com/auth/admin.directory.domain.readonly"
	ScopeRoles        = "https://www.googleapis.com/auth/admin.directory.rolemanagement.readonly"
	ScopeSecurity     = "https://www.googleapis.com/auth/admin.directory.user.security" // third-party apps; Google has none that only reads
	ScopeChromebooks  = "https://www.googleapis.com/auth/admin.directory.device.chromeos.readonly"
	ScopeMobiles      = "https://www.googleapis.com/auth/admin.directory.device.mobile.readonly"
	ScopeAudit        = "https://www.googleapis.com/auth/admin.reports.audit.readonly"
	ScopeUsage        = "https://www.googleapis.com/auth/admin.reports.usage.readonly"
	ScopeLicenses     = "https://www.googleapis.com/auth/apps.licensing" // Google has none that only reads
	ScopeSettings     = "https://www.googleapis.com/auth/apps.groups.settings"
	ScopePolicies     = "https://www.googleapis.com/auth/cloud-identity.policies.readonly"
	ScopeCourses      = "https://www.googleapis.com/auth/classroom.courses.readonly"
	ScopeRosters      = "https://www.googleapis.com/auth/classroom.rosters.readonly"
	ScopeAddresses    = "https://www.googleapis.com/auth/classroom.profile.emails"
	ScopeGuardians    = "https://www.googleapis.com/auth/classroom.guardianlinks.students.readonly"
	ScopeAnnounced    = "https://www.googleapis.com/auth/classroom.announcements.readonly"
	ScopeCourseWork   = "https://www.googleapis.com/auth/classroom.coursework.students.readonly"
	ScopeMaterials    = "https://www.googleapis.com/auth/classroom.courseworkmaterials.readonly"
	ScopeMetadata     = "https://www.googleapis.com/auth/drive.metadata.readonly"
	ScopeDrives       = "https://www.googleapis.com/auth/drive.readonly"
	ScopeBlogs        = "https://www.googleapis.com/auth/blogger.readonly"
	ScopeCompose      = "https://www.googleapis.com/auth/gmail.compose"
	ScopeMailSettings = "https://www.googleapis.com/auth/gmail.settings.basic" // Google's only other ones read all mail
	ScopeMail         = "https://www.googleapis.com/auth/gmail.readonly"       // all mail of whom it acts as; only for the sender's mailbox and one that the policy names (Client.Mail)

	// These change things. Nothing but the methods of write.go, blogger.go and announcements.go that change something asks for them; the last also reads, as a teacher, what it wrote.
	ScopeUsersWrite   = "https://www.googleapis.com/auth/admin.directory.user"
	ScopeMembersWrite = "https://www.googleapis.com/auth/admin.directory.group.member"
	ScopeDriveWrite   = "https://www.googleapis.com/auth/drive"
	ScopeBlogsWrite   = "https://www.googleapis.com/auth/blogger"

	ScopeAnnounceWrite = "https://www.googleapis.com/auth/classroom.announcements"
)

// A ScopeUse says what a job uses a scope for.
type ScopeUse struct {
	Scope  string
	Plain  string // what the scope permits, for the person who grants it
	Needed bool   // without it the job says little or nothing; otherwise one part stays unseen
	Unseen string // what stays unknown without it; for a scope that changes things, what has to be done by hand
}

const (
	plainUsers      = "read the list of accounts: names, addresses and org units"
	plainUnits      = "read the tree of org units"
	plainGroups     = "read groups and their members"
	plainAudit      = "read the audit log"
	plainUsage      = "read the daily usage reports: figures for each account, such as mails sent"
	plainLicenses   = "read who has which licence; Google offers it only together with giving and taking them, which is never done"
	plainPolicies   = "read the settings of Google's services in the Admin console"
	plainDomains    = "read the list of the school's domains"
	plainCourses    = "read the list of Classroom classes"
	plainRosters    = "read who is in which Classroom class"
	plainDrives     = "list shared drives, and read a roll that is kept on Drive; Google offers it only together with reading everybody's files, which is never done otherwise"
	plainSecurity   = "read which apps accounts have let in; Google offers it only together with removing them and signing people out"
	plainMetadata   = "read titles, folders and sharing of everybody's files on Drive, not what is in them"
	plainCourseWork = "read classwork in Classroom, and what pupils handed in; Google offers it only together"
	plainMail       = "read mail; used in the sender's own mailbox only, for the reports that a mail could not be delivered, and in a mailbox for ClassDojo that the policy names. Google offers nothing smaller that can search"
	plainMaterials  = "read materials in Classroom"
	plainBlogs      = "read the blogs of members of staff on Blogger, with their comments"
)

// Scopes lists the scopes that a job uses, in the order in which they are tried; nil for a job that uses none. Jobs may share scopes.
func Scopes(job string) []ScopeUse {
	switch job {
	case "sharing":
		return []ScopeUse{
			{ScopeUsers, plainUsers, true, "whose files there are, and who belongs to the school"},
			{ScopeDomains, plainDomains, true, "which addresses are the school's own"},
			{ScopeMetadata, plainMetadata, true, "everything on Drive"},
			{ScopeUnits, plainUnits, false, "to which school of a trust a shared drive belongs"},
			{ScopeGroups, plainGroups, false, "who is reached through a group"},
			{ScopeSettings, "read the settings of groups; Google offers it only together with changing them, which is never done", false, "groups that anyone may join"},
			{ScopeDrives, plainDrives, false, "shared drives"},
			{ScopeAudit, plainAudit, false, "what changed since yesterday; every change then waits for the next full look"},
		}
	case "accounts":
		return []ScopeUse{
			{ScopeUsers, plainUsers, true, "everything about accounts"},
			{ScopeDomains, plainDomains, false, "which addresses are outside the school"},
			{ScopeGroups, plainGroups, false, "accounts that belong to the school, are left out or hold an administrator's role through a group"},
			{ScopeRoles, "read who is an administrator of what", false, "administrator's roles other than super administrator"},
			{ScopeAudit, plainAudit, false, "how old passwords are, leaked passwords, suspicious sign-ins and mail passed on outside"},
			{ScopeUsage, plainUsage, false, "weak passwords; and which accounts have let apps in, so that each has to be asked"},
			{ScopeSecurity, plainSecurity, false, "third-party apps"},
			{ScopeMailSettings, "read where accounts pass their mail on to; Google offers it only together with changing mail settings, which is never done", false, "whether mail is passed on outside"},
			{ScopeCourses, plainCourses, false, "everything about classes"},
			{ScopeRosters, plainRosters, false, "who is in a class"},
			{ScopeGuardians, "read which parents and carers Classroom writes to", false, "whether somebody from outside in a class is a parent or carer"},
			{ScopeAddresses, "read the addresses of people in Classroom classes", false, "whether somebody in a class whom the list of accounts does not know belongs to the trust"},
			{ScopeDrives, plainDrives, false, "a roll that is kept on Drive; without it, name a CSV file"},
		}
	case "comments":
		return []ScopeUse{
			{ScopeUsers, plainUsers, true, "who is a pupil and who is staff"},
			{ScopeAudit, plainAudit, true, "where somebody commented; Google tells it nowhere else"},
			{ScopeCourses, plainCourses, true, "which classes there are"},
			{ScopeRosters, plainRosters, true, "who teaches a class, and so who looks"},
			{ScopeGroups, plainGroups, false, "which accounts belong to the school through a group"},
			{ScopeDomains, plainDomains, false, "which addresses are outside the school"},
			{ScopeAnnounced, "read announcements in Classroom", false, "which announcement was commented on: the mail then leads to the class; and documents attached to one, where the policy asks for documents"},
			{ScopeCourseWork, plainCourseWork, false, "which classwork was commented on: the mail then leads to the class; and documents attached to one, where the policy asks for documents"},
			{ScopeMaterials, plainMaterials, false, "which material was commented on: the mail then leads to the class; and documents attached to one, where the policy asks for documents"},
			{ScopeMetadata, plainMetadata, false, "in which class a document is that somebody commented on; only needed where the policy asks for documents"},
			{ScopeBlogs, plainBlogs, false, "comments on blogs, and which blogs there are; only needed where the policy asks for blogs"},
		}
	case "names":
		return []ScopeUse{
			{ScopeUsers, plainUsers, true, "whose names there are"},
			{ScopeMetadata, plainMetadata, true, "titles on Drive that the public can read; the job sharing reads them, with everything that it needs"},
			{ScopeGroups, plainGroups, false, "which accounts belong to the school through a group"},
			{ScopeCourses, plainCourses, false, "names of classes"},
			{ScopeRosters, plainRosters, false, "which classes are the school's, in a trust that shares one Google account"},
			{ScopeCourseWork, plainCourseWork, false, "titles of classwork and materials"},
			{ScopeMaterials, plainMaterials, false, "titles of classwork and materials"},
			{ScopeBlogs, plainBlogs, false, "pupils' names in posts on the blogs that the policy lists, and in comments on them"},
			{ScopeDrives, plainDrives, false, "a roll that is kept on Drive; without it, name a CSV file"},
		}
	case "devices":
		return []ScopeUse{
			{ScopeUsers, plainUsers, true, "whose mobile devices there are"},
			{ScopeMobiles, "read the list of mobile devices", false, "mobile devices"},
			{ScopeChromebooks, "read the list of Chromebooks", false, "Chromebooks"},
		}
	case "pupil-email":
		return []ScopeUse{
			{ScopeUsers, plainUsers, true, "which accounts are pupils'"},
			{ScopeUnits, plainUnits, true, "for which org unit a setting is"},
			{ScopePolicies, plainPolicies, false, "whether Gmail is switched on for pupils"},
			{ScopeGroups, plainGroups, false, "pupils for whom a group switches Gmail on"},
			{ScopeLicenses, plainLicenses, false, "settings that hold only for some licences"},
			{ScopeUsage, plainUsage, false, "whether pupils sent or received mail"},
			{ScopeAudit, plainAudit, false, "since when Gmail has been off for an account"},
		}
	case "settings":
		return []ScopeUse{
			{ScopePolicies, plainPolicies, true, "all settings"},
			{ScopeUnits, plainUnits, true, "for which org unit a setting is"},
			{ScopeUsers, plainUsers, false, "settings that hold only for some licences or groups"},
			{ScopeGroups, plainGroups, false, "settings that hold only for some groups"},
			{ScopeLicenses, plainLicenses, false, "settings that hold only for some licences"},
		}
	case "reminders":
		return []ScopeUse{
			{ScopeUsers, plainUsers, true, "who is of the staff, and who teaches"},
			{ScopeGroups, plainGroups, false, "which accounts belong to the school through a group"},
			{ScopeCourses, plainCourses, false, "which classes there are: reminders for teachers, and in Classroom"},
			{ScopeRosters, plainRosters, false, "who teaches a class"},
			{ScopeDrives, plainDrives, false, "a staff roll that is kept on Drive; without it, name a CSV file"},
			{ScopeAnnounceWrite, "write announcements in Classroom in the name of a class's teacher, and change and delete those that the program wrote; no others", false,
				"posting reminders for pupils in their classes; only needed where the policy has a reminder through Classroom"},
		}
	case "hooks": // no scope that the jobs which read do not need as well
		return []ScopeUse{
			{ScopeAudit, plainAudit, false, "within minutes, what the logs tell: it is then found when the jobs look"},
			{ScopeUsers, plainUsers, false, "within minutes, what becomes of accounts: it is then found when the jobs look"},
		}
	case "send":
		return []ScopeUse{
			{ScopeCompose, "write drafts and send them from the sender's mailbox; it cannot read mail", true, "nothing, but no mail is sent through Gmail"},
			{ScopeMail, plainMail, false, "whether a mail came back"},
		}
	case "apply":
		return []ScopeUse{
			{ScopeUsersWrite, "change accounts: org unit, switched on or off, recovery address", false, "moving accounts, switching them off and removing recovery addresses"},
			{ScopeMembersWrite, "add members to groups and remove them", false, "removing accounts from groups"},
			{ScopeSecurity, plainSecurity, false, "removing apps and signing people out"},
			{ScopeDriveWrite, "change the sharing of everybody's files; Google offers it only together with reading and changing the files themselves, which is never done", false, "ending or narrowing the sharing of files, and handing files over"},
			{ScopeBlogsWrite, "show, hide and remove comments on blogs, when somebody who looks after the blog says so; Google offers it only together with writing posts, which is never done", false, "showing, hiding and removing comments on blogs"},
		}
	}
	return nil
}
