package bolt_test

import (
	"path/filepath"
	"testing"

	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
	"esafetybot/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Harness{Persistent: true, New: func(t *testing.T) func() (store.Store, error) {
		path := filepath.Join(t.TempDir(), "state.db")
		return func() (store.Store, error) { return bolt.Open(path, "school", bolt.Options{}) }
	}})
}
