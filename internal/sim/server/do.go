package server

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// act is a change that POST /sim/do makes as a person would: {"do": "share", "file": ID, "grant": {…}, "actor": ADDRESS}.
type act struct {
	Do         string      `json:"do"`
	Actor      string      `json:"actor"`
	File       string      `json:"file"`
	Drive      string      `json:"drive"`
	User       string      `json:"user"`
	Group      string      `json:"group"`
	Member     string      `json:"member"`
	Permission string      `json:"permission"`
	Grant      world.Grant `json:"grant"`
	Role       string      `json:"role"`
	Domain     string      `json:"domain"`
	Findable   bool        `json:"findable"`
	To         string      `json:"to"` // a folder, an owner, a unit
	Name       string      `json:"name"`
	MimeType   string      `json:"mimeType"`
	Field      string      `json:"field"`
	Value      string      `json:"value"`
	Time       time.Time   `json:"time"`

	App      string          `json:"app"` // a client id
	Blog     string          `json:"blog"`
	Course   string          `json:"course"`
	Post     string          `json:"post"`
	Kind     string          `json:"kind"`     // of a post or a comment; what a reply does; what is done with a comment on a blog
	Comment  string          `json:"comment"`  // an id
	Reply    string          `json:"reply"`    // an id
	Text     string          `json:"text"`     // of a roll or a comment, or what is in a file
	Resource json.RawMessage `json:"resource"` // what is made, as Google's API returns it
}

// resource reads what is to be made.
func resource[T any](a *act) (*T, error) {
	v := new(T)
	if len(a.Resource) == 0 {
		return nil, fmt.Errorf("%s needs a resource", a.Do)
	}
	if err := json.Unmarshal(a.Resource, v); err != nil {
		return nil, fmt.Errorf("%s: resource: %w", a.Do, err)
	}
	return v, nil
}

// holder is whom a role is given to.
func (a *act) holder() string {
	if a.Group != "" {
		return a.Group
	}
	return a.User
}

// setPolicy sets a policy; "group" (an address) and "to" (a unit's path) may stand in for its policyQuery.
func (s *Server) setPolicy(a *act) (string, error) {
	p, err := resource[world.Policy](a)
	if err != nil {
		return "", err
	}
	if len(p.Extra["policyQuery"]) == 0 {
		q := world.PolicyQuery{}
		s.world.View(func() {
			if a.Group != "" {
				if g := s.world.Group(a.Group); g != nil {
					q.Group = "groups/" + g.ID
				} else {
					err = fmt.Errorf("group %s: %w", a.Group, world.ErrNotFound)
				}
			}
			if a.To != "" {
				if o := s.world.UnitOf(a.To); o != nil {
					q.OrgUnit = "orgUnits/" + strings.TrimPrefix(o.OrgUnitID, "id:")
				} else {
					err = fmt.Errorf("unit %s: %w", a.To, world.ErrNotFound)
				}
			}
		})
		if err == nil && q == (world.PolicyQuery{}) {
			err = errors.New("setPolicy: name a group, a unit (to) or a policyQuery")
		}
		if err != nil {
			return "", err
		}
		b, err := json.Marshal(q)
		if err != nil {
			return "", err
		}
		if p.Extra == nil {
			p.Extra = world.Raw{}
		}
		p.Extra["policyQuery"] = b
	}
	err = s.world.SetPolicy(p, a.Actor)
	return p.Name, err
}

