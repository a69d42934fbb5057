package google

import "context"

// A bucket is one quota that calls count against.
type bucket int

const (
	driveUser bucket = iota // per subject
	driveProject
	driveQueries // what older projects count instead of units
	directoryProject
	reportsProject
	reportsFiltered
	settingsProject
	gmailUser // per subject
	gmailProject
	policyProject
	classroomUser // per subject
	classroomProject
	licensingProject
	bloggerProject
	buckets
)

// perUser tells whether the quota is counted for each subject apart.
func (b bucket) perUser() bool { return b == driveUser || b == gmailUser || b == classroomUser }

// cost is what a call of the method takes from the quota.
func (m method) cost(b bucket) int {
	if b == driveQueries {
		return 1
	}
	return m.units
}

// A method is an API method as the transport needs to know it.
type method struct {
	name    string
	units   int      // quota units of one call
	buckets []bucket // the quotas it counts against, the subject's own first
	again   bool     // may be sent again when nobody knows whether it was done
	tries   int      // how often it is sent at most; 0 means as often as Retry says
}

var (
	driveBuckets     = []bucket{driveUser, driveProject, driveQueries}
	gmailBuckets     = []bucket{gmailUser, gmailProject}
	directoryBuckets = []bucket{directoryProject}
	classroomBuckets = []bucket{classroomUser, classroomProject}
	bloggerBuckets   = []bucket{bloggerProject}
)

