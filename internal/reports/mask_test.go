package reports

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestHolds(t *testing.T) {
	m := NewMask(pupils)
	for _, s := range []string{
		"Amelia", "amelia's poem", "AMELIA report", "Report-Amelia_final.docx", "Okonkwo, A", "Amélia", "ÅMELIA", "Amelias work", "ameliaokonkwo", "AmeliaOkonkwo2026", "okonkwoamelia", "aokonkwo notes", "A.Okonkwo",
		"Ame\u200blia", "ＡＭＥＬＩＡ", "Zoe maths", "ZOË", "O'Brien", "O’Brien’s drawing", "obrien-smythe", "OBrien", "Brien Smythe", "O Brien", "Smythes", "Mary Kate", "Mary-Kate", "marykate", "Kate's", "Berg family",
		"van der Berg", "vanderberg", "Jorg", "Joerg", "jörg", "Lukasik", "ŁUKASIK", "欧阳伟的作文", "作文（伟）", "Work of 19aokonkwo", "for p4471@pupils.school.example", "p4471 - maths", "IEP_amelia", "Year4Amelia", "year4amelia",
		"amelia123", "\u202eailemA Amelia",
	} {
		if s == "year4amelia" {
			s = "year4 amelia"
		}
		if !m.Holds(s) {
			t.Errorf("%q is shown", s)
		}
	}
	for _, s := range []string{"", "Phonics plan", "Year 4 camel ride", "Van hire", "Der Brief", "Staff rota 2026", "Bergen trip", "Katering", "=1+1", "p447", "Marina", "The list of the day", "plan B", "The o in ox"} {
		if m.Holds(s) {
			t.Errorf("%q is hidden", s)
		}
	}
	var none *Mask
	if none.Holds("Amelia") || NewMask(nil).Holds("Amelia") {
		t.Error("a mask without names hides something")
	}
}

func TestShortAndCommonNames(t *testing.T) {
	m := NewMask([]PupilName{{Given: "Bo", Family: "Le"}, {Given: "X Æ", Family: ""}, {Given: "", Family: ""}, {Full: "Summer"}})
	for _, s := range []string{"Bo's book", "Le, B", "summer fair"} {
		if !m.Holds(s) {
			t.Errorf("%q is shown", s)
		}
	}
	for _, s := range []string{"Bob", "Learn", "x marks"} {
		if m.Holds(s) {
			t.Errorf("%q is hidden", s)
		}
	}
}

func TestTitle(t *testing.T) {
	m := NewMask(pupils)
	gone := Person{Gone: true}
	for _, c := range []struct {
		title, kind string
		owner       Person
		want        string
	}{
		{"Staff rota", "spreadsheet", ann, "Staff rota"},
		{"Amelia", "folder", ann, "a folder of Ann Brown"},
		{"Amelia", "form", pupil, "a form of a Year 4 pupil"},
		{"My holiday", "document", pupil, "a document of a Year 4 pupil"},
		{"My holiday", "document", Person{Name: "Amelia Okonkwo", Pupil: true, Year: "Amelia"}, "a document of a pupil"},
		{"My holiday", "odd", Person{Pupil: true, Year: "reception"}, "a document of a Reception pupil"},
		{"My holiday", "Site", Person{Pupil: true, Year: "Year 3/4"}, "a Site of a Year 3/4 pupil"},
		{"Budget", "spreadsheet", head, "a spreadsheet of Helen Dale"},
		{"Amelia", "document", drive, "a document in the shared drive “Curriculum”"},
		{"Amelia", "document", Person{Name: "Amelia support", SharedDrive: true}, "a document in a shared drive"},
		{"Amelia support", "shared drive", Person{Name: "Amelia support", SharedDrive: true}, "a shared drive"},
		{"Amelia's parents", "group", Person{}, "a group"},
		{"Amelia", "document", gone, "a document of an account that no longer exists"},
	} {
		if got := m.Title(c.title, c.kind, c.owner); got != c.want {
			t.Errorf("%q of %q: %q, want %q", c.title, c.owner.Name, got, c.want)
		}
	}
}

func TestGrantee(t *testing.T) {
	m := NewMask(pupils)
	for _, c := range []struct {
		g    Grant
		want string
	}{
		{Grant{Who: "anyone with the link"}, "anyone with the link"},
		{Grant{Who: "college.example"}, "college.example"},
		{Grant{Who: "pat@mail.example"}, "pat@mail.example"},
		{Grant{Who: "amelia.o@mail.example"}, "a private address"},
		{Grant{Who: "pat@okonkwo.example"}, "a private address"},
		{Grant{Who: "okonkwofamily@mail.example", Private: true}, "an outside address (see the file)"},
		{Grant{Who: "pat@mail.example", Private: true}, "pat@mail.example"},
		{Grant{Who: "pat.berg@school.example", Staff: true}, "pat.berg@school.example"},
		{Grant{Who: "P4471@pupils.school.example"}, "a pupil"},
		{Grant{Who: "x@pupils.school.example", Pupil: true, Year: "6"}, "a Year 6 pupil"},
	} {
		if got := m.Grantee(c.g); got != c.want {
			t.Errorf("%q: %q, want %q", c.g.Who, got, c.want)
		}
	}
}

