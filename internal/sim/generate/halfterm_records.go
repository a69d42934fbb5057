package generate

import (
	"time"

	"esafetybot/internal/sim/world"
)

// recordStory is the part of the half-term's story that is about the list of visitors: a visit is entered, passes, and is ended; another one is renewed.
func (s *School) recordStory(at func(day, hour, minute int, what string, do func() error)) {
	w, host := s.World, s.cast.bursar.PrimaryEmail
	date := func(days int) string { return w.Now().AddDate(0, 0, days).Format(time.DateOnly) }
	decide := func(do, entry, what, by string, days int) func() error {
		return func() error {
			d := world.Decision{By: by, Do: do, Record: visitors, Entry: entry, What: what}
			if what != "" {
				d.Where = "Signing-in book, page 14"
			}
			if days > 0 {
				d.Until = date(days)
			}
			return w.Decide(d)
		}
	}
	at(2, 8, 35, "the office enters that a technician signed", decide("record", "visit-1", "Technician of the boiler firm", host, 1))
	at(5, 8, 45, "the office enters that a parent who helps signed", decide("record", "visit-2", "Parent helper, swimming", host, 10))
	at(9, 9, 35, "the technician's entry is ended", decide("end-record", "visit-1", "", host, 0))
	at(15, 9, 20, "the parent who helps goes on helping: the entry is renewed", decide("renew", "visit-2", "", s.cast.head.PrimaryEmail, 28))
}
