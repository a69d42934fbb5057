package truth

// defaults is what holds where nobody set anything, by TYPE/FIELD, where docs/settings.md knows it. That a service is off
// then is no line of this table.
var defaults = map[string]string{
	"drive_and_docs.external_sharing/externalSharingMode":                                "ALLOWED",
	"drive_and_docs.external_sharing/allowReceivingExternalFiles":                        "true",
	"drive_and_docs.external_sharing/allowPublishingFiles":                               "true",
	"drive_and_docs.external_sharing/warnForExternalSharing":                             "true",
	"drive_and_docs.general_access_default/defaultFileAccess":                            "LINK_SHARING_PRIVATE",
	"drive_and_docs.shared_drive_creation/allowExternalUserAccess":                       "true",
	"drive_and_docs.shared_drive_creation/allowManagersToOverrideSettings":               "true",
	"drive_and_docs.shared_drive_creation/allowNonMemberAccess":                          "true",
	"sites.sites_creation_and_modification/allowSitesCreation":                           "true",
	"calendar.primary_calendar_max_allowed_external_sharing/maxAllowedExternalSharing":   "EXTERNAL_FREE_BUSY_ONLY",
	"calendar.secondary_calendar_max_allowed_external_sharing/maxAllowedExternalSharing": "EXTERNAL_ALL_INFO_READ_ONLY",
	"calendar.external_invitations/warnOnInvite":                                         "true",
	"meet.safety_access/meetingsAllowedToJoin":                                           "ALL",
	"meet.safety_domain/usersAllowedToJoin":                                              "ALL",
	"groups_for_business.groups_sharing/collaborationCapability":                         "DOMAIN_USERS_ONLY",
	"groups_for_business.groups_sharing/ownersCanAllowExternalMembers":                   "false",
	"security.password/minimumLength":                                                    "8",
	"security.password/allowReuse":                                                       "false",
	"security.password/expirationDuration":                                               "0s",
	"security.user_account_recovery/enableAccountRecovery":                               "false",
	"security.less_secure_apps/allowLessSecureApps":                                      "false",
	"gmail.auto_forwarding/enableAutoForwarding":                                         "true",
}

// baselines are the named lists of wanted settings of docs/settings.md.
var baselines = map[string][]Want{
	"primary-pupils": {
		{Setting: "chat.service_status", Field: "serviceState", Value: "DISABLED"},
		{Setting: "meet.service_status", Field: "serviceState", Value: "DISABLED"},
		{Setting: "meet.video_recording", Field: "enableRecording", Value: false},
		{Setting: "youtube.service_status", Field: "serviceState", Value: "DISABLED"},
		{Setting: "blogger.service_status", Field: "serviceState", Value: "DISABLED"},
		{Setting: "groups_for_business.service_status", Field: "serviceState", Value: "DISABLED"},
		{Setting: "location_history.service_status", Field: "serviceState", Value: "DISABLED"},
		{Setting: "takeout.service_status", Field: "serviceState", Value: "DISABLED"},
		{Setting: "drive_and_docs.external_sharing", Field: "externalSharingMode", Value: "DISALLOWED"},
		{Setting: "drive_and_docs.external_sharing", Field: "allowReceivingExternalFiles", Value: false},
		{Setting: "drive_and_docs.general_access_default", Field: "defaultFileAccess", Values: []any{"LINK_SHARING_PRIVATE", "PRIVATE_TO_OWNER"}},
		{Setting: "classroom.student_unenrollment", Field: "whoCanUnenrollStudents", Value: "TEACHERS_ONLY"},
		{Setting: "classroom.class_membership", Field: "whoCanJoinClasses", Value: "ANYONE_IN_DOMAIN"},
		{Setting: "classroom.class_membership", Field: "whichClassesCanUsersJoin", Value: "CLASSES_IN_DOMAIN"},
		{Setting: "classroom.teacher_permissions", Field: "whoCanCreateClasses", Value: "VERIFIED_TEACHERS_ONLY"},
		{Setting: "calendar.primary_calendar_max_allowed_external_sharing", Field: "maxAllowedExternalSharing", Value: "EXTERNAL_FREE_BUSY_ONLY"},
		{Setting: "calendar.secondary_calendar_max_allowed_external_sharing", Field: "maxAllowedExternalSharing", Value: "EXTERNAL_FREE_BUSY_ONLY"},
		{Setting: "api_controls.unconfigured_third_party_apps", Field: "accessLevel", Value: "BLOCK_ALL_SCOPES"},
		{Setting: "workspace_marketplace.apps_access_options", Field: "accessLevel", Values: []any{"ALLOW_NONE", "ALLOW_LISTED_APPS"}},
		{Setting: "security.password", Field: "minimumLength", AtLeast: atLeast(8)},
		{Setting: "security.user_account_recovery", Field: "enableAccountRecovery", Value: false},
	},
}

func atLeast(n float64) *float64 { return &n }
