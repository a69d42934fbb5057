package cli

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// stoppingChild has this test run as the process that is told to stop.
const stoppingChild = "ESAFETYBOT_TEST_STOPPING"

// TestStopping: told to stop, a process may finish; told again, it ends at once.
func TestStopping(t *testing.T) {
	if os.Getenv(stoppingChild) != "" {
		ctx, stop := Stopping(t.Context())
		defer stop()
		_, _ = os.Stdout.WriteString("\nready\n")
		<-ctx.Done()
		_, _ = os.Stdout.WriteString("\nfinishing\n")
		select {} // and never gets done
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStopping$", "-test.v")
	cmd.Env = append(os.Environ(), stoppingChild+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	until := func(word string) {
		t.Helper()
		for lines.Scan() {
			if strings.TrimSpace(lines.Text()) == word {
				return
			}
		}
		t.Fatalf("it never said %q", word)
	}
	for _, word := range []string{"ready", "finishing"} {
		until(word)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	var ended *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &ended) {
		t.Fatalf("it ended with %v", err)
	}
	if s, ok := ended.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGTERM {
		t.Errorf("it ended by %v, want the second signal", ended)
	}
}
