package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// compactTx is how many bytes go in one transaction of Compact.
const compactTx = 4 << 20

// Compact writes a state file anew, without the room that deleted documents left in it: what was deleted can be read there until it happens to be written over. Nobody may have the file open.
func Compact(path string) (err error) {
	f, err := OpenFile(path, Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	tmp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	to, err := bolt.Open(tmp, info.Mode().Perm(), nil)
	if err == nil {
		err = errors.Join(bolt.Compact(to, f.bolt, compactTx), to.Sync(), to.Close())
	}
	if err == nil {
		err = os.Rename(tmp, path) // the old file goes with its last opening, which is ours
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the state file %s could not be written anew: what was deleted may still be read in its free room: %w", path, err), os.Remove(tmp))
	}
	return nil
}
