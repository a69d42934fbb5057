package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/actions"
	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/store"
)

// planLine is one action as --json prints it. The names are stable.
type planLine struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"`
	State    string            `json:"state"`
	Finding  string            `json:"finding"`
	Clause   string            `json:"clause"`
	Rule     string            `json:"rule"`
	Subject  string            `json:"subject"`
	Facts    []string          `json:"facts"`
	Params   map[string]string `json:"params"`
	Severity string            `json:"severity"`
	Braked   bool              `json:"braked,omitempty"`
	Proposed time.Time         `json:"proposed"`
	Changed  time.Time         `json:"changed"`
	Why      string            `json:"why,omitempty"`
}

func newPlan(o *options) *cobra.Command {
	var all, asJSON bool
	cmd := &cobra.Command{
		Use: "plan", Short: "List the changes that wait to be approved or made", Args: cobra.NoArgs,
		Example: "  esafetybot plan --policy school.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.onLog(cmd.Context(), func(ctx context.Context, d *desk) error {
				states := []actions.State{actions.Proposed, actions.Once, actions.Approved, actions.Started, actions.Unsure, actions.Failed, actions.Lapsed, actions.UndoStarted}
				if all {
					states = actions.States
				}
				lines := []planLine{}
				for a, err := range d.log.List(ctx, states...) {
					if err != nil {
						return err
					}
					lines = append(lines, planLine{
						a.ID, a.Kind, string(a.State), a.Finding, a.Clause, a.Rule, a.Subject, a.Facts, a.Params, a.Severity, a.Braked, a.Proposed, a.Changed, a.Why,
					})
				}
				return o.printPlan(lines, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also those that are over: done, declined, withdrawn, undone")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (o *options) printPlan(lines []planLine, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(o.std.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(lines)
	}
	kinds := map[string]int{}
	for _, l := range lines {
		fmt.Fprintf(o.std.Out, "%s\n    %s · %s · %s (%s) · %s\n", l.ID, strings.ReplaceAll(l.State, "-", " "), l.Severity, l.Rule, l.Clause, l.Subject)
		if l.Braked {
			fmt.Fprintln(o.std.Out, "    held by the brake: more changes are called for at once than the policy lets through")
		}
		if l.Why != "" {
			fmt.Fprintf(o.std.Out, "    %s\n", l.Why)
		}
		if l.State == string(actions.Proposed) || l.State == string(actions.Once) {
			kinds[l.Kind]++
		}
	}
	fmt.Fprintf(o.std.Out, "%s\n", quantity.Of(len(lines), "change", "changes"))
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(o.std.Out, "To approve all of one kind: esafetybot approve --all %s --expect %d --by ADDRESS\n", k, kinds[k])
	}
	return nil
}

