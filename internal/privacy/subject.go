package privacy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/access"
	"esafetybot/internal/memory"
	"esafetybot/internal/outbox"
	"esafetybot/internal/people"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/roster"
	"esafetybot/internal/store"
)

// Subject is one person by all that the state knows them by.
type Subject struct {
	Addresses []string // lower case
	IDs       []string // Google's: of the account, and of the same person as one who has access to files
	Names     []string // of the account, as people write it; a single word is no name here
	Hashes    []string // of the addresses, those of the account that are not known themselves included
	Rows      []string // of the school's own lists: the keys of their rows, without what they say
	Found     bool     // the state knows them by anything but what was asked for

	needles needles
}

// Resolve finds out by what the state knows a person. given is an address or an id of Google's; more are further ones, or names.
func Resolve(ctx context.Context, main store.Store, given string, more ...string) (*Subject, error) {
	s := &Subject{}
	for _, g := range append([]string{given}, more...) {
		switch g = strings.TrimSpace(g); {
		case g == "" && given != "":
		case g == "":
			return nil, errors.New("whose data it is about is not given: an address, or an id of Google's")
		case strings.Contains(g, "@"):
			s.address(g)
		case strings.Contains(g, " "):
			s.name(g)
		case g != given && !strings.ContainsAny(g, "0123456789"):
			// a single word of a name, which would be found everywhere
		case len(g) < 6:
			return nil, fmt.Errorf("%q is neither an address nor an id of Google's; give the address of the account", g)
		default:
			s.id(g)
		}
	}
	for size := -1; size != s.size(); { // each may lead to others
		size = s.size()
		for _, look := range []func(context.Context, store.Store) error{s.fromAccess, s.fromRoster, s.fromPeople, s.fromClasses} {
			if err := look(ctx, main); err != nil {
				return nil, err
			}
		}
	}
	if err := s.fromMemory(ctx, main); err != nil {
		return nil, err
	}
	s.needles.add(slices.Concat(s.Addresses, s.IDs, s.Names, s.Hashes, s.Rows)...)
	for _, a := range s.Addresses {
		s.needles.add(outbox.RecipientID(a))
	}
	return s, nil
}

func (s *Subject) size() int { return len(s.Addresses) + len(s.IDs) + len(s.Names) + len(s.Hashes) }

func put(list *[]string, v string) bool {
	if v == "" || slices.Contains(*list, v) {
		return false
	}
	*list = append(*list, v)
	return true
}

func (s *Subject) address(a string) {
	if a = plain(a); a != "" {
		put(&s.Addresses, a)
		put(&s.Hashes, pseudonym.Of(a))
	}
}

func (s *Subject) id(id string) { put(&s.IDs, id) }

// name notes how somebody's name is written; a list may have the last name first.
func (s *Subject) name(n string) {
	words := strings.Fields(n)
	if len(words) < 2 {
		return
	}
	put(&s.Names, strings.Join(words, " "))
	last := len(words) - 1
	put(&s.Names, words[last]+", "+strings.Join(words[:last], " "))
}

func (s *Subject) fromAccess(ctx context.Context, main store.Store) error {
	for d, err := range main.Find(ctx, access.Holders, store.Ask{}) {
		if err != nil {
			return err
		}
		var h access.Holder
		if err := json.Unmarshal(d.Body, &h); err != nil {
			return fmt.Errorf("who an account is in the access record cannot be read from the state: %w", err)
		}
		if slices.Contains(s.IDs, d.Key) || slices.Contains(s.Addresses, plain(h.Address)) {
			s.Found = true
			s.id(d.Key)
			s.address(h.Address)
			s.name(h.Name)
		}
	}
	return nil
}

func (s *Subject) fromRoster(ctx context.Context, main store.Store) error {
	adults, err := roster.Read(ctx, main)
	if err != nil {
		return err
	}
	for _, a := range adults {
		if slices.Contains(s.IDs, a.ID) || slices.ContainsFunc(a.Hashes, func(h string) bool { return slices.Contains(s.Hashes, h) }) {
			s.Found = true
			s.id(a.ID)
			s.name(a.Name)
			for _, h := range a.Hashes {
				put(&s.Hashes, h)
			}
		}
	}
	return nil
}

func (s *Subject) fromPeople(ctx context.Context, main store.Store) error {
	from, to := store.Prefix("grantee")
	for d, err := range main.Find(ctx, people.People, store.Ask{From: from, To: to}) {
		if err != nil {
			return err
		}
		var p people.Person
		if err := json.Unmarshal(d.Body, &p); err != nil {
			return fmt.Errorf("a person in the state cannot be read: %w", err)
		}
		id := store.KeyParts(d.Key)[1]
		if slices.Contains(s.IDs, id) || slices.Contains(s.Addresses, plain(p.Address)) {
			s.Found = true
			s.id(id)
			s.address(p.Address)
		}
	}
	return nil
}

func (s *Subject) fromClasses(ctx context.Context, main store.Store) error {
	classes, err := memory.Rosters(ctx, main)
	if err != nil {
		return err
	}
	for _, c := range classes {
		for _, m := range c.Members {
			if slices.Contains(s.IDs, m.ID) || m.Address != "" && slices.Contains(s.Addresses, plain(m.Address)) {
				s.Found = true
				s.id(m.ID)
				s.address(m.Address)
			}
		}
	}
	return nil
}

// fromMemory finds the rows of the school's own lists that belong to the accounts.
func (s *Subject) fromMemory(ctx context.Context, main store.Store) error {
	for d, err := range main.Find(ctx, memory.Accounts, store.Ask{}) {
		if err != nil {
			return err
		}
		body, err := decode(d.Body)
		if err != nil {
			return fmt.Errorf("what is remembered of accounts (%s) cannot be read from the state: %w", d.Key, err)
		}
		for _, id := range s.IDs {
			if row := Text(body, id+".roll"); row != "" {
				s.Found = true
				put(&s.Rows, row)
			}
		}
	}
	return nil
}

// Said is the person as they were asked for, for what is handed to whoever asked.
func (s *Subject) Said() string {
	first := func(l []string) string {
		if len(l) == 0 {
			return ""
		}
		return l[0]
	}
	return cmp.Or(first(s.Addresses), first(s.IDs))
}
