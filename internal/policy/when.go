package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// whenForms says what `when` understands, for messages.
const whenForms = `"3 per half term", "first Monday of each month", "last Friday of each term", "yearly in February", "each Autumn term", "September, first week", ` +
	`"90, 30 and 7 days before the policy's review date", "every 30 days", or five fields as cron has them, such as "30 8 * * 1"`

// The bounds of `when`.
const (
	mostPerBlock  = 20
	leastInterval = 2
	mostInterval  = 366
	mostBefore    = 366 // days before the review
)

var (
	blocks     = []string{BlockWeek, BlockMonth, BlockHalfTerm, BlockTerm, BlockYear}
	longBlocks = []string{BlockMonth, BlockHalfTerm, BlockTerm}
	schoolDays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}
	monthNames = func() (out []string) {
		for m := time.January; m <= time.December; m++ {
			out = append(out, m.String())
		}
		return out
	}()
	perForm    = regexp.MustCompile(`(?i)^([0-9]{1,3}) per ([a-z ]+)$`)
	dayForm    = regexp.MustCompile(`(?i)^(first|last) ([a-z]+) of each ([a-z ]+)$`)
	yearlyForm = regexp.MustCompile(`(?i)^yearly in ([a-z]+)$`)
	termForm   = regexp.MustCompile(`(?i)^each (.{1,60}) term$`)
	weekForm   = regexp.MustCompile(`(?i)^([a-z]+), (first|last) week$`)
	reviewForm = regexp.MustCompile(`(?i)^([0-9]{1,3}(?:(?:, ?| and )[0-9]{1,3}){0,2}) days before the policy['’]s review date$`)
	everyForm  = regexp.MustCompile(`(?i)^every ([0-9]{1,3}) days$`)
)

// badWhen is what is wrong with a `when`.
type badWhen struct{ found, expected, nearest string }

// wordIn finds a word of a list, without regard to case; what is wrong where it is not there.
func wordIn(word string, list []string) (string, *badWhen) {
	if i := slices.IndexFunc(list, func(w string) bool { return strings.EqualFold(w, word) }); i >= 0 {
		return list[i], nil
	}
	return "", &badWhen{"found " + show(word), oneOf(list), nearest(word, list)}
}

// parseWhen reads what `when` says.
func parseWhen(text string) (When, *badWhen) {
	text = strings.Join(strings.Fields(text), " ")
	if m := perForm.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		block, bad := wordIn(m[2], blocks)
		if bad == nil && (n < 1 || n > mostPerBlock) {
			bad = &badWhen{found: "found " + m[1] + " times", expected: fmt.Sprintf("from 1 to %d times", mostPerBlock)}
		}
		return When{Kind: WhenPer, N: n, Block: block}, bad
	}
	if m := dayForm.FindStringSubmatch(text); m != nil {
		day, bad := wordIn(m[2], schoolDays)
		block, bad2 := wordIn(m[3], longBlocks)
		if bad == nil {
			bad = bad2
		}
		return When{Kind: WhenDay, Last: strings.EqualFold(m[1], "last"), Weekday: time.Weekday(slices.Index(schoolDays, day) + 1), Block: block}, bad
	}
	if m := yearlyForm.FindStringSubmatch(text); m != nil {
		month, bad := wordIn(m[1], monthNames)
		return When{Kind: WhenYearly, Month: time.Month(slices.Index(monthNames, month) + 1)}, bad
	}
	if m := weekForm.FindStringSubmatch(text); m != nil {
		month, bad := wordIn(m[1], monthNames)
		return When{Kind: WhenWeek, Month: time.Month(slices.Index(monthNames, month) + 1), Last: strings.EqualFold(m[2], "last")}, bad
	}
	if m := termForm.FindStringSubmatch(text); m != nil {
		return When{Kind: WhenPer, N: 1, Block: BlockTerm, Term: m[1]}, nil
	}
	if m := reviewForm.FindStringSubmatch(text); m != nil {
		return parseReview(m[1])
	}
	if m := everyForm.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		if n < leastInterval || n > mostInterval {
			return When{}, &badWhen{found: "found " + m[1] + " days", expected: fmt.Sprintf("from %d to %d days", leastInterval, mostInterval)}
		}
		return When{Kind: WhenEvery, N: n}, nil
	}
	if fields := strings.Fields(text); len(fields) == 5 && !strings.ContainsAny(fields[0], "=@") && strings.ContainsAny(text, "0123456789*") {
		return parseCron(fields)
	}
	return When{}, &badWhen{found: "found " + show(text), expected: whenForms}
}

