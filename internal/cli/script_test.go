package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"esafetybot/internal/store/firestore/emulator"
)

func TestMain(m *testing.M) {
	testscript.Main(stopping{m}, map[string]func(){
		"esafetybot": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			os.Exit(Main(ctx, os.Args[1:], Std()))
		},
	})
}

// stopping runs the tests and stops the Firestore emulator, if one of them started it.
type stopping struct{ m *testing.M }

// Run implements testscript.TestingM.
func (s stopping) Run() int { return emulator.Run(s.m) }

// TestScripts runs the commands as a person would, in testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"waitfor": waitFor, // waitfor FILE: until it is there
			"setenv":  setFrom, // setenv VAR FILE: the file's first word
		},
	})
}

func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor FILE")
	}
	for range 600 {
		if b, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && len(b) > 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s did not appear", args[0])
}

func setFrom(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: setenv VAR FILE")
	}
	var word string
	_, err := fmt.Sscan(ts.ReadFile(args[1]), &word)
	ts.Check(err)
	ts.Setenv(args[0], word)
}
