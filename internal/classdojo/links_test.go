package classdojo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const (
	oak  = "5f1e2d3c4b5a69788796a5b4"
	elm  = "5f1e2d3c4b5a69788796a5b5"
	post = "60aa00000000000000000001"
)

// linkCases are shared with the test of the forwarder, so that both read links alike.
var linkCases = []struct {
	link string
	want Target // zero: leads to nothing that is looked at
}{
	{"https://www.classdojo.com/ul/t/class?classID=" + oak + "&target=story", Target{Story, oak, ""}},
	{"https://www.classdojo.com/ul/t/class?classID=" + oak + "&target=story&postID=" + post, Target{Story, oak, post}},
	{"https://classdojo.com/ul/t/class?target=story&classId=" + oak + "&utm_source=mail&token=abc", Target{Story, oak, ""}},
	{"https://www.classdojo.com/ul/t/class/?target=pendingStory&classID=" + oak, Target{Pending, oak, ""}},
	{"https://www.classdojo.com/ul/t/class?classID=" + oak + "&target=portfolio&portfolioID=" + post, Target{Portfolio, oak, ""}},
	{"https://www.classdojo.com/ul/t/class?classID=" + oak + "&target=messages&conversationID=" + post, Target{Messages, oak, ""}},
	{"https://www.classdojo.com/ul/t/school?target=story", Target{Story, School, ""}},
	{"https://www.classdojo.com/ul/t/school?target=story&postID=" + post, Target{Story, School, post}},
	{"https://www.classdojo.com/ul/t/school?target=story&schoolID=" + elm, Target{Story, School, ""}},
	{"https://www.classdojo.com/ul/t/school?target=messages&conversationID=" + post, Target{Messages, School, ""}},
	{"https://www.classdojo.com/ul/p/story?classID=" + oak + "&postID=" + post, Target{Story, oak, post}},
	{"https://www.classdojo.com/ul/p/story?schoolID=" + elm + "&postID=" + post, Target{Story, School, post}},
	{"https://teach.classdojo.com/#/classes/" + oak + "/story", Target{Story, oak, ""}},
	{"https://teach.classdojo.com/#/classes/" + oak + "/story/" + post, Target{Story, oak, post}},
	{"https://teach.classdojo.com/#/classes/" + strings.ToUpper(oak) + "/portfolio?x=1", Target{Portfolio, oak, ""}},
	{"https://teach.classdojo.com/#/classes/" + oak + "/messaging/" + post, Target{Messages, oak, ""}},
	{"https://teach.classdojo.com/#/classes/" + oak + "/portfolio/" + post, Target{Portfolio, oak, ""}}, // of one pupil: whose is let go
	{"https://teach.classdojo.com/#/schools/" + elm + "/story?attribution=unknown&target=story", Target{Story, School, ""}},
	{"https://teach.classdojo.com/#/schools/story/" + post, Target{Story, School, post}},
	{"https://teach.classdojo.com/#/schools/story", Target{Story, School, ""}},
	{"https://home.classdojo.com/#/story/" + post + "/class/" + oak, Target{Story, oak, post}},
	{"https://home.classdojo.com/#/story/" + post + "/school/" + elm, Target{Story, School, post}},
	{"https://www.classdojo.com/ul/t/school?target=story&postID=Zyx", Target{Story, School, ""}},
	{"https://www.classdojo.com/ul/p/story?classID=" + oak + "&schoolID=" + elm, Target{Story, oak, ""}},
	{"https://www.classdojo.com/ul/p/story?classID=" + oak + "&classId=" + oak, Target{Story, oak, ""}}, // twice the same
	{"http://WWW.CLASSDOJO.COM/ul/t/class?classID=" + oak + "&target=story", Target{Story, oak, ""}},

	{"https://www.classdojo.com/ul/t/class?target=story", Target{}}, // which class?
	{"https://www.classdojo.com/ul/t/class?classID=" + oak, Target{}},
	{"https://www.classdojo.com/ul/t/class?classID=" + oak + "&classID=" + elm + "&target=story", Target{}},
	{"https://www.classdojo.com/ul/t/class?classID=" + oak + "&classId=" + elm + "&target=story", Target{}},
	{"https://www.classdojo.com/ul/t/class?classID=Oak+Class&target=story", Target{}},
	{"https://www.classdojo.com/ul/t/class?classID=" + oak + "&target=Story", Target{}},
	{"https://www.classdojo.com/ul/t/class?classID=school&target=pendingStory", Target{}},
	{"https://www.classdojo.com/ul/p/story?classID=school", Target{}},
	{"https://teach.classdojo.com/#/classes/school/story", Target{}},
	{"https://www.classdojo.com/ul/t/class?classID=" + oak + "&target=classSettings", Target{}},
	{"https://www.classdojo.com/ul/t/school?target=pendingStory", Target{}},
	{"https://www.classdojo.com/ul/t/school?target=portfolio", Target{}},
	{"https://www.classdojo.com/ul/t/school?target=settings", Target{}},
	{"https://www.classdojo.com/ul/p/story?postID=" + post, Target{}}, // whose?
	{"https://www.classdojo.com/ul/p/story?classID=" + oak + "&x=%zz", Target{}},
	{"ftp://www.classdojo.com/ul/p/story?classID=" + oak, Target{}},
	{"//www.classdojo.com/ul/p/story?classID=" + oak, Target{}},
	{"https:www.classdojo.com/ul/p/story?classID=" + oak, Target{}},
	{"https://www.classdojo.com/%zz", Target{}},
	{"https://www.classdojo.com/ul/t/home?target=verifyEmail&userID=" + oak + "&hash=0", Target{}},
	{"https://www.classdojo.com/ul/p/addKid?target=code&code=PABCDEFGH", Target{}},
	{"https://www.classdojo.com.evil.example/ul/t/class?classID=" + oak + "&target=story", Target{}},
	{"https://evil.example/ul/t/class?classID=" + oak + "&target=story", Target{}},
	{"https://not" + "classdojo.com/ul/t/class?target=story&classID=" + oak, Target{}},
	{"https://teach" + "classdojo.com/#/classes/" + oak + "/story", Target{}},
	{"https://www.classdojo.com@evil.example/ul/t/class?classID=" + oak + "&target=story", Target{}},
	{"https://x@www.classdojo.com/ul/t/class?classID=" + oak + "&target=story", Target{}},
	{"https://www.classdojo.com:8443/ul/t/class?classID=" + oak + "&target=story", Target{}},
	{"https://teach.classdojo.com/#/classes/" + oak + "/points", Target{}},
	{"https://teach.classdojo.com/#/classes/" + oak, Target{}},
	{"https://teach.classdojo.com/#/classes/" + oak + "/story/" + post + "/more", Target{}},
	{"https://teach.classdojo.com/elsewhere#/classes/" + oak + "/story", Target{}},
	{"https://home.classdojo.com/elsewhere#/story/" + post + "/class/" + oak, Target{}},
	{"https://home.classdojo.com/#/story/" + post + "/class/" + oak + "/more", Target{}},
	{"https://home.classdojo.com/#/story/" + post + "/class", Target{}},
	{"https://home.classdojo.com/#/points/" + post + "/class/" + oak, Target{}},
	{"https://home.classdojo.com/#/story/" + post + "/pupil/" + oak, Target{}},
	{"https://teach.classdojo.com/#/pupils/" + oak + "/story", Target{}},
	{"https://teach.classdojo.com/#/pupils/" + oak + "/story/" + post, Target{}},
	{"https://teach.classdojo.com/#/pupils/story", Target{}},
	{"https://teach.classdojo.com/#/schools/Zyx/story", Target{}},
	{"https://teach.classdojo.com/#/schools", Target{}},
	{"https://teach.classdojo.com/#/schools/portfolio", Target{}},
	{"https://teach.classdojo.com/#/schools/story/" + post + "/more", Target{}},
	{"https://teach.classdojo.com/#/login?redirect=%2Fclasses%2F" + oak + "%2Fstory", Target{}},
	{"javascript:alert(1)", Target{}},
	{"", Target{}},
}