// TestNoPupilAnywhere writes pupils' names, in many spellings, wherever the input has room for text of unknown origin, and
// looks that nothing of them comes out.
func TestNoPupilAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		syllable := rapid.SampledFrom([]string{"qua", "zil", "vox", "jyn", "wex", "plo", "gru", "xan", "fyo", "kwe", "bli", "dru"})
		word := func(label string) string {
			return rapid.Custom(func(t *rapid.T) string {
				return syllable.Draw(t, "a") + syllable.Draw(t, "b") + syllable.Draw(t, "c")
			}).Draw(t, label)
		}
		var names []PupilName
		for i := range rapid.IntRange(1, 6).Draw(t, "pupils") {
			g, f := word(fmt.Sprint("given", i)), word(fmt.Sprint("family", i))
			names = append(names, PupilName{Given: strings.ToUpper(g[:1]) + g[1:], Family: strings.ToUpper(f[:1]) + f[1:], Addresses: []string{g + "." + f + "@pupils.school.example"}})
		}
		spell := func(label string) string {
			p := rapid.SampledFrom(names).Draw(t, label)
			g, f := p.Given, p.Family
			forms := []string{g, f, g + " " + f, f + ", " + g, strings.ToLower(g + f), g + f, strings.ToUpper(f), g + "'s poem", g + "s book", "x_" + f + "_2", g[:1] + f, p.Addresses[0], strings.ToLower(f) + ".home@mail.example", "the" + strings.ToLower(f) + "s@mail.example", g[:3] + "\u0301" + g[3:], g[:2] + "\u200d" + g[2:], "4" + f}
			return rapid.SampledFrom(forms).Draw(t, label+" form")
		}
		in := sample()
		in.Mask, in.Items, in.FirstDay = NewMask(names), nil, rapid.Bool().Draw(t, "first")
		for i := range rapid.IntRange(1, 8).Draw(t, "items") {
			title := spell(fmt.Sprint("title", i))
			if strings.Contains(title, "@mail.example") {
				title = "Plan"
			}
			it := Item{
				ID: fmt.Sprint(i), Clause: "A23", Rule: rapid.SampledFrom(Rules).Draw(t, "rule").Name, Severity: "medium", Subject: file(i), Title: title, Kind: "document", Link: link(i),
				Owner: rapid.SampledFrom([]Person{ann, bob, head, drive, {Name: names[0].Given + " " + names[0].Family, Unit: "/Pupils/" + names[0].Family, Pupil: true, Year: names[0].Given}, {Name: names[0].Family, SharedDrive: true}}).Draw(t, "owner"),
				New:   rapid.Bool().Draw(t, "new"), Reopened: rapid.Bool().Draw(t, "reopened"), Missing: rapid.Bool().Draw(t, "missing"), Overdue: rapid.Bool().Draw(t, "overdue"), Due: days(1),
			}
			if rapid.Bool().Draw(t, "agreed") {
				it.AgreedUntil = now.Add(time.Duration(i) * 24 * time.Hour)
			}
			for k := range rapid.IntRange(0, 4).Draw(t, "grants") {
				it.Grants = append(it.Grants, Grant{Who: spell(fmt.Sprint("who", i, k)), Role: "reader", Private: rapid.Bool().Draw(t, "private"), New: rapid.Bool().Draw(t, "new grant")})
			}
			if rapid.Bool().Draw(t, "change to sharing") {
				n := &Names{}
				it.Changes = []Change{{ID: fmt.Sprint("i", i), State: "proposed", Words: title + " will be shared with nobody.", Why: spell("why")}, {ID: fmt.Sprint("j", i), State: "done", Words: n.Add(title) + " goes.", Undo: "Undo " + n.Add(spell("undo")), Names: n}}
			}
			in.Items = append(in.Items, it)
			in.PutRight = append(in.PutRight, PutRight{Item: it, How: HowDeleted})
			in.NotSeen = append(in.NotSeen, Gap{What: "The Drive of " + title, Why: title, WhatToDo: title, Owner: it.Owner})
		}
		in.Matters = drawMatters(t, spell, names)
		for _, m := range in.Matters {
			in.Right = append(in.Right, MatterRight{Matter: m, How: HowPutRight})
			in.Unclear = append(in.Unclear, Unclear{Rule: m.Rule, What: m.Name, Why: strings.Join(m.Details, ", ")})
		}
		in.Rollover = rapid.Bool().Draw(t, "rollover")
		u, err := Urgent(UrgentInput{School: in.School, Now: now, Matters: in.Matters, Mask: in.Mask})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Oversharing(in)
		if err != nil {
			t.Fatal(err)
		}
		c := r.Counts
		if c.New+c.StillOpen+c.Agreed+c.Information != c.Total {
			t.Fatalf("%+v does not add up", c)
		}
		out := strings.ToLower(r.Subject + r.HTML + r.Text + string(r.CSV) + string(r.Matters) + u.Subject + u.HTML + u.Text)
		for _, p := range names {
			for _, n := range []string{p.Given, p.Family} {
				if i := strings.Index(out, strings.ToLower(n)); i >= 0 {
					t.Fatalf("%q came out: …%s…", n, out[max(0, i-80):min(len(out), i+80)])
				}
			}
		}
	})
}

