package generate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/truth"
	"esafetybot/internal/sim/world"
)

// unconfirmed is a rule of docs/reminder-rules.md; who has not read the policy is found by recordOverdue.
const unconfirmed = "reminder.unconfirmed"

// watchedDays is how long the program must have looked before the tenant's time for the breaches and near misses of unconfirmed to be such: at a first look
// nothing has been asked for yet. Those of the record policy-read are what they are for a first look at the tenant's time, once its deadline has passed.
const watchedDays = 28

// reviewedOn is when the policies were last reviewed, a fortnight before the school year began.
func (b *builder) reviewedOn() string {
	return yearBegin(b.today(0)).AddDate(0, 0, -14).Format(time.DateOnly)
}

// reminders makes decisions on reminders and on who has read the policy. It takes no random number.
func (b *builder) reminders() {
	b.confirmations()
	b.readers()
}

// confirmations says of what is asked for in turns that it was not done, and that it was.
func (b *builder) confirmations() {
	policies, err := b.policies()
	if err != nil {
		b.check(err)
		return
	}
	by := map[truth.AskedFor][]string{} // the policies that ask, less their clauses and roles
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		p, err := truth.ParsePolicy([]byte(policies[name]))
		if err != nil {
			b.check(fmt.Errorf("%s: %w", name, err))
			return
		}
		for _, x := range (truth.Options{First: b.today(-watchedDays), Now: b.now}).AskedFor(p) {
			x.Clause, x.Ask = "", ""
			if !slices.Contains(by[x], name) {
				by[x] = append(by[x], name)
			}
		}
	}
	asked := slices.SortedFunc(maps.Keys(by), func(x, y truth.AskedFor) int {
		return strings.Compare(x.Reminder+" "+x.Period, y.Reminder+" "+y.Period)
	})
	turn := map[string]int{}
	for _, x := range asked {
		if x.Since.Add(time.Hour).After(b.now) {
			continue // there is no time left for an answer
		}
		first := by[x][0]
		b.confirm(x, by[x], turn[first]%2 == 0)
		turn[first]++
	}
}

// confirm makes the decisions about one period; in the end it was done or not.
func (b *builder) confirm(x truth.AskedFor, policies []string, breach bool) {
	say := func(minute int, by, answer string) {
		b.decide(x.Since.Add(time.Duration(minute)*time.Minute), world.Decision{By: by, Do: "confirm", Reminder: x.Reminder, Period: x.Period, Answer: answer})
	}
	subject := "reminder/" + x.Reminder + "-" + x.Period
	answers := []string{"done", "not-done"}
	if !breach {
		slices.Reverse(answers)
	}
	say(5, b.senco.PrimaryEmail, answers[0])
	say(10, b.head.PrimaryEmail, answers[1])
	say(-1, b.head.PrimaryEmail, answers[0]) // a minute early
	for i, other := range []string{b.pupils[0].user.PrimaryEmail, "nobody@" + Domain, "sales@builders.example"} {
		say(15+i, other, answers[0])
	}
	say(20, b.head.PrimaryEmail, "yes") // no answer to this
	b.decide(x.Since.Add(25*time.Minute), world.Decision{By: b.head.PrimaryEmail, Do: "confirm", Reminder: x.Reminder, Period: x.Period, Answer: answers[0], Note: strings.Repeat("long ", 41)})
	if breach {
		b.hit(unconfirmed, subject, policies...)
	} else {
		b.miss(unconfirmed, subject, policies...)
	}
}

// readers says of some of the staff whose rows on the roll do not say so that they have read the policy: see agreementCases of the staff.
func (b *builder) readers() {
	read := func(t time.Time, by string) { b.decide(t, world.Decision{By: by, Do: "read-policy"}) }
	b.withColleague("policy-read", func(u *world.User) {
		read(b.back(5, 12, 0), u.PrimaryEmail)
		b.miss(recordOverdue, userSubject(u))
	})
	b.withColleague("policy-read", func(u *world.User) { // before anything counts
		read(b.today(-7).Add(-time.Second), u.PrimaryEmail)
		b.hit(recordOverdue, userSubject(u))
	})
	b.withColleague("policy-read", func(u *world.User) {
		b.hit(recordOverdue, userSubject(u))
	})
	read(b.back(5, 12, 10), b.pupils[0].user.PrimaryEmail) // nobody asked for this
	b.miss(recordOverdue, userSubject(b.pupils[0].user))
	b.miss(recordOverdue, userSubject(b.head)) // on the roll since the review
	b.miss(recordOverdue, userSubject(b.restStaff[0]))
}

var (
	weeklyReminders = []string{"class-dojo-posts", "governor-meeting"}
	reviewLast      = regexp.MustCompile(`(?m)^(review:\s*\{?\s*last: )\d{4}-\d{2}-\d{2}`)
	policyReadDue   = regexp.MustCompile(`(record: policy-read,?\s+due: )20 school days`)
)

// hurryReminders makes two reminders of the Dojo policy weekly, with little time to confirm them, and gives the staff little time to read the policy, so that something
// becomes of them while a tenant lives on for a few days.
func hurryReminders(policy string) (string, error) {
	for _, name := range weeklyReminders {
		asked := regexp.MustCompile(`(reminder: ` + name + `)(,?\s+)(ask: \w+,?\s+every: )(?:half term|term)\b`)
		if !asked.MatchString(policy) {
			return "", fmt.Errorf("the example does not ask whom to ask about the reminder %s, and then how often", name)
		}
		policy = asked.ReplaceAllString(policy, "${1}${2}due: 1 school day${2}${3}week")
	}
	if !policyReadDue.MatchString(policy) {
		return "", fmt.Errorf("the example does not give 20 school days to read the policy")
	}
	return policyReadDue.ReplaceAllString(policy, "${1}12 hours"), nil
}
