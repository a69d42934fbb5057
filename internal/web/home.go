package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/checks/comments"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/plain"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
)

// mostPosts is how many posts a page lists: the oldest, and when they are done the next.
const mostPosts = 200

// homePage is what waits for somebody.
type homePage struct {
	Classes   []homeClass
	More      int
	Posts     int
	PassedOn  []homeClass // of other classes, for those who look everywhere
	Hostless  []homeClass // likewise, of classes where nobody is there to look
	Dojo      bool        // one of them is on ClassDojo, where nobody can stand in
	Duties    []homeDuty
	Changes   int // that wait for their approval
	Adults    int // findings on private comments by an adult who does not teach the class, that they deal with
	Blogs     int // blogs that nobody looks after, that they deal with
	Questions int
	Token     string
	Form      string
	Teaches   bool
	Officer   string
	Read      bool       // posts are listed that have to be opened to read what is new
	Blog      bool       // comments on blogs stand on the page
	Moderate  string     // token of the forms about comments on blogs; "" where nothing can be changed from here
	Down      []homeDown // what they are asked to take down
	DownToken string
	Lead      string // what the school calls the safeguarding lead
	Shared    int    // things that they shared and are asked about
	Records   int    // entries of records that they keep, whose date has passed
	Confirm   int    // reminders that they confirm and have not
	ReadIt    bool   // they are asked to read the policy
	Entry     bool   // an entry of the incident log waits to be opened
	Looks     *looks // how soon they themselves looked lately; nil where there is nothing to tell
	Sight     sight  // of what stands here about classes and blogs; zero for who has none
}

type homeClass struct {
	ID, Name string
	Posts    []homePost
	Cover    string // opens the form that names who stands in; "" where that is not offered
}

type homePost struct {
	Item, Saw, Title, Link, New, Since, Due string
	PassedOn                                bool
	Concern                                 string        // where to raise a concern about it
	Comments                                []homeComment // on a blog
}

// homeComment is a comment on a blog at which somebody has to look.
type homeComment struct {
	Text, When         string
	Show, Hide, Remove string // what a button sends; "" without the button
	Hidden             bool   // readers do not see it yet
}

// reviewForm is the name of the form that says that somebody looked.
const reviewForm = "reviewed"

func (s *Site) home(w http.ResponseWriter, r *http.Request, p *person) error {
	open, err := s.openFindings(r.Context(), p)
	if err != nil {
		return err
	}
	posts, err := s.waiting(r.Context(), p, open)
	if err != nil {
		return err
	}
	asked, err := s.questions(r.Context(), p)
	if err != nil {
		return err
	}
	page := homePage{
		Posts: len(posts), Questions: asked.Open(), Token: s.SignIn.Token(r.Context(), reviewForm), Form: formID(), Teaches: len(p.hosts) > 0, Officer: s.Policy.Title(policy.RoleOfficer),
	}
	if n := len(posts) - mostPosts; n > 0 {
		page.More, posts = n, posts[:mostPosts]
	}
	if len(p.hosts) > 0 || p.leads() {
		if page.Sight, err = s.sight(r.Context(), p); err != nil {
			return err
		}
	}
	if page.Looks, err = s.ownLooks(r.Context(), p); err != nil {
		return err
	}
	if page.Entry, err = s.entryWaits(r.Context(), p); err != nil {
		return err
	}
	if page.Down, err = s.removals(r.Context(), p); err != nil {
		return err
	}
	page.DownToken, page.Lead = s.SignIn.Token(r.Context(), incidentForm), s.Policy.Title(policy.RoleSafeguarding)
	if page.Shared, err = s.sharedWaits(r.Context(), p); err != nil {
		return err
	}
	if page.Records, err = s.recordsOver(r.Context(), p); err != nil {
		return err
	}
	if page.Confirm, page.ReadIt, err = s.remindersWait(r.Context(), p); err != nil {
		return err
	}
	page.Adults, page.Blogs = commentFindings(p, open)
	page.Duties = s.duties(p, open)
	if seesChanges(p) {
		if page.Changes, err = s.changesAsk(r.Context(), p); err != nil {
			return err
		}
	}
	for _, x := range posts {
		may := s.mayModerate(x.course)
		if may {
			page.Moderate = s.SignIn.Token(r.Context(), moderateForm)
		}
		list := &page.Classes
		if !slices.Contains(p.hosts, x.course) {
			list = &page.PassedOn
			if x.hostless {
				list = &page.Hostless
				if _, dojo := moderation.ParseDojo(x.course); dojo {
					page.Dojo = true
				}
			}
		}
		i := slices.IndexFunc(*list, func(c homeClass) bool { return c.ID == x.course })
		if i < 0 {
			c := homeClass{ID: x.course, Name: x.class}
			if list == &page.PassedOn {
				c.Cover = p.coverLink(x.course)
			}
			*list = append(*list, c)
			i = len(*list) - 1
		}
		post := s.homePost(x, p, may)
		if len(post.Comments) > 0 {
			page.Blog = true
		} else {
			page.Read = true
		}
		(*list)[i].Posts = append((*list)[i].Posts, post)
	}
	return s.page(w, r, p, "home", "My page", page)
}

