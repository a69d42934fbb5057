package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/checkins"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
)

// newCheckIns lists what only a person can answer, and takes an answer where there is no review site.
func newCheckIns(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "checkins", Short: "What only a person can answer: asked, answered, overdue", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.checkIns(cmd, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	var as string
	answer := &cobra.Command{
		Use: "answer NAME yes|no|not-sure", Short: "Answer a check-in, where there is no review site", Args: cobra.ExactArgs(2),
		Example: "  esafetybot checkins answer filtering yes --as helpdesk@support.example",
		RunE:    func(cmd *cobra.Command, args []string) error { return o.answer(cmd, args[0], args[1], as) },
	}
	answer.Flags().StringVar(&as, "as", "", "the address of who answers, as the policy names them")
	cmd.AddCommand(o.clocked(answer))
	return o.clocked(cmd)
}

// checkInLine is a check-in as --json prints it.
type checkInLine struct {
	Name     string    `json:"name"`
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
	book, err := checkins.Open(cmd.Context(), s)
	if err != nil {
		return err
	}
	now := clock()
	if first.IsZero() {
		first = now
	}
	in := checkins.Input{Now: now, FirstLook: first, Calendar: p.Calendar, Asks: checkins.Asks(p), Answers: book.All()}
	list := []checkInLine{}
	for _, st := range in.States() {
		l := checkInLine{Name: st.Name, Clause: st.Clause, Asked: p.Title(policy.Role(st.Role)), Every: st.Every, Due: st.Due, Overdue: st.Overdue(now)}
		if !st.Asked.IsZero() {
			l.Since = st.Asked.String()
		}
		if st.Answer != nil {
			l.Answer, l.Answered = st.Answer.Answer, st.Answer.At
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
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Clause, l.Name, l.Asked, l.Every, state)
	}
	return w.Flush()
}

// answer notes an answer as the review site would. Whoever can run this can read the state anyway, so that it is their word whose answer it is.
func (o *options) answer(cmd *cobra.Command, name, said, as string) error {
	p, err := o.loadPolicy()
	if err != nil {
		return err
	}
	asks := checkins.Asks(p)
	i := slices.IndexFunc(asks, func(a checkins.Ask) bool { return a.Name == name })
	switch {
	case i < 0:
		return usageError{fmt.Errorf("the policy has no check-in %q that is asked of one person; list them with: esafetybot checkins", name)}
	case !slices.Contains([]string{checkins.Yes, checkins.No, checkins.Unsure}, said):
		return usageError{fmt.Errorf("%q is no answer: yes, no or not-sure", said)}
	}
	may := slices.Concat(p.Person(policy.Role(asks[i].Role)), p.Person(policy.RoleOfficer), p.Person(policy.RoleDeputy), p.Person(policy.RoleHead))
	if !slices.ContainsFunc(may, func(x policy.Person) bool { return strings.EqualFold(x.Address, strings.TrimSpace(as)) }) {
		return usageError{fmt.Errorf("this is asked of the %s: --as ADDRESS, as the policy names them", p.Title(policy.Role(asks[i].Role)))}
	}
	clock, err := o.clock()
	if err != nil {
		return err
	}
	o.keepDecisions = true
	b, err := o.bench(cmd.Context(), p, clock)
	if err != nil {
		return err
	}
	defer b.close()
	id := ""
	for x, err := range b.env.Google.Users(cmd.Context()) {
		if err != nil {
			return fmt.Errorf("whose account that is could not be looked up: %w", err)
		}
		if strings.EqualFold(x.Address, strings.TrimSpace(as)) || slices.Contains(x.Aliases, strings.ToLower(strings.TrimSpace(as))) {
			id = x.ID
		}
	}
	_, err = decisions.Make(cmd.Context(), b.env.Site, "command line "+clock().UTC().Format(time.RFC3339Nano), decisions.Decision{
		At: clock(), By: decisions.By{ID: id, Hash: pseudonym.Of(as)}, Do: decisions.Answer, CheckIn: name, Answer: said,
	})
	if err != nil && !errors.Is(err, decisions.ErrTwice) {
		return err
	}
	fmt.Fprintln(o.std.Out, "Noted. The next run of the job checkins takes it up.")
	return nil
}
