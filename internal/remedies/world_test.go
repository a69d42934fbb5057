package remedies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/seen"
)

// world is an invented Google for the tests: accounts, groups and files in memory.
type world struct {
	People  map[string]seen.Person
	Members map[string]string // group/member → role
	Tokens  map[string][]seen.App
	Files   map[string][]seen.Grant
	Said    map[string]string // BLOG/POST/COMMENT → the comment's state
	Ended   map[string]int    // accounts that were signed out; signing out twice is the same to them

	changes map[string]int // what was changed → how often it really changed
	stale   int            // readings of an account that still show it as it was before the last change
	before  map[string]seen.Person
	hook    func(string) // runs before and after each request
}

var errGone = errors.New("404: not found")

func (w *world) Gone(err error) bool { return errors.Is(err, errGone) }

func (w *world) at(where string) {
	if w.hook != nil {
		w.hook(where)
	}
}

// text is the whole world, for comparing two.
func (w *world) text() string {
	b, err := json.MarshalIndent(w, "", " ")
	if err != nil {
		panic(err)
	}
	return string(b)
}

// write makes a change if it is one, with the hook before and after it.
func (w *world) write(what string, change func() (changed bool, err error)) error {
	w.at("before " + what)
	ok, err := change()
	if ok {
		w.changes[what]++
	}
	w.at("after " + what)
	return err
}

func (w *world) setPerson(what, id string, set func(*seen.Person)) error {
	return w.write(what, func() (bool, error) {
		p, ok := w.People[id]
		if !ok {
			return false, errGone
		}
		was := fmt.Sprint(p)
		if _, ok := w.before[id]; !ok && w.stale > 0 {
			w.before[id] = p
		}
		set(&p)
		w.People[id] = p
		return was != fmt.Sprint(p), nil
	})
}

func (w *world) Person(_ context.Context, id string) (seen.Person, error) {
	w.at("read")
	p, ok := w.People[id]
	if !ok {
		return p, errGone
	}
	if old, ok := w.before[id]; ok {
		if w.stale--; w.stale >= 0 {
			return old, nil
		}
		delete(w.before, id)
	}
	return p, nil
}

func (w *world) MoveUser(_ context.Context, id, unit string) error {
	return w.setPerson("move "+id+" to "+unit, id, func(p *seen.Person) { p.Unit = unit })
}

func (w *world) SwitchOff(_ context.Context, id string, off bool) error {
	return w.setPerson(fmt.Sprint("off ", id, off), id, func(p *seen.Person) { p.SwitchedOff = off })
}

func (w *world) SetRecovery(_ context.Context, id, address string) error {
	return w.setPerson("recovery of "+id+": "+address, id, func(p *seen.Person) { p.Recovery = address })
}

func (w *world) SignOut(_ context.Context, id string) error {
	return w.write("sign out "+id, func() (bool, error) { w.Ended[id] = 1; return true, nil })
}

func (w *world) IsMember(_ context.Context, group, member string) (string, bool, error) {
	w.at("read")
	if _, ok := w.Members[group]; !ok {
		return "", false, errGone
	}
	role, ok := w.Members[group+"/"+member]
	return role, ok, nil
}

func (w *world) RemoveMember(_ context.Context, group, member string) error {
	return w.write("leave "+group+member, func() (bool, error) {
		_, ok := w.Members[group+"/"+member]
		if !ok {
			return false, errGone
		}
		delete(w.Members, group+"/"+member)
		return ok, nil
	})
}

func (w *world) AddMember(_ context.Context, group, member, role string) error {
	return w.write("join "+group+member, func() (bool, error) {
		if _, ok := w.Members[group+"/"+member]; ok {
			return false, errors.New("409: member already exists")
		}
		w.Members[group+"/"+member] = role
		return true, nil
	})
}

func (w *world) Apps(_ context.Context, user string) ([]seen.App, error) {
	w.at("read")
	if _, ok := w.People[user]; !ok {
		return nil, errGone
	}
	return w.Tokens[user], nil
}

func (w *world) RevokeApp(_ context.Context, user, client string) error {
	return w.write("revoke "+user+client, func() (bool, error) {
		n := len(w.Tokens[user])
		w.Tokens[user] = slices.DeleteFunc(slices.Clone(w.Tokens[user]), func(a seen.App) bool { return a.Client == client })
		if n == len(w.Tokens[user]) {
			return false, errGone
		}
		return true, nil
	})
}

// may tells whether somebody sees a file and who may open it.
func (w *world) may(as, file string) error {
	if !slices.ContainsFunc(w.Files[file], func(g seen.Grant) bool { return g.Address == as && seen.Rank(g.Role) >= 3 }) {
		return errGone
	}
	return nil
}

func (w *world) Grants(_ context.Context, as, file string) ([]seen.Grant, error) {
	w.at("read")
	return slices.Clone(w.Files[file]), w.may(as, file)
}

func (w *world) setGrant(what, as, file, id string, set func(*seen.Grant) bool) error {
	return w.write(what+file+id, func() (bool, error) {
		if err := w.may(as, file); err != nil {
			return false, err
		}
		list := slices.Clone(w.Files[file])
		i := slices.IndexFunc(list, func(g seen.Grant) bool { return g.ID == id })
		if i < 0 {
			return false, errGone
		}
		was := list[i]
		if !set(&list[i]) {
			list = slices.Delete(list, i, i+1)
			w.Files[file] = list
			return true, nil
		}
		w.Files[file] = list
		return was != list[i], nil
	})
}

