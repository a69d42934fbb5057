package google_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/google"
	"esafetybot/internal/seen"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

// What is put into files of the school comes back as it is, also when much goes wrong on the way.
func TestSimulatedDownload(t *testing.T) {
	csv := []byte("Number;Name\r\n1;\"O\x92Neil\"\r\n" + strings.Repeat("2;x\r\n", 5000)) // Windows-1252, as schools export it
	prepare := func(w *world.World) {
		head, other := "", ""
		for _, u := range w.Users() {
			if w.IsAdmin(u) {
				head = u.PrimaryEmail
			} else {
				other = u.PrimaryEmail
			}
		}
		add := func(f *world.File, owner string, b []byte, own ...world.Grant) {
			t.Helper()
			f.Name, f.Owner = "Roll of Year 4", &world.Person{EmailAddress: owner}
			if err := w.AddFile(f, own...); err != nil {
				t.Fatal(err)
			}
			if b == nil {
				return
			}
			if err := w.SetContent(f.ID, b, owner); err != nil {
				t.Fatal(err)
			}
		}
		add(&world.File{ID: "mine", MimeType: "text/csv"}, head, csv)
		add(&world.File{ID: "shared", MimeType: world.MimeSheet}, other, csv, world.Grant{Type: "user", Role: "reader", EmailAddress: head})
		add(&world.File{ID: "others", MimeType: "text/csv"}, other, csv)
		add(&world.File{ID: "slides", MimeType: world.MimeSlides}, head, nil)
	}
	faults := server.Faults{Rate: 0.4, Seed: 3, Kinds: []string{"429", "500", "503", "drop", "truncate"}}
	for _, opts := range []server.Options{{}, {Faults: faults}} {
		s := serve(t, "link-shares", opts, func(cfg *google.Config) {
			cfg.Sleep, cfg.Retry.Tries = func(context.Context, time.Duration) error { return nil }, 30
		}, trustful, prepare)
		for _, id := range []string{"mine", "shared"} {
			b, err := s.Download(t.Context(), id, 1<<20)
			if err != nil || !slices.Equal(b, csv) {
				t.Errorf("%s: %d bytes, want %d; %v", id, len(b), len(csv), err)
			}
			if _, err := s.Download(t.Context(), id, int64(len(csv)-1)); err == nil || !strings.Contains(err.Error(), "more than") {
				t.Errorf("%s is too long: %v", id, err)
			}
		}
		if _, err := s.Download(t.Context(), "others", 1<<20); !google.IsNotFound(err) {
			t.Errorf("a file that the administrator may not open: %v", err)
		}
		if _, err := s.Download(t.Context(), "slides", 1<<20); err == nil || strings.Contains(err.Error(), "Year 4") {
			t.Errorf("slides: %v", err)
		}
	}
	s := serve(t, "link-shares", server.Options{}, nil, trustful, prepare, func(w *world.World) {
		scopes := &w.Settings.Clients[0].Scopes
		*scopes = slices.DeleteFunc(*scopes, func(scope string) bool { return scope == google.ScopeDrives })
	})
	if _, err := s.Download(t.Context(), "mine", 1<<20); google.Reason(err) != seen.Refused || !strings.Contains(err.Error(), google.ScopeDrives) {
		t.Errorf("without the scope: %v", err)
	}
}
