package truth

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// passage is a text of a document, with the fact that says in what part of it the text stands; "" where there is nothing to say.
type passage struct{ text, where string }

// judgeNames adds what one `check: names` finds.
func (w *world) judgeNames(m NamesMeans, found collection) {
	everybody := newCast(w.everybodyNamed(number0(m.LeaverDays, 365)))
	for i := range w.t.Files {
		if f := &w.t.Files[i]; w.hasPublicTitle(f) {
			everybody.judge(m, "file/"+f.ID, true, []passage{{text: f.Name}}, found)
		}
	}
	for _, b := range w.t.Blogs {
		if _, listed := w.p.hostsOf(b.Blog.ID); !listed || !isLive(b.Blog.Status) {
			continue
		}
		for _, p := range b.Posts {
			if isLive(p.Status) {
				everybody.judge(m, "blog-post/"+b.Blog.ID+"-"+p.ID, true, b.texts(p), found)
			}
		}
	}
	for _, c := range w.t.Courses {
		if c.CourseState != "ACTIVE" || !w.isOurCourse(c) {
			continue
		}
		if slices.Contains(m.Titles, "classes") {
			everybody.judge(m, "course/"+c.ID, false, []passage{{text: c.Name}}, found)
		}
		if !slices.Contains(m.Titles, "posts") {
			continue
		}
		for _, p := range slices.Concat(w.t.CourseWork[c.ID], w.t.Materials[c.ID]) {
			if p.isPublished() {
				everybody.judge(m, "post/"+c.ID+"-"+p.ID, false, []passage{{text: p.Title}}, found)
			}
		}
	}
}

// judge adds what is found in the texts of one document.
func (c *cast) judge(m NamesMeans, subject string, public bool, texts []passage, found collection) {
	for _, x := range texts {
		add := func(rule string, who *named) {
			found.add("names", m.Clause, rule, subject, who.fact)
			if x.where != "" {
				found.add("names", m.Clause, rule, subject, x.where)
			}
		}
		t := c.text(x.text)
		full := t.fullNames()
		if slices.Contains(m.Rules, "full-name") {
			for who := range full {
				add("full-name", who)
			}
		}
		if !public || !slices.Contains(m.Rules, "not-to-publish") {
			continue
		}
		for _, who := range c.all {
			if who.hidden && (full[who] || t.firstAlone(who)) {
				add("not-to-publish", who)
			}
		}
	}
}

// texts are those of a post of a blog, and of the comments on it that readers may see.
func (b Blog) texts(p BlogPost) []passage {
	const inPost, inComments = "in-post", "in-comments"
	out := []passage{{p.Title, inPost}}
	for _, text := range textsOf(p.Content) {
		out = append(out, passage{text, inPost})
	}
	for _, c := range b.Comments[p.ID] {
		if !isLive(c.Status) {
			continue
		}
		for _, text := range textsOf(c.Content) {
			out = append(out, passage{text, inComments})
		}
	}
	return out
}

// hasPublicTitle reports whether anybody outside can open an item by a permission that stands on it, wherever it comes from.
func (w *world) hasPublicTitle(f *File) bool {
	return w.looked(f) && slices.ContainsFunc(f.Permissions, func(p Permission) bool {
		return w.counts(p) && !isMemberOnly(p) && slices.Contains([]string{"public", "public-link", "site"}, w.rule(f, p))
	})
}

// everybodyNamed lists the pupils, and the adults who may be meant instead.
func (w *world) everybodyNamed(leaverDays int) []*named {
	lately := func(left day) bool { return w.today-left <= day(leaverDays) }
	var out []*named
	for _, a := range w.accounts {
		switch r := w.pupils.row(a); {
		case !w.isPupilsAccount(a):
			if a.active {
				out = append(out, &named{adult: true, names: a.names()})
			}
		case a.active || w.staysNamed(a, r, lately):
			n := &named{fact: "pupil/" + a.ID, names: a.names()}
			if r != nil {
				n.hidden = r.isHidden()
				n.names = append(n.names, writtenName(r.name)...)
			}
			out = append(out, n)
		}
	}
	if w.pupils == nil {
		return out
	}
	for i, r := range w.pupils.rows {
		left, _ := r.leftDay()
		if w.pupils.accountOf[i] == nil && (!r.isLeaver(w.today) || lately(left)) {
			out = append(out, &named{fact: "roll/" + r.key, hidden: r.isHidden(), names: writtenName(r.name)})
		}
	}
	return out
}

// isPupilsAccount reports whether an account is a pupil's: by its row, or without any row by its kind.
func (w *world) isPupilsAccount(a *account) bool {
	return w.pupils.row(a) != nil || a.kind == "pupils" && w.itsRow(a) == nil
}

// staysNamed reports whether a pupil whose account is not active is looked for all the same; r is the row, or nil.
func (w *world) staysNamed(a *account, r *row, lately func(day) bool) bool {
	if r != nil {
		left, _ := r.leftDay()
		return !r.isLeaver(w.today) || lately(left)
	}
	if w.pupils == nil {
		return false
	}
	left, ok := w.pupils.left[a]
	return ok && lately(left)
}

// isHidden reports whether the one of a row is not to be published.
func (r row) isHidden() bool {
	return slices.Contains([]string{"no", "n", "false", "0"}, strings.ToLower(r.publish))
}

// names are those that the Directory has of somebody.
func (u *User) names() []parts {
	if strings.ContainsFunc(u.Name.GivenName, isLetter) && strings.ContainsFunc(u.Name.FamilyName, isLetter) {
		return spellings(u.Name.GivenName, u.Name.FamilyName)
	}
	return writtenName(u.Name.FullName)
}

// writtenName takes a name apart that stands in one piece.
func writtenName(name string) []parts {
	if family, given, ok := strings.Cut(name, ","); ok {
		return spellings(given, family)
	}
	var pieces []string
	for _, piece := range strings.Fields(name) {
		if strings.ContainsFunc(piece, isLetter) {
			pieces = append(pieces, piece)
		}
	}
	if len(pieces) < 2 {
		return spellings(strings.Join(pieces, " "), "")
	}
	last := len(pieces) - 1
	for last > 1 && slices.Contains(particles, lettersOf(pieces[last-1])) {
		last--
	}
	return spellings(strings.Join(pieces[:last], " "), strings.Join(pieces[last:], " "))
}

// umlauts are letters that some write as two.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")

// spellings are a name as it stands, and with its umlauts written as two letters if it has any.
func spellings(given, family string) []parts {
	out := []parts{partsOf(given, family)}
	lower := func(s string) string { return norm.NFC.String(strings.ToLower(s)) }
	otherGiven, otherFamily := umlauts.Replace(lower(given)), umlauts.Replace(lower(family))
	if otherGiven != lower(given) || otherFamily != lower(family) {
		out = append(out, partsOf(otherGiven, otherFamily))
	}
	return out
}

// cutsFamily reports whether a character stands between pieces of a family name.
func cutsFamily(c rune) bool { return unicode.IsSpace(c) || unicode.Is(unicode.Pd, c) }
