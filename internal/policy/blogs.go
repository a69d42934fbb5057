package policy

import (
	"fmt"
	"slices"
)

// Blog is a blog on Blogger that the school approved.
type Blog struct {
	ID    string   // Blogger's id, digits
	Name  string   // what people call it; "" if the policy does not say
	Hosts []string // addresses of who looks at its comments, lower case
	// Moderate tells that comments may be shown, hidden and removed from the review site, by those who look after the blog.
	Moderate bool
}

var blogShape = &shape{form: objectForm, name: "blog", what: "a blog: {blog, name, hosts, moderate}", fields: []field{
	{"blog", true, "Blogger's id of the blog, in quotes: the number in the address of the page on which it is edited.",
		patternShape("", "the number of the blog, in quotes, such as \"4120991\"", `[0-9]{1,25}`, nil)},
	{"name", false, "What people call it.", anyText},
	{"hosts", true, "Who looks at its comments: addresses of members of staff.", listOf(addressShape, 1)},
	{"moderate", false, "Whether they may show, hide and remove comments from the review site. Default: no; they do it in Blogger then.", wordsShape([]string{"yes", "no"})},
}}

func (b *builder) blogs(v *value) {
	for _, i := range v.list() {
		one := Blog{ID: i.get("blog").str(), Name: i.get("name").str(), Moderate: i.get("moderate").str() == "yes"}
		if _, twice := b.p.Blog(one.ID); twice {
			b.wrong(i.get("blog").where(), fmt.Sprintf("found the blog %s a second time", one.ID), "each blog once", "")
			continue
		}
		for _, h := range i.get("hosts").list() {
			if address := b.ourAddress(h); !slices.Contains(one.Hosts, address) {
				one.Hosts = append(one.Hosts, address)
			}
		}
		b.p.Blogs = append(b.p.Blogs, one)
	}
}

// Blog is what the policy says of a blog; false if it does not list it.
func (p *Policy) Blog(id string) (Blog, bool) {
	i := slices.IndexFunc(p.Blogs, func(b Blog) bool { return b.ID == id })
	if i < 0 {
		return Blog{}, false
	}
	return p.Blogs[i], true
}
