package world

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// rollName is the name of a roll (roll.csv) or of an earlier one with the date on which it was replaced (roll.csv.2026-10-05).
var rollName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*\.csv(\.\d{4}-\d\d-\d\d)?$`)

// loadRolls keeps the CSV files of the folder as they are.
func (w *World) loadRolls(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("tenant: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !rollName.MatchString(e.Name()) {
			continue
		}
		if w.rolls[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("tenant: %w", err)
		}
	}
	return nil
}

func (w *World) saveRolls(dir string) error {
	for name, b := range w.rolls {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return fmt.Errorf("save tenant: %w", err)
		}
	}
	return nil
}

// Rolls lists the names of the rolls, earlier ones included.
func (w *World) Rolls() []string { return slices.Sorted(maps.Keys(w.rolls)) }

// Roll is the text of a roll; nil when the tenant has none of that name.
func (w *World) Roll(name string) []byte { return w.rolls[name] }

// AddRoll puts a roll in place, also an earlier one ("roll.csv.2026-10-05"), and keeps nothing of what it replaces.
func (w *World) AddRoll(name string, text []byte) error {
	if !rollName.MatchString(name) {
		return fmt.Errorf("roll %q: %w: its name must end in .csv, or in .csv and a date", name, ErrNotAllowed)
	}
	w.rolls[name] = text
	return nil
}

// SetRoll exports a roll anew. What it replaces is kept as NAME.DATE with today's date in the school's time zone; if there is one
// of today already, that one stays, for it is what the roll was until today. Nothing changes if the text is the same.
func (w *World) SetRoll(name string, text []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	old, had := w.rolls[name]
	if had && bytes.Equal(old, text) {
		return nil
	}
	if had {
		earlier := name + "." + w.now().In(w.zone()).Format(time.DateOnly)
		if !rollName.MatchString(earlier) {
			return fmt.Errorf("roll %q: %w: only the present one can be replaced", name, ErrNotAllowed)
		}
		if _, ok := w.rolls[earlier]; !ok {
			w.rolls[earlier] = old
		}
	}
	return w.AddRoll(name, text)
}

// zone is the school's time zone, London's if the tenant names none that is known.
func (w *World) zone() *time.Location {
	for _, name := range []string{w.Settings.TimeZone, "Europe/London"} {
		if name == "" {
			continue
		}
		if l, err := time.LoadLocation(name); err == nil {
			return l
		}
	}
	return time.UTC
}
