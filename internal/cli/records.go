package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
)

// newRecords lists what the school entered in its records, and enters, renews and ends where there is no review site.
func newRecords(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "records", Short: "Approved services and blogs, visitors who signed, written consents, meetings with the governor, changes of the web filter: what was entered, until when", Args: cobra.NoArgs,
		Example: "  esafetybot records --policy school.yaml",
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.records(cmd, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	var names []string
	for _, k := range records.Kinds {
		names = append(names, k.Name)
	}
	var as string
	d := decisions.Decision{}
	add := &cobra.Command{
		Use: "add RECORD", Short: "Enter something, where there is no review site", Args: cobra.ExactArgs(1), ValidArgs: names,
		Long:    "Enter something in a record, where there is no review site: " + strings.Join(names, ", ") + ". An entry names nobody; what is signed stays in the school's own files.",
		Example: "  esafetybot records add visitors --what 'technician of the boiler firm' --where 'signing-in book, page 12' --until 2027-07-20 --as office@school.example",
		RunE: func(cmd *cobra.Command, args []string) error {
			d.Do, d.Record = decisions.Record, args[0]
			return o.enter(cmd, d, as)
		},
	}
	add.Flags().StringVar(&d.What, "what", "", "what was approved or signed, without a name")
	add.Flags().StringVar(&d.Where, "where", "", "where the paper is")
	renew := &cobra.Command{
		Use: "renew ENTRY", Short: "Give an entry a new date", Args: cobra.ExactArgs(1),
		Example: "  esafetybot records renew ENTRY --until 2027-07-21 --as office@school.example",
		RunE: func(cmd *cobra.Command, args []string) error {
			d.Do, d.Entry = decisions.Renew, args[0]
			return o.enter(cmd, d, as)
		},
	}
	end := &cobra.Command{
		Use: "end ENTRY", Short: "End an entry, for good", Args: cobra.ExactArgs(1),
		Example: "  esafetybot records end ENTRY --as office@school.example",
		RunE: func(cmd *cobra.Command, args []string) error {
			d.Do, d.Entry = decisions.EndRecord, args[0]
			return o.enter(cmd, d, as)
		},
	}
	for _, c := range []*cobra.Command{add, renew} {
		c.Flags().StringVar(&d.Until, "until", "", "until when it holds (2027-07-20), two years at most")
	}
	for _, c := range []*cobra.Command{add, renew, end} {
		c.Flags().StringVar(&as, "as", "", "the address of who enters it, as the policy names them")
		cmd.AddCommand(o.clocked(c))
	}
	return o.clocked(cmd)
}

// recordLine is an entry as --json prints it. The names are stable.
type recordLine struct {
	Entry  string `json:"entry"`
	Record string `json:"record"`
	What   string `json:"what"`
	Where  string `json:"where,omitempty"`
	Until  string `json:"until"`
	Ended  bool   `json:"ended,omitempty"`
}

func (o *options) records(cmd *cobra.Command, asJSON bool) error {
	_, s, err := o.opened(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	book, err := records.Open(cmd.Context(), s)
	if err != nil {
		return err
	}
	list := []recordLine{}
	for _, e := range book.All() {
		list = append(list, recordLine{Entry: e.ID, Record: e.Record, What: e.What, Where: e.Where, Until: e.Until().String(), Ended: e.Ended != nil})
	}
	if asJSON {
		enc := json.NewEncoder(o.std.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(list)
	}
	w := tabwriter.NewWriter(o.std.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RECORD\tENTRY\tUNTIL\tWHAT\tWHERE")
	for _, l := range list {
		if !l.Ended {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Record, l.Entry, l.Until, l.What, l.Where)
		}
	}
	return w.Flush()
}

// enter notes what somebody enters, renews or ends, as the review site would.
func (o *options) enter(cmd *cobra.Command, d decisions.Decision, as string) error {
	p, err := o.loadPolicy()
	if err != nil {
		return err
	}
	if d.Do != decisions.Record {
		if d.Record, err = o.recordOf(cmd, d.Entry); err != nil {
			return err
		}
	}
	keepers := policy.Keepers(d.Record)
	if keepers == nil {
		return usageError{fmt.Errorf("there is no record %q that is a list; see: esafetybot records add --help", d.Record)}
	}
	if !p.Plays(as, keepers...) {
		var titles []string
		for _, r := range keepers {
			titles = append(titles, p.Title(r))
		}
		return usageError{fmt.Errorf("this record is kept by: %s: --as ADDRESS, as the policy names them", strings.Join(titles, ", "))}
	}
	clock, err := o.clock()
	if err != nil {
		return err
	}
	if d.Do != decisions.EndRecord {
		until, err := calendar.ParseDate(d.Until)
		if today := p.Calendar.Date(clock()); err != nil || !records.Fits(today, until) {
			return usageError{fmt.Errorf("--until is a day after %s and not after %s, such as %s", today, records.Latest(today), today.AddDays(300))}
		}
	}
	check := d
	check.At, check.By = clock(), decisions.By{Hash: "somebody"}
	if check.Check() != nil {
		return usageError{fmt.Errorf("--what is one line of at most %d characters, --where of at most %d", decisions.MostWhat, decisions.MostWhere)}
	}
	id, err := o.note(cmd, p, as, d)
	if err != nil {
		return err
	}
	if d.Do == decisions.Record {
		fmt.Fprintf(o.std.Out, "Noted as entry %s. ", id)
	} else {
		fmt.Fprint(o.std.Out, "Noted. ")
	}
	fmt.Fprintln(o.std.Out, "The next run of the job records takes it up.")
	return nil
}

// recordOf is the record that an entry is in.
func (o *options) recordOf(cmd *cobra.Command, entry string) (string, error) {
	_, s, err := o.opened(cmd.Context())
	if err != nil {
		return "", err
	}
	defer func() { _ = s.Close() }()
	book, err := records.Open(cmd.Context(), s)
	if err != nil {
		return "", err
	}
	for _, e := range book.All() {
		if e.ID == entry {
			return e.Record, nil
		}
	}
	return "", usageError{fmt.Errorf("there is no entry %q; list them with: esafetybot records", entry)}
}
