package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/checkins"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
)

// newCheckIns lists what only a person can answer, and takes an answer where there is no review site.
func newCheckIns(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "checkins", Short: "What only a person can answer: asked, answered, overdue", Args: cobra.NoArgs,
		Example: "  esafetybot checkins --policy school.yaml",
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.checkIns(cmd, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	var as string
	answer := &cobra.Command{
		Use: "answer NAME yes|no|not-sure", Short: "Answer a check-in, where there is no review site", Args: cobra.MinimumNArgs(2),
		Long: "Answer a check-in, where there is no review site. About a class on ClassDojo several things are asked, each answered as QUESTION=ANSWER: comments (on, off, not-sure), moderator (teacher, leader, other, nobody, not-sure), looked (a date; left out if nobody has), channel (yes, no, not-sure).",
		Example: "  esafetybot checkins answer filtering yes --as helpdesk@support.example\n" +
			"  esafetybot checkins answer class-dojo-school comments=on moderator=leader looked=2026-10-05 --as head@school.example",
		RunE: func(cmd *cobra.Command, args []string) error { return o.answer(cmd, args[0], args[1:], as) },
	}
	answer.Flags().StringVar(&as, "as", "", "the address of who answers, as the policy names them")
	cmd.AddCommand(o.clocked(answer))
	return o.clocked(cmd)
}

// checkInLine is a check-in as --json prints it.
type checkInLine struct {
	Name     string    `json:"name"`
	Class    string    `json:"class,omitempty"` // on ClassDojo
	Clause   string    `json:"clause"`
	Asked    string    `json:"asked_of"`
	Every    string    `json:"every"`
	Since    string    `json:"asked,omitempty"`
	Due      time.Time `json:"due,omitzero"`
	Answer   string    `json:"answer,omitempty"`
	Answered time.Time `json:"answered,omitzero"`
	Overdue  bool      `json:"overdue"`
}

func (o *options) checkIns(cmd *cobra.Command, asJSON bool) error {
	clock, err := o.clock()
	if err != nil {
		return err
	}
	p, s, err := o.opened(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	first, err := memory.FirstLook(cmd.Context(), s)
	if err != nil {
		return err
	}
	now := clock()
	if first.IsZero() {
		first = now
	}
	in, _, err := checkins.Read(cmd.Context(), s, p, p.Calendar, now, first)
	if err != nil {
		return err
	}
	list := []checkInLine{}
	for _, st := range in.States() {
		if st.Spot != nil && st.Asked.IsZero() {
			continue // not drawn
		}
		l := checkInLine{Name: st.Name, Class: st.Class, Clause: st.Clause, Asked: p.Title(policy.Role(st.Role)), Every: st.Every, Due: st.Due, Overdue: st.Overdue(now)}
		if !st.Asked.IsZero() {
			l.Since = st.Asked.String()
		}
		if st.Answer != nil {
			l.Answer, l.Answered = st.Answer.Answer, st.Answer.At
			if said := st.Answer.Dojo; said != nil {
				l.Answer = "comments " + said.Comments
			}
		}
		list = append(list, l)
	}
	if asJSON {
		enc := json.NewEncoder(o.std.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(list)
	}
	w := tabwriter.NewWriter(o.std.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CLAUSE\tCHECK-IN\tASKED OF\tEVERY\tHOW IT STANDS")
	for _, l := range list {
		state := "not asked yet"
		switch {
		case l.Overdue:
			state = "overdue since " + l.Due.In(p.School.Location).Format("Mon 2 Jan")
		case l.Answer != "":
			state = l.Answer + ", answered " + l.Answered.In(p.School.Location).Format("Mon 2 Jan")
		case l.Since != "" && !l.Due.IsZero():
			state = "waits, due " + l.Due.In(p.School.Location).Format("Mon 2 Jan")
		case l.Since != "":
			state = "waits"
		}
		name := l.Name
		if l.Class != "" {
			name += " (" + l.Class + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Clause, name, l.Asked, l.Every, state)
	}
	return w.Flush()
}

// answer notes an answer as the review site would. Whoever can run this can read the state anyway, so that it is their word whose answer it is.
func (o *options) answer(cmd *cobra.Command, name string, said []string, as string) error {
	p, err := o.loadPolicy()
	if err != nil {
		return err
	}
	asks := checkins.Asks(p)
	i := slices.IndexFunc(asks, func(a checkins.Ask) bool { return a.Name == name })
	if i < 0 {
		return usageError{fmt.Errorf("the policy has no check-in %q; list them with: esafetybot checkins", name)}
	}
	ask := asks[i]
	d := decisions.Decision{Do: decisions.Answer, CheckIn: name}
	if ask.Dojo != "" && ask.Spot == nil {
		if d.Said, err = dojoSaid(p, ask, said, o); err != nil {
			return usageError{err}
		}
	} else if d.Answer = said[0]; len(said) != 1 || !slices.Contains([]string{checkins.Yes, checkins.No, checkins.Unsure}, d.Answer) {
		return usageError{fmt.Errorf("%q is no answer: yes, no or not-sure", strings.Join(said, " "))}
	}
	may, of := policy.Leads, "teachers of "+ask.Class
	if ask.Who == nil {
		may, of = append(slices.Clone(may), policy.Role(ask.Role)), p.Title(policy.Role(ask.Role))
	}
	if !slices.Contains(ask.Who, strings.ToLower(strings.TrimSpace(as))) && !p.Plays(as, may...) {
		return usageError{fmt.Errorf("this is asked of the %s: --as ADDRESS, as the policy names them", of)}
	}
	if _, err := o.note(cmd, p, as, d); err != nil {
		return err
	}
	fmt.Fprintln(o.std.Out, "Noted. The next run of the job checkins takes it up.")
	return nil
}

// dojoSaid reads answers about a class on ClassDojo, each QUESTION=ANSWER.
func dojoSaid(p *policy.Policy, a checkins.Ask, said []string, o *options) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range said {
		id, value, ok := strings.Cut(s, "=")
		if _, twice := out[id]; !ok || twice {
			return nil, fmt.Errorf("%q: about a class on ClassDojo each answer is given once, as QUESTION=ANSWER, such as: %s", s, checkins.ExampleSaid(a))
		}
		out[id] = value
	}
	clock, err := o.clock()
	if err != nil {
		return nil, err
	}
	answer, err := classdojo.AnswerOf(a.Dojo, out)
	if err == nil {
		answer.At, answer.By = clock(), "somebody"
		err = answer.Check(p.Calendar.Date(answer.At))
	}
	if err != nil {
		return nil, fmt.Errorf("%w; for example: %s", err, checkins.ExampleSaid(a))
	}
	return out, nil
}
