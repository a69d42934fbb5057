package names

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// texts streams texts, and then breaks off with an error unless that is nil.
func texts(err error, list ...BlogText) iter.Seq2[BlogText, error] {
	return func(yield func(BlogText, error) bool) {
		for _, t := range list {
			if !yield(t, nil) {
				return
			}
		}
		if err != nil {
			yield(BlogText{}, err)
		}
	}
}

// What is found on a blog: by post, with where it stands.
func TestBlogs(t *testing.T) {
	said := func(s ...string) BlogText { return BlogText{Post: "7", Texts: s} }
	comment := func(s ...string) BlogText { return BlogText{Post: "7", Comment: true, Texts: s} }
	refused := func(w *world) { w.roll = []string{"ADA,Ada Larkham,yes,", "TOM,Thomas Quill,no,"} }
	adult := func(w *world) { w.add("eda", "/Oak/Staff", "Ada", "Larkham", "") }
	for name, c := range map[string]struct {
		rules []string
		make  func(w *world)
		texts []BlogText
		want  string
	}{
		"nothing":                        {[]string{FullName}, nil, nil, ""},
		"nobody":                         {[]string{FullName, NotToPublish}, refused, []BlogText{said("Our pond", "Frogs"), comment("Lovely, Ada")}, ""},
		"in the title":                   {[]string{FullName}, nil, []BlogText{said("Ada Larkham reads", "Frogs")}, "full-name blog-post/41-7 in-post pupil/ada"},
		"in the text":                    {[]string{FullName}, nil, []BlogText{said("Our pond", "by Ada Larkham")}, "full-name blog-post/41-7 in-post pupil/ada"},
		"in a comment":                   {[]string{FullName}, nil, []BlogText{said("Our pond"), comment("Lovely, Ada Larkham")}, "full-name blog-post/41-7 in-comments pupil/ada"},
		"in both, of two":                {[]string{FullName}, nil, []BlogText{said("Ada Larkham"), comment("and Thomas Quill"), comment("Ada Larkham")}, "full-name blog-post/41-7 in-comments in-post pupil/ada pupil/tom"},
		"across two texts":               {[]string{FullName}, nil, []BlogText{said("by Ada", "Larkham"), comment("Ada"), comment("Larkham")}, ""},
		"two posts":                      {[]string{FullName}, nil, []BlogText{said("Ada Larkham"), {Post: "8", Texts: []string{"Thomas Quill"}}}, "full-name blog-post/41-7 in-post pupil/ada\nfull-name blog-post/41-8 in-post pupil/tom"},
		"not to be published":            {[]string{NotToPublish}, refused, []BlogText{said("Thomas sings"), comment("Ada Larkham too")}, "not-to-publish blog-post/41-7 in-post pupil/tom"},
		"each rule where it finds":       {[]string{FullName, NotToPublish}, refused, []BlogText{said("Thomas sings"), comment("Ada Larkham too")}, "full-name blog-post/41-7 in-comments pupil/ada\nnot-to-publish blog-post/41-7 in-post pupil/tom"},
		"could be an adult":              {[]string{FullName}, adult, []BlogText{said("Ada Larkham"), comment("Ada Larkham")}, "doubt A7~names.full-name~blog-post~41-7\nfull-name same-as-adult 1"},
		"an adult here, a pupil there":   {[]string{FullName}, adult, []BlogText{said("Ada Larkham"), comment("Thomas Quill")}, "full-name blog-post/41-7 in-comments pupil/tom"},
		"titles of classes are not read": {[]string{FullName}, func(w *world) { w.class = []Class{{ID: "5", Name: "Ada Larkham's"}} }, []BlogText{said("Thomas Quill")}, "full-name blog-post/41-7 in-post pupil/tom"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(c.rules...)
			if c.make != nil {
				c.make(w)
			}
			for _, turned := range []bool{false, true} { // in any order
				list := slices.Clone(c.texts)
				if turned {
					slices.Reverse(list)
				}
				in := w.input(t)
				in.Blogs = []Blog{{ID: "41", Texts: texts(nil, list...)}}
				if d := cmp.Diff(c.want, found(t, in)); d != "" {
					t.Errorf("-want +have:\n%s", d)
				}
			}
		})
	}
}

// Of a blog whose texts break off nothing is said; others are judged all the same.
func TestBlogsBreakOff(t *testing.T) {
	w := newWorld(FullName)
	w.add("eda", "/Oak/Staff", "Thomas", "Quill", "")
	in := w.input(t)
	broken := errors.New("broken")
	in.Blogs = []Blog{
		{ID: "41", Texts: texts(broken, BlogText{Post: "7", Texts: []string{"Ada Larkham"}}, BlogText{Post: "8", Texts: []string{"Thomas Quill"}})},
		{ID: "42", Texts: texts(nil, BlogText{Post: "9", Texts: []string{"Ada Larkham"}})},
	}
	res, err := Check(in)
	if err != nil || len(res.Observed) != 1 || res.Observed[0].Subject != "blog-post/42-9" || len(res.Doubtful)+len(res.Unknown) > 0 {
		t.Errorf("%+v, %v", res, err)
	}
	if !errors.Is(res.Broken["41"], broken) || len(res.Broken) != 1 {
		t.Errorf("broken: %v", res.Broken)
	}
}

// Several clauses are judged each by its own numbers.
func TestBlogsOfSeveralAsks(t *testing.T) {
	w := newWorld(FullName)
	w.person("ada").SwitchedOff = true
	w.left["ada"] = date("2026-10-01")
	in := w.input(t)
	in.Asks = append(in.Asks, Ask{Clause: "A1", Severity: "low", Rules: []string{FullName}, Deals: map[string]string{FullName: "headteacher"}, LeaverDays: 365})
	in.Blogs = []Blog{{ID: "41", Texts: texts(nil, BlogText{Post: "7", Texts: []string{"Ada Larkham"}}, BlogText{Post: "8", Texts: []string{"Thomas Quill"}})}}
	res, err := Check(in)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, o := range res.Observed {
		have = append(have, strings.Join([]string{o.Clause, o.Subject, o.Severity, o.Deals}, " "))
	}
	if d := cmp.Diff([]string{"A1 blog-post/41-7 low headteacher", "A1 blog-post/41-8 low headteacher", "A7 blog-post/41-8 high page_host"}, have); d != "" {
		t.Errorf("-want +have:\n%s", d)
	}
}
