package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/decisions"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
)

// note notes a decision of somebody, by their address, as the review site would; it returns the decision's id. Whoever can run this can read the state anyway, so that it is their word whose decision it is.
func (o *options) note(cmd *cobra.Command, p *policy.Policy, as string, d decisions.Decision) (string, error) {
	clock, err := o.clock()
	if err != nil {
		return "", err
	}
	o.keepDecisions = true
	b, err := o.bench(cmd.Context(), p, clock)
	if err != nil {
		return "", err
	}
	defer b.close()
	address := strings.ToLower(strings.TrimSpace(as))
	d.At, d.By = clock(), decisions.By{Hash: pseudonym.Of(address)}
	for x, err := range b.env.Google.Users(cmd.Context()) {
		if err != nil {
			return "", fmt.Errorf("whose account that is could not be looked up: %w", err)
		}
		if strings.EqualFold(x.Address, address) || slices.Contains(x.Aliases, address) {
			d.By.ID = x.ID
		}
	}
	made, err := decisions.Make(cmd.Context(), b.env.Site, "command line "+clock().UTC().Format(time.RFC3339Nano), d)
	if err != nil && !errors.Is(err, decisions.ErrTwice) {
		return "", err
	}
	return made.ID, nil
}