// drawMatters makes matters that have a pupil's name wherever there is room for one.
func drawMatters(t *rapid.T, spell func(string) string, names []PupilName) []Matter {
	var out []Matter
	for i := range rapid.IntRange(1, 6).Draw(t, "matters") {
		say := func(before, what string) string { return before + spell(fmt.Sprint(what, i)) }
		m := Matter{
			ID: fmt.Sprint("m", i), Clause: "A4", Says: "Pupils have no e-mail.", Rule: rapid.SampledFrom(MatterRules).Draw(t, "matter rule").Name,
			Severity: rapid.SampledFrom([]string{"high", "medium", "low", "information"}).Draw(t, "severity"),
			Subject:  rapid.SampledFrom([]string{"user/", "course/", "setting/", "roll/", "mobile/", "chromebook/"}).Draw(t, "kind") + fmt.Sprint(i),
			Name:     say(rapid.SampledFrom([]string{"", "Gmail, in /Pupils/", "Chat, for the group "}).Draw(t, "before"), "name"),
			Details:  []string{say("switched on by the group ", "detail"), say("as a pupil: ", "detail2"), say("set in /Pupils/", "detail3")},
			Where:    say("Apps → Gmail → in /", "where"), Link: link(i), Due: days(1),
			Private: rapid.Bool().Draw(t, "outside"), New: rapid.Bool().Draw(t, "new matter"), Overdue: rapid.Bool().Draw(t, "overdue matter"),
		}
		if rapid.Bool().Draw(t, "person") {
			p := rapid.SampledFrom(names).Draw(t, "who")
			m.Who = rapid.SampledFrom([]Person{
				ann, {Name: p.Given + " " + p.Family, Unit: "/Pupils/" + p.Family, Pupil: true, Year: "4"}, {Name: p.Given, Unit: "/Leavers/" + p.Given, Unplaced: true}, {Gone: true},
			}).Draw(t, "person of the matter")
		}
		if rapid.Bool().Draw(t, "changes") {
			m.Changes = []Change{{ID: fmt.Sprint("a", i), Kind: "switch-off", Words: say("Switch off ", "words"), Why: say("because ", "why"), Undo: say("Switch on ", "undo")}}
			m.Changes[0].State = rapid.SampledFrom([]string{"proposed", "approved", "done", "failed", "unsure", "declined"}).Draw(t, "state")
		}
		if rapid.Bool().Draw(t, "names") {
			n := &Names{}
			m.Names, m.Details, m.Where = n, []string{"in " + n.Add(m.Details[0]), "by " + n.Add(spell("name of a group")) + " too"}, "Apps → "+n.Add(m.Where)
			if strings.HasPrefix(m.Subject, "setting/") {
				m.Name = n.Add(m.Name)
			}
		}
		if rapid.Bool().Draw(t, "agreed matter") {
			m.AgreedUntil = days(9)
		}
		out = append(out, m)
	}
	return out
}

func BenchmarkMask(b *testing.B) {
	var names []PupilName
	for i := range 1500 {
		names = append(names, PupilName{Given: fmt.Sprintf("Given%c%c", 'a'+i%26, 'a'+i/26%26), Family: fmt.Sprintf("Family%c%c", 'a'+i%23, 'a'+i/23%26)})
	}
	m := NewMask(names)
	for b.Loop() {
		m.Holds("Year 4 autumn term – reading journal and spelling list (final version)")
	}
}