func TestParseLink(t *testing.T) {
	for _, c := range linkCases {
		got, ok := ParseLink(c.link)
		if diff := cmp.Diff(c.want, got); diff != "" || ok != (c.want != Target{}) {
			t.Errorf("%s: %v (-want +got)\n%s", c.link, ok, diff)
		}
	}
	const begin = "https://www.classdojo.com/ul/t/class?classID=" + oak + "&target=story&x="
	for bytes, want := range map[int]bool{2000: true, 2001: false} {
		if _, ok := ParseLink(begin + strings.Repeat("a", bytes-len(begin))); ok != want {
			t.Errorf("of %d bytes: %v", bytes, ok)
		}
	}
}

func drawTarget(t *rapid.T) Target {
	id := rapid.StringMatching("[0-9a-f]{24}")
	g := Target{Kind: rapid.SampledFrom([]Kind{Story, Portfolio, Pending, Messages}).Draw(t, "kind"), Class: id.Draw(t, "class")}
	if rapid.Bool().Draw(t, "school") && (g.Kind == Story || g.Kind == Messages) {
		g.Class = School
	}
	if g.Kind == Story && rapid.Bool().Draw(t, "one post") {
		g.Post = id.Draw(t, "post")
	}
	return g
}

// What is written is read back as the same, and nothing else is kept of a link.
func TestLinksAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawTarget(t)
		got, ok := ParseLink(want.Link())
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Fatalf("%s: %v %s", want.Link(), ok, diff)
		}
	})
}

