package jobs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/audit/audittest"
	"esafetybot/internal/reports"
	"esafetybot/internal/store"
	inMemory "esafetybot/internal/store/memory"
)

// doc is a stored document as JSON says it.
type doc map[string]any

func (d doc) s(name string) string { s, _ := d[name].(string); return s }

func (d doc) at(name string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, d.s(name))
	return t
}

// docs reads a collection by its name alone.
func docs(t *testing.T, s store.Store, collection string) []doc {
	t.Helper()
	var out []doc
	for d, err := range s.Find(t.Context(), &store.Collection{Name: collection, Schema: 1}, store.Ask{}) {
		if err != nil {
			t.Fatal(err)
		}
		var m doc
		if err := json.Unmarshal(d.Body, &m); err != nil {
			var list []doc // closures, answers
			if err := json.Unmarshal(d.Body, &list); err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				x["key"] = d.Key
				out = append(out, x)
			}
			continue
		}
		m["key"] = d.Key
		out = append(out, m)
	}
	return out
}

// reckoned is the numbers of a weekly e-mail.
type reckoned struct {
	Colours                                             map[string]string // clause → colour
	New, PutRight, Overdue, Open                        map[string]int
	Made, Undone, NotMade, Declined, Agreed, EndedEarly int
	Approvals, Ending, Returned                         int
	Questions                                           map[string]int
	Waited, Looked, InTime, Wait, Late                  int
	Unseen                                              int
}

