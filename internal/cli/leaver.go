package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"esafetybot/internal/google"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
)

// newLeaver lets the safeguarding lead say that somebody's account goes as soon as they have left.
func newLeaver(o *options) *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use: "leaver ADDRESS", Short: "Have the account of somebody who leaves go at once, without the days of grace", Args: cobra.ExactArgs(1),
		Example: "  esafetybot leaver leaver@school.example --by head@school.example --policy school.yaml",
		Long:    "Have the account of somebody who leaves go at once, without the days of grace. It is for the safeguarding lead or a deputy to say.",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := o.loadPolicy()
			if err != nil {
				return err
			}
			by = strings.ToLower(strings.TrimSpace(by))
			if !p.Plays(by, policy.RoleSafeguarding, policy.RoleSafeguardingDeps) {
				return usageError{fmt.Errorf("only the %s or a deputy says so: --by ADDRESS, as the policy names them", p.Title(policy.RoleSafeguarding))}
			}
			clock, err := o.clock()
			if err != nil {
				return err
			}
			b, err := o.bench(cmd.Context(), p, clock)
			if err != nil {
				return err
			}
			defer b.close()
			return atOnce(cmd.Context(), b, args[0])
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "the address of who says so")
	return o.clocked(cmd)
}

func atOnce(ctx context.Context, b *workbench, address string) error {
	client, ok := b.env.Google.(*google.Client)
	if !ok {
		return errors.New("accounts can be looked up at Google only")
	}
	account, err := client.Person(ctx, strings.ToLower(strings.TrimSpace(address)))
	if err != nil {
		return fmt.Errorf("whose account that is could not be looked up: %w", err)
	}
	if err := jobs.AtOnce(ctx, b.env, account.ID); err != nil {
		return err
	}
	fmt.Fprintln(b.o.std.Out, "Noted. The next run of the job accounts tells of it as soon as the roll says that they have left.")
	return nil
}
