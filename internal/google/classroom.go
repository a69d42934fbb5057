package google

import (
	"context"
	"iter"
	"strings"

	"google.golang.org/api/classroom/v1"
	"google.golang.org/api/googleapi"

	"esafetybot/internal/seen"
)

// Courses streams the classes in these states (ACTIVE, ARCHIVED, PROVISIONED, DECLINED, SUSPENDED), without one those in any, as the administrator,
// who sees all of the customer's, with [ScopeCourses].
func (c *Client) Courses(ctx context.Context, states ...string) iter.Seq2[seen.Course, error] {
	open := func() *Handle { return c.asAdmin(ScopeCourses) }
	return paged(ctx, open, coursesList, "", func(ctx context.Context, token string) ([]seen.Course, string, error) {
		list := c.classroom.Courses.List().CourseStates(states...).PageSize(500).
			Fields("nextPageToken,courses(id,name,ownerId,courseState,alternateLink,creationTime,teacherFolder(id))")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Courses, func(k *classroom.Course) (seen.Course, bool) {
			course := seen.Course{ID: k.Id, Name: k.Name, Owner: k.OwnerId, State: k.CourseState, Link: k.AlternateLink, Created: moment(k.CreationTime)}
			if k.TeacherFolder != nil {
				course.Folder = k.TeacherFolder.Id
			}
			return course, true
		}), page.NextPageToken, nil
	})
}

// ClassMembers streams a class's teachers, then its students, with [ScopeRosters] and, if Google gives it, [ScopeAddresses]: the addresses are empty without it.
func (c *Client) ClassMembers(ctx context.Context, courseID string) iter.Seq2[seen.ClassMember, error] {
	return func(yield func(seen.ClassMember, error) bool) {
		begun := false
		for m, err := range c.classMembers(ctx, courseID, ScopeRosters, ScopeAddresses) {
			if !begun && Reason(err) == seen.Refused {
				for m, err := range c.classMembers(ctx, courseID, ScopeRosters) {
					if !yield(m, err) {
						return
					}
				}
				return
			}
			if begun = true; !yield(m, err) {
				return
			}
		}
	}
}

func (c *Client) classMembers(ctx context.Context, courseID string, scopes ...string) iter.Seq2[seen.ClassMember, error] {
	open := func() *Handle { return c.asAdmin(scopes...) }
	member := func(id string, p *classroom.UserProfile, teacher bool) seen.ClassMember {
		m := seen.ClassMember{ID: id, Teacher: teacher}
		if p != nil {
			m.Address = strings.ToLower(p.EmailAddress)
		}
		return m
	}
	teachers := paged(ctx, open, teachersList, "course "+courseID, func(ctx context.Context, token string) ([]seen.ClassMember, string, error) {
		list := c.classroom.Courses.Teachers.List(courseID).PageSize(100).Fields("nextPageToken,teachers(userId,profile(emailAddress))")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Teachers, func(t *classroom.Teacher) (seen.ClassMember, bool) {
			return member(t.UserId, t.Profile, true), true
		}), page.NextPageToken, nil
	})
	students := paged(ctx, open, studentsList, "course "+courseID, func(ctx context.Context, token string) ([]seen.ClassMember, string, error) {
		list := c.classroom.Courses.Students.List(courseID).PageSize(100).Fields("nextPageToken,students(userId,profile(emailAddress))")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Students, func(s *classroom.Student) (seen.ClassMember, bool) {
			return member(s.UserId, s.Profile, false), true
		}), page.NextPageToken, nil
	})
	return oneAfterTheOther(teachers, students)
}

