package doctor

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"esafetybot/internal/seen"
)

// An Answer is what a domain says to one question of docs/live-domain.md. It holds numbers, dates, and words that are Google's own: nothing that somebody
// at the school typed, no address, no id.
type Answer struct {
	Question string `json:"question"` // the number there, "48", or several: "61, 62"
	About    string `json:"about,omitempty"`
	Answer   string `json:"answer,omitempty"`
	// Of a row that reading does not settle, or not alone: what it needs ("change", "wait" or "look"), and what a person has to do.
	Needs string `json:"needs,omitempty"`
	Do    string `json:"do,omitempty"`
}

// What is looked at of each, so that a probe takes minutes at a large school too.
const (
	probeOwners   = 20   // Drives
	probeOff      = 5    // Drives of accounts that are switched off
	probeItems    = 300  // items of each
	probeDrives   = 5    // shared drives
	probeGrants   = 5    // items of each whose grants are read, with grants of their own and without
	probeClasses  = 20   // classes
	probeGroups   = 20   // groups
	probeForwards = 10   // mailboxes' forwarding
	probeRecords  = 2000 // records of a log
	probeNamed    = 200  // records of one event
	probeMails    = 20   // mails that came back
	probeComments = 200  // comments of a blog
)

// Probe answers those of the open questions that a program can answer by reading, and then lists the rows that are left, with what a person has to do. What it may not read it says.
// The error is that of a context that ended.
func Probe(ctx context.Context, s Setup) ([]Answer, error) {
	p := &prober{Setup: s}
	steps := []func(context.Context){
		p.signIn, p.domains, p.accounts, p.groups, p.forwards, p.driveItems, p.sharedDrives, p.logs, p.events, p.usage, p.classes, p.devices, p.policies, p.blogs, p.rolls, p.returned,
	}
	for i, step := range steps {
		if s.Progress != nil {
			s.Progress("asking", i, len(steps))
		}
		step(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	for _, r := range rows {
		if r.probe != yes {
			p.answers = append(p.answers, Answer{Question: strconv.Itoa(r.number), Needs: r.needs, Do: r.do})
		}
	}
	return p.answers, nil
}

type prober struct {
	Setup
	answers  []Answer
	customer []string      // the domains of the Google account
	owners   []seen.Person // some who are active
	off      []seen.Person // some who are switched off
}

func (p *prober) say(question, about, format string, args ...any) {
	p.answers = append(p.answers, Answer{Question: question, About: about, Answer: fmt.Sprintf(format, args...)})
}

// could tells whether something could be read; if not it says so as the answer.
func (p *prober) could(err error, question, about string) bool {
	if err == nil {
		return true
	}
	what, _ := said(err)
	if i := strings.Index(what, "https://"); i >= 0 {
		what = strings.TrimSpace(what[:i]) + " it takes"
	}
	p.say(question, about, "not known: %s", what)
	return false
}

// word is one of Google's words: short and plain. Anything else may be something that somebody typed.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z_ -]{0,39}$`)

// A tally counts words.
type tally map[string]int

func (t tally) add(w string) {
	switch {
	case w == "":
		w = "(empty)"
	case !word.MatchString(w):
		w = "(another text)"
	}
	t[w]++
}

func (t tally) String() string {
	var out []string
	for _, w := range slices.Sorted(maps.Keys(t)) {
		out = append(out, fmt.Sprintf("%s %d", w, t[w]))
	}
	if out == nil {
		return "none"
	}
	return strings.Join(out, ", ")
}

func list(lead string, words []string) string {
	if len(words) == 0 {
		return ""
	}
	return lead + strings.Join(words, ", ")
}

// length counts a stream.
func length[T any](seq func(func(T, error) bool)) (n int, err error) {
	for _, err := range seq {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func worse(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// lefts says what the rows that are left need, in the order in which they are told.
var lefts = []struct{ needs, title string }{
	{change, "These need a change of the domain, in a test unit (what is there already may answer those that have an answer above)"},
	{wait, "These need something to happen, or time to pass"},
	{look, "These need a person to look"},
}

// WriteProbe tells answers, at most width characters a line. The error is w's.
func WriteProbe(w io.Writer, answers []Answer, width int) error {
	var b strings.Builder
	wrap(&b, "", "", "What this domain answers to open questions of docs/live-domain.md (the numbers are the rows there). Numbers and Google's own words only: no names, no addresses, no titles.", width)
	b.WriteByte('\n')
	for _, a := range answers {
		if a.Do == "" {
			wrap(&b, a.Question+"  ", "    ", a.About+": "+a.Answer+".", width)
		}
	}
	for _, l := range lefts {
		b.WriteByte('\n')
		wrap(&b, "", "", "Left for a person. "+l.title+":", width)
		b.WriteByte('\n')
		for _, a := range answers {
			if a.Do != "" && a.Needs == l.needs {
				wrap(&b, a.Question+"  ", "    ", upper(a.Do)+".", width)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
