package classdojo

import (
	"net/url"
	"strings"
)

// Target is where a link to ClassDojo leads.
type Target struct {
	Kind  Kind   // never Comment or Looked as ParseLink reads it
	Class string // a class's id, or School
	Post  string // id of a post on a Story, or ""
}

// longestLink is more than a link of ClassDojo's needs, in bytes.
const longestLink = 2000

// ParseLink tells where a link leads. It knows ClassDojo's deep links (https://www.classdojo.com/ul/t/…, and /ul/p/story for families) and the addresses of its web pages
// (https://teach.classdojo.com/#/…), as ClassDojo's own site turns the first into the second. It is false for whatever does not say which class, or is not about what people write: settings,
// sign-in, invitations, points.
func ParseLink(s string) (Target, bool) {
	if len(s) > longestLink {
		return Target{}, false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return Target{}, false
	}
	switch path := strings.TrimSuffix(u.Path, "/"); strings.ToLower(u.Host) {
	case "classdojo.com", "www.classdojo.com":
		return deepLink(path, u.RawQuery)
	case "teach.classdojo.com":
		if path == "" {
			return teachPage(u.Fragment)
		}
	case "home.classdojo.com":
		if path == "" {
			return homePage(u.Fragment)
		}
	}
	return Target{}, false
}

// targets are the values of the parameter target, and what each is about.
var targets = map[string]Kind{"story": Story, "portfolio": Portfolio, "pendingStory": Pending, "messages": Messages}

func deepLink(path, query string) (Target, bool) {
	q := parameters(query)
	kind := targets[q["target"]]
	switch path {
	case "/ul/t/class":
		return inClass(kind, q["classid"], q["postid"])
	case "/ul/t/school":
		return target(kind, School, q["postid"])
	case "/ul/p/story":
		if q["schoolid"] != "" && q["classid"] == "" {
			return target(Story, School, q["postid"])
		}
		return inClass(Story, q["classid"], q["postid"])
	}
	return Target{}, false
}

// parameters reads a query, names in lower case: ClassDojo writes classID and classId. Where one stands twice with two values it is no link of theirs, and has none.
func parameters(query string) map[string]string {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for name, list := range values {
		name = strings.ToLower(name)
		for _, v := range list {
			if have, twice := out[name]; twice && have != v {
				return nil
			}
			out[name] = v
		}
	}
	return out
}

// pages are the last parts of a class's addresses on the teachers' site.
var pages = map[string]Kind{"story": Story, "portfolio": Portfolio, "messaging": Messages}

func teachPage(fragment string) (Target, bool) {
	fragment, _, _ = strings.Cut(fragment, "?")
	p := strings.Split(strings.Trim(fragment, "/"), "/")
	switch {
	case (len(p) == 3 || len(p) == 4) && p[0] == "classes":
		return inClass(pages[p[2]], p[1], after(p, 3))
	case len(p) == 3 && p[0] == "schools" && p[2] == "story": // schools/ID/story
		if id := strings.ToLower(p[1]); !validID(id) {
			return Target{}, false
		}
		return target(Story, School, "")
	case (len(p) == 2 || len(p) == 3) && p[0] == "schools": // schools/story/POST, schools/messaging/CONVERSATION
		return target(pages[p[1]], School, after(p, 2))
	}
	return Target{}, false
}

// homePage reads the address of a page for families: story/POST/class/ID.
func homePage(fragment string) (Target, bool) {
	fragment, _, _ = strings.Cut(fragment, "?")
	p := strings.Split(strings.Trim(fragment, "/"), "/")
	if len(p) != 4 || p[0] != "story" {
		return Target{}, false
	}
	switch p[2] {
	case "class":
		return inClass(Story, p[3], p[1])
	case "school":
		return target(Story, School, p[1])
	}
	return Target{}, false
}

func after(p []string, i int) string {
	if i < len(p) {
		return p[i]
	}
	return ""
}

// inClass is for links that name a class by its id: the word "school" is none.
func inClass(kind Kind, class, post string) (Target, bool) {
	if class = strings.ToLower(class); !validID(class) {
		return Target{}, false
	}
	return target(kind, class, post)
}

// target puts together what was found. The id of a conversation or of a pupil's portfolio is let go: it would say whose it is.
func target(kind Kind, class, post string) (Target, bool) {
	if kind == "" || class == School && (kind == Portfolio || kind == Pending) { // there are none of the whole school
		return Target{}, false
	}
	t := Target{Kind: kind, Class: class}
	if post = strings.ToLower(post); kind == Story && validID(post) {
		t.Post = post
	}
	return t, true
}

const (
	deep  = "https://www.classdojo.com/ul/t/"
	teach = "https://teach.classdojo.com/#/"
)

// Link is the address that opens it for a teacher or leader who is signed in to ClassDojo. A comment, or a look, is on a Story: its link is the Story's.
func (t Target) Link() string {
	switch {
	case t.Class == School && t.Kind == Messages:
		return deep + "school?target=messages"
	case t.Class == School && t.Post != "":
		return teach + "schools/story/" + t.Post
	case t.Class == School:
		return deep + "school?target=story"
	case t.Kind == Pending:
		return deep + "class?classID=" + t.Class + "&target=pendingStory"
	case t.Kind == Portfolio:
		return teach + "classes/" + t.Class + "/portfolio"
	case t.Kind == Messages:
		return teach + "classes/" + t.Class + "/messaging"
	case t.Post != "":
		return teach + "classes/" + t.Class + "/story/" + t.Post
	}
	return teach + "classes/" + t.Class + "/story"
}

// SettingsLink opens the page on which comments are switched on and off: the class's settings, or for School the school's.
func SettingsLink(class string) string {
	if class == School {
		return deep + "school?target=settings"
	}
	return deep + "class?classID=" + class + "&target=classSettings"
}
