// Package cli is the commands, and the only place that knows every room of the house and wires them together.
//
// Exit status: 0 fine; 1 the run failed, or saw less than the policy expects; 2 wrong usage or a wrong policy. Findings are
// not failures. What people read goes to a terminal with progress and colour only where it is one; --json is stable.
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
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"esafetybot/internal/google"
	"esafetybot/internal/hooks"
	"esafetybot/internal/plain"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
)

// IO is where a command reads and writes.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Terminal bool // Err is a terminal: progress may be shown
	Asks     bool // In is a terminal: somebody can answer questions
}

// Std is the process's own.
func Std() IO {
	return IO{
		In: os.Stdin, Out: screen(os.Stdout), Err: screen(os.Stderr), Getenv: os.Getenv,
		Terminal: term.IsTerminal(int(os.Stderr.Fd())), Asks: term.IsTerminal(int(os.Stdin.Fd())),
	}
}

// screen keeps names and titles from steering a terminal.
func screen(f *os.File) io.Writer {
	if term.IsTerminal(int(f.Fd())) {
		return plain.Terminal(f)
	}
	return f
}

// Exit statuses.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
)

// errStatus is an error that was already told, with the status to exit with.
type errStatus int

func (e errStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// usageError is a mistake on the command line.
type usageError struct{ error }

// Main runs a command line and returns the exit status.
func Main(ctx context.Context, args []string, std IO) int {
	root := newRoot(std)
	root.SetArgs(args)
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	err := unknown(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	var status errStatus
	var wrong policy.Errors
	var usage usageError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &wrong):
		fmt.Fprintln(std.Err, wrong)
		fmt.Fprintf(std.Err, "\nThe policy file has %s. Nothing was done.\n", quantity.Of(len(wrong), "mistake", "mistakes"))
		return exitUsage
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown "), strings.HasPrefix(err.Error(), "required flag"):
		fmt.Fprintf(std.Err, "esafetybot: %v\nSee: esafetybot --help\n", err)
		return exitUsage
	}
	fmt.Fprintf(std.Err, "esafetybot: %v\n", err)
	return exitFailed
}

// options are the flags that say where things are; each has its environment variable.
type options struct {
	std         IO
	policy      string
	trust       string
	school      string // of the trust, by its short name
	state       string
	credentials string
	endpoint    string
	admin       string
	mail        string
	from        string
	now         string
	workers     int
	rotation    time.Duration
	verbose     bool
	logFormat   string
	acceptRolls bool
	baseURL     string
	decisions   string
	hooksURL    string
	hints       string
	// keepDecisions has the store of decisions made where it is not there yet.
	keepDecisions bool
	keepHints     bool                               // likewise of hints
	quota         google.Quotas                      // zero is what Google publishes
	roll          func(*policy.Roll) ([]byte, error) // nil reads the file beside the policy

	task  *task     // nil where the process looks after one school
	key   string    // the short name of the school of a trust that these are for
	logTo io.Writer // where log lines go; nil is standard error
}

func newRoot(std IO) *cobra.Command {
	o := &options{std: std}
	root := &cobra.Command{
		Use:           "esafetybot",
		Short:         "Keeps watch over a school's Google Workspace, as its own online-safety policy says",
		Long:          "esafetybot reads the school's policy, looks every day, and tells the one person who can act.\nIt only reports, with read-only permissions, until a clause of the policy says otherwise.",
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return errors.Join(fromEnvironment(cmd.Flags(), std.Getenv), o.checkLogFormat())
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{plainFlag(err)} })
	f := root.PersistentFlags()
	f.StringVar(&o.policy, "policy", "policy.yaml", "the school's policy file")
	f.StringVar(&o.trust, "trust", "", "the file of a trust of several schools, in place of --policy")
	f.StringVar(&o.school, "school", "", "with --trust: the one school that it is about, by its short name")
	f.StringVar(&o.state, "state", "bolt:esafetybot.db", "where the state lives: bolt:PATH, firestore:PROJECT or memory:")
	f.StringVar(&o.decisions, "decisions", "", "where the review site notes what people decide (default: a file beside a bolt: state)")
	f.StringVar(&o.hints, "hints", "", "where receivers and the review site leave hints that something happened (default: a file beside a bolt: state)")
	f.StringVar(&o.baseURL, "base-url", "", "the review site's address, for links in mails")
	f.StringVar(&o.hooksURL, "hooks-url", "", "the receivers' address, up to and including /hooks: Google then tells within minutes what happens (keys of at least 32 characters, with commas between them, the first signs: "+hooks.KeysVar+")")
	f.StringVar(&o.credentials, "google-credentials", "", "the service account's key file, or keyless:SERVICE_ACCOUNT_EMAIL to sign without one, as what this machine runs as on Google Cloud (or by “gcloud auth application-default login”)")
	f.StringVar(&o.endpoint, "google-endpoint", "", "another base URL than Google's, for a simulated school")
	f.StringVar(&o.admin, "google-admin", "", "the administrator acted as (default: the policy's workspace administrator)")
	f.StringVar(&o.mail, "mail", "dir:mail", "how mail goes out: dir:PATH (a folder of .eml files), gmail:SENDER or smtp://USER@HOST (password: ESAFETYBOT_SMTP_PASSWORD)")
	f.StringVar(&o.from, "mail-from", "", "the sender shown in mails of dir: and smtp: (default: esafetybot@ the school's first domain)")
	f.IntVar(&o.workers, "workers", 8, "requests to Google under way at once")
	f.DurationVar(&o.rotation, "rotation", 0, "the time in which every Drive is read in full again (default 28 days: 672h)")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "tell more while working")
	f.StringVar(&o.logFormat, "log-format", "text", "how log lines are written: text, or json as Google's Cloud Logging reads it")
	root.AddCommand(newInit(o), newDoctor(o), newRun(o), newServe(o), newSite(o), newDeployment(o), newReport(o), newFindings(o), newPlan(o), newApprove(o), newDecline(o), newApply(o), newUndo(o), newAccess(o), newLeaver(o), newCheckIns(o), newRecords(o), newReminders(o), newMail(o), newIncidents(o), newDojo(o), newPrivacy(o), newPolicy(o), newSim(o), newDemo(o), newMan(o))
	return root
}

