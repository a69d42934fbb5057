package reports

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/quantity"
)

// OwnerChange is one change to the sharing of a file, as its owner hears of it. Nothing of it is masked.
type OwnerChange struct {
	Title string    // of the file
	Link  string    // https; changes with the same link are about one file
	Words string    // what will be done or was done, in a sentence
	When  time.Time // at the earliest, or when it was done; zero: not said
	By    string    // the title of who decided on it: "headteacher"; "" if the policy itself did
	Says  string    // what the clause of the policy says that calls for it
	Undo  string    // how it is undone, or that it cannot be
}

// OwnerInput is all that the letter to the owner of files is made of: what the program will change about how they are shared, and what it
// has changed.
type OwnerInput struct {
	School   string
	Titles   Titles
	Reader   string // the owner's name; "" leaves the greeting out
	Now      time.Time
	Location *time.Location // the school's time zone; nil is UTC
	Coming   []OwnerChange
	Made     []OwnerChange
}

// ownerPage is the letter in words.
type ownerPage struct {
	School, Date, Greeting, Headline, Lead string
	Coming, Made                           ownerList
	StayHead, Stay                         string
	Foot                                   []string
}

type ownerList struct {
	Title string
	Files []ownerFile
	More  string
}

type ownerFile struct {
	Title, Link string
	Changes     []ownerLine
}

type ownerLine struct{ Words, When, Why, Undo string }

// Owner writes the letter to the owner of files whose sharing the program will change or has changed. It names the files by their titles,
// as only their owner may read them, so it must go to nobody else, and to adults only. The subject holds no title and no name.
// Without any change it is an error.
func Owner(in OwnerInput) (Rendered, error) {
	if len(in.Coming)+len(in.Made) == 0 {
		return Rendered{}, errors.New("the letter to the owner of files: there is nothing to tell; do not send it")
	}
	r := Rendered{Subject: in.head(), Hash: sum(sorted(ownerHash(in)))}
	for most := fullLimits.things; ; most /= 2 {
		p := in.page(most)
		var err error
		if r.HTML, err = renderHTML("owner", p); err != nil {
			return Rendered{}, fmt.Errorf("the letter to the owner of files: %w", err)
		}
		r.Text = ownerText(p)
		if len(r.HTML) < MaxHTML && len(r.Text) < MaxHTML {
			return r, nil
		}
		if most == 0 {
			return Rendered{}, fmt.Errorf("the letter to the owner of files: it has %d bytes even without a list, at most %d fit into a mail", len(r.HTML), MaxHTML)
		}
	}
}

func ownerHash(in OwnerInput) []string {
	var lines []string
	for what, list := range map[string][]OwnerChange{"coming": in.Coming, "made": in.Made} {
		for _, c := range list {
			lines = append(lines, fmt.Sprintf("%s %q %q %s", what, c.Link, c.Words, c.When.UTC().Format(time.RFC3339)))
		}
	}
	return lines
}

// head says how many files it is about.
func (in OwnerInput) head() string {
	coming, made := filesOf(in.Coming), filesOf(in.Made)
	files := func(n int) string { return quantity.Of(n, "file of yours", "files of yours") }
	switch {
	case made == 0:
		return files(coming) + ": sharing will be changed"
	case coming == 0:
		return files(made) + ": sharing was changed"
	}
	return files(filesOf(slices.Concat(in.Coming, in.Made))) + ": sharing will be changed, or was"
}

// fileOf tells changes of one file from those of another.
func (c OwnerChange) fileOf() string { return cmp.Or(c.Link, "title "+c.Title) }

func filesOf(list []OwnerChange) int {
	seen := map[string]bool{}
	for _, c := range list {
		seen[c.fileOf()] = true
	}
	return len(seen)
}

