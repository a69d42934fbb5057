package truth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// dojoActivities are the kinds of events that somebody needs to look at.
var dojoActivities = []string{"story", "comment", "portfolio", "pending"}

// dojoAnswer is what somebody said of a class on ClassDojo. looked is nothing if nobody has looked.
type dojoAnswer struct {
	at                           time.Time
	comments, moderator, channel string
	looked                       *day
}

func (a dojoAnswer) on() bool { return a.comments == "on" }

// mayDojo reports whether what somebody decided on a dojo class counts.
func (w *world) mayDojo(c DojoClass, d Decision) bool {
	by, ok := w.whoDecided(d)
	switch {
	case !ok:
		return false
	case w.leads(by):
		return true
	case c.ID == storyID:
		return w.plays(by, w.p.storyRole())
	}
	return by.User != nil && by.bearsAny(c.Teachers)
}

// readDojoAnswer reads what a decision says of a dojo class; false if it is not as the page has it.
func (w *world) readDojoAnswer(c DojoClass, d Decision) (dojoAnswer, bool) {
	out := dojoAnswer{at: d.At}
	if d.Said == nil || d.Answer != "" {
		return out, false
	}
	for field, value := range d.Said {
		s, isText := value.(string)
		var allowed []string
		switch field {
		case "comments":
			out.comments, allowed = s, []string{"on", "off", "not-sure"}
		case "moderator":
			out.moderator, allowed = s, []string{"leader", "other", "nobody", "not-sure"}
			if c.ID != storyID {
				allowed = append(allowed, "teacher")
			}
		case "channel":
			out.channel = s
			if c.ID != storyID {
				allowed = []string{"yes", "no", "not-sure"}
			}
		case "looked":
			if on, ok := parseDay(s); ok && on <= w.day(d.At) {
				out.looked, allowed = &on, []string{s}
			}
		}
		if !isText || !slices.Contains(allowed, s) {
			return out, false
		}
	}
	whole := out.comments != "" && (out.moderator != "" || out.comments == "off") && (out.channel != "" || c.ID == storyID)
	return out, whole
}

// dojoAnswers are the answers on a dojo class that count, in the order in which they were given.
func (w *world) dojoAnswers(c DojoClass) []dojoAnswer {
	var out []dojoAnswer
	for _, d := range w.decisions {
		if d.Do != "answer" || d.CheckIn != "class-dojo-"+c.ID || !w.mayDojo(c, d) {
			continue
		}
		if a, ok := w.readDojoAnswer(c, d); ok {
			out = append(out, a)
		}
	}
	return out
}

// newestAnswer is the newest of the answers of some days, of equal ones the last.
func (w *world) newestAnswer(answers []dojoAnswer, from day, during func(day) bool) (dojoAnswer, bool) {
	var newest dojoAnswer
	for _, a := range answers {
		if w.day(a.at) >= from && during(w.day(a.at)) && !a.at.Before(newest.at) {
			newest = a
		}
	}
	return newest, !newest.at.IsZero()
}

// standing is the answer that stands.
func (w *world) standing(c DojoClass) (dojoAnswer, bool) {
	return w.newestAnswer(w.dojoAnswers(c), w.day(w.first), func(day) bool { return true })
}

// dojoReviews are the times up to which somebody saw what is new in a dojo class.
func (w *world) dojoReviews(c DojoClass) []time.Time {
	var out []time.Time
	for _, d := range w.decisions {
		if d.Do != "reviewed" || d.Item != "dojo/"+c.ID || !w.mayDojo(c, d) {
			continue
		}
		saw := d.Saw
		if saw.After(d.At) {
			saw = d.At
		}
		out = append(out, saw)
	}
	return out
}

// lastLook is the day on which somebody last looked through a dojo class; false if nobody ever did.
func (w *world) lastLook(c DojoClass) (day, bool) {
	var days []day
	for _, a := range w.dojoAnswers(c) {
		if a.looked != nil {
			days = append(days, *a.looked)
		}
	}
	for _, saw := range w.dojoReviews(c) {
		days = append(days, w.day(saw))
	}
	if len(days) == 0 {
		return 0, false
	}
	return slices.Max(days), true
}

// lookedLately reports whether no more school days passed since a day than the policy lets pass between two looks.
func (w *world) lookedLately(last day) bool {
	n := 0
	for d := last + 1; d <= w.today; d++ {
		if w.p.Calendar.schoolDay(d) {
			n++
		}
	}
	return n <= w.p.Dojo.LookWithin
}

// rhythm is how often a dojo class is asked: more seldom where comments are off, unless a list tells of one since.
func (w *world) rhythm(m CheckInMeans, c DojoClass) string {
	said, ok := w.standing(c)
	if m.Every != "week" && m.Every != "month" || !ok || said.comments != "off" {
		return m.Every
	}
	for _, e := range w.t.Dojo {
		if e.From == "csv" && e.Kind == "comment" && e.Class == c.ID && w.counted(e.At) && e.At.After(said.at) {
			return m.Every
		}
	}
	return "half term"
}

// judgeDojo adds what one `check_in: class-dojo` finds.
func (w *world) judgeDojo(m CheckInMeans, found collection) {
	for _, c := range w.p.dojoClasses() {
		w.judgeDojoOverdue(m, c, found)
		w.judgeDojoStanding(m, c, found)
	}
	if w.p.Dojo == nil {
		return
	}
	period, ok := w.p.Calendar.period(m.Every, w.today)
	if !ok {
		return
	}
	for _, id := range byLot(w.p.SchoolName, period.first, w.p.Dojo.Classes) {
		spot := m
		spot.Name, spot.Ask = "dojo-spot-"+id, w.p.storyRole()
		w.judgeCheckIn(spot, found)
	}
}

