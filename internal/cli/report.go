package cli

import (
	"context"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/audit"
	"esafetybot/internal/calendar"
	"esafetybot/internal/jobs"
	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/reports"
	"esafetybot/internal/store"
)

func newReport(o *options) *cobra.Command {
	var asOf, out string
	cmd := &cobra.Command{
		Use: "report", Short: "How every clause stands, or stood: the weekly e-mail as of a date", Args: cobra.NoArgs,
		Long: "How every clause of the policy stands, as the weekly e-mail says it. On a date on which one was sent this is that copy, word for word; on any other it is computed from what the program remembers, " +
			"as of the end of that day (today: as of now). It reads the state alone, sends nothing, and is printed as plain text; --out writes it to a folder as a page, with its picture.",
		Example: "  esafetybot report\n  esafetybot report --as-of 2026-11-13 --out report",
		RunE: func(cmd *cobra.Command, _ []string) error {
			clock, err := o.clock()
			if err != nil {
				return err
			}
			p, s, err := o.opened(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			return o.report(cmd.Context(), p, s, clock(), asOf, out)
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "the date, such as 2026-11-13; today unless given")
	cmd.Flags().StringVar(&out, "out", "", "a folder to write it to")
	return o.clocked(cmd)
}

func (o *options) report(ctx context.Context, p *policy.Policy, s store.Store, now time.Time, asOf, out string) error {
	day := p.Calendar.Date(now)
	if asOf != "" {
		var err error
		if day, err = calendar.ParseDate(asOf); err != nil {
			return usageError{fmt.Errorf("--as-of: %w", err)}
		}
	}
	if day.After(p.Calendar.Date(now)) {
		return usageError{fmt.Errorf("--as-of %s is in the future: nobody knows yet", day)}
	}
	name := "weekly-" + day.String()
	sent, err := jobs.WeeklySent(ctx, s, p, day)
	if err != nil {
		return err
	}
	if sent != nil {
		return o.sentReport(sent, name, out)
	}
	at := audit.EndOf(p.Calendar, day)
	if at.After(now) {
		at = now
	}
	in, err := jobs.WeeklyAt(ctx, s, p, o.baseURL, at)
	if err != nil {
		return err
	}
	w, err := reports.WeeklyMail(in)
	if err != nil {
		return err
	}
	if out == "" {
		_, err = fmt.Fprint(o.std.Out, w.Text)
		return err
	}
	picture := name + "-" + reports.PictureName
	files := map[string][]byte{
		name + ".txt":  []byte(w.Text),
		name + ".html": []byte(strings.ReplaceAll(w.HTML, `"cid:`+mail.ContentID(reports.PictureName)+`"`, `"`+html.EscapeString(picture)+`"`)),
	}
	if w.Picture != nil {
		files[picture] = w.Picture
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return err
	}
	for file, data := range files {
		if err := os.WriteFile(filepath.Join(out, file), data, 0o600); err != nil {
			return err
		}
	}
	fmt.Fprintf(o.std.Out, "Computed as of %s: %s\n", at.In(p.School.Location).Format("2 January 2006, 15:04"), filepath.Join(out, name+".html"))
	return nil
}

// sentReport gives the copy of a mail as it was sent.
func (o *options) sentReport(sent *outbox.Frozen, name, out string) (err error) {
	folder := out
	if out == "" {
		if folder, err = os.MkdirTemp("", "esafetybot-report"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, name+".eml"), sent.Raw, 0o600); err != nil {
		return err
	}
	m, err := reports.Unfold(folder, name+".eml")
	if err != nil {
		return fmt.Errorf("the copy that was sent: %w", err)
	}
	if out != "" {
		fmt.Fprintf(o.std.Out, "The copy that was sent: %s\n", filepath.Join(out, m.HTML))
		return nil
	}
	text, err := os.ReadFile(filepath.Join(folder, m.Text))
	if err == nil {
		_, err = o.std.Out.Write(text)
	}
	return err
}