func (w *world) DeleteGrant(_ context.Context, as, file, id string) error {
	return w.setGrant("delete ", as, file, id, func(g *seen.Grant) bool {
		g.Own, g.Role = "", g.Inherited
		return g.Inherited != ""
	})
}

func (w *world) SetRole(_ context.Context, as, file, id, role string) error {
	return w.setGrant("role "+role+" ", as, file, id, func(g *seen.Grant) bool { g.Own, g.Role = role, role; return true })
}

func (w *world) SetExpiry(_ context.Context, as, file, id string, until time.Time) error {
	return w.setGrant("until "+until.String()+" ", as, file, id, func(g *seen.Grant) bool { g.Until = until; return true })
}

func (w *world) AddGrant(_ context.Context, as, file string, g seen.Grant) (string, error) {
	return g.ID, w.write("share "+file+g.ID, func() (bool, error) {
		if err := w.may(as, file); err != nil {
			return false, err
		}
		list := slices.Clone(w.Files[file])
		i := slices.IndexFunc(list, g.Same)
		if i < 0 {
			w.Files[file] = append(list, g)
			return true, nil
		}
		was := list[i]
		list[i] = g
		w.Files[file] = list
		return was != g, nil
	})
}

func (w *world) HandOver(_ context.Context, as, file, to string) error {
	return w.write("hand over "+file+to, func() (bool, error) {
		list := slices.Clone(w.Files[file])
		i := slices.IndexFunc(list, func(g seen.Grant) bool { return g.Role == "owner" })
		if i < 0 || list[i].Address != as {
			return false, errors.New("403: not the owner")
		}
		list[i].Role, list[i].Own = "writer", "writer"
		j := slices.IndexFunc(list, func(g seen.Grant) bool { return g.Address == to })
		if j < 0 {
			list = append(list, seen.Grant{ID: "p-" + to, Type: "user", Address: to})
			j = len(list) - 1
		}
		list[j].Role, list[j].Own = "owner", "owner"
		w.Files[file] = list
		return true, nil
	})
}

// newWorld is a school with something for every remedy.
func newWorld() *world {
	person := func(id, unit string) seen.Person {
		return seen.Person{Account: seen.Account{ID: id, Address: id + "@school.example", Unit: unit}}
	}
	user := func(id, role string) seen.Grant {
		return seen.Grant{ID: "p-" + id, Type: "user", Role: role, Own: role, Address: id}
	}
	w := &world{
		People:  map[string]seen.Person{},
		Members: map[string]string{"g1": "", "g1/u2": "MANAGER", "g2": "", "g2/u1": "MEMBER"},
		Tokens:  map[string][]seen.App{"u1": {{Client: "app1"}, {Client: "app2"}}},
		Said:    map[string]string{"b1/p1/live": seen.CommentLive, "b1/p1/spam": seen.CommentSpam, "b1/p1/pending": seen.CommentPending, "b1/p1/rude": seen.CommentLive},
		Ended:   map[string]int{},
		changes: map[string]int{}, before: map[string]seen.Person{},
	}
	for _, id := range []string{"u1", "u2", "u3", "head", "it"} {
		w.People[id] = person(id, "/Pupils/Year 4")
	}
	rec := w.People["u3"]
	rec.Recovery = "parent@home.example"
	w.People["u3"] = rec
	w.Files = map[string][]seen.Grant{
		"f1": {
			user("u1@school.example", "owner"), user("sam@outside.example", "writer"),
			{ID: "anyone", Type: "anyone", Role: "reader", Own: "reader"}, user("kim@outside.example", "reader"),
			{ID: "both", Type: "user", Role: "writer", Own: "writer", Inherited: "reader", Address: "both@outside.example"},
		},
		"f2": {user("u2@school.example", "owner"), user("head@school.example", "reader")},
		"f3": {user("u2@school.example", "owner")},
	}
	return w
}

func (w *world) grant(file, id string) seen.Grant {
	for _, g := range w.Files[file] {
		if g.ID == id {
			return g
		}
	}
	panic("no grant " + id)
}

func (w *world) BlogComment(_ context.Context, as, blog, post, comment string) (seen.BlogComment, error) {
	w.at("read")
	status, ok := w.Said[blog+"/"+post+"/"+comment]
	if !ok {
		return seen.BlogComment{}, errGone
	}
	if as != "u3@school.example" {
		status = "" // they do not run the blog
	}
	return seen.BlogComment{ID: comment, Post: post, Status: status}, nil
}

func (w *world) SetBlogComment(_ context.Context, as, blog, post, comment, status string) error {
	key := blog + "/" + post + "/" + comment
	return w.write("comment "+key+" "+status, func() (bool, error) {
		was, ok := w.Said[key]
		switch {
		case !ok:
			return false, errGone
		case as != "u3@school.example":
			return false, errors.New("403: not the blog's administrator")
		}
		w.Said[key] = status
		return was != status, nil
	})
}
