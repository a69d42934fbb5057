package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/decisions"
	"esafetybot/internal/moderation"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/records"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store/memory"
)

// decide hands what the tenant's people decided, and what was told of ClassDojo, to the worker.
func (s *campus) decide(w *watch) {
	s.t.Helper()
	list, now := s.decided(), s.world.Now()
	if i := slices.IndexFunc(list, func(d decisions.Decision) bool { return d.At.After(now) }); s.early && i >= 0 {
		list = list[:i]
	}
	if err := w.hand(context.Background(), list); err != nil {
		s.t.Fatal(err)
	}
	s.tell(w)
}

// decided lists what the tenant's people decided so far, as the review site would note it: by the account's id and the hash of its address.
func (s *campus) decided() (out []decisions.Decision) {
	var list []world.Decision
	id := map[string]string{}
	s.world.View(func() {
		list = s.world.Decisions()
		for _, u := range s.world.Users() {
			for _, a := range u.Addresses() {
				id[a] = u.ID
			}
		}
	})
	for _, d := range list {
		by := decisions.By{ID: id[d.By], Hash: pseudonym.Of(d.By)}
		if parts := strings.Split(d.Comment, "-"); len(parts) == 3 { // BLOG-POST-COMMENT
			out = append(out, decisions.Decision{
				At: d.At, By: by, Do: decisions.Moderate, To: d.Do, Item: moderation.Subject(moderation.BlogKey(parts[0]), parts[1]), Comment: parts[2],
			})
			continue
		}
		out = append(out, decisions.Decision{
			At: d.At, By: by, Do: d.Do, Item: d.Item, Saw: d.Saw, Course: d.Course, Who: id[d.Who],
			From: d.From, Until: d.Until, CheckIn: d.CheckIn, Answer: d.Answer, Said: d.Said,
			Record: d.Record, Entry: d.Entry, What: d.What, Where: d.Where, Reminder: d.Reminder, Period: d.Period, Note: d.Note,
		})
	}
	return out
}

// hand puts decisions where the worker finds them. Those that it was handed before are not handed again.
func (w *watch) hand(ctx context.Context, list []decisions.Decision) error {
	if w.site == nil {
		var err error
		if w.site, err = memory.Open(); err != nil {
			return err
		}
	}
	for _, d := range list[w.decided:] {
		w.decided++
		entry := d.Entry
		switch {
		case d.Do == decisions.Record:
			d.Entry = ""
		case w.entries[entry] != "":
			d.Entry = w.entries[entry]
		}
		made, err := decisions.Make(ctx, w.site, fmt.Sprint(w.decided), d)
		if err != nil && !errors.Is(err, decisions.ErrTwice) {
			return err
		}
		if d.Do == decisions.Record {
			if w.entries == nil {
				w.entries = map[string]string{}
			}
			w.entries[entry] = made.ID
		}
	}
	return nil
}

// asTenant names an entry of a record as the tenant does: the program calls it by the decision that made it. Other subjects stay as they are.
func (w *watch) asTenant(subject string) string {
	if record, id, ok := records.ParseSubject(subject); ok {
		for entry, made := range w.entries {
			if made == id {
				return records.Subject(record, entry)
			}
		}
	}
	return subject
}

// asProgram turns asTenant round.
func (w *watch) asProgram(subject string) string {
	if record, entry, ok := records.ParseSubject(subject); ok && w.entries[entry] != "" {
		return records.Subject(record, w.entries[entry])
	}
	return subject
}
