package doctor

import (
	"context"
	"slices"
	"strings"
)

func (p *prober) classes(ctx context.Context) {
	states := tally{}
	var all, folders, asked, members, addresses, teachers, outside, titled, attached int
	var membersErr, titledErr, attachedErr error
	for c, err := range p.Client.Courses(ctx) {
		if !p.could(err, "58, 96, 102, 103", "classes") {
			return
		}
		all++
		states.add(c.State)
		if c.Folder != "" {
			folders++
		}
		if c.State != "ACTIVE" || asked == probeClasses {
			continue
		}
		asked++
		for m, err := range p.Client.ClassMembers(ctx, c.ID) {
			if err != nil {
				membersErr = err
				break
			}
			members++
			if _, domain, ok := strings.Cut(m.Address, "@"); ok {
				addresses++
				if len(p.customer) > 0 && !slices.Contains(p.customer, domain) {
					outside++
				}
			}
			if m.Teacher {
				teachers++
			}
		}
		n, err := length(p.Client.Titled(ctx, c.ID))
		titled, titledErr = titled+n, worse(titledErr, err)
		n, err = length(p.Client.Attached(ctx, c.ID))
		attached, attachedErr = attached+n, worse(attachedErr, err)
	}
	p.say("102", "classes and their folders", "%d classes (%s), %d tell their folder", all, states, folders)
	if p.could(membersErr, "58", "members of classes") {
		p.say("58", "members of classes", "%d in %d classes, %d of them teachers, %d with an address, of which %d are on domains of others", members, asked, teachers, addresses, outside)
	}
	if p.could(titledErr, "96", "classwork and materials of classes") {
		p.say("96", "classwork and materials of classes", "%d in %d classes", titled, asked)
	}
	if p.could(attachedErr, "103", "posts of classes, with what is attached") {
		p.say("103", "posts of classes, with what is attached", "%d in %d classes", attached, asked)
	}
}

func (p *prober) blogs(ctx context.Context) {
	x := examination{Setup: p.Setup}
	as := x.blogHost()
	blogs, err := p.Client.Blogs(ctx, as)
	if !p.could(err, "89, 90, 91", "blogs by delegation") {
		return
	}
	p.say("89", "blogs by delegation", "yes; %d blogs of whom the policy names first, or of the administrator", len(blogs))
	roles, told := tally{}, 0
	states, comments := tally{}, 0
	for _, b := range blogs {
		roles.add(b.Role)
		if b.User != "" {
			told++
		}
		if b.Gone || b.Role != "ADMIN" || comments > 0 {
			continue
		}
		for c, err := range p.Client.BlogComments(ctx, as, b.ID, p.Now.AddDate(-1, 0, 0)) {
			if err != nil || comments == probeComments {
				break
			}
			comments++
			states.add(c.Status)
		}
	}
	p.say("90", "who somebody is on Blogger", "their role: %s; of %d blogs %d say who they are", roles, len(blogs), told)
	p.say("91", "states of comments", "of %d comments of a year: %s", comments, states)
}