func (in OwnerInput) page(most int) ownerPage {
	now := in.Now.UTC()
	if in.Location != nil {
		now = in.Now.In(in.Location)
	}
	school := named(in.School, 80)
	officer := cmp.Or(clean(in.Titles.ESafetyOfficer, 60), "e-safety officer")
	coming, made := filesOf(in.Coming), filesOf(in.Made)
	p := ownerPage{
		School: school, Date: now.Format("Monday 2 January 2006"), Headline: in.head(),
		Lead: "The school looks regularly at who can open what. Sharing is quickly done and easily forgotten, and how these files are shared does not match the school's policy. " +
			"What is in them stays as it is, and there is nothing that you have to do.",
		Foot: []string{"Written by esafetybot for " + cmp.Or(school, "the school") + ". It names your files, so it goes to you alone."},
	}
	if name := named(in.Reader, 60); name != "" {
		p.Greeting = "Dear " + name + ","
	}
	day := func(t time.Time) string { return dayWords(t, now) }
	p.Coming = ownerFiles(in.Coming, most, officer, func(c OwnerChange) string {
		if c.When.IsZero() {
			return ""
		}
		return "Not before " + day(c.When) + "."
	})
	p.Made = ownerFiles(in.Made, most, officer, func(c OwnerChange) string {
		if c.When.IsZero() {
			return ""
		}
		return "Done on " + day(c.When) + "."
	})
	p.Coming.Title, p.Made.Title = "What will be changed", "What was changed"
	if coming > 0 {
		before := "soon"
		if at := earliest(in.Coming); !at.IsZero() {
			before = "before " + day(at)
		}
		p.StayHead = "If something should stay as it is"
		p.Stay = "Please tell the " + officer + " " + before + ", with a word on what it is for. They can agree it until a date; then it is not changed."
		if made > 0 {
			p.Stay += " What was changed already can be put back as it was, unless it says above that it cannot be undone."
		}
	} else {
		p.StayHead = "If you still need it as it was"
		p.Stay = "Please tell the " + officer + ", with a word on what it is for. They can agree it until a date, and it can be put back as it was, unless it says above that it cannot be undone."
	}
	return p
}

// earliest is the first day on which anything may be changed; zero if none is said.
func earliest(list []OwnerChange) time.Time {
	var first time.Time
	for _, c := range list {
		if !c.When.IsZero() && (first.IsZero() || c.When.Before(first)) {
			first = c.When
		}
	}
	return first
}

// ownerFiles lists the changes by file, the earliest first.
func ownerFiles(list []OwnerChange, most int, officer string, when func(OwnerChange) string) ownerList {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b OwnerChange) int { return a.When.Compare(b.When) })
	var out ownerList
	at := map[string]int{}
	left := map[string]bool{}
	for _, c := range list {
		key := c.fileOf()
		i, have := at[key]
		if !have {
			if len(out.Files) >= most {
				left[key] = true
				continue
			}
			i = len(out.Files)
			at[key] = i
			out.Files = append(out.Files, ownerFile{Title: isolate(cmp.Or(clean(c.Title, maxTitle), "A file without a title")), Link: safeLink(c.Link)})
		}
		f := &out.Files[i]
		if len(f.Changes) >= ownerChanges {
			continue
		}
		l := ownerLine{Words: isolate(cmp.Or(clean(c.Words, 300), "How it is shared.")), When: when(c), Why: why(c), Undo: clean(c.Undo, 200)}
		if k := len(f.Changes); k > 0 && f.Changes[k-1].Why == l.Why && f.Changes[k-1].When == l.When {
			f.Changes[k-1].Why, f.Changes[k-1].When = "", "" // said once, behind the last
			if f.Changes[k-1].Undo == l.Undo {
				f.Changes[k-1].Undo = ""
			}
		}
		f.Changes = append(f.Changes, l)
	}
	if n := len(left); n > 0 {
		out.More = "and " + quantity.Of(n, "more file", "more files") + " of yours; the " + officer + " can tell you which"
	}
	return out
}

// ownerChanges is how many changes of one file are named.
const ownerChanges = 10

// why says who decided and what the policy says.
func why(c OwnerChange) string {
	by, says := clean(c.By, 60), strings.TrimRight(clean(c.Says, 200), ".")
	switch {
	case by != "" && says != "":
		return "The school's " + by + " decided this, because the policy says: “" + says + ".”"
	case by != "":
		return "The school's " + by + " decided this."
	case says != "":
		return "The school decided this in its policy, which says: “" + says + ".”"
	}
	return "The school decided this in its policy."
}

func ownerText(p ownerPage) string {
	t := &textPage{}
	t.top(p.School+" · "+p.Date, p.Greeting, p.Headline)
	t.para(p.Lead)
	for _, l := range []ownerList{p.Coming, p.Made} {
		if len(l.Files) == 0 && l.More == "" {
			continue
		}
		t.head(l.Title)
		for _, f := range l.Files {
			t.item("* ", f.Title)
			for _, c := range f.Changes {
				t.item("  ", strings.TrimSpace(c.Words+" "+c.When))
				for _, s := range []string{c.Undo, c.Why} {
					if s != "" {
						t.item("  ", s)
					}
				}
			}
			t.link(f.Link)
			t.b.WriteString("\n")
		}
		if l.More != "" {
			t.para("… " + l.More + ".")
		}
	}
	t.head(p.StayHead)
	t.para(p.Stay)
	t.b.WriteString("-- \n")
	for _, f := range p.Foot {
		t.line(f)
	}
	return t.b.String()
}
