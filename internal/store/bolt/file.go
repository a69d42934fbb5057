package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"esafetybot/internal/store"
)

// Options for opening a file. The zero value is good.
type Options struct {
	Now     func() time.Time // for the note of who holds the file; nil is time.Now
	Command string           // what to call this process in that note; "" is the program's name and first argument
	Wait    time.Duration    // how long to wait for another process to let go; 0 is 400 ms
}

// File is an open state file, which holds any number of schools.
type File struct {
	bolt *bolt.DB
	path string
	note string

	mu      sync.Mutex
	schools map[string]*db
	closed  bool
}

// holder is what PATH.lock says. The lock itself is the kernel's, on the state file, and dies with the process;
// the note only tells people whom to ask.
type holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Started time.Time `json:"started"`
	Command string    `json:"command"`
}

// OpenFile opens or creates a state file for this process alone. If another process holds it the error wraps
// store.ErrInUse and says which; that process wrote it into PATH.lock.
func OpenFile(path string, o Options) (*File, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == 0 {
		o.Wait = 400 * time.Millisecond
	}
	if o.Command == "" {
		o.Command = command(os.Args)
	}
	if path == "" {
		return nil, errors.New("no path for the state file: give one, as in bolt:esafetybot.db")
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("state file %s: there is no folder %s: create it, or give another path", path, filepath.Dir(path))
	}
	note := path + ".lock"
	b, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: o.Wait, FreelistType: bolt.FreelistMapType})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, inUse(path, note)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("state file %s is not one, or is damaged: restore it from a copy, or give another path: %w", path, err)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("state file %s: this user may not read and write it: %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("opening state file %s: %w", path, err)
	}
	host, _ := os.Hostname() // for people; the rest of the note does without
	text, err := json.Marshal(holder{PID: os.Getpid(), Host: host, Started: o.Now().UTC().Truncate(time.Second), Command: o.Command})
	if err == nil {
		err = replace(note, append(text, '\n'))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("noting beside %s who holds it: %w", path, err), b.Close())
	}
	return &File{bolt: b, path: path, note: note, schools: map[string]*db{}}, nil
}

// Close closes the file for all its schools. Only the first call does anything.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	err := os.Remove(f.note) // while the lock is still ours
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, f.bolt.Close())
}

// replace writes a file so that nobody reads half of it.
func replace(path string, text []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(text)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

func inUse(path, note string) error {
	var h holder
	for try := 0; ; try++ {
		text, err := os.ReadFile(note)
		if err == nil && json.Unmarshal(text, &h) == nil && h.PID != 0 {
			break
		}
		if try == 5 { // the other may hold the file and not have written the note yet
			return fmt.Errorf("state file %s: %w, which left no note of itself in %s: find it (fuser %s), wait for it or stop it, or give another path",
				path, store.ErrInUse, note, path)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("state file %s: %w: %s, process %d on %s, since %s: wait for it or stop it, or give another path",
		path, store.ErrInUse, h.Command, h.PID, h.Host, h.Started.Format(time.RFC3339))
}

// command names a process without its arguments, which may hold addresses; only a first word such as "serve" is kept.
func command(args []string) string {
	name := filepath.Base(args[0])
	if len(args) > 1 && !strings.HasPrefix(args[1], "-") && !strings.ContainsAny(args[1], "@/.:") {
		name += " " + args[1]
	}
	return name
}