func newApprove(o *options) *cobra.Command {
	var by, kind string
	var expect int
	cmd := &cobra.Command{
		Use: "approve ID…", Short: "Approve changes, for what their findings are now",
		Example: "  esafetybot approve ID --by it@school.example --policy school.yaml",
		Long:    "Approve changes, for what their findings are now. What is of high severity takes a second person. Nobody approves what concerns their own account or files.",
		RunE: func(cmd *cobra.Command, ids []string) error {
			if (kind == "") == (len(ids) == 0) {
				return usageError{errors.New("name the changes, or a whole kind with --all KIND --expect N; list them with: esafetybot plan")}
			}
			return o.onLog(cmd.Context(), func(ctx context.Context, d *desk) error {
				who, err := d.person(ctx, by)
				if err != nil {
					return err
				}
				if kind != "" {
					if ids, err = d.log.ApproveAll(ctx, who, kind, expect); err != nil {
						return err
					}
				} else {
					picks := make([]actions.Pick, 0, len(ids))
					for _, id := range ids {
						picks = append(picks, actions.Pick{ID: id})
					}
					if err := d.log.Approve(ctx, who, picks...); err != nil {
						return err
					}
				}
				for _, id := range ids {
					a, err := d.log.Get(ctx, id)
					if err != nil {
						return err
					}
					if a.State == actions.Once {
						fmt.Fprintf(o.std.Out, "%s: a second person has to approve it too.\n", id)
						continue
					}
					fmt.Fprintf(o.std.Out, "%s: approved until %s. It is made by the next run, or now with: esafetybot apply\n", id,
						d.log.LapsesAt(a).In(d.policy.School.Location).Format("Mon 2 January"))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "the address of who approves: somebody named in the policy's people")
	cmd.Flags().StringVar(&kind, "all", "", "approve every waiting change of this kind")
	cmd.Flags().IntVar(&expect, "expect", 0, "with --all: how many there are; with any other number nothing is approved")
	return o.clocked(cmd)
}

func newDecline(o *options) *cobra.Command {
	var by, why string
	cmd := &cobra.Command{
		Use: "decline ID…", Short: "Decline changes: they are not proposed again unless something is new", Args: cobra.MinimumNArgs(1),
		Example: `  esafetybot decline ID --by it@school.example --why "the trip needs it" --policy school.yaml`,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if strings.TrimSpace(why) == "" {
				return usageError{errors.New(`say why it is not wanted: --why "…"`)}
			}
			return o.onLog(cmd.Context(), func(ctx context.Context, d *desk) error {
				who, err := d.person(ctx, by)
				if err != nil {
					return err
				}
				picks := make([]actions.Pick, 0, len(ids))
				for _, id := range ids {
					picks = append(picks, actions.Pick{ID: id})
				}
				if err := d.log.Decline(ctx, who, why, picks...); err != nil {
					return err
				}
				fmt.Fprintf(o.std.Out, "%s declined.\n", quantity.Of(len(ids), "change", "changes"))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "the address of who declines: somebody named in the policy's people")
	cmd.Flags().StringVar(&why, "why", "", "the reason")
	return o.clocked(cmd)
}

func newUndo(o *options) *cobra.Command {
	var by, why string
	cmd := &cobra.Command{
		Use: "undo ID", Short: "Undo a change that was made", Args: cobra.ExactArgs(1),
		Example: "  esafetybot undo ID --by it@school.example --policy school.yaml --google-credentials key.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.onLog(cmd.Context(), func(ctx context.Context, d *desk) error {
				who, err := d.person(ctx, by)
				if err != nil {
					return err
				}
				state, err := d.log.Undo(ctx, who, args[0], why)
				if err != nil {
					return err
				}
				if state == actions.UndoStarted {
					fmt.Fprintln(o.std.Out, "Undone, as far as we know; it does not show yet. The next run looks again.")
					return nil
				}
				fmt.Fprintln(o.std.Out, "Undone.")
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "the address of who wants it undone: somebody named in the policy's people")
	cmd.Flags().StringVar(&why, "why", "", "the reason")
	return o.clocked(cmd)
}

func newApply(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use: "apply", Short: "Make the changes that are approved, now", Args: cobra.NoArgs,
		Example: "  esafetybot apply --policy school.yaml --google-credentials key.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := o.workbench(cmd.Context())
			if err != nil {
				return err
			}
			defer b.close()
			return b.run(cmd.Context(), []string{jobs.ApplyJob}, false)
		},
	}
	return o.clocked(cmd)
}

// clocked gives a command the flag --now.
func (o *options) clocked(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&o.now, "now", "", "as if it were this time (RFC 3339), for simulated schools")
	return cmd
}

// desk is where a person decides on the action log from the command line.
type desk struct {
	policy *policy.Policy
	env    jobs.Env
	log    *actions.Log
}

// onLog opens the action log under the lease of the job that makes changes, so that nobody decides while changes are being made.
func (o *options) onLog(ctx context.Context, do func(context.Context, *desk) error) error {
	b, err := o.workbench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	lease, err := jobs.Take(ctx, b.env.Store, jobs.ApplyJob, b.env.Holder, b.env.Exclusive, b.env.Clock)
	if err != nil {
		return err
	}
	d := &desk{policy: b.env.Policy, env: b.env, log: jobs.Actions(b.env, store.Key(store.Time(b.env.Clock()), "command"), lease.Commit)}
	return errors.Join(do(ctx, d), lease.Release(context.WithoutCancel(ctx), &store.Batch{}))
}

// person is who decides: somebody whom the policy names, with their account.
func (d *desk) person(ctx context.Context, address string) (actions.By, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	if address == "" {
		return actions.By{}, usageError{errors.New("say who decides: --by ADDRESS, somebody named in the policy's people")}
	}
	by := actions.By{Address: address}
	i := slices.IndexFunc(policy.Deciders, func(role policy.Role) bool { return d.policy.Plays(address, role) })
	if i < 0 {
		return by, usageError{errors.New("only the workspace administrator, the e-safety officer and their deputy, the headteacher, the safeguarding lead and the chair of governors decide on changes")}
	}
	by.Role = string(policy.Deciders[i])
	client, ok := d.env.Google.(*google.Client)
	if !ok {
		return by, nil
	}
	account, err := client.Person(ctx, address)
	if err != nil && !client.Gone(err) {
		return by, fmt.Errorf("whose account this is could not be read, so it is not known whether the change concerns it: %w", err)
	}
	by.ID = account.ID
	return by, nil
}
