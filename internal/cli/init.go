package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"esafetybot/internal/policy"
	"esafetybot/internal/starter"
)

func newInit(o *options) *cobra.Command {
	var answers string
	var questions bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Ask a few questions and write the school's first policy file",
		Long: "Ask a few questions and write a policy file (--policy says where) that “policy check” finds right, made of the clauses of one of the two example policies: only those that you choose. It reports only; nothing is changed until you say so in the file.\n\n" +
			"--questions prints a file of answers to fill in, for --answers. An existing policy file is never overwritten.",
		Example: "  esafetybot init --policy school.yaml\n" +
			"  esafetybot init --questions > answers.yaml\n" +
			"  esafetybot init --policy school.yaml --answers answers.yaml",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if questions {
				_, err := fmt.Fprint(o.std.Out, starter.Template())
				return err
			}
			return o.init(cmd.Context(), answers)
		},
	}
	cmd.Flags().StringVar(&answers, "answers", "", "take the answers from this YAML file instead of asking")
	cmd.Flags().BoolVar(&questions, "questions", false, "print a file of answers to fill in")
	return cmd
}

// init asks, or reads the answers, and writes the policy.
func (o *options) init(ctx context.Context, file string) error {
	if err := starter.Free(o.policy); err != nil {
		return usageError{err}
	}
	a, err := o.answers(ctx, file)
	if err != nil {
		return err
	}
	p, err := starter.Write(o.policy, a)
	var wrong policy.Errors
	if errors.As(err, &wrong) {
		return o.doNotFit(a, file, wrong)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(o.std.Out, "\n%s is written: %d clauses of %s. It only reports.\n", o.policy, len(p.Clauses), p.School.Name)
	for _, w := range p.Warnings {
		fmt.Fprintf(o.std.Out, "  %s\n", w)
	}
	fmt.Fprintf(o.std.Out, "\nNext:\n  esafetybot policy explain --policy %[1]s      what each clause will do\n  esafetybot doctor --policy %[1]s --fix-list   what to paste into the Admin console\n  esafetybot doctor --policy %[1]s --google-credentials key.json   what works and what does not\n", o.policy)
	return nil
}

func (o *options) answers(ctx context.Context, file string) (starter.Answers, error) {
	dir := filepath.Dir(o.policy)
	if file == "" {
		if !o.std.Asks {
			return starter.Answers{}, usageError{errors.New("init asks questions, and here nobody can answer them (this is no terminal): " +
				"write the answers into a file, which “esafetybot init --questions > answers.yaml” prints to be filled in, and give it with --answers answers.yaml")}
		}
		return o.ask(ctx, dir)
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return starter.Answers{}, usageError{fmt.Errorf("there is no file of answers %s: “esafetybot init --questions > %[1]s” makes one to fill in", file)}
	}
	if err != nil {
		return starter.Answers{}, usageError{fmt.Errorf("the file of answers cannot be read: %w", err)}
	}
	a, err := starter.Read(text, dir)
	var wrong starter.Mistakes
	if errors.As(err, &wrong) {
		return a, usageError{fmt.Errorf("%d of the answers in %s will not do, and nothing was written:\n%w", len(wrong), file, wrong)}
	}
	if err != nil {
		return a, usageError{err}
	}
	return a, nil
}

// ask asks, until the context ends: whoever is waited for at the keyboard answers no interrupt.
func (o *options) ask(ctx context.Context, dir string) (starter.Answers, error) {
	type asked struct {
		a   starter.Answers
		err error
	}
	done := make(chan asked, 1)
	go func() {
		a, err := starter.Ask(o.std.In, o.std.Out, dir)
		done <- asked{a, err}
	}()
	select {
	case x := <-done:
		return x.a, x.err
	case <-ctx.Done():
		fmt.Fprintln(o.std.Out)
		return starter.Answers{}, starter.ErrEnded
	}
}

// doNotFit tells that answers, each right by itself, make no right policy, and keeps what was typed.
func (o *options) doNotFit(a starter.Answers, file string, wrong policy.Errors) error {
	fmt.Fprintln(o.std.Err, "The answers do not fit together:")
	for _, e := range wrong {
		line := e.Found
		if e.Expected != "" {
			line += "; expected " + e.Expected
		}
		fmt.Fprintln(o.std.Err, "  "+line)
	}
	if file == "" {
		file = o.policy + ".answers.yaml"
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			_, err = f.WriteString(a.YAML())
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			return fmt.Errorf("no policy was written, and the answers could not be kept: %w", err)
		}
	}
	fmt.Fprintf(o.std.Err, "No policy was written. Correct %s and run: esafetybot init --policy %s --answers %[1]s\n", file, o.policy)
	return errStatus(exitUsage)
}