// make runs the acts that make something and tell its id; ok is false for others.
func (s *Server) make(a *act) (id string, ok bool, err error) {
	switch a.Do {
	case "createFile":
		id, err = s.world.CreateFile(&world.File{Name: a.Name, MimeType: a.MimeType, Parent: a.To}, a.Actor)
	case "createUser":
		var u *world.User
		if u, err = resource[world.User](a); err == nil {
			err = s.world.CreateUser(u, a.Actor)
			id = u.ID
		}
	case "createCourse":
		var c *world.Course
		if c, err = resource[world.Course](a); err == nil {
			err = s.world.CreateCourse(c, a.Actor)
			id = c.ID
		}
	case "createPost":
		var p *world.Post
		if p, err = resource[world.Post](a); err == nil {
			err = s.world.CreatePost(a.Course, a.Kind, p, a.Actor)
			id = p.ID
		}
	case "blogPost":
		var p *world.BlogPost
		if p, err = resource[world.BlogPost](a); err == nil {
			id, err = s.world.WriteBlogPost(a.Blog, p, a.Actor)
		}
	case "blogComment":
		var c *world.BlogComment
		if c, err = resource[world.BlogComment](a); err == nil {
			id, err = s.world.WriteBlogComment(a.Blog, a.Post, *c, a.Actor)
		}
	case "commentFile":
		if a.Comment == "" {
			id, err = s.world.CommentOnFile(a.File, a.Text, nil, a.Actor)
		} else {
			id, err = s.world.ReplyToFileComment(a.File, a.Comment, a.Text, a.Kind, a.Actor)
		}
	case "comment":
		id, err = s.world.Comment(a.Course, a.Post, world.Comment{Text: a.Text, Kind: a.Kind, Of: a.User}, a.Actor)
	case "assignRole":
		id, err = s.world.AssignRole(a.Role, a.holder(), a.Actor)
	case "setPolicy":
		id, err = s.setPolicy(a)
	default:
		return "", false, nil
	}
	return id, true, err
}

func (s *Server) authorizeApp(a *act) error {
	t, err := resource[world.Token](a)
	if err != nil {
		return err
	}
	return s.world.AuthorizeApp(a.User, t)
}

func (s *Server) reportUsage(a *act) error {
	u, err := resource[world.UsageReport](a)
	if err != nil {
		return err
	}
	return s.world.ReportUsage(u)
}

func (s *Server) updatePost(a *act) error {
	p, err := resource[world.Post](a)
	if err != nil {
		return err
	}
	return s.world.UpdatePost(a.Course, a.Post, p, a.Actor)
}

func (s *Server) setBlogPost(a *act) error {
	p, err := resource[world.BlogPost](a)
	if err != nil {
		return err
	}
	edits := p.Title != "" || p.Content != ""
	if !edits || p.Status != "" || p.ReaderComments != "" { // an author may edit what they wrote, and no more
		if err := s.world.SetBlogPost(a.Blog, a.Post, p.Status, p.ReaderComments, a.Actor); err != nil || !edits {
			return err
		}
	}
	return s.world.EditBlogPost(a.Blog, a.Post, p.Title, p.Content, a.Actor)
}

func (s *Server) decide(a *act) error {
	d, err := resource[world.Decision](a)
	if err != nil {
		return err
	}
	d.By = cmp.Or(d.By, a.Actor)
	return s.world.Decide(*d)
}

func (s *Server) loginEvent(a *act) error {
	if a.Name == "" || a.User == "" {
		return errors.New("loginEvent needs a name and a user (an address)")
	}
	s.world.LoginEvent(a.Name, a.User)
	return nil
}