// Post reads one post of a class as the administrator: an announcement with [ScopeAnnounced], classwork with [ScopeCourseWork], material with [ScopeMaterials].
// The text of an announcement is not asked for. The error is [Client.Gone] for what was deleted, and for what Google does not show an administrator.
func (c *Client) Post(ctx context.Context, courseID, kind, id string) (seen.Post, error) {
	switch kind {
	case seen.PostCourseWork:
		return single(ctx, c.asAdmin(ScopeCourseWork), courseWorkGet, "classwork "+id, func(ctx context.Context) (seen.Post, error) {
			p, err := c.classroom.Courses.CourseWork.Get(courseID, id).Fields("title,state,alternateLink,creationTime", attached).Context(ctx).Do()
			if err != nil {
				return seen.Post{}, err
			}
			return seen.Post{ID: id, Title: p.Title, Link: p.AlternateLink, Made: moment(p.CreationTime), Kind: kind, Files: files(p.State, p.Materials)}, nil
		})
	case seen.PostMaterial:
		return single(ctx, c.asAdmin(ScopeMaterials), materialsGet, "material "+id, func(ctx context.Context) (seen.Post, error) {
			p, err := c.classroom.Courses.CourseWorkMaterials.Get(courseID, id).Fields("title,state,alternateLink,creationTime", attached).Context(ctx).Do()
			if err != nil {
				return seen.Post{}, err
			}
			return seen.Post{ID: id, Title: p.Title, Link: p.AlternateLink, Made: moment(p.CreationTime), Kind: kind, Files: files(p.State, p.Materials)}, nil
		})
	}
	return single(ctx, c.asAdmin(ScopeAnnounced), announcementsGet, "announcement "+id, func(ctx context.Context) (seen.Post, error) {
		p, err := c.classroom.Courses.Announcements.Get(courseID, id).Fields("state,alternateLink,creationTime", attached).Context(ctx).Do()
		if err != nil {
			return seen.Post{}, err
		}
		return seen.Post{ID: id, Link: p.AlternateLink, Made: moment(p.CreationTime), Kind: kind, Files: files(p.State, p.Materials)}, nil
	})
}

// The states of posts: that the class can see, that it could see, and that only its teachers and administrators see.
const (
	published  = seen.Published
	deleted    = seen.Deleted
	draftState = seen.Draft
)

// attached are the fields of what is attached to a post.
const attached = "materials(driveFile(driveFile(id)))"

// files lists what is attached to a post that the class can see, or could until it was deleted.
func files(state string, list []*classroom.Material) []string {
	var out []string
	for _, m := range list {
		if (state == published || state == deleted) && m.DriveFile != nil && m.DriveFile.DriveFile != nil {
			out = append(out, m.DriveFile.DriveFile.Id)
		}
	}
	return out
}

// Attached streams the posts of a class, deleted ones too, to which files on Drive are attached, as the administrator: announcements with [ScopeAnnounced], classwork with [ScopeCourseWork], materials with [ScopeMaterials].
func (c *Client) Attached(ctx context.Context, courseID string) iter.Seq2[seen.Post, error] {
	post := func(kind, id string, list []*classroom.Material) (seen.Post, bool) {
		p := seen.Post{ID: id, Kind: kind, Files: files(published, list)}
		return p, len(p.Files) > 0
	}
	return oneAfterTheOther(
		c.announcements(ctx, courseID, attached, func(p *classroom.Announcement) (seen.Post, bool) {
			return post(seen.PostAnnouncement, p.Id, p.Materials)
		}),
		c.courseWork(ctx, courseID, attached, withDeleted, func(p *classroom.CourseWork) (seen.Post, bool) { return post(seen.PostCourseWork, p.Id, p.Materials) }),
		c.materials(ctx, courseID, attached, withDeleted, func(p *classroom.CourseWorkMaterial) (seen.Post, bool) {
			return post(seen.PostMaterial, p.Id, p.Materials)
		}),
	)
}

// Titled streams the published classwork of a class, with [ScopeCourseWork], then its published materials, with [ScopeMaterials], as the administrator. Announcements have no title.
func (c *Client) Titled(ctx context.Context, courseID string) iter.Seq2[seen.Post, error] {
	const titled = "title,alternateLink,creationTime"
	return oneAfterTheOther(
		c.courseWork(ctx, courseID, titled, []string{published}, func(p *classroom.CourseWork) (seen.Post, bool) {
			return seen.Post{ID: p.Id, Title: p.Title, Link: p.AlternateLink, Made: moment(p.CreationTime), Kind: seen.PostCourseWork}, true
		}),
		c.materials(ctx, courseID, titled, []string{published}, func(p *classroom.CourseWorkMaterial) (seen.Post, bool) {
			return seen.Post{ID: p.Id, Title: p.Title, Link: p.AlternateLink, Made: moment(p.CreationTime), Kind: seen.PostMaterial}, true
		}),
	)
}