// waitingPost is a post that waits, as the worker last saw it.
type waitingPost struct {
	course, id, class string
	post              *moderation.Post
	acts              []moderation.Act
	due               time.Time
	passedOn          bool
	hostless          bool // nobody is there to look
}

// waiting lists the posts that wait for somebody: those of their classes, and for who looks everywhere what was passed on and what nobody is there to look at. The oldest comes first.
func (s *Site) waiting(ctx context.Context, p *person, all openFindings) ([]waitingPost, error) {
	type found struct {
		clause   string
		rule     string // without the check's name
		due      time.Time
		passedOn bool
	}
	open := map[string]map[string]found{} // course → post
	for _, f := range all[comments.Means] {
		course, post, ok := moderation.ParseSubject(f.Subject)
		_, rule, _ := strings.Cut(f.Rule, ".")
		passed := slices.Contains(f.Facts, comments.PassedOn)
		theirs := slices.Contains(p.hosts, course) || p.leads() && (passed || rule == comments.NoHost)
		if !ok || rule != comments.Unreviewed && rule != comments.NoHost || !theirs {
			continue
		}
		if open[course] == nil {
			open[course] = map[string]found{}
		}
		if have, twice := open[course][post]; !twice || f.Clause < have.clause {
			open[course][post] = found{f.Clause, rule, f.Due, passed}
		}
	}
	noted, err := s.noted(ctx)
	if err != nil {
		return nil, err
	}
	moderated, err := s.moderated(ctx)
	if err != nil {
		return nil, err
	}
	var out []waitingPost
	for course, posts := range open {
		class := p.classes[course]
		if class == nil {
			continue
		}
		for id, f := range posts {
			post := class.Posts[id]
			if post == nil {
				continue
			}
			acts := class.Waiting(post, s.rules(f.clause, f.rule, comments.PlaceOf(course, id), p.rosters[course]))
			acts = slices.DeleteFunc(acts, func(a moderation.Act) bool { return moderated[moderation.Subject(course, id)+" "+a.Key] })
			if len(acts) == 0 || !noted[moderation.Subject(course, id)].Before(acts[len(acts)-1].At) {
				continue // somebody has just said that they looked
			}
			out = append(out, waitingPost{course, id, cmp.Or(plain.Name(class.Name), "A class"), post, acts, f.due, f.passedOn, f.rule == comments.NoHost})
		}
	}
	slices.SortFunc(out, func(a, b waitingPost) int {
		return cmp.Or(a.acts[0].At.Compare(b.acts[0].At), strings.Compare(a.course, b.course), strings.Compare(a.id, b.id))
	})
	return out, nil
}

