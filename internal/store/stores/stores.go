// Package stores opens the store that a URI names:
//
//	memory:                       gone with the process
//	bolt:PATH                     a file, for one process at a time; several schools may share it
//	firestore:PROJECT             the project's default database, with the credentials of the environment
//	firestore:PROJECT/DATABASE    a named database
//
// If FIRESTORE_EMULATOR_HOST is set, as for Google's own clients, firestore: means the emulator there.
package stores

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"

	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
	"esafetybot/internal/store/firestore"
	"esafetybot/internal/store/memory"
)

// ErrURI is wrapped by the error for a URI that names no store.
var ErrURI = errors.New("not a place for the state")

const forms = "use memory:, bolt:PATH, firestore:PROJECT or firestore:PROJECT/DATABASE"

// Set is an opened place of state, which holds any number of schools.
type Set struct {
	open  func(school string) (store.Store, error)
	close func() error
}

// School opens one school's state in it.
func (s *Set) School(school string) (store.Store, error) {
	st, err := s.open(school)
	if err != nil {
		return nil, fmt.Errorf("state of school %q: %w", school, err)
	}
	return st, nil
}

// Close closes it for all schools. Only the first call does anything.
func (s *Set) Close() error { return s.close() }

// Open opens one school's state; closing it closes the place. For several schools in one process use OpenSet.
func Open(ctx context.Context, uri, school string, logger *slog.Logger) (store.Store, error) {
	set, err := OpenSet(ctx, uri, logger)
	if err != nil {
		return nil, err
	}
	s, err := set.School(school)
	if err != nil {
		return nil, errors.Join(err, set.Close())
	}
	return &alone{Store: s, set: set}, nil
}

// alone closes the place with the store.
type alone struct {
	store.Store
	set *Set
}

// Close implements store.Store.
func (a *alone) Close() error { return errors.Join(a.Store.Close(), a.set.Close()) }

// Project and database identifiers, https://cloud.google.com/firestore/docs/manage-databases#database_id and
// https://cloud.google.com/resource-manager/docs/creating-managing-projects (old projects have a domain and a colon in front).
var (
	project  = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	database = regexp.MustCompile(`^(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$`)
)

// Check says what is wrong with a URI, wrapping ErrURI; nil if nothing is.
func Check(uri string) error {
	_, _, _, err := parse(uri)
	return err
}

func parse(uri string) (kind, rest, db string, err error) {
	bad := func(format string, args ...any) (string, string, string, error) {
		return "", "", "", fmt.Errorf("state %q: %w: %s; %s", uri, ErrURI, fmt.Sprintf(format, args...), forms)
	}
	kind, rest, found := strings.Cut(uri, ":")
	switch {
	case uri == "":
		return bad("it is empty")
	case !found && (uri == "memory" || uri == "bolt" || uri == "firestore"):
		return bad("the colon is missing")
	case !found:
		return bad("it does not say which kind; if it is a file, write bolt:%s", uri)
	case strings.HasPrefix(rest, "//"):
		return bad("there are no // after the colon")
	}
	switch kind {
	case "memory":
		if rest != "" {
			return bad("nothing follows memory:")
		}
	case "bolt":
		if rest == "" {
			return bad("the path is missing")
		}
	case "firestore":
		rest, db, found = strings.Cut(rest, "/")
		if !project.MatchString(rest) {
			return bad("%q is no project id", rest)
		}
		if found && !database.MatchString(db) {
			return bad("%q is no database id", db)
		}
	default:
		return bad("there is no kind %q", kind)
	}
	return kind, rest, db, nil
}

// OpenSet opens the place that a URI names. The logger may be nil.
func OpenSet(ctx context.Context, uri string, logger *slog.Logger) (*Set, error) {
	kind, rest, db, err := parse(uri)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "memory":
		return memorySet(), nil
	case "bolt":
		f, err := bolt.OpenFile(rest, bolt.Options{})
		if err != nil {
			return nil, err
		}
		return &Set{open: f.School, close: f.Close}, nil
	}
	emulator := os.Getenv("FIRESTORE_EMULATOR_HOST")
	if emulator != "" && logger != nil {
		logger.Warn("the state is in a Firestore emulator, because FIRESTORE_EMULATOR_HOST is set", "host", emulator)
	}
	c, err := firestore.Connect(ctx, rest, db, firestore.Options{Emulator: emulator, Logger: logger})
	if err != nil {
		return nil, err
	}
	return &Set{open: c.School, close: sync.OnceValue(c.Close)}, nil
}

// memorySet keeps each school's state as long as the set, like the others.
func memorySet() *Set {
	var mu sync.Mutex
	schools := map[string]store.Store{}
	return &Set{
		open: func(school string) (store.Store, error) {
			if err := store.CheckKey(school); err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			if schools[school] == nil {
				s, err := memory.Open()
				if err != nil {
					return nil, err
				}
				schools[school] = s
			}
			return &kept{Store: schools[school]}, nil
		},
		close: func() error {
			mu.Lock()
			defer mu.Unlock()
			var errs []error
			for _, s := range schools {
				errs = append(errs, s.Close())
			}
			clear(schools)
			return errors.Join(errs...)
		},
	}
}
