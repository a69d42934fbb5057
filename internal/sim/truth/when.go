package truth

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// When is when a reminder comes: a line of the table of docs/reminder-rules.md, "When".
type When struct {
	// Kind says which: "per", "first", "last", "yearly", "term", "first week", "last week", "review", "every" or "cron".
	Kind string
	// N is how many there are of a block, or from how many days on the next one comes.
	N       int
	Block   string // week, month, half term, term or year
	Weekday time.Weekday
	Month   time.Month
	Term    string
	// Before are numbers of days before the next review, in the order in which they stand.
	Before []int
	Cron   cronLine
}

var (
	perForm     = regexp.MustCompile(`^(\d{1,2}) per (week|month|half term|term|year)$`)
	weekdayForm = regexp.MustCompile(`^(first|last) ([a-z]+) of each (month|half term|term)$`)
	yearlyForm  = regexp.MustCompile(`^yearly in ([a-z]+)$`)
	termForm    = regexp.MustCompile(`^each (.+) term$`)
	weekForm    = regexp.MustCompile(`^([a-z]+), (first|last) week$`)
	reviewForm  = regexp.MustCompile(`^(?:(?:(\d{1,3}), )?(\d{1,3}) and )?(\d{1,3}) days before the policy's review date$`)
	everyForm   = regexp.MustCompile(`^every (\d{1,3}) days$`)
)

// parseWhen reads what a policy says of when a reminder comes.
func parseWhen(text string) (When, error) {
	s := strings.ToLower(strings.TrimSpace(text))
	wrong := fmt.Errorf("when: %q says nothing that is known", text)
	if m := perForm.FindStringSubmatch(s); m != nil && number(m[1]) >= 1 && number(m[1]) <= 20 {
		return When{Kind: "per", N: number(m[1]), Block: m[2]}, nil
	}
	if m := weekdayForm.FindStringSubmatch(s); m != nil {
		for wd := time.Sunday; wd <= time.Saturday; wd++ {
			if strings.EqualFold(m[2], wd.String()) {
				return When{Kind: m[1], Weekday: wd, Block: m[3]}, nil
			}
		}
		return When{}, wrong
	}
	if m := yearlyForm.FindStringSubmatch(s); m != nil && fullMonth(m[1]) != 0 {
		return When{Kind: "yearly", Month: fullMonth(m[1])}, nil
	}
	if m := termForm.FindStringSubmatch(s); m != nil {
		return When{Kind: "term", Term: m[1]}, nil
	}
	if m := weekForm.FindStringSubmatch(s); m != nil && fullMonth(m[1]) != 0 {
		return When{Kind: m[2] + " week", Month: fullMonth(m[1])}, nil
	}
	if m := reviewForm.FindStringSubmatch(s); m != nil {
		w := When{Kind: "review"}
		for _, n := range m[1:] {
			if n != "" && !slices.Contains(w.Before, number(n)) {
				w.Before = append(w.Before, number(n))
			}
		}
		return w, nil
	}
	if m := everyForm.FindStringSubmatch(s); m != nil && number(m[1]) >= 2 && number(m[1]) <= 366 {
		return When{Kind: "every", N: number(m[1])}, nil
	}
	if len(strings.Fields(s)) == 5 {
		cron, err := parseCron(s)
		if err != nil {
			return When{}, fmt.Errorf("when: %q: %w", text, err)
		}
		return When{Kind: "cron", Cron: cron}, nil
	}
	return When{}, wrong
}

// fullMonth is the month with that name in full, or 0.
func fullMonth(name string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(name, m.String()) {
			return m
		}
	}
	return 0
}
