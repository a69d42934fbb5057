package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/hooks"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// dojoRelayPath is where a forwarder sends what ClassDojo tells.
const dojoRelayPath = hooks.DojoPath

// dojoKeysVar names the environment variable with the keys of the relay.
const dojoKeysVar = hooks.DojoKeysVar

// newDojo is the commands about ClassDojo.
func newDojo(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "dojo", Short: "What is heard of ClassDojo"}
	list := &cobra.Command{
		Use: "import FILE", Short: "Take up a list (CSV) of what somebody saw on ClassDojo", Args: cobra.ExactArgs(1),
		Long: "Take up a list (CSV) of what somebody saw on ClassDojo; docs/classdojo.md says what its columns hold. A list with a mistake is not taken at all: each mistake is told with its line and column.\n" +
			"A list may be read again, or grow: what was read before is not counted twice. “-” reads the standard input.",
		Example: "  esafetybot dojo import seen.csv",
		RunE:    func(cmd *cobra.Command, args []string) error { return o.importDojo(cmd.Context(), args[0]) },
	}
	cmd.AddCommand(o.clocked(list))
	return cmd
}

// importDojo keeps what a list tells.
func (o *options) importDojo(ctx context.Context, path string) error {
	clock, err := o.clock()
	if err != nil {
		return err
	}
	data, err := o.readList(path)
	if err != nil {
		return fmt.Errorf("the ClassDojo list cannot be read: %w", err)
	}
	p, err := o.loadPolicy()
	if err != nil {
		return err
	}
	// The list is judged before the state is opened: a mistake in it leaves nothing behind.
	events, err := classdojo.ParseCSV(data, p.School.Location, clock())
	if err != nil {
		return err
	}
	s, err := o.openAt(ctx, o.state, p)
	if err != nil {
		return err
	}
	added, err := classdojo.Tell(ctx, s, s.Commit, events)
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	fmt.Fprintf(o.std.Out, "%d rows: %d new, %d known before. The next run of the job comments looks at them.\n", len(events), added, len(events)-added)
	if n := unlisted(p, events); n > 0 {
		fmt.Fprintf(o.std.Err, "%d rows are about classes that the policy does not list under “classdojo”: nobody is asked to look at them. List the classes, and nothing needs to be read again.\n", n)
	}
	return nil
}

// readList reads a file, or the standard input; one that is larger than a list may be is cut off behind that, and refused later.
func (o *options) readList(path string) ([]byte, error) {
	in := o.std.In
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, classdojo.MaxFile+1))
}

// unlisted counts events of classes that the policy does not list.
func unlisted(p *policy.Policy, events []classdojo.Event) int {
	n := 0
	for _, e := range events {
		_, listed := p.ClassDojo.Class(e.Class)
		story := e.Class == classdojo.School && p.ClassDojo != nil && p.ClassDojo.SchoolStory
		if !listed && !story {
			n++
		}
	}
	return n
}

// withDojo puts the relay of ClassDojo's mails beside the site alone, which keeps what it tells in its own store, if there is a key for it. It is not behind the sign-in: what is not signed with a key is refused.
func withDojo(site http.Handler, p *policy.Policy, keys string, notes store.Store, clock func() time.Time, from func(*http.Request) string) (http.Handler, *classdojo.Relay, error) {
	list := hooks.Keys(keys)
	if len(list) == 0 {
		if p.ClassDojo != nil && p.ClassDojo.Relay {
			return site, nil, errNoDojoKey
		}
		return site, nil, nil
	}
	relay, err := classdojo.NewRelay(classdojo.RelayConfig{Keys: list, Hints: classdojo.Hints{Store: notes}, Now: clock, Remote: from})
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("%s: %w", dojoKeysVar, err)}
	}
	mux := http.NewServeMux()
	mux.Handle(dojoRelayPath, relay)
	mux.Handle("/", site)
	return mux, relay, nil
}

// errNoDojoKey tells that the policy counts on a forwarder that nobody would believe.
var errNoDojoKey = errors.New("the policy says that a forwarder tells of ClassDojo, and " + dojoKeysVar + " holds no key: what it sends is not taken. Make a key with `openssl rand -hex 32`, and give it to both")

// tellRelay logs now and then how many requests the relay took and why it refused others: whoever sends them is told nothing.
func tellRelay(ctx context.Context, log *slog.Logger, relay *classdojo.Relay, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	var before []int
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		taken, no := relay.Counts()
		now := []int{taken, no.Unsigned, no.Stale, no.TooLarge, no.Malformed, no.Twice, no.Failed, no.TooMany}
		if before != nil && slices.Equal(before, now) || before == nil && !slices.ContainsFunc(now, func(n int) bool { return n > 0 }) {
			continue
		}
		before = now
		log.Info("ClassDojo relay, since it was started", "taken", taken, "unsigned", no.Unsigned, "stale", no.Stale, "too_large", no.TooLarge, "malformed", no.Malformed, "told_before", no.Twice, "not_kept", no.Failed, "too_many", no.TooMany)
	}
}
