package starter

import (
	"errors"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/rolls"
)

// Here is what will do as an answer. The policy file's own grammar looks at all of it again; these say in plain words what is wrong while somebody can still answer.

var (
	domainForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
	phoneForm  = regexp.MustCompile(`^\+?[0-9][0-9 ()-]{1,23}( (ext|option)\.? [0-9]{1,6})?$`)
	idForm     = regexp.MustCompile(`^[A-Za-z0-9_-]{10,200}$`)
	dojoForm   = regexp.MustCompile(`^[0-9a-f]{24}$`)
	yearForm   = regexp.MustCompile(`^(?i:[NR1-9])$`)
)

func zone(_ Answers, s string) (string, error) {
	if _, err := time.LoadLocation(s); err != nil || s == "Local" || s == "" {
		return "", fmt.Errorf("there is no time zone %q", s)
	}
	return s, nil
}

func domain(_ Answers, s string) (string, error) {
	s = strings.ToLower(s)
	if strings.Contains(s, "@") {
		return "", fmt.Errorf("%q is an address: only what stands behind the @ is wanted", s)
	}
	if !domainForm.MatchString(s) {
		return "", fmt.Errorf("%q is no domain", s)
	}
	return s, nil
}

func unit(_ Answers, s string) (string, error) {
	if !strings.HasPrefix(s, "/") {
		return "", fmt.Errorf("%q is no org unit: its path begins with a slash", s)
	}
	if s != "/" {
		s = strings.TrimRight(s, "/")
	}
	if strings.Contains(s, "//") || s == "" {
		return "", fmt.Errorf("%q is no org unit", s)
	}
	return s, nil
}

func oneOf(words ...string) func(Answers, string) (string, error) {
	return func(_ Answers, s string) (string, error) {
		if w := strings.ToLower(s); slices.Contains(words, w) {
			return w, nil
		}
		return "", fmt.Errorf("%q is none of %s", s, strings.Join(words, ", "))
	}
}

func clauseID(a Answers, s string) (string, error) {
	if strings.EqualFold(s, everything) {
		return everything, nil
	}
	all := a.all()
	for _, c := range all {
		if strings.EqualFold(c.id, s) {
			return c.id, nil
		}
	}
	if len(strings.Fields(s)) > 1 {
		return "", fmt.Errorf("%q is no number of a clause: several have commas between them", s)
	}
	return "", fmt.Errorf("there is no clause %q in this example; its clauses are %s to %s", s, all[0].id, all[len(all)-1].id)
}

// address takes an e-mail address, of the school's domains unless it may be outside.
func address(outside bool) func(Answers, string) (string, error) {
	return func(a Answers, s string) (string, error) {
		parsed, err := mail.ParseAddress(s)
		if err != nil || parsed.Address != s {
			return "", fmt.Errorf("%q is no e-mail address", s)
		}
		s = strings.ToLower(s)
		_, domain, _ := strings.Cut(s, "@")
		if !outside && !slices.Contains(a.Given[keyDomains], domain) {
			return "", fmt.Errorf("%s is not at one of the school's domains (%s); this person reads about children, so a school address is wanted", s, strings.Join(a.Given[keyDomains], ", "))
		}
		return s, nil
	}
}

func date(_ Answers, s string) (string, error) {
	if _, err := calendar.ParseDate(s); err != nil {
		return "", fmt.Errorf("%q is no date: year, month, day", s)
	}
	return s, nil
}

// dates takes some dates, each no earlier than the one that must stand before it.
func dates(s string) ([]calendar.Date, error) {
	var out []calendar.Date
	for _, w := range strings.Fields(strings.ReplaceAll(s, ",", " ")) {
		d, err := calendar.ParseDate(w)
		if err != nil {
			return nil, fmt.Errorf("%q is no date: year, month, day", w)
		}
		out = append(out, d)
	}
	return out, nil
}

func written(days []calendar.Date) string {
	out := make([]string, len(days))
	for i, d := range days {
		out[i] = d.String()
	}
	return strings.Join(out, " ")
}

func twoDates(_ Answers, s string) (string, error) {
	d, err := dates(s)
	if err != nil {
		return "", err
	}
	if len(d) != 2 || d[1].Before(d[0]) {
		return "", errors.New("two dates are wanted, the earlier one first")
	}
	return written(d), nil
}

