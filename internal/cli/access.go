package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/access"
	"esafetybot/internal/decisions"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/roster"
	"esafetybot/internal/store"
)

func newAccess(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "access", Short: "The access record: who was granted what, from when to when"}
	var e accessExport
	export := &cobra.Command{
		Use: "export", Short: "Write the access record as CSV", Args: cobra.NoArgs,
		Long:    "Write the access record as CSV. It holds names, so that it is noted who took it out: the monthly list to the headteacher says so.",
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.exportAccess(cmd.Context(), e) },
		Example: "  esafetybot access export --policy school.yaml --as head@school.example > access.csv",
	}
	f := export.Flags()
	f.StringVar(&e.out, "out", "", "the file to write (default: standard output)")
	f.StringVar(&e.asOf, "as-of", "", "as it was at the end of this date, like 2026-12-18 (default: now)")
	f.BoolVar(&e.history, "history", false, "everything that was ever granted, with its end")
	f.StringVar(&e.as, "as", "", "the address of who takes it out: somebody named in the policy's people")
	cmd.AddCommand(o.clocked(export))
	return cmd
}

type accessExport struct {
	out, asOf, as string
	history       bool
}

func (o *options) exportAccess(ctx context.Context, e accessExport) error {
	p, err := o.loadPolicy()
	if err != nil {
		return err
	}
	clock, err := o.clock()
	if err != nil {
		return err
	}
	if !p.Plays(e.as, policy.Roles()...) {
		return usageError{errors.New("the access record holds names, and it is noted who takes it out: --as ADDRESS, somebody named in the policy's people")}
	}
	at := clock()
	if e.asOf != "" {
		day, err := time.ParseInLocation(time.DateOnly, e.asOf, p.School.Location)
		if err != nil {
			return usageError{fmt.Errorf("--as-of %q is not a date like 2026-12-18", e.asOf)}
		}
		at = day.AddDate(0, 0, 1).Add(-time.Second)
	}
	if e.history {
		at = time.Time{}
	}
	s, err := o.openAt(ctx, o.state, p)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	book, err := access.Open(ctx, s, func(context.Context, *store.Batch) error { return errors.New("exporting writes nothing") })
	if err != nil {
		return err
	}
	if book.Empty() {
		return errors.New("the access record is empty: it is kept once a clause of the policy names it (record: access) and the job accounts has run")
	}
	if err := o.noteExport(ctx, p, s, e.as, clock(), decisions.ExportAccess); err != nil {
		return fmt.Errorf("who takes the record out could not be noted, so it was not written: %w", err)
	}
	w := o.std.Out
	if e.out != "" {
		f, err := os.OpenFile(e.out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		w = io.Writer(f)
	}
	return book.Export(w, book.At(at), p.School.Location, nil)
}

// noteExport notes who takes a list out of the program, as the review site would. Google is not asked: whose account it is stands in the roster.
func (o *options) noteExport(ctx context.Context, p *policy.Policy, main store.Store, as string, now time.Time, list string) error {
	o.keepDecisions = true
	site, err := o.openDecisions(ctx, p, &workbench{o: o, env: jobs.Env{Log: o.logger()}})
	if err != nil {
		return err
	}
	defer func() { _ = site.Close() }()
	adults, err := roster.Read(ctx, main)
	if err != nil {
		return err
	}
	address := strings.ToLower(strings.TrimSpace(as))
	_, err = decisions.Make(ctx, site, "command line "+now.UTC().Format(time.RFC3339Nano), decisions.Decision{
		Do: decisions.Exported, At: now, By: decisions.By{ID: roster.IDs(adults)(address), Hash: pseudonym.Of(address)}, Kind: list,
	})
	if errors.Is(err, decisions.ErrTwice) {
		return nil
	}
	return err
}
