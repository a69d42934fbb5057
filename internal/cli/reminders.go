package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/calendar"
	"esafetybot/internal/closures"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/policy"
	"esafetybot/internal/reminders"
)

// newReminders lists what is due on the school's calendar, and takes a confirmation where there is no review site.
func newReminders(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "reminders", Short: "What is due on the school's calendar: coming, gone out, confirmed", Args: cobra.NoArgs}
	var asJSON bool
	var until string
	upcoming := &cobra.Command{
		Use: "upcoming", Short: "What goes out when, to whom, and what has gone out this school year", Args: cobra.NoArgs,
		Example: "  esafetybot reminders upcoming --policy school.yaml --until 2027-07-20",
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.upcoming(cmd, until, asJSON) },
	}
	upcoming.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	upcoming.Flags().StringVar(&until, "until", "", "the last day that is listed (2027-07-20); default: as far as the term dates go")
	cal := &cobra.Command{
		Use: "calendar", Short: "The same as a calendar file (iCalendar), for any calendar program", Args: cobra.NoArgs,
		Example: "  esafetybot reminders calendar > reminders.ics",
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.remindersCalendar(cmd) },
	}
	var as, note string
	confirm := &cobra.Command{
		Use: "confirm REMINDER PERIOD done|not-done", Short: "Confirm a reminder, where there is no review site", Args: cobra.ExactArgs(3),
		Example: "  esafetybot reminders confirm training 2026-autumn-1 done --note '14, 21 and 30 September' --as officer@school.example",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.confirm(cmd, decisions.Decision{Do: decisions.Confirm, Reminder: args[0], Period: args[1], Answer: args[2], Note: strings.Join(strings.Fields(note), " ")}, as)
		},
	}
	confirm.Flags().StringVar(&note, "note", "", "such as the dates, in a few words")
	read := &cobra.Command{
		Use: "read-policy", Short: "Say that you have read the policy, where there is no review site", Args: cobra.NoArgs,
		Example: "  esafetybot reminders read-policy --as teacher@school.example",
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := o.loadPolicy()
			if err != nil {
				return err
			}
			if as == "" {
				return usageError{fmt.Errorf("--as ADDRESS: who has read it")}
			}
			return o.noted(cmd, p, as, decisions.Decision{Do: decisions.ReadPolicy})
		},
	}
	for _, c := range []*cobra.Command{confirm, read} {
		c.Flags().StringVar(&as, "as", "", "the address of who says so")
		cmd.AddCommand(o.clocked(c))
	}
	cmd.AddCommand(o.clocked(upcoming), o.clocked(cal))
	return cmd
}

// reminded reads what reminders are judged by, those too that other parts of the program send.
func (o *options) reminded(cmd *cobra.Command) (*policy.Policy, reminders.Input, error) {
	var in reminders.Input
	clock, err := o.clock()
	if err != nil {
		return nil, in, err
	}
	p, s, err := o.opened(cmd.Context())
	if err != nil {
		return nil, in, err
	}
	defer func() { _ = s.Close() }()
	first, err := memory.FirstLook(cmd.Context(), s)
	if err != nil {
		return nil, in, err
	}
	if p, err = closures.With(cmd.Context(), s, p); err != nil {
		return nil, in, err
	}
	now := clock()
	if first.IsZero() {
		first = now // the program begins today
	}
	book, err := reminders.Open(cmd.Context(), s)
	if err != nil {
		return nil, in, err
	}
	return p, reminders.Input{
		School: reminders.School{Calendar: p.Calendar, Review: p.Review, FirstLook: first}.Known(), Now: now, Reminders: reminders.Planned(p), Outs: book.Outs(), Confirms: book.Confirms(),
	}, nil
}

// lines lists what is coming, and what went out this school year.
func lines(p *policy.Policy, in reminders.Input) []reminders.Line {
	next, _ := p.Review.Next()
	start := p.Calendar.YearStart(p.Calendar.Date(in.Now))
	return slices.DeleteFunc(in.Lines(p.Title, next), func(l reminders.Line) bool { return l.Day.Before(start) })
}

