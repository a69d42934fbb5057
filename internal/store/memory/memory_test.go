package memory_test

import (
	"testing"

	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
	"esafetybot/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Harness{New: func(*testing.T) func() (store.Store, error) { return memory.Open }})
}
