package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"esafetybot/internal/hooks"
)

func newMan(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the manual page, for man(1)", Args: cobra.NoArgs,
		Long:    "Print one manual page of all commands, as man(1) reads it.",
		Example: "  esafetybot man > esafetybot.1 && man ./esafetybot.1\n  esafetybot man > /usr/local/share/man/man1/esafetybot.1",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(o.std.Out, manual(cmd.Root()))
			return err
		},
	}
}

// variables are the environment variables that no option stands for. A test compares them with those that the code reads.
var variables = []struct{ name, what string }{
	{"ESAFETYBOT_SMTP_PASSWORD", "the password of the mail server that --mail smtp://… names"},
	{"ESAFETYBOT_OIDC_CLIENT_SECRET", "the secret of the review site's OAuth client (--oidc-client-id)"},
	{hooks.KeysVar, "keys that sign the tokens of Google's notification channels, with commas between them; the first signs (--hooks-url, docs/hooks.md)"},
	{hooks.AudienceVar, "what the tokens of a Pub/Sub subscription that pushes are made for, and"},
	{hooks.AccountVar, "the service account that they are made by: both or none"},
	{dojoKeysVar, "keys of a forwarder of ClassDojo's mails, up to four, with commas between them (docs/classdojo.md)"},
	{cloudRunJobVar, "set by Cloud Run in a job: a run that had something to do then stays for most of the minute that is paid for, and looks for what is urgent once more (docs/hooks.md)"},
	{taskIndexVar, "which task of a Cloud Run job this is, and"},
	{taskCountVar, "how many there are: Cloud Run sets both, and the tasks share the schools of a trust out"},
	{"GOOGLE_CLOUD_PROJECT", "the Google Cloud project under whose name log lines for Cloud Logging carry their trace"},
	{"GOOGLE_APPLICATION_CREDENTIALS", "with --google-credentials keyless:…, a file that says what this machine signs as, where it is no machine of Google's"},
	{"GOGC, GOMEMLIMIT", "Go's own, for memory; the program chooses where they are not set"},
}

// manual writes the page of a command and all below it.
func manual(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1\n.SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.B %s\nCOMMAND [OPTIONS]\n.SH DESCRIPTION\n%s", strings.ToUpper(root.Name()), roff(root.Name()), roff(root.Short), roff(root.Name()), paragraphs(root.Long))
	b.WriteString(".SH COMMANDS\n")
	each(root, func(c *cobra.Command) {
		fmt.Fprintf(&b, ".SS %s\n", roff(usage(c)))
		long := c.Long
		if long == "" {
			long = c.Short + "."
		}
		b.WriteString(paragraphs(long))
		manFlags(&b, c.LocalNonPersistentFlags())
		if c.Example != "" {
			fmt.Fprintf(&b, ".PP\nExamples:\n.PP\n.nf\n%s\n.fi\n", roffLines(c.Example))
		}
	})
	b.WriteString(".SH OPTIONS OF ALL COMMANDS\n")
	manFlags(&b, root.PersistentFlags())
	b.WriteString(".SH ENVIRONMENT\nEach option has a variable: the value of \\-\\-google\\-credentials is read from ESAFETYBOT_GOOGLE_CREDENTIALS where the option is not given. These have no option, most of them because they hold a secret:\n")
	for _, v := range variables {
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(v.name), roffLines(v.what))
	}
	b.WriteString(".PP\n" +
		"run, serve and site tell an OpenTelemetry collector of their own work, in numbers and traces without names, if OTEL_EXPORTER_OTLP_ENDPOINT is set, such as http://127.0.0.1:4318; OpenTelemetry's other variables hold too (docs/cron.md).\n" +
		".SH EXIT STATUS\n.TP\n0\nfine; findings are not failures\n.TP\n1\nsomething failed, or less was seen than the policy expects\n.TP\n2\nwrong usage, or a wrong policy\n")
	return b.String()
}

// usage is a command with what follows it.
func usage(c *cobra.Command) string { return c.Parent().CommandPath() + " " + c.Use }

// each visits all commands that people use, in the order in which help lists them.
func each(c *cobra.Command, visit func(*cobra.Command)) {
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" {
			continue
		}
		if sub.Runnable() {
			visit(sub)
		}
		each(sub, visit)
	}
}

func manFlags(b *strings.Builder, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" && f.DefValue != "[]" {
			usage += " (default: " + f.DefValue + ")"
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(name), roffLines(usage))
	})
}

// paragraphs writes text whose paragraphs have an empty line between them.
func paragraphs(text string) string {
	var b strings.Builder
	for _, p := range strings.Split(text, "\n\n") {
		b.WriteString(".PP\n" + roffLines(p) + "\n")
	}
	return b.String()
}

// roff escapes what troff would take for its own.
func roff(s string) string { return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s) }

// roffLines does so for several lines; one that begins with a point or an apostrophe would be a command.
func roffLines(s string) string {
	lines := strings.Split(roff(s), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
