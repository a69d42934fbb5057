package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/jobs"
	"esafetybot/internal/outbox"
	"esafetybot/internal/quantity"
	"esafetybot/internal/store"
)

// newMail lists mail that does not go out, and says what becomes of what was given up.
func newMail(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "mail", Short: "Mail that could not be sent: which, why, and what is to become of it", Args: cobra.NoArgs,
		Long: "List the mails that could not be sent: those that are tried again by themselves, and those that were given up. What was given up waits until somebody says “mail retry” or “mail drop”.\n\n" +
			"Where serve runs on a state in a file, stop it first, and start it again afterwards: the file belongs to one process.",
		Example: "  esafetybot mail --policy school.yaml",
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.unsent(cmd, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	for _, x := range []struct {
		name, short, done, next string
		do                      func(*outbox.Outbox, *cobra.Command, string) error
	}{
		{"retry", "Try again to send mail that was given up, when the cause is removed", "in line again", "The next run sends what is in line, or at once: esafetybot run send",
			func(box *outbox.Outbox, cmd *cobra.Command, key string) error { return box.Retry(cmd.Context(), key) }},
		{"drop", "Take from the list mail that was given up and that nobody needs any more", "taken from the list", "What was taken from it is not sent.",
			func(box *outbox.Outbox, cmd *cobra.Command, key string) error { return box.Drop(cmd.Context(), key) }},
	} {
		var all bool
		sub := &cobra.Command{
			Use: x.name + " [MAIL…]", Short: x.short,
			Example: "  esafetybot mail " + x.name + " --all\n  esafetybot mail " + x.name + " 'MAIL'",
			RunE: func(cmd *cobra.Command, keys []string) error {
				n, err := o.ofGivenUp(cmd, keys, all, func(box *outbox.Outbox, key string) error { return x.do(box, cmd, key) })
				if n > 0 {
					fmt.Fprintf(o.std.Out, "%s %s. %s\n", quantity.Of(n, "mail", "mails"), x.done, x.next)
				}
				return err
			},
		}
		sub.Flags().BoolVar(&all, "all", false, "all that were given up")
		cmd.AddCommand(o.clocked(sub))
	}
	return o.clocked(cmd)
}

// unsentLine is a mail as --json prints it. The names are stable.
type unsentLine struct {
	Mail    string    `json:"mail"`
	To      string    `json:"to"`
	Kind    string    `json:"kind"`
	Made    time.Time `json:"made"`
	Tries   int       `json:"tries"`
	GivenUp bool      `json:"given_up,omitempty"`
	NextTry time.Time `json:"next_try,omitzero"`
	Problem string    `json:"problem,omitempty"`
}

// unsent lists the mail that does not go out. To whom it should have gone is shown: whoever can run this can read the state anyway, and a wrong address is the commonest cause.
func (o *options) unsent(cmd *cobra.Command, asJSON bool) error {
	clock, err := o.clock()
	if err != nil {
		return err
	}
	p, s, err := o.opened(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	box, list := outbox.Reader(s), []unsentLine{}
	add := func(e outbox.Entry) error {
		f, err := box.Read(cmd.Context(), e)
		if err != nil {
			return err
		}
		list = append(list, unsentLine{Mail: e.Key, To: f.To.Address, Kind: e.Kind, Made: e.Created, Tries: e.Attempts, GivenUp: e.State == outbox.GivenUp, NextTry: e.NextTry, Problem: e.Problem})
		return nil
	}
	for e, err := range box.GivenUp(cmd.Context()) {
		if err == nil {
			err = add(e)
		}
		if err != nil {
			return err
		}
	}
	for e, err := range box.Open(cmd.Context()) {
		if err == nil && (e.Problem != "" || e.Stuck(clock())) {
			err = add(e)
		}
		if err != nil {
			return err
		}
	}
	if asJSON {
		enc := json.NewEncoder(o.std.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(list)
	}
	if len(list) == 0 {
		fmt.Fprintln(o.std.Out, "No mail is held up.")
		return nil
	}
	w := tabwriter.NewWriter(o.std.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MAIL\tTO\tOF\tHOW IT STANDS")
	for _, l := range list {
		how := "is tried again"
		if l.GivenUp {
			how = "given up"
		}
		if l.Problem != "" {
			how += ": " + l.Problem
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.Mail, l.To, l.Made.In(p.School.Location).Format("Mon 2 Jan 2006, 15:04"), how)
	}
	return w.Flush()
}

// ofGivenUp does something to mails that were given up, under the lease of who sends, so that nothing is sent meanwhile and the next look at the clock sees that something waits. It returns to how many.
func (o *options) ofGivenUp(cmd *cobra.Command, keys []string, all bool, do func(*outbox.Outbox, string) error) (n int, err error) {
	if (len(keys) > 0) == all {
		return 0, usageError{errors.New("say which, as “esafetybot mail” lists them, or --all")}
	}
	clock, err := o.clock()
	if err != nil {
		return 0, err
	}
	ctx := cmd.Context()
	_, s, err := o.opened(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Close() }()
	lease, err := jobs.Take(ctx, s, sendJob, holder(), !strings.HasPrefix(o.state, "firestore:"), clock)
	if errors.Is(err, jobs.ErrBusy) {
		return 0, fmt.Errorf("mail is being sent just now: try again in some minutes (%w)", err)
	}
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, lease.Release(ctx, &store.Batch{})) }()
	box, err := outbox.Reader(s).With(lease.Guard)
	if err != nil {
		return 0, err
	}
	if all {
		for e, err := range box.GivenUp(ctx) {
			if err != nil {
				return 0, err
			}
			keys = append(keys, e.Key)
		}
		if len(keys) == 0 {
			fmt.Fprintln(o.std.Out, "No mail was given up.")
		}
	}
	for _, key := range keys {
		if e := do(box, key); e != nil {
			err = errors.Join(err, fmt.Errorf("%w; “esafetybot mail” lists what there is", e))
			continue
		}
		n++
	}
	return n, err
}