func FuzzParseLink(f *testing.F) {
	for _, c := range linkCases {
		f.Add(c.link)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseLink(s)
		if !ok {
			if got != (Target{}) {
				t.Fatalf("refused, but %+v", got)
			}
			return
		}
		back, ok := ParseLink(got.Link())
		if !ok || back != got || leaks(got) {
			t.Fatalf("%q: %+v is written %s and read as %+v", s, got, got.Link(), back)
		}
	})
}

// leaks tells whether a target holds anything that could be a name or a token.
func leaks(t Target) bool {
	return !validClass(t.Class) || t.Post != "" && !validID(t.Post) || t.Kind == Comment || t.Kind == Looked
}

// These are the addresses that people are sent to: as ClassDojo's own site has them.
func TestLinkIsWritten(t *testing.T) {
	for to, want := range map[Target]string{
		{Story, oak, ""}:       "https://teach.classdojo.com/#/classes/" + oak + "/story",
		{Story, oak, post}:     "https://teach.classdojo.com/#/classes/" + oak + "/story/" + post,
		{Comment, oak, ""}:     "https://teach.classdojo.com/#/classes/" + oak + "/story",
		{Portfolio, oak, ""}:   "https://teach.classdojo.com/#/classes/" + oak + "/portfolio",
		{Messages, oak, ""}:    "https://teach.classdojo.com/#/classes/" + oak + "/messaging",
		{Pending, oak, ""}:     "https://www.classdojo.com/ul/t/class?classID=" + oak + "&target=pendingStory",
		{Story, School, ""}:    "https://www.classdojo.com/ul/t/school?target=story",
		{Story, School, post}:  "https://teach.classdojo.com/#/schools/story/" + post,
		{Comment, School, ""}:  "https://www.classdojo.com/ul/t/school?target=story",
		{Messages, School, ""}: "https://www.classdojo.com/ul/t/school?target=messages",
	} {
		if got := to.Link(); got != want {
			t.Errorf("%+v: %s, want %s", to, got, want)
		}
	}
}

func TestSettingsLink(t *testing.T) {
	for class, want := range map[string]string{
		oak: "https://www.classdojo.com/ul/t/class?classID=" + oak + "&target=classSettings", School: "https://www.classdojo.com/ul/t/school?target=settings",
	} {
		if got := SettingsLink(class); got != want {
			t.Errorf("%s: %s", class, got)
		}
	}
}
