package truth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
)

// Folder is a tenant folder that is read again and again while the tenant lives on, as a test does that looks every day. What says the same
// as it did when it was last read is not decoded anew: whole files of JSON, and lines of those that hold one item a line. It changes nothing
// in what is read. The zero Folder with a Dir is ready for use, by one reader at a time.
type Folder struct {
	// Dir is where the tenant lies.
	Dir string

	files map[string]readFile
	lines map[string]map[string]any // by file, by the text of the line
}

// readFile is a file as it was last read, and what it said.
type readFile struct {
	data  []byte
	value reflect.Value
}

// Tenant reads the folder as it is now. A missing file counts as empty. What two readings have in common is shared: nobody may change it.
func (f *Folder) Tenant() (*Tenant, error) {
	if f.files == nil {
		f.files, f.lines = map[string]readFile{}, map[string]map[string]any{}
	}
	return loadTenant(f)
}

func (f *Folder) path(name string) string { return filepath.Join(f.Dir, name) }

// remembers reports whether the folder is read more than once.
func (f *Folder) remembers() bool { return f.files != nil }

// readJSON reads a file that holds one value.
func (f *Folder) readJSON(name string, into any) error {
	data, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	to := reflect.ValueOf(into).Elem()
	if was, ok := f.files[name]; ok && was.value.Type() == to.Type() && bytes.Equal(was.data, data) {
		to.Set(was.value)
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", f.path(name), err)
	}
	if f.remembers() {
		value := reflect.New(to.Type()).Elem()
		value.Set(to)
		f.files[name] = readFile{data, value}
	}
	return nil
}

// readLines reads a file that holds a value after the other.
func readLines[T any](f *Folder, name string) ([]T, error) {
	data, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if f.remembers() {
		if out, ok := knownLines[T](f, name, data); ok {
			return out, nil
		}
	}
	var out []T
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		var item T
		err := dec.Decode(&item)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: item %d: %w", f.path(name), len(out)+1, err)
		}
		out = append(out, item)
	}
}

// knownLines is readLines for a file with one value a line, which decodes new lines only; false if a line holds anything else.
func knownLines[T any](f *Folder, name string, data []byte) ([]T, bool) {
	was, now := f.lines[name], map[string]any{}
	var out []T
	for line := range bytes.Lines(data) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		item, ok := was[string(line)].(T)
		if !ok {
			if err := json.Unmarshal(line, &item); err != nil {
				return nil, false
			}
		}
		now[string(line)] = item
		out = append(out, item)
	}
	f.lines[name] = now
	return out, true
}
