package web

import (
	"context"
	"net/http"
	"strings"

	"esafetybot/internal/decisions"
	"esafetybot/internal/moderation"
)

// moderateForm is the name of the forms that say what becomes of a comment on a blog.
const moderateForm = "moderate"

// mayModerate tells whether the policy lets comments on a blog be shown and hidden from here.
func (s *Site) mayModerate(key string) bool {
	id, _ := moderation.BlogOf(key)
	b, listed := s.Policy.Blog(id)
	return listed && b.Moderate
}

// homeComments is what the comments say at which somebody has to look.
func (s *Site) homeComments(x waitingPost, may bool) []homeComment {
	var out []homeComment
	for _, a := range x.acts {
		item := moderation.Subject(x.course, x.id)
		c := homeComment{Text: a.Text, When: a.At.In(s.Policy.School.Location).Format("Monday 2 January, 15:04"), Hidden: a.Pending}
		if may {
			c.Hide, c.Remove = decisions.Hide+" "+item+" "+a.Key, decisions.Remove+" "+item+" "+a.Key
		}
		if may && a.Pending {
			c.Show = decisions.Show + " " + item + " " + a.Key
		}
		out = append(out, c)
	}
	return out
}

// moderated lists the comments, by item and id, of which somebody has said what is to become of them, and the worker has not judged it yet.
func (s *Site) moderated(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	waits, err := s.unjudged(ctx, decisions.Moderate)
	for _, d := range waits {
		out[d.Item+" "+d.Comment] = true
	}
	return out, err
}

// moderate notes what is to become of a comment on a blog.
func (s *Site) moderate(w http.ResponseWriter, r *http.Request, p *person) error {
	form, err := s.form(r, moderateForm)
	if err != nil {
		return err
	}
	parts := strings.Fields(r.PostForm.Get("do"))
	if len(parts) != 3 {
		return badForm()
	}
	d := decisions.Decision{At: s.Clock(), By: p.By, Do: decisions.Moderate, To: parts[0], Item: parts[1], Comment: parts[2]}
	key, post, ok := moderation.ParseSubject(d.Item)
	if !ok || d.Check() != nil {
		return badForm()
	}
	if !p.hostsClass(key) {
		return notYours("This is a comment on another blog. Only those who look after it, whoever stands in for them and those who lead on online safety decide on its comments.")
	}
	if class := p.classes[key]; class == nil || class.Blog == nil || class.Posts[post] == nil || class.Posts[post].Act(d.Comment) == nil {
		return noPage()
	}
	if !s.mayModerate(key) {
		return refusal{
			Status: http.StatusForbidden, Reason: "report-only", Title: "This cannot be done from here", Why: "The school's policy does not let this program change anything on the blog. Nothing was changed.",
			Do: "Open the comment in Blogger and show, hide or remove it there; then press “Reviewed” here.",
		}
	}
	return s.decide(w, r, p, form, []decisions.Decision{d}, "/", "moderated")
}
