// Package starter writes a school's first policy file from answers to a few questions.
//
// Contract:
//
//   - The clauses are those of one of the two example policies, and of these only the ones that were asked for. Nothing of the invented schools is left
//     in them: whoever and whatever they name is asked for, or the part is left out.
//   - No clause proposes or makes a change: a first policy only reports.
//   - What [Write] writes passes [policy.Parse]; else nothing is written and the error says what does not fit.
//   - An existing file is never overwritten.
//   - Answers are the same whether they are typed or read from a file: [Questions] says what is asked, why, and what will do.
package starter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"esafetybot/examples"
	"esafetybot/internal/policy"
)

// Answers are what a school said, by the key of the question: entries in the order in which they were given, none where nothing was said.
type Answers struct {
	Given map[string][]string
	// Dir is the folder of the policy file to be, where rolls are looked for.
	Dir string
}

// One is a single answer; "" if there is none.
func (a Answers) One(key string) string {
	if v := a.Given[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Has tells whether anything was answered.
func (a Answers) Has(key string) bool { return len(a.Given[key]) > 0 }

// The clauses of the two examples.
var (
	classroomClauses = sync.OnceValue(func() []clause { return clausesOf(examples.Classroom) })
	dojoClauses      = sync.OnceValue(func() []clause { return clausesOf(examples.Dojo) })
)

// all are the clauses of the example policy that was chosen.
func (a Answers) all() []clause {
	if a.One(keyExample) == dojo {
		return slices.Clone(dojoClauses())
	}
	return slices.Clone(classroomClauses())
}

// chosen are the clauses that were asked for, in the order of the example.
func (a Answers) chosen() []clause {
	all := a.all()
	want := a.Given[keyClauses]
	if slices.Equal(want, []string{everything}) {
		return all
	}
	return slices.DeleteFunc(all, func(c clause) bool { return !slices.Contains(want, c.id) })
}

// kept tells whether a clause was asked for.
func (a Answers) kept(id string) bool {
	return slices.ContainsFunc(a.chosen(), func(c clause) bool { return c.id == id })
}

// ErrThere says that there is a file already where the policy should go.
var ErrThere = errors.New("there is a file already")

// Free returns an error if nothing can be put at path: one that wraps [ErrThere] if something is there, else that its folder is not.
func Free(path string) error {
	if dir := filepath.Dir(path); dir != "." {
		if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
			return fmt.Errorf("there is no folder %s for the policy file: make it first, put the rolls into it, or name another place with --policy", dir)
		}
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s. init never overwrites: name another with --policy, or put this one away first", ErrThere, path)
	}
	return nil
}

// Write makes the policy file and checks it as it will be read. The error is a [policy.Errors] where the answers do not fit together.
func Write(path string, a Answers) (*policy.Policy, error) {
	if err := Free(path); err != nil {
		return nil, err
	}
	text := Text(a)
	p, err := policy.Parse(path, []byte(text))
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, Free(path)
	}
	if err != nil {
		return nil, fmt.Errorf("the policy file cannot be written: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("the policy file %s could not be written to its end: %w", filepath.Base(path), err)
	}
	return p, nil
}

// Text is the policy file.
func Text(a Answers) string {
	var b strings.Builder
	b.WriteString("# yaml-language-server: $schema=" + "policy.schema.json\n#\n" +
		"# Written by “esafetybot init”. It is the school's from now on: change what does not say what your policy says, and run “esafetybot policy check”.\n" +
		"# “esafetybot policy schema > policy.schema.json” lets an editor complete it. Every check only reports; docs/changes.md says what “when_not_met: propose” would do.\n\n")
	a.school(&b)
	a.people(&b)
	a.populations(&b)
	a.calendar(&b)
	a.review(&b)
	a.more(&b)
	b.WriteString("clauses:\n")
	for i, c := range a.chosen() {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(c.fitted(a))
	}
	b.WriteString("\nnot_seen: [shared calendars, photo albums, the inside of Sites]\n")
	return b.String()
}

func (a Answers) school(b *strings.Builder) {
	fmt.Fprintf(b, "school:\n  name: %s\n  timezone: %s\n  domains: %s\n", quote(a.One(keyName)), quote(a.One(keyZone)), flow(a.Given[keyDomains]))
	if a.Has(keyTrusted) {
		fmt.Fprintf(b, "  trusted_domains: %s\n", flow(a.Given[keyTrusted]))
	}
	fmt.Fprintf(b, "  org_units: %s\n\n", flow(a.Given[keyUnits]))
}

func (a Answers) people(b *strings.Builder) {
	b.WriteString("people:\n")
	for _, r := range asked {
		v := a.Given[string(r.role)]
		switch {
		case len(v) == 0:
		case r.role == policy.RoleAdmin && a.Has(keyAdminDays):
			fmt.Fprintf(b, "  %s: {address: %s, days: %s}\n", r.role, quote(v[0]), flow(a.Given[keyAdminDays]))
		case r.many:
			fmt.Fprintf(b, "  %s: %s\n", r.role, flow(v))
		default:
			fmt.Fprintf(b, "  %s: %s\n", r.role, quote(v[0]))
		}
	}
	if a.Has(keyTitle) {
		fmt.Fprintf(b, "\ntitles:\n  esafety_officer: %s\n", quote(a.One(keyTitle)))
	}
	b.WriteByte('\n')
}

// review is when the policy was last reviewed, as often as the clause on it says.
func (a Answers) review(b *strings.Builder) {
	if !a.Has(keyReview) {
		return
	}
	every := "year"
	if asksFor("reminder: policy-review, ask: esafety_officer, every: two years")(a) {
		every = "two years"
	}
	fmt.Fprintf(b, "review: {last: %s, every: %s}\n\n", a.One(keyReview), every)
}

func (a Answers) populations(b *strings.Builder) {
	for _, who := range []string{"pupils", "staff"} {
		fmt.Fprintf(b, "%s:\n  org_units: %s\n", who, flow(a.Given[who+"_units"]))
		if a.Has(who + "_roll") {
			var columns []string
			for _, c := range a.Given[who+"_columns"] {
				word, heading, _ := strings.Cut(c, "=")
				columns = append(columns, strings.TrimSpace(word)+": "+quote(strings.TrimSpace(heading)))
			}
			where, at := "csv", a.One(who+"_roll")
			if onDrive(at) {
				where, at = "drive", rollID(at)
			}
			fmt.Fprintf(b, "  roll:\n    %s: %s\n    columns: {%s}\n", where, quote(at), strings.Join(columns, ", "))
		}
	}
	if a.Has(keyGovernors) || a.Has(keyVisitors) {
		b.WriteString("others:\n")
	}
	if a.Has(keyGovernors) {
		fmt.Fprintf(b, "  - {name: Governors, group: %s}\n", quote(a.One(keyGovernors)))
	}
	if a.Has(keyVisitors) {
		fmt.Fprintf(b, "  - {name: Supply and trainees, org_unit: %s, ends_required: true}\n", quote(a.One(keyVisitors)))
	}
	b.WriteByte('\n')
}

func (a Answers) calendar(b *strings.Builder) {
	b.WriteString("calendar:\n  terms:\n")
	for _, t := range terms {
		days := strings.Fields(a.One(t.key))
		if len(days) < 2 {
			continue
		}
		fmt.Fprintf(b, "    - {name: %s, first: %s, last: %s", t.name, days[0], days[1])
		if len(days) == 4 {
			fmt.Fprintf(b, ", half_term: [%s, %s]", days[2], days[3])
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(b, "  inset: [%s]\n  closures: []\n  bank_holidays: %s\n", strings.Join(a.Given[keyInset], ", "), a.One(keyBank))
	if days := strings.Fields(a.One(keyRollover)); len(days) == 2 {
		fmt.Fprintf(b, "  rollover: {from: %s, until: %s}\n", days[0], days[1])
	}
	b.WriteByte('\n')
}

func (a Answers) more(b *strings.Builder) {
	if a.Has(keyLADO) || a.Has(keyMASH) {
		b.WriteString("numbers:\n")
		for _, n := range []string{keyLADO, keyMASH} {
			if a.Has(n) {
				fmt.Fprintf(b, "  %s: %s\n", n, quote(a.One(n)))
			}
		}
		b.WriteByte('\n')
	}
	if a.Has(keyDojoClasses) {
		b.WriteString("classdojo:\n  classes:\n")
		for _, c := range a.Given[keyDojoClasses] {
			part := parts(c)
			fmt.Fprintf(b, "    - {name: %s, id: %s, teachers: %s}\n", quote(part[0]), quote(dojoID(part[1])), flow(addressesIn(part[2])))
		}
		b.WriteByte('\n')
	}
	if a.Has(keyConfidential) {
		fmt.Fprintf(b, "confidential_owners: %s\n\n", flow(a.Given[keyConfidential]))
	}
}

// quote writes a text as YAML and JSON alike read it.
func quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be written
	return strings.TrimSpace(b.String())
}

// flow writes a list in one line.
func flow(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = quote(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}