func parseReview(list string) (When, *badWhen) {
	w := When{Kind: WhenReview}
	for _, f := range strings.FieldsFunc(strings.ReplaceAll(list, "and", ","), func(r rune) bool { return r == ',' || r == ' ' }) {
		n, _ := strconv.Atoi(f)
		if n > mostBefore || slices.Contains(w.Days, n) {
			return w, &badWhen{found: "found " + f + " days", expected: fmt.Sprintf("different numbers of at most %d days", mostBefore)}
		}
		w.Days = append(w.Days, n)
	}
	slices.Sort(w.Days)
	slices.Reverse(w.Days)
	return w, nil
}

// cronFields reads a cron line as robfig/cron does: minute, hour, day of the month, month, day of the week (0 is Sunday). Where both days are given either will do.
var cronFields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// ParseCron reads the cron line of a When.
func ParseCron(line string) (cron.Schedule, error) { return cronFields.Parse(line) }

// fromHour and toHour bound the hours at which anything is sent.
const fromHour, toHour = 7, 17

func parseCron(fields []string) (When, *badWhen) {
	line := strings.Join(fields, " ")
	s, err := ParseCron(line)
	if err != nil {
		return When{}, &badWhen{found: "found " + show(line) + ", which is no cron line (" + err.Error() + ")", expected: "minute, hour, day of the month, month and day of the week"}
	}
	minute, err1 := strconv.Atoi(fields[0])
	hour, err2 := strconv.Atoi(fields[1])
	if err1 != nil || err2 != nil || minute < 0 || hour < fromHour || hour >= toHour {
		return When{}, &badWhen{found: fmt.Sprintf("found the minute %s and the hour %s", show(fields[0]), show(fields[1])), expected: fmt.Sprintf("one minute and one hour, from %d:00 to %d:59", fromHour, toHour-1)}
	}
	if s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return When{}, &badWhen{found: "found " + show(line) + ", which never comes", expected: "days that exist"}
	}
	return When{Kind: WhenCron, Cron: line}, nil
}

// ordinal is "first" or "last".
func (w When) ordinal() string {
	if w.Last {
		return "last"
	}
	return "first"
}

// String writes the rule as the policy does.
func (w When) String() string {
	switch w.Kind {
	case WhenPer:
		if w.Term != "" {
			return "each " + w.Term + " term"
		}
		return fmt.Sprintf("%d per %s", w.N, w.Block)
	case WhenDay:
		return fmt.Sprintf("%s %s of each %s", w.ordinal(), w.Weekday, w.Block)
	case WhenYearly:
		return "yearly in " + w.Month.String()
	case WhenWeek:
		return fmt.Sprintf("%s, %s week", w.Month, w.ordinal())
	case WhenReview:
		var days []string
		for _, d := range w.Days {
			days = append(days, strconv.Itoa(d))
		}
		if n := len(days); n > 1 {
			days = []string{strings.Join(days[:n-1], ", ") + " and " + days[n-1]}
		}
		return strings.Join(days, "") + " days before the policy's review date"
	case WhenEvery:
		return fmt.Sprintf("every %d days", w.N)
	case WhenCron:
		return w.Cron
	}
	return ""
}
