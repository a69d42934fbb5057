package truth

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the HTML of a post or a comment says: its own text first, then those of alt and title.
func TestTextsOf(t *testing.T) {
	deep := strings.Repeat("<b>", 600) + "Ada"
	for _, c := range []struct {
		content string
		want    []string
	}{
		{"", []string{""}},
		{"Ada Larkham", []string{"Ada Larkham"}},
		{"Ada &amp; Isla&nbsp;Larkham", []string{"Ada & Isla\u00a0Larkham"}},
		{"<b>Ada</b> Larkham", []string{"Ada Larkham"}},
		{"<span>Ada</span><i>Larkham</i>", []string{"AdaLarkham"}},
		{"Ad<!-- Ben -->a", []string{"Ada"}},
		{"Ada<br>Larkham", []string{"Ada\nLarkham"}},
		{"Ada<br/>Lark</br>ham", []string{"Ada\nLark\nham"}},
		{"<p>Ada</p><p>Larkham</p>", []string{"\nAda\n\nLarkham\n"}},
		{"<p>Ada<p>Larkham", []string{"\nAda\n\nLarkham\n"}},
		{"<DIV>Ada</DIV>Larkham", []string{"\nAda\nLarkham"}},
		{"Ada<hr>Larkham", []string{"Ada\n\nLarkham"}},
		{"<ul><li>Ada<li>Larkham</ul>", []string{"\n\nAda\n\nLarkham\n\n"}},
		{"<table><tr><td>Ada<th>Larkham</table>", []string{"\n\n\nAda\n\nLarkham\n\n\n"}},
		{"<table>Ada<tr><td>Larkham</table>", []string{"Ada\n\n\nLarkham\n\n\n"}},
		{"<select><option>Ada<option>Larkham</select>", []string{"\n\nAda\n\nLarkham\n\n"}},
		{"<button>Ada</button> <label>Larkham</label>", []string{"Ada Larkham"}},
		{"Ada\nLarkham\r\nand\rIsla", []string{"Ada Larkham and Isla"}},
		{"Ada&#10;Larkham&#13;Isla", []string{"Ada Larkham Isla"}},
		{"<pre>Ada\nLarkham</pre>", []string{"\nAda\nLarkham\n"}},
		{"<pre>Ada<b>\nLarkham</b></pre>\nIsla", []string{"\nAda\nLarkham\n Isla"}},
		{"<textarea>Ada\nLarkham</textarea>", []string{"Ada\nLarkham"}},
		{"Ada<script>Ben</script><style>Ben</style><template><b>Ben</b></template><noscript>Ben</noscript><iframe>Ben</iframe> Larkham", []string{"Ada Larkham"}},
		{"Ada<object><b>Ben</b></object><svg><text>Ben</text><title>Ben</title></svg><math><mi>Ben</mi></math> Larkham", []string{"Ada Larkham"}},
		{"Ada<object><p>Ben</p></object>Larkham", []string{"Ada\n\nLarkham"}},
		{"Ada</p>Larkham", []string{"Ada\n\nLarkham"}},
		{"<body><html>Ada</body>Larkham", []string{"AdaLarkham"}},
		{"Ada < Larkham", []string{"Ada < Larkham"}},

		{`Ada <img alt="Isla Farthing"> Larkham`, []string{"Ada  Larkham", "Isla Farthing"}},
		{`<img ALT=Isla title="Tom&#39;s" src=Ben>`, []string{"", "Isla", "Tom's"}},
		{`<img alt=""><a title="" href="Ben" aria-label="Ben">Ada</a>`, []string{"Ada"}},
		{`<p title=" ">Ada</p>`, []string{"\nAda\n", " "}},
		{`<object><img alt=Isla></object><svg><a xlink:title=Ben title=Tom></a></svg>`, []string{"", "Isla", "Tom"}},
		{`<noscript><img alt=Ben></noscript><img alt=Isla alt=Ben>`, []string{"", "Isla"}},
		{"<img alt='Ada\nLarkham'>", []string{"", "Ada\nLarkham"}},
		{deep, nil},
	} {
		if diff := cmp.Diff(c.want, textsOf(c.content)); diff != "" {
			t.Errorf("%.80q, by hand (-) and read (+):\n%s", c.content, diff)
		}
	}
}

// namedPost is blog 41 with a post; fields are those of the post, comments each a status and a content.
func namedPost(fields string, comments ...[2]string) string {
	var list []string
	for i, c := range comments {
		list = append(list, blogComment(i+1, c[0], ten, "b9", fmt.Sprintf(`"content": %q`, c[1])))
	}
	return aBlog("41", `{"email": "ruth@school.example", "userId": "b1", "role": "ADMIN"}`, fields, list...)
}

