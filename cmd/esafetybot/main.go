// Command esafetybot keeps watch over a school's Google Workspace for the people who answer for children's safety there.
package main

import (
	"context"
	"os"

	"esafetybot/internal/cli"
)

func main() {
	cli.SteadyMemory()
	ctx, stop := cli.Stopping(context.Background())
	code := cli.Main(ctx, os.Args[1:], cli.Std())
	stop()
	os.Exit(code)
}
