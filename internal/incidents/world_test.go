package incidents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
	"esafetybot/internal/store/memory"
)

var (
	ctx    = context.Background()
	london = must(time.LoadLocation("Europe/London"))
	// A Monday in term, ten in the morning, summer time.
	monday = time.Date(2026, 9, 14, 9, 0, 0, 0, time.UTC)

	officer  = By{Role: "esafety_officer", Address: "officer@school.example", ID: "u-officer"}
	lead     = By{Role: "safeguarding_lead", Address: "lead@school.example", ID: "u-lead"}
	deputy   = By{Role: "deputy", Address: "deputy@school.example", ID: "u-deputy"}
	deputyDS = By{Role: "deputy_safeguarding_leads", Address: "senco@school.example", ID: "u-senco"}
	head     = By{Role: "headteacher", Address: "head@school.example", ID: "u-head"}
	governor = By{Role: "governor", Address: "governor@school.example", ID: "u-governor"}
	chair    = By{Role: "chair_of_governors", Address: "chair@home.example"}
	admin    = By{Role: "workspace_admin", Address: "it@school.example", ID: "u-it"}
	teacher  = By{Role: "class_teacher", Address: "teacher@school.example", ID: "u-teacher"}
	everyone = []By{officer, lead, deputy, deputyDS, head, governor, chair, admin, teacher}
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func row(b By, roles ...policy.Role) Person {
	if len(roles) == 0 {
		roles = []policy.Role{policy.Role(b.Role)}
	}
	return Person{ID: b.ID, Addresses: []string{b.Address}, Roles: roles}
}

func fullRoster() []Person {
	var out []Person
	for _, b := range everyone[:8] {
		out = append(out, row(b))
	}
	return out
}

func autumn() *calendar.Calendar {
	day := func(m time.Month, d int) calendar.Date { return calendar.Date{Year: 2026, Month: m, Day: d} }
	return &calendar.Calendar{Location: london, BankHolidays: "england-and-wales",
		Terms: []calendar.Term{{Name: "Autumn", First: day(9, 2), Last: day(12, 18), HalfTerm: calendar.Range{First: day(10, 26), Last: day(10, 30)}}}}
}

// bench is a log with a clock.
type bench struct {
	testing.TB
	*Log
	now time.Time
	n   int
}

func newBench(t testing.TB, s store.Store) *bench {
	b := &bench{TB: t, now: monday}
	b.Log = &Log{Store: s, Commit: s.Commit, Now: func() time.Time { return b.now }, Calendar: autumn(), Roster: fullRoster(),
		NewID: func() string { b.n++; return fmt.Sprintf("entry-%d", b.n) }}
	return b
}

func inMemory(t testing.TB) *bench { return newBench(t, must(memory.Open())) }

// onBoth runs a test on memory and on a file.
func onBoth(t *testing.T, test func(*bench)) {
	t.Run("memory", func(t *testing.T) { test(inMemory(t)) })
	t.Run("bolt", func(t *testing.T) {
		s := must(bolt.Open(filepath.Join(t.TempDir(), "state.db"), "school", bolt.Options{}))
		t.Cleanup(func() { s.Close() })
		test(newBench(t, s))
	})
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) wants(err, want error) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Fatalf("have error %v, want %v", err, want)
	}
}

// raise sends a form as the teacher.
func (b *bench) raise(f Form) string {
	b.Helper()
	if f.ID == "" {
		f.ID = fmt.Sprintf("form-%d", b.n)
	}
	if f.Kind == "" {
		f.Kind = Incident
	}
	r, err := b.Raise(ctx, teacher, f)
	b.ok(err)
	return r.ID
}

// entry reads an entry for nobody in particular.
func (b *bench) stored(id string) *Entry {
	b.Helper()
	e, err := b.load(ctx, id)
	b.ok(err)
	return e
}

// readers lists the roles of those who may read an entry.
func (b *bench) readers(id string) []string {
	b.Helper()
	e, out := b.stored(id), []string{}
	for _, by := range everyone {
		if ok, _ := b.MayRead(by, e); ok {
			out = append(out, by.Role)
		}
	}
	return out
}

func (b *bench) hours(h float64) { b.now = b.now.Add(time.Duration(h * float64(time.Hour))) }

// dump is all that is stored.
func dump(t testing.TB, s store.Store) string {
	t.Helper()
	all := map[string]string{}
	for _, c := range []*store.Collection{Incidents, AdultConcerns, Receipts, Holds} {
		for d, err := range s.Find(ctx, c, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			all[c.Name+"/"+d.Key] = fmt.Sprint(d.Fields, string(d.Body))
		}
	}
	return string(must(json.MarshalIndent(all, "", " ")))
}
