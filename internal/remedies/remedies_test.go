package remedies

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/actions"
	"esafetybot/internal/seen"
)

func (w *world) edit(file, id string, set func(*seen.Grant)) {
	for i := range w.Files[file] {
		if w.Files[file][i].ID == id {
			set(&w.Files[file][i])
		}
	}
}

func (w *world) drop(file, id string) {
	w.Files[file] = slices.DeleteFunc(w.Files[file], func(g seen.Grant) bool { return g.ID == id })
}

func (w *world) person(id string, set func(*seen.Person)) {
	p := w.People[id]
	set(&p)
	w.People[id] = p
}

const (
	done = "done"
	left = "failed"
)

// TestChangedSinceApproval changes the object of each kind of remedy between its approval and the run: it is left alone, or
// it is as wanted already, and nothing is asked of Google that changes anything.
func TestChangedSinceApproval(t *testing.T) {
	f1 := File{ID: "f1", As: "u1", Owner: "u1"}
	sam, kim, link := "p-sam@outside.example", "p-kim@outside.example", "anyone"
	grant := func(make func(File, seen.Grant) actions.Change, id string) func(*world) actions.Change {
		return func(w *world) actions.Change { return make(f1, w.grant("f1", id)) }
	}
	is := func(c actions.Change) func(*world) actions.Change {
		return func(*world) actions.Change { return c }
	}
	expire := grant(func(f File, g seen.Grant) actions.Change { return ExpireGrant(f, g, start.AddDate(0, 0, 3)) }, kim)
	for name, c := range map[string]struct {
		change func(*world) actions.Change
		since  func(*world)
		want   string // state
		why    string
	}{
		"moved elsewhere":    {is(MoveUser("u1", "/Pupils/Year 4", "/Off")), func(w *world) { w.person("u1", func(p *seen.Person) { p.Unit = "/Leavers" }) }, left, "the account is in /Leavers now"},
		"moved there":        {is(MoveUser("u1", "/Pupils/Year 4", "/Off")), func(w *world) { w.person("u1", func(p *seen.Person) { p.Unit = "/off" }) }, done, ""},
		"account deleted":    {is(MoveUser("u1", "/Pupils/Year 4", "/Off")), func(w *world) { delete(w.People, "u1") }, left, "not there any more"},
		"left the group":     {is(LeaveGroup("g1", "u2")), func(w *world) { delete(w.Members, "g1/u2") }, done, ""},
		"group deleted":      {is(LeaveGroup("g1", "u2")), func(w *world) { delete(w.Members, "g1") }, left, "not there any more"},
		"switched off":       {is(SwitchOff("u2")), func(w *world) { w.person("u2", func(p *seen.Person) { p.SwitchedOff = true }) }, done, ""},
		"archived":           {is(SwitchOff("u2")), func(w *world) { w.person("u2", func(p *seen.Person) { p.Archived = true }) }, done, ""},
		"leaver deleted":     {is(SwitchOff("u2")), func(w *world) { delete(w.People, "u2") }, left, "not there any more"},
		"nobody to sign in":  {is(SignOut("u2")), func(w *world) { w.person("u2", func(p *seen.Person) { p.SwitchedOff = true }) }, done, "the account is switched off"},
		"nobody to sign out": {is(SignOut("u2")), func(w *world) { delete(w.People, "u2") }, left, "not there any more"},
		"app gone":           {is(RevokeApp("u1", "app1")), func(w *world) { w.Tokens["u1"] = nil }, done, ""},
		"app's user gone":    {is(RevokeApp("u1", "app1")), func(w *world) { delete(w.People, "u1") }, left, "not there any more"},
		"another recovery":   {is(RemoveRecovery("u3", "Parent@home.example")), func(w *world) { w.person("u3", func(p *seen.Person) { p.Recovery = "gran@home.example" }) }, left, "another recovery address"},
		"no recovery":        {is(RemoveRecovery("u3", "parent@home.example")), func(w *world) { w.person("u3", func(p *seen.Person) { p.Recovery = "" }) }, done, ""},
		"recovery of nobody": {is(RemoveRecovery("u3", "parent@home.example")), func(w *world) { delete(w.People, "u3") }, left, "not there any more"},
		"grant gone":         {grant(DeleteGrant, link), func(w *world) { w.drop("f1", link) }, done, ""},
		"grant wider":        {grant(DeleteGrant, link), func(w *world) { w.edit("f1", link, func(g *seen.Grant) { g.Role, g.Own = "writer", "writer" }) }, left, "its role was changed"},
		"grant of a folder":  {grant(DeleteGrant, link), func(w *world) { w.edit("f1", link, func(g *seen.Grant) { g.Own, g.Inherited = "", "reader" }) }, done, "from a folder above"},
		"owner now":          {grant(DeleteGrant, sam), func(w *world) { w.edit("f1", sam, func(g *seen.Grant) { g.Role = "owner" }) }, left, "they own it"},
		"file deleted":       {grant(DeleteGrant, link), func(w *world) { delete(w.Files, "f1") }, left, "not there any more"},
		"owner deleted":      {grant(DeleteGrant, link), func(w *world) { delete(w.People, "u1") }, left, "not there any more"},
		"narrowed":           {grant(NarrowGrant, sam), func(w *world) { w.edit("f1", sam, func(g *seen.Grant) { g.Role, g.Own = "reader", "reader" }) }, done, ""},
		"narrowed a little":  {grant(NarrowGrant, sam), func(w *world) { w.edit("f1", sam, func(g *seen.Grant) { g.Role, g.Own = "commenter", "commenter" }) }, left, "its role was changed"},
		"not narrow, gone":   {grant(NarrowGrant, sam), func(w *world) { w.drop("f1", sam) }, done, "it is not shared any more"},
		"narrow the owner":   {grant(NarrowGrant, sam), func(w *world) { w.edit("f1", sam, func(g *seen.Grant) { g.Role = "owner" }) }, left, "they own it"},
		"narrow inherited":   {grant(NarrowGrant, sam), func(w *world) { w.edit("f1", sam, func(g *seen.Grant) { g.Own, g.Inherited = "", "writer" }) }, done, "from a folder above"},
		"narrow no file":     {grant(NarrowGrant, sam), func(w *world) { delete(w.Files, "f1") }, left, "not there any more"},
		"ends sooner":        {expire, func(w *world) { w.edit("f1", kim, func(g *seen.Grant) { g.Until = start.AddDate(0, 0, 1) }) }, done, ""},
		"expire wider":       {expire, func(w *world) { w.edit("f1", kim, func(g *seen.Grant) { g.Role, g.Own = "writer", "writer" }) }, left, "its role was changed"},
		"expire ended":       {expire, func(w *world) { w.drop("f1", kim) }, done, "it is not shared any more"},
		"expire the owner":   {expire, func(w *world) { w.edit("f1", kim, func(g *seen.Grant) { g.Role = "owner" }) }, left, "they own it"},
		"expire inherited":   {expire, func(w *world) { w.edit("f1", kim, func(g *seen.Grant) { g.Own = "" }) }, done, "from a folder above"},
		"expire no file":     {expire, func(w *world) { delete(w.Files, "f1") }, left, "not there any more"},
		"passed on": {is(HandOver("f2", "u2", "head")), func(w *world) {
			w.edit("f2", "p-u2@school.example", func(g *seen.Grant) { g.Role, g.Own = "writer", "writer" })
		}, left, "somebody else owns it now"},
		"handed over": {is(HandOver("f2", "u2", "head")), func(w *world) {
			w.edit("f2", "p-u2@school.example", func(g *seen.Grant) { g.Role, g.Own = "writer", "writer" })
			w.edit("f2", "p-head@school.example", func(g *seen.Grant) { g.Role, g.Own = "owner", "owner" })
		}, done, ""},
		"out of sight": {is(HandOver("f2", "u2", "head")), func(w *world) {
			w.drop("f2", "p-u2@school.example")
			w.edit("f2", "p-head@school.example", func(g *seen.Grant) { g.Role, g.Own = "owner", "owner" })
		}, done, ""},
		"new owner off":   {is(HandOver("f2", "u2", "head")), func(w *world) { w.person("head", func(p *seen.Person) { p.SwitchedOff = true }) }, left, "the new owner's account is switched off"},
		"new owner gone":  {is(HandOver("f2", "u2", "head")), func(w *world) { delete(w.People, "head") }, left, "not there any more"},
		"old owner gone":  {is(HandOver("f2", "u2", "head")), func(w *world) { delete(w.People, "u2") }, left, "not there any more"},
		"nothing to hand": {is(HandOver("f2", "u2", "head")), func(w *world) { delete(w.Files, "f2") }, left, "not there any more"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(memoryStore(t))
			ids := b.propose(t, false, c.change(b.w))
			b.approve(t, outsider, ids...)
			c.since(b.w)
			before := b.w.text()
			if _, err := b.log().Apply(ctx, actions.Input{}); err != nil {
				t.Fatal(err)
			}
			a, err := b.log().Get(ctx, ids[0])
			if err != nil {
				t.Fatal(err)
			}
			if string(a.State) != c.want || !strings.Contains(a.Why, c.why) {
				t.Errorf("%s: %q, want %s: %q", a.State, a.Why, c.want, c.why)
			}
			if len(b.w.changes) != 0 || before != b.w.text() {
				t.Errorf("changed: %v", b.w.changes)
			}
			if _, err := b.log().Undo(ctx, outsider, ids[0], ""); err == nil {
				t.Error("what was not done was undone")
			}
		})
	}
}