// reckon works the numbers out from the documents as they are stored, in the way that docs/audit.md says them, without any of the packages that the mail is made with.
func reckon(t *testing.T, x *audittest.School) reckoned {
	t.Helper()
	now, after := x.Now, x.Now.AddDate(0, 0, -7)
	r := reckoned{Colours: map[string]string{}, New: map[string]int{}, PutRight: map[string]int{}, Overdue: map[string]int{}, Open: map[string]int{}, Questions: map[string]int{}}
	high, unseen := map[string]int{}, map[string]bool{"A7": true} // nothing looks at A7
	putRight := []string{"fine", "deleted", "bin", "account-gone", "not-found", "expired"}

	events := map[string][]doc{}
	for _, e := range docs(t, x.Store, "events") {
		events[e.s("finding")] = append(events[e.s("finding")], e)
		if e.at("at").After(after) && !strings.Contains(e.s("finding"), "~entry~") {
			switch {
			case e.s("how") == "agreed":
				r.Agreed++
			case e.s("how") == "agreed-ended" && e.s("by") != "":
				r.EndedEarly++
			}
		}
	}
	waited, looked, wait, late := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, f := range docs(t, x.Store, "findings") {
		clause, subject := f.s("clause"), f.s("subject")
		if strings.HasPrefix(subject, "entry/") {
			continue
		}
		standing := "" // at the beginning
		for _, e := range events[f.s("id")] {
			if !e.at("at").After(after) {
				standing = e.s("to")
			}
		}
		overdue := f.s("status") == "open" && f.s("due") != "" && f.at("due").Before(now)
		if f.s("rule") == "comments.unreviewed" {
			if standing == "open" {
				waited[subject] = true
			}
			for _, e := range events[f.s("id")] {
				if !e.at("at").After(after) {
					continue
				}
				if e.s("to") == "open" {
					waited[subject] = true
				}
				if e.s("to") == "resolved" && slices.Contains(putRight, e.s("how")) {
					waited[subject] = true
					inTime := !strings.Contains(fmt.Sprint(e["facts"]), "passed-on")
					if was, have := looked[subject]; have {
						inTime = inTime && was
					}
					looked[subject] = inTime
				}
			}
			if f.s("status") == "open" {
				wait[subject] = true
				late[subject] = late[subject] || overdue
			}
		}
		if f.s("severity") == "information" {
			continue
		}
		switch f.s("status") {
		case "open":
			r.Open[clause]++
			if f.at("opened").After(after) {
				r.New[clause]++
			}
			if overdue {
				r.Overdue[clause]++
			}
			if f.s("severity") == "high" {
				high[clause]++
			}
		case "accepted":
			agreed, _ := f["agreed"].(map[string]any)
			if until := doc(agreed).at("until"); !until.After(now.Add(14 * 24 * time.Hour)) {
				r.Ending++
			}
		case "resolved":
			if f.at("closed").After(after) && slices.Contains(putRight, f.s("how")) && (standing == "open" || standing == "accepted") {
				r.PutRight[clause]++
			}
		}
	}
	r.Waited, r.Looked, r.Wait = len(waited), len(looked), len(wait)
	for _, in := range looked {
		if in {
			r.InTime++
		}
	}
	for _, is := range late {
		if is {
			r.Late++
		}
	}

	for _, a := range docs(t, x.Store, "actions") {
		if s := a.s("state"); s == "proposed" || s == "approved-once" {
			r.Approvals++
		}
	}
	for _, e := range docs(t, x.Store, "action_events") {
		if !e.at("at").After(after) {
			continue
		}
		switch {
		case e.s("to") == "done" && e.s("how") == "verified":
			r.Made++
		case e.s("to") == "undone":
			r.Undone++
		case e.s("to") == "failed", e.s("how") == "undo-left", e.s("how") == "undo-failed":
			r.NotMade++
		case e.s("how") == "declined":
			r.Declined++
		}
	}

	// What could not be seen: by the newest runs, and as it was noted last.
	newest := map[string]doc{}
	for _, run := range docs(t, x.Store, "runs") {
		if was := newest[run.s("job")]; was == nil || was.at("started").Before(run.at("started")) {
			newest[run.s("job")] = run
		}
	}
	for clause, needs := range map[string][]string{"A1": {"sharing"}, "A2": {"accounts"}, "A3": {"checkins"}, "A4": {"comments"}, "A5": {"records"}, "A6": {"sharing", "names"}} {
		for _, job := range needs {
			if run := newest[job]; run == nil || run.s("error") != "" || now.Sub(run.at("started")) > 48*time.Hour {
				unseen[clause] = true
			}
		}
	}
	history := docs(t, x.Store, "seen_history")
	if len(history) == 0 {
		for i := 1; i <= 7; i++ {
			unseen[fmt.Sprint("A", i)] = true
		}
	} else {
		last := history[len(history)-1]
		list, _ := last["unseen"].([]any)
		r.Unseen = len(list)
		for _, u := range list {
			clauses, _ := u.(map[string]any)["clauses"].([]any)
			for _, c := range clauses {
				unseen[fmt.Sprint(c)] = true
			}
		}
		n, _ := last["returned"].(float64)
		r.Returned = int(n)
	}

	waits := reckonQuestions(t, x, &r)
	for i := 1; i <= 7; i++ {
		c := fmt.Sprint("A", i)
		switch {
		case high[c]+r.Overdue[c] > 0:
			r.Colours[c] = "Red"
		case r.Open[c] > 0 || c == "A3" && waits > 0:
			r.Colours[c] = "Amber"
		case unseen[c]:
			r.Colours[c] = "Could not check"
		default:
			r.Colours[c] = "Green"
		}
	}
	return r
}

// reckonQuestions says which of the school's two questions wait.
func reckonQuestions(t *testing.T, x *audittest.School, r *reckoned) (waits int) {
	t.Helper()
	closed := map[string]bool{}
	for _, d := range docs(t, x.Store, "closures") {
		if d.s("open") == "" {
			closed[d.s("date")] = true
		}
	}
	loc := x.Policy.School.Location
	today := x.Now.In(loc).Format(time.DateOnly)
	schoolDay := func(day time.Time) bool {
		s := day.Format(time.DateOnly)
		return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && s >= "2026-09-02" && s <= "2026-12-18" && (s < "2026-10-26" || s > "2026-10-30") && !closed[s]
	}
	halfTerm := "2026-09-02"
	if today >= "2026-10-31" {
		halfTerm = "2026-10-31"
	}
	for _, q := range []struct{ name, role, first string }{{"filtering", "IT support", halfTerm}, {"filtering-leaders", "Headteacher", today[:8] + "01"}} {
		day, err := time.ParseInLocation(time.DateOnly, max(q.first, "2026-09-02"), loc)
		if err != nil {
			t.Fatal(err)
		}
		for !schoolDay(day) && day.Format(time.DateOnly) <= today {
			day = day.AddDate(0, 0, 1)
		}
		if day.Format(time.DateOnly) > today {
			continue // not asked yet
		}
		answered := false
		for _, a := range docs(t, x.Store, "check_ins") {
			answered = answered || a.s("key") == q.name && !a.at("at").Before(day)
		}
		if !answered {
			waits++
			r.Questions[q.role]++
		}
	}
	return waits
}