func TestNamesOnBlogs(t *testing.T) {
	at := func(blogs ...string) map[string]string {
		return and(and(namesSchool(""), "blogs.json", "["+strings.Join(blogs, ",")+"]"), "blogs", `[{blog: "41", hosts: [ruth@school.example]}, {blog: 42}]`)
	}
	post := func(fields string, comments ...[2]string) map[string]string {
		return at(namedPost(fields, comments...))
	}
	plain := `"title": "Our week"`
	hers := func(where string) []string {
		return []string{"full-name blog-post/41-1: " + where + ", pupil/p1"}
	}
	his := func(where string) string { return "not-to-publish blog-post/41-1: " + where + ", pupil/p2" }
	live := func(content string) [2]string { return [2]string{"LIVE", content} }
	runCases(t, []ruleCase{
		{"nobody", post(plain, live("Lovely")), "names", bothRules, nil},
		{"a title", post(`"title": "Joan Quillfeather reads"`), "names", bothRules, hers("in-post")},
		{"a title is no HTML", post(`"title": "Joan <b>Quillfeather</b>"`), "names", bothRules, nil},
		{"what a post says", post(`"content": "<p>Joan <b>Quillfeather</b> reads</p>"`), "names", bothRules, hers("in-post")},
		{"nothing is found across two texts", post(`"title": "Joan", "content": "Quillfeather"`, live("Joan"), live("Quillfeather")), "names", bothRules, nil},
		{"nor across blocks", post(`"content": "<p>Joan</p><p>Quillfeather</p>"`), "names", bothRules, nil},
		{"nor a br", post(`"content": "Joan<br>Quillfeather"`), "names", bothRules, nil},
		{"the alt of a picture", post(`"content": "<img alt='Joan Quillfeather'>"`), "names", bothRules, hers("in-post")},
		{"the alt of a picture beside the text", post(`"content": "Joan <img alt='Quillfeather'>"`), "names", bothRules, nil},
		{"a comment", post(plain, live("Well done Joan Quillfeathr")), "names", bothRules, hers("in-comments")},
		{"the title of a link in a comment", post(plain, live("See <a title='quillfeather, joan'>here</a>")), "names", bothRules, hers("in-comments")},
		{"post and comment", post(`"title": "Joan Quillfeather"`, live("Joan Quillfeather")), "names", bothRules, []string{"full-name blog-post/41-1: in-comments, in-post, pupil/p1"}},
		{"a comment without a status", post(plain, [2]string{"", "Joan Quillfeather"}), "names", bothRules, hers("in-comments")},
		{"comments that nobody sees", post(plain, [2]string{"PENDING", "Joan Quillfeather"}, [2]string{"SPAM", "Joan Quillfeather"}, [2]string{"EMPTIED", "Joan Quillfeather"}), "names", bothRules, nil},
		{"a comment of years ago", at(aBlog("41", "", plain, blogComment(1, "LIVE", "2020-11-11T10:00:00Z", "b9", `"content": "Joan Quillfeather"`))), "names", bothRules, hers("in-comments")},
		{"hidden with all comments", post(plain+`, "readerComments": "DONT_ALLOW_HIDE_EXISTING"`, live("Joan Quillfeather")), "names", bothRules, hers("in-comments")},

		{"a draft", post(`"title": "Joan Quillfeather", "status": "DRAFT"`, live("Joan Quillfeather")), "names", bothRules, nil},
		{"a post to come", post(`"title": "Joan Quillfeather", "status": "SCHEDULED"`), "names", bothRules, nil},
		{"a post in the bin", post(`"title": "Joan Quillfeather", "status": "SOFT_TRASHED"`), "names", bothRules, nil},
		{"a blog that nobody runs", at(aBlog("42", "", `"title": "Joan Quillfeather"`)), "names", bothRules, []string{"full-name blog-post/42-1: in-post, pupil/p1"}},
		{"a blog that nobody listed", at(aBlog("43", `{"email": "ruth@school.example", "userId": "b1", "role": "ADMIN"}`, `"title": "Joan Quillfeather"`)), "names", bothRules, nil},
		{"a blog that was deleted", at(strings.Replace(namedPost(`"title": "Joan Quillfeather"`), `{"id": "41"}`, `{"id": "41", "status": "DELETED"}`, 1)), "names", bothRules, nil},

		{"the first name alone of one who may be published", post(`"title": "Joan reads"`), "names", bothRules, nil},
		{"of one not to be published", post(`"content": "<ul><li>Tomasz</li></ul>"`), "names", bothRules, []string{his("in-post")}},
		{"in a comment", post(plain, live("Go Tomasz!")), "names", bothRules, []string{his("in-comments")}},
		{"each rule tells where it found something", post(`"title": "Tomasz Mossop"`, live("Go Tomasz!")), "names", bothRules,
			[]string{"full-name blog-post/41-1: in-post, pupil/p2", "not-to-publish blog-post/41-1: in-comments, in-post, pupil/p2"}},
		{"pupils of both", post(`"content": "<p>Tomasz</p>"`, live("And Joan Quillfeather")), "names", bothRules, []string{hers("in-comments")[0], his("in-post")}},
		{"only one rule asked", post(`"title": "Tomasz Mossop"`), "names", "{rules: [not-to-publish]}", []string{his("in-post")}},
		{"whatever titles are asked", post(`"title": "Joan Quillfeather"`), "names", "{rules: [full-name], titles: [posts]}", hers("in-post")},
		{"a teacher", post(`"title": "Ruth Vellacott"`), "names", bothRules, nil},
	})
}