// TestChangedBeforeUndo likewise for undoing.
func TestChangedBeforeUndo(t *testing.T) {
	for i, since := range map[int]func(*world){
		0: func(w *world) { w.person("u1", func(p *seen.Person) { p.Unit = "/Leavers" }) },
		1: func(w *world) { delete(w.Members, "g1") },
		2: func(w *world) { delete(w.People, "u2") },
		5: func(w *world) { w.person("u3", func(p *seen.Person) { p.Recovery = "gran@home.example" }) },
		6: func(w *world) {
			w.Files["f1"] = append(w.Files["f1"], seen.Grant{ID: "anyone", Type: "anyone", Role: "writer", Own: "writer"})
		},
		8: func(w *world) {
			w.edit("f1", "p-sam@outside.example", func(g *seen.Grant) { g.Role, g.Own = "commenter", "commenter" })
		},
		9: func(w *world) {
			w.edit("f1", "p-kim@outside.example", func(g *seen.Grant) { g.Until = start.AddDate(0, 2, 0) })
		},
		10: func(w *world) {
			w.edit("f2", "p-head@school.example", func(g *seen.Grant) { g.Role, g.Own = "reader", "reader" })
		},
	} {
		b := newBench(memoryStore(t))
		c := changes(b.w)[i]
		ids := b.propose(t, false, c)
		b.approve(t, outsider, ids...)
		if _, err := b.log().Apply(ctx, actions.Input{}); err != nil {
			t.Fatal(err)
		}
		since(b.w)
		before := b.w.text()
		if _, err := b.log().Undo(ctx, outsider, ids[0], ""); !errors.Is(err, actions.ErrChanged) {
			t.Errorf("%s: %v", c.Kind, err)
		}
		if before != b.w.text() {
			t.Errorf("%s: changed all the same", c.Kind)
		}
	}
}

