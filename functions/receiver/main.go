// Command receiver is the container of the public receivers: package functions behind Google's Functions Framework, on the port that Cloud Run names.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"esafetybot/functions"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "receiver: %v\n", err)
		os.Exit(2)
	}
}

// run serves until the process is told to end.
func run() error {
	if err := functions.Check(); err != nil {
		return err
	}
	if err := os.Setenv("FUNCTION_TARGET", functions.Name); err != nil { // the framework serves one function at every path
		return err
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	failed := make(chan error, 1)
	go func() { failed <- funcframework.Start(port) }() // it has no way to end but the process's
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, os.Interrupt)
	select {
	case err := <-failed:
		return err
	case <-told:
		return functions.End()
	}
}
