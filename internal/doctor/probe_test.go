package doctor

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/google"
	"esafetybot/internal/mail"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
)

// A probe answers from what is there, and holds nothing that names anybody: no address, no name, no title, no id.
func TestProbe(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, probeScopes(t), server.Options{})
	r.Mail = mail.Destination{Scheme: "gmail", From: r.Admin}
	answers, err := Probe(t.Context(), r.Setup)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := WriteProbe(&text, answers, 100); err != nil {
		t.Fatal(err)
	}
	if testing.Verbose() {
		t.Log("\n" + text.String())
	}
	said := map[string]string{}
	for _, a := range answers {
		if a.Do == "" {
			said[a.Question] += a.Answer + "\n"
		}
		if strings.Contains(a.Answer, "not known") {
			t.Errorf("not answered with all scopes: %+v", a)
		}
	}
	for question, want := range map[string]string{
		"1": `\b0 refused`, "36": `[1-9]\d* of \d+ accounts|0 of [1-9]\d* accounts`, "6, 7, 93": `in [1-9]\d* Drives [1-9]\d* were`, "23, 24, 29": `the newest record is`,
		"48": `Strong|strong|weak|Weak`, "58": `[1-9]\d* in [1-9]\d* classes`, "61, 62": `[1-9]\d*; encryptionStatus: .*(ncrypted|NCRYPTED)`, "65, 68": `[1-9]\d* policies of [1-9]`, "89": `yes`,
		"3": `of [1-9]\d* tried`, "13": `^0 folders`, "18": `of [1-9]\d* whose grants were read [1-9]\d* have it as they should.* 0 do not`, "20": `types .*user [1-9].*roles .*organizer [1-9]`,
		"28": `there are (\d+) by its name, and \d+ among`, "32": `anyone may join \d`, "47": `[1-9]\d* items in [1-9]\d* requests`, "50": `password_edit [1-9].*affected_email_address|password_edit [1-9].*actor [1-9]`,
		"52": `USER_EMAIL [1-9]`, "55": `of [1-9]\d* accounts`, "75, 77": `of [1-9]\d* people`, "88": `change_user_access [1-9].*target_user`, "100, 105": `create_comment [1-9].*doc_id`, "117": `a key is used`,
	} {
		if !regexp.MustCompile(want).MatchString(said[question]) {
			t.Errorf("question %s: %q, want %s", question, said[question], want)
		}
	}
	if m := regexp.MustCompile(`there are (\d+) by its name, and (\d+) among`).FindStringSubmatch(said["28"]); m == nil || m[1] != m[2] {
		t.Errorf("filtered and unfiltered differ: %q", said["28"])
	}
	answered := map[string]bool{}
	for _, a := range answers {
		for _, n := range strings.Split(a.Question, ", ") {
			answered[n] = answered[n] || a.Do == ""
		}
	}
	for _, r := range rows {
		if n := strconv.Itoa(r.number); answered[n] != (r.probe != no) {
			t.Errorf("row %s: the probe answers it: %v, its table says %q", n, answered[n], r.probe)
		}
		delete(answered, strconv.Itoa(r.number))
	}
	if len(answered) > 0 {
		t.Errorf("answered, but no rows of the page: %v", answered)
	}
	secret := []string{"@", "school.example"}
	for p, err := range r.Client.People(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		secret = append(secret, p.ID)
		for _, n := range []string{p.Given, p.Family} {
			if len(n) > 3 {
				secret = append(secret, " "+n+" ", n+",")
			}
		}
	}
	text.Reset() // what a person is to do is ours, whatever anybody is called
	if err := WriteProbe(&text, slices.DeleteFunc(answers, func(a Answer) bool { return a.Do != "" }), 100); err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(strings.Fields(text.String()), " ")
	for _, s := range secret {
		if strings.Contains(flat, s) {
			t.Errorf("the report holds %q", s)
		}
	}
}

// probeScopes are all that any job asks for, but to change something.
func probeScopes(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, job := range jobsOf {
		for _, use := range google.Scopes(job) {
			if !slices.Contains(out, use.Scope) {
				out = append(out, use.Scope)
			}
		}
	}
	return out
}

// The rows of docs/live-domain.md are those of the table: their numbers, what the probe can do about each, and what a person does who settles it.
func TestProbeKnowsThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "live-domain.md"))
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^\| (\d+) \|.*\|$`)
	var onPage []row
	for _, l := range line.FindAllString(string(page), -1) {
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(l, "|"), "|"), "|")
		if len(cells) != 6 {
			t.Fatalf("%d columns: %s", len(cells), l)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		r := row{do: strings.ReplaceAll(cells[3], "`", "")}
		r.number, _ = strconv.Atoi(cells[0])
		switch first, second, both := strings.Cut(cells[4], ", "); {
		case cells[4] == yes:
			r.probe, r.do = yes, ""
		case both && first == part:
			r.probe, r.needs = part, second
		default:
			r.probe, r.needs = no, first
		}
		onPage = append(onPage, r)
	}
	slices.SortFunc(onPage, func(a, b row) int { return a.number - b.number })
	if diff := cmp.Diff(onPage, rows, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("(-page +table):\n%s", diff)
	}
	for i, r := range rows {
		if r.number != i+1 {
			t.Errorf("row %d is numbered %d", i+1, r.number)
		}
		if r.probe != yes && (r.do == "" || !slices.Contains([]string{change, wait, look}, r.needs)) {
			t.Errorf("row %d does not say what a person does, or why: %+v", r.number, r)
		}
	}
}

// A probe asks a bounded number of questions: at a school of twice the size only lists get longer.
func TestProbeIsBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, probeScopes(t), server.Options{})
	if _, err := Probe(t.Context(), r.Setup); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for method, n := range r.Client.Calls() {
		sum += n
		if strings.Contains(method, ".insert") || strings.Contains(method, ".patch") || strings.Contains(method, ".delete") || strings.Contains(method, ".update") || strings.Contains(method, ".send") || strings.Contains(method, ".watch") {
			t.Errorf("the probe asked for %s", method)
		}
	}
	if sum > 500 {
		t.Errorf("%d requests: %v", sum, r.Client.Calls())
	}
}

// Without scopes a probe says what it may not read, and still ends.
func TestProbeRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, generate.Classroom, []string{}, server.Options{})
	answers, err := Probe(t.Context(), r.Setup)
	if err != nil {
		t.Fatal(err)
	}
	unknown := 0
	for _, a := range answers {
		if strings.Contains(a.Answer, "not known") {
			unknown++
		}
	}
	if unknown < 8 {
		t.Errorf("of %d answers only %d say that something is not known: %+v", len(answers), unknown, answers)
	}
}

func TestTally(t *testing.T) {
	c := tally{}
	for _, w := range []string{"ENCRYPTED", "ENCRYPTED", "", "a.name@school.example", "Somebody's tablet 4", strings.Repeat("x", 60)} {
		c.add(w)
	}
	if have, want := c.String(), "(another text) 3, (empty) 1, ENCRYPTED 2"; have != want {
		t.Errorf("%q, want %q", have, want)
	}
}
