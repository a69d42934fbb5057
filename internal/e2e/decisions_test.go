package e2e

import (
	"context"
	"errors"
	"fmt"

	"esafetybot/internal/decisions"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store/memory"
)

// decide hands what the tenant's people decided to the worker, as the review site would: by the account's id and the hash of its address.
func (s *campus) decide(w *watch) {
	s.t.Helper()
	if w.site == nil {
		st, err := memory.Open()
		if err != nil {
			s.t.Fatal(err)
		}
		w.site = st
	}
	var list []world.Decision
	id := map[string]string{}
	s.world.View(func() {
		list = s.world.Decisions()[w.decided:]
		for _, u := range s.world.Users() {
			for _, a := range u.Addresses() {
				id[a] = u.ID
			}
		}
	})
	for _, d := range list {
		out := decisions.Decision{
			At: d.At, By: decisions.By{ID: id[d.By], Hash: decisions.Hash(d.By)}, Do: d.Do, Item: d.Item, Saw: d.Saw, Course: d.Course, Who: id[d.Who],
			From: d.From, Until: d.Until, CheckIn: d.CheckIn, Answer: d.Answer,
		}
		w.decided++
		if _, err := decisions.Make(context.Background(), w.site, fmt.Sprint(w.decided), out); err != nil && !errors.Is(err, decisions.ErrTwice) {
			s.t.Fatal(err)
		}
	}
}