// reminderLine is an occurrence as --json prints it. The names are stable.
type reminderLine struct {
	Reminder string    `json:"reminder"`
	Key      string    `json:"key"`
	Title    string    `json:"title"`
	At       time.Time `json:"at"`
	To       string    `json:"to"`
	Through  string    `json:"through"`
	Period   string    `json:"period,omitempty"`
	State    string    `json:"state"`
	Began    time.Time `json:"began,omitzero"`
	Told     int       `json:"told,omitempty"`
	Waiting  int       `json:"waiting,omitempty"`
	Posted   int       `json:"posted,omitempty"`
	Unposted int       `json:"unposted,omitempty"`
	Text     string    `json:"text"`
}

func (o *options) upcoming(cmd *cobra.Command, until string, asJSON bool) error {
	var last calendar.Date
	if until != "" {
		var err error
		if last, err = calendar.ParseDate(until); err != nil {
			return usageError{fmt.Errorf("--until: %w", err)}
		}
	}
	p, in, err := o.reminded(cmd)
	if err != nil {
		return err
	}
	out := []reminderLine{}
	for _, l := range lines(p, in) {
		if last.IsZero() || !l.Day.After(last) {
			out = append(out, reminderLine{
				Reminder: l.Name, Key: l.Key, Title: l.Title, At: l.At, To: l.To, Through: l.Place, Period: l.Period, State: l.State, Began: l.Began, Told: l.Told, Waiting: l.Waiting,
				Posted: l.Posted, Unposted: l.Unposted, Text: l.Text,
			})
		}
	}
	if asJSON {
		enc := json.NewEncoder(o.std.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(out)
	}
	w := tabwriter.NewWriter(o.std.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WHEN\tREMINDER\tFOR\tHOW IT STANDS")
	for _, l := range out {
		fmt.Fprintf(w, "%s\t%s\t%s, %s\t%s\n", l.At.In(p.School.Location).Format("Mon 2 Jan 2006, 15:04"), l.Title, l.To, l.Through, l.State)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, r := range in.Reminders {
		if _, err := in.Occurrences(r); err != nil {
			fmt.Fprintf(o.std.Out, "%s: could not be worked out: %v\n", r.Name, err)
		}
	}
	return nil
}

func (o *options) remindersCalendar(cmd *cobra.Command) error {
	p, in, err := o.reminded(cmd)
	if err != nil {
		return err
	}
	link := ""
	if o.baseURL != "" {
		link = strings.TrimSuffix(o.baseURL, "/") + "/reminders"
	}
	_, err = o.std.Out.Write(reminders.ICalendar("Online safety, "+p.School.Name, in.Now, reminders.Events(lines(p, in), p.School.Domains[0], link)))
	return err
}

// confirm notes a confirmation as the review site would.
func (o *options) confirm(cmd *cobra.Command, d decisions.Decision, as string) error {
	p, in, err := o.reminded(cmd)
	if err != nil {
		return err
	}
	check := d
	check.At, check.By = in.Now, decisions.By{Hash: "somebody"}
	if check.Check() != nil {
		return usageError{fmt.Errorf("the answer is done or not-done, and the note one line of at most %d characters", decisions.MostNote)}
	}
	in.Reminders = reminders.Of(p)
	r, asked := in.Asked(d.Reminder, d.Period, in.Now)
	if !asked {
		return usageError{fmt.Errorf("nobody was asked to confirm %s for %s yet; see: esafetybot reminders upcoming --json", d.Reminder, d.Period)}
	}
	if !p.Plays(as, append(slices.Clone(policy.Leads), r.Ask)...) {
		return usageError{fmt.Errorf("this is confirmed by the %s: --as ADDRESS, as the policy names them", p.Title(r.Ask))}
	}
	return o.noted(cmd, p, as, d)
}

func (o *options) noted(cmd *cobra.Command, p *policy.Policy, as string, d decisions.Decision) error {
	if _, err := o.note(cmd, p, as, d); err != nil {
		return err
	}
	fmt.Fprintln(o.std.Out, "Noted. The next run of the job reminders takes it up.")
	return nil
}
