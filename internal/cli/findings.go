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

	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/jobs"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/reports"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
)

// line is one finding as --json prints it. The names are stable.
type line struct {
	ID        string     `json:"id"`
	Clause    string     `json:"clause"`
	Rule      string     `json:"rule"`
	Subject   string     `json:"subject"`
	Facts     []string   `json:"facts"`
	Severity  string     `json:"severity"`
	Status    string     `json:"status"`
	Missing   bool       `json:"missing,omitempty"`
	Deals     string     `json:"deals_with_it"`
	FirstSeen time.Time  `json:"first_seen"`
	LastSeen  time.Time  `json:"last_seen"`
	Due       *time.Time `json:"due,omitempty"`
	Until     *time.Time `json:"agreed_until,omitempty"`
	Summary   string     `json:"summary"`
	Link      string     `json:"link"`
}

func newFindings(o *options) *cobra.Command {
	var status string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "findings", Short: "List what does not match the policy", Args: cobra.NoArgs,
		Example: "  esafetybot findings --policy school.yaml\n  esafetybot findings --status accepted --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			want, err := statuses(status)
			if err != nil {
				return err
			}
			p, s, err := o.opened(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			lines, err := list(cmd.Context(), s, want)
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(o.std.Out)
				enc.SetIndent("", "  ")
				return enc.Encode(lines)
			}
			for _, l := range lines {
				fmt.Fprintf(o.std.Out, "%s\n    %s · %s · %s", l.ID, l.Status, l.Severity, l.Summary)
				if l.Due != nil {
					fmt.Fprintf(o.std.Out, " · by %s", l.Due.In(p.School.Location).Format("Mon 2 Jan 15:04"))
				}
				fmt.Fprintf(o.std.Out, "\n    %s\n", l.Link)
			}
			fmt.Fprintf(o.std.Out, "%s\n", quantity.Of(len(lines), "finding", "findings"))
			if len(lines) == 0 {
				return o.neverLooked(cmd.Context(), s)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&status, "status", "open", "open, accepted, resolved or all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.AddCommand(newAgree(o))
	return cmd
}

// neverLooked says of a state in which no job ever wrote down a run that nothing was looked at: else somebody in the wrong folder takes it for fine.
func (o *options) neverLooked(ctx context.Context, s store.Store) error {
	for _, check := range jobs.Checks() {
		if last, err := jobs.Latest(ctx, s, check); err != nil || last != nil {
			return err
		}
	}
	fmt.Fprintf(o.std.Err, "Nothing was looked at yet, as far as %s knows: run “esafetybot run”, or name the state of the run that looked with --state.\n", o.state)
	return nil
}

// openOnly is what most people want to see.
var openOnly = []findings.Status{findings.Open}

func statuses(s string) ([]findings.Status, error) {
	all := []findings.Status{findings.Open, findings.Accepted, findings.Resolved}
	if s == "all" {
		return all, nil
	}
	if !slices.Contains(all, findings.Status(s)) {
		return nil, usageError{fmt.Errorf("--status %q: use open, accepted, resolved or all", s)}
	}
	return []findings.Status{findings.Status(s)}, nil
}

// list gathers findings with what is known of their subjects.
func list(ctx context.Context, s store.Store, want []findings.Status) ([]line, error) {
	commit := func(ctx context.Context, b *store.Batch) error { return s.Commit(ctx, b) }
	k := &findings.Keeper{Store: s, Commit: commit}
	who, err := people.Open(ctx, s, commit)
	if err != nil {
		return nil, err
	}
	book, err := shares.Open(ctx, s, who, time.Now(), commit)
	if err != nil {
		return nil, err
	}
	links := map[string]string{}
	for sh, err := range book.All(ctx) {
		if err != nil {
			return nil, err
		}
		links[sh.Subject()] = sh.Link
	}
	out := []line{}
	for _, check := range jobs.Checks() {
		last, err := jobs.Latest(ctx, s, check)
		if err != nil {
			return nil, err
		}
		for _, st := range want {
			for f, err := range k.List(ctx, check, st) {
				if err != nil {
					return nil, err
				}
				out = append(out, lineOf(f, links[f.Subject], last))
			}
		}
	}
	slices.SortFunc(out, func(a, b line) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// lineOf is one finding as it is printed; last is the newest run of its check, which saw it if it is unchanged.
func lineOf(f *findings.Finding, link string, last *jobs.Record) line {
	l := line{
		ID: f.ID, Clause: f.Clause, Rule: f.Rule, Subject: f.Subject, Facts: f.Facts, Severity: f.Severity, Status: string(f.Status),
		Missing: f.Missing, Deals: f.Deals, FirstSeen: f.FirstSeen, LastSeen: f.Opened, Link: link, Summary: reports.WordsOf(f.Rule, f.Subject),
	}
	if rule, ok := strings.CutPrefix(f.Rule, sharing.Means+"."); ok {
		l.Summary = reports.Words(rule)
	}
	if last != nil && f.Status != findings.Resolved && !f.Missing {
		l.LastSeen = last.Started // unchanged findings cost no writes: the last run saw it
	}
	if f.Status == findings.Resolved {
		l.LastSeen = f.Closed
	}
	switch kind, id, _ := strings.Cut(f.Subject, "/"); kind {
	case "group":
		l.Link = "https://admin.google.com/ac/groups/" + id
	case "user":
		l.Link = "https://admin.google.com/ac/users/" + id
	case "course":
		l.Link = "https://classroom.google.com/c/" + id
	case "chromebook":
		l.Link = "https://admin.google.com/ac/chrome/devices/" + id
	}
	if !f.Due.IsZero() {
		l.Due = &f.Due
	}
	if f.Agreed != nil {
		l.Until = &f.Agreed.Until
	}
	return l
}

// newAgree lets an open finding stay until a date. The site of a later version does the same with sign-in and a second person.
func newAgree(o *options) *cobra.Command {
	var until, why, by string
	cmd := &cobra.Command{
		Use: "agree ID", Short: "Agree that a finding may stay until a date, for what it is now", Args: cobra.ExactArgs(1),
		Example: `  esafetybot findings agree ID --until 2026-12-18 --why "the coach needs it this term"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := o.loadPolicy()
			if err != nil {
				return err
			}
			clock, err := o.clock()
			if err != nil {
				return err
			}
			end, err := time.ParseInLocation(time.DateOnly, until, p.School.Location)
			if err != nil {
				return usageError{fmt.Errorf("--until %q is not a date like 2026-12-18", until)}
			}
			if strings.TrimSpace(why) == "" {
				return usageError{fmt.Errorf("say why it may stay: --why \"…\"")}
			}
			s, err := o.openAt(cmd.Context(), o.state, p)
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			k := &findings.Keeper{Store: s, Commit: s.Commit}
			f, err := k.Get(cmd.Context(), args[0])
			if errors.Is(err, store.ErrNotFound) {
				return usageError{fmt.Errorf("there is no finding %s: list them with “esafetybot findings”", args[0])}
			}
			if err != nil {
				return fmt.Errorf("finding %s: %w", args[0], err)
			}
			run := findings.Run{ID: "agree", Policy: p.Version, Now: clock()}
			if err := k.Agree(cmd.Context(), run, f.ID, findings.Agreement{Until: end, By: by, Why: why, Facts: f.Facts}); err != nil {
				return err
			}
			fmt.Fprintf(o.std.Out, "Agreed until %s. It comes back then, or as soon as anything about it is new.\n", end.Format("2 January 2006"))
			return nil
		},
	}
	cmd.Flags().StringVar(&o.now, "now", "", "as if it were this time (RFC 3339), for simulated schools")
	cmd.Flags().StringVar(&until, "until", "", "the last date, like 2026-12-18")
	cmd.Flags().StringVar(&why, "why", "", "the reason")
	cmd.Flags().StringVar(&by, "by", string(policy.RoleAdmin), "the role of who agreed")
	return cmd
}
