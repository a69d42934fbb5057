package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Dir writes each message as a .eml file into a folder, and what travels beside it as NAME-… next to it. A file appears
// whole or not at all. Its name is the time and a number made from the Message-ID: it sorts by time, names nobody, and the
// same message written twice is the same file.
type Dir struct{ path string }

// NewDir makes a sender that writes into the folder path, which is made when first needed.
func NewDir(path string) *Dir { return &Dir{path: path} }

// FileName is the name, without a folder, of the .eml file of a parcel.
func FileName(p Parcel) string {
	sum := sha256.Sum256([]byte(p.ID))
	return p.Created.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(sum[:8]) + ".eml"
}

// BesideName is the name under which a file that travels beside the message FileName is kept.
func BesideName(eml, name string) string {
	return strings.TrimSuffix(eml, ".eml") + "-" + filepath.Base(filepath.Clean("/"+name))
}

// Stage implements [Sender]: it writes the files that travel beside the message, and the token is the message's name.
func (d *Dir) Stage(ctx context.Context, p Parcel, _ bool) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return "", fmt.Errorf("mail folder: %w", err)
	}
	name := FileName(p)
	for _, a := range p.Beside {
		if err := d.write(BesideName(name, a.Name), a.Data); err != nil {
			return "", err
		}
	}
	return name, nil
}

// Waiting implements [Sender].
func (d *Dir) Waiting(_ context.Context, p Parcel, _ string) (bool, error) {
	_, err := os.Stat(filepath.Join(d.path, FileName(p)))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("mail folder: %w", err)
	}
	return false, nil
}

// Release implements [Sender].
func (d *Dir) Release(ctx context.Context, p Parcel, _ string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.write(FileName(p), p.Raw)
}

// write puts a file there under a name of its own first, and makes it safe on disk before it gets its name.
func (d *Dir) write(name string, data []byte) (err error) {
	path := filepath.Join(d.path, name)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	f, err := os.CreateTemp(d.path, ".writing-*")
	if err != nil {
		return fmt.Errorf("mail folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("mail folder: %w", err), os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(d.path)
}

// syncDir makes the new name itself safe. Not every file system can; those that cannot say so with an error we may ignore.
func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil //nolint:nilerr // the file is written; only its safety against a power cut is unproved
	}
	_ = f.Sync()
	return f.Close()
}
