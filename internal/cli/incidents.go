package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/calendar"
	"esafetybot/internal/incidents"
	"esafetybot/internal/policy"
	"esafetybot/internal/roster"
)

func newIncidents(o *options) *cobra.Command {
	var asJSON bool
	var from, to string
	cmd := &cobra.Command{
		Use: "incidents", Short: "Numbers of the incident log by kind, as governors see them", Args: cobra.NoArgs,
		Long: "Numbers of the incident log by kind, as governors see them: kinds with fewer than three are not counted by themselves, and concerns about adults are never counted.\n\n" +
			"Entries themselves are read and downloaded on the review site only, by those who may read them.",
		Example: "  esafetybot incidents --from 2026-09-02 --to 2026-12-18",
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.incidents(cmd, from, to, asJSON) },
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print as JSON")
	f.StringVar(&from, "from", "", "first day (default: of the present term, else of this calendar year)")
	f.StringVar(&to, "to", "", "last day (default: today)")
	return o.clocked(cmd)
}

// countLine is one count as --json prints it. The names are stable.
type countLine struct {
	Kind  string `json:"kind,omitempty"` // "" for the kinds with few, taken together
	Title string `json:"title"`
	N     *int   `json:"count,omitempty"` // left out where a number below incidents.Few could be reckoned from it
}

func (o *options) incidents(cmd *cobra.Command, from, to string, asJSON bool) error {
	clock, err := o.clock()
	if err != nil {
		return err
	}
	p, s, err := o.opened(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	first, last, err := span(p, clock(), from, to)
	if err != nil {
		return usageError{err}
	}
	adults, err := roster.Read(cmd.Context(), s)
	if err != nil {
		return err
	}
	// Who reads the screen is not known: what concerns any of those for whom the numbers are is left out.
	var readers []incidents.By
	id := roster.IDs(adults)
	for _, role := range []policy.Role{policy.RoleGovernor, policy.RoleChair, policy.RoleHead} {
		for _, x := range p.Person(role) {
			readers = append(readers, incidents.By{Address: x.Address, ID: id(x.Address)})
		}
	}
	if len(readers) == 0 {
		return usageError{errors.New("the policy names nobody for whom the numbers are: a governor, a chair of governors or a headteacher")}
	}
	loc := p.School.Location
	totals, err := incidents.Of(p, s, id, clock).Totals(cmd.Context(), first.At(0, 0, loc), last.AddDays(1).At(0, 0, loc), readers...)
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(o.std.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(countLines(totals))
	}
	fmt.Fprintf(o.std.Out, "From %s to %s:\n", first.Words(), last.Words())
	for _, line := range totals.Words() {
		fmt.Fprintf(o.std.Out, "  %s\n", line)
	}
	return nil
}

// countLines are the totals line by line, the kinds with few last.
func countLines(t incidents.Totals) []countLine {
	list := []countLine{}
	for _, c := range t.Kinds {
		list = append(list, countLine{string(c.Kind), c.Title, &c.N})
	}
	if len(t.Others) > 0 {
		rest := countLine{Title: fmt.Sprintf("other kinds, fewer than %d each", incidents.Few)}
		if t.Rest != incidents.NotTold {
			rest.N = &t.Rest
		}
		list = append(list, rest)
	}
	return list
}

// span is from which day to which the numbers are.
func span(p *policy.Policy, now time.Time, from, to string) (first, last calendar.Date, err error) {
	last = p.Calendar.Date(now)
	first = calendar.Date{Year: last.Year, Month: time.January, Day: 1}
	for _, t := range p.Calendar.Terms {
		if !t.First.After(last) && first.Before(t.First) {
			first = t.First
		}
	}
	if from != "" {
		if first, err = calendar.ParseDate(from); err != nil {
			return first, last, fmt.Errorf("--from: %w", err)
		}
	}
	if to != "" {
		if last, err = calendar.ParseDate(to); err != nil {
			return first, last, fmt.Errorf("--to: %w", err)
		}
	}
	if last.Before(first) {
		return first, last, fmt.Errorf("--to %s lies before --from %s", last, first)
	}
	return first, last, nil
}