// rules is what a clause that asks for a rule says of what needs looking at in a class, at one of the policy's places.
func (s *Site) rules(clause, rule, place string, class *memory.Class) moderation.Rules {
	r := moderation.Rules{Replies: true, Date: s.Policy.Calendar.Date, Teaches: func(id string) bool {
		return class != nil && slices.ContainsFunc(class.Members, func(m seen.ClassMember) bool { return m.Teacher && m.ID == id })
	}}
	c, _ := s.Policy.Clause(clause)
	for _, m := range c.MetBy {
		if w, ok := m.With.(*policy.CommentsWith); ok && w.At(place) && slices.Contains(w.Rules, rule) {
			r.Replies, r.Staff = w.Replies, w.Staff
		}
	}
	return r
}

// noted says of items up to when somebody has said that they looked, and the worker has not judged it yet.
func (s *Site) noted(ctx context.Context) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	waits, err := s.unjudged(ctx, decisions.Reviewed)
	for _, d := range waits {
		if d.Saw.After(out[d.Item]) {
			out[d.Item] = d.Saw
		}
	}
	return out, err
}

func (s *Site) homePost(x waitingPost, p *person, may bool) homePost {
	loc := s.Policy.School.Location
	out := homePost{
		Item: moderation.Subject(x.course, x.id), Saw: x.acts[len(x.acts)-1].At.UTC().Format(time.RFC3339Nano), Title: title(x.post), Link: x.post.LinkAs(x.course, p.Address),
		New: newWords(x), Since: x.acts[0].At.In(loc).Format("Monday 2 January, 15:04"), PassedOn: x.passedOn,
	}
	if _, blog := moderation.BlogOf(x.course); blog {
		out.Comments = s.homeComments(x, may)
	}
	out.Concern = s.concernPath(out.Item)
	if !x.due.IsZero() {
		out.Due = x.due.In(loc).Format("Monday 2 January")
	}
	return out
}

// title says which post it is. Whoever reads it may read the post.
func title(p *moderation.Post) string {
	return upper(p.Words(plain.Name))
}

// reviewed notes that somebody looked at one post, or at all that the page showed of a class.
func (s *Site) reviewed(w http.ResponseWriter, r *http.Request, p *person) error {
	form, err := s.form(r, reviewForm)
	if err != nil {
		return err
	}
	chosen := r.PostForm["post"]
	if one := r.PostForm.Get("one"); one != "" {
		chosen = []string{one}
	}
	if len(chosen) == 0 || len(chosen) > mostPosts {
		return badForm()
	}
	var list []decisions.Decision
	for _, c := range chosen {
		item, at, _ := strings.Cut(c, " ")
		saw, err := time.Parse(time.RFC3339Nano, at)
		course, _, ok := moderation.ParseSubject(item)
		if err != nil || !ok || saw.After(s.Clock()) {
			return badForm()
		}
		if !p.hostsClass(course) {
			return notYours("This is a post of another class. Only its teachers, whoever stands in for them and the " + s.Policy.Title(policy.RoleOfficer) + " can say that they looked.")
		}
		list = append(list, decisions.Decision{Do: decisions.Reviewed, Item: item, Saw: saw})
	}
	return s.decide(w, r, p, form, list, "/", "reviewed")
}

// badForm refuses what no page of ours sends.
func badForm() refusal {
	return refusal{
		Status: http.StatusBadRequest, Reason: "bad-form", Title: "This could not be read", Why: "What was sent does not look like what the page sends. Nothing was changed.", Do: "Go back to the page, load it anew and try again.",
	}
}

func notYours(why string) refusal {
	return refusal{Status: http.StatusForbidden, Reason: "not-yours", Title: "This is not yours to decide", Why: why + " Nothing was changed.", Do: "If you think that you should be able to, ask the office to name you as standing in for the class."}
}