// unknown says that a command which only holds others has none of the name that was typed, as cobra does of the root alone: else a mistyped word prints help and is taken for fine.
func unknown(root *cobra.Command, args []string) error {
	cmd, rest, _ := root.Find(args) // what the root does not know Execute says
	if cmd == nil || cmd == root || cmd.Runnable() || len(rest) == 0 || rest[0] == "help" || strings.HasPrefix(rest[0], "-") {
		return nil
	}
	meant := ""
	cmd.SuggestionsMinimumDistance = 2 // as for the root
	if like := cmd.SuggestionsFor(rest[0]); len(like) > 0 {
		meant = "; did you mean " + strings.Join(like, " or ") + "?"
	}
	return usageError{fmt.Errorf("there is no command %q of “%s”%s", rest[0], cmd.CommandPath(), meant)}
}

// plainFlag tells of a flag's value what was expected, instead of the name of a function that could not read it.
func plainFlag(err error) error {
	var wrong *pflag.InvalidValueError
	if !errors.As(err, &wrong) {
		return err
	}
	f, want := wrong.GetFlag(), ""
	switch f.Value.Type() {
	case "int", "int64":
		want = "a whole number"
	case "float64":
		want = "a number"
	case "duration":
		want = "a time such as 90s, 15m or 672h"
	case "bool":
		want = "true or false"
	default:
		return err
	}
	return fmt.Errorf("--%s %q: expected %s", f.Name, wrong.GetValue(), want)
}

// fromEnvironment gives flags that were not set the value of their variable: --state is ESAFETYBOT_STATE.
func fromEnvironment(flags *pflag.FlagSet, getenv func(string) string) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "ESAFETYBOT_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v := getenv(name); v != "" && !f.Changed {
			if err := flags.Set(f.Name, v); err != nil {
				errs = append(errs, usageError{fmt.Errorf("%s: %w", name, err)})
			}
		}
	})
	return errors.Join(errs...)
}

// clock is the time the school lives in: --now stands still, else it is now.
func (o *options) clock() (func() time.Time, error) {
	if o.now == "" {
		return time.Now, nil
	}
	t, err := time.Parse(time.RFC3339, o.now)
	if err != nil {
		return nil, usageError{fmt.Errorf("--now %q is not a time like 2026-09-14T06:00:00Z", o.now)}
	}
	return func() time.Time { return t }, nil
}

// loadPolicy reads the policy file and tells its warnings.
func (o *options) loadPolicy() (*policy.Policy, error) {
	if o.trust != "" {
		return o.ofTrust()
	}
	p, err := policy.Load(o.policy)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usageError{fmt.Errorf("there is no policy file %s: name one with --policy, or let “esafetybot init --policy %[1]s” ask a few questions and write one", o.policy)}
	}
	if wrong := (*os.PathError)(nil); errors.As(err, &wrong) {
		return nil, usageError{fmt.Errorf("the policy file %s cannot be read: %w: name one that this user can read with --policy", o.policy, wrong.Err)}
	}
	return p, err
}
