package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/access"
	"esafetybot/internal/store"
	"esafetybot/internal/store/stores"
)

func newAccess(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "access", Short: "The access record: who was granted what, from when to when"}
	var out, asOf string
	var history bool
	export := &cobra.Command{
		Use: "export", Short: "Write the access record as CSV", Args: cobra.NoArgs,
		Example: "  esafetybot access export --policy school.yaml > access.csv",
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := o.loadPolicy()
			if err != nil {
				return err
			}
			clock, err := o.clock()
			if err != nil {
				return err
			}
			at := clock()
			if asOf != "" {
				day, err := time.ParseInLocation(time.DateOnly, asOf, p.School.Location)
				if err != nil {
					return usageError{fmt.Errorf("--as-of %q is not a date like 2026-12-18", asOf)}
				}
				at = day.AddDate(0, 0, 1).Add(-time.Second)
			}
			if history {
				at = time.Time{}
			}
			s, err := stores.Open(cmd.Context(), o.state, p.School.Domains[0], o.logger())
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			book, err := access.Open(cmd.Context(), s, func(context.Context, *store.Batch) error { return errors.New("exporting writes nothing") })
			if err != nil {
				return err
			}
			if book.Empty() {
				return errors.New("the access record is empty: it is kept once a clause of the policy names it (record: access) and the job accounts has run")
			}
			w := o.std.Out
			if out != "" {
				f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
				if err != nil {
					return err
				}
				defer func() { _ = f.Close() }()
				w = io.Writer(f)
			}
			return book.Export(w, book.At(at), p.School.Location, nil)
		},
	}
	export.Flags().StringVar(&out, "out", "", "the file to write (default: standard output)")
	export.Flags().StringVar(&asOf, "as-of", "", "as it was at the end of this date, like 2026-12-18 (default: now)")
	export.Flags().BoolVar(&history, "history", false, "everything that was ever granted, with its end")
	cmd.AddCommand(o.clocked(export))
	return cmd
}
