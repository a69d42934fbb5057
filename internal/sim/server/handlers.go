package server

import (
	"slices"

	"esafetybot/internal/sim/world"
)

// handlers answers each method of the catalogue; a test sees that none is missing.
var handlers = map[string]handler{
	"drive.about.get":          {read: withDrive("", aboutGet)},
	"drive.comments.create":    {write: changeComment(commentCreate)},
	"drive.comments.delete":    {write: changeComment(commentDelete)},
	"drive.comments.get":       {read: withDrive("", commentsGet)},
	"drive.comments.list":      {read: withDrive("", commentsList)},
	"drive.comments.update":    {write: changeComment(commentUpdate)},
	"drive.drives.get":         {read: withDrive("kind,id,name", drivesGet)},
	"drive.drives.list":        {read: withDrive("kind,nextPageToken,drives(kind,id,name)", drivesList)},
	"drive.files.create":       {write: filesCreate},
	"drive.files.delete":       {write: filesDelete},
	"drive.files.export":       {read: withDrive("", filesExport)},
	"drive.files.get":          {read: withDrive(fileFields, filesGet)},
	"drive.files.list":         {read: withDrive("kind,incompleteSearch,nextPageToken,files("+fileFields+")", filesList)},
	"drive.files.update":       {write: filesUpdate},
	"drive.permissions.create": {write: permissionsCreate},
	"drive.permissions.delete": {write: permissionsDelete},
	"drive.permissions.get":    {read: withDrive(permissionFields, permissionsGet)},
	"drive.permissions.list":   {read: withDrive("kind,nextPageToken,permissions("+permissionFields+")", permissionsList)},
	"drive.permissions.update": {write: permissionsUpdate},
	"drive.replies.create":     {write: changeComment(commentCreate)},
	"drive.replies.delete":     {write: changeComment(commentDelete)},
	"drive.replies.get":        {read: withDrive("", repliesGet)},
	"drive.replies.list":       {read: withDrive("", repliesList)},
	"drive.replies.update":     {write: changeComment(commentUpdate)},

	"directory.customers.get":      {read: onlyAdmin(customersGet)},
	"directory.domains.list":       {read: onlyAdmin(domainsList)},
	"directory.domainAliases.list": {read: onlyAdmin(domainAliasesList)},
	"directory.groups.get":         {read: onlyAdmin(groupsGet)},
	"directory.groups.list":        {read: onlyAdmin(groupsList)},
	"directory.members.delete":     {write: membersDelete},
	"directory.members.get":        {read: onlyAdmin(membersGet)},
	"directory.members.hasMember":  {read: onlyAdmin(membersHasMember)},
	"directory.members.insert":     {write: membersInsert},
	"directory.members.list":       {read: onlyAdmin(membersList)},
	"directory.orgunits.list":      {read: onlyAdmin(orgunitsList)},
	"directory.users.get":          {read: usersGet},
	"directory.users.list":         {read: onlyAdmin(usersList)},
	"directory.users.patch":        {write: usersPatch},
	"directory.users.signOut":      {write: usersSignOut},
	"directory.users.update":       {write: usersPatch},
	"directory.users.watch":        {write: usersWatch},

	"directory.roles.list":           {read: onlyAdmin(rolesList)},
	"directory.roleAssignments.list": {read: onlyAdmin(roleAssignmentsList)},
	"directory.tokens.delete":        {write: tokensDelete},
	"directory.tokens.get":           {read: onlyAdmin(tokensGet)},
	"directory.tokens.list":          {read: onlyAdmin(tokensList)},
	"directory.chromeosdevices.list": {read: onlyAdmin(chromeosdevicesList)},
	"directory.mobiledevices.list":   {read: onlyAdmin(mobiledevicesList)},

	"licensing.licenseAssignments.listForProduct": {read: onlyAdmin(licencesList)},

	"reports.activities.list":     {read: onlyAdmin(activitiesList)},
	"reports.activities.watch":    {write: activitiesWatch},
	"admin.channels.stop":         {write: channelsStop}, // of the Reports API and of the Directory, which call theirs the same
	"reports.userUsageReport.get": {read: onlyAdmin(userUsageGet)},
	"groupsSettings.groups.get":   {read: onlyAdmin(groupSettingsGet)},

	signJWT: {read: serviceAccountSigns},

	"classroom.courses.get":                 {read: courseGet},
	"classroom.courses.list":                {read: coursesList},
	"classroom.courses.students.list":       {read: roster("students", (*world.World).Students)},
	"classroom.courses.teachers.list":       {read: roster("teachers", (*world.World).Teachers)},
	"classroom.userProfiles.guardians.list": {read: guardiansList},

	"classroom.courses.announcements.create":     {write: announcementCreate},
	"classroom.courses.announcements.delete":     {write: announcementDelete},
	"classroom.courses.announcements.patch":      {write: announcementPatch},
	"classroom.courses.announcements.get":        {read: postGet(world.Announcement)},
	"classroom.courses.announcements.list":       {read: postsList(world.Announcement, "announcements", "announcementStates")},
	"classroom.courses.courseWork.get":           {read: postGet(world.CourseWork)},
	"classroom.courses.courseWork.list":          {read: postsList(world.CourseWork, "courseWork", "courseWorkStates")},
	"classroom.courses.courseWorkMaterials.get":  {read: postGet(world.Material)},
	"classroom.courses.courseWorkMaterials.list": {read: postsList(world.Material, "courseWorkMaterial", "courseWorkMaterialStates")},

	"gmail.users.getProfile":    {write: withMail(getProfile)},
	"gmail.users.messages.get":  {write: withMail(messagesGet)},
	"gmail.users.messages.list": {write: withMail(messagesList)},
	"gmail.users.messages.send": {write: withMail(messagesSend)},
	"gmail.users.drafts.create": {write: withMail(draftsCreate)},
	"gmail.users.drafts.delete": {write: withMail(draftsDelete)},
	"gmail.users.drafts.get":    {write: withMail(draftsGet)},
	"gmail.users.drafts.list":   {write: withMail(draftsList)},
	"gmail.users.drafts.send":   {write: withMail(draftsSend)},

	"gmail.users.settings.getAutoForwarding": {write: withMail(autoForwardingGet)},

	"blogger.blogUserInfos.get":      {read: withBlogger(blogUserInfosGet)},
	"blogger.blogs.get":              {read: withBlogger(blogsGet)},
	"blogger.blogs.listByUser":       {read: withBlogger(blogsListByUser)},
	"blogger.comments.approve":       {write: moderate(world.ApproveComment)},
	"blogger.comments.delete":        {write: moderate(world.DropComment)},
	"blogger.comments.get":           {read: withBlogger(blogCommentsGet)},
	"blogger.comments.list":          {read: withBlogger(blogCommentsList)},
	"blogger.comments.listByBlog":    {read: withBlogger(blogCommentsList)},
	"blogger.comments.markAsSpam":    {write: moderate(world.SpamComment)},
	"blogger.comments.removeContent": {write: moderate(world.RemoveComment)},
	"blogger.posts.get":              {read: withBlogger(blogPostsGet)},
	"blogger.posts.list":             {read: withBlogger(blogPostsList)},
	"blogger.users.get":              {read: withBlogger(bloggerUsersGet)},

	"cloudidentity.policies.list":           {read: policiesList},
	"cloudidentity.allowlistedDomains.list": {read: allowlistedDomainsList},
}

// Handled lists the ids of the methods that are answered.
func Handled() []string {
	var out []string
	for id := range handlers {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}
