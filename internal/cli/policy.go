package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"esafetybot/internal/policy"
)

func newPolicy(o *options) *cobra.Command {
	var ofTrust bool
	schema := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of policy files, for editors", Args: cobra.NoArgs,
		Example: "  esafetybot policy schema > policy.schema.json\n  esafetybot policy schema --of-trust > trust.schema.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			text := policy.Schema()
			if ofTrust {
				text = policy.TrustSchema()
			}
			_, err := o.std.Out.Write(text)
			return err
		},
	}
	schema.Flags().BoolVar(&ofTrust, "of-trust", false, "of the file of a trust")
	cmd := &cobra.Command{Use: "policy", Short: "Check, explain or describe the policy file"}
	cmd.AddCommand(
		&cobra.Command{
			Use: "check", Short: "Say everything that is wrong with the policy file", Args: cobra.NoArgs,
			Example: "  esafetybot policy check --policy school.yaml",
			RunE: func(cmd *cobra.Command, _ []string) error {
				p, err := o.loadPolicy()
				if err != nil {
					return err
				}
				for _, w := range p.Warnings {
					fmt.Fprintf(o.std.Out, "%s: %s\n", o.policy, w)
				}
				built := 0
				for _, c := range p.Clauses {
					for _, m := range c.MetBy {
						if m.Built() {
							built++
							break
						}
					}
				}
				if !p.Expectations.Own {
					fmt.Fprintf(o.std.Out, "%s beside it is right: %d expectations.\n", policy.ExpectationsFile, len(p.Expectations.List))
				}
				fmt.Fprintf(o.std.Out, "%s is right: %d clauses, %d of them looked at by this version. See: esafetybot policy explain\n", o.policy, len(p.Clauses), built)
				return nil
			},
		},
		newExplain(o),
		schema,
	)
	return cmd
}

func newExplain(o *options) *cobra.Command {
	var opts policy.ExplainOptions
	cmd := &cobra.Command{
		Use: "explain", Short: "Print the policy as a table that a governor can read", Args: cobra.NoArgs,
		Example: "  esafetybot policy explain --policy school.yaml --width 120",
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := o.loadPolicy()
			if err != nil {
				return err
			}
			return policy.Explain(p, o.std.Out, opts)
		},
	}
	cmd.Flags().IntVar(&opts.Width, "width", 100, "width of the table in characters")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "as JSON")
	return cmd
}