// term takes the dates of the i-th term: after those of the terms before it.
func term(i int) func(Answers, string) (string, error) {
	return func(a Answers, s string) (string, error) {
		d, err := dates(s)
		if err != nil {
			return "", err
		}
		if len(d) != 2 && len(d) != 4 {
			return "", fmt.Errorf("two or four dates are wanted, found %d", len(d))
		}
		if d[1].Before(d[0]) {
			return "", errors.New("the term ends before it begins")
		}
		if len(d) == 4 && (d[2].Before(d[0]) || d[3].Before(d[2]) || d[1].Before(d[3])) {
			return "", errors.New("the half-term holiday does not lie within the term")
		}
		for _, before := range terms[:i] {
			if days, _ := dates(a.One(before.key)); len(days) >= 2 && !d[0].After(days[1]) {
				return "", fmt.Errorf("it begins before the %s term ends, on %s", strings.ToLower(before.name), days[1])
			}
		}
		return written(d), nil
	}
}

func telephone(_ Answers, s string) (string, error) {
	if !phoneForm.MatchString(s) {
		return "", fmt.Errorf("%q is no telephone number", s)
	}
	return s, nil
}

// Where a roll is: in a file beside the policy, or on Drive.
var (
	linkForm = regexp.MustCompile(`(?i)^([a-z][a-z0-9+.-]*://|(www\.|docs\.|drive\.)[a-z0-9.-]+/)`)
	// driveForm is the id of a file on Drive by itself: longer than anybody's name of a file, and without the dot of one.
	driveForm = regexp.MustCompile(`^[A-Za-z0-9_-]{25,200}$`)
	// fileLink is a link of a file or spreadsheet, however many accounts its reader is signed in to.
	fileLink = regexp.MustCompile(`(?i)^(?:https://)?(?:docs|drive)\.google\.com/(?:a/[^/]+/)?(?:spreadsheets|file)/(?:u/\d+/)?d/([A-Za-z0-9_-]{10,200})(?:[/?#]|$)`)
	openLink = regexp.MustCompile(`(?i)^(?:https://)?(?:docs|drive)\.google\.com/(?:a/[^/]+/)?(?:u/\d+/)?(?:open|uc)\?(?:[^#]*&)?id=([A-Za-z0-9_-]{10,200})(?:[&#]|$)`)
)

// onDrive tells whether an answer says that a roll is on Drive, rightly or wrongly.
func onDrive(s string) bool { return linkForm.MatchString(s) || driveForm.MatchString(s) }

// rollID is the id of the file on Drive that an answer means; "" if it means none.
func rollID(s string) string {
	for _, form := range []*regexp.Regexp{fileLink, openLink} {
		if m := form.FindStringSubmatch(s); m != nil {
			return m[1]
		}
	}
	if driveForm.MatchString(s) {
		return s
	}
	return ""
}

// rollPlace takes the name of a file beside the policy, or the link or id of one on Drive, which is not opened here: doctor tries it.
func rollPlace(a Answers, s string) (string, error) {
	if !onDrive(s) {
		return rollFile(a, s)
	}
	switch lower := strings.ToLower(s); {
	case strings.Contains(lower, "/d/e/"):
		return "", errors.New("this is the link of a list that was published on the web: end that (File › Share › Publish to web › Stop publishing), and give the link that stands in the browser's address bar while the list is open")
	case rollID(s) != "":
		return s, nil
	case strings.Contains(lower, "/folders/"):
		return "", errors.New("this is the link of a folder: open the list itself, and give the link from the browser's address bar")
	case strings.Contains(lower, "google.com/document/"), strings.Contains(lower, "google.com/presentation/"), strings.Contains(lower, "google.com/forms/"):
		return "", errors.New("a Google spreadsheet or a CSV file is wanted, and this is the link of something else")
	}
	return "", errors.New("this is no link of a Google spreadsheet or of a file on Google Drive: open the list there, and give the link from the browser's address bar")
}

func rollFile(a Answers, s string) (string, error) {
	if filepath.IsAbs(s) {
		return "", errors.New("only the name is wanted: the file lies beside the policy file")
	}
	data, err := readRoll(a, s)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil // it may come later: doctor says so until then
	}
	if err == nil {
		_, err = rolls.Text(data)
	}
	if err != nil {
		return "", fmt.Errorf("the file cannot be used: %w", err)
	}
	return s, nil
}

func readRoll(a Answers, name string) ([]byte, error) {
	if onDrive(name) {
		return nil, os.ErrNotExist // nobody is signed in to Google here
	}
	return os.ReadFile(filepath.Join(a.Dir, filepath.FromSlash(name)))
}