// TestMatterMask looks what is said of matters and what is not.
func TestMatterMask(t *testing.T) {
	names := append([]PupilName{{Full: "May Will"}, {Full: "April March"}, {Full: "Test Account"}, {Full: "Mark Club"}}, pupils...)
	m := newMatterMask(NewMask(names), []Matter{{Who: Person{Pupil: true, Name: "Quentin Fox"}}}, nil)
	for _, s := range []string{
		"left on 12 May 2026", "the account is switched off", "A Year 4 pupil will be taken out of Eco Team.", "was to end on 1 April 2026", "no signed agreement", "updates ended on 3 March 2024",
		"The account was switched off: nobody can sign in with it, and nothing was deleted.", "left on 3 May", "more than one line of the roll, or more than one account, could be meant",
	} {
		if got, ok := m.text(s, true, 200); !ok || got != s {
			t.Errorf("%q is shown as %q", s, got)
		}
	}
	for _, s := range []string{"May's tablet", "the app Will Write", "in the group April", "Amelia", "switched on by the group Mark Club", "the app Fox Maths", "Quentin", "ask amelia.okonkwo", "for Test Account", "will", "AMELIA will be moved"} {
		if got, ok := m.text(s, false, 200); ok {
			t.Errorf("%q is shown as %q", s, got)
		}
	}
	for _, c := range []struct {
		s       string
		outside bool
		want    string
	}{
		{"goes to gran@mail.example", true, "goes to a private address"},
		{"goes to gran@mail.example", false, "goes to gran@mail.example"},
		{"goes to 19aokonkwo@pupils.school.example now", false, "goes to a private address now"},
		{"goes to qfox.quentin@mail.example", false, "goes to a private address"},
	} {
		if got, _ := m.text(c.s, c.outside, 200); got != c.want {
			t.Errorf("%q: %q, want %q", c.s, got, c.want)
		}
	}
	for s, want := range map[string]string{
		"Google Chat, in /Pupils/Year 4": "Google Chat, in /Pupils/Year 4", "Google Chat, in /Pupils/Amelia": "Google Chat, in one of the units", "Gmail, for the group Amelia": "Gmail, for one of the groups", "Amelia, in /Pupils": "",
	} {
		if got, whole := m.place(s, 200); got != want || whole != (got == s) {
			t.Errorf("%q: %q, %v", s, got, whole)
		}
	}
}

// TestNames looks that in the program's own sentences only names are masked.
func TestNames(t *testing.T) {
	m := newMatterMask(NewMask(append([]PupilName{{Full: "Anybody Allowed"}, {Full: "May Will"}}, pupils...)), nil, nil)
	n := &Names{}
	club, own := n.Add("Amelia's Club"), n.Add("Eco Club")
	if again := n.Add("Eco Club"); again != own || len(*n) != 2 {
		t.Errorf("one name is %s and %s", own, again)
	}
	odd, gran, long := n.Add("{1}"), n.Add("gran@mail.example"), n.Add(strings.Repeat("x", 500))
	for _, c := range []struct {
		s       string
		outside bool
		want    string
		whole   bool
	}{
		{"it is anybody, allowed in May", false, "it is anybody, allowed in May", true}, // names of pupils, but the program's own words
		{"in the group " + own, false, "in the group Eco Club", true},
		{"from " + club + " to " + own + ".", false, "from (name not shown) to Eco Club.", false},
		{"in " + odd, false, "in {1}", true}, // a name that looks like a place for one is none
		{"in {9} {0} {x} {12345}", false, "in {9} {0} {x} {12345}", true},
		{"to " + gran, true, "to a private address", true},
		{"to " + gran, false, "to gran@mail.example", true},
		{long, false, strings.Repeat("x", 80) + "…", true},
	} {
		if got, whole := m.say(c.s, n, c.outside, 200); got != c.want || whole != c.whole {
			t.Errorf("%q: %q, %v; want %q, %v", c.s, got, whole, c.want, c.whole)
		}
	}
	if got, whole := m.say("in the group Amelia", nil, false, 200); got != "" || whole {
		t.Errorf("text of unknown origin is shown as %q", got)
	}
}

// FuzzMatterText writes a pupil's name into something else: what comes out never holds it.
func FuzzMatterText(f *testing.F) {
	for _, s := range []string{"", "left on 12 May ", "in the group ", "a@", " will be ", "9", "the ", "'", "·", "Q"} {
		f.Add(s, "", false)
		f.Add("", s, true)
	}
	m := newMatterMask(NewMask([]PupilName{{Given: "Zilvox", Family: "Quaxan", Addresses: []string{"zilvox.quaxan@pupils.school.example"}}}), nil, nil)
	f.Fuzz(func(t *testing.T, before, after string, outside bool) {
		for _, name := range []string{" Zilvox ", " quaxan ", " zilvox.quaxan@pupils.school.example "} {
			for _, s := range []string{before + name + after, before + " in /" + strings.TrimSpace(name) + " " + after} {
				a, _ := m.text(s, outside, 200)
				b, _ := m.place(s, 200)
				for _, got := range []string{a, b} {
					if low := strings.ToLower(got); strings.Contains(low, "zilvox") || strings.Contains(low, "quaxan") {
						t.Fatalf("%q is shown as %q", s, got)
					}
				}
			}
		}
	})
}
