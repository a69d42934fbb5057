package generate

import (
	"math/rand/v2"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// reporter writes usage reports as days pass, late as Google does. A report tells who had mail at the end of its day, not on the day on which it is written.
type reporter struct {
	seed     int64
	inSchool func(day time.Time) bool   // nil: on every weekday
	keep     int                        // for how many days reports stay in the tenant; 0: for ever
	mail     map[string]map[string]bool // by date: ids of those who had mail in the evening
}

func newReporter(seed int64) *reporter {
	return &reporter{seed: seed, mail: map[string]map[string]bool{}}
}

// most is how many days are written at once: where the clock leapt on, older ones stay unwritten.
const most = 10

// evening ends a day: it remembers who has mail, and writes the reports that are due. A tenant without any usage reports gets none.
func (r *reporter) evening(w *world.World, rng *rand.Rand) error {
	var due []*world.UsageReport
	w.View(func() {
		dates := w.UsageDates()
		if len(dates) == 0 {
			return
		}
		now := w.Time()
		r.mail[now.In(pacific).Format(time.DateOnly)] = mailUsers(w)
		newest := newestUsage(now, r.seed)
		from, err := time.Parse(time.DateOnly, dates[len(dates)-1])
		if err != nil || from.Before(newest.AddDate(0, 0, -most)) {
			from = newest.AddDate(0, 0, -most)
		}
		poor := r.poor(w, dates[len(dates)-1])
		for on := from.AddDate(0, 0, 1); !on.After(newest); on = on.AddDate(0, 0, 1) {
			mail := r.on(on)
			for _, u := range w.Users() {
				if u.IsGuestUser || u.CreationTime.After(on.AddDate(0, 0, 1)) {
					continue
				}
				d := ordinary(rng, on, u, mail[u.ID])
				if r.inSchool != nil && isPupil(u) && !r.inSchool(on) {
					d.sent, d.received = 0, 0
				}
				d.weak, d.short = poor[u.ID].weak, poor[u.ID].short
				due = append(due, report(w, rng, on, u, d))
			}
		}
	})
	for _, x := range due {
		if err := w.ReportUsage(x); err != nil {
			return err
		}
	}
	if r.keep > 0 {
		w.DropUsage(w.Now().AddDate(0, 0, -r.keep).Format(time.DateOnly))
	}
	return nil
}

// on tells who had mail on the evening of the date, or of the next one that is known, or else of the last one.
func (r *reporter) on(date time.Time) map[string]bool {
	best, found := "", ""
	for d := range r.mail {
		found = max(found, d)
		if d >= date.Format(time.DateOnly) && (best == "" || d < best) {
			best = d
		}
	}
	if best == "" {
		best = found
	}
	return r.mail[best]
}

// poor tells whose password the reports of the date call weak or short, and who has not changed it since.
func (r *reporter) poor(w *world.World, date string) map[string]day {
	out := map[string]day{}
	for _, u := range w.Usage(date) {
		var d day
		for _, p := range u.Parameters {
			d.weak = d.weak || p.Name == "accounts:password_strength" && strings.EqualFold(p.String, "weak")
			d.short = d.short || p.Name == "accounts:password_length_compliance" && strings.EqualFold(p.String, "non-compliant")
		}
		if d.weak || d.short {
			out[u.Entity.ProfileID] = d
		}
	}
	for _, app := range []string{"login", "admin"} {
		list := w.Activities(app)
		for i := len(list) - 1; i >= 0 && w.Time().Sub(list[i].Time) < most*24*time.Hour; i-- {
			for _, e := range list[i].Events {
				address := ""
				switch e.Name {
				case "password_edit":
					address = list[i].ActorEmail
				case "CHANGE_PASSWORD":
					address = e.Param("USER_EMAIL")
				}
				if u := w.User(address); address != "" && u != nil && list[i].Time.Format(time.DateOnly) > date {
					delete(out, u.ID)
				}
			}
		}
	}
	return out
}
