package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/google"
	"esafetybot/internal/incidents"
	"esafetybot/internal/jobs"
	"esafetybot/internal/mail"
	"esafetybot/internal/policy"
	"esafetybot/internal/privacy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
)

func newPrivacy(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use: "privacy", Short: "What is held of one person: give it out, or erase it",
		Long: "What is held of one person: give it out for the data protection officer to redact, or erase it. docs/privacy.md says what is held where, and what cannot be reached.\n\n" +
			"SUBJECT is an address, or a number of Google's; of people outside too. The incident log is left out of both.",
	}
	cmd.AddCommand(newPrivacyExport(o), newPrivacyErase(o))
	return cmd
}

// personal are the flags that both commands have.
type personal struct {
	as   string
	also []string
}

func (f *personal) flags(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&f.as, "as", "", "the address of who does this, as the policy names them; it is recorded")
	cmd.Flags().StringArrayVar(&f.also, "also", nil, "a further address or number of the same person, or their name; may be given again")
	_ = cmd.MarkFlagRequired("as")
	return cmd
}

func newPrivacyExport(o *options) *cobra.Command {
	var f personal
	var out string
	cmd := &cobra.Command{
		Use: "export SUBJECT", Short: "Write a draft of what is held of somebody into a new folder", Args: cobra.ExactArgs(1),
		Example: "  esafetybot privacy export pupil@school.example --as dpo@school.example --out export",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.private(cmd.Context(), args[0], f, func(ctx context.Context, d *request) error { return d.export(ctx, out) })
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the folder to write into; no export may be in it yet")
	_ = cmd.MarkFlagRequired("out")
	return o.clocked(f.flags(cmd))
}

func newPrivacyErase(o *options) *cobra.Command {
	var f personal
	var dry, asJSON bool
	cmd := &cobra.Command{
		Use: "erase SUBJECT", Short: "Take somebody out of the state, and say what stays and why", Args: cobra.ExactArgs(1),
		Long: "Take somebody out of the state and the mail folder, and say what was deleted, what stays and why, and what is out of reach.\n\n" +
			"Do it after their account was deleted at Google, or their access ended: the next run learns of whoever is there. The last lines list what it would read again, and what ends that; so do they with --dry-run.",
		Example: "  esafetybot privacy erase pupil@school.example --as dpo@school.example --dry-run",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.private(cmd.Context(), args[0], f, func(ctx context.Context, d *request) error { return d.erase(ctx, dry, asJSON) })
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return o.clocked(f.flags(cmd))
}

// request is what one person asked for: the state, while no run is under way.
type request struct {
	o       *options
	p       *policy.Policy
	in      privacy.Input
	quiet   *jobs.Quiet
	clock   func() time.Time
	given   string
	as      string
	compact []string // state files that are written anew afterwards
}

// private opens the state for a request about one person.
func (o *options) private(ctx context.Context, given string, f personal, do func(context.Context, *request) error) (err error) {
	p, err := o.loadPolicy()
	if err != nil {
		return err
	}
	if !p.Plays(f.as, policy.Roles()...) {
		return usageError{errors.New("--as: the policy names nobody with this address; give the address of one of its `people`, such as the data_protection_officer")}
	}
	clock, err := o.clock()
	if err != nil {
		return err
	}
	to, err := mail.ParseAddressable(o.mail)
	if err != nil {
		return usageError{err}
	}
	d := &request{o: o, p: p, clock: clock, given: given, as: f.as}
	main, err := o.openAt(ctx, o.state, p)
	if err != nil {
		return err
	}
	open := []store.Store{main}
	defer func() {
		for _, s := range open {
			err = errors.Join(err, s.Close())
		}
		for _, path := range d.compact {
			err = errors.Join(err, bolt.Compact(path))
		}
	}()
	d.in = privacy.Input{Main: main, Places: jobs.Places(), Collect: jobs.Theirs()}
	if d.in.Site, err = o.openDecisions(ctx, p, &workbench{}); err != nil {
		return err
	}
	if d.in.Site != nil {
		open = append(open, d.in.Site)
	}
	if to.Scheme == "dir" {
		d.in.Folder = to.Path
	}
	if d.quiet, err = jobs.TakeQuiet(ctx, main, holder(), !strings.HasPrefix(o.state, "firestore:"), clock, sendJob); err != nil {
		return fmt.Errorf("a run is under way; ask again when it is over: %w", err)
	}
	defer func() { err = errors.Join(err, d.quiet.Release(ctx)) }()
	if d.in.Subject, err = privacy.Resolve(ctx, main, given, slices.Concat(f.also, o.atGoogle(ctx, p, given))...); err != nil {
		return usageError{err}
	}
	if len(d.in.Subject.IDs) == 0 && ours(p, given) {
		return usageError{errors.New("the state does not say which account at Google this address is, and nearly everything is kept by the account's number: give the number and the name with --also, or --google-credentials to have them looked up while the account is there")}
	}
	return do(ctx, d)
}

// atGoogle looks up the number, the addresses and the name of an account where a service account is given. Where that fails, because the account is gone, the state has to know.
func (o *options) atGoogle(ctx context.Context, p *policy.Policy, given string) []string {
	admin := o.admin
	if admin == "" {
		admin, _ = p.Address(policy.RoleAdmin)
	}
	if o.credentials == "" || admin == "" || !strings.Contains(given, "@") {
		return nil
	}
	client, err := google.New(ctx, google.Config{CredentialsFile: o.credentials, Admin: admin, Endpoint: o.endpoint, Workers: 1, Log: o.logger(), Quota: o.quota})
	if err != nil {
		return nil
	}
	account, err := client.Person(ctx, strings.ToLower(strings.TrimSpace(given)))
	if err != nil || account.ID == "" {
		return nil
	}
	return append(append([]string{account.ID, account.Address}, account.Aliases...), account.Name)
}

// ours tells whether an address is one of the school's own domains.
func ours(p *policy.Policy, address string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	return slices.Contains(p.School.Domains, domain)
}

func (d *request) export(ctx context.Context, out string) error {
	w, err := privacy.Plan(ctx, d.in)
	if err != nil && !errors.Is(err, privacy.ErrFrozen) && !errors.Is(err, privacy.ErrUnderWay) { // neither keeps anybody from reading
		return err
	}
	if err := privacy.Note(ctx, d.quiet.Commit, d.clock(), privacy.Export, d.as, d.given); err != nil {
		return err
	}
	if err := w.Export(out, d.clock(), d.kept); err != nil {
		return err
	}
	fmt.Fprintf(d.o.std.Out, "Written into %s: %s and %s.\nIt is a %s.\n", out, privacy.ExportHTML, privacy.ExportJSON, privacy.Draft)
	return nil
}

// kept says how long what lies in a place is kept.
func (d *request) kept(p privacy.Place) string {
	if p.Retention == "" {
		return p.While
	}
	return d.p.Retention[p.Retention].String()
}

func (d *request) erase(ctx context.Context, dry, asJSON bool) error {
	var err error
	if d.in.Frozen, err = frozen(ctx, d.in.Main); err != nil {
		return err
	}
	w, err := privacy.Plan(ctx, d.in)
	if err != nil {
		return err
	}
	if !dry {
		if err := privacy.Note(ctx, d.quiet.Commit, d.clock(), privacy.Erase, d.as, d.given); err != nil {
			return err
		}
		if err := w.Do(ctx, d.quiet.Commit); err != nil {
			return fmt.Errorf("the erasure was interrupted; run it again to finish it: %w", err)
		}
		for _, uri := range []string{d.o.state, d.o.decisions} {
			if path, ok := strings.CutPrefix(uri, "bolt:"); ok {
				d.compact = append(d.compact, path)
			}
		}
		if path, ok := strings.CutPrefix(d.o.state, "bolt:"); ok && d.o.decisions == "" && d.in.Site != nil {
			d.compact = append(d.compact, decisionsBeside(path))
		}
	}
	s := w.Summary()
	if asJSON {
		enc := json.NewEncoder(d.o.std.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	}
	s.Write(d.o.std.Out, dry)
	if slices.ContainsFunc(append(slices.Clone(d.in.Subject.Addresses), d.given), func(a string) bool { return named(d.p, a) }) {
		fmt.Fprintln(d.o.std.Out, "The policy names this person. As long as it does, mails go to them, they may sign in, and they are known again after the next run: take them out of “people” in the policy.")
	}
	return nil
}

func frozen(ctx context.Context, s store.Store) (func(...string) bool, error) {
	f, err := (&incidents.Log{Store: s}).Holds(ctx)
	return f.Frozen, err
}