func (s *Server) do(body []byte) (any, error) {
	var a act
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	w := s.world
	acts := map[string]func() error{
		"share":              func() error { return w.Share(a.File, a.Grant, a.Actor) },
		"unshare":            func() error { return w.Unshare(a.File, a.Permission, a.Actor) },
		"changeRole":         func() error { return w.ChangeRole(a.File, a.Permission, a.Role, a.Actor) },
		"setExpiry":          func() error { return w.SetExpiry(a.File, a.Permission, a.Time, a.Actor) },
		"setLink":            func() error { return w.SetLink(a.File, a.Role, a.Domain, a.Findable, a.Actor) },
		"publish":            func() error { return w.Publish(a.File, a.Grant, a.Actor) },
		"move":               func() error { return w.MoveFile(a.File, a.To, a.Actor) },
		"transfer":           func() error { return w.TransferOwner(a.File, a.To, a.Actor) },
		"rename":             func() error { return w.Rename(a.File, a.Name, a.Actor) },
		"trash":              func() error { return w.Trash(a.File, a.Actor) },
		"untrash":            func() error { return w.Untrash(a.File, a.Actor) },
		"delete":             func() error { return w.Delete(a.File, a.Actor) },
		"disableInheritance": func() error { return w.DisableInheritance(a.File, a.Actor) },
		"enableInheritance":  func() error { return w.EnableInheritance(a.File, a.Actor) },
		"view":               func() error { return w.ViewFile(a.File, a.Actor) },
		"edit":               func() error { return w.EditFile(a.File, a.Actor) },
		"suspendUser":        func() error { return w.SuspendUser(a.User, a.Actor) },
		"restoreUser":        func() error { return w.RestoreUser(a.User, a.Actor) },
		"archiveUser":        func() error { return w.ArchiveUser(a.User, a.Actor) },
		"deleteUser":         func() error { return w.DeleteUser(a.User, a.Actor) },
		"undeleteUser":       func() error { return w.UndeleteUser(a.User, a.To, a.Actor) },
		"moveUser":           func() error { return w.MoveUser(a.User, a.To, a.Actor) },
		"addMember":          func() error { return w.AddMember(a.Group, &world.Member{Email: a.Member}, a.Actor) },
		"removeMember":       func() error { return w.RemoveMember(a.Group, a.Member, a.Actor) },
		"setGroupSetting":    func() error { return w.SetGroupSetting(a.Group, a.Field, a.Value, a.Actor) },
		"addDriveMember":     func() error { return w.AddDriveMember(a.Drive, a.Grant, a.Actor) },
		"removeDriveMember":  func() error { return w.RemoveDriveMember(a.Drive, a.Permission, a.Actor) },
		"emptyDrive":         func() error { return w.EmptyDrive(a.Drive, a.Actor) },
		"signIn":             func() error { return w.SignIn(a.User) },
		"changePassword":     func() error { return w.ChangePassword(a.User) },
		"resetPassword":      func() error { return w.ResetPassword(a.User, a.Actor) },
		"loginEvent":         func() error { return s.loginEvent(&a) },
		"unassignRole":       func() error { return w.UnassignRole(a.Role, a.holder(), a.Actor) },
		"authorizeApp":       func() error { return s.authorizeApp(&a) },
		"revokeApp":          func() error { return w.RevokeApp(a.User, a.App, a.Actor) },
		"setForwarding":      func() error { return w.SetForwarding(a.User, a.To) },
		"setRecovery":        func() error { return w.SetRecoveryEmail(a.User, a.To, a.Actor) },
		"removePolicy":       func() error { return w.RemovePolicy(a.Name, a.Actor) },
		"archiveCourse":      func() error { return w.ArchiveCourse(a.Course, a.Actor) },
		"addCourseMember":    func() error { return w.AddCourseMember(a.Course, a.Role, a.User, a.Actor) },
		"removeCourseMember": func() error { return w.RemoveCourseMember(a.Course, a.User, a.Actor) },
		"updatePost":         func() error { return s.updatePost(&a) },
		"deletePost":         func() error { return w.DeletePost(a.Course, a.Post) },
		"moveToTop":          func() error { return w.MoveToTop(a.Course, a.Post, a.Actor) },
		"editFileComment":    func() error { return w.EditFileComment(a.File, a.Comment, a.Reply, a.Text, a.Actor) },
		"deleteFileComment":  func() error { return w.DeleteFileComment(a.File, a.Comment, a.Reply, a.Actor) },
		"deleteComment":      func() error { return w.DeleteComment(a.Course, a.Post, a.Comment) },
		"setBlogPost":        func() error { return s.setBlogPost(&a) },
		"deleteBlogPost":     func() error { return w.DeleteBlogPost(a.Blog, a.Post, a.Actor) },
		"moderateBlog":       func() error { return w.ModerateBlogComment(a.Blog, a.Post, a.Comment, a.Kind, a.Actor) },
		"decide":             func() error { return s.decide(&a) },
		"reportUsage":        func() error { return s.reportUsage(&a) },
		"setContent":         func() error { return w.SetContent(a.File, []byte(a.Text), a.Actor) },
		"setRoll":            func() error { return w.SetRoll(a.Name, []byte(a.Text)) },
	}
	if id, ok, err := s.make(&a); ok {
		return map[string]string{"id": id}, err
	}
	fn := acts[a.Do]
	if fn == nil {
		return nil, fmt.Errorf("do: %q: %w", a.Do, world.ErrNotFound)
	}
	return struct{}{}, fn()
}