// headings are those of a roll; nil where it is not there.
func headings(a Answers, name string) []string {
	data, err := readRoll(a, name)
	if err != nil {
		return nil
	}
	text, err := rolls.Text(data)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		var out []string
		for _, h := range strings.Split(line, string(rolls.Separator(line))) {
			out = append(out, strings.TrimSpace(strings.Trim(h, `" `)))
		}
		return out
	}
	return nil
}

// usual are words in headings that give away what a column is.
var usual = []struct {
	word  string
	hints []string
}{
	{rolls.ID, []string{"admission number", "admission no", "upn", "staff code", "payroll"}},
	{rolls.Email, []string{"email", "e-mail"}},
	{rolls.Name, []string{"full name", "name"}},
	{rolls.YearGroup, []string{"year", "nc year"}},
	{rolls.Class, []string{"reg", "class", "form"}},
	{rolls.Agreement, []string{"agreement", "policy read", "signed"}},
	{rolls.Publish, []string{"publish", "photo"}},
	{rolls.Left, []string{"leaving", "left"}},
}

// guess is which column is what, by the headings of the roll.
func guess(a Answers, key string) []string {
	var out, taken []string
	for _, u := range usual {
		for _, h := range headings(a, a.One(key)) {
			if !slices.Contains(taken, h) && slices.ContainsFunc(u.hints, func(hint string) bool { return strings.Contains(strings.ToLower(h), hint) }) && !strings.ContainsAny(h, ",=") {
				out, taken = append(out, u.word+"="+h), append(taken, h)
				break
			}
		}
	}
	return out
}

// column takes one column: our word and the heading in the file.
func column(key string) func(Answers, string) (string, error) {
	return func(a Answers, s string) (string, error) {
		word, heading, ok := strings.Cut(s, "=")
		word, heading = strings.ToLower(strings.TrimSpace(word)), strings.TrimSpace(heading)
		if !ok || heading == "" {
			return "", fmt.Errorf("%q is no column: write our word, =, and the heading", s)
		}
		if words := rolls.Columns(); !slices.Contains(words, word) {
			return "", fmt.Errorf("%q is none of our words: %s", word, strings.Join(words, ", "))
		}
		if have := headings(a, a.One(key)); have != nil && !slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(h, heading) }) {
			return "", fmt.Errorf("%s has no column %q; it has %s", a.One(key), heading, strings.Join(have, ", "))
		}
		return word + "=" + heading, nil
	}
}

func yearUnit(a Answers, s string) (string, error) {
	year, u, ok := strings.Cut(s, "=")
	if !ok || !yearForm.MatchString(strings.TrimSpace(year)) {
		return "", fmt.Errorf("%q is no year with its unit: N, R or 1 to 9, =, and the unit", s)
	}
	u, err := unit(a, strings.TrimSpace(u))
	return strings.ToUpper(strings.TrimSpace(year)) + "=" + u, err
}

// parts takes NAME | LINK | ADDRESSES apart; always three.
func parts(s string) [3]string {
	var out [3]string
	for i, p := range strings.SplitN(s, "|", 3) {
		out[i] = strings.TrimSpace(p)
	}
	return out
}

func addressesIn(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == ',' })
}

// lastPart is the last part of a link, or the id itself.
func lastPart(s string) string {
	s, _, _ = strings.Cut(s, "?")
	return s[strings.LastIndex(s, "/")+1:]
}

func placeID(s string) string { return lastPart(s) }

// dojoID is ClassDojo's id of a class in its link, or alone.
func dojoID(s string) string {
	for _, p := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '/' || r == '?' || r == '#' }) {
		if dojoForm.MatchString(p) {
			return p
		}
	}
	return ""
}

func place(a Answers, s string) (string, error) {
	p := parts(s)
	if p[0] == "" || p[2] == "" {
		return "", errors.New("a name, a link and addresses are wanted, with | between them")
	}
	if !idForm.MatchString(placeID(p[1])) {
		return "", fmt.Errorf("%q is no link or id of a folder or shared drive", p[1])
	}
	return s, every(a, p[2], false)
}

func dojoClass(a Answers, s string) (string, error) {
	p := parts(s)
	if p[0] == "" || p[2] == "" {
		return "", errors.New("a name, a link and addresses are wanted, with | between them")
	}
	if dojoID(p[1]) == "" {
		return "", fmt.Errorf("%q is no link or id of a class on ClassDojo: 24 letters and digits", p[1])
	}
	return s, every(a, p[2], false)
}

// every looks at each of some addresses.
func every(a Answers, list string, outside bool) error {
	for _, s := range addressesIn(list) {
		if _, err := address(outside)(a, s); err != nil {
			return err
		}
	}
	return nil
}