func TestNoUndo(t *testing.T) {
	b := newBench(memoryStore(t))
	ids := b.propose(t, false, SignOut("u1"), RevokeApp("u1", "app1"))
	b.approve(t, outsider, ids...)
	if _, err := b.log().Apply(ctx, actions.Input{}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"signs in again with their password", "has to allow it again"} {
		_, err := b.log().Undo(ctx, outsider, ids[i], "")
		if !errors.Is(err, actions.ErrNoUndo) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A link cannot end by itself: it is deleted when its time has come, and not before.
func TestLinkEnds(t *testing.T) {
	b := newBench(memoryStore(t))
	f := File{ID: "f1", As: "u1", Owner: "u1"}
	until := start.AddDate(0, 0, 40)
	link := b.w.grant("f1", "anyone")
	c := ExpireGrant(f, link, until)
	if c.Kind != KindDeleteGrant || !c.NotBefore.Equal(until) {
		t.Fatalf("%+v", c)
	}
	ids := b.propose(t, false, c, DeleteGrant(f, link))
	if ids[0] == ids[1] {
		t.Error("deleting it later is the same as deleting it now")
	}
	b.approve(t, outsider, ids[0])
	for b.now = start; b.now.Before(until); b.now = b.now.AddDate(0, 0, 4) {
		if res, err := b.log().Apply(ctx, actions.Input{}); err != nil || res.Waiting != 1 {
			t.Fatalf("%+v, %v", res, err)
		}
	}
	b.now = until
	if res, err := b.log().Apply(ctx, actions.Input{}); err != nil || res.Done != 1 || len(b.w.changes) != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
}

// The day on which a grant was to end may pass before anybody comes to it: then it is deleted. Undoing gives it back, as it
// does where Google ended it meanwhile.
func TestExpiryInThePast(t *testing.T) {
	for _, ended := range []bool{false, true} {
		b := newBench(memoryStore(t))
		kim := "p-kim@outside.example"
		until := start.Add(time.Hour)
		before := b.w.grant("f1", kim)
		ids := b.propose(t, false, ExpireGrant(File{ID: "f1", As: "u1"}, before, until))
		b.approve(t, outsider, ids...)
		if !ended {
			b.now = until
		}
		if res, err := b.log().Apply(ctx, actions.Input{}); err != nil || res.Done != 1 {
			t.Fatalf("%+v, %v", res, err)
		}
		b.now = until
		if ended {
			b.w.drop("f1", kim) // Google did
		}
		if len(b.w.Files["f1"]) != 4 {
			t.Fatal("it is shared still")
		}
		if state, err := b.log().Undo(ctx, outsider, ids[0], ""); err != nil || state != actions.Undone || b.w.grant("f1", kim) != before {
			t.Fatalf("%s, %v", state, err)
		}
	}
}

// Nobody decides on a change of their own account, their own file, or a file that is to become theirs.
func TestConcerns(t *testing.T) {
	b := newBench(memoryStore(t))
	all := changes(b.w)
	ids := b.propose(t, false, all...)
	for i, who := range []string{"u1", "u2", "u2", "u1", "u1", "u3", "u1", "u1", "u1", "u1", "head", "u2"} { // comments on blogs concern nobody by name
		by := actions.By{Role: "workspace_admin", Address: who + "@school.example", ID: who}
		if err := b.log().Approve(ctx, by, actions.Pick{ID: ids[i]}); !errors.Is(err, actions.ErrSelf) {
			t.Errorf("%s approved %s: %v", who, all[i].Kind, err)
		}
	}
	b.approve(t, it, ids...)
	// Nor does the log keep an address: only what undoing needs does.
	for _, id := range ids {
		a, err := b.log().Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		for key, v := range a.Params {
			if strings.Contains(v, "@") && !strings.HasPrefix(v, "p-") { // the invented ids of grants hold one
				t.Errorf("%s: parameter %s holds an address", a.Kind, key)
			}
		}
	}
}

func TestWords(t *testing.T) {
	general := regexp.MustCompile(`^[A-Z].*\.$`)
	for _, kind := range Kinds() {
		if s := Title(kind); !regexp.MustCompile(`^[A-Z].*[a-z]$`).MatchString(s) {
			t.Errorf("%s: %q", kind, s)
		}
		for _, n := range []Names{{}, {
			Account: "a Year 4 pupil", From: "/Pupils/Year 4", To: "/Pupils/No mail", Group: "the group mail", App: "Example Maths", File: "a document of the office",
			With: "everybody who has the link", Role: "edit", Owner: "the school office", Until: "Fri 4 December 2026",
		}} {
			w := Say(kind, n)
			for _, s := range []string{w.Will, w.Did, w.Undo} {
				if !general.MatchString(s) || strings.ContainsAny(s, "{}") {
					t.Errorf("%s: %q", kind, s)
				}
			}
		}
	}
	if have, want := Say(KindMoveUser, Names{Account: "a Year 4 pupil", From: "/Pupils", To: "/Off"}).Did, "A Year 4 pupil was moved from /Pupils to /Off."; have != want {
		t.Errorf("%q, want %q", have, want)
	}
	if Say("no-such-kind", Names{}) != (Words{}) {
		t.Error("words for a kind that there is not")
	}
	kinds := Kinds()
	for i, r := range All(nil, nil) {
		if r.Kind() != kinds[i] {
			t.Errorf("%s, want %s", r.Kind(), kinds[i])
		}
	}
}

// A comment that waited is hidden by undoing, since Blogger has no way to make it wait again; a text that was removed is gone; and who does not run the blog changes nothing.
func TestModerate(t *testing.T) {
	b := newBench(memoryStore(t))
	ids := b.propose(t, false,
		Moderate("u3", "b1", "p1", "pending", seen.CommentLive), Moderate("u3", "b1", "p1", "rude", seen.CommentEmptied), Moderate("u1", "b1", "p1", "live", seen.CommentSpam), Moderate("u3", "b1", "p1", "gone", seen.CommentSpam))
	b.approve(t, outsider, ids...)
	if _, err := b.log().Apply(ctx, actions.Input{}); err == nil || !strings.Contains(err.Error(), "not the blog's administrator") {
		t.Error("who does not run the blog changes nothing, and nobody says so:", err)
	}
	want := map[string]string{"b1/p1/live": seen.CommentLive, "b1/p1/spam": seen.CommentSpam, "b1/p1/pending": seen.CommentLive, "b1/p1/rude": seen.CommentEmptied}
	if diff := cmp.Diff(want, b.w.Said); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if _, err := b.log().Undo(ctx, outsider, ids[0], ""); err != nil {
		t.Error(err)
	}
	if have := b.w.Said["b1/p1/pending"]; have != seen.CommentSpam {
		t.Errorf("undone it is %s", have)
	}
	if _, err := b.log().Undo(ctx, outsider, ids[1], ""); !errors.Is(err, actions.ErrNoUndo) {
		t.Error(err)
	}
	for _, i := range []int{2, 3} {
		if a, err := b.log().Get(ctx, ids[i]); err != nil || a.State == actions.Done {
			t.Errorf("%v %v", a, err)
		}
	}
}