func (w *world) judgeDojoOverdue(m CheckInMeans, c DojoClass, found collection) {
	period, ok := w.p.Calendar.period(w.rhythm(m, c), w.today)
	if !ok {
		return
	}
	asked, ok := w.asked(period)
	if !ok {
		return
	}
	if _, ok := w.newestAnswer(w.dojoAnswers(c), asked, period.holds); ok {
		return
	}
	due, ok := w.deadline(m.Due, m.Severity, w.clock(asked, 0), func(d day) bool {
		return len(c.Teachers) == 0 || slices.ContainsFunc(c.Teachers, func(a string) bool { return w.isIn([]string{a}, d) })
	})
	if ok && due.Before(w.now) {
		found.add("check-in", m.Clause, "overdue", "check-in/class-dojo-"+c.ID, "asked "+asked.String())
		found.add("check-in", m.Clause, "overdue", "check-in/class-dojo-"+c.ID, "due "+w.day(due).String())
	}
}

// judgeDojoStanding adds what is found in what was last said of a dojo class, whenever that was.
func (w *world) judgeDojoStanding(m CheckInMeans, c DojoClass, found collection) {
	said, ok := w.standing(c)
	if !ok {
		return
	}
	add := func(rule, fact string) { found.add("check-in", m.Clause, rule, "check-in/class-dojo-"+c.ID, fact) }
	for _, one := range []struct {
		so         bool
		rule, fact string
	}{
		{said.on() && said.moderator == "nobody", "answered-no", "no-moderator"},
		{said.channel == "no", "answered-no", "other-channels"},
		{said.comments == "not-sure", "not-sure", "comments-not-sure"},
		{said.on() && said.moderator == "not-sure", "not-sure", "moderator-not-sure"},
		{said.channel == "not-sure", "not-sure", "channel-not-sure"},
	} {
		if one.so {
			add(one.rule, one.fact)
			add(one.rule, "answered "+w.day(said.at).String())
		}
	}
	last, looked := w.lastLook(c)
	switch {
	case !said.on():
	case !looked:
		add("not-looked", "looked never")
	case !w.lookedLately(last):
		add("not-looked", "looked "+last.String())
	}
}

// byLot are the ids of the classes that the leaders look into in a period.
func byLot(school string, first day, classes []DojoClass) []string {
	lot := func(c DojoClass) string {
		text, err := json.Marshal([]string{school, first.String(), c.ID})
		if err != nil {
			panic(err) // texts can be written
		}
		sum := sha256.Sum256(text)
		return hex.EncodeToString(sum[:])
	}
	lots := map[string]string{}
	for _, c := range classes {
		lots[lot(c)] = c.ID
	}
	n := min(3, (len(classes)+9)/10)
	var out []string
	for _, key := range sortedKeys(lots)[:min(n, len(lots))] {
		out = append(out, lots[key])
	}
	return out
}

// dojoTold are the times at which something happened in a dojo class that somebody needs to look at.
func (w *world) dojoTold(c DojoClass) []time.Time {
	var out []time.Time
	known := map[string]bool{}
	for _, e := range w.t.Dojo {
		if e.Class == c.ID && slices.Contains(dojoActivities, e.Kind) && w.counted(e.At) && !known[e.Key] {
			known[e.Key] = true
			out = append(out, e.At)
		}
	}
	return out
}

// dojoHosts are the active accounts that look at a dojo class, pupils and guests none of them.
func (w *world) dojoHosts(c DojoClass) []*User {
	var out []*User
	for i := range w.t.Users {
		u := &w.t.Users[i]
		if u.bearsAny(c.Teachers) && u.isActive() && w.mayTeach(u) {
			out = append(out, u)
		}
	}
	return out
}

// dojoLookedAtUntil is the time up to which somebody looked at a dojo class; zero if nobody ever did.
func (w *world) dojoLookedAtUntil(c DojoClass) time.Time {
	times := append(w.dojoReviews(c), time.Time{})
	for _, a := range w.dojoAnswers(c) {
		switch {
		case a.looked == nil:
		case *a.looked == w.day(a.at):
			times = append(times, a.at)
		default:
			times = append(times, w.clock(*a.looked, 0))
		}
	}
	return slices.MaxFunc(times, time.Time.Compare)
}

// judgeDojoComments adds what one `check: comments` with classdojo among its places finds there.
func (w *world) judgeDojoComments(m CommentsMeans, found collection) {
	for _, c := range w.p.dojoClasses() {
		looked := w.dojoLookedAtUntil(c)
		waiting := slices.DeleteFunc(w.dojoTold(c), func(at time.Time) bool { return !at.After(looked) })
		if len(waiting) == 0 {
			continue
		}
		since := slices.MinFunc(waiting, time.Time.Compare)
		if hosts := w.dojoHosts(c); len(hosts) > 0 {
			w.addUnreviewed(m, "dojo/"+c.ID, since, hosts, found)
		} else if slices.Contains(m.Rules, "no-host") {
			found.add("comments", m.Clause, "no-host", "dojo/"+c.ID, "course/dojo."+c.ID)
			found.add("comments", m.Clause, "no-host", "dojo/"+c.ID, "since "+moment(since))
		}
	}
}
