package jobs

import (
	"context"
	"strings"

	"esafetybot/internal/calendar"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/reminders"
	"esafetybot/internal/rolls"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// nextReview is the date of the policy's next review; zero where the policy does not say.
func (r *remindersRun) nextReview() calendar.Date {
	next, _ := r.Env.Policy.Review.Next()
	return next
}

// judgeRead sees who has not read the policy in time.
func (r *remindersRun) judgeRead(ctx context.Context) error {
	clauses := reminders.ReadClauses(r.Env.Policy)
	asked := map[string]policy.Means{}
	for _, m := range reminderMeans(r.Env.Policy) {
		if m.Kind == policy.Record {
			asked[m.ID+" "+recordOverdue] = m.Means
		}
	}
	var why string
	r.read = reminders.ReadInput{School: r.in.School, Now: r.Now, Clauses: clauses}
	signed := map[string]calendar.Date{}
	if len(clauses) > 0 {
		switch signed, why = r.signed(ctx); {
		case r.Env.Policy.Review.Last.IsZero():
			why = reminders.ErrNoReview.Error()
		case len(r.kinds.Unknown) > 0 && why == "":
			why = "who is in the groups of “others” could not be read"
		}
	}
	if why != "" {
		for _, c := range clauses {
			r.left.Unknown = append(r.left.Unknown, Unknown{Means: reminders.ReadMeans, Clause: c.ID, Rule: reminders.ReadRule, What: "Who has read the policy", Why: why, Whole: true, Deals: c.Deals})
		}
	}
	r.left.Signed = signed
	here := map[string]bool{}
	r.read.Readers = readersOf(r.Who(), r.kinds, r.book, signed)
	for _, x := range r.read.Readers {
		here["user/"+x.ID] = true
	}
	blind := why != ""
	var observed []findings.Observed
	if !blind {
		observed = reminders.CheckRead(r.read)
	}
	before := r.record.Changes
	err := r.sync(ctx, reminders.ReadMeans, observed, asked, func(f *findings.Finding) findings.How {
		switch {
		case blind:
			return "" // nothing is known of it
		case !here[f.Subject]:
			return findings.Withdrawn // gone, switched off, or no longer one of the staff
		}
		return findings.Fine
	})
	c := &r.record.Changes
	c.Opened, c.Reopened, c.Changed, c.Closed, c.Kept = c.Opened+before.Opened, c.Reopened+before.Reopened, c.Changed+before.Changed, c.Closed+before.Closed, c.Kept+before.Kept
	return err
}

// readersOf lists the active accounts of the staff, with what is known of them and the policy.
func readersOf(who *school.Directory, kinds *school.Kinds, book *reminders.Book, signed map[string]calendar.Date) []reminders.Reader {
	var out []reminders.Reader
	for _, a := range who.Accounts() {
		if a.Active() && kinds.School(a) && kinds.Kind(a) == school.Staff {
			out = append(out, reminders.Reader{ID: a.ID, Created: a.Created, Signed: signed[a.ID], Read: book.Read(a.ID).At})
		}
	}
	return out
}

// signed is when accounts signed by the staff roll; why says what kept it from being read.
func (r *remindersRun) signed(ctx context.Context) (out map[string]calendar.Date, why string) {
	out = map[string]calendar.Date{}
	roll := r.Env.Policy.Staff.Roll
	if !roll.Has(rolls.Agreement) {
		return out, ""
	}
	read, err := r.readRoll(ctx, roll, rolls.Staff, r.mem)
	if err != nil {
		return out, "the roll of staff could not be read, or has half as many people as before"
	}
	var all []*seen.Person
	for _, p := range r.People() {
		if r.kinds.School(&p.Account) {
			all = append(all, p)
		}
	}
	match := rolls.Match(read, all, func(x *seen.Person) bool { return r.kinds.Kind(&x.Account) == school.Staff })
	today := r.Env.Policy.Calendar.Date(r.Now)
	for _, p := range all {
		if row, _ := match.Row(p.ID); row != nil && row.Agreement.Says == rolls.On && !row.Agreement.Date.After(today) {
			out[p.ID] = row.Agreement.Date
		}
	}
	return out, ""
}

// isRead tells whether a finding is on an account that has not read the policy.
func isRead(f *findings.Finding) bool {
	return findings.Means(f.Rule) == reminders.ReadMeans && strings.HasPrefix(f.Subject, "user/")
}