// Units: https://developers.google.com/workspace/drive/api/guides/limits (list 100, get 5, write 50), https://developers.google.com/workspace/gmail/api/reference/quota;
// the others count queries.
var (
	tokenGet            = method{name: "oauth2.token", again: true}
	jwtSign             = method{name: "iamcredentials.serviceAccounts.signJwt", again: true} // 60,000 a minute (https://cloud.google.com/iam/quotas): more than anything here could use
	metadataToken       = method{name: "metadata.token", again: true, tries: 4}               // it is on this machine, or it is not
	filesList           = method{name: "drive.files.list", units: 100, buckets: driveBuckets, again: true}
	filesGet            = method{name: "drive.files.get", units: 5, buckets: driveBuckets, again: true}
	permissionsList     = method{name: "drive.permissions.list", units: 100, buckets: driveBuckets, again: true}
	drivesList          = method{name: "drive.drives.list", units: 100, buckets: driveBuckets, again: true}
	usersList           = method{name: "directory.users.list", units: 1, buckets: directoryBuckets, again: true}
	orgunitsList        = method{name: "directory.orgunits.list", units: 1, buckets: directoryBuckets, again: true}
	groupsList          = method{name: "directory.groups.list", units: 1, buckets: directoryBuckets, again: true}
	membersList         = method{name: "directory.members.list", units: 1, buckets: directoryBuckets, again: true}
	domainsList         = method{name: "directory.domains.list", units: 1, buckets: directoryBuckets, again: true}
	activitiesList      = method{name: "reports.activities.list", units: 1, buckets: []bucket{reportsProject}, again: true}
	activitiesFind      = method{name: "reports.activities.list", units: 1, buckets: []bucket{reportsFiltered, reportsProject}, again: true}
	settingsGet         = method{name: "groupssettings.groups.get", units: 1, buckets: []bucket{settingsProject}, again: true}
	policiesList        = method{name: "cloudidentity.policies.list", units: 1, buckets: []bucket{policyProject}, again: true}
	draftsCreate        = method{name: "gmail.drafts.create", units: 10, buckets: gmailBuckets}
	draftsSend          = method{name: "gmail.drafts.send", units: 100, buckets: gmailBuckets}
	draftsGet           = method{name: "gmail.drafts.get", units: 5, buckets: gmailBuckets, again: true}
	draftsList          = method{name: "gmail.drafts.list", units: 5, buckets: gmailBuckets, again: true}
	draftsDelete        = method{name: "gmail.drafts.delete", units: 10, buckets: gmailBuckets, again: true} // by id: doing it twice changes nothing
	messagesList        = method{name: "gmail.messages.list", units: 5, buckets: gmailBuckets, again: true}
	messagesGet         = method{name: "gmail.messages.get", units: 5, buckets: gmailBuckets, again: true}
	usersGet            = method{name: "directory.users.get", units: 1, buckets: directoryBuckets, again: true}
	membersGet          = method{name: "directory.members.get", units: 1, buckets: directoryBuckets, again: true}
	permissionsGet      = method{name: "drive.permissions.get", units: 5, buckets: driveBuckets, again: true}
	rolesList           = method{name: "directory.roles.list", units: 1, buckets: directoryBuckets, again: true}
	roleAssignmentsList = method{name: "directory.roleAssignments.list", units: 1, buckets: directoryBuckets, again: true}
	tokensList          = method{name: "directory.tokens.list", units: 1, buckets: directoryBuckets, again: true}
	chromebooksList     = method{name: "directory.chromeosdevices.list", units: 1, buckets: directoryBuckets, again: true}
	mobilesList         = method{name: "directory.mobiledevices.list", units: 1, buckets: directoryBuckets, again: true}
	usageGet            = method{name: "reports.userUsageReport.get", units: 1, buckets: []bucket{reportsProject}, again: true}
	usageFind           = method{name: "reports.userUsageReport.get", units: 1, buckets: []bucket{reportsFiltered, reportsProject}, again: true}
	licensesList        = method{name: "licensing.licenseAssignments.listForProduct", units: 1, buckets: []bucket{licensingProject}, again: true}
	coursesList         = method{name: "classroom.courses.list", units: 1, buckets: classroomBuckets, again: true}
	teachersList        = method{name: "classroom.courses.teachers.list", units: 1, buckets: classroomBuckets, again: true}
	studentsList        = method{name: "classroom.courses.students.list", units: 1, buckets: classroomBuckets, again: true}
	announcementsList   = method{name: "classroom.courses.announcements.list", units: 1, buckets: classroomBuckets, again: true}
	announcementsGet    = method{name: "classroom.courses.announcements.get", units: 1, buckets: classroomBuckets, again: true}
	courseWorkGet       = method{name: "classroom.courses.courseWork.get", units: 1, buckets: classroomBuckets, again: true}
	materialsGet        = method{name: "classroom.courses.courseWorkMaterials.get", units: 1, buckets: classroomBuckets, again: true}
	courseWorkList      = method{name: "classroom.courses.courseWork.list", units: 1, buckets: classroomBuckets, again: true}
	materialsList       = method{name: "classroom.courses.courseWorkMaterials.list", units: 1, buckets: classroomBuckets, again: true}
	guardiansList       = method{name: "classroom.userProfiles.guardians.list", units: 1, buckets: classroomBuckets, again: true}
	forwardingGet       = method{name: "gmail.users.settings.getAutoForwarding", units: 1, buckets: gmailBuckets, again: true}

	blogsList        = method{name: "blogger.blogs.listByUser", units: 1, buckets: bloggerBuckets, again: true}
	blogPostsList    = method{name: "blogger.posts.list", units: 1, buckets: bloggerBuckets, again: true}
	blogCommentsList = method{name: "blogger.comments.listByBlog", units: 1, buckets: bloggerBuckets, again: true}
	blogCommentGet   = method{name: "blogger.comments.get", units: 1, buckets: bloggerBuckets, again: true}

	// Changes: those without again add something.
	announcementsCreate = method{name: "classroom.courses.announcements.create", units: 1, buckets: classroomBuckets}
	announcementsPatch  = method{name: "classroom.courses.announcements.patch", units: 1, buckets: classroomBuckets, again: true}
	announcementsDelete = method{name: "classroom.courses.announcements.delete", units: 1, buckets: classroomBuckets, again: true}
	usersPatch          = method{name: "directory.users.patch", units: 1, buckets: directoryBuckets, again: true}
	usersSignOut        = method{name: "directory.users.signOut", units: 1, buckets: directoryBuckets, again: true}
	tokensDelete        = method{name: "directory.tokens.delete", units: 1, buckets: directoryBuckets, again: true}
	membersInsert       = method{name: "directory.members.insert", units: 1, buckets: directoryBuckets}
	membersDelete       = method{name: "directory.members.delete", units: 1, buckets: directoryBuckets, again: true}
	permissionsCreate   = method{name: "drive.permissions.create", units: 50, buckets: driveBuckets}
	permissionsUpdate   = method{name: "drive.permissions.update", units: 50, buckets: driveBuckets, again: true}
	permissionsDelete   = method{name: "drive.permissions.delete", units: 50, buckets: driveBuckets, again: true}
	blogCommentShow     = method{name: "blogger.comments.approve", units: 1, buckets: bloggerBuckets, again: true}
	blogCommentHide     = method{name: "blogger.comments.markAsSpam", units: 1, buckets: bloggerBuckets, again: true}
	blogCommentEmpty    = method{name: "blogger.comments.removeContent", units: 1, buckets: bloggerBuckets, again: true}

	// Channels: Google refuses the id of one that it knows, so that twice is once. Both APIs call their method of stopping admin.channels.stop.
	activitiesWatch = method{name: "reports.activities.watch", units: 1, buckets: []bucket{reportsFiltered, reportsProject}, again: true}
	activitiesStop  = method{name: "reports.channels.stop", units: 1, buckets: []bucket{reportsProject}, again: true}
	usersWatch      = method{name: "directory.users.watch", units: 1, buckets: directoryBuckets, again: true}
	usersStop       = method{name: "directory.channels.stop", units: 1, buckets: directoryBuckets, again: true}
)

// A call is one API call on its way: what the transport learns from the request's context, and what it reports back.
type call struct {
	m     method
	id    *identity // whom it acts as; nil for token requests
	tries int       // how often it was sent

	// read, if set, takes a good answer's body, which is its own only until it returns; the REST client gets an empty object instead. It
	// returns errCut where it makes sense to ask again.
	read func(body []byte) error

	// unsure says that it was sent, may have been done and must not be sent again. An error alone would not do:
	// the REST clients replace it when the context has ended.
	unsure bool
}

type callKey struct{}

func withCall(ctx context.Context, cl *call) context.Context {
	return context.WithValue(ctx, callKey{}, cl)
}

// reading says who takes the answer of the call in a context.
func reading(ctx context.Context, read func(body []byte) error) context.Context {
	callOf(ctx).read = read
	return ctx
}

func callOf(ctx context.Context) *call {
	cl, _ := ctx.Value(callKey{}).(*call)
	return cl
}