// withDeleted are the states of posts that the class can or could see.
var withDeleted = []string{published, deleted}

// announcements streams the announcements of a class, deleted ones too.
func (c *Client) announcements(ctx context.Context, courseID, fields string, post func(*classroom.Announcement) (seen.Post, bool)) iter.Seq2[seen.Post, error] {
	list := c.classroom.Courses.Announcements.List(courseID).AnnouncementStates(withDeleted...).PageSize(100).Fields(googleapi.Field("nextPageToken,announcements(id," + fields + ")"))
	return paged(ctx, func() *Handle { return c.asAdmin(ScopeAnnounced) }, announcementsList, "course "+courseID, func(ctx context.Context, token string) ([]seen.Post, string, error) {
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Announcements, post), page.NextPageToken, nil
	})
}

// courseWork streams the classwork of a class in some states.
func (c *Client) courseWork(ctx context.Context, courseID, fields string, states []string, post func(*classroom.CourseWork) (seen.Post, bool)) iter.Seq2[seen.Post, error] {
	list := c.classroom.Courses.CourseWork.List(courseID).CourseWorkStates(states...).PageSize(100).Fields(googleapi.Field("nextPageToken,courseWork(id," + fields + ")"))
	return paged(ctx, func() *Handle { return c.asAdmin(ScopeCourseWork) }, courseWorkList, "course "+courseID, func(ctx context.Context, token string) ([]seen.Post, string, error) {
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.CourseWork, post), page.NextPageToken, nil
	})
}

// materials streams the materials of a class in some states.
func (c *Client) materials(ctx context.Context, courseID, fields string, states []string, post func(*classroom.CourseWorkMaterial) (seen.Post, bool)) iter.Seq2[seen.Post, error] {
	list := c.classroom.Courses.CourseWorkMaterials.List(courseID).CourseWorkMaterialStates(states...).PageSize(100).Fields(googleapi.Field("nextPageToken,courseWorkMaterial(id," + fields + ")"))
	return paged(ctx, func() *Handle { return c.asAdmin(ScopeMaterials) }, materialsList, "course "+courseID, func(ctx context.Context, token string) ([]seen.Post, string, error) {
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.CourseWorkMaterial, post), page.NextPageToken, nil
	})
}

// oneAfterTheOther joins streams; it ends with the first error.
func oneAfterTheOther[T any](lists ...iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, list := range lists {
			for v, err := range list {
				if !yield(v, err) || err != nil {
					return
				}
			}
		}
	}
}

// Guardians streams the parents and carers whom Classroom writes to, of all pupils, with [ScopeGuardians]. The address is the one that was invited,
// which only administrators see.
func (c *Client) Guardians(ctx context.Context) iter.Seq2[seen.Guardian, error] {
	open := func() *Handle { return c.asAdmin(ScopeGuardians) }
	return paged(ctx, open, guardiansList, "", func(ctx context.Context, token string) ([]seen.Guardian, string, error) {
		list := c.classroom.UserProfiles.Guardians.List("-").PageSize(500).
			Fields("nextPageToken,guardians(studentId,invitedEmailAddress,guardianProfile(emailAddress))")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Guardians, func(g *classroom.Guardian) (seen.Guardian, bool) {
			out := seen.Guardian{Pupil: g.StudentId, Address: strings.ToLower(g.InvitedEmailAddress)}
			if out.Address == "" && g.GuardianProfile != nil {
				out.Address = strings.ToLower(g.GuardianProfile.EmailAddress)
			}
			return out, true
		}), page.NextPageToken, nil
	})
}
