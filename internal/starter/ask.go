package starter

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// A Mistake is an answer that will not do, and why.
type Mistake struct{ Key, Why string }

// Mistakes are all that are wrong with a file of answers.
type Mistakes []Mistake

// Error tells one a line.
func (m Mistakes) Error() string {
	out := make([]string, len(m))
	for i, x := range m {
		out[i] = x.Key + ": " + x.Why
	}
	return strings.Join(out, "\n")
}

// Read takes answers from a YAML file: each question's key, with a text or a list. dir is the folder of the policy file to be. Everything that is
// wrong comes back at once, as [Mistakes].
func Read(text []byte, dir string) (Answers, error) {
	var file map[string]any
	if err := yaml.Unmarshal(text, &file); err != nil {
		return Answers{}, fmt.Errorf("the answers are not YAML: %s", yaml.FormatError(err, false, true))
	}
	a := Answers{Given: map[string][]string{}, Dir: dir}
	var wrong Mistakes
	known := map[string]bool{}
	for _, q := range Questions() {
		known[q.Key] = true
		entries, err := entriesOf(q, file[q.Key])
		if err == nil {
			err = a.take(q, entries)
		}
		if err != nil {
			wrong = append(wrong, Mistake{q.Key, err.Error() + " (" + q.example(a) + ")"})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(file)) {
		if !known[key] {
			wrong = append(wrong, Mistake{key, "there is no such question: “esafetybot init --questions” lists them"})
		}
	}
	if wrong != nil {
		return a, wrong
	}
	return a, nil
}

// entriesOf takes a value of the file apart as if it had been typed.
func entriesOf(q Question, value any) ([]string, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case []any:
		var out []string
		for _, e := range v {
			s, err := entriesOf(Question{}, e)
			if err != nil {
				return nil, err
			}
			out = append(out, s...)
		}
		return out, nil
	case map[string]any:
		return nil, errors.New("a text or a list is expected, not a table")
	default:
		return q.split(fmt.Sprint(v)), nil
	}
}

// split takes a typed answer apart into its entries.
func (q Question) split(text string) []string {
	list := []string{text}
	if q.Between != "" {
		list = strings.Split(text, q.Between)
	}
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// take notes the answer to a question, its default where there is none. The error says why it will not do.
func (a Answers) take(q Question, entries []string) error {
	if q.When != nil && !q.When(a) {
		return nil
	}
	if len(entries) == 0 && q.Default != nil {
		entries = q.Default(a)
	}
	if len(entries) == 0 {
		if q.Needed != nil && q.Needed(a) {
			return errors.New("an answer is needed")
		}
		return nil
	}
	if q.Between == "" && len(entries) > 1 {
		return errors.New("one answer is expected, not several")
	}
	for i, e := range entries {
		if strings.ContainsAny(e, "\n\r\x00") {
			return errors.New("one line is expected")
		}
		if q.Check == nil {
			continue
		}
		good, err := q.Check(a, e)
		if err != nil {
			return err
		}
		entries[i] = good
	}
	a.Given[q.Key] = entries
	return nil
}

// ErrEnded says that the answers ended before the questions did.
var ErrEnded = errors.New("the questions were broken off, and nothing was written: begin again, or fill in at leisure what “esafetybot init --questions > answers.yaml” prints, and give it with --answers answers.yaml")

// Ask asks one question after the other; a wrong answer is asked again, with the reason. dir is the folder of the policy file to be.
func Ask(in io.Reader, out io.Writer, dir string) (Answers, error) {
	a := Answers{Given: map[string][]string{}, Dir: dir}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	n := 0
	for _, q := range Questions() {
		if q.When != nil && !q.When(a) {
			continue
		}
		n++
		fmt.Fprintf(out, "\n%d. %s\n", n, q.Ask)
		if q.Show != nil {
			fmt.Fprint(out, q.Show(a))
		}
		fmt.Fprintf(out, "   Why: %s\n   %s\n", q.Why, upper(q.example(a)))
		usual := q.usual(a)
		for {
			fmt.Fprint(out, usual+"> ")
			if !lines.Scan() {
				return a, errors.Join(ErrEnded, lines.Err())
			}
			err := a.take(q, q.split(lines.Text()))
			if err == nil {
				break
			}
			fmt.Fprintf(out, "   That will not do: %s.\n", err)
		}
	}
	return a, nil
}

// usual is what Enter means.
func (q Question) usual(a Answers) string {
	if q.Default != nil {
		if d := q.Default(a); len(d) > 0 {
			return "   [" + strings.Join(d, q.Between+" ") + "] "
		}
	}
	if q.Needed != nil && q.Needed(a) {
		return "   "
	}
	return "   [nothing] "
}

func (q Question) example(Answers) string { return "for example: " + q.Example }

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// Template is a file of answers to be filled in: every question, why it is asked, and an example.
func Template() string {
	var b strings.Builder
	b.WriteString("# Answers for “esafetybot init --answers FILE”. Lists may stand in square brackets. What you leave empty gets the usual answer, or none.\n")
	for _, q := range Questions() {
		fmt.Fprintf(&b, "\n# %s\n# Why: %s\n# %s\n", q.Ask, q.Why, upper(q.example(Answers{})))
		fmt.Fprintf(&b, "%s:\n", q.Key)
	}
	return b.String()
}

// YAML writes answers as a file that [Read] takes.
func (a Answers) YAML() string {
	var b strings.Builder
	b.WriteString("# Answers for “esafetybot init --answers FILE”.\n")
	for _, q := range Questions() {
		switch v := a.Given[q.Key]; {
		case len(v) == 0:
		case q.Between == "":
			fmt.Fprintf(&b, "%s: %s\n", q.Key, quote(v[0]))
		default:
			fmt.Fprintf(&b, "%s: %s\n", q.Key, flow(v))
		}
	}
	return b.String()
}
