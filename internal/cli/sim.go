package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
)

func newSim(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "sim", Short: "A simulated school: make one, serve it, say what must be found in it"}
	cmd.AddCommand(newSimGenerate(o), newSimServe(o), newSimTruth(o))
	return cmd
}

func newSimGenerate(o *options) *cobra.Command {
	var opt generate.Options
	var out, now string
	cmd := &cobra.Command{
		Use: "generate", Short: "Write a plausible school: its tenant, rolls, both example policies fitted to it, and what must be found", Args: cobra.NoArgs,
		Example: "  esafetybot sim generate --pupils 420 --seed 7 --out school",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if now != "" {
				t, err := time.Parse(time.RFC3339, now)
				if err != nil {
					return usageError{fmt.Errorf("--now %q is not a time like 2026-09-07T04:30:00Z", now)}
				}
				opt.Now = t
			}
			s, err := generate.Generate(opt)
			if err != nil {
				return usageError{err}
			}
			if err := s.Write(out); err != nil {
				return err
			}
			fmt.Fprintf(o.std.Out, "A school of %d pupils is in %s. Serve it with: esafetybot sim serve --tenant %s\n", opt.Pupils, out, out)
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&opt.Pupils, "pupils", 420, "how many pupils")
	f.Int64Var(&opt.Seed, "seed", 1, "the same seed and size give the same school")
	f.StringVar(&out, "out", "school", "the folder to write")
	f.StringVar(&now, "now", "", "the time at the school (RFC 3339)")
	return cmd
}

func newSimServe(o *options) *cobra.Command {
	var c server.Config
	var now string
	cmd := &cobra.Command{
		Use: "serve", Short: "Answer like Google for a simulated school", Args: cobra.NoArgs,
		Example: "  esafetybot sim serve --tenant school --credentials-out key.json --addr-file addr\n" +
			"  esafetybot run --policy school/classroom-school.yaml --google-credentials key.json --google-endpoint $(cat addr)",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if now != "" {
				t, err := time.Parse(time.RFC3339, now)
				if err != nil {
					return usageError{fmt.Errorf("--now %q is not a time like 2026-09-07T04:30:00Z", now)}
				}
				c.Now = t
			}
			if _, err := os.Stat(filepath.Join(c.Tenant, "tenant.json")); err != nil {
				return usageError{fmt.Errorf("there is no simulated school in %s: make one with: esafetybot sim generate --out %s", c.Tenant, c.Tenant)}
			}
			c.Out, c.Log = o.std.Out, o.logger()
			return server.Run(cmd.Context(), c)
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Tenant, "tenant", "school", "the tenant's folder")
	f.StringVar(&c.Addr, "addr", "127.0.0.1:0", "where to listen")
	f.StringVar(&now, "now", "", "start the tenant's clock at this time (RFC 3339)")
	f.Float64Var(&c.Speed, "speed", 1, "how fast the tenant's clock runs; 0 stands still until /sim/clock moves it")
	f.DurationVar(&c.AuditLag, "audit-lag", server.DefaultAuditLag, "how long audit records take to show")
	f.DurationVar(&c.Spread, "spread", 0, "how long changes of users, members and applications take to show to reads, by the tenant's clock")
	f.IntVar(&c.UsageLag, "usage-lag", 0, "how many days late usage reports come; 0 means 2, less than 0 means none")
	f.BoolVar(&c.NoQuotas, "no-quotas", false, "do not enforce Google's quotas")
	f.StringVar(&c.Faults, "faults", "", "what goes wrong, such as rate=0.1,seed=7,kinds=429+500+timeout,route=drive")
	f.DurationVar(&c.Latency, "latency", 0, "added to every request")
	f.StringSliceVar(&c.FailSubject, "fail-subject", nil, "addresses whose calls always fail")
	f.BoolVar(&c.Proxy, "proxy", false, "serve Google's own host names through a CONNECT proxy on loopback")
	f.StringVar(&c.CAOut, "ca-out", "", "write the proxy's certificate authority to this file")
	f.StringVar(&c.Credentials, "credentials-out", "", "write a service-account key that works against it to this file")
	f.StringArrayVar(&c.OIDCClients, "oidc-client", nil, "a site that signs people in: id=ID,secret=SECRET and any number of ,redirect=URL (none: any on loopback); may be repeated")
	f.BoolVar(&c.AutoLogin, "auto-login", false, "sign in the account that a site names in login_hint without asking")
	f.BoolVar(&c.PlainHooks, "plain-hooks", false, "send the messages of notification channels to http on loopback too, as Google never does")
	f.StringVar(&c.AddrFile, "addr-file", "", "write its base URL to this file")
	return cmd
}

func newSimTruth(o *options) *cobra.Command {
	var dir, now, first string
	cmd := &cobra.Command{
		Use: "truth", Short: "Say what must be found in a tenant, worked out naively from the rules", Args: cobra.NoArgs,
		Example: "  esafetybot sim truth --tenant school",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var opt truth.Options
			var err error
			if now != "" {
				if opt.Now, err = time.Parse(time.RFC3339, now); err != nil {
					return usageError{fmt.Errorf("--now %q is not a time like 2026-09-07T04:30:00Z", now)}
				}
			}
			if first != "" {
				if opt.First, err = time.Parse(time.RFC3339, first); err != nil {
					return usageError{fmt.Errorf("--first %q is not a time like 2026-09-07T04:30:00Z", first)}
				}
			}
			t, err := opt.Compute(dir)
			if err != nil {
				return err
			}
			enc := json.NewEncoder(o.std.Out)
			enc.SetIndent("", " ")
			return enc.Encode(t)
		},
	}
	cmd.Flags().StringVar(&dir, "tenant", "school", "the tenant's folder")
	cmd.Flags().StringVar(&now, "now", "", "as of this time (RFC 3339); else the tenant's own")
	cmd.Flags().StringVar(&first, "first", "", "when the program looked for the first time (RFC 3339); else now")
	return cmd
}
