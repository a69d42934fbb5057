package e2e

import (
	"fmt"
	"os"
	"testing"

	"esafetybot/internal/store/firestore/emulator"
)

// TestMain is also the child that the kill tests kill.
func TestMain(m *testing.M) {
	if file := os.Getenv(childEnv); file != "" {
		if err := child(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(emulator.Run(m))
}
