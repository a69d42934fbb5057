// Command gen writes the compiled discovery documents into the folder apis; go generate runs it.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"esafetybot/internal/sim/discovery/compile"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := compile.ModuleDir()
	if err != nil {
		return err
	}
	files, err := compile.All(dir)
	if err != nil {
		return err
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join("apis", name), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
