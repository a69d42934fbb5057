package generate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// storyCast sets pupils aside for the demo's story, before anything special happens to them.
func (b *builder) storyCast() {
	middle := func(p *pupil) bool { return p.year >= 1 && p.year <= 5 }
	for range 3 {
		b.with(func(p *pupil) { b.eco = append(b.eco, p) }, middle, numbered)
	}
	for range 3 {
		b.with(func(p *pupil) { b.extras = append(b.extras, p) }, middle, numbered)
	}
}

// ecoClub is the group of pupils for whom mail is switched on in the second week of the story.
const ecoClub = "eco-club"

// accountStory is the part of the half-term's story that is about accounts, rolls, mail and classes.
func (s *School) accountStory(at func(day, hour, minute int, what string, do func() error)) {
	w, c := s.World, &s.cast
	admin := c.it.PrimaryEmail
	group := ecoClub + "@" + Domain

	at(8, 13, 20, "the eco club writes to another school: its mail is switched on through a group", func() error {
		id := ""
		w.View(func() {
			if g := w.Group(group); g != nil {
				id = g.ID
			}
		})
		if id == "" {
			return fmt.Errorf("the eco club: %w", world.ErrNotFound)
		}
		return setService(w, "gmail", "", id, true, admin)
	})
	at(18, 10, 50, "the eco club's mail is switched off again", func() error {
		name := ""
		w.View(func() {
			if g := w.Group(group); g != nil {
				for _, p := range w.Policies() {
					if p.Setting.Type == "settings/gmail.service_status" && p.Query().Group == "groups/"+g.ID {
						name = p.Name
					}
				}
			}
		})
		return w.RemovePolicy(name, admin)
	})
	if len(c.extras) > 0 {
		s.rollStory(at, c.extras[0])
	}
	if len(c.extras) > 1 {
		p := c.extras[1]
		game := &world.Token{ClientID: "7950.apps.googleusercontent.com", DisplayText: "Slime Racer", Scopes: append(slices.Clone(signInScopes), "https://www.googleapis.com/auth/drive.readonly")}
		at(12, 14, 10, "a pupil lets a game into the account", func() error { return w.AuthorizeApp(p.user.PrimaryEmail, game) })
		at(16, 9, 0, "the administrator takes the game out again", func() error { return w.RevokeApp(p.user.PrimaryEmail, game.ClientID, admin) })
	}
	if course := c.classes[0].course; course != nil {
		parent := c.classes[0].pupils[len(c.classes[0].pupils)-1].parent
		at(15, 10, 40, "a parent is added to a class as a pupil", func() error {
			return w.AddCourseMember(course.ID, world.CourseStudent, parent, c.classes[0].teachers[0].PrimaryEmail)
		})
		at(16, 8, 55, "the parent is taken out of the class", func() error { return w.RemoveCourseMember(course.ID, parent, admin) })
	}
	if len(c.tas) > 1 {
		u := c.tas[len(c.tas)-2]
		at(9, 10, 30, "an assistant's password is found in a leak", func() error {
			w.LoginEvent("account_disabled_password_leak", u.PrimaryEmail)
			return nil
		})
		at(11, 9, 10, "the assistant gets a new password", func() error { return w.ResetPassword(u.PrimaryEmail, admin) })
	}
	at(24, 13, 15, "the youngest have a lesson at the computers", func() error {
		var keys []string
		w.View(func() {
			for _, u := range w.Users() {
				if active(u) && strings.HasSuffix(u.OrgUnitPath, "/Pupils/Reception") && w.Time().Sub(u.LastLoginTime) > longQuiet {
					keys = append(keys, u.PrimaryEmail)
				}
			}
		})
		for _, k := range keys {
			if err := w.SignIn(k); err != nil {
				return err
			}
		}
		return nil
	})
	at(26, 9, 0, "agreements come back", func() error {
		return s.editRoll(func(r *roll) {
			left := 3
			for _, row := range r.rows[1:] {
				if left > 0 && row[r.agreement] == "" {
					row[r.agreement] = w.Now().Format(time.DateOnly)
					left--
				}
			}
		})
	})
}

// rollStory: a pupil joins, another one leaves and comes back.
func (s *School) rollStory(at func(day, hour, minute int, what string, do func() error), leaver *pupil) {
	w, admin := s.World, s.cast.it.PrimaryEmail
	id := "C26001"
	u := &world.User{PrimaryEmail: "wilfred.lateborn@" + Domain, OrgUnitPath: leaver.user.OrgUnitPath, ExternalIDs: []world.ExternalID{{Type: numberType, Value: id}},
		Name: world.Name{GivenName: "Wilfred", FamilyName: "Lateborn", FullName: "Wilfred Lateborn"}}
	var gone []string
	at(3, 9, 30, "an account is made for a pupil who starts next week", func() error { return w.CreateUser(u, admin) })
	at(5, 9, 30, "the office exports the roll: the new pupil is on it, somebody who left is not", func() error {
		return s.editRoll(func(r *roll) {
			n := slices.IndexFunc(r.rows, func(row []string) bool { return row[r.id] == leaver.row.id })
			if n < 1 {
				return
			}
			gone = slices.Clone(r.rows[n])
			row := slices.Clone(gone)
			row[r.id], row[r.name], row[r.email], row[r.agreement] = id, u.Name.FullName, u.PrimaryEmail, w.Now().Format(time.DateOnly)
			r.rows[n] = row
		})
	})
	at(20, 9, 40, "the pupil who left comes back", func() error {
		return s.editRoll(func(r *roll) {
			if gone != nil {
				r.rows = append(r.rows, gone)
			}
		})
	})
}

// editRoll changes the pupils' roll and exports it anew.
func (s *School) editRoll(change func(*roll)) error {
	p := NewPlayer(s.World, 0)
	r := p.roll()
	if len(r.rows) == 0 {
		return fmt.Errorf("%s: %w", rollFile, world.ErrNotFound)
	}
	change(&r)
	return p.export(r)
}
