package starter

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/examples"
	"esafetybot/internal/policy"
)

// given answers every question, for a school that shares no name with the examples.
var given = `
name: 'Fern Bank School: the "Infants"'
domains: [fernbank.test, mail.fernbank.test]
trusted_domains: council.test
example: %EXAMPLE%
clauses: %CLAUSES%
esafety_officer: lead@fernbank.test
deputy: second@fernbank.test
review: 2026-07-06
headteacher: hm@fernbank.test
safeguarding_lead: hm@fernbank.test
workspace_admin: tech@fernbank.test
workspace_admin_days: [mon, fri]
chair_of_governors: chair@elsewhere.test
governor: gov@elsewhere.test
it_support: desk@elsewhere.test
early_years_lead: eyfs@fernbank.test
page_host: web@fernbank.test
leaders: [hm@fernbank.test, deputy@fernbank.test]
committee: [hm@fernbank.test, parent@elsewhere.test]
pupils_units: [/Children]
staff_units: /Adults
pupils_roll: pupils.csv
pupils_columns: [id=UPN, email=Mail, name=Name, year=Year, class=Form, agreement=AUP, publish=Photo, left=Left]
staff_roll: adults.csv
staff_columns: [id=Code, email=Mail, agreement=Signed, left=Left]
governors_group: gb@fernbank.test
visitors_unit: /Guests
autumn: 2026-09-02 2026-12-18 2026-10-26 2026-10-30
spring: 2027-01-04 2027-03-25
inset: [2026-09-02]
lado: 020 7946 0101
year_units: [R=/Children/R, 1=/Children/1]
shared_accounts: [trolley@fernbank.test]
approved_apps: [Counting, Reading]
mail_units: [/Children/6]
confidential_places: ["Office | https://drive.google.com/drive/folders/1abcDEFghiJKL?usp=sharing | hm@fernbank.test web@fernbank.test", "Staff files | 0AabcDEFghiUk9PVA | hm@fernbank.test"]
dojo_classes: [5 Elm | 5f1e2d3c4b5a69788796a5b4 | lead@fernbank.test]
`

func answersFor(example, clauses string) []byte {
	return []byte(strings.NewReplacer("%EXAMPLE%", example, "%CLAUSES%", clauses).Replace(given))
}

// Every clause by itself, and all together, makes a policy that is right, that only reports, and in which nothing of the invented schools is left.
func TestEveryClauseMakesAPolicy(t *testing.T) {
	for example, text := range map[string]string{classroom: examples.Classroom, dojo: examples.Dojo} {
		all := clausesOf(text)
		if len(all) < 20 {
			t.Fatalf("%s: %d clauses found", example, len(all))
		}
		wanted := []string{everything}
		for _, c := range all {
			wanted = append(wanted, c.id)
		}
		for _, want := range wanted {
			t.Run(want, func(t *testing.T) {
				dir := t.TempDir()
				a, err := Read(answersFor(example, want), dir)
				if err != nil {
					t.Fatal(err)
				}
				p, err := Write(filepath.Join(dir, "policy.yaml"), a)
				if err != nil {
					t.Fatal(err)
				}
				if want != everything && (len(p.Clauses) != 1 || p.Clauses[0].ID != want) {
					t.Errorf("asked for %s, got %d clauses", want, len(p.Clauses))
				}
				if want == everything && len(p.Clauses) != len(all) {
					t.Errorf("%d of %d clauses", len(p.Clauses), len(all))
				}
				for _, c := range p.Clauses {
					for _, m := range c.MetBy {
						if m.Kind == policy.Check && m.WhenNotMet != policy.Report {
							t.Errorf("%s: %s", c.ID, m.WhenNotMet)
						}
					}
				}
				raw, _ := os.ReadFile(filepath.Join(dir, "policy.yaml"))
				for _, bad := range []string{".example", "/Pupils", "/Staff", "/Visitors", "Wren", "Tidewater", "Example Maths", "1OfficeRecords"} {
					if i := strings.Index(string(raw), bad); i >= 0 {
						t.Errorf("%q is left of the example: …%s…", bad, raw[max(0, i-40):i+40])
					}
				}
			})
		}
	}
}

