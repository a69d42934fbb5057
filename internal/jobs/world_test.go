package jobs

import (
	"context"
	"iter"
	"log/slog"
	"testing"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/census"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
	inMemory "esafetybot/internal/store/memory"
)

// schoolPolicy is the policy of these tests: a school, /Oak, in an account with another one.
const schoolPolicy = `
school: {name: Oak Primary, timezone: Europe/London, domains: [school.example], trusted_domains: [trust.example], org_units: [/Oak]}
people:
  esafety_officer: officer@school.example
  deputy: deputy@trust.example
  headteacher: Chief@school.example
  safeguarding_lead: lead@school.example
  workspace_admin: it@school.example
  page_host: {address: office@school.example, days: [mon]}
  it_support: helpdesk@support.example
  governor: gone@school.example
pupils: {org_units: [/Oak/Pupils]}
staff: {org_units: [/Oak/Staff], days: {lou@school.example: [mon, tue], kite@school.example: [wed]}}
calendar:
  terms:
    - {name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}
    - {name: Spring, first: 2027-01-04, last: 2027-03-31, half_term: [2027-02-15, 2027-02-19]}
    - {name: Summer, first: 2027-04-19, last: 2027-07-21, half_term: [2027-05-31, 2027-06-04]}
  inset: [2026-11-20]
clauses:
  - id: A1
    says: Class teachers monitor the comments.
    deals_with_it: class_teacher
    met_by:
      - {check: comments, with: {rules: [unreviewed, no-host, private-by-other-adult]}, severity: medium, due: 2 school days}
      - {check_in: filtering, ask: it_support, every: half term}
`

func parsed(t testing.TB, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("school.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// place is a time on the wall clock of the school: "2026-11-18 12:00", with "BST" or "GMT" behind it where it comes twice.
func place(t testing.TB, clock string) time.Time {
	t.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	layout := "2006-01-02 15:04"
	if len(clock) > len(layout) {
		layout += " MST"
	}
	at, err := time.ParseInLocation(layout, clock, london)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// google answers with a few accounts; what else is asked of it ends the test.
type google struct {
	Google
	accounts []seen.Person
}

func (g google) People(context.Context) iter.Seq2[seen.Person, error] {
	return func(yield func(seen.Person, error) bool) {
		for _, p := range g.accounts {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func (google) Domains(context.Context) ([]string, error) { return []string{"school.example"}, nil }

// account is one with the address ID@school.example, made in 2020.
func account(t testing.TB, id, unit string, change ...func(*seen.Account)) seen.Person {
	a := seen.Account{ID: id, Address: id + "@school.example", Unit: unit, Created: place(t, "2020-01-06 12:00")}
	for _, c := range change {
		c(&a)
	}
	return seen.Person{Account: a}
}

// atSchool is a run of the job comments at noon on Wednesday 18 November 2026. kim teaches the class 1, in which there is the post 7.
func atSchool(t testing.TB) *commentsRun {
	t.Helper()
	alias := func(a *seen.Account) { a.Aliases = []string{"kite@school.example"} }
	off := func(a *seen.Account) { a.SwitchedOff = true }
	g := google{accounts: []seen.Person{
		account(t, "officer", "/Oak/Staff"), account(t, "head", "/Oak/Staff", func(a *seen.Account) { a.Aliases = []string{"chief@school.example"} }), account(t, "office", "/Oak/Staff"),
		account(t, "lead", "/Oak/Staff"), account(t, "it", "/Oak/Staff"), account(t, "kim", "/Oak/Staff", alias), account(t, "lou", "/Oak/Staff"), account(t, "moe", "/Oak/Staff"), account(t, "sue", "/Oak/Supply"),
		account(t, "old", "/Oak/Staff", off), account(t, "arc", "/Oak/Staff", func(a *seen.Account) { a.Archived = true }), account(t, "gus", "/Oak/Staff", func(a *seen.Account) { a.Guest = true }),
		account(t, "pat", "/Oak/Pupils"), account(t, "elm", "/Elm/Staff"),
	}}
	env := Env{Policy: parsed(t, schoolPolicy), Google: g, Log: slog.New(slog.DiscardHandler)}
	c := census.New(g, env.Policy, place(t, "2026-11-18 12:00"), env.Log)
	if !c.Directory(t.Context()) {
		t.Fatal("no directory")
	}
	s := openStore(t)
	book, err := moderation.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	mem, err := memory.Open(t.Context(), s, c.Now, s.Commit)
	if err != nil {
		t.Fatal(err)
	}
	if c.Outside, err = people.Open(t.Context(), s, s.Commit); err != nil {
		t.Fatal(err)
	}
	env.Store = s
	r := &commentsRun{look: &look{Env: env, Census: c}, book: book, memory: mem, courses: []seen.Course{{ID: "1"}, {ID: "2"}}, in: commentsInput(env.Policy, c, c.Kinds(t.Context()))}
	class := book.Class("1")
	for _, id := range []string{"kim", "old", "arc"} {
		class.Teach(id)
	}
	class.Post("7").Add(moderation.Act{At: place(t, "2026-11-17 10:00"), Key: "k", By: "pat", What: moderation.Comment})
	book.Class("9").Post("7").Add(moderation.Act{At: place(t, "2026-11-17 10:00"), Key: "k", By: "pat", What: moderation.Comment}) // a class that is archived
	return r
}

func openStore(t testing.TB) store.Store {
	t.Helper()
	s, err := inMemory.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// memoryClass is a class with these teachers.
func memoryClass(ids ...string) *memory.Class {
	c := &memory.Class{}
	for _, id := range ids {
		c.Members = append(c.Members, seen.ClassMember{ID: id, Teacher: true})
	}
	return c
}