// read takes the numbers out of the plain text of a weekly e-mail, as somebody would who reads it.
func read(t *testing.T, text string) reckoned {
	t.Helper()
	r := reckoned{Colours: map[string]string{}, New: map[string]int{}, PutRight: map[string]int{}, Overdue: map[string]int{}, Open: map[string]int{}, Questions: map[string]int{}}
	parts := map[string]string{}
	var head string
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if i+1 < len(lines) && line != "" && strings.Trim(lines[i+1], "-") == "" && len(lines[i+1]) > 2 {
			head = line
			continue
		}
		parts[head] += line + "\n"
	}
	number := func(s string) int {
		n, err := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := func(part, pattern string) []string { // the groups of the first match, in text with its lines joined
		return regexp.MustCompile(pattern).FindStringSubmatch(strings.Join(strings.Fields(parts[part]), " "))
	}
	sum := func(part, pattern string) (n int) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(strings.Join(strings.Fields(parts[part]), " "), -1) {
			n += number(m[1])
		}
		return n
	}
	for head, colour := range map[string]string{"Red: overdue, or of high severity": "Red", "Amber: something is open, or a question waits": "Amber", "Could not check": "Could not check", "Green": "Green"} {
		for _, m := range regexp.MustCompile(`(?m)^\* (A\d) `).FindAllStringSubmatch(parts[head], -1) {
			r.Colours[m[1]] = colour
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^(A\d) +(\d+) +(\d+) +(\d+)$`).FindAllStringSubmatch(parts["New, put right, overdue"], -1) {
		for i, into := range []map[string]int{r.New, r.PutRight, r.Overdue} {
			if n := number(m[2+i]); n > 0 {
				into[m[1]] = n
			}
		}
	}
	const done = "What was done, and by whom"
	r.Made, r.Undone, r.NotMade, r.Declined = sum(done, `: (\d+) made`), sum(done, `: (\d+) undone`), sum(done, `: (\d+) could not be made`), sum(done, `: (\d+) declined`)
	r.Agreed, r.EndedEarly = sum(done, `until a date: (\d+)`), sum(done, `before their date: (\d+)`)
	r.Approvals = sum("What waits for an approval", `sharing to end: (\d+)`)
	r.Ending = sum("Agreements that end within 14 days", `: (\d+) agreements?`)
	r.Returned = sum("Mail and incident log", `The last mail to (\d+)`)
	for _, m := range regexp.MustCompile(`(?m)^\* (.+): (\d+) questions? waits?`).FindAllStringSubmatch(parts["Questions without an answer"], -1) {
		r.Questions[m[1]] = number(m[2])
	}
	if m := first("Comments", `In (\d+) places? something waited to be looked at\. (\d+) (?:was|were) looked at, (\d+) of them in time`); m != nil {
		r.Waited, r.Looked, r.InTime = number(m[1]), number(m[2]), number(m[3])
	}
	if m := first("Comments", `(\d+) places? waits? still, (\d+) of them`); m != nil {
		r.Wait, r.Late = number(m[1]), number(m[2])
	}
	r.Unseen = len(regexp.MustCompile(`(?m)^\* `).FindAllString(parts["What could not be seen"], -1))
	return r
}

// The numbers of the mail, as they are read in it, are those of the store, reckoned another way: on twenty random states.
func TestWeeklyNumbersAreTheStores(t *testing.T) {
	everything := reckoned{}
	for seed := range uint64(20) {
		s, err := inMemory.Open()
		if err != nil {
			t.Fatal(err)
		}
		x, err := audittest.New(s, audittest.Seeded(1000+seed))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 + 3*seed/2 {
			if err := x.Day(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		in, err := WeeklyAt(t.Context(), s, x.Policy, "https://review.school.example", x.Now)
		if err != nil {
			t.Fatal(err)
		}
		w, err := reports.WeeklyMail(in)
		if err != nil {
			t.Fatal(err)
		}
		want, have := reckon(t, x), read(t, w.Text)
		want.Open = have.Open // told in words only
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("seed %d, as of %s (-store +mail):\n%s\n%s", seed, x.Now, d, w.Text)
			continue
		}
		// The four numbers, the sentence and the last week of the trend are sums of the same.
		n := map[string]int{}
		for _, c := range want.Colours {
			n[c]++
		}
		need, verb := n["Red"]+n["Amber"], "need"
		if need == 1 {
			verb = "needs"
		}
		flat := strings.Join(strings.Fields(w.Text), " ")
		for _, line := range []string{
			fmt.Sprintf("%d Red %d Amber %d Could not check %d Green", n["Red"], n["Amber"], n["Could not check"], n["Green"]), strings.ToUpper(fmt.Sprintf("%d of 7 clauses %s somebody", need, verb)),
			fmt.Sprintf("not seen green %s %d %d %d %d", in.Now.In(in.Location).Format("Mon 2 Jan"), n["Red"], n["Amber"], n["Could not check"], n["Green"]),
		} {
			if need > 0 && !strings.Contains(flat, line) && len(in.Trend) > 1 {
				t.Errorf("seed %d: the mail does not say %q:\n%s", seed, line, w.Text)
			}
		}
		everything.Made += have.Made
		everything.Undone += have.Undone
		everything.NotMade += have.NotMade
		everything.Declined += have.Declined
		everything.Agreed += have.Agreed
		everything.EndedEarly += have.EndedEarly
		everything.Approvals += have.Approvals
		everything.Ending += have.Ending
		everything.Returned += have.Returned
		everything.Looked += have.Looked
		everything.Late += have.Late
		everything.Unseen += have.Unseen
	}
	v := fmt.Sprintf("%+v", everything)
	for _, name := range []string{"Made", "Undone", "NotMade", "Declined", "Agreed", "EndedEarly", "Approvals", "Ending", "Returned", "Looked", "Late", "Unseen"} {
		if strings.Contains(v, name+":0 ") || strings.Contains(v, name+":0}") {
			t.Errorf("none of the states has %s, so that nothing was compared: %s", name, v)
		}
	}
}

// Of a date without a sent copy the mail is computed, and what is computed later is what a copy of the store gives that was taken that day.
func TestWeeklyAsOf(t *testing.T) {
	for seed := range uint64(4) {
		s, err := inMemory.Open()
		if err != nil {
			t.Fatal(err)
		}
		x, err := audittest.New(s, audittest.Seeded(seed))
		if err != nil {
			t.Fatal(err)
		}
		type copied struct {
			at    time.Time
			store store.Store
		}
		var copies []copied
		for range 24 {
			if err := x.Day(t.Context()); err != nil {
				t.Fatal(err)
			}
			c, err := inMemory.Copy(s)
			if err != nil {
				t.Fatal(err)
			}
			copies = append(copies, copied{x.Now, c})
		}
		compute := func(s store.Store, at time.Time) reports.Weekly {
			t.Helper()
			in, err := WeeklyAt(t.Context(), s, x.Policy, "", at)
			if err != nil {
				t.Fatal(err)
			}
			w, err := reports.WeeklyMail(in)
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		for i, c := range copies {
			if d := cmp.Diff(compute(c.store, c.at), compute(s, c.at)); d != "" {
				t.Fatalf("seed %d, copy %d (-copy +later):\n%s", seed, i, d)
			}
		}
	}
}