// With nothing but what must be answered it is a policy too, and what was not answered is left out.
func TestLeastAnswers(t *testing.T) {
	dir := t.TempDir()
	a, err := Read([]byte("name: Fern Bank\ndomains: fernbank.test\nexample: dojo\nclauses: B2, B3, B25\nesafety_officer: a@fernbank.test\nheadteacher: a@fernbank.test\nsafeguarding_lead: a@fernbank.test\nworkspace_admin: b@fernbank.test\nautumn: 2026-09-02 2026-12-18\nit_support: b@fernbank.test\n"), dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Write(filepath.Join(dir, "p.yaml"), a)
	if err != nil {
		t.Fatal(err)
	}
	mode := p.Clauses[0].MetBy[0].With.(*policy.PupilEmailWith)
	if mode.Mode != policy.ModeOff {
		t.Errorf("nobody's e-mail was approved, and the mode is %q", mode.Mode)
	}
	if w := p.Clauses[1].MetBy[0].With.(*policy.CommentsWith); w.At(policy.PlaceClassDojo) {
		t.Error("ClassDojo is looked at although no class was named")
	}
	if p.Calendar.Rollover.String() != "2026-07-20 to 2026-09-25" {
		t.Errorf("roll-over %s", p.Calendar.Rollover)
	}
}

func TestMistakesComeAtOnce(t *testing.T) {
	_, err := Read([]byte("name: X\ndomains: someone@school.example\nexample: both\nclauses: Z9\nheadteacher: nobody\nautumn: 2026-12-18 2026-09-02\ntimzone: Europe/London\nlado: {a: b}\n"), t.TempDir())
	var wrong Mistakes
	if !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	var have []string
	for _, m := range wrong {
		have = append(have, m.Key)
	}
	for _, key := range []string{"domains", "example", "clauses", "esafety_officer", "headteacher", "safeguarding_lead", "workspace_admin", "autumn", "timzone"} {
		if !slices.Contains(have, key) {
			t.Errorf("nothing is said of %s: %v", key, have)
		}
	}
}

// Typed answers make the same file; a wrong one is asked again, with the reason.
func TestAskedAndReadAreTheSame(t *testing.T) {
	dir := t.TempDir()
	read, err := Read(answersFor(dojo, everything), dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read([]byte(read.YAML()), dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Text(read), Text(again)); diff != "" {
		t.Errorf("answers that were kept and read again (-first +again):\n%s", diff)
	}
	var typed strings.Builder
	typedSoFar := Answers{Given: map[string][]string{}, Dir: dir}
	for _, q := range Questions() {
		if q.When != nil && !q.When(typedSoFar) {
			continue
		}
		if q.Key == keyDomains {
			typed.WriteString("someone@fernbank.test\n\n") // wrong, then nothing where something is needed
		}
		typed.WriteString(strings.Join(read.Given[q.Key], q.Between+" ") + "\n")
		if v := read.Given[q.Key]; v != nil {
			typedSoFar.Given[q.Key] = v
		}
	}
	var out strings.Builder
	asked, err := Ask(strings.NewReader(typed.String()), &out, dir)
	if err != nil {
		t.Fatal(err, out.String())
	}
	if diff := cmp.Diff(Text(read), Text(asked)); diff != "" {
		t.Errorf("read (-) and asked (+):\n%s", diff)
	}
	for _, want := range []string{"is an address: only what stands behind", "an answer is needed", "Why: ", "For example: ", "B15  Staff and pupil data"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q was not said", want)
		}
	}
	if _, err := Ask(strings.NewReader("Fern Bank\n"), io.Discard, dir); !errors.Is(err, ErrEnded) {
		t.Errorf("broken off: %v", err)
	}
}

func TestNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Read(answersFor(classroom, "A23"), filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Write(path, a); !errors.Is(err, ErrThere) {
		t.Error(err)
	}
	if b, _ := os.ReadFile(path); string(b) != "mine" {
		t.Error("it was overwritten")
	}
}

// A roll may be on Drive: whatever link of it somebody copies, and not what only looks like one.
func TestRollOnDrive(t *testing.T) {
	const id = "1AbCdEfGhIjKlMnOpQrStUvWxYz012345678-_abcdef"
	for _, tt := range []struct{ answer, drive, wrong string }{
		{"https://docs.google.com/spreadsheets/d/" + id + "/edit?gid=0#gid=0", id, ""},
		{"https://docs.google.com/spreadsheets/u/1/d/" + id + "/edit", id, ""},
		{"https://docs.google.com/a/fernbank.test/spreadsheets/d/" + id, id, ""},
		{"docs.google.com/spreadsheets/d/" + id + "/", id, ""},
		{"https://drive.google.com/file/d/" + id + "/view?usp=drive_link", id, ""},
		{"https://drive.google.com/open?id=" + id, id, ""},
		{"https://drive.google.com/open?usp=drive_fs&id=" + id, id, ""},
		{id, id, ""},
		{"pupils.csv", "", ""},
		{"Roll of pupils 2026.csv", "", ""},
		{"https://docs.google.com/spreadsheets/d/e/2PACX-" + id + "/pubhtml", "", "published on the web"},
		{"https://drive.google.com/drive/folders/" + id, "", "link of a folder"},
		{"https://docs.google.com/document/d/" + id + "/edit", "", "link of something else"},
		{"https://docs.google.com.elsewhere.test/spreadsheets/d/" + id, "", "no link of a Google spreadsheet"},
		{"https://school.sharepoint.test/roll.csv", "", "no link of a Google spreadsheet"},
		{"http://drive.google.com/", "", "no link of a Google spreadsheet"},
	} {
		t.Run(tt.answer, func(t *testing.T) {
			a := Answers{Given: map[string][]string{}, Dir: t.TempDir()}
			kept, err := rollPlace(a, tt.answer)
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) {
					t.Errorf("error %v, want one on %q", err, tt.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(string(answersFor(classroom, "A1")), "pupils_roll: pupils.csv", "pupils_roll: "+quote(kept))
			a, err = Read([]byte(text), a.Dir)
			if err != nil {
				t.Fatal(err)
			}
			if a, err = Read([]byte(a.YAML()), a.Dir); err != nil { // what was kept is an answer again
				t.Fatal(err)
			}
			p, err := Write(filepath.Join(a.Dir, "policy.yaml"), a)
			if err != nil {
				t.Fatal(err)
			}
			want := policy.Roll{Drive: tt.drive}
			if tt.drive == "" {
				want.CSV = tt.answer
			}
			if have := (policy.Roll{CSV: p.Pupils.Roll.CSV, Drive: p.Pupils.Roll.Drive}); have.CSV != want.CSV || have.Drive != want.Drive {
				t.Errorf("the policy names the roll %+v", have)
			}
			if p.Staff.Roll.CSV != "adults.csv" {
				t.Errorf("the staff's roll is %+v", p.Staff.Roll)
			}
		})
	}
	for _, q := range Questions() { // both ways that the question itself shows are answers
		if !strings.HasSuffix(q.Key, "_roll") {
			continue
		}
		for _, e := range strings.Split(q.Example, " or ") {
			if _, err := q.Check(Answers{Dir: t.TempDir()}, e); err != nil {
				t.Errorf("%s: its own example %q: %v", q.Key, e, err)
			}
		}
	}
}

// The columns of a roll that is there are guessed, and one that it does not have is refused.
func TestColumns(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "r.csv"), []byte("UPN;E-mail;Full name;Reg\n1;a@b.example;A B;1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := Answers{Given: map[string][]string{"pupils_roll": {"r.csv"}}, Dir: dir}
	if diff := cmp.Diff([]string{"id=UPN", "email=E-mail", "name=Full name", "class=Reg"}, guess(a, "pupils_roll")); diff != "" {
		t.Error(diff)
	}
	if _, err := column("pupils_roll")(a, "year=Year"); err == nil || !strings.Contains(err.Error(), "it has UPN, E-mail") {
		t.Error(err)
	}
	if _, err := column("pupils_roll")(a, "jahr=Reg"); err == nil {
		t.Error("a word of no meaning was taken")
	}
}

// What is taken out of the examples is in them: an example that was reworded would keep its invented names else.
func TestEditsFit(t *testing.T) {
	all := map[string]string{}
	for _, c := range append(clausesOf(examples.Classroom), clausesOf(examples.Dojo)...) {
		all[c.id] = c.text
	}
	for _, e := range edits {
		if !strings.Contains(all[e.clause], e.old) {
			t.Errorf("clause %s does not say %s", e.clause, e.old)
		}
	}
	if !yearUnits.MatchString(all["A1"]) || !confidential.MatchString(all["B15"]) {
		t.Error("the units of years, or the confidential places, stand in another form")
	}
	keys := map[string]bool{}
	for _, q := range Questions() {
		if keys[q.Key] || q.Ask == "" || q.Why == "" || q.Example == "" {
			t.Errorf("question %q: twice, or without words, reason or example", q.Key)
		}
		keys[q.Key] = true
	}
	if _, err := Read([]byte(Template()), t.TempDir()); err == nil {
		t.Error("a template that nobody filled in was taken")
	}
	if len(slices.Collect(maps.Keys(keys))) < 30 {
		t.Error("few questions")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(answersFor(classroom, everything))
	f.Add([]byte(Template()))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := Read(text, t.TempDir())
		if err != nil {
			return
		}
		// Right answers make a file that the policy's reader understands, right or not.
		if _, err := policy.Parse("policy.yaml", []byte(Text(a))); err != nil && !errors.As(err, new(policy.Errors)) {
			t.Error(err)
		}
	})
}
